// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "client/cli/progress.h"
#include "client/validation/scan_set.h"

namespace proofmark::client::cli {

// Shows work that has several parts: one bar after the other. Calls come one at a time.
class StagedProgress {
 public:
  explicit StagedProgress(Console& console) : console_(console) {}

  void Show(const validation::Progress& progress) {
    if (progress.what != what_) {
      Finish();
      what_ = progress.what;
      bar_.emplace(console_, base::SystemClock());
    }
    bar_->Show({.what = what_, .done = progress.done, .total = progress.total});
  }
  void Finish() {
    if (bar_) bar_->Finish();
    bar_.reset();
  }

 private:
  Console& console_;
  std::string what_;
  std::optional<Progress> bar_;
};

}  // namespace proofmark::client::cli
