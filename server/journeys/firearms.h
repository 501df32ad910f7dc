// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/wire/firearm.h"
#include "records/firearm/serial.h"
#include "records/firearm/statistics.h"
#include "records/receipt.h"
#include "server/federation/caller.h"
#include "server/federation/node_identity.h"
#include "server/journeys/alerts.h"
#include "server/journeys/case_to_erase.h"
#include "server/journeys/details.h"
#include "server/journeys/firearm_questions.h"
#include "server/journeys/links.h"
#include "server/ledger/ledger.h"
#include "server/lookup/record_source.h"
#include "server/registry/code_tables.h"
#include "server/registry/exhibit_registry.h"
#include "server/registry/firearm_registry.h"
#include "server/store/store.h"

namespace proofmark::journeys {

inline constexpr std::int32_t kFirearmPageSizeDefault = 50;
inline constexpr std::size_t kFoundFirearmsMax = 100;
inline constexpr std::int64_t kRecheckEveryMs = 24LL * 3'600 * 1'000;

// A firearm as an act left it.
struct FirearmActed {
  wire::KeptFirearm firearm;
  records::LedgerReceipt receipt;
};

struct FirearmAsked {
  FirearmActed acted;
  std::vector<std::string> silent;  // Domains of those that did not answer everything.
};

struct FoundFirearm {
  wire::KeptFirearm firearm;
  firearm::SerialGrade grade = firearm::SerialGrade::kExact;
  firearm::SerialVerdict verdict = firearm::SerialVerdict::kSerialOnly;
};
struct FoundFirearms {
  std::vector<FoundFirearm> found;  // Best first.
  bool more = false;                // Than kFoundFirearmsMax.
};

enum class ImportOutcome { kCreated, kHeld, kRefused };
struct ImportedRow {
  std::int64_t row = 0;
  ImportOutcome outcome = ImportOutcome::kCreated;
  std::string firearm_id;  // Empty for a refused row, and in a dry run.
  std::string message;     // Why it was refused.
  std::vector<firearm::Finding> findings;
};
struct ImportedRows {
  std::vector<ImportedRow> rows;  // As asked.
  std::optional<records::LedgerReceipt> receipt;
};

struct FirearmExport {
  registry::FirearmRegistry::Page page;
  std::int64_t total = 0;
};

struct FirearmChecked {
  wire::KeptFirearm firearm;
  bool changed = false;  // The findings differ from those kept before.
};

// What the agency's people do with its firearms. The checks D01 to D20 run on every change: an
// error that was not there before refuses it, unless it was accepted by name; everything found is
// kept with the record. What can be derived (make, calibre, standard) is filled in. What examiners
// make of exhibits reaches the firearms that fired them, and what D15 to D17 find then is an alert.
// Thread-safe.
class Firearms {
 public:
  struct Rooms {
    ledger::Ledger& ledger;
    registry::FirearmRegistry& registry;
    registry::CodeTables& codes;
    const registry::ExhibitRegistry& exhibits;
    const Links& links;
    Details& details;
    Alerts& alerts;
    FirearmQuestions& questions;
    const federation::NodeIdentity& identity;
  };
  // All must outlive it.
  explicit Firearms(const Rooms& rooms) : rooms_(rooms) {}

  // Of every act:
  //   kInvalidArgument     a field out of its bounds.
  //   kNotFound            no such firearm, or exhibit.
  //   kFailedPrecondition  a check's error, named with its article and fields; a state that may not
  //                        follow; somebody else was faster.
  absl::StatusOr<FirearmActed> Add(const federation::Caller& caller, wire::NewFirearm asked);
  absl::StatusOr<FirearmActed> Amend(const federation::Caller& caller,
                                     wire::FirearmAmendment asked);
  absl::StatusOr<FirearmActed> Transition(const federation::Caller& caller,
                                          const wire::FirearmTransition& asked);
  absl::StatusOr<FirearmActed> Attach(const federation::Caller& caller,
                                      wire::FirearmDeactivation asked);
  absl::StatusOr<FirearmActed> Link(const federation::Caller& caller, wire::FirearmLink asked);

  // Takes in what it can of the rows, all in one batch; a row taken before is told.
  absl::StatusOr<ImportedRows> Import(const federation::Caller& caller, wire::FirearmRows asked);

  // Logged as consultations.
  //   id  or a reference that a partner was given: 64 hexadecimal digits.
  absl::StatusOr<wire::KeptFirearm> Get(const federation::Caller& caller, std::string_view id);
  absl::StatusOr<wire::KeptFirearm> GetVersion(const federation::Caller& caller,
                                               std::string_view id, std::int64_t change_count);
  absl::StatusOr<registry::FirearmRegistry::Page> List(const federation::Caller& caller,
                                                       std::int32_t page_size,
                                                       std::string_view page_token,
                                                       std::optional<firearm::State> state,
                                                       std::optional<firearm::CheckId> check);
  //   kFailedPrecondition  REQUEST_INCOMPLETE: a pattern that fixes too little.
  //   Cost  a pattern is compared with every record.
  absl::StatusOr<FoundFirearms> Find(const federation::Caller& caller,
                                     const wire::FirearmQuestion& asked);
  // Entry `export`.
  absl::StatusOr<FirearmExport> Export(const federation::Caller& caller, std::int32_t page_size,
                                       std::string_view page_token,
                                       std::optional<firearm::State> state);

  // What was said of an exhibit (a link was made or taken back, a date released) is put to the
  // firearms that it is attributed to, and they are checked.
  //   Cost  reads every link when there is such a firearm.
  absl::Status CrossCheck(const records::ExhibitId& exhibit_id);

  // A partner said that it holds a firearm with the first whole serial number of this one; that is
  // kept with the record, and the checks run.
  absl::StatusOr<FirearmActed> AddSighting(const federation::Caller& caller, std::string_view id,
                                           const std::string& agency, firearm::StateGroup group,
                                           const std::string& reference);

  // Asks partners for the certificates behind the marks that were seen on it, and for its first
  // whole serial number; what they say takes the place of what they said before.
  //   kInvalidArgument     a code of no list.
  //   kNotFound            a partner named is not known.
  //   kFailedPrecondition  it has no serial number that is read in full.
  absl::StatusOr<FirearmAsked> AskPartners(const federation::Caller& caller,
                                           const wire::FirearmInquiry& inquiry);

  // Runs the checks on the record as it is; what they find otherwise than before is kept.
  absl::StatusOr<FirearmChecked> Check(const federation::Caller& caller, std::string_view id);
  // The same of every record, when it was last done kRecheckEveryMs ago; how many changed.
  absl::StatusOr<std::int64_t> RecheckWhenDue();

  // Calls `visit` once for each deactivated firearm, by what the checks find now. What partners are
  // to be told does not rest on a candidate that its holder does not let be passed on.
  //   Cost  opens every record; for partners every link besides.
  enum class CountedFor { kOwnPeople, kPartners };
  absl::Status ForEachDeactivated(
      CountedFor counted_for,
      const std::function<void(const firearm::ConformityFacts&)>& visit) const;
  // Counts deactivated firearms by what the checks find now.
  //   Cost  opens every record.
  absl::StatusOr<firearm::ConformityTally> Report(const federation::Caller& caller,
                                                  std::vector<firearm::Dimension> dimensions);

  // What the erasure of a case must carry: firearms forget its exhibits. How many did.
  //   Cost  opens every record.
  absl::StatusOr<std::int64_t> AddUnlinking(const CaseToErase& gone, store::WriteRequest& request);
  // Records that have been kept for as long as the law has it. How many.
  absl::StatusOr<std::int64_t> AddExpired(store::WriteRequest& request) const;
  //   kInvalidArgument, kNotFound  as Get().
  absl::Status AddErasure(std::string_view id, store::WriteRequest& request) const;

 private:
  using Held = registry::FirearmRegistry::Held;
  // Certificates of one batch, which no index has yet: entity and number, and whose.
  using BatchCertificates = std::map<std::pair<std::string, std::string>, std::string>;

  // Firings by links, by the own exhibit that is linked.
  using Associations = std::multimap<records::ExhibitId, wire::LinkedFiring>;
  // Of `of` alone when it is not null; without those that go with a case.
  absl::StatusOr<Associations> CollectAssociations(const std::vector<wire::FirearmExhibit>* of,
                                                   const CaseToErase* without) const;
  // Links of which partners may be told.
  absl::StatusOr<std::set<std::string>> LinksToPassOn() const;
  absl::StatusOr<std::optional<records::PartialDate>> IncidentDate(
      const records::ExhibitId& id) const;
  absl::StatusOr<bool> TryCrossCheck(const std::string& id);
  // Whole numbers that people may ask partners about; the first.
  static absl::StatusOr<std::string> AskableSerial(const wire::KeptFirearm& kept);
  // The other records of this node that bear one of its whole serial numbers.
  absl::StatusOr<std::vector<wire::KeptFirearm>> Namesakes(const wire::KeptFirearm& kept) const;
  std::vector<firearm::RecoveredMark> SearchMarks(
      const wire::KeptFirearm& kept, const std::vector<wire::KeptFirearm>& namesakes) const;
  std::vector<firearm::Sighting> SightingsOf(const wire::KeptFirearm& kept,
                                             const std::vector<wire::KeptFirearm>& namesakes) const;
  absl::StatusOr<std::vector<firearm::Finding>> RunChecks(const wire::KeptFirearm& kept,
                                                          const BatchCertificates& batch) const;
  // Runs the checks and keeps what they find; refuses errors that are new and not accepted.
  absl::Status CheckInto(const std::vector<firearm::Finding>& before,
                         const wire::AcceptedChecks& accepted, const BatchCertificates& batch,
                         wire::KeptFirearm& kept) const;
  wire::FirearmChange ChangeBy(const federation::Caller& caller, wire::FirearmChangeKind kind,
                               std::string reason, wire::AcceptedChecks accepted) const;
  // A record that is to be made.
  absl::StatusOr<wire::KeptFirearm> Draft(firearm::Firearm firearm,
                                          std::optional<firearm::State> state,
                                          std::optional<firearm::DeactivationRecord> deactivation,
                                          firearm::StateEvent first,
                                          wire::FirearmChange change) const;
  absl::StatusOr<FirearmActed> WriteOne(const federation::Caller& caller, std::string_view outcome,
                                        std::optional<Held> before, wire::KeptFirearm after);
  void SettleAlerts() const;
  absl::StatusOr<ImportedRows> TryImport(const federation::Caller& caller,
                                         const wire::FirearmRows& asked);
  absl::Status AddFound(const Held& held, const wire::FirearmQuestion& asked,
                        const firearm::SerialKeys& keys,
                        const std::optional<firearm::SerialPattern>& pattern,
                        std::vector<FoundFirearm>& found) const;
  absl::StatusOr<std::int64_t> RecheckAll();

  // Constant after construction; they do their own locking.
  const Rooms rooms_;
};

// What of them partners may find by private look-up: each whole serial number of a record in a
// state that is shared by default, under the record's reference. `registry` must outlive the
// result.
lookup::RecordSource SharedFirearmsOf(const registry::FirearmRegistry& registry);

}  // namespace proofmark::journeys
