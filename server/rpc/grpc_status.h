// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace proofmark::rpc {

// The one place where our errors become gRPC's and back: the codes are the same number for number.
// kInternal and kUnknown lose their message on the way out: it is ours to read in the log, not the
// caller's.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace proofmark::rpc
