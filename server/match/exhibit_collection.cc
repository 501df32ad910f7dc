// SPDX-License-Identifier: Apache-2.0
#include "server/match/exhibit_collection.h"

#include <utility>

#include "base/status.h"

namespace proofmark::match {
namespace {

FoundExhibits FromBullets(CollectionResult found) {
  FoundExhibits result;
  result.counts = std::move(found.counts);
  result.calibration = &forensics::BulletCalibration();
  for (CollectionCandidate& candidate : found.best) {
    forensics::ScoredBullet& scored = candidate.scored;
    result.best.push_back({.id = std::move(scored.record_id),
                           .kind = candidate.kind,
                           .score = scored.comparison.score,
                           .likelihood_ratio = scored.likelihood_ratio,
                           .expected_false_leads = forensics::ExpectedFalseLeads(
                               scored.comparison, result.counts.compared),
                           .comparison = std::move(scored.comparison)});
  }
  return result;
}

FoundExhibits FromCases(CaseFindings found) {
  FoundExhibits result;
  result.counts = std::move(found.counts);
  result.calibration = &forensics::CaseCalibration();
  for (CaseCandidate& candidate : found.best) {
    forensics::ScoredCase& scored = candidate.scored;
    result.best.push_back({.id = std::move(scored.record_id),
                           .kind = candidate.kind,
                           .score = scored.comparison.score,
                           .likelihood_ratio = scored.evidence.likelihood_ratio,
                           .expected_false_leads = forensics::ExpectedFalseLeads(
                               scored.comparison, result.counts.compared),
                           .comparison = ComparedCase{.comparison = std::move(scored.comparison),
                                                      .marks = std::move(scored.evidence.marks)}});
  }
  return result;
}

}  // namespace

void ExhibitCollection::Insert(const records::ExhibitId& id, ClassData data,
                               forensics::BallisticSignature signature) {
  if (auto* bullet = std::get_if<forensics::BulletSignature>(&signature)) {
    bullets_.Insert(id, std::move(data), std::move(*bullet));
  } else {
    cases_.Insert(id, std::move(data), std::move(std::get<forensics::CaseSignature>(signature)));
  }
}

void ExhibitCollection::Erase(const records::ExhibitId& id) {
  bullets_.Erase(id);
  cases_.Erase(id);
}

absl::StatusOr<FoundExhibits> ExhibitCollection::Search(const ExhibitQuery& query) const {
  if (const auto* bullet = std::get_if<forensics::BulletSignature>(&query.signature)) {
    PM_ASSIGN_OR_RETURN(CollectionResult found,
                        bullets_.Search({.signature = *bullet,
                                         .characteristics = query.characteristics,
                                         .rules_off = query.rules_off,
                                         .leave_out = query.leave_out,
                                         .best_count = query.best_count,
                                         .exhaustive = query.exhaustive,
                                         .cancelled = query.cancelled,
                                         .progress = nullptr,
                                         .stage_progress = query.progress}));
    return FromBullets(std::move(found));
  }
  PM_ASSIGN_OR_RETURN(
      CaseFindings found,
      cases_.Search({.signature = std::get<forensics::CaseSignature>(query.signature),
                     .characteristics = query.characteristics,
                     .rules_off = query.rules_off,
                     .leave_out = query.leave_out,
                     .best_count = query.best_count,
                     .exhaustive = query.exhaustive,
                     .full_circle = query.full_circle,
                     .cancelled = query.cancelled,
                     .progress = query.progress}));
  return FromCases(std::move(found));
}

}  // namespace proofmark::match
