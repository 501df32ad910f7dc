// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/signature.h"

#include <limits>

#include "base/bytes.h"
#include "gtest/gtest.h"
#include "proofmark/v1/signature.pb.h"
#include "tests/support/field_cases.h"
#include "tests/support/random_values.h"
#include "tests/support/status_matchers.h"

namespace proofmark::wire {
namespace {

using ::proofmark::testing::ExpectFieldCases;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::RandomValues;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

forensics::BulletSignature Example() {
  forensics::BulletSignature signature;
  signature.extractor_version = "striated/1";
  signature.lands.resize(3);
  signature.lands[1].emplace();
  signature.lands[1]->height_nm.assign(96, 0);
  signature.lands[1]->left_shoulder_um = -10.0;
  signature.lands[1]->right_shoulder_um = 290.0;
  return signature;
}

v1::LandSignature& Land(v1::BulletSignature& m) { return *m.mutable_lands(1)->mutable_land(); }
v1::LandQuality& Quality(v1::BulletSignature& m) { return *Land(m).mutable_quality(); }

TEST(SignatureTest, RandomValuesComeBackFromBytes) {
  RandomValues random(3);
  for (int i = 0; i < 60; ++i) {
    const forensics::BulletSignature value = random.Signature();
    const auto bytes = Serialise(value);
    ASSERT_THAT(bytes, IsOk());
    const auto back = ParseSignature(*bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
}

TEST(SignatureTest, TheLargestOneFits) {
  RandomValues random(4);
  forensics::BulletSignature value;
  value.extractor_version.assign(128, 'v');
  for (int i = 0; i < forensics::kBulletLandsMax; ++i) {
    value.lands.push_back(random.Land());
    value.lands.back()->height_nm.assign(forensics::kSignatureSamplesMax, 1);
  }
  EXPECT_THAT(Serialise(value), IsOk());
}

// The worked example of docs/formats/signature.md.
TEST(SignatureTest, IsTheDocumentedBytes) {
  forensics::BulletSignature value;
  value.extractor_version = "striated/1";
  value.lands.resize(2);
  forensics::LandSignature& land = value.lands[1].emplace();
  land.height_nm = {256, 32'767, -32'767, forensics::kSampleNotMeasured};
  land.height_nm.resize(96, 0);
  land.left_shoulder_um = -10.0;
  land.right_shoulder_um = 290.0;
  land.quality.consistency = 0.5;
  land.quality.band_to_um = 400.0;
  land.set(forensics::LandFlag::kHeelUncertain);
  land.set(forensics::LandFlag::kRightShoulderAssumed);

  const auto bytes = Serialise(value);

  ASSERT_THAT(bytes, IsOk());
  EXPECT_EQ(bytes->size(), 255U);
  EXPECT_EQ(base::ToHex(*bytes),
            "0a0a73747269617465642f31"
            "1200"
            "12ee01"
            "0aeb01"
            "0ac001"
            "0001ff7f01800080" +
                std::string(4 * 92, '0') +
                "1100000000000024c0"
                "190000000000207240"
                "2212"
                "09000000000000e03f"
                "410000000000007940"
                "2809");
  const auto back = ParseSignature(*bytes);
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(*back, value);
}

TEST(SignatureTest, MissingLandsStayInTheirPlaces) {
  const auto back = FromProto(ToProto(Example()), "");
  ASSERT_THAT(back, IsOk());
  ASSERT_EQ(back->lands.size(), 3U);
  EXPECT_FALSE(back->lands[0].has_value());
  EXPECT_TRUE(back->lands[1].has_value());
  EXPECT_FALSE(back->lands[2].has_value());
}

TEST(SignatureTest, EveryBoundHolds) {
  using M = v1::BulletSignature;
  const std::string land = "s.lands[1].land";
  ExpectFieldCases<M>(
      ToProto(Example()),
      {
          {"no version", [](M& m) { m.clear_extractor_version(); }, "s.extractor_version: 0 bytes"},
          {"version 128", [](M& m) { m.set_extractor_version(std::string(128, 'v')); }, ""},
          {"version 129", [](M& m) { m.set_extractor_version(std::string(129, 'v')); },
           "s.extractor_version: 129 bytes, must be 1..128"},
          {"version control", [](M& m) { m.set_extractor_version("v\x1f"); },
           "s.extractor_version:"},
          {"version delete", [](M& m) { m.set_extractor_version("v\x7f"); },
           "s.extractor_version:"},
          {"no lands", [](M& m) { m.clear_lands(); }, "s.lands: 0 entries"},
          {"only gaps", [](M& m) { m.mutable_lands(1)->clear_land(); }, "s.lands: none is present"},
          {"24 lands",
           [](M& m) {
             while (m.lands_size() < 24) m.add_lands();
           },
           ""},
          {"25 lands",
           [](M& m) {
             while (m.lands_size() < 25) m.add_lands();
           },
           "s.lands: 25 entries, must be 1..24"},
          {"95 samples", [](M& m) { Land(m).set_height_nm(std::string(190, 'h')); },
           land + ".height_nm: 190 bytes, must be even and 192..8192"},
          {"odd", [](M& m) { Land(m).set_height_nm(std::string(193, 'h')); }, land + ".height_nm:"},
          {"4096 samples", [](M& m) { Land(m).set_height_nm(std::string(8'192, 'h')); }, ""},
          {"4097 samples", [](M& m) { Land(m).set_height_nm(std::string(8'194, 'h')); },
           land + ".height_nm:"},
          {"left min", [](M& m) { Land(m).set_left_shoulder_um(-100'000.0); }, ""},
          {"left under", [](M& m) { Land(m).set_left_shoulder_um(-100'000.5); },
           land + ".left_shoulder_um:"},
          {"left nan", [](M& m) { Land(m).set_left_shoulder_um(kNaN); },
           land + ".left_shoulder_um:"},
          {"right max", [](M& m) { Land(m).set_right_shoulder_um(100'000.0); }, ""},
          {"right over", [](M& m) { Land(m).set_right_shoulder_um(100'000.5); },
           land + ".right_shoulder_um:"},
          {"right nan", [](M& m) { Land(m).set_right_shoulder_um(kNaN); },
           land + ".right_shoulder_um:"},
          {"no width", [](M& m) { Land(m).set_right_shoulder_um(-10.0); },
           land + ".right_shoulder_um: must be right of"},
          {"no quality", [](M& m) { Land(m).clear_quality(); }, land + ".quality: absent"},
          {"all flags", [](M& m) { Land(m).set_flags(0x7F); }, ""},
          {"flag 7", [](M& m) { Land(m).set_flags(0x80); }, land + ".flags:"},
          {"flag 31", [](M& m) { Land(m).set_flags(0x8000'0000U); }, land + ".flags:"},
      },
      [](const M& m) { return FromProto(m, "s"); });
}

TEST(SignatureTest, EveryQualityBoundHolds) {
  using M = v1::BulletSignature;
  const auto set = [](void (v1::LandQuality::*setter)(double), double value) {
    return [=](M& m) { (Quality(m).*setter)(value); };
  };
  const struct {
    std::string name;
    void (v1::LandQuality::*setter)(double);
    double min;
    double max;
  } kFields[] = {
      {"consistency", &v1::LandQuality::set_consistency, -1.0, 1.0},
      {"consistent_share", &v1::LandQuality::set_consistent_share, 0.0, 1.0},
      {"missing_share", &v1::LandQuality::set_missing_share, 0.0, 1.0},
      {"coherence", &v1::LandQuality::set_coherence, 0.0, 1.0},
      {"amplitude_um", &v1::LandQuality::set_amplitude_um, 0.0, 1'000.0},
      {"drift_um_per_mm", &v1::LandQuality::set_drift_um_per_mm, -2'000.0, 2'000.0},
      {"band_from_um", &v1::LandQuality::set_band_from_um, 0.0, 100'000.0},
      {"band_to_um", &v1::LandQuality::set_band_to_um, 0.0, 100'000.0},
  };
  std::vector<::proofmark::testing::FieldCase<M>> cases;
  for (const auto& field : kFields) {
    const std::string error = "s.lands[1].land.quality." + field.name + ":";
    const double beyond = 1e-9 * (field.max - field.min);
    cases.push_back({field.name + " min", set(field.setter, field.min), ""});
    cases.push_back({field.name + " max", set(field.setter, field.max), ""});
    cases.push_back({field.name + " under", set(field.setter, field.min - beyond), error});
    cases.push_back({field.name + " over", set(field.setter, field.max + beyond), error});
    cases.push_back({field.name + " nan", set(field.setter, kNaN), error});
  }
  EXPECT_EQ(cases.size(), 40U);
  ExpectFieldCases<M>(ToProto(Example()), cases, [](const M& m) { return FromProto(m, "s"); });
}

TEST(SignatureTest, NothingIsWrittenThatCannotBeReadAgain) {
  forensics::BulletSignature value = Example();
  value.lands[1]->quality.coherence = kNaN;
  EXPECT_THAT(Serialise(value), StatusIs(absl::StatusCode::kInvalidArgument,
                                         HasSubstr("lands[1].land.quality.coherence")));
  value = Example();
  value.lands[1].reset();
  EXPECT_THAT(Serialise(value), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(SignatureTest, RefusesUnknownFieldsAtAnyDepth) {
  // Field 15, varint 1.
  const std::string unknown("\x78\x01", 2);
  v1::BulletSignature outer = ToProto(Example());
  EXPECT_THAT(ParseSignature(outer.SerializeAsString() + unknown),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not know")));

  v1::BulletSignature inner = ToProto(Example());
  Quality(inner).GetReflection()->MutableUnknownFields(&Quality(inner))->AddVarint(15, 1);
  EXPECT_THAT(ParseSignature(inner.SerializeAsString()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not know")));
}

TEST(SignatureTest, RefusesTruncatedBytesAndTooMany) {
  const std::string bytes = *Serialise(Example());
  // A cut between two fields can leave a valid message of fewer fields, but not of the same value.
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = ParseSignature(bytes.substr(0, size));
    if (cut.ok()) {
      EXPECT_NE(*cut, Example()) << size;
    }
  }
  EXPECT_THAT(ParseSignature(std::string(kSignatureBytesMax + 1, '\0')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("bytes, must be 0..262144")));
}

}  // namespace
}  // namespace proofmark::wire
