// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/picture/gnuplot.h"
#include "forensics/striated/bullet_comparison.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/surface/height_map.h"

// Pictures of lands for people, drawn by gnuplot. None shows a level: what two lands are worth is
// said for whole bullets only. `title` may be any text.
//
//   Errors    kProgramMissing, kProgramFailed, kCannotWrite (faults); kInvalidArgument for a map
//             without measured points.
//   Threads   May be called concurrently.
namespace proofmark::client::picture {

// What the extractor noticed of a land, in words.
std::string FlagsText(const forensics::LandSignature& signature);

// A surface as relief, its axes those of the scan: heights in colour after its form (of second
// order) is taken off, lit from the left so that striae show, with a colour scale and a scale bar.
// Points that were not measured are grey.
absl::StatusOr<std::string> DrawSurface(const forensics::HeightMap& map, std::string_view title,
                                        Format format);

// The mean profile of a land, the form taken off it, and its shoulders.
absl::StatusOr<std::string> DrawProfile(const forensics::LandExtraction& land,
                                        std::string_view title, Format format);

// A land's signature: heights over the width between its shoulders.
absl::StatusOr<std::string> DrawSignature(const forensics::LandSignature& signature,
                                          std::string_view title, Format format);

// Two signatures laid over each other at the lag of `comparison`, of `query` against `reference`.
absl::StatusOr<std::string> DrawAligned(const forensics::LandSignature& query,
                                        std::string_view query_name,
                                        const forensics::LandSignature& reference,
                                        std::string_view reference_name,
                                        const forensics::LandComparison& comparison, Format format);

}  // namespace proofmark::client::picture
