// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/checkpoint.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/sign/note_text.h"
#include "crypto/tlog/lines.h"

namespace proofmark::crypto {
namespace {

absl::Status Refuse(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("checkpoint: %s", why));
}

}  // namespace

absl::StatusOr<std::string> FormatCheckpointBody(const Checkpoint& checkpoint) {
  PM_RETURN_IF_ERROR(CheckNoteKeyName(checkpoint.origin));
  if (checkpoint.size > kTreeSizeMax) {
    return Refuse(absl::StrFormat("size %d exceeds %d", checkpoint.size, kTreeSizeMax));
  }
  return absl::StrFormat("%s\n%d\n%s\n", checkpoint.origin, checkpoint.size,
                         base::ToBase64(checkpoint.root));
}

absl::StatusOr<Checkpoint> ParseCheckpointBody(std::string_view text) {
  const std::optional<std::string_view> origin = TakeLine(text);
  const std::optional<std::string_view> size_line = TakeLine(text);
  const std::optional<std::string_view> root_line = TakeLine(text);
  if (!origin || !size_line || !root_line) return Refuse("fewer than three lines");

  Checkpoint checkpoint;
  PM_RETURN_IF_ERROR(CheckNoteKeyName(*origin));
  checkpoint.origin = *origin;
  const std::optional<std::uint64_t> size = ParseDecimal(*size_line, kTreeSizeMax);
  if (!size) return Refuse("line 2 is no size");
  checkpoint.size = *size;
  const std::optional<Sha256Digest> root = ParseHash(*root_line);
  if (!root) return Refuse("line 3 is no hash of 32 bytes in base64");
  checkpoint.root = *root;
  while (!text.empty()) {
    const std::optional<std::string_view> extension = TakeLine(text);
    if (!extension) return Refuse("no line feed at its end");
    if (extension->empty()) return Refuse("an empty extension line");
  }
  return checkpoint;
}

absl::StatusOr<SignedNote> SignCheckpoint(const Checkpoint& checkpoint, const SigningKey& log_key) {
  SignedNote note;
  PM_ASSIGN_OR_RETURN(note.text, FormatCheckpointBody(checkpoint));
  PM_ASSIGN_OR_RETURN(NoteSignature signature, SignNoteText(note.text, checkpoint.origin, log_key));
  // A signature spoilt by a fault of memory or processor can give the key away: none leaves.
  if (!log_key.verifying_key().Verify(note.text, signature.signature).ok()) {
    return absl::DataLossError("checkpoint: the signature just made does not verify");
  }
  note.signatures.push_back(std::move(signature));
  return note;
}

absl::StatusOr<OpenedCheckpoint> OpenCheckpoint(std::string_view note,
                                                std::span<const NoteVerifierKey> known,
                                                std::int64_t now_unix_s) {
  PM_ASSIGN_OR_RETURN(SignedNote parsed, ParseNote(note));
  return OpenCheckpoint(std::move(parsed), known, now_unix_s);
}

absl::StatusOr<OpenedCheckpoint> OpenCheckpoint(SignedNote note,
                                                std::span<const NoteVerifierKey> known,
                                                std::int64_t now_unix_s) {
  OpenedCheckpoint opened;
  PM_ASSIGN_OR_RETURN(opened.checkpoint, ParseCheckpointBody(note.text));
  PM_ASSIGN_OR_RETURN(const std::vector<VerifiedSignature> verified,
                      VerifyNote(note, known, now_unix_s));
  bool log_signed = false;
  for (const VerifiedSignature& signature : verified) {
    const NoteVerifierKey& key = known[signature.key_index];
    if (key.Is(NoteKeyType::kNote)) {
      if (key.name != opened.checkpoint.origin) {
        return absl::UnauthenticatedError(
            absl::StrFormat("checkpoint: signed by the key of another log, %s", key.name));
      }
      log_signed = true;
      continue;
    }
    const auto same =
        std::ranges::find(opened.cosigners, signature.key_index, &Cosigner::key_index);
    if (same == opened.cosigners.end()) {
      opened.cosigners.push_back({signature.key_index, signature.unix_s});
    } else {
      same->unix_s = std::max(same->unix_s, signature.unix_s);
    }
  }
  if (!log_signed) return absl::UnauthenticatedError("checkpoint: its log did not sign it");
  opened.note = std::move(note);
  return opened;
}

}  // namespace proofmark::crypto
