// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"
#include "crypto/x509/certificate.h"

namespace proofmark::crypto {

inline constexpr std::size_t kRevocationListBytesMax = 2 << 20;  // DER or PEM.
inline constexpr std::size_t kRevokedCertificatesMax = 20'000;

// Why a certificate was revoked: RFC 5280, 5.3.1. Stored in lists; never renumber.
enum class RevocationReason : int {
  kUnspecified = 0,
  kKeyCompromise = 1,
  kCaCompromise = 2,
  kAffiliationChanged = 3,
  kSuperseded = 4,
  kCessationOfOperation = 5,
  kCertificateHold = 6,
  kPrivilegeWithdrawn = 9,
  kAttributeAuthorityCompromise = 10,
};

std::string_view ToText(RevocationReason reason);  // "key-compromise" and so on.
// Absent for text that is none.
std::optional<RevocationReason> FindRevocationReason(std::string_view text);

struct Revocation {
  std::int64_t revoked_unix_s = 0;
  RevocationReason reason = RevocationReason::kUnspecified;

  friend bool operator==(const Revocation&, const Revocation&) = default;
};

// One CA's complete list of revoked certificates, believed: Read() checked who signed it. A value,
// cheap to copy; immutable and safe to use from several threads.
class RevocationList {
 public:
  // Reads exactly one list, DER or one "X509 CRL" block of PEM, and believes it when `ca` signed
  // it. Nothing is taken that says less, or other, than "these of my certificates are revoked": no
  // delta list, no list of a part or of another CA's certificates, no critical extension that is
  // not understood, no list without number or next update.
  //
  //   Errors   kInvalidArgument  too large, not such a list, or not in DER; the message says what.
  //            kUnauthenticated  not signed by `ca`, or `ca` may not sign lists.
  //   Threads  Pure. Whether the list is old is not looked at here.
  //   Source   docs/references.md#rfc-5280
  static absl::StatusOr<RevocationList> Read(std::string_view bytes, const X509Certificate& ca);

  const std::string& der() const { return facts_->der; }
  std::string ToPem() const;
  const Sha256Digest& sha256() const { return facts_->sha256; }
  // Of the CA's public key: whose list this is.
  const Sha256Digest& ca_spki_sha256() const { return facts_->ca_spki_sha256; }

  // Grows from list to list of one CA; 0 to 2^63 - 1.
  std::int64_t number() const { return facts_->number; }
  // Seconds since 1970. The list is fresh while this_update <= now < next_update.
  std::int64_t this_update_unix_s() const { return facts_->this_update_unix_s; }
  std::int64_t next_update_unix_s() const { return facts_->next_update_unix_s; }

  // By serial number, as X509Certificate::serial_hex().
  const std::map<std::string, Revocation, std::less<>>& revoked() const { return facts_->revoked; }
  // nullptr unless the certificate with this serial number, issued by this list's CA, is revoked.
  const Revocation* Find(std::string_view serial_hex) const;

  friend bool operator==(const RevocationList& a, const RevocationList& b) {
    return a.der() == b.der();
  }

 private:
  struct Facts {
    std::string der;
    Sha256Digest sha256{};
    Sha256Digest ca_spki_sha256{};
    std::int64_t number = 0;
    std::int64_t this_update_unix_s = 0;
    std::int64_t next_update_unix_s = 0;
    std::map<std::string, Revocation, std::less<>> revoked;
  };

  explicit RevocationList(std::shared_ptr<const Facts> facts) : facts_(std::move(facts)) {}

  std::shared_ptr<const Facts> facts_;  // Never null.
};

// How far a CA's list may be relied on.
enum class ListState {
  kFresh,
  kStale,    // Overdue, or gone: certificates it does not name are still believed, with an alarm.
  kExpired,  // Overdue or gone for longer than the grace: no certificate of this CA is believed.
};

std::string_view ToText(ListState state);  // "fresh", "stale", "expired".

// The state of one CA's lists at `now_unix_s`. `list` is the one in force, nullptr where there
// never was one; `missing_since_unix_s` is when it was noticed that the CA, which publishes lists,
// has none to show (absent: it has one). A missing list is stale from that moment, never "no list".
//   Threads  Pure.
ListState StateOf(const RevocationList* list, std::optional<std::int64_t> missing_since_unix_s,
                  std::int64_t grace_s, std::int64_t now_unix_s);

}  // namespace proofmark::crypto
