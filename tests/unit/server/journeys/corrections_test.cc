// SPDX-License-Identifier: Apache-2.0
// What was passed on and does not stand any more: two nodes, their letters carried by hand. South
// asks; north holds a bullet of the same barrel.
#include "server/journeys/corrections.h"

#include <atomic>
#include <string>
#include <vector>

#include "server/node/node.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::AskAll;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TwoAgencies;
using records::EntryKind;
using records::LinkState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using wire::CorrectionCause;
using wire::CorrectionSide;
using wire::DetailsState;

const federation::Caller kOfficer{crypto::StaffRole::kOfficer, "officer-1"};

class CorrectionsTest : public ::testing::Test {
 protected:
  CorrectionsTest() {
    held_ = two_.north.Submit(0, 1, "NORTH-LABEL-1");
    asked_ = two_.south.Submit(0, 2, "SOUTH-LABEL-1");
    search_ = Ask();
    EXPECT_THAT(search_.partners, SizeIs(1));
    EXPECT_THAT(search_.partners[0].result->candidates, SizeIs(1));
    handle_ = search_.partners[0].result->candidates[0].handle;
  }

  node::Node& north() { return two_.north.node(); }
  node::Node& south() { return two_.south.node(); }

  wire::Search Ask() {
    const auto search = south().searches().Run(
        kExaminer, AskAll(asked_), [](const SearchEvent&) {}, nullptr);
    EXPECT_THAT(search, IsOk());
    return *search;
  }

  // Everybody's letters, until nobody has any more.
  void Deliver() {
    for (int round = 0; round < 4; ++round) {
      north().outbox().DeliverNow();
      south().outbox().DeliverNow();
    }
    EXPECT_THAT(north().outbox().Waiting(), IsEmpty());
    EXPECT_THAT(south().outbox().Waiting(), IsEmpty());
  }

  std::string MakeLead() {
    const auto acted = south().links().Review(kExaminer, {.search_id = search_.search_id,
                                                          .agency = two_.north.domain(),
                                                          .handle = handle_,
                                                          .candidate_exhibit_id = "",
                                                          .lead = true,
                                                          .case_reference = "SOUTH-24-117",
                                                          .reasons = "striae run through"});
    EXPECT_THAT(acted, IsOk());
    return acted->link.link_id;
  }

  // Of a lead; the request's id.
  std::string RequestDetails() {
    const auto asked = south().details().Request(
        kExaminer, {.search_id = search_.search_id,
                    .agency = two_.north.domain(),
                    .handles = {handle_},
                    .case_reference = "SOUTH-24-117",
                    .offence = "SHOOTING_NO_INJURY",
                    .subject_role = "",
                    .facts = "Shots were fired at a house.",
                    .wanted = {wire::Material::kCoreData, wire::Material::kSignature},
                    .urgency = ""});
    EXPECT_THAT(asked, IsOk());
    return asked->file.request_id;
  }

  void Release(const std::string& request_id) {
    wire::ReleaseTerms terms;
    terms.materials = {wire::Material::kCoreData, wire::Material::kSignature};
    terms.place = "Harbour district";
    terms.handling.delete_unix_ms = two_.clock.UnixMillis() + 1'000'000;
    EXPECT_THAT(north().details().Decide(
                    kOfficer, {.request_id = request_id, .reasons = "covered", .verdict = terms}),
                IsOk());
  }

  std::string WithdrawHeld() {
    const auto acted = north().exhibits().Withdraw(kLab, held_, "scan of the wrong item");
    EXPECT_THAT(acted, IsOk());
    return acted->correction_id;
  }

  static wire::CorrectionFile FileOf(node::Node& node, const std::string& id) {
    const auto file = node.corrections().Get(kExaminer, id);
    EXPECT_THAT(file, IsOk());
    return *file;
  }
  static std::vector<wire::CorrectionFile> ReceivedBy(node::Node& node) {
    const auto page =
        node.corrections().List(kExaminer, 0, "", {.side = CorrectionSide::kReceived});
    EXPECT_THAT(page, IsOk());
    return page->files;
  }

  wire::DetailsFile DetailsAt(node::Node& node, const std::string& id) {
    const auto file = node.details().Get(kExaminer, id);
    EXPECT_THAT(file, IsOk());
    return *file;
  }
  LinkState StateAt(node::Node& node, const std::string& id) {
    const auto link = node.links().Get(kExaminer, id);
    EXPECT_THAT(link, IsOk());
    return link->state();
  }
  wire::PartnerResult NorthsAnswer() {
    const auto search = south().searches().Get(kExaminer, search_.search_id);
    EXPECT_THAT(search, IsOk());
    return search->partners[0];
  }

  TwoAgencies two_;
  std::string held_;
  std::string asked_;
  wire::Search search_;
  crypto::Sha256Digest handle_{};
};

TEST_F(CorrectionsTest, AWithdrawnExhibitLeavesNothingAtWhoeverReceivedIt) {
  const std::string link = MakeLead();
  const std::string request = RequestDetails();
  Deliver();
  Release(request);
  Deliver();
  ASSERT_TRUE(DetailsAt(south(), request).released.has_value());

  const std::string correction = WithdrawHeld();
  wire::CorrectionFile made = FileOf(north(), correction);
  ASSERT_THAT(made.letters, SizeIs(1));
  EXPECT_EQ(made.letters[0].agency, two_.south.domain());
  EXPECT_FALSE(made.letters[0].acknowledge_unix_ms.has_value());
  EXPECT_TRUE(made.IsWaiting());
  Deliver();

  EXPECT_THAT(NorthsAnswer().result->candidates, IsEmpty());
  EXPECT_THAT(NorthsAnswer().detail, HasSubstr("took candidates of this answer back"));
  const wire::DetailsFile details = DetailsAt(south(), request);
  EXPECT_EQ(details.state, DetailsState::kTakenBack);
  EXPECT_FALSE(details.released.has_value());
  EXPECT_THAT(details.taken_back, ElementsAre(handle_));
  EXPECT_EQ(StateAt(south(), link), LinkState::kWithdrawn);
  EXPECT_EQ(StateAt(north(), link), LinkState::kWithdrawn);

  made = FileOf(north(), correction);
  EXPECT_TRUE(made.letters[0].acknowledge_unix_ms.has_value());
  EXPECT_EQ(made.letters[0].refusal_code, "");
  EXPECT_FALSE(made.IsWaiting());
  const auto received = ReceivedBy(south());
  ASSERT_THAT(received, SizeIs(1));
  EXPECT_EQ(received[0].agency, two_.north.domain());
  EXPECT_EQ(received[0].cause, CorrectionCause::kExhibitWithdrawn);
  EXPECT_EQ(received[0].corrected_by, kLab.pseudonym);
  EXPECT_EQ(received[0].reasons, "");
  EXPECT_EQ(received[0].candidates_deleted, 1);
  EXPECT_EQ(received[0].details_deleted, 1);
  EXPECT_TRUE(received[0].settled);
}

TEST_F(CorrectionsTest, BothLedgersTellOfTheCorrectionAndOfWhatWasDeleted) {
  WithdrawHeld();
  Deliver();

  const auto sent = EntriesOf(north().ledger(), EntryKind::kCorrect);
  const auto received = EntriesOf(south().ledger(), EntryKind::kCorrect);
  ASSERT_THAT(sent, SizeIs(1));
  ASSERT_THAT(received, SizeIs(1));
  EXPECT_EQ(sent[0].draft.outcome, "SENT");
  EXPECT_EQ(received[0].draft.outcome, "RECEIVED");
  EXPECT_EQ(received[0].draft.count, 1U);
  EXPECT_EQ(received[0].draft.exchange, sent[0].draft.exchange);
  EXPECT_EQ(received[0].draft.request_hash, sent[0].draft.request_hash);
}

TEST_F(CorrectionsTest, WhoWasAskedWithAnExhibitIsToldToo) {
  const std::string link = MakeLead();
  const std::string request = RequestDetails();
  Deliver();
  ASSERT_EQ(DetailsAt(north(), request).state, DetailsState::kOpen);

  const auto acted = south().exhibits().Withdraw(kLab, asked_, "labels were exchanged");
  ASSERT_THAT(acted, IsOk());
  Deliver();

  const wire::DetailsFile waiting = DetailsAt(north(), request);
  EXPECT_EQ(waiting.state, DetailsState::kTakenBack);
  EXPECT_THAT(waiting.request.facts, Not(HasSubstr("house")));
  EXPECT_EQ(StateAt(south(), link), LinkState::kWithdrawn);
  EXPECT_EQ(StateAt(north(), link), LinkState::kWithdrawn);
  ASSERT_THAT(ReceivedBy(north()), SizeIs(1));
  EXPECT_EQ(ReceivedBy(north())[0].exchanges[0].part, wire::CorrectedPart::kQuestion);
  EXPECT_EQ(ReceivedBy(north())[0].details_deleted, 1);
}

TEST_F(CorrectionsTest, AnExhibitThatNobodyReceivedTellsNobody) {
  const std::string other = two_.north.Submit(5, 1, "NORTH-LABEL-5");
  const auto acted = north().exhibits().Withdraw(kLab, other, "no trace on it");

  ASSERT_THAT(acted, IsOk());
  EXPECT_THAT(FileOf(north(), acted->correction_id).letters, IsEmpty());
  EXPECT_TRUE(FileOf(north(), acted->correction_id).settled);
  EXPECT_THAT(north().outbox().Waiting(), IsEmpty());
}

TEST_F(CorrectionsTest, ACorrectedStatementEndsWhatWasReleasedAndNoLink) {
  const std::string link = MakeLead();
  const std::string request = RequestDetails();
  Deliver();
  Release(request);
  Deliver();
  const auto before = north().exhibits().Get(kLab, held_, false);
  ASSERT_THAT(before, IsOk());

  registry::ExhibitStatement stated{.characteristics = before->exhibit.characteristics,
                                    .identity = *before->identity};
  stated.characteristics.calibre_code = "9MAKAROV";
  stated.characteristics.bullet_class = "9.2";
  stated.identity.incident_date = "2025-01-31";
  ASSERT_THAT(north().exhibits().Correct(kLab, held_, stated, "misread headstamp"), IsOk());
  Deliver();

  EXPECT_EQ(DetailsAt(south(), request).state, DetailsState::kTakenBack);
  EXPECT_EQ(StateAt(south(), link), LinkState::kLead);
  EXPECT_THAT(NorthsAnswer().result->candidates, SizeIs(1));
  const auto after = north().exhibits().Get(kLab, held_, false);
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->exhibit.characteristics, stated.characteristics);
  EXPECT_EQ(*after->identity, stated.identity);
  // Searches go by what is stated now.
  EXPECT_THAT(Ask().partners[0].result->candidates, IsEmpty());
  stated.identity.label = "ANOTHER";
  EXPECT_THAT(north().exhibits().Correct(kLab, held_, stated, "x"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("label")));
}

TEST_F(CorrectionsTest, WhatWasNeverToldIsCorrectedWithoutALetter) {
  MakeLead();
  const std::string request = RequestDetails();
  Deliver();
  Release(request);
  Deliver();
  const auto before = north().exhibits().Get(kLab, held_, false);
  ASSERT_THAT(before, IsOk());
  registry::ExhibitStatement stated{.characteristics = before->exhibit.characteristics,
                                    .identity = *before->identity};
  stated.identity.note = "found under the seat";
  stated.identity.circumstances = {"CUSTOMS"};

  const auto acted = north().exhibits().Correct(kLab, held_, stated, "found later");
  ASSERT_THAT(acted, IsOk());
  EXPECT_THAT(acted->correction_id, IsEmpty());
  EXPECT_EQ(*acted->corrected.view.identity, stated.identity);
  EXPECT_THAT(north().outbox().Waiting(), IsEmpty());
  Deliver();
  EXPECT_EQ(DetailsAt(south(), request).state, DetailsState::kReleased);

  stated.identity.case_reference += "-B";
  const auto told = north().exhibits().Correct(kLab, held_, stated, "misread case");
  ASSERT_THAT(told, IsOk());
  EXPECT_THAT(FileOf(north(), told->correction_id).letters, SizeIs(1));
  Deliver();
  EXPECT_EQ(DetailsAt(south(), request).state, DetailsState::kTakenBack);
}

TEST_F(CorrectionsTest, AWrongAnswerIsTakenBackWhole) {
  const std::string& exchange = search_.partners[0].exchange_id;
  const auto acted = north().corrections().CorrectAnswer(
      kOfficer, {.exchange_id = exchange, .reasons = "the index was damaged"});
  ASSERT_THAT(acted, IsOk());
  EXPECT_THAT(acted->file.letters, SizeIs(1));
  Deliver();

  EXPECT_THAT(NorthsAnswer().result->candidates, IsEmpty());
  EXPECT_THAT(NorthsAnswer().detail, HasSubstr("ask again"));
  EXPECT_THAT(north().corrections().CorrectAnswer(
                  kOfficer, {.exchange_id = std::string(16, 'x'), .reasons = "x"}),
              StatusIs(StatusCode::kNotFound));
}

// Between the answer and the end of the search that asked for it.
TEST_F(CorrectionsTest, ACandidateTakenBackWhileItsSearchRunsIsNotKept) {
  std::atomic<bool> first = true;
  two_.wire.on_answer = [&](absl::StatusOr<federation::PeerAnswer>&) {
    if (!first.exchange(false)) return;
    WithdrawHeld();
    north().outbox().DeliverNow();
  };

  const wire::Search search = Ask();

  EXPECT_THAT(search.partners[0].result->candidates, IsEmpty());
  const auto kept = south().searches().Get(kExaminer, search.search_id);
  ASSERT_THAT(kept, IsOk());
  EXPECT_THAT(kept->partners[0].result->candidates, IsEmpty());
}

TEST_F(CorrectionsTest, WaitsForWhoeverIsAwayAcrossARestart) {
  two_.wire.Disconnect(two_.south.node_id());
  const std::string correction = WithdrawHeld();
  north().outbox().DeliverNow();
  EXPECT_THAT(north().outbox().Waiting(), SizeIs(1));

  two_.north.Crash();
  two_.north.Start();
  EXPECT_TRUE(FileOf(north(), correction).IsWaiting());
  EXPECT_THAT(north().outbox().Waiting(), SizeIs(1));
  two_.wire.Connect(south());
  Deliver();

  EXPECT_FALSE(FileOf(north(), correction).IsWaiting());
  EXPECT_THAT(NorthsAnswer().result->candidates, IsEmpty());
}

TEST_F(CorrectionsTest, ALetterThatWasGivenUpIsSentAnew) {
  two_.wire.Disconnect(two_.south.node_id());
  const std::string correction = WithdrawHeld();
  const std::string first = FileOf(north(), correction).letters[0].exchange_id;
  two_.clock.AdvanceMillis(std::chrono::milliseconds(exchange::kLetterAgeMax).count() + 1);
  north().outbox().DeliverNow();

  ASSERT_THAT(FileOf(north(), correction).letters, SizeIs(1));
  EXPECT_NE(FileOf(north(), correction).letters[0].exchange_id, first);
  two_.wire.Connect(south());
  Deliver();
  EXPECT_FALSE(FileOf(north(), correction).IsWaiting());
  EXPECT_THAT(NorthsAnswer().result->candidates, IsEmpty());
}

TEST_F(CorrectionsTest, WhatWasNamedOftenIsToldInSeveralLetters) {
  std::vector<std::string> searches;
  for (int i = 0; i < 33; ++i) searches.push_back(Ask().search_id);

  const std::string correction = WithdrawHeld();
  Deliver();

  const wire::CorrectionFile file = FileOf(north(), correction);
  ASSERT_THAT(file.letters, SizeIs(2));
  EXPECT_EQ(file.letters[0].exchange_count + file.letters[1].exchange_count, 34);
  EXPECT_FALSE(file.IsWaiting());
  for (const std::string& id : searches) {
    const auto search = south().searches().Get(kExaminer, id);
    ASSERT_THAT(search, IsOk());
    EXPECT_THAT(search->partners[0].result->candidates, IsEmpty());
  }
}

TEST_F(CorrectionsTest, TheSameLetterTwiceDeletesOnce) {
  WithdrawHeld();
  two_.wire.on_answer = [](absl::StatusOr<federation::PeerAnswer>& answer) {
    answer = absl::UnavailableError("the line broke");
  };
  north().outbox().DeliverNow();
  EXPECT_THAT(north().outbox().Waiting(), SizeIs(1));
  two_.wire.on_answer = nullptr;
  Deliver();

  EXPECT_THAT(ReceivedBy(south()), SizeIs(1));
  EXPECT_THAT(EntriesOf(south().ledger(), EntryKind::kCorrect), SizeIs(1));
}

}  // namespace
}  // namespace proofmark::journeys
