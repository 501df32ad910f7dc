// SPDX-License-Identifier: Apache-2.0
#include "crypto/token/token_key.h"

#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"

namespace proofmark::crypto {
namespace {

constexpr std::chrono::milliseconds kPauseBetweenTries{50};

// By text. TLS knows a key by its text alone, and PKCS#11 is one for the whole process.
struct OpenedKeys {
  base::Mutex mutex;
  std::map<std::string, TokenKey*, std::less<>> by_text ABSL_GUARDED_BY(mutex);
};

OpenedKeys& AllKeys() {
  static auto* const keys = new OpenedKeys();
  return *keys;
}

std::string NameOf(const TokenUri& uri) {
  return uri.token + "/" + (uri.object.empty() ? base::ToHex(uri.id) : uri.object);
}

}  // namespace

TokenKey::TokenKey(TokenUri uri, Pkcs11Module& module, const Pkcs11Module::OpenedKey& opened)
    : uri_(std::move(uri)),
      module_(module),
      kind_(opened.kind),
      public_key_(opened.public_key),
      opened_(opened) {
  standing_.name = NameOf(uri_);
}

absl::StatusOr<TokenKey*> TokenKey::Open(std::string_view uri_text) {
  PM_ASSIGN_OR_RETURN(TokenUri uri, TokenUri::Parse(uri_text));
  OpenedKeys& keys = AllKeys();
  const base::MutexLock lock(keys.mutex);
  if (const auto known = keys.by_text.find(uri.text); known != keys.by_text.end()) {
    return known->second;
  }
  PM_ASSIGN_OR_RETURN(Pkcs11Module* const module, Pkcs11Module::Load(uri.module_path));
  PM_ASSIGN_OR_RETURN(const Pkcs11Module::OpenedKey opened, module->Open(uri));
  const std::string text = uri.text;
  return keys.by_text.emplace(text, new TokenKey(std::move(uri), *module, opened)).first->second;
}

absl::Status TokenKey::OpenAgain() {
  absl::StatusOr<Pkcs11Module::OpenedKey> opened = module_.Open(uri_);
  if (!opened.ok()) return opened.status();
  if (opened->kind == kind_ && opened->public_key == public_key_) {
    opened_ = *std::move(opened);
    return absl::OkStatus();
  }
  module_.Close(*opened);
  return absl::FailedPreconditionError(absl::StrFormat(
      "token key %s: another key has that name now; give a new key a new name", standing_.name));
}

absl::Status TokenKey::EnsureOpen() {
  if (opened_ && module_.IsCurrent(*opened_)) return absl::OkStatus();
  opened_.reset();
  absl::Status again = OpenAgain();
  const base::Clock& clock = base::SystemClock();
  if (again.ok() && standing_.away_since_unix_ms) {
    base::Log(base::LogSeverity::kInfo,
              absl::StrFormat("token key %s: back after %d ms", standing_.name,
                              clock.UnixMillis() - *standing_.away_since_unix_ms));
    standing_.away_since_unix_ms.reset();
  } else if (!again.ok() && !standing_.away_since_unix_ms) {
    base::Log(base::LogSeverity::kError, absl::StrFormat("token key %s: away: %s", standing_.name,
                                                         std::string(again.message())));
    standing_.away_since_unix_ms = clock.UnixMillis();
    away_since_ = clock.Steady();
  }
  return again;
}

void TokenKey::Drop() {
  module_.Close(*opened_);
  opened_.reset();
}

absl::StatusOr<std::string> TokenKey::Sign(std::string_view input) {
  bool retrying = false;
  while (true) {
    {
      const base::MutexLock lock(mutex_);
      const absl::Status open = EnsureOpen();
      if (open.ok()) {
        absl::StatusOr<std::string> signature = module_.Sign(*opened_, input);
        if (signature.ok()) {
          ++standing_.signatures;
          if (retrying) ++standing_.retried;
          return signature;
        }
        if (!absl::IsUnavailable(signature.status())) return signature;
        Drop();
        if (retrying) return signature;
        retrying = true;
        continue;
      }
      if (!absl::IsUnavailable(open) ||
          base::SystemClock().Steady() - away_since_ >= kTokenPatience) {
        return open;
      }
    }
    std::this_thread::sleep_for(kPauseBetweenTries);
  }
}

TokenStanding TokenKey::Standing() {
  const base::MutexLock lock(mutex_);
  if (opened_ && !module_.Check(*opened_).ok()) Drop();
  (void)EnsureOpen();
  return standing_;
}

std::vector<TokenStanding> TokenStandings() {
  std::vector<TokenKey*> keys;
  {
    OpenedKeys& all = AllKeys();
    const base::MutexLock lock(all.mutex);
    for (const auto& [text, key] : all.by_text) keys.push_back(key);
  }
  std::vector<TokenStanding> standings;
  for (TokenKey* const key : keys) standings.push_back(key->Standing());
  return standings;
}

}  // namespace proofmark::crypto
