// SPDX-License-Identifier: Apache-2.0
#include "tests/attack/attacked_node.h"

#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "forensics/evidence/calibration_data.h"
#include "forensics/striated/bullet_comparison.h"
#include "proto/wire/match.h"
#include "server/match/plausibility.h"

namespace proofmark::attack {
namespace {

constexpr char kAsker[] = "south.test";
constexpr federation::BudgetLimits kLimits{};  // As a partner has them by default.
constexpr match::BorderRules kNoRules{
    .dither_decades = 0.0, .chance_max = 1.0, .overlap_um_min = 0.0};

// What a calibration may become: the model of the built-in one without the caution that few real
// firearms ask for. All levels are told, from a likelihood ratio of ten.
std::shared_ptr<const forensics::Calibration> BoldCalibration() {
  auto bold = std::make_shared<forensics::Calibration>(
      forensics::BuiltInCalibration(forensics::MarkKind::kBullet));
  bold->bounds.clear();
  bold->info.log10_cap = 6.0;
  return bold;
}

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  PM_CHECK(value.ok());
  return *std::move(value);
}

}  // namespace

AttackedNode::AttackedNode(forensics::BulletSignature record, Defence defence, std::uint64_t seed)
    : defence_(defence), random_(seed) {
  store_ = OrDie(testing::OpenStore(disk_, random_));
  key_ = std::make_unique<match::AnswerKey>(OrDie(match::AnswerKey::Open(*store_)));
  sketch_key_ = std::make_unique<match::SketchKey>(key_->SketchSeed());
  budget_ = OrDie(federation::BudgetBook::Open(*store_, 0));
  record_ = OrDie(forensics::PrepareBullet(record));
  collection_.PutInForce(BoldCalibration());
  collection_.Insert(std::string(32, 'a'), {}, std::move(record));
}

Told AttackedNode::Ask(const forensics::BulletSignature& probe, std::int64_t unix_ms) {
  Told told;
  if (!match::CheckPlausible(probe).ok()) return told;
  std::string exchange(8, 'x');
  base::AppendU64Be(exchange, ++exchanges_);

  std::optional<federation::Charge> charge;
  std::string coarse;
  if (defence_.budgets) {
    const match::SketchedQuery sketch(*sketch_key_, probe);
    coarse = sketch.coarse();
    std::string payload;
    for (const auto& land : probe.lands) {
      if (!land.has_value()) continue;
      for (const std::int16_t h : land->height_nm) {
        base::AppendU16Be(payload, static_cast<std::uint16_t>(h));
      }
    }
    charge.emplace(budget_->Take(
        {.agency = kAsker,
         .exchange_id = exchange,
         .unix_ms = unix_ms,
         .payload_hash = crypto::Sha256(payload),
         .case_commitment = crypto::Sha256(exchange),  // The asker says what suits it.
         .sketch = sketch.bytes(),
         .likeness = [&](std::string_view earlier) { return sketch.Compare(earlier); }},
        kLimits));
    alarms_ += static_cast<std::int64_t>(charge->alarms().size());
    if (!charge->granted()) {
      ++refusals_;
      told.refused = true;
      return told;
    }
  }

  const records::ClassCharacteristics characteristics;
  const forensics::BallisticSignature signature(probe);
  auto found = collection_.Search({.signature = signature,
                                   .characteristics = characteristics,
                                   .rules_off = {},
                                   .leave_out = std::nullopt,
                                   .best_count = match::kBorderCandidatesConsidered,
                                   .exhaustive = false,
                                   .full_circle = false,
                                   .cancelled = nullptr,
                                   .progress = nullptr});
  PM_CHECK(found.ok());
  const match::BorderResult border = match::ToBorderResult(
      *found, *key_, {.domain = kAsker, .exchange_id = exchange, .coarse_sketch = coarse},
      wire::kMatchCandidatesMax, defence_.border_rules ? match::BorderRules{} : kNoRules);
  if (!border.result.candidates.empty()) told.level = border.result.candidates[0].level;
  if (defence_.raw_scores && !found->best.empty()) told.score = found->best[0].score;
  if (charge.has_value()) {
    store::WriteRequest request;
    charge->AddTo(request);
    PM_CHECK(store_->Commit(std::move(request)).ok());
    charge->Keep();
  }
  return told;
}

double AttackedNode::TrueScore(const forensics::BulletSignature& probe) const {
  const auto prepared = forensics::PrepareBullet(probe);
  PM_CHECK(prepared.ok());
  const auto comparison = forensics::CompareBullets(*prepared, record_, {});
  return comparison.ok() ? comparison->score : 0.0;
}

}  // namespace proofmark::attack
