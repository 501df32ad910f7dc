// SPDX-License-Identifier: Apache-2.0
#include "client/validation/results.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "forensics/evidence/calibration.h"

namespace proofmark::client::validation {
namespace {

using nlohmann::ordered_json;

std::string_view TruthName(Truth truth) {
  switch (truth) {
    case Truth::kSame:
      return "same";
    case Truth::kDifferent:
      return "different";
    case Truth::kUndecided:
      return "undecided";
  }
  return "undecided";
}

// A field as RFC 4180 wants it. A first character that a spreadsheet would take for a formula gets
// an apostrophe in front: names come from other people's manifests.
std::string Field(std::string_view text) {
  std::string field(text);
  if (!field.empty() && std::string_view("=+-@").find(field.front()) != std::string_view::npos) {
    field.insert(field.begin(), '\'');
  }
  if (field.find_first_of(",\"\n\r") == std::string::npos) return field;
  std::string quoted = "\"";
  for (const char c : field) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

ordered_json Json(const forensics::Estimate& estimate) {
  return {{"value", estimate.value},
          {"low", estimate.low},
          {"high", estimate.high},
          {"draws", estimate.draws}};
}

ordered_json Json(const Subset& subset) {
  ordered_json json = {{"group", subset.group},
                       {"name", subset.name},
                       {"samePairs", subset.same},
                       {"differentPairs", subset.different}};
  if (!subset.figures) return json;
  const forensics::ScoreFigures& f = *subset.figures;
  json["firearms"] = f.firearms;
  json["auc"] = Json(f.auc);
  json["eer"] = Json(f.eer);
  json["eerThreshold"] = f.errors.threshold;
  json["eerFalseAbove"] = f.errors.false_above;
  json["eerMissedBelow"] = f.errors.missed_below;
  json["sameMin"] = f.same_min;
  json["differentMax"] = f.different_max;
  json["varianceRatio"] = f.variance_ratio;
  return json;
}

ordered_json Json(const EvidenceRow& row) {
  ordered_json json = {{"name", row.name},
                       {"samePairs", row.same},
                       {"differentPairs", row.different},
                       {"pairsWithoutRatio", row.left_out},
                       {"sameByLevel", row.same_levels},
                       {"differentByLevel", row.different_levels}};
  if (!row.figures) return json;
  const forensics::EvidenceFigures& f = *row.figures;
  json["cllr"] = Json(f.cllr);
  json["cllrMin"] = Json(f.cllr_min);
  json["cllrCal"] = Json(f.cllr_cal);
  json["differentAboveOne"] = f.misleading.different_above_one;
  json["sameBelowOne"] = f.misleading.same_below_one;
  json["differentLog10Max"] = f.misleading.different_log10_max;
  json["sameLog10Min"] = f.misleading.same_log10_min;
  return json;
}

ordered_json Json(const std::vector<NamedPair>& pairs) {
  ordered_json json = ordered_json::array();
  for (const NamedPair& pair : pairs) {
    json.push_back({{"a", pair.a}, {"b", pair.b}, {"score", pair.score}});
  }
  return json;
}

ordered_json Json(const EvaluatedTable& table) {
  const Evaluation& e = table.evaluation;
  ordered_json json = {{"name", table.comparisons.name},
                       {"score", table.comparisons.score_name},
                       {"items", table.comparisons.items.size()},
                       {"undecidedPairs", e.undecided},
                       {"sameItemPairs", e.same_item}};
  json["subsets"] = ordered_json::array();
  for (const Subset& subset : e.subsets) json["subsets"].push_back(Json(subset));
  json["evidence"] = ordered_json::array();
  for (const EvidenceRow& row : e.evidence) json["evidence"].push_back(Json(row));
  json["retrieval"] = {{"queries", e.retrieval.queries},
                       {"rank1", e.retrieval.first},
                       {"meanAveragePrecision", e.retrieval.mean_average_precision},
                       {"firstRanks", e.retrieval.first_rank},
                       {"missed", e.retrieval.missed}};
  json["sameNotAboveEveryDifferent"] = e.same_below_different_count;
  json["sameNotAboveEveryDifferentLowest"] = Json(e.same_below_different);
  json["highestDifferent"] = Json(e.highest_different);
  json["notCompared"] = ordered_json::array();
  for (const NotProcessed& pair : table.comparisons.not_compared) {
    json["notCompared"].push_back({{"pair", pair.file}, {"reason", pair.reason}});
  }
  return json;
}

// A cell of a Markdown table.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

std::string SubsetsMarkdown(const Evaluation& evaluation) {
  std::string text =
      "| pairs | same | different | AUC [5–95 %] | EER [5–95 %] | at the threshold: false, missed "
      "| same min | different max | VR |\n|---|---|---|---|---|---|---|---|---|\n";
  for (const Subset& subset : evaluation.subsets) {
    text += absl::StrFormat("| %s | %d | %d | ", Cell(SubsetTitle(subset)), subset.same,
                            subset.different);
    if (!subset.figures) {
      text += "– | – | – | – | – | – |\n";
      continue;
    }
    const forensics::ScoreFigures& f = *subset.figures;
    text += absl::StrFormat("%s | %s | %d, %d | %.3f | %.3f | %.1f |\n", FigureText(f.auc),
                            FigureText(f.eer), f.errors.false_above, f.errors.missed_below,
                            f.same_min, f.different_max, f.variance_ratio);
  }
  return text;
}

std::string EvidenceMarkdown(const Evaluation& evaluation) {
  if (evaluation.evidence.empty()) return "";
  std::string text =
      "| likelihood ratios | Cllr [5–95 %] | Cllr_min | Cllr_cal [5–95 %] | LR > 1, different | "
      "LR < 1, same | same: NONE/L1/L2/L3/L4 | different |\n|---|---|---|---|---|---|---|---|\n";
  const auto levels = [](const std::array<std::int64_t, 5>& n) {
    return absl::StrFormat("%d/%d/%d/%d/%d", n[0], n[1], n[2], n[3], n[4]);
  };
  for (const EvidenceRow& row : evaluation.evidence) {
    text += absl::StrFormat("| %s | ", Cell(row.name));
    if (!row.figures) {
      text += absl::StrFormat("too few firearms (%d pairs without a ratio) | | | | | | |\n",
                              row.left_out);
      continue;
    }
    const forensics::EvidenceFigures& f = *row.figures;
    text += absl::StrFormat("%s | %.3f | %s | %s | %s | %s | %s |\n", FigureText(f.cllr),
                            f.cllr_min.value, FigureText(f.cllr_cal),
                            ShareText(f.misleading.different_above_one, row.different),
                            ShareText(f.misleading.same_below_one, row.same),
                            levels(row.same_levels), levels(row.different_levels));
  }
  return text;
}

std::string ExceptionsMarkdown(const Evaluation& evaluation) {
  if (evaluation.same_below_different.empty()) {
    return "Every same-source pair scores above every different-source pair.\n";
  }
  std::string text = absl::StrFormat(
      "%d same-source pairs do not score above every different-source pair; the lowest: ",
      evaluation.same_below_different_count);
  for (std::size_t i = 0; i < evaluation.same_below_different.size(); ++i) {
    const NamedPair& pair = evaluation.same_below_different[i];
    text += absl::StrFormat("%s%s × %s (%.3f)", i == 0 ? "" : ", ", pair.a, pair.b, pair.score);
  }
  return text + ".\n";
}

}  // namespace

std::string FigureText(const forensics::Estimate& estimate) {
  if (estimate.draws == 0) return absl::StrFormat("%.3f [no interval]", estimate.value);
  return absl::StrFormat("%.3f [%.3f, %.3f]", estimate.value, estimate.low, estimate.high);
}

std::string ShareText(std::int64_t count, std::int64_t of) {
  return absl::StrFormat("%d of %d", count, of);
}

std::string SubsetTitle(const Subset& subset) {
  return subset.name.empty() ? subset.group : subset.group + ": " + subset.name;
}

std::string ScoresCsv(const Comparisons& comparisons) {
  std::string text = "a,b,file_a,file_b,firearm_a,firearm_b,truth,truth_derived,same_item,score";
  for (const std::string& column : comparisons.columns) text += "," + column;
  text += ",log10_lr,log10_low,log10_high,level\n";
  for (const Pair& pair : comparisons.pairs) {
    const Item& a = comparisons.items[static_cast<std::size_t>(pair.a)];
    const Item& b = comparisons.items[static_cast<std::size_t>(pair.b)];
    text += absl::StrFormat("%s,%s,%s,%s,%s,%s,%s,%d,%d,%.9g", Field(a.label), Field(b.label),
                            Field(a.file), Field(b.file), Field(a.firearm), Field(b.firearm),
                            TruthName(pair.truth), pair.derived ? 1 : 0, pair.same_item ? 1 : 0,
                            pair.score);
    for (std::size_t i = 0; i < comparisons.columns.size(); ++i) {
      text += absl::StrFormat(",%.9g", pair.extra[i]);
    }
    if (pair.ratio) {
      text += absl::StrFormat(",%.4f,%.4f,%.4f,%s\n", pair.ratio->log10_lr, pair.ratio->log10_low,
                              pair.ratio->log10_high, forensics::LevelName(pair.ratio->level));
    } else {
      text += ",,,,\n";
    }
  }
  return text;
}

std::string MetricsJson(const Results& results) {
  ordered_json json = {{"format", "proofmark-validation-metrics/1"},
                       {"manifest", results.manifest},
                       {"gallery", results.gallery},
                       {"program", results.version},
                       {"files", results.files}};
  json["methods"] = ordered_json::object();
  for (const auto& [what, version] : results.methods) json["methods"][what] = version;
  json["notProcessed"] = ordered_json::array();
  for (const NotProcessed& file : results.not_processed) {
    json["notProcessed"].push_back({{"file", file.file}, {"reason", file.reason}});
  }
  json["tables"] = ordered_json::array();
  for (const EvaluatedTable& table : results.tables) json["tables"].push_back(Json(table));
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string ReportMarkdown(const Results& results) {
  std::string text =
      absl::StrFormat("%d files, %d not processed.", results.files, results.not_processed.size());
  for (const auto& [what, version] : results.methods) {
    text += absl::StrFormat(" %s: %s.", what, version);
  }
  text += "\n";
  for (const std::string& line : results.calibration_statements) text += "\n" + line + "\n";
  for (const EvaluatedTable& table : results.tables) {
    const Evaluation& e = table.evaluation;
    text += absl::StrFormat("\n### %s\n\n", table.comparisons.title);
    text += absl::StrFormat(
        "%d items; score: %s. Left out: %d undecided pairs, %d pairs of one item scanned "
        "twice.\n\n",
        table.comparisons.items.size(), table.comparisons.score_name, e.undecided, e.same_item);
    text += SubsetsMarkdown(e) + "\n" + EvidenceMarkdown(e) + "\n";
    text += absl::StrFormat("Retrieval: rank 1 %s, mean average precision %.3f. ",
                            ShareText(e.retrieval.first, e.retrieval.queries),
                            e.retrieval.mean_average_precision);
    text += ExceptionsMarkdown(e);
  }
  for (const std::string& line : results.peer_lines) text += "\n" + line + "\n";
  if (!results.not_processed.empty()) {
    text += "\n### Not processed\n\n| file | reason |\n|---|---|\n";
    for (const NotProcessed& file : results.not_processed) {
      text += absl::StrFormat("| %s | %s |\n", Cell(file.file), Cell(file.reason));
    }
  }
  return text;
}

}  // namespace proofmark::client::validation
