// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "client/profile.h"
#include "client/submission.h"

// The generated classes by name only; whoever calls a method includes the .pb.h itself.
namespace proofmark::v1 {
class AcknowledgeFirearmAlertRequest;
class AcknowledgeFirearmAlertResponse;
class AddAlarmTestRequest;
class AddAlarmTestResponse;
class AcknowledgeHandlingRequest;
class AcknowledgeHandlingResponse;
class AddFirearmRequest;
class AddFirearmResponse;
class AddStandingQuestionRequest;
class AddStandingQuestionResponse;
class AmendFirearmRequest;
class AmendFirearmResponse;
class AskAboutFirearmRequest;
class AskAboutFirearmResponse;
class AskAboutHitRequest;
class AskAboutHitResponse;
class AskPartnersRequest;
class AskPartnersResponse;
class AttachDeactivationRequest;
class AttachDeactivationResponse;
class CheckFirearmRequest;
class CheckFirearmResponse;
class ConcludeLinkRequest;
class ConcludeLinkResponse;
class CorrectAnswerRequest;
class CorrectAnswerResponse;
class CorrectExhibitRequest;
class CorrectExhibitResponse;
class DecideDetailsRequest;
class DecideDetailsResponse;
class ExportDetailsRequest;
class ExportDetailsResponse;
class ExportFirearmsRequest;
class ExportFirearmsResponse;
class FindFirearmsRequest;
class FindFirearmsResponse;
class GetCorrectionRequest;
class GetCorrectionResponse;
class GetDetailsRequest;
class GetDetailsResponse;
class GetExhibitRequest;
class GetExhibitResponse;
class GetFirearmAlertRequest;
class GetFirearmAlertResponse;
class GetFirearmRequest;
class GetFirearmResponse;
class GetFirearmVersionRequest;
class GetFirearmVersionResponse;
class GetLedgerResponse;
class GetLinkRequest;
class GetLinkResponse;
class GetReceiptRequest;
class GetReceiptResponse;
class GetSearchRequest;
class GetSearchResponse;
class GetStandingQuestionRequest;
class GetStandingQuestionResponse;
class ImportFirearmsRequest;
class ImportFirearmsResponse;
class LinkFirearmRequest;
class LinkFirearmResponse;
class ListAlarmTestsRequest;
class ListAlarmTestsResponse;
class ListCheckpointsRequest;
class ListCheckpointsResponse;
class ListCodesRequest;
class ListCodesResponse;
class ListCorrectionsRequest;
class ListCorrectionsResponse;
class ListDetailsRequest;
class ListDetailsResponse;
class ListEntriesRequest;
class ListEntriesResponse;
class ListExhibitsRequest;
class ListExhibitsResponse;
class ListFirearmNoticesRequest;
class ListFirearmNoticesResponse;
class ListFirearmAlertsRequest;
class ListFirearmAlertsResponse;
class ListFirearmsRequest;
class ListFirearmsResponse;
class ListLinksRequest;
class ListLinksResponse;
class ListPartnerEntriesRequest;
class ListPartnerEntriesResponse;
class ListSearchesRequest;
class ListSearchesResponse;
class ListStandingQuestionsRequest;
class ListStandingQuestionsResponse;
class LoadCodesRequest;
class LoadCodesResponse;
class LookUpFirearmRequest;
class LookUpFirearmResponse;
class ReadTreeFileRequest;
class ReadTreeFileResponse;
class ReportConformityRequest;
class ReportConformityResponse;
class RecordPermissionRequest;
class RecordPermissionResponse;
class RequestDetailsRequest;
class RequestDetailsResponse;
class ResolveHandleRequest;
class ResolveHandleResponse;
class ReviewCandidateRequest;
class ReviewCandidateResponse;
class SearchCandidatesRequest;
class SearchCandidatesResponse;
class StopStandingQuestionRequest;
class StopStandingQuestionResponse;
class TransitionFirearmRequest;
class TransitionFirearmResponse;
class WithdrawExhibitRequest;
class WithdrawExhibitResponse;
class WithdrawLinkRequest;
class WithdrawLinkResponse;
}  // namespace proofmark::v1
namespace proofmark::admin::v1 {
class ApplyDescriptorRequest;
class ApplyDescriptorResponse;
class EraseRequest;
class EraseResponse;
class GetFederationResponse;
class GetStatusResponse;
class InstallCalibrationRequest;
class InstallCalibrationResponse;
class ListCalibrationsResponse;
class ListCanariesResponse;
class ListPartnersRequest;
class ListPartnersResponse;
class PlantCanaryRequest;
class PlantCanaryResponse;
class RemoveCanaryRequest;
class RemoveCanaryResponse;
}  // namespace proofmark::admin::v1

namespace proofmark::client {

// One agency's node, over mutual TLS 1.3. The node is believed only when its certificate was issued
// by the own agency's CA and names a node of the own agency (CheckNodeCertificate); nothing is sent
// before that.
//
//   Deadlines  Every call ends within the profile's deadline; a submission gets time for its bytes
//              on top, a search the partners' deadline.
//   Retries    Calls that change nothing are tried up to `attempts_max` times while the node is
//              unavailable, waiting longer each time. Others are sent once.
//   Errors     What the node answered, or a fault: kUnreachable, kTooLate, kNodeCertificate,
//              kNotAuthenticated, kInterrupted, kDamaged (an answer that cannot be right).
//   Threads    All methods may be called concurrently.
class NodeClient final : public SubmissionPort {
 public:
  struct Options {
    ConnectionProfile profile;
    int attempts_max = 3;                    // Of one call, >= 1.
    std::chrono::milliseconds backoff{200};  // Before the second attempt; doubles each time.
  };

  // Reads the profile's files and prepares the connection, which is made with the first call.
  // `clock` must outlive the result. Errors: those of LoadIdentity().
  static absl::StatusOr<std::unique_ptr<NodeClient>> Create(Options options,
                                                            const base::Clock& clock);
  ~NodeClient() override;

  // As whom this client speaks.
  const Identity& identity() const;

  // OK when the node answers and knows us.
  absl::Status Probe();
  absl::StatusOr<admin::v1::GetStatusResponse> GetStatus();
  absl::StatusOr<admin::v1::ListPartnersResponse> ListPartners(
      const admin::v1::ListPartnersRequest& request);
  absl::StatusOr<admin::v1::ListCalibrationsResponse> ListCalibrations();
  // Sent once: an installation is an act and is in the ledger.
  absl::StatusOr<admin::v1::InstallCalibrationResponse> InstallCalibration(
      const admin::v1::InstallCalibrationRequest& request);
  // Sent once: an erasure is an act and is in the ledger.
  absl::StatusOr<admin::v1::EraseResponse> Erase(const admin::v1::EraseRequest& request);
  // Acts are sent once: they are in the ledger.
  absl::StatusOr<admin::v1::PlantCanaryResponse> PlantCanary(
      const admin::v1::PlantCanaryRequest& request);
  absl::StatusOr<admin::v1::ListCanariesResponse> ListCanaries();
  absl::StatusOr<admin::v1::RemoveCanaryResponse> RemoveCanary(
      const admin::v1::RemoveCanaryRequest& request);
  absl::StatusOr<admin::v1::GetFederationResponse> GetFederation();
  // Sent once: an acceptance is an act and is in the ledger.
  absl::StatusOr<admin::v1::ApplyDescriptorResponse> ApplyDescriptor(
      const admin::v1::ApplyDescriptorRequest& request);
  absl::StatusOr<v1::GetExhibitResponse> GetExhibit(const v1::GetExhibitRequest& request);
  absl::StatusOr<v1::ListExhibitsResponse> ListExhibits(const v1::ListExhibitsRequest& request);
  absl::StatusOr<v1::WithdrawExhibitResponse> WithdrawExhibit(
      const v1::WithdrawExhibitRequest& request);
  absl::StatusOr<v1::CorrectExhibitResponse> CorrectExhibit(
      const v1::CorrectExhibitRequest& request);
  absl::StatusOr<v1::CorrectAnswerResponse> CorrectAnswer(const v1::CorrectAnswerRequest& request);
  absl::StatusOr<v1::ListCorrectionsResponse> ListCorrections(
      const v1::ListCorrectionsRequest& request);
  absl::StatusOr<v1::GetCorrectionResponse> GetCorrection(const v1::GetCorrectionRequest& request);
  absl::StatusOr<v1::ResolveHandleResponse> ResolveHandle(const v1::ResolveHandleRequest& request);
  absl::StatusOr<v1::GetSearchResponse> GetSearch(const v1::GetSearchRequest& request);
  absl::StatusOr<v1::ListSearchesResponse> ListSearches(const v1::ListSearchesRequest& request);
  // Acts are sent once: they are in the ledger.
  absl::StatusOr<v1::AddStandingQuestionResponse> AddStandingQuestion(
      const v1::AddStandingQuestionRequest& request);
  absl::StatusOr<v1::GetStandingQuestionResponse> GetStandingQuestion(
      const v1::GetStandingQuestionRequest& request);
  absl::StatusOr<v1::ListStandingQuestionsResponse> ListStandingQuestions(
      const v1::ListStandingQuestionsRequest& request);
  absl::StatusOr<v1::StopStandingQuestionResponse> StopStandingQuestion(
      const v1::StopStandingQuestionRequest& request);
  // Sent once, and waited for a little longer than partners may take.
  absl::StatusOr<v1::LookUpFirearmResponse> LookUpFirearm(const v1::LookUpFirearmRequest& request);
  absl::StatusOr<v1::AskAboutHitResponse> AskAboutHit(const v1::AskAboutHitRequest& request);
  absl::StatusOr<v1::AskPartnersResponse> AskPartners(const v1::AskPartnersRequest& request);
  absl::StatusOr<v1::AddAlarmTestResponse> AddAlarmTest(const v1::AddAlarmTestRequest& request);
  absl::StatusOr<v1::ListFirearmNoticesResponse> ListFirearmNotices(
      const v1::ListFirearmNoticesRequest& request);
  absl::StatusOr<v1::ListAlarmTestsResponse> ListAlarmTests(
      const v1::ListAlarmTestsRequest& request);
  // Acts are sent once: they are in the ledger.
  absl::StatusOr<v1::ReviewCandidateResponse> ReviewCandidate(
      const v1::ReviewCandidateRequest& request);
  absl::StatusOr<v1::ConcludeLinkResponse> ConcludeLink(const v1::ConcludeLinkRequest& request);
  absl::StatusOr<v1::WithdrawLinkResponse> WithdrawLink(const v1::WithdrawLinkRequest& request);
  absl::StatusOr<v1::GetLinkResponse> GetLink(const v1::GetLinkRequest& request);
  absl::StatusOr<v1::ListLinksResponse> ListLinks(const v1::ListLinksRequest& request);
  absl::StatusOr<v1::RequestDetailsResponse> RequestDetails(
      const v1::RequestDetailsRequest& request);
  absl::StatusOr<v1::ListDetailsResponse> ListDetails(const v1::ListDetailsRequest& request);
  absl::StatusOr<v1::GetDetailsResponse> GetDetails(const v1::GetDetailsRequest& request);
  absl::StatusOr<v1::DecideDetailsResponse> DecideDetails(const v1::DecideDetailsRequest& request);
  absl::StatusOr<v1::AcknowledgeHandlingResponse> AcknowledgeHandling(
      const v1::AcknowledgeHandlingRequest& request);
  absl::StatusOr<v1::RecordPermissionResponse> RecordPermission(
      const v1::RecordPermissionRequest& request);
  // Calls `on_part` for each message; its error ends the export and is the result.
  absl::Status ExportDetails(
      const v1::ExportDetailsRequest& request,
      const std::function<absl::Status(const v1::ExportDetailsResponse&)>& on_part,
      const std::stop_token& stop);
  // Acts upon firearms are sent once; an import may be repeated, as a row is never taken twice.
  absl::StatusOr<v1::AddFirearmResponse> AddFirearm(const v1::AddFirearmRequest& request);
  absl::StatusOr<v1::AmendFirearmResponse> AmendFirearm(const v1::AmendFirearmRequest& request);
  absl::StatusOr<v1::TransitionFirearmResponse> TransitionFirearm(
      const v1::TransitionFirearmRequest& request);
  absl::StatusOr<v1::AttachDeactivationResponse> AttachDeactivation(
      const v1::AttachDeactivationRequest& request);
  absl::StatusOr<v1::LinkFirearmResponse> LinkFirearm(const v1::LinkFirearmRequest& request);
  absl::StatusOr<v1::GetFirearmResponse> GetFirearm(const v1::GetFirearmRequest& request);
  absl::StatusOr<v1::GetFirearmVersionResponse> GetFirearmVersion(
      const v1::GetFirearmVersionRequest& request);
  absl::StatusOr<v1::ListFirearmsResponse> ListFirearms(const v1::ListFirearmsRequest& request);
  absl::StatusOr<v1::FindFirearmsResponse> FindFirearms(const v1::FindFirearmsRequest& request);
  absl::StatusOr<v1::ImportFirearmsResponse> ImportFirearms(
      const v1::ImportFirearmsRequest& request);
  absl::StatusOr<v1::ExportFirearmsResponse> ExportFirearms(
      const v1::ExportFirearmsRequest& request);
  absl::StatusOr<v1::CheckFirearmResponse> CheckFirearm(const v1::CheckFirearmRequest& request);
  absl::StatusOr<v1::AskAboutFirearmResponse> AskAboutFirearm(
      const v1::AskAboutFirearmRequest& request);
  absl::StatusOr<v1::ListFirearmAlertsResponse> ListFirearmAlerts(
      const v1::ListFirearmAlertsRequest& request);
  absl::StatusOr<v1::GetFirearmAlertResponse> GetFirearmAlert(
      const v1::GetFirearmAlertRequest& request);
  absl::StatusOr<v1::AcknowledgeFirearmAlertResponse> AcknowledgeFirearmAlert(
      const v1::AcknowledgeFirearmAlertRequest& request);
  absl::StatusOr<v1::ReportConformityResponse> ReportConformity(
      const v1::ReportConformityRequest& request);
  absl::StatusOr<v1::LoadCodesResponse> LoadCodes(const v1::LoadCodesRequest& request);
  absl::StatusOr<v1::ListCodesResponse> ListCodes(const v1::ListCodesRequest& request);
  absl::StatusOr<v1::ListEntriesResponse> ListEntries(const v1::ListEntriesRequest& request);
  absl::StatusOr<v1::GetLedgerResponse> GetLedger();
  absl::StatusOr<v1::ListCheckpointsResponse> ListCheckpoints(
      const v1::ListCheckpointsRequest& request);
  absl::StatusOr<v1::ReadTreeFileResponse> ReadTreeFile(const v1::ReadTreeFileRequest& request);
  absl::StatusOr<v1::GetReceiptResponse> GetReceipt(const v1::GetReceiptRequest& request);
  absl::StatusOr<v1::ListPartnerEntriesResponse> ListPartnerEntries(
      const v1::ListPartnerEntriesRequest& request);

  // Runs a search; `on_event` gets every message in order, on the calling thread. Sent once: a
  // search is an act and is in the ledger.
  absl::Status SearchCandidates(
      const v1::SearchCandidatesRequest& request,
      const std::function<absl::Status(const v1::SearchCandidatesResponse&)>& on_event,
      const std::stop_token& stop);

  // SubmissionPort.
  absl::StatusOr<v1::FindSubmissionResponse> FindSubmission(
      const v1::FindSubmissionRequest& request) override;
  absl::StatusOr<v1::SubmitExhibitResponse> SubmitExhibit(
      const Submission& submission, const std::function<void(std::int64_t)>& on_bytes,
      const std::stop_token& stop) override;

 private:
  class Impl;
  explicit NodeClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;  // Never null.
};

}  // namespace proofmark::client
