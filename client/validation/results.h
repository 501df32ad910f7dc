// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/validation/compare_all.h"
#include "client/validation/evaluation.h"

namespace proofmark::client::validation {

// One table of comparisons with what it says.
struct EvaluatedTable {
  Comparisons comparisons;
  Evaluation evaluation;
};

// Everything a validation found.
struct Results {
  std::string manifest;                                      // As given.
  std::string gallery;                                       // Empty without.
  std::string version;                                       // Of the program.
  std::vector<std::pair<std::string, std::string>> methods;  // What, and its version.
  std::vector<std::string> calibration_statements;
  std::int64_t files = 0;
  std::vector<NotProcessed> not_processed;
  std::vector<EvaluatedTable> tables;
  // Other people's figures for the same pairs; empty without.
  std::vector<std::string> peer_lines;
};

// How figures are written everywhere: "0.982 [0.961, 0.997]", "3 of 120".
std::string FigureText(const forensics::Estimate& estimate);
std::string ShareText(std::int64_t count, std::int64_t of);
std::string SubsetTitle(const Subset& subset);

// One line a pair, comma-separated: both labels, files and firearms, truth, score and what it is
// made of, likelihood ratio and level.
std::string ScoresCsv(const Comparisons& comparisons);

// Every figure as JSON (docs/formats/validation-metrics.md).
std::string MetricsJson(const Results& results);

// The tables for docs/validation.md.
std::string ReportMarkdown(const Results& results);

}  // namespace proofmark::client::validation
