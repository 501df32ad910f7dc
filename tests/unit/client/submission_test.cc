// SPDX-License-Identifier: Apache-2.0
#include "client/submission.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "client/fault.h"
#include "client/file.h"
#include "crypto/hash/sha256.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client {
namespace {

namespace fs = std::filesystem;
using ::proofmark::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SubmissionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TemporaryFolder> made = TemporaryFolder::Create();
    ASSERT_THAT(made, IsOk());
    folder_.emplace(*std::move(made));
  }
  fs::path Put(const std::string& name, const std::string& text = "scan") {
    const fs::path path = folder_->path() / name;
    fs::create_directories(path.parent_path());
    EXPECT_THAT(WriteFile(path, text, Privacy::kPublic, Overwrite::kAllowed), IsOk());
    return path;
  }
  static std::vector<std::string> Names(const Submission& submission) {
    std::vector<std::string> names;
    for (const fs::path& file : submission.files) names.push_back(file.filename().string());
    return names;
  }
  static std::vector<std::int32_t> LandsOf(const Submission& submission) {
    std::vector<std::int32_t> lands;
    for (const auto& scan : submission.header.scans) lands.push_back(scan.place.land_number);
    return lands;
  }

  std::optional<TemporaryFolder> folder_;
};

std::vector<records::MarkPlace> Lands(const std::vector<std::int32_t>& numbers) {
  std::vector<records::MarkPlace> places;
  for (const std::int32_t number : numbers) places.push_back({.land_number = number});
  return places;
}

std::vector<records::MarkRegion> Regions(const Submission& submission) {
  std::vector<records::MarkRegion> regions;
  for (const auto& scan : submission.header.scans) regions.push_back(scan.place.region);
  return regions;
}

TEST_F(SubmissionTest, FilesAreLandsInTheOrderGiven) {
  const std::vector<fs::path> files = {"b.x3p", "a.X3P", "c.csv"};

  const absl::StatusOr<Submission> exhibit = PlanExhibit(files, {}, "24-1/3", {});

  ASSERT_THAT(exhibit, IsOk());
  EXPECT_EQ(exhibit->header.identity.label, "24-1/3");
  EXPECT_THAT(Names(*exhibit), ElementsAre("b.x3p", "a.X3P", "c.csv"));
  EXPECT_THAT(LandsOf(*exhibit), ElementsAre(1, 2, 3));
  EXPECT_EQ(exhibit->header.scans[1].format, "x3p");
  EXPECT_EQ(exhibit->header.scans[2].format, "profile-csv");
}

TEST_F(SubmissionTest, GivenLandNumbersSortTheScans) {
  const std::vector<fs::path> files = {"b.x3p", "a.x3p"};
  const std::vector<records::MarkPlace> lands = {{.land_number = 5}, {.land_number = 2}};

  const absl::StatusOr<Submission> exhibit = PlanExhibit(files, lands, "x", {});

  ASSERT_THAT(exhibit, IsOk());
  EXPECT_THAT(LandsOf(*exhibit), ElementsAre(2, 5));
  EXPECT_THAT(Names(*exhibit), ElementsAre("a.x3p", "b.x3p"));
}

TEST_F(SubmissionTest, RefusesWhatIsNoExhibit) {
  const std::vector<fs::path> two = {"a.x3p", "b.x3p"};
  const auto fault = [](const absl::StatusOr<Submission>& exhibit) {
    EXPECT_FALSE(exhibit.ok());
    return exhibit.ok() ? FaultCode::kNotFound : FaultOf(exhibit.status());
  };

  EXPECT_EQ(fault(PlanExhibit({}, {}, "x", {})), FaultCode::kUsage);
  EXPECT_EQ(fault(PlanExhibit(std::vector<fs::path>(25, "a.x3p"), {}, "x", {})), FaultCode::kUsage);
  EXPECT_EQ(fault(PlanExhibit(two, Lands({1}), "x", {})), FaultCode::kUsage);
  EXPECT_EQ(fault(PlanExhibit(two, Lands({2, 2}), "x", {})), FaultCode::kUsage);
  EXPECT_EQ(fault(PlanExhibit(two, Lands({0, 1}), "x", {})), FaultCode::kUsage);
  EXPECT_EQ(fault(PlanExhibit(two, Lands({1, 25}), "x", {})), FaultCode::kUsage);
  EXPECT_EQ(fault(PlanExhibit(std::vector<fs::path>{"a.jpg"}, {}, "x", {})), FaultCode::kUsage);
}

TEST_F(SubmissionTest, FilesOfACaseAreTheMarksTheirNamesSay) {
  using records::MarkRegion;
  const SubmissionDefaults of_case = {.kind = records::ExhibitKind::kCaseEvidence};
  const std::vector<fs::path> named = {"K-17 Firing-Pin.x3p", "K-17_breech_face.x3p"};
  const std::vector<fs::path> one = {"K-17.x3p"};
  const std::vector<fs::path> unnamed = {"a.x3p", "b.x3p"};
  const std::vector<records::MarkPlace> told = {{.region = MarkRegion::kEjector},
                                                {.region = MarkRegion::kBreechFace}};

  const absl::StatusOr<Submission> by_name = PlanExhibit(named, {}, "x", of_case);
  const absl::StatusOr<Submission> alone = PlanExhibit(one, {}, "x", of_case);
  const absl::StatusOr<Submission> as_told = PlanExhibit(unnamed, told, "x", of_case);

  ASSERT_THAT(by_name, IsOk());
  EXPECT_THAT(Regions(*by_name), ElementsAre(MarkRegion::kBreechFace, MarkRegion::kFiringPin));
  EXPECT_THAT(Names(*by_name), ElementsAre("K-17_breech_face.x3p", "K-17 Firing-Pin.x3p"));
  ASSERT_THAT(alone, IsOk());
  EXPECT_THAT(Regions(*alone), ElementsAre(MarkRegion::kBreechFace));
  ASSERT_THAT(as_told, IsOk());
  EXPECT_THAT(Names(*as_told), ElementsAre("b.x3p", "a.x3p"));
  // Which of two files is which mark is never guessed, and a case has no lands.
  EXPECT_EQ(FaultOf(PlanExhibit(unnamed, {}, "x", of_case).status()), FaultCode::kUsage);
  EXPECT_EQ(FaultOf(PlanExhibit(one, Lands({1}), "x", of_case).status()), FaultCode::kUsage);
}

TEST_F(SubmissionTest, AFlatFolderIsOneExhibitSortedAsPeopleSort) {
  for (const char* name : {"L10.x3p", "L2.x3p", "L1.x3p", "L02.csv"}) Put(name);

  const absl::StatusOr<SubmissionPlan> plan = PlanFolder(folder_->path(), {});

  ASSERT_THAT(plan, IsOk());
  ASSERT_THAT(plan->submissions, SizeIs(1));
  EXPECT_EQ(plan->submissions[0].header.identity.label, folder_->path().filename().string());
  EXPECT_EQ(Names(plan->submissions[0]).front(), "L1.x3p");
  EXPECT_EQ(Names(plan->submissions[0]).back(), "L10.x3p");
  EXPECT_THAT(plan->skipped, IsEmpty());
}

TEST_F(SubmissionTest, EverySubFolderIsOneExhibit) {
  Put("b2/L1.x3p");
  Put("b10/L1.x3p");
  Put("b10/L2.x3p");

  const absl::StatusOr<SubmissionPlan> plan = PlanFolder(folder_->path(), {});

  ASSERT_THAT(plan, IsOk());
  ASSERT_THAT(plan->submissions, SizeIs(2));
  EXPECT_EQ(plan->submissions[0].header.identity.label, "b2");
  EXPECT_EQ(plan->submissions[1].header.identity.label, "b10");
  EXPECT_THAT(plan->submissions[1].files, SizeIs(2));
}

TEST_F(SubmissionTest, NothingIsLeftOutInSilence) {
  Put("b1/L1.x3p");
  Put("b1/notes.txt");
  Put("b1/deep/L2.x3p");
  Put("empty/readme.md");
  Put("beside.x3p");
  Put("beside.txt");

  const absl::StatusOr<SubmissionPlan> plan = PlanFolder(folder_->path(), {});

  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->submissions, SizeIs(1));
  std::string all;
  for (const Skipped& skip : plan->skipped) {
    all += skip.what + "\n";
    EXPECT_FALSE(skip.reason.empty());
  }
  for (const char* name : {"notes.txt", "deep", "readme.md", "empty", "beside.x3p", "beside.txt"}) {
    EXPECT_THAT(all, HasSubstr(name));
  }
}

TEST_F(SubmissionTest, AFolderWithoutScansIsSaid) {
  Put("readme.md");

  const absl::StatusOr<SubmissionPlan> plan = PlanFolder(folder_->path(), {});

  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(FaultOf(plan.status()), FaultCode::kNothingToSubmit);
}

TEST_F(SubmissionTest, AFolderOfTooManyLandsIsSkippedWithItsReason) {
  for (int i = 1; i <= 25; ++i) Put("b1/L" + std::to_string(i) + ".x3p");
  Put("b2/L1.x3p");

  const absl::StatusOr<SubmissionPlan> plan = PlanFolder(folder_->path(), {});

  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->submissions, SizeIs(1));
  ASSERT_THAT(plan->skipped, SizeIs(1));
  EXPECT_THAT(plan->skipped[0].reason, HasSubstr("1..24"));
}

TEST_F(SubmissionTest, TheCircumstancesOfAManifestWinOverThoseOfTheCommandLine) {
  const fs::path manifest = Put("manifest.csv",
                                "file,kind,specimen,land,circumstances\n"
                                "1.x3p,bullet_lea,B1,1,URGENT;CUSTOMS\n"
                                "2.x3p,bullet_lea,B2,1,\n"
                                "c.x3p,cartridge_breech_face,C1,,TERRORISM\n");

  const absl::StatusOr<SubmissionPlan> plan =
      PlanManifest(manifest, {.circumstances = {"BORDER_80KM"}});

  ASSERT_THAT(plan, IsOk());
  std::map<std::string, std::vector<std::string>> of;
  for (const Submission& exhibit : plan->submissions) {
    of[exhibit.header.identity.label] = exhibit.header.identity.circumstances;
  }
  EXPECT_THAT(of["B1"], ElementsAre("CUSTOMS", "URGENT"));
  EXPECT_THAT(of["B2"], ElementsAre("BORDER_80KM"));
  EXPECT_THAT(of["C1"], ElementsAre("TERRORISM"));
}

TEST_F(SubmissionTest, AManifestNamesExhibitsAndWhatItCannotSend) {
  const fs::path manifest = Put("manifest.csv",
                                "file,kind,specimen,land,source_firearm,land_truth\n"
                                "s/1.x3p,bullet_lea,B1,1,Gun-1,Gun-1/A\n"
                                "s/2.x3p,bullet_lea,B1,2,Gun-1,Gun-1/B\n"
                                "s/t.x3p,format_sample,,,,\n");

  const absl::StatusOr<SubmissionPlan> plan = PlanManifest(manifest, {.case_reference = "24-1"});

  ASSERT_THAT(plan, IsOk());
  ASSERT_THAT(plan->submissions, SizeIs(1));
  const Submission& exhibit = plan->submissions[0];
  EXPECT_EQ(exhibit.header.identity.label, "B1");
  EXPECT_EQ(exhibit.header.identity.case_reference, "24-1");
  EXPECT_THAT(exhibit.files, ElementsAre(folder_->path() / "s/1.x3p", folder_->path() / "s/2.x3p"));
  ASSERT_THAT(plan->skipped, SizeIs(1));
  EXPECT_THAT(plan->skipped[0].what, HasSubstr("line 4"));
  EXPECT_THAT(plan->skipped[0].reason, HasSubstr("format_sample"));
}

TEST_F(SubmissionTest, AManifestsMarksOfOneCaseAreOneExhibit) {
  const fs::path manifest = Put("manifest.csv",
                                "file,kind,specimen,land,exhibit_kind,calibre,firing_pin_shape\n"
                                "fp.x3p,cartridge_firing_pin,C1,,CC_TEST,9 mm Luger,FLAT\n"
                                "bf.x3p,cartridge_breech_face,C1,,CC_TEST,9 mm Luger,FLAT\n"
                                "again.x3p,cartridge_breech_face,C1,,,,\n"
                                "hs.x3p,cartridge_headstamp,C1,,,,\n");

  const absl::StatusOr<SubmissionPlan> plan = PlanManifest(manifest, {});

  ASSERT_THAT(plan, IsOk());
  ASSERT_THAT(plan->submissions, SizeIs(2));
  const Submission& first = plan->submissions[0];
  EXPECT_EQ(first.header.identity.label, "C1");
  EXPECT_EQ(first.header.kind, records::ExhibitKind::kCaseTest);
  EXPECT_EQ(first.header.characteristics.calibre_code, "9LUGER");
  EXPECT_EQ(first.header.characteristics.firing_pin_shape, records::FiringPinShape::kFlat);
  EXPECT_THAT(Names(first), ElementsAre("bf.x3p", "fp.x3p"));
  EXPECT_EQ(plan->submissions[1].header.identity.label, "C1#2");
  ASSERT_THAT(plan->skipped, SizeIs(1));
  EXPECT_THAT(plan->skipped[0].reason, HasSubstr("cartridge_headstamp"));
}

TEST_F(SubmissionTest, AWrongManifestIsRefusedWithItsLine) {
  const fs::path manifest =
      Put("manifest.csv", "file,kind,specimen,land\na.x3p,bullet_lea,B1,99\n");

  const absl::StatusOr<SubmissionPlan> plan = PlanManifest(manifest, {});

  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(FaultOf(plan.status()), FaultCode::kManifest);
  EXPECT_THAT(std::string(plan.status().message()), HasSubstr("line 2"));
}

TEST_F(SubmissionTest, MeasuringHashesEveryFile) {
  const std::vector<fs::path> files = {Put("a.x3p", "first"), Put("b.x3p", "second")};
  absl::StatusOr<Submission> exhibit = PlanExhibit(files, {}, "x", {});
  ASSERT_THAT(exhibit, IsOk());

  ASSERT_THAT(MeasureScans(*exhibit), IsOk());

  EXPECT_EQ(exhibit->header.scans[0].size_bytes, 5);
  EXPECT_EQ(exhibit->header.scans[1].sha256,
            std::string(crypto::AsText(crypto::Sha256(std::string_view("second")))));
  EXPECT_EQ(BytesOf(*exhibit), 11);
}

TEST_F(SubmissionTest, MeasuringRefusesAbsentAndEmptyFiles) {
  absl::StatusOr<Submission> absent =
      PlanExhibit(std::vector<fs::path>{folder_->path() / "no.x3p"}, {}, "x", {});
  absl::StatusOr<Submission> empty =
      PlanExhibit(std::vector<fs::path>{Put("empty.x3p", "")}, {}, "x", {});

  EXPECT_EQ(FaultOf(MeasureScans(*absent)), FaultCode::kCannotRead);
  EXPECT_FALSE(MeasureScans(*empty).ok());
}

TEST_F(SubmissionTest, TheNameFollowsTheContentAlone) {
  const std::vector<fs::path> here = {Put("a/1.x3p", "first")};
  const std::vector<fs::path> there = {Put("b/other.x3p", "first")};
  const std::vector<fs::path> other = {Put("c/1.x3p", "second")};
  const auto name = [](const std::vector<fs::path>& files, const char* label) {
    absl::StatusOr<Submission> exhibit = PlanExhibit(files, {}, label, {});
    EXPECT_THAT(exhibit, IsOk());
    EXPECT_THAT(MeasureScans(*exhibit), IsOk());
    return SubmissionId(exhibit->header);
  };

  EXPECT_THAT(name(here, "x"), SizeIs(16));
  EXPECT_EQ(name(here, "x"), name(there, "x"));
  EXPECT_NE(name(here, "x"), name(other, "x"));
  EXPECT_NE(name(here, "x"), name(here, "y"));
}

}  // namespace
}  // namespace proofmark::client
