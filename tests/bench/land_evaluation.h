// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "forensics/striated/ballistic_signature.h"
#include "tests/support/shared_data.h"

// What the benchmark and the tests on real scans share: the tables of the shared data, and a plain
// correlation that owes nothing to the code it judges.
namespace proofmark::testing {

using CsvRow = std::map<std::string, std::string>;

// The fields of one line; those in quotes may hold commas.
inline std::vector<std::string> SplitCsvLine(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back().push_back(c);
    }
  }
  return fields;
}

// Rows of a table in the shared data by column name.
inline std::vector<CsvRow> ReadSharedTable(const std::string& name) {
  std::istringstream in(ReadFileOrFail(SharedDir() / name));
  std::string line;
  std::getline(in, line);
  const std::vector<std::string> columns = SplitCsvLine(line);
  std::vector<CsvRow> rows;
  while (std::getline(in, line)) {
    const std::vector<std::string> fields = SplitCsvLine(line);
    CsvRow row;
    for (std::size_t i = 0; i < std::min(columns.size(), fields.size()); ++i) {
      row[columns[i]] = fields[i];
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

// Largest masked correlation over shifts up to 0.4 mm with at least 0.6 mm and half of the shorter
// land in common; 0 without.
inline double MaxCorrelation(const forensics::LandSignature& f, const forensics::LandSignature& g) {
  const auto n_f = static_cast<std::int64_t>(f.height_nm.size());
  const auto n_g = static_cast<std::int64_t>(g.height_nm.size());
  const double overlap_min =
      std::max(600.0 / forensics::kSignaturePitchUm, 0.5 * static_cast<double>(std::min(n_f, n_g)));
  const auto lag_max = static_cast<std::int64_t>(400.0 / forensics::kSignaturePitchUm);
  double best = 0.0;
  for (std::int64_t lag = -lag_max; lag <= lag_max; ++lag) {
    double n = 0, sum_f = 0, sum_g = 0, ff = 0, gg = 0, fg = 0;
    for (std::int64_t i = std::max<std::int64_t>(0, lag); i < std::min(n_f, n_g + lag); ++i) {
      const std::int16_t a = f.height_nm[static_cast<std::size_t>(i)];
      const std::int16_t b = g.height_nm[static_cast<std::size_t>(i - lag)];
      if (a == forensics::kSampleNotMeasured || b == forensics::kSampleNotMeasured) continue;
      const double x = a;
      const double y = b;
      n += 1.0;
      sum_f += x;
      sum_g += y;
      ff += x * x;
      gg += y * y;
      fg += x * y;
    }
    const double energy = (n * ff - sum_f * sum_f) * (n * gg - sum_g * sum_g);
    if (n < overlap_min || energy <= 0.0) continue;
    best = std::max(best, (n * fg - sum_f * sum_g) / std::sqrt(energy));
  }
  return best;
}

struct Spread {
  double mean = 0.0, least = 0.0, median = 0.0, most = 0.0;
  std::int64_t count = 0;
};

inline Spread SpreadOf(std::vector<double> values) {
  Spread out;
  if (values.empty()) return out;
  std::sort(values.begin(), values.end());
  out.count = static_cast<std::int64_t>(values.size());
  for (const double v : values) out.mean += v / static_cast<double>(values.size());
  out.least = values.front();
  out.median = values[values.size() / 2];
  out.most = values.back();
  return out;
}

// A signature with what the tables say of it.
struct KnownLand {
  std::string file;
  std::string specimen;
  std::string land_truth;
  forensics::LandSignature signature;
};

// Correlations between the lands of different specimens, by whether the tables say they are one
// land; pairs the tables leave open are left out.
struct Separation {
  std::vector<double> same, different;
};

inline Separation Separate(const std::vector<KnownLand>& lands) {
  Separation out;
  for (std::size_t i = 0; i < lands.size(); ++i) {
    for (std::size_t j = i + 1; j < lands.size(); ++j) {
      if (lands[i].specimen == lands[j].specimen) continue;
      if (lands[i].land_truth.empty() || lands[j].land_truth.empty()) continue;
      const double r = MaxCorrelation(lands[i].signature, lands[j].signature);
      (lands[i].land_truth == lands[j].land_truth ? out.same : out.different).push_back(r);
    }
  }
  return out;
}

}  // namespace proofmark::testing
