// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/secret/secret_bytes.h"
#include "crypto/x509/certificate.h"

namespace proofmark::crypto {

// Sets OpenSSL up so that every TLS context made from now on in this process, gRPC's included,
// speaks TLS 1.3 only and hands out no session tickets, then makes a context to see that it does.
// gRPC 1.51 has a setting for neither, and a resumed connection is accepted without the client's
// certificate being shown again. Call it first in main(), before any gRPC credential is made;
// further calls return the first one's result.
//
//   Errors   kInternal  OpenSSL refused, or the context shows that it did not take hold: end the
//                       process, never serve without.
//   Threads  May be called concurrently.
//   Source   docs/references.md#openssl-config
absl::Status RequireTls13WithoutTickets();

// Leaves OpenSSL as it is when main() returns. gRPC's threads may end after that; one that ends
// beside OpenSSL's own cleaning at exit leaves its errors behind or reads what was freed. To be
// called before anything else of OpenSSL is, where it takes no effect any more.
//   Threads  The process's first one.
//   Source   docs/references.md#grpc-late-threads
void KeepOpenSslUntilTheEnd();

// The leaf in `certificate_pem`, if it is exactly one certificate and `key_text` is its private
// key: unencrypted PKCS#8, SEC 1 or PKCS#1, or the place of an EC P-256 key on a token
// (crypto/token/token_uri.h), which then signs something that the certificate verifies. To be
// called before a pair is published to gRPC's file watcher: with a half-written pair it refuses
// every new connection.
//   kInvalidArgument  a part cannot be read, or they do not belong together.
//   others            of TokenKey::Open() and Sign().
absl::StatusOr<X509Certificate> CheckKeyMatchesCertificate(std::string_view certificate_pem,
                                                           const SecretBytes& key_text);

// What gRPC is given for a key that passed the check: the text itself, or how it finds the token's.
//   others  of TokenKey::Open() and EngineTextOf().
absl::StatusOr<std::string> KeyTextForGrpc(std::string_view key_text);

}  // namespace proofmark::crypto
