// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/pki/agency_folder.h"
#include "client/pki/layout.h"
#include "crypto/x509/certificate.h"
#include "crypto/x509/certificate_authority.h"
#include "crypto/x509/verify.h"

namespace proofmark::client::pki {
namespace {

namespace fs = std::filesystem;

// By serial number.
using Revoked = std::map<std::string, crypto::Revocation, std::less<>>;
using Issued = std::map<std::string, crypto::X509Certificate, std::less<>>;

// Every certificate that this CA issued and that lies in the folder.
absl::StatusOr<Issued> ReadIssued(const fs::path& folder, std::string_view ca) {
  Issued issued;
  std::error_code error;
  for (fs::directory_iterator it(folder / "issued" / std::string(ca), error), end;
       !error && it != end; it.increment(error)) {
    PM_ASSIGN_OR_RETURN(crypto::X509Certificate certificate, ReadCertificate(it->path()));
    issued.emplace(certificate.serial_hex(), std::move(certificate));
  }
  return issued;
}

// One CA's next list: what the last one named and has not ended, and `added`.
absl::Status AddList(const fs::path& folder, std::string_view ca, std::string_view domain,
                     const Revoked& added, std::int64_t lifetime_s, std::int64_t now_unix_s,
                     ListDraft& draft) {
  PM_ASSIGN_OR_RETURN(const crypto::CertificateAuthority authority, LoadCa(folder, ca, domain));
  PM_ASSIGN_OR_RETURN(const auto last, ReadLastList(folder, ca, authority.certificate()));
  PM_ASSIGN_OR_RETURN(const Issued issued, ReadIssued(folder, ca));
  DraftedList drafted{.ca = std::string(ca)};
  crypto::ListOptions options{.number = last ? last->number() + 1 : 1,
                              .this_update_unix_s = now_unix_s,
                              .lifetime_s = lifetime_s};
  if (last) {
    for (const auto& [serial, revocation] : last->revoked()) {
      // Of one that is not here it cannot be known when it ends: it stays.
      const auto known = issued.find(serial);
      if (known != issued.end() && known->second.not_after_unix_s() <= now_unix_s) continue;
      options.revoked.emplace(serial, revocation);
    }
  }
  for (const auto& [serial, revocation] : added) {
    if (options.revoked.emplace(serial, revocation).second) drafted.added.push_back(serial);
  }
  const absl::StatusOr<crypto::RevocationList> list = authority.IssueList(options);
  if (!list.ok()) return Usage(list.status());
  drafted.number = list->number();
  drafted.next_update_unix_s = list->next_update_unix_s();
  drafted.revoked_count = static_cast<std::int64_t>(list->revoked().size());
  draft.files.Add(CaList(folder, ca), list->ToPem());
  for (const fs::path& node : SubFolders(folder / "nodes")) {
    draft.files.Add(node / "ca" / CaList(folder, ca).filename(), list->ToPem());
  }
  draft.lists.push_back(std::move(drafted));
  return absl::OkStatus();
}

// What a name given on the command line stands for: SPIFFE ids.
std::set<std::string> NamesMeant(const std::string& what, const std::string& domain) {
  if (crypto::SpiffeName::Parse(what).ok()) return {what};
  std::set<std::string> names;
  if (const auto node = crypto::SpiffeName::Node(domain, what); node.ok()) {
    names.insert(node->uri());
  }
  for (const crypto::StaffRole role :
       {crypto::StaffRole::kLab, crypto::StaffRole::kExaminer, crypto::StaffRole::kAdministrator,
        crypto::StaffRole::kAuditor}) {
    const std::string prefix = std::string(crypto::ToText(role)) + "-";
    if (!what.starts_with(prefix)) continue;
    const auto person = crypto::SpiffeName::Staff(domain, role, what.substr(prefix.size()));
    if (person.ok()) names.insert(person->uri());
  }
  return names;
}

// CAs of all agencies are called alike; their certificates' names are not.
bool IsOf(const crypto::X509Certificate& certificate, const std::string& domain) {
  const auto name = crypto::ClaimedName(certificate);
  return name.ok() && name->domain() == domain;
}

bool SpeaksForOneOf(const crypto::X509Certificate& certificate,
                    const std::set<std::string>& names) {
  return certificate.uri_sans().size() == 1 && names.contains(certificate.uri_sans().front());
}

}  // namespace

absl::StatusOr<std::optional<crypto::RevocationList>> ReadLastList(
    const fs::path& folder, std::string_view ca, const crypto::X509Certificate& certificate) {
  const fs::path file = CaList(folder, ca);
  if (!Exists(file)) return std::optional<crypto::RevocationList>();
  PM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file, crypto::kRevocationListBytesMax));
  absl::StatusOr<crypto::RevocationList> list = crypto::RevocationList::Read(bytes, certificate);
  if (list.ok()) return std::optional(*std::move(list));
  return MakeFault(FaultCode::kOwnCertificate,
                   absl::StrFormat("%s: %s", file.string(), list.status().message()));
}

absl::StatusOr<ListDraft> DraftRevocation(const fs::path& folder, const RevokeRequest& request,
                                          std::int64_t now_unix_ms) {
  PM_ASSIGN_OR_RETURN(const std::string domain, ReadDomain(folder));
  const std::int64_t now_unix_s = now_unix_ms / 1'000;
  std::optional<crypto::X509Certificate> one;
  std::set<std::string> names;
  if (Exists(request.what)) {
    PM_ASSIGN_OR_RETURN(one, ReadCertificate(request.what));
  } else {
    names = NamesMeant(request.what, domain);
  }
  ListDraft draft;
  for (const std::string_view ca : {kStaff, kFederation}) {
    PM_ASSIGN_OR_RETURN(Issued issued, ReadIssued(folder, ca));
    PM_ASSIGN_OR_RETURN(const crypto::CertificateAuthority authority, LoadCa(folder, ca, domain));
    // Perhaps no copy of it was kept: its issuer and its name say whose it is.
    if (one && one->issuer() == authority.certificate().subject() && IsOf(*one, domain)) {
      issued.emplace(one->serial_hex(), *one);
    }
    PM_ASSIGN_OR_RETURN(const auto last, ReadLastList(folder, ca, authority.certificate()));
    Revoked added;
    for (const auto& [serial, certificate] : issued) {
      const bool meant = one ? certificate == *one : SpeaksForOneOf(certificate, names);
      const bool revoked = last && last->Find(serial) != nullptr;
      if (!meant || revoked || certificate.not_after_unix_s() <= now_unix_s) continue;
      added.emplace(serial, crypto::Revocation{now_unix_s, request.reason});
    }
    if (added.empty()) continue;
    PM_RETURN_IF_ERROR(
        AddList(folder, ca, domain, added, request.list_lifetime_s, now_unix_s, draft));
  }
  if (draft.lists.empty()) {
    return MakeFault(FaultCode::kNotFound,
                     absl::StrFormat("%s: no certificate of this agency that is neither revoked "
                                     "nor at its end",
                                     request.what));
  }
  return draft;
}

absl::StatusOr<ListDraft> DraftLists(const fs::path& folder, std::int64_t list_lifetime_s,
                                     std::int64_t now_unix_ms) {
  PM_ASSIGN_OR_RETURN(const std::string domain, ReadDomain(folder));
  ListDraft draft;
  for (const std::string_view ca : {kStaff, kFederation}) {
    PM_RETURN_IF_ERROR(
        AddList(folder, ca, domain, {}, list_lifetime_s, now_unix_ms / 1'000, draft));
  }
  return draft;
}

}  // namespace proofmark::client::pki
