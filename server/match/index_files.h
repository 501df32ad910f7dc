// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "server/match/bullet_collection.h"
#include "server/store/derived_files.h"

namespace proofmark::match {

// The collection's index on disk, so that a node that starts need not make it from every signature.
// docs/formats/search-index.md. Thread-safe.
//
// The store remains the truth. Files hold coarse lands and record ids and nothing else; at start
// each record is asked for in the store, one that is no more is left out, and one that no file has
// is inserted by the caller. So a crash between store and files, an old file or a missing one costs
// time and never an answer.
class IndexFiles {
 public:
  struct Loaded {
    std::int64_t records = 0;        // Searchable now without having been read from the store.
    std::int64_t refused_files = 0;  // Damaged or of another form: removed, to be made anew.
  };

  // `files` must outlive it.
  explicit IndexFiles(store::DerivedFiles& files) : files_(files) {}

  // Adopts every whole file. `class_of` gives a record's class data, or nothing for a record that
  // is no more. Call once, before Save. An error, of listing the folder, is before any adoption.
  absl::StatusOr<Loaded> Load(
      BulletCollection& collection,
      const std::function<std::optional<ClassData>(const records::ExhibitId&)>& class_of);

  // Writes what has changed since: new files first, durably, then removes those they replace. A
  // file with an erased record is replaced, so that nothing of the record stays.
  //   Result  files written.
  absl::StatusOr<std::int64_t> Save(const BulletCollection& collection);

 private:
  using SegmentPointer = std::shared_ptr<const forensics::BulletSegment>;

  absl::Status LoadFile(
      const std::string& name, BulletCollection& collection,
      const std::function<std::optional<ClassData>(const records::ExhibitId&)>& class_of,
      Loaded& loaded) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status WriteFile(const std::vector<SegmentPointer>& segments)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Does its own locking.
  store::DerivedFiles& files_;

  base::Mutex mutex_;
  // What each file holds. A null pointer: something that is not so any more.
  std::map<std::string, std::vector<SegmentPointer>> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::match
