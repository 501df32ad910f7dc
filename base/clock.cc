// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <ctime>

namespace proofmark::base {
namespace {

class RealClock final : public Clock {
 public:
  std::int64_t UnixMillis() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::now();
  }
};

}  // namespace

std::string UtcText(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  char text[32] = "";
  if (gmtime_r(&seconds, &parts) != nullptr) {
    (void)std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts);
  }
  return text;
}

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

}  // namespace proofmark::base
