// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "proofmark/v1/details_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/details.h"
#include "server/rpc/event_stream.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

using ExportStream = EventStream<v1::ExportDetailsResponse>;

// Of a caller that takes its time.
constexpr std::size_t kChunksWaitingMax = 2;

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

  grpc::ServerWriteReactor<v1::ExportDetailsResponse>* ExportDetails(
      grpc::CallbackServerContext* context, const v1::ExportDetailsRequest* request) override {
    auto* const stream = new ExportStream();
    const bool taken = rooms_.guard.executor().TrySchedule(
        [=, this] { stream->End(Export(*context, *request, *stream)); });
    if (!taken) stream->End(Busy());
    return stream;
  }

 private:
  journeys::Details& details() const { return rooms_.node.details(); }

  absl::Status Export(const grpc::CallbackServerContext& context,
                      const v1::ExportDetailsRequest& request, ExportStream& stream) const {
    PM_ASSIGN_OR_RETURN(const crypto::SpiffeName caller,
                        rooms_.guard.Admit(context, "/proofmark.v1.DetailsService/ExportDetails"));
    PM_ASSIGN_OR_RETURN(const wire::ResultUse use, wire::FromProto(request.use(), "use"));
    PM_ASSIGN_OR_RETURN(const journeys::DetailsExported exported,
                        details().Export(StaffOf(caller), request.request_id(), use));
    v1::ExportDetailsResponse first;
    PM_RETURN_IF_ERROR(Show(exported.acted, *first.mutable_details()));
    first.mutable_details()->set_use(request.use());
    stream.Send(std::move(first));
    return exported.read_scans([&](std::string_view bytes) -> absl::Status {
      v1::ExportDetailsResponse next;
      next.set_chunk(std::string(bytes));
      if (stream.SendInTurn(std::move(next), kChunksWaitingMax)) return absl::OkStatus();
      return absl::CancelledError("the caller is gone or takes nothing");
    });
  }

  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDetailsService(const ServiceRooms& rooms) {
  return std::make_unique<DetailsService>(rooms);
}

}  // namespace proofmark::rpc
