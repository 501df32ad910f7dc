// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/firearm.h"

#include <functional>
#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/records/firearm/samples.h"

namespace proofmark::firearm {
namespace {

using proofmark::testing::IsOk;
using proofmark::testing::StatusIs;
using ::testing::HasSubstr;

TEST(CheckFirearmTest, TakesAPlainRecord) { EXPECT_THAT(CheckFirearm(SamplePistol()), IsOk()); }

TEST(CheckFirearmTest, NamesTheFieldAndItsBound) {
  const struct {
    std::function<void(Firearm&)> change;
    const char* why;
  } kBad[] = {
      {[](Firearm& f) { f.serials.clear(); }, "serials: 0, must be 1..32"},
      {[](Firearm& f) { f.serials.resize(33, f.serials[0]); }, "serials: 33, must be 1..32"},
      {[](Firearm& f) { f.serials[0].raw.clear(); }, "serial.raw: must not be empty"},
      {[](Firearm& f) { f.serials[0].raw = "--"; }, "serial.raw: holds no letter or digit"},
      {[](Firearm& f) { f.serials[0].raw = std::string(65, '1'); }, "more than 64"},
      {[](Firearm& f) { f.serials[0].raw = "\xC3"; }, "serial: must be UTF-8"},
      {[](Firearm& f) { f.serials[0].condition = static_cast<SerialCondition>(10); },
       "serial.condition: 10, must be 1..9"},
      {[](Firearm& f) { f.serials[0].component = static_cast<Component>(0); },
       "serial.component: 0, must be 1..9"},
      {[](Firearm& f) { f.serials[0].numerals = static_cast<Numerals>(3); }, "serial.numerals: 3"},
      {[](Firearm& f) { f.serials[0].confidence_percent = {1}; }, "only of a restored number"},
      {[](Firearm& f) { f.firearm_class = static_cast<FirearmClass>(34); },
       "firearm_class: 34, must be 1..33"},
      {[](Firearm& f) { f.action = "Z"; }, "action: must be a code"},
      {[](Firearm& f) { f.feed = static_cast<Feed>(7); }, "feed: 7, must be 1..6"},
      {[](Firearm& f) { f.make_raw = std::string(257, 'a'); },
       "make_raw: 257 bytes, must be 0..256"},
      {[](Firearm& f) { f.model = "a\u202Eb"; }, "model: must be UTF-8 without control"},
      {[](Firearm& f) { f.make_ncic_code = "glc"; }, "make_ncic_code: must be 0..8"},
      {[](Firearm& f) { f.calibre_code = "9 mm Luger"; }, "calibre_code: must be a code"},
      {[](Firearm& f) { f.barrel_length_mm = -1.0; }, "barrel_length_mm: must be 0..5000"},
      {[](Firearm& f) { f.barrel_length_mm = std::numeric_limits<double>::quiet_NaN(); },
       "barrel_length_mm: must be"},
      {[](Firearm& f) { f.capacity = 10'001; }, "capacity: must be 0..10000"},
      {[](Firearm& f) { f.year_of_manufacture = 1'499; },
       "year_of_manufacture: must be 1500..2999"},
      {[](Firearm& f) { f.country_of_manufacture = "Austria"; }, "country_of_manufacture: must be"},
      {[](Firearm& f) { f.category = static_cast<Category>(28); }, "category: 28, must be 1..27"},
      {[](Firearm& f) { f.conversion = static_cast<Conversion>(8); }, "conversion: 8"},
      {[](Firearm& f) { f.trace_requests.resize(257, "x"); },
       "trace_requests: 257, must be 0..256"},
      {[](Firearm& f) { f.export_import_papers = {""}; }, "export_import_papers: 0 bytes"},
      {[](Firearm& f) { f.features = std::string(2'049, 'a'); }, "features: 2049 bytes"},
      {[](Firearm& f) { f.holder = std::string(1'025, 'a'); }, "holder: 1025 bytes"},
      {[](Firearm& f) { f.handling_code = "h1"; }, "handling_code: must be 1..32"},
      {[](Firearm& f) {
         f.retain_until = records::PartialDate{2050, 13, 0};
       },
       "retain_until: must"},
  };
  for (const auto& bad : kBad) {
    Firearm firearm = SamplePistol();
    bad.change(firearm);
    EXPECT_THAT(CheckFirearm(firearm),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad.why)));
  }
}

TEST(CheckSerialTest, AConditionSaysWhatMayBeWritten) {
  for (const CodeRow<SerialCondition>& row : CodesOf<SerialCondition>()) {
    Serial serial;
    serial.condition = row.value;
    EXPECT_EQ(CheckSerial(serial).ok(), !IsSearchable(serial)) << row.code;
    serial.raw = "AB1234";
    EXPECT_EQ(CheckSerial(serial).ok(), IsSearchable(serial)) << row.code;
    serial.raw = "AB?[12]4";
    EXPECT_EQ(CheckSerial(serial).ok(), IsSearchable(serial)) << row.code;
    serial.raw = "AB[";  // No pattern, but legible letters.
    EXPECT_EQ(CheckSerial(serial).ok(), IsSearchable(serial) && !IsSearchedByPattern(serial));
  }
}

TEST(CheckSerialTest, ARestoredNumberHasOneConfidenceAPlace) {
  Serial serial{.condition = SerialCondition::kRestoredPartial, .raw = "A[38]?Ж"};
  serial.confidence_percent = {90, 50, 0, 80};
  EXPECT_THAT(CheckSerial(serial), IsOk());
  serial.confidence_percent = {90, 50, 0};
  EXPECT_THAT(CheckSerial(serial), StatusIs(absl::StatusCode::kInvalidArgument));
  serial.confidence_percent = {90, 50, 0, 101};
  EXPECT_THAT(CheckSerial(serial), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(CanonicaliseTest, FillsWhatIsEmptyAndChangesNothingElse) {
  Firearm firearm = SamplePistol();
  firearm.make_raw = "ČZ";
  firearm.make.clear();
  firearm.make_ncic_code.clear();
  firearm.calibre_raw = "9x19";
  firearm.calibre_code.clear();
  Canonicalise(firearm, nullptr);
  EXPECT_EQ(firearm.make, "Česká zbrojovka");
  EXPECT_EQ(firearm.make_ncic_code, "FOZ");
  EXPECT_EQ(firearm.calibre_code, "9LUGER");
  EXPECT_EQ(firearm.make_raw, "ČZ");

  firearm.make_raw = "Glock";
  firearm.calibre_raw = ".32 ACP";
  const Firearm before = firearm;
  Canonicalise(firearm, nullptr);
  EXPECT_EQ(firearm, before);
}

TEST(CanonicaliseTest, KeepsADesignAsTheModelWithoutAMaker) {
  Firearm firearm = SamplePistol();
  firearm.make_raw = "Tokarev";
  firearm.make.clear();
  firearm.model.clear();
  Canonicalise(firearm, nullptr);
  EXPECT_EQ(firearm.make, "");
  EXPECT_EQ(firearm.model, "Tokarev");
}

TEST(TakesMagazineTest, IsToldByTheFeedThenTheClass) {
  Firearm firearm = SamplePistol();
  EXPECT_EQ(TakesMagazine(firearm), true);
  firearm.feed = Feed::kNone;
  EXPECT_EQ(TakesMagazine(firearm), false);
  firearm.firearm_class = FirearmClass::kRifleBolt;
  firearm.feed.reset();
  EXPECT_EQ(TakesMagazine(firearm), std::nullopt);
  firearm.feed = Feed::kFixedMagazine;
  EXPECT_EQ(TakesMagazine(firearm), true);
  firearm.firearm_class = FirearmClass::kRevolver;
  firearm.feed.reset();
  EXPECT_EQ(TakesMagazine(firearm), false);
}

}  // namespace
}  // namespace proofmark::firearm
