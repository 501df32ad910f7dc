// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace proofmark::testing {

// A SoftHSM token in a folder of its own, and `p11-kit server` before it, which can be killed and
// started again: the way in which a test restarts a token. One in a process: p11-kit finds its
// server by the environment. Failures end the test program.
class SoftToken {
 public:
  // Which of the programs it needs is missing; empty when all are there.
  static std::string Missing();

  // A token with the P-256 keys "tls" and "exchange" and the Ed25519 key "log"; its server runs.
  explicit SoftToken(std::filesystem::path folder);
  ~SoftToken();
  SoftToken(const SoftToken&) = delete;
  SoftToken& operator=(const SoftToken&) = delete;

  // What a key file holds for `object`. By way of the server, which passes on no Ed25519 in
  // Debian 12 (p11-kit 0.24); Direct() loads SoftHSM into this process.
  std::string Served(std::string_view object) const;
  std::string Direct(std::string_view object) const;
  const std::filesystem::path& pin_file() const { return pin_file_; }

  void Kill();
  void Start();

  static constexpr std::string_view kLabel = "proofmark-test";

 private:
  std::string UriOf(std::string_view object, std::string_view module) const;

  const std::filesystem::path folder_;
  const std::filesystem::path pin_file_;
  pid_t server_ = 0;
};

// Skips the calling test with words where a program is missing; fails it when CI=true.
#define PM_REQUIRE_SOFT_TOKEN()                                                           \
  if (const std::string pm_missing = ::proofmark::testing::SoftToken::Missing();          \
      !pm_missing.empty()) {                                                              \
    const char* const pm_ci = std::getenv("CI");                                          \
    if (pm_ci != nullptr && std::string_view(pm_ci) == "true") {                          \
      FAIL() << pm_missing << " is missing: apt-get install softhsm2 opensc p11-kit";     \
    }                                                                                     \
    GTEST_SKIP() << pm_missing << " is missing: apt-get install softhsm2 opensc p11-kit " \
                 << "p11-kit-modules";                                                    \
  }                                                                                       \
  static_assert(true)

}  // namespace proofmark::testing
