// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/status.h"

#include <cstddef>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "records/firearm/fields.h"

namespace proofmark::firearm {
namespace {

using S = State;

constexpr std::uint32_t Bit(State state) {
  return std::uint32_t{1} << static_cast<std::uint32_t>(state);
}
template <typename... States>
constexpr std::uint32_t Set(States... states) {
  return (Bit(states) | ... | 0U);
}

// What may follow each state, in the order of the list.
constexpr std::uint32_t kFollowers[] = {
    // REGISTERED
    Set(S::kExported, S::kLost, S::kStolen, S::kTrafficked, S::kSeized, S::kConverted,
        S::kDeactivated, S::kDeactivatedOldStandard, S::kDestroyed),
    // EXPORTED
    Set(S::kRegistered, S::kTrafficked, S::kSeized, S::kRecovered),
    // LOST
    Set(S::kStolen, S::kSeized, S::kRecovered),
    // STOLEN
    Set(S::kSoughtEvidence, S::kSeized, S::kRecovered),
    // TRAFFICKED
    Set(S::kSeized, S::kRecovered),
    // SOUGHT_EVIDENCE
    Set(S::kSeized, S::kRecovered),
    // SEIZED
    Set(S::kInEvidence, S::kReturned, S::kDeactivated, S::kReactivationSuspected, S::kDestroyed),
    // RECOVERED
    Set(S::kSeized, S::kInEvidence, S::kReturned, S::kDeactivated, S::kDeactivatedOldStandard,
        S::kReactivationSuspected, S::kDestroyed),
    // IN_EVIDENCE
    Set(S::kReturned, S::kDeactivated, S::kReactivationSuspected, S::kDestroyed),
    // RETURNED
    Set(S::kRegistered),
    // CONVERTED
    Set(S::kLost, S::kStolen, S::kTrafficked, S::kSeized, S::kDeactivated, S::kDestroyed),
    // DEACTIVATED
    Set(S::kExported, S::kLost, S::kStolen, S::kSeized, S::kRecovered, S::kDeactivatedOldStandard,
        S::kCertificateWithdrawn, S::kReactivationSuspected, S::kDestroyed),
    // DEACTIVATED_OLD_STANDARD
    Set(S::kExported, S::kLost, S::kStolen, S::kSeized, S::kRecovered, S::kDeactivated,
        S::kCertificateWithdrawn, S::kReactivationSuspected, S::kDestroyed),
    // CERTIFICATE_WITHDRAWN
    Set(S::kSeized, S::kDeactivated, S::kReactivationSuspected, S::kDestroyed),
    // REACTIVATION_SUSPECTED
    Set(S::kSeized, S::kDeactivated, S::kDeactivatedOldStandard, S::kReactivationConfirmed),
    // REACTIVATION_CONFIRMED
    Set(S::kInEvidence, S::kDeactivated, S::kDestroyed),
    // DESTROYED
    Set(),
    // UNKNOWN
    Set(S::kRegistered, S::kLost, S::kStolen, S::kTrafficked, S::kSeized, S::kRecovered,
        S::kDeactivated, S::kDestroyed),
};

}  // namespace

bool MayFollow(std::optional<State> from, State to) {
  if (!IsOneOf(to) || (from && !IsOneOf(*from))) return false;
  return !from || (kFollowers[static_cast<std::size_t>(*from) - 1] & Bit(to)) != 0;
}

std::optional<State> StateAfter(std::span<const StateEvent> history) {
  if (history.empty()) return std::nullopt;
  return history.back().to;
}

absl::Status CheckNextEvent(std::span<const StateEvent> history, const StateEvent& next) {
  if (static_cast<std::int64_t>(history.size()) >= kStateEventsMax) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("events: at most %d in a record", kStateEventsMax));
  }
  PM_RETURN_IF_ERROR(CheckText("authority", next.authority, 1, kAuthorityBytesMax));
  PM_RETURN_IF_ERROR(CheckText("reason", next.reason, 0, kReasonBytesMax));
  PM_RETURN_IF_ERROR(CheckText("paper", next.paper, 0, kPaperBytesMax));
  PM_RETURN_IF_ERROR(CheckCode("to", next.to));
  if (!history.empty() && next.at_unix_ms < history.back().at_unix_ms) {
    return absl::InvalidArgumentError("at_unix_ms: earlier than the event before it");
  }
  const std::optional<State> now = StateAfter(history);
  const auto name = [](std::optional<State> state) { return state ? CodeOf(*state) : "none"; };
  if (next.from && !IsOneOf(*next.from)) return CheckCode("from", *next.from);
  if (next.from != now) {
    return absl::FailedPreconditionError(
        absl::StrFormat("from: %s, but the state is %s", name(next.from), name(now)));
  }
  if (!MayFollow(now, next.to)) {
    return absl::FailedPreconditionError(
        absl::StrFormat("to: %s may not follow %s", name(next.to), name(now)));
  }
  return absl::OkStatus();
}

absl::Status CheckHistory(std::span<const StateEvent> history) {
  for (std::size_t i = 0; i < history.size(); ++i) {
    PM_RETURN_IF_ERROR(CheckNextEvent(history.first(i), history[i]));
  }
  return absl::OkStatus();
}

}  // namespace proofmark::firearm
