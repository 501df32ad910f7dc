// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "proofmark/v1/details_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/details.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

template <typename Response>
absl::Status Show(const absl::StatusOr<journeys::DetailsActed>& acted, Response& response) {
  PM_RETURN_IF_ERROR(acted.status());
  *response.mutable_file() = wire::ToProto(acted->file);
  *response.mutable_receipt() = wire::ToProto(acted->receipt);
  return absl::OkStatus();
}

class DetailsService final : public v1::DetailsService::CallbackService {
 public:
  explicit DetailsService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* RequestDetails(grpc::CallbackServerContext* context,
                                           const v1::RequestDetailsRequest* request,
                                           v1::RequestDetailsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.DetailsService/RequestDetails", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::DetailsOrder order, wire::FromProto(asked, ""));
          return Show(details().Request(StaffOf(caller), order), answer);
        });
  }

  grpc::ServerUnaryReactor* ListDetails(grpc::CallbackServerContext* context,
                                        const v1::ListDetailsRequest* request,
                                        v1::ListDetailsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.DetailsService/ListDetails", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          journeys::DetailsFilter filter{.side = std::nullopt, .open_only = asked.open_only()};
          PM_ASSIGN_OR_RETURN(filter.side, wire::OptionalDetailsSide(asked.side(), "side"));
          PM_ASSIGN_OR_RETURN(
              journeys::DetailsPage page,
              details().List(StaffOf(caller), asked.page_size(), asked.page_token(), filter));
          for (const wire::DetailsFile& file : page.files) {
            *answer.add_files() = wire::ToProto(file);
          }
          answer.set_next_page_token(std::move(page.next_page_token));
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* GetDetails(grpc::CallbackServerContext* context,
                                       const v1::GetDetailsRequest* request,
                                       v1::GetDetailsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.DetailsService/GetDetails", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::DetailsFile file,
                              details().Get(StaffOf(caller), asked.request_id()));
          *answer.mutable_file() = wire::ToProto(file);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* DecideDetails(grpc::CallbackServerContext* context,
                                          const v1::DecideDetailsRequest* request,
                                          v1::DecideDetailsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.DetailsService/DecideDetails", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::DetailsVerdict verdict, wire::FromProto(asked, ""));
          return Show(details().Decide(StaffOf(caller), verdict), answer);
        });
  }

  grpc::ServerUnaryReactor* AcknowledgeHandling(
      grpc::CallbackServerContext* context, const v1::AcknowledgeHandlingRequest* request,
      v1::AcknowledgeHandlingResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.DetailsService/AcknowledgeHandling", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          return Show(details().Acknowledge(StaffOf(caller), asked.request_id()), answer);
        });
  }

  grpc::ServerUnaryReactor* RecordPermission(grpc::CallbackServerContext* context,
                                             const v1::RecordPermissionRequest* request,
                                             v1::RecordPermissionResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.DetailsService/RecordPermission", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::Permission permission, wire::FromProto(asked, ""));
          return Show(details().Permit(StaffOf(caller), permission), answer);
        });
  }

  grpc::ServerUnaryReactor* ExportDetails(grpc::CallbackServerContext* context,
                                          const v1::ExportDetailsRequest* request,
                                          v1::ExportDetailsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.DetailsService/ExportDetails", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::ResultUse use, wire::FromProto(asked.use(), "use"));
          PM_RETURN_IF_ERROR(
              Show(details().Export(StaffOf(caller), asked.request_id(), use), answer));
          answer.set_use(asked.use());
          return absl::OkStatus();
        });
  }

 private:
  journeys::Details& details() const { return rooms_.node.details(); }

  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDetailsService(const ServiceRooms& rooms) {
  return std::make_unique<DetailsService>(rooms);
}

}  // namespace proofmark::rpc
