// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "forensics/striated/ballistic_signature.h"
#include "proto/wire/messages.h"

// Ballistic signatures. The rules of all conversions: proto/wire/common.h. Format:
// docs/formats/signature.md.
namespace proofmark::wire {

inline constexpr std::int64_t kSignatureBytesMax = 256 * 1024;  // 24 of the longest lands fit.

v1::BulletSignature ToProto(const forensics::BulletSignature& signature);
absl::StatusOr<forensics::BulletSignature> FromProto(const v1::BulletSignature& message,
                                                     std::string_view field);

absl::StatusOr<std::string> Serialise(const forensics::BulletSignature& signature);
absl::StatusOr<forensics::BulletSignature> ParseSignature(std::string_view bytes);

}  // namespace proofmark::wire
