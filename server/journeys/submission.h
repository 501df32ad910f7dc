// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/wire/exhibit.h"
#include "records/submission.h"
#include "server/exchange/keyed_lock.h"
#include "server/federation/caller.h"
#include "server/match/exhibit_collection.h"
#include "server/registry/exhibit_registry.h"

namespace proofmark::journeys {

struct SubmissionResult {
  wire::ExhibitView exhibit;  // With its receipt, without its signature.
  bool already_held = false;  // The same content had been submitted before; nothing new was stored.
};

// How an exhibit comes in: scans become signatures, exhibit and ledger entry become durable in one
// step, then the exhibit is searchable, and only then is the laboratory told. Thread-safe; the work
// runs on the caller's thread.
class Submissions {
 public:
  // Both must outlive the result.
  Submissions(registry::ExhibitRegistry& registry, match::ExhibitCollection& collection);

  // Takes one exhibit in. `header` has passed records::CheckSubmissionHeader; `scans` are the files
  // in the order of header.scans. A repetition of the same content, beside the first or later, is
  // answered with the first one's exhibit and receipt.
  //
  //   Errors  kInvalidArgument  a scan is missing or not the announced one; a label or scan breaks
  //                             its rule; or no scan gave a signature (each reason is named).
  //                             Nothing is stored.
  //           kUnavailable      the store has failed.
  absl::StatusOr<SubmissionResult> Submit(const federation::Caller& caller,
                                          const records::SubmissionHeader& header,
                                          const std::vector<std::string>& scans);

  // The exhibit that the same content made earlier, so that it need not be sent again.
  // `submission_id` as SubmissionIdOf gives it.
  //   kInvalidArgument  not 16 bytes.
  absl::StatusOr<std::optional<wire::ExhibitView>> Find(const federation::Caller& caller,
                                                        std::string_view submission_id);

 private:
  // Do their own locking.
  registry::ExhibitRegistry& registry_;
  match::ExhibitCollection& collection_;
  exchange::KeyedLock in_work_;  // By submission id.
};

// The first 16 bytes of SHA-256 over records::SubmissionIdPreimage.
std::string SubmissionIdOf(const records::SubmissionHeader& header);

}  // namespace proofmark::journeys
