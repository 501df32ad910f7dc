// SPDX-License-Identifier: Apache-2.0
#include "client/audit/reconcile.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "crypto/tlog/merkle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client::audit {
namespace {

using ::proofmark::testing::IsOk;
using records::EntryDraft;
using records::EntryKind;
using ::testing::HasSubstr;

constexpr std::int64_t kStart_ms = 1'780'000'000'000;
constexpr std::int64_t kDay_ms = 86'400'000;

struct Written {
  EntryDraft draft;
  std::int64_t unix_ms = 0;
};

// An agency's ledger as drafts, so that tests can take one out or change one before it is hashed.
struct Book {
  std::string domain;
  std::vector<Written> written;

  std::string node() const { return "spiffe://" + domain + "/proofmark/node/n"; }
  std::string Bytes(std::size_t index) const {
    return *records::FormatEntry({.seq = index,
                                  .unix_ms = written[index].unix_ms,
                                  .node = node(),
                                  .draft = written[index].draft});
  }
  std::size_t Add(EntryDraft draft, std::int64_t unix_ms) {
    written.push_back({std::move(draft), unix_ms});
    return written.size() - 1;
  }
  Side SideTowards(const Book& other) const {
    Side side(domain, other.domain);
    for (std::size_t i = 0; i < written.size(); ++i) EXPECT_THAT(side.Add(i, Bytes(i)), IsOk());
    return side;
  }
};

std::string Hex(char digit, std::size_t length) { return std::string(length, digit); }

class ReconcileTest : public ::testing::Test {
 protected:
  // One whole exchange as the nodes write it: three entries.
  void Exchange(Book& asker, Book& answerer, int number, const std::string& outcome = "ANSWERED",
                EntryKind answered = EntryKind::kQueryIn) {
    const std::int64_t at = kStart_ms + number * 60'000;
    EntryDraft question;
    question.kind = EntryKind::kQueryOut;
    question.peer = answerer.node();
    question.exchange = absl::StrFormat("%032x", number);
    question.purpose = "HOMICIDE";
    question.case_commitment = Hex('c', 64);
    question.request_hash = absl::StrFormat("%064x", number);
    question.outcome = "ASKED";
    asker.Add(question, at);
    EntryDraft given = question;
    given.kind = answered;
    given.peer = asker.node();
    given.response_hash = absl::StrFormat("%064x", 1'000'000 + number);
    given.outcome = outcome;
    given.count = 3;
    const std::size_t index = answerer.Add(given, at + 100);
    EntryDraft got = question;
    got.kind = EntryKind::kAnswerIn;
    got.response_hash = given.response_hash;
    got.outcome = outcome;
    got.count = 3;
    got.peer_entry = records::PeerEntry{index, crypto::LeafHash(answerer.Bytes(index))};
    asker.Add(got, at + 200);
  }
  // Both copies go on for a day after what is compared.
  void GoOn() {
    for (Book* book : {&ours_, &theirs_}) {
      book->Add({.kind = EntryKind::kStop, .outcome = "STOPPED"}, kStart_ms + kDay_ms);
    }
  }
  Reconciliation Compare() const {
    return Reconcile(ours_.SideTowards(theirs_), theirs_.SideTowards(ours_), {});
  }

  Book ours_{"kripo.example", {}};
  Book theirs_{"police.example", {}};
};

TEST_F(ReconcileTest, WhatBothLoggedAgreesInBothDirections) {
  for (int i = 1; i <= 5; ++i) Exchange(ours_, theirs_, i);
  for (int i = 6; i <= 9; ++i) Exchange(theirs_, ours_, i, "REFUSED:QUALITY");
  GoOn();

  const Reconciliation result = Compare();

  EXPECT_EQ(result.exchanges, 9U);
  EXPECT_EQ(result.agreed, 9U);
  EXPECT_TRUE(result.differences.empty());
  EXPECT_TRUE(result.sound());
}

// Look-up tables and evaluations are questions with entries of their own kind.
TEST_F(ReconcileTest, PrivateLookupsAreComparedLikeSearches) {
  Exchange(ours_, theirs_, 1, "ANSWERED", EntryKind::kExport);
  Exchange(ours_, theirs_, 2, "ANSWERED", EntryKind::kLookupEval);
  Exchange(ours_, theirs_, 3, "ANSWERED", EntryKind::kLookupEval);
  theirs_.written.pop_back();
  GoOn();

  const Reconciliation result = Compare();

  EXPECT_EQ(result.exchanges, 3U);
  EXPECT_EQ(result.agreed, 2U);
  ASSERT_EQ(result.differences.size(), 1U);
  EXPECT_EQ(result.differences[0].kind, DifferenceKind::kMissingThere);
}

TEST_F(ReconcileTest, AnExchangeDeletedByTheAnswererIsFoundByItsReceipt) {
  for (int i = 1; i <= 3; ++i) Exchange(ours_, theirs_, i);
  theirs_.written.pop_back();  // The last question, as if it had never come.
  GoOn();

  const Reconciliation result = Compare();

  ASSERT_EQ(result.differences.size(), 1U);
  EXPECT_EQ(result.differences[0].kind, DifferenceKind::kMissingThere);
  EXPECT_EQ(result.differences[0].asker, "kripo.example");
  EXPECT_EQ(result.differences[0].exchange, absl::StrFormat("%032x", 3));
  EXPECT_THAT(result.differences[0].words, HasSubstr("its receipt names entry 2 there"));
  EXPECT_FALSE(result.sound());

  // Seen from the other side it is missing here.
  const Reconciliation turned =
      Reconcile(theirs_.SideTowards(ours_), ours_.SideTowards(theirs_), {});
  ASSERT_EQ(turned.differences.size(), 1U);
  EXPECT_EQ(turned.differences[0].kind, DifferenceKind::kMissingHere);
}

TEST_F(ReconcileTest, AnExchangeDeletedByTheAskerIsFoundByTheAnswerersEntry) {
  for (int i = 1; i <= 3; ++i) Exchange(ours_, theirs_, i);
  ours_.written.resize(ours_.written.size() - 2);
  GoOn();

  const Reconciliation result = Compare();

  ASSERT_EQ(result.differences.size(), 1U);
  EXPECT_EQ(result.differences[0].kind, DifferenceKind::kMissingHere);
  EXPECT_EQ(result.differences[0].there, 2U);
  EXPECT_EQ(result.differences[0].here, std::nullopt);
}

TEST_F(ReconcileTest, EveryFieldThatBothLogIsCompared) {
  const std::vector<std::pair<std::string, void (*)(EntryDraft&)>> changes = {
      {"req", [](EntryDraft& d) { d.request_hash = Hex('1', 64); }},
      {"rsp", [](EntryDraft& d) { d.response_hash = Hex('1', 64); }},
      {"outcome", [](EntryDraft& d) { d.outcome = "REFUSED:QUALITY"; }},
      {"count", [](EntryDraft& d) { d.count = 4; }},
      {"purpose", [](EntryDraft& d) { d.purpose = "TRAINING"; }},
      {"case", [](EntryDraft& d) { d.case_commitment = Hex('d', 64); }},
      {"peer-entry leaf hash", [](EntryDraft& d) { d.actor = "someone-else"; }},
  };
  for (const auto& [field, change] : changes) {
    ours_.written.clear();
    theirs_.written.clear();
    Exchange(ours_, theirs_, 1);
    change(theirs_.written[0].draft);
    GoOn();
    const Reconciliation result = Compare();
    ASSERT_EQ(result.differences.size(), 1U) << field;
    EXPECT_EQ(result.differences[0].kind, DifferenceKind::kDiffers) << field;
    // Whatever was changed, the receipt's leaf hash shows it too.
    EXPECT_THAT(result.differences[0].words, HasSubstr(field));
    EXPECT_THAT(result.differences[0].words, HasSubstr("peer-entry leaf hash")) << field;
  }
}

// A fork of the answerer's ledger came out while the search ran: found by the simulator.
TEST_F(ReconcileTest, AnAnswerThatWasLeftAsideForAForkAgrees) {
  Exchange(ours_, theirs_, 1);
  ours_.written.back().draft.outcome = "FORKED";
  ours_.written.back().draft.count = 0;
  GoOn();

  EXPECT_TRUE(Compare().differences.empty());
}

TEST_F(ReconcileTest, AReceiptThatNamesAnotherEntryDiffers) {
  Exchange(ours_, theirs_, 1);
  ours_.written[1].draft.peer_entry->index = 7;
  Exchange(ours_, theirs_, 2);
  ours_.written[3].draft.peer_entry.reset();
  GoOn();

  const Reconciliation result = Compare();

  ASSERT_EQ(result.differences.size(), 2U);
  EXPECT_THAT(result.differences[0].words, HasSubstr("peer-entry index"));
  EXPECT_THAT(result.differences[1].words, HasSubstr("no receipt came"));
}

TEST_F(ReconcileTest, AnAnswerThatNeverArrivedIsNeverAnswered) {
  Exchange(ours_, theirs_, 1);
  EntryDraft& late = ours_.written[1].draft;
  late.outcome = "TOO_LATE";
  late.response_hash.clear();
  late.peer_entry.reset();
  Exchange(ours_, theirs_, 2);
  ours_.written.pop_back();  // Crashed, and never closed.
  GoOn();

  const Reconciliation result = Compare();

  ASSERT_EQ(result.differences.size(), 2U);
  EXPECT_EQ(result.Count(DifferenceKind::kNeverAnswered), 2U);
  EXPECT_TRUE(result.sound());
}

TEST_F(ReconcileTest, AQuestionThatNeverArrivedIsNoFault) {
  Exchange(ours_, theirs_, 1);
  theirs_.written.clear();
  EntryDraft& got = ours_.written[1].draft;
  got.outcome = "UNREACHABLE";
  got.response_hash.clear();
  got.peer_entry.reset();
  GoOn();

  const Reconciliation result = Compare();

  EXPECT_EQ(result.agreed, 1U);
  EXPECT_TRUE(result.differences.empty());
}

TEST_F(ReconcileTest, WhatACopyIsTooOldForIsPending) {
  Exchange(ours_, theirs_, 1);
  Exchange(ours_, theirs_, 600);  // Ten hours later.
  theirs_.written.pop_back();     // Their copy ends with the first.

  const Reconciliation result = Compare();

  ASSERT_EQ(result.differences.size(), 1U);
  EXPECT_EQ(result.differences[0].kind, DifferenceKind::kPending);
  EXPECT_TRUE(result.sound());
}

TEST_F(ReconcileTest, AnExchangeLoggedTwiceDiffers) {
  Exchange(ours_, theirs_, 1);
  theirs_.Add(theirs_.written[0].draft, kStart_ms + 70'000);
  GoOn();

  const Reconciliation result = Compare();

  ASSERT_EQ(result.differences.size(), 1U);
  EXPECT_EQ(result.differences[0].kind, DifferenceKind::kDiffers);
  EXPECT_THAT(result.differences[0].words, HasSubstr("twice"));
}

TEST_F(ReconcileTest, AnotherAgencysEntriesAreRefused) {
  Exchange(ours_, theirs_, 1);
  Side side("other.example", theirs_.domain);
  EXPECT_FALSE(side.Add(0, ours_.Bytes(0)).ok());
}

}  // namespace
}  // namespace proofmark::client::audit
