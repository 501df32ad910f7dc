// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "tests/sim/plan.h"
#include "tests/sim/world.h"

namespace proofmark::sim {

// Everything that goes wrong: the faults of a plan, of which each seed takes some, an enemy among
// the partners, and a planted bug.
class Trouble {
 public:
  // Both must outlive it.
  Trouble(World& world, const Plan& plan);

  void Begin();
  // The faults end; what they left is still to be dealt with. A planted bug stays.
  void End();

 private:
  // A disk as it was, and how long the ledger was then.
  struct Kept {
    testing::SimDisk::Image disk;
    std::uint64_t entries = 0;
  };

  // `happen` again and again, every so often within the two bounds.
  void Every(std::string_view kind, std::int64_t least_ms, std::int64_t most_ms,
             std::function<void()> happen);
  void Again(std::int64_t least_ms, std::int64_t most_ms, std::function<void()> happen);

  void Crash();
  void FailWrite();
  void FillDisk();
  void FlipBits();
  void SlowDown();
  void JumpClock();
  void Part();
  void Clog();
  void CutNewestLog();
  void RollBack();
  void Distrust();
  void Attack();
  void Equivocate();

  World& world_;
  const Plan& plan_;
  bool ended_ = false;
  std::map<int, Kept> kept_;
};

}  // namespace proofmark::sim
