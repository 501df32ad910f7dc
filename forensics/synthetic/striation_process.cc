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

// The spectrum in three bands, coarse to fine, whose strengths differ from land to land: the
// spectrum above is a mean, and single lands are more narrow-banded than it, which is what makes
// unrelated lands correlate by chance as much as real ones do. Crossovers in wavelength, an octave
// wide in all.
constexpr std::size_t kBands = kTextureBands;
constexpr std::array<double, kBands - 1> kCrossoverUm = {130.0, 60.0};
constexpr double kShortestWavelengthUm = 12.0;
constexpr double kRollOffDbPerOctave = 18.0;  // Beyond the last measured point.

// The extractor's filters, which a scan's texture has still to pass.
constexpr double kFormCutoffUm = 250.0;
constexpr double kNoiseCutoffUm = 16.0;
constexpr double kFormAmplitudeMin = 0.05;  // What the filters removed is not inflated further.

constexpr std::int64_t kKernelRadius = kBandKernelRadius;  // 400 um.
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
    const double share =
        Log(a.wavelength_um / wavelength_um) / Log(a.wavelength_um / b.wavelength_um);
    return a.power_db + share * (b.power_db - a.power_db);
  }
  const double octaves = Log(spectrum.back().wavelength_um / wavelength_um) / kLn2;
  return spectrum.back().power_db - kRollOffDbPerOctave * octaves;
}

// Share of a wave's amplitude that form removal and smoothing leave. The Gaussian mean line of
// order 2 passes e^-x (1 + x), x = ln 2 (cutoff / wavelength)^2; the plain one e^-x (ISO 16610-21).
double FilterAmplitude(double wavelength_um) {
  const double form = kFormCutoffUm / wavelength_um;
  const double noise = kNoiseCutoffUm / wavelength_um;
  const double x = kLn2 * form * form;
  const double kept = std::max(1.0 - Exp(-x) * (1.0 + x), kFormAmplitudeMin);
  return kept * Exp(-kLn2 * noise * noise);
}

// Share of each band's amplitude at a wavelength; they add up to 1.
std::array<double, kBands> BandShares(double wavelength_um) {
  const auto above = [&](double crossover_um) {  // Of the longer side.
    const double octaves = Log(wavelength_um / crossover_um) / kLn2;
    return 0.5 + 0.5 * SinCosTurns(0.5 * std::clamp(octaves, -0.5, 0.5)).sin;
  };
  const double coarse = above(kCrossoverUm[0]);
  const double fine = 1.0 - above(kCrossoverUm[1]);
  return {coarse, 1.0 - coarse - fine, fine};
}

// Zero-phase filters, one for each band and use, that turn white noise into a texture; for a
// surface the extractor's filters are divided out, so that it has the measured spectrum after them.
struct BandKernels {
  std::array<Kernel, kBands> signature{};
  std::array<Kernel, kBands> surface{};
};

BandKernels DesignBandKernels() {
  BandKernels kernels;
  for (std::int64_t s = 1; s <= kSpectrumSteps; ++s) {
    const double frequency =
        static_cast<double>(s) / (static_cast<double>(kSpectrumSteps) * kShortestWavelengthUm);
    const double amplitude = Exp(PowerDb(kStriaeSpectrum, 1.0 / frequency) * kLn10 / 20.0);
    const double filtered = FilterAmplitude(1.0 / frequency);
    const std::array<double, kBands> shares = BandShares(1.0 / frequency);
    for (std::int64_t m = -kKernelRadius; m <= kKernelRadius; ++m) {
      const double wave = SinCosTurns(frequency * static_cast<double>(m) * kTextureStepUm).cos;
      const double taper =
          SinCosTurns(0.25 * static_cast<double>(m) / static_cast<double>(kKernelRadius)).cos;
      const std::size_t at = static_cast<std::size_t>(m + kKernelRadius);
      for (std::size_t band = 0; band < kBands; ++band) {
        const double weight = amplitude * shares[band] * wave * taper;
        kernels.signature[band][at] += weight;
        kernels.surface[band][at] += weight / filtered;
      }
    }
  }
  return kernels;
}

const BandKernels& DesignedBandKernels() {
  static const BandKernels kBandKernels = DesignBandKernels();
  return kBandKernels;
}

// A land's own filter: the bands at its gains, scaled so that signatures have variance 1.
struct LandKernels {
  Kernel all{};     // Every band.
  Kernel coarse{};  // The coarse band alone, on the same scale.
};

LandKernels MixBands(const std::array<double, kBands>& gains, TextureUse use) {
  const BandKernels& kernels = DesignedBandKernels();
  const auto& bands = use == TextureUse::kSurface ? kernels.surface : kernels.signature;
  LandKernels mixed;
  double energy = 0.0;
  for (std::size_t i = 0; i < mixed.all.size(); ++i) {
    double signature = 0.0;
    for (std::size_t band = 0; band < kBands; ++band) {
      mixed.all[i] += gains[band] * bands[band][i];
      signature += gains[band] * kernels.signature[band][i];
    }
    mixed.coarse[i] = gains[0] * bands[0][i];
    energy += signature * signature;
  }
  const double scale = 1.0 / std::sqrt(energy);
  for (double& weight : mixed.all) weight *= scale;
  for (double& weight : mixed.coarse) weight *= scale;
  return mixed;
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
constexpr double kCoarseFamilyMembers = 0.57;  // Two barrels share coarse marks: 4 %.
constexpr double kFaultFamilyMembers = 0.283;  // Two barrels share a fault: 1 %.
constexpr double kFamilyShareMax = 0.9;

// Real marks are stronger here and weaker there: that gives their excess kurtosis of 1 to 2, and a
// land with few strong marks correlates with others by chance more easily.
constexpr double kUnevennessMin = 0.1;
constexpr double kUnevennessMax = 0.7;
constexpr std::int64_t kUnevennessRadius = 64;  // Of the bell that smooths it: 200 um.

struct LandTraits {
  double reproducibility = 0.0;
  double amplitude_um = 0.0;
  std::array<double, kBands> band_gains{};
  double family_share = 0.0;  // Of the coarse band's variance.
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

LandTraits DrawTraits(const SyntheticBarrel& barrel, std::uint32_t shot, std::int64_t land) {
  const RandomStream land_stream(barrel.seed, barrel.barrel, 0,
                                 PurposeWord(RandomPurpose::kLandTraits, land));
  const RandomStream barrel_stream(barrel.seed, barrel.barrel, 0,
                                   PurposeWord(RandomPurpose::kBarrelTraits, 0));
  LandTraits traits;
  traits.reproducibility =
      DrawReproducibility(barrel.profile, land_stream.Uniform(0), land_stream.Uniform(1));
  traits.amplitude_um = std::clamp(0.6 * Exp(0.25 * land_stream.Normal(2)), 0.25, 1.2);
  for (std::size_t band = 0; band < kBands; ++band) {
    traits.band_gains[band] =
        Exp(kBandGainSd * land_stream.Normal(16 + static_cast<std::uint32_t>(band)));
  }
  traits.unevenness = land_stream.Uniform(7, kUnevennessMin, kUnevennessMax);
  traits.family = Family(barrel_stream, 0, kCoarseFamilyMembers);
  traits.fault_family = Family(barrel_stream, 2, kFaultFamilyMembers);
  if (traits.family != 0) traits.family_share = land_stream.Uniform(5, 0.0, kFamilyShareMax);
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
  const LandKernels kernels = MixBands(traits.band_gains, use);
  std::vector<double> noise(out.size() + 2 * kKernelRadius);
  AddWhiteNoise(stream(RandomPurpose::kFreshMarks), traits.wear_cos, from, noise);
  if (traits.wear_sin > 0.0) {
    AddWhiteNoise(stream(RandomPurpose::kWornMarks), traits.wear_sin, from, noise);
  }
  AddFiltered(kernels.all, 1.0, noise, out);
  if (traits.family == 0) return;

  // Part of the coarse band is the family's instead, keyed by it alone: every barrel in it draws
  // the same.
  AddFiltered(kernels.coarse, std::sqrt(1.0 - traits.family_share) - 1.0, noise, out);
  std::fill(noise.begin(), noise.end(), 0.0);
  AddWhiteNoise(
      RandomStream(barrel.seed, 0, traits.family, PurposeWord(RandomPurpose::kFamilyMarks, land)),
      std::sqrt(traits.family_share), from, noise);
  AddFiltered(kernels.coarse, 1.0, noise, out);
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
  AddWhiteNoise(
      RandomStream(barrel.seed, barrel.barrel, 0, PurposeWord(RandomPurpose::kStrength, land)), 1.0,
      first - kUnevennessRadius, noise);
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
      const double x_um =
          static_cast<double>(first + static_cast<std::int64_t>(i)) * kTextureStepUm;
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
      const double x_um =
          static_cast<double>(first + static_cast<std::int64_t>(i)) * kTextureStepUm;
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
  AddWhiteNoise(
      RandomStream(barrel.seed, barrel.barrel, shot, PurposeWord(RandomPurpose::kWarp, land)),
      3.0 * std::sqrt(kTextureStepUm / 1000.0), walk_first, walk);
  for (std::size_t i = 1; i < walk.size(); ++i) walk[i] += walk[i - 1];
  const double walk_at_shoulder = walk[static_cast<std::size_t>(-walk_first)];
  std::vector<double> place(count);
  const double middle_um = 0.5 * barrel.land_width_um;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t index = first + static_cast<std::int64_t>(i);
    const double warp_um = walk[static_cast<std::size_t>(index - walk_first)] - walk_at_shoulder;
    place[i] =
        middle_um + scale * (static_cast<double>(index) * kTextureStepUm - middle_um) + warp_um;
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
  constexpr double kSkew = 0.06;       // Real marks are skewed and peaked a little.
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
  AddWhiteNoise(
      RandomStream(barrel.seed, barrel.barrel, shot, PurposeWord(RandomPurpose::kShotMarks, land)),
      1.0, first - kKernelRadius, noise);
  AddFiltered(MixBands(traits.band_gains, use).all, std::sqrt(1.0 - traits.reproducibility), noise,
              height);
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
  AddFiltered(MixBands({1.0, 1.0, 1.0}, use).all, 1.0, noise, height);
  return LandTexture(static_cast<double>(first) * kTextureStepUm, std::move(height));
}

std::span<const double> SignatureBandKernel(std::size_t band) {
  return DesignedBandKernels().signature[band];
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

double LandReproducibility(const SyntheticBarrel& barrel, std::int64_t land) {
  return DrawTraits(barrel, 0, land).reproducibility;
}

double LandAmplitudeUm(const SyntheticBarrel& barrel, std::int64_t land) {
  return DrawTraits(barrel, 0, land).amplitude_um;
}

}  // namespace proofmark::forensics
