// SPDX-License-Identifier: Apache-2.0
#include "server/lookup/key_book.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "crypto/lookup/input.h"
#include "server/lookup/sealed_row.h"
#include "server/lookup/tables.h"

namespace proofmark::lookup {
namespace {

constexpr std::size_t kHandleKeyBytes = 32;
constexpr std::size_t kEpochBytes = 4;
constexpr std::size_t kIndexBytes = 8;
constexpr std::string_view kSeedField = "seed";
constexpr std::string_view kHandleField = "handle key";

std::string EpochBytes(std::uint32_t epoch) {
  std::string bytes;
  base::AppendU32Be(bytes, epoch);
  return bytes;
}

std::uint32_t ParseEpoch(std::string_view four_bytes) {
  return static_cast<std::uint32_t>(
      base::ParseU64Be(std::string(4, '\0') + std::string(four_bytes)));
}

std::string RowKey(std::string_view partner, std::uint32_t epoch) {
  return store::StoreKey(kEpochKeyTable).Text(partner).Bytes(EpochBytes(epoch)).Build();
}

records::EntryDraft EntryOf(std::string_view partner, std::uint32_t epoch,
                            std::string_view outcome) {
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kKey;
  draft.peer = std::string(partner);
  draft.count = epoch;
  draft.outcome = std::string(outcome);
  return draft;
}

absl::StatusOr<crypto::SecretBytes> OpenHandleKey(store::Store& store) {
  const std::string key = store::StoreKey(kHandleKeyTable).Build();
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, store.Get(key));
  if (row.has_value()) {
    PM_ASSIGN_OR_RETURN(OpenedRow opened, OpenSealed(store, kHandleField, *row));
    return crypto::SecretBytes::TakeFrom(opened.plain);
  }
  crypto::SecretBytes secret = crypto::SecretBytes::Random(kHandleKeyBytes, store.random());
  store::WriteRequest request;
  PM_ASSIGN_OR_RETURN(
      std::string made,
      SealUnderNewKey(store, kHandleField, base::AsText(secret.ExposeForOpenSsl()), request));
  request.preconditions.push_back({.key = key, .value = std::nullopt});
  request.mutations.Put(key, std::move(made));
  PM_RETURN_IF_ERROR(store.Commit(std::move(request)));
  return secret;
}

}  // namespace

absl::StatusOr<std::unique_ptr<KeyBook>> KeyBook::Open(store::Store& store, ledger::Ledger& ledger,
                                                       const base::Clock& clock,
                                                       std::string own_node_id) {
  PM_ASSIGN_OR_RETURN(crypto::SecretBytes handle_key, OpenHandleKey(store));
  return std::unique_ptr<KeyBook>(
      new KeyBook(store, ledger, clock, std::move(own_node_id), std::move(handle_key)));
}

absl::StatusOr<std::shared_ptr<const EpochKey>> KeyBook::Current(std::string_view partner_node_id) {
  const std::uint32_t epoch = EpochAt(clock_.UnixMillis());
  const base::MutexLock lock(mutex_);
  const auto known = current_.find(partner_node_id);
  if (known != current_.end() && known->second->epoch == epoch) return known->second;
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                      store_.Get(RowKey(partner_node_id, epoch)));
  PM_ASSIGN_OR_RETURN(std::shared_ptr<const EpochKey> key, row.has_value()
                                                               ? Load(partner_node_id, epoch, *row)
                                                               : Make(partner_node_id, epoch));
  current_.insert_or_assign(std::string(partner_node_id), key);
  return key;
}

absl::StatusOr<std::shared_ptr<const EpochKey>> KeyBook::Load(std::string_view partner_node_id,
                                                              std::uint32_t epoch,
                                                              const std::string& row) const {
  if (row.size() <= kIndexBytes) return absl::DataLossError("the row of a look-up key is damaged");
  PM_ASSIGN_OR_RETURN(OpenedRow opened,
                      OpenSealed(store_, kSeedField, std::string_view(row).substr(kIndexBytes)));
  PM_ASSIGN_OR_RETURN(crypto::VoprfKey key,
                      crypto::DeriveLookupKey(crypto::SecretBytes::TakeFrom(opened.plain),
                                              {.responder_id = own_node_id_,
                                               .querier_id = std::string(partner_node_id),
                                               .epoch = epoch}));
  return std::make_shared<const EpochKey>(
      EpochKey{.epoch = epoch,
               .key = std::move(key),
               .entry_index = base::ParseU64Be(row.substr(0, kIndexBytes))});
}

absl::StatusOr<std::shared_ptr<const EpochKey>> KeyBook::Make(std::string_view partner_node_id,
                                                              std::uint32_t epoch) {
  const crypto::SecretBytes seed =
      crypto::SecretBytes::Random(crypto::kVoprfSeedBytes, store_.random());
  PM_ASSIGN_OR_RETURN(crypto::VoprfKey key,
                      crypto::DeriveLookupKey(seed, {.responder_id = own_node_id_,
                                                     .querier_id = std::string(partner_node_id),
                                                     .epoch = epoch}));
  const std::string row_key = RowKey(partner_node_id, epoch);
  store::WriteRequest request;
  PM_ASSIGN_OR_RETURN(
      const std::string sealed,
      SealUnderNewKey(store_, kSeedField, base::AsText(seed.ExposeForOpenSsl()), request));
  request.preconditions.push_back({.key = row_key, .value = std::nullopt});
  records::EntryDraft draft = EntryOf(partner_node_id, epoch, kKeyMade);
  draft.object = crypto::Sha256Hex(key.public_key().bytes());
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      ledger_.Append(std::move(draft), std::move(request),
                                     [&](const ledger::Receipt& made, store::Mutations& mutations) {
                                       std::string row;
                                       base::AppendU64Be(row, made.index);
                                       mutations.Put(row_key, row + sealed);
                                       return absl::OkStatus();
                                     }));
  return std::make_shared<const EpochKey>(
      EpochKey{.epoch = epoch, .key = std::move(key), .entry_index = receipt.index});
}

absl::Status KeyBook::EraseEnded() {
  struct Ended {
    std::string row_key;
    std::string partner;
    std::uint32_t epoch = 0;
    store::KeyId key_id;
  };
  const std::uint32_t now = EpochAt(clock_.UnixMillis());
  std::vector<Ended> ended;
  const base::MutexLock lock(mutex_);
  std::erase_if(current_, [now](const auto& known) { return known.second->epoch < now; });
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(kEpochKeyTable).Build();
  absl::Status fault;
  PM_RETURN_IF_ERROR(store_.Scan(scan, [&](std::string_view key, std::string_view row) {
    const absl::StatusOr<TextKey> parts = ParseTextKey(key, kEpochBytes);
    fault = parts.status();
    if (!fault.ok()) return false;
    const std::uint32_t epoch = ParseEpoch(parts->rest);
    if (epoch >= now) return true;
    const absl::StatusOr<store::KeyId> key_id =
        store::KeyId::Parse(row.substr(std::min(kIndexBytes, row.size()), kKeyIdBytes));
    fault = key_id.status();
    if (!fault.ok()) return false;
    ended.push_back({std::string(key), std::string(parts->text), epoch, *key_id});
    return true;
  }));
  PM_RETURN_IF_ERROR(fault);
  for (Ended& one : ended) {
    store::WriteRequest request;
    request.mutations.Delete(std::move(one.row_key));
    request.erased_keys.push_back(one.key_id);
    PM_RETURN_IF_ERROR(
        ledger_.Append(EntryOf(one.partner, one.epoch, kKeyErased), std::move(request)).status());
  }
  return absl::OkStatus();
}

RecordHandle KeyBook::HandleOf(std::string_view partner_node_id, std::string_view record_id) const {
  std::string scope = "lookup handle";
  base::AppendLp2(scope, partner_node_id);
  base::AppendLp2(scope, record_id);
  const crypto::Sha256Digest digest = crypto::HmacSha256(handle_key_.ExposeForOpenSsl(), scope);
  RecordHandle handle;
  std::copy_n(digest.begin(), handle.size(), handle.begin());
  return handle;
}

}  // namespace proofmark::lookup
