// SPDX-License-Identifier: Apache-2.0
// A pistol that was deactivated and certified in GB is recovered in FR with a fresh cartridge case,
// over real gRPC with mutual TLS: docs/operations/story-reactivated-pistol.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "client/audit/reconcile.h"
#include "proofmark/v1/details_service.grpc.pb.h"
#include "proofmark/v1/firearm_service.grpc.pb.h"
#include "proofmark/v1/link_service.grpc.pb.h"
#include "proofmark/v1/lookup_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/firearm.h"
#include "tests/integration/scans.h"
#include "tests/support/generated_cases.h"
#include "tests/support/loopback_node.h"
#include "tests/support/patience.h"
#include "tests/support/seeded_random.h"
#include "tests/unit/records/firearm/samples.h"

namespace proofmark::testing {
namespace {

using crypto::StaffRole;
using records::EntryKind;
using ::testing::HasSubstr;

constexpr char kPurpose[] = "CRIMINAL_INVESTIGATION";
constexpr char kCase[] = "FR-26-0117";
constexpr char kSerial[] = "AB123456";

class ReactivationStoryTest : public ::testing::Test {
 protected:
  ReactivationStoryTest()
      : random_(31),
        gb_({.domain = "gb.example", .now_unix_ms = RealUnixMillis()}),
        fr_({.domain = "fr.example", .now_unix_ms = RealUnixMillis()}),
        gb_key_(crypto::SigningKey::Generate(random_)),
        fr_key_(crypto::SigningKey::Generate(random_)) {
    LoopbackNode::Options fr_options;
    fr_options.partner_port = FreePort();  // GB sends letters, too.
    gb_node_ = std::make_unique<LoopbackNode>(
        gb_, gb_key_, gb_folder_.path(),
        std::vector<LoopbackNode::Partner>{
            {.agency = &fr_,
             .exchange_key = fr_key_.verifying_key(),
             .endpoint = "127.0.0.1:" + std::to_string(fr_options.partner_port),
             .lookup_budget = federation::BudgetLimits{.per_day = 2'000, .per_30_days = 20'000}}});
    fr_node_ = std::make_unique<LoopbackNode>(
        fr_, fr_key_, fr_folder_.path(),
        std::vector<LoopbackNode::Partner>{{.agency = &gb_,
                                            .exchange_key = gb_key_.verifying_key(),
                                            .endpoint = gb_node_->partner_endpoint()}},
        fr_options);
  }

  template <typename Service>
  static typename Service::Stub As(const LoopbackNode& node, StaffRole role,
                                   const std::string& pseudonym = "p1") {
    return typename Service::Stub(node.StaffChannel(role, pseudonym));
  }

  // Calls as a person, and expects that it is allowed and done.
  template <typename Stub, typename Request, typename Response>
  static Response Done(Stub& stub,
                       grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                    Response*),
                       const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  // GB's register: certified in March 2019.
  std::string DeactivatedAtGb() {
    auto lab = As<v1::FirearmService>(*gb_node_, StaffRole::kLab);
    v1::AddFirearmRequest request;
    *request.mutable_firearm() = wire::ToProto(firearm::SamplePistol());
    *request.mutable_deactivation() = wire::ToProto(firearm::SampleDeactivation());
    request.set_authority("London Proof House");
    request.set_reason("certified");
    const auto added = Done(lab, &v1::FirearmService::Stub::AddFirearm, request);
    EXPECT_TRUE(added.record().findings().empty());
    return added.record().reference();
  }

  // The same pistol on FR's table, with the mark that is read on it.
  std::string RecoveredAtFr() {
    auto lab = As<v1::FirearmService>(*fr_node_, StaffRole::kLab);
    v1::AddFirearmRequest request;
    firearm::Firearm pistol = firearm::SamplePistol();
    *request.mutable_firearm() = wire::ToProto(pistol);
    request.set_state("UNKNOWN");
    request.set_authority("Gendarmerie");
    const std::string id =
        Done(lab, &v1::FirearmService::Stub::AddFirearm, request).record().firearm_id();
    v1::TransitionFirearmRequest found;
    found.set_firearm_id(id);
    found.set_to("RECOVERED");
    found.set_authority("Gendarmerie");
    v1::DeactivationMark& mark = *found.add_seen_marks();
    mark.set_country("GB");
    mark.set_entity("LPH");
    mark.set_year(2019);
    Done(lab, &v1::FirearmService::Stub::TransitionFirearm, found);
    return id;
  }

  std::string Submitted(const std::string& label, std::uint32_t shot, const std::string& date) {
    auto lab = As<v1::SubmissionService>(*fr_node_, StaffRole::kLab);
    const std::string scan = GeneratedBreechFaceFile(2, shot);
    v1::SubmissionHeader header = CaseHeaderFor(label, scan);
    header.mutable_identity()->set_case_reference(kCase);
    header.mutable_identity()->set_incident_date(date);
    v1::SubmitExhibitResponse response;
    const grpc::Status status = SubmitScans(lab, header, {scan}, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.exhibit().exhibit_id();
  }

  v1::FirearmRecord RecordAtFr(const std::string& id) {
    auto officer = As<v1::FirearmService>(*fr_node_, StaffRole::kOfficer);
    v1::GetFirearmRequest request;
    request.set_firearm_id(id);
    return Done(officer, &v1::FirearmService::Stub::GetFirearm, request).record();
  }
  // The finding of D15 that names `exhibit`, or an empty one.
  v1::FirearmFinding Reactivation(const std::string& id, const std::string& exhibit) {
    const v1::FirearmRecord record = RecordAtFr(id);
    for (const v1::FirearmFinding& finding : record.findings()) {
      if (finding.check() == "D15" && finding.evidence().find(exhibit) != std::string::npos) {
        return finding;
      }
    }
    return {};
  }
  std::vector<v1::FirearmAlert> AlertsAtFr() {
    auto officer = As<v1::FirearmService>(*fr_node_, StaffRole::kOfficer);
    const auto page =
        Done(officer, &v1::FirearmService::Stub::ListFirearmAlerts, v1::ListFirearmAlertsRequest());
    return {page.alerts().begin(), page.alerts().end()};
  }

  v1::DetailsFile FileAt(const LoopbackNode& node, const std::string& id) {
    auto officer = As<v1::DetailsService>(node, StaffRole::kOfficer);
    v1::GetDetailsRequest request;
    request.set_request_id(id);
    grpc::ClientContext context;
    v1::GetDetailsResponse response;
    // Until the letter came there is none.
    (void)officer.GetDetails(&context, request, &response);
    return response.file();
  }
  v1::DetailsFile UntilAt(const LoopbackNode& node, const std::string& id, v1::DetailsState state) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    v1::DetailsFile file = FileAt(node, id);
    while (file.state() != state && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      file = FileAt(node, id);
    }
    EXPECT_EQ(file.state(), state);
    return file;
  }

  static client::audit::Side SideOf(LoopbackNode& node, const std::string& domain,
                                    const std::string& other) {
    client::audit::Side side(domain, other);
    const std::uint64_t size = node.node().ledger().Head().size;
    const auto entries = node.node().ledger().ReadRange(0, static_cast<std::int64_t>(size));
    EXPECT_TRUE(entries.ok());
    for (const ledger::StoredEntry& one : *entries) {
      EXPECT_TRUE(side.Add(one.entry.seq, one.bytes).ok());
    }
    return side;
  }

  SeededRandom random_;
  TestAgency gb_, fr_;
  crypto::SigningKey gb_key_, fr_key_;
  TemporaryFolder gb_folder_, fr_folder_;
  std::unique_ptr<LoopbackNode> gb_node_, fr_node_;
};

TEST_F(ReactivationStoryTest, FromALookUpToAnAlertWithItsCertificateAndTwoLedgersThatAgree) {
  const std::string reference = DeactivatedAtGb();
  gb_node_->node().lookup_work().RunNow();
  ASSERT_TRUE(gb_node_->node().publishing().PublishNow().ok());

  // FR: the pistol, the case that lay beside it, and the case of a shooting that same month.
  const std::string pistol = RecoveredAtFr();
  const std::string fresh = Submitted("FRESH", 1, "2026-11-05");
  const std::string shooting = Submitted("SHOOTING", 2, "2026-11-03");
  auto examiner_of_firearms = As<v1::FirearmService>(*fr_node_, StaffRole::kExaminer);
  v1::LinkFirearmRequest beside;
  beside.set_firearm_id(pistol);
  beside.mutable_exhibit()->set_exhibit_id(fresh);
  beside.mutable_exhibit()->set_confirmed(true);
  beside.set_reason("lay in its chamber");
  Done(examiner_of_firearms, &v1::FirearmService::Stub::LinkFirearm, beside);
  EXPECT_EQ(Reactivation(pistol, fresh).check(), "");  // Nothing is known of a certificate yet.

  // The private look-up hits; asked about, GB says that it is deactivated, and under which
  // reference.
  auto examiner = As<v1::LookupService>(*fr_node_, StaffRole::kExaminer);
  v1::LookUpFirearmRequest look;
  look.set_serial(kSerial);
  look.set_make("Walther");
  look.set_purpose(kPurpose);
  look.set_case_reference(kCase);
  look.mutable_deadline()->set_seconds(kPatience.count());
  const auto looked = Done(examiner, &v1::LookupService::Stub::LookUpFirearm, look);
  ASSERT_EQ(looked.lookup().partners_size(), 1);
  ASSERT_FALSE(looked.lookup().partners(0).hits().empty()) << looked.DebugString();
  v1::AskAboutHitRequest about;
  about.set_agency("gb.example");
  about.set_handle(looked.lookup().partners(0).hits(0).handle());
  about.set_purpose(kPurpose);
  about.set_case_reference(kCase);
  about.set_firearm_id(pistol);
  const auto hit = Done(examiner, &v1::LookupService::Stub::AskAboutHit, about);
  EXPECT_EQ(hit.record().reference(), reference);
  EXPECT_EQ(Reactivation(pistol, fresh).severity(), "WARNING");

  // The ballistic link to the shooting raises D15; how certain it is waits for the certificate.
  auto searching = As<v1::SearchService>(*fr_node_, StaffRole::kExaminer);
  v1::SearchCandidatesRequest question = QuestionAbout(shooting);
  question.set_include_local(true);
  v1::Search search;
  ASSERT_TRUE(Search(searching, question, search).ok());
  ASSERT_GE(search.local().candidates_size(), 1);
  ASSERT_EQ(search.local().candidates(0).exhibit_id(), fresh);
  auto linking = As<v1::LinkService>(*fr_node_, StaffRole::kExaminer);
  v1::ReviewCandidateRequest review;
  review.set_search_id(search.search_id());
  review.set_candidate_exhibit_id(fresh);
  review.set_lead(true);
  review.set_case_reference(kCase);
  review.set_reasons("breech face marks agree");
  const std::string link =
      Done(linking, &v1::LinkService::Stub::ReviewCandidate, review).link().link_id();
  EXPECT_EQ(Reactivation(pistol, shooting).severity(), "WARNING");
  for (const std::string who : {"p1", "p2"}) {
    auto concluding = As<v1::LinkService>(*fr_node_, StaffRole::kExaminer, who);
    v1::ConcludeLinkRequest conclusion;
    conclusion.set_link_id(link);
    conclusion.set_conclusion("ID");
    conclusion.set_report("BK-26-0117");
    conclusion.set_reasons("comparison microscope");
    Done(concluding, &v1::LinkService::Stub::ConcludeLink, conclusion);
  }

  // Step 2: GB's officer releases the certificate, and FR's puts it to the record.
  auto asking = As<v1::DetailsService>(*fr_node_, StaffRole::kExaminer);
  v1::RequestDetailsRequest wanted;
  wanted.set_agency("gb.example");
  wanted.set_firearm_reference(reference);
  wanted.set_purpose(kPurpose);
  wanted.set_case_reference(kCase);
  wanted.set_offence("SHOOTING_NO_INJURY");
  wanted.set_facts("Recovered with a fresh cartridge case.");
  const std::string request =
      Done(asking, &v1::DetailsService::Stub::RequestDetails, wanted).file().request_id();
  UntilAt(*gb_node_, request, v1::DETAILS_STATE_OPEN);
  auto deciding = As<v1::DetailsService>(*gb_node_, StaffRole::kOfficer);
  v1::DecideDetailsRequest decision;
  decision.set_request_id(request);
  decision.set_reasons("covered by the agreement");
  decision.mutable_release()->add_materials(v1::MATERIAL_CERTIFICATE);
  v1::Handling& handling = *decision.mutable_release()->mutable_handling();
  handling.add_codes("H0");
  handling.set_source_evaluation("A");
  handling.set_information_evaluation("1");
  *handling.mutable_delete_time() = wire::ToTimestamp(RealUnixMillis() + 86'400'000);
  Done(deciding, &v1::DetailsService::Stub::DecideDetails, decision);
  const v1::DetailsFile released = UntilAt(*fr_node_, request, v1::DETAILS_STATE_RELEASED);
  ASSERT_TRUE(released.released().has_firearm());
  const v1::DeactivationRecord& papers = released.released().firearm().deactivation();
  EXPECT_EQ(papers.certificate().number(), "LPH-2019/0042");
  EXPECT_EQ(papers.certificate().signatory(), "");
  auto officer = As<v1::FirearmService>(*fr_node_, StaffRole::kOfficer);
  v1::AttachDeactivationRequest attach;
  attach.set_firearm_id(pistol);
  attach.set_request_id(request);
  attach.set_reason("case FR-26-0117");
  Done(officer, &v1::FirearmService::Stub::AttachDeactivation, attach);

  const v1::FirearmFinding certain = Reactivation(pistol, shooting);
  EXPECT_EQ(certain.severity(), "ALERT");
  EXPECT_THAT(certain.evidence(), HasSubstr("fired 2026-11-03, certified 2019-03-14"));
  std::string alert;
  for (const v1::FirearmAlert& one : AlertsAtFr()) {
    if (one.check() == "D15") alert = one.alert_id();
  }
  v1::AcknowledgeFirearmAlertRequest acknowledgement;
  acknowledgement.set_alert_id(alert);
  acknowledgement.set_reasons("firearms unit was told");
  EXPECT_EQ(Done(officer, &v1::FirearmService::Stub::AcknowledgeFirearmAlert, acknowledgement)
                .alert()
                .state(),
            v1::FIREARM_ALERT_STATE_ACKNOWLEDGED);

  // Both ledgers tell the same of every exchange.
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!fr_node_->node().outbox().Waiting().empty() ||
         !gb_node_->node().outbox().Waiting().empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const client::audit::Reconciliation result =
      client::audit::Reconcile(SideOf(*fr_node_, "fr.example", "gb.example"),
                               SideOf(*gb_node_, "gb.example", "fr.example"), {});
  EXPECT_GE(result.exchanges, 5U);  // Table, evaluation, hit, request, release.
  EXPECT_EQ(result.agreed, result.exchanges);
  for (const auto& difference : result.differences) ADD_FAILURE() << difference.words;
}

}  // namespace
}  // namespace proofmark::testing
