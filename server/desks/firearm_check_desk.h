// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "server/exchange/desk.h"
#include "server/federation/budget.h"
#include "server/ledger/ledger.h"
#include "server/match/answer_key.h"
#include "server/registry/alarm_tests.h"
#include "server/registry/firearm_registry.h"
#include "server/registry/statistics_book.h"

namespace proofmark::desks {

// Answers what partners ask of a firearm by name, with the smallest answer that serves
// (docs/formats/firearm-check.md), under federation::Service::kFirearmCheck, which no agreement
// grants by itself; and for counts of all of them, under kFirearmStatistics, likewise. Each
// question costs units of its own budget; entry `query-in`. Who is told that a record is there is
// remembered with it, in the batch of the answer. Thread-safe.
class FirearmCheckDesk final : public exchange::Desk {
 public:
  struct Rooms {
    const registry::FirearmRegistry& registry;
    const registry::AlarmTests& alarm_tests;
    const registry::StatisticsBook& statistics;
    const match::AnswerKey& answer_key;
    federation::BudgetBook& budgets;  // Of BudgetOf::kFirearmChecks.
    ledger::Ledger& ledger;
    const base::Clock& clock;
  };
  // All must outlive it.
  explicit FirearmCheckDesk(const Rooms& rooms) : rooms_(rooms) {}

  exchange::MessageType type() const override;
  absl::StatusOr<std::unique_ptr<exchange::Message>> Read(
      const exchange::Believed& message) override;

 private:
  class Question;

  const Rooms rooms_;
};

}  // namespace proofmark::desks
