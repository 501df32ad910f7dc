// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/coarse_impression.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/status.h"
#include "forensics/impressed/turned_relief.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define PM_X86_KERNELS 1
#include <immintrin.h>
#else
#define PM_X86_KERNELS 0
#endif

namespace proofmark::forensics {

// What the kernels need of a query.
struct CoarseRows {
  static const std::int8_t* Level(const CoarseQuery& query) { return query.level_.data(); }
  static std::span<const std::int32_t> Sum(const CoarseQuery& query) { return query.level_sum_; }
  static std::span<const float> InverseNorm(const CoarseQuery& query) {
    return query.inverse_norm_;
  }
};

namespace {

constexpr std::int64_t kRowGroup = 16;
constexpr std::int64_t kRecordsAtOnce = 4;
constexpr std::int64_t kGroupsAtOnce = 4;
constexpr std::uint8_t kNothing = 128;

struct GridShape {
  std::int64_t step = 0;  // Samples of a relief to a square.
  int smoothing = 0;      // Passes before sampling.
  double turn_degrees = 0.0;
  std::int64_t shift_squares = 0;  // 100 um.
};
constexpr double kRingInnerUm = 700.0;
constexpr double kRingOuterUm = 1'850.0;
constexpr double kReliefPitchUm = 12.5;
constexpr std::int64_t kShiftsEachWay = 4;

GridShape ShapeOf(CoarseGrid grid) {
  if (grid == CoarseGrid::kB1) return {8, 10, 4.0, 1};
  return {4, 3, 3.0, 2};
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

void DotsPlain(const std::int8_t* rows, std::int64_t groups, const std::uint8_t* const* records,
               std::int64_t record_count, std::int64_t bytes, std::int32_t* dots) {
  for (std::int64_t r = 0; r < record_count; ++r) {
    for (std::int64_t g = 0; g < groups; ++g) {
      for (std::int64_t lane = 0; lane < kRowGroup; ++lane) {
        std::int32_t sum = 0;
        for (std::int64_t k = 0; k < bytes; ++k) {
          const std::int8_t row = rows[g * bytes * kRowGroup + k / 4 * 64 + lane * 4 + k % 4];
          sum += row * records[r][k];
        }
        dots[(r * groups + g) * kRowGroup + lane] = sum;
      }
    }
  }
}

#if PM_X86_KERNELS

std::int32_t Word(const std::uint8_t* from) {
  std::int32_t word = 0;
  std::memcpy(&word, from, 4);
  return word;
}

// Pairs stay under 2^15: a level of a query is at most 15, a byte of a record at most 143.
__attribute__((target("avx2"))) void DotsAvx2(const std::int8_t* rows, std::int64_t groups,
                                              const std::uint8_t* const* records,
                                              std::int64_t record_count, std::int64_t bytes,
                                              std::int32_t* dots) {
  const __m256i ones = _mm256_set1_epi16(1);
  for (std::int64_t r = 0; r < record_count; ++r) {
    for (std::int64_t g = 0; g < groups; ++g) {
      __m256i low = _mm256_setzero_si256(), high = low;
      const auto* row = reinterpret_cast<const __m256i*>(rows + g * bytes * kRowGroup);
      for (std::int64_t k = 0; k < bytes; k += 4, row += 2) {
        const __m256i word = _mm256_set1_epi32(Word(records[r] + k));
        const __m256i first = _mm256_maddubs_epi16(word, _mm256_loadu_si256(row));
        const __m256i second = _mm256_maddubs_epi16(word, _mm256_loadu_si256(row + 1));
        low = _mm256_add_epi32(low, _mm256_madd_epi16(first, ones));
        high = _mm256_add_epi32(high, _mm256_madd_epi16(second, ones));
      }
      auto* out = reinterpret_cast<__m256i*>(dots + (r * groups + g) * kRowGroup);
      _mm256_storeu_si256(out, low);
      _mm256_storeu_si256(out + 1, high);
    }
  }
}

#define PM_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

// The instruction itself: see cell_kernels.cc.
PM_VNNI inline void AddDot512(__m512i& sum, __m512i u, __m512i s) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(u), "v"(s));
}

// Four groups of rows by one record, in registers.
struct GroupSums {
  __m512i g0, g1, g2, g3;
};

PM_VNNI inline void AddRecord(GroupSums& sums, const std::uint8_t* word, __m512i r0, __m512i r1,
                              __m512i r2, __m512i r3) {
  const __m512i four = _mm512_set1_epi32(Word(word));
  AddDot512(sums.g0, four, r0);
  AddDot512(sums.g1, four, r1);
  AddDot512(sums.g2, four, r2);
  AddDot512(sums.g3, four, r3);
}

PM_VNNI inline void StoreRecord(const GroupSums& sums, std::int32_t* dots) {
  _mm512_storeu_si512(dots, sums.g0);
  _mm512_storeu_si512(dots + kRowGroup, sums.g1);
  _mm512_storeu_si512(dots + 2 * kRowGroup, sums.g2);
  _mm512_storeu_si512(dots + 3 * kRowGroup, sums.g3);
}

// Four groups of rows by four records: sixteen sums stay in registers.
PM_VNNI void DotsVnniTile(const std::int8_t* rows, const std::uint8_t* const* records,
                          std::int64_t bytes, std::int32_t* dots) {
  const __m512i zero = _mm512_setzero_si512();
  GroupSums a{zero, zero, zero, zero}, b = a, c = a, d = a;
  const std::int64_t group = bytes * kRowGroup;
  for (std::int64_t k = 0; k < bytes; k += 4) {
    const std::int8_t* at = rows + k * kRowGroup;
    const __m512i r0 = _mm512_loadu_si512(at), r1 = _mm512_loadu_si512(at + group);
    const __m512i r2 = _mm512_loadu_si512(at + 2 * group);
    const __m512i r3 = _mm512_loadu_si512(at + 3 * group);
    AddRecord(a, records[0] + k, r0, r1, r2, r3);
    AddRecord(b, records[1] + k, r0, r1, r2, r3);
    AddRecord(c, records[2] + k, r0, r1, r2, r3);
    AddRecord(d, records[3] + k, r0, r1, r2, r3);
  }
  StoreRecord(a, dots);
  StoreRecord(b, dots + kGroupsAtOnce * kRowGroup);
  StoreRecord(c, dots + 2 * kGroupsAtOnce * kRowGroup);
  StoreRecord(d, dots + 3 * kGroupsAtOnce * kRowGroup);
}

PM_VNNI void DotsVnniOne(const std::int8_t* rows, const std::uint8_t* record, std::int64_t bytes,
                         std::int32_t* dots) {
  __m512i sum = _mm512_setzero_si512();
  for (std::int64_t k = 0; k < bytes; k += 4) {
    AddDot512(sum, _mm512_set1_epi32(Word(record + k)), _mm512_loadu_si512(rows + k * kRowGroup));
  }
  _mm512_storeu_si512(dots, sum);
}

PM_VNNI void DotsVnni(const std::int8_t* rows, std::int64_t groups,
                      const std::uint8_t* const* records, std::int64_t record_count,
                      std::int64_t bytes, std::int32_t* dots) {
  if (groups == kGroupsAtOnce && record_count == kRecordsAtOnce) {
    return DotsVnniTile(rows, records, bytes, dots);
  }
  for (std::int64_t r = 0; r < record_count; ++r) {
    for (std::int64_t g = 0; g < groups; ++g) {
      DotsVnniOne(rows + g * bytes * kRowGroup, records[r], bytes,
                  dots + (r * groups + g) * kRowGroup);
    }
  }
}

#endif

// The larger of `best` and every row's cosine. Lane by lane first: a running maximum of all would
// be one long chain.
float BestOfRows(const std::int32_t* __restrict dots, const std::int32_t* __restrict sums,
                 const float* __restrict row_norms, float norm, std::int64_t rows, float best) {
  std::array<float, kRowGroup> top;
  top.fill(best);
  for (std::int64_t group = 0; group < rows; group += kRowGroup) {
    for (std::int64_t lane = 0; lane < kRowGroup; ++lane) {
      const std::int64_t row = group + lane;
      const std::int32_t dot = dots[row] - kNothing * sums[row];
      const float score = static_cast<float>(dot) * row_norms[row] * norm;
      float& most = top[static_cast<std::size_t>(lane)];
      most = score > most ? score : most;
    }
  }
  return *std::max_element(top.begin(), top.end());
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
    out.level.push_back(static_cast<std::uint8_t>(level + kNothing));
    square_sum += level * level;
  }
  out.level.resize(static_cast<std::size_t>(CoarseBytes(grid)), kNothing);
  out.inverse_norm = InverseNorm(square_sum);
  return out;
}

absl::StatusOr<CoarseQuery> CoarseQuery::Make(const ImpressedSignature& signature, CoarseGrid grid,
                                              TurnSearch turns) {
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
  CoarseQuery out;
  out.grid_ = grid;
  const auto add_row = [&](const LevelGrid& levels, std::int64_t dx, std::int64_t dy) {
    const std::int64_t lane = out.rows_ % kRowGroup;
    if (lane == 0) out.level_.resize(out.level_.size() + static_cast<std::size_t>(bytes * 16), 0);
    std::int8_t* group = out.level_.data() + out.rows_ / kRowGroup * bytes * kRowGroup;
    std::int32_t sum = 0;
    std::int64_t square_sum = 0;
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const std::int8_t level = levels.At(ring[i].x - dx, ring[i].y - dy);
      const auto k = static_cast<std::int64_t>(i);
      group[k / 4 * 64 + lane * 4 + k % 4] = level;
      sum += level;
      square_sum += level * level;
    }
    out.level_sum_.push_back(sum);
    out.inverse_norm_.push_back(InverseNorm(square_sum));
    ++out.rows_;
  };
  for (double turn = from; turn <= to; turn += shape.turn_degrees) {
    const LevelGrid levels{relief.SampleAll(MakeTurn(turn), shape.step)};
    for (std::int64_t y = -kShiftsEachWay; y <= kShiftsEachWay; ++y) {
      for (std::int64_t x = -kShiftsEachWay; x <= kShiftsEachWay; ++x) {
        add_row(levels, x * shape.shift_squares, y * shape.shift_squares);
      }
    }
  }
  while (out.rows_ % kRowGroup != 0) {
    out.level_sum_.push_back(0);
    out.inverse_norm_.push_back(0.0F);
    ++out.rows_;
  }
  return out;
}

std::span<const CoarseKernel> CoarseKernels() {
  static const std::vector<CoarseKernel>* const kernels =
      new std::vector<CoarseKernel>(FindKernels());
  return *kernels;
}

void ScoreCoarse(const CoarseQuery& query, std::span<const std::uint8_t> levels,
                 std::span<const float> inverse_norms, std::span<float> scores,
                 const CoarseKernel& kernel) {
  constexpr std::int64_t kBatch = 256;  // Records that stay in the cache while the rows pass by.
  const std::int64_t bytes = CoarseBytes(query.grid());
  const auto count = static_cast<std::int64_t>(scores.size());
  PM_CHECK(static_cast<std::int64_t>(levels.size()) == count * bytes);
  PM_CHECK(inverse_norms.size() == scores.size());
  const std::int64_t groups = query.rows() / kRowGroup;
  const std::span<const std::int32_t> sums = CoarseRows::Sum(query);
  const std::span<const float> row_norms = CoarseRows::InverseNorm(query);
  std::array<std::int32_t, kRecordsAtOnce * kGroupsAtOnce * kRowGroup> dots;
  for (std::int64_t begin = 0; begin < count; begin += kBatch) {
    const std::int64_t end = std::min(begin + kBatch, count);
    std::fill(scores.begin() + begin, scores.begin() + end, -1.0F);
    for (std::int64_t g = 0; g < groups; g += kGroupsAtOnce) {
      const std::int64_t group_count = std::min(kGroupsAtOnce, groups - g);
      for (std::int64_t r = begin; r < end; r += kRecordsAtOnce) {
        const std::int64_t record_count = std::min(kRecordsAtOnce, end - r);
        std::array<const std::uint8_t*, kRecordsAtOnce> records{};
        for (std::int64_t i = 0; i < record_count; ++i) {
          records[static_cast<std::size_t>(i)] = levels.data() + (r + i) * bytes;
        }
        kernel.dots(CoarseRows::Level(query) + g * bytes * kRowGroup, group_count, records.data(),
                    record_count, bytes, dots.data());
        const std::int64_t rows = group_count * kRowGroup;
        for (std::int64_t i = 0; i < record_count; ++i) {
          float best = scores[static_cast<std::size_t>(r + i)];
          const float norm = inverse_norms[static_cast<std::size_t>(r + i)];
          best = BestOfRows(dots.data() + i * rows, sums.data() + g * kRowGroup,
                            row_norms.data() + g * kRowGroup, norm, rows, best);
          scores[static_cast<std::size_t>(r + i)] = best;
        }
      }
    }
  }
}

void ScoreCoarse(const CoarseQuery& query, std::span<const std::uint8_t> levels,
                 std::span<const float> inverse_norms, std::span<float> scores) {
  ScoreCoarse(query, levels, inverse_norms, scores, CoarseKernels().front());
}

}  // namespace proofmark::forensics
