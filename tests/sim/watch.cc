// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/watch.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "client/audit/reconcile.h"
#include "crypto/tlog/witness.h"
#include "tests/sim/founding.h"

namespace proofmark::sim {
namespace {

std::string Hex(const crypto::Sha256Digest& digest) { return base::ToHex(base::ByteSpan(digest)); }

std::string ExchangeOf(const crypto::Envelope& message) {
  return base::ToHex(base::ByteSpan(message.exchange_id)) + message.sender;
}

// What the watch itself reads comes as it was written.
class ReadsWell {
 public:
  explicit ReadsWell(Machine& machine) : disk_(machine.disk()) { disk_.PauseFlips(); }
  ~ReadsWell() { disk_.ResumeFlips(); }
  ReadsWell(const ReadsWell&) = delete;
  ReadsWell& operator=(const ReadsWell&) = delete;

 private:
  MachineDisk& disk_;
};

}  // namespace

void Watch::Fail(std::string_view invariant, std::string words) {
  if (violation_) return;
  violation_ = {std::string(invariant), scheduler_.now_ms(), std::move(words)};
}

void Watch::Expect(std::string_view invariant, bool holds,
                   const std::function<std::string()>& words) {
  Checked(invariant);
  if (!holds) Fail(invariant, words());
}

void Watch::Sent(int from, std::string_view bytes) {
  const auto& secrets = Secrets();
  const auto found = std::ranges::find_if(secrets, [bytes](const std::string& secret) {
    return bytes.find(secret) != std::string_view::npos;
  });
  Expect(kSecrets, found == secrets.end(), [&] {
    return absl::StrFormat("a message of %d has %s", from, base::ToHex(base::AsBytes(*found)));
  });
}

void Watch::Signed(std::string_view add_checkpoint) {
  const auto request = crypto::ParseAddCheckpoint(add_checkpoint);
  if (!request.ok()) return Fail(kOneRoot, "no add-checkpoint request");
  const crypto::Checkpoint& checkpoint = request->checkpoint;
  const auto [before, is_new] =
      signed_[checkpoint.origin].emplace(checkpoint.size, checkpoint.root);
  Expect(kOneRoot, before->second == checkpoint.root, [&] {
    return absl::StrFormat("%s signed two roots for size %d", checkpoint.origin, checkpoint.size);
  });
  const auto machine = std::ranges::find_if(machines_, [&](Machine* candidate) {
    return candidate->founded().origin == checkpoint.origin;
  });
  PM_CHECK(machine != machines_.end());
  LookAtLedger((*machine)->number());
  const std::vector<crypto::Sha256Digest>& roots = ledgers_[(*machine)->number()].roots;
  Expect(kAppendOnly, checkpoint.size < roots.size() && roots[checkpoint.size] == checkpoint.root,
         [&] {
           return absl::StrFormat("%s signed a tree of %d entries that its ledger never was",
                                  checkpoint.origin, checkpoint.size);
         });
}

void Watch::Cosigned(int witness, std::string_view add_checkpoint,
                     const ledger::WitnessBook::Answer& answer) {
  if (answer.status != crypto::AddCheckpointStatus::kOk) return;
  const auto request = crypto::ParseAddCheckpoint(add_checkpoint);
  PM_CHECK(request.ok());
  std::uint64_t& largest = cosigned_[{witness, request->checkpoint.origin}];
  Expect(kWitnessForward, request->checkpoint.size >= largest, [&] {
    return absl::StrFormat("%d cosigned %d entries of %s after %d", witness,
                           request->checkpoint.size, request->checkpoint.origin, largest);
  });
  largest = request->checkpoint.size;
}

void Watch::Released(int from, int to, const crypto::Envelope& message,
                     const exchange::ReleasedAnswer& released) {
  Machine& machine = *machines_[static_cast<std::size_t>(to)];
  const std::string message_hash = Hex(crypto::EnvelopeHash(message));
  const std::string answer_hash = Hex(crypto::EnvelopeHash(released.envelope));
  const auto [seen, is_new] = answers_.emplace(
      std::pair(to, ExchangeOf(message)), SeenAnswer{message_hash, answer_hash, released.receipt});
  const auto ban = bans_.find(from);
  Expect(kRevoked,
         ban == bans_.end() || scheduler_.now_ms() < ban->second.at_ms ||
             machine.clock().UnixMillis() / 1'000 < ban->second.at_unix_s,
         [&] { return absl::StrFormat("%d answered %d, which nobody must believe", to, from); });
  if (!is_new) {
    Expect(kRepeated,
           seen->second.message_hash == message_hash && seen->second.answer_hash == answer_hash,
           [&] { return absl::StrFormat("%d answered one exchange in two ways", to); });
  }
  node::Node* const node = machine.node();
  if (node == nullptr) return Fail(kLogged, "an answer of a node that is not there");
  const ReadsWell reads_well(machine);
  const auto entry = node->ledger().Read(released.receipt.index);
  Expect(kLogged,
         entry.ok() && entry->entry.draft.response_hash == answer_hash &&
             entry->entry.draft.request_hash == message_hash,
         [&] { return absl::StrFormat("%d gave an answer that its ledger does not have", to); });
  if (is_new && entry.ok() && entry->entry.draft.outcome == "ANSWERED") {
    charged_[{to, from}].push_back(machine.clock().UnixMillis());
    LookAtBudgets(to);
  }
}

void Watch::LookAtBudgets(int number) {
  Machine& machine = *machines_[static_cast<std::size_t>(number)];
  const ReadsWell reads_well(machine);
  const auto budgets = machine.node()->Budgets();
  if (!budgets.ok()) return Fail(kStarts, "rows cannot be read");
  const std::int64_t now = machine.clock().UnixMillis();
  for (const node::Node::PartnerBudget& budget : *budgets) {
    for (Machine* asker : machines_) {
      if (asker->founded().domain != budget.agency) continue;
      const std::vector<std::int64_t>& times = charged_[{number, asker->number()}];
      const auto today = std::ranges::count_if(
          times, [now](std::int64_t ms) { return ms > now - federation::kDayMs; });
      Expect(kBudget,
             budget.here.used_today >= today &&
                 budget.here.used_today <= budget.here.limits.per_day &&
                 budget.here.used_30_days <= budget.here.limits.per_30_days,
             [&] {
               return absl::StrFormat(
                   "%d says that %s has used %d of %d, and has answered %d questions", number,
                   budget.agency, budget.here.used_today, budget.here.limits.per_day, today);
             });
    }
  }
}

void Watch::LookAtLedger(int number) {
  Machine& machine = *machines_[static_cast<std::size_t>(number)];
  if (machine.node() == nullptr || machine.IsSilent()) return;
  const ledger::Ledger& ledger = machine.node()->ledger();
  const ledger::TreeHead head = ledger.Head();
  SeenLedger& seen = ledgers_[number];
  const std::uint64_t known = seen.leaves.size();
  Expect(kAppendOnly, head.size >= known, [&] {
    return absl::StrFormat("the ledger of %d went from %d entries to %d", number, known, head.size);
  });
  if (head.size <= known) return;
  const ReadsWell reads_well(machine);
  const auto leaves = ledger.LeafHashes(known, head.size - known);
  if (!leaves.ok()) return Fail(kStarts, "rows cannot be read");
  for (const crypto::Sha256Digest& leaf : *leaves) {
    seen.leaves.push_back(leaf);
    seen.frontier.Append(leaf);
    seen.roots.push_back(seen.frontier.Root());
  }
  Expect(kAppendOnly, seen.frontier.Root() == head.root, [&] {
    return absl::StrFormat("the ledger of %d changed among its first %d entries", number, known);
  });
}

void Watch::LookAtWitness(int number) {
  Machine& machine = *machines_[static_cast<std::size_t>(number)];
  const ReadsWell reads_well(machine);
  for (const auto& [key, size] : cosigned_) {
    if (key.first != number) continue;
    const auto note = machine.node()->witness().Cosigned(key.second);
    if (!note.ok()) return Fail(kStarts, "rows cannot be read");
    std::uint64_t now = 0;
    if (note->has_value()) {
      const auto parsed = crypto::ParseNote(**note);
      const auto checkpoint =
          parsed.ok() ? crypto::ParseCheckpointBody(parsed->text) : parsed.status();
      if (checkpoint.ok()) now = checkpoint->size;
    }
    Expect(kWitnessForward, now >= size, [&, origin = key.second, before = size] {
      return absl::StrFormat("%d had cosigned %d entries of %s and now says %d", number, before,
                             origin, now);
    });
  }
}

void Watch::ShownFork(int witness, const std::string& origin) {
  forks_.emplace(witness, origin);
  LookAtForks(witness);
}

void Watch::LookAtForks(int number) {
  Machine& machine = *machines_[static_cast<std::size_t>(number)];
  const ReadsWell reads_well(machine);
  const auto kept = machine.node()->witness().Forks();
  for (const auto& [witness, origin] : forks_) {
    if (witness != number) continue;
    Expect(
        kForks,
        kept.ok() && std::ranges::find(*kept, origin, &ledger::ForkEvidence::origin) != kept->end(),
        [&, &of = origin] {
          return absl::StrFormat("%d was shown a fork of %s and knows nothing of it", number, of);
        });
  }
}

void Watch::Started(int number) {
  Machine& machine = *machines_[static_cast<std::size_t>(number)];
  const ReadsWell reads_well(machine);
  Checked(kStarts);
  LookAtLedger(number);
  const ledger::Ledger& ledger = machine.node()->ledger();
  Expect(kAppendOnly, Common(number) == Known(number), [&] {
    return absl::StrFormat("%d started with other entries than it had before", number);
  });
  for (const auto& [key, answer] : answers_) {
    if (key.first != number) continue;
    const auto entry = ledger.Read(answer.receipt.index);
    Expect(kLogged,
           entry.ok() && crypto::AsText(entry->leaf_hash) == answer.receipt.leaf_hash &&
               entry->entry.draft.response_hash == answer.answer_hash,
           [&] {
             return absl::StrFormat("%d lost entry %d of an answer it gave: %s", number,
                                    answer.receipt.index,
                                    entry.ok() ? std::string("it is another one")
                                               : std::string(entry.status().message()));
           });
  }
  LookAtWitness(number);
  LookAtForks(number);
  LookAtBudgets(number);
}

std::uint64_t Watch::Common(int number) {
  Machine& machine = *machines_[static_cast<std::size_t>(number)];
  const ReadsWell reads_well(machine);
  const std::vector<crypto::Sha256Digest>& seen = ledgers_[number].leaves;
  const ledger::Ledger& ledger = machine.node()->ledger();
  const auto leaves =
      ledger.LeafHashes(0, std::min<std::uint64_t>(seen.size(), ledger.Head().size));
  if (!leaves.ok()) return 0;
  return static_cast<std::uint64_t>(std::ranges::mismatch(*leaves, seen).in1 - leaves->begin());
}

std::uint64_t Watch::CosignedBy(int witness, const std::string& origin) const {
  const auto at = cosigned_.find({witness, origin});
  return at == cosigned_.end() ? 0 : at->second;
}

bool Watch::HasAnswered(int number, const crypto::Envelope& message) const {
  return answers_.contains({number, ExchangeOf(message)});
}

void Watch::Forged(const crypto::ExchangeId& exchange) {
  forged_.insert(base::ToHex(base::ByteSpan(exchange)));
}

void Watch::Look() {
  for (Machine* machine : machines_) LookAtLedger(machine->number());
}

void Watch::LookAtTheEnd() {
  for (std::size_t one = 0; one < machines_.size(); ++one) {
    LookAtBudgets(static_cast<int>(one));
    LookAtWitness(static_cast<int>(one));
    for (std::size_t other = one + 1; other < machines_.size(); ++other) {
      Reconcile(static_cast<int>(one), static_cast<int>(other));
      CompareLinks(static_cast<int>(one), static_cast<int>(other));
      CompareLinks(static_cast<int>(other), static_cast<int>(one));
    }
  }
}

void Watch::Reconcile(int one, int other) {
  const auto side_of = [this](int self, int peer) {
    Machine& machine = *machines_[static_cast<std::size_t>(self)];
    client::audit::Side side(machine.founded().domain,
                             machines_[static_cast<std::size_t>(peer)]->founded().domain);
    const ledger::Ledger& ledger = machine.node()->ledger();
    const std::uint64_t size = ledger.Head().size;
    for (std::uint64_t first = 0; first < size; first += ledger::kReadEntriesMax) {
      const auto entries = ledger.ReadRange(first, ledger::kReadEntriesMax);
      if (!entries.ok()) {
        Fail(kReconciled, std::string(entries.status().message()));
        break;
      }
      for (const ledger::StoredEntry& entry : *entries) {
        PM_CHECK(side.Add(entry.entry.seq, entry.bytes).ok());
      }
    }
    // Everything there was to happen has happened.
    side.KnownUntil(machine.clock().UnixMillis() + 365 * federation::kDayMs);
    return side;
  };
  const client::audit::Side here = side_of(one, other);
  const client::audit::Side there = side_of(other, one);
  const client::audit::Reconciliation result = client::audit::Reconcile(here, there, {});
  Checked(kReconciled);
  for (const client::audit::Difference& difference : result.differences) {
    if (difference.kind == client::audit::DifferenceKind::kNeverAnswered) continue;
    if (forged_.contains(difference.exchange)) continue;
    Fail(kReconciled,
         absl::StrFormat("%d and %d: %s: %s", one, other,
                         std::string(client::audit::ToText(difference.kind)), difference.words));
  }
}

// Links that `one` judges and `other` was told of, every step acknowledged.
void Watch::CompareLinks(int one, int other) {
  const federation::Caller examiner{crypto::StaffRole::kExaminer, "examiner-1"};
  Machine& theirs = *machines_[static_cast<std::size_t>(other)];
  const auto page = machines_[static_cast<std::size_t>(one)]->node()->links().List(
      examiner, registry::kPageSizeMax, "", std::nullopt);
  if (!page.ok()) return Fail(kLinks, std::string(page.status().message()));
  for (const wire::Link& link : page->links) {
    if (link.side != wire::LinkSide::kOurs || link.agency != theirs.founded().domain) continue;
    const auto told = theirs.node()->links().Get(examiner, link.link_id);
    Expect(kLinks,
           told.ok() && told->state() == link.state() && told->counted == link.counted &&
               link.acknowledged_count == static_cast<std::int32_t>(link.steps.size()),
           [&] {
             return absl::StrFormat("%d and %d keep link %s in two ways", one, other, link.link_id);
           });
  }
}

}  // namespace proofmark::sim
