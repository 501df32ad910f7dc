// SPDX-License-Identifier: Apache-2.0
#include "server/ledger/ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/tlog/tile.h"
#include "server/ledger/tables.h"
#include "server/store/keys.h"

namespace proofmark::ledger {
namespace {

using crypto::Sha256Digest;

constexpr std::size_t kOriginBytesMax = 512;

std::string EntryRow(std::uint64_t index) {
  return store::StoreKey(kEntryTable).U64(index).Build();
}
std::string LeafRow(std::uint64_t index) { return store::StoreKey(kLeafTable).U64(index).Build(); }
std::string SubtreeRow(int level, std::uint64_t index) {
  return store::StoreKey(kSubtreeTable).U64(static_cast<std::uint64_t>(level)).U64(index).Build();
}
std::string FrontierRow() { return store::StoreKey(kFrontierTable).Build(); }

absl::StatusOr<Sha256Digest> ParseDigest(std::string_view bytes) {
  Sha256Digest digest;
  if (bytes.size() != digest.size()) {
    return absl::DataLossError(
        absl::StrFormat("ledger: a leaf hash has %d bytes, not %d", bytes.size(), digest.size()));
  }
  std::ranges::copy(base::AsBytes(bytes), digest.begin());
  return digest;
}

using RowVisitor = std::function<absl::Status(std::uint64_t index, std::string_view value)>;

// Visits rows [first, end) of those whose keys are `rows` and an index; stops and says so at a gap.
absl::Status VisitRows(const store::Store& store, const store::StoreKey& rows, std::uint64_t first,
                       std::uint64_t end, const RowVisitor& visit) {
  if (first >= end) return absl::OkStatus();
  const auto row = [&rows](std::uint64_t index) {
    store::StoreKey key = rows;
    return key.U64(index).Build();
  };
  std::uint64_t next = first;
  absl::Status visited;
  const auto visit_row = [&](std::string_view key, std::string_view value) {
    if (key != row(next)) return false;
    visited = visit(next, value);
    if (!visited.ok()) return false;
    return ++next < end;
  };
  PM_RETURN_IF_ERROR(store.Scan({.prefix = rows.Build(), .start = row(first)}, visit_row));
  PM_RETURN_IF_ERROR(visited);
  if (next == end) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat("ledger: row %d of table %#x is missing", next,
                                             static_cast<int>(rows.Build().front())));
}

absl::StatusOr<StoredEntry> Checked(std::uint64_t index, std::string_view bytes,
                                    const Sha256Digest& leaf_hash) {
  if (crypto::LeafHash(bytes) != leaf_hash) {
    return absl::DataLossError(
        absl::StrFormat("ledger: entry %d does not hash to its leaf", index));
  }
  absl::StatusOr<records::LedgerEntry> entry = records::ParseEntry(bytes);
  if (!entry.ok() || entry->seq != index) {
    return absl::DataLossError(absl::StrFormat("ledger: entry %d cannot be read", index));
  }
  return StoredEntry{
      .entry = *std::move(entry), .bytes = std::string(bytes), .leaf_hash = leaf_hash};
}

absl::Status CheckCount(const char* what, std::int64_t count, std::int64_t min) {
  if (count >= min && count <= kReadEntriesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("ledger: %s is %d, not within %d to %d", what, count, min, kReadEntriesMax));
}

}  // namespace

void TileTops::Append(const Sha256Digest& leaf_hash, const Completed& completed) {
  Sha256Digest hash = leaf_hash;
  for (std::size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    Level& at = levels_[level];
    at.open.Append(hash);
    if (at.open.size() < crypto::kTileWidth) return;
    hash = at.open.Root();
    at.open = crypto::Frontier();
    completed(static_cast<int>(level) + 1, at.full++, hash);
  }
}

bool EntryFilter::Matches(const records::LedgerEntry& entry) const {
  const records::EntryDraft& draft = entry.draft;
  return (!kind || draft.kind == *kind) && (!peer || draft.peer == *peer) &&
         (!unix_ms_min || entry.unix_ms >= *unix_ms_min) &&
         (!unix_ms_max || entry.unix_ms <= *unix_ms_max) &&
         (!purpose || draft.purpose == *purpose) &&
         (!case_prefix || draft.case_commitment.starts_with(*case_prefix)) &&
         (!outcome || draft.outcome == *outcome || draft.outcome.starts_with(*outcome + ":"));
}

Ledger::Ledger(store::Store& store, const base::Clock& clock, Options options)
    : options_(std::move(options)), store_(store), clock_(clock) {}

Ledger::~Ledger() { store_.SetGroupObserver(nullptr); }

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(store::Store& store, const base::Clock& clock,
                                                     Options options) {
  if (options.origin.empty() || options.origin.size() > kOriginBytesMax ||
      options.origin.find_first_of(" \n\t+") != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "ledger: the origin must have 1 to %d bytes, no white space and no '+'", kOriginBytesMax));
  }
  // Any draft shows whether the node name can stand in an entry.
  PM_RETURN_IF_ERROR(
      records::FormatEntry(
          {.seq = 0, .unix_ms = 0, .node = options.node_name, .draft = {.outcome = "ok"}})
          .status());
  std::unique_ptr<Ledger> ledger(new Ledger(store, clock, std::move(options)));
  PM_RETURN_IF_ERROR(ledger->Load());
  store.SetGroupObserver(ledger.get());
  return ledger;
}

absl::Status Ledger::Load() {
  crypto::Frontier stored;
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, store_.Get(FrontierRow()));
  if (row) {
    PM_ASSIGN_OR_RETURN(stored, crypto::Frontier::Parse(*row));
  }
  const store::HighWaterMark& mark = store_.high_water_at_open();
  const bool behind = stored.size() < mark.size;
  if (behind && !options_.restoring) {
    return store::RollbackDetected(
        absl::StrFormat("the database holds %d ledger entries, but %d were acknowledged",
                        stored.size(), mark.size));
  }
  crypto::Frontier recomputed;
  Sha256Digest root_at_mark = crypto::EmptyRoot();
  absl::Status tiles;
  const auto check_tile = [&](int level, std::uint64_t index, const Sha256Digest& hash) {
    if (!tiles.ok()) return;
    const auto kept = store_.Get(SubtreeRow(level, index));
    if (!kept.ok()) {
      tiles = kept.status();
    } else if (!*kept || **kept != crypto::AsText(hash)) {
      tiles = absl::DataLossError(
          absl::StrFormat("ledger: tile %d of level %d is damaged", index, level - 1));
    }
  };
  const auto append = [&](std::uint64_t, std::string_view value) -> absl::Status {
    PM_ASSIGN_OR_RETURN(const Sha256Digest leaf, ParseDigest(value));
    recomputed.Append(leaf);
    tile_tops_.Append(leaf, check_tile);
    if (recomputed.size() == mark.size) root_at_mark = recomputed.Root();
    return tiles;
  };
  PM_RETURN_IF_ERROR(VisitRows(store_, store::StoreKey(kLeafTable), 0, stored.size(), append));
  if (recomputed != stored) {
    return absl::DataLossError("ledger: the leaf hashes do not make the stored tree");
  }
  if (!behind && root_at_mark != mark.root) {
    return store::RollbackDetected(absl::StrFormat(
        "the first %d ledger entries are not those that were acknowledged", mark.size));
  }
  frontier_ = std::move(recomputed);
  base::MutexLock lock(mutex_);
  head_ = {.size = frontier_.size(), .root = frontier_.Root()};
  return absl::OkStatus();
}

absl::StatusOr<Receipt> Ledger::Append(records::EntryDraft draft, store::WriteRequest data,
                                       WithReceipt with_receipt) {
  PM_CHECK(!options_.restoring && !data.at_turn && !data.admitted);
  // A bad draft is refused before it costs the writer thread anything.
  PM_RETURN_IF_ERROR(
      records::FormatEntry({.seq = 0, .unix_ms = 0, .node = options_.node_name, .draft = draft})
          .status());
  Receipt receipt;
  data.at_turn = [&](store::Mutations& mutations) -> absl::Status {
    PM_RETURN_IF_ERROR(Stage(draft, receipt, mutations));
    return with_receipt ? with_receipt(receipt, mutations) : absl::OkStatus();
  };
  data.admitted = [&] { Admit(receipt.leaf_hash); };
  PM_RETURN_IF_ERROR(store_.Commit(std::move(data)));
  return receipt;
}

absl::Status Ledger::Restore(std::span<const std::string> entries, store::WriteRequest data) {
  PM_CHECK(options_.restoring && !data.at_turn && !data.admitted);
  std::vector<Sha256Digest> leaves;
  data.at_turn = [&](store::Mutations& mutations) -> absl::Status {
    for (const std::string& bytes : entries) {
      const std::uint64_t index = frontier_.size() + leaves.size();
      const absl::StatusOr<records::LedgerEntry> entry = records::ParseEntry(bytes);
      if (!entry.ok() || entry->seq != index || entry->node != options_.node_name) {
        return absl::InvalidArgumentError(absl::StrFormat(
            "ledger: what shall be restored is not entry %d of %s", index, options_.node_name));
      }
      leaves.push_back(crypto::LeafHash(bytes));
      mutations.Put(LeafRow(index), std::string(crypto::AsText(leaves.back())));
      mutations.Put(EntryRow(index), bytes);
    }
    return absl::OkStatus();
  };
  data.admitted = [&] {
    for (const Sha256Digest& leaf : leaves) Admit(leaf);
  };
  return store_.Commit(std::move(data));
}

void Ledger::Admit(const Sha256Digest& leaf_hash) {
  frontier_.Append(leaf_hash);
  tile_tops_.Append(leaf_hash, [this](int level, std::uint64_t index, const Sha256Digest& hash) {
    full_tiles_.emplace_back(SubtreeRow(level, index), crypto::AsText(hash));
  });
  moved_ = true;
}

absl::Status Ledger::Stage(const records::EntryDraft& draft, Receipt& receipt,
                           store::Mutations& mutations) {
  const std::uint64_t index = frontier_.size();
  PM_ASSIGN_OR_RETURN(std::string bytes, records::FormatEntry({.seq = index,
                                                               .unix_ms = clock_.UnixMillis(),
                                                               .node = options_.node_name,
                                                               .draft = draft}));
  receipt = {.origin = options_.origin, .index = index, .leaf_hash = crypto::LeafHash(bytes)};
  mutations.Put(LeafRow(index), std::string(crypto::AsText(receipt.leaf_hash)));
  mutations.Put(EntryRow(index), std::move(bytes));
  return absl::OkStatus();
}

std::optional<store::HighWaterMark> Ledger::Seal(store::Mutations& mutations) {
  if (!std::exchange(moved_, false)) return std::nullopt;
  mutations.Put(FrontierRow(), frontier_.Serialize());
  for (auto& [row, hash] : full_tiles_) mutations.Put(std::move(row), std::move(hash));
  full_tiles_.clear();
  // While a restoration has not reached it, the mark says what is still missing.
  if (frontier_.size() < store_.high_water_at_open().size) return std::nullopt;
  return store::HighWaterMark{.size = frontier_.size(), .root = frontier_.Root()};
}

void Ledger::Committed() {
  base::MutexLock lock(mutex_);
  if (head_.size != frontier_.size()) {
    head_ = {.size = frontier_.size(), .root = frontier_.Root()};
  }
}

TreeHead Ledger::Head() const {
  base::MutexLock lock(mutex_);
  return head_;
}

absl::StatusOr<StoredEntry> Ledger::Read(std::uint64_t index) const {
  if (const std::uint64_t size = Head().size; index >= size) {
    return absl::NotFoundError(
        absl::StrFormat("ledger: no entry %d; the ledger has %d", index, size));
  }
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, store_.Get(EntryRow(index)));
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> leaf, store_.Get(LeafRow(index)));
  if (!bytes || !leaf) {
    return absl::DataLossError(absl::StrFormat("ledger: entry %d is missing", index));
  }
  PM_ASSIGN_OR_RETURN(const Sha256Digest leaf_hash, ParseDigest(*leaf));
  return Checked(index, *bytes, leaf_hash);
}

absl::StatusOr<std::vector<StoredEntry>> Ledger::ReadRange(std::uint64_t first,
                                                           std::int64_t count) const {
  PM_RETURN_IF_ERROR(CheckCount("count", count, 0));
  const std::uint64_t size = Head().size;
  std::vector<StoredEntry> entries;
  for (std::uint64_t index = first;
       index < size && index - first < static_cast<std::uint64_t>(count); ++index) {
    PM_ASSIGN_OR_RETURN(StoredEntry entry, Read(index));
    entries.push_back(std::move(entry));
  }
  return entries;
}

absl::StatusOr<EntryPage> Ledger::ReadMatching(const EntryFilter& filter, std::uint64_t from,
                                               std::int64_t limit) const {
  PM_RETURN_IF_ERROR(CheckCount("limit", limit, 1));
  const std::uint64_t size = Head().size;
  const std::uint64_t begin = std::min(from, size);
  const std::uint64_t end = begin + std::min(kMatchedAtOnceMax, size - begin);
  EntryPage page;
  std::uint64_t next = begin;
  while (next < end && page.entries.size() < static_cast<std::size_t>(limit)) {
    PM_ASSIGN_OR_RETURN(StoredEntry entry, Read(next++));
    if (filter.Matches(entry.entry)) page.entries.push_back(std::move(entry));
  }
  if (next < size) page.next_index = next;
  return page;
}

absl::StatusOr<std::vector<StoredEntry>> Ledger::ReadNewestFirst(
    const EntryFilter& filter, std::int64_t limit, std::optional<std::uint64_t> before) const {
  PM_RETURN_IF_ERROR(CheckCount("limit", limit, 1));
  const std::uint64_t size = Head().size;
  std::vector<StoredEntry> entries;
  for (std::uint64_t index = std::min(before.value_or(size), size);
       index > 0 && entries.size() < static_cast<std::size_t>(limit);) {
    PM_ASSIGN_OR_RETURN(StoredEntry entry, Read(--index));
    if (filter.Matches(entry.entry)) entries.push_back(std::move(entry));
  }
  return entries;
}

absl::StatusOr<std::vector<Sha256Digest>> Ledger::LeafHashes(std::uint64_t first,
                                                             std::uint64_t count) const {
  const std::uint64_t size = Head().size;
  if (first > size || count > size - first) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "ledger: leaves [%d, +%d) leave the log of %d entries", first, count, size));
  }
  std::vector<Sha256Digest> hashes;
  hashes.reserve(count);
  const auto keep = [&](std::uint64_t, std::string_view value) -> absl::Status {
    PM_ASSIGN_OR_RETURN(const Sha256Digest leaf, ParseDigest(value));
    hashes.push_back(leaf);
    return absl::OkStatus();
  };
  PM_RETURN_IF_ERROR(VisitRows(store_, store::StoreKey(kLeafTable), first, first + count, keep));
  return hashes;
}

crypto::HashReader Ledger::SubtreeReader() const {
  return [this](int height, std::uint64_t index) -> absl::StatusOr<Sha256Digest> {
    const std::uint64_t size = Head().size;
    if (height < 0 || height > 62 || index >= (size >> height)) {
      return absl::OutOfRangeError(
          absl::StrFormat("ledger: subtree %d of height %d leaves the log", index, height));
    }
    // Made of 1 to 128 leaves, or of hashes over full tiles.
    const int level = height / crypto::kTileHeight;
    const std::uint64_t count = std::uint64_t{1} << (height % crypto::kTileHeight);
    store::StoreKey rows(level == 0 ? kLeafTable : kSubtreeTable);
    if (level > 0) rows.U64(static_cast<std::uint64_t>(level));
    crypto::Frontier subtree;
    const auto add = [&](std::uint64_t, std::string_view value) -> absl::Status {
      PM_ASSIGN_OR_RETURN(const Sha256Digest hash, ParseDigest(value));
      subtree.Append(hash);
      return absl::OkStatus();
    };
    PM_RETURN_IF_ERROR(VisitRows(store_, rows, index * count, (index + 1) * count, add));
    return subtree.Root();
  };
}

absl::Status Ledger::VerifyEntries(std::uint64_t first, std::uint64_t end) const {
  if (end < first) return absl::InvalidArgumentError("ledger: a range that ends before it begins");
  constexpr std::uint64_t kAtOnce = 4096;
  for (std::uint64_t from = first; from < end; from += kAtOnce) {
    const std::uint64_t to = std::min(end, from + kAtOnce);
    PM_ASSIGN_OR_RETURN(const std::vector<Sha256Digest> leaves, LeafHashes(from, to - from));
    const auto check = [&](std::uint64_t index, std::string_view bytes) {
      return Checked(index, bytes, leaves[index - from]).status();
    };
    PM_RETURN_IF_ERROR(VisitRows(store_, store::StoreKey(kEntryTable), from, to, check));
  }
  return absl::OkStatus();
}

absl::StatusOr<TreeHead> Ledger::VerifyAll() const {
  const TreeHead head = Head();
  PM_RETURN_IF_ERROR(VerifyEntries(0, head.size));
  crypto::Frontier tree;
  const auto add = [&](std::uint64_t, std::string_view value) -> absl::Status {
    PM_ASSIGN_OR_RETURN(const Sha256Digest leaf, ParseDigest(value));
    tree.Append(leaf);
    return absl::OkStatus();
  };
  PM_RETURN_IF_ERROR(VisitRows(store_, store::StoreKey(kLeafTable), 0, head.size, add));
  if (tree.Root() != head.root) {
    return absl::DataLossError("ledger: the entries do not make the ledger's root");
  }
  return head;
}

}  // namespace proofmark::ledger
