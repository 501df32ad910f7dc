// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace proofmark::sim {
namespace {

constexpr std::int64_t kHouseEveryMs = 5'000;
constexpr std::int64_t kPublishAgainMs = 60'000;
constexpr std::int64_t kOffMaxMs = 10'000;
constexpr std::int64_t kSparedMs = kOffMaxMs + 5'000;
constexpr std::int64_t kRestMaxMs = 1'800'000;
constexpr std::int64_t kRestSliceMs = 20'000;

std::string CodeOf(const absl::Status& status) {
  return std::string(absl::StatusCodeToString(status.code()));
}

}  // namespace

World::World(const Plan& plan) : chance(plan.seed) {
  scheduler.SetTeller(plan.tell);
  // Small federations more often than large ones.
  const auto agencies = static_cast<int>(
      std::min(Between(kAgenciesMin, kAgenciesMax), Between(kAgenciesMin, kAgenciesMax)));
  sites_.resize(static_cast<std::size_t>(agencies));
  for (int i = 0; i < agencies; ++i) AddSite(i, agencies);
}

std::int64_t World::Between(std::int64_t least, std::int64_t most) {
  return least + static_cast<std::int64_t>(chance() % static_cast<std::uint64_t>(most - least + 1));
}

void World::AddSite(int number, int agencies) {
  Site& site = sites_[static_cast<std::size_t>(number)];
  const Founded& founded = Founders()[static_cast<std::size_t>(number)];
  site.machine = std::make_unique<Machine>(number, founded, chance(), scheduler);
  Machine* const machine = site.machine.get();
  watch.Follow(*machine);
  trust.Add(*machine);
  network.Add({.node_id = founded.node_id,
               .node = [machine] { return machine->node(); },
               .silent = [machine] { return machine->IsSilent(); },
               .slow =
                   [this, machine] {
                     return scheduler.now_ms() < machine->slow_until_ms ? Between(100, 8'000) : 0;
                   },
               .admits = [this, number](int from) { return trust.Admits(number, from); }});
  for (int other = 0; other < agencies; ++other) {
    if (other == number) continue;
    federation::Partner partner = Founders()[static_cast<std::size_t>(other)].AsPartner();
    partner.budget.per_day = Between(3, 12);
    site.partners.push_back(std::move(partner));
  }
}

void World::Begin(Machine& machine, std::function<void()> work) {
  ++SiteOf(machine).tasks;
  scheduler.Begin([this, &machine, work = std::move(work)] {
    work();
    --SiteOf(machine).tasks;
  });
}

void World::Work(Machine& machine, std::function<void(node::Node&)> work) {
  if (!IsUp(machine)) return;
  Begin(machine, [node = machine.node(), work = std::move(work)] { work(*node); });
}

void World::StartAll() {
  trust.Begin();
  for (const Site& site : sites_) Start(*site.machine);
}

void World::Start(Machine& machine) {
  Begin(machine, [this, &machine] {
    const absl::Status status =
        machine.Start(SiteOf(machine).partners, network.PortOf(machine.number()));
    scheduler.Trace(absl::StrFormat("%d starts: %s", machine.number(), CodeOf(status)));
    // Whose power went off meanwhile tries again later.
    if (!machine.IsSilent()) Started(machine, status);
  });
}

void World::Started(Machine& machine, const absl::Status& status) {
  Site& site = SiteOf(machine);
  const auto put_back = [this, &machine] {
    scheduler.After(0, [this, &machine] { PutBack(machine); });
  };
  if (!status.ok()) {
    if (site.good_disk) {
      watch.Checked(kRollback);
    } else if (!machine.disk().IsFaulty()) {
      return watch.Fail(kStarts, absl::StrFormat("%d does not start: %s", machine.number(),
                                                 std::string(status.message())));
    }
    return put_back();
  }
  if (site.good_disk && rollbacks_are_noticed) {
    if (!IsAsItWas(machine)) {
      machine.Halt();
      return put_back();
    }
    site.good_disk.reset();
  }
  site.up_since_ms = scheduler.now_ms();
  watch.Started(machine.number());
  KeepHouseAfter(Between(0, kHouseEveryMs), machine);
}

// Whether the node that took a spoiled disk still has all it had logged; if not, it should have
// noticed, or nobody there could.
bool World::IsAsItWas(Machine& machine) {
  const std::uint64_t common = watch.Common(machine.number());
  const bool is_whole = common == watch.Known(machine.number());
  const bool could_know =
      SiteOf(machine).noticed == Noticed::kByItself || IsSeenBySomebody(machine, common);
  watch.Expect(kRollback, is_whole || !could_know, [&] {
    return absl::StrFormat("%d took a state that lacks what it had logged", machine.number());
  });
  return is_whole;
}

bool World::IsSeenBySomebody(const Machine& machine, std::uint64_t entries) {
  return std::ranges::any_of(sites_, [&](const Site& site) {
    return site.machine->number() != machine.number() && IsUp(*site.machine) &&
           !site.machine->disk().IsFaulty() && scheduler.now_ms() - site.up_since_ms > 5'000 &&
           watch.CosignedBy(site.machine->number(), machine.founded().origin) > entries;
  });
}

// What an operator does whose node refuses its state: he brings the right one.
void World::PutBack(Machine& machine) {
  GoDown(machine, "state refused", [this](Machine& off) {
    std::optional<testing::SimDisk::Image>& good = SiteOf(off).good_disk;
    if (good) off.disk().platters().Restore(*good);
    good.reset();
  });
}

void World::GoDown(Machine& machine, std::string_view why,
                   std::function<void(Machine&)> while_off) {
  if (!machine.has_power()) return;
  scheduler.Trace(absl::StrFormat("%d goes down: %s", machine.number(), std::string(why)));
  machine.PowerOff();
  network.HangUp(machine.number());
  Site& site = SiteOf(machine);
  PM_CHECK(site.tasks == 0);
  site.publishes = site.delivers = false;
  machine.Reboot(chance());
  if (spoil_at_rest) spoil_at_rest(machine);
  if (while_off) while_off(machine);
  scheduler.After(Between(100, kOffMaxMs), [this, &machine] { Start(machine); });
}

void World::ComeBackOn(Machine& machine, std::string_view why, Noticed noticed,
                       const std::function<void(Machine&)>& spoil) {
  // Whoever could know of it is reached.
  network.Spare(machine.number(), scheduler.now_ms() + kSparedMs);
  GoDown(machine, why, [this, noticed, &spoil](Machine& off) {
    SiteOf(off).good_disk = off.disk().platters().Backup();
    SiteOf(off).noticed = noticed;
    spoil(off);
  });
}

void World::RunFor(std::int64_t ms) {
  const std::int64_t until_ms = scheduler.now_ms() + ms;
  while (!over() && scheduler.Step(until_ms)) {
    ++tally.events;
    for (const Site& site : sites_) {
      site.machine->disk().Settle();
      // A node that can do no more work ends its process; here its machine goes with it.
      if (site.machine->HasFailed()) GoDown(*site.machine, "failed");
    }
    watch.Look();
  }
}

bool World::IsQuiet() {
  return std::ranges::all_of(sites_, [this](const Site& site) {
    Machine& machine = *site.machine;
    return IsUp(machine) && machine.node()->outbox().Waiting().empty() &&
           machine.node()->checkpoints().Latest().has_value() &&
           machine.node()->publishing().standing().verdict.satisfied();
  });
}

void World::Rest() {
  const std::int64_t until_ms = scheduler.now_ms() + kRestMaxMs;
  do {
    RunFor(kRestSliceMs);
  } while (!over() && !IsQuiet() && scheduler.now_ms() < until_ms);
  watch.Expect(kDelivered, over() || IsQuiet(),
               [] { return std::string("letters wait though everybody is there"); });
}

void World::StopAll() {
  for (const Site& site : sites_) {
    Tally::Count(tally.faults, "bit flipped", site.machine->disk().flipped_bits());
    if (site.machine->node() != nullptr) {
      tally.entries += static_cast<std::int64_t>(site.machine->node()->ledger().Head().size);
    }
    GoDown(*site.machine, "end");
  }
  PM_CHECK(scheduler.tasks() == 0);
}

// What the node's own threads do in production.
void World::KeepHouse(Machine& machine) {
  Publish(machine);
  if (!SiteOf(machine).delivers) {
    SiteOf(machine).delivers = true;
    Work(machine, [this, &machine](node::Node& node) {
      node.outbox().DeliverNow();
      node.fork_reports().SendNow().IgnoreError();
      SiteOf(machine).delivers = false;
    });
  }
  KeepHouseAfter(kHouseEveryMs, machine);
}

void World::KeepHouseAfter(std::int64_t ms, Machine& machine) {
  scheduler.After(ms, [this, &machine, start = machine.starts()] {
    if (machine.node() != nullptr && machine.starts() == start) KeepHouse(machine);
  });
}

void World::Publish(Machine& machine) {
  Site& site = SiteOf(machine);
  if (!IsUp(machine) || site.publishes) return;
  const auto latest = machine.node()->checkpoints().Latest();
  const bool grown = !latest || latest->checkpoint.size != machine.node()->ledger().Head().size;
  if (!grown && scheduler.now_ms() - site.published_ms < kPublishAgainMs) return;
  site.publishes = true;
  site.published_ms = scheduler.now_ms();
  Work(machine, [this, &machine](node::Node& node) {
    const absl::Status status = node.publishing().PublishNow();
    SiteOf(machine).publishes = false;
    scheduler.Trace(absl::StrFormat("%d published: %s", machine.number(), CodeOf(status)));
  });
}

}  // namespace proofmark::sim
