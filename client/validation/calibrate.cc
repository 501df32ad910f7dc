// SPDX-License-Identifier: Apache-2.0
#include "client/validation/calibrate.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/validation/parallel.h"
#include "forensics/evidence/metrics.h"
#include "forensics/numeric/portable_math.h"

namespace proofmark::client::validation {
namespace {

using forensics::Calibration;
using forensics::Ranking;
using forensics::ScoredPair;

constexpr std::int64_t kLandModels = 6;

std::vector<ScoredPair> CountingPairs(const Comparisons& table) {
  std::vector<ScoredPair> pairs;
  for (const Pair& pair : table.pairs) {
    if (Counts(pair)) pairs.push_back(Scored(table, pair));
  }
  return pairs;
}

// The bullet with `kept` consecutive lands from `first` on.
forensics::PreparedBullet Partial(const forensics::PreparedBullet& whole, std::int64_t first,
                                  std::int64_t kept) {
  forensics::PreparedBullet part = whole;
  const std::int64_t n = static_cast<std::int64_t>(part.lands.size());
  for (std::int64_t i = 0; i < n; ++i) {
    if ((i - first % n + n) % n >= kept) part.lands[static_cast<std::size_t>(i)].reset();
  }
  return part;
}

// Scores of all pairs had the first of the two only `kept` lands. Only pairs that then compare
// exactly so many count: anything else is another model's business.
std::vector<ScoredPair> PartialPairs(const ScanSet& set, const Comparisons& table,
                                     std::int64_t kept, const RunOptions& options) {
  std::vector<std::optional<double>> scores(table.pairs.size());
  ForEach(
      static_cast<std::int64_t>(table.pairs.size()), options.threads, options.stop,
      [&](std::int64_t i) {
        const Pair& pair = table.pairs[static_cast<std::size_t>(i)];
        if (!Counts(pair)) return;
        const absl::StatusOr<forensics::BulletComparison> comparison = forensics::CompareBullets(
            Partial(set.bullets[static_cast<std::size_t>(pair.a)].prepared, pair.a + pair.b, kept),
            set.bullets[static_cast<std::size_t>(pair.b)].prepared,
            forensics::LandComparisonOptions{});
        if (comparison.ok() && comparison->lands_compared == kept) {
          scores[static_cast<std::size_t>(i)] = comparison->score;
        }
      });
  std::vector<ScoredPair> pairs;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!scores[i]) continue;
    pairs.push_back(Scored(table, table.pairs[i]));
    pairs.back().score = *scores[i];
  }
  return pairs;
}

// Models for 1, 2, ... lands, as far as the set has enough of such pairs without a gap.
absl::StatusOr<std::vector<forensics::ScoreModel>> FitAllLands(const ScanSet& set,
                                                               const Comparisons& table,
                                                               const RunOptions& options) {
  std::vector<forensics::ScoreModel> models;
  for (std::int64_t lands = 1; lands <= kLandModels; ++lands) {
    const std::vector<ScoredPair> pairs = PartialPairs(set, table, lands, options);
    if (options.stop.stop_requested()) {
      return MakeFault(FaultCode::kInterrupted, "nothing was written");
    }
    if (options.on_progress) options.on_progress({"models", lands, kLandModels});
    absl::StatusOr<forensics::ScoreModel> model =
        forensics::FitScoreModel(pairs, lands, forensics::kBootstrapSeed);
    if (!model.ok() && lands > 1) break;
    if (!model.ok()) {
      return MakeFault(FaultCode::kSetTooSmall, std::string(model.status().message()));
    }
    models.push_back(*std::move(model));
  }
  return models;
}

// How the calibration does on the pairs themselves: for its statement.
std::string OwnFigures(const std::vector<ScoredPair>& log10_lrs) {
  const absl::StatusOr<Ranking> ranking = Ranking::Of(log10_lrs);
  if (!ranking.ok()) return "";
  const forensics::EvidenceFigures figures = forensics::MeasureEvidence(*ranking);
  return absl::StrFormat(
      " On them: Cllr %.2f (5-95 %%: %.2f-%.2f), Cllr_cal %.2f, LR > 1 for %d of %d different, "
      "LR < 1 for %d of %d same.",
      figures.cllr.value, figures.cllr.low, figures.cllr.high, figures.cllr_cal.value,
      figures.misleading.different_above_one, ranking->different_count(),
      figures.misleading.same_below_one, ranking->same_count());
}

std::string StatementOf(const Calibration& c, std::string_view items,
                        const std::string& own_figures) {
  const forensics::CalibrationInfo& info = c.info;
  std::string text = info.provisional ? "PROVISIONAL: " : "";
  text += absl::StrFormat("model from %d same-source and %d different-source pairs of %d %s.",
                          info.same_pairs, info.different_pairs, info.firearms,
                          info.provisional ? "generated firearms" : "firearms");
  text += absl::StrFormat(
      " Held against real %s of %d firearms: %d same-source and %d different-source pairs.", items,
      info.real_firearms, info.real_same_pairs, info.real_different_pairs);
  text += own_figures;
  text += absl::StrFormat(
      " Pairs of one firearm are not independent: %d pairs of firearms, each counted once, support "
      "no log10 LR above %.2f, and %d firearms with two marks none below %.2f; the pairs counted "
      "singly would say %.2f.",
      info.real_firearm_pairs, info.log10_cap, info.real_same_firearms, info.log10_floor,
      forensics::Log10(static_cast<double>(info.real_different_pairs) + 1.0));
  return text;
}

void SetRealCounts(const SetCounts& counts, Calibration& c) {
  c.info.real_same_pairs = counts.same_pairs;
  c.info.real_different_pairs = counts.different_pairs;
  c.info.real_firearms = counts.firearms;
  c.info.real_firearm_pairs = counts.firearm_pairs;
  c.info.real_same_firearms = counts.same_firearms;
}

}  // namespace

SetCounts CountPairs(const Comparisons& comparisons) {
  SetCounts counts;
  std::set<std::int32_t> firearms, same;
  std::set<std::pair<std::int32_t, std::int32_t>> firearm_pairs;
  for (const ScoredPair& pair : CountingPairs(comparisons)) {
    (pair.same() ? counts.same_pairs : counts.different_pairs) += 1;
    firearms.insert({pair.firearm_a, pair.firearm_b});
    if (pair.same()) same.insert(pair.firearm_a);
    if (pair.firearm_a != pair.firearm_b) {
      firearm_pairs.insert(std::minmax({pair.firearm_a, pair.firearm_b}));
    }
  }
  for (const Item& item : comparisons.items) counts.generated_items += item.generated ? 1 : 0;
  counts.firearms = static_cast<std::int64_t>(firearms.size());
  counts.same_firearms = static_cast<std::int64_t>(same.size());
  counts.firearm_pairs = static_cast<std::int64_t>(firearm_pairs.size());
  return counts;
}

absl::Status CheckLargeEnough(const SetCounts& counts) {
  std::string missing;
  const auto need = [&missing](std::int64_t has, std::int64_t wants, std::string_view what) {
    if (has < wants) {
      missing +=
          absl::StrFormat("%s%s: %d of at least %d", missing.empty() ? "" : "; ", what, has, wants);
    }
  };
  need(counts.same_firearms, kFitFirearmsMin, "firearms with two items or more");
  need(counts.same_pairs, kFitSamePairsMin, "same-source pairs");
  need(counts.different_pairs, kFitDifferentPairsMin, "different-source pairs");
  if (missing.empty()) return absl::OkStatus();
  return MakeFault(FaultCode::kSetTooSmall,
                   missing +
                       ". With --base the model of another calibration is kept, and the set "
                       "decides how much of it may be said");
}

absl::StatusOr<Calibration> CalibrateBullets(const ScanSet& set, const CalibrateOptions& options) {
  PM_ASSIGN_OR_RETURN(Comparisons table, CompareBulletsOf(set, nullptr, options.run));
  const SetCounts counts = CountPairs(table);
  Calibration c;
  if (options.base != nullptr) {
    c = *options.base;
    c.bounds.clear();
  } else {
    PM_RETURN_IF_ERROR(CheckLargeEnough(counts));
    c.info.mark = forensics::MarkKind::kBullet;
    c.info.provisional = counts.generated_items > 0;
    c.info.same_pairs = counts.same_pairs;
    c.info.different_pairs = counts.different_pairs;
    c.info.firearms = counts.firearms;
    c.phases_tried = kLandModels;
    PM_ASSIGN_OR_RETURN(c.models, FitAllLands(set, table, options.run));
  }
  c.extractor_version = std::string(forensics::LandExtractorVersion());
  c.comparison_version = std::string(forensics::BulletComparisonVersion());
  SetRealCounts(counts.generated_items == 0 ? counts : SetCounts{}, c);
  forensics::SetCaps(c);

  // What the model makes of each pair, before and after what the set allows.
  std::vector<ScoredPair> model, reported;
  const auto evaluate = [&](std::vector<ScoredPair>& to, bool before) {
    for (const Pair& pair : table.pairs) {
      if (!Counts(pair)) continue;
      forensics::BulletComparison comparison;
      comparison.score = pair.score;
      comparison.lands_compared = static_cast<std::int64_t>(pair.extra[0]);
      comparison.phases_tried = static_cast<std::int64_t>(pair.extra[4]);
      const forensics::LikelihoodRatio ratio = forensics::EvaluateBullets(comparison, c);
      to.push_back(Scored(table, pair));
      to.back().score = before ? ratio.log10_lr_model : ratio.log10_lr;
    }
  };
  evaluate(model, true);
  c.bounds = forensics::BoundFrom(model);
  evaluate(reported, false);
  c.info.statement = StatementOf(c, "bullets", OwnFigures(reported));
  forensics::Finish(c);
  return c;
}

absl::StatusOr<Calibration> CalibrateBreechFaces(const ScanSet& set,
                                                 const CalibrateOptions& options) {
  PM_ASSIGN_OR_RETURN(const Comparisons table, CompareCasesOf(set, nullptr, options.run));
  const SetCounts counts = CountPairs(table);
  Calibration c;
  if (options.base != nullptr) {
    c = *options.base;
    c.bounds.clear();
  } else {
    PM_RETURN_IF_ERROR(CheckLargeEnough(counts));
    c.info.mark = forensics::MarkKind::kBreechFace;
    c.info.provisional = counts.generated_items > 0;
    c.info.same_pairs = counts.same_pairs;
    c.info.different_pairs = counts.different_pairs;
    c.info.firearms = counts.firearms;
    const absl::StatusOr<forensics::ScoreModel> fitted = forensics::FitScoreModel(
        CountingPairs(table), /*lands_compared=*/0, forensics::kBootstrapSeed);
    if (!fitted.ok()) {
      return MakeFault(FaultCode::kSetTooSmall, std::string(fitted.status().message()));
    }
    c.models = {*fitted};
  }
  c.extractor_version = std::string(forensics::ImpressionExtractorVersion());
  c.comparison_version = std::string(forensics::ImpressionComparisonVersion());
  SetRealCounts(counts.generated_items == 0 ? counts : SetCounts{}, c);
  forensics::SetCaps(c);
  std::vector<ScoredPair> model, reported;
  const auto evaluate = [&](std::vector<ScoredPair>& to, bool before) {
    for (const Pair& pair : table.pairs) {
      if (!Counts(pair)) continue;
      const forensics::LikelihoodRatio ratio = forensics::EvaluateBreechFaces(pair.score, c);
      to.push_back(Scored(table, pair));
      to.back().score = before ? ratio.log10_lr_model : ratio.log10_lr;
    }
  };
  evaluate(model, true);
  c.bounds = forensics::BoundFrom(model);
  evaluate(reported, false);
  c.info.statement = StatementOf(c, "breech faces", OwnFigures(reported));
  forensics::Finish(c);
  return c;
}

}  // namespace proofmark::client::validation
