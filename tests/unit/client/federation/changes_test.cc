// SPDX-License-Identifier: Apache-2.0
#include "client/federation/changes.h"

#include <gtest/gtest.h>

#include "gmock/gmock.h"
#include "tests/support/test_federation.h"

namespace proofmark::client::federation {
namespace {

using crypto::FederationDescriptor;
using ::proofmark::testing::TestFederation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(DescribeChangesTest, SaysNothingOfEqualDescriptors) {
  const FederationDescriptor same = TestFederation({"alpha.example"}).Descriptor();

  EXPECT_THAT(DescribeChanges(same, same), IsEmpty());
}

TEST(DescribeChangesTest, SaysWhoLeavesWhoComesAndWhatChanges) {
  TestFederation federation({"alpha.example", "beta.example"});
  const FederationDescriptor before = federation.Descriptor(1);
  FederationDescriptor after = before;
  after.version = 2;
  after.agencies[0].endpoint = "elsewhere.example:1";
  after.agencies[0].purposes = {"CRIMINAL_INVESTIGATION", "THREAT_PREVENTION"};
  after.agencies[0].limits["match"] = 10;
  after.agencies[0].log_key.reset();
  federation.Add("delta.example");
  after.agencies[1] = federation.Agency("delta.example");

  EXPECT_THAT(
      DescribeChanges(before, after),
      ElementsAre("version: 1 becomes 2",
                  "alpha.example: endpoint: node.alpha.example:27401 becomes elsewhere.example:1",
                  HasSubstr("is taken away"), "alpha.example: purpose THREAT_PREVENTION is added",
                  "alpha.example: purpose TRAINING is taken away",
                  "alpha.example: limit match 10 a day is added",
                  "alpha.example: limit match 1000 a day is taken away",
                  "beta.example: leaves the federation",
                  HasSubstr("delta.example: comes in, with node")));
}

// A key that is replaced must never go unsaid: it is what an attacker would change.
TEST(DescribeChangesTest, NamesEveryKeyThatChanges) {
  TestFederation federation({"alpha.example"});
  const FederationDescriptor before = federation.Descriptor();
  FederationDescriptor after = before;
  federation.Rekey("alpha.example");
  after.agencies[0] = federation.Agency("alpha.example");
  after.agencies[0].ca_pins = {crypto::Sha256("another CA")};

  // One gone and one come for each of: CA pin, exchange, ledger, witness, governance.
  EXPECT_EQ(DescribeChanges(before, after).size(), 10u);
}

}  // namespace
}  // namespace proofmark::client::federation
