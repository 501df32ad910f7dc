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
#include "crypto/secret/secret_bytes.h"
#include "crypto/x509/certificate.h"
#include "server/federation/descriptor_book.h"
#include "server/federation/partner.h"
#include "server/rpc/tls.h"

namespace proofmark::server {

inline constexpr std::int64_t kConfigBytesMax = 1 << 20;

// One listener: where it listens, who it is, whom it believes.
struct ListenerConfig {
  std::string listen;  // host:port; port 0 lets the system choose.
  rpc::TlsIdentity identity;
  std::vector<crypto::X509Certificate> cas;  // Agency port only: the agency's staff CAs.
};

// How this node's own ledger is witnessed.
struct WitnessingConfig {
  // Partners that must cosign a checkpoint; absent: two, or as many partners as have a witness key.
  std::optional<int> quorum;
  // Strict mode: no answers to partners while the ledger has been unwitnessed longer. 0: never.
  std::chrono::seconds strict_after{0};
};

// What proofmarkd.toml says (docs/operations/configuration.md), with every file it names read.
struct Config {
  std::string node_uri;  // spiffe://<domain>/proofmark/node/<id>
  std::string domain;
  std::filesystem::path state_folder;
  std::filesystem::path master_key_file;
  crypto::SecretBytes exchange_key_pem;
  crypto::SecretBytes log_key_pem;
  crypto::SecretBytes witness_key_pem;
  WitnessingConfig witnessing;
  federation::DescriptorBook::Options federation;
  ListenerConfig agency;
  ListenerConfig partner;
  std::vector<federation::Partner> partners;
  std::int64_t submission_bytes_max = 512LL << 20;  // All scans of one exhibit together.
  std::int64_t uploads_bytes_max = 1LL << 30;       // All uploads under way together.
  int search_threads = 2;                           // Workers of one search.
  int handler_threads = 16;                         // Handlers at work on each port.
  std::string sha256_hex;  // Of the file's bytes: what the ledger's `config` entry commits to.
};

// Reads and checks the configuration. Relative paths are relative to the file's folder.
//   kNotFound         the file, or one that it names, does not exist.
//   kInvalidArgument  names the key, what stands there and what may.
absl::StatusOr<Config> LoadConfig(const std::filesystem::path& file);

}  // namespace proofmark::server
