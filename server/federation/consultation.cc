// SPDX-License-Identifier: Apache-2.0
#include "server/federation/consultation.h"

#include <utility>

namespace proofmark::federation {

absl::Status LogConsultation(ledger::Ledger& ledger, const Caller& caller,
                             Consultation consultation) {
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kAdminRead;
  draft.actor = caller.pseudonym;
  draft.case_commitment = std::move(consultation.case_commitment);
  draft.object = std::move(consultation.object);
  draft.outcome = std::string(consultation.read);
  draft.count = consultation.count;
  return ledger.Append(std::move(draft)).status();
}

}  // namespace proofmark::federation
