// SPDX-License-Identifier: Apache-2.0
#include "client/version.h"

namespace proofmark::client {

std::string_view Version() { return PROOFMARK_VERSION; }

}  // namespace proofmark::client
