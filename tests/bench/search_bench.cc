// SPDX-License-Identifier: Apache-2.0
// What searching many bullets costs, beside what the machine could do at best, measured in the same
// run; and what it finds. Processor time where it says so, because other work on the machine does
// not count there. Run by hand:
//   search_bench speed [largest index, default 100000]   growth, peak, restart
//   search_bench retrieval [records] [queries]           ranks by kind of query
//   search_bench recall [records] [queries] [first]      normal against exhaustive: slow
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "forensics/search/bullet_index.h"
#include "forensics/search/shift_dots.h"
#include "forensics/striated/prepared_bullet.h"
#include "forensics/synthetic/scale_bullet.h"
#include "tests/bench/measure.h"

namespace proofmark::forensics {
namespace {

using bench::BestCpuS;
using bench::ProcessCpuS;
using bench::ShareUpper95;
using bench::WallS;

constexpr std::uint64_t kSeed = 77;
constexpr int kThreads = 2;

std::string Id(std::int64_t record) { return absl::StrFormat("%032x", record); }
std::int64_t RecordOf(std::string_view id) {
  return std::strtoll(std::string(id).c_str(), nullptr, 16);
}

SyntheticBarrel Barrel(std::int64_t record) {
  return {.seed = kSeed, .barrel = static_cast<std::uint32_t>(record)};
}

BulletIndex::SignatureLoader Regenerate() {
  return [](std::string_view id) -> absl::StatusOr<BulletSignature> {
    return GenerateScaleBullet(Barrel(RecordOf(id)), 0);
  };
}

// On a small buffer that stays in the first cache: multiply-adds a second of one thread.
double DotPeak() {
  constexpr std::int64_t kWords = 40;
  constexpr int kRounds = 200'000;
  alignas(64) static std::array<std::uint8_t, 2 * kWords * kDotRowBytes> rows;
  alignas(64) static std::array<std::int32_t, 2 * kDotShifts * kDotLanes> dots;
  rows.fill(3);
  const std::vector<std::int8_t> query(kWords * kDotWord + 32, 2);
  const double s = BestCpuS(7, [&] {
    for (int r = 0; r < kRounds; ++r) {
      ShiftDotsOfTwo(FastestDotKernel(), rows.data(), rows.data() + kWords * kDotRowBytes, kWords,
                     query.data() + 16, dots.data(), dots.data() + kDotShifts * kDotLanes);
    }
  });
  PM_CHECK(dots[0] != 0);
  return 2.0 * kRounds * kWords * kDotShifts * kDotRowBytes / s;
}

// Bytes a second that one thread reads from memory.
double ReadPeak() {
  std::vector<std::uint64_t> bytes(std::size_t{32} << 20);  // 256 MiB.
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = i;
  std::uint64_t sum = 0;
  const double s = BestCpuS(4, [&] {
    std::array<std::uint64_t, 8> sums{};
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      for (std::size_t k = 0; k < 8; ++k) sums[k] += bytes[i + k];
    }
    for (const std::uint64_t each : sums) sum += each;
  });
  PM_CHECK(sum != 0);
  return static_cast<double>(bytes.size()) * 8.0 / s;
}

// Fills `index` with records [from, to) on all threads.
void Fill(BulletIndex& index, std::int64_t from, std::int64_t to) {
  std::atomic<std::int64_t> next{from};
  std::vector<std::jthread> workers;
  for (int w = 0; w < kThreads; ++w) {
    workers.emplace_back([&] {
      for (std::int64_t i = next++; i < to; i = next++) {
        index.Insert(Id(i), GenerateScaleBullet(Barrel(i), 0));
      }
    });
  }
}

BulletSignature Query(std::int64_t record, bool heel_uncertain) {
  BulletSignature query = GenerateScaleBullet(Barrel(record), 1);
  if (heel_uncertain) query.lands[0]->set(LandFlag::kHeelUncertain);
  return query;
}

bool Everything(std::string_view, std::uint32_t) { return true; }

struct Found {
  BulletSearchResult result;
  double wall_s = 0.0;
  double coarse_wall_s = 0.0;
  double cpu_s = 0.0;
};
Found Search(const BulletIndex& index, const BulletSignature& query, BulletSearchOptions options) {
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

std::int64_t RankOf(const BulletSearchResult& result, std::int64_t record) {
  for (std::size_t i = 0; i < result.best.size(); ++i) {
    if (result.best[i].record_id == Id(record)) return static_cast<std::int64_t>(i) + 1;
  }
  return 0;
}

// One thread's processor time for the coarse stage alone, a bullet.
double CoarseUs(const BulletIndex& index, const BulletSignature& query, CoarseMode mode) {
  const CoarseQuery coarse(query, FastestDotKernel());
  auto segments = index.Segments();
  segments.resize(std::min<std::size_t>(segments.size(), 120));
  std::int64_t records = 0;
  for (const auto& segment : segments) records += segment->size();
  std::vector<float> scores;
  const double s = BestCpuS(5, [&] {
    for (const auto& segment : segments) {
      scores.resize(static_cast<std::size_t>(segment->size()));
      coarse.Score(*segment, std::vector<std::uint8_t>(scores.size(), 1), mode, scores);
    }
  });
  return 1e6 * s / static_cast<double>(records);
}

void BenchCoarse(const BulletIndex& index) {
  const double peak = DotPeak();
  absl::PrintF("kernel %s: %.0f G multiply-adds/s of one thread; memory read %.1f GB/s\n",
               DotKernelName(FastestDotKernel()), peak / 1e9, ReadPeak() / 1e9);
  // What the lands reach: 36 pairs, 65 shifts, the words in which they overlap.
  constexpr double kPlainMacs = 36.0 * 65.0 * 160.0;
  const auto row = [&](const char* name, bool heel, CoarseMode mode) {
    const double us = CoarseUs(index, Query(1, heel), mode);
    const double macs = kPlainMacs * (heel ? 2.0 : 1.0);
    absl::PrintF("coarse stage, %-34s %6.2f us a bullet, %4.0f %% of the peak, %5.2f GB/s\n", name,
                 us, 100.0 * macs / us * 1e6 / peak, 1'240.0 / us / 1e3);
    bench::PrintRow(absl::StrFormat("bullets, stage 1, %s", name),
                    absl::StrFormat("%.2f us a record, %.0f %% of the bare byte product", us,
                                    100.0 * macs / us * 1e6 / peak),
                    "50 % of it", 0.5 * peak / (macs / us * 1e6));
  };
  row("whole lands", false, CoarseMode::kWholeLand);
  row("whole lands, heel uncertain", true, CoarseMode::kWholeLand);
  row("overlap, heel uncertain", true, CoarseMode::kOverlap);
}

void BenchRestart(const BulletIndex& index) {
  const auto segments = index.Segments();
  const std::string path = absl::StrFormat("/tmp/search_bench.%d", getpid());
  const double write_from = WallS();
  std::FILE* file = std::fopen(path.c_str(), "wb");
  PM_CHECK(file != nullptr);
  std::size_t bytes = 0;
  for (const auto& segment : segments) {
    const std::string part = segment->Serialize();
    bytes += part.size();
    PM_CHECK(std::fwrite(part.data(), 1, part.size(), file) == part.size());
  }
  std::fclose(file);
  const double open_from = WallS();
  const int fd = open(path.c_str(), O_RDONLY);
  void* map = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  PM_CHECK(map != MAP_FAILED);
  close(fd);
  unlink(path.c_str());
  WorkerPool pool(kThreads);
  BulletIndex again(pool, Regenerate());
  const auto owner = std::make_shared<int>(0);
  std::span<const std::uint8_t> rest(static_cast<const std::uint8_t*>(map), bytes);
  while (!rest.empty()) {
    auto segment = BulletSegment::Open(rest, owner);
    PM_CHECK(segment.ok());
    again.Adopt(*segment, [](std::string_view) { return 0; });
  }
  absl::PrintF(
      "restart: %d records written in %.2f s (%.2f GB), verified, mapped and ready in %.2f s; %.0f "
      "B a record of its own\n",
      again.size(), open_from - write_from, static_cast<double>(bytes) / 1e9, WallS() - open_from,
      static_cast<double>(again.owned_bytes()) / static_cast<double>(again.size()));
  const Found found = Search(again, Query(17, false), {.best_count = 20});
  bench::PrintRow(absl::StrFormat("bullets, index of %d ready after restart", again.size()),
                  absl::StrFormat("%.1f s", WallS() - open_from));
  absl::PrintF("first search after restart: %.2f s, source at rank %d\n", found.wall_s,
               RankOf(found.result, 17));
}

void BenchSpeed(std::int64_t largest) {
  WorkerPool pool(kThreads);
  BulletIndex index(pool, Regenerate());
  std::int64_t filled = 0;
  for (std::int64_t records = 10'000; records <= largest; records *= 10) {
    const double cpu = ProcessCpuS();
    const double wall = WallS();
    Fill(index, filled, records);
    const double added = static_cast<double>(records - filled);
    absl::PrintF(
        "%d: generated and inserted at %.0f a core second, %.0f/s on %d threads; %.0f B a record\n",
        records, added / (ProcessCpuS() - cpu), added / (WallS() - wall), kThreads,
        static_cast<double>(index.owned_bytes()) / static_cast<double>(records));
    bench::PrintRow(
        absl::StrFormat("bullets, index of %d", records),
        absl::StrFormat("%.0f made and inserted a core second, %.0f B a record",
                        added / (ProcessCpuS() - cpu),
                        static_cast<double>(index.owned_bytes()) / static_cast<double>(records)));
    filled = records;
    if (records == 10'000) {
      const double us = 1e6 / 200 * BestCpuS(3, [&] {
                          for (int i = 0; i < 200; ++i) GenerateScaleBullet(Barrel(i), 0);
                        });
      absl::PrintF("generate, per bullet of six lands: %.1f us\n", us);
      BenchCoarse(index);
    }
    for (const bool heel : {false, true}) {
      double best_wall_s = 1e9;
      for (int round = 0; round < 3; ++round) {
        Found found = Search(index, Query(records / 2 + round, heel), {.best_count = 20});
        absl::PrintF(
            "%8d records%s: %.2f s wall (coarse %.2f), %.2f s processor; %d refined, source at "
            "rank %d, score %.3f, 20th %.3f, missed %.2g%s\n",
            records, heel ? ", heel uncertain" : "", found.wall_s, found.coarse_wall_s, found.cpu_s,
            found.result.refined_count, RankOf(found.result, records / 2 + round),
            found.result.best[0].comparison.score, found.result.best.back().comparison.score,
            found.result.missed_probability, found.result.certified ? "" : ", not certified");
        best_wall_s = std::min(best_wall_s, found.wall_s);
      }
      const std::string what =
          absl::StrFormat("bullets, search of %d%s", records, heel ? ", heel uncertain" : "");
      const std::string figure =
          absl::StrFormat("%.2f s wall on %d threads", best_wall_s, kThreads);
      if (records == 1'000'000 && !heel) {
        bench::PrintRow(what, figure, "2 s", best_wall_s / 2.0);
      } else {
        bench::PrintRow(what, figure);
      }
    }
  }
  BenchRestart(index);
}

// A query of the kind that a row of the table is about.
BulletSignature Cut(BulletSignature query, std::size_t lands, double width_share) {
  for (std::size_t i = lands; i < query.lands.size(); ++i) query.lands[i].reset();
  if (width_share == 1.0) return query;
  for (auto& land : query.lands) {
    if (!land) continue;
    const std::size_t kept =
        static_cast<std::size_t>(width_share * static_cast<double>(land->height_nm.size()));
    land->height_nm.resize(kept);
    land->set(LandFlag::kRightShoulderAssumed);
  }
  return query;
}

void BenchRetrieval(std::int64_t records, std::int64_t queries) {
  WorkerPool pool(kThreads);
  BulletIndex index(pool, Regenerate());
  Fill(index, 0, records);
  struct Row {
    const char* name;
    std::size_t lands;
    double width_share;
    std::optional<CoarseMode> mode;
  };
  absl::PrintF("%d records, %d queries\n%-34s coarse 1   in 300   refined 1   refined  missed\n",
               records, queries, "query");
  for (const Row& row :
       {Row{"6 lands", 6, 1.0, {}}, Row{"3 lands", 3, 1.0, {}},
        Row{"6 lands, half width, whole norm", 6, 0.5, CoarseMode::kWholeLand},
        Row{"6 lands, half width, overlap norm", 6, 0.5, {}}, Row{"1 land", 1, 1.0, {}}}) {
    std::int64_t first = 0, in_300 = 0, refined_first = 0, refined = 0;
    double missed = 0.0;
    for (std::int64_t q = 0; q < queries; ++q) {
      const std::int64_t record = q * records / queries;
      const BulletSignature query = Cut(Query(record, false), row.lands, row.width_share);
      // Rank in the coarse stage, by scoring all records ourselves.
      const CoarseQuery coarse(query, FastestDotKernel());
      const CoarseMode mode = row.mode.value_or(coarse.default_mode());
      const auto segments = index.Segments();
      std::vector<std::vector<float>> scores(segments.size());
      pool.Run(static_cast<std::int64_t>(segments.size()),
               [&](std::int64_t i) {
                 const auto& segment = segments[static_cast<std::size_t>(i)];
                 auto& of_segment = scores[static_cast<std::size_t>(i)];
                 of_segment.resize(static_cast<std::size_t>(segment->size()));
                 coarse.Score(*segment, std::vector<std::uint8_t>(of_segment.size(), 1), mode,
                              of_segment);
               },
               {});
      float own = 0.0F;
      for (std::size_t s = 0; s < segments.size(); ++s) {
        for (std::int64_t i = 0; i < segments[s]->size(); ++i) {
          if (segments[s]->id(i) == Id(record)) own = scores[s][static_cast<std::size_t>(i)];
        }
      }
      std::int64_t above = 0;
      for (const auto& of_segment : scores) {
        above += std::count_if(of_segment.begin(), of_segment.end(),
                               [&](float score) { return score > own; });
      }
      first += above == 0 ? 1 : 0;
      in_300 += above < 300 ? 1 : 0;
      const Found found = Search(index, query, {.best_count = 20, .mode = row.mode});
      refined_first += RankOf(found.result, record) == 1 ? 1 : 0;
      refined += found.result.refined_count;
      missed += found.result.missed_probability;
    }
    const double n = static_cast<double>(queries);
    absl::PrintF("%-34s %6.1f %%  %6.1f %%  %8.1f %%  %8.0f  %.2g\n", row.name,
                 100.0 * static_cast<double>(first) / n, 100.0 * static_cast<double>(in_300) / n,
                 100.0 * static_cast<double>(refined_first) / n, static_cast<double>(refined) / n,
                 missed / n);
    std::fflush(stdout);
  }
}

// Queries [first, queries): they take hours and may be asked in parts.
void BenchRecall(std::int64_t records, std::int64_t queries, std::int64_t first) {
  WorkerPool pool(kThreads);
  BulletIndex index(pool);
  Fill(index, 0, records);
  std::int64_t reportable = 0, missed = 0, top10 = 0, top10_missed = 0;
  for (std::int64_t q = first; q < queries; ++q) {
    const BulletSignature query = Query(q * records / queries, false);
    const Found all = Search(index, query, {.best_count = 20, .exhaustive = true});
    const Found normal = Search(index, query, {.best_count = 20});
    for (std::size_t i = 0; i < all.result.best.size(); ++i) {
      const ScoredBullet& want = all.result.best[i];
      const bool found = RankOf(normal.result, RecordOf(want.record_id)) > 0;
      if (want.likelihood_ratio.level != Level::kNone) {
        ++reportable;
        missed += found ? 0 : 1;
      }
      if (i < 10) {
        ++top10;
        top10_missed += found ? 0 : 1;
      }
    }
    absl::PrintF(
        "%d queries: at or above L1 %d, missed %d (at most %.2f %% at 95 %%); top ten %d, missed "
        "%d "
        "(at most %.2f %%); refined %d of %d, estimate %.2g\n",
        q + 1 - first, reportable, missed,
        100.0 * ShareUpper95(missed, std::max<std::int64_t>(1, reportable)), top10, top10_missed,
        100.0 * ShareUpper95(top10_missed, top10), normal.result.refined_count, records,
        normal.result.missed_probability);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace proofmark::forensics

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "speed";
  const std::int64_t records = argc > 2 ? std::atoll(argv[2]) : 100'000;
  const std::int64_t queries = argc > 3 ? std::atoll(argv[3]) : 20;
  const std::int64_t first = argc > 4 ? std::atoll(argv[4]) : 0;
  if (records < 100 || records > 10'000'000 || queries < 1 || queries > records || first < 0) {
    std::fprintf(stderr,
                 "usage: search_bench speed|retrieval|recall [records] [queries] [first]\n");
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (what == "speed") proofmark::forensics::BenchSpeed(records);
  if (what == "retrieval") proofmark::forensics::BenchRetrieval(records, queries);
  if (what == "recall") proofmark::forensics::BenchRecall(records, queries, first);
  return 0;
}
