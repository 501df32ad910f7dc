// SPDX-License-Identifier: Apache-2.0
// How good and how quick land extraction is on the shared scans: distance of the shoulders found
// from those marked by hand, correlation of same and of different lands in each study, and the
// processor time of extraction beside that of unzipping the same file.
#include <zip.h>

#include <cstdio>
#include <ctime>
#include <memory>

#include "forensics/striated/land_extraction.h"
#include "forensics/striated/profile_csv.h"
#include "forensics/x3p/x3p.h"
#include "tests/bench/land_evaluation.h"
#include "tests/bench/measure.h"

namespace proofmark {
namespace {

using testing::CsvRow;
using testing::KnownLand;
using testing::Spread;

double CpuMillis() { return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Processor time to inflate every entry of an archive, and nothing else.
double UnzipMillis(const std::string& file) {
  const double start = CpuMillis();
  zip_error_t error;
  zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, &error);
  const std::unique_ptr<zip_t, decltype(&zip_discard)> archive(
      zip_open_from_source(source, ZIP_RDONLY, &error), &zip_discard);
  if (!archive) return 0.0;
  std::string buffer(1 << 16, '\0');
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    zip_file_t* entry = zip_fopen_index(archive.get(), static_cast<zip_uint64_t>(i), 0);
    if (entry == nullptr) continue;
    while (zip_fread(entry, buffer.data(), buffer.size()) > 0) {
    }
    zip_fclose(entry);
  }
  return CpuMillis() - start;
}

struct Times {
  std::vector<double> unzip_ms, read_ms, extract_ms;
};

absl::StatusOr<forensics::LandExtraction> ExtractScan(const std::string& file, Times& times) {
  times.unzip_ms.push_back(UnzipMillis(file));
  const double start = CpuMillis();
  const absl::StatusOr<forensics::X3pScan> scan = forensics::ReadX3p(base::AsBytes(file));
  if (!scan.ok()) return scan.status();
  const double read = CpuMillis();
  absl::StatusOr<forensics::LandExtraction> out = forensics::ExtractLand(scan->map, {});
  times.read_ms.push_back(read - start);
  times.extract_ms.push_back(CpuMillis() - read);
  return out;
}

absl::StatusOr<forensics::LandExtraction> ExtractProfile(const std::string& file) {
  const absl::StatusOr<forensics::CrosscutProfile> profile =
      forensics::ParseProfileCsv(base::AsBytes(file));
  if (!profile.ok()) return profile.status();
  return forensics::ExtractLandFromProfile(profile->x_um, profile->height_um, {});
}

void PrintLand(const KnownLand& land) {
  const forensics::LandQuality& q = land.signature.quality;
  std::printf(
      "%-46s %5.0f-%5.0f um  consistency %.2f of %3.0f %%  coherence %.2f  sd %.2f um  "
      "drift %6.1f um/mm  band %3.0f-%3.0f um  flags %02x\n",
      land.file.c_str(), land.signature.left_shoulder_um, land.signature.right_shoulder_um,
      q.consistency, 100.0 * q.consistent_share, q.coherence, q.amplitude_um, q.drift_um_per_mm,
      q.band_from_um, q.band_to_um, land.signature.flags);
}

void PrintSpread(const char* name, const std::vector<double>& values) {
  const Spread s = testing::SpreadOf(values);
  std::printf("  %-22s n %4lld  mean %6.3f  least %6.3f  median %6.3f  most %6.3f\n", name,
              static_cast<long long>(s.count), s.mean, s.least, s.median, s.most);
}

void PrintShoulders(const std::vector<KnownLand>& lands) {
  std::vector<double> errors;
  for (const CsvRow& row : testing::ReadSharedTable("data/truth/grooves.csv")) {
    for (const KnownLand& land : lands) {
      if (land.file != row.at("file")) continue;
      errors.push_back(
          std::abs(land.signature.left_shoulder_um - std::atof(row.at("left_groove_um").c_str())));
      errors.push_back(std::abs(land.signature.right_shoulder_um -
                                std::atof(row.at("right_groove_um").c_str())));
    }
  }
  const auto within = std::count_if(errors.begin(), errors.end(), [](double e) { return e <= 75; });
  std::printf("shoulders against the hand-marked ones, um: %lld of %zu within 75\n",
              static_cast<long long>(within), errors.size());
  PrintSpread("distance", errors);
}

int Main() {
  Times times;
  std::map<std::string, std::vector<KnownLand>> studies;
  std::vector<KnownLand> scans;
  for (const CsvRow& row : testing::ReadSharedTable("data/manifest.csv")) {
    const bool is_scan = row.at("kind") == "bullet_lea";
    if (!is_scan && row.at("file").rfind("profiles/", 0) != 0) continue;
    const std::string file =
        testing::ReadFileOrFail(testing::SharedDir() / "data" / row.at("file"));
    const auto extraction = is_scan ? ExtractScan(file, times) : ExtractProfile(file);
    if (!extraction.ok()) {
      std::printf("%-46s %s\n", row.at("file").c_str(), extraction.status().ToString().c_str());
      continue;
    }
    const KnownLand land{row.at("file"), row.at("specimen"), row.at("land_truth"),
                         extraction->signature};
    PrintLand(land);
    studies[row.at("study")].push_back(land);
    if (is_scan) scans.push_back(land);
  }
  PrintShoulders(scans);
  for (const auto& [study, lands] : studies) {
    const testing::Separation separation = testing::Separate(lands);
    std::printf("correlation, %s\n", study.c_str());
    PrintSpread("same land", separation.same);
    PrintSpread("different land", separation.different);
  }
  std::printf("processor time a scan, ms\n");
  PrintSpread("unzip alone", times.unzip_ms);
  PrintSpread("read", times.read_ms);
  PrintSpread("extract", times.extract_ms);
  std::vector<double> of_unzip;
  for (std::size_t i = 0; i < times.extract_ms.size(); ++i) {
    of_unzip.push_back((times.read_ms[i] + times.extract_ms[i]) / times.unzip_ms[i]);
  }
  PrintSpread("read and extract / unzip", of_unzip);
  const Spread whole = testing::SpreadOf(times.extract_ms);
  char figure[64];
  std::snprintf(figure, sizeof figure, "extraction %.0f ms, whole %.2f x unzip", whole.median,
                testing::SpreadOf(of_unzip).median);
  bench::PrintRow("land scan: file to signature", figure, "3 x unzip",
                  testing::SpreadOf(of_unzip).median / 3.0);
  return 0;
}

}  // namespace
}  // namespace proofmark

int main() { return proofmark::Main(); }
