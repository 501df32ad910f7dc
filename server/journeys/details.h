// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "proto/wire/common.h"
#include "proto/wire/correction.h"
#include "proto/wire/details.h"
#include "records/partial_date.h"
#include "records/receipt.h"
#include "server/exchange/desk.h"
#include "server/exchange/notice.h"
#include "server/exchange/outbox.h"
#include "server/federation/caller.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"
#include "server/journeys/case_to_erase.h"
#include "server/journeys/cross_checks.h"
#include "server/journeys/details_book.h"
#include "server/journeys/links.h"
#include "server/journeys/received_material.h"
#include "server/journeys/released_scans.h"
#include "server/journeys/search_archive.h"
#include "server/ledger/case_commitments.h"
#include "server/ledger/ledger.h"
#include "server/registry/exhibit_registry.h"
#include "server/registry/firearm_registry.h"
#include "server/store/store.h"

namespace proofmark::journeys {

inline constexpr std::int32_t kDetailsPageSizeDefault = 50;
// How long an owner may take to decide. docs/references.md#eu-2024-982 Article 47(1) and
// docs/references.md#eu-2023-977 Article 5.
inline constexpr std::int64_t kCoreDataMs = 48LL * 3600 * 1000;
inline constexpr std::int64_t kUrgentMs = 8LL * 3600 * 1000;

struct DetailsActed {
  wire::DetailsFile file;
  records::LedgerReceipt receipt;  // Of the act.
};

struct DetailsExported {
  DetailsActed acted;
  // As ReleasedScans::Read(), of what was released.
  std::function<absl::Status(const std::function<absl::Status(std::string_view bytes)>& take)>
      read_scans;
};

// A partner's paper that becomes a statement of one's own record.
struct TakenCertificate {
  std::string agency;  // Who released it.
  firearm::DeactivationRecord deactivation;
};

struct DetailsPage {
  std::vector<wire::DetailsFile> files;  // Newest first, without what was released.
  std::string next_page_token;           // Empty after the last page.
};

struct DetailsFilter {
  std::optional<wire::DetailsSide> side;
  bool open_only = false;  // Those that wait for a decision.
};

// The second step of an exchange. An examiner who has seen a lead asks its holder for what stands
// behind it, or the owner of a firearm that was referred to for its certificate, with facts and
// offence; there an officer decides, in the time that the law gives, and
// what is released travels once, sealed to a key that was made for this request, scans in parts
// behind it (released_scans.h). Requests and decisions are letters: they arrive even when the other
// node is away. Both agencies keep the file and log every act. What was released is used here as
// its handling codes allow (federation::DecideUse), and every export of it is an entry.
// Thread-safe.
class Details {
 public:
  struct Rooms {
    store::Store& store;
    ledger::Ledger& ledger;
    ledger::CaseCommitments& commitments;
    registry::ExhibitRegistry& registry;
    const registry::FirearmRegistry& firearms;
    Links& links;
    const federation::NodeIdentity& identity;
    const federation::Partners& partners;
    exchange::Outbox& outbox;
    ReleasedScans& scans;
    CrossChecks& cross_checks;
    const base::Clock& clock;
  };
  // All must outlive it. Registers its letters with the outbox.
  explicit Details(const Rooms& rooms);
  ~Details();

  // Takes partners' requests, and their decisions about ours.
  exchange::Desk& request_desk();
  exchange::Desk& decision_desk();

  //   kInvalidArgument     a field out of its bounds, or a code of no list.
  //   kNotFound            no such partner; the search, or no such candidate in it.
  //   kFailedPrecondition  a candidate is no lead, or is asked for already.
  absl::StatusOr<DetailsActed> Request(const federation::Caller& caller,
                                       const wire::DetailsOrder& order);

  // Decides about a request that was received.
  //   kInvalidArgument     a code of no list, or more is released than was asked for.
  //   kNotFound            no such request.
  //   kFailedPrecondition  it was decided already, the clock stands or runs already, an exhibit was
  //                        withdrawn, or somebody else was faster.
  //   kOutOfRange          what is to be released is larger than may be released at once.
  absl::StatusOr<DetailsActed> Decide(const federation::Caller& caller,
                                      const wire::DetailsVerdict& verdict);

  // Acts about the conditions of a release that was received.
  //   kInvalidArgument     the id is none.
  //   kNotFound            no such request of ours.
  //   kFailedPrecondition  nothing was released, it says nothing of the kind, the act was done
  //                        before, or somebody else was faster.
  absl::StatusOr<DetailsActed> Acknowledge(const federation::Caller& caller,
                                           std::string_view request_id);
  absl::StatusOr<DetailsActed> Permit(const federation::Caller& caller,
                                      const wire::Permission& permission);

  // What was released to us, with those scans that have arrived, for that use. Entry `export`; a
  // use that is not allowed is an entry `deny` with the outcome EXPORT_REFUSED:<code>.
  //   kFailedPrecondition  nothing was released, or its conditions do not allow it.
  absl::StatusOr<DetailsExported> Export(const federation::Caller& caller,
                                         std::string_view request_id, wire::ResultUse use);

  // The certificate that was released on that request, to be put to an own record. Partners may
  // find that, so it must be allowed to pass it on; a refusal is an entry `deny` with the outcome
  // ATTACH_REFUSED:<code>.
  //   kFailedPrecondition  no certificate was released, or its conditions do not allow it.
  absl::StatusOr<TakenCertificate> TakeCertificate(const federation::Caller& caller,
                                                   std::string_view request_id);

  // Logged as consultations. Nothing that was released under H3 is shown, its terms aside, before
  // the caller has acknowledged them.
  absl::StatusOr<wire::DetailsFile> Get(const federation::Caller& caller,
                                        std::string_view request_id);
  absl::StatusOr<DetailsPage> List(const federation::Caller& caller, std::int32_t page_size,
                                   std::string_view page_token, const DetailsFilter& filter);

  // That agency corrected its part of an exchange. What it released of the candidates named is
  // erased here, the key with it; with its question, the facts it told go, and nothing waits here
  // for a decision any more. Adds to `request` what that takes and returns how many requests it
  // concerns.
  //   Cost  reads every request.
  absl::StatusOr<std::int32_t> AddTakingBack(std::string_view agency,
                                             const wire::CorrectedExchange& exchange,
                                             store::WriteRequest& request);

  // The dates of partners' exhibits that were released to us, by the exchange that named them and
  // their handles.
  //   Cost  reads every request.
  using ReleasedDates =
      std::map<std::pair<std::string, crypto::Sha256Digest>, records::PartialDate>;
  absl::StatusOr<ReleasedDates> CollectReleasedDates() const;

  // Of those waiting here for a decision, how many there are and how many are late.
  struct Queue {
    std::int64_t waiting = 0;
    std::int64_t late = 0;
  };
  absl::StatusOr<Queue> CountQueue() const;

  // One entry `alarm` for every request, ours or theirs, whose time has passed without a decision:
  // CLOCK_MISSED:<clock> where this agency owes it, PARTNER_CLOCK_MISSED:<clock> where the other.
  //   Cost  reads every file.
  absl::Status LogMissedClocks();

  // What the erasure of a case must carry: requests about its exhibits, and what was asked and
  // received for it. How many there are.
  //   kFailedPrecondition  a partner waits for a decision about one of its exhibits.
  //   Cost                 reads every file.
  absl::StatusOr<std::int64_t> AddErasure(const CaseToErase& gone,
                                          store::WriteRequest& request) const;
  // The same of a firearm: requests about it.
  absl::Status AddErasureOfFirearm(std::string_view firearm_id, store::WriteRequest& request) const;
  // The same for what was received and was to be deleted by now.
  absl::StatusOr<std::int64_t> AddExpired(store::WriteRequest& request) const;

 private:
  class RequestDesk;
  class Decided;
  class RequestLetters;

  using Kept = DetailsBook::Kept;

  // A request of ours on which something was released.
  absl::StatusOr<Kept> LoadReleased(std::string_view request_id) const;
  absl::StatusOr<DetailsActed> AddStep(const federation::Caller& caller, Kept kept,
                                       wire::HandlingStep step, std::string outcome);
  // What every request says; whoever asks has looked.
  absl::StatusOr<wire::DetailsRequest> MakeRequest(const federation::Caller& caller,
                                                   const wire::DetailsOrder& order,
                                                   const std::string& purpose) const;
  // Names the candidates in `request`, and who saw them.
  absl::Status NameCandidates(const wire::DetailsOrder& order, const wire::Search& search,
                              wire::DetailsRequest& request) const;
  absl::StatusOr<std::optional<registry::FirearmRegistry::Held>> FindReferred(
      std::string_view agency, std::string_view reference) const;
  absl::StatusOr<wire::ReleasedFirearm> CompileFirearm(const wire::DetailsFile& file) const;
  // What stands in ledger entries for what a request that was received is about.
  absl::StatusOr<std::string> ObjectOf(const wire::DetailsFile& file) const;
  absl::StatusOr<wire::ReleasedDetails> Compile(const wire::DetailsFile& file,
                                                const wire::ReleaseTerms& terms) const;
  absl::StatusOr<wire::ReleasedExhibit> CompileOne(const crypto::Sha256Digest& handle,
                                                   const records::ExhibitId& id,
                                                   std::string_view asker,
                                                   const wire::ReleaseTerms& terms) const;
  absl::Status Apply(const wire::DetailsVerdict& verdict, const federation::Caller& caller,
                     wire::DetailsFile& file, wire::DetailsDecision& decision,
                     records::EntryKind& kind) const;

  // Constant after construction.
  const Rooms rooms_;
  // Do their own locking.
  DetailsBook book_;
  SearchArchive searches_;
  ReceivedMaterial received_;
  std::unique_ptr<RequestDesk> request_desk_;
  exchange::NoticeDesk decision_desk_;
  std::unique_ptr<RequestLetters> request_letters_;
  exchange::NoticeSender decision_sender_;
};

}  // namespace proofmark::journeys
