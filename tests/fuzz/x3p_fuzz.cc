// SPDX-License-Identifier: Apache-2.0
// Property: reading never crashes and never allocates beyond its limits; a surface that is accepted
// is written, and what is written is read as the same surface, bit for bit.
//
// The first byte chooses what the rest is: a whole file, a main.xml, or point data with a few bytes
// before them that choose their layout. Without that, a mutated file rarely gets past its CRCs.
// Run with -malloc_limit_mb=32 to check the allocations: the limits below allow far less.
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "forensics/x3p/x3p.h"
#include "tests/support/x3p_builder.h"

namespace {

using proofmark::base::AsBytes;
using proofmark::forensics::HeightMap;
using proofmark::forensics::ReadX3p;
using proofmark::forensics::WriteX3p;
using proofmark::forensics::X3pFeature;
using proofmark::forensics::X3pLimits;
using proofmark::forensics::X3pScan;
using proofmark::forensics::X3pWriteOptions;
using proofmark::testing::AxisXml;
using proofmark::testing::X3pRecipe;

constexpr X3pLimits kLimits = {.point_data_bytes_max = 1 << 18,
                               .points_max = 1 << 15,
                               .list_points_max = 1 << 12,
                               .entries_max = 8,
                               .document_bytes_max = 1 << 15,
                               .list_document_bytes_max = 1 << 17};

bool SameMap(const HeightMap& a, const HeightMap& b) {
  if (a.width != b.width || a.height != b.height || a.pitch_x_um != b.pitch_x_um ||
      a.pitch_y_um != b.pitch_y_um || a.height_um.size() != b.height_um.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.height_um.size(); ++i) {
    if (std::bit_cast<std::uint32_t>(a.height_um[i]) !=
        std::bit_cast<std::uint32_t>(b.height_um[i])) {
      return false;
    }
  }
  return true;
}

void CheckShape(const X3pScan& scan) {
  const std::size_t points = scan.map.height_um.size();
  PM_CHECK(scan.measured_points > 0);
  PM_CHECK(points == static_cast<std::size_t>(scan.map.width * scan.map.height));
  PM_CHECK(points <= static_cast<std::size_t>(kLimits.points_max));
  PM_CHECK(scan.mask.empty() || scan.mask.size() == points);
  PM_CHECK((scan.feature == X3pFeature::kPointCloud) == (points == 0));
  PM_CHECK(scan.points_um.empty() == (points != 0));
  for (const std::uint8_t index : scan.mask) PM_CHECK(index <= scan.annotations.size());
}

void Check(std::string_view file) {
  const absl::StatusOr<X3pScan> scan = ReadX3p(AsBytes(file), kLimits);
  if (!scan.ok()) return;
  CheckShape(*scan);
  if (scan->feature == X3pFeature::kPointCloud) return;

  const absl::StatusOr<std::string> written =
      WriteX3p(scan->map, {.data_type = X3pWriteOptions::DataType::kFloat64, .metadata = {}});
  PM_CHECK(written.ok());
  const absl::StatusOr<X3pScan> again = ReadX3p(AsBytes(*written));
  PM_CHECK(again.ok());
  // With one far-off value gone, the next may be judged to be one; then points differ by right.
  if (again->sentinel_points == 0) PM_CHECK(SameMap(scan->map, again->map));
}

// Point data behind seven bytes: types of z, x and y, flags, sizes, and increments.
void CheckPointData(std::string_view bytes) {
  constexpr std::size_t kChoiceBytes = 7;
  if (bytes.size() < kChoiceBytes) return;
  const auto choice = [&](std::size_t i, unsigned of) {
    return static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[i]) % of);
  };
  constexpr std::string_view kTypes[] = {"F", "D", "I", "L", ""};
  constexpr std::string_view kIncrements[] = {"1",    "1e-06",  "1e-09", "10",
                                              "0.01", "1e-190", "1e190"};
  constexpr std::string_view kFeatures[] = {"SUR", "PRF", "PCL"};
  X3pRecipe recipe;
  recipe.deflate = false;
  const std::size_t flags = choice(3, 64);
  const bool x_absolute = (flags & 1) != 0;
  const bool y_absolute = (flags & 2) != 0;
  recipe.feature = kFeatures[flags >> 4 & 3 ? (flags >> 4 & 3) - 1 : 0];
  recipe.cz = AxisXml("A", kTypes[choice(0, 5)], kIncrements[choice(6, 7)],
                      (flags & 4) != 0 ? "1e-05" : "");
  recipe.cx = AxisXml(x_absolute ? "A" : "I", kTypes[choice(1, 5)], kIncrements[choice(5, 7)]);
  recipe.cy = AxisXml(y_absolute ? "A" : "I", kTypes[choice(2, 5)], kIncrements[choice(5, 7)]);
  // The size of the data follows from the choices, so that it is right more often than not.
  const auto bytes_of = [](std::string_view type) -> std::size_t {
    return type == "I" ? 2 : type == "D" ? 8 : 4;
  };
  const std::size_t record = bytes_of(kTypes[choice(0, 5)]) +
                             (x_absolute ? bytes_of(kTypes[choice(1, 5)]) : 0) +
                             (y_absolute ? bytes_of(kTypes[choice(2, 5)]) : 0);
  recipe.data = std::string(bytes.substr(kChoiceBytes));
  const std::size_t points = recipe.data.size() / record;
  const std::size_t width = choice(4, 255) + 1;
  const std::size_t rows = points / width;
  recipe.SetMatrix(std::to_string(width), std::to_string(rows));
  if ((flags & 8) != 0) {
    recipe.valid_link = "bindata/valid.bin";
    recipe.valid = std::string((width * rows + 7) / 8, static_cast<char>(bytes[4]));
  }
  recipe.data.resize(width * rows * record);
  if (recipe.feature == "PCL" && x_absolute) {
    recipe.dimension = "<ListDimension>" + std::to_string(width * rows) + "</ListDimension>";
  }
  Check(recipe.Build());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > (1u << 18)) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'f':
      Check(rest);
      break;
    case 'x': {
      X3pRecipe recipe;
      recipe.deflate = false;
      recipe.document = std::string(rest);
      Check(recipe.Build());
      break;
    }
    case 'p':
      CheckPointData(rest);
      break;
    default:
      break;
  }
  return 0;
}
