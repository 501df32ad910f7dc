// SPDX-License-Identifier: Apache-2.0
// A descriptor that is read is written again as the very same bytes, and its signatures can be
// counted; the note around it too.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "crypto/federation/acceptance.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace proofmark::crypto;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto text = ParseFederationDescriptor(input); text.ok()) {
    PM_CHECK(FormatFederationDescriptor(*text).value() == input);
  }
  const auto note = SignedDescriptor::Parse(input);
  if (!note.ok()) return 0;
  PM_CHECK(FormatNote(note->note()) == input);
  const auto count = CountGovernance(note->note(), note->descriptor());
  if (!count.ok()) return 0;
  PM_CHECK(count->signed_by.size() + count->missing.size() <= note->descriptor().agencies.size());
  // Signatures that suffice are what makes it reopen, and what suffices for the first reopens.
  PM_CHECK(AcceptedDescriptor::Reopen(std::vector{std::string(input)}).ok() == count->reached());
  const auto first =
      AcceptedDescriptor::First(*note, note->hash(), note->descriptor().not_before_unix_s);
  PM_CHECK(first.ok() == count->reached());
  return 0;
}
