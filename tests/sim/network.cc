// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/network.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "proto/wire/envelope.h"
#include "proto/wire/match.h"
#include "tests/sim/watch.h"

namespace proofmark::sim {
namespace {

constexpr std::int64_t kQuickMs = 40;
constexpr std::int64_t kLateMs = 60'000;
constexpr std::int64_t kRoundMs = 2'000;  // How long witnesses and others are waited for.
constexpr std::size_t kOverheardMax = 32;
// The question of a start what witnesses remember.
constexpr std::string_view kGetCheckpoint = "get-checkpoint";

std::pair<int, int> Pair(int one, int other) { return std::minmax(one, other); }

std::string SizeOf(std::string_view bytes) { return absl::StrFormat("%d bytes", bytes.size()); }

std::string BytesOf(const crypto::Envelope& envelope) {
  absl::StatusOr<std::string> bytes = wire::Serialise(envelope);
  PM_CHECK(bytes.ok());
  return *std::move(bytes);
}

}  // namespace

struct Network::Call {
  std::string_view what;
  int from = 0;
  int to = 0;
  std::int64_t deadline_ms = 0;
  // At the receiver: what it does, and what the caller gets if that comes back.
  std::function<Delivery(node::Node&)> serve;
  std::function<void(absl::Status)> fail;
  std::shared_ptr<Scheduler::Task> task;
  bool settled = false;
};

class Network::Port final : public federation::PeerClient {
 public:
  Port(Network& network, int from) : network_(network), from_(from) {}

  using Partner = federation::Partner;
  using Time = std::chrono::steady_clock::time_point;

  void Exchange(const Partner& partner, const crypto::Envelope& message, Time deadline,
                Callback done) override {
    crypto::Envelope sent = message;
    if (network_.on_message) network_.on_message(from_, sent);
    const int to = network_.NumberOf(partner.node_id);
    const std::int64_t deadline_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline.time_since_epoch()).count();
    network_.watch_.Sent(from_, BytesOf(sent));
    auto call = Make("message", to, done);
    call->deadline_ms = deadline_ms;
    call->serve = [this, to, sent, deadline_ms, done](node::Node& node) -> Delivery {
      absl::StatusOr<exchange::ReleasedAnswer> released =
          network_.Receive(from_, to, node, sent, deadline_ms);
      if (!released.ok()) return [done, why = released.status()] { done(why); };
      if (network_.on_return) network_.on_return(*released);
      return [done, answer = *std::move(released)] {
        done(federation::PeerAnswer{.envelope = answer.envelope, .receipt = answer.receipt});
      };
    };
    Network::Overheard overheard{.from = from_, .to = to, .message = sent};
    if (network_.overheard_.size() < kOverheardMax) {
      network_.overheard_.push_back(std::move(overheard));
    } else {
      network_.overheard_[network_.heard_++ % kOverheardMax] = std::move(overheard);
    }
    network_.Start(std::move(call), message.type == wire::kMatchQuestionType);
  }

  void AddCheckpoint(const Partner& partner, const std::string& asked, Time /*deadline*/,
                     WitnessCallback done) override {
    const int to = network_.NumberOf(partner.node_id);
    std::string body = asked;
    if (network_.on_checkpoint) network_.on_checkpoint(from_, to, body);
    network_.watch_.Sent(from_, body);
    network_.watch_.Signed(body);
    auto call = Make("add-checkpoint", to, done);
    call->serve = [this, to, body, done](node::Node& node) -> Delivery {
      const absl::StatusOr<ledger::WitnessBook::Answer> answer = node.witness().AddCheckpoint(body);
      if (!answer.ok()) return [done, why = answer.status()] { done(why); };
      network_.watch_.Cosigned(to, body, *answer);
      network_.watch_.Sent(to, answer->body);
      return [done, answer = *answer] {
        done(federation::WitnessAnswer{.status = static_cast<int>(answer.status),
                                       .body = answer.body});
      };
    };
    network_.Start(std::move(call), false);
  }

  void GetWitnessedCheckpoint(const Partner& partner, const std::string& origin, Time /*deadline*/,
                              NoteCallback done) override {
    auto call = Make(kGetCheckpoint, network_.NumberOf(partner.node_id), done);
    call->serve = [this, origin, done](node::Node& node) -> Delivery {
      if (network_.witnesses_forget) return [done] { done(std::string()); };
      const auto note = node.witness().Cosigned(origin);
      if (!note.ok()) return [done, why = note.status()] { done(why); };
      return [done, text = note->value_or("")] { done(text); };
    };
    network_.Start(std::move(call), false);
  }

  void ListSharedEntries(const Partner&, std::uint64_t, std::int64_t, Time,
                         EntriesCallback done) override {
    done(absl::UnimplementedError("ledgers are compared by the watch"));
  }

  void ReportFork(const Partner& partner, const std::string& first_note,
                  const std::string& second_note, Time /*deadline*/, ReportCallback done) override {
    network_.watch_.Sent(from_, first_note + second_note);
    auto call = Make("report-fork", network_.NumberOf(partner.node_id), done);
    call->serve = [first_note, second_note, done](node::Node& node) -> Delivery {
      return [done, status = node.witness().TakeReport(first_note, second_note)] { done(status); };
    };
    network_.Start(std::move(call), false);
  }

  void ReadLookupTable(const Partner&, const crypto::Sha256Digest&, std::uint64_t, Time,
                       PieceCallback done) override {
    done(absl::UnimplementedError("agencies of a simulation do not look up"));
  }

  void GetDescriptors(const Partner& partner, std::uint64_t have, Time /*deadline*/,
                      DescriptorsCallback done) override {
    auto call = Make("get-descriptors", network_.NumberOf(partner.node_id), done);
    call->serve = [have, done](node::Node& node) -> Delivery {
      return [done, notes = node.federation().book().NotesFrom(have)] { done(notes); };
    };
    network_.Start(std::move(call), false);
  }

 private:
  template <typename Done>
  std::shared_ptr<Call> Make(std::string_view what, int to, const Done& done) {
    auto call = std::make_shared<Call>();
    call->what = what;
    call->from = from_;
    call->to = to;
    call->deadline_ms = network_.scheduler_.now_ms() + kRoundMs;
    call->fail = [done](absl::Status why) { done(std::move(why)); };
    return call;
  }

  Network& network_;
  const int from_;
};

Network::Network(Scheduler& scheduler, std::mt19937_64& chance, Watch& watch, Tally& tally)
    : scheduler_(scheduler), chance_(chance), watch_(watch), tally_(tally) {}

Network::~Network() = default;

int Network::Add(Place place) {
  const int number = static_cast<int>(places_.size());
  places_.push_back(std::move(place));
  ports_.push_back(std::make_unique<Port>(*this, number));
  return number;
}

federation::PeerClient& Network::PortOf(int from) {
  return *ports_[static_cast<std::size_t>(from)];
}

int Network::NumberOf(const std::string& node_id) const {
  const auto at = std::ranges::find(places_, node_id, &Place::node_id);
  PM_CHECK(at != places_.end());
  return static_cast<int>(at - places_.begin());
}

void Network::Part(int one, int other, std::int64_t until_ms) {
  std::int64_t& until = parted_[Pair(one, other)];
  until = std::max(until, until_ms);
}

void Network::Clog(int one, int other, std::int64_t until_ms) {
  std::int64_t& until = clogged_[Pair(one, other)];
  until = std::max(until, until_ms);
}

void Network::Heal() {
  weather_ = {};
  parted_.clear();
  clogged_.clear();
}

bool Network::Chance(int of_thousand) {
  return of_thousand > 0 && static_cast<int>(chance_() % 1000) < of_thousand;
}

bool Network::IsSpared(int machine) const {
  const auto at = spared_.find(machine);
  return at != spared_.end() && scheduler_.now_ms() < at->second;
}

bool Network::IsParted(int from, int to) const {
  const auto at = parted_.find(Pair(from, to));
  return at != parted_.end() && scheduler_.now_ms() < at->second;
}

std::int64_t Network::ArrivalOf(int from, int to) {
  if (IsSpared(from) || IsSpared(to)) return scheduler_.now_ms() + 1;
  if (IsParted(from, to)) {
    Tally::Count(tally_.faults, "message parted");
    return -1;
  }
  if (Chance(weather_.lost)) {
    Tally::Count(tally_.faults, "message lost");
    return -1;
  }
  std::int64_t takes_ms = 1 + static_cast<std::int64_t>(chance_() % kQuickMs);
  if (Chance(weather_.late)) {
    Tally::Count(tally_.faults, "message late");
    takes_ms = 1 + static_cast<std::int64_t>(chance_() % kLateMs);
  }
  std::int64_t arrives_ms = scheduler_.now_ms() + takes_ms;
  const auto clogged = clogged_.find(Pair(from, to));
  if (clogged != clogged_.end() && scheduler_.now_ms() < clogged->second) {
    Tally::Count(tally_.faults, "message clogged");
    arrives_ms = std::max(arrives_ms, clogged->second + takes_ms);
  }
  return arrives_ms;
}

void Network::Start(std::shared_ptr<Call> call, bool returns_at_once) {
  call->task = scheduler_.current();
  PM_CHECK(call->task != nullptr);
  calls_.push_back(call);
  scheduler_.At(call->deadline_ms, [this, call] {
    Settle(call, [call] { call->fail(absl::DeadlineExceededError("no answer in time")); });
  });
  if (places_[static_cast<std::size_t>(call->from)].silent()) {
    scheduler_.After(0, [this, call] {
      Settle(call, [call] { call->fail(absl::UnavailableError("the machine is down")); });
    });
  } else {
    Send(call, true);
    if (Chance(weather_.duplicated)) {
      Tally::Count(tally_.faults, "message duplicated");
      Send(call, false);
    }
  }
  if (!returns_at_once) scheduler_.Hear();
}

// `counts`: what comes of it is the caller's.
void Network::Send(const std::shared_ptr<Call>& call, bool counts) {
  const std::int64_t arrives_ms = ArrivalOf(call->from, call->to);
  if (arrives_ms >= 0) {
    scheduler_.At(arrives_ms, [this, call, counts] { Arrive(call, counts); });
  } else if (counts && Chance(weather_.reset)) {
    scheduler_.After(1, [this, call] {
      Settle(call, [call] { call->fail(absl::UnavailableError("the connection was reset")); });
    });
  }
}

void Network::Arrive(const std::shared_ptr<Call>& call, bool counts) {
  const Place& place = places_[static_cast<std::size_t>(call->to)];
  node::Node* const node = place.silent() ? nullptr : place.node();
  Delivery delivery;
  if (node == nullptr) {
    delivery = [call] { call->fail(absl::UnavailableError("nobody listens there")); };
  } else if (absl::Status admitted = place.admits(call->from);
             !admitted.ok() && !(IsSpared(call->from) && call->what == kGetCheckpoint)) {
    delivery = [call, admitted] { call->fail(admitted); };
  } else {
    delivery = call->serve(*node);
  }
  scheduler_.Trace(absl::StrFormat("%s %d>%d%s", std::string(call->what), call->from, call->to,
                                   node == nullptr ? " down" : ""));
  // What a machine would say after its power went off is not said.
  if (!counts || (node != nullptr && place.silent())) return;
  const std::int64_t arrives_ms = ArrivalOf(call->to, call->from);
  if (arrives_ms >= 0) {
    scheduler_.At(arrives_ms + (IsSpared(call->from) ? 0 : place.slow()),
                  [this, call, delivery] { Settle(call, delivery); });
  }
}

void Network::Settle(const std::shared_ptr<Call>& call, const Delivery& delivery) {
  if (std::exchange(call->settled, true)) return;
  std::erase(calls_, call);
  delivery();
  scheduler_.Ring(call->task);
}

void Network::HangUp(int from) {
  for (;;) {
    const auto at = std::ranges::find(calls_, from, &Call::from);
    if (at == calls_.end()) return;
    const std::shared_ptr<Call> call = *at;
    Settle(call, [call] { call->fail(absl::UnavailableError("the machine is down")); });
  }
}

absl::StatusOr<exchange::ReleasedAnswer> Network::Receive(int from, int to, node::Node& node,
                                                          const crypto::Envelope& message,
                                                          std::int64_t deadline_ms) {
  const std::string& sender = places_[static_cast<std::size_t>(from)].node_id;
  const auto name = crypto::SpiffeName::Parse(sender);
  PM_CHECK(name.ok());
  absl::StatusOr<exchange::ReleasedAnswer> released = node.reception().Receive(
      {.domain = name->domain(), .node_id = sender}, message,
      {.deadline = std::chrono::steady_clock::time_point(std::chrono::milliseconds(deadline_ms)),
       .cancelled = nullptr});
  if (released.ok() && on_release) on_release(to, *released);
  scheduler_.Trace(absl::StrFormat(
      "%s %d>%d %s", message.type, from, to,
      released.ok() ? SizeOf(released->envelope.payload)
                    : std::string(absl::StatusCodeToString(released.status().code()))));
  if (released.ok() && !places_[static_cast<std::size_t>(to)].silent()) {
    watch_.Sent(to, BytesOf(released->envelope));
    watch_.Released(from, to, message, *released);
  }
  return released;
}

void Network::Inject(int from, int to, crypto::Envelope message) {
  const std::int64_t deadline_ms = scheduler_.now_ms() + kRoundMs;
  scheduler_.After(1 + static_cast<std::int64_t>(chance_() % kQuickMs),
                   [this, from, to, deadline_ms, message = std::move(message)] {
                     const Place& place = places_[static_cast<std::size_t>(to)];
                     node::Node* const node = place.silent() ? nullptr : place.node();
                     if (node == nullptr || !place.admits(from).ok()) return;
                     Receive(from, to, *node, message, deadline_ms).status().IgnoreError();
                   });
}

}  // namespace proofmark::sim
