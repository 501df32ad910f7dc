// SPDX-License-Identifier: Apache-2.0
#include "crypto/federation/acceptance.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"

namespace proofmark::crypto {
namespace {

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

absl::Status CheckReached(const SignedDescriptor& candidate, const FederationDescriptor& listed) {
  PM_ASSIGN_OR_RETURN(const GovernanceCount count, CountGovernance(candidate.note(), listed));
  if (count.reached()) return absl::OkStatus();
  return absl::UnauthenticatedError(absl::StrFormat(
      "federation descriptor %d: signed by %d of %d agencies that version %d needs; missing: %s",
      candidate.descriptor().version, count.signed_by.size(), count.threshold, listed.version,
      Joined(count.missing)));
}

absl::Status CheckLife(const FederationDescriptor& descriptor, std::int64_t now_unix_s) {
  switch (StageAt(descriptor, now_unix_s, /*grace_s=*/0)) {
    case DescriptorStage::kInForce:
      return absl::OkStatus();
    case DescriptorStage::kEarly:
      return absl::FailedPreconditionError(
          absl::StrFormat("federation descriptor %d: begins at %d, now is %d", descriptor.version,
                          descriptor.not_before_unix_s, now_unix_s));
    case DescriptorStage::kGrace:
    case DescriptorStage::kEnded:
      break;
  }
  return absl::FailedPreconditionError(
      absl::StrFormat("federation descriptor %d: ended at %d, now is %d", descriptor.version,
                      descriptor.not_after_unix_s, now_unix_s));
}

// What makes `next` the successor of `current`, its life apart.
absl::Status CheckSuccession(const SignedDescriptor& current, const SignedDescriptor& next) {
  const std::uint64_t in_force = current.descriptor().version;
  const std::uint64_t version = next.descriptor().version;
  if (version < in_force) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "federation descriptor %d: older than version %d in force", version, in_force));
  }
  if (version == in_force && next.hash() == current.hash()) {
    return absl::AlreadyExistsError(
        absl::StrFormat("federation descriptor %d: is in force", version));
  }
  if (version == in_force) {
    return absl::PermissionDeniedError(
        absl::StrFormat("federation descriptor %d: another text of the version in force", version));
  }
  PM_RETURN_IF_ERROR(CheckReached(next, current.descriptor()));
  return CheckReached(next, next.descriptor());
}

}  // namespace

SignedDescriptor::SignedDescriptor(SignedNote note, FederationDescriptor descriptor)
    : note_(std::move(note)), descriptor_(std::move(descriptor)), hash_(Sha256(note_.text)) {}

absl::StatusOr<SignedDescriptor> SignedDescriptor::Parse(std::string_view note_bytes) {
  PM_ASSIGN_OR_RETURN(SignedNote note, ParseNote(note_bytes));
  return FromText(note.text, std::move(note.signatures));
}

absl::StatusOr<SignedDescriptor> SignedDescriptor::FromText(std::string_view text,
                                                            std::vector<NoteSignature> signatures) {
  PM_ASSIGN_OR_RETURN(FederationDescriptor descriptor, ParseFederationDescriptor(text));
  return SignedDescriptor({std::string(text), std::move(signatures)}, std::move(descriptor));
}

absl::StatusOr<GovernanceCount> CountGovernance(const SignedNote& note,
                                                const FederationDescriptor& listed) {
  std::vector<NoteVerifierKey> keys;
  std::vector<std::string> owners;
  std::set<std::string> governing;
  for (const FederationAgency& agency : listed.agencies) {
    for (const NoteVerifierKey& key : agency.governance_keys) {
      keys.push_back(key);
      owners.push_back(agency.domain);
      governing.insert(agency.domain);
    }
  }
  const bool any = std::ranges::any_of(note.signatures, [&keys](const NoteSignature& line) {
    return std::ranges::any_of(keys, [&line](const NoteVerifierKey& key) {
      return key.name == line.key_name && key.id == line.key_id;
    });
  });
  std::set<std::string> signers;
  if (any) {
    // Keys of type kNote state no time.
    PM_ASSIGN_OR_RETURN(const std::vector<VerifiedSignature> verified,
                        VerifyNote(note, keys, /*now_unix_s=*/0));
    for (const VerifiedSignature& signature : verified) signers.insert(owners[signature.key_index]);
  }
  GovernanceCount count;
  count.threshold = listed.threshold;
  count.signed_by.assign(signers.begin(), signers.end());
  std::ranges::set_difference(governing, signers, std::back_inserter(count.missing));
  return count;
}

absl::StatusOr<AcceptedDescriptor> AcceptedDescriptor::First(SignedDescriptor candidate,
                                                             const Sha256Digest& pinned_hash,
                                                             std::int64_t now_unix_s) {
  if (candidate.hash() != pinned_hash) {
    return absl::PermissionDeniedError(
        absl::StrFormat("federation descriptor %d: its hash is %s, not the pinned one",
                        candidate.descriptor().version, base::ToHex(candidate.hash())));
  }
  PM_RETURN_IF_ERROR(CheckReached(candidate, candidate.descriptor()));
  PM_RETURN_IF_ERROR(CheckLife(candidate.descriptor(), now_unix_s));
  return AcceptedDescriptor(std::move(candidate));
}

absl::StatusOr<AcceptedDescriptor> AcceptedDescriptor::Next(SignedDescriptor candidate,
                                                            std::int64_t now_unix_s) const {
  PM_RETURN_IF_ERROR(CheckSuccession(signed_, candidate));
  PM_RETURN_IF_ERROR(CheckLife(candidate.descriptor(), now_unix_s));
  return AcceptedDescriptor(std::move(candidate));
}

absl::StatusOr<AcceptedDescriptor> AcceptedDescriptor::Reopen(std::span<const std::string> notes) {
  std::optional<SignedDescriptor> current;
  for (const std::string& bytes : notes) {
    PM_ASSIGN_OR_RETURN(SignedDescriptor next, SignedDescriptor::Parse(bytes));
    PM_RETURN_IF_ERROR(current ? CheckSuccession(*current, next)
                               : CheckReached(next, next.descriptor()));
    current = std::move(next);
  }
  if (!current) return absl::InvalidArgumentError("federation descriptor: none is kept");
  return AcceptedDescriptor(*std::move(current));
}

}  // namespace proofmark::crypto
