// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/picture/gnuplot.h"
#include "forensics/impressed/impressed_comparison.h"
#include "forensics/impressed/impressed_signature.h"
#include "forensics/striated/bullet_comparison.h"

// Pictures of whole comparisons. Errors and threads as in pictures.h.
namespace proofmark::client::picture {

// Every pair of lands of the best phase, one panel below the other: the reference's signature and
// the query's laid over it at its lag, with the pair's cross-correlation and score.
absl::StatusOr<std::string> DrawAlignedBullets(const forensics::BulletSignature& query,
                                               std::string_view query_name,
                                               const forensics::BulletSignature& reference,
                                               std::string_view reference_name,
                                               const forensics::BulletComparison& comparison,
                                               Format format);

// The relief of `reference` with its cells, and of `other` with the places where they were found:
// cells that agree in colour and numbered, the rest faint.
absl::StatusOr<std::string> DrawCellMap(const forensics::ImpressedSignature& reference,
                                        std::string_view reference_name,
                                        const forensics::ImpressedSignature& other,
                                        std::string_view other_name,
                                        const forensics::ImpressedComparison& comparison,
                                        Format format);

}  // namespace proofmark::client::picture
