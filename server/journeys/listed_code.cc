// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/listed_code.h"

#include "absl/strings/str_format.h"

namespace proofmark::journeys {

absl::Status CheckListed(std::string_view field, std::span<const records::Code> list,
                         std::string_view code, bool required) {
  if (code.empty() && !required) return absl::OkStatus();
  if (records::IsCode(list, code)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is no code of its list (`proofmark codes` prints them)", field));
}

}  // namespace proofmark::journeys
