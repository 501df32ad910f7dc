// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/random.h"
#include "proto/wire/search.h"
#include "server/exchange/federation_keeper.h"
#include "server/exchange/question_log.h"
#include "server/federation/caller.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"
#include "server/federation/peer_client.h"
#include "server/journeys/received_material.h"
#include "server/journeys/search_archive.h"
#include "server/ledger/case_commitments.h"
#include "server/ledger/ledger.h"
#include "server/ledger/witness_book.h"
#include "server/match/exhibit_collection.h"
#include "server/registry/exhibit_registry.h"
#include "server/store/store.h"

namespace proofmark::journeys {

inline constexpr std::int32_t kSearchPageSizeDefault = 50;
inline constexpr int kPartnersAtOnceDefault = 32;

// What a caller hears while a search runs.
using SearchEvent = std::variant<wire::SearchProgress, wire::PartnerResult>;

// A search that nobody asks for now: a standing question that is due.
struct StandingOrigin {
  std::string standing_id;
  // By agency: the search in which it last answered this question; empty: none.
  std::map<std::string, std::string> search_before;
};

struct SearchPage {
  std::vector<wire::Search> searches;  // Newest first, without candidates.
  std::string next_page_token;         // Empty after the last page.
};

// What a search works with. All must outlive it.
struct SearchRooms {
  store::Store& store;
  ledger::Ledger& ledger;
  ledger::CaseCommitments& commitments;
  registry::ExhibitRegistry& registry;
  match::ExhibitCollection& collection;
  const federation::NodeIdentity& identity;
  const federation::Partners& partners;
  const exchange::FederationKeeper& federation;
  const ledger::WitnessBook& witness;
  federation::PeerClient& peers;
  const base::Clock& clock;
  base::Random& random;
  int partners_at_once = kPartnersAtOnceDefault;  // Questions of one search under way, >= 1.
};

// How an examiner asks for candidates, here and across borders (docs/design/journeys.md):
//   1. entry `query-out` for the local search and for each partner asked, durable before anything
//      is searched or sent;
//   2. each partner gets a signed question (signature and class data, no case, no label), so many
//      at once, beside the local search; a partner whose ledger was proven forked gets none, nor
//      does one that must not learn of what another partner released;
//   3. each outcome, whether answer, refusal, silence or nonsense, becomes exactly one entry
//      `answer-in`, durable before the caller hears of it;
//   4. the whole is kept and returned.
// Thread-safe; a search waits on its caller's thread.
class Searches {
 public:
  explicit Searches(const SearchRooms& rooms);

  // Writes `answer-in` for every `query-out` that a crash left without one. Before the first Run.
  absl::Status CloseAbandoned();

  // Searches. `on_event` is called on this thread, one event after another; `cancelled` is polled
  // and may be empty: a cancelled search still closes what it opened, then returns kCancelled.
  // Everything is over shortly after request.deadline_ms; what came later is TOO_LATE.
  //
  //   Errors  kInvalidArgument     a code of no list, or nothing to search.
  //           kNotFound            the exhibit, or a partner named, is not known.
  //           kFailedPrecondition  the exhibit is withdrawn, or its signature is of another
  //                                extractor version.
  //           kCancelled           as above.
  absl::StatusOr<wire::Search> Run(const federation::Caller& caller,
                                   const wire::SearchRequest& request,
                                   const std::function<void(const SearchEvent&)>& on_event,
                                   const std::function<bool()>& cancelled);

  // The same for a standing question, without anybody who listens. Candidates beyond those that the
  // search before still has are marked as new, by level and kind: a partner names a record
  // differently in every answer.
  absl::StatusOr<wire::Search> RunStanding(const federation::Caller& caller,
                                           const wire::SearchRequest& request,
                                           const StandingOrigin& origin,
                                           const std::function<bool()>& cancelled);

  // An earlier search, as it was answered. Logged as a consultation.
  //   kInvalidArgument for what is no id, kNotFound for no search.
  absl::StatusOr<wire::Search> Get(const federation::Caller& caller, std::string_view search_id);

  // One page of earlier searches. Logged as a consultation.
  //   page_size   1..registry::kPageSizeMax; 0 means kSearchPageSizeDefault.
  //   kInvalidArgument  a size out of bounds, or a token that is none.
  absl::StatusOr<SearchPage> List(const federation::Caller& caller, std::int32_t page_size,
                                  std::string_view page_token);

 private:
  absl::Status MarkNew(const StandingOrigin& origin, wire::PartnerResult& partner) const;

  // Constant after construction.
  const SearchRooms rooms_;
  // Do their own locking.
  exchange::QuestionLog questions_;
  SearchArchive archive_;
  ReceivedMaterial received_;
};

}  // namespace proofmark::journeys
