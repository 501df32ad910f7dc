// SPDX-License-Identifier: Apache-2.0
#include "client/validation/peer_counts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/file.h"
#include "forensics/evidence/metrics.h"

namespace proofmark::client::validation {
namespace {

constexpr std::string_view kHeading = "specimen1,specimen2,same_source,cells,cmc";

using SpecimenPair = std::pair<std::string, std::string>;

struct Count {
  double congruent = 0.0;
  double cells = 0.0;
};

absl::StatusOr<std::map<SpecimenPair, Count>> ParseCounts(std::string_view text) {
  std::map<SpecimenPair, Count> counts;
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
    const auto number = [](std::string_view field) -> std::optional<double> {
      std::int64_t value = 0;
      const char* const last = field.data() + field.size();
      const auto [stop, error] = std::from_chars(field.data(), last, value);
      if (error != std::errc() || stop != last || value < 0) return std::nullopt;
      return static_cast<double>(value);
    };
    const std::optional<double> cells = number(fields[3]);
    const std::optional<double> congruent = number(fields[4]);
    if (!cells || *cells < 1.0) return refuse("cells must be a count of at least 1");
    if (!congruent || *congruent > *cells) return refuse("cmc must be a count, at most cells");
    counts[std::minmax(std::string(fields[0]), std::string(fields[1]))] = {*congruent, *cells};
  }
  return counts;
}

using Pairs = std::vector<forensics::ScoredPair>;

// The pairs of one study: counts of congruent cells, and these as shares of the cells compared.
// Marks offer more or fewer cells, and counts vary with that; shares do not.
struct Study {
  Pairs ours, theirs, our_shares, their_shares;
};

std::string Line(const std::string& name, const Study& study) {
  std::vector<forensics::ScoreFigures> figures;
  for (const Pairs* pairs : {&study.ours, &study.theirs, &study.our_shares, &study.their_shares}) {
    const auto ranking = forensics::Ranking::Of(*pairs);
    if (!ranking.ok()) {
      return absl::StrFormat("%s: %d pairs in common, not of both classes.", name, pairs->size());
    }
    figures.push_back(forensics::MeasureScores(*ranking, 0));
  }
  const auto describe = [](const forensics::ScoreFigures& counts,
                           const forensics::ScoreFigures& shares) {
    return absl::StrFormat(
        "same at least %.0f, different at most %.0f, VR %.1f, AUC %.4f; as shares of the cells "
        "compared %.2f, %.2f, VR %.1f",
        counts.same_min, counts.different_max, counts.variance_ratio, counts.auc.value,
        shares.same_min, shares.different_max, shares.variance_ratio);
  };
  return absl::StrFormat("%s: %d same and %d different pairs in common. Ours: %s. Theirs: %s.",
                         name, figures[0].same, figures[0].different,
                         describe(figures[0], figures[2]), describe(figures[1], figures[3]));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ComparePeerCounts(const std::filesystem::path& file,
                                                           const Results& results) {
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kPeerCountsBytesMax));
  PM_ASSIGN_OR_RETURN(const auto counts, ParseCounts(text));
  std::map<std::string, Study> by_study;
  for (const EvaluatedTable& table : results.tables) {
    const Comparisons& comparisons = table.comparisons;
    if (comparisons.name != "cases") continue;
    const auto column_of = [&comparisons](std::string_view name) {
      const auto& columns = comparisons.columns;
      const auto found = std::find(columns.begin(), columns.end(), name);
      PM_CHECK(found != columns.end());
      return static_cast<std::size_t>(found - columns.begin());
    };
    const std::size_t congruent = column_of(kCongruentCellsColumn);
    const std::size_t eligible = column_of(kCellsEligibleColumn);
    // Of several scans of a specimen the first stands for it.
    std::map<SpecimenPair, bool> seen;
    for (const Pair& pair : comparisons.pairs) {
      const Item& a = comparisons.items[static_cast<std::size_t>(pair.a)];
      const Item& b = comparisons.items[static_cast<std::size_t>(pair.b)];
      const SpecimenPair key = std::minmax(a.specimen, b.specimen);
      const auto found = counts.find(key);
      if (found == counts.end() || !Counts(pair) || !seen.emplace(key, true).second) continue;
      Study& study = by_study[a.study == b.study ? a.study : a.study + " with " + b.study];
      const forensics::ScoredPair scored = Scored(comparisons, pair);
      const auto add = [&scored](Pairs& pairs, double score) {
        pairs.push_back(scored);
        pairs.back().score = score;
      };
      add(study.ours, pair.extra[congruent]);
      add(study.our_shares, pair.extra[congruent] / std::max(1.0, pair.extra[eligible]));
      add(study.theirs, found->second.congruent);
      add(study.their_shares, found->second.congruent / found->second.cells);
    }
  }
  std::vector<std::string> lines;
  for (const auto& [name, study] : by_study) lines.push_back(Line(name, study));
  if (lines.empty()) lines.push_back("No pair of the counts is in the set.");
  return lines;
}

}  // namespace proofmark::client::validation
