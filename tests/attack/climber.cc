// SPDX-License-Identifier: Apache-2.0
#include "tests/attack/climber.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "forensics/synthetic/generator.h"
#include "tests/support/signature_changes.h"

namespace proofmark::attack {
namespace {

using forensics::BulletSignature;

constexpr std::int64_t kQueryMs = 30LL * 60 * 1000;  // 48 questions a day.
// Shares of a probe's variance that a step replaces: where nothing counts near duplicates, and
// where small steps would be counted as such.
constexpr std::array kSmallSteps = {0.01, 0.02, 0.05, 0.1, 0.2};
constexpr std::array kLargeSteps = {0.08, 0.12, 0.2, 0.3, 0.5};
constexpr std::array kStrides = {0.3, 0.6, 1.0};  // Along a direction found.
constexpr double kSpoilMax = 0.95;

class Climber {
 public:
  Climber(AttackedNode& node, const Means& means, const Defence& known, const BlindLands& lands,
          std::uint64_t seed)
      : node_(node),
        means_(means),
        known_(known),
        lands_(lands),
        random_(seed),
        end_ms_(means.days * federation::kDayMs) {}

  BulletSignature Run() {
    BulletSignature best = means_.start.value_or(Fresh());
    if (known_.raw_scores) return ByScores(std::move(best));
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
  bool MayAsk() const { return asked_ < means_.queries && now_ms_ < end_ms_; }

  // Waits and asks again when the budget is used up.
  std::optional<Told> Ask(const BulletSignature& probe) {
    while (MayAsk()) {
      ++asked_;
      now_ms_ += kQueryMs;
      const Told told = node_.Ask(probe, now_ms_);
      if (!told.refused) return told;
      now_ms_ += federation::kDayMs;
    }
    return std::nullopt;
  }

  double Step() {
    const auto& steps = known_.budgets ? kLargeSteps : kSmallSteps;
    return steps[random_() % steps.size()];
  }

  BulletSignature ByScores(BulletSignature best) {
    double score = 0.0;
    if (const std::optional<Told> told = Ask(best)) score = told->score;
    const std::int64_t blind = means_.start.has_value() ? 0 : means_.queries / 10;
    while (MayAsk()) {
      BulletSignature next = asked_ < blind ? Fresh() : testing::Mixed(best, Any(), Step());
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

  bool Hits(const BulletSignature& probe, const BulletSignature& junk, double spoiled) {
    const std::optional<Told> told = Ask(testing::Mixed(probe, junk, spoiled));
    return told.has_value() && told->level > forensics::Level::kNone;
  }

  // The largest share of `probe` that can be replaced by `junk` before the level falls, to a
  // hundredth: what bears more agrees more.
  double Bears(const BulletSignature& probe, const BulletSignature& junk) {
    double low = 0.0;
    double high = kSpoilMax;
    while (high - low > 0.01 && MayAsk()) {
      const double share = 0.5 * (low + high);
      (Hits(probe, junk, share) ? low : high) = share;
    }
    return low;
  }

  // `best` is told to agree. Spoiled until the level is about to fall, it is tried with many
  // unrelated lands mixed in: those with which it stands and those with which it falls, added up
  // with their signs, point towards the record. As far that way as it bears most.
  BulletSignature ByLevels(BulletSignature best) {
    const BulletSignature junk = Fresh();
    double bears = Bears(best, junk);
    while (MayAsk()) {
      const std::vector<double> towards = Direction(best, junk, bears);
      bool better = false;
      for (const double far : kStrides) {
        BulletSignature next = Moved(best, towards, far);
        const double next_bears = Bears(next, junk);
        if (next_bears <= bears) continue;
        best = std::move(next);
        bears = next_bears;
        better = true;
      }
      if (!better) bears = Bears(best, junk);
    }
    return best;
  }

  std::vector<double> Direction(const BulletSignature& best, const BulletSignature& junk,
                                double bears) {
    std::vector<double> sum(best.lands[0]->height_nm.size());
    double spoiled = bears;
    for (std::int64_t i = 0; i < means_.queries / 8 && MayAsk(); ++i) {
      const BulletSignature& any = Any();
      const bool hit = Hits(testing::Mixed(best, any, Step()), junk, spoiled);
      // Where half of all stand an answer says most.
      spoiled = std::clamp(spoiled + (hit ? 0.005 : -0.005), 0.0, kSpoilMax);
      const auto& height_nm = any.lands[0]->height_nm;
      for (std::size_t k = 0; k < std::min(sum.size(), height_nm.size()); ++k) {
        if (height_nm[k] != forensics::kSampleNotMeasured)
          sum[k] += hit ? height_nm[k] : -height_nm[k];
      }
    }
    return sum;
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
  const std::int64_t end_ms_;
  std::int64_t now_ms_ = 0;
  std::int64_t asked_ = 0;
  std::int64_t fresh_ = 0;
};

}  // namespace

BlindLands::BlindLands(std::uint64_t seed, std::int64_t count) {
  for (std::uint32_t barrel = 0; size() < count; ++barrel) {
    const BulletSignature bullet = forensics::GenerateBulletSignature(
        {.seed = seed, .barrel = barrel, .profile = forensics::SyntheticProfile::kClean}, 0);
    for (const auto& land : bullet.lands) lands_.push_back({bullet.extractor_version, {land}});
  }
}

BulletSignature Climb(AttackedNode& node, const Means& means, const Defence& known,
                      const BlindLands& lands, std::uint64_t seed) {
  return Climber(node, means, known, lands, seed).Run();
}

double BlindReach(const AttackedNode& node, std::int64_t queries, const BlindLands& lands) {
  double reach = 0.0;
  for (std::int64_t i = 0; i < queries; ++i) {
    reach = std::max(reach, node.TrueScore(lands.at(i)));
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
