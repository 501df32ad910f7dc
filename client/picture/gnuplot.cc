// SPDX-License-Identifier: Apache-2.0
#include "client/picture/gnuplot.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "client/fault.h"

extern char** environ;

namespace proofmark::client::picture {
namespace {

constexpr std::int64_t kPictureBytesMax = 256LL << 20;
constexpr std::int64_t kMessageBytesMax = 1 << 20;
constexpr std::size_t kMessageShown = 400;
// U+2019. gnuplot 5.4 misreads a doubled quote at the beginning of a string, so none is written.
constexpr std::string_view kApostrophe = "\xE2\x80\x99";

// What the child does with its descriptors before it becomes gnuplot.
class FileActions {
 public:
  explicit FileActions(const TemporaryFolder& folder) {
    PM_CHECK(posix_spawn_file_actions_init(&actions_) == 0);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    PM_CHECK(posix_spawn_file_actions_addchdir_np(&actions_, folder.path().c_str()) == 0);
    PM_CHECK(posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0) == 0);
    PM_CHECK(posix_spawn_file_actions_addopen(&actions_, 1, "picture", flags, 0600) == 0);
    PM_CHECK(posix_spawn_file_actions_addopen(&actions_, 2, "messages", flags, 0600) == 0);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// The exit status of gnuplot.
absl::StatusOr<int> Spawn(const TemporaryFolder& folder) {
  const FileActions actions(folder);
  char program[] = "gnuplot";
  char no_startup[] = "-d";
  char script[] = "script";
  char* const arguments[] = {program, no_startup, script, nullptr};
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, program, actions.get(), nullptr, arguments, environ);
  if (error == ENOENT) {
    return MakeFault(FaultCode::kProgramMissing,
                     "gnuplot is not installed; the package is gnuplot-nox");
  }
  if (error != 0) return MakeFault(FaultCode::kProgramFailed, std::strerror(error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return MakeFault(FaultCode::kProgramFailed, std::strerror(errno));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) continue;
    if (c == '\'') {
      quoted += kApostrophe;
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string CanvasLine(Format format, int width, int height) {
  constexpr const char* kFont = "DejaVu Sans";
  if (format == Format::kPng) {
    return absl::StrFormat("set terminal pngcairo size %d,%d font '%s,13' background '#ffffff'\n",
                           width, height, kFont);
  }
  return absl::StrFormat(
      "set terminal svg size %d,%d font '%s,13' background '#ffffff' name 'proofmark'\n", width,
      height, kFont);
}

absl::StatusOr<std::string> RunGnuplot(const TemporaryFolder& folder, const std::string& script) {
  PM_RETURN_IF_ERROR(
      WriteFile(folder.path() / "script", script, Privacy::kPrivate, Overwrite::kAllowed));
  PM_ASSIGN_OR_RETURN(const int exit_status, Spawn(folder));
  if (exit_status != 0) {
    PM_ASSIGN_OR_RETURN(std::string messages,
                        ReadFile(folder.path() / "messages", kMessageBytesMax));
    messages.resize(std::min(messages.size(), kMessageShown));
    return MakeFault(FaultCode::kProgramFailed,
                     absl::StrFormat("exit status %d: %s", exit_status, messages));
  }
  PM_ASSIGN_OR_RETURN(std::string picture, ReadFile(folder.path() / "picture", kPictureBytesMax));
  if (picture.empty()) return MakeFault(FaultCode::kProgramFailed, "it drew nothing");
  return picture;
}

}  // namespace proofmark::client::picture
