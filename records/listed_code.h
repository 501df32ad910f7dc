// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "records/codes.h"

namespace proofmark::records {

// What a person gave for `field` is a code of the list, or nothing where nothing need be given.
//   kInvalidArgument  otherwise; names the field.
absl::Status CheckListed(std::string_view field, std::span<const Code> list, std::string_view code,
                         bool required = true);

}  // namespace proofmark::records
