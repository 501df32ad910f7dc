// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/secret/secret_bytes.h"
#include "server/store/store.h"

namespace proofmark::ledger {

inline constexpr std::size_t kCaseReferenceBytesMax = 256;
inline constexpr std::size_t kCommittedValueBytesMax = 64 * 1024;

// HMAC-SHA256(key, LP2(label) || value) as 64 lower-case hex digits: what CaseCommitments makes and
// what an owner shows key and value for to prove what was meant. `label` at most 65 535 bytes.
std::string CommitmentOf(const crypto::SecretBytes& key, std::string_view label,
                         std::string_view value);

// Commitments: what stands in the ledger in place of case numbers and other personal data.
//
// The key (CommitmentOf) is random and belongs to one case, so the same case commits to the same
// value, and the owner can prove later what was meant by showing key and value. Erasing the key
// makes every commitment of the case meaningless; the ledger stays whole. The key is sealed in the
// store's key file, and the row that leads to it is named by a keyed hash of the case reference.
// Thread-safe.
//   Source  docs/formats/ledger-entry.md#commitments
class CaseCommitments {
 public:
  // `store` must outlive the result.
  static absl::StatusOr<std::unique_ptr<CaseCommitments>> Open(store::Store& store);

  // The commitment to a case reference. Makes and syncs the case's key at its first use.
  //   kInvalidArgument  empty, or above kCaseReferenceBytesMax.
  //   others            store::Store::Commit.
  absl::StatusOr<std::string> CommitCase(std::string_view case_reference);

  // The commitment to another value of the case; `label` says what it is ("object", "detail").
  absl::StatusOr<std::string> CommitValue(std::string_view case_reference, std::string_view label,
                                          std::string_view value);

  // What an erasure of the case must carry: add it to the WriteRequest of the `erase` entry.
  // Committing to the same reference later starts anew with another key.
  //   kNotFound  the case has no key.
  absl::Status AddErasure(std::string_view case_reference, store::WriteRequest& request) const;

  // Every case that has a key, named by its commitment: nobody but the owner of the reference can
  // say which case it is.
  struct KnownCase {
    std::string commitment;  // As CommitCase gives it.
    store::KeyId key_id;
    std::string row;
  };
  absl::StatusOr<std::vector<KnownCase>> Cases() const;
  static void AddErasure(const KnownCase& known, store::WriteRequest& request);

 private:
  CaseCommitments(store::Store& store, crypto::Sealer index_key)
      : store_(store), index_key_(std::move(index_key)) {}

  std::string RowOf(std::string_view case_reference) const;
  absl::StatusOr<crypto::Sealer> KeyOf(std::string_view case_reference);

  store::Store& store_;
  const crypto::Sealer index_key_;
};

}  // namespace proofmark::ledger
