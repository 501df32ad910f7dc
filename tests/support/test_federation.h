// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "crypto/federation/acceptance.h"
#include "crypto/federation/descriptor.h"
#include "crypto/sign/ed25519.h"
#include "tests/support/seeded_random.h"

namespace proofmark::testing {

// Agencies that govern a federation together: their keys, and the descriptors they would sign.
class TestFederation {
 public:
  static constexpr std::int64_t kBegin_s = 1'790'000'000;
  static constexpr std::int64_t kLife_s = 100LL * 24 * 3600;
  static constexpr std::int64_t kNow_s = kBegin_s + 1000;

  explicit TestFederation(const std::vector<std::string>& domains, std::uint64_t seed = 1)
      : random_(seed) {
    for (const std::string& domain : domains) Add(domain);
  }

  // A new agency with keys of its own; Descriptor() has it from now on.
  void Add(const std::string& domain) {
    domains_.push_back(domain);
    governance_.emplace(domain, crypto::SigningKey::Generate(random_));
  }

  // An agency as the descriptor lists it, with fresh keys but for the governance key.
  crypto::FederationAgency Agency(const std::string& domain) {
    using crypto::NoteKeyType;
    crypto::FederationAgency agency;
    agency.domain = domain;
    agency.node_id = "spiffe://" + domain + "/proofmark/node/n1";
    agency.endpoint = "node." + domain + ":27401";
    agency.ca_pins = {crypto::Sha256("CA of " + domain)};
    agency.exchange_keys = {Fresh(crypto::FederationExchangeKeyName(domain), NoteKeyType::kNote)};
    agency.log_key = Fresh(domain + "/proofmark/n1/log", NoteKeyType::kNote);
    agency.witness_key = Fresh(domain + "/proofmark/n1/witness", NoteKeyType::kCosignature);
    agency.governance_keys = {GovernanceKey(domain, governance_.at(domain))};
    agency.services = {"match", "details"};
    agency.purposes = {"CRIMINAL_INVESTIGATION", "TRAINING"};
    agency.limits = {{"match", 1000}};
    return agency;
  }

  // All agencies, a bare majority as threshold.
  crypto::FederationDescriptor Descriptor(std::uint64_t version = 1) {
    crypto::FederationDescriptor descriptor{.version = version,
                                            .not_before_unix_s = kBegin_s,
                                            .not_after_unix_s = kBegin_s + kLife_s,
                                            .threshold = domains_.size() / 2 + 1};
    for (const std::string& domain : domains_) descriptor.agencies.push_back(Agency(domain));
    std::ranges::sort(descriptor.agencies, {}, &crypto::FederationAgency::domain);
    return descriptor;
  }

  static crypto::NoteVerifierKey GovernanceKey(const std::string& domain,
                                               const crypto::SigningKey& key) {
    return *crypto::MakeVerifierKey(crypto::FederationGovernanceKeyName(domain),
                                    crypto::NoteKeyType::kNote, key.verifying_key());
  }

  // The note's bytes, signed by these agencies' governance keys.
  std::string Note(const crypto::FederationDescriptor& descriptor,
                   const std::vector<std::string>& signers) const {
    crypto::SignedNote note{.text = *crypto::FormatFederationDescriptor(descriptor)};
    for (const std::string& signer : signers) {
      note.signatures.push_back(*crypto::SignNoteText(
          note.text, crypto::FederationGovernanceKeyName(signer), governance_.at(signer)));
    }
    return crypto::FormatNote(note);
  }
  crypto::SignedDescriptor Signed(const crypto::FederationDescriptor& descriptor,
                                  const std::vector<std::string>& signers) const {
    return *crypto::SignedDescriptor::Parse(Note(descriptor, signers));
  }

  // Its governance key is another from now on.
  void Rekey(const std::string& domain) {
    governance_.insert_or_assign(domain, crypto::SigningKey::Generate(random_));
  }
  const crypto::SigningKey& governance(const std::string& domain) const {
    return governance_.at(domain);
  }

 private:
  crypto::NoteVerifierKey Fresh(const std::string& name, crypto::NoteKeyType type) {
    return *crypto::MakeVerifierKey(name, type,
                                    crypto::SigningKey::Generate(random_).verifying_key());
  }

  SeededRandom random_;
  std::vector<std::string> domains_;
  std::map<std::string, crypto::SigningKey> governance_;
};

}  // namespace proofmark::testing
