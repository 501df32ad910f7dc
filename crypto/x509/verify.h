// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/x509/certificate.h"
#include "crypto/x509/spiffe_name.h"

namespace proofmark::crypto {

inline constexpr std::int64_t kLeafLifetimeSecondsMax = 90 * 24 * 3600;

// Whose word counts for one agency on one port: its staff CAs on the agency port, its federation
// CAs on the partner port. Never both in one.
struct AgencyTrust {
  std::string domain{};
  std::vector<X509Certificate> cas{};  // 1 to kBundleCertificatesMax.
};

// At least one of the two uses.
struct LeafRequirement {
  SpiffeName::Kind kind = SpiffeName::Kind::kNode;
  bool tls_client = false;  // Must carry clientAuth.
  bool tls_server = false;  // Must carry serverAuth.
};

// A leaf that passed VerifyLeaf(), which alone makes it. A value; immutable.
class VerifiedLeaf {
 public:
  const SpiffeName& name() const { return name_; }
  const X509Certificate& certificate() const { return certificate_; }
  // The CA that issued it: whose revocation list concerns it.
  const X509Certificate& issuer() const { return issuer_; }

 private:
  friend absl::StatusOr<VerifiedLeaf> VerifyLeaf(const X509Certificate&, const AgencyTrust&,
                                                 std::int64_t, const LeafRequirement&);
  VerifiedLeaf(SpiffeName name, X509Certificate certificate, X509Certificate issuer);

  SpiffeName name_;
  X509Certificate certificate_;
  X509Certificate issuer_;
};

// The name a leaf claims, to look up whose CAs must have issued it. Nothing is verified yet.
//   kUnauthenticated  not exactly one URI SAN, or it is no name of ours.
absl::StatusOr<SpiffeName> ClaimedName(const X509Certificate& leaf);

// Decides whether `leaf` speaks for the name it claims, from the leaf alone: a resumed connection
// hands over no chain. In this order, and each with its own refusal:
//   1. exactly one URI SAN, a name of ours, of the required kind, in the agency's domain;
//   2. a leaf: no CA, no keyCertSign; digitalSignature; clientAuth and serverAuth as required;
//   3. a life of at most kLeafLifetimeSecondsMax, which has begun and not ended;
//   4. issued directly by one of the agency's CAs (signature, the CA's own validity, basic
//      constraints, key usage, path length and name constraints, judged by OpenSSL with a store of
//      that CA alone).
// gRPC checks one bundle of all partners' roots, so without 1 and 4 any partner could issue a
// certificate for any other.
//
//   Result   The verified leaf, and which CA issued it.
//   Errors   kUnauthenticated     refused; the message says why.
//            kInvalidArgument     `agency` has no CA, too many, or a domain that is none, or no
//                                 use is required.
//   Threads  Pure; may be called concurrently. Revocation is not looked at here.
absl::StatusOr<VerifiedLeaf> VerifyLeaf(const X509Certificate& leaf, const AgencyTrust& agency,
                                        std::int64_t now_unix_ms,
                                        const LeafRequirement& requirement);

}  // namespace proofmark::crypto
