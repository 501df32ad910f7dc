// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"

namespace proofmark::crypto {

using Md5Digest = std::array<std::byte, 16>;

// MD5 (RFC 1321). It finds accidents, never an adversary: X3P files carry it and nothing else here
// may. Thread-safe.
Md5Digest Md5(base::ByteSpan bytes);

}  // namespace proofmark::crypto
