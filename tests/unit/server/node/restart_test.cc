// SPDX-License-Identifier: Apache-2.0
// A node that starts again on a real disk: whatever became of its index files, the answers are
// those of its exhibits at rest, and how many came from files is told truly.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/node/node.h"
#include "server/store/storage_env.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::node {
namespace {

using ::proofmark::testing::AskAll;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::GeneratedBullet;
using ::proofmark::testing::GeneratedCaseExhibit;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::WireInTheMiddle;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

namespace fs = std::filesystem;

constexpr char kNodeId[] = "spiffe://north.test/proofmark/node/n1";

class RestartTest : public ::testing::Test {
 protected:
  RestartTest() {
    Start();
    asked_ = Submit(GeneratedBullet(0, 0, "A-1"));
    same_ = Submit(GeneratedBullet(0, 1, "A-2"));
    Submit(GeneratedBullet(1, 0, "A-3"));
  }

  // Returns when the node's first save is over, so that nothing is saved behind a test's back.
  void Start() {
    auto identity =
        federation::NodeIdentity::Create(kNodeId, federation::NodeKeys::Generate(random_));
    ASSERT_THAT(identity, IsOk());
    auto node = Node::Open({.state_folder = state().string(),
                            .master_key_path = folder_.MasterKeyPath(),
                            .config_sha256_hex = std::string(64, 'c'),
                            .search_threads = 2,
                            .on_store_failure = nullptr},
                           *std::move(identity), {}, store::PosixStorage(), clock_, random_, wire_);
    ASSERT_THAT(node, IsOk());
    node_ = *std::move(node);
    while (node_->index_report().files.saves + node_->index_report().files.failures == 0) {
      std::this_thread::yield();
    }
  }
  void StopInOrder() {
    ASSERT_THAT(node_->Stop(), IsOk());
    node_.reset();
  }
  // Nothing is saved any more, as when the process is killed.
  void Kill() { node_.reset(); }

  std::string Submit(const testing::Brought& brought) {
    const auto result = node_->submissions().Submit(kLab, brought.header, brought.scans);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? result->exhibit.exhibit.id : "";
  }

  struct Candidate {
    std::string id;
    double score = 0.0;
    bool operator==(const Candidate&) const = default;
  };
  // What the examiner is told about the first exhibit.
  std::vector<Candidate> Answer() {
    wire::SearchRequest request = AskAll(asked_, true);
    request.exhaustive = true;
    request.all_partners = false;
    const auto search =
        node_->searches().Run(kExaminer, request, [](const journeys::SearchEvent&) {}, {});
    EXPECT_THAT(search, IsOk());
    if (!search.ok() || !search->local.has_value()) return {};
    EXPECT_EQ(search->local->searched.failed_count, 0);
    std::vector<Candidate> answer;
    for (const wire::LocalCandidate& each : search->local->candidates) {
      answer.push_back({each.exhibit_id, each.score});
    }
    return answer;
  }

  fs::path state() const { return folder_.path() / "state"; }
  std::vector<fs::path> IndexFilesOnDisk() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(state() / "index")) {
      files.push_back(entry.path());
    }
    return files;
  }
  std::string IndexBytes() const {
    std::string bytes;
    for (const fs::path& path : IndexFilesOnDisk()) {
      std::ifstream in(path, std::ios::binary);
      bytes.append(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return bytes;
  }

  const testing::ScratchFolder folder_;
  FakeClock clock_;
  WireInTheMiddle wire_;
  SeededRandom random_{1};
  std::unique_ptr<Node> node_;
  std::string asked_;
  std::string same_;
};

TEST_F(RestartTest, AnswersFromFilesAsItDidFromMemory) {
  const std::vector<Candidate> before = Answer();
  ASSERT_THAT(before, Not(IsEmpty()));
  EXPECT_EQ(before[0].id, same_);
  StopInOrder();

  Start();

  EXPECT_EQ(node_->index_report().from_files, 3);
  EXPECT_EQ(node_->index_report().from_store, 0);
  EXPECT_EQ(node_->index_report().files.failures, 0);
  EXPECT_EQ(node_->indexed_count(), 3);
  EXPECT_EQ(Answer(), before);
  EXPECT_EQ(node_->index_report().unread_signatures, 0);
}

TEST_F(RestartTest, CartridgeCasesAreReadFromTheStore) {
  Submit(GeneratedCaseExhibit(1, 0, "C-1"));
  StopInOrder();

  Start();

  EXPECT_EQ(node_->index_report().from_files, 3);
  EXPECT_EQ(node_->index_report().from_store, 1);
  EXPECT_EQ(node_->indexed_count(), 4);
}

TEST_F(RestartTest, WhatWasKeptAfterTheLastSaveIsReadFromTheStore) {
  const std::vector<Candidate> before = Answer();
  StopInOrder();
  Start();
  const std::string later = Submit(GeneratedBullet(0, 2, "A-4"));
  Kill();

  Start();

  EXPECT_EQ(node_->index_report().from_files, 3);
  EXPECT_EQ(node_->index_report().from_store, 1);
  EXPECT_EQ(node_->indexed_count(), 4);
  const std::vector<Candidate> after = Answer();
  EXPECT_EQ(after.size(), before.size() + 1);
  EXPECT_THAT(after, ::testing::Contains(::testing::Field(&Candidate::id, later)));
}

TEST_F(RestartTest, AKillBeforeAnySaveCostsOnlyReading) {
  const std::vector<Candidate> before = Answer();
  Kill();

  Start();

  EXPECT_EQ(node_->index_report().from_files, 0);
  EXPECT_EQ(node_->index_report().from_store, 3);
  EXPECT_EQ(Answer(), before);
}

// The files still have what the store no longer counts.
TEST_F(RestartTest, WhatWasWithdrawnAfterTheLastSaveStaysGoneAndLeavesTheFiles) {
  StopInOrder();
  EXPECT_THAT(IndexBytes(), HasSubstr(same_));
  Start();
  ASSERT_THAT(node_->exhibits().Withdraw(kLab, same_, "mistaken"), IsOk());
  Kill();
  EXPECT_THAT(IndexBytes(), HasSubstr(same_));

  Start();  // Saves at once.

  EXPECT_EQ(node_->index_report().from_files, 2);
  EXPECT_EQ(node_->index_report().from_store, 0);
  EXPECT_THAT(Answer(), Not(::testing::Contains(::testing::Field(&Candidate::id, same_))));
  EXPECT_THAT(IndexBytes(), Not(HasSubstr(same_)));
  EXPECT_THAT(IndexBytes(), HasSubstr(asked_));
}

TEST_F(RestartTest, WhatWasWithdrawnLeavesTheFilesAtAnOrderlyStop) {
  StopInOrder();
  Start();
  ASSERT_THAT(node_->exhibits().Withdraw(kLab, same_, "mistaken"), IsOk());

  StopInOrder();

  EXPECT_THAT(IndexBytes(), Not(HasSubstr(same_)));
}

TEST_F(RestartTest, AFileThatIsDamagedCutEmptyOrGoneIsMadeAnew) {
  const std::vector<Candidate> before = Answer();
  StopInOrder();
  const std::vector<std::pair<std::string, std::int64_t>> damages = {
      {"flipped", 1}, {"cut", 1}, {"empty", 1}, {"gone", 0}};
  for (const auto& [damage, refused] : damages) {
    SCOPED_TRACE(damage);
    const std::vector<fs::path> files = IndexFilesOnDisk();
    ASSERT_EQ(files.size(), 1U);
    if (damage == "flipped") {
      std::fstream file(files[0], std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(1'000);
      const char flipped = static_cast<char>(file.peek() ^ 1);
      file.seekp(1'000);
      file.put(flipped);
    } else if (damage == "cut") {
      fs::resize_file(files[0], fs::file_size(files[0]) - 64);
    } else if (damage == "empty") {
      fs::resize_file(files[0], 0);
    } else {
      fs::remove(files[0]);
    }

    Start();
    EXPECT_EQ(node_->index_report().files.refused_files, refused);
    EXPECT_EQ(node_->index_report().from_files, 0);
    EXPECT_EQ(node_->index_report().from_store, 3);
    EXPECT_EQ(Answer(), before);
    Kill();  // The save at the start has made the file anew.
    Start();
    EXPECT_EQ(node_->index_report().from_files, 3);
    EXPECT_EQ(Answer(), before);
    Kill();
  }
}

TEST_F(RestartTest, WithoutAUsableFolderTheNodeWorksAndSaysSo) {
  const std::vector<Candidate> before = Answer();
  StopInOrder();
  fs::remove_all(state() / "index");
  std::ofstream(state() / "index") << "in the way";

  Start();

  EXPECT_EQ(node_->index_report().from_store, 3);
  EXPECT_EQ(node_->index_report().files.failures, 1);
  EXPECT_EQ(Answer(), before);
  StopInOrder();
}

}  // namespace
}  // namespace proofmark::node
