// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/envelope/envelope.h"
#include "records/receipt.h"
#include "server/federation/partner.h"

namespace proofmark::federation {

// A partner's answer as it came, not yet believed.
struct PeerAnswer {
  crypto::Envelope envelope;
  std::optional<records::LedgerReceipt> receipt;  // Where the partner says it logged the message.
};

// A witness's answer (crypto/tlog/witness.h), as it came.
struct WitnessAnswer {
  int status = 0;
  std::string body;
};

// One page of a partner's ledger, as it came.
struct SharedEntries {
  struct Entry {
    std::uint64_t index = 0;
    std::string bytes;
  };
  std::vector<Entry> entries;
  std::optional<std::uint64_t> next_index;
};

// How messages reach partners. server/rpc implements it over gRPC; the simulator and the tests
// connect two nodes in one process.
class PeerClient {
 public:
  virtual ~PeerClient() = default;

  using Callback = std::function<void(absl::StatusOr<PeerAnswer>)>;

  // Sends `message` to `partner` and reports what became of it: `done` is called exactly once, on
  // any thread, perhaps before Exchange returns, at the latest shortly after `deadline`. `done`
  // only queues what it is given, so it may be called on a thread that must not wait.
  // `partner` and `message` are only valid during the call. A retry sends the same bytes.
  //
  //   Errors  kUnavailable        the partner could not be reached, or not identified as such.
  //           kDeadlineExceeded   no answer before `deadline`.
  //           kInvalidArgument    an answer came that is no well-formed envelope.
  //           others              as the partner's node refused the call (kPermissionDenied,
  //                               kUnauthenticated, kAlreadyExists, kFailedPrecondition,
  //                               kResourceExhausted).
  virtual void Exchange(const Partner& partner, const crypto::Envelope& message,
                        std::chrono::steady_clock::time_point deadline, Callback done) = 0;

  using WitnessCallback = std::function<void(absl::StatusOr<WitnessAnswer>)>;

  // Asks `partner` to cosign: `body` as crypto::FormatAddCheckpoint() made it. Called back as
  // above.
  virtual void AddCheckpoint(const Partner& partner, const std::string& body,
                             std::chrono::steady_clock::time_point deadline,
                             WitnessCallback done) = 0;

  using NoteCallback = std::function<void(absl::StatusOr<std::string>)>;

  // The latest checkpoint that `partner` cosigned for `origin`; empty if none. Called back as
  // above.
  virtual void GetWitnessedCheckpoint(const Partner& partner, const std::string& origin,
                                      std::chrono::steady_clock::time_point deadline,
                                      NoteCallback done) = 0;

  using EntriesCallback = std::function<void(absl::StatusOr<SharedEntries>)>;

  // Entries of the partner's ledger whose peer is this node, from index `from` on, at most `count`
  // (1..1000). Called back as above; nothing is believed yet.
  virtual void ListSharedEntries(const Partner& partner, std::uint64_t from, std::int64_t count,
                                 std::chrono::steady_clock::time_point deadline,
                                 EntriesCallback done) = 0;

  using ReportCallback = std::function<void(absl::Status)>;

  // Tells `partner` of a fork: two notes that one ledger's key signed. Called back as above.
  //   Errors  kNotFound         it does not witness that ledger.
  //           kInvalidArgument  it finds that they prove nothing.
  virtual void ReportFork(const Partner& partner, const std::string& first_note,
                          const std::string& second_note,
                          std::chrono::steady_clock::time_point deadline, ReportCallback done) = 0;

  using PieceCallback = std::function<void(absl::StatusOr<std::string>)>;

  // The piece from `offset` on of the look-up table with this hash that `partner` made for this
  // node. Called back as above; nothing is believed yet.
  //   Errors  kNotFound  it has no such table any more.
  virtual void ReadLookupTable(const Partner& partner, const crypto::Sha256Digest& hash,
                               std::uint64_t offset, std::chrono::steady_clock::time_point deadline,
                               PieceCallback done) = 0;

  using DescriptorsCallback = std::function<void(absl::StatusOr<std::vector<std::string>>)>;

  // The federation descriptors that `partner` has accepted, from version `have` on (0: the one in
  // force there), at most kNotesAtOnceMax of descriptor_book.h. Called back as above; nothing is
  // believed yet.
  virtual void GetDescriptors(const Partner& partner, std::uint64_t have,
                              std::chrono::steady_clock::time_point deadline,
                              DescriptorsCallback done) = 0;
};

}  // namespace proofmark::federation
