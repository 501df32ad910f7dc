// SPDX-License-Identifier: Apache-2.0
#include "server/federation/membership.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "crypto/sign/key_id.h"
#include "crypto/x509/certificate.h"
#include "server/federation/agreement.h"

namespace proofmark::federation {
namespace {

using crypto::FederationAgency;
using crypto::NoteVerifierKey;
using Words = std::set<std::string, std::less<>>;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool Lists(const std::vector<NoteVerifierKey>& keys, const crypto::VerifyingKey& key) {
  return std::ranges::any_of(
      keys, [&key](const NoteVerifierKey& listed) { return listed.public_key == key.raw(); });
}

// What the configuration has must be what the descriptor has; what it lacks it does not use.
bool Fits(const std::optional<NoteVerifierKey>& configured,
          const std::optional<NoteVerifierKey>& listed) {
  return !configured ||
         (listed && crypto::ToVerifierKey(*configured) == crypto::ToVerifierKey(*listed));
}

std::string FaultOf(const Partner& partner, const FederationAgency* listed) {
  if (listed == nullptr) return "It is not in the federation descriptor.";
  if (partner.node_id != listed->node_id) return "The descriptor lists another node of it.";
  if (Lower(partner.endpoint) != listed->endpoint) {
    return absl::StrFormat("The descriptor has its node at %s, the configuration at %s.",
                           listed->endpoint, partner.endpoint);
  }
  const auto cas = crypto::X509Certificate::BundleFromPem(partner.ca_pem);
  if (!cas.ok()) return "The configuration has no readable CA of it.";
  for (const crypto::X509Certificate& ca : *cas) {
    if (std::ranges::find(listed->ca_pins, ca.spki_sha256()) == listed->ca_pins.end()) {
      return "The configuration believes a CA of it that the descriptor does not pin.";
    }
  }
  for (const auto& [id, key] : partner.exchange_keys) {
    if (!Lists(listed->exchange_keys, key)) {
      return absl::StrFormat("The descriptor does not list its exchange key %s.", id);
    }
  }
  if (!Fits(partner.log_key, listed->log_key)) return "The descriptor lists another ledger key.";
  if (!Fits(partner.witness_key, listed->witness_key)) {
    return "The descriptor lists another witness key.";
  }
  return "";
}

Words Common(const Words& a, const Words& b) {
  Words common;
  std::ranges::set_intersection(a, b, std::inserter(common, common.end()));
  return common;
}

std::string GrantLine(const Partner& partner, std::string_view way, std::string_view purpose) {
  return absl::StrFormat("%s %s %s\n", partner.domain, way, purpose);
}

constexpr std::string_view kAnswered = "answered";
constexpr std::string_view kAsked = "asked";

// A question costs at least one unit: so many units in a day are at most so many questions.
void CapBudget(const FederationAgency& listed, Service service, BudgetLimits& budget) {
  const auto limit = listed.limits.find(ToText(service));
  if (limit == listed.limits.end()) return;
  budget.per_day = std::min(budget.per_day, static_cast<std::int64_t>(limit->second));
}

void KeepGranted(const Partner& partner, std::string_view way, std::string_view grants,
                 Words& purposes) {
  std::erase_if(purposes, [&](const std::string& purpose) {
    const std::string line = GrantLine(partner, way, purpose);
    // A whole line: at the start, or behind another's end.
    return !grants.starts_with(line) && grants.find("\n" + line) == grants.npos;
  });
}

}  // namespace

std::vector<Membership> JudgePartners(const Partners& configured,
                                      const crypto::FederationDescriptor& in_force) {
  std::vector<Membership> judged;
  for (const Partner& partner : configured.all()) {
    judged.push_back(
        {.domain = partner.domain, .fault = FaultOf(partner, in_force.Find(partner.domain))});
  }
  return judged;
}

std::string OwnFault(const NodeIdentity& identity, const crypto::FederationDescriptor& in_force) {
  const FederationAgency* const own = in_force.Find(identity.domain());
  if (own == nullptr) return "This agency is not in the federation descriptor.";
  if (own->node_id != identity.node_id())
    return "The descriptor lists another node of this agency.";
  if (!Lists(own->exchange_keys, identity.exchange_key().verifying_key())) {
    return "The descriptor does not list this node's exchange key.";
  }
  if (own->log_key && own->log_key->public_key != identity.log_key().verifying_key().raw()) {
    return "The descriptor lists another ledger key of this node.";
  }
  if (own->witness_key &&
      own->witness_key->public_key != identity.witness_key().verifying_key().raw()) {
    return "The descriptor lists another witness key of this node.";
  }
  return "";
}

absl::StatusOr<Partners> AdmittedPartners(std::string_view own_domain, const Partners& configured,
                                          const crypto::FederationDescriptor& in_force) {
  const std::vector<Membership> judged = JudgePartners(configured, in_force);
  const FederationAgency* const own = in_force.Find(own_domain);
  std::vector<Partner> admitted;
  for (std::size_t i = 0; own != nullptr && i < judged.size(); ++i) {
    if (!judged[i].admitted()) continue;
    Partner partner = configured.all()[i];
    const FederationAgency& listed = *in_force.Find(partner.domain);
    partner.answered_purposes = Common(partner.answered_purposes, listed.purposes);
    partner.asked_purposes = Common(partner.asked_purposes, own->purposes);
    partner.answered_services = listed.services;
    partner.asked_services = own->services;
    CapBudget(listed, Service::kMatch, partner.budget);
    if (partner.lookup_budget) CapBudget(listed, Service::kLookup, *partner.lookup_budget);
    if (partner.firearm_check_budget) {
      CapBudget(listed, Service::kFirearmCheck, *partner.firearm_check_budget);
    }
    admitted.push_back(std::move(partner));
  }
  return Partners::Create(own_domain, std::move(admitted));
}

std::string GrantsText(const Partners& partners) {
  std::string text;
  for (const Partner& partner : partners.all()) {
    for (const std::string& purpose : partner.answered_purposes) {
      text += GrantLine(partner, kAnswered, purpose);
    }
    for (const std::string& purpose : partner.asked_purposes) {
      text += GrantLine(partner, kAsked, purpose);
    }
  }
  return text;
}

absl::StatusOr<Partners> WithinGrants(std::string_view own_domain, const Partners& partners,
                                      std::string_view grants) {
  std::vector<Partner> kept = partners.all();
  for (Partner& partner : kept) {
    KeepGranted(partner, kAnswered, grants, partner.answered_purposes);
    KeepGranted(partner, kAsked, grants, partner.asked_purposes);
  }
  return Partners::Create(own_domain, std::move(kept));
}

}  // namespace proofmark::federation
