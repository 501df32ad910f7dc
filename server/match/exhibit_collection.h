// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "forensics/evidence/calibration.h"
#include "server/match/bullet_collection.h"
#include "server/match/case_collection.h"

namespace proofmark::match {

// One question to the node's exhibits. What kind of item the signature is of decides what it is
// compared with: bullets with bullets, cases with cases.
struct ExhibitQuery {
  const forensics::BallisticSignature& signature;
  const records::ClassCharacteristics& characteristics;
  std::vector<records::ClassRule> rules_off;
  std::optional<records::ExhibitId> leave_out;  // The exhibit asked about, when it is our own.
  std::int64_t best_count = 20;                 // Candidates kept, >= 1.
  bool exhaustive = false;                      // Compare every eligible record in full.
  bool reportable_only = false;                 // Only what has a level is wanted.
  bool full_circle = false;                     // Impressed marks at every turn.
  std::function<bool()> cancelled;              // Polled; may be empty.
  std::function<void(const forensics::SearchProgress&)> progress;  // May be empty.
};

// What the comparison of two cases showed, and what each mark is worth.
struct ComparedCase {
  forensics::CaseComparison comparison;
  std::vector<forensics::MarkEvidence> marks;  // As in the comparison.
};

// One candidate, whatever it is.
struct FoundExhibit {
  records::ExhibitId id;
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  double score = 0.0;  // [0, 1]. Not a probability.
  forensics::LikelihoodRatio likelihood_ratio;
  double expected_false_leads = 0.0;  // In this search, at this score.
  std::variant<forensics::BulletComparison, ComparedCase> comparison;
};

struct FoundExhibits {
  std::vector<FoundExhibit> best;  // By score, highest first; ties by exhibit id.
  CollectionCounts counts;
  std::string method;  // Extractor and comparison of every mark.
  // What all of it was evaluated by, whatever is in force by now. Never null in a result.
  std::shared_ptr<const forensics::Calibration> calibration;
};

// Every active exhibit of the node, in a collection for each kind of item. Thread-safe.
class ExhibitCollection {
 public:
  // `threads` workers, 1..forensics::WorkerPool::kThreadsMax. With `loader` bullets' signatures are
  // read when a search needs them instead of being kept in memory; cases' are always kept.
  explicit ExhibitCollection(int threads, forensics::BulletIndex::SignatureLoader loader = nullptr)
      : bullets_(threads, std::move(loader)), cases_(threads) {}

  // The calibration in force for such marks; the built-in one until another is put in force.
  std::shared_ptr<const forensics::Calibration> calibration(forensics::MarkKind mark) const;
  // Puts it in force for its mark: searches that begin later use it, those under way do not.
  void PutInForce(std::shared_ptr<const forensics::Calibration> calibration);

  // Adds or replaces. An id is always of the same kind of item.
  void Insert(const records::ExhibitId& id, ClassData data,
              forensics::BallisticSignature signature);

  // Nothing happens for an unknown id.
  void Erase(const records::ExhibitId& id);

  std::int64_t size() const { return bullets_.size() + cases_.size(); }

  // For keeping their index in files (server/match/index_keeper.h).
  BulletCollection& bullets() { return bullets_; }

  //   Errors  as of BulletCollection::Search and CaseCollection::Search.
  absl::StatusOr<FoundExhibits> Search(const ExhibitQuery& query) const;

 private:
  // Do their own locking.
  BulletCollection bullets_;
  CaseCollection cases_;

  mutable base::Mutex mutex_;
  // By MarkKind; never null.
  std::array<std::shared_ptr<const forensics::Calibration>, forensics::kMarkKinds.size()>
      calibrations_ ABSL_GUARDED_BY(mutex_) = {
          forensics::ShareBuiltIn(forensics::MarkKind::kBullet),
          forensics::ShareBuiltIn(forensics::MarkKind::kBreechFace)};
};

}  // namespace proofmark::match
