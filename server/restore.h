// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/ledger/restoring.h"

namespace proofmark::server {

struct RestoreArguments {
  std::filesystem::path config;  // Of the node, which must not be running.
  std::filesystem::path from;    // A copy of its ledger.
  bool dry_run = false;
};

// `proofmarkd restore`: ledger::RestoreFrom() on the state that the configuration names.
//   kNotFound, kInvalidArgument  the configuration, or the copy.
//   kFailedPrecondition          the node is running.
//   others                       of ledger::RestoreFrom().
absl::StatusOr<ledger::Restoration> RestoreLedger(const RestoreArguments& arguments);

// What was found and done, for people: lines of text.
std::string DescribeRestoration(const ledger::Restoration& found, bool dry_run);

// OK if nothing that is known of is missing any more, else store::IsRollbackDetected.
absl::Status CheckComplete(const ledger::Restoration& found);

}  // namespace proofmark::server
