// SPDX-License-Identifier: Apache-2.0
#include "forensics/synthetic/striation_process.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "forensics/numeric/portable_math.h"
#include "forensics/synthetic/philox.h"

namespace proofmark::forensics {
namespace {

// --- Spectra --------------------------------------------------------------------------------

struct SpectrumPoint {
  double wavelength_um;
  double power_db;  // Of the power per unit frequency, relative to the peak.
};

// Measured on real band-averaged lands after the filters at 250 and 16 um (matching data sheet in
// docs/design/generator.md). Wavelengths fall, as frequencies rise.
constexpr std::array<SpectrumPoint, 14> kStriaeSpectrum = {{{800.0, -30.0},
                                                            {400.0, -18.0},
                                                            {250.0, -11.0},
                                                            {200.0, -7.5},
                                                            {160.0, -6.0},
                                                            {130.0, -4.0},
                                                            {100.0, 0.0},
                                                            {80.0, -3.5},
                                                            {60.0, -6.0},
                                                            {50.0, -9.0},
                                                            {40.0, -12.0},
                                                            {30.0, -15.0},
                                                            {25.0, -21.0},
                                                            {20.0, -22.0}}};

// Few, wide marks: tool chatter and what makes of one tool have in common.
constexpr std::array<SpectrumPoint, 8> kCoarseSpectrum = {{{800.0, -24.0},
                                                           {400.0, -8.0},
                                                           {250.0, 0.0},
                                                           {160.0, 0.0},
                                                           {130.0, -2.0},
                                                           {100.0, -7.0},
                                                           {80.0, -15.0},
                                                           {60.0, -30.0}}};
constexpr double kShortestWavelengthUm = 12.0;
constexpr double kRollOffDbPerOctave = 18.0;  // Beyond the last measured point.

// The extractor's filters, which a scan's texture has still to pass.
constexpr double kFormCutoffUm = 250.0;
constexpr double kNoiseCutoffUm = 16.0;
constexpr double kFormAmplitudeMin = 0.25;  // What the filters removed is not inflated further.

constexpr std::int64_t kKernelRadius = 128;   // 400 um.
constexpr std::int64_t kSpectrumSteps = 800;  // Of frequency, up to the shortest wavelength.
constexpr double kLn10 = 0x1.26bb1bbb55516p+1;
constexpr double kLn2 = 0x1.62e42fefa39efp-1;

using Kernel = std::array<double, 2 * kKernelRadius + 1>;

// Straight lines in dB over log frequency between the points.
double PowerDb(std::span<const SpectrumPoint> spectrum, double wavelength_um) {
  if (wavelength_um >= spectrum.front().wavelength_um) return spectrum.front().power_db;
  for (std::size_t i = 1; i < spectrum.size(); ++i) {
    const SpectrumPoint& a = spectrum[i - 1];
    const SpectrumPoint& b = spectrum[i];
    if (wavelength_um < b.wavelength_um) continue;
    const double share = Log(a.wavelength_um / wavelength_um) / Log(a.wavelength_um / b.wavelength_um);
    return a.power_db + share * (b.power_db - a.power_db);
  }
  const double octaves = Log(spectrum.back().wavelength_um / wavelength_um) / kLn2;
  return spectrum.back().power_db - kRollOffDbPerOctave * octaves;
}

// Share of a wave's amplitude that form removal and smoothing leave (ISO 16610-21 transmission).
double FilterAmplitude(double wavelength_um) {
  const double form = kFormCutoffUm / wavelength_um;
  const double noise = kNoiseCutoffUm / wavelength_um;
  const double kept = std::max(1.0 - Exp(-kLn2 * form * form), kFormAmplitudeMin);
  return kept * Exp(-kLn2 * noise * noise);
}

// The zero-phase filter that turns white noise of variance 1 into a texture with this spectrum;
// for a surface the filters' effect is divided out, so that its variance is 1 only after them.
Kernel DesignKernel(std::span<const SpectrumPoint> spectrum, TextureUse use) {
  Kernel signature{};
  Kernel kernel{};
  for (std::int64_t s = 1; s <= kSpectrumSteps; ++s) {
    const double frequency =
        static_cast<double>(s) / (static_cast<double>(kSpectrumSteps) * kShortestWavelengthUm);
    const double amplitude = Exp(PowerDb(spectrum, 1.0 / frequency) * kLn10 / 20.0);
    const double surface = amplitude / FilterAmplitude(1.0 / frequency);
    for (std::int64_t m = -kKernelRadius; m <= kKernelRadius; ++m) {
      const double wave = SinCosTurns(frequency * static_cast<double>(m) * kTextureStepUm).cos;
      const std::size_t at = static_cast<std::size_t>(m + kKernelRadius);
      signature[at] += amplitude * wave;
      kernel[at] += (use == TextureUse::kSurface ? surface : amplitude) * wave;
    }
  }
  double energy = 0.0;
  for (std::int64_t m = -kKernelRadius; m <= kKernelRadius; ++m) {
    const std::size_t at = static_cast<std::size_t>(m + kKernelRadius);
    const double taper =
        SinCosTurns(0.25 * static_cast<double>(m) / static_cast<double>(kKernelRadius)).cos;
    signature[at] *= taper;
    kernel[at] *= taper;
    energy += signature[at] * signature[at];
  }
  const double scale = 1.0 / std::sqrt(energy);
  for (double& weight : kernel) weight *= scale;
  return kernel;
}

const Kernel& StriaeKernel(TextureUse use) {
  static const Kernel kSignature = DesignKernel(kStriaeSpectrum, TextureUse::kSignature);
  static const Kernel kSurface = DesignKernel(kStriaeSpectrum, TextureUse::kSurface);
  return use == TextureUse::kSurface ? kSurface : kSignature;
}

const Kernel& CoarseKernel(TextureUse use) {
  static const Kernel kSignature = DesignKernel(kCoarseSpectrum, TextureUse::kSignature);
  static const Kernel kSurface = DesignKernel(kCoarseSpectrum, TextureUse::kSurface);
  return use == TextureUse::kSurface ? kSurface : kSignature;
}

// --- Noise on the texture grid --------------------------------------------------------------

// Grid index of a place; index 0 is the nominal left shoulder.
std::int64_t GridIndex(double x_um) {
  return static_cast<std::int64_t>(std::floor(x_um / kTextureStepUm));
}

// Adds weight * white noise to `noise`, whose sample 0 has grid index `first`. Noise belongs to
// grid indices, so another range of the same land continues it.
void AddWhiteNoise(const RandomStream& stream, double weight, std::int64_t first,
                   std::vector<double>& noise) {
  constexpr std::int64_t kIndexOfShoulder = 1 << 20;
  std::int64_t i = 0;
  while (i < static_cast<std::int64_t>(noise.size())) {
    const std::uint32_t index = static_cast<std::uint32_t>(first + i + kIndexOfShoulder);
    const std::array<double, 2> pair = stream.NormalPair(index / 2);
    for (std::uint32_t half = index % 2; half < 2 && i < static_cast<std::int64_t>(noise.size());
         ++half, ++i) {
      noise[static_cast<std::size_t>(i)] += weight * pair[half];
    }
  }
}

// out[i] += weight * sum over m of kernel[m] noise[i + m]; noise is longer by twice the radius.
// One tap at a time over contiguous samples: every sum keeps its order at any vector width.
void AddFiltered(std::span<const double> kernel, double weight, const std::vector<double>& noise,
                 std::vector<double>& out) {
  const std::size_t count = out.size();
  for (std::size_t m = 0; m < kernel.size(); ++m) {
    const double tap = weight * kernel[m];
    const double* from = noise.data() + m;
    double* to = out.data();
    for (std::size_t i = 0; i < count; ++i) to[i] += tap * from[i];
  }
}

// --- Traits ---------------------------------------------------------------------------------

// Barrels of a make that share coarse marks or a fault of the tool: family membership is such that
// two barrels share with the probability given (share of members squared over families).
constexpr std::uint32_t kFamilies = 8;
constexpr double kCoarseFamilyMembers = 0.49;  // Two barrels share coarse marks: 3 %.
constexpr double kFaultFamilyMembers = 0.283;  // Two barrels share a fault: 1 %.
constexpr double kFamilyShareMax = 0.6;

// Coarse marks as a share of a land's variance: most lands have little, some are dominated by it,
// which is where real different-land correlations get their long tail (docs/design/generator.md).
constexpr double kCoarseShareExponent = 3.0;
constexpr double kCoarseShareMax = 0.9;

// Real marks are stronger here and weaker there: that gives their excess kurtosis of 1 to 2, and a
// land with few strong marks correlates with others by chance more easily.
constexpr double kUnevennessMin = 0.1;
constexpr double kUnevennessMax = 0.6;
constexpr std::int64_t kUnevennessRadius = 64;  // Of the bell that smooths it: 200 um.

struct LandTraits {
  double reproducibility = 0.0;
  double amplitude_um = 0.0;
  double coarse_share = 0.0;
  double family_share = 0.0;  // Of the coarse marks.
  double unevenness = 0.0;    // Standard deviation of the log of the marks' local strength.
  std::uint32_t family = 0;   // 0 none.
  std::uint32_t fault_family = 0;
  double wear_cos = 1.0;
  double wear_sin = 0.0;
};

// Two barrels' worth of wear: w per shot while new, far less later. The marks turn steadily from a
// fresh field to a worn one, so that their correlation with the first shot is (1 - w^2)^(shots/2).
void SetWear(const RandomStream& barrel_stream, std::uint32_t shot, LandTraits& traits) {
  constexpr double kNewBarrelShots = 50.0;
  constexpr double kLaterWear = 0.002;
  const double early_wear = barrel_stream.Uniform(4, 0.01, 0.03);
  const double early_shots = std::min<double>(shot, kNewBarrelShots);
  const double later_shots = std::min<double>(shot, 1e6) - early_shots;
  traits.wear_cos = Exp(0.5 * early_shots * Log(1.0 - early_wear * early_wear) +
                        0.5 * later_shots * Log(1.0 - kLaterWear * kLaterWear));
  traits.wear_sin = std::sqrt(std::max(0.0, 1.0 - traits.wear_cos * traits.wear_cos));
}

std::uint32_t Family(const RandomStream& barrel_stream, std::uint32_t index, double members) {
  if (barrel_stream.Uniform(index) >= members) return 0;
  return 1 + static_cast<std::uint32_t>(barrel_stream.Uniform(index + 1) * kFamilies);
}

double DrawReproducibility(SyntheticProfile profile, double u, double v) {
  switch (profile) {
    case SyntheticProfile::kClean:  // 0.6 + 0.37 Beta(2, 1).
      return 0.6 + 0.37 * std::sqrt(u);
    case SyntheticProfile::kRealistic:  // 0.955 Beta(1, 0.45), by its inverse.
      return 0.955 * (1.0 - Exp(Log(1.0 - u) / 0.45));
    case SyntheticProfile::kHard:  // Beta(1, 1), and another kind of ammunition.
      return u * (0.6 + 0.3 * v);
  }
  return 0.0;
}

LandTraits DrawTraits(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land) {
  const RandomStream land_stream(barrel.seed, barrel.barrel, 0,
                                 PurposeWord(RandomPurpose::kLandTraits, land));
  const RandomStream barrel_stream(barrel.seed, barrel.barrel, 0,
                                   PurposeWord(RandomPurpose::kBarrelTraits, 0));
  LandTraits traits;
  traits.reproducibility =
      DrawReproducibility(barrel.profile, land_stream.Uniform(0), land_stream.Uniform(1));
  traits.amplitude_um = std::clamp(0.6 * Exp(0.25 * land_stream.Normal(2)), 0.25, 1.2);
  traits.coarse_share =
      kCoarseShareMax * Exp(kCoarseShareExponent * Log(land_stream.Uniform(4)));
  traits.unevenness = land_stream.Uniform(7, kUnevennessMin, kUnevennessMax);
  traits.family = Family(barrel_stream, 0, kCoarseFamilyMembers);
  traits.fault_family = Family(barrel_stream, 2, kFaultFamilyMembers);
  if (traits.family != 0) {
    traits.family_share = land_stream.Uniform(5, 0.0, 1.0);
    // The shared part is at least as strong as the family makes it.
    traits.coarse_share =
        std::max(traits.coarse_share, kFamilyShareMax * land_stream.Uniform(6));
  }
  SetWear(barrel_stream, shot, traits);
  return traits;
}

// --- The marks of the barrel and of the shot ------------------------------------------------

// The barrel's marks on grid indices [first, first + out.size()).
void AddBarrelMarks(const SyntheticBarrel& barrel, std::int64_t land, const LandTraits& traits,
                    TextureUse use, std::int64_t first, std::vector<double>& out) {
  const auto stream = [&](RandomPurpose purpose) {
    return RandomStream(barrel.seed, barrel.barrel, 0, PurposeWord(purpose, land));
  };
  const std::int64_t from = first - kKernelRadius;
  std::vector<double> fine(out.size() + 2 * kKernelRadius);
  AddWhiteNoise(stream(RandomPurpose::kFreshMarks), traits.wear_cos, from, fine);
  if (traits.wear_sin > 0.0) {
    AddWhiteNoise(stream(RandomPurpose::kWornMarks), traits.wear_sin, from, fine);
  }
  AddFiltered(StriaeKernel(use), std::sqrt(1.0 - traits.coarse_share), fine, out);

  std::vector<double> coarse(fine.size());
  AddWhiteNoise(stream(RandomPurpose::kCoarseMarks), std::sqrt(1.0 - traits.family_share), from,
                coarse);
  if (traits.family != 0) {
    // Keyed by the family alone: every barrel in it draws the same.
    const RandomStream shared(barrel.seed, 0, traits.family,
                              PurposeWord(RandomPurpose::kFamilyMarks, land));
    AddWhiteNoise(shared, std::sqrt(traits.family_share), from, coarse);
  }
  AddFiltered(CoarseKernel(use), std::sqrt(traits.coarse_share), coarse, out);
}

// A bell of the given half width.
double Bell(double distance_um, double half_width_um) {
  const double t = distance_um / half_width_um;
  return t * t < 1.0 ? (1.0 - t * t) * (1.0 - t * t) : 0.0;
}

// Local strength of the marks, of mean square 1: the exponential of a smooth random curve.
std::vector<double> DrawStrength(const SyntheticBarrel& barrel, std::int64_t land,
                                 const LandTraits& traits, std::int64_t first, std::size_t count) {
  std::vector<double> noise(count + 2 * kUnevennessRadius);
  AddWhiteNoise(RandomStream(barrel.seed, barrel.barrel, 0,
                             PurposeWord(RandomPurpose::kStrength, land)),
                1.0, first - kUnevennessRadius, noise);
  std::vector<double> bell(2 * kUnevennessRadius + 1);
  double energy = 0.0;
  for (std::int64_t m = -kUnevennessRadius; m <= kUnevennessRadius; ++m) {
    double& weight = bell[static_cast<std::size_t>(m + kUnevennessRadius)];
    weight = Bell(static_cast<double>(m), static_cast<double>(kUnevennessRadius) + 1.0);
    energy += weight * weight;
  }
  const double scale = traits.unevenness / std::sqrt(energy);
  std::vector<double> curve(count);
  AddFiltered(bell, scale, noise, curve);
  for (double& value : curve) value = Exp(value - traits.unevenness * traits.unevenness);
  return curve;
}

// Marks of a fault in the rifling tool, alike in every barrel of its family: two strong grooves at
// fixed places.
void AddToolFault(const SyntheticBarrel& barrel, std::int64_t land, const LandTraits& traits,
                  std::int64_t first, std::vector<double>& out) {
  if (traits.fault_family == 0) return;
  const RandomStream stream(barrel.seed, 0, traits.fault_family,
                            PurposeWord(RandomPurpose::kFamilyTraits, land));
  for (std::uint32_t mark = 0; mark < 2; ++mark) {
    const double centre_um = stream.Uniform(4 * mark) * barrel.land_width_um;
    const double half_width_um = stream.Uniform(4 * mark + 1, 40.0, 90.0);
    const double height = stream.Uniform(4 * mark + 2, 2.0, 4.0);
    const double sign = stream.Uniform(4 * mark + 3) < 0.5 ? -1.0 : 1.0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const double x_um = static_cast<double>(first + static_cast<std::int64_t>(i)) * kTextureStepUm;
      out[i] += sign * height * Bell(x_um - centre_um, half_width_um);
    }
  }
}

// Scratches from handling after the shot, on a fifth of the lands of hard sets.
void AddTankRash(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land,
                 std::int64_t first, std::vector<double>& out) {
  const RandomStream stream(barrel.seed, barrel.barrel, shot,
                            PurposeWord(RandomPurpose::kDamage, land));
  if (barrel.profile != SyntheticProfile::kHard || stream.Uniform(0) >= 0.2) return;
  const std::uint32_t scratches = 4 + static_cast<std::uint32_t>(stream.Uniform(1) * 6.0);
  for (std::uint32_t mark = 0; mark < scratches; ++mark) {
    const double centre_um = stream.Uniform(4 * mark + 4) * barrel.land_width_um;
    const double half_width_um = stream.Uniform(4 * mark + 5, 15.0, 50.0);
    const double height = stream.Uniform(4 * mark + 6, -4.0, 2.0);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const double x_um = static_cast<double>(first + static_cast<std::int64_t>(i)) * kTextureStepUm;
      out[i] += height * Bell(x_um - centre_um, half_width_um);
    }
  }
}

// Where each sample of this shot's land lies on the barrel's: 0.3 % of scale, and a walk of 3 um
// over a millimetre.
std::vector<double> DrawContact(const SyntheticBarrel& barrel, std::uint32_t shot,
                                std::int64_t land, std::int64_t first, std::size_t count) {
  const RandomStream contact(barrel.seed, barrel.barrel, shot,
                             PurposeWord(RandomPurpose::kContact, land));
  const double scale = 1.0 + 0.003 * contact.Uniform(0, -1.0, 1.0);
  // Drawn from the shoulder outwards, so that the window does not change the walk.
  const std::int64_t walk_first = std::min<std::int64_t>(first, 0);
  const std::int64_t walk_end = std::max<std::int64_t>(first + static_cast<std::int64_t>(count), 1);
  std::vector<double> walk(static_cast<std::size_t>(walk_end - walk_first));
  AddWhiteNoise(RandomStream(barrel.seed, barrel.barrel, shot,
                             PurposeWord(RandomPurpose::kWarp, land)),
                3.0 * std::sqrt(kTextureStepUm / 1000.0), walk_first, walk);
  for (std::size_t i = 1; i < walk.size(); ++i) walk[i] += walk[i - 1];
  const double walk_at_shoulder = walk[static_cast<std::size_t>(-walk_first)];
  std::vector<double> place(count);
  const double middle_um = 0.5 * barrel.land_width_um;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t index = first + static_cast<std::int64_t>(i);
    const double warp_um = walk[static_cast<std::size_t>(index - walk_first)] - walk_at_shoulder;
    place[i] = middle_um + scale * (static_cast<double>(index) * kTextureStepUm - middle_um) +
               warp_um;
  }
  return place;
}

}  // namespace

double LandTexture::At(double x_um) const {
  const double position = (x_um - first_um_) / kTextureStepUm;
  const double floor = std::floor(position);
  const double t = position - floor;
  const std::int64_t last = static_cast<std::int64_t>(height_um_.size()) - 1;
  const std::int64_t i = static_cast<std::int64_t>(floor);
  const auto sample = [&](std::int64_t at) {
    return height_um_[static_cast<std::size_t>(std::clamp<std::int64_t>(at, 0, last))];
  };
  const double a = sample(i - 1);
  const double b = sample(i);
  const double c = sample(i + 1);
  const double d = sample(i + 2);
  // The cubic through the four samples (Lagrange), which keeps short waves better than a spline of
  // matching slopes.
  return b + t * ((c - a / 3.0 - b / 2.0 - d / 6.0) +
                  t * (0.5 * (a + c) - b + t * ((b - c) / 2.0 + (d - a) / 6.0)));
}

LandTexture DrawLandTexture(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land,
                            TextureUse use, double from_um, double to_um) {
  constexpr double kSkew = 0.06;     // Real marks are skewed and peaked a little.
  constexpr std::int64_t kSpare = 16;  // Samples for the warp on each side: 50 um.
  const LandTraits traits = DrawTraits(barrel, shot, land);
  const std::int64_t first = GridIndex(from_um);
  const std::size_t count = static_cast<std::size_t>(GridIndex(to_um) - first + 2);

  std::vector<double> marks(count + 2 * kSpare);
  AddBarrelMarks(barrel, land, traits, use, first - kSpare, marks);
  AddToolFault(barrel, land, traits, first - kSpare, marks);
  const LandTexture barrel_marks(static_cast<double>(first - kSpare) * kTextureStepUm,
                                 std::move(marks));

  std::vector<double> height(count);
  std::vector<double> noise(count + 2 * kKernelRadius);
  AddWhiteNoise(RandomStream(barrel.seed, barrel.barrel, shot,
                             PurposeWord(RandomPurpose::kShotMarks, land)),
                1.0, first - kKernelRadius, noise);
  AddFiltered(StriaeKernel(use), std::sqrt(1.0 - traits.reproducibility), noise, height);
  const double reproduced = std::sqrt(traits.reproducibility);
  const std::vector<double> place = DrawContact(barrel, shot, land, first, count);
  for (std::size_t i = 0; i < count; ++i) height[i] += reproduced * barrel_marks.At(place[i]);
  const std::vector<double> strength = DrawStrength(barrel, land, traits, first, count);
  for (std::size_t i = 0; i < count; ++i) height[i] *= strength[i];
  AddTankRash(barrel, shot, land, first, height);
  for (double& z : height) z = traits.amplitude_um * (z + kSkew * (z * z - 1.0));
  return LandTexture(static_cast<double>(first) * kTextureStepUm, std::move(height));
}

LandTexture DrawOwnTexture(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land,
                           TextureUse use, std::uint32_t variant, double from_um, double to_um) {
  const std::int64_t first = GridIndex(from_um);
  const std::size_t count = static_cast<std::size_t>(GridIndex(to_um) - first + 2);
  std::vector<double> noise(count + 2 * kKernelRadius);
  AddWhiteNoise(RandomStream(barrel.seed, barrel.barrel, shot,
                             PurposeWord(RandomPurpose::kOwnTexture, land, variant)),
                1.0, first - kKernelRadius, noise);
  std::vector<double> height(count);
  AddFiltered(StriaeKernel(use), 1.0, noise, height);
  return LandTexture(static_cast<double>(first) * kTextureStepUm, std::move(height));
}

double LandReproducibility(const SyntheticBarrel& barrel, std::int64_t land) {
  return DrawTraits(barrel, 0, land).reproducibility;
}

double LandAmplitudeUm(const SyntheticBarrel& barrel, std::int64_t land) {
  return DrawTraits(barrel, 0, land).amplitude_um;
}

}  // namespace proofmark::forensics
