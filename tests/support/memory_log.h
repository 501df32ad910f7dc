// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/audit/export_folder.h"
#include "crypto/sign/ed25519.h"
#include "crypto/sign/key_id.h"
#include "crypto/tlog/merkle.h"
#include "crypto/tlog/policy.h"
#include "records/ledger_entry.h"

namespace proofmark::testing {

// A small ledger in memory with its key and its witnesses, for tests of what is done with a
// ledger's copy. The same seed gives the same keys, so that two of them are one log that forked.
class MemoryLog final : public client::audit::LedgerSource {
 public:
  static constexpr std::int64_t kNow_s = 1'700'000'000;

  explicit MemoryLog(std::uint64_t seed, std::string domain = "kripo.example",
                     int witness_count = 2);

  std::string node() const { return "spiffe://" + domain_ + "/proofmark/node/a1"; }
  std::string origin() const { return domain_ + "/proofmark/a1/log"; }
  std::uint64_t size() const { return entries_.size(); }
  const std::string& entry(std::uint64_t index) const { return entries_[index]; }
  crypto::Sha256Digest leaf(std::uint64_t index) const { return leaves_[index]; }

  // The entry's index; one second after the one before, unless a time is given.
  std::uint64_t Append(records::EntryDraft draft, std::int64_t unix_ms = -1);
  // Any bytes, also such as no node would write.
  void AppendRaw(std::string bytes);
  // Entries of all sorts, as a node would write them.
  void AppendMany(std::uint64_t count, std::uint64_t seed);
  // Signs a checkpoint of all entries; the first `witnesses` witnesses cosign it.
  void Publish(int witnesses = 2);

  // Trusts this log if `threshold` of its witnesses cosigned.
  crypto::Policy Policy(std::size_t threshold = 2) const;
  std::string PolicyText(std::size_t threshold = 2) const;
  // `.tlog-proof` of an entry in the latest published tree.
  std::string Receipt(std::uint64_t index) const;

  // LedgerSource, of what was published.
  absl::StatusOr<std::string> LatestCheckpoint() override;
  absl::StatusOr<std::vector<std::string>> CheckpointsAfter(std::uint64_t size) override;
  absl::StatusOr<std::string> TreeFile(const std::string& path) override;

 private:
  struct Published {
    std::uint64_t size = 0;
    std::string note;
  };

  std::string domain_;
  crypto::SigningKey log_key_;
  std::vector<crypto::SigningKey> witness_keys_;
  std::vector<std::string> entries_;
  std::vector<crypto::Sha256Digest> leaves_;
  crypto::Frontier frontier_;
  std::int64_t last_ms_ = 1'780'000'000'000;
  std::vector<Published> published_;
};

}  // namespace proofmark::testing
