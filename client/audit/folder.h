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
#include "records/ledgercopy/folder.h"

// What client and node share of a ledger's copy (records/ledgercopy), with this side's faults.
namespace proofmark::client::audit {

using ledgercopy::CheckpointPath;
using ledgercopy::ForkProof;
using ledgercopy::ForkProofPath;
using ledgercopy::FormatForkProof;
using ledgercopy::kBundleBytesMax;
using ledgercopy::kCheckpointFile;
using ledgercopy::kCheckpointsFolder;
using ledgercopy::kEvidenceFolder;
using ledgercopy::kForkProofBytesMax;
using ledgercopy::kPolicyFile;
using ledgercopy::kTileFolder;
using ledgercopy::ParseForkProof;
using ledgercopy::TilesOf;

// As those of records/ledgercopy/folder.h.
//   kDamaged (fault)     the content is not what it must be.
//   kCannotRead (fault)  it cannot be read. ReadFolderFile() says kNotFound of a file that is
//                        missing.
absl::StatusOr<std::string> ReadFolderFile(const std::filesystem::path& folder,
                                           std::string_view path, std::int64_t bytes_max);
absl::StatusOr<std::vector<std::uint64_t>> ListCheckpoints(const std::filesystem::path& folder,
                                                           std::vector<std::string>& strange);
absl::StatusOr<std::vector<std::string>> ListSuperfluous(const std::filesystem::path& folder,
                                                         std::uint64_t size);
absl::Status VisitEntries(
    const std::filesystem::path& folder, std::uint64_t size,
    const std::function<absl::Status(std::uint64_t index, std::string_view bytes)>& visit);

}  // namespace proofmark::client::audit
