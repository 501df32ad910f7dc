// SPDX-License-Identifier: Apache-2.0
#include "server/federation/question_count.h"

#include <tuple>
#include <utility>

#include "base/bytes.h"
#include "base/status.h"
#include "server/federation/budget.h"
#include "server/federation/tables.h"
#include "server/store/keys.h"

namespace proofmark::federation {

absl::StatusOr<std::unique_ptr<QuestionCount>> QuestionCount::Open(const store::Store& store) {
  std::unique_ptr<QuestionCount> counts(new QuestionCount);
  const std::string prefix = store::StoreKey(kQuestionCountTable).Build();
  absl::Status fault;
  decltype(counted_) counted;
  PM_RETURN_IF_ERROR(
      store.Scan({.prefix = prefix}, [&](std::string_view key, std::string_view row) {
        constexpr std::size_t kTimeBytes = sizeof(std::uint64_t);
        constexpr std::size_t kHeadBytes = kTimeBytes + std::tuple_size_v<crypto::ExchangeId>;
        const std::string_view rest = key.substr(prefix.size());
        if (rest.size() <= kHeadBytes || row.empty()) {
          fault = absl::DataLossError("a row of counted questions is damaged");
          return false;
        }
        const auto time = static_cast<std::int64_t>(base::ParseU64Be(rest.substr(0, kTimeBytes)));
        counted[{std::string(rest.substr(kHeadBytes)), std::string(row)}].push_back(
            {.unix_ms = time, .key = std::string(key)});
        return true;
      }));
  PM_RETURN_IF_ERROR(fault);
  const base::MutexLock lock(counts->mutex_);
  counts->counted_ = std::move(counted);
  return counts;
}

bool QuestionCount::Take(const Question& question, std::uint64_t limit,
                         store::WriteRequest& request) {
  const base::MutexLock lock(mutex_);
  Entries& entries = counted_[{std::string(question.agency), std::string(question.type)}];
  while (!entries.empty() && entries.front().unix_ms <= question.unix_ms - kDayMs) {
    request.mutations.Delete(entries.front().key);
    entries.pop_front();
  }
  if (entries.size() >= limit) return false;
  std::string key = store::StoreKey(kQuestionCountTable)
                        .U64(static_cast<std::uint64_t>(question.unix_ms))
                        .Bytes(base::AsText(base::ByteSpan(question.exchange_id)))
                        .Bytes(question.agency)
                        .Build();
  request.mutations.Put(key, std::string(question.type));
  entries.push_back({.unix_ms = question.unix_ms, .key = std::move(key)});
  return true;
}

}  // namespace proofmark::federation
