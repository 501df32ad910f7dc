// SPDX-License-Identifier: Apache-2.0
// Two nodes in traffic while the token of one, with the keys of its TLS and its signatures, is
// killed and started again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "crypto/openssl/pem.h"
#include "crypto/token/tls_engine.h"
#include "crypto/token/token_key.h"
#include "proofmark/admin/v1/node_service.grpc.pb.h"
#include "tests/integration/scans.h"
#include "tests/support/loopback_node.h"
#include "tests/support/seeded_random.h"
#include "tests/support/soft_token.h"

namespace proofmark::testing {
namespace {

using crypto::StaffRole;
using std::chrono::milliseconds;

constexpr int kAskers = 3;

// The identity of `agency`'s node with a key that is on the token.
rpc::TlsIdentity IdentityOnToken(const TestAgency& agency, const std::string& key_text) {
  crypto::TokenKey* const key = crypto::TokenKey::Open(key_text).value();
  const crypto::PkeyHandle subject = crypto::TlsKeyOf(*key).value();
  const crypto::PkeyHandle issuer =
      crypto::PrivateKeyFromPem(agency.federation_ca().KeyPem()).value();
  const crypto::X509Certificate certificate =
      crypto::SignDraft(agency.NodeDraft(), subject.get(), &agency.federation_ca().certificate(),
                        issuer.get())
          .value();
  return {certificate.ToPem(), key_text};
}

// What happened while the token came and went.
struct Traffic {
  std::atomic<bool> ended = false;
  std::atomic<int> asked = 0;
  std::atomic<int> answered = 0;
  std::atomic<int> connections = 0;
  std::atomic<int> refused_connections = 0;
};

void Ask(const LoopbackNode& node, const std::string& exhibit, Traffic& traffic) {
  v1::SearchService::Stub examiner(node.StaffChannel(StaffRole::kExaminer));
  while (!traffic.ended) {
    v1::Search search;
    ++traffic.asked;
    const grpc::Status status = Search(examiner, QuestionAbout(exhibit), search);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_EQ(search.partners_size(), 1);
    // Answered: the asking node has checked the signature.
    EXPECT_EQ(search.partners(0).outcome(), v1::PARTNER_OUTCOME_ANSWERED)
        << search.partners(0).detail();
    traffic.answered += search.partners(0).outcome() == v1::PARTNER_OUTCOME_ANSWERED ? 1 : 0;
  }
}

void Connect(const LoopbackNode& node, const TestAgency& as, Traffic& traffic) {
  while (!traffic.ended) {
    const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(20);
    const bool made = node.PartnerChannel(as)->WaitForConnected(deadline);
    ++(made ? traffic.connections : traffic.refused_connections);
    std::this_thread::sleep_for(milliseconds(20));
  }
}

std::vector<admin::v1::TokenKeyStatus> TokenKeysOf(const LoopbackNode& node) {
  admin::v1::NodeService::Stub stub(node.StaffChannel(StaffRole::kAdministrator));
  grpc::ClientContext context;
  admin::v1::GetStatusResponse status;
  EXPECT_TRUE(stub.GetStatus(&context, admin::v1::GetStatusRequest(), &status).ok());
  return {status.token_keys().begin(), status.token_keys().end()};
}

TEST(TokenTest, ARestartInTheMiddleOfTrafficLosesNoRequest) {
  PM_REQUIRE_SOFT_TOKEN();
  std::signal(SIGPIPE, SIG_IGN);
  const TemporaryFolder token_folder, gb_folder, fr_folder;
  SoftToken token(token_folder.path());
  const TestAgency gb({.domain = "gb.example", .now_unix_ms = RealUnixMillis()});
  const TestAgency fr({.domain = "fr.example", .now_unix_ms = RealUnixMillis()});
  SeededRandom random(5);
  const crypto::SigningKey fr_key = crypto::SigningKey::Generate(random);
  std::string text = token.Served("exchange");
  const crypto::SigningKey gb_key =
      crypto::SigningKey::FromText(crypto::SecretBytes::TakeFrom(text)).value();

  LoopbackNode gb_node(
      gb, gb_key, gb_folder.path(),
      {{.agency = &fr,
        .exchange_key = fr_key.verifying_key(),
        .budget = {.per_day = federation::kBudgetMax, .per_30_days = federation::kBudgetMax}}},
      {.partner_identity = IdentityOnToken(gb, token.Served("tls")),
       .exchange_key_text = token.Served("exchange")});
  LoopbackNode fr_node(fr, fr_key, fr_folder.path(),
                       {{.agency = &gb,
                         .exchange_key = gb_key.verifying_key(),
                         .endpoint = gb_node.partner_endpoint()}});
  v1::SubmissionService::Stub lab(fr_node.StaffChannel(StaffRole::kLab));
  const std::string exhibit = SubmitOrFail(lab, "FR-1", GeneratedScans(3, 2));

  Traffic traffic;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kAskers; ++i) {
      threads.emplace_back([&] { Ask(fr_node, exhibit, traffic); });
    }
    threads.emplace_back([&] { Connect(gb_node, fr, traffic); });
    std::this_thread::sleep_for(milliseconds(1'500));

    token.Kill();
    std::this_thread::sleep_for(milliseconds(500));
    const auto keys = TokenKeysOf(gb_node);
    ASSERT_EQ(keys.size(), 2U);
    EXPECT_TRUE(keys[0].has_away_since());
    EXPECT_TRUE(keys[1].has_away_since());
    token.Start();

    std::this_thread::sleep_for(milliseconds(2'000));
    traffic.ended = true;
  }

  EXPECT_EQ(traffic.answered, traffic.asked);
  EXPECT_EQ(traffic.refused_connections, 0);
  // Each question came once: none was sent again for want of an answer.
  const auto logged =
      gb_node.node().ledger().ReadNewestFirst({.kind = records::EntryKind::kQueryIn}, 1'000);
  ASSERT_TRUE(logged.ok());
  EXPECT_EQ(static_cast<int>(logged->size()), traffic.asked);
  const auto keys = TokenKeysOf(gb_node);
  ASSERT_EQ(keys.size(), 2U);
  const admin::v1::TokenKeyStatus& exchange =
      keys[0].name().ends_with("/exchange") ? keys[0] : keys[1];
  EXPECT_FALSE(exchange.has_away_since());
  // Retried are at most the signatures that were under way, each once; it may be that none was.
  EXPECT_LE(exchange.retried_count(), kAskers);
  std::printf("questions %d, answered %d; connections %d, refused %d; signatures %d, retried %d\n",
              traffic.asked.load(), traffic.answered.load(), traffic.connections.load(),
              traffic.refused_connections.load(), static_cast<int>(exchange.signature_count()),
              static_cast<int>(exchange.retried_count()));
}

}  // namespace
}  // namespace proofmark::testing
