// SPDX-License-Identifier: Apache-2.0
#include "server/match/query_sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"

// As in forensics/striated/inner_loops.cc: the counting instruction where there is one.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define PM_PER_PROCESSOR \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PM_PER_PROCESSOR
#endif

namespace proofmark::match {
namespace {

using forensics::LandSignature;

constexpr std::size_t kEntryBytes = 1 + kSketchMarkBytes;

// --- Lands ------------------------------------------------------------------------------------

constexpr std::int64_t kFinePerCell = 4;       // Signature samples, 12.5 um.
constexpr std::int64_t kShiftsEitherWay = 48;  // Signature samples: 150 um.
// A sample is its height over the median absolute one, limited to this many sixteenths.
constexpr double kLandScale = 16.0;
constexpr std::int32_t kLandLimit = 24;

// --- Reliefs ----------------------------------------------------------------------------------

constexpr std::int64_t kReliefCellSamples = 10;  // From cell to cell: 125 um of a breech face.
constexpr std::int64_t kReliefBoxSamples = 16;   // Averaged for one: what falls between two
                                                 // positions then loses little.
constexpr std::int64_t kReliefCellsSide = 32;
constexpr std::int64_t kReliefShiftSamples = 4;
constexpr std::int64_t kReliefShiftsEitherWay = 3;
constexpr int kTurnStepDegrees = 2;
constexpr std::int32_t kReliefLimit = 96;

// Bits of a question that tell the border's dither apart (SketchedQuery::coarse).
constexpr std::size_t kCoarseBits = 6;

// Heights as hard-limited integers, 0 where nothing was measured.
std::vector<std::int32_t> Limit(std::span<const std::int16_t> height_nm) {
  std::vector<std::int32_t> heights;
  for (const std::int16_t h : height_nm) {
    if (h != forensics::kSampleNotMeasured) heights.push_back(h);
  }
  std::vector<std::int32_t> limited(height_nm.size());
  if (heights.empty()) return limited;
  const auto middle = heights.begin() + static_cast<std::ptrdiff_t>(heights.size() / 2);
  std::nth_element(heights.begin(), middle, heights.end());
  const std::int32_t median = *middle;
  for (std::int32_t& h : heights) h = std::abs(h - median);
  std::nth_element(heights.begin(), middle, heights.end());
  const double scale = kLandScale / std::max(1, *middle);
  for (std::size_t i = 0; i < height_nm.size(); ++i) {
    if (height_nm[i] == forensics::kSampleNotMeasured) continue;
    const double level = std::floor((height_nm[i] - median) * scale + 0.5);
    limited[i] =
        static_cast<std::int32_t>(std::clamp(level, -double{kLandLimit}, double{kLandLimit}));
  }
  return limited;
}

// A land about the middle of its energy: blank samples beside it move nothing.
class LimitedLand {
 public:
  explicit LimitedLand(const LandSignature& land) : level_(Limit(land.height_nm)) {
    std::int64_t energy = 0;
    std::int64_t moment = 0;
    for (std::size_t i = 0; i < level_.size(); ++i) {
      energy += level_[i] * level_[i];
      moment += static_cast<std::int64_t>(i) * level_[i] * level_[i];
    }
    middle_ = energy == 0 ? 0 : (2 * moment + energy) / (2 * energy);
  }

  // Its cells, `shift` fine samples to the right.
  SketchKey::Cells CellsAt(std::int64_t shift, bool turned) const {
    SketchKey::Cells cells{};
    constexpr std::int64_t kMiddleCell = static_cast<std::int64_t>(SketchKey::kCells) / 2;
    for (std::size_t i = 0; i < level_.size(); ++i) {
      const std::int64_t from_middle = static_cast<std::int64_t>(i) - middle_;
      const std::int64_t fine =
          kMiddleCell * kFinePerCell + (turned ? -from_middle : from_middle) + shift;
      if (fine < 0 || fine >= static_cast<std::int64_t>(SketchKey::kCells) * kFinePerCell) continue;
      // Into its own cell and the nearer neighbour's: 25 um wide, so that a shift by less than a
      // sample changes little.
      const std::int64_t cell = fine / kFinePerCell;
      const std::int64_t other = cell + (fine % kFinePerCell < kFinePerCell / 2 ? -1 : 1);
      cells[static_cast<std::size_t>(cell)] += level_[i];
      if (other >= 0 && other < static_cast<std::int64_t>(SketchKey::kCells)) {
        cells[static_cast<std::size_t>(other)] += level_[i];
      }
    }
    return cells;
  }

 private:
  std::vector<std::int32_t> level_;
  std::int64_t middle_ = 0;
};

std::vector<SketchBits> PositionsOf(const SketchKey& key, const LandSignature& signature) {
  const LimitedLand land(signature);
  std::vector<SketchBits> positions;
  positions.push_back(key.Project(land.CellsAt(0, false)));  // As it is kept.
  for (const bool turned : {false, true}) {
    for (std::int64_t s = -kShiftsEitherWay; s <= kShiftsEitherWay; ++s) {
      if (s != 0 || turned) {
        positions.push_back(key.Project(land.CellsAt(s, turned)));
      }
    }
  }
  return positions;
}

// Sums and counts of measured levels in any rectangle.
class ReliefSums {
 public:
  explicit ReliefSums(const forensics::ImpressedSignature& signature)
      : width_(signature.width), height_(signature.height) {
    const auto stride = static_cast<std::size_t>(width_ + 1);
    sum_.assign(stride * static_cast<std::size_t>(height_ + 1), 0);
    count_ = sum_;
    std::int64_t measured = 0;
    std::int64_t x_sum = 0;
    std::int64_t y_sum = 0;
    for (std::int64_t y = 0; y < height_; ++y) {
      for (std::int64_t x = 0; x < width_; ++x) {
        const std::int8_t level = signature.relief[static_cast<std::size_t>(y * width_ + x)];
        const bool there = level != forensics::kReliefNotMeasured;
        const std::size_t at =
            static_cast<std::size_t>(y + 1) * stride + static_cast<std::size_t>(x) + 1;
        sum_[at] = (there ? level : 0) + sum_[at - 1] + sum_[at - stride] - sum_[at - stride - 1];
        count_[at] =
            (there ? 1 : 0) + count_[at - 1] + count_[at - stride] - count_[at - stride - 1];
        measured += there ? 1 : 0;
        x_sum += there ? x : 0;
        y_sum += there ? y : 0;
      }
    }
    middle_x_ = measured == 0 ? 0.0 : static_cast<double>(x_sum) / static_cast<double>(measured);
    middle_y_ = measured == 0 ? 0.0 : static_cast<double>(y_sum) / static_cast<double>(measured);
  }

  // About the middle of what was measured, turned, then shifted by whole samples.
  SketchKey::Cells CellsAt(double cosine, double sine, std::int64_t dx, std::int64_t dy) const {
    SketchKey::Cells cells{};
    constexpr double kHalf = 0.5 * static_cast<double>(kReliefCellsSide - 1);
    for (std::int64_t j = 0; j < kReliefCellsSide; ++j) {
      for (std::int64_t i = 0; i < kReliefCellsSide; ++i) {
        const double x = (static_cast<double>(i) - kHalf) * kReliefCellSamples;
        const double y = (static_cast<double>(j) - kHalf) * kReliefCellSamples;
        cells[static_cast<std::size_t>(j * kReliefCellsSide + i)] =
            CellAround(middle_x_ + cosine * x - sine * y + static_cast<double>(dx),
                       middle_y_ + sine * x + cosine * y + static_cast<double>(dy));
      }
    }
    return cells;
  }

 private:
  std::int32_t CellAround(double x, double y) const {
    const auto left = static_cast<std::int64_t>(std::floor(x)) - kReliefBoxSamples / 2;
    const auto top = static_cast<std::int64_t>(std::floor(y)) - kReliefBoxSamples / 2;
    const std::int64_t x0 = std::clamp<std::int64_t>(left, 0, width_);
    const std::int64_t x1 = std::clamp<std::int64_t>(left + kReliefBoxSamples, 0, width_);
    const std::int64_t y0 = std::clamp<std::int64_t>(top, 0, height_);
    const std::int64_t y1 = std::clamp<std::int64_t>(top + kReliefBoxSamples, 0, height_);
    const auto over = [&](const std::vector<std::int32_t>& table) {
      const auto at = [&](std::int64_t ax, std::int64_t ay) {
        return table[static_cast<std::size_t>(ay * (width_ + 1) + ax)];
      };
      return at(x1, y1) - at(x0, y1) - at(x1, y0) + at(x0, y0);
    };
    const std::int32_t count = over(count_);
    if (count < kReliefBoxSamples * kReliefBoxSamples / 2) return 0;
    return std::clamp(4 * over(sum_) / count, -kReliefLimit, kReliefLimit);
  }

  std::int64_t width_;
  std::int64_t height_;
  std::vector<std::int32_t> sum_;  // [height + 1][width + 1]: of all samples above and to the left.
  std::vector<std::int32_t> count_;
  double middle_x_ = 0.0;
  double middle_y_ = 0.0;
};

std::vector<SketchBits> PositionsOf(const SketchKey& key,
                                    const forensics::ImpressedSignature& signature) {
  const ReliefSums relief(signature);
  std::vector<SketchBits> positions;
  positions.push_back(key.Project(relief.CellsAt(1.0, 0.0, 0, 0)));  // As it is kept.
  for (int degrees = 0; degrees < 360; degrees += kTurnStepDegrees) {
    const double radians = degrees * 0.017453292519943295;
    for (std::int64_t dy = -kReliefShiftsEitherWay; dy <= kReliefShiftsEitherWay; ++dy) {
      for (std::int64_t dx = -kReliefShiftsEitherWay; dx <= kReliefShiftsEitherWay; ++dx) {
        positions.push_back(
            key.Project(relief.CellsAt(std::cos(radians), std::sin(radians),
                                       dx * kReliefShiftSamples, dy * kReliefShiftSamples)));
      }
    }
  }
  return positions;
}

SketchedMark SortOf(forensics::ImpressedRegion region) {
  switch (region) {
    case forensics::ImpressedRegion::kBreechFace:
      return SketchedMark::kBreechFace;
    case forensics::ImpressedRegion::kFiringPin:
      return SketchedMark::kFiringPin;
    case forensics::ImpressedRegion::kApertureShear:
      return SketchedMark::kApertureShear;
    case forensics::ImpressedRegion::kEjector:
      return SketchedMark::kEjector;
  }
  PM_CHECK(false);
}

// Fewest bits in which any of `positions` differs from `bits`, or `bound` if none differs in fewer.
PM_PER_PROCESSOR
int Closest(const SketchBits* positions, std::size_t count, const SketchBits& bits, int bound) {
  // Of unrelated marks half the bits differ: the first words tell nearly all of them apart.
  constexpr std::size_t kFirstWords = 5;
  int closest = bound;
  for (std::size_t p = 0; p < count; ++p) {
    const auto differing = [&](std::size_t from, std::size_t to) {
      int differ = 0;
      for (std::size_t w = from; w < to; ++w) differ += std::popcount(positions[p][w] ^ bits[w]);
      return differ;
    };
    const int first = differing(0, kFirstWords);
    if (first >= closest) continue;
    closest = std::min(closest, first + differing(kFirstWords, bits.size()));
  }
  return closest;
}

SketchBits ParseBits(std::string_view bytes) {
  SketchBits bits{};
  for (std::size_t w = 0; w < bits.size(); ++w) bits[w] = base::ParseU64Be(bytes.substr(8 * w, 8));
  return bits;
}

// Cells as a square of rows. Its transform goes along columns, turns the square, and goes along
// columns again: each step then takes whole rows at a time.
constexpr std::size_t kSide = 32;
static_assert(kSide * kSide == SketchKey::kCells);

[[gnu::always_inline]] inline void TransformColumns(std::int32_t* cells) {
  for (std::size_t half = kSide; half < SketchKey::kCells; half *= 2) {
    for (std::size_t block = 0; block < SketchKey::kCells; block += 2 * half) {
      for (std::size_t i = block; i < block + half; ++i) {
        const std::int32_t a = cells[i];
        const std::int32_t b = cells[i + half];
        cells[i] = a + b;
        cells[i + half] = a - b;
      }
    }
  }
}

constexpr std::size_t Turned(std::size_t cell) { return cell % kSide * kSide + cell / kSide; }

// The Walsh-Hadamard transform of a square, turned; unnormalised.
PM_PER_PROCESSOR
void TransformTurned(const std::int32_t* __restrict cells, std::int32_t* __restrict turned,
                     std::int32_t* __restrict scratch) {
  std::copy(cells, cells + SketchKey::kCells, scratch);
  TransformColumns(scratch);
  for (std::size_t y = 0; y < kSide; ++y) {
    for (std::size_t x = 0; x < kSide; ++x) turned[y * kSide + x] = scratch[x * kSide + y];
  }
  TransformColumns(turned);
}

// Words of chance out of a seed.
class SeededWords {
 public:
  explicit SeededWords(const crypto::Sha256Digest& seed) : seed_(seed) {}

  std::uint64_t Next() {
    if (used_ == kWordsEach) {
      std::string counter;
      base::AppendU64Be(counter, counter_++);
      block_ = crypto::HmacSha256(base::ByteSpan(seed_), counter);
      used_ = 0;
    }
    return base::ParseU64Be(crypto::AsText(block_).substr(8 * used_++, 8));
  }

 private:
  static constexpr std::size_t kWordsEach = sizeof(crypto::Sha256Digest) / 8;
  const crypto::Sha256Digest seed_;
  crypto::Sha256Digest block_{};
  std::uint64_t counter_ = 0;
  std::size_t used_ = kWordsEach;
};

}  // namespace

SketchRadius RadiusOf(SketchedMark mark) {
  switch (mark) {
    case SketchedMark::kLand:
    case SketchedMark::kApertureShear:
      return {.alike = 35, .kin = 132};
    case SketchedMark::kBreechFace:
    case SketchedMark::kFiringPin:
    case SketchedMark::kEjector:
      return {.alike = 100, .kin = 180};
  }
  PM_CHECK(false);
}

SketchKey::SketchKey(const crypto::Sha256Digest& seed) {
  SeededWords words(seed);
  std::iota(place_.begin(), place_.end(), std::uint16_t{0});
  for (std::size_t i = kCells - 1; i > 0; --i) {
    std::swap(place_[i], place_[words.Next() % (i + 1)]);
  }
  for (std::int8_t& sign : sign_) sign = (words.Next() & 1) != 0 ? 1 : -1;
}

SketchBits SketchKey::Project(const Cells& cells) const {
  Cells mixed, sums, scratch;
  for (std::size_t i = 0; i < kCells; ++i) mixed[place_[i]] = sign_[i] * cells[i];
  TransformTurned(mixed.data(), sums.data(), scratch.data());
  SketchBits bits{};
  // The first sum is of all cells, hence from 1.
  for (std::size_t i = 0; i < kSketchBits; ++i) {
    bits[i / 64] |= std::uint64_t{sums[Turned(i + 1)] > 0} << (i % 64);
  }
  return bits;
}

SketchedQuery::SketchedQuery(const SketchKey& key, const forensics::BallisticSignature& signature) {
  if (const auto* bullet = std::get_if<forensics::BulletSignature>(&signature)) {
    for (const std::optional<LandSignature>& land : bullet->lands) {
      if (land.has_value()) marks_.push_back({SketchedMark::kLand, PositionsOf(key, *land)});
    }
  } else {
    const auto& of_case = std::get<forensics::CaseSignature>(signature);
    for (const forensics::ImpressedSignature& impression : of_case.impressions) {
      marks_.push_back({SortOf(impression.region), PositionsOf(key, impression)});
    }
    if (of_case.aperture_shear.has_value()) {
      marks_.push_back(
          {SketchedMark::kApertureShear, PositionsOf(key, of_case.aperture_shear->profile)});
    }
  }

  std::vector<std::uint64_t> coarse;
  const std::size_t bits_each =
      std::max<std::size_t>(1, kCoarseBits / std::max<std::size_t>(1, marks_.size()));
  for (const Mark& mark : marks_) {
    bytes_.push_back(static_cast<char>(mark.sort));
    for (const std::uint64_t word : mark.positions.front()) base::AppendU64Be(bytes_, word);
    coarse.push_back(mark.positions.front()[0] & ((std::uint64_t{1} << bits_each) - 1));
  }
  std::sort(coarse.begin(), coarse.end());
  for (const std::uint64_t bits : coarse) coarse_.push_back(static_cast<char>(bits));
}

federation::Likeness SketchedQuery::Compare(std::string_view earlier) const {
  federation::Likeness likeness = federation::Likeness::kApart;
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    const SketchedMark sort = marks_[i].sort;
    const SketchRadius radius = RadiusOf(sort);
    for (std::string_view rest = earlier; rest.size() >= kEntryBytes;
         rest.remove_prefix(kEntryBytes)) {
      if (static_cast<std::uint8_t>(rest[0]) != static_cast<std::uint8_t>(sort)) continue;
      const int differ = Closest(marks_[i].positions.data(), marks_[i].positions.size(),
                                 ParseBits(rest.substr(1, kSketchMarkBytes)), radius.kin + 1);
      if (differ <= radius.alike) return federation::Likeness::kAlike;
      if (differ <= radius.kin) likeness = federation::Likeness::kKin;
    }
  }
  return likeness;
}

int SketchedQuery::Distance(SketchedMark mark, std::string_view earlier) const {
  int closest = static_cast<int>(kSketchBits);
  for (const Mark& own : marks_) {
    if (own.sort != mark) continue;
    for (std::string_view rest = earlier; rest.size() >= kEntryBytes;
         rest.remove_prefix(kEntryBytes)) {
      if (static_cast<std::uint8_t>(rest[0]) != static_cast<std::uint8_t>(mark)) continue;
      closest = Closest(own.positions.data(), own.positions.size(),
                        ParseBits(rest.substr(1, kSketchMarkBytes)), closest);
    }
  }
  return closest;
}

absl::Status CheckSketch(std::string_view bytes) {
  bool good = bytes.size() % kEntryBytes == 0;
  for (std::size_t at = 0; good && at < bytes.size(); at += kEntryBytes) {
    const auto sort = static_cast<std::uint8_t>(bytes[at]);
    good = sort >= static_cast<std::uint8_t>(SketchedMark::kLand) &&
           sort <= static_cast<std::uint8_t>(SketchedMark::kEjector);
  }
  return good ? absl::OkStatus() : absl::DataLossError("the sketch of a question is damaged");
}

}  // namespace proofmark::match
