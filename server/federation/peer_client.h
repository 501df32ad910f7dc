// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "crypto/envelope/envelope.h"
#include "records/receipt.h"
#include "server/federation/partner.h"

namespace proofmark::federation {

// A partner's answer as it came, not yet believed.
struct PeerAnswer {
  crypto::Envelope envelope;
  std::optional<records::LedgerReceipt> receipt;  // Where the partner says it logged the question.
};

// How questions reach partners. server/rpc implements it over gRPC; the simulator and the tests
// connect two nodes in one process.
class PeerClient {
 public:
  virtual ~PeerClient() = default;

  using Callback = std::function<void(absl::StatusOr<PeerAnswer>)>;

  // Sends `question` to `partner` and reports what became of it: `done` is called exactly once, on
  // any thread, perhaps before AskMatch returns, at the latest shortly after `deadline`. `done`
  // only queues what it is given, so it may be called on a thread that must not wait.
  // `partner` and `question` are only valid during the call. A retry sends the same bytes.
  //
  //   Errors  kUnavailable        the partner could not be reached, or not identified as such.
  //           kDeadlineExceeded   no answer before `deadline`.
  //           kInvalidArgument    an answer came that is no well-formed envelope.
  //           others              as the partner's node refused the call (kPermissionDenied,
  //                               kUnauthenticated, kAlreadyExists, kFailedPrecondition,
  //                               kResourceExhausted).
  virtual void AskMatch(const Partner& partner, const crypto::Envelope& question,
                        std::chrono::steady_clock::time_point deadline, Callback done) = 0;
};

}  // namespace proofmark::federation
