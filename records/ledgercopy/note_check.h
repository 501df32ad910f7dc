// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/policy.h"
#include "records/ledgercopy/verdict.h"

namespace proofmark::ledgercopy {

struct NoteCheck {
  Verdict verdict = Verdict::kCorrupt;  // kValid, kUnwitnessed, kCorrupt or kWrongKey.
  std::string words;
  // Set for kValid and kUnwitnessed.
  std::optional<crypto::OpenedCheckpoint> opened;
  crypto::WitnessVerdict standing;
  std::size_t unknown_lines = 0;  // Signatures under keys that the policy does not name.
};

// Judges a checkpoint's note by a policy. Stricter than OpenCheckpoint() on what was kept: a line
// whose name and id no key bears, but whose signature a known key made, is damage and not somebody
// else's line; so is one whose id is a known key's but for one byte. Pure.
NoteCheck CheckNote(std::string_view note, const crypto::Policy& policy, std::int64_t now_unix_s);

}  // namespace proofmark::ledgercopy
