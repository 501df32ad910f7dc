// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/federation_keeper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/status.h"

namespace proofmark::exchange {
namespace {

using crypto::DescriptorStage;

constexpr std::chrono::milliseconds kFetchWait{10'000};
constexpr std::chrono::milliseconds kWatchInterval{60'000};

}  // namespace

// Shared with calls under way, so that a late answer finds a place.
struct FederationKeeper::Mailbox {
  struct Letter {
    std::size_t partner = 0;
    absl::StatusOr<std::vector<std::string>> notes;
  };

  base::Mutex mutex;
  base::CondVar came;
  std::vector<Letter> letters ABSL_GUARDED_BY(mutex);
};

absl::StatusOr<std::unique_ptr<FederationKeeper>> FederationKeeper::Create(
    const FederationOptions& options, store::Store& store, ledger::Ledger& ledger,
    const federation::NodeIdentity& identity, const federation::Partners& configured,
    federation::PeerClient& peers, const base::Clock& clock) {
  PM_ASSIGN_OR_RETURN(std::unique_ptr<federation::DescriptorBook> book,
                      federation::DescriptorBook::Open(store, ledger, clock, options.book));
  return std::unique_ptr<FederationKeeper>(
      new FederationKeeper(options, ledger, identity, configured, peers, clock, std::move(book)));
}

FederationKeeper::FederationKeeper(const FederationOptions& options, ledger::Ledger& ledger,
                                   const federation::NodeIdentity& identity,
                                   const federation::Partners& configured,
                                   federation::PeerClient& peers, const base::Clock& clock,
                                   std::unique_ptr<federation::DescriptorBook> book)
    : options_(options),
      ledger_(ledger),
      identity_(identity),
      configured_(configured),
      peers_(peers),
      clock_(clock),
      book_(std::move(book)) {}

FederationKeeper::~FederationKeeper() { Stop(); }

absl::StatusOr<federation::Partners> FederationKeeper::AdmitAtStart() {
  Refresh();
  const auto in_force = book_->in_force();
  if (in_force == nullptr) return configured_;
  {
    const base::MutexLock lock(mutex_);
    version_at_start_ = in_force->accepted.descriptor().version;
  }
  PM_ASSIGN_OR_RETURN(federation::Partners admitted,
                      federation::AdmittedPartners(identity_.domain(), configured_,
                                                   in_force->accepted.descriptor()));
  return book_->WithinLife(identity_.domain(), std::move(admitted));
}

// Judges the partners anew by the descriptor in force.
void FederationKeeper::Refresh() {
  const auto in_force = book_->in_force();
  if (in_force == nullptr) return;
  const crypto::FederationDescriptor& descriptor = in_force->accepted.descriptor();
  std::vector<federation::Membership> judged = federation::JudgePartners(configured_, descriptor);
  const base::MutexLock lock(mutex_);
  partners_ = std::move(judged);
  own_fault_ = federation::OwnFault(identity_, descriptor);
}

absl::Status FederationKeeper::RaiseAlarms() {
  const FederationStanding now = standing();
  if (now.in_force == nullptr) return absl::OkStatus();
  const auto alarm = [&](std::string_view outcome, std::string peer) {
    records::EntryDraft draft;
    draft.kind = records::EntryKind::kAlarm;
    draft.peer = std::move(peer);
    draft.object = base::ToHex(now.in_force->accepted.hash());
    draft.count = now.in_force->accepted.descriptor().version;
    draft.outcome = std::string(outcome);
    return ledger_.Append(std::move(draft)).status();
  };
  if (!now.own_fault.empty()) {
    base::Log(base::LogSeverity::kWarning, "ALARM: federation: " + now.own_fault);
    PM_RETURN_IF_ERROR(alarm("FEDERATION_OWN_ENTRY", ""));
  }
  for (const federation::Membership& partner : now.partners) {
    if (partner.admitted()) continue;
    base::Log(base::LogSeverity::kWarning, absl::StrFormat("ALARM: federation: %s gets nothing. %s",
                                                           partner.domain, partner.fault));
    PM_RETURN_IF_ERROR(
        alarm("FEDERATION_MISMATCH", configured_.FindByDomain(partner.domain)->node_id));
  }
  return absl::OkStatus();
}

absl::Status FederationKeeper::MayDeal(std::string_view domain) const {
  const std::optional<DescriptorStage> stage = book_->stage();
  if (!stage) return absl::OkStatus();
  if (*stage == DescriptorStage::kEnded) {
    return absl::FailedPreconditionError(
        "the federation descriptor has ended, and so has its grace: nothing passes between "
        "agencies until its successor is applied");
  }
  const base::MutexLock lock(mutex_);
  const auto at = std::ranges::find(partners_, domain, &federation::Membership::domain);
  if (at == partners_.end()) {
    return absl::PermissionDeniedError("the federation descriptor does not list the agency");
  }
  if (at->admitted()) return absl::OkStatus();
  return absl::PermissionDeniedError(at->fault);
}

absl::Status FederationKeeper::MayFetch(std::string_view domain) const {
  const auto in_force = book_->in_force();
  if (in_force == nullptr || in_force->accepted.descriptor().Find(domain) != nullptr) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError("the federation descriptor does not list the agency");
}

absl::StatusOr<records::LedgerReceipt> FederationKeeper::Apply(
    const federation::Caller& caller, std::string_view note,
    const std::optional<crypto::Sha256Digest>& pinned_hash) {
  PM_ASSIGN_OR_RETURN(records::LedgerReceipt receipt,
                      book_->Accept(note, pinned_hash, {.actor = caller.pseudonym, .partner = ""}));
  Refresh();
  PM_RETURN_IF_ERROR(RaiseAlarms());
  return receipt;
}

absl::Status FederationKeeper::FetchNow(std::chrono::milliseconds wait) {
  const auto in_force = book_->in_force();
  const std::uint64_t have = in_force == nullptr ? 0 : in_force->accepted.descriptor().version;
  const auto deadline = clock_.Steady() + wait;
  const auto mailbox = std::make_shared<Mailbox>();
  for (std::size_t i = 0; i < configured_.all().size(); ++i) {
    peers_.GetDescriptors(configured_.all()[i], have, deadline,
                          [mailbox, i](absl::StatusOr<std::vector<std::string>> notes) {
                            const base::MutexLock lock(mailbox->mutex);
                            mailbox->letters.push_back({i, std::move(notes)});
                            mailbox->came.NotifyAll();
                          });
  }
  for (std::size_t taken = 0; taken < configured_.all().size();) {
    std::vector<Mailbox::Letter> letters;
    {
      base::MutexLock lock(mailbox->mutex);
      while (mailbox->letters.empty()) {
        const auto now = clock_.Steady();
        if (now >= deadline) return absl::OkStatus();
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - now);
        if (!mailbox->came.WaitFor(mailbox->mutex, left) && mailbox->letters.empty()) {
          return absl::OkStatus();
        }
      }
      letters.swap(mailbox->letters);
    }
    taken += letters.size();
    for (const Mailbox::Letter& letter : letters) {
      if (!letter.notes.ok()) continue;  // Away, or of an earlier program: not held against it.
      for (const std::string& note : *letter.notes) {
        PM_RETURN_IF_ERROR(TakeNote(configured_.all()[letter.partner], note));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status FederationKeeper::TakeNote(const federation::Partner& from, std::string_view note) {
  const auto accepted = book_->Accept(note, std::nullopt, {.actor = "", .partner = from.node_id});
  if (accepted.ok()) {
    Refresh();
    return RaiseAlarms();
  }
  switch (accepted.status().code()) {
    case absl::StatusCode::kAlreadyExists:       // What is in force.
    case absl::StatusCode::kFailedPrecondition:  // Older, early, ended, or our first is not pinned.
      return absl::OkStatus();
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnauthenticated:
      base::Log(base::LogSeverity::kWarning,
                absl::StrFormat("a federation descriptor from %s is not accepted: %s", from.domain,
                                accepted.status().message()));
      return absl::OkStatus();
    case absl::StatusCode::kPermissionDenied:
      // Without one in force it is only not the first that was pinned.
      return book_->in_force() == nullptr ? absl::OkStatus() : AlarmOfConflict(from, note);
    default:
      return accepted.status();
  }
}

// Another text of the version in force means something only if those signed it who must.
absl::Status FederationKeeper::AlarmOfConflict(const federation::Partner& from,
                                               std::string_view note) {
  PM_ASSIGN_OR_RETURN(const crypto::SignedDescriptor other, crypto::SignedDescriptor::Parse(note));
  const auto count = crypto::CountGovernance(other.note(), other.descriptor());
  base::Log(base::LogSeverity::kWarning,
            absl::StrFormat("ALARM: %s has another text of federation descriptor %d, hash %s",
                            from.domain, other.descriptor().version, base::ToHex(other.hash())));
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kAlarm;
  draft.peer = from.node_id;
  draft.object = base::ToHex(other.hash());
  draft.count = other.descriptor().version;
  draft.outcome = count.ok() && count->reached() ? "FEDERATION_FORKED" : "FEDERATION_OTHER_TEXT";
  return ledger_.Append(std::move(draft)).status();
}

FederationStanding FederationKeeper::standing() const {
  FederationStanding now;
  now.in_force = book_->in_force();
  now.stage = book_->stage().value_or(DescriptorStage::kInForce);
  const base::MutexLock lock(mutex_);
  now.partners = partners_;
  now.own_fault = own_fault_;
  now.restart_needed =
      now.in_force != nullptr && now.in_force->accepted.descriptor().version != version_at_start_;
  return now;
}

void FederationKeeper::Start() {
  if (options_.fetch_interval > std::chrono::milliseconds(0))
    thread_ = std::thread([this] { Run(); });
}

void FederationKeeper::Stop() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    stop_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void FederationKeeper::Run() {
  auto next_fetch = clock_.Steady();
  while (true) {
    absl::Status status = WatchLife();
    if (status.ok() && clock_.Steady() >= next_fetch) {
      status = FetchNow(kFetchWait);
      next_fetch = clock_.Steady() + options_.fetch_interval;
    }
    if (!status.ok()) base::Log(base::LogSeverity::kError, "federation: " + status.ToString());
    base::MutexLock lock(mutex_);
    if (!stopping_) stop_.WaitFor(mutex_, kWatchInterval);
    if (stopping_) return;
  }
}

}  // namespace proofmark::exchange
