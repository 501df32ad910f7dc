// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "server/federation/partner.h"
#include "server/federation/peer_client.h"
#include "server/ledger/witness_book.h"

namespace proofmark::exchange {

// Tells every partner of a fork that this node can prove, until each has heard it. Reports wait in
// the store (ledger::WitnessBook), so that neither a crash nor a partner that is away loses one.
// Thread-safe.
class ForkReports {
 public:
  struct Options {
    // How often it is looked for reports; 0 starts no thread: SendNow() alone sends.
    std::chrono::milliseconds interval{0};
    std::chrono::milliseconds wait{2'000};  // For the answers of one round.
    std::chrono::milliseconds retry{
        60'000};  // Before a partner that did not take one is asked again.
  };

  // All references must outlive it. No thread runs before Start().
  ForkReports(ledger::WitnessBook& witness, const federation::Partners& partners,
              federation::PeerClient& peers, const base::Clock& clock, Options options)
      : options_(options), witness_(witness), partners_(partners), peers_(peers), clock_(clock) {}
  ~ForkReports() { Stop(); }

  void Start();
  void Stop();

  // Sends what is due, kForkReportsAtOnce at most, and waits for the answers.
  //   Errors  of the store.
  absl::Status SendNow();

 private:
  void Run();

  // Constant after construction.
  const Options options_;
  // Do their own locking.
  ledger::WitnessBook& witness_;
  const federation::Partners& partners_;
  federation::PeerClient& peers_;
  const base::Clock& clock_;

  base::Mutex sending_;  // One round at a time.
  struct Attempt {
    std::chrono::steady_clock::time_point again;  // Not to be sent before.
    std::string told;                             // The fault that was last logged.
  };
  std::map<std::string, Attempt> attempts_ ABSL_GUARDED_BY(sending_);  // By a report's row.

  base::Mutex mutex_;
  base::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // Last: it uses all of the above.
};

inline constexpr std::size_t kForkReportsAtOnce = 64;

}  // namespace proofmark::exchange
