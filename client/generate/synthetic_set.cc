// SPDX-License-Identifier: Apache-2.0
#include "client/generate/synthetic_set.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "base/status.h"
#include "client/fault.h"
#include "forensics/x3p/x3p.h"

namespace proofmark::client::generate {
namespace {

namespace fs = std::filesystem;

// One scan of the set.
struct Place {
  std::int64_t barrel;
  std::int64_t bullet;
  std::int64_t land;  // As numbered on the bullet, from 0.
};

std::int64_t ScansOf(const SyntheticSet& set) {
  return set.barrels * set.bullets * set.barrel.land_count;
}

Place PlaceAt(const SyntheticSet& set, std::int64_t index) {
  const std::int64_t lands = set.barrel.land_count;
  return {.barrel = index / (lands * set.bullets),
          .bullet = index / lands % set.bullets,
          .land = index % lands};
}

// Which land of the barrel the bullet's first one is: any fixed rule that differs between bullets.
std::int64_t TrueLand(const SyntheticSet& set, const Place& place) {
  const std::int64_t rotation = place.bullet * 2 + place.barrel;
  return (place.land + rotation) % set.barrel.land_count;
}

std::string Specimen(const Place& place) {
  return absl::StrFormat("B%04d-%02d", place.barrel + 1, place.bullet + 1);
}

std::string FileOf(const Place& place) {
  return absl::StrFormat("scans/%s-L%02d.x3p", Specimen(place), place.land + 1);
}

std::string FirearmOf(const SyntheticSet& set, const Place& place) {
  return absl::StrFormat("synthetic-%d-%04d", set.barrel.seed, place.barrel + 1);
}

absl::Status Check(const SyntheticSet& set) {
  const auto usage = [](std::string_view what) { return MakeFault(FaultCode::kUsage, what); };
  if (set.barrels < 1 || set.barrels > kBarrelsMax) {
    return usage(absl::StrFormat("barrels: %d is outside 1..%d", set.barrels, kBarrelsMax));
  }
  if (set.bullets < 1 || set.bullets > kBulletsMax) {
    return usage(absl::StrFormat("bullets: %d is outside 1..%d", set.bullets, kBulletsMax));
  }
  for (const absl::Status& status :
       {forensics::CheckSynthetic(set.barrel), forensics::CheckSynthetic(set.scan)}) {
    if (!status.ok()) {
      return usage(std::string_view(status.message().data(), status.message().size()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ScanBytes(const SyntheticSet& set, const Place& place) {
  forensics::SyntheticBarrel barrel = set.barrel;
  barrel.barrel = static_cast<std::uint32_t>(place.barrel);
  const forensics::HeightMap map = forensics::GenerateLandScan(
      barrel, static_cast<std::uint32_t>(place.bullet), TrueLand(set, place), set.scan);
  forensics::X3pWriteOptions options;
  options.metadata.creator = "proofmark generate";
  options.metadata.comment = "Generated; not a measurement.";
  return forensics::WriteX3p(map, options);
}

// Hands out scans to threads and adds up what they did. Thread-safe.
class Writer {
 public:
  Writer(const SyntheticSet& set, fs::path folder, Overwrite overwrite,
         const std::function<void(const SetProgress&)>& on_progress, std::stop_token stop)
      : set_(set),
        folder_(std::move(folder)),
        overwrite_(overwrite),
        on_progress_(on_progress),
        stop_(std::move(stop)) {
    progress_.scans_total = ScansOf(set);
  }

  void Work() {
    for (std::int64_t i = next_++; i < ScansOf(set_); i = next_++) {
      if (stop_.stop_requested()) {
        Fail(MakeFault(
            FaultCode::kInterrupted,
            absl::StrFormat("%s holds no manifest and is not complete", folder_.string())));
        return;
      }
      if (const absl::Status status = WriteOne(PlaceAt(set_, i)); !status.ok()) {
        Fail(status);
        return;
      }
    }
  }

  absl::Status status() const {
    base::MutexLock lock(mutex_);
    return status_;
  }

 private:
  absl::Status WriteOne(const Place& place) {
    PM_ASSIGN_OR_RETURN(const std::string bytes, ScanBytes(set_, place));
    PM_RETURN_IF_ERROR(WriteFile(folder_ / FileOf(place), bytes, Privacy::kPublic, overwrite_));
    base::MutexLock lock(mutex_);
    ++progress_.scans_done;
    progress_.bytes_written += static_cast<std::int64_t>(bytes.size());
    if (on_progress_) on_progress_(progress_);
    return absl::OkStatus();
  }

  // The first failure is told; the others end early.
  void Fail(const absl::Status& status) {
    next_ = ScansOf(set_);
    base::MutexLock lock(mutex_);
    if (status_.ok()) status_ = status;
  }

  // Constant after construction.
  const SyntheticSet& set_;
  const fs::path folder_;
  const Overwrite overwrite_;
  const std::function<void(const SetProgress&)>& on_progress_;
  const std::stop_token stop_;

  std::atomic<std::int64_t> next_{0};

  mutable base::Mutex mutex_;
  SetProgress progress_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::string ManifestText(const SyntheticSet& set) {
  std::string text =
      "file,kind,specimen,land,exhibit_kind,calibre,bullet_class,land_count,twist,rifling,unit,"
      "study,source_firearm,land_truth,truth_basis,notes\n";
  const std::string twist = set.barrel.twist_deg < 0.0 ? "LEFT" : "RIGHT";
  for (std::int64_t i = 0; i < ScansOf(set); ++i) {
    const Place place = PlaceAt(set, i);
    const std::string firearm = FirearmOf(set, place);
    text += absl::StrFormat(
        "%s,bullet_lea,%s,%d,%s,%s,%s,%d,%s,CONVENTIONAL,m,generated,%s,%s/%d,"
        "generated,generated; not a measurement\n",
        FileOf(place), Specimen(place), place.land + 1,
        place.bullet == 0 ? "BU_TEST" : "BU_EVIDENCE", set.calibre, set.bullet_class,
        set.barrel.land_count, twist, firearm, firearm, TrueLand(set, place) + 1);
  }
  return text;
}

absl::Status WriteSet(const SyntheticSet& set, const fs::path& folder, int threads,
                      Overwrite overwrite,
                      const std::function<void(const SetProgress&)>& on_progress,
                      const std::stop_token& stop) {
  PM_RETURN_IF_ERROR(Check(set));
  const fs::path manifest = folder / "manifest.csv";
  std::error_code error;
  if (fs::exists(manifest, error) && overwrite == Overwrite::kNever) {
    return MakeFault(FaultCode::kWouldOverwrite,
                     absl::StrFormat("%s exists already", manifest.string()));
  }
  // An old manifest must not vouch for new scans while they are being written.
  fs::remove(manifest, error);
  PM_RETURN_IF_ERROR(MakeFolder(folder / "scans", Privacy::kPublic));
  Writer writer(set, folder, overwrite, on_progress, stop);
  {
    std::vector<std::jthread> helpers;
    const int count = std::clamp(threads, 1, kThreadsMax);
    for (int i = 1; i < count; ++i) helpers.emplace_back([&writer] { writer.Work(); });
    writer.Work();
  }
  PM_RETURN_IF_ERROR(writer.status());
  return WriteFile(manifest, ManifestText(set), Privacy::kPublic, overwrite);
}

}  // namespace proofmark::client::generate
