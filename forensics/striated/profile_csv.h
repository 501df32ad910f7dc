// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "base/bytes.h"

namespace proofmark::forensics {

inline constexpr std::int64_t kProfileCsvBytesMax = 64LL << 20;
inline constexpr std::int64_t kProfileCsvLineBytesMax = 256;
inline constexpr std::int64_t kProfileCsvSamplesMax = 1 << 20;

// One crosscut across a land: what ExtractLandFromProfile takes.
struct CrosscutProfile {
  std::vector<double> x_um;       // Strictly increasing; steps wider than the rest are gaps.
  std::vector<double> height_um;  // As many.
};

// Reads a crosscut profile from comma-separated text (docs/formats/profile-csv.md): the heading
// `x_um,z_um`, then a position and a height on each line. A line whose height is empty, `NA` or
// `NaN` is a point that was not measured and is left out.
//
//   Units     micrometres, both columns.
//   Errors    kInvalidArgument    not such a text; the message names the line, what is wrong with
//                                 it and the bound.
//             kResourceExhausted  larger than kProfileCsvBytesMax or longer than
//                                 kProfileCsvSamplesMax.
//   Threads   Pure.
absl::StatusOr<CrosscutProfile> ParseProfileCsv(base::ByteSpan file);

}  // namespace proofmark::forensics
