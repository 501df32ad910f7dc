// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/signed_note.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/sign/note_text.h"
#include "crypto/tlog/lines.h"

namespace proofmark::crypto {
namespace {

constexpr std::string_view kLineStart = "\xE2\x80\x94 ";  // An em dash (U+2014) and a space.
constexpr std::size_t kTimeBytes = 8;

absl::Status Refuse(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("note: %s", why));
}

absl::StatusOr<NoteSignature> ParseSignatureLine(std::string_view line) {
  if (!line.starts_with(kLineStart)) return Refuse("a signature line without dash and space");
  line.remove_prefix(kLineStart.size());
  const std::size_t space = line.find(' ');
  if (space == line.npos) return Refuse("a signature line without signature");
  NoteSignature signature;
  signature.key_name = line.substr(0, space);
  PM_RETURN_IF_ERROR(CheckNoteKeyName(signature.key_name));
  const absl::StatusOr<std::string> bytes = base::ParseBase64(line.substr(space + 1));
  if (!bytes.ok()) return Refuse("a signature that is not strict base64");
  if (bytes->size() <= signature.key_id.size()) return Refuse("a signature without key id");
  std::ranges::copy(base::AsBytes(*bytes).first(signature.key_id.size()), signature.key_id.begin());
  signature.signature = bytes->substr(signature.key_id.size());
  return signature;
}

// What can stand above signature lines.
absl::Status CheckSignable(std::string_view text, std::string_view key_name) {
  PM_RETURN_IF_ERROR(CheckNoteKeyName(key_name));
  if (!text.ends_with('\n')) return Refuse("text without a line feed at its end");
  if (text.size() > kNoteBytesMax) {
    return Refuse(absl::StrFormat("text of %d bytes, more than %d", text.size(), kNoteBytesMax));
  }
  return CheckNoteText(text);
}

absl::Status CheckKey(const SigningKey& key) {
  if (key.verifying_key().algorithm() == SignatureAlgorithm::kEd25519) return absl::OkStatus();
  return Refuse("the key that is to sign it is not Ed25519");
}

NoteSignature Line(std::string_view key_name, NoteKeyType type, const SigningKey& key,
                   std::string signature) {
  return {std::string(key_name), ComputeNoteKeyId(key_name, type, key.verifying_key()),
          std::move(signature)};
}

// The key of that name and id; nullopt if it is not known.
absl::StatusOr<std::optional<std::size_t>> Find(const NoteSignature& line,
                                                std::span<const NoteVerifierKey> known) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const NoteVerifierKey& key = known[i];
    if (!key.verifier || key.id != line.key_id || key.name != line.key_name) continue;
    if (found && (known[*found].type != key.type || known[*found].public_key != key.public_key)) {
      return absl::InvalidArgumentError("known keys: two of one name and id");
    }
    if (!found) found = i;
  }
  return found;
}

// The time that a line of `key` states, 0 for plain signatures.
absl::StatusOr<std::int64_t> VerifyLine(std::string_view text, const NoteSignature& line,
                                        const NoteVerifierKey& key, std::int64_t now_unix_s) {
  const auto fails = [&line](std::string_view why) {
    return absl::UnauthenticatedError(
        absl::StrFormat("note: the signature of %s %s", line.key_name, why));
  };
  if (key.Is(NoteKeyType::kNote)) {
    if (!key.verifier->Verify(text, line.signature).ok()) return fails("does not verify");
    return 0;
  }
  if (line.signature.size() != kTimeBytes + kDigitalSignatureBytes) return fails("has no time");
  const std::string_view bytes = line.signature;
  const std::uint64_t stamped = base::ParseU64Be(bytes.substr(0, kTimeBytes));
  if (stamped > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return fails("states an impossible time");
  }
  const auto unix_s = static_cast<std::int64_t>(stamped);
  if (unix_s > kCosignatureFutureMax_s && unix_s - kCosignatureFutureMax_s > now_unix_s) {
    return fails("states a time in the future");
  }
  if (!key.verifier->Verify(CosignedBytes(text, unix_s), bytes.substr(kTimeBytes)).ok()) {
    return fails("does not verify");
  }
  return unix_s;
}

}  // namespace

absl::StatusOr<SignedNote> ParseNote(std::string_view bytes) {
  if (bytes.size() > kNoteBytesMax) {
    return Refuse(absl::StrFormat("%d bytes, more than %d", bytes.size(), kNoteBytesMax));
  }
  PM_RETURN_IF_ERROR(CheckNoteText(bytes));
  const std::size_t empty_line = bytes.rfind("\n\n");
  if (empty_line == bytes.npos) return Refuse("no empty line");
  SignedNote note;
  note.text = bytes.substr(0, empty_line + 1);
  PM_ASSIGN_OR_RETURN(note.signatures, ParseSignatureLines(bytes.substr(empty_line + 2)));
  return note;
}

std::string FormatNote(const SignedNote& note) {
  std::string bytes = note.text + "\n";
  for (const NoteSignature& signature : note.signatures) {
    bytes.append(FormatSignatureLine(signature));
  }
  return bytes;
}

std::string FormatSignatureLine(const NoteSignature& signature) {
  std::string bytes(base::AsText(signature.key_id));
  bytes.append(signature.signature);
  std::string line(kLineStart);
  return line.append(signature.key_name).append(" ").append(base::ToBase64(bytes)).append("\n");
}

absl::StatusOr<std::vector<NoteSignature>> ParseSignatureLines(std::string_view lines) {
  std::vector<NoteSignature> signatures;
  while (!lines.empty()) {
    const std::optional<std::string_view> line = TakeLine(lines);
    if (!line) return Refuse("no line feed at its end");
    if (signatures.size() == kNoteSignaturesMax) {
      return Refuse(absl::StrFormat("more than %d signatures", kNoteSignaturesMax));
    }
    PM_ASSIGN_OR_RETURN(NoteSignature signature, ParseSignatureLine(*line));
    signatures.push_back(std::move(signature));
  }
  if (signatures.empty()) return Refuse("no signature");
  return signatures;
}

absl::StatusOr<std::vector<VerifiedSignature>> VerifyNote(const SignedNote& note,
                                                          std::span<const NoteVerifierKey> known,
                                                          std::int64_t now_unix_s) {
  std::vector<VerifiedSignature> verified;
  for (const NoteSignature& line : note.signatures) {
    PM_ASSIGN_OR_RETURN(const std::optional<std::size_t> key, Find(line, known));
    if (!key) continue;
    PM_ASSIGN_OR_RETURN(const std::int64_t unix_s,
                        VerifyLine(note.text, line, known[*key], now_unix_s));
    verified.push_back({*key, unix_s});
  }
  if (verified.empty()) return absl::UnauthenticatedError("note: no known key signed it");
  return verified;
}

absl::StatusOr<NoteSignature> SignNoteText(std::string_view text, std::string_view key_name,
                                           const SigningKey& key) {
  PM_RETURN_IF_ERROR(CheckSignable(text, key_name));
  PM_RETURN_IF_ERROR(CheckKey(key));
  PM_ASSIGN_OR_RETURN(const DigitalSignature signature, key.Sign(text));
  return Line(key_name, NoteKeyType::kNote, key, std::string(AsText(signature)));
}

absl::StatusOr<NoteSignature> CosignNoteText(std::string_view text, std::string_view key_name,
                                             const SigningKey& key, std::int64_t unix_s) {
  PM_RETURN_IF_ERROR(CheckSignable(text, key_name));
  if (unix_s < 0) return Refuse("a cosignature's time before 1970");
  PM_RETURN_IF_ERROR(CheckKey(key));
  PM_ASSIGN_OR_RETURN(const DigitalSignature over_time, key.Sign(CosignedBytes(text, unix_s)));
  std::string signature;
  base::AppendU64Be(signature, static_cast<std::uint64_t>(unix_s));
  signature.append(AsText(over_time));
  return Line(key_name, NoteKeyType::kCosignature, key, std::move(signature));
}

std::string CosignedBytes(std::string_view text, std::int64_t unix_s) {
  return absl::StrFormat("cosignature/v1\ntime %d\n%s", unix_s, text);
}

}  // namespace proofmark::crypto
