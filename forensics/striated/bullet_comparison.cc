// SPDX-License-Identifier: Apache-2.0
#include "forensics/striated/bullet_comparison.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/striated/agreement.h"
#include "forensics/striated/correlation.h"
#include "forensics/striated/phase_significance.h"
#include "forensics/striated/prepared_bullet.h"

namespace proofmark::forensics {
namespace {

// Land score = kAgreementWeight * max(0, agreement) + (1 - kAgreementWeight) * cmps share.
constexpr double kAgreementWeight = 0.5;

// Where the whole land's correlation peaks this close to the place where its segments agree best,
// it tells the place between samples.
constexpr double kSamePlaceUm = 12.5;

// Below this the spread of land scores says nothing; keeps the phase test finite.
constexpr double kScoreSdMin = 0.01;

absl::Status CheckRange(const char* field, double value, double min, double max) {
  if (value >= min && value <= max) return absl::OkStatus();  // NaN fails.
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is %g; it must be in [%g, %g]", field, value, min, max));
}

int Compare(const MaskedProfile& a, const MaskedProfile& b) {
  const auto key = [](const MaskedProfile& p) { return std::tie(p.height_nm, p.count_before); };
  return key(a) < key(b) ? -1 : (key(b) < key(a) ? 1 : 0);
}

// Orders lands whatever way round they are stored.
int CompareCanonical(const PreparedLand& a, const PreparedLand& b) {
  return Compare(a.fine[static_cast<std::size_t>(a.canonical_side)],
                 b.fine[static_cast<std::size_t>(b.canonical_side)]);
}

// --- Phases ---------------------------------------------------------------------------------

// Land scores of the query (in one orientation) against the reference; absent where not compared.
class ScoreMatrix {
 public:
  explicit ScoreMatrix(std::int64_t n) : n_(n), cells_(static_cast<std::size_t>(n * n)) {}

  std::optional<LandComparison>& at(std::int64_t i, std::int64_t j) {
    return cells_[static_cast<std::size_t>(i * n_ + j)];
  }
  const std::optional<LandComparison>& at(std::int64_t i, std::int64_t j) const {
    return cells_[static_cast<std::size_t>(i * n_ + j)];
  }
  std::int64_t n() const { return n_; }

 private:
  std::int64_t n_;
  std::vector<std::optional<LandComparison>> cells_;
};

std::int64_t ReferenceLand(std::int64_t query_land, std::int64_t phase, bool order_reversed,
                           std::int64_t n) {
  return order_reversed ? (phase - query_land + n) % n : (query_land + phase) % n;
}

struct Phase {
  std::int64_t phase = 0;
  std::int64_t pairs = 0;
  double mean = 0.0;
};

// All phases of one orientation that have at least half as many pairs as the fullest.
std::vector<Phase> UsablePhases(const ScoreMatrix& scores, bool order_reversed) {
  std::vector<Phase> phases;
  std::int64_t most_pairs = 0;
  for (std::int64_t p = 0; p < scores.n(); ++p) {
    Phase phase{p, 0, 0.0};
    double sum = 0.0;  // Exact: scores are multiples of 2^-32.
    for (std::int64_t i = 0; i < scores.n(); ++i) {
      const auto& cell = scores.at(i, ReferenceLand(i, p, order_reversed, scores.n()));
      if (!cell) continue;
      sum += cell->score;
      ++phase.pairs;
    }
    if (phase.pairs > 0) phase.mean = sum / static_cast<double>(phase.pairs);
    most_pairs = std::max(most_pairs, phase.pairs);
    phases.push_back(phase);
  }
  std::erase_if(
      phases, [&](const Phase& phase) { return phase.pairs == 0 || 2 * phase.pairs < most_pairs; });
  return phases;
}

// One way of laying the query on the reference.
struct Orientation {
  bool reversed = false;
  bool order_reversed = false;
  std::vector<Phase> phases;
  std::size_t best = 0;
};

// `prefer_low` breaks ties between a phase and its mirror image so that exchanging query and
// reference mirrors the answer.
std::size_t BestPhase(const std::vector<Phase>& phases, std::int64_t n, bool order_reversed,
                      bool prefer_low) {
  const auto rank = [&](const Phase& p) {
    const std::int64_t turn = order_reversed ? p.phase : std::min(p.phase, n - p.phase);
    return std::tuple(p.mean, p.pairs, -turn, prefer_low ? -p.phase : p.phase);
  };
  const auto best =
      std::max_element(phases.begin(), phases.end(),
                       [&](const Phase& a, const Phase& b) { return rank(a) < rank(b); });
  return static_cast<std::size_t>(best - phases.begin());
}

// Standard deviation of land scores within two groups: the best phase and everything else. Squares
// are added in order of size, so that the order of the lands leaves no trace.
double PooledSd(const ScoreMatrix& scores, std::int64_t phase, bool order_reversed) {
  std::array<std::vector<double>, 2> groups;
  for (std::int64_t i = 0; i < scores.n(); ++i) {
    const std::int64_t partner = ReferenceLand(i, phase, order_reversed, scores.n());
    for (std::int64_t j = 0; j < scores.n(); ++j) {
      if (scores.at(i, j)) groups[j == partner ? 0 : 1].push_back(scores.at(i, j)->score);
    }
  }
  double squares = 0.0;
  double freedom = 0.0;
  for (std::vector<double>& group : groups) {
    if (group.empty()) continue;
    std::sort(group.begin(), group.end());
    double sum = 0.0;
    for (const double score : group) sum += score;
    const double mean = sum / static_cast<double>(group.size());
    for (const double score : group) squares += (score - mean) * (score - mean);
    freedom += static_cast<double>(group.size()) - 1.0;
  }
  return freedom > 0.0 ? std::sqrt(squares / freedom) : 0.0;
}

double MedianOfOthers(const std::vector<Phase>& phases, std::size_t best) {
  std::vector<double> others;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (i != best) others.push_back(phases[i].mean);
  }
  std::sort(others.begin(), others.end());
  const std::size_t middle = others.size() / 2;
  return others.size() % 2 == 1 ? others[middle] : 0.5 * (others[middle - 1] + others[middle]);
}

// Everything the answer says about the winning orientation.
BulletComparison Describe(const ScoreMatrix& scores, const Orientation& winner,
                          std::int64_t orientations) {
  constexpr double kLog10Four = 0x1.34413509f79ffp-1;
  const Phase& best = winner.phases[winner.best];
  BulletComparison result;
  result.score = best.mean;
  result.phase = best.phase;
  result.reversed = winner.reversed;
  result.order_reversed = winner.order_reversed;
  result.phases_tried = orientations * scores.n();
  result.lands_compared = best.pairs;
  for (std::int64_t i = 0; i < scores.n(); ++i) {
    const std::int64_t j = ReferenceLand(i, best.phase, winner.order_reversed, scores.n());
    if (scores.at(i, j)) result.pairs.push_back({i, j, *scores.at(i, j)});
  }
  if (winner.phases.size() < 2) return result;
  result.contrast = best.mean - MedianOfOthers(winner.phases, winner.best);
  std::vector<double> means;
  for (const Phase& phase : winner.phases) means.push_back(phase.mean);
  const double sd = std::max(kScoreSdMin, PooledSd(scores, best.phase, winner.order_reversed));
  // Four orientations are four chances: their sum bounds the probability of the best.
  result.phase_log10_p =
      std::min(0.0, PhaseLog10P(means, sd / std::sqrt(static_cast<double>(best.pairs))) +
                        (orientations == 4 ? kLog10Four : 0.0));
  return result;
}

// `compare` gives a LandComparison whose score is set, or kFailedPrecondition where the two lands
// have too little in common.
template <typename Compare>
absl::StatusOr<ScoreMatrix> CompareAllLands(const PreparedBullet& query, bool query_turned,
                                            const PreparedBullet& reference,
                                            const Compare& compare) {
  const std::size_t n = std::max(query.lands.size(), reference.lands.size());
  ScoreMatrix scores(static_cast<std::int64_t>(n));
  for (std::size_t i = 0; i < query.lands.size(); ++i) {
    for (std::size_t j = 0; j < reference.lands.size(); ++j) {
      if (!query.lands[i] || !reference.lands[j]) continue;
      absl::StatusOr<LandComparison> pair =
          compare(*query.lands[i], query_turned, *reference.lands[j]);
      if (absl::IsFailedPrecondition(pair.status())) continue;  // Too little in common: absent.
      PM_RETURN_IF_ERROR(pair.status());
      scores.at(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j)) = *pair;
    }
  }
  return scores;
}

// Which orientation of the query has the phase of the highest mean land score.
struct BestOrientation {
  std::vector<ScoreMatrix> matrices;  // [0] as stored, [1] with the query's lands turned.
  Orientation winner;
  std::int64_t tried = 1;

  const ScoreMatrix& scores() const { return matrices[winner.reversed ? 1 : 0]; }
};

// The shifts to try. A shoulder seen on the same side of both lands tells where they meet to within
// the error of finding it; with both seen, the middles do better. Without one, every shift.
CorrelationWindow WindowFor(const PreparedLand& a, std::size_t side_a, const PreparedLand& b,
                            std::size_t side_b, const LandComparisonOptions& options) {
  const MaskedProfile& x = a.fine[side_a];
  const MaskedProfile& y = b.fine[side_b];
  const bool left = a.shoulder_seen[side_a] && b.shoulder_seen[side_b];
  const bool right = a.shoulder_seen[side_a ^ 1] && b.shoulder_seen[side_b ^ 1];
  CorrelationWindow window;
  window.anchor = left == right ? Anchor::kMiddles : left ? Anchor::kLeftEnds : Anchor::kRightEnds;
  window.shift_max =
      left || right ? static_cast<std::int64_t>(std::floor(options.lag_um_max / kSignaturePitchUm))
                    : x.size() + y.size();
  const std::int64_t half_of_shorter = (std::min(x.measured(), y.measured()) + 1) / 2;
  window.overlap_min =
      std::max(half_of_shorter,
               static_cast<std::int64_t>(std::ceil(options.overlap_um_min / kSignaturePitchUm)));
  return window;
}

// Whether `a` sorts before `b`; only to break ties the same way from both sides.
bool SortsBefore(const PreparedBullet& a, const PreparedBullet& b) {
  return std::lexicographical_compare(
      a.lands.begin(), a.lands.end(), b.lands.begin(), b.lands.end(),
      [](const std::optional<PreparedLand>& x, const std::optional<PreparedLand>& y) {
        if (!x || !y) return !x && y;
        return Compare(x->fine[0], y->fine[0]) < 0;
      });
}

// A pair of lands in one canonical arrangement - which land comes first, and which way round - so
// that exchanging or turning both changes no bit of what is computed.
struct Arrangement {
  const PreparedLand* first = nullptr;
  const PreparedLand* second = nullptr;
  std::size_t first_side = 0;
  std::size_t second_side = 0;
  bool exchanged = false;
  bool turned = false;
};

Arrangement Arrange(const PreparedLand& query, bool query_turned, const PreparedLand& reference) {
  Arrangement out;
  out.exchanged = CompareCanonical(reference, query) < 0;
  out.first = out.exchanged ? &reference : &query;
  out.second = out.exchanged ? &query : &reference;
  out.first_side = !out.exchanged && query_turned ? 1 : 0;
  out.second_side = out.exchanged && query_turned ? 1 : 0;
  const bool first_is_palindrome = Compare(out.first->fine[0], out.first->fine[1]) == 0;
  out.turned = first_is_palindrome
                   ? out.second_side != static_cast<std::size_t>(out.second->canonical_side)
                   : out.first_side != static_cast<std::size_t>(out.first->canonical_side);
  if (out.turned) {
    out.first_side ^= 1;
    out.second_side ^= 1;
  }
  return out;
}

// To a multiple of 2^-32: sums of such scores do not depend on their order.
double Rounded(double score) { return std::floor(score * 0x1p32 + 0.5) * 0x1p-32; }

absl::Status TooLittleInCommon(const CorrelationWindow& window) {
  return absl::FailedPreconditionError(
      absl::StrFormat("no lag has %d samples measured in both lands", window.overlap_min));
}

template <typename Compare>
absl::StatusOr<BestOrientation> FindBestOrientation(const PreparedBullet& query,
                                                    const PreparedBullet& reference,
                                                    const Compare& compare) {
  if (query.extractor_version != reference.extractor_version) {
    return absl::InvalidArgumentError(
        absl::StrFormat("extractor_version differs: \"%s\" and \"%s\"", query.extractor_version,
                        reference.extractor_version));
  }
  const bool both_ends = query.heel_uncertain || reference.heel_uncertain;
  const bool prefer_low = !SortsBefore(reference, query);
  BestOrientation best{.matrices = {}, .winner = {}, .tried = both_ends ? 4 : 1};
  for (const bool reversed : {false, true}) {
    if (reversed && !both_ends) break;
    PM_ASSIGN_OR_RETURN(ScoreMatrix scores, CompareAllLands(query, reversed, reference, compare));
    best.matrices.push_back(std::move(scores));
    for (const bool order_reversed : {false, true}) {
      if (order_reversed && !both_ends) break;
      Orientation orientation{reversed, order_reversed,
                              UsablePhases(best.matrices.back(), order_reversed), 0};
      if (orientation.phases.empty()) continue;
      orientation.best =
          BestPhase(orientation.phases, best.matrices.back().n(), order_reversed, prefer_low);
      const double mean = orientation.phases[orientation.best].mean;
      const bool first = best.winner.phases.empty();
      if (first || mean > best.winner.phases[best.winner.best].mean) {
        best.winner = std::move(orientation);
      }
    }
  }
  if (best.winner.phases.empty()) {
    return absl::FailedPreconditionError("no pair of lands has enough measured in common");
  }
  return best;
}

}  // namespace

absl::Status CheckOptions(const LandComparisonOptions& options) {
  PM_RETURN_IF_ERROR(CheckRange("lag_um_max", options.lag_um_max, 0.0, 5'000.0));
  return CheckRange("overlap_um_min", options.overlap_um_min, 50.0, 5'000.0);
}

std::string_view BulletComparisonVersion() { return "sam-agreement-cmps/2"; }

double LandScore(double agreement, double cmps_share) {
  return Rounded(kAgreementWeight * std::clamp(agreement, 0.0, 1.0) +
                 (1.0 - kAgreementWeight) * std::clamp(cmps_share, 0.0, 1.0));
}

// The pair is computed in its canonical arrangement, and the answer mapped back.
absl::StatusOr<LandComparison> CompareLands(const PreparedLand& query, bool query_turned,
                                            const PreparedLand& reference,
                                            const LandComparisonOptions& options) {
  PM_RETURN_IF_ERROR(CheckOptions(options));
  const Arrangement pair = Arrange(query, query_turned, reference);
  const PreparedLand& first = *pair.first;
  const PreparedLand& second = *pair.second;
  const std::size_t first_side = pair.first_side;
  const std::size_t second_side = pair.second_side;
  const MaskedProfile& a = first.fine[first_side];
  const MaskedProfile& b = second.fine[second_side];
  const CoarseProfile& coarse_a = first.coarse[first_side];
  const CoarseProfile& coarse_b = second.coarse[second_side];

  const CorrelationWindow window = WindowFor(first, first_side, second, second_side, options);
  const std::optional<CorrelationPeak> peak = BestCorrelation(a, b, window);
  const std::optional<AgreementPeak> agreement =
      BestAgreement(first.levels[first_side], second.levels[second_side], window);
  if (!peak || !agreement) return TooLittleInCommon(window);

  double shift = agreement->shift;
  if (std::abs(peak->shift - shift) * kSignaturePitchUm <= kSamePlaceUm) shift = peak->shift;
  const std::int64_t overlap = OverlapAt(a, b, static_cast<std::int64_t>(std::floor(shift + 0.5)));
  if (pair.turned) shift = static_cast<double>(b.size() - a.size()) - shift;
  if (pair.exchanged) shift = -shift;
  const CmpsResult forward = CompareCoarseSegments(coarse_a, coarse_b);
  const CmpsResult backward = CompareCoarseSegments(coarse_b, coarse_a);
  LandComparison result;
  result.ccf = peak->ccf;
  result.agreement = agreement->agreement;
  result.lag_um = shift * kSignaturePitchUm;
  result.overlap_um = static_cast<double>(overlap) * kSignaturePitchUm;
  result.cmps_count = std::min(forward.count, backward.count);
  result.segment_count = std::min(forward.segment_count, backward.segment_count);
  result.cmps_share =
      0.5 * (static_cast<double>(forward.count) / static_cast<double>(forward.segment_count) +
             static_cast<double>(backward.count) / static_cast<double>(backward.segment_count));
  result.score = LandScore(result.agreement, result.cmps_share);
  return result;
}

absl::StatusOr<BulletComparison> CompareBullets(const PreparedBullet& query,
                                                const PreparedBullet& reference,
                                                const LandComparisonOptions& options) {
  PM_RETURN_IF_ERROR(CheckOptions(options));
  PM_ASSIGN_OR_RETURN(
      const BestOrientation best,
      FindBestOrientation(query, reference,
                          [&](const PreparedLand& a, bool turned, const PreparedLand& b) {
                            return CompareLands(a, turned, b, options);
                          }));
  return Describe(best.scores(), best.winner, best.tried);
}

absl::StatusOr<double> CompareAgreement(const PreparedLand& query, bool query_turned,
                                        const PreparedLand& reference,
                                        const LandComparisonOptions& options) {
  PM_RETURN_IF_ERROR(CheckOptions(options));
  const Arrangement pair = Arrange(query, query_turned, reference);
  const CorrelationWindow window =
      WindowFor(*pair.first, pair.first_side, *pair.second, pair.second_side, options);
  const std::optional<AgreementPeak> agreement = BestAgreement(
      pair.first->levels[pair.first_side], pair.second->levels[pair.second_side], window);
  if (!agreement) return TooLittleInCommon(window);
  return Rounded(std::clamp(agreement->agreement, 0.0, 1.0));
}

absl::StatusOr<double> CompareAgreement(const PreparedBullet& query,
                                        const PreparedBullet& reference,
                                        const LandComparisonOptions& options) {
  PM_RETURN_IF_ERROR(CheckOptions(options));
  const auto compare = [&](const PreparedLand& a, bool turned,
                           const PreparedLand& b) -> absl::StatusOr<LandComparison> {
    PM_ASSIGN_OR_RETURN(const double agreement, CompareAgreement(a, turned, b, options));
    return LandComparison{.agreement = agreement, .score = agreement};
  };
  PM_ASSIGN_OR_RETURN(const BestOrientation best, FindBestOrientation(query, reference, compare));
  return best.winner.phases[best.winner.best].mean;
}

absl::StatusOr<LandComparison> CompareLands(const LandSignature& query,
                                            const LandSignature& reference,
                                            const LandComparisonOptions& options) {
  PM_ASSIGN_OR_RETURN(const PreparedLand q, PrepareLand(query));
  PM_ASSIGN_OR_RETURN(const PreparedLand r, PrepareLand(reference));
  return CompareLands(q, false, r, options);
}

absl::StatusOr<BulletComparison> CompareBullets(const BulletSignature& query,
                                                const BulletSignature& reference,
                                                const LandComparisonOptions& options) {
  PM_ASSIGN_OR_RETURN(const PreparedBullet q, PrepareBullet(query));
  PM_ASSIGN_OR_RETURN(const PreparedBullet r, PrepareBullet(reference));
  return CompareBullets(q, r, options);
}

}  // namespace proofmark::forensics
