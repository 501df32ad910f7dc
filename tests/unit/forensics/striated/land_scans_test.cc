// SPDX-License-Identifier: Apache-2.0
// Land extraction on real scans of known barrels. The bounds lie a little below what
// docs/design/land-extraction.md reports, wide enough that only a real loss trips them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>

#include "forensics/striated/land_extraction.h"
#include "forensics/striated/profile_csv.h"
#include "forensics/surface/resample.h"
#include "forensics/x3p/x3p.h"
#include "tests/bench/land_evaluation.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::CsvRow;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::KnownLand;
using ::proofmark::testing::MaxCorrelation;
using ::proofmark::testing::ReadFileOrFail;
using ::proofmark::testing::ReadSharedTable;
using ::proofmark::testing::Separation;
using ::proofmark::testing::SharedDir;
using ::proofmark::testing::Spread;
using ::proofmark::testing::SpreadOf;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

HeightMap ReadMap(const std::string& name) {
  const std::string file = ReadFileOrFail(SharedDir() / "data" / name);
  absl::StatusOr<X3pScan> scan = ReadX3p(base::AsBytes(file));
  EXPECT_THAT(scan, IsOk()) << name;
  return scan.ok() ? std::move(scan->map) : HeightMap{};
}

// All bullet scans, extracted once for all the tests below.
const std::vector<KnownLand>& BulletLands() {
  static const auto& lands = *new std::vector<KnownLand>([] {
    std::vector<KnownLand> out;
    for (const CsvRow& row : ReadSharedTable("data/manifest.csv")) {
      if (row.at("kind") != "bullet_lea") continue;
      const absl::StatusOr<LandExtraction> land = ExtractLand(ReadMap(row.at("file")), {});
      EXPECT_THAT(land, IsOk()) << row.at("file");
      if (!land.ok()) continue;
      out.push_back({row.at("file"), row.at("specimen"), row.at("land_truth"), land->signature});
    }
    return out;
  }());
  return lands;
}

std::vector<KnownLand> LandsOf(std::string_view specimen) {
  std::vector<KnownLand> out;
  for (const KnownLand& land : BulletLands()) {
    if (land.specimen == specimen) out.push_back(land);
  }
  return out;
}

TEST(LandScansTest, EveryBulletScanGivesASignature) {
  PM_REQUIRE_SHARED_DATA();

  ASSERT_EQ(BulletLands().size(), 33U);
  for (const KnownLand& land : BulletLands()) {
    SCOPED_TRACE(land.file);
    EXPECT_GE(land.signature.quality.coherence, 0.2);
    EXPECT_FALSE(land.signature.has(LandFlag::kDamaged));
    EXPECT_FALSE(land.signature.has(LandFlag::kTransposed));
    EXPECT_LT(land.signature.quality.missing_share, 0.05);
    EXPECT_GT(land.signature.quality.amplitude_um, 0.2);
    EXPECT_LT(land.signature.quality.amplitude_um, 6.0);
  }
}

TEST(LandScansTest, ShouldersLieWhereAPersonMarkedThem) {
  PM_REQUIRE_SHARED_DATA();
  std::vector<double> distance_um;
  for (const CsvRow& row : ReadSharedTable("data/truth/grooves.csv")) {
    for (const KnownLand& land : BulletLands()) {
      if (land.file != row.at("file")) continue;
      distance_um.push_back(
          std::abs(land.signature.left_shoulder_um - std::atof(row.at("left_groove_um").c_str())));
      distance_um.push_back(std::abs(land.signature.right_shoulder_um -
                                     std::atof(row.at("right_groove_um").c_str())));
    }
  }

  ASSERT_EQ(distance_um.size(), 48U);
  const auto within =
      std::count_if(distance_um.begin(), distance_um.end(), [](double d) { return d <= 75.0; });
  EXPECT_GE(within, 44);  // 90 %; 45 when written.
  EXPECT_LE(SpreadOf(distance_um).median, 17.0);
}

// Bullet 1 is stored in double, bullet 2 in single precision, and their scans lie mirrored.
TEST(LandScansTest, LandsOfOneBarrelStandOutInHamby44) {
  PM_REQUIRE_SHARED_DATA();
  std::vector<KnownLand> lands = LandsOf("H44-Br1-B1");
  const std::vector<KnownLand> second = LandsOf("H44-Br1-B2");
  lands.insert(lands.end(), second.begin(), second.end());

  const Separation separation = testing::Separate(lands);

  const Spread same = SpreadOf(separation.same);
  const Spread different = SpreadOf(separation.different);
  ASSERT_EQ(same.count, 6);
  ASSERT_EQ(different.count, 30);
  EXPECT_GE(same.mean, 0.90);
  EXPECT_GE(same.least, 0.84);
  EXPECT_LE(different.mean, 0.36);
  EXPECT_LE(different.most, 0.60);
}

TEST(LandScansTest, QuestionedLandsFindTheirOwn) {
  PM_REQUIRE_SHARED_DATA();
  const std::vector<KnownLand> e = LandsOf("H44-QE");
  const std::vector<KnownLand> x = LandsOf("H44-QX");
  const std::vector<KnownLand> k = LandsOf("H44-QK");
  ASSERT_TRUE(e.size() == 1 && x.size() == 1 && k.size() == 1);

  EXPECT_GE(MaxCorrelation(e[0].signature, x[0].signature), 0.63);
  for (const char* bullet : {"H44-Br1-B1", "H44-Br1-B2"}) {
    for (const KnownLand& land : LandsOf(bullet)) {
      const double r = MaxCorrelation(k[0].signature, land.signature);
      if (land.land_truth == k[0].land_truth) {
        EXPECT_GE(r, 0.80) << land.file;
      } else {
        EXPECT_LE(r, 0.60) << land.file;
      }
    }
  }
}

// A hard barrel: 19 shots lie between the two bullets and two of the six lands do not repeat.
TEST(LandScansTest, TheRightRotationStandsOutInHouston) {
  PM_REQUIRE_SHARED_DATA();
  const std::vector<KnownLand> a11 = LandsOf("HFSCP-BA-B11");
  const std::vector<KnownLand> a30 = LandsOf("HFSCP-BA-B30");
  ASSERT_EQ(a11.size(), 6U);
  ASSERT_EQ(a30.size(), 6U);
  std::array<double, 6> mean{};
  for (std::size_t rotation = 0; rotation < 6; ++rotation) {
    for (std::size_t i = 0; i < 6; ++i) {
      mean[rotation] += MaxCorrelation(a11[i].signature, a30[(i + rotation) % 6].signature) / 6.0;
    }
  }

  EXPECT_GE(mean[0], 0.47);
  EXPECT_GE(mean[0] - *std::max_element(mean.begin() + 1, mean.end()), 0.06);
}

TEST(LandScansTest, ATurnedScanGivesTheSameSignature) {
  PM_REQUIRE_SHARED_DATA();
  const HeightMap scan = ReadMap("bullets/hamby44/H44-Br1-B2-L5.x3p");
  const absl::StatusOr<LandExtraction> as_scanned = ExtractLand(scan, {});
  ASSERT_THAT(as_scanned, IsOk());
  ASSERT_FALSE(as_scanned->signature.has(LandFlag::kHeelUncertain));

  const HeightMap once = QuarterTurn(scan);
  for (const HeightMap& turned : {once, QuarterTurn(QuarterTurn(once))}) {
    const absl::StatusOr<LandExtraction> out = ExtractLand(turned, {});
    ASSERT_THAT(out, IsOk());
    EXPECT_EQ(out->signature.height_nm, as_scanned->signature.height_nm);
    EXPECT_TRUE(out->signature.has(LandFlag::kTransposed));
  }
}

// Breech faces of four slides. (Of the other makes a few are ruled enough to pass, see the design
// page: coherence refuses what has no direction, not what is no bullet.)
TEST(LandScansTest, RefusesBreechFaces) {
  PM_REQUIRE_SHARED_DATA();
  std::int64_t scans = 0;
  for (const CsvRow& row : ReadSharedTable("data/manifest.csv")) {
    if (row.at("file").rfind("cartridges/weller/", 0) != 0) continue;
    ++scans;
    EXPECT_THAT(ExtractLand(ReadMap(row.at("file")), {}),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("not a striated land")))
        << row.at("file");
  }

  EXPECT_EQ(scans, 36);
}

// Crosscuts of one barrel, three bullets; a second instrument measured the first of them again.
TEST(LandScansTest, CrosscutProfilesSeparateAndRepeat) {
  PM_REQUIRE_SHARED_DATA();
  std::vector<KnownLand> pink;
  std::int64_t read = 0;
  for (const CsvRow& row : ReadSharedTable("data/manifest.csv")) {
    if (row.at("file").rfind("profiles/", 0) != 0) continue;
    const std::string file = ReadFileOrFail(SharedDir() / "data" / row.at("file"));
    const absl::StatusOr<CrosscutProfile> profile = ParseProfileCsv(base::AsBytes(file));
    ASSERT_THAT(profile, IsOk()) << row.at("file");
    const absl::StatusOr<LandExtraction> land =
        ExtractLandFromProfile(profile->x_um, profile->height_um, {});
    ASSERT_THAT(land, IsOk()) << row.at("file");
    EXPECT_TRUE(land->signature.has(LandFlag::kFromProfile));
    ++read;
    if (row.at("land_truth").empty()) continue;
    pink.push_back({row.at("file"), row.at("specimen"), row.at("land_truth"), land->signature});
  }
  std::vector<double> again;
  for (std::size_t i = 0; i < pink.size(); ++i) {
    for (std::size_t j = i + 1; j < pink.size(); ++j) {
      if (pink[i].specimen == pink[j].specimen && pink[i].land_truth == pink[j].land_truth) {
        again.push_back(MaxCorrelation(pink[i].signature, pink[j].signature));
      }
    }
  }
  const Separation separation = testing::Separate(pink);

  EXPECT_EQ(read, 60);
  ASSERT_EQ(again.size(), 6U);
  EXPECT_GE(SpreadOf(again).mean, 0.83);
  EXPECT_GE(SpreadOf(separation.same).mean, 0.68);
  EXPECT_LE(SpreadOf(separation.different).mean, 0.50);
}

}  // namespace
}  // namespace proofmark::forensics
