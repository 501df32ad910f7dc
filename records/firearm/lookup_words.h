// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "records/firearm/codes.h"

// What a firearm is looked up by at partners, beside its serial, and what a hit says of it. Both
// sides of a look-up must come to the same words. All pure.
//   Source  docs/formats/private-lookup.md
namespace proofmark::firearm {

// The most that a hit says of a state. Sent; never renumber.
enum class StateGroup : std::int32_t {
  kDeactivated = 1,  // Under whichever standard, or its deactivation is in doubt.
  kLostStolen = 2,   // Lost, stolen or trafficked.
  kDestroyed = 3,
  kOther = 4,
};
StateGroup GroupOf(State state);
std::string_view StateGroupCode(StateGroup group);  // "DEACTIVATED", "LOST_STOLEN", ...

inline constexpr std::int64_t kLookupWordCharsMax = 64;

// The make as a look-up has it, [A-Z0-9]{0,kLookupWordCharsMax}: the code of a make that is built
// in, else the letters and digits of its name. Empty for a design that many made and for what has
// no letter. A list that one agency loaded is not asked: the other would not come to its codes.
std::string LookupMake(std::string_view text);

// The model as a look-up has it, [A-Z0-9]{0,kLookupWordCharsMax}: its letters and digits.
std::string LookupModel(std::string_view text);

}  // namespace proofmark::firearm
