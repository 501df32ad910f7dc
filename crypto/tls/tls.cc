// SPDX-License-Identifier: Apache-2.0
#include "crypto/tls/tls.h"

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/check.h"
#include "base/status.h"
#include "crypto/openssl/handles.h"
#include "crypto/openssl/pem.h"
#include "crypto/openssl/status.h"
#include "crypto/token/tls_engine.h"
#include "crypto/token/token_key.h"

namespace proofmark::crypto {
namespace {

using ConfHandle = std::unique_ptr<CONF, Deleter<NCONF_free>>;
constexpr std::size_t kTlsSignatureBytesMax = 128;  // Of ECDSA on P-256, at most 72.

using SslContextHandle = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;

// Protocol rather than MinProtocol, which gRPC overrides; NumTickets rather than
// Options=-SessionTicket, which leaves tickets on in TLS 1.3.
constexpr std::string_view kConfiguration =
    "openssl_conf = openssl\n"
    "[openssl]\n"
    "ssl_conf = ssl\n"
    "[ssl]\n"
    "system_default = tls\n"
    "[tls]\n"
    "Protocol = ALL,-TLSv1.2,-TLSv1.1,-TLSv1,-SSLv3\n"
    "NumTickets = 0\n";

absl::Status Failed(std::string_view what) {
  return OpenSslError(absl::StatusCode::kInternal, what);
}

absl::Status LoadConfiguration() {
  // First, so that the machine's own openssl.cnf is not read later, over ours.
  if (OPENSSL_init_ssl(0, nullptr) != 1) return Failed("starting OpenSSL");
  const ConfHandle configuration(NCONF_new(nullptr));
  const BioHandle text = ReadingBio(kConfiguration);
  long line = 0;
  if (configuration == nullptr || NCONF_load_bio(configuration.get(), text.get(), &line) <= 0) {
    return Failed("reading the TLS configuration");
  }
  if (CONF_modules_load(configuration.get(), "openssl_conf", 0) <= 0) {
    return Failed("applying the TLS configuration");
  }
  return absl::OkStatus();
}

absl::Status CheckNewContext() {
  constexpr std::uint64_t kOldVersions =
      SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2;
  const SslContextHandle context(SSL_CTX_new(TLS_method()));
  if (context == nullptr) return Failed("making a TLS context");
  const std::uint64_t off = SSL_CTX_get_options(context.get());
  if ((off & kOldVersions) != kOldVersions || (off & SSL_OP_NO_TLSv1_3) != 0) {
    return absl::InternalError("a new TLS context speaks other versions than TLS 1.3");
  }
  if (SSL_CTX_get_num_tickets(context.get()) != 0) {
    return absl::InternalError("a new TLS context hands out session tickets");
  }
  return absl::OkStatus();
}

absl::StatusOr<PkeyHandle> TokenKeyFromText(const SecretBytes& key_text) {
  PM_ASSIGN_OR_RETURN(TokenKey* const key,
                      TokenKey::Open(base::AsText(key_text.ExposeForOpenSsl())));
  return TlsKeyOf(*key);
}

// The public half that a token tells proves nothing of the private one.
absl::Status CheckSigns(EVP_PKEY* key, const X509Certificate& certificate) {
  constexpr unsigned char kMessage[] = "proofmark: is this key of use?";
  const DigestContextHandle context(EVP_MD_CTX_new());
  unsigned char signature[kTlsSignatureBytesMax];
  std::size_t size = sizeof(signature);
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), signature, &size, kMessage, sizeof(kMessage)) != 1) {
    return OpenSslError(absl::StatusCode::kUnavailable, "private key");
  }
  const DigestContextHandle check(EVP_MD_CTX_new());
  if (check == nullptr ||
      EVP_DigestVerifyInit(check.get(), nullptr, EVP_sha256(), nullptr,
                           X509_get0_pubkey(certificate.handle())) != 1 ||
      EVP_DigestVerify(check.get(), signature, size, kMessage, sizeof(kMessage)) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("private key: its signatures do not verify");
  }
  return absl::OkStatus();
}

absl::Status ConfigureAndCheck() {
  PM_RETURN_IF_ERROR(LoadConfiguration());
  return CheckNewContext();
}

}  // namespace

absl::Status RequireTls13WithoutTickets() {
  static const absl::Status first_result = ConfigureAndCheck();
  return first_result;
}

void KeepOpenSslUntilTheEnd() {
  PM_CHECK(OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr) == 1);
}

absl::StatusOr<X509Certificate> CheckKeyMatchesCertificate(std::string_view certificate_pem,
                                                           const SecretBytes& key_text) {
  PM_ASSIGN_OR_RETURN(X509Certificate certificate, X509Certificate::FromPem(certificate_pem));
  const bool on_token = IsTokenUri(base::AsText(key_text.ExposeForOpenSsl()));
  PM_ASSIGN_OR_RETURN(const PkeyHandle key,
                      on_token ? TokenKeyFromText(key_text) : PrivateKeyFromPem(key_text));
  if (X509_check_private_key(certificate.handle(), key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("private key: does not belong to the certificate");
  }
  if (on_token) PM_RETURN_IF_ERROR(CheckSigns(key.get(), certificate));
  return certificate;
}

absl::StatusOr<std::string> KeyTextForGrpc(std::string_view key_text) {
  if (!IsTokenUri(key_text)) return std::string(key_text);
  PM_ASSIGN_OR_RETURN(const TokenKey* const key, TokenKey::Open(key_text));
  return EngineTextOf(*key);
}

}  // namespace proofmark::crypto
