// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/refusal.h"

#include <algorithm>
#include <cstddef>

#include "proofmark/v1/exchange.pb.h"
#include "proto/wire/checks.h"

namespace proofmark::wire {

Refusal MakeRefusal(std::string_view code, std::string_view reason) {
  std::size_t size = std::min(reason.size(), static_cast<std::size_t>(kRefusalReasonBytesMax));
  const auto continues = [&](std::size_t at) {
    return at < reason.size() && (static_cast<unsigned char>(reason[at]) & 0xC0) == 0x80;
  };
  while (size > 0 && continues(size)) --size;
  return {.code = std::string(code), .reason = std::string(reason.substr(0, size))};
}

v1::Refusal ToProto(const Refusal& refusal) {
  v1::Refusal message;
  message.set_code(refusal.code);
  message.set_reason(refusal.reason);
  return message;
}

absl::StatusOr<Refusal> FromProto(const v1::Refusal& message, std::string_view field) {
  PM_RETURN_IF_ERROR(CheckCode(field, "code", message.code()));
  PM_RETURN_IF_ERROR(CheckText(field, "reason", message.reason(), 0, kRefusalReasonBytesMax));
  return Refusal{.code = message.code(), .reason = message.reason()};
}

}  // namespace proofmark::wire
