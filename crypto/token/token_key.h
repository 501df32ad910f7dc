// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "crypto/token/pkcs11_module.h"
#include "crypto/token/token_uri.h"

namespace proofmark::crypto {

// How long a signature waits for a token that has just gone away, counted from when that was
// noticed: long enough for its service to start again. After that, until it is back, signatures
// fail at once.
inline constexpr std::chrono::seconds kTokenPatience{5};

// How one key on a token stands, for the node's status.
struct TokenStanding {
  std::string name;                                // "<token>/<object>".
  std::optional<std::int64_t> away_since_unix_ms;  // Absent while it signs.
  std::int64_t signatures = 0;                     // Made since the start.
  std::int64_t retried = 0;                        // Of these, on the second attempt.
};

// A private key on a PKCS#11 token. A session that was lost, the token having been restarted, is
// opened again and the signature made in it, once. Thread-safe; one signature at a time.
class TokenKey {
 public:
  // The key that a key file's text names. Opened once: whoever names it again gets the same, which
  // lives as long as the process, for TLS holds it by its text.
  //   Errors   of TokenUri::Parse(), Pkcs11Module::Load() and Open(); nothing waits for a token
  //            that is not there.
  static absl::StatusOr<TokenKey*> Open(std::string_view uri);

  TokenKey(const TokenKey&) = delete;
  TokenKey& operator=(const TokenKey&) = delete;

  const TokenUri& uri() const { return uri_; }
  TokenKeyKind kind() const { return kind_; }
  // As Pkcs11Module::OpenedKey::public_key. Never changes.
  const std::string& public_key() const { return public_key_; }

  // 64 bytes, as Pkcs11Module::Sign().
  //   kUnavailable         the token is away, or lost the session again.
  //   kNotFound, kFailedPrecondition  it is back, and refuses the PIN or has another key.
  absl::StatusOr<std::string> Sign(std::string_view input);

  // Looks whether the token is there.
  TokenStanding Standing();

 private:
  TokenKey(TokenUri uri, Pkcs11Module& module, const Pkcs11Module::OpenedKey& opened);

  // A session, opened again where there is none.
  absl::Status EnsureOpen() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status OpenAgain() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const TokenUri uri_;
  Pkcs11Module& module_;
  const TokenKeyKind kind_;
  const std::string public_key_;

  base::Mutex mutex_;
  std::optional<Pkcs11Module::OpenedKey> opened_ ABSL_GUARDED_BY(mutex_);
  TokenStanding standing_ ABSL_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point away_since_ ABSL_GUARDED_BY(mutex_);  // While it is away.
};

// Of all keys that were opened in this process, by name.
std::vector<TokenStanding> TokenStandings();

}  // namespace proofmark::crypto
