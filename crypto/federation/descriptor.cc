// SPDX-License-Identifier: Apache-2.0
#include "crypto/federation/descriptor.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/tlog/lines.h"
#include "crypto/tlog/signed_note.h"
#include "crypto/x509/spiffe_name.h"

namespace proofmark::crypto {
namespace {

constexpr std::string_view kTypeTag = "proofmark/federation/v1";
constexpr std::size_t kWordBytesMax = 32;
constexpr std::uint64_t kPortMax = 65'535;

absl::Status Refuse(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("federation descriptor: %s", why));
}

absl::Status Refuse(const FederationAgency& agency, std::string_view why) {
  return Refuse(absl::StrFormat("agency %s: %s", agency.domain, why));
}

bool IsServiceWord(std::string_view word) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !word.empty() && word.size() <= kWordBytesMax && lower(word.front()) &&
         std::ranges::all_of(
             word, [lower](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '-'; });
}

bool IsPurposeWord(std::string_view word) {
  return !word.empty() && word.size() <= kWordBytesMax && std::ranges::all_of(word, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// A host name, an IPv4 address or an IPv6 address in brackets; a colon; a port.
bool IsEndpoint(std::string_view endpoint) {
  if (endpoint.size() > kFederationEndpointBytesMax) return false;
  const std::size_t colon = endpoint.rfind(':');
  if (colon == endpoint.npos || colon == 0) return false;
  const std::optional<std::uint64_t> port = ParseDecimal(endpoint.substr(colon + 1), kPortMax);
  if (!port || *port == 0) return false;
  std::string_view host = endpoint.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  return !host.empty() && std::ranges::all_of(host, [bracketed](char c) {
    const bool digit = (c >= '0' && c <= '9') || c == '.';
    if (bracketed) return digit || c == ':' || (c >= 'a' && c <= 'f');
    return digit || c == '-' || c == '_' || (c >= 'a' && c <= 'z');
  });
}

bool ByText(const NoteVerifierKey& a, const NoteVerifierKey& b) {
  return ToVerifierKey(a) < ToVerifierKey(b);
}

void Sort(FederationDescriptor& descriptor) {
  std::ranges::sort(descriptor.agencies, {}, &FederationAgency::domain);
  for (FederationAgency& agency : descriptor.agencies) {
    std::ranges::sort(agency.ca_pins);
    std::ranges::sort(agency.exchange_keys, ByText);
    std::ranges::sort(agency.governance_keys, ByText);
  }
}

absl::Status CheckKey(const FederationAgency& agency, std::string_view field,
                      const NoteVerifierKey& key, NoteKeyType type, std::string_view name) {
  if (!key.Is(type)) return Refuse(agency, absl::StrFormat("%s: a key for another use", field));
  if (key.name == name) return absl::OkStatus();
  return Refuse(agency, absl::StrFormat("%s: named \"%s\", not \"%s\"", field, key.name, name));
}

constexpr std::string_view kExchangeKeyField = "exchange-key";

// Exchange keys may be of a second type, which reading a verifier key leaves unexamined.
absl::Status CheckExchangeKey(const FederationAgency& agency, const NoteVerifierKey& key,
                              std::string_view name) {
  if (!key.Is(NoteKeyType::kEcdsa)) {
    return CheckKey(agency, kExchangeKeyField, key, NoteKeyType::kNote, name);
  }
  const auto verifier = VerifyingKey::FromInfo(key.public_key);
  if (!verifier.ok()) return Refuse(agency, "exchange-key: not a P-256 key");
  if (ComputeNoteKeyId(name, NoteKeyType::kEcdsa, *verifier) != key.id) {
    return Refuse(agency, "exchange-key: its id is that of another key");
  }
  return CheckKey(agency, kExchangeKeyField, key, NoteKeyType::kEcdsa, name);
}

absl::Status CheckKeys(const FederationAgency& agency, std::string_view field,
                       const std::vector<NoteVerifierKey>& keys, std::string_view name) {
  if (keys.size() > kFederationKeysMax) {
    return Refuse(
        agency, absl::StrFormat("%s: %d keys, at most %d", field, keys.size(), kFederationKeysMax));
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    PM_RETURN_IF_ERROR(field == kExchangeKeyField
                           ? CheckExchangeKey(agency, keys[i], name)
                           : CheckKey(agency, field, keys[i], NoteKeyType::kNote, name));
    // Two keys of one id could not be told apart in signature lines.
    for (std::size_t j = 0; j < i; ++j) {
      if (keys[j].id == keys[i].id) {
        return Refuse(agency, absl::StrFormat("%s: two keys of one id", field));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckGrants(const FederationAgency& agency) {
  if (agency.services.size() > kFederationServicesMax) {
    return Refuse(agency, absl::StrFormat("service: %d, at most %d", agency.services.size(),
                                          kFederationServicesMax));
  }
  if (agency.purposes.size() > kFederationPurposesMax) {
    return Refuse(agency, absl::StrFormat("purpose: %d, at most %d", agency.purposes.size(),
                                          kFederationPurposesMax));
  }
  for (const std::string& service : agency.services) {
    if (!IsServiceWord(service)) {
      return Refuse(agency, "service: not of [a-z][a-z0-9-]{0,31}");
    }
  }
  for (const std::string& purpose : agency.purposes) {
    if (!IsPurposeWord(purpose)) return Refuse(agency, "purpose: not of [A-Z0-9_]{1,32}");
  }
  for (const auto& [service, count] : agency.limits) {
    if (!agency.services.contains(service)) {
      return Refuse(agency, "limit: of a service that the agency does not have");
    }
    if (count > kFederationLimitMax) {
      return Refuse(agency, absl::StrFormat("limit: %d, at most %d", count, kFederationLimitMax));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAgency(const FederationAgency& agency) {
  if (const absl::Status domain = CheckAgencyDomain(agency.domain); !domain.ok()) {
    return Refuse(std::string(domain.message()));
  }
  const absl::StatusOr<SpiffeName> node = SpiffeName::Parse(agency.node_id);
  if (!node.ok() || node->kind() != SpiffeName::Kind::kNode || node->domain() != agency.domain) {
    return Refuse(agency, "node: names no node of that domain");
  }
  if (!IsEndpoint(agency.endpoint)) return Refuse(agency, "endpoint: not host:port in lower case");
  if (agency.ca_pins.size() > kFederationCaPinsMax) {
    return Refuse(agency, absl::StrFormat("ca: %d pins, at most %d", agency.ca_pins.size(),
                                          kFederationCaPinsMax));
  }
  PM_RETURN_IF_ERROR(CheckKeys(agency, kExchangeKeyField, agency.exchange_keys,
                               FederationExchangeKeyName(agency.domain)));
  PM_RETURN_IF_ERROR(CheckKeys(agency, "governance", agency.governance_keys,
                               FederationGovernanceKeyName(agency.domain)));
  const std::string home = absl::StrFormat("%s/proofmark/%s/", agency.domain, node->id());
  if (agency.log_key) {
    PM_RETURN_IF_ERROR(CheckKey(agency, "log", *agency.log_key, NoteKeyType::kNote, home + "log"));
  }
  if (agency.witness_key) {
    PM_RETURN_IF_ERROR(CheckKey(agency, "witness", *agency.witness_key, NoteKeyType::kCosignature,
                                home + "witness"));
  }
  return CheckGrants(agency);
}

// A key with two uses could be made to sign in one what counts in the other, and one governance
// key under two agencies would count twice. A CA may vouch for one agency only.
absl::Status CheckNothingIsShared(const FederationDescriptor& descriptor) {
  std::set<std::string_view> keys;
  std::set<std::string_view> pins;
  for (const FederationAgency& agency : descriptor.agencies) {
    for (const Sha256Digest& pin : agency.ca_pins) {
      if (!pins.insert(AsText(pin)).second) return Refuse(agency, "ca: a pin stands twice");
    }
    const auto take = [&keys](const NoteVerifierKey& key) {
      return keys.insert(key.public_key).second;
    };
    bool unique = (!agency.log_key || take(*agency.log_key)) &&
                  (!agency.witness_key || take(*agency.witness_key));
    for (const NoteVerifierKey& key : agency.exchange_keys) unique = take(key) && unique;
    for (const NoteVerifierKey& key : agency.governance_keys) unique = take(key) && unique;
    if (!unique) return Refuse(agency, "a public key stands twice");
  }
  return absl::OkStatus();
}

absl::Status Check(const FederationDescriptor& descriptor) {
  if (descriptor.version == 0 || descriptor.version > kFederationVersionMax) {
    return Refuse("version: 1..2^63-1");
  }
  const std::int64_t begin = descriptor.not_before_unix_s;
  const std::int64_t end = descriptor.not_after_unix_s;
  if (begin < 0 || end <= begin || end - begin < kFederationLifeMin_s ||
      end - begin > kFederationLifeMax_s) {
    return Refuse(absl::StrFormat("not-after: must be %d to %d seconds after not-before",
                                  kFederationLifeMin_s, kFederationLifeMax_s));
  }
  if (descriptor.agencies.empty() || descriptor.agencies.size() > kFederationAgenciesMax) {
    return Refuse(
        absl::StrFormat("%d agencies; 1..%d", descriptor.agencies.size(), kFederationAgenciesMax));
  }
  std::size_t governing = 0;
  for (std::size_t i = 0; i < descriptor.agencies.size(); ++i) {
    const FederationAgency& agency = descriptor.agencies[i];
    PM_RETURN_IF_ERROR(CheckAgency(agency));
    if (i > 0 && descriptor.agencies[i - 1].domain == agency.domain) {
      return Refuse(agency, "stands twice");
    }
    governing += agency.governance_keys.empty() ? 0 : 1;
  }
  if (governing == 0) return Refuse("governance: no agency has a key");
  if (descriptor.threshold > governing || 2 * descriptor.threshold <= governing) {
    return Refuse(absl::StrFormat("threshold: %d; with %d governing agencies %d..%d",
                                  descriptor.threshold, governing, governing / 2 + 1, governing));
  }
  return CheckNothingIsShared(descriptor);
}

void AppendLine(std::string& text, std::string_view key, std::string_view value) {
  text.append(key).append(" ").append(value).append("\n");
}

void AppendAgency(std::string& text, const FederationAgency& agency) {
  AppendLine(text, "agency", agency.domain);
  AppendLine(text, "node", agency.node_id);
  AppendLine(text, "endpoint", agency.endpoint);
  for (const Sha256Digest& pin : agency.ca_pins) AppendLine(text, "ca", base::ToHex(pin));
  for (const NoteVerifierKey& key : agency.exchange_keys) {
    AppendLine(text, kExchangeKeyField, ToVerifierKey(key));
  }
  if (agency.log_key) AppendLine(text, "log", ToVerifierKey(*agency.log_key));
  if (agency.witness_key) AppendLine(text, "witness", ToVerifierKey(*agency.witness_key));
  for (const NoteVerifierKey& key : agency.governance_keys) {
    AppendLine(text, "governance", ToVerifierKey(key));
  }
  for (const std::string& service : agency.services) AppendLine(text, "service", service);
  for (const std::string& purpose : agency.purposes) AppendLine(text, "purpose", purpose);
  for (const auto& [service, count] : agency.limits) {
    AppendLine(text, "limit", absl::StrFormat("%s %d", service, count));
  }
}

// Lines of "key value", one after another.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  absl::Status Fault(std::string_view what) const {
    return Refuse(absl::StrFormat("line %d: %s", line_, what));
  }

  // The value of the next line if it has this key.
  std::optional<std::string_view> TryTake(std::string_view key) {
    std::string_view after = rest_;
    const std::optional<std::string_view> line = TakeLine(after);
    if (!line || !line->starts_with(key) || line->size() <= key.size() ||
        (*line)[key.size()] != ' ') {
      return std::nullopt;
    }
    rest_ = after;
    ++line_;
    return line->substr(key.size() + 1);
  }

  absl::StatusOr<std::string_view> Take(std::string_view key) {
    if (const std::optional<std::string_view> value = TryTake(key)) return *value;
    return Refuse(absl::StrFormat("line %d: not \"%s\" and its value", line_ + 1, key));
  }

  absl::StatusOr<std::uint64_t> TakeNumber(std::string_view key, std::uint64_t max) {
    PM_ASSIGN_OR_RETURN(const std::string_view text, Take(key));
    const std::optional<std::uint64_t> number = ParseDecimal(text, max);
    if (!number) return Fault(absl::StrFormat("%s: not a number up to %d", key, max));
    return *number;
  }

  absl::StatusOr<std::optional<NoteVerifierKey>> TryTakeKey(std::string_view key) {
    const std::optional<std::string_view> text = TryTake(key);
    if (!text) return std::optional<NoteVerifierKey>();
    absl::StatusOr<NoteVerifierKey> parsed = ParseVerifierKey(*text);
    if (!parsed.ok()) return Fault(std::string(parsed.status().message()));
    return std::optional<NoteVerifierKey>(*std::move(parsed));
  }

  absl::Status TakeKeys(std::string_view key, std::vector<NoteVerifierKey>& keys) {
    while (true) {
      PM_ASSIGN_OR_RETURN(std::optional<NoteVerifierKey> next, TryTakeKey(key));
      if (!next) return absl::OkStatus();
      if (keys.size() == kFederationKeysMax) {
        return Fault(absl::StrFormat("%s: more than %d", key, kFederationKeysMax));
      }
      keys.push_back(*std::move(next));
    }
  }

 private:
  std::string_view rest_;
  int line_ = 1;  // Of the line that was read last.
};

absl::Status ReadGrants(LineReader& lines, FederationAgency& agency) {
  while (const std::optional<std::string_view> service = lines.TryTake("service")) {
    agency.services.emplace(*service);
  }
  while (const std::optional<std::string_view> purpose = lines.TryTake("purpose")) {
    agency.purposes.emplace(*purpose);
  }
  while (const std::optional<std::string_view> limit = lines.TryTake("limit")) {
    const std::size_t space = limit->find(' ');
    if (space == limit->npos) return lines.Fault("limit: not a service and a number");
    const std::optional<std::uint64_t> count =
        ParseDecimal(limit->substr(space + 1), kFederationLimitMax);
    if (!count) {
      return lines.Fault(absl::StrFormat("limit: not a number up to %d", kFederationLimitMax));
    }
    agency.limits.emplace(limit->substr(0, space), *count);
  }
  return absl::OkStatus();
}

absl::StatusOr<FederationAgency> ReadAgency(LineReader& lines) {
  FederationAgency agency;
  PM_ASSIGN_OR_RETURN(agency.domain, lines.Take("agency"));
  PM_ASSIGN_OR_RETURN(agency.node_id, lines.Take("node"));
  PM_ASSIGN_OR_RETURN(agency.endpoint, lines.Take("endpoint"));
  while (const std::optional<std::string_view> text = lines.TryTake("ca")) {
    const absl::StatusOr<std::string> bytes = base::ParseHex(*text);
    Sha256Digest pin;
    if (!bytes.ok() || bytes->size() != pin.size()) {
      return lines.Fault("ca: not 64 hexadecimal digits");
    }
    if (agency.ca_pins.size() == kFederationCaPinsMax) {
      return lines.Fault(absl::StrFormat("ca: more than %d", kFederationCaPinsMax));
    }
    std::ranges::copy(base::AsBytes(*bytes), pin.begin());
    agency.ca_pins.push_back(pin);
  }
  PM_RETURN_IF_ERROR(lines.TakeKeys(kExchangeKeyField, agency.exchange_keys));
  PM_ASSIGN_OR_RETURN(agency.log_key, lines.TryTakeKey("log"));
  PM_ASSIGN_OR_RETURN(agency.witness_key, lines.TryTakeKey("witness"));
  PM_RETURN_IF_ERROR(lines.TakeKeys("governance", agency.governance_keys));
  PM_RETURN_IF_ERROR(ReadGrants(lines, agency));
  return agency;
}

// Says where a text that was understood differs from the one way to write it.
absl::Status ExplainSpelling(std::string_view text, std::string_view expected) {
  for (int line = 1;; ++line) {
    const std::optional<std::string_view> is = TakeLine(text);
    const std::optional<std::string_view> should = TakeLine(expected);
    if (is && should && *is == *should) continue;
    return Refuse(absl::StrFormat(
        "line %d: lines of a kind stand once each, in ascending order, as the format has them",
        line));
  }
}

}  // namespace

const FederationAgency* FederationDescriptor::Find(std::string_view domain) const {
  const auto at = std::ranges::find(agencies, domain, &FederationAgency::domain);
  return at == agencies.end() ? nullptr : &*at;
}

std::string FederationExchangeKeyName(std::string_view domain) {
  return std::string(domain).append("/proofmark/exchange");
}

std::string FederationGovernanceKeyName(std::string_view domain) {
  return std::string(domain).append("/proofmark/governance");
}

absl::StatusOr<std::string> FormatFederationDescriptor(FederationDescriptor descriptor) {
  Sort(descriptor);
  PM_RETURN_IF_ERROR(Check(descriptor));
  std::string text(kTypeTag);
  text.append("\n");
  AppendLine(text, "version", absl::StrFormat("%d", descriptor.version));
  AppendLine(text, "not-before", absl::StrFormat("%d", descriptor.not_before_unix_s));
  AppendLine(text, "not-after", absl::StrFormat("%d", descriptor.not_after_unix_s));
  AppendLine(text, "threshold", absl::StrFormat("%d", descriptor.threshold));
  for (const FederationAgency& agency : descriptor.agencies) AppendAgency(text, agency);
  if (text.size() > kNoteBytesMax) {
    return Refuse(absl::StrFormat("%d bytes, more than %d", text.size(), kNoteBytesMax));
  }
  return text;
}

absl::StatusOr<FederationDescriptor> ParseFederationDescriptor(std::string_view text) {
  if (text.size() > kNoteBytesMax) {
    return Refuse(absl::StrFormat("%d bytes, more than %d", text.size(), kNoteBytesMax));
  }
  std::string_view after_tag = text;
  if (TakeLine(after_tag) != kTypeTag) {
    return Refuse(absl::StrFormat("line 1: not \"%s\"", kTypeTag));
  }
  LineReader lines(after_tag);
  FederationDescriptor descriptor;
  PM_ASSIGN_OR_RETURN(descriptor.version, lines.TakeNumber("version", kFederationVersionMax));
  PM_ASSIGN_OR_RETURN(const std::uint64_t begin, lines.TakeNumber("not-before", INT64_MAX));
  PM_ASSIGN_OR_RETURN(const std::uint64_t end, lines.TakeNumber("not-after", INT64_MAX));
  descriptor.not_before_unix_s = static_cast<std::int64_t>(begin);
  descriptor.not_after_unix_s = static_cast<std::int64_t>(end);
  PM_ASSIGN_OR_RETURN(descriptor.threshold, lines.TakeNumber("threshold", kFederationAgenciesMax));
  while (!lines.at_end()) {
    if (descriptor.agencies.size() == kFederationAgenciesMax) {
      return lines.Fault(absl::StrFormat("more than %d agencies", kFederationAgenciesMax));
    }
    PM_ASSIGN_OR_RETURN(FederationAgency agency, ReadAgency(lines));
    descriptor.agencies.push_back(std::move(agency));
  }
  // One spelling: what was read, written again, is what was read.
  PM_ASSIGN_OR_RETURN(const std::string again, FormatFederationDescriptor(descriptor));
  if (again != text) return ExplainSpelling(text, again);
  return descriptor;
}

DescriptorStage StageAt(const FederationDescriptor& descriptor, std::int64_t now_unix_s,
                        std::int64_t grace_s) {
  if (now_unix_s < descriptor.not_before_unix_s) return DescriptorStage::kEarly;
  if (now_unix_s < descriptor.not_after_unix_s) return DescriptorStage::kInForce;
  if (now_unix_s - descriptor.not_after_unix_s < grace_s) return DescriptorStage::kGrace;
  return DescriptorStage::kEnded;
}

int LifePassedPercent(const FederationDescriptor& descriptor, std::int64_t now_unix_s) {
  const std::int64_t life_s = descriptor.not_after_unix_s - descriptor.not_before_unix_s;
  const std::int64_t passed_s =
      std::clamp<std::int64_t>(now_unix_s - descriptor.not_before_unix_s, 0, life_s);
  return static_cast<int>(100 * passed_s / life_s);
}

}  // namespace proofmark::crypto
