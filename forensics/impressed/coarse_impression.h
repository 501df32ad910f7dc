// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/impressed/impressed_comparison.h"
#include "forensics/impressed/impressed_signature.h"
#include "forensics/impressed/turned_relief.h"

namespace proofmark::forensics {

// Small records of an impression for looking at every one of millions. A record is the smoothed
// relief on a grid about its middle, on the ring of the grid where a breech face can
// be; a query is the same at many turns and shifts. The score of a record is the largest cosine of
// any of them with it.
enum class CoarseGrid : std::uint8_t {
  kB1 = 1,  // 125 um: every record.
  kB2 = 2,  // 50 um: the best of them.
};

// Bytes of a record, a multiple of 64. Each is a level + kCoarseNothing, at least 1 and at most 31;
// kCoarseNothing itself is "not measured" or nothing.
std::int64_t CoarseBytes(CoarseGrid grid);
inline constexpr std::uint8_t kCoarseNothing = kLevelMax + 1;

struct CoarseImpression {
  std::vector<std::uint8_t> level;  // CoarseBytes(grid).
  float inverse_norm = 0.0F;        // Of the levels; 0 for a record without any.
};

//   Errors    kInvalidArgument  CheckSignature fails.
absl::StatusOr<CoarseImpression> MakeCoarseImpression(const ImpressedSignature& signature,
                                                      CoarseGrid grid);

// Share of the directions about the middle of a mark in which anything of it was measured: 1 of a
// whole one. A part's scores are lower by its root than the whole's, those of chance are not.
double MeasuredDirections(const ImpressedSignature& signature);

// One signature at all turns and shifts of a search, laid out for the kernels. Constant.
class ImpressionQuery {
 public:
  // Turns in steps of 3 degrees, shifts within 400 um and a step, in steps of 62.5 (B1) or 50 um
  // (B2): a true pair must not fall between two rows.
  //   Errors    kInvalidArgument  CheckSignature fails, or turns is kFullCircleOrMirror.
  static absl::StatusOr<ImpressionQuery> Make(const ImpressedSignature& signature, CoarseGrid grid,
                                              TurnSearch turns);

  CoarseGrid grid() const { return grid_; }
  std::int64_t rows() const { return rows_; }  // A multiple of 32; empty ones score 0.

 private:
  friend struct CoarseRows;
  // Four levels of each of sixteen rows: one aligned load of a kernel.
  struct alignas(64) Word {
    std::array<std::int8_t, 64> level{};  // [16][4], |level| <= kLevelMax.
  };
  ImpressionQuery() = default;

  CoarseGrid grid_ = CoarseGrid::kB1;
  std::int64_t rows_ = 0;
  std::vector<Word> words_;         // [rows / 16][bytes / 4].
  std::vector<std::int32_t> bias_;  // One a row: what kCoarseNothing in every byte adds to its sum.
  std::vector<float> inverse_norm_;  // One a row.
};

// One way to score.
struct CoarseKernel {
  std::string_view name;
  // dots[record][row] of 64 rows and six records, which lie one after another.
  void (*dots)(const std::int8_t* rows, const std::uint8_t* records, std::int64_t bytes,
               std::int32_t* dots);
};

// All kernels this processor can run, the fastest first, the plain one last. All give equal sums.
std::span<const CoarseKernel> CoarseKernels();

// Scores records laid one after another: scores[i] of the one at levels + i * CoarseBytes(grid).
//   Result    in [-1, 1]; the same bits with every kernel.
//   Cost      rows * bytes multiply-adds a record.
//   Threads   Pure.
void ScoreCoarse(const ImpressionQuery& query, std::span<const std::uint8_t> levels,
                 std::span<const float> inverse_norms, std::span<float> scores,
                 const CoarseKernel& kernel);
void ScoreCoarse(const ImpressionQuery& query, std::span<const std::uint8_t> levels,
                 std::span<const float> inverse_norms, std::span<float> scores);

}  // namespace proofmark::forensics
