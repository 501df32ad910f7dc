// SPDX-License-Identifier: Apache-2.0
#include "client/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#include "absl/strings/str_format.h"
#include "base/descriptor.h"
#include "base/read_file.h"
#include "client/fault.h"

namespace proofmark::client {
namespace {

namespace fs = std::filesystem;

using base::Descriptor;

absl::Status CannotWrite(const fs::path& path, int error) {
  return MakeFault(FaultCode::kCannotWrite,
                   absl::StrFormat("%s: %s", path.string(), std::strerror(error)));
}

absl::Status WriteAll(int fd, base::ByteSpan bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return CannotWrite(path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const fs::path& path, std::int64_t bytes_max) {
  absl::StatusOr<std::string> text = base::ReadFile(path, bytes_max);
  if (text.ok()) return text;
  return MakeFault(FaultCode::kCannotRead, std::string(text.status().message()));
}

absl::Status WriteFile(const fs::path& path, base::ByteSpan bytes, Privacy privacy,
                       Overwrite overwrite) {
  fs::path beside = path;
  beside += absl::StrFormat(".%d.part", ::getpid());
  const mode_t mode = privacy == Privacy::kPrivate ? 0600 : 0644;
  ::unlink(beside.c_str());  // Left by a process of the same number that died; never a file in use.
  absl::Status status = absl::OkStatus();
  {
    const Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (file.get() < 0) return CannotWrite(path, errno);
    status = WriteAll(file.get(), bytes, path);
    if (status.ok() && (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0)) {
      status = CannotWrite(path, errno);
    }
  }
  // link() refuses an existing name in one step, where a check followed by rename() could race.
  if (status.ok() && overwrite == Overwrite::kNever && ::link(beside.c_str(), path.c_str()) != 0) {
    status = errno == EEXIST ? MakeFault(FaultCode::kWouldOverwrite,
                                         absl::StrFormat("%s exists already", path.string()))
                             : CannotWrite(path, errno);
  }
  if (status.ok() && overwrite == Overwrite::kAllowed &&
      ::rename(beside.c_str(), path.c_str()) != 0) {
    status = CannotWrite(path, errno);
  }
  ::unlink(beside.c_str());
  return status;
}

absl::Status MakeFolder(const fs::path& path, Privacy privacy) {
  std::error_code error;
  const bool made = fs::create_directories(path, error);
  if (error) return CannotWrite(path, error.value());
  if (made && privacy == Privacy::kPrivate && ::chmod(path.c_str(), 0700) != 0) {
    return CannotWrite(path, errno);
  }
  return absl::OkStatus();
}

bool IsOpenToOthers(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && (info.st_mode & 0077) != 0;
}

absl::StatusOr<TemporaryFolder> TemporaryFolder::Create() {
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  if (error) return MakeFault(FaultCode::kCannotWrite, "there is no folder for temporary files");
  std::string name = (parent / "proofmark-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return CannotWrite(name, errno);
  return TemporaryFolder(name);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code
      ignored;  // Nothing can be done about a left-over folder, and nothing depends on it.
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace proofmark::client
