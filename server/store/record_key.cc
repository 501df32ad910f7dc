// SPDX-License-Identifier: Apache-2.0
#include "server/store/record_key.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace proofmark::store {

absl::StatusOr<KeyId> KeyId::Parse(std::string_view bytes) {
  KeyId id;
  if (bytes.size() != id.bytes.size()) {
    return absl::DataLossError(
        absl::StrFormat("key id: %d bytes, not %d", bytes.size(), id.bytes.size()));
  }
  std::ranges::copy(base::AsBytes(bytes), id.bytes.begin());
  return id;
}

RecordKey RecordKey::Create(base::Random& random) {
  KeyId id;
  random.Fill(id.bytes);
  absl::StatusOr<crypto::Sealer> sealer =
      crypto::Sealer::Create(crypto::SecretBytes::Random(crypto::kSealKeyBytes, random));
  PM_CHECK(sealer.ok());
  return {.id = id, .sealer = *std::move(sealer)};
}

}  // namespace proofmark::store
