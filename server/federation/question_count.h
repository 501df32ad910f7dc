// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "crypto/envelope/envelope.h"
#include "server/store/store.h"

namespace proofmark::federation {

// How many questions of each type an agency was answered in the last 24 hours, where a limit of the
// federation descriptor needs to know. Beside the budgets, which price what a question may tell.
// Thread-safe.
//   Source  docs/formats/federation-descriptor.md#limits
class QuestionCount {
 public:
  // `store` must outlive the result.
  //   kDataLoss  a row is damaged.
  static absl::StatusOr<std::unique_ptr<QuestionCount>> Open(const store::Store& store);

  struct Question {
    std::string_view agency;  // Domain.
    std::string_view type;    // Of its envelope.
    crypto::ExchangeId exchange_id{};
    std::int64_t unix_ms = 0;  // Now.
  };
  // True when it is below the limit: it counts from now on, also if it is not answered after all,
  // and `request` must be committed with the answer.
  bool Take(const Question& question, std::uint64_t limit, store::WriteRequest& request);

 private:
  struct Counted {
    std::int64_t unix_ms = 0;
    std::string key;
  };
  using Entries = std::deque<Counted>;  // By time.

  QuestionCount() = default;

  base::Mutex mutex_;
  std::map<std::pair<std::string, std::string>, Entries> counted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::federation
