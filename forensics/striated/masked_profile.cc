// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/masked_profile.h"

#include <algorithm>
#include <cstdlib>

#include "forensics/striated/ballistic_signature.h"

namespace proofmark::forensics {

MaskedProfile MakeMaskedProfile(std::span<const std::int16_t> height_nm) {
  MaskedProfile profile;
  const std::size_t size = height_nm.size();
  profile.height_nm.resize(size + static_cast<std::size_t>(MaskedProfile::kPadding));
  profile.count_before.assign(size + 1, 0);
  profile.sum_before.assign(size + 1, 0);
  profile.square_before.assign(size + 1, 0);
  bool measured_before = false;
  for (std::size_t i = 0; i < size; ++i) {
    const bool measured = height_nm[i] != kSampleNotMeasured;
    const std::int64_t z = measured ? height_nm[i] : 0;
    profile.height_nm[i] = static_cast<std::int16_t>(z);
    profile.count_before[i + 1] = profile.count_before[i] + (measured ? 1 : 0);
    profile.sum_before[i + 1] = profile.sum_before[i] + z;
    profile.square_before[i + 1] = profile.square_before[i] + z * z;
    if (measured && !measured_before) {
      profile.runs.push_back({static_cast<std::int64_t>(i), static_cast<std::int64_t>(i)});
    }
    if (measured) profile.runs.back().end = static_cast<std::int64_t>(i) + 1;
    measured_before = measured;
  }
  return profile;
}

}  // namespace proofmark::forensics
