// SPDX-License-Identifier: Apache-2.0
#include "forensics/synthetic/scale_bullet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/check.h"
#include "forensics/numeric/portable_math.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/synthetic/philox.h"
#include "forensics/synthetic/striation_process.h"

// As in forensics/striated/inner_loops.cc: versions by processor, chosen by the loader.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PM_PER_PROCESSOR \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PM_PER_PROCESSOR
#endif

namespace proofmark::forensics {
namespace {

constexpr std::int64_t kPhases = 4;  // Signature samples in a step of the noise.
constexpr std::int64_t kTaps = 48;   // Of noise, 600 um.
constexpr double kWidthUmMax = 3'800.0;
constexpr double kEdgeUm = 320.0;  // Texture drawn beyond either shoulder of the barrel's land.
constexpr std::int64_t kNoiseMax = 432;
constexpr std::int64_t kStepsMax = 376;    // Of noise filtered at most: (3800 + 2 * 320) / 12.5.
constexpr std::int64_t kKnotSamples = 32;  // 100 um between the knots of slowly varying things.

// Two barrels of a make share coarse marks with probability 3 %, a fault of the tool with 1 %
// (docs/design/search.md): membership squared over the number of families.
constexpr std::uint32_t kFamilies = 8;
constexpr double kCoarseMembers = 0.49;
constexpr double kFaultMembers = 0.283;
constexpr float kFamilyShareMax = 0.6F;

// [phase][tap].
using Polyphase = std::array<std::array<float, kTaps>, kPhases>;

std::array<Polyphase, kTextureBands> SplitBandKernels() {
  std::array<Polyphase, kTextureBands> split{};
  for (std::size_t band = 0; band < kTextureBands; ++band) {
    const std::span<const double> kernel = SignatureBandKernel(band);
    for (std::int64_t phase = 0; phase < kPhases; ++phase) {
      for (std::int64_t tap = 0; tap < kTaps; ++tap) {
        const std::int64_t m = (tap - kTaps / 2) * kPhases - phase;
        const double place = static_cast<double>(m) / (kTaps / 2.0 * kPhases + kPhases);
        const double taper = SinCosTurns(0.25 * place).cos;
        split[band][static_cast<std::size_t>(phase)][static_cast<std::size_t>(tap)] =
            static_cast<float>(kernel[static_cast<std::size_t>(m + kBandKernelRadius)] * taper);
      }
    }
  }
  return split;
}

const std::array<Polyphase, kTextureBands>& BandKernels() {
  static const std::array<Polyphase, kTextureBands> kKernels = SplitBandKernels();
  return kKernels;
}

// The bands at a land's gains, scaled to variance 1; the coarse band alone on the same scale.
struct Mixed {
  Polyphase all;
  Polyphase coarse;
};
Mixed MixBands(const std::array<float, kTextureBands>& gains) {
  const auto& bands = BandKernels();
  Mixed mixed;
  double energy = 0.0;
  for (std::size_t p = 0; p < kPhases; ++p) {
    for (std::size_t t = 0; t < kTaps; ++t) {
      mixed.coarse[p][t] = gains[0] * bands[0][p][t];
      mixed.all[p][t] = mixed.coarse[p][t] + gains[1] * bands[1][p][t] + gains[2] * bands[2][p][t];
      energy += static_cast<double>(mixed.all[p][t]) * static_cast<double>(mixed.all[p][t]);
    }
  }
  const float scale = static_cast<float>(1.0 / std::sqrt(energy / kPhases));
  for (std::size_t p = 0; p < kPhases; ++p) {
    for (std::size_t t = 0; t < kTaps; ++t) {
      mixed.all[p][t] *= scale;
      mixed.coarse[p][t] *= scale;
    }
  }
  return mixed;
}

// White noise of variance 1, sixteen samples from one block of random bits. `noise` holds a
// multiple of 16.
void AddNoise(std::uint64_t seed, std::uint32_t barrel, std::uint32_t shot, std::uint32_t purpose,
              float weight, std::span<float> noise) {
  constexpr float kUnit = 1.0F / 73.9003F;  // Standard deviation of a byte.
  const std::array<std::uint32_t, 2> key = {static_cast<std::uint32_t>(seed),
                                            static_cast<std::uint32_t>(seed >> 32)};
  for (std::size_t i = 0; i < noise.size(); i += 16) {
    const auto block = Philox4x32({static_cast<std::uint32_t>(i / 16), purpose, barrel, shot}, key);
    for (std::size_t k = 0; k < 16; ++k) {
      const auto byte = static_cast<float>(block[k / 4] >> (8 * (k % 4)) & 0xFF);
      noise[i + k] += weight * kUnit * (byte - 127.5F);
    }
  }
}

// out[step] += sum of kernel[t] noise[step + t]: one phase of the texture. Four taps at a time, in
// one order whatever the vector width.
PM_PER_PROCESSOR
void AddFiltered(const float* __restrict kernel, const float* __restrict noise,
                 float* __restrict out, std::int64_t steps) {
  for (std::int64_t t = 0; t < kTaps; t += 4) {
    const float k0 = kernel[t], k1 = kernel[t + 1], k2 = kernel[t + 2], k3 = kernel[t + 3];
    const float* from = noise + t;
    for (std::int64_t i = 0; i < steps; ++i) {
      out[i] += (k0 * from[i] + k1 * from[i + 1]) + (k2 * from[i + 2] + k3 * from[i + 3]);
    }
  }
}

// A texture at signature pitch. Filtered phase by phase, then put in order.
class Texture {
 public:
  explicit Texture(std::int64_t steps) : steps_(steps) {
    for (auto& phase : phases_) std::fill_n(phase.begin(), steps, 0.0F);
  }
  void Add(const Polyphase& kernel, const float* noise) {
    for (std::size_t p = 0; p < kPhases; ++p) {
      AddFiltered(kernel[p].data(), noise, phases_[p].data(), steps_);
    }
  }
  // Call once, after the last Add.
  void PutInOrder() {
    for (std::size_t i = 0; i < static_cast<std::size_t>(steps_); ++i) {
      for (std::size_t p = 0; p < kPhases; ++p) samples_[kPhases * i + p] = phases_[p][i];
    }
  }
  std::int64_t size() const { return kPhases * steps_; }
  float* data() { return samples_.data(); }
  const float* data() const { return samples_.data(); }

 private:
  std::int64_t steps_;
  std::array<std::array<float, kStepsMax>, kPhases> phases_;
  std::array<float, kPhases * kStepsMax> samples_;
};

// A stretch of a signature between two knots, over which place and strength change evenly.
struct Stretch {
  float place = 0.0F;  // On the barrel's texture, samples.
  float place_step = 1.0F;
  float strength = 1.0F;
  float strength_step = 0.0F;
};

PM_PER_PROCESSOR
void Compose(const float* __restrict marks, const float* __restrict own, Stretch stretch,
             float amplitude_nm, std::int16_t* __restrict out, std::int64_t count) {
  for (std::int64_t k = 0; k < count; ++k) {
    const float along = static_cast<float>(static_cast<std::int32_t>(k));
    const float place = stretch.place + along * stretch.place_step;
    const std::int32_t at = static_cast<std::int32_t>(place);
    const float t = place - static_cast<float>(at);
    const float mark = marks[at] + t * (marks[at + 1] - marks[at]);
    const float z = (mark + own[k]) * (stretch.strength + along * stretch.strength_step);
    float nm = amplitude_nm * (z + 0.06F * (z * z - 1.0F));
    nm = nm < 32767.0F ? nm : 32767.0F;
    nm = nm > -32767.0F ? nm : -32767.0F;
    // Rounds: the sum is positive, and truncation rounds down.
    out[k] = static_cast<std::int16_t>(static_cast<std::int32_t>(nm + 32768.5F) - 32768);
  }
}

// What a barrel land is like, and how one shot took it.
struct Land {
  float reproducibility = 0.0F;
  float amplitude_nm = 0.0F;
  float unevenness = 0.0F;
  std::array<float, kTextureBands> gains{};
  std::uint32_t family = 0;  // 0 none.
  std::uint32_t fault_family = 0;
  float family_share = 0.0F;
};

std::uint32_t PurposeOf(std::int64_t land, std::uint32_t part) {
  return PurposeWord(RandomPurpose::kScaleBullet, land) | part << 8;
}
enum Part : std::uint32_t { kTraits, kMarks, kShot, kFamily, kStrengthKnots, kContact, kHoles };

std::uint32_t DrawFamily(const RandomStream& stream, std::uint32_t index, double members) {
  if (stream.Uniform(index) >= members) return 0;
  return 1 + static_cast<std::uint32_t>(stream.Uniform(index + 1) * kFamilies);
}

Land DrawLand(const SyntheticBarrel& barrel, std::int64_t land) {
  const RandomStream of_barrel(barrel.seed, barrel.barrel, 0, PurposeOf(31, kTraits));
  const RandomStream of_land(barrel.seed, barrel.barrel, 0, PurposeOf(land, kTraits));
  Land drawn;
  drawn.reproducibility = static_cast<float>(
      DrawReproducibility(barrel.profile, of_land.Uniform(0), of_land.Uniform(1)));
  const std::array<double, 2> first = of_land.NormalPair(2);
  const std::array<double, 2> second = of_land.NormalPair(3);
  drawn.amplitude_nm =
      static_cast<float>(1000.0 * std::clamp(0.6 * Exp(0.25 * first[0]), 0.25, 1.2));
  drawn.gains = {static_cast<float>(Exp(kBandGainSd * first[1])),
                 static_cast<float>(Exp(kBandGainSd * second[0])),
                 static_cast<float>(Exp(kBandGainSd * second[1]))};
  drawn.unevenness = static_cast<float>(of_land.Uniform(2, 0.1, 0.7));
  drawn.family = DrawFamily(of_barrel, 0, kCoarseMembers);
  drawn.fault_family = DrawFamily(of_barrel, 2, kFaultMembers);
  drawn.family_share = kFamilyShareMax * static_cast<float>(of_land.Uniform(3));
  return drawn;
}

// Values at knots 100 um apart, straight between them.
class Knots {
 public:
  static constexpr std::size_t kCount = 64;
  std::array<float, kCount> value{};
  // `place` in samples, >= 0.
  float At(float place) const {
    const float at = place * (1.0F / kKnotSamples);
    const std::size_t knot = std::min(static_cast<std::size_t>(at), kCount - 2);
    return value[knot] + (at - static_cast<float>(knot)) * (value[knot + 1] - value[knot]);
  }
};

// Strength of the marks along the land, of mean square about 1. (1 + x / 4)^4 in place of e^x.
Knots DrawStrength(const SyntheticBarrel& barrel, std::int64_t land, float unevenness,
                   std::int64_t samples) {
  Knots knots;
  std::array<float, Knots::kCount + 16> noise{};
  AddNoise(barrel.seed, barrel.barrel, 0, PurposeOf(land, kStrengthKnots), 1.0F, noise);
  const std::size_t used = static_cast<std::size_t>(samples / kKnotSamples + 2);
  for (std::size_t i = 0; i < std::min(used, knots.value.size()); ++i) {
    const float smooth = (noise[i] + 2.0F * noise[i + 1] + noise[i + 2]) * 0.408248F;
    const float root =
        std::max(0.0F, 1.0F + 0.25F * (unevenness * smooth - unevenness * unevenness));
    knots.value[i] = root * root * root * root;
  }
  return knots;
}

// Where the shot's samples lie on the barrel's land, off a straight course, in samples: a scale of
// 0.3 % and a walk of 3 um over a millimetre.
Knots DrawWarp(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land) {
  Knots knots;
  std::array<float, Knots::kCount> noise{};
  AddNoise(barrel.seed, barrel.barrel, shot, PurposeOf(land, kContact), 1.0F, noise);
  const float scale = 0.003F * noise[0] * 0.57735F * kKnotSamples;  // A byte's sd is U(-1, 1)'s.
  constexpr float kWalk = 3.0F * 0.316228F / 3.125F;                // Over 100 um, samples.
  for (std::size_t i = 1; i < knots.value.size(); ++i) {
    knots.value[i] = knots.value[i - 1] + scale + kWalk * noise[i];
  }
  return knots;
}

void AddToolFault(const SyntheticBarrel& barrel, std::int64_t land, std::uint32_t family,
                  std::int64_t samples, Texture& texture) {
  if (family == 0) return;
  const RandomStream stream(barrel.seed, 0, family, PurposeOf(land, kFamily) | 1U << 12);
  for (std::uint32_t mark = 0; mark < 2; ++mark) {
    const double centre = (kEdgeUm + stream.Uniform(4 * mark) * barrel.land_width_um) / 3.125;
    const double half_width = stream.Uniform(4 * mark + 1, 40.0, 90.0) / 3.125;
    const double height =
        stream.Uniform(4 * mark + 2, 2.0, 4.0) * (stream.Uniform(4 * mark + 3) < 0.5 ? -1.0 : 1.0);
    const std::int64_t first =
        std::max<std::int64_t>(0, static_cast<std::int64_t>(centre - half_width));
    const std::int64_t last =
        std::min(samples - 1, static_cast<std::int64_t>(centre + half_width) + 1);
    for (std::int64_t i = first; i <= last; ++i) {
      const double t = (static_cast<double>(i) - centre) / half_width;
      if (t * t < 1.0)
        texture.data()[i] += static_cast<float>(height * (1.0 - t * t) * (1.0 - t * t));
    }
  }
}

void DropOut(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land,
             std::vector<std::int16_t>& height_nm) {
  const RandomStream holes(barrel.seed, barrel.barrel, shot, PurposeOf(land, kHoles));
  double at_um = 0.0;
  for (std::uint32_t i = 0; i < 64; i += 2) {
    at_um += -Log(holes.Uniform(i)) * 1000.0 / 0.3;
    const std::size_t from = static_cast<std::size_t>(at_um / kSignaturePitchUm);
    if (from >= height_nm.size()) return;
    const std::size_t length =
        static_cast<std::size_t>(holes.Uniform(i + 1, 20.0, 150.0) / kSignaturePitchUm);
    std::fill(
        height_nm.begin() + static_cast<std::ptrdiff_t>(from),
        height_nm.begin() + static_cast<std::ptrdiff_t>(std::min(from + length, height_nm.size())),
        kSampleNotMeasured);
  }
}

// The barrel's marks from kEdgeUm before the left shoulder of the barrel's land to as far after.
Texture DrawBarrelMarks(const SyntheticBarrel& barrel, std::int64_t land, const Land& traits,
                        const Mixed& kernels, std::int64_t steps) {
  alignas(64) std::array<float, kNoiseMax> noise{};
  const std::span<float> used(noise.data(),
                              static_cast<std::size_t>((steps + kTaps + 15) / 16 * 16));
  AddNoise(barrel.seed, barrel.barrel, 0, PurposeOf(land, kMarks), 1.0F, used);
  Texture marks(steps);
  marks.Add(kernels.all, noise.data());
  if (traits.family != 0) {
    // Part of the coarse band is the family's instead: every barrel in it draws the same.
    const float own = std::sqrt(1.0F - traits.family_share) - 1.0F;
    for (float& value : used) value *= own;
    AddNoise(barrel.seed, 0, traits.family, PurposeOf(land, kFamily),
             std::sqrt(traits.family_share), used);
    marks.Add(kernels.coarse, noise.data());
  }
  marks.PutInOrder();
  AddToolFault(barrel, land, traits.fault_family, marks.size(), marks);
  const float reproduced = std::sqrt(traits.reproducibility);
  for (std::int64_t i = 0; i < marks.size(); ++i) marks.data()[i] *= reproduced;
  return marks;
}

LandSignature DrawSignature(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land) {
  constexpr double kStepInUm = 30.0;
  const Land traits = DrawLand(barrel, land);
  const RandomStream geometry(barrel.seed, barrel.barrel, shot, PurposeOf(land, kShot) | 1U << 12);
  const double shift_um = geometry.Uniform(0, -150.0, 150.0);
  const std::array<double, 2> errors = geometry.NormalPair(1);
  const double left_um = shift_um + std::clamp(30.0 * errors[0], -100.0, 100.0) + kStepInUm;
  const double right_um = std::max(
      left_um + 0.8 * barrel.land_width_um,
      barrel.land_width_um + shift_um + std::clamp(30.0 * errors[1], -100.0, 100.0) - kStepInUm);
  const std::int64_t count =
      1 + static_cast<std::int64_t>((right_um - left_um) / kSignaturePitchUm);

  const Mixed kernels = MixBands(traits.gains);
  const std::int64_t barrel_steps =
      static_cast<std::int64_t>((barrel.land_width_um + 2.0 * kEdgeUm) / 12.5);
  Texture marks = DrawBarrelMarks(barrel, land, traits, kernels, barrel_steps);
  const std::int64_t own_steps = count / kPhases + 1;
  alignas(64) std::array<float, kNoiseMax> noise{};
  AddNoise(barrel.seed, barrel.barrel, shot, PurposeOf(land, kShot),
           std::sqrt(1.0F - traits.reproducibility),
           {noise.data(), static_cast<std::size_t>((own_steps + kTaps + 15) / 16 * 16)});
  Texture own(own_steps);
  own.Add(kernels.all, noise.data());

  own.PutInOrder();

  const Knots strength = DrawStrength(barrel, land, traits.unevenness, marks.size());
  const Knots warp = DrawWarp(barrel, shot, land);
  const float first = static_cast<float>((left_um + kEdgeUm) / kSignaturePitchUm);
  // The warp stays far inside the margin; held there all the same.
  const float last = static_cast<float>(marks.size() - 2 * kKnotSamples);
  LandSignature signature;
  signature.height_nm.resize(static_cast<std::size_t>(count));
  for (std::int64_t begin = 0; begin < count; begin += kKnotSamples) {
    const std::size_t knot = static_cast<std::size_t>(begin / kKnotSamples);
    const auto place_at = [&](std::size_t i) {
      return std::clamp(first + static_cast<float>(i * kKnotSamples) + warp.value[i], 0.0F, last);
    };
    Stretch stretch;
    stretch.place = place_at(knot);
    const float end = place_at(knot + 1);
    stretch.place_step = (end - stretch.place) * (1.0F / kKnotSamples);
    stretch.strength = strength.At(stretch.place);
    stretch.strength_step = (strength.At(end) - stretch.strength) * (1.0F / kKnotSamples);
    Compose(marks.data(), own.data() + begin, stretch, traits.amplitude_nm,
            signature.height_nm.data() + begin, std::min(kKnotSamples, count - begin));
  }
  DropOut(barrel, shot, land, signature.height_nm);
  signature.left_shoulder_um = 250.0;
  signature.right_shoulder_um =
      250.0 + 2.0 * kStepInUm + static_cast<double>(count - 1) * kSignaturePitchUm;
  signature.quality.consistency = 0.75 + 0.2 * static_cast<double>(traits.reproducibility);
  signature.quality.consistent_share = 0.6 + 0.4 * static_cast<double>(traits.reproducibility);
  signature.quality.coherence = 0.9;
  signature.quality.amplitude_um = static_cast<double>(traits.amplitude_nm) / 1000.0;
  signature.quality.band_from_um = 100.0;
  signature.quality.band_to_um = 475.0;
  return signature;
}

}  // namespace

BulletSignature GenerateScaleBullet(const SyntheticBarrel& barrel, std::uint32_t shot) {
  PM_CHECK(CheckSynthetic(barrel).ok() && barrel.land_width_um <= kWidthUmMax);
  BulletSignature bullet;
  bullet.extractor_version = std::string(LandExtractorVersion());
  bullet.lands.reserve(static_cast<std::size_t>(barrel.land_count));
  for (std::int64_t land = 0; land < barrel.land_count; ++land) {
    bullet.lands.emplace_back(DrawSignature(barrel, shot, land));
  }
  return bullet;
}

}  // namespace proofmark::forensics
