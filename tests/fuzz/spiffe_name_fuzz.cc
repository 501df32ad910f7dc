// SPDX-License-Identifier: Apache-2.0
// A name that is read is written again as the very same text, and holds none but its alphabet.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "crypto/x509/spiffe_name.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using proofmark::crypto::SpiffeName;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<SpiffeName> name = SpiffeName::Parse(input);
  if (!name.ok()) return 0;

  PM_CHECK(name->uri() == input);
  PM_CHECK(std::all_of(input.begin(), input.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-./:").find(c) != std::string_view::npos;
  }));
  const absl::StatusOr<SpiffeName> again =
      name->role().has_value() ? SpiffeName::Staff(name->domain(), *name->role(), name->id())
                               : SpiffeName::Node(name->domain(), name->id());
  PM_CHECK(again.ok() && *again == *name);
  return 0;
}
