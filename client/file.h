// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/bytes.h"

namespace proofmark::client {

// The whole of a regular file.
//   kCannotRead (fault)  absent, no regular file, unreadable, or larger than `bytes_max`.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path, std::int64_t bytes_max);

enum class Privacy { kPublic, kPrivate };  // Mode 0644 or 0600, whatever the umask.
enum class Overwrite { kNever, kAllowed };

// Writes a file so that it is there in full or not at all (written beside, synced, renamed).
//   kWouldOverwrite (fault)  it exists and may not be overwritten.
//   kCannotWrite (fault)     anything the system refuses.
absl::Status WriteFile(const std::filesystem::path& path, base::ByteSpan bytes, Privacy privacy,
                       Overwrite overwrite);
inline absl::Status WriteFile(const std::filesystem::path& path, std::string_view text,
                              Privacy privacy, Overwrite overwrite) {
  return WriteFile(path, base::AsBytes(text), privacy, overwrite);
}

// Makes the folder and its parents; a private one with mode 0700. It may exist.
//   kCannotWrite (fault)
absl::Status MakeFolder(const std::filesystem::path& path, Privacy privacy);

// True when anybody but the owner may read or write the file.
bool IsOpenToOthers(const std::filesystem::path& path);

// A folder of its own under the system's temporary folder (mode 0700), removed with all its files
// at the end. Moved, never copied.
class TemporaryFolder {
 public:
  // kCannotWrite (fault)
  static absl::StatusOr<TemporaryFolder> Create();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;  // Empty when moved from.
};

}  // namespace proofmark::client
