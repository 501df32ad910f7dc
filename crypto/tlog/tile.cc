// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/tile.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/tlog/lines.h"

namespace proofmark::crypto {
namespace {

constexpr std::string_view kTilePrefix = "tile/";
constexpr std::string_view kBundlePrefix = "tile/entries/";
constexpr std::string_view kPartialMark = ".p/";
constexpr std::uint64_t kIndexEnd = std::uint64_t{1} << 56;
constexpr std::uint64_t kWidth = kTileWidth;

// How many hashes a level stores.
std::uint64_t HashesOf(int level, std::uint64_t size) {
  return level > kTileLevelStoredMax ? 0 : size >> (kTileHeight * level);
}

std::string IndexAndWidth(std::uint64_t index, int width) {
  PM_CHECK(index < kIndexEnd && width >= 1 && width <= kTileWidth);
  std::string path = absl::StrFormat("%03d", index % 1000);
  for (index /= 1000; index > 0; index /= 1000) {
    path = absl::StrFormat("x%03d/%s", index % 1000, path);
  }
  if (width < kTileWidth) path += absl::StrFormat(".p/%d", width);
  return path;
}

// Reads more spellings than IndexAndWidth() writes: the caller writes it again and compares.
std::optional<BundleAddress> LooseIndexAndWidth(std::string_view text) {
  BundleAddress address;
  if (const std::size_t mark = text.find(kPartialMark); mark != text.npos) {
    const std::optional<std::uint64_t> width =
        ParseDecimal(text.substr(mark + kPartialMark.size()), kWidth - 1);
    if (!width || *width == 0) return std::nullopt;
    address.width = static_cast<int>(*width);
    text = text.substr(0, mark);
  }
  for (const char c : text) {
    if (c == 'x' || c == '/') continue;
    if (c < '0' || c > '9') return std::nullopt;
    address.index = address.index * 10 + static_cast<std::uint64_t>(c - '0');
    if (address.index >= kIndexEnd) return std::nullopt;
  }
  return address;
}

absl::Status RefusePath() { return absl::InvalidArgumentError("tile path: not in canonical form"); }

absl::Status CheckSizes(std::uint64_t old_size, std::uint64_t size) {
  if (size > kTreeSizeMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("tiles: size %d exceeds %d", size, kTreeSizeMax));
  }
  if (old_size > size) {
    return absl::InvalidArgumentError(
        absl::StrFormat("tiles: old size %d is larger than %d", old_size, size));
  }
  // Higher levels together add less than half as many again.
  if ((size / kWidth) - (old_size / kWidth) > kTilesListedMax / 2) {
    return absl::InvalidArgumentError(
        absl::StrFormat("tiles: more than %d between sizes", kTilesListedMax));
  }
  return absl::OkStatus();
}

// The files of one level that appear when it grows from `before` to `after` hashes or entries.
template <class Add>
void ForEachNew(std::uint64_t before, std::uint64_t after, const Add& add) {
  for (std::uint64_t index = before / kWidth; index < after / kWidth; ++index) {
    add(index, kTileWidth);
  }
  if (after != before && after % kWidth != 0) add(after / kWidth, static_cast<int>(after % kWidth));
}

bool HasFile(std::uint64_t count, std::uint64_t index, int width) {
  if (width == kTileWidth) return index < count / kWidth;
  return width > 0 && index == count / kWidth &&
         static_cast<std::uint64_t>(width) == count % kWidth;
}

Sha256Digest RootOf(std::span<const Sha256Digest> perfect) {
  return *ReadLeaves(perfect)(static_cast<int>(std::bit_width(perfect.size())) - 1, 0);
}

absl::Status Untrue(const TileAddress& address) {
  return absl::DataLossError(
      absl::StrFormat("%s: its hashes do not lead to the root", TilePath(address)));
}

}  // namespace

std::string TilePath(const TileAddress& address) {
  PM_CHECK(address.level >= 0 && address.level <= kTileLevelMax);
  return absl::StrFormat("%s%d/%s", kTilePrefix, address.level,
                         IndexAndWidth(address.index, address.width));
}

std::string BundlePath(const BundleAddress& address) {
  return absl::StrFormat("%s%s", kBundlePrefix, IndexAndWidth(address.index, address.width));
}

absl::StatusOr<TileAddress> ParseTilePath(std::string_view path) {
  if (path.size() > kTilePathBytesMax || !path.starts_with(kTilePrefix)) return RefusePath();
  const std::string_view rest = path.substr(kTilePrefix.size());
  const std::size_t slash = rest.find('/');
  if (slash == rest.npos) return RefusePath();
  const std::optional<std::uint64_t> level = ParseDecimal(rest.substr(0, slash), kTileLevelMax);
  const std::optional<BundleAddress> place = LooseIndexAndWidth(rest.substr(slash + 1));
  if (!level || !place) return RefusePath();
  const TileAddress address{static_cast<int>(*level), place->index, place->width};
  if (TilePath(address) != path) return RefusePath();
  return address;
}

absl::StatusOr<BundleAddress> ParseBundlePath(std::string_view path) {
  if (path.size() > kTilePathBytesMax || !path.starts_with(kBundlePrefix)) return RefusePath();
  const std::optional<BundleAddress> address =
      LooseIndexAndWidth(path.substr(kBundlePrefix.size()));
  if (!address || BundlePath(*address) != path) return RefusePath();
  return *address;
}

int PartialTileWidth(int level, std::uint64_t size) {
  return static_cast<int>(HashesOf(level, size) % kWidth);
}

bool TreeHas(std::uint64_t size, const TileAddress& tile) {
  return tile.level >= 0 && HasFile(HashesOf(tile.level, size), tile.index, tile.width);
}

bool TreeHas(std::uint64_t size, const BundleAddress& bundle) {
  return HasFile(size, bundle.index, bundle.width);
}

absl::StatusOr<std::vector<TileAddress>> TilesSince(std::uint64_t old_size, std::uint64_t size) {
  PM_RETURN_IF_ERROR(CheckSizes(old_size, size));
  std::vector<TileAddress> tiles;
  for (int level = 0; HashesOf(level, size) > 0; ++level) {
    ForEachNew(HashesOf(level, old_size), HashesOf(level, size),
               [&](std::uint64_t index, int width) {
                 tiles.push_back({level, index, width});
               });
  }
  return tiles;
}

absl::StatusOr<std::vector<BundleAddress>> BundlesSince(std::uint64_t old_size,
                                                        std::uint64_t size) {
  PM_RETURN_IF_ERROR(CheckSizes(old_size, size));
  std::vector<BundleAddress> bundles;
  ForEachNew(old_size, size, [&](std::uint64_t index, int width) {
    bundles.push_back({index, width});
  });
  return bundles;
}

absl::StatusOr<std::string> EncodeTile(const TileAddress& address, const HashReader& read) {
  std::string bytes;
  for (int i = 0; i < address.width; ++i) {
    PM_ASSIGN_OR_RETURN(
        const Sha256Digest hash,
        read(kTileHeight * address.level, address.index * kWidth + static_cast<std::uint64_t>(i)));
    bytes.append(AsText(hash));
  }
  return bytes;
}

absl::StatusOr<std::vector<Sha256Digest>> ParseTile(const TileAddress& address,
                                                    std::string_view bytes) {
  const auto width = static_cast<std::size_t>(address.width);
  if (bytes.size() != width * sizeof(Sha256Digest)) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: %d bytes, not 32 for each of %d hashes",
                                                      TilePath(address), bytes.size(), width));
  }
  std::vector<Sha256Digest> hashes(width);
  for (Sha256Digest& hash : hashes) {
    std::ranges::copy(base::AsBytes(bytes.substr(0, hash.size())), hash.begin());
    bytes.remove_prefix(hash.size());
  }
  return hashes;
}

absl::StatusOr<std::string> EncodeBundle(std::span<const std::string> entries) {
  if (entries.empty() || entries.size() > kWidth) {
    return absl::InvalidArgumentError(
        absl::StrFormat("bundle: %d entries, not 1 to %d", entries.size(), kWidth));
  }
  std::string bytes;
  for (const std::string& entry : entries) {
    if (entry.size() > kLogEntryBytesMax) {
      return absl::InvalidArgumentError(absl::StrFormat("bundle: an entry of %d bytes exceeds %d",
                                                        entry.size(), kLogEntryBytesMax));
    }
    base::AppendLp2(bytes, entry);
  }
  return bytes;
}

absl::StatusOr<std::vector<std::string>> ParseBundle(std::string_view bytes, int width,
                                                     std::size_t entry_bytes_max) {
  std::vector<std::string> entries;
  for (int i = 0; i < width; ++i) {
    if (bytes.size() < 2) return absl::InvalidArgumentError("bundle: too few entries");
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) << 8 |
                             static_cast<unsigned char>(bytes[1]);
    bytes.remove_prefix(2);
    if (size > entry_bytes_max) {
      return absl::InvalidArgumentError(
          absl::StrFormat("bundle: an entry of %d bytes exceeds %d", size, entry_bytes_max));
    }
    if (size > bytes.size()) return absl::InvalidArgumentError("bundle: ends within an entry");
    entries.emplace_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  if (!bytes.empty()) return absl::InvalidArgumentError("bundle: bytes after its last entry");
  return entries;
}

absl::StatusOr<VerifiedTiles> VerifiedTiles::Open(std::uint64_t size, const Sha256Digest& root,
                                                  TileFetch fetch) {
  VerifiedTiles tiles(size, std::move(fetch));
  PM_RETURN_IF_ERROR(CheckSizes(size, size));
  for (int level = 0; HashesOf(level, size) > 0; ++level) {
    const int width = PartialTileWidth(level, size);
    if (width == 0) continue;
    PM_ASSIGN_OR_RETURN(tiles.partial_[level],
                        tiles.Fetch({level, HashesOf(level, size) / kWidth, width}));
  }
  // The root's perfect subtrees lie wholly in these tiles and use each of their hashes: no full
  // tile is asked for here.
  PM_ASSIGN_OR_RETURN(const Sha256Digest computed, RootFrom(size, tiles.Reader()));
  if (computed != root) {
    return absl::DataLossError(
        absl::StrFormat("tiles: those of size %d lead to another root", size));
  }
  return tiles;
}

absl::StatusOr<VerifiedTiles::Hashes> VerifiedTiles::Fetch(const TileAddress& address) const {
  PM_ASSIGN_OR_RETURN(const std::string bytes, fetch_(address));
  absl::StatusOr<Hashes> hashes = ParseTile(address, bytes);
  if (!hashes.ok()) return absl::DataLossError(std::string(hashes.status().message()));
  return hashes;
}

absl::StatusOr<const VerifiedTiles::Hashes*> VerifiedTiles::Verified(int level,
                                                                     std::uint64_t index) {
  if (index == HashesOf(level, size_) / kWidth) return &partial_.at(level);
  const std::pair<int, std::uint64_t> place(level, index);
  if (const auto kept = full_.find(place); kept != full_.end()) return &kept->second;

  const TileAddress address{level, index, kTileWidth};
  PM_ASSIGN_OR_RETURN(Hashes hashes, Fetch(address));
  // The parent's copy is taken before anything is forgotten.
  PM_ASSIGN_OR_RETURN(const Hashes* parent, Verified(level + 1, index / kWidth));
  if (RootOf(hashes) != (*parent)[index % kWidth]) return Untrue(address);
  if (full_.size() >= kTilesKeptMax) full_.clear();
  return &(full_[place] = std::move(hashes));
}

absl::StatusOr<Sha256Digest> VerifiedTiles::Read(int height, std::uint64_t subtree_index) {
  if (height < 0 || height > 62 || subtree_index >= size_ >> height) {
    return absl::OutOfRangeError(
        absl::StrFormat("no subtree of height %d at %d", height, subtree_index));
  }
  const int level = height / kTileHeight;
  const int within = height % kTileHeight;
  const std::uint64_t first = subtree_index << within;
  PM_ASSIGN_OR_RETURN(const Hashes* tile, Verified(level, first / kWidth));
  return RootOf(std::span(*tile).subspan(first % kWidth, std::size_t{1} << within));
}

HashReader VerifiedTiles::Reader() {
  return [this](int height, std::uint64_t index) { return Read(height, index); };
}

absl::Status VerifiedTiles::CheckBundle(const BundleAddress& bundle,
                                        std::span<const std::string> entries) {
  if (!TreeHas(size_, bundle) || entries.size() != static_cast<std::size_t>(bundle.width)) {
    return absl::OutOfRangeError("bundle: not one of this tree");
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::uint64_t index = bundle.index * kWidth + i;
    PM_ASSIGN_OR_RETURN(const Sha256Digest hash, Read(0, index));
    if (LeafHash(entries[i]) != hash) {
      return absl::DataLossError(absl::StrFormat("entry %d is not the one logged", index));
    }
  }
  return absl::OkStatus();
}

}  // namespace proofmark::crypto
