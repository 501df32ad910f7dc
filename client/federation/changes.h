// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "crypto/federation/descriptor.h"

namespace proofmark::client::federation {

// What differs from `before` to `after`, one sentence each, for people who decide whether to sign:
// the whole federation first, then agency by agency. Empty when nothing does. Pure.
std::vector<std::string> DescribeChanges(const crypto::FederationDescriptor& before,
                                         const crypto::FederationDescriptor& after);

}  // namespace proofmark::client::federation
