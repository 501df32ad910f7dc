// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/impressed_comparison.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/impressed/cell_rules.h"
#include "forensics/impressed/cell_search.h"
#include "forensics/numeric/portable_math.h"

namespace proofmark::forensics {

namespace {

constexpr double kDirectedDegrees = 30.0;
constexpr std::int64_t kCoarseStep = 2;  // Samples of a relief to one of a comparison.
constexpr std::int64_t kClusterMin = 5;

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
      : fine(signature, mirrored, /*smooth=*/false) {
    const TurnableRelief smooth(signature, mirrored, /*smooth=*/true);
    for (const double turn : turns_degrees) {
      turned.push_back(smooth.SampleAll(MakeTurn(turn), kCoarseStep));
    }
    cells = MakeCells(smooth.SampleAll(Turn{}, kCoarseStep), fine);
  }
};

struct PreparedImpression::State {
  std::string extractor_version;
  ImpressedRegion region = ImpressedRegion::kBreechFace;
  TurnSearch turns = TurnSearch::kDirected;
  std::vector<double> turns_degrees;
  double coarse_pitch_um = 0.0;
  double width_um = 0.0;  // Of the relief.
  double height_um = 0.0;
  std::vector<PreparedView> views;  // Upright; then mirrored, if the search asks for it.
};

namespace {

using State = PreparedImpression::State;

// One direction before its rules are told about the other.
struct Searched {
  std::vector<std::vector<std::optional<Found>>> places;  // [cell][turn].
  std::vector<std::optional<Found>> best;                 // Refined, one a cell.
  CongruentCells original;
  std::optional<HighMode> high;
};

Searched SearchDirection(const PreparedView& reference, const PreparedView& other,
                         std::span<const double> turns_degrees, const CongruenceLimits& limits) {
  Searched out;
  const CellKernel& kernel = BestCellKernel();
  out.places = SearchCells(reference.cells, std::span(other.turned).first(turns_degrees.size()),
                           turns_degrees, kernel);
  for (std::size_t i = 0; i < reference.cells.size(); ++i) {
    out.best.push_back(RefineCell(reference.cells[i], out.places[i], other.fine));
  }
  out.original = OriginalRule(reference.cells, out.best, limits);
  out.high = HighRule(CountByTurn(reference.cells, out.places, turns_degrees, limits),
                      turns_degrees, limits);
  return out;
}

// The high rule holds only when both directions agree on opposite turns.
void DropUnlessOpposite(Searched& forward, Searched& backward, double turn_degrees) {
  const bool opposite = forward.high && backward.high &&
                        std::abs(TurnBetween(forward.high->turn_degrees,
                                             -backward.high->turn_degrees)) <= turn_degrees;
  if (opposite) return;
  forward.high.reset();
  backward.high.reset();
}

CellDirection Describe(const PreparedView& reference, const Searched& searched,
                       const State& state) {
  CellDirection out;
  out.cmc_original = searched.original.count;
  out.cmc_high = searched.high ? searched.high->count : 0;
  out.turn_degrees = searched.original.reference.turn_degrees;
  out.dx_um = searched.original.reference.dx * state.coarse_pitch_um;
  out.dy_um = searched.original.reference.dy * state.coarse_pitch_um;
  out.turn_mode_degrees = searched.high ? searched.high->turn_degrees : out.turn_degrees;
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
    out.cells.push_back(match);
  }
  return out;
}

}  // namespace

std::string_view ImpressionComparisonVersion() { return "cmc-1/25um/425um/3deg/fine12.5um-1deg"; }

absl::Status CheckOptions(const ImpressionComparisonOptions& options) {
  PM_RETURN_IF_ERROR(CheckRange("distance_um", options.distance_um, 10.0, 500.0));
  PM_RETURN_IF_ERROR(CheckRange("turn_degrees", options.turn_degrees, 1.0, 15.0));
  return CheckRange("correlation_min", options.correlation_min, 0.1, 0.95);
}

absl::StatusOr<PreparedImpression> PrepareImpression(const ImpressedSignature& signature,
                                                     TurnSearch turns) {
  PM_RETURN_IF_ERROR(CheckSignature(signature));
  auto state = std::make_shared<State>();
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

ImpressedComparison CompareViews(const State& reference, const PreparedView& a, const State& other,
                                 const PreparedView& b,
                                 const ImpressionComparisonOptions& options) {
  const CongruenceLimits limits{.distance = options.distance_um / reference.coarse_pitch_um,
                                .turn_degrees = options.turn_degrees,
                                .correlation_min = options.correlation_min};
  const std::vector<double> turns = TurnsOf(options.turns);
  Searched forward = SearchDirection(a, b, turns, limits);
  Searched backward = SearchDirection(b, a, turns, limits);
  DropUnlessOpposite(forward, backward, limits.turn_degrees);

  ImpressedComparison out;
  out.directions = {Describe(a, forward, reference), Describe(b, backward, other)};
  const auto& [ab, ba] = out.directions;
  out.cmc_original = std::min(ab.cmc_original, ba.cmc_original);
  out.cmc_high = std::min(ab.cmc_high, ba.cmc_high);
  out.cmc = std::max(out.cmc_original, out.cmc_high);
  out.cells_eligible = static_cast<std::int64_t>(std::min(ab.cells.size(), ba.cells.size()));
  out.turn_degrees = TurnBetween(ab.turn_degrees, 0.0);
  out.dx_um = ab.dx_um;
  out.dy_um = ab.dy_um;
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
  return CompareViews(a, a.views.front(), b, b.views.front(), options);
}

}  // namespace proofmark::forensics
