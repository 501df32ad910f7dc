// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "crypto/sign/ed25519.h"
#include "crypto/x509/spiffe_name.h"

namespace proofmark::federation {

// Who this node is to its partners, and the key its agency signs questions and answers with.
// Immutable; safe to use from several threads. Moved, never copied.
class NodeIdentity {
 public:
  //   kInvalidArgument  `node_uri` names no node.
  static absl::StatusOr<NodeIdentity> Create(std::string_view node_uri,
                                             crypto::SigningKey exchange_key);

  const std::string& domain() const { return name_.domain(); }
  const std::string& node_id() const { return name_.uri(); }  // SPIFFE id.
  // Name of the ledger: `<domain>/proofmark/<node>/log`.
  const std::string& origin() const { return origin_; }
  const crypto::SigningKey& exchange_key() const { return exchange_key_; }
  const std::string& exchange_key_id() const { return exchange_key_id_; }

 private:
  NodeIdentity(crypto::SpiffeName name, crypto::SigningKey exchange_key);

  crypto::SpiffeName name_;
  std::string origin_;
  crypto::SigningKey exchange_key_;
  std::string exchange_key_id_;
};

}  // namespace proofmark::federation
