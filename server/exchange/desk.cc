// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/desk.h"

#include "absl/strings/str_format.h"
#include "crypto/x509/spiffe_name.h"

namespace proofmark::exchange {

absl::Status CheckPseudonym(const Believed& message, std::string_view field,
                            std::string_view pseudonym) {
  // Any role: what it may hold is the same for all.
  if (crypto::SpiffeName::Staff(message.partner.domain, crypto::StaffRole::kExaminer,
                                std::string(pseudonym))
          .ok()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is no pseudonym: one label as in a domain", field));
}

std::string OutcomeOfRefusal(std::string_view code) { return absl::StrFormat("REFUSED:%s", code); }

wire::BudgetStatement ToTell(const federation::BudgetStatement& statement) {
  const federation::BudgetStatement told = federation::Coarsened(statement);
  return {.per_day = told.limits.per_day,
          .per_30_days = told.limits.per_30_days,
          .used_today = told.used_today,
          .used_30_days = told.used_30_days};
}

}  // namespace proofmark::exchange
