// SPDX-License-Identifier: Apache-2.0
#include "server/ledger/witness_book.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "server/ledger/tables.h"
#include "server/store/keys.h"

namespace proofmark::ledger {
namespace {

using crypto::AddCheckpointStatus;

std::string StateRow(std::string_view origin) {
  return store::StoreKey(kWitnessTable).Text(origin).Build();
}
std::string ForkPrefix(std::string_view origin) {
  return store::StoreKey(kForkTable).Text(origin).Build();
}

constexpr std::string_view kProven = "FORK_PROVEN";
constexpr std::string_view kProvenByReport = "FORK_PROVEN:REPORTED";
constexpr std::string_view kSuspected = "FORK_SUSPECTED";

// The note in an add-checkpoint body: after the first empty line.
std::string_view NoteIn(std::string_view body) {
  const std::size_t at = body.find("\n\n");
  return at == body.npos ? std::string_view() : body.substr(at + 2);
}

// u64be length, first, second.
std::string JoinNotes(std::string_view first, std::string_view second) {
  std::string joined;
  base::AppendU64Be(joined, first.size());
  return joined.append(first).append(second);
}
std::optional<std::pair<std::string, std::string>> SplitNotes(std::string_view joined) {
  if (joined.size() < 8) return std::nullopt;
  const std::uint64_t first = base::ParseU64Be(joined.substr(0, 8));
  if (first > joined.size() - 8) return std::nullopt;
  return std::pair(std::string(joined.substr(8, first)), std::string(joined.substr(8 + first)));
}

// What was signed in both, by text, whoever cosigned and however it came: by it two proofs of one
// fork are the same. Empty if a note cannot be read.
std::vector<std::string> SignedTexts(std::string_view note, std::string_view body) {
  std::vector<std::string> texts;
  for (const std::string_view bytes : {note, NoteIn(body)}) {
    absl::StatusOr<crypto::SignedNote> parsed = crypto::ParseNote(bytes);
    if (!parsed.ok()) return {};
    texts.push_back(std::move(parsed->text));
  }
  std::ranges::sort(texts);
  return texts;
}

// OK if the two, both signed by one log, cannot both be true.
absl::Status CheckContradiction(const crypto::Checkpoint& first, const crypto::Checkpoint& second) {
  const auto is_impossible = [](const crypto::Checkpoint& tree) {
    return tree.size == 0 && tree.root != crypto::EmptyRoot();
  };
  if (is_impossible(first) || is_impossible(second)) return absl::OkStatus();
  if (first.size == second.size && first.root != second.root) return absl::OkStatus();
  return absl::InvalidArgumentError("the two checkpoints do not contradict each other");
}

// Whether both signed texts of the evidence are there and contradict each other. Signatures were
// checked when it was kept.
bool IsProof(const ForkEvidence& evidence) {
  std::vector<crypto::Checkpoint> said;
  for (const std::string& text : SignedTexts(evidence.cosigned_note, evidence.request)) {
    absl::StatusOr<crypto::Checkpoint> checkpoint = crypto::ParseCheckpointBody(text);
    if (checkpoint.ok()) said.push_back(*std::move(checkpoint));
  }
  return said.size() == 2 && CheckContradiction(said[0], said[1]).ok();
}

// A copy of that note outside the database: a line with its checksum, then the note.
constexpr std::string_view kCopyHeader = "proofmark/witnessed/v1 ";

std::string CopyName(std::string_view origin) { return crypto::Sha256Hex(origin) + ".note"; }
std::string CopyOf(std::string_view note) {
  return absl::StrFormat("%s%s\n%s", kCopyHeader, crypto::Sha256Hex(note), note);
}
absl::StatusOr<std::string> NoteOfCopy(std::string_view copy) {
  const std::size_t at = copy.find('\n');
  std::string note(at == copy.npos ? std::string_view() : copy.substr(at + 1));
  if (copy != CopyOf(note)) return absl::DataLossError("its checksum does not match");
  return note;
}

// The copy, or none.
absl::StatusOr<std::optional<std::string>> ReadCopy(const store::DerivedFiles& copies,
                                                    std::string_view origin) {
  const absl::StatusOr<store::MappedFile> file = copies.Map(CopyName(origin));
  if (absl::IsNotFound(file.status())) return std::nullopt;
  if (!file.ok()) return file.status();
  return NoteOfCopy(base::AsText(std::as_bytes(file->bytes)));
}

// What is stored of an origin is the note that was cosigned last: its text says size and root.
absl::StatusOr<crypto::WitnessedTree> TreeOf(std::string_view note_bytes) {
  PM_ASSIGN_OR_RETURN(const crypto::SignedNote note, crypto::ParseNote(note_bytes));
  PM_ASSIGN_OR_RETURN(const crypto::Checkpoint tree, crypto::ParseCheckpointBody(note.text));
  return crypto::WitnessedTree{.size = tree.size, .root = tree.root};
}

}  // namespace

WitnessBook::WitnessBook(store::Store& store, Ledger& ledger, store::DerivedFiles& copies,
                         const base::Clock& clock, const crypto::SigningKey& witness_key,
                         crypto::NoteVerifierKey verifier_key,
                         std::map<std::string, WitnessedOrigin, std::less<>> origins,
                         std::vector<std::string> told)
    : witness_key_(witness_key),
      verifier_key_(std::move(verifier_key)),
      origins_(std::move(origins)),
      told_(std::move(told)),
      store_(store),
      ledger_(ledger),
      copies_(copies),
      clock_(clock) {}

absl::StatusOr<std::unique_ptr<WitnessBook>> WitnessBook::Create(
    store::Store& store, Ledger& ledger, store::DerivedFiles& copies, const base::Clock& clock,
    const crypto::SigningKey& witness_key, Options options) {
  PM_ASSIGN_OR_RETURN(crypto::NoteVerifierKey verifier_key,
                      crypto::MakeVerifierKey(options.name, crypto::NoteKeyType::kCosignature,
                                              witness_key.verifying_key()));
  std::map<std::string, WitnessedOrigin, std::less<>> origins;
  for (WitnessedOrigin& origin : options.origins) {
    std::string name = origin.log_key.name;
    if (!origins.emplace(name, std::move(origin)).second) {
      return absl::InvalidArgumentError(
          absl::StrFormat("witness: the ledger %s is listed twice", name));
    }
  }
  return std::unique_ptr<WitnessBook>(new WitnessBook(store, ledger, copies, clock, witness_key,
                                                      std::move(verifier_key), std::move(origins),
                                                      std::move(options.told)));
}

absl::Status WitnessBook::Recover() {
  base::MutexLock lock(deciding_);
  for (const auto& known : origins_) PM_RETURN_IF_ERROR(RecoverOne(known.second));
  return absl::OkStatus();
}

// Nothing is cosigned before both have it, so whichever is ahead is at least what was shown.
absl::Status WitnessBook::RecoverOne(const WitnessedOrigin& origin) {
  const std::string& name = origin.log_key.name;
  const std::string row = StateRow(name);
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> stored, store_.Get(row));
  const absl::StatusOr<std::optional<std::string>> read = ReadCopy(copies_, name);
  absl::StatusOr<crypto::WitnessedTree> copied = crypto::WitnessedTree{};
  if (read.ok() && read->has_value()) copied = TreeOf(**read);
  if (!read.ok() || !copied.ok()) {
    return absl::DataLossError(absl::StrFormat(
        "witness: what was cosigned of %s (witnessed/%s) is damaged: %s; remove the file only if "
        "the database is known to be whole, else begin with a new node.witness_key",
        name, CopyName(name), (read.ok() ? copied.status() : read.status()).message()));
  }
  crypto::WitnessedTree kept;
  if (stored) {
    PM_ASSIGN_OR_RETURN(kept, TreeOf(*stored));
  }
  const bool lost = read->has_value() && (!stored || kept.size < copied->size);
  if (!lost) {
    if (!stored || *read == stored) return absl::OkStatus();
    return copies_.Write(CopyName(name), CopyOf(*stored));
  }
  records::EntryDraft alarm{.kind = records::EntryKind::kAlarm, .peer = origin.peer};
  alarm.outcome = "WITNESS_STATE_RESTORED";
  alarm.object = crypto::Sha256Hex(**read);
  alarm.count = copied->size;
  store::WriteRequest write;
  write.mutations.Put(row, **read);
  return ledger_.Append(std::move(alarm), std::move(write)).status();
}

absl::StatusOr<WitnessBook::Answer> WitnessBook::AddCheckpoint(std::string_view body) {
  const absl::StatusOr<crypto::AddCheckpointRequest> request = crypto::ParseAddCheckpoint(body);
  if (!request.ok()) {
    return Answer{AddCheckpointStatus::kBadRequest, std::string(request.status().message()) + "\n"};
  }
  const std::int64_t now_s = clock_.UnixMillis() / 1000;
  const auto found = origins_.find(request->checkpoint.origin);
  if (found == origins_.end()) {
    const auto refused = crypto::DecideAddCheckpoint(*request, nullptr, now_s);
    return Answer{refused.status, refused.ErrorBody()};
  }
  const WitnessedOrigin& origin = found->second;

  base::MutexLock lock(deciding_);
  const std::string row = StateRow(origin.log_key.name);
  PM_ASSIGN_OR_RETURN(const std::optional<std::string> before, store_.Get(row));
  crypto::WitnessedLog log{.origin = origin.log_key.name, .keys = {origin.log_key}, .last = {}};
  if (before) {
    PM_ASSIGN_OR_RETURN(log.last, TreeOf(*before));
  }
  const crypto::AddCheckpointDecision decision = crypto::DecideAddCheckpoint(*request, &log, now_s);
  if (decision.misconduct != crypto::LogMisconduct::kNone && before) {
    PM_RETURN_IF_ERROR(
        KeepEvidence(origin, *before, body,
                     decision.misconduct == crypto::LogMisconduct::kProven ? kProven : kSuspected));
  }
  if (decision.status != AddCheckpointStatus::kOk) {
    return Answer{decision.status, decision.ErrorBody()};
  }
  PM_ASSIGN_OR_RETURN(
      const crypto::NoteSignature cosignature,
      crypto::CosignNoteText(request->note.text, verifier_key_.name, witness_key_, now_s));
  // Of the lines that came only the log's own is kept: others are not ours to vouch for.
  crypto::SignedNote kept{.text = request->note.text, .signatures = {}};
  for (const crypto::NoteSignature& line : request->note.signatures) {
    if (line.key_name == origin.log_key.name && line.key_id == origin.log_key.id) {
      kept.signatures.push_back(line);
    }
  }
  kept.signatures.push_back(cosignature);
  store::WriteRequest write;
  write.preconditions.push_back({.key = row, .value = before});
  const std::string note = crypto::FormatNote(kept);
  write.mutations.Put(row, note);
  if (before) {
    PM_RETURN_IF_ERROR(store_.Commit(std::move(write)));
  } else {
    records::EntryDraft first{.kind = records::EntryKind::kWitness, .peer = origin.peer};
    first.outcome = "FIRST_CHECKPOINT";
    first.count = request->checkpoint.size;
    PM_RETURN_IF_ERROR(ledger_.Append(std::move(first), std::move(write)).status());
  }
  if (const absl::Status copied = copies_.Write(CopyName(origin.log_key.name), CopyOf(note));
      !copied.ok()) {
    store_.Halt(copied);
    return absl::UnavailableError(std::string(copied.message()));
  }
  return Answer{AddCheckpointStatus::kOk, crypto::FormatSignatureLine(cosignature)};
}

absl::Status WitnessBook::KeepEvidence(const WitnessedOrigin& origin, std::string_view cosigned,
                                       std::string_view body, std::string_view outcome) {
  const std::string prefix = ForkPrefix(origin.log_key.name);
  std::uint64_t kept = 0;
  bool known = false;
  std::string evidence;
  base::AppendU64Be(evidence, static_cast<std::uint64_t>(clock_.UnixMillis()));
  evidence += JoinNotes(cosigned, body);
  const std::vector<std::string> texts =
      outcome == kSuspected ? std::vector<std::string>() : SignedTexts(cosigned, body);
  PM_RETURN_IF_ERROR(store_.Scan({.prefix = prefix}, [&](std::string_view, std::string_view value) {
    ++kept;
    const std::string_view before = value.substr(8);  // All but the time.
    const auto notes = SplitNotes(before);
    known = known || before == std::string_view(evidence).substr(8) ||
            (notes && !texts.empty() && SignedTexts(notes->first, notes->second) == texts);
    return true;
  }));
  if (known || kept >= kForksKeptMax) return absl::OkStatus();
  records::EntryDraft alarm{.kind = records::EntryKind::kAlarm, .peer = origin.peer};
  alarm.outcome = outcome;
  alarm.object = crypto::Sha256Hex(evidence);
  store::WriteRequest write;
  // In the same batch: no crash parts the evidence from its being told.
  for (const std::string& domain : told_) {
    if (outcome == kSuspected || origin.log_key.name.starts_with(domain + "/")) continue;
    write.mutations.Put(
        store::StoreKey(kForkReportTable).Text(domain).Text(origin.log_key.name).U64(kept).Build(),
        JoinNotes(cosigned, NoteIn(body)));
  }
  std::string row = prefix;
  base::AppendU64Be(row, kept);
  write.mutations.Put(std::move(row), std::move(evidence));
  return ledger_.Append(std::move(alarm), std::move(write)).status();
}

absl::Status WitnessBook::TakeReport(std::string_view first_note, std::string_view second_note) {
  PM_ASSIGN_OR_RETURN(const crypto::SignedNote first, crypto::ParseNote(first_note));
  PM_ASSIGN_OR_RETURN(const crypto::Checkpoint claimed, crypto::ParseCheckpointBody(first.text));
  const auto found = origins_.find(claimed.origin);
  if (found == origins_.end()) return absl::NotFoundError("a ledger that is not witnessed here");
  const WitnessedOrigin& origin = found->second;
  const std::vector<crypto::NoteVerifierKey> log = {origin.log_key};
  std::vector<crypto::OpenedCheckpoint> opened;
  for (const std::string_view note : {first_note, second_note}) {
    absl::StatusOr<crypto::OpenedCheckpoint> one =
        crypto::OpenCheckpoint(note, log, clock_.UnixMillis() / 1000);
    if (!one.ok()) return absl::InvalidArgumentError(std::string(one.status().message()));
    opened.push_back(*std::move(one));
  }
  PM_RETURN_IF_ERROR(CheckContradiction(opened[0].checkpoint, opened[1].checkpoint));

  base::MutexLock lock(deciding_);
  PM_ASSIGN_OR_RETURN(const std::string body,
                      crypto::FormatAddCheckpoint(opened[1].checkpoint.size, {}, opened[1].note));
  return KeepEvidence(origin, first_note, body, kProvenByReport);
}

absl::StatusOr<std::vector<ForkReport>> WitnessBook::ReportsWaiting() const {
  std::vector<ForkReport> waiting;
  absl::Status status;
  for (const std::string& domain : told_) {
    PM_RETURN_IF_ERROR(
        store_.Scan({.prefix = store::StoreKey(kForkReportTable).Text(domain).Build()},
                    [&](std::string_view row, std::string_view value) {
                      auto notes = SplitNotes(value);
                      if (!notes) {
                        status = absl::DataLossError("witness: a report of a fork cannot be read");
                        return false;
                      }
                      waiting.push_back({.row = std::string(row),
                                         .partner = domain,
                                         .first_note = std::move(notes->first),
                                         .second_note = std::move(notes->second)});
                      return waiting.size() < kForkReportsListedMax;
                    }));
    PM_RETURN_IF_ERROR(status);
    if (waiting.size() >= kForkReportsListedMax) break;
  }
  return waiting;
}

absl::Status WitnessBook::ForgetReport(const ForkReport& report) {
  store::WriteRequest write;
  write.mutations.Delete(report.row);
  return store_.Commit(std::move(write));
}

absl::StatusOr<std::optional<std::string>> WitnessBook::Cosigned(std::string_view origin) const {
  return store_.Get(StateRow(origin));
}

std::vector<std::string> WitnessBook::origins() const {
  std::vector<std::string> names;
  for (const auto& known : origins_) names.push_back(known.first);
  return names;
}

absl::Status WitnessBook::ForEachEvidence(std::string_view origin,
                                          const EvidenceVisitor& visit) const {
  absl::Status status;
  PM_RETURN_IF_ERROR(
      store_.Scan({.prefix = ForkPrefix(origin)}, [&](std::string_view, std::string_view value) {
        auto notes = value.size() < 8 ? std::nullopt : SplitNotes(value.substr(8));
        if (!notes) {
          status = absl::DataLossError("witness: evidence of a fork cannot be read");
          return false;
        }
        return visit({.origin = std::string(origin),
                      .unix_ms = static_cast<std::int64_t>(base::ParseU64Be(value.substr(0, 8))),
                      .cosigned_note = std::move(notes->first),
                      .request = std::move(notes->second)});
      }));
  return status;
}

absl::StatusOr<std::vector<ForkEvidence>> WitnessBook::Forks() const {
  std::vector<ForkEvidence> forks;
  for (const auto& [name, origin] : origins_) {
    PM_RETURN_IF_ERROR(ForEachEvidence(name, [&](ForkEvidence evidence) {
      forks.push_back(std::move(evidence));
      return true;
    }));
  }
  return forks;
}

absl::StatusOr<bool> WitnessBook::IsForked(std::string_view node_id) const {
  bool forked = false;
  for (const auto& [name, origin] : origins_) {
    if (origin.peer != node_id) continue;
    PM_RETURN_IF_ERROR(ForEachEvidence(name, [&](const ForkEvidence& evidence) {
      forked = IsProof(evidence);
      return !forked;
    }));
  }
  return forked;
}

}  // namespace proofmark::ledger
