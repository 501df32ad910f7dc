// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/tlog/merkle.h"

namespace proofmark::crypto {

// The log as files: tiles of 256 hashes and bundles of 256 entries
// (docs/formats/transparency-log.md).
//   Source  docs/references.md#c2sp-tlog-tiles

inline constexpr int kTileHeight = 8;
inline constexpr int kTileWidth = 256;              // Hashes of a full tile, entries of a bundle.
inline constexpr int kTileLevelMax = 63;            // In a path.
inline constexpr int kTileLevelStoredMax = 7;       // Of any tree up to kTreeSizeMax.
inline constexpr std::size_t kTileBytesMax = 8192;  // 256 * 32
inline constexpr std::size_t kTilePathBytesMax = 64;
inline constexpr std::size_t kLogEntryBytesMax = 4096;         // Our rule for one entry.
inline constexpr std::size_t kLogEntryBytesFormatMax = 65535;  // What a bundle could hold.
inline constexpr std::size_t kTilesListedMax = std::size_t{1} << 24;

// Hashes of perfect subtrees of height 8 * level: those numbered 256 * index and on.
struct TileAddress {
  int level = 0;            // 0..kTileLevelMax
  std::uint64_t index = 0;  // Below 2^56.
  int width = kTileWidth;   // 1..256; below 256 the tile is partial.

  friend auto operator<=>(const TileAddress&, const TileAddress&) = default;
};

// Entries 256 * index and on.
struct BundleAddress {
  std::uint64_t index = 0;  // Below 2^56.
  int width = kTileWidth;   // 1..256

  friend auto operator<=>(const BundleAddress&, const BundleAddress&) = default;
};

// "tile/<level>/<index>[.p/<width>]" and "tile/entries/<index>[.p/<width>]", the index in groups of
// three digits: 1234067 is x001/x234/067. Addresses must be within their bounds.
std::string TilePath(const TileAddress& address);
std::string BundlePath(const BundleAddress& address);

// Exactly what TilePath() and BundlePath() write, nothing else: no second spelling of an index, no
// "..", no width 0 or 256.
//   kInvalidArgument  anything else. The message never repeats the path.
absl::StatusOr<TileAddress> ParseTilePath(std::string_view path);
absl::StatusOr<BundleAddress> ParseBundlePath(std::string_view path);

// Width of the partial tile at the end of `level` in a tree of `size` leaves; 0 means there is
// none. The partial bundle has the width of level 0. `level` 0..kTileLevelMax.
int PartialTileWidth(int level, std::uint64_t size);

// Whether a tree of `size` leaves has that very file: a server answers others with "not found", a
// client asks for no others. A partial file superseded by its full one is not of the tree.
bool TreeHas(std::uint64_t size, const TileAddress& tile);
bool TreeHas(std::uint64_t size, const BundleAddress& bundle);

// The files of the tree of `size` leaves that the tree of `old_size` leaves has not: all of them
// for old_size = 0. By level, then index.
//   kInvalidArgument  old_size above size, size above kTreeSizeMax, or more than kTilesListedMax.
absl::StatusOr<std::vector<TileAddress>> TilesSince(std::uint64_t old_size, std::uint64_t size);
absl::StatusOr<std::vector<BundleAddress>> BundlesSince(std::uint64_t old_size, std::uint64_t size);

// The tile's bytes, read hash by hash: up to 256 reads of height 8 * level. Errors are the
// reader's.
absl::StatusOr<std::string> EncodeTile(const TileAddress& address, const HashReader& read);

// The tile's hashes, unverified.
//   kInvalidArgument  not exactly 32 bytes for each of its width.
absl::StatusOr<std::vector<Sha256Digest>> ParseTile(const TileAddress& address,
                                                    std::string_view bytes);

// A bundle's bytes: each entry after its length in two bytes, big end first.
//   kInvalidArgument  no entry, more than 256, or one longer than kLogEntryBytesMax.
absl::StatusOr<std::string> EncodeBundle(std::span<const std::string> entries);

// The entries of a bundle of `width` entries, unverified: hash them and ask VerifiedTiles.
//   kInvalidArgument  another count of entries, bytes left over, or an entry longer than
//                     `entry_bytes_max`.
absl::StatusOr<std::vector<std::string>> ParseBundle(
    std::string_view bytes, int width, std::size_t entry_bytes_max = kLogEntryBytesMax);

// Gets the bytes of a tile from wherever they are: a file, a peer, a table. They are not trusted.
using TileFetch = std::function<absl::StatusOr<std::string>(const TileAddress& address)>;

// The hashes of a tree, read from tiles and believed only after they were shown to lead to its
// root: with it BuildInclusionProof() and BuildConsistencyProof() work from tiles that anyone
// served.
//   How      The partial tiles (at most 8) give the root, so they are checked first, all at once.
//            The hash over any full tile is an entry of its parent, which is checked before it.
//   Cost     A read fetches at most 7 tiles, none that are kept (the partial ones always are).
//   Threads  Not thread-safe. What `fetch` refers to must outlive it.
class VerifiedTiles {
 public:
  static constexpr std::size_t kTilesKeptMax = 256;  // 2 MiB; beyond that full tiles are forgotten.

  // `root` must come from a checkpoint that was opened.
  //   kDataLoss         a tile of another length, or tiles that lead to another root.
  //   kInvalidArgument  size above kTreeSizeMax.
  //   others            as `fetch` gave them.
  static absl::StatusOr<VerifiedTiles> Open(std::uint64_t size, const Sha256Digest& root,
                                            TileFetch fetch);

  std::uint64_t size() const { return size_; }

  // The hash of a subtree, as HashReader.
  //   kDataLoss    a tile of another length, or whose hashes do not lead to the root; names it.
  //   kOutOfRange  the subtree does not lie within the tree.
  //   others       as `fetch` gave them.
  absl::StatusOr<Sha256Digest> Read(int height, std::uint64_t subtree_index);

  // Read(), for the builders of proofs; this object must outlive it and stay where it is.
  HashReader Reader();

  // OK if `entries` are the bundle's entries in this tree.
  //   kDataLoss    one of them is not; names its index.
  //   kOutOfRange  the tree has no such bundle.
  absl::Status CheckBundle(const BundleAddress& bundle, std::span<const std::string> entries);

 private:
  using Hashes = std::vector<Sha256Digest>;

  VerifiedTiles(std::uint64_t size, TileFetch fetch) : size_(size), fetch_(std::move(fetch)) {}

  absl::StatusOr<Hashes> Fetch(const TileAddress& address) const;
  absl::StatusOr<const Hashes*> Verified(int level, std::uint64_t index);

  std::uint64_t size_;
  TileFetch fetch_;
  std::map<int, Hashes> partial_;                         // By level; verified.
  std::map<std::pair<int, std::uint64_t>, Hashes> full_;  // By level and index; verified.
};

}  // namespace proofmark::crypto
