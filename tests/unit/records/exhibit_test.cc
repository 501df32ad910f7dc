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

using Scans = std::vector<std::pair<std::int32_t, std::string>>;

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
    EXPECT_EQ(IsTestFire(kind), kind == ExhibitKind::kBulletTest);
  }
  EXPECT_EQ(codes,
            (std::set<std::string_view>{"BU_EVIDENCE", "BU_TEST", "BF_EVIDENCE", "BU_CAST"}));
  EXPECT_FALSE(FindExhibitKind("bu_test").has_value());
  EXPECT_FALSE(FindExhibitKind("CC_EVIDENCE").has_value());
  EXPECT_FALSE(FindExhibitKind("").has_value());
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
  header.scans.push_back(
      {.land_number = 1, .format = "x3p", .size_bytes = 1, .sha256 = std::string(32, 'h')});
  ASSERT_THAT(CheckSubmissionHeader(header), IsOk());
  header.scans[0].size_bytes = kScanBytesMax + 1;
  EXPECT_THAT(CheckSubmissionHeader(header),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "scans[0].size_bytes: 134217729, must be 1..134217728"));
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
  const std::string preimage =
      SubmissionIdPreimage("K-17/2", ExhibitKind::kBulletTest,
                           {{1, std::string(32, '\x11')}, {2, std::string(32, '\x22')}});

  EXPECT_EQ(base::ToHex(preimage),
            "70726f6f666d61726b2f7375626d697373696f6e2f76310a"
            "00064b2d31372f32"
            "000742555f54455354"
            "0002"
            "00011111111111111111111111111111111111111111111111111111111111111111"
            "00022222222222222222222222222222222222222222222222222222222222222222");
  EXPECT_EQ(crypto::Sha256Hex(preimage).substr(0, 32), "02dbbb6fdd51f1fbb3101cbd782f7038");
}

TEST(SubmissionIdTest, DoesNotDependOnTheOrderOfScans) {
  const Scans scans = {{1, std::string(32, 'a')}, {2, std::string(32, 'b')}};
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
  add("K", ExhibitKind::kBulletTest, {{1, a}});
  add("k", ExhibitKind::kBulletTest, {{1, a}});
  add("", ExhibitKind::kBulletTest, {{1, a}});
  add(std::string("K\0\7BU_TEST", 10), ExhibitKind::kBulletTest, {{1, a}});
  add("K", ExhibitKind::kBulletEvidence, {{1, a}});
  add("K", ExhibitKind::kBulletTest, {{2, a}});
  add("K", ExhibitKind::kBulletTest, {{1, b}});
  add("K", ExhibitKind::kBulletTest, {{1, a}, {2, b}});
  add("K", ExhibitKind::kBulletTest, {{1, b}, {2, a}});
  add("K", ExhibitKind::kBulletTest, {});
  EXPECT_EQ(preimages.size(), count);
}

}  // namespace
}  // namespace proofmark::records
