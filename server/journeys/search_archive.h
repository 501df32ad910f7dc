// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/wire/search.h"
#include "server/store/store.h"

namespace proofmark::journeys {

struct ArchivePage {
  std::vector<wire::Search> searches;  // Newest first.
  std::string next_page_token;         // Empty after the last page.
};

// Finished searches at rest, each sealed under its own key, whose id is the search id. Labels are
// not kept: they belong to the exhibits and are joined when somebody reads. Thread-safe.
class SearchArchive {
 public:
  // Must outlive the result.
  explicit SearchArchive(store::Store& store) : store_(store) {}

  // Keeps `search` and gives it its search_id; durable when it returns.
  absl::StatusOr<wire::Search> Keep(wire::Search search);

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
  store::Store& store_;
};

}  // namespace proofmark::journeys
