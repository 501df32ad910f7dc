// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/publishing.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <numeric>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/tlog/merkle.h"
#include "crypto/tlog/tlog_proof.h"
#include "crypto/tlog/witness.h"
#include "server/store/high_water_file.h"

namespace proofmark::exchange {
namespace {

using crypto::AddCheckpointStatus;
using federation::WitnessAnswer;

constexpr std::int64_t kCheckpointsTried = 16;  // From the entry on, for a witnessed one.
constexpr std::size_t kWordsBytesMax = 200;     // Of a partner's words in our log.

// "<size>\n", what a witness answers to a wrong old size.
std::optional<std::uint64_t> ParseSize(std::string_view body) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), size);
  if (error != std::errc() || end == body.data()) return std::nullopt;
  return std::string_view(end, body.data() + body.size()) == "\n" ? std::optional(size)
                                                                  : std::nullopt;
}

// The note as the log alone signed it: what is sent to be cosigned.
crypto::SignedNote WithoutCosignatures(const crypto::SignedNote& note,
                                       const crypto::NoteVerifierKey& log_key) {
  crypto::SignedNote bare{.text = note.text, .signatures = {}};
  for (const crypto::NoteSignature& line : note.signatures) {
    if (line.key_name == log_key.name && line.key_id == log_key.id) bare.signatures.push_back(line);
  }
  return bare;
}

// A partner as a witness.
class PartnerWitness final : public federation::WitnessLink {
 public:
  // Both must outlive it; the partner has a witness key.
  PartnerWitness(const federation::Partner& partner, federation::PeerClient& peers)
      : partner_(partner), peers_(peers) {}

  const crypto::NoteVerifierKey& key() const override { return *partner_.witness_key; }
  const std::string& name() const override { return partner_.domain; }
  const std::string& peer() const override { return partner_.node_id; }
  void AddCheckpoint(const std::string& body, std::chrono::steady_clock::time_point deadline,
                     federation::PeerClient::WitnessCallback done) override {
    peers_.AddCheckpoint(partner_, body, deadline, std::move(done));
  }
  void GetCheckpoint(const std::string& origin, std::chrono::steady_clock::time_point deadline,
                     federation::PeerClient::NoteCallback done) override {
    peers_.GetWitnessedCheckpoint(partner_, origin, deadline, std::move(done));
  }

 private:
  const federation::Partner& partner_;
  federation::PeerClient& peers_;
};

}  // namespace

struct Publishing::Mailbox {
  struct Letter {
    std::uint64_t round = 0;
    std::size_t witness = 0;
    absl::StatusOr<WitnessAnswer> answer;
  };

  void Put(Letter letter) {
    base::MutexLock lock(mutex);
    letters.push_back(std::move(letter));
    came.NotifyAll();
  }
  // The next letter of round `wanted`; those of earlier rounds are of checkpoints that were left
  // behind.
  std::optional<Letter> Take(std::uint64_t wanted, std::chrono::steady_clock::time_point until) {
    base::MutexLock lock(mutex);
    for (;;) {
      while (!letters.empty()) {
        Letter letter = std::move(letters.front());
        letters.pop_front();
        if (letter.round == wanted) return letter;
      }
      const auto left = until - std::chrono::steady_clock::now();
      if (left <= std::chrono::steady_clock::duration::zero()) return std::nullopt;
      came.WaitFor(mutex, std::chrono::duration_cast<std::chrono::milliseconds>(left) +
                              std::chrono::milliseconds(1));
    }
  }

  base::Mutex mutex;
  base::CondVar came;
  std::deque<Letter> letters ABSL_GUARDED_BY(mutex);
  std::uint64_t round = 0;  // Guarded by publishing_.
};

Publishing::Publishing(store::Store& store, ledger::Ledger& ledger, ledger::CheckpointBook& book,
                       const base::Clock& clock, PublishingOptions options, std::string policy_text,
                       crypto::Policy policy)
    : options_(options),
      policy_text_(std::move(policy_text)),
      policy_(std::move(policy)),
      store_(store),
      ledger_(ledger),
      book_(book),
      clock_(clock),
      mailbox_(std::make_shared<Mailbox>()) {}

absl::StatusOr<std::unique_ptr<Publishing>> Publishing::Create(
    store::Store& store, ledger::Ledger& ledger, ledger::CheckpointBook& book,
    const federation::Partners& partners, federation::PeerClient& peers, const base::Clock& clock,
    PublishingOptions options,
    const std::vector<std::shared_ptr<federation::WitnessLink>>& others) {
  std::vector<Witness> witnesses;
  for (const federation::Partner& partner : partners.all()) {
    if (partner.witness_key) {
      witnesses.push_back({.link = std::make_shared<PartnerWitness>(partner, peers)});
    }
  }
  for (const auto& other : others) witnesses.push_back({.link = other});
  std::vector<crypto::NoteVerifierKey> keys;
  for (const Witness& witness : witnesses) keys.push_back(witness.link->key());
  const std::size_t quorum = options.quorum ? static_cast<std::size_t>(*options.quorum)
                                            : std::min<std::size_t>(2, keys.size());
  if (quorum > keys.size()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "witnessing.quorum: %d, but there are only %d witnesses: partners with a witness_key and "
        "[[witness]] entries",
        quorum, keys.size()));
  }
  const std::vector<crypto::NoteVerifierKey> logs = {book.verifier_key()};
  PM_ASSIGN_OR_RETURN(std::string text, crypto::FormatPolicy(logs, keys, quorum));
  PM_ASSIGN_OR_RETURN(crypto::Policy policy, crypto::Policy::Parse(text));
  std::unique_ptr<Publishing> publishing(
      new Publishing(store, ledger, book, clock, options, std::move(text), std::move(policy)));
  publishing->witnesses_ = std::move(witnesses);
  publishing->Judge();
  return publishing;
}

Publishing::~Publishing() { Stop(); }

void Publishing::Start() {
  if (options_.interval.count() > 0) thread_ = std::thread([this] { Run(); });
}

void Publishing::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
    stop_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void Publishing::Run() {
  auto collected = clock_.Steady() - options_.refresh;
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (!stopping_) stop_.WaitFor(mutex_, options_.interval);
      if (stopping_) return;
    }
    const std::optional<ledger::Published> latest = book_.Latest();
    const bool grown = !latest || latest->checkpoint.size != ledger_.Head().size;
    const bool stale = clock_.Steady() - collected >= options_.refresh;
    if (!grown && !stale) continue;
    collected = clock_.Steady();
    if (const absl::Status status = PublishNow(); !status.ok()) {
      base::Log(base::LogSeverity::kError,
                absl::StrFormat("the ledger was not published: %s", status.message()));
    }
  }
}

absl::Status Publishing::PublishNow() {
  base::MutexLock lock(publishing_);
  PM_RETURN_IF_ERROR(book_.SignHead().status());
  absl::Status status;
  if (const std::optional<ledger::Published> latest = book_.Latest()) status = Collect(*latest);
  Judge();
  return status;
}

absl::Status Publishing::Ask(const ledger::Published& published, std::size_t number) {
  const Witness& witness = witnesses_[number];
  const std::uint64_t size = published.checkpoint.size;
  std::vector<crypto::Sha256Digest> proof;
  if (witness.cosigned_size > 0) {
    PM_ASSIGN_OR_RETURN(
        proof, crypto::BuildConsistencyProof(witness.cosigned_size, size, ledger_.SubtreeReader()));
  }
  PM_ASSIGN_OR_RETURN(
      const std::string body,
      crypto::FormatAddCheckpoint(witness.cosigned_size, proof,
                                  WithoutCosignatures(published.note, book_.verifier_key())));
  witness.link->AddCheckpoint(
      body, std::chrono::steady_clock::now() + options_.wait,
      [mailbox = mailbox_, round = mailbox_->round, number](absl::StatusOr<WitnessAnswer> answer) {
        mailbox->Put({round, number, std::move(answer)});
      });
  return absl::OkStatus();
}

absl::Status Publishing::Collect(const ledger::Published& published) {
  ++mailbox_->round;
  std::size_t waiting = 0;
  for (; waiting < witnesses_.size(); ++waiting) PM_RETURN_IF_ERROR(Ask(published, waiting));
  const auto until = std::chrono::steady_clock::now() + options_.wait;
  std::vector<std::size_t> contradict;
  while (waiting > 0) {
    std::optional<Mailbox::Letter> letter = mailbox_->Take(mailbox_->round, until);
    if (!letter) break;
    --waiting;
    PM_ASSIGN_OR_RETURN(const Next next,
                        TakeAnswer(published, letter->witness, std::move(letter->answer)));
    if (next == Next::kAskWhatItSaw) contradict.push_back(letter->witness);
    if (next != Next::kAskAgain) continue;
    PM_RETURN_IF_ERROR(Ask(published, letter->witness));
    ++waiting;
  }
  if (contradict.empty()) return absl::OkStatus();
  const absl::Status seen = CheckWhatTheySaw(contradict, options_.wait);
  if (store::IsRollbackDetected(seen)) {
    // The entry says that there was an alarm; nothing signs it.
    (void)ledger_.Append({.kind = records::EntryKind::kAlarm,
                          .peer = witnesses_[contradict.front()].link->peer(),
                          .outcome = "WITNESS_CONTRADICTS"});
    store_.Halt(seen);
  }
  return seen;
}

absl::Status Publishing::TakeCosignature(const ledger::Published& published, Witness& witness,
                                         std::string_view body) {
  const crypto::NoteVerifierKey& key = witness.link->key();
  PM_ASSIGN_OR_RETURN(std::vector<crypto::NoteSignature> lines, crypto::ParseSignatureLines(body));
  // Only its own line is taken, whatever else it sends.
  std::erase_if(lines, [&key](const crypto::NoteSignature& line) {
    return line.key_name != key.name || line.key_id != key.id;
  });
  if (lines.empty()) return absl::UnauthenticatedError("not by the key we know");
  PM_RETURN_IF_ERROR(
      crypto::VerifyNote({published.note.text, lines}, std::vector{key}, clock_.UnixMillis() / 1000)
          .status());
  witness.cosigned_size = published.checkpoint.size;
  return book_.AddCosignatures(published.checkpoint.size, lines);
}

absl::StatusOr<Publishing::Next> Publishing::TakeAnswer(const ledger::Published& published,
                                                        std::size_t number,
                                                        absl::StatusOr<WitnessAnswer> answer) {
  Witness& witness = witnesses_[number];
  if (!answer.ok()) {
    Tell(witness, std::string(answer.status().message()));
    return Next::kDone;
  }
  const auto status = static_cast<AddCheckpointStatus>(answer->status);
  if (status == AddCheckpointStatus::kOk) {
    const absl::Status taken = TakeCosignature(published, witness, answer->body);
    if (absl::IsUnavailable(taken)) return taken;  // The store has failed.
    Tell(witness,
         taken.ok() ? "" : absl::StrFormat("its cosignature is not accepted: %s", taken.message()));
    return Next::kDone;
  }
  if (status == AddCheckpointStatus::kConflict) {
    const std::optional<std::uint64_t> seen = ParseSize(answer->body);
    if (seen && *seen <= published.checkpoint.size && *seen != witness.cosigned_size) {
      witness.cosigned_size = *seen;
      return Next::kAskAgain;
    }
  }
  Tell(witness, absl::StrFormat("refuses to cosign (%d): %s", answer->status,
                                answer->body.substr(0, kWordsBytesMax)));
  return status == AddCheckpointStatus::kConflict || status == AddCheckpointStatus::kUnprocessable
             ? Next::kAskWhatItSaw
             : Next::kDone;
}

// Once for each change: a partner that is away for a day must not fill the log.
void Publishing::Tell(Witness& witness, std::string fault) {
  if (fault == witness.told) return;
  if (fault.empty()) {
    base::Log(base::LogSeverity::kInfo,
              absl::StrFormat("witness %s cosigns again", witness.link->name()));
  } else {
    base::Log(base::LogSeverity::kWarning,
              absl::StrFormat("witness %s: %s", witness.link->name(), fault));
  }
  witness.told = std::move(fault);
}

void Publishing::Judge() {
  const std::optional<ledger::Published> latest = book_.Latest();
  crypto::WitnessVerdict verdict = policy_.Judge({});
  if (latest) {
    const auto opened = crypto::OpenCheckpoint(crypto::FormatNote(latest->note), policy_.keys(),
                                               clock_.UnixMillis() / 1000);
    if (opened.ok()) verdict = policy_.Judge(opened->cosigners);
  }
  base::MutexLock lock(mutex_);
  published_ = latest;
  if (verdict.satisfied()) {
    unwitnessed_since_.reset();
  } else if (!unwitnessed_since_) {
    unwitnessed_since_ = clock_.UnixMillis();
  }
  verdict_ = std::move(verdict);
}

absl::Status Publishing::CheckWitnesses(std::chrono::milliseconds wait) {
  base::MutexLock lock(publishing_);
  std::vector<std::size_t> all(witnesses_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return CheckWhatTheySaw(all, wait);
}

absl::Status Publishing::CheckWhatTheySaw(const std::vector<std::size_t>& numbers,
                                          std::chrono::milliseconds wait) {
  struct Answers {
    base::Mutex mutex;
    base::CondVar came;
    std::map<std::size_t, std::string> notes ABSL_GUARDED_BY(mutex);
    std::size_t left ABSL_GUARDED_BY(mutex) = 0;
  };
  const auto answers = std::make_shared<Answers>();
  {
    base::MutexLock lock(answers->mutex);
    answers->left = numbers.size();
  }
  const auto until = std::chrono::steady_clock::now() + wait;
  for (const std::size_t number : numbers) {
    witnesses_[number].link->GetCheckpoint(ledger_.origin(), until,
                                           [answers, number](absl::StatusOr<std::string> note) {
                                             base::MutexLock lock(answers->mutex);
                                             if (note.ok() && !note->empty())
                                               answers->notes[number] = *std::move(note);
                                             --answers->left;
                                             answers->came.NotifyAll();
                                           });
  }
  std::map<std::size_t, std::string> notes;
  {
    base::MutexLock lock(answers->mutex);
    while (answers->left > 0 && answers->came.WaitUntil(answers->mutex, until)) {
    }
    notes = answers->notes;
  }
  for (const auto& [number, note] : notes) {
    PM_RETURN_IF_ERROR(CheckSeen(witnesses_[number], note));
  }
  return absl::OkStatus();
}

absl::Status Publishing::CheckSeen(Witness& witness, const std::string& note) {
  const auto opened =
      crypto::OpenCheckpoint(note, std::vector{book_.verifier_key()}, clock_.UnixMillis() / 1000);
  if (!opened.ok()) {  // Without our own signature it proves nothing about us.
    Tell(witness, "shows a checkpoint of this ledger that this node did not sign");
    return absl::OkStatus();
  }
  const crypto::Checkpoint& seen = opened->checkpoint;
  const std::uint64_t size = ledger_.Head().size;
  if (seen.size > size) {
    return store::RollbackDetected(
        absl::StrFormat("the witness %s holds a signed checkpoint of %d entries; here are %d",
                        witness.link->name(), seen.size, size));
  }
  PM_ASSIGN_OR_RETURN(const crypto::Sha256Digest root,
                      crypto::RootFrom(seen.size, ledger_.SubtreeReader()));
  if (root != seen.root) {
    return store::RollbackDetected(
        absl::StrFormat("the witness %s holds a signed checkpoint of other first %d entries",
                        witness.link->name(), seen.size));
  }
  witness.cosigned_size = seen.size;
  return absl::OkStatus();
}

absl::StatusOr<std::string> Publishing::ProveEntry(std::uint64_t index) const {
  const std::optional<ledger::Published> latest = standing().latest;
  if (index >= ledger_.Head().size) {
    return absl::NotFoundError(absl::StrFormat("no entry %d in this ledger", index));
  }
  if (!latest || index >= latest->checkpoint.size) {
    return absl::FailedPreconditionError(
        absl::StrFormat("entry %d is not signed yet; ask again in a moment", index));
  }
  ledger::Published chosen = *latest;
  PM_ASSIGN_OR_RETURN(const std::vector<ledger::Published> covering,
                      book_.List(index, kCheckpointsTried));
  for (const ledger::Published& published : covering) {
    if (published.checkpoint.size > latest->checkpoint.size) break;
    const auto opened = crypto::OpenCheckpoint(crypto::FormatNote(published.note), policy_.keys(),
                                               clock_.UnixMillis() / 1000);
    if (!opened.ok() || !policy_.Judge(opened->cosigners).satisfied()) continue;
    chosen = published;
    break;
  }
  crypto::TlogProof proof{.extra = std::nullopt,
                          .index = index,
                          .inclusion = {},
                          .checkpoint_note = crypto::FormatNote(chosen.note)};
  PM_ASSIGN_OR_RETURN(proof.inclusion, crypto::BuildInclusionProof(index, chosen.checkpoint.size,
                                                                   ledger_.SubtreeReader()));
  return crypto::FormatTlogProof(proof);
}

Standing Publishing::standing() const {
  base::MutexLock lock(mutex_);
  return {
      .latest = published_, .verdict = verdict_, .unwitnessed_since_unix_ms = unwitnessed_since_};
}

absl::Status Publishing::MayRelease() const {
  if (options_.strict_after.count() == 0) return absl::OkStatus();
  base::MutexLock lock(mutex_);
  if (!unwitnessed_since_ ||
      clock_.UnixMillis() - *unwitnessed_since_ <= options_.strict_after.count()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrFormat(
      "this node's ledger has been %s since %d (Unix milliseconds): by its strict mode it answers "
      "nobody until it is witnessed again",
      verdict_.words, *unwitnessed_since_));
}

}  // namespace proofmark::exchange
