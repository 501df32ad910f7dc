// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "forensics/cartridge/case_segment.h"

namespace proofmark::bench {

// The coarse grids of unrelated breech faces, made straight from random fields of about the
// spectrum that coarse grids of generated breech faces have (case_search_bench decoys prints both):
// granular marks and parallel lines on a grid of 50 um, and the contact that leaves a third of it
// bare. For collections of a million; there is no signature that would give them. A record is the
// sum of two fields out of 1 024 each, so that no two are alike, within the contact of the first.
class ScaleCases {
 public:
  ScaleCases(std::uint64_t seed, std::string extractor_version)
      : seed_(seed), version_(std::move(extractor_version)) {
    for (std::uint64_t i = 0; i < 2 * kFields; ++i) fields_.push_back(MakeField(i));
  }

  // `record` below 1 024 x 1 024.
  forensics::CoarseCase Make(std::uint64_t record) const {
    const TwoGrids& first = fields_[record % kFields];
    const TwoGrids& second = fields_[kFields + record / kFields % kFields];
    forensics::CoarseCase made;
    made.kind.extractor_version = version_;
    made.b1 = Sum(first.b1, second.b1, forensics::CoarseGrid::kB1, kB1ScoreScale);
    made.b2 = Sum(first.b2, second.b2, forensics::CoarseGrid::kB2, kB2ScoreScale);
    return made;
  }

 private:
  static constexpr std::int64_t kHalf = 40;  // 2 mm.
  static constexpr std::int64_t kSide = 2 * kHalf + 1;
  static constexpr double kRingInnerUm = 700.0, kRingOuterUm = 1'900.0, kSquareUm = 50.0;
  static constexpr float kGrain = 0.32F;       // A neighbour's share: neighbours correlate by 0.45.
  static constexpr float kLineShare = 0.3F;    // Of the variance.
  static constexpr float kBareBelow = -0.35F;  // Of a unit field.
  static constexpr std::int64_t kContactStep = 10;  // 0.5 mm.
  // Generated faces have structure that this lacks, and score higher by chance: so much at their
  // 99 % quantile.
  static constexpr double kB1ScoreScale = 1.17, kB2ScoreScale = 1.27;

  static constexpr std::uint64_t kFields = 1'024;

  using Plane = std::vector<float>;
  // The squares of a ring: levels, and 1 where something was marked, 0 elsewhere.
  struct Grid {
    std::vector<std::int16_t> level;
    std::vector<std::int16_t> marked;
  };
  struct TwoGrids {
    Grid b1, b2;
  };

  TwoGrids MakeField(std::uint64_t number) const {
    std::uint64_t state = seed_ * 0x9E3779B97F4A7C15U + number * 0xD1B54A32D192ED03U + 1;
    const Plane field = Marks(state);
    const Plane bare = Contact(state);
    return {.b1 = Quantised(Smoothed(field), bare, 2.5), .b2 = Quantised(field, bare, 1.0)};
  }

  static std::uint64_t Next(std::uint64_t& state) {  // SplitMix64.
    state += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  // Four values of about unit variance: the sum of two uniform ones each.
  static std::array<float, 4> Four(std::uint64_t& state) {
    const std::uint64_t bits = Next(state);
    std::array<float, 4> out;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto a = static_cast<float>((bits >> (16 * i)) & 0xFFU);
      const auto b = static_cast<float>((bits >> (16 * i + 8)) & 0xFFU);
      out[i] = (a + b - 255.0F) * (2.4495F / 256.0F);
    }
    return out;
  }
  static Plane Noise(std::uint64_t& state, std::int64_t count) {
    Plane noise;
    noise.reserve(static_cast<std::size_t>(count + 3));
    while (static_cast<std::int64_t>(noise.size()) < count) {
      for (const float value : Four(state)) noise.push_back(value);
    }
    return noise;
  }
  static std::size_t At(std::int64_t x, std::int64_t y) {
    return static_cast<std::size_t>(y * kSide + x);
  }

  static Plane Marks(std::uint64_t& state) {
    const Plane white = Noise(state, kSide * kSide);
    const Plane line = Noise(state, 4 * kSide);
    const float slope = Four(state)[0] * 0.1F;  // Lines lie turned by some degrees.
    const float grained = std::sqrt((1.0F - kLineShare) / (1.0F + 4.0F * kGrain * kGrain));
    const float lined = std::sqrt(kLineShare * 1.5F);  // Interpolation takes a third.
    Plane field(white.size(), 0.0F);
    for (std::int64_t y = 1; y + 1 < kSide; ++y) {
      const float offset = slope * static_cast<float>(y) + static_cast<float>(kSide);
      for (std::int64_t x = 1; x + 1 < kSide; ++x) {
        const float* p = white.data() + At(x, y);
        const float grain = p[0] + kGrain * (p[-1] + p[1] + p[-kSide] + p[kSide]);
        const float place = offset + static_cast<float>(x);
        const auto column = static_cast<std::size_t>(place);
        const float part = place - static_cast<float>(column);
        field[At(x, y)] =
            grained * grain + lined * ((1.0F - part) * line[column] + part * line[column + 1]);
      }
    }
    return field;
  }

  // (1 2 1) / 4 both ways, brought back to unit variance of white noise.
  static Plane Smoothed(const Plane& field) {
    Plane out(field.size(), 0.0F);
    for (std::int64_t y = 1; y + 1 < kSide; ++y) {
      for (std::int64_t x = 1; x + 1 < kSide; ++x) {
        const float* p = field.data() + At(x, y);
        const auto row = [](const float* q) { return q[-1] + 2.0F * q[0] + q[1]; };
        out[At(x, y)] = (row(p - kSide) + 2.0F * row(p) + row(p + kSide)) / 6.0F;
      }
    }
    return out;
  }

  // Above 0 where nothing was marked.
  static Plane Contact(std::uint64_t& state) {
    constexpr std::int64_t kNodes = kSide / kContactStep + 2;
    const Plane nodes = Noise(state, kNodes * kNodes);
    Plane bare(static_cast<std::size_t>(kSide * kSide));
    for (std::int64_t y = 0; y < kSide; ++y) {
      for (std::int64_t x = 0; x < kSide; ++x) {
        const std::int64_t i = x / kContactStep, j = y / kContactStep;
        const float u = static_cast<float>(x % kContactStep) / kContactStep;
        const float v = static_cast<float>(y % kContactStep) / kContactStep;
        const float* n = nodes.data() + j * kNodes + i;
        const float touch = (1.0F - v) * ((1.0F - u) * n[0] + u * n[1]) +
                            v * ((1.0F - u) * n[kNodes] + u * n[kNodes + 1]);
        bare[At(x, y)] = kBareBelow * 0.67F - touch;
      }
    }
    return bare;
  }

  // Every `step`-th sample, the nearest one.
  static Grid Quantised(const Plane& field, const Plane& bare, double step) {
    const double square_um = kSquareUm * step;
    const auto reach = static_cast<std::int64_t>(kRingOuterUm / square_um) + 1;
    Grid grid;
    for (std::int64_t y = -reach; y <= reach; ++y) {
      for (std::int64_t x = -reach; x <= reach; ++x) {
        const double um2 = static_cast<double>(x * x + y * y) * square_um * square_um;
        if (um2 < kRingInnerUm * kRingInnerUm || um2 > kRingOuterUm * kRingOuterUm) continue;
        const std::size_t at = At(std::lround(static_cast<double>(x) * step) + kHalf,
                                  std::lround(static_cast<double>(y) * step) + kHalf);
        grid.level.push_back(static_cast<std::int16_t>(std::lround(6.0F * field[at])));
        grid.marked.push_back(bare[at] > 0.0F ? 0 : 1);
      }
    }
    return grid;
  }

  static forensics::CoarseImpression Sum(const Grid& a, const Grid& b, forensics::CoarseGrid grid,
                                         double score_scale) {
    forensics::CoarseImpression made;
    made.level.assign(static_cast<std::size_t>(forensics::CoarseBytes(grid)),
                      forensics::kCoarseNothing);
    std::int32_t square_sum = 0;
    for (std::size_t i = 0; i < a.level.size(); ++i) {
      // 181 / 256 is the root of a half.
      const std::int32_t sum = (a.level[i] + b.level[i]) * 181 / 256;
      const std::int32_t kept = a.marked[i] * std::clamp(sum, -15, 15);
      made.level[i] = static_cast<std::uint8_t>(forensics::kCoarseNothing + kept);
      square_sum += kept * kept;
    }
    made.inverse_norm =
        square_sum > 0
            ? static_cast<float>(score_scale / std::sqrt(static_cast<double>(square_sum)))
            : 0.0F;
    return made;
  }

  const std::uint64_t seed_;
  const std::string version_;
  std::vector<TwoGrids> fields_;
};

}  // namespace proofmark::bench
