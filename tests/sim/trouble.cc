// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/trouble.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "crypto/tlog/witness.h"
#include "server/exchange/peer_answer.h"
#include "tests/sim/defects.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::sim {
namespace {

constexpr std::int64_t kDayAndMoreMs = 25LL * 3600 * 1000;
constexpr std::int64_t kSmallJumpMs = 120'000;  // Two of them are within what envelopes may differ.
constexpr std::int64_t kLongestTroubleMs = 20'000;

// LevelDB's newest log; empty when there is none.
std::string NewestLogOf(const testing::SimDisk& disk) {
  std::string newest;
  for (const std::string& path : disk.FilesUnder(std::string(testing::kStateFolder) + "/db")) {
    if (path.ends_with(".log")) newest = std::max(newest, path);
  }
  return newest;
}

}  // namespace

Trouble::Trouble(World& world, const Plan& plan) : world_(world), plan_(plan) {
  if (!plan.bug.empty()) PlantBug(plan.bug, world);
}

void Trouble::Begin() {
  // Each seed has its own mixture: what all faults together hide shows where some are missing.
  Weather weather{.reset = 500};
  const auto share = [this](std::string_view kind, int most) {
    return plan_.faults.contains(kind) && !world_.OneIn(3)
               ? static_cast<int>(world_.Between(1, most))
               : 0;
  };
  weather.lost = share("loss", 150);
  weather.duplicated = share("duplicate", 150);
  weather.late = share("delay", 100);
  world_.network.SetWeather(weather);
  Every("crash", 4'000, 40'000, [this] { Crash(); });
  Every("io-error", 10'000, 60'000, [this] { FailWrite(); });
  Every("full", 20'000, 90'000, [this] { FillDisk(); });
  Every("flip", 10'000, 60'000, [this] { FlipBits(); });
  Every("slow", 5'000, 40'000, [this] { SlowDown(); });
  Every("clock", 5'000, 60'000, [this] { JumpClock(); });
  Every("partition", 5'000, 40'000, [this] { Part(); });
  Every("clog", 5'000, 40'000, [this] { Clog(); });
  Every("truncation", 10'000, 60'000, [this] { CutNewestLog(); });
  Every("rollback", 8'000, 30'000, [this] { RollBack(); });
  Every("revocation", 5'000, 40'000, [this] { Distrust(); });
  Every("enemy", 500, 8'000, [this] { Attack(); });
}

void Trouble::Every(std::string_view kind, std::int64_t least_ms, std::int64_t most_ms,
                    std::function<void()> happen) {
  if (plan_.faults.contains(kind) && !world_.OneIn(3)) {
    Again(least_ms, most_ms, std::move(happen));
  }
}

void Trouble::Again(std::int64_t least_ms, std::int64_t most_ms, std::function<void()> happen) {
  world_.scheduler.After(world_.Between(least_ms, most_ms),
                         [this, least_ms, most_ms, happen = std::move(happen)] {
                           if (ended_) return;
                           happen();
                           Again(least_ms, most_ms, happen);
                         });
}

void Trouble::End() {
  ended_ = true;
  world_.network.Heal();
  std::int64_t furthest_ms = 0;
  for (int i = 0; i < world_.count(); ++i) {
    world_.trust.Repair(i);
    furthest_ms = std::max(furthest_ms, world_.At(i).clock().jumped_ms());
  }
  for (int i = 0; i < world_.count(); ++i) {
    Machine& machine = world_.At(i);
    machine.clock().Jump(furthest_ms - machine.clock().jumped_ms());
    machine.disk().FlipBitsOfReads(0);
    machine.slow_until_ms = 0;
    machine.ForgetFaults();
  }
}

void Trouble::Crash() {
  Machine& machine = world_.Any();
  if (!world_.IsUp(machine)) return;
  if (world_.OneIn(4)) {
    Tally::Count(world_.tally.faults, "power cut");
    return world_.GoDown(machine, "power cut");
  }
  Tally::Count(world_.tally.faults, "crash at a write");
  machine.CrashAtWrite(world_.Between(1, 30));
}

void Trouble::FailWrite() {
  Machine& machine = world_.Any();
  if (!world_.IsUp(machine)) return;
  Tally::Count(world_.tally.faults, "write failed");
  machine.FailAtWrite(world_.Between(1, 30), world_.OneIn(2));
}

void Trouble::FillDisk() {
  Machine& machine = world_.Any();
  if (!world_.IsUp(machine)) return;
  Tally::Count(world_.tally.faults, "disk full");
  machine.disk().Fill();
}

void Trouble::FlipBits() {
  Machine& machine = world_.Any();
  if (!world_.IsUp(machine)) return;
  const std::int64_t every = world_.Between(2, 30);
  // A node that runs reads little, one that starts all it has.
  if (world_.OneIn(3)) {
    machine.disk().FlipBitsOfReads(every);
  } else {
    world_.ComeBackOn(machine, "reads lie", World::Noticed::kByItself,
                      [every](Machine& off) { off.disk().FlipBitsOfReads(every); });
  }
  world_.scheduler.After(world_.Between(1'000, kLongestTroubleMs),
                         [&machine] { machine.disk().FlipBitsOfReads(0); });
}

void Trouble::SlowDown() {
  Tally::Count(world_.tally.faults, "machine slow");
  world_.Any().slow_until_ms = world_.scheduler.now_ms() + world_.Between(1'000, kLongestTroubleMs);
}

void Trouble::JumpClock() {
  Machine& machine = world_.Any();
  Tally::Count(world_.tally.faults, "clock jump");
  if (world_.OneIn(6)) return machine.clock().Jump(kDayAndMoreMs);
  // Never before where everybody began: what is signed in the future is refused for long.
  const std::int64_t jump_ms = world_.Between(-kSmallJumpMs, kSmallJumpMs);
  machine.clock().Jump(std::max(jump_ms, -kSmallJumpMs - machine.clock().jumped_ms()));
}

void Trouble::Part() {
  Machine& one = world_.Any();
  const std::int64_t until_ms = world_.scheduler.now_ms() + world_.Between(500, kLongestTroubleMs);
  Tally::Count(world_.tally.faults, "partition");
  const bool from_all = world_.OneIn(2);
  for (int other = 0; other < world_.count(); ++other) {
    if (other != one.number() && (from_all || world_.OneIn(2))) {
      world_.network.Part(one.number(), other, until_ms);
    }
  }
}

// Links are held up together and let go one after another, in any order.
void Trouble::Clog() {
  Tally::Count(world_.tally.faults, "links clogged");
  Machine& one = world_.Any();
  for (int other = 0; other < world_.count(); ++other) {
    if (other == one.number()) continue;
    world_.network.Clog(one.number(), other,
                        world_.scheduler.now_ms() + world_.Between(500, kLongestTroubleMs));
  }
}

void Trouble::CutNewestLog() {
  Machine& machine = world_.Any();
  if (!world_.IsUp(machine)) return;
  world_.ComeBackOn(machine, "newest log damaged", World::Noticed::kByItself, [this](Machine& off) {
    testing::SimDisk& disk = off.disk().platters();
    const std::string newest = NewestLogOf(disk);
    if (newest.empty()) return;
    if (world_.OneIn(3)) {
      Tally::Count(world_.tally.faults, "newest log lost");
      return disk.Destroy(newest);
    }
    Tally::Count(world_.tally.faults, "newest log cut");
    disk.Damage(newest, [this](std::string& bytes) {
      bytes.resize(
          static_cast<std::size_t>(world_.Between(0, static_cast<std::int64_t>(bytes.size()))));
    });
  });
}

// The whole machine as it was some time ago, high-water mark and all: only witnesses can tell.
void Trouble::RollBack() {
  Machine& machine = world_.Any();
  if (!world_.IsUp(machine)) return;
  const auto kept = kept_.find(machine.number());
  if (kept == kept_.end()) {
    kept_[machine.number()] = {.disk = machine.disk().platters().Backup(),
                               .entries = world_.watch.Known(machine.number())};
    return;
  }
  const Kept old = std::move(kept->second);
  kept_.erase(kept);
  if (!world_.IsSeenBySomebody(machine, old.entries)) return;
  Tally::Count(world_.tally.faults, "machine rolled back");
  world_.ComeBackOn(machine, "rolled back", World::Noticed::kByWitnesses,
                    [&old](Machine& off) { off.disk().platters().Restore(old.disk); });
}

void Trouble::Distrust() {
  const int who = world_.Any().number();
  world_.trust.Trouble(who);
  world_.scheduler.After(world_.Between(10'000, 60'000), [this, who] { world_.trust.Repair(who); });
}

// An enemy who holds one agency's keys or hears what passes.
void Trouble::Attack() {
  if (world_.OneIn(4)) return Equivocate();
  const auto& overheard = world_.network.overheard();
  if (overheard.empty()) return;
  Network::Overheard chosen = overheard[static_cast<std::size_t>(
      world_.Between(0, static_cast<std::int64_t>(overheard.size()) - 1))];
  const std::int64_t how = world_.Between(1, 4);
  if (how == 1) {
    Tally::Count(world_.tally.faults, "message replayed");
    return world_.network.Inject(chosen.from, chosen.to, std::move(chosen.message));
  }
  // With the sender's own key it could answer for itself, but not for what its node has not sent.
  if (how == 4 && !world_.watch.HasAnswered(chosen.to, chosen.message)) return;
  world_.watch.Forged(chosen.message.exchange_id);
  if (how == 2) {
    Tally::Count(world_.tally.faults, "message stolen");
    const int thief = world_.Any().number();
    if (thief == chosen.from) return;
    const int victim = chosen.to == thief ? chosen.from : chosen.to;
    return world_.network.Inject(thief, victim, std::move(chosen.message));
  }
  if (how == 3) {
    Tally::Count(world_.tally.faults, "message altered");
    std::string& bytes = world_.OneIn(2) ? chosen.message.payload : chosen.message.signature;
    if (bytes.empty()) return;
    const auto at =
        static_cast<std::size_t>(world_.Between(0, static_cast<std::int64_t>(bytes.size()) - 1));
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << world_.Between(0, 7)));
    return world_.network.Inject(chosen.from, chosen.to, std::move(chosen.message));
  }
  Tally::Count(world_.tally.faults, "exchange id reused");
  Machine& sender = world_.At(chosen.from);
  const federation::NodeIdentity identity = sender.founded().Identity();
  const auto again = exchange::SignMessage(identity, world_.At(chosen.to).founded().AsPartner(),
                                           chosen.message.exchange_id, chosen.message.type,
                                           chosen.message.payload, sender.clock().UnixMillis() + 1);
  PM_CHECK(again.ok());
  world_.network.Inject(chosen.from, chosen.to, *again);
}

// A witness is shown another tree than the one it cosigned, signed with the same log's key.
void Trouble::Equivocate() {
  Machine& liar = world_.Any();
  Machine& witness = world_.Any();
  if (&liar == &witness || world_.watch.CosignedBy(witness.number(), liar.founded().origin) == 0) {
    return;
  }
  world_.Work(witness, [this, &witness, &liar](node::Node& node) {
    // What it holds may be newer than what it answered: a power cut can come between.
    const auto held = node.witness().Cosigned(liar.founded().origin);
    if (!held.ok() || !held->has_value()) return;  // Its disk failed.
    const auto text = crypto::ParseNote(**held);
    PM_CHECK(text.ok());
    const auto tree = crypto::ParseCheckpointBody(text->text);
    PM_CHECK(tree.ok());
    const auto note = crypto::SignCheckpoint({.origin = liar.founded().origin,
                                              .size = tree->size,
                                              .root = crypto::Sha256("another tree")},
                                             liar.founded().Identity().log_key());
    PM_CHECK(note.ok());
    const auto body = crypto::FormatAddCheckpoint(tree->size, {}, *note);
    PM_CHECK(body.ok());
    Tally::Count(world_.tally.faults, "log equivocates");
    const auto answer = node.witness().AddCheckpoint(*body);
    if (!answer.ok()) return;  // Its disk failed.
    world_.watch.Expect(kForks, answer->status != crypto::AddCheckpointStatus::kOk, [&] {
      return absl::StrFormat("%d cosigned a fork of %s", witness.number(), liar.founded().domain);
    });
    world_.watch.ShownFork(witness.number(), liar.founded().origin);
  });
}

}  // namespace proofmark::sim
