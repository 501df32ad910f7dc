// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/impressed/impressed_comparison.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/striated/prepared_bullet.h"

// The scans of a labelled set, read and extracted: what validation and calibration compare.
namespace proofmark::client::validation {

inline constexpr std::string_view kScannedLandKind = "X3P land";  // Item::kind.
inline constexpr std::string_view kProfileLandKind = "profile";
inline constexpr std::string_view kBreechFaceKind = "breech face";

// One thing that is compared: a land, a bullet, or a mark of a case. Text from the manifest.
struct Item {
  std::string label;     // "H44-Br1-B1/3" for a land.
  std::string file;      // Relative to the manifest; empty for bullets.
  std::string specimen;  // The physical item.
  std::string firearm;   // Truth.
  std::string land_truth;
  std::string study;
  std::string instrument;  // From the file; "unknown" where it does not say.
  std::string kind;
  bool derived_truth = false;  // Its truth was itself found by comparing marks.
  bool generated = false;      // No measurement: the generator's manifest says so.
};

struct ScannedMark {
  Item item;
  forensics::LandSignature signature;
  forensics::PreparedLand prepared;
};

struct ScannedBullet {
  Item item;
  std::int64_t lands = 0;  // Usable ones.
  forensics::BulletSignature signature;
  forensics::PreparedBullet prepared;
};

struct ScannedCase {
  Item item;
  forensics::PreparedImpression prepared;
};

// Something of the manifest that takes no part, with the reason. Never dropped in silence.
struct NotProcessed {
  std::string file;
  std::string reason;  // One sentence.
};

struct ScanSet {
  std::vector<ScannedMark> lands;  // Of both formats, in the manifest's order.
  std::vector<ScannedBullet> bullets;
  std::vector<ScannedCase> cases;  // Breech faces.
  std::vector<NotProcessed> not_processed;
  std::int64_t files = 0;  // Rows of the manifest.
};

struct Progress {
  std::string_view what;  // "scans", "pairs of lands".
  std::int64_t done = 0;
  std::int64_t total = 0;
};
using OnProgress = std::function<void(const Progress&)>;

struct RunOptions {
  int threads = 2;  // 1..kThreadsMax.
  // How cases may lie against each other: their scans as the standard asks, or any way round.
  forensics::TurnSearch turns = forensics::TurnSearch::kDirected;
  OnProgress on_progress;  // Called from several threads, one at a time.
  std::stop_token stop;
};

// Reads the manifest and extracts every scan it names.
//   Result    the same for any number of threads.
//   Errors    kCannotRead, kManifest, kInterrupted (faults).
absl::StatusOr<ScanSet> ReadScanSet(const std::filesystem::path& manifest,
                                    const RunOptions& options);

// One scan on its own: a land from an X3P file or a profile (.csv).
struct ExtractedScan {
  std::string instrument;
  std::vector<std::string> warnings;
  forensics::LandExtraction land;
};
// The same of a breech face.
struct ExtractedCase {
  std::string instrument;
  std::vector<std::string> warnings;
  forensics::ImpressedExtraction impression;
};
//   Errors    kCannotRead, kUnusableScan (faults); the message does not name the file.
absl::StatusOr<ExtractedScan> ExtractScan(const std::filesystem::path& file);
absl::StatusOr<ExtractedCase> ExtractCase(const std::filesystem::path& file);

}  // namespace proofmark::client::validation
