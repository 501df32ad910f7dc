// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace proofmark::federation {

// Answers to partners leave at whole multiples of this after the question came, so that the time
// tells little of what was found: comparing one candidate more in full takes a tenth of it.
inline constexpr std::chrono::milliseconds kAnswerSlot{100};

// How long after the question came its answer leaves, when it was ready `ready` after it.
inline std::chrono::milliseconds AnswerLeavesAfter(std::chrono::steady_clock::duration ready) {
  const auto slots = (ready + kAnswerSlot - std::chrono::steady_clock::duration(1)) / kAnswerSlot;
  return kAnswerSlot * (slots < 1 ? 1 : slots);
}

}  // namespace proofmark::federation
