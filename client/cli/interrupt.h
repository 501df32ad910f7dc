// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace proofmark::client::cli {

// Turns Ctrl-C (and SIGTERM) into a stop token for as long as it lives; a second one ends the
// process at once. Make it before any other thread, so that those inherit the blocked signals.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  sigset_t before_;       // The thread's signals as they were.
  std::jthread watcher_;  // Last: joined first.
};

}  // namespace proofmark::client::cli
