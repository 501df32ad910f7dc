// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "crypto/x509/spiffe_name.h"
#include "grpcpp/server_context.h"
#include "server/rpc/executor.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/tls.h"

namespace proofmark::rpc {

// Who may call one method. A method that is not in the table is refused to everybody.
struct MethodRule {
  bool nodes = false;                 // Partner port: nodes of other agencies.
  std::set<crypto::StaffRole> staff;  // Agency port: these roles.
};
// By "/proofmark.v1.ExhibitService/GetExhibit".
using MethodTable = std::map<std::string, MethodRule, std::less<>>;
// The whole table: every method of every service of both ports.
const MethodTable& AllMethods();

// A refused call, for the ledger.
struct Denial {
  std::string method;
  std::string caller;  // SPIFFE id, or empty when the certificate names nobody we know.
  std::string reason;  // A code: "unauthenticated", "role", "federation".
};

// The one way into every handler: who is calling (the leaf of the connection, judged anew for each
// call), whether the table lets them, and an entry in the ledger when it does not. Handlers run on
// the executor and see a verified name. Thread-safe.
class Guard {
 public:
  using DenialSink = std::function<void(const Denial&)>;
  // Whether a node of another agency may call `method` now, beyond the table.
  using NodeGate =
      std::function<absl::Status(const crypto::SpiffeName& node, std::string_view method)>;

  // `executor` must outlive the result. `on_denial` blocks until the denial is durable.
  Guard(std::shared_ptr<const PeerTrust> trust, Executor& executor, DenialSink on_denial,
        NodeGate gate);

  // The caller, if it may call `method`. Called by the handlers below, before any request is read.
  //   kUnauthenticated  nobody we know.
  //   kPermissionDenied known, and not allowed this; recorded.
  //   others            as the gate has it; recorded.
  absl::StatusOr<crypto::SpiffeName> Admit(const grpc::CallbackServerContext& context,
                                           std::string_view method) const;

  // When an answer leaves.
  enum class Leaves { kWhenReady, kInItsSlot };

  // One answered question: admit, then `work`, on the executor.
  // `work` gets (caller, request, response) and returns absl::Status.
  template <class Request, class Response, class Work>
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, std::string_view method,
                                  const Request* request, Response* response, Work work,
                                  Leaves leaves = Leaves::kWhenReady) const;

  Executor& executor() const { return executor_; }

 private:
  // Constant after construction.
  const std::shared_ptr<const PeerTrust> trust_;
  const DenialSink on_denial_;
  const NodeGate gate_;
  // Does its own locking.
  Executor& executor_;
};

// Finishes at the end of the slot that is running (federation::AnswerLeavesAfter); no thread waits.
void FinishInSlot(grpc::ServerUnaryReactor& reactor, grpc::Status status,
                  std::chrono::steady_clock::time_point came);

// What a caller hears when the executor's queue is full.
inline absl::Status Busy() {
  return absl::ResourceExhaustedError("the node is busy; try again in a few seconds");
}

template <class Request, class Response, class Work>
grpc::ServerUnaryReactor* Guard::Unary(grpc::CallbackServerContext* context,
                                       std::string_view method, const Request* request,
                                       Response* response, Work work, Leaves leaves) const {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const auto came = std::chrono::steady_clock::now();
  const bool taken = executor_.TrySchedule([=, this, work = std::move(work)] {
    const absl::StatusOr<crypto::SpiffeName> caller = Admit(*context, method);
    const absl::Status status = caller.ok() ? work(*caller, *request, *response) : caller.status();
    if (leaves == Leaves::kInItsSlot) {
      FinishInSlot(*reactor, ToGrpc(status), came);
    } else {
      reactor->Finish(ToGrpc(status));
    }
  });
  if (!taken) reactor->Finish(ToGrpc(Busy()));
  return reactor;
}

}  // namespace proofmark::rpc
