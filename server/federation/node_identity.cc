// SPDX-License-Identifier: Apache-2.0
#include "server/federation/node_identity.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "crypto/sign/key_id.h"

namespace proofmark::federation {

absl::StatusOr<NodeIdentity> NodeIdentity::Create(std::string_view node_uri,
                                                  crypto::SigningKey exchange_key) {
  PM_ASSIGN_OR_RETURN(crypto::SpiffeName name, crypto::SpiffeName::Parse(node_uri));
  if (name.kind() != crypto::SpiffeName::Kind::kNode) {
    return absl::InvalidArgumentError(
        absl::StrFormat("node id %s names a person, not a node", name.uri()));
  }
  return NodeIdentity(std::move(name), std::move(exchange_key));
}

NodeIdentity::NodeIdentity(crypto::SpiffeName name, crypto::SigningKey exchange_key)
    : name_(std::move(name)),
      origin_(absl::StrFormat("%s/proofmark/%s/log", name_.domain(), name_.id())),
      exchange_key_(std::move(exchange_key)),
      exchange_key_id_(crypto::ExchangeKeyId(name_.domain(), exchange_key_.verifying_key())) {}

}  // namespace proofmark::federation
