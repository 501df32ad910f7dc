// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "proofmark/v1/firearm_question_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/firearm_check.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

class FirearmQuestionService final : public v1::FirearmQuestionService::CallbackService {
 public:
  explicit FirearmQuestionService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* AskPartners(grpc::CallbackServerContext* context,
                                        const v1::AskPartnersRequest* request,
                                        v1::AskPartnersResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmQuestionService/AskPartners", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::FirearmCheckRequest wanted, wire::FromProto(asked, ""));
          PM_ASSIGN_OR_RETURN(const wire::FirearmChecked checked,
                              rooms_.node.firearm_questions().Ask(StaffOf(caller), wanted));
          *answer.mutable_checked() = wire::ToProto(checked);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* AddAlarmTest(grpc::CallbackServerContext* context,
                                         const v1::AddAlarmTestRequest* request,
                                         v1::AddAlarmTestResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmQuestionService/AddAlarmTest", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(wire::KeptAlarmTest test, wire::FromProto(asked.test(), "test"));
          if (!test.id.empty()) {
            return absl::InvalidArgumentError("test.test_id: is given here, not by the caller");
          }
          PM_ASSIGN_OR_RETURN(const registry::AlarmTests::Added added,
                              rooms_.node.alarm_tests().Add(StaffOf(caller), std::move(test)));
          *answer.mutable_test() = wire::ToProto(added.kept);
          *answer.mutable_receipt() = wire::ToProto(added.receipt);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ListAlarmTests(grpc::CallbackServerContext* context,
                                           const v1::ListAlarmTestsRequest* request,
                                           v1::ListAlarmTestsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmQuestionService/ListAlarmTests", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const registry::AlarmTests::Page page,
                              rooms_.node.alarm_tests().List(StaffOf(caller), asked.page_size(),
                                                             asked.page_token()));
          for (const wire::KeptAlarmTest& kept : page.tests) {
            *answer.add_tests() = wire::ToProto(kept);
          }
          answer.set_next_page_token(page.next_page_token);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ListFirearmNotices(grpc::CallbackServerContext* context,
                                               const v1::ListFirearmNoticesRequest* request,
                                               v1::ListFirearmNoticesResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.FirearmQuestionService/ListFirearmNotices", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const journeys::FirearmNotices::Page page,
                              rooms_.node.firearm_notices().List(StaffOf(caller), asked.page_size(),
                                                                 asked.page_token()));
          for (const wire::ReceivedFirearmNotice& notice : page.notices) {
            *answer.add_notices() = wire::ToProto(notice);
          }
          answer.set_next_page_token(page.next_page_token);
          return absl::OkStatus();
        });
  }

 private:
  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeFirearmQuestionService(const ServiceRooms& rooms) {
  return std::make_unique<FirearmQuestionService>(rooms);
}

}  // namespace proofmark::rpc
