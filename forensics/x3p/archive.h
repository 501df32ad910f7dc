// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "forensics/x3p/zip_directory.h"

struct zip;

namespace proofmark::forensics::x3p {

// Owned bytes that nobody zeroed first: point data are large and overwritten at once.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size)
      : bytes_(std::make_unique_for_overwrite<std::byte[]>(size)), size_(size) {}

  std::byte* data() { return bytes_.get(); }
  base::ByteSpan span() const { return {bytes_.get(), size_}; }
  std::string_view text() const { return base::AsText(span()); }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
};

// A ZIP archive in memory, its directory checked as a whole when it is opened. Not thread-safe.
class Archive {
 public:
  // `file` must outlive the result. Limits and errors: ReadZipDirectory and
  // CheckInflatedSizes.
  static absl::StatusOr<Archive> Open(base::ByteSpan file, std::int64_t entries_max,
                                      std::int64_t inflated_bytes_max);

  const std::vector<ZipEntry>& entries() const { return entries_; }

  // The entry of exactly that name, or null.
  const ZipEntry* Find(std::string_view name) const;

  // Inflates `entry`, one of entries().
  //   kResourceExhausted  it declares more than `bytes_max`; nothing was allocated.
  //   kInvalidArgument    it inflates to another size than declared, or not at all.
  //   kDataLoss           its CRC-32 does not match.
  absl::StatusOr<Buffer> Read(const ZipEntry& entry, std::int64_t bytes_max) const;

 private:
  struct ZipCloser {
    void operator()(zip* archive) const;
  };

  Archive(std::vector<ZipEntry> entries, std::unique_ptr<zip, ZipCloser> archive)
      : entries_(std::move(entries)), archive_(std::move(archive)) {}

  std::vector<ZipEntry> entries_;
  std::unique_ptr<zip, ZipCloser> archive_;
};

// What WriteArchive puts in: a name and bytes that must live until it returns.
struct ArchivePart {
  std::string name;
  base::ByteSpan bytes;
};

// A ZIP archive of `parts` in their order: deflated (stored where Archive::Open would take the
// ratio for an attack), dated 1980-01-01, so that the same parts give the same bytes.
//   kInternal  the library failed.
absl::StatusOr<std::string> WriteArchive(const std::vector<ArchivePart>& parts);

}  // namespace proofmark::forensics::x3p
