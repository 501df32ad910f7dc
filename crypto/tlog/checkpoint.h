// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/tlog/merkle.h"
#include "crypto/tlog/signed_note.h"

namespace proofmark::crypto {

// A log's statement of its size and root (docs/formats/transparency-log.md).
//   Threads  Everything here is pure; the types are plain values.
//   Source   docs/references.md#c2sp-tlog-checkpoint, #c2sp-tlog-cosignature

struct Checkpoint {
  std::string origin;  // The log's name, which is also its key's: as CheckNoteKeyName() wants it.
  std::uint64_t size = 0;  // 0..kTreeSizeMax
  Sha256Digest root = EmptyRoot();

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// The note text: three lines, no extension lines.
//   kInvalidArgument  an origin that is no key name, or a size above kTreeSizeMax.
absl::StatusOr<std::string> FormatCheckpointBody(const Checkpoint& checkpoint);

// Lines after the third are accepted, unless empty, and not interpreted. The signed bytes are the
// whole text: keep the note, never a body written anew.
//   kInvalidArgument  another shape: names the line.
absl::StatusOr<Checkpoint> ParseCheckpointBody(std::string_view text);

// The checkpoint as a note with the log's signature, checked once after signing.
// The caller keeps the rule that a log key signs only trees that extend one another.
//   kInvalidArgument  as FormatCheckpointBody().
//   kDataLoss         the signature just made does not verify: a fault of the machine.
absl::StatusOr<SignedNote> SignCheckpoint(const Checkpoint& checkpoint, const SigningKey& log_key);

struct Cosigner {
  std::size_t key_index = 0;  // Into the known keys.
  std::int64_t unix_s = 0;    // When it had seen no larger consistent tree of this origin.
};

// A checkpoint whose log signature was verified, and who cosigned it.
struct OpenedCheckpoint {
  Checkpoint checkpoint;
  SignedNote note;                  // As read: format it, never the checkpoint, to pass it on.
  std::vector<Cosigner> cosigners;  // Each known witness key at most once: its latest time.
};

// Reads a note and judges it by the known keys: those of type kNote are log keys, those of type
// kCosignature witnesses. At least one log key must have signed, and each log key that did must
// bear the checkpoint's origin as its name.
//   kInvalidArgument  malformed note or body, or ambiguous keys (VerifyNote).
//   kUnauthenticated  a known line fails, no log key signed, or its name is not the origin.
absl::StatusOr<OpenedCheckpoint> OpenCheckpoint(std::string_view note,
                                                std::span<const NoteVerifierKey> known,
                                                std::int64_t now_unix_s);
absl::StatusOr<OpenedCheckpoint> OpenCheckpoint(SignedNote note,
                                                std::span<const NoteVerifierKey> known,
                                                std::int64_t now_unix_s);

}  // namespace proofmark::crypto
