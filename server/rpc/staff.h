// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/x509/spiffe_name.h"
#include "server/federation/caller.h"

namespace proofmark::rpc {

// The journeys' word for a caller that the guard admitted on the agency port.
inline federation::Caller StaffOf(const crypto::SpiffeName& name) {
  return {.role = *name.role(), .pseudonym = name.id()};
}

}  // namespace proofmark::rpc
