// SPDX-License-Identifier: Apache-2.0
#include "crypto/federation/acceptance.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <type_traits>
#include <vector>

#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_federation.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestFederation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::StatusCode kDenied = absl::StatusCode::kPermissionDenied;
constexpr absl::StatusCode kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr absl::StatusCode kPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr char kA[] = "alpha.example";
constexpr char kB[] = "beta.example";
constexpr char kC[] = "gamma.example";
constexpr std::int64_t kNow_s = TestFederation::kNow_s;

// A descriptor cannot be taken for accepted but by the functions that check it.
static_assert(!std::is_constructible_v<AcceptedDescriptor, SignedDescriptor>);
static_assert(!std::is_default_constructible_v<AcceptedDescriptor>);

absl::StatusOr<AcceptedDescriptor> First(const SignedDescriptor& signed_descriptor,
                                         std::int64_t now_unix_s = kNow_s) {
  return AcceptedDescriptor::First(signed_descriptor, signed_descriptor.hash(), now_unix_s);
}

TEST(AcceptFirstTest, NeedsThePinAndItsOwnThreshold) {
  TestFederation federation({kA, kB, kC});
  const FederationDescriptor descriptor = federation.Descriptor(7);

  EXPECT_THAT(First(federation.Signed(descriptor, {kA, kC})), IsOk());
  EXPECT_THAT(First(federation.Signed(descriptor, {kA, kB, kC})), IsOk());
  EXPECT_THAT(First(federation.Signed(descriptor, {kB})),
              StatusIs(kUnauthenticated, HasSubstr("missing: alpha.example, gamma.example")));
  EXPECT_THAT(
      AcceptedDescriptor::First(federation.Signed(descriptor, {kA, kC}), Sha256("another"), kNow_s),
      StatusIs(kDenied, HasSubstr("pinned")));
}

TEST(AcceptFirstTest, CountsAnAgencyOnceHoweverOftenItSigned) {
  TestFederation federation({kA, kB, kC});
  FederationDescriptor descriptor = federation.Descriptor();
  const SigningKey old_key = SigningKey::FromPem(federation.governance(kA).ToPem()).value();
  federation.Rekey(kA);
  descriptor.agencies[0].governance_keys.push_back(
      TestFederation::GovernanceKey(kA, federation.governance(kA)));
  SignedNote note = federation.Signed(descriptor, {kA, kA}).note();
  note.signatures.push_back(*SignNoteText(note.text, FederationGovernanceKeyName(kA), old_key));

  const auto accepted = First(*SignedDescriptor::Parse(FormatNote(note)));

  EXPECT_THAT(accepted, StatusIs(kUnauthenticated, HasSubstr("signed by 1 of 2")));
}

TEST(AcceptFirstTest, OneBadSignatureOfAListedKeyRefusesTheNote) {
  TestFederation federation({kA, kB, kC});
  const FederationDescriptor descriptor = federation.Descriptor();
  SignedNote note = federation.Signed(descriptor, {kA, kB, kC}).note();
  note.signatures[2].signature[5] ^= 1;

  EXPECT_THAT(First(*SignedDescriptor::Parse(FormatNote(note))),
              StatusIs(kUnauthenticated, HasSubstr("does not verify")));
}

TEST(AcceptFirstTest, IgnoresSignaturesOfOtherKeys) {
  TestFederation federation({kA, kB, kC});
  const FederationDescriptor descriptor = federation.Descriptor();
  federation.Rekey(kA);  // Signs with a key that the descriptor does not list.

  EXPECT_THAT(First(federation.Signed(descriptor, {kA, kB, kC})), IsOk());
  EXPECT_THAT(First(federation.Signed(descriptor, {kA, kB})),
              StatusIs(kUnauthenticated, HasSubstr("signed by 1 of 2")));
  EXPECT_THAT(First(federation.Signed(descriptor, {kA})),
              StatusIs(kUnauthenticated, HasSubstr("signed by 0 of 2")));
}

// A ledger's or a node's key governs nothing, though it is in the descriptor.
TEST(AcceptFirstTest, OnlyGovernanceKeysGovern) {
  TestFederation federation({kA, kB});
  FederationDescriptor descriptor = federation.Descriptor();
  descriptor.agencies[1].exchange_keys = {
      *MakeVerifierKey(FederationExchangeKeyName(kB), NoteKeyType::kNote,
                       federation.governance(kB).verifying_key())};
  descriptor.agencies[1].governance_keys.clear();
  descriptor.threshold = 1;
  const SignedDescriptor by_beta = federation.Signed(descriptor, {kB});

  EXPECT_THAT(First(by_beta), StatusIs(kUnauthenticated, HasSubstr("missing: alpha.example")));
}

TEST(AcceptFirstTest, RefusesBeforeAndAfterItsLife) {
  TestFederation federation({kA});
  const SignedDescriptor good = federation.Signed(federation.Descriptor(), {kA});
  const FederationDescriptor& d = good.descriptor();

  EXPECT_THAT(First(good, d.not_before_unix_s), IsOk());
  EXPECT_THAT(First(good, d.not_after_unix_s - 1), IsOk());
  EXPECT_THAT(First(good, d.not_before_unix_s - 1), StatusIs(kPrecondition, HasSubstr("begins")));
  EXPECT_THAT(First(good, d.not_after_unix_s), StatusIs(kPrecondition, HasSubstr("ended")));
}

// Every bit of the signed text matters: either it is no descriptor any more, or the pin differs.
TEST(AcceptFirstTest, RefusesEveryFlippedBitOfTheText) {
  TestFederation federation({kA});
  const SignedDescriptor good = federation.Signed(federation.Descriptor(), {kA});
  const std::string bytes = FormatNote(good.note());
  ASSERT_THAT(First(good), IsOk());

  for (std::size_t bit = 0; bit < good.note().text.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const auto parsed = SignedDescriptor::Parse(damaged);
    if (!parsed.ok()) continue;
    EXPECT_THAT(AcceptedDescriptor::First(*parsed, good.hash(), kNow_s), StatusIs(kDenied)) << bit;
    EXPECT_THAT(First(*parsed), StatusIs(kUnauthenticated)) << bit;
  }
}

TEST(AcceptNextTest, NeedsAThresholdOfTheOldAndOfTheNewKeys) {
  TestFederation federation({kA, kB, kC});
  const AcceptedDescriptor current =
      First(federation.Signed(federation.Descriptor(1), {kA, kB})).value();
  // Gamma leaves; two others come in.
  FederationDescriptor next = federation.Descriptor(2);
  next.agencies.erase(next.agencies.begin() + 2);
  federation.Add("delta.example");
  federation.Add("epsilon.example");
  next.agencies.push_back(federation.Agency("delta.example"));
  next.agencies.push_back(federation.Agency("epsilon.example"));
  next.threshold = 3;

  const auto signed_by = [&](std::vector<std::string> who) {
    return current.Next(federation.Signed(next, who), kNow_s);
  };

  EXPECT_THAT(signed_by({kA, kB, "delta.example"}), IsOk());
  EXPECT_THAT(signed_by({kA, kC, "delta.example", "epsilon.example"}), IsOk());
  // The old keys suffice, the new ones do not.
  EXPECT_THAT(signed_by({kA, kB}),
              StatusIs(kUnauthenticated, HasSubstr("2 of 3 agencies that version 2 needs")));
  // The new keys suffice, the old ones do not.
  EXPECT_THAT(signed_by({kA, "delta.example", "epsilon.example"}),
              StatusIs(kUnauthenticated, HasSubstr("1 of 2 agencies that version 1 needs")));
}

TEST(AcceptNextTest, RefusesOlderAndOtherTextsOfTheSameVersion) {
  TestFederation federation({kA, kB});
  const FederationDescriptor in_force = federation.Descriptor(5);
  const SignedDescriptor signed_in_force = federation.Signed(in_force, {kA, kB});
  const AcceptedDescriptor current = First(signed_in_force).value();
  FederationDescriptor other = in_force;
  other.agencies[0].purposes.insert("THREAT_PREVENTION");
  FederationDescriptor older = in_force;
  older.version = 4;

  EXPECT_THAT(current.Next(signed_in_force, kNow_s), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(current.Next(federation.Signed(other, {kA, kB}), kNow_s),
              StatusIs(kDenied, HasSubstr("another text")));
  EXPECT_THAT(current.Next(federation.Signed(older, {kA, kB}), kNow_s),
              StatusIs(kPrecondition, HasSubstr("older")));
}

TEST(AcceptNextTest, FurtherSignaturesAreTheSameVersion) {
  TestFederation federation({kA, kB, kC});
  const FederationDescriptor descriptor = federation.Descriptor();
  const AcceptedDescriptor current = First(federation.Signed(descriptor, {kA, kB})).value();

  EXPECT_THAT(current.Next(federation.Signed(descriptor, {kA, kB, kC}), kNow_s),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST(AcceptNextTest, MaySkipVersionsWhileTheSignaturesSuffice) {
  TestFederation federation({kA, kB});
  const AcceptedDescriptor current =
      First(federation.Signed(federation.Descriptor(1), {kA, kB})).value();

  EXPECT_THAT(current.Next(federation.Signed(federation.Descriptor(9), {kA, kB}), kNow_s), IsOk());
}

TEST(AcceptNextTest, AVersionThatEndedCanStillBeFollowed) {
  TestFederation federation({kA});
  const AcceptedDescriptor current =
      First(federation.Signed(federation.Descriptor(1), {kA})).value();
  FederationDescriptor next = federation.Descriptor(2);
  next.not_before_unix_s += 2 * TestFederation::kLife_s;
  next.not_after_unix_s += 2 * TestFederation::kLife_s;
  const SignedDescriptor signed_next = federation.Signed(next, {kA});

  EXPECT_THAT(current.Next(signed_next, next.not_before_unix_s + 1), IsOk());
  EXPECT_THAT(current.Next(signed_next, kNow_s), StatusIs(kPrecondition, HasSubstr("begins")));
  EXPECT_THAT(current.Next(signed_next, next.not_after_unix_s),
              StatusIs(kPrecondition, HasSubstr("ended")));
}

TEST(ReopenTest, FollowsTheChainWhateverTheTime) {
  TestFederation federation({kA, kB});
  const std::string first = federation.Note(federation.Descriptor(1), {kA, kB});
  const std::string second = federation.Note(federation.Descriptor(2), {kA, kB});
  const std::string unsigned_third = federation.Note(federation.Descriptor(3), {kB});

  const auto reopened = AcceptedDescriptor::Reopen(std::vector{first, second});

  ASSERT_THAT(reopened, IsOk());
  EXPECT_EQ(reopened->descriptor().version, 2u);
  EXPECT_EQ(reopened->NoteBytes(), second);
  EXPECT_THAT(AcceptedDescriptor::Reopen({}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(AcceptedDescriptor::Reopen(std::vector{second, first}), StatusIs(kPrecondition));
  EXPECT_THAT(AcceptedDescriptor::Reopen(std::vector{first, unsigned_third}),
              StatusIs(kUnauthenticated));
  EXPECT_THAT(AcceptedDescriptor::Reopen(std::vector{unsigned_third}), StatusIs(kUnauthenticated));
}

// Written by another implementation (tests/vectors/federation/README.md).
TEST(AcceptFirstTest, AcceptsTheGoldenNote) {
  const auto golden = SignedDescriptor::Parse(::proofmark::testing::ReadFileOrFail(
      std::filesystem::path(PROOFMARK_SOURCE_DIR) / "tests/vectors/federation/descriptor_v1.note"));

  ASSERT_THAT(golden, IsOk());
  EXPECT_EQ(base::ToHex(golden->hash()),
            "a4a7224a94fda249237de618a639f8cb90242d671090386dbb1783ba8ef6afe8");
  EXPECT_THAT(First(*golden), IsOk());
}

TEST(CountGovernanceTest, NamesWhoSignedAndWhoDidNot) {
  TestFederation federation({kA, kB, kC});
  const SignedDescriptor some = federation.Signed(federation.Descriptor(), {kC, kA});
  const auto bare = SignedDescriptor::FromText(some.note().text);

  const auto count = CountGovernance(some.note(), some.descriptor());
  const auto none = CountGovernance(bare->note(), bare->descriptor());

  ASSERT_THAT(count, IsOk());
  EXPECT_THAT(count->signed_by, ElementsAre(kA, kC));
  EXPECT_THAT(count->missing, ElementsAre(kB));
  EXPECT_TRUE(count->reached());
  ASSERT_THAT(none, IsOk());
  EXPECT_THAT(none->signed_by, IsEmpty());
  EXPECT_THAT(none->missing, ElementsAre(kA, kB, kC));
  EXPECT_FALSE(none->reached());
}

}  // namespace
}  // namespace proofmark::crypto
