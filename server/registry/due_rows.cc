// SPDX-License-Identifier: Apache-2.0
#include "server/registry/due_rows.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/status.h"

namespace proofmark::registry {
namespace {

constexpr std::size_t kIdBytes = 16;

}  // namespace

void AddDue(store::Table table, std::string_view raw_id, base::Random& random,
            store::WriteRequest& request) {
  PM_CHECK(raw_id.size() == kIdBytes);
  // Chance tells two of them apart: one that comes while the other is worked on stays.
  std::string chance(sizeof(std::uint64_t), '\0');
  random.Fill(std::as_writable_bytes(std::span(chance)));
  request.mutations.Put(store::StoreKey(table).Bytes(raw_id).Build(), std::move(chance));
}

absl::Status SettleDueRows(
    store::Store& store, store::Table table,
    const std::function<absl::StatusOr<bool>(std::string_view raw_id)>& settle) {
  const std::string prefix = store::StoreKey(table).Build();
  std::vector<std::pair<std::string, std::string>> due;
  PM_RETURN_IF_ERROR(
      store.Scan({.prefix = prefix}, [&due](std::string_view key, std::string_view value) {
        due.emplace_back(key, value);
        return true;
      }));
  absl::Status first_fault;
  for (auto& [key, chance] : due) {
    if (key.size() != prefix.size() + kIdBytes) {
      return absl::DataLossError("a row of what is due has another length");
    }
    const absl::StatusOr<bool> settled = settle(std::string_view(key).substr(prefix.size()));
    if (!settled.ok() && first_fault.ok()) first_fault = settled.status();
    if (!settled.ok() || !*settled) continue;
    store::WriteRequest done;
    done.preconditions.push_back({.key = key, .value = chance});
    done.mutations.Delete(key);
    const absl::Status written = store.Commit(std::move(done));
    // It became due anew meanwhile: whoever made it so comes after us.
    if (!written.ok() && !absl::IsFailedPrecondition(written)) return written;
  }
  return first_fault;
}

}  // namespace proofmark::registry
