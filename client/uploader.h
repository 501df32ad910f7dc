// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "absl/status/status.h"
#include "client/submission.h"
#include "proto/wire/exhibit.h"

namespace proofmark::client {

inline constexpr int kUploadsMax = 8;

// What became of one submission, in the order of the plan.
struct UploadResult {
  absl::Status status;        // Cancelled for those that were not begun.
  bool already_held = false;  // The node had the same content.
  std::optional<wire::ExhibitView> exhibit = std::nullopt;  // Exactly when the status is OK.
};

struct UploadProgress {
  std::int64_t exhibits_done = 0;
  std::int64_t exhibits_total = 0;
  std::int64_t bytes_done = 0;  // Of scans sent, or found at the node already.
  std::int64_t bytes_total = 0;
};

struct UploadOptions {
  int parallel = 2;                        // Exhibits at once, 1..kUploadsMax.
  int attempts_max = 3;                    // Of one exhibit while the node is unavailable.
  std::chrono::milliseconds backoff{500};  // Before the second attempt; doubles each time.
};

// Sends every submission that the node does not hold already. Before each attempt the node is asked
// for the content's name, so a run that was cut off, even between the node's commit and its answer,
// never makes a second exhibit of the same scans. One that fails does not hold up the others; but
// when the node stays away through all attempts at one, the rest is not begun.
//
//   Result   One result for each submission. After `stop` was requested, those not begun are
//            Cancelled and those under way end soon.
//   Threads  `on_progress` is called from several threads, one at a time.
std::vector<UploadResult> Upload(SubmissionPort& port, std::vector<Submission>& submissions,
                                 const UploadOptions& options,
                                 const std::function<void(const UploadProgress&)>& on_progress,
                                 const std::stop_token& stop);

}  // namespace proofmark::client
