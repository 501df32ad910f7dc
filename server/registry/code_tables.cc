// SPDX-License-Identifier: Apache-2.0
#include "server/registry/code_tables.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "records/csv.h"
#include "records/text.h"
#include "server/federation/receipt.h"
#include "server/registry/tables.h"
#include "server/store/keys.h"

namespace proofmark::registry {
namespace {

constexpr std::string_view kMakes = "makes";
constexpr std::string_view kEntities = "entities";
constexpr std::size_t kVersionBytesMax = 64;
constexpr std::array<std::string_view, 8> kEntityColumns = {
    "code", "name", "country", "symbol", "symbol_image", "contact", "from", "until"};
constexpr std::size_t kRequiredColumns = 3;

std::string RowKey(std::string_view list) {
  return store::StoreKey(kCodeListTable).Bytes(list).Build();
}

absl::Status BadLine(std::int64_t line, std::string_view column, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("line %d, %s: %s", line, column, why));
}

absl::StatusOr<std::optional<records::PartialDate>> ReadDate(std::int64_t line,
                                                             std::string_view column,
                                                             const std::string& text) {
  if (text.empty()) return std::optional<records::PartialDate>();
  const std::optional<records::PartialDate> date = records::ParsePartialDate(text);
  if (!date) return BadLine(line, column, "must be YYYY, YYYY-MM or YYYY-MM-DD, and exist");
  return date;
}

// Which place each of kEntityColumns has in a head; none for one that is not there.
using Places = std::array<std::optional<std::size_t>, kEntityColumns.size()>;

absl::StatusOr<Places> ReadHead(const std::vector<std::string>& head) {
  Places places;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto* const column = std::ranges::find(kEntityColumns, head[i]);
    if (column == kEntityColumns.end()) {
      return BadLine(1, absl::StrFormat("column %d", i + 1),
                     "must be code, name, country, symbol, symbol_image, contact, from or until");
    }
    std::optional<std::size_t>& place =
        places.at(static_cast<std::size_t>(column - kEntityColumns.begin()));
    if (place) return BadLine(1, *column, "stands there twice");
    place = i;
  }
  for (std::size_t i = 0; i < kRequiredColumns; ++i) {
    if (!places.at(i)) return BadLine(1, kEntityColumns.at(i), "is missing");
  }
  return places;
}

}  // namespace

absl::StatusOr<std::vector<firearm::VerifyingEntity>> ParseEntities(std::string_view csv) {
  records::CsvReader reader(csv);
  if (reader.AtEnd()) return BadLine(1, "code", "the file is empty");
  PM_ASSIGN_OR_RETURN(const std::vector<std::string> head, reader.NextRecord());
  PM_ASSIGN_OR_RETURN(const Places places, ReadHead(head));
  std::vector<firearm::VerifyingEntity> entities;
  std::set<std::string> codes;
  while (!reader.AtEnd()) {
    const std::int64_t line = reader.line();
    PM_ASSIGN_OR_RETURN(const std::vector<std::string> row, reader.NextRecord());
    if (row.empty()) continue;
    if (row.size() != head.size()) {
      return BadLine(line, "columns",
                     absl::StrFormat("%d, the first line has %d", row.size(), head.size()));
    }
    const auto text = [&](std::size_t column) {
      return places.at(column) ? row[*places.at(column)] : std::string();
    };
    firearm::VerifyingEntity entity{.code = text(0),
                                    .name = text(1),
                                    .country = text(2),
                                    .symbol = text(3),
                                    .symbol_image = text(4),
                                    .contact = text(5),
                                    .from = {},
                                    .until = {}};
    PM_ASSIGN_OR_RETURN(entity.from, ReadDate(line, "from", text(6)));
    PM_ASSIGN_OR_RETURN(entity.until, ReadDate(line, "until", text(7)));
    if (const absl::Status good = firearm::CheckVerifyingEntity(entity); !good.ok()) {
      return absl::InvalidArgumentError(absl::StrFormat("line %d, %s", line, good.message()));
    }
    if (!codes.insert(entity.code).second) return BadLine(line, "code", "stands there twice");
    entities.push_back(std::move(entity));
    if (std::ssize(entities) > kEntitiesMax) {
      return absl::ResourceExhaustedError(absl::StrFormat("more than %d rows", kEntitiesMax));
    }
  }
  return entities;
}

absl::StatusOr<CodeTables::Loaded> CodeTables::Parse(std::string_view list,
                                                     std::string_view version, std::string_view csv,
                                                     Lists& lists) {
  if (version.empty() || version.size() > kVersionBytesMax || !records::IsPrintableAscii(version)) {
    return absl::InvalidArgumentError(
        absl::StrFormat("version: must be 1..%d printable characters", kVersionBytesMax));
  }
  if (csv.empty() || std::ssize(csv) > kCodeListBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("csv: %d bytes, must be 1..%d", csv.size(), kCodeListBytesMax));
  }
  Loaded loaded{.list = std::string(list),
                .version = std::string(version),
                .sha256 = crypto::Sha256Hex(csv),
                .rows = 0};
  if (list == kMakes) {
    PM_ASSIGN_OR_RETURN(firearm::MakeTable table, firearm::MakeTable::Parse(csv, version));
    loaded.rows = std::ssize(table.rows());
    lists.makes = std::make_shared<const firearm::MakeTable>(std::move(table));
  } else if (list == kEntities) {
    PM_ASSIGN_OR_RETURN(std::vector<firearm::VerifyingEntity> entities, ParseEntities(csv));
    loaded.rows = std::ssize(entities);
    lists.entities =
        std::make_shared<const std::vector<firearm::VerifyingEntity>>(std::move(entities));
  } else {
    return absl::InvalidArgumentError("list: must be \"makes\" or \"entities\"");
  }
  std::erase_if(lists.loaded, [&](const Loaded& other) { return other.list == list; });
  lists.loaded.push_back(loaded);
  std::ranges::sort(lists.loaded, {}, &Loaded::list);
  return loaded;
}

absl::StatusOr<std::unique_ptr<CodeTables>> CodeTables::Open(store::Store& store,
                                                             ledger::Ledger& ledger) {
  std::unique_ptr<CodeTables> tables(new CodeTables(ledger));
  Lists lists;
  for (const std::string_view list : {kMakes, kEntities}) {
    PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, store.Get(RowKey(list)));
    if (!row) continue;
    const std::size_t end = row->find('\n');
    if (end == std::string::npos) return absl::DataLossError("a code list's row is damaged");
    const auto parsed = Parse(list, std::string_view(*row).substr(0, end),
                              std::string_view(*row).substr(end + 1), lists);
    if (!parsed.ok()) {
      return absl::DataLossError(
          absl::StrFormat("the code list %s: %s", list, parsed.status().message()));
    }
  }
  base::MutexLock lock(tables->mutex_);
  tables->lists_ = std::move(lists);
  return tables;
}

absl::StatusOr<CodeTables::Receipt> CodeTables::Load(const federation::Caller& caller,
                                                     std::string_view list,
                                                     std::string_view version,
                                                     std::string_view csv) {
  Lists lists;
  PM_ASSIGN_OR_RETURN(Loaded loaded, Parse(list, version, csv, lists));
  store::WriteRequest request;
  request.mutations.Put(RowKey(list), absl::StrFormat("%s\n%s", version, csv));
  records::EntryDraft draft{.kind = records::EntryKind::kRegistryChange};
  draft.actor = caller.pseudonym;
  draft.object = loaded.sha256;
  draft.outcome = absl::StrFormat("CODES:%s", list);
  draft.count = static_cast<std::uint64_t>(loaded.rows);
  // One load after the other, in store and memory alike.
  base::MutexLock lock(mutex_);
  PM_ASSIGN_OR_RETURN(const ledger::Receipt receipt,
                      ledger_.Append(std::move(draft), std::move(request)));
  if (lists.makes != nullptr) lists_.makes = std::move(lists.makes);
  if (lists.entities != nullptr) lists_.entities = std::move(lists.entities);
  std::erase_if(lists_.loaded, [&](const Loaded& other) { return other.list == list; });
  lists_.loaded.push_back(loaded);
  std::ranges::sort(lists_.loaded, {}, &Loaded::list);
  return Receipt{.loaded = std::move(loaded), .receipt = federation::ToRecord(receipt)};
}

std::vector<CodeTables::Loaded> CodeTables::List() const {
  base::MutexLock lock(mutex_);
  return lists_.loaded;
}

std::shared_ptr<const firearm::MakeTable> CodeTables::makes() const {
  base::MutexLock lock(mutex_);
  return lists_.makes;
}

std::shared_ptr<const std::vector<firearm::VerifyingEntity>> CodeTables::entities() const {
  base::MutexLock lock(mutex_);
  return lists_.entities;
}

}  // namespace proofmark::registry
