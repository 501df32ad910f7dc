// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/tile.h"

#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/crypto/tlog/log_vectors.h"
#include "tests/unit/crypto/tlog/reference_tree.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::Flipped;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::SomeLeaves;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::VectorEntries;
using ::proofmark::testing::Vectors;
using ::testing::HasSubstr;
using Json = nlohmann::json;

// Tile files by path, built level upon level from leaf hashes: no code of the product.
std::map<std::string, std::string> ReferenceTiles(std::vector<Sha256Digest> row) {
  std::map<std::string, std::string> files;
  for (int level = 0; !row.empty(); ++level) {
    std::vector<Sha256Digest> next;
    for (std::size_t first = 0; first < row.size(); first += 256) {
      const std::size_t width = std::min<std::size_t>(256, row.size() - first);
      char path[64];
      EXPECT_LT(first / 256, 1000u);
      std::snprintf(path, sizeof path, width == 256 ? "tile/%d/%03zu" : "tile/%d/%03zu.p/%zu",
                    level, first / 256, width);
      const auto hashes = std::span(row).subspan(first, width);
      for (const Sha256Digest& hash : hashes) files[path].append(AsText(hash));
      if (width == 256) next.push_back(testing::ReferenceRoot(hashes));
    }
    row = next;
  }
  return files;
}

// Serves tiles from a map and counts what was asked for.
class Files {
 public:
  explicit Files(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  std::string& operator[](const std::string& path) { return files_.at(path); }
  const std::map<std::string, std::string>& all() const { return files_; }
  int fetched() { return std::exchange(fetched_, 0); }

  TileFetch Fetch() {
    return [this](const TileAddress& address) -> absl::StatusOr<std::string> {
      ++fetched_;
      const auto file = files_.find(TilePath(address));
      if (file == files_.end()) return absl::NotFoundError(TilePath(address));
      return file->second;
    };
  }

 private:
  std::map<std::string, std::string> files_;
  int fetched_ = 0;
};

TEST(TileVectorTest, WritesAndReadsEveryIndex) {
  PM_REQUIRE_SHARED_DATA();
  int cases = 0;
  const Json vectors = Vectors("tlog_tiles.json");
  for (const Json& c : vectors["index_encoding"]) {
    const std::uint64_t index = c["n"];
    const std::string encoded = c["encoded"];
    EXPECT_EQ(TilePath({3, index, 256}), "tile/3/" + encoded);
    EXPECT_EQ(BundlePath({index, 7}), "tile/entries/" + encoded + ".p/7");
    const absl::StatusOr<TileAddress> tile = ParseTilePath("tile/3/" + encoded);
    ASSERT_THAT(tile, IsOk());
    EXPECT_EQ(*tile, (TileAddress{3, index, 256}));
    ++cases;
  }
  EXPECT_EQ(cases, 8);
}

TEST(TileVectorTest, MakesTheFilesOfEveryTree) {
  PM_REQUIRE_SHARED_DATA();
  int trees = 0;
  int files = 0;
  const Json vectors = Vectors("tlog_tiles.json");
  for (const Json& tree : vectors["trees"]) {
    const std::uint64_t size = tree["size"];
    SCOPED_TRACE(size);
    std::vector<Sha256Digest> leaves;
    for (const std::string& entry : VectorEntries(0, size)) leaves.push_back(LeafHash(entry));
    const HashReader read = ReadLeaves(leaves);
    EXPECT_EQ(base::ToHex(RootFrom(size, read).value()), tree["root"].get<std::string>());

    const std::vector<TileAddress> tiles = TilesSince(0, size).value();
    const std::vector<BundleAddress> bundles = BundlesSince(0, size).value();
    EXPECT_EQ(tiles.size(), tree["tile_count"]);
    EXPECT_EQ(bundles.size(), tree["bundle_count"]);
    for (const Json& file : tree["tiles"]) {
      const absl::StatusOr<TileAddress> tile = ParseTilePath(file["path"].get<std::string>());
      ASSERT_THAT(tile, IsOk());
      EXPECT_THAT(tiles, ::testing::Contains(*tile));
      const absl::StatusOr<std::string> bytes = EncodeTile(*tile, read);
      ASSERT_THAT(bytes, IsOk());
      EXPECT_EQ(bytes->size(), file["bytes"]);
      EXPECT_EQ(Sha256Hex(*bytes), file["sha256"].get<std::string>());
      ++files;
    }
    for (const Json& file : tree["bundles"]) {
      const absl::StatusOr<BundleAddress> bundle = ParseBundlePath(file["path"].get<std::string>());
      ASSERT_THAT(bundle, IsOk());
      EXPECT_THAT(bundles, ::testing::Contains(*bundle));
      const std::vector<std::string> entries =
          VectorEntries(bundle->index * 256, static_cast<std::size_t>(bundle->width));
      const absl::StatusOr<std::string> bytes = EncodeBundle(entries);
      ASSERT_THAT(bytes, IsOk());
      EXPECT_EQ(bytes->size(), file["bytes"]);
      EXPECT_EQ(Sha256Hex(*bytes), file["sha256"].get<std::string>());
      const auto read_again = ParseBundle(*bytes, bundle->width);
      ASSERT_THAT(read_again, IsOk());
      EXPECT_EQ(*read_again, entries);
      ++files;
    }
    ++trees;
  }
  EXPECT_EQ(trees, 7);
  EXPECT_EQ(files, 39);
}

TEST(TilePathTest, RefusesEveryOtherSpelling) {
  for (const char* path : {"",
                           "tile",
                           "tile/",
                           "tile/0",
                           "tile/0/",
                           "tile/0/0",
                           "tile/0/00",
                           "tile/0/0000",
                           "tile/0/x000/001",
                           "tile/0/x001/1",
                           "tile/0/001/000",
                           "tile/0/x001/x000",
                           "tile/0/X001/000",
                           "tile/0/x001//000",
                           "tile/0/x001/000/",
                           "/tile/0/000",
                           "tile//0/000",
                           "tile/00/000",
                           "tile/64/000",
                           "tile/-1/000",
                           "tile/+0/000",
                           "tile/0/000.p",
                           "tile/0/000.p/",
                           "tile/0/000.p/0",
                           "tile/0/000.p/00",
                           "tile/0/000.p/01",
                           "tile/0/000.p/256",
                           "tile/0/000.p/1/",
                           "tile/0/000.p/1.p/1",
                           "tile/0/../000",
                           "tile/0/..",
                           "tile/0/000.p/-1",
                           "tile/0/x072/x057/x594/x037/x927/936",
                           "tile/0/x999/x999/x999/x999/x999/x999/999",
                           "tile/0/ 00",
                           "tile/0/000 ",
                           "tile/0/000\n",
                           "tile/entries/000",
                           "tile/8/0/000",
                           "checkpoint",
                           "TILE/0/000"}) {
    EXPECT_THAT(ParseTilePath(path), StatusIs(absl::StatusCode::kInvalidArgument)) << path;
  }
  EXPECT_THAT(ParseTilePath(std::string("tile/0/000\0", 11)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseTilePath(std::string(100'000, '/')),
              StatusIs(absl::StatusCode::kInvalidArgument));
  for (const char* path : {"tile/0/000", "tile/entries", "tile/entries/", "tile/entries/0",
                           "tile/entries/000.p/0", "tile/entries/000.p/256", "entries/000"}) {
    EXPECT_THAT(ParseBundlePath(path), StatusIs(absl::StatusCode::kInvalidArgument)) << path;
  }
}

TEST(TilePathTest, ComesBackForRandomAddresses) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 5000; ++round) {
    const TileAddress tile{static_cast<int>(random() % 64), random() >> (8 + random() % 56),
                           1 + static_cast<int>(random() % 256)};
    const std::string path = TilePath(tile);
    ASSERT_LE(path.size(), kTilePathBytesMax);
    ASSERT_THAT(ParseTilePath(path), IsOk());
    EXPECT_EQ(*ParseTilePath(path), tile);
    const BundleAddress bundle{tile.index, tile.width};
    ASSERT_THAT(ParseBundlePath(BundlePath(bundle)), IsOk());
    EXPECT_EQ(*ParseBundlePath(BundlePath(bundle)), bundle);
  }
}

TEST(TreeFilesTest, OfASizeAreThoseTheDefinitionMakes) {
  for (const std::size_t size :
       {0u, 1u, 2u, 255u, 256u, 257u, 511u, 512u, 600u, 65'535u, 65'536u, 65'537u, 70'000u}) {
    SCOPED_TRACE(size);
    std::set<std::string> expected;
    for (const auto& [path, bytes] : ReferenceTiles(SomeLeaves(size))) expected.insert(path);
    std::set<std::string> listed;
    for (const TileAddress& tile : TilesSince(0, size).value()) {
      listed.insert(TilePath(tile));
      EXPECT_TRUE(TreeHas(size, tile)) << TilePath(tile);
      TileAddress beyond = tile;
      beyond.width = tile.width % 256 + 1;
      EXPECT_EQ(TreeHas(size, beyond), expected.contains(TilePath(beyond)));
      beyond.index += 1;
      EXPECT_EQ(TreeHas(size, beyond), expected.contains(TilePath(beyond)));
    }
    EXPECT_EQ(listed, expected);
    EXPECT_FALSE(TreeHas(size, TileAddress{8, 0, 1}));
    EXPECT_FALSE(TreeHas(size, TileAddress{-1, 0, 1}));
    EXPECT_FALSE(TreeHas(size, BundleAddress{size / 256 + 1, 1}));
  }
}

TEST(TreeFilesTest, SinceAnOlderSizeAreThoseItLacks) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t size = random() % 140'000;
    const std::uint64_t older = random() % (size + 1);
    SCOPED_TRACE(std::to_string(older) + " to " + std::to_string(size));
    std::vector<TileAddress> expected;
    for (const TileAddress& tile : TilesSince(0, size).value()) {
      if (!TreeHas(older, tile)) expected.push_back(tile);
    }
    EXPECT_EQ(TilesSince(older, size).value(), expected);
    std::vector<BundleAddress> bundles;
    for (const BundleAddress& bundle : BundlesSince(0, size).value()) {
      if (!TreeHas(older, bundle)) bundles.push_back(bundle);
    }
    EXPECT_EQ(BundlesSince(older, size).value(), bundles);
  }
}

TEST(TreeFilesTest, AreNotListedWithoutBound) {
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(TilesSince(0, kTreeSizeMax), invalid);
  EXPECT_THAT(BundlesSince(0, kTreeSizeMax), invalid);
  EXPECT_THAT(TilesSince(0, kTreeSizeMax + 1), invalid);
  EXPECT_THAT(TilesSince(2, 1), invalid);
  EXPECT_THAT(TilesSince(kTreeSizeMax - 300, kTreeSizeMax), IsOk());
}

TEST(BundleTest, RefusesWhatIsNotExactlyItsEntries) {
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  const std::string bytes = EncodeBundle(std::vector<std::string>{"one", "", "three"}).value();
  ASSERT_THAT(ParseBundle(bytes, 3), IsOk());
  EXPECT_THAT(ParseBundle(bytes, 2), invalid);
  EXPECT_THAT(ParseBundle(bytes, 4), invalid);
  EXPECT_THAT(ParseBundle(bytes + "x", 3), invalid);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(ParseBundle(bytes.substr(0, size), 3), invalid);
  }
  EXPECT_THAT(EncodeBundle({}), invalid);
  EXPECT_THAT(EncodeBundle(std::vector<std::string>(257)), invalid);
}

TEST(BundleTest, HoldsEntriesOfAtMost4096BytesUnlessTheFormatsBoundIsAskedFor) {
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("4096"));
  EXPECT_THAT(EncodeBundle(std::vector{std::string(4096, 'x')}), IsOk());
  EXPECT_THAT(EncodeBundle(std::vector{std::string(4097, 'x')}), invalid);
  std::string foreign("\xFF\xFF", 2);
  foreign.append(65'535, 'x');
  EXPECT_THAT(ParseBundle(foreign, 1), invalid);
  EXPECT_THAT(ParseBundle(foreign, 1, kLogEntryBytesFormatMax), IsOk());
}

// ---- Tiles that someone else served ----

class VerifiedTilesTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kSize = 66'100;  // Three levels, all of them with partial tiles.

  static const std::vector<Sha256Digest>& Leaves() {
    static const std::vector<Sha256Digest> leaves = SomeLeaves(kSize);
    return leaves;
  }
  static const std::map<std::string, std::string>& Reference() {
    static const std::map<std::string, std::string> files = ReferenceTiles(Leaves());
    return files;
  }
  static Sha256Digest Root() {
    static const Sha256Digest root = RootFrom(kSize, ReadLeaves(Leaves())).value();
    return root;
  }

  Files files_{Reference()};
};

TEST_F(VerifiedTilesTest, GiveProofsThatVerify) {
  absl::StatusOr<VerifiedTiles> tiles = VerifiedTiles::Open(kSize, Root(), files_.Fetch());
  ASSERT_THAT(tiles, IsOk());
  EXPECT_EQ(files_.fetched(), 3);
  std::mt19937_64 random(6);
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t index = random() % kSize;
    const auto inclusion = BuildInclusionProof(index, kSize, tiles->Reader());
    ASSERT_THAT(inclusion, IsOk());
    ASSERT_THAT(VerifyInclusion(index, kSize, Leaves()[index], *inclusion, Root()), IsOk());

    const std::uint64_t older = 1 + random() % kSize;
    const auto consistency = BuildConsistencyProof(older, kSize, tiles->Reader());
    ASSERT_THAT(consistency, IsOk());
    const Sha256Digest old_root = RootFrom(older, tiles->Reader()).value();
    ASSERT_EQ(old_root, RootFrom(older, ReadLeaves(Leaves())).value());
    ASSERT_THAT(VerifyConsistency(older, kSize, old_root, Root(), *consistency), IsOk());
  }
}

TEST_F(VerifiedTilesTest, GiveEverySubtreesHash) {
  absl::StatusOr<VerifiedTiles> tiles = VerifiedTiles::Open(kSize, Root(), files_.Fetch());
  ASSERT_THAT(tiles, IsOk());
  std::vector<Sha256Digest> row = Leaves();
  for (int height = 0; !row.empty(); ++height) {
    for (std::size_t i = 0; i < row.size(); i += 1 + i % 7) {
      const absl::StatusOr<Sha256Digest> hash = tiles->Read(height, i);
      ASSERT_THAT(hash, IsOk());
      ASSERT_EQ(*hash, row[i]) << height << ", " << i;
    }
    EXPECT_THAT(tiles->Read(height, row.size()), StatusIs(absl::StatusCode::kOutOfRange));
    for (std::size_t i = 0; i < row.size() / 2; ++i) row[i] = NodeHash(row[2 * i], row[2 * i + 1]);
    row.resize(row.size() / 2);
  }
  EXPECT_THAT(tiles->Read(-1, 0), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(tiles->Read(63, 0), StatusIs(absl::StatusCode::kOutOfRange));
}

TEST_F(VerifiedTilesTest, AreKeptSoThatTheNextReadCostsNothing) {
  absl::StatusOr<VerifiedTiles> tiles = VerifiedTiles::Open(kSize, Root(), files_.Fetch());
  ASSERT_THAT(tiles, IsOk());
  files_.fetched();
  ASSERT_THAT(tiles->Read(0, 1), IsOk());
  EXPECT_EQ(files_.fetched(), 2);  // The tile and its parent; the grandparent is partial.
  ASSERT_THAT(tiles->Read(0, 2), IsOk());
  EXPECT_EQ(files_.fetched(), 0);
}

// Each single bit of a tile decides: whichever is changed, no hash of that tile is believed.
TEST_F(VerifiedTilesTest, AreRefusedAfterAnyBitChanges) {
  std::mt19937_64 random(7);
  for (const auto& [path, bytes] : Reference()) {
    if (path.starts_with("tile/0/") && path != "tile/0/000" && path.find(".p") == path.npos &&
        random() % 16 != 0) {
      continue;  // 16 of 257 full leaf tiles are enough.
    }
    SCOPED_TRACE(path);
    Files files(Reference());
    std::string& damaged = files[path];
    const std::size_t byte = random() % damaged.size();
    damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << (random() % 8)));
    const TileAddress address = ParseTilePath(path).value();

    absl::StatusOr<VerifiedTiles> tiles = VerifiedTiles::Open(kSize, Root(), files.Fetch());
    if (address.width < 256) {
      EXPECT_THAT(tiles, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("another root")));
      continue;
    }
    ASSERT_THAT(tiles, IsOk());
    EXPECT_THAT(tiles->Read(8 * address.level, 256 * address.index + random() % 256),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr(path)));
  }
}

TEST_F(VerifiedTilesTest, OfAnotherLengthOrAbsentAreReported) {
  files_["tile/0/003"].pop_back();
  absl::StatusOr<VerifiedTiles> tiles = VerifiedTiles::Open(kSize, Root(), files_.Fetch());
  ASSERT_THAT(tiles, IsOk());
  EXPECT_THAT(tiles->Read(0, 3 * 256), StatusIs(absl::StatusCode::kDataLoss));

  std::map<std::string, std::string> fewer = Reference();
  fewer.erase("tile/0/004");
  Files lacking(fewer);
  tiles = VerifiedTiles::Open(kSize, Root(), lacking.Fetch());
  ASSERT_THAT(tiles, IsOk());
  EXPECT_THAT(tiles->Read(0, 4 * 256), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(VerifiedTilesTest, OpenOnlyForTheirOwnRootAndSize) {
  EXPECT_THAT(VerifiedTiles::Open(kSize, Flipped(Root()), files_.Fetch()),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(VerifiedTiles::Open(kSize - 1, Root(), files_.Fetch()),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(VerifiedTiles::Open(kTreeSizeMax + 1, Root(), files_.Fetch()),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(VerifiedTiles::Open(0, EmptyRoot(), files_.Fetch()), IsOk());
  EXPECT_THAT(VerifiedTiles::Open(0, Root(), files_.Fetch()),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(VerifiedTilesTest, ShowWhichEntriesOfABundleWereLogged) {
  absl::StatusOr<VerifiedTiles> tiles = VerifiedTiles::Open(kSize, Root(), files_.Fetch());
  ASSERT_THAT(tiles, IsOk());
  std::vector<std::string> entries;
  for (int i = 0; i < 256; ++i) entries.push_back("leaf " + std::to_string(512 + i));
  EXPECT_THAT(tiles->CheckBundle({2, 256}, entries), IsOk());
  entries[100].back() ^= 1;
  EXPECT_THAT(tiles->CheckBundle({2, 256}, entries),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("entry 612")));
  EXPECT_THAT(tiles->CheckBundle({2, 255}, entries), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(tiles->CheckBundle({9999, 256}, entries), StatusIs(absl::StatusCode::kOutOfRange));
}

}  // namespace
}  // namespace proofmark::crypto
