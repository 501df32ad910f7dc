// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "client/file.h"
#include "forensics/synthetic/generator.h"

namespace proofmark::client::generate {

inline constexpr std::int64_t kBarrelsMax = 10'000;
inline constexpr std::int64_t kBulletsMax = 100;  // Of one barrel.
inline constexpr int kThreadsMax = 64;

// Bullets with known truth: the same options give the same files, byte for byte.
struct SyntheticSet {
  std::int64_t barrels = 2;           // 1..kBarrelsMax.
  std::int64_t bullets = 2;           // Of each barrel, 1..kBulletsMax; the first is a test fire.
  forensics::SyntheticBarrel barrel;  // Seed, lands and profile; its number is set for each.
  forensics::SyntheticScanOptions scan;
  std::string calibre = "9LUGER";  // For the manifest: a code or a name.
  std::string bullet_class = "9";
};

struct SetProgress {
  std::int64_t scans_done = 0;
  std::int64_t scans_total = 0;
  std::int64_t bytes_written = 0;
};

// The manifest of a set (docs/formats/manifest.md), with its columns of truth.
std::string ManifestText(const SyntheticSet& set);

// Writes `folder`/manifest.csv and the scans it names, `threads` at once. Bullets of one barrel
// number their lands from different ones, as laboratories do; the truth is in the manifest. The
// manifest comes last: without it the set is not complete.
//   Errors   kUsage, kWouldOverwrite, kCannotWrite, kInterrupted (faults).
//   Threads  `on_progress` is called from several threads, one at a time.
absl::Status WriteSet(const SyntheticSet& set, const std::filesystem::path& folder, int threads,
                      Overwrite overwrite,
                      const std::function<void(const SetProgress&)>& on_progress,
                      const std::stop_token& stop);

}  // namespace proofmark::client::generate
