// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/validation/compare_all.h"
#include "forensics/evidence/metrics.h"

// What the scores of a labelled set say about a method.
namespace proofmark::client::validation {

// Figures of some of the pairs of a table. Absent figures: a class had no pair.
struct Subset {
  std::string group;  // "all", "truth", "study", "instrument", "kind", "lands compared".
  std::string name;   // "Hamby-44"; empty for all.
  std::int64_t same = 0;
  std::int64_t different = 0;
  std::optional<forensics::ScoreFigures> figures;
};

// Likelihood ratios of one origin, over the pairs that count.
struct EvidenceRow {
  std::string name;  // "calibration in force", "leave-one-firearm-out", "resubstitution".
  std::int64_t same = 0;
  std::int64_t different = 0;
  std::int64_t left_out = 0;  // Pairs without a ratio: too little is left without their firearms.
  std::optional<forensics::EvidenceFigures> figures;
  std::vector<forensics::TippettPoint> tippett;
  std::array<std::int64_t, 5> same_levels{};  // Pairs at NONE, L1 .. L4.
  std::array<std::int64_t, 5> different_levels{};
};

// How well looking for the best candidates finds the right ones. Every item with another of its
// source in the set is a query; the others, scans of the same item left out, are ranked by score.
struct Retrieval {
  std::int64_t queries = 0;
  std::int64_t first = 0;                // Queries with a right one at rank 1.
  double mean_average_precision = 0.0;   // 0 without queries.
  std::vector<std::int64_t> first_rank;  // Of the first right one, by query, rising.
  std::vector<std::string> missed;       // Queries whose first right one is not at rank 1.
};

// A pair worth naming.
struct NamedPair {
  std::string a;
  std::string b;
  double score = 0.0;
};

struct Evaluation {
  std::vector<Subset> subsets;  // The first is all.
  std::vector<forensics::RocPoint> roc;
  std::vector<EvidenceRow> evidence;
  Retrieval retrieval;
  std::int64_t undecided = 0;  // Pairs left out of all figures,
  std::int64_t same_item = 0;  // and pairs of one item scanned twice, left out as well.
  std::vector<NamedPair> same_below_different;  // Same-source pairs not above every other; lowest
                                                // first, at most kNamedPairsMax.
  std::int64_t same_below_different_count = 0;
  std::vector<NamedPair> highest_different;
};
inline constexpr std::size_t kNamedPairsMax = 20;

// Bootstraps take most of the time; `draws` as in MeasureScores.
Evaluation Evaluate(const Comparisons& comparisons,
                    std::int64_t draws = forensics::kBootstrapDraws);

}  // namespace proofmark::client::validation
