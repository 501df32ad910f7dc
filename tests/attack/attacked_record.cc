// SPDX-License-Identifier: Apache-2.0
#include "tests/attack/attacked_record.h"

#include <utility>
#include <variant>

#include "base/check.h"
#include "forensics/evidence/calibration_data.h"
#include "forensics/striated/land_extraction.h"
#include "server/journeys/scan_reading.h"

namespace proofmark::attack {
namespace {

// What a node extracts from the scans.
forensics::BulletSignature Extract(const testing::Brought& exhibit) {
  forensics::BulletSignature signature;
  signature.extractor_version = forensics::LandExtractorVersion();
  for (std::size_t i = 0; i < exhibit.scans.size(); ++i) {
    journeys::ReadMark mark = journeys::ReadScan(records::MarkRegion::kLand,
                                                 exhibit.header.scans[i].format, exhibit.scans[i]);
    PM_CHECK(mark.signature.has_value());
    signature.lands.push_back(std::get<forensics::LandSignature>(*std::move(mark.signature)));
  }
  return signature;
}

forensics::PreparedBullet Prepare(const forensics::BulletSignature& signature) {
  auto prepared = forensics::PrepareBullet(signature);
  PM_CHECK(prepared.ok());
  return *std::move(prepared);
}

}  // namespace

AttackedRecord::AttackedRecord(std::uint32_t barrel)
    : barrel_(barrel),
      exhibit_(testing::GeneratedBullet(barrel, 0, "attacked")),
      kept_(Prepare(Extract(exhibit_))) {}

std::optional<forensics::BulletComparison> AttackedRecord::Compare(
    const forensics::BulletSignature& probe) const {
  auto comparison = forensics::CompareBullets(Prepare(probe), kept_, {});
  if (!comparison.ok()) return std::nullopt;
  return *std::move(comparison);
}

double AttackedRecord::TrueScore(const forensics::BulletSignature& probe) const {
  const std::optional<forensics::BulletComparison> comparison = Compare(probe);
  return comparison.has_value() ? comparison->score : 0.0;
}

forensics::BulletSignature AttackedRecord::BestLandOfAnotherShot() const {
  const forensics::BulletSignature bullet = Extract(testing::GeneratedBullet(barrel_, 1, "held"));
  forensics::BulletSignature best;
  double best_score = -1.0;
  for (const auto& land : bullet.lands) {
    forensics::BulletSignature single{bullet.extractor_version, {land}};
    const double score = TrueScore(single);
    if (score <= best_score) continue;
    best_score = score;
    best = std::move(single);
  }
  return best;
}

const forensics::Calibration& BoldCalibration() {
  static const forensics::Calibration* const kBold = [] {
    auto* bold =
        new forensics::Calibration(forensics::BuiltInCalibration(forensics::MarkKind::kBullet));
    bold->bounds.clear();
    bold->info.provisional = false;
    bold->info.real_firearms = 10'000;
    bold->info.real_firearm_pairs = 1'000'000;
    forensics::SetCaps(*bold);
    forensics::Finish(*bold);
    return bold;
  }();
  return *kBold;
}

}  // namespace proofmark::attack
