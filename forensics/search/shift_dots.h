// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace proofmark::forensics {

// The one loop in which the first stage of a search spends its time: sums of products of one query
// profile with sixteen candidates side by side, at thirteen shifts.
inline constexpr std::int64_t kDotLanes = 16;
inline constexpr std::int64_t kDotShifts = 13;  // Accumulators that leave registers for the rest.
inline constexpr std::int64_t kDotWord = 4;     // Consecutive samples of a lane that lie together.
// Bytes of one word of all lanes. Candidate samples are stored plus 128, unsigned, in the order
// [sample / 4][lane][sample % 4].
inline constexpr std::int64_t kDotRowBytes = kDotLanes * kDotWord;

enum class DotKernel { kScalar, kAvx2, kAvx512Vnni };
std::string_view DotKernelName(DotKernel kernel);

// Whether this processor (and this build) has it; the scalar one always is.
bool IsSupported(DotKernel kernel);

// The fastest supported one; looked up once.
DotKernel FastestDotKernel();

// dots[s * 16 + lane] = sum over k < 4 words of rows[k][lane] * query[k - s], s = 0..12.
//   Shape     rows [words * kDotRowBytes], 64-byte aligned; query readable from query[-12] to
//             query[4 words - 1], every |query| <= kCoarseQueryLevelsMax; words <= 256;
//             dots [13 * 16], 64-byte aligned.
//   Result    exact, so the same for every kernel.
//   Cost      words * 13 * 64 multiply-adds; AVX-512 does 64 in one instruction.
//   Threads   Pure. The kernel must be supported.
void ShiftDots(DotKernel kernel, const std::uint8_t* rows, std::int64_t words,
               const std::int8_t* query, std::int32_t* dots);

// The same for two groups of lanes at once, which halves the loads: dots0 for rows0, dots1 for
// rows1.
void ShiftDotsOfTwo(DotKernel kernel, const std::uint8_t* rows0, const std::uint8_t* rows1,
                    std::int64_t words, const std::int8_t* query, std::int32_t* dots0,
                    std::int32_t* dots1);

// Of the sums of `groups` groups of lanes, each group_bytes after the one before, only the largest
// is kept: best[g * 16 + lane] = max(itself, dots[s][lane] - correction[s]), s < shifts <= 13. No
// sum leaves the registers. `best` is 64-byte aligned.
void KeepLargestShiftDots(DotKernel kernel, const std::uint8_t* rows, std::int64_t group_bytes,
                          std::int64_t groups, std::int64_t words, const std::int8_t* query,
                          const std::int32_t* correction, std::int64_t shifts, std::int32_t* best);

}  // namespace proofmark::forensics
