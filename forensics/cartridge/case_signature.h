// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "forensics/impressed/impressed_signature.h"
#include "forensics/striated/ballistic_signature.h"

namespace proofmark::forensics {

// The firing pin's aperture shears the primer when the barrel drops: a short striated mark.
struct ShearSignature {
  std::string extractor_version;  // Of the striated method; 1..128 bytes.
  LandSignature profile;
  friend bool operator==(const ShearSignature&, const ShearSignature&) = default;
};

// The ballistic signature of one cartridge case: those of its marks that were scanned and usable.
// Each is compared with the same mark of the other case only.
struct CaseSignature {
  std::vector<ImpressedSignature> impressions;  // By region, ascending, each at most once.
  std::optional<ShearSignature> aperture_shear;
  friend bool operator==(const CaseSignature&, const CaseSignature&) = default;
};

// The impression of that region; nullptr when the case has none.
const ImpressedSignature* FindImpression(const CaseSignature& signature, ImpressedRegion region);

// kInvalidArgument naming the first field outside its bounds, or saying that there is no mark. For
// signatures from a store or peer.
absl::Status CheckSignature(const CaseSignature& signature);

}  // namespace proofmark::forensics
