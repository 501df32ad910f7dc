// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "crypto/sign/key_id.h"
#include "server/federation/descriptor_book.h"
#include "server/federation/node_identity.h"
#include "server/federation/partner.h"
#include "server/registry/statistics_book.h"
#include "server/rpc/tls.h"
#include "server/trust_files.h"

namespace proofmark::server {

inline constexpr std::int64_t kConfigBytesMax = 1 << 20;

// One listener: where it listens, who it is, whom it believes.
struct ListenerConfig {
  std::string listen;         // host:port; port 0 lets the system choose.
  rpc::TlsIdentity identity;  // What the files held.
  OwnCertificate own;         // Where they are; on the agency port its CAs vouch for staff, too.
};

// A witness that is no partner, reached over HTTP.
struct OutsideWitness {
  std::string url;  // http://host[:port][/prefix]
  crypto::NoteVerifierKey key;
};

// How this node's own ledger is witnessed.
struct WitnessingConfig {
  // Witnesses that must cosign a checkpoint; absent: two, or as many as there are.
  std::optional<int> quorum;
  // Strict mode: no answers to partners while the ledger has been unwitnessed longer. 0: never.
  std::chrono::seconds strict_after{0};
  std::vector<OutsideWitness> outside;  // Beside the partners.
};

// What proofmarkd.toml says (docs/operations/configuration.md), with every file it names read.
struct Config {
  std::string node_uri;  // spiffe://<domain>/proofmark/node/<id>
  std::string domain;
  std::filesystem::path state_folder;
  std::filesystem::path master_key_file;
  std::optional<federation::NodeKeys> keys;  // Always set by LoadConfig().
  WitnessingConfig witnessing;
  federation::DescriptorBook::Options federation;
  ListenerConfig agency;
  ListenerConfig partner;
  // host:port where this node is a witness over HTTP as well; absent: over gRPC alone.
  std::optional<std::string> witness_http_listen;
  std::vector<federation::Partner> partners;
  std::vector<ListSource> lists;  // Of the CAs that publish revocation lists.
  std::optional<std::filesystem::path> deny_file;
  std::chrono::seconds revocation_grace = federation::kRevocationGraceDefault;
  std::int64_t submission_bytes_max = 512LL << 20;  // All scans of one exhibit together.
  std::int64_t uploads_bytes_max = 1LL << 30;       // All uploads under way together.
  int search_threads = 2;                           // Workers of one search.
  int partners_at_once = 32;                        // Asked by one search.
  int handler_threads = 16;                         // Handlers at work on each port.
  registry::StatisticsBook::Options statistics;     // How counts of firearms are published.
  std::string sha256_hex;  // Of the file's bytes: what the ledger's `config` entry commits to.
};

// Reads and checks the configuration. Relative paths are relative to the file's folder.
//   kNotFound         the file, or one that it names, does not exist.
//   kInvalidArgument  names the key, what stands there and what may.
//   others            of crypto::TokenKey::Open(), with the key: a token is away or refuses.
absl::StatusOr<Config> LoadConfig(const std::filesystem::path& file);

}  // namespace proofmark::server
