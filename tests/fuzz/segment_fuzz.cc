// SPDX-License-Identifier: Apache-2.0
// Property: an index segment whose checksum holds, whoever wrote it, is refused or safe to use: its
// records can be scored in every mode with scores that have an order, copied and erased, and it is
// written again byte for byte. The checksum is mended first, or nothing would come past it.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "crypto/hash/sha256.h"
#include "forensics/search/bullet_segment.h"
#include "forensics/search/coarse_query.h"
#include "forensics/synthetic/scale_bullet.h"

namespace proofmark::forensics {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kChecksumBytes = 32;
constexpr std::size_t kInputBytesMax = std::size_t{1} << 20;

// Of six lands, so that phases with more and with fewer lands than it are met.
const BulletSignature& Query() {
  static const BulletSignature query =
      GenerateScaleBullet({.barrel = 1, .land_count = 6, .land_width_um = 1'000.0}, 0);
  return query;
}

// The input where a mapped file would have it, with the checksum that it should have.
std::shared_ptr<std::uint8_t> Mended(const std::uint8_t* data, std::size_t size) {
  const std::size_t room = (size + kAlignment - 1) / kAlignment * kAlignment;
  std::shared_ptr<std::uint8_t> bytes(
      static_cast<std::uint8_t*>(std::aligned_alloc(kAlignment, room)), std::free);
  PM_CHECK(bytes != nullptr);
  std::memcpy(bytes.get(), data, size);
  const std::size_t covered = size - kChecksumBytes;
  const crypto::Sha256Digest sum =
      crypto::Sha256(std::string_view(reinterpret_cast<const char*>(bytes.get()), covered));
  std::memcpy(bytes.get() + covered, crypto::AsText(sum).data(), kChecksumBytes);
  return bytes;
}

void ExpectOrderedScores(const BulletSegment& segment) {
  static const CoarseQuery query(Query(), FastestDotKernel());
  const std::vector<std::uint8_t> wanted(static_cast<std::size_t>(segment.size()), 1);
  std::vector<float> scores(wanted.size());
  for (const CoarseMode mode : {CoarseMode::kWholeLand, CoarseMode::kOverlap}) {
    query.Score(segment, wanted, mode, scores);
    for (const float score : scores) PM_CHECK(!std::isnan(score));
  }
}

void ExpectErasable(const BulletSegment& segment) {
  BulletSegment copy(segment);
  for (std::int64_t i = 0; i < copy.size(); ++i) {
    if (!copy.record(i).erased) copy.Erase(i);
  }
  PM_CHECK(copy.erased_count() == copy.size());
  for (std::int64_t i = 0; i < copy.size(); ++i) {
    PM_CHECK(copy.id(i).find_first_not_of('\0') == std::string_view::npos);
  }
}

}  // namespace
}  // namespace proofmark::forensics

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace proofmark::forensics;  // NOLINT(google-build-using-namespace)
  if (size < kChecksumBytes || size > kInputBytesMax) return 0;
  const std::shared_ptr<std::uint8_t> bytes = Mended(data, size);
  std::span<const std::uint8_t> rest(bytes.get(), size);
  const auto segment = BulletSegment::Open(rest, bytes);
  if (!segment.ok()) {
    PM_CHECK(segment.status().code() == absl::StatusCode::kDataLoss);
    return 0;
  }
  const std::size_t taken = size - rest.size();
  ExpectOrderedScores(**segment);
  ExpectErasable(**segment);
  const std::string again = (*segment)->Serialize();
  PM_CHECK(again.size() == taken && std::memcmp(again.data(), bytes.get(), taken) == 0);
  return 0;
}
