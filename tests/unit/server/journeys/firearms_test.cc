// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/firearms.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "server/registry/tables.h"
#include "server/store/keys.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::AllBytes;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TwoAgencies;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const federation::Caller kOfficer{crypto::StaffRole::kOfficer, "officer-3"};
const federation::Caller kAdministrator{crypto::StaffRole::kAdministrator, "admin-2"};
constexpr char kSerial[] = "XQ987654321Z";

wire::NewFirearm Pistol(const std::string& serial) {
  wire::NewFirearm asked;
  asked.firearm.serials = {{.component = firearm::Component::kFrame, .raw = serial}};
  asked.firearm.firearm_class = firearm::FirearmClass::kPistolSemi;
  asked.firearm.make_raw = "Glock";
  asked.firearm.calibre_raw = "9 mm Luger";
  asked.firearm.holder = "HOLDER-OF-IT";
  asked.state = firearm::State::kRegistered;
  asked.authority = "Register office";
  return asked;
}

// With a certificate and a mark on the frame, and an error: its checklist is not recorded (D02).
wire::NewFirearm Deactivated(const std::string& serial, const std::string& number) {
  wire::NewFirearm asked = Pistol(serial);
  asked.state = firearm::State::kDeactivated;
  asked.firearm.category = firearm::Category::kC6;
  asked.firearm.category_before = firearm::Category::kB1;
  firearm::DeactivationRecord& record = asked.deactivation.emplace();
  record.standard = firearm::Standard::kEu2018;
  record.checklist_type = 1;
  record.certificate.emplace().number = number;
  record.certificate->verifying_entity = "LPH";
  record.certificate->country = "GB";
  record.certificate->certified_on = records::PartialDate{.year = 2019, .month = 3, .day = 1};
  record.components = {{.component = firearm::Component::kFrame,
                        .modified = true,
                        .mark = firearm::DeactivationMark{"GB", "LPH", 2019},
                        .mark_image = ""}};
  asked.accepted = {firearm::CheckId::kD02, firearm::CheckId::kD03};
  return asked;
}

class FirearmsTest : public ::testing::Test {
 protected:
  node::Node& node() { return two_.north.node(); }
  Firearms& firearms() { return node().firearms(); }
  wire::KeptFirearm Added(wire::NewFirearm asked) {
    auto acted = firearms().Add(kLab, std::move(asked));
    EXPECT_THAT(acted, IsOk());
    return acted.ok() ? std::move(acted->firearm) : wire::KeptFirearm{};
  }
  bool Found(const std::string& serial) {
    const auto found = firearms().Find(kExaminer, {.serial = serial});
    EXPECT_THAT(found, IsOk());
    return !found->found.empty();
  }

  TwoAgencies two_;
};

TEST_F(FirearmsTest, ARecordIsKeptWithItsEntryAndSurvivesAPowerCut) {
  const std::uint64_t before = node().ledger().Head().size;
  const wire::KeptFirearm kept = Added(Pistol(kSerial));

  EXPECT_EQ(kept.firearm.make, "Glock");
  EXPECT_FALSE(kept.firearm.calibre_code.empty());
  EXPECT_NE(kept.id, kept.reference);
  const auto entry = node().ledger().Read(before);
  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(entry->entry.draft.kind, records::EntryKind::kRegistryChange);
  EXPECT_EQ(entry->entry.draft.outcome, "CREATED");
  EXPECT_EQ(entry->entry.draft.actor, "lab-1");
  EXPECT_EQ(entry->entry.draft.object.size(), 64U);

  two_.north.Crash();
  two_.north.Start();
  const auto read = firearms().Get(kExaminer, kept.id);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->firearm, kept.firearm);
  EXPECT_EQ(EntriesOf(node().ledger()).back().draft.outcome, "FIREARM_READ");
}

TEST_F(FirearmsTest, NoSerialAndNoNameLieInPlainOnTheDisk) {
  Added(Pistol(kSerial));
  Added(Deactivated("DD4455", "CERT-77-ABCDEF"));
  const std::string bytes = AllBytes(two_.north.disk());
  EXPECT_THAT(bytes, Not(HasSubstr(kSerial)));
  EXPECT_THAT(bytes, Not(HasSubstr("HOLDER-OF-IT")));
  EXPECT_THAT(bytes, Not(HasSubstr("CERT77ABCDEF")));
}

TEST_F(FirearmsTest, ACheckRefusesByNameArticleAndFieldUnlessItIsAccepted) {
  wire::NewFirearm asked = Deactivated("A1", "1/2019");
  asked.deactivation->components.clear();  // D04.
  EXPECT_THAT(
      firearms().Add(kLab, asked).status(),
      StatusIs(StatusCode::kFailedPrecondition,
               ::testing::AllOf(HasSubstr("D04"), HasSubstr("Annex II"), HasSubstr("field"))));
  asked.accepted.push_back(firearm::CheckId::kD04);
  const wire::KeptFirearm kept = Added(asked);
  EXPECT_TRUE(std::ranges::any_of(kept.findings, [](const firearm::Finding& finding) {
    return finding.check == firearm::CheckId::kD04;
  }));
  // What was accepted once does not stand in the way of the next act.
  EXPECT_THAT(
      firearms().Transition(
          kOfficer, {.id = kept.id, .to = firearm::State::kStolen, .authority = "Police North"}),
      IsOk());
}

TEST_F(FirearmsTest, OneCertificateForTwoFirearmsIsRefused) {
  Added(Deactivated("A1", "No. 17/2019"));
  EXPECT_THAT(firearms().Add(kLab, Deactivated("A2", "NO 17-2019")).status(),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("D08")));
  EXPECT_THAT(firearms().Add(kLab, Deactivated("A2", "18/2019")), IsOk());
}

TEST_F(FirearmsTest, StatesFollowEachOtherOnlyAsAllowedAndVersionsStay) {
  const wire::KeptFirearm kept = Added(Pistol(kSerial));
  EXPECT_THAT(firearms()
                  .Transition(kOfficer, {.id = kept.id,
                                         .to = firearm::State::kReactivationConfirmed,
                                         .authority = "Police"})
                  .status(),
              StatusIs(StatusCode::kFailedPrecondition));
  ASSERT_THAT(firearms().Transition(kOfficer, {.id = kept.id,
                                               .to = firearm::State::kStolen,
                                               .authority = "Police North",
                                               .paper = "24-117"}),
              IsOk());
  firearm::Firearm other = kept.firearm;
  other.serials[0].raw = "NEW5566";
  ASSERT_THAT(firearms().Amend(kOfficer, {.id = kept.id, .firearm = other, .reason = "misread"}),
              IsOk());

  const auto now = firearms().Get(kExaminer, kept.id);
  ASSERT_THAT(now, IsOk());
  EXPECT_EQ(now->state(), firearm::State::kStolen);
  EXPECT_THAT(now->history, SizeIs(2));
  EXPECT_THAT(now->changes, SizeIs(3));
  const auto first = firearms().GetVersion(kExaminer, kept.id, 1);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->firearm.serials[0].raw, kSerial);
  EXPECT_EQ(first->state(), firearm::State::kRegistered);
  EXPECT_THAT(firearms().GetVersion(kExaminer, kept.id, 9).status(),
              StatusIs(StatusCode::kNotFound));
  EXPECT_FALSE(Found(kSerial));
  EXPECT_TRUE(Found("NEW5566"));
}

TEST_F(FirearmsTest, NumbersAreFoundInOtherScriptsAndByTheirParts) {
  Added(Pistol("С-123456Б"));
  Added(Pistol("MCMXLII"));
  wire::NewFirearm partial = Pistol("77?889");
  partial.firearm.serials[0].condition = firearm::SerialCondition::kPartial;
  Added(partial);

  EXPECT_TRUE(Found("C123456B"));
  EXPECT_TRUE(Found("S123456B"));
  EXPECT_FALSE(Found("C1234568"));  // Confusion alone is told only with make and calibre.
  const auto confused =
      firearms().Find(kExaminer, {.serial = "C123456B", .make = "Glock", .calibre = "9 mm Luger"});
  ASSERT_THAT(confused, IsOk());
  ASSERT_THAT(confused->found, SizeIs(1));
  EXPECT_EQ(confused->found[0].grade, firearm::SerialGrade::kExact);
  const auto weak =
      firearms().Find(kExaminer, {.serial = "C12345G6", .make = "Glock", .calibre = "9 mm Luger"});
  ASSERT_THAT(weak, IsOk());
  ASSERT_THAT(weak->found, SizeIs(1));
  EXPECT_EQ(weak->found[0].grade, firearm::SerialGrade::kConfusion);
  // The record's own pattern, and one that is asked.
  EXPECT_THAT(firearms()
                  .Find(kExaminer, {.serial = "771889", .make = "Glock", .calibre = "9 mm Luger"})
                  ->found,
              SizeIs(1));
  EXPECT_THAT(firearms().Find(kExaminer, {.serial = "C1?345*", .make = "Glock"})->found, SizeIs(1));
  EXPECT_THAT(firearms().Find(kExaminer, {.serial = "C1?345*"}).status(),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("REQUEST_INCOMPLETE")));
}

TEST_F(FirearmsTest, OnlySharedStatesAreVisitedForTheLookUp) {
  Added(Pistol("R1"));
  wire::NewFirearm stolen = Pistol("S1");
  stolen.state = firearm::State::kStolen;
  Added(stolen);
  std::vector<std::string> visited;
  ASSERT_THAT(node().firearm_registry().ForEachShared([&](const registry::KeptFirearm& kept) {
    visited.push_back(kept.firearm.serials[0].raw);
    return absl::OkStatus();
  }),
              IsOk());
  EXPECT_EQ(visited, std::vector<std::string>{"S1"});
}

wire::FirearmRows Rows(int first, int count) {
  wire::FirearmRows rows{.source = "NWR", .authority = "Register office", .rows = {}};
  for (int i = first; i < first + count; ++i) {
    wire::NewFirearm one = Pistol("IMP" + std::to_string(i));
    rows.rows.push_back({.row = i,
                         .key = "key-" + std::to_string(i),
                         .firearm = one.firearm,
                         .state = one.state,
                         .deactivation = {}});
  }
  return rows;
}

TEST_F(FirearmsTest, AnImportTakesARowOnceWhateverHappensBetween) {
  ASSERT_THAT(firearms().Import(kOfficer, Rows(1, 10)), IsOk());
  two_.north.Crash();
  two_.north.Start();
  const std::uint64_t before = node().ledger().Head().size;
  auto again = firearms().Import(kOfficer, Rows(1, 15));
  ASSERT_THAT(again, IsOk());
  for (int i = 0; i < 15; ++i) {
    EXPECT_EQ(again->rows[static_cast<std::size_t>(i)].outcome,
              i < 10 ? ImportOutcome::kHeld : ImportOutcome::kCreated);
  }
  EXPECT_EQ(*node().firearm_registry().Count(), 15);
  // One batch, one entry.
  ASSERT_EQ(node().ledger().Head().size, before + 1);
  EXPECT_EQ(node().ledger().Read(before)->entry.draft.count, 5U);

  // The same key with another content is told; rows of one batch are compared, too.
  wire::FirearmRows changed = Rows(3, 1);
  changed.rows[0].firearm.model_raw = "17";
  const auto refused = firearms().Import(kOfficer, changed);
  ASSERT_THAT(refused, IsOk());
  EXPECT_EQ(refused->rows[0].outcome, ImportOutcome::kRefused);
  EXPECT_THAT(refused->rows[0].message, HasSubstr("another content"));
  wire::FirearmRows twice = Rows(20, 1);
  twice.rows.push_back(twice.rows[0]);
  const auto beside = firearms().Import(kOfficer, twice);
  ASSERT_THAT(beside, IsOk());
  EXPECT_EQ(beside->rows[0].outcome, ImportOutcome::kCreated);
  EXPECT_EQ(beside->rows[1].outcome, ImportOutcome::kHeld);
}

TEST_F(FirearmsTest, ADryRunStoresNothing) {
  wire::FirearmRows rows = Rows(1, 3);
  rows.dry_run = true;
  const std::uint64_t before = node().ledger().Head().size;
  const auto tried = firearms().Import(kOfficer, rows);
  ASSERT_THAT(tried, IsOk());
  EXPECT_EQ(tried->rows[0].outcome, ImportOutcome::kCreated);
  EXPECT_THAT(tried->rows[0].firearm_id, IsEmpty());
  EXPECT_EQ(*node().firearm_registry().Count(), 0);
  EXPECT_EQ(node().ledger().Head().size, before);
}

TEST_F(FirearmsTest, AFiringAfterTheCertificateIsAnAlertAndTheCaseForgetsIt) {
  const std::string exhibit = two_.north.Submit(0, 0, "LABEL-ALPHA");  // Of CASE-LABEL-ALPHA.
  const wire::KeptFirearm kept = Added(Deactivated("A1", "1/2019"));
  const auto linked = firearms().Link(
      kExaminer, {.id = kept.id,
                  .exhibit = {.exhibit_id = exhibit,
                              .test_fire = true,
                              .confirmed = true,
                              .fired_on = records::PartialDate{.year = 2020, .month = 1, .day = 2}},
                  .reason = "test fire"});
  ASSERT_THAT(linked, IsOk());
  EXPECT_TRUE(std::ranges::any_of(linked->firearm.findings, [](const firearm::Finding& finding) {
    return finding.check == firearm::CheckId::kD15 && finding.severity == firearm::Severity::kAlert;
  }));

  const auto erased =
      node().erasures().EraseCase(kAdministrator, "CASE-LABEL-ALPHA", "COURT_ORDER", false);
  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased->firearms, 1);
  const auto after = firearms().Get(kExaminer, kept.id);
  ASSERT_THAT(after, IsOk());
  EXPECT_THAT(after->exhibits, IsEmpty());
  EXPECT_EQ(after->changes.back().kind, wire::FirearmChangeKind::kUnlinked);
  // The version that named it is gone.
  EXPECT_THAT(firearms().GetVersion(kExaminer, kept.id, 1).status(),
              StatusIs(StatusCode::kNotFound));
}

TEST_F(FirearmsTest, AnErasedFirearmIsGoneWithItsKeysAndMayBeImportedAgain) {
  auto imported = firearms().Import(kOfficer, Rows(1, 2));
  ASSERT_THAT(imported, IsOk());
  const std::string id = imported->rows[0].firearm_id;
  ASSERT_THAT(node().erasures().EraseFirearm(kAdministrator, id, "COURT_ORDER", true), IsOk());
  EXPECT_TRUE(Found("IMP1"));
  const auto erased = node().erasures().EraseFirearm(kAdministrator, id, "COURT_ORDER", false);
  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased->firearms, 1);
  EXPECT_FALSE(Found("IMP1"));
  EXPECT_TRUE(Found("IMP2"));
  EXPECT_THAT(firearms().Get(kExaminer, id).status(), StatusIs(StatusCode::kNotFound));
  EXPECT_EQ(firearms().Import(kOfficer, Rows(1, 1))->rows[0].outcome, ImportOutcome::kCreated);
}

TEST_F(FirearmsTest, WhatIsPastItsTimeExpires) {
  wire::NewFirearm past = Pistol("OLD1");
  past.firearm.retain_until = records::PartialDate{.year = 2020};
  const wire::KeptFirearm gone = Added(past);
  wire::NewFirearm destroyed = past;
  destroyed.firearm.serials[0].raw = "OLD2";
  destroyed.state = firearm::State::kDestroyed;  // Now: thirty years begin.
  Added(destroyed);
  Added(Pistol("NEW1"));
  const auto erased = node().erasures().RunRetention(kAdministrator, false);
  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased->firearms, 1);
  EXPECT_THAT(firearms().Get(kExaminer, gone.id).status(), StatusIs(StatusCode::kNotFound));
  two_.clock.AdvanceMillis(24LL * 3'600 * 1'000 * 366 * 30);
  EXPECT_EQ(node().erasures().RunRetention(kAdministrator, false)->firearms, 1);
  EXPECT_EQ(*node().firearm_registry().Count(), 1);
}

TEST_F(FirearmsTest, TheNightlyRunKeepsWhatIsFoundOtherwiseAndTheReportCounts) {
  wire::NewFirearm own = Deactivated("A1", "1/2019");
  own.deactivation->certificate->deactivating_entity = "London Proof House";
  const wire::KeptFirearm kept = Added(own);
  EXPECT_EQ(*firearms().RecheckWhenDue(), 0);  // Not yet a day.
  // Once the list says who LPH is, the same body is seen to have done the work itself (D07).
  ASSERT_THAT(node().code_tables().Load(kAdministrator, "entities", "2026-1",
                                        "code,name,country\nLPH,London Proof House,GB\n"),
              IsOk());
  two_.clock.AdvanceMillis(25LL * 3'600 * 1'000);
  EXPECT_EQ(*firearms().RecheckWhenDue(), 1);
  EXPECT_EQ(*firearms().RecheckWhenDue(), 0);
  const auto found = firearms().List(kOfficer, 0, "", std::nullopt, firearm::CheckId::kD07);
  ASSERT_THAT(found, IsOk());
  ASSERT_THAT(found->firearms, SizeIs(1));
  EXPECT_EQ(found->firearms[0].changes.back().kind, wire::FirearmChangeKind::kRechecked);
  EXPECT_FALSE(firearms().Check(kLab, kept.id)->changed);

  const auto tally =
      firearms().Report(kOfficer, {firearm::Dimension::kStandard, firearm::Dimension::kEntity});
  ASSERT_THAT(tally, IsOk());
  ASSERT_THAT(tally->Counts(), SizeIs(1));
  EXPECT_EQ(tally->Counts()[0].key, (std::vector<std::string>{"EU-2018", "LPH"}));
  EXPECT_EQ(tally->Total().records, 1);
  EXPECT_EQ(tally->Total().conforming, 0);
}

TEST_F(FirearmsTest, ACodeListIsReadWholeOrRefusedAndStaysAfterARestart) {
  registry::CodeTables& codes = node().code_tables();
  EXPECT_THAT(codes.Load(kAdministrator, "entities", "1", "code,name\nX,Y\n").status(),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("country")));
  EXPECT_THAT(codes.Load(kAdministrator, "entities", "1", "code,name,country\nX,Y\n").status(),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("line 2")));
  EXPECT_THAT(codes.Load(kAdministrator, "entities", "", "code,name,country\n").status(),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("version")));
  EXPECT_THAT(codes.Load(kAdministrator, "guns", "1", "x").status(),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("list")));
  EXPECT_THAT(codes.List(), IsEmpty());
  ASSERT_THAT(codes.Load(kAdministrator, "makes", "T1",
                         "code,listed_text,country_fallback\nQQX,QUIRKY ARMS CO,no\n"),
              IsOk());
  two_.north.Crash();
  two_.north.Start();
  ASSERT_THAT(node().code_tables().List(), SizeIs(1));
  wire::NewFirearm asked = Pistol("Q1");
  asked.firearm.make_raw = "Quirky Arms Co";
  EXPECT_EQ(Added(asked).firearm.make_ncic_code, "QQX");
}

}  // namespace
}  // namespace proofmark::journeys
