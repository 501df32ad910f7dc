// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/shift_dots.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace proofmark::forensics {
namespace {

void ShiftDotsScalar(const std::uint8_t* rows, std::int64_t words, const std::int8_t* query,
                     std::int32_t* dots) {
  for (std::int64_t s = 0; s < kDotShifts; ++s) {
    std::int32_t sums[kDotLanes] = {};
    for (std::int64_t w = 0; w < words; ++w) {
      const std::uint8_t* row = rows + w * kDotRowBytes;
      const std::int8_t* q = query + w * kDotWord - s;
      for (std::int64_t lane = 0; lane < kDotLanes; ++lane) {
        for (std::int64_t k = 0; k < kDotWord; ++k) sums[lane] += row[lane * kDotWord + k] * q[k];
      }
    }
    std::copy(sums, sums + kDotLanes, dots + s * kDotLanes);
  }
}

#if defined(__x86_64__)

// Four samples of the query, which stand at any address.
std::int32_t QueryWord(const std::int8_t* query) {
  std::int32_t word;
  std::memcpy(&word, query, sizeof(word));
  return word;
}

// A word of all lanes is two registers. The products of two samples fit sixteen bits because the
// query is clipped.
__attribute__((target("avx2"))) void ShiftDotsAvx2(const std::uint8_t* rows, std::int64_t words,
                                                   const std::int8_t* query, std::int32_t* dots) {
  const __m256i ones = _mm256_set1_epi16(1);
  for (std::int64_t half = 0; half < 2; ++half) {
    const std::uint8_t* side = rows + half * (kDotRowBytes / 2);
    __m256i sums[kDotShifts];
    for (__m256i& sum : sums) sum = _mm256_setzero_si256();
    for (std::int64_t w = 0; w < words; ++w) {
      const __m256i row =
          _mm256_load_si256(reinterpret_cast<const __m256i*>(side + w * kDotRowBytes));
#pragma GCC unroll 13
      for (std::int64_t s = 0; s < kDotShifts; ++s) {
        const __m256i q = _mm256_set1_epi32(QueryWord(query + w * kDotWord - s));
        const __m256i pairs = _mm256_maddubs_epi16(row, q);
        sums[s] = _mm256_add_epi32(sums[s], _mm256_madd_epi16(pairs, ones));
      }
    }
    for (std::int64_t s = 0; s < kDotShifts; ++s) {
      _mm256_store_si256(reinterpret_cast<__m256i*>(dots + s * kDotLanes + half * (kDotLanes / 2)),
                         sums[s]);
    }
  }
}

#define PM_TARGET_VNNI __attribute__((target("avx512f,avx512vnni")))

// Four samples of the query in every lane, straight from memory: left to itself the compiler keeps
// words in general registers and spreads them on the port that multiplies.
PM_TARGET_VNNI inline __m512i SpreadQueryWord(const std::int8_t* query) {
  struct Word {
    std::int8_t samples[kDotWord];
  };
  __m512i spread;
  asm("vpbroadcastd %1, %0" : "=v"(spread) : "m"(*reinterpret_cast<const Word*>(query)));
  return spread;
}

PM_TARGET_VNNI void ShiftDotsVnni(const std::uint8_t* rows, std::int64_t words,
                                  const std::int8_t* query, std::int32_t* dots) {
  __m512i sums[kDotShifts];
#pragma GCC unroll 13
  for (__m512i& sum : sums) sum = _mm512_setzero_si512();
  for (std::int64_t w = 0; w < words; ++w) {
    const __m512i row = _mm512_load_si512(rows + w * kDotRowBytes);
#pragma GCC unroll 13
    for (std::int64_t s = 0; s < kDotShifts; ++s) {
      const __m512i q = SpreadQueryWord(query + w * kDotWord - s);
      sums[s] = _mm512_dpbusd_epi32(sums[s], row, q);
    }
  }
#pragma GCC unroll 13
  for (std::int64_t s = 0; s < kDotShifts; ++s) {
    _mm512_store_si512(dots + s * kDotLanes, sums[s]);
  }
}

PM_TARGET_VNNI void ShiftDotsOfTwoVnni(const std::uint8_t* rows0, const std::uint8_t* rows1,
                                       std::int64_t words, const std::int8_t* query,
                                       std::int32_t* dots0, std::int32_t* dots1) {
  __m512i sums0[kDotShifts];
  __m512i sums1[kDotShifts];
#pragma GCC unroll 13
  for (std::int64_t s = 0; s < kDotShifts; ++s) {
    sums0[s] = _mm512_setzero_si512();
    sums1[s] = _mm512_setzero_si512();
  }
  for (std::int64_t w = 0; w < words; ++w) {
    const __m512i row0 = _mm512_load_si512(rows0 + w * kDotRowBytes);
    const __m512i row1 = _mm512_load_si512(rows1 + w * kDotRowBytes);
#pragma GCC unroll 13
    for (std::int64_t s = 0; s < kDotShifts; ++s) {
      const __m512i q = SpreadQueryWord(query + w * kDotWord - s);
      sums0[s] = _mm512_dpbusd_epi32(sums0[s], row0, q);
      sums1[s] = _mm512_dpbusd_epi32(sums1[s], row1, q);
    }
  }
#pragma GCC unroll 13
  for (std::int64_t s = 0; s < kDotShifts; ++s) {
    _mm512_store_si512(dots0 + s * kDotLanes, sums0[s]);
    _mm512_store_si512(dots1 + s * kDotLanes, sums1[s]);
  }
}

template <int kGroups>
PM_TARGET_VNNI void KeepLargestVnni(const std::uint8_t* rows, std::int64_t group_bytes,
                                    std::int64_t words, const std::int8_t* query,
                                    const std::int32_t* correction, std::int64_t shifts,
                                    std::int32_t* best) {
  __m512i sums[kGroups][kDotShifts];
#pragma GCC unroll 2
  for (int g = 0; g < kGroups; ++g) {
#pragma GCC unroll 13
    for (__m512i& sum : sums[g]) sum = _mm512_setzero_si512();
  }
  for (std::int64_t w = 0; w < words; ++w) {
    __m512i row[kGroups];
#pragma GCC unroll 2
    for (int g = 0; g < kGroups; ++g) {
      row[g] = _mm512_load_si512(rows + g * group_bytes + w * kDotRowBytes);
    }
#pragma GCC unroll 13
    for (std::int64_t s = 0; s < kDotShifts; ++s) {
      const __m512i q = SpreadQueryWord(query + w * kDotWord - s);
#pragma GCC unroll 2
      for (int g = 0; g < kGroups; ++g) sums[g][s] = _mm512_dpbusd_epi32(sums[g][s], row[g], q);
    }
  }
#pragma GCC unroll 2
  for (int g = 0; g < kGroups; ++g) {
    __m512i largest = _mm512_load_si512(best + g * kDotLanes);
#pragma GCC unroll 13
    for (std::int64_t s = 0; s < kDotShifts; ++s) {
      if (s >= shifts) continue;
      const __m512i value = _mm512_sub_epi32(sums[g][s], _mm512_set1_epi32(correction[s]));
      largest = _mm512_mask_max_epi32(largest, 0xFFFF, largest, value);
    }
    _mm512_store_si512(best + g * kDotLanes, largest);
  }
}

#undef PM_TARGET_VNNI

#endif  // defined(__x86_64__)

}  // namespace

std::string_view DotKernelName(DotKernel kernel) {
  switch (kernel) {
    case DotKernel::kScalar:
      return "scalar";
    case DotKernel::kAvx2:
      return "AVX2";
    case DotKernel::kAvx512Vnni:
      return "AVX-512 VNNI";
  }
  PM_CHECK(false);
}

bool IsSupported(DotKernel kernel) {
#if defined(__x86_64__)
  switch (kernel) {
    case DotKernel::kScalar:
      return true;
    case DotKernel::kAvx2:
      return __builtin_cpu_supports("avx2") != 0;
    case DotKernel::kAvx512Vnni:
      return __builtin_cpu_supports("avx512vnni") != 0;
  }
#endif
  return kernel == DotKernel::kScalar;
}

DotKernel FastestDotKernel() {
  static const DotKernel kFastest = [] {
    for (const DotKernel kernel : {DotKernel::kAvx512Vnni, DotKernel::kAvx2}) {
      if (IsSupported(kernel)) return kernel;
    }
    return DotKernel::kScalar;
  }();
  return kFastest;
}

void ShiftDots(DotKernel kernel, const std::uint8_t* rows, std::int64_t words,
               const std::int8_t* query, std::int32_t* dots) {
#if defined(__x86_64__)
  if (kernel == DotKernel::kAvx512Vnni) return ShiftDotsVnni(rows, words, query, dots);
  if (kernel == DotKernel::kAvx2) return ShiftDotsAvx2(rows, words, query, dots);
#endif
  PM_CHECK(kernel == DotKernel::kScalar);
  ShiftDotsScalar(rows, words, query, dots);
}

void KeepLargestShiftDots(DotKernel kernel, const std::uint8_t* rows, std::int64_t group_bytes,
                          std::int64_t groups, std::int64_t words, const std::int8_t* query,
                          const std::int32_t* correction, std::int64_t shifts, std::int32_t* best) {
#if defined(__x86_64__)
  if (kernel == DotKernel::kAvx512Vnni) {
    std::int64_t g = 0;
    for (; g + 2 <= groups; g += 2) {
      KeepLargestVnni<2>(rows + g * group_bytes, group_bytes, words, query, correction, shifts,
                         best + g * kDotLanes);
    }
    if (g < groups) {
      KeepLargestVnni<1>(rows + g * group_bytes, group_bytes, words, query, correction, shifts,
                         best + g * kDotLanes);
    }
    return;
  }
#endif
  alignas(64) std::int32_t dots[kDotShifts * kDotLanes];
  for (std::int64_t g = 0; g < groups; ++g) {
    ShiftDots(kernel, rows + g * group_bytes, words, query, dots);
    std::int32_t* of_group = best + g * kDotLanes;
    for (std::int64_t s = 0; s < shifts; ++s) {
      for (std::int64_t lane = 0; lane < kDotLanes; ++lane) {
        of_group[lane] = std::max(of_group[lane], dots[s * kDotLanes + lane] - correction[s]);
      }
    }
  }
}

void ShiftDotsOfTwo(DotKernel kernel, const std::uint8_t* rows0, const std::uint8_t* rows1,
                    std::int64_t words, const std::int8_t* query, std::int32_t* dots0,
                    std::int32_t* dots1) {
#if defined(__x86_64__)
  if (kernel == DotKernel::kAvx512Vnni) {
    return ShiftDotsOfTwoVnni(rows0, rows1, words, query, dots0, dots1);
  }
#endif
  ShiftDots(kernel, rows0, words, query, dots0);
  ShiftDots(kernel, rows1, words, query, dots1);
}

}  // namespace proofmark::forensics
