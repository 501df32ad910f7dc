// SPDX-License-Identifier: Apache-2.0
#include "forensics/search/bullet_segment.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "crypto/hash/sha256.h"
#include "forensics/search/coarse_query.h"
#include "forensics/synthetic/generator.h"
#include "tests/support/status_matchers.h"

namespace proofmark::forensics {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;

BulletSignature Bullet(std::uint32_t barrel) {
  return GenerateBulletSignature(
      {.seed = 8, .barrel = barrel, .land_count = 2, .land_width_um = 1'000.0}, 0);
}

std::shared_ptr<BulletSegment> Segment(std::uint32_t bullets) {
  auto segment = std::make_shared<BulletSegment>(BulletSegment::KindOf(Bullet(0)));
  for (std::uint32_t i = 0; i < bullets; ++i) {
    EXPECT_TRUE(segment->Append("id-" + std::to_string(i), i, Bullet(i), nullptr));
  }
  return segment;
}

// Bytes where a mapped file would have them.
class AlignedBytes {
 public:
  explicit AlignedBytes(const std::string& bytes) : size_(bytes.size()) {
    bytes_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(64, (size_ + 63) / 64 * 64)),
                 std::free);
    std::memcpy(bytes_.get(), bytes.data(), size_);
  }
  absl::StatusOr<std::shared_ptr<BulletSegment>> Open() const {
    std::span<const std::uint8_t> span(bytes_.get(), size_);
    return BulletSegment::Open(span, bytes_);
  }
  std::span<const std::uint8_t> span() const { return {bytes_.get(), size_}; }
  std::shared_ptr<const void> owner() const { return bytes_; }

 private:
  std::size_t size_;
  std::shared_ptr<std::uint8_t> bytes_;
};

std::vector<float> ScoresOf(const BulletSegment& segment) {
  const CoarseQuery query(Bullet(3), FastestDotKernel());
  std::vector<std::uint8_t> wanted(static_cast<std::size_t>(segment.size()), 1);
  std::vector<float> scores(wanted.size());
  query.Score(segment, wanted, CoarseMode::kOverlap, scores);
  return scores;
}

TEST(BulletSegmentTest, WhatWasWrittenIsReadAndScoresTheSame) {
  const auto segment = Segment(40);
  segment->Erase(7);
  const std::string bytes = segment->Serialize() + segment->Serialize();
  const AlignedBytes file(bytes);

  std::span<const std::uint8_t> rest = file.span();
  const auto first = BulletSegment::Open(rest, file.owner());
  const auto second = BulletSegment::Open(rest, file.owner());

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ((*first)->size(), 40);
  EXPECT_EQ((*first)->erased_count(), 1);
  EXPECT_TRUE((*first)->record(7).erased);
  EXPECT_EQ((*first)->id(39), "id-39");
  EXPECT_EQ((*first)->kind(), segment->kind());
  EXPECT_EQ(ScoresOf(**second), ScoresOf(*segment));
  EXPECT_EQ((*first)->Serialize(), segment->Serialize());
  EXPECT_LT((*first)->owned_bytes(), 10'000);  // The blocks stay where they lie.
}

TEST(BulletSegmentTest, EveryDamagedByteIsNoticed) {
  const std::string bytes = Segment(3)->Serialize();
  for (std::size_t at = 0; at < bytes.size(); at += at < 256 || at + 256 > bytes.size() ? 1 : 97) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    EXPECT_THAT(AlignedBytes(damaged).Open(), StatusIs(absl::StatusCode::kDataLoss)) << at;
  }
}

TEST(BulletSegmentTest, EveryShorterFileIsRefused) {
  const std::string bytes = Segment(3)->Serialize();
  for (std::size_t size = 0; size < bytes.size(); size += size < 256 ? 1 : 61) {
    EXPECT_THAT(AlignedBytes(bytes.substr(0, size)).Open(), StatusIs(absl::StatusCode::kDataLoss))
        << size;
  }
}

// The checksum holds, and still the numbers are not ours.
TEST(BulletSegmentTest, AWholeFileWithNumbersOutOfBoundsIsRefused) {
  const std::string good = Segment(3)->Serialize();
  const std::size_t records_at = 64 + 9'920;
  const struct {
    const char* name;
    std::size_t at;
    std::string bytes;
  } cases[] = {
      {"a reserved field", 36, "\1"},
      {"the padding", good.size() - 33, "x"},
      {"more lands than a bullet has", records_at + 7, "\x19"},
      {"two records on one lane", records_at + 8 + 6, std::string(1, '\0')},
      {"a block that is not there", records_at + 8 + 5, "\1"},
      {"a lane that is not used", records_at + 2 * 8 + 6, "\5"},
      {"two records in one id", records_at + 8, std::string(1, '\0')},
      {"a norm that is no number", 64 + 48 * 160, std::string("\0\0\xC0\x7F", 4)},
      {"a norm above one", 64 + 48 * 160, std::string("\0\0\0\x40", 4)},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.name);
    std::string bytes = good;
    bytes.replace(each.at, each.bytes.size(), each.bytes);
    bytes.resize(bytes.size() - 32);
    bytes += crypto::AsText(crypto::Sha256(bytes));
    EXPECT_THAT(AlignedBytes(bytes).Open(), StatusIs(absl::StatusCode::kDataLoss));
  }
}

TEST(BulletSegmentTest, AChangeToAMappedSegmentIsACopyAndTheFileStays) {
  const auto segment = Segment(10);
  const AlignedBytes file(segment->Serialize());
  const auto mapped = file.Open();
  ASSERT_THAT(mapped, IsOk());
  const std::vector<float> before = ScoresOf(**mapped);

  BulletSegment copy(**mapped);
  copy.Erase(3);
  EXPECT_TRUE(copy.Append("more", 1, Bullet(77), nullptr));

  EXPECT_EQ(ScoresOf(**mapped), before);
  EXPECT_EQ(ScoresOf(copy)[3], kNoCoarseScore);
  EXPECT_EQ(copy.id(10), "more");
  ASSERT_THAT(file.Open(), IsOk());
}

TEST(BulletSegmentTest, NothingOfAnErasedRecordRemains) {
  const auto segment = Segment(1);
  segment->Erase(0);
  auto blank = std::make_shared<BulletSegment>(BulletSegment::KindOf(Bullet(0)));
  BulletSignature flat = Bullet(0);
  for (auto& land : flat.lands) std::fill(land->height_nm.begin(), land->height_nm.end(), 0);
  ASSERT_TRUE(blank->Append("id-0", 0, flat, nullptr));

  const BlockView erased = segment->block(0);
  const BlockView zero = blank->block(0);

  EXPECT_EQ(std::memcmp(erased.levels, zero.levels, 48 * 160), 0);
  EXPECT_EQ(std::memcmp(erased.energy_before, zero.energy_before, 21 * 48 * 2), 0);
  EXPECT_EQ(segment->Serialize().find("id-0"), std::string::npos);
}

TEST(BulletSegmentTest, IsFullWhenItsBlocksAre) {
  BulletSegment segment(BulletSegment::KindOf(Bullet(0)));
  const BulletSignature bullet = Bullet(0);
  std::int64_t count = 0;
  while (segment.Append("x", 0, bullet, nullptr)) ++count;
  EXPECT_EQ(count, kSegmentBlocksMax * kBlockLanes / 2);
  EXPECT_EQ(segment.block_count(), kSegmentBlocksMax);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto& record = segment.record(i);
    EXPECT_LE(record.lane + record.land_count, kBlockLanes);
  }
}

TEST(BulletSegmentTest, TheKindSaysWhatTheLandsHaveInCommon) {
  BulletSignature bullet = Bullet(0);
  EXPECT_EQ(BulletSegment::KindOf(bullet).slot_width, 160);
  EXPECT_TRUE(BulletSegment::KindOf(bullet).edges_known);
  bullet.lands[1]->set(LandFlag::kRightShoulderAssumed);
  bullet.lands[0]->set(LandFlag::kHeelUncertain);
  bullet.lands[0]->height_nm.resize(960);
  const SegmentKind kind = BulletSegment::KindOf(bullet);
  EXPECT_EQ(kind.slot_width, 240);
  EXPECT_FALSE(kind.edges_known);
  EXPECT_TRUE(kind.heel_uncertain);
}

}  // namespace
}  // namespace proofmark::forensics
