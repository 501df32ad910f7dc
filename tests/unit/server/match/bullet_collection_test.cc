// SPDX-License-Identifier: Apache-2.0
#include "server/match/bullet_collection.h"

#include <map>
#include <string>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "forensics/synthetic/generator.h"
#include "tests/support/status_matchers.h"

namespace proofmark::match {
namespace {

using ::proofmark::testing::IsOk;

std::string IdOf(std::uint32_t barrel) {
  std::string id(32, '0');
  id[31] = static_cast<char>('0' + barrel);
  return id;
}

// Generated once a process.
const forensics::BulletSignature& Shot(std::uint32_t barrel, std::uint32_t shot) {
  static std::map<std::pair<std::uint32_t, std::uint32_t>, forensics::BulletSignature> made;
  const auto [at, is_new] = made.try_emplace({barrel, shot});
  if (is_new) {
    at->second = forensics::GenerateBulletSignature(
        {.barrel = barrel, .profile = forensics::SyntheticProfile::kClean}, shot);
  }
  return at->second;
}

ClassData OfClass(const std::string& bullet_class) {
  ClassData data;
  data.kind = records::ExhibitKind::kBulletTest;
  data.characteristics.bullet_class = bullet_class;
  return data;
}

// Barrels 0..3; barrel 3 is of another bullet class.
class BulletCollectionTest : public ::testing::Test {
 protected:
  BulletCollectionTest() {
    for (std::uint32_t barrel = 0; barrel < 4; ++barrel) {
      collection_.Insert(IdOf(barrel), OfClass(barrel == 3 ? "11" : "9"), Shot(barrel, 0));
    }
    characteristics_.bullet_class = "9";
  }

  CollectionQuery Query() { return {.signature = query_, .characteristics = characteristics_}; }

  BulletCollection collection_{2};
  forensics::BulletSignature query_ = Shot(1, 1);
  records::ClassCharacteristics characteristics_;
};

TEST_F(BulletCollectionTest, FindsTheSameBarrelAmongTheEligible) {
  const auto found = collection_.Search(Query());

  ASSERT_THAT(found, IsOk());
  ASSERT_EQ(found->best.size(), 3U);
  EXPECT_EQ(found->best[0].scored.record_id, IdOf(1));
  EXPECT_EQ(found->best[0].kind, records::ExhibitKind::kBulletTest);
}

TEST_F(BulletCollectionTest, TheCountsAddUp) {
  const auto found = collection_.Search(Query());

  ASSERT_THAT(found, IsOk());
  std::int64_t removed = 0;
  for (const auto& [rule, count] : found->counts.removed) removed += count;
  EXPECT_EQ(found->counts.held, 4);
  EXPECT_EQ(removed, 1);
  EXPECT_EQ(found->counts.held, removed + found->counts.eligible);
  EXPECT_EQ(found->counts.eligible, found->counts.compared + found->counts.failed);
  EXPECT_TRUE(found->counts.complete);
  EXPECT_EQ(found->counts.removed.size(), records::ClassRulesOf(records::ItemKind::kBullet).size());
}

TEST_F(BulletCollectionTest, ARuleSwitchedOffLetsItsRecordsIn) {
  CollectionQuery query = Query();
  query.rules_off = {records::ClassRule::kBulletClass};

  const auto found = collection_.Search(query);

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->counts.eligible, 4);
  EXPECT_EQ(found->counts.removed.size(), records::ClassRulesOf(records::ItemKind::kBullet).size() - 1);
}

TEST_F(BulletCollectionTest, TheExhibitAskedAboutIsLeftOutAndNotHeld) {
  CollectionQuery query = Query();
  query.leave_out = IdOf(1);

  const auto found = collection_.Search(query);

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->counts.held, 3);
  for (const CollectionCandidate& candidate : found->best) {
    EXPECT_NE(candidate.scored.record_id, IdOf(1));
  }
}

TEST_F(BulletCollectionTest, WhatWasErasedIsSearchedNoMore) {
  collection_.Erase(IdOf(1));
  collection_.Erase(IdOf(9));  // Unknown: nothing happens.

  const auto found = collection_.Search(Query());

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(collection_.size(), 3);
  EXPECT_EQ(found->counts.held, 3);
  EXPECT_EQ(found->counts.eligible, 2);
}

TEST_F(BulletCollectionTest, ACancelledSearchSaysThatItIsNotComplete) {
  BulletCollection one_worker(1);
  for (std::uint32_t barrel = 0; barrel < 3; ++barrel) {
    one_worker.Insert(IdOf(barrel), OfClass("9"), Shot(barrel, 0));
  }
  CollectionQuery query = Query();
  query.cancelled = [] { return true; };

  const auto found = one_worker.Search(query);

  ASSERT_THAT(found, IsOk());
  EXPECT_FALSE(found->counts.complete);
  EXPECT_LT(found->counts.compared, found->counts.eligible);
}

// Reading signatures may take long: whoever submits or withdraws meanwhile does not wait for it.
TEST(BulletCollectionLoaderTest, AReadUnderASearchBlocksNoWriter) {
  base::Mutex mutex;
  base::CondVar changed;
  bool reading = false;
  bool written = false;
  BulletCollection collection(2,
                              [&](std::string_view) -> absl::StatusOr<forensics::BulletSignature> {
                                base::MutexLock lock(mutex);
                                reading = true;
                                changed.NotifyAll();
                                while (!written) changed.Wait(mutex);
                                return Shot(1, 0);
                              });
  collection.Insert(IdOf(1), OfClass("9"), Shot(1, 0));
  collection.Insert(IdOf(2), OfClass("9"), Shot(1, 0));
  absl::StatusOr<CollectionResult> found = absl::UnknownError("not yet");
  std::jthread searching(
      [&] { found = collection.Search({.signature = Shot(1, 1), .characteristics = {}}); });
  {
    base::MutexLock lock(mutex);
    while (!reading) changed.Wait(mutex);
  }

  collection.Insert(IdOf(3), OfClass("9"), Shot(2, 0));
  collection.Erase(IdOf(2));

  {
    base::MutexLock lock(mutex);
    written = true;
    changed.NotifyAll();
  }
  searching.join();
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->best.size(), 2U);  // What was there when it began.
  EXPECT_EQ(collection.size(), 2);
  EXPECT_EQ(collection.changes(), 4);
}

}  // namespace
}  // namespace proofmark::match
