// SPDX-License-Identifier: Apache-2.0
// How good and how quick the comparison of breech faces is on the shared scans: counts of congruent
// matching cells for every pair of each study beside those published for the same pairs, and
// processor time of extraction and comparison beside the bare byte dot product of the same run.
//   impressed_bench                      every study
//   impressed_bench PREFIX [--pairs]     one, all pairs
//   impressed_bench --speed | --coarse   what it costs; the coarse records
//   impressed_bench --hard               parts of marks, and marks of which little was kept
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/for_all.h"
#include "forensics/impressed/coarse_impression.h"
#include "forensics/impressed/impressed_comparison.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/impressed/region_mask.h"
#include "forensics/synthetic/impressed_process.h"
#include "forensics/x3p/x3p.h"
#include "tests/bench/measure.h"
#include "tests/bench/roc.h"
#include "tests/support/shared_data.h"

namespace proofmark {
namespace {

using forensics::ImpressedComparison;
using forensics::PreparedImpression;
using forensics::TurnSearch;

double CpuMillis() { return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::vector<std::string> Fields(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back().push_back(c);
    }
  }
  return fields;
}

struct Case {
  std::string file, firearm, specimen;
  forensics::ImpressedSignature signature;
  forensics::HeightMap scan;  // What the signature was taken of, and where its middle lies there.
  double centre_x_um = 0.0, centre_y_um = 0.0;
  double read_ms = 0.0, extract_ms = 0.0;
};

std::vector<Case> LoadCases(const std::string& prefix, bool verbose = false,
                            std::size_t most = 1'000) {
  std::vector<Case> cases;
  std::istringstream manifest(testing::ReadFileOrFail(testing::SharedDir() / "data/manifest.csv"));
  for (std::string line; cases.size() < most && std::getline(manifest, line);) {
    const std::vector<std::string> fields = Fields(line);
    if (fields.size() < 5 || fields[0].rfind(prefix, 0) != 0) continue;
    Case one{.file = fields[0],
             .firearm = fields[3],
             .specimen = fields[4],
             .signature = {},
             .scan = {}};
    const std::string file = testing::ReadFileOrFail(testing::SharedDir() / "data" / one.file);
    const double start = CpuMillis();
    const auto scan = forensics::ReadX3p(base::AsBytes(file));
    if (!scan.ok()) {
      std::printf("%s: %s\n", one.file.c_str(), scan.status().ToString().c_str());
      continue;
    }
    const double read = CpuMillis();
    const auto mask = forensics::RegionMask(*scan, forensics::ImpressedRegion::kBreechFace);
    const auto out = forensics::ExtractImpression(scan->map, mask, {});
    one.read_ms = read - start;
    one.extract_ms = CpuMillis() - read;
    if (!out.ok()) {
      std::printf("%s: %s\n", one.file.c_str(), out.status().ToString().c_str());
      continue;
    }
    one.signature = out->signature;
    one.scan = scan->map;
    for (std::size_t i = 0; i < mask.size(); ++i) {
      if (mask[i] == 0) one.scan.height_um[i] = forensics::kNotMeasured;
    }
    one.centre_x_um = out->trace.centre_x_um;
    one.centre_y_um = out->trace.centre_y_um;
    const forensics::ImpressedQuality& quality = one.signature.quality;
    if (verbose) {
      std::printf("%s flags %x area %.2f mm2 rms %.2f um missing %.3f circles %.0f %.0f um\n",
                  one.file.c_str(), one.signature.flags, quality.valid_area_mm2, quality.rms_um,
                  quality.missing_share, quality.outer_radius_um, quality.inner_radius_um);
    }
    cases.push_back(std::move(one));
  }
  return cases;
}

struct Counts {
  std::vector<double> same, different;

  // Song's ratio of variation between and within, and the extremes.
  void Print(const char* name) const {
    if (same.size() < 2 || different.size() < 2) return;
    const auto mean = [](const std::vector<double>& v) {
      double sum = 0.0;
      for (const double x : v) sum += x;
      return sum / static_cast<double>(v.size());
    };
    const auto variance = [&](const std::vector<double>& v) {
      double sum = 0.0;
      for (const double x : v) sum += (x - mean(v)) * (x - mean(v));
      return sum / static_cast<double>(v.size() - 1);
    };
    std::vector<double> all = same;
    all.insert(all.end(), different.begin(), different.end());
    const double ms = mean(same), md = mean(different), ma = mean(all);
    const double ratio =
        ((ms - ma) * (ms - ma) + (md - ma) * (md - ma)) / (variance(same) + variance(different));
    std::printf(
        "%-22s %4zu same min %4.0f mean %5.1f | %4zu different max %4.0f mean %5.2f | VR %5.1f\n",
        name, same.size(), *std::min_element(same.begin(), same.end()), ms, different.size(),
        *std::max_element(different.begin(), different.end()), md, ratio);
  }
  void Add(bool is_same, double value) { (is_same ? same : different).push_back(value); }
};

std::map<std::pair<std::string, std::string>, double> Published() {
  std::map<std::pair<std::string, std::string>, double> out;
  std::istringstream file(
      testing::ReadFileOrFail(testing::SharedDir() / "data/truth/nist_cmc.csv"));
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> f = Fields(line);
    if (f.size() < 5 || f[0] == "specimen1") continue;
    out[{f[0], f[1]}] = out[{f[1], f[0]}] = std::atof(f[4].c_str());
  }
  return out;
}

std::vector<PreparedImpression> Prepare(const std::vector<Case>& cases,
                                        forensics::TurnSearch turns) {
  std::vector<PreparedImpression> prepared;
  for (const Case& one : cases) {
    auto p = forensics::PrepareImpression(one.signature, turns);
    if (!p.ok()) std::printf("%s: %s\n", one.file.c_str(), p.status().ToString().c_str());
    prepared.push_back(*p);
  }
  return prepared;
}

void CompareStudy(const std::string& prefix, forensics::TurnSearch turns, bool print_pairs) {
  const std::vector<Case> cases = LoadCases(prefix, print_pairs);
  double read = 0.0, extract = 0.0;
  for (const Case& one : cases) read += one.read_ms, extract += one.extract_ms;
  double start = CpuMillis();
  const std::vector<PreparedImpression> prepared = Prepare(cases, turns);
  const double prepare = CpuMillis() - start;
  const auto published = Published();
  Counts original, high, chosen, nist, correlation, score;
  start = CpuMillis();
  double eligible = 0.0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    for (std::size_t j = i + 1; j < cases.size(); ++j) {
      const auto c = forensics::CompareImpressions(prepared[i], prepared[j], {.turns = turns});
      if (!c.ok()) std::printf("%s\n", c.status().ToString().c_str());
      const bool same = cases[i].firearm == cases[j].firearm;
      original.Add(same, static_cast<double>(c->cmc_original));
      high.Add(same, static_cast<double>(c->cmc_high));
      chosen.Add(same, static_cast<double>(c->cmc));
      correlation.Add(same, 1000.0 * c->features.image_correlation);
      score.Add(same, 1000.0 * c->score);
      eligible += static_cast<double>(c->cells_eligible);
      const auto known = published.find({cases[i].specimen, cases[j].specimen});
      if (known != published.end()) nist.Add(same, known->second);
      const double theirs = known != published.end() ? known->second : -1.0;
      if (print_pairs) {
        std::printf(
            "%s %s same %d eligible %ld original %ld high %ld cmc %ld published %.0f turn %.1f d "
            "%.0f %.0f ccf %.3f\n",
            cases[i].file.c_str(), cases[j].file.c_str(), same,
            static_cast<long>(c->cells_eligible), static_cast<long>(c->cmc_original),
            static_cast<long>(c->cmc_high), static_cast<long>(c->cmc), theirs, c->turn_degrees,
            c->dx_um, c->dy_um, c->features.image_correlation);
      }
    }
  }
  const auto n = static_cast<double>(cases.size());
  const double pairs = n * (n - 1.0) / 2.0;
  std::printf(
      "%s: %.0f cases, %.0f pairs, %.1f cells; CPU ms: read %.1f extract %.1f prepare %.2f "
      "compare %.2f\n",
      prefix.c_str(), n, pairs, eligible / pairs, read / n, extract / n, prepare / n,
      (CpuMillis() - start) / pairs);
  original.Print("original rule");
  high.Print("high rule");
  chosen.Print("larger of both");
  correlation.Print("image correlation e-3");
  score.Print("score e-3");
  if (!nist.same.empty()) nist.Print("published (NIST)");
}

// The quickest and the middle one of repeated runs: others share the processor.
template <typename Run>
std::pair<double, double> Repeat(int count, Run run) {
  std::vector<double> ms;
  for (int i = 0; i < count; ++i) {
    const double start = CpuMillis();
    run();
    ms.push_back(CpuMillis() - start);
  }
  std::sort(ms.begin(), ms.end());
  return {ms.front(), ms[ms.size() / 2]};
}

void PrintSpeed() {
  const std::vector<Case> cases = LoadCases("cartridges/fadul/Fadul-", false, 3);
  if (cases.size() < 3) return;
  const double peak = bench::PeakGigaMacs();
  std::printf("bare byte dot product: %.0f G multiply-adds/s; %.1f ms extraction\n", peak,
              cases[0].extract_ms);
  for (const TurnSearch turns : {TurnSearch::kDirected, TurnSearch::kFullCircle}) {
    const int turn_count = turns == TurnSearch::kDirected ? 21 : 120;
    const auto prepare = Repeat(
        9, [&] { static_cast<void>(forensics::PrepareImpression(cases[0].signature, turns)); });
    const auto a = forensics::PrepareImpression(cases[0].signature, turns);
    for (const std::size_t other : {std::size_t{1}, std::size_t{2}}) {
      const auto b = forensics::PrepareImpression(cases[other].signature, turns);
      forensics::ImpressedComparison last;
      const auto compare = Repeat(turns == TurnSearch::kDirected ? 21 : 9, [&] {
        last = *forensics::CompareImpressions(*a, *b, {.turns = turns});
      });
      double measured = 0.0;
      for (const auto& direction : last.directions) {
        for (const auto& cell : direction.cells) measured += 256.0 * cell.valid_share;
      }
      const double macs = measured * 31.0 * 31.0 * 6.0 * turn_count;
      std::printf(
          "%d turns, cmc %2ld: prepare %.1f (median %.1f) ms, compare %.1f (%.1f) ms; "
          "%.2f G multiply-adds without pruning, %.0f %% of the bare product\n",
          turn_count, static_cast<long>(last.cmc), prepare.first, prepare.second, compare.first,
          compare.second, macs * 1e-9,
          peak > 0.0 ? 100.0 * macs * 1e-6 / compare.first / peak : 0.0);
      const double limit_ms = turns == TurnSearch::kDirected ? 30.0 : 200.0;
      char what[96], figure[32], limit[32];
      std::snprintf(what, sizeof what, "breech-face pair, both directions, %s, %s source",
                    turns == TurnSearch::kDirected ? "+-30 degrees" : "full circle",
                    other == 1 ? "same" : "different");
      std::snprintf(figure, sizeof figure, "%.1f ms", compare.first);
      std::snprintf(limit, sizeof limit, "%.0f ms", limit_ms);
      bench::PrintRow(what, figure, limit, compare.first / limit_ms);
    }
  }
  for (const auto grid : {forensics::CoarseGrid::kB1, forensics::CoarseGrid::kB2}) {
    constexpr std::size_t kRecords = 1024;
    const auto query =
        forensics::ImpressionQuery::Make(cases[0].signature, grid, TurnSearch::kDirected);
    const auto record = forensics::MakeCoarseImpression(cases[1].signature, grid);
    std::vector<std::uint8_t> levels;
    for (std::size_t i = 0; i < kRecords; ++i) {
      levels.insert(levels.end(), record->level.begin(), record->level.end());
    }
    const std::vector<float> norms(kRecords, record->inverse_norm);
    std::vector<float> scores(kRecords);
    const auto times = Repeat(7, [&] { forensics::ScoreCoarse(*query, levels, norms, scores); });
    const double macs = static_cast<double>(query->rows()) *
                        static_cast<double>(forensics::CoarseBytes(grid)) * kRecords;
    std::printf(
        "B%d: %ld rows x %ld bytes, %.1f us a record, %.0f G multiply-adds/s, %.0f %% of "
        "the bare product; score %.3f\n",
        static_cast<int>(grid), static_cast<long>(query->rows()),
        static_cast<long>(forensics::CoarseBytes(grid)), 1e3 * times.first / kRecords,
        macs * 1e-6 / times.first, peak > 0.0 ? 100.0 * macs * 1e-6 / times.first / peak : 0.0,
        static_cast<double>(scores[0]));
  }
}

// Mean correlation of the relief with itself moved by `lag` samples along x or y.
double Autocorrelation(const forensics::ImpressedSignature& signature, std::int64_t lag) {
  double sum = 0.0, square = 0.0;
  for (std::int64_t y = 0; y + lag < signature.height; ++y) {
    for (std::int64_t x = 0; x + lag < signature.width; ++x) {
      const auto at = [&](std::int64_t i, std::int64_t j) {
        return signature.relief[static_cast<std::size_t>(j * signature.width + i)];
      };
      const std::int8_t here = at(x, y), right = at(x + lag, y), below = at(x, y + lag);
      if (here == forensics::kReliefNotMeasured || right == forensics::kReliefNotMeasured ||
          below == forensics::kReliefNotMeasured) {
        continue;
      }
      sum += 0.5 * here * (right + below);
      square += here * here;
    }
  }
  return square > 0.0 ? sum / square : 0.0;
}

// The scan with `share` of its ring only, extracted as any other: where the whole had its middle is
// not told. nullopt where too little of it is left.
std::optional<forensics::ImpressedSignature> PartOf(const Case& whole, double share,
                                                    std::uint32_t seed) {
  if (share >= 1.0) return whole.signature;
  const double from = 6.283185307 * static_cast<double>(std::mt19937(seed)() >> 8U) / 16'777'216.0;
  forensics::HeightMap part = whole.scan;
  for (std::int64_t y = 0; y < part.height; ++y) {
    for (std::int64_t x = 0; x < part.width; ++x) {
      const double turn = std::atan2(static_cast<double>(y) * part.pitch_y_um - whole.centre_y_um,
                                     static_cast<double>(x) * part.pitch_x_um - whole.centre_x_um) -
                          from;
      if (turn / 6.283185307 - std::floor(turn / 6.283185307) > share) {
        part.at(x, y) = forensics::kNotMeasured;
      }
    }
  }
  auto out = forensics::ExtractImpression(part, {}, {});
  if (!out.ok()) return std::nullopt;
  return std::move(out->signature);
}

// Coarse scores of all pairs: how many cases find all of their source first, how many of other
// sources stand above a true pair, and how the relief agrees with itself at the grids' steps. Asked
// with `share` of a mark's ring.
void RankCoarsely(const std::string& name, const std::vector<Case>& cases, double share = 1.0) {
  std::printf("%s, %zu cases; the relief with itself at 25, 50, 100, 200 um:", name.c_str(),
              cases.size());
  for (const std::int64_t lag : {2, 4, 8, 16}) {
    double sum = 0.0;
    for (const Case& one : cases) sum += Autocorrelation(one.signature, lag);
    std::printf(" %.3f", sum / static_cast<double>(cases.size()));
  }
  std::printf("\n");
  for (const auto grid : {forensics::CoarseGrid::kB1, forensics::CoarseGrid::kB2}) {
    std::vector<std::uint8_t> levels;
    std::vector<float> norms;
    for (const Case& one : cases) {
      const auto record = forensics::MakeCoarseImpression(one.signature, grid);
      levels.insert(levels.end(), record->level.begin(), record->level.end());
      norms.push_back(record->inverse_norm);
    }
    std::vector<double> same, different;
    std::int64_t first = 0, asked = 0, above_most = 0;
    for (std::size_t q = 0; q < cases.size(); ++q) {
      const auto part = PartOf(cases[q], share, 100 + static_cast<std::uint32_t>(q));
      if (!part) continue;
      const auto query = forensics::ImpressionQuery::Make(*part, grid, TurnSearch::kDirected);
      std::vector<float> scores(cases.size());
      forensics::ScoreCoarse(*query, levels, norms, scores);
      float same_best = -1.0F, same_worst = 2.0F, different_best = -1.0F;
      for (std::size_t i = 0; i < cases.size(); ++i) {
        if (i == q) continue;
        const bool is_same = cases[i].firearm == cases[q].firearm;
        (is_same ? same : different).push_back(scores[i]);
        if (is_same) same_best = std::max(same_best, scores[i]);
        if (is_same) same_worst = std::min(same_worst, scores[i]);
        if (!is_same) different_best = std::max(different_best, scores[i]);
      }
      if (same_best < 0.0F) continue;
      ++asked;
      first += same_best > different_best ? 1 : 0;
      std::int64_t above = 0;
      for (std::size_t i = 0; i < cases.size(); ++i) {
        above += cases[i].firearm != cases[q].firearm && scores[i] > same_worst ? 1 : 0;
      }
      above_most = std::max(above_most, above);
    }
    std::sort(same.begin(), same.end());
    std::sort(different.begin(), different.end());
    if (same.empty() || different.empty()) continue;
    const auto share_above = [&](double quantile) {
      const double bound =
          different[static_cast<std::size_t>(quantile * static_cast<double>(different.size() - 1))];
      return 100.0 *
             static_cast<double>(same.end() - std::upper_bound(same.begin(), same.end(), bound)) /
             static_cast<double>(same.size());
    };
    std::printf(
        "  B%d: rank 1 for %ld of %ld; same %.3f / %.3f (least, median), different %.3f / %.3f / "
        "%.3f (median, 99 %%, most); other sources above a worst true pair: at most %ld; of "
        "same-source pairs %.1f %% stand above "
        "99 %% of the others, %.1f %% above all\n",
        static_cast<int>(grid), static_cast<long>(first), static_cast<long>(asked), same.front(),
        same[same.size() / 2], different[different.size() / 2],
        different[different.size() * 99 / 100], different.back(), static_cast<long>(above_most),
        share_above(0.99), share_above(1.0));
  }
}

std::vector<Case> GeneratedCases(double reproduction) {
  std::vector<Case> cases;
  for (std::uint32_t slide = 0; slide < 6; ++slide) {
    for (std::uint32_t shot = 0; shot < 3; ++shot) {
      const auto scan = forensics::GenerateBreechFaceScan(
          {.seed = 9, .slide = slide, .reproduction = reproduction}, shot, {.pitch_um = 12.5});
      auto out = forensics::ExtractImpression(scan, {}, {});
      if (!out.ok()) continue;
      cases.push_back({.file = {},
                       .firearm = std::to_string(slide),
                       .specimen = {},
                       .signature = std::move(out->signature)});
    }
  }
  return cases;
}

// How a mark is made harder to know again: `share` of its ring is kept, and noise of `noise` times
// its own rms, with the grain of a primer, is laid over it.
struct Hardship {
  double share = 1.0;
  double noise = 0.0;
};

forensics::ImpressedSignature WithNoise(forensics::ImpressedSignature signature, double times_rms,
                                        std::uint32_t seed) {
  const std::int64_t width = signature.width, height = signature.height;
  std::mt19937 random(seed);
  // White noise under (1 2 1) / 4 both ways, twice: it correlates over some 25 um.
  std::vector<double> noise(signature.relief.size());
  std::normal_distribution<double> normal;
  for (double& sample : noise) sample = normal(random);
  for (int pass = 0; pass < 2; ++pass) {
    for (const std::int64_t step : {std::int64_t{1}, width}) {
      const std::vector<double> before = noise;
      for (std::int64_t i = step; i + step < width * height; ++i) {
        const auto at = static_cast<std::size_t>(i), beside = static_cast<std::size_t>(step);
        noise[at] = 0.25 * (before[at - beside] + 2.0 * before[at] + before[at + beside]);
      }
    }
  }
  double square = 0.0;
  for (const double sample : noise) square += sample * sample;
  const double scale = times_rms * forensics::kReliefLevelsPerRms /
                       std::sqrt(square / static_cast<double>(noise.size()));
  for (std::size_t i = 0; i < noise.size(); ++i) {
    std::int8_t& level = signature.relief[i];
    if (level == forensics::kReliefNotMeasured) continue;
    const double sum = (level + scale * noise[i]) / std::sqrt(1.0 + times_rms * times_rms);
    level = static_cast<std::int8_t>(std::clamp(std::lround(sum), -127L, 127L));
  }
  return signature;
}

// Questioned marks made harder against known ones: what the published count, its share of the
// cells, the whole image and the score tell.
void CompareHard(const std::string& name, const std::vector<Case>& cases) {
  struct Row {
    const char* what;
    Hardship questioned, known;
  };
  const auto measure = [&](const Row& row) {
    const auto prepare = [&](const Hardship& hardship, std::uint32_t seed) {
      std::vector<std::optional<PreparedImpression>> prepared(cases.size());
      base::ForAll(static_cast<std::int64_t>(cases.size()), [&](std::int64_t i) {
        const auto at = static_cast<std::size_t>(i);
        const std::uint32_t own = seed + static_cast<std::uint32_t>(i);
        const auto part = PartOf(cases[at], hardship.share, own);
        if (!part) return;
        auto made = forensics::PrepareImpression(WithNoise(*part, hardship.noise, own),
                                                 TurnSearch::kDirected);
        if (made.ok()) prepared[at] = *std::move(made);
      });
      return prepared;
    };
    const auto questioned = prepare(row.questioned, 100), known = prepare(row.known, 900);
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      for (std::size_t j = i + 1; j < cases.size(); ++j) {
        if (questioned[i] && known[j]) pairs.emplace_back(i, j);
      }
    }
    using Scores = std::array<double, 4>;
    std::vector<Scores> scores(pairs.size());
    base::ForAll(static_cast<std::int64_t>(pairs.size()), [&](std::int64_t k) {
      const auto [i, j] = pairs[static_cast<std::size_t>(k)];
      const auto c = forensics::CompareImpressions(*questioned[i], *known[j], {});
      if (!c.ok()) return;
      const auto cmc = static_cast<double>(c->cmc);
      scores[static_cast<std::size_t>(k)] = {
          cmc, cmc / static_cast<double>(std::max<std::int64_t>(1, c->cells_eligible)),
          c->features.image_correlation, c->score};
    });
    std::printf("%-8s %-40s %4zu pairs", name.c_str(), row.what, pairs.size());
    for (std::size_t s = 0; s < Scores{}.size(); ++s) {
      std::vector<testing::ScoredPair> scored;
      for (std::size_t k = 0; k < pairs.size(); ++k) {
        const auto [i, j] = pairs[k];
        scored.push_back({.score = scores[k][s],
                          .same = cases[i].firearm == cases[j].firearm,
                          .left = {},
                          .right = {}});
      }
      const auto figures = testing::RocOf(scored, std::vector<double>(scored.size(), 1.0));
      std::printf("  %.3f / %.3f", figures.auc, figures.eer);
    }
    std::printf("\n");
  };
  for (const Row& row :
       {Row{"as they are", {}, {}}, Row{"a quarter of the ring, and all of it", {0.25, 0.0}, {}},
        Row{"an eighth, and all of it", {0.12, 0.0}, {}},
        Row{"a half, and another half", {0.5, 0.0}, {0.5, 0.0}},
        Row{"noise of 1 rms on both", {1.0, 1.0}, {1.0, 1.0}},
        Row{"noise of 1.4 rms on both", {1.0, 1.4}, {1.0, 1.4}},
        Row{"noise of 1.8 rms on both", {1.0, 1.8}, {1.0, 1.8}},
        Row{"a third under 1.2 rms, all under 1", {0.3, 1.2}, {1.0, 1.0}}}) {
    measure(row);
  }
}

void CompareHard() {
  std::printf("AUC / equal error rate: congruent cells, share of cells, whole image, score\n");
  CompareHard("Fadul", LoadCases("cartridges/fadul/Fadul-"));
  CompareHard("Weller", LoadCases("cartridges/weller/"));
}

void CompareCoarse() {
  RankCoarsely("Fadul", LoadCases("cartridges/fadul/"));
  RankCoarsely("Weller", LoadCases("cartridges/weller/"));
  for (const double share : {0.5, 0.25}) {
    const std::string asked = absl::StrFormat(", asked with %g of the ring", share);
    RankCoarsely("Fadul" + asked, LoadCases("cartridges/fadul/"), share);
    RankCoarsely("Weller" + asked, LoadCases("cartridges/weller/"), share);
  }
  RankCoarsely("generated, reproduction 0.9", GeneratedCases(0.9));
  RankCoarsely("generated, reproduction 0.6", GeneratedCases(0.6));
}

}  // namespace
}  // namespace proofmark

int main(int argc, char** argv) {
  using proofmark::forensics::TurnSearch;
  const bool pairs = argc > 2 && std::string(argv[2]) == "--pairs";
  const auto turns = argc > 3 ? TurnSearch::kFullCircle : TurnSearch::kDirected;
  if (argc > 1 && std::string(argv[1]) == "--speed") {
    proofmark::PrintSpeed();
    return 0;
  }
  if (argc > 1 && std::string(argv[1]) == "--hard") {
    proofmark::CompareHard();
    return 0;
  }
  if (argc > 1 && std::string(argv[1]) == "--coarse") {
    proofmark::CompareCoarse();
    return 0;
  }
  if (argc > 1) {
    proofmark::CompareStudy(argv[1], turns, pairs);
    return 0;
  }
  proofmark::CompareStudy("cartridges/fadul/", turns, false);
  proofmark::CompareStudy("cartridges/weller/", turns, false);
  return 0;
}
