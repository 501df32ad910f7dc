// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/hash/sha256.h"
#include "crypto/x509/certificate.h"
#include "crypto/x509/revocation.h"
#include "crypto/x509/verify.h"

namespace proofmark::federation {

inline constexpr std::size_t kDeniedMax = 10'000;
inline constexpr std::chrono::seconds kRevocationGraceDefault{24 * 3600};
inline constexpr std::chrono::seconds kRevocationGraceMax{30 * 24 * 3600};
// How far in the future the time of a new list may lie: clocks differ.
inline constexpr std::chrono::seconds kListSkewMax{300};

// Whom nobody's list names and who is still not to be let in. Empty denies nobody.
struct DenyList {
  std::set<std::string, std::less<>> names;     // SPIFFE ids.
  std::set<crypto::Sha256Digest> certificates;  // SHA-256 of the certificate in DER.

  //   kInvalidArgument  an item is neither a SPIFFE id of ours nor 64 lower-case hexadecimal
  //                     digits, or there are more than kDeniedMax.
  static absl::StatusOr<DenyList> Parse(const std::vector<std::string>& items);

  friend bool operator==(const DenyList&, const DenyList&) = default;
};

// How one CA's lists stand, for people and for alarms.
struct ListStanding {
  std::string label;  // As it was told to Expect(): which agency's, on which port.
  crypto::Sha256Digest ca_spki_sha256{};
  crypto::ListState state = crypto::ListState::kFresh;
  std::optional<std::int64_t> missing_since_unix_s;  // Absent: the CA's file shows a list.
  // Of the list in force. Absent: there never was one.
  std::optional<std::int64_t> number;
  std::optional<std::int64_t> next_update_unix_s;
  std::size_t revoked_count = 0;
};

// Which certificates are no longer good though their CA's signature still is: the CAs' revocation
// lists and this node's own deny list, as of the last that were accepted. Asked when a connection
// is made and on every call, which may come days later. Thread-safe; never waits for a file.
class RevocationBook {
 public:
  // `clock` must outlive the result. `grace` in 0..kRevocationGraceMax.
  RevocationBook(std::chrono::seconds grace, const base::Clock& clock);

  // OK if `leaf` may be used now. In this order:
  //   1. denied by name or by certificate here;
  //   2. on its CA's list, however old that is;
  //   3. its CA publishes lists, and the newest is expired (crypto::StateOf).
  // A CA that Expect() was not told of publishes none: 1 alone counts.
  //   kUnauthenticated  the message says which.
  absl::Status Check(const crypto::VerifiedLeaf& leaf) const;

  // From now on `ca` publishes lists. Until one is accepted they are missing since
  // `missing_since_unix_s`. Does nothing for a CA told before.
  void Expect(const crypto::X509Certificate& ca, std::string_view label,
              std::int64_t missing_since_unix_s);

  // Puts a list in force; it is no longer missing. The list in force again is no change.
  //   Result  True when it is another list than before.
  //   kFailedPrecondition  its CA was not told to Expect(); its number is lower than that of the
  //                        list in force, or the same with other bytes; or it is from the future.
  absl::StatusOr<bool> Accept(const crypto::RevocationList& list);

  // The CA has no list to show any more: stale from `missing_since_unix_s` on. What the last one
  // named stays revoked. Does nothing for a CA whose list is missing already.
  void Lose(const crypto::Sha256Digest& ca_spki_sha256, std::int64_t missing_since_unix_s);

  void SetDenied(DenyList denied);
  DenyList denied() const;

  // One for each CA that publishes lists, by label.
  std::vector<ListStanding> Standings() const;
  // The list in force; absent where there never was one.
  std::optional<crypto::RevocationList> Find(const crypto::Sha256Digest& ca_spki_sha256) const;

 private:
  struct Page {
    std::string label;
    std::optional<crypto::RevocationList> list;
    std::optional<std::int64_t> missing_since_unix_s;
  };

  crypto::ListState StateOf(const Page& page) const;
  std::int64_t NowUnixS() const { return clock_.UnixMillis() / 1'000; }

  // Constant after construction.
  const std::chrono::seconds grace_;
  // Does its own locking.
  const base::Clock& clock_;

  mutable base::Mutex mutex_;
  // By the SPKI hash of the CA: a renewed certificate of the same key has the same lists.
  std::map<crypto::Sha256Digest, Page> pages_ ABSL_GUARDED_BY(mutex_);
  DenyList denied_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::federation
