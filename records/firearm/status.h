// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "records/firearm/codes.h"

namespace proofmark::firearm {

inline constexpr std::int64_t kStateEventsMax = 4'096;
inline constexpr std::int64_t kAuthorityBytesMax = 128;
inline constexpr std::int64_t kReasonBytesMax = 512;
inline constexpr std::int64_t kPaperBytesMax = 128;

// One change of state. Events are added, never changed.
struct StateEvent {
  std::optional<State> from;  // Absent for the first event of a record only.
  State to = State::kUnknown;
  std::int64_t at_unix_ms = 0;
  std::string authority;  // Who decided it, 1..kAuthorityBytesMax bytes UTF-8.
  std::string reason;     // 0..kReasonBytesMax.
  std::string paper;      // Reference of the paper it rests on, 0..kPaperBytesMax.
  friend bool operator==(const StateEvent&, const StateEvent&) = default;
};

// Whether `to` may follow `from`; a record may begin in any state.
bool MayFollow(std::optional<State> from, State to);

// The state after a history; nullopt of an empty one.
std::optional<State> StateAfter(std::span<const StateEvent> history);

// Whether `next` may be added to `history`, which holds.
//   Errors  kInvalidArgument     a field out of its bounds, or earlier than the event before it.
//           kFailedPrecondition  `from` is not the state now, or `to` may not follow it.
//           kResourceExhausted   kStateEventsMax events.
absl::Status CheckNextEvent(std::span<const StateEvent> history, const StateEvent& next);
// Whether all of it holds, each event after those before it.
absl::Status CheckHistory(std::span<const StateEvent> history);

}  // namespace proofmark::firearm
