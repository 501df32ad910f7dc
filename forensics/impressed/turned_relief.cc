// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/turned_relief.h"

#include <algorithm>
#include <cmath>

#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kBorder = 2;
constexpr std::int32_t kWeightOne = 16;  // A measured sample.
// Levels of five bits to an rms of its surroundings; clipped at two and a half of it.
constexpr std::int32_t kLevelsPerRms = 6;
constexpr std::int32_t kStoredPerLevel =
    static_cast<std::int32_t>(kReliefLevelsPerRms) / kLevelsPerRms;

}  // namespace

Turn MakeTurn(double degrees) {
  const SinCos turn = SinCosTurns(degrees / 360.0);
  return {static_cast<std::int64_t>(std::floor(turn.cos * 65536.0 + 0.5)),
          static_cast<std::int64_t>(std::floor(turn.sin * 65536.0 + 0.5))};
}

TurnableRelief::TurnableRelief(const ImpressedSignature& signature, bool mirrored, bool smooth)
    : width_(signature.width + 2 * kBorder),
      height_(signature.height + 2 * kBorder),
      middle_x_((signature.width - 1) / 2 + kBorder),
      middle_y_((signature.height - 1) / 2 + kBorder),
      value_(static_cast<std::size_t>(width_ * height_), 0),
      weight_(value_.size(), 0) {
  for (std::int64_t y = 0; y < signature.height; ++y) {
    for (std::int64_t x = 0; x < signature.width; ++x) {
      const std::int64_t from = mirrored ? signature.width - 1 - x : x;
      const std::int8_t stored =
          signature.relief[static_cast<std::size_t>(y * signature.width + from)];
      if (stored == kReliefNotMeasured) continue;
      const auto at = static_cast<std::size_t>((y + kBorder) * width_ + x + kBorder);
      value_[at] = static_cast<std::int16_t>(stored * kWeightOne);
      weight_[at] = kWeightOne;
    }
  }
  if (!smooth) return;
  // (1 2 1) / 4 along both axes, of values and weights alike: a masked mean once divided.
  for (std::vector<std::int16_t>* plane : {&value_, &weight_}) {
    const std::vector<std::int16_t> in = *plane;
    for (std::int64_t y = 1; y + 1 < height_; ++y) {
      for (std::int64_t x = 1; x + 1 < width_; ++x) {
        const auto row = [&](std::int64_t j) {
          const std::int16_t* p = in.data() + j * width_ + x;
          return p[-1] + 2 * p[0] + p[1];
        };
        const std::int32_t sum = row(y - 1) + 2 * row(y) + row(y + 1);
        (*plane)[static_cast<std::size_t>(y * width_ + x)] = static_cast<std::int16_t>(sum / 16);
      }
    }
  }
}

void TurnableRelief::Sample(const Turn& turn, std::int64_t step, std::int64_t x, std::int64_t y,
                            std::int64_t columns, std::int64_t rows, std::int8_t* levels) const {
  const std::int64_t right = (width_ - 1) << 16;
  const std::int64_t bottom = (height_ - 1) << 16;
  for (std::int64_t j = 0; j < rows; ++j) {
    // Where the target's samples lie in the relief: the target turned back.
    const std::int64_t ty = (y + j) * step;
    std::int64_t sx = (middle_x_ << 16) + turn.cos * x * step + turn.sin * ty;
    std::int64_t sy = (middle_y_ << 16) - turn.sin * x * step + turn.cos * ty;
    for (std::int64_t i = 0; i < columns; ++i, sx += turn.cos * step, sy -= turn.sin * step) {
      std::int8_t& out = levels[j * columns + i];
      out = kLevelNotMeasured;
      if (sx < 0 || sy < 0 || sx >= right || sy >= bottom) continue;
      const std::int64_t at = (sy >> 16) * width_ + (sx >> 16);
      const auto fx = static_cast<std::int32_t>((sx & 0xFFFF) >> 9);  // 7 bits.
      const auto fy = static_cast<std::int32_t>((sy & 0xFFFF) >> 9);
      const std::int32_t w00 = (128 - fx) * (128 - fy), w10 = fx * (128 - fy);
      const std::int32_t w01 = (128 - fx) * fy, w11 = fx * fy;
      const std::int16_t* w = weight_.data() + at;
      const std::int32_t weight = w00 * w[0] + w10 * w[1] + w01 * w[width_] + w11 * w[width_ + 1];
      if (2 * weight < kWeightOne << 14) continue;
      const std::int16_t* v = value_.data() + at;
      const std::int32_t value = w00 * v[0] + w10 * v[1] + w01 * v[width_] + w11 * v[width_ + 1];
      const float level = static_cast<float>(value) /
                          (static_cast<float>(weight) * static_cast<float>(kStoredPerLevel));
      const float most = static_cast<float>(kLevelMax);
      const float clipped = std::min(std::max(level, -most), most);
      out = static_cast<std::int8_t>(static_cast<std::int32_t>(clipped + 64.5F) - 64);
    }
  }
}

LevelMap TurnableRelief::SampleAll(const Turn& turn, std::int64_t step) const {
  const double w = static_cast<double>(width_), h = static_cast<double>(height_);
  const auto half = static_cast<std::int64_t>(0.5 * std::sqrt(w * w + h * h)) / step;
  LevelMap out{.side = 2 * half + 1, .level = {}};
  out.level.resize(static_cast<std::size_t>(out.side * out.side));
  Sample(turn, step, -half, -half, out.side, out.side, out.level.data());
  return out;
}

}  // namespace proofmark::forensics
