// SPDX-License-Identifier: Apache-2.0
#include "client/picture/comparison_pictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/picture/relief.h"

namespace proofmark::client::picture {
namespace {

using forensics::CellMatch;
using forensics::ImpressedSignature;
using forensics::LandSignature;

constexpr int kWidthPx = 1'400;
constexpr int kPanelHeightPx = 190;
constexpr int kHeadPx = 90;
constexpr int kFootPx = 60;
constexpr int kCellMapHeightPx = 800;
constexpr const char* kReferenceColour = "#1f5f8b";
constexpr const char* kQueryColour = "#d0651d";
constexpr const char* kAgreeingColour = "#c0231b";
// Levels shown from dark to light: 2.5 times the rms of the surroundings either way.
constexpr double kLevelShown = 2.5 * forensics::kReliefLevelsPerRms;
constexpr double kCellSideUm = 425.0;

absl::Status WriteData(const TemporaryFolder& folder, const std::string& name,
                       std::string_view data) {
  return WriteFile(folder.path() / name, data, Privacy::kPrivate, Overwrite::kAllowed);
}

// Heights as "x height" lines, a gap where nothing was measured; `turned` end for end.
std::string SignatureLines(const LandSignature& signature, double shift_um, bool turned) {
  std::string lines;
  const std::size_t n = signature.height_nm.size();
  for (std::size_t i = 0; i < n; ++i) {
    const std::int16_t height = signature.height_nm[turned ? n - 1 - i : i];
    if (height == forensics::kSampleNotMeasured) {
      lines += '\n';
      continue;
    }
    lines += absl::StrFormat("%.4f %.3f\n",
                             static_cast<double>(i) * forensics::kSignaturePitchUm + shift_um,
                             static_cast<double>(height) / 1000.0);
  }
  return lines;
}

double WidthUm(const LandSignature& signature) {
  return static_cast<double>(signature.height_nm.size()) * forensics::kSignaturePitchUm;
}

std::string BulletHead(std::size_t panels, std::string_view query_name,
                       std::string_view reference_name,
                       const forensics::BulletComparison& comparison, Format format) {
  const int height = kHeadPx + kFootPx + kPanelHeightPx * static_cast<int>(panels);
  std::string note;
  if (comparison.reversed) note += " · query turned end for end";
  if (comparison.order_reversed) note += " · lands counted the other way round";
  const std::string title =
      absl::StrFormat("%s on %s: %d lands, bullet score %.3f%s", query_name, reference_name,
                      comparison.lands_compared, comparison.score, note);
  return CanvasLine(format, kWidthPx, height) +
         absl::StrFormat(
             "set encoding utf8\nset border 3 linecolor rgb '#777777'\n"
             "set tics nomirror out scale 0.5 textcolor rgb '#222222' font ',11'\n"
             "set grid linecolor rgb '#e2e2e2' linewidth 1 dashtype solid\n"
             "set xzeroaxis linecolor rgb '#999999'\nset format y '%%.0f'\n"
             "set multiplot layout %d,1 margins 0.075,0.985,%.4f,%.4f spacing 0,%.4f title %s "
             "noenhanced font ',16'\n",
             panels, static_cast<double>(kFootPx) / height,
             1.0 - static_cast<double>(kHeadPx) / height, 34.0 / height, Quoted(title));
}

}  // namespace

absl::StatusOr<std::string> DrawAlignedBullets(const forensics::BulletSignature& query,
                                               std::string_view query_name,
                                               const forensics::BulletSignature& reference,
                                               std::string_view reference_name,
                                               const forensics::BulletComparison& comparison,
                                               Format format) {
  if (comparison.pairs.empty()) return absl::InvalidArgumentError("no pair of lands to draw");
  PM_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  std::string script =
      BulletHead(comparison.pairs.size(), query_name, reference_name, comparison, format);
  for (std::size_t i = 0; i < comparison.pairs.size(); ++i) {
    const forensics::LandPair& pair = comparison.pairs[i];
    const auto& from = query.lands[static_cast<std::size_t>(pair.query_land)];
    const auto& to = reference.lands[static_cast<std::size_t>(pair.reference_land)];
    if (!from || !to) return absl::InvalidArgumentError("a compared land is missing");
    const double lag_um = pair.comparison.lag_um;
    PM_RETURN_IF_ERROR(
        WriteData(folder, absl::StrFormat("reference%d", i), SignatureLines(*to, 0.0, false)));
    PM_RETURN_IF_ERROR(WriteData(folder, absl::StrFormat("query%d", i),
                                 SignatureLines(*from, lag_um, comparison.reversed)));
    const bool last = i + 1 == comparison.pairs.size();
    script += absl::StrFormat(
        "set label 1 %s at graph 0.008, graph 0.94 left front noenhanced font ',12' textcolor rgb "
        "'#111111'\nset ylabel 'height (µm)' noenhanced font ',11' offset 1.5,0\n"
        "set xlabel %s noenhanced font ',12'\nset xrange [%.6g:%.6g]\n%s"
        "plot 'reference%d' using 1:2 with lines linewidth 1.5 linecolor rgb '%s' title %s "
        "noenhanced, 'query%d' using 1:2 with lines linewidth 1.5 linecolor rgb '%s' title %s "
        "noenhanced\n",
        Quoted(absl::StrFormat("land %d on %d   CCF %.3f   lag %.0f µm   congruent segments %d of "
                               "%d   score %.3f",
                               pair.query_land + 1, pair.reference_land + 1, pair.comparison.ccf,
                               lag_um, pair.comparison.cmps_count, pair.comparison.segment_count,
                               pair.comparison.score)),
        last ? Quoted("from the reference's left shoulder (µm)") : "''", std::min(0.0, lag_um),
        std::max(WidthUm(*to), WidthUm(*from) + lag_um),
        i == 0 ? "set key top right noenhanced samplen 2 font ',11' opaque box linecolor rgb "
                 "'#dddddd'\n"
               : "unset key\n",
        i, kReferenceColour, Quoted(absl::StrFormat("reference: %s", reference_name)), i,
        kQueryColour, Quoted(absl::StrFormat("query, shifted: %s", query_name)));
  }
  script += "unset multiplot\n";
  return RunGnuplot(folder, script);
}

namespace {

// One pixel a sample, rows from y = 0 upwards; grey where nothing was measured.
std::string ReliefPixels(const ImpressedSignature& signature) {
  std::string pixels;
  pixels.reserve(signature.relief.size() * 3);
  for (const std::int8_t level : signature.relief) {
    if (level == forensics::kReliefNotMeasured) {
      for (const std::uint8_t c :
           {kNotMeasuredColour.red, kNotMeasuredColour.green, kNotMeasuredColour.blue}) {
        pixels.push_back(static_cast<char>(c));
      }
      continue;
    }
    const double at = std::clamp(0.5 + static_cast<double>(level) / (2.0 * kLevelShown), 0.0, 1.0);
    const char grey = static_cast<char>(static_cast<std::uint8_t>(40.0 + 200.0 * at));
    pixels.append(3, grey);
  }
  return pixels;
}

struct Point {
  double x = 0.0;
  double y = 0.0;
};

// A cell's outline about its middle, turned clockwise by `turn_degrees`, closed.
std::string SquareLines(Point middle, double turn_degrees) {
  constexpr double kPi = 3.14159265358979324;
  const double c = std::cos(turn_degrees * kPi / 180.0);
  const double s = std::sin(turn_degrees * kPi / 180.0);
  std::string lines;
  for (const auto& [u, v] : {std::pair(-1, -1), std::pair(1, -1), std::pair(1, 1), std::pair(-1, 1),
                             std::pair(-1, -1)}) {
    const double x = u * kCellSideUm / 2.0, y = v * kCellSideUm / 2.0;
    lines += absl::StrFormat("%.2f %.2f\n", middle.x + c * x + s * y, middle.y - s * x + c * y);
  }
  return lines + "\n";
}

// Where a cell of the reference was found, in the other as it lies: the other was mirrored, if so,
// then turned counter-clockwise about its middle; this undoes both.
Point FoundAt(const CellMatch& cell, const ImpressedSignature& reference,
              const ImpressedSignature& other, bool mirrored) {
  constexpr double kPi = 3.14159265358979324;
  const double c = std::cos(cell.turn_degrees * kPi / 180.0);
  const double s = std::sin(cell.turn_degrees * kPi / 180.0);
  const double x =
      cell.x_um - static_cast<double>(reference.width) * reference.pitch_um / 2.0 + cell.dx_um;
  const double y =
      cell.y_um - static_cast<double>(reference.height) * reference.pitch_um / 2.0 + cell.dy_um;
  const double back_x = c * x + s * y;
  return {static_cast<double>(other.width) * other.pitch_um / 2.0 + (mirrored ? -back_x : back_x),
          static_cast<double>(other.height) * other.pitch_um / 2.0 - s * x + c * y};
}

std::string ReliefPanel(const std::string& image, const std::string& cells,
                        const ImpressedSignature& signature, const std::string& title) {
  const double width = static_cast<double>(signature.width) * signature.pitch_um;
  const double height = static_cast<double>(signature.height) * signature.pitch_um;
  return absl::StrFormat(
      "set title %s noenhanced font ',14'\nset xrange [0:%.6g]\nset yrange [0:%.6g]\n"
      "plot '%s' binary array=(%d,%d) format='%%uchar' origin=(%.6g,%.6g) dx=%.6g dy=%.6g using "
      "1:2:3 with rgbimage notitle, '%s-rest' using 1:2 with lines linewidth 1 linecolor rgb "
      "'#6fa8d6' notitle, '%s-agreeing' using 1:2 with lines linewidth 2.4 linecolor rgb '%s' "
      "notitle, '%s-numbers' using 1:2:3 with labels font ',11' textcolor rgb '%s' notitle\n",
      Quoted(title), width, height, image, signature.width, signature.height,
      signature.pitch_um / 2.0, signature.pitch_um / 2.0, signature.pitch_um, signature.pitch_um,
      cells, cells, kAgreeingColour, cells, kAgreeingColour);
}

// The outlines of one panel; a file without a point is no data to gnuplot, hence the far-off one.
struct Outlines {
  std::string rest = "-1e9 -1e9\n\n";
  std::string agreeing = "-1e9 -1e9\n\n";
  std::string numbers = "-1e9 -1e9 0\n";

  absl::Status Write(const TemporaryFolder& folder, const std::string& name) const {
    PM_RETURN_IF_ERROR(WriteData(folder, name + "-rest", rest));
    PM_RETURN_IF_ERROR(WriteData(folder, name + "-agreeing", agreeing));
    return WriteData(folder, name + "-numbers", numbers);
  }
};

}  // namespace

absl::StatusOr<std::string> DrawCellMap(const ImpressedSignature& reference,
                                        std::string_view reference_name,
                                        const ImpressedSignature& other,
                                        std::string_view other_name,
                                        const forensics::ImpressedComparison& comparison,
                                        Format format) {
  PM_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  PM_RETURN_IF_ERROR(WriteData(folder, "reference.rgb", ReliefPixels(reference)));
  PM_RETURN_IF_ERROR(WriteData(folder, "other.rgb", ReliefPixels(other)));
  const forensics::CellDirection& direction = comparison.directions[0];
  Outlines left, right;
  int number = 0;
  for (const CellMatch& cell : direction.cells) {
    const Point own{cell.x_um, cell.y_um};
    (cell.agrees ? left.agreeing : left.rest) += SquareLines(own, 0.0);
    if (!cell.agrees) continue;  // Where cells that agree with nothing were found says nothing.
    ++number;
    const Point found = FoundAt(cell, reference, other, comparison.mirrored);
    right.agreeing += SquareLines(found, cell.turn_degrees);
    left.numbers += absl::StrFormat("%.2f %.2f %d\n", own.x, own.y, number);
    right.numbers += absl::StrFormat("%.2f %.2f %d\n", found.x, found.y, number);
  }
  PM_RETURN_IF_ERROR(left.Write(folder, "left"));
  PM_RETURN_IF_ERROR(right.Write(folder, "right"));
  const std::string title = absl::StrFormat(
      "%d of %d cells agree on place and turn, score %.3f (CMC %d), turn %.1f degrees%s",
      comparison.cells_agreeing, comparison.cells_eligible, comparison.score, comparison.cmc,
      comparison.turn_degrees, comparison.mirrored ? ", mirrored" : "");
  std::string script = CanvasLine(format, kWidthPx, kCellMapHeightPx) +
                       absl::StrFormat(
                           "set encoding utf8\nset border 15 linecolor rgb '#777777'\n"
                           "set tics out nomirror scale 0.5 textcolor rgb '#222222' font ',11'\n"
                           "set size ratio -1\nunset key\n"
                           "set xlabel '(µm)' noenhanced font ',11'\n"
                           "set multiplot layout 1,2 title %s noenhanced font ',16'\n",
                           Quoted(title));
  script +=
      ReliefPanel("reference.rgb", "left", reference,
                  absl::StrFormat("%s: its cells, those that agree numbered", reference_name));
  script += ReliefPanel("other.rgb", "right", other,
                        absl::StrFormat("%s: where those were found", other_name));
  script += "unset multiplot\n";
  return RunGnuplot(folder, script);
}

}  // namespace proofmark::client::picture
