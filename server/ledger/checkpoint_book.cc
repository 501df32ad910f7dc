// SPDX-License-Identifier: Apache-2.0
#include "server/ledger/checkpoint_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/tlog/merkle.h"
#include "server/ledger/tables.h"
#include "server/store/high_water_file.h"
#include "server/store/keys.h"

namespace proofmark::ledger {
namespace {

std::string Row(std::uint64_t size) { return store::StoreKey(kCheckpointTable).U64(size).Build(); }

}  // namespace

CheckpointBook::CheckpointBook(store::Store& store, Ledger& ledger, const base::Clock& clock,
                               const crypto::SigningKey& log_key,
                               crypto::NoteVerifierKey verifier_key)
    : log_key_(log_key),
      verifier_key_(std::move(verifier_key)),
      store_(store),
      ledger_(ledger),
      clock_(clock) {}

absl::StatusOr<std::unique_ptr<CheckpointBook>> CheckpointBook::Open(
    store::Store& store, Ledger& ledger, const base::Clock& clock,
    const crypto::SigningKey& log_key) {
  PM_ASSIGN_OR_RETURN(crypto::NoteVerifierKey verifier_key,
                      crypto::MakeVerifierKey(ledger.origin(), crypto::NoteKeyType::kNote,
                                              log_key.verifying_key()));
  std::unique_ptr<CheckpointBook> book(
      new CheckpointBook(store, ledger, clock, log_key, std::move(verifier_key)));
  PM_RETURN_IF_ERROR(book->Load());
  return book;
}

absl::StatusOr<crypto::OpenedCheckpoint> CheckpointBook::OpenNote(std::string_view note) const {
  return crypto::OpenCheckpoint(note, std::span(&verifier_key_, std::size_t{1}),
                                clock_.UnixMillis() / 1000);
}

absl::StatusOr<Published> CheckpointBook::Read(std::string_view note) const {
  absl::StatusOr<crypto::OpenedCheckpoint> opened = OpenNote(note);
  if (!opened.ok()) {
    return absl::DataLossError(absl::StrFormat("ledger: a published checkpoint is damaged: %s",
                                               opened.status().message()));
  }
  return Published{std::move(opened->checkpoint), std::move(opened->note)};
}

absl::Status CheckpointBook::Load() {
  std::string newest;
  PM_RETURN_IF_ERROR(
      store_.Scan({.prefix = store::StoreKey(kCheckpointTable).Build(), .reverse = true},
                  [&](std::string_view, std::string_view value) {
                    newest = value;
                    return false;
                  }));
  if (newest.empty()) return absl::OkStatus();
  absl::StatusOr<crypto::OpenedCheckpoint> opened = OpenNote(newest);
  if (absl::IsInvalidArgument(opened.status())) {
    return absl::DataLossError(absl::StrFormat("ledger: the latest checkpoint cannot be read: %s",
                                               opened.status().message()));
  }
  if (!opened.ok()) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "the ledger's latest checkpoint was not signed by the key of this configuration (%s): "
        "restore keys/log.pem, or begin a new ledger with a new node id",
        opened.status().message()));
  }
  const crypto::Checkpoint& signed_tree = opened->checkpoint;
  const std::uint64_t size = ledger_.Head().size;
  if (signed_tree.size > size) {
    return store::RollbackDetected(absl::StrFormat(
        "the ledger has %d entries, a checkpoint was signed for %d", size, signed_tree.size));
  }
  PM_ASSIGN_OR_RETURN(const crypto::Sha256Digest root,
                      crypto::RootFrom(signed_tree.size, ledger_.SubtreeReader()));
  if (root != signed_tree.root) {
    return store::RollbackDetected(absl::StrFormat(
        "the first %d entries of the ledger are not those that were signed", signed_tree.size));
  }
  base::MutexLock lock(mutex_);
  latest_ = Published{std::move(opened->checkpoint), std::move(opened->note)};
  return absl::OkStatus();
}

absl::Status CheckpointBook::CheckBeforeSigning(const TreeHead& head,
                                                const crypto::Checkpoint& last) const {
  if (head.size < last.size || (head.size == last.size && head.root != last.root)) {
    return absl::DataLossError(
        absl::StrFormat("the ledger has %d entries, %d were signed before", head.size, last.size));
  }
  PM_RETURN_IF_ERROR(ledger_.VerifyEntries(last.size, head.size));
  const crypto::HashReader read = ledger_.SubtreeReader();
  PM_ASSIGN_OR_RETURN(const crypto::Sha256Digest root, crypto::RootFrom(head.size, read));
  if (root != head.root) {
    return absl::DataLossError("the stored hashes make another root than the ledger has");
  }
  if (last.size == 0) return absl::OkStatus();
  PM_ASSIGN_OR_RETURN(const std::vector<crypto::Sha256Digest> proof,
                      crypto::BuildConsistencyProof(last.size, head.size, read));
  return crypto::VerifyConsistency(last.size, head.size, last.root, head.root, proof);
}

absl::StatusOr<std::optional<Published>> CheckpointBook::SignHead() {
  base::MutexLock signing(signing_);
  const TreeHead head = ledger_.Head();
  const std::optional<Published> before = Latest();
  const crypto::Checkpoint last = before ? before->checkpoint : crypto::Checkpoint{};
  if (head.size == 0 || (head.size == last.size && head.root == last.root)) {
    return std::optional<Published>();
  }
  absl::Status good = CheckBeforeSigning(head, last);
  absl::StatusOr<crypto::SignedNote> note;
  if (good.ok()) {
    note = crypto::SignCheckpoint(
        {.origin = ledger_.origin(), .size = head.size, .root = head.root}, log_key_);
    if (absl::IsDataLoss(note.status())) good = note.status();
  }
  if (!good.ok()) {
    const absl::Status why = absl::DataLossError(absl::StrFormat(
        "ledger: checkpoint of %d entries not signed: %s", head.size, good.message()));
    // The entry says that there was an alarm; nothing signs it.
    (void)ledger_.Append({.kind = records::EntryKind::kAlarm, .outcome = "CHECKPOINT_REFUSED"});
    store_.Halt(why);
    return why;
  }
  if (!note.ok()) return note.status();  // The key's token is away, and nothing speaks against us.
  Published published{
      .checkpoint = {.origin = ledger_.origin(), .size = head.size, .root = head.root},
      .note = *std::move(note)};
  store::WriteRequest request;
  request.preconditions.push_back({.key = Row(head.size), .value = std::nullopt});
  request.mutations.Put(Row(head.size), crypto::FormatNote(published.note));
  PM_RETURN_IF_ERROR(store_.Commit(std::move(request)));
  base::MutexLock lock(mutex_);
  latest_ = published;
  return std::optional<Published>(std::move(published));
}

absl::Status CheckpointBook::AddCosignatures(std::uint64_t size,
                                             std::span<const crypto::NoteSignature> lines) {
  base::MutexLock signing(signing_);
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, store_.Get(Row(size)));
  if (!row) return absl::NotFoundError(absl::StrFormat("no checkpoint of %d entries", size));
  PM_ASSIGN_OR_RETURN(Published published, Read(*row));
  std::vector<crypto::NoteSignature>& kept = published.note.signatures;
  for (const crypto::NoteSignature& line : lines) {
    std::erase_if(kept, [&](const crypto::NoteSignature& old) {
      return old.key_name == line.key_name && old.key_id == line.key_id;
    });
    kept.push_back(line);
  }
  store::WriteRequest request;
  request.mutations.Put(Row(size), crypto::FormatNote(published.note));
  PM_RETURN_IF_ERROR(store_.Commit(std::move(request)));
  base::MutexLock lock(mutex_);
  if (latest_ && latest_->checkpoint.size == size) latest_ = std::move(published);
  return absl::OkStatus();
}

std::optional<Published> CheckpointBook::Latest() const {
  base::MutexLock lock(mutex_);
  return latest_;
}

absl::StatusOr<std::vector<Published>> CheckpointBook::List(std::uint64_t after,
                                                            std::int64_t limit) const {
  PM_CHECK(limit >= 1 && limit <= kCheckpointsListedMax);
  std::vector<Published> found;
  absl::Status status;
  PM_RETURN_IF_ERROR(
      store_.Scan({.prefix = store::StoreKey(kCheckpointTable).Build(), .start = Row(after + 1)},
                  [&](std::string_view, std::string_view value) {
                    absl::StatusOr<Published> read = Read(value);
                    if (!read.ok()) {
                      status = read.status();
                      return false;
                    }
                    found.push_back(*std::move(read));
                    return static_cast<std::int64_t>(found.size()) < limit;
                  }));
  PM_RETURN_IF_ERROR(status);
  return found;
}

}  // namespace proofmark::ledger
