// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "server/journeys/desk.h"
#include "server/journeys/publishing.h"
#include "server/ledger/ledger.h"
#include "server/lookup/evaluation_book.h"
#include "server/lookup/key_book.h"
#include "server/lookup/table_keeper.h"

namespace proofmark::journeys {

// What partners ask about private look-ups here (docs/formats/private-lookup.md): each under
// federation::Service::kLookup, which no agreement grants by itself. All must outlive the desks.
struct LookupDeskRooms {
  lookup::KeyBook& keys;
  lookup::TableKeeper& tables;
  lookup::EvaluationBook& budgets;
  const Publishing& publishing;
  ledger::Ledger& ledger;
  const base::Clock& clock;
  base::Random& random;
};

// Which table the partner may search, with the proofs that its key and its hash are in the ledger:
// entry `export`. Thread-safe.
class LookupTableDesk final : public Desk {
 public:
  explicit LookupTableDesk(const LookupDeskRooms& rooms) : rooms_(rooms) {}

  MessageType type() const override;
  absl::StatusOr<std::unique_ptr<Message>> Read(const Believed& message) override;

 private:
  class Question;
  const LookupDeskRooms rooms_;
};

// Evaluations, in this order: elements, newest table, budget, evaluation. What they cost is durable
// with the answer; entry `lookup-eval`. Thread-safe.
class LookupDesk final : public Desk {
 public:
  explicit LookupDesk(const LookupDeskRooms& rooms) : rooms_(rooms) {}

  MessageType type() const override;
  absl::StatusOr<std::unique_ptr<Message>> Read(const Believed& message) override;

 private:
  class Question;
  const LookupDeskRooms rooms_;
};

// The record behind a hit: entry `query-in`, and an alarm when it is a canary. Thread-safe.
class LookupHitDesk final : public Desk {
 public:
  explicit LookupHitDesk(const LookupDeskRooms& rooms) : rooms_(rooms) {}

  MessageType type() const override;
  absl::StatusOr<std::unique_ptr<Message>> Read(const Believed& message) override;

 private:
  class Question;
  const LookupDeskRooms rooms_;
};

}  // namespace proofmark::journeys
