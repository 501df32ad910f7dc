// SPDX-License-Identifier: Apache-2.0
// A node whose ledger is witnessed over HTTP by somebody who is not its partner.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "crypto/tlog/tlog_proof.h"
#include "server/http/http_witness.h"
#include "server/http/witness_listener.h"
#include "tests/support/loopback_node.h"
#include "tests/support/node_keys.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::testing {
namespace {

using crypto::WitnessVerdict;

class HttpWitnessedNodeTest : public ::testing::Test {
 protected:
  HttpWitnessedNodeTest()
      : random_(51),
        gb_({.domain = "gb.example", .now_unix_ms = RealUnixMillis()}),
        fr_({.domain = "fr.example", .now_unix_ms = RealUnixMillis()}),
        gb_key_(crypto::SigningKey::Generate(random_)),
        fr_key_(crypto::SigningKey::Generate(random_)),
        witness_(gb_, gb_key_, gb_folder_.path(),
                 {{.agency = &fr_, .exchange_key = fr_key_.verifying_key()}}) {
    auto listener =
        http::WitnessListener::Start({.listen = "127.0.0.1:0"}, witness_.node().witness());
    EXPECT_THAT(listener, IsOk());
    listener_ = *std::move(listener);
  }

  // FR's node, without partners: GB's witness over HTTP is all it has.
  std::unique_ptr<LoopbackNode> StartLog(int port) {
    auto link = http::HttpWitness::Create(absl::StrFormat("http://127.0.0.1:%d", port),
                                          witness_.node().witness().verifier_key());
    EXPECT_THAT(link, IsOk());
    LoopbackNode::Options options;
    options.outside_witnesses.push_back(*std::move(link));
    return std::make_unique<LoopbackNode>(fr_, fr_key_, fr_folder_.path(),
                                          std::vector<LoopbackNode::Partner>{}, options);
  }

  SeededRandom random_;
  TestAgency gb_, fr_;
  crypto::SigningKey gb_key_, fr_key_;
  TemporaryFolder gb_folder_, fr_folder_;
  LoopbackNode witness_;
  std::unique_ptr<http::WitnessListener> listener_;
};

TEST_F(HttpWitnessedNodeTest, ReachesItsQuorumAndItsReceiptsHold) {
  const auto log = StartLog(listener_->port());
  exchange::Publishing& publishing = log->node().publishing();
  for (int round = 0; round < 3; ++round) {
    ASSERT_THAT(
        log->node().ledger().Append({.kind = records::EntryKind::kDeny, .outcome = "NOT_AGREED"}),
        IsOk());
    ASSERT_THAT(publishing.PublishNow(), IsOk());

    EXPECT_EQ(publishing.standing().verdict.standing, WitnessVerdict::Standing::kWitnessed);
    EXPECT_FALSE(publishing.standing().unwitnessed_since_unix_ms.has_value());
  }
  const auto file = publishing.ProveEntry(2);
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(
      crypto::VerifyTlogProof(*crypto::ParseTlogProof(*file), log->node().ledger().Read(2)->bytes,
                              publishing.policy(), RealUnixMillis() / 1000),
      IsOk());
}

TEST_F(HttpWitnessedNodeTest, WithoutItsWitnessItPublishesAndSaysSo) {
  const auto log = StartLog(/*port=*/1);
  ASSERT_THAT(log->node().publishing().PublishNow(), IsOk());

  const exchange::Standing standing = log->node().publishing().standing();
  EXPECT_TRUE(standing.latest.has_value());
  EXPECT_FALSE(standing.verdict.satisfied());
  EXPECT_TRUE(standing.unwitnessed_since_unix_ms.has_value());
}

}  // namespace
}  // namespace proofmark::testing
