// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

// Bounds checked before anything is allocated.
struct X3pLimits {
  std::int64_t point_data_bytes_max = 128LL << 20;
  std::int64_t points_max = 16LL << 20;
  std::int64_t list_points_max = 1'000'000;  // Points written as XML or given as coordinates.
  std::int64_t entries_max = 64;
  std::int64_t document_bytes_max = 4LL << 20;        // main.xml without the points in it.
  std::int64_t list_document_bytes_max = 64LL << 20;  // main.xml with the points in it.
};

enum class ChecksumVerdict { kMatch, kMismatch, kAbsent };
std::string_view ChecksumVerdictName(ChecksumVerdict verdict);

// What the numbers in the file can be, judged by physical plausibility alone.
enum class UnitVerdict {
  kMetres,             // As the standard asks.
  kMicrometres,        // Lateral and height were micrometres: corrected.
  kMillimetres,        // Lateral and height were millimetres: corrected.
  kHeightMicrometres,  // Heights alone were micrometres: corrected.
  kHeightMillimetres,  // Heights alone were millimetres: corrected.
  kImplausible,  // No reading, or several, make sense: values are as written, taken as metres.
};
std::string_view UnitVerdictName(UnitVerdict verdict);

enum class X3pFeature { kSurface, kProfile, kPointCloud };

// Who measured, with what. Text from the file: UTF-8 checked, control characters replaced, at most
// 4 KiB a field. Never use it in a path or a log line unescaped.
struct X3pMetadata {
  std::string creator, manufacturer, model, serial, software, comment, date, calibration_date;
  std::vector<std::pair<std::string, std::string>> other;  // Unknown elements, path and text.
};

// One colour of the annotation mask.
struct X3pAnnotation {
  std::string colour;  // "#rrggbb".
  std::string label;
  std::int64_t points = 0;
};

// One file, read.
struct X3pScan {
  X3pFeature feature = X3pFeature::kSurface;  // What it is: a list or a matrix off any grid is a
                                              // point cloud, whatever the file calls it.
  HeightMap map;  // Surfaces and profiles (height 1); empty for point clouds.
  std::vector<std::array<double, 3>> points_um;  // Point clouds: the measured points; else empty.
  UnitVerdict unit = UnitVerdict::kMetres;
  ChecksumVerdict document_checksum = ChecksumVerdict::kAbsent;
  ChecksumVerdict data_checksum = ChecksumVerdict::kAbsent;  // Points in main.xml: of main.xml.
  std::string data_type;                                     // "D", "F", "I", "L" as stored for z.
  double increment_x = 0.0, increment_y = 0.0, increment_z = 1.0;  // As written.
  std::int64_t measured_points = 0;
  std::int64_t sentinel_points = 0;  // Taken as not measured: one far-off value held by > 5 %.
  X3pMetadata metadata;
  std::vector<std::uint8_t> mask;  // Index into annotations + 1, 0 unannotated; empty without.
  std::vector<X3pAnnotation> annotations;
  std::vector<std::string> warnings;  // For people; each names what was found and what was done.
};

// Reads one X3P file (ISO 5436-2 / ISO 25178-72).
//
//   Result    heights in micrometres; plausibility never refuses (see `unit`): extraction does.
//   Errors    kInvalidArgument    not such a file, one that breaks its own rules, or one without a
//                                 measured point; the message names the entry or element, its
//                                 value and the bound.
//             kResourceExhausted  beyond `limits` or an inflation ratio of 200.
//             kDataLoss           the point data (or their validity) do not match their checksum.
//   Cost      O(file + points) time; memory is the inflated data plus 4 bytes a point.
//   Threads   Pure.
//   Source    docs/references.md#iso-5436-2
absl::StatusOr<X3pScan> ReadX3p(base::ByteSpan file, const X3pLimits& limits = {});

struct X3pWriteOptions {
  enum class DataType { kFloat32, kFloat64 } data_type = DataType::kFloat32;
  X3pMetadata metadata;
};

// Writes a surface (metres, MD5, fixed timestamps): the same input gives the same bytes.
//
//   Result    ReadX3p gives the same pitches and, for kFloat64, the same heights bit for bit, but
//             for the sign of zero; for kFloat32 they differ by at most one unit in the last place,
//             since micrometres and metres do not round alike. `metadata.other` is not written.
//   Errors    kInvalidArgument  a size or pitch outside its range in HeightMap, `height_um` of
//                               another length, or no measured point.
absl::StatusOr<std::string> WriteX3p(const HeightMap& map, const X3pWriteOptions& options = {});

}  // namespace proofmark::forensics
