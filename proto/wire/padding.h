// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "proto/wire/checks.h"
#include "proto/wire/match.h"

// Sizes that do not tell what a message says. Shared by the conversions of this folder.
namespace proofmark::wire {

// Zero bytes in the field `padding` (of a number below 16) such that `message` has a multiple of
// kAnswerSizeClassBytes. The field has a tag of one byte and a length of one to three: where no
// number of bytes fits exactly, the next class does.
template <typename Message>
void Pad(Message& message) {
  message.clear_padding();
  const std::size_t bare = message.ByteSizeLong();
  if (bare % kAnswerSizeClassBytes == 0) return;
  for (std::size_t size = bare / kAnswerSizeClassBytes * kAnswerSizeClassBytes;;) {
    size += kAnswerSizeClassBytes;
    for (std::size_t overhead = 2; overhead <= 4 && bare + overhead < size; ++overhead) {
      message.set_padding(std::string(size - bare - overhead, '\0'));
      if (message.ByteSizeLong() == size) return;
    }
  }
}

inline absl::Status CheckPadding(std::string_view field, std::string_view padding) {
  if (padding.find_first_not_of('\0') == std::string_view::npos) return absl::OkStatus();
  return Refuse(field, "padding", "must be zero bytes");
}

inline absl::Status CheckSizeClass(std::string_view bytes) {
  if (bytes.size() % kAnswerSizeClassBytes == 0) return absl::OkStatus();
  return Refuse("answer", "padding",
                absl::StrFormat("the answer has %d bytes, not a multiple of %d", bytes.size(),
                                kAnswerSizeClassBytes));
}

}  // namespace proofmark::wire
