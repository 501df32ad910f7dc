// SPDX-License-Identifier: Apache-2.0
#pragma once

// Between messages and domain types, the only way in and out. The same for every header here:
//   ToProto    converts; never fails, and is only right for values within their bounds.
//   FromProto  checks every bound that the .proto comments state. `field` is the path of the
//              message, "" for the outermost, and begins the error:
//              `signature.lands[2].land.height_nm: 191 bytes, must be even and 192..8192`.
//              Errors: kInvalidArgument. Never quotes what was received.
//   Serialise  to deterministic bytes. kInvalidArgument for a value that Parse would refuse, so
//              nothing is written that cannot be read again.
//   Parse...   from bytes, with FromProto's checks; also refuses bytes above the named maximum and
//              any field, at any depth, that this version does not know: part of a question left
//              unread would be another question. Errors: kInvalidArgument.
// All are pure and may be called concurrently.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/evidence/calibration.h"
#include "proto/wire/messages.h"
#include "records/class_filter.h"
#include "records/exhibit.h"
#include "records/receipt.h"

namespace proofmark::wire {

inline constexpr std::int64_t kOriginBytesMax = 256;
inline constexpr std::int64_t kPartyBytesMax = 255;    // A SPIFFE id or a domain.
inline constexpr std::int64_t kVersionBytesMax = 128;  // Of a method or a calibration.
inline constexpr std::int64_t kCodeBytesMax = 32;      // Of a purpose, offence, role or refusal.
// Last millisecond of the year 9999, the last a Timestamp can say.
inline constexpr std::int64_t kUnixMsMax = 253'402'300'799'999;

v1::ExhibitKind ToProto(records::ExhibitKind kind);
absl::StatusOr<records::ExhibitKind> FromProto(v1::ExhibitKind kind, std::string_view field);

v1::MarkRegion ToProto(records::MarkRegion region);
absl::StatusOr<records::MarkRegion> FromProto(v1::MarkRegion region, std::string_view field);

v1::ClassRule ToProto(records::ClassRule rule);
absl::StatusOr<records::ClassRule> FromProto(v1::ClassRule rule, std::string_view field);

// What something may be used for. Sent; never renumber.
enum class ResultUse : std::int32_t { kIntelligence = 1, kEvidence = 2 };
std::string_view ResultUseText(ResultUse use);  // "INTELLIGENCE", "EVIDENCE".
absl::StatusOr<ResultUse> FromProto(v1::ResultUse use, std::string_view field);
// Of what a machine ranked, which is intelligence; not set says the same.
v1::ResultUse MachineResultUse();
absl::Status CheckMachineResult(std::string_view parent, v1::ResultUse use);

v1::SupportLevel ToProto(forensics::Level level);
absl::StatusOr<forensics::Level> FromProto(v1::SupportLevel level, std::string_view field);

v1::ClassCharacteristics ToProto(const records::ClassCharacteristics& characteristics);
absl::StatusOr<records::ClassCharacteristics> FromProto(const v1::ClassCharacteristics& message,
                                                        std::string_view field);

v1::LedgerReceipt ToProto(const records::LedgerReceipt& receipt);
absl::StatusOr<records::LedgerReceipt> FromProto(const v1::LedgerReceipt& message,
                                                 std::string_view field);

// Times are UTC milliseconds since 1970, 0..kUnixMsMax; finer parts of a message are cut off.
google::protobuf::Timestamp ToTimestamp(std::int64_t unix_ms);
absl::StatusOr<std::int64_t> FromTimestamp(const google::protobuf::Timestamp& message,
                                           std::string_view field);

}  // namespace proofmark::wire
