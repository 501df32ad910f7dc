// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/support/generated_exhibits.h"

#include <map>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "crypto/hash/sha256.h"
#include "forensics/synthetic/generator.h"
#include "forensics/x3p/x3p.h"
#include "tests/support/generated_cases.h"

namespace proofmark::testing {
namespace {

std::vector<std::string> Generate(std::uint32_t barrel, std::uint32_t shot) {
  const forensics::SyntheticBarrel made{.seed = 11,
                                        .barrel = barrel,
                                        .land_count = kGeneratedLands,
                                        .profile = forensics::SyntheticProfile::kClean};
  std::vector<std::string> scans;
  for (std::int64_t land = 0; land < kGeneratedLands; ++land) {
    auto file = forensics::WriteX3p(
        forensics::GenerateLandScan(made, shot, land, {.pitch_um = 3.125, .length_um = 400.0}));
    PM_CHECK(file.ok());
    scans.push_back(*std::move(file));
  }
  return scans;
}

std::vector<std::string> ScansOf(std::uint32_t barrel, std::uint32_t shot) {
  static base::Mutex mutex;
  static std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::string>> made;
  base::MutexLock lock(mutex);
  const auto [at, is_new] = made.try_emplace({barrel, shot});
  if (is_new) at->second = Generate(barrel, shot);
  return at->second;
}

}  // namespace

Brought GeneratedBullet(std::uint32_t barrel, std::uint32_t shot, const std::string& label) {
  Brought brought;
  brought.scans = ScansOf(barrel, shot);
  records::SubmissionHeader& header = brought.header;
  header.identity.label = label;
  header.identity.case_reference = "CASE-" + label;
  header.identity.incident_date = "2026-03-14";
  header.identity.note = "note about " + label;
  header.kind = records::ExhibitKind::kBulletEvidence;
  header.characteristics.calibre_code = "9LUGER";
  header.characteristics.land_count = static_cast<std::int32_t>(kGeneratedLands);
  header.characteristics.twist = records::TwistDirection::kRight;
  header.scans.resize(brought.scans.size());
  for (std::size_t i = 0; i < brought.scans.size(); ++i) {
    header.scans[i].place.land_number = static_cast<std::int32_t>(i + 1);
    header.scans[i].format = std::string(records::kFormatX3p);
    Announce(brought, i);
  }
  PM_CHECK(records::CheckSubmissionHeader(header).ok());
  return brought;
}

Brought GeneratedCaseExhibit(std::uint32_t slide, std::uint32_t shot, const std::string& label) {
  Brought brought;
  brought.scans = {GeneratedBreechFaceFile(slide, shot)};
  records::SubmissionHeader& header = brought.header;
  header.identity.label = label;
  header.identity.case_reference = "CASE-" + label;
  header.kind = records::ExhibitKind::kCaseEvidence;
  header.characteristics.calibre_code = "9LUGER";
  header.characteristics.firing_pin_shape = records::FiringPinShape::kHemispherical;
  header.scans = {{.place = {.region = records::MarkRegion::kBreechFace, .land_number = 0},
                   .format = std::string(records::kFormatX3p),
                   .size_bytes = 0,
                   .sha256 = {}}};
  Announce(brought, 0);
  PM_CHECK(records::CheckSubmissionHeader(header).ok());
  return brought;
}

void Announce(Brought& brought, std::size_t index) {
  const crypto::Sha256Digest digest = crypto::Sha256(brought.scans[index]);
  brought.header.scans[index].size_bytes = static_cast<std::int64_t>(brought.scans[index].size());
  brought.header.scans[index].sha256 = std::string(crypto::AsText(digest));
}

}  // namespace proofmark::testing
