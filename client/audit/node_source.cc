// SPDX-License-Identifier: Apache-2.0
#include "client/audit/node_source.h"

#include <utility>

#include "base/status.h"
#include "proofmark/v1/audit_service.pb.h"

namespace proofmark::client::audit {

absl::StatusOr<std::string> NodeSource::LatestCheckpoint() {
  PM_ASSIGN_OR_RETURN(v1::GetLedgerResponse ledger, node_.GetLedger());
  return std::move(*ledger.mutable_checkpoint());
}

absl::StatusOr<std::vector<std::string>> NodeSource::CheckpointsAfter(std::uint64_t size) {
  v1::ListCheckpointsRequest request;
  request.set_after_size(size);
  PM_ASSIGN_OR_RETURN(const v1::ListCheckpointsResponse page, node_.ListCheckpoints(request));
  return std::vector<std::string>(page.checkpoints().begin(), page.checkpoints().end());
}

absl::StatusOr<std::string> NodeSource::TreeFile(const std::string& path) {
  v1::ReadTreeFileRequest request;
  request.set_path(path);
  PM_ASSIGN_OR_RETURN(v1::ReadTreeFileResponse file, node_.ReadTreeFile(request));
  return std::move(*file.mutable_content());
}

}  // namespace proofmark::client::audit
