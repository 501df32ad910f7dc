// SPDX-License-Identifier: Apache-2.0
// Federations under faults: nothing that must hold breaks, and a seed is one run.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <string>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/log.h"
#include "tests/sim/series.h"

namespace proofmark::sim {
namespace {

constexpr int kThreads = 2;
constexpr std::size_t kFaultKinds = 25;  // As a series counts them.

constexpr std::int64_t kSeeds = 500;
constexpr std::int64_t kToldEvery = 50;

// How many are to run: fewer where the environment says so, as under a sanitizer.
std::int64_t SeedCount() {
  const char* const given = std::getenv("PROOFMARK_SIM_SEEDS");
  return given == nullptr ? kSeeds : std::atoll(given);
}

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double ProcessorSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

class SeedsTest : public ::testing::Test {
 protected:
  // What nodes say of injected faults is no news.
  static void SetUpTestSuite() { base::SetLogThreshold(base::LogSeverity::kError); }
};

// One a line; a line may end in a remark after `#`.
std::vector<std::uint64_t> Regressions() {
  std::ifstream file(PROOFMARK_SOURCE_DIR "/tests/sim/regressions.txt");
  EXPECT_TRUE(file.is_open());
  std::vector<std::uint64_t> seeds;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') seeds.push_back(std::stoull(line));
  }
  return seeds;
}

void ExpectSound(const Series& series) {
  absl::PrintF("%s", series.Table());
  for (const Failure& failure : series.failures) {
    ADD_FAILURE() << "proofmark_sim --seed " << failure.seed << ": " << failure.violation.invariant
                  << ": " << failure.violation.words;
  }
}

using Traces = std::map<std::uint64_t, std::string>;

Traces TracesOf(const std::vector<std::uint64_t>& seeds, int threads) {
  Traces traces;
  RunSeeds({}, seeds, threads, [&](std::uint64_t seed, const Outcome& outcome) {
    traces[seed] = base::ToHex(base::ByteSpan(outcome.trace_hash));
  });
  return traces;
}

// Whatever runs beside it, and wherever its memory lies.
TEST_F(SeedsTest, ASeedIsOneRun) {
  const std::vector<std::uint64_t> seeds = {1, 3, 5, 8, 28, 38};
  const Traces alone = TracesOf(seeds, 1);
  EXPECT_EQ(alone.size(), seeds.size());
  EXPECT_EQ(TracesOf(seeds, 2), alone);
  EXPECT_EQ(TracesOf({seeds.rbegin(), seeds.rend()}, 3), alone);
}

TEST_F(SeedsTest, SeedsThatOnceFailedAreSound) {
  const std::vector<std::uint64_t> seeds = Regressions();
  ASSERT_FALSE(seeds.empty());
  ExpectSound(RunSeeds({}, seeds, kThreads));
}

TEST_F(SeedsTest, WithoutFaultsEverythingIsAnsweredInTime) {
  const Series series = RunSeeds({.faults = {}}, SeedsFrom(1, 5), kThreads);
  ExpectSound(series);
  EXPECT_TRUE(series.tally.faults.empty());
  EXPECT_FALSE(series.tally.acts.contains("  partner unreachable"));
  EXPECT_FALSE(series.tally.acts.contains("  partner invalid"));
}

TEST_F(SeedsTest, ManySeedsAreSound) {
  const auto begin = std::chrono::steady_clock::now();
  const double processor_begin = ProcessorSeconds();
  std::int64_t done = 0;
  const Series series =
      RunSeeds({}, SeedsFrom(1, SeedCount()), kThreads, [&](std::uint64_t, const Outcome&) {
        if (++done % kToldEvery != 0) return;
        absl::PrintF("%d of %d seeds after %.0f s\n", done, SeedCount(), SecondsSince(begin));
        std::fflush(stdout);
      });
  absl::PrintF("%d threads, %.0f s, %.0f s of processor\n", kThreads, SecondsSince(begin),
               ProcessorSeconds() - processor_begin);
  ExpectSound(series);
  EXPECT_EQ(series.runs, SeedCount());
  if (SeedCount() < kSeeds) return;
  // A fault that never happens and an invariant that is never checked would prove nothing.
  for (const std::string_view invariant : kInvariants) {
    EXPECT_GT(series.tally.checks.count(invariant), 0U) << invariant;
  }
  EXPECT_EQ(series.tally.faults.size(), kFaultKinds);
}

}  // namespace
}  // namespace proofmark::sim
