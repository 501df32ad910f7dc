// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"
#include "proto/wire/stored.h"
#include "records/exhibit.h"
#include "server/store/store.h"

namespace proofmark::registry {

// Kind, class and method of every active exhibit, as they stood when it was read: some 60 bytes an
// exhibit, where the exhibits themselves take ten thousand. A start asks it what need not be read.
// Not thread-safe.
//
// The table is written in the batches that make and withdraw exhibits, so the two never part; a
// state from before there was such a table gets it from its exhibits (ExhibitRegistry).
class Roster {
 public:
  // All rows of kRosterTable.
  //   kDataLoss  a key that is none.
  static absl::StatusOr<Roster> Read(const store::Store& store);

  std::int64_t size() const { return static_cast<std::int64_t>(entries_.size()); }

  // The row of an active exhibit, none for any other id.
  //   kDataLoss  a damaged row.
  absl::StatusOr<std::optional<wire::StoredRosterRow>> Find(std::string_view id) const;

  // Its exhibit need not be visited any more. Nothing happens for an unknown id.
  void Take(std::string_view id);

  // Visits what was not taken, by id. An error of `visit` ends it.
  using Visitor = std::function<absl::Status(const records::ExhibitId& id)>;
  absl::Status ForEachLeft(const Visitor& visit) const;

 private:
  static constexpr std::size_t kIdBytes = 16;
  struct Entry {
    std::array<char, kIdBytes> id{};
    std::uint64_t row_begin = 0;  // In rows_; it ends where the next one begins.
    bool taken = false;
  };

  Roster() = default;
  // Its place in entries_, or none.
  std::optional<std::size_t> PlaceOf(std::string_view id) const;
  absl::StatusOr<wire::StoredRosterRow> RowOf(std::size_t entry) const;

  std::vector<Entry> entries_;  // By id.
  std::string rows_;            // As stored, one after another: parsed when asked for.
};

// The changes that keep the table true; part of the batch that changes the exhibit.
absl::Status PutRosterRow(std::string_view raw_id, const wire::StoredRosterRow& row,
                          store::Mutations& mutations);
void DeleteRosterRow(std::string_view raw_id, store::Mutations& mutations);

// What tells whether the searchable exhibits are still the same: ids, class data and methods of all
// of them, in the order of their ids.
struct RosterDigests {
  crypto::Sha256Digest bullets{};
  crypto::Sha256Digest cases{};
};
//   Cost       reads the table.
//   kDataLoss  a damaged row.
absl::StatusOr<RosterDigests> DigestRoster(const store::Store& store);

// Whether the table holds every active exhibit, and the change that says so.
absl::StatusOr<bool> IsRosterComplete(const store::Store& store);
void MarkRosterComplete(store::Mutations& mutations);

}  // namespace proofmark::registry
