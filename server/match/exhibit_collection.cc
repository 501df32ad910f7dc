// SPDX-License-Identifier: Apache-2.0
#include "server/match/exhibit_collection.h"

#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "forensics/cartridge/case_evidence.h"

namespace proofmark::match {
namespace {

using CalibrationInForce = std::shared_ptr<const forensics::Calibration>;

FoundExhibits FromBullets(CollectionResult found, CalibrationInForce calibration) {
  FoundExhibits result;
  result.counts = std::move(found.counts);
  result.method = forensics::CurrentMethod(forensics::MarkKind::kBullet);
  for (CollectionCandidate& candidate : found.best) {
    forensics::ScoredBullet& scored = candidate.scored;
    result.best.push_back({.id = std::move(scored.record_id),
                           .kind = candidate.kind,
                           .score = scored.comparison.score,
                           .likelihood_ratio = scored.likelihood_ratio,
                           .expected_false_leads = forensics::ExpectedFalseLeads(
                               scored.comparison, result.counts.compared, *calibration),
                           .comparison = std::move(scored.comparison)});
  }
  result.calibration = std::move(calibration);
  return result;
}

FoundExhibits FromCases(CaseFindings found, CalibrationInForce calibration) {
  FoundExhibits result;
  result.counts = std::move(found.counts);
  result.method = forensics::CaseMethodVersion();
  for (CaseCandidate& candidate : found.best) {
    forensics::ScoredCase& scored = candidate.scored;
    result.best.push_back({.id = std::move(scored.record_id),
                           .kind = candidate.kind,
                           .score = scored.comparison.score,
                           .likelihood_ratio = scored.evidence.likelihood_ratio,
                           .expected_false_leads = forensics::ExpectedFalseLeads(
                               scored.comparison, result.counts.compared, *calibration),
                           .comparison = ComparedCase{.comparison = std::move(scored.comparison),
                                                      .marks = std::move(scored.evidence.marks)}});
  }
  result.calibration = std::move(calibration);
  return result;
}

}  // namespace

CalibrationInForce ExhibitCollection::calibration(forensics::MarkKind mark) const {
  const base::MutexLock lock(mutex_);
  return calibrations_[static_cast<std::size_t>(mark)];
}

void ExhibitCollection::PutInForce(CalibrationInForce calibration) {
  PM_CHECK(calibration != nullptr);
  const auto mark = static_cast<std::size_t>(forensics::InfoOf(*calibration).mark);
  const base::MutexLock lock(mutex_);
  calibrations_[mark] = std::move(calibration);
}

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
  const auto* const bullet = std::get_if<forensics::BulletSignature>(&query.signature);
  // One for the whole search, whatever is put in force meanwhile.
  CalibrationInForce in_force = calibration(bullet != nullptr ? forensics::MarkKind::kBullet
                                                              : forensics::MarkKind::kBreechFace);
  if (bullet != nullptr) {
    PM_ASSIGN_OR_RETURN(CollectionResult found,
                        bullets_.Search({.signature = *bullet,
                                         .characteristics = query.characteristics,
                                         .rules_off = query.rules_off,
                                         .leave_out = query.leave_out,
                                         .best_count = query.best_count,
                                         .exhaustive = query.exhaustive,
                                         .reportable_only = query.reportable_only,
                                         .calibration = in_force.get(),
                                         .cancelled = query.cancelled,
                                         .progress = nullptr,
                                         .stage_progress = query.progress}));
    return FromBullets(std::move(found), std::move(in_force));
  }
  PM_ASSIGN_OR_RETURN(
      CaseFindings found,
      cases_.Search({.signature = std::get<forensics::CaseSignature>(query.signature),
                     .characteristics = query.characteristics,
                     .rules_off = query.rules_off,
                     .leave_out = query.leave_out,
                     .best_count = query.best_count,
                     .exhaustive = query.exhaustive,
                     .reportable_only = query.reportable_only,
                     .full_circle = query.full_circle,
                     .calibration = in_force.get(),
                     .cancelled = query.cancelled,
                     .progress = query.progress}));
  return FromCases(std::move(found), std::move(in_force));
}

}  // namespace proofmark::match
