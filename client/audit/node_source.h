// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/audit/export_folder.h"
#include "client/node_client.h"

namespace proofmark::client::audit {

// The ledger of a running node. Errors are those of NodeClient.
class NodeSource final : public LedgerSource {
 public:
  // `node` must outlive the result.
  explicit NodeSource(NodeClient& node) : node_(node) {}

  absl::StatusOr<std::string> LatestCheckpoint() override;
  absl::StatusOr<std::vector<std::string>> CheckpointsAfter(std::uint64_t size) override;
  absl::StatusOr<std::string> TreeFile(const std::string& path) override;

 private:
  NodeClient& node_;
};

}  // namespace proofmark::client::audit
