// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "forensics/cartridge/case_index.h"
#include "records/class_filter.h"
#include "records/exhibit.h"
#include "server/match/bullet_collection.h"
#include "server/match/class_table.h"

namespace proofmark::match {

// One question to the cases.
struct CaseQuery {
  const forensics::CaseSignature& signature;
  const records::ClassCharacteristics& characteristics;
  std::vector<records::ClassRule> rules_off;
  std::optional<records::ExhibitId> leave_out;  // The exhibit asked about, when it is our own.
  std::int64_t best_count = 20;                 // Candidates kept, >= 1.
  bool exhaustive = false;                      // Compare every eligible record in full.
  bool reportable_only = false;                 // Only what has a level is wanted.
  bool full_circle = false;                     // Every turn, also of oriented scans.
  const forensics::Calibration* calibration = nullptr;  // Outlives the search. Null: built-in.
  std::function<bool()> cancelled;                      // Polled; may be empty.
  std::function<void(const forensics::SearchProgress&)> progress;  // May be empty.
};

struct CaseCandidate {
  forensics::ScoredCase scored;  // record_id is the exhibit id.
  records::ExhibitKind kind = records::ExhibitKind::kCaseEvidence;
};

struct CaseFindings {
  std::vector<CaseCandidate> best;  // By score, highest first; ties by exhibit id.
  CollectionCounts counts;
};

// Every active cartridge case of the node: class data for the filter, and the index of signatures.
// Thread-safe: a search sees what was there when it began, changes go on beside it.
class CaseCollection {
 public:
  // `threads` workers shared by all searches, 1..forensics::WorkerPool::kThreadsMax.
  explicit CaseCollection(int threads) : pool_(threads), index_(pool_) {}

  // Adds or replaces.
  void Insert(const records::ExhibitId& id, ClassData data, forensics::CaseSignature signature);

  // Nothing happens for an unknown id.
  void Erase(const records::ExhibitId& id);

  std::int64_t size() const { return index_.size(); }

  // Class filter, then every record left is searched.
  //   Errors  as of forensics::CaseIndex::Search.
  absl::StatusOr<CaseFindings> Search(const CaseQuery& query) const;

 private:
  // Do their own locking.
  forensics::WorkerPool pool_;
  forensics::CaseIndex index_;

  ClassTable classes_;
};

}  // namespace proofmark::match
