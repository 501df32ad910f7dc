// SPDX-License-Identifier: Apache-2.0
#include "client/cli/asking.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "client/cli/exchange_words.h"
#include "client/cli/words.h"
#include "client/fault.h"
#include "crypto/x509/spiffe_name.h"
#include "records/codes.h"

namespace proofmark::client::cli {

std::vector<Parameter> ReasonOptions() {
  return {{.name = "--purpose",
           .help = "Why it is asked.",
           .value_name = "CODE",
           .choices = CodesOf(records::PurposeCodes()),
           .required = true},
          {.name = "--case",
           .help = "Case reference. Committed to in the ledger, never sent to a partner.",
           .value_name = "TEXT",
           .required = true},
          {.name = "--offence",
           .help = "What offence it concerns.",
           .value_name = "CODE",
           .choices = CodesOf(records::OffenceCodes())}};
}

Parameter PartnerOption() {
  return {.name = "--partner",
          .help = "Ask this partner; without it all are asked.",
          .value_name = "DOMAIN",
          .repeated = true};
}

absl::Status CheckPartners(const std::vector<std::string>& partners) {
  for (const std::string& partner : partners) {
    if (crypto::CheckAgencyDomain(partner).ok()) continue;
    return MakeFault(FaultCode::kUsage,
                     absl::StrFormat("--partner: \"%s\" is no agency domain", partner));
  }
  return absl::OkStatus();
}

std::string EntryText(const std::optional<records::LedgerReceipt>& receipt) {
  return receipt.has_value() ? std::to_string(receipt->index) : "-";
}

absl::Status NobodyAnswered(const std::vector<Unanswered>& partners) {
  std::string outcomes;
  const auto any = [&](wire::PartnerOutcome outcome) {
    return std::ranges::find(partners, outcome, &Unanswered::outcome) != partners.end();
  };
  for (const Unanswered& partner : partners) {
    outcomes += absl::StrFormat("%s%s: %s", outcomes.empty() ? "" : "; ", partner.agency,
                                wire::PartnerOutcomeName(partner.outcome));
    if (!partner.why.empty()) outcomes += ", " + Printable(partner.why);
  }
  if (any(wire::PartnerOutcome::kInvalid) || any(wire::PartnerOutcome::kForked)) {
    return MakeFault(FaultCode::kAnswerInvalid, outcomes);
  }
  if (any(wire::PartnerOutcome::kUnreachable) || any(wire::PartnerOutcome::kTooLate)) {
    return MakeFault(FaultCode::kPartnersAway, outcomes);
  }
  return MakeFault(FaultCode::kPartnersRefused, outcomes);
}

}  // namespace proofmark::client::cli
