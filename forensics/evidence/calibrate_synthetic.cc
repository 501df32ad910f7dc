// SPDX-License-Identifier: Apache-2.0
// Makes the provisional calibration: generates scans of bullets with known truth, extracts and
// compares them as real ones would be, fits, and writes a calibration (docs/formats/calibration.md)
// to standard output and a summary to standard error. The same on every machine. No real firearm
// stands behind it, so its caps are 0: `proofmark calibrate --base` gives it those of a real set.
//   proofmark_calibrate_synthetic > forensics/evidence/builtin/generated_bullets.json
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/for_all.h"
#include "forensics/evidence/calibration_data.h"
#include "forensics/evidence/fit.h"
#include "forensics/evidence/metrics.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/striated/prepared_bullet.h"
#include "forensics/synthetic/generator.h"

namespace proofmark::forensics {
namespace {

constexpr std::uint64_t kSeed = 20'260'101;
constexpr std::int64_t kLands = 6;
constexpr std::uint32_t kShots = 2;
// Classes by land width: only bullets of one class are compared, as the class filter would have it.
// Short lands correlate by chance more, so the mixture covers what one width alone would
// understate.
constexpr std::array<double, 4> kClassWidthUm = {1'350.0, 1'550.0, 1'750.0, 1'950.0};
constexpr std::int64_t kCheckedPairs = 40;

struct Bullet {
  std::int32_t firearm = 0;
  PreparedBullet prepared;
};

Bullet MakeBullet(std::int32_t firearm, double land_width_um, std::uint32_t shot) {
  const SyntheticBarrel barrel{.seed = kSeed,
                               .barrel = static_cast<std::uint32_t>(firearm),
                               .land_count = kLands,
                               .land_width_um = land_width_um};
  BulletSignature signature;
  signature.extractor_version = std::string(LandExtractorVersion());
  for (std::int64_t land = 0; land < kLands; ++land) {
    const absl::StatusOr<LandExtraction> extracted =
        ExtractLand(GenerateLandScan(barrel, shot, land, {}), {});
    signature.lands.emplace_back();
    if (extracted.ok()) signature.lands.back() = extracted->signature;
  }
  absl::StatusOr<PreparedBullet> prepared = PrepareBullet(signature);
  PM_CHECK(prepared.ok());
  return {firearm, *std::move(prepared)};
}

using ScoreTable = std::array<std::array<std::optional<double>, kLands>, kLands>;

ScoreTable CompareAllLands(const PreparedBullet& a, const PreparedBullet& b) {
  ScoreTable scores;
  for (std::size_t i = 0; i < kLands; ++i) {
    for (std::size_t j = 0; j < kLands; ++j) {
      if (!a.lands[i] || !b.lands[j]) continue;
      const absl::StatusOr<LandComparison> pair =
          CompareLands(*a.lands[i], false, *b.lands[j], LandComparisonOptions{});
      if (pair.ok()) scores[i][j] = pair->score;
    }
  }
  return scores;
}

// The bullet score had only `kept` lands of the query, from `first` on, been there; and how many
// lands it compares. Checked against CompareBullets for whole bullets.
struct PartialScore {
  double score = 0.0;
  std::int64_t lands = 0;
};
PartialScore SequenceAverageMaximum(const ScoreTable& scores, std::int64_t first,
                                    std::int64_t kept) {
  std::array<PartialScore, kLands> phases;
  std::int64_t most = 0;
  for (std::int64_t p = 0; p < kLands; ++p) {
    PartialScore& phase = phases[static_cast<std::size_t>(p)];
    for (std::int64_t k = first; k < first + kept; ++k) {
      const auto& score =
          scores[static_cast<std::size_t>(k % kLands)][static_cast<std::size_t>((k + p) % kLands)];
      if (!score) continue;
      phase.score += *score;
      ++phase.lands;
    }
    if (phase.lands > 0) phase.score /= static_cast<double>(phase.lands);
    most = std::max(most, phase.lands);
  }
  PartialScore best;
  for (const PartialScore& phase : phases) {
    if (phase.lands > 0 && 2 * phase.lands >= most && phase.score > best.score) best = phase;
  }
  return best;
}

using PairsByLands = std::array<std::vector<ScoredPair>, kLands>;

PairsByLands CompareClass(const std::vector<Bullet>& bullets) {
  std::vector<std::pair<std::size_t, std::size_t>> jobs;
  for (std::size_t i = 0; i < bullets.size(); ++i) {
    for (std::size_t j = i + 1; j < bullets.size(); ++j) jobs.emplace_back(i, j);
  }
  std::vector<ScoreTable> tables(jobs.size());
  base::ForAll(static_cast<std::int64_t>(jobs.size()), [&](std::int64_t k) {
    const auto [i, j] = jobs[static_cast<std::size_t>(k)];
    tables[static_cast<std::size_t>(k)] = CompareAllLands(bullets[i].prepared, bullets[j].prepared);
  });
  PairsByLands pairs;
  for (std::size_t k = 0; k < jobs.size(); ++k) {
    const auto [i, j] = jobs[k];
    if (static_cast<std::int64_t>(k) < kCheckedPairs) {
      const absl::StatusOr<BulletComparison> whole =
          CompareBullets(bullets[i].prepared, bullets[j].prepared, LandComparisonOptions{});
      PM_CHECK(whole.ok());
      PM_CHECK(whole->score == SequenceAverageMaximum(tables[k], 0, kLands).score);
    }
    for (std::int64_t kept = 1; kept <= kLands; ++kept) {
      const PartialScore partial =
          SequenceAverageMaximum(tables[k], static_cast<std::int64_t>(i + j) % kLands, kept);
      if (partial.lands != kept) continue;  // A land was missing: another count's business.
      pairs[static_cast<std::size_t>(kept - 1)].push_back(
          {partial.score, bullets[i].firearm, bullets[j].firearm});
    }
  }
  return pairs;
}

ScoreModel Fit(std::int64_t lands, const std::vector<ScoredPair>& pairs) {
  const absl::StatusOr<ScoreModel> fitted = FitScoreModel(pairs, lands, kSeed);
  PM_CHECK(fitted.ok());
  const LogisticModel& model = fitted->model;
  const NullTail& tail = fitted->null;

  std::int64_t same = 0, same_above = 0, different = 0, different_above = 0;
  const double at_ten = (0x1.26bb1bbb55516p+1 - model.intercept) / model.slope;
  for (const ScoredPair& pair : pairs) {
    (pair.same() ? same : different) += 1;
    if (pair.score >= at_ten) (pair.same() ? same_above : different_above) += 1;
  }
  absl::FPrintF(stderr,
                "%d lands: LR 10 at score %.3f, reached by %d of %d same and %d of %d different; "
                "Cllr %.3f; null 50 %% %.3f, 95 %% %.3f, 99 %% %.3f, tail shape %.2f scale %.4f\n",
                lands, at_ten, same_above, same, different_above, different,
                LogLikelihoodRatioCost(pairs, model), tail.score[2], tail.score[5], tail.score[7],
                tail.shape, tail.scale);
  return *fitted;
}

void Write(std::vector<ScoreModel> models, std::int64_t same, std::int64_t different,
           std::int64_t firearms) {
  Calibration calibration;
  CalibrationInfo& info = calibration.info;
  info.mark = MarkKind::kBullet;
  info.provisional = true;
  info.same_pairs = same;
  info.different_pairs = different;
  info.firearms = firearms;
  info.statement = absl::StrFormat(
      "PROVISIONAL: made from %d same-source and %d different-source pairs of generated bullets "
      "from %d generated barrels; validated on no real firearm, so that nothing is reported.",
      same, different, firearms);
  calibration.extractor_version = std::string(LandExtractorVersion());
  calibration.comparison_version = std::string(BulletComparisonVersion());
  calibration.phases_tried = kLands;
  calibration.models = std::move(models);
  SetCaps(calibration);
  Finish(calibration);
  absl::PrintF("%s", CalibrationText(calibration));
}

void Calibrate(std::int32_t barrels_per_class) {
  PairsByLands pairs;
  for (std::size_t c = 0; c < kClassWidthUm.size(); ++c) {
    std::vector<Bullet> bullets(static_cast<std::size_t>(barrels_per_class) * kShots);
    base::ForAll(static_cast<std::int64_t>(bullets.size()), [&](std::int64_t i) {
      const std::int32_t barrel = static_cast<std::int32_t>(i / kShots);
      bullets[static_cast<std::size_t>(i)] =
          MakeBullet(static_cast<std::int32_t>(c) * barrels_per_class + barrel, kClassWidthUm[c],
                     static_cast<std::uint32_t>(i % kShots));
    });
    const PairsByLands of_class = CompareClass(bullets);
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      pairs[k].insert(pairs[k].end(), of_class[k].begin(), of_class[k].end());
    }
    absl::FPrintF(stderr, "class %.0f um: %d bullets compared\n", kClassWidthUm[c], bullets.size());
  }
  std::vector<ScoreModel> models;
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    models.push_back(Fit(static_cast<std::int64_t>(k) + 1, pairs[k]));
  }
  const std::int64_t same = std::count_if(pairs.back().begin(), pairs.back().end(),
                                          [](const ScoredPair& p) { return p.same(); });
  Write(std::move(models), same, static_cast<std::int64_t>(pairs.back().size()) - same,
        static_cast<std::int64_t>(kClassWidthUm.size()) * barrels_per_class);
}

}  // namespace
}  // namespace proofmark::forensics

int main(int argc, char** argv) {
  const int barrels_per_class = argc > 1 ? std::atoi(argv[1]) : 60;
  if (barrels_per_class < 24 || barrels_per_class > 1'000) {
    std::fprintf(stderr, "usage: proofmark_calibrate_synthetic [barrels per class, 24..1000]\n");
    return 2;
  }
  proofmark::forensics::Calibrate(barrels_per_class);
  return 0;
}
