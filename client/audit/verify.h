// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "absl/status/statusor.h"
#include "crypto/tlog/policy.h"
#include "records/ledgercopy/verdict.h"
#include "records/ledgercopy/verify.h"

namespace proofmark::client::audit {

using ledgercopy::Finding;
using ledgercopy::kFindingsMax;
using ledgercopy::kVerdictCount;
using ledgercopy::Verdict;
using ledgercopy::VerdictExitCode;
using ledgercopy::VerdictMeaning;
using ledgercopy::VerdictWord;
using ledgercopy::VerifyOptions;
using ledgercopy::VerifyResult;

// ledgercopy::Verify().
//   kCannotRead (fault)  it cannot look at all.
absl::StatusOr<VerifyResult> VerifyFolder(const std::filesystem::path& folder,
                                          const crypto::Policy& policy,
                                          const VerifyOptions& options);

// Reads and parses a policy file.
//   kCannotRead, kUsage (faults)
absl::StatusOr<crypto::Policy> ReadPolicy(const std::filesystem::path& path);

}  // namespace proofmark::client::audit
