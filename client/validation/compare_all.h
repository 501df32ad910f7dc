// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/validation/scan_set.h"
#include "forensics/evidence/calibration.h"
#include "forensics/evidence/fit.h"

namespace proofmark::client::validation {

inline constexpr std::int64_t kPairsMax = 20'000'000;  // Of one table: 2 GB of scores.
inline constexpr std::size_t kExtraColumnsMax = 6;

enum class Truth { kSame, kDifferent, kUndecided };

struct Pair {
  std::int32_t a = 0;  // Into Comparisons::items.
  std::int32_t b = 0;
  Truth truth = Truth::kUndecided;
  bool same_item = false;  // One physical item measured twice: says nothing of two shots.
  bool derived = false;    // The truth of this pair was itself found by comparing marks.
  double score = 0.0;
  std::array<double, kExtraColumnsMax> extra{};  // By Comparisons::columns.
  // What the calibration in force makes of it; absent for single lands, which it does not know.
  std::optional<forensics::LikelihoodRatio> ratio;
};

// Of cases: Comparisons::columns.
inline constexpr char kCongruentCellsColumn[] = "cmc";
inline constexpr char kCellsEligibleColumn[] = "cells_eligible";

// Every pair of one sort of thing.
struct Comparisons {
  std::string name;                  // "lands": also the name of its files.
  std::string title;                 // For people.
  std::string score_name;            // What `score` is, in words.
  std::vector<std::string> columns;  // Names of Pair::extra.
  std::vector<Item> items;           // Questioned ones first when there is a gallery.
  std::int64_t questioned = 0;       // How many; all of them when there is no gallery.
  bool gallery = false;              // Pairs are of one questioned and one gallery item each.
  std::vector<Pair> pairs;
  std::vector<std::string> firearms;       // Of the items, each once, in order of appearance.
  std::vector<std::int32_t> firearm_of;    // Into `firearms`, one per item.
  std::vector<NotProcessed> not_compared;  // Pairs that could not be, with the reason.
};

// What scores are evaluated with; a mark without one gets no likelihood ratios. Must outlive its
// use.
struct Calibrations {
  const forensics::Calibration* bullets = nullptr;
  const forensics::Calibration* breech_faces = nullptr;
};

// Lands, profiles, bullets and cases of a set: all pairs of each, or every questioned against every
// gallery item where there is a gallery. Tables without a pair are left out.
//   Truth     two lands are the same when `land_truth` is equal and not empty, undecided when they
//             come from one firearm and either has none; everything else by firearm. Without a
//             firearm on either side a pair is undecided.
//   Errors    kUsage (fault)        more than kPairsMax pairs of one sort.
//             kInterrupted (fault)
absl::StatusOr<std::vector<Comparisons>> CompareAll(const ScanSet& questioned,
                                                    const ScanSet* gallery,
                                                    const Calibrations& calibrations,
                                                    const RunOptions& options);

// Of these the bullets alone, without likelihood ratios.
absl::StatusOr<Comparisons> CompareBulletsOf(const ScanSet& questioned, const ScanSet* gallery,
                                             const RunOptions& options);
// Or the cases.
absl::StatusOr<Comparisons> CompareCasesOf(const ScanSet& questioned, const ScanSet* gallery,
                                           const RunOptions& options);

// The pairs that count towards figures: decided, and of two physical items.
bool Counts(const Pair& pair);
forensics::ScoredPair Scored(const Comparisons& comparisons, const Pair& pair);

}  // namespace proofmark::client::validation
