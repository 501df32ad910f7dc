// SPDX-License-Identifier: Apache-2.0
#include "server/registry/sealed_records.h"

#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "server/registry/paging.h"
#include "server/store/write_request.h"

namespace proofmark::registry {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kKeyIdBytes = 16;
constexpr std::size_t kTimeBytes = sizeof(std::uint64_t);

std::string RecordKeyOf(store::Table table, std::string_view id) {
  return store::StoreKey(table).Bytes(id).Build();
}

std::string ListingKey(store::Table table, std::uint64_t unix_ms, std::string_view id) {
  return store::StoreKey(table).U64(unix_ms).Bytes(id).Build();
}

}  // namespace

absl::StatusOr<std::optional<SealedRecords::Held>> SealedRecords::Find(std::string_view id) const {
  PM_ASSIGN_OR_RETURN(std::optional<std::string> row, store_.Get(RecordKeyOf(tables_.records, id)));
  if (!row.has_value()) return std::nullopt;
  if (row->size() < kKeyIdBytes + kTimeBytes) {
    return absl::DataLossError("the row of a sealed record is too short");
  }
  PM_ASSIGN_OR_RETURN(const store::KeyId key_id, store::KeyId::Parse(row->substr(0, kKeyIdBytes)));
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, store_.FindKey(key_id));
  PM_ASSIGN_OR_RETURN(std::string plain,
                      key.Open({.record = base::ToHex(id), .field = tables_.name},
                               std::string_view(*row).substr(kKeyIdBytes + kTimeBytes)));
  return Held{.id = std::string(id), .plain = std::move(plain), .row = *std::move(row)};
}

absl::Status SealedRecords::AddNew(std::string_view id, std::int64_t unix_ms,
                                   std::string_view plain, store::WriteRequest& request) {
  PM_CHECK(id.size() == kIdBytes && unix_ms >= 0);
  store::RecordKey key = store_.NewRecordKey();
  const auto time = static_cast<std::uint64_t>(unix_ms);
  std::string row(key.id.AsText());
  base::AppendU64Be(row, time);
  PM_ASSIGN_OR_RETURN(
      const std::string sealed,
      key.sealer.Seal({.record = base::ToHex(id), .field = tables_.name}, plain, store_.random()));
  row += sealed;
  const std::string at = RecordKeyOf(tables_.records, id);
  request.preconditions.push_back({.key = at, .value = std::nullopt});
  request.mutations.Put(at, std::move(row));
  request.mutations.Put(ListingKey(tables_.listing, time, id), "");
  request.new_keys.push_back(std::move(key));
  return absl::OkStatus();
}

absl::Status SealedRecords::AddChange(const Held& held, std::string_view plain,
                                      store::WriteRequest& request) {
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, KeyOf(held));
  PM_ASSIGN_OR_RETURN(
      const std::string sealed,
      key.Seal({.record = base::ToHex(held.id), .field = tables_.name}, plain, store_.random()));
  const std::string at = RecordKeyOf(tables_.records, held.id);
  request.preconditions.push_back({.key = at, .value = held.row});
  request.mutations.Put(at, held.row.substr(0, kKeyIdBytes + kTimeBytes) + sealed);
  return absl::OkStatus();
}

absl::Status SealedRecords::AddReplacement(const Held& held, std::string_view plain,
                                           store::WriteRequest& request) {
  PM_ASSIGN_OR_RETURN(const store::KeyId old_id,
                      store::KeyId::Parse(held.row.substr(0, kKeyIdBytes)));
  store::RecordKey key = store_.NewRecordKey();
  PM_ASSIGN_OR_RETURN(const std::string sealed,
                      key.sealer.Seal({.record = base::ToHex(held.id), .field = tables_.name},
                                      plain, store_.random()));
  const std::string at = RecordKeyOf(tables_.records, held.id);
  request.preconditions.push_back({.key = at, .value = held.row});
  request.mutations.Put(
      at, std::string(key.id.AsText()) + held.row.substr(kKeyIdBytes, kTimeBytes) + sealed);
  request.new_keys.push_back(std::move(key));
  request.erased_keys.push_back(old_id);
  return absl::OkStatus();
}

absl::Status SealedRecords::AddErasure(const Held& held, store::WriteRequest& request) const {
  PM_ASSIGN_OR_RETURN(const store::KeyId key_id,
                      store::KeyId::Parse(held.row.substr(0, kKeyIdBytes)));
  request.mutations.Delete(RecordKeyOf(tables_.records, held.id));
  request.mutations.Delete(ListingKey(
      tables_.listing, base::ParseU64Be(held.row.substr(kKeyIdBytes, kTimeBytes)), held.id));
  request.erased_keys.push_back(key_id);
  return absl::OkStatus();
}

void SealedRecords::AddUnchanged(const Held& held, store::WriteRequest& request) const {
  request.preconditions.push_back(
      {.key = RecordKeyOf(tables_.records, held.id), .value = held.row});
}

absl::StatusOr<crypto::Sealer> SealedRecords::KeyOf(const Held& held) const {
  PM_ASSIGN_OR_RETURN(const store::KeyId key_id,
                      store::KeyId::Parse(held.row.substr(0, kKeyIdBytes)));
  return store_.FindKey(key_id);
}

absl::StatusOr<std::string> SealedRecords::SealBeside(const Held& held, std::string_view field,
                                                      std::string_view plain) const {
  PM_CHECK(field != tables_.name);
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, KeyOf(held));
  return key.Seal({.record = base::ToHex(held.id), .field = field}, plain, store_.random());
}

absl::StatusOr<std::string> SealedRecords::OpenBeside(const Held& held, std::string_view field,
                                                      std::string_view sealed) const {
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, KeyOf(held));
  return key.Open({.record = base::ToHex(held.id), .field = field}, sealed);
}

absl::StatusOr<SealedRecords::Page> SealedRecords::List(
    std::size_t wanted, std::string_view page_token,
    const std::function<bool(const Held&)>& match) const {
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(tables_.listing).Build();
  scan.reverse = true;
  if (!page_token.empty()) {
    PM_ASSIGN_OR_RETURN(scan.start,
                        ParsePageToken(tables_.listing, page_token, kTimeBytes + kIdBytes));
  }
  Page page;
  std::size_t page_bytes = 0;
  absl::Status fault;
  PM_RETURN_IF_ERROR(store_.Scan(scan, [&](std::string_view key, std::string_view) {
    absl::StatusOr<std::optional<Held>> held = Find(key.substr(key.size() - kIdBytes));
    fault = held.status();
    if (!held.ok()) return false;
    if (!held->has_value() || (match && !match(**held))) return true;
    page_bytes += (*held)->plain.size();
    if (page.records.size() == wanted ||
        (page_bytes > kSealedPageBytesMax && !page.records.empty())) {
      page.next_page_token = ToPageToken(key);
      return false;
    }
    page.records.push_back(**std::move(held));
    return true;
  }));
  PM_RETURN_IF_ERROR(fault);
  return page;
}

absl::Status SealedRecords::ForEach(const std::function<absl::Status(const Held&)>& visit) const {
  absl::Status fault;
  PM_RETURN_IF_ERROR(List(1, "", [&](const Held& held) {
                       if (fault.ok()) fault = visit(held);
                       return !fault.ok();  // Nothing is listed, but what ends it.
                     }).status());
  return fault;
}

}  // namespace proofmark::registry
