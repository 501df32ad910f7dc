// SPDX-License-Identifier: Apache-2.0
#include "server/federation/descriptor_rule.h"

#include "absl/strings/str_format.h"

namespace proofmark::federation {

bool Grants(const crypto::FederationDescriptor& in_force, std::string_view domain,
            Service service) {
  if (service == Service::kFollowUp) return true;
  const crypto::FederationAgency* const agency = in_force.Find(domain);
  return agency != nullptr && agency->services.contains(ToText(service));
}

AgreementDecision DecideWithin(const crypto::FederationDescriptor& in_force,
                               std::string_view domain, const AskedFor& asked) {
  if (asked.service == Service::kFollowUp) {
    return {.allowed = true, .refusal_code = "", .reason = ""};
  }
  if (!Grants(in_force, domain, asked.service)) {
    return {.allowed = false,
            .refusal_code = "POLICY",
            .reason = absl::StrFormat("The federation descriptor does not grant the service %s.",
                                      ToText(asked.service))};
  }
  if (!in_force.Find(domain)->purposes.contains(asked.purpose)) {
    return {.allowed = false,
            .refusal_code = "PURPOSE",
            .reason = absl::StrFormat("The federation descriptor does not grant the purpose %s.",
                                      asked.purpose)};
  }
  return {.allowed = true, .refusal_code = "", .reason = ""};
}

std::optional<std::uint64_t> LimitOf(const crypto::FederationDescriptor& in_force,
                                     std::string_view domain, Service service) {
  const crypto::FederationAgency* const agency = in_force.Find(domain);
  if (service == Service::kFollowUp || agency == nullptr) return std::nullopt;
  const auto limit = agency->limits.find(ToText(service));
  if (limit == agency->limits.end()) return std::nullopt;
  return limit->second;
}

}  // namespace proofmark::federation
