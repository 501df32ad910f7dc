// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/striated/ballistic_signature.h"
#include "forensics/surface/height_map.h"

namespace proofmark::forensics {

struct LandExtractionOptions {
  double form_cutoff_um = 1000.0;     // ISO regression Gaussian, order 2; [100, 2000].
  double noise_cutoff_um = 16.0;      // ISO Gaussian; [2, 60], below form_cutoff_um.
  double block_um = 25.0;             // Along the axis, per averaged block; [5, 100].
  double shoulder_step_in_um = 15.0;  // From the edge of a groove to the shoulder; [0, 200].
};

// What a person wants to see of an extraction, beside the signature itself. All micrometres.
struct LandTrace {
  std::vector<float> profile_um;  // The band's mean profile at kSignaturePitchUm, whole width.
  std::vector<float> form_um;     // The form removed from it.
  double left_shoulder_um = 0.0;
  double right_shoulder_um = 0.0;
  HeightMap oriented;  // The scan as it was used: x across the land, heel at y = 0 unless
                       // LandFlag::kHeelUncertain is set.
};

struct LandExtraction {
  LandSignature signature;
  LandTrace trace;
};

// Name of the method and its parameters; part of every signature. Changes when a result may.
std::string_view LandExtractorVersion();

// Turns the scan of one land engraved area into its signature: orientation, band with the drift of
// the striae removed, groove shoulders, form removal, smoothing. A damaged land still yields a
// signature, with LandFlag::kDamaged.
//
//   Shape     any orientation in steps of 90 degrees; pitch 0.1..15 um; land 0.3..12 mm wide.
//   Result    deterministic: the same heights give the same bits.
//   Cost      O(points), a few times the reading of the file.
//   Errors    kInvalidArgument     options or map outside their bounds.
//             kFailedPrecondition  no land in it: not striated (coherence), too few points
//                                  measured, or narrower than kSignatureSamplesMin.
//   Threads   Pure.
//   Source    docs/references.md#hare-2017, #iso-16610-21, #iso-16610-31
absl::StatusOr<LandExtraction> ExtractLand(const HeightMap& scan,
                                           const LandExtractionOptions& options);

// The same from one crosscut profile: positions (micrometres, strictly increasing, gaps allowed)
// and heights (micrometres). Sets LandFlag::kFromProfile.
absl::StatusOr<LandExtraction> ExtractLandFromProfile(const std::vector<double>& x_um,
                                                      const std::vector<double>& height_um,
                                                      const LandExtractionOptions& options);

}  // namespace proofmark::forensics
