// SPDX-License-Identifier: Apache-2.0
// What a partner released stays under its conditions, and what is asked again, over real gRPC.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "proofmark/v1/details_service.grpc.pb.h"
#include "proofmark/v1/link_service.grpc.pb.h"
#include "proofmark/v1/standing_service.grpc.pb.h"
#include "tests/integration/scans.h"
#include "tests/support/loopback_node.h"
#include "tests/support/patience.h"
#include "tests/support/seeded_random.h"

namespace proofmark::testing {
namespace {

using crypto::StaffRole;
using ::testing::HasSubstr;

// GB holds a bullet, FR asks about the other one of the same barrel; both reach each other.
class ConditionsTest : public ::testing::Test {
 protected:
  ConditionsTest()
      : random_(12),
        gb_({.domain = "gb.example", .now_unix_ms = RealUnixMillis()}),
        fr_({.domain = "fr.example", .now_unix_ms = RealUnixMillis()}),
        gb_key_(crypto::SigningKey::Generate(random_)),
        fr_key_(crypto::SigningKey::Generate(random_)) {
    const int gb_port = FreePort();
    const int fr_port = FreePort();
    gb_node_ = Start(gb_, gb_key_, gb_folder_, gb_port, fr_, fr_key_, fr_port);
    fr_node_ = Start(fr_, fr_key_, fr_folder_, fr_port, gb_, gb_key_, gb_port);
    v1::SubmissionService::Stub gb_lab(gb_node_->StaffChannel(StaffRole::kLab));
    SubmitOrFail(gb_lab, "GB-3", GeneratedScans(3, 1));
    v1::SubmissionService::Stub fr_lab(fr_node_->StaffChannel(StaffRole::kLab));
    asked_ = SubmitOrFail(fr_lab, "FR-3", GeneratedScans(3, 2));
  }

  static std::unique_ptr<LoopbackNode> Start(const TestAgency& agency,
                                             const crypto::SigningKey& key,
                                             const TemporaryFolder& folder, int port,
                                             const TestAgency& other,
                                             const crypto::SigningKey& other_key, int other_port) {
    LoopbackNode::Options options;
    options.partner_port = port;
    return std::make_unique<LoopbackNode>(
        agency, key, folder.path(),
        std::vector<LoopbackNode::Partner>{{.agency = &other,
                                            .exchange_key = other_key.verifying_key(),
                                            .endpoint = "127.0.0.1:" + std::to_string(other_port)}},
        options);
  }

  // Calls `method` of a service as one of FR's people.
  template <typename Stub, typename Request, typename Response>
  grpc::Status AtFr(StaffRole role,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    Stub stub(fr_node_->StaffChannel(role));
    grpc::ClientContext context;
    return (stub.*method)(&context, request, &response);
  }

  // GB's signature, released to FR under H1; the request's id.
  std::string ReleaseUnderH1() {
    v1::SearchService::Stub examiner(fr_node_->StaffChannel(StaffRole::kExaminer));
    v1::Search search;
    EXPECT_TRUE(Search(examiner, QuestionAbout(asked_), search).ok());
    const v1::MatchResult& result = search.partners(0).result();
    EXPECT_EQ(result.use(), v1::RESULT_USE_INTELLIGENCE);

    v1::ReviewCandidateRequest review;
    review.set_search_id(search.search_id());
    review.set_agency("gb.example");
    review.set_handle(result.candidates(0).handle());
    review.set_lead(true);
    review.set_case_reference("FR-26-0117");
    review.set_reasons("striae run through");
    v1::ReviewCandidateResponse reviewed;
    const grpc::Status lead =
        AtFr(StaffRole::kExaminer, &v1::LinkService::Stub::ReviewCandidate, review, reviewed);
    EXPECT_TRUE(lead.ok()) << lead.error_message();

    v1::RequestDetailsRequest ask;
    ask.set_search_id(search.search_id());
    ask.set_agency("gb.example");
    ask.add_handles(result.candidates(0).handle());
    ask.set_case_reference("FR-26-0117");
    ask.set_offence("HOMICIDE");
    ask.set_facts("Two shots.");
    ask.add_wanted(v1::MATERIAL_SIGNATURE);
    ask.add_wanted(v1::MATERIAL_SCANS);
    v1::RequestDetailsResponse asked;
    const grpc::Status sent =
        AtFr(StaffRole::kExaminer, &v1::DetailsService::Stub::RequestDetails, ask, asked);
    EXPECT_TRUE(sent.ok()) << sent.error_message();
    const std::string id = asked.file().request_id();
    Eventually([&] { return gb_node_->node().details().CountQueue()->waiting == 1; });

    v1::DecideDetailsRequest decide;
    decide.set_request_id(id);
    decide.set_reasons("agreed");
    decide.mutable_release()->add_materials(v1::MATERIAL_SIGNATURE);
    decide.mutable_release()->add_materials(v1::MATERIAL_SCANS);
    v1::Handling& handling = *decide.mutable_release()->mutable_handling();
    handling.add_codes("H1");
    handling.set_evidence(true);
    handling.set_source_evaluation("A");
    handling.set_information_evaluation("1");
    handling.mutable_delete_time()->set_seconds(RealUnixMillis() / 1000 + 1'000'000);
    v1::DetailsService::Stub officer(gb_node_->StaffChannel(StaffRole::kOfficer));
    grpc::ClientContext context;
    v1::DecideDetailsResponse decided;
    const grpc::Status released = officer.DecideDetails(&context, decide, &decided);
    EXPECT_TRUE(released.ok()) << released.error_message();
    Eventually([&] { return Show(id).state() == v1::DETAILS_STATE_RELEASED; });
    return id;
  }

  v1::DetailsFile Show(const std::string& id) {
    v1::GetDetailsRequest request;
    request.set_request_id(id);
    v1::GetDetailsResponse response;
    EXPECT_TRUE(
        AtFr(StaffRole::kExaminer, &v1::DetailsService::Stub::GetDetails, request, response).ok());
    return response.file();
  }

  // What the stream began with; the bytes that followed are added to `scans`.
  grpc::Status Export(const std::string& id, v1::ResultUse use, v1::ExportedDetails& answer,
                      std::string* scans = nullptr) {
    v1::ExportDetailsRequest request;
    request.set_request_id(id);
    request.set_use(use);
    v1::DetailsService::Stub stub(fr_node_->StaffChannel(StaffRole::kExaminer));
    grpc::ClientContext context;
    const auto reader = stub.ExportDetails(&context, request);
    v1::ExportDetailsResponse part;
    while (reader->Read(&part)) {
      if (part.has_details()) answer = part.details();
      if (scans != nullptr) *scans += part.chunk();
    }
    return reader->Finish();
  }

  grpc::Status Permit(const std::string& id, StaffRole role) {
    v1::RecordPermissionRequest request;
    request.set_request_id(id);
    request.set_permission(v1::HANDLING_ACT_EVIDENCE_PERMITTED);
    request.set_reference("letter 117/24");
    request.set_reasons("the trial begins in May");
    v1::RecordPermissionResponse response;
    return AtFr(role, &v1::DetailsService::Stub::RecordPermission, request, response);
  }

  // Scans' bytes follow their release.
  void AwaitScans(const std::string& id) {
    Eventually([&] {
      const v1::DetailsFile file = Show(id);
      for (const v1::ReleasedExhibit& exhibit : file.released().exhibits()) {
        for (const v1::ReleasedScan& scan : exhibit.scans()) {
          if (scan.arrived_bytes() < scan.size_bytes()) return false;
        }
      }
      return true;
    });
  }

  static void Eventually(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  SeededRandom random_;
  TestAgency gb_, fr_;
  crypto::SigningKey gb_key_, fr_key_;
  TemporaryFolder gb_folder_, fr_folder_;
  std::unique_ptr<LoopbackNode> gb_node_, fr_node_;
  std::string asked_;
};

TEST_F(ConditionsTest, H1IsNoEvidenceBeforeAnOfficerRecordsThePermission) {
  const std::string id = ReleaseUnderH1();
  v1::ExportedDetails exported;
  const grpc::Status refused = Export(id, v1::RESULT_USE_EVIDENCE, exported);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), HasSubstr("H1"));
  EXPECT_EQ(Export(id, v1::RESULT_USE_UNSPECIFIED, exported).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(Export(id, v1::RESULT_USE_INTELLIGENCE, exported).ok());
  EXPECT_EQ(exported.use(), v1::RESULT_USE_INTELLIGENCE);

  EXPECT_EQ(Permit(id, StaffRole::kExaminer).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Permit(id, StaffRole::kLab).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  const grpc::Status permitted = Permit(id, StaffRole::kOfficer);
  ASSERT_TRUE(permitted.ok()) << permitted.error_message();

  AwaitScans(id);
  std::string scans;
  ASSERT_TRUE(Export(id, v1::RESULT_USE_EVIDENCE, exported, &scans).ok());
  EXPECT_EQ(exported.use(), v1::RESULT_USE_EVIDENCE);
  EXPECT_GT(exported.file().released().exhibits(0).scans_size(), 0);
  for (const v1::ReleasedScan& scan : exported.file().released().exhibits(0).scans()) {
    const auto size = static_cast<std::size_t>(scan.size_bytes());
    ASSERT_GE(scans.size(), size);
    EXPECT_EQ(crypto::AsText(crypto::Sha256(scans.substr(0, size))), scan.sha256());
    scans.erase(0, size);
  }
  EXPECT_EQ(scans, "");
  EXPECT_TRUE(exported.file().released().exhibits(0).has_signature());
  ASSERT_EQ(exported.file().handling_steps_size(), 1);
  EXPECT_EQ(exported.file().handling_steps(0).reference(), "letter 117/24");
}

TEST_F(ConditionsTest, AStandingQuestionFindsWhatAnOrdinaryOneWould) {
  v1::AddStandingQuestionRequest add;
  add.set_exhibit_id(asked_);
  add.set_purpose("CRIMINAL_INVESTIGATION");
  add.set_case_reference("FR-26-0117");
  add.add_partners("gb.example");
  add.mutable_expire_time()->set_seconds(RealUnixMillis() / 1000 + 86'400);
  v1::AddStandingQuestionResponse added;
  EXPECT_EQ(AtFr(StaffRole::kLab, &v1::StandingService::Stub::AddStandingQuestion, add, added)
                .error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  const grpc::Status status =
      AtFr(StaffRole::kExaminer, &v1::StandingService::Stub::AddStandingQuestion, add, added);
  ASSERT_TRUE(status.ok()) << status.error_message();

  fr_node_->node().standing_work().RunNow();

  v1::GetStandingQuestionRequest show;
  show.set_standing_id(added.question().standing_id());
  v1::GetStandingQuestionResponse shown;
  ASSERT_TRUE(
      AtFr(StaffRole::kExaminer, &v1::StandingService::Stub::GetStandingQuestion, show, shown)
          .ok());
  ASSERT_EQ(shown.question().partners_size(), 1);
  EXPECT_EQ(shown.question().partners(0).fault(), "");
  EXPECT_EQ(shown.question().partners(0).new_count(), 1);
  v1::GetSearchRequest get;
  get.set_search_id(shown.question().partners(0).search_id());
  v1::GetSearchResponse search;
  ASSERT_TRUE(AtFr(StaffRole::kExaminer, &v1::SearchService::Stub::GetSearch, get, search).ok());
  EXPECT_EQ(search.search().standing_id(), added.question().standing_id());
  EXPECT_EQ(search.search().partners(0).result().candidates_size(), 1);
}

}  // namespace
}  // namespace proofmark::testing
