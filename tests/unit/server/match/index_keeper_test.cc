// SPDX-License-Identifier: Apache-2.0
#include "server/match/index_keeper.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "forensics/synthetic/scale_bullet.h"
#include "tests/support/fake_clock.h"
#include "tests/support/sim_disk.h"
#include "tests/support/status_matchers.h"

namespace proofmark::match {
namespace {

using ::proofmark::testing::FakeClock;
using ::proofmark::testing::SimDisk;

constexpr char kFolder[] = "/index";
constexpr IndexKeeper::Options kOptions{.changes_max = 3,
                                        .pause = std::chrono::milliseconds(60'000),
                                        .pace = std::chrono::milliseconds(1)};

std::string IdOf(std::uint32_t barrel) {
  return std::string(30, 'a') + std::to_string(10 + barrel);
}

forensics::BulletSignature Bullet(std::uint32_t barrel) {
  return forensics::GenerateScaleBullet(
      {.barrel = barrel, .land_count = 2, .land_width_um = 1'000.0}, 0);
}

class IndexKeeperTest : public ::testing::Test {
 protected:
  IndexKeeperTest() { Restart(); }

  // Another process: nothing in memory, what the disk has.
  void Restart() {
    keeper_.reset();
    collection_ = std::make_unique<BulletCollection>(
        1, [](std::string_view) -> absl::StatusOr<forensics::BulletSignature> {
          return absl::NotFoundError("not asked here");
        });
    keeper_ = std::make_unique<IndexKeeper>(disk_, kFolder, *collection_, clock_, kOptions);
    keeper_->Load([](const records::ExhibitId&) { return ClassData{}; });
  }

  void Insert(std::uint32_t first, std::uint32_t end) {
    for (std::uint32_t i = first; i < end; ++i) collection_->Insert(IdOf(i), {}, Bullet(i));
  }
  // The test's own limit ends it when that never comes.
  template <typename Condition>
  void Await(const Condition& condition) {
    while (!condition(keeper_->counters())) std::this_thread::yield();
  }
  void AwaitSaves(std::int64_t saves) {
    Await([saves](const IndexKeeper::Counters& counters) { return counters.saves >= saves; });
  }
  // Long enough for a thread that looks every millisecond to do what it must not.
  static void LetItLook() { std::this_thread::sleep_for(std::chrono::milliseconds(30)); }

  SimDisk disk_;
  FakeClock clock_;
  std::unique_ptr<BulletCollection> collection_;
  std::unique_ptr<IndexKeeper> keeper_;
};

TEST_F(IndexKeeperTest, SavesAtItsStartWhatWasInsertedBefore) {
  Insert(0, 2);
  keeper_->Start();
  AwaitSaves(1);

  Restart();

  EXPECT_EQ(keeper_->counters().adopted_records, 2);
  EXPECT_EQ(collection_->size(), 2);
}

TEST_F(IndexKeeperTest, SavesWhenEnoughHasChangedAndNotBefore) {
  keeper_->Start();
  AwaitSaves(1);
  Insert(0, 2);
  LetItLook();
  EXPECT_EQ(keeper_->counters().saves, 1);

  Insert(2, 3);
  AwaitSaves(2);

  EXPECT_EQ(keeper_->counters().written_files, 1);
}

// A withdrawal, for one, does not wait for two others.
TEST_F(IndexKeeperTest, SavesASingleChangeAfterThePause) {
  Insert(0, 2);
  keeper_->Start();
  AwaitSaves(1);
  collection_->Erase(IdOf(1));

  clock_.AdvanceMillis(kOptions.pause.count());
  AwaitSaves(2);

  Restart();
  EXPECT_EQ(keeper_->counters().adopted_records, 1);
}

TEST_F(IndexKeeperTest, SavesForTheLastTimeWhenStoppedAndNotWhenDestroyed) {
  keeper_->Start();
  AwaitSaves(1);
  Insert(0, 1);
  keeper_->Stop();
  Restart();
  EXPECT_EQ(keeper_->counters().adopted_records, 1);
  keeper_->Start();
  AwaitSaves(1);
  Insert(1, 2);

  Restart();

  EXPECT_EQ(keeper_->counters().adopted_records, 1);
}

TEST_F(IndexKeeperTest, StoppedBeforeItWasStartedItSaves) {
  Insert(0, 1);

  keeper_->Stop();

  Restart();
  EXPECT_EQ(keeper_->counters().adopted_records, 1);
}

// Full disk, failing rename and so on, at each write point of the first save in turn.
TEST_F(IndexKeeperTest, ADiskThatFailsIsCountedNotAskedAllTheTimeAndCostsNoAnswer) {
  int failed = 0;
  for (std::int64_t point = 1;; ++point) {
    SCOPED_TRACE(point);
    SimDisk disk;
    BulletCollection collection(1);
    IndexKeeper keeper(disk, kFolder, collection, clock_, kOptions);
    collection.Insert(IdOf(1), {}, Bullet(1));
    disk.FailAt(point, SimDisk::Fault::kShortWrite);
    keeper.Start();
    while (keeper.counters().saves + keeper.counters().failures == 0) std::this_thread::yield();

    if (!disk.faulted()) {
      EXPECT_EQ(keeper.counters().failures, 0);
      break;
    }
    ++failed;
    for (std::uint32_t i = 2; i < 8; ++i) collection.Insert(IdOf(i), {}, Bullet(i));
    LetItLook();
    EXPECT_EQ(keeper.counters().failures, 1);
    keeper.Stop();
    EXPECT_EQ(keeper.counters().failures, 2);  // The folder is closed until the next start.
    const auto found = collection.Search({.signature = Bullet(1), .characteristics = {}});
    ASSERT_THAT(found, proofmark::testing::IsOk());
    EXPECT_EQ(found->best.size(), 7U);

    BulletCollection after(1, [](std::string_view) -> absl::StatusOr<forensics::BulletSignature> {
      return absl::NotFoundError("not asked here");
    });
    IndexKeeper again(disk, kFolder, after, clock_, kOptions);
    again.Load([](const records::ExhibitId&) { return ClassData{}; });
    EXPECT_EQ(again.counters().failures, 0);
    EXPECT_EQ(again.counters().refused_files, 0);  // Whole or not there.
    EXPECT_LE(again.counters().adopted_records, 1);
  }
  EXPECT_GE(failed, 5);
}

}  // namespace
}  // namespace proofmark::match
