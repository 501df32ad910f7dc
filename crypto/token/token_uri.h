// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace proofmark::crypto {

inline constexpr std::size_t kTokenUriBytesMax = 2048;

// Where a private key that never leaves its token is found:
//   pkcs11:token=<label>;object=<label>[;id=<bytes>][;type=private]
//       ?module-path=<file>[&pin-source=file:<file>]
//   Source  docs/references.md#rfc-7512
struct TokenUri {
  std::string text;                   // As it was read, without white space around it.
  std::string token;                  // Label of the token.
  std::string object;                 // Label of the key, or empty; one of the two is there.
  std::string id;                     // CKA_ID of the key, or empty.
  std::filesystem::path module_path;  // Absolute.
  std::filesystem::path pin_file;     // Absolute; empty where the token wants no PIN.

  // Nothing else may stand in it: a PIN in the text itself is refused.
  //   kInvalidArgument  names the part, and what it must be.
  static absl::StatusOr<TokenUri> Parse(std::string_view text);
};

// Whether what a key file holds is the place of a key on a token and no key.
bool IsTokenUri(std::string_view key_text);

}  // namespace proofmark::crypto
