// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace proofmark::journeys {

// Notices that are taken on one ground. A partner tells of a record once for each of three causes;
// the rest is for a certificate that comes back and goes again. Without an end one answer would be
// leave to fill the store.
inline constexpr std::uint64_t kNoticesPerGroundMax = 8;

// What notices about firearms rest on: the questions that this node asked by name, each for one
// partner and exchange, from the batch of its `query-out` on. While it is not known what was
// answered (the answer was late, or lost in a crash) the partner may have told of a record; once it
// is, only what told of one stays, with the hash of the name it was told under.
//   Source  docs/formats/journeys.md#notices-of-firearms
class NoticeGrounds {
 public:
  // `store` must outlive it.
  explicit NoticeGrounds(const store::Store& store) : store_(store) {}

  //   exchange_id  16 raw bytes.
  static void AddAsked(std::string_view agency, std::string_view exchange_id, std::int64_t unix_ms,
                       store::Mutations& mutations);
  // A record was told of, under this name or under none.
  static void AddTold(std::string_view agency, std::string_view exchange_id, std::int64_t unix_ms,
                      std::string_view reference, store::Mutations& mutations);
  // None was.
  static void AddNothingTold(std::string_view agency, std::string_view exchange_id,
                             store::Mutations& mutations);

  // Whether a notice of that partner may rest on this exchange and name.
  //   kDataLoss  the row is damaged.
  absl::StatusOr<bool> Supports(std::string_view agency, std::string_view exchange_id,
                                std::string_view reference) const;

  // Counts one more notice on this exchange, at `unix_ms`; `request` refuses, when committed, if
  // another was counted meanwhile. False, and nothing is added: there were kNoticesPerGroundMax.
  //   kDataLoss  the row is damaged.
  absl::StatusOr<bool> AddTaken(std::string_view agency, std::string_view exchange_id,
                                std::int64_t unix_ms, store::WriteRequest& request) const;

  // Forgets what was asked before, and counts that began before.
  //   Cost  reads every row.
  absl::Status AddExpired(std::int64_t before_unix_ms, store::Mutations& mutations) const;

 private:
  const store::Store& store_;
};

}  // namespace proofmark::journeys
