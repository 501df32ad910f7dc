// SPDX-License-Identifier: Apache-2.0
// Measures what the coarse scores of two breech faces say about their full comparison, on generated
// cases of known truth, and writes case_stop_data.cc to standard output and every pair, as
// comma-separated values, to standard error. The same on every machine.
//   proofmark_calibrate_case_stop > forensics/cartridge/case_stop_data.cc 2> pairs.csv
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "forensics/cartridge/case_comparison.h"
#include "forensics/cartridge/case_stop_data.h"
#include "forensics/impressed/coarse_impression.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/synthetic/impressed_process.h"

namespace proofmark::forensics {
namespace {

constexpr std::uint64_t kSeed = 20'260'909;
constexpr std::uint32_t kSlides = 80;
constexpr std::uint32_t kShots = 3;  // The first is a record, the others ask.
constexpr std::uint32_t kOthersAsked = 24;
// Of four queries one is searched over the full circle too, which costs four times as much.
constexpr std::uint32_t kFullCircleEvery = 4;

struct Pair {
  TurnSearch turns = TurnSearch::kDirected;
  bool same = false;
  double b1 = 0.0;
  double b2 = 0.0;
  std::int64_t cmc = 0;
  double full = 0.0;
};

template <typename Body>
void ForAll(std::int64_t count, const Body& body) {
  std::atomic<std::int64_t> next{0};
  std::vector<std::jthread> workers;
  for (unsigned w = 0; w < std::max(1U, std::thread::hardware_concurrency()); ++w) {
    workers.emplace_back([&] {
      for (std::int64_t i = next++; i < count; i = next++) body(i);
    });
  }
}

// Slides of every quality, from marks that hardly reproduce to very good ones, so that pairs lie
// everywhere between chance and certainty.
CaseSignature Case(std::uint32_t slide, std::uint32_t shot) {
  const double quality = static_cast<double>(slide % 10) / 9.0;
  const HeightMap scan = GenerateBreechFaceScan({.seed = kSeed,
                                                 .slide = slide,
                                                 .line_share = 0.2 * (slide / 10 % 4),
                                                 .reproduction = 0.25 + 0.7 * quality},
                                                shot, {.pitch_um = 12.5});
  auto extraction = ExtractImpression(scan, {}, {});
  PM_CHECK(extraction.ok());
  return {.impressions = {std::move(extraction->signature)}, .aperture_shear = std::nullopt};
}

struct Record {
  CaseSignature signature;
  CoarseImpression b1, b2;
};

double CoarseScore(const ImpressionQuery& query, const CoarseImpression& record) {
  float score = 0.0F;
  ScoreCoarse(query, record.level, {&record.inverse_norm, 1}, {&score, 1});
  return score;
}

std::vector<Pair> Measure(std::uint32_t query_index, const std::vector<Record>& records,
                          TurnSearch turns) {
  const std::uint32_t slide = query_index % kSlides;
  const CaseSignature query = Case(slide, 1 + query_index / kSlides);
  const CaseComparisonOptions options{.full_circle = turns == TurnSearch::kFullCircle};
  const ImpressionQuery b1 = *ImpressionQuery::Make(query.impressions[0], CoarseGrid::kB1, turns);
  const ImpressionQuery b2 = *ImpressionQuery::Make(query.impressions[0], CoarseGrid::kB2, turns);
  std::vector<Pair> pairs;
  for (std::uint32_t i = 0; i <= kOthersAsked; ++i) {
    const std::uint32_t other = (slide + i * 3) % kSlides;
    const Record& record = records[other];
    const std::vector<const CaseSignature*> both = {&query, &record.signature};
    const auto prepared = PrepareCase(query, both, options);
    const auto candidate = PrepareCase(record.signature, both, options);
    PM_CHECK(prepared.ok() && candidate.ok());
    const auto full = CompareCases(*prepared, *candidate, options);
    if (!full.ok()) continue;
    pairs.push_back({.turns = turns,
                     .same = other == slide,
                     .b1 = CoarseScore(b1, record.b1),
                     .b2 = CoarseScore(b2, record.b2),
                     .cmc = full->Find(ImpressedRegion::kBreechFace)->impressed()->cmc,
                     .full = full->score});
  }
  return pairs;
}

std::vector<Pair> MeasureAll() {
  std::vector<Record> records(kSlides);
  ForAll(kSlides, [&](std::int64_t slide) {
    Record& record = records[static_cast<std::size_t>(slide)];
    record.signature = Case(static_cast<std::uint32_t>(slide), 0);
    record.b1 = *MakeCoarseImpression(record.signature.impressions[0], CoarseGrid::kB1);
    record.b2 = *MakeCoarseImpression(record.signature.impressions[0], CoarseGrid::kB2);
  });
  constexpr std::int64_t kQueries = kSlides * (kShots - 1);
  std::vector<std::vector<Pair>> found(kQueries);
  ForAll(kQueries, [&](std::int64_t task) {
    const auto query = static_cast<std::uint32_t>(task);
    std::vector<Pair>& pairs = found[static_cast<std::size_t>(task)];
    pairs = Measure(query, records, TurnSearch::kDirected);
    if (query % kFullCircleEvery != 0) return;
    for (const Pair& pair : Measure(query, records, TurnSearch::kFullCircle)) {
      pairs.push_back(pair);
    }
  });
  std::vector<Pair> all;
  for (const std::vector<Pair>& pairs : found) all.insert(all.end(), pairs.begin(), pairs.end());
  return all;
}

void PrintPairs(const std::vector<Pair>& pairs) {
  absl::FPrintF(stderr, "full_circle,same,b1,b2,cmc,full\n");
  for (const Pair& pair : pairs) {
    absl::FPrintF(stderr, "%d,%d,%.4f,%.4f,%d,%.4f\n", pair.turns == TurnSearch::kFullCircle,
                  pair.same, pair.b1, pair.b2, pair.cmc, pair.full);
  }
}

// full = offset + slope * coarse + rest, as StopModel has it, over the range in which a stop can
// fall: what is coarsely better than nearly all of different sources is refined in any case.
StopModel Fit(const std::vector<Pair>& pairs, TurnSearch turns, double Pair::*coarse) {
  std::vector<double> different;
  for (const Pair& pair : pairs) {
    if (pair.turns == turns && !pair.same) different.push_back(pair.*coarse);
  }
  std::sort(different.begin(), different.end());
  const double coarse_max = different[different.size() * 999 / 1'000];
  std::vector<const Pair*> kept;
  double n = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
  for (const Pair& pair : pairs) {
    if (pair.turns != turns || pair.*coarse > coarse_max) continue;
    kept.push_back(&pair);
    const double x = pair.*coarse;
    n += 1.0;
    sx += x;
    sy += pair.full;
    sxx += x * x;
    sxy += x * pair.full;
  }
  StopModel model;
  model.slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
  model.offset = (sy - model.slope * sx) / n;
  std::vector<double> rest;
  for (const Pair* pair : kept) {
    rest.push_back(pair->full - model.offset - model.slope * (pair->*coarse));
  }
  std::sort(rest.begin(), rest.end());
  const std::size_t at = rest.size() * 99 / 100;
  model.rest_99 = rest[at];
  double excess = 0.0;
  for (std::size_t i = at; i < rest.size(); ++i) excess += rest[i] - model.rest_99;
  model.rest_scale = excess / static_cast<double>(rest.size() - at);
  model.pairs = static_cast<std::int64_t>(kept.size());
  return model;
}

void WriteModel(const char* name, const StopModel& model) {
  absl::PrintF("    .%s = {%.5f, %.5f, %.5f, %.5f, %d},\n", name, model.offset, model.slope,
               model.rest_99, model.rest_scale, model.pairs);
}

void Write(const std::vector<Pair>& pairs) {
  absl::PrintF(
      "// SPDX-License-Identifier: Apache-2.0\n"
      "// Written by calibrate_case_stop.cc; do not edit.\n"
      "#include \"forensics/cartridge/case_stop_data.h\"\n\nnamespace proofmark::forensics {\n\n");
  for (const TurnSearch turns : {TurnSearch::kDirected, TurnSearch::kFullCircle}) {
    absl::PrintF("const CaseStopModels %s = {\n",
                 turns == TurnSearch::kDirected ? "kDirectedStopModels" : "kFullCircleStopModels");
    WriteModel("b1", Fit(pairs, turns, &Pair::b1));
    WriteModel("b2", Fit(pairs, turns, &Pair::b2));
    absl::PrintF("};\n");
  }
  absl::PrintF("\n}  // namespace proofmark::forensics\n");
}

}  // namespace
}  // namespace proofmark::forensics

int main() {
  const auto pairs = proofmark::forensics::MeasureAll();
  proofmark::forensics::PrintPairs(pairs);
  proofmark::forensics::Write(pairs);
  return 0;
}
