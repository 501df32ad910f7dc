// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "proofmark/v1/lookup_service.grpc.pb.h"
#include "proto/wire/lookup.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

class LookupService final : public v1::LookupService::CallbackService {
 public:
  explicit LookupService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* LookUpFirearm(grpc::CallbackServerContext* context,
                                          const v1::LookUpFirearmRequest* request,
                                          v1::LookUpFirearmResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.LookupService/LookUpFirearm", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::FirearmLookupRequest wanted, wire::FromProto(asked, ""));
          PM_ASSIGN_OR_RETURN(const wire::FirearmLookup lookup,
                              rooms_.node.lookups().LookUp(StaffOf(caller), wanted));
          *answer.mutable_lookup() = wire::ToProto(lookup);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* AskAboutHit(grpc::CallbackServerContext* context,
                                        const v1::AskAboutHitRequest* request,
                                        v1::AskAboutHitResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.LookupService/AskAboutHit", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::HitRequest wanted, wire::FromProto(asked, ""));
          const federation::Caller staff = StaffOf(caller);
          if (!wanted.firearm_id.empty()) {
            // Before anybody is told anything.
            PM_RETURN_IF_ERROR(rooms_.node.firearm_registry().Load(wanted.firearm_id).status());
          }
          PM_ASSIGN_OR_RETURN(const wire::HitAnswer said,
                              rooms_.node.lookups().AskAboutHit(staff, wanted));
          if (!wanted.firearm_id.empty() && said.record) {
            PM_RETURN_IF_ERROR(rooms_.node.firearms()
                                   .AddSighting(staff, wanted.firearm_id, wanted.agency,
                                                said.record->state_group, said.record->reference)
                                   .status());
          }
          answer = wire::ToProto(said);
          return absl::OkStatus();
        });
  }

 private:
  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeLookupService(const ServiceRooms& rooms) {
  return std::make_unique<LookupService>(rooms);
}

}  // namespace proofmark::rpc
