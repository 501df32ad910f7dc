// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "forensics/surface/height_map.h"

// A made-up land, from whole numbers only, so that it is the same bits on every machine.
namespace proofmark::testing {

struct LandRecipe {
  std::int64_t width = 900, height = 240;
  std::int64_t pitch_nm = 2000;
  std::int64_t left_edge_nm = 250'000, right_edge_nm = 1'550'000;  // Where the flanks begin.
  std::int64_t flank_nm = 40'000;                                  // Their height.
  std::int64_t radius_nm = 4'500'000;                              // Of the bullet; 0 for a plane.
  std::int64_t striae_nm = 1500;           // Largest height of the striae, either way.
  std::int64_t node_nm = 30'000;           // Between the nodes of the striae.
  std::int64_t drift_permille = 0;         // How far right they move along y.
  std::int64_t repeat_nm = 1'000'000'000;  // Along y, until other striae take over.
  std::int64_t noise_nm = 30;              // Largest noise, either way.
  bool broken_heel = true;                 // Gaps and rubble in the first 80 um of y.
  std::uint64_t seed = 1;
};

// One of many unrelated numbers for the same seed.
inline std::uint64_t Mix(std::uint64_t seed, std::int64_t a, std::int64_t b = 0) {
  std::uint64_t v = seed * 0x9E3779B97F4A7C15ULL +
                    static_cast<std::uint64_t>(a) * 0xBF58476D1CE4E5B9ULL +
                    static_cast<std::uint64_t>(b) * 0x94D049BB133111EBULL;
  v ^= v >> 31U;
  v *= 0xD6E8FEB86659FD93ULL;
  v ^= v >> 29U;
  v *= 0xBF58476D1CE4E5B9ULL;
  return v ^ (v >> 32U);
}

// In [-most, most].
inline std::int64_t Random(std::int64_t most, std::uint64_t seed, std::int64_t a,
                           std::int64_t b = 0) {
  return static_cast<std::int64_t>(Mix(seed, a, b) % static_cast<std::uint64_t>(2 * most + 1)) -
         most;
}

// The striae alone at x, in nanometres: a line from node to node. Each node leans against its
// neighbours, so that next to nothing of it is form.
inline std::int64_t StriaeNm(const LandRecipe& recipe, std::int64_t x_nm, std::int64_t y_nm) {
  const std::int64_t set = y_nm / recipe.repeat_nm;
  const std::int64_t place = x_nm - recipe.drift_permille * y_nm / 1000 + 10'000 * recipe.node_nm;
  const std::int64_t node = place / recipe.node_nm;
  const std::int64_t rest = place % recipe.node_nm;
  const auto lean = [&](std::int64_t n) {
    return (2 * Random(recipe.striae_nm, recipe.seed, n, set) -
            Random(recipe.striae_nm, recipe.seed, n - 1, set) -
            Random(recipe.striae_nm, recipe.seed, n + 1, set)) /
           2;
  };
  const std::int64_t a = lean(node);
  const std::int64_t b = lean(node + 1);
  return a + (b - a) * rest / recipe.node_nm;
}

inline forensics::HeightMap MakeLand(const LandRecipe& recipe) {
  forensics::HeightMap map{.width = recipe.width,
                           .height = recipe.height,
                           .pitch_x_um = static_cast<double>(recipe.pitch_nm) / 1000.0,
                           .pitch_y_um = static_cast<double>(recipe.pitch_nm) / 1000.0,
                           .height_um = {}};
  for (std::int64_t y = 0; y < recipe.height; ++y) {
    for (std::int64_t x = 0; x < recipe.width; ++x) {
      const std::int64_t x_nm = x * recipe.pitch_nm;
      const std::int64_t y_nm = y * recipe.pitch_nm;
      const std::int64_t from_middle = x_nm - recipe.width * recipe.pitch_nm / 2;
      std::int64_t z = StriaeNm(recipe, x_nm, y_nm);
      if (recipe.radius_nm > 0) z -= from_middle * from_middle / (2 * recipe.radius_nm);
      // The flanks rise one for one.
      const std::int64_t outside =
          std::max(recipe.left_edge_nm - x_nm, x_nm - recipe.right_edge_nm);
      z += std::clamp<std::int64_t>(outside, 0, recipe.flank_nm);
      z += Random(recipe.noise_nm, recipe.seed + 1, x, y);
      bool missing = false;
      if (recipe.broken_heel && y_nm < 80'000) {
        z += Random(8000, recipe.seed + 2, x / 12, y / 12);
        missing = Mix(recipe.seed + 3, x / 10, y / 10) % 100 < 40;
      }
      map.height_um.push_back(missing ? forensics::kNotMeasured
                                      : static_cast<float>(static_cast<double>(z) / 1000.0));
    }
  }
  return map;
}

}  // namespace proofmark::testing
