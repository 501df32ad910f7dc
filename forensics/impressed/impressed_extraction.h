// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/impressed/impressed_signature.h"
#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

struct ImpressionOptions {
  ImpressedRegion region = ImpressedRegion::kBreechFace;  // kApertureShear is refused.
  bool negative_cast = false;  // Heights and x axis are turned back first; sets kInverted.
};

// What a person wants to see of an extraction, beside the signature itself.
struct ImpressionTrace {
  HeightMap levelled;                 // The scan at the signature's pitch, plane removed, um.
  std::vector<std::uint8_t> outline;  // Of `levelled`, 1 where the mark was taken.
  double centre_x_um = 0.0;           // Of the outer circle, in the scan's coordinates;
  double centre_y_um = 0.0;           // middle of the outline without one.
  double relief_left_um = 0.0;        // Where sample (0, 0) of the relief lies in the scan.
  double relief_top_um = 0.0;
};

struct ImpressedExtraction {
  ImpressedSignature signature;
  ImpressionTrace trace;
};

// Name of the method and its parameters; part of every signature. Changes when a result may.
std::string_view ImpressionExtractorVersion();

// Turns the scan of one impressed mark into its signature: outline of the mark, form removal,
// smoothing, local normalisation.
//
// `region_mask` is empty or has one value a point, non-zero where the mark is (see
// region_mask.h). Without it a scan of a whole primer is outlined by its own plane and circles; a
// scan in which all but the mark is missing is taken as it stands.
//
//   Shape     pitch 0.5..16 um, either axis; extent 0.5..20 mm.
//   Result    deterministic: the same heights give the same bits, whatever lies outside the
//             outline; unchanged by an offset and, as to the relief, by a tilt.
//   Cost      O(points).
//   Errors    kInvalidArgument     options, map or mask outside their bounds.
//             kFailedPrecondition  no mark of the region in it, or too little of it measured.
//   Threads   Pure.
//   Source    docs/references.md#song-2014, #zemmels-2023, #iso-16610-61
absl::StatusOr<ImpressedExtraction> ExtractImpression(const HeightMap& scan,
                                                      std::span<const std::uint8_t> region_mask,
                                                      const ImpressionOptions& options);

}  // namespace proofmark::forensics
