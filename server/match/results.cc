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

// Cells and turns for an impressed mark, the correlation alone for a striated one.
wire::ComparedRegion ToComparedRegion(const forensics::MarkComparison& mark,
                                      const forensics::MarkEvidence& evidence) {
  wire::ComparedRegion region;
  region.region = static_cast<records::MarkRegion>(mark.region);
  region.log10_lr = evidence.log10_lr;
  region.contributes = evidence.contributes;
  if (const forensics::ImpressedComparison* impressed = mark.impressed()) {
    region.congruent_cells = static_cast<std::int32_t>(impressed->cells_agreeing);
    region.eligible_cells = static_cast<std::int32_t>(impressed->cells_eligible);
    region.correlation = impressed->features.image_correlation;
    region.turn_degrees = impressed->turn_degrees;
  } else {
    region.correlation = mark.striated()->ccf;
  }
  return region;
}

void AddMarks(const FoundExhibit& found, wire::LocalCandidate& candidate) {
  if (const auto* bullet = std::get_if<forensics::BulletComparison>(&found.comparison)) {
    candidate.lands_compared = static_cast<std::int32_t>(bullet->lands_compared);
    candidate.pairs = ToAlignedLands(*bullet);
    return;
  }
  const auto& compared = std::get<ComparedCase>(found.comparison);
  for (std::size_t i = 0; i < compared.marks.size(); ++i) {
    candidate.regions.push_back(ToComparedRegion(compared.comparison.marks[i], compared.marks[i]));
  }
}

// A candidate on its way across the border.
struct Reportable {
  const FoundExhibit* found;
  forensics::Level level;
  crypto::Sha256Digest order;
};

// Whether enough of both was compared. Of an impression its score says so: few cells give a low
// one.
bool IsCompared(const FoundExhibit& exhibit, double overlap_um_min) {
  const auto* bullet = std::get_if<forensics::BulletComparison>(&exhibit.comparison);
  if (bullet == nullptr) return true;
  double overlap_um = 0.0;
  for (const forensics::LandPair& pair : bullet->pairs) overlap_um += pair.comparison.overlap_um;
  return overlap_um >= overlap_um_min;
}

// By how many decades borders are raised at most.
double Dither(const FoundExhibits& found, const FoundExhibit& exhibit, const BorderRules& rules) {
  constexpr double kFirstBorder = 1.0;  // Of L1.
  const auto* bullet = std::get_if<forensics::BulletComparison>(&exhibit.comparison);
  const double reach = forensics::HighestOfModel(bullet != nullptr ? bullet->lands_compared : 0,
                                                 *found.calibration) -
                       kFirstBorder;
  return std::clamp(0.5 * reach, 0.0, rules.dither_decades);
}

// The level that is told of a candidate; kNone when nothing is.
forensics::Level BorderLevel(const FoundExhibits& found, const FoundExhibit& exhibit,
                             double raised_decades, const BorderRules& rules) {
  const double chance = exhibit.expected_false_leads /
                        static_cast<double>(std::max<std::int64_t>(1, found.counts.compared));
  if (chance > rules.chance_max || !IsCompared(exhibit, rules.overlap_um_min)) {
    return forensics::Level::kNone;
  }
  return std::min(exhibit.likelihood_ratio.level,
                  forensics::LevelOfModel(exhibit.likelihood_ratio.log10_lr_model - raised_decades,
                                          *found.calibration));
}

}  // namespace

wire::LocalResult ToLocalResult(const FoundExhibits& found) {
  wire::LocalResult result;
  for (std::size_t i = 0; i < found.best.size(); ++i) {
    const FoundExhibit& exhibit = found.best[i];
    wire::LocalCandidate candidate;
    candidate.exhibit_id = exhibit.id;
    candidate.rank = static_cast<std::int32_t>(i + 1);
    candidate.level = exhibit.likelihood_ratio.level;
    candidate.log10_lr = exhibit.likelihood_ratio.log10_lr;
    candidate.log10_lr_low = exhibit.likelihood_ratio.log10_low;
    candidate.log10_lr_high = exhibit.likelihood_ratio.log10_high;
    candidate.score = exhibit.score;
    if (i + 1 < found.best.size()) candidate.margin = exhibit.score - found.best[i + 1].score;
    candidate.expected_false_leads = exhibit.expected_false_leads;
    candidate.kind = exhibit.kind;
    AddMarks(exhibit, candidate);
    result.candidates.push_back(std::move(candidate));
  }
  wire::SearchedCounts& searched = result.searched;
  searched.held_count = found.counts.held;
  searched.eligible_count = found.counts.eligible;
  searched.compared_count = found.counts.compared;
  searched.failed_count = found.counts.failed;
  searched.coarse_scored_count = found.counts.coarse_scored;
  searched.refined_count = found.counts.refined;
  searched.missed_probability = found.counts.missed_probability;
  for (const auto& [rule, removed] : found.counts.removed) {
    searched.removals.push_back({.rule = rule, .removed_count = removed});
  }
  searched.complete = found.counts.complete;
  const forensics::CalibrationInfo& calibration = forensics::InfoOf(*found.calibration);
  searched.method_version = found.method;
  searched.calibration_version = calibration.version;
  searched.provisional = calibration.provisional;
  return result;
}

BorderResult ToBorderResult(const FoundExhibits& found, const AnswerKey& key,
                            const BorderAsker& asker, std::int32_t candidates_max,
                            const BorderRules& rules) {
  std::vector<Reportable> reportable;
  for (const FoundExhibit& exhibit : found.best) {
    const double raised = Dither(found, exhibit, rules) *
                          key.BorderShift(asker.domain, exhibit.id, asker.coarse_sketch);
    const forensics::Level level = BorderLevel(found, exhibit, raised, rules);
    if (level == forensics::Level::kNone) continue;
    reportable.push_back({&exhibit, level, key.OrderOf(asker.domain, exhibit.id)});
  }
  std::sort(reportable.begin(), reportable.end(), [](const Reportable& a, const Reportable& b) {
    return a.level != b.level ? a.level > b.level : a.order < b.order;
  });
  if (reportable.size() > static_cast<std::size_t>(candidates_max)) {
    reportable.resize(static_cast<std::size_t>(candidates_max));
  }

  BorderResult border;
  double false_leads = 0.0;
  for (const Reportable& r : reportable) {
    border.result.candidates.push_back(
        {.handle = key.HandleOf(asker.domain, asker.exchange_id, r.found->id),
         .level = r.level,
         .kind = r.found->kind});
    border.exhibit_ids.push_back(r.found->id);
    // The weakest reported is the one with the most false leads at its score.
    false_leads = std::max(false_leads, r.found->expected_false_leads);
  }
  wire::SearchedBands& searched = border.result.searched;
  searched.held = wire::ToCountBand(found.counts.held);
  searched.eligible = wire::ToCountBand(found.counts.eligible);
  for (const auto& [rule, removed] : found.counts.removed) {
    searched.removals.push_back({.rule = rule, .removed = wire::ToCountBand(removed)});
  }
  searched.complete = found.counts.complete;
  searched.false_leads = wire::ToFalseLeadBand(false_leads);
  const forensics::CalibrationInfo& calibration = forensics::InfoOf(*found.calibration);
  searched.method_version = found.method;
  searched.calibration_version = calibration.version;
  searched.provisional = calibration.provisional;
  return border;
}

}  // namespace proofmark::match
