// SPDX-License-Identifier: Apache-2.0
// Measures how the breech faces of one source score coarsely whose full comparison is reported, on
// generated cases, and writes case_stop_data.cc to standard output and every pair, as
// comma-separated values, to standard error. The same on every machine.
//   proofmark_calibrate_case_stop > forensics/cartridge/case_stop_data.cc 2> pairs.csv
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/for_all.h"
#include "forensics/cartridge/case_comparison.h"
#include "forensics/cartridge/case_evidence.h"
#include "forensics/cartridge/case_stop.h"
#include "forensics/impressed/coarse_impression.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/synthetic/impressed_process.h"

namespace proofmark::forensics {
namespace {

constexpr std::uint64_t kSeed = 20'260'909;
constexpr std::uint32_t kSlides = 130;
constexpr std::uint32_t kShots = 3;  // The first is a record, the others ask.

struct Pair {
  TurnSearch turns = TurnSearch::kDirected;
  bool reported = false;
  double b1 = 0.0;
  double b2 = 0.0;
  std::int64_t cmc = 0;
  double full = 0.0;
};

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

// Of one query and its slide's record.
std::vector<Pair> Measure(std::uint32_t query_index, const std::vector<Record>& records) {
  const std::uint32_t slide = query_index % kSlides;
  const CaseSignature query = Case(slide, 1 + query_index / kSlides);
  const Record& record = records[slide];
  std::vector<Pair> pairs;
  for (const TurnSearch turns : {TurnSearch::kDirected, TurnSearch::kFullCircle}) {
    const CaseComparisonOptions options{.full_circle = turns == TurnSearch::kFullCircle};
    const std::vector<const CaseSignature*> both = {&query, &record.signature};
    const auto prepared = PrepareCase(query, both, options);
    const auto candidate = PrepareCase(record.signature, both, options);
    PM_CHECK(prepared.ok() && candidate.ok());
    const auto full = CompareCases(*prepared, *candidate, options);
    if (!full.ok()) continue;
    const ImpressedSignature& face = query.impressions[0];
    pairs.push_back(
        {.turns = turns,
         .reported = EvaluateCases(*full).likelihood_ratio.level != Level::kNone,
         .b1 = CoarseScore(*ImpressionQuery::Make(face, CoarseGrid::kB1, turns), record.b1),
         .b2 = CoarseScore(*ImpressionQuery::Make(face, CoarseGrid::kB2, turns), record.b2),
         .cmc = full->Find(ImpressedRegion::kBreechFace)->impressed()->cmc,
         .full = full->score});
  }
  return pairs;
}

std::vector<Pair> MeasureAll() {
  std::vector<Record> records(kSlides);
  base::ForAll(kSlides, [&](std::int64_t slide) {
    Record& record = records[static_cast<std::size_t>(slide)];
    record.signature = Case(static_cast<std::uint32_t>(slide), 0);
    record.b1 = *MakeCoarseImpression(record.signature.impressions[0], CoarseGrid::kB1);
    record.b2 = *MakeCoarseImpression(record.signature.impressions[0], CoarseGrid::kB2);
  });
  constexpr std::int64_t kQueries = kSlides * (kShots - 1);
  std::vector<std::vector<Pair>> found(kQueries);
  base::ForAll(kQueries, [&](std::int64_t task) {
    found[static_cast<std::size_t>(task)] = Measure(static_cast<std::uint32_t>(task), records);
  });
  std::vector<Pair> all;
  for (const std::vector<Pair>& pairs : found) all.insert(all.end(), pairs.begin(), pairs.end());
  return all;
}

void PrintPairs(const std::vector<Pair>& pairs) {
  absl::FPrintF(stderr, "full_circle,reported,b1,b2,cmc,full\n");
  for (const Pair& pair : pairs) {
    absl::FPrintF(stderr, "%d,%d,%.4f,%.4f,%d,%.4f\n", pair.turns == TurnSearch::kFullCircle,
                  pair.reported, pair.b1, pair.b2, pair.cmc, pair.full);
  }
}

CaseStopModel Fit(const std::vector<Pair>& pairs, TurnSearch turns, double Pair::*coarse) {
  std::vector<double> scores;
  for (const Pair& pair : pairs) {
    if (pair.turns == turns && pair.reported) scores.push_back(pair.*coarse);
  }
  PM_CHECK(scores.size() > 100);
  std::sort(scores.begin(), scores.end());
  CaseStopModel model{.pairs = static_cast<std::int64_t>(scores.size())};
  for (std::size_t i = 0; i < kCaseStopShares.size(); ++i) {
    // The next lower one: the table must not say less than was seen.
    model.score[i] = scores[static_cast<std::size_t>(kCaseStopShares[i] *
                                                     static_cast<double>(scores.size() - 1))];
  }
  return model;
}

void WriteModel(const char* name, const CaseStopModel& model) {
  absl::PrintF("    .%s = {{", name);
  for (std::size_t i = 0; i < model.score.size(); ++i) {
    absl::PrintF("%s%.4f", i == 0 ? "" : ", ", model.score[i]);
  }
  absl::PrintF("}, %d},\n", model.pairs);
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
