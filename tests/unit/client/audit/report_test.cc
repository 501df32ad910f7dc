// SPDX-License-Identifier: Apache-2.0
#include "client/audit/report.h"

#include <string>

#include "client/audit/report_html.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/status_matchers.h"

namespace proofmark::client::audit {
namespace {

using ::proofmark::testing::IsOk;
using records::EntryDraft;
using records::EntryKind;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kMarch_ms = 1'772'323'200'000;  // 2026-03-01T00:00:00Z
constexpr std::int64_t kApril_ms = 1'775'001'600'000;  // 2026-04-01T00:00:00Z
constexpr const char* kPeer = "spiffe://police.example/proofmark/node/b2";
constexpr const char* kOther = "spiffe://gendarmerie.example/proofmark/node/c3";

class ReportTest : public ::testing::Test {
 protected:
  void Add(ReportBuilder& builder, EntryDraft draft, std::int64_t unix_ms) {
    if (draft.outcome.empty()) draft.outcome = "OK";
    const auto bytes = records::FormatEntry({.seq = next_,
                                             .unix_ms = unix_ms,
                                             .node = "spiffe://kripo.example/proofmark/node/a1",
                                             .draft = std::move(draft)});
    ASSERT_THAT(bytes, IsOk());
    ASSERT_THAT(builder.Add(next_++, *bytes), IsOk());
  }
  // Eleven entries of March and two of April, by hand.
  void Fill(ReportBuilder& builder) {
    const std::string a(64, 'a');
    Add(builder,
        {.kind = EntryKind::kQueryOut,
         .peer = kPeer,
         .purpose = "HOMICIDE",
         .case_commitment = a,
         .actor = "p1",
         .outcome = "ASKED"},
        kMarch_ms);
    Add(builder,
        {.kind = EntryKind::kAnswerIn,
         .peer = kPeer,
         .purpose = "HOMICIDE",
         .case_commitment = a,
         .actor = "p1",
         .outcome = "ANSWERED"},
        kMarch_ms + 1);
    Add(builder,
        {.kind = EntryKind::kQueryOut,
         .peer = kOther,
         .purpose = "HOMICIDE",
         .case_commitment = a,
         .actor = "p1",
         .outcome = "ASKED"},
        kMarch_ms + 2);
    Add(builder,
        {.kind = EntryKind::kAnswerIn,
         .peer = kOther,
         .purpose = "HOMICIDE",
         .case_commitment = a,
         .actor = "p1",
         .outcome = "REFUSED:QUALITY"},
        kMarch_ms + 3);
    Add(builder,
        {.kind = EntryKind::kQueryOut, .purpose = "TRAINING", .actor = "p2", .outcome = "ASKED"},
        kMarch_ms + 4);
    Add(builder,
        {.kind = EntryKind::kAnswerIn, .purpose = "TRAINING", .actor = "p2", .outcome = "ANSWERED"},
        kMarch_ms + 5);
    Add(builder,
        {.kind = EntryKind::kQueryIn,
         .peer = kPeer,
         .purpose = "HOMICIDE",
         .actor = "x9",
         .outcome = "ANSWERED"},
        kMarch_ms + 6);
    Add(builder,
        {.kind = EntryKind::kQueryIn,
         .peer = kPeer,
         .purpose = "HOMICIDE",
         .actor = "x9",
         .outcome = "REFUSED:PURPOSE"},
        kMarch_ms + 7);
    Add(builder, {.kind = EntryKind::kDeny, .peer = kPeer, .outcome = "CLOCK_SKEW"}, kMarch_ms + 8);
    Add(builder, {.kind = EntryKind::kDeny, .peer = kOther, .outcome = "NOT_ASKED:PURPOSE"},
        kMarch_ms + 9);
    Add(builder, {.kind = EntryKind::kRelease, .peer = kPeer, .actor = "p3", .outcome = "RELEASED"},
        kApril_ms - 1);
    Add(builder, {.kind = EntryKind::kAlarm, .peer = kPeer, .outcome = "CLOCK_MISSED:REPLY"},
        kApril_ms);
    Add(builder, {.kind = EntryKind::kAdminRead, .actor = "p3", .outcome = "ledger"},
        kApril_ms + 1);
  }
  std::uint64_t next_ = 0;
};

TEST_F(ReportTest, HandMadeEntriesGiveTheNumbersCountedByHand) {
  ReportBuilder builder({});
  Fill(builder);
  const Report& report = builder.report();

  EXPECT_EQ(report.total.entries, 13U);
  EXPECT_EQ(report.total.asked, 2U);
  EXPECT_EQ(report.total.own_searches, 1U);
  EXPECT_EQ(report.total.got_answered, 1U);
  EXPECT_EQ(report.total.got_refused, 1U);
  EXPECT_EQ(report.total.got_nothing, 0U);
  EXPECT_EQ(report.total.answered, 1U);
  EXPECT_EQ(report.total.refused, 1U);
  EXPECT_EQ(report.total.denied, 1U);
  EXPECT_EQ(report.total.not_asked, 1U);
  EXPECT_EQ(report.total.releases, 1U);
  EXPECT_EQ(report.total.alarms, 1U);
  EXPECT_EQ(report.total.clocks_missed, 1U);
  EXPECT_EQ(report.total.consultations, 1U);
  ASSERT_EQ(report.months.size(), 2U);
  EXPECT_EQ(report.months.at("2026-03").entries, 11U);
  EXPECT_EQ(report.months.at("2026-04").entries, 2U);
  ASSERT_EQ(report.partners.size(), 2U);
  EXPECT_EQ(report.partners.at("police.example").questions_in(), 2U);
  EXPECT_EQ(report.partners.at("gendarmerie.example").got_refused, 1U);
  EXPECT_EQ(report.purposes.at("TRAINING").own_searches, 1U);
  EXPECT_EQ(report.staff.count("x9"), 0U);  // The partner's staff.
  EXPECT_EQ(report.staff.at("p1").asked, 2U);
  EXPECT_EQ(report.cases.at("aaaaaaaaaaaa").asked, 2U);
  EXPECT_EQ(report.outcomes.at("query-in REFUSED:PURPOSE"), 1U);
  ASSERT_EQ(report.alarms.size(), 1U);
  EXPECT_EQ(report.alarms[0].index, 11U);
}

TEST_F(ReportTest, ThePeriodBeginsWithItsFirstAndEndsBeforeItsLastMoment) {
  ReportBuilder builder({.from_ms = kMarch_ms + 1, .to_ms = kApril_ms});
  Fill(builder);

  EXPECT_EQ(builder.report().total.entries, 10U);
  EXPECT_EQ(builder.report().first_index, 1U);
  EXPECT_EQ(builder.report().last_index, 10U);
}

TEST_F(ReportTest, TheJsonHoldsTheSameNumbers) {
  ReportBuilder builder({});
  Fill(builder);

  const auto json = nlohmann::json::parse(ReportJson(builder.report()));

  EXPECT_EQ(json["entries"], 13);
  EXPECT_EQ(json["months"].size(), 3U);  // And all together.
  EXPECT_EQ(json["months"][0]["month"], "2026-03");
  EXPECT_EQ(json["months"][0]["asked partners"], 2);
  EXPECT_EQ(json["months"][2]["entries"], 13);
  EXPECT_EQ(json["alarms"][0]["outcome"], "CLOCK_MISSED:REPLY");
}

TEST_F(ReportTest, ThePageNeedsNothingFromElsewhereAndShortensCases) {
  ReportBuilder builder({});
  Fill(builder);

  const std::string html = ReportHtml(
      builder.report(), {.origin = "<b>log", .verdict = "VALID: witnessed", .verified = true});

  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("<svg"));
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;log"));
  EXPECT_THAT(html, HasSubstr("aaaaaaaaaaaa"));
  EXPECT_THAT(html, Not(HasSubstr("aaaaaaaaaaaaa")));
  for (const char* outside : {"http://", "https://", "<script", "<link", "<img", "url("}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
}

TEST_F(ReportTest, TooManyGroupsAreOneRowForTheRest) {
  ReportBuilder builder({});
  for (std::size_t i = 0; i < kReportGroupsMax + 5; ++i) {
    Add(builder, {.kind = EntryKind::kAdminRead, .actor = "p" + std::to_string(i)}, kMarch_ms);
  }
  EXPECT_EQ(builder.report().staff.size(), kReportGroupsMax + 1);
  EXPECT_EQ(builder.report().staff.at("(all others)").consultations, 5U);
  EXPECT_EQ(builder.report().total.entries, kReportGroupsMax + 5);
}

TEST_F(ReportTest, WhatIsNoEntryIsRefused) {
  ReportBuilder builder({});
  EXPECT_FALSE(builder.Add(0, "no entry").ok());
}

}  // namespace
}  // namespace proofmark::client::audit
