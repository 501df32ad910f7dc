// SPDX-License-Identifier: Apache-2.0
#include "server/store/storage_env.h"

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "server/store/failure_latch.h"
#include "tests/support/sim_disk.h"
#include "tests/support/status_matchers.h"

namespace proofmark::store {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;

class DurableEnvTest : public ::testing::Test {
 protected:
  std::unique_ptr<leveldb::WritableFile> Create(const std::string& path) {
    leveldb::WritableFile* file = nullptr;
    EXPECT_TRUE(env_.NewWritableFile(path, &file).ok());
    return std::unique_ptr<leveldb::WritableFile>(file);
  }

  SimDisk disk_;
  FailureLatch failure_;
  DurableEnv env_{disk_, failure_};
};

TEST_F(DurableEnvTest, TheFirstSyncMakesTheNameLastToo) {
  const auto file = Create("/f");
  ASSERT_TRUE(file->Append("bytes").ok() && file->Sync().ok());

  disk_.Reboot();

  EXPECT_EQ(disk_.Contents("/f"), "bytes");
}

TEST_F(DurableEnvTest, LaterSyncsLeaveTheFolderAlone) {
  const auto file = Create("/f");
  ASSERT_TRUE(file->Append("one").ok() && file->Sync().ok());
  const std::int64_t before = disk_.write_points();

  ASSERT_TRUE(file->Append("two").ok() && file->Sync().ok());

  EXPECT_EQ(disk_.write_points() - before, 2);
}

TEST_F(DurableEnvTest, ARenameLastsAtOnce) {
  ASSERT_TRUE(Create("/f")->Sync().ok());

  ASSERT_TRUE(env_.RenameFile("/f", "/g").ok());

  disk_.Reboot();
  EXPECT_TRUE(disk_.FileExists("/g"));
}

// LevelDB forgets a failed append and reports success for the next synced write.
TEST_F(DurableEnvTest, AFileRemembersItsFirstFailure) {
  const auto file = Create("/f");
  disk_.FailAt(1, SimDisk::Fault::kShortWrite);
  ASSERT_FALSE(file->Append("abcd").ok());

  EXPECT_FALSE(file->Append("more").ok());
  EXPECT_FALSE(file->Sync().ok());
  EXPECT_FALSE(file->Flush().ok());
  EXPECT_FALSE(file->Close().ok());
  EXPECT_EQ(disk_.Contents("/f"), "ab");
}

TEST_F(DurableEnvTest, AnAppendedFileRemembersItsFirstFailureToo) {
  ASSERT_TRUE(Create("/f")->Sync().ok());
  leveldb::WritableFile* opened = nullptr;
  ASSERT_TRUE(env_.NewAppendableFile("/f", &opened).ok());
  const std::unique_ptr<leveldb::WritableFile> file(opened);
  disk_.FailAt(1, SimDisk::Fault::kError);
  ASSERT_FALSE(file->Append("abcd").ok());

  EXPECT_FALSE(file->Append("more").ok());
  EXPECT_FALSE(file->Sync().ok());
}

TEST_F(DurableEnvTest, EveryFailedWriteTripsTheLatch) {
  const auto each = [](const auto& operation) {
    SimDisk disk;
    FailureLatch failure;
    DurableEnv env(disk, failure);
    leveldb::WritableFile* opened = nullptr;
    ASSERT_TRUE(env.NewWritableFile("/f", &opened).ok());
    const std::unique_ptr<leveldb::WritableFile> file(opened);
    disk.FailAt(1, SimDisk::Fault::kError);
    EXPECT_FALSE(operation(env, *file).ok());
    EXPECT_THAT(failure.status(), StatusIs(absl::StatusCode::kUnavailable));
  };
  each([](DurableEnv&, leveldb::WritableFile& file) { return file.Append("x"); });
  each([](DurableEnv&, leveldb::WritableFile& file) { return file.Sync(); });
  each([](DurableEnv& env, leveldb::WritableFile&) { return env.RenameFile("/f", "/g"); });
  each([](DurableEnv& env, leveldb::WritableFile&) { return env.SyncDirectory("/"); });
  each([](DurableEnv& env, leveldb::WritableFile&) {
    leveldb::WritableFile* none = nullptr;
    return env.NewWritableFile("/h", &none);
  });
}

TEST_F(DurableEnvTest, ReplacingAFileLeavesTheOldOrTheNewAtEveryPoint) {
  for (std::int64_t point = 1;; ++point) {
    SimDisk disk;
    FailureLatch failure;
    DurableEnv env(disk, failure);
    ASSERT_THAT(ReplaceFile(env, "/f", "old"), IsOk());
    disk.FailAt(point, SimDisk::Fault::kCrash);

    const bool replaced = ReplaceFile(env, "/f", "new").ok();
    const bool untouched = !disk.faulted();
    disk.Reboot();

    const std::string left = disk.Contents("/f");
    EXPECT_TRUE(left == "new" || (!replaced && left == "old")) << point << ": " << left;
    if (untouched) {
      EXPECT_GT(point, 4);  // Create, append, sync, rename, folder sync.
      break;
    }
  }
}

TEST(ReadWholeFileTest, RefusesAFileAboveTheBoundAndReportsAbsence) {
  SimDisk disk;
  FailureLatch failure;
  DurableEnv env(disk, failure);
  ASSERT_THAT(ReplaceFile(env, "/f", "12345"), IsOk());

  EXPECT_EQ(*ReadWholeFile(env, "/f", 5), "12345");
  EXPECT_THAT(ReadWholeFile(env, "/f", 4), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ReadWholeFile(env, "/g", 5), StatusIs(absl::StatusCode::kNotFound));
}

TEST(PosixStorageTest, MakesFoldersForTheOwnerOnlyAndSyncsThem) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / "pm_storage_env_test";
  std::filesystem::remove_all(folder);

  ASSERT_TRUE(PosixStorage().CreateDir(folder.string()).ok());

  struct stat info {};
  ASSERT_EQ(::stat(folder.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0700u);
  EXPECT_TRUE(PosixStorage().SyncDirectory(folder.string()).ok());
  EXPECT_FALSE(PosixStorage().SyncDirectory((folder / "absent").string()).ok());
  std::filesystem::remove_all(folder);
}

TEST(FailureLatchTest, TellsTheFirstFailureOnceAndKeepsIt) {
  FailureLatch latch;
  int told = 0;
  ASSERT_THAT(latch.Arm([&](const absl::Status&) { ++told; }), IsOk());

  latch.Trip(absl::UnavailableError("first")).IgnoreError();
  latch.Trip(absl::UnavailableError("second")).IgnoreError();

  EXPECT_EQ(told, 1);
  EXPECT_THAT(latch.status(),
              StatusIs(absl::StatusCode::kUnavailable, ::testing::HasSubstr("first")));
}

TEST(FailureLatchTest, ReportsWhatFailedBeforeItWasArmed) {
  FailureLatch latch;
  latch.Trip(absl::UnavailableError("early")).IgnoreError();

  EXPECT_THAT(latch.Arm(nullptr), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace proofmark::store
