// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/policy.h"

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Standing = WitnessVerdict::Standing;

class PolicyTest : public ::testing::Test {
 protected:
  NoteVerifierKey NewKey(const std::string& name, NoteKeyType type) {
    return MakeVerifierKey(name, type, SigningKey::Generate(random_).verifying_key()).value();
  }
  std::string Witness(int i) const {
    return ToVerifierKey(witnesses_[static_cast<std::size_t>(i)]);
  }

  // Three witnesses of one organisation and two of another, as a policy names them.
  std::string Definitions() const {
    std::string text = "log " + ToVerifierKey(log_) + " https://log.example/\n";
    for (int i = 0; i < 5; ++i) text += absl::StrFormat("witness w%d %s\n", i, Witness(i));
    return text;
  }
  WitnessVerdict Judge(const std::string& rules, std::vector<std::size_t> cosigned) const {
    const absl::StatusOr<Policy> policy = Policy::Parse(Definitions() + rules);
    EXPECT_THAT(policy, IsOk());
    std::vector<Cosigner> cosigners;
    for (const std::size_t i : cosigned) cosigners.push_back({policy->logs().size() + i, 0});
    return policy->Judge(cosigners);
  }

  SeededRandom random_{11};
  const NoteVerifierKey log_ = NewKey("a.example/log", NoteKeyType::kNote);
  const std::vector<NoteVerifierKey> witnesses_ = [this] {
    std::vector<NoteVerifierKey> keys;
    for (int i = 0; i < 6; ++i) {
      keys.push_back(NewKey(absl::StrFormat("w%d.example", i), NoteKeyType::kCosignature));
    }
    return keys;
  }();
};

TEST_F(PolicyTest, NeedsAsManyOfEachGroupAsItSays) {
  const std::string rules =
      "group X 2 w0 w1 w2\n"
      "group Y any w3 w4\n"
      "group both all X Y\n"
      "quorum both\n";
  EXPECT_EQ(Judge(rules, {0, 1, 3}).standing, Standing::kWitnessed);
  EXPECT_EQ(Judge(rules, {1, 2, 3, 4}).standing, Standing::kWitnessed);
  EXPECT_EQ(Judge(rules, {0, 1, 2}).standing, Standing::kNotEnoughWitnesses);
  EXPECT_EQ(Judge(rules, {0, 3, 4}).standing, Standing::kNotEnoughWitnesses);
  EXPECT_EQ(Judge(rules, {}).standing, Standing::kNotEnoughWitnesses);
  EXPECT_FALSE(Judge(rules, {0, 3, 4}).satisfied());
  EXPECT_EQ(Judge(rules, {0, 3, 4}).words, "not witnessed: 3 of at least 3");
  EXPECT_EQ(Policy::Parse(Definitions() + rules).value().witnesses_min(), 3u);
}

TEST_F(PolicyTest, SaysInWordsHowWellACheckpointIsWitnessed) {
  const std::string one = "group g 1 w0 w1\nquorum g\n";
  const std::string two = "group g 2 w0 w1 w2\nquorum g\n";
  EXPECT_EQ(Judge(one, {1}).words, "witnessed by one partner");
  EXPECT_EQ(Judge(two, {0, 2}).words, "witnessed by 2 partners");
  EXPECT_EQ(Judge(two, {2}).words, "not witnessed: 1 of at least 2");
  EXPECT_THAT(Judge(two, {0, 2}).witnesses, ElementsAre("w0", "w2"));
  const WitnessVerdict none = Judge("quorum none\n", {});
  EXPECT_EQ(none.words, "unwitnessed by configuration");
  EXPECT_EQ(none.standing, Standing::kUnwitnessedByConfiguration);
  EXPECT_TRUE(none.satisfied());
}

TEST_F(PolicyTest, CountsOnlyWitnessesItsQuorumDependsOn) {
  const WitnessVerdict verdict = Judge("quorum w3\n", {0, 1, 2});
  EXPECT_EQ(verdict.words, "not witnessed: 0 of at least 1");
  EXPECT_EQ(Judge("quorum w3\n", {3}).words, "witnessed by one partner");
  EXPECT_EQ(Judge("quorum w3\n", {0, 3, 4}).words, "witnessed by one partner");
}

TEST_F(PolicyTest, TakesCosignersByTheOrderOfItsKeys) {
  const absl::StatusOr<Policy> policy = Policy::Parse(Definitions() + "group g 1 w0\nquorum g\n");
  ASSERT_THAT(policy, IsOk());
  ASSERT_EQ(policy->keys().size(), 6u);
  EXPECT_EQ(policy->keys()[0].name, "a.example/log");
  EXPECT_EQ(policy->keys()[1].name, "w0.example");
  EXPECT_EQ(policy->logs()[0].url, "https://log.example/");
  // A log key is no witness, nor is an index beyond the keys.
  EXPECT_FALSE(policy->Judge(std::vector<Cosigner>{{0, 0}, {6, 0}, {600, 0}}).satisfied());
}

TEST_F(PolicyTest, ReadsCommentsAndWhiteSpace) {
  EXPECT_THAT(Policy::Parse("# comment\n \t # another\n\n \t \nquorum\t none \n"), IsOk());
  EXPECT_THAT(Policy::Parse("quorum none"), IsOk());
  EXPECT_THAT(Policy::Parse("quorum none\n# caf\xC3\xA9 and any octet above 7F: \xFF\n"), IsOk());
}

TEST_F(PolicyTest, RefusesEveryBrokenLine) {
  const std::string witness5 = "witness w5 " + Witness(5) + "\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "no quorum"},
      {"quorum none\nquorum none\n", "second quorum"},
      {"quorum\n", "not quorum"},
      {"quorum w0 w1\n", "not quorum"},
      {"quorum w9\n", "no earlier line"},
      {"quorum w5\n" + witness5, "no earlier line"},
      {"group g 1 w5\n" + witness5 + "quorum g\n", "no earlier line"},
      {"group g 1 g\nquorum g\n", "no earlier line"},
      {"group g 1 none\nquorum g\n", "no earlier line"},
      {"group g 0 w0\nquorum g\n", "threshold"},
      {"group g 2 w0\nquorum g\n", "threshold"},
      {"group g 01 w0\nquorum g\n", "threshold"},
      {"group g -1 w0\nquorum g\n", "threshold"},
      {"group g some w0\nquorum g\n", "threshold"},
      {"group g 18446744073709551617 w0\nquorum g\n", "threshold"},
      {"group g all\nquorum g\n", "not group"},
      {"group g 1 w0 w0\nquorum g\n", "two groups"},
      {"group g 1 w0\ngroup h 1 w0\nquorum g\n", "two groups"},
      {"group w0 1 w1\nquorum w0\n", "defined before"},
      {"group none 1 w1\nquorum none\n", "none is taken"},
      {"witness w0 " + Witness(5) + "\nquorum none\n", "defined before"},
      {"witness w5 " + Witness(0) + "\nquorum none\n", "used before"},
      {"witness w5\nquorum none\n", "not witness"},
      {"witness w5 x\nquorum none\n", "verifier key"},
      {"witness w5 " +
           ToVerifierKey("n", NoteKeyType::kNote, SigningKey::Generate(random_).verifying_key()) +
           "\nquorum none\n",
       "type 0x01"},
      {"log " + Witness(5) + "\nquorum none\n", "type 0x01"},
      {"log " + ToVerifierKey(log_) + "\nquorum none\n", "used before"},
      {"log " + ToVerifierKey("another.example", NoteKeyType::kNote, *log_.verifier) +
           "\nquorum none\n",
       "used before"},
      {"log\nquorum none\n", "not log"},
      {"Quorum none\n", "starts with none of"},
      {"quorum none\r\n", "control character"},
      {std::string("quorum none\0\n", 13), "control character"},
      {"quorum none\n" + std::string(1100, '\n'), "1024 lines"},
      {"quorum none\n" + std::string(70'000, '#'), "65536 bytes"},
  };
  for (const auto& [rules, words] : cases) {
    EXPECT_THAT(Policy::Parse(Definitions() + rules),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(words)))
        << rules;
  }
}

TEST_F(PolicyTest, KeepsWitnessesWhoseKeysItCannotUse) {
  NoteVerifierKey future = witnesses_[5];
  future.type = 0x06;
  future.public_key = std::string(1312, 'k');
  future.verifier.reset();
  const absl::StatusOr<Policy> policy =
      Policy::Parse(Definitions() + "witness w5 " + ToVerifierKey(future) + "\nquorum w5\n");
  ASSERT_THAT(policy, IsOk());
  EXPECT_EQ(policy->witnesses().back().key.type, 0x06);
  EXPECT_FALSE(policy->Judge({}).satisfied());
}

TEST_F(PolicyTest, IsWrittenForKOfN) {
  for (const std::size_t k : {0u, 1u, 2u, 6u}) {
    const absl::StatusOr<std::string> text = FormatPolicy(std::vector{log_}, witnesses_, k);
    ASSERT_THAT(text, IsOk());
    const absl::StatusOr<Policy> policy = Policy::Parse(*text);
    ASSERT_THAT(policy, IsOk());
    EXPECT_EQ(policy->witnesses_min(), k);
    EXPECT_EQ(policy->keys().size(), 7u);
  }
  EXPECT_THAT(FormatPolicy(std::vector{log_}, witnesses_, 7),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("threshold")));
}

}  // namespace
}  // namespace proofmark::crypto
