// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/cell_kernels.h"

#include <algorithm>
#include <cstring>

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
namespace {

constexpr std::int32_t kOffset = kLevelMax + 1;

std::int32_t UnsignedByte(std::uint32_t word, int byte) {
  return static_cast<std::int32_t>((word >> (8 * byte)) & 0xFFU);
}
std::int32_t SignedByte(std::uint32_t word, int byte) {
  return static_cast<std::int8_t>((word >> (8 * byte)) & 0xFFU);
}

void SumPlain(std::span<const CellTap> taps, const TargetPlanes& target, std::int64_t place,
              std::int64_t blocks, StripSums& sums) {
  for (std::int64_t lane = 0; lane < blocks * kLanes; ++lane) {
    std::int32_t count = 0, cell = 0, cell_square = 0, other = 0, other_square = 0, product = 0;
    for (const CellTap& tap : taps) {
      const auto at = static_cast<std::size_t>(place + tap.offset + lane);
      for (int k = 0; k < 4; ++k) {
        const std::int32_t mask = SignedByte(target.mask[at], k);
        const std::int32_t level = SignedByte(target.level[at], k);
        count += UnsignedByte(tap.mask, k) * mask;
        cell += UnsignedByte(tap.level, k) * mask;
        cell_square += UnsignedByte(tap.square, k) * mask;
        other += UnsignedByte(tap.mask, k) * level;
        other_square += UnsignedByte(target.square[at], k) * UnsignedByte(tap.mask, k);
        product += UnsignedByte(tap.level, k) * level;
      }
    }
    const auto at = static_cast<std::size_t>(lane);
    sums.count[at] = count;
    sums.cell_level[at] = cell;
    sums.cell_square[at] = cell_square;
    sums.other_level[at] = other;
    sums.other_square[at] = other_square;
    sums.product[at] = product;
  }
}

// Written once, compiled for every width: each lane by itself, so all give the same bits. At most
// 256 samples of at most 31: every product below is under 2^31, and its float is rounded alike.
inline __attribute__((always_inline)) float ScoreLanes(const StripSums& sums,
                                                       std::int32_t count_min, std::int64_t lanes,
                                                       float* __restrict values) {
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    const auto i = static_cast<std::size_t>(lane);
    const std::int32_t n = sums.count[i];
    const std::int32_t a = sums.cell_level[i] - kOffset * n;
    const std::int32_t b = sums.other_level[i];
    const std::int32_t ab = sums.product[i] - kOffset * b;
    const auto covariance = static_cast<float>(n * ab - a * b);
    const auto variance_a = static_cast<float>(n * sums.cell_square[i] - a * a);
    const auto variance_b = static_cast<float>(n * sums.other_square[i] - b * b);
    const float product = variance_a * variance_b;
    const float magnitude = covariance < 0.0F ? -covariance : covariance;
    const float value = covariance * magnitude / (product > 1.0F ? product : 1.0F);
    const bool defined = (n >= count_min) & (product > 0.0F);
    values[i] = defined ? value : kNoCorrelation;
  }
  // Lane by lane first: a running maximum of all would be one long chain.
  std::array<float, kLanes> top;
  top.fill(kNoCorrelation);
  for (std::int64_t block = 0; block < lanes; block += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const float value = values[block + lane];
      float& most = top[static_cast<std::size_t>(lane)];
      most = value > most ? value : most;
    }
  }
  return *std::max_element(top.begin(), top.end());
}

float ScorePlain(const StripSums& sums, std::int32_t count_min, std::int64_t lanes, float* values) {
  return ScoreLanes(sums, count_min, lanes, values);
}

#if PM_X86_KERNELS

#define PM_AVX2 __attribute__((target("avx2")))
#define PM_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

// Four products of bytes added to each of eight sums. Pairs stay under 2^15: squares are at most
// 225, levels at most 31 times 15.
PM_AVX2 inline __m256i DotAvx2(__m256i sum, __m256i u, __m256i s) {
  const __m256i pairs = _mm256_maddubs_epi16(u, s);
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
PM_AVX2 inline __m256i Load256(const std::uint32_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
PM_AVX2 inline __m256i All256(std::uint32_t word) {
  return _mm256_set1_epi32(static_cast<int>(word));
}
PM_AVX2 inline void Store256(std::int32_t* to, __m256i value) {
  _mm256_store_si256(reinterpret_cast<__m256i*>(to), value);
}

PM_AVX2 void SumAvx2(std::span<const CellTap> taps, const TargetPlanes& target, std::int64_t place,
                     std::int64_t blocks, StripSums& sums) {
  for (std::int64_t lane = 0; lane < blocks * kLanes; lane += 8) {
    __m256i count = _mm256_setzero_si256();
    __m256i cell = count, cell_square = cell, other = cell, other_square = cell, product = cell;
    for (const CellTap& tap : taps) {
      const std::int64_t at = place + tap.offset + lane;
      const __m256i level = Load256(target.level.data() + at);
      const __m256i mask = Load256(target.mask.data() + at);
      const __m256i square = Load256(target.square.data() + at);
      const __m256i tap_level = All256(tap.level), tap_mask = All256(tap.mask);
      count = DotAvx2(count, tap_mask, mask);
      cell = DotAvx2(cell, tap_level, mask);
      cell_square = DotAvx2(cell_square, All256(tap.square), mask);
      other = DotAvx2(other, tap_mask, level);
      other_square = DotAvx2(other_square, square, tap_mask);
      product = DotAvx2(product, tap_level, level);
    }
    Store256(sums.count.data() + lane, count);
    Store256(sums.cell_level.data() + lane, cell);
    Store256(sums.cell_square.data() + lane, cell_square);
    Store256(sums.other_level.data() + lane, other);
    Store256(sums.other_square.data() + lane, other_square);
    Store256(sums.product.data() + lane, product);
  }
}

PM_AVX2 float ScoreAvx2(const StripSums& sums, std::int32_t count_min, std::int64_t lanes,
                        float* values) {
  return ScoreLanes(sums, count_min, lanes, values);
}

PM_VNNI inline __m512i Load512(const std::uint32_t* from) { return _mm512_loadu_si512(from); }
PM_VNNI inline __m512i All512(std::uint32_t word) {
  return _mm512_set1_epi32(static_cast<int>(word));
}

// The instruction itself: from the intrinsic GCC 12 copies every sum once more and loads operands
// anew that are in registers, which halves the speed.
PM_VNNI inline void AddDot512(__m512i& sum, __m512i u, __m512i s) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(u), "v"(s));
}

template <int kBlocks>
PM_VNNI inline void SumVnniBlocks(std::span<const CellTap> taps, const TargetPlanes& target,
                                  std::int64_t place, StripSums& sums) {
  __m512i count[kBlocks], cell[kBlocks], cell_square[kBlocks];
  __m512i other[kBlocks], other_square[kBlocks], product[kBlocks];
  for (int b = 0; b < kBlocks; ++b) {
    count[b] = cell[b] = cell_square[b] = _mm512_setzero_si512();
    other[b] = other_square[b] = product[b] = _mm512_setzero_si512();
  }
  const std::uint32_t* level_from = target.level.data() + place;
  const std::uint32_t* mask_from = target.mask.data() + place;
  const std::uint32_t* square_from = target.square.data() + place;
  for (const CellTap& tap : taps) {
    const __m512i tap_level = All512(tap.level);
    const __m512i tap_mask = All512(tap.mask);
    const __m512i tap_square = All512(tap.square);
    for (int b = 0; b < kBlocks; ++b) {
      const std::int64_t at = tap.offset + b * kLanes;
      const __m512i level = Load512(level_from + at);
      const __m512i mask = Load512(mask_from + at);
      const __m512i square = Load512(square_from + at);
      AddDot512(count[b], tap_mask, mask);
      AddDot512(cell[b], tap_level, mask);
      AddDot512(cell_square[b], tap_square, mask);
      AddDot512(other[b], tap_mask, level);
      AddDot512(product[b], tap_level, level);
      AddDot512(other_square[b], square, tap_mask);
    }
  }
  for (int b = 0; b < kBlocks; ++b) {
    _mm512_store_si512(sums.count.data() + b * kLanes, count[b]);
    _mm512_store_si512(sums.cell_level.data() + b * kLanes, cell[b]);
    _mm512_store_si512(sums.cell_square.data() + b * kLanes, cell_square[b]);
    _mm512_store_si512(sums.other_level.data() + b * kLanes, other[b]);
    _mm512_store_si512(sums.other_square.data() + b * kLanes, other_square[b]);
    _mm512_store_si512(sums.product.data() + b * kLanes, product[b]);
  }
}

PM_VNNI void SumVnni(std::span<const CellTap> taps, const TargetPlanes& target, std::int64_t place,
                     std::int64_t blocks, StripSums& sums) {
  if (blocks == 1) return SumVnniBlocks<1>(taps, target, place, sums);
  SumVnniBlocks<2>(taps, target, place, sums);
}

PM_VNNI float ScoreVnni(const StripSums& sums, std::int32_t count_min, std::int64_t lanes,
                        float* values) {
  return ScoreLanes(sums, count_min, lanes, values);
}

#endif

PM_PER_PROCESSOR
void ExpandPlain(const std::uint8_t* __restrict bytes, std::uint32_t* __restrict words,
                 std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    words[i] = static_cast<std::uint32_t>(bytes[i]) |
               static_cast<std::uint32_t>(bytes[i + 1]) << 8 |
               static_cast<std::uint32_t>(bytes[i + 2]) << 16 |
               static_cast<std::uint32_t>(bytes[i + 3]) << 24;
  }
}

#if PM_X86_KERNELS
// Sixteen words come from nineteen bytes: each quarter of the register takes the seven it needs.
__attribute__((target("avx512f,avx512bw,avx512vl"))) void ExpandAvx512(const std::uint8_t* bytes,
                                                                       std::uint32_t* words,
                                                                       std::int64_t count) {
  const __m512i quarters = _mm512_setr_epi32(0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4);
  const __m512i slide = _mm512_maskz_broadcast_i32x4(
      0xFFFF, _mm_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6));
  for (std::int64_t i = 0; i < count; i += kLanes) {
    const std::int64_t left = count - i;
    const auto readable = left >= 29 ? ~__mmask32{0} : (__mmask32{1} << (left + 3)) - 1;
    const auto wanted = static_cast<__mmask16>(left >= kLanes ? 0xFFFF : (1 << left) - 1);
    const __m512i from = _mm512_zextsi256_si512(_mm256_maskz_loadu_epi8(readable, bytes + i));
    _mm512_mask_storeu_epi32(
        words + i, wanted,
        _mm512_shuffle_epi8(_mm512_maskz_permutexvar_epi32(0xFFFF, quarters, from), slide));
  }
}
#endif

using Expander = void (*)(const std::uint8_t*, std::uint32_t*, std::int64_t);
Expander BestExpander() {
#if PM_X86_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return &ExpandAvx512;
  }
#endif
  return &ExpandPlain;
}

std::vector<CellKernel> FindKernels() {
  std::vector<CellKernel> kernels;
#if PM_X86_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
    kernels.push_back({"avx512-vnni", &SumVnni, &ScoreVnni});
  }
  if (__builtin_cpu_supports("avx2")) {
    kernels.push_back({"avx2", &SumAvx2, &ScoreAvx2});
  }
#endif
  kernels.push_back({"plain", &SumPlain, &ScorePlain});
  return kernels;
}

}  // namespace

void ExpandToWords(const std::uint8_t* bytes, std::uint32_t* words, std::int64_t count) {
  static const auto expand = BestExpander();
  expand(bytes, words, count);
}

std::span<const CellKernel> CellKernels() {
  static const std::vector<CellKernel>* const kernels = new std::vector<CellKernel>(FindKernels());
  return *kernels;
}

const CellKernel& BestCellKernel() { return CellKernels().front(); }

}  // namespace proofmark::forensics
