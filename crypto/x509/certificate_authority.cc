// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/certificate_authority.h"

#include <openssl/err.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "crypto/openssl/handles.h"
#include "crypto/openssl/pem.h"
#include "crypto/x509/certificate_draft.h"
#include "crypto/x509/revocation_draft.h"

namespace proofmark::crypto {
namespace {

constexpr std::size_t kCommonNameBytesMax = 64;  // X.520's own bound.

absl::Status CheckCommonName(std::string_view name) {
  const bool printable =
      std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (name.empty() || name.size() > kCommonNameBytesMax || !printable) {
    return absl::InvalidArgumentError("common name: not 1 to 64 printable ASCII characters");
  }
  return absl::OkStatus();
}

absl::Status CheckHosts(const LeafOptions& options) {
  if (options.dns_names.size() > kLeafHostNamesMax ||
      options.ip_addresses.size() > kLeafHostNamesMax) {
    return absl::InvalidArgumentError("leaf: more than 32 DNS names or IP addresses");
  }
  for (const std::string& name : options.dns_names) {
    if (!CheckAgencyDomain(name).ok()) {
      return absl::InvalidArgumentError("leaf: a DNS name is not in lower-case letters and digits");
    }
  }
  return absl::OkStatus();
}

}  // namespace

CertificateAuthority::CertificateAuthority(std::string domain, X509Certificate certificate,
                                           std::shared_ptr<evp_pkey_st> key)
    : domain_(std::move(domain)), certificate_(std::move(certificate)), key_(std::move(key)) {}

absl::StatusOr<CertificateAuthority> CertificateAuthority::Create(const Options& options) {
  PM_RETURN_IF_ERROR(CheckAgencyDomain(options.domain));
  PM_RETURN_IF_ERROR(CheckCommonName(options.common_name));
  if (options.lifetime_s <= 0 || options.lifetime_s > kCaLifetimeSecondsMax) {
    return absl::InvalidArgumentError("CA lifetime: not within 20 years");
  }
  PkeyHandle key = NewP256Key();
  const CertificateDraft draft{
      .common_name = options.common_name,
      .not_before_unix_s = options.not_before_unix_s,
      .not_after_unix_s = options.not_before_unix_s + options.lifetime_s,
      .is_ca = true,
      .certificate_signing = true,
      .permitted_uri_domain = options.constrain_names ? options.domain : "",
  };
  PM_ASSIGN_OR_RETURN(X509Certificate certificate, SignDraft(draft, key.get(), nullptr, key.get()));
  return CertificateAuthority(options.domain, std::move(certificate),
                              std::shared_ptr<EVP_PKEY>(std::move(key)));
}

absl::StatusOr<CertificateAuthority> CertificateAuthority::Load(std::string_view domain,
                                                                std::string_view certificate_pem,
                                                                const SecretBytes& key_pem) {
  PM_RETURN_IF_ERROR(CheckAgencyDomain(domain));
  PM_ASSIGN_OR_RETURN(X509Certificate certificate, X509Certificate::FromPem(certificate_pem));
  if (!certificate.is_ca() || !certificate.may_sign_certificates()) {
    return absl::InvalidArgumentError("CA certificate: may not issue certificates");
  }
  PM_ASSIGN_OR_RETURN(PkeyHandle key, PrivateKeyFromPem(key_pem));
  if (X509_check_private_key(certificate.handle(), key.get()) != 1) {
    ERR_clear_error();
    return absl::InvalidArgumentError("CA private key: does not belong to the CA certificate");
  }
  return CertificateAuthority(std::string(domain), std::move(certificate),
                              std::shared_ptr<EVP_PKEY>(std::move(key)));
}

SecretBytes CertificateAuthority::KeyPem() const { return PrivateKeyToPem(key_.get()); }

absl::StatusOr<IssuedCertificate> CertificateAuthority::Issue(const LeafOptions& options) const {
  PM_ASSIGN_OR_RETURN(const SpiffeName name, SpiffeName::Parse(options.spiffe_uri));
  if (name.domain() != domain_) {
    return absl::InvalidArgumentError("leaf: its name is not in the CA's domain");
  }
  if (!options.tls_client && !options.tls_server) {
    return absl::InvalidArgumentError("leaf: neither client nor server");
  }
  PM_RETURN_IF_ERROR(CheckHosts(options));
  if (options.lifetime_s <= 0 || options.lifetime_s > kLeafLifetimeSecondsMax) {
    return absl::InvalidArgumentError("leaf lifetime: not within 90 days");
  }
  const std::int64_t not_after_unix_s = options.not_before_unix_s + options.lifetime_s;
  if (options.not_before_unix_s < certificate_.not_before_unix_s() ||
      not_after_unix_s > certificate_.not_after_unix_s()) {
    return absl::InvalidArgumentError("leaf lifetime: begins before or ends after its CA's");
  }
  const CertificateDraft draft{
      .common_name = name.id(),
      .not_before_unix_s = options.not_before_unix_s,
      .not_after_unix_s = not_after_unix_s,
      .digital_signature = true,
      .tls_client = options.tls_client,
      .tls_server = options.tls_server,
      .uri_sans = {options.spiffe_uri},
      .dns_sans = options.dns_names,
      .ip_sans = options.ip_addresses,
  };
  const PkeyHandle key = NewP256Key();
  PM_ASSIGN_OR_RETURN(X509Certificate certificate,
                      SignDraft(draft, key.get(), &certificate_, key_.get()));
  // The reader of certificates judges what the writer made.
  const absl::StatusOr<VerifiedLeaf> verified = VerifyLeaf(
      certificate, AgencyTrust{domain_, {certificate_}}, options.not_before_unix_s * 1000,
      LeafRequirement{name.kind(), options.tls_client, options.tls_server});
  if (!verified.ok()) {
    return absl::FailedPreconditionError(absl::StrFormat("this CA cannot issue that leaf: %s",
                                                         std::string(verified.status().message())));
  }
  return IssuedCertificate{std::move(certificate), PrivateKeyToPem(key.get())};
}

absl::StatusOr<RevocationList> CertificateAuthority::IssueList(const ListOptions& options) const {
  if (options.number < 0) return absl::InvalidArgumentError("revocation list number: below 0");
  if (options.lifetime_s <= 0 || options.lifetime_s > kListLifetimeSecondsMax) {
    return absl::InvalidArgumentError("revocation list lifetime: not within 90 days");
  }
  RevocationListDraft draft{.number = options.number,
                            .this_update_unix_s = options.this_update_unix_s,
                            .next_update_unix_s = options.this_update_unix_s + options.lifetime_s};
  for (const auto& [serial_hex, revocation] : options.revoked) {
    draft.entries.push_back({.serial_hex = serial_hex, .revocation = revocation});
  }
  PM_ASSIGN_OR_RETURN(const std::string der, SignListDraft(draft, certificate_, key_.get()));
  return RevocationList::Read(der, certificate_);
}

}  // namespace proofmark::crypto
