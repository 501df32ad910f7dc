// SPDX-License-Identifier: Apache-2.0
#include "server/store/blob_store.h"

#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "server/store/failure_latch.h"
#include "server/store/leveldb_status.h"
#include "server/store/storage_env.h"

namespace proofmark::store {
namespace {

constexpr int kShards = 256;  // Folders, by the first byte of the name.

std::string HexOf(const crypto::Sha256Digest& name) { return base::ToHex(base::ByteSpan(name)); }

}  // namespace

BlobStore::BlobStore(DurableEnv& env, std::string directory, FailureLatch& failure)
    : env_(env), directory_(std::move(directory)), failure_(failure) {}

absl::StatusOr<std::unique_ptr<BlobStore>> BlobStore::Open(DurableEnv& env, std::string directory,
                                                           FailureLatch& failure) {
  std::unique_ptr<BlobStore> blobs(new BlobStore(env, std::move(directory), failure));
  PM_RETURN_IF_ERROR(blobs->Prepare());
  return blobs;
}

absl::Status BlobStore::Prepare() {
  PM_RETURN_IF_ERROR(MakeDirectory(env_, directory_));
  // All folders at once: Put then never has to make one, nor to make its entry durable.
  for (int shard = 0; shard < kShards; ++shard) {
    const std::string folder = absl::StrFormat("%s/%02x", directory_, shard);
    if (env_.FileExists(folder)) continue;
    PM_RETURN_IF_ERROR(FromLevelDb(env_.CreateDir(folder), folder));
  }
  const std::string temporary = directory_ + "/tmp";
  PM_RETURN_IF_ERROR(MakeDirectory(env_, temporary));  // Syncs directory_, for the shards too.

  std::vector<std::string> leftovers;
  PM_RETURN_IF_ERROR(FromLevelDb(env_.GetChildren(temporary, &leftovers), temporary));
  for (const std::string& leftover : leftovers) {
    if (leftover == "." || leftover == "..") continue;
    const std::string path = temporary + "/" + leftover;
    PM_RETURN_IF_ERROR(FromLevelDb(env_.RemoveFile(path), path));
  }
  return absl::OkStatus();
}

std::string BlobStore::PathOf(const crypto::Sha256Digest& name) const {
  const std::string hex = HexOf(name);
  return absl::StrFormat("%s/%s/%s", directory_, hex.substr(0, 2), hex.substr(2));
}

absl::StatusOr<crypto::Sha256Digest> BlobStore::Put(std::string_view bytes) {
  if (bytes.size() > kBlobBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("blob: %d bytes, more than %d", bytes.size(), kBlobBytesMax));
  }
  PM_RETURN_IF_ERROR(failure_.status());
  const crypto::Sha256Digest name = crypto::Sha256(bytes);
  const std::string path = PathOf(name);
  // A visible name implies durable bytes (they were synced before the rename), but the name itself
  // may come from a process that died before it could sync the folder.
  const absl::Status status = env_.FileExists(path)
                                  ? FromLevelDb(env_.SyncDirectory(DirectoryOf(path)), path)
                                  : Write(path, bytes);
  if (!status.ok()) return failure_.Trip(status);
  return name;
}

absl::Status BlobStore::Write(const std::string& path, std::string_view bytes) {
  const std::string temporary = absl::StrFormat("%s/tmp/%d", directory_, next_temporary_++);
  {
    leveldb::WritableFile* opened = nullptr;
    PM_RETURN_IF_ERROR(FromLevelDb(env_.NewTemporaryFile(temporary, &opened), temporary));
    const std::unique_ptr<leveldb::WritableFile> file(opened);
    leveldb::Status status = file->Append(leveldb::Slice(bytes.data(), bytes.size()));
    if (status.ok()) status = file->Sync();
    if (status.ok()) status = file->Close();
    PM_RETURN_IF_ERROR(FromLevelDb(status, temporary));
  }
  return FromLevelDb(env_.RenameFile(temporary, path), path);
}

absl::StatusOr<std::string> BlobStore::Get(const crypto::Sha256Digest& name) const {
  PM_ASSIGN_OR_RETURN(std::string bytes, ReadWholeFile(env_, PathOf(name), kBlobBytesMax));
  if (crypto::Sha256(bytes) != name) {
    return absl::DataLossError(
        absl::StrFormat("blob %s: the file's bytes have another SHA-256", HexOf(name)));
  }
  return bytes;
}

absl::Status BlobStore::Remove(const crypto::Sha256Digest& name) {
  PM_RETURN_IF_ERROR(failure_.status());
  const std::string path = PathOf(name);
  absl::Status status;
  if (env_.FileExists(path)) status = FromLevelDb(env_.RemoveFile(path), path);
  if (status.ok()) status = FromLevelDb(env_.SyncDirectory(DirectoryOf(path)), path);
  return status.ok() ? status : failure_.Trip(status);
}

}  // namespace proofmark::store
