// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/pki/agency_folder.h"
#include "client/pki/layout.h"
#include "crypto/sign/ed25519.h"
#include "crypto/tls/tls.h"
#include "crypto/x509/certificate_authority.h"
#include "crypto/x509/verify.h"

namespace proofmark::client::pki {
namespace {

namespace fs = std::filesystem;

// A leaf certificate of the folder, and who issues it.
struct Leaf {
  std::string_view ca;
  fs::path certificate;
  fs::path key;
};

std::vector<Leaf> Leaves(const fs::path& folder) {
  std::vector<Leaf> leaves;
  for (const fs::path& node : SubFolders(folder / "nodes")) {
    for (const std::string_view ca : {kStaff, kFederation}) {
      const fs::path stem = node / "keys" / absl::StrFormat("node-%s", ca);
      leaves.push_back({ca, stem.string() + ".pem", stem.string() + ".key"});
    }
  }
  for (const fs::path& role : SubFolders(folder / "roles")) {
    leaves.push_back({kStaff, role / "certificate.pem", role / "private.key"});
  }
  return leaves;
}

// Certificate and key are two files: a renewal cut short between them leaves a pair that does not
// fit, which the next one mends.
bool FitsItsKey(const Leaf& leaf, const crypto::X509Certificate& certificate) {
  absl::StatusOr<std::string> key = ReadFile(leaf.key, crypto::kKeyPemBytesMax);
  return key.ok() && crypto::CheckKeyMatchesCertificate(certificate.ToPem(),
                                                        crypto::SecretBytes::TakeFrom(*key))
                         .ok();
}

}  // namespace

absl::StatusOr<RenewDraft> DraftRenewal(const fs::path& folder, const RenewRequest& request,
                                        std::int64_t now_unix_ms) {
  PM_ASSIGN_OR_RETURN(const std::string domain, ReadDomain(folder));
  RenewDraft draft;
  for (const Leaf& leaf : Leaves(folder)) {
    PM_ASSIGN_OR_RETURN(const crypto::X509Certificate old, ReadCertificate(leaf.certificate));
    const ListedCertificate listed{.not_before_unix_s = old.not_before_unix_s(),
                                   .not_after_unix_s = old.not_after_unix_s()};
    if (!request.all && !IsDue(listed, now_unix_ms, request.due_share) && FitsItsKey(leaf, old)) {
      continue;
    }
    const absl::StatusOr<crypto::SpiffeName> name = crypto::ClaimedName(old);
    if (!name.ok()) {
      return MakeFault(
          FaultCode::kOwnCertificate,
          absl::StrFormat("%s: %s", leaf.certificate.string(), name.status().message()));
    }
    PM_ASSIGN_OR_RETURN(const crypto::CertificateAuthority authority,
                        LoadCa(folder, leaf.ca, domain));
    PM_ASSIGN_OR_RETURN(const auto list, ReadLastList(folder, leaf.ca, authority.certificate()));
    if (list && list->Find(old.serial_hex()) != nullptr) {
      draft.revoked.push_back(leaf.certificate.lexically_relative(folder).string());
      continue;
    }
    const absl::StatusOr<crypto::IssuedCertificate> issued =
        authority.Issue({.spiffe_uri = name->uri(),
                         .dns_names = old.dns_sans(),
                         .ip_addresses = old.ip_sans(),
                         .tls_client = old.may_be_tls_client(),
                         .tls_server = old.may_be_tls_server(),
                         .not_before_unix_s = now_unix_ms / 1'000 - kBackdateS,
                         .lifetime_s = request.lifetime_s.value_or(old.not_after_unix_s() -
                                                                   old.not_before_unix_s())});
    if (!issued.ok()) return Usage(issued.status());
    // The key first: were it last, whoever looks at the new certificate alone would think all done.
    draft.files.AddPrivate(leaf.key, issued->key_pem);
    AddIssued(folder, leaf.ca, leaf.certificate, issued->certificate, draft.files);
    draft.renewed.push_back({.file = leaf.certificate.lexically_relative(folder).string(),
                             .speaks_for = name->uri(),
                             .not_after_unix_s = issued->certificate.not_after_unix_s()});
  }
  return draft;
}

}  // namespace proofmark::client::pki
