// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lists of class rules, in questions and in what was searched; not for others.

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/repeated_field.h"
#include "proofmark/v1/common.pb.h"
#include "records/class_filter.h"

namespace proofmark::wire {

// Appends `rule` to `rules`, which must not have it yet. `field` is its own path.
absl::Status AddRuleOnce(v1::ClassRule rule, std::string_view field,
                         std::vector<records::ClassRule>& rules);

// Each rule at most once. `field` is the path of the list.
absl::StatusOr<std::vector<records::ClassRule>> ReadRules(
    const google::protobuf::RepeatedField<int>& rules, std::string_view field);

}  // namespace proofmark::wire
