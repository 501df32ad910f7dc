// SPDX-License-Identifier: Apache-2.0
#include "server/registry/statistics_book.h"

#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "server/registry/tables.h"

namespace proofmark::registry {
namespace {

constexpr std::size_t kDueBytes = 8;

std::string RowOf(std::string_view breakdown) {
  return store::StoreKey(kStatisticsTable).Bytes(breakdown).Build();
}

void PutDue(std::int64_t unix_ms, store::WriteRequest& request) {
  std::string row;
  base::AppendU64Be(row, static_cast<std::uint64_t>(unix_ms));
  request.mutations.Put(RowOf(""), std::move(row));
}

}  // namespace

absl::StatusOr<std::optional<std::int64_t>> StatisticsBook::NextUnixMs() const {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row, store_.Get(RowOf("")));
  if (!row) return std::optional<std::int64_t>();
  if (row->size() != kDueBytes) {
    return absl::DataLossError("the row of when statistics are due is damaged");
  }
  return std::optional(static_cast<std::int64_t>(base::ParseU64Be(*row)));
}

absl::Status StatisticsBook::PublishWhenDue(const std::set<std::string, std::less<>>& breakdowns,
                                            const Source& source) {
  if (breakdowns.empty()) return absl::OkStatus();
  const std::int64_t now = clock_.UnixMillis();
  PM_ASSIGN_OR_RETURN(const std::optional<std::int64_t> next, NextUnixMs());
  const std::int64_t due = next.value_or(now + options_.first_after.count());
  if (now >= due) return Publish(breakdowns, source, now);
  if (next) return absl::OkStatus();
  store::WriteRequest request;
  PutDue(due, request);
  return store_.Commit(std::move(request));
}

absl::Status StatisticsBook::Publish(const std::set<std::string, std::less<>>& breakdowns,
                                     const Source& source, std::int64_t now_unix_ms) {
  std::vector<firearm::ConformityTally> tallies;
  for (const std::string& text : breakdowns) {
    PM_ASSIGN_OR_RETURN(firearm::Breakdown breakdown, firearm::ParseBreakdown(text));
    PM_ASSIGN_OR_RETURN(firearm::ConformityTally tally,
                        firearm::ConformityTally::Create(std::move(breakdown)));
    tallies.push_back(std::move(tally));
  }
  PM_RETURN_IF_ERROR(source([&tallies](const firearm::ConformityFacts& facts) {
    for (firearm::ConformityTally& tally : tallies) tally.Add(facts);
  }));
  std::erase_if(tallies, [](const firearm::ConformityTally& tally) {
    if (std::ssize(tally.Counts()) <= wire::kStatisticsRowsMax) return false;
    base::Log(
        base::LogSeverity::kWarning,
        absl::StrFormat("statistics by %s have more than %d rows and are not told",
                        firearm::BreakdownText(tally.dimensions()), wire::kStatisticsRowsMax));
    return true;
  });
  PM_ASSIGN_OR_RETURN(std::vector<firearm::SharedCounts> shared,
                      firearm::SuppressSmallCounts(tallies, options_.smallest));
  store::WriteRequest request;
  store::ScanOptions scan;
  scan.prefix = RowOf("");
  PM_RETURN_IF_ERROR(store_.Scan(scan, [&](std::string_view key, std::string_view /*row*/) {
    request.mutations.Delete(std::string(key));
    return true;
  }));
  std::string rows;
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    PM_ASSIGN_OR_RETURN(std::string row,
                        wire::Serialise(wire::FirearmStatistics{.as_of_unix_ms = now_unix_ms,
                                                                .by = tallies[i].dimensions(),
                                                                .smallest = options_.smallest,
                                                                .shared = std::move(shared[i])}));
    rows += row;
    request.mutations.Put(RowOf(firearm::BreakdownText(tallies[i].dimensions())), std::move(row));
  }
  PutDue(now_unix_ms + options_.period.count(), request);
  records::EntryDraft published;
  published.kind = records::EntryKind::kDecision;
  published.outcome = "STATISTICS_PUBLISHED";
  published.count = tallies.size();
  published.detail = crypto::Sha256Hex(rows);
  return ledger_.Append(std::move(published), std::move(request)).status();
}

absl::StatusOr<std::optional<wire::FirearmStatistics>> StatisticsBook::Find(
    const firearm::Breakdown& breakdown) const {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                      store_.Get(RowOf(firearm::BreakdownText(breakdown))));
  if (!row) return std::optional<wire::FirearmStatistics>();
  absl::StatusOr<wire::FirearmStatistics> found = wire::ParseFirearmStatistics(*row);
  if (!found.ok()) {
    return absl::DataLossError(
        absl::StrFormat("published statistics at rest: %s", found.status().message()));
  }
  return std::optional(*std::move(found));
}

}  // namespace proofmark::registry
