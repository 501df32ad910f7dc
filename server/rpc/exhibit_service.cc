// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "proofmark/v1/exhibit_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/exhibit.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

class ExhibitService final : public v1::ExhibitService::CallbackService {
 public:
  explicit ExhibitService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* GetExhibit(grpc::CallbackServerContext* context,
                                       const v1::GetExhibitRequest* request,
                                       v1::GetExhibitResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.ExhibitService/GetExhibit", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(
              const wire::ExhibitView view,
              exhibits().Get(StaffOf(caller), asked.exhibit_id(), asked.include_signature()));
          *answer.mutable_exhibit() = wire::ToProto(view);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ListExhibits(grpc::CallbackServerContext* context,
                                         const v1::ListExhibitsRequest* request,
                                         v1::ListExhibitsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.ExhibitService/ListExhibits", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(registry::ExhibitPage page,
                              exhibits().List(StaffOf(caller), asked.page_size(),
                                              asked.page_token(), asked.include_withdrawn()));
          for (const wire::ExhibitView& view : page.exhibits) {
            *answer.add_exhibits() = wire::ToProto(view);
          }
          answer.set_next_page_token(std::move(page.next_page_token));
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* WithdrawExhibit(grpc::CallbackServerContext* context,
                                            const v1::WithdrawExhibitRequest* request,
                                            v1::WithdrawExhibitResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.ExhibitService/WithdrawExhibit", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(
              journeys::ExhibitWithdrawn acted,
              exhibits().Withdraw(StaffOf(caller), asked.exhibit_id(), asked.reason()));
          *answer.mutable_exhibit() = wire::ToProto(acted.withdrawn.view);
          *answer.mutable_receipt() = wire::ToProto(acted.withdrawn.receipt);
          answer.set_correction_id(std::move(acted.correction_id));
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* CorrectExhibit(grpc::CallbackServerContext* context,
                                           const v1::CorrectExhibitRequest* request,
                                           v1::CorrectExhibitResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.ExhibitService/CorrectExhibit", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          registry::ExhibitStatement stated;
          PM_ASSIGN_OR_RETURN(stated.characteristics,
                              wire::FromProto(asked.characteristics(), "characteristics"));
          PM_ASSIGN_OR_RETURN(stated.identity, wire::FromProto(asked.identity(), "identity"));
          PM_ASSIGN_OR_RETURN(
              journeys::ExhibitCorrected acted,
              exhibits().Correct(StaffOf(caller), asked.exhibit_id(), stated, asked.reason()));
          *answer.mutable_exhibit() = wire::ToProto(acted.corrected.view);
          *answer.mutable_receipt() = wire::ToProto(acted.corrected.receipt);
          answer.set_correction_id(std::move(acted.correction_id));
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ResolveHandle(grpc::CallbackServerContext* context,
                                          const v1::ResolveHandleRequest* request,
                                          v1::ResolveHandleResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.ExhibitService/ResolveHandle", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(registry::ResolvedHandle resolved,
                              exhibits().ResolveHandle(StaffOf(caller), asked.handle()));
          *answer.mutable_exhibit() = wire::ToProto(resolved.view);
          answer.set_exchange_id(std::move(resolved.exchange_id));
          answer.set_asking_agency(std::move(resolved.asking_agency));
          return absl::OkStatus();
        });
  }

 private:
  journeys::Exhibits& exhibits() const { return rooms_.node.exhibits(); }

  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeExhibitService(const ServiceRooms& rooms) {
  return std::make_unique<ExhibitService>(rooms);
}

}  // namespace proofmark::rpc
