// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "tests/sim/machine.h"
#include "tests/sim/network.h"
#include "tests/sim/plan.h"
#include "tests/sim/scheduler.h"
#include "tests/sim/tally.h"
#include "tests/sim/trust.h"
#include "tests/sim/watch.h"

namespace proofmark::sim {

// The agencies of one run: machines that go up and down, the network between them, and what a
// node's own threads do in production, by the scheduler's time. Used by one thread.
class World {
 public:
  explicit World(const Plan& plan);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // In the order in which they depend on each other.
  Tally tally;
  Scheduler scheduler;
  std::mt19937_64 chance;
  Watch watch{scheduler, tally};
  Network network{scheduler, chance, watch, tally};
  Trust trust{scheduler, chance, watch, tally};

  std::int64_t Between(std::int64_t least, std::int64_t most);
  bool OneIn(std::int64_t many) { return Between(1, many) == 1; }

  int count() const { return static_cast<int>(sites_.size()); }
  Machine& At(int number) { return *sites_[static_cast<std::size_t>(number)].machine; }
  Machine& Any() { return At(static_cast<int>(Between(0, count() - 1))); }
  bool IsUp(Machine& machine) { return machine.node() != nullptr && !machine.IsSilent(); }

  // In a task of that machine, if it is up; the node stays while it runs.
  void Work(Machine& machine, std::function<void(node::Node&)> work);

  // The power goes off and comes on again later; `while_off` may handle the disk.
  void GoDown(Machine& machine, std::string_view why,
              std::function<void(Machine&)> while_off = nullptr);
  // Likewise, but `spoil` may take entries from its ledger: then its node must not start, and the
  // state of before is put back. Who can know of it.
  enum class Noticed { kByItself, kByWitnesses };
  void ComeBackOn(Machine& machine, std::string_view why, Noticed noticed,
                  const std::function<void(Machine&)>& spoil);
  // Somebody who is there, and has been for a while, has cosigned more than that of its ledger.
  bool IsSeenBySomebody(const Machine& machine, std::uint64_t entries);

  void StartAll();
  void RunFor(std::int64_t ms);
  // Until every letter is delivered, but for no longer than half an hour.
  void Rest();
  void StopAll();
  // Something that must hold does not.
  bool over() const { return watch.violation().has_value(); }

  // Set by a planted bug: what it does to every disk whose power is off.
  std::function<void(Machine&)> spoil_at_rest;
  bool rollbacks_are_noticed = true;

 private:
  struct Site {
    std::unique_ptr<Machine> machine;
    std::vector<federation::Partner> partners;
    int tasks = 0;
    bool publishes = false;
    bool delivers = false;
    std::int64_t published_ms = 0;
    std::int64_t up_since_ms = 0;
    // Before it was spoiled; while that has not been noticed.
    std::optional<testing::SimDisk::Image> good_disk;
    Noticed noticed = Noticed::kByItself;
  };

  Site& SiteOf(const Machine& machine) {
    return sites_[static_cast<std::size_t>(machine.number())];
  }
  void AddSite(int number, int count);
  void Start(Machine& machine);
  void Started(Machine& machine, const absl::Status& status);
  bool IsAsItWas(Machine& machine);
  void PutBack(Machine& machine);
  void Begin(Machine& machine, std::function<void()> work);
  void KeepHouse(Machine& machine);
  void KeepHouseAfter(std::int64_t ms, Machine& machine);
  void Publish(Machine& machine);
  bool IsQuiet();

  std::vector<Site> sites_;
};

}  // namespace proofmark::sim
