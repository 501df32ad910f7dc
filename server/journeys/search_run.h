// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/wire/search.h"
#include "proto/wire/stored.h"
#include "server/exchange/peer_outcome.h"
#include "server/exchange/question_log.h"
#include "server/federation/agreement.h"
#include "server/federation/caller.h"
#include "server/journeys/inbox.h"
#include "server/journeys/search.h"

namespace proofmark::journeys {

// The candidates with their exhibits' labels as they are now; empty after an erasure.
absl::StatusOr<wire::LocalResult> JoinLabels(const registry::ExhibitRegistry& registry,
                                             wire::LocalResult local);

// One search under way: the steps of Searches, in their order. Used once, by one thread; what runs
// beside that thread reports through the inbox.
class SearchRun {
 public:
  SearchRun(const SearchRooms& rooms, exchange::QuestionLog& questions,
            const ReceivedMaterial& received, const federation::Caller& caller,
            const wire::SearchRequest& request,
            const std::function<void(const SearchEvent&)>& on_event,
            const std::function<bool()>& cancelled);
  ~SearchRun();

  // Contract: Searches::Run. The result is not kept yet.
  absl::StatusOr<wire::Search> Run();

 private:
  using Time = std::chrono::steady_clock::time_point;

  // One partner's question, from before it is sent until its outcome is logged.
  struct Question {
    const federation::Partner* partner = nullptr;
    crypto::Envelope envelope;
    exchange::AskedQuestion asked;
    exchange::OpenQuestion open;
    std::optional<Time> sent;  // Absent while it waits for its turn.
    Time deadline;             // Of the whole search until it is sent.
    bool closed = false;
  };

  absl::Status Prepare();
  absl::Status ChoosePartners();
  absl::Status Ask();
  absl::StatusOr<federation::AgreementDecision> MayAsk(const federation::Partner& partner) const;
  absl::Status Refuse(const federation::Partner& partner, std::string_view refusal_code,
                      std::string_view reason);
  absl::Status OpenQuestion(const federation::Partner& partner);
  records::EntryDraft DraftOf(std::string_view peer, const crypto::ExchangeId& exchange) const;
  absl::Status LeaveOut(const federation::Partner& partner);
  absl::Status LogLeftOut(const federation::Partner& partner, std::string_view code,
                          wire::PartnerResult result);
  void StartLocal();
  // Sends questions in their order while fewer than so many are under way.
  void SendNext();
  void Send(std::size_t index);

  absl::Status Collect();
  absl::Status Take(Report report);
  absl::Status TakeLocal(absl::StatusOr<match::FoundExhibits> found);
  absl::Status TakePeer(PeerReport report);
  absl::Status CloseOverdue();
  absl::Status CloseRest(std::string_view code);
  absl::Status CloseQuestion(Question& question, exchange::PeerOutcome outcome, Time came);
  bool IsDone() const;

  // Constant after construction.
  const SearchRooms& rooms_;
  exchange::QuestionLog& questions_;
  const ReceivedMaterial& received_;
  const federation::Caller& caller_;
  const wire::SearchRequest& request_;
  const std::function<void(const SearchEvent&)>& on_event_;
  const std::function<bool()>& cancelled_;
  const Time begun_;
  const Time deadline_;

  // Used by the search's own thread; the local search reads exhibit_.
  wire::StoredExhibit exhibit_;
  std::string case_commitment_;  // 64 hexadecimal digits.
  std::string object_;
  std::vector<const federation::Partner*> chosen_;
  std::vector<Question> asked_;
  std::size_t sent_count_ = 0;  // Of asked_, from the first.
  int under_way_ = 0;
  std::optional<exchange::OpenQuestion> local_open_;
  wire::Search search_;

  // Do their own locking.
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  std::atomic<bool> stopped_{false};
  std::jthread local_;  // Last: it uses what stands above.
};

}  // namespace proofmark::journeys
