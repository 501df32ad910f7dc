// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "proto/wire/firearm_statistics.h"
#include "records/firearm/statistics.h"
#include "server/ledger/ledger.h"
#include "server/store/store.h"

namespace proofmark::registry {

// Below this an agency cannot set what is too small to be told.
inline constexpr std::int64_t kSmallestCountMin = 10;

// The counts of deactivated firearms that partners are told. All breakdowns are counted from the
// same records at the same moment, small counts are hidden over all of them together, and what came
// of it stands until the next time: neither asking often nor asking by other things gives two
// answers whose difference is a few firearms. Nothing else is kept of it. Thread-safe.
//   Source  docs/formats/firearm-check.md#statistics
class StatisticsBook {
 public:
  struct Options {
    std::int64_t smallest = kSmallestCountMin;  // kSmallestCountMin..firearm::kSmallCountMax.
    std::chrono::milliseconds period{std::chrono::days(30)};
    // From when the first breakdown is agreed: time to take in the registers that there are.
    std::chrono::milliseconds first_after{std::chrono::hours(24)};
  };

  // All must outlive the result.
  StatisticsBook(store::Store& store, ledger::Ledger& ledger, const base::Clock& clock,
                 const Options& options)
      : store_(store), ledger_(ledger), clock_(clock), options_(options) {}

  using Visitor = std::function<void(const firearm::ConformityFacts&)>;
  // Calls the visitor once for each deactivated firearm.
  using Source = std::function<absl::Status(const Visitor&)>;

  // Counts anew when it is time to, by `breakdowns` (firearm::BreakdownText()); those with more
  // than wire::kStatisticsRowsMax rows are left out. One batch takes the place of what was before,
  // with its entry `decision`.
  //   Cost  visits every record when it is due, else reads one row.
  absl::Status PublishWhenDue(const std::set<std::string, std::less<>>& breakdowns,
                              const Source& source);

  // What was published by this; nullopt: it was not counted when the rest was, or nothing was yet.
  //   kDataLoss  a row is damaged.
  absl::StatusOr<std::optional<wire::FirearmStatistics>> Find(
      const firearm::Breakdown& breakdown) const;
  // When the next are due; nullopt: nothing was agreed yet.
  absl::StatusOr<std::optional<std::int64_t>> NextUnixMs() const;

 private:
  absl::Status Publish(const std::set<std::string, std::less<>>& breakdowns, const Source& source,
                       std::int64_t now_unix_ms);

  store::Store& store_;
  ledger::Ledger& ledger_;
  const base::Clock& clock_;
  const Options options_;
};

}  // namespace proofmark::registry
