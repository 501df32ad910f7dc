// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/guard.h"

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/mutex.h"
#include "grpcpp/alarm.h"
#include "server/federation/answer_slot.h"

namespace proofmark::rpc {
namespace {

using crypto::StaffRole;

// Who may do what (docs/operations/roles.md). Deny by default: what is not here does not exist.
MethodTable MakeTable() {
  const std::set<StaffRole> lab{StaffRole::kLab};
  const std::set<StaffRole> examiner{StaffRole::kExaminer};
  const std::set<StaffRole> readers{StaffRole::kLab, StaffRole::kExaminer, StaffRole::kOfficer};
  const std::set<StaffRole> administrators{StaffRole::kAdministrator};
  const std::set<StaffRole> overseers{StaffRole::kAuditor, StaffRole::kAdministrator};
  // Who handles the second step: those who ask, and those who decide.
  const std::set<StaffRole> officers{StaffRole::kOfficer};
  const std::set<StaffRole> caseworkers{StaffRole::kExaminer, StaffRole::kOfficer};
  // Who keeps the register of firearms, and who adds what was fired.
  const std::set<StaffRole> registrars{StaffRole::kLab, StaffRole::kOfficer};
  const std::set<StaffRole> examiners_and_lab{StaffRole::kLab, StaffRole::kExaminer};
  const std::set<StaffRole> reporters{StaffRole::kOfficer, StaffRole::kAuditor,
                                      StaffRole::kAdministrator};
  const std::set<StaffRole> everyone{StaffRole::kLab, StaffRole::kExaminer, StaffRole::kOfficer,
                                     StaffRole::kAdministrator, StaffRole::kAuditor};
  return {
      {"/proofmark.v1.SubmissionService/SubmitExhibit", {.staff = lab}},
      {"/proofmark.v1.SubmissionService/FindSubmission", {.staff = lab}},
      {"/proofmark.v1.ExhibitService/GetExhibit", {.staff = readers}},
      {"/proofmark.v1.ExhibitService/ListExhibits", {.staff = readers}},
      {"/proofmark.v1.ExhibitService/WithdrawExhibit", {.staff = lab}},
      {"/proofmark.v1.ExhibitService/CorrectExhibit", {.staff = lab}},
      {"/proofmark.v1.ExhibitService/ResolveHandle", {.staff = examiner}},
      {"/proofmark.v1.SearchService/SearchCandidates", {.staff = examiner}},
      {"/proofmark.v1.SearchService/GetSearch", {.staff = examiner}},
      {"/proofmark.v1.SearchService/ListSearches", {.staff = examiner}},
      {"/proofmark.v1.StandingService/AddStandingQuestion", {.staff = examiner}},
      {"/proofmark.v1.StandingService/GetStandingQuestion", {.staff = examiner}},
      {"/proofmark.v1.StandingService/ListStandingQuestions", {.staff = examiner}},
      {"/proofmark.v1.StandingService/StopStandingQuestion", {.staff = examiner}},
      {"/proofmark.v1.LinkService/ReviewCandidate", {.staff = examiner}},
      {"/proofmark.v1.LinkService/ConcludeLink", {.staff = examiner}},
      {"/proofmark.v1.LinkService/WithdrawLink", {.staff = examiner}},
      {"/proofmark.v1.LinkService/GetLink", {.staff = caseworkers}},
      {"/proofmark.v1.LinkService/ListLinks", {.staff = caseworkers}},
      {"/proofmark.v1.DetailsService/RequestDetails", {.staff = examiner}},
      {"/proofmark.v1.DetailsService/ListDetails", {.staff = caseworkers}},
      {"/proofmark.v1.DetailsService/GetDetails", {.staff = caseworkers}},
      {"/proofmark.v1.DetailsService/DecideDetails", {.staff = officers}},
      {"/proofmark.v1.DetailsService/AcknowledgeHandling", {.staff = caseworkers}},
      {"/proofmark.v1.DetailsService/RecordPermission", {.staff = officers}},
      {"/proofmark.v1.DetailsService/ExportDetails", {.staff = caseworkers}},
      {"/proofmark.v1.CorrectionService/CorrectAnswer", {.staff = officers}},
      {"/proofmark.v1.CorrectionService/ListCorrections", {.staff = readers}},
      {"/proofmark.v1.CorrectionService/GetCorrection", {.staff = readers}},
      {"/proofmark.v1.LookupService/LookUpFirearm", {.staff = examiner}},
      {"/proofmark.v1.LookupService/AskAboutHit", {.staff = examiner}},
      {"/proofmark.v1.FirearmQuestionService/AskPartners", {.staff = caseworkers}},
      {"/proofmark.v1.FirearmQuestionService/AddAlarmTest", {.staff = registrars}},
      {"/proofmark.v1.FirearmQuestionService/ListAlarmTests", {.staff = readers}},
      {"/proofmark.v1.FirearmQuestionService/ListFirearmNotices", {.staff = readers}},
      {"/proofmark.v1.FirearmService/AddFirearm", {.staff = registrars}},
      {"/proofmark.v1.FirearmService/AmendFirearm", {.staff = registrars}},
      {"/proofmark.v1.FirearmService/TransitionFirearm", {.staff = registrars}},
      {"/proofmark.v1.FirearmService/AttachDeactivation", {.staff = registrars}},
      {"/proofmark.v1.FirearmService/LinkFirearm", {.staff = examiners_and_lab}},
      {"/proofmark.v1.FirearmService/GetFirearm", {.staff = readers}},
      {"/proofmark.v1.FirearmService/GetFirearmVersion", {.staff = readers}},
      {"/proofmark.v1.FirearmService/ListFirearms", {.staff = readers}},
      {"/proofmark.v1.FirearmService/FindFirearms", {.staff = readers}},
      {"/proofmark.v1.FirearmService/ImportFirearms", {.staff = registrars}},
      {"/proofmark.v1.FirearmService/ExportFirearms", {.staff = officers}},
      {"/proofmark.v1.FirearmService/CheckFirearm", {.staff = readers}},
      {"/proofmark.v1.FirearmService/AskAboutFirearm", {.staff = caseworkers}},
      {"/proofmark.v1.FirearmService/ListFirearmAlerts", {.staff = readers}},
      {"/proofmark.v1.FirearmService/GetFirearmAlert", {.staff = readers}},
      {"/proofmark.v1.FirearmService/AcknowledgeFirearmAlert", {.staff = caseworkers}},
      {"/proofmark.v1.FirearmService/ReportConformity", {.staff = reporters}},
      {"/proofmark.v1.FirearmService/LoadCodes", {.staff = administrators}},
      {"/proofmark.v1.FirearmService/ListCodes", {.staff = everyone}},
      {"/proofmark.v1.AuditService/ListEntries", {.staff = overseers}},
      {"/proofmark.v1.AuditService/GetLedger", {.staff = overseers}},
      {"/proofmark.v1.AuditService/ListCheckpoints", {.staff = overseers}},
      {"/proofmark.v1.AuditService/ReadTreeFile", {.staff = overseers}},
      {"/proofmark.v1.AuditService/GetReceipt", {.staff = everyone}},
      {"/proofmark.v1.AuditService/ListPartnerEntries", {.staff = overseers}},
      {"/proofmark.admin.v1.NodeService/GetStatus", {.staff = everyone}},
      {"/proofmark.admin.v1.NodeService/ListPartners", {.staff = everyone}},
      {"/proofmark.admin.v1.NodeService/ListCalibrations", {.staff = everyone}},
      {"/proofmark.admin.v1.NodeService/InstallCalibration", {.staff = administrators}},
      {"/proofmark.admin.v1.NodeService/Erase", {.staff = administrators}},
      {"/proofmark.admin.v1.NodeService/PlantCanary", {.staff = administrators}},
      {"/proofmark.admin.v1.NodeService/ListCanaries", {.staff = administrators}},
      {"/proofmark.admin.v1.NodeService/RemoveCanary", {.staff = administrators}},
      {"/proofmark.admin.v1.NodeService/GetFederation", {.staff = everyone}},
      {"/proofmark.admin.v1.NodeService/ApplyDescriptor", {.staff = administrators}},
      {"/proofmark.v1.FederationService/GetDescriptors", {.nodes = true}},
      {"/proofmark.v1.ExchangeService/Exchange", {.nodes = true}},
      {"/proofmark.v1.LookupTableService/ReadLookupTable", {.nodes = true}},
      {"/proofmark.v1.WitnessService/AddCheckpoint", {.nodes = true}},
      {"/proofmark.v1.WitnessService/GetWitnessedCheckpoint", {.nodes = true}},
      {"/proofmark.v1.WitnessService/ListSharedEntries", {.nodes = true}},
      {"/proofmark.v1.WitnessService/ReportFork", {.nodes = true}},
  };
}

bool Allows(const MethodRule& rule, const crypto::SpiffeName& caller) {
  if (caller.kind() == crypto::SpiffeName::Kind::kNode) return rule.nodes;
  return rule.staff.contains(*caller.role());
}

}  // namespace

const MethodTable& AllMethods() {
  static const MethodTable* const table = new MethodTable(MakeTable());
  return *table;
}

Guard::Guard(std::shared_ptr<const PeerTrust> trust, Executor& executor, DenialSink on_denial,
             NodeGate gate)
    : trust_(std::move(trust)),
      on_denial_(std::move(on_denial)),
      gate_(std::move(gate)),
      executor_(executor) {}

absl::StatusOr<crypto::SpiffeName> Guard::Admit(const grpc::CallbackServerContext& context,
                                                std::string_view method) const {
  const auto leaf = trust_->Verify(PeerLeafPem(context.auth_context().get()));
  if (!leaf.ok()) {
    on_denial_({std::string(method), "", "unauthenticated"});
    return leaf.status();
  }
  const auto rule = AllMethods().find(method);
  if (rule == AllMethods().end() || !Allows(rule->second, leaf->name())) {
    on_denial_({std::string(method), leaf->name().uri(), "role"});
    return absl::PermissionDeniedError(
        absl::StrFormat("%s may not call %s", leaf->name().uri(), method));
  }
  if (leaf->name().kind() == crypto::SpiffeName::Kind::kNode) {
    if (absl::Status open = gate_(leaf->name(), method); !open.ok()) {
      on_denial_({std::string(method), leaf->name().uri(), "federation"});
      return open;
    }
  }
  return leaf->name();
}

namespace {

// An answer that waits for its slot. It owns itself and goes when it has left.
class WaitingAnswer {
 public:
  static void Start(grpc::ServerUnaryReactor& reactor, grpc::Status status,
                    std::chrono::system_clock::time_point leaves) {
    auto* const answer = new WaitingAnswer;
    const base::MutexLock lock(answer->mutex_);
    answer->reactor_ = &reactor;
    answer->status_ = std::move(status);
    answer->alarm_.Set(leaves, [answer](bool /*expired*/) {
      answer->Leave();
      delete answer;
    });
  }

 private:
  void Leave() {
    const base::MutexLock lock(mutex_);
    reactor_->Finish(std::move(status_));
  }

  // The alarm's thread is gRPC's: sanitizers see the hand-over by this lock alone.
  base::Mutex mutex_;
  grpc::ServerUnaryReactor* reactor_ ABSL_GUARDED_BY(mutex_) = nullptr;
  grpc::Status status_ ABSL_GUARDED_BY(mutex_);
  grpc::Alarm alarm_;
};

}  // namespace

void FinishInSlot(grpc::ServerUnaryReactor& reactor, grpc::Status status,
                  std::chrono::steady_clock::time_point came) {
  const auto ready = std::chrono::steady_clock::now() - came;
  const auto left = federation::AnswerLeavesAfter(ready) - ready;
  WaitingAnswer::Start(reactor, std::move(status),
                       std::chrono::system_clock::now() +
                           std::chrono::duration_cast<std::chrono::system_clock::duration>(left));
}

}  // namespace proofmark::rpc
