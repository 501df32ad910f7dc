// SPDX-License-Identifier: Apache-2.0
#include "client/profile.h"

#include <toml++/toml.h>

#include <array>
#include <charconv>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/file.h"
#include "crypto/secret/secret_bytes.h"
#include "crypto/sign/ed25519.h"
#include "crypto/tls/tls.h"

namespace proofmark::client {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kHostBytesMax = 255;
constexpr std::int64_t kBundlePemBytesMax =
    static_cast<std::int64_t>(crypto::kBundleCertificatesMax * crypto::kCertificatePemBytesMax);

absl::Status Wrong(std::string_view source, std::string_view what) {
  return MakeFault(FaultCode::kProfile, absl::StrFormat("%s: %s", source, what));
}

// The text of node.<key>, 1..4096 bytes without control characters.
absl::StatusOr<std::string> RequiredText(const toml::table& node, const char* key,
                                         std::string_view source) {
  const std::optional<std::string> text = node[key].value_exact<std::string>();
  if (!text.has_value())
    return Wrong(source, absl::StrFormat("node.%s is missing or no text", key));
  if (text->empty() || text->size() > 4096) {
    return Wrong(source,
                 absl::StrFormat("node.%s has %d bytes; 1..4096 are allowed", key, text->size()));
  }
  for (const char c : *text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      return Wrong(source, absl::StrFormat("node.%s contains a control character", key));
    }
  }
  return *text;
}

absl::Status CheckKeys(const toml::table& root, const toml::table& node, std::string_view source) {
  constexpr std::array<std::string_view, 5> kKnown = {"address", "ca", "certificate", "key",
                                                      "deadline_ms"};
  for (const auto& [key, value] : root) {
    if (key.str() != "node") return Wrong(source, absl::StrFormat("unknown entry %s", key.str()));
  }
  for (const auto& [key, value] : node) {
    if (std::find(kKnown.begin(), kKnown.end(), key.str()) == kKnown.end()) {
      return Wrong(source, absl::StrFormat("unknown entry node.%s", key.str()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ConnectionProfile> FromTable(const toml::table& root, const fs::path& folder,
                                            std::string_view source) {
  const toml::table* node = root["node"].as_table();
  if (node == nullptr) return Wrong(source, "the table [node] is missing");
  PM_RETURN_IF_ERROR(CheckKeys(root, *node, source));

  ConnectionProfile profile;
  PM_ASSIGN_OR_RETURN(profile.address, RequiredText(*node, "address", source));
  if (const absl::Status status = CheckAddress(profile.address); !status.ok()) {
    return Wrong(source, absl::StrFormat("node.%s", status.message()));
  }
  const std::array<std::pair<const char*, fs::path*>, 3> files = {
      {{"ca", &profile.ca_file},
       {"certificate", &profile.certificate_file},
       {"key", &profile.key_file}}};
  for (const auto& [key, file] : files) {
    PM_ASSIGN_OR_RETURN(const std::string text, RequiredText(*node, key, source));
    *file = folder / text;  // An absolute path stays as it is.
  }
  if (node->contains("deadline_ms")) {
    const std::optional<std::int64_t> ms = (*node)["deadline_ms"].value_exact<std::int64_t>();
    if (!ms.has_value() || *ms < kDeadlineMin.count() || *ms > kDeadlineMax.count()) {
      return Wrong(source, absl::StrFormat("node.deadline_ms must be a whole number in %d..%d",
                                           kDeadlineMin.count(), kDeadlineMax.count()));
    }
    profile.deadline = std::chrono::milliseconds(*ms);
  }
  return profile;
}

// Says which of the ways a certificate can be refused this one is.
absl::Status OwnCertificateFault(const crypto::X509Certificate& leaf, std::int64_t now_unix_ms,
                                 std::string_view path, const absl::Status& why) {
  const std::int64_t now_s = now_unix_ms / 1000;
  const bool outside = now_s > leaf.not_after_unix_s() || now_s < leaf.not_before_unix_s();
  return MakeFault(outside ? FaultCode::kExpired : FaultCode::kOwnCertificate,
                   absl::StrFormat("%s: %s", path, why.message()));
}

std::string TomlQuoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

absl::Status CheckAddress(std::string_view address) {
  const auto wrong = [address](std::string_view why) {
    return MakeFault(FaultCode::kProfile, absl::StrFormat("address \"%s\" %s", address, why));
  };
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return wrong("has no port; write host:port");
  const std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  const bool good_host =
      bracketed ? host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") ==
                      std::string_view::npos
                : !host.empty() && host.find_first_not_of(kPlain) == std::string_view::npos;
  if (!good_host || static_cast<std::int64_t>(host.size()) > kHostBytesMax) {
    return wrong("has no host name, IPv4 or [IPv6] address before the port");
  }
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number < 1 || number > 65'535) {
    return wrong("has a port outside 1..65535");
  }
  return absl::OkStatus();
}

absl::StatusOr<ConnectionProfile> ParseProfile(std::string_view toml, const fs::path& folder,
                                               std::string_view source) {
  try {
    return FromTable(toml::parse(toml), folder, source);
  } catch (const toml::parse_error& error) {
    return Wrong(source, absl::StrFormat("line %d: %s", error.source().begin.line,
                                         std::string(error.description())));
  }
}

absl::StatusOr<ConnectionProfile> ReadProfile(const fs::path& path) {
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kProfileBytesMax));
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return ParseProfile(text, error ? fs::path() : absolute.parent_path(), path.string());
}

std::string ProfileToToml(const ConnectionProfile& profile) {
  return absl::StrFormat(
      "# Connection profile of `proofmark` (docs/formats/client-config.md).\n"
      "# Relative paths start from the folder of this file.\n"
      "[node]\n"
      "address = %s\n"
      "ca = %s\n"
      "certificate = %s\n"
      "key = %s\n"
      "deadline_ms = %d\n",
      TomlQuoted(profile.address), TomlQuoted(profile.ca_file.string()),
      TomlQuoted(profile.certificate_file.string()), TomlQuoted(profile.key_file.string()),
      profile.deadline.count());
}

absl::StatusOr<Identity> LoadIdentity(const ConnectionProfile& profile, std::int64_t now_unix_ms) {
  PM_ASSIGN_OR_RETURN(const std::string ca_pem, ReadFile(profile.ca_file, kBundlePemBytesMax));
  PM_ASSIGN_OR_RETURN(const std::string leaf_pem,
                      ReadFile(profile.certificate_file,
                               static_cast<std::int64_t>(crypto::kCertificatePemBytesMax)));
  PM_ASSIGN_OR_RETURN(
      std::string key_text,
      ReadFile(profile.key_file, static_cast<std::int64_t>(crypto::kKeyPemBytesMax)));
  const crypto::SecretBytes key_pem = crypto::SecretBytes::TakeFrom(key_text);

  const std::string own = profile.certificate_file.string();
  const auto own_fault = [&own](const absl::Status& why) {
    return MakeFault(FaultCode::kOwnCertificate, absl::StrFormat("%s: %s", own, why.message()));
  };
  absl::StatusOr<std::vector<crypto::X509Certificate>> cas =
      crypto::X509Certificate::BundleFromPem(ca_pem);
  if (!cas.ok()) {
    return MakeFault(FaultCode::kOwnCertificate,
                     absl::StrFormat("%s: %s", profile.ca_file.string(), cas.status().message()));
  }
  const absl::StatusOr<crypto::X509Certificate> leaf = crypto::X509Certificate::FromPem(leaf_pem);
  if (!leaf.ok()) return own_fault(leaf.status());
  if (const absl::StatusOr<crypto::X509Certificate> pair =
          crypto::CheckKeyMatchesCertificate(leaf_pem, key_pem);
      !pair.ok()) {
    return MakeFault(
        FaultCode::kKeyMismatch,
        absl::StrFormat("%s and %s: %s", own, profile.key_file.string(), pair.status().message()));
  }
  const absl::StatusOr<crypto::SpiffeName> name = crypto::ClaimedName(*leaf);
  if (!name.ok()) return own_fault(name.status());
  crypto::AgencyTrust agency{name->domain(), std::move(*cas)};
  absl::StatusOr<crypto::VerifiedLeaf> verified = crypto::VerifyLeaf(
      *leaf, agency, now_unix_ms, {.kind = crypto::SpiffeName::Kind::kRole, .tls_client = true});
  if (!verified.ok()) return OwnCertificateFault(*leaf, now_unix_ms, own, verified.status());
  return Identity{*std::move(verified), std::move(agency)};
}

absl::StatusOr<crypto::SpiffeName> CheckNodeCertificate(std::string_view certificate_pem,
                                                        const crypto::AgencyTrust& agency,
                                                        std::int64_t now_unix_ms) {
  const auto fault = [](const absl::Status& why) {
    return MakeFault(FaultCode::kNodeCertificate,
                     absl::StrFormat("the node's certificate: %s", why.message()));
  };
  const absl::StatusOr<crypto::X509Certificate> leaf =
      crypto::X509Certificate::FromPem(certificate_pem);
  if (!leaf.ok()) return fault(leaf.status());
  const absl::StatusOr<crypto::VerifiedLeaf> verified = crypto::VerifyLeaf(
      *leaf, agency, now_unix_ms, {.kind = crypto::SpiffeName::Kind::kNode, .tls_server = true});
  if (!verified.ok()) return fault(verified.status());
  return verified->name();
}

}  // namespace proofmark::client
