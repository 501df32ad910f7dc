// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/bullet_segment.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "base/check.h"

namespace proofmark::forensics {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::uint8_t kLevelZero = 128;

std::int64_t RoundUp(std::int64_t value, std::int64_t to) { return (value + to - 1) / to * to; }

std::int64_t LevelBytes(std::int64_t slot_width) { return kBlockLanes * slot_width; }
constexpr std::int64_t kNormBytes = kBlockLanes * static_cast<std::int64_t>(sizeof(float));

std::int64_t CoarseSamples(const LandSignature& land) {
  return (static_cast<std::int64_t>(land.height_nm.size()) + kCoarseFineSamples - 1) /
         kCoarseFineSamples;
}

bool IsComparable(const BulletSignature& bullet) {
  if (bullet.lands.empty() || bullet.lands.size() > kBulletLandsMax) return false;
  bool any = false;
  for (const auto& land : bullet.lands) {
    if (!land) continue;
    const std::int64_t samples = static_cast<std::int64_t>(land->height_nm.size());
    if (samples < kSignatureSamplesMin || samples > kSignatureSamplesMax) return false;
    any = true;
  }
  return any;
}

}  // namespace

void BulletSegment::AlignedDelete::operator()(std::uint8_t* bytes) const { std::free(bytes); }

BulletSegment::BulletSegment(SegmentKind kind) : kind_(std::move(kind)) {}

BulletSegment::BulletSegment(const BulletSegment& other)
    : kind_(other.kind_),
      records_(other.records_),
      signatures_(other.signatures_),
      ids_(other.ids_),
      erased_count_(other.erased_count_),
      block_count_(other.block_count_),
      lanes_used_(other.lanes_used_),
      blocks_(other.blocks_),
      owner_(other.owner_) {
  EnsureOwned();
  owner_.reset();
}

SegmentKind BulletSegment::KindOf(const BulletSignature& bullet) {
  SegmentKind kind;
  kind.extractor_version = bullet.extractor_version;
  if (!IsComparable(bullet)) return kind;
  kind.edges_known = true;
  for (const auto& land : bullet.lands) {
    if (!land) continue;
    kind.slot_width = std::max(kind.slot_width, CoarseSlotWidth(CoarseSamples(*land)));
    if (land->has(LandFlag::kLeftShoulderAssumed) || land->has(LandFlag::kRightShoulderAssumed)) {
      kind.edges_known = false;
    }
    if (land->has(LandFlag::kHeelUncertain)) kind.heel_uncertain = true;
  }
  return kind;
}

std::int64_t BulletSegment::BlockBytes() const {
  const std::int64_t energies = (kind_.slot_width / kEnergyStep + 1) * kBlockLanes *
                                static_cast<std::int64_t>(sizeof(std::uint16_t));
  return RoundUp(LevelBytes(kind_.slot_width) + kNormBytes + energies, kAlignment);
}

BlockView BulletSegment::block(std::int64_t i) const {
  const std::uint8_t* begin = blocks_ + i * BlockBytes();
  const std::uint8_t* norms = begin + LevelBytes(kind_.slot_width);
  return {.levels = begin,
          .inverse_norm = reinterpret_cast<const float*>(norms),
          .energy_before = reinterpret_cast<const std::uint16_t*>(norms + kNormBytes)};
}

std::int64_t BulletSegment::owned_bytes() const {
  return static_cast<std::int64_t>(sizeof(*this) + records_.capacity() * sizeof(Record) +
                                   signatures_.capacity() * sizeof(signatures_[0]) +
                                   ids_.capacity()) +
         (own_ ? kSegmentBlocksMax * BlockBytes() : 0);
}

// A full segment's room from the start: what is not used is never touched, and the system lends
// memory by the page.
void BulletSegment::EnsureOwned() {
  if (own_) return;
  const std::int64_t bytes = kSegmentBlocksMax * BlockBytes();
  own_.reset(
      static_cast<std::uint8_t*>(std::aligned_alloc(kAlignment, static_cast<std::size_t>(bytes))));
  PM_CHECK(own_ != nullptr);
  if (block_count_ > 0) {
    std::memcpy(own_.get(), blocks_, static_cast<std::size_t>(block_count_ * BlockBytes()));
  }
  blocks_ = own_.get();
}

std::uint8_t* BulletSegment::Writable(std::int64_t block) {
  EnsureOwned();
  return own_.get() + block * BlockBytes();
}

bool BulletSegment::MakeRoom(std::int64_t lands) {
  if (lanes_used_ + lands <= kBlockLanes) return true;
  if (block_count_ == kSegmentBlocksMax) return false;
  std::uint8_t* fresh = Writable(block_count_);
  std::memset(fresh, 0, static_cast<std::size_t>(BlockBytes()));
  std::memset(fresh, kLevelZero, static_cast<std::size_t>(LevelBytes(kind_.slot_width)));
  ++block_count_;
  lanes_used_ = 0;
  return true;
}

void BulletSegment::PutLand(std::int64_t block, std::int64_t lane, const CoarseLand* land) {
  const std::int64_t width = kind_.slot_width;
  std::uint8_t* begin = Writable(block);
  std::uint8_t* group = begin + lane / kDotLanes * (width * kDotLanes);
  const auto sample = [&](std::int64_t k) -> std::uint8_t& {
    return group[k / kDotWord * kDotRowBytes + lane % kDotLanes * kDotWord + k % kDotWord];
  };
  for (std::int64_t k = 0; k < width; ++k) sample(k) = kLevelZero;
  float& inverse_norm = reinterpret_cast<float*>(begin + LevelBytes(width))[lane];
  auto* energy_before =
      reinterpret_cast<std::uint16_t*>(begin + LevelBytes(width) + kNormBytes) + lane;
  inverse_norm = 0.0F;
  for (std::int64_t e = 0; e <= width / kEnergyStep; ++e) energy_before[e * kBlockLanes] = 0;
  if (land == nullptr || land->energy == 0) return;

  const std::int64_t count = static_cast<std::int64_t>(land->level.size());
  const std::int64_t offset = (width - count) / 2;
  std::int64_t energy = 0;
  for (std::int64_t k = 0; k < width; ++k) {
    if (k >= offset && k < offset + count) {
      const int level = land->level[static_cast<std::size_t>(k - offset)];
      sample(k) = static_cast<std::uint8_t>(level + kLevelZero);
      energy += level * level;
    }
    if ((k + 1) % kEnergyStep == 0) {
      energy_before[(k + 1) / kEnergyStep * kBlockLanes] =
          static_cast<std::uint16_t>(std::min<std::int64_t>(energy >> kEnergyUnitBits, 0xFFFF));
    }
  }
  inverse_norm = static_cast<float>(1.0 / std::sqrt(static_cast<double>(energy)));
}

bool BulletSegment::Append(std::string_view id, std::uint32_t tag, const BulletSignature& bullet,
                           std::shared_ptr<const BulletSignature> signature) {
  PM_CHECK(static_cast<std::int64_t>(id.size()) <= kRecordIdBytesMax);
  const bool comparable = IsComparable(bullet);
  const std::int64_t lands = comparable ? static_cast<std::int64_t>(bullet.lands.size()) : 0;
  if (size() == kSegmentBlocksMax * kBlockLanes || !MakeRoom(lands)) return false;
  Record record;
  record.tag = tag;
  record.id_begin = static_cast<std::uint32_t>(ids_.size());
  record.id_bytes = static_cast<std::uint8_t>(id.size());
  record.land_count = static_cast<std::uint8_t>(lands);
  if (comparable) {
    record.block = static_cast<std::uint8_t>(block_count_ - 1);
    record.lane = static_cast<std::uint8_t>(lanes_used_);
    for (const auto& land : bullet.lands) {
      if (land) {
        const CoarseLand coarse = MakeCoarseLand(*land);
        PutLand(record.block, lanes_used_, &coarse);
      }
      ++lanes_used_;
    }
  }
  ids_ += id;
  records_.push_back(record);
  signatures_.push_back(std::move(signature));
  return true;
}

void BulletSegment::Erase(std::int64_t record) {
  Record& erased = At(record);
  PM_CHECK(!erased.erased);
  for (std::int64_t land = 0; land < erased.land_count; ++land) {
    PutLand(erased.block, erased.lane + land, nullptr);
  }
  std::fill_n(ids_.begin() + erased.id_begin, erased.id_bytes, '\0');
  signatures_[static_cast<std::size_t>(record)].reset();
  erased.erased = true;
  erased.tag = 0;
  ++erased_count_;
}

}  // namespace proofmark::forensics
