// SPDX-License-Identifier: Apache-2.0
#include "server/store/key_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/store/failure_latch.h"
#include "server/store/storage_env.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::store {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestMasterKey;
using ::testing::HasSubstr;

constexpr char kPath[] = "/keys";
constexpr std::size_t kHeaderBytes = 84;
constexpr std::size_t kRecordBytes = 84;

class KeyFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    file_ = *KeyFile::Create(env_, kPath, TestMasterKey(), random_);
    for (int i = 0; i < 3; ++i) keys_.push_back(RecordKey::Create(random_));
  }

  absl::Status Append(std::vector<const RecordKey*> keys) { return file_->Append(keys, random_); }
  absl::Status AppendAll() { return Append({&keys_[0], &keys_[1], &keys_[2]}); }

  absl::StatusOr<std::unique_ptr<KeyFile>> Reopen(const KeyFileState& expected, char master = 'm') {
    return KeyFile::Open(env_, kPath, TestMasterKey(master), expected);
  }

  static bool Holds(const KeyFile& file, const RecordKey& key) {
    const auto found = file.Find(key.id);
    return found.ok() && found->has_value() && (*found)->key() == key.sealer.key();
  }

  SimDisk disk_;
  SeededRandom random_{7};
  FailureLatch failure_;
  DurableEnv env_{disk_, failure_};
  std::unique_ptr<KeyFile> file_;
  std::vector<RecordKey> keys_;
};

TEST_F(KeyFileTest, AppendedKeysLast) {
  ASSERT_THAT(AppendAll(), IsOk());

  disk_.Reboot();

  const auto reopened = Reopen({.generation = 0, .count = 3});
  ASSERT_THAT(reopened, IsOk());
  for (const RecordKey& key : keys_) EXPECT_TRUE(Holds(**reopened, key));
}

TEST_F(KeyFileTest, HoldsNoKeyInTheClear) {
  ASSERT_THAT(AppendAll(), IsOk());

  const std::string bytes = disk_.Contents(kPath);

  ASSERT_EQ(bytes.size(), kHeaderBytes + 3 * kRecordBytes);
  for (const RecordKey& key : keys_) {
    EXPECT_NE(bytes.find(key.id.AsText()), std::string::npos);
    EXPECT_EQ(bytes.find(base::AsText(key.sealer.key().ExposeForOpenSsl())), std::string::npos);
  }
}

TEST_F(KeyFileTest, SaysNothingOfAnUnknownKey) {
  const auto found = file_->Find(keys_[0].id);

  ASSERT_THAT(found, IsOk());
  EXPECT_FALSE(found->has_value());
}

TEST_F(KeyFileTest, AnErasedKeyIsGoneFromTheFile) {
  ASSERT_THAT(AppendAll(), IsOk());

  ASSERT_THAT(file_->Erase(std::vector{keys_[1].id}, 1), IsOk());

  disk_.Reboot();
  EXPECT_EQ(disk_.Contents(kPath).find(keys_[1].id.AsText()), std::string::npos);
  EXPECT_EQ(disk_.FilesUnder("/").size(), 1u);  // No copy beside it.
  const auto reopened = Reopen({.generation = 1, .count = 2});
  ASSERT_THAT(reopened, IsOk());
  EXPECT_TRUE(Holds(**reopened, keys_[0]));
  EXPECT_FALSE((*reopened)->Contains(keys_[1].id));
  EXPECT_TRUE(Holds(**reopened, keys_[2]));
}

TEST_F(KeyFileTest, GoesOnAppendingAfterAnErasure) {
  ASSERT_THAT(Append({&keys_[0], &keys_[1]}), IsOk());
  ASSERT_THAT(file_->Erase(std::vector{keys_[0].id}, 1), IsOk());

  ASSERT_THAT(Append({&keys_[2]}), IsOk());

  disk_.Reboot();
  const auto reopened = Reopen({.generation = 1, .count = 2});
  ASSERT_THAT(reopened, IsOk());
  EXPECT_TRUE(Holds(**reopened, keys_[2]));
}

TEST_F(KeyFileTest, CountsWhatAnErasureWouldLeave) {
  ASSERT_THAT(AppendAll(), IsOk());

  EXPECT_EQ(file_->CountWithout({}), 3u);
  EXPECT_EQ(file_->CountWithout(std::vector{keys_[0].id, keys_[0].id, KeyId{}}), 2u);
}

// A record the database does not know was never acknowledged, whole or torn.
TEST_F(KeyFileTest, DropsATailThatWasNeverAcknowledged) {
  ASSERT_THAT(AppendAll(), IsOk());
  const std::string whole = disk_.Contents(kPath);

  for (std::size_t size = kHeaderBytes + 2 * kRecordBytes; size <= whole.size(); ++size) {
    SCOPED_TRACE(size);
    disk_.Damage(kPath, [&](std::string& bytes) { bytes = whole.substr(0, size); });
    const auto reopened = Reopen({.generation = 0, .count = 2});
    ASSERT_THAT(reopened, IsOk());
    EXPECT_TRUE(Holds(**reopened, keys_[1]));
    EXPECT_FALSE((*reopened)->Contains(keys_[2].id));
    EXPECT_EQ(disk_.Contents(kPath).size(), kHeaderBytes + 2 * kRecordBytes);
  }
}

TEST_F(KeyFileTest, RefusesEveryTruncationOfWhatWasAcknowledged) {
  ASSERT_THAT(AppendAll(), IsOk());
  const std::string whole = disk_.Contents(kPath);

  for (std::size_t size = 0; size < whole.size(); ++size) {
    disk_.Damage(kPath, [&](std::string& bytes) { bytes = whole.substr(0, size); });
    EXPECT_THAT(Reopen({.generation = 0, .count = 3}), StatusIs(absl::StatusCode::kDataLoss))
        << size;
  }
}

TEST_F(KeyFileTest, RefusesEveryFlippedByte) {
  ASSERT_THAT(AppendAll(), IsOk());
  const std::string whole = disk_.Contents(kPath);

  for (std::size_t at = 0; at < whole.size(); ++at) {
    disk_.Damage(kPath, [&](std::string& bytes) {
      bytes = whole;
      bytes[at] ^= 1;
    });
    EXPECT_THAT(Reopen({.generation = 0, .count = 3}), StatusIs(absl::StatusCode::kDataLoss)) << at;
  }
}

TEST_F(KeyFileTest, RefusesSwappedRecords) {
  ASSERT_THAT(AppendAll(), IsOk());
  disk_.Damage(kPath, [](std::string& bytes) {
    const std::string first = bytes.substr(kHeaderBytes, kRecordBytes);
    bytes.erase(kHeaderBytes, kRecordBytes);
    bytes.insert(kHeaderBytes + kRecordBytes, first);
  });

  EXPECT_THAT(Reopen({.generation = 0, .count = 3}), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(KeyFileTest, RefusesAnotherMasterKey) {
  EXPECT_THAT(Reopen({}, 'x'),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("another master key")));
}

TEST_F(KeyFileTest, OpensTheFileOfAnErasureCutShort) {
  ASSERT_THAT(AppendAll(), IsOk());

  const auto reopened = Reopen({.generation = 1, .count = 2});

  ASSERT_THAT(reopened, IsOk());
  EXPECT_EQ((*reopened)->state(), (KeyFileState{.generation = 0, .count = 3}));
}

TEST_F(KeyFileTest, RefusesAnyOtherGeneration) {
  ASSERT_THAT(AppendAll(), IsOk());
  ASSERT_THAT(file_->Erase({}, 5), IsOk());

  EXPECT_THAT(Reopen({.generation = 4, .count = 3}), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Reopen({.generation = 5, .count = 3}), IsOk());
  EXPECT_THAT(Reopen({.generation = 7, .count = 3}), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(KeyFileTest, IsNeverCreatedOverKeys) {
  ASSERT_THAT(AppendAll(), IsOk());

  EXPECT_THAT(KeyFile::Create(env_, kPath, TestMasterKey(), random_),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("holds keys")));
}

class MasterKeyTest : public ::testing::Test {
 protected:
  ~MasterKeyTest() override { std::filesystem::remove_all(path_); }

  void Write(std::size_t size, mode_t mode) {
    std::filesystem::remove_all(path_);
    std::ofstream(path_) << std::string(size, 'm');
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }

  const std::string path_ = ::testing::TempDir() + "/pm_master_key_test";
};

TEST_F(MasterKeyTest, Reads32BytesOfAPrivateFile) {
  Write(32, 0600);

  const auto key = LoadMasterKey(path_);

  ASSERT_THAT(key, IsOk());
  EXPECT_TRUE(*key == TestMasterKey());
}

TEST_F(MasterKeyTest, RefusesAFileOthersMayReach) {
  for (const mode_t mode : {0640, 0604, 0620, 0610, 0666}) {
    Write(32, mode);
    EXPECT_THAT(LoadMasterKey(path_),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("0600")));
  }
}

TEST_F(MasterKeyTest, RefusesAnotherLength) {
  for (const std::size_t size : {0u, 31u, 33u}) {
    Write(size, 0600);
    EXPECT_THAT(LoadMasterKey(path_), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST_F(MasterKeyTest, RefusesAFolderAPipeAndAbsence) {
  EXPECT_THAT(LoadMasterKey(path_), StatusIs(absl::StatusCode::kNotFound));
  std::filesystem::create_directory(path_);
  EXPECT_THAT(LoadMasterKey(path_), StatusIs(absl::StatusCode::kFailedPrecondition));
  std::filesystem::remove_all(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(LoadMasterKey(path_), StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace proofmark::store
