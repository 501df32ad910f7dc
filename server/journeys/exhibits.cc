// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/exhibits.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"

namespace proofmark::journeys {
namespace {

// The act stands; what follows from it is made up for at the next start.
void SettleOrTell(Corrections& corrections, const std::string& correction_id) {
  if (const absl::Status settled = corrections.Settle(correction_id); !settled.ok()) {
    base::Log(base::LogSeverity::kError,
              absl::StrFormat("partners are told of a correction at the next start: %s",
                              settled.message()));
  }
}

}  // namespace

absl::StatusOr<ExhibitWithdrawn> Exhibits::Withdraw(const federation::Caller& caller,
                                                    std::string_view id, std::string_view reason) {
  store::WriteRequest changes;
  PM_ASSIGN_OR_RETURN(std::string correction_id,
                      corrections_.AddNew(caller, wire::CorrectionCause::kExhibitWithdrawn,
                                          std::string(id), reason, changes));
  PM_ASSIGN_OR_RETURN(registry::Withdrawn withdrawn,
                      registry_.Withdraw(caller, id, reason, std::move(changes)));
  collection_.Erase(withdrawn.view.exhibit.id);
  SettleOrTell(corrections_, correction_id);
  return ExhibitWithdrawn{.withdrawn = std::move(withdrawn),
                          .correction_id = std::move(correction_id)};
}

absl::StatusOr<ExhibitCorrected> Exhibits::Correct(const federation::Caller& caller,
                                                   std::string_view id,
                                                   const registry::ExhibitStatement& stated,
                                                   std::string_view reason) {
  store::WriteRequest changes;
  PM_ASSIGN_OR_RETURN(std::string correction_id,
                      corrections_.AddNew(caller, wire::CorrectionCause::kExhibitCorrected,
                                          std::string(id), reason, changes));
  PM_ASSIGN_OR_RETURN(registry::Corrected corrected,
                      registry_.Correct(caller, id, stated, reason, std::move(changes)));
  const records::Exhibit& exhibit = corrected.view.exhibit;
  if (forensics::IsOfCurrentMethod(*corrected.view.signature)) {
    collection_.Insert(exhibit.id,
                       {.kind = exhibit.kind, .characteristics = exhibit.characteristics},
                       *std::exchange(corrected.view.signature, std::nullopt));
  }
  corrected.view.signature.reset();
  if (corrected.told_otherwise) {
    SettleOrTell(corrections_, correction_id);
  } else {
    correction_id.clear();
  }
  return ExhibitCorrected{.corrected = std::move(corrected),
                          .correction_id = std::move(correction_id)};
}

}  // namespace proofmark::journeys
