// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/impressed_comparison.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/impressed/cell_rules.h"
#include "forensics/impressed/cell_search.h"
#include "forensics/impressed/image_agreement.h"
#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {

namespace {

constexpr double kDirectedDegrees = 30.0;
constexpr std::int64_t kCoarseStep = 2;  // Samples of a relief to one of a comparison.
constexpr std::int64_t kClusterMin = 5;
constexpr std::int64_t kConfirmedShareInverse = 3;  // A third of a high mode's cells.
constexpr double kImageTurnStep = 3.0;
// Of support, ln: what bends the score towards 0 below it, and what makes it a half.
constexpr double kSupportUnit = 5.0;
constexpr double kSupportAtHalf = 10.0;
constexpr double kPostureTurnStep = 6.0;
constexpr std::int64_t kPostureShiftMax = 2;  // 0.2 mm: both middles come from the same outline.
// Different marks reach image correlations of 0.3 by chance over the full circle; a mark in another
// posture stands out.
constexpr double kPostureCorrelationMin = 0.40;
constexpr double kPostureMargin = 0.10;
constexpr double kPostureShareMax = 0.25;  // Of the cells congruent: nothing to doubt above.

std::vector<double> TurnsOf(TurnSearch turns) {
  std::vector<double> out;
  const double from = turns == TurnSearch::kDirected ? -kDirectedDegrees : -180.0;
  const double to = turns == TurnSearch::kDirected ? kDirectedDegrees : 180.0 - kTurnStepDegrees;
  for (double turn = from; turn <= to; turn += kTurnStepDegrees) out.push_back(turn);
  return out;
}

absl::Status CheckRange(const char* name, double value, double min, double max) {
  if (value >= min && value <= max) return absl::OkStatus();  // False for NaN.
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is %g, outside %g..%g", name, value, min, max));
}

}  // namespace

// One mark as a reference (cells) and as a target (turned), upright or mirrored.
struct PreparedView {
  TurnableRelief fine;
  std::vector<Cell> cells;
  std::vector<LevelMap> turned;  // One a turn of the search.

  PreparedView(const ImpressedSignature& signature, bool mirrored,
               std::span<const double> turns_degrees)
      : fine(signature, mirrored, /*smoothing=*/0) {
    const TurnableRelief smooth(signature, mirrored, /*smoothing=*/1);
    for (const double turn : turns_degrees) {
      turned.push_back(smooth.SampleAll(MakeTurn(turn), kCoarseStep));
    }
    cells = MakeCells(smooth.SampleAll(Turn{}, kCoarseStep), fine);
  }
};

namespace {

// Which postures of a whole image to compare.
struct Postures {
  double from_degrees = 0.0, to_degrees = 0.0, step_degrees = 0.0;
  std::int64_t shift_max = 0;
};

// A whole mark at 100 um, as it lies and at the turns of a search; made when first asked for, by
// whichever thread that is.
class WholeImages {
 public:
  WholeImages(const ImpressedSignature& signature, bool mirrored)
      : whole_(signature, mirrored, kImageSmoothing) {}

  const Image& upright() const { return At({0.0, 0.0, 1.0, 0}, upright_).front(); }
  // Of the postures that the search itself tries; of those that only a flag asks for.
  const std::vector<Image>& searched(const Postures& postures) const {
    return At(postures, searched_);
  }
  const std::vector<Image>& flagged(const Postures& postures) const {
    return At(postures, flagged_);
  }

 private:
  struct Made {
    std::once_flag once;
    std::vector<Image> images;
  };

  const std::vector<Image>& At(const Postures& postures, Made& made) const {
    std::call_once(made.once, [&] {
      for (double turn = postures.from_degrees; turn <= postures.to_degrees;
           turn += postures.step_degrees) {
        made.images.push_back(MakeImage(whole_, turn));
      }
    });
    return made.images;
  }

  TurnableRelief whole_;
  // Constant once made.
  mutable Made upright_;
  mutable Made searched_;
  mutable Made flagged_;
};

}  // namespace

struct PreparedImpression::State {
  std::string extractor_version;
  ImpressedRegion region = ImpressedRegion::kBreechFace;
  TurnSearch turns = TurnSearch::kDirected;
  std::vector<double> turns_degrees;
  double coarse_pitch_um = 0.0;
  double width_um = 0.0;  // Of the relief.
  double height_um = 0.0;
  std::vector<PreparedView> views;  // Upright; then mirrored, if the search asks for it.
  WholeImages whole;
  WholeImages whole_mirrored;

  explicit State(const ImpressedSignature& signature)
      : whole(signature, /*mirrored=*/false), whole_mirrored(signature, /*mirrored=*/true) {}
};

namespace {

using State = PreparedImpression::State;

// One direction before its rules are told about the other.
struct Searched {
  std::vector<std::vector<std::optional<Found>>> places;  // [cell][turn].
  std::vector<std::optional<Found>> best;                 // Refined, one a cell.
  CongruentCells original;
  std::optional<HighMode> high;
  CellConsensus consensus;  // Of the best places.
  double support = 0.0;     // Half of it theirs, half that of the best turn alone.
};

Searched SearchDirection(const PreparedView& reference, const PreparedView& other,
                         std::span<const double> turns_degrees, const CongruenceLimits& limits) {
  Searched out;
  const CellKernel& kernel = BestCellKernel();
  out.places = SearchCells(reference.cells, std::span(other.turned).first(turns_degrees.size()),
                           turns_degrees, kernel);
  for (std::size_t i = 0; i < reference.cells.size(); ++i) {
    out.best.push_back(RefineCell(reference.cells[i], out.places[i], other.fine, kernel));
  }
  out.original = OriginalRule(reference.cells, out.best, limits);
  constexpr double kPlaces = 2.0 * kSearchReach + 1.0;
  const double turns = kTurnStepDegrees * static_cast<double>(turns_degrees.size());
  out.consensus = FindConsensus(reference.cells, out.best, kPlaces, turns, limits);
  // Under noise a cell's best place of all turns is often chance, where at the right turn it is not
  // yet; a part of a mark is known better by its best places. Each has half a say.
  out.support = 0.5 * (out.consensus.support +
                       BestSupportAtOneTurn(out.places, turns_degrees.size(), kPlaces, limits));
  return out;
}

// The high rule holds only when both directions agree on opposite turns, and the original rule has
// found part of its cells: at a single turn, where a third of random places lies within the
// limits, chance alone makes modes of six or seven cells that the free choice of turns knows
// nothing of.
void ApplyHighRule(const PreparedView& a, Searched& forward, const PreparedView& b,
                   Searched& backward, std::span<const double> turns_degrees,
                   const CongruenceLimits& limits) {
  if (forward.original.count == 0 || backward.original.count == 0) return;  // A part of none.
  for (const auto& [view, direction] : {std::pair(&a, &forward), std::pair(&b, &backward)}) {
    direction->high = HighRule(CountByTurn(view->cells, direction->places, turns_degrees, limits),
                               turns_degrees, limits);
  }
  const auto confirmed = [](const Searched& direction) {
    return kConfirmedShareInverse * direction.original.count >= direction.high->count;
  };
  if (forward.high && backward.high && confirmed(forward) && confirmed(backward) &&
      std::abs(TurnBetween(forward.high->turn_degrees, -backward.high->turn_degrees)) <=
          limits.turn_degrees) {
    return;
  }
  forward.high.reset();
  backward.high.reset();
}

CellDirection Describe(const PreparedView& reference, const Searched& searched,
                       const State& state) {
  CellDirection out;
  out.cmc_original = searched.original.count;
  out.cmc_high = searched.high ? searched.high->count : 0;
  // The medians, unless so few lie about them that one cell's proposal says more.
  const Reference& registration = 2 * searched.original.count >= searched.consensus.count
                                      ? searched.original.reference
                                      : searched.consensus.reference;
  out.turn_degrees = registration.turn_degrees;
  out.dx_um = registration.dx * state.coarse_pitch_um;
  out.dy_um = registration.dy * state.coarse_pitch_um;
  out.turn_mode_degrees = searched.high ? searched.high->turn_degrees : out.turn_degrees;
  out.support = searched.support;
  out.cells_agreeing = searched.consensus.count;
  const double half = 0.5 * static_cast<double>(kCellSide - 1);
  for (std::size_t i = 0; i < reference.cells.size(); ++i) {
    const Cell& cell = reference.cells[i];
    CellMatch match;
    match.x_um =
        0.5 * state.width_um + (static_cast<double>(cell.x) + half) * state.coarse_pitch_um;
    match.y_um =
        0.5 * state.height_um + (static_cast<double>(cell.y) + half) * state.coarse_pitch_um;
    match.valid_share =
        static_cast<double>(cell.measured) / static_cast<double>(kCellSide * kCellSide);
    if (const std::optional<Found>& found = searched.best[i]) {
      match.found = true;
      match.dx_um = found->dx * state.coarse_pitch_um;
      match.dy_um = found->dy * state.coarse_pitch_um;
      match.turn_degrees = TurnBetween(found->turn_degrees, 0.0);
      match.correlation = found->correlation;
    }
    match.congruent = searched.original.congruent[i];
    match.congruent_high = searched.high && searched.high->congruent[i];
    match.agrees = searched.consensus.agrees[i];
    out.cells.push_back(match);
  }
  return out;
}

}  // namespace

double PositiveSupport(double support) {
  const double units = support / kSupportUnit;
  return units > 40.0 ? support : kSupportUnit * Log(1.0 + Exp(units));
}

double ScoreOfPositive(double positive) { return positive / (positive + kSupportAtHalf); }

double ScoreOfSupport(double support) { return ScoreOfPositive(PositiveSupport(support)); }

std::string_view ImpressionComparisonVersion() {
  return "cells-2/25um/400um/25%/3deg/fine12.5um-1deg";
}

absl::Status CheckOptions(const ImpressionComparisonOptions& options) {
  PM_RETURN_IF_ERROR(CheckRange("distance_um", options.distance_um, 10.0, 500.0));
  PM_RETURN_IF_ERROR(CheckRange("turn_degrees", options.turn_degrees, 1.0, 15.0));
  return CheckRange("correlation_min", options.correlation_min, 0.1, 0.95);
}

absl::StatusOr<PreparedImpression> PrepareImpression(const ImpressedSignature& signature,
                                                     TurnSearch turns) {
  PM_RETURN_IF_ERROR(CheckSignature(signature));
  auto state = std::make_shared<State>(signature);
  state->extractor_version = signature.extractor_version;
  state->region = signature.region;
  state->turns = turns;
  state->turns_degrees = TurnsOf(turns);
  state->coarse_pitch_um = static_cast<double>(kCoarseStep) * signature.pitch_um;
  state->width_um = static_cast<double>(signature.width - 1) * signature.pitch_um;
  state->height_um = static_cast<double>(signature.height - 1) * signature.pitch_um;
  state->views.emplace_back(signature, /*mirrored=*/false, state->turns_degrees);
  if (turns == TurnSearch::kFullCircleOrMirror) {
    state->views.emplace_back(signature, /*mirrored=*/true, state->turns_degrees);
  }
  if (state->views.front().cells.empty()) {
    return absl::FailedPreconditionError(
        absl::StrFormat("no cell of the mark has %g of its samples measured", kCellValidMin));
  }
  return PreparedImpression(std::move(state));
}

namespace {

// Mean and standard deviation.
struct Spread {
  double mean = 0.0, sd = 0.0;
};
Spread SpreadOf(const std::vector<double>& values) {
  Spread out;
  if (values.empty()) return out;
  const auto n = static_cast<double>(values.size());
  for (const double v : values) out.mean += v / n;
  for (const double v : values) out.sd += (v - out.mean) * (v - out.mean) / n;
  out.sd = std::sqrt(out.sd);
  return out;
}

// Spreads over the cells of both directions: places less their direction's registration, so that
// exchanging the two changes nothing.
void DescribeCells(const ImpressedComparison& comparison, ImpressionFeatures& features) {
  std::vector<double> correlation, dx, dy, turn;
  for (const CellDirection& direction : comparison.directions) {
    for (const CellMatch& cell : direction.cells) {
      if (!cell.found) continue;
      correlation.push_back(cell.correlation);
      dx.push_back(cell.dx_um - direction.dx_um);
      dy.push_back(cell.dy_um - direction.dy_um);
      turn.push_back(TurnBetween(cell.turn_degrees, direction.turn_degrees));
    }
  }
  // Sums in an order that does not depend on which direction came first.
  for (std::vector<double>* values : {&correlation, &dx, &dy, &turn}) {
    std::sort(values->begin(), values->end());
  }
  const Spread of_correlation = SpreadOf(correlation);
  features.cell_correlation_mean = of_correlation.mean;
  features.cell_correlation_sd = of_correlation.sd;
  features.dx_sd_um = SpreadOf(dx).sd;
  features.dy_sd_um = SpreadOf(dy).sd;
  features.turn_sd_degrees = SpreadOf(turn).sd;
}

// How far the registration of one direction, turned back, is from the opposite of the other's.
double PlaceDisagreementUm(const CellDirection& ab, const CellDirection& ba) {
  const SinCos back = SinCosTurns(ba.turn_degrees / 360.0);
  // Place AB lies in the turned other; seen by the reference turned as BA was it has moved.
  const double x = back.cos * ab.dx_um - back.sin * ab.dy_um + ba.dx_um;
  const double y = back.sin * ab.dx_um + back.cos * ab.dy_um + ba.dy_um;
  const SinCos forth = SinCosTurns(ab.turn_degrees / 360.0);
  const double u = forth.cos * ba.dx_um - forth.sin * ba.dy_um + ab.dx_um;
  const double v = forth.sin * ba.dx_um + forth.cos * ba.dy_um + ab.dy_um;
  return 0.5 * (std::sqrt(x * x + y * y) + std::sqrt(u * u + v * v));
}

// Samples measured in both with `other` laid on `reference`, mm2.
double OverlapMm2(const PreparedView& reference, const PreparedView& other,
                  const CellDirection& registration, double coarse_pitch_um) {
  const LevelMap own = reference.fine.SampleAll(Turn{}, kCoarseStep);
  const auto moved = [&](double um) {
    return static_cast<std::int64_t>(std::floor(um / coarse_pitch_um + 0.5));
  };
  std::vector<std::int8_t> laid(own.level.size());
  other.fine.Sample(MakeTurn(registration.turn_degrees), kCoarseStep,
                    moved(registration.dx_um) - own.middle(),
                    moved(registration.dy_um) - own.middle(), own.side, own.side, laid.data());
  std::int64_t both = 0;
  for (std::size_t i = 0; i < laid.size(); ++i) {
    both += own.level[i] != kLevelNotMeasured && laid[i] != kLevelNotMeasured ? 1 : 0;
  }
  return static_cast<double>(both) * coarse_pitch_um * coarse_pitch_um * 1e-6;
}

// Of both ways round, the more extreme. `images` gives the turned images of one mark.
template <typename ImagesOf>
ImageRange CorrelateBothWays(const WholeImages& a, const WholeImages& b, const Postures& postures,
                             const ImagesOf& images) {
  const ImageRange ab = CorrelateImages(a.upright(), images(b), postures.shift_max);
  const ImageRange ba = CorrelateImages(b.upright(), images(a), postures.shift_max);
  return {std::max(ab.highest, ba.highest), std::min(ab.lowest, ba.lowest)};
}

// Looks, where the cells found little, whether the whole images agree in another posture.
void RaiseFlags(const State& a, const State& b, TurnSearch turns, ImpressedComparison& out) {
  const double best = out.features.image_correlation;
  const double needed = std::max(kPostureCorrelationMin, best + kPostureMargin);
  const auto raise = [&](ComparisonFlag flag) { out.flags |= static_cast<std::uint32_t>(flag); };
  const Postures all{-180.0, 180.0 - kPostureTurnStep, kPostureTurnStep, kPostureShiftMax};
  const auto turned = [&](const WholeImages& whole) -> const std::vector<Image>& {
    return whole.flagged(all);
  };
  const ImageRange anywhere = CorrelateBothWays(a.whole, b.whole, all, turned);
  if (turns == TurnSearch::kDirected && anywhere.highest >= needed) {
    raise(ComparisonFlag::kTurnedOutside);
  }
  if (-anywhere.lowest >= needed) raise(ComparisonFlag::kInvertedHeights);
  if (turns == TurnSearch::kFullCircleOrMirror) return;
  const ImageRange mirrored = CorrelateBothWays(a.whole, b.whole_mirrored, all, turned);
  if (mirrored.highest >= needed) raise(ComparisonFlag::kMirrored);
}

ImpressedComparison CompareViews(const State& reference, const PreparedView& a, const State& other,
                                 const PreparedView& b,
                                 const ImpressionComparisonOptions& options) {
  const CongruenceLimits limits{.distance = options.distance_um / reference.coarse_pitch_um,
                                .turn_degrees = options.turn_degrees,
                                .correlation_min = options.correlation_min};
  const std::vector<double> turns = TurnsOf(options.turns);
  Searched forward = SearchDirection(a, b, turns, limits);
  Searched backward = SearchDirection(b, a, turns, limits);
  ApplyHighRule(a, forward, b, backward, turns, limits);

  ImpressedComparison out;
  out.directions = {Describe(a, forward, reference), Describe(b, backward, other)};
  const auto& [ab, ba] = out.directions;
  out.cmc_original = std::min(ab.cmc_original, ba.cmc_original);
  out.cmc_high = std::min(ab.cmc_high, ba.cmc_high);
  out.cmc = std::max(out.cmc_original, out.cmc_high);
  out.cells_eligible = static_cast<std::int64_t>(std::min(ab.cells.size(), ba.cells.size()));
  // The lower of the two where both have as many.
  out.cells_agreeing = ab.cells.size() == ba.cells.size()
                           ? std::min(ab.cells_agreeing, ba.cells_agreeing)
                           : (ab.cells.size() < ba.cells.size() ? ab : ba).cells_agreeing;
  out.support = ab.support + ba.support;
  out.score = ScoreOfSupport(out.support);
  out.turn_degrees = TurnBetween(ab.turn_degrees, 0.0);
  out.dx_um = ab.dx_um;
  out.dy_um = ab.dy_um;
  DescribeCells(out, out.features);
  out.features.turn_disagreement_degrees = std::abs(TurnBetween(ab.turn_degrees, -ba.turn_degrees));
  out.features.place_disagreement_um = PlaceDisagreementUm(ab, ba);
  out.features.overlap_mm2 = 0.5 * (OverlapMm2(a, b, ab, reference.coarse_pitch_um) +
                                    OverlapMm2(b, a, ba, reference.coarse_pitch_um));
  const std::int64_t cluster_ab = DensestCluster(a.cells, forward.best, limits);
  const std::int64_t cluster_ba = DensestCluster(b.cells, backward.best, limits);
  out.features.cluster_share =
      std::min(static_cast<double>(cluster_ab) / static_cast<double>(ab.cells.size()),
               static_cast<double>(cluster_ba) / static_cast<double>(ba.cells.size()));
  out.features.clustered = std::min(cluster_ab, cluster_ba) >= kClusterMin;
  return out;
}

}  // namespace

absl::StatusOr<ImpressedComparison> CompareImpressions(const PreparedImpression& reference,
                                                       const PreparedImpression& other,
                                                       const ImpressionComparisonOptions& options) {
  PM_RETURN_IF_ERROR(CheckOptions(options));
  const State& a = reference.state();
  const State& b = other.state();
  if (a.region != b.region || a.extractor_version != b.extractor_version) {
    return absl::InvalidArgumentError(
        "the two impressions are of different regions or extractor versions");
  }
  if (a.turns != b.turns || a.turns != options.turns) {
    return absl::InvalidArgumentError("the impressions were prepared for another search of turns");
  }
  ImpressedComparison out = CompareViews(a, a.views.front(), b, b.views.front(), options);
  if (options.turns == TurnSearch::kFullCircleOrMirror) {
    // Mirroring the one or the other is the same but for the grid of cells.
    ImpressedComparison mirrored = CompareViews(a, a.views.front(), b, b.views.back(), options);
    if (mirrored.support > out.support) {
      out = std::move(mirrored);
      out.mirrored = true;
    }
  }
  const Postures tried =
      options.turns == TurnSearch::kDirected
          ? Postures{-kDirectedDegrees, kDirectedDegrees, kImageTurnStep, kImageShiftMax}
          : Postures{-180.0, 180.0 - kImageTurnStep, kImageTurnStep, kImageShiftMax};
  const WholeImages& whole = out.mirrored ? b.whole_mirrored : b.whole;
  out.features.image_correlation =
      CorrelateBothWays(
          a.whole, whole,
          tried, [&](const WholeImages& of) -> const auto& { return of.searched(tried); })
          .highest;
  const double share = static_cast<double>(out.cmc) /
                       static_cast<double>(std::max<std::int64_t>(out.cells_eligible, 1));
  if (share < kPostureShareMax) RaiseFlags(a, b, options.turns, out);
  return out;
}

}  // namespace proofmark::forensics
