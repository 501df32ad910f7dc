// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

// Receiver operating characteristic of scored pairs: small, slow, and owing nothing to the code it
// judges.
namespace proofmark::testing {

struct ScoredPair {
  double score = 0.0;
  bool same = false;
  std::string left;  // What the two were made from, for a bootstrap: a bullet or a barrel.
  std::string right;
};

struct RocFigures {
  double auc = 0.0;
  double eer = 0.0;  // Of the convex hull of the curve.
};

// Weighted; every weight >= 0 and both kinds present. Ties count half in the area.
inline RocFigures RocOf(const std::vector<ScoredPair>& pairs, const std::vector<double>& weight) {
  // By falling score: weight of each kind at one score.
  struct Step {
    double same = 0.0, different = 0.0;
  };
  std::map<double, Step> at;
  Step total;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    (pairs[i].same ? at[-pairs[i].score].same : at[-pairs[i].score].different) += weight[i];
    (pairs[i].same ? total.same : total.different) += weight[i];
  }
  RocFigures out;
  struct Point {
    double false_alarm, hit;
  };
  std::vector<Point> hull = {{0.0, 0.0}};
  Point here{0.0, 0.0};
  for (const auto& [score, step] : at) {
    const Point next{here.false_alarm + step.different / total.different,
                     here.hit + step.same / total.same};
    out.auc += (next.false_alarm - here.false_alarm) * 0.5 * (here.hit + next.hit);
    here = next;
    while (hull.size() >= 2) {
      const Point& a = hull[hull.size() - 2];
      const Point& b = hull.back();
      const double turn = (b.false_alarm - a.false_alarm) * (here.hit - a.hit) -
                          (b.hit - a.hit) * (here.false_alarm - a.false_alarm);
      if (turn < 0.0) break;  // b lies above the line from a to here.
      hull.pop_back();
    }
    hull.push_back(here);
  }
  // Where the hull crosses false_alarm = 1 - hit.
  for (std::size_t i = 1; i < hull.size(); ++i) {
    const double before = hull[i - 1].false_alarm + hull[i - 1].hit - 1.0;
    const double after = hull[i].false_alarm + hull[i].hit - 1.0;
    if (before > 0.0 || after < 0.0) continue;
    const double t = after > before ? -before / (after - before) : 0.0;
    out.eer = hull[i - 1].false_alarm + t * (hull[i].false_alarm - hull[i - 1].false_alarm);
    break;
  }
  return out;
}

inline RocFigures RocOf(const std::vector<ScoredPair>& pairs) {
  return RocOf(pairs, std::vector<double>(pairs.size(), 1.0));
}

struct RocInterval {
  RocFigures low, high;  // 5 % and 95 % of the draws.
  std::int64_t draws = 0;
};

// Draws sources with replacement; a pair weighs as often as both its sources were drawn together.
// Draws without both kinds of pair are drawn again.
inline RocInterval BootstrapRoc(const std::vector<ScoredPair>& pairs, std::int64_t draws,
                                std::uint64_t seed) {
  std::map<std::string, std::size_t> sources;
  for (const ScoredPair& pair : pairs) {
    sources.emplace(pair.left, sources.size());
    sources.emplace(pair.right, sources.size());
  }
  std::mt19937_64 random(seed);
  std::vector<double> auc, eer;
  for (std::int64_t tries = 0; static_cast<std::int64_t>(auc.size()) < draws && tries < 20 * draws;
       ++tries) {
    std::vector<double> drawn(sources.size(), 0.0);
    for (std::size_t i = 0; i < drawn.size(); ++i) drawn[random() % drawn.size()] += 1.0;
    std::vector<double> weight;
    double same = 0.0, different = 0.0;
    for (const ScoredPair& pair : pairs) {
      weight.push_back(drawn[sources.at(pair.left)] * drawn[sources.at(pair.right)]);
      (pair.same ? same : different) += weight.back();
    }
    if (same == 0.0 || different == 0.0) continue;
    const RocFigures figures = RocOf(pairs, weight);
    auc.push_back(figures.auc);
    eer.push_back(figures.eer);
  }
  RocInterval out;
  out.draws = static_cast<std::int64_t>(auc.size());
  if (auc.empty()) return out;
  std::sort(auc.begin(), auc.end());
  std::sort(eer.begin(), eer.end());
  const std::size_t low = auc.size() / 20;
  const std::size_t high = auc.size() - 1 - low;
  out.low = {auc[low], eer[low]};
  out.high = {auc[high], eer[high]};
  return out;
}

}  // namespace proofmark::testing
