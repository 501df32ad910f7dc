// SPDX-License-Identifier: Apache-2.0
#include "server/ledger/witness_book.h"

#include <array>
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

// What is stored of an origin is the note that was cosigned last: its text says size and root.
absl::StatusOr<crypto::WitnessedTree> TreeOf(std::string_view note_bytes) {
  PM_ASSIGN_OR_RETURN(const crypto::SignedNote note, crypto::ParseNote(note_bytes));
  PM_ASSIGN_OR_RETURN(const crypto::Checkpoint tree, crypto::ParseCheckpointBody(note.text));
  return crypto::WitnessedTree{.size = tree.size, .root = tree.root};
}

}  // namespace

WitnessBook::WitnessBook(store::Store& store, Ledger& ledger, const base::Clock& clock,
                         const crypto::SigningKey& witness_key,
                         crypto::NoteVerifierKey verifier_key,
                         std::map<std::string, WitnessedOrigin, std::less<>> origins)
    : witness_key_(witness_key),
      verifier_key_(std::move(verifier_key)),
      origins_(std::move(origins)),
      store_(store),
      ledger_(ledger),
      clock_(clock) {}

absl::StatusOr<std::unique_ptr<WitnessBook>> WitnessBook::Create(
    store::Store& store, Ledger& ledger, const base::Clock& clock,
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
  return std::unique_ptr<WitnessBook>(new WitnessBook(store, ledger, clock, witness_key,
                                                      std::move(verifier_key), std::move(origins)));
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
        KeepEvidence(origin, *before, body, decision.misconduct == crypto::LogMisconduct::kProven));
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
  write.mutations.Put(row, crypto::FormatNote(kept));
  if (before) {
    PM_RETURN_IF_ERROR(store_.Commit(std::move(write)));
  } else {
    records::EntryDraft first{.kind = records::EntryKind::kWitness, .peer = origin.peer};
    first.outcome = "FIRST_CHECKPOINT";
    first.count = request->checkpoint.size;
    PM_RETURN_IF_ERROR(ledger_.Append(std::move(first), std::move(write)).status());
  }
  return Answer{AddCheckpointStatus::kOk, crypto::FormatSignatureLine(cosignature)};
}

absl::Status WitnessBook::KeepEvidence(const WitnessedOrigin& origin, std::string_view cosigned,
                                       std::string_view body, bool proven) {
  const std::string prefix = ForkPrefix(origin.log_key.name);
  std::uint64_t kept = 0;
  bool known = false;
  std::string evidence;
  base::AppendU64Be(evidence, static_cast<std::uint64_t>(clock_.UnixMillis()));
  base::AppendU64Be(evidence, cosigned.size());
  evidence.append(cosigned).append(body);
  PM_RETURN_IF_ERROR(store_.Scan({.prefix = prefix}, [&](std::string_view, std::string_view value) {
    ++kept;
    // All but the time.
    known = known || value.substr(8) == std::string_view(evidence).substr(8);
    return true;
  }));
  if (known || kept >= kForksKeptMax) return absl::OkStatus();
  records::EntryDraft alarm{.kind = records::EntryKind::kAlarm, .peer = origin.peer};
  alarm.outcome = proven ? "FORK_PROVEN" : "FORK_SUSPECTED";
  alarm.object = crypto::Sha256Hex(evidence);
  store::WriteRequest write;
  std::string row = prefix;
  base::AppendU64Be(row, kept);
  write.mutations.Put(std::move(row), std::move(evidence));
  return ledger_.Append(std::move(alarm), std::move(write)).status();
}

absl::StatusOr<std::optional<std::string>> WitnessBook::Cosigned(std::string_view origin) const {
  return store_.Get(StateRow(origin));
}

absl::StatusOr<std::vector<ForkEvidence>> WitnessBook::Forks() const {
  std::vector<ForkEvidence> forks;
  for (const auto& known : origins_) {
    const std::string& name = known.first;
    absl::Status status;
    PM_RETURN_IF_ERROR(store_.Scan({.prefix = ForkPrefix(name)}, [&](std::string_view,
                                                                     std::string_view value) {
      const std::uint64_t note_bytes = value.size() < 16 ? 0 : base::ParseU64Be(value.substr(8, 8));
      if (value.size() < 16 || note_bytes > value.size() - 16) {
        status = absl::DataLossError("witness: evidence of a fork cannot be read");
        return false;
      }
      forks.push_back({.origin = name,
                       .unix_ms = static_cast<std::int64_t>(base::ParseU64Be(value.substr(0, 8))),
                       .cosigned_note = std::string(value.substr(16, note_bytes)),
                       .request = std::string(value.substr(16 + note_bytes))});
      return true;
    }));
    PM_RETURN_IF_ERROR(status);
  }
  return forks;
}

}  // namespace proofmark::ledger
