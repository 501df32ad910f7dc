// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "proto/wire/messages.h"

// Why a message gets no result, of whatever type it is. The rules of all conversions:
// proto/wire/common.h.
namespace proofmark::wire {

inline constexpr std::int64_t kRefusalReasonBytesMax = 256;

struct Refusal {
  std::string code;    // [A-Z0-9_]{1,32}, of records::RefusalCodes() when it is ours.
  std::string reason;  // For people, UTF-8, 0..kRefusalReasonBytesMax.
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

// The reason is cut to its bound, at the end of a character.
Refusal MakeRefusal(std::string_view code, std::string_view reason);

v1::Refusal ToProto(const Refusal& refusal);
absl::StatusOr<Refusal> FromProto(const v1::Refusal& message, std::string_view field);

}  // namespace proofmark::wire
