// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/cross_checks.h"

#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "server/registry/due_rows.h"
#include "server/registry/tables.h"

namespace proofmark::journeys {

void CrossChecks::AddDue(const records::ExhibitId& exhibit_id, store::WriteRequest& request) const {
  const absl::StatusOr<std::string> raw_id = base::ParseHex(exhibit_id);
  PM_CHECK(raw_id.ok());
  registry::AddDue(registry::kCrossCheckDueTable, *raw_id, store_.random(), request);
}

absl::Status CrossChecks::RunDue() {
  const base::MutexLock lock(running_);
  return registry::SettleDueRows(store_, registry::kCrossCheckDueTable,
                                 [this](std::string_view raw_id) -> absl::StatusOr<bool> {
                                   PM_RETURN_IF_ERROR(check_(base::ToHex(raw_id)));
                                   return true;
                                 });
}

void CrossChecks::Run() {
  if (const absl::Status done = RunDue(); !done.ok()) {
    base::Log(base::LogSeverity::kError,
              absl::StrFormat("the cross-check of firearms waits: %s", done.message()));
  }
}

}  // namespace proofmark::journeys
