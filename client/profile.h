// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/x509/certificate.h"
#include "crypto/x509/spiffe_name.h"
#include "crypto/x509/verify.h"

namespace proofmark::client {

inline constexpr std::int64_t kProfileBytesMax = 64 * 1024;
inline constexpr std::chrono::milliseconds kDeadlineDefault{30'000};
inline constexpr std::chrono::milliseconds kDeadlineMin{1'000};
inline constexpr std::chrono::milliseconds kDeadlineMax{600'000};

// Which node to talk to, and as whom. docs/formats/client-config.md has the file.
struct ConnectionProfile {
  std::string address;                     // "host:port", "[::1]:7443".
  std::filesystem::path ca_file;           // The agency's staff CA, PEM, 1..16 certificates.
  std::filesystem::path certificate_file;  // Own certificate, PEM.
  std::filesystem::path key_file;          // Its private key, PEM, unencrypted.
  std::chrono::milliseconds deadline = kDeadlineDefault;  // For one call, retries included.
};

// Reads the TOML text of a profile. Relative paths are taken from `folder`.
//   kProfile (fault)  not TOML, an unknown or missing entry, or one outside its bounds; the message
//                     names `source` and the entry.
absl::StatusOr<ConnectionProfile> ParseProfile(std::string_view toml,
                                               const std::filesystem::path& folder,
                                               std::string_view source);

// The same from a file.
//   kCannotRead, kProfile (faults)
absl::StatusOr<ConnectionProfile> ReadProfile(const std::filesystem::path& path);

// The text that ParseProfile() reads back; paths as given.
std::string ProfileToToml(const ConnectionProfile& profile);

// OK for "host:port" with a name, an IPv4 or a bracketed IPv6 address, and a port in 1..65535.
//   kProfile (fault)
absl::Status CheckAddress(std::string_view address);

// Own certificate, read and checked against the agency's CA, and whom to believe.
struct Identity {
  crypto::VerifiedLeaf leaf;   // Of kind role.
  crypto::AgencyTrust agency;  // The own agency's staff CAs: they alone vouch for its nodes.
};

// Reads the three files of a profile and checks that they belong together.
//   kCannotRead, kOwnCertificate, kKeyMismatch, kExpired (faults)
absl::StatusOr<Identity> LoadIdentity(const ConnectionProfile& profile, std::int64_t now_unix_ms);

// Decides whether `certificate_pem`, shown by the other end, is a node of the own agency.
//   kNodeCertificate (fault)  anything else; the message says why.
//   Threads  Pure.
absl::StatusOr<crypto::SpiffeName> CheckNodeCertificate(std::string_view certificate_pem,
                                                        const crypto::AgencyTrust& agency,
                                                        std::int64_t now_unix_ms);

}  // namespace proofmark::client
