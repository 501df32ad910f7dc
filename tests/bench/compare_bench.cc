// SPDX-License-Identifier: Apache-2.0
// What comparison and exhaustive search cost, in processor time (other work on the machine does
// not count). Run by hand: compare_bench [largest index, default 10000].
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "forensics/search/bullet_index.h"
#include "forensics/striated/agreement.h"
#include "forensics/striated/correlation.h"
#include "forensics/striated/prepared_bullet.h"
#include "forensics/synthetic/generator.h"
#include "tests/bench/measure.h"

namespace proofmark::forensics {
namespace {

// Processor time of all threads, microseconds.
double CpuUs() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& t) {
    return 1e6 * static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

double WallUs() {
  return std::chrono::duration<double, std::micro>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// A figure beside the limit it has to keep.
void PrintAgainst(const char* what, double us, double limit_us) {
  bench::PrintRow(what, absl::StrFormat("%.1f us", us), absl::StrFormat("%g us", limit_us),
                  us / limit_us);
}

template <typename Body>
double CpuUsEach(std::int64_t rounds, const Body& body) {
  const double before = CpuUs();
  for (std::int64_t i = 0; i < rounds; ++i) body(i);
  return (CpuUs() - before) / static_cast<double>(rounds);
}

// The best of several times: what it costs when nobody else wants the processor's caches.
template <typename Body>
double BestCpuUsEach(std::int64_t rounds, const Body& body) {
  double best = CpuUsEach(rounds, body);
  for (int i = 0; i < 6; ++i) best = std::min(best, CpuUsEach(rounds, body));
  return best;
}

// Resident memory, bytes.
std::int64_t ResidentBytes() {
  long pages_total = 0;
  long pages = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r"); f != nullptr) {
    if (std::fscanf(f, "%ld %ld", &pages_total, &pages) != 2) pages = 0;
    std::fclose(f);
  }
  return static_cast<std::int64_t>(pages) * sysconf(_SC_PAGESIZE);
}

BulletSignature Bullet(std::int64_t barrel, std::uint32_t shot) {
  return GenerateBulletSignature({.seed = 31, .barrel = static_cast<std::uint32_t>(barrel)}, shot);
}

void BenchPairs() {
  std::vector<BulletSignature> bullets;
  std::vector<PreparedBullet> prepared;
  absl::PrintF("generate, per bullet of six lands   %9.1f us\n", CpuUsEach(24, [&](std::int64_t i) {
                 bullets.push_back(Bullet(i / 2, static_cast<std::uint32_t>(i % 2)));
               }));
  absl::PrintF("prepare, per bullet                 %9.1f us\n", CpuUsEach(24, [&](std::int64_t i) {
                 prepared.push_back(*PrepareBullet(bullets[static_cast<std::size_t>(i)]));
               }));
  const auto land = [&](std::int64_t i) -> const PreparedLand& {
    return *prepared[static_cast<std::size_t>(i % 24)].lands[static_cast<std::size_t>(i % 6)];
  };
  double sum = 0.0;
  PrintAgainst("CCF, per land pair, +-400 um",
               BestCpuUsEach(1'000,
                             [&](std::int64_t i) {
                               const auto& a = land(i).fine[0];
                               const auto& b = land(i * 7 + 5).fine[0];
                               const auto peak =
                                   BestCorrelation(a, b, {.shift_max = 128, .overlap_min = 192});
                               sum += peak ? peak->ccf : 0.0;
                             }),
               20.0);
  absl::PrintF("agreement, per land pair, +-150 um  %9.1f us\n",
               CpuUsEach(5'000, [&](std::int64_t i) {
                 const auto peak = BestAgreement(land(i).levels[0], land(i * 7 + 5).levels[0],
                                                 {.shift_max = 48, .overlap_min = 192});
                 sum += peak ? peak->agreement : 0.0;
               }));
  for (const bool gapless : {true, false}) {
    std::vector<const CoarseProfile*> profiles;
    for (const PreparedBullet& bullet : prepared) {
      for (const auto& of_land : bullet.lands) {
        if (of_land->coarse[0].gapless == gapless) profiles.push_back(&of_land->coarse[0]);
      }
    }
    const auto profile = [&](std::int64_t i) -> const CoarseProfile& {
      return *profiles[static_cast<std::size_t>(i) % profiles.size()];
    };
    const double us = BestCpuUsEach(200, [&](std::int64_t i) {
      sum += static_cast<double>(CompareCoarseSegments(profile(i), profile(i + 7)).count +
                                 CompareCoarseSegments(profile(i + 7), profile(i)).count);
    });
    PrintAgainst(gapless ? "CMPS, both ways, without gaps" : "CMPS, both ways, with gaps", us,
                 300.0);
  }
  absl::PrintF("bullet pair, 6 x 6 lands            %9.1f us\n",
               CpuUsEach(100, [&](std::int64_t i) {
                 const auto result =
                     CompareBullets(prepared[static_cast<std::size_t>(i % 24)],
                                    prepared[static_cast<std::size_t>((i * 5 + 1) % 24)], {});
                 PM_CHECK(result.ok());
                 sum += result->score;
               }));
  PM_CHECK(sum > 0.0);
}

void BenchSearch(std::int64_t largest) {
  WorkerPool pool(2);
  BulletIndex index(pool);
  std::int64_t filled = 0;
  for (const std::int64_t records : std::array<std::int64_t, 4>{100, 1'000, 10'000, 100'000}) {
    if (records > largest) break;
    const std::int64_t before = ResidentBytes();
    for (; filled < records; ++filled) {
      BulletSignature bullet = Bullet(filled, 0);
      index.Insert("record-" + std::to_string(filled), std::move(bullet));
    }
    const double cpu = CpuUs();
    const double wall = WallUs();
    const auto result =
        index.Search(Bullet(records / 2, 1), [](std::string_view, std::uint32_t) { return true; },
                     {.exhaustive = true});
    PM_CHECK(result.ok());
    PM_CHECK(result->complete);
    std::int64_t rank = 0;
    const std::string source = "record-" + std::to_string(records / 2);
    for (std::size_t i = 0; i < result->best.size(); ++i) {
      if (result->best[i].record_id == source) rank = static_cast<std::int64_t>(i) + 1;
    }
    absl::PrintF(
        "search of %6d: %8.2f s processor, %8.2f s on 2 threads, %6.2f ms a record; source at "
        "rank %d, score %.3f, next %.3f; %.1f KB a record\n",
        records, (CpuUs() - cpu) / 1e6, (WallUs() - wall) / 1e6,
        (CpuUs() - cpu) / 1e3 / static_cast<double>(records), rank,
        result->best[0].comparison.score, result->best[1].comparison.score,
        static_cast<double>(ResidentBytes() - before) / 1e3 / static_cast<double>(records));
  }
  constexpr std::int64_t kBulk = 200'000;
  const BulletSignature empty;
  BulletIndex bulk(pool);
  absl::PrintF(
      "insert in bulk, per record          %9.2f us (%d records)\n",
      CpuUsEach(kBulk, [&](std::int64_t i) { bulk.Insert("r" + std::to_string(i), empty); }),
      kBulk);
}

}  // namespace
}  // namespace proofmark::forensics

int main(int argc, char** argv) {
  const std::int64_t largest = argc > 1 ? std::atoll(argv[1]) : 10'000;
  if (largest < 100 || largest > 100'000) {
    std::fprintf(stderr, "usage: compare_bench [100..100000]\n");
    return 2;
  }
  proofmark::forensics::BenchPairs();
  proofmark::forensics::BenchSearch(largest);
  return 0;
}
