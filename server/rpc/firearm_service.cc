// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/status.h"
#include "proofmark/v1/firearm_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/firearm.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

constexpr std::array<std::string_view, 5> kGrades = {"EXACT", "SCRIPT", "EMBEDDED", "CONFUSION",
                                                     "PATTERN"};

std::string_view VerdictCode(firearm::SerialVerdict verdict) {
  switch (verdict) {
    case firearm::SerialVerdict::kStrong:
      return "STRONG";
    case firearm::SerialVerdict::kSerialOnly:
      return "SERIAL_ONLY";
    case firearm::SerialVerdict::kCheck:
    case firearm::SerialVerdict::kNotReturned:
      return "CHECK";
  }
  return "";
}

v1::ImportOutcome ToProto(journeys::ImportOutcome outcome) {
  switch (outcome) {
    case journeys::ImportOutcome::kCreated:
      return v1::IMPORT_OUTCOME_CREATED;
    case journeys::ImportOutcome::kHeld:
      return v1::IMPORT_OUTCOME_HELD;
    case journeys::ImportOutcome::kRefused:
      return v1::IMPORT_OUTCOME_REFUSED;
  }
  return v1::IMPORT_OUTCOME_UNSPECIFIED;
}

template <typename Response>
absl::Status Show(const absl::StatusOr<journeys::FirearmActed>& acted, Response& response) {
  PM_RETURN_IF_ERROR(acted.status());
  *response.mutable_record() = wire::ToProto(acted->firearm);
  *response.mutable_receipt() = wire::ToProto(acted->receipt);
  return absl::OkStatus();
}

template <typename Response>
absl::Status Show(const absl::StatusOr<wire::KeptFirearm>& kept, Response& response) {
  PM_RETURN_IF_ERROR(kept.status());
  *response.mutable_record() = wire::ToProto(*kept);
  return absl::OkStatus();
}

void Show(const registry::CodeTables::Loaded& loaded, v1::CodeList& list) {
  list.set_list(loaded.list);
  list.set_version(loaded.version);
  list.set_sha256(loaded.sha256);
  list.set_row_count(loaded.rows);
}

void Show(const firearm::ConformityCount& count, v1::ConformityCount& message) {
  for (const std::string& key : count.key) message.add_key(key);
  message.set_record_count(count.records);
  message.set_conforming_count(count.conforming);
}

absl::StatusOr<std::vector<firearm::Dimension>> ReadDimensions(
    const v1::ReportConformityRequest& asked) {
  std::vector<firearm::Dimension> dimensions;
  for (const std::string& code : asked.dimensions()) {
    const std::optional<firearm::Dimension> dimension = firearm::FindDimension(code);
    if (!dimension) {
      return absl::InvalidArgumentError(
          "dimensions: must be STANDARD, YEAR, ENTITY, CLASS, COUNTRY or DEFECT");
    }
    dimensions.push_back(*dimension);
  }
  return dimensions;
}

class FirearmService final : public v1::FirearmService::CallbackService {
 public:
  explicit FirearmService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* AddFirearm(grpc::CallbackServerContext* context,
                                       const v1::AddFirearmRequest* request,
                                       v1::AddFirearmResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/AddFirearm", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(wire::NewFirearm added, wire::FromProto(asked, ""));
          return Show(firearms().Add(StaffOf(caller), std::move(added)), answer);
        });
  }

  grpc::ServerUnaryReactor* AmendFirearm(grpc::CallbackServerContext* context,
                                         const v1::AmendFirearmRequest* request,
                                         v1::AmendFirearmResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/AmendFirearm", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(wire::FirearmAmendment amendment, wire::FromProto(asked, ""));
          return Show(firearms().Amend(StaffOf(caller), std::move(amendment)), answer);
        });
  }

  grpc::ServerUnaryReactor* TransitionFirearm(grpc::CallbackServerContext* context,
                                              const v1::TransitionFirearmRequest* request,
                                              v1::TransitionFirearmResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/TransitionFirearm", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::FirearmTransition next, wire::FromProto(asked, ""));
          return Show(firearms().Transition(StaffOf(caller), next), answer);
        });
  }

  grpc::ServerUnaryReactor* AttachDeactivation(grpc::CallbackServerContext* context,
                                               const v1::AttachDeactivationRequest* request,
                                               v1::AttachDeactivationResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/AttachDeactivation", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(wire::FirearmDeactivation attached, wire::FromProto(asked, ""));
          return Show(firearms().Attach(StaffOf(caller), std::move(attached)), answer);
        });
  }

  grpc::ServerUnaryReactor* LinkFirearm(grpc::CallbackServerContext* context,
                                        const v1::LinkFirearmRequest* request,
                                        v1::LinkFirearmResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/LinkFirearm", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(wire::FirearmLink link, wire::FromProto(asked, ""));
          return Show(firearms().Link(StaffOf(caller), std::move(link)), answer);
        });
  }

  grpc::ServerUnaryReactor* GetFirearm(grpc::CallbackServerContext* context,
                                       const v1::GetFirearmRequest* request,
                                       v1::GetFirearmResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/GetFirearm", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          return Show(firearms().Get(StaffOf(caller), asked.firearm_id()), answer);
        });
  }

  grpc::ServerUnaryReactor* GetFirearmVersion(grpc::CallbackServerContext* context,
                                              const v1::GetFirearmVersionRequest* request,
                                              v1::GetFirearmVersionResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/GetFirearmVersion", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          return Show(
              firearms().GetVersion(StaffOf(caller), asked.firearm_id(), asked.change_count()),
              answer);
        });
  }

  grpc::ServerUnaryReactor* ListFirearms(grpc::CallbackServerContext* context,
                                         const v1::ListFirearmsRequest* request,
                                         v1::ListFirearmsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/ListFirearms", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const auto state, wire::OptionalFirearmState(asked.state(), "state"));
          PM_ASSIGN_OR_RETURN(const auto check, wire::OptionalCheck(asked.check(), "check"));
          PM_ASSIGN_OR_RETURN(auto page, firearms().List(StaffOf(caller), asked.page_size(),
                                                         asked.page_token(), state, check));
          for (const auto& kept : page.firearms) *answer.add_records() = wire::ToProto(kept);
          answer.set_next_page_token(std::move(page.next_page_token));
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* FindFirearms(grpc::CallbackServerContext* context,
                                         const v1::FindFirearmsRequest* request,
                                         v1::FindFirearmsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/FindFirearms", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::FirearmQuestion question, wire::FromProto(asked, ""));
          PM_ASSIGN_OR_RETURN(const journeys::FoundFirearms found,
                              firearms().Find(StaffOf(caller), question));
          for (const journeys::FoundFirearm& one : found.found) {
            v1::FoundFirearm& told = *answer.add_found();
            *told.mutable_record() = wire::ToProto(one.firearm);
            told.set_grade(std::string(kGrades.at(static_cast<std::size_t>(one.grade) - 1)));
            told.set_verdict(std::string(VerdictCode(one.verdict)));
          }
          answer.set_more(found.more);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ImportFirearms(grpc::CallbackServerContext* context,
                                           const v1::ImportFirearmsRequest* request,
                                           v1::ImportFirearmsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/ImportFirearms", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(wire::FirearmRows rows, wire::FromProto(asked, ""));
          PM_ASSIGN_OR_RETURN(const journeys::ImportedRows imported,
                              firearms().Import(StaffOf(caller), std::move(rows)));
          for (const journeys::ImportedRow& row : imported.rows) {
            v1::ImportFirearmResult& told = *answer.add_results();
            told.set_row(row.row);
            told.set_outcome(ToProto(row.outcome));
            told.set_firearm_id(row.firearm_id);
            told.set_message(row.message);
            for (const auto& finding : row.findings) *told.add_findings() = wire::ToProto(finding);
          }
          if (imported.receipt) *answer.mutable_receipt() = wire::ToProto(*imported.receipt);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ExportFirearms(grpc::CallbackServerContext* context,
                                           const v1::ExportFirearmsRequest* request,
                                           v1::ExportFirearmsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/ExportFirearms", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const auto state, wire::OptionalFirearmState(asked.state(), "state"));
          PM_ASSIGN_OR_RETURN(
              journeys::FirearmExport exported,
              firearms().Export(StaffOf(caller), asked.page_size(), asked.page_token(), state));
          for (const auto& kept : exported.page.firearms) {
            *answer.add_records() = wire::ToProto(kept);
          }
          answer.set_next_page_token(std::move(exported.page.next_page_token));
          answer.set_total_count(exported.total);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* CheckFirearm(grpc::CallbackServerContext* context,
                                         const v1::CheckFirearmRequest* request,
                                         v1::CheckFirearmResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/CheckFirearm", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const journeys::FirearmChecked checked,
                              firearms().Check(StaffOf(caller), asked.firearm_id()));
          *answer.mutable_record() = wire::ToProto(checked.firearm);
          answer.set_changed(checked.changed);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* AskAboutFirearm(grpc::CallbackServerContext* context,
                                            const v1::AskAboutFirearmRequest* request,
                                            v1::AskAboutFirearmResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/AskAboutFirearm", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::FirearmInquiry inquiry, wire::FromProto(asked, ""));
          PM_ASSIGN_OR_RETURN(const journeys::FirearmAsked done,
                              firearms().AskPartners(StaffOf(caller), inquiry));
          *answer.mutable_record() = wire::ToProto(done.acted.firearm);
          *answer.mutable_receipt() = wire::ToProto(done.acted.receipt);
          for (const std::string& agency : done.silent) answer.add_silent_agencies(agency);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ListFirearmAlerts(grpc::CallbackServerContext* context,
                                              const v1::ListFirearmAlertsRequest* request,
                                              v1::ListFirearmAlertsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/ListFirearmAlerts", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          journeys::AlertFilter filter{.state = std::nullopt, .all = asked.all()};
          PM_ASSIGN_OR_RETURN(filter.state, wire::OptionalAlertState(asked.state(), "state"));
          PM_ASSIGN_OR_RETURN(
              journeys::AlertPage page,
              alerts().List(StaffOf(caller), asked.page_size(), asked.page_token(), filter));
          for (const auto& alert : page.alerts) *answer.add_alerts() = wire::ToProto(alert);
          answer.set_next_page_token(std::move(page.next_page_token));
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* GetFirearmAlert(grpc::CallbackServerContext* context,
                                            const v1::GetFirearmAlertRequest* request,
                                            v1::GetFirearmAlertResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/GetFirearmAlert", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::FirearmAlert alert,
                              alerts().Get(StaffOf(caller), asked.alert_id()));
          *answer.mutable_alert() = wire::ToProto(alert);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* AcknowledgeFirearmAlert(
      grpc::CallbackServerContext* context, const v1::AcknowledgeFirearmAlertRequest* request,
      v1::AcknowledgeFirearmAlertResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/AcknowledgeFirearmAlert", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::AlertAcknowledgement said, wire::FromProto(asked, ""));
          PM_ASSIGN_OR_RETURN(const journeys::AlertActed acted,
                              alerts().Acknowledge(StaffOf(caller), said));
          *answer.mutable_alert() = wire::ToProto(acted.alert);
          *answer.mutable_receipt() = wire::ToProto(acted.receipt);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ReportConformity(grpc::CallbackServerContext* context,
                                             const v1::ReportConformityRequest* request,
                                             v1::ReportConformityResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/ReportConformity", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(std::vector<firearm::Dimension> dimensions, ReadDimensions(asked));
          PM_ASSIGN_OR_RETURN(const firearm::ConformityTally tally,
                              firearms().Report(StaffOf(caller), std::move(dimensions)));
          for (const auto& count : tally.Counts()) Show(count, *answer.add_counts());
          Show(tally.Total(), *answer.mutable_total());
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* LoadCodes(grpc::CallbackServerContext* context,
                                      const v1::LoadCodesRequest* request,
                                      v1::LoadCodesResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/LoadCodes", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const registry::CodeTables::Receipt loaded,
                              rooms_.node.code_tables().Load(StaffOf(caller), asked.list(),
                                                             asked.version(), asked.csv()));
          Show(loaded.loaded, *answer.mutable_list());
          *answer.mutable_receipt() = wire::ToProto(loaded.receipt);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ListCodes(grpc::CallbackServerContext* context,
                                      const v1::ListCodesRequest* request,
                                      v1::ListCodesResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmService/ListCodes", request, response,
        [this](const crypto::SpiffeName&, const auto&, auto& answer) -> absl::Status {
          for (const auto& loaded : rooms_.node.code_tables().List()) {
            Show(loaded, *answer.add_lists());
          }
          return absl::OkStatus();
        });
  }

 private:
  journeys::Firearms& firearms() const { return rooms_.node.firearms(); }
  journeys::Alerts& alerts() const { return rooms_.node.alerts(); }

  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeFirearmService(const ServiceRooms& rooms) {
  return std::make_unique<FirearmService>(rooms);
}

}  // namespace proofmark::rpc
