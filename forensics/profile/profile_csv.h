// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace proofmark::forensics {

inline constexpr std::int64_t kProfileCsvBytesMax = 8LL << 20;
inline constexpr std::int64_t kProfileCsvPointsMax = 200'000;
inline constexpr double kProfileCsvUmMax = 1e6;  // One metre: beyond it a file is corrupt.

// A crosscut profile as a laboratory exported it. Gaps in x are points that were not measured.
struct CsvProfile {
  std::vector<double> x_um;  // Strictly increasing.
  std::vector<double> height_um;
};

// Reads a profile from text: the line `x_um,z_um`, then one point a line, decimal numbers with a
// point, lines ended by LF or CRLF (docs/formats/profile-csv.md).
//
//   Errors   kInvalidArgument    another first line, a line that is not two finite numbers within
//                                kProfileCsvUmMax, x that does not increase, or fewer than two
//                                points; names the line.
//            kResourceExhausted  beyond the two maxima above.
//   Threads  Pure.
absl::StatusOr<CsvProfile> ParseProfileCsv(std::string_view file);

}  // namespace proofmark::forensics
