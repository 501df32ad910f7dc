// SPDX-License-Identifier: Apache-2.0
#include "server/federation/agreement.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "records/codes.h"

namespace proofmark::federation {
namespace {

AgreementDecision Denied(std::string code, std::string reason) {
  return {.allowed = false, .refusal_code = std::move(code), .reason = std::move(reason)};
}

// What keeps `asked` out of a grant's conditions; nothing when they are met. Where a list limits
// offences or items, what names none is not among them.
std::optional<AgreementDecision> Unmet(const GrantConditions& when, const AskedFor& asked) {
  if ((when.from_unix_ms && asked.unix_ms < *when.from_unix_ms) ||
      (when.until_unix_ms && asked.unix_ms >= *when.until_unix_ms)) {
    return Denied("POLICY", "The agreement is not in force at this time.");
  }
  if (when.offences && !when.offences->contains(asked.offence)) {
    return Denied("POLICY", "The agreement does not cover this offence.");
  }
  if (when.items && asked.item && !when.items->contains(ToText(*asked.item))) {
    return Denied("POLICY", absl::StrFormat("The agreement does not cover exhibits of the kind %s.",
                                            ToText(*asked.item)));
  }
  return std::nullopt;
}

AgreementDecision Decide(const Partner* partner, const Words Partner::*purposes,
                         const std::optional<Words> Partner::*services,
                         const GrantConditions Partner::*when, const AskedFor& asked) {
  if (partner == nullptr) return Denied("NOT_A_PARTNER", "There is no agreement with this agency.");
  if (asked.service == Service::kFollowUp)
    return {.allowed = true, .refusal_code = "", .reason = ""};
  if (!records::IsCode(records::PurposeCodes(), asked.purpose)) {
    return Denied("PURPOSE", "The purpose is no code of the shared list.");
  }
  if (const std::optional<Words>& granted = partner->*services;
      granted && !granted->contains(ToText(asked.service))) {
    return Denied("POLICY",
                  absl::StrFormat("The federation descriptor does not grant the service %s.",
                                  ToText(asked.service)));
  }
  if (!(partner->*purposes).contains(asked.purpose)) {
    return Denied("PURPOSE",
                  absl::StrFormat("The agreement does not cover the purpose %s.", asked.purpose));
  }
  if (std::optional<AgreementDecision> unmet = Unmet(partner->*when, asked)) return *unmet;
  return {.allowed = true, .refusal_code = "", .reason = ""};
}

}  // namespace

std::string_view ToText(Service service) {
  switch (service) {
    case Service::kMatch:
      return "match";
    case Service::kDetails:
      return "details";
    case Service::kLookup:
      return "lookup";
    case Service::kFirearmCheck:
      return "firearm-check";
    case Service::kFirearmStatistics:
      return "firearm-statistics";
    case Service::kFollowUp:
      return "follow-up";
  }
  return "";
}

std::string_view ToText(records::ItemKind item) {
  return item == records::ItemKind::kBullet ? "bullet" : "case";
}

AgreementDecision DecideAnswering(const Partner* partner, const AskedFor& asked) {
  if (partner != nullptr && asked.service == Service::kLookup && !partner->lookup_budget) {
    return Denied("POLICY", "No budget of private look-ups is agreed with this agency.");
  }
  const bool of_statistics = asked.service == Service::kFirearmStatistics;
  if (partner != nullptr && (asked.service == Service::kFirearmCheck || of_statistics) &&
      !partner->firearm_check_budget) {
    return Denied("POLICY", "No budget of questions about firearms is agreed with this agency.");
  }
  if (partner != nullptr && of_statistics && !partner->statistics.contains(asked.breakdown)) {
    return Denied("POLICY", "Statistics by this are not agreed with this agency.");
  }
  return Decide(partner, &Partner::answered_purposes, &Partner::answered_services,
                &Partner::answered_when, asked);
}

bool MayLookUpHere(const Partner& partner) {
  return partner.lookup_budget.has_value() && !partner.answered_purposes.empty() &&
         (!partner.answered_services ||
          partner.answered_services->contains(ToText(Service::kLookup)));
}

AgreementDecision DecideAsking(const Partner* partner, const AskedFor& asked) {
  return Decide(partner, &Partner::asked_purposes, &Partner::asked_services, &Partner::asked_when,
                asked);
}

}  // namespace proofmark::federation
