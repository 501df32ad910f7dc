// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/mutex.h"
#include "records/exhibit.h"
#include "server/match/class_filter.h"

namespace proofmark::match {

// What a search needs to know of a record besides its signature.
struct ClassData {
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  records::ClassCharacteristics characteristics;
};

// The class data of a collection's records, numbered: records alike share one number, the tag that
// an index hands back for each record. Only ever added to; as many as there are different ones.
// Thread-safe.
class ClassTable {
 public:
  // The number under which `data` is kept.
  std::uint32_t TagOf(ClassData data);

  // By tag: what becomes of such records in a search. Tags given later are not in it.
  struct Row {
    ClassFilter::Verdict verdict = ClassFilter::kAdmitted;
    records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  };
  std::vector<Row> Judge(const ClassFilter& filter) const;

 private:
  mutable base::Mutex mutex_;
  std::vector<ClassData> classes_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::uint32_t> tags_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace proofmark::match
