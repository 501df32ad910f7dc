// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace proofmark::firearm {

inline constexpr std::int64_t kMarkEntityCharsMax = 12;

// The common mark of deactivation (Regulation (EU) 2015/2403, Annex II): the letters EU, then this.
// The full mark stands on the frame; every other component that was changed bears country only.
struct DeactivationMark {
  std::string country;    // [A-Z]{1,3} as stamped.
  std::string entity;     // [A-Z0-9-]{1,12}, the symbol's code; empty in the short form.
  std::int32_t year = 0;  // 2000..2999, of deactivation; 0 in the short form.
  friend bool operator==(const DeactivationMark&, const DeactivationMark&) = default;
};
bool IsFull(const DeactivationMark& mark);
// kInvalidArgument naming the field and its bound.
absl::Status CheckMark(const DeactivationMark& mark);

// "EU/CC" or "EU/CC/ENTITY/YY"; spaces may stand for '/', and the year may have four digits.
// Letters of either case are read as capitals.
absl::StatusOr<DeactivationMark> ParseMark(std::string_view text);
std::string MarkText(const DeactivationMark& mark);  // "EU/GB/LPH/2018".

// One name for each country: "EL" is "GR", "UK" is "GB", small letters are capitals.
std::string CountryCode(std::string_view text);

}  // namespace proofmark::firearm
