// SPDX-License-Identifier: Apache-2.0
#include "records/ledgercopy/verify.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/for_all.h"
#include "base/status.h"
#include "crypto/tlog/merkle.h"
#include "crypto/tlog/tile.h"
#include "records/ledger_entry.h"
#include "records/ledgercopy/folder.h"
#include "records/ledgercopy/note_check.h"

namespace proofmark::ledgercopy {
namespace {

namespace fs = std::filesystem;
using crypto::BundleAddress;
using crypto::Sha256Digest;
using crypto::TileAddress;

constexpr auto kWidth = static_cast<std::uint64_t>(crypto::kTileWidth);
constexpr std::uint64_t kBundlesAtOnce = 256;
constexpr std::size_t kCheckpointsAtOnce = 1'024;
constexpr std::size_t kWarningsMax = 20;

std::string TextOf(const absl::Status& status) { return std::string(status.message()); }

// What a file that could not be read says about the copy.
Verdict VerdictOf(const absl::Status& status) {
  return absl::IsNotFound(status) ? Verdict::kTruncated : Verdict::kCorrupt;
}

// What came of one bundle; made on any thread.
struct BundleCheck {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::optional<Finding> finding;
  // Of the entries' times, as far as they could be read.
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::int64_t backwards_ms = 0;      // The largest step back within the bundle.
  std::uint64_t backwards_index = 0;  // Where.
};

// A bundle and what its leaves have to lead to.
struct BundleTask {
  BundleAddress bundle;
  // Of a full bundle, the root of its leaves; of a partial one, the leaves themselves.
  std::vector<Sha256Digest> expected;
};

Sha256Digest RootOf(std::vector<Sha256Digest> hashes) {
  while (hashes.size() > 1) {
    for (std::size_t i = 0; i < hashes.size() / 2; ++i) {
      hashes[i] = crypto::NodeHash(hashes[2 * i], hashes[2 * i + 1]);
    }
    hashes.resize(hashes.size() / 2);
  }
  return hashes.front();
}

// Checks one bundle and the tile of its leaf hashes. Threads: any number of bundles at once.
class BundleChecker {
 public:
  explicit BundleChecker(const fs::path& folder) : folder_(folder), fetch_(TilesOf(folder)) {}

  BundleCheck Check(const BundleTask& task) const {
    BundleCheck check;
    check.finding = Examine(task, check);
    return check;
  }

 private:
  std::optional<Finding> Examine(const BundleTask& task, BundleCheck& check) const {
    const std::string path = crypto::BundlePath(task.bundle);
    absl::StatusOr<std::string> bytes = ReadFolderFile(folder_, path, kBundleBytesMax);
    if (!bytes.ok()) return Finding{VerdictOf(bytes.status()), path, {}, TextOf(bytes.status())};
    if (bytes->empty()) return Finding{Verdict::kTruncated, path, {}, "the file is empty"};
    const auto entries = crypto::ParseBundle(*bytes, task.bundle.width);
    std::vector<Sha256Digest> leaves;
    if (entries.ok()) {
      leaves.reserve(entries->size());
      for (const std::string& entry : *entries) leaves.push_back(crypto::LeafHash(entry));
    }
    const TileAddress tile{0, task.bundle.index, task.bundle.width};
    const std::string tile_path = crypto::TilePath(tile);
    const auto tile_bytes = fetch_(tile);
    if (!tile_bytes.ok()) {
      return Finding{VerdictOf(tile_bytes.status()), tile_path, {}, TextOf(tile_bytes.status())};
    }
    const auto hashes = crypto::ParseTile(tile, *tile_bytes);
    if (!hashes.ok()) return Finding{Verdict::kCorrupt, tile_path, {}, TextOf(hashes.status())};
    if (!LeadsTo(*hashes, task)) {
      return Finding{Verdict::kCorrupt, tile_path, {}, "its hashes do not lead to the root"};
    }
    if (!entries.ok()) {
      return Finding{Verdict::kCorrupt, path, {}, TextOf(entries.status())};
    }
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      if (leaves[i] == (*hashes)[i]) continue;
      return Finding{Verdict::kCorrupt, path, task.bundle.index * kWidth + i,
                     "the entry is not the one logged"};
    }
    return ReadEntries(task, path, *entries, check);
  }

  static bool LeadsTo(const std::vector<Sha256Digest>& hashes, const BundleTask& task) {
    if (hashes.size() < kWidth) return hashes == task.expected;
    return RootOf(hashes) == task.expected.front();
  }

  static std::optional<Finding> ReadEntries(const BundleTask& task, const std::string& path,
                                            const std::vector<std::string>& entries,
                                            BundleCheck& check) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::uint64_t index = task.bundle.index * kWidth + i;
      const auto entry = records::ParseEntry(entries[i]);
      if (!entry.ok()) return Finding{Verdict::kCorrupt, path, index, TextOf(entry.status())};
      if (entry->seq != index) {
        return Finding{Verdict::kCorrupt, path, index,
                       absl::StrFormat("the entry calls itself %d", entry->seq)};
      }
      if (i == 0) check.first_ms = check.last_ms = entry->unix_ms;
      if (check.last_ms - entry->unix_ms > check.backwards_ms) {
        check.backwards_ms = check.last_ms - entry->unix_ms;
        check.backwards_index = index;
      }
      check.last_ms = entry->unix_ms;
      ++check.entries;
      check.bytes += entries[i].size();
    }
    return std::nullopt;
  }

  const fs::path& folder_;
  const crypto::TileFetch fetch_;
};

// How many tiles a tree has.
std::uint64_t TileCount(std::uint64_t size) {
  std::uint64_t count = 0;
  for (std::uint64_t hashes = size; hashes > 0; hashes /= kWidth) {
    count += (hashes + kWidth - 1) / kWidth;
  }
  return count;
}

class Verifier {
 public:
  Verifier(const fs::path& folder, const crypto::Policy& policy, const VerifyOptions& options)
      : folder_(folder), policy_(policy), options_(options) {}

  absl::StatusOr<VerifyResult> Run() {
    std::error_code error;
    if (!fs::is_directory(folder_, error)) {
      return absl::FailedPreconditionError(absl::StrFormat("%s is no folder", folder_.string()));
    }
    PM_ASSIGN_OR_RETURN(sizes_, ListCheckpoints(folder_, strange_));
    PM_RETURN_IF_ERROR(Look());
    return Judged();
  }

 private:
  absl::Status Look() {
    if (!FindHead()) return absl::OkStatus();
    if (Head().size == 0) {
      Report(Verdict::kEmpty, std::string(kCheckpointFile), {}, "the tree has no entries");
      return absl::OkStatus();
    }
    auto opened = crypto::VerifiedTiles::Open(Head().size, Head().root, TilesOf(folder_));
    if (!opened.ok()) {
      ReportTiles(opened.status());
    } else {
      tiles_.emplace(*std::move(opened));
      PM_RETURN_IF_ERROR(CheckEntries());
    }
    PM_RETURN_IF_ERROR(CheckCheckpoints());
    PM_RETURN_IF_ERROR(CheckEvidence());
    PM_ASSIGN_OR_RETURN(const auto superfluous, ListSuperfluous(folder_, Head().size));
    strange_.insert(strange_.end(), superfluous.begin(), superfluous.end());
    if (!strange_.empty()) {
      Warn(absl::StrFormat("%d files are not of this tree and were not looked at; the first is %s",
                           strange_.size(), strange_.front()));
    }
    return absl::OkStatus();
  }

  const crypto::Checkpoint& Head() const { return result_.head->checkpoint; }

  // The largest signed checkpoint, whether `checkpoint` or one of checkpoints/. False if there is
  // none to judge the rest by.
  bool FindHead() {
    absl::StatusOr<std::string> note = ReadNote(std::string(kCheckpointFile));
    if (!note.ok()) {
      const bool missing = absl::IsNotFound(note.status());
      std::error_code error;
      const bool nothing = missing && sizes_.empty() && !fs::exists(folder_ / kTileFolder, error);
      Report(nothing ? Verdict::kEmpty : VerdictOf(note.status()), std::string(kCheckpointFile), {},
             TextOf(note.status()));
      return false;
    }
    NoteCheck check = CheckNote(*note, policy_, options_.now_unix_s);
    if (!check.opened.has_value()) {
      Report(check.verdict, std::string(kCheckpointFile), {}, check.words);
      return false;
    }
    // One that is larger names a state the log was in: what it covers must be here too. (An export
    // that was interrupted just before its end leaves it so, and has all of it.)
    if (!sizes_.empty() && sizes_.back() > check.opened->checkpoint.size) {
      const std::string path = CheckpointPath(sizes_.back());
      absl::StatusOr<std::string> larger = ReadNote(path);
      NoteCheck larger_check;
      if (larger.ok()) larger_check = CheckNote(*larger, policy_, options_.now_unix_s);
      if (larger_check.opened.has_value() &&
          larger_check.opened->checkpoint.size == sizes_.back()) {
        Warn(
            absl::StrFormat("%s is larger than the file checkpoint: an export that was not "
                            "finished, or a copy that was cut back",
                            path));
        check = std::move(larger_check);
      }
    }
    NoteUnknown(check);
    result_.standing = check.words;
    if (check.verdict == Verdict::kValid) result_.witnessed_size = check.opened->checkpoint.size;
    witnessed_ = check.verdict == Verdict::kValid;
    result_.head = std::move(check.opened);
    return true;
  }

  absl::StatusOr<std::string> ReadNote(const std::string& path) const {
    return ReadFolderFile(folder_, path, static_cast<std::int64_t>(crypto::kNoteBytesMax));
  }

  // ---- Entries and tiles ----

  absl::Status CheckEntries() {
    const std::uint64_t size = Head().size;
    const std::uint64_t bundles = (size + kWidth - 1) / kWidth;
    const BundleChecker checker(folder_);
    for (std::uint64_t first = 0; first < bundles; first += kBundlesAtOnce) {
      std::vector<BundleTask> tasks;
      for (std::uint64_t i = first; i < std::min(bundles, first + kBundlesAtOnce); ++i) {
        if (auto task = TaskOf(i); task.has_value()) tasks.push_back(*std::move(task));
      }
      std::vector<BundleCheck> checks(tasks.size());
      base::ForAll(
          static_cast<std::int64_t>(tasks.size()),
          [&](std::int64_t i) {
            const auto at = static_cast<std::size_t>(i);
            checks[at] = checker.Check(tasks[at]);
          },
          options_.threads);
      for (std::size_t i = 0; i < tasks.size(); ++i) TakeOver(tasks[i], std::move(checks[i]));
      if (options_.progress) {
        options_.progress(std::min(size, (first + kBundlesAtOnce) * kWidth), size);
      }
    }
    // Tiles of leaf hashes were counted with their bundles; of the others, every full one was asked
    // for its children's hashes, every partial one when the tree was opened.
    if (result_.findings.empty()) result_.tiles = TileCount(size);
    return absl::OkStatus();
  }

  // The bundle with what its leaves must lead to. Nothing if the tiles above it do not say.
  std::optional<BundleTask> TaskOf(std::uint64_t bundle) {
    BundleTask task;
    task.bundle.index = bundle;
    task.bundle.width = static_cast<int>(std::min(kWidth, Head().size - bundle * kWidth));
    const bool full = task.bundle.width == crypto::kTileWidth;
    const std::uint64_t hashes = full ? 1 : static_cast<std::uint64_t>(task.bundle.width);
    for (std::uint64_t i = 0; i < hashes; ++i) {
      const auto hash =
          full ? tiles_->Read(crypto::kTileHeight, bundle) : tiles_->Read(0, bundle * kWidth + i);
      if (!hash.ok()) {
        ReportTiles(hash.status());
        return std::nullopt;
      }
      task.expected.push_back(*hash);
    }
    return task;
  }

  void TakeOver(const BundleTask& task, BundleCheck check) {
    result_.entries += check.entries;
    result_.entry_bytes += check.bytes;
    if (check.finding.has_value()) {
      Report(*std::move(check.finding));
      last_ms_.reset();
      return;
    }
    if (last_ms_.has_value()) {
      CheckTime(*last_ms_ - check.first_ms, task.bundle.index * kWidth);
    }
    CheckTime(check.backwards_ms, check.backwards_index);
    last_ms_ = check.last_ms;
  }

  void CheckTime(std::int64_t backwards_ms, std::uint64_t index) {
    if (backwards_ms <= options_.backwards_ms_max) return;
    Warn(absl::StrFormat("entry %d bears a time %.1f s before the entry in front of it", index,
                         1e-3 * static_cast<double>(backwards_ms)));
  }

  // ---- Checkpoints ----

  struct CheckpointTask {
    std::string path;
    std::uint64_t size = 0;
    absl::StatusOr<std::string> note = absl::NotFoundError("not read");
    NoteCheck check;
  };

  absl::Status CheckCheckpoints() {
    if (!std::ranges::binary_search(sizes_, Head().size)) {
      Report(Verdict::kTruncated, CheckpointPath(Head().size), {},
             "the checkpoint of this size is not among those kept");
    }
    for (std::size_t first = 0; first < sizes_.size(); first += kCheckpointsAtOnce) {
      std::vector<CheckpointTask> tasks(std::min(kCheckpointsAtOnce, sizes_.size() - first));
      base::ForAll(
          static_cast<std::int64_t>(tasks.size()),
          [&](std::int64_t i) {
            CheckpointTask& task = tasks[static_cast<std::size_t>(i)];
            task.size = sizes_[first + static_cast<std::size_t>(i)];
            task.path = CheckpointPath(task.size);
            task.note = ReadNote(task.path);
            if (task.note.ok()) task.check = CheckNote(*task.note, policy_, options_.now_unix_s);
          },
          options_.threads);
      for (const CheckpointTask& task : tasks) CheckCheckpoint(task);
      if (options_.progress) options_.progress(Head().size, Head().size);
    }
    return absl::OkStatus();
  }

  void CheckCheckpoint(const CheckpointTask& task) {
    if (!task.note.ok()) {
      return Report(VerdictOf(task.note.status()), task.path, {}, TextOf(task.note.status()));
    }
    if (!task.check.opened.has_value()) {
      return Report(task.check.verdict, task.path, {}, task.check.words);
    }
    const crypto::Checkpoint& checkpoint = task.check.opened->checkpoint;
    if (checkpoint.size != task.size) {
      return Report(Verdict::kCorrupt, task.path, {},
                    absl::StrFormat("it is the checkpoint of %d entries", checkpoint.size));
    }
    if (!IsOfThisTree(checkpoint, task.path)) return;
    NoteUnknown(task.check);
    ++result_.checkpoints;
    if (task.check.verdict != Verdict::kValid) return;
    ++result_.checkpoints_witnessed;
    result_.witnessed_size = std::max(result_.witnessed_size, checkpoint.size);
  }

  // Whether a signed checkpoint states the root that this tree has at its size; reports what not.
  bool IsOfThisTree(const crypto::Checkpoint& checkpoint, const std::string& path) {
    if (checkpoint.origin != Head().origin) {
      Report(Verdict::kWrongKey, path, {}, "it is of another log of the policy");
      return false;
    }
    if (checkpoint.size > Head().size) {
      Report(Verdict::kTruncated, path, {},
             absl::StrFormat("the log had %d entries when it signed this", checkpoint.size));
      return false;
    }
    Sha256Digest root = Head().root;
    if (checkpoint.size < Head().size) {
      if (!tiles_.has_value()) return false;  // Reported where the tiles failed.
      const auto computed = crypto::RootFrom(checkpoint.size, tiles_->Reader());
      if (!computed.ok()) {
        ReportTiles(computed.status());
        return false;
      }
      root = *computed;
    }
    if (root == checkpoint.root) return true;
    Report(Verdict::kForked, path, {},
           absl::StrFormat("the log's key signed root %s for %d entries; here they have root %s",
                           base::ToHex(base::ByteSpan(checkpoint.root)), checkpoint.size,
                           base::ToHex(base::ByteSpan(root))));
    return false;
  }

  // Checkpoints that an export refused: each that the log's key signed and that is not of this tree
  // proves a fork.
  absl::Status CheckEvidence() {
    std::error_code error;
    const fs::path evidence = folder_ / kEvidenceFolder;
    if (!fs::exists(evidence, error)) return absl::OkStatus();
    std::vector<std::string> paths;
    for (fs::directory_iterator file(evidence, error), end; !error && file != end;
         file.increment(error)) {
      paths.push_back(file->path().lexically_relative(folder_).generic_string());
    }
    if (error) {
      return absl::FailedPreconditionError(
          absl::StrFormat("%s: %s", evidence.string(), error.message()));
    }
    std::ranges::sort(paths);
    for (const std::string& path : paths) {
      if (path.ends_with(".proof")) continue;  // Read with its note.
      const auto note = ReadNote(path);
      NoteCheck check;
      if (note.ok()) check = CheckNote(*note, policy_, options_.now_unix_s);
      if (!check.opened.has_value()) {
        Warn(path + " is no checkpoint signed by this log");
      } else if (check.opened->checkpoint.size > Head().size) {
        CheckLarger(check.opened->checkpoint, path);
      } else {
        IsOfThisTree(check.opened->checkpoint, path);
      }
    }
    return absl::OkStatus();
  }

  // A larger tree contradicts this one if it is shown to have another root within this one.
  void CheckLarger(const crypto::Checkpoint& larger, const std::string& path) {
    const auto text = ReadFolderFile(folder_, ForkProofPath(path), kForkProofBytesMax);
    const auto proof = text.ok() ? ParseForkProof(*text) : text.status();
    if (!proof.ok() || proof->size > Head().size ||
        !crypto::VerifyConsistency(proof->size, larger.size, proof->root, larger.root,
                                   proof->consistency)
             .ok()) {
      return Warn(path + " is larger than this copy, and nothing shows that it contradicts it");
    }
    crypto::Checkpoint within = larger;
    within.size = proof->size;
    within.root = proof->root;
    IsOfThisTree(within, path);
  }

  // ---- What was found ----

  // A tile that VerifiedTiles did not get or did not believe; its message names it.
  void ReportTiles(const absl::Status& status) {
    const std::string words = TextOf(status);
    const std::string file = words.substr(0, words.find_first_of(": "));
    const bool named = words.starts_with("tile/");
    Report(VerdictOf(status), named ? file : std::string(kTileFolder), {}, words);
  }

  void Report(Verdict verdict, std::string file, std::optional<std::uint64_t> index,
              std::string words) {
    Report({verdict, std::move(file), index, std::move(words)});
  }
  void Report(Finding finding) {
    result_.verdict = std::max(result_.verdict, finding.verdict);
    // The same tile may fail for many entries.
    if (!result_.findings.empty() && result_.findings.back().file == finding.file &&
        result_.findings.back().words == finding.words) {
      return;
    }
    if (result_.findings.size() < kFindingsMax) {
      result_.findings.push_back(std::move(finding));
    } else {
      ++result_.findings_left_off;
    }
  }
  void Warn(std::string words) {
    if (result_.warnings.size() < kWarningsMax) {
      result_.warnings.push_back(std::move(words));
    } else {
      ++warnings_left_off_;
    }
  }
  void NoteUnknown(const NoteCheck& check) { unknown_lines_ += check.unknown_lines; }

  VerifyResult Judged() {
    if (result_.verdict == Verdict::kValid && !witnessed_) result_.verdict = Verdict::kUnwitnessed;
    if (unknown_lines_ > 0) {
      Warn(
          absl::StrFormat("%d signature lines are under keys that the policy does not name; they "
                          "say nothing here",
                          unknown_lines_));
    }
    if (warnings_left_off_ > 0) {
      result_.warnings.push_back(absl::StrFormat("and %d more like these", warnings_left_off_));
    }
    return std::move(result_);
  }

  // Constant after construction.
  const fs::path& folder_;
  const crypto::Policy& policy_;
  const VerifyOptions& options_;

  std::vector<std::uint64_t> sizes_;  // Of checkpoints/.
  std::vector<std::string> strange_;
  std::optional<crypto::VerifiedTiles> tiles_;
  std::optional<std::int64_t> last_ms_;
  bool witnessed_ = false;
  std::uint64_t unknown_lines_ = 0;
  std::uint64_t warnings_left_off_ = 0;
  VerifyResult result_;
};

}  // namespace

absl::StatusOr<VerifyResult> Verify(const fs::path& folder, const crypto::Policy& policy,
                                    const VerifyOptions& options) {
  return Verifier(folder, policy, options).Run();
}

}  // namespace proofmark::ledgercopy
