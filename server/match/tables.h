// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/keys.h"

// The match room's tables, 0x50-0x5F. Stored; never renumber. docs/formats/match.md.
namespace proofmark::match {

inline constexpr store::Table kAnswerKeyTable{0x50};  // One row: key id (16), sealed secret.

}  // namespace proofmark::match
