// SPDX-License-Identifier: Apache-2.0
#include "client/node_client.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "base/status.h"
#include "client/fault.h"
#include "crypto/hash/sha256.h"
#include "crypto/tls/tls.h"
#include "proofmark/admin/v1/node_service.grpc.pb.h"
#include "proofmark/v1/audit_service.grpc.pb.h"
#include "proofmark/v1/correction_service.grpc.pb.h"
#include "proofmark/v1/details_service.grpc.pb.h"
#include "proofmark/v1/exhibit_service.grpc.pb.h"
#include "proofmark/v1/firearm_question_service.grpc.pb.h"
#include "proofmark/v1/firearm_service.grpc.pb.h"
#include "proofmark/v1/link_service.grpc.pb.h"
#include "proofmark/v1/lookup_service.grpc.pb.h"
#include "proofmark/v1/search_service.grpc.pb.h"
#include "proofmark/v1/standing_service.grpc.pb.h"
#include "proofmark/v1/submission_service.grpc.pb.h"
#include "proto/wire/exhibit.h"

namespace proofmark::client {
namespace {

using grpc::experimental::CertificateVerifier;
using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::TlsChannelCredentialsOptions;
using grpc::experimental::TlsCustomVerificationCheckRequest;
using std::chrono::milliseconds;
using std::chrono::system_clock;

constexpr int kMessageBytesMax = 16 * 1024 * 1024;
constexpr std::size_t kChunkBytes = 256 * 1024;
constexpr unsigned kKeyFileRefreshSeconds = 60;
// Time allowed for the bytes of a submission, on top of the deadline: a slow line of 2 Mbit/s.
constexpr std::int64_t kUploadBytesPerMs = 256;
// Time allowed for the local part of a search, on top of the partners' deadline.
constexpr milliseconds kLocalSearchTime{120'000};
constexpr milliseconds kExportTime{600'000};  // Of a gigabyte of scans over a slow line.

// How the last handshake went on our side. gRPC reports every refusal as UNAVAILABLE, which would
// look like a network fault worth repeating. Thread-safe.
class Handshake {
 public:
  // OK when the node was believed.
  void Set(absl::Status verdict) {
    base::MutexLock lock(mutex_);
    verdict_ = std::move(verdict);
  }
  // nullopt before the first.
  std::optional<absl::Status> verdict() const {
    base::MutexLock lock(mutex_);
    return verdict_;
  }

 private:
  mutable base::Mutex mutex_;
  std::optional<absl::Status> verdict_ ABSL_GUARDED_BY(mutex_);
};

// Lets a connection stand only when the other end is a node of the own agency. Thread-safe.
class NodeVerifier final : public ExternalCertificateVerifier {
 public:
  NodeVerifier(crypto::AgencyTrust agency, const base::Clock& clock,
               std::shared_ptr<Handshake> handshake)
      : agency_(std::move(agency)), clock_(clock), handshake_(std::move(handshake)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const grpc::string_ref pem = request->peer_cert();
    const absl::StatusOr<crypto::SpiffeName> name = CheckNodeCertificate(
        std::string_view(pem.data(), pem.size()), agency_, clock_.UnixMillis());
    handshake_->Set(name.status());
    *sync_status = name.ok() ? grpc::Status::OK
                             : grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                                            std::string(name.status().message()));
    return true;
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}  // Verify() never waits.

 private:
  const crypto::AgencyTrust agency_;
  const base::Clock& clock_;
  const std::shared_ptr<Handshake> handshake_;
};

bool Contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// The node was believed, and closed the connection before a call could begin: that is how gRPC 1.51
// ends a connection whose certificate it refuses.
bool LooksRefusedByNode(const std::string& text) {
  return Contains(text, "failed to connect") &&
         (Contains(text, "Socket closed") || Contains(text, "Connection reset"));
}

// What UNAVAILABLE means to the user. The texts are those of gRPC 1.51 with OpenSSL 3.
absl::Status UnavailableStatus(const std::string& text, const std::string& address,
                               const Handshake& handshake) {
  const std::optional<absl::Status> verdict = handshake.verdict();
  if (verdict.has_value() && !verdict->ok()) {
    return MakeFault(FaultCode::kNodeCertificate,
                     absl::StrFormat("%s: %s", address, verdict->message()));
  }
  if (Contains(text, "CERTIFICATE_VERIFY_FAILED") || Contains(text, "certificate verify failed")) {
    return MakeFault(
        FaultCode::kNodeCertificate,
        absl::StrFormat("%s: its certificate was not issued by the CA of the profile", address));
  }
  if (verdict.has_value() && LooksRefusedByNode(text)) {
    return MakeFault(
        FaultCode::kNotAuthenticated,
        absl::StrFormat("%s closed the connection as soon as it saw the certificate", address));
  }
  return MakeFault(FaultCode::kUnreachable, absl::StrFormat("%s: %s", address, text));
}

// What a failed call means to the user.
absl::Status ToStatus(const grpc::Status& status, const std::string& address,
                      const Handshake& handshake) {
  if (status.ok()) return absl::OkStatus();
  const std::string& text = status.error_message();
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return UnavailableStatus(text, address, handshake);
  }
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return MakeFault(FaultCode::kTooLate, absl::StrFormat("%s: %s", address, text));
  }
  // gRPC's and absl's codes agree number for number.
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), text);
}

std::shared_ptr<grpc::Channel> MakeChannel(const ConnectionProfile& profile,
                                           const crypto::AgencyTrust& agency,
                                           const base::Clock& clock,
                                           std::shared_ptr<Handshake> handshake) {
  TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::make_shared<FileWatcherCertificateProvider>(
      profile.key_file.string(), profile.certificate_file.string(), profile.ca_file.string(),
      kKeyFileRefreshSeconds));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_check_call_host(false);  // The name in the certificate counts, not the address.
  options.set_certificate_verifier(
      ExternalCertificateVerifier::Create<NodeVerifier>(agency, clock, std::move(handshake)));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // A node is never behind a web proxy.
  return grpc::CreateCustomChannel(profile.address, grpc::experimental::TlsCredentials(options),
                                   arguments);
}

}  // namespace

class NodeClient::Impl {
 public:
  Impl(Options options, Identity identity, const base::Clock& clock)
      : options_(std::move(options)),
        identity_(std::move(identity)),
        handshake_(std::make_shared<Handshake>()),
        channel_(MakeChannel(options_.profile, identity_.agency, clock, handshake_)),
        node_(admin::v1::NodeService::NewStub(channel_)),
        audit_(v1::AuditService::NewStub(channel_)),
        corrections_(v1::CorrectionService::NewStub(channel_)),
        details_(v1::DetailsService::NewStub(channel_)),
        exhibits_(v1::ExhibitService::NewStub(channel_)),
        firearms_(v1::FirearmService::NewStub(channel_)),
        links_(v1::LinkService::NewStub(channel_)),
        firearm_questions_(v1::FirearmQuestionService::NewStub(channel_)),
        lookups_(v1::LookupService::NewStub(channel_)),
        searches_(v1::SearchService::NewStub(channel_)),
        standing_(v1::StandingService::NewStub(channel_)),
        submissions_(v1::SubmissionService::NewStub(channel_)) {}

  // One unary call, up to `attempts` times within one deadline, `more` than the profile's.
  template <typename Response, typename Stub, typename Request>
  absl::StatusOr<Response> Call(
      Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
      const Request& request, int attempts, milliseconds more = milliseconds(0)) {
    const system_clock::time_point deadline =
        system_clock::now() + options_.profile.deadline + more;
    milliseconds wait = options_.backoff;
    for (int attempt = 1;; ++attempt) {
      grpc::ClientContext context;
      context.set_deadline(deadline);
      Response response;
      const absl::Status status = Translate((stub.*method)(&context, request, &response));
      if (status.ok()) return response;
      const bool again = FaultOf(status) == FaultCode::kUnreachable && attempt < attempts &&
                         system_clock::now() + wait < deadline;
      if (!again) return status;
      std::this_thread::sleep_for(wait);
      wait *= 2;
    }
  }

  // Every message of a stream; an error of `take` ends it and is the result.
  template <typename Response>
  absl::Status ReadAll(grpc::ClientContext& context, grpc::ClientReader<Response>& reader,
                       const std::function<absl::Status(const Response&)>& take) const {
    Response next;
    absl::Status refused;
    while (refused.ok() && reader.Read(&next)) refused = take(next);
    if (!refused.ok()) context.TryCancel();
    const grpc::Status finished = reader.Finish();
    return refused.ok() ? Translate(finished) : refused;
  }

  absl::Status Translate(const grpc::Status& status) const {
    return ToStatus(status, options_.profile.address, *handshake_);
  }

  const Options& options() const { return options_; }
  const Identity& identity() const { return identity_; }
  int attempts() const { return options_.attempts_max; }
  admin::v1::NodeService::Stub& node() { return *node_; }
  v1::AuditService::Stub& audit() { return *audit_; }
  v1::CorrectionService::Stub& corrections() { return *corrections_; }
  v1::DetailsService::Stub& details() { return *details_; }
  v1::ExhibitService::Stub& exhibits() { return *exhibits_; }
  v1::FirearmService::Stub& firearms() { return *firearms_; }
  v1::LinkService::Stub& links() { return *links_; }
  v1::FirearmQuestionService::Stub& firearm_questions() { return *firearm_questions_; }
  v1::LookupService::Stub& lookups() { return *lookups_; }
  v1::SearchService::Stub& searches() { return *searches_; }
  v1::StandingService::Stub& standing() { return *standing_; }
  v1::SubmissionService::Stub& submissions() { return *submissions_; }

 private:
  // All constant after construction; the stubs do their own locking.
  const Options options_;
  const Identity identity_;
  const std::shared_ptr<Handshake> handshake_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<admin::v1::NodeService::Stub> node_;
  const std::unique_ptr<v1::AuditService::Stub> audit_;
  const std::unique_ptr<v1::CorrectionService::Stub> corrections_;
  const std::unique_ptr<v1::DetailsService::Stub> details_;
  const std::unique_ptr<v1::ExhibitService::Stub> exhibits_;
  const std::unique_ptr<v1::FirearmService::Stub> firearms_;
  const std::unique_ptr<v1::LinkService::Stub> links_;
  const std::unique_ptr<v1::FirearmQuestionService::Stub> firearm_questions_;
  const std::unique_ptr<v1::LookupService::Stub> lookups_;
  const std::unique_ptr<v1::SearchService::Stub> searches_;
  const std::unique_ptr<v1::StandingService::Stub> standing_;
  const std::unique_ptr<v1::SubmissionService::Stub> submissions_;
};

NodeClient::NodeClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
NodeClient::~NodeClient() = default;

const Identity& NodeClient::identity() const { return impl_->identity(); }

absl::StatusOr<std::unique_ptr<NodeClient>> NodeClient::Create(Options options,
                                                               const base::Clock& clock) {
  PM_RETURN_IF_ERROR(CheckAddress(options.profile.address));
  PM_ASSIGN_OR_RETURN(Identity identity, LoadIdentity(options.profile, clock.UnixMillis()));
  PM_RETURN_IF_ERROR(crypto::RequireTls13WithoutTickets());
  // gRPC writes every failed handshake to stderr; what matters of it is in the returned status.
  ::setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  return std::unique_ptr<NodeClient>(
      new NodeClient(std::make_unique<Impl>(std::move(options), std::move(identity), clock)));
}

absl::StatusOr<admin::v1::GetStatusResponse> NodeClient::GetStatus() {
  using Service = admin::v1::NodeService::Stub;
  return impl_->Call(impl_->node(), &Service::GetStatus, admin::v1::GetStatusRequest(),
                     impl_->attempts());
}

absl::Status NodeClient::Probe() { return GetStatus().status(); }

absl::StatusOr<admin::v1::ListPartnersResponse> NodeClient::ListPartners(
    const admin::v1::ListPartnersRequest& request) {
  using Service = admin::v1::NodeService::Stub;
  return impl_->Call(impl_->node(), &Service::ListPartners, request, impl_->attempts());
}

absl::StatusOr<admin::v1::ListCalibrationsResponse> NodeClient::ListCalibrations() {
  using Service = admin::v1::NodeService::Stub;
  return impl_->Call(impl_->node(), &Service::ListCalibrations,
                     admin::v1::ListCalibrationsRequest(), impl_->attempts());
}

absl::StatusOr<admin::v1::InstallCalibrationResponse> NodeClient::InstallCalibration(
    const admin::v1::InstallCalibrationRequest& request) {
  using Service = admin::v1::NodeService::Stub;
  return impl_->Call(impl_->node(), &Service::InstallCalibration, request, /*attempts=*/1);
}

absl::StatusOr<admin::v1::EraseResponse> NodeClient::Erase(const admin::v1::EraseRequest& request) {
  using Service = admin::v1::NodeService::Stub;
  return impl_->Call(impl_->node(), &Service::Erase, request, /*attempts=*/1);
}

absl::StatusOr<admin::v1::GetFederationResponse> NodeClient::GetFederation() {
  using Service = admin::v1::NodeService::Stub;
  return impl_->Call(impl_->node(), &Service::GetFederation, admin::v1::GetFederationRequest(),
                     impl_->attempts());
}

absl::StatusOr<admin::v1::ApplyDescriptorResponse> NodeClient::ApplyDescriptor(
    const admin::v1::ApplyDescriptorRequest& request) {
  using Service = admin::v1::NodeService::Stub;
  return impl_->Call(impl_->node(), &Service::ApplyDescriptor, request, /*attempts=*/1);
}

absl::StatusOr<v1::GetExhibitResponse> NodeClient::GetExhibit(
    const v1::GetExhibitRequest& request) {
  using Service = v1::ExhibitService::Stub;
  return impl_->Call(impl_->exhibits(), &Service::GetExhibit, request, impl_->attempts());
}

absl::StatusOr<v1::ListExhibitsResponse> NodeClient::ListExhibits(
    const v1::ListExhibitsRequest& request) {
  using Service = v1::ExhibitService::Stub;
  return impl_->Call(impl_->exhibits(), &Service::ListExhibits, request, impl_->attempts());
}

absl::StatusOr<v1::WithdrawExhibitResponse> NodeClient::WithdrawExhibit(
    const v1::WithdrawExhibitRequest& request) {
  using Service = v1::ExhibitService::Stub;
  return impl_->Call(impl_->exhibits(), &Service::WithdrawExhibit, request, /*attempts=*/1);
}

absl::StatusOr<v1::CorrectExhibitResponse> NodeClient::CorrectExhibit(
    const v1::CorrectExhibitRequest& request) {
  using Service = v1::ExhibitService::Stub;
  return impl_->Call(impl_->exhibits(), &Service::CorrectExhibit, request, /*attempts=*/1);
}

absl::StatusOr<v1::CorrectAnswerResponse> NodeClient::CorrectAnswer(
    const v1::CorrectAnswerRequest& request) {
  using Service = v1::CorrectionService::Stub;
  return impl_->Call(impl_->corrections(), &Service::CorrectAnswer, request, /*attempts=*/1);
}

absl::StatusOr<v1::ListCorrectionsResponse> NodeClient::ListCorrections(
    const v1::ListCorrectionsRequest& request) {
  using Service = v1::CorrectionService::Stub;
  return impl_->Call(impl_->corrections(), &Service::ListCorrections, request, impl_->attempts());
}

absl::StatusOr<v1::GetCorrectionResponse> NodeClient::GetCorrection(
    const v1::GetCorrectionRequest& request) {
  using Service = v1::CorrectionService::Stub;
  return impl_->Call(impl_->corrections(), &Service::GetCorrection, request, impl_->attempts());
}

absl::StatusOr<v1::ResolveHandleResponse> NodeClient::ResolveHandle(
    const v1::ResolveHandleRequest& request) {
  using Service = v1::ExhibitService::Stub;
  return impl_->Call(impl_->exhibits(), &Service::ResolveHandle, request, impl_->attempts());
}

absl::StatusOr<v1::ReviewCandidateResponse> NodeClient::ReviewCandidate(
    const v1::ReviewCandidateRequest& request) {
  using Service = v1::LinkService::Stub;
  return impl_->Call(impl_->links(), &Service::ReviewCandidate, request, /*attempts=*/1);
}

absl::StatusOr<v1::ConcludeLinkResponse> NodeClient::ConcludeLink(
    const v1::ConcludeLinkRequest& request) {
  using Service = v1::LinkService::Stub;
  return impl_->Call(impl_->links(), &Service::ConcludeLink, request, /*attempts=*/1);
}

absl::StatusOr<v1::WithdrawLinkResponse> NodeClient::WithdrawLink(
    const v1::WithdrawLinkRequest& request) {
  using Service = v1::LinkService::Stub;
  return impl_->Call(impl_->links(), &Service::WithdrawLink, request, /*attempts=*/1);
}

absl::StatusOr<v1::GetLinkResponse> NodeClient::GetLink(const v1::GetLinkRequest& request) {
  using Service = v1::LinkService::Stub;
  return impl_->Call(impl_->links(), &Service::GetLink, request, impl_->attempts());
}

absl::StatusOr<v1::ListLinksResponse> NodeClient::ListLinks(const v1::ListLinksRequest& request) {
  using Service = v1::LinkService::Stub;
  return impl_->Call(impl_->links(), &Service::ListLinks, request, impl_->attempts());
}

absl::StatusOr<v1::RequestDetailsResponse> NodeClient::RequestDetails(
    const v1::RequestDetailsRequest& request) {
  using Service = v1::DetailsService::Stub;
  return impl_->Call(impl_->details(), &Service::RequestDetails, request, /*attempts=*/1);
}

absl::StatusOr<v1::ListDetailsResponse> NodeClient::ListDetails(
    const v1::ListDetailsRequest& request) {
  using Service = v1::DetailsService::Stub;
  return impl_->Call(impl_->details(), &Service::ListDetails, request, impl_->attempts());
}

absl::StatusOr<v1::GetDetailsResponse> NodeClient::GetDetails(
    const v1::GetDetailsRequest& request) {
  using Service = v1::DetailsService::Stub;
  return impl_->Call(impl_->details(), &Service::GetDetails, request, impl_->attempts());
}

absl::StatusOr<v1::DecideDetailsResponse> NodeClient::DecideDetails(
    const v1::DecideDetailsRequest& request) {
  using Service = v1::DetailsService::Stub;
  return impl_->Call(impl_->details(), &Service::DecideDetails, request, /*attempts=*/1);
}

absl::StatusOr<v1::AddStandingQuestionResponse> NodeClient::AddStandingQuestion(
    const v1::AddStandingQuestionRequest& request) {
  using Service = v1::StandingService::Stub;
  return impl_->Call(impl_->standing(), &Service::AddStandingQuestion, request, /*attempts=*/1);
}

absl::StatusOr<v1::GetStandingQuestionResponse> NodeClient::GetStandingQuestion(
    const v1::GetStandingQuestionRequest& request) {
  using Service = v1::StandingService::Stub;
  return impl_->Call(impl_->standing(), &Service::GetStandingQuestion, request, impl_->attempts());
}

absl::StatusOr<v1::ListStandingQuestionsResponse> NodeClient::ListStandingQuestions(
    const v1::ListStandingQuestionsRequest& request) {
  using Service = v1::StandingService::Stub;
  return impl_->Call(impl_->standing(), &Service::ListStandingQuestions, request,
                     impl_->attempts());
}

absl::StatusOr<v1::StopStandingQuestionResponse> NodeClient::StopStandingQuestion(
    const v1::StopStandingQuestionRequest& request) {
  using Service = v1::StandingService::Stub;
  return impl_->Call(impl_->standing(), &Service::StopStandingQuestion, request, /*attempts=*/1);
}

absl::StatusOr<v1::AcknowledgeHandlingResponse> NodeClient::AcknowledgeHandling(
    const v1::AcknowledgeHandlingRequest& request) {
  using Service = v1::DetailsService::Stub;
  return impl_->Call(impl_->details(), &Service::AcknowledgeHandling, request, /*attempts=*/1);
}

absl::StatusOr<v1::RecordPermissionResponse> NodeClient::RecordPermission(
    const v1::RecordPermissionRequest& request) {
  using Service = v1::DetailsService::Stub;
  return impl_->Call(impl_->details(), &Service::RecordPermission, request, /*attempts=*/1);
}

absl::Status NodeClient::ExportDetails(
    const v1::ExportDetailsRequest& request,
    const std::function<absl::Status(const v1::ExportDetailsResponse&)>& on_part,
    const std::stop_token& stop) {
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + impl_->options().profile.deadline + kExportTime);
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  const auto reader = impl_->details().ExportDetails(&context, request);
  const absl::Status ended = impl_->ReadAll(context, *reader, on_part);
  if (stop.stop_requested()) return MakeFault(FaultCode::kInterrupted, "the export was stopped");
  return ended;
}

absl::StatusOr<v1::GetSearchResponse> NodeClient::GetSearch(const v1::GetSearchRequest& request) {
  using Service = v1::SearchService::Stub;
  return impl_->Call(impl_->searches(), &Service::GetSearch, request, impl_->attempts());
}

absl::StatusOr<admin::v1::PlantCanaryResponse> NodeClient::PlantCanary(
    const admin::v1::PlantCanaryRequest& request) {
  using Service = admin::v1::NodeService::Stub;
  return impl_->Call(impl_->node(), &Service::PlantCanary, request, 1);
}

absl::StatusOr<admin::v1::ListCanariesResponse> NodeClient::ListCanaries() {
  using Service = admin::v1::NodeService::Stub;
  return impl_->Call(impl_->node(), &Service::ListCanaries, admin::v1::ListCanariesRequest(),
                     impl_->attempts());
}

absl::StatusOr<admin::v1::RemoveCanaryResponse> NodeClient::RemoveCanary(
    const admin::v1::RemoveCanaryRequest& request) {
  using Service = admin::v1::NodeService::Stub;
  return impl_->Call(impl_->node(), &Service::RemoveCanary, request, 1);
}

absl::StatusOr<v1::LookUpFirearmResponse> NodeClient::LookUpFirearm(
    const v1::LookUpFirearmRequest& request) {
  using Service = v1::LookupService::Stub;
  return impl_->Call(impl_->lookups(), &Service::LookUpFirearm, request, 1,
                     std::chrono::seconds(request.deadline().seconds()));
}

absl::StatusOr<v1::AskAboutHitResponse> NodeClient::AskAboutHit(
    const v1::AskAboutHitRequest& request) {
  using Service = v1::LookupService::Stub;
  return impl_->Call(impl_->lookups(), &Service::AskAboutHit, request, 1,
                     std::chrono::seconds(request.deadline().seconds()));
}

absl::StatusOr<v1::AskPartnersResponse> NodeClient::AskPartners(
    const v1::AskPartnersRequest& request) {
  using Service = v1::FirearmQuestionService::Stub;
  return impl_->Call(impl_->firearm_questions(), &Service::AskPartners, request, 1,
                     std::chrono::seconds(request.deadline().seconds()));
}

absl::StatusOr<v1::AddAlarmTestResponse> NodeClient::AddAlarmTest(
    const v1::AddAlarmTestRequest& request) {
  using Service = v1::FirearmQuestionService::Stub;
  return impl_->Call(impl_->firearm_questions(), &Service::AddAlarmTest, request, /*attempts=*/1);
}

absl::StatusOr<v1::ListFirearmNoticesResponse> NodeClient::ListFirearmNotices(
    const v1::ListFirearmNoticesRequest& request) {
  using Service = v1::FirearmQuestionService::Stub;
  return impl_->Call(impl_->firearm_questions(), &Service::ListFirearmNotices, request,
                     impl_->attempts());
}

absl::StatusOr<v1::ListAlarmTestsResponse> NodeClient::ListAlarmTests(
    const v1::ListAlarmTestsRequest& request) {
  using Service = v1::FirearmQuestionService::Stub;
  return impl_->Call(impl_->firearm_questions(), &Service::ListAlarmTests, request,
                     impl_->attempts());
}

absl::StatusOr<v1::ListSearchesResponse> NodeClient::ListSearches(
    const v1::ListSearchesRequest& request) {
  using Service = v1::SearchService::Stub;
  return impl_->Call(impl_->searches(), &Service::ListSearches, request, impl_->attempts());
}

absl::StatusOr<v1::AddFirearmResponse> NodeClient::AddFirearm(
    const v1::AddFirearmRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::AddFirearm, request, /*attempts=*/1);
}

absl::StatusOr<v1::AmendFirearmResponse> NodeClient::AmendFirearm(
    const v1::AmendFirearmRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::AmendFirearm, request, /*attempts=*/1);
}

absl::StatusOr<v1::TransitionFirearmResponse> NodeClient::TransitionFirearm(
    const v1::TransitionFirearmRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::TransitionFirearm, request, /*attempts=*/1);
}

absl::StatusOr<v1::AttachDeactivationResponse> NodeClient::AttachDeactivation(
    const v1::AttachDeactivationRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::AttachDeactivation, request, /*attempts=*/1);
}

absl::StatusOr<v1::LinkFirearmResponse> NodeClient::LinkFirearm(
    const v1::LinkFirearmRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::LinkFirearm, request, /*attempts=*/1);
}

absl::StatusOr<v1::GetFirearmResponse> NodeClient::GetFirearm(
    const v1::GetFirearmRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::GetFirearm, request, impl_->attempts());
}

absl::StatusOr<v1::GetFirearmVersionResponse> NodeClient::GetFirearmVersion(
    const v1::GetFirearmVersionRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::GetFirearmVersion, request, impl_->attempts());
}

absl::StatusOr<v1::ListFirearmsResponse> NodeClient::ListFirearms(
    const v1::ListFirearmsRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::ListFirearms, request, impl_->attempts());
}

absl::StatusOr<v1::FindFirearmsResponse> NodeClient::FindFirearms(
    const v1::FindFirearmsRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::FindFirearms, request, impl_->attempts());
}

absl::StatusOr<v1::ImportFirearmsResponse> NodeClient::ImportFirearms(
    const v1::ImportFirearmsRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::ImportFirearms, request, impl_->attempts());
}

absl::StatusOr<v1::ExportFirearmsResponse> NodeClient::ExportFirearms(
    const v1::ExportFirearmsRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::ExportFirearms, request, impl_->attempts());
}

absl::StatusOr<v1::CheckFirearmResponse> NodeClient::CheckFirearm(
    const v1::CheckFirearmRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::CheckFirearm, request, impl_->attempts());
}

absl::StatusOr<v1::AskAboutFirearmResponse> NodeClient::AskAboutFirearm(
    const v1::AskAboutFirearmRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::AskAboutFirearm, request, /*attempts=*/1);
}

absl::StatusOr<v1::ListFirearmAlertsResponse> NodeClient::ListFirearmAlerts(
    const v1::ListFirearmAlertsRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::ListFirearmAlerts, request, impl_->attempts());
}

absl::StatusOr<v1::GetFirearmAlertResponse> NodeClient::GetFirearmAlert(
    const v1::GetFirearmAlertRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::GetFirearmAlert, request, impl_->attempts());
}

absl::StatusOr<v1::AcknowledgeFirearmAlertResponse> NodeClient::AcknowledgeFirearmAlert(
    const v1::AcknowledgeFirearmAlertRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::AcknowledgeFirearmAlert, request, /*attempts=*/1);
}

absl::StatusOr<v1::ReportConformityResponse> NodeClient::ReportConformity(
    const v1::ReportConformityRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::ReportConformity, request, impl_->attempts());
}

absl::StatusOr<v1::LoadCodesResponse> NodeClient::LoadCodes(const v1::LoadCodesRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::LoadCodes, request, /*attempts=*/1);
}

absl::StatusOr<v1::ListCodesResponse> NodeClient::ListCodes(const v1::ListCodesRequest& request) {
  using Service = v1::FirearmService::Stub;
  return impl_->Call(impl_->firearms(), &Service::ListCodes, request, impl_->attempts());
}

absl::StatusOr<v1::ListEntriesResponse> NodeClient::ListEntries(
    const v1::ListEntriesRequest& request) {
  using Service = v1::AuditService::Stub;
  return impl_->Call(impl_->audit(), &Service::ListEntries, request, impl_->attempts());
}

absl::StatusOr<v1::GetLedgerResponse> NodeClient::GetLedger() {
  using Service = v1::AuditService::Stub;
  return impl_->Call(impl_->audit(), &Service::GetLedger, v1::GetLedgerRequest(),
                     impl_->attempts());
}

absl::StatusOr<v1::ListCheckpointsResponse> NodeClient::ListCheckpoints(
    const v1::ListCheckpointsRequest& request) {
  using Service = v1::AuditService::Stub;
  return impl_->Call(impl_->audit(), &Service::ListCheckpoints, request, impl_->attempts());
}

absl::StatusOr<v1::ReadTreeFileResponse> NodeClient::ReadTreeFile(
    const v1::ReadTreeFileRequest& request) {
  using Service = v1::AuditService::Stub;
  return impl_->Call(impl_->audit(), &Service::ReadTreeFile, request, impl_->attempts());
}

absl::StatusOr<v1::GetReceiptResponse> NodeClient::GetReceipt(
    const v1::GetReceiptRequest& request) {
  using Service = v1::AuditService::Stub;
  return impl_->Call(impl_->audit(), &Service::GetReceipt, request, impl_->attempts());
}

absl::StatusOr<v1::ListPartnerEntriesResponse> NodeClient::ListPartnerEntries(
    const v1::ListPartnerEntriesRequest& request) {
  using Service = v1::AuditService::Stub;
  return impl_->Call(impl_->audit(), &Service::ListPartnerEntries, request, impl_->attempts());
}

absl::StatusOr<v1::FindSubmissionResponse> NodeClient::FindSubmission(
    const v1::FindSubmissionRequest& request) {
  using Service = v1::SubmissionService::Stub;
  return impl_->Call(impl_->submissions(), &Service::FindSubmission, request, impl_->attempts());
}

absl::Status NodeClient::SearchCandidates(
    const v1::SearchCandidatesRequest& request,
    const std::function<absl::Status(const v1::SearchCandidatesResponse&)>& on_event,
    const std::stop_token& stop) {
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + impl_->options().profile.deadline + kLocalSearchTime +
                       std::chrono::seconds(request.deadline().seconds()));
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  const auto reader = impl_->searches().SearchCandidates(&context, request);
  const absl::Status ended = impl_->ReadAll(context, *reader, on_event);
  if (stop.stop_requested()) return MakeFault(FaultCode::kInterrupted, "the search was stopped");
  return ended;
}

namespace {

using SubmissionWriter = grpc::ClientWriter<v1::SubmitExhibitRequest>;

// Sends one file in chunks. kAborted fault when its bytes are not those announced; a closed stream
// is OK here, its reason comes with Finish().
absl::Status SendScan(SubmissionWriter& writer, const std::filesystem::path& path,
                      const records::ScanAnnouncement& announced,
                      const std::function<void(std::int64_t)>& on_bytes, bool& open) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return MakeFault(FaultCode::kCannotRead, absl::StrFormat("%s: cannot be read", path.string()));
  }
  crypto::Sha256Hasher hasher;
  std::int64_t sent = 0;
  while (open && sent < announced.size_bytes) {
    v1::SubmitExhibitRequest message;
    std::string& chunk = *message.mutable_chunk();
    const std::int64_t wanted = std::min<std::int64_t>(kChunkBytes, announced.size_bytes - sent);
    chunk.resize(static_cast<std::size_t>(wanted));
    in.read(chunk.data(), wanted);
    if (in.gcount() != wanted) break;
    hasher.Update(chunk);
    sent += wanted;
    // The last chunk of a changed file must not complete it at the node.
    if (sent == announced.size_bytes &&
        crypto::AsText(hasher.Finish()) != std::string_view(announced.sha256)) {
      return MakeFault(FaultCode::kFileChanged, path.string());
    }
    open = writer.Write(message);
    if (open) on_bytes(wanted);
  }
  if (open && sent < announced.size_bytes) {
    return MakeFault(FaultCode::kFileChanged, absl::StrFormat("%s became shorter", path.string()));
  }
  return absl::OkStatus();
}

absl::Status SendAll(SubmissionWriter& writer, const Submission& submission,
                     const std::function<void(std::int64_t)>& on_bytes) {
  v1::SubmitExhibitRequest first;
  *first.mutable_header() = wire::ToProto(submission.header);
  bool open = writer.Write(first);
  for (std::size_t i = 0; open && i < submission.files.size(); ++i) {
    PM_RETURN_IF_ERROR(
        SendScan(writer, submission.files[i], submission.header.scans[i], on_bytes, open));
  }
  if (open) writer.WritesDone();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::SubmitExhibitResponse> NodeClient::SubmitExhibit(
    const Submission& submission, const std::function<void(std::int64_t)>& on_bytes,
    const std::stop_token& stop) {
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + impl_->options().profile.deadline +
                       milliseconds(BytesOf(submission) / kUploadBytesPerMs));
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  v1::SubmitExhibitResponse response;
  const auto writer = impl_->submissions().SubmitExhibit(&context, &response);
  const absl::Status sent = SendAll(*writer, submission, on_bytes);
  if (!sent.ok()) context.TryCancel();
  const grpc::Status finished = writer->Finish();
  if (stop.stop_requested()) return MakeFault(FaultCode::kInterrupted, "the upload was stopped");
  PM_RETURN_IF_ERROR(sent);
  PM_RETURN_IF_ERROR(impl_->Translate(finished));
  return response;
}

}  // namespace proofmark::client
