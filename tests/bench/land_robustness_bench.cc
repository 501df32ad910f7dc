// SPDX-License-Identifier: Apache-2.0
// What is left of the answer when the shared scans come turned or mirrored, cut to a part, scarred,
// or with lands missing.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "forensics/striated/bullet_comparison.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/striated/orientation.h"
#include "forensics/striated/prepared_bullet.h"
#include "forensics/surface/resample.h"
#include "forensics/x3p/x3p.h"
#include "tests/bench/land_evaluation.h"
#include "tests/bench/roc.h"

namespace proofmark {
namespace {

using forensics::HeightMap;
using forensics::LandExtraction;
using forensics::LandFlag;
using forensics::LandSignature;
using forensics::PreparedLand;

struct Scan {
  std::string barrel, specimen, land_truth;
  HeightMap map;
  LandSignature signature;
  PreparedLand prepared;
};

std::vector<Scan> ReadScans() {
  std::vector<Scan> scans;
  for (const testing::CsvRow& row : testing::ReadSharedTable("data/manifest.csv")) {
    if (row.at("kind") != "bullet_lea") continue;
    const std::string file =
        testing::ReadFileOrFail(testing::SharedDir() / "data" / row.at("file"));
    absl::StatusOr<forensics::X3pScan> x3p = forensics::ReadX3p(base::AsBytes(file));
    if (!x3p.ok()) continue;
    const absl::StatusOr<LandExtraction> land = forensics::ExtractLand(x3p->map, {});
    if (!land.ok()) continue;
    scans.push_back({row.at("source_firearm"), row.at("specimen"), row.at("land_truth"),
                     std::move(x3p->map), land->signature,
                     *forensics::PrepareLand(land->signature)});
  }
  return scans;
}

HeightMap MirrorX(HeightMap map) {
  for (std::int64_t y = 0; y < map.height; ++y) {
    const auto row = map.height_um.begin() + y * map.width;
    std::reverse(row, row + map.width);
  }
  return map;
}

HeightMap Columns(const HeightMap& map, double from_share, double to_share) {
  const auto from = static_cast<std::int64_t>(from_share * static_cast<double>(map.width));
  const auto to = static_cast<std::int64_t>(to_share * static_cast<double>(map.width));
  HeightMap out = map;
  out.width = to - from;
  out.height_um.clear();
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = from; x < to; ++x) out.height_um.push_back(map.at(x, y));
  }
  return out;
}

// A scratch of `depth_um` at 45 degrees, 0.1 mm wide, every `apart_um`.
HeightMap Scratched(HeightMap map, double depth_um, double apart_um) {
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      const double along =
          static_cast<double>(x) * map.pitch_x_um + static_cast<double>(y) * map.pitch_y_um;
      const double place = std::fmod(along, apart_um) - 50.0;
      if (std::abs(place) < 50.0) {
        map.at(x, y) -= static_cast<float>(depth_um * (1.0 - std::abs(place) / 50.0));
      }
    }
  }
  return map;
}

double ScoreEitherWay(const PreparedLand& a, const PreparedLand& b) {
  double best = 0.0;
  for (const bool turned : {false, true}) {
    if (turned && !a.heel_uncertain && !b.heel_uncertain) continue;
    const auto result = forensics::CompareLands(a, turned, b, {});
    if (result.ok()) best = std::max(best, result->score);
  }
  return best;
}

void PrintOrientation(const std::vector<Scan>& scans) {
  struct Turn {
    const char* name;
    std::function<HeightMap(const HeightMap&)> of;
    bool reverses;  // x comes out end for end unless the method says otherwise.
  };
  const std::vector<Turn> turns = {
      {"90 degrees", [](const HeightMap& m) { return forensics::QuarterTurn(m); }, false},
      {"180 degrees", [](const HeightMap& m) { return forensics::HalfTurn(m); }, true},
      {"270 degrees",
       [](const HeightMap& m) { return forensics::HalfTurn(forensics::QuarterTurn(m)); }, false},
      {"mirrored in x", [](const HeightMap& m) { return MirrorX(m); }, true},
      {"mirrored in y", [](const HeightMap& m) { return forensics::HalfTurn(MirrorX(m)); }, false},
      {"transposed", [](const HeightMap& m) { return forensics::QuarterTurn(MirrorX(m)); }, false},
  };
  std::printf("%-16s %6s %9s %9s %9s %14s\n", "turned scans", "scans", "same bits", "flagged",
              "unflagged", "least score");
  for (const Turn& turn : turns) {
    std::int64_t same_bits = 0, flagged = 0, wrong = 0, count = 0;
    double least = 1.0;
    for (const Scan& scan : scans) {
      const auto land = forensics::ExtractLand(turn.of(scan.map), {});
      ++count;
      if (!land.ok()) {
        std::printf("%s land %s: %s\n", scan.specimen.c_str(), scan.land_truth.c_str(),
                    land.status().ToString().c_str());
        ++wrong;
        continue;
      }
      std::vector<std::int16_t> turned(land->signature.height_nm.rbegin(),
                                       land->signature.height_nm.rend());
      const bool as_it_was = land->signature.height_nm == scan.signature.height_nm;
      if (as_it_was || turned == scan.signature.height_nm) ++same_bits;
      const bool flag =
          land->signature.has(LandFlag::kHeelUncertain) || scan.prepared.heel_uncertain;
      if (flag) ++flagged;
      const double score = ScoreEitherWay(*forensics::PrepareLand(land->signature), scan.prepared);
      if (!flag && score < 0.9) ++wrong;
      least = std::min(least, score);
    }
    std::printf("%-16s %6lld %9lld %9lld %9lld %14.3f\n", turn.name, static_cast<long long>(count),
                static_cast<long long>(same_bits), static_cast<long long>(flagged),
                static_cast<long long>(wrong), least);
  }
}

// Changed scans against the whole ones of other bullets.
void PrintParts(const std::vector<Scan>& scans) {
  struct Part {
    const char* name;
    std::function<HeightMap(const HeightMap&)> of;
  };
  const std::vector<Part> parts = {
      {"whole", [](const HeightMap& m) { return m; }},
      {"left 60 %", [](const HeightMap& m) { return Columns(m, 0.0, 0.6); }},
      {"right 60 %", [](const HeightMap& m) { return Columns(m, 0.4, 1.0); }},
      {"middle 50 %", [](const HeightMap& m) { return Columns(m, 0.25, 0.75); }},
      {"scratches 2 um", [](const HeightMap& m) { return Scratched(m, 2.0, 500.0); }},
      {"scratches 10 um", [](const HeightMap& m) { return Scratched(m, 10.0, 500.0); }},
  };
  std::printf("%-16s %6s %8s %5s %6s %7s %7s\n", "changed scans", "usable", "damaged", "same",
              "diff.", "AUC", "EER");
  for (const Part& part : parts) {
    std::vector<testing::ScoredPair> scored;
    std::int64_t usable = 0, damaged = 0, same = 0;
    for (const Scan& scan : scans) {
      const auto land = forensics::ExtractLand(part.of(scan.map), {});
      if (!land.ok()) continue;
      ++usable;
      damaged += land->signature.has(LandFlag::kDamaged) ? 1 : 0;
      const PreparedLand prepared = *forensics::PrepareLand(land->signature);
      for (const Scan& other : scans) {
        if (other.specimen == scan.specimen) continue;
        const bool one_barrel = other.barrel == scan.barrel;
        if (one_barrel && (other.land_truth.empty() || scan.land_truth.empty())) continue;
        const bool is_same = one_barrel && other.land_truth == scan.land_truth;
        const auto result = forensics::CompareLands(prepared, false, other.prepared, {});
        scored.push_back({result.ok() ? result->score : 0.0, is_same, "", ""});
        same += is_same ? 1 : 0;
      }
    }
    const testing::RocFigures roc = testing::RocOf(scored);
    std::printf(
        "%-16s %6lld %8lld %5lld %6lld %7.4f %7.4f\n", part.name, static_cast<long long>(usable),
        static_cast<long long>(damaged), static_cast<long long>(same),
        static_cast<long long>(static_cast<std::int64_t>(scored.size()) - same), roc.auc, roc.eer);
  }
}

// Bullets of which only some lands in a row are left.
void PrintMissingLands(const std::vector<Scan>& scans) {
  std::map<std::string, std::vector<const Scan*>> bullets;
  for (const Scan& scan : scans) bullets[scan.specimen].push_back(&scan);
  std::printf("%-16s %9s %9s %9s %9s\n", "lands left", "same", "least", "different", "most");
  for (std::size_t left = 1; left <= 6; ++left) {
    double least = 1.0, most = 0.0;
    std::int64_t same = 0, different = 0;
    for (const auto& [name, query] : bullets) {
      for (const auto& [other_name, reference] : bullets) {
        if (name == other_name || query.size() != 6 || reference.size() != 6) continue;
        for (std::size_t first = 0; first < (left < 6 ? 6 : 1); ++first) {
          forensics::BulletSignature part, whole;
          for (std::size_t i = 0; i < 6; ++i) {
            whole.lands.emplace_back(reference[i]->signature);
            part.lands.emplace_back();
            if ((i + 6 - first) % 6 < left) part.lands.back() = query[i]->signature;
          }
          const auto result = forensics::CompareBullets(part, whole, {});
          if (!result.ok()) continue;
          if (query[0]->barrel == reference[0]->barrel) {
            ++same;
            least = std::min(least, result->score);
          } else {
            ++different;
            most = std::max(most, result->score);
          }
        }
      }
    }
    std::printf("%-16lld %9lld %9.3f %9lld %9.3f\n", static_cast<long long>(left),
                static_cast<long long>(same), least, static_cast<long long>(different), most);
  }
}

int Main() {
  const std::vector<Scan> scans = ReadScans();
  PrintOrientation(scans);
  PrintParts(scans);
  PrintMissingLands(scans);
  return 0;
}

}  // namespace
}  // namespace proofmark

int main() { return proofmark::Main(); }
