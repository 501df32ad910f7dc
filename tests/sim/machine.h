// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "server/node/node.h"
#include "tests/sim/founding.h"
#include "tests/sim/machine_disk.h"
#include "tests/sim/scheduler.h"
#include "tests/support/seeded_random.h"

namespace proofmark::sim {

// A machine's clocks: both go with the scheduler, the calendar's with jumps.
class MachineClock final : public base::Clock {
 public:
  explicit MachineClock(const Scheduler& scheduler) : scheduler_(scheduler) {}

  std::int64_t UnixMillis() const override {
    return kBeginUnixMs + scheduler_.now_ms() + jumped_ms_;
  }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(scheduler_.now_ms()));
  }
  void Jump(std::int64_t ms) { jumped_ms_ += ms; }
  std::int64_t jumped_ms() const { return jumped_ms_; }

 private:
  const Scheduler& scheduler_;
  std::int64_t jumped_ms_ = 0;
};

// One agency's machine: disk, clock, chance, and while it is up the node. Used by the scheduler's
// thread and its tasks.
class Machine {
 public:
  // `founded` and `scheduler` must outlive it.
  Machine(int number, const Founded& founded, std::uint64_t seed, const Scheduler& scheduler);
  ~Machine();

  int number() const { return number_; }
  const Founded& founded() const { return founded_; }
  MachineDisk& disk() { return disk_; }
  MachineClock& clock() { return clock_; }
  base::Random& random() { return random_; }

  // Opens the node; in a task. Whoever lets the power go off meanwhile finds it closed again.
  absl::Status Start(const std::vector<federation::Partner>& partners,
                     federation::PeerClient& peers);
  // The power goes off: nothing is written and nothing leaves it from now on. Its tasks go on until
  // they notice.
  void PowerOff();
  // The node is there for nobody any more, though the power is on: its operator stops it.
  void Halt() { is_up_ = false; }
  // When no task of it is left: the node is gone, and of its disk's unsynced bytes some.
  void Reboot(std::uint64_t seed);

  // Null unless it is up and has started.
  node::Node* node() { return is_up_ ? node_.get() : nullptr; }
  // The power went off, by a fault of the disk perhaps.
  bool IsSilent() const { return !has_power_ || disk_crashed(); }
  bool has_power() const { return has_power_; }
  // How often it was started: what was begun under one node is not for the next.
  std::int64_t starts() const { return starts_; }
  // The node is up and can do no work any more, or the machine has failed under it.
  bool HasFailed();

  // Lets the power, or that write alone, fail at that write from now on.
  void CrashAtWrite(std::int64_t point);
  void FailAtWrite(std::int64_t point, bool half_written);
  void ForgetFaults();  // Those that are still to come.

  std::int64_t slow_until_ms = 0;  // Until then answers take long.

 private:
  bool disk_crashed() const { return crash_set_ && disk_.platters().faulted(); }

  const int number_;
  const Founded& founded_;
  MachineClock clock_;
  testing::SeededRandom random_;
  MachineDisk disk_;
  bool has_power_ = true;
  bool is_up_ = false;
  bool crash_set_ = false;
  std::int64_t starts_ = 0;
  std::unique_ptr<node::Node> node_;
};

}  // namespace proofmark::sim
