// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/merkle.h"
#include "crypto/tlog/signed_note.h"

namespace proofmark::crypto {

// What a witness answers to a log that asks for a cosignature (docs/formats/transparency-log.md).
// Pure: HTTP and gRPC share it, the caller keeps the state.
//   Steps    1. ParseAddCheckpoint(body); an error is answered with 400.
//            2. Under one lock for the origin: read its WitnessedLog, DecideAddCheckpoint(), and
//            for
//               200 store `next` durably. Two requests must never decide on one state.
//            3. Only then CosignNoteText() over request.note.text, and answer with its line.
//   Threads  Everything here is pure; the types are plain values.
//   Source   docs/references.md#c2sp-tlog-witness

// The note, "old <size>" and 63 lines of hashes.
inline constexpr std::size_t kAddCheckpointBytesMax = kNoteBytesMax + 4096;

// The content type of the answer to a wrong old size.
inline constexpr std::string_view kTlogSizeContentType = "text/x.tlog.size";

struct AddCheckpointRequest {
  std::uint64_t old_size = 0;
  std::vector<Sha256Digest> consistency;  // From old_size to checkpoint.size.
  SignedNote note;
  Checkpoint checkpoint;  // The note's text, parsed; nothing is verified yet.
};

// Reads a request's body.
//   kInvalidArgument  another shape, or more than kAddCheckpointBytesMax: answer 400.
absl::StatusOr<AddCheckpointRequest> ParseAddCheckpoint(std::string_view body);

// The body for a checkpoint's note.
//   kInvalidArgument  more than kProofHashesMax hashes, or an old size above kTreeSizeMax.
absl::StatusOr<std::string> FormatAddCheckpoint(std::uint64_t old_size,
                                                std::span<const Sha256Digest> consistency,
                                                const SignedNote& note);

// The last tree of an origin that a witness cosigned.
struct WitnessedTree {
  std::uint64_t size = 0;
  Sha256Digest root = EmptyRoot();

  friend bool operator==(const WitnessedTree&, const WitnessedTree&) = default;
};

struct WitnessedLog {
  std::string origin;
  std::vector<NoteVerifierKey> keys;  // The log's, type kNote.
  WitnessedTree last;
};

// HTTP's codes; gRPC's answer carries the same number.
enum class AddCheckpointStatus {
  kOk = 200,
  kBadRequest = 400,
  kForbidden = 403,
  kUnknownOrigin = 404,
  kConflict = 409,
  kUnprocessable = 422,
};

// What a refused request shows about a log whose signature on it is good.
enum class LogMisconduct {
  kNone,
  // No proof from the tree we cosigned. A damaged proof looks the same: keep the request and ask.
  kSuspected,
  // Two roots for one size, or a root that the empty tree cannot have: proof that anyone can check,
  // together with the note cosigned before. Keep the request, raise an alarm, tell every partner.
  kProven,
};

struct AddCheckpointDecision {
  AddCheckpointStatus status = AddCheckpointStatus::kBadRequest;
  std::string words;   // For people; says which check failed. Empty for kOk.
  WitnessedTree next;  // To be stored if kOk; else what was.
  LogMisconduct misconduct = LogMisconduct::kNone;

  // The answer's body where it is fixed: "<size last cosigned>\n" for kConflict, else words and LF.
  // For kOk the caller's cosignature lines are the body.
  std::string ErrorBody() const;
};

// `log` is the state for request.checkpoint.origin; null if this witness does not know that origin.
// A signature of the log is required before anything is said about its state.
AddCheckpointDecision DecideAddCheckpoint(const AddCheckpointRequest& request,
                                          const WitnessedLog* log, std::int64_t now_unix_s);

// The name of an origin's folder where a witness publishes the latest checkpoint it cosigned:
// lower-case hexadecimal SHA-256.
std::string WitnessedOriginFolder(std::string_view origin);

}  // namespace proofmark::crypto
