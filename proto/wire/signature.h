// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "proto/wire/messages.h"
#include "records/exhibit.h"

// Ballistic signatures. The rules of all conversions: proto/wire/common.h. Format:
// docs/formats/signature.md.
namespace proofmark::wire {

// 24 of the longest lands fit, or every mark of a case at its largest.
inline constexpr std::int64_t kSignatureBytesMax = 640 * 1024;

v1::BulletSignature ToProto(const forensics::BulletSignature& signature);
absl::StatusOr<forensics::BulletSignature> FromProto(const v1::BulletSignature& message,
                                                     std::string_view field);

v1::CaseSignature ToProto(const forensics::CaseSignature& signature);
absl::StatusOr<forensics::CaseSignature> FromProto(const v1::CaseSignature& message,
                                                   std::string_view field);

v1::BallisticSignature ToProto(const forensics::BallisticSignature& signature);
absl::StatusOr<forensics::BallisticSignature> FromProto(const v1::BallisticSignature& message,
                                                        std::string_view field);
// Also refuses the signature of another item than `kind` says, or of a mark it cannot bear.
absl::StatusOr<forensics::BallisticSignature> FromProto(const v1::BallisticSignature& message,
                                                        records::ExhibitKind kind,
                                                        std::string_view field);

absl::StatusOr<std::string> Serialise(const forensics::BallisticSignature& signature);
absl::StatusOr<forensics::BallisticSignature> ParseSignature(std::string_view bytes);

}  // namespace proofmark::wire
