// SPDX-License-Identifier: Apache-2.0
#include "client/validation/peer_counts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/file.h"
#include "forensics/evidence/metrics.h"

namespace proofmark::client::validation {
namespace {

constexpr std::string_view kHeading = "specimen1,specimen2,same_source,cells,cmc";

using SpecimenPair = std::pair<std::string, std::string>;

absl::StatusOr<std::map<SpecimenPair, double>> ParseCounts(std::string_view text) {
  std::map<SpecimenPair, double> counts;
  std::int64_t line_number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const auto refuse = [&](std::string_view why) {
      return MakeFault(FaultCode::kManifest, absl::StrFormat("line %d: %s", line_number, why));
    };
    if (++line_number == 1) {
      if (line != kHeading) return refuse(absl::StrFormat("must be \"%s\"", kHeading));
      continue;
    }
    if (line.empty()) continue;
    std::array<std::string_view, 5> fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::size_t comma = line.find(',');
      if ((comma == std::string_view::npos) != (i + 1 == fields.size())) {
        return refuse("must have five fields");
      }
      fields[i] = line.substr(0, comma);
      line.remove_prefix(
          std::min(comma == std::string_view::npos ? line.size() : comma + 1, line.size()));
    }
    std::int64_t cmc = 0;
    const char* const last = fields[4].data() + fields[4].size();
    const auto [stop, error] = std::from_chars(fields[4].data(), last, cmc);
    if (error != std::errc() || stop != last || cmc < 0) return refuse("cmc must be a count");
    counts[std::minmax(std::string(fields[0]), std::string(fields[1]))] = static_cast<double>(cmc);
  }
  return counts;
}

std::string Line(const std::string& name, const std::vector<forensics::ScoredPair>& ours,
                 const std::vector<forensics::ScoredPair>& theirs) {
  const auto mine = forensics::Ranking::Of(ours);
  const auto peers = forensics::Ranking::Of(theirs);
  if (!mine.ok() || !peers.ok()) {
    return absl::StrFormat("%s: %d pairs in common, not of both classes.", name, ours.size());
  }
  const forensics::ScoreFigures a = forensics::MeasureScores(*mine, 0);
  const forensics::ScoreFigures b = forensics::MeasureScores(*peers, 0);
  return absl::StrFormat(
      "%s: %d same and %d different pairs in common. Ours: same at least %.0f, different at most "
      "%.0f, VR %.1f, AUC %.4f. Theirs: same at least %.0f, different at most %.0f, VR %.1f, AUC "
      "%.4f.",
      name, a.same, a.different, a.same_min, a.different_max, a.variance_ratio, a.auc.value,
      b.same_min, b.different_max, b.variance_ratio, b.auc.value);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ComparePeerCounts(const std::filesystem::path& file,
                                                           const Results& results) {
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kPeerCountsBytesMax));
  PM_ASSIGN_OR_RETURN(const auto counts, ParseCounts(text));
  using Both = std::pair<std::vector<forensics::ScoredPair>, std::vector<forensics::ScoredPair>>;
  std::map<std::string, Both> by_study;
  for (const EvaluatedTable& table : results.tables) {
    const Comparisons& comparisons = table.comparisons;
    if (comparisons.name != "cases") continue;
    // Of several scans of a specimen the first stands for it.
    std::map<SpecimenPair, bool> seen;
    for (const Pair& pair : comparisons.pairs) {
      const Item& a = comparisons.items[static_cast<std::size_t>(pair.a)];
      const Item& b = comparisons.items[static_cast<std::size_t>(pair.b)];
      const SpecimenPair key = std::minmax(a.specimen, b.specimen);
      const auto found = counts.find(key);
      if (found == counts.end() || !Counts(pair) || !seen.emplace(key, true).second) continue;
      const std::string study = a.study == b.study ? a.study : a.study + " with " + b.study;
      forensics::ScoredPair scored = Scored(comparisons, pair);
      by_study[study].first.push_back(scored);
      scored.score = found->second;
      by_study[study].second.push_back(scored);
    }
  }
  std::vector<std::string> lines;
  for (const auto& [study, both] : by_study) lines.push_back(Line(study, both.first, both.second));
  if (lines.empty()) lines.push_back("No pair of the counts is in the set.");
  return lines;
}

}  // namespace proofmark::client::validation
