// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/handling.h"

#include <algorithm>
#include <array>

#include "base/status.h"
#include "proofmark/v1/exchange.pb.h"
#include "proto/wire/checks.h"

namespace proofmark::wire {
namespace {

constexpr std::array<std::string_view, 4> kCodes = {"H0", "H1", "H2", "H3"};

bool IsOneOf(std::string_view text, std::string_view letters) {
  return text.size() == 1 && letters.find(text) != std::string_view::npos;
}

}  // namespace

bool AnswerHandling::Has(std::string_view code) const {
  return std::ranges::find(codes, code) != codes.end();
}

absl::Status CheckHandling(const AnswerHandling& handling, std::string_view field,
                           std::int64_t restrictions_bytes_max) {
  PM_RETURN_IF_ERROR(
      CheckCount(field, "codes", static_cast<int>(handling.codes.size()), 1, kCodes.size()));
  for (std::size_t i = 0; i < handling.codes.size(); ++i) {
    if (std::ranges::find(kCodes, handling.codes[i]) == kCodes.end()) {
      return Refuse(field, "codes", "must be H0, H1, H2 or H3");
    }
    if (i > 0 && handling.codes[i] <= handling.codes[i - 1]) {
      return Refuse(field, "codes", "must be ascending, each once");
    }
  }
  PM_RETURN_IF_ERROR(
      CheckText(field, "restrictions", handling.restrictions, 0, restrictions_bytes_max));
  if (handling.Has("H3") != !handling.restrictions.empty()) {
    return Refuse(field, "restrictions", "must be given with H3, and only with H3");
  }
  if (!IsOneOf(handling.source_evaluation, "ABCX")) {
    return Refuse(field, "source_evaluation", "must be A, B, C or X");
  }
  if (!IsOneOf(handling.information_evaluation, "1234")) {
    return Refuse(field, "information_evaluation", "must be 1, 2, 3 or 4");
  }
  return absl::OkStatus();
}

v1::AnswerHandling ToProto(const AnswerHandling& handling) {
  v1::AnswerHandling message;
  for (const std::string& code : handling.codes) message.add_codes(code);
  message.set_restrictions(handling.restrictions);
  message.set_source_evaluation(handling.source_evaluation);
  message.set_information_evaluation(handling.information_evaluation);
  return message;
}

absl::StatusOr<AnswerHandling> FromProto(const v1::AnswerHandling& message,
                                         std::string_view field) {
  // Before anything is copied: a peer may send any number of them.
  PM_RETURN_IF_ERROR(CheckCount(field, "codes", message.codes_size(), 1, kCodes.size()));
  AnswerHandling handling{.codes = {message.codes().begin(), message.codes().end()},
                          .restrictions = message.restrictions(),
                          .source_evaluation = message.source_evaluation(),
                          .information_evaluation = message.information_evaluation()};
  PM_RETURN_IF_ERROR(CheckHandling(handling, field));
  return handling;
}

}  // namespace proofmark::wire
