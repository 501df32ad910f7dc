// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "base/status.h"
#include "proofmark/v1/exchange_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/envelope.h"
#include "server/rpc/services.h"

namespace proofmark::rpc {
namespace {

class ExchangeService final : public v1::ExchangeService::CallbackService {
 public:
  explicit ExchangeService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* AskMatch(grpc::CallbackServerContext* context,
                                     const v1::AskMatchRequest* request,
                                     v1::AskMatchResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.ExchangeService/AskMatch", request, response,
        [this, context](const crypto::SpiffeName& caller, const v1::AskMatchRequest& asked,
                        v1::AskMatchResponse& answered) -> absl::Status {
          PM_ASSIGN_OR_RETURN(crypto::Envelope question,
                              wire::FromProto(asked.question(), "question"));
          const auto left = context->deadline() - std::chrono::system_clock::now();
          const journeys::AnswerLimits limits{
              .deadline = std::chrono::steady_clock::now() +
                          std::min<std::chrono::nanoseconds>(left, kAnswerTimeMax),
              .cancelled = [context] { return context->IsCancelled(); }};
          PM_ASSIGN_OR_RETURN(const journeys::ReleasedAnswer answer,
                              rooms_.node.answering().Answer({caller.domain(), caller.uri()},
                                                             std::move(question), limits));
          *answered.mutable_answer() = wire::ToProto(answer.envelope);
          *answered.mutable_receipt() = wire::ToProto(answer.receipt);
          return absl::OkStatus();
        });
  }

 private:
  // A caller that sets no deadline waits no longer than this.
  static constexpr std::chrono::minutes kAnswerTimeMax{10};

  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeExchangeService(const ServiceRooms& rooms) {
  return std::make_unique<ExchangeService>(rooms);
}

}  // namespace proofmark::rpc
