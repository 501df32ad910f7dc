// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "crypto/sign/key_id.h"
#include "server/federation/peer_client.h"

namespace proofmark::federation {

inline constexpr std::size_t kOutsideWitnessesMax = 16;

// The way to one witness of this node's ledger: a partner, or somebody who is nothing but a
// witness. Thread-safe.
class WitnessLink {
 public:
  virtual ~WitnessLink() = default;

  virtual const crypto::NoteVerifierKey& key() const = 0;
  virtual const std::string& name() const = 0;  // For people.
  // SPIFFE id of its node; empty if it is nobody's.
  virtual const std::string& peer() const = 0;

  // Asks for a cosignature: `body` as crypto::FormatAddCheckpoint() made it. `done` is called
  // exactly once, on any thread, perhaps before this returns; it must only take note.
  virtual void AddCheckpoint(const std::string& body,
                             std::chrono::steady_clock::time_point deadline,
                             PeerClient::WitnessCallback done) = 0;
  // The latest checkpoint it cosigned for `origin`; empty if none. Called back as above.
  virtual void GetCheckpoint(const std::string& origin,
                             std::chrono::steady_clock::time_point deadline,
                             PeerClient::NoteCallback done) = 0;
};

}  // namespace proofmark::federation
