// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "server/federation/partner.h"
#include "server/federation/peer_client.h"
#include "server/federation/revocation_book.h"
#include "server/rpc/tls.h"

namespace proofmark::rpc {

// Questions to partners over gRPC: one connection a partner, kept, made again when it breaks.
// UNAVAILABLE is tried three times with the same bytes; every call has a deadline. Thread-safe.
class GrpcPeerClient final : public federation::PeerClient {
 public:
  // Believes each partner's federation CAs for that partner's own node alone, and nothing that
  // `revocations` names: asked when a connection is made, before each question and of each answer.
  // `revocations` and `clock` must outlive the result; crypto::RequireTls13WithoutTickets() comes
  // before.
  //   kInvalidArgument  a partner's CAs cannot be read.
  static absl::StatusOr<std::unique_ptr<GrpcPeerClient>> Create(
      std::shared_ptr<const ShownIdentity> identity, const federation::Partners& partners,
      const federation::RevocationBook& revocations, const base::Clock& clock);
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
  void ReportFork(const federation::Partner& partner, const std::string& first_note,
                  const std::string& second_note, std::chrono::steady_clock::time_point deadline,
                  ReportCallback done) override;
  void GetDescriptors(const federation::Partner& partner, std::uint64_t have,
                      std::chrono::steady_clock::time_point deadline,
                      DescriptorsCallback done) override;
  void ReadLookupTable(const federation::Partner& partner, const crypto::Sha256Digest& hash,
                       std::uint64_t offset, std::chrono::steady_clock::time_point deadline,
                       PieceCallback done) override;

  // OK when a connection to the partner stands or could be made before `deadline`; blocks.
  //   kUnavailable  it could not; the message says what to check.
  absl::Status Probe(const federation::Partner& partner,
                     std::chrono::steady_clock::time_point deadline);

 private:
  struct Line;
  struct Peer {
    std::function<std::shared_ptr<const Line>()> make_line;  // Constant.

    base::Mutex mutex;
    std::shared_ptr<const Line> line ABSL_GUARDED_BY(mutex);  // Null before the first use.
  };
  GrpcPeerClient();

  // The channel to `partner`, another one when what is at the end of the last is no longer
  // believed.
  std::shared_ptr<const Line> LineTo(const federation::Partner& partner) const;

  std::map<std::string, std::unique_ptr<Peer>, std::less<>> peers_;  // By domain; constant.
};

}  // namespace proofmark::rpc
