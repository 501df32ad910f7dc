// SPDX-License-Identifier: Apache-2.0
#include "tests/support/sim_disk.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace proofmark::testing {
namespace {

using FilePtr = std::unique_ptr<leveldb::WritableFile>;

FilePtr Create(SimDisk& disk, const std::string& path) {
  leveldb::WritableFile* file = nullptr;
  EXPECT_TRUE(disk.NewWritableFile(path, &file).ok()) << path;
  return FilePtr(file);
}

// What a careful program does: bytes first, then the name.
void WriteDurably(SimDisk& disk, const std::string& path, const std::string& bytes) {
  const FilePtr file = Create(disk, path);
  EXPECT_TRUE(file->Append(bytes).ok());
  EXPECT_TRUE(file->Sync().ok());
  EXPECT_TRUE(disk.SyncDirectory("/").ok());
}

TEST(SimDiskTest, KeepsAFileWhoseBytesAndNameWereSynced) {
  SimDisk disk;
  WriteDurably(disk, "/f", "bytes");

  disk.Reboot();

  EXPECT_EQ(disk.Contents("/f"), "bytes");
}

TEST(SimDiskTest, LosesBytesThatWereNotSynced) {
  SimDisk disk;
  WriteDurably(disk, "/f", "old");
  leveldb::WritableFile* opened = nullptr;
  ASSERT_TRUE(disk.NewAppendableFile("/f", &opened).ok());
  const FilePtr file(opened);
  ASSERT_TRUE(file->Append("new").ok());
  ASSERT_EQ(disk.Contents("/f"), "oldnew");

  disk.Reboot();

  EXPECT_EQ(disk.Contents("/f"), "old");
}

TEST(SimDiskTest, LosesASyncedFileWhoseFolderWasNotSynced) {
  SimDisk disk;
  const FilePtr file = Create(disk, "/f");
  ASSERT_TRUE(file->Append("bytes").ok() && file->Sync().ok());

  disk.Reboot();

  EXPECT_FALSE(disk.FileExists("/f"));
}

TEST(SimDiskTest, UndoesRenamesAndRemovalsOfAFolderThatWasNotSynced) {
  SimDisk disk;
  WriteDurably(disk, "/a", "a");
  WriteDurably(disk, "/b", "b");
  ASSERT_TRUE(disk.RenameFile("/a", "/c").ok());
  ASSERT_TRUE(disk.RemoveFile("/b").ok());

  disk.Reboot();

  EXPECT_EQ(disk.Contents("/a"), "a");
  EXPECT_EQ(disk.Contents("/b"), "b");
  EXPECT_FALSE(disk.FileExists("/c"));
}

TEST(SimDiskTest, LosesWhatStandsInAFolderThatWasLost) {
  SimDisk disk;
  ASSERT_TRUE(disk.CreateDir("/d").ok());
  const FilePtr file = Create(disk, "/d/f");
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(disk.SyncDirectory("/d").ok());

  disk.Reboot();

  EXPECT_FALSE(disk.FileExists("/d"));
  EXPECT_FALSE(disk.FileExists("/d/f"));
}

TEST(SimDiskTest, FailsOnceAtTheChosenPoint) {
  SimDisk disk;
  const FilePtr file = Create(disk, "/f");
  disk.FailAt(2, SimDisk::Fault::kError);

  EXPECT_TRUE(file->Append("one").ok());
  EXPECT_FALSE(disk.faulted());
  EXPECT_FALSE(file->Append("two").ok());
  EXPECT_TRUE(disk.faulted());
  EXPECT_TRUE(file->Append("three").ok());
  EXPECT_EQ(disk.Contents("/f"), "onethree");
}

TEST(SimDiskTest, AShortWriteLeavesHalf) {
  SimDisk disk;
  const FilePtr file = Create(disk, "/f");
  disk.FailAt(1, SimDisk::Fault::kShortWrite);

  EXPECT_FALSE(file->Append("abcd").ok());
  EXPECT_EQ(disk.Contents("/f"), "ab");
}

TEST(SimDiskTest, WritesNothingAfterACrashUntilReboot) {
  SimDisk disk;
  WriteDurably(disk, "/f", "old");
  disk.FailAt(1, SimDisk::Fault::kCrash);

  EXPECT_FALSE(disk.SyncDirectory("/").ok());
  EXPECT_FALSE(disk.RemoveFile("/f").ok());
  EXPECT_FALSE(disk.CreateDir("/d").ok());
  disk.Reboot();
  EXPECT_TRUE(disk.CreateDir("/d").ok());
  EXPECT_EQ(disk.Contents("/f"), "old");
}

// Some seed keeps a first part of the unsynced bytes, and no seed more or less than it may.
TEST(SimDiskTest, ASeededRebootKeepsAFirstPart) {
  bool kept_a_part = false;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SimDisk disk;
    WriteDurably(disk, "/f", "old");
    leveldb::WritableFile* opened = nullptr;
    ASSERT_TRUE(disk.NewAppendableFile("/f", &opened).ok());
    const FilePtr file(opened);
    ASSERT_TRUE(file->Append("12345678").ok());

    disk.RebootKeepingSome(seed);

    const std::string left = disk.Contents("/f");
    ASSERT_TRUE(std::string("old12345678").starts_with(left) && left.size() >= 3) << left;
    kept_a_part = kept_a_part || (left.size() > 3 && left.size() < 11);
  }
  EXPECT_TRUE(kept_a_part);
}

TEST(SimDiskTest, IgnoresTheSyncsItIsToldTo) {
  SimDisk disk;
  disk.IgnoreSyncOf(SimDisk::SyncKind::kFile, [](std::string_view path) { return path == "/f"; });
  WriteDurably(disk, "/f", "bytes");
  WriteDurably(disk, "/g", "bytes");

  disk.Reboot();

  EXPECT_EQ(disk.Contents("/f"), "");
  EXPECT_EQ(disk.Contents("/g"), "bytes");
  EXPECT_EQ(disk.ignored_syncs(), 1);
}

// As an index does that is written beside its old copy and then takes its place.
TEST(SimDiskTest, BytesAreThoseOfOneMomentWhileFilesAreReplaced) {
  SimDisk disk;
  ASSERT_TRUE(disk.CreateDir("/d").ok());
  WriteDurably(disk, "/d/f", "bytes");
  std::atomic<bool> stop = false;
  std::jthread replacing([&] {
    while (!stop) {
      WriteDurably(disk, "/d/f.new", "bytes");
      EXPECT_TRUE(disk.RenameFile("/d/f.new", "/d/f").ok());
    }
  });

  for (int i = 0; i < 2'000; ++i) {
    const std::string bytes = disk.BytesUnder("/d");
    ASSERT_TRUE(bytes.starts_with("bytes")) << bytes;
    ASSERT_LE(bytes.size(), 10U) << bytes;
  }
  stop = true;
}

}  // namespace
}  // namespace proofmark::testing
