// SPDX-License-Identifier: Apache-2.0
#include "server/store/blob_store.h"

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

class BlobStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    absl::StatusOr<std::unique_ptr<BlobStore>> blobs = BlobStore::Open(env_, "/blobs", failure_);
    ASSERT_THAT(blobs, IsOk());
    blobs_ = *std::move(blobs);
  }

  static std::string PathOf(const crypto::Sha256Digest& name) {
    const std::string hex = base::ToHex(base::ByteSpan(name));
    return "/blobs/" + hex.substr(0, 2) + "/" + hex.substr(2);
  }

  SimDisk disk_;
  FailureLatch failure_;
  DurableEnv env_{disk_, failure_};
  std::unique_ptr<BlobStore> blobs_;
};

TEST_F(BlobStoreTest, KeepsBytesUnderTheirSha256) {
  const absl::StatusOr<crypto::Sha256Digest> name = blobs_->Put("abc");

  ASSERT_THAT(name, IsOk());
  EXPECT_EQ(base::ToHex(base::ByteSpan(*name)),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(
      disk_.Contents("/blobs/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      "abc");
  EXPECT_EQ(*blobs_->Get(*name), "abc");
}

TEST_F(BlobStoreTest, APutBlobSurvivesAReboot) {
  const crypto::Sha256Digest name = *blobs_->Put("abc");

  disk_.Reboot();

  Open();
  EXPECT_EQ(*blobs_->Get(name), "abc");
}

TEST_F(BlobStoreTest, DoesNotWriteTheSameBytesAgain) {
  ASSERT_THAT(blobs_->Put("abc"), IsOk());
  const std::int64_t before = disk_.write_points();

  ASSERT_THAT(blobs_->Put("abc"), IsOk());

  EXPECT_EQ(disk_.write_points() - before, 1);  // The folder's sync and nothing else.
}

// A process that died between rename and folder sync leaves a name that shows but need not last.
TEST_F(BlobStoreTest, MakesAVisibleNameDurableBeforeRelyingOnIt) {
  disk_.FailAt(5, SimDisk::Fault::kError);  // Create, append, sync, rename; then the folder.
  ASSERT_FALSE(blobs_->Put("abc").ok());
  ASSERT_TRUE(disk_.FileExists(PathOf(crypto::Sha256("abc"))));
  FailureLatch fresh;
  DurableEnv env(disk_, fresh);
  std::unique_ptr<BlobStore> blobs = *BlobStore::Open(env, "/blobs", fresh);

  const crypto::Sha256Digest name = *blobs->Put("abc");

  disk_.Reboot();
  EXPECT_EQ(*blobs->Get(name), "abc");
}

TEST_F(BlobStoreTest, ReportsAnAbsentBlob) {
  EXPECT_THAT(blobs_->Get(crypto::Sha256("never")), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(BlobStoreTest, ReportsADamagedBlob) {
  const crypto::Sha256Digest name = *blobs_->Put("abc");
  disk_.Damage(PathOf(name), [](std::string& bytes) { bytes[1] ^= 1; });

  EXPECT_THAT(blobs_->Get(name), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("SHA-256")));
}

TEST_F(BlobStoreTest, RemovesLeftoversWhenOpened) {
  disk_.FailAt(4, SimDisk::Fault::kError);  // The rename.
  ASSERT_FALSE(blobs_->Put("abc").ok());
  ASSERT_EQ(disk_.FilesUnder("/blobs/tmp").size(), 1u);

  Open();

  EXPECT_TRUE(disk_.FilesUnder("/blobs").empty());
}

TEST_F(BlobStoreTest, RemovedBlobsStayRemoved) {
  const crypto::Sha256Digest name = *blobs_->Put("abc");

  ASSERT_THAT(blobs_->Remove(name), IsOk());
  ASSERT_THAT(blobs_->Remove(name), IsOk());

  disk_.Reboot();
  Open();
  EXPECT_THAT(blobs_->Get(name), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(BlobStoreTest, AFailedPutClosesTheStoreForWriting) {
  disk_.FailAt(3, SimDisk::Fault::kError);
  ASSERT_THAT(blobs_->Put("abc"), StatusIs(absl::StatusCode::kUnavailable));

  EXPECT_THAT(blobs_->Put("other"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(blobs_->Remove(crypto::Sha256("abc")), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace proofmark::store
