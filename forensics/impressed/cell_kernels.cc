// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/cell_kernels.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define PM_X86_KERNELS 1
#include <immintrin.h>
#else
#define PM_X86_KERNELS 0
#endif

// Function versions by processor, chosen by the loader. Sanitizers instrument the chooser, which
// runs before they are ready; other compilers and processors take the plain version.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PM_PER_PROCESSOR \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PM_PER_PROCESSOR
#endif
#define PM_INLINE inline __attribute__((always_inline))

namespace proofmark::forensics {
namespace {

constexpr std::int32_t kOffset = kLevelMax + 1;
constexpr std::int64_t kRowWords = kCellSide / 4;
// Rows of a target under a cell at some place, and samples of each.
constexpr std::int64_t kReached = kSpan + kCellSide - 1;

std::int32_t UnsignedByte(std::uint32_t word, int byte) {
  return static_cast<std::int32_t>((word >> (8 * byte)) & 0xFFU);
}
std::int32_t SignedByte(std::uint32_t word, int byte) {
  return static_cast<std::int8_t>((word >> (8 * byte)) & 0xFFU);
}

// Sums of one cell over the samples measured in both, at every place.
struct PlaceSums {
  template <typename Number>
  using Plane = std::array<std::array<Number, kSpanLanes>, kSpan>;

  alignas(64) Plane<std::uint16_t> count;         // Samples; 0 in the lane beyond the places.
  alignas(64) Plane<std::int16_t> other_level;    // Of the target's level.
  alignas(64) Plane<std::uint16_t> other_square;  // Of its square.
  alignas(64) Plane<std::int32_t> cell_level;     // Of level + kOffset.
  alignas(64) Plane<std::int32_t> cell_square;    // Of the level squared.
  alignas(64) Plane<std::int32_t> product;        // (level + kOffset) * the target's level.
  // What the sums of the cell's own have beside, at every place of a row: from rows of the target
  // that are measured all along.
  std::array<std::int32_t, kSpan> level_beside;
  std::array<std::int32_t, kSpan> square_beside;
};

// Rows of displacements, [first, last).
struct PlaceRows {
  std::int64_t first = kSpan, last = 0;
};

// Where a search stands in its target.
struct Position {
  const SearchedTarget& target;
  std::int64_t column, row;

  std::int64_t word(std::int64_t y) const { return (row + y) * target.stride + column; }
  std::int64_t sum(std::int64_t y) const { return (row + y) * target.sums_stride + column; }
  // Samples measured of those that a row of the cells reaches.
  std::int64_t Measured(std::int64_t y) const {
    const std::uint16_t* above = target.count_sums.data() + sum(y);
    const std::uint16_t* below = above + target.sums_stride;
    return static_cast<std::uint16_t>(below[kReached] - below[0] - above[kReached] + above[0]);
  }
};

// What the kernels below share: `Kernel` has AddCorners() for the sums that a mask alone decides,
// AddRow() for the rest. Written once, compiled for every processor.
template <typename Kernel>
PM_INLINE PlaceRows AddAllCorners(const SearchedCell& cell, const Position& at,
                                  std::int32_t count_min, PlaceSums& sums) {
  PlaceRows rows;
  for (std::int64_t j = 0; j < kSpan; ++j) {
    Kernel::AddCorners(cell, at, j, sums);
    auto& count = sums.count[static_cast<std::size_t>(j)];
    count[kSpan] = 0;
    std::int32_t enough = 0;
    for (const std::uint16_t each : count) enough |= each >= count_min ? 1 : 0;
    if (enough == 0) continue;
    rows.first = std::min(rows.first, j);
    rows.last = j + 1;
  }
  return rows;
}

template <typename Kernel>
PM_INLINE void AddAllRows(const SearchedCell& cell, const Position& at, const PlaceRows& rows,
                          PlaceSums& sums) {
  const std::int64_t count = std::max<std::int64_t>(0, rows.last - rows.first);
  for (auto* plane : {&sums.cell_level, &sums.cell_square, &sums.product}) {
    std::fill_n(plane->data() + rows.first, count, PlaceSums::Plane<std::int32_t>::value_type{});
  }
  for (auto* beside : {&sums.level_beside, &sums.square_beside}) {
    std::fill_n(beside->data() + rows.first, count, 0);
  }
  for (std::int64_t y = rows.first + cell.first_row; y < rows.last - 1 + cell.last_row; ++y) {
    const std::int64_t measured = at.Measured(y);
    if (measured == 0) continue;
    // The rows of displacements in which a row of the cell lies on this one of the target.
    const PlaceRows meeting{std::max(rows.first, y - cell.last_row + 1),
                            std::min(rows.last, y - cell.first_row + 1)};
    if (measured < kReached) {
      Kernel::AddRow(cell, at, y, meeting, sums);
      continue;
    }
    Kernel::AddWholeRow(cell, at, y, meeting, sums);
    for (std::int64_t j = meeting.first; j < meeting.last; ++j) {
      const SearchedCell::Row& row = cell.rows[static_cast<std::size_t>(y - j)];
      sums.level_beside[static_cast<std::size_t>(j)] += row.level_sum;
      sums.square_beside[static_cast<std::size_t>(j)] += row.square_sum;
    }
  }
}

// Scores the places of a row; whether any is better than `best`. At most 256 samples of at most 31:
// every product below is under 2^31, and its float is rounded alike on every processor.
PM_INLINE bool ScoreRow(const PlaceSums& sums, std::int64_t j, std::int32_t count_min, float best,
                        std::array<float, kSpanLanes>& values) {
  const auto row = static_cast<std::size_t>(j);
  const std::int32_t level_beside = sums.level_beside[row];
  const std::int32_t square_beside = sums.square_beside[row];
  std::int32_t better = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int32_t n = sums.count[row][i];
    const std::int32_t a = sums.cell_level[row][i] + level_beside - kOffset * n;
    const std::int32_t b = sums.other_level[row][i];
    const std::int32_t ab = sums.product[row][i] - kOffset * b;
    const std::int32_t aa = sums.cell_square[row][i] + square_beside;
    const std::int32_t bb = sums.other_square[row][i];
    const auto covariance = static_cast<float>(n * ab - a * b);
    const auto variance_a = static_cast<float>(n * aa - a * a);
    const auto variance_b = static_cast<float>(n * bb - b * b);
    const float product = variance_a * variance_b;
    const float magnitude = covariance < 0.0F ? -covariance : covariance;
    const float value = covariance * magnitude / (product > 1.0F ? product : 1.0F);
    const bool defined = (n >= count_min) & (product > 0.0F);
    values[i] = defined ? value : kNoCorrelation;
    better |= values[i] > best ? 1 : 0;
  }
  return better != 0;
}

template <typename Kernel>
PM_INLINE BestPlace Search(const SearchedCell& cell, const Position& at, std::int32_t count_min) {
  PlaceSums sums;
  const PlaceRows rows = AddAllCorners<Kernel>(cell, at, count_min, sums);
  AddAllRows<Kernel>(cell, at, rows, sums);
  BestPlace best;
  alignas(64) std::array<float, kSpanLanes> values;
  for (std::int64_t j = rows.first; j < rows.last; ++j) {
    if (!ScoreRow(sums, j, count_min, best.value, values)) continue;
    const auto top = std::max_element(values.begin(), values.end());
    best = {.value = *top, .x = top - values.begin(), .y = j};
  }
  return best;
}

struct PlainKernel {
  static void AddCorners(const SearchedCell& cell, const Position& at, std::int64_t j,
                         PlaceSums& sums) {
    const auto row = static_cast<std::size_t>(j);
    for (std::size_t lane = 0; lane < kSpanLanes; ++lane) {
      const std::size_t place = static_cast<std::size_t>(at.sum(j)) + lane;
      std::uint32_t count = 0, level = 0, square = 0;
      for (const std::int32_t offset : cell.added) {
        const std::size_t corner = place + static_cast<std::size_t>(offset);
        count += at.target.count_sums[corner];
        level += at.target.level_sums[corner];
        square += at.target.square_sums[corner];
      }
      for (const std::int32_t offset : cell.subtracted) {
        const std::size_t corner = place + static_cast<std::size_t>(offset);
        count -= at.target.count_sums[corner];
        level -= at.target.level_sums[corner];
        square -= at.target.square_sums[corner];
      }
      sums.count[row][lane] = static_cast<std::uint16_t>(count);
      sums.other_level[row][lane] = static_cast<std::int16_t>(level);
      sums.other_square[row][lane] = static_cast<std::uint16_t>(square);
    }
  }

  static void AddRow(const SearchedCell& cell, const Position& at, std::int64_t y,
                     const PlaceRows& meeting, PlaceSums& sums) {
    AddRows(cell, at, y, meeting, /*whole=*/false, sums);
  }
  static void AddWholeRow(const SearchedCell& cell, const Position& at, std::int64_t y,
                          const PlaceRows& meeting, PlaceSums& sums) {
    AddRows(cell, at, y, meeting, /*whole=*/true, sums);
  }

 private:
  static void AddRows(const SearchedCell& cell, const Position& at, std::int64_t y,
                      const PlaceRows& meeting, bool whole, PlaceSums& sums) {
    for (std::int64_t j = meeting.first; j < meeting.last; ++j) {
      const SearchedCell::Row& row = cell.rows[static_cast<std::size_t>(y - j)];
      const auto i = static_cast<std::size_t>(j);
      for (std::size_t lane = 0; lane < kSpanLanes; ++lane) {
        for (std::size_t t = 0; t < row.level.size(); ++t) {
          const std::size_t word = static_cast<std::size_t>(at.word(y)) + 4 * t + lane;
          for (int k = 0; k < 4; ++k) {
            const std::int32_t mask = whole ? 0 : SignedByte(at.target.mask[word], k);
            sums.cell_level[i][lane] += UnsignedByte(row.level[t], k) * mask;
            sums.cell_square[i][lane] += UnsignedByte(row.square[t], k) * mask;
            sums.product[i][lane] +=
                UnsignedByte(row.level[t], k) * SignedByte(at.target.level[word], k);
          }
        }
      }
    }
  }
};

BestPlace SearchPlain(const SearchedCell& cell, const SearchedTarget& target, std::int64_t column,
                      std::int64_t row, std::int32_t count_min) {
  return Search<PlainKernel>(cell, {target, column, row}, count_min);
}

void SumPlain(std::span<const CellTap> taps, const TargetPlanes& target, std::int64_t place,
              StripSums& sums) {
  for (std::int64_t lane = 0; lane < kLanes; ++lane) {
    std::int32_t count = 0, cell = 0, cell_square = 0, other = 0, other_square = 0, product = 0;
    for (const CellTap& tap : taps) {
      const auto at = static_cast<std::size_t>(place + tap.offset + lane);
      for (int k = 0; k < 4; ++k) {
        const std::int32_t mask = SignedByte(target.mask[at], k);
        const std::int32_t level = SignedByte(target.level[at], k);
        count += UnsignedByte(tap.mask, k) * mask;
        cell += UnsignedByte(tap.level, k) * mask;
        cell_square += UnsignedByte(tap.square, k) * mask;
        other += UnsignedByte(tap.mask, k) * level;
        other_square += UnsignedByte(target.square[at], k) * UnsignedByte(tap.mask, k);
        product += UnsignedByte(tap.level, k) * level;
      }
    }
    const auto at = static_cast<std::size_t>(lane);
    sums.count[at] = count;
    sums.cell_level[at] = cell;
    sums.cell_square[at] = cell_square;
    sums.other_level[at] = other;
    sums.other_square[at] = other_square;
    sums.product[at] = product;
  }
}

#if PM_X86_KERNELS

#define PM_AVX2 __attribute__((target("avx2")))
#define PM_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))

// Four products of bytes added to each of eight sums. Pairs stay under 2^15: squares are at most
// 225, levels at most 31 times 15.
PM_AVX2 inline __m256i Widened(__m256i sum, __m256i pairs) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
PM_AVX2 inline __m256i DotAvx2(__m256i sum, __m256i u, __m256i s) {
  return Widened(sum, _mm256_maddubs_epi16(u, s));
}
template <typename Number>
PM_AVX2 inline __m256i Load256(const Number* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
PM_AVX2 inline __m256i All256(std::uint32_t word) {
  return _mm256_set1_epi32(static_cast<int>(word));
}
template <typename Number>
PM_AVX2 inline void Store256(Number* to, __m256i value) {
  _mm256_store_si256(reinterpret_cast<__m256i*>(to), value);
}

struct Avx2Kernel {
  PM_AVX2 static inline void AddCorners(const SearchedCell& cell, const Position& at,
                                        std::int64_t j, PlaceSums& sums) {
    const auto row = static_cast<std::size_t>(j);
    for (std::int64_t lane = 0; lane < kSpanLanes; lane += 16) {
      const std::uint16_t* const counts = at.target.count_sums.data() + at.sum(j) + lane;
      const std::uint16_t* const levels = at.target.level_sums.data() + at.sum(j) + lane;
      const std::uint16_t* const squares = at.target.square_sums.data() + at.sum(j) + lane;
      __m256i count = _mm256_setzero_si256(), level = count, square = count;
      for (const std::int32_t offset : cell.added) {
        count = _mm256_add_epi16(count, Load256(counts + offset));
        level = _mm256_add_epi16(level, Load256(levels + offset));
        square = _mm256_add_epi16(square, Load256(squares + offset));
      }
      for (const std::int32_t offset : cell.subtracted) {
        count = _mm256_sub_epi16(count, Load256(counts + offset));
        level = _mm256_sub_epi16(level, Load256(levels + offset));
        square = _mm256_sub_epi16(square, Load256(squares + offset));
      }
      Store256(sums.count[row].data() + lane, count);
      Store256(sums.other_level[row].data() + lane, level);
      Store256(sums.other_square[row].data() + lane, square);
    }
  }

  PM_AVX2 static inline void AddRow(const SearchedCell& cell, const Position& at, std::int64_t y,
                                    const PlaceRows& meeting, PlaceSums& sums) {
    AddRows<false>(cell, at, y, meeting, sums);
  }
  PM_AVX2 static inline void AddWholeRow(const SearchedCell& cell, const Position& at,
                                         std::int64_t y, const PlaceRows& meeting,
                                         PlaceSums& sums) {
    AddRows<true>(cell, at, y, meeting, sums);
  }

 private:
  template <bool kWhole>
  PM_AVX2 static inline void AddRows(const SearchedCell& cell, const Position& at, std::int64_t y,
                                     const PlaceRows& meeting, PlaceSums& sums) {
    for (std::int64_t lane = 0; lane < kSpanLanes; lane += 8) {
      __m256i level[kRowWords], mask[kRowWords];
      for (std::int64_t t = 0; t < kRowWords; ++t) {
        level[t] = Load256(at.target.level.data() + at.word(y) + 4 * t + lane);
        mask[t] = Load256(at.target.mask.data() + at.word(y) + 4 * t + lane);
      }
      for (std::int64_t j = meeting.first; j < meeting.last; ++j) {
        const SearchedCell::Row& row = cell.rows[static_cast<std::size_t>(y - j)];
        const auto i = static_cast<std::size_t>(j);
        __m256i product = Load256(sums.product[i].data() + lane);
        __m256i cell_level = Load256(sums.cell_level[i].data() + lane);
        __m256i cell_square = Load256(sums.cell_square[i].data() + lane);
        // The pairs of a whole row stay under 2^15, too: widened once.
        __m256i pairs = _mm256_setzero_si256(), level_pairs = pairs, square_pairs = pairs;
        for (std::size_t t = 0; t < kRowWords; ++t) {
          const __m256i own = All256(row.level[t]);
          pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(own, level[t]));
          if (kWhole) continue;
          level_pairs = _mm256_add_epi16(level_pairs, _mm256_maddubs_epi16(own, mask[t]));
          square_pairs =
              _mm256_add_epi16(square_pairs, _mm256_maddubs_epi16(All256(row.square[t]), mask[t]));
        }
        Store256(sums.product[i].data() + lane, Widened(product, pairs));
        if (kWhole) continue;
        Store256(sums.cell_level[i].data() + lane, Widened(cell_level, level_pairs));
        Store256(sums.cell_square[i].data() + lane, Widened(cell_square, square_pairs));
      }
    }
  }
};

PM_AVX2 BestPlace SearchAvx2(const SearchedCell& cell, const SearchedTarget& target,
                             std::int64_t column, std::int64_t row, std::int32_t count_min) {
  return Search<Avx2Kernel>(cell, {target, column, row}, count_min);
}

PM_AVX2 void SumAvx2(std::span<const CellTap> taps, const TargetPlanes& target, std::int64_t place,
                     StripSums& sums) {
  for (std::int64_t lane = 0; lane < kLanes; lane += 8) {
    __m256i count = _mm256_setzero_si256();
    __m256i cell = count, cell_square = cell, other = cell, other_square = cell, product = cell;
    for (const CellTap& tap : taps) {
      const std::int64_t at = place + tap.offset + lane;
      const __m256i level = Load256(target.level.data() + at);
      const __m256i mask = Load256(target.mask.data() + at);
      const __m256i square = Load256(target.square.data() + at);
      const __m256i tap_level = All256(tap.level), tap_mask = All256(tap.mask);
      count = DotAvx2(count, tap_mask, mask);
      cell = DotAvx2(cell, tap_level, mask);
      cell_square = DotAvx2(cell_square, All256(tap.square), mask);
      other = DotAvx2(other, tap_mask, level);
      other_square = DotAvx2(other_square, square, tap_mask);
      product = DotAvx2(product, tap_level, level);
    }
    Store256(sums.count.data() + lane, count);
    Store256(sums.cell_level.data() + lane, cell);
    Store256(sums.cell_square.data() + lane, cell_square);
    Store256(sums.other_level.data() + lane, other);
    Store256(sums.other_square.data() + lane, other_square);
    Store256(sums.product.data() + lane, product);
  }
}

template <typename Number>
PM_VNNI inline __m512i Load512(const Number* from) {
  return _mm512_loadu_si512(from);
}
PM_VNNI inline __m512i All512(std::uint32_t word) {
  return _mm512_set1_epi32(static_cast<int>(word));
}

// The instruction itself: from the intrinsic GCC 12 copies every sum once more and loads operands
// anew that are in registers, which halves the speed.
PM_VNNI inline void AddDot512(__m512i& sum, __m512i u, __m512i s) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(u), "v"(s));
}

struct VnniKernel {
  PM_VNNI static inline void AddCorners(const SearchedCell& cell, const Position& at,
                                        std::int64_t j, PlaceSums& sums) {
    const auto row = static_cast<std::size_t>(j);
    const std::uint16_t* const counts = at.target.count_sums.data() + at.sum(j);
    const std::uint16_t* const levels = at.target.level_sums.data() + at.sum(j);
    const std::uint16_t* const squares = at.target.square_sums.data() + at.sum(j);
    __m512i count = _mm512_setzero_si512(), level = count, square = count;
    for (const std::int32_t offset : cell.added) {
      count = _mm512_add_epi16(count, Load512(counts + offset));
      level = _mm512_add_epi16(level, Load512(levels + offset));
      square = _mm512_add_epi16(square, Load512(squares + offset));
    }
    for (const std::int32_t offset : cell.subtracted) {
      count = _mm512_sub_epi16(count, Load512(counts + offset));
      level = _mm512_sub_epi16(level, Load512(levels + offset));
      square = _mm512_sub_epi16(square, Load512(squares + offset));
    }
    _mm512_store_si512(sums.count[row].data(), count);
    _mm512_store_si512(sums.other_level[row].data(), level);
    _mm512_store_si512(sums.other_square[row].data(), square);
  }

  // The target's words stay in registers, the sums come and go: twelve broadcasts and twelve loads
  // and stores to twenty-four products.
  PM_VNNI static inline void AddRow(const SearchedCell& cell, const Position& at, std::int64_t y,
                                    const PlaceRows& meeting, PlaceSums& sums) {
    __m512i level[kRowWords][2], mask[kRowWords][2];
    LoadRow(at.target.level.data() + at.word(y), level);
    LoadRow(at.target.mask.data() + at.word(y), mask);
    for (std::int64_t j = meeting.first; j < meeting.last; ++j) {
      const SearchedCell::Row& row = cell.rows[static_cast<std::size_t>(y - j)];
      const auto i = static_cast<std::size_t>(j);
      // Not in arrays: GCC 12 would write those to memory after every row.
      __m512i product0 = Load512(sums.product[i].data());
      __m512i product1 = Load512(sums.product[i].data() + kLanes);
      __m512i level0 = Load512(sums.cell_level[i].data());
      __m512i level1 = Load512(sums.cell_level[i].data() + kLanes);
      __m512i square0 = Load512(sums.cell_square[i].data());
      __m512i square1 = Load512(sums.cell_square[i].data() + kLanes);
      for (std::size_t t = 0; t < kRowWords; ++t) {
        const __m512i own = All512(row.level[t]);
        const __m512i own_square = All512(row.square[t]);
        AddDot512(product0, own, level[t][0]);
        AddDot512(product1, own, level[t][1]);
        AddDot512(level0, own, mask[t][0]);
        AddDot512(level1, own, mask[t][1]);
        AddDot512(square0, own_square, mask[t][0]);
        AddDot512(square1, own_square, mask[t][1]);
      }
      _mm512_store_si512(sums.product[i].data(), product0);
      _mm512_store_si512(sums.product[i].data() + kLanes, product1);
      _mm512_store_si512(sums.cell_level[i].data(), level0);
      _mm512_store_si512(sums.cell_level[i].data() + kLanes, level1);
      _mm512_store_si512(sums.cell_square[i].data(), square0);
      _mm512_store_si512(sums.cell_square[i].data() + kLanes, square1);
    }
  }

  PM_VNNI static inline void AddWholeRow(const SearchedCell& cell, const Position& at,
                                         std::int64_t y, const PlaceRows& meeting,
                                         PlaceSums& sums) {
    __m512i level[kRowWords][2];
    LoadRow(at.target.level.data() + at.word(y), level);
    for (std::int64_t j = meeting.first; j < meeting.last; ++j) {
      const SearchedCell::Row& row = cell.rows[static_cast<std::size_t>(y - j)];
      const auto i = static_cast<std::size_t>(j);
      __m512i first = Load512(sums.product[i].data());
      __m512i second = Load512(sums.product[i].data() + kLanes);
      for (std::size_t t = 0; t < kRowWords; ++t) {
        const __m512i own = All512(row.level[t]);
        AddDot512(first, own, level[t][0]);
        AddDot512(second, own, level[t][1]);
      }
      _mm512_store_si512(sums.product[i].data(), first);
      _mm512_store_si512(sums.product[i].data() + kLanes, second);
    }
  }

 private:
  PM_VNNI static inline void LoadRow(const std::uint32_t* from, __m512i (&words)[kRowWords][2]) {
    for (std::int64_t t = 0; t < kRowWords; ++t) {
      words[t][0] = Load512(from + 4 * t);
      words[t][1] = Load512(from + 4 * t + kLanes);
    }
  }
};

PM_VNNI BestPlace SearchVnni(const SearchedCell& cell, const SearchedTarget& target,
                             std::int64_t column, std::int64_t row, std::int32_t count_min) {
  return Search<VnniKernel>(cell, {target, column, row}, count_min);
}

PM_VNNI void SumVnni(std::span<const CellTap> taps, const TargetPlanes& target, std::int64_t place,
                     StripSums& sums) {
  __m512i count = _mm512_setzero_si512();
  __m512i cell = count, cell_square = count, other = count, other_square = count, product = count;
  for (const CellTap& tap : taps) {
    const std::int64_t at = place + tap.offset;
    const __m512i level = Load512(target.level.data() + at);
    const __m512i mask = Load512(target.mask.data() + at);
    const __m512i square = Load512(target.square.data() + at);
    const __m512i tap_level = All512(tap.level), tap_mask = All512(tap.mask);
    AddDot512(count, tap_mask, mask);
    AddDot512(cell, tap_level, mask);
    AddDot512(cell_square, All512(tap.square), mask);
    AddDot512(other, tap_mask, level);
    AddDot512(product, tap_level, level);
    AddDot512(other_square, square, tap_mask);
  }
  _mm512_store_si512(sums.count.data(), count);
  _mm512_store_si512(sums.cell_level.data(), cell);
  _mm512_store_si512(sums.cell_square.data(), cell_square);
  _mm512_store_si512(sums.other_level.data(), other);
  _mm512_store_si512(sums.other_square.data(), other_square);
  _mm512_store_si512(sums.product.data(), product);
}

#endif

PM_PER_PROCESSOR
void ExpandPlain(const std::uint8_t* __restrict bytes, std::uint32_t* __restrict words,
                 std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    words[i] = static_cast<std::uint32_t>(bytes[i]) |
               static_cast<std::uint32_t>(bytes[i + 1]) << 8 |
               static_cast<std::uint32_t>(bytes[i + 2]) << 16 |
               static_cast<std::uint32_t>(bytes[i + 3]) << 24;
  }
}

#if PM_X86_KERNELS
// Sixteen words come from nineteen bytes: each quarter of the register takes the seven it needs.
__attribute__((target("avx512f,avx512bw,avx512vl"))) void ExpandAvx512(const std::uint8_t* bytes,
                                                                       std::uint32_t* words,
                                                                       std::int64_t count) {
  const __m512i quarters = _mm512_setr_epi32(0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4);
  const __m512i slide = _mm512_maskz_broadcast_i32x4(
      0xFFFF, _mm_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6));
  for (std::int64_t i = 0; i < count; i += kLanes) {
    const std::int64_t left = count - i;
    const auto readable = left >= 29 ? ~__mmask32{0} : (__mmask32{1} << (left + 3)) - 1;
    const auto wanted = static_cast<__mmask16>(left >= kLanes ? 0xFFFF : (1 << left) - 1);
    const __m512i from = _mm512_zextsi256_si512(_mm256_maskz_loadu_epi8(readable, bytes + i));
    _mm512_mask_storeu_epi32(
        words + i, wanted,
        _mm512_shuffle_epi8(_mm512_maskz_permutexvar_epi32(0xFFFF, quarters, from), slide));
  }
}
#endif

using Expander = void (*)(const std::uint8_t*, std::uint32_t*, std::int64_t);
Expander BestExpander() {
#if PM_X86_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return &ExpandAvx512;
  }
#endif
  return &ExpandPlain;
}

// What one sample adds to the sums over a quadrant: one addition for all three. The count of a
// whole target is below 2^16 and the sum of squares below 2^32, so that neither disturbs the next;
// the sum of levels overflows at the top, where it does no harm.
constexpr int kSquareBits = 16, kLevelBits = 48;
std::array<std::uint64_t, 256> MakeSampleSums() {
  std::array<std::uint64_t, 256> out{};
  for (std::int32_t level = -kLevelMax; level <= kLevelMax; ++level) {
    out[static_cast<std::uint8_t>(level)] =
        1U + (static_cast<std::uint64_t>(level * level) << kSquareBits) +
        (static_cast<std::uint64_t>(level) << kLevelBits);
  }
  return out;
}

PM_PER_PROCESSOR
void SplitSums(const std::uint64_t* __restrict sums, std::int64_t count,
               std::uint16_t* __restrict counts, std::uint16_t* __restrict levels,
               std::uint16_t* __restrict squares) {
  for (std::int64_t i = 0; i < count; ++i) {
    counts[i] = static_cast<std::uint16_t>(sums[i]);
    squares[i] = static_cast<std::uint16_t>(sums[i] >> kSquareBits);
    levels[i] = static_cast<std::uint16_t>(sums[i] >> kLevelBits);
  }
}

std::vector<CellKernel> FindKernels() {
  std::vector<CellKernel> kernels;
#if PM_X86_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
    kernels.push_back({"avx512-vnni", &SearchVnni, &SumVnni});
  }
  if (__builtin_cpu_supports("avx2")) {
    kernels.push_back({"avx2", &SearchAvx2, &SumAvx2});
  }
#endif
  kernels.push_back({"plain", &SearchPlain, &SumPlain});
  return kernels;
}

// words[i] = the bytes i .. i + 3, the first lowest. Reads count + 3 bytes.
void ExpandToWords(const std::uint8_t* bytes, std::uint32_t* words, std::int64_t count) {
  static const auto expand = BestExpander();
  expand(bytes, words, count);
}

// One row of a target, byte by byte, with room for the last word.
struct RowBytes {
  explicit RowBytes(std::int64_t columns)
      : level(static_cast<std::size_t>(columns + 3), 0), mask(level), square(level) {}

  std::vector<std::uint8_t> level, mask, square;
};

PM_PER_PROCESSOR
void SplitLevels(const std::int8_t* __restrict from, std::int64_t count,
                 std::uint8_t* __restrict level, std::uint8_t* __restrict mask,
                 std::uint8_t* __restrict square) {
  for (std::int64_t i = 0; i < count; ++i) {
    const bool measured = from[i] != kLevelNotMeasured;
    const std::int8_t value = measured ? from[i] : std::int8_t{0};
    level[i] = static_cast<std::uint8_t>(value);
    mask[i] = measured ? 1 : 0;
    square[i] = static_cast<std::uint8_t>(value * value);
  }
}

}  // namespace

SearchedCell MakeSearchedCell(std::span<const std::int8_t> level, std::int64_t sums_stride) {
  SearchedCell out;
  const auto measured = [&](std::int64_t x, std::int64_t y) -> std::int32_t {
    if (x < 0 || y < 0 || x >= kCellSide || y >= kCellSide) return 0;
    return level[static_cast<std::size_t>(y * kCellSide + x)] != kLevelNotMeasured ? 1 : 0;
  };
  out.first_row = kCellSide;
  for (std::int64_t y = 0; y < kCellSide; ++y) {
    SearchedCell::Row& row = out.rows[static_cast<std::size_t>(y)];
    for (std::int64_t x = 0; x < kCellSide; ++x) {
      if (measured(x, y) == 0) continue;
      const std::int32_t value = level[static_cast<std::size_t>(y * kCellSide + x)];
      const auto word = static_cast<std::size_t>(x / 4);
      const auto shift = static_cast<std::uint32_t>(8 * (x % 4));
      row.level[word] |= static_cast<std::uint32_t>(value + kOffset) << shift;
      row.square[word] |= static_cast<std::uint32_t>(value * value) << shift;
      row.level_sum += value + kOffset;
      row.square_sum += value * value;
      out.first_row = std::min(out.first_row, y);
      out.last_row = y + 1;
    }
  }
  for (std::int64_t y = 0; y <= kCellSide; ++y) {
    for (std::int64_t x = 0; x <= kCellSide; ++x) {
      const std::int32_t turns =
          measured(x - 1, y - 1) - measured(x, y - 1) - measured(x - 1, y) + measured(x, y);
      const auto offset = static_cast<std::int32_t>(y * sums_stride + x);
      for (std::int32_t k = 0; k < turns; ++k) out.added.push_back(offset);
      for (std::int32_t k = 0; k < -turns; ++k) out.subtracted.push_back(offset);
    }
  }
  return out;
}

void FillTarget(const LevelMap& map, std::int64_t x, std::int64_t y, std::int64_t columns,
                std::int64_t rows, SearchedTarget& out) {
  static const std::array<std::uint64_t, 256> kSampleSums = MakeSampleSums();
  out.stride = columns;
  out.sums_stride = columns + 1;
  const auto words = static_cast<std::size_t>(columns * rows);
  out.level.resize(words);
  out.mask.resize(words);
  const auto corners = static_cast<std::size_t>((columns + 1) * (rows + 1));
  for (auto* sums : {&out.count_sums, &out.level_sums, &out.square_sums}) {
    sums->resize(corners);
    std::fill_n(sums->begin(), columns + 1, std::uint16_t{0});
  }
  RowBytes bytes(columns);
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(columns + 1), 0);
  const std::int64_t first = std::clamp<std::int64_t>(-x, 0, columns);
  const std::int64_t last = std::clamp<std::int64_t>(map.side - x, first, columns);
  for (std::int64_t j = 0; j < rows; ++j) {
    if (y + j >= 0 && y + j < map.side) {
      const std::int8_t* from = map.level.data() + (y + j) * map.side + x;
      SplitLevels(from + first, last - first, bytes.level.data() + first, bytes.mask.data() + first,
                  bytes.square.data() + first);
      std::uint64_t row = 0;
      for (std::int64_t i = first; i < last; ++i) {
        row += kSampleSums[static_cast<std::uint8_t>(from[i])];
        sums[static_cast<std::size_t>(i + 1)] += row;
      }
      for (std::int64_t i = last; i < columns; ++i) sums[static_cast<std::size_t>(i + 1)] += row;
    } else {
      bytes = RowBytes(columns);
    }
    ExpandToWords(bytes.level.data(), out.level.data() + j * columns, columns);
    ExpandToWords(bytes.mask.data(), out.mask.data() + j * columns, columns);
    const std::int64_t to = (j + 1) * out.sums_stride;
    SplitSums(sums.data(), columns + 1, out.count_sums.data() + to, out.level_sums.data() + to,
              out.square_sums.data() + to);
  }
}

void FillPlanes(std::span<const std::int8_t> levels, std::int64_t width, std::int64_t columns,
                TargetPlanes& out) {
  const std::int64_t rows = static_cast<std::int64_t>(levels.size()) / width;
  out.stride = columns;
  for (auto* words : {&out.level, &out.mask, &out.square}) {
    words->resize(static_cast<std::size_t>(columns * rows));
  }
  RowBytes bytes(columns);
  for (std::int64_t j = 0; j < rows; ++j) {
    SplitLevels(levels.data() + j * width, width, bytes.level.data(), bytes.mask.data(),
                bytes.square.data());
    ExpandToWords(bytes.level.data(), out.level.data() + j * columns, columns);
    ExpandToWords(bytes.mask.data(), out.mask.data() + j * columns, columns);
    ExpandToWords(bytes.square.data(), out.square.data() + j * columns, columns);
  }
}

std::span<const CellKernel> CellKernels() {
  static const std::vector<CellKernel>* const kernels = new std::vector<CellKernel>(FindKernels());
  return *kernels;
}

const CellKernel& BestCellKernel() { return CellKernels().front(); }

}  // namespace proofmark::forensics
