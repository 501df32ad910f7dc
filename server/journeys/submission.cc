// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/submission.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "forensics/striated/land_extraction.h"
#include "records/codes.h"
#include "server/journeys/scan_reading.h"

namespace proofmark::journeys {
namespace {

constexpr std::size_t kSubmissionIdBytes = 16;
// Why nothing was usable is said for this many scans: an error message is not a report.
constexpr std::size_t kReasonsMax = 8;

// Every scan is there and is the one announced.
absl::Status CheckScans(const records::SubmissionHeader& header,
                        const std::vector<std::string>& scans) {
  if (scans.size() != header.scans.size()) {
    return absl::InvalidArgumentError(absl::StrFormat("%d scans came, the header announces %d",
                                                      scans.size(), header.scans.size()));
  }
  for (std::size_t i = 0; i < scans.size(); ++i) {
    const records::ScanAnnouncement& announced = header.scans[i];
    if (scans[i].size() != static_cast<std::size_t>(announced.size_bytes)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("scans[%d] has %d bytes, the header announces %d", i, scans[i].size(),
                          announced.size_bytes));
    }
    const crypto::Sha256Digest digest = crypto::Sha256(scans[i]);
    if (crypto::AsText(digest) != announced.sha256) {
      return absl::InvalidArgumentError(
          absl::StrFormat("scans[%d] has not the SHA-256 that the header announces", i));
    }
  }
  return absl::OkStatus();
}

// A signature has a place for each land around the bullet: as many as the laboratory counted, and
// at least up to the last one scanned.
std::size_t LandPlaces(const records::SubmissionHeader& header) {
  std::int32_t places = header.characteristics.land_count.value_or(1);
  for (const records::ScanAnnouncement& scan : header.scans) {
    places = std::max(places, scan.place.land_number);
  }
  return static_cast<std::size_t>(places);
}

// The signature of such an item, without any mark yet.
forensics::BallisticSignature EmptySignature(const records::SubmissionHeader& header) {
  if (records::ItemOf(header.kind) == records::ItemKind::kCartridgeCase) {
    return forensics::CaseSignature{};
  }
  forensics::BulletSignature bullet;
  bullet.extractor_version = std::string(forensics::LandExtractorVersion());
  bullet.lands.resize(LandPlaces(header));
  return bullet;
}

// Places come in ascending order, so that a case's impressions do too.
void Add(ReadMark::Signature mark, const records::MarkPlace& place,
         forensics::BallisticSignature& signature) {
  if (auto* bullet = std::get_if<forensics::BulletSignature>(&signature)) {
    bullet->lands[static_cast<std::size_t>(place.land_number - 1)] =
        std::get<forensics::LandSignature>(std::move(mark));
    return;
  }
  auto& cartridge_case = std::get<forensics::CaseSignature>(signature);
  if (auto* impression = std::get_if<forensics::ImpressedSignature>(&mark)) {
    cartridge_case.impressions.push_back(std::move(*impression));
  } else {
    cartridge_case.aperture_shear = forensics::ShearSignature{
        .extractor_version = std::string(forensics::LandExtractorVersion()),
        .profile = std::get<forensics::LandSignature>(std::move(mark))};
  }
}

// Reads every scan into `exhibit`.
//   kInvalidArgument  none of them gave a signature.
absl::Status ReadScans(const records::SubmissionHeader& header,
                       const std::vector<std::string>& scans, registry::NewExhibit& exhibit) {
  exhibit.signature = EmptySignature(header);
  std::size_t usable = 0;
  std::string reasons;
  for (std::size_t i = 0; i < scans.size(); ++i) {
    const records::ScanAnnouncement& announced = header.scans[i];
    ReadMark mark = ReadScan(announced.place.region, announced.format, scans[i]);
    const bool is_usable = mark.signature.has_value();
    if (is_usable) {
      ++usable;
      Add(*std::move(mark.signature), announced.place, exhibit.signature);
    } else if (i < kReasonsMax) {
      reasons +=
          absl::StrFormat("; %s %s", records::MarkPlaceText(announced.place), mark.remarks.back());
    }
    exhibit.marks.push_back({.place = announced.place,
                             .format = announced.format,
                             .scan_sha256 = announced.sha256,
                             .scan = scans[i],
                             .remarks = std::move(mark.remarks),
                             .usable = is_usable});
  }
  if (usable > 0) return absl::OkStatus();
  return absl::InvalidArgumentError("no scan gave a signature, nothing was stored" + reasons);
}

// What the laboratory said stands; what it left out is filled where that needs no guess. The
// number of lands is not counted from the scans: nobody said that all were scanned.
records::ClassCharacteristics Complete(records::ClassCharacteristics given,
                                       const forensics::BallisticSignature& signature) {
  const auto* bullet = std::get_if<forensics::BulletSignature>(&signature);
  if (bullet == nullptr) return given;  // What a case's class is, people see.
  if (given.bullet_class.empty()) {
    if (const std::optional<records::Calibre> calibre = records::FindCalibre(given.calibre_code)) {
      given.bullet_class = std::string(calibre->bullet_class);
    }
  }
  if (!given.land_width_mean_um.has_value()) {
    const std::optional<double> measured = forensics::MeanLandWidthUm(*bullet);
    if (measured.has_value() && *measured >= records::kLandWidthUmMin &&
        *measured <= records::kLandWidthUmMax) {
      given.land_width_mean_um = measured;
    }
  }
  return given;
}

}  // namespace

Submissions::Submissions(registry::ExhibitRegistry& registry, match::ExhibitCollection& collection)
    : registry_(registry), collection_(collection) {}

absl::StatusOr<SubmissionResult> Submissions::Submit(const federation::Caller& caller,
                                                     const records::SubmissionHeader& header,
                                                     const std::vector<std::string>& scans) {
  PM_RETURN_IF_ERROR(CheckScans(header, scans));
  registry::NewExhibit exhibit;
  exhibit.submission_id = SubmissionIdOf(header);
  const exchange::KeyedLock::Hold hold(in_work_, exhibit.submission_id);
  PM_ASSIGN_OR_RETURN(std::optional<wire::ExhibitView> earlier,
                      registry_.FindSubmission(caller, exhibit.submission_id));
  if (earlier.has_value()) {
    return SubmissionResult{.exhibit = *std::move(earlier), .already_held = true};
  }

  PM_RETURN_IF_ERROR(ReadScans(header, scans, exhibit));
  exhibit.identity = header.identity;
  exhibit.kind = header.kind;
  exhibit.characteristics = Complete(header.characteristics, exhibit.signature);
  forensics::BallisticSignature signature = exhibit.signature;
  PM_ASSIGN_OR_RETURN(registry::Kept kept, registry_.Keep(caller, std::move(exhibit)));
  if (!kept.already_held) {
    collection_.Insert(
        kept.view.exhibit.id,
        {.kind = kept.view.exhibit.kind, .characteristics = kept.view.exhibit.characteristics},
        std::move(signature));
  }
  return SubmissionResult{.exhibit = std::move(kept.view), .already_held = kept.already_held};
}

absl::StatusOr<std::optional<wire::ExhibitView>> Submissions::Find(const federation::Caller& caller,
                                                                   std::string_view submission_id) {
  if (submission_id.size() != kSubmissionIdBytes) {
    return absl::InvalidArgumentError(absl::StrFormat("submission_id has %d bytes, not %d",
                                                      submission_id.size(), kSubmissionIdBytes));
  }
  return registry_.FindSubmission(caller, submission_id);
}

std::string SubmissionIdOf(const records::SubmissionHeader& header) {
  std::vector<std::pair<records::MarkPlace, std::string>> scans;
  scans.reserve(header.scans.size());
  for (const records::ScanAnnouncement& scan : header.scans) {
    scans.emplace_back(scan.place, scan.sha256);
  }
  const crypto::Sha256Digest digest =
      crypto::Sha256(records::SubmissionIdPreimage(header.identity.label, header.kind, scans));
  return std::string(crypto::AsText(digest).substr(0, kSubmissionIdBytes));
}

}  // namespace proofmark::journeys
