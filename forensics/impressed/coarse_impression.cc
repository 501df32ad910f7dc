// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/coarse_impression.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "base/status.h"
#include "forensics/impressed/turned_relief.h"
#include "forensics/numeric/portable_math.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define PM_X86_KERNELS 1
#include <immintrin.h>
#else
#define PM_X86_KERNELS 0
#endif

// As in forensics/striated/inner_loops.cc: versions by processor, chosen by the loader.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PM_PER_PROCESSOR \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PM_PER_PROCESSOR
#endif

namespace proofmark::forensics {

// What the kernels need of a query.
struct CoarseRows {
  // Of group `group` of sixteen.
  static const std::int8_t* Level(const ImpressionQuery& query, std::int64_t group) {
    const std::int64_t words = CoarseBytes(query.grid_) / 4;
    return query.words_[static_cast<std::size_t>(group * words)].level.data();
  }
  static std::span<const std::int32_t> Bias(const ImpressionQuery& query) { return query.bias_; }
  static std::span<const float> InverseNorm(const ImpressionQuery& query) {
    return query.inverse_norm_;
  }
};

namespace {

constexpr std::int64_t kRowGroup = 16;
// A tile: twenty-four sums stay in registers, ten loads to twenty-four products. What bounds the
// kernel where a neighbour shares the core is how many instructions are issued, not the products.
constexpr std::int64_t kRecordsAtOnce = 6;
constexpr std::int64_t kGroupsAtOnce = 4;
constexpr std::int64_t kRowsAtOnce = kGroupsAtOnce * kRowGroup;

struct GridShape {
  std::int64_t step = 0;  // Samples of a relief to a square.
  int smoothing = 0;      // Passes before sampling.
  double turn_degrees = 0.0;
  std::int64_t shift = 0;  // Samples from one shift to the next; divides `step`.
};
constexpr double kRingInnerUm = 700.0;
constexpr double kRingOuterUm = 1'900.0;
constexpr double kReliefPitchUm = 12.5;
constexpr std::int64_t kShiftMax = 32;  // Samples: 400 um.

GridShape ShapeOf(CoarseGrid grid) {
  if (grid == CoarseGrid::kB1) {
    return {.step = 10, .smoothing = 24, .turn_degrees = 3.0, .shift = 5};
  }
  return {.step = 4, .smoothing = 10, .turn_degrees = 3.0, .shift = 4};
}

// The squares of the ring, from the middle, row by row.
struct Square {
  std::int64_t x = 0, y = 0;
};

std::vector<Square> RingOf(const GridShape& shape) {
  const double square_um = kReliefPitchUm * static_cast<double>(shape.step);
  const auto reach = static_cast<std::int64_t>(kRingOuterUm / square_um) + 1;
  std::vector<Square> ring;
  for (std::int64_t y = -reach; y <= reach; ++y) {
    for (std::int64_t x = -reach; x <= reach; ++x) {
      const double um2 = static_cast<double>(x * x + y * y) * square_um * square_um;
      if (um2 < kRingInnerUm * kRingInnerUm || um2 > kRingOuterUm * kRingOuterUm) continue;
      ring.push_back({x, y});
    }
  }
  return ring;
}

std::int64_t PaddedBytes(std::int64_t bytes) { return (bytes + 63) / 64 * 64; }

// The mark at one turn on the grid's squares, 0 where not measured.
struct LevelGrid {
  LevelMap map;

  std::int8_t At(std::int64_t x, std::int64_t y) const {
    const std::int64_t half = map.middle();
    if (x < -half || x > half || y < -half || y > half) return 0;
    const std::int8_t level = map.level[static_cast<std::size_t>((y + half) * map.side + x + half)];
    return level == kLevelNotMeasured ? std::int8_t{0} : level;
  }
};

float InverseNorm(std::int64_t square_sum) {
  if (square_sum <= 0) return 0.0F;
  return static_cast<float>(1.0 / std::sqrt(static_cast<double>(square_sum)));
}

void DotsPlain(const std::int8_t* rows, const std::uint8_t* records, std::int64_t bytes,
               std::int32_t* dots) {
  for (std::int64_t r = 0; r < kRecordsAtOnce; ++r) {
    for (std::int64_t row = 0; row < kRowsAtOnce; ++row) {
      const std::int8_t* at = rows + row / kRowGroup * bytes * kRowGroup + row % kRowGroup * 4;
      std::int32_t sum = 0;
      for (std::int64_t k = 0; k < bytes; ++k) {
        sum += at[k / 4 * 64 + k % 4] * records[r * bytes + k];
      }
      dots[r * kRowsAtOnce + row] = sum;
    }
  }
}

#if PM_X86_KERNELS

// Of a record two products of a row to a lane of sixteen bits, from so many words before the lane
// could overflow: the widening costs as much as the products, and is done once for all of them.
constexpr std::int64_t kWordsUnwidened = 32;
static_assert(kWordsUnwidened * 2 * (kCoarseNothing + kLevelMax) * kLevelMax < 1 << 15);
// Twelve sums, a group's two registers, and two below: sixteen.
static_assert(kRecordsAtOnce == 6);

// One block: left to itself the compiler spreads all words first and has no registers for the sums.
__attribute__((target("avx2"))) inline void AddProducts(__m256i& low_sum, __m256i& high_sum,
                                                        const std::uint8_t* word, __m256i low,
                                                        __m256i high) {
  struct Word4 {
    std::uint8_t bytes[4];
  };
  __m256i spread, products;
  asm("vpbroadcastd %[word], %[spread]\n\t"
      "vpmaddubsw %[low], %[spread], %[products]\n\t"
      "vpmaddubsw %[high], %[spread], %[spread]\n\t"
      "vpaddw %[products], %[first], %[first]\n\t"
      "vpaddw %[spread], %[second], %[second]"
      : [first] "+x"(low_sum), [second] "+x"(high_sum), [spread] "=&x"(spread),
        [products] "=&x"(products)
      : [word] "m"(*reinterpret_cast<const Word4*>(word)), [low] "x"(low), [high] "x"(high));
}

__attribute__((target("avx2"))) void DotsAvx2(const std::int8_t* rows, const std::uint8_t* records,
                                              std::int64_t bytes, std::int32_t* dots) {
  const __m256i ones = _mm256_set1_epi16(1);
  for (std::int64_t g = 0; g < kGroupsAtOnce; ++g, rows += bytes * kRowGroup) {
    __m256i wide[kRecordsAtOnce][2];
    for (auto& of_record : wide) of_record[0] = of_record[1] = _mm256_setzero_si256();
    for (std::int64_t from = 0; from < bytes; from += 4 * kWordsUnwidened) {
      const std::int64_t to = std::min(from + 4 * kWordsUnwidened, bytes);
      __m256i sums[kRecordsAtOnce][2];
#pragma GCC unroll 6
      for (auto& of_record : sums) of_record[0] = of_record[1] = _mm256_setzero_si256();
      for (std::int64_t k = from; k < to; k += 4) {
        const auto* row = reinterpret_cast<const __m256i*>(rows + k * kRowGroup);
        const __m256i low = _mm256_load_si256(row), high = _mm256_load_si256(row + 1);
#pragma GCC unroll 6
        for (std::int64_t r = 0; r < kRecordsAtOnce; ++r) {
          __m256i first = sums[r][0], second = sums[r][1];  // The array's own stay in memory.
          AddProducts(first, second, records + r * bytes + k, low, high);
          sums[r][0] = first, sums[r][1] = second;
        }
      }
#pragma GCC unroll 6
      for (std::int64_t r = 0; r < kRecordsAtOnce; ++r) {
        wide[r][0] = _mm256_add_epi32(wide[r][0], _mm256_madd_epi16(sums[r][0], ones));
        wide[r][1] = _mm256_add_epi32(wide[r][1], _mm256_madd_epi16(sums[r][1], ones));
      }
    }
    for (std::int64_t r = 0; r < kRecordsAtOnce; ++r) {
      auto* out = reinterpret_cast<__m256i*>(dots + (r * kGroupsAtOnce + g) * kRowGroup);
      _mm256_storeu_si256(out, wide[r][0]);
      _mm256_storeu_si256(out + 1, wide[r][1]);
    }
  }
}

#define PM_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

// The instruction itself: see cell_kernels.cc.
PM_VNNI inline void AddDot512(__m512i& sum, __m512i u, __m512i s) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(u), "v"(s));
}

// A word of a record in every lane, straight from memory, not by way of a general register.
PM_VNNI inline __m512i SpreadWord(const std::uint8_t* from) {
  struct Word4 {
    std::uint8_t bytes[4];
  };
  __m512i spread;
  asm("vpbroadcastd %1, %0" : "=v"(spread) : "m"(*reinterpret_cast<const Word4*>(from)));
  return spread;
}

PM_VNNI void DotsVnni(const std::int8_t* rows, const std::uint8_t* records, std::int64_t bytes,
                      std::int32_t* dots) {
  __m512i sums[kRecordsAtOnce][kGroupsAtOnce];
#pragma GCC unroll 6
  for (auto& of_record : sums) {
#pragma GCC unroll 4
    for (__m512i& sum : of_record) sum = _mm512_setzero_si512();
  }
  for (std::int64_t k = 0; k < bytes; k += 4) {
    __m512i row[kGroupsAtOnce];
#pragma GCC unroll 4
    for (std::int64_t g = 0; g < kGroupsAtOnce; ++g) {
      row[g] = _mm512_load_si512(rows + (g * bytes + k) * kRowGroup);
    }
#pragma GCC unroll 6
    for (std::int64_t r = 0; r < kRecordsAtOnce; ++r) {
      const __m512i word = SpreadWord(records + r * bytes + k);
#pragma GCC unroll 4
      for (std::int64_t g = 0; g < kGroupsAtOnce; ++g) AddDot512(sums[r][g], word, row[g]);
    }
  }
#pragma GCC unroll 6
  for (std::int64_t r = 0; r < kRecordsAtOnce; ++r) {
#pragma GCC unroll 4
    for (std::int64_t g = 0; g < kGroupsAtOnce; ++g) {
      _mm512_storeu_si512(dots + r * kRowsAtOnce + g * kRowGroup, sums[r][g]);
    }
  }
}

#endif

// Of the rows that share a lane, the largest product with the row's own norm alone: reduced once,
// when all rows have passed.
using LaneTop = std::array<float, kRowGroup>;

// Takes in one tile. `bias` is what "not measured" adds to a row's sum.
PM_PER_PROCESSOR void KeepLargest(const std::int32_t* __restrict dots,
                                  const std::int32_t* __restrict bias,
                                  const float* __restrict row_norms, LaneTop* __restrict tops) {
  for (std::int64_t r = 0; r < kRecordsAtOnce; ++r, dots += kRowsAtOnce) {
    float* top = tops[r].data();
    for (std::int64_t lane = 0; lane < kRowGroup; ++lane) {
      float largest = top[lane];
#pragma GCC unroll 4
      for (std::int64_t row = lane; row < kRowsAtOnce; row += kRowGroup) {
        const float product = static_cast<float>(dots[row] - bias[row]) * row_norms[row];
        largest = product > largest ? product : largest;
      }
      top[lane] = largest;
    }
  }
}

std::vector<CoarseKernel> FindKernels() {
  std::vector<CoarseKernel> kernels;
#if PM_X86_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw")) {
    kernels.push_back({"avx512-vnni", &DotsVnni});
  }
  if (__builtin_cpu_supports("avx2")) kernels.push_back({"avx2", &DotsAvx2});
#endif
  kernels.push_back({"plain", &DotsPlain});
  return kernels;
}

}  // namespace

std::int64_t CoarseBytes(CoarseGrid grid) {
  static const std::int64_t b1 =
      PaddedBytes(static_cast<std::int64_t>(RingOf(ShapeOf(CoarseGrid::kB1)).size()));
  static const std::int64_t b2 =
      PaddedBytes(static_cast<std::int64_t>(RingOf(ShapeOf(CoarseGrid::kB2)).size()));
  return grid == CoarseGrid::kB1 ? b1 : b2;
}

absl::StatusOr<CoarseImpression> MakeCoarseImpression(const ImpressedSignature& signature,
                                                      CoarseGrid grid) {
  PM_RETURN_IF_ERROR(CheckSignature(signature));
  const GridShape shape = ShapeOf(grid);
  const TurnableRelief relief(signature, /*mirrored=*/false, shape.smoothing);
  const LevelGrid levels{relief.SampleAll(Turn{}, shape.step)};
  CoarseImpression out;
  std::int64_t square_sum = 0;
  for (const Square& at : RingOf(shape)) {
    const std::int32_t level = levels.At(at.x, at.y);
    out.level.push_back(static_cast<std::uint8_t>(level + kCoarseNothing));
    square_sum += level * level;
  }
  out.level.resize(static_cast<std::size_t>(CoarseBytes(grid)), kCoarseNothing);
  out.inverse_norm = InverseNorm(square_sum);
  return out;
}

double MeasuredDirections(const ImpressedSignature& signature) {
  constexpr int kDirections = 120;
  const double middle_x = 0.5 * static_cast<double>(signature.width - 1);
  const double middle_y = 0.5 * static_cast<double>(signature.height - 1);
  int measured = 0;
  for (int direction = 0; direction < kDirections; ++direction) {
    const SinCos turn = SinCosTurns((direction + 0.5) / kDirections);
    for (double r = 0.0; r <= static_cast<double>(kReliefSideMax); r += 0.5) {
      const auto x = static_cast<std::int64_t>(std::floor(middle_x + r * turn.cos + 0.5));
      const auto y = static_cast<std::int64_t>(std::floor(middle_y + r * turn.sin + 0.5));
      if (x < 0 || y < 0 || x >= signature.width || y >= signature.height) break;
      if (signature.relief[static_cast<std::size_t>(y * signature.width + x)] ==
          kReliefNotMeasured) {
        continue;
      }
      ++measured;
      break;
    }
  }
  return static_cast<double>(measured) / kDirections;
}

absl::StatusOr<ImpressionQuery> ImpressionQuery::Make(const ImpressedSignature& signature,
                                                      CoarseGrid grid, TurnSearch turns) {
  PM_RETURN_IF_ERROR(CheckSignature(signature));
  if (turns == TurnSearch::kFullCircleOrMirror) {
    return absl::InvalidArgumentError("turns: a coarse query is not mirrored");
  }
  const GridShape shape = ShapeOf(grid);
  const std::vector<Square> ring = RingOf(shape);
  const TurnableRelief relief(signature, /*mirrored=*/false, shape.smoothing);
  // Whole steps about zero, so that a mark lying as asked is met exactly.
  const double reach = turns == TurnSearch::kDirected ? 30.0 : 180.0 - shape.turn_degrees;
  const double to = shape.turn_degrees * std::floor(reach / shape.turn_degrees);
  const double from = turns == TurnSearch::kDirected ? -to : -180.0;
  const std::int64_t bytes = CoarseBytes(grid);
  ImpressionQuery out;
  out.grid_ = grid;
  // Shifts are finer than squares: levels are taken at the shifts' step, of which a square is so
  // many.
  const std::int64_t square = shape.step / shape.shift;
  const auto add_row = [&](const LevelGrid& levels, std::int64_t dx, std::int64_t dy) {
    const std::int64_t lane = out.rows_ % kRowGroup;
    if (lane == 0) out.words_.resize(out.words_.size() + static_cast<std::size_t>(bytes / 4));
    ImpressionQuery::Word* group = out.words_.data() + out.rows_ / kRowGroup * (bytes / 4);
    std::int32_t sum = 0;
    std::int64_t square_sum = 0;
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const std::int8_t level = levels.At(ring[i].x * square - dx, ring[i].y * square - dy);
      const auto k = static_cast<std::int64_t>(i);
      group[k / 4].level[static_cast<std::size_t>(lane * 4 + k % 4)] = level;
      sum += level;
      square_sum += level * level;
    }
    out.bias_.push_back(kCoarseNothing * sum);
    out.inverse_norm_.push_back(InverseNorm(square_sum));
    ++out.rows_;
  };
  const std::int64_t shifts = kShiftMax / shape.shift;  // Within a circle: corners are rarely met.
  for (double turn = from; turn <= to; turn += shape.turn_degrees) {
    const LevelGrid levels{relief.SampleAll(MakeTurn(turn), shape.shift)};
    for (std::int64_t y = -shifts; y <= shifts; ++y) {
      for (std::int64_t x = -shifts; x <= shifts; ++x) {
        if (x * x + y * y <= (shifts + 1) * (shifts + 1)) add_row(levels, x, y);
      }
    }
  }
  while (out.rows_ % kRowsAtOnce != 0) ++out.rows_;
  out.words_.resize(static_cast<std::size_t>(out.rows_ / kRowGroup * (bytes / 4)));
  out.bias_.resize(static_cast<std::size_t>(out.rows_), 0);
  out.inverse_norm_.resize(static_cast<std::size_t>(out.rows_), 0.0F);
  return out;
}

std::span<const CoarseKernel> CoarseKernels() {
  static const std::vector<CoarseKernel>* const kernels =
      new std::vector<CoarseKernel>(FindKernels());
  return *kernels;
}

void ScoreCoarse(const ImpressionQuery& query, std::span<const std::uint8_t> levels,
                 std::span<const float> inverse_norms, std::span<float> scores,
                 const CoarseKernel& kernel) {
  constexpr std::int64_t kBatch = 256;  // Records that stay in the cache while the rows pass by.
  const std::int64_t bytes = CoarseBytes(query.grid());
  const auto count = static_cast<std::int64_t>(scores.size());
  PM_CHECK(static_cast<std::int64_t>(levels.size()) == count * bytes);
  PM_CHECK(inverse_norms.size() == scores.size());
  const std::int64_t groups = query.rows() / kRowGroup;
  const std::span<const std::int32_t> biases = CoarseRows::Bias(query);
  const std::span<const float> row_norms = CoarseRows::InverseNorm(query);
  std::vector<std::uint8_t> few;  // Fewer records than a tile has, filled up.
  if (count < kRecordsAtOnce) {
    few.assign(levels.begin(), levels.end());
    few.resize(static_cast<std::size_t>(kRecordsAtOnce * bytes));
    levels = few;
  }
  alignas(64) std::array<std::int32_t, kRecordsAtOnce * kRowsAtOnce> dots;
  std::array<LaneTop, kBatch> tops;
  for (std::int64_t batch = 0; batch < count; batch += kBatch) {
    // The last tile is a whole one: it reaches back over records that have had their turn.
    const std::int64_t end = std::max(std::min(batch + kBatch, count), kRecordsAtOnce);
    const std::int64_t begin = std::min(batch, end - kRecordsAtOnce);
    for (LaneTop& top : tops) top.fill(std::numeric_limits<float>::lowest());
    for (std::int64_t g = 0; g < groups; g += kGroupsAtOnce) {
      for (std::int64_t next = begin; next < end; next += kRecordsAtOnce) {
        const std::int64_t r = std::min(next, end - kRecordsAtOnce);
        kernel.dots(CoarseRows::Level(query, g), levels.data() + r * bytes, bytes, dots.data());
        KeepLargest(dots.data(), biases.data() + g * kRowGroup, row_norms.data() + g * kRowGroup,
                    tops.data() + (r - begin));
      }
    }
    for (std::int64_t r = begin; r < std::min(end, count); ++r) {
      const LaneTop& top = tops[static_cast<std::size_t>(r - begin)];
      const auto i = static_cast<std::size_t>(r);
      scores[i] = *std::max_element(top.begin(), top.end()) * inverse_norms[i];
    }
  }
}

void ScoreCoarse(const ImpressionQuery& query, std::span<const std::uint8_t> levels,
                 std::span<const float> inverse_norms, std::span<float> scores) {
  ScoreCoarse(query, levels, inverse_norms, scores, CoarseKernels().front());
}

}  // namespace proofmark::forensics
