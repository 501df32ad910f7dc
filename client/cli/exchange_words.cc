// SPDX-License-Identifier: Apache-2.0
#include "client/cli/exchange_words.h"

#include <cstdlib>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "client/fault.h"

namespace proofmark::client::cli {

absl::StatusOr<std::string> ParseHandle(std::string_view text) {
  constexpr std::size_t kHandleBytes = 32;
  for (const absl::StatusOr<std::string>& bytes : {base::ParseHex(text), base::ParseBase64(text)}) {
    if (bytes.ok() && bytes->size() == kHandleBytes) return *bytes;
  }
  return MakeFault(FaultCode::kUsage,
                   "HANDLE must be 32 bytes: 64 hexadecimal digits, or base64 as in --json");
}

std::vector<std::string> CodesOf(std::span<const records::Code> list) {
  std::vector<std::string> codes;
  for (const records::Code& code : list) codes.emplace_back(code.code);
  return codes;
}

Parameter ReasonsOption() {
  return {.name = "--reasons",
          .help = "Why. Stays in the agency's own file.",
          .value_name = "TEXT",
          .required = true};
}

std::string TimeLeftText(std::int64_t due_unix_ms, std::int64_t now_unix_ms) {
  const std::int64_t minutes = (due_unix_ms - now_unix_ms) / 60'000;
  return absl::StrFormat("%d h %d min %s", std::abs(minutes) / 60, std::abs(minutes) % 60,
                         due_unix_ms >= now_unix_ms ? "left" : "late");
}

}  // namespace proofmark::client::cli
