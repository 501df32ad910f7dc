// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "proto/wire/correction.h"
#include "records/receipt.h"
#include "server/exchange/desk.h"
#include "server/exchange/notice.h"
#include "server/exchange/outbox.h"
#include "server/federation/caller.h"
#include "server/federation/partner.h"
#include "server/journeys/details.h"
#include "server/journeys/links.h"
#include "server/journeys/search_archive.h"
#include "server/ledger/ledger.h"
#include "server/registry/exhibit_registry.h"
#include "server/registry/sealed_records.h"
#include "server/store/store.h"

namespace proofmark::journeys {

inline constexpr std::int32_t kCorrectionsPageSizeDefault = 50;

struct CorrectionActed {
  wire::CorrectionFile file;
  records::LedgerReceipt receipt;  // Of the act.
};

struct CorrectionPage {
  std::vector<wire::CorrectionFile> files;  // Newest first.
  std::string next_page_token;              // Empty after the last page.
};

struct CorrectionFilter {
  std::optional<wire::CorrectionSide> side;
  bool waiting_only = false;
};

// What was passed on and does not stand any more: an exhibit that is withdrawn or corrected, an
// answer that was wrong. Everybody who received something that rested on it is told by letter,
// until it is acknowledged: agencies to which a candidate was named, and those that were asked with
// the exhibit. They delete what they hold of it in the batch that acknowledges it, and take back
// the links that rest on it. Thread-safe.
class Corrections {
 public:
  struct Rooms {
    store::Store& store;
    ledger::Ledger& ledger;
    registry::ExhibitRegistry& registry;
    Links& links;
    Details& details;
    const federation::Partners& partners;
    exchange::Outbox& outbox;
    const base::Clock& clock;
  };
  // All must outlive it. Registers its letters with the outbox.
  explicit Corrections(const Rooms& rooms);
  ~Corrections();

  // Takes what partners correct.
  exchange::Desk& desk();

  // A correction about an own exhibit: adds it to `changes`, which make the act itself durable, and
  // returns its id. Settle() comes after.
  absl::StatusOr<std::string> AddNew(const federation::Caller& caller, wire::CorrectionCause cause,
                                     const records::ExhibitId& exhibit_id, std::string_view reasons,
                                     store::WriteRequest& changes);

  // Does what follows from a correction and was not done yet: letters to whoever received what
  // rested on it, links taken back. Whatever ends it in the middle, it may be done again.
  //   Cost  reads every handle that was given, every question of three years and every link.
  absl::Status Settle(std::string_view correction_id);
  // What an earlier process left open. At start.
  absl::Status SettleOpen();

  // Takes back an answer that this node gave in that exchange.
  //   kInvalidArgument  a field out of its bounds.
  //   kNotFound         nothing was answered in it.
  absl::StatusOr<CorrectionActed> CorrectAnswer(const federation::Caller& caller,
                                                const wire::AnswerCorrection& correction);

  // Logged as consultations.
  absl::StatusOr<wire::CorrectionFile> Get(const federation::Caller& caller,
                                           std::string_view correction_id);
  absl::StatusOr<CorrectionPage> List(const federation::Caller& caller, std::int32_t page_size,
                                      std::string_view page_token, const CorrectionFilter& filter);

 private:
  class TakingBack;
  class Sender;

  struct Kept {
    registry::SealedRecords::Held held;
    wire::CorrectionFile file;
  };
  // What each agency received, by its domain; exchanges by their ids.
  using Recipients = std::map<std::string, std::vector<wire::CorrectedExchange>, std::less<>>;

  absl::StatusOr<std::optional<Kept>> Load(std::string_view raw_id) const;
  absl::StatusOr<Recipients> FindRecipients(const wire::CorrectionFile& file) const;
  absl::Status AddAsked(const wire::CorrectionFile& file, Recipients& recipients) const;
  absl::StatusOr<std::string> AskerOf(std::string_view exchange_id) const;
  absl::Status SettleMade(std::string_view raw_id, const wire::CorrectionFile& file);
  absl::Status SettleReceived(const wire::CorrectionFile& file);
  // Sends the agency's letter of that number, in the place of one that was given up or as the next.
  absl::Status SendLetter(std::string_view raw_id, const std::string& agency, std::size_t number,
                          const std::vector<wire::CorrectedExchange>& exchanges);
  absl::Status SendAgain(const federation::Partner& partner, const crypto::ExchangeId& exchange_id);
  // Changes the file as it is then; done again when somebody was faster.
  absl::Status MarkSettled(std::string_view raw_id);

  // Constant after construction.
  const Rooms rooms_;
  // Do their own locking.
  registry::SealedRecords records_;
  SearchArchive searches_;
  exchange::NoticeDesk desk_;
  std::unique_ptr<Sender> sender_;

  base::Mutex settling_;  // One at a time.
};

}  // namespace proofmark::journeys
