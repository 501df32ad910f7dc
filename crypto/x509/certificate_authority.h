// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/secret/secret_bytes.h"
#include "crypto/x509/certificate.h"
#include "crypto/x509/revocation.h"
#include "crypto/x509/spiffe_name.h"
#include "crypto/x509/verify.h"

struct evp_pkey_st;

namespace proofmark::crypto {

inline constexpr std::int64_t kCaLifetimeSecondsMax = 20LL * 366 * 24 * 3600;
inline constexpr std::size_t kLeafHostNamesMax = 32;

inline constexpr std::int64_t kListLifetimeSecondsMax = 90LL * 24 * 3600;

struct IssuedCertificate {
  X509Certificate certificate;
  // P-256, unencrypted PKCS#8; who may read the file is the caller's business.
  SecretBytes key_pem;
};

struct LeafOptions {
  std::string spiffe_uri{};                 // The one URI SAN; in the CA's domain.
  std::vector<std::string> dns_names{};     // What a server answers as; to kLeafHostNamesMax.
  std::vector<std::string> ip_addresses{};  // IPv4 or IPv6 as text; to kLeafHostNamesMax.
  bool tls_client = true;
  bool tls_server = false;
  std::int64_t not_before_unix_s = 0;
  std::int64_t lifetime_s = 30 * 24 * 3600;  // > 0, <= kLeafLifetimeSecondsMax.
};

// A revocation list to come.
struct ListOptions {
  std::int64_t number = 1;  // Above that of every earlier list.
  std::int64_t this_update_unix_s = 0;
  std::int64_t lifetime_s =
      7 * 24 * 3600;  // Until the next update; > 0, <= kListLifetimeSecondsMax.
  // By serial number. Everything that the earlier list named and that has not ended.
  std::map<std::string, Revocation, std::less<>> revoked{};
};

// One agency's CA for one port (staff or federation): P-256, path length 0, so that it issues
// leaves and nothing else. For `proofmark pki` and for tests; a node never holds one. Moved, never
// copied. Keys come from OpenSSL's generator: ECDSA draws its nonces there too.
class CertificateAuthority {
 public:
  struct Options {
    std::string domain;       // The agency it may speak for.
    std::string common_name;  // 1 to 64 printable ASCII characters, for people.
    std::int64_t not_before_unix_s = 0;
    std::int64_t lifetime_s = 10LL * 365 * 24 * 3600;  // > 0, <= kCaLifetimeSecondsMax.
    // Says in the certificate itself that URIs outside `domain` are not this CA's to vouch for.
    bool constrain_names = true;
  };

  // kInvalidArgument  an option is out of its range.
  static absl::StatusOr<CertificateAuthority> Create(const Options& options);

  // A CA made earlier. `domain` must be the one it was made for.
  //   kInvalidArgument  not a CA certificate, not its key, or `domain` is none.
  static absl::StatusOr<CertificateAuthority> Load(std::string_view domain,
                                                   std::string_view certificate_pem,
                                                   const SecretBytes& key_pem);

  const X509Certificate& certificate() const { return certificate_; }
  SecretBytes KeyPem() const;

  // A fresh key pair and a certificate for it, which VerifyLeaf() accepted before it is returned.
  //   kInvalidArgument    an option is out of its range, the name is not in the CA's domain, or
  //                       the leaf would begin before or outlive its CA.
  //   kFailedPrecondition VerifyLeaf() refuses what this (loaded) CA issues; the message says why.
  absl::StatusOr<IssuedCertificate> Issue(const LeafOptions& options) const;

  // A complete list, which RevocationList::Read() accepted before it is returned.
  //   kInvalidArgument  an option is out of its range, or too much is revoked.
  absl::StatusOr<RevocationList> IssueList(const ListOptions& options) const;

 private:
  CertificateAuthority(std::string domain, X509Certificate certificate,
                       std::shared_ptr<evp_pkey_st> key);

  std::string domain_;
  X509Certificate certificate_;
  std::shared_ptr<evp_pkey_st> key_;  // Never null, never changed.
};

}  // namespace proofmark::crypto
