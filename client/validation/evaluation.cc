// SPDX-License-Identifier: Apache-2.0
#include "client/validation/evaluation.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "forensics/evidence/cross_validation.h"

namespace proofmark::client::validation {
namespace {

using forensics::Ranking;
using forensics::ScoredPair;

const Item& ItemA(const Comparisons& table, const Pair& pair) {
  return table.items[static_cast<std::size_t>(pair.a)];
}
const Item& ItemB(const Comparisons& table, const Pair& pair) {
  return table.items[static_cast<std::size_t>(pair.b)];
}

template <typename Wanted>
Subset MakeSubset(const Comparisons& table, std::string group, std::string name, std::int64_t draws,
                  const Wanted& wanted) {
  Subset subset{.group = std::move(group), .name = std::move(name)};
  std::vector<ScoredPair> pairs;
  for (const Pair& pair : table.pairs) {
    if (pair.truth == Truth::kUndecided || !wanted(pair)) continue;
    pairs.push_back(Scored(table, pair));
    (pairs.back().same() ? subset.same : subset.different) += 1;
  }
  const absl::StatusOr<Ranking> ranking = Ranking::Of(pairs);
  if (ranking.ok()) subset.figures = forensics::MeasureScores(*ranking, draws);
  return subset;
}

// One subset for each value of a property that both items of a pair share, and one for the pairs
// that cross values. Nothing when there is only one value.
void AddByProperty(const Comparisons& table, const std::string& group, std::string Item::*property,
                   std::int64_t draws, std::vector<Subset>& subsets) {
  std::set<std::string> values;
  for (const Item& item : table.items) values.insert(item.*property);
  if (values.size() < 2) return;
  for (const std::string& value : values) {
    subsets.push_back(MakeSubset(table, group, value.empty() ? "not stated" : value, draws,
                                 [&](const Pair& pair) {
                                   return Counts(pair) && ItemA(table, pair).*property == value &&
                                          ItemB(table, pair).*property == value;
                                 }));
  }
  subsets.push_back(MakeSubset(table, group, "one with another", draws, [&](const Pair& pair) {
    return Counts(pair) && ItemA(table, pair).*property != ItemB(table, pair).*property;
  }));
}

std::vector<Subset> MakeSubsets(const Comparisons& table, std::int64_t draws) {
  std::vector<Subset> subsets;
  subsets.push_back(MakeSubset(table, "all", "", draws, Counts));
  if (std::any_of(table.pairs.begin(), table.pairs.end(),
                  [](const Pair& pair) { return pair.derived && Counts(pair); })) {
    subsets.push_back(MakeSubset(table, "truth", "stated by the source", draws,
                                 [](const Pair& p) { return Counts(p) && !p.derived; }));
    subsets.push_back(MakeSubset(table, "truth", "derived by correlation", draws,
                                 [](const Pair& p) { return Counts(p) && p.derived; }));
  }
  if (std::any_of(table.pairs.begin(), table.pairs.end(),
                  [](const Pair& pair) { return pair.same_item; })) {
    subsets.push_back(MakeSubset(table, "scans", "with rescans of one item", draws,
                                 [](const Pair&) { return true; }));
  }
  AddByProperty(table, "study", &Item::study, draws, subsets);
  AddByProperty(table, "instrument", &Item::instrument, draws, subsets);
  AddByProperty(table, "kind", &Item::kind, draws, subsets);
  if (table.name == "bullets") {
    for (const auto& [name, low, high] :
         {std::tuple("1 land", 1.0, 1.0), std::tuple("2 to 5 lands", 2.0, 5.0),
          std::tuple("6 lands or more", 6.0, 99.0)}) {
      Subset subset = MakeSubset(
          table, "lands compared", name, draws, [low = low, high = high](const Pair& pair) {
            return Counts(pair) && pair.extra[0] >= low && pair.extra[0] <= high;
          });
      if (subset.same + subset.different > 0) subsets.push_back(std::move(subset));
    }
  }
  return subsets;
}

EvidenceRow MakeEvidence(std::string name, const std::vector<ScoredPair>& pairs,
                         const std::vector<std::optional<double>>& log10_lrs, std::int64_t draws) {
  EvidenceRow row{.name = std::move(name)};
  std::vector<ScoredPair> ratios;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!log10_lrs[i]) {
      ++row.left_out;
      continue;
    }
    ratios.push_back(pairs[i]);
    ratios.back().score = *log10_lrs[i];
    const std::size_t level = static_cast<std::size_t>(forensics::LevelOf(*log10_lrs[i]));
    (pairs[i].same() ? row.same_levels : row.different_levels)[level] += 1;
    (pairs[i].same() ? row.same : row.different) += 1;
  }
  const absl::StatusOr<Ranking> ranking = Ranking::Of(ratios);
  if (!ranking.ok()) return row;
  row.figures = forensics::MeasureEvidence(*ranking, draws);
  row.tippett = forensics::Tippett(*ranking);
  return row;
}

std::vector<EvidenceRow> MakeEvidenceRows(const Comparisons& table, std::int64_t draws) {
  std::vector<ScoredPair> pairs;
  std::vector<std::optional<double>> in_force;
  for (const Pair& pair : table.pairs) {
    if (!Counts(pair)) continue;
    pairs.push_back(Scored(table, pair));
    in_force.push_back(pair.ratio ? std::optional(pair.ratio->log10_lr) : std::nullopt);
  }
  std::vector<EvidenceRow> rows;
  if (std::any_of(in_force.begin(), in_force.end(), [](const auto& r) { return r.has_value(); })) {
    rows.push_back(MakeEvidence("calibration in force", pairs, in_force, draws));
  }
  rows.push_back(
      MakeEvidence("leave-one-firearm-out", pairs, forensics::LeaveFirearmsOut(pairs), draws));
  const absl::StatusOr<std::vector<double>> fitted = forensics::Resubstitute(pairs);
  if (fitted.ok()) {
    rows.push_back(MakeEvidence("resubstitution", pairs, {fitted->begin(), fitted->end()}, draws));
  }
  return rows;
}

// Ranks the candidates of one query; ties count against it.
void AddQuery(const std::string& label, std::vector<std::pair<double, bool>> candidates,
              Retrieval& retrieval) {
  std::stable_sort(candidates.begin(), candidates.end(), [](const auto& x, const auto& y) {
    return x.first != y.first ? x.first > y.first : x.second < y.second;
  });
  double precision = 0.0;
  std::int64_t right = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!candidates[i].second) continue;
    const std::int64_t rank = static_cast<std::int64_t>(i) + 1;
    if (right++ == 0) {
      retrieval.first_rank.push_back(rank);
      retrieval.first += rank == 1 ? 1 : 0;
      if (rank > 1) retrieval.missed.push_back(absl::StrFormat("%s (rank %d)", label, rank));
    }
    precision += static_cast<double>(right) / static_cast<double>(rank);
  }
  if (right == 0) return;
  ++retrieval.queries;
  retrieval.mean_average_precision += precision / static_cast<double>(right);
}

Retrieval MakeRetrieval(const Comparisons& table) {
  std::vector<std::vector<std::pair<double, bool>>> candidates(
      static_cast<std::size_t>(table.questioned));
  for (const Pair& pair : table.pairs) {
    if (!Counts(pair)) continue;
    const bool right = pair.truth == Truth::kSame;
    candidates[static_cast<std::size_t>(pair.a)].emplace_back(pair.score, right);
    if (!table.gallery)
      candidates[static_cast<std::size_t>(pair.b)].emplace_back(pair.score, right);
  }
  Retrieval retrieval;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    AddQuery(table.items[i].label, std::move(candidates[i]), retrieval);
  }
  if (retrieval.queries > 0) {
    retrieval.mean_average_precision /= static_cast<double>(retrieval.queries);
  }
  std::sort(retrieval.first_rank.begin(), retrieval.first_rank.end());
  return retrieval;
}

void NameExceptions(const Comparisons& table, Evaluation& evaluation) {
  std::vector<const Pair*> same, different;
  for (const Pair& pair : table.pairs) {
    if (Counts(pair)) (pair.truth == Truth::kSame ? same : different).push_back(&pair);
  }
  if (same.empty() || different.empty()) return;
  const auto lower = [](const Pair* x, const Pair* y) { return x->score < y->score; };
  std::stable_sort(same.begin(), same.end(), lower);
  std::stable_sort(different.begin(), different.end(), lower);
  const auto named = [&table](const Pair& pair) {
    return NamedPair{ItemA(table, pair).label, ItemB(table, pair).label, pair.score};
  };
  for (const Pair* pair : same) {
    if (pair->score > different.back()->score) break;
    ++evaluation.same_below_different_count;
    if (evaluation.same_below_different.size() < kNamedPairsMax) {
      evaluation.same_below_different.push_back(named(*pair));
    }
  }
  const std::size_t shown = std::min<std::size_t>(different.size(), 5);
  for (std::size_t i = 1; i <= shown; ++i) {
    evaluation.highest_different.push_back(named(*different[different.size() - i]));
  }
}

}  // namespace

Evaluation Evaluate(const Comparisons& comparisons, std::int64_t draws) {
  Evaluation evaluation;
  evaluation.subsets = MakeSubsets(comparisons, draws);
  std::vector<ScoredPair> pairs;
  for (const Pair& pair : comparisons.pairs) {
    if (Counts(pair)) pairs.push_back(Scored(comparisons, pair));
    evaluation.undecided += pair.truth == Truth::kUndecided ? 1 : 0;
    evaluation.same_item += pair.truth != Truth::kUndecided && pair.same_item ? 1 : 0;
  }
  if (const absl::StatusOr<Ranking> ranking = Ranking::Of(pairs); ranking.ok()) {
    evaluation.roc = forensics::Roc(*ranking);
    evaluation.evidence = MakeEvidenceRows(comparisons, draws);
  }
  evaluation.retrieval = MakeRetrieval(comparisons);
  NameExceptions(comparisons, evaluation);
  return evaluation;
}

}  // namespace proofmark::client::validation
