// SPDX-License-Identifier: Apache-2.0
// What was released stays under its owner's conditions: north releases to south, and east is the
// third agency that must not hear of it.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/journeys/details.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::Agency;
using ::proofmark::testing::AskAll;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::kPurpose;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::WireInTheMiddle;
using records::EntryKind;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using wire::HandlingAct;
using wire::PartnerOutcome;
using wire::ResultUse;

const federation::Caller kSecond{crypto::StaffRole::kExaminer, "examiner-8"};
const federation::Caller kOfficer{crypto::StaffRole::kOfficer, "officer-1"};
constexpr char kRestrictions[] = "Not before the first of March.";
// How long what is released may be kept.
constexpr std::int64_t kKeptMs = 1'000'000'000;

class HandlingTest : public ::testing::Test {
 protected:
  HandlingTest() {
    for (Agency* const agency : {&north_, &south_, &east_}) {
      for (const Agency* const other : {&north_, &south_, &east_}) {
        if (other != agency) agency->AddPartner(other->AsPartner({kPurpose}, {kPurpose}));
      }
      agency->Start();
    }
    held_ = north_.Submit(0, 1, "NORTH-1");
    asked_ = south_.Submit(0, 2, "SOUTH-1");
  }

  void Deliver() {
    for (int round = 0; round < 4; ++round) {
      for (Agency* const agency : {&north_, &south_, &east_}) agency->node().outbox().DeliverNow();
    }
  }

  static wire::Search Search(Agency& who, const std::string& exhibit_id, std::string partner) {
    wire::SearchRequest request = AskAll(exhibit_id);
    request.all_partners = false;
    request.partners = {std::move(partner)};
    const auto search = who.node().searches().Run(
        kExaminer, request, [](const SearchEvent&) {}, nullptr);
    EXPECT_THAT(search, IsOk());
    return *search;
  }

  // `who` asks `holder` for everything behind its best candidate; the request's id.
  std::string Ask(Agency& who, const wire::Search& search, const Agency& holder) {
    const crypto::Sha256Digest handle = search.partners[0].result->candidates[0].handle;
    EXPECT_THAT(who.node().links().Review(kExaminer, {.search_id = search.search_id,
                                                      .agency = holder.domain(),
                                                      .handle = handle,
                                                      .candidate_exhibit_id = "",
                                                      .lead = true,
                                                      .case_reference = "CASE-1",
                                                      .reasons = "striae run through"}),
                IsOk());
    const auto asked = who.node().details().Request(
        kExaminer,
        {.search_id = search.search_id,
         .agency = holder.domain(),
         .handles = {handle},
         .case_reference = "CASE-1",
         .offence = "HOMICIDE",
         .subject_role = "",
         .facts = "Two shots.",
         .wanted = {wire::Material::kCoreData, wire::Material::kSignature, wire::Material::kScans},
         .urgency = ""});
    EXPECT_THAT(asked, IsOk());
    Deliver();
    return asked->file.request_id;
  }

  absl::StatusOr<DetailsActed> Release(Agency& holder, const std::string& id,
                                       std::vector<std::string> codes, bool evidence = true) {
    wire::ReleaseTerms terms;
    terms.materials = materials_;
    terms.place = "Harbour";
    terms.handling.codes = std::move(codes);
    if (terms.handling.Has("H3")) terms.handling.restrictions = kRestrictions;
    terms.handling.evidence = evidence;
    terms.handling.delete_unix_ms = clock_.UnixMillis() + kKeptMs;
    auto acted = holder.node().details().Decide(
        kOfficer, {.request_id = id, .reasons = "agreed", .verdict = std::move(terms)});
    Deliver();
    return acted;
  }

  // North's bullet, released to south under `codes`; the request's id.
  std::string Released(std::vector<std::string> codes, bool evidence = true) {
    const std::string id = Ask(south_, Search(south_, asked_, north_.domain()), north_);
    EXPECT_THAT(Release(north_, id, std::move(codes), evidence), IsOk());
    return id;
  }

  absl::StatusOr<DetailsActed> Permit(const std::string& id, HandlingAct act) {
    return south().details().Permit(
        kOfficer,
        {.request_id = id, .act = act, .reference = "letter 117/24", .reasons = "the trial"});
  }

  node::Node& south() { return south_.node(); }

  static std::vector<std::string> Outcomes(node::Node& node, EntryKind kind) {
    std::vector<std::string> outcomes;
    for (const records::LedgerEntry& entry : EntriesOf(node.ledger(), kind)) {
      outcomes.push_back(entry.draft.outcome);
    }
    return outcomes;
  }

  FakeClock clock_;
  WireInTheMiddle wire_;
  Agency north_{"north", clock_, wire_};
  Agency south_{"south", clock_, wire_};
  Agency east_{"east", clock_, wire_};
  std::vector<wire::Material> materials_ = {wire::Material::kCoreData, wire::Material::kSignature,
                                            wire::Material::kScans};
  std::string held_;
  std::string asked_;
};

TEST_F(HandlingTest, H1KeepsItFromTheCourtUntilThePermissionIsRecorded) {
  const std::string id = Released({"H1"});
  EXPECT_THAT(south().details().Export(kExaminer, id, ResultUse::kIntelligence), IsOk());
  EXPECT_THAT(south().details().Export(kExaminer, id, ResultUse::kEvidence),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("H1")));

  const auto permitted = Permit(id, HandlingAct::kEvidencePermitted);
  ASSERT_THAT(permitted, IsOk());
  const auto exported = south().details().Export(kExaminer, id, ResultUse::kEvidence);

  ASSERT_THAT(exported, IsOk());
  const wire::DetailsFile& file = exported->acted.file;
  ASSERT_THAT(file.released->exhibits, SizeIs(1));
  EXPECT_THAT(file.released->exhibits[0].scans, Not(IsEmpty()));
  for (const wire::ReleasedScan& scan : file.released->exhibits[0].scans) {
    EXPECT_EQ(scan.arrived_bytes, scan.size_bytes);
  }
  ASSERT_THAT(file.handling_steps, SizeIs(1));
  EXPECT_EQ(file.handling_steps[0].by, kOfficer.pseudonym);
  EXPECT_EQ(file.handling_steps[0].reference, "letter 117/24");
  EXPECT_THAT(Outcomes(south(), EntryKind::kExport),
              ::testing::ElementsAre("INTELLIGENCE", "EVIDENCE"));
  EXPECT_THAT(Outcomes(south(), EntryKind::kDeny), Contains("EXPORT_REFUSED:H1"));
  EXPECT_THAT(Outcomes(south(), EntryKind::kDecision), Contains("PERMITTED:EVIDENCE"));
}

TEST_F(HandlingTest, IntelligenceBecomesEvidenceByAnActAlone) {
  const std::string id = Released({"H0"}, /*evidence=*/false);
  EXPECT_THAT(south().details().Export(kExaminer, id, ResultUse::kEvidence),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("INTELLIGENCE")));

  ASSERT_THAT(Permit(id, HandlingAct::kEvidencePermitted), IsOk());

  EXPECT_THAT(south().details().Export(kExaminer, id, ResultUse::kEvidence), IsOk());
}

TEST_F(HandlingTest, APermissionIsRecordedOnceAndWhereOneIsNeeded) {
  const std::string id = Released({"H1"});
  EXPECT_THAT(Permit(id, HandlingAct::kOnwardPermitted),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("without a permission")));
  ASSERT_THAT(Permit(id, HandlingAct::kEvidencePermitted), IsOk());
  EXPECT_THAT(Permit(id, HandlingAct::kEvidencePermitted),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("already")));
  // The owner has nothing to permit itself.
  EXPECT_THAT(north_.node().details().Permit(kOfficer, {.request_id = id,
                                                        .act = HandlingAct::kEvidencePermitted,
                                                        .reference = "x",
                                                        .reasons = "y"}),
              StatusIs(StatusCode::kNotFound));
}

TEST_F(HandlingTest, H3IsReadBeforeAnythingIsUsed) {
  const std::string id = Released({"H3"});

  const auto before = south().details().Get(kExaminer, id);
  ASSERT_THAT(before, IsOk());
  EXPECT_EQ(before->released->handling.restrictions, kRestrictions);
  ASSERT_THAT(before->released->exhibits, SizeIs(1));
  EXPECT_FALSE(before->released->exhibits[0].core.has_value());
  EXPECT_FALSE(before->released->exhibits[0].signature.has_value());
  EXPECT_THAT(before->released->exhibits[0].scans, IsEmpty());
  EXPECT_THAT(south().details().Export(kExaminer, id, ResultUse::kIntelligence),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("H3")));

  const auto acknowledged = south().details().Acknowledge(kExaminer, id);
  ASSERT_THAT(acknowledged, IsOk());
  EXPECT_TRUE(acknowledged->file.released->exhibits[0].core.has_value());
  EXPECT_THAT(south().details().Export(kExaminer, id, ResultUse::kIntelligence), IsOk());
  EXPECT_THAT(south().details().Acknowledge(kExaminer, id),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("before")));
  // Nobody reads for another.
  EXPECT_FALSE(south().details().Get(kSecond, id)->released->exhibits[0].core.has_value());
  EXPECT_THAT(Outcomes(south(), EntryKind::kDecision), Contains("HANDLING_ACKNOWLEDGED"));
}

TEST_F(HandlingTest, FromItsDeletionDateOnItServesNobody) {
  const std::string id = Released({"H0"});
  EXPECT_THAT(south().details().Export(kExaminer, id, ResultUse::kIntelligence), IsOk());
  clock_.AdvanceMillis(kKeptMs);

  // Not erased yet, and shown to nobody.
  const auto file = south().details().Get(kExaminer, id);
  ASSERT_THAT(file, IsOk());
  EXPECT_FALSE(file->released->exhibits[0].core.has_value());
  EXPECT_FALSE(file->released->exhibits[0].signature.has_value());
  EXPECT_THAT(south().details().Export(kExaminer, id, ResultUse::kIntelligence),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("erase expired")));
  EXPECT_THAT(Outcomes(south(), EntryKind::kDeny), Contains("EXPORT_REFUSED:DELETED"));
}

TEST_F(HandlingTest, H2IsNoQuestionToAThirdAgency) {
  const std::string id = Released({"H2"});
  const std::string copy = south_.Submit(0, 1, "AS-RECEIVED");
  const int sent_before = wire_.sent_count();

  const wire::Search refused = Search(south_, copy, east_.domain());

  EXPECT_EQ(refused.partners[0].outcome, PartnerOutcome::kNotAsked);
  EXPECT_THAT(refused.partners[0].detail, HasSubstr("H2"));
  EXPECT_EQ(wire_.sent_count(), sent_before);
  EXPECT_THAT(Outcomes(south(), EntryKind::kDeny), Contains("NOT_ASKED:THIRD_PARTY_DATA"));
  // Its owner may be asked with what is its own, and with what is ours anybody.
  EXPECT_EQ(Search(south_, copy, north_.domain()).partners[0].outcome, PartnerOutcome::kAnswered);
  EXPECT_EQ(Search(south_, asked_, east_.domain()).partners[0].outcome, PartnerOutcome::kAnswered);

  ASSERT_THAT(Permit(id, HandlingAct::kOnwardPermitted), IsOk());
  EXPECT_EQ(Search(south_, copy, east_.domain()).partners[0].outcome, PartnerOutcome::kAnswered);
}

TEST_F(HandlingTest, H2IsNoQuestionThatAShareTriggerAsks) {
  const std::string id = Released({"H2"});
  const std::string copy = south_.Submit(0, 1, "AS-RECEIVED");
  StandingQuestions& standing = south().standing_questions();
  clock_.AdvanceMillis(24LL * 3600 * 1000);
  for (Agency* const agency : {&north_, &south_, &east_}) agency->node().housekeeping().RunNow();
  ASSERT_THAT(standing.SettleAutomatic({.exhibit_id = copy,
                                        .agency = east_.domain(),
                                        .triggers = {"CUSTOMS"},
                                        .purpose = kPurpose,
                                        .offence = "BORDER",
                                        .case_reference = "CASE-1",
                                        .submitted_by = "lab-1",
                                        .expire_unix_ms = clock_.UnixMillis() + 1'000'000'000}),
              IsOk());
  const auto fault = [&] {
    return standing.List(kExaminer, 0, "", true)->questions[0].partners[0].fault;
  };

  ASSERT_THAT(standing.AskDue(), IsOk());
  EXPECT_THAT(fault(), HasSubstr("H2"));
  EXPECT_THAT(Outcomes(south(), EntryKind::kDeny), Contains("NOT_ASKED:THIRD_PARTY_DATA"));

  ASSERT_THAT(Permit(id, HandlingAct::kOnwardPermitted), IsOk());
  clock_.AdvanceMillis(kCollectionCheckMs);
  ASSERT_THAT(standing.AskDue(), IsOk());
  EXPECT_EQ(fault(), "");
}

TEST_F(HandlingTest, AnExhibitIsKnownByItsSignatureWithoutTheScans) {
  materials_ = {wire::Material::kSignature};
  Released({"H2"});
  const std::string copy = south_.Submit(0, 1, "AS-RECEIVED");

  EXPECT_EQ(Search(south_, copy, east_.domain()).partners[0].outcome, PartnerOutcome::kNotAsked);
}

TEST_F(HandlingTest, WithoutH2WhatWasReceivedMayBeAskedWith) {
  Released({"H1"});
  const std::string copy = south_.Submit(0, 1, "AS-RECEIVED");

  EXPECT_EQ(Search(south_, copy, east_.domain()).partners[0].outcome, PartnerOutcome::kAnswered);
}

TEST_F(HandlingTest, H2IsNoAnswerToAThirdAgency) {
  const std::string theirs = east_.Submit(0, 3, "EAST-1");
  const auto of_south = [&] {
    return Search(east_, theirs, south_.domain()).partners[0].result->candidates.size();
  };
  const std::size_t own = of_south();
  const std::string id = Released({"H2"});
  south_.Submit(0, 1, "AS-RECEIVED");

  EXPECT_EQ(of_south(), own);

  ASSERT_THAT(Permit(id, HandlingAct::kOnwardPermitted), IsOk());
  EXPECT_EQ(of_south(), own + 1);
}

TEST_F(HandlingTest, WhatItsOwnerTookBackIsNeitherAskedWithNorReleasedOn) {
  const std::string theirs = east_.Submit(0, 1, "EAST-1");
  Released({"H0"});
  const std::string copy = south_.Submit(0, 1, "AS-RECEIVED");
  ASSERT_THAT(south().exhibits().Withdraw(kLab, asked_, "only the copy is left"), IsOk());
  const std::string request = Ask(east_, Search(east_, theirs, south_.domain()), south_);

  ASSERT_THAT(north_.node().exhibits().Withdraw(kLab, held_, "wrong item"), IsOk());
  Deliver();

  const wire::Search refused = Search(south_, copy, east_.domain());
  EXPECT_EQ(refused.partners[0].outcome, PartnerOutcome::kNotAsked);
  EXPECT_THAT(refused.partners[0].detail, HasSubstr("DELETED"));
  EXPECT_THAT(Release(south_, request, {"H0"}),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("THIRD_PARTY_DATA")));
}

TEST_F(HandlingTest, WhatWasOursBeforeDoesNotRestOnWhatCame) {
  const std::string ours = south_.Submit(0, 1, "OURS-FIRST");
  clock_.AdvanceMillis(1'000);
  Released({"H2"});

  EXPECT_EQ(Search(south_, ours, east_.domain()).partners[0].outcome, PartnerOutcome::kAnswered);
}

}  // namespace
}  // namespace proofmark::journeys
