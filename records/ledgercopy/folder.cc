// SPDX-License-Identifier: Apache-2.0
#include "records/ledgercopy/folder.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/read_file.h"
#include "base/status.h"

namespace proofmark::ledgercopy {
namespace {

namespace fs = std::filesystem;

absl::Status CannotList(const fs::path& path, const std::error_code& error) {
  return absl::FailedPreconditionError(absl::StrFormat("%s: %s", path.string(), error.message()));
}

// Whether the tree of `size` entries has the file of that path.
bool IsOfTree(std::string_view path, std::uint64_t size) {
  if (const auto bundle = crypto::ParseBundlePath(path); bundle.ok()) {
    return crypto::TreeHas(size, *bundle);
  }
  const auto tile = crypto::ParseTilePath(path);
  return tile.ok() && crypto::TreeHas(size, *tile);
}

constexpr std::string_view kProofSuffix = ".proof";
constexpr std::string_view kRootWord = "root ";

absl::StatusOr<crypto::Sha256Digest> ParseHash(std::string_view text) {
  PM_ASSIGN_OR_RETURN(const std::string bytes, base::ParseBase64(text));
  crypto::Sha256Digest hash;
  if (bytes.size() != hash.size()) return absl::InvalidArgumentError("a hash has 32 bytes");
  std::ranges::copy(base::AsBytes(bytes), hash.begin());
  return hash;
}

std::optional<std::uint64_t> ParseSize(std::string_view text) {
  std::uint64_t size = 0;
  const auto [stop, wrong] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (wrong != std::errc() || text != std::to_string(size) || size > crypto::kTreeSizeMax) {
    return std::nullopt;
  }
  return size;
}

}  // namespace

std::string ForkProofPath(std::string_view note_path) {
  return std::string(note_path) + std::string(kProofSuffix);
}

std::string FormatForkProof(const ForkProof& proof) {
  std::string text = absl::StrFormat("%s%d %s\n", kRootWord, proof.size,
                                     base::ToBase64(base::ByteSpan(proof.root)));
  for (const crypto::Sha256Digest& hash : proof.consistency) {
    text += base::ToBase64(base::ByteSpan(hash)) + '\n';
  }
  return text;
}

absl::StatusOr<ForkProof> ParseForkProof(std::string_view text) {
  const absl::Status wrong = absl::InvalidArgumentError("not a proof of a fork");
  ForkProof proof;
  for (bool first = true; !text.empty(); first = false) {
    const std::size_t end = text.find('\n');
    if (end == text.npos || proof.consistency.size() > crypto::kProofHashesMax) return wrong;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!first) {
      PM_ASSIGN_OR_RETURN(const crypto::Sha256Digest hash, ParseHash(line));
      proof.consistency.push_back(hash);
      continue;
    }
    if (!line.starts_with(kRootWord)) return wrong;
    line.remove_prefix(kRootWord.size());
    const std::size_t blank = line.find(' ');
    const std::optional<std::uint64_t> size = ParseSize(line.substr(0, blank));
    if (blank == line.npos || !size.has_value()) return wrong;
    proof.size = *size;
    PM_ASSIGN_OR_RETURN(proof.root, ParseHash(line.substr(blank + 1)));
  }
  if (proof.size == 0) return wrong;
  return proof;
}

std::string CheckpointPath(std::uint64_t size) {
  return absl::StrFormat("%s/%d", kCheckpointsFolder, size);
}

absl::StatusOr<std::string> ReadFolderFile(const fs::path& folder, std::string_view path,
                                           std::int64_t bytes_max) {
  std::error_code error;
  const fs::path full = folder / path;
  if (fs::status(full, error).type() == fs::file_type::not_found) {
    return absl::NotFoundError(absl::StrFormat("%s is missing", path));
  }
  return base::ReadFile(full, bytes_max);
}

absl::StatusOr<std::vector<std::uint64_t>> ListCheckpoints(const fs::path& folder,
                                                           std::vector<std::string>& strange) {
  std::vector<std::uint64_t> sizes;
  const fs::path checkpoints = folder / kCheckpointsFolder;
  std::error_code error;
  if (!fs::exists(checkpoints, error)) return sizes;
  for (fs::directory_iterator file(checkpoints, error), end; !error && file != end;
       file.increment(error)) {
    const std::string name = file->path().filename().string();
    if (const std::optional<std::uint64_t> size = ParseSize(name); size.has_value()) {
      sizes.push_back(*size);
    } else {
      strange.push_back(absl::StrFormat("%s/%s", kCheckpointsFolder, name));
    }
  }
  if (error) return CannotList(checkpoints, error);
  std::ranges::sort(sizes);
  return sizes;
}

absl::StatusOr<std::vector<std::string>> ListSuperfluous(const fs::path& folder,
                                                         std::uint64_t size) {
  std::vector<std::string> superfluous;
  std::error_code error;
  if (!fs::exists(folder / kTileFolder, error)) return superfluous;
  for (fs::recursive_directory_iterator file(folder / kTileFolder, error), end;
       !error && file != end; file.increment(error)) {
    if (file->is_directory()) continue;
    std::string path = file->path().lexically_relative(folder).generic_string();
    if (!IsOfTree(path, size)) superfluous.push_back(std::move(path));
  }
  if (error) return CannotList(folder / kTileFolder, error);
  std::ranges::sort(superfluous);
  return superfluous;
}

crypto::TileFetch TilesOf(const fs::path& folder) {
  return [folder](const crypto::TileAddress& address) -> absl::StatusOr<std::string> {
    const std::string path = crypto::TilePath(address);
    absl::StatusOr<std::string> bytes =
        ReadFolderFile(folder, path, static_cast<std::int64_t>(crypto::kTileBytesMax));
    if (absl::IsNotFound(bytes.status())) return bytes;
    if (!bytes.ok()) {
      return absl::DataLossError(absl::StrFormat("%s: %s", path, bytes.status().message()));
    }
    const std::size_t wanted =
        sizeof(crypto::Sha256Digest) * static_cast<std::size_t>(address.width);
    if (bytes->size() < wanted) {
      return absl::NotFoundError(
          absl::StrFormat("%s: %d bytes of %d are there", path, bytes->size(), wanted));
    }
    return bytes;
  };
}

absl::Status VisitEntries(
    const fs::path& folder, std::uint64_t size,
    const std::function<absl::Status(std::uint64_t index, std::string_view bytes)>& visit) {
  constexpr auto kWidth = static_cast<std::uint64_t>(crypto::kTileWidth);
  for (std::uint64_t first = 0; first < size; first += kWidth) {
    const int width = static_cast<int>(std::min(kWidth, size - first));
    const std::string path = crypto::BundlePath({.index = first / kWidth, .width = width});
    PM_ASSIGN_OR_RETURN(const std::string bytes, ReadFolderFile(folder, path, kBundleBytesMax));
    const auto entries = crypto::ParseBundle(bytes, width);
    if (!entries.ok()) {
      return absl::DataLossError(absl::StrFormat("%s: %s", path, entries.status().message()));
    }
    for (std::size_t i = 0; i < entries->size(); ++i) {
      PM_RETURN_IF_ERROR(visit(first + i, (*entries)[i]));
    }
  }
  return absl::OkStatus();
}

}  // namespace proofmark::ledgercopy
