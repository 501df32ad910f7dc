// SPDX-License-Identifier: Apache-2.0
#include "server/match/query_sketch.h"

#include <string>

#include "forensics/synthetic/generator.h"
#include "tests/support/generated_cases.h"
#include "tests/support/signature_changes.h"
#include "tests/support/status_matchers.h"

namespace proofmark::match {
namespace {

using federation::Likeness;
using forensics::BulletSignature;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;

const SketchKey& Key() {
  static const SketchKey* const kKey = new SketchKey(crypto::Sha256("one node"));
  return *kKey;
}

BulletSignature Bullet(std::uint32_t barrel, std::uint32_t shot) {
  return forensics::GenerateBulletSignature(
      {.seed = 8, .barrel = barrel, .profile = forensics::SyntheticProfile::kClean}, shot);
}

Likeness Between(const forensics::BallisticSignature& later,
                 const forensics::BallisticSignature& earlier) {
  return SketchedQuery(Key(), later).Compare(SketchedQuery(Key(), earlier).bytes());
}

TEST(QuerySketchTest, AMarkTakesSixtyFourBytesAndItsSort) {
  EXPECT_EQ(SketchedQuery(Key(), Bullet(0, 0)).bytes().size(), 6 * 65U);
  EXPECT_THAT(CheckSketch(SketchedQuery(Key(), Bullet(0, 0)).bytes()), IsOk());
}

TEST(QuerySketchTest, OneProbeChangedALittleIsAlike) {
  const BulletSignature probe = Bullet(0, 0);
  int little = 0;
  for (const testing::SignatureChange& change : testing::SignatureChanges(probe, Bullet(9, 0))) {
    if (change.name.find("variance") != std::string::npos &&
        change.name.find("0.1 %") == std::string::npos &&
        change.name.find(" 1.0 %") == std::string::npos) {
      continue;  // Steps as large as from shot to shot: kin, below.
    }
    ++little;
    EXPECT_EQ(Between(change.changed, probe), Likeness::kAlike) << change.name;
  }
  EXPECT_GE(little, 8);
}

TEST(QuerySketchTest, LargerStepsAreKin) {
  const BulletSignature probe = Bullet(0, 0);
  for (const double share : {0.05, 0.1, 0.2}) {
    EXPECT_NE(Between(testing::Mixed(probe, Bullet(9, 0), share), probe), Likeness::kApart)
        << share;
  }
}

TEST(QuerySketchTest, TwoShotsOfOneGunAreKinAndNotAlike) {
  int kin = 0;
  for (std::uint32_t barrel = 0; barrel < 10; ++barrel) {
    const Likeness likeness = Between(Bullet(barrel, 0), Bullet(barrel, 1));
    EXPECT_NE(likeness, Likeness::kAlike) << barrel;
    kin += likeness == Likeness::kKin ? 1 : 0;
  }
  EXPECT_GE(kin, 8);
}

TEST(QuerySketchTest, TwoGunsAreApart) {
  for (std::uint32_t barrel = 1; barrel < 20; ++barrel) {
    EXPECT_EQ(Between(Bullet(barrel, 0), Bullet(0, 0)), Likeness::kApart) << barrel;
  }
}

TEST(QuerySketchTest, OneLandIsFoundAmongOthersThatAreNot) {
  const BulletSignature probe = Bullet(0, 0);
  BulletSignature single = probe;
  single.lands = {probe.lands[4]};
  EXPECT_EQ(Between(single, probe), Likeness::kAlike);
  EXPECT_EQ(Between(probe, single), Likeness::kAlike);
}

TEST(QuerySketchTest, ACaseShiftedATurnedOrChangedALittleIsAlikeAndAnotherIsNot) {
  const forensics::CaseSignature probe = testing::GeneratedCase(0, 0);
  const forensics::CaseSignature other = testing::GeneratedCase(7, 0);
  for (const testing::CaseChange& change : testing::CaseChanges(probe, other)) {
    const bool large = change.name.find("30.0 %") != std::string::npos ||
                       change.name.find("50.0 %") != std::string::npos;
    if (large) {
      EXPECT_NE(Between(change.changed, probe), Likeness::kApart) << change.name;
    } else if (change.name.find("turned") != std::string::npos) {
      // Between two turns that are tried: at the edge of the radius.
      EXPECT_NE(Between(change.changed, probe), Likeness::kApart) << change.name;
    } else {
      EXPECT_EQ(Between(change.changed, probe), Likeness::kAlike) << change.name;
    }
  }
  EXPECT_EQ(Between(other, probe), Likeness::kApart);
}

TEST(QuerySketchTest, ABulletIsApartFromACase) {
  EXPECT_EQ(Between(Bullet(0, 0), testing::GeneratedCase(0, 0)), Likeness::kApart);
}

TEST(QuerySketchTest, WithoutTheNodesSecretSketchesSayNothingOfEachOther) {
  const SketchKey other(crypto::Sha256("another node"));
  const SketchedQuery here(Key(), Bullet(0, 0));
  EXPECT_EQ(here.Compare(SketchedQuery(other, Bullet(0, 0)).bytes()), Likeness::kApart);
}

TEST(QuerySketchTest, TheCoarseBitsAreThoseOfTheLandsInAnyOrder) {
  BulletSignature bullet = Bullet(0, 0);
  const std::string coarse = SketchedQuery(Key(), bullet).coarse();
  std::rotate(bullet.lands.begin(), bullet.lands.begin() + 2, bullet.lands.end());
  EXPECT_EQ(SketchedQuery(Key(), bullet).coarse(), coarse);
}

TEST(QuerySketchTest, ADamagedSketchIsSaidToBe) {
  std::string bytes = SketchedQuery(Key(), Bullet(0, 0)).bytes();
  EXPECT_THAT(CheckSketch(bytes.substr(1)), StatusIs(absl::StatusCode::kDataLoss));
  bytes[0] = 9;
  EXPECT_THAT(CheckSketch(bytes), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace proofmark::match
