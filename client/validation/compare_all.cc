// SPDX-License-Identifier: Apache-2.0
#include "client/validation/compare_all.h"

#include <map>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/mutex.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/validation/parallel.h"

namespace proofmark::client::validation {
namespace {

// Progress is told this often, not for each of a million pairs.
constexpr std::int64_t kPairsPerNews = 64;

Truth TruthOf(const Item& a, const Item& b, bool by_land) {
  if (a.firearm.empty() || b.firearm.empty()) return Truth::kUndecided;
  if (a.firearm != b.firearm) return Truth::kDifferent;
  if (!by_land) return Truth::kSame;
  if (a.land_truth.empty() || b.land_truth.empty()) return Truth::kUndecided;
  return a.land_truth == b.land_truth ? Truth::kSame : Truth::kDifferent;
}

// Lists the pairs and what is known of them; scores come later.
absl::Status ListPairs(bool by_land, Comparisons& table) {
  const std::int64_t count = static_cast<std::int64_t>(table.items.size());
  const std::int64_t pairs =
      table.gallery ? table.questioned * (count - table.questioned) : count * (count - 1) / 2;
  if (pairs > kPairsMax) {
    return MakeFault(FaultCode::kUsage,
                     absl::StrFormat("%d pairs of %s, at most %d", pairs, table.name, kPairsMax));
  }
  table.pairs.reserve(static_cast<std::size_t>(pairs));
  for (std::int64_t i = 0; i < table.questioned; ++i) {
    for (std::int64_t j = table.gallery ? table.questioned : i + 1; j < count; ++j) {
      const Item& a = table.items[static_cast<std::size_t>(i)];
      const Item& b = table.items[static_cast<std::size_t>(j)];
      Pair pair{.a = static_cast<std::int32_t>(i), .b = static_cast<std::int32_t>(j)};
      pair.truth = TruthOf(a, b, by_land);
      pair.derived = a.firearm == b.firearm && (a.derived_truth || b.derived_truth);
      // Two lands of one bullet are two marks; one land scanned twice is one.
      pair.same_item = !a.specimen.empty() && a.specimen == b.specimen && a.study == b.study &&
                       pair.truth == Truth::kSame;
      table.pairs.push_back(pair);
    }
  }
  return absl::OkStatus();
}

void NumberFirearms(Comparisons& table) {
  std::map<std::string, std::int32_t> number_of;
  for (const Item& item : table.items) {
    const auto [place, added] =
        number_of.emplace(item.firearm, static_cast<std::int32_t>(table.firearms.size()));
    if (added) table.firearms.push_back(item.firearm);
    table.firearm_of.push_back(place->second);
  }
}

// Scores every pair with score(pair) -> Status; those it cannot compare are taken out and named.
template <typename Score>
absl::Status ScorePairs(const RunOptions& options, const std::string& what, const Score& score,
                        Comparisons& table) {
  base::Mutex mutex;
  std::int64_t done = 0;
  const std::int64_t total = static_cast<std::int64_t>(table.pairs.size());
  std::vector<std::string> failures(table.pairs.size());
  const std::int64_t blocks = (total + kPairsPerNews - 1) / kPairsPerNews;
  ForEach(blocks, options.threads, options.stop, [&](std::int64_t block) {
    const std::int64_t end = std::min(total, (block + 1) * kPairsPerNews);
    for (std::int64_t i = block * kPairsPerNews; i < end; ++i) {
      const std::size_t at = static_cast<std::size_t>(i);
      const absl::Status status = score(table.pairs[at]);
      if (!status.ok()) failures[at] = std::string(status.message());
    }
    base::MutexLock lock(mutex);
    done += end - block * kPairsPerNews;
    if (options.on_progress) options.on_progress({what, done, total});
  });
  if (options.stop.stop_requested()) {
    return MakeFault(FaultCode::kInterrupted, "nothing was written");
  }
  std::vector<Pair> compared;
  compared.reserve(table.pairs.size());
  for (std::size_t i = 0; i < table.pairs.size(); ++i) {
    const Pair& pair = table.pairs[i];
    if (failures[i].empty()) {
      compared.push_back(pair);
    } else {
      table.not_compared.push_back(
          {absl::StrFormat("%s and %s", table.items[static_cast<std::size_t>(pair.a)].label,
                           table.items[static_cast<std::size_t>(pair.b)].label),
           failures[i]});
    }
  }
  table.pairs = std::move(compared);
  return absl::OkStatus();
}

// Where the heel of either is uncertain, both ends are tried and the better one counts, as it does
// within bullets.
absl::Status ScoreLands(const forensics::PreparedLand& a, const forensics::PreparedLand& b,
                        Pair& pair) {
  const forensics::LandComparisonOptions options;
  PM_ASSIGN_OR_RETURN(forensics::LandComparison best,
                      forensics::CompareLands(a, false, b, options));
  bool turned = false;
  if (a.heel_uncertain || b.heel_uncertain) {
    const absl::StatusOr<forensics::LandComparison> other =
        forensics::CompareLands(a, true, b, options);
    turned = other.ok() && other->score > best.score;
    if (turned) best = *other;
  }
  pair.score = best.score;
  pair.extra = {best.ccf, best.cmps_share, best.lag_um, best.overlap_um, turned ? 1.0 : 0.0};
  return absl::OkStatus();
}

absl::Status ScoreBullets(const forensics::PreparedBullet& a, const forensics::PreparedBullet& b,
                          Pair& pair) {
  PM_ASSIGN_OR_RETURN(const forensics::BulletComparison comparison,
                      forensics::CompareBullets(a, b, forensics::LandComparisonOptions{}));
  pair.score = comparison.score;
  pair.extra = {static_cast<double>(comparison.lands_compared), comparison.contrast,
                comparison.phase_log10_p, static_cast<double>(comparison.phase),
                static_cast<double>(comparison.phases_tried)};
  return absl::OkStatus();
}

absl::Status ScoreCases(const forensics::PreparedImpression& a,
                        const forensics::PreparedImpression& b, forensics::TurnSearch turns,
                        Pair& pair) {
  PM_ASSIGN_OR_RETURN(const forensics::ImpressedComparison comparison,
                      forensics::CompareImpressions(a, b, {.turns = turns}));
  pair.score = comparison.score;
  pair.extra = {static_cast<double>(comparison.cmc),
                static_cast<double>(comparison.cells_eligible),
                static_cast<double>(comparison.cells_agreeing),
                comparison.turn_degrees,
                comparison.features.image_correlation,
                static_cast<double>(comparison.flags)};
  return absl::OkStatus();
}

void EvaluateCasePairs(const forensics::Calibration& calibration, Comparisons& table) {
  for (Pair& pair : table.pairs) {
    pair.ratio = forensics::EvaluateBreechFaces(pair.score, calibration);
  }
}

void EvaluateBulletPairs(const forensics::Calibration& calibration, Comparisons& table) {
  for (Pair& pair : table.pairs) {
    forensics::BulletComparison comparison;
    comparison.score = pair.score;
    comparison.lands_compared = static_cast<std::int64_t>(pair.extra[0]);
    comparison.phases_tried = static_cast<std::int64_t>(pair.extra[4]);
    pair.ratio = forensics::EvaluateBullets(comparison, calibration);
  }
}

Comparisons EmptyTable(std::string name, std::string title, std::string score_name,
                       std::vector<std::string> columns, bool gallery) {
  Comparisons table;
  table.name = std::move(name);
  table.title = std::move(title);
  table.score_name = std::move(score_name);
  table.columns = std::move(columns);
  table.gallery = gallery;
  return table;
}

// The things of one sort in both sets, questioned ones first.
template <typename Thing, typename Wanted>
std::vector<const Thing*> Gather(const std::vector<Thing>& questioned,
                                 const std::vector<Thing>* gallery, const Wanted& wanted,
                                 Comparisons& table) {
  std::vector<const Thing*> things;
  const auto add = [&](const std::vector<Thing>& from) {
    for (const Thing& thing : from) {
      if (!wanted(thing)) continue;
      things.push_back(&thing);
      table.items.push_back(thing.item);
    }
  };
  add(questioned);
  table.questioned = static_cast<std::int64_t>(things.size());
  if (gallery != nullptr) add(*gallery);
  NumberFirearms(table);
  return things;
}

}  // namespace

absl::StatusOr<Comparisons> CompareBulletsOf(const ScanSet& questioned, const ScanSet* gallery,
                                             const RunOptions& options) {
  Comparisons table = EmptyTable(
      "bullets", "Bullets", "bullet score (sequence average maximum)",
      {"lands_compared", "contrast", "phase_log10_p", "phase", "phases_tried"}, gallery != nullptr);
  const std::vector<const ScannedBullet*> bullets = Gather(
      questioned.bullets, gallery != nullptr ? &gallery->bullets : nullptr,
      [](const ScannedBullet&) { return true; }, table);
  PM_RETURN_IF_ERROR(ListPairs(/*by_land=*/false, table));
  PM_RETURN_IF_ERROR(ScorePairs(
      options, "pairs of bullets",
      [&bullets](Pair& pair) {
        return ScoreBullets(bullets[static_cast<std::size_t>(pair.a)]->prepared,
                            bullets[static_cast<std::size_t>(pair.b)]->prepared, pair);
      },
      table));
  return table;
}

absl::StatusOr<Comparisons> CompareCasesOf(const ScanSet& questioned, const ScanSet* gallery,
                                           const RunOptions& options) {
  Comparisons table =
      EmptyTable("cases", "Breech faces", "cell score (support for one place and turn)",
                 {kCongruentCellsColumn, kCellsEligibleColumn, "cells_agreeing", "turn_degrees",
                  "image_correlation", "flags"},
                 gallery != nullptr);
  const std::vector<const ScannedCase*> cases = Gather(
      questioned.cases, gallery != nullptr ? &gallery->cases : nullptr,
      [](const ScannedCase&) { return true; }, table);
  PM_RETURN_IF_ERROR(ListPairs(/*by_land=*/false, table));
  PM_RETURN_IF_ERROR(ScorePairs(
      options, "pairs of cases",
      [&](Pair& pair) {
        return ScoreCases(cases[static_cast<std::size_t>(pair.a)]->prepared,
                          cases[static_cast<std::size_t>(pair.b)]->prepared, options.turns, pair);
      },
      table));
  return table;
}

absl::StatusOr<std::vector<Comparisons>> CompareAll(const ScanSet& questioned,
                                                    const ScanSet* gallery,
                                                    const Calibrations& calibrations,
                                                    const RunOptions& options) {
  std::vector<Comparisons> tables;
  const auto keep = [&tables](Comparisons table) {
    if (!table.pairs.empty() || !table.not_compared.empty()) tables.push_back(std::move(table));
  };
  for (const auto& [kind, name, title] :
       {std::tuple(kScannedLandKind, "lands", "Lands (X3P scans)"),
        std::tuple(kProfileLandKind, "profiles", "Lands (crosscut profiles)")}) {
    Comparisons table =
        EmptyTable(name, title, "land score",
                   {"ccf", "cmps_share", "lag_um", "overlap_um", "turned"}, gallery != nullptr);
    const std::vector<const ScannedMark*> lands = Gather(
        questioned.lands, gallery != nullptr ? &gallery->lands : nullptr,
        [kind = kind](const ScannedMark& mark) { return mark.item.kind == kind; }, table);
    PM_RETURN_IF_ERROR(ListPairs(/*by_land=*/true, table));
    PM_RETURN_IF_ERROR(ScorePairs(
        options, absl::StrFormat("pairs of %s", table.name),
        [&lands](Pair& pair) {
          return ScoreLands(lands[static_cast<std::size_t>(pair.a)]->prepared,
                            lands[static_cast<std::size_t>(pair.b)]->prepared, pair);
        },
        table));
    keep(std::move(table));
  }
  PM_ASSIGN_OR_RETURN(Comparisons bullets, CompareBulletsOf(questioned, gallery, options));
  if (calibrations.bullets != nullptr) EvaluateBulletPairs(*calibrations.bullets, bullets);
  keep(std::move(bullets));
  PM_ASSIGN_OR_RETURN(Comparisons cases, CompareCasesOf(questioned, gallery, options));
  if (calibrations.breech_faces != nullptr) EvaluateCasePairs(*calibrations.breech_faces, cases);
  keep(std::move(cases));
  return tables;
}

bool Counts(const Pair& pair) { return pair.truth != Truth::kUndecided && !pair.same_item; }

forensics::ScoredPair Scored(const Comparisons& comparisons, const Pair& pair) {
  return {pair.score, comparisons.firearm_of[static_cast<std::size_t>(pair.a)],
          comparisons.firearm_of[static_cast<std::size_t>(pair.b)], pair.truth == Truth::kSame};
}

}  // namespace proofmark::client::validation
