// SPDX-License-Identifier: Apache-2.0
#include "server/registry/handle_book.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "server/registry/tables.h"

namespace proofmark::registry {
namespace {

constexpr std::size_t kIdBytes = 16;

absl::StatusOr<HandleUse> ParseUse(std::string_view row) {
  if (row.size() <= 2 * kIdBytes) return absl::DataLossError("a handle's row is too short");
  return HandleUse{.exhibit_id = base::ToHex(row.substr(0, kIdBytes)),
                   .exchange_id = std::string(row.substr(kIdBytes, kIdBytes)),
                   .asking_agency = std::string(row.substr(2 * kIdBytes))};
}

}  // namespace

void PutHandle(std::string_view handle, const HandleUse& use, store::Mutations& mutations) {
  PM_CHECK(handle.size() == kHandleBytes && use.exchange_id.size() == kIdBytes);
  const absl::StatusOr<std::string> exhibit = base::ParseHex(use.exhibit_id);
  PM_CHECK(exhibit.ok() && exhibit->size() == kIdBytes);
  mutations.Put(store::StoreKey(kHandleTable).Bytes(handle).Build(),
                *exhibit + use.exchange_id + use.asking_agency);
}

absl::StatusOr<std::optional<HandleUse>> FindHandle(const store::Store& store,
                                                    std::string_view handle) {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                      store.Get(store::StoreKey(kHandleTable).Bytes(handle).Build()));
  if (!row.has_value()) return std::nullopt;
  PM_ASSIGN_OR_RETURN(HandleUse use, ParseUse(*row));
  return use;
}

absl::Status ForEachHandle(const store::Store& store, const HandleVisitor& visit) {
  const std::string prefix = store::StoreKey(kHandleTable).Build();
  absl::Status fault;
  PM_RETURN_IF_ERROR(
      store.Scan({.prefix = prefix}, [&](std::string_view key, std::string_view row) {
        const absl::StatusOr<HandleUse> use = ParseUse(row);
        fault = use.ok() ? visit(key.substr(prefix.size()), *use) : use.status();
        return fault.ok();
      }));
  return fault;
}

}  // namespace proofmark::registry
