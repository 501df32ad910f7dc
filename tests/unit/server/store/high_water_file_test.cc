// SPDX-License-Identifier: Apache-2.0
#include "server/store/high_water_file.h"

#include <memory>
#include <string>

#include "base/bytes.h"
#include "gtest/gtest.h"
#include "server/store/failure_latch.h"
#include "server/store/storage_env.h"
#include "tests/support/sim_disk.h"
#include "tests/support/status_matchers.h"

namespace proofmark::store {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

constexpr char kPath[] = "/high-water";
constexpr std::size_t kRecordBytes = 48;

HighWaterMark MarkOf(std::uint64_t size) {
  return {.size = size, .root = crypto::Sha256("root " + std::to_string(size))};
}

class HighWaterFileTest : public ::testing::Test {
 protected:
  std::unique_ptr<HighWaterFile> CreateAt(std::uint64_t size) {
    return *HighWaterFile::Create(env_, kPath, MarkOf(size));
  }
  void Damage(const std::function<void(std::string&)>& damage) { disk_.Damage(kPath, damage); }

  SimDisk disk_;
  FailureLatch failure_;
  DurableEnv env_{disk_, failure_};
};

TEST_F(HighWaterFileTest, WritesTheDocumentedBytes) {
  CreateAt(3);

  std::string body("\0\0\0\0\0\0\0\x03", 8);
  body += crypto::AsText(MarkOf(3).root);
  const std::string check(
      crypto::AsText(crypto::Sha256("proofmark/high-water/v1\n" + body)).substr(0, 8));
  EXPECT_EQ(base::ToHex(disk_.Contents(kPath)), base::ToHex("PMHIGHW1" + body + check));
}

TEST_F(HighWaterFileTest, ARaisedMarkLasts) {
  const std::unique_ptr<HighWaterFile> file = CreateAt(0);
  ASSERT_THAT(file->Raise(MarkOf(5)), IsOk());
  ASSERT_THAT(file->Raise(MarkOf(9)), IsOk());

  disk_.Reboot();

  const auto read = HighWaterFile::Open(env_, kPath);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ((*read)->mark(), MarkOf(9));
}

TEST_F(HighWaterFileTest, ReportsAbsence) {
  EXPECT_THAT(HighWaterFile::Open(env_, kPath), StatusIs(absl::StatusCode::kNotFound));
}

// Whatever part of the last record a crash left, the mark before it holds, and goes on holding.
TEST_F(HighWaterFileTest, DropsATornLastRecord) {
  for (std::size_t torn = 1; torn <= kRecordBytes; ++torn) {
    SCOPED_TRACE(torn);
    const std::unique_ptr<HighWaterFile> file = CreateAt(0);
    ASSERT_THAT(file->Raise(MarkOf(5)), IsOk());
    Damage([&](std::string& bytes) { bytes.append(torn, 'x'); });

    const auto reopened = HighWaterFile::Open(env_, kPath);
    ASSERT_THAT(reopened, IsOk());
    EXPECT_EQ((*reopened)->mark(), MarkOf(5));
    ASSERT_THAT((*reopened)->Raise(MarkOf(6)), IsOk());
    EXPECT_EQ((*HighWaterFile::Open(env_, kPath))->mark(), MarkOf(6));
  }
}

TEST_F(HighWaterFileTest, RefusesDamageBeforeTheLastRecord) {
  const std::unique_ptr<HighWaterFile> file = CreateAt(0);
  ASSERT_THAT(file->Raise(MarkOf(5)), IsOk());
  ASSERT_THAT(file->Raise(MarkOf(9)), IsOk());
  const std::string good = disk_.Contents(kPath);

  for (std::size_t at = 0; at < good.size() - kRecordBytes; ++at) {
    Damage([&](std::string& bytes) {
      bytes = good;
      bytes[at] ^= 1;
    });
    EXPECT_THAT(HighWaterFile::Open(env_, kPath), StatusIs(absl::StatusCode::kDataLoss)) << at;
  }
}

TEST_F(HighWaterFileTest, RefusesAFileWithoutAnyRecord) {
  CreateAt(0);
  for (const std::string& bytes : {std::string(), std::string("PMHIGHW1"), std::string("PMH")}) {
    Damage([&](std::string& file) { file = bytes; });
    EXPECT_THAT(HighWaterFile::Open(env_, kPath), StatusIs(absl::StatusCode::kDataLoss));
  }
}

TEST_F(HighWaterFileTest, StaysBelowItsMaximum) {
  const std::unique_ptr<HighWaterFile> file = CreateAt(0);
  const std::uint64_t rounds = HighWaterFile::kFileBytesMax / kRecordBytes + 10;

  for (std::uint64_t size = 1; size <= rounds; ++size) {
    ASSERT_THAT(file->Raise({.size = size, .root = {}}), IsOk());
  }

  EXPECT_LT(disk_.Contents(kPath).size(), 20 * kRecordBytes);
  EXPECT_EQ((*HighWaterFile::Open(env_, kPath))->mark().size, rounds);
}

TEST_F(HighWaterFileTest, AFailedRaiseIsReported) {
  const std::unique_ptr<HighWaterFile> file = CreateAt(0);
  disk_.FailAt(2, SimDisk::Fault::kError);  // The sync.

  EXPECT_THAT(file->Raise(MarkOf(5)), StatusIs(absl::StatusCode::kUnavailable));
}

TEST(RollbackTest, IsToldFromOtherDataLoss) {
  EXPECT_TRUE(IsRollbackDetected(RollbackDetected("3 entries")));
  EXPECT_THAT(RollbackDetected("3 entries"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("rollback detected: 3 entries")));
  EXPECT_FALSE(IsRollbackDetected(absl::DataLossError("a damaged block")));
  EXPECT_FALSE(IsRollbackDetected(absl::OkStatus()));
}

}  // namespace
}  // namespace proofmark::store
