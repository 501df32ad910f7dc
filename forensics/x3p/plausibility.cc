// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/plausibility.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "forensics/surface/height_map.h"

namespace proofmark::forensics::x3p {
namespace {

bool Within(double value, double low, double high) { return value >= low && value <= high; }

bool IsPlausible(const Dimensions& dimensions, const UnitReading& reading) {
  return std::all_of(dimensions.pitches.begin(), dimensions.pitches.end(),
                     [&](double pitch) {
                       return Within(pitch * reading.lateral_um, kPitchUmMin, kPitchUmMax);
                     }) &&
         Within(dimensions.extent * reading.lateral_um, kExtentUmMin, kExtentUmMax) &&
         Within(dimensions.height_range * reading.height_um, kHeightRangeUmMin, kHeightRangeUmMax);
}

// The extreme values, how often they occur, and what comes next to them.
struct Edges {
  std::int64_t measured = 0;
  float low = std::numeric_limits<float>::infinity();
  float high = -std::numeric_limits<float>::infinity();
  std::int64_t at_low = 0;
  std::int64_t at_high = 0;
};

Edges FindEdges(std::span<const float> heights) {
  Edges edges;
  for (const float height : heights) {
    if (!IsMeasured(height)) continue;
    ++edges.measured;
    if (height <= edges.low) {
      edges.at_low = height < edges.low ? 1 : edges.at_low + 1;
      edges.low = height;
    }
    if (height >= edges.high) {
      edges.at_high = height > edges.high ? 1 : edges.at_high + 1;
      edges.high = height;
    }
  }
  return edges;
}

// Whether `value`, an edge, lies apart from the rest, and the rest is more than one value.
bool LiesApart(std::span<const float> heights, float value) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const float height : heights) {
    if (!IsMeasured(height) || height == value) continue;
    low = std::min(low, double{height});
    high = std::max(high, double{height});
  }
  const double gap = value < low ? low - value : value - high;
  return high > low && gap > high - low;
}

}  // namespace

UnitReading JudgeUnits(const Dimensions& dimensions) {
  constexpr UnitReading kMetres{UnitVerdict::kMetres, 1e6, 1e6};
  if (IsPlausible(dimensions, kMetres)) return kMetres;
  constexpr UnitReading kOthers[] = {{UnitVerdict::kMicrometres, 1.0, 1.0},
                                     {UnitVerdict::kMillimetres, 1e3, 1e3},
                                     {UnitVerdict::kHeightMicrometres, 1e6, 1.0},
                                     {UnitVerdict::kHeightMillimetres, 1e6, 1e3}};
  UnitReading found{UnitVerdict::kImplausible, 1e6, 1e6};
  int readings = 0;
  for (const UnitReading& other : kOthers) {
    if (!IsPlausible(dimensions, other)) continue;
    found = other;
    ++readings;
  }
  if (readings == 1) return found;
  return {UnitVerdict::kImplausible, 1e6, 1e6};
}

double HeightRange(std::span<const float> heights) {
  constexpr std::int64_t kSampleMax = 1 << 18;
  const std::int64_t measured = std::count_if(heights.begin(), heights.end(), IsMeasured);
  if (measured == 0) return 0.0;
  const std::int64_t every = (measured + kSampleMax - 1) / kSampleMax;
  std::vector<float> sample;
  sample.reserve(static_cast<std::size_t>(measured / every + 1));
  std::int64_t until_next = 0;
  for (const float height : heights) {
    if (!IsMeasured(height)) continue;
    if (until_next == 0) {
      sample.push_back(height);
      until_next = every;
    }
    --until_next;
  }
  const std::ptrdiff_t cut = std::ssize(sample) / 1000;
  std::nth_element(sample.begin(), sample.begin() + cut, sample.end());
  const double low = sample[static_cast<std::size_t>(cut)];
  const std::ptrdiff_t high_at = std::ssize(sample) - 1 - cut;
  std::nth_element(sample.begin(), sample.begin() + high_at, sample.end());
  return sample[static_cast<std::size_t>(high_at)] - low;
}

std::vector<Sentinel> RemoveSentinels(std::span<float> heights) {
  constexpr int kSentinelsMax = 4;
  constexpr std::int64_t kPointsMin = 16;
  std::vector<Sentinel> removed;
  while (removed.size() < kSentinelsMax) {
    const Edges edges = FindEdges(heights);
    const std::int64_t enough = std::max(kPointsMin, edges.measured / 20 + 1);
    Sentinel found;
    if (edges.at_low >= enough && LiesApart(heights, edges.low)) {
      found = {edges.low, edges.at_low};
    } else if (edges.at_high >= enough && LiesApart(heights, edges.high)) {
      found = {edges.high, edges.at_high};
    } else {
      break;
    }
    std::replace(heights.begin(), heights.end(), found.value, kNotMeasured);
    removed.push_back(found);
  }
  return removed;
}

}  // namespace proofmark::forensics::x3p
