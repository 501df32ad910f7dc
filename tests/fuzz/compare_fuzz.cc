// SPDX-License-Identifier: Apache-2.0
// Property: whatever heights, gaps, lengths and flags two bullets carry, comparing them fails with
// a reason or gives finite values in their stated ranges, the same after exchanging the two.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "forensics/evidence/calibration.h"
#include "forensics/striated/bullet_comparison.h"

namespace {

using namespace proofmark::forensics;

void Require(bool holds, int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "compare_fuzz.cc:%d does not hold\n", line);
  std::abort();
}

// Reads numbers off the input; zeros when it is used up.
class Reader {
 public:
  Reader(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::uint8_t Byte() { return at_ < size_ ? data_[at_++] : 0; }
  std::uint16_t Word() {
    const std::uint8_t low = Byte();
    return static_cast<std::uint16_t>(low | Byte() << 8);
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

// A land below the smallest length or up to 1.0 mm (longer only takes longer). Heights are
// stretches of a constant, a ramp, raw words or a gap, so that a short input still makes a long
// land.
LandSignature ReadLand(Reader& in) {
  LandSignature land;
  const std::size_t length = in.Word() % 330;
  land.flags = in.Byte();
  while (land.height_nm.size() < length) {
    const std::uint8_t kind = in.Byte();
    const std::size_t run = std::min<std::size_t>(1 + in.Byte(), length - land.height_nm.size());
    std::uint16_t value = in.Word();
    for (std::size_t i = 0; i < run; ++i) {
      if (kind % 4 == 1) value = static_cast<std::uint16_t>(value + 251);
      if (kind % 4 == 2) value = in.Word();
      land.height_nm.push_back(kind % 4 == 3 ? kSampleNotMeasured
                                             : static_cast<std::int16_t>(value));
    }
  }
  return land;
}

BulletSignature ReadBullet(Reader& in) {
  BulletSignature bullet;
  const std::size_t lands = in.Byte() % 3;
  for (std::size_t i = 0; i < lands; ++i) {
    bullet.lands.emplace_back();
    if (in.Byte() % 8 != 0) bullet.lands.back() = ReadLand(in);
  }
  return bullet;
}

void CheckRanges(const BulletComparison& c) {
  Require(c.score >= 0.0 && c.score <= 1.0);
  Require(std::isfinite(c.contrast) && c.contrast >= -1e-12 && c.contrast <= 1.0);
  Require(c.phase_log10_p <= 0.0 && c.phase_log10_p >= -300.0);
  Require(c.lands_compared == static_cast<std::int64_t>(c.pairs.size()) && c.lands_compared > 0);
  for (const LandPair& pair : c.pairs) {
    Require(pair.comparison.ccf >= -1.0 && pair.comparison.ccf <= 1.0);
    Require(pair.comparison.cmps_share >= 0.0 && pair.comparison.cmps_share <= 1.0);
    Require(pair.comparison.overlap_um >= 250.0 && std::isfinite(pair.comparison.lag_um));
  }
  const LikelihoodRatio ratio = EvaluateBullets(c);
  Require(std::abs(ratio.log10_lr) <= BulletCalibration().log10_cap);
  Require(ratio.log10_low <= ratio.log10_lr && ratio.log10_lr <= ratio.log10_high);
  const double leads = ExpectedFalseLeads(c, 1'000);
  Require(leads >= 0.0 && leads <= 1'000.0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in(data, size);
  const BulletSignature a = ReadBullet(in);
  const BulletSignature b = ReadBullet(in);

  const absl::StatusOr<BulletComparison> ab = CompareBullets(a, b, {});
  const absl::StatusOr<BulletComparison> ba = CompareBullets(b, a, {});

  Require(ab.ok() == ba.ok());
  if (!ab.ok()) {
    Require(!ab.status().message().empty());
    return 0;
  }
  CheckRanges(*ab);
  Require(ab->score == ba->score && ab->contrast == ba->contrast &&
          ab->phase_log10_p == ba->phase_log10_p);
  std::vector<std::pair<std::int64_t, std::int64_t>> forward, backward;
  for (const LandPair& pair : ab->pairs) forward.emplace_back(pair.query_land, pair.reference_land);
  for (const LandPair& pair : ba->pairs) {
    backward.emplace_back(pair.reference_land, pair.query_land);
  }
  std::sort(backward.begin(), backward.end());
  Require(forward == backward);
  return 0;
}
