// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/witness.h"

#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "crypto/tlog/lines.h"

namespace proofmark::crypto {
namespace {

constexpr std::string_view kOld = "old ";

absl::Status Refuse(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("add-checkpoint: %s", why));
}

// OK if `request` leads from the tree cosigned last to a tree that may be cosigned next.
absl::Status CheckStep(const AddCheckpointRequest& request, const WitnessedTree& last) {
  const Checkpoint& next = request.checkpoint;
  if (next.size == 0 && next.root != EmptyRoot()) {
    return absl::InvalidArgumentError("an empty tree with the root of another");
  }
  if (request.old_size == 0) {
    if (!request.consistency.empty()) {
      return absl::InvalidArgumentError("a proof from the empty tree that is not empty");
    }
    return absl::OkStatus();
  }
  // Equal sizes are its case, too: equal roots and no hashes.
  return VerifyConsistency(last.size, next.size, last.root, next.root, request.consistency);
}

// Whether the checkpoint, signed by its log, contradicts by itself what the log signed before.
bool Contradicts(const Checkpoint& checkpoint, const WitnessedTree& last) {
  if (checkpoint.size == 0) return checkpoint.root != EmptyRoot();
  return checkpoint.size == last.size && checkpoint.root != last.root;
}

}  // namespace

absl::StatusOr<AddCheckpointRequest> ParseAddCheckpoint(std::string_view body) {
  if (body.size() > kAddCheckpointBytesMax) {
    return Refuse(absl::StrFormat("%d bytes, more than %d", body.size(), kAddCheckpointBytesMax));
  }
  AddCheckpointRequest request;
  std::optional<std::string_view> line = TakeLine(body);
  if (!line || !line->starts_with(kOld)) return Refuse("line 1 is not old <size>");
  const std::optional<std::uint64_t> old_size =
      ParseDecimal(line->substr(kOld.size()), kTreeSizeMax);
  if (!old_size) return Refuse("line 1 has no size");
  request.old_size = *old_size;

  for (line = TakeLine(body); line && !line->empty(); line = TakeLine(body)) {
    const std::optional<Sha256Digest> hash = ParseHash(*line);
    if (!hash) return Refuse("a proof line that is no hash of 32 bytes in base64");
    if (request.consistency.size() == kProofHashesMax) {
      return Refuse(absl::StrFormat("more than %d hashes", kProofHashesMax));
    }
    request.consistency.push_back(*hash);
  }
  if (!line) return Refuse("no empty line above the checkpoint");
  PM_ASSIGN_OR_RETURN(request.note, ParseNote(body));
  PM_ASSIGN_OR_RETURN(request.checkpoint, ParseCheckpointBody(request.note.text));
  return request;
}

absl::StatusOr<std::string> FormatAddCheckpoint(std::uint64_t old_size,
                                                std::span<const Sha256Digest> consistency,
                                                const SignedNote& note) {
  if (old_size > kTreeSizeMax) {
    return Refuse(absl::StrFormat("old size %d exceeds %d", old_size, kTreeSizeMax));
  }
  if (consistency.size() > kProofHashesMax) {
    return Refuse(absl::StrFormat("more than %d hashes", kProofHashesMax));
  }
  return absl::StrFormat("old %d\n%s\n%s", old_size, FormatHashLines(consistency),
                         FormatNote(note));
}

std::string AddCheckpointDecision::ErrorBody() const {
  if (status == AddCheckpointStatus::kConflict) return absl::StrFormat("%d\n", next.size);
  return words + "\n";
}

AddCheckpointDecision DecideAddCheckpoint(const AddCheckpointRequest& request,
                                          const WitnessedLog* log, std::int64_t now_unix_s) {
  using Status = AddCheckpointStatus;
  AddCheckpointDecision decision;
  const auto answer = [&decision](Status status, std::string_view words) {
    decision.status = status;
    decision.words = words;
    return decision;
  };

  if (log == nullptr) return answer(Status::kUnknownOrigin, "unknown origin");
  PM_CHECK(log->origin == request.checkpoint.origin);
  decision.next = log->last;
  const absl::StatusOr<OpenedCheckpoint> opened =
      OpenCheckpoint(request.note, log->keys, now_unix_s);
  if (!opened.ok()) return answer(Status::kForbidden, std::string(opened.status().message()));

  if (Contradicts(request.checkpoint, log->last)) decision.misconduct = LogMisconduct::kProven;
  if (request.old_size > request.checkpoint.size) {
    return answer(Status::kBadRequest, "old size is larger than the checkpoint's");
  }
  if (request.old_size != log->last.size) {
    return answer(Status::kConflict, "old size is not the one cosigned last");
  }
  if (const absl::Status step = CheckStep(request, log->last); !step.ok()) {
    if (decision.misconduct == LogMisconduct::kNone) {
      decision.misconduct = LogMisconduct::kSuspected;
    }
    return answer(Status::kUnprocessable, std::string(step.message()));
  }
  decision.next = {request.checkpoint.size, request.checkpoint.root};
  return answer(Status::kOk, "");
}

std::string WitnessedOriginFolder(std::string_view origin) { return Sha256Hex(origin); }

}  // namespace proofmark::crypto
