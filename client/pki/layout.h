// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/pki/agency_folder.h"
#include "crypto/x509/certificate.h"
#include "crypto/x509/certificate_authority.h"
#include "crypto/x509/revocation.h"

namespace proofmark::client::pki {

// Where things lie in an agency's folder, and how they are read. For client/pki alone.

inline constexpr std::string_view kStaff = "staff";
inline constexpr std::string_view kFederation = "federation";
inline constexpr std::int64_t kBackdateS = 300;  // A node's clock may be a little behind this one.

absl::Status Usage(const absl::Status& why);

std::filesystem::path CaCertificate(const std::filesystem::path& folder, std::string_view ca);
std::filesystem::path CaKey(const std::filesystem::path& folder, std::string_view ca);
std::filesystem::path CaList(const std::filesystem::path& folder, std::string_view ca);
bool Exists(const std::filesystem::path& path);
// The names of the sub-folders, sorted; none when the folder is absent.
std::vector<std::filesystem::path> SubFolders(const std::filesystem::path& folder);

//   kCannotRead, kOwnCertificate (faults)
absl::StatusOr<std::string> ReadDomain(const std::filesystem::path& folder);
absl::StatusOr<crypto::CertificateAuthority> LoadCa(const std::filesystem::path& folder,
                                                    std::string_view ca, std::string_view domain);
absl::StatusOr<crypto::X509Certificate> ReadCertificate(const std::filesystem::path& file);

// The newest list of a CA; absent before the first.
absl::StatusOr<std::optional<crypto::RevocationList>> ReadLastList(
    const std::filesystem::path& folder, std::string_view ca,
    const crypto::X509Certificate& ca_certificate);

// What a certificate is for, when it lies where it should.
std::string SpeaksFor(const crypto::X509Certificate& certificate,
                      const std::filesystem::path& file);

// A certificate, and a copy by its serial number to revoke it by when it lies elsewhere.
void AddIssued(const std::filesystem::path& folder, std::string_view ca,
               const std::filesystem::path& file, const crypto::X509Certificate& certificate,
               Draft& draft);

}  // namespace proofmark::client::pki
