// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/asn1.h"

#include <openssl/bn.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "absl/strings/ascii.h"
#include "crypto/openssl/status.h"

namespace proofmark::crypto {

std::string IntegerHex(const ASN1_INTEGER* number) {
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> value(ASN1_INTEGER_to_BN(number, nullptr));
  PM_CHECK(value != nullptr);
  const OpenSslMemory<char> hex(BN_bn2hex(value.get()));
  PM_CHECK(hex != nullptr);
  std::string digits = absl::AsciiStrToLower(hex.get());
  const bool negative = digits.starts_with('-');
  if (negative) digits.erase(0, 1);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return negative ? "-" + digits : digits;
}

absl::StatusOr<std::int64_t> UnixSeconds(const ASN1_TIME* time) {
  std::tm utc{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &utc) != 1) {
    return OpenSslError(absl::StatusCode::kInvalidArgument, "unreadable time");
  }
  const std::chrono::sys_days day = std::chrono::year(utc.tm_year + 1900) /
                                    std::chrono::month(static_cast<unsigned>(utc.tm_mon + 1)) /
                                    std::chrono::day(static_cast<unsigned>(utc.tm_mday));
  return std::chrono::sys_seconds(day).time_since_epoch().count() + utc.tm_hour * 3600 +
         utc.tm_min * 60 + utc.tm_sec;
}

}  // namespace proofmark::crypto
