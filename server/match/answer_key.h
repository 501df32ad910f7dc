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
//
// Handles of two exchanges cannot be linked. The order of ties depends on asker and record alone:
// were it chosen by the exchange id, which the asker picks, asking again would show other records.
class AnswerKey {
 public:
  // Reads the secret, or makes and keeps it at the first start.
  //   kDataLoss  the stored secret is damaged.
  static absl::StatusOr<AnswerKey> Open(store::Store& store);

  crypto::Sha256Digest HandleOf(std::string_view asker, std::string_view exchange_id,
                                std::string_view record_id) const;
  crypto::Sha256Digest OrderOf(std::string_view asker, std::string_view record_id) const;

 private:
  explicit AnswerKey(crypto::SecretBytes secret) : secret_(std::move(secret)) {}

  crypto::SecretBytes secret_;
};

}  // namespace proofmark::match
