// SPDX-License-Identifier: Apache-2.0
#include "server/federation/budget.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "server/federation/tables.h"

namespace proofmark::federation {
namespace {

constexpr std::size_t kExchangeIdBytes = 16;
constexpr std::size_t kDigestBytes = sizeof(crypto::Sha256Digest);
constexpr std::size_t kRowBytesMin =
    8 + 2 * kDigestBytes;  // Units, payload, case; then the sketch.
constexpr std::size_t kToldBytes = 5 * 8;
constexpr std::int64_t kToldSteps = 20;

store::Table ChargesOf(BudgetOf of) {
  PM_CHECK(of != BudgetOf::kLookups);
  return of == BudgetOf::kMatches ? kChargeTable : kFirearmChargeTable;
}
store::Table ToldOf(BudgetOf of) {
  switch (of) {
    case BudgetOf::kMatches:
      return kToldBudgetTable;
    case BudgetOf::kFirearmChecks:
      return kToldFirearmBudgetTable;
    case BudgetOf::kLookups:
      break;
  }
  return kToldLookupTable;
}
std::string_view OneSourceCode(BudgetOf of) {
  return of == BudgetOf::kMatches ? kAlarmOneSource : kAlarmNeighbours;
}
std::string_view OneCaseCode(BudgetOf of) {
  return of == BudgetOf::kMatches ? kAlarmOneCase : kAlarmChecksOneCase;
}
std::string_view ExhaustedCode(BudgetOf of) {
  return of == BudgetOf::kMatches ? kAlarmExhausted : kAlarmChecksExhausted;
}

std::string FormatRow(std::int64_t units, const Chargeable& question) {
  std::string row;
  base::AppendU64Be(row, static_cast<std::uint64_t>(units));
  row.append(crypto::AsText(question.payload_hash));
  row.append(crypto::AsText(question.case_commitment));
  row.append(question.sketch);
  return row;
}

crypto::Sha256Digest ParseDigest(std::string_view bytes) {
  crypto::Sha256Digest digest;
  std::ranges::copy(base::AsBytes(bytes), digest.begin());
  return digest;
}

// 2^exponent, at most kUnitsMax.
std::int64_t Doubled(int exponent) {
  return exponent >= 30 ? kUnitsMax : std::int64_t{1} << std::max(0, exponent);
}

// `used` in whole steps of the limit, rounded up.
std::int64_t InSteps(std::int64_t used, std::int64_t limit) {
  const std::int64_t step = std::max<std::int64_t>(1, limit / kToldSteps);
  return (used + step - 1) / step * step;
}

}  // namespace

Charge::Charge(Charge&& other) noexcept
    : book_(std::exchange(other.book_, nullptr)),
      agency_(std::move(other.agency_)),
      number_(other.number_),
      row_key_(std::move(other.row_key_)),
      row_(std::move(other.row_)),
      granted_(other.granted_),
      kept_(other.kept_),
      units_(other.units_),
      near_duplicates_(other.near_duplicates_),
      kin_(other.kin_),
      alarms_(std::move(other.alarms_)),
      statement_(other.statement_) {}

Charge::~Charge() {
  if (book_ != nullptr && granted_ && !kept_) book_->GiveBack(agency_, number_);
}

void Charge::AddTo(store::WriteRequest& request) const {
  if (granted_) request.mutations.Put(row_key_, row_);
}

absl::StatusOr<std::unique_ptr<BudgetBook>> BudgetBook::Open(store::Store& store,
                                                             std::int64_t now_unix_ms,
                                                             BudgetOf of) {
  std::unique_ptr<BudgetBook> book(new BudgetBook(of));
  store::WriteRequest old;
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(ChargesOf(of)).Build();
  absl::Status fault;
  std::uint64_t next_number = 1;
  std::map<std::string, Entries, std::less<>> agencies;
  PM_RETURN_IF_ERROR(store.Scan(scan, [&](std::string_view key, std::string_view row) {
    std::string_view rest = key.substr(scan.prefix.size());
    const std::size_t agency_bytes =
        rest.size() < 2 ? rest.size()
                        : static_cast<std::size_t>(static_cast<unsigned char>(rest[0])) << 8 |
                              static_cast<unsigned char>(rest[1]);
    if (rest.size() != 2 + agency_bytes + 8 + kExchangeIdBytes || row.size() < kRowBytesMin) {
      fault = absl::DataLossError("the row of a charge is damaged");
      return false;
    }
    Entry entry;
    entry.unix_ms = static_cast<std::int64_t>(base::ParseU64Be(rest.substr(2 + agency_bytes, 8)));
    if (entry.unix_ms < now_unix_ms - kKinWindowMs) {
      old.mutations.Delete(std::string(key));
      return true;
    }
    entry.number = next_number++;
    entry.units = static_cast<std::int64_t>(base::ParseU64Be(row.substr(0, 8)));
    entry.payload_hash = ParseDigest(row.substr(8, kDigestBytes));
    entry.case_commitment = ParseDigest(row.substr(8 + kDigestBytes, kDigestBytes));
    entry.sketch = row.substr(kRowBytesMin);
    agencies[std::string(rest.substr(2, agency_bytes))].push_back(std::move(entry));
    return true;
  }));
  PM_RETURN_IF_ERROR(fault);
  {
    const base::MutexLock lock(book->mutex_);
    book->next_number_ = next_number;
    book->agencies_ = std::move(agencies);
  }
  if (!old.mutations.list().empty()) PM_RETURN_IF_ERROR(store.Commit(std::move(old)));
  return book;
}

BudgetStatement BudgetBook::Count(const Entries& entries, const BudgetLimits& limits,
                                  std::int64_t now_unix_ms) {
  BudgetStatement statement{.limits = limits};
  for (const Entry& entry : entries) {
    if (entry.unix_ms > now_unix_ms - kDayMs) statement.used_today += entry.units;
    if (entry.unix_ms > now_unix_ms - kBudgetWindowMs) statement.used_30_days += entry.units;
  }
  return statement;
}

void BudgetBook::Price(const Entries& entries, const Chargeable& question, Charge& charge) const {
  bool asked_before = false;
  int of_the_case = 1;
  for (const Entry& entry : entries) {
    const bool this_month = entry.unix_ms > question.unix_ms - kBudgetWindowMs;
    if (this_month && entry.case_commitment == question.case_commitment) ++of_the_case;
    if (entry.payload_hash == question.payload_hash) {
      asked_before = true;
      continue;
    }
    const Likeness likeness = question.likeness(entry.sketch);
    if (likeness != Likeness::kApart) ++charge.kin_;
    if (likeness == Likeness::kAlike && this_month) ++charge.near_duplicates_;
  }
  // The very bytes again tell nothing new, however much like them was asked.
  if (asked_before) charge.near_duplicates_ = charge.kin_ = 0;
  charge.units_ = std::max(Doubled(charge.near_duplicates_), Doubled(charge.kin_ - kKinFree));
  if (charge.near_duplicates_ >= kNearDuplicatesToAlarm) {
    charge.alarms_.push_back(kAlarmNearDuplicates);
  }
  if (charge.kin_ > kKinFree) charge.alarms_.push_back(OneSourceCode(of_));
  if (of_the_case >= kCaseQuestionsToAlarm) charge.alarms_.push_back(OneCaseCode(of_));
}

void BudgetBook::KeepNews(const Chargeable& question, Charge& charge) {
  std::vector<std::string_view> news;
  for (const std::string_view code : charge.alarms_) {
    const auto [at, first] =
        alarmed_ms_.try_emplace({std::string(question.agency), code}, question.unix_ms);
    if (!first && at->second > question.unix_ms - kDayMs) continue;
    at->second = question.unix_ms;
    news.push_back(code);
  }
  charge.alarms_ = std::move(news);
}

Charge BudgetBook::Take(const Chargeable& question, const BudgetLimits& limits) {
  PM_CHECK(question.exchange_id.size() == kExchangeIdBytes && question.unix_ms >= 0 &&
           question.sketch.size() <= kSketchBytesMax);
  Charge charge;
  const base::MutexLock lock(mutex_);
  Entries& entries = agencies_[std::string(question.agency)];
  while (!entries.empty() && entries.front().unix_ms < question.unix_ms - kKinWindowMs) {
    entries.pop_front();
  }
  Price(entries, question, charge);
  const BudgetStatement before = Count(entries, limits, question.unix_ms);
  charge.statement_ = before;
  charge.granted_ = charge.units_ <= before.left_today() && charge.units_ <= before.left_30_days();
  if (!charge.granted_) {
    charge.alarms_.push_back(ExhaustedCode(of_));
    KeepNews(question, charge);
    return charge;
  }
  KeepNews(question, charge);
  charge.statement_.used_today += charge.units_;
  charge.statement_.used_30_days += charge.units_;
  charge.book_ = this;
  charge.agency_ = std::string(question.agency);
  charge.number_ = next_number_++;
  charge.row_key_ = store::StoreKey(ChargesOf(of_)).Text(question.agency).Build();
  base::AppendU64Be(charge.row_key_, static_cast<std::uint64_t>(question.unix_ms));
  charge.row_key_.append(question.exchange_id);
  charge.row_ = FormatRow(charge.units_, question);
  entries.push_back({.number = charge.number_,
                     .unix_ms = question.unix_ms,
                     .units = charge.units_,
                     .payload_hash = question.payload_hash,
                     .case_commitment = question.case_commitment,
                     .sketch = std::string(question.sketch)});
  return charge;
}

void BudgetBook::GiveBack(const std::string& agency, std::uint64_t number) {
  const base::MutexLock lock(mutex_);
  Entries& entries = agencies_[agency];
  const auto at = std::find_if(entries.begin(), entries.end(),
                               [&](const Entry& entry) { return entry.number == number; });
  if (at != entries.end()) entries.erase(at);
}

BudgetStatement BudgetBook::StatementOf(std::string_view agency, const BudgetLimits& limits,
                                        std::int64_t now_unix_ms) const {
  const base::MutexLock lock(mutex_);
  const auto at = agencies_.find(agency);
  return at == agencies_.end() ? BudgetStatement{.limits = limits}
                               : Count(at->second, limits, now_unix_ms);
}

void PutToldBudget(const ToldBudget& told, store::Mutations& mutations, BudgetOf of) {
  std::string row;
  for (const std::int64_t value :
       {told.unix_ms, told.statement.limits.per_day, told.statement.limits.per_30_days,
        told.statement.used_today, told.statement.used_30_days}) {
    PM_CHECK(value >= 0);
    base::AppendU64Be(row, static_cast<std::uint64_t>(value));
  }
  mutations.Put(store::StoreKey(ToldOf(of)).Bytes(told.agency).Build(), std::move(row));
}

absl::StatusOr<std::vector<ToldBudget>> ListToldBudgets(const store::Store& store, BudgetOf of) {
  std::vector<ToldBudget> list;
  store::ScanOptions scan;
  scan.prefix = store::StoreKey(ToldOf(of)).Build();
  absl::Status fault;
  PM_RETURN_IF_ERROR(store.Scan(scan, [&](std::string_view key, std::string_view row) {
    if (row.size() != kToldBytes) {
      fault = absl::DataLossError("the row of a told budget is damaged");
      return false;
    }
    const auto number = [&](std::size_t i) {
      return static_cast<std::int64_t>(base::ParseU64Be(row.substr(8 * i, 8)));
    };
    list.push_back({.agency = std::string(key.substr(scan.prefix.size())),
                    .unix_ms = number(0),
                    .statement = {.limits = {.per_day = number(1), .per_30_days = number(2)},
                                  .used_today = number(3),
                                  .used_30_days = number(4)}});
    return true;
  }));
  PM_RETURN_IF_ERROR(fault);
  return list;
}

BudgetStatement Coarsened(const BudgetStatement& statement) {
  BudgetStatement told = statement;
  told.used_today = InSteps(statement.used_today, statement.limits.per_day);
  told.used_30_days = InSteps(statement.used_30_days, statement.limits.per_30_days);
  return told;
}

}  // namespace proofmark::federation
