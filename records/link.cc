// SPDX-License-Identifier: Apache-2.0
#include "records/link.h"

#include <algorithm>

#include "base/check.h"

namespace proofmark::records {
namespace {

constexpr Code kConclusions[] = {
    {"ID", "Identification: more agreement than different tools could show"},
    {"INC_A", "Inconclusive: some agreement of individual marks, too little to identify"},
    {"INC_B", "Inconclusive: the class agrees, individual marks tell nothing"},
    {"INC_C", "Inconclusive: some disagreement of individual marks, too little to eliminate"},
    {"ELIM", "Elimination: significant disagreement"},
    {"UNS", "Unsuitable for comparison"},
};

}  // namespace

std::string_view LinkStateCode(LinkState state) {
  switch (state) {
    case LinkState::kDismissed:
      return "DISMISSED";
    case LinkState::kLead:
      return "LEAD";
    case LinkState::kVerifyRequested:
      return "VERIFY_REQUESTED";
    case LinkState::kHit:
      return "HIT";
    case LinkState::kEliminated:
      return "ELIMINATED";
    case LinkState::kInconclusive:
      return "INCONCLUSIVE";
    case LinkState::kWithdrawn:
      return "WITHDRAWN";
  }
  PM_CHECK(false);
}

std::optional<LinkState> FindLinkState(std::string_view code) {
  const auto found = std::find_if(kLinkStates.begin(), kLinkStates.end(),
                                  [code](LinkState s) { return LinkStateCode(s) == code; });
  if (found == kLinkStates.end()) return std::nullopt;
  return *found;
}

bool MayFollow(std::optional<LinkState> now, LinkState next) {
  const auto among = [next](std::initializer_list<LinkState> list) {
    return std::find(list.begin(), list.end(), next) != list.end();
  };
  if (!now.has_value()) return among({LinkState::kLead, LinkState::kDismissed});
  switch (*now) {
    case LinkState::kDismissed:
      return among({LinkState::kLead});
    case LinkState::kLead:
      return among({LinkState::kVerifyRequested, LinkState::kHit, LinkState::kEliminated,
                    LinkState::kInconclusive, LinkState::kWithdrawn});
    case LinkState::kVerifyRequested:
      // Taken back like any lead: the item asked for may have been withdrawn.
      return among({LinkState::kHit, LinkState::kEliminated, LinkState::kInconclusive,
                    LinkState::kWithdrawn});
    case LinkState::kHit:
      return among({LinkState::kWithdrawn});
    case LinkState::kInconclusive:
      return among({LinkState::kHit, LinkState::kEliminated, LinkState::kWithdrawn});
    case LinkState::kEliminated:
    case LinkState::kWithdrawn:
      return false;
  }
  PM_CHECK(false);
}

std::span<const Code> ConclusionCodes() { return kConclusions; }

LinkState StateOfConclusion(std::string_view code) {
  if (code == "ID") return LinkState::kHit;
  return code == "ELIM" ? LinkState::kEliminated : LinkState::kInconclusive;
}

}  // namespace proofmark::records
