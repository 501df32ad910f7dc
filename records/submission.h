// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "records/exhibit.h"

namespace proofmark::records {

inline constexpr std::int64_t kScanBytesMax = 128 * 1024 * 1024;

// How a scan is written. Anything else is refused.
inline constexpr std::string_view kFormatX3p = "x3p";
inline constexpr std::string_view kFormatProfileCsv = "profile-csv";
bool IsScanFormat(std::string_view format);

// One scan that a submission brings.
struct ScanAnnouncement {
  MarkPlace place;              // One that an item of this kind bears.
  std::string format;           // kFormatX3p or kFormatProfileCsv.
  std::int64_t size_bytes = 0;  // 1..kScanBytesMax.
  std::string sha256;           // Of the file, 32 raw bytes.
  friend bool operator==(const ScanAnnouncement&, const ScanAnnouncement&) = default;
};

// What a laboratory says before it sends the scans of one exhibit.
struct SubmissionHeader {
  ExhibitIdentity identity;
  ExhibitKind kind = ExhibitKind::kBulletEvidence;
  ClassCharacteristics characteristics;  // As far as known; land count and width are measured.
  std::vector<ScanAnnouncement> scans;   // 1..kLandsMax, places strictly ascending.
  friend bool operator==(const SubmissionHeader&, const SubmissionHeader&) = default;
};
// kInvalidArgument naming the field and its bound.
absl::Status CheckSubmissionHeader(const SubmissionHeader& header);

}  // namespace proofmark::records
