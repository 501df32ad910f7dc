// SPDX-License-Identifier: Apache-2.0
#include "client/federation/draft.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/file.h"
#include "crypto/sign/ed25519.h"
#include "crypto/sign/key_id.h"
#include "crypto/x509/certificate.h"
#include "crypto/x509/spiffe_name.h"
#include "toml++/toml.h"

namespace proofmark::client::federation {
namespace {

namespace fs = std::filesystem;
using crypto::FederationAgency;
using crypto::NoteKeyType;
using crypto::NoteVerifierKey;

constexpr std::int64_t kBlocksBytesMax = 1 << 20;
constexpr std::int64_t kCaBytesMax =
    16 * static_cast<std::int64_t>(crypto::kCertificatePemBytesMax);
constexpr std::int64_t kGovernanceBytesMax = 64 * 1024;

absl::Status Fault(const fs::path& file, std::string_view what) {
  return MakeFault(FaultCode::kDescriptor, absl::StrFormat("%s: %s", file.string(), what));
}

absl::Status Fault(const absl::Status& why) {
  return MakeFault(FaultCode::kDescriptor, std::string(why.message()));
}

// One [[partner]] block.
class Block {
 public:
  Block(const toml::table& table, fs::path file) : table_(table), file_(std::move(file)) {}

  absl::StatusOr<std::string> Text(std::string_view key) const {
    const std::optional<std::string> text = table_[key].value<std::string>();
    if (text && !text->empty()) return *text;
    return Fault(file_, absl::StrFormat("partner.%s: missing, or no text", key));
  }

  absl::StatusOr<fs::path> Path(std::string_view key) const {
    PM_ASSIGN_OR_RETURN(const std::string text, Text(key));
    return file_.parent_path() / text;
  }

  // Absent is none.
  absl::StatusOr<std::optional<NoteVerifierKey>> Key(std::string_view key) const {
    if (!table_.contains(key)) return std::optional<NoteVerifierKey>();
    PM_ASSIGN_OR_RETURN(const std::string text, Text(key));
    auto parsed = crypto::ParseVerifierKey(text);
    if (!parsed.ok()) {
      return Fault(file_, absl::StrFormat("partner.%s: %s", key, parsed.status().message()));
    }
    return std::optional<NoteVerifierKey>(*std::move(parsed));
  }

 private:
  const toml::table& table_;
  const fs::path file_;
};

absl::StatusOr<std::vector<NoteVerifierKey>> ReadGovernanceKeys(const fs::path& file) {
  std::vector<NoteVerifierKey> keys;
  std::error_code error;
  if (!fs::exists(file, error)) return keys;
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kGovernanceBytesMax));
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    auto key = crypto::ParseVerifierKey(line);
    if (!key.ok()) return Fault(file, std::string(key.status().message()));
    keys.push_back(*std::move(key));
  }
  return keys;
}

absl::Status ReadKeys(const Block& block, FederationAgency& agency) {
  PM_ASSIGN_OR_RETURN(const fs::path ca_file, block.Path("ca"));
  PM_ASSIGN_OR_RETURN(const std::string ca_pem, ReadFile(ca_file, kCaBytesMax));
  const auto cas = crypto::X509Certificate::BundleFromPem(ca_pem);
  if (!cas.ok()) return Fault(ca_file, std::string(cas.status().message()));
  for (const crypto::X509Certificate& ca : *cas) {
    if (!ca.is_ca()) return Fault(ca_file, "holds a certificate that is no CA");
    agency.ca_pins.push_back(ca.spki_sha256());
  }
  PM_ASSIGN_OR_RETURN(const fs::path key_file, block.Path("exchange_key"));
  PM_ASSIGN_OR_RETURN(const std::string key_pem, ReadFile(key_file, crypto::kKeyPemBytesMax));
  const auto key = crypto::VerifyingKey::FromPem(key_pem);
  if (!key.ok()) return Fault(key_file, std::string(key.status().message()));
  auto named = crypto::MakeVerifierKey(crypto::FederationExchangeKeyName(agency.domain),
                                       crypto::ExchangeKeyType(*key), *key);
  if (!named.ok()) return Fault(named.status());
  agency.exchange_keys.push_back(*std::move(named));
  PM_ASSIGN_OR_RETURN(agency.log_key, block.Key("log_key"));
  PM_ASSIGN_OR_RETURN(agency.witness_key, block.Key("witness_key"));
  PM_ASSIGN_OR_RETURN(agency.governance_keys,
                      ReadGovernanceKeys(ca_file.parent_path() / "governance.vkey"));
  return absl::OkStatus();
}

absl::StatusOr<FederationAgency> ReadAgency(const toml::table& table, const fs::path& file) {
  const Block block(table, file);
  FederationAgency agency;
  PM_ASSIGN_OR_RETURN(agency.domain, block.Text("domain"));
  PM_ASSIGN_OR_RETURN(const std::string node, block.Text("node"));
  const auto name = crypto::SpiffeName::Node(agency.domain, node);
  if (!name.ok()) return Fault(file, std::string(name.status().message()));
  agency.node_id = name->uri();
  PM_ASSIGN_OR_RETURN(agency.endpoint, block.Text("endpoint"));
  // Host names are the same in either case; the descriptor has one spelling.
  std::ranges::transform(agency.endpoint, agency.endpoint.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  PM_RETURN_IF_ERROR(ReadKeys(block, agency));
  return agency;
}

absl::Status ReadBlocks(const fs::path& file, std::vector<FederationAgency>& agencies) {
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kBlocksBytesMax));
  toml::table root;
  try {
    root = toml::parse(text, file.string());
  } catch (const toml::parse_error& error) {
    return Fault(file, absl::StrFormat("line %d: %s", error.source().begin.line,
                                       std::string(error.description())));
  }
  const toml::array* const blocks = root["partner"].as_array();
  if (blocks == nullptr || !blocks->is_homogeneous(toml::node_type::table)) {
    return Fault(file, "no [[partner]] blocks; `proofmark pki export-partner` prints one");
  }
  for (const toml::node& block : *blocks) {
    PM_ASSIGN_OR_RETURN(FederationAgency agency, ReadAgency(*block.as_table(), file));
    agencies.push_back(std::move(agency));
  }
  return absl::OkStatus();
}

FederationAgency* Find(crypto::FederationDescriptor& descriptor, std::string_view domain) {
  const auto at = std::ranges::find(descriptor.agencies, domain, &FederationAgency::domain);
  return at == descriptor.agencies.end() ? nullptr : &*at;
}

void AddOrReplace(crypto::FederationDescriptor& next, FederationAgency agency) {
  FederationAgency* const old = Find(next, agency.domain);
  if (old == nullptr) {
    next.agencies.push_back(std::move(agency));
    return;
  }
  agency.services = old->services;
  agency.purposes = old->purposes;
  agency.limits = old->limits;
  if (agency.governance_keys.empty()) agency.governance_keys = old->governance_keys;
  *old = std::move(agency);
}

absl::Status Grant(crypto::FederationDescriptor& next, const Edit& edit) {
  std::vector<std::string> grantees = edit.grantees;
  if (grantees.empty()) {
    for (const FederationAgency& agency : edit.add) grantees.push_back(agency.domain);
  }
  for (const std::string& domain : grantees) {
    FederationAgency* const agency = Find(next, domain);
    if (agency == nullptr) {
      return MakeFault(FaultCode::kUsage,
                       absl::StrFormat("%s is not in the descriptor: it cannot be granted "
                                       "anything; bring it in with --add",
                                       domain));
    }
    if (edit.services) agency->services = *edit.services;
    if (edit.purposes) agency->purposes = *edit.purposes;
    if (edit.limits) agency->limits = *edit.limits;
    // A limit of a service that is not granted any more limits nothing.
    std::erase_if(agency->limits,
                  [agency](const auto& limit) { return !agency->services.contains(limit.first); });
  }
  return absl::OkStatus();
}

// The agency for which `key` governs, or nullptr.
const FederationAgency* OwnerOf(const crypto::VerifyingKey& key,
                                const crypto::FederationDescriptor* descriptor) {
  if (descriptor == nullptr) return nullptr;
  for (const FederationAgency& agency : descriptor->agencies) {
    for (const NoteVerifierKey& listed : agency.governance_keys) {
      if (listed.public_key == key.raw()) return &agency;
    }
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<std::vector<FederationAgency>> ReadAgencies(const fs::path& file_or_folder) {
  std::vector<fs::path> files;
  std::error_code error;
  if (fs::is_directory(file_or_folder, error)) {
    for (fs::directory_iterator it(file_or_folder, error), end; !error && it != end;
         it.increment(error)) {
      if (it->path().extension() == ".toml") files.push_back(it->path());
    }
    std::ranges::sort(files);
    if (files.empty()) return Fault(file_or_folder, "no *.toml in this folder");
  } else {
    files.push_back(file_or_folder);
  }
  std::vector<FederationAgency> agencies;
  for (const fs::path& file : files) PM_RETURN_IF_ERROR(ReadBlocks(file, agencies));
  return agencies;
}

absl::StatusOr<std::string> MakeNext(const crypto::FederationDescriptor* base, const Edit& edit) {
  crypto::FederationDescriptor next;
  if (base != nullptr) {
    next = *base;
    ++next.version;
  }
  for (const std::string& domain : edit.remove) {
    if (std::erase_if(next.agencies, [&domain](const FederationAgency& agency) {
          return agency.domain == domain;
        }) == 0) {
      return MakeFault(FaultCode::kUsage, absl::StrFormat("%s is not in the descriptor", domain));
    }
  }
  for (const FederationAgency& agency : edit.add) AddOrReplace(next, agency);
  PM_RETURN_IF_ERROR(Grant(next, edit));
  next.not_before_unix_s = edit.begin_unix_s;
  next.not_after_unix_s = edit.begin_unix_s + edit.lifetime_s;
  const auto governing = static_cast<std::size_t>(std::ranges::count_if(
      next.agencies,
      [](const FederationAgency& agency) { return !agency.governance_keys.empty(); }));
  next.threshold = edit.threshold.value_or(governing / 2 + 1);
  absl::StatusOr<std::string> text = crypto::FormatFederationDescriptor(std::move(next));
  if (!text.ok()) return Fault(text.status());
  return text;
}

absl::StatusOr<crypto::SignedDescriptor> ReadDescriptor(const fs::path& file) {
  PM_ASSIGN_OR_RETURN(const std::string bytes,
                      ReadFile(file, static_cast<std::int64_t>(crypto::kNoteBytesMax)));
  // Only a signed one has an empty line.
  auto read = bytes.find("\n\n") == bytes.npos ? crypto::SignedDescriptor::FromText(bytes)
                                               : crypto::SignedDescriptor::Parse(bytes);
  if (!read.ok()) return Fault(file, std::string(read.status().message()));
  return read;
}

std::string DescriptorBytes(const crypto::SignedDescriptor& descriptor) {
  return descriptor.note().signatures.empty() ? descriptor.note().text
                                              : crypto::FormatNote(descriptor.note());
}

absl::StatusOr<crypto::SignedDescriptor> Sign(const crypto::SignedDescriptor& descriptor,
                                              const crypto::FederationDescriptor* previous,
                                              const crypto::SecretBytes& key_pem,
                                              const fs::path& key_file) {
  const auto key = crypto::SigningKey::FromPem(key_pem);
  if (!key.ok()) return Fault(key_file, std::string(key.status().message()));
  const FederationAgency* owner = OwnerOf(key->verifying_key(), &descriptor.descriptor());
  if (owner == nullptr) owner = OwnerOf(key->verifying_key(), previous);
  if (owner == nullptr) {
    return Fault(key_file,
                 "no governance key of this descriptor; if it is one of the version before, give "
                 "that with --previous");
  }
  auto line = crypto::SignNoteText(descriptor.note().text,
                                   crypto::FederationGovernanceKeyName(owner->domain), *key);
  if (!line.ok()) return Fault(line.status());
  std::vector<crypto::NoteSignature> signatures = descriptor.note().signatures;
  if (std::ranges::find(signatures, *line) != signatures.end()) {
    return Fault(key_file, "has signed this descriptor already");
  }
  signatures.push_back(*std::move(line));
  auto made = crypto::SignedDescriptor::FromText(descriptor.note().text, std::move(signatures));
  if (!made.ok()) return Fault(made.status());
  // What would not be read again must not be written: too many signatures, or too large.
  if (const auto again = crypto::ParseNote(crypto::FormatNote(made->note())); !again.ok()) {
    return Fault(again.status());
  }
  return made;
}

}  // namespace proofmark::client::federation
