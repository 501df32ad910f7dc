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
#include "forensics/x3p/x3p.h"

namespace proofmark::forensics::x3p {

inline constexpr std::int64_t kSizeMax = 1LL << 20;  // Of the matrix, either way.
inline constexpr std::size_t kOtherElementsMax = 256;

// Steps and coordinates in file units: finite in every unit they may turn out to be in.
inline constexpr double kIncrementMin = 1e-200;
inline constexpr double kIncrementMax = 1e200;
inline constexpr double kCoordinateMax = 1e250;

enum class DataType { kInt16, kInt32, kFloat32, kFloat64 };

constexpr std::int64_t BytesOf(DataType type) {
  switch (type) {
    case DataType::kInt16:
      return 2;
    case DataType::kInt32:
    case DataType::kFloat32:
      return 4;
    case DataType::kFloat64:
      return 8;
  }
  return 0;
}
constexpr bool IsInteger(DataType type) {
  return type == DataType::kInt16 || type == DataType::kInt32;
}
// The letter the standard uses.
const char* LetterOf(DataType type);

// One of CX, CY, CZ, as written.
struct Axis {
  bool absolute = false;         // Coordinates are stored; otherwise they follow from the index.
  std::optional<DataType> type;  // Always there for an absolute axis, but for CZ.
  std::string increment_text = "1";
  double increment = 1.0;  // kIncrementMin to kIncrementMax.
  double offset = 0.0;     // At most kCoordinateMax either way.
};

// Links to point data and their validity, as entry names relative to main.xml.
struct DataLink {
  std::string points;
  std::string points_md5;  // As written; empty without.
  std::string valid;       // Empty without.
  std::string valid_md5;
};

// The content of main.xml but for the points.
struct Document {
  X3pFeature feature = X3pFeature::kSurface;
  Axis x, y, z;
  bool has_y = true;                              // A profile may leave CY out.
  std::optional<std::array<double, 9>> rotation;  // r11, r12, .. r33; nothing for the identity.
  bool is_matrix = false;
  std::int64_t width = 0;        // Of the matrix.
  std::int64_t height = 0;       // Of the matrix.
  std::int64_t points = 0;       // width * height, or the length of the list.
  std::optional<DataLink> link;  // Without it the points are in `list`.
  std::string_view list;         // Inside of DataList: a view of the text parsed.
  std::string checksum_file = "md5checksum.hex";
  std::string mask_background = "#cd7f32";
  std::vector<std::pair<std::string, std::string>> mask_labels;  // Colour in lower case, label.
  X3pMetadata metadata;
  std::vector<std::string> warnings;
};

// Reads main.xml. Elements are matched by local name and in any order; one that matters may appear
// once. `text` must outlive the result.
//
//   Errors  kInvalidArgument    not UTF-8, not well-formed, an element missing, repeated or with a
//                               value the standard does not know; names it with its path.
//           kResourceExhausted  beyond `limits` or the bounds here.
absl::StatusOr<Document> ParseDocument(std::string_view text, const X3pLimits& limits);

}  // namespace proofmark::forensics::x3p
