// SPDX-License-Identifier: Apache-2.0
#include "server/ledger/case_commitments.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "crypto/hash/sha256.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/ledger/tables.h"
#include "server/store/keys.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::ledger {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::OpenStore;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCase[] = "K-2026/0815";

class CaseCommitmentsTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    commitments_.reset();
    store_.reset();
    store_ = *OpenStore(disk_, random_);
    auto opened = CaseCommitments::Open(*store_);
    ASSERT_THAT(opened, IsOk());
    commitments_ = *std::move(opened);
  }

  SimDisk disk_;
  SeededRandom random_{1};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<CaseCommitments> commitments_;
};

TEST_F(CaseCommitmentsTest, TheSameCaseCommitsToTheSameValueForGood) {
  const absl::StatusOr<std::string> first = commitments_->CommitCase(kCase);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->size(), 64u);
  EXPECT_EQ(*commitments_->CommitCase(kCase), *first);

  commitments_.reset();
  store_.reset();
  disk_.Reboot();
  Open();

  EXPECT_EQ(*commitments_->CommitCase(kCase), *first);
}

TEST_F(CaseCommitmentsTest, CasesAndLabelsAndValuesCommitDifferently) {
  const std::string base = *commitments_->CommitValue(kCase, "object", "value");

  EXPECT_EQ(*commitments_->CommitValue(kCase, "object", "value"), base);
  EXPECT_NE(*commitments_->CommitValue(kCase, "detail", "value"), base);
  EXPECT_NE(*commitments_->CommitValue(kCase, "object", "other"), base);
  EXPECT_NE(*commitments_->CommitValue("another case", "object", "value"), base);
  EXPECT_NE(*commitments_->CommitCase(kCase), *commitments_->CommitCase("another case"));
}

// The owner can prove what was committed to: key and value are enough.
TEST_F(CaseCommitmentsTest, IsTheHmacItSaysItIs) {
  const std::string commitment = *commitments_->CommitCase(kCase);
  std::vector<store::KeyId> ids;
  ASSERT_THAT(store_->Scan({.prefix = store::StoreKey(kCaseTable).Build()},
                           [&](std::string_view key, std::string_view value) {
                             if (key.size() > 1)
                               ids.push_back(*store::KeyId::Parse(value.substr(0, 16)));
                             return true;
                           }),
              IsOk());
  ASSERT_EQ(ids.size(), 1u);
  const crypto::Sealer key = *store_->FindKey(ids[0]);

  const std::string message = std::string("\0\x04", 2) + "case" + kCase;
  EXPECT_EQ(commitment,
            base::ToHex(base::ByteSpan(crypto::HmacSha256(key.key().ExposeForOpenSsl(), message))));
}

TEST_F(CaseCommitmentsTest, TheDatabaseHoldsNoCaseReference) {
  ASSERT_THAT(commitments_->CommitCase(kCase), IsOk());
  ASSERT_THAT(commitments_->CommitValue(kCase, "detail", "a very telling detail"), IsOk());
  store_->Scan({}, [](std::string_view, std::string_view) { return true; }).IgnoreError();

  const std::string bytes = disk_.BytesUnder("/node");
  EXPECT_THAT(bytes, Not(HasSubstr(kCase)));
  EXPECT_THAT(bytes, Not(HasSubstr("telling")));
  // Nor what anybody could find by hashing guesses.
  EXPECT_THAT(bytes, Not(HasSubstr(crypto::AsText(crypto::Sha256(kCase)))));
}

TEST_F(CaseCommitmentsTest, AnErasedCaseCommitsToAnotherValue) {
  const std::string before = *commitments_->CommitCase(kCase);
  const std::string other = *commitments_->CommitCase("another case");
  store::WriteRequest request;
  ASSERT_THAT(commitments_->AddErasure(kCase, request), IsOk());
  ASSERT_EQ(request.erased_keys.size(), 1u);
  const store::KeyId id = request.erased_keys[0];
  ASSERT_THAT(store_->Commit(std::move(request)), IsOk());

  EXPECT_THAT(store_->FindKey(id), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_NE(*commitments_->CommitCase(kCase), before);
  EXPECT_EQ(*commitments_->CommitCase("another case"), other);
}

TEST_F(CaseCommitmentsTest, ErasingTwiceIsRefused) {
  ASSERT_THAT(commitments_->CommitCase(kCase), IsOk());
  store::WriteRequest first;
  store::WriteRequest second;
  ASSERT_THAT(commitments_->AddErasure(kCase, first), IsOk());
  ASSERT_THAT(commitments_->AddErasure(kCase, second), IsOk());

  EXPECT_THAT(store_->Commit(std::move(first)), IsOk());
  EXPECT_THAT(store_->Commit(std::move(second)), StatusIs(absl::StatusCode::kFailedPrecondition));
  store::WriteRequest third;
  EXPECT_THAT(commitments_->AddErasure(kCase, third), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CaseCommitmentsTest, ManyCallersOfANewCaseAgree) {
  std::vector<std::string> made(16);
  std::vector<std::thread> threads;
  for (std::string& slot : made) {
    threads.emplace_back([&] { slot = *commitments_->CommitCase(kCase); });
  }
  for (std::thread& thread : threads) thread.join();

  for (const std::string& commitment : made) EXPECT_EQ(commitment, made[0]);
}

TEST_F(CaseCommitmentsTest, RefusesWhatIsOutOfBounds) {
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(commitments_->CommitCase(""), invalid);
  EXPECT_THAT(commitments_->CommitCase(std::string(kCaseReferenceBytesMax, 'c')), IsOk());
  EXPECT_THAT(commitments_->CommitCase(std::string(kCaseReferenceBytesMax + 1, 'c')), invalid);
  EXPECT_THAT(commitments_->CommitValue(kCase, "", "v"), invalid);
  EXPECT_THAT(commitments_->CommitValue(kCase, "case", "v"), invalid);
  EXPECT_THAT(commitments_->CommitValue(kCase, "detail", ""), invalid);
  EXPECT_THAT(
      commitments_->CommitValue(kCase, "detail", std::string(kCommittedValueBytesMax + 1, 'v')),
      invalid);
}

}  // namespace
}  // namespace proofmark::ledger
