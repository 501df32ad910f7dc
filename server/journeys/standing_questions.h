// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "proto/wire/standing.h"
#include "records/receipt.h"
#include "server/exchange/question_log.h"
#include "server/federation/caller.h"
#include "server/journeys/case_to_erase.h"
#include "server/journeys/search.h"
#include "server/registry/sealed_records.h"
#include "server/store/write_request.h"

namespace proofmark::journeys {

inline constexpr std::int32_t kStandingPageSizeDefault = 50;
inline constexpr std::int64_t kStandingActiveMax = 1'000;  // Of an agency, by examiners.
// How long a partner's collection version is taken for the present one, and how long a partner
// that did not answer is left alone.
inline constexpr std::int64_t kCollectionCheckMs = 6LL * 3600 * 1000;
// The same of a partner that did not answer while life is at risk.
inline constexpr std::int64_t kUrgentRetryMs = 10LL * 60 * 1000;
inline constexpr std::int64_t kAutomaticActiveMax = 1'000;  // Of an agency; urgent ones beyond it.
// Partners asked for their version at once.
inline constexpr std::size_t kCollectionsAtOnce = 8;

struct StandingActed {
  wire::StandingQuestion question;
  records::LedgerReceipt receipt;  // Of the act.
};

struct StandingPage {
  std::vector<wire::StandingQuestion> questions;  // Newest first.
  std::string next_page_token;                    // Empty after the last page.
};

struct StandingCounts {
  std::int64_t active = 0;
  std::int64_t automatic = 0;  // Of those: by share triggers.
  std::int64_t due = 0;        // Of those active: a partner is to be asked, as far as is known.
  std::int64_t failing = 0;    // Of those active: a partner did not answer the last time.
};

// What share triggers make of one exhibit and one partner.
struct AutomaticOrder {
  records::ExhibitId exhibit_id;
  std::string agency;  // Domain.
  // Why, ascending; empty: no rule applies (any more), and nothing else here is looked at.
  std::vector<std::string> triggers;
  bool urgent = false;
  std::string purpose;
  std::string offence;
  std::string case_reference;
  std::string submitted_by;  // Pseudonym, in whose name it is asked.
  std::int64_t expire_unix_ms = 0;
};

// Questions that an examiner wants asked again: this node asks, in the examiner's name, when its
// own method or a partner's collection changes; no partner keeps a signature for it.
//   1. now and then each partner concerned is asked for the version of its collection, a signed
//      question without any exhibit (collection_desk.h);
//   2. where the version, or the method of the own signature, is another than when the partner
//      last answered, the question is asked as an ordinary search, byte for byte as before, so
//      that it costs the partner's budget one unit; candidates beyond those of the search before
//      are marked as new;
//   3. after its expiry it is asked no more: an alarm in the ledger.
// Thread-safe.
class StandingQuestions {
 public:
  struct Rooms {
    const SearchRooms& search;
    Searches& searches;
  };
  // All must outlive it.
  explicit StandingQuestions(const Rooms& rooms);

  //   kInvalidArgument     a code of no list, or an expiry out of its bounds.
  //   kNotFound            the exhibit, or a partner named, is not known.
  //   kFailedPrecondition  the exhibit is withdrawn.
  //   kResourceExhausted   kStandingActiveMax are active.
  absl::StatusOr<StandingActed> Add(const federation::Caller& caller,
                                    const wire::StandingOrder& order);
  //   kInvalidArgument     no id, or no reasons.
  //   kNotFound            no such question.
  //   kFailedPrecondition  it is not active, or somebody else was faster.
  absl::StatusOr<StandingActed> Stop(const federation::Caller& caller, std::string_view standing_id,
                                     std::string_view reasons);

  // Brings the question that share triggers ask to what applies: registers it, once for an exhibit
  // and partner for all time; takes what changed of its triggers; ends it. One that was stopped or
  // has expired stays so.
  //   kResourceExhausted   kAutomaticActiveMax are active.
  //   kFailedPrecondition  somebody else was faster.
  absl::Status SettleAutomatic(const AutomaticOrder& order);

  // Logged as consultations.
  absl::StatusOr<wire::StandingQuestion> Get(const federation::Caller& caller,
                                             std::string_view standing_id);
  absl::StatusOr<StandingPage> List(const federation::Caller& caller, std::int32_t page_size,
                                    std::string_view page_token, bool active_only);

  //   Cost  reads every standing question.
  absl::StatusOr<StandingCounts> Count() const;

  // Ends what expired and asks what is due, one question after another, urgent ones first, each of
  // its partners as a search asks them. Blocks for as long as partners may take.
  //   Cost  reads every standing question.
  absl::Status AskDue();
  // AskDue returns soon, and asks nothing from now on.
  void StopAsking();

  // What the erasure of a case must carry. How many there are.
  //   Cost  reads every standing question.
  absl::StatusOr<std::int64_t> AddErasure(const CaseToErase& gone, std::string_view case_reference,
                                          store::WriteRequest& request) const;

 private:
  struct Kept {
    registry::SealedRecords::Held held;
    wire::StandingQuestion question;
  };
  // Whose collection of which items, and what was told of it.
  using Watched = std::pair<std::string, records::ItemKind>;
  struct Told {
    std::int64_t unix_ms = 0;
    std::string version;  // Empty: `fault` says why.
    std::string fault;
  };
  using Versions = std::map<Watched, Told>;

  absl::StatusOr<std::optional<Kept>> Load(std::string_view standing_id) const;
  absl::Status ForEach(const std::function<absl::Status(const Kept&)>& visit) const;
  absl::StatusOr<records::EntryDraft> DraftOf(records::EntryKind kind,
                                              const wire::StandingQuestion& question,
                                              std::string_view actor, std::string outcome) const;
  absl::StatusOr<ledger::Receipt> Write(const Kept& kept, records::EntryDraft draft);
  absl::Status Expire(Kept kept);
  absl::StatusOr<std::int64_t> CountActive(bool automatic) const;
  absl::StatusOr<ledger::Receipt> KeepNew(std::string_view raw_id,
                                          const wire::StandingQuestion& question,
                                          records::EntryDraft act);
  absl::StatusOr<Versions> CheckCollections(const std::vector<Kept>& active);
  Told CheckOne(const wire::StandingQuestion& question, const std::string& agency,
                records::ExhibitKind kind);
  absl::StatusOr<Told> AskVersion(const wire::StandingQuestion& question,
                                  const federation::Partner& partner, records::ExhibitKind kind);
  absl::Status AskOne(Kept kept, const Versions& versions);
  std::vector<wire::StandingPartner*> DuePartners(wire::StandingQuestion& question,
                                                  records::ItemKind item, std::string_view method,
                                                  const Versions& versions) const;
  bool IsStopping() const;

  // Constant after construction.
  const Rooms rooms_;
  // Do their own locking.
  registry::SealedRecords records_;
  exchange::QuestionLog log_;

  base::Mutex asking_;  // One round at a time; taken before mutex_.
  mutable base::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Versions told_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::journeys
