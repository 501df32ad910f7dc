// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/merkle.h"
#include "crypto/tlog/policy.h"

namespace proofmark::crypto {

// A file that shows, without asking anyone, that an entry is in a log and that witnesses saw the
// log (docs/formats/transparency-log.md): the receipt for laboratories, partners and auditors.
//   Threads  Everything here is pure; the types are plain values.
//   Source   docs/references.md#c2sp-tlog-proof

inline constexpr std::size_t kTlogProofExtraBytesMax = 4096;
// The note, the extra line in base64, 63 lines of hashes, and the two first lines.
inline constexpr std::size_t kTlogProofBytesMax = kNoteBytesMax + 16 * 1024;

struct TlogProof {
  std::optional<std::string> extra;  // 0..kTlogProofExtraBytesMax bytes. Authenticated by nothing.
  std::uint64_t index = 0;           // Below the checkpoint's size.
  std::vector<Sha256Digest> inclusion;  // Leaf side first, at most kProofHashesMax.
  std::string checkpoint_note;          // With the log's signature and the cosignatures.

  friend bool operator==(const TlogProof&, const TlogProof&) = default;
};

// Reads the shape alone; FormatTlogProof() gives the same bytes back.
//   kInvalidArgument  another shape, names the line; the note must be one of a checkpoint.
absl::StatusOr<TlogProof> ParseTlogProof(std::string_view bytes);

//   kInvalidArgument  what ParseTlogProof() would refuse.
absl::StatusOr<std::string> FormatTlogProof(const TlogProof& proof);

struct VerifiedTlogProof {
  OpenedCheckpoint checkpoint;
  std::uint64_t index = 0;
  Sha256Digest leaf_hash{};
  WitnessVerdict verdict;
};

// Judges a proof about `entry` by `policy`.
//   kUnauthenticated    no log of the policy signed it, or a signature under a known key fails.
//   kFailedPrecondition the signatures are good and the quorum is not met: verdict.words.
//   kInvalidArgument    malformed, or the entry is not at that index of that tree.
absl::StatusOr<VerifiedTlogProof> VerifyTlogProof(const TlogProof& proof, std::string_view entry,
                                                  const Policy& policy, std::int64_t now_unix_s);

}  // namespace proofmark::crypto
