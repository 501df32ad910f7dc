// SPDX-License-Identifier: Apache-2.0
// A question from one agency to another over real gRPC, and what can go wrong on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_format.h"
#include "proofmark/v1/exhibit_service.grpc.pb.h"
#include "server/federation/answer_slot.h"
#include "tests/integration/scans.h"
#include "tests/support/generated_cases.h"
#include "tests/support/loopback_node.h"
#include "tests/support/patience.h"
#include "tests/support/seeded_random.h"
#include "tests/support/shared_data.h"

namespace proofmark::testing {
namespace {

using crypto::StaffRole;

// A port on which connections are taken and nothing is ever said: a partner that hangs.
class SilentPort {
 public:
  SilentPort() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(socket_, 16), 0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentPort() { close(socket_); }

  std::string endpoint() const { return absl::StrFormat("127.0.0.1:%d", port_); }

 private:
  int socket_;
  int port_ = 0;
};

class CrossBorderTest : public ::testing::Test {
 protected:
  CrossBorderTest()
      : random_(11),
        gb_({.domain = "gb.example", .now_unix_ms = RealUnixMillis()}),
        fr_({.domain = "fr.example", .now_unix_ms = RealUnixMillis()}),
        de_({.domain = "de.example", .now_unix_ms = RealUnixMillis()}),
        gb_key_(crypto::SigningKey::Generate(random_)),
        fr_key_(crypto::SigningKey::Generate(random_)),
        de_key_(crypto::SigningKey::Generate(random_)) {}

  // GB answers FR; FR asks GB and, as `de_endpoint` says, DE.
  void Start(const std::string& de_endpoint) {
    gb_node_ = std::make_unique<LoopbackNode>(
        gb_, gb_key_, gb_folder_.path(),
        std::vector<LoopbackNode::Partner>{
            {.agency = &fr_, .exchange_key = fr_key_.verifying_key()}});
    std::vector<LoopbackNode::Partner> partners = {{.agency = &gb_,
                                                    .exchange_key = gb_key_.verifying_key(),
                                                    .endpoint = gb_node_->partner_endpoint()}};
    if (!de_endpoint.empty()) {
      partners.push_back(
          {.agency = &de_, .exchange_key = de_key_.verifying_key(), .endpoint = de_endpoint});
    }
    fr_node_ = std::make_unique<LoopbackNode>(fr_, fr_key_, fr_folder_.path(), partners);
  }

  v1::SubmissionService::Stub Lab(const LoopbackNode& node) {
    return v1::SubmissionService::Stub(node.StaffChannel(StaffRole::kLab));
  }
  v1::SearchService::Stub Examiner(const LoopbackNode& node) {
    return v1::SearchService::Stub(node.StaffChannel(StaffRole::kExaminer));
  }

  std::vector<ledger::StoredEntry> EntriesOf(LoopbackNode& node, records::EntryKind kind) {
    auto entries = node.node().ledger().ReadNewestFirst({.kind = kind}, 100);
    EXPECT_TRUE(entries.ok());
    return *std::move(entries);
  }

  SeededRandom random_;
  TestAgency gb_, fr_, de_;
  crypto::SigningKey gb_key_, fr_key_, de_key_;
  TemporaryFolder gb_folder_, fr_folder_;
  std::unique_ptr<LoopbackNode> gb_node_, fr_node_;
};

TEST_F(CrossBorderTest, FindsTheOtherBulletOfTheSameBarrelAndLogsBothSides) {
  Start("");
  auto gb_lab = Lab(*gb_node_);
  std::string wanted;
  for (const std::uint32_t barrel : {1U, 2U, 3U, 4U, 5U}) {
    const std::string id =
        SubmitOrFail(gb_lab, absl::StrFormat("GB-%d", barrel), GeneratedScans(barrel, 1));
    if (barrel == 3) wanted = id;
  }
  auto fr_lab = Lab(*fr_node_);
  const std::string asked = SubmitOrFail(fr_lab, "FR-3", GeneratedScans(3, 2));

  auto examiner = Examiner(*fr_node_);
  v1::Search search;
  const grpc::Status status = Search(examiner, QuestionAbout(asked), search);

  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(search.partners_size(), 1);
  const v1::PartnerResult& gb = search.partners(0);
  ASSERT_EQ(gb.outcome(), v1::PARTNER_OUTCOME_ANSWERED) << gb.detail();
  ASSERT_EQ(gb.result().candidates_size(), 1) << gb.DebugString();
  EXPECT_EQ(gb.result().candidates(0).level(), v1::SUPPORT_LEVEL_MODERATE);
  EXPECT_TRUE(gb.result().searched().provisional());
  EXPECT_TRUE(gb.result().searched().complete());

  v1::ExhibitService::Stub owner(gb_node_->StaffChannel(StaffRole::kExaminer));
  grpc::ClientContext context;
  v1::ResolveHandleRequest resolve;
  resolve.set_handle(gb.result().candidates(0).handle());
  v1::ResolveHandleResponse resolved;
  ASSERT_TRUE(owner.ResolveHandle(&context, resolve, &resolved).ok());
  EXPECT_EQ(resolved.exhibit().exhibit_id(), wanted);
  EXPECT_EQ(resolved.asking_agency(), "fr.example");

  const auto query_in = EntriesOf(*gb_node_, records::EntryKind::kQueryIn);
  const auto answer_in = EntriesOf(*fr_node_, records::EntryKind::kAnswerIn);
  ASSERT_EQ(query_in.size(), 1U);
  ASSERT_EQ(answer_in.size(), 1U);
  ASSERT_TRUE(answer_in[0].entry.draft.peer_entry.has_value());
  EXPECT_EQ(answer_in[0].entry.draft.peer_entry->index, query_in[0].entry.seq);
  EXPECT_EQ(answer_in[0].entry.draft.peer_entry->leaf_hash, query_in[0].leaf_hash);
  EXPECT_EQ(answer_in[0].entry.draft.request_hash, query_in[0].entry.draft.request_hash);
  EXPECT_EQ(answer_in[0].entry.draft.response_hash, query_in[0].entry.draft.response_hash);
}

// The exhibit of GB behind a handle that FR was given.
std::string OwnerOf(const LoopbackNode& node, const v1::MatchCandidate& candidate) {
  v1::ExhibitService::Stub owner(node.StaffChannel(StaffRole::kExaminer));
  grpc::ClientContext context;
  v1::ResolveHandleRequest resolve;
  resolve.set_handle(candidate.handle());
  v1::ResolveHandleResponse resolved;
  EXPECT_TRUE(owner.ResolveHandle(&context, resolve, &resolved).ok());
  return resolved.exhibit().exhibit_id();
}

// A collection with nothing in it would be searched in a millisecond.
TEST_F(CrossBorderTest, AnAnswerLeavesInItsSlot) {
  Start("");
  auto fr_lab = Lab(*fr_node_);
  const std::string asked = SubmitOrFail(fr_lab, "FR-3", GeneratedScans(3, 2));
  auto examiner = Examiner(*fr_node_);
  v1::Search search;
  const grpc::Status status = Search(examiner, QuestionAbout(asked), search);

  ASSERT_TRUE(status.ok()) << status.error_message();
  const v1::PartnerResult& gb = search.partners(0);
  ASSERT_EQ(gb.outcome(), v1::PARTNER_OUTCOME_ANSWERED) << gb.detail();
  EXPECT_GE(gb.elapsed_ms(), federation::kAnswerSlot.count());
}

TEST_F(CrossBorderTest, FindsTheOtherCaseOfTheSameSlideAmongCasesAndBullets) {
  Start("");
  auto gb_lab = Lab(*gb_node_);
  std::string wanted;
  for (const std::uint32_t slide : {1U, 2U, 3U}) {
    const std::string id = SubmitCaseOrFail(gb_lab, absl::StrFormat("GB-C%d", slide),
                                            GeneratedBreechFaceFile(slide, 1));
    if (slide == 2) wanted = id;
  }
  SubmitOrFail(gb_lab, "GB-B", GeneratedScans(2, 1));
  auto fr_lab = Lab(*fr_node_);
  const std::string asked = SubmitCaseOrFail(fr_lab, "FR-C2", GeneratedBreechFaceFile(2, 2));

  auto examiner = Examiner(*fr_node_);
  v1::SearchCandidatesRequest question = QuestionAbout(asked);
  question.set_include_local(true);
  v1::Search search;
  const grpc::Status status = Search(examiner, question, search);

  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(search.partners_size(), 1);
  const v1::PartnerResult& gb = search.partners(0);
  ASSERT_EQ(gb.outcome(), v1::PARTNER_OUTCOME_ANSWERED) << gb.detail();
  ASSERT_EQ(gb.result().candidates_size(), 1) << gb.DebugString();
  EXPECT_EQ(gb.result().candidates(0).kind(), v1::EXHIBIT_KIND_CASE_EVIDENCE);
  EXPECT_EQ(gb.result().candidates(0).level(), v1::SUPPORT_LEVEL_MODERATE);
  EXPECT_EQ(OwnerOf(*gb_node_, gb.result().candidates(0)), wanted);
  EXPECT_TRUE(search.local().candidates().empty());
}

// Real breech faces of consecutively made slides: one shot of each of five slides competes, and
// the second shot of each is asked about.
TEST_F(CrossBorderTest, NamesTheSlideOfEveryRealCase) {
  PM_REQUIRE_SHARED_DATA();
  constexpr int kSlides = 5;
  const auto scan = [](int slide, int shot) {
    return ReadFileOrFail(SharedDir() / "data" / "cartridges" / "fadul" /
                          absl::StrFormat("Fadul-%d-%d.x3p", slide, shot));
  };
  Start("");
  auto gb_lab = Lab(*gb_node_);
  auto fr_lab = Lab(*fr_node_);
  auto examiner = Examiner(*fr_node_);
  std::vector<std::string> of_slide;
  for (int slide = 1; slide <= kSlides; ++slide) {
    of_slide.push_back(SubmitCaseOrFail(gb_lab, absl::StrFormat("GB-%d", slide), scan(slide, 1)));
  }
  for (int slide = 1; slide <= kSlides; ++slide) {
    SCOPED_TRACE(slide);
    const std::string asked =
        SubmitCaseOrFail(fr_lab, absl::StrFormat("FR-%d", slide), scan(slide, 2));
    v1::Search search;
    ASSERT_TRUE(Search(examiner, QuestionAbout(asked), search).ok());
    const v1::PartnerResult& gb = search.partners(0);
    ASSERT_EQ(gb.outcome(), v1::PARTNER_OUTCOME_ANSWERED) << gb.detail();
    ASSERT_EQ(gb.result().candidates_size(), 1) << gb.DebugString();
    EXPECT_EQ(OwnerOf(*gb_node_, gb.result().candidates(0)),
              of_slide[static_cast<std::size_t>(slide - 1)]);
    EXPECT_FALSE(gb.result().searched().provisional());  // Real slides stand behind it.
  }
}

TEST_F(CrossBorderTest, ADeadPartnerIsNamedAndHidesNobody) {
  Start("127.0.0.1:1");
  auto gb_lab = Lab(*gb_node_);
  SubmitOrFail(gb_lab, "GB-3", GeneratedScans(3, 1));
  auto fr_lab = Lab(*fr_node_);
  const std::string asked = SubmitOrFail(fr_lab, "FR-3", GeneratedScans(3, 2));

  auto examiner = Examiner(*fr_node_);
  v1::SearchCandidatesRequest request = QuestionAbout(asked);
  request.mutable_deadline()->set_seconds(10);
  v1::Search search;
  ASSERT_TRUE(Search(examiner, request, search).ok());

  ASSERT_EQ(search.partners_size(), 2);
  EXPECT_EQ(search.partners(0).agency(), "de.example");
  EXPECT_EQ(search.partners(0).outcome(), v1::PARTNER_OUTCOME_UNREACHABLE);
  EXPECT_EQ(search.partners(1).agency(), "gb.example");
  EXPECT_EQ(search.partners(1).outcome(), v1::PARTNER_OUTCOME_ANSWERED);
  EXPECT_EQ(search.partners(1).result().candidates_size(), 1);
  EXPECT_EQ(EntriesOf(*fr_node_, records::EntryKind::kQueryOut).size(), 2U);
  EXPECT_EQ(EntriesOf(*fr_node_, records::EntryKind::kAnswerIn).size(), 2U);
}

TEST_F(CrossBorderTest, ASilentPartnerIsNamedAtTheDeadlineAndHidesNobody) {
  const SilentPort silent;
  Start(silent.endpoint());
  auto gb_lab = Lab(*gb_node_);
  SubmitOrFail(gb_lab, "GB-3", GeneratedScans(3, 1));
  auto fr_lab = Lab(*fr_node_);
  const std::string asked = SubmitOrFail(fr_lab, "FR-3", GeneratedScans(3, 2));

  auto examiner = Examiner(*fr_node_);
  v1::SearchCandidatesRequest request = QuestionAbout(asked);
  request.mutable_deadline()->set_seconds(kPatience.count());
  v1::Search search;
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(Search(examiner, request, search).ok());
  const auto taken = std::chrono::steady_clock::now() - begin;

  ASSERT_EQ(search.partners_size(), 2);
  EXPECT_THAT(search.partners(0).outcome(),
              ::testing::AnyOf(v1::PARTNER_OUTCOME_TOO_LATE, v1::PARTNER_OUTCOME_UNREACHABLE));
  EXPECT_EQ(search.partners(1).outcome(), v1::PARTNER_OUTCOME_ANSWERED);
  EXPECT_LT(taken, 2 * kPatience);
  EXPECT_EQ(EntriesOf(*fr_node_, records::EntryKind::kAnswerIn).size(), 2U);
}

TEST_F(CrossBorderTest, APurposeOutsideTheAgreementIsNotAsked) {
  Start("");
  auto fr_lab = Lab(*fr_node_);
  const std::string asked = SubmitOrFail(fr_lab, "FR-3", GeneratedScans(3, 2));

  auto examiner = Examiner(*fr_node_);
  v1::SearchCandidatesRequest request = QuestionAbout(asked);
  request.set_purpose("TRAINING");
  v1::Search search;
  ASSERT_TRUE(Search(examiner, request, search).ok());

  ASSERT_EQ(search.partners_size(), 1);
  EXPECT_EQ(search.partners(0).outcome(), v1::PARTNER_OUTCOME_NOT_ASKED);
  EXPECT_EQ(EntriesOf(*gb_node_, records::EntryKind::kQueryIn).size(), 0U);
}

TEST_F(CrossBorderTest, TheSameContentTwiceIsOneExhibit) {
  Start("");
  auto lab = Lab(*fr_node_);
  const std::vector<std::string> scans = GeneratedScans(3, 2);

  v1::SubmitExhibitResponse first, second;
  ASSERT_TRUE(SubmitScans(lab, HeaderFor("FR-3", scans), scans, first).ok());
  ASSERT_TRUE(SubmitScans(lab, HeaderFor("FR-3", scans), scans, second).ok());

  EXPECT_FALSE(first.already_held());
  EXPECT_TRUE(second.already_held());
  EXPECT_EQ(first.exhibit().exhibit_id(), second.exhibit().exhibit_id());
  EXPECT_EQ(first.exhibit().receipt().index(), second.exhibit().receipt().index());
}

TEST_F(CrossBorderTest, AnUploadThatBreaksItsAnnouncementIsRefusedAndLeavesNothing) {
  Start("");
  auto lab = Lab(*fr_node_);
  const std::vector<std::string> scans = GeneratedScans(3, 2);
  v1::SubmitExhibitResponse response;

  v1::SubmissionHeader wrong_hash = HeaderFor("FR-3", scans);
  (*wrong_hash.mutable_scans(2)->mutable_sha256())[5] ^= 1;
  EXPECT_EQ(SubmitScans(lab, wrong_hash, scans, response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  std::vector<std::string> short_scans = scans;
  short_scans.back().pop_back();
  EXPECT_EQ(SubmitScans(lab, HeaderFor("FR-3", scans), short_scans, response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  std::vector<std::string> long_scans = scans;
  long_scans.back() += 'x';
  EXPECT_EQ(SubmitScans(lab, HeaderFor("FR-3", scans), long_scans, response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  v1::SubmissionHeader no_label = HeaderFor("", scans);
  EXPECT_EQ(SubmitScans(lab, no_label, scans, response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);

  EXPECT_EQ(fr_node_->node().CountActiveExhibits().value(), 0);
  EXPECT_EQ(fr_node_->node().indexed_count(), 0);
}

TEST_F(CrossBorderTest, ExhibitsSurviveARestart) {
  Start("");
  std::string id;
  {
    auto lab = Lab(*fr_node_);
    id = SubmitOrFail(lab, "FR-3", GeneratedScans(3, 2));
  }
  const ledger::TreeHead before = fr_node_->node().ledger().Head();
  fr_node_.reset();

  fr_node_ = std::make_unique<LoopbackNode>(
      fr_, fr_key_, fr_folder_.path(),
      std::vector<LoopbackNode::Partner>{{.agency = &gb_,
                                          .exchange_key = gb_key_.verifying_key(),
                                          .endpoint = gb_node_->partner_endpoint()}});

  EXPECT_EQ(fr_node_->node().indexed_count(), 1);
  EXPECT_GT(fr_node_->node().ledger().Head().size, before.size);
  v1::ExhibitService::Stub reader(fr_node_->StaffChannel(StaffRole::kLab));
  grpc::ClientContext context;
  v1::GetExhibitRequest request;
  request.set_exhibit_id(id);
  v1::GetExhibitResponse response;
  ASSERT_TRUE(reader.GetExhibit(&context, request, &response).ok());
  EXPECT_EQ(response.exhibit().identity().label(), "FR-3");
}

}  // namespace
}  // namespace proofmark::testing
