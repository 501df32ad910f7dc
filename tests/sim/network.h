// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/federation/peer_client.h"
#include "server/node/node.h"
#include "tests/sim/scheduler.h"
#include "tests/sim/tally.h"

namespace proofmark::sim {

class Watch;

// What happens to messages; shares of a thousand.
struct Weather {
  int lost = 0;        // Each way.
  int reset = 0;       // Of those lost, the share whose sender hears of it at once.
  int duplicated = 0;  // Questions alone: an answer has one place to go to.
  int late = 0;        // Takes up to a minute instead of up to 40 ms, and overtakes nothing.
};

// The machines' way to each other. A call becomes events: it arrives, is answered, comes back, or
// its time runs out; weather, partitions and clogged links act on each way. One network a run.
class Network {
 public:
  // A machine as the network sees it. Its node is null while it is down.
  struct Place {
    std::string node_id;
    std::function<node::Node*()> node;
    std::function<bool()> silent;        // Nothing leaves it any more: the power is off.
    std::function<std::int64_t()> slow;  // Milliseconds that it takes to answer now.
    // OK if it deals with the machine at that place: certificates and revocation lists.
    std::function<absl::Status(int from)> admits;
  };

  Network(Scheduler& scheduler, std::mt19937_64& chance, Watch& watch, Tally& tally);
  ~Network();

  // Returns its number.
  int Add(Place place);
  // How the node of machine `from` reaches partners. Exchange() of match questions returns at once:
  // a search hears each answer by Scheduler::Hear(). Every other call returns with its answer
  // given.
  federation::PeerClient& PortOf(int from);

  void SetWeather(const Weather& weather) { weather_ = weather; }
  // No message passes between the two until `until_ms`.
  void Part(int one, int other, std::int64_t until_ms);
  // Messages between the two arrive at `until_ms`, or after it.
  void Clog(int one, int other, std::int64_t until_ms);
  // Good weather, no partitions, nothing clogged.
  void Heal();

  // The machine has gone down: all its calls fail now.
  void HangUp(int from);

  // A message that an enemy sends in the name of machine `from`; its answer is looked at by the
  // watch alone.
  void Inject(int from, int to, crypto::Envelope message);
  // The latest questions and letters that passed, for an enemy to send again.
  struct Overheard {
    int from = 0;
    int to = 0;
    crypto::Envelope message;
  };
  const std::vector<Overheard>& overheard() const { return overheard_; }

  // While the scheduler's time has not come, this machine and those that it calls are reached
  // whatever the weather.
  void Spare(int from, std::int64_t until_ms) { spared_[from] = until_ms; }

  // Seams for planted bugs (defects.h): what a machine sends, shows a witness, or releases is not
  // what its node made; what comes back is not what was released.
  std::function<void(int from, crypto::Envelope& message)> on_message;
  std::function<void(int from, int to, std::string& add_checkpoint)> on_checkpoint;
  std::function<void(int from, exchange::ReleasedAnswer& answer)> on_release;
  std::function<void(exchange::ReleasedAnswer& answer)> on_return;
  bool witnesses_forget = false;  // Asked what they cosigned, they say nothing.

 private:
  class Port;
  struct Call;
  using Delivery = std::function<void()>;

  int NumberOf(const std::string& node_id) const;
  void Start(std::shared_ptr<Call> call, bool returns_at_once);
  void Send(const std::shared_ptr<Call>& call, bool counts);
  void Arrive(const std::shared_ptr<Call>& call, bool counts);
  void Settle(const std::shared_ptr<Call>& call, const Delivery& delivery);
  // When a message sent now arrives; negative: it does not.
  std::int64_t ArrivalOf(int from, int to);
  bool Chance(int of_thousand);
  bool IsParted(int from, int to) const;
  bool IsSpared(int machine) const;
  absl::StatusOr<exchange::ReleasedAnswer> Receive(int from, int to, node::Node& node,
                                                   const crypto::Envelope& message,
                                                   std::int64_t deadline_ms);

  Scheduler& scheduler_;
  std::mt19937_64& chance_;
  Watch& watch_;
  Tally& tally_;
  Weather weather_;
  std::vector<Place> places_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<std::shared_ptr<Call>> calls_;  // Not settled.
  std::map<std::pair<int, int>, std::int64_t> parted_;
  std::map<std::pair<int, int>, std::int64_t> clogged_;
  std::map<int, std::int64_t> spared_;
  std::vector<Overheard> overheard_;
  std::uint64_t heard_ = 0;
};

}  // namespace proofmark::sim
