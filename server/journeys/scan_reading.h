// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "forensics/impressed/impressed_signature.h"
#include "forensics/striated/ballistic_signature.h"
#include "records/mark_place.h"

namespace proofmark::journeys {

// What one scan gave: the signature of a land or of an aperture shear, or that of an impression.
struct ReadMark {
  using Signature = std::variant<forensics::LandSignature, forensics::ImpressedSignature>;
  std::optional<Signature> signature;  // Absent when the scan is not usable.
  // What was noticed and done, for people; without a signature the last one says why not. At most
  // records::kMarkRemarksMax of at most records::kMarkRemarkBytesMax bytes of plain text.
  std::vector<std::string> remarks;
};

// Reads a scan of one mark and extracts its signature by the method for its region. A scan that
// cannot be used is an ordinary outcome, not an error: a bullet with one bad land is still a
// bullet, a case without its firing pin still a case.
//   format   one of records::IsScanFormat.
//   Threads  Pure.
ReadMark ReadScan(records::MarkRegion region, std::string_view format, std::string_view file);

}  // namespace proofmark::journeys
