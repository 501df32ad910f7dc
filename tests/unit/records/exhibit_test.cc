// SPDX-License-Identifier: Apache-2.0
#include "records/exhibit.h"

#include <limits>
#include <set>

#include "base/bytes.h"
#include "crypto/hash/sha256.h"
#include "gtest/gtest.h"
#include "records/submission.h"
#include "tests/support/status_matchers.h"

namespace proofmark::records {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::StartsWith;

using Scans = std::vector<std::pair<MarkPlace, std::string>>;

MarkPlace Land(std::int32_t number) { return {.region = MarkRegion::kLand, .land_number = number}; }
MarkPlace Of(MarkRegion region) { return {.region = region, .land_number = 0}; }

TEST(ExhibitIdTest, IsThirtyTwoLowerCaseDigits) {
  EXPECT_TRUE(IsId("0123456789abcdef0123456789abcdef"));
  EXPECT_FALSE(IsId(""));
  EXPECT_FALSE(IsId("0123456789abcdef0123456789abcde"));
  EXPECT_FALSE(IsId("0123456789abcdef0123456789abcdef0"));
  EXPECT_FALSE(IsId("0123456789ABCDEF0123456789abcdef"));
  EXPECT_FALSE(IsId("0123456789abcdeg0123456789abcdef"));
  EXPECT_FALSE(IsId("0123456789abcde 0123456789abcdef"));
}

TEST(ExhibitKindTest, EveryCodeFindsItsKind) {
  std::set<std::string_view> codes;
  for (const ExhibitKind kind : kExhibitKinds) {
    codes.insert(ExhibitKindCode(kind));
    EXPECT_EQ(FindExhibitKind(ExhibitKindCode(kind)), kind);
    EXPECT_EQ(IsTestFire(kind), ExhibitKindCode(kind).ends_with("_TEST"));
    EXPECT_EQ(ItemOf(kind) == ItemKind::kBullet, ExhibitKindCode(kind).starts_with("B"));
  }
  EXPECT_EQ(codes, (std::set<std::string_view>{"BU_EVIDENCE", "BU_TEST", "BF_EVIDENCE", "BU_CAST",
                                               "CC_EVIDENCE", "CC_TEST", "CC_CAST", "SS_EVIDENCE",
                                               "LC_EVIDENCE"}));
  EXPECT_FALSE(FindExhibitKind("bu_test").has_value());
  EXPECT_FALSE(FindExhibitKind("FA_EVIDENCE").has_value());
  EXPECT_FALSE(FindExhibitKind("").has_value());
}

TEST(MarkPlaceTest, HasALandNumberExactlyForLands) {
  for (const MarkRegion region : kMarkRegions) {
    const bool land = region == MarkRegion::kLand;
    EXPECT_EQ(FindMarkRegion(MarkRegionCode(region)), region);
    EXPECT_EQ(IsMarkPlace(Of(region)), !land);
    EXPECT_EQ(IsMarkPlace({.region = region, .land_number = 1}), land);
    EXPECT_EQ(IsMarkPlace({.region = region, .land_number = kLandsMax}), land);
    EXPECT_FALSE(IsMarkPlace({.region = region, .land_number = kLandsMax + 1}));
    EXPECT_FALSE(IsMarkPlace({.region = region, .land_number = -1}));
  }
  EXPECT_FALSE(IsMarkPlace({.region = static_cast<MarkRegion>(0), .land_number = 0}));
  EXPECT_FALSE(IsMarkPlace({.region = static_cast<MarkRegion>(6), .land_number = 0}));
  EXPECT_FALSE(FindMarkRegion("breech_face").has_value());
  EXPECT_EQ(MarkPlaceText(Land(3)), "land 3");
  EXPECT_EQ(MarkPlaceText(Of(MarkRegion::kBreechFace)), "breech face");
}

TEST(MarkPlacesTest, AreThoseThatTheItemBears) {
  const auto check = [](ExhibitKind kind, const std::vector<MarkPlace>& places) {
    return CheckMarkPlaces("marks", kind, places);
  };
  const MarkPlace face = Of(MarkRegion::kBreechFace);
  const MarkPlace shear = Of(MarkRegion::kApertureShear);
  const MarkPlace ejector = Of(MarkRegion::kEjector);
  const auto refused = [](std::string_view why) {
    return StatusIs(absl::StatusCode::kInvalidArgument, StartsWith(std::string(why)));
  };

  EXPECT_THAT(check(ExhibitKind::kBulletTest, {Land(1), Land(24)}), IsOk());
  EXPECT_THAT(check(ExhibitKind::kCaseTest, {face, shear, ejector}), IsOk());
  EXPECT_THAT(check(ExhibitKind::kUnfiredEvidence, {ejector}), IsOk());

  EXPECT_THAT(check(ExhibitKind::kCaseTest, {}), refused("marks: 0, must be 1..24"));
  EXPECT_THAT(check(ExhibitKind::kCaseTest, {Land(1)}), refused("marks[0].region: LEA"));
  EXPECT_THAT(check(ExhibitKind::kBulletTest, {Land(1), face}), refused("marks[1].region: BREECH"));
  EXPECT_THAT(check(ExhibitKind::kUnfiredEvidence, {face}), refused("marks[0].region:"));
  EXPECT_THAT(check(ExhibitKind::kCaseTest, {face, face}), refused("marks[1]: breech face after"));
  EXPECT_THAT(check(ExhibitKind::kCaseTest, {ejector, face}), refused("marks[1]: breech face"));
  EXPECT_THAT(check(ExhibitKind::kBulletTest, {Land(0)}), refused("marks[0].land_number: 0"));
}

TEST(CaseClassTest, EveryCodeFindsItsValue) {
  for (const FiringPinShape shape : kFiringPinShapes) {
    EXPECT_EQ(FindFiringPinShape(CodeOf(shape)), shape);
  }
  for (const ApertureShape shape : kApertureShapes) {
    EXPECT_EQ(FindApertureShape(CodeOf(shape)), shape);
  }
  for (const BreechFaceClass face : kBreechFaceClasses) {
    EXPECT_EQ(FindBreechFaceClass(CodeOf(face)), face);
  }
  // "Not determined" is no value: the characteristic is absent.
  EXPECT_FALSE(FindFiringPinShape("UNKNOWN").has_value());
  EXPECT_FALSE(FindApertureShape("").has_value());
  EXPECT_FALSE(FindBreechFaceClass("GRANULAR ").has_value());
}

TEST(IncidentDateTest, TakesDaysThatExistAtThreePrecisions) {
  const auto check = [](const char* date) {
    return CheckExhibitIdentity(
        {.label = "K-1", .case_reference = "", .incident_date = date, .note = ""});
  };
  for (const char* good :
       {"", "2024", "0001", "2024-01", "2024-12", "2024-02-29", "2023-12-31", "2000-02-29"}) {
    EXPECT_THAT(check(good), IsOk()) << good;
  }
  for (const char* bad :
       {"24", "02024", "2024-", "2024-1", "2024-00", "2024-13", "2024-1-1", "2024-02-30",
        "2023-02-29", "1900-02-29", "2024-04-31", "2024-01-00", "2024/01/01", "20240101",
        "2024-01-01T", " 2024", "2024-01-0a", "unknown", "-024"}) {
    EXPECT_THAT(check(bad),
                StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("incident_date: ")))
        << bad;
  }
}

TEST(SubmissionHeaderTest, NamesTheFieldAndItsBound) {
  SubmissionHeader header;
  header.identity.label = "K-1";
  header.scans.push_back({.place = {.land_number = 1},
                          .format = "x3p",
                          .size_bytes = 1,
                          .sha256 = std::string(32, 'h')});
  ASSERT_THAT(CheckSubmissionHeader(header), IsOk());
  header.scans[0].size_bytes = kScanBytesMax + 1;
  EXPECT_THAT(CheckSubmissionHeader(header),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "scans[0].size_bytes: 134217729, must be 1..134217728"));
  header.scans[0].size_bytes = 1;
  header.kind = ExhibitKind::kCaseTest;
  EXPECT_THAT(
      CheckSubmissionHeader(header),
      StatusIs(absl::StatusCode::kInvalidArgument, "scans[0].region: LEA is no mark of a CC_TEST"));
  header.scans[0].place = Of(MarkRegion::kFiringPin);
  EXPECT_THAT(CheckSubmissionHeader(header), IsOk());
  header.scans[0].format = kFormatProfileCsv;
  EXPECT_THAT(CheckSubmissionHeader(header),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       StartsWith("scans[0].format: a profile shows no impression")));
  header.kind = ExhibitKind::kBulletEvidence;
  header.scans.clear();
  EXPECT_THAT(CheckSubmissionHeader(header),
              StatusIs(absl::StatusCode::kInvalidArgument, "scans: 0, must be 1..24"));
  header.characteristics.land_width_mean_um = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(CheckSubmissionHeader(header),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       StartsWith("characteristics.land_width_mean_um: ")));
  header.identity.label.clear();
  EXPECT_THAT(CheckSubmissionHeader(header), StatusIs(absl::StatusCode::kInvalidArgument,
                                                      "identity.label: 0 bytes, must be 1..128"));
}

// The worked example of docs/formats/submission-id.md.
TEST(SubmissionIdTest, IsTheDocumentedBytes) {
  const std::string preimage = SubmissionIdPreimage(
      "K-17/2", ExhibitKind::kBulletTest,
      {{Land(1), std::string(32, '\x11')}, {Land(2), std::string(32, '\x22')}});

  EXPECT_EQ(base::ToHex(preimage),
            "70726f6f666d61726b2f7375626d697373696f6e2f76310a"
            "00064b2d31372f32"
            "000742555f54455354"
            "0002"
            "000500011111111111111111111111111111111111111111111111111111111111111111"
            "000500022222222222222222222222222222222222222222222222222222222222222222");
  EXPECT_EQ(crypto::Sha256Hex(preimage).substr(0, 32), "11404e94cb1fd77b6bd9ecd96099193b");
}

TEST(SubmissionIdTest, DoesNotDependOnTheOrderOfScans) {
  const Scans scans = {{Land(1), std::string(32, 'a')}, {Land(2), std::string(32, 'b')}};
  const Scans turned = {scans[1], scans[0]};
  EXPECT_EQ(SubmissionIdPreimage("K", ExhibitKind::kBulletTest, scans),
            SubmissionIdPreimage("K", ExhibitKind::kBulletTest, turned));
}

TEST(SubmissionIdTest, DifferentContentNeverSharesItsBytes) {
  const std::string a(32, 'a');
  const std::string b(32, 'b');
  std::set<std::string> preimages;
  std::size_t count = 0;
  const auto add = [&](std::string_view label, ExhibitKind kind, const Scans& scans) {
    preimages.insert(SubmissionIdPreimage(label, kind, scans));
    ++count;
  };
  add("K", ExhibitKind::kBulletTest, {{Land(1), a}});
  add("k", ExhibitKind::kBulletTest, {{Land(1), a}});
  add("", ExhibitKind::kBulletTest, {{Land(1), a}});
  add(std::string("K\0\7BU_TEST", 10), ExhibitKind::kBulletTest, {{Land(1), a}});
  add("K", ExhibitKind::kBulletEvidence, {{Land(1), a}});
  add("K", ExhibitKind::kBulletTest, {{Land(2), a}});
  add("K", ExhibitKind::kBulletTest, {{Land(1), b}});
  add("K", ExhibitKind::kBulletTest, {{Land(1), a}, {Land(2), b}});
  add("K", ExhibitKind::kBulletTest, {{Land(1), b}, {Land(2), a}});
  add("K", ExhibitKind::kCaseTest, {{Of(MarkRegion::kBreechFace), a}});
  add("K", ExhibitKind::kCaseTest, {{Of(MarkRegion::kFiringPin), a}});
  add("K", ExhibitKind::kBulletTest, {});
  EXPECT_EQ(preimages.size(), count);
}

}  // namespace
}  // namespace proofmark::records
