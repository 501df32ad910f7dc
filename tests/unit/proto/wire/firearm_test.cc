// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/firearm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "proofmark/v1/firearm.pb.h"
#include "proofmark/v1/firearm_service.pb.h"
#include "tests/support/status_matchers.h"

namespace proofmark::wire {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

KeptFirearm Made() {
  KeptFirearm kept;
  kept.id = std::string(32, 'a');
  kept.reference = std::string(32, 'b');
  kept.firearm.serials = {{.component = firearm::Component::kFrame, .raw = "С-123456Б"},
                          {.component = firearm::Component::kBarrel,
                           .condition = firearm::SerialCondition::kPartial,
                           .raw = "12?4"}};
  kept.firearm.firearm_class = firearm::FirearmClass::kPistolSemi;
  kept.firearm.make_raw = "Tula";
  kept.firearm.barrel_length_mm = 116.5;
  kept.firearm.category = firearm::Category::kC6;
  kept.firearm.category_before = firearm::Category::kB1;
  kept.firearm.holder = "A HOLDER";
  kept.firearm.retain_until = records::PartialDate{.year = 2050};
  kept.history = {{.from = {},
                   .to = firearm::State::kDeactivated,
                   .at_unix_ms = 1'790'000'000'000,
                   .authority = "LPH",
                   .reason = "",
                   .paper = "17/2019"}};
  firearm::DeactivationRecord& record = kept.deactivation.emplace();
  record.standard = firearm::Standard::kEu2018;
  record.checklist_type = 1;
  record.certificate.emplace().number = "17/2019";
  record.certificate->verifying_entity = "LPH";
  record.certificate->certified_on = records::PartialDate{.year = 2019, .month = 3, .day = 1};
  record.certificate->in_english = true;
  record.components = {{.component = firearm::Component::kFrame,
                        .modified = true,
                        .mark = firearm::DeactivationMark{"GB", "LPH", 2019},
                        .mark_image = ""}};
  record.outcomes = {{.number = "1.1",
                      .outcome = firearm::Outcome::kDone,
                      .method = firearm::Method::kWeld,
                      .insert_hardness_hrc = 41.0}};
  kept.exhibits = {{.exhibit_id = std::string(32, 'c'),
                    .test_fire = true,
                    .confirmed = true,
                    .fired_on = records::PartialDate{.year = 2018}}};
  kept.transfers = {{.offered_only = false, .from_country = "GB", .to_country = "FR", .on = {}}};
  kept.findings = {{.check = firearm::CheckId::kD05,
                    .severity = firearm::Severity::kWarning,
                    .evidence = "The slide bears no mark",
                    .fields = {"components"}}};
  kept.changes = {{.kind = FirearmChangeKind::kCreated,
                   .unix_ms = 1'790'000'000'000,
                   .by = "lab-1",
                   .reason = "",
                   .accepted = {firearm::CheckId::kD02}}};
  kept.source = "NWR";
  return kept;
}

TEST(FirearmWireTest, ARecordIsTheSameAfterTravelling) {
  const auto bytes = Serialise(Made());
  ASSERT_THAT(bytes, IsOk());
  const auto read = ParseKeptFirearm(*bytes);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->firearm, Made().firearm);
  EXPECT_EQ(read->history, Made().history);
  EXPECT_EQ(read->deactivation, Made().deactivation);
  EXPECT_EQ(read->exhibits, Made().exhibits);
  EXPECT_EQ(read->findings, Made().findings);
  EXPECT_EQ(read->changes, Made().changes);
  ASSERT_EQ(read->transfers.size(), 1U);
  EXPECT_EQ(read->transfers[0].to_country, "FR");
  EXPECT_EQ(read->source, "NWR");
  EXPECT_EQ(Serialise(*read).value(), *bytes);
}

// Thirty ways to be wrong, and the field that each refusal names.
TEST(FirearmWireTest, RefusesWhatItsBoundsForbidAndNamesTheField) {
  using Spoil = std::function<void(v1::FirearmRecord&)>;
  struct Case {
    const char* names;
    Spoil spoil;
  };
  const std::vector<Case> cases = {
      {"firearm_id", [](auto& m) { m.set_firearm_id("A"); }},
      {"reference", [](auto& m) { m.set_reference(""); }},
      {"firearm", [](auto& m) { m.clear_firearm(); }},
      {"firearm.serials", [](auto& m) { m.mutable_firearm()->clear_serials(); }},
      {"firearm.serials[0].component",
       [](auto& m) { m.mutable_firearm()->mutable_serials(0)->set_component("STOCK"); }},
      {"firearm.serials[0].condition",
       [](auto& m) { m.mutable_firearm()->mutable_serials(0)->clear_condition(); }},
      {"firearm.serials[0].numerals",
       [](auto& m) { m.mutable_firearm()->mutable_serials(0)->set_numerals("GREEK"); }},
      {"firearm.serials[0]",
       [](auto& m) { m.mutable_firearm()->mutable_serials(0)->set_raw(std::string(257, '1')); }},
      {"firearm.serials[0]",
       [](auto& m) { m.mutable_firearm()->mutable_serials(0)->set_raw("1\n2"); }},
      {"firearm.serials[0]",
       [](auto& m) { m.mutable_firearm()->mutable_serials(0)->add_confidence_percent(101); }},
      {"firearm.firearm_class", [](auto& m) { m.mutable_firearm()->set_firearm_class("GUN"); }},
      {"firearm.action", [](auto& m) { m.mutable_firearm()->set_action("QQ"); }},
      {"firearm.feed", [](auto& m) { m.mutable_firearm()->set_feed("HAND"); }},
      {"firearm.make_raw",
       [](auto& m) { m.mutable_firearm()->set_make_raw(std::string(257, 'x')); }},
      {"firearm.calibre_code", [](auto& m) { m.mutable_firearm()->set_calibre_code("99MM"); }},
      {"firearm.barrel_length_mm",
       [](auto& m) { m.mutable_firearm()->set_barrel_length_mm(-1.0); }},
      {"firearm.capacity", [](auto& m) { m.mutable_firearm()->set_capacity_count(10'001); }},
      {"firearm.country_of_manufacture",
       [](auto& m) { m.mutable_firearm()->set_country_of_manufacture("gb"); }},
      {"firearm.year_of_manufacture",
       [](auto& m) { m.mutable_firearm()->set_year_of_manufacture(1499); }},
      {"firearm.category", [](auto& m) { m.mutable_firearm()->set_category("D1"); }},
      {"firearm.retain_until",
       [](auto& m) { m.mutable_firearm()->set_retain_until("2019-02-30"); }},
      {"history", [](auto& m) { m.clear_history(); }},
      {"history[0].to", [](auto& m) { m.mutable_history(0)->set_to("GONE"); }},
      {"history[0].event_time", [](auto& m) { m.mutable_history(0)->clear_event_time(); }},
      {"history", [](auto& m) { m.mutable_history(0)->set_authority(""); }},
      {"deactivation.standard", [](auto& m) { m.mutable_deactivation()->clear_standard(); }},
      {"deactivation.certificate.certified_on",
       [](auto& m) {
         m.mutable_deactivation()->mutable_certificate()->set_certified_on("1.3.2019");
       }},
      {"deactivation.components[0].component",
       [](auto& m) { m.mutable_deactivation()->mutable_components(0)->set_component(""); }},
      {"deactivation.outcomes[0].outcome",
       [](auto& m) { m.mutable_deactivation()->mutable_outcomes(0)->set_outcome("MAYBE"); }},
      {"deactivation",
       [](auto& m) { *m.mutable_deactivation()->add_outcomes() = m.deactivation().outcomes(0); }},
      {"exhibits[0].exhibit_id", [](auto& m) { m.mutable_exhibits(0)->set_exhibit_id("x"); }},
      {"transfers[0].to_country", [](auto& m) { m.mutable_transfers(0)->set_to_country("Fr"); }},
      {"findings[0].check", [](auto& m) { m.mutable_findings(0)->set_check("D21"); }},
      {"findings[0].severity", [](auto& m) { m.mutable_findings(0)->set_severity("BAD"); }},
      {"changes", [](auto& m) { m.clear_changes(); }},
      {"changes[0].kind", [](auto& m) { m.mutable_changes(0)->set_kind("SAID"); }},
      {"changes[0].accepted_checks[0]",
       [](auto& m) { m.mutable_changes(0)->set_accepted_checks(0, "D00"); }},
      {"source", [](auto& m) { m.set_source(std::string(65, 's')); }},
  };
  ASSERT_GE(cases.size(), 30U);
  for (const Case& one : cases) {
    v1::FirearmRecord message = ToProto(Made());
    one.spoil(message);
    EXPECT_THAT(FromProto(message, "").status(),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(one.names)))
        << one.names;
  }
}

TEST(FirearmWireTest, ARequestNamesWhatIsMissing) {
  v1::AddFirearmRequest add;
  EXPECT_THAT(FromProto(add, "").status(),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("firearm: ")));
  *add.mutable_firearm() = ToProto(Made().firearm);
  EXPECT_THAT(FromProto(add, "").status(),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("authority")));
  add.set_authority("LPH");
  EXPECT_THAT(FromProto(add, "").status(), IsOk());
  add.add_accepted_checks("D02");
  add.add_accepted_checks("D02");
  EXPECT_THAT(FromProto(add, "").status(),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("accepted_checks[1]")));

  v1::ImportFirearmsRequest rows;
  rows.set_source("NWR");
  rows.set_authority("LPH");
  EXPECT_THAT(FromProto(rows, "").status(),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("rows")));
  for (std::int64_t i = 0; i <= kImportRowsMax; ++i) {
    v1::ImportFirearmRow& row = *rows.add_rows();
    row.set_row(i + 1);
    *row.mutable_firearm() = ToProto(Made().firearm);
  }
  EXPECT_THAT(FromProto(rows, "").status(),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("501")));
}

}  // namespace
}  // namespace proofmark::wire
