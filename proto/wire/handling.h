// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/wire/messages.h"

// Under which conditions candidates are named. The rules of all conversions: proto/wire/common.h.
namespace proofmark::wire {

// So that the fullest answer still has one size class (proto/wire/match.h).
inline constexpr std::int64_t kAnswerRestrictionsBytesMax = 256;

// The conditions of an answer of the first step. What a machine ranked is intelligence, so there is
// no word of evidence here; what an older answer did not say is H0, X4.
//   Source  docs/references.md#council-6243-18
struct AnswerHandling {
  std::vector<std::string> codes = {"H0"};   // H0..H3, ascending, each once, at least one.
  std::string restrictions;                  // UTF-8, exactly with H3; the bound above.
  std::string source_evaluation = "X";       // A, B, C, X.
  std::string information_evaluation = "4";  // 1..4.
  friend bool operator==(const AnswerHandling&, const AnswerHandling&) = default;

  bool Has(std::string_view code) const;
};

//   kInvalidArgument  a field out of its bounds; names it from `field` on.
absl::Status CheckHandling(const AnswerHandling& handling, std::string_view field,
                           std::int64_t restrictions_bytes_max = kAnswerRestrictionsBytesMax);

v1::AnswerHandling ToProto(const AnswerHandling& handling);
absl::StatusOr<AnswerHandling> FromProto(const v1::AnswerHandling& message, std::string_view field);

}  // namespace proofmark::wire
