// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/machine.h"

#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::sim {

Machine::Machine(int number, const Founded& founded, std::uint64_t seed, const Scheduler& scheduler)
    : number_(number), founded_(founded), clock_(scheduler), random_(seed), disk_(seed + 1) {
  disk_.platters().Restore(founded.disk);
}

Machine::~Machine() {
  disk_.Settle();
  node_.reset();
}

absl::Status Machine::Start(const std::vector<federation::Partner>& partners,
                            federation::PeerClient& peers) {
  PM_CHECK(node_ == nullptr);
  ++starts_;
  has_power_ = true;
  PM_ASSIGN_OR_RETURN(federation::Partners known,
                      federation::Partners::Create(founded_.domain, partners));
  // Time is the scheduler's: no thread of the node acts by itself.
  node::Node::Options options{.state_folder = testing::kStateFolder,
                              .master_key_path = MasterKeyPath(),
                              .config_sha256_hex = std::string(64, 'c'),
                              .search_threads = 1,
                              .index = {.own_thread = false},
                              .letters = {.own_thread = false}};
  PM_ASSIGN_OR_RETURN(node_, node::Node::Open(std::move(options), founded_.Identity(),
                                              std::move(known), disk_, clock_, random_, peers));
  is_up_ = has_power_;
  return absl::OkStatus();
}

void Machine::PowerOff() {
  has_power_ = false;
  is_up_ = false;
  disk_.platters().FailAt(1, testing::SimDisk::Fault::kCrash);
}

void Machine::Reboot(std::uint64_t seed) {
  PM_CHECK(!has_power_);
  disk_.Settle();
  node_.reset();
  crash_set_ = false;
  disk_.Reboot(seed);
}

bool Machine::HasFailed() {
  return has_power_ && (IsSilent() || (node() && !node_->health().ok()));
}

void Machine::CrashAtWrite(std::int64_t point) {
  crash_set_ = true;
  disk_.platters().FailAt(point, testing::SimDisk::Fault::kCrash);
}

void Machine::ForgetFaults() {
  if (!disk_.platters().faulted()) FailAtWrite(std::int64_t{1} << 40, false);
}

void Machine::FailAtWrite(std::int64_t point, bool half_written) {
  crash_set_ = false;
  disk_.platters().FailAt(
      point, half_written ? testing::SimDisk::Fault::kShortWrite : testing::SimDisk::Fault::kError);
}

}  // namespace proofmark::sim
