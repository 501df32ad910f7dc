// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/hash/sha256.h"
#include "crypto/tlog/merkle.h"
#include "records/ledger_entry.h"
#include "server/store/store.h"

namespace proofmark::ledger {

// Where an act is recorded. Given to whoever asked for it.
struct Receipt {
  std::string origin;  // Names the log: <agency domain>/proofmark/<node>/log.
  std::uint64_t index = 0;
  crypto::Sha256Digest leaf_hash{};

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// An entry as it was read back.
struct StoredEntry {
  records::LedgerEntry entry;
  std::string bytes;  // Exactly what was written and hashed.
  crypto::Sha256Digest leaf_hash{};
};

// Size and root of the log at one moment.
struct TreeHead {
  std::uint64_t size = 0;
  crypto::Sha256Digest root{};

  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

// Which entries a reader wants; what is not set does not restrict.
struct EntryFilter {
  std::optional<records::EntryKind> kind{};
  std::optional<std::string> peer{};  // Exact SPIFFE id.
  std::optional<std::int64_t> unix_ms_min{};
  std::optional<std::int64_t> unix_ms_max{};  // Inclusive.
  std::optional<std::string> purpose{};
  std::optional<std::string> case_prefix{};  // First digits of the case's commitment.
  std::optional<std::string> outcome{};      // This code, or those that begin with it and ':'.

  bool Matches(const records::LedgerEntry& entry) const;
};

inline constexpr std::int64_t kReadEntriesMax = 1000;
inline constexpr std::uint64_t kMatchedAtOnceMax = 50'000;

// Some entries in order of index, and where to go on; none after the last.
struct EntryPage {
  std::vector<StoredEntry> entries;
  std::optional<std::uint64_t> next_index;
};

// Follows the leaves of a tree and gives the hash over each tile when it is full: a level-0 tile
// after 256 leaves, a level-1 tile after 256 of those, and so on.
class TileTops {
 public:
  // `completed(level, index, hash)`: level 1 is over leaves.
  using Completed =
      std::function<void(int level, std::uint64_t index, const crypto::Sha256Digest&)>;
  void Append(const crypto::Sha256Digest& leaf_hash, const Completed& completed);

 private:
  struct Level {
    crypto::Frontier open;
    std::uint64_t full = 0;
  };
  std::vector<Level> levels_;
};

// The append-only record of every act of this node: one entry for each, in the same atomic batch as
// the data it is about, so that neither exists without the other.
//
// Thread-safe. Append from many threads at once: they share one sync (server/store/store.h). Index,
// time and hashes are made on the store's writer thread.
class Ledger final : private store::GroupObserver {
 public:
  struct Options {
    std::string origin;     // <agency domain>/proofmark/<node>/log
    std::string node_name;  // SPIFFE id, the `node` line of every entry.
    // For server/ledger/restoring.h alone: a ledger that lacks acknowledged entries at its end
    // opens all the same. It takes nothing but Restore().
    bool restoring = false;
  };

  // Recomputes the tree from the stored leaf hashes and compares it with the stored frontier and
  // with the high-water mark. `store` and `clock` must outlive the result; one ledger a store.
  //   Cost  one pass over 32 bytes an entry.
  //   kInvalidArgument  the node name or origin breaks its rule.
  //   kDataLoss         the stored tree is damaged, or store::IsRollbackDetected: entries that were
  //                     acknowledged are gone.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(store::Store& store, const base::Clock& clock,
                                                      Options options);
  ~Ledger() override;

  // Adds what depends on the receipt, such as the answer kept for a repeated request. Runs on the
  // writer thread: quick, no calls to the store or the ledger.
  using WithReceipt = std::function<absl::Status(const Receipt&, store::Mutations&)>;

  // Writes the entry together with `data`; returns when both are durable. data.at_turn must be
  // empty: use `with_receipt`.
  //   kInvalidArgument  the draft breaks a rule of entry.h.
  //   others            store::Store::Commit.
  absl::StatusOr<Receipt> Append(records::EntryDraft draft, store::WriteRequest data = {},
                                 WithReceipt with_receipt = nullptr);

  // Writes entries, which were here before, at the ledger's end together with `data`: their bytes
  // and nothing else. The caller has shown that they are the acknowledged ones. The high-water mark
  // is never lowered: while entries that it covers are missing, it stays.
  // Options::restoring; data.at_turn must be empty.
  //   kInvalidArgument  an entry that is none, of another index or of another node; nothing is
  //                     written.
  //   others            store::Store::Commit.
  absl::Status Restore(std::span<const std::string> entries, store::WriteRequest data = {});

  // The tree with every acknowledged entry.
  TreeHead Head() const;
  const std::string& origin() const { return options_.origin; }

  // One entry, its bytes checked against its leaf hash.
  //   kNotFound  index >= size.
  //   kDataLoss  the bytes are damaged.
  absl::StatusOr<StoredEntry> Read(std::uint64_t index) const;

  // Entries [first, first + count), fewer at the end of the log.
  //   kInvalidArgument  count is negative or above kReadEntriesMax.
  absl::StatusOr<std::vector<StoredEntry>> ReadRange(std::uint64_t first, std::int64_t count) const;

  // The entries from index `from` on that match, at most `limit`. Looks at kMatchedAtOnceMax
  // entries at most: a rare filter over a long ledger comes back with a next index instead of
  // nothing.
  //   kInvalidArgument  limit is below 1 or above kReadEntriesMax.
  absl::StatusOr<EntryPage> ReadMatching(const EntryFilter& filter, std::uint64_t from,
                                         std::int64_t limit) const;

  // The newest entries below index `before` that match, newest first, at most `limit`.
  //   kInvalidArgument  limit is below 1 or above kReadEntriesMax.
  //   Cost  reads entries until `limit` match.
  absl::StatusOr<std::vector<StoredEntry>> ReadNewestFirst(
      const EntryFilter& filter, std::int64_t limit,
      std::optional<std::uint64_t> before = std::nullopt) const;

  // Leaf hashes [first, first + count) of durable entries, in order, for proofs and tiles.
  //   kInvalidArgument  the range leaves the log.
  absl::StatusOr<std::vector<crypto::Sha256Digest>> LeafHashes(std::uint64_t first,
                                                               std::uint64_t count) const;

  // The hash of the perfect subtree of 2^height leaves at leaf index * 2^height, from rows: for
  // proofs, tiles and the second path to a root. The reader must not outlive the ledger.
  //   kOutOfRange  (of the reader) the subtree leaves the log.
  //   Cost  at most 128 rows a read.
  crypto::HashReader SubtreeReader() const;

  // Reads entries [first, end) back: each parses, carries its index, and hashes to its leaf.
  //   kDataLoss         names the first index at which it does not.
  //   kInvalidArgument  the range leaves the log.
  absl::Status VerifyEntries(std::uint64_t first, std::uint64_t end) const;

  // Reads everything back: every entry parses, carries its index, and hashes to its leaf; the
  // leaves make the root. Returns the tree verified.
  //   kDataLoss  names the first index at which it does not.
  absl::StatusOr<TreeHead> VerifyAll() const;

 private:
  Ledger(store::Store& store, const base::Clock& clock, Options options);

  absl::Status Load();
  absl::Status Stage(const records::EntryDraft& draft, Receipt& receipt,
                     store::Mutations& mutations);
  void Admit(const crypto::Sha256Digest& leaf_hash);
  std::optional<store::HighWaterMark> Seal(store::Mutations& mutations) override;
  void Committed() override;

  // Constant after construction.
  const Options options_;
  // Do their own locking.
  store::Store& store_;
  const base::Clock& clock_;

  // Writer thread only, after Open: the tree with the group under way.
  crypto::Frontier frontier_;
  TileTops tile_tops_;
  bool moved_ = false;
  std::vector<std::pair<std::string, std::string>> full_tiles_;  // Rows of the group under way.

  mutable base::Mutex mutex_;
  TreeHead head_ ABSL_GUARDED_BY(mutex_);  // Durable and announced.
};

}  // namespace proofmark::ledger
