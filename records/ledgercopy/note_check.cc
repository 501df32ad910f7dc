// SPDX-License-Identifier: Apache-2.0
#include "records/ledgercopy/note_check.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace proofmark::ledgercopy {
namespace {

using crypto::NoteKeyType;
using crypto::NoteSignature;
using crypto::NoteVerifierKey;

constexpr std::size_t kTimeBytes = 8;

bool IsNamedBy(const NoteSignature& line, const NoteVerifierKey& key) {
  return line.key_name == key.name && line.key_id == key.id;
}

// Whether the line is the key's but for one byte of the key id: two keys of one name and so similar
// ids do not happen by chance. (A damaged character of base64 can touch id and signature at once.)
bool IsNearly(const NoteSignature& line, const NoteVerifierKey& key) {
  int equal = 0;
  for (std::size_t i = 0; i < key.id.size(); ++i) equal += line.key_id[i] == key.id[i] ? 1 : 0;
  return line.key_name == key.name && equal + 1 == static_cast<int>(key.id.size());
}

// Whether `key` made the signature of `line`, whatever name stands before it.
bool IsMadeBy(const NoteSignature& line, const NoteVerifierKey& key, std::string_view text) {
  if (!key.verifier.has_value()) return false;
  std::string_view signature = line.signature;
  if (key.Is(NoteKeyType::kNote)) return key.verifier->Verify(text, signature).ok();
  if (signature.size() != kTimeBytes + crypto::kDigitalSignatureBytes) return false;
  const std::uint64_t unix_s = base::ParseU64Be(signature.substr(0, kTimeBytes));
  if (unix_s > static_cast<std::uint64_t>(INT64_MAX)) return false;
  return key.verifier
      ->Verify(crypto::CosignedBytes(text, static_cast<std::int64_t>(unix_s)),
               signature.substr(kTimeBytes))
      .ok();
}

NoteCheck Refused(Verdict verdict, std::string_view words) {
  NoteCheck check;
  check.verdict = verdict;
  check.words = std::string(words);
  return check;
}

std::string TextOf(const absl::Status& status) { return std::string(status.message()); }

}  // namespace

NoteCheck CheckNote(std::string_view bytes, const crypto::Policy& policy, std::int64_t now_unix_s) {
  absl::StatusOr<crypto::SignedNote> note = crypto::ParseNote(bytes);
  if (!note.ok()) return Refused(Verdict::kCorrupt, TextOf(note.status()));

  std::size_t unknown_lines = 0;
  bool log_named = false;
  for (const NoteSignature& line : note->signatures) {
    const auto named = std::ranges::find_if(
        policy.keys(), [&](const NoteVerifierKey& key) { return IsNamedBy(line, key); });
    if (named != policy.keys().end()) {
      log_named = log_named || named->Is(NoteKeyType::kNote);
      continue;
    }
    ++unknown_lines;
    const auto made = std::ranges::find_if(policy.keys(), [&](const NoteVerifierKey& key) {
      return IsNearly(line, key) || IsMadeBy(line, key, note->text);
    });
    if (made != policy.keys().end()) {
      return Refused(Verdict::kCorrupt,
                     "a signature of " + made->name + " stands under another name or key id");
    }
  }

  absl::StatusOr<crypto::OpenedCheckpoint> opened =
      crypto::OpenCheckpoint(*std::move(note), policy.keys(), now_unix_s);
  if (!opened.ok()) {
    return Refused(log_named ? Verdict::kCorrupt : Verdict::kWrongKey, TextOf(opened.status()));
  }
  NoteCheck check;
  check.standing = policy.Judge(opened->cosigners);
  check.verdict = check.standing.satisfied() ? Verdict::kValid : Verdict::kUnwitnessed;
  check.words = check.standing.words;
  check.opened = *std::move(opened);
  check.unknown_lines = unknown_lines;
  return check;
}

}  // namespace proofmark::ledgercopy
