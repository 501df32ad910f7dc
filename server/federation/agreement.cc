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

using Words = std::set<std::string, std::less<>>;

AgreementDecision Decide(const Partner* partner, const Words Partner::*purposes,
                         const std::optional<Words> Partner::*services, const AskedFor& asked) {
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
  return {.allowed = true, .refusal_code = "", .reason = ""};
}

}  // namespace

std::string_view ToText(Service service) {
  switch (service) {
    case Service::kMatch:
      return "match";
    case Service::kDetails:
      return "details";
    case Service::kFollowUp:
      return "follow-up";
  }
  return "";
}

AgreementDecision DecideAnswering(const Partner* partner, const AskedFor& asked) {
  return Decide(partner, &Partner::answered_purposes, &Partner::answered_services, asked);
}

AgreementDecision DecideAsking(const Partner* partner, const AskedFor& asked) {
  return Decide(partner, &Partner::asked_purposes, &Partner::asked_services, asked);
}

}  // namespace proofmark::federation
