// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/alerts.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "server/journeys/firearms.h"
#include "server/registry/tables.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::absl::StatusCode;
using firearm::CheckId;
using firearm::Finding;
using firearm::Severity;
using ::proofmark::testing::AllBytes;
using ::proofmark::testing::AskAll;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TwoAgencies;
using records::EntryKind;
using records::PartialDate;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using wire::AlertState;
using wire::AlertStepKind;

const federation::Caller kSecond{crypto::StaffRole::kExaminer, "examiner-8"};
const federation::Caller kOfficer{crypto::StaffRole::kOfficer, "officer-3"};
const federation::Caller kAdministrator{crypto::StaffRole::kAdministrator, "admin-2"};

wire::NewFirearm Recovered(const std::string& serial) {
  wire::NewFirearm asked;
  asked.firearm.serials = {{.component = firearm::Component::kFrame, .raw = serial}};
  asked.firearm.firearm_class = firearm::FirearmClass::kPistolSemi;
  asked.firearm.make_raw = "Glock";
  asked.firearm.category = firearm::Category::kC6;
  asked.firearm.category_before = firearm::Category::kB5;
  asked.state = firearm::State::kRecovered;
  asked.authority = "Police";
  return asked;
}

// Certified in March 2019.
firearm::DeactivationRecord Papers() {
  firearm::DeactivationRecord record;
  record.standard = firearm::Standard::kEu2018;
  record.checklist_type = 1;
  record.certificate.emplace().number = "17/2019";
  record.certificate->verifying_entity = "LPH";
  record.certificate->country = "GB";
  record.certificate->in_english = true;
  record.certificate->certified_on = PartialDate{2019, 3, 1};
  record.components = {{.component = firearm::Component::kFrame,
                        .modified = true,
                        .mark = firearm::DeactivationMark{"GB", "LPH", 2019},
                        .mark_image = ""}};
  return record;
}

class AlertsTest : public ::testing::Test {
 protected:
  node::Node& north() { return two_.north.node(); }
  node::Node& south() { return two_.south.node(); }
  Alerts& alerts() { return north().alerts(); }

  static std::string AddedAt(node::Node& node, wire::NewFirearm asked) {
    if (asked.deactivation) asked.accepted = {CheckId::kD02, CheckId::kD03};
    const auto acted = node.firearms().Add(kLab, std::move(asked));
    EXPECT_THAT(acted, IsOk());
    return acted->firearm.id;
  }
  static void Attribute(node::Node& node, const std::string& id, const std::string& exhibit,
                        std::optional<PartialDate> fired_on) {
    EXPECT_THAT(node.firearms().Link(kExaminer, {.id = id,
                                                 .exhibit = {.exhibit_id = exhibit,
                                                             .test_fire = true,
                                                             .confirmed = true,
                                                             .fired_on = fired_on},
                                                 .reason = "test fire"}),
                IsOk());
  }
  static std::vector<Finding> FoundAt(node::Node& node, const std::string& id, CheckId check) {
    const auto kept = node.firearms().Get(kExaminer, id);
    EXPECT_THAT(kept, IsOk());
    std::vector<Finding> found;
    for (const Finding& finding : kept->findings) {
      if (finding.check == check) found.push_back(finding);
    }
    return found;
  }
  static std::vector<wire::FirearmAlert> All(node::Node& node) {
    const auto page = node.alerts().List(kExaminer, 0, "", {.state = std::nullopt, .all = true});
    EXPECT_THAT(page, IsOk());
    return page->alerts;
  }
  static std::vector<AlertStepKind> StepsOf(const wire::FirearmAlert& alert) {
    std::vector<AlertStepKind> kinds;
    for (const wire::AlertStep& step : alert.steps) kinds.push_back(step.kind);
    return kinds;
  }
  // North's own search of `asked`, whose only candidate is reviewed as a lead; the link's id.
  std::string LeadAtNorth(const std::string& asked, const std::string& candidate) {
    const auto search = north().searches().Run(
        kExaminer, AskAll(asked, true), [](const SearchEvent&) {}, nullptr);
    EXPECT_THAT(search, IsOk());
    const auto acted = north().links().Review(kExaminer, {.search_id = search->search_id,
                                                          .agency = "",
                                                          .handle = std::nullopt,
                                                          .candidate_exhibit_id = candidate,
                                                          .lead = true,
                                                          .case_reference = "NORTH-26-117",
                                                          .reasons = "striae run through"});
    EXPECT_THAT(acted, IsOk());
    return acted.ok() ? acted->link.link_id : "";
  }
  static void Identify(node::Node& node, const std::string& link_id) {
    for (const federation::Caller& caller : {kExaminer, kSecond}) {
      EXPECT_THAT(
          node.links().Conclude(
              caller, {.link_id = link_id, .conclusion = "ID", .report = "R", .reasons = "x"}),
          IsOk());
    }
  }
  void Deliver() {
    for (int round = 0; round < 4; ++round) {
      north().outbox().DeliverNow();
      south().outbox().DeliverNow();
    }
  }

  TwoAgencies two_;
};

TEST_F(AlertsTest, ALinkMakesAHitConfirmsAndAWithdrawalEndsWhatD15Finds) {
  const std::string test_fire = two_.north.Submit(0, 1, "TEST-FIRE");
  const std::string shooting = two_.north.Submit(0, 2, "SHOOTING");  // Of 2026-03-14.
  wire::NewFirearm asked = Recovered("AB123");
  asked.deactivation = Papers();
  const std::string id = AddedAt(north(), asked);
  Attribute(north(), id, test_fire, PartialDate{2018, 1, 1});
  EXPECT_THAT(FoundAt(north(), id, CheckId::kD15), IsEmpty());
  EXPECT_THAT(All(north()), IsEmpty());

  const std::string link = LeadAtNorth(shooting, test_fire);
  const std::vector<Finding> lead = FoundAt(north(), id, CheckId::kD15);
  ASSERT_THAT(lead, SizeIs(1));
  EXPECT_EQ(lead[0].severity, Severity::kAlert);
  EXPECT_THAT(lead[0].evidence, HasSubstr("by an unconfirmed link"));
  EXPECT_THAT(lead[0].evidence, HasSubstr(shooting));
  ASSERT_THAT(All(north()), SizeIs(1));
  EXPECT_EQ(All(north())[0].findings, lead);
  EXPECT_EQ(*alerts().CountNew(), 1);

  Identify(north(), link);
  const std::vector<Finding> hit = FoundAt(north(), id, CheckId::kD15);
  ASSERT_THAT(hit, SizeIs(1));
  EXPECT_THAT(hit[0].evidence, Not(HasSubstr("unconfirmed")));

  EXPECT_THAT(north().links().Withdraw(kExaminer, link, "wrong item"), IsOk());
  EXPECT_THAT(FoundAt(north(), id, CheckId::kD15), IsEmpty());
  const std::vector<wire::FirearmAlert> all = All(north());
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].state, AlertState::kClosed);
  EXPECT_THAT(StepsOf(all[0]),
              ElementsAre(AlertStepKind::kRaised, AlertStepKind::kChanged, AlertStepKind::kClosed));
  EXPECT_EQ(*alerts().CountNew(), 0);

  std::vector<std::string> alarms;
  for (const auto& entry : EntriesOf(north().ledger(), EntryKind::kAlarm)) {
    if (entry.draft.outcome == "FIREARM_ALERT:D15") alarms.push_back(entry.draft.object);
  }
  ASSERT_THAT(alarms, SizeIs(2));
  EXPECT_EQ(alarms[0].size(), 64U);
  EXPECT_EQ(EntriesOf(north().ledger(), EntryKind::kRegistryChange).back().draft.outcome,
            "ALERT_CLOSED:D15");
}

TEST_F(AlertsTest, AcknowledgedOnceWithReasonsAndNewAgainWhenSomethingElseIsFound) {
  const std::string first = two_.north.SubmitCase(1, 1, "E1");
  const std::string second = two_.north.SubmitCase(2, 1, "E2");
  wire::NewFirearm asked = Recovered("AB123");
  asked.deactivation = Papers();
  const std::string id = AddedAt(north(), asked);
  Attribute(north(), id, first, PartialDate{2020, 1, 1});
  ASSERT_THAT(All(north()), SizeIs(1));
  const std::string alert = All(north())[0].alert_id;

  const auto acknowledged =
      alerts().Acknowledge(kOfficer, {.alert_id = alert, .reasons = "firearms unit was told"});
  ASSERT_THAT(acknowledged, IsOk());
  EXPECT_EQ(acknowledged->alert.state, AlertState::kAcknowledged);
  EXPECT_EQ(acknowledged->alert.steps.back().by, "officer-3");
  EXPECT_EQ(acknowledged->alert.steps.back().reasons, "firearms unit was told");
  const records::LedgerEntry entry = EntriesOf(north().ledger()).back();
  EXPECT_EQ(entry.draft.outcome, "ALERT_ACKNOWLEDGED:D15");
  EXPECT_EQ(entry.draft.actor, "officer-3");
  EXPECT_THAT(alerts().Acknowledge(kOfficer, {.alert_id = alert, .reasons = "again"}).status(),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("ACKNOWLEDGED")));

  // An act that finds the same leaves it alone.
  EXPECT_THAT(north().firearms().Transition(
                  kOfficer, {.id = id, .to = firearm::State::kSeized, .authority = "Police"}),
              IsOk());
  EXPECT_EQ(alerts().Get(kExaminer, alert)->state, AlertState::kAcknowledged);
  Attribute(north(), id, second, PartialDate{2021, 1, 1});
  const auto again = alerts().Get(kExaminer, alert);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->state, AlertState::kNew);
  EXPECT_THAT(again->findings, SizeIs(2));
  EXPECT_THAT(All(north()), SizeIs(1));
}

TEST_F(AlertsTest, WhoNamesNoAlertIsTold) {
  EXPECT_THAT(alerts().Get(kExaminer, "x").status(), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(alerts().Get(kExaminer, std::string(32, 'a')).status(),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(
      alerts().Acknowledge(kOfficer, {.alert_id = std::string(32, 'a'), .reasons = "x"}).status(),
      StatusIs(StatusCode::kNotFound));
}

TEST_F(AlertsTest, ReasonsAndEvidenceAreSealedAndSurviveAPowerCut) {
  wire::NewFirearm asked = Recovered("AB123");
  asked.deactivation = Papers();
  const std::string id = AddedAt(north(), asked);
  Attribute(north(), id, two_.north.SubmitCase(1, 1, "E1"), PartialDate{2020, 1, 1});
  const std::string alert = All(north())[0].alert_id;
  ASSERT_THAT(alerts().Acknowledge(kOfficer, {.alert_id = alert, .reasons = "REASONS-IN-PLAIN"}),
              IsOk());
  const std::string bytes = AllBytes(two_.north.disk());
  EXPECT_THAT(bytes, Not(HasSubstr("REASONS-IN-PLAIN")));
  EXPECT_THAT(bytes, Not(HasSubstr("is attributed to a deactivated")));

  two_.north.Crash();
  two_.north.Start();
  EXPECT_EQ(alerts().Get(kExaminer, alert)->steps.back().reasons, "REASONS-IN-PLAIN");
}

TEST_F(AlertsTest, AnErasedFirearmTakesItsAlertsAlong) {
  wire::NewFirearm asked = Recovered("AB123");
  asked.deactivation = Papers();
  const std::string id = AddedAt(north(), asked);
  Attribute(north(), id, two_.north.SubmitCase(1, 1, "E1"), PartialDate{2020, 1, 1});
  ASSERT_THAT(All(north()), SizeIs(1));
  ASSERT_THAT(north().erasures().EraseFirearm(kAdministrator, id, "COURT_ORDER", false), IsOk());
  EXPECT_THAT(All(north()), IsEmpty());
}

TEST_F(AlertsTest, AnErasedCaseTakesWhatItsLinksFound) {
  const std::string test_fire = two_.north.Submit(0, 1, "TEST-FIRE");
  const std::string shooting = two_.north.Submit(0, 2, "SHOOTING");  // Of CASE-SHOOTING.
  wire::NewFirearm asked = Recovered("AB123");
  asked.deactivation = Papers();
  const std::string id = AddedAt(north(), asked);
  Attribute(north(), id, test_fire, PartialDate{2018, 1, 1});
  LeadAtNorth(shooting, test_fire);
  ASSERT_THAT(FoundAt(north(), id, CheckId::kD15), SizeIs(1));

  ASSERT_THAT(north().erasures().EraseCase(kAdministrator, "CASE-SHOOTING", "COURT_ORDER", false),
              IsOk());
  EXPECT_THAT(FoundAt(north(), id, CheckId::kD15), IsEmpty());
  EXPECT_THAT(All(north()), IsEmpty());
  const auto kept = north().firearms().Get(kExaminer, id);
  EXPECT_THAT(kept->linked_firings, IsEmpty());
  EXPECT_THAT(kept->exhibits, SizeIs(1));
}

// South judges; both agencies hold a firearm that fired their exhibit.
TEST_F(AlertsTest, ALinkAcrossTheBorderReachesBothFirearmsAndAReleasedDateMakesItCertain) {
  const std::string held = two_.north.Submit(0, 1, "NORTH");
  const std::string asked = two_.south.Submit(0, 2, "SOUTH");
  wire::NewFirearm record = Recovered("AB123");
  record.deactivation = Papers();
  const std::string at_north = AddedAt(north(), record);
  const std::string at_south = AddedAt(south(), record);
  Attribute(north(), at_north, held, PartialDate{2018, 1, 1});
  Attribute(south(), at_south, asked, PartialDate{2018, 1, 1});

  const auto search = south().searches().Run(
      kExaminer, AskAll(asked), [](const SearchEvent&) {}, nullptr);
  ASSERT_THAT(search, IsOk());
  const crypto::Sha256Digest handle = search->partners[0].result->candidates[0].handle;
  const auto lead = south().links().Review(kExaminer, {.search_id = search->search_id,
                                                       .agency = two_.north.domain(),
                                                       .handle = handle,
                                                       .candidate_exhibit_id = "",
                                                       .lead = true,
                                                       .case_reference = "SOUTH-1",
                                                       .reasons = "striae run through"});
  ASSERT_THAT(lead, IsOk());
  Deliver();
  for (node::Node* const node : {&north(), &south()}) {
    const std::vector<Finding> found =
        FoundAt(*node, node == &north() ? at_north : at_south, CheckId::kD15);
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].severity, Severity::kWarning);  // Its date is not known.
    EXPECT_THAT(All(*node), SizeIs(1));
  }

  const auto wanted = south().details().Request(kExaminer, {.search_id = search->search_id,
                                                            .agency = two_.north.domain(),
                                                            .handles = {handle},
                                                            .case_reference = "SOUTH-1",
                                                            .offence = "SHOOTING_NO_INJURY",
                                                            .subject_role = "",
                                                            .facts = "Shots were fired.",
                                                            .wanted = {wire::Material::kCoreData},
                                                            .urgency = ""});
  ASSERT_THAT(wanted, IsOk());
  Deliver();
  wire::ReleaseTerms terms;
  terms.materials = {wire::Material::kCoreData};
  terms.handling.delete_unix_ms = two_.clock.UnixMillis() + 1'000'000;
  ASSERT_THAT(
      north().details().Decide(
          kOfficer, {.request_id = wanted->file.request_id, .reasons = "x", .verdict = terms}),
      IsOk());
  Deliver();
  const std::vector<Finding> certain = FoundAt(south(), at_south, CheckId::kD15);
  ASSERT_THAT(certain, SizeIs(1));
  EXPECT_EQ(certain[0].severity, Severity::kAlert);
  EXPECT_THAT(certain[0].evidence, HasSubstr("fired 2026-03-14"));
  EXPECT_THAT(StepsOf(All(south())[0]),
              ElementsAre(AlertStepKind::kRaised, AlertStepKind::kChanged));
}

// What a partner says of a number: D15 without its date and D17 at once, D15 with the certificate
// that an officer there released.
TEST_F(AlertsTest, APartnersRecordWarnsAndItsReleasedCertificateMakesItCertain) {
  wire::NewFirearm theirs = Recovered("AB123");
  theirs.state = firearm::State::kDeactivated;
  theirs.deactivation = Papers();
  theirs.deactivation->certificate->signatory = "SIGNED-BY";
  const auto owned = north().firearms().Add(kLab, [&] {
    theirs.accepted = {CheckId::kD02, CheckId::kD03};
    return theirs;
  }());
  ASSERT_THAT(owned, IsOk());
  const std::string reference = owned->firearm.reference;
  const std::string id = AddedAt(south(), Recovered("AB 123"));
  Attribute(south(), id, two_.south.SubmitCase(1, 1, "FRESH"), PartialDate{2026, 1, 1});
  EXPECT_THAT(All(south()), IsEmpty());

  ASSERT_THAT(south().firearms().AddSighting(kExaminer, id, two_.north.domain(),
                                             firearm::StateGroup::kDeactivated, reference),
              IsOk());
  std::vector<Finding> found = FoundAt(south(), id, CheckId::kD15);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].severity, Severity::kWarning);
  EXPECT_THAT(found[0].evidence, HasSubstr(two_.north.domain()));
  EXPECT_THAT(FoundAt(south(), id, CheckId::kD17), SizeIs(1));
  EXPECT_THAT(All(south()), SizeIs(2));

  const auto wanted =
      south().details().Request(kExaminer, {.search_id = "",
                                            .firearm_reference = reference,
                                            .purpose = ::proofmark::testing::kPurpose,
                                            .agency = two_.north.domain(),
                                            .handles = {},
                                            .case_reference = "SOUTH-1",
                                            .offence = "SHOOTING_NO_INJURY",
                                            .subject_role = "",
                                            .facts = "It was recovered.",
                                            .wanted = {wire::Material::kCertificate},
                                            .urgency = ""});
  ASSERT_THAT(wanted, IsOk());
  Deliver();
  const auto waiting = north().details().Get(kOfficer, wanted->file.request_id);
  ASSERT_THAT(waiting, IsOk());
  EXPECT_EQ(waiting->firearm_id, owned->firearm.id);
  EXPECT_THAT(
      north().erasures().EraseFirearm(kAdministrator, owned->firearm.id, "X", false).status(),
      StatusIs(StatusCode::kFailedPrecondition, HasSubstr("waits for a decision")));
  wire::ReleaseTerms terms;
  terms.materials = {wire::Material::kCertificate};
  terms.handling.codes = {"H2", "H3"};
  terms.handling.restrictions = "for this case alone";
  terms.handling.delete_unix_ms = two_.clock.UnixMillis() + 1'000'000;
  ASSERT_THAT(
      north().details().Decide(
          kOfficer, {.request_id = wanted->file.request_id, .reasons = "x", .verdict = terms}),
      IsOk());
  Deliver();

  // Read and put to an own record, which others may find, only as its owner's conditions allow.
  const wire::FirearmDeactivation attachment{.id = id,
                                             .request_id = wanted->file.request_id,
                                             .reason = "for the file",
                                             .accepted = {CheckId::kD02, CheckId::kD03}};
  const auto unread = south().details().Get(kExaminer, wanted->file.request_id);
  ASSERT_TRUE(unread.ok() && unread->released && unread->released->firearm);
  EXPECT_EQ(unread->released->firearm->deactivation, firearm::DeactivationRecord{});
  EXPECT_THAT(south().firearms().Attach(kOfficer, attachment),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("H3")));
  for (const federation::Caller& reader : {kOfficer, kExaminer}) {
    ASSERT_THAT(south().details().Acknowledge(reader, wanted->file.request_id), IsOk());
  }
  EXPECT_THAT(south().firearms().Attach(kOfficer, attachment),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("H2")));
  ASSERT_THAT(south().details().Permit(kOfficer, {.request_id = wanted->file.request_id,
                                                  .act = wire::HandlingAct::kOnwardPermitted,
                                                  .reference = "letter 7",
                                                  .reasons = "they agree"}),
              IsOk());
  const auto answered = south().details().Get(kExaminer, wanted->file.request_id);
  ASSERT_THAT(answered, IsOk());
  ASSERT_TRUE(answered->released && answered->released->firearm);
  const firearm::DeactivationRecord& released = answered->released->firearm->deactivation;
  EXPECT_EQ(released.certificate->number, "17/2019");
  EXPECT_EQ(released.certificate->signatory, "");  // Who signed stays with the owner.
  EXPECT_THAT(two_.wire.CrossedBytes(), Not(HasSubstr("SIGNED-BY")));

  const auto attached = south().firearms().Attach(kOfficer, attachment);
  ASSERT_THAT(attached, IsOk());
  EXPECT_THAT(attached->firearm.changes.back().reason,
              HasSubstr("released by " + two_.north.domain()));
  found = FoundAt(south(), id, CheckId::kD15);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].severity, Severity::kAlert);
  EXPECT_THAT(found[0].evidence, HasSubstr("certified 2019-03-01"));
  // Both ledgers have the request and the release, of the firearm that is meant.
  const auto release = EntriesOf(north().ledger(), EntryKind::kRelease);
  ASSERT_THAT(release, SizeIs(1));
  EXPECT_EQ(release[0].draft.object.size(), 64U);
  EXPECT_THAT(EntriesOf(south().ledger(), EntryKind::kRelease), SizeIs(1));
}

TEST_F(AlertsTest, AReferenceThatThisNodeNeverGaveIsNotHeld) {
  const auto wanted =
      south().details().Request(kExaminer, {.search_id = "",
                                            .firearm_reference = std::string(32, 'a'),
                                            .purpose = ::proofmark::testing::kPurpose,
                                            .agency = two_.north.domain(),
                                            .handles = {},
                                            .case_reference = "SOUTH-1",
                                            .offence = "SHOOTING_NO_INJURY",
                                            .subject_role = "",
                                            .facts = "It was recovered.",
                                            .wanted = {wire::Material::kCertificate},
                                            .urgency = ""});
  ASSERT_THAT(wanted, IsOk());
  Deliver();
  const auto file = south().details().Get(kExaminer, wanted->file.request_id);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->state, wire::DetailsState::kRefused);
  EXPECT_EQ(file->refusal->code, "NOT_HELD");
}

// South asks north, which answers, and west, which is away.
class AskedPartnersTest : public ::testing::Test {
 protected:
  AskedPartnersTest() {
    federation::Partner asker =
        south_.AsPartner({::proofmark::testing::kPurpose}, {::proofmark::testing::kPurpose});
    asker.firearm_check_budget = federation::BudgetLimits{.per_day = 100, .per_30_days = 1'000};
    north_.AddPartner(std::move(asker));
    south_.AddPartner(
        north_.AsPartner({::proofmark::testing::kPurpose}, {::proofmark::testing::kPurpose}));
    south_.AddPartner(
        west_.AsPartner({::proofmark::testing::kPurpose}, {::proofmark::testing::kPurpose}));
    north_.Start();
    south_.Start();
    wire::NewFirearm held = Recovered("AB123");
    held.state = firearm::State::kDeactivated;
    held.deactivation = Papers();
    held.accepted = {CheckId::kD02, CheckId::kD03};
    EXPECT_THAT(north_.node().firearms().Add(kLab, held), IsOk());
  }

  Firearms& firearms() { return south_.node().firearms(); }

  std::string RecoveredWith(const firearm::DeactivationMark& mark) {
    wire::NewFirearm asked = Recovered("AB 123");
    asked.state = firearm::State::kUnknown;
    const auto added = firearms().Add(kLab, asked);
    EXPECT_THAT(added, IsOk());
    EXPECT_THAT(firearms().Transition(kOfficer, {.id = added->firearm.id,
                                                 .to = firearm::State::kRecovered,
                                                 .authority = "Police",
                                                 .seen_marks = {mark}}),
                IsOk());
    return added->firearm.id;
  }
  absl::StatusOr<FirearmAsked> Ask(const std::string& id, std::vector<std::string> partners = {}) {
    return firearms().AskPartners(kOfficer, {.firearm_id = id,
                                             .purpose = ::proofmark::testing::kPurpose,
                                             .case_reference = "SOUTH-1",
                                             .offence = "",
                                             .partners = std::move(partners)});
  }
  static std::vector<Finding> Of(const wire::KeptFirearm& kept, CheckId check) {
    std::vector<Finding> found;
    for (const Finding& finding : kept.findings) {
      if (finding.check == check) found.push_back(finding);
    }
    return found;
  }

  ::proofmark::testing::FakeClock clock_;
  ::proofmark::testing::WireInTheMiddle wire_;
  ::proofmark::testing::Agency north_{"north", clock_, wire_};
  ::proofmark::testing::Agency south_{"south", clock_, wire_};
  ::proofmark::testing::Agency west_{"west", clock_, wire_};
};

TEST_F(AskedPartnersTest, ACertificateThatAPartnerKnowsEndsD16AndItsNumberInTwoPlacesIsD17) {
  const std::string id = RecoveredWith({"GB", "LPH", 2019});
  EXPECT_THAT(Of(*firearms().Get(kExaminer, id), CheckId::kD16), SizeIs(1));

  const auto asked = Ask(id);
  ASSERT_THAT(asked, IsOk());
  const wire::KeptFirearm& kept = asked->acted.firearm;
  EXPECT_THAT(asked->silent, ElementsAre("west.test"));
  ASSERT_THAT(kept.seen_marks, SizeIs(1));
  ASSERT_THAT(kept.seen_marks[0].searches, SizeIs(2));
  EXPECT_EQ(kept.seen_marks[0].searches[0].answer, firearm::CertificateAnswer::kFound);
  EXPECT_EQ(kept.seen_marks[0].searches[1].answer, firearm::CertificateAnswer::kNoAnswer);
  EXPECT_THAT(Of(kept, CheckId::kD16), IsEmpty());
  EXPECT_THAT(Of(kept, CheckId::kD17), SizeIs(1));
  ASSERT_THAT(kept.sightings, SizeIs(1));
  EXPECT_EQ(kept.sightings[0].group, firearm::StateGroup::kDeactivated);
  // The alert of D16 is closed, that of D17 is new.
  const auto page =
      south_.node().alerts().List(kExaminer, 0, "", {.state = std::nullopt, .all = true});
  ASSERT_THAT(page, IsOk());
  for (const wire::FirearmAlert& alert : page->alerts) {
    EXPECT_EQ(alert.state, alert.check == CheckId::kD16 ? AlertState::kClosed : AlertState::kNew);
  }
  EXPECT_THAT(page->alerts, SizeIs(2));

  // Asked again the same is said, once.
  const auto again = Ask(id);
  ASSERT_THAT(again, IsOk());
  EXPECT_THAT(again->acted.firearm.sightings, SizeIs(1));
  EXPECT_THAT(again->acted.firearm.seen_marks[0].searches, SizeIs(2));

  // The name that north gave of its record is good for asking after its certificate.
  const auto wanted = south_.node().details().Request(
      kExaminer, {.search_id = "",
                  .firearm_reference = again->acted.firearm.sightings[0].reference,
                  .purpose = ::proofmark::testing::kPurpose,
                  .agency = "north.test",
                  .handles = {},
                  .case_reference = "SOUTH-1",
                  .offence = "SHOOTING_NO_INJURY",
                  .subject_role = "",
                  .facts = "It was recovered.",
                  .wanted = {wire::Material::kCertificate},
                  .urgency = ""});
  ASSERT_THAT(wanted, IsOk());
  south_.node().outbox().DeliverNow();
  const auto file = south_.node().details().Get(kExaminer, wanted->file.request_id);
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->state, wire::DetailsState::kOpen);
}

TEST_F(AskedPartnersTest, WhoIsSilentIsToldApartFromWhoKnowsNone) {
  const std::string id = RecoveredWith({"FR", "BEX", 2020});
  const auto all = Ask(id);
  ASSERT_THAT(all, IsOk());
  const std::vector<Finding> uncertain = Of(all->acted.firearm, CheckId::kD16);
  ASSERT_THAT(uncertain, SizeIs(1));
  EXPECT_EQ(uncertain[0].severity, Severity::kWarning);
  EXPECT_THAT(uncertain[0].evidence, HasSubstr("1 of 3 nodes did not answer"));

  const std::string other = RecoveredWith({"FR", "BEX", 2020});
  const auto north_alone = Ask(other, {"north.test"});
  ASSERT_THAT(north_alone, IsOk());
  EXPECT_THAT(north_alone->silent, IsEmpty());
  const std::vector<Finding> certain = Of(north_alone->acted.firearm, CheckId::kD16);
  ASSERT_THAT(certain, SizeIs(1));
  EXPECT_EQ(certain[0].severity, Severity::kAlert);
  EXPECT_THAT(certain[0].evidence, HasSubstr("none of 2 nodes"));
}

}  // namespace
}  // namespace proofmark::journeys
