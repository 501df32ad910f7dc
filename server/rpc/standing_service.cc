// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "proofmark/v1/standing_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/standing.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

template <typename Response>
absl::Status Show(const absl::StatusOr<journeys::StandingActed>& acted, Response& response) {
  PM_RETURN_IF_ERROR(acted.status());
  *response.mutable_question() = wire::ToProto(acted->question);
  *response.mutable_receipt() = wire::ToProto(acted->receipt);
  return absl::OkStatus();
}

class StandingService final : public v1::StandingService::CallbackService {
 public:
  explicit StandingService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* AddStandingQuestion(
      grpc::CallbackServerContext* context, const v1::AddStandingQuestionRequest* request,
      v1::AddStandingQuestionResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.StandingService/AddStandingQuestion", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::StandingOrder order, wire::FromProto(asked, ""));
          return Show(standing().Add(StaffOf(caller), order), answer);
        });
  }

  grpc::ServerUnaryReactor* GetStandingQuestion(
      grpc::CallbackServerContext* context, const v1::GetStandingQuestionRequest* request,
      v1::GetStandingQuestionResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.StandingService/GetStandingQuestion", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::StandingQuestion question,
                              standing().Get(StaffOf(caller), asked.standing_id()));
          *answer.mutable_question() = wire::ToProto(question);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ListStandingQuestions(
      grpc::CallbackServerContext* context, const v1::ListStandingQuestionsRequest* request,
      v1::ListStandingQuestionsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.StandingService/ListStandingQuestions", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(journeys::StandingPage page,
                              standing().List(StaffOf(caller), asked.page_size(),
                                              asked.page_token(), asked.active_only()));
          for (const wire::StandingQuestion& question : page.questions) {
            *answer.add_questions() = wire::ToProto(question);
          }
          answer.set_next_page_token(std::move(page.next_page_token));
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* StopStandingQuestion(
      grpc::CallbackServerContext* context, const v1::StopStandingQuestionRequest* request,
      v1::StopStandingQuestionResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.StandingService/StopStandingQuestion", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          return Show(standing().Stop(StaffOf(caller), asked.standing_id(), asked.reasons()),
                      answer);
        });
  }

 private:
  journeys::StandingQuestions& standing() const { return rooms_.node.standing_questions(); }

  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeStandingService(const ServiceRooms& rooms) {
  return std::make_unique<StandingService>(rooms);
}

}  // namespace proofmark::rpc
