// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "server/exchange/desk.h"
#include "server/exchange/publishing.h"
#include "server/ledger/ledger.h"
#include "server/lookup/evaluation_book.h"
#include "server/lookup/key_book.h"
#include "server/lookup/table_keeper.h"

namespace proofmark::desks {

// What partners ask about private look-ups here (docs/formats/private-lookup.md): each under
// federation::Service::kLookup, which no agreement grants by itself. All must outlive the desks.
struct LookupDeskRooms {
  lookup::KeyBook& keys;
  lookup::TableKeeper& tables;
  lookup::EvaluationBook& budgets;
  const exchange::Publishing& publishing;
  ledger::Ledger& ledger;
  const base::Clock& clock;
  base::Random& random;
};

// Which table the partner may search, with the proofs that its key and its hash are in the ledger:
// entry `export`. Thread-safe.
class LookupTableDesk final : public exchange::Desk {
 public:
  explicit LookupTableDesk(const LookupDeskRooms& rooms) : rooms_(rooms) {}

  exchange::MessageType type() const override;
  absl::StatusOr<std::unique_ptr<exchange::Message>> Read(
      const exchange::Believed& message) override;

 private:
  class Question;
  const LookupDeskRooms rooms_;
};

// Evaluations, in this order: elements, newest table, budget, evaluation. What they cost is durable
// with the answer; entry `lookup-eval`. Thread-safe.
class LookupDesk final : public exchange::Desk {
 public:
  explicit LookupDesk(const LookupDeskRooms& rooms) : rooms_(rooms) {}

  exchange::MessageType type() const override;
  absl::StatusOr<std::unique_ptr<exchange::Message>> Read(
      const exchange::Believed& message) override;

 private:
  class Question;
  const LookupDeskRooms rooms_;
};

// The record behind a hit: entry `query-in`, and an alarm when it is a canary. Thread-safe.
class LookupHitDesk final : public exchange::Desk {
 public:
  explicit LookupHitDesk(const LookupDeskRooms& rooms) : rooms_(rooms) {}

  exchange::MessageType type() const override;
  absl::StatusOr<std::unique_ptr<exchange::Message>> Read(
      const exchange::Believed& message) override;

 private:
  class Question;
  const LookupDeskRooms rooms_;
};

}  // namespace proofmark::desks
