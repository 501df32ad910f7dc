// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "forensics/striated/ballistic_signature.h"

namespace proofmark::journeys {

// What one scan gave.
struct ReadLand {
  std::optional<forensics::LandSignature> signature;  // Absent when the scan is not usable.
  // What was noticed and done, for people; without a signature the last one says why not. At most
  // records::kMarkRemarksMax of at most records::kMarkRemarkBytesMax bytes of plain text.
  std::vector<std::string> remarks;
};

// Reads a scan of one land and extracts its signature. A scan that cannot be used is an ordinary
// outcome, not an error: a bullet with one bad land is still a bullet.
//   format   one of records::IsScanFormat.
//   Threads  Pure.
ReadLand ReadLandScan(std::string_view format, std::string_view file);

}  // namespace proofmark::journeys
