// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "proofmark/v1/federation_service.grpc.pb.h"
#include "server/rpc/services.h"

namespace proofmark::rpc {
namespace {

class FederationService final : public v1::FederationService::CallbackService {
 public:
  explicit FederationService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* GetDescriptors(grpc::CallbackServerContext* context,
                                           const v1::GetDescriptorsRequest* request,
                                           v1::GetDescriptorsResponse* response) override {
    return rooms_.guard.Unary(
        context, kGetDescriptorsMethod, request, response,
        [this](const crypto::SpiffeName& /*caller*/, const v1::GetDescriptorsRequest& asked,
               v1::GetDescriptorsResponse& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(std::vector<std::string> notes,
                              rooms_.node.federation().book().NotesFrom(asked.have_version()));
          for (std::string& note : notes) answer.add_notes(std::move(note));
          return absl::OkStatus();
        });
  }

 private:
  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeFederationService(const ServiceRooms& rooms) {
  return std::make_unique<FederationService>(rooms);
}

}  // namespace proofmark::rpc
