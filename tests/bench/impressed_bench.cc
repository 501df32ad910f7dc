// SPDX-License-Identifier: Apache-2.0
// How good and how quick the comparison of breech faces is on the shared scans: counts of congruent
// matching cells for every pair of each study beside those published for the same pairs, and
// processor time of extraction and comparison beside the bare byte dot product of the same run.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "forensics/impressed/impressed_comparison.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/impressed/region_mask.h"
#include "forensics/x3p/x3p.h"
#include "tests/support/shared_data.h"

namespace proofmark {
namespace {

using forensics::ImpressedComparison;
using forensics::PreparedImpression;

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
  double read_ms = 0.0, extract_ms = 0.0;
};

std::vector<Case> LoadCases(const std::string& prefix) {
  std::vector<Case> cases;
  std::istringstream manifest(testing::ReadFileOrFail(testing::SharedDir() / "data/manifest.csv"));
  for (std::string line; std::getline(manifest, line);) {
    const std::vector<std::string> fields = Fields(line);
    if (fields.size() < 5 || fields[0].rfind(prefix, 0) != 0) continue;
    Case one{.file = fields[0], .firearm = fields[3], .specimen = fields[4], .signature = {}};
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
  const std::vector<Case> cases = LoadCases(prefix);
  double read = 0.0, extract = 0.0;
  for (const Case& one : cases) read += one.read_ms, extract += one.extract_ms;
  double start = CpuMillis();
  const std::vector<PreparedImpression> prepared = Prepare(cases, turns);
  const double prepare = CpuMillis() - start;
  const auto published = Published();
  Counts original, high, chosen, nist, correlation;
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
  if (!nist.same.empty()) nist.Print("published (NIST)");
}

}  // namespace
}  // namespace proofmark

int main(int argc, char** argv) {
  using proofmark::forensics::TurnSearch;
  const bool pairs = argc > 2 && std::string(argv[2]) == "--pairs";
  const auto turns = argc > 3 ? TurnSearch::kFullCircle : TurnSearch::kDirected;
  if (argc > 1) {
    proofmark::CompareStudy(argv[1], turns, pairs);
    return 0;
  }
  proofmark::CompareStudy("cartridges/fadul/", turns, false);
  proofmark::CompareStudy("cartridges/weller/", turns, false);
  return 0;
}
