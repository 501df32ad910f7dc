// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/exhibit.h"

#include "gtest/gtest.h"
#include "proofmark/v1/exhibit.pb.h"
#include "proofmark/v1/submission_service.pb.h"
#include "tests/support/field_cases.h"
#include "tests/support/random_values.h"
#include "tests/support/status_matchers.h"

namespace proofmark::wire {
namespace {

using ::proofmark::testing::ExpectFieldCases;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::RandomValues;
using ::proofmark::testing::StatusIs;

ExhibitView ExampleView() {
  ExhibitView view;
  view.exhibit.id.assign(32, 'a');
  view.exhibit.submitted_by = "lab-1";
  view.exhibit.marks.push_back({.place = {.land_number = 2},
                                .scan_sha256 = std::string(32, 'a'),
                                .blob_sha256 = "",
                                .format = "profile-csv",
                                .remarks = {"shoulder assumed"},
                                .usable = true});
  return view;
}

records::SubmissionHeader ExampleHeader() {
  records::SubmissionHeader header;
  header.identity.label = "K-17/2";
  for (const int land : {1, 2}) {
    header.scans.push_back({.place = {.land_number = land},
                            .format = "x3p",
                            .size_bytes = 1'000,
                            .sha256 = std::string(32, 'h')});
  }
  return header;
}

TEST(ExhibitViewTest, RandomValuesComeBack) {
  RandomValues random(14);
  for (int i = 0; i < 100; ++i) {
    const ExhibitView value = random.View();
    const auto back = FromProto(ToProto(value), "exhibit");
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
}

TEST(ExhibitViewTest, WhatIsNotForThisPortIsNotSent) {
  ExhibitView view = ExampleView();
  view.exhibit.submission_id.assign(16, '!');
  view.exhibit.marks[0].blob_sha256.assign(32, '!');

  const std::string bytes = ToProto(view).SerializeAsString();

  EXPECT_EQ(bytes.find('!'), std::string::npos);
}

TEST(ExhibitViewTest, EveryBoundHolds) {
  using M = v1::Exhibit;
  ExpectFieldCases<M>(
      ToProto(ExampleView()),
      {
          {"id 31", [](M& m) { m.set_exhibit_id(std::string(31, 'a')); }, "x.exhibit_id:"},
          {"id case", [](M& m) { m.set_exhibit_id(std::string(32, 'A')); }, "x.exhibit_id:"},
          {"no kind", [](M& m) { m.clear_kind(); }, "x.kind: not set"},
          {"no state", [](M& m) { m.clear_state(); }, "x.state: not set"},
          {"nothing known", [](M& m) { m.clear_characteristics(); }, ""},
          {"width", [](M& m) { m.mutable_characteristics()->set_land_width_mean_um(1.0); },
           "x.characteristics.land_width_mean_um:"},
          {"identity", [](M& m) { m.mutable_identity(); }, "x.identity.label: 0 bytes"},
          {"no marks", [](M& m) { m.clear_marks(); }, "x.marks: 0 entries"},
          {"mark", [](M& m) { m.mutable_marks(0)->set_land_number(0); },
           "x.marks[0].land_number: 0"},
          {"no time", [](M& m) { m.clear_submit_time(); }, "x.submit_time: absent"},
          {"time", [](M& m) { m.mutable_submit_time()->set_nanos(-1); }, "x.submit_time.nanos:"},
          {"no submitter", [](M& m) { m.clear_submitted_by(); }, "x.submitted_by: 0"},
          {"receipt", [](M& m) { m.mutable_receipt(); }, "x.receipt.origin: 0"},
          {"signature", [](M& m) { m.mutable_signature(); }, "x.signature.item: not set"},
      },
      [](const M& m) { return FromProto(m, "x"); });
}

TEST(ExhibitIdentityTest, RandomValuesComeBackFromBytes) {
  RandomValues random(15);
  for (int i = 0; i < 200; ++i) {
    const records::ExhibitIdentity value = random.Identity();
    const auto bytes = Serialise(value);
    ASSERT_THAT(bytes, IsOk());
    const auto back = ParseIdentity(*bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
}

TEST(ExhibitIdentityTest, TheLargestOneFits) {
  const records::ExhibitIdentity value{.label = std::string(128, 'l'),
                                       .case_reference = std::string(128, 'c'),
                                       .incident_date = "2024-02-29",
                                       .note = std::string(1'024, 'n')};
  EXPECT_THAT(Serialise(value), IsOk());
}

TEST(ExhibitIdentityTest, EveryBoundHolds) {
  using M = v1::ExhibitIdentity;
  M valid;
  valid.set_label("K-17");
  ExpectFieldCases<M>(
      valid,
      {
          {"no label", [](M& m) { m.clear_label(); }, "i.label: 0 bytes, must be 1..128"},
          {"label 128", [](M& m) { m.set_label(std::string(128, 'l')); }, ""},
          {"label 129", [](M& m) { m.set_label(std::string(129, 'l')); }, "i.label: 129 bytes"},
          {"label tab", [](M& m) { m.set_label("a\tb"); }, "i.label:"},
          {"case 128", [](M& m) { m.set_case_reference(std::string(128, 'l')); }, ""},
          {"case 129", [](M& m) { m.set_case_reference(std::string(129, 'l')); },
           "i.case_reference: 129"},
          {"year", [](M& m) { m.set_incident_date("2024"); }, ""},
          {"year 3", [](M& m) { m.set_incident_date("202"); }, "i.incident_date:"},
          {"leap day", [](M& m) { m.set_incident_date("2023-02-29"); }, "i.incident_date:"},
          {"note 1024", [](M& m) { m.set_note(std::string(1'024, 'n')); }, ""},
          {"circumstances",
           [](M& m) { m.add_circumstances("CUSTOMS"), m.add_circumstances("URGENT"); }, ""},
          {"a circumstance of no list", [](M& m) { m.add_circumstances("customs"); },
           "i.circumstances[0]: is no code"},
          {"a circumstance twice",
           [](M& m) { m.add_circumstances("CUSTOMS"), m.add_circumstances("CUSTOMS"); },
           "i.circumstances[1]: CUSTOMS after CUSTOMS"},
          {"circumstances that do not ascend",
           [](M& m) { m.add_circumstances("URGENT"), m.add_circumstances("CUSTOMS"); },
           "i.circumstances[1]:"},
          {"ten circumstances",
           [](M& m) {
             for (int i = 0; i < 10; ++i) m.add_circumstances("CUSTOMS");
           },
           "i.circumstances: 10"},
          {"note 1025", [](M& m) { m.set_note(std::string(1'025, 'n')); }, "i.note: 1025 bytes"},
      },
      [](const M& m) { return FromProto(m, "i"); });
}

TEST(SubmissionHeaderTest, RandomValuesComeBackFromBytes) {
  RandomValues random(16);
  for (int i = 0; i < 200; ++i) {
    const records::SubmissionHeader value = random.Header();
    const auto bytes = Serialise(value);
    ASSERT_THAT(bytes, IsOk());
    const auto back = ParseSubmissionHeader(*bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
}

TEST(SubmissionHeaderTest, EveryBoundHolds) {
  using M = v1::SubmissionHeader;
  ExpectFieldCases<M>(
      ToProto(ExampleHeader()),
      {
          {"no identity", [](M& m) { m.clear_identity(); }, "h.identity: absent"},
          {"no label", [](M& m) { m.mutable_identity()->clear_label(); }, "h.identity.label:"},
          {"no kind", [](M& m) { m.clear_kind(); }, "h.kind: not set"},
          {"class", [](M& m) { m.mutable_characteristics()->set_land_count(99); },
           "h.characteristics.land_count:"},
          {"no scans", [](M& m) { m.clear_scans(); }, "h.scans: 0 entries"},
          {"25 scans",
           [](M& m) {
             while (m.scans_size() < 25) m.add_scans();
           },
           "h.scans: 25 entries, must be 1..24"},
          {"land 0", [](M& m) { m.mutable_scans(0)->set_land_number(0); },
           "h.scans[0].land_number: 0"},
          {"land 24", [](M& m) { m.mutable_scans(1)->set_land_number(24); }, ""},
          {"land 25", [](M& m) { m.mutable_scans(1)->set_land_number(25); },
           "h.scans[1].land_number: 25"},
          {"land twice", [](M& m) { m.mutable_scans(1)->set_land_number(1); },
           "h.scans[1]: land 1 after land 1"},
          {"format", [](M& m) { m.mutable_scans(1)->set_format("png"); }, "h.scans[1].format:"},
          {"size 0", [](M& m) { m.mutable_scans(1)->set_size_bytes(0); }, "h.scans[1].size_bytes:"},
          {"size max", [](M& m) { m.mutable_scans(1)->set_size_bytes(134'217'728); }, ""},
          {"size over", [](M& m) { m.mutable_scans(1)->set_size_bytes(134'217'729); },
           "h.scans[1].size_bytes: 134217729"},
          {"hash 31", [](M& m) { m.mutable_scans(0)->set_sha256(std::string(31, 'h')); },
           "h.scans[0].sha256: 31 bytes, must be 32"},
      },
      [](const M& m) { return FromProto(m, "h"); });
}

TEST(SubmissionHeaderTest, RefusesTrailingGarbage) {
  const std::string bytes = *Serialise(ExampleHeader());
  EXPECT_THAT(ParseSubmissionHeader(bytes + std::string(1, '\0')),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace proofmark::wire
