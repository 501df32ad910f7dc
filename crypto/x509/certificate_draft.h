// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/openssl/handles.h"
#include "crypto/x509/certificate.h"

namespace proofmark::crypto {

// What a certificate is to say, right or wrong: no policy is applied here. CertificateAuthority is
// the one that refuses; tests write the certificates that must be refused. Names may hold any
// bytes.
struct CertificateDraft {
  std::string common_name{};
  std::int64_t not_before_unix_s = 0;
  std::int64_t not_after_unix_s = 0;
  bool is_ca = false;  // With path length 0.
  bool digital_signature = false;
  bool certificate_signing = false;  // And CRL signing.
  bool tls_client = false;
  bool tls_server = false;
  std::vector<std::string> uri_sans{};
  std::vector<std::string> dns_sans{};
  std::vector<std::string> ip_sans{};  // As text.
  std::string permitted_uri_domain{};  // A critical name constraint, unless empty.
};

PkeyHandle NewP256Key();

// The certificate for `subject_key`, signed with SHA-256 by `issuer_key` in the name of `issuer`,
// or by itself where `issuer` is null. The serial number is 127 random bits.
//   kInvalidArgument  OpenSSL cannot write it: a time out of range, an IP address that is none.
absl::StatusOr<X509Certificate> SignDraft(const CertificateDraft& draft, EVP_PKEY* subject_key,
                                          const X509Certificate* issuer, EVP_PKEY* issuer_key);

}  // namespace proofmark::crypto
