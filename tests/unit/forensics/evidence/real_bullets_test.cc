// SPDX-License-Identifier: Apache-2.0
// The whole way from published scans of real bullets to levels, under a calibration made from
// generated ones only. The bullets took no part in making it.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "forensics/evidence/calibration.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/striated/prepared_bullet.h"
#include "forensics/synthetic/generator.h"
#include "forensics/x3p/x3p.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;

struct RealBullet {
  std::string barrel;
  std::string files;  // With %d for the land, from 1.
};

const std::map<std::string, RealBullet>& RealBullets() {
  static const std::map<std::string, RealBullet> kBullets = {
      {"H1", {"Hamby 1", "bullets/hamby44/H44-Br1-B1-L%d.x3p"}},
      {"H2", {"Hamby 1", "bullets/hamby44/H44-Br1-B2-L%d.x3p"}},
      {"A11", {"Houston A", "bullets/houston/HFSCP-BA-B11-L%d.x3p"}},
      {"A30", {"Houston A", "bullets/houston/HFSCP-BA-B30-L%d.x3p"}},
      {"B11", {"Houston B", "bullets/houston/HFSCP-BB-B11-L%d.x3p"}},
  };
  return kBullets;
}

BulletSignature Extract(const RealBullet& bullet) {
  BulletSignature signature;
  signature.extractor_version = std::string(LandExtractorVersion());
  for (int land = 1; land <= 6; ++land) {
    std::string name = bullet.files;
    name.replace(name.find("%d"), 2, std::to_string(land));
    const std::string file =
        proofmark::testing::ReadFileOrFail(proofmark::testing::SharedDir() / "data" / name);
    const absl::StatusOr<X3pScan> scan = ReadX3p(base::AsBytes(file));
    EXPECT_THAT(scan, IsOk()) << name;
    if (!scan.ok()) continue;
    const absl::StatusOr<LandExtraction> extracted = ExtractLand(scan->map, {});
    EXPECT_THAT(extracted, IsOk()) << name;
    signature.lands.emplace_back();
    if (extracted.ok()) signature.lands.back() = extracted->signature;
  }
  return signature;
}

const std::map<std::string, PreparedBullet>& Prepared() {
  static const std::map<std::string, PreparedBullet> kPrepared = [] {
    std::map<std::string, PreparedBullet> prepared;
    for (const auto& [name, bullet] : RealBullets()) {
      prepared.emplace(name, *PrepareBullet(Extract(bullet)));
    }
    return prepared;
  }();
  return kPrepared;
}

TEST(RealBulletsTest, OneBarrelReachesTheLowestLevelAndNoMoreAndTwoBarrelsNone) {
  PM_REQUIRE_SHARED_DATA();
  std::int64_t same = 0, different = 0;
  for (const auto& [a, first] : RealBullets()) {
    for (const auto& [b, second] : RealBullets()) {
      if (a >= b) continue;
      SCOPED_TRACE(a + " against " + b);
      const absl::StatusOr<BulletComparison> comparison =
          CompareBullets(Prepared().at(a), Prepared().at(b), {});
      ASSERT_THAT(comparison, IsOk());
      const LikelihoodRatio ratio = EvaluateBullets(*comparison);
      const bool one_barrel = first.barrel == second.barrel;
      EXPECT_EQ(ratio.level, one_barrel ? Level::kL1 : Level::kNone)
          << "score " << comparison->score << ", log10 LR " << ratio.log10_lr_model;
      (one_barrel ? same : different) += 1;
    }
  }
  EXPECT_EQ(same, 2);
  EXPECT_EQ(different, 8);
}

TEST(RealBulletsTest, NoGeneratedBulletOfTheirClassIsReportedAgainstThem) {
  PM_REQUIRE_SHARED_DATA();
  constexpr std::uint32_t kGenerated = 64;
  std::int64_t compared = 0;
  double highest = 0.0;
  for (const auto& [name, real] : Prepared()) {
    const double land_width_um = name[0] == 'H' ? 1'870.0 : 1'350.0;
    for (std::uint32_t i = 0; i < kGenerated; ++i) {
      const BulletSignature generated =
          GenerateBulletSignature({.seed = 77, .barrel = i, .land_width_um = land_width_um}, 0);
      const absl::StatusOr<BulletComparison> comparison =
          CompareBullets(*PrepareBullet(generated), real, {});
      ASSERT_THAT(comparison, IsOk());
      EXPECT_EQ(EvaluateBullets(*comparison).level, Level::kNone)
          << name << " against generated " << i << ": score " << comparison->score;
      highest = std::max(highest, comparison->score);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 5 * kGenerated);
  RecordProperty("highest_score", absl::StrFormat("%.3f", highest));
}

}  // namespace
}  // namespace proofmark::forensics
