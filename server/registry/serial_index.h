// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "crypto/seal/sealer.h"
#include "proto/wire/firearm.h"
#include "records/firearm/serial.h"
#include "server/store/store.h"

namespace proofmark::registry {

// By what firearms are found: their serial keys K1 to K4, the numbers of their certificates, the
// exhibits they fired, and their references.
// Serial numbers come from a small space, so a row is named by a hash under a key of the node's own
// (in the key file), never by the number. Immutable after Open; thread-safe.
//   Source  docs/formats/registry.md#firearms
class SerialIndex {
 public:
  // `store` must outlive the result. Makes the key at its first use.
  static absl::StatusOr<SerialIndex> Open(store::Store& store);

  // Rows that lead to a record, without value; they change when it does.
  std::set<std::string> RowsOf(const wire::KeptFirearm& kept) const;

  // Ids (16 bytes each) of records with a number of that K1, among others: to be compared.
  absl::StatusOr<std::set<std::string>> Named(std::string_view lookalike) const;
  // Of records one of whose numbers may agree with these keys: to be compared.
  absl::StatusOr<std::set<std::string>> Candidates(const firearm::SerialKeys& keys) const;
  // Those of which only a part of a number is known.
  absl::StatusOr<std::set<std::string>> Patterned() const;
  // Those that name this certificate.
  absl::StatusOr<std::set<std::string>> CertificateUses(std::string_view entity,
                                                        std::string_view number) const;
  // Those that this exhibit is attributed to.
  absl::StatusOr<std::set<std::string>> Firing(std::string_view exhibit_id) const;
  // The one with this reference; none or one.
  absl::StatusOr<std::set<std::string>> Referred(std::string_view reference) const;

  // Names the row of kImportTable for a row of another register.
  std::string ImportRow(std::string_view source, std::string_view key) const;
  // 32 bytes that tell contents apart and say nothing of them.
  std::string Fingerprint(std::string_view content) const;

 private:
  enum class Kind : char {
    kForm = 'F',         // K1, K2.
    kConfusion = 'C',    // K3.
    kEmbedded = 'E',     // K4.
    kValue = 'V',        // Of a Roman numeral.
    kPattern = 'P',      // Part of a number.
    kCertificate = 'Z',  // Entity and number.
    kExhibit = 'X',
    kReference = 'R',
  };
  SerialIndex(store::Store& store, crypto::Sealer key) : store_(&store), key_(std::move(key)) {}

  std::string Prefix(Kind kind, std::string_view text) const;
  absl::Status AddIds(Kind kind, std::string_view text, std::set<std::string>& ids) const;

  store::Store* store_;
  crypto::Sealer key_;
};

}  // namespace proofmark::registry
