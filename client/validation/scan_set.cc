// SPDX-License-Identifier: Apache-2.0
#include "client/validation/scan_set.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/mutex.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/file.h"
#include "client/validation/parallel.h"
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
          .kind = std::string(job.exhibit->format == records::kFormatProfileCsv ? kProfileLand
                                                                                : kScannedLand),
          .derived_truth = records::IsDerivedTruth(job.row->truth_basis),
          .generated = job.row->truth_basis == kGeneratedTruth};
}

void Extract(const fs::path& folder, LandJob& job) {
  absl::StatusOr<ExtractedScan> scan = ExtractScan(folder / job.row->file);
  if (!scan.ok()) {
    job.failure = scan.status().message();
    return;
  }
  absl::StatusOr<forensics::PreparedLand> prepared = forensics::PrepareLand(scan->land.signature);
  if (!prepared.ok()) {
    job.failure = prepared.status().message();
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

}  // namespace

absl::StatusOr<ExtractedScan> ExtractScan(const fs::path& file) {
  PM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file, records::kScanBytesMax));
  if (file.extension() == ".csv") return ExtractProfile(bytes);
  absl::StatusOr<forensics::X3pScan> scan = forensics::ReadX3p(base::AsBytes(bytes));
  if (!scan.ok()) return Unusable(scan.status());
  if (scan->map.height_um.empty()) {
    return MakeFault(FaultCode::kUnusableScan, "it holds a point cloud, not a surface");
  }
  absl::StatusOr<forensics::LandExtraction> land = forensics::ExtractLand(scan->map, {});
  if (!land.ok()) return Unusable(land.status());
  return ExtractedScan{InstrumentOf(scan->metadata), std::move(scan->warnings), *std::move(land)};
}

absl::StatusOr<ScanSet> ReadScanSet(const fs::path& manifest, const RunOptions& options) {
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(manifest, records::kManifestBytesMax));
  const absl::StatusOr<records::Manifest> parsed = records::ParseManifest(text);
  if (!parsed.ok()) {
    return MakeFault(FaultCode::kManifest,
                     absl::StrFormat("%s: %s", manifest.string(), parsed.status().message()));
  }
  std::vector<LandJob> jobs;
  for (const records::ManifestExhibit& exhibit : parsed->exhibits) {
    for (const records::ManifestRow& row : exhibit.rows) {
      jobs.push_back({&exhibit, &row, std::nullopt, ""});
    }
  }
  base::Mutex mutex;
  std::int64_t done = 0;
  const std::int64_t total = static_cast<std::int64_t>(jobs.size());
  ForEach(total, options.threads, options.stop, [&](std::int64_t i) {
    Extract(manifest.parent_path(), jobs[static_cast<std::size_t>(i)]);
    base::MutexLock lock(mutex);
    ++done;
    if (options.on_progress) options.on_progress({"scans", done, total});
  });
  if (options.stop.stop_requested()) {
    return MakeFault(FaultCode::kInterrupted, "nothing was written");
  }

  ScanSet set;
  std::size_t next = 0;
  for (const records::ManifestExhibit& exhibit : parsed->exhibits) {
    const std::span<const LandJob> of_exhibit(jobs.data() + next, exhibit.rows.size());
    next += exhibit.rows.size();
    if (auto bullet = AssembleBullet(exhibit, of_exhibit)) set.bullets.push_back(*std::move(bullet));
  }
  for (LandJob& job : jobs) {
    if (job.mark) {
      set.lands.push_back(*std::move(job.mark));
    } else {
      set.not_processed.push_back({job.row->file, std::move(job.failure)});
    }
  }
  for (const records::ManifestCase& mark : parsed->cases) {
    set.not_processed.push_back(
        {mark.row.file, absl::StrFormat("kind %s: this version compares no marks of this kind",
                                        mark.row.kind)});
  }
  for (const records::ManifestRow& row : parsed->unsupported) {
    set.not_processed.push_back(
        {row.file, absl::StrFormat("kind %s: not a mark of a firearm", row.kind)});
  }
  set.files = static_cast<std::int64_t>(jobs.size() + parsed->cases.size() +
                                        parsed->unsupported.size());
  return set;
}

}  // namespace proofmark::client::validation
