// SPDX-License-Identifier: Apache-2.0
#include "server/lookup/held_tables.h"

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/sign/key_id.h"
#include "crypto/tlog/policy.h"
#include "crypto/tlog/tlog_proof.h"
#include "records/ledger_entry.h"
#include "server/lookup/key_book.h"
#include "server/lookup/table_keeper.h"
#include "server/lookup/tables.h"

namespace proofmark::lookup {
namespace {

absl::Status Unbelieved(std::string_view why) {
  return absl::UnauthenticatedError(absl::StrFormat("look-up table: %s", why));
}

// A domain may be longer than a file's name.
std::string FileName(const federation::Partner& partner) {
  constexpr std::size_t kDigits = 32;
  return crypto::Sha256Hex(partner.domain).substr(0, kDigits) + ".pmlk";
}

// What an entry of the partner's ledger must say.
struct Expected {
  records::EntryKind kind;
  std::string_view outcome;
  std::string object;
  std::string detail;
};

absl::Status CheckLogged(const federation::Partner& partner, std::string_view own_node_id,
                         std::uint32_t epoch, const wire::LoggedEntry& logged,
                         const Expected& expected, const crypto::Policy& policy,
                         std::int64_t now_unix_ms) {
  const absl::StatusOr<crypto::TlogProof> proof = crypto::ParseTlogProof(logged.proof);
  if (!proof.ok()) return Unbelieved(std::string(proof.status().message()));
  const absl::StatusOr<crypto::VerifiedTlogProof> verified =
      crypto::VerifyTlogProof(*proof, logged.entry, policy, now_unix_ms / 1'000);
  if (!verified.ok()) return Unbelieved(std::string(verified.status().message()));
  const absl::StatusOr<records::LedgerEntry> entry = records::ParseEntry(logged.entry);
  if (!entry.ok()) return Unbelieved(std::string(entry.status().message()));
  const records::EntryDraft& said = entry->draft;
  if (entry->node != partner.node_id || entry->seq != verified->index || said.peer != own_node_id ||
      said.kind != expected.kind || said.outcome != expected.outcome || said.count != epoch ||
      said.object != expected.object || said.detail != expected.detail) {
    return Unbelieved(absl::StrFormat("the entry %s of its ledger says otherwise",
                                      records::ToText(expected.kind)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const HeldTable>> HeldTable::Create(const wire::LookupTable& offered,
                                                                   const crypto::LookupTerms& terms,
                                                                   store::MappedFile bytes) {
  const std::string_view text = base::AsText(std::as_bytes(bytes.bytes));
  if (crypto::Sha256(text) != offered.table_hash) {
    return Unbelieved("its bytes are not those that were logged");
  }
  PM_ASSIGN_OR_RETURN(crypto::LookupSnapshot snapshot, crypto::LookupSnapshot::Parse(text));
  const crypto::SnapshotHeader& header = snapshot.header();
  if (header.id != offered.snapshot_id || header.terms != terms ||
      header.public_key.bytes() != offered.public_key) {
    return Unbelieved("its header says otherwise than was logged");
  }
  return std::shared_ptr<const HeldTable>(
      new HeldTable(std::move(bytes), std::move(snapshot), offered.table_hash));
}

absl::Status CheckOffer(const federation::Partner& partner, std::string_view own_node_id,
                        const wire::LookupTable& offered, std::int64_t now_unix_ms) {
  if (!partner.log_key) {
    return absl::FailedPreconditionError(
        "its log_key is not configured here, so what it logged cannot be checked");
  }
  PM_ASSIGN_OR_RETURN(const crypto::Policy policy,
                      crypto::Policy::Parse(absl::StrFormat(
                          "log %s\nquorum none\n", crypto::ToVerifierKey(*partner.log_key))));
  const std::string key_hash = crypto::Sha256Hex(offered.public_key);
  PM_RETURN_IF_ERROR(CheckLogged(
      partner, own_node_id, offered.epoch, offered.key_entry,
      {.kind = records::EntryKind::kKey, .outcome = kKeyMade, .object = key_hash, .detail = ""},
      policy, now_unix_ms));
  return CheckLogged(partner, own_node_id, offered.epoch, offered.table_entry,
                     {.kind = records::EntryKind::kLookupSnapshot,
                      .outcome = kTablePublished,
                      .object = base::ToHex(base::ByteSpan(offered.table_hash)),
                      .detail = key_hash},
                     policy, now_unix_ms);
}

absl::StatusOr<std::unique_ptr<HeldTables>> HeldTables::Open(store::Store& store,
                                                             store::StorageEnv& disk,
                                                             std::string folder,
                                                             std::string own_node_id,
                                                             const base::Clock& clock) {
  std::unique_ptr<HeldTables> tables(new HeldTables(store, std::move(own_node_id), clock));
  PM_ASSIGN_OR_RETURN(tables->files_, store::DerivedFiles::Open(disk, std::move(folder)));
  return tables;
}

std::optional<HeldTables::Held> HeldTables::Find(const federation::Partner& partner) const {
  const std::uint32_t epoch = EpochAt(clock_.UnixMillis());
  const base::MutexLock lock(mutex_);
  const auto held = held_.find(partner.domain);
  if (held == held_.end() || held->second.table->snapshot().header().terms.epoch != epoch) {
    return std::nullopt;
  }
  return held->second;
}

absl::Status HeldTables::PinKey(const federation::Partner& partner,
                                const wire::LookupTable& offered) {
  std::string epoch;
  base::AppendU32Be(epoch, offered.epoch);
  const std::string key =
      store::StoreKey(kPinnedKeyTable).Text(partner.domain).Bytes(epoch).Build();
  const base::MutexLock lock(mutex_);
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> pinned, store_.Get(key));
  if (!pinned.has_value()) {
    store::WriteRequest request;
    request.mutations.Put(key, offered.public_key);
    return store_.Commit(std::move(request));
  }
  if (*pinned == offered.public_key) return absl::OkStatus();
  return Unbelieved("it showed another key for this epoch before");
}

absl::StatusOr<std::shared_ptr<const HeldTable>> HeldTables::Load(
    const federation::Partner& partner, const wire::LookupTable& offered) {
  PM_ASSIGN_OR_RETURN(store::MappedFile file, files_->Map(FileName(partner)));
  PM_ASSIGN_OR_RETURN(
      std::shared_ptr<const HeldTable> table,
      HeldTable::Create(
          offered,
          {.responder_id = partner.node_id, .querier_id = own_node_id_, .epoch = offered.epoch},
          std::move(file)));
  const base::MutexLock lock(mutex_);
  held_[partner.domain] = {.table = table, .checked_unix_ms = clock_.UnixMillis()};
  return table;
}

std::shared_ptr<const HeldTable> HeldTables::Adopt(const federation::Partner& partner,
                                                   const wire::LookupTable& offered) {
  absl::StatusOr<std::shared_ptr<const HeldTable>> table = Load(partner, offered);
  return table.ok() ? *std::move(table) : nullptr;
}

absl::StatusOr<std::shared_ptr<const HeldTable>> HeldTables::Keep(
    const federation::Partner& partner, const wire::LookupTable& offered,
    const std::string& bytes) {
  // Before it takes the place of one that was good.
  if (crypto::Sha256(bytes) != offered.table_hash) {
    return Unbelieved("its bytes are not those that were logged");
  }
  PM_RETURN_IF_ERROR(files_->Write(FileName(partner), bytes));
  return Load(partner, offered);
}

}  // namespace proofmark::lookup
