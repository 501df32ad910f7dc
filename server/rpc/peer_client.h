// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "server/federation/partner.h"
#include "server/federation/peer_client.h"
#include "server/rpc/tls.h"

namespace proofmark::rpc {

// Questions to partners over gRPC: one connection a partner, kept, made again when it breaks.
// UNAVAILABLE is tried three times with the same bytes; every call has a deadline. Thread-safe.
class GrpcPeerClient final : public federation::PeerClient {
 public:
  // Believes each partner's federation CAs for that partner's own node alone. `clock` must outlive
  // the result. crypto::RequireTls13WithoutTickets() comes before.
  //   kInvalidArgument  a partner's CAs cannot be read.
  static absl::StatusOr<std::unique_ptr<GrpcPeerClient>> Create(
      const TlsIdentity& identity, const federation::Partners& partners, const base::Clock& clock);
  ~GrpcPeerClient() override;

  void Exchange(const federation::Partner& partner, const crypto::Envelope& message,
                std::chrono::steady_clock::time_point deadline, Callback done) override;
  void AddCheckpoint(const federation::Partner& partner, const std::string& body,
                     std::chrono::steady_clock::time_point deadline, WitnessCallback done) override;
  void GetWitnessedCheckpoint(const federation::Partner& partner, const std::string& origin,
                              std::chrono::steady_clock::time_point deadline,
                              NoteCallback done) override;
  void ListSharedEntries(const federation::Partner& partner, std::uint64_t from, std::int64_t count,
                         std::chrono::steady_clock::time_point deadline,
                         EntriesCallback done) override;
  void GetDescriptors(const federation::Partner& partner, std::uint64_t have,
                      std::chrono::steady_clock::time_point deadline,
                      DescriptorsCallback done) override;

  // OK when a connection to the partner stands or could be made before `deadline`; blocks.
  //   kUnavailable  it could not; the message says what to check.
  absl::Status Probe(const federation::Partner& partner,
                     std::chrono::steady_clock::time_point deadline);

 private:
  struct Peer;
  GrpcPeerClient();

  Peer& Find(const federation::Partner& partner) const;

  std::map<std::string, std::unique_ptr<Peer>, std::less<>> peers_;  // By domain; constant.
};

}  // namespace proofmark::rpc
