// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/x3p/archive.h"
#include "forensics/x3p/document.h"

namespace proofmark::forensics::x3p {

// One coordinate of every point: where it is stored and what it means.
struct Column {
  const std::byte* first = nullptr;
  std::size_t stride = 0;
  DataType stored = DataType::kFloat64;
  bool is_unsigned = false;
  double increment = 1.0;  // coordinate = offset + increment * stored
  double offset = 0.0;

  double at(std::int64_t i) const;
};

// The points of a document, as stored: x fastest.
struct PointTable {
  std::int64_t count = 0;
  std::optional<Column> x, y;  // Absolute axes only.
  Column z;
  bool scale_is_applied = false;  // The increment of CZ is part of `z`: integer heights.
  Buffer storage;                 // What the columns point into.
  Buffer valid;                   // A bit a point, least significant first; empty: all are valid.
  std::vector<std::string> warnings;

  bool is_valid(std::int64_t i) const {
    if (valid.span().empty()) return true;
    const auto byte = std::to_integer<unsigned>(valid.span()[static_cast<std::size_t>(i / 8)]);
    return (byte >> (i % 8) & 1u) != 0;
  }
};

// Bytes of one stored point; nothing when CZ names no type, which the size then decides.
std::optional<std::int64_t> RecordBytes(const Document& document);

// Lays columns over point data.
//   kInvalidArgument  `data` is not exactly as long as the document says, `valid` not exactly a bit
//                     a point.
absl::StatusOr<PointTable> TableOfBinary(const Document& document, Buffer data, Buffer valid);

// Reads the points written in the document.
//   kInvalidArgument  more or fewer points than the document says, or a point that is not one
//                     number for each absolute axis; names the point, counted from 1.
absl::StatusOr<PointTable> TableOfList(const Document& document);

// Writes the height of every point, times `um_per_unit`, to `height_um`: kNotMeasured where the
// point is invalid, NaN, infinite or beyond the range of a float. Gives how many were finite in
// the file's terms but infinite or beyond that range.
std::int64_t DecodeHeights(const PointTable& table, double um_per_unit,
                           std::vector<float>& height_um);

// The same for other `z` or `um_per_unit`, only where `height_um` is already measured.
void RescaleHeights(const PointTable& table, double um_per_unit, std::vector<float>& height_um);

// True when integer heights make sense only if read as unsigned: as signed, more than 0.1 % of
// neighbours in a row lie over 60 % of the type's range apart, as unsigned they do not.
bool LooksUnsigned(const PointTable& table, std::int64_t width);

// The step of a matrix along an absolute axis.
enum class Along { kX, kY };

// The step between columns (or rows), in file units, if the coordinates of `column` are those of a
// grid: the same along the other axis and equally spaced within 1 % of a step. Nothing otherwise,
// when the steps are not ascending, or with a single column (row).
std::optional<double> GridStep(const PointTable& table, const Column& column, Along along,
                               std::int64_t width);

}  // namespace proofmark::forensics::x3p
