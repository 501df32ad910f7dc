// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "proofmark/v1/correction_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/correction.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

class CorrectionService final : public v1::CorrectionService::CallbackService {
 public:
  explicit CorrectionService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* CorrectAnswer(grpc::CallbackServerContext* context,
                                          const v1::CorrectAnswerRequest* request,
                                          v1::CorrectAnswerResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.CorrectionService/CorrectAnswer", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::AnswerCorrection correction, wire::FromProto(asked, ""));
          PM_ASSIGN_OR_RETURN(const journeys::CorrectionActed acted,
                              corrections().CorrectAnswer(StaffOf(caller), correction));
          *answer.mutable_file() = wire::ToProto(acted.file);
          *answer.mutable_receipt() = wire::ToProto(acted.receipt);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ListCorrections(grpc::CallbackServerContext* context,
                                            const v1::ListCorrectionsRequest* request,
                                            v1::ListCorrectionsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.CorrectionService/ListCorrections", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          journeys::CorrectionFilter filter{.side = std::nullopt,
                                            .waiting_only = asked.waiting_only()};
          PM_ASSIGN_OR_RETURN(filter.side, wire::OptionalCorrectionSide(asked.side(), "side"));
          PM_ASSIGN_OR_RETURN(
              journeys::CorrectionPage page,
              corrections().List(StaffOf(caller), asked.page_size(), asked.page_token(), filter));
          for (const wire::CorrectionFile& file : page.files) {
            *answer.add_files() = wire::ToProto(file);
          }
          answer.set_next_page_token(std::move(page.next_page_token));
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* GetCorrection(grpc::CallbackServerContext* context,
                                          const v1::GetCorrectionRequest* request,
                                          v1::GetCorrectionResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.CorrectionService/GetCorrection", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::CorrectionFile file,
                              corrections().Get(StaffOf(caller), asked.correction_id()));
          *answer.mutable_file() = wire::ToProto(file);
          return absl::OkStatus();
        });
  }

 private:
  journeys::Corrections& corrections() const { return rooms_.node.corrections(); }

  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeCorrectionService(const ServiceRooms& rooms) {
  return std::make_unique<CorrectionService>(rooms);
}

}  // namespace proofmark::rpc
