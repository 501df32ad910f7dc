// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "crypto/hash/sha256.h"
#include "server/federation/budget.h"
#include "server/store/store.h"

namespace proofmark::lookup {

// A question that would be evaluated.
struct Evaluations {
  std::string_view partner;      // SPIFFE id of its node.
  std::string_view exchange_id;  // 16 raw bytes.
  std::int64_t unix_ms = 0;      // Now.
  std::uint32_t epoch = 0;
  crypto::Sha256Digest case_commitment{};
  std::string_view purpose{};  // Code of the agreement, 1..32 characters.
  std::int64_t count = 0;      // Elements, the padding among them.
};

// More evaluations under one key weaken it by a bit for each factor of four; no budget goes there.
inline constexpr std::int64_t kEvaluationsPerKeyMax = std::int64_t{1} << 20;
// Of one case in 30 days. Never refused for it.
inline constexpr std::int64_t kCaseEvaluationsToAlarm = 256;

// Codes of the ledger's entry `alarm`, each once a day for a partner.
inline constexpr std::string_view kAlarmLookupsExhausted = "LOOKUPS_EXHAUSTED";
inline constexpr std::string_view kAlarmLookupsOneCase = "LOOKUPS_ONE_CASE";

class EvaluationBook;

// Evaluations taken for one question. Unless it is kept they are given back. Used by one thread;
// must not outlive the book.
class EvaluationCharge {
 public:
  EvaluationCharge(EvaluationCharge&& other) noexcept;
  EvaluationCharge& operator=(EvaluationCharge&&) = delete;
  ~EvaluationCharge();

  bool granted() const { return granted_; }  // False: nothing was taken.
  // When it was not granted: the bound and when the same may be asked again, for people.
  const std::string& refusal() const { return refusal_; }
  const std::vector<std::string_view>& alarms() const { return alarms_; }
  // With this question counted.
  const federation::BudgetStatement& statement() const { return statement_; }

  // Makes it durable with the batch of the answer. Nothing when it was not granted.
  void AddTo(store::WriteRequest& request) const;
  // The batch was committed.
  void Keep() { kept_ = true; }

 private:
  friend class EvaluationBook;
  EvaluationCharge() = default;

  EvaluationBook* book_ = nullptr;
  std::string partner_;
  std::uint64_t number_ = 0;
  std::string row_key_;
  std::string row_;
  bool granted_ = false;
  bool kept_ = false;
  std::string refusal_;
  std::vector<std::string_view> alarms_;
  federation::BudgetStatement statement_;
};

// How many evaluations every partner has had, one row a question: nothing is added up at rest, so
// that no crash can make it less. Each element costs one. Beside the limits of a day and of 30 days
// each purpose has a bucket of `burst` evaluations, which fills at the rate of the day's limit: who
// is in a hurry spends it, who walks through numbers waits for it. Thread-safe.
//   Source  docs/formats/lookup.md#budget
class EvaluationBook {
 public:
  // Reads the rows of the last federation::kBudgetWindowMs and one epoch; older ones are removed.
  //   kDataLoss  a row is damaged.
  static absl::StatusOr<std::unique_ptr<EvaluationBook>> Open(store::Store& store,
                                                              std::int64_t now_unix_ms);

  // Takes what the question costs, if the limits and the key allow.
  //   burst  >= 1.
  EvaluationCharge Take(const Evaluations& asked, const federation::BudgetLimits& limits,
                        std::int64_t burst);

  federation::BudgetStatement StatementOf(std::string_view partner,
                                          const federation::BudgetLimits& limits,
                                          std::int64_t now_unix_ms) const;
  // Whole evaluations in the bucket of that purpose, 0..burst.
  std::int64_t LeftAtOnce(std::string_view partner, std::string_view purpose,
                          const federation::BudgetLimits& limits, std::int64_t burst,
                          std::int64_t now_unix_ms) const;

 private:
  friend class EvaluationCharge;
  struct Entry {
    std::uint64_t number = 0;
    std::int64_t unix_ms = 0;
    std::int64_t count = 0;
    std::uint32_t epoch = 0;
    crypto::Sha256Digest case_commitment{};
    std::string purpose;  // Empty in rows of before there were buckets: of none.
  };
  using Entries = std::deque<Entry>;  // By unix_ms.

  EvaluationBook() = default;

  static federation::BudgetStatement Count(const Entries& entries,
                                           const federation::BudgetLimits& limits,
                                           std::int64_t now_unix_ms);
  // What keeps the question from being granted, by the limits and the key, and by the bucket;
  // empty: nothing.
  static std::string LimitRefusal(const Entries& entries, const Evaluations& asked,
                                  const federation::BudgetLimits& limits);
  // The bucket of a purpose, in parts of an evaluation, kDayMs each; may be below none.
  static std::int64_t LevelOf(const Entries& entries, std::string_view purpose,
                              const federation::BudgetLimits& limits, std::int64_t burst,
                              std::int64_t now_unix_ms);
  static std::string BurstRefusal(const Entries& entries, const Evaluations& asked,
                                  const federation::BudgetLimits& limits, std::int64_t burst);
  void Raise(const Evaluations& asked, std::string_view code, EvaluationCharge& charge)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveBack(const std::string& partner, std::uint64_t number);

  mutable base::Mutex mutex_;
  std::uint64_t next_number_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<std::string, Entries, std::less<>> partners_ ABSL_GUARDED_BY(mutex_);
  // When each alarm was last raised, by partner and code.
  std::map<std::pair<std::string, std::string_view>, std::int64_t> alarmed_ms_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::lookup
