// SPDX-License-Identifier: Apache-2.0
#include "server/match/results.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "forensics/evidence/calibration.h"

namespace proofmark::match {
namespace {

// Lands are counted from 0 in a comparison and from 1 for people.
std::vector<wire::AlignedLands> ToAlignedLands(const forensics::BulletComparison& comparison) {
  std::vector<wire::AlignedLands> lands;
  lands.reserve(comparison.pairs.size());
  for (const forensics::LandPair& pair : comparison.pairs) {
    lands.push_back({.query_land = static_cast<std::int32_t>(pair.query_land + 1),
                     .candidate_land = static_cast<std::int32_t>(pair.reference_land + 1),
                     .ccf = pair.comparison.ccf,
                     .cmps_share = pair.comparison.cmps_share,
                     .lag_um = pair.comparison.lag_um});
  }
  return lands;
}

// A candidate on its way across the border.
struct Reportable {
  const CollectionCandidate* candidate;
  crypto::Sha256Digest order;
};

}  // namespace

wire::LocalResult ToLocalResult(const CollectionResult& found) {
  wire::LocalResult result;
  for (std::size_t i = 0; i < found.best.size(); ++i) {
    const forensics::ScoredBullet& scored = found.best[i].scored;
    const forensics::BulletComparison& comparison = scored.comparison;
    wire::LocalCandidate candidate;
    candidate.exhibit_id = scored.record_id;
    candidate.rank = static_cast<std::int32_t>(i + 1);
    candidate.level = scored.likelihood_ratio.level;
    candidate.log10_lr = scored.likelihood_ratio.log10_lr;
    candidate.log10_lr_low = scored.likelihood_ratio.log10_low;
    candidate.log10_lr_high = scored.likelihood_ratio.log10_high;
    candidate.score = comparison.score;
    if (i + 1 < found.best.size()) {
      candidate.margin = comparison.score - found.best[i + 1].scored.comparison.score;
    }
    candidate.expected_false_leads =
        forensics::ExpectedFalseLeads(comparison, found.counts.compared);
    candidate.lands_compared = static_cast<std::int32_t>(comparison.lands_compared);
    candidate.pairs = ToAlignedLands(comparison);
    candidate.kind = found.best[i].kind;
    result.candidates.push_back(std::move(candidate));
  }
  const forensics::CalibrationInfo& calibration = forensics::BulletCalibration();
  wire::SearchedCounts& searched = result.searched;
  searched.held_count = found.counts.held;
  searched.eligible_count = found.counts.eligible;
  searched.compared_count = found.counts.compared;
  searched.failed_count = found.counts.failed;
  for (const auto& [rule, removed] : found.counts.removed) {
    searched.removals.push_back({.rule = rule, .removed_count = removed});
  }
  searched.complete = found.counts.complete;
  searched.method_version = calibration.method;
  searched.calibration_version = calibration.version;
  searched.provisional = calibration.provisional;
  return result;
}

BorderResult ToBorderResult(const CollectionResult& found, const AnswerKey& key,
                            std::string_view asker, std::string_view exchange_id,
                            std::int32_t candidates_max) {
  std::vector<Reportable> reportable;
  for (const CollectionCandidate& candidate : found.best) {
    if (candidate.scored.likelihood_ratio.level == forensics::Level::kNone) continue;
    reportable.push_back({&candidate, key.OrderOf(asker, candidate.scored.record_id)});
  }
  const auto level = [](const Reportable& r) { return r.candidate->scored.likelihood_ratio.level; };
  std::sort(reportable.begin(), reportable.end(), [&](const Reportable& a, const Reportable& b) {
    return level(a) != level(b) ? level(a) > level(b) : a.order < b.order;
  });
  if (reportable.size() > static_cast<std::size_t>(candidates_max)) {
    reportable.resize(static_cast<std::size_t>(candidates_max));
  }

  BorderResult border;
  double false_leads = 0.0;
  for (const Reportable& r : reportable) {
    const forensics::ScoredBullet& scored = r.candidate->scored;
    border.result.candidates.push_back(
        {.handle = key.HandleOf(asker, exchange_id, scored.record_id),
         .level = scored.likelihood_ratio.level,
         .kind = r.candidate->kind});
    border.exhibit_ids.push_back(scored.record_id);
    // The weakest reported is the one with the most false leads at its score.
    false_leads = std::max(false_leads,
                           forensics::ExpectedFalseLeads(scored.comparison, found.counts.compared));
  }
  const forensics::CalibrationInfo& calibration = forensics::BulletCalibration();
  wire::SearchedBands& searched = border.result.searched;
  searched.held = wire::ToCountBand(found.counts.held);
  searched.eligible = wire::ToCountBand(found.counts.eligible);
  for (const auto& [rule, removed] : found.counts.removed) {
    searched.removals.push_back({.rule = rule, .removed = wire::ToCountBand(removed)});
  }
  searched.complete = found.counts.complete;
  searched.false_leads = wire::ToFalseLeadBand(false_leads);
  searched.method_version = calibration.method;
  searched.calibration_version = calibration.version;
  searched.provisional = calibration.provisional;
  return border;
}

}  // namespace proofmark::match
