// SPDX-License-Identifier: Apache-2.0
#include "server/federation/node_identity.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "crypto/sign/key_id.h"

namespace proofmark::federation {

NodeKeys NodeKeys::Generate(base::Random& random) {
  crypto::SigningKey exchange = crypto::SigningKey::Generate(random);
  crypto::SigningKey log = crypto::SigningKey::Generate(random);
  return {std::move(exchange), std::move(log), crypto::SigningKey::Generate(random)};
}

absl::StatusOr<NodeIdentity> NodeIdentity::Create(std::string_view node_uri, NodeKeys keys) {
  PM_ASSIGN_OR_RETURN(crypto::SpiffeName name, crypto::SpiffeName::Parse(node_uri));
  if (name.kind() != crypto::SpiffeName::Kind::kNode) {
    return absl::InvalidArgumentError(
        absl::StrFormat("node id %s names a person, not a node", name.uri()));
  }
  return NodeIdentity(std::move(name), std::move(keys));
}

NodeIdentity::NodeIdentity(crypto::SpiffeName name, NodeKeys keys)
    : name_(std::move(name)),
      origin_(absl::StrFormat("%s/proofmark/%s/log", name_.domain(), name_.id())),
      witness_name_(absl::StrFormat("%s/proofmark/%s/witness", name_.domain(), name_.id())),
      keys_(std::move(keys)),
      exchange_key_id_(crypto::ExchangeKeyId(name_.domain(), keys_.exchange.verifying_key())) {}

}  // namespace proofmark::federation
