// SPDX-License-Identifier: Apache-2.0
#include "client/picture/pictures.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/picture/relief.h"

namespace proofmark::client::picture {
namespace {

using forensics::LandFlag;
using forensics::LandSignature;

constexpr int kWidthPx = 1'400;
constexpr int kChartHeightPx = 620;
constexpr std::int64_t kReliefColumnsMax = 1'100;
constexpr double kInkWidth = 1.6;

// One look for all charts: quiet grid, thin frame, dark grey text.
std::string CommonStyle() {
  return "set encoding utf8\n"
         "set border 3 linecolor rgb '#444444' linewidth 1.2\n"
         "set tics nomirror out scale 0.7 textcolor rgb '#222222'\n"
         "set grid linecolor rgb '#cfcfcf' linewidth 1 dashtype solid\n"
         "set key top right noenhanced samplen 2 spacing 1.2 opaque box linecolor rgb '#cccccc'\n";
}

std::string TitleLines(std::string_view title, const std::string& x_label,
                       const std::string& y_label) {
  return absl::StrFormat(
      "set title %s noenhanced font ',16' textcolor rgb '#111111'\n"
      "set xlabel %s noenhanced\n"
      "set ylabel %s noenhanced\n",
      Quoted(title), Quoted(x_label), Quoted(y_label));
}

// A line below the picture for what must not be overlooked.
std::string Caption(const std::string& text) {
  return absl::StrFormat(
      "set bmargin 5\n"
      "set label 99 %s at graph 0, screen 0.035 left noenhanced font ',11' textcolor rgb "
      "'#555555'\n",
      Quoted(text));
}

absl::Status WriteData(const TemporaryFolder& folder, const char* name, std::string_view data) {
  return WriteFile(folder.path() / name, data, Privacy::kPrivate, Overwrite::kAllowed);
}

// A round length of about a fifth of `width_um`: 1, 2 or 5 times a power of ten.
double ScaleBarUm(double width_um) {
  const double wanted = width_um / 5.0;
  const double power = std::pow(10.0, std::floor(std::log10(wanted)));
  for (const double step : {5.0, 2.0}) {
    if (step * power <= wanted) return step * power;
  }
  return power;
}

std::string PaletteLine() {
  std::string stops;
  for (std::size_t i = 0; i < kScale.size(); ++i) {
    stops += absl::StrFormat("%s%d '#%02x%02x%02x'", i == 0 ? "" : ", ", i, kScale[i].red,
                             kScale[i].green, kScale[i].blue);
  }
  return "set palette defined (" + stops + ")\n";
}

// Signature samples as "x height" lines, a gap where nothing was measured.
std::string SignatureLines(const LandSignature& signature, double shift_um) {
  std::string lines;
  for (std::size_t i = 0; i < signature.height_nm.size(); ++i) {
    if (signature.height_nm[i] == forensics::kSampleNotMeasured) {
      lines += '\n';
      continue;
    }
    lines += absl::StrFormat("%.4f %.3f\n",
                             static_cast<double>(i) * forensics::kSignaturePitchUm + shift_um,
                             static_cast<double>(signature.height_nm[i]) / 1000.0);
  }
  return lines;
}

std::string QualityText(const LandSignature& signature) {
  return absl::StrFormat(
      "%.2f mm between the shoulders · consistency %.2f · coherence %.2f · %.0f %% missing · %s",
      signature.width_um() / 1000.0, signature.quality.consistency, signature.quality.coherence,
      100.0 * signature.quality.missing_share, FlagsText(signature));
}

}  // namespace

std::string FlagsText(const LandSignature& signature) {
  constexpr std::array<std::pair<LandFlag, std::string_view>, 7> kNames = {
      {{LandFlag::kHeelUncertain, "heel uncertain"},
       {LandFlag::kDamaged, "damaged"},
       {LandFlag::kLeftShoulderAssumed, "left shoulder assumed"},
       {LandFlag::kRightShoulderAssumed, "right shoulder assumed"},
       {LandFlag::kTransposed, "turned by 90 degrees"},
       {LandFlag::kUnitCorrected, "unit corrected"},
       {LandFlag::kFromProfile, "from a single profile"}}};
  std::string text;
  for (const auto& [flag, name] : kNames) {
    if (signature.has(flag)) text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text.empty() ? "nothing noticed" : text;
}

absl::StatusOr<std::string> DrawSurface(const forensics::HeightMap& map, std::string_view title,
                                        Format format) {
  PM_ASSIGN_OR_RETURN(const Relief relief, MakeRelief(map, kReliefColumnsMax));
  PM_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  PM_RETURN_IF_ERROR(WriteData(folder, "relief.rgb", relief.pixels));
  // A point outside the picture: gnuplot draws a colour box only for data that use the palette.
  PM_RETURN_IF_ERROR(WriteData(folder, "scale", "-1e9 -1e9 0\n"));

  const double width_um = static_cast<double>(relief.width) * relief.pitch_x_um;
  const double height_um = static_cast<double>(relief.height) * relief.pitch_y_um;
  // Room for axes, title, colour box and the scale bar's line around the picture itself.
  const double share = std::clamp(height_um / width_um, 0.15, 1.5);
  const int canvas_height = static_cast<int>(1'150.0 * share) + 230;
  const double bar_um = ScaleBarUm(width_um);
  std::string script = CanvasLine(format, kWidthPx, canvas_height) + CommonStyle() +
                       TitleLines(title, "x (µm)", "y (µm)") + PaletteLine();
  script += absl::StrFormat(
      "unset grid\nunset key\nset border 15\nset size ratio -1\n"
      "set xrange [0:%.6g]\nset yrange [0:%.6g]\nset cbrange [%.6g:%.6g]\n"
      "set cblabel 'height without the form (µm)' noenhanced offset 1.5,0\n"
      "set colorbox user origin graph 1.03, graph 0 size graph 0.02, graph 1\n"
      "set rmargin 16\n",
      width_um, height_um, relief.low_um, relief.high_um);
  const double bar_from = 0.03 * width_um;
  const double bar_y = 0.09 * height_um;
  script += absl::StrFormat(
      "set object 1 rectangle from %.6g,%.6g to %.6g,%.6g front fillcolor rgb '#ffffff' fillstyle "
      "solid 0.85 noborder\n"
      "set arrow 1 from %.6g,%.6g to %.6g,%.6g heads size screen 0.004,90 front linewidth 3 "
      "linecolor rgb '#000000'\n"
      "set label 1 '%.0f µm' at %.6g,%.6g center front noenhanced textcolor rgb '#000000'\n",
      bar_from - 0.012 * width_um, 0.03 * height_um, bar_from + bar_um + 0.012 * width_um,
      0.24 * height_um, bar_from, bar_y, bar_from + bar_um, bar_y, bar_um, bar_from + bar_um / 2.0,
      bar_y + 0.08 * height_um);
  script += Caption(
      "Form of second order taken off; lit from the left; grey: not measured; what lies beyond the "
      "scale takes the colour of its end.");
  script += absl::StrFormat(
      "plot 'relief.rgb' binary array=(%d,%d) format='%%uchar' origin=(%.6g,%.6g) dx=%.6g dy=%.6g "
      "using 1:2:3 with rgbimage notitle, 'scale' using 1:2:3 with points palette notitle\n",
      relief.width, relief.height, relief.pitch_x_um / 2.0, relief.pitch_y_um / 2.0,
      relief.pitch_x_um, relief.pitch_y_um);
  return RunGnuplot(folder, script);
}

absl::StatusOr<std::string> DrawProfile(const forensics::LandExtraction& land,
                                        std::string_view title, Format format) {
  PM_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  const forensics::LandTrace& trace = land.trace;
  std::string profile;
  std::string form;
  const auto append = [](std::string& lines, std::size_t i, float height_um) {
    if (!std::isfinite(height_um)) {
      lines += '\n';
    } else {
      lines += absl::StrFormat("%.4f %.4f\n", static_cast<double>(i) * forensics::kSignaturePitchUm,
                               static_cast<double>(height_um));
    }
  };
  for (std::size_t i = 0; i < trace.profile_um.size(); ++i) {
    append(profile, i, trace.profile_um[i]);
    if (i < trace.form_um.size()) append(form, i, trace.form_um[i]);
  }
  PM_RETURN_IF_ERROR(WriteData(folder, "profile", profile));
  PM_RETURN_IF_ERROR(WriteData(folder, "form", form));

  const double width_um =
      static_cast<double>(trace.profile_um.size()) * forensics::kSignaturePitchUm;
  std::string script = CanvasLine(format, kWidthPx, kChartHeightPx) + CommonStyle() +
                       TitleLines(title, "across the land (µm)", "height (µm)");
  script += absl::StrFormat("set xrange [0:%.6g]\n", width_um);
  int object = 1;
  for (const auto& [from, to] :
       {std::pair(0.0, trace.left_shoulder_um), std::pair(trace.right_shoulder_um, width_um)}) {
    script += absl::StrFormat(
        "set object %d rectangle from first %.6g, graph 0 to first %.6g, graph 1 behind fillcolor "
        "rgb '#f0ece4' fillstyle solid 1 noborder\n",
        object++, std::clamp(from, 0.0, width_um), std::clamp(to, 0.0, width_um));
  }
  int arrow = 1;
  for (const auto& [at, name, side] :
       {std::tuple(trace.left_shoulder_um, "left shoulder", "left"),
        std::tuple(trace.right_shoulder_um, "right shoulder", "right")}) {
    script += absl::StrFormat(
        "set arrow %d from first %.6g, graph 0 to first %.6g, graph 1 nohead dashtype 2 linewidth "
        "1.5 linecolor rgb '#a03020'\n"
        "set label %d '%s' at first %.6g, graph 0.05 %s offset %s,0 noenhanced textcolor rgb "
        "'#a03020'\n",
        arrow, at, at, arrow, name, at, side, side[0] == 'l' ? "0.7" : "-0.7");
    ++arrow;
  }
  script += "set key bottom center\n";  // Below the arch, where nothing is.
  script += Caption(QualityText(land.signature));
  script += absl::StrFormat(
      "plot 'profile' using 1:2 with lines linewidth %.1f linecolor rgb '#1f5f8b' title 'mean "
      "profile of the band', 'form' using 1:2 with lines linewidth 1.4 dashtype 4 linecolor rgb "
      "'#d08a1d' title 'form taken off'\n",
      kInkWidth);
  return RunGnuplot(folder, script);
}

absl::StatusOr<std::string> DrawSignature(const LandSignature& signature, std::string_view title,
                                          Format format) {
  PM_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  PM_RETURN_IF_ERROR(WriteData(folder, "signature", SignatureLines(signature, 0.0)));
  std::string script =
      CanvasLine(format, kWidthPx, kChartHeightPx) + CommonStyle() +
      TitleLines(title, "from the left shoulder (µm)", "height of the striae (µm)");
  script += absl::StrFormat(
      "set xrange [0:%.6g]\nset xzeroaxis linecolor rgb '#888888'\n",
      static_cast<double>(signature.height_nm.size()) * forensics::kSignaturePitchUm);
  script += Caption(QualityText(signature));
  script += absl::StrFormat(
      "plot 'signature' using 1:2 with lines linewidth %.1f linecolor rgb '#1f5f8b' title "
      "'ballistic signature of the land'\n",
      kInkWidth);
  return RunGnuplot(folder, script);
}

absl::StatusOr<std::string> DrawAligned(const LandSignature& query, std::string_view query_name,
                                        const LandSignature& reference,
                                        std::string_view reference_name,
                                        const forensics::LandComparison& comparison,
                                        Format format) {
  PM_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::Create());
  PM_RETURN_IF_ERROR(WriteData(folder, "reference", SignatureLines(reference, 0.0)));
  PM_RETURN_IF_ERROR(WriteData(folder, "query", SignatureLines(query, comparison.lag_um)));
  const std::string title =
      absl::StrFormat("CCF %.3f at a lag of %.1f µm", comparison.ccf, comparison.lag_um);
  std::string script =
      CanvasLine(format, kWidthPx, kChartHeightPx) + CommonStyle() +
      TitleLines(title, "from the reference's left shoulder (µm)", "height of the striae (µm)");
  const double reference_um =
      static_cast<double>(reference.height_nm.size()) * forensics::kSignaturePitchUm;
  const double query_um =
      static_cast<double>(query.height_nm.size()) * forensics::kSignaturePitchUm;
  script += absl::StrFormat("set xrange [%.6g:%.6g]\nset xzeroaxis linecolor rgb '#888888'\n",
                            std::min(0.0, comparison.lag_um),
                            std::max(reference_um, query_um + comparison.lag_um));
  script += Caption(absl::StrFormat(
      "Compared over %.2f mm · congruent segments %.0f %% (%d of %d) · scores are no "
      "probabilities, and two lands alone have no level",
      comparison.overlap_um / 1000.0, 100.0 * comparison.cmps_share, comparison.cmps_count,
      comparison.segment_count));
  script += absl::StrFormat(
      "plot 'reference' using 1:2 with lines linewidth %.1f linecolor rgb '#1f5f8b' title %s "
      "noenhanced, 'query' using 1:2 with lines linewidth %.1f linecolor rgb '#d0651d' title %s "
      "noenhanced\n",
      kInkWidth, Quoted(absl::StrFormat("reference: %s", reference_name)), kInkWidth,
      Quoted(absl::StrFormat("query, shifted: %s", query_name)));
  return RunGnuplot(folder, script);
}

}  // namespace proofmark::client::picture
