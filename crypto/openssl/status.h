// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace proofmark::crypto {

// "<what>: <OpenSSL's reason>" under `code`, the reason taken from this thread's error queue,
// which is emptied. Judge by the function's return code alone, then call this: the queue may hold
// leftovers although a call succeeded.
absl::Status OpenSslError(absl::StatusCode code, std::string_view what);

}  // namespace proofmark::crypto
