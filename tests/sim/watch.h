// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/envelope/envelope.h"
#include "crypto/tlog/merkle.h"
#include "server/exchange/reception.h"
#include "server/ledger/witness_book.h"
#include "tests/sim/machine.h"
#include "tests/sim/tally.h"

namespace proofmark::sim {

// What must hold in every run. docs/design/simulator.md says it in words.
inline constexpr std::string_view kLogged = "logged before released";
inline constexpr std::string_view kAppendOnly = "checkpoints consistent";
inline constexpr std::string_view kOneRoot = "one root for a size";
inline constexpr std::string_view kWitnessForward = "witness goes forward";
inline constexpr std::string_view kBudget = "budget kept";
inline constexpr std::string_view kRepeated = "repetition answered alike";
inline constexpr std::string_view kReconciled = "ledgers reconcile";
inline constexpr std::string_view kRevoked = "revoked gets nothing";
inline constexpr std::string_view kRollback = "rollback detected";
inline constexpr std::string_view kSecrets = "no secret in plain";
inline constexpr std::string_view kStarts = "sound state starts";
inline constexpr std::string_view kForks = "shown fork is kept";
inline constexpr std::string_view kLinks = "links agree";
inline constexpr std::string_view kDelivered = "letters are delivered";
inline constexpr std::array kInvariants = {
    kLogged,  kAppendOnly, kOneRoot, kWitnessForward, kBudget, kRepeated, kReconciled,
    kRevoked, kRollback,   kSecrets, kStarts,         kForks,  kLinks,    kDelivered};

// When a machine's certificate is worth nothing any more at another: by the scheduler's time and by
// the other's calendar.
struct Ban {
  std::int64_t at_ms = 0;
  std::int64_t at_unix_s = 0;
};

struct Violation {
  std::string invariant;
  std::int64_t at_ms = 0;
  std::string words;
};

// Looks at everything that a run does and remembers what it needs to judge: what was released, what
// each ledger said, what each witness cosigned. Keeps the first violation. One watch a run.
class Watch {
 public:
  Watch(const Scheduler& scheduler, Tally& tally) : scheduler_(scheduler), tally_(tally) {}

  void Follow(Machine& machine) { machines_.push_back(&machine); }
  const std::optional<Violation>& violation() const { return violation_; }

  // What passes the network.
  void Sent(int from, std::string_view bytes);
  void Signed(std::string_view add_checkpoint);
  void Cosigned(int witness, std::string_view add_checkpoint,
                const ledger::WitnessBook::Answer& answer);
  void Released(int from, int to, const crypto::Envelope& message,
                const exchange::ReleasedAnswer& released);

  // The node has started (again): what it said before is still there.
  void Started(int number);
  // How many entries its ledger was seen to have.
  std::uint64_t Known(int number) { return ledgers_[number].leaves.size(); }
  // With how many of them it still begins.
  std::uint64_t Common(int number);
  // The largest tree of `origin` that it was seen to cosign; 0: none.
  std::uint64_t CosignedBy(int witness, const std::string& origin) const;
  bool HasAnswered(int number, const crypto::Envelope& message) const;

  void Ban(int who, const sim::Ban& ban) { bans_[who] = ban; }
  void Unban(int who) { bans_.erase(who); }

  // A witness was shown a fork of that ledger and said no.
  void ShownFork(int witness, const std::string& origin);
  // An enemy writes under that exchange id: what ledgers say of it need not agree.
  void Forged(const crypto::ExchangeId& exchange);

  // After each event.
  void Look();
  // After everything has been delivered.
  void LookAtTheEnd();

  void Checked(std::string_view invariant) { Tally::Count(tally_.checks, invariant); }
  void Fail(std::string_view invariant, std::string words);
  // Checks, and fails where it does not hold.
  void Expect(std::string_view invariant, bool holds, const std::function<std::string()>& words);

 private:
  // A ledger as it was seen to grow: roots[n] is of the first n leaves.
  struct SeenLedger {
    std::vector<crypto::Sha256Digest> leaves;
    crypto::Frontier frontier;
    std::vector<crypto::Sha256Digest> roots = {crypto::EmptyRoot()};
  };
  struct SeenAnswer {
    std::string message_hash;
    std::string answer_hash;
    records::LedgerReceipt receipt;
  };

  void LookAtLedger(int number);
  void LookAtBudgets(int number);
  void LookAtWitness(int number);
  void LookAtForks(int number);
  void Reconcile(int one, int other);
  void CompareLinks(int one, int other);

  const Scheduler& scheduler_;
  Tally& tally_;
  std::vector<Machine*> machines_;
  std::optional<Violation> violation_;
  std::map<int, SeenLedger> ledgers_;
  std::map<std::string, std::map<std::uint64_t, crypto::Sha256Digest>> signed_;  // By origin.
  std::map<std::pair<int, std::string>, std::uint64_t> cosigned_;  // Largest, by witness, origin.
  // By answerer and asker's exchange.
  std::map<std::pair<int, std::string>, SeenAnswer> answers_;
  // When questions were answered, by answerer and asker; by the answerer's clock.
  std::map<std::pair<int, int>, std::vector<std::int64_t>> charged_;
  std::set<std::pair<int, std::string>> forks_;  // By witness, origin.
  std::map<int, sim::Ban> bans_;
  std::set<std::string> forged_;  // Exchange ids under which an enemy wrote.
};

}  // namespace proofmark::sim
