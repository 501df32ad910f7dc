// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/federation/descriptor.h"
#include "crypto/hash/sha256.h"
#include "crypto/tlog/signed_note.h"

namespace proofmark::crypto {

// By which signatures a federation descriptor comes into force
// (docs/formats/federation-descriptor.md#acceptance). Pure.

// A descriptor's note, read and not yet believed.
class SignedDescriptor {
 public:
  //   kInvalidArgument  ParseNote() or ParseFederationDescriptor() refuses it.
  static absl::StatusOr<SignedDescriptor> Parse(std::string_view note_bytes);
  // With no signature yet, or with `signatures` so far.
  static absl::StatusOr<SignedDescriptor> FromText(std::string_view text,
                                                   std::vector<NoteSignature> signatures = {});

  const SignedNote& note() const { return note_; }
  const FederationDescriptor& descriptor() const { return descriptor_; }
  // SHA-256 of the signed text, by which people and ledgers call this version; further signatures
  // do not change it.
  const Sha256Digest& hash() const { return hash_; }

 private:
  SignedDescriptor(SignedNote note, FederationDescriptor descriptor);

  SignedNote note_;
  FederationDescriptor descriptor_;
  Sha256Digest hash_;
};

// Which governing agencies of one descriptor signed a text.
struct GovernanceCount {
  std::vector<std::string> signed_by;  // Domains, ascending; an agency with two keys counts once.
  std::vector<std::string> missing;    // Governing agencies that did not, ascending.
  std::size_t threshold = 0;

  bool reached() const { return signed_by.size() >= threshold; }
};

// Counts the signatures under `note` by governance keys that `listed` lists; other lines are not
// looked at.
//   kUnauthenticated  a line under a listed key fails: the note is refused, whoever else signed.
absl::StatusOr<GovernanceCount> CountGovernance(const SignedNote& note,
                                                const FederationDescriptor& listed);

// A descriptor that was accepted: there is no other way to one than the functions below.
class AcceptedDescriptor {
 public:
  // The first one of a node that has none, of whatever version: the administrator has compared its
  // hash with the other agencies and pins it.
  //   kPermissionDenied    the hash is another.
  //   kUnauthenticated     a signature fails, or its own governance keys do not reach its
  //   threshold. kFailedPrecondition  before or after its life.
  static absl::StatusOr<AcceptedDescriptor> First(SignedDescriptor candidate,
                                                  const Sha256Digest& pinned_hash,
                                                  std::int64_t now_unix_s);

  // A later one: the keys that this one lists reach this one's threshold, and its own keys its own.
  // Versions may be left out only if the signatures suffice all the same.
  //   kAlreadyExists       the version in force, the same text.
  //   kPermissionDenied    the version in force, another text: somebody signed both.
  //   kFailedPrecondition  an older version, or before or after its life.
  //   kUnauthenticated     as above.
  absl::StatusOr<AcceptedDescriptor> Next(SignedDescriptor candidate,
                                          std::int64_t now_unix_s) const;

  // The last of a chain that was accepted before, oldest first: every step is checked again but for
  // the pin and the times.
  //   kInvalidArgument  none, or one cannot be read.
  //   kUnauthenticated, kFailedPrecondition, kPermissionDenied, kAlreadyExists  a step does not
  //   hold.
  static absl::StatusOr<AcceptedDescriptor> Reopen(std::span<const std::string> notes);

  const SignedDescriptor& signed_descriptor() const { return signed_; }
  const FederationDescriptor& descriptor() const { return signed_.descriptor(); }
  const Sha256Digest& hash() const { return signed_.hash(); }
  std::string NoteBytes() const { return FormatNote(signed_.note()); }

 private:
  explicit AcceptedDescriptor(SignedDescriptor accepted) : signed_(std::move(accepted)) {}

  SignedDescriptor signed_;
};

}  // namespace proofmark::crypto
