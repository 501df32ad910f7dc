// SPDX-License-Identifier: Apache-2.0
// How well lands and bullets of known barrels are told apart on the shared scans and profiles: area
// under the ROC and equal error rate a subset, with counts and a bootstrap interval over bullets,
// and every pair of bullets by score.
#include <array>
#include <cstdio>
#include <functional>
#include <optional>

#include "forensics/striated/bullet_comparison.h"
#include "forensics/striated/cmps.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/striated/prepared_bullet.h"
#include "forensics/striated/profile_csv.h"
#include "forensics/striated/published_pipeline.h"
#include "forensics/striated/striae_features.h"
#include "forensics/x3p/x3p.h"
#include "tests/bench/land_evaluation.h"
#include "tests/bench/logistic.h"
#include "tests/bench/roc.h"

namespace proofmark {
namespace {

using forensics::LandComparison;
using forensics::PreparedLand;
using testing::CsvRow;
using testing::ScoredPair;

constexpr std::int64_t kDraws = 1'000;

struct Land {
  std::string file;
  std::string study;
  std::string barrel;
  std::string specimen;  // With the instrument, where one bullet was measured twice.
  std::string bullet;    // Without.
  std::string land_truth;
  bool scan = false;
  forensics::LandSignature signature;
  PreparedLand prepared;
};

absl::StatusOr<forensics::LandExtraction> Extract(const CsvRow& row, bool scan) {
  const std::string file = testing::ReadFileOrFail(testing::SharedDir() / "data" / row.at("file"));
  if (scan) {
    const absl::StatusOr<forensics::X3pScan> map = forensics::ReadX3p(base::AsBytes(file));
    if (!map.ok()) return map.status();
    return forensics::ExtractLand(map->map, {});
  }
  const absl::StatusOr<forensics::CrosscutProfile> profile =
      forensics::ParseProfileCsv(base::AsBytes(file));
  if (!profile.ok()) return profile.status();
  return forensics::ExtractLandFromProfile(profile->x_um, profile->height_um, {});
}

// The end of a profile's file name, which tells the instrument.
std::string InstrumentOf(const std::string& file) {
  return file.substr(file.rfind('-') + 1, file.rfind('.') - file.rfind('-') - 1);
}

std::vector<Land> ReadLands() {
  std::vector<Land> lands;
  for (const CsvRow& row : testing::ReadSharedTable("data/manifest.csv")) {
    const bool scan = row.at("kind") == "bullet_lea";
    if (!scan && row.at("file").rfind("profiles/", 0) != 0) continue;
    const auto extraction = Extract(row, scan);
    if (!extraction.ok()) {
      std::printf("NOT USED %s: %s\n", row.at("file").c_str(),
                  extraction.status().ToString().c_str());
      continue;
    }
    Land land;
    land.file = row.at("file");
    land.study = row.at("study");
    land.barrel = row.at("source_firearm");
    land.bullet = row.at("specimen");
    land.specimen = scan ? land.bullet : land.bullet + "/" + InstrumentOf(row.at("file"));
    land.land_truth = row.at("land_truth");
    land.scan = scan;
    land.signature = extraction->signature;
    land.prepared = *forensics::PrepareLand(land.signature);
    lands.push_back(std::move(land));
  }
  return lands;
}

enum class Truth { kSame, kDifferent, kUndecided };

Truth TruthOf(const Land& a, const Land& b) {
  if (a.barrel != b.barrel) return Truth::kDifferent;
  if (a.land_truth.empty() || b.land_truth.empty()) return Truth::kUndecided;
  return a.land_truth == b.land_truth ? Truth::kSame : Truth::kDifferent;
}

struct LandPair {
  const Land* a = nullptr;
  const Land* b = nullptr;
  bool same = false;
  LandComparison as_stored;
  LandComparison either_way;  // The better of both directions where the heel is uncertain.
};

std::vector<LandPair> ComparePairs(const std::vector<Land>& lands) {
  std::vector<LandPair> pairs;
  for (std::size_t i = 0; i < lands.size(); ++i) {
    for (std::size_t j = i + 1; j < lands.size(); ++j) {
      const Land& a = lands[i];
      const Land& b = lands[j];
      if (a.bullet == b.bullet || a.scan != b.scan) continue;
      const Truth truth = TruthOf(a, b);
      if (truth == Truth::kUndecided) continue;
      LandPair pair{&a, &b, truth == Truth::kSame, {}, {}};
      const auto stored = forensics::CompareLands(a.prepared, false, b.prepared, {});
      if (stored.ok()) pair.as_stored = *stored;
      pair.either_way = pair.as_stored;
      if (a.prepared.heel_uncertain || b.prepared.heel_uncertain) {
        const auto turned = forensics::CompareLands(a.prepared, true, b.prepared, {});
        if (turned.ok() && turned->score > pair.either_way.score) pair.either_way = *turned;
      }
      pairs.push_back(pair);
    }
  }
  return pairs;
}

struct Feature {
  const char* name;
  std::function<double(const LandPair&)> of;
};

void PrintRoc(const char* subset, const char* feature, const std::vector<ScoredPair>& pairs) {
  const auto same = std::count_if(pairs.begin(), pairs.end(), [](const auto& p) { return p.same; });
  const auto different = static_cast<std::int64_t>(pairs.size()) - same;
  if (same == 0 || different == 0) return;
  const testing::RocFigures roc = testing::RocOf(pairs);
  const testing::RocInterval interval = testing::BootstrapRoc(pairs, kDraws, 1);
  std::printf("%-28s %-14s %4lld %5lld  %.4f [%.3f, %.3f]  %.4f [%.3f, %.3f]\n", subset, feature,
              static_cast<long long>(same), static_cast<long long>(different), roc.auc,
              interval.low.auc, interval.high.auc, roc.eer, interval.low.eer, interval.high.eer);
}

void PrintLandTable(const std::vector<LandPair>& pairs) {
  const auto both = [](const LandPair& p, const char* text) {
    return p.a->barrel.find(text) != std::string::npos &&
           p.b->barrel.find(text) != std::string::npos;
  };
  const std::vector<std::pair<const char*, std::function<bool(const LandPair&)>>> subsets = {
      {"scans, all", [](const LandPair& p) { return p.a->scan; }},
      {"scans, without Houston A",
       [&](const LandPair& p) { return p.a->scan && !both(p, "Houston-Barrel-A"); }},
      {"Hamby 44", [&](const LandPair& p) { return both(p, "Hamby"); }},
      {"Houston A (derived truth)", [&](const LandPair& p) { return both(p, "Houston-Barrel-A"); }},
      {"Houston A and B", [&](const LandPair& p) { return both(p, "Houston"); }},
      {"profiles, all", [](const LandPair& p) { return !p.a->scan; }},
      {"profiles, Pink", [&](const LandPair& p) { return both(p, "Pink"); }},
  };
  const std::vector<Feature> features = {
      {"ccf", [](const LandPair& p) { return p.as_stored.ccf; }},
      {"agreement", [](const LandPair& p) { return p.as_stored.agreement; }},
      {"cmps share", [](const LandPair& p) { return p.as_stored.cmps_share; }},
      {"score", [](const LandPair& p) { return p.as_stored.score; }},
      {"score, turned", [](const LandPair& p) { return p.either_way.score; }},
  };
  std::printf("%-28s %-14s %4s %5s  %-22s  %s\n", "lands of different bullets", "by", "same",
              "diff.", "AUC [5 %, 95 %]", "EER [5 %, 95 %]");
  for (const auto& [name, in] : subsets) {
    for (const Feature& feature : features) {
      std::vector<ScoredPair> scored;
      for (const LandPair& pair : pairs) {
        if (!in(pair)) continue;
        scored.push_back({feature.of(pair), pair.same, pair.a->bullet, pair.b->bullet});
      }
      PrintRoc(name, feature.name, scored);
    }
  }
}

// --- What more features would be worth --------------------------------------------------------

constexpr std::size_t kStudied = 7;
using Study = testing::Logistic<kStudied>;
constexpr std::array<const char*, kStudied> kStudiedNames = {
    "ccf", "rough_cor", "cmps", "matches/mm", "mismatches/mm", "sum_peaks/mm", "agreement"};

std::vector<Study::Row> StudyRows(const std::vector<LandPair>& pairs) {
  std::vector<Study::Row> rows;
  for (const LandPair& pair : pairs) {
    const LandComparison& c = pair.as_stored;
    const auto striae = forensics::CompareStriae(pair.a->signature, pair.b->signature, c.lag_um);
    const forensics::StriaeFeatures f = striae.ok() ? *striae : forensics::StriaeFeatures{};
    const double mm = std::max(0.1, f.length_mm);
    rows.push_back({c.ccf, f.rough_cor, c.cmps_share, static_cast<double>(f.matches) / mm,
                    static_cast<double>(f.mismatches) / mm, f.sum_peaks_um / mm, c.agreement});
  }
  return rows;
}

// Log odds of each pair under a regression trained on all pairs, or on those that share no barrel
// with it.
std::vector<double> LogOdds(const std::vector<LandPair>& pairs, const std::vector<Study::Row>& rows,
                            bool leave_out) {
  std::map<std::string, Study> trained;
  std::vector<double> out;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto touches = [&](const LandPair& other) {
      for (const std::string& barrel : {pairs[i].a->barrel, pairs[i].b->barrel}) {
        if (other.a->barrel == barrel || other.b->barrel == barrel) return true;
      }
      return false;
    };
    const std::string key = leave_out ? std::min(pairs[i].a->barrel, pairs[i].b->barrel) + "|" +
                                            std::max(pairs[i].a->barrel, pairs[i].b->barrel)
                                      : "";
    if (!trained.contains(key)) {
      std::vector<Study::Row> kept;
      std::vector<bool> same;
      for (std::size_t j = 0; j < pairs.size(); ++j) {
        if (leave_out && touches(pairs[j])) continue;
        kept.push_back(rows[j]);
        same.push_back(pairs[j].same);
      }
      trained.emplace(key, Study(kept, same, 1.0));
    }
    out.push_back(trained.at(key).LogOdds(rows[i]));
  }
  if (!leave_out) {
    std::printf("slopes of the standardised features:");
    for (std::size_t f = 0; f < kStudied; ++f) {
      std::printf("  %s %.2f", kStudiedNames[f], trained.at("").slope(f));
    }
    std::printf("\n");
  }
  return out;
}

void PrintStudy(const std::vector<LandPair>& pairs) {
  const std::vector<Study::Row> rows = StudyRows(pairs);
  std::printf("single features and a regression on all of them, every pair\n");
  const auto print = [&](const char* name, const std::function<double(std::size_t)>& score) {
    for (const bool scan : {true, false}) {
      std::vector<ScoredPair> scored;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (pairs[i].a->scan != scan) continue;
        scored.push_back({score(i), pairs[i].same, pairs[i].a->bullet, pairs[i].b->bullet});
      }
      PrintRoc(scan ? "scans" : "profiles", name, scored);
    }
  };
  for (std::size_t f = 0; f < kStudied; ++f) {
    const double sign = f == 4 ? -1.0 : 1.0;
    print(kStudiedNames[f], [&, sign](std::size_t i) { return sign * rows[i][f]; });
  }
  print("land score", [&](std::size_t i) { return pairs[i].as_stored.score; });
  const std::vector<double> all = LogOdds(pairs, rows, false);
  const std::vector<double> left_out = LogOdds(pairs, rows, true);
  print("regression", [&](std::size_t i) { return all[i]; });
  print("barrel out", [&](std::size_t i) { return left_out[i]; });
}

// --- The published methods on the same lands ---------------------------------------------------

// Signatures as published, from the hand-marked grooves and at the crosscuts named with them.
void PrintPublished(const std::vector<Land>& lands) {
  std::map<std::string, std::array<double, 3>> grooves;
  for (const CsvRow& row : testing::ReadSharedTable("data/truth/grooves.csv")) {
    const auto number = [&](const char* column) { return std::atof(row.at(column).c_str()); };
    grooves[row.at("file")] = {number("left_groove_um"), number("right_groove_um"),
                               number("crosscut_um")};
  }
  std::vector<std::pair<const Land*, std::vector<double>>> published;
  for (const Land& land : lands) {
    if (!land.scan || !grooves.contains(land.file)) continue;
    const std::string file = testing::ReadFileOrFail(testing::SharedDir() / "data" / land.file);
    const absl::StatusOr<forensics::X3pScan> map = forensics::ReadX3p(base::AsBytes(file));
    if (!map.ok()) continue;
    const auto [left_um, right_um, crosscut_um] = grooves.at(land.file);
    auto one = forensics::ExtractPublished(map->map, left_um, right_um, crosscut_um);
    if (one.ok()) published.emplace_back(&land, std::move(one->signature_um));
  }
  std::printf("published methods, hand-marked grooves and crosscuts\n");
  for (const char* study : {"Hamby-44", "Houston-persistence"}) {
    std::vector<ScoredPair> ccf, cmps, ours;
    std::int64_t same_least = 99, same_most = 0, different_most = 0;
    for (std::size_t i = 0; i < published.size(); ++i) {
      for (std::size_t j = i + 1; j < published.size(); ++j) {
        const Land& a = *published[i].first;
        const Land& b = *published[j].first;
        if (a.study != study || b.study != study || a.bullet == b.bullet) continue;
        const bool same = a.land_truth == b.land_truth;
        const auto forward =
            forensics::CompareSegments(published[i].second, published[j].second, {});
        if (!forward.ok()) continue;
        ccf.push_back(
            {forensics::PublishedCcf(published[i].second, published[j].second).value_or(-1.0), same,
             a.bullet, b.bullet});
        cmps.push_back({static_cast<double>(forward->count), same, a.bullet, b.bullet});
        const auto score = forensics::CompareLands(a.prepared, false, b.prepared, {});
        ours.push_back({score.ok() ? score->score : 0.0, same, a.bullet, b.bullet});
        if (same) {
          same_least = std::min(same_least, forward->count);
          same_most = std::max(same_most, forward->count);
        } else {
          different_most = std::max(different_most, forward->count);
        }
      }
    }
    PrintRoc(study, "publ. CCF", ccf);
    PrintRoc(study, "publ. CMPS", cmps);
    PrintRoc(study, "land score", ours);
    std::printf("  CMPS of the same land %lld to %lld, of different ones at most %lld\n",
                static_cast<long long>(same_least), static_cast<long long>(same_most),
                static_cast<long long>(different_most));
  }
}

struct Bullet {
  std::string name, barrel, physical;
  bool scan = false;
  forensics::PreparedBullet prepared;
};

std::vector<Bullet> Bullets(const std::vector<Land>& lands) {
  std::vector<Bullet> bullets;
  std::map<std::string, std::vector<const Land*>> by_specimen;
  for (const Land& land : lands) by_specimen[land.specimen].push_back(&land);
  for (const auto& [name, of] : by_specimen) {
    forensics::BulletSignature signature;
    signature.extractor_version = std::string(forensics::LandExtractorVersion());
    for (const Land* land : of) signature.lands.emplace_back(land->signature);
    bullets.push_back({name, of.front()->barrel, of.front()->bullet, of.front()->scan,
                       *forensics::PrepareBullet(signature)});
  }
  return bullets;
}

void PrintBulletTable(const std::vector<Bullet>& bullets) {
  struct Row {
    std::string text;
    ScoredPair pair;
  };
  std::vector<Row> rows;
  for (std::size_t i = 0; i < bullets.size(); ++i) {
    for (std::size_t j = i + 1; j < bullets.size(); ++j) {
      const Bullet& a = bullets[i];
      const Bullet& b = bullets[j];
      if (a.scan != b.scan || a.prepared.lands.size() != 6 || b.prepared.lands.size() != 6)
        continue;
      const auto result = forensics::CompareBullets(a.prepared, b.prepared, {});
      if (!result.ok()) continue;
      const bool same = a.barrel == b.barrel;
      char text[256];
      std::snprintf(text, sizeof text, "%.3f  contrast %.3f  phase log10 p %6.1f  %s%s  %s | %s",
                    result->score, result->contrast, result->phase_log10_p, same ? "same" : "    ",
                    a.physical == b.physical ? " bullet" : "       ", a.name.c_str(),
                    b.name.c_str());
      rows.push_back({text, {result->score, same, a.physical, b.physical}});
    }
  }
  std::sort(rows.begin(), rows.end(),
            [](const Row& a, const Row& b) { return a.pair.score > b.pair.score; });
  std::printf("bullets of six lands, by score; the highest different pairs and every same pair\n");
  std::int64_t different = 0;
  for (const Row& row : rows) {
    if (row.pair.same || ++different <= 12) std::printf("  %s\n", row.text.c_str());
  }
}

int Main() {
  const std::vector<Land> lands = ReadLands();
  const std::vector<LandPair> pairs = ComparePairs(lands);
  PrintLandTable(pairs);
  PrintStudy(pairs);
  PrintPublished(lands);
  PrintBulletTable(Bullets(lands));
  return 0;
}

}  // namespace
}  // namespace proofmark

int main() { return proofmark::Main(); }
