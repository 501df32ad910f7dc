// SPDX-License-Identifier: Apache-2.0
#include "crypto/tlog/tlog_proof.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/tlog/lines.h"

namespace proofmark::crypto {
namespace {

constexpr std::string_view kTypeTag = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

absl::Status Refuse(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("proof file: %s", why));
}

}  // namespace

absl::StatusOr<TlogProof> ParseTlogProof(std::string_view bytes) {
  if (bytes.size() > kTlogProofBytesMax) {
    return Refuse(absl::StrFormat("%d bytes, more than %d", bytes.size(), kTlogProofBytesMax));
  }
  if (TakeLine(bytes) != kTypeTag) return Refuse("line 1 is not c2sp.org/tlog-proof@v1");
  TlogProof proof;
  std::optional<std::string_view> line = TakeLine(bytes);
  if (line && line->starts_with(kExtra)) {
    absl::StatusOr<std::string> extra = base::ParseBase64(line->substr(kExtra.size()));
    if (!extra.ok() || extra->size() > kTlogProofExtraBytesMax) {
      return Refuse(absl::StrFormat("the extra line is not base64 of at most %d bytes",
                                    kTlogProofExtraBytesMax));
    }
    proof.extra = *std::move(extra);
    line = TakeLine(bytes);
  }
  if (!line || !line->starts_with(kIndex)) return Refuse("no index line");
  const std::optional<std::uint64_t> index =
      ParseDecimal(line->substr(kIndex.size()), kTreeSizeMax - 1);
  if (!index) return Refuse("the index line has no index");
  proof.index = *index;

  for (line = TakeLine(bytes); line && !line->empty(); line = TakeLine(bytes)) {
    const std::optional<Sha256Digest> hash = ParseHash(*line);
    if (!hash) return Refuse("a line that is no hash of 32 bytes in base64");
    if (proof.inclusion.size() == kProofHashesMax) {
      return Refuse(absl::StrFormat("more than %d hashes", kProofHashesMax));
    }
    proof.inclusion.push_back(*hash);
  }
  if (!line) return Refuse("no empty line above the checkpoint");
  PM_RETURN_IF_ERROR(ParseNote(bytes).status());
  proof.checkpoint_note = bytes;
  return proof;
}

absl::StatusOr<std::string> FormatTlogProof(const TlogProof& proof) {
  std::string bytes(kTypeTag);
  bytes.append("\n");
  if (proof.extra) bytes.append(kExtra).append(base::ToBase64(*proof.extra)).append("\n");
  bytes.append(absl::StrFormat("index %d\n", proof.index));
  bytes.append(FormatHashLines(proof.inclusion)).append("\n").append(proof.checkpoint_note);
  PM_RETURN_IF_ERROR(ParseTlogProof(bytes).status());
  return bytes;
}

absl::StatusOr<VerifiedTlogProof> VerifyTlogProof(const TlogProof& proof, std::string_view entry,
                                                  const Policy& policy, std::int64_t now_unix_s) {
  VerifiedTlogProof verified;
  verified.index = proof.index;
  verified.leaf_hash = LeafHash(entry);
  PM_ASSIGN_OR_RETURN(verified.checkpoint,
                      OpenCheckpoint(proof.checkpoint_note, policy.keys(), now_unix_s));
  const Checkpoint& checkpoint = verified.checkpoint.checkpoint;
  PM_RETURN_IF_ERROR(VerifyInclusion(proof.index, checkpoint.size, verified.leaf_hash,
                                     proof.inclusion, checkpoint.root));
  verified.verdict = policy.Judge(verified.checkpoint.cosigners);
  if (!verified.verdict.satisfied()) {
    return absl::FailedPreconditionError(absl::StrFormat("proof file: %s", verified.verdict.words));
  }
  return verified;
}

}  // namespace proofmark::crypto
