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
    const forensics::BallisticSignature value = random.Signature(random.Kind());
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

TEST(SignatureTest, TheLargestCaseFits) {
  forensics::CaseSignature value;
  for (const forensics::ImpressedRegion region :
       {forensics::ImpressedRegion::kBreechFace, forensics::ImpressedRegion::kFiringPin,
        forensics::ImpressedRegion::kEjector}) {
    forensics::ImpressedSignature& impression = value.impressions.emplace_back();
    impression.extractor_version.assign(128, 'v');
    impression.region = region;
    impression.width = forensics::kReliefSideMax;
    impression.height = forensics::kReliefSideMax;
    impression.pitch_um = forensics::ReliefPitchUm(region);
    impression.relief.assign(
        static_cast<std::size_t>(forensics::kReliefSideMax * forensics::kReliefSideMax), 1);
  }
  RandomValues random(5);
  value.aperture_shear = {.extractor_version = std::string(128, 'v'), .profile = random.Land()};
  value.aperture_shear->profile.height_nm.assign(forensics::kSignatureSamplesMax, 1);

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
  EXPECT_EQ(bytes->size(), 258U);
  EXPECT_EQ(base::ToHex(*bytes),
            "0aff01"
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
  EXPECT_EQ(*back, forensics::BallisticSignature(value));
}

// Its second worked example.
TEST(SignatureTest, ACaseIsTheDocumentedBytes) {
  forensics::ImpressedSignature impression;
  impression.extractor_version = "impressed/1";
  impression.region = forensics::ImpressedRegion::kBreechFace;
  impression.width = 48;
  impression.height = 48;
  impression.pitch_um = 12.5;
  impression.relief = {24, -1, forensics::kReliefNotMeasured};
  impression.relief.resize(48 * 48, 0);
  impression.quality.missing_share = 0.5;
  impression.set(forensics::ImpressedFlag::kMaskFound);

  const auto bytes = Serialise(
      forensics::CaseSignature{.impressions = {impression}, .aperture_shear = std::nullopt});

  ASSERT_THAT(bytes, IsOk());
  EXPECT_EQ(bytes->size(), 2'343U);
  EXPECT_EQ(base::ToHex(*bytes),
            "12a412"
            "0aa112"
            "0a0b696d707265737365642f31"
            "1001"
            "1830"
            "228012"
            "18ff80" +
                std::string(2 * (48 * 48 - 3), '0') +
                "2a09"
                "11000000000000e03f"
                "3004");
}

forensics::CaseSignature ExampleCase() {
  RandomValues random(6);
  forensics::CaseSignature value;
  value.impressions.push_back(random.Impression(forensics::ImpressedRegion::kBreechFace, 96));
  value.impressions.push_back(random.Impression(forensics::ImpressedRegion::kEjector, 96));
  value.aperture_shear = {.extractor_version = "striated/1", .profile = random.Land(96)};
  return value;
}

TEST(SignatureTest, EveryBoundOfACaseHolds) {
  using M = v1::CaseSignature;
  const auto face = [](M& m) { return m.mutable_impressions(0); };
  const auto relief = [=](int width, int bytes) {
    return [=](M& m) {
      face(m)->set_width(width);
      face(m)->set_relief(std::string(static_cast<std::size_t>(bytes), 'r'));
    };
  };
  ExpectFieldCases<M>(
      ToProto(ExampleCase()),
      {
          {"no marks", [](M& m) { m.Clear(); }, "s.impressions: no mark at all"},
          {"shear alone", [](M& m) { m.clear_impressions(); }, ""},
          {"no shear", [](M& m) { m.clear_aperture_shear(); }, ""},
          {"four impressions",
           [](M& m) {
             *m.add_impressions() = m.impressions(1);
             *m.add_impressions() = m.impressions(1);
           },
           "s.impressions: 4 entries, must be 0..3"},
          {"a region twice", [](M& m) { *m.mutable_impressions(1) = m.impressions(0); },
           "s.impressions[1].region: must ascend"},
          {"regions turned", [](M& m) { m.mutable_impressions()->SwapElements(0, 1); },
           "s.impressions[1].region: must ascend"},
          {"no version", [=](M& m) { face(m)->clear_extractor_version(); },
           "s.impressions[0].extractor_version: 0 bytes"},
          {"version 129", [=](M& m) { face(m)->set_extractor_version(std::string(129, 'v')); },
           "s.impressions[0].extractor_version: 129 bytes"},
          {"no region", [=](M& m) { face(m)->clear_region(); }, "s.impressions[0].region: not set"},
          {"a land", [=](M& m) { face(m)->set_region(v1::MARK_REGION_LAND); },
           "s.impressions[0].region: must be an impressed mark"},
          {"a striated mark", [=](M& m) { face(m)->set_region(v1::MARK_REGION_APERTURE_SHEAR); },
           "s.impressions[0].region: must be an impressed mark"},
          {"region 6", [=](M& m) { face(m)->set_region(static_cast<v1::MarkRegion>(6)); },
           "s.impressions[0].region: a value"},
          {"width 47", relief(47, 47 * 48), "s.impressions[0].width: 47, must be 48..448"},
          {"width 48", relief(48, 48 * 48), ""},
          {"width 448", relief(448, 448 * 448), ""},
          {"width 449", relief(449, 449 * 48), "s.impressions[0].width: 449"},
          {"half a row", relief(48, 48 * 48 + 24), "s.impressions[0].relief: 2328 bytes"},
          {"47 rows", relief(48, 48 * 47), "s.impressions[0].relief:"},
          {"449 rows", relief(48, 48 * 449), "s.impressions[0].relief:"},
          {"no relief", [=](M& m) { face(m)->clear_relief(); }, "s.impressions[0].relief: 0 bytes"},
          {"no quality", [=](M& m) { face(m)->clear_quality(); },
           "s.impressions[0].quality: absent"},
          {"area nan", [=](M& m) { face(m)->mutable_quality()->set_valid_area_mm2(kNaN); },
           "s.impressions[0]."},
          {"share over", [=](M& m) { face(m)->mutable_quality()->set_missing_share(1.001); },
           "s.impressions[0]."},
          {"all flags", [=](M& m) { face(m)->set_flags(0x1FF); }, ""},
          {"flag 9", [=](M& m) { face(m)->set_flags(0x200); }, "s.impressions[0].flags: bits"},
          {"shear without version",
           [](M& m) { m.mutable_aperture_shear()->clear_extractor_version(); },
           "s.aperture_shear.extractor_version: 0 bytes"},
          {"shear without profile", [](M& m) { m.mutable_aperture_shear()->clear_profile(); },
           "s.aperture_shear.profile: absent"},
          {"shear of 95 samples",
           [](M& m) {
             m.mutable_aperture_shear()->mutable_profile()->set_height_nm(std::string(190, 'h'));
           },
           "s.aperture_shear.profile.height_nm: 190 bytes"},
      },
      [](const M& m) { return FromProto(m, "s"); });
}

TEST(SignatureTest, IsOfTheItemThatTheKindSays) {
  const v1::BallisticSignature bullet = ToProto(forensics::BallisticSignature(Example()));
  const v1::BallisticSignature of_case = ToProto(forensics::BallisticSignature(ExampleCase()));

  for (const records::ExhibitKind kind : records::kExhibitKinds) {
    SCOPED_TRACE(records::ExhibitKindCode(kind));
    const bool is_bullet = records::ItemOf(kind) == records::ItemKind::kBullet;
    // The example case has a breech face, which a cartridge that was not fired cannot have.
    const bool fired_case = !is_bullet && kind != records::ExhibitKind::kUnfiredEvidence;
    EXPECT_EQ(FromProto(bullet, kind, "s").ok(), is_bullet);
    EXPECT_EQ(FromProto(of_case, kind, "s").ok(), fired_case);
  }
  EXPECT_THAT(FromProto(v1::BallisticSignature(), "s"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("s.item: not set")));
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
  v1::BallisticSignature outer = ToProto(forensics::BallisticSignature(Example()));
  EXPECT_THAT(ParseSignature(outer.SerializeAsString() + unknown),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not know")));

  v1::BallisticSignature inner = ToProto(forensics::BallisticSignature(Example()));
  v1::LandQuality& quality = Quality(*inner.mutable_bullet());
  quality.GetReflection()->MutableUnknownFields(&quality)->AddVarint(15, 1);
  EXPECT_THAT(ParseSignature(inner.SerializeAsString()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not know")));
}

TEST(SignatureTest, RefusesTruncatedBytesAndTooMany) {
  const std::string bytes = *Serialise(Example());
  // A cut between two fields can leave a valid message of fewer fields, but not of the same value.
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = ParseSignature(bytes.substr(0, size));
    if (cut.ok()) {
      EXPECT_NE(*cut, forensics::BallisticSignature(Example())) << size;
    }
  }
  EXPECT_THAT(ParseSignature(std::string(kSignatureBytesMax + 1, '\0')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("bytes, must be 0..655360")));
}

}  // namespace
}  // namespace proofmark::wire
