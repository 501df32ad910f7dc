// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/failure_latch.h"
#include "server/store/storage_env.h"

namespace proofmark::store {

inline constexpr std::uint64_t kDerivedFileBytesMax = std::uint64_t{1} << 31;
inline constexpr std::size_t kDerivedFileNameBytesMax = 128;

// A file's bytes as the system maps them, page-aligned; the mapping lasts as long as `owner` and is
// indifferent to the file being removed.
struct MappedFile {
  std::span<const std::uint8_t> bytes;
  std::shared_ptr<const void> owner;
};

// Files made from what the store holds, in a folder of their own: any of them may be missing after
// a crash and is made anew; none is ever half written. A failed write closes this folder for
// writing and leaves the store alone. Thread-safe.
class DerivedFiles {
 public:
  // Makes the folder and removes what an interrupted Write left. `disk` must outlive the result.
  static absl::StatusOr<std::unique_ptr<DerivedFiles>> Open(StorageEnv& disk,
                                                            std::string directory);

  // Returns when the bytes are durable under `name`, which replaces a file of that name.
  //   kInvalidArgument  a name with other than letters, digits, '-', '_', '.', or a size too large.
  //   kUnavailable      the disk failed, now or earlier.
  absl::Status Write(std::string_view name, std::string_view bytes);

  // The file's bytes; on the machine's own file system mapped, elsewhere read.
  //   kNotFound  no such file.
  //   kDataLoss  larger than kDerivedFileBytesMax.
  absl::StatusOr<MappedFile> Map(std::string_view name) const;

  // Names, sorted.
  absl::StatusOr<std::vector<std::string>> List() const;

  // Makes the name disappear durably; absence is fine.
  absl::Status Remove(std::string_view name);

 private:
  DerivedFiles(StorageEnv& disk, std::string directory);

  absl::StatusOr<std::string> PathOf(std::string_view name) const;

  // Constant after construction.
  const std::string directory_;
  // Do their own locking.
  StorageEnv& disk_;
  FailureLatch failure_;
  mutable DurableEnv env_;
};

}  // namespace proofmark::store
