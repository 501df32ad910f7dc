// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "proofmark/v1/search_service.grpc.pb.h"
#include "proto/wire/search.h"
#include "server/rpc/event_stream.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

using SearchStream = EventStream<v1::SearchCandidatesResponse>;

// Progress that the caller has not yet taken is replaced, so that at most one event a partner, one
// progress and the whole wait.
bool IsLaterProgress(const v1::SearchCandidatesResponse& last,
                     const v1::SearchCandidatesResponse& next) {
  return last.has_progress() && next.has_progress();
}

v1::SearchCandidatesResponse ToEvent(const journeys::SearchEvent& event) {
  v1::SearchCandidatesResponse message;
  if (const auto* progress = std::get_if<wire::SearchProgress>(&event)) {
    *message.mutable_progress() = wire::ToProto(*progress);
  } else {
    *message.mutable_partner() = wire::ToProto(std::get<wire::PartnerResult>(event));
  }
  return message;
}

class SearchService final : public v1::SearchService::CallbackService {
 public:
  explicit SearchService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerWriteReactor<v1::SearchCandidatesResponse>* SearchCandidates(
      grpc::CallbackServerContext* context, const v1::SearchCandidatesRequest* request) override {
    auto* const stream = new SearchStream(IsLaterProgress);
    const bool taken = rooms_.guard.executor().TrySchedule(
        [=, this] { stream->End(Run(*context, *request, *stream)); });
    if (!taken) stream->End(Busy());
    return stream;
  }

  grpc::ServerUnaryReactor* GetSearch(grpc::CallbackServerContext* context,
                                      const v1::GetSearchRequest* request,
                                      v1::GetSearchResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.SearchService/GetSearch", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const wire::Search search,
                              rooms_.node.searches().Get(StaffOf(caller), asked.search_id()));
          *answer.mutable_search() = wire::ToProto(search);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ListSearches(grpc::CallbackServerContext* context,
                                         const v1::ListSearchesRequest* request,
                                         v1::ListSearchesResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.v1.SearchService/ListSearches", request, response,
        [this](const crypto::SpiffeName& caller, const auto& asked, auto& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(
              journeys::SearchPage page,
              rooms_.node.searches().List(StaffOf(caller), asked.page_size(), asked.page_token()));
          for (const wire::Search& search : page.searches) {
            *answer.add_searches() = wire::ToProto(search);
          }
          answer.set_next_page_token(std::move(page.next_page_token));
          return absl::OkStatus();
        });
  }

 private:
  absl::Status Run(const grpc::CallbackServerContext& context,
                   const v1::SearchCandidatesRequest& request, SearchStream& stream) const {
    PM_ASSIGN_OR_RETURN(
        const crypto::SpiffeName caller,
        rooms_.guard.Admit(context, "/proofmark.v1.SearchService/SearchCandidates"));
    PM_ASSIGN_OR_RETURN(const wire::SearchRequest asked, wire::FromProto(request, ""));
    PM_ASSIGN_OR_RETURN(const wire::Search search, rooms_.node.searches().Run(
                                                       StaffOf(caller), asked,
                                                       [&](const journeys::SearchEvent& event) {
                                                         stream.Send(ToEvent(event));
                                                       },
                                                       [&] { return context.IsCancelled(); }));
    v1::SearchCandidatesResponse whole;
    *whole.mutable_search() = wire::ToProto(search);
    stream.Send(std::move(whole));
    return absl::OkStatus();
  }

  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSearchService(const ServiceRooms& rooms) {
  return std::make_unique<SearchService>(rooms);
}

}  // namespace proofmark::rpc
