// SPDX-License-Identifier: Apache-2.0
#include "server/match/index_files.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"

namespace proofmark::match {
namespace {

constexpr std::string_view kSuffix = ".segments";
constexpr std::size_t kSegmentsInFile = 64;  // 20 MB of six-land bullets.

}  // namespace

absl::Status IndexFiles::LoadFile(
    const std::string& name, BulletCollection& collection,
    const std::function<std::optional<ClassData>(const records::ExhibitId&)>& class_of,
    Loaded& loaded) {
  PM_ASSIGN_OR_RETURN(const store::MappedFile file, files_.Map(name));
  if (file.bytes.empty()) return absl::DataLossError("the file is empty");
  std::vector<std::shared_ptr<forensics::BulletSegment>> segments;
  std::span<const std::uint8_t> rest = file.bytes;
  while (!rest.empty()) {
    PM_ASSIGN_OR_RETURN(std::shared_ptr<forensics::BulletSegment> segment,
                        forensics::BulletSegment::Open(rest, file.owner));
    segments.push_back(std::move(segment));
  }
  // The file is whole: only now does any of it count.
  std::vector<SegmentPointer>& held = held_[name];
  for (const auto& segment : segments) {
    const std::int64_t erased = segment->erased_count();
    loaded.records += collection.Adopt(segment, class_of);
    held.push_back(segment->erased_count() == erased ? segment : nullptr);
  }
  return absl::OkStatus();
}

absl::StatusOr<IndexFiles::Loaded> IndexFiles::Load(
    BulletCollection& collection,
    const std::function<std::optional<ClassData>(const records::ExhibitId&)>& class_of) {
  base::MutexLock lock(mutex_);
  PM_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_.List());
  Loaded loaded;
  for (const std::string& name : names) {
    if (!name.ends_with(kSuffix)) continue;
    const absl::Status status = LoadFile(name, collection, class_of, loaded);
    if (status.ok()) continue;
    base::Log(base::LogSeverity::kWarning,
              absl::StrFormat("index file %s is made anew: %s", name, status.message()));
    ++loaded.refused_files;
    // What stays is refused again at the next start, and does no other harm.
    const absl::Status removed = files_.Remove(name);
    if (!removed.ok()) {
      base::Log(base::LogSeverity::kWarning,
                absl::StrFormat("index file %s stays: %s", name, removed.message()));
    }
  }
  return loaded;
}

absl::Status IndexFiles::WriteFile(const std::vector<SegmentPointer>& segments) {
  std::string bytes;
  for (const SegmentPointer& segment : segments) bytes += segment->Serialize();
  const std::string name = crypto::Sha256Hex(bytes) + std::string(kSuffix);
  PM_RETURN_IF_ERROR(files_.Write(name, bytes));
  held_[name] = segments;
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> IndexFiles::Save(const BulletCollection& collection) {
  base::MutexLock lock(mutex_);
  const std::vector<SegmentPointer> now = collection.Segments();
  const std::set<SegmentPointer> current(now.begin(), now.end());
  std::vector<std::string> outdated;
  std::set<SegmentPointer> kept;
  for (const auto& [name, segments] : held_) {
    if (std::all_of(segments.begin(), segments.end(),
                    [&](const SegmentPointer& segment) { return current.contains(segment); })) {
      kept.insert(segments.begin(), segments.end());
    } else {
      outdated.push_back(name);
    }
  }
  std::vector<SegmentPointer> fresh;
  std::copy_if(now.begin(), now.end(), std::back_inserter(fresh),
               [&](const SegmentPointer& segment) { return !kept.contains(segment); });
  std::int64_t written = 0;
  for (std::size_t begin = 0; begin < fresh.size(); begin += kSegmentsInFile, ++written) {
    const std::size_t end = std::min(fresh.size(), begin + kSegmentsInFile);
    PM_RETURN_IF_ERROR(WriteFile({fresh.begin() + static_cast<std::ptrdiff_t>(begin),
                                  fresh.begin() + static_cast<std::ptrdiff_t>(end)}));
  }
  for (const std::string& name : outdated) {
    // A rewritten file of the same bytes has the same name, and is no longer outdated.
    const auto& segments = held_[name];
    if (std::all_of(segments.begin(), segments.end(),
                    [&](const SegmentPointer& segment) { return current.contains(segment); })) {
      continue;
    }
    PM_RETURN_IF_ERROR(files_.Remove(name));
    held_.erase(name);
  }
  return written;
}

}  // namespace proofmark::match
