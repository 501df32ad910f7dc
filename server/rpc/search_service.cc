// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <optional>

#include "base/status.h"
#include "proofmark/v1/search_service.grpc.pb.h"
#include "proto/wire/search.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

// One stream of events to a caller: the journey's thread adds, gRPC sends one at a time. Progress
// that the caller has not yet taken is replaced, so the queue holds at most one event a partner,
// one progress and the whole. Deletes itself when gRPC is done with it, which may be before
// Finish() returns: that is called last and without the lock.
class EventStream final : public grpc::ServerWriteReactor<v1::SearchCandidatesResponse> {
 public:
  void Send(v1::SearchCandidatesResponse event) {
    base::MutexLock lock(mutex_);
    if (event.has_progress() && !queue_.empty() && queue_.back().has_progress() &&
        !(writing_ && queue_.size() == 1)) {
      queue_.back() = std::move(event);
    } else {
      queue_.push_back(std::move(event));
    }
    WriteNext();
  }

  // After this nothing is added. The status goes out when everything before it did.
  void End(const absl::Status& status) {
    {
      base::MutexLock lock(mutex_);
      if (writing_) {
        end_ = ToGrpc(status);
        return;
      }
    }
    Finish(ToGrpc(status));
  }

  void OnWriteDone(bool ok) override {
    std::optional<grpc::Status> end;
    {
      base::MutexLock lock(mutex_);
      writing_ = false;
      queue_.pop_front();
      if (!ok) queue_.clear();
      WriteNext();
      if (!writing_) end.swap(end_);
    }
    if (end) Finish(*std::move(end));
  }

  void OnDone() override { delete this; }

 private:
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || queue_.empty()) return;
    writing_ = true;
    StartWrite(&queue_.front());
  }

  base::Mutex mutex_;
  // The front is being written while `writing_`; a deque keeps its address.
  std::deque<v1::SearchCandidatesResponse> queue_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);  // What waits for the queue.
};

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
    auto* const stream = new EventStream();
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
                   const v1::SearchCandidatesRequest& request, EventStream& stream) const {
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
