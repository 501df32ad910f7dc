// SPDX-License-Identifier: Apache-2.0
#include "tests/attack/climber.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <random>
#include <vector>

#include "forensics/synthetic/generator.h"
#include "tests/support/signature_changes.h"

namespace proofmark::attack {
namespace {

using forensics::BulletSignature;
using std::chrono::milliseconds;

constexpr milliseconds kBetweenQueries = std::chrono::minutes(30);  // 48 questions a day.
constexpr milliseconds kWhenRefused = std::chrono::hours(24);
// Shares of a probe's variance that a step by scores replaces.
constexpr std::array kSteps = {0.01, 0.02, 0.05, 0.1, 0.2};
// By levels: how far along what was learned, and how the share mixed in follows what is told.
constexpr std::array kStrides = {0.3, 0.6, 1.0, 2.0};
constexpr double kShareStep = 0.02;
constexpr double kShareMax = 0.95;
constexpr std::int64_t kRoundQueriesMin = 40;

class Climber {
 public:
  Climber(AttackedNode& node, const Means& means, Defence known, const BlindLands& lands,
          std::uint64_t seed)
      : node_(node),
        means_(means),
        known_(known),
        lands_(lands),
        random_(seed),
        end_(std::chrono::hours(24) * means.days) {}

  BulletSignature Run() {
    BulletSignature best = means_.start.value_or(Fresh());
    if (known_ == Defence::kRawScores) return ByScores(std::move(best));
    if (!means_.start.has_value()) {
      std::optional<BulletSignature> hit = FirstHit();
      if (!hit.has_value()) return best;
      best = *std::move(hit);
    }
    return ByLevels(std::move(best));
  }

 private:
  // One after another at first, so that none is tried twice; for steps any will do.
  const BulletSignature& Fresh() { return lands_.at(fresh_++); }
  const BulletSignature& Any() { return lands_.at(static_cast<std::int64_t>(random_() >> 1)); }
  bool MayAsk() const { return asked_ < means_.queries && now_ < end_; }

  // Waits and asks again when the budget is used up.
  std::optional<Told> Ask(const BulletSignature& probe) {
    milliseconds after = kBetweenQueries;
    while (MayAsk()) {
      ++asked_;
      now_ += after;
      const Told told = node_.Ask(probe, after);
      if (!told.refused) return told;
      after = kWhenRefused;
    }
    return std::nullopt;
  }

  BulletSignature ByScores(BulletSignature best) {
    double score = 0.0;
    if (const std::optional<Told> told = Ask(best)) score = told->score;
    const std::int64_t blind = means_.start.has_value() ? 0 : means_.queries / 10;
    while (MayAsk()) {
      BulletSignature next =
          asked_ < blind ? Fresh() : testing::Mixed(best, Any(), kSteps[random_() % kSteps.size()]);
      const std::optional<Told> told = Ask(next);
      if (told.has_value() && told->score > score) {
        score = told->score;
        best = std::move(next);
      }
    }
    return best;
  }

  std::optional<BulletSignature> FirstHit() {
    while (MayAsk()) {
      BulletSignature probe = Fresh();
      const std::optional<Told> told = Ask(probe);
      if (told.has_value() && told->level > forensics::Level::kNone) return probe;
    }
    return std::nullopt;
  }

  // `start` is told to agree. What is learned about it and about what it became points the same
  // way, so all of it is added up, and the way goes on from `start`.
  BulletSignature ByLevels(const BulletSignature& start) {
    towards_.assign(start.lands[0]->height_nm.size(), 0.0);
    BulletSignature best = start;
    while (MayAsk()) {
      double bears = Bears(best);
      for (const double far : kStrides) {
        BulletSignature next = Moved(start, towards_, far);
        const double next_bears = Bears(next);
        if (next_bears <= bears) continue;
        bears = next_bears;
        best = std::move(next);
      }
    }
    return best;
  }

  // The share of `probe` that unrelated lands can take, half of them, before it is told no more:
  // what bears more agrees more. Those with which it stands lean towards the record, the others
  // away from it.
  double Bears(const BulletSignature& probe) {
    double sum = 0.0;
    std::int64_t count = 0;
    const std::int64_t round = std::max(kRoundQueriesMin, means_.queries / 25);
    for (std::int64_t i = 0; i < round; ++i) {
      const BulletSignature& any = Any();
      const std::optional<Told> told = Ask(testing::Mixed(probe, any, share_));
      if (!told.has_value()) return 0.0;
      const bool stands = told->level > forensics::Level::kNone;
      Learn(*any.lands[0], stands);
      share_ = std::clamp(share_ + (stands ? kShareStep : -kShareStep), 0.0, kShareMax);
      if (i < round / 4) continue;  // On the way from what the probe before bore.
      sum += share_;
      ++count;
    }
    return sum / static_cast<double>(count);
  }

  void Learn(const forensics::LandSignature& any, bool stands) {
    double squares = 1.0;
    for (const std::int16_t h : any.height_nm) {
      if (h != forensics::kSampleNotMeasured) squares += static_cast<double>(h) * h;
    }
    const double unit = (stands ? 1.0 : -1.0) / std::sqrt(squares);
    for (std::size_t k = 0; k < std::min(towards_.size(), any.height_nm.size()); ++k) {
      if (any.height_nm[k] != forensics::kSampleNotMeasured) towards_[k] += unit * any.height_nm[k];
    }
  }

  // `far` of the direction's deviation for one of the probe's.
  static BulletSignature Moved(const BulletSignature& best, const std::vector<double>& towards,
                               double far) {
    BulletSignature direction = best;
    auto& height_nm = direction.lands[0]->height_nm;
    double most = 1.0;
    for (const double h : towards) most = std::max(most, std::abs(h));
    for (std::size_t k = 0; k < height_nm.size(); ++k) {
      if (height_nm[k] == forensics::kSampleNotMeasured) continue;
      height_nm[k] = static_cast<std::int16_t>(std::round(10'000.0 * towards[k] / most));
    }
    return testing::Mixed(best, direction, far * far / (1.0 + far * far));
  }

  AttackedNode& node_;
  const Means& means_;
  const Defence known_;
  const BlindLands& lands_;
  std::mt19937_64 random_;
  const milliseconds end_;
  milliseconds now_{0};
  std::int64_t asked_ = 0;
  std::int64_t fresh_ = 0;
  double share_ = 0.5;           // Mixed in; half of all stand.
  std::vector<double> towards_;  // Sample by sample of the start.
};

}  // namespace

BlindLands::BlindLands(std::uint64_t seed, std::int64_t count) {
  for (std::uint32_t barrel = 0; size() < count; ++barrel) {
    const BulletSignature bullet = forensics::GenerateBulletSignature(
        {.seed = seed, .barrel = barrel, .profile = forensics::SyntheticProfile::kClean}, 0);
    for (const auto& land : bullet.lands) lands_.push_back({bullet.extractor_version, {land}});
  }
}

BulletSignature Climb(AttackedNode& node, const Means& means, Defence known,
                      const BlindLands& lands, std::uint64_t seed) {
  return Climber(node, means, known, lands, seed).Run();
}

double BlindReach(const AttackedRecord& record, std::int64_t queries, const BlindLands& lands) {
  double reach = 0.0;
  for (std::int64_t i = 0; i < queries; ++i) {
    reach = std::max(reach, record.TrueScore(lands.at(i)));
  }
  return reach;
}

Paired PairedOf(const std::vector<double>& differences) {
  // 95 % points of Student's distribution, one-sided, by degrees of freedom.
  constexpr std::array kStudent = {0.0,   6.314, 2.920, 2.353, 2.132, 2.015, 1.943,
                                   1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771,
                                   1.761, 1.753, 1.746, 1.740, 1.734, 1.729};
  const auto n = static_cast<double>(differences.size());
  Paired paired;
  for (const double d : differences) paired.mean += d / n;
  double squares = 0.0;
  for (const double d : differences) squares += (d - paired.mean) * (d - paired.mean);
  const std::size_t freedom = differences.size() - 1;
  const double half =
      kStudent[std::min(freedom, kStudent.size() - 1)] * std::sqrt(squares / (n - 1.0) / n);
  paired.low95 = paired.mean - half;
  paired.high95 = paired.mean + half;
  return paired;
}

}  // namespace proofmark::attack
