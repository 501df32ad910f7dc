// SPDX-License-Identifier: Apache-2.0
// Measures what a coarse score, and agreement alone, say about the full score, on generated bullets
// of known truth, and writes certified_stop_data.cc to standard output and a summary to standard
// error. The same on every machine.
//   proofmark_calibrate_stop > forensics/search/certified_stop_data.cc
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/for_all.h"
#include "forensics/search/bullet_segment.h"
#include "forensics/search/certified_stop_data.h"
#include "forensics/search/coarse_query.h"
#include "forensics/striated/prepared_bullet.h"
#include "forensics/synthetic/generator.h"

namespace proofmark::forensics {
namespace {

constexpr std::uint64_t kSeed = 20'260'303;
constexpr std::size_t kLands = 6;
// Classes by land width; a query meets the bullets of its class, as the class filter has it.
constexpr std::array<double, 3> kClassWidthUm = {1'400.0, 1'700.0, 1'950.0};
constexpr std::uint32_t kQueriesPerClass = 36;
constexpr std::uint32_t kCandidatesPerClass = 72;  // The queries' own barrels among them.
constexpr double kFragmentShare = 0.5;

struct Score {
  double coarse = 0.0;
  double agreement = 0.0;
  double full = 0.0;
  bool same = false;
};
// [mode][both ends][lands - 1].
using Scores = std::array<std::array<std::array<std::vector<Score>, kLands>, 2>, 2>;

BulletSignature Bullet(double width_um, std::uint32_t barrel, std::uint32_t shot) {
  return GenerateBulletSignature({.seed = kSeed + static_cast<std::uint64_t>(width_um),
                                  .barrel = barrel,
                                  .land_width_um = width_um},
                                 shot);
}

// The middle half of every land, with no edge to go by.
BulletSignature Fragment(BulletSignature bullet) {
  for (auto& land : bullet.lands) {
    const std::size_t kept =
        static_cast<std::size_t>(kFragmentShare * static_cast<double>(land->height_nm.size()));
    const auto begin =
        land->height_nm.begin() + static_cast<std::ptrdiff_t>((land->height_nm.size() - kept) / 2);
    land->height_nm = std::vector<std::int16_t>(begin, begin + static_cast<std::ptrdiff_t>(kept));
    land->set(LandFlag::kLeftShoulderAssumed);
    land->set(LandFlag::kRightShoulderAssumed);
  }
  return bullet;
}

// [turned][query land][candidate land].
using LandTable = std::array<std::array<std::array<std::optional<double>, kLands>, kLands>, 2>;
struct LandScores {
  LandTable full;
  LandTable agreement;
};

LandScores CompareAllLands(const PreparedBullet& query, const PreparedBullet& candidate) {
  LandScores scores;
  for (const bool turned : {false, true}) {
    for (std::size_t i = 0; i < kLands; ++i) {
      for (std::size_t j = 0; j < kLands; ++j) {
        const auto pair =
            CompareLands(*query.lands[i], turned, *candidate.lands[j], LandComparisonOptions{});
        if (!pair.ok()) continue;
        scores.full[turned ? 1 : 0][i][j] = pair->score;
        scores.agreement[turned ? 1 : 0][i][j] = std::clamp(pair->agreement, 0.0, 1.0);
      }
    }
  }
  return scores;
}

// The bullets' score had only the query's first `lands` been there.
double BulletScore(const LandTable& scores, std::size_t lands, bool both_ends) {
  double best = 0.0;
  for (const bool turned : {false, true}) {
    for (const bool order_reversed : {false, true}) {
      if ((turned || order_reversed) && !both_ends) continue;
      for (std::size_t p = 0; p < kLands; ++p) {
        double sum = 0.0;
        double pairs = 0.0;
        for (std::size_t i = 0; i < lands; ++i) {
          const std::size_t j = order_reversed ? (p + kLands - i) % kLands : (i + p) % kLands;
          const auto& score = scores[turned ? 1 : 0][i][j];
          if (!score) continue;
          sum += *score;
          pairs += 1.0;
        }
        if (2.0 * pairs >= static_cast<double>(lands)) best = std::max(best, sum / pairs);
      }
    }
  }
  return best;
}

// One query against its class, in every variant.
void Measure(double width_um, std::uint32_t barrel, Scores& scores) {
  const BulletSignature whole = Bullet(width_um, barrel, 1);
  const BulletSignature fragment = Fragment(whole);
  std::array<PreparedBullet, 2> prepared = {*PrepareBullet(whole), *PrepareBullet(fragment)};
  for (std::uint32_t other = 0; other < kCandidatesPerClass; ++other) {
    const BulletSignature candidate = Bullet(width_um, other, 0);
    const PreparedBullet ready = *PrepareBullet(candidate);
    BulletSegment segment(BulletSegment::KindOf(candidate));
    PM_CHECK(segment.Append("x", 0, candidate, nullptr));
    for (const bool is_fragment : {false, true}) {
      const LandScores found = CompareAllLands(prepared[is_fragment ? 1 : 0], ready);
      for (std::size_t lands = 1; lands <= kLands; ++lands) {
        for (const bool both_ends : {false, true}) {
          BulletSignature query = is_fragment ? fragment : whole;
          for (std::size_t i = lands; i < kLands; ++i) query.lands[i].reset();
          if (both_ends) query.lands[0]->set(LandFlag::kHeelUncertain);
          const CoarseQuery coarse(query, FastestDotKernel());
          for (const CoarseMode mode : {CoarseMode::kWholeLand, CoarseMode::kOverlap}) {
            if (is_fragment && mode == CoarseMode::kWholeLand) continue;
            float score = 0.0F;
            const std::uint8_t wanted = 1;
            coarse.Score(segment, {&wanted, 1}, mode, {&score, 1});
            scores[mode == CoarseMode::kOverlap ? 1 : 0][both_ends ? 1 : 0][lands - 1].push_back(
                {score, BulletScore(found.agreement, lands, both_ends),
                 BulletScore(found.full, lands, both_ends), other == barrel});
          }
        }
      }
    }
  }
}

// `cheap`: the score the model is of.
StopModel Fit(std::vector<Score> scores, double Score::*cheap) {
  // The range in which a stop can fall: what is coarsely better is refined in any case.
  std::vector<double> different;
  for (const Score& s : scores) {
    if (!s.same) different.push_back(s.*cheap);
  }
  std::sort(different.begin(), different.end());
  const double coarse_max = different[different.size() * 999 / 1000];
  std::erase_if(scores, [&](const Score& s) { return s.*cheap > coarse_max; });

  double n = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
  for (const Score& s : scores) {
    n += 1.0;
    sx += s.*cheap;
    sy += s.full;
    sxx += s.*cheap * s.*cheap;
    sxy += s.*cheap * s.full;
  }
  StopModel model;
  model.slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
  model.offset = (sy - model.slope * sx) / n;
  std::vector<double> rest;
  for (const Score& s : scores) rest.push_back(s.full - model.offset - model.slope * s.*cheap);
  std::sort(rest.begin(), rest.end());
  const std::size_t at = rest.size() * 99 / 100;
  model.rest_99 = rest[at];
  double excess = 0.0;
  for (std::size_t i = at; i < rest.size(); ++i) excess += rest[i] - model.rest_99;
  model.rest_scale = excess / static_cast<double>(rest.size() - at);
  model.pairs = static_cast<std::int64_t>(scores.size());
  return model;
}

void WriteModels(const char* name, const char* of, const Scores& scores, double Score::*cheap) {
  absl::PrintF("const StopModels %s = {{\n", name);
  for (std::size_t mode = 0; mode < 2; ++mode) {
    absl::PrintF("    {{\n");
    for (std::size_t ends = 0; ends < 2; ++ends) {
      absl::PrintF("        {{\n");
      for (std::size_t lands = 0; lands < kLands; ++lands) {
        const StopModel model = Fit(scores[mode][ends][lands], cheap);
        absl::PrintF("            {%.5f, %.5f, %.5f, %.5f, %d},\n", model.offset, model.slope,
                     model.rest_99, model.rest_scale, model.pairs);
        absl::FPrintF(stderr,
                      "%s, %s, %s, %d lands: full = %.3f + %.3f cheap, rest 99 %% %.3f, 99.99 %% "
                      "%.3f, %d pairs\n",
                      of, mode == 0 ? "whole" : "overlap", ends == 0 ? "one end " : "both ends",
                      lands + 1, model.offset, model.slope, model.rest_99,
                      model.UpperBound(0.0) - model.offset, model.pairs);
      }
      absl::PrintF("        }},\n");
    }
    absl::PrintF("    }},\n");
  }
  absl::PrintF("}};\n\n");
}

void Write(const Scores& scores) {
  absl::PrintF(
      "// SPDX-License-Identifier: Apache-2.0\n"
      "// Written by calibrate_stop.cc; do not edit.\n"
      "#include \"forensics/search/certified_stop_data.h\"\n\nnamespace proofmark::forensics "
      "{\n\n");
  WriteModels("kStopModels", "coarse", scores, &Score::coarse);
  WriteModels("kScreenModels", "agreement", scores, &Score::agreement);
  absl::PrintF("}  // namespace proofmark::forensics\n");
}

void Run() {
  constexpr std::int64_t kTasks = kClassWidthUm.size() * kQueriesPerClass;
  std::vector<Scores> found(kTasks);
  base::ForAll(kTasks, [&](std::int64_t task) {
    const std::size_t i = static_cast<std::size_t>(task);
    Measure(kClassWidthUm[i % kClassWidthUm.size()],
            static_cast<std::uint32_t>(i / kClassWidthUm.size()), found[i]);
  });
  Scores all;  // In order of the tasks.
  for (const Scores& scores : found) {
    for (std::size_t mode = 0; mode < 2; ++mode) {
      for (std::size_t ends = 0; ends < 2; ++ends) {
        for (std::size_t lands = 0; lands < kLands; ++lands) {
          const auto& from = scores[mode][ends][lands];
          all[mode][ends][lands].insert(all[mode][ends][lands].end(), from.begin(), from.end());
        }
      }
    }
  }
  Write(all);
}

}  // namespace
}  // namespace proofmark::forensics

int main() {
  proofmark::forensics::Run();
  return EXIT_SUCCESS;
}
