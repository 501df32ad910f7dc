// SPDX-License-Identifier: Apache-2.0
#include "crypto/openssl/status.h"

#include <openssl/err.h>

#include <string>

namespace proofmark::crypto {

absl::Status OpenSslError(absl::StatusCode code, std::string_view what) {
  std::string message(what);
  // The oldest entry is the cause; those after it are the callers passing it on.
  if (const char* reason = ERR_reason_error_string(ERR_get_error()); reason != nullptr) {
    message.append(": ").append(reason);
  }
  ERR_clear_error();
  return {code, message};
}

}  // namespace proofmark::crypto
