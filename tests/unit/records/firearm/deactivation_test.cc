// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/deactivation.h"

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/records/firearm/samples.h"

namespace proofmark::firearm {
namespace {

using proofmark::testing::IsOk;
using proofmark::testing::StatusIs;
using records::PartialDate;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(CheckDeactivationRecordTest, TakesAFlawlessRecordAndABareOne) {
  EXPECT_THAT(CheckDeactivationRecord(SampleDeactivation()), IsOk());
  EXPECT_THAT(CheckDeactivationRecord(DeactivationRecord{}), IsOk());
}

TEST(CheckDeactivationRecordTest, NamesTheFieldAndItsBound) {
  using R = DeactivationRecord;
  const struct {
    std::function<void(R&)> change;
    const char* why;
  } kBad[] = {
      {[](R& r) { r.standard = static_cast<Standard>(9); }, "standard: 9, must be 1..8"},
      {[](R& r) { r.checklist_type = 9; }, "checklist_type: must be 0..8"},
      {[](R& r) { r.certificate->number.clear(); }, "certificate.number: 0 bytes"},
      {[](R& r) { r.certificate->verifying_entity = "a b"; }, "certificate.verifying_entity: must"},
      {[](R& r) { r.certificate->standard = static_cast<Standard>(0); }, "certificate.standard: 0"},
      {[](R& r) { r.certificate->country = "1"; }, "certificate.country: must be"},
      {[](R& r) {
         r.certificate->certified_on = PartialDate{2019, 2, 30};
       },
       "certificate.certified_on: must be"},
      {[](R& r) { r.certificate->calibre_code = "9"; }, "certificate.calibre_code: must be"},
      {[](R& r) { r.certificate->serials.resize(33, r.certificate->serials[0]); },
       "certificate.serials: 33"},
      {[](R& r) { r.certificate->remarks = std::string(2'049, 'a'); }, "certificate.remarks: 2049"},
      {[](R& r) { r.certificate->signatory = "\x01"; }, "certificate.signatory: must be UTF-8"},
      {[](R& r) { r.certificate->language = "EN"; }, "certificate.language: must be"},
      {[](R& r) { r.components.resize(33); }, "components: 33, must be 0..32"},
      {[](R& r) { r.components[0].component = static_cast<Component>(10); },
       "components.component: 10"},
      {[](R& r) { r.components[0].mark->entity = "lph"; }, "mark.entity: must be"},
      {[](R& r) { r.components[0].mark->year = 19; }, "mark.year: must be 2000..2999"},
      {[](R& r) { r.components[0].mark->country.clear(); }, "mark.country: 0, must be 1..3"},
      {[](R& r) { r.outcomes.resize(65); }, "outcomes: 65, must be 0..64"},
      {[](R& r) { r.outcomes[0].number = "2.1"; }, "outcomes.number: no operation"},
      {[](R& r) { r.standard = Standard::kUk2010; }, "outcomes.number: no operation"},
      {[](R& r) { r.outcomes[1].number = r.outcomes[0].number; }, "comes twice"},
      {[](R& r) { r.outcomes[0].outcome = static_cast<Outcome>(5); }, "outcomes.outcome: 5"},
      {[](R& r) { r.outcomes[0].method = static_cast<Method>(8); }, "outcomes.method: 8"},
      {[](R& r) { r.outcomes[0].insert_hardness_hrc = 101.0; },
       "insert_hardness_hrc: must be 0..100"},
      {[](R& r) { r.outcomes[0].mass_reduction_percent = -1.0; },
       "mass_reduction_percent: must be"},
      {[](R& r) { r.proof_house_mark = ProofHouseMark{.year = 10}; },
       "proof_house_mark.year: must"},
      {[](R& r) { r.category_before = static_cast<Category>(0); }, "category_before: 0"},
  };
  for (const auto& bad : kBad) {
    DeactivationRecord record = SampleDeactivation();
    bad.change(record);
    EXPECT_THAT(CheckDeactivationRecord(record),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad.why)));
  }
}

TEST(CheckDeactivationRecordTest, TakesEachOf128And85OperationsAsAnOutcome) {
  std::size_t taken = 0;
  for (const Operation& operation : Operations()) {
    DeactivationRecord record;
    record.standard = operation.standard;
    record.checklist_type = operation.checklist_type;
    record.outcomes = {{.number = std::string(operation.number), .outcome = Outcome::kDone}};
    EXPECT_THAT(CheckDeactivationRecord(record), IsOk()) << operation.number;
    ++taken;
  }
  EXPECT_EQ(taken, 128U + 85U);
}

TEST(MissingCertificateFieldsTest, NamesEachRequiredFieldThatIsEmpty) {
  EXPECT_THAT(MissingCertificateFields(SampleCertificate()), IsEmpty());
  DeactivationCertificate certificate = SampleCertificate();
  certificate.calibre_raw.clear();
  certificate.in_english.reset();
  EXPECT_THAT(MissingCertificateFields(certificate), ElementsAre("calibre", "language_english"));
  // All but the two that may be empty.
  EXPECT_EQ(MissingCertificateFields(DeactivationCertificate{}).size(), 15U);
}

TEST(CertificateNumberTest, IsComparedWithoutSigns) {
  EXPECT_EQ(NormalCertificateNumber("LPH-2019/0042"), "LPH20190042");
  EXPECT_EQ(NormalCertificateNumber("lph 2019 0042"), "LPH20190042");
}

TEST(VerifyingEntityTest, NamesTheFieldAndItsBound) {
  const VerifyingEntity good{.code = "GB-LPH", .name = "London", .country = "GB", .symbol = "LPH"};
  EXPECT_THAT(CheckVerifyingEntity(good), IsOk());
  VerifyingEntity bad = good;
  bad.code.clear();
  EXPECT_THAT(CheckVerifyingEntity(bad), StatusIs(absl::StatusCode::kInvalidArgument));
  bad = good;
  bad.country.clear();
  EXPECT_THAT(CheckVerifyingEntity(bad), StatusIs(absl::StatusCode::kInvalidArgument));
  bad = good;
  bad.from = PartialDate{2020, 0, 0};
  bad.until = PartialDate{2019, 0, 0};
  EXPECT_THAT(CheckVerifyingEntity(bad),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("until: earlier")));
}

TEST(AlarmModelTestTest, NamesTheFieldAndItsBound) {
  const AlarmModelTest good{.make_raw = "Ekol", .model = "Special 99", .authority = "Test House"};
  EXPECT_THAT(CheckAlarmModelTest(good), IsOk());
  AlarmModelTest bad = good;
  bad.model.clear();
  EXPECT_THAT(CheckAlarmModelTest(bad),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("model: 0 bytes")));
  bad = good;
  bad.result = static_cast<AlarmConformity>(4);
  EXPECT_THAT(CheckAlarmModelTest(bad),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("result: 4")));
}

StandardEvidence Marked(std::int32_t year) {
  StandardEvidence evidence;
  evidence.mark_year = year;
  return evidence;
}
StandardEvidence Proofed(std::int32_t year) {
  StandardEvidence evidence;
  evidence.proof_house_mark = ProofHouseMark{.house = ProofHouse::kLondon, .year = year};
  return evidence;
}

TEST(ChooseStandardTest, TheCertificateDecidesBeforeEveryMark) {
  StandardEvidence evidence = Marked(2019);
  evidence.certificate_names = Standard::kEu2015;
  const StandardChoice choice = ChooseStandard(evidence);
  EXPECT_EQ(choice.standard, Standard::kEu2015);
  EXPECT_EQ(choice.basis, StandardBasis::kCertificate);
}

TEST(ChooseStandardTest, TheYearOfTheCommonMarkDecidesExceptWhereTheStandardChanged) {
  EXPECT_EQ(ChooseStandard(Marked(2016)).standard, Standard::kEu2015);
  EXPECT_EQ(ChooseStandard(Marked(2017)).standard, Standard::kEu2015);
  EXPECT_EQ(ChooseStandard(Marked(2019)).standard, Standard::kEu2018);
  EXPECT_EQ(ChooseStandard(Marked(2026)).standard, Standard::kEu2018);
  const StandardChoice ask = ChooseStandard(Marked(2018));
  EXPECT_EQ(ask.standard, Standard::kUnknown);
  EXPECT_EQ(ask.basis, StandardBasis::kMark);
  EXPECT_THAT(ask.possible, ElementsAre(Standard::kEu2015, Standard::kEu2018));

  StandardEvidence dated = Marked(2018);
  dated.certified_on = PartialDate{2018, 6, 27};
  EXPECT_EQ(ChooseStandard(dated).standard, Standard::kEu2015);
  dated.certified_on = PartialDate{2018, 6, 28};
  EXPECT_EQ(ChooseStandard(dated).standard, Standard::kEu2018);
  dated.certified_on = PartialDate{2018, 6, 0};
  EXPECT_EQ(ChooseStandard(dated).standard, Standard::kUnknown);
  // No common mark is that old: the next evidence decides.
  EXPECT_EQ(ChooseStandard(Marked(2015)).basis, StandardBasis::kNothing);
}

TEST(ChooseStandardTest, AProofHouseMarkPicksTheBritishSpecification) {
  EXPECT_EQ(ChooseStandard(Proofed(1988)).standard, Standard::kUnknown);
  EXPECT_EQ(ChooseStandard(Proofed(1989)).standard, Standard::kUk1989);
  EXPECT_EQ(ChooseStandard(Proofed(1994)).standard, Standard::kUk1989);
  EXPECT_EQ(ChooseStandard(Proofed(1995)).standard, Standard::kUk1995);
  EXPECT_EQ(ChooseStandard(Proofed(2009)).standard, Standard::kUk1995);
  EXPECT_THAT(ChooseStandard(Proofed(2010)).possible,
              ElementsAre(Standard::kUk1995, Standard::kUk2010));
  EXPECT_EQ(ChooseStandard(Proofed(2011)).standard, Standard::kUk2010);
  EXPECT_EQ(ChooseStandard(Proofed(2015)).standard, Standard::kUk2010);
}

TEST(ChooseStandardTest, TheBritishSpecificationLivesOnForWhatTheCommonOneLeavesOut) {
  EXPECT_THAT(ChooseStandard(Proofed(2020)).possible,
              ElementsAre(Standard::kUk2010, Standard::kEu2018));
  StandardEvidence mortar = Proofed(2020);
  mortar.firearm_class = FirearmClass::kLauncher;
  EXPECT_EQ(ChooseStandard(mortar).standard, Standard::kUk2010);
}

TEST(ChooseStandardTest, ANationalPaperCountsUntilTheCommonStandardBegan) {
  StandardEvidence evidence;
  EXPECT_EQ(ChooseStandard(evidence).basis, StandardBasis::kNothing);
  evidence.national_paper = true;
  EXPECT_EQ(ChooseStandard(evidence).standard, Standard::kNatPre2016);
  evidence.certified_on = PartialDate{2016, 4, 7};
  EXPECT_EQ(ChooseStandard(evidence).standard, Standard::kNatPre2016);
  evidence.certified_on = PartialDate{2016, 4, 8};
  EXPECT_EQ(ChooseStandard(evidence).standard, Standard::kUnknown);
}

TEST(ChooseStandardTest, ARecordTellsItsEvidence) {
  DeactivationRecord record = SampleDeactivation();
  EXPECT_EQ(ChooseStandard(EvidenceOf(record, FirearmClass::kPistolSemi)).basis,
            StandardBasis::kCertificate);
  record.certificate->standard.reset();
  EXPECT_EQ(ChooseStandard(EvidenceOf(record, FirearmClass::kPistolSemi)).basis,
            StandardBasis::kMark);
}

}  // namespace
}  // namespace proofmark::firearm
