// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/notice_grounds.h"

#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "server/journeys/tables.h"

namespace proofmark::journeys {
namespace {

constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kCountBytes = 2 * kTimeBytes;  // A time, a count.
constexpr std::size_t kToldBytes = kTimeBytes + sizeof(crypto::Sha256Digest);

std::string KeyOf(std::string_view agency, std::string_view exchange_id) {
  return store::StoreKey(kNoticeGroundTable).Text(agency).Bytes(exchange_id).Build();
}

std::string HashOf(std::string_view reference) {
  return std::string(crypto::AsText(crypto::Sha256(reference)));
}

std::string AskedRow(std::int64_t unix_ms) {
  std::string row;
  base::AppendU64Be(row, static_cast<std::uint64_t>(unix_ms));
  return row;
}

absl::Status CheckRow(std::string_view row) {
  if (row.size() == kTimeBytes || row.size() == kToldBytes) return absl::OkStatus();
  return absl::DataLossError("the row of what notices rest on is damaged");
}

absl::Status CheckCountRow(std::string_view row) {
  if (row.size() == kCountBytes) return absl::OkStatus();
  return absl::DataLossError("the row of how many notices were taken is damaged");
}

}  // namespace

void NoticeGrounds::AddAsked(std::string_view agency, std::string_view exchange_id,
                             std::int64_t unix_ms, store::Mutations& mutations) {
  mutations.Put(KeyOf(agency, exchange_id), AskedRow(unix_ms));
}

void NoticeGrounds::AddTold(std::string_view agency, std::string_view exchange_id,
                            std::int64_t unix_ms, std::string_view reference,
                            store::Mutations& mutations) {
  mutations.Put(KeyOf(agency, exchange_id), AskedRow(unix_ms) + HashOf(reference));
}

void NoticeGrounds::AddNothingTold(std::string_view agency, std::string_view exchange_id,
                                   store::Mutations& mutations) {
  mutations.Delete(KeyOf(agency, exchange_id));
}

absl::StatusOr<bool> NoticeGrounds::Supports(std::string_view agency, std::string_view exchange_id,
                                             std::string_view reference) const {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, store_.Get(KeyOf(agency, exchange_id)));
  if (!row) return false;
  PM_RETURN_IF_ERROR(CheckRow(*row));
  return row->size() == kTimeBytes || row->substr(kTimeBytes) == HashOf(reference);
}

absl::StatusOr<bool> NoticeGrounds::AddTaken(std::string_view agency, std::string_view exchange_id,
                                             std::int64_t unix_ms,
                                             store::WriteRequest& request) const {
  const std::string key =
      store::StoreKey(kNoticeCountTable).Text(agency).Bytes(exchange_id).Build();
  PM_ASSIGN_OR_RETURN(std::optional<std::string> row, store_.Get(key));
  std::string since;
  base::AppendU64Be(since, static_cast<std::uint64_t>(unix_ms));
  std::uint64_t taken = 0;
  if (row) {
    PM_RETURN_IF_ERROR(CheckCountRow(*row));
    since = row->substr(0, kTimeBytes);
    taken = base::ParseU64Be(std::string_view(*row).substr(kTimeBytes));
  }
  if (taken >= kNoticesPerGroundMax) return false;
  base::AppendU64Be(since, taken + 1);
  request.preconditions.push_back({.key = key, .value = std::move(row)});
  request.mutations.Put(key, std::move(since));
  return true;
}

absl::Status NoticeGrounds::AddExpired(std::int64_t before_unix_ms,
                                       store::Mutations& mutations) const {
  absl::Status fault;
  const auto forget = [&](store::Table table, absl::Status (*check)(std::string_view)) {
    store::ScanOptions scan;
    scan.prefix = store::StoreKey(table).Build();
    return store_.Scan(scan, [&](std::string_view key, std::string_view row) {
      fault = check(row);
      if (!fault.ok()) return false;
      const std::uint64_t from_ms = base::ParseU64Be(row.substr(0, kTimeBytes));
      if (static_cast<std::int64_t>(from_ms) < before_unix_ms) mutations.Delete(std::string(key));
      return true;
    });
  };
  PM_RETURN_IF_ERROR(forget(kNoticeGroundTable, CheckRow));
  PM_RETURN_IF_ERROR(fault);
  PM_RETURN_IF_ERROR(forget(kNoticeCountTable, CheckCountRow));
  return fault;
}

}  // namespace proofmark::journeys
