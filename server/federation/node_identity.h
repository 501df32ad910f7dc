// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "crypto/sign/ed25519.h"
#include "crypto/x509/spiffe_name.h"

namespace proofmark::federation {

// The keys a node signs with, each for one purpose alone.
struct NodeKeys {
  crypto::SigningKey exchange;  // Questions and answers.
  crypto::SigningKey log;       // Checkpoints of its own ledger.
  crypto::SigningKey witness;   // Cosignatures under partners' checkpoints.

  static NodeKeys Generate(base::Random& random);
};

// Who this node is to its partners, and the keys it signs with.
// Immutable; safe to use from several threads. Moved, never copied.
class NodeIdentity {
 public:
  //   kInvalidArgument  `node_uri` names no node.
  static absl::StatusOr<NodeIdentity> Create(std::string_view node_uri, NodeKeys keys);

  const std::string& domain() const { return name_.domain(); }
  const std::string& node_id() const { return name_.uri(); }  // SPIFFE id.
  // Name of the ledger: `<domain>/proofmark/<node>/log`.
  const std::string& origin() const { return origin_; }
  // Name of its witness key: `<domain>/proofmark/<node>/witness`.
  const std::string& witness_name() const { return witness_name_; }
  const crypto::SigningKey& exchange_key() const { return keys_.exchange; }
  const crypto::SigningKey& log_key() const { return keys_.log; }
  const crypto::SigningKey& witness_key() const { return keys_.witness; }
  const std::string& exchange_key_id() const { return exchange_key_id_; }

 private:
  NodeIdentity(crypto::SpiffeName name, NodeKeys keys);

  crypto::SpiffeName name_;
  std::string origin_;
  std::string witness_name_;
  NodeKeys keys_;
  std::string exchange_key_id_;
};

}  // namespace proofmark::federation
