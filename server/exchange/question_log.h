// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/federation/budget.h"
#include "server/ledger/ledger.h"
#include "server/store/store.h"

namespace proofmark::exchange {

// A question whose `query-out` is durable and whose `answer-in` is still to come.
struct OpenQuestion {
  std::string exchange_id;    // 16 raw bytes.
  records::EntryDraft asked;  // The draft of its `query-out`.
};

// What became of a question, as the ledger says it.
struct QuestionOutcome {
  std::string code;                              // "ANSWERED", "REFUSED:<code>", "TOO_LATE", ...
  std::uint64_t count = 0;                       // Candidates.
  std::string response_hash;                     // Of the verified answer, or empty.
  std::optional<records::PeerEntry> peer_entry;  // What the partner told.
  // How our budget there stands, when it said so: kept with the entry.
  std::optional<federation::ToldBudget> budget;
  store::Mutations beside;  // What else becomes durable with the entry.
};

// Keeps the promise that every `query-out` gets exactly one `answer-in`: a row names each open
// question from the batch of the one entry to the batch of the other, so that a crash between
// them is seen at the next start. Thread-safe.
class QuestionLog {
 public:
  // Both must outlive the result.
  QuestionLog(store::Store& store, ledger::Ledger& ledger) : store_(store), ledger_(ledger) {}

  // Entry `query-out`; durable when it returns, with what is `beside` it. `draft.exchange` names
  // the exchange.
  absl::StatusOr<OpenQuestion> Open(records::EntryDraft draft, store::Mutations beside = {});

  // Entry `answer-in`.
  //   kFailedPrecondition  the question was closed before.
  absl::StatusOr<ledger::Receipt> Close(const OpenQuestion& question,
                                        const QuestionOutcome& outcome);

  // Closes what an earlier process left open, as "ABANDONED". Before the first Open.
  absl::Status CloseAbandoned();

 private:
  store::Store& store_;
  ledger::Ledger& ledger_;
};

}  // namespace proofmark::exchange
