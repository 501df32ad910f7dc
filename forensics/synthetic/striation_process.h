// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "forensics/synthetic/generator.h"

namespace proofmark::forensics {

// Step of the generated texture, micrometres. Its shortest wavelength is six of these.
inline constexpr double kTextureStepUm = 3.125;

// What the texture is for. A scan's texture still goes through the extractor's form and noise
// filters, so its spectrum is the measured one of signatures with those filters undone.
enum class TextureUse { kSignature, kSurface };

// The heights that one land of one shot bears across the land, before any curvature.
class LandTexture {
 public:
  // `first_um` is where sample 0 lies, micrometres right of the nominal left shoulder.
  LandTexture(double first_um, std::vector<double> height_um)
      : first_um_(first_um), height_um_(std::move(height_um)) {}

  // Height at `x_um`, cubic between samples; the end samples continue outside.
  double At(double x_um) const;

 private:
  double first_um_;
  std::vector<double> height_um_;
};

// Draws the texture of `land` of `shot` over [from_um, to_um], micrometres right of the nominal
// left shoulder: the barrel's marks as far as they reproduce, the shot's own, and what this land
// shares with other barrels of the make. docs/design/generator.md gives the model.
//   Threads   Pure.
LandTexture DrawLandTexture(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land,
                            TextureUse use, double from_um, double to_um);

// A texture that nothing else shares, of standard deviation 1: grooves, and what varies along the
// bullet axis. `variant` tells several of one land and shot apart.
LandTexture DrawOwnTexture(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land,
                           TextureUse use, std::uint32_t variant, double from_um, double to_um);

// How well a land of a profile reproduces, from two uniforms in (0, 1).
double DrawReproducibility(SyntheticProfile profile, double u, double v);

// How well this barrel land reproduces: the correlation of its textures in two shots, [0, 1].
double LandReproducibility(const SyntheticBarrel& barrel, std::int64_t land);

// Standard deviation of this barrel land's marks, micrometres.
double LandAmplitudeUm(const SyntheticBarrel& barrel, std::int64_t land);

// The zero-phase filters that turn white noise on the texture grid into the measured spectrum of
// signatures, one for each of three bands from coarse to fine; tap 128 is the middle.
inline constexpr std::int64_t kBandKernelRadius = 128;
inline constexpr std::size_t kTextureBands = 3;
inline constexpr double kBandGainSd = 0.8;  // Of the logarithm of a band's gain, between lands.
std::span<const double> SignatureBandKernel(std::size_t band);

// The random sequences of the generator. Part of what a seed means: never renumber.
enum class RandomPurpose : std::uint32_t {
  kFreshMarks = 1,
  kWornMarks = 2,
  kFamilyMarks = 3,
  kShotMarks = 4,
  kLandTraits = 5,
  kBarrelTraits = 6,
  kFamilyTraits = 7,
  kContact = 8,
  kWarp = 9,
  kDamage = 10,
  kSamplingNoise = 11,
  kGeometry = 12,
  kPointNoise = 13,
  kDropOuts = 14,
  kStrength = 15,
  kScaleBullet = 16,
  kOwnTexture = 64,  // And above: one for each variant.
};

// The purpose and land as one word of the counter.
inline std::uint32_t PurposeWord(RandomPurpose purpose, std::int64_t land,
                                 std::uint32_t variant = 0) {
  return (static_cast<std::uint32_t>(purpose) + variant) | static_cast<std::uint32_t>(land) << 16;
}

}  // namespace proofmark::forensics
