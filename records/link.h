// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "records/codes.h"

// How a candidate that a machine ranked becomes a link between two investigations, or does not.
// Source: docs/references.md#nibin-hits, docs/formats/codes.md.
namespace proofmark::records {

// What people said of a pair. Stored and sent; never renumber.
enum class LinkState : std::int32_t {
  kDismissed = 1,        // A person looked on screen and saw no association.
  kLead = 2,             // Probable association on screen, not confirmed.
  kVerifyRequested = 3,  // Full scans, casts or the items were asked for.
  kHit = 4,              // Identified on the specimens by one examiner, verified by another.
  kEliminated = 5,       // Eliminated by an examiner.
  kInconclusive = 6,     // Compared by an examiner, who could not tell.
  kWithdrawn = 7,        // An earlier lead or hit was taken back.
};
inline constexpr std::array kLinkStates = {
    LinkState::kDismissed,  LinkState::kLead,         LinkState::kVerifyRequested, LinkState::kHit,
    LinkState::kEliminated, LinkState::kInconclusive, LinkState::kWithdrawn};
std::string_view LinkStateCode(LinkState state);  // "DISMISSED", "LEAD", ...
std::optional<LinkState> FindLinkState(std::string_view code);

// Whether `next` may follow `now`; nullopt is a candidate that nobody has looked at. What is not
// listed may not: most of all a hit out of nothing but a machine's rank.
bool MayFollow(std::optional<LinkState> now, LinkState next);

// What an examiner concludes from the items themselves (AFTE range). Never derived from a
// likelihood ratio, nor translated into one.
std::span<const Code> ConclusionCodes();  // "ID", "INC_A", "INC_B", "INC_C", "ELIM", "UNS".

// The state that a conclusion leads to: of "ID" kHit, which takes two examiners.
LinkState StateOfConclusion(std::string_view code);

}  // namespace proofmark::records
