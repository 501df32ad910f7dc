// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "proto/wire/exhibit.h"
#include "proto/wire/stored.h"
#include "records/exhibit.h"
#include "records/receipt.h"
#include "server/federation/caller.h"
#include "server/ledger/case_commitments.h"
#include "server/ledger/ledger.h"
#include "server/registry/paging.h"
#include "server/registry/roster.h"
#include "server/store/store.h"

namespace proofmark::registry {

inline constexpr std::int32_t kExhibitPageSizeDefault = 100;
inline constexpr std::size_t kReasonBytesMax = 512;

// One scan of a new exhibit and what came of it.
struct NewMark {
  records::MarkPlace place;
  std::string format;
  std::string scan_sha256;  // 32 raw bytes.
  std::string_view scan;    // The file; must outlive the call.
  std::vector<std::string> remarks;
  bool usable = false;
};

// An exhibit that was read and extracted, ready to be kept. Everything checked.
struct NewExhibit {
  std::string submission_id;  // 16 raw bytes.
  records::ExhibitIdentity identity;
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  records::ClassCharacteristics characteristics;
  std::vector<NewMark> marks;  // By place.
  forensics::BallisticSignature signature;
};

// What became of an exhibit that was to be kept.
struct Kept {
  wire::ExhibitView view;     // Without the signature.
  bool already_held = false;  // The submission was known: `view` is that one, nothing was stored.
};

struct ExhibitPage {
  std::vector<wire::ExhibitView> exhibits;  // Newest first.
  std::string next_page_token;              // Empty after the last page.
};

struct ResolvedHandle {
  wire::ExhibitView view;
  std::string exchange_id;    // 16 raw bytes.
  std::string asking_agency;  // Domain.
};

struct Withdrawn {
  wire::ExhibitView view;
  records::LedgerReceipt receipt;  // Of the withdrawal.
};

// What people say of an exhibit, beside what its scans show.
struct ExhibitStatement {
  records::ClassCharacteristics characteristics;
  records::ExhibitIdentity identity;
};

struct Corrected {
  wire::ExhibitView view;          // With the signature.
  records::LedgerReceipt receipt;  // Of the correction.
  // Something changed that answers and releases to partners tell: characteristics, date or case.
  bool told_otherwise = false;
};

// The agency's exhibits at rest. What identifies an exhibit and its scans is sealed under the
// record's own key, whose id is the exhibit id. Every reading on behalf of a person is one ledger
// entry, durable before anything is returned (docs/adr/0011-consultations.md). Thread-safe.
class ExhibitRegistry {
 public:
  // All must outlive the result.
  ExhibitRegistry(store::Store& store, ledger::Ledger& ledger, ledger::CaseCommitments& commitments,
                  const base::Clock& clock);

  // Seals and keeps `exhibit`: blobs durable first, then one batch of record, indexes and ledger
  // entry `submit`. Two submissions of the same content, at whatever moment, make one exhibit.
  //   others  store::Store::Commit, store::BlobStore::Put.
  absl::StatusOr<Kept> Keep(const federation::Caller& caller, NewExhibit exhibit);

  // The exhibit that an earlier submission of this content made, logged as a consultation;
  // nullopt, unlogged, when there is none.
  absl::StatusOr<std::optional<wire::ExhibitView>> FindSubmission(const federation::Caller& caller,
                                                                  std::string_view submission_id);

  // kInvalidArgument for what is no id, kNotFound for an exhibit not held.
  absl::StatusOr<wire::ExhibitView> Get(const federation::Caller& caller, std::string_view id,
                                        bool include_signature);

  // One page, newest first, without signatures.
  //   page_size   1..kPageSizeMax; 0 means kExhibitPageSizeDefault.
  //   page_token  from the page before; empty for the first.
  //   kInvalidArgument  a size out of bounds, or a token that is none.
  absl::StatusOr<ExhibitPage> List(const federation::Caller& caller, std::int32_t page_size,
                                   std::string_view page_token, bool include_withdrawn);

  // The exhibit leaves searches and is kept; entry `withdraw`, the reason sealed, in one batch with
  // `changes`.
  //   kInvalidArgument     not an id; the reason is empty or above kReasonBytesMax.
  //   kNotFound            not held.
  //   kFailedPrecondition  withdrawn already.
  absl::StatusOr<Withdrawn> Withdraw(const federation::Caller& caller, std::string_view id,
                                     std::string_view reason, store::WriteRequest changes = {});

  // What was stated of the exhibit is as given from now on; entry `amend`, in one batch with
  // `telling` where something changes that partners may have been told. Its label, scans and
  // signature stay.
  //   kInvalidArgument     not an id; the reason as above; a characteristic out of its bounds, or
  //                        another label.
  //   kNotFound            not held.
  //   kFailedPrecondition  withdrawn, or erased.
  absl::StatusOr<Corrected> Correct(const federation::Caller& caller, std::string_view id,
                                    const ExhibitStatement& stated, std::string_view reason,
                                    store::WriteRequest telling = {});

  // Makes `request` refuse, when committed, if one of the exhibits was withdrawn or corrected
  // meanwhile.
  //   kUnavailable  one was already.
  absl::Status AddStillActive(const std::vector<records::ExhibitId>& ids,
                              store::WriteRequest& request) const;

  // The exhibit behind a handle that a partner quotes.
  //   kInvalidArgument  not 32 bytes.
  //   kNotFound         not given by this node.
  absl::StatusOr<ResolvedHandle> ResolveHandle(const federation::Caller& caller,
                                               std::string_view handle);

  // For other rooms, which log what they do with it. The signature is always there.
  //   kInvalidArgument, kNotFound  as Get.
  absl::StatusOr<wire::StoredExhibit> Load(std::string_view id) const;

  // What identifies it; nullopt after erasure.
  absl::StatusOr<std::optional<records::ExhibitIdentity>> IdentityOf(
      const wire::StoredExhibit& stored) const;

  // The file of one of its marks as it was submitted.
  //   kNotFound  erased.
  //   kDataLoss  damaged, or not the file that was submitted.
  absl::StatusOr<std::string> LoadScan(const wire::StoredExhibit& stored,
                                       const records::Mark& mark) const;

  // The laboratory's item number; empty after erasure.
  absl::StatusOr<std::string> LabelOf(const wire::StoredExhibit& stored) const;

  // The commitment that stands for the exhibit in ledger entries, 64 hexadecimal digits: to its
  // scans, its id, and the extractor and calibration of its submission. The same in every entry
  // about it; after an erasure nobody can show what it was made from.
  absl::StatusOr<std::string> CommitmentTo(const records::Exhibit& exhibit) const;

  // The commitment to the case it belongs to, 64 hexadecimal digits; empty when it belongs to none
  // or was erased.
  absl::StatusOr<std::string> CaseCommitmentTo(const wire::StoredExhibit& stored) const;

  // Visits every active exhibit; `visit` may move from it. An error of `visit` ends it.
  using Visitor = std::function<absl::Status(wire::StoredExhibit&)>;
  absl::Status ForEachActive(const Visitor& visit) const;

  // Visits what identifies each exhibit, active or withdrawn, that was not erased.
  using IdentityVisitor =
      std::function<absl::Status(const records::ExhibitId&, const records::ExhibitIdentity&)>;
  absl::Status ForEachIdentity(const IdentityVisitor& visit) const;

  // What an erasure of the exhibit's label, case reference, scans and reason of withdrawal must
  // carry. Its signature and its listing stay.
  absl::Status AddErasure(const records::ExhibitId& id, store::WriteRequest& request) const;

  // The active exhibits without their signatures. Makes the table first in a state that lacks it;
  // nobody may keep or withdraw meanwhile.
  absl::StatusOr<Roster> ReadRoster();

 private:
  struct ActiveRow;

  absl::StatusOr<ActiveRow> LoadActive(std::string_view id, std::string_view reason) const;
  absl::Status MakeRoster();
  absl::StatusOr<std::optional<records::ExhibitId>> IdOfSubmission(std::string_view id) const;
  absl::StatusOr<wire::ExhibitView> ViewOf(wire::StoredExhibit stored, bool with_signature) const;
  absl::Status LogReading(const federation::Caller& caller, std::string_view read,
                          const wire::StoredExhibit& stored);

  // Do their own locking.
  store::Store& store_;
  ledger::Ledger& ledger_;
  ledger::CaseCommitments& commitments_;
  const base::Clock& clock_;
};

}  // namespace proofmark::registry
