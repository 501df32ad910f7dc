// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "crypto/openssl/handles.h"
#include "crypto/token/token_key.h"

namespace proofmark::crypto {

// A key of OpenSSL whose signatures `key` makes; its private half is nowhere in this process.
//   kInvalidArgument  `key` is not EC P-256, which is what TLS keys on tokens are.
absl::StatusOr<PkeyHandle> TlsKeyOf(TokenKey& key);

// What gRPC is given in place of a PEM block, so that it uses `key`: the name of an engine of ours,
// which this process then has, and the key's text. The engine of libp11 is not used: it does not
// open a lost session again (docs/adr/0018-tokens-directly.md).
//   kInternal  OpenSSL cannot take the engine.
absl::StatusOr<std::string> EngineTextOf(const TokenKey& key);

}  // namespace proofmark::crypto
