// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "crypto/secret/secret_bytes.h"
#include "crypto/x509/verify.h"
#include "grpcpp/security/auth_context.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"

namespace proofmark::rpc {

// A certificate and its private key, PEM.
struct TlsIdentity {
  std::string certificate_pem;
  std::string key_pem;  // gRPC wants to hold it itself.
};

// Whose certificates are believed at one end of a connection, and what they must be. gRPC checks
// chains against one bundle of all roots, in which any agency could vouch for any other; this is
// the check that counts: the leaf alone, against the CAs of the agency that it names. Used when a
// connection is made and again on every call, which may come days later. Thread-safe.
class PeerTrust {
 public:
  // At least one agency; `clock` must outlive the result.
  PeerTrust(std::map<std::string, crypto::AgencyTrust> by_domain,
            crypto::LeafRequirement requirement, const base::Clock& clock);

  //   kUnauthenticated  not a certificate that names one of these agencies' people or nodes, or
  //                     one that this agency's own CA did not issue; the message says which.
  absl::StatusOr<crypto::VerifiedLeaf> Verify(std::string_view leaf_pem) const;

  // The roots of all agencies, for gRPC's own chain check, which comes first.
  std::string RootBundlePem() const;

  // Connections refused by this check since the start, for status and tests.
  std::int64_t refused_connections() const { return refused_connections_; }
  void CountRefusedConnection() const { ++refused_connections_; }

 private:
  // Constant after construction.
  const std::map<std::string, crypto::AgencyTrust> by_domain_;
  const crypto::LeafRequirement requirement_;
  // Does its own locking.
  const base::Clock& clock_;
  mutable std::atomic<std::int64_t> refused_connections_{0};
};

// Credentials of a listener that demands a client certificate `trust` believes. There is no
// insecure variant. Call crypto::RequireTls13WithoutTickets() before.
std::shared_ptr<grpc::ServerCredentials> ListenerCredentials(
    const TlsIdentity& identity, std::shared_ptr<const PeerTrust> trust);

// Credentials of a connection to a node: shows `identity`, believes only a certificate that
// `trust` believes and that carries exactly the name `expected_uri`.
std::shared_ptr<grpc::ChannelCredentials> DialerCredentials(const TlsIdentity& identity,
                                                            std::shared_ptr<const PeerTrust> trust,
                                                            std::string expected_uri);

// The leaf that the peer of a call showed, PEM; empty when it showed none.
std::string PeerLeafPem(const grpc::AuthContext* context);

}  // namespace proofmark::rpc
