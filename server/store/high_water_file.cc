// SPDX-License-Identifier: Apache-2.0
#include "server/store/high_water_file.h"

#include <leveldb/env.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "server/store/leveldb_status.h"
#include "server/store/storage_env.h"

namespace proofmark::store {
namespace {

// docs/formats/high-water.md
constexpr std::string_view kMagic = "PMHIGHW1";
constexpr std::size_t kCheckBytes = 8;
constexpr std::size_t kBodyBytes = 8 + sizeof(crypto::Sha256Digest);
constexpr std::size_t kRecordBytes = kBodyBytes + kCheckBytes;

constexpr std::string_view kRollback = "rollback detected: ";

std::string CheckOf(std::string_view body) {
  crypto::Sha256Hasher hasher;
  hasher.Update("proofmark/high-water/v1\n");
  hasher.Update(body);
  return std::string(crypto::AsText(hasher.Finish()).substr(0, kCheckBytes));
}

std::string RecordOf(const HighWaterMark& mark) {
  std::string record;
  base::AppendU64Be(record, mark.size);
  record.append(crypto::AsText(mark.root));
  return record + CheckOf(record);
}

std::optional<HighWaterMark> MarkIn(std::string_view record) {
  const std::string_view body = record.substr(0, kBodyBytes);
  if (record.size() != kRecordBytes || record.substr(kBodyBytes) != CheckOf(body)) {
    return std::nullopt;
  }
  HighWaterMark mark{.size = base::ParseU64Be(body.substr(0, 8)), .root = {}};
  std::ranges::copy(base::AsBytes(body.substr(8)), mark.root.begin());
  return mark;
}

// The last good record. Only what a single torn record can leave may follow it.
absl::StatusOr<HighWaterMark> LastMark(std::string_view bytes, const std::string& path) {
  if (!bytes.starts_with(kMagic)) {
    return absl::DataLossError(absl::StrFormat("high-water file %s: damaged header", path));
  }
  bytes.remove_prefix(kMagic.size());
  std::optional<HighWaterMark> last;
  while (!bytes.empty()) {
    const std::string_view record = bytes.substr(0, kRecordBytes);
    const std::optional<HighWaterMark> mark = MarkIn(record);
    if (!mark) break;
    last = mark;
    bytes.remove_prefix(kRecordBytes);
  }
  if (!last || bytes.size() > kRecordBytes) {
    return absl::DataLossError(
        absl::StrFormat("high-water file %s: a record before the last is damaged", path));
  }
  return *last;
}

}  // namespace

absl::Status RollbackDetected(std::string_view detail) {
  return absl::DataLossError(absl::StrFormat("%s%s", kRollback, detail));
}

bool IsRollbackDetected(const absl::Status& status) {
  const std::string message(status.message());
  return absl::IsDataLoss(status) && message.starts_with(kRollback);
}

HighWaterFile::HighWaterFile(DurableEnv& env, std::string path)
    : env_(env), path_(std::move(path)) {}

HighWaterFile::~HighWaterFile() = default;

absl::StatusOr<std::unique_ptr<HighWaterFile>> HighWaterFile::Open(DurableEnv& env,
                                                                   std::string path) {
  const absl::StatusOr<std::string> bytes = ReadWholeFile(env, path, kFileBytesMax + kRecordBytes);
  PM_RETURN_IF_ERROR(bytes.status());
  PM_ASSIGN_OR_RETURN(const HighWaterMark mark, LastMark(*bytes, path));
  return Create(env, std::move(path), mark);
}

absl::StatusOr<std::unique_ptr<HighWaterFile>> HighWaterFile::Create(DurableEnv& env,
                                                                     std::string path,
                                                                     const HighWaterMark& mark) {
  std::unique_ptr<HighWaterFile> file(new HighWaterFile(env, std::move(path)));
  PM_RETURN_IF_ERROR(file->StartFileWith(mark));
  return file;
}

absl::Status HighWaterFile::StartFileWith(const HighWaterMark& mark) {
  const std::string bytes = std::string(kMagic) + RecordOf(mark);
  PM_ASSIGN_OR_RETURN(file_, ReplaceFile(env_, path_, bytes));
  file_bytes_ = bytes.size();
  mark_ = mark;
  return absl::OkStatus();
}

absl::Status HighWaterFile::Raise(const HighWaterMark& mark) {
  if (file_bytes_ + kRecordBytes > kFileBytesMax) return StartFileWith(mark);
  leveldb::Status status = file_->Append(RecordOf(mark));
  if (status.ok()) status = file_->Sync();
  PM_RETURN_IF_ERROR(FromLevelDb(status, path_));
  file_bytes_ += kRecordBytes;
  mark_ = mark;
  return absl::OkStatus();
}

}  // namespace proofmark::store
