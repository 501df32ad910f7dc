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

  grpc::ServerUnaryReactor* Exchange(grpc::CallbackServerContext* context,
                                     const v1::ExchangeRequest* request,
                                     v1::ExchangeResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.ExchangeService/Exchange", request, response,
        [this, context](const crypto::SpiffeName& caller, const v1::ExchangeRequest& asked,
                        v1::ExchangeResponse& answered) -> absl::Status {
          PM_ASSIGN_OR_RETURN(crypto::Envelope message,
                              wire::FromProto(asked.message(), "message"));
          const auto left = context->deadline() - std::chrono::system_clock::now();
          const exchange::AnswerLimits limits{
              .deadline = std::chrono::steady_clock::now() +
                          std::min<std::chrono::nanoseconds>(left, kAnswerTimeMax),
              .cancelled = [context] { return context->IsCancelled(); }};
          PM_ASSIGN_OR_RETURN(const exchange::ReleasedAnswer answer,
                              rooms_.node.reception().Receive({caller.domain(), caller.uri()},
                                                              std::move(message), limits));
          *answered.mutable_answer() = wire::ToProto(answer.envelope);
          *answered.mutable_receipt() = wire::ToProto(answer.receipt);
          return absl::OkStatus();
        },
        Guard::Leaves::kInItsSlot);
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
