// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bytes.h"

namespace proofmark::forensics::x3p {

inline constexpr std::int64_t kEntryNameBytesMax = 255;
inline constexpr std::int64_t kInflationRatioMax = 200;         // Beyond the first
inline constexpr std::int64_t kInflationFreeBytes = 1LL << 20;  // megabyte.

struct ZipEntry {
  std::string name;
  std::int64_t index = 0;  // Place in the central directory.
  std::int64_t compressed_bytes = 0;
  std::int64_t inflated_bytes = 0;  // As declared.
  std::int64_t local_offset = 0;    // Of the local header.
};

// Reads the directory of a ZIP archive and refuses every archive that means more than one thing or
// more than it should, before anything is inflated: several end records, ZIP64, several disks, a
// directory that does not fit between the entries and the end record, encryption, methods other
// than store and deflate, duplicate names, unsafe names, local headers that contradict the
// directory, entries that overlap.
//
//   Errors  kInvalidArgument    not a ZIP archive, or one of the above; names the entry.
//           kResourceExhausted  more than `entries_max` entries.
//   Source  docs/references.md#appnote-zip
absl::StatusOr<std::vector<ZipEntry>> ReadZipDirectory(base::ByteSpan file,
                                                       std::int64_t entries_max);

// True when the entry declares more than kInflationRatioMax times its compressed size.
bool IsPackedTooWell(const ZipEntry& entry);

// OK unless an entry is packed too well, or all of them declare more than `inflated_bytes_max`.
//   kResourceExhausted  names the entry or the sum.
absl::Status CheckInflatedSizes(const std::vector<ZipEntry>& entries,
                                std::int64_t inflated_bytes_max);

// OK when `name` can only mean an entry inside the archive.
//   kInvalidArgument  empty, longer than kEntryNameBytesMax, absolute, with a drive letter,
//                     a backslash, a '..' or empty component, a control character, or not UTF-8.
absl::Status CheckEntryName(std::string_view name);

}  // namespace proofmark::forensics::x3p
