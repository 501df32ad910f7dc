// SPDX-License-Identifier: Apache-2.0
#include "client/generate/synthetic_set.h"

#include <map>
#include <set>
#include <string>

#include "client/fault.h"
#include "forensics/x3p/x3p.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "records/manifest.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client::generate {
namespace {

namespace fs = std::filesystem;
using ::proofmark::testing::IsOk;
using ::testing::SizeIs;

// Small scans: this tests the set, not the generator.
SyntheticSet Small() {
  SyntheticSet set;
  set.barrels = 2;
  set.bullets = 3;
  set.barrel.land_count = 3;
  set.barrel.land_width_um = 700.0;
  set.scan.pitch_um = 6.0;
  set.scan.length_um = 200.0;
  return set;
}

class SyntheticSetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TemporaryFolder> made = TemporaryFolder::Create();
    ASSERT_THAT(made, IsOk());
    folder_.emplace(*std::move(made));
  }
  absl::Status Write(const char* name, const SyntheticSet& set, int threads,
                     Overwrite overwrite = Overwrite::kNever) {
    return WriteSet(
        set, folder_->path() / name, threads, overwrite,
        [this](const SetProgress& progress) { last_ = progress; }, stop_.get_token());
  }
  std::map<std::string, std::string> FilesOf(const char* name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_->path() / name)) {
      if (!entry.is_regular_file()) continue;
      files[entry.path().lexically_relative(folder_->path() / name).string()] =
          ReadFile(entry.path(), 1 << 30).value();
    }
    return files;
  }

  std::optional<TemporaryFolder> folder_;
  std::stop_source stop_;
  SetProgress last_;
};

TEST_F(SyntheticSetTest, TheSameOptionsGiveTheSameBytesWithAnyThreads) {
  ASSERT_THAT(Write("a", Small(), 1), IsOk());
  ASSERT_THAT(Write("b", Small(), 3), IsOk());

  const auto files = FilesOf("a");
  EXPECT_EQ(files.size(), 19U);  // 18 scans and the manifest.
  EXPECT_TRUE(files == FilesOf("b"));
  EXPECT_EQ(last_.scans_done, 18);
}

TEST_F(SyntheticSetTest, AnotherSeedGivesOtherScans) {
  SyntheticSet other = Small();
  other.barrel.seed = 2;
  ASSERT_THAT(Write("a", Small(), 1), IsOk());
  ASSERT_THAT(Write("b", other, 1), IsOk());

  EXPECT_NE(FilesOf("a").at("scans/B0001-01-L01.x3p"), FilesOf("b").at("scans/B0001-01-L01.x3p"));
}

TEST_F(SyntheticSetTest, EveryScanIsAGoodFile) {
  ASSERT_THAT(Write("a", Small(), 2), IsOk());

  int scans = 0;
  for (const auto& [name, bytes] : FilesOf("a")) {
    if (!name.ends_with(".x3p")) continue;
    ++scans;
    const absl::StatusOr<forensics::X3pScan> scan = forensics::ReadX3p(base::AsBytes(bytes));
    ASSERT_THAT(scan, IsOk()) << name;
    EXPECT_EQ(scan->data_checksum, forensics::ChecksumVerdict::kMatch);
    EXPECT_DOUBLE_EQ(scan->map.pitch_x_um, 6.0);
  }
  EXPECT_EQ(scans, 18);
}

TEST_F(SyntheticSetTest, TheManifestNamesEveryBulletAndItsTruth) {
  const absl::StatusOr<records::Manifest> manifest = records::ParseManifest(ManifestText(Small()));

  ASSERT_THAT(manifest, IsOk());
  ASSERT_THAT(manifest->exhibits, SizeIs(6));
  EXPECT_THAT(manifest->unsupported, SizeIs(0));
  std::map<std::string, int> bullets_of;
  for (const records::ManifestExhibit& exhibit : manifest->exhibits) {
    ++bullets_of[exhibit.source_firearm];
    EXPECT_THAT(exhibit.rows, SizeIs(3));
    EXPECT_EQ(exhibit.characteristics.land_count, 3);
    std::set<std::string> lands;
    for (const records::ManifestRow& row : exhibit.rows) lands.insert(row.land_truth);
    EXPECT_THAT(lands, SizeIs(3));
  }
  EXPECT_THAT(bullets_of, SizeIs(2));
  EXPECT_EQ(manifest->exhibits[0].kind, records::ExhibitKind::kBulletTest);
  EXPECT_EQ(manifest->exhibits[1].kind, records::ExhibitKind::kBulletEvidence);
}

// Laboratories begin to number lands anywhere, so the same land has different numbers.
TEST_F(SyntheticSetTest, BulletsOfABarrelNumberTheirLandsDifferently) {
  const records::Manifest manifest = records::ParseManifest(ManifestText(Small())).value();

  EXPECT_NE(manifest.exhibits[0].rows[0].land_truth, manifest.exhibits[1].rows[0].land_truth);
}

TEST_F(SyntheticSetTest, AnExistingSetIsKept) {
  ASSERT_THAT(Write("a", Small(), 1), IsOk());

  const absl::Status status = Write("a", Small(), 1);

  ASSERT_FALSE(status.ok());
  EXPECT_EQ(FaultOf(status), FaultCode::kWouldOverwrite);
  EXPECT_THAT(Write("a", Small(), 1, Overwrite::kAllowed), IsOk());
}

TEST_F(SyntheticSetTest, AnInterruptedSetHasNoManifest) {
  stop_.request_stop();

  const absl::Status status = Write("a", Small(), 2);

  ASSERT_FALSE(status.ok());
  EXPECT_EQ(FaultOf(status), FaultCode::kInterrupted);
  EXPECT_FALSE(fs::exists(folder_->path() / "a/manifest.csv"));
}

TEST_F(SyntheticSetTest, OptionsOutsideTheirBoundsAreRefused) {
  SyntheticSet none = Small();
  none.barrels = 0;
  SyntheticSet wide = Small();
  wide.barrel.land_width_um = 1e6;

  EXPECT_EQ(FaultOf(Write("a", none, 1)), FaultCode::kUsage);
  EXPECT_EQ(FaultOf(Write("a", wide, 1)), FaultCode::kUsage);
}

}  // namespace
}  // namespace proofmark::client::generate
