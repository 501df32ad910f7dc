// SPDX-License-Identifier: Apache-2.0
#include "records/ledgercopy/verdict.h"

#include <array>
#include <cstddef>

namespace proofmark::ledgercopy {
namespace {

struct Row {
  std::string_view word;
  std::string_view meaning;
  int exit_code;
};

// In the order of Verdict.
constexpr std::array<Row, kVerdictCount> kRows = {{
    {"VALID", "Every entry, tile, checkpoint and cosignature is there and fits together.", 0},
    {"UNWITNESSED",
     "Everything fits together, but too few witnesses cosigned the latest checkpoint: its agency "
     "alone vouches that nobody was shown another ledger.",
     10},
    {"EMPTY", "There is no ledger here, or one without entries.", 11},
    {"TRUNCATED", "Something is missing that a signed checkpoint covers.", 12},
    {"CORRUPT", "Bytes are not those that were logged or signed.", 13},
    {"WRONG KEY", "The checkpoint is of a log that the policy does not name.", 15},
    {"FORKED",
     "The log's key signed two histories that contradict each other. Only the holder of that key "
     "can do this.",
     14},
}};

const Row& RowOf(Verdict verdict) { return kRows[static_cast<std::size_t>(verdict)]; }

}  // namespace

std::string_view VerdictWord(Verdict verdict) { return RowOf(verdict).word; }
std::string_view VerdictMeaning(Verdict verdict) { return RowOf(verdict).meaning; }
int VerdictExitCode(Verdict verdict) { return RowOf(verdict).exit_code; }

}  // namespace proofmark::ledgercopy
