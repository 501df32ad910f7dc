// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/federation/descriptor.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"

namespace proofmark::federation {

// What a federation descriptor makes of the partners that the configuration states. Both must agree
// about a partner: what either does not have is not granted. All pure.

// One configured partner in the light of a descriptor.
struct Membership {
  std::string domain;
  std::string fault;  // One sentence, why it gets nothing; empty: admitted.

  bool admitted() const { return fault.empty(); }
};

// Every partner, by domain. Admitted is whom the descriptor lists with the same node and endpoint,
// pins for all CAs that the configuration believes, and every key that the configuration has.
std::vector<Membership> JudgePartners(const Partners& configured,
                                      const crypto::FederationDescriptor& in_force);

// Why the agency's own entry does not fit this node, so that partners will not deal with it; empty
// when it does.
std::string OwnFault(const NodeIdentity& identity, const crypto::FederationDescriptor& in_force);

// The partners that are admitted, each with what both grant: it may ask us for the purposes we
// answer and its entry lists, and we it for those we ask and our own entry lists; services alike.
// Its budget of a day here is no more than the limit on "match" in its entry, that of look-ups no
// more than the limit on "lookup".
// Nobody when our own agency is not in the descriptor.
absl::StatusOr<Partners> AdmittedPartners(std::string_view own_domain, const Partners& configured,
                                          const crypto::FederationDescriptor& in_force);

// What `partners` are granted, to be compared later: a line for each partner, way and purpose.
std::string GrantsText(const Partners& partners);

// `partners` without what `grants`, a GrantsText(), does not have.
absl::StatusOr<Partners> WithinGrants(std::string_view own_domain, const Partners& partners,
                                      std::string_view grants);

}  // namespace proofmark::federation
