// SPDX-License-Identifier: Apache-2.0
// Prints, for every hostile X3P file the tests know, what the reader says, the CPU milliseconds it
// took to say so, and the peak resident memory of the process that read it.
#include <algorithm>
#include <cstdio>

#include "absl/status/status.h"
#include "tests/support/x3p_builder.h"
#include "tests/support/x3p_hostile.h"

int main() {
  using proofmark::testing::Attempt;
  const auto print = [](const std::string& name, const std::string& file, const Attempt& attempt) {
    std::printf("%-36s %10zu  %7.1f ms  %6.1f MiB  %s: %s\n", name.c_str(), file.size(),
                attempt.cpu_ms, attempt.peak_mib, absl::StatusCodeToString(attempt.code).c_str(),
                attempt.message.c_str());
    std::fflush(stdout);
  };
  std::printf("%-36s %10s  %10s  %10s  %s\n", "file", "bytes", "CPU", "peak", "answer");
  const std::string valid = proofmark::testing::X3pRecipe().Build();
  print("(the valid file)", valid, proofmark::testing::ReadX3pInChild(valid));
  double slowest_ms = 0.0;
  double largest_mib = 0.0;
  int files = 0;
  int wrong = 0;
  for (const auto& hostile : proofmark::testing::HostileFiles()) {
    const std::string file = hostile.build();
    const Attempt attempt = proofmark::testing::ReadX3pInChild(file);
    print(hostile.name, file, attempt);
    slowest_ms = std::max(slowest_ms, attempt.cpu_ms);
    largest_mib = std::max(largest_mib, attempt.peak_mib);
    ++files;
    wrong +=
        attempt.code != hostile.code || attempt.message.find(hostile.names) == std::string::npos;
  }
  std::printf("%d files, %d answered otherwise than expected, slowest %.1f ms, largest %.1f MiB\n",
              files, wrong, slowest_ms, largest_mib);
  return wrong == 0 ? 0 : 1;
}
