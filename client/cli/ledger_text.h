// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/audit/verify.h"
#include "client/cli/command.h"
#include "client/cli/table.h"
#include "client/node_client.h"
#include "crypto/tlog/policy.h"
#include "records/ledger_entry.h"

// What the commands about ledgers share.
namespace proofmark::client::cli {

// "2026-03-01" or "2026-03-01T14:05:09Z" as UTC milliseconds; `fallback` if it was not given.
//   kUsage (fault)
absl::StatusOr<std::int64_t> TimeArgument(const Arguments& arguments, std::string_view name,
                                          std::int64_t fallback);

// The agency of a log's origin or of a SPIFFE id; the text itself if it has another form.
std::string AgencyOf(std::string_view name);

// An entry as one row of EntryTable().
Table EntryTable();
void AddEntry(Table& table, const records::LedgerEntry& entry);

// Seconds since 1970.
std::int64_t NowUnixSeconds();

// Gives every entry that the request selects to `visit`, page by page; each leaf hash is computed
// again. Ends when `visit` returns an error.
//   kLedgerMismatch (fault)  an entry does not have the hash stated.
absl::Status VisitNodeEntries(
    NodeClient& node, v1::ListEntriesRequest request,
    const std::function<absl::Status(std::uint64_t index, const std::string& bytes)>& visit);
absl::Status CheckLeafHash(std::uint64_t index, const std::string& entry,
                           const std::string& leaf_hash);

// Verifies a folder with progress on stderr.
absl::StatusOr<audit::VerifyResult> VerifyWithProgress(const std::string& folder,
                                                       const crypto::Policy& policy,
                                                       Console& console);

// A folder whose entries may be used: verified, valid or only unwitnessed (which is said on
// stderr). Null if the verdict is worse, which was said.
absl::StatusOr<std::unique_ptr<audit::VerifyResult>> TrustedFolder(const std::string& folder,
                                                                   const std::string& policy_file,
                                                                   Console& console,
                                                                   int& exit_code);

// The verdict and what led to it, for people.
std::string VerdictText(const audit::VerifyResult& result, const Console& console);

}  // namespace proofmark::client::cli
