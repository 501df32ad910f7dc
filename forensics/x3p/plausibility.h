// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "forensics/x3p/x3p.h"

namespace proofmark::forensics::x3p {

// What a scan of a mark can measure, micrometres.
inline constexpr double kPitchUmMin = 0.1;
inline constexpr double kPitchUmMax = 50.0;
inline constexpr double kExtentUmMin = 200.0;
inline constexpr double kExtentUmMax = 40'000.0;
inline constexpr double kHeightRangeUmMin = 1.0;
inline constexpr double kHeightRangeUmMax = 5'000.0;

// How large a scan is by its own numbers, in the units of the file.
struct Dimensions {
  std::vector<double> pitches;  // Both lateral steps; none for a point cloud.
  double extent = 0.0;          // The larger side.
  double height_range = 0.0;
};

// A reading of the units: what to multiply file units by to get micrometres.
struct UnitReading {
  UnitVerdict verdict = UnitVerdict::kMetres;
  double lateral_um = 1e6;
  double height_um = 1e6;
};

// Metres if that is plausible, else the only other reading that is, else kImplausible with the
// factors of metres.
UnitReading JudgeUnits(const Dimensions& dimensions);

// P99.9 - P0.1 of the measured values, 0 without any. Of more than 2^18 values every k-th is taken.
double HeightRange(std::span<const float> heights);

// One far-off value that stands for "not measured": see RemoveSentinels.
struct Sentinel {
  float value = 0.0f;
  std::int64_t points = 0;
};

// Makes points not measured that hold the smallest or the largest value exactly, if they are more
// than 5 % of all (and at least 16) and lie farther from the next value than all others do from
// each other. Gives what was removed, at most four values.
std::vector<Sentinel> RemoveSentinels(std::span<float> heights);

}  // namespace proofmark::forensics::x3p
