// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/tlog/tile.h"

// A ledger's copy on disk (docs/formats/export-folder.md):
//   checkpoint            the latest exported checkpoint, written last
//   checkpoints/<size>    every published checkpoint
//   tile/<level>/...      tiles of hashes
//   tile/entries/...      bundles of entries
//   policy                the node's own policy, for convenience: an auditor judges by his own
//   evidence/             validly signed checkpoints that contradict this ledger, if any came
namespace proofmark::ledgercopy {

inline constexpr std::string_view kCheckpointFile = "checkpoint";
inline constexpr std::string_view kCheckpointsFolder = "checkpoints";
inline constexpr std::string_view kTileFolder = "tile";
inline constexpr std::string_view kPolicyFile = "policy";
inline constexpr std::string_view kEvidenceFolder = "evidence";
// A full bundle: 256 entries, each after its length.
inline constexpr std::int64_t kBundleBytesMax =
    crypto::kTileWidth * (static_cast<std::int64_t>(crypto::kLogEntryBytesMax) + 2);

// "checkpoints/41".
std::string CheckpointPath(std::uint64_t size);

// What stands beside a checkpoint of evidence/ that is larger than the copy: the root its tree has
// at a size of the copy, and the proof from there to the checkpoint's root.
//   Form  "root <size> <base64>", then one line of base64 for each hash of the proof.
struct ForkProof {
  std::uint64_t size = 0;
  crypto::Sha256Digest root{};
  std::vector<crypto::Sha256Digest> consistency;
};
inline constexpr std::int64_t kForkProofBytesMax = 8 * 1024;

// The note's path and ".proof".
std::string ForkProofPath(std::string_view note_path);
std::string FormatForkProof(const ForkProof& proof);
//   kInvalidArgument  another form.
absl::StatusOr<ForkProof> ParseForkProof(std::string_view text);

// Reads one file of the folder. Thread-safe.
//   kNotFound             it is not there.
//   kFailedPrecondition   unreadable, no regular file, or larger than `bytes_max`.
absl::StatusOr<std::string> ReadFolderFile(const std::filesystem::path& folder,
                                           std::string_view path, std::int64_t bytes_max);

// The sizes that name the files of checkpoints/, ascending; what else lies there goes to `strange`.
// 8 bytes a checkpoint.
//   kFailedPrecondition  it cannot be read.
absl::StatusOr<std::vector<std::uint64_t>> ListCheckpoints(const std::filesystem::path& folder,
                                                           std::vector<std::string>& strange);

// Files below tile/ that are not of the tree of `size` entries.
//   kFailedPrecondition  it cannot be read.
absl::StatusOr<std::vector<std::string>> ListSuperfluous(const std::filesystem::path& folder,
                                                         std::uint64_t size);

// Reads tiles from the folder, for crypto::VerifiedTiles. `folder` is copied. The fetch is
// thread-safe.
//   kNotFound  (of the fetch) the file is missing or too short; names it.
//   kDataLoss  (of the fetch) it cannot be read, or is larger than any tile; names it.
crypto::TileFetch TilesOf(const std::filesystem::path& folder);

// Gives every entry of the copy with `size` entries to `visit`, in order, without verifying it:
// verify first. An error of `visit` ends it.
//   kDataLoss            a bundle of another form.
//   kNotFound, kFailedPrecondition  a file is missing or cannot be read.
absl::Status VisitEntries(
    const std::filesystem::path& folder, std::uint64_t size,
    const std::function<absl::Status(std::uint64_t index, std::string_view bytes)>& visit);

}  // namespace proofmark::ledgercopy
