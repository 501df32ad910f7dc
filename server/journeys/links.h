// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "proto/wire/link.h"
#include "records/receipt.h"
#include "server/exchange/desk.h"
#include "server/exchange/notice.h"
#include "server/exchange/outbox.h"
#include "server/federation/caller.h"
#include "server/federation/partner.h"
#include "server/journeys/case_to_erase.h"
#include "server/journeys/cross_checks.h"
#include "server/journeys/search_archive.h"
#include "server/ledger/case_commitments.h"
#include "server/ledger/ledger.h"
#include "server/registry/exhibit_registry.h"
#include "server/registry/sealed_records.h"
#include "server/store/store.h"

namespace proofmark::journeys {

inline constexpr std::int32_t kLinkPageSizeDefault = 50;

struct LinkActed {
  wire::Link link;
  records::LedgerReceipt receipt;  // Of the act.
};

struct LinkPage {
  std::vector<wire::Link> links;  // Newest first.
  std::string next_page_token;    // Empty after the last page.
};

// What people make of candidates: a look on screen makes a lead or dismisses, conclusions from the
// items make a hit, which takes two examiners, or end it (records/link.h). Each act is one entry,
// `review` or `link`; the agency that holds a partner's candidate is told of every step by letter
// and keeps the same link under the same id. A hit counts once for two cases. Thread-safe.
class Links {
 public:
  struct Rooms {
    store::Store& store;
    ledger::Ledger& ledger;
    ledger::CaseCommitments& commitments;
    registry::ExhibitRegistry& registry;
    const federation::Partners& partners;
    exchange::Outbox& outbox;
    CrossChecks& cross_checks;
    const base::Clock& clock;
  };
  // All must outlive it. Registers its letters with the outbox.
  explicit Links(const Rooms& rooms);
  ~Links();

  // Takes what partners say of candidates that are ours.
  exchange::Desk& desk();

  //   kInvalidArgument     a field out of its bounds.
  //   kNotFound            the search, or no such candidate in it.
  //   kFailedPrecondition  the candidate's state does not allow it, or somebody else was faster.
  absl::StatusOr<LinkActed> Review(const federation::Caller& caller,
                                   const wire::CandidateReview& review);

  //   kNotFound            no such link.
  //   kFailedPrecondition  its state does not allow it, it is the partner's to judge, or the
  //                        caller's own identification is the one to be verified.
  absl::StatusOr<LinkActed> Conclude(const federation::Caller& caller,
                                     const wire::LinkConclusion& conclusion);
  absl::StatusOr<LinkActed> Withdraw(const federation::Caller& caller, std::string_view link_id,
                                     std::string_view reasons);

  // Logged as consultations.
  absl::StatusOr<wire::Link> Get(const federation::Caller& caller, std::string_view link_id);
  absl::StatusOr<LinkPage> List(const federation::Caller& caller, std::int32_t page_size,
                                std::string_view page_token,
                                std::optional<records::LinkState> state);

  // For other rooms: the link to a partner's candidate, nullopt when nobody has looked at it.
  absl::StatusOr<std::optional<wire::Link>> Find(std::string_view question_exchange_id,
                                                 std::string_view handle) const;

  // Visits every link that is a lead, waits for verification or is a hit; newest first.
  //   Cost  reads every link.
  absl::Status ForEachAssociation(
      const std::function<absl::Status(const wire::Link&)>& visit) const;
  // Whether the erasure of a case takes the link.
  static bool GoesWith(const CaseToErase& gone, const wire::Link& link);

  // What the erasure of a case must carry: its links, whoever judges them. How many there are.
  //   Cost  reads every link.
  absl::StatusOr<std::int64_t> AddErasure(const CaseToErase& gone,
                                          store::WriteRequest& request) const;

  // What they rested on does not stand any more: the links to candidates that `agency` named in one
  // exchange (none: all of them), or those of an own exhibit, are taken back where they can be,
  // each as one act; how many were. Those that are the partner's to judge are left to it.
  //   Cost  reads every link.
  absl::StatusOr<std::int32_t> WithdrawOfExchange(const federation::Caller& caller,
                                                  std::string_view agency,
                                                  std::string_view question_exchange_id,
                                                  std::span<const crypto::Sha256Digest> handles,
                                                  std::string_view reasons);
  absl::StatusOr<std::int32_t> WithdrawOfExhibit(const federation::Caller& caller,
                                                 const records::ExhibitId& exhibit_id,
                                                 std::string_view reasons);

  // Full scans or items were asked for: the step of a lead.
  absl::StatusOr<LinkActed> RequestVerification(const federation::Caller& caller,
                                                std::string_view link_id);

 private:
  class ToldStep;
  class Sender;

  struct Kept {
    registry::SealedRecords::Held held;
    wire::Link link;
  };
  absl::StatusOr<std::optional<Kept>> Load(std::string_view raw_id) const;
  absl::StatusOr<Kept> LoadOurs(std::string_view link_id) const;
  absl::Status CheckCandidate(const wire::CandidateReview& review, const wire::Search& search,
                              wire::Link& link) const;
  absl::StatusOr<std::int32_t> WithdrawWhere(const federation::Caller& caller,
                                             const std::function<bool(const wire::Link&)>& rests,
                                             std::string_view reasons);
  // Adds `step` and makes it durable: the record, the entry, the letter to a partner.
  absl::StatusOr<LinkActed> Act(const federation::Caller& caller, std::optional<Kept> before,
                                wire::Link link, wire::LinkStep step);
  // Says of `link`, which is about to be written, whether it counts, and adds to `request` what
  // that changes about other links between the same two cases.
  //   Cost  reads every link when it is a hit, or was one.
  absl::Status Count(wire::Link& link, store::WriteRequest& request);
  absl::StatusOr<std::optional<crypto::Sha256Digest>> CaseOf(const records::ExhibitId& id) const;
  absl::Status ForEach(const std::function<absl::Status(const Kept&)>& visit) const;

  // Constant after construction.
  const Rooms rooms_;
  // Do their own locking.
  registry::SealedRecords records_;
  SearchArchive searches_;
  exchange::NoticeDesk desk_;
  std::unique_ptr<Sender> sender_;
};

}  // namespace proofmark::journeys
