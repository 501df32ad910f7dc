// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "base/random.h"

namespace proofmark::crypto {

// Randomness of the operating system through OpenSSL's generator. Thread-safe.
class SystemRandom final : public base::Random {
 public:
  void Fill(std::span<std::byte> out) override;
};

}  // namespace proofmark::crypto
