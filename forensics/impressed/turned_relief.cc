// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/turned_relief.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "forensics/numeric/portable_math.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define PM_X86_KERNELS 1
#include <immintrin.h>
#else
#define PM_X86_KERNELS 0
#endif

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

// A line of samples through a relief, in units of 2^-16 samples. Everything a comparison asks for
// lies within a few thousand samples of the middle, so that 32 bits hold it.
struct SampledRow {
  const std::uint32_t* words = nullptr;
  std::int32_t width = 0, height = 0;
  std::int32_t x = 0, y = 0;
  std::int32_t step_x = 0, step_y = 0;
  float stored_per_level = 1.0F;
};

namespace {

constexpr std::int64_t kBorder = 12;      // Three standard deviations of the most smoothing.
constexpr std::int32_t kWeightOne = 256;  // A measured sample.
// Levels of five bits to an rms of its surroundings; clipped at two and a half of it.
constexpr std::int32_t kLevelsPerRms = 6;
constexpr float kStoredPerLevel =
    static_cast<float>(kReliefLevelsPerRms) / static_cast<float>(kLevelsPerRms);

// (a + 2 b + c + 2) / 4 rounded down, without leaving sixteen bits: the mean of the outer two
// rounded down, and of that and the middle rounded up.
inline __attribute__((always_inline)) std::int16_t Middle(std::int16_t a, std::int16_t b,
                                                          std::int16_t c) {
  const auto outer = static_cast<std::int16_t>((a & c) + static_cast<std::int16_t>((a ^ c) >> 1));
  return static_cast<std::int16_t>((outer | b) - static_cast<std::int16_t>((outer ^ b) >> 1));
}

PM_PER_PROCESSOR
void SmoothAcross(const std::int16_t* __restrict from, std::int64_t count,
                  std::int16_t* __restrict to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = Middle(from[i - 1], from[i], from[i + 1]);
}

PM_PER_PROCESSOR
void SmoothDown(const std::int16_t* __restrict above, const std::int16_t* __restrict at,
                const std::int16_t* __restrict below, std::int64_t count,
                std::int16_t* __restrict to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = Middle(above[i], at[i], below[i]);
}

// (1 2 1) / 4 along both axes, of values and weights alike: a masked mean once divided. The
// outermost samples, far in the border, stay as they are.
void Smooth(std::vector<std::int16_t>& plane, std::int64_t width) {
  const std::int64_t height = static_cast<std::int64_t>(plane.size()) / width;
  std::vector<std::int16_t> rows(static_cast<std::size_t>(3 * width), 0);
  std::int16_t* above = rows.data();
  std::int16_t* at = above + width;
  std::int16_t* below = at + width;
  SmoothAcross(plane.data() + 1, width - 1, above + 1);
  SmoothAcross(plane.data() + width, width, at);
  for (std::int64_t y = 1; y + 1 < height; ++y) {
    std::int16_t* row = plane.data() + y * width;
    // Before this row changes: the next one's first sample has its last beside it.
    const bool last = y + 2 == height;
    SmoothAcross(row + width, last ? width - 1 : width, below);
    if (last) below[width - 1] = 0;
    SmoothDown(above, at, below, width, row);
    std::int16_t* const spent = above;
    above = at, at = below, below = spent;
  }
}

PM_PER_PROCESSOR
void CopyRow(const std::int8_t* __restrict stored, std::int64_t width,
             std::int16_t* __restrict value, std::int16_t* __restrict weight) {
  for (std::int64_t x = 0; x < width; ++x) {
    const bool measured = stored[x] != kReliefNotMeasured;
    value[x] = static_cast<std::int16_t>(measured ? stored[x] * kWeightOne : 0);
    weight[x] = measured ? kWeightOne : 0;
  }
}

PM_PER_PROCESSOR
void JoinWords(const std::int16_t* __restrict value, const std::int16_t* __restrict weight,
               std::int64_t count, std::uint32_t* __restrict words) {
  for (std::int64_t i = 0; i < count; ++i) {
    words[i] = static_cast<std::uint32_t>(static_cast<std::uint16_t>(value[i])) << 16U |
               static_cast<std::uint16_t>(weight[i]);
  }
}

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

#define PM_AVX2 __attribute__((target("avx2")))

// The words at four places, each with its neighbour. One by one: where processors are kept from
// leaking what they gather, their gather instruction takes four times as long.
PM_AVX2 inline __m128i TwoPairs(const std::uint32_t* from, const std::int32_t* places) {
  const __m128i first = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + places[0]));
  const __m128i second = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + places[1]));
  return _mm_unpacklo_epi64(first, second);
}
PM_AVX2 inline __m256i FourPairs(const std::uint32_t* from, const std::int32_t* places) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(TwoPairs(from, places)),
                                 TwoPairs(from, places + 2), 1);
}

PM_AVX2 inline __m256i All256(std::int32_t value) { return _mm256_set1_epi32(value); }

// Each lane's number in both of its halves.
PM_AVX2 inline __m256i Twice256(__m256i half) {
  return _mm256_or_si256(half, _mm256_slli_epi32(half, 16));
}

// Every other number of both, the even or the odd ones.
template <int kOdd>
PM_AVX2 inline __m256i EveryOther(__m256i low, __m256i high) {
  const __m256 halves = _mm256_shuffle_ps(_mm256_castsi256_ps(low), _mm256_castsi256_ps(high),
                                          kOdd == 0 ? 0x88 : 0xDD);
  return _mm256_permute4x64_epi64(_mm256_castps_si256(halves), 0xD8);
}

// Eight samples at a time: integers, and floats one by one, so the bits are the same.
PM_AVX2 void SampleRowAvx2(const SampledRow& row, std::int64_t columns, std::int8_t* levels) {
  const __m256i twice_low = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3);
  const __m256i twice_high = _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7);
  // Of two neighbouring words: both weights, then both values.
  const __m256i by_kind = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15));
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  __m256i sx = _mm256_add_epi32(All256(row.x), _mm256_mullo_epi32(lane, All256(row.step_x)));
  __m256i sy = _mm256_add_epi32(All256(row.y), _mm256_mullo_epi32(lane, All256(row.step_y)));
  const __m256i right = All256(((row.width - 1) << 16) - 1),
                bottom = All256(((row.height - 1) << 16) - 1);
  const __m256i low = All256(0xFFFF), one = All256(1 << kFractionBits);
  const __m256 most = _mm256_set1_ps(static_cast<float>(kLevelMax));
  const __m256 least = _mm256_set1_ps(-static_cast<float>(kLevelMax));
  for (std::int64_t i = 0; i < columns; i += 8) {
    // Unsigned comparison: negative places are beyond the edge too.
    const __m256i inside = _mm256_and_si256(_mm256_cmpeq_epi32(_mm256_min_epu32(sx, right), sx),
                                            _mm256_cmpeq_epi32(_mm256_min_epu32(sy, bottom), sy));
    __m128i out = _mm_set1_epi8(kLevelNotMeasured);
    if (_mm256_testz_si256(inside, inside) == 0) {
      const __m256i at =
          _mm256_add_epi32(_mm256_mullo_epi32(_mm256_srai_epi32(sy, 16), All256(row.width)),
                           _mm256_srai_epi32(sx, 16));
      const __m256i fx = _mm256_srli_epi32(_mm256_and_si256(sx, low), 16 - kFractionBits);
      const __m256i fy = _mm256_srli_epi32(_mm256_and_si256(sy, low), 16 - kFractionBits);
      const __m256i across = _mm256_or_si256(_mm256_sub_epi32(one, fx), _mm256_slli_epi32(fx, 16));
      const __m256i share[2] = {_mm256_mullo_epi16(across, Twice256(_mm256_sub_epi32(one, fy))),
                                _mm256_mullo_epi16(across, Twice256(fy))};
      alignas(32) std::array<std::int32_t, 8> places;
      _mm256_store_si256(reinterpret_cast<__m256i*>(places.data()), _mm256_and_si256(inside, at));
      __m256i sum_low = _mm256_setzero_si256(), sum_high = sum_low;
      for (int k = 0; k < 2; ++k) {
        const std::uint32_t* from = row.words + k * row.width;
        sum_low = _mm256_add_epi32(
            sum_low, _mm256_madd_epi16(_mm256_shuffle_epi8(FourPairs(from, places.data()), by_kind),
                                       _mm256_permutevar8x32_epi32(share[k], twice_low)));
        sum_high = _mm256_add_epi32(
            sum_high,
            _mm256_madd_epi16(_mm256_shuffle_epi8(FourPairs(from, places.data() + 4), by_kind),
                              _mm256_permutevar8x32_epi32(share[k], twice_high)));
      }
      const __m256i weight = EveryOther<0>(sum_low, sum_high);
      const __m256i value = EveryOther<1>(sum_low, sum_high);
      const __m256i measured =
          _mm256_and_si256(inside, _mm256_cmpgt_epi32(weight, All256(kHalfWeight - 1)));
      // Without weight, a quotient that is nothing: not taken below.
      const __m256 level = _mm256_div_ps(
          _mm256_cvtepi32_ps(value),
          _mm256_mul_ps(_mm256_cvtepi32_ps(weight), _mm256_set1_ps(row.stored_per_level)));
      const __m256 clipped = _mm256_min_ps(_mm256_max_ps(level, least), most);
      const __m256i rounded = _mm256_sub_epi32(
          _mm256_cvttps_epi32(_mm256_add_ps(clipped, _mm256_set1_ps(64.5F))), All256(64));
      const __m256i kept = _mm256_blendv_epi8(All256(kLevelNotMeasured), rounded, measured);
      const __m128i words =
          _mm_packs_epi32(_mm256_castsi256_si128(kept), _mm256_extracti128_si256(kept, 1));
      out = _mm_packs_epi16(words, words);
    }
    std::memcpy(levels + i, &out, static_cast<std::size_t>(std::min<std::int64_t>(8, columns - i)));
    sx = _mm256_add_epi32(sx, All256(8 * row.step_x));
    sy = _mm256_add_epi32(sy, All256(8 * row.step_y));
  }
}

#define PM_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))

PM_AVX512 inline __m512i All(std::int32_t value) { return _mm512_set1_epi32(value); }

// Each lane's number in both of its halves.
PM_AVX512 inline __m512i Twice(__m512i half) {
  return _mm512_or_si512(half, _mm512_slli_epi32(half, 16));
}

// The words at eight places, each with its neighbour.
PM_AVX512 inline __m512i Pairs(const std::uint32_t* from, const std::int32_t* places) {
  const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(TwoPairs(from, places)),
                                              TwoPairs(from, places + 2), 1);
  const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(TwoPairs(from, places + 4)),
                                               TwoPairs(from, places + 6), 1);
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

// The same, sixteen samples at a time.
PM_AVX512 void SampleRowAvx512(const SampledRow& row, std::int64_t columns, std::int8_t* levels) {
  const __m512i evens =
      _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odds = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  const __m512i twice_low = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
  const __m512i twice_high =
      _mm512_setr_epi32(8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15);
  // Of two neighbouring words: both weights, then both values.
  const __m512i by_kind = _mm512_maskz_broadcast_i32x4(
      0xFFFF, _mm_setr_epi8(0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15));
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
      const __m512i across = _mm512_or_si512(_mm512_sub_epi32(one, fx), _mm512_slli_epi32(fx, 16));
      const __m512i share[2] = {_mm512_mullo_epi16(across, Twice(_mm512_sub_epi32(one, fy))),
                                _mm512_mullo_epi16(across, Twice(fy))};
      alignas(64) std::array<std::int32_t, 16> places;
      _mm512_store_si512(places.data(), _mm512_maskz_mov_epi32(inside, at));
      __m512i sum_low = _mm512_setzero_si512(), sum_high = sum_low;
      for (int k = 0; k < 2; ++k) {
        const std::uint32_t* from = row.words + k * row.width;
        const __m512i low_pairs = Pairs(from, places.data());
        sum_low = _mm512_add_epi32(
            sum_low, _mm512_madd_epi16(_mm512_shuffle_epi8(low_pairs, by_kind),
                                       _mm512_permutexvar_epi32(twice_low, share[k])));
        if (inside <= 0xFF) continue;  // The last few samples of a patch.
        const __m512i high_pairs = Pairs(from, places.data() + 8);
        sum_high = _mm512_add_epi32(
            sum_high, _mm512_madd_epi16(_mm512_shuffle_epi8(high_pairs, by_kind),
                                        _mm512_permutexvar_epi32(twice_high, share[k])));
      }
      const __m512i weight = _mm512_permutex2var_epi32(sum_low, evens, sum_high);
      const __m512i value = _mm512_permutex2var_epi32(sum_low, odds, sum_high);
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

std::vector<SamplingKernel> FindKernels() {
  std::vector<SamplingKernel> kernels;
#if PM_X86_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    kernels.push_back({"avx512", &SampleRowAvx512});
  }
  if (__builtin_cpu_supports("avx2")) kernels.push_back({"avx2", &SampleRowAvx2});
#endif
  kernels.push_back({"plain", &SampleRowPlain});
  return kernels;
}

}  // namespace

std::span<const SamplingKernel> SamplingKernels() {
  static const std::vector<SamplingKernel>* const kernels =
      new std::vector<SamplingKernel>(FindKernels());
  return *kernels;
}

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
  std::vector<std::int8_t> stored(static_cast<std::size_t>(signature.width));
  for (std::int64_t y = 0; y < signature.height; ++y) {
    const auto from = signature.relief.begin() + static_cast<std::ptrdiff_t>(y * signature.width);
    if (mirrored) {
      std::reverse_copy(from, from + static_cast<std::ptrdiff_t>(signature.width), stored.begin());
    } else {
      std::copy_n(from, signature.width, stored.begin());
    }
    const std::int64_t at = (y + kBorder) * width_ + kBorder;
    CopyRow(stored.data(), signature.width, planes.value.data() + at, planes.weight.data() + at);
    const auto measured = [](std::int8_t level) { return level != kReliefNotMeasured; };
    const auto first = std::find_if(stored.begin(), stored.end(), measured);
    if (first == stored.end()) continue;
    const auto last = std::find_if(stored.rbegin(), stored.rend(), measured);
    const std::int64_t dy = y + kBorder - middle_y_;
    for (const std::int64_t x : {first - stored.begin(), stored.rend() - last - 1}) {
      const std::int64_t dx = x + kBorder - middle_x_;
      farthest = std::max(farthest, dx * dx + dy * dy);
    }
  }
  reach_ = static_cast<std::int64_t>(std::sqrt(static_cast<double>(farthest))) + 2;
  for (int pass = 0; pass < smoothing; ++pass) {
    Smooth(planes.value, width_);
    Smooth(planes.weight, width_);
  }
  if (smoothing > 1) RestoreRms(planes);
  words_.resize(samples);
  JoinWords(planes.value.data(), planes.weight.data(), width_ * height_, words_.data());
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
                            std::int64_t columns, std::int64_t rows, std::int8_t* levels,
                            const SamplingKernel& kernel) const {
  SampledRow row{.words = words_.data(),
                 .width = static_cast<std::int32_t>(width_),
                 .height = static_cast<std::int32_t>(height_),
                 .step_x = static_cast<std::int32_t>(turn.cos * step),
                 .step_y = static_cast<std::int32_t>(-turn.sin * step),
                 .stored_per_level = stored_per_level_};
  for (std::int64_t j = 0; j < rows; ++j) {
    // Where the target's samples lie in the relief: the target turned back.
    const std::int64_t ty = (y + j) * step;
    row.x = static_cast<std::int32_t>((middle_x_ << 16) + turn.cos * x * step + turn.sin * ty);
    row.y = static_cast<std::int32_t>((middle_y_ << 16) - turn.sin * x * step + turn.cos * ty);
    kernel.sample(row, columns, levels + j * columns);
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
