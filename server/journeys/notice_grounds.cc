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

absl::Status NoticeGrounds::AddExpired(std::int64_t before_unix_ms,
                                       store::Mutations& mutations) const {
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(kNoticeGroundTable).Build();
  absl::Status fault;
  PM_RETURN_IF_ERROR(store_.Scan(scan, [&](std::string_view key, std::string_view row) {
    fault = CheckRow(row);
    if (!fault.ok()) return false;
    const std::uint64_t asked_ms = base::ParseU64Be(row.substr(0, kTimeBytes));
    if (static_cast<std::int64_t>(asked_ms) < before_unix_ms) mutations.Delete(std::string(key));
    return true;
  }));
  return fault;
}

}  // namespace proofmark::journeys
