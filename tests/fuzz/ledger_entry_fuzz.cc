// SPDX-License-Identifier: Apache-2.0
// Whatever ParseEntry accepts, FormatEntry writes again, and the input begins with what it writes:
// there is one way to write an entry, and only unknown lines may follow.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "records/ledger_entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace proofmark;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<records::LedgerEntry> entry = records::ParseEntry(bytes);
  if (!entry.ok()) return 0;
  const absl::StatusOr<std::string> written = records::FormatEntry(*entry);
  PM_CHECK(written.ok());
  PM_CHECK(bytes.starts_with(*written));
  return 0;
}
