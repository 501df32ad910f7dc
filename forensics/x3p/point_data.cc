// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/point_data.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "absl/strings/str_format.h"
#include "forensics/surface/height_map.h"
#include "forensics/x3p/markup.h"
#include "forensics/x3p/text.h"

namespace proofmark::forensics::x3p {
namespace {

static_assert(std::endian::native == std::endian::little, "X3P is little-endian; so is this code");

template <typename T>
T Load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// Calls `visit` with a value of the stored type.
template <typename Visit>
auto WithStoredType(const Column& column, Visit visit) {
  switch (column.stored) {
    case DataType::kInt16:
      return column.is_unsigned ? visit(std::uint16_t{}) : visit(std::int16_t{});
    case DataType::kInt32:
      return column.is_unsigned ? visit(std::uint32_t{}) : visit(std::int32_t{});
    case DataType::kFloat32:
      return visit(float{});
    case DataType::kFloat64:
      break;
  }
  return visit(double{});
}

// Signalling NaNs (R's missing value is one) are quieted by the conversion; comparisons with a NaN
// are false, so it takes the same way as what is too large.
bool IsHeight(double value_um) {
  return std::abs(value_um) <= double{std::numeric_limits<float>::max()};
}

// Adding zero makes a negative zero, which tiny values round to, the one zero there is.
float AsHeight(double value_um) { return static_cast<float>(value_um) + 0.0f; }

// Whether 4-byte words read as floats look like lengths. Small negative integers are NaNs as
// floats and small positive ones are denormal, so neither passes for a length.
bool LooksLikeFloats(const std::byte* first, std::size_t stride, std::int64_t count) {
  std::int64_t numbers = 0;
  std::int64_t lengths = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = std::abs(Load<float>(first + static_cast<std::size_t>(i) * stride));
    if (std::isnan(value)) continue;
    ++numbers;
    lengths += value == 0.0f || (value >= 1e-12f && value <= 1e6f) ? 1 : 0;
  }
  return lengths > 0 && static_cast<double>(lengths) > 0.99 * static_cast<double>(numbers);
}

Column ColumnOf(const Axis& axis, DataType type) {
  Column column;
  column.stored = type;
  column.increment = IsInteger(type) ? axis.increment : 1.0;
  column.offset = axis.offset;
  return column;
}

std::int64_t LateralBytes(const Document& document) {
  std::int64_t bytes = 0;
  for (const Axis* axis : {&document.x, &document.y}) {
    if (axis->absolute) bytes += BytesOf(*axis->type);
  }
  return bytes;
}

// Splits `datum` at its semicolons into exactly `out.size()` numbers. An empty one is a point
// without measurement.
bool ParseDatum(std::string_view datum, std::span<double> out) {
  if (datum.empty()) {
    for (double& value : out) value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t end = datum.find(';');
    if ((end == std::string_view::npos) != (i + 1 == out.size())) return false;
    const std::optional<double> value = ParseDecimal(datum.substr(0, end));
    if (!value) return false;
    out[i] = *value;
    if (end != std::string_view::npos) datum.remove_prefix(end + 1);
  }
  return true;
}

template <typename T>
std::int64_t JumpsOver(const Column& z, std::int64_t count, std::int64_t width, double distance) {
  std::int64_t jumps = 0;
  for (std::int64_t row = 0; row + width <= count; row += width) {
    const std::byte* at = z.first + static_cast<std::size_t>(row) * z.stride;
    double previous = static_cast<double>(Load<T>(at));
    for (std::int64_t i = 1; i < width; ++i) {
      at += z.stride;
      const double value = static_cast<double>(Load<T>(at));
      jumps += std::abs(value - previous) > distance ? 1 : 0;
      previous = value;
    }
  }
  return jumps;
}

template <typename Signed>
bool OnlyUnsignedIsSmooth(const Column& z, std::int64_t count, std::int64_t width) {
  using Unsigned = std::make_unsigned_t<Signed>;
  const double distance = 0.6 * static_cast<double>(std::numeric_limits<Unsigned>::max());
  const double jumps_max = 0.001 * static_cast<double>(count);
  return static_cast<double>(JumpsOver<Signed>(z, count, width, distance)) > jumps_max &&
         static_cast<double>(JumpsOver<Unsigned>(z, count, width, distance)) <= jumps_max;
}

}  // namespace

double Column::at(std::int64_t i) const {
  const std::byte* const from = first + static_cast<std::size_t>(i) * stride;
  return WithStoredType(*this, [&](auto zero) {
    return offset + increment * static_cast<double>(Load<decltype(zero)>(from));
  });
}

std::optional<std::int64_t> RecordBytes(const Document& document) {
  if (!document.z.type) return std::nullopt;
  return LateralBytes(document) + BytesOf(*document.z.type);
}

absl::StatusOr<PointTable> TableOfBinary(const Document& document, Buffer data, Buffer valid) {
  PointTable table;
  table.count = document.points;
  const std::int64_t bytes = std::ssize(data.span());
  std::optional<std::int64_t> record = RecordBytes(document);
  if (!record && bytes % document.points == 0) record = bytes / document.points;
  const std::int64_t z_bytes = record.value_or(0) - LateralBytes(document);
  if (z_bytes != 2 && z_bytes != 4 && z_bytes != 8) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "main.xml: Record1/Axes/CZ/DataType is missing, and %d bytes for %d points fit no type",
        bytes, document.points));
  }
  if (*record * document.points != bytes) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "entry %s has %d bytes, but %d points of %d bytes make %d", Quoted(document.link->points),
        bytes, document.points, *record, *record * document.points));
  }
  const std::int64_t valid_bytes = std::ssize(valid.span());
  if (!document.link->valid.empty() && valid_bytes != (document.points + 7) / 8) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "entry %s has %d bytes, but a bit for each of %d points makes %d",
        Quoted(document.link->valid), valid_bytes, document.points, (document.points + 7) / 8));
  }
  table.storage = std::move(data);
  table.valid = std::move(valid);

  const std::size_t stride = static_cast<std::size_t>(*record);
  const std::byte* first = table.storage.span().data();
  const auto place = [&](Column column) {
    column.first = first;
    column.stride = stride;
    first += BytesOf(column.stored);
    return column;
  };
  if (document.x.absolute) table.x = place(ColumnOf(document.x, *document.x.type));
  if (document.y.absolute) table.y = place(ColumnOf(document.y, *document.y.type));
  DataType z_type = document.z.type.value_or(z_bytes == 2   ? DataType::kInt16
                                             : z_bytes == 8 ? DataType::kFloat64
                                                            : DataType::kInt32);
  if (!document.z.type) {
    if (z_bytes == 4 && LooksLikeFloats(first, stride, table.count)) z_type = DataType::kFloat32;
    table.warnings.push_back(absl::StrFormat(
        "CZ/DataType is missing: read as %s, judged by the size", LetterOf(z_type)));
  }
  table.z = place(ColumnOf(document.z, z_type));
  table.scale_is_applied = IsInteger(z_type);
  return table;
}

absl::StatusOr<PointTable> TableOfList(const Document& document) {
  PointTable table;
  table.count = document.points;
  const std::size_t columns =
      1u + (document.x.absolute ? 1u : 0u) + (document.y.absolute ? 1u : 0u);
  const std::size_t stride = columns * sizeof(double);
  table.storage = Buffer(static_cast<std::size_t>(document.points) * stride);
  DatumReader reader(document.list);
  std::string_view datum;
  std::int64_t read = 0;
  std::array<double, 3> values;
  while (reader.Next(&datum)) {
    if (read == document.points) {
      return absl::InvalidArgumentError(
          absl::StrFormat("main.xml: DataList has more than the %d points of the dimension", read));
    }
    if (!ParseDatum(datum, std::span(values).first(columns))) {
      return absl::InvalidArgumentError(
          absl::StrFormat("main.xml: DataList point %d is %s, expected %d numbers", read + 1,
                          Quoted(datum), columns));
    }
    std::memcpy(table.storage.data() + static_cast<std::size_t>(read) * stride, values.data(),
                stride);
    ++read;
  }
  if (read != document.points) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "main.xml: DataList has %d points, the dimension says %d", read, document.points));
  }
  // Stored as doubles here, whatever the type: only the scale is that of the type named.
  const std::byte* first = table.storage.span().data();
  const auto place = [&](const Axis& axis) {
    Column column = ColumnOf(axis, axis.type.value_or(DataType::kFloat64));
    column.stored = DataType::kFloat64;
    column.first = std::exchange(first, first + sizeof(double));
    column.stride = stride;
    return column;
  };
  if (document.x.absolute) table.x = place(document.x);
  if (document.y.absolute) table.y = place(document.y);
  table.z = place(document.z);
  table.scale_is_applied = IsInteger(document.z.type.value_or(DataType::kFloat64));
  return table;
}

std::int64_t DecodeHeights(const PointTable& table, double um_per_unit,
                           std::vector<float>& height_um) {
  height_um.resize(static_cast<std::size_t>(table.count));
  const Column& z = table.z;
  std::int64_t out_of_range = 0;
  WithStoredType(z, [&](auto zero) {
    const std::byte* at = z.first;
    for (float& height : height_um) {
      const double value =
          (z.offset + z.increment * static_cast<double>(Load<decltype(zero)>(at))) * um_per_unit;
      at += z.stride;
      const bool is_height = IsHeight(value);
      height = is_height ? AsHeight(value) : kNotMeasured;
      out_of_range += !is_height && !std::isnan(value) ? 1 : 0;
    }
  });
  if (!table.valid.span().empty()) {
    for (std::int64_t i = 0; i < table.count; ++i) {
      if (!table.is_valid(i)) height_um[static_cast<std::size_t>(i)] = kNotMeasured;
    }
  }
  return out_of_range;
}

void RescaleHeights(const PointTable& table, double um_per_unit, std::vector<float>& height_um) {
  const Column& z = table.z;
  WithStoredType(z, [&](auto zero) {
    const std::byte* at = z.first;
    for (float& height : height_um) {
      const double value =
          (z.offset + z.increment * static_cast<double>(Load<decltype(zero)>(at))) * um_per_unit;
      at += z.stride;
      if (IsMeasured(height)) {
        height = IsHeight(value) ? AsHeight(value) : kNotMeasured;
      }
    }
  });
}

bool LooksUnsigned(const PointTable& table, std::int64_t width) {
  switch (table.z.stored) {
    case DataType::kInt16:
      return OnlyUnsignedIsSmooth<std::int16_t>(table.z, table.count, width);
    case DataType::kInt32:
      return OnlyUnsignedIsSmooth<std::int32_t>(table.z, table.count, width);
    case DataType::kFloat32:
    case DataType::kFloat64:
      return false;
  }
  return false;
}

std::optional<double> GridStep(const PointTable& table, const Column& column, Along along,
                               std::int64_t width) {
  struct Place {
    std::int64_t index;
    double coordinate;
  };
  std::optional<Place> first;
  std::optional<Place> last;
  const auto visit = [&](auto use) {
    for (std::int64_t i = 0; i < table.count; ++i) {
      if (!table.is_valid(i)) continue;
      const double coordinate = column.at(i);
      if (!(std::abs(coordinate) <= kCoordinateMax)) continue;
      use(Place{along == Along::kX ? i % width : i / width, coordinate});
    }
  };
  visit([&](const Place& place) {
    if (!first || place.index < first->index) first = place;
    if (!last || place.index > last->index) last = place;
  });
  if (!first || first->index == last->index) return std::nullopt;
  const double step =
      (last->coordinate - first->coordinate) / static_cast<double>(last->index - first->index);
  if (!(step >= kIncrementMin && step <= kIncrementMax)) return std::nullopt;
  bool regular = true;
  visit([&](const Place& place) {
    const double expected =
        first->coordinate + step * static_cast<double>(place.index - first->index);
    regular = regular && std::abs(place.coordinate - expected) <= 0.01 * step;
  });
  if (!regular) return std::nullopt;
  return step;
}

}  // namespace proofmark::forensics::x3p
