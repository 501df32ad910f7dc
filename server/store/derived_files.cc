// SPDX-License-Identifier: Apache-2.0
#include "server/store/derived_files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "server/store/leveldb_status.h"

namespace proofmark::store {
namespace {

constexpr std::string_view kTemporarySuffix = ".new";
constexpr std::size_t kAlignment = 64;

bool IsName(std::string_view name) {
  if (name.empty() || name.size() > kDerivedFileNameBytesMax || name.front() == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// A mapping of the file, or none where the system cannot: a simulated disk, say.
std::shared_ptr<const void> MapPath(const std::string& path, std::uint64_t size) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  struct stat about {};
  void* at = MAP_FAILED;
  if (fstat(fd, &about) == 0 && static_cast<std::uint64_t>(about.st_size) == size) {
    at = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  }
  close(fd);
  if (at == MAP_FAILED) return nullptr;
  return {at, [size](const void* mapped) { munmap(const_cast<void*>(mapped), size); }};
}

std::shared_ptr<const void> CopyAligned(const std::string& bytes) {
  void* copy =
      std::aligned_alloc(kAlignment, (bytes.size() + kAlignment - 1) / kAlignment * kAlignment);
  PM_CHECK(copy != nullptr);
  std::memcpy(copy, bytes.data(), bytes.size());
  return {copy, [](const void* at) { std::free(const_cast<void*>(at)); }};
}

}  // namespace

DerivedFiles::DerivedFiles(StorageEnv& disk, std::string directory)
    : directory_(std::move(directory)), disk_(disk), env_(disk, failure_) {}

absl::StatusOr<std::unique_ptr<DerivedFiles>> DerivedFiles::Open(StorageEnv& disk,
                                                                 std::string directory) {
  std::unique_ptr<DerivedFiles> files(new DerivedFiles(disk, std::move(directory)));
  PM_RETURN_IF_ERROR(MakeDirectory(files->env_, files->directory_));
  PM_ASSIGN_OR_RETURN(const std::vector<std::string> names, files->List());
  for (const std::string& name : names) {
    if (name.ends_with(kTemporarySuffix)) PM_RETURN_IF_ERROR(files->Remove(name));
  }
  return files;
}

absl::StatusOr<std::string> DerivedFiles::PathOf(std::string_view name) const {
  if (!IsName(name)) return absl::InvalidArgumentError("name of a derived file is not plain");
  return directory_ + "/" + std::string(name);
}

absl::Status DerivedFiles::Write(std::string_view name, std::string_view bytes) {
  PM_ASSIGN_OR_RETURN(const std::string path, PathOf(name));
  if (bytes.size() > kDerivedFileBytesMax) {
    return absl::InvalidArgumentError(absl::StrFormat("%s: %d bytes; at most %d may be written",
                                                      path, bytes.size(), kDerivedFileBytesMax));
  }
  PM_RETURN_IF_ERROR(failure_.status());
  absl::Status written = ReplaceFile(env_, path, bytes).status();
  if (!written.ok()) {
    // A full disk is the likeliest reason: leave no half of a large file on it.
    disk_.RemoveFile(path + std::string(kTemporarySuffix));
  }
  return written;
}

absl::StatusOr<MappedFile> DerivedFiles::Map(std::string_view name) const {
  PM_ASSIGN_OR_RETURN(const std::string path, PathOf(name));
  if (!disk_.FileExists(path)) {
    return absl::NotFoundError(absl::StrFormat("%s: no such file", path));
  }
  std::uint64_t size = 0;
  PM_RETURN_IF_ERROR(FromLevelDb(disk_.GetFileSize(path, &size), path));
  if (size > kDerivedFileBytesMax) {
    return absl::DataLossError(
        absl::StrFormat("%s: %d bytes, more than %d", path, size, kDerivedFileBytesMax));
  }
  if (size == 0) return MappedFile{};
  std::shared_ptr<const void> owner = MapPath(path, size);
  if (owner == nullptr) {
    PM_ASSIGN_OR_RETURN(const std::string bytes, ReadWholeFile(disk_, path, kDerivedFileBytesMax));
    owner = CopyAligned(bytes);
    size = bytes.size();
  }
  const auto* begin = static_cast<const std::uint8_t*>(owner.get());
  return MappedFile{{begin, static_cast<std::size_t>(size)}, std::move(owner)};
}

absl::StatusOr<std::vector<std::string>> DerivedFiles::List() const {
  std::vector<std::string> names;
  PM_RETURN_IF_ERROR(FromLevelDb(disk_.GetChildren(directory_, &names), directory_));
  std::erase_if(names, [](const std::string& name) { return !IsName(name); });
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status DerivedFiles::Remove(std::string_view name) {
  PM_ASSIGN_OR_RETURN(const std::string path, PathOf(name));
  if (!disk_.FileExists(path)) return absl::OkStatus();
  PM_RETURN_IF_ERROR(FromLevelDb(env_.RemoveFile(path), path));
  return FromLevelDb(env_.SyncDirectory(directory_), directory_);
}

}  // namespace proofmark::store
