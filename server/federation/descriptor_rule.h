// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "crypto/federation/descriptor.h"
#include "server/federation/agreement.h"

namespace proofmark::federation {

// What the descriptor in force says of questions of one agency, at this moment: what a new one
// takes away is gone when it is accepted, while agreements are made of it at the start alone.
//   Threads  Pure.

// Whether the agency may ask for a service at all. Service::kFollowUp always: what follows from an
// exchange that was granted is owed, or withdrawals would not reach who holds what was withdrawn.
bool Grants(const crypto::FederationDescriptor& in_force, std::string_view domain, Service service);

// Whether it may ask for this. A refusal is POLICY or PURPOSE, as of DecideAnswering().
AgreementDecision DecideWithin(const crypto::FederationDescriptor& in_force,
                               std::string_view domain, const AskedFor& asked);

// How many questions of each type of a service are answered in 24 hours; nullopt: not limited.
std::optional<std::uint64_t> LimitOf(const crypto::FederationDescriptor& in_force,
                                     std::string_view domain, Service service);

}  // namespace proofmark::federation
