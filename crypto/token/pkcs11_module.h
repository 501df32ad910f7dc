// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "crypto/token/token_uri.h"

struct _CK_FUNCTION_LIST;

namespace proofmark::crypto {

enum class TokenKeyKind { kEd25519, kP256 };

// One PKCS#11 library in this process. What it serves may be away and come back: an opened key then
// fails and is opened again. One call at a time enters the library, so that it may be started anew
// between two; a call that does not come back holds up all others. Thread-safe.
//   Source  docs/references.md#pkcs11
class Pkcs11Module {
 public:
  // A private key, and the logged-in session in which it was found.
  struct OpenedKey {
    unsigned long session = 0;
    unsigned long object = 0;
    std::uint64_t generation = 0;  // Of the library's starts: sessions end with it.
    TokenKeyKind kind = TokenKeyKind::kEd25519;
    std::string public_key;  // 32 bytes of Ed25519; 65 of P-256, an uncompressed point.
  };

  // The library at `path`, loaded once and for the life of the process.
  //   kNotFound            it cannot be loaded; the message says what to do.
  //   kFailedPrecondition  it is no PKCS#11 library.
  static absl::StatusOr<Pkcs11Module*> Load(const std::filesystem::path& path);

  Pkcs11Module(const Pkcs11Module&) = delete;
  Pkcs11Module& operator=(const Pkcs11Module&) = delete;

  // Starts the library anew if its token does not answer.
  //   kUnavailable         the token is not there or does not work.
  //   kNotFound            the key is not on it, or the file of the PIN is not there.
  //   kFailedPrecondition  the PIN is refused, and was not tried again: tokens lock themselves;
  //                        several keys, or one of another kind.
  absl::StatusOr<OpenedKey> Open(const TokenUri& uri);

  // 64 bytes. Over the message for Ed25519, over its SHA-256 for P-256 (r || s).
  //   kUnavailable         the token did not sign; `key` is of no use any more.
  //   kFailedPrecondition  it, or what passes its calls on, does not know the algorithm.
  absl::StatusOr<std::string> Sign(const OpenedKey& key, std::string_view input);

  // Whether the library was not started anew since `key` was opened.
  bool IsCurrent(const OpenedKey& key);

  // OK while the session stands.
  //   kUnavailable  it does not.
  absl::Status Check(const OpenedKey& key);

  void Close(const OpenedKey& key);

 private:
  explicit Pkcs11Module(const _CK_FUNCTION_LIST& functions) : functions_(functions) {}

  absl::Status StartAnew() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<unsigned long> FindSlot(std::string_view token_label)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<OpenedKey> OpenOnce(const TokenUri& uri) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status LogIn(unsigned long session, const TokenUri& uri)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status FindKey(const TokenUri& uri, OpenedKey& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const _CK_FUNCTION_LIST& functions_;  // Of the library, which is never unloaded.

  base::Mutex mutex_;
  std::uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;                     // 0: not started.
  std::set<std::string, std::less<>> refused_pins_ ABSL_GUARDED_BY(mutex_);  // Labels of tokens.
};

}  // namespace proofmark::crypto
