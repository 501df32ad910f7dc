// SPDX-License-Identifier: Apache-2.0
// How far apart the sketches of questions are (server/match/query_sketch.h): of one probe changed a
// little, of two shots of one gun, of two guns; generated and, where the shared data are, real.
// Run by hand: sketch_bench [guns, default 200].
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "forensics/impressed/impressed_extraction.h"
#include "forensics/striated/land_extraction.h"
#include "forensics/striated/profile_csv.h"
#include "forensics/synthetic/generator.h"
#include "forensics/synthetic/impressed_process.h"
#include "forensics/x3p/x3p.h"
#include "server/match/query_sketch.h"
#include "tests/bench/land_evaluation.h"
#include "tests/bench/measure.h"
#include "tests/support/shared_data.h"
#include "tests/support/signature_changes.h"

namespace proofmark::match {
namespace {

using forensics::BulletSignature;
using forensics::SyntheticProfile;

struct Specimen {
  std::string gun;
  std::string name;
  SketchedQuery sketch;
};

const SketchKey& Key() {
  static const SketchKey* const kKey = new SketchKey(crypto::Sha256("sketch_bench"));
  return *kKey;
}

void PrintDistances(const char* what, std::vector<int> distances) {
  if (distances.empty()) return;
  std::sort(distances.begin(), distances.end());
  const auto at = [&](double share) {
    return distances[std::min(
        distances.size() - 1,
        static_cast<std::size_t>(share * static_cast<double>(distances.size())))];
  };
  std::printf("%-52s %6zu  %4d %4d %4d %4d %4d %4d %4d\n", what, distances.size(),
              distances.front(), at(0.001), at(0.01), at(0.05), at(0.5), at(0.95),
              distances.back());
}

void PrintPairs(const char* what, SketchedMark mark, const std::vector<Specimen>& specimens) {
  std::vector<int> same;
  std::vector<int> different;
  for (std::size_t i = 0; i < specimens.size(); ++i) {
    for (std::size_t j = i + 1; j < specimens.size(); ++j) {
      const int d = specimens[i].sketch.Distance(mark, specimens[j].sketch.bytes());
      (specimens[i].gun == specimens[j].gun ? same : different).push_back(d);
    }
  }
  PrintDistances((std::string(what) + ", one gun").c_str(), std::move(same));
  PrintDistances((std::string(what) + ", two guns").c_str(), std::move(different));
}

forensics::SyntheticBarrel Barrel(std::int64_t barrel, SyntheticProfile profile) {
  return {.seed = 57, .barrel = static_cast<std::uint32_t>(barrel), .profile = profile};
}

void MeasureGenerated(const char* what, SyntheticProfile profile, std::int64_t guns) {
  std::vector<Specimen> specimens;
  for (std::int64_t gun = 0; gun < guns; ++gun) {
    for (std::uint32_t shot = 0; shot < 2; ++shot) {
      specimens.push_back(
          {std::to_string(gun),
           "",
           {Key(), forensics::GenerateBulletSignature(Barrel(gun, profile), shot)}});
    }
  }
  PrintPairs(what, SketchedMark::kLand, specimens);
}

// One probe, changed: what a climber does at each step.
void MeasureChanges(std::int64_t guns) {
  std::map<std::string, std::vector<int>> distances;
  for (std::int64_t gun = 0; gun < guns; ++gun) {
    const BulletSignature probe =
        forensics::GenerateBulletSignature(Barrel(gun, SyntheticProfile::kRealistic), 0);
    const BulletSignature other =
        forensics::GenerateBulletSignature(Barrel(gun + 100'000, SyntheticProfile::kRealistic), 0);
    const std::string kept = SketchedQuery(Key(), probe).bytes();
    for (const testing::SignatureChange& change : testing::SignatureChanges(probe, other)) {
      // Of single lands, so that nothing but the change decides.
      int most = 0;
      for (std::size_t land = 0; land < probe.lands.size(); ++land) {
        if (!change.lands_keep_places) continue;
        const BulletSignature one{probe.extractor_version, {probe.lands[land]}};
        const BulletSignature changed{probe.extractor_version, {change.changed.lands[land]}};
        most =
            std::max(most, SketchedQuery(Key(), changed)
                               .Distance(SketchedMark::kLand, SketchedQuery(Key(), one).bytes()));
      }
      if (!change.lands_keep_places) {
        most = SketchedQuery(Key(), change.changed).Distance(SketchedMark::kLand, kept);
      }
      distances[change.name].push_back(most);
    }
  }
  for (auto& [name, of] : distances) {
    PrintDistances(("worst land, " + name).c_str(), std::move(of));
  }
}

void MeasureRealBullets() {
  std::map<std::string, std::pair<std::string, BulletSignature>> bullets;  // By specimen.
  for (const testing::CsvRow& row : testing::ReadSharedTable("data/manifest.csv")) {
    const bool scan = row.at("kind") == "bullet_lea";
    if (!scan && row.at("file").rfind("profiles/", 0) != 0) continue;
    const std::string file =
        testing::ReadFileOrFail(testing::SharedDir() / "data" / row.at("file"));
    std::optional<forensics::LandSignature> land;
    if (scan) {
      const auto map = forensics::ReadX3p(base::AsBytes(file));
      if (!map.ok()) continue;
      auto extraction = forensics::ExtractLand(map->map, {});
      if (extraction.ok()) land = std::move(extraction->signature);
    } else {
      const auto profile = forensics::ParseProfileCsv(base::AsBytes(file));
      if (!profile.ok()) continue;
      auto extraction = forensics::ExtractLandFromProfile(profile->x_um, profile->height_um, {});
      if (extraction.ok()) land = std::move(extraction->signature);
    }
    if (!land.has_value()) {
      std::printf("NOT USED %s\n", row.at("file").c_str());
      continue;
    }
    // Two instruments are two acquisitions.
    const std::string name = row.at("file");
    const std::string specimen =
        scan ? row.at("specimen")
             : row.at("specimen") + name.substr(name.rfind('-'), name.rfind('.') - name.rfind('-'));
    auto& bullet = bullets[(scan ? "scan " : "profile ") + specimen];
    bullet.first = row.at("source_firearm");
    bullet.second.lands.emplace_back(std::move(land));
  }
  for (const char* kind : {"scan ", "profile "}) {
    std::vector<Specimen> specimens;
    for (auto& [name, bullet] : bullets) {
      if (name.rfind(kind, 0) != 0) continue;
      specimens.push_back({bullet.first, name, {Key(), bullet.second}});
    }
    PrintPairs((std::string("real bullets, ") + kind).c_str(), SketchedMark::kLand, specimens);
    for (std::size_t i = 0; i < specimens.size(); ++i) {
      for (std::size_t j = i + 1; j < specimens.size(); ++j) {
        if (specimens[i].gun != specimens[j].gun) continue;
        std::printf("  %s / %s: %d\n", specimens[i].name.c_str(), specimens[j].name.c_str(),
                    specimens[i].sketch.Distance(SketchedMark::kLand, specimens[j].sketch.bytes()));
      }
    }
  }
}

void MeasureRealCases() {
  std::vector<Specimen> specimens;
  for (const testing::CsvRow& row : testing::ReadSharedTable("data/manifest.csv")) {
    if (row.at("kind") != "cartridge_breech_face") continue;
    const std::string file =
        testing::ReadFileOrFail(testing::SharedDir() / "data" / row.at("file"));
    const auto scan = forensics::ReadX3p(base::AsBytes(file));
    if (!scan.ok()) continue;
    auto extraction = forensics::ExtractImpression(scan->map, {}, {});
    if (!extraction.ok()) continue;
    forensics::CaseSignature of_case;
    of_case.impressions.push_back(std::move(extraction->signature));
    specimens.push_back({row.at("source_firearm"), row.at("specimen"), {Key(), of_case}});
  }
  PrintPairs("real breech faces", SketchedMark::kBreechFace, specimens);
}

forensics::CaseSignature GeneratedFace(std::uint32_t slide, std::uint32_t shot) {
  auto extraction = forensics::ExtractImpression(
      forensics::GenerateBreechFaceScan({.seed = 57, .slide = slide, .reproduction = 0.9}, shot,
                                        {.pitch_um = 12.5, .radius_um = 1'700.0}),
      {}, {});
  if (!extraction.ok()) std::exit(1);
  forensics::CaseSignature of_case;
  of_case.impressions.push_back(std::move(extraction->signature));
  return of_case;
}

void MeasureCost() {
  const BulletSignature bullet =
      forensics::GenerateBulletSignature(Barrel(1, SyntheticProfile::kRealistic), 0);
  const SketchedQuery sketch(Key(), bullet);
  const SketchedQuery other(
      Key(), forensics::GenerateBulletSignature(Barrel(2, SyntheticProfile::kRealistic), 0));
  const forensics::CaseSignature face = GeneratedFace(1, 0);
  int sum = 0;
  const double make_s = bench::BestCpuS(5, [&] { sum += SketchedQuery(Key(), bullet).bytes()[1]; });
  const double compare_s = bench::BestCpuS(5, [&] {
    for (int i = 0; i < 1'000; ++i) sum += static_cast<int>(sketch.Compare(sketch.bytes()));
  });
  const double apart_s = bench::BestCpuS(5, [&] {
    for (int i = 0; i < 1'000; ++i) sum += static_cast<int>(sketch.Compare(other.bytes()));
  });
  const double face_s = bench::BestCpuS(3, [&] { sum += SketchedQuery(Key(), face).bytes()[1]; });
  std::printf(
      "six lands: made in %.2f ms, held against an alike one in %.1f us, an unlike one in "
      "%.1f us; a breech face: made in %.1f ms (%d)\n",
      1e3 * make_s, 1e6 * compare_s / 1'000, 1e6 * apart_s / 1'000, 1e3 * face_s, sum & 1);
}

void MeasureGeneratedCases(std::uint32_t slides) {
  std::vector<Specimen> specimens;
  std::map<std::string, std::vector<int>> changed;
  for (std::uint32_t slide = 0; slide < slides; ++slide) {
    for (std::uint32_t shot = 0; shot < 2; ++shot) {
      const forensics::CaseSignature face = GeneratedFace(slide, shot);
      specimens.push_back({std::to_string(slide), "", {Key(), face}});
      if (shot != 0) continue;
      const std::string kept = specimens.back().sketch.bytes();
      for (const testing::CaseChange& change :
           testing::CaseChanges(face, GeneratedFace(slide + 100'000, 0))) {
        changed[change.name].push_back(
            SketchedQuery(Key(), change.changed).Distance(SketchedMark::kBreechFace, kept));
      }
    }
  }
  PrintPairs("generated breech faces, reproduction 0.9", SketchedMark::kBreechFace, specimens);
  for (auto& [name, of] : changed) PrintDistances(("breech face, " + name).c_str(), std::move(of));
}

int Main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::int64_t guns = argc > 1 ? std::atoll(argv[1]) : 200;
  std::printf("%-52s %6s  %4s %4s %4s %4s %4s %4s %4s\n", "bits of 512 that differ", "pairs", "min",
              "0.1%", "1%", "5%", "50%", "95%", "max");
  MeasureCost();
  MeasureChanges(guns / 4);
  MeasureGenerated("generated, clean", SyntheticProfile::kClean, guns);
  MeasureGenerated("generated, realistic", SyntheticProfile::kRealistic, guns);
  MeasureRealBullets();
  MeasureGeneratedCases(static_cast<std::uint32_t>(guns / 10));
  MeasureRealCases();
  return 0;
}

}  // namespace
}  // namespace proofmark::match

int main(int argc, char** argv) { return proofmark::match::Main(argc, argv); }
