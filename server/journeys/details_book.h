// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/wire/details.h"
#include "proto/wire/stored.h"
#include "records/ledger_entry.h"
#include "server/exchange/desk.h"
#include "server/registry/sealed_records.h"
#include "server/store/store.h"

namespace proofmark::journeys {

// The files of requests for details, ours and partners', as they lie in the store. Thread-safe.
class DetailsBook {
 public:
  // `store` must outlive the result.
  explicit DetailsBook(store::Store& store);

  // A file, and what belongs to it and is not shown.
  struct Kept {
    registry::SealedRecords::Held held;
    wire::StoredDetails stored;
  };
  // `raw_id`: 16 bytes.
  //   kDataLoss  it is damaged.
  absl::StatusOr<std::optional<Kept>> Load(std::string_view raw_id) const;
  // Newest first. An error of `visit` ends it.
  absl::Status ForEach(const std::function<absl::Status(const Kept&)>& visit) const;

  // What keeping a new file, or changing one, must carry.
  absl::Status AddNew(std::string_view raw_id, const wire::StoredDetails& stored,
                      store::WriteRequest& request);
  absl::Status AddChange(const Kept& kept, const wire::StoredDetails& stored,
                         store::WriteRequest& request);

  // Under a new key: what the file said before is erased.
  absl::Status AddReplacement(const Kept& kept, const wire::StoredDetails& stored,
                              store::WriteRequest& request);
  absl::Status AddErasure(const Kept& kept, store::WriteRequest& request) const {
    return records_.AddErasure(kept.held, request);
  }

  struct Page {
    std::vector<Kept> files;      // Newest first.
    std::string next_page_token;  // Empty after the last page.
  };
  // `wanted` of those that `match`.
  //   kInvalidArgument  a token that is none.
  absl::StatusOr<Page> List(std::size_t wanted, std::string_view page_token,
                            const std::function<bool(const wire::DetailsFile&)>& match) const;

 private:
  registry::SealedRecords records_;
};

//   kInvalidArgument  not 32 lower-case hexadecimal digits.
absl::StatusOr<std::string> ParseRequestId(std::string_view request_id);

// The key opens a release and its scans and nothing else: once all have arrived, or there are none,
// it goes.
void ForgetOpeningKeyWhenDone(wire::StoredDetails& stored);

// What every entry about a request says.
records::EntryDraft DraftOf(records::EntryKind kind, const wire::DetailsRequest& request,
                            std::string_view actor);

// What a box is sealed for. Both ends derive it from what they know: a box for another request,
// owner or asker does not open.
std::string SealingContext(std::string_view request_id, std::string_view owner,
                           std::string_view asker);

}  // namespace proofmark::journeys
