// SPDX-License-Identifier: Apache-2.0
// Each of the checks D01 to D20 through the node: acts of the agency's people over a real store.
#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "server/journeys/firearms.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/records/firearm/samples.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::absl::StatusCode;
using firearm::Outcome;
using firearm::Standard;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TwoAgencies;
using records::PartialDate;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const federation::Caller kOfficer{crypto::StaffRole::kOfficer, "officer-3"};
const federation::Caller kAdministrator{crypto::StaffRole::kAdministrator, "admin-2"};
constexpr char kEntities[] = "code,name,country,symbol\nGB-LPH,London Proof House,GB,LPH\n";

// A pistol and a deactivation with which nothing is wrong.
wire::NewFirearm Flawless() {
  wire::NewFirearm asked;
  asked.firearm = firearm::SamplePistol();
  asked.deactivation = firearm::SampleDeactivation();
  asked.state = firearm::State::kDeactivated;
  asked.authority = "Registry";
  return asked;
}

firearm::OperationOutcome& OutcomeOf(wire::NewFirearm& asked, std::string_view number) {
  for (firearm::OperationOutcome& outcome : asked.deactivation->outcomes) {
    if (outcome.number == number) return outcome;
  }
  ADD_FAILURE() << "no outcome " << number;
  return asked.deactivation->outcomes.front();
}

void UseChecklist(wire::NewFirearm& asked, Standard standard, std::int32_t type) {
  firearm::DeactivationRecord& record = *asked.deactivation;
  record.standard = standard;
  record.checklist_type = type;
  record.outcomes.clear();
  for (const firearm::Operation& operation : firearm::OperationsOf(standard, type)) {
    record.outcomes.push_back(
        {.number = std::string(operation.number),
         .outcome = operation.applicability == firearm::Applicability::kIfMagazineMissing
                        ? Outcome::kNotApplicable
                        : Outcome::kDone});
  }
}

wire::NewFirearm Of2015() {
  wire::NewFirearm asked = Flawless();
  UseChecklist(asked, Standard::kEu2015, 1);
  asked.deactivation->certificate->standard = Standard::kEu2015;
  asked.deactivation->certificate->certified_on = PartialDate{2017, 5, 1};
  asked.deactivation->components[0].mark->year = 2017;
  return asked;
}

std::vector<std::string> CodesOf(const wire::KeptFirearm& kept) {
  std::vector<std::string> codes;
  for (const firearm::Finding& finding : kept.findings) {
    codes.emplace_back(firearm::RuleOf(finding.check).code);
  }
  return codes;
}

class DeactivationChecksTest : public ::testing::Test {
 protected:
  DeactivationChecksTest() {
    EXPECT_THAT(node().code_tables().Load(kAdministrator, "entities", "1", kEntities), IsOk());
  }

  node::Node& node() { return two_.north.node(); }
  Firearms& firearms() { return node().firearms(); }

  wire::KeptFirearm Added(const wire::NewFirearm& asked) {
    auto acted = firearms().Add(kLab, asked);
    EXPECT_THAT(acted, IsOk());
    return acted.ok() ? std::move(acted->firearm) : wire::KeptFirearm{};
  }
  wire::KeptFirearm Moved(const wire::KeptFirearm& kept, firearm::State to,
                          std::optional<firearm::Transfer> transfer,
                          std::vector<firearm::DeactivationMark> marks = {},
                          wire::AcceptedChecks accepted = {}) {
    auto acted = firearms().Transition(kOfficer, {.id = kept.id,
                                                  .to = to,
                                                  .authority = "Police North",
                                                  .transfer = std::move(transfer),
                                                  .accepted = std::move(accepted),
                                                  .seen_marks = std::move(marks)});
    EXPECT_THAT(acted, IsOk());
    return acted.ok() ? std::move(acted->firearm) : wire::KeptFirearm{};
  }
  wire::KeptFirearm Fired(const wire::KeptFirearm& kept, PartialDate on) {
    auto acted = firearms().Link(
        kExaminer, {.id = kept.id,
                    .exhibit = {.exhibit_id = two_.north.SubmitCase(1, 1, "TEST-FIRE"),
                                .test_fire = true,
                                .confirmed = true,
                                .fired_on = on},
                    .reason = "test fire"});
    EXPECT_THAT(acted, IsOk());
    return acted.ok() ? std::move(acted->firearm) : wire::KeptFirearm{};
  }

  TwoAgencies two_;
};

TEST_F(DeactivationChecksTest, NoneIsTrippedByAFlawlessRecord) {
  EXPECT_THAT(CodesOf(Added(Flawless())), IsEmpty());
}
TEST_F(DeactivationChecksTest, NoneIsTrippedByAFlawlessRecordOf2015) {
  EXPECT_THAT(CodesOf(Added(Of2015())), IsEmpty());
}

// What is wrong with a record as it is entered, and nothing else.
struct Spoilt {
  const char* check;
  std::function<void(wire::NewFirearm&)> spoil;
};
const Spoilt kSpoilt[] = {
    {"D01",
     [](wire::NewFirearm& a) {
       a.deactivation->certificate->certified_on = PartialDate{2018, 6, 27};
       a.deactivation->components[0].mark->year = 2018;
     }},
    {"D02", [](wire::NewFirearm& a) { OutcomeOf(a, "1.1").outcome = Outcome::kNotDone; }},
    {"D03", [](wire::NewFirearm& a) { OutcomeOf(a, "1.21").outcome = Outcome::kDone; }},
    {"D04", [](wire::NewFirearm& a) { a.deactivation->components[0].mark.reset(); }},
    {"D05", [](wire::NewFirearm& a) { a.deactivation->components[1].mark.reset(); }},
    {"D06", [](wire::NewFirearm& a) { a.deactivation->components[1].mark->country = "FR"; }},
    {"D07",
     [](wire::NewFirearm& a) {
       a.deactivation->certificate->deactivating_entity = "London Proof House";
     }},
    {"D09", [](wire::NewFirearm& a) { a.deactivation->certificate->serials[0].raw = "AB123457"; }},
    {"D10",
     [](wire::NewFirearm& a) {
       a.deactivation->certificate->certified_on = PartialDate{2021, 0, 0};
     }},
    {"D11", [](wire::NewFirearm& a) { OutcomeOf(a, "1.2").insert_hardness_hrc = 39.9; }},
    {"D12",
     [](wire::NewFirearm& a) {
       UseChecklist(a, Standard::kEu2018, 6);
       OutcomeOf(a, "6.13").mass_reduction_percent = 49.0;
     }},
    {"D18", [](wire::NewFirearm& a) { a.firearm.conversion = firearm::Conversion::kSalute; }},
    {"D19", [](wire::NewFirearm& a) { a.firearm.category = firearm::Category::kB5; }},
    {"D20", [](wire::NewFirearm& a) { a.deactivation->certificate->in_english = false; }},
};

TEST_F(DeactivationChecksTest, AnErrorRefusesUnlessAcceptedAndAWarningIsKept) {
  std::set<std::string> tripped;
  int number = 0;
  for (const Spoilt& spoilt : kSpoilt) {
    SCOPED_TRACE(spoilt.check);
    wire::NewFirearm asked = Flawless();
    // Each a firearm of its own: no number comes twice.
    asked.firearm.serials = {
        {.component = firearm::Component::kFrame, .raw = "AB12345" + std::to_string(600 + number)}};
    asked.deactivation->certificate->serials = asked.firearm.serials;
    asked.deactivation->certificate->number = "LPH-2019/" + std::to_string(100 + number);
    ++number;
    ASSERT_THAT(CodesOf(*[&] {
                  auto flawless = firearms().Add(kLab, asked);
                  EXPECT_THAT(flawless, IsOk());
                  return std::optional(flawless->firearm);
                }()),
                IsEmpty());
    asked.firearm.serials[0].raw += "X";
    asked.deactivation->certificate->serials = asked.firearm.serials;
    asked.deactivation->certificate->number += "X";
    spoilt.spoil(asked);
    const firearm::CheckId check = *firearm::FindCheck(spoilt.check);
    if (firearm::RuleOf(check).severity == firearm::Severity::kError) {
      EXPECT_THAT(firearms().Add(kLab, asked).status(),
                  StatusIs(StatusCode::kFailedPrecondition, HasSubstr(spoilt.check)));
      asked.accepted = {check};
    }
    EXPECT_THAT(CodesOf(Added(asked)), ElementsAre(spoilt.check));
    tripped.insert(spoilt.check);
  }
  EXPECT_EQ(tripped.size(), 14U);
}

TEST_F(DeactivationChecksTest, D08OneCertificateForTwoFirearms) {
  Added(Flawless());
  wire::NewFirearm other = Flawless();
  other.firearm.serials = {{.component = firearm::Component::kFrame, .raw = "CD777"}};
  other.deactivation->certificate->serials = other.firearm.serials;
  EXPECT_THAT(firearms().Add(kLab, other).status(),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("D08")));
  other.deactivation->certificate->number = "LPH-2019/0043";
  EXPECT_THAT(CodesOf(Added(other)), IsEmpty());
}

TEST_F(DeactivationChecksTest, D13PassedToAnotherStateWithoutItsPapers) {
  wire::NewFirearm asked = Flawless();
  asked.deactivation->certificate_withdrawn = true;
  const wire::KeptFirearm withdrawn = Added(asked);
  const firearm::Transfer abroad{.from_country = "GB", .to_country = "FR"};
  EXPECT_THAT(firearms()
                  .Transition(kOfficer, {.id = withdrawn.id,
                                         .to = firearm::State::kExported,
                                         .authority = "Registry",
                                         .transfer = abroad})
                  .status(),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("D13")));
  EXPECT_THAT(
      CodesOf(Moved(withdrawn, firearm::State::kExported, abroad, {}, {firearm::CheckId::kD13})),
      ElementsAre("D13"));
}
TEST_F(DeactivationChecksTest, D13LeavesATransferWithMarkAndCertificateAlone) {
  EXPECT_THAT(CodesOf(Moved(Added(Flawless()), firearm::State::kExported,
                            firearm::Transfer{.from_country = "GB", .to_country = "FR"})),
              IsEmpty());
}

TEST_F(DeactivationChecksTest, D14TransferredWhileItMeetsAnEarlierStandardOnly) {
  const firearm::Transfer abroad{.from_country = "GB", .to_country = "FR"};
  EXPECT_THAT(CodesOf(Moved(Added(Of2015()), firearm::State::kExported, abroad)),
              ElementsAre("D14"));
}

TEST_F(DeactivationChecksTest, D15FiredAfterItsDeactivationWasCertified) {
  const wire::KeptFirearm kept = Fired(Added(Flawless()), {2019, 3, 15});
  EXPECT_THAT(CodesOf(kept), ElementsAre("D15"));
  EXPECT_EQ(kept.findings[0].severity, firearm::Severity::kAlert);
}
TEST_F(DeactivationChecksTest, D15IsAWarningOnTheDayItself) {
  const wire::KeptFirearm kept = Fired(Added(Flawless()), {2019, 3, 14});
  ASSERT_THAT(CodesOf(kept), ElementsAre("D15"));
  EXPECT_EQ(kept.findings[0].severity, firearm::Severity::kWarning);
}
TEST_F(DeactivationChecksTest, D15LeavesWhatWasFiredBeforeAlone) {
  EXPECT_THAT(CodesOf(Fired(Added(Flawless()), {2019, 3, 13})), IsEmpty());
}

// Of the same number and make, without papers, found with a mark.
class RecoveredTest : public DeactivationChecksTest {
 protected:
  wire::KeptFirearm Recovered(const firearm::DeactivationMark& mark) {
    wire::NewFirearm asked;
    asked.firearm = firearm::SamplePistol();
    asked.firearm.category.reset();
    asked.firearm.category_before.reset();
    asked.state = firearm::State::kUnknown;
    asked.authority = "Police North";
    return Moved(Added(asked), firearm::State::kRecovered, std::nullopt, {mark});
  }
};

TEST_F(RecoveredTest, D16AMarkThatNobodyCertified) {
  const wire::KeptFirearm kept = Recovered({"FR", "BEX", 2019});
  EXPECT_THAT(CodesOf(kept), ElementsAre("D16"));
  EXPECT_EQ(kept.findings[0].severity, firearm::Severity::kAlert);
  EXPECT_THAT(kept.findings[0].evidence, HasSubstr("EU/FR/BEX/2019"));
}
TEST_F(RecoveredTest, D16IsSilentWhereThisNodeHasTheCertificate) {
  Added(Flawless());
  const wire::KeptFirearm kept = Recovered({"GB", "LPH", 2019});
  EXPECT_THAT(CodesOf(kept), Not(Contains("D16")));
}
TEST_F(RecoveredTest, D16WantsTheCertificateOfThatMarkAndNotOfAnother) {
  Added(Flawless());
  EXPECT_THAT(CodesOf(Recovered({"GB", "LPH", 2020})), Contains("D16"));
}

TEST_F(RecoveredTest, D17OneDeactivatedNumberInTwoPlaces) {
  const wire::KeptFirearm held = Added(Flawless());
  EXPECT_THAT(CodesOf(held), IsEmpty());
  const wire::KeptFirearm kept = Recovered({"GB", "LPH", 2019});
  ASSERT_THAT(CodesOf(kept), ElementsAre("D17"));
  EXPECT_THAT(kept.findings[0].evidence, HasSubstr(held.reference));
  // The other record hears of it when its checks run.
  const auto checked = firearms().Check(kExaminer, held.id);
  ASSERT_THAT(checked, IsOk());
  EXPECT_THAT(CodesOf(checked->firearm), ElementsAre("D17"));
}
TEST_F(RecoveredTest, D17LeavesAnotherMakeAlone) {
  wire::NewFirearm other = Flawless();
  other.firearm.make_raw = "Mauser";
  other.firearm.make = "";
  Added(other);
  EXPECT_THAT(CodesOf(Recovered({"GB", "LPH", 2019})), IsEmpty());
}

TEST_F(RecoveredTest, AMarkGoesWithARecoveryAlone) {
  const wire::KeptFirearm kept = Recovered({"GB", "LPH", 2019});
  ASSERT_EQ(kept.seen_marks.size(), 1U);
  EXPECT_EQ(kept.seen_marks[0].mark, (firearm::DeactivationMark{"GB", "LPH", 2019}));
}

}  // namespace
}  // namespace proofmark::journeys
