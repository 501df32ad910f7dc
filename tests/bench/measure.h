// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

namespace proofmark::bench {

inline double ThreadCpuS() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

inline double ProcessCpuS() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

inline double WallS() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Best of several runs: what the machine can do, other work aside.
template <typename Body>
double BestCpuS(int runs, const Body& body) {
  double best = 1e9;
  for (int r = 0; r < runs; ++r) {
    const double before = ThreadCpuS();
    body();
    best = std::min(best, ThreadCpuS() - before);
  }
  return best;
}

// A row of the table that tests/bench/table makes of all benchmarks: what was measured, its figure,
// the limit it has to keep, and how much of the limit it takes (at most 1 is kept). Without a limit
// the figure stands alone.
inline void PrintRow(const std::string& what, const std::string& figure,
                     const std::string& limit = {}, double of_limit = 0.0) {
  char ratio[32] = "";
  if (!limit.empty()) std::snprintf(ratio, sizeof ratio, "%.2f", of_limit);
  std::printf("row\t%s\t%s\t%s\t%s\n", what.c_str(), figure.c_str(), limit.c_str(), ratio);
}

// Upper end of the one-sided 95 % interval of a share, `hits` of `n` (Clopper-Pearson), by
// bisection.
inline double ShareUpper95(std::int64_t hits, std::int64_t n) {
  if (hits >= n) return 1.0;
  double low = 0.0, high = 1.0;
  for (int i = 0; i < 60; ++i) {
    const double p = 0.5 * (low + high);
    double term = std::pow(1.0 - p, static_cast<double>(n));
    double below = term;
    for (std::int64_t k = 0; k < hits; ++k) {
      term *= static_cast<double>(n - k) / static_cast<double>(k + 1) * p / (1.0 - p);
      below += term;
    }
    (below > 0.05 ? low : high) = p;
  }
  return high;
}

#if defined(__x86_64__) && defined(__GNUC__)
// Multiply-adds of bytes a second with everything in registers: what no comparison can exceed.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) inline double PeakGigaMacsVnni() {
  __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;
  __m512i s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0;
  const __m512i a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(5);
  constexpr int kRounds = 1'000'000;
  const double start = ThreadCpuS();
  for (int i = 0; i < kRounds; ++i) {
    s0 = _mm512_dpbusd_epi32(s0, a, b), s1 = _mm512_dpbusd_epi32(s1, a, b);
    s2 = _mm512_dpbusd_epi32(s2, a, b), s3 = _mm512_dpbusd_epi32(s3, a, b);
    s4 = _mm512_dpbusd_epi32(s4, a, b), s5 = _mm512_dpbusd_epi32(s5, a, b);
    s6 = _mm512_dpbusd_epi32(s6, a, b), s7 = _mm512_dpbusd_epi32(s7, a, b);
    s8 = _mm512_dpbusd_epi32(s8, a, b), s9 = _mm512_dpbusd_epi32(s9, a, b);
    s10 = _mm512_dpbusd_epi32(s10, a, b), s11 = _mm512_dpbusd_epi32(s11, a, b);
    asm volatile("" : "+v"(s0), "+v"(s1), "+v"(s2), "+v"(s3), "+v"(s4), "+v"(s5));
    asm volatile("" : "+v"(s6), "+v"(s7), "+v"(s8), "+v"(s9), "+v"(s10), "+v"(s11));
  }
  return kRounds * 12.0 * 64.0 / (ThreadCpuS() - start) * 1e-9;
}

// Where sums of sixteen bits suffice: a product of pairs of bytes, and an addition.
__attribute__((target("avx2"))) inline double PeakGigaMacsAvx2() {
  __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;
  __m256i s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0;
  __m256i a = _mm256_set1_epi8(3), b = _mm256_set1_epi8(5);
  constexpr int kRounds = 1'000'000;
  const double start = ThreadCpuS();
  const auto add = [&](__m256i & sum) __attribute__((target("avx2"), always_inline)) {
    sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(a, b));
    asm volatile("" : "+v"(sum), "+v"(a), "+v"(b));
  };
  for (int i = 0; i < kRounds; ++i) {
    add(s0), add(s1), add(s2), add(s3), add(s4), add(s5);
    add(s6), add(s7), add(s8), add(s9), add(s10), add(s11);
  }
  return kRounds * 12.0 * 32.0 / (ThreadCpuS() - start) * 1e-9;
}
#endif

// 0 where the processor has no instructions of either kind.
inline double PeakGigaMacs() {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("avx512vnni")) return PeakGigaMacsVnni();
  if (__builtin_cpu_supports("avx2")) return PeakGigaMacsAvx2();
#endif
  return 0.0;
}

}  // namespace proofmark::bench
