// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"
#include "crypto/secret/secret_bytes.h"
#include "server/store/store.h"

namespace proofmark::match {

// The node's secret behind what partners may see of record ids. Thread-safe: constant after Open.
//
//   handle = HMAC(HMAC(secret, "handle" || LP2(asker) || exchange id), record id)
//   order  = HMAC(HMAC(secret, "order" || LP2(asker)), record id)
//   border = HMAC(HMAC(secret, "border" || LP2(asker) || coarse sketch), record id)
//   sketch = HMAC(HMAC(secret, "sketch" || LP2("")), "")
//   collection = HMAC(HMAC(secret, "collection" || LP2(asker)), state of the collection)
//
// Handles of two exchanges cannot be linked. The order of ties and the border depend on asker,
// record and, the border, on what is asked about: were they chosen by the case or the exchange id,
// which the asker picks, asking again would show other records.
class AnswerKey {
 public:
  // Reads the secret, or makes and keeps it at the first start.
  //   kDataLoss  the stored secret is damaged.
  static absl::StatusOr<AnswerKey> Open(store::Store& store);

  crypto::Sha256Digest HandleOf(std::string_view asker, std::string_view exchange_id,
                                std::string_view record_id) const;
  crypto::Sha256Digest OrderOf(std::string_view asker, std::string_view record_id) const;

  // How far the borders of levels are raised for this record and asker, [0, 1) of the whole
  // amplitude; `coarse_sketch` is SketchedQuery::coarse.
  double BorderShift(std::string_view asker, std::string_view record_id,
                     std::string_view coarse_sketch) const;

  // What an agency is told of a state of the collection (server/journeys/collection_desk.h).
  crypto::Sha256Digest CollectionOf(std::string_view asker, std::string_view state) const;

  // What the projections of questions are drawn from (server/match/query_sketch.h).
  crypto::Sha256Digest SketchSeed() const;

 private:
  explicit AnswerKey(crypto::SecretBytes secret) : secret_(std::move(secret)) {}

  crypto::SecretBytes secret_;
};

}  // namespace proofmark::match
