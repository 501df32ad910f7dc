// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/impressed/impressed_signature.h"

namespace proofmark::forensics {

// Which turns of one mark against the other are tried.
enum class TurnSearch {
  kDirected,            // Within 30 degrees: both scans lie as the standard asks.
  kFullCircle,          // Every turn.
  kFullCircleOrMirror,  // Every turn, and every turn of the mirrored scan; the better is reported.
};

struct ImpressionComparisonOptions {
  TurnSearch turns = TurnSearch::kDirected;
  double distance_um = 125.0;    // T: a cell's place may differ so far from the medians; [10, 500].
  double turn_degrees = 6.0;     // T_theta: the same for its turn; [1, 15].
  double correlation_min = 0.5;  // T_r; [0.1, 0.95].
};

// One cell of the reference and where it was found in the other.
struct CellMatch {
  double x_um = 0.0;  // Middle of the cell, from the left of the reference's relief.
  double y_um = 0.0;
  double valid_share = 0.0;  // Of the cell, measured.
  double dx_um = 0.0;        // Found so far from its own place in the turned other.
  double dy_um = 0.0;
  double turn_degrees = 0.0;    // By which the other was turned, counter-clockwise positive.
  double correlation = 0.0;     // There, [-1, 1].
  bool found = false;           // Somewhere enough of both was measured.
  bool congruent = false;       // Agrees with the others by the original rule.
  bool congruent_high = false;  // By the high rule.
  bool agrees = false;          // Supports the place and turn that the score rests on.
};

// One direction: cells of the reference, searched freely in the other.
struct CellDirection {
  std::vector<CellMatch> cells;  // The eligible ones, row by row.
  std::int64_t cmc_original = 0;
  std::int64_t cmc_high = 0;  // 0 where the high rule finds no mode of turns, or the
                              // original rule none of its cells.
  double turn_degrees = 0.0;  // Registration: the medians, or where far more agree.
  double dx_um = 0.0;
  double dy_um = 0.0;
  double turn_mode_degrees = 0.0;  // Middle of the high rule's turns.
  double support = 0.0;  // For one common place and turn, ln (docs/design/breech-face.md).
  std::int64_t cells_agreeing = 0;  // Cells that support it; 0 rather than 1.
};

// Measures of likeness beyond the count, for a likelihood ratio. Unchanged when the two marks are
// exchanged. Over all eligible cells of both directions unless said otherwise.
struct ImpressionFeatures {
  double image_correlation = 0.0;  // Masked, of the whole relief at its best turn and place.
  double cell_correlation_mean = 0.0;
  double cell_correlation_sd = 0.0;
  double dx_sd_um = 0.0;
  double dy_sd_um = 0.0;
  double turn_sd_degrees = 0.0;
  double cluster_share = 0.0;  // Cells in the densest cluster of places, smaller direction.
  bool clustered = false;      // A cluster of at least five cells in both directions.
  double turn_disagreement_degrees = 0.0;  // |turn AB + turn BA|.
  double place_disagreement_um = 0.0;      // |place AB + place BA turned back|.
  double overlap_mm2 = 0.0;                // Measured in both at the registration.
};

enum class ComparisonFlag : std::uint32_t {
  kTurnedOutside = 1U << 0,    // Directed, but the whole images agree clearly better at a turn
                               // outside the range: compare over the full circle.
  kMirrored = 1U << 1,         // They agree clearly better when one is mirrored.
  kInvertedHeights = 1U << 2,  // They agree clearly better when one is inverted: a cast?
};

// Two impressed marks, compared. Scores are not probabilities.
struct ImpressedComparison {
  std::int64_t cmc_original = 0;    // Congruent matching cells, the lower direction.
  std::int64_t cmc_high = 0;        // The same by the high rule; 0 when it does not apply.
  std::int64_t cmc = 0;             // The larger of both: the pair's value.
  std::int64_t cells_eligible = 0;  // Of the direction with fewer,
  std::int64_t cells_agreeing = 0;  // and of that direction those that agree on place and turn.
  double support = 0.0;             // For one place and turn, ln, of both directions.
  double score = 0.0;               // ScoreOfSupport(support): what pairs are ranked and judged by.
  double turn_degrees = 0.0;        // Registration: turn `other` by this about its middle, then
  double dx_um = 0.0;               // move it by (-dx, -dy) to lie on `reference`.
  double dy_um = 0.0;
  bool mirrored = false;  // `other` was mirrored in x first.
  ImpressionFeatures features;
  std::array<CellDirection, 2> directions;  // Cells of `reference` in `other`; then the reverse.
  std::uint32_t flags = 0;                  // ComparisonFlag bits.

  bool has(ComparisonFlag flag) const { return (flags & static_cast<std::uint32_t>(flag)) != 0; }
};

// A score in (0, 1) that rises with `support`: 0.26 where it is 0, 0.51 at 10, 0.91 at 100. Not a
// probability.
double ScoreOfSupport(double support);
// The same before it is brought into that range, > 0: what the marks of one exhibit add up.
double PositiveSupport(double support);
double ScoreOfPositive(double positive);

// Name of this method and its constants. Changes when a result may.
std::string_view ImpressionComparisonVersion();

// kInvalidArgument naming the first option outside its bounds.
absl::Status CheckOptions(const ImpressionComparisonOptions& options);

// A signature made ready for comparisons: its cells, and itself at every turn of a search. Cheap to
// copy, constant, usable from several threads.
class PreparedImpression {
 public:
  struct State;

  const State& state() const { return *state_; }

 private:
  friend absl::StatusOr<PreparedImpression> PrepareImpression(const ImpressedSignature& signature,
                                                              TurnSearch turns);
  explicit PreparedImpression(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;  // Never null.
};

//   Errors    kInvalidArgument     CheckSignature fails.
//             kFailedPrecondition  no cell has enough measured samples.
//   Cost      a few milliseconds; about 4 MB (directed) or 20 MB (full circle).
absl::StatusOr<PreparedImpression> PrepareImpression(const ImpressedSignature& signature,
                                                     TurnSearch turns);

// Compares two marks by congruent matching cells, in both directions. Every cell is searched freely
// over all turns and places of the search; nothing found for one guides another.
//
//   Result    unchanged, directions exchanged and registration reversed, when reference and other
//             are exchanged; the same bits on every processor.
//   Errors    kInvalidArgument     options, other region or extractor version, or prepared for a
//                                  smaller search than options.turns.
//   Threads   Pure.
//   Source    docs/references.md#song-2014, #tong-2015, #padfield-2012
absl::StatusOr<ImpressedComparison> CompareImpressions(const PreparedImpression& reference,
                                                       const PreparedImpression& other,
                                                       const ImpressionComparisonOptions& options);

}  // namespace proofmark::forensics
