// SPDX-License-Identifier: Apache-2.0
#include "records/listed_code.h"

#include "absl/strings/str_format.h"

namespace proofmark::records {

absl::Status CheckListed(std::string_view field, std::span<const Code> list, std::string_view code,
                         bool required) {
  if (code.empty() && !required) return absl::OkStatus();
  if (IsCode(list, code)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is no code of its list (`proofmark codes` prints them)", field));
}

}  // namespace proofmark::records
