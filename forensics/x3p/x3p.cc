// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/x3p.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "crypto/hash/md5.h"
#include "forensics/x3p/archive.h"
#include "forensics/x3p/document.h"
#include "forensics/x3p/mask.h"
#include "forensics/x3p/plausibility.h"
#include "forensics/x3p/point_data.h"
#include "forensics/x3p/text.h"

namespace proofmark::forensics {
namespace {

using x3p::Archive;
using x3p::Buffer;
using x3p::Document;
using x3p::PointTable;
using x3p::Quoted;
using x3p::ZipEntry;

constexpr std::string_view kDocumentName = "main.xml";

std::string_view LastComponent(std::string_view name) {
  return name.substr(name.rfind('/') + 1);  // npos + 1 is 0.
}

// The entry main.xml, in whatever folder. macOS adds shadows of every file.
absl::StatusOr<const ZipEntry*> FindDocument(const Archive& archive) {
  const ZipEntry* found = nullptr;
  for (const ZipEntry& entry : archive.entries()) {
    if (LastComponent(entry.name) != kDocumentName || entry.name.starts_with("__MACOSX/")) continue;
    if (found != nullptr) {
      return absl::InvalidArgumentError("archive: two documents, " + Quoted(found->name) + " and " +
                                        Quoted(entry.name));
    }
    found = &entry;
  }
  if (found == nullptr) return absl::InvalidArgumentError("archive: no entry main.xml");
  return found;
}

// One file being read: what the steps below share.
struct Reading {
  const X3pLimits& limits;
  Archive archive;
  std::string folder;  // Of main.xml, with its slash: links are relative to it.
  Buffer text;         // Of main.xml: `document` has a view of it.
  Document document;
  X3pScan scan;

  void Warn(std::string what) { scan.warnings.push_back(std::move(what)); }
};

// The 32 digits a checksum text begins with, lower case; empty when it is no checksum.
std::string ChecksumDigits(std::string_view text) {
  constexpr std::size_t kDigits = 32;
  text = x3p::Trimmed(text);
  const std::string_view digits = text.substr(0, kDigits);
  const absl::StatusOr<std::string> bytes = base::ParseHex(digits);
  const bool ends_there = text.size() <= kDigits || text[kDigits] == ' ' || text[kDigits] == '\t' ||
                          text[kDigits] == '\r' || text[kDigits] == '\n';
  if (digits.size() != kDigits || !bytes.ok() || !ends_there) return {};
  return base::ToHex(*bytes);
}

std::string Md5Hex(base::ByteSpan bytes) { return base::ToHex(base::ByteSpan(crypto::Md5(bytes))); }

// main.xml is text that people edit after the fact: a mismatch is told, not refused.
void CheckDocumentChecksum(Reading& reading) {
  constexpr std::int64_t kChecksumBytesMax = 4096;
  ChecksumVerdict& verdict = reading.scan.document_checksum;
  const std::string name = reading.folder + reading.document.checksum_file;
  const ZipEntry* const entry = reading.archive.Find(name);
  if (entry == nullptr) {
    verdict = ChecksumVerdict::kAbsent;
    reading.Warn("main.xml: no checksum entry " + Quoted(name));
    return;
  }
  verdict = ChecksumVerdict::kMismatch;
  const absl::StatusOr<Buffer> text = reading.archive.Read(*entry, kChecksumBytesMax);
  if (!text.ok()) {
    reading.Warn("main.xml: its checksum cannot be read: " + std::string(text.status().message()));
    return;
  }
  const std::string expected = ChecksumDigits(text->text());
  const std::string computed = Md5Hex(reading.text.span());
  if (expected == computed) {
    verdict = ChecksumVerdict::kMatch;
  } else {
    reading.Warn("main.xml: its MD5 is " + computed + ", but entry " + Quoted(name) + " says " +
                 Quoted(x3p::Trimmed(text->text())));
  }
}

absl::StatusOr<Reading> OpenFile(base::ByteSpan file, const X3pLimits& limits) {
  const std::int64_t inflated_bytes_max =
      limits.point_data_bytes_max + limits.list_document_bytes_max;
  PM_ASSIGN_OR_RETURN(Archive archive, Archive::Open(file, limits.entries_max, inflated_bytes_max));
  PM_ASSIGN_OR_RETURN(const ZipEntry* const entry, FindDocument(archive));
  std::string folder = entry->name.substr(0, entry->name.size() - kDocumentName.size());
  PM_ASSIGN_OR_RETURN(Buffer text, archive.Read(*entry, limits.list_document_bytes_max));
  PM_ASSIGN_OR_RETURN(Document document, x3p::ParseDocument(text.text(), limits));
  Reading reading{limits,          std::move(archive),  std::move(folder),
                  std::move(text), std::move(document), {}};
  CheckDocumentChecksum(reading);
  return reading;
}

// Reads the entry `link`, whose length must be `bytes` when given, and checks its MD5.
absl::StatusOr<Buffer> ReadLinked(Reading& reading, const std::string& link,
                                  const std::string& md5_text, std::optional<std::int64_t> bytes,
                                  ChecksumVerdict* verdict) {
  const std::string name = reading.folder + link;
  const ZipEntry* const entry = reading.archive.Find(name);
  if (entry == nullptr) {
    return absl::InvalidArgumentError("main.xml: Record3/DataLink names " + Quoted(link) +
                                      ", which is not in the archive");
  }
  if (bytes && *bytes != entry->inflated_bytes) {  // Before anything is allocated.
    return absl::InvalidArgumentError(
        absl::StrFormat("entry %s has %d bytes, but the %d points of main.xml make %d",
                        Quoted(name), entry->inflated_bytes, reading.document.points, *bytes));
  }
  PM_ASSIGN_OR_RETURN(Buffer data,
                      reading.archive.Read(*entry, reading.limits.point_data_bytes_max));
  const std::string expected = ChecksumDigits(md5_text);
  if (expected.empty()) {
    *verdict = ChecksumVerdict::kAbsent;
    reading.Warn(md5_text.empty() ? "entry " + Quoted(name) + ": main.xml has no checksum of it"
                                  : "entry " + Quoted(name) + ": its checksum in main.xml is " +
                                        Quoted(md5_text) + ", which is no MD5");
    return data;
  }
  if (const std::string computed = Md5Hex(data.span()); computed != expected) {
    return absl::DataLossError("entry " + Quoted(name) + " has MD5 " + computed +
                               ", but main.xml says " + expected);
  }
  *verdict = ChecksumVerdict::kMatch;
  return data;
}

absl::StatusOr<PointTable> ReadPoints(Reading& reading) {
  const Document& document = reading.document;
  if (!document.link) {
    reading.scan.data_checksum = reading.scan.document_checksum;
    return x3p::TableOfList(document);
  }
  std::optional<std::int64_t> bytes;
  if (const std::optional<std::int64_t> record = x3p::RecordBytes(document)) {
    bytes = *record * document.points;
    if (*bytes > reading.limits.point_data_bytes_max) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("main.xml: %d points of %d bytes make %d, at most %d", document.points,
                          *record, *bytes, reading.limits.point_data_bytes_max));
    }
  }
  PM_ASSIGN_OR_RETURN(Buffer data,
                      ReadLinked(reading, document.link->points, document.link->points_md5, bytes,
                                 &reading.scan.data_checksum));
  Buffer valid;
  if (!document.link->valid.empty()) {
    ChecksumVerdict verdict;  // Absence is in the warnings; a mismatch is refused.
    PM_ASSIGN_OR_RETURN(valid, ReadLinked(reading, document.link->valid, document.link->valid_md5,
                                          (document.points + 7) / 8, &verdict));
  }
  return x3p::TableOfBinary(document, std::move(data), std::move(valid));
}

// The lateral step of an axis: as written, or found in the coordinates of an absolute one.
struct LateralStep {
  double step = 0.0;                      // File units.
  const x3p::Axis* as_written = nullptr;  // Null when found.

  // Shifting the decimal point of what was written loses nothing, multiplying does.
  double InMicrometres(double um_per_unit) const {
    const int shift = um_per_unit == 1e6 ? 6 : um_per_unit == 1e3 ? 3 : 0;
    if (as_written == nullptr) return step * um_per_unit;
    return x3p::ParseDecimal(as_written->increment_text, shift).value_or(step * um_per_unit);
  }
};

std::optional<LateralStep> StepOf(const x3p::Axis& axis, const std::optional<x3p::Column>& column,
                                  const PointTable& table, x3p::Along along, std::int64_t width) {
  if (!axis.absolute) return LateralStep{axis.increment, &axis};
  const std::optional<double> step = x3p::GridStep(table, *column, along, width);
  if (!step) return std::nullopt;
  return LateralStep{*step, nullptr};
}

// Heights in metres, cleaned of what stands for missing. They are judged, and scaled if need be,
// later.
absl::StatusOr<std::vector<float>> MeasuredHeights(Reading& reading, PointTable& table,
                                                   std::int64_t width) {
  if (reading.document.link && x3p::LooksUnsigned(table, width)) {
    table.z.is_unsigned = true;
    reading.Warn(
        "heights: integers read as unsigned, since as signed they jump between neighbours");
  }
  std::vector<float> height_um;
  if (const std::int64_t lost = x3p::DecodeHeights(table, 1e6, height_um); lost > 0) {
    reading.Warn(absl::StrFormat(
        "heights: %d points are infinite or beyond the range of a float: taken as not measured",
        lost));
  }
  for (const x3p::Sentinel& sentinel : x3p::RemoveSentinels(height_um)) {
    reading.scan.sentinel_points += sentinel.points;
    reading.Warn(absl::StrFormat(
        "heights: %d points hold exactly %g um, far from all others: taken as not measured",
        sentinel.points, sentinel.value));
  }
  if (std::none_of(height_um.begin(), height_um.end(), IsMeasured)) {
    return absl::InvalidArgumentError("point data: no point measured");
  }
  return height_um;
}

// Decides the units from `dimensions`, whose height range has no increment of CZ in it unless
// `table` says so; then `table.z` may get it.
x3p::UnitReading DecideUnits(Reading& reading, PointTable& table, x3p::Dimensions dimensions) {
  x3p::UnitReading reading_of_units = x3p::JudgeUnits(dimensions);
  const double increment_z = reading.document.z.increment;
  if (reading_of_units.verdict != UnitVerdict::kMetres && !table.scale_is_applied &&
      increment_z != 1.0) {
    // The standard has no increment for floating-point heights, but some readers multiply.
    x3p::Dimensions scaled = dimensions;
    scaled.height_range *= increment_z;
    if (const x3p::UnitReading other = x3p::JudgeUnits(scaled);
        other.verdict == UnitVerdict::kMetres) {
      table.z.increment = increment_z;
      table.scale_is_applied = true;
      reading.Warn(absl::StrFormat(
          "heights: multiplied by CZ/Increment %g, since only so their range of %g is plausible",
          increment_z, dimensions.height_range));
      reading_of_units = other;
    }
  }
  if (!table.scale_is_applied && increment_z != 1.0) {
    reading.Warn(absl::StrFormat(
        "heights: CZ/Increment %g left out, as the standard says for floating-point heights",
        increment_z));
  }
  const std::string size =
      absl::StrFormat("lateral step %g, extent %g, height range %g as written",
                      dimensions.pitches.empty() ? 0.0 : dimensions.pitches.front(),
                      dimensions.extent, dimensions.height_range);
  switch (reading_of_units.verdict) {
    case UnitVerdict::kMetres:
      break;
    case UnitVerdict::kMicrometres:
    case UnitVerdict::kMillimetres:
    case UnitVerdict::kHeightMicrometres:
    case UnitVerdict::kHeightMillimetres:
      reading.Warn(absl::StrFormat("units: not metres but %s (%s): corrected",
                                   UnitVerdictName(reading_of_units.verdict), size));
      break;
    case UnitVerdict::kImplausible:
      reading.Warn(
          absl::StrFormat("units: implausible as metres and as anything else (%s): taken "
                          "as metres",
                          size));
      break;
  }
  return reading_of_units;
}

// Fills the map of a matrix on a grid.
absl::Status FillMap(Reading& reading, PointTable& table, const LateralStep& x,
                     const LateralStep& y) {
  const Document& document = reading.document;
  HeightMap& map = reading.scan.map;
  PM_ASSIGN_OR_RETURN(map.height_um, MeasuredHeights(reading, table, document.width));
  map.width = document.width;
  map.height = document.height;
  x3p::Dimensions dimensions;
  dimensions.pitches = {x.step, y.step};
  dimensions.extent =
      std::max(static_cast<double>(map.width) * x.step, static_cast<double>(map.height) * y.step);
  dimensions.height_range = x3p::HeightRange(map.height_um) * 1e-6;
  const bool scaled_before = table.scale_is_applied;
  const x3p::UnitReading units = DecideUnits(reading, table, std::move(dimensions));
  if (units.height_um != 1e6 || table.scale_is_applied != scaled_before) {
    x3p::RescaleHeights(table, units.height_um, map.height_um);
  }
  reading.scan.unit = units.verdict;
  map.pitch_x_um = x.InMicrometres(units.lateral_um);
  map.pitch_y_um = y.InMicrometres(units.lateral_um);
  if (document.rotation) {
    reading.Warn("Record1/Axes/Rotation is no identity: heights are given in the scan's own frame");
  }
  reading.scan.measured_points =
      std::count_if(map.height_um.begin(), map.height_um.end(), IsMeasured);
  return absl::OkStatus();
}

// The coordinates of point `i` in file units: Q = R P + T, where T are the offsets.
std::array<double, 3> PointAt(const Document& document, const PointTable& table, std::int64_t i) {
  const auto along = [&](const x3p::Axis& axis, const std::optional<x3p::Column>& column,
                         std::int64_t index) {
    return column ? column->at(i) : axis.offset + axis.increment * static_cast<double>(index);
  };
  const std::int64_t column = document.is_matrix ? i % document.width : i;
  const std::int64_t row = document.is_matrix ? i / document.width : i;
  std::array<double, 3> point = {along(document.x, table.x, column),
                                 document.has_y ? along(document.y, table.y, row) : 0.0,
                                 table.z.at(i)};
  if (document.rotation) {
    const std::array<double, 3> offset = {document.x.offset, document.y.offset, document.z.offset};
    const std::array<double, 9>& r = *document.rotation;
    std::array<double, 3> p;
    for (std::size_t k = 0; k < 3; ++k) p[k] = point[k] - offset[k];
    for (std::size_t k = 0; k < 3; ++k) {
      point[k] = r[3 * k] * p[0] + r[3 * k + 1] * p[1] + r[3 * k + 2] * p[2] + offset[k];
    }
  }
  return point;
}

// Fills the points of a list, or of a matrix whose coordinates lie on no grid.
absl::Status FillPoints(Reading& reading, PointTable& table) {
  const Document& document = reading.document;
  if (document.points > reading.limits.list_points_max) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "point cloud of %d points, at most %d", document.points, reading.limits.list_points_max));
  }
  X3pScan& scan = reading.scan;
  scan.feature = X3pFeature::kPointCloud;
  std::vector<float> heights;
  for (std::int64_t i = 0; i < document.points; ++i) {
    if (!table.is_valid(i)) continue;
    const std::array<double, 3> point = PointAt(document, table, i);
    if (!std::all_of(point.begin(), point.end(),
                     [](double v) { return std::abs(v) <= x3p::kCoordinateMax; })) {
      continue;  // NaN too.
    }
    scan.points_um.push_back(point);
    heights.push_back(
        static_cast<float>(std::clamp(point[2], -double{std::numeric_limits<float>::max()},
                                      double{std::numeric_limits<float>::max()})));
  }
  if (scan.points_um.empty()) return absl::InvalidArgumentError("point data: no point measured");
  x3p::Dimensions dimensions;
  for (const std::size_t k : {0u, 1u}) {
    const auto [low, high] =
        std::minmax_element(scan.points_um.begin(), scan.points_um.end(),
                            [k](const auto& a, const auto& b) { return a[k] < b[k]; });
    dimensions.extent = std::max(dimensions.extent, (*high)[k] - (*low)[k]);
  }
  dimensions.height_range = x3p::HeightRange(heights);
  const bool scaled_before = table.scale_is_applied;
  const x3p::UnitReading units = DecideUnits(reading, table, std::move(dimensions));
  const double z_factor = table.scale_is_applied != scaled_before ? document.z.increment : 1.0;
  for (std::array<double, 3>& point : scan.points_um) {
    point[0] *= units.lateral_um;
    point[1] *= units.lateral_um;
    point[2] *= units.height_um * z_factor;
  }
  scan.unit = units.verdict;
  scan.measured_points = std::ssize(scan.points_um);
  return absl::OkStatus();
}

absl::Status FillGeometry(Reading& reading, PointTable& table) {
  const Document& document = reading.document;
  X3pScan& scan = reading.scan;
  scan.feature = document.feature;
  scan.data_type = LetterOf(document.z.type.value_or(table.z.stored));
  scan.increment_x = document.x.increment;
  scan.increment_y = document.has_y ? document.y.increment : document.x.increment;
  scan.increment_z = document.z.increment;
  if (!document.is_matrix) {
    if (document.feature != X3pFeature::kPointCloud) {
      reading.Warn("Record1/FeatureType names no point cloud, but the points are a list");
    }
    return FillPoints(reading, table);
  }
  std::optional<LateralStep> x = StepOf(document.x, table.x, table, x3p::Along::kX, document.width);
  std::optional<LateralStep> y = StepOf(document.y, table.y, table, x3p::Along::kY, document.width);
  // A single row or column need have no step of its own.
  if ((!y || !document.has_y) && document.height == 1) y = x;
  if (!x && document.width == 1) x = y;
  if (!x || !y) {
    reading.Warn("the coordinates of the matrix lie on no grid: given as a point cloud");
    return FillPoints(reading, table);
  }
  if (document.feature == X3pFeature::kPointCloud) {
    scan.feature = X3pFeature::kSurface;
    reading.Warn("Record1/FeatureType is PCL, but the points are a matrix: given as a surface");
  }
  return FillMap(reading, table, *x, *y);
}

absl::Status FillMask(Reading& reading) {
  const Document& document = reading.document;
  if (reading.archive.Find(reading.folder + "bindata/mask.bin") != nullptr) {
    reading.Warn("bindata/mask.bin left out: only masks in PNG are read");
  }
  const ZipEntry* const entry = reading.archive.Find(reading.folder + "bindata/mask.png");
  if (entry == nullptr) return absl::OkStatus();
  if (reading.scan.map.height_um.empty()) {
    reading.Warn("bindata/mask.png left out: a point cloud has no pixels");
    return absl::OkStatus();
  }
  // Eight bits in three or four channels, and room for headers.
  constexpr std::int64_t kPngBytesExtra = 1 << 20;
  PM_ASSIGN_OR_RETURN(const Buffer png,
                      reading.archive.Read(*entry, 5 * document.points + kPngBytesExtra));
  PM_ASSIGN_OR_RETURN(x3p::Mask mask, x3p::DecodeMask(png.span(), document));
  reading.scan.mask = std::move(mask.index);
  reading.scan.annotations = std::move(mask.annotations);
  return absl::OkStatus();
}

}  // namespace

std::string_view UnitVerdictName(UnitVerdict verdict) {
  switch (verdict) {
    case UnitVerdict::kMetres:
      return "metres";
    case UnitVerdict::kMicrometres:
      return "micrometres";
    case UnitVerdict::kMillimetres:
      return "millimetres";
    case UnitVerdict::kHeightMicrometres:
      return "heights in micrometres";
    case UnitVerdict::kHeightMillimetres:
      return "heights in millimetres";
    case UnitVerdict::kImplausible:
      return "implausible";
  }
  return "";
}

std::string_view ChecksumVerdictName(ChecksumVerdict verdict) {
  switch (verdict) {
    case ChecksumVerdict::kMatch:
      return "match";
    case ChecksumVerdict::kMismatch:
      return "mismatch";
    case ChecksumVerdict::kAbsent:
      return "absent";
  }
  return "";
}

absl::StatusOr<X3pScan> ReadX3p(base::ByteSpan file, const X3pLimits& limits) {
  PM_ASSIGN_OR_RETURN(Reading reading, OpenFile(file, limits));
  {
    PM_ASSIGN_OR_RETURN(PointTable table, ReadPoints(reading));
    for (std::string& warning : table.warnings) reading.Warn(std::move(warning));
    PM_RETURN_IF_ERROR(FillGeometry(reading, table));
  }  // The point data are no longer needed when the mask is decoded.
  PM_RETURN_IF_ERROR(FillMask(reading));
  for (std::string& warning : reading.document.warnings) reading.Warn(std::move(warning));
  reading.scan.metadata = std::move(reading.document.metadata);
  return std::move(reading.scan);
}

}  // namespace proofmark::forensics
