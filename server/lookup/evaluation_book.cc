// SPDX-License-Identifier: Apache-2.0
#include "server/lookup/evaluation_book.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"
#include "server/lookup/key_book.h"
#include "server/lookup/sealed_row.h"
#include "server/lookup/tables.h"

namespace proofmark::lookup {
namespace {

using federation::BudgetLimits;
using federation::BudgetStatement;
using federation::kBudgetWindowMs;
using federation::kDayMs;

constexpr std::size_t kExchangeIdBytes = 16;
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kDigestBytes = sizeof(crypto::Sha256Digest);
// Count, epoch, case; then the purpose.
constexpr std::size_t kRowBytesMin = 2 * kNumberBytes + kDigestBytes;
// Until then a row can count: for the window of the budget and for the epoch of its key.
constexpr std::int64_t kKeptMs = std::max(kBudgetWindowMs, kEpochMs);

std::string FormatRow(const Evaluations& asked) {
  std::string row;
  base::AppendU64Be(row, static_cast<std::uint64_t>(asked.count));
  base::AppendU64Be(row, asked.epoch);
  row.append(crypto::AsText(asked.case_commitment));
  row.append(asked.purpose);
  return row;
}

std::int64_t NumberAt(std::string_view bytes, std::size_t index) {
  return static_cast<std::int64_t>(
      base::ParseU64Be(bytes.substr(index * kNumberBytes, kNumberBytes)));
}

}  // namespace

EvaluationCharge::EvaluationCharge(EvaluationCharge&& other) noexcept
    : book_(std::exchange(other.book_, nullptr)),
      partner_(std::move(other.partner_)),
      number_(other.number_),
      row_key_(std::move(other.row_key_)),
      row_(std::move(other.row_)),
      granted_(other.granted_),
      kept_(other.kept_),
      refusal_(std::move(other.refusal_)),
      alarms_(std::move(other.alarms_)),
      statement_(other.statement_) {}

EvaluationCharge::~EvaluationCharge() {
  if (book_ != nullptr && granted_ && !kept_) book_->GiveBack(partner_, number_);
}

void EvaluationCharge::AddTo(store::WriteRequest& request) const {
  if (granted_) request.mutations.Put(row_key_, row_);
}

absl::StatusOr<std::unique_ptr<EvaluationBook>> EvaluationBook::Open(store::Store& store,
                                                                     std::int64_t now_unix_ms) {
  std::unique_ptr<EvaluationBook> book(new EvaluationBook);
  std::map<std::string, Entries, std::less<>> partners;
  std::uint64_t next_number = 1;
  store::WriteRequest old;
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(kEvaluationTable).Build();
  absl::Status fault;
  PM_RETURN_IF_ERROR(store.Scan(scan, [&](std::string_view key, std::string_view row) {
    const absl::StatusOr<TextKey> parts = ParseTextKey(key, kNumberBytes + kExchangeIdBytes);
    fault = parts.status();
    if (fault.ok() && row.size() < kRowBytesMin) {
      fault = absl::DataLossError("the row of an evaluation is damaged");
    }
    if (!fault.ok()) return false;
    Entry entry;
    entry.unix_ms = NumberAt(parts->rest, 0);
    if (entry.unix_ms < now_unix_ms - kKeptMs) {
      old.mutations.Delete(std::string(key));
      return true;
    }
    entry.number = next_number++;
    entry.count = NumberAt(row, 0);
    entry.epoch = static_cast<std::uint32_t>(NumberAt(row, 1));
    std::ranges::copy(base::AsBytes(row.substr(2 * kNumberBytes, kDigestBytes)),
                      entry.case_commitment.begin());
    entry.purpose = row.substr(kRowBytesMin);
    partners[std::string(parts->text)].push_back(std::move(entry));
    return true;
  }));
  PM_RETURN_IF_ERROR(fault);
  {
    const base::MutexLock lock(book->mutex_);
    book->next_number_ = next_number;
    book->partners_ = std::move(partners);
  }
  if (!old.mutations.list().empty()) PM_RETURN_IF_ERROR(store.Commit(std::move(old)));
  return book;
}

BudgetStatement EvaluationBook::Count(const Entries& entries, const BudgetLimits& limits,
                                      std::int64_t now_unix_ms) {
  BudgetStatement statement{.limits = limits};
  for (const Entry& entry : entries) {
    if (entry.unix_ms > now_unix_ms - kDayMs) statement.used_today += entry.count;
    if (entry.unix_ms > now_unix_ms - kBudgetWindowMs) statement.used_30_days += entry.count;
  }
  return statement;
}

std::string EvaluationBook::LimitRefusal(const Entries& entries, const Evaluations& asked,
                                         const BudgetLimits& limits) {
  // A rolling window: it is had again when enough of the oldest have left it.
  const auto window = [&](std::int64_t window_ms, std::int64_t limit,
                          std::string_view words) -> std::string {
    std::int64_t used = 0;
    for (const Entry& entry : entries) {
      if (entry.unix_ms > asked.unix_ms - window_ms) used += entry.count;
    }
    if (used + asked.count <= limit) return "";
    for (const Entry& entry : entries) {
      if (entry.unix_ms <= asked.unix_ms - window_ms) continue;
      used -= entry.count;
      if (used + asked.count > limit) continue;
      return absl::StrFormat("At most %d evaluations in %s are agreed; ask again after %s.", limit,
                             words, base::UtcText(entry.unix_ms + window_ms));
    }
    return absl::StrFormat("At most %d evaluations in %s are agreed; this asks for %d.", limit,
                           words, asked.count);
  };
  for (std::string refusal : {window(kDayMs, limits.per_day, "24 hours"),
                              window(kBudgetWindowMs, limits.per_30_days, "30 days")}) {
    if (!refusal.empty()) return refusal;
  }
  std::int64_t under_key = asked.count;
  for (const Entry& entry : entries) {
    if (entry.epoch == asked.epoch) under_key += entry.count;
  }
  if (under_key > kEvaluationsPerKeyMax) {
    return absl::StrFormat(
        "At most %d evaluations are made under one key; ask again in the next epoch.",
        kEvaluationsPerKeyMax);
  }
  return "";
}

std::int64_t EvaluationBook::LevelOf(const Entries& entries, std::string_view purpose,
                                     const BudgetLimits& limits, std::int64_t burst,
                                     std::int64_t now_unix_ms) {
  // Each ms it gains limits.per_day of kDayMs parts.
  const std::int64_t full = burst * kDayMs;
  std::int64_t level = full;
  std::int64_t at_ms = 0;
  const auto fill_until = [&](std::int64_t unix_ms) {
    // No clock that was set back takes anything out, and the product stays far below 2^63.
    const std::int64_t passed = std::clamp<std::int64_t>(unix_ms - at_ms, 0, kKeptMs);
    level = std::min(full, level + passed * limits.per_day);
    at_ms = std::max(at_ms, unix_ms);
  };
  for (const Entry& entry : entries) {
    if (entry.purpose != purpose) continue;
    fill_until(entry.unix_ms);
    level -= entry.count * kDayMs;
  }
  fill_until(now_unix_ms);
  return level;
}

std::string EvaluationBook::BurstRefusal(const Entries& entries, const Evaluations& asked,
                                         const BudgetLimits& limits, std::int64_t burst) {
  const std::int64_t level = LevelOf(entries, asked.purpose, limits, burst, asked.unix_ms);
  const std::int64_t lacking = asked.count * kDayMs - level;
  if (lacking <= 0) return "";
  if (asked.count > burst) {
    return absl::StrFormat("At most %d evaluations at once are agreed; this asks for %d.", burst,
                           asked.count);
  }
  const std::int64_t wait_ms = (lacking + limits.per_day - 1) / limits.per_day;
  return absl::StrFormat(
      "At most %d evaluations at once are agreed for one purpose, and %d in 24 hours; ask again "
      "after %s.",
      burst, limits.per_day, base::UtcText(asked.unix_ms + wait_ms + 999));
}

EvaluationCharge EvaluationBook::Take(const Evaluations& asked, const BudgetLimits& limits,
                                      std::int64_t burst) {
  EvaluationCharge charge;
  const base::MutexLock lock(mutex_);
  Entries& entries = partners_[std::string(asked.partner)];
  while (!entries.empty() && entries.front().unix_ms < asked.unix_ms - kKeptMs) {
    entries.pop_front();
  }
  std::int64_t of_case = asked.count;
  for (const Entry& entry : entries) {
    if (entry.case_commitment == asked.case_commitment) of_case += entry.count;
  }
  charge.statement_ = Count(entries, limits, asked.unix_ms);
  charge.refusal_ = LimitRefusal(entries, asked, limits);
  if (!charge.refusal_.empty()) {
    Raise(asked, kAlarmLookupsExhausted, charge);
    return charge;
  }
  charge.refusal_ = BurstRefusal(entries, asked, limits, burst);
  charge.granted_ = charge.refusal_.empty();
  if (!charge.granted_) return charge;
  if (of_case > kCaseEvaluationsToAlarm) Raise(asked, kAlarmLookupsOneCase, charge);
  charge.book_ = this;
  charge.partner_ = std::string(asked.partner);
  charge.number_ = next_number_++;
  charge.row_key_ = store::StoreKey(kEvaluationTable)
                        .Text(asked.partner)
                        .U64(static_cast<std::uint64_t>(asked.unix_ms))
                        .Bytes(asked.exchange_id)
                        .Build();
  charge.row_ = FormatRow(asked);
  charge.statement_.used_today += asked.count;
  charge.statement_.used_30_days += asked.count;
  entries.push_back({.number = charge.number_,
                     .unix_ms = asked.unix_ms,
                     .count = asked.count,
                     .epoch = asked.epoch,
                     .case_commitment = asked.case_commitment,
                     .purpose = std::string(asked.purpose)});
  return charge;
}

void EvaluationBook::Raise(const Evaluations& asked, std::string_view code,
                           EvaluationCharge& charge) {
  const auto [last, first_time] =
      alarmed_ms_.try_emplace({std::string(asked.partner), code}, asked.unix_ms);
  if (!first_time && asked.unix_ms - last->second < kDayMs) return;
  last->second = asked.unix_ms;
  charge.alarms_.push_back(code);
}

void EvaluationBook::GiveBack(const std::string& partner, std::uint64_t number) {
  const base::MutexLock lock(mutex_);
  std::erase_if(partners_[partner],
                [number](const Entry& entry) { return entry.number == number; });
}

BudgetStatement EvaluationBook::StatementOf(std::string_view partner, const BudgetLimits& limits,
                                            std::int64_t now_unix_ms) const {
  const base::MutexLock lock(mutex_);
  const auto found = partners_.find(partner);
  return Count(found == partners_.end() ? Entries() : found->second, limits, now_unix_ms);
}

std::int64_t EvaluationBook::LeftAtOnce(std::string_view partner, std::string_view purpose,
                                        const BudgetLimits& limits, std::int64_t burst,
                                        std::int64_t now_unix_ms) const {
  const base::MutexLock lock(mutex_);
  const auto found = partners_.find(partner);
  const std::int64_t level = LevelOf(found == partners_.end() ? Entries() : found->second, purpose,
                                     limits, burst, now_unix_ms);
  return std::max<std::int64_t>(0, level) / kDayMs;
}

}  // namespace proofmark::lookup
