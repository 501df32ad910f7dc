// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "crypto/secret/secret_bytes.h"
#include "server/store/record_key.h"

namespace leveldb {
class WritableFile;
}  // namespace leveldb

namespace proofmark::store {

class DurableEnv;

inline constexpr std::uint64_t kRecordKeysMax = 16'000'000;

// The 32 bytes in the file at `path`.
//   kNotFound            no such file.
//   kFailedPrecondition  group or others may read it (its mode must be 0600 or 0400), or it is no
//                        regular file.
//   kInvalidArgument     not exactly 32 bytes.
absl::StatusOr<crypto::SecretBytes> LoadMasterKey(const std::string& path);

// What the database remembers about the key file, so that a lost tail shows.
struct KeyFileState {
  std::uint64_t generation = 0;  // Counts erasures: each writes the file anew.
  std::uint64_t count = 0;       // Keys in it.

  friend bool operator==(const KeyFileState&, const KeyFileState&) = default;
};

// The records' keys, each wrapped under the master key, in one small file outside LevelDB: LevelDB
// keeps deleted values in its tables and logs, this file is rewritten. Erasing a key therefore
// erases what it sealed everywhere at once, old backups of the database included.
// docs/formats/key-file.md.
//
// Thread-safe: Find, Contains and state from any thread; Append and Erase from the store's writer
// thread only.
class KeyFile {
 public:
  // Checks the file against what the database remembers: the first `expected.count` keys must be
  // good; what follows was never acknowledged and is dropped. A file one generation behind is an
  // erasure cut short by a crash: it is opened as it is, and the caller repeats the erasure.
  //   kNotFound         no such file.
  //   kUnauthenticated  the master key is not the one this file was made with.
  //   kDataLoss         a key that was acknowledged is damaged or missing, or the file's generation
  //                     does not fit.
  static absl::StatusOr<std::unique_ptr<KeyFile>> Open(DurableEnv& env, std::string path,
                                                       crypto::SecretBytes master,
                                                       const KeyFileState& expected);

  // An empty file, durable.
  //   kDataLoss  there is one with keys in it already.
  static absl::StatusOr<std::unique_ptr<KeyFile>> Create(DurableEnv& env, std::string path,
                                                         crypto::SecretBytes master,
                                                         base::Random& random);
  ~KeyFile();

  // The key of that name, or none.
  //   kDataLoss  it does not unwrap.
  absl::StatusOr<std::optional<crypto::Sealer>> Find(const KeyId& id) const;
  bool Contains(const KeyId& id) const;

  // Returns when the keys are durable: one append and one sync. Their ids must be new.
  //   kResourceExhausted  more than kRecordKeysMax.
  absl::Status Append(std::span<const RecordKey* const> keys, base::Random& random);

  // Rewrites the file without `ids` (unknown ones are fine) as generation `generation`, and
  // returns when the old file is gone.
  //   Cost  one pass over the whole file.
  absl::Status Erase(std::span<const KeyId> ids, std::uint64_t generation);

  KeyFileState state() const;
  // How many keys Erase(ids) would leave.
  std::uint64_t CountWithout(std::span<const KeyId> ids) const;

 private:
  using WrappedKeys = std::map<KeyId, std::string>;

  KeyFile(DurableEnv& env, std::string path, crypto::SecretBytes master);

  absl::Status ReadFrom(std::string_view bytes, const KeyFileState& expected);
  absl::Status ReadHeader(std::string_view header);
  absl::Status WriteAnew(const WrappedKeys& wrapped, std::uint64_t generation);

  // Constant after construction.
  DurableEnv& env_;
  const std::string path_;
  const crypto::SecretBytes master_;

  // Writer thread only.
  std::string probe_;  // A wrapped key that fits no record: shows whether the master key is right.
  std::unique_ptr<leveldb::WritableFile> file_;

  mutable base::Mutex mutex_;
  WrappedKeys wrapped_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace proofmark::store
