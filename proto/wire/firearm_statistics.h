// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "proto/wire/messages.h"
#include "records/firearm/statistics.h"

// Counts of deactivated firearms that partners tell each other (docs/formats/firearm-check.md). The
// rules of all conversions: proto/wire/common.h.
namespace proofmark::wire {

inline constexpr std::int64_t kStatisticsRowsMax = 2'000;
inline constexpr std::int64_t kFirearmStatisticsBytesMax = 512 * 1024;

struct StatisticsCheck {
  firearm::Breakdown by;
  friend bool operator==(const StatisticsCheck&, const StatisticsCheck&) = default;
};

// As they were published: the same to every partner until the next.
struct FirearmStatistics {
  std::int64_t as_of_unix_ms = 0;
  firearm::Breakdown by;
  std::int64_t smallest = firearm::kSmallCountMin;  // Counts below it are hidden.
  firearm::SharedCounts shared;                     // At most kStatisticsRowsMax.
  friend bool operator==(const FirearmStatistics&, const FirearmStatistics&) = default;
};

v1::StatisticsCheck ToProto(const StatisticsCheck& check);
absl::StatusOr<StatisticsCheck> FromProto(const v1::StatisticsCheck& message,
                                          std::string_view field);
v1::FirearmStatistics ToProto(const FirearmStatistics& statistics);
absl::StatusOr<FirearmStatistics> FromProto(const v1::FirearmStatistics& message,
                                            std::string_view field);

// At rest.
absl::StatusOr<std::string> Serialise(const FirearmStatistics& statistics);
absl::StatusOr<FirearmStatistics> ParseFirearmStatistics(std::string_view bytes);

}  // namespace proofmark::wire
