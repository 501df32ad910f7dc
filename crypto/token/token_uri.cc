// SPDX-License-Identifier: Apache-2.0
#include "crypto/token/token_uri.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"

namespace proofmark::crypto {
namespace {

constexpr std::string_view kScheme = "pkcs11:";
constexpr std::string_view kFileScheme = "file:";

absl::Status Refuse(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("token key: %s", what));
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

absl::StatusOr<std::string> PercentDecoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (static_cast<unsigned char>(text[at]) <= ' ') return Refuse("white space; write %20");
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    const absl::StatusOr<std::string> byte = base::ParseHex(text.substr(at + 1, 2));
    if (!byte.ok() || byte->size() != 1) return Refuse("'%' without two hexadecimal digits");
    decoded += *byte;
    at += 2;
  }
  return decoded;
}

absl::StatusOr<std::filesystem::path> AbsolutePath(std::string_view name, std::string_view text) {
  const std::filesystem::path path(text);
  if (path.is_absolute()) return path;
  return Refuse(absl::StrFormat("%s: must be an absolute path", name));
}

// Takes one `name=value`, decoded.
absl::Status Take(std::string_view name, const std::string& value, TokenUri& uri) {
  if (value.empty()) return Refuse(absl::StrFormat("%s: empty", name));
  if (name == "token") {
    uri.token = value;
  } else if (name == "object") {
    uri.object = value;
  } else if (name == "id") {
    uri.id = value;
  } else if (name == "type") {
    if (value != "private") return Refuse("type: must be private");
  } else if (name == "module-path") {
    PM_ASSIGN_OR_RETURN(uri.module_path, AbsolutePath(name, value));
  } else if (name == "pin-source") {
    const std::string_view file = value;
    PM_ASSIGN_OR_RETURN(
        uri.pin_file,
        AbsolutePath(name, file.starts_with(kFileScheme) ? file.substr(kFileScheme.size()) : file));
  } else if (name == "pin-value") {
    return Refuse("pin-value: write the PIN into a file of its own and name that by pin-source");
  } else {
    return Refuse(absl::StrFormat("%s: not known here", name));
  }
  return absl::OkStatus();
}

absl::Status TakeAll(std::string_view text, char separator, std::string_view allowed,
                     std::string& seen, TokenUri& uri) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = part.find('=');
    if (equals == part.npos) return Refuse("a part without '='");
    const std::string name(part.substr(0, equals));
    const std::string marked = " " + name + " ";
    if (allowed.find(marked) == allowed.npos) {
      return Refuse(absl::StrFormat("%s: not known, or not before or after '?'", name));
    }
    if (seen.find(marked) != seen.npos) return Refuse(absl::StrFormat("%s: stands twice", name));
    seen += marked;
    PM_ASSIGN_OR_RETURN(const std::string value, PercentDecoded(part.substr(equals + 1)));
    PM_RETURN_IF_ERROR(Take(name, value, uri));
  }
  return absl::OkStatus();
}

}  // namespace

bool IsTokenUri(std::string_view key_text) { return Trim(key_text).starts_with(kScheme); }

absl::StatusOr<TokenUri> TokenUri::Parse(std::string_view text) {
  if (text.size() > kTokenUriBytesMax) {
    return Refuse(absl::StrFormat("%d bytes, at most %d", text.size(), kTokenUriBytesMax));
  }
  std::string_view rest = Trim(text);
  TokenUri uri;
  uri.text = rest;
  if (!rest.starts_with(kScheme)) return Refuse("does not begin with pkcs11:");
  rest.remove_prefix(kScheme.size());
  const std::size_t query = std::min(rest.find('?'), rest.size());
  std::string seen;
  PM_RETURN_IF_ERROR(TakeAll(rest.substr(0, query), ';', " token  object  id  type ", seen, uri));
  PM_RETURN_IF_ERROR(TakeAll(rest.substr(std::min(query + 1, rest.size())), '&',
                             " module-path  pin-source  pin-value ", seen, uri));
  if (uri.token.empty()) return Refuse("token: missing");
  if (uri.object.empty() && uri.id.empty()) return Refuse("object: missing, and no id either");
  if (uri.module_path.empty()) return Refuse("module-path: missing, the PKCS#11 library to load");
  return uri;
}

}  // namespace proofmark::crypto
