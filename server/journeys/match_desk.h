// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/clock.h"
#include "server/journeys/desk.h"
#include "server/match/answer_key.h"
#include "server/match/exhibit_collection.h"

namespace proofmark::journeys {

// Match questions: method version, plausibility, class filter, search, levels, bands, handles. What
// cannot be searched is answered with a signed refusal. Thread-safe.
class MatchDesk final : public Desk {
 public:
  // All must outlive the result.
  MatchDesk(match::ExhibitCollection& collection, const match::AnswerKey& answer_key,
            const base::Clock& clock)
      : collection_(collection), answer_key_(answer_key), clock_(clock) {}

  MessageType type() const override;
  absl::StatusOr<std::unique_ptr<Message>> Read(const Believed& message) override;

 private:
  class Question;

  match::ExhibitCollection& collection_;
  const match::AnswerKey& answer_key_;
  const base::Clock& clock_;
};

}  // namespace proofmark::journeys
