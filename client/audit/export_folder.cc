// SPDX-License-Identifier: Apache-2.0
#include "client/audit/export_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/audit/folder.h"
#include "client/fault.h"
#include "client/file.h"
#include "crypto/hash/sha256.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/merkle.h"
#include "crypto/tlog/tile.h"
#include "records/ledgercopy/note_check.h"

namespace proofmark::client::audit {
namespace {

namespace fs = std::filesystem;
using crypto::BundleAddress;
using crypto::Checkpoint;
using crypto::TileAddress;
using ledgercopy::CheckNote;
using ledgercopy::NoteCheck;

constexpr std::size_t kEvidenceNameDigits = 16;

absl::Status Mismatch(std::string_view what) { return MakeFault(FaultCode::kLedgerMismatch, what); }

// "evidence/41-0123456789abcdef".
std::string EvidencePath(std::uint64_t size, std::string_view note) {
  return absl::StrFormat("%s/%d-%s", kEvidenceFolder, size,
                         crypto::Sha256Hex(note).substr(0, kEvidenceNameDigits));
}

struct Note {
  std::string bytes;
  Checkpoint checkpoint;
  std::string standing;
};

class Exporter {
 public:
  Exporter(LedgerSource& source, const crypto::Policy& policy, const fs::path& folder,
           FolderWriter& writer, const ExportOptions& options)
      : source_(source), policy_(policy), folder_(folder), writer_(writer), options_(options) {}

  absl::StatusOr<ExportResult> Run() {
    PM_RETURN_IF_ERROR(OpenNotes());
    PM_RETURN_IF_ERROR(CheckExtends());
    PM_RETURN_IF_ERROR(WriteTree());
    PM_RETURN_IF_ERROR(WriteCheckpoints());
    if (!options_.node_policy.empty()) {
      PM_RETURN_IF_ERROR(Write(std::string(kPolicyFile), options_.node_policy));
    }
    PM_RETURN_IF_ERROR(writer_.Sync());
    PM_RETURN_IF_ERROR(Write(std::string(kCheckpointFile), new_.bytes));
    PM_RETURN_IF_ERROR(writer_.Sync());
    PM_RETURN_IF_ERROR(RemoveSuperseded());
    result_.size = new_.checkpoint.size;
    result_.old_size = old_size();
    result_.standing = new_.standing;
    return result_;
  }

 private:
  std::uint64_t old_size() const { return old_.has_value() ? old_->checkpoint.size : 0; }

  // ---- Which tree there is, and which there shall be ----

  absl::Status OpenNotes() {
    absl::StatusOr<std::string> kept =
        ReadFolderFile(folder_, kCheckpointFile, static_cast<std::int64_t>(crypto::kNoteBytesMax));
    if (kept.ok()) {
      NoteCheck check = CheckNote(*kept, policy_, options_.now_unix_s);
      if (!check.opened.has_value()) {
        return MakeFault(
            FaultCode::kDamaged,
            absl::StrFormat("%s: %s", (folder_ / kCheckpointFile).string(), check.words));
      }
      old_ = Note{*std::move(kept), check.opened->checkpoint, check.words};
    } else if (!absl::IsNotFound(kept.status())) {
      return kept.status();
    }
    PM_ASSIGN_OR_RETURN(std::string latest, source_.LatestCheckpoint());
    if (latest.empty()) return Mismatch("the node has not published a checkpoint yet");
    NoteCheck check = CheckNote(latest, policy_, options_.now_unix_s);
    if (!check.opened.has_value()) {
      return Mismatch(absl::StrFormat("the node's checkpoint: %s", check.words));
    }
    new_ = Note{std::move(latest), check.opened->checkpoint, check.words};
    if (old_.has_value() && old_->checkpoint.origin != new_.checkpoint.origin) {
      return Mismatch(absl::StrFormat("the folder holds the ledger %s, the node's is %s",
                                      old_->checkpoint.origin, new_.checkpoint.origin));
    }
    return absl::OkStatus();
  }

  absl::Status CheckExtends() {
    if (new_.checkpoint.size < old_size()) return CheckShorter();
    // The source's own tiles and not the folder's: whether those agree is the question.
    PM_RETURN_IF_ERROR(OpenTiles());
    if (old_size() == 0) return absl::OkStatus();
    PM_ASSIGN_OR_RETURN(const crypto::Sha256Digest root, RootAt(old_size()));
    if (root == old_->checkpoint.root) return absl::OkStatus();
    PM_RETURN_IF_ERROR(WriteProof(root));
    return Forked(new_.bytes, new_.checkpoint,
                  absl::StrFormat("the node's checkpoint of %d entries does not extend the one of "
                                  "%d entries in the folder",
                                  new_.checkpoint.size, old_size()));
  }

  // That the new tree has another root where the folder's ends, for whoever has both notes.
  absl::Status WriteProof(const crypto::Sha256Digest& root) {
    ForkProof proof{.size = old_size(), .root = root};
    if (old_size() < new_.checkpoint.size) {
      absl::StatusOr<std::vector<crypto::Sha256Digest>> hashes =
          crypto::BuildConsistencyProof(old_size(), new_.checkpoint.size, tiles_->Reader());
      if (!hashes.ok()) return Untrue(hashes.status());
      proof.consistency = *std::move(hashes);
    }
    return writer_.Write(ForkProofPath(EvidencePath(new_.checkpoint.size, new_.bytes)),
                         FormatForkProof(proof));
  }

  // The node knows less than the folder: an older state of the same tree, or another tree.
  absl::Status CheckShorter() {
    auto kept = crypto::VerifiedTiles::Open(old_size(), old_->checkpoint.root, TilesOf(folder_));
    const auto root = kept.ok() ? crypto::RootFrom(new_.checkpoint.size, kept->Reader())
                                : absl::StatusOr<crypto::Sha256Digest>(kept.status());
    if (root.ok() && *root != new_.checkpoint.root) {
      return Forked(new_.bytes, new_.checkpoint,
                    absl::StrFormat("the node's checkpoint of %d entries is of another tree than "
                                    "the one of %d entries in the folder",
                                    new_.checkpoint.size, old_size()));
    }
    return Mismatch(absl::StrFormat(
        "the node's latest checkpoint has %d entries, the folder's %d: the node was set back, and "
        "this folder may be what restores it",
        new_.checkpoint.size, old_size()));
  }

  // Both notes are kept: together they prove what the log's key did.
  absl::Status Forked(std::string_view note, const Checkpoint& checkpoint, std::string_view what) {
    PM_RETURN_IF_ERROR(writer_.Write(EvidencePath(checkpoint.size, note), note));
    if (old_.has_value()) {
      PM_RETURN_IF_ERROR(
          writer_.Write(EvidencePath(old_->checkpoint.size, old_->bytes), old_->bytes));
    }
    PM_RETURN_IF_ERROR(writer_.Write(EvidencePath(new_.checkpoint.size, new_.bytes), new_.bytes));
    PM_RETURN_IF_ERROR(writer_.Sync());
    return MakeFault(FaultCode::kLedgerForked,
                     absl::StrFormat("%s; the signed notes are in %s", what,
                                     (folder_ / kEvidenceFolder).string()));
  }

  absl::Status OpenTiles() {
    auto tiles = crypto::VerifiedTiles::Open(
        new_.checkpoint.size, new_.checkpoint.root,
        [this](const TileAddress& address) { return source_.TreeFile(crypto::TilePath(address)); });
    if (!tiles.ok()) return Untrue(tiles.status());
    tiles_.emplace(*std::move(tiles));
    return absl::OkStatus();
  }

  absl::StatusOr<crypto::Sha256Digest> RootAt(std::uint64_t size) {
    auto root = crypto::RootFrom(size, tiles_->Reader());
    if (!root.ok()) return Untrue(root.status());
    return root;
  }

  // What the node gave does not lead to what it signed; other errors are those of the connection.
  static absl::Status Untrue(const absl::Status& status) {
    if (!absl::IsDataLoss(status)) return status;
    return Mismatch(
        absl::StrFormat("the node's files do not fit its signed checkpoint: %s", status.message()));
  }

  // ---- Tiles and bundles ----

  absl::Status WriteTree() {
    PM_ASSIGN_OR_RETURN(const auto tiles, crypto::TilesSince(old_size(), new_.checkpoint.size));
    for (const TileAddress& tile : tiles) {
      // The hashes that were verified, written as the tile has them: what is written cannot differ
      // from what was checked.
      absl::StatusOr<std::string> bytes = crypto::EncodeTile(tile, tiles_->Reader());
      if (!bytes.ok()) return Untrue(bytes.status());
      PM_RETURN_IF_ERROR(Write(crypto::TilePath(tile), *bytes));
      // The bundle beside each tile of leaves, while that tile is at hand.
      if (tile.level == 0) PM_RETURN_IF_ERROR(WriteBundle({tile.index, tile.width}));
    }
    return absl::OkStatus();
  }

  absl::Status WriteBundle(const BundleAddress& bundle) {
    const std::string path = crypto::BundlePath(bundle);
    const auto kept = ReadFolderFile(folder_, path, kBundleBytesMax);
    if (kept.ok() && CheckBundle(bundle, *kept).ok()) {
      ++result_.files_kept;
    } else {
      PM_ASSIGN_OR_RETURN(const std::string bytes, source_.TreeFile(path));
      if (absl::Status status = CheckBundle(bundle, bytes); !status.ok()) return Untrue(status);
      PM_RETURN_IF_ERROR(Write(path, bytes));
    }
    if (options_.progress) {
      options_.progress(
          bundle.index * crypto::kTileWidth + static_cast<std::uint64_t>(bundle.width),
          new_.checkpoint.size);
    }
    return absl::OkStatus();
  }

  absl::Status CheckBundle(const BundleAddress& bundle, std::string_view bytes) {
    const auto entries = crypto::ParseBundle(bytes, bundle.width);
    if (!entries.ok()) {
      return absl::DataLossError(
          absl::StrFormat("%s: %s", crypto::BundlePath(bundle), entries.status().message()));
    }
    return tiles_->CheckBundle(bundle, *entries);
  }

  // ---- Checkpoints ----

  absl::Status WriteCheckpoints() {
    // The latest first: should this be interrupted, it is the one whose files are all here.
    PM_RETURN_IF_ERROR(Write(CheckpointPath(new_.checkpoint.size), new_.bytes));
    // From the one the folder ended with, which may have been cosigned by more since.
    std::uint64_t after = old_size() == 0 ? 0 : old_size() - 1;
    while (after < new_.checkpoint.size) {
      PM_ASSIGN_OR_RETURN(const std::vector<std::string> notes, source_.CheckpointsAfter(after));
      if (notes.empty()) break;
      for (const std::string& note : notes) {
        PM_ASSIGN_OR_RETURN(const std::uint64_t size, WriteCheckpoint(note));
        if (size <= after) return Mismatch("the node's list of checkpoints is not by size");
        after = size;
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::uint64_t> WriteCheckpoint(const std::string& note) {
    const NoteCheck check = CheckNote(note, policy_, options_.now_unix_s);
    if (!check.opened.has_value()) {
      return Mismatch(absl::StrFormat("one of the node's checkpoints: %s", check.words));
    }
    const Checkpoint& checkpoint = check.opened->checkpoint;
    // Published while this ran; the next export's business.
    if (checkpoint.size > new_.checkpoint.size) return checkpoint.size;
    PM_ASSIGN_OR_RETURN(const crypto::Sha256Digest root, RootAt(checkpoint.size));
    if (checkpoint.origin != new_.checkpoint.origin || root != checkpoint.root) {
      return Forked(note, checkpoint,
                    absl::StrFormat("the node's checkpoint of %d entries is of another tree than "
                                    "its latest one of %d",
                                    checkpoint.size, new_.checkpoint.size));
    }
    if (checkpoint.size < new_.checkpoint.size) {
      PM_RETURN_IF_ERROR(Write(CheckpointPath(checkpoint.size), note));
    }
    return checkpoint.size;
  }

  // Partial tiles that have become full, and what an interrupted export left beside its files.
  absl::Status RemoveSuperseded() {
    PM_ASSIGN_OR_RETURN(auto superseded, ListSuperfluous(folder_, new_.checkpoint.size));
    PM_RETURN_IF_ERROR(ListCheckpoints(folder_, superseded).status());
    for (const std::string& path : superseded) {
      PM_RETURN_IF_ERROR(writer_.Remove(path));
      ++result_.files_removed;
    }
    return absl::OkStatus();
  }

  absl::Status Write(const std::string& path, std::string_view bytes) {
    PM_RETURN_IF_ERROR(writer_.Write(path, bytes));
    ++result_.files_written;
    result_.bytes_written += bytes.size();
    return absl::OkStatus();
  }

  LedgerSource& source_;
  const crypto::Policy& policy_;
  const fs::path& folder_;
  FolderWriter& writer_;
  const ExportOptions& options_;
  std::optional<Note> old_;
  Note new_;
  std::optional<crypto::VerifiedTiles> tiles_;
  ExportResult result_;
};

absl::Status CannotSync(const fs::path& path) {
  return MakeFault(FaultCode::kCannotWrite,
                   absl::StrFormat("%s: %s", path.string(), std::strerror(errno)));
}

}  // namespace

absl::Status DiskWriter::Write(std::string_view path, std::string_view bytes) {
  const fs::path file = folder_ / path;
  PM_RETURN_IF_ERROR(MakeFolder(file.parent_path(), Privacy::kPublic));
  PM_RETURN_IF_ERROR(WriteFile(file, bytes, Privacy::kPublic, Overwrite::kAllowed));
  // Its folder, and those above it, whose entries may be new.
  for (fs::path above = file.parent_path();; above = above.parent_path()) {
    if (std::ranges::find(touched_, above) != touched_.end()) break;
    touched_.push_back(above);
    if (above == folder_ || above == above.root_path()) break;
  }
  return absl::OkStatus();
}

absl::Status DiskWriter::Remove(std::string_view path) {
  std::error_code error;
  fs::remove(folder_ / path, error);
  if (error) {
    return MakeFault(FaultCode::kCannotWrite,
                     absl::StrFormat("%s: %s", (folder_ / path).string(), error.message()));
  }
  return absl::OkStatus();
}

absl::Status DiskWriter::Sync() {
  for (const fs::path& path : touched_) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return CannotSync(path);
    const int wrong = ::fsync(fd);
    const absl::Status status = wrong != 0 ? CannotSync(path) : absl::OkStatus();
    ::close(fd);
    PM_RETURN_IF_ERROR(status);
  }
  touched_.clear();
  return absl::OkStatus();
}

absl::StatusOr<ExportResult> Export(LedgerSource& source, const crypto::Policy& policy,
                                    const fs::path& folder, FolderWriter& writer,
                                    const ExportOptions& options) {
  return Exporter(source, policy, folder, writer, options).Run();
}

}  // namespace proofmark::client::audit
