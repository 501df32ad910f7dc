// SPDX-License-Identifier: Apache-2.0
#include "server/store/key_file.h"

#include <fcntl.h>
#include <leveldb/env.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "server/store/leveldb_status.h"
#include "server/store/storage_env.h"

namespace proofmark::store {
namespace {

// docs/formats/key-file.md
constexpr std::string_view kMagic = "PMKEYS1\n";
constexpr std::string_view kProbeId = "proofmark/key-file/probe";
constexpr std::size_t kCheckBytes = 8;
constexpr std::size_t kHeaderBytes = 8 + 8 + crypto::kWrappedKeyBytes + kCheckBytes;
constexpr std::size_t kIdBytes = sizeof(KeyId);
constexpr std::size_t kRecordBytes = kIdBytes + crypto::kWrappedKeyBytes + kCheckBytes;
constexpr std::uint64_t kFileBytesMax = kHeaderBytes + kRecordKeysMax * kRecordBytes;

std::string CheckOf(std::string_view domain, std::string_view body) {
  crypto::Sha256Hasher hasher;
  hasher.Update(domain);
  hasher.Update(body);
  return std::string(crypto::AsText(hasher.Finish()).substr(0, kCheckBytes));
}

void AppendHeader(std::string& out, std::uint64_t generation, std::string_view probe) {
  std::string header(kMagic);
  base::AppendU64Be(header, generation);
  header.append(probe);
  out += header + CheckOf("proofmark/key-file/header\n", header);
}

// The check covers generation and position too: a record moved or left over from an older file
// does not pass.
std::string RecordCheck(std::uint64_t generation, std::uint64_t position, std::string_view body) {
  std::string covered;
  base::AppendU64Be(covered, generation);
  base::AppendU64Be(covered, position);
  covered.append(body);
  return CheckOf("proofmark/key-file/record\n", covered);
}

void AppendRecord(std::string& out, std::uint64_t generation, std::uint64_t position,
                  const KeyId& id, std::string_view wrapped) {
  std::string body(id.AsText());
  body.append(wrapped);
  out += body + RecordCheck(generation, position, body);
}

struct CloseDescriptor {
  int descriptor;
  ~CloseDescriptor() { ::close(descriptor); }
};

}  // namespace

absl::StatusOr<crypto::SecretBytes> LoadMasterKey(const std::string& path) {
  // O_NONBLOCK: a pipe in this place must be refused, not waited for.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    const std::string message = absl::StrFormat("master key %s: %s", path, std::strerror(errno));
    return errno == ENOENT ? absl::NotFoundError(message) : absl::FailedPreconditionError(message);
  }
  const CloseDescriptor close{descriptor};
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrFormat("master key %s: not a regular file", path));
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "master key %s: mode %04o lets others in; it must be 0600", path, info.st_mode & 07777u));
  }
  if (info.st_size != static_cast<off_t>(crypto::kSealKeyBytes)) {
    return absl::InvalidArgumentError(absl::StrFormat("master key %s: %d bytes, not %d", path,
                                                      info.st_size, crypto::kSealKeyBytes));
  }
  crypto::SecretBytes key = crypto::SecretBytes::OfSize(crypto::kSealKeyBytes);
  const std::span<std::byte> bytes = key.ExposeForFilling();
  if (::read(descriptor, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    return absl::UnavailableError(absl::StrFormat("master key %s: cannot be read", path));
  }
  return key;
}

KeyFile::KeyFile(DurableEnv& env, std::string path, crypto::SecretBytes master)
    : env_(env), path_(std::move(path)), master_(std::move(master)) {}

KeyFile::~KeyFile() = default;

absl::StatusOr<std::unique_ptr<KeyFile>> KeyFile::Open(DurableEnv& env, std::string path,
                                                       crypto::SecretBytes master,
                                                       const KeyFileState& expected) {
  PM_ASSIGN_OR_RETURN(const std::string bytes, ReadWholeFile(env, path, kFileBytesMax));
  std::unique_ptr<KeyFile> file(new KeyFile(env, std::move(path), std::move(master)));
  PM_RETURN_IF_ERROR(file->ReadFrom(bytes, expected));
  return file;
}

absl::StatusOr<std::unique_ptr<KeyFile>> KeyFile::Create(DurableEnv& env, std::string path,
                                                         crypto::SecretBytes master,
                                                         base::Random& random) {
  if (env.FileExists(path)) {
    std::uint64_t size = 0;
    PM_RETURN_IF_ERROR(FromLevelDb(env.GetFileSize(path, &size), path));
    if (size > kHeaderBytes) {
      return absl::DataLossError(absl::StrFormat(
          "key file %s holds keys, but the database is empty: was it lost or moved?", path));
    }
  }
  std::unique_ptr<KeyFile> file(new KeyFile(env, std::move(path), std::move(master)));
  const crypto::SecretBytes nothing = crypto::SecretBytes::Random(crypto::kSealKeyBytes, random);
  PM_ASSIGN_OR_RETURN(file->probe_, crypto::WrapKey(file->master_, kProbeId, nothing, random));
  PM_RETURN_IF_ERROR(file->WriteAnew({}, 0));
  return file;
}

absl::Status KeyFile::ReadHeader(std::string_view header) {
  const std::string_view body = header.substr(0, kHeaderBytes - kCheckBytes);
  if (header.size() < kHeaderBytes || !header.starts_with(kMagic) ||
      header.substr(body.size()) != CheckOf("proofmark/key-file/header\n", body)) {
    return absl::DataLossError(absl::StrFormat("key file %s: the header is damaged", path_));
  }
  probe_ = body.substr(16);
  if (!crypto::UnwrapKey(master_, kProbeId, probe_).ok()) {
    return absl::UnauthenticatedError(
        absl::StrFormat("key file %s was made with another master key", path_));
  }
  base::MutexLock lock(mutex_);
  generation_ = base::ParseU64Be(body.substr(8, 8));
  return absl::OkStatus();
}

absl::Status KeyFile::ReadFrom(std::string_view bytes, const KeyFileState& expected) {
  PM_RETURN_IF_ERROR(ReadHeader(bytes.substr(0, kHeaderBytes)));
  bytes.remove_prefix(kHeaderBytes);
  const std::uint64_t generation = state().generation;
  const bool erasure_cut_short = generation + 1 == expected.generation;
  if (generation != expected.generation && !erasure_cut_short) {
    return absl::DataLossError(
        absl::StrFormat("key file %s: generation %d, but the database knows %d", path_, generation,
                        expected.generation));
  }
  // An erasure begins when everything in the file is durable, so there every record must be good.
  const std::uint64_t count = erasure_cut_short ? bytes.size() / kRecordBytes : expected.count;
  if (bytes.size() < count * kRecordBytes) {
    return absl::DataLossError(absl::StrFormat("key file %s: %d keys, but %d were acknowledged",
                                               path_, bytes.size() / kRecordBytes, count));
  }
  WrappedKeys wrapped;
  for (std::uint64_t position = 0; position < count; ++position) {
    const std::string_view record = bytes.substr(position * kRecordBytes, kRecordBytes);
    const std::string_view body = record.substr(0, kRecordBytes - kCheckBytes);
    if (record.substr(body.size()) != RecordCheck(generation, position, body)) {
      return absl::DataLossError(
          absl::StrFormat("key file %s: key %d of %d is damaged", path_, position, count));
    }
    PM_ASSIGN_OR_RETURN(const KeyId id, KeyId::Parse(body.substr(0, kIdBytes)));
    wrapped.emplace(id, body.substr(kIdBytes));
  }
  // Always anew: it drops a tail nobody was told of, and leaves a file open for appending.
  return WriteAnew(wrapped, generation);
}

absl::Status KeyFile::WriteAnew(const WrappedKeys& wrapped, std::uint64_t generation) {
  std::string bytes;
  bytes.reserve(kHeaderBytes + wrapped.size() * kRecordBytes);
  AppendHeader(bytes, generation, probe_);
  std::uint64_t position = 0;
  for (const auto& [id, key] : wrapped) AppendRecord(bytes, generation, position++, id, key);
  PM_ASSIGN_OR_RETURN(file_, ReplaceFile(env_, path_, bytes));
  base::MutexLock lock(mutex_);
  wrapped_ = wrapped;
  generation_ = generation;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<crypto::Sealer>> KeyFile::Find(const KeyId& id) const {
  std::string wrapped;
  {
    base::MutexLock lock(mutex_);
    const auto found = wrapped_.find(id);
    if (found == wrapped_.end()) return std::nullopt;
    wrapped = found->second;
  }
  PM_ASSIGN_OR_RETURN(crypto::SecretBytes key, crypto::UnwrapKey(master_, id.AsText(), wrapped));
  PM_ASSIGN_OR_RETURN(crypto::Sealer sealer, crypto::Sealer::Create(std::move(key)));
  return std::optional<crypto::Sealer>(std::move(sealer));
}

bool KeyFile::Contains(const KeyId& id) const {
  base::MutexLock lock(mutex_);
  return wrapped_.contains(id);
}

absl::Status KeyFile::Append(std::span<const RecordKey* const> keys, base::Random& random) {
  const KeyFileState before = state();
  if (before.count + keys.size() > kRecordKeysMax) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("key file %s: more than %d keys", path_, kRecordKeysMax));
  }
  std::string bytes;
  WrappedKeys added;
  for (const RecordKey* key : keys) {
    PM_ASSIGN_OR_RETURN(std::string wrapped,
                        crypto::WrapKey(master_, key->id.AsText(), key->sealer.key(), random));
    AppendRecord(bytes, before.generation, before.count + added.size(), key->id, wrapped);
    PM_CHECK(added.emplace(key->id, std::move(wrapped)).second);
  }
  leveldb::Status status = file_->Append(bytes);
  if (status.ok()) status = file_->Sync();
  PM_RETURN_IF_ERROR(FromLevelDb(status, path_));
  base::MutexLock lock(mutex_);
  wrapped_.merge(added);
  PM_CHECK(added.empty());
  return absl::OkStatus();
}

absl::Status KeyFile::Erase(std::span<const KeyId> ids, std::uint64_t generation) {
  WrappedKeys left;
  {
    base::MutexLock lock(mutex_);
    left = wrapped_;
  }
  for (const KeyId& id : ids) left.erase(id);
  return WriteAnew(left, generation);
}

KeyFileState KeyFile::state() const {
  base::MutexLock lock(mutex_);
  return {.generation = generation_, .count = wrapped_.size()};
}

std::uint64_t KeyFile::CountWithout(std::span<const KeyId> ids) const {
  const std::set<KeyId> distinct(ids.begin(), ids.end());
  base::MutexLock lock(mutex_);
  std::uint64_t count = wrapped_.size();
  for (const KeyId& id : distinct) count -= wrapped_.contains(id) ? 1 : 0;
  return count;
}

}  // namespace proofmark::store
