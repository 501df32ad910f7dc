// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "crypto/hash/sha256.h"
#include "server/federation/likeness.h"
#include "server/store/store.h"

namespace proofmark::federation {

inline constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
inline constexpr std::int64_t kBudgetWindowMs = 30 * kDayMs;
// How long a question is remembered for likeness in a wider sense.
inline constexpr std::int64_t kKinWindowMs = 90 * kDayMs;

// What a question costs, in units. Question j of a row of near duplicates costs 2^j, and so does
// the j-th beyond what one gun's exhibits may need in a quarter of a year.
inline constexpr std::int64_t kUnitsMax = std::int64_t{1} << 30;
inline constexpr int kNearDuplicatesToAlarm = 3;
inline constexpr int kKinFree = 24;               // Twenty exhibits of one gun, and some.
inline constexpr int kCaseQuestionsToAlarm = 60;  // In 30 days, of one case. Never refused for it.
inline constexpr std::size_t kSketchBytesMax = 4'096;

// Units an agency may use, as `[[partner]]` says (docs/design/oracle-hardening.md has the reasons).
struct BudgetLimits {
  std::int64_t per_day = 200;
  std::int64_t per_30_days = 1'000;
};
inline constexpr std::int64_t kBudgetMax = 1'000'000;

// How an agency stands. Days and months are rolling: the last 24 hours, the last 30 days.
struct BudgetStatement {
  BudgetLimits limits;
  std::int64_t used_today = 0;
  std::int64_t used_30_days = 0;

  std::int64_t left_today() const { return std::max<std::int64_t>(0, limits.per_day - used_today); }
  std::int64_t left_30_days() const {
    return std::max<std::int64_t>(0, limits.per_30_days - used_30_days);
  }
  friend bool operator==(const BudgetStatement& a, const BudgetStatement& b) {
    return a.limits.per_day == b.limits.per_day && a.limits.per_30_days == b.limits.per_30_days &&
           a.used_today == b.used_today && a.used_30_days == b.used_30_days;
  }
};

// A question that would be searched for.
struct Chargeable {
  std::string_view agency;       // Domain.
  std::string_view exchange_id;  // 16 raw bytes.
  std::int64_t unix_ms = 0;      // Now.
  crypto::Sha256Digest payload_hash{};
  crypto::Sha256Digest case_commitment{};
  std::string_view sketch;  // At most kSketchBytesMax; opaque here.
  // How this question stands to an earlier one of that sketch. Called under the book's lock.
  std::function<Likeness(std::string_view earlier_sketch)> likeness;
};

// Why a person should look at what an agency does: codes of the ledger's entry `alarm`, each once a
// day for an agency.
inline constexpr std::string_view kAlarmNearDuplicates = "NEAR_DUPLICATES";
inline constexpr std::string_view kAlarmOneSource = "ONE_SOURCE";
inline constexpr std::string_view kAlarmOneCase = "ONE_CASE";
inline constexpr std::string_view kAlarmExhausted = "BUDGET_EXHAUSTED";
// The last three of questions that name a firearm.
inline constexpr std::string_view kAlarmNeighbours = "CHECKS_NEIGHBOURS";
inline constexpr std::string_view kAlarmChecksOneCase = "CHECKS_ONE_CASE";
inline constexpr std::string_view kAlarmChecksExhausted = "CHECKS_EXHAUSTED";

// What a budget is of: each is counted and alarmed apart. Evaluations of look-ups are priced and
// counted by lookup::EvaluationBook; here is only what partners tell of them.
enum class BudgetOf { kMatches, kFirearmChecks, kLookups };

class BudgetBook;

// Units taken for one question. Unless it is kept they are given back, so a question that failed
// costs nothing. Used by one thread; must not outlive the book.
class Charge {
 public:
  Charge(Charge&& other) noexcept;
  Charge& operator=(Charge&&) = delete;
  ~Charge();

  // False: the budget is exhausted; answer with the refusal CAPACITY. Nothing was taken, and the
  // rest concerns the alarm alone.
  bool granted() const { return granted_; }
  std::int64_t units() const { return units_; }  // That it costs, or would.
  int near_duplicates() const { return near_duplicates_; }
  int kin() const { return kin_; }
  // For one entry `alarm` each, in the batch of the answer; mostly empty.
  const std::vector<std::string_view>& alarms() const { return alarms_; }
  // With this question counted.
  const BudgetStatement& statement() const { return statement_; }

  // Makes it durable with the batch of the answer. Nothing when it was not granted.
  void AddTo(store::WriteRequest& request) const;
  // The batch was committed.
  void Keep() { kept_ = true; }

 private:
  friend class BudgetBook;
  Charge() = default;

  BudgetBook* book_ = nullptr;
  std::string agency_;
  std::uint64_t number_ = 0;  // Of the charge in the book.
  std::string row_key_;
  std::string row_;
  bool granted_ = false;
  bool kept_ = false;
  std::int64_t units_ = 0;
  int near_duplicates_ = 0;
  int kin_ = 0;
  std::vector<std::string_view> alarms_;
  BudgetStatement statement_;
};

// What every agency has used, one row a charge: nothing is added up at rest, so that no crash can
// make it less. Repeated exchanges are answered before they come here and cost nothing.
//
// The cost of a question:
//   1          fresh, and the first time that its very bytes come again;
//   2^j        with j near duplicates in the last 30 days, byte-identical ones not counted;
//   2^(k-24)   as the k-th kin (or nearer) of what was asked in the last 90 days, k > 24;
// the largest of these. A byte-identical question always costs 1. Thread-safe.
class BudgetBook {
 public:
  // Reads the rows of the last kKinWindowMs before `now_unix_ms`; older ones are removed.
  //   kDataLoss  a row is damaged.
  static absl::StatusOr<std::unique_ptr<BudgetBook>> Open(store::Store& store,
                                                          std::int64_t now_unix_ms,
                                                          BudgetOf of = BudgetOf::kMatches);

  // Takes what the question costs, if the limits allow.
  //   Cost  one call of `likeness` for each question of that agency in 90 days.
  Charge Take(const Chargeable& question, const BudgetLimits& limits);

  BudgetStatement StatementOf(std::string_view agency, const BudgetLimits& limits,
                              std::int64_t now_unix_ms) const;

 private:
  friend class Charge;
  struct Entry {
    std::uint64_t number = 0;
    std::int64_t unix_ms = 0;
    std::int64_t units = 0;
    crypto::Sha256Digest payload_hash{};
    crypto::Sha256Digest case_commitment{};
    std::string sketch;
  };
  using Entries = std::deque<Entry>;  // By unix_ms.

  explicit BudgetBook(BudgetOf of) : of_(of) {}

  static BudgetStatement Count(const Entries& entries, const BudgetLimits& limits,
                               std::int64_t now_unix_ms);
  void Price(const Entries& entries, const Chargeable& question, Charge& charge) const;
  // Leaves out the alarms of today: who goes on in the same way says nothing new.
  void KeepNews(const Chargeable& question, Charge& charge) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveBack(const std::string& agency, std::uint64_t number);

  // Constant after construction.
  const BudgetOf of_;

  mutable base::Mutex mutex_;
  std::uint64_t next_number_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<std::string, Entries, std::less<>> agencies_ ABSL_GUARDED_BY(mutex_);
  // When each alarm was last raised, by agency and code.
  std::map<std::pair<std::string, std::string_view>, std::int64_t> alarmed_ms_
      ABSL_GUARDED_BY(mutex_);
};

// What a partner last told of our budget there.
struct ToldBudget {
  std::string agency;
  std::int64_t unix_ms = 0;  // Of the answer that told it.
  BudgetStatement statement;
};
void PutToldBudget(const ToldBudget& told, store::Mutations& mutations,
                   BudgetOf of = BudgetOf::kMatches);
// By agency.
//   kDataLoss  a row is damaged.
absl::StatusOr<std::vector<ToldBudget>> ListToldBudgets(const store::Store& store,
                                                        BudgetOf of = BudgetOf::kMatches);

// What is told of a statement: used in whole twentieths of the limit, rounded up, so that the price
// of a single question does not show.
BudgetStatement Coarsened(const BudgetStatement& statement);

}  // namespace proofmark::federation
