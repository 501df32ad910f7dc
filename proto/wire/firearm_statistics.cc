// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/firearm_statistics.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/firearm_check.pb.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"

namespace proofmark::wire {
namespace {

constexpr std::int64_t kKeyBytesMax = 64;
constexpr std::int64_t kCountMax = std::int64_t{1} << 53;  // Exact in JSON readers too.

template <typename Message>
void WriteBreakdown(const firearm::Breakdown& by, Message& message) {
  for (const firearm::Dimension dimension : by) {
    message.add_dimensions(std::string(firearm::DimensionCode(dimension)));
  }
}

template <typename Message>
absl::StatusOr<firearm::Breakdown> ReadBreakdown(const Message& message, std::string_view field) {
  std::vector<firearm::Dimension> dimensions;
  PM_RETURN_IF_ERROR(CheckCount(field, "dimensions", message.dimensions_size(), 1,
                                firearm::kBreakdownDimensionsMax));
  for (int i = 0; i < message.dimensions_size(); ++i) {
    const std::optional<firearm::Dimension> dimension =
        firearm::FindDimension(message.dimensions(i));
    if (!dimension) return Refuse(At(field, "dimensions", i), "", "must be a code of a dimension");
    dimensions.push_back(*dimension);
  }
  absl::StatusOr<firearm::Breakdown> by = firearm::MakeBreakdown(dimensions);
  PM_RETURN_IF_ERROR(Under(field, by.status()));
  if (*by != dimensions) {
    return Refuse(field, "dimensions", "must come as STANDARD, YEAR, CLASS, COUNTRY, DEFECT");
  }
  return by;
}

v1::StatisticsCount ToProto(const firearm::SharedCount& count) {
  v1::StatisticsCount message;
  for (const std::string& key : count.key) message.add_key(key);
  if (count.records) message.set_record_count(*count.records);
  if (count.conforming) message.set_conforming_count(*count.conforming);
  return message;
}

absl::StatusOr<firearm::SharedCount> FromProto(const v1::StatisticsCount& message,
                                               std::string_view field, std::size_t keys,
                                               std::int64_t smallest) {
  const auto count_of_keys = static_cast<std::int64_t>(keys);
  PM_RETURN_IF_ERROR(
      CheckCount(field, "key", message.key_size(), static_cast<int>(count_of_keys), count_of_keys));
  firearm::SharedCount count;
  for (int i = 0; i < message.key_size(); ++i) {
    PM_RETURN_IF_ERROR(CheckText(At(field, "key", i), "", message.key(i), 1, kKeyBytesMax));
    count.key.push_back(message.key(i));
  }
  const auto is_small = [smallest](std::int64_t value) { return value > 0 && value < smallest; };
  if (message.has_record_count()) {
    PM_RETURN_IF_ERROR(CheckInteger(field, "record_count", message.record_count(), 0, kCountMax));
    if (is_small(message.record_count())) {
      return Refuse(field, "record_count", "is smaller than what may be told");
    }
    count.records = message.record_count();
  }
  if (message.has_conforming_count()) {
    PM_RETURN_IF_ERROR(CheckPresent(field, "record_count", message.has_record_count()));
    PM_RETURN_IF_ERROR(CheckInteger(field, "conforming_count", message.conforming_count(), 0,
                                    message.record_count()));
    if (is_small(message.conforming_count()) ||
        is_small(message.record_count() - message.conforming_count())) {
      return Refuse(field, "conforming_count", "tells less than may be told");
    }
    count.conforming = message.conforming_count();
  }
  return count;
}

}  // namespace

v1::StatisticsCheck ToProto(const StatisticsCheck& check) {
  v1::StatisticsCheck message;
  WriteBreakdown(check.by, message);
  return message;
}

absl::StatusOr<StatisticsCheck> FromProto(const v1::StatisticsCheck& message,
                                          std::string_view field) {
  StatisticsCheck check;
  PM_ASSIGN_OR_RETURN(check.by, ReadBreakdown(message, field));
  return check;
}

v1::FirearmStatistics ToProto(const FirearmStatistics& statistics) {
  v1::FirearmStatistics message;
  *message.mutable_as_of_time() = ToTimestamp(statistics.as_of_unix_ms);
  WriteBreakdown(statistics.by, message);
  message.set_smallest(statistics.smallest);
  for (const firearm::SharedCount& count : statistics.shared.counts) {
    *message.add_counts() = ToProto(count);
  }
  *message.mutable_total() = ToProto(statistics.shared.total);
  return message;
}

absl::StatusOr<FirearmStatistics> FromProto(const v1::FirearmStatistics& message,
                                            std::string_view field) {
  FirearmStatistics statistics;
  PM_RETURN_IF_ERROR(CheckPresent(field, "as_of_time", message.has_as_of_time()));
  PM_ASSIGN_OR_RETURN(statistics.as_of_unix_ms,
                      FromTimestamp(message.as_of_time(), At(field, "as_of_time")));
  PM_ASSIGN_OR_RETURN(statistics.by, ReadBreakdown(message, field));
  PM_RETURN_IF_ERROR(CheckInteger(field, "smallest", message.smallest(), firearm::kSmallCountMin,
                                  firearm::kSmallCountMax));
  statistics.smallest = message.smallest();
  PM_RETURN_IF_ERROR(CheckCount(field, "counts", message.counts_size(), 0, kStatisticsRowsMax));
  std::vector<firearm::SharedCount>& counts = statistics.shared.counts;
  for (int i = 0; i < message.counts_size(); ++i) {
    PM_ASSIGN_OR_RETURN(firearm::SharedCount count,
                        FromProto(message.counts(i), At(field, "counts", i), statistics.by.size(),
                                  statistics.smallest));
    if (!counts.empty() && count.key <= counts.back().key) {
      return Refuse(field, "counts", "must come by key, each once");
    }
    counts.push_back(std::move(count));
  }
  PM_RETURN_IF_ERROR(CheckPresent(field, "total", message.has_total()));
  PM_ASSIGN_OR_RETURN(statistics.shared.total,
                      FromProto(message.total(), At(field, "total"), 0, statistics.smallest));
  return statistics;
}

absl::StatusOr<std::string> Serialise(const FirearmStatistics& statistics) {
  const v1::FirearmStatistics message = ToProto(statistics);
  PM_RETURN_IF_ERROR(FromProto(message, "statistics").status());
  return WriteBytes(message, kFirearmStatisticsBytesMax, "statistics");
}

absl::StatusOr<FirearmStatistics> ParseFirearmStatistics(std::string_view bytes) {
  v1::FirearmStatistics message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kFirearmStatisticsBytesMax, "statistics", message));
  return FromProto(message, "statistics");
}

}  // namespace proofmark::wire
