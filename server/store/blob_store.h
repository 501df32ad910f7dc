// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/hash/sha256.h"

namespace proofmark::store {

class DurableEnv;
class FailureLatch;

inline constexpr std::uint64_t kBlobBytesMax = std::uint64_t{256} << 20;

// Large values as files named by the SHA-256 of the bytes in them: blobs/ab/cdef... Thread-safe.
//
// A scan carries operator names and the like in its metadata, so it is sealed with its record's
// key first (RecordKey) and the name is the SHA-256 of the sealed bytes; the record keeps both
// that name and the SHA-256 of the scan itself. Bytes nobody refers to (a crash between blob and
// batch) are unreadable without the key, which was never made durable.
class BlobStore {
 public:
  // Makes the folders and removes what an interrupted Put left. `env` and `failure` must
  // outlive the result; any failed write trips the latch.
  static absl::StatusOr<std::unique_ptr<BlobStore>> Open(DurableEnv& env, std::string directory,
                                                         FailureLatch& failure);

  // Returns the name once the bytes are durable under it; only then may a batch refer to it.
  // Bytes already there are not written again.
  //   kInvalidArgument  more than kBlobBytesMax.
  //   kUnavailable      the disk failed; the store is closed for writing.
  absl::StatusOr<crypto::Sha256Digest> Put(std::string_view bytes);

  // The bytes, checked against their name.
  //   kNotFound  no blob of that name.
  //   kDataLoss  the file's bytes have another hash.
  absl::StatusOr<std::string> Get(const crypto::Sha256Digest& name) const;

  // Makes the name disappear durably; absence is fine.
  absl::Status Remove(const crypto::Sha256Digest& name);

 private:
  BlobStore(DurableEnv& env, std::string directory, FailureLatch& failure);

  std::string PathOf(const crypto::Sha256Digest& name) const;
  absl::Status Prepare();
  absl::Status Write(const std::string& path, std::string_view bytes);

  // Constant after construction.
  DurableEnv& env_;
  const std::string directory_;
  FailureLatch& failure_;
  // Does its own locking.
  std::atomic<std::uint64_t> next_temporary_{0};
};

}  // namespace proofmark::store
