// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/envelope/envelope.h"
#include "crypto/hash/sha256.h"
#include "server/ledger/ledger.h"
#include "server/store/store.h"

namespace proofmark::exchange {

inline constexpr std::int64_t kAnswersKeptMs = 72LL * 3600 * 1000;  // At least; the rule is 24 h.

// An answer to be kept.
struct NewExchange {
  const crypto::Sha256Digest& request_hash;
  const crypto::Envelope& answer;
  std::int64_t kept_until_unix_ms = 0;  // When a repetition would be refused for its age.
};

// An answer that was given.
struct EarlierExchange {
  crypto::Sha256Digest request_hash{};
  crypto::Envelope answer;
  ledger::Receipt receipt;
};

// What partners were answered, so that a repeated question gets the same bytes and the same
// receipt. Answers are sealed, each under its own key; keys of old answers are erased.
// Thread-safe.
class ExchangeBook {
 public:
  // Both must outlive the result.
  ExchangeBook(store::Store& store, ledger::Ledger& ledger) : store_(store), ledger_(ledger) {}

  // The exchange of that asker and id; nullopt when there is none.
  //   kDataLoss  its row is damaged.
  absl::StatusOr<std::optional<EarlierExchange>> Find(std::string_view asker,
                                                      const crypto::ExchangeId& id) const;

  // Entry `draft`, the answer, and what else `request` carries, in one batch.
  //   kAlreadyExists  the asker used the exchange id before.
  absl::StatusOr<ledger::Receipt> Record(records::EntryDraft draft, std::string_view asker,
                                         const NewExchange& exchange, store::WriteRequest request);

  // Drops answers that are kept no longer and erases their keys.
  absl::Status Forget(std::int64_t now_unix_ms);

 private:
  store::Store& store_;
  ledger::Ledger& ledger_;
};

}  // namespace proofmark::exchange
