// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"
#include "proto/wire/search.h"
#include "server/store/store.h"

namespace proofmark::journeys {

struct ArchivePage {
  std::vector<wire::Search> searches;  // Newest first.
  std::string next_page_token;         // Empty after the last page.
};

// Finished searches at rest, each sealed under its own key, whose id is the search id. Labels are
// not kept: they belong to the exhibits and are joined when somebody reads. What a partner takes
// back is found by the exchange in which it was named. Thread-safe.
class SearchArchive {
 public:
  // Must outlive the result.
  explicit SearchArchive(store::Store& store) : store_(store) {}

  // Keeps `search` and gives it its search_id; durable when it returns. Candidates that their
  // holder took back while the search ran are not in it.
  absl::StatusOr<wire::Search> Keep(wire::Search search);

  // A partner takes candidates of its answer in that exchange back: `handles`, or all when there
  // are none. They go from the search that has them, now or when it is kept. Adds to `request` what
  // that takes and returns how many candidates go; it refuses, when committed, if a search was kept
  // or candidates were taken back meanwhile.
  absl::StatusOr<std::int32_t> AddTakingBack(std::string_view agency, std::string_view exchange_id,
                                             std::span<const crypto::Sha256Digest> handles,
                                             store::WriteRequest& request);

  //   kInvalidArgument for what is no id, kNotFound for no search.
  absl::StatusOr<wire::Search> Load(std::string_view search_id) const;

  // Visits every search that was asked before `unix_ms`, oldest first, by its id and time.
  using Visitor =
      std::function<absl::Status(const std::string& search_id, std::int64_t ask_unix_ms)>;
  absl::Status ForEachBefore(std::int64_t unix_ms, const Visitor& visit) const;

  // What the erasure of a search must carry.
  static absl::Status AddErasure(std::string_view search_id, std::int64_t ask_unix_ms,
                                 store::WriteRequest& request);

  //   kInvalidArgument  a token that is none.
  absl::StatusOr<ArchivePage> List(std::size_t count, std::string_view page_token) const;

 private:
  absl::StatusOr<wire::Search> TryKeep(wire::Search search);
  absl::StatusOr<wire::Search> Open(std::string_view raw_id, std::string_view sealed) const;

  store::Store& store_;
};

}  // namespace proofmark::journeys
