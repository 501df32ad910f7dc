// SPDX-License-Identifier: Apache-2.0
#include "client/file.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "client/fault.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client {
namespace {

namespace fs = std::filesystem;
using ::proofmark::testing::IsOk;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TemporaryFolder> made = TemporaryFolder::Create();
    ASSERT_THAT(made, IsOk());
    folder_.emplace(*std::move(made));
  }
  fs::path In(const char* name) const { return folder_->path() / name; }
  static mode_t ModeOf(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_mode & 0777;
  }
  std::optional<TemporaryFolder> folder_;
};

TEST_F(FileTest, WhatIsWrittenIsReadBack) {
  const std::string bytes("a\0b\n", 4);

  ASSERT_THAT(WriteFile(In("f"), bytes, Privacy::kPublic, Overwrite::kNever), IsOk());

  const absl::StatusOr<std::string> read = ReadFile(In("f"), 4);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(*read, bytes);
}

TEST_F(FileTest, APrivateFileIsItsOwnersWhateverTheUmask) {
  const mode_t before = ::umask(0);
  const absl::Status status = WriteFile(In("key"), "k", Privacy::kPrivate, Overwrite::kNever);
  ::umask(before);

  ASSERT_THAT(status, IsOk());
  EXPECT_EQ(ModeOf(In("key")), 0600U);
  EXPECT_FALSE(IsOpenToOthers(In("key")));
}

TEST_F(FileTest, APublicFileMayBeReadByAllWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  const absl::Status status = WriteFile(In("pem"), "k", Privacy::kPublic, Overwrite::kNever);
  ::umask(before);

  ASSERT_THAT(status, IsOk());
  EXPECT_EQ(ModeOf(In("pem")), 0644U);
  EXPECT_TRUE(IsOpenToOthers(In("pem")));
}

TEST_F(FileTest, NeverMeansNever) {
  ASSERT_THAT(WriteFile(In("f"), "old", Privacy::kPublic, Overwrite::kNever), IsOk());

  const absl::Status status = WriteFile(In("f"), "new", Privacy::kPublic, Overwrite::kNever);

  ASSERT_FALSE(status.ok());
  EXPECT_EQ(FaultOf(status), FaultCode::kWouldOverwrite);
  EXPECT_EQ(ReadFile(In("f"), 10).value(), "old");
}

TEST_F(FileTest, OverwritingReplacesContentAndMode) {
  ASSERT_THAT(WriteFile(In("f"), "old", Privacy::kPublic, Overwrite::kNever), IsOk());

  ASSERT_THAT(WriteFile(In("f"), "new", Privacy::kPrivate, Overwrite::kAllowed), IsOk());

  EXPECT_EQ(ReadFile(In("f"), 10).value(), "new");
  EXPECT_EQ(ModeOf(In("f")), 0600U);
}

TEST_F(FileTest, NothingIsLeftBesideAFailedWrite) {
  ASSERT_THAT(WriteFile(In("f"), "old", Privacy::kPublic, Overwrite::kNever), IsOk());

  EXPECT_FALSE(WriteFile(In("f"), "new", Privacy::kPublic, Overwrite::kNever).ok());

  EXPECT_EQ(std::distance(fs::directory_iterator(folder_->path()), fs::directory_iterator()), 1);
}

TEST_F(FileTest, AMissingFolderIsSaid) {
  const absl::Status status = WriteFile(In("no/f"), "x", Privacy::kPublic, Overwrite::kNever);

  ASSERT_FALSE(status.ok());
  EXPECT_EQ(FaultOf(status), FaultCode::kCannotWrite);
}

TEST_F(FileTest, RefusesAFileLargerThanTheLimit) {
  ASSERT_THAT(WriteFile(In("f"), "12345", Privacy::kPublic, Overwrite::kNever), IsOk());

  EXPECT_THAT(ReadFile(In("f"), 5), IsOk());
  EXPECT_EQ(FaultOf(ReadFile(In("f"), 4).status()), FaultCode::kCannotRead);
}

TEST_F(FileTest, RefusesWhatIsNoFile) {
  ASSERT_EQ(::mkfifo(In("pipe").c_str(), 0600), 0);

  EXPECT_EQ(FaultOf(ReadFile(In("absent"), 10).status()), FaultCode::kCannotRead);
  EXPECT_EQ(FaultOf(ReadFile(folder_->path(), 10).status()), FaultCode::kCannotRead);
  EXPECT_EQ(FaultOf(ReadFile(In("pipe"), 10).status()), FaultCode::kCannotRead);  // And returns.
}

TEST_F(FileTest, APrivateFolderIsItsOwnersAndItsNeighboursStay) {
  ASSERT_THAT(MakeFolder(In("a"), Privacy::kPrivate), IsOk());
  ASSERT_THAT(MakeFolder(In("a"), Privacy::kPrivate), IsOk());  // It may exist.

  EXPECT_EQ(ModeOf(In("a")), 0700U);
}

TEST(TemporaryFolderTest, VanishesWithItsFiles) {
  fs::path path;
  {
    absl::StatusOr<TemporaryFolder> folder = TemporaryFolder::Create();
    ASSERT_THAT(folder, IsOk());
    path = folder->path();
    ASSERT_THAT(WriteFile(path / "f", "x", Privacy::kPublic, Overwrite::kNever), IsOk());
  }

  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace proofmark::client
