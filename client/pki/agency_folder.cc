// SPDX-License-Identifier: Apache-2.0
#include "client/pki/agency_folder.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/pki/layout.h"
#include "client/profile.h"
#include "crypto/federation/descriptor.h"
#include "crypto/sign/ed25519.h"
#include "crypto/sign/key_id.h"
#include "crypto/x509/certificate.h"
#include "crypto/x509/certificate_authority.h"

namespace proofmark::client::pki {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMasterKeyBytes = 32;
constexpr std::int64_t kDomainBytesMax = 512;

constexpr std::string_view kGovernanceVkey = "governance.vkey";

// Fresh signing keys and their public halves, but for those that the node has.
void AddSigningKeys(const fs::path& keys, base::Random& random, Draft& draft) {
  for (const char* name : {"exchange", "log", "witness"}) {
    std::error_code error;
    if (fs::exists(keys / absl::StrFormat("%s.pem", name), error)) continue;
    const crypto::SigningKey key = crypto::SigningKey::Generate(random);
    draft.AddPrivate(keys / absl::StrFormat("%s.pem", name), key.ToPem());
    draft.Add(keys / absl::StrFormat("%s.pub.pem", name), key.verifying_key().ToPem());
  }
}

// The text by which partners know a key of the node for signed notes.
absl::StatusOr<std::string> NoteKeyText(const fs::path& keys, std::string_view domain,
                                        std::string_view id, const char* name,
                                        crypto::NoteKeyType type) {
  const fs::path file = keys / absl::StrFormat("%s.pub.pem", name);
  PM_ASSIGN_OR_RETURN(const std::string pem, ReadFile(file, crypto::kKeyPemBytesMax));
  const auto key = crypto::VerifyingKey::FromPem(pem);
  if (!key.ok()) {
    return MakeFault(FaultCode::kCannotRead,
                     absl::StrFormat("%s: %s", file.string(), key.status().message()));
  }
  const auto named =
      crypto::MakeVerifierKey(absl::StrFormat("%s/proofmark/%s/%s", domain, id, name), type, *key);
  if (!named.ok()) {
    return MakeFault(FaultCode::kCannotRead,
                     absl::StrFormat("%s: %s", file.string(), named.status().message()));
  }
  return crypto::ToVerifierKey(*named);
}

std::string NodeConfiguration(std::string_view domain, const NodeRequest& request,
                              bool lists_published) {
  return absl::StrFormat(
      "# Configuration of one node (docs/operations/configuration.md). Every path is relative to\n"
      "# this file's folder.\n"
      "\n"
      "[node]\n"
      "domain = \"%s\"\n"
      "id = \"%s\"\n"
      "state = \"state\"\n"
      "master_key = \"keys/master.key\"\n"
      "exchange_key = \"keys/exchange.pem\"\n"
      "log_key = \"keys/log.pem\"\n"
      "witness_key = \"keys/witness.pem\"\n"
      "\n"
      "[agency_port]\n"
      "listen = \"%s\"\n"
      "certificate = \"keys/node-staff.pem\"\n"
      "key = \"keys/node-staff.key\"\n"
      "ca = \"ca/staff-ca.pem\"\n"
      "%s"
      "\n"
      "[partner_port]\n"
      "listen = \"%s\"\n"
      "certificate = \"keys/node-federation.pem\"\n"
      "key = \"keys/node-federation.key\"\n"
      "ca = \"ca/federation-ca.pem\"\n"
      "\n"
      "# Partners: append what their `proofmark pki export-partner` prints.\n",
      domain, request.id, request.agency_listen,
      lists_published ? "crl = \"ca/staff-ca.crl\"\n" : "", request.partner_listen);
}

absl::Status AddListed(const fs::path& folder, const fs::path& file,
                       std::vector<ListedCertificate>& list) {
  PM_ASSIGN_OR_RETURN(const crypto::X509Certificate read, ReadCertificate(file));
  list.push_back({.file = file.lexically_relative(folder).string(),
                  .speaks_for = SpeaksFor(read, file),
                  .is_ca = read.is_ca(),
                  .not_before_unix_s = read.not_before_unix_s(),
                  .not_after_unix_s = read.not_after_unix_s()});
  return absl::OkStatus();
}

std::string TomlList(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "\"" : ", \"") + text + "\"";
  return "[" + list + "]";
}

}  // namespace

absl::Status Usage(const absl::Status& why) {
  return MakeFault(FaultCode::kUsage, std::string_view(why.message().data(), why.message().size()));
}

fs::path CaCertificate(const fs::path& folder, std::string_view ca) {
  return folder / "ca" / absl::StrFormat("%s-ca.pem", ca);
}
fs::path CaKey(const fs::path& folder, std::string_view ca) {
  return folder / "ca" / absl::StrFormat("%s-ca.key", ca);
}

fs::path CaList(const fs::path& folder, std::string_view ca) {
  return folder / "ca" / absl::StrFormat("%s-ca.crl", ca);
}
bool Exists(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

void AddIssued(const fs::path& folder, std::string_view ca, const fs::path& file,
               const crypto::X509Certificate& certificate, Draft& draft) {
  draft.Add(file, certificate.ToPem());
  draft.Add(folder / "issued" / std::string(ca) / (certificate.serial_hex() + ".pem"),
            certificate.ToPem());
}

absl::StatusOr<std::string> ReadDomain(const fs::path& folder) {
  PM_ASSIGN_OR_RETURN(std::string domain, ReadFile(folder / "agency-domain", kDomainBytesMax));
  if (!domain.empty() && domain.back() == '\n') domain.pop_back();
  if (const absl::Status status = crypto::CheckAgencyDomain(domain); !status.ok()) {
    return MakeFault(
        FaultCode::kOwnCertificate,
        absl::StrFormat("%s: %s", (folder / "agency-domain").string(), status.message()));
  }
  return domain;
}

absl::StatusOr<crypto::CertificateAuthority> LoadCa(const fs::path& folder, std::string_view ca,
                                                    std::string_view domain) {
  PM_ASSIGN_OR_RETURN(const std::string pem,
                      ReadFile(CaCertificate(folder, ca), crypto::kCertificatePemBytesMax));
  PM_ASSIGN_OR_RETURN(std::string key_text, ReadFile(CaKey(folder, ca), crypto::kKeyPemBytesMax));
  const crypto::SecretBytes key = crypto::SecretBytes::TakeFrom(key_text);
  absl::StatusOr<crypto::CertificateAuthority> authority =
      crypto::CertificateAuthority::Load(domain, pem, key);
  if (authority.ok()) return authority;
  return MakeFault(
      FaultCode::kOwnCertificate,
      absl::StrFormat("%s: %s", CaCertificate(folder, ca).string(), authority.status().message()));
}

std::string SpeaksFor(const crypto::X509Certificate& certificate, const fs::path& file) {
  if (certificate.is_ca()) {
    return file.filename() == "staff-ca.pem" ? "staff CA" : "federation CA";
  }
  const absl::StatusOr<crypto::SpiffeName> name = crypto::ClaimedName(certificate);
  return name.ok() ? name->uri() : "no name of ours";
}

std::vector<fs::path> SubFolders(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory(error)) found.push_back(it->path());
  }
  std::ranges::sort(found);
  return found;
}

absl::StatusOr<crypto::X509Certificate> ReadCertificate(const fs::path& file) {
  PM_ASSIGN_OR_RETURN(const std::string pem, ReadFile(file, crypto::kCertificatePemBytesMax));
  absl::StatusOr<crypto::X509Certificate> read = crypto::X509Certificate::FromPem(pem);
  if (read.ok()) return read;
  return MakeFault(FaultCode::kOwnCertificate,
                   absl::StrFormat("%s: %s", file.string(), read.status().message()));
}

void Draft::Add(fs::path path, std::string_view text) {
  items_.push_back(
      {std::move(path), crypto::SecretBytes::CopyOf(base::AsBytes(text)), Privacy::kPublic});
}

void Draft::AddPrivate(fs::path path, const crypto::SecretBytes& secret) {
  items_.push_back(
      {std::move(path), crypto::SecretBytes::CopyOf(secret.ExposeForOpenSsl()), Privacy::kPrivate});
}

std::vector<fs::path> Draft::Paths() const {
  std::vector<fs::path> paths;
  for (const Item& item : items_) paths.push_back(item.path);
  return paths;
}

absl::Status Draft::Write(Overwrite overwrite) const {
  for (const Item& item : items_) {
    std::error_code error;
    if (overwrite == Overwrite::kNever && fs::exists(fs::symlink_status(item.path, error))) {
      return MakeFault(FaultCode::kWouldOverwrite,
                       absl::StrFormat("%s exists already", item.path.string()));
    }
  }
  for (const Item& item : items_) {
    PM_RETURN_IF_ERROR(MakeFolder(item.path.parent_path(), Privacy::kPrivate));
    PM_RETURN_IF_ERROR(
        WriteFile(item.path, item.bytes.ExposeForOpenSsl(), item.privacy, overwrite));
  }
  return absl::OkStatus();
}

absl::StatusOr<Draft> DraftAgency(const fs::path& folder, const AgencyRequest& request,
                                  std::int64_t now_unix_ms) {
  Draft draft;
  for (std::string_view ca : {kStaff, kFederation}) {
    const absl::StatusOr<crypto::CertificateAuthority> made =
        crypto::CertificateAuthority::Create({.domain = request.domain,
                                              .common_name = absl::StrFormat("Proofmark %s CA", ca),
                                              .not_before_unix_s = now_unix_ms / 1000 - kBackdateS,
                                              .lifetime_s = request.ca_lifetime_s});
    if (!made.ok()) return Usage(made.status());
    draft.Add(CaCertificate(folder, ca), made->certificate().ToPem());
    draft.AddPrivate(CaKey(folder, ca), made->KeyPem());
  }
  draft.Add(folder / "agency-domain", request.domain + "\n");
  return draft;
}

absl::StatusOr<Draft> DraftNode(const fs::path& folder, const NodeRequest& request,
                                std::int64_t now_unix_ms, base::Random& random) {
  PM_ASSIGN_OR_RETURN(const std::string domain, ReadDomain(folder));
  const absl::StatusOr<crypto::SpiffeName> name = crypto::SpiffeName::Node(domain, request.id);
  if (!name.ok()) return Usage(name.status());
  const fs::path node = folder / "nodes" / request.id;
  const fs::path keys = node / "keys";
  Draft draft;
  for (std::string_view ca : {kStaff, kFederation}) {
    PM_ASSIGN_OR_RETURN(const crypto::CertificateAuthority authority, LoadCa(folder, ca, domain));
    const absl::StatusOr<crypto::IssuedCertificate> issued =
        authority.Issue({.spiffe_uri = name->uri(),
                         .dns_names = request.dns_names,
                         .ip_addresses = request.ip_addresses,
                         // On the partner port a node asks as well as answers.
                         .tls_client = ca == kFederation,
                         .tls_server = true,
                         .not_before_unix_s = now_unix_ms / 1000 - kBackdateS,
                         .lifetime_s = request.lifetime_s});
    if (!issued.ok()) return Usage(issued.status());
    AddIssued(folder, ca, keys / absl::StrFormat("node-%s.pem", ca), issued->certificate, draft);
    draft.AddPrivate(keys / absl::StrFormat("node-%s.key", ca), issued->key_pem);
    draft.Add(node / "ca" / absl::StrFormat("%s-ca.pem", ca), authority.certificate().ToPem());
  }
  AddSigningKeys(keys, random, draft);
  std::error_code error;
  if (!fs::exists(keys / "master.key", error)) {
    draft.AddPrivate(keys / "master.key", crypto::SecretBytes::Random(kMasterKeyBytes, random));
  }
  if (!fs::exists(node / "proofmarkd.toml", error)) {
    draft.Add(node / "proofmarkd.toml",
              NodeConfiguration(domain, request, Exists(CaList(folder, kStaff))));
  }
  return draft;
}

absl::StatusOr<Draft> DraftRole(const fs::path& folder, const RoleRequest& request,
                                std::int64_t now_unix_ms) {
  PM_ASSIGN_OR_RETURN(const std::string domain, ReadDomain(folder));
  const absl::StatusOr<crypto::SpiffeName> name =
      crypto::SpiffeName::Staff(domain, request.role, request.pseudonym);
  if (!name.ok()) return Usage(name.status());
  PM_ASSIGN_OR_RETURN(const crypto::CertificateAuthority authority, LoadCa(folder, kStaff, domain));
  const absl::StatusOr<crypto::IssuedCertificate> issued =
      authority.Issue({.spiffe_uri = name->uri(),
                       .dns_names = {},
                       .ip_addresses = {},
                       .tls_client = true,
                       .tls_server = false,
                       .not_before_unix_s = now_unix_ms / 1000 - kBackdateS,
                       .lifetime_s = request.lifetime_s});
  if (!issued.ok()) return Usage(issued.status());
  const fs::path role =
      folder / "roles" / absl::StrFormat("%s-%s", crypto::ToText(request.role), request.pseudonym);
  Draft draft;
  draft.Add(role / "staff-ca.pem", authority.certificate().ToPem());
  AddIssued(folder, kStaff, role / "certificate.pem", issued->certificate, draft);
  draft.AddPrivate(role / "private.key", issued->key_pem);
  if (!request.node_address.empty()) {
    if (const absl::Status status = CheckAddress(request.node_address); !status.ok()) {
      return Usage(status);
    }
    draft.Add(role / "profile.toml", ProfileToToml({.address = request.node_address,
                                                    .ca_file = "staff-ca.pem",
                                                    .certificate_file = "certificate.pem",
                                                    .key_file = "private.key"}));
  }
  return draft;
}

absl::StatusOr<Draft> DraftGovernanceKey(const fs::path& folder, base::Random& random) {
  PM_ASSIGN_OR_RETURN(const std::string domain, ReadDomain(folder));
  const crypto::SigningKey key = crypto::SigningKey::Generate(random);
  const fs::path home = folder / "governance";
  Draft draft;
  draft.AddPrivate(home / "governance.pem", key.ToPem());
  draft.Add(home / kGovernanceVkey,
            crypto::ToVerifierKey(crypto::FederationGovernanceKeyName(domain),
                                  crypto::NoteKeyType::kNote, key.verifying_key()) +
                "\n");
  return draft;
}

absl::StatusOr<std::vector<ListedCertificate>> ListCertificates(const fs::path& folder) {
  PM_RETURN_IF_ERROR(ReadDomain(folder).status());
  std::vector<ListedCertificate> list;
  for (std::string_view ca : {kStaff, kFederation}) {
    PM_RETURN_IF_ERROR(AddListed(folder, CaCertificate(folder, ca), list));
  }
  for (const fs::path& node : SubFolders(folder / "nodes")) {
    for (std::string_view ca : {kStaff, kFederation}) {
      PM_RETURN_IF_ERROR(
          AddListed(folder, node / "keys" / absl::StrFormat("node-%s.pem", ca), list));
    }
  }
  for (const fs::path& role : SubFolders(folder / "roles")) {
    PM_RETURN_IF_ERROR(AddListed(folder, role / "certificate.pem", list));
  }
  return list;
}

bool IsDue(const ListedCertificate& certificate, std::int64_t now_unix_ms, double share) {
  const std::int64_t now_s = now_unix_ms / 1000;
  const auto life =
      static_cast<double>(certificate.not_after_unix_s - certificate.not_before_unix_s);
  return static_cast<double>(certificate.not_after_unix_s - now_s) < share * life;
}

absl::StatusOr<PartnerBlock> ExportPartner(const fs::path& folder, const PartnerRequest& request) {
  PartnerBlock block;
  PM_ASSIGN_OR_RETURN(block.domain, ReadDomain(folder));
  const absl::StatusOr<crypto::SpiffeName> name =
      crypto::SpiffeName::Node(block.domain, request.id);
  if (!name.ok()) return Usage(name.status());
  if (const absl::Status status = CheckAddress(request.endpoint); !status.ok()) {
    return Usage(status);
  }
  PM_ASSIGN_OR_RETURN(block.federation_ca_pem, ReadFile(CaCertificate(folder, kFederation),
                                                        crypto::kCertificatePemBytesMax));
  PM_ASSIGN_OR_RETURN(block.exchange_key_pem,
                      ReadFile(folder / "nodes" / request.id / "keys" / "exchange.pub.pem",
                               crypto::kKeyPemBytesMax));
  std::error_code error;
  if (const fs::path file = folder / "governance" / kGovernanceVkey; fs::exists(file, error)) {
    PM_ASSIGN_OR_RETURN(block.governance_vkey, ReadFile(file, crypto::kVerifierKeyBytesMax));
  }
  const fs::path keys = folder / "nodes" / request.id / "keys";
  PM_ASSIGN_OR_RETURN(const std::string log_key, NoteKeyText(keys, block.domain, request.id, "log",
                                                             crypto::NoteKeyType::kNote));
  PM_ASSIGN_OR_RETURN(
      const std::string witness_key,
      NoteKeyText(keys, block.domain, request.id, "witness", crypto::NoteKeyType::kCosignature));
  if (Exists(CaList(folder, kFederation))) {
    PM_ASSIGN_OR_RETURN(block.list_pem,
                        ReadFile(CaList(folder, kFederation), crypto::kRevocationListBytesMax));
  }
  const std::string home = request.prefix + "/" + block.domain;
  block.toml = absl::StrFormat(
      "[[partner]]\n"
      "domain = \"%s\"\n"
      "node = \"%s\"\n"
      "endpoint = \"%s\"\n"
      "ca = \"%s/federation-ca.pem\"\n"
      "%s"
      "exchange_key = \"%s/exchange.pub.pem\"\n"
      "log_key = \"%s\"\n"
      "witness_key = \"%s\"\n"
      "answers = %s  # Purposes for which we answer it. Empty: none.\n"
      "asks = %s  # Purposes for which we may ask it.\n",
      block.domain, request.id, request.endpoint, home,
      block.list_pem ? absl::StrFormat("crl = \"%s/federation-ca.crl\"\n", home) : "", home,
      log_key, witness_key, TomlList(request.answers), TomlList(request.asks));
  return block;
}

}  // namespace proofmark::client::pki
