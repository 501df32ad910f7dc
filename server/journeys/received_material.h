// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "proto/wire/details.h"
#include "proto/wire/stored.h"
#include "server/federation/handling.h"
#include "server/registry/sealed_records.h"
#include "server/store/store.h"

namespace proofmark::journeys {

// Which exhibits of ours rest on what a partner released: those with a scan of the same bytes, or
// of the same signature, submitted after it came. A scan whose heights somebody changed is not
// recognised. What is kept for that is hashes alone, and stays when the release is erased: what was
// deleted must not be passed on either. Thread-safe.
class ReceivedMaterial {
 public:
  // Both must outlive the result.
  ReceivedMaterial(store::Store& store, const base::Clock& clock);

  // What keeping a release must carry.
  static absl::Status AddReceived(const wire::ReleasedDetails& released, std::string_view raw_id,
                                  std::int64_t unix_ms, store::WriteRequest& request);

  // Whether anything was ever received: without it everything may be passed on.
  absl::StatusOr<bool> HasAny() const;

  // Whether `exhibit` may be used in a question to `agency`, or in what it is told. Its owner may
  // always have its own again. The code is "H2", "H3" or "DELETED".
  //   Cost  a look-up for each scan and one for the signature.
  absl::StatusOr<federation::UseDecision> MayPassOn(const wire::StoredExhibit& exhibit,
                                                    std::string_view agency) const;

 private:
  absl::StatusOr<federation::UseDecision> Judge(const std::string& hash,
                                                std::int64_t submitted_unix_ms,
                                                std::string_view agency) const;
  absl::StatusOr<federation::UseDecision> JudgeOne(const std::string& hash, std::string_view raw_id,
                                                   std::string_view agency) const;

  store::Store& store_;
  const base::Clock& clock_;
  const registry::SealedRecords details_;
};

}  // namespace proofmark::journeys
