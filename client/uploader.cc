// SPDX-License-Identifier: Apache-2.0
#include "client/uploader.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "base/status.h"
#include "client/fault.h"
#include "proofmark/v1/submission_service.pb.h"

namespace proofmark::client {
namespace {

// Adds up what the uploading threads report. Thread-safe.
class ProgressSum {
 public:
  ProgressSum(UploadProgress start, const std::function<void(const UploadProgress&)>& report)
      : report_(report), progress_(start) {}

  void Add(std::int64_t bytes, std::int64_t exhibits) {
    base::MutexLock lock(mutex_);
    progress_.bytes_done += bytes;
    progress_.exhibits_done += exhibits;
    if (report_) report_(progress_);
  }

 private:
  const std::function<void(const UploadProgress&)>& report_;
  base::Mutex mutex_;
  UploadProgress progress_ ABSL_GUARDED_BY(mutex_);
};

absl::Status Interrupted() { return MakeFault(FaultCode::kInterrupted, "stopped"); }

// False when `stop` was requested before the time was up.
bool SleepUnlessStopped(std::chrono::milliseconds duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock<std::mutex> lock(mutex);
  return !wake.wait_for(lock, stop, duration, [&stop] { return stop.stop_requested(); });
}

absl::StatusOr<wire::ExhibitView> Checked(const v1::Exhibit& message) {
  absl::StatusOr<wire::ExhibitView> view = wire::FromProto(message, "exhibit");
  if (view.ok()) return view;
  return MakeFault(FaultCode::kDamaged,
                   absl::StrFormat("the node's answer: %s", view.status().message()));
}

// One attempt: look, then send. `sent` is what this attempt reported, to be taken back on failure.
absl::StatusOr<UploadResult> TryOnce(SubmissionPort& port, const Submission& submission,
                                     ProgressSum& progress, std::int64_t& sent,
                                     const std::stop_token& stop) {
  v1::FindSubmissionRequest question;
  question.set_submission_id(SubmissionId(submission.header));
  PM_ASSIGN_OR_RETURN(const v1::FindSubmissionResponse held, port.FindSubmission(question));
  UploadResult result;
  if (held.has_exhibit()) {
    result.already_held = true;
    PM_ASSIGN_OR_RETURN(result.exhibit, Checked(held.exhibit()));
    return result;
  }
  const auto on_bytes = [&](std::int64_t bytes) {
    sent += bytes;
    progress.Add(bytes, 0);
  };
  PM_ASSIGN_OR_RETURN(const v1::SubmitExhibitResponse taken,
                      port.SubmitExhibit(submission, on_bytes, stop));
  result.already_held = taken.already_held();
  PM_ASSIGN_OR_RETURN(result.exhibit, Checked(taken.exhibit()));
  return result;
}

UploadResult UploadOne(SubmissionPort& port, Submission& submission, const UploadOptions& options,
                       ProgressSum& progress, const std::stop_token& stop) {
  const std::int64_t bytes = BytesOf(submission);
  std::int64_t sent = 0;
  const auto finish = [&](UploadResult result) {
    progress.Add(bytes - sent, 1);  // Whatever became of it, it is no longer ahead of us.
    return result;
  };
  if (stop.stop_requested()) return UploadResult{.status = Interrupted()};
  if (absl::Status status = MeasureScans(submission); !status.ok()) {
    return finish({.status = std::move(status)});
  }
  std::chrono::milliseconds wait = options.backoff;
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<UploadResult> result = TryOnce(port, submission, progress, sent, stop);
    if (result.ok()) return finish(*std::move(result));
    progress.Add(-std::exchange(sent, 0), 0);
    if (stop.stop_requested()) return UploadResult{.status = Interrupted()};
    if (FaultOf(result.status()) != FaultCode::kUnreachable || attempt >= options.attempts_max) {
      return finish({.status = std::move(result).status()});
    }
    if (!SleepUnlessStopped(wait, stop)) return UploadResult{.status = Interrupted()};
    wait *= 2;
  }
}

}  // namespace

std::vector<UploadResult> Upload(SubmissionPort& port, std::vector<Submission>& submissions,
                                 const UploadOptions& options,
                                 const std::function<void(const UploadProgress&)>& on_progress,
                                 const std::stop_token& stop) {
  UploadProgress start;
  start.exhibits_total = static_cast<std::int64_t>(submissions.size());
  for (const Submission& submission : submissions) start.bytes_total += BytesOf(submission);
  ProgressSum progress(start, on_progress);

  std::vector<UploadResult> results(submissions.size());
  std::atomic<std::size_t> next{0};
  std::atomic<bool> away{false};
  const auto work = [&] {
    for (std::size_t i = next++; i < submissions.size(); i = next++) {
      if (away) {
        results[i].status =
            MakeFault(FaultCode::kUnreachable, "not begun: the node went away before its turn");
        continue;
      }
      results[i] = UploadOne(port, submissions[i], options, progress, stop);
      const absl::Status& status = results[i].status;
      if (!status.ok() && FaultOf(status) == FaultCode::kUnreachable) away = true;
    }
  };
  const std::size_t workers = std::min(
      submissions.size(), static_cast<std::size_t>(std::clamp(options.parallel, 1, kUploadsMax)));
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < workers; ++i) threads.emplace_back(work);
    work();
  }
  return results;
}

}  // namespace proofmark::client
