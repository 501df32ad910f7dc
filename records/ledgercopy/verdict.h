// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace proofmark::ledgercopy {

// What an examination of a ledger's copy comes to, from the best to the gravest: of several
// findings the last named counts. Exit codes and advice: docs/operations/audit.md.
enum class Verdict {
  kValid,        // Everything is there, fits together, and is witnessed as the policy asks.
  kUnwitnessed,  // As kValid, but the latest checkpoint lacks its quorum.
  kEmpty,        // There is no ledger, or one without entries.
  kTruncated,    // Something is missing that a signed checkpoint covers.
  kCorrupt,      // Bytes are not those that were logged or signed.
  kWrongKey,     // The checkpoint is of a log that the policy does not name.
  kForked,       // The log's key signed two histories. Nobody but the log can cause this.
};
inline constexpr int kVerdictCount = 7;

// "VALID".
std::string_view VerdictWord(Verdict verdict);
// One sentence for people.
std::string_view VerdictMeaning(Verdict verdict);
// How `proofmark audit verify` ends: 0, then 10 to 15. Documented; never renumber.
int VerdictExitCode(Verdict verdict);

// One thing that is not as it should be.
struct Finding {
  Verdict verdict = Verdict::kValid;
  std::string file;                    // Relative to the folder.
  std::optional<std::uint64_t> index;  // Of the entry at fault, where it is one.
  std::string words;
};

}  // namespace proofmark::ledgercopy
