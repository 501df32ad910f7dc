// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/envelope/envelope.h"
#include "server/exchange/federation_keeper.h"
#include "server/exchange/peer_outcome.h"
#include "server/exchange/question_log.h"
#include "server/federation/agreement.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"
#include "server/federation/peer_client.h"
#include "server/ledger/case_commitments.h"
#include "server/ledger/ledger.h"
#include "server/ledger/witness_book.h"
#include "server/store/store.h"

namespace proofmark::exchange {

// What questions to partners work with. All must outlive them.
struct AskingRooms {
  store::Store& store;
  ledger::Ledger& ledger;
  ledger::CaseCommitments& commitments;
  const federation::NodeIdentity& identity;
  const federation::Partners& partners;
  const FederationKeeper& federation;
  const ledger::WitnessBook& witness;
  federation::PeerClient& peers;
  const base::Clock& clock;
  base::Random& random;
  int partners_at_once = 32;  // >= 1.
};

// Why partners are asked, and for what: the same in every question of one request.
struct AskingReason {
  federation::Service service = federation::Service::kMatch;
  std::string purpose;
  std::string offence;       // May be empty,
  std::string subject_role;  // as this.
  std::string actor;         // Pseudonym.
};

// A question that was sent and what came of it, as far as its envelope tells.
struct Asked {
  AskedQuestion asked;
  OpenQuestion open;
  absl::StatusOr<federation::PeerAnswer> answer;
  std::int64_t came_unix_ms = 0;
  std::optional<crypto::VerifiedEnvelope> verified;  // Absent: `outcome` says why.
  PeerOutcome outcome;
};

// One request of an examiner, of however many partners: for each, whether it may be asked; the
// signed question, its entry `query-out`, the answer as far as it is believed, its entry
// `answer-in`. Used on one thread until Prepare() returned, then on several.
class Asking {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `rooms` and `questions` must outlive it.
  Asking(const AskingRooms& rooms, QuestionLog& questions, AskingReason reason,
         std::int64_t deadline_ms)
      : rooms_(rooms),
        questions_(questions),
        reason_(std::move(reason)),
        deadline_(rooms_.clock.Steady() + std::chrono::milliseconds(deadline_ms)) {}

  // Before the first question: `value` is what is asked about, which entries commit to.
  //   kInvalidArgument  a code of no list.
  absl::Status Prepare(std::string_view case_reference, std::string_view label,
                       std::string_view value);

  const AskingReason& reason() const { return reason_; }
  // 64 hexadecimal digits. After Prepare().
  const std::string& case_commitment() const { return case_commitment_; }
  Time DeadlineOf(const federation::Partner& partner) const {
    return std::min(deadline_, rooms_.clock.Steady() + partner.timeout);
  }

  // What became of a partner that our own rules do not let us ask, or whose ledger was proven
  // forked: that too is an entry. nullopt: it may be asked.
  absl::StatusOr<std::optional<wire::PartnerResult>> LeaveOut(const federation::Partner& partner);

  // Signs, logs, sends and waits; what came is still to be read and closed.
  //   of_case  the question carries the case's commitment.
  //   beside   what becomes durable with the entry; may be empty.
  using Beside = std::function<void(const crypto::ExchangeId&, store::Mutations&)>;
  absl::StatusOr<Asked> Ask(const federation::Partner& partner, std::string_view type,
                            std::string_view answer_type, std::string payload, bool of_case,
                            const Beside& beside = nullptr);
  // Entry `answer-in`; without elapsed time. Who came out as forked meanwhile counts for nothing.
  absl::StatusOr<wire::PartnerResult> Close(const federation::Partner& partner, Asked& asked);

  absl::Status RaiseAlarm(const federation::Partner& partner, const AskedQuestion& asked,
                          std::string_view code);

 private:
  const AskingRooms& rooms_;
  QuestionLog& questions_;
  const AskingReason reason_;
  const Time deadline_;
  // Constant after Prepare().
  std::string case_commitment_;
  std::string object_;  // 64 hexadecimal digits.
};

// The partners of these domains, all when there are none; by domain.
//   kNotFound  one is not known.
absl::StatusOr<std::vector<const federation::Partner*>> ChoosePartners(
    const federation::Partners& partners, const std::vector<std::string>& domains);

// What `ask` makes of each, so many at once; in their order. Blocks.
template <typename Result, typename Ask>
absl::StatusOr<std::vector<Result>> AskEach(const std::vector<const federation::Partner*>& chosen,
                                            int at_once, const Ask& ask) {
  std::vector<absl::StatusOr<Result>> results(chosen.size(), absl::UnknownError("not asked"));
  std::atomic<std::size_t> next{0};
  {
    std::vector<std::jthread> workers;
    const std::size_t count = std::min(chosen.size(), static_cast<std::size_t>(at_once));
    for (std::size_t worker = 0; worker < count; ++worker) {
      workers.emplace_back([&] {
        for (std::size_t i = next++; i < chosen.size(); i = next++) results[i] = ask(*chosen[i]);
      });
    }
  }
  std::vector<Result> made;
  for (absl::StatusOr<Result>& result : results) {
    if (!result.ok()) return result.status();
    made.push_back(*std::move(result));
  }
  return made;
}

}  // namespace proofmark::exchange
