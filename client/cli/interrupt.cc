// SPDX-License-Identifier: Apache-2.0
#include "client/cli/interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <ctime>

namespace proofmark::client::cli {
namespace {

constexpr int kExitInterrupted = 130;
constexpr timespec kLook{0, 50'000'000};  // How soon the end of the command is noticed.

sigset_t Watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t watched = Watched();
  pthread_sigmask(SIG_BLOCK, &watched, &before_);
  watcher_ = std::jthread([this, watched](const std::stop_token& end) {
    while (!end.stop_requested()) {
      if (sigtimedwait(&watched, nullptr, &kLook) < 0) continue;
      if (!source_.request_stop()) _exit(kExitInterrupted);
    }
  });
}

Interrupt::~Interrupt() {
  watcher_.request_stop();
  watcher_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace proofmark::client::cli
