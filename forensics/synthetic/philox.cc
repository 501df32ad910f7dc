// SPDX-License-Identifier: Apache-2.0
#include "forensics/synthetic/philox.h"

#include <cmath>

#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {

std::array<double, 2> RandomStream::UniformPair(std::uint32_t pair_index) const {
  const std::array<std::uint32_t, 4> bits =
      Philox4x32({pair_index, purpose_, barrel_, shot_}, key_);
  const auto to_uniform = [](std::uint32_t high, std::uint32_t low) {
    const std::uint64_t word = (std::uint64_t{high} << 32 | low) >> 12;
    return (static_cast<double>(word) + 0.5) * 0x1p-52;  // Exact; never 0 nor 1.
  };
  return {to_uniform(bits[0], bits[1]), to_uniform(bits[2], bits[3])};
}

double RandomStream::Uniform(std::uint32_t index) const {
  return UniformPair(index / 2)[index % 2];
}

std::array<double, 2> RandomStream::NormalPair(std::uint32_t pair_index) const {
  const auto [u, v] = UniformPair(pair_index);
  const double radius = std::sqrt(-2.0 * Log(u));
  const SinCos turn = SinCosTurns(v);
  return {radius * turn.cos, radius * turn.sin};
}

double RandomStream::Normal(std::uint32_t index) const { return NormalPair(index / 2)[index % 2]; }

}  // namespace proofmark::forensics
