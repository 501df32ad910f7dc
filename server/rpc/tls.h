// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/hash/sha256.h"
#include "crypto/x509/verify.h"
#include "grpcpp/security/auth_context.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "server/federation/revocation_book.h"

namespace proofmark::rpc {

// A certificate, PEM, and its private key, PEM or the place of a key on a token
// (crypto/token/token_uri.h).
struct TlsIdentity {
  std::string certificate_pem;
  std::string key_text;  // gRPC wants to hold it itself.
};

// Whose certificates are believed at one end of a connection, and what they must be. gRPC checks
// chains against one bundle of all roots, in which any agency could vouch for any other; this is
// the check that counts: the leaf alone, against the CAs of the agency that it names, and against
// what has been revoked. Used when a connection is made and again on every call, which may come
// days later. Thread-safe.
class PeerTrust {
 public:
  // At least one agency. `revocations` and `clock` must outlive the result.
  PeerTrust(std::map<std::string, crypto::AgencyTrust> by_domain,
            crypto::LeafRequirement requirement, const federation::RevocationBook& revocations,
            const base::Clock& clock);
  // gRPC drops the last reference on one thread after a handshake on another. It orders the two,
  // but no sanitizer sees that: the lock says it.
  ~PeerTrust() { const base::MutexLock lock(mutex_); }
  PeerTrust(const PeerTrust&) = delete;
  PeerTrust& operator=(const PeerTrust&) = delete;

  //   kUnauthenticated  not a certificate that names one of these agencies' people or nodes, one
  //                     that this agency's own CA did not issue, or a revoked one; the message
  //                     says which.
  absl::StatusOr<crypto::VerifiedLeaf> Verify(std::string_view leaf_pem) const;

  // Verify() of the leaf that the latest connection showed; OK before the first. For the end that
  // dials, before it sends anything down a connection made long ago.
  absl::Status VerifyLatest() const;
  void RememberLatest(std::string_view leaf_pem) const;

  // The roots of all agencies, for gRPC's own chain check, which comes first.
  std::string RootBundlePem() const;

  // Connections refused by this check since the start, for status and tests.
  std::int64_t refused_connections() const { return refused_connections_; }
  void CountRefusedConnection() const { ++refused_connections_; }

 private:
  // Constant after construction.
  const std::map<std::string, crypto::AgencyTrust> by_domain_;
  const crypto::LeafRequirement requirement_;
  // Do their own locking.
  const federation::RevocationBook& revocations_;
  const base::Clock& clock_;
  mutable std::atomic<std::int64_t> refused_connections_{0};

  mutable base::Mutex mutex_;
  mutable std::string latest_leaf_pem_ ABSL_GUARDED_BY(mutex_);  // Empty before the first.
};

// What one of our ports shows to those it meets, while it serves and dials. gRPC 1.51 can exchange
// a certificate only by watching files, and with a set that does not fit together it refuses every
// new connection: so it watches a folder of our own, into which only checked sets get, by one
// rename. Connections that stand keep the certificate they were made with. Thread-safe.
class ShownIdentity {
 public:
  // Writes `first` into `folder`, which is made with mode 0700 and belongs to the result alone.
  // `root_bundle_pem`: PeerTrust::RootBundlePem() of all peers that this port meets.
  //   kInvalidArgument  `first` holds no certificate.
  //   kUnavailable      the folder cannot be written.
  static absl::StatusOr<std::shared_ptr<ShownIdentity>> Create(std::filesystem::path folder,
                                                               const TlsIdentity& first,
                                                               std::string_view root_bundle_pem);

  // Shows `next` on every connection made from about a second later on. The caller has checked it.
  //   kInvalidArgument  no certificate.
  //   kUnavailable      the folder cannot be written; what was shown is shown still.
  //   others            of crypto::KeyTextForGrpc(), the same.
  absl::Status Publish(const TlsIdentity& next);

  // The one published last.
  crypto::X509Certificate certificate() const;

  // Whether `identity` is what was published last, its key included.
  bool Shows(const TlsIdentity& identity) const;

  // For credentials alone.
  std::shared_ptr<grpc::experimental::CertificateProviderInterface> provider() const {
    return provider_;
  }

 private:
  ShownIdentity(std::filesystem::path folder, crypto::X509Certificate certificate);

  absl::Status Write(const TlsIdentity& identity) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after Create.
  const std::filesystem::path folder_;
  std::shared_ptr<grpc::experimental::CertificateProviderInterface> provider_;

  mutable base::Mutex mutex_;
  crypto::X509Certificate certificate_ ABSL_GUARDED_BY(mutex_);
  crypto::Sha256Digest key_text_sha256_ ABSL_GUARDED_BY(mutex_){};
  std::int64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  std::filesystem::file_time_type written_ ABSL_GUARDED_BY(mutex_){};
};

// Credentials of a listener that demands a client certificate `trust` believes. There is no
// insecure variant. Call crypto::RequireTls13WithoutTickets() before.
std::shared_ptr<grpc::ServerCredentials> ListenerCredentials(
    const ShownIdentity& identity, std::shared_ptr<const PeerTrust> trust);

// Credentials of a connection to a node: shows `identity`, believes only a certificate that
// `trust` believes and that carries exactly the name `expected_uri`.
std::shared_ptr<grpc::ChannelCredentials> DialerCredentials(const ShownIdentity& identity,
                                                            std::shared_ptr<const PeerTrust> trust,
                                                            std::string expected_uri);
// The same with an identity that does not change, its key in PEM.
std::shared_ptr<grpc::ChannelCredentials> DialerCredentials(const TlsIdentity& identity,
                                                            std::shared_ptr<const PeerTrust> trust,
                                                            std::string expected_uri);

// The leaf that the peer of a call showed, PEM; empty when it showed none.
std::string PeerLeafPem(const grpc::AuthContext* context);

}  // namespace proofmark::rpc
