// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "proofmark/v1/witness_service.grpc.pb.h"
#include "server/rpc/ledger_messages.h"
#include "server/rpc/services.h"

namespace proofmark::rpc {
namespace {

constexpr std::size_t kOriginBytesMax = 512;

class WitnessService final : public v1::WitnessService::CallbackService {
 public:
  explicit WitnessService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* AddCheckpoint(grpc::CallbackServerContext* context,
                                          const v1::AddCheckpointRequest* request,
                                          v1::AddCheckpointResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.WitnessService/AddCheckpoint", request, response,
        [this](const crypto::SpiffeName& /*caller*/, const v1::AddCheckpointRequest& asked,
               v1::AddCheckpointResponse& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(ledger::WitnessBook::Answer decided,
                              rooms_.node.witness().AddCheckpoint(asked.body()));
          answer.set_status(static_cast<std::int32_t>(decided.status));
          answer.set_body(std::move(decided.body));
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* GetWitnessedCheckpoint(
      grpc::CallbackServerContext* context, const v1::GetWitnessedCheckpointRequest* request,
      v1::GetWitnessedCheckpointResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.WitnessService/GetWitnessedCheckpoint", request, response,
        [this](const crypto::SpiffeName& caller, const v1::GetWitnessedCheckpointRequest& asked,
               v1::GetWitnessedCheckpointResponse& answer) -> absl::Status {
          if (asked.origin().size() > kOriginBytesMax) {
            return absl::InvalidArgumentError(absl::StrFormat(
                "origin: %d bytes, at most %d", asked.origin().size(), kOriginBytesMax));
          }
          // How far an agency's ledger has come is the agency's own business.
          if (!asked.origin().starts_with(caller.domain() + "/")) {
            return absl::PermissionDeniedError("origin: not of the caller's agency");
          }
          PM_ASSIGN_OR_RETURN(std::optional<std::string> note,
                              rooms_.node.witness().Cosigned(asked.origin()));
          if (note) answer.set_checkpoint(*std::move(note));
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ListSharedEntries(grpc::CallbackServerContext* context,
                                              const v1::ListSharedEntriesRequest* request,
                                              v1::ListSharedEntriesResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.WitnessService/ListSharedEntries", request, response,
        [this](const crypto::SpiffeName& caller, const v1::ListSharedEntriesRequest& asked,
               v1::ListSharedEntriesResponse& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const std::int64_t limit, ReadPageSize(asked.page_size()));
          PM_ASSIGN_OR_RETURN(
              const ledger::EntryPage page,
              rooms_.node.ledger().ReadMatching({.peer = caller.uri()}, asked.from_index(), limit));
          for (const ledger::StoredEntry& entry : page.entries) {
            *answer.add_entries() = ToProto(entry);
          }
          if (page.next_index) answer.set_next_index(*page.next_index);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ReportFork(grpc::CallbackServerContext* context,
                                       const v1::ReportForkRequest* request,
                                       v1::ReportForkResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.WitnessService/ReportFork", request, response,
        [this](const crypto::SpiffeName& caller, const v1::ReportForkRequest& told,
               v1::ReportForkResponse& /*answer*/) -> absl::Status {
          const absl::Status taken =
              rooms_.node.witness().TakeReport(told.first_note(), told.second_note());
          base::Log(
              base::LogSeverity::kWarning,
              absl::StrFormat("%s tells of a fork: %s", caller.uri(),
                              taken.ok() ? "its evidence is good" : std::string(taken.message())));
          return taken;
        });
  }

 private:
  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeWitnessService(const ServiceRooms& rooms) {
  return std::make_unique<WitnessService>(rooms);
}

}  // namespace proofmark::rpc
