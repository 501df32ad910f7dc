// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/sign/key_id.h"

namespace proofmark::crypto {

// A text with signature lines under it (docs/formats/transparency-log.md).
//   Threads  Everything here is pure; the types are plain values.
//   Source   docs/references.md#c2sp-signed-note, #c2sp-tlog-cosignature

inline constexpr std::size_t kNoteBytesMax = 64 * 1024;
inline constexpr std::size_t kNoteSignaturesMax = 64;
inline constexpr std::int64_t kCosignatureFutureMax_s = 5 * 60;

struct NoteSignature {
  std::string key_name;
  NoteKeyId key_id{};
  // As the key's type has it: 64 bytes for kNote, u64be(time) and 64 bytes for kCosignature.
  std::string signature;

  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

struct SignedNote {
  std::string text;  // The signed bytes, with their last LF and without the empty line below them.
  std::vector<NoteSignature> signatures;  // 1..kNoteSignaturesMax

  friend bool operator==(const SignedNote&, const SignedNote&) = default;
};

// Reads the shape; says nothing about who signed. FormatNote() gives the same bytes back.
//   kInvalidArgument  more than kNoteBytesMax or kNoteSignaturesMax, no UTF-8, a control character,
//                     no empty line, no or a malformed signature line (base64 is strict), or no LF
//                     at the end.
absl::StatusOr<SignedNote> ParseNote(std::string_view bytes);
std::string FormatNote(const SignedNote& note);

// One signature line with its LF, and any number of them (what a witness answers).
//   kInvalidArgument  a malformed line, none, or more than kNoteSignaturesMax.
std::string FormatSignatureLine(const NoteSignature& signature);
absl::StatusOr<std::vector<NoteSignature>> ParseSignatureLines(std::string_view lines);

struct VerifiedSignature {
  std::size_t key_index = 0;  // Into the known keys.
  std::int64_t unix_s = 0;    // Of a cosignature: the time it states. Else 0.
};

// The signatures of `note` that known keys made, in the order of their lines; never empty. A line
// whose name and id are not known is ignored; so is every line of a key without a verifier.
//   `now_unix_s`      A cosignature stamped more than kCosignatureFutureMax_s after it fails.
//   kUnauthenticated  a line under a known name and id fails (the whole note is refused), or no
//                     known key signed.
//   kInvalidArgument  two different known keys share name and id: the keys are at fault.
absl::StatusOr<std::vector<VerifiedSignature>> VerifyNote(const SignedNote& note,
                                                          std::span<const NoteVerifierKey> known,
                                                          std::int64_t now_unix_s);

// Signs the text alone: log checkpoints, signed configuration. Key type kNote.
//   kInvalidArgument  a key that is not Ed25519, a name that CheckNoteKeyName() refuses, or text
//   that cannot stand in a note:
//                     empty, without a last LF, not CheckNoteText(), or too long.
//   others            of SigningKey::Sign().
absl::StatusOr<NoteSignature> SignNoteText(std::string_view text, std::string_view key_name,
                                           const SigningKey& key);

// Signs a time and the text: a witness's cosignature/v1. Key type kCosignature. `key` must be used
// for no other purpose and no other witness, since the signed bytes do not name the cosigner.
//   As SignNoteText(), and kInvalidArgument for a time below 0.
absl::StatusOr<NoteSignature> CosignNoteText(std::string_view text, std::string_view key_name,
                                             const SigningKey& key, std::int64_t unix_s);

// "cosignature/v1\ntime <unix_s>\n" and the text: what CosignNoteText() signs.
std::string CosignedBytes(std::string_view text, std::int64_t unix_s);

}  // namespace proofmark::crypto
