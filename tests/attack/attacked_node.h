// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "forensics/striated/ballistic_signature.h"
#include "forensics/striated/prepared_bullet.h"
#include "server/federation/budget.h"
#include "server/match/answer_key.h"
#include "server/match/exhibit_collection.h"
#include "server/match/query_sketch.h"
#include "server/match/results.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::attack {

// What stands between an asker and the records.
struct Defence {
  bool raw_scores = false;  // The best candidate's score is told, as no node of ours would.
  bool border_rules = true;
  bool budgets = true;  // With near duplicates and kin.
};
inline constexpr Defence kHardened{};
inline constexpr Defence kLevelsAlone{.raw_scores = false, .border_rules = false, .budgets = false};
inline constexpr Defence kRawScores{.raw_scores = true, .border_rules = false, .budgets = false};

// What an asker hears.
struct Told {
  bool refused = false;                              // CAPACITY.
  forensics::Level level = forensics::Level::kNone;  // The best candidate's.
  double score = 0.0;                                // With Defence::raw_scores.
};

// The answering of a node that holds one record, made of the node's own rooms in the order in which
// it uses them: plausibility, sketch, budget, search, levels, the charge in the store. Its
// calibration reports from a likelihood ratio of ten and caps nothing, which favours the attacker.
class AttackedNode {
 public:
  AttackedNode(forensics::BulletSignature record, Defence defence, std::uint64_t seed);

  // At `unix_ms`, which never goes back.
  Told Ask(const forensics::BulletSignature& probe, std::int64_t unix_ms);

  // What no asker is told: how well `probe` really agrees with the record.
  double TrueScore(const forensics::BulletSignature& probe) const;

  std::int64_t alarms() const { return alarms_; }
  std::int64_t refusals() const { return refusals_; }

 private:
  const Defence defence_;
  testing::SimDisk disk_;
  testing::SeededRandom random_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<match::AnswerKey> key_;
  std::unique_ptr<match::SketchKey> sketch_key_;
  std::unique_ptr<federation::BudgetBook> budget_;
  match::ExhibitCollection collection_{1};
  forensics::PreparedBullet record_;
  std::uint64_t exchanges_ = 0;
  std::int64_t alarms_ = 0;
  std::int64_t refusals_ = 0;
};

}  // namespace proofmark::attack
