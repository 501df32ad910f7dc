// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "records/receipt.h"
#include "server/federation/caller.h"
#include "server/journeys/details.h"
#include "server/journeys/firearm_notices.h"
#include "server/journeys/firearms.h"
#include "server/journeys/links.h"
#include "server/journeys/search_archive.h"
#include "server/journeys/standing_questions.h"
#include "server/ledger/case_commitments.h"
#include "server/ledger/ledger.h"
#include "server/registry/exhibit_registry.h"
#include "server/store/store.h"

namespace proofmark::journeys {

// Queries and their justifications are kept three years. docs/references.md#eu-2024-982, Articles
// 18, 33, 40 and 45.
inline constexpr std::int64_t kQueryLogKeptMs = 3LL * 365 * 24 * 3600 * 1000;

// What an erasure took, or would take.
struct Erased {
  std::int64_t exhibits = 0;  // Whose label, case reference and scans went; the signature stays.
  std::int64_t links = 0;     // With reasons and steps.
  std::int64_t details = 0;   // Requests for details: facts, reasons, what was released.
  std::int64_t standing = 0;  // Standing questions.
  std::int64_t searches = 0;  // With their results.
  std::int64_t notices = 0;   // Of partners about firearms.
  std::int64_t firearms = 0;  // Whole; of a case, those that have forgotten its exhibits.
  std::int64_t cases = 0;     // Whose commitments say nothing any more.
  std::optional<records::LedgerReceipt> receipt;  // None in a dry run, and where nothing was taken.

  // Records that are gone; the `count` of the entry.
  std::int64_t records() const {
    return exhibits + links + details + standing + searches + notices + firearms;
  }
};

// Erases what identifies people and cases: the record keys go from the key file, and with them what
// they sealed, in tables, log files, blobs and older backups alike. Entries of the ledger stay, and
// the erasure is one more. Thread-safe.
class Erasures {
 public:
  struct Rooms {
    store::Store& store;
    ledger::Ledger& ledger;
    ledger::CaseCommitments& commitments;
    registry::ExhibitRegistry& registry;
    const Links& links;
    const Details& details;
    const StandingQuestions& standing;
    Firearms& firearms;
    const FirearmNotices& notices;
    const base::Clock& clock;
  };
  // All must outlive it.
  explicit Erasures(const Rooms& rooms) : rooms_(rooms), archive_(rooms.store) {}

  // Everything of one case: what identifies its exhibits, links and requests for details about
  // them or for it, what firearms say of them, and the key behind its commitments (the reference
  // itself is kept nowhere else). One entry `erase`, in the same batch; its `case` line is the
  // commitment for the last time.
  //   reason               a code of the ledger's alphabet, such as COURT_ORDER.
  //   kInvalidArgument     no case reference, or a reason that is no code.
  //   kNotFound            nothing here belongs to the case.
  //   kFailedPrecondition  a partner waits for a decision about one of its exhibits.
  //   Cost                 reads every exhibit's identity, link, request and firearm.
  absl::StatusOr<Erased> EraseCase(const federation::Caller& caller,
                                   std::string_view case_reference, std::string_view reason,
                                   bool dry_run);

  // One firearm with its earlier versions. One entry `erase`.
  //   kInvalidArgument  no id, or a reason that is no code.
  //   kNotFound         not held.
  absl::StatusOr<Erased> EraseFirearm(const federation::Caller& caller, std::string_view id,
                                      std::string_view reason, bool dry_run);

  // Firearms past their time, searches and notices of partners older than kQueryLogKeptMs, what
  // partners released and said is to be deleted by now, and the keys of cases of which the ledger
  // says nothing newer than that. One entry `erase` with the outcome RETENTION when there were any.
  //   Cost  reads the ledger and every firearm.
  absl::StatusOr<Erased> RunRetention(const federation::Caller& caller, bool dry_run);

 private:
  // Commitments of the cases that entries at or after a time name.
  absl::StatusOr<std::set<std::string>> CasesSince(std::int64_t unix_ms) const;
  absl::StatusOr<Erased> Commit(const federation::Caller& caller, std::string case_commitment,
                                std::string_view outcome, store::WriteRequest request,
                                Erased erased);

  // Constant after construction.
  const Rooms rooms_;
  // Does its own locking.
  SearchArchive archive_;
};

}  // namespace proofmark::journeys
