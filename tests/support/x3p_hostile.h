// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace proofmark::testing {

// A file that ReadX3p must refuse.
struct HostileFile {
  std::string name;
  absl::StatusCode code;
  std::string names;                   // What the error must name.
  std::function<std::string()> build;  // Some are large; built when asked for.
};
std::vector<HostileFile> HostileFiles();

// What reading a file did, seen from another process.
struct Attempt {
  absl::StatusCode code = absl::StatusCode::kUnknown;
  std::string message;
  double cpu_ms = 0.0;
  double peak_mib = 0.0;  // Resident, the program and the file itself included.
};

// Reads `file` in a child process, so that memory is its own and a crash is an answer: kInternal.
Attempt ReadX3pInChild(const std::string& file);

}  // namespace proofmark::testing
