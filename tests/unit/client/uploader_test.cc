// SPDX-License-Identifier: Apache-2.0
#include "client/uploader.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "client/fault.h"
#include "client/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proofmark/v1/submission_service.pb.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client {
namespace {

namespace fs = std::filesystem;
using ::proofmark::testing::IsOk;
using ::testing::Each;
using ::testing::Field;
using ::testing::SizeIs;

// A node that keeps exhibits by their content's name. `before_send` may fail an attempt before it
// is kept, `after_commit` after. Thread-safe.
class FakeNode final : public SubmissionPort {
 public:
  std::function<absl::Status(int attempt)> before_send;
  std::function<absl::Status(int attempt)> after_commit;

  absl::StatusOr<v1::FindSubmissionResponse> FindSubmission(
      const v1::FindSubmissionRequest& request) override {
    base::MutexLock lock(mutex_);
    v1::FindSubmissionResponse response;
    const auto held = held_.find(request.submission_id());
    if (held != held_.end()) *response.mutable_exhibit() = held->second;
    return response;
  }

  absl::StatusOr<v1::SubmitExhibitResponse> SubmitExhibit(
      const Submission& submission, const std::function<void(std::int64_t)>& on_bytes,
      const std::stop_token& stop) override {
    base::MutexLock lock(mutex_);
    const int attempt = ++attempts_;
    on_bytes(submission.header.scans[0].size_bytes);
    if (stop.stop_requested()) return absl::CancelledError("stopped");
    if (before_send) {
      if (absl::Status status = before_send(attempt); !status.ok()) return status;
    }
    v1::Exhibit exhibit = Make(submission);
    held_[SubmissionId(submission.header)] = exhibit;
    if (after_commit) {
      if (absl::Status status = after_commit(attempt); !status.ok()) return status;
    }
    v1::SubmitExhibitResponse response;
    *response.mutable_exhibit() = exhibit;
    return response;
  }

  int attempts() const {
    base::MutexLock lock(mutex_);
    return attempts_;
  }
  std::size_t held() const {
    base::MutexLock lock(mutex_);
    return held_.size();
  }

 private:
  v1::Exhibit Make(const Submission& submission) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    v1::Exhibit exhibit;
    exhibit.set_exhibit_id(std::string(30, '0') + std::to_string(10 + held_.size()));
    exhibit.set_kind(v1::EXHIBIT_KIND_BULLET_EVIDENCE);
    exhibit.set_state(v1::EXHIBIT_STATE_ACTIVE);
    exhibit.mutable_characteristics();
    exhibit.mutable_identity()->set_label(submission.header.identity.label);
    exhibit.mutable_submit_time()->set_seconds(1'790'000'000);
    exhibit.set_submitted_by("p1");
    v1::Mark& mark = *exhibit.add_marks();
    mark.set_region(v1::MARK_REGION_LAND);
    mark.set_land_number(1);
    mark.set_scan_sha256(submission.header.scans[0].sha256);
    mark.set_format("x3p");
    mark.set_usable(true);
    exhibit.mutable_receipt()->set_origin("gb.example/proofmark/n1/log");
    exhibit.mutable_receipt()->set_index(1);
    exhibit.mutable_receipt()->set_leaf_hash(std::string(32, 'h'));
    return exhibit;
  }

  mutable base::Mutex mutex_;
  int attempts_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, v1::Exhibit> held_ ABSL_GUARDED_BY(mutex_);
};

class UploaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TemporaryFolder> made = TemporaryFolder::Create();
    ASSERT_THAT(made, IsOk());
    folder_.emplace(*std::move(made));
  }
  std::vector<Submission> Exhibits(int count) {
    std::vector<Submission> exhibits;
    for (int i = 0; i < count; ++i) {
      const std::string name = "e" + std::to_string(i);
      const fs::path file = folder_->path() / (name + ".x3p");
      EXPECT_THAT(WriteFile(file, "scan " + name, Privacy::kPublic, Overwrite::kAllowed), IsOk());
      exhibits.push_back(PlanExhibit(std::vector<fs::path>{file}, {}, name, {}).value());
    }
    return exhibits;
  }
  std::vector<UploadResult> Run(std::vector<Submission>& exhibits, int parallel = 2) {
    return Upload(
        node_, exhibits,
        {.parallel = parallel, .attempts_max = 3, .backoff = std::chrono::milliseconds(1)},
        [this](const UploadProgress& progress) { last_ = progress; }, stop_.get_token());
  }

  std::optional<TemporaryFolder> folder_;
  FakeNode node_;
  UploadProgress last_;
  std::stop_source stop_;
};

TEST_F(UploaderTest, SendsEveryExhibitOnce) {
  std::vector<Submission> exhibits = Exhibits(7);

  const std::vector<UploadResult> results = Run(exhibits);

  ASSERT_THAT(results, SizeIs(7));
  EXPECT_THAT(results, Each(Field(&UploadResult::already_held, false)));
  for (std::size_t i = 0; i < results.size(); ++i) {
    ASSERT_THAT(results[i].status, IsOk());
    EXPECT_EQ(results[i].exhibit->identity->label, "e" + std::to_string(i));  // In their order.
  }
  EXPECT_EQ(node_.attempts(), 7);
  EXPECT_EQ(last_.exhibits_done, 7);
  EXPECT_EQ(last_.bytes_done, last_.bytes_total);
}

TEST_F(UploaderTest, ASecondRunSendsNothing) {
  std::vector<Submission> exhibits = Exhibits(3);
  Run(exhibits);
  std::vector<Submission> again = Exhibits(3);

  const std::vector<UploadResult> results = Run(again);

  EXPECT_THAT(results, Each(Field(&UploadResult::already_held, true)));
  EXPECT_EQ(node_.attempts(), 3);
  EXPECT_EQ(node_.held(), 3U);
  EXPECT_EQ(last_.bytes_done, last_.bytes_total);
}

TEST_F(UploaderTest, GoesOnAfterANodeThatWasAway) {
  node_.before_send = [](int attempt) {
    return attempt == 1 ? absl::UnavailableError("away") : absl::OkStatus();
  };
  std::vector<Submission> exhibits = Exhibits(1);

  const std::vector<UploadResult> results = Run(exhibits);

  EXPECT_THAT(results[0].status, IsOk());
  EXPECT_EQ(node_.attempts(), 2);
  EXPECT_EQ(last_.bytes_done, last_.bytes_total);  // The lost attempt's bytes count once.
}

// The answer is lost after the node committed: the next attempt must find it, not send it again.
TEST_F(UploaderTest, ALostAnswerMakesNoSecondExhibit) {
  node_.after_commit = [](int) { return absl::UnavailableError("connection lost"); };
  std::vector<Submission> exhibits = Exhibits(1);

  const std::vector<UploadResult> results = Run(exhibits);

  ASSERT_THAT(results[0].status, IsOk());
  EXPECT_TRUE(results[0].already_held);
  EXPECT_EQ(node_.attempts(), 1);
  EXPECT_EQ(node_.held(), 1U);
}

TEST_F(UploaderTest, GivesUpAfterTheLastAttempt) {
  node_.before_send = [](int) { return absl::UnavailableError("away"); };
  std::vector<Submission> exhibits = Exhibits(1);

  const std::vector<UploadResult> results = Run(exhibits);

  EXPECT_EQ(FaultOf(results[0].status), FaultCode::kUnreachable);
  EXPECT_EQ(node_.attempts(), 3);
}

TEST_F(UploaderTest, BeginsNothingMoreWhenTheNodeStaysAway) {
  node_.before_send = [](int) { return absl::UnavailableError("away"); };
  std::vector<Submission> exhibits = Exhibits(20);

  const std::vector<UploadResult> results = Run(exhibits);

  for (const UploadResult& result : results) {
    EXPECT_EQ(FaultOf(result.status), FaultCode::kUnreachable);
  }
  EXPECT_LE(node_.attempts(), 3 * kUploadsMax);  // Those under way, not all twenty.
}

TEST_F(UploaderTest, ARefusalIsNotRepeatedAndHoldsUpNobody) {
  node_.before_send = [](int attempt) {
    return attempt == 1 ? absl::InvalidArgumentError("bad scan") : absl::OkStatus();
  };
  std::vector<Submission> exhibits = Exhibits(3);

  const std::vector<UploadResult> results = Run(exhibits, /*parallel=*/1);

  EXPECT_EQ(FaultOf(results[0].status), FaultCode::kRefusedArgument);
  EXPECT_THAT(results[1].status, IsOk());
  EXPECT_THAT(results[2].status, IsOk());
  EXPECT_EQ(node_.attempts(), 3);
}

TEST_F(UploaderTest, AFileThatIsGoneFailsItsExhibitOnly) {
  std::vector<Submission> exhibits = Exhibits(2);
  fs::remove(exhibits[0].files[0]);

  const std::vector<UploadResult> results = Run(exhibits);

  EXPECT_EQ(FaultOf(results[0].status), FaultCode::kCannotRead);
  EXPECT_THAT(results[1].status, IsOk());
}

TEST_F(UploaderTest, AfterAStopNothingNewIsBegun) {
  node_.before_send = [this](int attempt) {
    if (attempt == 2) stop_.request_stop();
    return absl::OkStatus();
  };
  std::vector<Submission> exhibits = Exhibits(5);

  const std::vector<UploadResult> results = Run(exhibits, /*parallel=*/1);

  EXPECT_THAT(results[0].status, IsOk());
  EXPECT_THAT(results[1].status, IsOk());  // It was under way, and the node took it.
  for (std::size_t i = 2; i < results.size(); ++i) {
    EXPECT_EQ(FaultOf(results[i].status), FaultCode::kInterrupted);
  }
  EXPECT_EQ(node_.attempts(), 2);
}

// What a run leaves undone, the same command line does later.
TEST_F(UploaderTest, AnInterruptedRunIsFinishedByTheNext) {
  node_.before_send = [this](int attempt) {
    if (attempt == 2) stop_.request_stop();
    return absl::OkStatus();
  };
  std::vector<Submission> exhibits = Exhibits(5);
  Run(exhibits, /*parallel=*/1);
  stop_ = std::stop_source();
  node_.before_send = nullptr;
  std::vector<Submission> again = Exhibits(5);

  const std::vector<UploadResult> results = Run(again);

  EXPECT_EQ(std::ranges::count_if(results, &UploadResult::already_held), 2);
  EXPECT_EQ(node_.held(), 5U);
  EXPECT_EQ(node_.attempts(), 5);
}

}  // namespace
}  // namespace proofmark::client
