// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/checks.h"

#include <filesystem>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/records/firearm/samples.h"

namespace proofmark::firearm {
namespace {

using proofmark::testing::IsOk;
using records::PartialDate;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What a node knows of one firearm; flawless until a test spoils it.
struct Scene {
  Firearm firearm = SamplePistol();
  std::optional<DeactivationRecord> deactivation = SampleDeactivation();
  std::vector<StateEvent> history = {{.from = std::nullopt,
                                      .to = State::kDeactivated,
                                      .at_unix_ms = 1'552'521'600'000,
                                      .authority = "Registry",
                                      .reason = "",
                                      .paper = ""}};
  std::vector<VerifyingEntity> entities = {
      {.code = "GB-LPH", .name = "London Proof House", .country = "GB", .symbol = "LPH"}};
  std::vector<CertificateUse> certificate_uses = {
      {.verifying_entity = "GB-LPH", .number = "LPH-2019/0043", .firearm = "other"},
      {.verifying_entity = "FR-BEX", .number = "LPH-2019/0042", .firearm = "other"}};
  std::vector<Firing> firings = {
      {.exhibit = "E1", .test_fire = true, .fired_on = PartialDate{2018, 5, 1}}};
  std::vector<RecoveredMark> recovered_marks;
  std::vector<Sighting> sightings = {
      {.node = "gb", .place = "GB", .serial_key = "AB123456", .make = "Walther"}};
  std::vector<Transfer> transfers = {
      {.from_country = "GB", .to_country = "FR", .on = PartialDate{2020, 1, 1}}};

  std::vector<Finding> Run() const {
    return RunChecks({.firearm = &firearm,
                      .deactivation = deactivation ? &*deactivation : nullptr,
                      .history = history,
                      .entities = entities,
                      .certificate_uses = certificate_uses,
                      .firings = firings,
                      .recovered_marks = recovered_marks,
                      .sightings = sightings,
                      .transfers = transfers});
  }
  DeactivationCertificate& certificate() { return *deactivation->certificate; }
};

std::vector<std::string> CodesOfFindings(const std::vector<Finding>& findings) {
  std::vector<std::string> codes;
  for (const Finding& finding : findings) codes.emplace_back(RuleOf(finding.check).code);
  return codes;
}

OperationOutcome& OutcomeOf(Scene& scene, std::string_view number) {
  for (OperationOutcome& outcome : scene.deactivation->outcomes) {
    if (outcome.number == number) return outcome;
  }
  ADD_FAILURE() << "no outcome " << number;
  return scene.deactivation->outcomes.front();
}

// Turns the scene's deactivation into one of another checklist, everything always due done.
void UseChecklist(Scene& scene, Standard standard, std::int32_t type) {
  DeactivationRecord& record = *scene.deactivation;
  record.standard = standard;
  record.checklist_type = type;
  record.outcomes.clear();
  for (const Operation& operation : OperationsOf(standard, type)) {
    record.outcomes.push_back(
        {.number = std::string(operation.number),
         .outcome = operation.applicability == Applicability::kIfMagazineMissing
                        ? Outcome::kNotApplicable
                        : Outcome::kDone});
  }
}

void MakeOf2015(Scene& scene) {
  UseChecklist(scene, Standard::kEu2015, 1);
  scene.certificate().standard = Standard::kEu2015;
  scene.certificate().certified_on = PartialDate{2017, 5, 1};
  scene.deactivation->components[0].mark->year = 2017;
  scene.firings.clear();
  scene.transfers.clear();
}

TEST(CheckRulesTest, AreTheDomainListWithItsSeverities) {
  PM_REQUIRE_SHARED_DATA();
  // Only the first two columns: one of its rules holds commas without quotation marks.
  std::istringstream lines(proofmark::testing::ReadFileOrFail(
      proofmark::testing::SharedDir() / "domain" / "deactivation_checks.csv"));
  std::string line;
  std::getline(lines, line);
  ASSERT_EQ(line.rfind("check_id,severity,", 0), 0U);
  std::size_t count = 0;
  while (std::getline(lines, line)) {
    ASSERT_LT(count, CheckRules().size());
    const CheckRule& rule = CheckRules()[count++];
    const std::size_t comma = line.find(',');
    EXPECT_EQ(rule.code, line.substr(0, comma));
    std::string severity(SeverityCode(rule.severity));
    for (char& c : severity) c = static_cast<char>(c - 'A' + 'a');
    EXPECT_EQ(severity, line.substr(comma + 1, line.find(',', comma + 1) - comma - 1)) << rule.code;
    EXPECT_EQ(static_cast<std::size_t>(rule.id), count);
    EXPECT_EQ(&RuleOf(rule.id), &rule);
    EXPECT_EQ(FindCheck(rule.code), rule.id);
    EXPECT_FALSE(rule.rule.empty());
    EXPECT_FALSE(rule.article.empty());
  }
  EXPECT_EQ(count, 20U);
  EXPECT_EQ(CheckRules().size(), 20U);
  EXPECT_FALSE(FindCheck("D21").has_value());
}

TEST(CheckRulesTest, StandOnThePage) {
  const std::string page = proofmark::testing::ReadFileOrFail(
      std::filesystem::path(PROOFMARK_SOURCE_DIR) / "docs" / "formats" / "firearm.md");
  for (const CheckRule& rule : CheckRules()) {
    const std::string line = "| `" + std::string(rule.code) + "` | " +
                             std::string(SeverityCode(rule.severity)) + " | " +
                             std::string(rule.rule) + " | " + std::string(rule.article) + " |";
    EXPECT_NE(page.find(line), std::string::npos) << line;
  }
}

TEST(ChecksTest, FindNothingWrongWithAFlawlessRecord) {
  Scene scene;
  ASSERT_THAT(CheckFirearm(scene.firearm), IsOk());
  ASSERT_THAT(CheckDeactivationRecord(*scene.deactivation), IsOk());
  EXPECT_THAT(scene.Run(), IsEmpty());
  MakeOf2015(scene);
  ASSERT_THAT(CheckDeactivationRecord(*scene.deactivation), IsOk());
  EXPECT_THAT(scene.Run(), IsEmpty());
}

// One way, at least, to trip each check, and nothing but it.
struct Trip {
  const char* check;
  const char* evidence;
  std::function<void(Scene&)> spoil;
};
const Trip kTrips[] = {
    {"D01", "Certified 2018-06-27, but EU-2018 applies from 2018-06-28",
     [](Scene& s) {
       s.certificate().certified_on = PartialDate{2018, 6, 27};
       s.deactivation->components[0].mark->year = 2018;
     }},
    {"D02", "Operation 1.16 of EU-2018, always due, has no outcome",
     [](Scene& s) {
       std::erase_if(s.deactivation->outcomes,
                     [](const OperationOutcome& o) { return o.number == "1.16"; });
     }},
    {"D02", "Operation 1.1 of EU-2018, always due, was not done",
     [](Scene& s) { OutcomeOf(s, "1.1").outcome = Outcome::kNotDone; }},
    {"D02", "Operation 1.4 of EU-2018, always due, was not checked",
     [](Scene& s) { OutcomeOf(s, "1.4").outcome = Outcome::kNotChecked; }},
    {"D03", "both as fitted and fixed, and as missing",
     [](Scene& s) { OutcomeOf(s, "1.21").outcome = Outcome::kDone; }},
    {"D03", "neither its fixing nor its absence",
     [](Scene& s) { OutcomeOf(s, "1.20").outcome = Outcome::kNotDone; }},
    {"D04", "No full mark",
     [](Scene& s) {
       s.transfers.clear();
       s.deactivation->components[0].mark->year = 0;
       s.deactivation->components[0].mark->entity.clear();
     }},
    {"D04", "No full mark",
     [](Scene& s) {
       s.transfers.clear();
       s.deactivation->components[0].mark.reset();
     }},
    {"D05", "Component SLIDE", [](Scene& s) { s.deactivation->components[1].mark.reset(); }},
    {"D05", "Component RECEIVER",
     [](Scene& s) {
       s.deactivation->components.push_back({.component = Component::kReceiver, .modified = true});
     }},
    {"D06", "The mark on SLIDE names FR, the verifying entity belongs to GB",
     [](Scene& s) { s.deactivation->components[1].mark->country = "FR"; }},
    {"D07", "did the work itself",
     [](Scene& s) { s.certificate().deactivating_entity = "london proof  house"; }},
    {"D07", "did the work itself",
     [](Scene& s) { s.certificate().deactivating_entity = "GB-LPH"; }},
    {"D08", "issued for firearm other",
     [](Scene& s) { s.certificate_uses[0].number = "lph 2019 0042"; }},
    {"D09", "serial number of FRAME",
     [](Scene& s) { s.certificate().serials[0].raw = "AB123457"; }},
    {"D09", "serial number of the firearm",
     [](Scene& s) {
       s.certificate().serials[0].component.reset();
       s.certificate().serials[0].raw = "XX1";
     }},
    {"D09", "serial number of FRAME",
     [](Scene& s) {
       s.firearm.serials = {{.component = Component::kFrame,
                             .condition = SerialCondition::kPartial,
                             .raw = "AB12345[78]"}};
       s.sightings.clear();
     }},
    {"D10", "The mark says 2019, the certificate 2021",
     [](Scene& s) {
       s.certificate().certified_on = PartialDate{2021, 0, 0};
     }},
    {"D11", "measured 39.9 HRC, EU-2018 asks at least 40",
     [](Scene& s) { OutcomeOf(s, "1.2").insert_hardness_hrc = 39.9; }},
    {"D11", "measured 64.5 HRC, EU-2015 asks 58 to 64",
     [](Scene& s) {
       MakeOf2015(s);
       OutcomeOf(s, "1.2").insert_hardness_hrc = 64.5;
     }},
    {"D12", "Operation 6.13 took 49 % of the mass",
     [](Scene& s) {
       UseChecklist(s, Standard::kEu2018, 6);
       OutcomeOf(s, "6.13").mass_reduction_percent = 49.0;
     }},
    {"D13", "Passed from GB to FR without a valid certificate",
     [](Scene& s) { s.deactivation->certificate_withdrawn = true; }},
    {"D14", "Offered for sale while it meets EU-2015 only",
     [](Scene& s) {
       MakeOf2015(s);
       s.transfers = {{.offered_only = true}};
     }},
    {"D15", "Evidence of firing E7 is attributed to a deactivated firearm: fired 2019-03-15",
     [](Scene& s) {
       s.firings.push_back({.exhibit = "E7", .fired_on = PartialDate{2019, 3, 15}});
     }},
    {"D16", "bears EU/FR/BEX/2019; none of 2 nodes",
     [](Scene& s) {
       s.deactivation.reset();
       s.history.back().to = State::kRecovered;
       s.recovered_marks = {{.mark = {"FR", "BEX", 2019},
                             .searches = {{"gb", CertificateAnswer::kNotFound},
                                          {"fr", CertificateAnswer::kNotFound}}}};
     }},
    {"D17", "reported by gb in GB and by fr in FR",
     [](Scene& s) {
       s.sightings.push_back(
           {.node = "fr", .place = "FR", .serial_key = "AB123456", .make = "Walther"});
     }},
    {"D18", "Converted (SALUTE)", [](Scene& s) { s.firearm.conversion = Conversion::kSalute; }},
    {"D19", "classed B5", [](Scene& s) { s.firearm.category = Category::kB5; }},
    {"D19", "classed nowhere", [](Scene& s) { s.firearm.category.reset(); }},
    {"D19", "before the deactivation is lost",
     [](Scene& s) {
       s.firearm.category_before.reset();
       s.deactivation->category_before.reset();
     }},
    {"D20", "has no English version", [](Scene& s) { s.certificate().in_english = false; }},
    {"D20", "No English version of the certificate is recorded",
     [](Scene& s) { s.certificate().in_english.reset(); }},
};

TEST(ChecksTest, EachOfTheTwentyIsTrippedAloneWithItsEvidence) {
  std::set<std::string> tripped;
  for (const Trip& trip : kTrips) {
    SCOPED_TRACE(std::string(trip.check) + " " + trip.evidence);
    Scene scene;
    trip.spoil(scene);
    EXPECT_THAT(CheckFirearm(scene.firearm), IsOk());
    EXPECT_THAT(CheckDeactivationRecord(scene.deactivation.value_or(DeactivationRecord{})), IsOk());
    const std::vector<Finding> findings = scene.Run();
    ASSERT_THAT(CodesOfFindings(findings), ElementsAre(trip.check));
    EXPECT_THAT(findings[0].evidence, HasSubstr(trip.evidence));
    EXPECT_EQ(findings[0].severity, RuleOf(findings[0].check).severity);
    EXPECT_FALSE(findings[0].fields.empty());
    // Evidence goes to lists and reports: no serial number.
    EXPECT_EQ(findings[0].evidence.find("12345"), std::string::npos);
    tripped.insert(trip.check);
  }
  EXPECT_EQ(tripped.size(), 20U);
}

// Neighbours of what trips a check, which do not.
const Trip kQuiet[] = {
    {"D01", "",
     [](Scene& s) {
       s.certificate().certified_on = PartialDate{2018, 6, 28};
       s.deactivation->components[0].mark->year = 2018;
       s.firings.clear();
     }},
    {"D01", "",
     [](Scene& s) {
       s.certificate().certified_on = PartialDate{2018, 0, 0};
       s.firings.clear();
     }},
    {"D02", "", [](Scene& s) { OutcomeOf(s, "1.1").outcome = Outcome::kNotApplicable; }},
    {"D02", "", [](Scene& s) { OutcomeOf(s, "1.3").outcome = Outcome::kNotChecked; }},
    {"D03", "",
     [](Scene& s) {
       OutcomeOf(s, "1.20").outcome = Outcome::kNotApplicable;
       OutcomeOf(s, "1.21").outcome = Outcome::kDone;
     }},
    {"D03", "",
     [](Scene& s) {
       OutcomeOf(s, "1.20").outcome = Outcome::kNotDone;
       s.firearm.firearm_class = FirearmClass::kPistolSingle;
     }},
    {"D05", "",
     [](Scene& s) {
       s.deactivation->components[1].modified = false;
       s.deactivation->components[1].mark.reset();
     }},
    {"D06", "", [](Scene& s) { s.deactivation->components[1].mark->country = "UK"; }},
    {"D06", "",
     [](Scene& s) {
       s.deactivation->components[1].mark->country = "FR";
       s.deactivation->article4_assistance = true;
     }},
    {"D07", "",
     [](Scene& s) {
       s.certificate().deactivating_entity = "London Proof House";
       s.deactivation->persons_separated = true;
     }},
    {"D09", "", [](Scene& s) { s.certificate().serials[0].raw = "No. AB-123456"; }},
    {"D09", "",
     [](Scene& s) {
       s.firearm.serials[0].condition = SerialCondition::kObliterated;
       s.firearm.serials[0].raw.clear();
     }},
    {"D09", "",
     [](Scene& s) {
       s.firearm.serials[0].condition = SerialCondition::kPartial;
       s.firearm.serials[0].raw = "AB12?4*";
     }},
    {"D10", "",
     [](Scene& s) {
       s.certificate().certified_on = PartialDate{2020, 0, 0};
     }},
    {"D11", "", [](Scene& s) { OutcomeOf(s, "1.2").insert_hardness_hrc = 40.0; }},
    {"D11", "",
     [](Scene& s) {
       MakeOf2015(s);
       OutcomeOf(s, "1.2").insert_hardness_hrc = 58.0;
     }},
    {"D12", "",
     [](Scene& s) {
       UseChecklist(s, Standard::kEu2018, 6);
       OutcomeOf(s, "6.13").mass_reduction_percent = 50.0;
     }},
    {"D12", "", [](Scene& s) { OutcomeOf(s, "1.7").mass_reduction_percent = 10.0; }},
    {"D13", "",
     [](Scene& s) {
       s.deactivation->certificate_withdrawn = true;
       s.transfers[0].to_country = "UK";
     }},
    {"D14", "", [](Scene& s) { s.transfers = {{.offered_only = true}}; }},
    {"D15", "",
     [](Scene& s) {
       s.firings = {{.exhibit = "E7", .fired_on = PartialDate{2019, 3, 13}}};
     }},
    {"D15", "",
     [](Scene& s) {
       s.deactivation->certificate.reset();
       s.firings = {{.exhibit = "E7", .fired_on = PartialDate{2024, 1, 1}}};
       s.transfers.clear();
     }},
    {"D16", "",
     [](Scene& s) {
       s.deactivation.reset();
       s.recovered_marks = {
           {.mark = {"FR", "BEX", 2019},
            .searches = {{"gb", CertificateAnswer::kNotFound}, {"fr", CertificateAnswer::kFound}}}};
       s.transfers.clear();
     }},
    {"D17", "",
     [](Scene& s) {
       s.sightings.push_back(
           {.node = "fr", .place = "FR", .serial_key = "AB123456", .make = "Mauser"});
     }},
    {"D17", "",
     [](Scene& s) {
       s.sightings.push_back(
           {.node = "fr", .place = "GB", .serial_key = "AB123456", .make = "Walther"});
     }},
    {"D17", "",
     [](Scene& s) {
       s.sightings[0].until = PartialDate{2020, 1, 1};
       s.sightings.push_back({.node = "fr",
                              .place = "FR",
                              .serial_key = "AB123456",
                              .make = "Walther",
                              .from = PartialDate{2020, 1, 2}});
     }},
    {"D18", "", [](Scene& s) { s.firearm.conversion = Conversion::kCalibre; }},
    {"D19", "", [](Scene& s) { s.firearm.category_before.reset(); }},
};

TEST(ChecksTest, StayQuietForTheNeighboursOfWhatTripsThem) {
  for (const Trip& quiet : kQuiet) {
    SCOPED_TRACE(quiet.check);
    Scene scene;
    quiet.spoil(scene);
    EXPECT_THAT(CodesOfFindings(scene.Run()), IsEmpty());
  }
}

TEST(ReactivationCheckTest, AsksForTheCertificateWhateverTheState) {
  for (const CodeRow<State>& state : CodesOf<State>()) {
    Scene scene;
    scene.history.back().to = state.value;
    scene.firings = {{.exhibit = "E7", .test_fire = true, .fired_on = PartialDate{2024, 0, 0}}};
    const std::vector<Finding> findings = scene.Run();
    ASSERT_THAT(CodesOfFindings(findings), ElementsAre("D15")) << state.code;
    EXPECT_EQ(findings[0].severity, Severity::kAlert);
  }
}

TEST(ReactivationCheckTest, WarnsWhereDatesAreUncertain) {
  const auto finding = [](std::optional<PartialDate> certified, std::optional<PartialDate> fired) {
    Scene scene;
    scene.certificate().certified_on = certified;
    scene.firings = {{.exhibit = "E7", .fired_on = fired}};
    const std::vector<Finding> findings = scene.Run();
    EXPECT_EQ(CodesOfFindings(findings), std::vector<std::string>{"D15"});
    return findings.empty() ? Finding{} : findings[0];
  };
  const PartialDate day{2019, 3, 14};
  EXPECT_EQ(finding(day, day).severity, Severity::kWarning);
  EXPECT_EQ(finding(day, PartialDate{2019, 0, 0}).severity, Severity::kWarning);
  EXPECT_EQ(finding(PartialDate{2019, 0, 0}, PartialDate{2019, 5, 1}).severity, Severity::kWarning);
  EXPECT_EQ(finding(day, std::nullopt).severity, Severity::kWarning);
  EXPECT_EQ(finding(std::nullopt, day).severity, Severity::kWarning);
  EXPECT_EQ(finding(PartialDate{2019, 0, 0}, PartialDate{2020, 0, 0}).severity, Severity::kAlert);
}

TEST(RecoveredMarkCheckTest, WarnsWhileANodeIsSilentAndWaitsUntilOneWasAsked) {
  Scene scene;
  scene.deactivation.reset();
  scene.transfers.clear();
  scene.recovered_marks = {{.mark = {"FR", "BEX", 2019}, .searches = {}}};
  EXPECT_THAT(scene.Run(), IsEmpty());
  scene.recovered_marks[0].searches = {{"gb", CertificateAnswer::kNotFound},
                                       {"fr", CertificateAnswer::kNoAnswer}};
  const std::vector<Finding> findings = scene.Run();
  ASSERT_THAT(CodesOfFindings(findings), ElementsAre("D16"));
  EXPECT_EQ(findings[0].severity, Severity::kWarning);
  EXPECT_THAT(findings[0].evidence, HasSubstr("1 of 2 nodes did not answer"));
}

TEST(OldStandardCheckTest, LeavesWorkUnderASpecificationInForceAlone) {
  Scene scene;
  UseChecklist(scene, Standard::kUk2010, 0);
  scene.certificate().standard = Standard::kUk2010;
  EXPECT_THAT(CodesOfFindings(scene.Run()), ElementsAre("D14"));
  scene.firearm.firearm_class = FirearmClass::kLauncher;
  EXPECT_THAT(scene.Run(), IsEmpty());
}

TEST(ChecksTest, KeepToTheirBound) {
  Scene scene;
  scene.firings.assign(1'000, {.exhibit = "E", .fired_on = PartialDate{2024, 1, 1}});
  EXPECT_EQ(scene.Run().size(), static_cast<std::size_t>(kFindingsPerCheckMax));
}

TEST(ChecksTest, AskNothingOfAFirearmThatWasNeverDeactivated) {
  Scene scene;
  scene.deactivation.reset();
  scene.history.back().to = State::kRegistered;
  scene.firearm.category = Category::kB5;
  scene.firings = {{.exhibit = "E7", .fired_on = PartialDate{2024, 1, 1}}};
  EXPECT_THAT(scene.Run(), IsEmpty());
}

}  // namespace
}  // namespace proofmark::firearm
