// SPDX-License-Identifier: Apache-2.0
#include "server/match/index_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "forensics/synthetic/scale_bullet.h"
#include "server/store/derived_files.h"
#include "tests/support/status_matchers.h"

namespace proofmark::match {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;

constexpr std::uint32_t kBullets = 60;

std::string IdOf(std::uint32_t barrel) {
  return std::string(30, 'a') + std::to_string(10 + barrel);
}

forensics::BulletSignature Bullet(std::uint32_t barrel, std::uint32_t shot) {
  return forensics::GenerateScaleBullet(
      {.barrel = barrel, .land_count = 2, .land_width_um = 1'000.0}, shot);
}

// A node's truth: which records there are, and their signatures.
class IndexFilesTest : public ::testing::Test {
 protected:
  IndexFilesTest() : folder_(::testing::TempDir() + "/index_files_test") {
    std::filesystem::remove_all(folder_);
    for (std::uint32_t i = 0; i < kBullets; ++i) {
      truth_[IdOf(i)] = Bullet(i, 0);
    }
    Reopen();
  }
  ~IndexFilesTest() override { std::filesystem::remove_all(folder_); }

  void Reopen() {
    index_files_.reset();
    auto files = store::DerivedFiles::Open(store::PosixStorage(), folder_);
    ASSERT_THAT(files, IsOk());
    files_ = *std::move(files);
    index_files_ = std::make_unique<IndexFiles>(*files_);
  }

  std::unique_ptr<BulletCollection> Empty() {
    return std::make_unique<BulletCollection>(
        2, [this](std::string_view id) -> absl::StatusOr<forensics::BulletSignature> {
          return truth_.at(std::string(id));
        });
  }
  std::unique_ptr<BulletCollection> Full() {
    auto collection = Empty();
    for (const auto& [id, signature] : truth_) collection->Insert(id, {}, signature);
    return collection;
  }

  std::optional<ClassData> ClassOf(const std::string& id) const {
    if (!truth_.contains(id)) return std::nullopt;
    return ClassData{};
  }
  absl::StatusOr<IndexFiles::Loaded> Load(BulletCollection& collection) {
    return index_files_->Load(collection, [this](const std::string& id) { return ClassOf(id); });
  }

  // The names and scores of everything, best first.
  static std::vector<std::pair<std::string, double>> Answer(const BulletCollection& collection) {
    const forensics::BulletSignature query = Bullet(7, 1);
    const auto found = collection.Search(
        {.signature = query, .characteristics = {}, .best_count = 100, .exhaustive = true});
    EXPECT_THAT(found, IsOk());
    std::vector<std::pair<std::string, double>> answer;
    for (const auto& each : found->best) {
      answer.emplace_back(each.scored.record_id, each.scored.comparison.score);
    }
    return answer;
  }

  std::size_t FileCount() { return files_->List()->size(); }

  const std::string folder_;
  std::map<std::string, forensics::BulletSignature> truth_;
  std::unique_ptr<store::DerivedFiles> files_;
  std::unique_ptr<IndexFiles> index_files_;
};

TEST_F(IndexFilesTest, WhatWasSavedAnswersTheSameAfterARestart) {
  const auto before = Full();
  ASSERT_THAT(index_files_->Save(*before), IsOk());
  Reopen();
  const auto after = Empty();

  const auto loaded = Load(*after);

  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->records, kBullets);
  EXPECT_EQ(loaded->refused_files, 0);
  EXPECT_EQ(Answer(*after), Answer(*before));
}

TEST_F(IndexFilesTest, WhatIsNoMoreInTheStoreIsNotSearchedAndItsFileIsReplaced) {
  ASSERT_THAT(index_files_->Save(*Full()), IsOk());
  Reopen();
  truth_.erase(IdOf(7));
  truth_.erase(IdOf(8));
  const auto after = Empty();
  const std::vector<std::string> names = *files_->List();

  const auto loaded = Load(*after);

  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->records, kBullets - 2);
  EXPECT_EQ(Answer(*after).size(), kBullets - 2);
  EXPECT_THAT(index_files_->Save(*after), IsOk());
  const std::vector<std::string> now = *files_->List();
  for (const std::string& name : now) {
    const auto file = files_->Map(name);
    ASSERT_THAT(file, IsOk());
    const std::string_view bytes(reinterpret_cast<const char*>(file->bytes.data()),
                                 file->bytes.size());
    EXPECT_EQ(bytes.find(IdOf(7)), std::string_view::npos);
  }
  EXPECT_NE(now, names);
}

// No search and no save has looked at the adopted segment in between.
TEST_F(IndexFilesTest, WhatIsErasedRightAfterAdoptionLeavesTheFile) {
  ASSERT_THAT(index_files_->Save(*Full()), IsOk());
  Reopen();
  const auto after = Empty();
  ASSERT_THAT(Load(*after), IsOk());

  after->Erase(IdOf(7));

  EXPECT_EQ(*index_files_->Save(*after), 1);
  Reopen();
  const auto once_more = Empty();
  EXPECT_EQ(Load(*once_more)->records, kBullets - 1);
}

TEST_F(IndexFilesTest, NothingNewWritesNothingAndANewRecordLittle) {
  const auto collection = Full();
  ASSERT_THAT(index_files_->Save(*collection), IsOk());
  const std::vector<std::string> names = *files_->List();

  const auto again = index_files_->Save(*collection);

  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(*again, 0);
  EXPECT_EQ(*files_->List(), names);
  truth_[IdOf(80)] = Bullet(80, 0);
  collection->Insert(IdOf(80), {}, truth_[IdOf(80)]);
  EXPECT_EQ(*index_files_->Save(*collection), 1);
  Reopen();
  const auto after = Empty();
  EXPECT_EQ(Load(*after)->records, kBullets + 1);
}

TEST_F(IndexFilesTest, ADamagedFileIsRemovedAndCostsOnlyItsRecords) {
  ASSERT_THAT(index_files_->Save(*Full()), IsOk());
  const std::string name = files_->List()->front();
  std::string bytes(reinterpret_cast<const char*>(files_->Map(name)->bytes.data()),
                    files_->Map(name)->bytes.size());
  bytes[5'000] = static_cast<char>(bytes[5'000] ^ 1);
  ASSERT_THAT(files_->Write(name, bytes), IsOk());
  Reopen();
  const auto after = Empty();

  const auto loaded = Load(*after);

  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->refused_files, 1);
  EXPECT_EQ(loaded->records, 0);
  EXPECT_EQ(after->size(), 0);
  EXPECT_EQ(FileCount(), 0U);
}

// A crash after the new files and before the old ones are gone leaves both.
TEST_F(IndexFilesTest, RecordsInTwoFilesCountOnce) {
  const auto collection = Full();
  ASSERT_THAT(index_files_->Save(*collection), IsOk());
  collection->Erase(IdOf(3));
  IndexFiles other(*files_);  // Knows of no earlier file, so removes none.
  ASSERT_THAT(other.Save(*collection), IsOk());
  EXPECT_EQ(FileCount(), 2U);
  truth_.erase(IdOf(3));
  Reopen();
  const auto after = Empty();

  EXPECT_EQ(Load(*after)->records, kBullets - 1);
  EXPECT_EQ(Answer(*after).size(), kBullets - 1);
  ASSERT_THAT(index_files_->Save(*after), IsOk());
  Reopen();
  const auto once_more = Empty();
  EXPECT_EQ(Load(*once_more)->records, kBullets - 1);
}

TEST_F(IndexFilesTest, NamesThatLeaveTheFolderAreRefused) {
  for (const char* name : {"", ".", "..", "../x", "a/b", ".hidden"}) {
    EXPECT_THAT(files_->Write(name, "x"), StatusIs(absl::StatusCode::kInvalidArgument)) << name;
  }
  EXPECT_THAT(files_->Map("absent"), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace proofmark::match
