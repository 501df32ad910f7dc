// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/openssl/handles.h"
#include "crypto/x509/certificate.h"
#include "crypto/x509/revocation.h"

namespace proofmark::crypto {

// What a revocation list is to say, right or wrong: no policy is applied here. CertificateAuthority
// is the one that refuses; tests write the lists that must be refused.
struct RevocationListDraft {
  struct Entry {
    std::string serial_hex;  // As X509Certificate::serial_hex().
    Revocation revocation{};
    bool names_another_issuer = false;  // As in a list of several CAs.
  };
  struct Extension {
    std::string oid;  // "1.2.3"; its value is one NULL.
    bool critical = false;
  };

  std::optional<std::int64_t> number{};
  std::int64_t this_update_unix_s = 0;
  std::optional<std::int64_t> next_update_unix_s{};
  std::vector<Entry> entries{};
  std::vector<Extension> extensions{};
  std::optional<std::int64_t> delta_of{};  // A delta to the list of this number.
  bool of_a_part = false;                  // Of users' certificates alone.
};

// The list in DER, signed with SHA-256 by `key` in the name of `ca`.
//   kInvalidArgument  OpenSSL cannot write it: a time out of range, a serial number that is none.
absl::StatusOr<std::string> SignListDraft(const RevocationListDraft& draft,
                                          const X509Certificate& ca, EVP_PKEY* key);

}  // namespace proofmark::crypto
