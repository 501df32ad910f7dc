// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/exchange_book.h"

#include <utility>

#include "base/bytes.h"
#include "base/status.h"
#include "proto/wire/envelope.h"
#include "proto/wire/stored.h"
#include "server/exchange/tables.h"
#include "server/store/write_request.h"

namespace proofmark::exchange {
namespace {

constexpr std::size_t kKeyIdBytes = 16;
constexpr std::size_t kIndexBytes = sizeof(std::uint64_t);
constexpr std::string_view kRecord = "exchange";
constexpr std::string_view kField = "answer";

// A row: id of the key that seals the answer, index of the entry, then a StoredExchange.
struct Row {
  store::KeyId key_id;
  std::uint64_t index = 0;
  wire::StoredExchange exchange;
};

std::string RowKey(std::string_view asker, const crypto::ExchangeId& id) {
  return store::StoreKey(kExchangeTable)
      .Text(asker)
      .Bytes(base::AsText(base::ByteSpan(id)))
      .Build();
}

absl::StatusOr<Row> ParseRow(std::string_view bytes) {
  if (bytes.size() < kKeyIdBytes + kIndexBytes) {
    return absl::DataLossError("the row of an exchange is too short");
  }
  Row row;
  PM_ASSIGN_OR_RETURN(row.key_id, store::KeyId::Parse(bytes.substr(0, kKeyIdBytes)));
  row.index = base::ParseU64Be(bytes.substr(kKeyIdBytes, kIndexBytes));
  absl::StatusOr<wire::StoredExchange> exchange =
      wire::ParseStoredExchange(bytes.substr(kKeyIdBytes + kIndexBytes));
  if (!exchange.ok()) return absl::DataLossError(exchange.status().message());
  row.exchange = *std::move(exchange);
  return row;
}

}  // namespace

absl::StatusOr<std::optional<EarlierExchange>> ExchangeBook::Find(
    std::string_view asker, const crypto::ExchangeId& id) const {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, store_.Get(RowKey(asker, id)));
  if (!bytes.has_value()) return std::nullopt;
  PM_ASSIGN_OR_RETURN(const Row row, ParseRow(*bytes));
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, store_.FindKey(row.key_id));
  PM_ASSIGN_OR_RETURN(const std::string plain,
                      key.Open({.record = kRecord, .field = kField}, row.exchange.sealed_answer));
  absl::StatusOr<crypto::Envelope> answer = wire::ParseEnvelope(plain);
  if (!answer.ok()) return absl::DataLossError(answer.status().message());
  PM_ASSIGN_OR_RETURN(const ledger::StoredEntry entry, ledger_.Read(row.index));
  return EarlierExchange{
      .request_hash = row.exchange.request_hash,
      .answer = *std::move(answer),
      .receipt = {.origin = ledger_.origin(), .index = row.index, .leaf_hash = entry.leaf_hash}};
}

absl::StatusOr<ledger::Receipt> ExchangeBook::Record(records::EntryDraft draft,
                                                     std::string_view asker,
                                                     const NewExchange& given,
                                                     store::WriteRequest request) {
  store::RecordKey key = store_.NewRecordKey();
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(given.answer));
  wire::StoredExchange exchange;
  exchange.request_hash = given.request_hash;
  exchange.asker = std::string(asker);
  exchange.kept_until_unix_ms = given.kept_until_unix_ms;
  PM_ASSIGN_OR_RETURN(exchange.sealed_answer, key.sealer.Seal({.record = kRecord, .field = kField},
                                                              plain, store_.random()));
  PM_ASSIGN_OR_RETURN(const std::string stored, wire::Serialise(exchange));
  const std::string row_key = RowKey(asker, given.answer.exchange_id);
  const std::string key_id(key.id.AsText());
  request.preconditions.push_back({.key = row_key, .value = std::nullopt});
  request.new_keys.push_back(std::move(key));
  return ledger_.Append(std::move(draft), std::move(request),
                        [&](const ledger::Receipt& receipt, store::Mutations& mutations) {
                          std::string row = key_id;
                          base::AppendU64Be(row, receipt.index);
                          mutations.Put(row_key, row + stored);
                          return absl::OkStatus();
                        });
}

absl::Status ExchangeBook::Forget(std::int64_t now_unix_ms) {
  store::WriteRequest request;
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(kExchangeTable).Build();
  absl::Status fault;
  PM_RETURN_IF_ERROR(store_.Scan(scan, [&](std::string_view key, std::string_view value) {
    const absl::StatusOr<Row> row = ParseRow(value);
    fault = row.status();
    if (row.ok() && row->exchange.kept_until_unix_ms < now_unix_ms) {
      request.mutations.Delete(std::string(key));
      request.erased_keys.push_back(row->key_id);
    }
    return fault.ok();
  }));
  PM_RETURN_IF_ERROR(fault);
  if (request.erased_keys.empty()) return absl::OkStatus();
  return store_.Commit(std::move(request));
}

}  // namespace proofmark::exchange
