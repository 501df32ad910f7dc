// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "proofmark/v1/link_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/link.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

template <typename Response>
absl::Status Show(const absl::StatusOr<journeys::LinkActed>& acted, Response& response) {
  PM_RETURN_IF_ERROR(acted.status());
  *response.mutable_link() = wire::ToProto(acted->link);
  *response.mutable_receipt() = wire::ToProto(acted->receipt);
  return absl::OkStatus();
}

class LinkService final : public v1::LinkService::CallbackService {
 public:
  explicit LinkService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* ReviewCandidate(grpc::CallbackServerContext* context,
                                            const v1::ReviewCandidateRequest* request,
                                            v1::ReviewCandidateResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.LinkService/ReviewCandidate", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::CandidateReview review, wire::FromProto(asked, ""));
          return Show(links().Review(StaffOf(caller), review), answer);
        });
  }

  grpc::ServerUnaryReactor* ConcludeLink(grpc::CallbackServerContext* context,
                                         const v1::ConcludeLinkRequest* request,
                                         v1::ConcludeLinkResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.LinkService/ConcludeLink", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::LinkConclusion conclusion, wire::FromProto(asked, ""));
          return Show(links().Conclude(StaffOf(caller), conclusion), answer);
        });
  }

  grpc::ServerUnaryReactor* WithdrawLink(grpc::CallbackServerContext* context,
                                         const v1::WithdrawLinkRequest* request,
                                         v1::WithdrawLinkResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.LinkService/WithdrawLink", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          return Show(links().Withdraw(StaffOf(caller), asked.link_id(), asked.reasons()), answer);
        });
  }

  grpc::ServerUnaryReactor* GetLink(grpc::CallbackServerContext* context,
                                    const v1::GetLinkRequest* request,
                                    v1::GetLinkResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.LinkService/GetLink", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::Link link, links().Get(StaffOf(caller), asked.link_id()));
          *answer.mutable_link() = wire::ToProto(link);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ListLinks(grpc::CallbackServerContext* context,
                                      const v1::ListLinksRequest* request,
                                      v1::ListLinksResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.LinkService/ListLinks", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const std::optional<records::LinkState> state,
                              wire::OptionalLinkState(asked.state(), "state"));
          PM_ASSIGN_OR_RETURN(
              journeys::LinkPage page,
              links().List(StaffOf(caller), asked.page_size(), asked.page_token(), state));
          for (const wire::Link& link : page.links) *answer.add_links() = wire::ToProto(link);
          answer.set_next_page_token(std::move(page.next_page_token));
          return absl::OkStatus();
        });
  }

 private:
  journeys::Links& links() const { return rooms_.node.links(); }

  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeLinkService(const ServiceRooms& rooms) {
  return std::make_unique<LinkService>(rooms);
}

}  // namespace proofmark::rpc
