// SPDX-License-Identifier: Apache-2.0
#include "server/ledger/restoring.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/policy.h"
#include "crypto/tlog/tile.h"
#include "records/ledgercopy/folder.h"
#include "records/ledgercopy/verdict.h"
#include "records/ledgercopy/verify.h"
#include "server/ledger/tables.h"
#include "server/store/high_water_file.h"
#include "server/store/keys.h"

namespace proofmark::ledger {
namespace {

using crypto::Checkpoint;
using ledgercopy::Verdict;
using records::EntryKind;

constexpr auto kWidth = static_cast<std::uint64_t>(crypto::kTileWidth);
constexpr std::size_t kRestoredRowBytes = 16;

std::string RestoredRow() { return store::StoreKey(kRestoredTable).Build(); }
std::string CheckpointRow(std::uint64_t size) {
  return store::StoreKey(kCheckpointTable).U64(size).Build();
}

// Whether more was written with an entry of this kind than the entry.
bool HasData(const records::EntryDraft& draft) {
  switch (draft.kind) {
    case EntryKind::kSubmit:
    case EntryKind::kAmend:
    case EntryKind::kWithdraw:
    case EntryKind::kReview:
    case EntryKind::kLink:
    case EntryKind::kCorrect:
    case EntryKind::kErase:
    case EntryKind::kRegistryChange:
      return true;
    case EntryKind::kConfig:
      return draft.outcome != "LOADED";  // A start reads its configuration; the rest is stored.
    case EntryKind::kStart:
    case EntryKind::kStop:
    case EntryKind::kQueryOut:
    case EntryKind::kQueryIn:
    case EntryKind::kDecision:
    case EntryKind::kAnswerIn:
    case EntryKind::kRelease:
    case EntryKind::kDeny:
    case EntryKind::kLookupEval:
    case EntryKind::kLookupSnapshot:
    case EntryKind::kAdminRead:
    case EntryKind::kKey:
    case EntryKind::kWitness:
    case EntryKind::kAlarm:
    case EntryKind::kDetailsRequest:
    case EntryKind::kRefuse:
    case EntryKind::kExport:
      return false;
  }
  return false;
}

class Restorer {
 public:
  Restorer(const std::filesystem::path& folder, store::Store& store, const base::Clock& clock,
           const RestoreOptions& options)
      : folder_(folder), store_(store), clock_(clock), options_(options) {}

  absl::StatusOr<Restoration> Run() {
    PM_RETURN_IF_ERROR(VerifyCopy());
    PM_ASSIGN_OR_RETURN(ledger_, Ledger::Open(store_, clock_,
                                              {.origin = options_.origin,
                                               .node_name = options_.node_name,
                                               .restoring = true}));
    const TreeHead before = ledger_->Head();
    found_.size_before = found_.size_after = found_.known_size = before.size;
    found_.copy_size = copy_.size;
    PM_RETURN_IF_ERROR(CheckBeginning(before));
    PM_RETURN_IF_ERROR(CheckAcknowledged());
    PM_RETURN_IF_ERROR(CheckSigned());
    if (copy_.size <= before.size) return found_;
    PM_RETURN_IF_ERROR(RestoreEntries());
    PM_RETURN_IF_ERROR(RestoreCheckpoints());
    found_.size_after = copy_.size;
    const TreeHead copied{.size = copy_.size, .root = copy_.root};
    if (!options_.dry_run && ledger_->Head() != copied) {
      return absl::DataLossError("the restored entries do not make the copy's tree");
    }
    return found_;
  }

 private:
  std::string Where() const { return folder_.string(); }

  // ---- Is it a whole copy of this log? ----

  absl::Status VerifyCopy() {
    // What this log signed suffices: who cosigned it changes nothing about what it is.
    const std::vector<crypto::NoteVerifierKey> logs = {options_.log_key};
    PM_ASSIGN_OR_RETURN(const std::string text,
                        crypto::FormatPolicy(logs, options_.witness_keys, /*threshold=*/0));
    PM_ASSIGN_OR_RETURN(const crypto::Policy policy, crypto::Policy::Parse(text));
    ledgercopy::VerifyOptions verifying;
    verifying.now_unix_s = clock_.UnixMillis() / 1000;
    const absl::StatusOr<ledgercopy::VerifyResult> result =
        ledgercopy::Verify(folder_, policy, verifying);
    if (!result.ok()) return absl::InvalidArgumentError(std::string(result.status().message()));
    if (result->verdict == Verdict::kWrongKey) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s is no copy of this ledger: %s is not signed by the key of %s",
                          Where(), result->findings.front().file, options_.log_key.name));
    }
    if (result->verdict != Verdict::kValid) {
      const ledgercopy::Finding& first = result->findings.front();
      const absl::Status refused(
          result->verdict == Verdict::kForked ? absl::StatusCode::kDataLoss
                                              : absl::StatusCode::kInvalidArgument,
          absl::StrFormat("the copy in %s is %s: %s: %s", Where(),
                          ledgercopy::VerdictWord(result->verdict), first.file, first.words));
      return refused;
    }
    copy_ = result->head->checkpoint;
    PM_ASSIGN_OR_RETURN(
        crypto::VerifiedTiles tiles,
        crypto::VerifiedTiles::Open(copy_.size, copy_.root, ledgercopy::TilesOf(folder_)));
    tiles_.emplace(std::move(tiles));
    return absl::OkStatus();
  }

  // ---- Is it a copy of this very history? ----

  absl::Status CheckBeginning(const TreeHead& here) {
    const std::uint64_t common = std::min(here.size, copy_.size);
    PM_ASSIGN_OR_RETURN(const auto ours, crypto::RootFrom(common, ledger_->SubtreeReader()));
    PM_ASSIGN_OR_RETURN(const auto theirs, crypto::RootFrom(common, tiles_->Reader()));
    if (ours == theirs) return absl::OkStatus();
    return absl::DataLossError(absl::StrFormat(
        "the ledger here is not the beginning of the copy in %s: their first %d entries differ. "
        "Nothing was written; keep both, they are evidence",
        Where(), common));
  }

  // That the copy has `root` at `size`, as far as it reaches.
  absl::Status CheckKnown(std::uint64_t size, const crypto::Sha256Digest& root,
                          std::string_view who) {
    found_.known_size = std::max(found_.known_size, size);
    if (size > copy_.size) return absl::OkStatus();
    PM_ASSIGN_OR_RETURN(const auto copied, crypto::RootFrom(size, tiles_->Reader()));
    if (copied == root) return absl::OkStatus();
    return absl::DataLossError(absl::StrFormat(
        "the first %d entries of the copy in %s are not those that %s. Nothing was written", size,
        Where(), who));
  }

  absl::Status CheckAcknowledged() {
    const store::HighWaterMark& mark = store_.high_water_at_open();
    return CheckKnown(mark.size, mark.root, "were acknowledged");
  }

  // The largest checkpoint this ledger still holds; those below it are of its tree.
  absl::Status CheckSigned() {
    std::string newest;
    PM_RETURN_IF_ERROR(
        store_.Scan({.prefix = store::StoreKey(kCheckpointTable).Build(), .reverse = true},
                    [&](std::string_view, std::string_view note) {
                      newest = note;
                      return false;
                    }));
    if (newest.empty()) return absl::OkStatus();
    const auto opened = Open(newest);
    if (!opened.ok()) {
      return absl::DataLossError(
          absl::StrFormat("the ledger's own checkpoint: %s", opened.status().message()));
    }
    return CheckKnown(opened->size, opened->root, "were signed");
  }

  absl::StatusOr<Checkpoint> Open(std::string_view note) const {
    PM_ASSIGN_OR_RETURN(crypto::OpenedCheckpoint opened,
                        crypto::OpenCheckpoint(note, std::span(&options_.log_key, std::size_t{1}),
                                               clock_.UnixMillis() / 1000));
    return std::move(opened.checkpoint);
  }

  // ---- Putting back ----

  absl::Status RestoreEntries() {
    for (std::uint64_t at = found_.size_before; at < copy_.size;) {
      crypto::BundleAddress bundle{.index = at / kWidth};
      const std::uint64_t first = bundle.index * kWidth;
      bundle.width = static_cast<int>(std::min(kWidth, copy_.size - first));
      PM_ASSIGN_OR_RETURN(const std::string bytes,
                          ledgercopy::ReadFolderFile(folder_, crypto::BundlePath(bundle),
                                                     ledgercopy::kBundleBytesMax));
      PM_ASSIGN_OR_RETURN(const auto all, crypto::ParseBundle(bytes, bundle.width));
      // Again, for the file may have changed since it was verified.
      PM_RETURN_IF_ERROR(tiles_->CheckBundle(bundle, all));
      const auto missing = std::span(all).subspan(at - first);
      PM_RETURN_IF_ERROR(Note(missing));
      at += missing.size();
      if (options_.dry_run) continue;
      store::WriteRequest data;
      PM_RETURN_IF_ERROR(AddRestored(missing.size(), data));
      PM_RETURN_IF_ERROR(ledger_->Restore(missing, std::move(data)));
    }
    return absl::OkStatus();
  }

  absl::Status Note(std::span<const std::string> entries) {
    for (const std::string& bytes : entries) {
      PM_ASSIGN_OR_RETURN(const records::LedgerEntry entry, records::ParseEntry(bytes));
      if (entry.node != options_.node_name) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "entry %d of the copy is of %s, not of this node", entry.seq, entry.node));
      }
      ++found_.kinds[entry.draft.kind];
      if (!HasData(entry.draft)) continue;
      if (found_.acts.size() == kActsNamedMax) {
        ++found_.acts_left_off;
        continue;
      }
      found_.acts.push_back({.index = entry.seq,
                             .kind = entry.draft.kind,
                             .unix_ms = entry.unix_ms,
                             .object = entry.draft.object});
    }
    return absl::OkStatus();
  }

  // What LogRestoration() will tell: the first index and the number, of all since the last start.
  absl::Status AddRestored(std::size_t more, store::WriteRequest& data) const {
    PM_ASSIGN_OR_RETURN(const std::optional<std::string> before, store_.Get(RestoredRow()));
    const bool begun = before && before->size() == kRestoredRowBytes;
    std::string row;
    base::AppendU64Be(
        row, begun ? base::ParseU64Be(std::string_view(*before).substr(0, 8)) : found_.size_before);
    base::AppendU64Be(row,
                      (begun ? base::ParseU64Be(std::string_view(*before).substr(8)) : 0) + more);
    data.mutations.Put(RestoredRow(), std::move(row));
    return absl::OkStatus();
  }

  absl::Status RestoreCheckpoints() {
    std::vector<std::string> strange;
    PM_ASSIGN_OR_RETURN(const std::vector<std::uint64_t> sizes,
                        ledgercopy::ListCheckpoints(folder_, strange));
    for (const std::uint64_t size : sizes) {
      if (size == 0 || size > copy_.size) continue;
      PM_ASSIGN_OR_RETURN(
          const std::string copied,
          ledgercopy::ReadFolderFile(folder_, ledgercopy::CheckpointPath(size),
                                     static_cast<std::int64_t>(crypto::kNoteBytesMax)));
      PM_ASSIGN_OR_RETURN(const Checkpoint signed_tree, Open(copied));
      PM_ASSIGN_OR_RETURN(const auto root, crypto::RootFrom(size, tiles_->Reader()));
      if (signed_tree.size != size || signed_tree.root != root) {
        return absl::DataLossError(
            absl::StrFormat("%s changed while it was read", ledgercopy::CheckpointPath(size)));
      }
      PM_ASSIGN_OR_RETURN(const std::optional<std::string> here, store_.Get(CheckpointRow(size)));
      PM_ASSIGN_OR_RETURN(std::optional<std::string> note, Merged(here, copied));
      if (!note) continue;
      ++found_.checkpoints;
      if (options_.dry_run) continue;
      store::WriteRequest write;
      write.mutations.Put(CheckpointRow(size), *std::move(note));
      PM_RETURN_IF_ERROR(store_.Commit(std::move(write)));
    }
    return absl::OkStatus();
  }

  // What shall be kept of a checkpoint that is `here`, perhaps, and in the copy: cosignatures of
  // known witnesses may have come in after what is here was written. None: as it is.
  absl::StatusOr<std::optional<std::string>> Merged(const std::optional<std::string>& here,
                                                    const std::string& copied) const {
    if (!here) return std::optional<std::string>(copied);
    PM_ASSIGN_OR_RETURN(crypto::SignedNote note, crypto::ParseNote(*here));
    PM_ASSIGN_OR_RETURN(const crypto::SignedNote other, crypto::ParseNote(copied));
    if (note.text != other.text) return absl::DataLossError("two checkpoints of one size");
    const std::size_t before = note.signatures.size();
    for (const crypto::NoteSignature& line : other.signatures) {
      const auto is_same = [&line](const auto& name, const auto& id) {
        return name == line.key_name && id == line.key_id;
      };
      const bool kept = std::ranges::any_of(
          note.signatures, [&](const auto& own) { return is_same(own.key_name, own.key_id); });
      const bool known = std::ranges::any_of(
          options_.witness_keys, [&](const auto& key) { return is_same(key.name, key.id); });
      if (known && !kept) note.signatures.push_back(line);
    }
    if (note.signatures.size() == before) return std::optional<std::string>();
    return std::optional<std::string>(crypto::FormatNote(note));
  }

  // Constant after construction.
  const std::filesystem::path& folder_;
  store::Store& store_;
  const base::Clock& clock_;
  const RestoreOptions& options_;

  Checkpoint copy_;
  std::optional<crypto::VerifiedTiles> tiles_;
  std::unique_ptr<Ledger> ledger_;
  Restoration found_;
};

}  // namespace

absl::StatusOr<Restoration> RestoreFrom(const std::filesystem::path& folder, store::Store& store,
                                        const base::Clock& clock, const RestoreOptions& options) {
  return Restorer(folder, store, clock, options).Run();
}

absl::Status LogRestoration(store::Store& store, Ledger& ledger) {
  PM_ASSIGN_OR_RETURN(std::optional<std::string> row, store.Get(RestoredRow()));
  if (!row) return absl::OkStatus();
  if (row->size() != kRestoredRowBytes) {
    return absl::DataLossError("ledger: the note of a restoration cannot be read");
  }
  records::EntryDraft alarm{.kind = EntryKind::kAlarm, .outcome = "RESTORED"};
  alarm.count = base::ParseU64Be(std::string_view(*row).substr(8));
  store::WriteRequest data;
  data.mutations.Delete(RestoredRow());
  data.preconditions.push_back({.key = RestoredRow(), .value = std::move(row)});
  return ledger.Append(std::move(alarm), std::move(data)).status();
}

}  // namespace proofmark::ledger
