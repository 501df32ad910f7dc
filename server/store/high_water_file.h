// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"

namespace leveldb {
class WritableFile;
}  // namespace leveldb

namespace proofmark::store {

class DurableEnv;

// How far the ledger had come when somebody was last told so.
struct HighWaterMark {
  std::uint64_t size = 0;
  crypto::Sha256Digest root{};

  friend bool operator==(const HighWaterMark&, const HighWaterMark&) = default;
};

// kDataLoss whose message begins "rollback detected": the database lacks what was acknowledged.
// The node must not serve; main exits with a code of its own.
absl::Status RollbackDetected(std::string_view detail);
bool IsRollbackDetected(const absl::Status& status);

// The high-water marks, outside the database folder so that losing the tail of the database shows
// (LevelDB opens cleanly without its newest log). One synced record for each group commit;
// docs/formats/high-water.md. Not thread-safe: the store's writer thread owns it.
class HighWaterFile {
 public:
  static constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 20;  // Then it is compacted.

  // Reads the last mark and starts a fresh file holding only that. A record torn by a crash was
  // never acknowledged and is dropped.
  //   kNotFound  no such file.
  //   kDataLoss  anything but the last record is damaged.
  static absl::StatusOr<std::unique_ptr<HighWaterFile>> Open(DurableEnv& env, std::string path);

  // A file that holds `mark`, durable; replaces what is there.
  static absl::StatusOr<std::unique_ptr<HighWaterFile>> Create(DurableEnv& env, std::string path,
                                                               const HighWaterMark& mark);
  ~HighWaterFile();

  const HighWaterMark& mark() const { return mark_; }

  // Returns when the mark is durable.
  absl::Status Raise(const HighWaterMark& mark);

 private:
  HighWaterFile(DurableEnv& env, std::string path);
  absl::Status StartFileWith(const HighWaterMark& mark);

  DurableEnv& env_;
  const std::string path_;
  HighWaterMark mark_;
  std::unique_ptr<leveldb::WritableFile> file_;
  std::uint64_t file_bytes_ = 0;
};

}  // namespace proofmark::store
