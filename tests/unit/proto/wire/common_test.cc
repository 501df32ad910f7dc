// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/common.h"

#include <limits>

#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"
#include "proofmark/v1/common.pb.h"
#include "tests/support/field_cases.h"
#include "tests/support/random_values.h"
#include "tests/support/status_matchers.h"

namespace proofmark::wire {
namespace {

using ::proofmark::testing::ExpectFieldCases;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::RandomValues;
using ::proofmark::testing::StatusIs;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ExhibitKindTest, EveryKindComesBackUnderItsOwnName) {
  EXPECT_EQ(ToProto(records::ExhibitKind::kBulletEvidence), v1::EXHIBIT_KIND_BULLET_EVIDENCE);
  EXPECT_EQ(ToProto(records::ExhibitKind::kBulletTest), v1::EXHIBIT_KIND_BULLET_TEST);
  EXPECT_EQ(ToProto(records::ExhibitKind::kBulletFragment), v1::EXHIBIT_KIND_BULLET_FRAGMENT);
  EXPECT_EQ(ToProto(records::ExhibitKind::kBulletCast), v1::EXHIBIT_KIND_BULLET_CAST);
  for (const records::ExhibitKind kind : records::kExhibitKinds) {
    const auto back = FromProto(ToProto(kind), "kind");
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, kind);
  }
}

TEST(ExhibitKindTest, RefusesUnspecifiedAndUnknownNumbers) {
  for (const int number : {0, 10, -1, 1'000'000}) {
    EXPECT_THAT(FromProto(static_cast<v1::ExhibitKind>(number), "kind"),
                StatusIs(absl::StatusCode::kInvalidArgument, ::testing::StartsWith("kind: ")));
  }
}

TEST(MarkRegionTest, EveryRegionComesBack) {
  EXPECT_EQ(ToProto(records::MarkRegion::kBreechFace), v1::MARK_REGION_BREECH_FACE);
  EXPECT_EQ(ToProto(records::MarkRegion::kLand), v1::MARK_REGION_LAND);
  for (const records::MarkRegion region : records::kMarkRegions) {
    const auto back = FromProto(ToProto(region), "region");
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, region);
  }
  for (const int number : {0, 6, -1}) {
    EXPECT_THAT(FromProto(static_cast<v1::MarkRegion>(number), "region"),
                StatusIs(absl::StatusCode::kInvalidArgument, ::testing::StartsWith("region: ")));
  }
}

TEST(ClassRuleTest, EveryRuleComesBackUnderItsOwnName) {
  EXPECT_EQ(ToProto(records::ClassRule::kBulletClass), v1::CLASS_RULE_BULLET_CLASS);
  EXPECT_EQ(ToProto(records::ClassRule::kLandCount), v1::CLASS_RULE_LAND_COUNT);
  EXPECT_EQ(ToProto(records::ClassRule::kTwist), v1::CLASS_RULE_TWIST);
  EXPECT_EQ(ToProto(records::ClassRule::kRifling), v1::CLASS_RULE_RIFLING);
  EXPECT_EQ(ToProto(records::ClassRule::kLandWidth), v1::CLASS_RULE_LAND_WIDTH);
  EXPECT_EQ(ToProto(records::ClassRule::kCartridge), v1::CLASS_RULE_CARTRIDGE);
  EXPECT_EQ(ToProto(records::ClassRule::kFiringPinShape), v1::CLASS_RULE_FIRING_PIN_SHAPE);
  EXPECT_EQ(ToProto(records::ClassRule::kApertureShape), v1::CLASS_RULE_APERTURE_SHAPE);
  EXPECT_EQ(ToProto(records::ClassRule::kBreechFaceClass), v1::CLASS_RULE_BREECH_FACE_CLASS);
  for (const records::ClassRule rule : records::kClassRules) {
    const auto back = FromProto(ToProto(rule), "rule");
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, rule);
  }
}

TEST(SupportLevelTest, EveryLevelComesBackUnderItsOwnName) {
  using forensics::Level;
  EXPECT_EQ(ToProto(Level::kNone), v1::SUPPORT_LEVEL_NONE);
  EXPECT_EQ(ToProto(Level::kL1), v1::SUPPORT_LEVEL_MODERATE);
  EXPECT_EQ(ToProto(Level::kL2), v1::SUPPORT_LEVEL_MODERATELY_STRONG);
  EXPECT_EQ(ToProto(Level::kL3), v1::SUPPORT_LEVEL_STRONG);
  EXPECT_EQ(ToProto(Level::kL4), v1::SUPPORT_LEVEL_VERY_STRONG);
  for (const Level level : {Level::kNone, Level::kL1, Level::kL2, Level::kL3, Level::kL4}) {
    const auto back = FromProto(ToProto(level), "level");
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, level);
  }
}

TEST(SupportLevelTest, RefusesUnspecifiedAndUnknownNumbers) {
  for (const int number : {0, 6, -1}) {
    EXPECT_THAT(FromProto(static_cast<v1::SupportLevel>(number), "level"),
                StatusIs(absl::StatusCode::kInvalidArgument, ::testing::StartsWith("level: ")));
  }
}

TEST(ClassCharacteristicsTest, RandomValuesComeBack) {
  RandomValues random(1);
  for (int i = 0; i < 500; ++i) {
    const records::ClassCharacteristics value = random.Characteristics();
    const auto back = FromProto(ToProto(value), "");
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
}

TEST(ClassCharacteristicsTest, NothingKnownIsAValue) {
  const auto nothing = FromProto(v1::ClassCharacteristics(), "");
  ASSERT_THAT(nothing, IsOk());
  EXPECT_EQ(*nothing, records::ClassCharacteristics());
}

TEST(ClassCharacteristicsTest, EveryBoundHolds) {
  using M = v1::ClassCharacteristics;
  ExpectFieldCases<M>(
      M(),
      {
          {"calibre 32", [](M& m) { m.set_calibre_code(std::string(32, 'A')); }, ""},
          {"calibre 33", [](M& m) { m.set_calibre_code(std::string(33, 'A')); }, "c.calibre_code:"},
          {"calibre case", [](M& m) { m.set_calibre_code("9luger"); }, "c.calibre_code:"},
          {"class 16", [](M& m) { m.set_bullet_class(std::string(16, '9')); }, ""},
          {"class 17", [](M& m) { m.set_bullet_class(std::string(17, '9')); }, "c.bullet_class:"},
          {"class alphabet", [](M& m) { m.set_bullet_class("9 "); }, "c.bullet_class:"},
          {"lands 0", [](M& m) { m.set_land_count(0); }, "c.land_count: 0, must be 1..24"},
          {"lands 1", [](M& m) { m.set_land_count(1); }, ""},
          {"lands 24", [](M& m) { m.set_land_count(24); }, ""},
          {"lands 25", [](M& m) { m.set_land_count(25); }, "c.land_count: 25"},
          {"twist", [](M& m) { m.set_twist(static_cast<v1::TwistDirection>(3)); }, "c.twist:"},
          {"twist -1", [](M& m) { m.set_twist(static_cast<v1::TwistDirection>(-1)); }, "c.twist:"},
          {"rifling", [](M& m) { m.set_rifling(static_cast<v1::RiflingType>(4)); }, "c.rifling:"},
          {"width 300", [](M& m) { m.set_land_width_mean_um(300.0); }, ""},
          {"width 299", [](M& m) { m.set_land_width_mean_um(299.9); }, "c.land_width_mean_um:"},
          {"width 12000", [](M& m) { m.set_land_width_mean_um(12'000.0); }, ""},
          {"width over", [](M& m) { m.set_land_width_mean_um(12'000.1); }, "c.land_width_mean_um:"},
          {"width nan", [](M& m) { m.set_land_width_mean_um(kNaN); }, "c.land_width_mean_um:"},
          {"width inf", [](M& m) { m.set_land_width_mean_um(kInfinity); }, "c.land_width_mean_um:"},
      },
      [](const M& m) { return FromProto(m, "c"); });
}

TEST(LedgerReceiptTest, RandomValuesComeBack) {
  RandomValues random(2);
  for (int i = 0; i < 200; ++i) {
    const records::LedgerReceipt value = random.Receipt();
    const auto back = FromProto(ToProto(value), "receipt");
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
}

TEST(LedgerReceiptTest, EveryBoundHolds) {
  using M = v1::LedgerReceipt;
  ExpectFieldCases<M>(
      ToProto(records::LedgerReceipt{"a.example/proofmark/n1/log", 0, std::string(32, '\0')}),
      {
          {"origin 256", [](M& m) { m.set_origin(std::string(256, 'a')); }, ""},
          {"origin 257", [](M& m) { m.set_origin(std::string(257, 'a')); }, "r.origin: 257 bytes"},
          {"no origin", [](M& m) { m.clear_origin(); }, "r.origin: 0 bytes"},
          {"origin line", [](M& m) { m.set_origin("a\nb"); }, "r.origin:"},
          {"hash 31", [](M& m) { m.set_leaf_hash(std::string(31, 'x')); }, "r.leaf_hash: 31 bytes"},
          {"hash 33", [](M& m) { m.set_leaf_hash(std::string(33, 'x')); }, "r.leaf_hash: 33 bytes"},
      },
      [](const M& m) { return FromProto(m, "r"); });
}

TEST(TimestampTest, MillisecondsComeBack) {
  for (const std::int64_t unix_ms : {std::int64_t{0}, std::int64_t{1}, std::int64_t{999},
                                     std::int64_t{1'790'000'000'123}, kUnixMsMax}) {
    const auto back = FromTimestamp(ToTimestamp(unix_ms), "t");
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, unix_ms);
  }
}

TEST(TimestampTest, EveryBoundHolds) {
  using M = google::protobuf::Timestamp;
  ExpectFieldCases<M>(
      ToTimestamp(5),
      {
          {"before 1970", [](M& m) { m.set_seconds(-1); }, "t.seconds: -1"},
          {"year 9999", [](M& m) { m.set_seconds(253'402'300'799); }, ""},
          {"year 10000", [](M& m) { m.set_seconds(253'402'300'800); }, "t.seconds:"},
          {"largest", [](M& m) { m.set_seconds(INT64_MAX); }, "t.seconds:"},
          {"nanos -1", [](M& m) { m.set_nanos(-1); }, "t.nanos: -1"},
          {"nanos max", [](M& m) { m.set_nanos(999'999'999); }, ""},
          {"nanos 1e9", [](M& m) { m.set_nanos(1'000'000'000); }, "t.nanos:"},
      },
      [](const M& m) { return FromTimestamp(m, "t"); });
}

}  // namespace
}  // namespace proofmark::wire
