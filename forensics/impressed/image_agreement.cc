// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/image_agreement.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

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

// An image framed by kImageShiftMax zeros has the same stride as one without: a moved product is
// one run through both.
static_assert(Image::kStride == Image::kColumns + 2 * kImageShiftMax);
constexpr std::int64_t kRun = (Image::kRows - 1) * Image::kStride + Image::kColumns;

PM_PER_PROCESSOR
std::int32_t Dot(const std::int16_t* a, const std::int16_t* b) {
  std::int32_t sum = 0;
  for (std::int64_t i = 0; i < kRun; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

Image MakeImage(const TurnableRelief& smooth, double turn_degrees) {
  std::array<std::int8_t, static_cast<std::size_t>(Image::kColumns * Image::kRows)> levels;
  smooth.Sample(MakeTurn(turn_degrees), kImageStep, -Image::kMiddle, -Image::kMiddle,
                Image::kColumns, Image::kRows, levels.data());
  Image out;
  std::int64_t square = 0;
  for (std::int64_t y = 0; y < Image::kRows; ++y) {
    for (std::int64_t x = 0; x < Image::kColumns; ++x) {
      const std::int8_t level = levels[static_cast<std::size_t>(y * Image::kColumns + x)];
      if (level == kLevelNotMeasured) continue;
      out.level[static_cast<std::size_t>(y * Image::kStride + x)] = level;
      square += level * level;
    }
  }
  out.norm = std::sqrt(static_cast<double>(square));
  return out;
}

ImageRange CorrelateImages(const Image& image, std::span<const Image> turned,
                           std::int64_t shift_max) {
  PM_CHECK(shift_max >= 0 && shift_max <= kImageShiftMax);
  std::vector<std::int16_t> framed(
      static_cast<std::size_t>(Image::kStride * (Image::kRows + 2 * kImageShiftMax)), 0);
  std::copy_n(image.level.data(), kRun,
              framed.data() + kImageShiftMax * Image::kStride + kImageShiftMax);
  ImageRange out;
  for (const Image& other : turned) {
    const double norms = image.norm * other.norm;
    if (norms <= 0.0) continue;
    for (std::int64_t dy = -shift_max; dy <= shift_max; ++dy) {
      for (std::int64_t dx = -shift_max; dx <= shift_max; ++dx) {
        const std::int16_t* moved =
            framed.data() + (kImageShiftMax + dy) * Image::kStride + kImageShiftMax + dx;
        const double r = static_cast<double>(Dot(moved, other.level.data())) / norms;
        out.highest = std::max(out.highest, r);
        out.lowest = std::min(out.lowest, r);
      }
    }
  }
  return out;
}

}  // namespace proofmark::forensics
