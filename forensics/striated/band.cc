// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/band.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "forensics/striated/ballistic_signature.h"
#include "forensics/surface/gaussian_filter.h"
#include "forensics/surface/robust.h"

namespace proofmark::forensics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kSeedUm = 350.0;             // Length of the stretch the band grows from.
constexpr double kSeedAgreementMin = 0.6;     // Correlation of a block with the rest of the seed
constexpr double kJoiningAgreementMin = 0.4;  // and of any block that joins it.
constexpr double kSeedShareMin = 0.5;         // Of the seed's blocks that must agree with it.
constexpr int kGrowthRounds = 3;
constexpr std::int64_t kBlocksMin = 3;        // With fewer there is nothing to agree.
constexpr double kOverlapShareMin = 0.5;      // Of the land, for two blocks to be compared.
constexpr double kDriftMax = 0.25;            // 14 degrees; rifling turns by less than 10.
constexpr double kDriftCorrelationMin = 0.4;  // For a pair of blocks to vote on the drift.
constexpr std::int64_t kDriftVotersMax = 64;  // Pairs at each distance.
constexpr std::array<double, 2> kDriftDistancesUm = {100.0, 200.0};

// What is ruled into each block: heights between the form and the noise, zero where not measured.
struct Details {
  std::int64_t columns = 0;
  std::vector<float> value;
  std::vector<float> mask;

  const float* values_of(std::int64_t block) const { return value.data() + block * columns; }
  const float* mask_of(std::int64_t block) const { return mask.data() + block * columns; }
};

// Sums over a pair of profiles, zero where either is not measured. Four side by side, so that the
// compiler may take four samples at a time, and in the end added in one fixed order.
struct PairSums {
  static constexpr std::size_t kLanes = 4;
  std::array<float, kLanes> ab{}, aa{}, bb{}, n{};

  void Add(std::size_t lane, float a, float mask_a, float b, float mask_b) {
    const float x = a * mask_b;
    const float y = b * mask_a;
    ab[lane] += x * y;
    aa[lane] += x * x;
    bb[lane] += y * y;
    n[lane] += mask_a * mask_b;
  }
  static double Total(const std::array<float, kLanes>& s) {
    return (static_cast<double>(s[0]) + static_cast<double>(s[1])) +
           (static_cast<double>(s[2]) + static_cast<double>(s[3]));
  }
};

// In [-1, 1]; 0 when fewer than `overlap_min` samples are measured in both. The profiles have no
// form left, so their means are taken as zero.
double Correlation(const float* a, const float* mask_a, const float* b, const float* mask_b,
                   std::int64_t count, std::int64_t overlap_min) {
  PairSums sums;
  constexpr auto kLanes = static_cast<std::int64_t>(PairSums::kLanes);
  const std::int64_t whole = count - count % kLanes;
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < PairSums::kLanes; ++lane) {
      const std::int64_t k = i + static_cast<std::int64_t>(lane);
      sums.Add(lane, a[k], mask_a[k], b[k], mask_b[k]);
    }
  }
  for (std::int64_t k = whole; k < count; ++k) sums.Add(0, a[k], mask_a[k], b[k], mask_b[k]);
  const double energy = PairSums::Total(sums.aa) * PairSums::Total(sums.bb);
  if (PairSums::Total(sums.n) < static_cast<double>(overlap_min) || !(energy > 0.0)) return 0.0;
  return std::clamp(PairSums::Total(sums.ab) / std::sqrt(energy), -1.0, 1.0);
}

std::int64_t OverlapMin(const Details& details) {
  return static_cast<std::int64_t>(kOverlapShareMin * static_cast<double>(details.columns));
}

Details TakeDetails(const BlockStack& stack, std::int64_t from, std::int64_t to,
                    double form_cutoff_um, double noise_cutoff_um) {
  const GaussianKernel form_kernel(form_cutoff_um, kSignaturePitchUm);
  const GaussianKernel noise_kernel(noise_cutoff_um, kSignaturePitchUm);
  Details out{.columns = to - from, .value = {}, .mask = {}};
  std::vector<double> z(static_cast<std::size_t>(out.columns));
  for (std::int64_t b = 0; b < stack.blocks; ++b) {
    const std::span<const float> block = stack.block(b);
    for (std::int64_t i = 0; i < out.columns; ++i) {
      z[static_cast<std::size_t>(i)] = block[static_cast<std::size_t>(from + i)];
    }
    // The bullet as one parabola, then what is left of the form as a plain weighted mean. The mean
    // alone would leave the slope at either end, the same in all blocks whatever is ruled into
    // them.
    if (const std::optional<Parabola> bullet = FitParabola(z, 0, out.columns, {})) {
      for (std::int64_t i = 0; i < out.columns; ++i) {
        z[static_cast<std::size_t>(i)] -= bullet->At(static_cast<double>(i));
      }
    }
    const std::vector<double> form = SmoothProfile(z, form_kernel);
    for (std::size_t i = 0; i < z.size(); ++i) z[i] -= form[i];
    const std::vector<double> fine = SmoothProfile(z, noise_kernel);
    for (const double v : fine) {
      out.value.push_back(std::isnan(v) ? 0.0F : static_cast<float>(v));
      out.mask.push_back(std::isnan(v) ? 0.0F : 1.0F);
    }
  }
  return out;
}

// How far right, in samples, the striae of block `b` lie of those of block `a`; nullopt when the
// two do not resemble each other.
std::optional<double> BestLag(const Details& details, std::int64_t a, std::int64_t b,
                              std::int64_t lag_max) {
  lag_max = std::min(lag_max, details.columns / 4);
  const std::int64_t overlap_min = OverlapMin(details);
  std::vector<double> score;
  for (std::int64_t lag = -lag_max; lag <= lag_max; ++lag) {
    const std::int64_t start_a = std::max<std::int64_t>(0, -lag);
    const std::int64_t start_b = std::max<std::int64_t>(0, lag);
    score.push_back(Correlation(details.values_of(a) + start_a, details.mask_of(a) + start_a,
                                details.values_of(b) + start_b, details.mask_of(b) + start_b,
                                details.columns - std::abs(lag), overlap_min));
  }
  const auto best = std::max_element(score.begin(), score.end());
  if (best == score.begin() || best + 1 == score.end() || *best < kDriftCorrelationMin) {
    return std::nullopt;
  }
  const double bend = *(best - 1) - 2.0 * *best + *(best + 1);
  const double refined = bend < 0.0 ? 0.5 * (*(best - 1) - *(best + 1)) / bend : 0.0;
  return static_cast<double>(best - score.begin() - lag_max) + refined;
}

// Median of the slopes between blocks 0.1 and 0.2 mm apart (Theil and Sen's estimator over the
// pairs that can be compared): one scarred block cannot tilt it.
double EstimateDrift(const BlockStack& stack, const Details& details) {
  std::vector<double> slopes;
  for (const double distance_um : kDriftDistancesUm) {
    const auto distance = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(std::floor(distance_um / stack.block_um + 0.5)), 1,
        std::max<std::int64_t>(1, stack.blocks - 1));
    const double apart_um = static_cast<double>(distance) * stack.block_um;
    const auto lag_max =
        static_cast<std::int64_t>(std::ceil(kDriftMax * apart_um / kSignaturePitchUm)) + 1;
    const std::int64_t pairs = stack.blocks - distance;
    const std::int64_t stride =
        std::max<std::int64_t>(1, (pairs + kDriftVotersMax - 1) / kDriftVotersMax);
    for (std::int64_t b = 0; b < pairs; b += stride) {
      const std::optional<double> lag = BestLag(details, b, b + distance, lag_max);
      if (lag) slopes.push_back(*lag * kSignaturePitchUm / apart_um);
    }
  }
  return Median(slopes).value_or(0.0);
}

// Sample at a fractional place: a cubic through four neighbours, a line through two beside a gap.
double Interpolate(std::span<const float> z, double place) {
  const double whole = std::floor(place);
  const auto i = static_cast<std::int64_t>(whole);
  const double t = place - whole;
  const auto n = static_cast<std::int64_t>(z.size());
  const auto at = [&](std::int64_t k) {
    return k < 0 || k >= n ? kNaN : static_cast<double>(z[static_cast<std::size_t>(k)]);
  };
  const double p1 = at(i);
  if (t == 0.0) return p1;
  const double p2 = at(i + 1);
  const double linear = p1 + t * (p2 - p1);
  const double p0 = at(i - 1);
  const double p3 = at(i + 2);
  const double cubic =
      p1 +
      0.5 * t *
          (p2 - p0 + t * (2.0 * p0 - 5.0 * p1 + 4.0 * p2 - p3 + t * (3.0 * (p1 - p2) + p3 - p0)));
  return std::isnan(cubic) ? linear : cubic;
}

BlockStack RemoveDrift(const BlockStack& stack, double drift, double reference_um) {
  BlockStack out = stack;
  for (std::int64_t b = 0; b < stack.blocks; ++b) {
    const double shift = drift * (stack.middle_um(b) - reference_um) / kSignaturePitchUm;
    const std::span<const float> source = stack.block(b);
    for (std::int64_t i = 0; i < stack.columns; ++i) {
      out.height_um[static_cast<std::size_t>(b * stack.columns + i)] =
          static_cast<float>(Interpolate(source, static_cast<double>(i) + shift));
    }
  }
  return out;
}

struct Window {
  std::int64_t first = 0;
  std::int64_t last = 0;  // One past the end.
};

// The `length` blocks in a row whose pairs correlate best; of equals, those nearest to y = 0.
Window FindSeed(const Details& details, std::int64_t blocks, std::int64_t length) {
  // of[a * length + d]: block a with block a + d.
  std::vector<double> of(static_cast<std::size_t>(blocks * length), 0.0);
  const auto at = [&](std::int64_t a, std::int64_t d) {
    return static_cast<std::size_t>(a * length + d);
  };
  for (std::int64_t a = 0; a < blocks; ++a) {
    for (std::int64_t d = 1; d < std::min(length, blocks - a); ++d) {
      of[at(a, d)] = Correlation(details.values_of(a), details.mask_of(a), details.values_of(a + d),
                                 details.mask_of(a + d), details.columns, OverlapMin(details));
    }
  }
  Window best{.first = 0, .last = length};
  double best_sum = -std::numeric_limits<double>::infinity();
  for (std::int64_t first = 0; first + length <= blocks; ++first) {
    double sum = 0.0;
    for (std::int64_t a = first; a < first + length; ++a) {
      for (std::int64_t d = 1; a + d < first + length; ++d) sum += of[at(a, d)];
    }
    if (sum > best_sum) {
      best_sum = sum;
      best = {.first = first, .last = first + length};
    }
  }
  return best;
}

// The correlation of every block with the mean of the chosen ones, itself left out.
std::vector<double> AgreementWith(const Details& details, std::int64_t blocks,
                                  const std::vector<std::int64_t>& chosen) {
  const auto columns = static_cast<std::size_t>(details.columns);
  std::vector<float> sum(columns, 0.0F);
  std::vector<float> count(columns, 0.0F);
  for (const std::int64_t b : chosen) {
    for (std::size_t i = 0; i < columns; ++i) {
      sum[i] += details.values_of(b)[i];
      count[i] += details.mask_of(b)[i];
    }
  }
  std::vector<double> out;
  std::vector<float> mean(columns);
  std::vector<float> mask(columns);
  auto member = chosen.begin();
  for (std::int64_t b = 0; b < blocks; ++b) {
    const bool inside = member != chosen.end() && *member == b;
    if (inside) ++member;
    for (std::size_t i = 0; i < columns; ++i) {
      const float others = count[i] - (inside ? details.mask_of(b)[i] : 0.0F);
      mask[i] = others > 0.0F ? 1.0F : 0.0F;
      mean[i] =
          others > 0.0F ? (sum[i] - (inside ? details.values_of(b)[i] : 0.0F)) / others : 0.0F;
    }
    out.push_back(Correlation(details.values_of(b), details.mask_of(b), mean.data(), mask.data(),
                              details.columns, OverlapMin(details)));
  }
  return out;
}

// Mean of the chosen blocks. Each is first brought onto the form of `reference` by a parabola
// fitted to their difference over the land, since the scan is tilted and bent along y and a gap in
// one block would otherwise leave a step in the mean.
std::vector<double> AverageLevelled(const BlockStack& stack,
                                    const std::vector<std::int64_t>& chosen, std::int64_t reference,
                                    std::int64_t from, std::int64_t to) {
  const auto columns = static_cast<std::size_t>(stack.columns);
  std::vector<double> sum(columns, 0.0);
  std::vector<double> count(columns, 0.0);
  std::vector<double> difference(columns);
  const std::span<const float> base = stack.block(reference);
  for (const std::int64_t b : chosen) {
    const std::span<const float> block = stack.block(b);
    for (std::size_t i = 0; i < columns; ++i) {
      difference[i] = static_cast<double>(block[i]) - static_cast<double>(base[i]);
    }
    const std::optional<Parabola> level = FitParabola(difference, from, to, {});
    if (!level) continue;
    for (std::size_t i = 0; i < columns; ++i) {
      if (std::isnan(block[i])) continue;
      sum[i] += static_cast<double>(block[i]) - level->At(static_cast<double>(i));
      count[i] += 1.0;
    }
  }
  for (std::size_t i = 0; i < columns; ++i) {
    const bool enough = 2.0 * count[i] >= static_cast<double>(chosen.size()) && count[i] > 0.0;
    sum[i] = enough ? sum[i] / count[i] : kNaN;
  }
  return sum;
}

// The blocks that show what the seed shows.
struct Agreement {
  std::vector<std::int64_t> blocks;  // Ascending, never empty.
  double consistency = 0.0;
  std::int64_t agreeing = 0;
  std::int64_t reference = 0;  // The block most like the others.
  bool damaged = false;
};

// Starts from the seed and takes in, over all of the land, every block that agrees with those
// already in. When most of the seed itself does not agree, the seed is all there is.
Agreement GrowFrom(const Details& details, const Window& seed, std::int64_t blocks) {
  Agreement out;
  for (std::int64_t b = seed.first; b < seed.last; ++b) out.blocks.push_back(b);
  std::vector<double> agreement;
  for (int round = 0; round < kGrowthRounds; ++round) {
    agreement = AgreementWith(details, blocks, out.blocks);
    std::vector<std::int64_t> next;
    std::int64_t of_seed = 0;
    for (std::int64_t b = 0; b < blocks; ++b) {
      const double r = agreement[static_cast<std::size_t>(b)];
      if (r >= kJoiningAgreementMin) next.push_back(b);
      if (r >= kSeedAgreementMin && b >= seed.first && b < seed.last) ++of_seed;
    }
    out.agreeing = static_cast<std::int64_t>(next.size());
    if (round == 0 && static_cast<double>(of_seed) <
                          kSeedShareMin * static_cast<double>(seed.last - seed.first)) {
      out.damaged = true;
      break;
    }
    if (next == out.blocks || next.empty()) break;
    out.blocks = std::move(next);
  }
  double best = -2.0;
  for (const std::int64_t b : out.blocks) {
    const double r = agreement[static_cast<std::size_t>(b)];
    out.consistency += r / static_cast<double>(out.blocks.size());
    if (r > best) {
      best = r;
      out.reference = b;
    }
  }
  return out;
}

}  // namespace

Band ChooseBand(const BlockStack& stack, std::int64_t from, std::int64_t to, double form_cutoff_um,
                double noise_cutoff_um) {
  Band out;
  const auto seed_blocks = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(std::floor(kSeedUm / stack.block_um + 0.5)), 1, stack.blocks);
  double middle_um = 0.5 * static_cast<double>(stack.blocks) * stack.block_um;
  Agreement agreement{.blocks = {0}};
  if (stack.blocks >= kBlocksMin) {
    const Details drifting = TakeDetails(stack, from, to, form_cutoff_um, noise_cutoff_um);
    out.drift_um_per_um = EstimateDrift(stack, drifting);
    const Details straight = TakeDetails(RemoveDrift(stack, out.drift_um_per_um, middle_um), from,
                                         to, form_cutoff_um, noise_cutoff_um);
    agreement = GrowFrom(straight, FindSeed(straight, stack.blocks, seed_blocks), stack.blocks);
    out.damaged = agreement.damaged;
    out.consistency = agreement.consistency;
    out.consistent_share =
        static_cast<double>(agreement.agreeing) / static_cast<double>(stack.blocks);
  } else if (stack.blocks == 2) {
    agreement.blocks.push_back(1);
  }
  out.first_block = agreement.blocks.front();
  out.last_block = agreement.blocks.back() + 1;
  middle_um = 0.5 * static_cast<double>(out.first_block + out.last_block) * stack.block_um;
  out.profile_um = AverageLevelled(RemoveDrift(stack, out.drift_um_per_um, middle_um),
                                   agreement.blocks, agreement.reference, from, to);
  return out;
}

}  // namespace proofmark::forensics
