// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/seal/sealer.h"
#include "server/store/keys.h"
#include "server/store/store.h"

namespace proofmark::registry {

inline constexpr std::size_t kSealedPageBytesMax = std::size_t{4} << 20;  // Of a page's records.

// Records that change: each sealed under its own key, found by an id of 16 bytes, listed by the
// time it was made. Thread-safe.
class SealedRecords {
 public:
  struct Tables {
    store::Table records;   // id (16) -> key id (16), u64 ms, sealed.
    store::Table listing;   // u64 ms, id -> empty.
    std::string_view name;  // Of the field that is sealed.
  };

  // `store` must outlive the result.
  SealedRecords(store::Store& store, const Tables& tables) : store_(store), tables_(tables) {}

  // One record as it is now. What is written over it must have seen it: AddChange() refuses, when
  // committed, if somebody else was faster.
  struct Held {
    std::string id;  // 16 raw bytes.
    std::string plain;
    std::string row;  // As it lies in the store.
  };

  //   kDataLoss  the row is damaged.
  absl::StatusOr<std::optional<Held>> Find(std::string_view id) const;

  // What keeping a new record, changing one and forgetting one must carry. A new one refuses, when
  // committed, if the id is taken (kAlreadyExists); a change if the record is not as held
  // (kFailedPrecondition).
  absl::Status AddNew(std::string_view id, std::int64_t unix_ms, std::string_view plain,
                      store::WriteRequest& request);
  absl::Status AddChange(const Held& held, std::string_view plain, store::WriteRequest& request);
  // As AddChange(), under a new key: what the record said before is erased.
  absl::Status AddReplacement(const Held& held, std::string_view plain,
                              store::WriteRequest& request);
  absl::Status AddErasure(const Held& held, store::WriteRequest& request) const;
  // Nothing but that the record is as held when committed.
  void AddUnchanged(const Held& held, store::WriteRequest& request) const;

  // Another value of the record, sealed under its key, so that it goes with it. `field` must not be
  // Tables::name.
  absl::StatusOr<std::string> SealBeside(const Held& held, std::string_view field,
                                         std::string_view plain) const;
  absl::StatusOr<std::string> OpenBeside(const Held& held, std::string_view field,
                                         std::string_view sealed) const;
  // The key that a record was sealed under.
  absl::StatusOr<crypto::Sealer> KeyOf(const Held& held) const;

  struct Page {
    std::vector<Held> records;    // Newest first.
    std::string next_page_token;  // Empty after the last page.
  };
  // `wanted` of those that `match` (which may be empty: all), fewer where they are large.
  //   kInvalidArgument  a token that is none.
  absl::StatusOr<Page> List(std::size_t wanted, std::string_view page_token,
                            const std::function<bool(const Held&)>& match) const;

  // Visits every record, newest first. An error of `visit` ends it.
  absl::Status ForEach(const std::function<absl::Status(const Held&)>& visit) const;

 private:
  store::Store& store_;
  const Tables tables_;
};

}  // namespace proofmark::registry
