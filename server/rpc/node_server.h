// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "crypto/x509/certificate.h"
#include "grpcpp/server.h"
#include "server/node/node.h"
#include "server/rpc/executor.h"
#include "server/rpc/guard.h"
#include "server/rpc/peer_client.h"
#include "server/rpc/services.h"
#include "server/rpc/tls.h"
#include "server/rpc/upload_budget.h"

namespace proofmark::rpc {

// The node on the network: the agency port for its own people, the partner port for other nodes,
// each with its own trust, threads and limits. Thread-safe.
class NodeServer {
 public:
  struct Options {
    std::string agency_listen;   // host:port; port 0 lets the system choose.
    std::string partner_listen;  // The same.
    std::shared_ptr<const ShownIdentity> agency_identity;
    std::shared_ptr<const ShownIdentity> partner_identity;
    std::vector<crypto::X509Certificate> staff_cas;  // Of our own agency.
    std::int64_t submission_bytes_max = 512LL << 20;
    std::int64_t uploads_bytes_max = 1LL << 30;
    int handler_threads = 16;  // On each port.
    std::string state_folder;
  };

  // Listens. `node`, `peers`, `revocations` and `clock` must outlive the result;
  // crypto::RequireTls13WithoutTickets() comes before.
  //   kInvalidArgument  a partner's CAs cannot be read.
  //   kUnavailable      a port is taken; the message says which.
  static absl::StatusOr<std::unique_ptr<NodeServer>> Start(
      Options options, node::Node& node, GrpcPeerClient& peers,
      const federation::RevocationBook& revocations, const base::Clock& clock);
  // Shuts down at once if Shutdown() was not called.
  ~NodeServer();

  int agency_port() const { return agency_->port; }
  // 0 without partners: nobody could be believed there, so nothing listens.
  int partner_port() const { return partner_ ? partner_->port : 0; }

  // Connections that our own certificate check refused, since the start.
  std::int64_t refused_connections() const;

  // Says NOT_SERVING, lets calls under way finish for at most `grace`, then cancels them. Returns
  // when no handler runs any more. Call once.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  // One listener and everything that serves it, in order of construction.
  struct Port {
    std::shared_ptr<const PeerTrust> trust;
    std::unique_ptr<Executor> executor;
    std::unique_ptr<Guard> guard;
    std::vector<std::unique_ptr<grpc::Service>> services;
    std::unique_ptr<grpc::Server> server;
    int port = 0;
  };
  struct Listener;

  explicit NodeServer(std::int64_t uploads_bytes_max) : uploads_(uploads_bytes_max) {}
  static absl::StatusOr<std::unique_ptr<Port>> Listen(Listener listener);

  UploadBudget uploads_;
  std::unique_ptr<Port> agency_;
  std::unique_ptr<Port> partner_;  // Null without partners.
};

}  // namespace proofmark::rpc
