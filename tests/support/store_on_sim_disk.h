// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "crypto/secret/secret_bytes.h"
#include "server/store/store.h"
#include "tests/support/seeded_random.h"
#include "tests/support/sim_disk.h"

namespace proofmark::testing {

inline constexpr char kStateFolder[] = "/node";

inline crypto::SecretBytes TestMasterKey(char fill = 'm') {
  const std::string bytes(32, fill);
  return crypto::SecretBytes::CopyOf(base::AsBytes(bytes));
}

// Opens the store in kStateFolder of a simulated disk.
inline absl::StatusOr<std::unique_ptr<store::Store>> OpenStore(
    SimDisk& disk, base::Random& random, store::Store::Options options = {},
    crypto::SecretBytes master_key = TestMasterKey()) {
  return store::Store::Open(kStateFolder, disk, random, std::move(master_key), std::move(options));
}

}  // namespace proofmark::testing
