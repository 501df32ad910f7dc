// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "server/federation/node_identity.h"
#include "server/federation/partner.h"

namespace proofmark::testing {

// A node's keys, all of them a function of its exchange key and its SPIFFE id: a restarted node has
// them again, and its partners know their public halves.
federation::NodeKeys NodeKeysOf(const crypto::SigningKey& exchange_key, std::string_view node_id);
// The same with an exchange key that cannot be copied, being on a token.
federation::NodeKeys NodeKeysWith(crypto::SigningKey exchange_key, std::string_view node_id);

// What a partner knows of the node that speaks for `partner.node_id` with `exchange_key`.
void AddNoteKeys(const crypto::VerifyingKey& exchange_key, federation::Partner& partner);

}  // namespace proofmark::testing
