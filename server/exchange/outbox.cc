// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/outbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "proto/wire/envelope.h"
#include "server/exchange/peer_answer.h"
#include "server/exchange/tables.h"
#include "server/store/write_request.h"

namespace proofmark::exchange {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kKeyIdBytes = 16;
constexpr std::size_t kIndexBytes = sizeof(std::uint64_t);
constexpr std::string_view kRecord = "letter";
constexpr std::string_view kField = "envelope";
// How long the thread sleeps when nothing is due; a new letter wakes it.
constexpr milliseconds kIdleWait{60'000};

std::string RowKey(std::string_view domain, std::uint64_t index) {
  return store::StoreKey(kLetterTable).Text(domain).U64(index).Build();
}

std::string Hex(const crypto::Sha256Digest& digest) { return base::ToHex(base::ByteSpan(digest)); }

}  // namespace

struct Outbox::StoredLetter {
  store::KeyId key_id;
  crypto::Envelope envelope;
};

struct Outbox::Mailbox {
  void Put(Returned letter) {
    base::MutexLock lock(mutex);
    letters.push_back(std::move(letter));
    came.NotifyAll();
  }
  void Wake() {
    base::MutexLock lock(mutex);
    woken = true;
    came.NotifyAll();
  }
  // What came back; none when it was woken for something else or nothing came within `wait`.
  std::optional<Returned> Take(milliseconds wait) {
    base::MutexLock lock(mutex);
    if (letters.empty() && !woken) came.WaitFor(mutex, wait);
    woken = false;
    if (letters.empty()) return std::nullopt;
    Returned letter = std::move(letters.front());
    letters.pop_front();
    return letter;
  }

  base::Mutex mutex;
  base::CondVar came;
  bool woken ABSL_GUARDED_BY(mutex) = false;
  std::deque<Returned> letters ABSL_GUARDED_BY(mutex);
};

Outbox::Outbox(const Rooms& rooms, Options options)
    : rooms_(rooms), options_(options), mailbox_(std::make_shared<Mailbox>()) {}

absl::StatusOr<std::unique_ptr<Outbox>> Outbox::Open(const Rooms& rooms, Options options) {
  std::unique_ptr<Outbox> outbox(new Outbox(rooms, options));
  PM_RETURN_IF_ERROR(outbox->LoadQueues());
  return outbox;
}

void Outbox::Register(Correspondent& correspondent) {
  PM_CHECK(correspondents_.emplace(correspondent.type().message, &correspondent).second);
}

Outbox::~Outbox() { Stop(); }

// Letters to an agency that is no partner any more stay where they are: it may become one again.
absl::Status Outbox::LoadQueues() {
  base::MutexLock lock(mutex_);
  for (const federation::Partner& partner : rooms_.partners.all()) {
    Queue& queue = queues_[partner.domain];
    queue.partner = rooms_.partners.FindByDomain(partner.domain);
    const std::string prefix = store::StoreKey(kLetterTable).Text(partner.domain).Build();
    absl::Status fault;
    PM_RETURN_IF_ERROR(rooms_.store.Scan(
        {.prefix = prefix}, [&](std::string_view key, std::string_view /*value*/) {
          if (key.size() != prefix.size() + kIndexBytes) {
            fault = absl::DataLossError("the row of a letter is damaged");
            return false;
          }
          queue.indexes.push_back(base::ParseU64Be(key.substr(prefix.size())));
          return true;
        }));
    PM_RETURN_IF_ERROR(fault);
  }
  return absl::OkStatus();
}

void Outbox::Start() {
  if (options_.own_thread) thread_ = std::thread([this] { Run(); });
}

void Outbox::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  mailbox_->Wake();
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<ledger::Receipt> Outbox::Send(Letter letter, records::EntryDraft act,
                                             store::WriteRequest changes) {
  PM_CHECK(correspondents_.contains(letter.type));
  const std::string& domain = letter.partner.domain;
  PM_ASSIGN_OR_RETURN(const crypto::Envelope envelope,
                      SignMessage(rooms_.identity, letter.partner, letter.exchange_id, letter.type,
                                  std::move(letter.payload), rooms_.clock.UnixMillis()));
  PM_ASSIGN_OR_RETURN(const std::string plain, wire::Serialise(envelope));
  store::RecordKey key = rooms_.store.NewRecordKey();
  PM_ASSIGN_OR_RETURN(
      const std::string sealed,
      key.sealer.Seal({.record = kRecord, .field = kField}, plain, rooms_.store.random()));
  const std::string row = std::string(key.id.AsText()) + sealed;
  changes.new_keys.push_back(std::move(key));
  act.peer = letter.partner.node_id;
  act.exchange = base::ToHex(base::ByteSpan(letter.exchange_id));
  act.request_hash = Hex(crypto::EnvelopeHash(envelope));
  act.outcome = "SENT";
  PM_ASSIGN_OR_RETURN(
      const ledger::Receipt receipt,
      rooms_.ledger.Append(std::move(act), std::move(changes),
                           [&](const ledger::Receipt& given, store::Mutations& mutations) {
                             mutations.Put(RowKey(domain, given.index), row);
                             return absl::OkStatus();
                           }));
  {
    base::MutexLock lock(mutex_);
    const auto queue = queues_.find(domain);
    PM_CHECK(queue != queues_.end());
    std::deque<std::uint64_t>& indexes = queue->second.indexes;
    // The first may be under way: whoever was numbered before it but comes later goes behind it.
    const auto movable = indexes.begin() + (queue->second.under_way ? 1 : 0);
    indexes.insert(std::upper_bound(movable, indexes.end(), receipt.index), receipt.index);
    queue->second.next = {};  // A new letter is a reason to try again.
  }
  mailbox_->Wake();
  return receipt;
}

absl::StatusOr<Outbox::StoredLetter> Outbox::Load(const std::string& domain,
                                                  std::uint64_t index) const {
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                      rooms_.store.Get(RowKey(domain, index)));
  if (!row.has_value() || row->size() < kKeyIdBytes) {
    return absl::DataLossError("the row of a letter is missing or too short");
  }
  StoredLetter letter;
  PM_ASSIGN_OR_RETURN(letter.key_id, store::KeyId::Parse(row->substr(0, kKeyIdBytes)));
  PM_ASSIGN_OR_RETURN(const crypto::Sealer key, rooms_.store.FindKey(letter.key_id));
  PM_ASSIGN_OR_RETURN(const std::string plain,
                      key.Open({.record = kRecord, .field = kField}, row->substr(kKeyIdBytes)));
  absl::StatusOr<crypto::Envelope> envelope = wire::ParseEnvelope(plain);
  if (!envelope.ok()) return absl::DataLossError(envelope.status().message());
  letter.envelope = *std::move(envelope);
  return letter;
}

void Outbox::Run() {
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (stopping_) return;
    }
    base::MutexLock delivering(delivering_);
    SendDue(false);
    if (std::optional<Returned> returned = mailbox_->Take(UntilNext())) {
      Take(*std::move(returned));
    }
  }
}

void Outbox::DeliverNow() {
  base::MutexLock delivering(delivering_);
  // Each partner's queue moves until it is empty or its first letter fails.
  for (bool first = true; SendDue(first) > 0; first = false) {
    if (std::optional<Returned> returned = mailbox_->Take(kIdleWait)) Take(*std::move(returned));
  }
}

std::size_t Outbox::SendDue(bool now) {
  struct Due {
    const federation::Partner* partner;
    std::uint64_t index;
  };
  std::vector<Due> due;
  std::size_t under_way = 0;
  {
    base::MutexLock lock(mutex_);
    for (auto& [domain, queue] : queues_) {
      const bool may = now || rooms_.clock.Steady() >= queue.next;
      if (!queue.under_way && !queue.indexes.empty() && may) {
        queue.under_way = true;
        ++queue.attempts;
        due.push_back({queue.partner, queue.indexes.front()});
      }
      under_way += queue.under_way ? 1 : 0;
    }
  }
  for (const Due& next : due) {
    const absl::StatusOr<StoredLetter> letter = Load(next.partner->domain, next.index);
    absl::Status may = letter.status();
    if (may.ok()) may = rooms_.federation.MayDeal(next.partner->domain);
    if (!may.ok()) {
      mailbox_->Put({next.partner->domain, next.index, std::move(may)});
      continue;
    }
    rooms_.peers.Exchange(*next.partner, letter->envelope,
                          rooms_.clock.Steady() + next.partner->timeout,
                          [mailbox = mailbox_, domain = next.partner->domain,
                           index = next.index](absl::StatusOr<federation::PeerAnswer> answer) {
                            mailbox->Put({domain, index, std::move(answer)});
                          });
  }
  return under_way;
}

milliseconds Outbox::UntilNext() const {
  base::MutexLock lock(mutex_);
  milliseconds wait = kIdleWait;
  const auto now = rooms_.clock.Steady();
  for (const auto& [domain, queue] : queues_) {
    if (queue.under_way || queue.indexes.empty()) continue;
    const auto left = std::chrono::ceil<milliseconds>(queue.next - now);
    wait = std::clamp(left, milliseconds(1), wait);
  }
  return wait;
}

void Outbox::Take(Returned returned) {
  const federation::Partner* const partner = rooms_.partners.FindByDomain(returned.domain);
  const absl::StatusOr<Correspondent*> settled =
      Settle(*partner, returned.index, std::move(returned.answer));
  {
    base::MutexLock lock(mutex_);
    Queue& queue = queues_.find(returned.domain)->second;
    queue.under_way = false;
    if (!settled.ok()) return Retry(returned.domain, settled.status(), queue);
    queue.indexes.pop_front();
    queue.attempts = 0;
    queue.pause = milliseconds(0);
    queue.next = {};
    queue.fault.clear();
  }
  (*settled)->Closed();
}

void Outbox::Retry(const std::string& domain, const absl::Status& why, Queue& queue) const {
  queue.pause = std::clamp(queue.pause * 2, options_.retry_first, options_.retry_last);
  queue.next = rooms_.clock.Steady() + queue.pause;
  if (queue.fault != why.message()) {  // Once for each change.
    base::Log(base::LogSeverity::kWarning,
              absl::StrFormat("a letter to %s waits: %s", domain, why.message()));
  }
  queue.fault = std::string(why.message());
}

absl::StatusOr<Correspondent*> Outbox::Settle(const federation::Partner& partner,
                                              std::uint64_t index,
                                              absl::StatusOr<federation::PeerAnswer> answer) {
  PM_ASSIGN_OR_RETURN(const StoredLetter letter, Load(partner.domain, index));
  const auto found = correspondents_.find(letter.envelope.type);
  if (found == correspondents_.end()) return absl::DataLossError("a letter of an unknown type");
  Correspondent& correspondent = *found->second;
  const std::int64_t now = rooms_.clock.UnixMillis();
  const auto take = [&]() -> absl::Status {
    PM_RETURN_IF_ERROR(answer.status());
    PM_ASSIGN_OR_RETURN(const crypto::VerifiedEnvelope verified,
                        OpenAnswer(partner, rooms_.identity.node_id(),
                                   {.exchange_id = letter.envelope.exchange_id,
                                    .hash = crypto::EnvelopeHash(letter.envelope),
                                    .answer_type = correspondent.type().answer,
                                    .answer_age_ms_max = milliseconds(kLetterAgeMax).count()},
                                   std::move(answer->envelope), now));
    PM_ASSIGN_OR_RETURN(
        TakenAnswer taken,
        correspondent.TakeAnswer(partner, letter.envelope.exchange_id, verified.payload()));
    return Close(partner, letter, index, Hex(verified.hash()), EntryNamed(partner, answer->receipt),
                 std::move(taken));
  };
  const absl::Status taken = take();
  if (taken.ok()) return &correspondent;
  if (now - letter.envelope.unix_ms <= milliseconds(kLetterAgeMax).count()) return taken;
  records::EntryDraft alarm;
  alarm.kind = records::EntryKind::kAlarm;
  alarm.peer = partner.node_id;
  alarm.exchange = base::ToHex(base::ByteSpan(letter.envelope.exchange_id));
  alarm.outcome = "LETTER_GIVEN_UP";
  PM_RETURN_IF_ERROR(rooms_.ledger.Append(std::move(alarm)).status());
  PM_RETURN_IF_ERROR(
      Close(partner, letter, index, "", std::nullopt, {.outcome = "GIVEN_UP", .changes = {}}));
  correspondent.GivenUp(partner, letter.envelope.exchange_id);
  return &correspondent;
}

absl::Status Outbox::Close(const federation::Partner& partner, const StoredLetter& letter,
                           std::uint64_t index, const std::string& response_hash,
                           std::optional<records::PeerEntry> peer_entry, TakenAnswer taken) {
  PM_ASSIGN_OR_RETURN(ledger::StoredEntry act, rooms_.ledger.Read(index));
  records::EntryDraft draft = std::move(act.entry.draft);
  draft.kind = records::EntryKind::kAnswerIn;
  draft.outcome = std::move(taken.outcome);
  draft.response_hash = response_hash;
  draft.peer_entry = peer_entry;
  taken.changes.mutations.Delete(RowKey(partner.domain, index));
  taken.changes.erased_keys.push_back(letter.key_id);
  return rooms_.ledger.Append(std::move(draft), std::move(taken.changes)).status();
}

std::vector<WaitingLetter> Outbox::Waiting() const {
  std::vector<std::pair<std::string, Queue>> queues;
  {
    base::MutexLock lock(mutex_);
    queues.assign(queues_.begin(), queues_.end());
  }
  std::vector<WaitingLetter> waiting;
  for (const auto& [domain, queue] : queues) {
    for (std::size_t i = 0; i < queue.indexes.size(); ++i) {
      const absl::StatusOr<StoredLetter> letter = Load(domain, queue.indexes[i]);
      if (!letter.ok()) continue;  // Delivered meanwhile.
      waiting.push_back({.agency = domain,
                         .type = letter->envelope.type,
                         .exchange_id = letter->envelope.exchange_id,
                         .since_unix_ms = letter->envelope.unix_ms,
                         .attempts = i == 0 ? queue.attempts : 0,
                         .fault = i == 0 ? queue.fault : ""});
    }
  }
  return waiting;
}

}  // namespace proofmark::exchange
