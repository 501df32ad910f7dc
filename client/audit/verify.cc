// SPDX-License-Identifier: Apache-2.0
#include "client/audit/verify.h"

#include <string>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/file.h"

namespace proofmark::client::audit {

absl::StatusOr<VerifyResult> VerifyFolder(const std::filesystem::path& folder,
                                          const crypto::Policy& policy,
                                          const VerifyOptions& options) {
  absl::StatusOr<VerifyResult> result = ledgercopy::Verify(folder, policy, options);
  if (result.ok()) return result;
  return MakeFault(FaultCode::kCannotRead, std::string(result.status().message()));
}

absl::StatusOr<crypto::Policy> ReadPolicy(const std::filesystem::path& path) {
  PM_ASSIGN_OR_RETURN(const std::string text,
                      ReadFile(path, static_cast<std::int64_t>(crypto::kPolicyBytesMax)));
  absl::StatusOr<crypto::Policy> policy = crypto::Policy::Parse(text);
  if (policy.ok()) return policy;
  return MakeFault(FaultCode::kUsage,
                   absl::StrFormat("%s: %s", path.string(), policy.status().message()));
}

}  // namespace proofmark::client::audit
