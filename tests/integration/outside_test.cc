// SPDX-License-Identifier: Apache-2.0
// The node as strangers, partners and its own people meet it from outside.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_format.h"
#include "forensics/evidence/calibration_data.h"
#include "grpcpp/impl/client_unary_call.h"
#include "proofmark/admin/v1/node_service.grpc.pb.h"
#include "proofmark/v1/audit_service.grpc.pb.h"
#include "proofmark/v1/correction_service.grpc.pb.h"
#include "proofmark/v1/details_service.grpc.pb.h"
#include "proofmark/v1/exchange_service.grpc.pb.h"
#include "proofmark/v1/exhibit_service.grpc.pb.h"
#include "proofmark/v1/federation_service.grpc.pb.h"
#include "proofmark/v1/firearm_question_service.grpc.pb.h"
#include "proofmark/v1/firearm_service.grpc.pb.h"
#include "proofmark/v1/link_service.grpc.pb.h"
#include "proofmark/v1/lookup_service.grpc.pb.h"
#include "proofmark/v1/lookup_table_service.grpc.pb.h"
#include "proofmark/v1/standing_service.grpc.pb.h"
#include "proofmark/v1/witness_service.grpc.pb.h"
#include "server/rpc/guard.h"
#include "tests/integration/scans.h"
#include "tests/support/loopback_node.h"
#include "tests/support/seeded_random.h"

namespace proofmark::testing {
namespace {

using crypto::StaffRole;

// What a command writes to both outputs, and how it ends.
struct CommandOutput {
  std::string text;
  int status = -1;
};

CommandOutput RunCommand(const std::string& command) {
  CommandOutput output;
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::array<char, 4096> buffer;
  for (std::size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.text.append(buffer.data(), n);
  }
  output.status = pclose(pipe);
  return output;
}

class OutsideTest : public ::testing::Test {
 protected:
  OutsideTest()
      : random_(7),
        gb_({.domain = "gb.example", .now_unix_ms = RealUnixMillis()}),
        fr_({.domain = "fr.example", .now_unix_ms = RealUnixMillis()}),
        gb_key_(crypto::SigningKey::Generate(random_)),
        fr_key_(crypto::SigningKey::Generate(random_)),
        node_(gb_, gb_key_, folder_.path(),
              {{.agency = &fr_, .exchange_key = fr_key_.verifying_key()}}) {}

  // A pair of PEM files for openssl s_client.
  std::string WritePair(const std::string& name, const crypto::IssuedCertificate& issued) {
    const std::filesystem::path stem = folder_.path() / name;
    std::ofstream(stem.string() + ".pem") << issued.certificate.ToPem();
    std::ofstream(stem.string() + ".key")
        << std::string(base::AsText(issued.key_pem.ExposeForOpenSsl()));
    return absl::StrFormat("-cert %s.pem -key %s.key", stem.string(), stem.string());
  }

  CommandOutput Dial(const std::string& endpoint, const std::string& options) {
    // Listens for three seconds: a TLS 1.3 server refuses a client's certificate only
    // after the client believes the handshake done.
    return RunCommand("sleep 3 | timeout 20 openssl s_client -connect " + endpoint + " -alpn h2 " +
                      options);
  }

  // Whether the server ended the connection: with an alert, or, as gRPC does, without a word.
  static bool IsCutOff(const CommandOutput& dialled) {
    return dialled.text.find("SSL alert number") != std::string::npos ||
           dialled.text.find("unexpected eof while reading") != std::string::npos;
  }

  // Calls Exchange with an empty message as `shown`.
  grpc::Status Ask(const crypto::IssuedCertificate& shown) {
    const auto channel =
        ChannelTo(node_.partner_endpoint(), shown, gb_.FederationTrust(), gb_.NodeUri());
    v1::ExchangeService::Stub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::ExchangeResponse response;
    return stub.Exchange(&context, v1::ExchangeRequest(), &response);
  }

  std::uint64_t LedgerSize() { return node_.node().ledger().Head().size; }

  records::LedgerEntry NewestEntry() {
    const auto entries = node_.node().ledger().ReadNewestFirst({}, 1);
    EXPECT_TRUE(entries.ok());
    return entries->front().entry;
  }

  SeededRandom random_;
  TestAgency gb_;
  TestAgency fr_;
  crypto::SigningKey gb_key_;
  crypto::SigningKey fr_key_;
  TemporaryFolder folder_;
  LoopbackNode node_;
};

TEST_F(OutsideTest, RefusesTls12OnBothPorts) {
  for (const std::string& endpoint : {node_.agency_endpoint(), node_.partner_endpoint()}) {
    const CommandOutput old = Dial(endpoint, "-tls1_2 " + WritePair("peer", fr_.Node()));
    EXPECT_TRUE(IsCutOff(old)) << old.text;
    EXPECT_NE(old.text.find("Cipher is (NONE)"), std::string::npos) << old.text;
  }
}

TEST_F(OutsideTest, SpeaksTls13AndHandsOutNoTickets) {
  const CommandOutput partner =
      Dial(node_.partner_endpoint(), "-tls1_3 " + WritePair("peer", fr_.Node()));
  const CommandOutput agency =
      Dial(node_.agency_endpoint(), "-tls1_3 " + WritePair("person", gb_.Staff(StaffRole::kLab)));

  for (const CommandOutput& dialled : {partner, agency}) {
    EXPECT_NE(dialled.text.find("New, TLSv1.3"), std::string::npos) << dialled.text;
    EXPECT_EQ(dialled.text.find("New Session Ticket"), std::string::npos) << dialled.text;
    EXPECT_FALSE(IsCutOff(dialled)) << dialled.text;
  }
}

TEST_F(OutsideTest, RefusesAConnectionWithoutACertificate) {
  for (const std::string& endpoint : {node_.agency_endpoint(), node_.partner_endpoint()}) {
    const CommandOutput nobody = Dial(endpoint, "-tls1_3");
    EXPECT_TRUE(IsCutOff(nobody)) << nobody.text;
  }
}

TEST_F(OutsideTest, LetsAPartnersNodeReachTheHandler) {
  const grpc::Status status = Ask(fr_.Node());

  // The handler was reached: it is the empty question that is refused.
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
}

TEST_F(OutsideTest, RefusesEveryBadPartnerCertificateBeforeAnyHandler) {
  const std::uint64_t size_before = LedgerSize();
  int tried = 0;
  for (const BadLeaf bad : kAllBadLeaves) {
    if (bad == BadLeaf::kNoServerAuth) continue;  // A caller need not be able to serve.
    SCOPED_TRACE(ToText(bad));
    const grpc::Status status = Ask(fr_.Bad(bad));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
    ++tried;
  }
  EXPECT_EQ(tried, 11);
  EXPECT_GE(node_.server().refused_connections(), 1);
  EXPECT_EQ(LedgerSize(), size_before) << "a handler or the guard was reached";
}

TEST_F(OutsideTest, RefusesAPartnersCaThatNamesAnotherPartner) {
  // fr.example's CA, without name constraints, vouches for de.example, also a partner.
  const TestAgency forger(
      {.domain = "fr.example", .now_unix_ms = RealUnixMillis(), .constrain_names = false});
  const TestAgency de({.domain = "de.example", .now_unix_ms = RealUnixMillis()});
  TemporaryFolder folder;
  LoopbackNode node(gb_, gb_key_, folder.path(),
                    {{.agency = &forger, .exchange_key = fr_key_.verifying_key()},
                     {.agency = &de, .exchange_key = fr_key_.verifying_key()}});
  crypto::CertificateDraft draft = forger.NodeDraft();
  draft.uri_sans = {de.NodeUri()};

  const auto channel =
      ChannelTo(node.partner_endpoint(), forger.Sign(draft), gb_.FederationTrust(), gb_.NodeUri());
  v1::ExchangeService::Stub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  v1::ExchangeResponse response;
  const grpc::Status status = stub.Exchange(&context, v1::ExchangeRequest(), &response);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  EXPECT_GE(node.server().refused_connections(), 1);
}

TEST_F(OutsideTest, RefusesStaffOnThePartnerPortAndNodesOnTheAgencyPort) {
  const std::uint64_t size_before = LedgerSize();

  EXPECT_EQ(Ask(gb_.Staff(StaffRole::kExaminer)).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Ask(fr_.Staff(StaffRole::kExaminer)).error_code(), grpc::StatusCode::UNAVAILABLE);
  for (const auto& shown : {&gb_, &fr_}) {
    const auto channel =
        ChannelTo(node_.agency_endpoint(), shown->Node(), gb_.StaffTrust(), gb_.NodeUri());
    admin::v1::NodeService::Stub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    admin::v1::GetStatusResponse response;
    EXPECT_EQ(stub.GetStatus(&context, admin::v1::GetStatusRequest(), &response).error_code(),
              grpc::StatusCode::UNAVAILABLE);
  }

  EXPECT_EQ(LedgerSize(), size_before);
}

TEST_F(OutsideTest, RefusesAWrongRoleAndWritesItIntoTheLedger) {
  v1::ExhibitService::Stub stub(node_.StaffChannel(StaffRole::kAuditor, "nosy"));
  grpc::ClientContext context;
  v1::ListExhibitsResponse response;

  const grpc::Status status = stub.ListExhibits(&context, v1::ListExhibitsRequest(), &response);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  const records::LedgerEntry entry = NewestEntry();
  EXPECT_EQ(entry.draft.kind, records::EntryKind::kDeny);
  EXPECT_EQ(entry.draft.actor, "nosy");
  EXPECT_EQ(entry.draft.outcome, "role");
}

class CalibrationRpcTest : public OutsideTest {
 protected:
  grpc::Status Install(StaffRole role, const admin::v1::InstallCalibrationRequest& request) {
    admin::v1::NodeService::Stub stub(node_.StaffChannel(role, "someone"));
    grpc::ClientContext context;
    return stub.InstallCalibration(&context, request, &installed_);
  }

  admin::v1::InstallCalibrationResponse installed_;
};

TEST_F(CalibrationRpcTest, AnAdministratorInstallsAndEveryoneSeesIt) {
  forensics::Calibration own = forensics::BuiltInCalibration(forensics::MarkKind::kBreechFace);
  own.info.log10_cap = 1.25;
  forensics::Finish(own);
  admin::v1::InstallCalibrationRequest request;
  request.set_file(forensics::CalibrationText(own));

  const grpc::Status status = Install(StaffRole::kAdministrator, request);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(installed_.calibration().version(), own.info.version);
  EXPECT_EQ(NewestEntry().seq, installed_.receipt().index());
  EXPECT_EQ(NewestEntry().draft.kind, records::EntryKind::kConfig);
  EXPECT_EQ(NewestEntry().draft.outcome, "CALIBRATION:breech_face");
  EXPECT_EQ(NewestEntry().draft.actor, "someone");

  admin::v1::NodeService::Stub anyone(node_.StaffChannel(StaffRole::kExaminer));
  grpc::ClientContext listing;
  admin::v1::ListCalibrationsResponse all;
  ASSERT_TRUE(anyone.ListCalibrations(&listing, admin::v1::ListCalibrationsRequest(), &all).ok());
  ASSERT_EQ(all.calibrations_size(), 2);
  EXPECT_EQ(all.calibrations(0).mark(), "bullet");
  EXPECT_TRUE(all.calibrations(0).built_in());
  EXPECT_FALSE(all.calibrations(0).has_install_time());
  EXPECT_EQ(all.calibrations(1).mark(), "breech_face");
  EXPECT_EQ(all.calibrations(1).version(), own.info.version);
  EXPECT_EQ(all.calibrations(1).log10_cap(), 1.25);
  EXPECT_EQ(all.calibrations(1).installed_by(), "someone");
  EXPECT_TRUE(all.calibrations(1).has_install_time());

  grpc::ClientContext asking;
  admin::v1::GetStatusResponse standing;
  ASSERT_TRUE(anyone.GetStatus(&asking, admin::v1::GetStatusRequest(), &standing).ok());
  ASSERT_EQ(standing.calibrations_size(), 2);
  EXPECT_EQ(standing.calibrations(1).version(), own.info.version);
  EXPECT_EQ(standing.calibration_version(), all.calibrations(0).version());

  request.set_built_in_mark("breech_face");
  ASSERT_TRUE(Install(StaffRole::kAdministrator, request).ok());
  EXPECT_TRUE(installed_.calibration().built_in());
}

TEST_F(CalibrationRpcTest, NobodyElseInstallsAndNothingElseIsInstalled) {
  const std::uint64_t size_before = LedgerSize();
  admin::v1::InstallCalibrationRequest request;
  EXPECT_EQ(Install(StaffRole::kAdministrator, request).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  request.set_built_in_mark("firing_pin");
  EXPECT_EQ(Install(StaffRole::kAdministrator, request).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  request.set_file("{}");
  EXPECT_EQ(Install(StaffRole::kAdministrator, request).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(LedgerSize(), size_before);

  request.set_built_in_mark("bullet");
  for (const StaffRole role : crypto::kStaffRoles) {
    if (role == StaffRole::kAdministrator) continue;
    EXPECT_EQ(Install(role, request).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  }
  EXPECT_EQ(NewestEntry().draft.kind, records::EntryKind::kDeny);
}

// Every method there is, called by somebody who may not: each refusal is the guard's, and each is
// in the ledger. A method that bypassed the guard would answer, or fail otherwise.
TEST_F(OutsideTest, EveryMethodOfEveryServiceGoesThroughTheGuard) {
  const std::vector<const google::protobuf::ServiceDescriptor*> agency_services = {
      v1::SubmitExhibitRequest::descriptor()->file()->service(0),
      v1::GetExhibitRequest::descriptor()->file()->service(0),
      v1::AddFirearmRequest::descriptor()->file()->service(0),
      v1::AskPartnersRequest::descriptor()->file()->service(0),
      v1::SearchCandidatesRequest::descriptor()->file()->service(0),
      v1::AddStandingQuestionRequest::descriptor()->file()->service(0),
      v1::ReviewCandidateRequest::descriptor()->file()->service(0),
      v1::RequestDetailsRequest::descriptor()->file()->service(0),
      v1::CorrectAnswerRequest::descriptor()->file()->service(0),
      v1::LookUpFirearmRequest::descriptor()->file()->service(0),
      v1::ListEntriesRequest::descriptor()->file()->service(0),
      admin::v1::GetStatusRequest::descriptor()->file()->service(0)};
  int called = 0;
  for (const auto* service : agency_services) {
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string method =
          absl::StrFormat("/%s/%s", service->full_name(), service->method(i)->name());
      SCOPED_TRACE(method);
      const auto rule = rpc::AllMethods().find(method);
      ASSERT_NE(rule, rpc::AllMethods().end());
      EXPECT_FALSE(rule->second.nodes);
      for (const StaffRole role : crypto::kStaffRoles) {
        if (rule->second.staff.contains(role)) continue;
        const std::uint64_t size_before = LedgerSize();
        const auto channel = node_.StaffChannel(role, "stranger");
        const grpc::internal::RpcMethod raw(method.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
        grpc::ClientContext context;
        v1::GetLedgerRequest empty;
        v1::GetLedgerResponse ignored;
        const grpc::Status status =
            grpc::internal::BlockingUnaryCall<v1::GetLedgerRequest, v1::GetLedgerResponse>(
                channel.get(), raw, &context, empty, &ignored);
        EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED)
            << status.error_message();
        EXPECT_EQ(LedgerSize(), size_before + 1);
        EXPECT_EQ(NewestEntry().draft.outcome, "role");
        ++called;
      }
    }
  }
  // The table names nothing that does not exist; the partner port is for nodes alone.
  std::size_t methods = 0;
  int refusals = 0;
  for (const auto* service : agency_services) {
    methods += static_cast<std::size_t>(service->method_count());
  }
  for (const auto* service : {v1::ExchangeRequest::descriptor()->file()->service(0),
                              v1::GetDescriptorsRequest::descriptor()->file()->service(0),
                              v1::ReadLookupTableRequest::descriptor()->file()->service(0),
                              v1::AddCheckpointRequest::descriptor()->file()->service(0)}) {
    for (int i = 0; i < service->method_count(); ++i) {
      const auto rule = rpc::AllMethods().find(
          absl::StrFormat("/%s/%s", service->full_name(), service->method(i)->name()));
      ASSERT_NE(rule, rpc::AllMethods().end());
      EXPECT_TRUE(rule->second.nodes);
      EXPECT_TRUE(rule->second.staff.empty());
      ++methods;
    }
  }
  for (const auto& [method, rule] : rpc::AllMethods()) {
    if (!rule.nodes) refusals += static_cast<int>(crypto::kStaffRoles.size() - rule.staff.size());
  }
  EXPECT_EQ(rpc::AllMethods().size(), methods);
  EXPECT_EQ(called, refusals);
  EXPECT_GT(called, 30);
}

}  // namespace
}  // namespace proofmark::testing
