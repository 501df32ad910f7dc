// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "crypto/x509/spiffe_name.h"

namespace proofmark::federation {

// One of the agency's own people, as the certificate on the agency port names them. The wrapper in
// server/rpc has verified it and has checked the role before a journey sees it.
struct Caller {
  crypto::StaffRole role = crypto::StaffRole::kLab;
  std::string pseudonym;  // One domain label; the `actor` of ledger entries.
};

}  // namespace proofmark::federation
