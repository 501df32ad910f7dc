// SPDX-License-Identifier: Apache-2.0
#include "base/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/descriptor.h"

namespace proofmark::base {

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path, std::int64_t bytes_max) {
  const auto fault = [&path](std::string_view why) {
    return absl::FailedPreconditionError(absl::StrFormat("%s: %s", path.string(), why));
  };
  struct stat info {};
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0 && errno == ENOENT) {
    return absl::NotFoundError(absl::StrFormat("%s: %s", path.string(), std::strerror(ENOENT)));
  }
  if (file.get() < 0) return fault(std::strerror(errno));
  if (::fstat(file.get(), &info) != 0) return fault(std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return fault("not a regular file");
  if (info.st_size > bytes_max) {
    return fault(
        absl::StrFormat("%d bytes, more than the %d that are read", info.st_size, bytes_max));
  }
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fault(std::strerror(errno));
    if (got == 0) return fault("became shorter while it was read");
    filled += static_cast<std::size_t>(got);
  }
  return text;
}

}  // namespace proofmark::base
