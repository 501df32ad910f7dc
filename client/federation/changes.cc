// SPDX-License-Identifier: Apache-2.0
#include "client/federation/changes.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "crypto/sign/key_id.h"

namespace proofmark::client::federation {
namespace {

using crypto::FederationAgency;
using crypto::FederationDescriptor;
using crypto::NoteVerifierKey;

constexpr std::int64_t kSecondsPerDay = 86'400;
using Words = std::set<std::string, std::less<>>;

class Sentences {
 public:
  void Add(std::string sentence) { all_.push_back(std::move(sentence)); }

  void Compare(std::string_view what, std::string_view before, std::string_view after) {
    if (before != after) Add(absl::StrFormat("%s: %s becomes %s", what, before, after));
  }

  // Which words went and which came.
  void Compare(std::string_view what, const Words& before, const Words& after) {
    Words gone, come;
    std::ranges::set_difference(before, after, std::inserter(gone, gone.end()));
    std::ranges::set_difference(after, before, std::inserter(come, come.end()));
    for (const std::string& word : come) Add(absl::StrFormat("%s %s is added", what, word));
    for (const std::string& word : gone) Add(absl::StrFormat("%s %s is taken away", what, word));
  }

  std::vector<std::string> Take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

Words KeyWords(const std::vector<NoteVerifierKey>& keys) {
  Words words;
  for (const NoteVerifierKey& key : keys) words.insert(crypto::ToVerifierKey(key));
  return words;
}

Words KeyWords(const std::optional<NoteVerifierKey>& key) {
  return key ? KeyWords(std::vector{*key}) : Words();
}

Words PinWords(const FederationAgency& agency) {
  Words words;
  for (const crypto::Sha256Digest& pin : agency.ca_pins) words.insert(base::ToHex(pin));
  return words;
}

Words LimitWords(const FederationAgency& agency) {
  Words words;
  for (const auto& [service, count] : agency.limits) {
    words.insert(absl::StrFormat("%s %d a day", service, count));
  }
  return words;
}

void CompareAgencies(const FederationAgency& before, const FederationAgency& after,
                     Sentences& sentences) {
  const auto named = [&before](std::string_view what) {
    return absl::StrFormat("%s: %s", before.domain, what);
  };
  sentences.Compare(named("node"), before.node_id, after.node_id);
  sentences.Compare(named("endpoint"), before.endpoint, after.endpoint);
  sentences.Compare(named("federation CA pin"), PinWords(before), PinWords(after));
  sentences.Compare(named("exchange key"), KeyWords(before.exchange_keys),
                    KeyWords(after.exchange_keys));
  sentences.Compare(named("ledger key"), KeyWords(before.log_key), KeyWords(after.log_key));
  sentences.Compare(named("witness key"), KeyWords(before.witness_key),
                    KeyWords(after.witness_key));
  sentences.Compare(named("governance key"), KeyWords(before.governance_keys),
                    KeyWords(after.governance_keys));
  sentences.Compare(named("service"), before.services, after.services);
  sentences.Compare(named("purpose"), before.purposes, after.purposes);
  sentences.Compare(named("limit"), LimitWords(before), LimitWords(after));
}

std::string GrantText(const Words& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text.empty() ? "nothing" : text;
}

std::string Days(const FederationDescriptor& descriptor) {
  return absl::StrFormat(
      "%d", (descriptor.not_after_unix_s - descriptor.not_before_unix_s) / kSecondsPerDay);
}

}  // namespace

std::vector<std::string> DescribeChanges(const FederationDescriptor& before,
                                         const FederationDescriptor& after) {
  Sentences sentences;
  sentences.Compare("version", absl::StrFormat("%d", before.version),
                    absl::StrFormat("%d", after.version));
  sentences.Compare("begins (seconds since 1970)", absl::StrFormat("%d", before.not_before_unix_s),
                    absl::StrFormat("%d", after.not_before_unix_s));
  sentences.Compare("ends (seconds since 1970)", absl::StrFormat("%d", before.not_after_unix_s),
                    absl::StrFormat("%d", after.not_after_unix_s));
  sentences.Compare("days of life", Days(before), Days(after));
  sentences.Compare("signatures needed", absl::StrFormat("%d", before.threshold),
                    absl::StrFormat("%d", after.threshold));
  for (const FederationAgency& agency : before.agencies) {
    const FederationAgency* const now = after.Find(agency.domain);
    if (now == nullptr) {
      sentences.Add(absl::StrFormat("%s: leaves the federation", agency.domain));
    } else {
      CompareAgencies(agency, *now, sentences);
    }
  }
  for (const FederationAgency& agency : after.agencies) {
    if (before.Find(agency.domain) != nullptr) continue;
    sentences.Add(absl::StrFormat(
        "%s: comes in, with node %s at %s, %s; may ask for %s, for %s", agency.domain,
        agency.node_id, agency.endpoint,
        agency.governance_keys.empty() ? "governs nothing" : "takes part in governing",
        GrantText(agency.services), GrantText(agency.purposes)));
  }
  return sentences.Take();
}

}  // namespace proofmark::client::federation
