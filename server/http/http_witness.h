// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "crypto/sign/key_id.h"
#include "server/federation/witness_link.h"

namespace proofmark::http {

// A witness that is reached over HTTP in the C2SP shape. One thread of its own: requests to it run
// one after the other, a few may wait. Thread-safe.
class HttpWitness final : public federation::WitnessLink {
 public:
  // `url`: http://host[:port][/prefix], without a slash at the end. Not https: what is believed is
  // signed.
  //   kInvalidArgument  another form, or a key that is not a witness's.
  static absl::StatusOr<std::unique_ptr<HttpWitness>> Create(const std::string& url,
                                                             crypto::NoteVerifierKey key);
  // Waits for the request under way, which its deadline ends.
  ~HttpWitness() override;

  const crypto::NoteVerifierKey& key() const override { return key_; }
  const std::string& name() const override { return key_.name; }
  const std::string& peer() const override { return nobody_; }

  void AddCheckpoint(const std::string& body, std::chrono::steady_clock::time_point deadline,
                     federation::PeerClient::WitnessCallback done) override;
  void GetCheckpoint(const std::string& origin, std::chrono::steady_clock::time_point deadline,
                     federation::PeerClient::NoteCallback done) override;

 private:
  class Worker;
  HttpWitness(std::string server, std::string prefix, crypto::NoteVerifierKey key);

  // Constant after construction.
  const std::string server_;  // http://host:port
  const std::string prefix_;
  const crypto::NoteVerifierKey key_;
  const std::string nobody_;
  // Does its own locking.
  std::unique_ptr<Worker> worker_;
};

}  // namespace proofmark::http
