// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/federation/acceptance.h"
#include "crypto/federation/descriptor.h"
#include "crypto/secret/secret_bytes.h"

// Making the next federation descriptor and signing it (docs/operations/federation.md).
namespace proofmark::client::federation {

// The agencies that the [[partner]] blocks of a TOML file describe, or of every *.toml of a folder,
// as `proofmark pki export-partner --out` hands them over: without grants. Files that a block names
// are relative to its file; a `governance.vkey` beside an agency's CA holds its governance keys,
// one a line.
//   kCannotRead, kDescriptor (faults)
absl::StatusOr<std::vector<crypto::FederationAgency>> ReadAgencies(
    const std::filesystem::path& file_or_folder);

// What distinguishes the next descriptor from the last.
struct Edit {
  // An agency that is in it already gets these keys and this endpoint; its grants stay, and so do
  // its governance keys when these have none.
  std::vector<crypto::FederationAgency> add;
  std::vector<std::string> remove;  // Domains.
  // Whose grants change; empty: the agencies of `add`.
  std::vector<std::string> grantees;
  // Each in place of what the grantees had; absent: no change.
  std::optional<std::set<std::string, std::less<>>> services;
  std::optional<std::set<std::string, std::less<>>> purposes;
  std::optional<std::map<std::string, std::uint64_t, std::less<>>> limits;
  std::optional<std::size_t> threshold;  // Absent: more than half of the governing agencies.
  std::int64_t begin_unix_s = 0;
  std::int64_t lifetime_s = 0;
};

// The text of the descriptor after `base`, or of a first one.
//   kUsage (fault)       removes or grants to an agency that is not there.
//   kDescriptor (fault)  the result breaks a rule.
absl::StatusOr<std::string> MakeNext(const crypto::FederationDescriptor* base, const Edit& edit);

// Reads a descriptor's file, signed or not yet.
//   kCannotRead, kDescriptor (faults)
absl::StatusOr<crypto::SignedDescriptor> ReadDescriptor(const std::filesystem::path& file);

// Its file's bytes: the note, or the text alone while nobody has signed.
std::string DescriptorBytes(const crypto::SignedDescriptor& descriptor);

// `descriptor` with a signature by this governance key, which it must list, or `previous` must: the
// next version needs signatures of the last one's keys too. `key_file` is only named in messages.
//   kDescriptor (fault)  the key is listed in neither, or a key of that agency signed already.
absl::StatusOr<crypto::SignedDescriptor> Sign(const crypto::SignedDescriptor& descriptor,
                                              const crypto::FederationDescriptor* previous,
                                              const crypto::SecretBytes& key_pem,
                                              const std::filesystem::path& key_file);

}  // namespace proofmark::client::federation
