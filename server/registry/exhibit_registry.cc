// SPDX-License-Identifier: Apache-2.0
#include "server/registry/exhibit_registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "forensics/cartridge/case_evidence.h"
#include "forensics/evidence/calibration.h"
#include "records/text.h"
#include "server/federation/consultation.h"
#include "server/federation/receipt.h"
#include "server/registry/due_rows.h"
#include "server/registry/handle_book.h"
#include "server/registry/roster.h"
#include "server/registry/tables.h"

namespace proofmark::registry {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kRosterBatch = 1'000;  // Rows a commit: 2 MB at the most.
constexpr std::string_view kIdentityField = "identity";
constexpr std::string_view kReasonField = "withdrawal reason";

// The row of kListingTable: what the ledger says of the submission at that index.
struct ListingRow {
  records::ExhibitId id;
  std::string leaf_hash;   // 32 raw bytes.
  std::string commitment;  // 32 raw bytes: CommitmentTo().
};

absl::StatusOr<ListingRow> ParseListingRow(std::string_view row) {
  if (row.size() != kIdBytes + 2 * kHashBytes) {
    return absl::DataLossError("a listing row has another length");
  }
  return ListingRow{.id = base::ToHex(row.substr(0, kIdBytes)),
                    .leaf_hash = std::string(row.substr(kIdBytes, kHashBytes)),
                    .commitment = std::string(row.substr(kIdBytes + kHashBytes))};
}

std::string ListingKey(std::uint64_t ledger_index) {
  return store::StoreKey(kListingTable).U64(ledger_index).Build();
}

// The 16 bytes that an id writes.
absl::StatusOr<std::string> RawId(std::string_view id) {
  if (!records::IsId(id)) {
    return absl::InvalidArgumentError("exhibit_id is not 32 lower-case hexadecimal digits");
  }
  return base::ParseHex(id);
}

std::string ExhibitKey(std::string_view raw_id) {
  return store::StoreKey(kExhibitTable).Bytes(raw_id).Build();
}

absl::StatusOr<wire::StoredExhibit> ParseHeld(const records::ExhibitId& id,
                                              std::string_view bytes) {
  absl::StatusOr<wire::StoredExhibit> stored = wire::ParseStoredExhibit(id, bytes);
  if (!stored.ok() || !stored->signature.has_value()) {
    return absl::DataLossError(
        absl::StrFormat("exhibit %s at rest: %s", id, stored.status().message()));
  }
  return stored;
}

records::EntryDraft ActOf(const federation::Caller& caller, records::EntryKind kind,
                          std::string_view outcome) {
  records::EntryDraft draft;
  draft.kind = kind;
  draft.actor = caller.pseudonym;
  draft.outcome = std::string(outcome);
  return draft;
}

// HMAC under a key derived from the record's own: erasing that key makes the value meaningless.
// docs/formats/registry.md#commitments
crypto::Sha256Digest Commit(const crypto::Sealer& key, std::string_view label,
                            std::string_view value) {
  const crypto::Sha256Digest derived =
      crypto::HmacSha256(key.key().ExposeForOpenSsl(), "proofmark/exhibit-commitment/v1");
  std::string message;
  base::AppendLp2(message, label);
  message.append(value);
  return crypto::HmacSha256(base::ByteSpan(derived), message);
}

// What the object of a submission's entry commits to.
std::string ObjectPreimage(const records::Exhibit& exhibit,
                           const forensics::BallisticSignature& signature) {
  std::string bytes;
  base::AppendLp2(bytes, exhibit.id);
  base::AppendU16Be(bytes, static_cast<std::uint16_t>(exhibit.marks.size()));
  for (const records::Mark& mark : exhibit.marks) {
    base::AppendU16Be(bytes, static_cast<std::uint16_t>(mark.place.region));
    base::AppendU16Be(bytes, static_cast<std::uint16_t>(mark.place.land_number));
    bytes.append(mark.scan_sha256);
  }
  base::AppendLp2(bytes, forensics::ExtractorVersions(signature));
  base::AppendLp2(bytes, records::ItemOf(exhibit.kind) == records::ItemKind::kBullet
                             ? forensics::BulletCalibration().version
                             : forensics::CaseCalibration().version);
  return bytes;
}

wire::StoredRosterRow RosterRowOf(const records::Exhibit& exhibit,
                                  const forensics::BallisticSignature& signature) {
  return {.kind = exhibit.kind,
          .characteristics = exhibit.characteristics,
          .extractor_versions = forensics::ExtractorVersions(signature)};
}

// The field under which the scan of a mark is sealed.
std::string ScanField(const records::MarkPlace& place) {
  return absl::StrFormat("scan %s/%d", records::MarkRegionCode(place.region), place.land_number);
}

// Seals the scans of `exhibit` and puts them on disk.
absl::StatusOr<std::vector<records::Mark>> KeepScans(store::Store& store,
                                                     const store::RecordKey& key,
                                                     std::vector<NewMark> marks) {
  std::vector<records::Mark> kept;
  kept.reserve(marks.size());
  const std::string id = key.id.Hex();
  for (NewMark& mark : marks) {
    const std::string field = ScanField(mark.place);
    PM_ASSIGN_OR_RETURN(const std::string sealed,
                        key.sealer.Seal({.record = id, .field = field}, mark.scan, store.random()));
    PM_ASSIGN_OR_RETURN(const crypto::Sha256Digest blob, store.blobs().Put(sealed));
    kept.push_back({.place = mark.place,
                    .scan_sha256 = std::move(mark.scan_sha256),
                    .blob_sha256 = std::string(crypto::AsText(blob)),
                    .format = std::move(mark.format),
                    .remarks = std::move(mark.remarks),
                    .usable = mark.usable});
  }
  return kept;
}

}  // namespace

ExhibitRegistry::ExhibitRegistry(store::Store& store, ledger::Ledger& ledger,
                                 ledger::CaseCommitments& commitments, const base::Clock& clock)
    : store_(store), ledger_(ledger), commitments_(commitments), clock_(clock) {}

absl::StatusOr<Kept> ExhibitRegistry::Keep(const federation::Caller& caller, NewExhibit exhibit) {
  PM_ASSIGN_OR_RETURN(std::optional<wire::ExhibitView> earlier,
                      FindSubmission(caller, exhibit.submission_id));
  if (earlier.has_value()) return Kept{.view = *std::move(earlier), .already_held = true};

  records::EntryDraft draft = ActOf(caller, records::EntryKind::kSubmit, "STORED");
  draft.count = exhibit.marks.size();
  if (!exhibit.identity.case_reference.empty()) {
    PM_ASSIGN_OR_RETURN(draft.case_commitment,
                        commitments_.CommitCase(exhibit.identity.case_reference));
  }
  store::RecordKey key = store_.NewRecordKey();
  const std::string raw_id(key.id.AsText());
  wire::StoredExhibit stored;
  stored.exhibit.id = key.id.Hex();
  stored.exhibit.submission_id = exhibit.submission_id;
  stored.exhibit.kind = exhibit.kind;
  stored.exhibit.characteristics = exhibit.characteristics;
  stored.exhibit.submitted_unix_ms = clock_.UnixMillis();
  stored.exhibit.submitted_by = caller.pseudonym;
  PM_ASSIGN_OR_RETURN(stored.exhibit.marks, KeepScans(store_, key, std::move(exhibit.marks)));
  PM_ASSIGN_OR_RETURN(const std::string identity, wire::Serialise(exhibit.identity));
  PM_ASSIGN_OR_RETURN(stored.sealed_identity,
                      key.sealer.Seal({.record = stored.exhibit.id, .field = kIdentityField},
                                      identity, store_.random()));
  const crypto::Sha256Digest object =
      Commit(key.sealer, "object", ObjectPreimage(stored.exhibit, exhibit.signature));
  draft.object = base::ToHex(base::ByteSpan(object));
  const wire::StoredRosterRow roster_row = RosterRowOf(stored.exhibit, exhibit.signature);
  stored.signature = std::move(exhibit.signature);

  const std::string submission_key =
      store::StoreKey(kSubmissionTable).Bytes(exhibit.submission_id).Build();
  store::WriteRequest request;
  request.new_keys.push_back(std::move(key));
  request.preconditions.push_back({.key = submission_key, .value = std::nullopt});
  request.mutations.Put(submission_key, raw_id);
  PM_RETURN_IF_ERROR(PutRosterRow(raw_id, roster_row, request.mutations));
  if (!exhibit.identity.circumstances.empty()) {
    AddDue(kShareTriggerDueTable, raw_id, store_.random(), request);
  }
  const absl::StatusOr<ledger::Receipt> receipt = ledger_.Append(
      std::move(draft), std::move(request),
      [&](const ledger::Receipt& written, store::Mutations& mutations) -> absl::Status {
        stored.exhibit.ledger_index = written.index;
        PM_ASSIGN_OR_RETURN(std::string bytes, wire::Serialise(stored));
        mutations.Put(ExhibitKey(raw_id), std::move(bytes));
        std::string row = raw_id;
        row.append(crypto::AsText(written.leaf_hash)).append(crypto::AsText(object));
        mutations.Put(ListingKey(written.index), std::move(row));
        return absl::OkStatus();
      });
  if (absl::IsAlreadyExists(receipt.status())) {
    // Another submission of the same content came first: that one counts.
    PM_ASSIGN_OR_RETURN(earlier, FindSubmission(caller, exhibit.submission_id));
    if (earlier.has_value()) return Kept{.view = *std::move(earlier), .already_held = true};
  }
  PM_RETURN_IF_ERROR(receipt.status());
  return Kept{.view = {.exhibit = std::move(stored.exhibit),
                       .identity = std::move(exhibit.identity),
                       .receipt = federation::ToRecord(*receipt),
                       .signature = std::nullopt},
              .already_held = false};
}

absl::StatusOr<std::optional<wire::ExhibitView>> ExhibitRegistry::FindSubmission(
    const federation::Caller& caller, std::string_view submission_id) {
  PM_ASSIGN_OR_RETURN(const std::optional<records::ExhibitId> id, IdOfSubmission(submission_id));
  if (!id.has_value()) return std::nullopt;
  PM_ASSIGN_OR_RETURN(wire::StoredExhibit stored, Load(*id));
  PM_RETURN_IF_ERROR(LogReading(caller, "SUBMISSION_FOUND", stored));
  return ViewOf(std::move(stored), false);
}

absl::StatusOr<wire::ExhibitView> ExhibitRegistry::Get(const federation::Caller& caller,
                                                       std::string_view id,
                                                       bool include_signature) {
  PM_ASSIGN_OR_RETURN(wire::StoredExhibit stored, Load(id));
  PM_RETURN_IF_ERROR(LogReading(caller, "EXHIBIT_READ", stored));
  return ViewOf(std::move(stored), include_signature);
}

absl::StatusOr<ExhibitPage> ExhibitRegistry::List(const federation::Caller& caller,
                                                  std::int32_t page_size,
                                                  std::string_view page_token,
                                                  bool include_withdrawn) {
  PM_ASSIGN_OR_RETURN(const std::size_t wanted, PageSize(page_size, kExhibitPageSizeDefault));
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(kListingTable).Build();
  scan.reverse = true;
  if (!page_token.empty()) {
    PM_ASSIGN_OR_RETURN(scan.start,
                        ParsePageToken(kListingTable, page_token, sizeof(std::uint64_t)));
  }
  const std::unique_ptr<store::Snapshot> snapshot = store_.TakeSnapshot();
  scan.snapshot = snapshot.get();
  ExhibitPage page;
  absl::Status fault;
  PM_RETURN_IF_ERROR(store_.Scan(scan, [&](std::string_view key, std::string_view value) {
    const absl::StatusOr<ListingRow> row = ParseListingRow(value);
    absl::StatusOr<wire::StoredExhibit> stored =
        row.ok() ? Load(row->id) : absl::StatusOr<wire::StoredExhibit>(row.status());
    if (!stored.ok()) {
      fault = stored.status();
      return false;
    }
    const bool active = stored->exhibit.state == records::ExhibitState::kActive;
    if (!active && !include_withdrawn) return true;
    if (page.exhibits.size() == wanted) {
      page.next_page_token = ToPageToken(key);
      return false;
    }
    absl::StatusOr<wire::ExhibitView> view = ViewOf(*std::move(stored), false);
    fault = view.status();
    if (view.ok()) page.exhibits.push_back(*std::move(view));
    return view.ok();
  }));
  PM_RETURN_IF_ERROR(fault);
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      ledger_, caller, {.read = "EXHIBITS_LISTED", .count = page.exhibits.size()}));
  return page;
}

// An active exhibit as it lies in the store, to be written over.
struct ExhibitRegistry::ActiveRow {
  std::string raw_id;
  std::string row;
  wire::StoredExhibit stored;
};

absl::StatusOr<ExhibitRegistry::ActiveRow> ExhibitRegistry::LoadActive(
    std::string_view id, std::string_view reason) const {
  PM_ASSIGN_OR_RETURN(std::string raw_id, RawId(id));
  if (reason.empty() || reason.size() > kReasonBytesMax || !records::IsPlainText(reason)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "reason: 1..%d bytes of UTF-8 without control characters", kReasonBytesMax));
  }
  PM_ASSIGN_OR_RETURN(std::optional<std::string> row, store_.Get(ExhibitKey(raw_id)));
  if (!row.has_value()) return absl::NotFoundError("no exhibit has this id");
  PM_ASSIGN_OR_RETURN(wire::StoredExhibit stored, ParseHeld(std::string(id), *row));
  if (stored.exhibit.state == records::ExhibitState::kWithdrawn) {
    return absl::FailedPreconditionError("the exhibit is withdrawn already");
  }
  return ActiveRow{
      .raw_id = std::move(raw_id), .row = *std::move(row), .stored = std::move(stored)};
}

absl::StatusOr<Withdrawn> ExhibitRegistry::Withdraw(const federation::Caller& caller,
                                                    std::string_view id, std::string_view reason,
                                                    store::WriteRequest changes) {
  PM_ASSIGN_OR_RETURN(ActiveRow active, LoadActive(id, reason));
  wire::StoredExhibit& stored = active.stored;
  stored.exhibit.state = records::ExhibitState::kWithdrawn;

  PM_ASSIGN_OR_RETURN(const store::KeyId key_id, store::KeyId::Parse(active.raw_id));
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, store_.FindKey(key_id));
  PM_ASSIGN_OR_RETURN(
      std::string sealed_reason,
      key.Seal({.record = stored.exhibit.id, .field = kReasonField}, reason, store_.random()));
  PM_ASSIGN_OR_RETURN(std::string bytes, wire::Serialise(stored));
  // Whoever changed the record meanwhile wins; this withdrawal is then refused whole.
  changes.preconditions.push_back({.key = ExhibitKey(active.raw_id), .value = active.row});
  changes.mutations.Put(ExhibitKey(active.raw_id), std::move(bytes));
  DeleteRosterRow(active.raw_id, changes.mutations);
  changes.mutations.Put(store::StoreKey(kWithdrawalTable).Bytes(active.raw_id).Build(),
                        std::move(sealed_reason));
  records::EntryDraft draft = ActOf(caller, records::EntryKind::kWithdraw, "WITHDRAWN");
  draft.count = 1;
  PM_ASSIGN_OR_RETURN(draft.object, CommitmentTo(stored.exhibit));
  const crypto::Sha256Digest detail = Commit(key, "reason", reason);
  draft.detail = base::ToHex(base::ByteSpan(detail));
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      ledger_.Append(std::move(draft), std::move(changes)));
  PM_ASSIGN_OR_RETURN(wire::ExhibitView view, ViewOf(std::move(stored), false));
  return Withdrawn{.view = std::move(view), .receipt = federation::ToRecord(receipt)};
}

absl::StatusOr<Corrected> ExhibitRegistry::Correct(const federation::Caller& caller,
                                                   std::string_view id,
                                                   const ExhibitStatement& stated,
                                                   std::string_view reason,
                                                   store::WriteRequest telling) {
  PM_RETURN_IF_ERROR(records::CheckClassCharacteristics(stated.characteristics));
  PM_RETURN_IF_ERROR(records::CheckExhibitIdentity(stated.identity));
  PM_ASSIGN_OR_RETURN(ActiveRow active, LoadActive(id, reason));
  wire::StoredExhibit& stored = active.stored;
  PM_ASSIGN_OR_RETURN(const std::optional<records::ExhibitIdentity> before, IdentityOf(stored));
  if (!before.has_value()) return absl::FailedPreconditionError("what identifies it was erased");
  if (stated.identity.label != before->label) {
    return absl::InvalidArgumentError("identity.label: an exhibit keeps its label");
  }
  const bool told_otherwise = stored.exhibit.characteristics != stated.characteristics ||
                              before->incident_date != stated.identity.incident_date ||
                              before->case_reference != stated.identity.case_reference;
  store::WriteRequest changes;
  if (told_otherwise) changes = std::move(telling);
  stored.exhibit.characteristics = stated.characteristics;
  if (stated.identity.circumstances != before->circumstances) {
    AddDue(kShareTriggerDueTable, active.raw_id, store_.random(), changes);
  }

  PM_ASSIGN_OR_RETURN(const store::KeyId key_id, store::KeyId::Parse(active.raw_id));
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, store_.FindKey(key_id));
  PM_ASSIGN_OR_RETURN(const std::string identity, wire::Serialise(stated.identity));
  PM_ASSIGN_OR_RETURN(
      stored.sealed_identity,
      key.Seal({.record = stored.exhibit.id, .field = kIdentityField}, identity, store_.random()));
  PM_ASSIGN_OR_RETURN(std::string bytes, wire::Serialise(stored));
  changes.preconditions.push_back({.key = ExhibitKey(active.raw_id), .value = active.row});
  changes.mutations.Put(ExhibitKey(active.raw_id), std::move(bytes));
  PM_RETURN_IF_ERROR(PutRosterRow(active.raw_id, RosterRowOf(stored.exhibit, *stored.signature),
                                  changes.mutations));
  records::EntryDraft draft = ActOf(caller, records::EntryKind::kAmend, "CORRECTED");
  draft.count = 1;
  if (!stated.identity.case_reference.empty()) {
    PM_ASSIGN_OR_RETURN(draft.case_commitment,
                        commitments_.CommitCase(stated.identity.case_reference));
  }
  PM_ASSIGN_OR_RETURN(draft.object, CommitmentTo(stored.exhibit));
  const crypto::Sha256Digest detail = Commit(key, "reason", reason);
  draft.detail = base::ToHex(base::ByteSpan(detail));
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      ledger_.Append(std::move(draft), std::move(changes)));
  PM_ASSIGN_OR_RETURN(wire::ExhibitView view, ViewOf(std::move(stored), true));
  return Corrected{.view = std::move(view),
                   .receipt = federation::ToRecord(receipt),
                   .told_otherwise = told_otherwise};
}

absl::Status ExhibitRegistry::AddStillActive(const std::vector<records::ExhibitId>& ids,
                                             store::WriteRequest& request) const {
  for (const records::ExhibitId& id : ids) {
    PM_ASSIGN_OR_RETURN(const std::string raw_id, RawId(id));
    std::string key = store::StoreKey(kRosterTable).Bytes(raw_id).Build();
    PM_ASSIGN_OR_RETURN(std::optional<std::string> row, store_.Get(key));
    if (!row.has_value()) return absl::UnavailableError("an exhibit was withdrawn meanwhile");
    request.preconditions.push_back({.key = std::move(key), .value = std::move(row)});
  }
  return absl::OkStatus();
}

absl::StatusOr<ResolvedHandle> ExhibitRegistry::ResolveHandle(const federation::Caller& caller,
                                                              std::string_view handle) {
  if (handle.size() != kHandleBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("handle has %d bytes, not %d", handle.size(), kHandleBytes));
  }
  PM_ASSIGN_OR_RETURN(std::optional<HandleUse> use, FindHandle(store_, handle));
  if (!use.has_value()) return absl::NotFoundError("this node never gave that handle");
  PM_ASSIGN_OR_RETURN(wire::StoredExhibit stored, Load(use->exhibit_id));
  records::EntryDraft draft = ActOf(caller, records::EntryKind::kAdminRead, "HANDLE_RESOLVED");
  draft.exchange = base::ToHex(use->exchange_id);
  draft.count = 1;
  PM_ASSIGN_OR_RETURN(draft.object, CommitmentTo(stored.exhibit));
  PM_ASSIGN_OR_RETURN(draft.case_commitment, CaseCommitmentTo(stored));
  PM_ASSIGN_OR_RETURN(wire::ExhibitView view, ViewOf(std::move(stored), false));
  PM_RETURN_IF_ERROR(ledger_.Append(std::move(draft)).status());
  return ResolvedHandle{.view = std::move(view),
                        .exchange_id = std::move(use->exchange_id),
                        .asking_agency = std::move(use->asking_agency)};
}

absl::StatusOr<wire::StoredExhibit> ExhibitRegistry::Load(std::string_view id) const {
  PM_ASSIGN_OR_RETURN(const std::string raw_id, RawId(id));
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, store_.Get(ExhibitKey(raw_id)));
  if (!row.has_value()) return absl::NotFoundError("no exhibit has this id");
  return ParseHeld(std::string(id), *row);
}

absl::StatusOr<std::string> ExhibitRegistry::LabelOf(const wire::StoredExhibit& stored) const {
  PM_ASSIGN_OR_RETURN(const std::optional<records::ExhibitIdentity> identity, IdentityOf(stored));
  return identity.has_value() ? identity->label : std::string();
}

absl::StatusOr<std::string> ExhibitRegistry::CommitmentTo(const records::Exhibit& exhibit) const {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                      store_.Get(ListingKey(exhibit.ledger_index)));
  if (!row.has_value()) return absl::DataLossError("an exhibit lacks its listing row");
  PM_ASSIGN_OR_RETURN(const ListingRow listing, ParseListingRow(*row));
  return base::ToHex(listing.commitment);
}

absl::Status ExhibitRegistry::ForEachActive(const Visitor& visit) const {
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(kExhibitTable).Build();
  absl::Status fault;
  PM_RETURN_IF_ERROR(store_.Scan(scan, [&](std::string_view key, std::string_view value) {
    absl::StatusOr<wire::StoredExhibit> stored = ParseHeld(base::ToHex(key.substr(1)), value);
    fault = stored.status();
    if (stored.ok() && stored->exhibit.state == records::ExhibitState::kActive) {
      fault = visit(*stored);
    }
    return fault.ok();
  }));
  return fault;
}

absl::Status ExhibitRegistry::ForEachIdentity(const IdentityVisitor& visit) const {
  absl::Status fault;
  PM_RETURN_IF_ERROR(
      store_.Scan({.prefix = store::StoreKey(kExhibitTable).Build()},
                  [&](std::string_view key, std::string_view value) {
                    const auto visit_one = [&]() -> absl::Status {
                      PM_ASSIGN_OR_RETURN(const wire::StoredExhibit stored,
                                          ParseHeld(base::ToHex(key.substr(1)), value));
                      PM_ASSIGN_OR_RETURN(const std::optional<records::ExhibitIdentity> identity,
                                          IdentityOf(stored));
                      return identity ? visit(stored.exhibit.id, *identity) : absl::OkStatus();
                    };
                    fault = visit_one();
                    return fault.ok();
                  }));
  return fault;
}

absl::Status ExhibitRegistry::AddErasure(const records::ExhibitId& id,
                                         store::WriteRequest& request) const {
  PM_ASSIGN_OR_RETURN(const std::string raw_id, RawId(id));
  PM_ASSIGN_OR_RETURN(const store::KeyId key_id, store::KeyId::Parse(raw_id));
  request.erased_keys.push_back(key_id);
  return absl::OkStatus();
}

absl::StatusOr<Roster> ExhibitRegistry::ReadRoster() {
  PM_ASSIGN_OR_RETURN(const bool complete, IsRosterComplete(store_));
  if (!complete) PM_RETURN_IF_ERROR(MakeRoster());
  return Roster::Read(store_);
}

absl::Status ExhibitRegistry::MakeRoster() {
  store::WriteRequest request;
  const absl::Status made = ForEachActive([&](const wire::StoredExhibit& stored) -> absl::Status {
    PM_ASSIGN_OR_RETURN(const std::string raw_id, RawId(stored.exhibit.id));
    PM_RETURN_IF_ERROR(
        PutRosterRow(raw_id, RosterRowOf(stored.exhibit, *stored.signature), request.mutations));
    if (request.mutations.list().size() < kRosterBatch) return absl::OkStatus();
    return store_.Commit(std::exchange(request, {}));
  });
  PM_RETURN_IF_ERROR(made);
  // With the last rows or after them: a crash before it has the work done again.
  MarkRosterComplete(request.mutations);
  return store_.Commit(std::move(request));
}

absl::StatusOr<std::optional<records::ExhibitId>> ExhibitRegistry::IdOfSubmission(
    std::string_view id) const {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> raw_id,
                      store_.Get(store::StoreKey(kSubmissionTable).Bytes(id).Build()));
  if (!raw_id.has_value()) return std::nullopt;
  if (raw_id->size() != kIdBytes) return absl::DataLossError("a submission's row is damaged");
  return base::ToHex(*raw_id);
}

absl::StatusOr<std::string> ExhibitRegistry::LoadScan(const wire::StoredExhibit& stored,
                                                      const records::Mark& mark) const {
  PM_ASSIGN_OR_RETURN(const std::string raw_id, RawId(stored.exhibit.id));
  PM_ASSIGN_OR_RETURN(const store::KeyId key_id, store::KeyId::Parse(raw_id));
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, store_.FindKey(key_id));
  crypto::Sha256Digest blob{};
  PM_CHECK(mark.blob_sha256.size() == blob.size());
  std::copy_n(base::AsBytes(mark.blob_sha256).begin(), blob.size(), blob.begin());
  PM_ASSIGN_OR_RETURN(const std::string sealed, store_.blobs().Get(blob));
  PM_ASSIGN_OR_RETURN(
      std::string scan,
      key.Open({.record = stored.exhibit.id, .field = ScanField(mark.place)}, sealed));
  if (crypto::AsText(crypto::Sha256(scan)) != mark.scan_sha256) {
    return absl::DataLossError("a scan is not the file that was submitted");
  }
  return scan;
}

absl::StatusOr<std::optional<records::ExhibitIdentity>> ExhibitRegistry::IdentityOf(
    const wire::StoredExhibit& stored) const {
  if (stored.sealed_identity.empty()) return std::nullopt;
  PM_ASSIGN_OR_RETURN(const std::string raw_id, RawId(stored.exhibit.id));
  PM_ASSIGN_OR_RETURN(const store::KeyId key_id, store::KeyId::Parse(raw_id));
  const absl::StatusOr<crypto::Sealer> key = store_.FindKey(key_id);
  if (absl::IsNotFound(key.status())) return std::nullopt;  // Erased.
  PM_RETURN_IF_ERROR(key.status());
  PM_ASSIGN_OR_RETURN(
      const std::string plain,
      key->Open({.record = stored.exhibit.id, .field = kIdentityField}, stored.sealed_identity));
  absl::StatusOr<records::ExhibitIdentity> identity = wire::ParseIdentity(plain);
  if (!identity.ok()) return absl::DataLossError(identity.status().message());
  return *std::move(identity);
}

absl::StatusOr<wire::ExhibitView> ExhibitRegistry::ViewOf(wire::StoredExhibit stored,
                                                          bool with_signature) const {
  wire::ExhibitView view;
  PM_ASSIGN_OR_RETURN(view.identity, IdentityOf(stored));
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                      store_.Get(ListingKey(stored.exhibit.ledger_index)));
  if (!row.has_value()) return absl::DataLossError("an exhibit lacks its listing row");
  PM_ASSIGN_OR_RETURN(ListingRow listing, ParseListingRow(*row));
  view.receipt = records::LedgerReceipt{.origin = ledger_.origin(),
                                        .index = stored.exhibit.ledger_index,
                                        .leaf_hash = std::move(listing.leaf_hash)};
  view.exhibit = std::move(stored.exhibit);
  if (with_signature) view.signature = std::move(stored.signature);
  return view;
}

absl::StatusOr<std::string> ExhibitRegistry::CaseCommitmentTo(
    const wire::StoredExhibit& stored) const {
  PM_ASSIGN_OR_RETURN(const std::optional<records::ExhibitIdentity> identity, IdentityOf(stored));
  if (!identity.has_value() || identity->case_reference.empty()) return std::string();
  return commitments_.CommitCase(identity->case_reference);
}

absl::Status ExhibitRegistry::LogReading(const federation::Caller& caller, std::string_view read,
                                         const wire::StoredExhibit& stored) {
  federation::Consultation consultation{.read = read};
  PM_ASSIGN_OR_RETURN(consultation.object, CommitmentTo(stored.exhibit));
  PM_ASSIGN_OR_RETURN(consultation.case_commitment, CaseCommitmentTo(stored));
  return federation::LogConsultation(ledger_, caller, std::move(consultation));
}

}  // namespace proofmark::registry
