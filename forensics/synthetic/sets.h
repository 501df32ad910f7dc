// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "forensics/striated/ballistic_signature.h"
#include "forensics/synthetic/generator.h"

namespace proofmark::forensics {

// Sets of bullets whose source is known, for tests, demonstration and measurements. The same seed
// gives the same set everywhere, and any specimen can be made without the others.
enum class SyntheticSet {
  kTiny,   // 10 barrels, 3 shots each, one calibre.
  kDemo,   // 500 barrels, 2 shots each, three calibres.
  kScale,  // 10^6 bullets: 990 000 barrels, of which 10 000 have a second shot.
           // GenerateScaleBullet.
  kHard,   // 200 barrels, 3 shots each: other ammunition, scratches, wear, fragments, lost lands.
};
std::optional<SyntheticSet> FindSyntheticSet(std::string_view name);  // "tiny", "demo", ...
std::string_view SyntheticSetName(SyntheticSet set);

// One bullet of a set and the truth about it.
struct SyntheticSpecimen {
  std::string source_firearm;  // "demo-1-00042": set, seed, barrel. Equal for one source only.
  std::string specimen;        // The firearm's name and the shot.
  std::string bullet_class;    // As in records::ClassCharacteristics.
  SyntheticBarrel barrel;
  std::uint32_t shot = 0;       // Since the barrel was new: wear goes by it.
  std::int64_t land_first = 0;  // Lands kept, from here on around the bullet; all unless hard.
  std::int64_t lands_kept = 6;
  double width_share_kept = 1.0;  // Of each land, from its left shoulder; below 1 a fragment.
};

std::int64_t SyntheticSetSize(SyntheticSet set);

// Specimen `index`, 0..SyntheticSetSize - 1; shots of one barrel follow each other, but for kScale,
// whose second shots stand at the end.
SyntheticSpecimen SpecimenOf(SyntheticSet set, std::uint64_t seed, std::int64_t index);

// Its signature as extraction would give it. Lands not kept stay in their places, absent.
BulletSignature GenerateSpecimen(SyntheticSet set, const SyntheticSpecimen& specimen);

}  // namespace proofmark::forensics
