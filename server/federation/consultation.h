// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/federation/caller.h"
#include "server/ledger/ledger.h"

namespace proofmark::federation {

// What one of the agency's own people was shown. The case is what justifies it:
// docs/references.md#eu-2016-680 Article 25(1), docs/adr/0011-consultations.md.
struct Consultation {
  std::string_view read;  // What was read, a code: "EXHIBIT_READ", "LINKS_LISTED".
  std::uint64_t count = 1;
  std::string object{};           // Commitment to the exhibit, or empty.
  std::string case_commitment{};  // 64 hexadecimal digits, or empty: no one case.
};

// Entry `admin-read`; durable when it returns. Nothing may be shown before.
absl::Status LogConsultation(ledger::Ledger& ledger, const Caller& caller,
                             Consultation consultation);

}  // namespace proofmark::federation
