// SPDX-License-Identifier: Apache-2.0
#include "server/federation/partner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "crypto/sign/key_id.h"
#include "crypto/x509/spiffe_name.h"
#include "records/codes.h"
#include "records/firearm/statistics.h"
#include "server/federation/agreement.h"

namespace proofmark::federation {
namespace {

absl::Status Fault(const Partner& partner, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("partner %s: %s", partner.domain, what));
}

absl::Status CheckPurposes(const Partner& partner, std::string_view field,
                           const std::set<std::string, std::less<>>& purposes) {
  for (const std::string& purpose : purposes) {
    if (!records::IsCode(records::PurposeCodes(), purpose)) {
      return Fault(partner, absl::StrFormat("%s: \"%s\" is no purpose code", field, purpose));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNoteKey(const Partner& partner, std::string_view field,
                          const std::optional<crypto::NoteVerifierKey>& key,
                          crypto::NoteKeyType type) {
  if (!key) return absl::OkStatus();
  if (!key->Is(type)) return Fault(partner, absl::StrFormat("%s: a key for another use", field));
  if (key->name.starts_with(partner.domain + "/")) return absl::OkStatus();
  return Fault(partner,
               absl::StrFormat("%s: its name does not begin \"%s/\"", field, partner.domain));
}

absl::Status CheckConditions(const Partner& partner, std::string_view field,
                             const GrantConditions& when) {
  for (const std::string& offence : when.offences.value_or(Words())) {
    if (!records::IsCode(records::OffenceCodes(), offence)) {
      return Fault(partner,
                   absl::StrFormat("%s: \"%s\" is no offence of the shared list", field, offence));
    }
  }
  for (const std::string& item : when.items.value_or(Words())) {
    if (item != ToText(records::ItemKind::kBullet) &&
        item != ToText(records::ItemKind::kCartridgeCase)) {
      return Fault(partner, absl::StrFormat("%s: items are \"bullet\" and \"case\"", field));
    }
  }
  if (when.from_unix_ms && when.until_unix_ms && *when.from_unix_ms >= *when.until_unix_ms) {
    return Fault(partner, absl::StrFormat("%s: it ends before it begins", field));
  }
  return absl::OkStatus();
}

absl::Status CheckShareRule(const Partner& partner) {
  const ShareRule& rule = partner.share;
  for (const std::string& code : rule.triggers) {
    if (!records::IsCode(records::ShareTriggerCodes(), code)) {
      return Fault(partner, absl::StrFormat("share_triggers: \"%s\" is no share trigger", code));
    }
  }
  if (!rule.triggers.empty() && !records::IsCode(records::PurposeCodes(), rule.purpose)) {
    return Fault(partner,
                 absl::StrFormat("share_purpose: \"%s\" is no purpose code", rule.purpose));
  }
  if (!rule.offence.empty() && !records::IsCode(records::OffenceCodes(), rule.offence)) {
    return Fault(partner, absl::StrFormat("share_offence: \"%s\" is no offence of the shared list",
                                          rule.offence));
  }
  if (rule.days < 1 || rule.days > kShareDaysMax) {
    return Fault(partner, absl::StrFormat("share_days is %d; 1..%d", rule.days, kShareDaysMax));
  }
  return absl::OkStatus();
}

absl::Status CheckPartner(std::string_view own_domain, const Partner& partner) {
  PM_RETURN_IF_ERROR(crypto::CheckAgencyDomain(partner.domain));
  if (partner.domain == own_domain) return Fault(partner, "is this node's own agency");
  PM_ASSIGN_OR_RETURN(const crypto::SpiffeName name, crypto::SpiffeName::Parse(partner.node_id));
  if (name.kind() != crypto::SpiffeName::Kind::kNode || name.domain() != partner.domain) {
    return Fault(partner, "node_id names no node of that domain");
  }
  if (partner.endpoint.empty() || partner.endpoint.size() > kEndpointBytesMax) {
    return Fault(partner, absl::StrFormat("endpoint has %d bytes; 1..%d", partner.endpoint.size(),
                                          kEndpointBytesMax));
  }
  if (partner.exchange_keys.empty() || partner.exchange_keys.size() > kExchangeKeysMax) {
    return Fault(partner, absl::StrFormat("%d exchange keys; 1..%d", partner.exchange_keys.size(),
                                          kExchangeKeysMax));
  }
  for (const auto& [id, key] : partner.exchange_keys) {
    if (id != crypto::ExchangeKeyId(partner.domain, key)) {
      return Fault(partner, absl::StrFormat("exchange key id \"%s\" is not that of its key", id));
    }
  }
  PM_RETURN_IF_ERROR(CheckNoteKey(partner, "log_key", partner.log_key, crypto::NoteKeyType::kNote));
  PM_RETURN_IF_ERROR(
      CheckNoteKey(partner, "witness_key", partner.witness_key, crypto::NoteKeyType::kCosignature));
  if (partner.timeout < kPartnerTimeoutMin || partner.timeout > kPartnerTimeoutMax) {
    return Fault(partner, absl::StrFormat("timeout is %d ms; %d..%d", partner.timeout.count(),
                                          kPartnerTimeoutMin.count(), kPartnerTimeoutMax.count()));
  }
  const BudgetLimits lookups = partner.lookup_budget.value_or(BudgetLimits{});
  const BudgetLimits checks = partner.firearm_check_budget.value_or(BudgetLimits{});
  for (const auto& [field, units] : {std::pair{"budget_per_day", partner.budget.per_day},
                                     std::pair{"budget_per_30_days", partner.budget.per_30_days},
                                     std::pair{"lookups_per_day", lookups.per_day},
                                     std::pair{"lookups_per_30_days", lookups.per_30_days},
                                     std::pair{"firearm_checks_per_day", checks.per_day},
                                     std::pair{"firearm_checks_per_30_days", checks.per_30_days}}) {
    if (units < 0 || units > kBudgetMax) {
      return Fault(partner, absl::StrFormat("%s is %d; 0..%d", field, units, kBudgetMax));
    }
  }
  if (partner.lookup_burst < 1 || partner.lookup_burst > kBudgetMax) {
    return Fault(partner,
                 absl::StrFormat("lookup_burst is %d; 1..%d", partner.lookup_burst, kBudgetMax));
  }
  for (const std::string& text : partner.statistics) {
    const absl::StatusOr<firearm::Breakdown> breakdown = firearm::ParseBreakdown(text);
    if (!breakdown.ok() || firearm::BreakdownText(*breakdown) != text) {
      return Fault(partner, absl::StrFormat("statistics by \"%s\" are none", text));
    }
  }
  if (const absl::Status handling =
          wire::CheckHandling(partner.answered_handling, "answered_handling");
      !handling.ok()) {
    return Fault(partner, std::string(handling.message()));
  }
  PM_RETURN_IF_ERROR(CheckConditions(partner, "answered_when", partner.answered_when));
  PM_RETURN_IF_ERROR(CheckConditions(partner, "asked_when", partner.asked_when));
  PM_RETURN_IF_ERROR(CheckShareRule(partner));
  PM_RETURN_IF_ERROR(CheckPurposes(partner, "answered_purposes", partner.answered_purposes));
  return CheckPurposes(partner, "asked_purposes", partner.asked_purposes);
}

}  // namespace

absl::StatusOr<Partners> Partners::Create(std::string_view own_domain,
                                          std::vector<Partner> partners) {
  if (partners.size() > kPartnersMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%d partners; at most %d", partners.size(), kPartnersMax));
  }
  for (const Partner& partner : partners) PM_RETURN_IF_ERROR(CheckPartner(own_domain, partner));
  std::sort(partners.begin(), partners.end(),
            [](const Partner& a, const Partner& b) { return a.domain < b.domain; });
  for (std::size_t i = 1; i < partners.size(); ++i) {
    if (partners[i].domain == partners[i - 1].domain) {
      return Fault(partners[i], "is listed twice");
    }
  }
  return Partners(std::move(partners));
}

const Partner* Partners::FindByDomain(std::string_view domain) const {
  const auto at =
      std::lower_bound(partners_.begin(), partners_.end(), domain,
                       [](const Partner& p, std::string_view d) { return p.domain < d; });
  return at != partners_.end() && at->domain == domain ? &*at : nullptr;
}

const Partner* Partners::FindByNodeId(std::string_view node_id) const {
  for (const Partner& partner : partners_) {
    if (partner.node_id == node_id) return &partner;
  }
  return nullptr;
}

}  // namespace proofmark::federation
