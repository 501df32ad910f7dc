// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/cross_checks.h"

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "server/registry/tables.h"
#include "server/store/keys.h"

namespace proofmark::journeys {
namespace {

using registry::kCrossCheckDueTable;

constexpr std::size_t kIdBytes = 16;

}  // namespace

void CrossChecks::AddDue(const records::ExhibitId& exhibit_id, store::WriteRequest& request) const {
  const absl::StatusOr<std::string> raw_id = base::ParseHex(exhibit_id);
  PM_CHECK(raw_id.ok() && raw_id->size() == kIdBytes);
  // Chance tells two of them apart: one that comes while the other is worked on stays.
  std::string chance(sizeof(std::uint64_t), '\0');
  store_.random().Fill(std::as_writable_bytes(std::span(chance)));
  request.mutations.Put(store::StoreKey(kCrossCheckDueTable).Bytes(*raw_id).Build(),
                        std::move(chance));
}

absl::Status CrossChecks::RunDue() {
  const base::MutexLock lock(running_);
  std::vector<std::pair<std::string, std::string>> due;
  PM_RETURN_IF_ERROR(store_.Scan({.prefix = store::StoreKey(kCrossCheckDueTable).Build()},
                                 [&due](std::string_view key, std::string_view value) {
                                   due.emplace_back(key, value);
                                   return true;
                                 }));
  for (auto& [key, chance] : due) {
    if (key.size() < kIdBytes) return absl::DataLossError("a row of a cross-check is too short");
    PM_RETURN_IF_ERROR(check_(base::ToHex(key.substr(key.size() - kIdBytes))));
    store::WriteRequest done;
    done.preconditions.push_back({.key = key, .value = chance});
    done.mutations.Delete(key);
    const absl::Status written = store_.Commit(std::move(done));
    // Something new was said meanwhile: whoever said it comes after us.
    if (!written.ok() && !absl::IsFailedPrecondition(written)) return written;
  }
  return absl::OkStatus();
}

void CrossChecks::Run() {
  if (const absl::Status done = RunDue(); !done.ok()) {
    base::Log(base::LogSeverity::kError,
              absl::StrFormat("the cross-check of firearms waits: %s", done.message()));
  }
}

}  // namespace proofmark::journeys
