// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"

struct x509_st;

namespace proofmark::crypto {

inline constexpr std::size_t kCertificateDerBytesMax = 16 * 1024;
inline constexpr std::size_t kCertificatePemBytesMax = 32 * 1024;
inline constexpr std::size_t kBundleCertificatesMax = 16;
inline constexpr std::size_t kSubjectAltNamesMax = 64;

// A certificate that was read, and not yet believed: who it says it is, and what it says it may
// do. VerifyLeaf() (crypto/x509/verify.h) decides. A value, cheap to copy; immutable and safe to
// use from several threads.
class X509Certificate {
 public:
  // Exactly one certificate and nothing after it.
  //   kInvalidArgument  too large, not a certificate, an extension that appears twice or cannot be
  //                     decoded, or more than kSubjectAltNamesMax alternative names.
  static absl::StatusOr<X509Certificate> FromDer(std::string_view der);
  // The same for one "CERTIFICATE" block. Text around it is ignored, other blocks are refused.
  static absl::StatusOr<X509Certificate> FromPem(std::string_view pem);
  // 1 to kBundleCertificatesMax blocks, in file order.
  static absl::StatusOr<std::vector<X509Certificate>> BundleFromPem(std::string_view pem);

  const std::string& der() const { return facts_->der; }
  std::string ToPem() const;

  // RFC 2253 text, control characters escaped. For people; never compare these.
  const std::string& subject() const { return facts_->subject; }
  const std::string& issuer() const { return facts_->issuer; }
  // Lower-case hexadecimal without leading zeros; "-" in front of a (faulty) negative number.
  const std::string& serial_hex() const { return facts_->serial_hex; }

  // Seconds since 1970. The certificate's life: not_before <= now < not_after.
  std::int64_t not_before_unix_s() const { return facts_->not_before_unix_s; }
  std::int64_t not_after_unix_s() const { return facts_->not_after_unix_s; }

  // The bytes between the quotes of the DER, hostile until parsed: NUL may be among them.
  const std::vector<std::string>& uri_sans() const { return facts_->uri_sans; }
  const std::vector<std::string>& dns_sans() const { return facts_->dns_sans; }
  // As text, "192.0.2.1" or "2001:DB8:0:0:0:0:0:1"; others are left out.
  const std::vector<std::string>& ip_sans() const { return facts_->ip_sans; }

  bool is_ca() const { return facts_->is_ca; }
  // False where the extension that would grant it is absent.
  bool may_sign_digitally() const { return facts_->may_sign_digitally; }
  bool may_sign_certificates() const { return facts_->may_sign_certificates; }
  bool may_be_tls_client() const { return facts_->may_be_tls_client; }
  bool may_be_tls_server() const { return facts_->may_be_tls_server; }

  // SHA-256 of the SubjectPublicKeyInfo in DER: what the federation descriptor pins.
  const Sha256Digest& spki_sha256() const { return facts_->spki_sha256; }
  // SHA-256 of the whole certificate in DER.
  const Sha256Digest& sha256() const { return facts_->sha256; }

  friend bool operator==(const X509Certificate& a, const X509Certificate& b) {
    return a.der() == b.der();
  }

  // OpenSSL's handle, alive as long as this object; for crypto/ alone.
  x509_st* handle() const { return facts_->handle.get(); }

 private:
  struct Facts {
    std::shared_ptr<x509_st> handle;
    std::string der;
    std::string subject;
    std::string issuer;
    std::string serial_hex;
    std::int64_t not_before_unix_s = 0;
    std::int64_t not_after_unix_s = 0;
    std::vector<std::string> uri_sans;
    std::vector<std::string> dns_sans;
    std::vector<std::string> ip_sans;
    bool is_ca = false;
    bool may_sign_digitally = false;
    bool may_sign_certificates = false;
    bool may_be_tls_client = false;
    bool may_be_tls_server = false;
    Sha256Digest spki_sha256{};
    Sha256Digest sha256{};
  };

  explicit X509Certificate(std::shared_ptr<const Facts> facts) : facts_(std::move(facts)) {}
  static absl::StatusOr<Facts> ReadFacts(std::string_view der);

  std::shared_ptr<const Facts> facts_;  // Never null.
};

}  // namespace proofmark::crypto
