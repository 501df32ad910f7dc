// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "crypto/sign/key_id.h"
#include "crypto/tls/tls.h"
#include "crypto/x509/spiffe_name.h"
#include "records/firearm/statistics.h"
#include "server/config_file.h"
#include "server/federation/witness_link.h"
#include "server/node/node.h"
#include "toml++/toml.h"

namespace proofmark::server {
namespace {

namespace fs = std::filesystem;

// One table of the file, with errors that name the key.
class Section {
 public:
  Section(std::string name, const toml::table* table, fs::path folder)
      : name_(std::move(name)), table_(table), folder_(std::move(folder)) {}

  // A misspelt key would silently be a default: refuse it.
  absl::Status AllowOnly(std::initializer_list<std::string_view> keys) const {
    if (table_ == nullptr) return absl::OkStatus();
    for (const auto& [key, value] : *table_) {
      if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) {
        return absl::InvalidArgumentError(absl::StrFormat("%s.%s: no such key (line %d)", name_,
                                                          std::string(key.str()),
                                                          value.source().begin.line));
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Text(std::string_view key) const {
    const toml::node* node = Find(key);
    if (node == nullptr) return Fault(key, "missing");
    const std::optional<std::string> text = node->value<std::string>();
    if (!node->is_string() || !text || text->empty()) return Fault(key, "must be a text");
    return *text;
  }

  absl::StatusOr<fs::path> Path(std::string_view key) const {
    PM_ASSIGN_OR_RETURN(const std::string text, Text(key));
    return folder_ / text;  // An absolute path stays what it is.
  }

  // One path or a list of them; absent is none. The files need not exist.
  absl::StatusOr<std::vector<fs::path>> Paths(std::string_view key) const {
    std::vector<fs::path> paths;
    const toml::node* node = Find(key);
    if (node == nullptr) return paths;
    if (!node->is_array()) {
      PM_ASSIGN_OR_RETURN(paths.emplace_back(), Path(key));
      return paths;
    }
    for (const toml::node& item : *node->as_array()) {
      const std::optional<std::string> text = item.value<std::string>();
      if (!item.is_string() || !text || text->empty()) return Fault(key, "must be a list of texts");
      paths.push_back(folder_ / *text);
    }
    if (paths.size() > crypto::kBundleCertificatesMax) return Fault(key, "more than 16 files");
    return paths;
  }

  absl::StatusOr<std::string> FileOf(std::string_view key, std::int64_t bytes_max) const {
    PM_ASSIGN_OR_RETURN(const fs::path path, Path(key));
    absl::StatusOr<std::string> bytes = ReadFile(path, bytes_max);
    PM_RETURN_IF_ERROR(Blame(key, bytes.status()));
    return bytes;
  }

  absl::StatusOr<std::int64_t> Number(std::string_view key, std::int64_t absent, std::int64_t low,
                                      std::int64_t high) const {
    const toml::node* node = Find(key);
    if (node == nullptr) return absent;
    const std::optional<std::int64_t> number = node->value<std::int64_t>();
    if (!node->is_integer() || !number || *number < low || *number > high) {
      return Fault(key, absl::StrFormat("must be a whole number in %d..%d", low, high));
    }
    return *number;
  }

  absl::StatusOr<std::set<std::string, std::less<>>> TextSet(std::string_view key) const {
    std::set<std::string, std::less<>> texts;
    const toml::node* node = Find(key);
    if (node == nullptr) return texts;
    if (!node->is_array()) return Fault(key, "must be a list of texts");
    for (const toml::node& item : *node->as_array()) {
      const std::optional<std::string> text = item.value<std::string>();
      if (!item.is_string() || !text) return Fault(key, "must be a list of texts");
      texts.insert(*text);
    }
    return texts;
  }

  // Midnight UTC before a TOML date, `days_later` days on; absent is none.
  absl::StatusOr<std::optional<std::int64_t>> DayMs(std::string_view key, int days_later) const {
    std::optional<std::int64_t> unix_ms;
    const toml::node* node = Find(key);
    if (node == nullptr) return unix_ms;
    const std::optional<toml::date> date = node->value<toml::date>();
    const auto day = date ? std::chrono::year_month_day(std::chrono::year(date->year),
                                                        std::chrono::month(date->month),
                                                        std::chrono::day(date->day))
                          : std::chrono::year_month_day();
    if (!node->is_date() || !day.ok()) return Fault(key, "must be a date such as 2027-12-31");
    const auto days = std::chrono::sys_days(day) + std::chrono::days(days_later);
    unix_ms = std::chrono::milliseconds(days.time_since_epoch()).count();
    return unix_ms;
  }

  // Absent is none.
  absl::StatusOr<std::optional<crypto::NoteVerifierKey>> VerifierKey(std::string_view key) const {
    if (Find(key) == nullptr) return std::optional<crypto::NoteVerifierKey>();
    PM_ASSIGN_OR_RETURN(const std::string text, Text(key));
    auto parsed = crypto::ParseVerifierKey(text);
    if (!parsed.ok()) return Fault(key, std::string(parsed.status().message()));
    return std::optional<crypto::NoteVerifierKey>(*std::move(parsed));
  }

  // 64 hexadecimal digits; absent is none.
  absl::StatusOr<std::optional<crypto::Sha256Digest>> Sha256(std::string_view key) const {
    if (Find(key) == nullptr) return std::optional<crypto::Sha256Digest>();
    PM_ASSIGN_OR_RETURN(const std::string text, Text(key));
    const absl::StatusOr<std::string> bytes = base::ParseHex(text);
    crypto::Sha256Digest digest;
    if (!bytes.ok() || bytes->size() != digest.size()) {
      return Fault(key, "must be 64 hexadecimal digits");
    }
    std::ranges::copy(base::AsBytes(*bytes), digest.begin());
    return std::optional<crypto::Sha256Digest>(digest);
  }

  bool Has(std::string_view key) const { return Find(key) != nullptr; }

  // `status` with the key in front.
  absl::Status Blame(std::string_view key, const absl::Status& status) const {
    if (status.ok()) return status;
    return absl::Status(status.code(),
                        absl::StrFormat("%s.%s: %s", name_, key, std::string(status.message())));
  }

  absl::Status Fault(std::string_view key, std::string_view what) const {
    return absl::InvalidArgumentError(absl::StrFormat("%s.%s: %s", name_, key, what));
  }

 private:
  const toml::node* Find(std::string_view key) const {
    return table_ == nullptr ? nullptr : table_->get(key);
  }

  const std::string name_;
  const toml::table* const table_;
  const fs::path folder_;
};

absl::StatusOr<std::vector<crypto::X509Certificate>> ReadCas(const Section& section) {
  PM_ASSIGN_OR_RETURN(const std::string pem,
                      section.FileOf("ca", 16 * crypto::kCertificatePemBytesMax));
  auto cas = crypto::X509Certificate::BundleFromPem(pem);
  if (!cas.ok()) return section.Fault("ca", std::string(cas.status().message()));
  return cas;
}

absl::StatusOr<crypto::SigningKey> ReadSigningKey(const Section& section, std::string_view key) {
  PM_ASSIGN_OR_RETURN(std::string text, section.FileOf(key, crypto::kKeyPemBytesMax));
  auto read = crypto::SigningKey::FromText(crypto::SecretBytes::TakeFrom(text));
  PM_RETURN_IF_ERROR(section.Blame(key, read.status()));
  return read;
}

absl::StatusOr<ListenerConfig> ReadListener(const Section& section, std::string_view port,
                                            const std::string& node_uri) {
  const bool partner_port = port == "partner";
  ListenerConfig listener;
  PM_ASSIGN_OR_RETURN(listener.listen, section.Text("listen"));
  PM_ASSIGN_OR_RETURN(listener.own.certificate_file, section.Path("certificate"));
  PM_ASSIGN_OR_RETURN(listener.own.key_file, section.Path("key"));
  PM_ASSIGN_OR_RETURN(listener.identity.certificate_pem,
                      section.FileOf("certificate", crypto::kCertificatePemBytesMax));
  PM_ASSIGN_OR_RETURN(listener.identity.key_text, section.FileOf("key", crypto::kKeyPemBytesMax));
  std::string key_copy = listener.identity.key_text;
  const absl::Status matches =
      crypto::CheckKeyMatchesCertificate(listener.identity.certificate_pem,
                                         crypto::SecretBytes::TakeFrom(key_copy))
          .status();
  PM_RETURN_IF_ERROR(section.Blame("certificate, .key", matches));
  listener.own.port = port;
  listener.own.node_uri = node_uri;
  // On the partner port a node asks as well as answers.
  listener.own.requirement = {
      .kind = crypto::SpiffeName::Kind::kNode, .tls_client = partner_port, .tls_server = true};
  if (!partner_port || section.Has("ca")) {
    PM_ASSIGN_OR_RETURN(listener.own.cas, ReadCas(section));
  }
  return listener;
}

// What limits one direction of an agreement beside its purposes; `way` is "answers" or "asks".
absl::StatusOr<federation::GrantConditions> ReadConditions(const Section& section,
                                                           const std::string& way) {
  federation::GrantConditions when;
  if (section.Has(way + "_offences")) {
    PM_ASSIGN_OR_RETURN(when.offences, section.TextSet(way + "_offences"));
  }
  if (section.Has(way + "_items")) {
    PM_ASSIGN_OR_RETURN(when.items, section.TextSet(way + "_items"));
  }
  PM_ASSIGN_OR_RETURN(when.from_unix_ms, section.DayMs(way + "_from", 0));
  PM_ASSIGN_OR_RETURN(when.until_unix_ms, section.DayMs(way + "_until", 1));
  return when;
}

// Under which conditions the partner is told of candidates; H0 and X4 where nothing is said.
absl::StatusOr<wire::AnswerHandling> ReadHandling(const Section& section) {
  wire::AnswerHandling handling;
  if (section.Has("answers_handling")) {
    PM_ASSIGN_OR_RETURN(const federation::Words codes, section.TextSet("answers_handling"));
    handling.codes.assign(codes.begin(), codes.end());
  }
  if (section.Has("answers_restrictions")) {
    PM_ASSIGN_OR_RETURN(handling.restrictions, section.Text("answers_restrictions"));
  }
  if (section.Has("answers_evaluation")) {
    PM_ASSIGN_OR_RETURN(const std::string evaluation, section.Text("answers_evaluation"));
    if (evaluation.size() != 2) {
      return section.Fault("answers_evaluation", "must be a letter and a digit such as \"B2\"");
    }
    handling.source_evaluation = evaluation.substr(0, 1);
    handling.information_evaluation = evaluation.substr(1);
  }
  PM_RETURN_IF_ERROR(section.Blame("answers_handling", wire::CheckHandling(handling, "")));
  return handling;
}

// A budget that is there only where it is granted: `<what>_per_day`, `<what>_per_30_days`.
absl::StatusOr<std::optional<federation::BudgetLimits>> ReadGrantedBudget(const Section& section,
                                                                          const std::string& what) {
  federation::BudgetLimits limits{.per_day = 0, .per_30_days = 0};
  PM_ASSIGN_OR_RETURN(limits.per_day,
                      section.Number(what + "_per_day", 0, 0, federation::kBudgetMax));
  PM_ASSIGN_OR_RETURN(
      limits.per_30_days,
      section.Number(what + "_per_30_days", std::min(30 * limits.per_day, federation::kBudgetMax),
                     0, federation::kBudgetMax));
  if (limits.per_day == 0 || limits.per_30_days == 0) {
    return std::optional<federation::BudgetLimits>();
  }
  return std::optional(limits);
}

// When the node asks the partner by itself; without share_triggers never.
absl::StatusOr<federation::ShareRule> ReadShareRule(const Section& section,
                                                    const federation::Words& asked_purposes) {
  federation::ShareRule rule;
  PM_ASSIGN_OR_RETURN(rule.triggers, section.TextSet("share_triggers"));
  if (rule.triggers.empty()) {
    for (const std::string_view key : {"share_purpose", "share_offence", "share_days"}) {
      if (section.Has(key)) return section.Fault(key, "says nothing without share_triggers");
    }
    return rule;
  }
  PM_ASSIGN_OR_RETURN(rule.purpose, section.Text("share_purpose"));
  if (!asked_purposes.contains(rule.purpose)) {
    return section.Fault("share_purpose", "must be one of the purposes in asks");
  }
  if (section.Has("share_offence")) {
    PM_ASSIGN_OR_RETURN(rule.offence, section.Text("share_offence"));
  }
  PM_ASSIGN_OR_RETURN(rule.days,
                      section.Number("share_days", rule.days, 1, federation::kShareDaysMax));
  return rule;
}

// By what a partner may be told counts of deactivated firearms.
absl::StatusOr<federation::Words> ReadStatistics(const Section& section) {
  PM_ASSIGN_OR_RETURN(const federation::Words texts, section.TextSet("statistics"));
  federation::Words breakdowns;
  for (const std::string& text : texts) {
    const absl::StatusOr<firearm::Breakdown> breakdown = firearm::ParseBreakdown(text);
    PM_RETURN_IF_ERROR(section.Blame("statistics", breakdown.status()));
    breakdowns.insert(firearm::BreakdownText(*breakdown));
  }
  return breakdowns;
}

absl::StatusOr<federation::Partner> ReadPartner(const Section& section) {
  PM_RETURN_IF_ERROR(section.AllowOnly({"domain",
                                        "node",
                                        "endpoint",
                                        "ca",
                                        "exchange_key",
                                        "log_key",
                                        "witness_key",
                                        "answers",
                                        "answers_offences",
                                        "answers_items",
                                        "answers_from",
                                        "answers_until",
                                        "answers_handling",
                                        "answers_restrictions",
                                        "answers_evaluation",
                                        "asks",
                                        "asks_offences",
                                        "asks_items",
                                        "asks_from",
                                        "asks_until",
                                        "share_triggers",
                                        "share_purpose",
                                        "share_offence",
                                        "share_days",
                                        "timeout_s",
                                        "crl",
                                        "budget_per_day",
                                        "budget_per_30_days",
                                        "lookups_per_day",
                                        "lookups_per_30_days",
                                        "lookups_burst",
                                        "firearm_checks_per_day",
                                        "firearm_checks_per_30_days",
                                        "statistics"}));
  federation::Partner partner;
  PM_ASSIGN_OR_RETURN(partner.domain, section.Text("domain"));
  PM_ASSIGN_OR_RETURN(const std::string node, section.Text("node"));
  const auto name = crypto::SpiffeName::Node(partner.domain, node);
  if (!name.ok()) return section.Fault("node", std::string(name.status().message()));
  partner.node_id = name->uri();
  PM_ASSIGN_OR_RETURN(partner.endpoint, section.Text("endpoint"));
  PM_ASSIGN_OR_RETURN(partner.ca_pem, section.FileOf("ca", 16 * crypto::kCertificatePemBytesMax));
  PM_ASSIGN_OR_RETURN(const std::string key_pem,
                      section.FileOf("exchange_key", crypto::kKeyPemBytesMax));
  const auto key = crypto::VerifyingKey::FromPem(key_pem);
  if (!key.ok()) return section.Fault("exchange_key", std::string(key.status().message()));
  partner.exchange_keys.emplace(crypto::ExchangeKeyId(partner.domain, *key), *key);
  PM_ASSIGN_OR_RETURN(partner.log_key, section.VerifierKey("log_key"));
  PM_ASSIGN_OR_RETURN(partner.witness_key, section.VerifierKey("witness_key"));
  PM_ASSIGN_OR_RETURN(partner.answered_purposes, section.TextSet("answers"));
  PM_ASSIGN_OR_RETURN(partner.asked_purposes, section.TextSet("asks"));
  PM_ASSIGN_OR_RETURN(partner.answered_when, ReadConditions(section, "answers"));
  PM_ASSIGN_OR_RETURN(partner.asked_when, ReadConditions(section, "asks"));
  PM_ASSIGN_OR_RETURN(partner.answered_handling, ReadHandling(section));
  PM_ASSIGN_OR_RETURN(partner.share, ReadShareRule(section, partner.asked_purposes));
  PM_ASSIGN_OR_RETURN(const std::int64_t timeout_s, section.Number("timeout_s", 30, 1, 600));
  partner.timeout = std::chrono::seconds(timeout_s);
  PM_ASSIGN_OR_RETURN(
      partner.budget.per_day,
      section.Number("budget_per_day", partner.budget.per_day, 0, federation::kBudgetMax));
  PM_ASSIGN_OR_RETURN(
      partner.budget.per_30_days,
      section.Number("budget_per_30_days", partner.budget.per_30_days, 0, federation::kBudgetMax));
  PM_ASSIGN_OR_RETURN(partner.lookup_budget, ReadGrantedBudget(section, "lookups"));
  // A question has four elements at least.
  PM_ASSIGN_OR_RETURN(partner.lookup_burst, section.Number("lookups_burst", partner.lookup_burst, 4,
                                                           federation::kBudgetMax));
  PM_ASSIGN_OR_RETURN(partner.firearm_check_budget, ReadGrantedBudget(section, "firearm_checks"));
  PM_ASSIGN_OR_RETURN(partner.statistics, ReadStatistics(section));
  return partner;
}

absl::StatusOr<OutsideWitness> ReadOutsideWitness(const Section& section) {
  PM_RETURN_IF_ERROR(section.AllowOnly({"url", "key"}));
  OutsideWitness witness;
  PM_ASSIGN_OR_RETURN(witness.url, section.Text("url"));
  PM_ASSIGN_OR_RETURN(const std::optional<crypto::NoteVerifierKey> key, section.VerifierKey("key"));
  if (!key) return section.Fault("key", "missing");
  witness.key = *key;
  return witness;
}

// Each [[name]] table of the file, in order.
absl::Status ForEachTable(const toml::table& root, std::string_view name, const fs::path& folder,
                          const std::function<absl::Status(const Section&)>& read) {
  const toml::node* const list = root.get(name);
  if (list == nullptr) return absl::OkStatus();
  if (!list->is_array_of_tables()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: write each %s as its own [[%s]]", name, name, name));
  }
  int number = 0;
  for (const toml::node& item : *list->as_array()) {
    PM_RETURN_IF_ERROR(
        read(Section(absl::StrFormat("%s[%d]", name, number++), item.as_table(), folder)));
  }
  return absl::OkStatus();
}

// What of a section's CAs publishes revocation lists, and where; nothing when it names no file.
absl::Status ReadListSource(const Section& section, std::string label, std::string peer,
                            std::vector<crypto::X509Certificate> cas, Config& config) {
  PM_ASSIGN_OR_RETURN(std::vector<fs::path> files, section.Paths("crl"));
  if (files.empty()) return absl::OkStatus();
  config.lists.push_back({.label = std::move(label),
                          .peer = std::move(peer),
                          .cas = std::move(cas),
                          .files = std::move(files)});
  return absl::OkStatus();
}

absl::Status ReadPartnerTable(const Section& section, Config& config) {
  PM_ASSIGN_OR_RETURN(federation::Partner partner, ReadPartner(section));
  PM_ASSIGN_OR_RETURN(std::vector<crypto::X509Certificate> cas, ReadCas(section));
  PM_RETURN_IF_ERROR(ReadListSource(section, "partner " + partner.domain, partner.node_id,
                                    std::move(cas), config));
  config.partners.push_back(std::move(partner));
  return absl::OkStatus();
}

absl::Status ReadRevocation(const Section& section, Config& config) {
  PM_RETURN_IF_ERROR(section.AllowOnly({"deny", "grace_h"}));
  if (section.Has("deny")) {
    PM_ASSIGN_OR_RETURN(config.deny_file.emplace(), section.Path("deny"));
  }
  PM_ASSIGN_OR_RETURN(
      const std::int64_t grace_h,
      section.Number("grace_h", federation::kRevocationGraceDefault / std::chrono::hours(1), 0,
                     federation::kRevocationGraceMax / std::chrono::hours(1)));
  config.revocation_grace = std::chrono::hours(grace_h);
  return absl::OkStatus();
}

absl::Status ReadNode(const Section& node, Config& config) {
  PM_RETURN_IF_ERROR(node.AllowOnly(
      {"domain", "id", "state", "master_key", "exchange_key", "log_key", "witness_key"}));
  PM_ASSIGN_OR_RETURN(config.domain, node.Text("domain"));
  PM_ASSIGN_OR_RETURN(const std::string id, node.Text("id"));
  const auto name = crypto::SpiffeName::Node(config.domain, id);
  if (!name.ok()) return node.Fault("domain", std::string(name.status().message()));
  config.node_uri = name->uri();
  PM_ASSIGN_OR_RETURN(config.state_folder, node.Path("state"));
  PM_ASSIGN_OR_RETURN(config.master_key_file, node.Path("master_key"));
  PM_ASSIGN_OR_RETURN(crypto::SigningKey exchange, ReadSigningKey(node, "exchange_key"));
  PM_ASSIGN_OR_RETURN(crypto::SigningKey log, ReadSigningKey(node, "log_key"));
  PM_ASSIGN_OR_RETURN(crypto::SigningKey witness, ReadSigningKey(node, "witness_key"));
  for (const auto& [field, key] :
       {std::pair{"log_key", &log}, std::pair{"witness_key", &witness}}) {
    if (key->verifying_key().algorithm() != crypto::SignatureAlgorithm::kEd25519) {
      return node.Fault(field, "must be Ed25519; only exchange_key may be EC P-256");
    }
  }
  config.keys = federation::NodeKeys{std::move(exchange), std::move(log), std::move(witness)};
  return absl::OkStatus();
}

absl::Status ReadWitnessing(const Section& section, Config& config) {
  PM_RETURN_IF_ERROR(section.AllowOnly({"quorum", "strict_after_s"}));
  PM_ASSIGN_OR_RETURN(
      const std::int64_t quorum,
      section.Number("quorum", -1, 0, federation::kPartnersMax + federation::kOutsideWitnessesMax));
  if (quorum >= 0) config.witnessing.quorum = static_cast<int>(quorum);
  PM_ASSIGN_OR_RETURN(const std::int64_t strict_s,
                      section.Number("strict_after_s", 0, 0, 30LL * 24 * 3600));
  config.witnessing.strict_after = std::chrono::seconds(strict_s);
  return absl::OkStatus();
}

absl::Status ReadFederation(const Section& section, Config& config) {
  PM_RETURN_IF_ERROR(section.AllowOnly({"first_descriptor_sha256", "grace_s"}));
  PM_ASSIGN_OR_RETURN(const std::int64_t grace_s,
                      section.Number("grace_s", federation::kDescriptorGraceDefault.count(), 0,
                                     federation::kDescriptorGraceMax.count()));
  config.federation.grace = std::chrono::seconds(grace_s);
  PM_ASSIGN_OR_RETURN(config.federation.first_hash, section.Sha256("first_descriptor_sha256"));
  return absl::OkStatus();
}

absl::Status ReadPublishedStatistics(const Section& section, Config& config) {
  PM_RETURN_IF_ERROR(section.AllowOnly({"smallest", "period_days"}));
  PM_ASSIGN_OR_RETURN(config.statistics.smallest,
                      section.Number("smallest", config.statistics.smallest,
                                     registry::kSmallestCountMin, firearm::kSmallCountMax));
  PM_ASSIGN_OR_RETURN(const std::int64_t days, section.Number("period_days", 30, 7, 366));
  config.statistics.period = std::chrono::days(days);
  return absl::OkStatus();
}

absl::Status ReadLimits(const Section& limits, Config& config) {
  PM_RETURN_IF_ERROR(limits.AllowOnly(
      {"submission_mib", "uploads_mib", "search_threads", "partners_at_once", "handler_threads"}));
  PM_ASSIGN_OR_RETURN(const std::int64_t submission_mib,
                      limits.Number("submission_mib", 512, 1, 3'072));
  PM_ASSIGN_OR_RETURN(const std::int64_t uploads_mib,
                      limits.Number("uploads_mib", 1'024, 1, 65'536));
  PM_ASSIGN_OR_RETURN(const std::int64_t search_threads,
                      limits.Number("search_threads", 2, 1, node::kSearchThreadsMax));
  PM_ASSIGN_OR_RETURN(const std::int64_t partners_at_once,
                      limits.Number("partners_at_once", 32, 1, federation::kPartnersMax));
  PM_ASSIGN_OR_RETURN(const std::int64_t handler_threads,
                      limits.Number("handler_threads", 16, 2, 256));
  config.submission_bytes_max = submission_mib << 20;
  config.uploads_bytes_max = uploads_mib << 20;
  config.search_threads = static_cast<int>(search_threads);
  config.partners_at_once = static_cast<int>(partners_at_once);
  config.handler_threads = static_cast<int>(handler_threads);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const fs::path& file) {
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kConfigBytesMax));
  PM_ASSIGN_OR_RETURN(const toml::table root, ParseToml(text, file));
  const fs::path folder = file.parent_path();
  for (const std::string_view name : {"node", "agency_port", "partner_port", "limits", "witnessing",
                                      "federation", "revocation", "witness_http", "statistics"}) {
    if (root.contains(name) && !root[name].is_table()) {
      return absl::InvalidArgumentError(absl::StrFormat("%s: must be one table, [%s]", name, name));
    }
  }
  const auto section = [&](std::string_view name) {
    return Section(std::string(name), root[name].as_table(), folder);
  };
  PM_RETURN_IF_ERROR(
      Section("file", &root, folder)
          .AllowOnly({"node", "agency_port", "partner_port", "limits", "witnessing", "federation",
                      "revocation", "witness_http", "statistics", "partner", "witness"}));

  Config config;
  config.sha256_hex = crypto::Sha256Hex(text);
  PM_RETURN_IF_ERROR(ReadNode(section("node"), config));
  const Section agency = section("agency_port");
  PM_RETURN_IF_ERROR(agency.AllowOnly({"listen", "certificate", "key", "ca", "crl"}));
  PM_ASSIGN_OR_RETURN(config.agency, ReadListener(agency, "agency", config.node_uri));
  PM_RETURN_IF_ERROR(ReadListSource(agency, "staff", "", config.agency.own.cas, config));
  const Section partner_port = section("partner_port");
  PM_RETURN_IF_ERROR(partner_port.AllowOnly({"listen", "certificate", "key", "ca"}));
  PM_ASSIGN_OR_RETURN(config.partner, ReadListener(partner_port, "partner", config.node_uri));
  PM_RETURN_IF_ERROR(ReadRevocation(section("revocation"), config));
  PM_RETURN_IF_ERROR(ReadLimits(section("limits"), config));
  PM_RETURN_IF_ERROR(ReadWitnessing(section("witnessing"), config));
  PM_RETURN_IF_ERROR(ReadFederation(section("federation"), config));
  PM_RETURN_IF_ERROR(ReadPublishedStatistics(section("statistics"), config));
  const Section witness_http = section("witness_http");
  PM_RETURN_IF_ERROR(witness_http.AllowOnly({"listen"}));
  if (root.contains("witness_http")) {
    PM_ASSIGN_OR_RETURN(config.witness_http_listen, witness_http.Text("listen"));
  }
  PM_RETURN_IF_ERROR(ForEachTable(root, "partner", folder, [&](const Section& item) {
    return ReadPartnerTable(item, config);
  }));
  PM_RETURN_IF_ERROR(ForEachTable(root, "witness", folder, [&](const Section& item) {
    absl::StatusOr<OutsideWitness> witness = ReadOutsideWitness(item);
    if (witness.ok()) config.witnessing.outside.push_back(*std::move(witness));
    return witness.status();
  }));
  if (config.witnessing.outside.size() > federation::kOutsideWitnessesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("witness: at most %d", federation::kOutsideWitnessesMax));
  }
  return config;
}

}  // namespace proofmark::server
