// SPDX-License-Identifier: Apache-2.0
// What reading an X3P file costs beside inflating its point data, which nothing can avoid. Give
// files as arguments; without, a generated one of 1515 x 422 doubles and one of 16 Mi floats.
// Prints the smallest CPU time of several runs of both, their ratio, and points a second.
#include <sys/resource.h>
#include <zip.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "forensics/x3p/x3p.h"

namespace {

using proofmark::forensics::HeightMap;
using proofmark::forensics::ReadX3p;
using proofmark::forensics::WriteX3p;
using proofmark::forensics::X3pWriteOptions;

double CpuMs() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-3;
}

double BestMs(const std::function<bool()>& run) {
  constexpr int kRuns = 9;
  double best_ms = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kRuns; ++i) {
    const double before_ms = CpuMs();
    if (!run()) return -1.0;
    best_ms = std::min(best_ms, CpuMs() - before_ms);
  }
  return best_ms;
}

// Inflates the largest entry in pieces that are thrown away: the least that reading can cost.
bool InflateLargest(const std::string& file) {
  zip_error_t error;
  zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, &error);
  zip_t* archive = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (archive == nullptr) return false;
  zip_uint64_t largest = 0;
  zip_uint64_t bytes = 0;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); ++i) {
    zip_stat_t stat;
    if (zip_stat_index(archive, static_cast<zip_uint64_t>(i), 0, &stat) == 0 && stat.size > bytes) {
      bytes = stat.size;
      largest = static_cast<zip_uint64_t>(i);
    }
  }
  zip_file_t* entry = zip_fopen_index(archive, largest, 0);
  std::vector<char> piece(1 << 18);
  zip_uint64_t got = 0;
  for (zip_int64_t n; (n = zip_fread(entry, piece.data(), piece.size())) > 0;) {
    got += static_cast<zip_uint64_t>(n);
  }
  zip_fclose(entry);
  zip_discard(archive);
  return got == bytes;
}

std::string Generated(std::int64_t width, std::int64_t height, X3pWriteOptions::DataType type) {
  std::mt19937 engine(1);
  HeightMap map;
  map.width = width;
  map.height = height;
  map.pitch_x_um = map.pitch_y_um = 1.5625;
  for (std::int64_t i = 0; i < width * height; ++i) {
    map.height_um.push_back(static_cast<float>(i % width) * 0.1f +
                            static_cast<float>(engine() % 1000) * 1e-3f);
  }
  return WriteX3p(map, {.data_type = type, .metadata = {}}).value_or("");
}

void Measure(const std::string& name, const std::string& file) {
  std::int64_t points = 0;
  const double read_ms = BestMs([&] {
    const auto scan = ReadX3p(proofmark::base::AsBytes(file));
    points = scan.ok() ? static_cast<std::int64_t>(scan->map.height_um.size()) : 0;
    return scan.ok();
  });
  const double inflate_ms = BestMs([&] { return InflateLargest(file); });
  std::printf("%-44s %9lld points  read %8.1f ms  inflate %8.1f ms  ratio %.2f  %6.1f Mpoint/s\n",
              name.c_str(), static_cast<long long>(points), read_ms, inflate_ms,
              read_ms / inflate_ms, static_cast<double>(points) / read_ms * 1e-3);
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    Measure(argv[i], std::string(std::istreambuf_iterator<char>(in), {}));
  }
  if (argc == 1) {
    Measure("generated, float64", Generated(1515, 422, X3pWriteOptions::DataType::kFloat64));
    Measure("generated, float32", Generated(4096, 4096, X3pWriteOptions::DataType::kFloat32));
  }
  return 0;
}
