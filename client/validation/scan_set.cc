// SPDX-License-Identifier: Apache-2.0
#include "client/validation/scan_set.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/mutex.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/file.h"
#include "client/validation/parallel.h"
#include "forensics/impressed/region_mask.h"
#include "forensics/striated/profile_csv.h"
#include "forensics/x3p/x3p.h"
#include "records/manifest.h"
#include "records/submission.h"

namespace proofmark::client::validation {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnknownInstrument = "unknown";
constexpr std::string_view kGeneratedTruth = "generated";  // As client/generate writes it.

absl::Status Unusable(const absl::Status& status) {
  return MakeFault(FaultCode::kUnusableScan,
                   std::string_view(status.message().data(), status.message().size()));
}

std::string InstrumentOf(const forensics::X3pMetadata& metadata) {
  std::string name = metadata.manufacturer;
  if (!metadata.model.empty()) name += (name.empty() ? "" : " ") + metadata.model;
  return name.empty() ? std::string(kUnknownInstrument) : name;
}

absl::StatusOr<ExtractedScan> ExtractProfile(const std::string& bytes) {
  const absl::StatusOr<forensics::CrosscutProfile> profile =
      forensics::ParseProfileCsv(base::AsBytes(bytes));
  if (!profile.ok()) return Unusable(profile.status());
  absl::StatusOr<forensics::LandExtraction> land =
      forensics::ExtractLandFromProfile(profile->x_um, profile->height_um, {});
  if (!land.ok()) return Unusable(land.status());
  return ExtractedScan{std::string(kUnknownInstrument), {}, *std::move(land)};
}

// What is to be done for one row of an exhibit, and what came of it.
struct LandJob {
  const records::ManifestExhibit* exhibit = nullptr;
  const records::ManifestRow* row = nullptr;
  std::optional<ScannedMark> mark;
  std::string failure;
};

Item LandItem(const LandJob& job, std::string instrument) {
  return {.label = absl::StrFormat("%s/%d", job.exhibit->label, *job.row->land),
          .file = job.row->file,
          .specimen = job.exhibit->specimen,
          .firearm = job.exhibit->source_firearm,
          .land_truth = job.row->land_truth,
          .study = job.exhibit->study,
          .instrument = std::move(instrument),
          .kind = std::string(job.exhibit->format == records::kFormatProfileCsv ? kProfileLandKind
                                                                                : kScannedLandKind),
          .derived_truth = records::IsDerivedTruth(job.row->truth_basis),
          .generated = job.row->truth_basis == kGeneratedTruth};
}

void Extract(const fs::path& folder, LandJob& job) {
  absl::StatusOr<ExtractedScan> scan = ExtractScan(folder / job.row->file);
  if (!scan.ok()) {
    job.failure = std::string(scan.status().message());
    return;
  }
  absl::StatusOr<forensics::PreparedLand> prepared = forensics::PrepareLand(scan->land.signature);
  if (!prepared.ok()) {
    job.failure = std::string(prepared.status().message());
    return;
  }
  job.mark = ScannedMark{.item = LandItem(job, std::move(scan->instrument)),
                         .signature = std::move(scan->land.signature),
                         .prepared = *std::move(prepared)};
}

// The bullet of one exhibit, a missing land kept in its place. nullopt without a usable land.
std::optional<ScannedBullet> AssembleBullet(const records::ManifestExhibit& exhibit,
                                            std::span<const LandJob> jobs) {
  ScannedBullet bullet;
  bullet.signature.extractor_version = std::string(forensics::LandExtractorVersion());
  const std::int32_t count = std::max(exhibit.characteristics.land_count.value_or(0),
                                      exhibit.rows.back().land.value_or(1));
  bullet.signature.lands.resize(static_cast<std::size_t>(count));
  for (const LandJob& job : jobs) {
    if (!job.mark) continue;
    bullet.signature.lands[static_cast<std::size_t>(*job.row->land - 1)] = job.mark->signature;
    if (bullet.lands++ == 0) bullet.item = job.mark->item;
  }
  if (bullet.lands == 0) return std::nullopt;
  bullet.item.label = exhibit.label;
  bullet.item.file.clear();
  bullet.item.land_truth.clear();
  // The firearm of a bullet is known also where the rotation of its lands was derived.
  bullet.item.derived_truth = false;
  absl::StatusOr<forensics::PreparedBullet> prepared = forensics::PrepareBullet(bullet.signature);
  if (!prepared.ok()) return std::nullopt;
  bullet.prepared = *std::move(prepared);
  return bullet;
}

struct CaseJob {
  const records::ManifestCase* mark = nullptr;
  std::optional<ScannedCase> scanned;
  std::string failure;
};

void Extract(const fs::path& folder, forensics::TurnSearch turns, CaseJob& job) {
  if (job.mark->row.kind != records::kManifestBreechFaces) {
    job.failure =
        absl::StrFormat("kind %s: of cases only breech faces are compared", job.mark->row.kind);
    return;
  }
  absl::StatusOr<ExtractedCase> scan = ExtractCase(folder / job.mark->row.file);
  if (!scan.ok()) {
    job.failure = std::string(scan.status().message());
    return;
  }
  absl::StatusOr<forensics::PreparedImpression> prepared =
      forensics::PrepareImpression(scan->impression.signature, turns);
  if (!prepared.ok()) {
    job.failure = std::string(prepared.status().message());
    return;
  }
  const records::ManifestRow& row = job.mark->row;
  job.scanned = ScannedCase{.item = {.label = job.mark->label,
                                     .file = row.file,
                                     .specimen = row.specimen,
                                     .firearm = job.mark->source_firearm,
                                     .land_truth = "",
                                     .study = job.mark->study,
                                     .instrument = std::move(scan->instrument),
                                     .kind = std::string(kBreechFaceKind),
                                     .derived_truth = records::IsDerivedTruth(row.truth_basis),
                                     .generated = row.truth_basis == kGeneratedTruth},
                            .prepared = *std::move(prepared)};
}

// Distributes what became of the jobs over the set.
void Assemble(const records::Manifest& manifest, std::vector<LandJob>& lands,
              std::vector<CaseJob>& cases, ScanSet& set) {
  std::size_t next = 0;
  for (const records::ManifestExhibit& exhibit : manifest.exhibits) {
    const std::span<const LandJob> of_exhibit(lands.data() + next, exhibit.rows.size());
    next += exhibit.rows.size();
    if (auto bullet = AssembleBullet(exhibit, of_exhibit)) {
      set.bullets.push_back(*std::move(bullet));
    }
  }
  for (LandJob& job : lands) {
    if (job.mark) {
      set.lands.push_back(*std::move(job.mark));
    } else {
      set.not_processed.push_back({job.row->file, std::move(job.failure)});
    }
  }
  for (CaseJob& job : cases) {
    if (job.scanned) {
      set.cases.push_back(*std::move(job.scanned));
    } else {
      set.not_processed.push_back({job.mark->row.file, std::move(job.failure)});
    }
  }
  for (const records::ManifestRow& row : manifest.unsupported) {
    set.not_processed.push_back(
        {row.file, absl::StrFormat("kind %s: not a mark of a firearm", row.kind)});
  }
  set.files = static_cast<std::int64_t>(lands.size() + cases.size() + manifest.unsupported.size());
}

absl::StatusOr<forensics::X3pScan> ReadSurface(const fs::path& file) {
  PM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file, records::kScanBytesMax));
  absl::StatusOr<forensics::X3pScan> scan = forensics::ReadX3p(base::AsBytes(bytes));
  if (!scan.ok()) return Unusable(scan.status());
  if (scan->map.height_um.empty()) {
    return MakeFault(FaultCode::kUnusableScan, "it holds a point cloud, not a surface");
  }
  return scan;
}

}  // namespace

absl::StatusOr<ExtractedScan> ExtractScan(const fs::path& file) {
  if (file.extension() == ".csv") {
    PM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file, records::kScanBytesMax));
    return ExtractProfile(bytes);
  }
  PM_ASSIGN_OR_RETURN(forensics::X3pScan scan, ReadSurface(file));
  absl::StatusOr<forensics::LandExtraction> land = forensics::ExtractLand(scan.map, {});
  if (!land.ok()) return Unusable(land.status());
  return ExtractedScan{InstrumentOf(scan.metadata), std::move(scan.warnings), *std::move(land)};
}

absl::StatusOr<ExtractedCase> ExtractCase(const fs::path& file) {
  PM_ASSIGN_OR_RETURN(forensics::X3pScan scan, ReadSurface(file));
  const std::vector<std::uint8_t> mask =
      forensics::RegionMask(scan, forensics::ImpressedRegion::kBreechFace);
  absl::StatusOr<forensics::ImpressedExtraction> impression =
      forensics::ExtractImpression(scan.map, mask, {});
  if (!impression.ok()) return Unusable(impression.status());
  if (scan.unit != forensics::UnitVerdict::kMetres) {
    impression->signature.set(forensics::ImpressedFlag::kUnitCorrected);
  }
  return ExtractedCase{InstrumentOf(scan.metadata), std::move(scan.warnings),
                       *std::move(impression)};
}

absl::StatusOr<ScanSet> ReadScanSet(const fs::path& manifest, const RunOptions& options) {
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(manifest, records::kManifestBytesMax));
  const absl::StatusOr<records::Manifest> parsed = records::ParseManifest(text);
  if (!parsed.ok()) {
    return MakeFault(FaultCode::kManifest,
                     absl::StrFormat("%s: %s", manifest.string(), parsed.status().message()));
  }
  std::vector<LandJob> lands;
  for (const records::ManifestExhibit& exhibit : parsed->exhibits) {
    for (const records::ManifestRow& row : exhibit.rows) {
      lands.push_back({&exhibit, &row, std::nullopt, ""});
    }
  }
  std::vector<CaseJob> cases;
  for (const records::ManifestCase& mark : parsed->cases) {
    cases.push_back({&mark, std::nullopt, ""});
  }
  base::Mutex mutex;
  std::int64_t done = 0;
  const std::int64_t land_count = static_cast<std::int64_t>(lands.size());
  const std::int64_t total = land_count + static_cast<std::int64_t>(cases.size());
  ForEach(total, options.threads, options.stop, [&](std::int64_t i) {
    if (i < land_count) {
      Extract(manifest.parent_path(), lands[static_cast<std::size_t>(i)]);
    } else {
      Extract(manifest.parent_path(), options.turns,
              cases[static_cast<std::size_t>(i - land_count)]);
    }
    base::MutexLock lock(mutex);
    ++done;
    if (options.on_progress) options.on_progress({"scans", done, total});
  });
  if (options.stop.stop_requested()) {
    return MakeFault(FaultCode::kInterrupted, "nothing was written");
  }
  ScanSet set;
  Assemble(*parsed, lands, cases, set);
  return set;
}

}  // namespace proofmark::client::validation
