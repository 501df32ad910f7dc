// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/turned_relief.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "forensics/numeric/portable_math.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define PM_X86_KERNELS 1
#include <immintrin.h>
#else
#define PM_X86_KERNELS 0
#endif

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kBorder = 12;      // More than smoothing reaches.
constexpr std::int32_t kWeightOne = 256;  // A measured sample.
// Levels of five bits to an rms of its surroundings; clipped at two and a half of it.
constexpr std::int32_t kLevelsPerRms = 6;
constexpr float kStoredPerLevel =
    static_cast<float>(kReliefLevelsPerRms) / static_cast<float>(kLevelsPerRms);

// (1 2 1) / 4 along both axes, of values and weights alike: a masked mean once divided.
void Smooth(std::vector<std::int16_t>& plane, std::int64_t width) {
  std::vector<std::int16_t> across(plane.size(), 0);
  for (std::size_t i = 1; i + 1 < plane.size(); ++i) {
    const std::int16_t* p = plane.data() + i;
    across[i] = static_cast<std::int16_t>((p[-1] + 2 * p[0] + p[1] + 2) >> 2);
  }
  const auto row = static_cast<std::size_t>(width);
  for (std::size_t i = row; i + row < plane.size(); ++i) {
    const std::int16_t* p = across.data() + i;
    plane[i] = static_cast<std::int16_t>((p[-width] + 2 * p[0] + p[width] + 2) >> 2);
  }
}

// A line of samples through a relief, in units of 2^-16 samples. Everything a comparison asks for
// lies within a few thousand samples of the middle, so that 32 bits hold it.
struct SampledRow {
  const std::uint32_t* words = nullptr;
  std::int32_t width = 0, height = 0;
  std::int32_t x = 0, y = 0;
  std::int32_t step_x = 0, step_y = 0;
  float stored_per_level = 1.0F;
};

constexpr int kFractionBits = 7;
constexpr std::int32_t kHalfWeight = kWeightOne << (2 * kFractionBits - 1);

// Between four samples; half of the weight must be measured.
void SampleRowPlain(const SampledRow& row, std::int64_t columns, std::int8_t* levels) {
  const std::int32_t right = (row.width - 1) << 16, bottom = (row.height - 1) << 16;
  std::int32_t sx = row.x, sy = row.y;
  for (std::int64_t i = 0; i < columns; ++i, sx += row.step_x, sy += row.step_y) {
    levels[i] = kLevelNotMeasured;
    if (sx < 0 || sy < 0 || sx >= right || sy >= bottom) continue;
    const std::uint32_t* at = row.words + (sy >> 16) * row.width + (sx >> 16);
    const std::int32_t fx = (sx & 0xFFFF) >> (16 - kFractionBits);
    const std::int32_t fy = (sy & 0xFFFF) >> (16 - kFractionBits);
    constexpr std::int32_t kOne = 1 << kFractionBits;
    const std::array<std::int32_t, 4> share = {(kOne - fx) * (kOne - fy), fx * (kOne - fy),
                                               (kOne - fx) * fy, fx * fy};
    const std::array<std::uint32_t, 4> word = {at[0], at[1], at[row.width], at[row.width + 1]};
    std::int32_t weight = 0;
    std::int32_t value = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      weight += share[k] * static_cast<std::int32_t>(word[k] & 0xFFFFU);
      value += share[k] * (static_cast<std::int32_t>(word[k]) >> 16);
    }
    if (weight < kHalfWeight) continue;
    const float level =
        static_cast<float>(value) / (static_cast<float>(weight) * row.stored_per_level);
    const float most = static_cast<float>(kLevelMax);
    const float clipped = std::min(std::max(level, -most), most);
    levels[i] = static_cast<std::int8_t>(static_cast<std::int32_t>(clipped + 64.5F) - 64);
  }
}

#if PM_X86_KERNELS

__attribute__((target("avx512f"))) inline __m512i All(std::int32_t value) {
  return _mm512_set1_epi32(value);
}

// The same, sixteen samples at a time: integers, and floats one by one, so the bits are the same.
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) void SampleRowAvx512(
    const SampledRow& row, std::int64_t columns, std::int8_t* levels) {
  const __m512i evens =
      _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odds = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i sx = _mm512_add_epi32(All(row.x), _mm512_mullo_epi32(lane, All(row.step_x)));
  __m512i sy = _mm512_add_epi32(All(row.y), _mm512_mullo_epi32(lane, All(row.step_y)));
  const __m512i right = All((row.width - 1) << 16), bottom = All((row.height - 1) << 16);
  const __m512i low = All(0xFFFF), one = All(1 << kFractionBits);
  const __m512 most = _mm512_set1_ps(static_cast<float>(kLevelMax));
  const __m512 least = _mm512_set1_ps(-static_cast<float>(kLevelMax));
  for (std::int64_t i = 0; i < columns; i += 16) {
    const auto wanted =
        static_cast<__mmask16>(columns - i >= 16 ? 0xFFFF : (1 << (columns - i)) - 1);
    // Unsigned comparison: negative places are beyond the edge too.
    const __mmask16 inside =
        _mm512_mask_cmplt_epu32_mask(_mm512_mask_cmplt_epu32_mask(wanted, sx, right), sy, bottom);
    __m128i out = _mm_set1_epi8(kLevelNotMeasured);
    if (inside != 0) {
      const __m512i at = _mm512_add_epi32(
          _mm512_mullo_epi32(_mm512_srai_epi32(sy, 16), All(row.width)), _mm512_srai_epi32(sx, 16));
      const __m512i fx = _mm512_srli_epi32(_mm512_and_si512(sx, low), 16 - kFractionBits);
      const __m512i fy = _mm512_srli_epi32(_mm512_and_si512(sy, low), 16 - kFractionBits);
      const __m512i gx = _mm512_sub_epi32(one, fx), gy = _mm512_sub_epi32(one, fy);
      const __m512i share[4] = {_mm512_mullo_epi32(gx, gy), _mm512_mullo_epi32(fx, gy),
                                _mm512_mullo_epi32(gx, fy), _mm512_mullo_epi32(fx, fy)};
      // Neighbours in a row are gathered together, then parted.
      const __m256i at_low = _mm512_castsi512_si256(at);
      const __m256i at_high = _mm512_extracti32x8_epi32(at, 1);
      const auto inside_low = static_cast<__mmask8>(inside);
      const auto inside_high = static_cast<__mmask8>(inside >> 8);
      __m512i word[4];
      for (int k = 0; k < 2; ++k) {
        const std::uint32_t* from = row.words + k * row.width;
        const __m512i low_pairs =
            _mm512_mask_i32gather_epi64(_mm512_setzero_si512(), inside_low, at_low, from, 4);
        const __m512i high_pairs =
            _mm512_mask_i32gather_epi64(_mm512_setzero_si512(), inside_high, at_high, from, 4);
        word[2 * k] = _mm512_permutex2var_epi32(low_pairs, evens, high_pairs);
        word[2 * k + 1] = _mm512_permutex2var_epi32(low_pairs, odds, high_pairs);
      }
      __m512i weight = _mm512_setzero_si512(), value = weight;
      for (int k = 0; k < 4; ++k) {
        weight =
            _mm512_add_epi32(weight, _mm512_mullo_epi32(share[k], _mm512_and_si512(word[k], low)));
        value =
            _mm512_add_epi32(value, _mm512_mullo_epi32(share[k], _mm512_srai_epi32(word[k], 16)));
      }
      const __mmask16 measured = _mm512_mask_cmpge_epi32_mask(inside, weight, All(kHalfWeight));
      const __m512 level = _mm512_maskz_div_ps(
          measured, _mm512_cvtepi32_ps(value),
          _mm512_mul_ps(_mm512_cvtepi32_ps(weight), _mm512_set1_ps(row.stored_per_level)));
      const __m512 clipped = _mm512_min_ps(_mm512_max_ps(level, least), most);
      const __m512i rounded = _mm512_sub_epi32(
          _mm512_cvttps_epi32(_mm512_add_ps(clipped, _mm512_set1_ps(64.5F))), All(64));
      out = _mm_mask_mov_epi8(out, measured, _mm512_cvtepi32_epi8(rounded));
    }
    _mm_mask_storeu_epi8(levels + i, wanted, out);
    sx = _mm512_add_epi32(sx, All(16 * row.step_x));
    sy = _mm512_add_epi32(sy, All(16 * row.step_y));
  }
}

#endif

using RowSampler = void (*)(const SampledRow&, std::int64_t, std::int8_t*);
RowSampler BestRowSampler() {
#if PM_X86_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return &SampleRowAvx512;
  }
#endif
  return &SampleRowPlain;
}

}  // namespace

Turn MakeTurn(double degrees) {
  const SinCos turn = SinCosTurns(degrees / 360.0);
  return {static_cast<std::int64_t>(std::floor(turn.cos * 65536.0 + 0.5)),
          static_cast<std::int64_t>(std::floor(turn.sin * 65536.0 + 0.5))};
}

// Stored level times weight, and weight, of every sample.
struct TurnableRelief::Planes {
  std::vector<std::int16_t> value;
  std::vector<std::int16_t> weight;
};

TurnableRelief::TurnableRelief(const ImpressedSignature& signature, bool mirrored, int smoothing)
    : width_(signature.width + 2 * kBorder),
      height_(signature.height + 2 * kBorder),
      middle_x_((signature.width - 1) / 2 + kBorder),
      middle_y_((signature.height - 1) / 2 + kBorder),
      stored_per_level_(kStoredPerLevel) {
  const auto samples = static_cast<std::size_t>(width_ * height_);
  Planes planes{std::vector<std::int16_t>(samples, 0), std::vector<std::int16_t>(samples, 0)};
  std::int64_t farthest = 0;
  for (std::int64_t y = 0; y < signature.height; ++y) {
    for (std::int64_t x = 0; x < signature.width; ++x) {
      const std::int64_t from = mirrored ? signature.width - 1 - x : x;
      const std::int8_t stored =
          signature.relief[static_cast<std::size_t>(y * signature.width + from)];
      if (stored == kReliefNotMeasured) continue;
      const auto at = static_cast<std::size_t>((y + kBorder) * width_ + x + kBorder);
      planes.value[at] = static_cast<std::int16_t>(stored * kWeightOne);
      planes.weight[at] = kWeightOne;
      const std::int64_t dx = x + kBorder - middle_x_, dy = y + kBorder - middle_y_;
      farthest = std::max(farthest, dx * dx + dy * dy);
    }
  }
  reach_ = static_cast<std::int64_t>(std::sqrt(static_cast<double>(farthest))) + 2;
  for (int pass = 0; pass < smoothing; ++pass) {
    Smooth(planes.value, width_);
    Smooth(planes.weight, width_);
  }
  if (smoothing > 1) RestoreRms(planes);
  words_.reserve(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    words_.push_back(static_cast<std::uint32_t>(static_cast<std::uint16_t>(planes.value[i]))
                         << 16U |
                     static_cast<std::uint16_t>(planes.weight[i]));
  }
}

// Smoothing took amplitude; coarse levels would be few.
void TurnableRelief::RestoreRms(const Planes& planes) {
  double square = 0.0;
  double measured = 0.0;
  for (std::size_t i = 0; i < planes.value.size(); ++i) {
    if (2 * planes.weight[i] < kWeightOne) continue;
    const double stored =
        static_cast<double>(planes.value[i]) / static_cast<double>(planes.weight[i]);
    square += stored * stored;
    measured += 1.0;
  }
  const double rms = measured > 0.0 ? std::sqrt(square / measured) : 0.0;
  stored_per_level_ = static_cast<float>(std::max(rms / static_cast<double>(kLevelsPerRms), 0.05));
}

void TurnableRelief::Sample(const Turn& turn, std::int64_t step, std::int64_t x, std::int64_t y,
                            std::int64_t columns, std::int64_t rows, std::int8_t* levels) const {
  SampledRow row{.words = words_.data(),
                 .width = static_cast<std::int32_t>(width_),
                 .height = static_cast<std::int32_t>(height_),
                 .step_x = static_cast<std::int32_t>(turn.cos * step),
                 .step_y = static_cast<std::int32_t>(-turn.sin * step),
                 .stored_per_level = stored_per_level_};
  static const auto sample = BestRowSampler();
  for (std::int64_t j = 0; j < rows; ++j) {
    // Where the target's samples lie in the relief: the target turned back.
    const std::int64_t ty = (y + j) * step;
    row.x = static_cast<std::int32_t>((middle_x_ << 16) + turn.cos * x * step + turn.sin * ty);
    row.y = static_cast<std::int32_t>((middle_y_ << 16) - turn.sin * x * step + turn.cos * ty);
    sample(row, columns, levels + j * columns);
  }
}

LevelMap TurnableRelief::SampleAll(const Turn& turn, std::int64_t step) const {
  const std::int64_t half = reach_ / step + 1;
  LevelMap out{.side = 2 * half + 1, .level = {}};
  out.level.resize(static_cast<std::size_t>(out.side * out.side));
  Sample(turn, step, -half, -half, out.side, out.side, out.level.data());
  return out;
}

}  // namespace proofmark::forensics
