// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/policy.h"
#include "records/ledgercopy/verdict.h"

namespace proofmark::ledgercopy {

struct VerifyOptions {
  std::int64_t now_unix_s = 0;
  unsigned threads = std::thread::hardware_concurrency();
  // The clock of a node may be set back; by more than this between neighbours is worth a warning.
  std::int64_t backwards_ms_max = 60'000;
  // Called on the calling thread after each 65 536 entries or 1 024 checkpoints.
  std::function<void(std::uint64_t entries_done, std::uint64_t entries_total)> progress{};
};

inline constexpr std::size_t kFindingsMax = 50;

struct VerifyResult {
  Verdict verdict = Verdict::kValid;  // The gravest of the findings, else of the standing.
  // The checkpoint the copy was judged by: the largest that is signed. Absent for empty folders,
  // wrong keys and notes that are damaged.
  std::optional<crypto::OpenedCheckpoint> head;
  std::string standing;                     // What the policy says of the head's witnesses.
  std::uint64_t entries = 0;                // Re-hashed, read and found right.
  std::uint64_t entry_bytes = 0;            // Of them.
  std::uint64_t tiles = 0;                  // Whose hashes lead to the root.
  std::uint64_t checkpoints = 0;            // Of checkpoints/, found right.
  std::uint64_t checkpoints_witnessed = 0;  // Of these, how many meet the quorum.
  std::uint64_t witnessed_size = 0;         // Size of the largest checkpoint that meets it.
  std::vector<Finding> findings;            // In the order found, at most kFindingsMax.
  std::uint64_t findings_left_off = 0;
  std::vector<std::string> warnings;  // What does not touch the verdict and should be known.
};

// Examines the copy of a ledger in `folder` by nothing but its bytes and `policy`.
//   Checks   the head's signatures; every tile against the head's root; every entry against its
//            tile; that every entry can be read and bears its index; every checkpoint of
//            checkpoints/: its signatures, and that its root is that of this tree at its size, so
//            that all of them extend one another; every checkpoint of evidence/.
//   Memory   does not grow with the ledger but for 8 bytes a checkpoint, and the tiles of one path.
//   Threads  options.threads of its own.
//   Errors   only what keeps it from looking: kFailedPrecondition. What it sees is a verdict.
absl::StatusOr<VerifyResult> Verify(const std::filesystem::path& folder,
                                    const crypto::Policy& policy, const VerifyOptions& options);

}  // namespace proofmark::ledgercopy
