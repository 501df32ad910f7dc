// SPDX-License-Identifier: Apache-2.0
#pragma once

// What exhibits as shown and exhibits as stored have in common; not for others.

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proofmark/v1/exhibit.pb.h"
#include "records/exhibit.h"

namespace proofmark::wire {

v1::Mark ToProto(const records::Mark& mark);
// The hash of the sealed blob is not in the message: it stays empty.
absl::StatusOr<records::Mark> FromProto(const v1::Mark& message, std::string_view field);

// Whether an item of this kind has such marks, in their order. `field` is the path of the message
// that has them.
absl::Status CheckMarks(records::ExhibitKind kind, const std::vector<records::Mark>& marks,
                        std::string_view field);

absl::StatusOr<records::ExhibitState> ReadExhibitState(v1::ExhibitState state,
                                                       std::string_view field);

}  // namespace proofmark::wire
