// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/image_agreement.h"

#include <algorithm>
#include <cmath>

// Function versions by processor, chosen by the loader. Sanitizers instrument the chooser, which
// runs before they are ready; other compilers and processors take the plain version.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PM_PER_PROCESSOR \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PM_PER_PROCESSOR
#endif

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kShiftMax = 4;

// Sum of products of `a` with `b` moved by (dx, dy). `a` has a frame of kShiftMax zeros.
constexpr std::int64_t kFramedColumns = Image::kColumns + 2 * kShiftMax;

PM_PER_PROCESSOR
std::int32_t Dot(const std::int16_t* framed, const std::int16_t* image, std::int64_t dx,
                 std::int64_t dy) {
  std::int32_t sum = 0;
  for (std::int64_t y = 0; y < Image::kRows; ++y) {
    const std::int16_t* a = framed + (y + kShiftMax + dy) * kFramedColumns + kShiftMax + dx;
    const std::int16_t* b = image + y * Image::kColumns;
    for (std::int64_t x = 0; x < Image::kColumns; ++x) sum += a[x] * b[x];
  }
  return sum;
}

}  // namespace

Image MakeImage(const TurnableRelief& smooth, double turn_degrees) {
  std::array<std::int8_t, static_cast<std::size_t>(Image::kColumns * Image::kRows)> levels;
  smooth.Sample(MakeTurn(turn_degrees), kImageStep, -Image::kMiddle, -Image::kMiddle,
                Image::kColumns, Image::kRows, levels.data());
  Image out;
  std::int64_t square = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    out.level[i] = levels[i] == kLevelNotMeasured ? std::int16_t{0} : levels[i];
    square += out.level[i] * out.level[i];
  }
  out.norm = std::sqrt(static_cast<double>(square));
  return out;
}

ImageRange CorrelateImages(const Image& image, std::span<const Image> turned) {
  std::vector<std::int16_t> framed(
      static_cast<std::size_t>(kFramedColumns * (Image::kRows + 2 * kShiftMax)), 0);
  for (std::int64_t y = 0; y < Image::kRows; ++y) {
    std::copy_n(image.level.data() + y * Image::kColumns, Image::kColumns,
                framed.data() + (y + kShiftMax) * kFramedColumns + kShiftMax);
  }
  ImageRange out;
  for (const Image& other : turned) {
    const double norms = image.norm * other.norm;
    if (norms <= 0.0) continue;
    for (std::int64_t dy = -kShiftMax; dy <= kShiftMax; ++dy) {
      for (std::int64_t dx = -kShiftMax; dx <= kShiftMax; ++dx) {
        const double r =
            static_cast<double>(Dot(framed.data(), other.level.data(), dx, dy)) / norms;
        out.highest = std::max(out.highest, r);
        out.lowest = std::min(out.lowest, r);
      }
    }
  }
  return out;
}

}  // namespace proofmark::forensics
