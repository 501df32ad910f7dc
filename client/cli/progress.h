// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "client/cli/console.h"

namespace proofmark::client::cli {

// How far a long piece of work is.
struct Work {
  std::string what;  // "exhibits".
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::int64_t bytes_done = 0;  // 0 of 0 when bytes do not matter; else rate and time follow them.
  std::int64_t bytes_total = 0;
};

// "exhibits [=====>    ] 12/40  310.5 MB/1.2 GB  24.1 MB/s  37 s left", without the bar's control
// characters. `elapsed` > 0 for a rate.
std::string ProgressText(const Work& work, std::chrono::milliseconds elapsed);

// "1.2 GB" (powers of ten), "2 min 5 s".
std::string BytesText(std::int64_t bytes);
std::string DurationText(std::chrono::milliseconds duration);

// Shows work on stderr: a line that moves on a terminal, and one line at the end elsewhere.
// Thread-safe.
class Progress {
 public:
  Progress(Console& console, const base::Clock& clock);

  void Show(const Work& work);
  // Removes the moving line and writes the last state as one line.
  void Finish();

 private:
  void Erase() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const base::Clock& clock_;
  const std::chrono::steady_clock::time_point start_;

  base::Mutex mutex_;
  Console& console_ ABSL_GUARDED_BY(mutex_);
  Work last_ ABSL_GUARDED_BY(mutex_);
  bool drawn_ ABSL_GUARDED_BY(mutex_) = false;
  std::chrono::steady_clock::time_point drawn_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::client::cli
