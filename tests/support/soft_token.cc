// SPDX-License-Identifier: Apache-2.0
#include "tests/support/soft_token.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace proofmark::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSoftHsm = "/usr/lib/softhsm/libsofthsm2.so";
constexpr const char* kPin = "1234";

// p11-kit's client module, which stands in a folder of the machine's architecture.
std::string P11Client() {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/usr/lib", error)) {
    const fs::path module = entry.path() / "pkcs11" / "p11-kit-client.so";
    if (fs::exists(module, error)) return module;
  }
  return "";
}

pid_t Spawn(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  PM_CHECK(child >= 0);
  if (child == 0) {
    setpgid(0, 0);  // The server has a process for each connection: all are killed together.
    const int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  setpgid(child, child);
  return child;
}

void RunOrDie(const std::vector<std::string>& words) {
  int status = 0;
  const pid_t child = Spawn(words);
  PM_CHECK(waitpid(child, &status, 0) == child);
  PM_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

bool Accepts(const fs::path& path) {
  const int probe = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  PM_CHECK(path.string().size() < sizeof(address.sun_path));
  std::strcpy(address.sun_path, path.c_str());
  const bool accepts =
      connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(probe);
  return accepts;
}

}  // namespace

std::string SoftToken::Missing() {
  for (const char* const file : {kSoftHsm, "/usr/bin/softhsm2-util", "/usr/bin/pkcs11-tool",
                                 "/usr/bin/p11-kit", "/usr/libexec/p11-kit/p11-kit-server"}) {
    if (!fs::exists(file)) return file;
  }
  return P11Client().empty() ? "p11-kit-client.so" : "";
}

SoftToken::SoftToken(fs::path folder) : folder_(std::move(folder)), pin_file_(folder_ / "pin") {
  fs::create_directories(folder_ / "tokens");
  std::ofstream(pin_file_) << kPin << "\n";
  std::ofstream(folder_ / "softhsm2.conf")
      << "directories.tokendir = " << (folder_ / "tokens").string()
      << "\nobjectstore.backend = file\nlog.level = ERROR\n";
  setenv("SOFTHSM2_CONF", (folder_ / "softhsm2.conf").c_str(), 1);
  setenv("P11_KIT_SERVER_ADDRESS",
         absl::StrFormat("unix:path=%s", (folder_ / "socket").string()).c_str(), 1);
  const std::string label(kLabel);
  RunOrDie({"softhsm2-util", "--init-token", "--free", "--label", label, "--pin", kPin, "--so-pin",
            "5678"});
  const char* id = "01";
  for (const auto& [object, type] :
       {std::pair{"tls", "EC:prime256v1"}, std::pair{"exchange", "EC:prime256v1"},
        std::pair{"log", "EC:edwards25519"}}) {
    RunOrDie({"pkcs11-tool", "--module", kSoftHsm, "--token-label", label, "--login", "--pin", kPin,
              "--keypairgen", "--key-type", type, "--label", object, "--id", id});
    id = id[1] == '1' ? "02" : "03";
  }
  Start();
}

SoftToken::~SoftToken() { Kill(); }

void SoftToken::Kill() {
  if (server_ == 0) return;
  kill(-server_, SIGKILL);
  PM_CHECK(waitpid(server_, nullptr, 0) == server_);
  server_ = 0;
}

void SoftToken::Start() {
  PM_CHECK(server_ == 0);
  fs::remove(folder_ / "socket");
  server_ = Spawn({"p11-kit", "server", "--foreground", "--provider", kSoftHsm, "--name",
                   (folder_ / "socket").string(), "pkcs11:"});
  for (int i = 0; i < 1'000 && !Accepts(folder_ / "socket"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  PM_CHECK(Accepts(folder_ / "socket"));
}

std::string SoftToken::UriOf(std::string_view object, std::string_view module) const {
  return absl::StrFormat("pkcs11:token=%s;object=%s;type=private?module-path=%s&pin-source=file:%s",
                         kLabel, object, module, pin_file_.string());
}

std::string SoftToken::Served(std::string_view object) const { return UriOf(object, P11Client()); }

std::string SoftToken::Direct(std::string_view object) const { return UriOf(object, kSoftHsm); }

}  // namespace proofmark::testing
