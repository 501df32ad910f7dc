// SPDX-License-Identifier: Apache-2.0
#include "crypto/tls/tls.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/check.h"
#include "crypto/openssl/handles.h"
#include "crypto/openssl/pem.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestAgency;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

using SslContextHandle = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using SslHandle = std::unique_ptr<SSL, Deleter<SSL_free>>;

int CountTicket(SSL* ssl, SSL_SESSION*) {
  ++*static_cast<int*>(SSL_get_app_data(ssl));
  return 0;  // The session stays OpenSSL's.
}

struct Outcome {
  bool connected = false;
  int version = 0;
  int tickets = 0;  // That the client was handed.
};

// A handshake in memory and one byte after it, so that late tickets arrive too. The client is one
// that was not configured: it accepts tickets, and versions up to `client_version_max`.
Outcome Connect(int client_version_max) {
  const IssuedCertificate node = TestAgency().Node();
  const PkeyHandle key = PrivateKeyFromPem(node.key_pem).value();
  const SslContextHandle server_context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_use_certificate(server_context.get(), node.certificate.handle());
  SSL_CTX_use_PrivateKey(server_context.get(), key.get());
  const SslContextHandle client_context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_clear_options(client_context.get(), SSL_OP_NO_TLSv1_2);
  SSL_CTX_set_max_proto_version(client_context.get(), client_version_max);
  SSL_CTX_set_session_cache_mode(client_context.get(), SSL_SESS_CACHE_CLIENT);
  SSL_CTX_sess_set_new_cb(client_context.get(), CountTicket);

  const SslHandle server(SSL_new(server_context.get()));
  const SslHandle client(SSL_new(client_context.get()));
  BIO* near = nullptr;
  BIO* far = nullptr;
  PM_CHECK(BIO_new_bio_pair(&near, 0, &far, 0) == 1);
  SSL_set_bio(server.get(), near, near);
  SSL_set_bio(client.get(), far, far);
  SSL_set_accept_state(server.get());
  SSL_set_connect_state(client.get());
  Outcome outcome;
  SSL_set_app_data(client.get(), &outcome.tickets);
  for (int round = 0; round < 10; ++round) {
    const int client_done = SSL_do_handshake(client.get());
    const int server_done = SSL_do_handshake(server.get());
    outcome.connected = client_done == 1 && server_done == 1;
  }
  outcome.version = SSL_version(client.get());
  if (outcome.connected) {
    char byte = 'x';
    EXPECT_EQ(SSL_write(server.get(), &byte, 1), 1);
    EXPECT_EQ(SSL_read(client.get(), &byte, 1), 1);
  }
  return outcome;
}

// One test, because the setting is the process's: first what would happen without it, so that the
// second half is known to be able to fail.
TEST(RequireTls13WithoutTicketsTest, TurnsOffOldVersionsAndTickets) {
  const Outcome before_old = Connect(TLS1_2_VERSION);
  const Outcome before = Connect(TLS1_3_VERSION);
  ASSERT_TRUE(before_old.connected);
  ASSERT_EQ(before_old.version, TLS1_2_VERSION);
  ASSERT_TRUE(before.connected);
  ASSERT_GT(before.tickets, 0);

  ASSERT_THAT(RequireTls13WithoutTickets(), IsOk());
  ASSERT_THAT(RequireTls13WithoutTickets(), IsOk());  // Again changes nothing.

  EXPECT_FALSE(Connect(TLS1_2_VERSION).connected);
  const Outcome after = Connect(TLS1_3_VERSION);
  EXPECT_TRUE(after.connected);
  EXPECT_EQ(after.version, TLS1_3_VERSION);
  EXPECT_EQ(after.tickets, 0);
}

TEST(CheckKeyMatchesCertificateTest, ReturnsTheLeafOfAMatchingPair) {
  const IssuedCertificate node = TestAgency().Node();

  const auto leaf = CheckKeyMatchesCertificate(node.certificate.ToPem(), node.key_pem);

  ASSERT_THAT(leaf, IsOk());
  EXPECT_TRUE(*leaf == node.certificate);
}

TEST(CheckKeyMatchesCertificateTest, RefusesPairsThatDoNotBelongTogether) {
  const TestAgency agency;
  const IssuedCertificate one = agency.Node("n1");
  const IssuedCertificate other = agency.Node("n2");
  const std::string pem = one.certificate.ToPem();
  const std::string half = pem.substr(0, pem.size() / 2);

  EXPECT_THAT(CheckKeyMatchesCertificate(pem, other.key_pem),
              StatusIs(kInvalid, HasSubstr("does not belong")));
  EXPECT_THAT(CheckKeyMatchesCertificate(pem, SecretBytes()),
              StatusIs(kInvalid, HasSubstr("private key")));
  EXPECT_THAT(CheckKeyMatchesCertificate("", one.key_pem),
              StatusIs(kInvalid, HasSubstr("certificate")));
  EXPECT_THAT(CheckKeyMatchesCertificate(half, one.key_pem), StatusIs(kInvalid));
}

// A passphrase would be asked for on the terminal, and the node would wait there for ever.
TEST(CheckKeyMatchesCertificateTest, RefusesAnEncryptedKeyWithoutAsking) {
  const IssuedCertificate node = TestAgency().Node();
  const PkeyHandle key = PrivateKeyFromPem(node.key_pem).value();
  const BioHandle bio(BIO_new(BIO_s_mem()));
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_128_cbc(), "word", 4,
                                          nullptr, nullptr),
            1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);

  EXPECT_THAT(CheckKeyMatchesCertificate(
                  node.certificate.ToPem(),
                  SecretBytes::CopyOf(base::AsBytes({text, static_cast<std::size_t>(size)}))),
              StatusIs(kInvalid, HasSubstr("private key")));
}

}  // namespace
}  // namespace proofmark::crypto
