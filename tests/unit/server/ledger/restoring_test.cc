// SPDX-License-Identifier: Apache-2.0
#include "server/ledger/restoring.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "server/ledger/checkpoint_book.h"
#include "server/store/high_water_file.h"
#include "tests/support/fake_clock.h"
#include "tests/support/ledger_copy.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::ledger {
namespace {

namespace fs = std::filesystem;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kStateFolder;
using ::proofmark::testing::kTestNodeId;
using ::proofmark::testing::kTestOrigin;
using ::proofmark::testing::OpenStore;
using ::proofmark::testing::ScratchFolder;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// A node that signs, copies of its ledger, and the ways to lose what it wrote.
class RestoringTest : public ::testing::Test {
 protected:
  // What one process holds.
  struct Running {
    std::unique_ptr<store::Store> store;
    std::unique_ptr<Ledger> ledger;
    std::unique_ptr<CheckpointBook> book;

    void Append(int entries, records::EntryKind kind = records::EntryKind::kSubmit) {
      for (int i = 0; i < entries; ++i) {
        ASSERT_THAT(ledger->Append({.kind = kind, .outcome = "STORED"}), IsOk());
      }
    }
    void Sign() { ASSERT_THAT(book->SignHead(), IsOk()); }
  };

  absl::StatusOr<std::unique_ptr<Running>> Start() {
    auto node = std::make_unique<Running>();
    PM_ASSIGN_OR_RETURN(node->store, OpenStore(disk_, random_));
    PM_ASSIGN_OR_RETURN(
        node->ledger,
        Ledger::Open(*node->store, clock_, {.origin = kTestOrigin, .node_name = kTestNodeId}));
    PM_ASSIGN_OR_RETURN(node->book,
                        CheckpointBook::Open(*node->store, *node->ledger, clock_, key_));
    return node;
  }
  std::unique_ptr<Running> MustStart() {
    auto node = Start();
    EXPECT_THAT(node, IsOk());
    return *std::move(node);
  }
  void Copy(const Running& node, const std::string& name) {
    ASSERT_THAT(testing::CopyLedger(*node.ledger, *node.book, Now_s(), Folder(name)), IsOk());
  }
  fs::path Folder(const std::string& name) const { return folder_.path() / name; }
  std::int64_t Now_s() const { return clock_.UnixMillis() / 1000; }

  // Puts the state of before back; the high-water file alone stays, unless it goes back too.
  void PutBack(const SimDisk::Image& before, bool high_water_too = false) {
    const std::string path = std::string(kStateFolder) + "/high-water";
    const std::string high_water = disk_.Contents(path);
    disk_.Restore(before);
    if (!high_water_too) disk_.Damage(path, [&](std::string& bytes) { bytes = high_water; });
  }

  RestoreOptions Options(bool dry_run = false) const {
    return {.origin = kTestOrigin,
            .node_name = kTestNodeId,
            .log_key = *crypto::MakeVerifierKey(kTestOrigin, crypto::NoteKeyType::kNote,
                                                key_.verifying_key()),
            .witness_keys = {},
            .dry_run = dry_run};
  }
  absl::StatusOr<Restoration> Restore(const std::string& name, bool dry_run = false) {
    PM_ASSIGN_OR_RETURN(const auto store, OpenStore(disk_, random_));
    return RestoreFrom(Folder(name), *store, clock_, Options(dry_run));
  }

  SimDisk disk_;
  ScratchFolder folder_;
  SeededRandom random_{5};
  FakeClock clock_{1'790'000'000'000};
  crypto::SigningKey key_ = crypto::SigningKey::Generate(random_);
};

TEST_F(RestoringTest, PutsTheSameBytesInTheSamePlaces) {
  SimDisk::Image older;
  {
    auto node = MustStart();
    node->Append(300);
    node->Sign();
    older = disk_.Backup();
  }
  std::vector<std::string> written;
  TreeHead head;
  {
    auto node = MustStart();
    node->Append(10);
    node->Sign();
    node->Append(700, records::EntryKind::kQueryIn);
    node->Append(1, records::EntryKind::kErase);
    node->Sign();
    Copy(*node, "copy");
    head = node->ledger->Head();
    for (std::uint64_t i = 0; i < head.size; ++i) written.push_back(node->ledger->Read(i)->bytes);
  }
  PutBack(older);
  ASSERT_TRUE(store::IsRollbackDetected(Start().status()));

  const auto restored = Restore("copy");

  ASSERT_THAT(restored, IsOk());
  EXPECT_EQ(restored->size_before, 300U);
  EXPECT_EQ(restored->entries(), 711U);
  EXPECT_EQ(restored->known_size, 1011U);
  EXPECT_EQ(restored->still_missing(), 0U);
  EXPECT_EQ(restored->checkpoints, 2U);
  EXPECT_EQ(restored->kinds.at(records::EntryKind::kQueryIn), 700U);
  ASSERT_THAT(restored->acts, SizeIs(11));  // Ten submissions and an erasure.
  EXPECT_EQ(restored->acts.front().index, 300U);
  EXPECT_EQ(restored->acts.back().kind, records::EntryKind::kErase);

  auto node = MustStart();
  EXPECT_EQ(node->ledger->Head(), head);
  EXPECT_THAT(node->ledger->VerifyAll(), IsOk());
  for (std::uint64_t i = 0; i < head.size; ++i) {
    ASSERT_EQ(node->ledger->Read(i)->bytes, written[i]) << i;
  }
  EXPECT_THAT(*node->book->List(0, kCheckpointsListedMax), SizeIs(3));
  // The start tells it, once, and the ledger goes on as if nothing had been.
  ASSERT_THAT(LogRestoration(*node->store, *node->ledger), IsOk());
  ASSERT_THAT(LogRestoration(*node->store, *node->ledger), IsOk());
  const auto alarms = EntriesOf(*node->ledger, records::EntryKind::kAlarm);
  ASSERT_THAT(alarms, SizeIs(1));
  EXPECT_EQ(alarms[0].draft.outcome, "RESTORED");
  EXPECT_EQ(alarms[0].draft.count, 711U);
  node->Sign();
  Copy(*node, "copy");  // It extends what was exported before.
}

TEST_F(RestoringTest, ADryRunSaysTheSameAndWritesNothing) {
  auto node = MustStart();
  node->Append(5);
  const SimDisk::Image older = disk_.Backup();
  node->Append(6);
  node->Sign();
  Copy(*node, "copy");
  node.reset();
  PutBack(older);

  const auto dry = Restore("copy", /*dry_run=*/true);

  ASSERT_THAT(dry, IsOk());
  EXPECT_EQ(dry->entries(), 6U);
  EXPECT_THAT(dry->acts, SizeIs(6));
  EXPECT_EQ(dry->checkpoints, 1U);
  EXPECT_TRUE(store::IsRollbackDetected(Start().status()));
  EXPECT_EQ(Restore("copy")->entries(), 6U);
  EXPECT_THAT(Start(), IsOk());
}

TEST_F(RestoringTest, AnOlderCopyGivesWhatItHasAndTheNodeStillRefuses) {
  auto node = MustStart();
  node->Append(5);
  const SimDisk::Image older = disk_.Backup();
  node->Append(6);
  node->Sign();
  Copy(*node, "copy");
  node->Append(4);
  node->Sign();
  Copy(*node, "newer");
  node.reset();
  PutBack(older);

  const auto part = Restore("copy");

  ASSERT_THAT(part, IsOk());
  EXPECT_EQ(part->entries(), 6U);
  EXPECT_EQ(part->still_missing(), 4U);
  const absl::Status refused = Start().status();
  EXPECT_TRUE(store::IsRollbackDetected(refused));
  EXPECT_THAT(refused.message(), HasSubstr("11 ledger entries, but 15"));
  // A newer copy completes it, and the count is of both.
  EXPECT_EQ(Restore("newer")->still_missing(), 0U);
  node = MustStart();
  ASSERT_THAT(LogRestoration(*node->store, *node->ledger), IsOk());
  EXPECT_EQ(EntriesOf(*node->ledger, records::EntryKind::kAlarm)[0].draft.count, 10U);
}

// Witnesses alone notice this; the copy helps all the same.
TEST_F(RestoringTest, AStateThatWentBackAsAWholeIsBroughtForward) {
  auto node = MustStart();
  node->Append(5);
  const SimDisk::Image older = disk_.Backup();
  node->Append(6);
  node->Sign();
  Copy(*node, "copy");
  node.reset();
  PutBack(older, /*high_water_too=*/true);

  EXPECT_EQ(Restore("copy")->entries(), 6U);

  EXPECT_EQ(MustStart()->ledger->Head().size, 11U);
}

TEST_F(RestoringTest, NothingIsMissingNothingIsWritten) {
  auto node = MustStart();
  node->Append(5);
  node->Sign();
  Copy(*node, "copy");
  node->Append(2);
  node.reset();

  const auto restored = Restore("copy");

  ASSERT_THAT(restored, IsOk());
  EXPECT_EQ(restored->entries(), 0U);
  EXPECT_EQ(restored->copy_size, 5U);
  node = MustStart();
  EXPECT_EQ(node->ledger->Head().size, 7U);
  ASSERT_THAT(LogRestoration(*node->store, *node->ledger), IsOk());
  EXPECT_THAT(EntriesOf(*node->ledger, records::EntryKind::kAlarm), SizeIs(0));
}

TEST_F(RestoringTest, RefusesACopyOfAnotherHistory) {
  auto node = MustStart();
  node->Append(5);
  const SimDisk::Image older = disk_.Backup();
  node->Append(6);
  node->Sign();
  Copy(*node, "copy");
  node.reset();
  // Another sixth entry took the place of the first one.
  PutBack(older, /*high_water_too=*/true);
  node = MustStart();
  node->Append(1, records::EntryKind::kDeny);
  node.reset();
  const SimDisk::Image before = disk_.Backup();

  EXPECT_THAT(Restore("copy"), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("first 6 entries")));

  EXPECT_EQ(MustStart()->ledger->Head().size, 6U);
  // The other way round: the copy is of the ledger as it is here, but another was acknowledged.
  disk_.Restore(older);
  node = MustStart();
  node->Append(3, records::EntryKind::kDeny);
  node.reset();
  PutBack(older);
  EXPECT_THAT(Restore("copy"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("were acknowledged")));
  EXPECT_TRUE(store::IsRollbackDetected(Start().status()));
}

TEST_F(RestoringTest, RefusesACopyOfAnotherLogOrADamagedOne) {
  auto node = MustStart();
  node->Append(5);
  const SimDisk::Image older = disk_.Backup();
  node->Append(6);
  node->Sign();
  Copy(*node, "copy");
  node.reset();
  PutBack(older);
  const crypto::SigningKey own = std::exchange(key_, crypto::SigningKey::Generate(random_));
  EXPECT_THAT(Restore("copy"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no copy of this ledger")));
  key_ = own;
  EXPECT_THAT(Restore("nowhere"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nowhere")));

  const fs::path bundle = Folder("copy") / "tile/entries/000.p/11";
  ASSERT_TRUE(fs::exists(bundle));
  std::fstream file(bundle, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(900);
  file.put('#');
  file.close();
  EXPECT_THAT(Restore("copy"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("CORRUPT")));
  EXPECT_TRUE(store::IsRollbackDetected(Start().status()));
}

// However far it came, it is run again and completes.
TEST_F(RestoringTest, IsCutOffAtEachWriteAndCompletedByTheNext) {
  auto node = MustStart();
  node->Append(5);
  const SimDisk::Image older = disk_.Backup();
  node->Append(600);
  node->Sign();
  Copy(*node, "copy");
  const TreeHead head = node->ledger->Head();
  node.reset();
  PutBack(older);
  const SimDisk::Image lost = disk_.Backup();
  int cut_off = 0;
  for (std::int64_t point = 1;; ++point) {
    disk_.Restore(lost);
    disk_.FailAt(point, SimDisk::Fault::kCrash);
    const bool done = Restore("copy").ok();
    const bool faulted = disk_.faulted();
    disk_.RebootKeepingSome(static_cast<std::uint64_t>(point));
    if (!faulted) {
      EXPECT_TRUE(done);
      break;
    }
    ++cut_off;
    const auto completed = Restore("copy");
    ASSERT_THAT(completed, IsOk()) << point;
    ASSERT_EQ(completed->still_missing(), 0U) << point;
    node = MustStart();
    ASSERT_EQ(node->ledger->Head(), head) << point;
    ASSERT_THAT(node->ledger->VerifyAll(), IsOk()) << point;
    ASSERT_THAT(LogRestoration(*node->store, *node->ledger), IsOk());
    ASSERT_EQ(EntriesOf(*node->ledger, records::EntryKind::kAlarm)[0].draft.count, 600U) << point;
    node.reset();
  }
  EXPECT_GT(cut_off, 5);
}

}  // namespace
}  // namespace proofmark::ledger
