// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "proto/wire/firearm.h"

namespace proofmark::registry {

// The circumstances of recovery that a firearm's record states by itself, for every exhibit that it
// fired: of records::ShareTriggerCodes().
//   DEACTIVATED_LINK  a deactivation or a mark of one is recorded, its state is one of those, or a
//                     partner said that it holds such a firearm with its serial number.
//   CONVERTED         its history has that state.
//   Threads  Pure.
std::set<std::string> CircumstancesOf(const wire::KeptFirearm& kept);

}  // namespace proofmark::registry
