// SPDX-License-Identifier: Apache-2.0
#include "tests/support/node_keys.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "crypto/hash/sha256.h"
#include "crypto/x509/spiffe_name.h"
#include "tests/support/seeded_random.h"

namespace proofmark::testing {
namespace {

crypto::SigningKey KeyFor(const crypto::VerifyingKey& exchange_key, std::string_view node_id,
                          std::string_view use) {
  const crypto::Sha256Digest digest =
      crypto::Sha256(std::string(exchange_key.raw()) + std::string(node_id) + std::string(use));
  std::uint64_t seed = 0;
  std::memcpy(&seed, digest.data(), sizeof(seed));
  SeededRandom random(seed);
  return crypto::SigningKey::Generate(random);
}

crypto::NoteVerifierKey NoteKey(const crypto::SpiffeName& node, std::string_view use,
                                crypto::NoteKeyType type, const crypto::SigningKey& key) {
  auto made =
      crypto::MakeVerifierKey(node.domain() + "/proofmark/" + node.id() + "/" + std::string(use),
                              type, key.verifying_key());
  PM_CHECK(made.ok());
  return *std::move(made);
}

}  // namespace

federation::NodeKeys NodeKeysOf(const crypto::SigningKey& exchange_key, std::string_view node_id) {
  auto exchange = crypto::SigningKey::FromPem(exchange_key.ToPem());
  PM_CHECK(exchange.ok());
  return NodeKeysWith(*std::move(exchange), node_id);
}

federation::NodeKeys NodeKeysWith(crypto::SigningKey exchange_key, std::string_view node_id) {
  const crypto::VerifyingKey known = exchange_key.verifying_key();
  return {std::move(exchange_key), KeyFor(known, node_id, "log"),
          KeyFor(known, node_id, "witness")};
}

void AddNoteKeys(const crypto::VerifyingKey& exchange_key, federation::Partner& partner) {
  const auto node = crypto::SpiffeName::Parse(partner.node_id);
  PM_CHECK(node.ok());
  partner.log_key = NoteKey(*node, "log", crypto::NoteKeyType::kNote,
                            KeyFor(exchange_key, partner.node_id, "log"));
  partner.witness_key = NoteKey(*node, "witness", crypto::NoteKeyType::kCosignature,
                                KeyFor(exchange_key, partner.node_id, "witness"));
}

}  // namespace proofmark::testing
