// SPDX-License-Identifier: Apache-2.0
#include "server/store/derived_files.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "server/store/failure_latch.h"
#include "tests/support/sim_disk.h"
#include "tests/support/status_matchers.h"

namespace proofmark::store {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kFolder[] = "/derived";

std::string_view TextOf(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()};
}

// The bytes of a file, or the bytes "<code>" of the failure.
std::string ContentsOf(const DerivedFiles& files, std::string_view name) {
  const auto file = files.Map(name);
  return file.ok() ? std::string(TextOf(*file))
                   : "<" + absl::StatusCodeToString(file.status().code()) + ">";
}

std::unique_ptr<DerivedFiles> OpenOn(SimDisk& disk) {
  auto files = DerivedFiles::Open(disk, kFolder);
  EXPECT_THAT(files, IsOk());
  return files.ok() ? *std::move(files) : nullptr;
}

TEST(DerivedFilesTest, WhatWasWrittenLastsAndWhatWasRemovedIsGone) {
  SimDisk disk;
  {
    const auto files = OpenOn(disk);
    ASSERT_THAT(files->Write("a", "first"), IsOk());
    ASSERT_THAT(files->Write("b", "second"), IsOk());
    ASSERT_THAT(files->Write("a", "first again"), IsOk());
    ASSERT_THAT(files->Remove("b"), IsOk());
    EXPECT_THAT(files->Remove("never-there"), IsOk());
  }

  disk.Reboot();

  const auto files = OpenOn(disk);
  EXPECT_THAT(*files->List(), ElementsAre("a"));
  EXPECT_EQ(ContentsOf(*files, "a"), "first again");
  EXPECT_THAT(files->Map("b"), StatusIs(StatusCode::kNotFound));
}

// On the machine's own disk a file is mapped, and stays readable when its name is gone.
TEST(DerivedFilesTest, AMappingOutlivesItsName) {
  const std::string folder = ::testing::TempDir() + "/derived_files_test";
  std::filesystem::remove_all(folder);
  auto files = DerivedFiles::Open(PosixStorage(), folder);
  ASSERT_THAT(files, IsOk());
  ASSERT_THAT((*files)->Write("a", "bytes"), IsOk());
  const auto mapped = (*files)->Map("a");
  ASSERT_THAT(mapped, IsOk());

  ASSERT_THAT((*files)->Remove("a"), IsOk());

  EXPECT_EQ(TextOf(*mapped), "bytes");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(mapped->bytes.data()) % 4'096, 0U);
  EXPECT_THAT((*files)->Map("a"), StatusIs(StatusCode::kNotFound));
  std::filesystem::remove_all(folder);
}

TEST(DerivedFilesTest, AnEmptyFileMapsToNothing) {
  SimDisk disk;
  const auto files = OpenOn(disk);
  ASSERT_THAT(files->Write("a", ""), IsOk());

  const auto mapped = files->Map("a");

  ASSERT_THAT(mapped, IsOk());
  EXPECT_THAT(mapped->bytes, IsEmpty());
}

TEST(DerivedFilesTest, RefusesNamesThatAreNotPlain) {
  SimDisk disk;
  const auto files = OpenOn(disk);
  const std::string long_name(kDerivedFileNameBytesMax + 1, 'a');
  for (const std::string_view name :
       {std::string_view(""), std::string_view("."), std::string_view(".."),
        std::string_view("../keys"), std::string_view("a/b"), std::string_view("a b"),
        std::string_view("a\0b", 3), std::string_view(long_name)}) {
    SCOPED_TRACE(name);
    EXPECT_THAT(files->Write(name, "x"), StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(files->Map(name), StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(files->Remove(name), StatusIs(StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(files->Write(long_name.substr(1), "x"), IsOk());
}

// The disk is full, or fails, at every write point of a replacement in turn: the write says so, the
// folder is closed for writing, and the name still stands for one of the two whole contents.
TEST(DerivedFilesTest, AFailedWriteClosesTheFolderAndLeavesAWholeFile) {
  for (const SimDisk::Fault fault : {SimDisk::Fault::kError, SimDisk::Fault::kShortWrite}) {
    int failed = 0;
    for (std::int64_t point = 1;; ++point) {
      SCOPED_TRACE(point);
      SimDisk disk;
      const auto files = OpenOn(disk);
      ASSERT_THAT(files->Write("a", "old bytes"), IsOk());
      disk.FailAt(point, fault);

      const absl::Status written = files->Write("a", "new bytes");

      if (!disk.faulted()) {
        EXPECT_THAT(written, IsOk());
        break;
      }
      ++failed;
      EXPECT_THAT(written, StatusIs(StatusCode::kUnavailable));
      const std::string now = ContentsOf(*files, "a");
      EXPECT_TRUE(now == "old bytes" || now == "new bytes") << now;
      EXPECT_THAT(*files->List(), ElementsAre("a")) << "half a file is left";
      // The disk works again; nobody knows what it has.
      EXPECT_THAT(files->Write("b", "other"), StatusIs(StatusCode::kUnavailable));
      EXPECT_THAT(files->Map("b"), StatusIs(StatusCode::kNotFound));
    }
    EXPECT_GE(failed, 5);  // Creation, append, sync, rename, sync of the folder.
  }
}

// The power fails at every write point: afterwards the name stands for one of the two whole
// contents, for the new one if Write said so, and nothing unfinished is left.
TEST(DerivedFilesTest, ACrashLeavesOldOrNewAndNothingHalf) {
  int crashed = 0;
  for (std::int64_t point = 1;; ++point) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      SCOPED_TRACE(point);
      SimDisk disk;
      bool told = false;
      {
        const auto files = OpenOn(disk);
        ASSERT_THAT(files->Write("a", "old bytes"), IsOk());
        disk.FailAt(point, SimDisk::Fault::kCrash);
        told = files->Write("a", "new bytes").ok();
      }
      const bool reached = disk.faulted();
      disk.RebootKeepingSome(seed);

      const auto files = OpenOn(disk);

      const std::string now = ContentsOf(*files, "a");
      EXPECT_TRUE(now == "new bytes" || (!told && now == "old bytes")) << now;
      EXPECT_THAT(*files->List(), ElementsAre("a"));
      crashed += reached ? 1 : 0;
      if (!reached) {
        EXPECT_TRUE(told);
        EXPECT_GE(crashed, 5);
        return;
      }
    }
  }
}

TEST(DerivedFilesTest, AFailedRemovalIsReportedAndMayBeRepeated) {
  SimDisk disk;
  const auto files = OpenOn(disk);
  ASSERT_THAT(files->Write("a", "bytes"), IsOk());
  disk.FailAt(1, SimDisk::Fault::kError);

  EXPECT_THAT(files->Remove("a"), StatusIs(StatusCode::kUnavailable));

  EXPECT_EQ(ContentsOf(*files, "a"), "bytes");
  EXPECT_THAT(files->Remove("a"), IsOk());
  EXPECT_THAT(*files->List(), IsEmpty());
}

TEST(DerivedFilesTest, AFolderThatCannotBeMadeIsReported) {
  SimDisk disk;
  disk.FailAt(1, SimDisk::Fault::kError);

  EXPECT_THAT(DerivedFiles::Open(disk, kFolder), StatusIs(StatusCode::kUnavailable));
}

}  // namespace
}  // namespace proofmark::store
