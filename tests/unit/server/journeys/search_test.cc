// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/search.h"

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/witness.h"
#include "forensics/cartridge/case_evidence.h"
#include "tests/support/node_keys.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::AllBytes;
using ::proofmark::testing::AskAll;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::GeneratedBullet;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::kPurpose;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TwoAgencies;
using records::EntryKind;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using wire::PartnerOutcome;

class SearchTest : public ::testing::Test {
 protected:
  absl::StatusOr<wire::Search> Run(const wire::SearchRequest& request) {
    return two_.north.node().searches().Run(
        kExaminer, request, [this](const SearchEvent& event) { events_.push_back(event); },
        cancelled_);
  }
  const ledger::Ledger& Ledger() { return two_.north.node().ledger(); }

  // Every question has its one answer, about the same exchange.
  void ExpectPaired(std::size_t questions) {
    std::map<std::string, int> open;
    for (const auto& entry : EntriesOf(Ledger(), EntryKind::kQueryOut)) {
      ++open[entry.draft.exchange];
    }
    EXPECT_EQ(open.size(), questions);
    const auto answers = EntriesOf(Ledger(), EntryKind::kAnswerIn);
    EXPECT_EQ(answers.size(), questions);
    for (const auto& entry : answers) --open[entry.draft.exchange];
    for (const auto& [exchange, balance] : open) EXPECT_EQ(balance, 0) << exchange;
  }
  std::string LastOutcome() {
    return EntriesOf(Ledger(), EntryKind::kAnswerIn).back().draft.outcome;
  }

  TwoAgencies two_;
  std::vector<SearchEvent> events_;
  std::function<bool()> cancelled_;
};

TEST_F(SearchTest, FindsTheSameGunHereAndAtThePartner) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  const std::string same = two_.north.Submit(0, 1, "A-2");
  two_.north.Submit(1, 0, "A-3");
  two_.south.Submit(0, 3, "B-1");
  two_.south.Submit(2, 0, "B-2");

  const auto search = Run(AskAll(asked, true));

  ASSERT_THAT(search, IsOk());
  ASSERT_TRUE(search->local.has_value());
  EXPECT_EQ(search->local->searched.held_count, 2);  // Not the exhibit asked about.
  EXPECT_TRUE(search->local->searched.complete);
  ASSERT_THAT(search->local->candidates, Not(IsEmpty()));
  EXPECT_EQ(search->local->candidates[0].exhibit_id, same);
  EXPECT_EQ(search->local->candidates[0].label, "A-2");
  ASSERT_THAT(search->partners, SizeIs(1));
  const wire::PartnerResult& south = search->partners[0];
  EXPECT_EQ(south.agency, "south.test");
  ASSERT_EQ(south.outcome, PartnerOutcome::kAnswered) << south.detail;
  ASSERT_THAT(south.result->candidates, SizeIs(1));
  EXPECT_EQ(south.result->candidates[0].level, forensics::Level::kL1);
  ExpectPaired(2);
}

TEST_F(SearchTest, FindsTheSameSlideHereAndAtThePartner) {
  const std::string asked = two_.north.SubmitCase(1, 0, "C-1");
  const std::string same = two_.north.SubmitCase(1, 1, "C-2");
  two_.north.SubmitCase(2, 0, "C-3");
  two_.north.Submit(0, 0, "A-1");
  two_.south.SubmitCase(1, 2, "D-1");
  two_.south.SubmitCase(3, 0, "D-2");
  two_.south.Submit(0, 1, "B-1");

  wire::SearchRequest request = AskAll(asked, true);
  request.exhaustive = true;
  const auto search = Run(request);

  ASSERT_THAT(search, IsOk());
  EXPECT_TRUE(search->exhaustive);
  ASSERT_TRUE(search->local.has_value());
  const wire::SearchedCounts& searched = search->local->searched;
  EXPECT_EQ(searched.held_count, 2);  // Cases alone, and not the one asked about.
  EXPECT_EQ(searched.refined_count, 2);
  EXPECT_EQ(searched.calibration_version, forensics::CaseCalibration().version);
  ASSERT_THAT(search->local->candidates, SizeIs(2));
  const wire::LocalCandidate& first = search->local->candidates[0];
  EXPECT_EQ(first.exhibit_id, same);
  EXPECT_EQ(first.level, forensics::Level::kL1);
  ASSERT_THAT(first.regions, SizeIs(1));
  EXPECT_EQ(first.regions[0].region, records::MarkRegion::kBreechFace);
  EXPECT_GE(first.regions[0].congruent_cells, 12);
  ASSERT_THAT(search->partners, SizeIs(1));
  const wire::PartnerResult& south = search->partners[0];
  ASSERT_EQ(south.outcome, PartnerOutcome::kAnswered) << south.detail;
  ASSERT_THAT(south.result->candidates, SizeIs(1));
  EXPECT_EQ(south.result->candidates[0].kind, records::ExhibitKind::kCaseEvidence);
  EXPECT_EQ(south.result->candidates[0].level, forensics::Level::kL1);
  ExpectPaired(2);
}

TEST_F(SearchTest, BothLedgersTellTheSameStory) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  ASSERT_THAT(Run(AskAll(asked)), IsOk());

  const auto there = EntriesOf(two_.south.node().ledger(), EntryKind::kQueryIn);
  const auto here = EntriesOf(Ledger(), EntryKind::kAnswerIn);

  ASSERT_THAT(there, SizeIs(1));
  ASSERT_THAT(here, SizeIs(1));
  EXPECT_EQ(here[0].draft.exchange, there[0].draft.exchange);
  EXPECT_EQ(here[0].draft.request_hash, there[0].draft.request_hash);
  EXPECT_EQ(here[0].draft.response_hash, there[0].draft.response_hash);
  EXPECT_EQ(here[0].draft.case_commitment, there[0].draft.case_commitment);
  EXPECT_EQ(here[0].draft.outcome, there[0].draft.outcome);
  EXPECT_EQ(here[0].draft.count, there[0].draft.count);
  ASSERT_TRUE(here[0].draft.peer_entry.has_value());
  EXPECT_EQ(here[0].draft.peer_entry->index, there[0].seq);
  EXPECT_EQ(here[0].draft.peer_entry->leaf_hash,
            two_.south.node().ledger().Read(there[0].seq)->leaf_hash);
}

// What leaves the agency is searched for everything that must not.
TEST_F(SearchTest, NothingThatIdentifiesLeavesTheAgency) {
  const std::string asked = two_.north.Submit(0, 0, "LABEL-77");
  const auto exhibit = two_.north.node().exhibits().Get(kExaminer, asked, false);
  ASSERT_THAT(exhibit, IsOk());
  ASSERT_THAT(Run(AskAll(asked)), IsOk());

  const std::string sent = two_.wire.CrossedBytes();

  ASSERT_THAT(sent, HasSubstr(kPurpose));      // The bytes are those that travel,
  ASSERT_THAT(sent, HasSubstr("examiner-7"));  // and text in them can be found.
  EXPECT_THAT(sent, Not(HasSubstr("LABEL-77")));
  EXPECT_THAT(sent, Not(HasSubstr("CASE-")));
  EXPECT_THAT(sent, Not(HasSubstr("4711")));
  EXPECT_THAT(sent, Not(HasSubstr("note about")));
  EXPECT_THAT(sent, Not(HasSubstr("2026-03-14")));
  EXPECT_THAT(sent, Not(HasSubstr("lab-1")));
  EXPECT_THAT(sent, Not(HasSubstr(asked)));
  EXPECT_THAT(sent, Not(HasSubstr(*base::ParseHex(asked))));
  EXPECT_THAT(sent, Not(HasSubstr(exhibit->exhibit.marks[0].scan_sha256)));
}

TEST_F(SearchTest, TheQuestionIsDurableBeforeItIsSent) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  std::size_t logged_when_sent = 0;
  two_.wire.on_question = [&](crypto::Envelope&) {
    logged_when_sent = EntriesOf(Ledger(), EntryKind::kQueryOut).size();
  };

  ASSERT_THAT(Run(AskAll(asked)), IsOk());

  EXPECT_EQ(logged_when_sent, 1U);
}

TEST_F(SearchTest, APartnerThatIsAwayHidesNothingElse) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  two_.north.Submit(0, 1, "A-2");
  two_.south.Crash();

  const auto search = Run(AskAll(asked, true));

  ASSERT_THAT(search, IsOk());
  EXPECT_THAT(search->local->candidates, SizeIs(1));
  EXPECT_EQ(search->partners[0].outcome, PartnerOutcome::kUnreachable);
  EXPECT_NE(search->partners[0].detail, "");
  EXPECT_FALSE(search->partners[0].peer_receipt.has_value());
  ExpectPaired(2);
}

TEST_F(SearchTest, OneAwayOneForbiddenAndOneThereAreThreeOutcomes) {
  testing::Agency east("east", two_.clock, two_.wire);
  testing::Agency west("west", two_.clock, two_.wire);
  two_.north.Crash();
  two_.north.AddPartner(east.AsPartner({}, {}));
  two_.north.AddPartner(west.AsPartner({}, {kPurpose}));  // Never started.
  two_.north.Start();
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  two_.south.Submit(0, 1, "B-1");

  const auto search = Run(AskAll(asked));

  ASSERT_THAT(search, IsOk());
  ASSERT_THAT(search->partners, SizeIs(3));  // By domain.
  EXPECT_EQ(search->partners[0].agency, "east.test");
  EXPECT_EQ(search->partners[0].outcome, PartnerOutcome::kNotAsked);
  EXPECT_EQ(search->partners[1].agency, "south.test");
  EXPECT_EQ(search->partners[1].outcome, PartnerOutcome::kAnswered);
  EXPECT_THAT(search->partners[1].result->candidates, SizeIs(1));
  EXPECT_EQ(search->partners[2].agency, "west.test");
  EXPECT_EQ(search->partners[2].outcome, PartnerOutcome::kUnreachable);
  EXPECT_THAT(events_, SizeIs(3));
  ExpectPaired(2);
}

TEST_F(SearchTest, NoMorePartnersAreAskedAtOnceThanAreAllowed) {
  testing::Agency east("east", two_.clock, two_.wire);
  testing::Agency west("west", two_.clock, two_.wire);
  two_.north.Crash();
  for (testing::Agency* const partner : {&east, &west}) {
    partner->AddPartner(two_.north.AsPartner({kPurpose}, {kPurpose}));
    partner->Start();
    two_.north.AddPartner(partner->AsPartner({kPurpose}, {kPurpose}));
  }
  two_.north.partners_at_once = 2;
  two_.north.Start();
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  std::atomic<int> under_way = 0;
  std::atomic<int> most = 0;
  two_.wire.on_question = [&](crypto::Envelope&) {
    const int now = ++under_way;
    if (now > most) most = now;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  };
  two_.wire.on_answer = [&](auto&) { --under_way; };

  const auto search = Run(AskAll(asked));

  ASSERT_THAT(search, IsOk());
  ASSERT_THAT(search->partners, SizeIs(3));
  for (const wire::PartnerResult& partner : search->partners) {
    EXPECT_EQ(partner.outcome, PartnerOutcome::kAnswered) << partner.detail;
  }
  EXPECT_LE(most, 2);
  ExpectPaired(3);
}

TEST_F(SearchTest, WhoHasNoTurnBeforeTheDeadlineIsTooLateAndSentNothing) {
  testing::Agency east("east", two_.clock, two_.wire);
  two_.north.Crash();
  two_.north.AddPartner(east.AsPartner({}, {kPurpose}));
  two_.north.partners_at_once = 1;
  two_.north.Start();
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  two_.wire.swallow = true;
  cancelled_ = [&] {
    two_.clock.AdvanceMillis(10'000);
    return false;
  };

  const auto search = Run(AskAll(asked));

  ASSERT_THAT(search, IsOk());
  ASSERT_THAT(search->partners, SizeIs(2));
  EXPECT_EQ(search->partners[0].outcome, PartnerOutcome::kTooLate);
  EXPECT_EQ(search->partners[1].outcome, PartnerOutcome::kTooLate);
  EXPECT_EQ(two_.wire.sent_count(), 1);
  ExpectPaired(2);
}

// South's log key signs two first entries.
void ForkSouth(TwoAgencies& two) {
  for (std::uint64_t cosigned = 0; cosigned < 2; ++cosigned) {
    const std::vector<crypto::Sha256Digest> leaves = {
        crypto::LeafHash(cosigned == 0 ? "one history" : "another")};
    const auto note = crypto::SignCheckpoint(
        {.origin = two.south.node().ledger().origin(),
         .size = 1,
         .root = *crypto::RootFrom(1, crypto::ReadLeaves(leaves))},
        testing::NodeKeysOf(two.south.exchange_key(), two.south.node_id()).log);
    ASSERT_THAT(note, IsOk());
    ASSERT_THAT(
        two.north.node().witness().AddCheckpoint(*crypto::FormatAddCheckpoint(cosigned, {}, *note)),
        IsOk());
  }
}

TEST_F(SearchTest, APartnerThatLiedAboutItsLedgerIsNamedAndSentNothing) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  ForkSouth(two_);

  const auto search = Run(AskAll(asked));

  ASSERT_THAT(search, IsOk());
  ASSERT_THAT(search->partners, SizeIs(1));
  EXPECT_EQ(search->partners[0].outcome, PartnerOutcome::kForked);
  EXPECT_THAT(search->partners[0].detail, HasSubstr("lied about its ledger"));
  EXPECT_EQ(two_.wire.sent_count(), 0);
  EXPECT_EQ(EntriesOf(Ledger(), EntryKind::kDeny).back().draft.outcome, "NOT_ASKED:LEDGER_FORKED");
  const auto kept = two_.north.node().searches().Get(kExaminer, search->search_id);
  ASSERT_THAT(kept, IsOk());
  EXPECT_EQ(kept->partners[0].outcome, PartnerOutcome::kForked);
}

TEST_F(SearchTest, AnAnswerIsNotUsedWhenTheLieComesOutMeanwhile) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  two_.south.Submit(0, 1, "B-1");
  two_.wire.on_answer = [this](auto&) { ForkSouth(two_); };

  const auto search = Run(AskAll(asked));

  ASSERT_THAT(search, IsOk());
  EXPECT_EQ(search->partners[0].outcome, PartnerOutcome::kForked);
  EXPECT_FALSE(search->partners[0].result.has_value());
  EXPECT_NE(search->partners[0].exchange_id, "");
  EXPECT_EQ(LastOutcome(), "FORKED");
  ExpectPaired(1);
}

TEST_F(SearchTest, AnAnswerAfterTheDeadlineIsTooLate) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  wire::SearchRequest request = AskAll(asked);
  two_.wire.on_answer = [&](auto&) { two_.clock.AdvanceMillis(request.deadline_ms + 1); };

  const auto search = Run(request);

  ASSERT_THAT(search, IsOk());
  EXPECT_EQ(search->partners[0].outcome, PartnerOutcome::kTooLate);
  EXPECT_EQ(LastOutcome(), "TOO_LATE");
  ExpectPaired(1);
}

TEST_F(SearchTest, APartnerThatNeverAnswersIsTooLateWhenTheDeadlineHasPassed) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  two_.wire.swallow = true;
  // The caller is asked between two waits: time passes there.
  cancelled_ = [&] {
    two_.clock.AdvanceMillis(10'000);
    return false;
  };

  const auto search = Run(AskAll(asked));

  ASSERT_THAT(search, IsOk());
  EXPECT_EQ(search->partners[0].outcome, PartnerOutcome::kTooLate);
  EXPECT_EQ(two_.wire.sent_count(), 1);
  ExpectPaired(1);
}

TEST_F(SearchTest, AnAnswerChangedByOneBitIsInvalid) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  two_.wire.on_answer = [](absl::StatusOr<federation::PeerAnswer>& answer) {
    ASSERT_THAT(answer, IsOk());
    answer->envelope.payload.back() ^= 1;
  };

  const auto search = Run(AskAll(asked));

  ASSERT_THAT(search, IsOk());
  EXPECT_EQ(search->partners[0].outcome, PartnerOutcome::kInvalid);
  EXPECT_FALSE(search->partners[0].result.has_value());
  EXPECT_EQ(LastOutcome(), "INVALID");
  ExpectPaired(1);
}

TEST_F(SearchTest, AQuestionChangedOnItsWayIsRefusedThereAndLoggedOnBothSides) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  two_.wire.on_question = [](crypto::Envelope& question) { question.payload.back() ^= 1; };

  const auto search = Run(AskAll(asked));

  ASSERT_THAT(search, IsOk());
  EXPECT_EQ(search->partners[0].outcome, PartnerOutcome::kRefused);
  EXPECT_THAT(EntriesOf(two_.south.node().ledger(), EntryKind::kDeny), SizeIs(1));
  EXPECT_THAT(EntriesOf(two_.south.node().ledger(), EntryKind::kQueryIn), IsEmpty());
  ExpectPaired(1);
}

TEST_F(SearchTest, APurposeWeAgreedNotToAskForIsNotSent) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  wire::SearchRequest request = AskAll(asked);
  request.purpose = "TRAFFICKING_TRACE";

  const auto search = Run(request);

  ASSERT_THAT(search, IsOk());
  EXPECT_EQ(search->partners[0].outcome, PartnerOutcome::kNotAsked);
  EXPECT_EQ(search->partners[0].exchange_id, "");
  EXPECT_THAT(search->partners[0].detail, HasSubstr("TRAFFICKING_TRACE"));
  EXPECT_EQ(two_.wire.sent_count(), 0);
  const auto denials = EntriesOf(Ledger(), EntryKind::kDeny);
  ASSERT_THAT(denials, SizeIs(1));
  EXPECT_EQ(denials[0].draft.outcome, "NOT_ASKED:PURPOSE");
  EXPECT_EQ(denials[0].draft.peer, two_.south.node_id());
  ExpectPaired(0);
}

TEST_F(SearchTest, TheEntriesSayWhoAskedWhyAndAboutWhat) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  const std::string object = EntriesOf(Ledger(), EntryKind::kSubmit)[0].draft.object;
  ASSERT_THAT(Run(AskAll(asked, true)), IsOk());

  const auto questions = EntriesOf(Ledger(), EntryKind::kQueryOut);

  ASSERT_THAT(questions, SizeIs(2));
  EXPECT_EQ(questions[0].draft.peer, "");  // The search of our own records.
  EXPECT_EQ(questions[1].draft.peer, two_.south.node_id());
  for (const auto& question : questions) {
    EXPECT_EQ(question.draft.actor, "examiner-7");
    EXPECT_EQ(question.draft.purpose, kPurpose);
    EXPECT_EQ(question.draft.offence, "HOMICIDE");
    EXPECT_EQ(question.draft.subject, "OBJECT_ONLY");
    EXPECT_EQ(question.draft.object, object);
    EXPECT_EQ(question.draft.case_commitment, questions[0].draft.case_commitment);
  }
}

TEST_F(SearchTest, TheCallerHearsOfEachPartnerWhatTheWholeThenSays) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  two_.north.Submit(1, 0, "A-2");

  const auto search = Run(AskAll(asked, true));

  ASSERT_THAT(search, IsOk());
  int partners = 0;
  for (const SearchEvent& event : events_) {
    if (const auto* partner = std::get_if<wire::PartnerResult>(&event)) {
      EXPECT_EQ(*partner, search->partners[0]);
      ++partners;
    }
  }
  EXPECT_EQ(partners, 1);
}

TEST_F(SearchTest, ACancelledSearchClosesWhatItOpened) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  two_.wire.swallow = true;
  cancelled_ = [] { return true; };

  EXPECT_THAT(Run(AskAll(asked, true)), StatusIs(StatusCode::kCancelled));

  ExpectPaired(2);
  EXPECT_EQ(LastOutcome(), "CANCELLED");
}

TEST_F(SearchTest, RefusesCodesOfNoListAndPartnersOfNoAgreementBeforeAnythingIsLogged) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  wire::SearchRequest purpose = AskAll(asked);
  purpose.purpose = "CURIOSITY";
  wire::SearchRequest offence = AskAll(asked);
  offence.offence = "JAYWALKING";
  wire::SearchRequest subject = AskAll(asked);
  subject.subject_role = "NEIGHBOUR";
  wire::SearchRequest nothing = AskAll(asked);
  nothing.all_partners = false;
  wire::SearchRequest stranger = AskAll(asked);
  stranger.all_partners = false;
  stranger.partners = {"west.test"};

  EXPECT_THAT(Run(purpose), StatusIs(StatusCode::kInvalidArgument, HasSubstr("purpose")));
  EXPECT_THAT(Run(offence), StatusIs(StatusCode::kInvalidArgument, HasSubstr("offence")));
  EXPECT_THAT(Run(subject), StatusIs(StatusCode::kInvalidArgument, HasSubstr("subject_role")));
  EXPECT_THAT(Run(nothing), StatusIs(StatusCode::kInvalidArgument, HasSubstr("nothing to search")));
  EXPECT_THAT(Run(stranger), StatusIs(StatusCode::kNotFound, HasSubstr("west.test")));
  EXPECT_THAT(Run(AskAll(std::string(32, '0'))), StatusIs(StatusCode::kNotFound));
  ExpectPaired(0);
}

TEST_F(SearchTest, NothingIsAskedAboutAWithdrawnExhibit) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  ASSERT_THAT(two_.north.node().exhibits().Withdraw(kLab, asked, "mistaken"), IsOk());

  EXPECT_THAT(Run(AskAll(asked)), StatusIs(StatusCode::kFailedPrecondition));
  ExpectPaired(0);
}

TEST_F(SearchTest, AFinishedSearchIsKeptWithoutLabelsAndReadWithThem) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  two_.north.Submit(0, 1, "LABEL-OF-ANOTHER");
  const auto search = Run(AskAll(asked, true));
  ASSERT_THAT(search, IsOk());
  two_.north.Crash();
  two_.north.Start();

  const auto read = two_.north.node().searches().Get(kExaminer, search->search_id);

  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(*read, *search);
  EXPECT_EQ(read->local->candidates[0].label, "LABEL-OF-ANOTHER");
  EXPECT_THAT(AllBytes(two_.north.disk()), Not(HasSubstr("LABEL-OF-ANOTHER")));
  EXPECT_EQ(EntriesOf(Ledger(), EntryKind::kAdminRead).back().draft.outcome, "SEARCH_READ");
  EXPECT_THAT(two_.north.node().searches().Get(kExaminer, std::string(32, '0')),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(two_.north.node().searches().Get(kExaminer, "x"),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(SearchTest, SearchesAreListedNewestFirstWithoutCandidates) {
  const std::string asked = two_.north.Submit(0, 0, "A-1");
  two_.north.Submit(0, 1, "A-2");
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    const auto search = Run(AskAll(asked, true));
    ASSERT_THAT(search, IsOk());
    ids.insert(ids.begin(), search->search_id);
    two_.clock.AdvanceMillis(1);
  }

  std::vector<std::string> listed;
  std::string token;
  do {
    const auto page = two_.north.node().searches().List(kExaminer, 2, token);
    ASSERT_THAT(page, IsOk());
    for (const wire::Search& search : page->searches) {
      listed.push_back(search.search_id);
      EXPECT_THAT(search.local->candidates, IsEmpty());
      EXPECT_THAT(search.partners[0].result->candidates, IsEmpty());
    }
    token = page->next_page_token;
  } while (!token.empty());

  EXPECT_EQ(listed, ids);
  EXPECT_EQ(EntriesOf(Ledger(), EntryKind::kAdminRead).back().draft.outcome, "SEARCHES_LISTED");
}

}  // namespace
}  // namespace proofmark::journeys
