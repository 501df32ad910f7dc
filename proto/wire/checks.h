// SPDX-License-Identifier: Apache-2.0
#pragma once

// Shared by the conversions of this folder; not for others. Every check names its value by
// `parent` (the path of the message, may be empty) and `name` (the field), and writes the path out
// only when it refuses.

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "google/protobuf/message.h"

namespace proofmark::wire {

inline constexpr std::int64_t kHashBytes = 32;  // SHA-256.

// "parent.name", or "name" under no parent; with an index, "parent.name[index]".
std::string At(std::string_view parent, std::string_view name);
std::string At(std::string_view parent, std::string_view name, int index);

absl::Status Refuse(std::string_view parent, std::string_view name, std::string_view why);

// `status` of a check that named its field alone, named from `parent` on.
absl::Status Under(std::string_view parent, const absl::Status& status);

absl::Status CheckInteger(std::string_view parent, std::string_view name, std::int64_t value,
                          std::int64_t min, std::int64_t max);
// Also refuses what is not a number.
absl::Status CheckNumber(std::string_view parent, std::string_view name, double value, double min,
                         double max);
absl::Status CheckCount(std::string_view parent, std::string_view name, int count, int min,
                        std::int64_t max);
absl::Status CheckBytes(std::string_view parent, std::string_view name, std::string_view bytes,
                        std::int64_t min, std::int64_t max);
absl::Status CheckPresent(std::string_view parent, std::string_view name, bool present);

// UTF-8 without control characters; printable ASCII; 32 lower-case hexadecimal digits;
// [A-Z0-9_]{1,32}; the same or empty; the name of an agency: [a-z0-9.-].
absl::Status CheckText(std::string_view parent, std::string_view name, std::string_view text,
                       std::int64_t min, std::int64_t max);
absl::Status CheckAscii(std::string_view parent, std::string_view name, std::string_view text,
                        std::int64_t min, std::int64_t max);
absl::Status CheckId(std::string_view parent, std::string_view name, std::string_view id);
absl::Status CheckCode(std::string_view parent, std::string_view name, std::string_view code);
absl::Status CheckOptionalCode(std::string_view parent, std::string_view name,
                               std::string_view code);
absl::Status CheckDomain(std::string_view parent, std::string_view name, std::string_view domain);

// Fixed-length bytes as an array.
absl::StatusOr<crypto::Sha256Digest> ReadDigest(std::string_view parent, std::string_view name,
                                                std::string_view bytes);

// Between enumerations whose numbers are equal; `is_valid` is the generated test.
template <typename Domain, typename Proto>
absl::StatusOr<Domain> ReadEnum(std::string_view field, Proto value, bool (*is_valid)(int)) {
  const int number = static_cast<int>(value);
  if (number == 0) return Refuse(field, "", "not set");
  if (!is_valid(number)) return Refuse(field, "", "a value this version does not know");
  return static_cast<Domain>(number);
}
template <typename Proto, typename Domain>
Proto WriteEnum(Domain value) {
  return static_cast<Proto>(static_cast<int>(value));
}

// Reads all of `bytes` into `message`. See the rules of Parse in proto/wire/common.h; `what` names
// the whole in an error.
absl::Status ParseStrictly(std::string_view bytes, std::int64_t bytes_max, std::string_view what,
                           google::protobuf::Message& message);

// The same bytes for the same message, every time.
absl::StatusOr<std::string> WriteBytes(const google::protobuf::Message& message,
                                       std::int64_t bytes_max, std::string_view what);

}  // namespace proofmark::wire
