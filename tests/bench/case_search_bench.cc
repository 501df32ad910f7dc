// SPDX-License-Identifier: Apache-2.0
// What searching many cartridge cases costs, beside what the machine could do at best, measured in
// the same run; and what it finds. Run by hand:
//   case_search_bench speed [largest] [queries]    growth, share of the peak, planted pairs
//   case_search_bench recall [records] [queries] [first]   normal against exhaustive: slow
//   case_search_bench decoys                       made records beside generated ones
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/for_all.h"
#include "forensics/cartridge/case_index.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/synthetic/impressed_process.h"
#include "tests/bench/measure.h"
#include "tests/bench/scale_case.h"

namespace proofmark::forensics {
namespace {

using bench::BestCpuS;
using bench::ProcessCpuS;
using bench::ShareUpper95;
using bench::WallS;

constexpr std::uint64_t kSeed = 4'711;
constexpr int kThreads = 2;
// Of the planted slides: marks that reproduce well, fairly and poorly.
constexpr std::array<double, 3> kReproduction = {0.8, 0.6, 0.45};
constexpr std::uint32_t kPlanted = 24;
constexpr std::uint32_t kDecoys = 16;  // Signatures that stand in for those of made records.

double ReproductionOf(std::uint32_t slide) { return kReproduction[slide % kReproduction.size()]; }

CaseSignature Generated(std::uint32_t slide, std::uint32_t shot) {
  const HeightMap scan =
      GenerateBreechFaceScan({.seed = kSeed, .slide = slide, .reproduction = ReproductionOf(slide)},
                             shot, {.pitch_um = 12.5});
  auto extraction = ExtractImpression(scan, {}, {});
  PM_CHECK(extraction.ok());
  return {.impressions = {std::move(extraction->signature)}, .aperture_shear = std::nullopt};
}

std::vector<CaseSignature> GenerateAll(std::uint32_t first, std::int64_t count,
                                       std::uint32_t shot) {
  std::vector<CaseSignature> made(static_cast<std::size_t>(count));
  base::ForAll(count, [&](std::int64_t i) {
    made[static_cast<std::size_t>(i)] = Generated(first + static_cast<std::uint32_t>(i), shot);
  });
  return made;
}

bool Everything(std::string_view, std::uint32_t) { return true; }

std::string MadeId(std::int64_t record) { return absl::StrFormat("made-%026x", record); }
std::string PlantedId(std::uint32_t slide) { return absl::StrFormat("planted-%023x", slide); }

struct Found {
  CaseSearchResult result;
  double wall_s = 0.0;
  double coarse_wall_s = 0.0;
  double cpu_s = 0.0;

  std::int64_t RankOf(std::string_view id) const {
    for (std::size_t i = 0; i < result.best.size(); ++i) {
      if (result.best[i].record_id == id) return static_cast<std::int64_t>(i) + 1;
    }
    return 0;
  }
};

Found Search(const CaseIndex& index, const CaseSignature& query, CaseSearchOptions options) {
  Found found;
  const double cpu = ProcessCpuS();
  const double wall = WallS();
  options.progress = [&](const SearchProgress& progress) {
    if (progress.stage == SearchStage::kCoarse) found.coarse_wall_s = WallS() - wall;
  };
  auto result = index.Search(query, Everything, options);
  PM_CHECK(result.ok() && result->complete);
  found.wall_s = WallS() - wall;
  found.cpu_s = ProcessCpuS() - cpu;
  found.result = *std::move(result);
  return found;
}

// One thread, both grids, beside the bare product of the same moment.
void BenchCoarse(const CaseSignature& query, const bench::ScaleCases& made) {
  for (const CoarseGrid grid : {CoarseGrid::kB1, CoarseGrid::kB2}) {
    for (const TurnSearch turns : {TurnSearch::kDirected, TurnSearch::kFullCircle}) {
      const auto question = ImpressionQuery::Make(query.impressions[0], grid, turns);
      PM_CHECK(question.ok());
      const std::size_t records = grid == CoarseGrid::kB1 ? 1'024 : 128;
      std::vector<std::uint8_t> levels;
      std::vector<float> norms;
      for (std::size_t i = 0; i < records; ++i) {
        const CoarseCase coarse = made.Make(i);
        const CoarseImpression& of_grid = grid == CoarseGrid::kB1 ? coarse.b1 : coarse.b2;
        levels.insert(levels.end(), of_grid.level.begin(), of_grid.level.end());
        norms.push_back(of_grid.inverse_norm);
      }
      std::vector<float> scores(records);
      double peak = 0.0;
      double s = 1e9;
      for (int round = 0; round < 7; ++round) {
        peak = std::max(peak, bench::PeakGigaMacs());
        s = std::min(s, BestCpuS(1, [&] { ScoreCoarse(*question, levels, norms, scores); }));
      }
      const double macs = static_cast<double>(question->rows()) *
                          static_cast<double>(CoarseBytes(grid)) * static_cast<double>(records);
      absl::PrintF(
          "B%d, %-11s %5d rows x %4d bytes: %6.1f us a record, %3.0f G multiply-adds/s, %.0f %% of "
          "the bare product (%.0f)\n",
          static_cast<int>(grid), turns == TurnSearch::kDirected ? "30 degrees" : "full circle",
          question->rows(), CoarseBytes(grid), 1e6 * s / static_cast<double>(records),
          macs / s * 1e-9, peak > 0.0 ? 100.0 * macs / s * 1e-9 / peak : 0.0, peak);
      if (peak == 0.0) continue;
      bench::PrintRow(
          absl::StrFormat("breech faces, B%d, %s", static_cast<int>(grid),
                          turns == TurnSearch::kDirected ? "+-30 degrees" : "full circle"),
          absl::StrFormat("%.1f us a record, %.0f %% of the bare byte product",
                          1e6 * s / static_cast<double>(records), 100.0 * macs / s * 1e-9 / peak),
          "50 % of it", 0.5 * peak / (macs / s * 1e-9));
    }
  }
}

// The kernels alone.
void BenchCoarse() {
  const CaseSignature query = Generated(0, 1);
  BenchCoarse(query, bench::ScaleCases(kSeed, query.impressions[0].extractor_version));
}

void BenchSpeed(std::int64_t largest, std::uint32_t asked) {
  const std::vector<CaseSignature> planted = GenerateAll(0, kPlanted, 0);
  const std::vector<CaseSignature> queries = GenerateAll(0, kPlanted, 1);
  const std::vector<CaseSignature> decoys = GenerateAll(1'000, kDecoys, 0);
  const bench::ScaleCases made(kSeed, planted[0].impressions[0].extractor_version);
  BenchCoarse(queries[0], made);

  WorkerPool pool(kThreads);
  CaseIndex index(pool, [&](std::string_view id) -> absl::StatusOr<CaseSignature> {
    const std::size_t dash = id.find('-');
    const auto number = static_cast<std::size_t>(std::strtoull(id.data() + dash + 1, nullptr, 16));
    // A made record has no signature; that of some other breech face costs as much to compare.
    return id.front() == 'p' ? planted[number] : decoys[number % kDecoys];
  });
  for (std::uint32_t i = 0; i < kPlanted; ++i) {
    index.InsertCoarse(PlantedId(i), MakeCoarseCase(planted[i]));
  }
  std::int64_t filled = kPlanted;
  for (std::int64_t records = 10'000; records <= largest; records *= 10) {
    const double cpu = ProcessCpuS();
    std::atomic<std::int64_t> next{filled};
    base::ForAll(kThreads, [&](std::int64_t) {
      for (std::int64_t i = next++; i < records; i = next++) {
        index.InsertCoarse(MadeId(i), made.Make(static_cast<std::uint64_t>(i)));
      }
    });
    absl::PrintF("%d records: %.0f us of processor to make and insert one, %.0f B a record\n",
                 records, 1e6 * (ProcessCpuS() - cpu) / static_cast<double>(records - filled),
                 static_cast<double>(index.owned_bytes()) / static_cast<double>(records));
    filled = records;
    std::int64_t first = 0, reportable = 0, reportable_first = 0;
    std::vector<double> walls;
    for (std::uint32_t i = 0; i < asked; ++i) {
      const Found found = Search(index, queries[i], {.best_count = 20});
      const std::int64_t rank = found.RankOf(PlantedId(i));
      // What an exhaustive search would have said of the pair.
      const auto alone = index.Search(
          queries[i], [&](std::string_view id, std::uint32_t) { return id == PlantedId(i); }, {});
      PM_CHECK(alone.ok() && alone->best.size() == 1);
      const bool is_reportable = alone->best[0].evidence.likelihood_ratio.level != Level::kNone;
      first += rank == 1 ? 1 : 0;
      reportable += is_reportable ? 1 : 0;
      reportable_first += is_reportable && rank == 1 ? 1 : 0;
      walls.push_back(found.wall_s);
      absl::PrintF(
          "%8d records, reproduction %.2f: wall %.2f s (B1 %.2f), processor %.2f s; B2 %d, refined "
          "%d, source at rank %d with %d cells%s, missed %.2g%s\n",
          records, ReproductionOf(i), found.wall_s, found.coarse_wall_s, found.cpu_s,
          found.result.fine_count, found.result.refined_count, rank,
          alone->best[0].comparison.marks[0].impressed()->cmc, is_reportable ? ", L1" : "",
          found.result.missed_probability, found.result.certified ? "" : ", not certified");
    }
    std::sort(walls.begin(), walls.end());
    absl::PrintF(
        "%8d records: wall median %.2f s, largest %.2f s; at rank 1 %d of %d, of those "
        "at L1 %d of %d\n",
        records, walls[walls.size() / 2], walls.back(), first, asked, reportable_first, reportable);
    const std::string what = absl::StrFormat("breech faces, search of %d", records);
    const std::string figure =
        absl::StrFormat("%.2f s wall on %d threads", walls[walls.size() / 2], kThreads);
    if (records == 1'000'000) {
      bench::PrintRow(what, figure, "10 s", walls[walls.size() / 2] / 10.0);
    } else {
      bench::PrintRow(what, figure);
    }
  }
  CaseSignature turned = queries[0];
  turned.impressions[0].set(ImpressedFlag::kOrientationUnknown);
  const Found found = Search(index, turned, {.best_count = 20});
  absl::PrintF(
      "%8d records, full circle: wall %.2f s (B1 %.2f), processor %.2f s; refined %d, "
      "source at rank %d, missed %.2g%s\n",
      filled, found.wall_s, found.coarse_wall_s, found.cpu_s, found.result.refined_count,
      found.RankOf(PlantedId(0)), found.result.missed_probability,
      found.result.certified ? "" : ", not certified");
}

// Every record generated and compared in full; the queries are second shots, [first, queries) of
// them: they take hours and may be asked in parts.
void BenchRecall(std::int64_t records, std::int64_t queries, std::int64_t first_query) {
  WorkerPool pool(kThreads);
  CaseIndex index(pool);
  const double from = WallS();
  base::ForAll(records, [&](std::int64_t i) {
    const auto slide = static_cast<std::uint32_t>(i);
    index.Insert(PlantedId(slide), Generated(slide, 0));
  });
  absl::PrintF("%d records generated, extracted and inserted in %.0f s\n", records, WallS() - from);
  std::int64_t reportable = 0, missed = 0, top10 = 0, top10_missed = 0, first = 0;
  double estimated = 0.0, cpu_all = 0.0, cpu_normal = 0.0;
  for (std::int64_t q = first_query; q < queries; ++q) {
    const auto slide = static_cast<std::uint32_t>(q * records / queries);
    const CaseSignature query = Generated(slide, 1);
    const Found all = Search(index, query, {.best_count = 20, .exhaustive = true});
    const Found normal = Search(index, query, {.best_count = 20});
    for (std::size_t i = 0; i < all.result.best.size(); ++i) {
      const ScoredCase& want = all.result.best[i];
      const bool found = normal.RankOf(want.record_id) > 0;
      if (want.evidence.likelihood_ratio.level != Level::kNone) {
        ++reportable;
        missed += found ? 0 : 1;
      }
      if (i < 10) {
        ++top10;
        top10_missed += found ? 0 : 1;
      }
    }
    first += normal.RankOf(PlantedId(slide)) == 1 ? 1 : 0;
    estimated += normal.result.missed_probability;
    cpu_all += all.cpu_s;
    cpu_normal += normal.cpu_s;
    const auto n = static_cast<double>(q + 1 - first_query);
    absl::PrintF(
        "%d queries: at or above L1 %d, missed %d (at most %.2f %% at 95 %%); top ten %d, missed "
        "%d; source at rank 1 %d; refined %d of %d, estimate %.2g; processor %.1f s exhaustive, "
        "%.1f s normal\n",
        q + 1 - first_query, reportable, missed,
        100.0 * ShareUpper95(missed, std::max<std::int64_t>(1, reportable)), top10, top10_missed,
        first, normal.result.refined_count, records, estimated / n, cpu_all / n, cpu_normal / n);
  }
}

// Whether made records score as unrelated generated ones do.
void BenchDecoys() {
  constexpr std::uint32_t kRecords = 120;
  constexpr std::uint32_t kQueries = 12;
  const std::vector<CaseSignature> records = GenerateAll(100, kRecords, 0);
  const std::vector<CaseSignature> queries = GenerateAll(0, kQueries, 1);
  const bench::ScaleCases made(kSeed, records[0].impressions[0].extractor_version);
  for (const CoarseGrid grid : {CoarseGrid::kB1, CoarseGrid::kB2}) {
    for (const bool are_made : {false, true}) {
      std::vector<float> all;
      std::int64_t measured = 0;
      for (std::uint32_t q = 0; q < kQueries; ++q) {
        const auto question =
            ImpressionQuery::Make(queries[q].impressions[0], grid, TurnSearch::kDirected);
        for (std::uint32_t i = 0; i < kRecords; ++i) {
          const CoarseCase coarse = are_made ? made.Make(i) : MakeCoarseCase(records[i]);
          const CoarseImpression& record = grid == CoarseGrid::kB1 ? coarse.b1 : coarse.b2;
          float score = 0.0F;
          ScoreCoarse(*question, record.level, {&record.inverse_norm, 1}, {&score, 1});
          all.push_back(score);
          measured += static_cast<std::int64_t>(record.level.size()) -
                      std::count(record.level.begin(), record.level.end(), kCoarseNothing);
        }
      }
      std::sort(all.begin(), all.end());
      double sum = 0.0;
      for (const float score : all) sum += score;
      absl::PrintF(
          "B%d, %-9s mean %.3f, median %.3f, 90 %% %.3f, 97 %% %.3f, 99 %% %.3f, largest %.3f; "
          "%.0f levels other than 0\n",
          static_cast<int>(grid), are_made ? "made" : "generated",
          sum / static_cast<double>(all.size()), all[all.size() / 2], all[all.size() * 9 / 10],
          all[all.size() * 97 / 100], all[all.size() * 99 / 100], all.back(),
          static_cast<double>(measured) / static_cast<double>(all.size()));
    }
  }
}

}  // namespace
}  // namespace proofmark::forensics

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "speed";
  const std::int64_t records = argc > 2 ? std::atoll(argv[2]) : 100'000;
  const std::int64_t queries = argc > 3 ? std::atoll(argv[3]) : 20;
  const std::int64_t first = argc > 4 ? std::atoll(argv[4]) : 0;
  if (records < 30 || records > 10'000'000 || queries < 1 || queries > records || first < 0) {
    std::fprintf(
        stderr,
        "usage: case_search_bench coarse|speed|recall|decoys [records] [queries] [first]\n");
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (what == "coarse") proofmark::forensics::BenchCoarse();
  if (what == "speed")
    proofmark::forensics::BenchSpeed(records, static_cast<std::uint32_t>(std::min<std::int64_t>(
                                                  queries, proofmark::forensics::kPlanted)));
  if (what == "recall") proofmark::forensics::BenchRecall(records, queries, first);
  if (what == "decoys") proofmark::forensics::BenchDecoys();
  return 0;
}
