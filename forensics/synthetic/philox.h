// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace proofmark::forensics {

// Philox 4x32-10: a bijection of a 128-bit counter under a 64-bit key, whose outputs pass as
// random. Having no state, it lets every generated value be computed alone, in any order.
//   Threads   Pure.
//   Source    docs/references.md#salmon-2011
constexpr std::array<std::uint32_t, 4> Philox4x32(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t even = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t odd = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(odd >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(odd),
               static_cast<std::uint32_t>(even >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(even)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// One of 2^96 independent sequences under a seed, addressed by index.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint32_t barrel, std::uint32_t shot, std::uint32_t purpose)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        barrel_(barrel),
        shot_(shot),
        purpose_(purpose) {}

  // Uniform in (0, 1), 52 bits.
  double Uniform(std::uint32_t index) const;
  double Uniform(std::uint32_t index, double low, double high) const {
    return low + (high - low) * Uniform(index);
  }

  // Standard normal (Box-Muller in double). Values 2i and 2i + 1 come from one block, so reading a
  // run through NormalPair costs half.
  double Normal(std::uint32_t index) const;
  std::array<double, 2> NormalPair(std::uint32_t pair_index) const;

 private:
  // Uniforms 2i and 2i + 1.
  std::array<double, 2> UniformPair(std::uint32_t pair_index) const;

  std::array<std::uint32_t, 2> key_;
  std::uint32_t barrel_;
  std::uint32_t shot_;
  std::uint32_t purpose_;
};

}  // namespace proofmark::forensics
