// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "server/exchange/desk.h"
#include "server/federation/budget.h"
#include "server/journeys/received_material.h"
#include "server/ledger/ledger.h"
#include "server/match/answer_key.h"
#include "server/match/exhibit_collection.h"
#include "server/match/query_sketch.h"
#include "server/registry/exhibit_registry.h"

namespace proofmark::desks {

// Match questions, in this order: method version, plausibility, budget, class filter, search,
// levels, bands, handles. What is not searched is answered with a signed refusal. An exhibit that
// rests on what another partner released is named only where that one allows it. What a question
// cost is durable with its answer (docs/design/oracle-hardening.md). Thread-safe.
class MatchDesk final : public exchange::Desk {
 public:
  struct Rooms {
    match::ExhibitCollection& collection;
    const match::AnswerKey& answer_key;
    const registry::ExhibitRegistry& registry;
    const journeys::ReceivedMaterial& received;
    federation::BudgetBook& budgets;
    ledger::Ledger& ledger;
    const base::Clock& clock;
  };
  // All must outlive the result.
  explicit MatchDesk(const Rooms& rooms);

  exchange::MessageType type() const override;
  absl::StatusOr<std::unique_ptr<exchange::Message>> Read(
      const exchange::Believed& message) override;

 private:
  class Question;

  // Constant after construction.
  const Rooms rooms_;
  const match::SketchKey sketch_key_;
};

}  // namespace proofmark::desks
