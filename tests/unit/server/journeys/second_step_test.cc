// SPDX-License-Identifier: Apache-2.0
// The way from a candidate to a hit: a look on screen, a request for details, an officer's
// decision, two examiners. Two nodes, their letters carried by hand.
#include <algorithm>
#include <cstring>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "forensics/evidence/calibration.h"
#include "forensics/striated/bullet_comparison.h"
#include "server/journeys/details.h"
#include "server/journeys/links.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_federation.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::AllBytes;
using ::proofmark::testing::AskAll;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestFederation;
using ::proofmark::testing::TwoAgencies;
using records::EntryKind;
using records::LinkState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using wire::DetailsState;

const federation::Caller kSecond{crypto::StaffRole::kExaminer, "examiner-8"};
const federation::Caller kAdministrator{crypto::StaffRole::kAdministrator, "admin-2"};
const federation::Caller kOfficer{crypto::StaffRole::kOfficer, "officer-1"};
constexpr char kFacts[] = "Shots were fired at a house on the night of the third.";
constexpr char kSouthCase[] = "SOUTH-24-117";

// South asks; north holds a bullet of the same barrel.
class SecondStepTest : public ::testing::Test {
 protected:
  SecondStepTest() {
    held_ = two_.north.Submit(0, 1, "NORTH-LABEL-1");
    two_.north.Submit(1, 1, "NORTH-LABEL-2");
    asked_ = two_.south.Submit(0, 2, "SOUTH-LABEL-1");
    const auto search = south().searches().Run(
        kExaminer, AskAll(asked_), [](const SearchEvent&) {}, nullptr);
    EXPECT_THAT(search, IsOk());
    search_ = *search;
    EXPECT_THAT(search_.partners, SizeIs(1));
    EXPECT_THAT(search_.partners[0].result->candidates, Not(IsEmpty()));
    handle_ = HandleOf(search_);
  }

  static crypto::Sha256Digest HandleOf(const wire::Search& search) {
    return search.partners[0].result->candidates[0].handle;
  }

  node::Node& north() { return two_.north.node(); }
  node::Node& south() { return two_.south.node(); }

  // Everybody's letters, until nobody has any more.
  void Deliver() {
    for (int round = 0; round < 4; ++round) {
      north().outbox().DeliverNow();
      south().outbox().DeliverNow();
    }
    EXPECT_THAT(north().outbox().Waiting(), IsEmpty());
    EXPECT_THAT(south().outbox().Waiting(), IsEmpty());
  }

  absl::StatusOr<LinkActed> Review(bool lead) { return ReviewOf(search_, handle_, lead); }

  absl::StatusOr<LinkActed> ReviewOf(const wire::Search& search, const crypto::Sha256Digest& handle,
                                     bool lead) {
    return south().links().Review(kExaminer, {.search_id = search.search_id,
                                              .agency = two_.north.domain(),
                                              .handle = handle,
                                              .candidate_exhibit_id = "",
                                              .lead = lead,
                                              .case_reference = kSouthCase,
                                              .reasons = "striae run through"});
  }

  // North's best candidate of that search, identified by two examiners; the link's id.
  std::string Hit(const wire::Search& search) {
    const auto lead = ReviewOf(search, HandleOf(search), true);
    EXPECT_THAT(lead, IsOk());
    for (const federation::Caller& caller : {kExaminer, kSecond}) {
      EXPECT_THAT(
          south().links().Conclude(
              caller,
              {.link_id = lead->link.link_id, .conclusion = "ID", .report = "R", .reasons = "x"}),
          IsOk());
    }
    return lead->link.link_id;
  }

  static bool Counts(node::Node& node, const std::string& link_id) {
    const auto link = node.links().Get(kExaminer, link_id);
    EXPECT_THAT(link, IsOk());
    return link.ok() && link->counted;
  }

  absl::StatusOr<DetailsActed> Request(std::vector<wire::Material> wanted, std::string urgency) {
    return south().details().Request(kExaminer, {.search_id = search_.search_id,
                                                 .agency = two_.north.domain(),
                                                 .handles = {handle_},
                                                 .case_reference = kSouthCase,
                                                 .offence = "SHOOTING_NO_INJURY",
                                                 .subject_role = "OBJECT_ONLY",
                                                 .facts = kFacts,
                                                 .wanted = std::move(wanted),
                                                 .urgency = std::move(urgency)});
  }

  // A lead, and its details asked for; the request's id.
  std::string RequestForLead() {
    EXPECT_THAT(Review(true), IsOk());
    const auto asked = Request(
        {wire::Material::kCoreData, wire::Material::kSignature, wire::Material::kScans}, "");
    EXPECT_THAT(asked, IsOk());
    Deliver();
    return asked->file.request_id;
  }

  wire::ReleaseTerms Terms(std::vector<wire::Material> materials) {
    wire::ReleaseTerms terms;
    terms.materials = std::move(materials);
    terms.place = "Harbour district";
    terms.offence = "ROBBERY";
    terms.authority = "North Regional Court";
    terms.handling.codes = {"H1", "H3"};
    terms.handling.restrictions = "Not before the first of March.";
    terms.handling.delete_unix_ms = two_.clock.UnixMillis() + 1'000'000;
    return terms;
  }

  absl::StatusOr<DetailsActed> Release(const std::string& id,
                                       std::vector<wire::Material> materials) {
    return north().details().Decide(kOfficer, {.request_id = id,
                                               .reasons = "covered by the agreement",
                                               .verdict = Terms(std::move(materials))});
  }

  wire::DetailsFile FileOf(node::Node& node, const std::string& id) {
    const auto file = node.details().Get(kExaminer, id);
    EXPECT_THAT(file, IsOk());
    return *file;
  }

  // The outcomes of all entries of that kind, oldest first.
  static std::vector<std::string> Outcomes(node::Node& node, EntryKind kind) {
    std::vector<std::string> outcomes;
    for (const records::LedgerEntry& entry : EntriesOf(node.ledger(), kind)) {
      outcomes.push_back(entry.draft.outcome);
    }
    return outcomes;
  }

  TwoAgencies two_;
  std::string held_;
  std::string asked_;
  wire::Search search_;
  crypto::Sha256Digest handle_{};
};

TEST_F(SecondStepTest, AReviewedCandidateIsTheSameLinkAtBothAgencies) {
  const auto acted = Review(true);
  ASSERT_THAT(acted, IsOk());
  Deliver();

  const auto ours = south().links().Get(kExaminer, acted->link.link_id);
  const auto theirs = north().links().Get(kExaminer, acted->link.link_id);
  ASSERT_THAT(ours, IsOk());
  ASSERT_THAT(theirs, IsOk());
  EXPECT_EQ(ours->state(), LinkState::kLead);
  EXPECT_EQ(theirs->state(), LinkState::kLead);
  EXPECT_EQ(ours->acknowledged_count, 1);
  EXPECT_EQ(theirs->side, wire::LinkSide::kTheirs);
  EXPECT_EQ(theirs->exhibit_id, held_);
  EXPECT_EQ(theirs->agency, two_.south.domain());
  // Why it is a lead stays with who wrote it.
  EXPECT_EQ(ours->steps[0].reasons, "striae run through");
  EXPECT_EQ(theirs->steps[0].reasons, "");
}

TEST_F(SecondStepTest, ADismissedCandidateMayBecomeALeadAndNothingElse) {
  const auto dismissed = Review(false);
  ASSERT_THAT(dismissed, IsOk());
  EXPECT_THAT(Review(false), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(south().links().Conclude(kExaminer, {.link_id = dismissed->link.link_id,
                                                   .conclusion = "ID",
                                                   .report = "R-1",
                                                   .reasons = "x"}),
              StatusIs(StatusCode::kFailedPrecondition));

  EXPECT_THAT(Review(true), IsOk());
}

TEST_F(SecondStepTest, AHandleThatNoAnswerNamedIsNoCandidate) {
  handle_[0] ^= std::byte{1};

  EXPECT_THAT(Review(true), StatusIs(StatusCode::kNotFound));
}

TEST_F(SecondStepTest, AHitTakesTwoExaminersAndCountsOnce) {
  const auto lead = Review(true);
  ASSERT_THAT(lead, IsOk());
  const wire::LinkConclusion identification{.link_id = lead->link.link_id,
                                            .conclusion = "ID",
                                            .report = "R-24-7",
                                            .reasons = "on the items"};
  const auto first = south().links().Conclude(kExaminer, identification);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->link.state(), LinkState::kLead);
  EXPECT_THAT(south().links().Conclude(kExaminer, identification),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("another examiner")));

  const auto second = south().links().Conclude(kSecond, identification);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->link.state(), LinkState::kHit);
  Deliver();

  const auto ours = south().links().Get(kExaminer, lead->link.link_id);
  const auto theirs = north().links().Get(kExaminer, lead->link.link_id);
  EXPECT_TRUE(ours->counted);
  EXPECT_TRUE(theirs->counted);
  EXPECT_EQ(theirs->steps.back().conclusion, "ID");
  EXPECT_EQ(ours->acknowledged_count, 3);
  EXPECT_EQ(ours->asker_case_commitment, theirs->asker_case_commitment);
  EXPECT_EQ(ours->holder_case_commitment, theirs->holder_case_commitment);
}

TEST_F(SecondStepTest, AHitThatIsTakenBackCountsNoMore) {
  const std::string id = Hit(search_);
  Deliver();
  ASSERT_TRUE(Counts(north(), id));
  ASSERT_THAT(south().links().Withdraw(kExaminer, id, "wrong item"), IsOk());
  Deliver();

  const auto theirs = north().links().Get(kExaminer, id);
  EXPECT_EQ(theirs->state(), LinkState::kWithdrawn);
  EXPECT_FALSE(theirs->counted);
  EXPECT_FALSE(Counts(south(), id));
  EXPECT_THAT(south().links().Withdraw(kExaminer, id, "again"),
              StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(SecondStepTest, AHitThatIsTakenBackBeforeItWasToldCountsNowhere) {
  const std::string id = Hit(search_);
  ASSERT_THAT(south().links().Withdraw(kExaminer, id, "wrong item"), IsOk());
  Deliver();

  EXPECT_FALSE(Counts(south(), id));
  EXPECT_FALSE(Counts(north(), id));
}

// Whose case north's exhibit belongs to is known to south with the first acknowledgement only.
TEST_F(SecondStepTest, OfTwoHitsBetweenTwoCasesTheOlderCountsAtBothAgencies) {
  const auto again = south().searches().Run(
      kExaminer, AskAll(asked_), [](const SearchEvent&) {}, nullptr);
  ASSERT_THAT(again, IsOk());
  const std::string older = Hit(search_);
  two_.clock.AdvanceMillis(1'000);
  const std::string younger = Hit(*again);
  ASSERT_NE(older, younger);
  Deliver();
  for (node::Node* const node : {&south(), &north()}) {
    EXPECT_TRUE(Counts(*node, older));
    EXPECT_FALSE(Counts(*node, younger));
  }

  ASSERT_THAT(south().links().Withdraw(kExaminer, older, "wrong item"), IsOk());
  Deliver();
  for (node::Node* const node : {&south(), &north()}) {
    EXPECT_FALSE(Counts(*node, older));
    EXPECT_TRUE(Counts(*node, younger));
  }
}

TEST_F(SecondStepTest, OnlyTheAgencyThatAskedJudgesALink) {
  const auto lead = Review(true);
  Deliver();

  EXPECT_THAT(north().links().Withdraw(kExaminer, lead->link.link_id, "ours?"),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("south.test")));
}

TEST_F(SecondStepTest, DetailsAreAskedForLeadsOnly) {
  EXPECT_THAT(Request({wire::Material::kCoreData}, ""),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("review")));
  ASSERT_THAT(Review(false), IsOk());
  EXPECT_THAT(Request({wire::Material::kCoreData}, ""),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("review")));
}

TEST_F(SecondStepTest, ARequestWaitsInTheOwnersQueueAndBothSeeItsClock) {
  const std::string id = RequestForLead();

  const wire::DetailsFile sent = FileOf(south(), id);
  const wire::DetailsFile received = FileOf(north(), id);
  EXPECT_EQ(sent.state, DetailsState::kOpen);
  EXPECT_EQ(received.state, DetailsState::kOpen);
  EXPECT_EQ(sent.clock, "CORE_48H");
  EXPECT_EQ(sent.due_unix_ms, received.due_unix_ms);
  EXPECT_EQ(*received.due_unix_ms, received.ask_unix_ms + kCoreDataMs);
  EXPECT_EQ(received.request.facts, kFacts);
  EXPECT_EQ(received.request.confirmed_by, kExaminer.pseudonym);
  EXPECT_THAT(received.exhibit_ids, ::testing::ElementsAre(held_));
  const auto queue = north().details().CountQueue();
  ASSERT_THAT(queue, IsOk());
  EXPECT_EQ(queue->waiting, 1);
  EXPECT_EQ(queue->late, 0);
  two_.clock.AdvanceMillis(kCoreDataMs + 1);
  EXPECT_EQ(north().details().CountQueue()->late, 1);
}

TEST_F(SecondStepTest, AnUrgentRequestHasEightHours) {
  ASSERT_THAT(Review(true), IsOk());
  const auto asked = Request({wire::Material::kCoreData}, "a life is at risk");
  ASSERT_THAT(asked, IsOk());
  Deliver();

  const wire::DetailsFile file = FileOf(north(), asked->file.request_id);
  EXPECT_EQ(file.clock, "DIR977_8H");
  EXPECT_EQ(*file.due_unix_ms, file.ask_unix_ms + kUrgentMs);
}

TEST_F(SecondStepTest, WhatIsReleasedArrivesWholeAndUnderItsConditions) {
  const std::string id = RequestForLead();

  ASSERT_THAT(
      Release(id, {wire::Material::kCoreData, wire::Material::kSignature, wire::Material::kScans}),
      IsOk());
  Deliver();

  ASSERT_THAT(south().details().Acknowledge(kExaminer, id), IsOk());
  const auto exported = south().details().Export(kExaminer, id, wire::ResultUse::kIntelligence);
  ASSERT_THAT(exported, IsOk());
  const wire::DetailsFile& file = exported->acted.file;
  ASSERT_EQ(file.state, DetailsState::kReleased);
  ASSERT_TRUE(file.released.has_value());
  ASSERT_THAT(file.released->exhibits, SizeIs(1));
  const wire::ReleasedExhibit& exhibit = file.released->exhibits[0];
  EXPECT_EQ(exhibit.handle, handle_);
  ASSERT_TRUE(exhibit.core.has_value());
  EXPECT_EQ(exhibit.core->place, "Harbour district");
  EXPECT_EQ(exhibit.core->authority, "North Regional Court");
  const auto stored = north().exhibits().Get(kExaminer, held_, true);
  ASSERT_THAT(stored, IsOk());
  EXPECT_EQ(exhibit.core->case_reference, stored->identity->case_reference);
  EXPECT_EQ(exhibit.signature, stored->signature);
  ASSERT_THAT(exhibit.scans, SizeIs(stored->exhibit.marks.size()));
  std::string bytes;
  ASSERT_THAT(exported->read_scans([&](std::string_view part) {
    bytes += part;
    return absl::OkStatus();
  }),
              IsOk());
  for (std::size_t i = 0; i < exhibit.scans.size(); ++i) {
    const auto size = static_cast<std::size_t>(exhibit.scans[i].size_bytes);
    ASSERT_GE(bytes.size(), size);
    EXPECT_EQ(crypto::AsText(crypto::Sha256(bytes.substr(0, size))),
              stored->exhibit.marks[i].scan_sha256);
    bytes.erase(0, size);
  }
  EXPECT_THAT(bytes, IsEmpty());
  EXPECT_TRUE(file.released->handling.Has("H1"));
  EXPECT_EQ(file.released->handling.restrictions, "Not before the first of March.");
  EXPECT_EQ(file.decided_by, kOfficer.pseudonym);
  EXPECT_EQ(file.reasons, "");  // The owner's own.
  // The owner knows what it gave, not what has arrived.
  EXPECT_EQ(FileOf(north(), id).released->exhibits[0].scans[0].arrived_bytes, 0);
}

TEST_F(SecondStepTest, ALetterWaitsWhileTheDescriptorDoesNotAdmitThePartner) {
  ASSERT_THAT(Review(true), IsOk());
  Deliver();
  // Both are members, but under other keys than those of the configuration.
  TestFederation federation({two_.north.domain(), two_.south.domain()});
  const std::string note =
      federation.Note(federation.Descriptor(), {two_.north.domain(), two_.south.domain()});
  ASSERT_THAT(south().federation().Apply({crypto::StaffRole::kAdministrator, "admin-1"}, note,
                                         crypto::SignedDescriptor::Parse(note)->hash()),
              IsOk());
  const int sent_before = two_.wire.sent_count();

  ASSERT_THAT(Request({wire::Material::kCoreData}, ""), IsOk());
  south().outbox().DeliverNow();

  const std::vector<exchange::WaitingLetter> waiting = south().outbox().Waiting();
  ASSERT_THAT(waiting, SizeIs(1));
  EXPECT_THAT(waiting[0].fault, HasSubstr("descriptor"));
  EXPECT_EQ(two_.wire.sent_count(), sent_before);
}

TEST_F(SecondStepTest, NothingThatWasNotAskedForIsReleased) {
  ASSERT_THAT(Review(true), IsOk());
  const auto asked = Request({wire::Material::kCoreData}, "");
  ASSERT_THAT(asked, IsOk());
  Deliver();

  EXPECT_THAT(Release(asked->file.request_id, {wire::Material::kScans}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("scans")));
  EXPECT_EQ(FileOf(north(), asked->file.request_id).state, DetailsState::kOpen);
}

TEST_F(SecondStepTest, WhatWasDecidedIsDecided) {
  const std::string id = RequestForLead();
  ASSERT_THAT(Release(id, {wire::Material::kCoreData}), IsOk());

  EXPECT_THAT(Release(id, {wire::Material::kScans}),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("released")));
}

TEST_F(SecondStepTest, ARefusalArrivesWithItsCode) {
  const std::string id = RequestForLead();
  ASSERT_THAT(north().details().Decide(
                  kOfficer, {.request_id = id,
                             .reasons = "the investigation is still covert",
                             .verdict = wire::Refusal{"ONGOING_CASE", "Ask again in a month."}}),
              IsOk());
  Deliver();

  const wire::DetailsFile file = FileOf(south(), id);
  EXPECT_EQ(file.state, DetailsState::kRefused);
  ASSERT_TRUE(file.refusal.has_value());
  EXPECT_EQ(file.refusal->code, "ONGOING_CASE");
  EXPECT_FALSE(file.released.has_value());
}

TEST_F(SecondStepTest, AStoppedClockIsLongerByTheTimeItStood) {
  const std::string id = RequestForLead();
  const std::int64_t due = *FileOf(north(), id).due_unix_ms;
  const auto decide = [&](auto verdict) {
    return north().details().Decide(kOfficer,
                                    {.request_id = id, .reasons = "the judge", .verdict = verdict});
  };
  ASSERT_THAT(decide(wire::ClockStop{"JUDICIAL_PENDING", "With the judge."}), IsOk());
  EXPECT_THAT(decide(wire::ClockStop{"JUDICIAL_PENDING", ""}),
              StatusIs(StatusCode::kFailedPrecondition));
  Deliver();
  EXPECT_EQ(FileOf(south(), id).state, DetailsState::kStopped);
  EXPECT_EQ(FileOf(south(), id).stops[0].stop.reason, "With the judge.");

  two_.clock.AdvanceMillis(3'600'000);
  ASSERT_THAT(decide(wire::StartClock{}), IsOk());
  Deliver();

  EXPECT_EQ(*FileOf(north(), id).due_unix_ms, due + 3'600'000);
  EXPECT_EQ(FileOf(south(), id).due_unix_ms, FileOf(north(), id).due_unix_ms);
  EXPECT_EQ(FileOf(south(), id).state, DetailsState::kOpen);
  EXPECT_THAT(decide(wire::StartClock{}), StatusIs(StatusCode::kFailedPrecondition));
}

TEST_F(SecondStepTest, BothLedgersTellTheSameStory) {
  const std::string id = RequestForLead();
  ASSERT_THAT(Release(id, {wire::Material::kCoreData}), IsOk());
  Deliver();

  EXPECT_THAT(Outcomes(south(), EntryKind::kDetailsRequest), ::testing::ElementsAre("SENT"));
  EXPECT_THAT(Outcomes(north(), EntryKind::kDetailsRequest), ::testing::ElementsAre("RECEIVED"));
  EXPECT_THAT(Outcomes(north(), EntryKind::kRelease), ::testing::ElementsAre("SENT"));
  EXPECT_THAT(Outcomes(south(), EntryKind::kRelease), ::testing::ElementsAre("RECEIVED"));
  EXPECT_THAT(Outcomes(south(), EntryKind::kLink), ::testing::ElementsAre("SENT"));
  EXPECT_THAT(Outcomes(north(), EntryKind::kLink), ::testing::ElementsAre("RECEIVED"));
  const auto sent = EntriesOf(north().ledger(), EntryKind::kRelease)[0].draft;
  const auto received = EntriesOf(south().ledger(), EntryKind::kRelease)[0].draft;
  EXPECT_EQ(sent.exchange, received.exchange);
  EXPECT_EQ(sent.request_hash, received.request_hash);
  EXPECT_EQ(sent.case_commitment, received.case_commitment);
  EXPECT_EQ(sent.actor, kOfficer.pseudonym);
}

TEST_F(SecondStepTest, ALetterWaitsForAPartnerThatIsAwayAndSurvivesACrash) {
  two_.wire.Disconnect(two_.north.node_id());
  ASSERT_THAT(Review(true), IsOk());
  const auto asked = Request({wire::Material::kCoreData}, "");
  ASSERT_THAT(asked, IsOk());
  south().outbox().DeliverNow();
  ASSERT_THAT(south().outbox().Waiting(), SizeIs(2));
  EXPECT_THAT(south().outbox().Waiting()[0].fault, Not(IsEmpty()));
  EXPECT_EQ(FileOf(south(), asked->file.request_id).state, DetailsState::kSent);

  two_.south.Crash();
  two_.south.Start();
  two_.wire.Connect(north());
  two_.clock.AdvanceMillis(3 * 24 * 3'600'000);  // Later than any question may be.
  Deliver();

  EXPECT_EQ(FileOf(south(), asked->file.request_id).state, DetailsState::kOpen);
  EXPECT_EQ(FileOf(north(), asked->file.request_id).request.facts, kFacts);
}

TEST_F(SecondStepTest, ALetterNobodyTakesIsGivenUpWithAnAlarm) {
  two_.wire.Disconnect(two_.north.node_id());
  ASSERT_THAT(Review(true), IsOk());
  two_.clock.AdvanceMillis(std::chrono::milliseconds(exchange::kLetterAgeMax).count() + 1);
  south().outbox().DeliverNow();

  EXPECT_THAT(south().outbox().Waiting(), IsEmpty());
  EXPECT_THAT(Outcomes(south(), EntryKind::kAlarm), ElementsAre("LETTER_GIVEN_UP"));
}

TEST_F(SecondStepTest, AnAnswerThatWasLostIsGivenAgainAndActedUponOnce) {
  int lost = 0;
  two_.wire.on_answer = [&](absl::StatusOr<federation::PeerAnswer>& answer) {
    if (lost++ == 0) answer = absl::UnavailableError("lost");
  };
  ASSERT_THAT(Review(true), IsOk());
  south().outbox().DeliverNow();
  ASSERT_THAT(south().outbox().Waiting(), SizeIs(1));
  two_.clock.AdvanceMillis(25 * 3'600'000);  // The answer that comes again is as old as the first.
  Deliver();

  EXPECT_GE(lost, 2);
  EXPECT_THAT(Outcomes(north(), EntryKind::kLink), SizeIs(1));
}

// Both agencies write down, once, that nobody decided in time; the report counts the owner's.
TEST_F(SecondStepTest, AMissedClockIsOneAlarmAtEachAgency) {
  const std::string id = RequestForLead();
  north().housekeeping().RunNow();
  EXPECT_THAT(Outcomes(north(), EntryKind::kAlarm), IsEmpty());
  two_.clock.AdvanceMillis(kCoreDataMs + 1);
  for (int round = 0; round < 2; ++round) {
    north().housekeeping().RunNow();
    south().housekeeping().RunNow();
  }

  EXPECT_THAT(Outcomes(north(), EntryKind::kAlarm), ElementsAre("CLOCK_MISSED:CORE_48H"));
  EXPECT_THAT(Outcomes(south(), EntryKind::kAlarm), ElementsAre("PARTNER_CLOCK_MISSED:CORE_48H"));
  const records::EntryDraft alarm = EntriesOf(north().ledger(), EntryKind::kAlarm)[0].draft;
  EXPECT_EQ(alarm.exchange, id);
  EXPECT_EQ(alarm.peer, south().identity().node_id());
  // Late, and still to be decided.
  EXPECT_THAT(Release(id, {wire::Material::kCoreData}), IsOk());
}

TEST_F(SecondStepTest, AStoppedClockMissesNothing) {
  const std::string id = RequestForLead();
  ASSERT_THAT(
      north().details().Decide(
          kOfficer, {.request_id = id,
                     .reasons = "",
                     .verdict = wire::ClockStop{.code = "JUDICIAL_PENDING", .reason = "Which?"}}),
      IsOk());
  two_.clock.AdvanceMillis(2 * kCoreDataMs);
  north().housekeeping().RunNow();

  EXPECT_THAT(Outcomes(north(), EntryKind::kAlarm), IsEmpty());
}

// The asker's case: facts, reasons and what the partner released go with it.
TEST_F(SecondStepTest, ErasingTheAskersCaseTakesItsLinksAndWhatItReceived) {
  const std::string id = RequestForLead();
  ASSERT_THAT(Release(id, {wire::Material::kCoreData}), IsOk());
  Deliver();
  const std::string link_id = south().links().List(kExaminer, 10, "", {})->links[0].link_id;

  const auto erased =
      south().erasures().EraseCase(kAdministrator, kSouthCase, "COURT_ORDER", false);

  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased->links, 1);
  EXPECT_EQ(erased->details, 1);
  EXPECT_THAT(south().details().Get(kExaminer, id), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(south().links().Get(kExaminer, link_id), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(south().ledger().VerifyAll(), IsOk());
  // What the other agency keeps is its own.
  EXPECT_EQ(FileOf(north(), id).state, DetailsState::kReleased);
  EXPECT_THAT(AllBytes(two_.south.disk()), Not(HasSubstr(kFacts)));
}

TEST_F(SecondStepTest, WhatWasReceivedGoesOnTheDayThatItsOwnerSaid) {
  const std::string id = RequestForLead();
  ASSERT_THAT(Release(id, {wire::Material::kCoreData}), IsOk());
  Deliver();
  EXPECT_EQ(south().erasures().RunRetention(kAdministrator, false)->details, 0);
  two_.clock.AdvanceMillis(1'000'000);

  EXPECT_EQ(south().erasures().RunRetention(kAdministrator, false)->details, 1);
  EXPECT_EQ(north().erasures().RunRetention(kAdministrator, false)->details, 0);

  EXPECT_THAT(south().details().Get(kExaminer, id), StatusIs(StatusCode::kNotFound));
  EXPECT_EQ(Outcomes(south(), EntryKind::kErase).back(), "RETENTION");
}

TEST_F(SecondStepTest, ErasingTheHoldersCaseTakesRequestsAboutItsExhibits) {
  const std::string id = RequestForLead();
  const std::string held_case =
      north().exhibits().Get(kExaminer, held_, false)->identity->case_reference;

  EXPECT_THAT(north().erasures().EraseCase(kAdministrator, held_case, "COURT_ORDER", false),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr(id)));
  EXPECT_EQ(FileOf(north(), id).state, DetailsState::kOpen);
  ASSERT_THAT(Release(id, {wire::Material::kCoreData}), IsOk());
  const auto erased = north().erasures().EraseCase(kAdministrator, held_case, "COURT_ORDER", false);

  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased->exhibits, 1);
  EXPECT_EQ(erased->links, 1);
  EXPECT_EQ(erased->details, 1);
  EXPECT_THAT(north().details().Get(kOfficer, id), StatusIs(StatusCode::kNotFound));
}

// Reading is justified by the case that what was read belongs to.
TEST_F(SecondStepTest, AReadingNamesTheCase) {
  const std::string id = RequestForLead();
  (void)FileOf(south(), id);
  ASSERT_THAT(north().exhibits().Get(kExaminer, held_, false), IsOk());

  EXPECT_EQ(EntriesOf(south().ledger(), EntryKind::kAdminRead).back().draft.case_commitment,
            EntriesOf(south().ledger(), EntryKind::kDetailsRequest).back().draft.case_commitment);
  const std::string of_exhibit =
      EntriesOf(north().ledger(), EntryKind::kAdminRead).back().draft.case_commitment;
  EXPECT_EQ(of_exhibit,
            EntriesOf(north().ledger(), EntryKind::kSubmit).front().draft.case_commitment);
  EXPECT_THAT(of_exhibit, SizeIs(64));
}

// The bytes of a number as memory, protocol buffers and people write it.
std::vector<std::string> WaysToWrite(double score) {
  std::string raw(sizeof score, '\0');
  std::memcpy(raw.data(), &score, sizeof score);
  const auto single = static_cast<float>(score);
  std::string raw_single(sizeof single, '\0');
  std::memcpy(raw_single.data(), &single, sizeof single);
  return {raw, raw_single, absl::StrFormat("%.4f", score), absl::StrFormat("%.17g", score)};
}

// A whole exchange, from the question to the verified hit, with all that went there and came back:
// no label, case, place or authority, no reason, no name of an exhibit, no score of the pair. The
// facts are all that is told of the case.
TEST_F(SecondStepTest, NothingIdentifyingAndNoScoreCrossesInTheClear) {
  const std::string id = RequestForLead();
  ASSERT_THAT(Release(id, {wire::Material::kCoreData, wire::Material::kScans}), IsOk());
  Deliver();
  ASSERT_EQ(FileOf(south(), id).state, DetailsState::kReleased);
  const std::string link_id = south().links().List(kExaminer, 10, "", {})->links[0].link_id;
  for (const federation::Caller& examiner : {kExaminer, kSecond}) {
    ASSERT_THAT(south().links().Conclude(examiner, {.link_id = link_id,
                                                    .conclusion = "ID",
                                                    .report = "R-24-7",
                                                    .reasons = "on the items"}),
                IsOk());
  }
  Deliver();
  ASSERT_EQ(north().links().Get(kExaminer, link_id)->state(), LinkState::kHit);
  ASSERT_THAT(north().publishing().PublishNow(), IsOk());

  const auto ours = south().exhibits().Get(kExaminer, asked_, true);
  const auto theirs = north().exhibits().Get(kExaminer, held_, true);
  ASSERT_THAT(ours, IsOk());
  ASSERT_THAT(theirs, IsOk());
  std::vector<std::string> secrets = {"NORTH-LABEL-1",
                                      "SOUTH-LABEL-1",
                                      kSouthCase,
                                      ours->identity->case_reference,
                                      theirs->identity->case_reference,
                                      "note about",
                                      "Harbour district",
                                      "North Regional Court",
                                      "striae run through",
                                      "on the items",
                                      "covered by the agreement",
                                      held_,
                                      asked_,
                                      *base::ParseHex(held_),
                                      *base::ParseHex(asked_),
                                      ours->exhibit.marks[0].scan_sha256,
                                      theirs->exhibit.marks[0].scan_sha256};
  const auto comparison =
      forensics::CompareBullets(std::get<forensics::BulletSignature>(*ours->signature),
                                std::get<forensics::BulletSignature>(*theirs->signature), {});
  ASSERT_THAT(comparison, IsOk());
  const forensics::LikelihoodRatio ratio = forensics::EvaluateBullets(*comparison);
  for (const double score : {comparison->score, ratio.log10_lr}) {
    for (std::string& way : WaysToWrite(score)) secrets.push_back(std::move(way));
  }
  const std::string crossed = two_.wire.CrossedBytes();
  // The bytes are those that travel, and text in them can be found.
  ASSERT_THAT(crossed, HasSubstr(kFacts));
  ASSERT_THAT(crossed, HasSubstr("R-24-7"));
  for (const std::string& secret : secrets) {
    EXPECT_EQ(crossed.find(secret), std::string::npos) << absl::CHexEscape(secret);
  }
}

}  // namespace
}  // namespace proofmark::journeys
