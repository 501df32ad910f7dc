// SPDX-License-Identifier: Apache-2.0
#include "client/validation/report_html.h"

#include <array>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/html_text.h"
#include "client/validation/charts.h"

namespace proofmark::client::validation {
namespace {

constexpr std::size_t kNotProcessedShown = 2'000;

constexpr std::string_view kStyle = R"css(
:root{--ink:#1d2430;--soft:#5b6472;--line:#dfe3e8;--paper:#fff;--ground:#f4f5f7;--blue:#1f5f8b;
--orange:#d0651d;--good:#2d7a46}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,"DejaVu Sans",
"Segoe UI",sans-serif}
main{max-width:1400px;margin:0 auto;padding:28px 32px 60px}
header.top{background:#16324a;color:#fff;padding:30px 0}
header.top div{max-width:1400px;margin:0 auto;padding:0 32px}
h1{margin:0 0 6px;font-size:28px;font-weight:600;letter-spacing:.2px}
header.top p{margin:2px 0;color:#c9d7e3}
h2{font-size:21px;margin:0 0 4px;font-weight:600}
h3{font-size:15px;margin:22px 0 8px;font-weight:600}
section{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:24px 26px;
margin:0 0 24px}
.note{color:var(--soft);margin:0 0 14px}
.warn{border-left:4px solid var(--orange);background:#fdf3ec;padding:10px 14px;border-radius:4px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:14px;margin:16px 0}
.tile{border:1px solid var(--line);border-radius:8px;padding:12px 16px;background:#fbfcfd}
.tile b{display:block;font-size:26px;font-weight:600;font-variant-numeric:tabular-nums}
.tile span{display:block;color:var(--soft);font-size:13px}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th{font-weight:600;color:var(--soft);text-align:left;border-bottom:2px solid var(--line);
padding:6px 10px;vertical-align:bottom}
td{border-bottom:1px solid #edf0f3;padding:5px 10px;vertical-align:top}
tr.head td{font-weight:600;background:#f7f9fb}
.r{text-align:right}
td.r,td:first-child{white-space:nowrap}
.wide{overflow-x:auto}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(520px,1fr));gap:14px;margin:12px 0}
figure{margin:0;border:1px solid var(--line);border-radius:8px;overflow:hidden;background:#fff}
figure svg{display:block;width:100%;height:auto}
nav a{color:#fff;margin-right:18px}
code{font-family:"DejaVu Sans Mono",ui-monospace,monospace;font-size:13px}
@media print{body{background:#fff}section{break-inside:avoid;border:0}}
)css";

// A table with a heading; columns from `right_from` on are numbers.
class HtmlTable {
 public:
  HtmlTable(std::initializer_list<std::string_view> titles, std::size_t right_from)
      : right_from_(right_from),
        columns_(titles.size()),
        text_("<div class=\"wide\"><table><thead><tr>") {
    std::size_t i = 0;
    for (const std::string_view title : titles) {
      text_ += absl::StrFormat("<th%s>%s</th>", Class(i++), HtmlText(title));
    }
    text_ += "</tr></thead><tbody>\n";
  }
  void AddHeading(const std::string& words) {
    text_ += absl::StrFormat("<tr class=\"head\"><td colspan=\"%d\">%s</td></tr>\n", columns_,
                             HtmlText(words));
  }
  void AddRow(const std::vector<std::string>& cells) {
    text_ += "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text_ += absl::StrFormat("<td%s>%s</td>", Class(i), HtmlText(cells[i]));
    }
    text_ += "</tr>\n";
  }
  std::string Text() const { return text_ + "</tbody></table></div>\n"; }

 private:
  const char* Class(std::size_t i) const { return i >= right_from_ ? " class=\"r\"" : ""; }

  std::size_t right_from_;
  std::size_t columns_;
  std::string text_;
};

std::string Tile(const std::string& value, const std::string& words) {
  return absl::StrFormat("<div class=\"tile\"><b>%s</b><span>%s</span></div>\n", HtmlText(value),
                         HtmlText(words));
}

std::string Tiles(const Evaluation& evaluation) {
  if (evaluation.subsets.empty() || !evaluation.subsets.front().figures) return "";
  const Subset& all = evaluation.subsets.front();
  const forensics::ScoreFigures& f = *all.figures;
  std::string text = "<div class=\"tiles\">\n";
  text +=
      Tile(absl::StrFormat("%.3f", f.auc.value),
           f.auc.draws == 0 ? "AUC; too few firearms for an interval"
                            : absl::StrFormat("AUC, 5–95 %%: %.3f–%.3f", f.auc.low, f.auc.high));
  text += Tile(absl::StrFormat("%.1f %%", 100.0 * f.eer.value),
               f.eer.draws == 0 ? "equal error rate; too few firearms for an interval"
                                : absl::StrFormat("equal error rate, 5–95 %%: %.1f–%.1f %%",
                                                  100.0 * f.eer.low, 100.0 * f.eer.high));
  text += Tile(absl::StrFormat("%d / %d", all.same, all.different),
               absl::StrFormat("same / different pairs, %d firearms", f.firearms));
  if (!evaluation.evidence.empty() && evaluation.evidence.front().figures) {
    const EvidenceRow& row = evaluation.evidence.front();
    text += Tile(absl::StrFormat("%.3f", row.figures->cllr.value), "Cllr, " + row.name);
  }
  const Retrieval& r = evaluation.retrieval;
  if (r.queries > 0) {
    text += Tile(ShareText(r.first, r.queries),
                 absl::StrFormat("queries right at rank 1; mAP %.3f", r.mean_average_precision));
  }
  return text + "</div>\n";
}

std::string SubsetTable(const Evaluation& evaluation) {
  HtmlTable table(
      {"pairs", "same", "different", "firearms", "AUC [5–95 %]", "EER [5–95 %]",
       "false, missed at threshold", "lowest same", "highest different", "variance ratio"},
      1);
  std::string group;
  for (const Subset& subset : evaluation.subsets) {
    if (subset.group != group && subset.group != "all") table.AddHeading("by " + subset.group);
    group = subset.group;
    std::vector<std::string> row = {subset.name.empty() ? "all that count" : subset.name,
                                    std::to_string(subset.same), std::to_string(subset.different)};
    if (subset.figures) {
      const forensics::ScoreFigures& f = *subset.figures;
      row.push_back(std::to_string(f.firearms));
      row.push_back(FigureText(f.auc));
      row.push_back(FigureText(f.eer));
      row.push_back(absl::StrFormat("%d, %d at %.3f", f.errors.false_above, f.errors.missed_below,
                                    f.errors.threshold));
      row.push_back(absl::StrFormat("%.3f", f.same_min));
      row.push_back(absl::StrFormat("%.3f", f.different_max));
      row.push_back(absl::StrFormat("%.1f", f.variance_ratio));
    } else {
      row.insert(row.end(), 7, "–");
    }
    table.AddRow(row);
  }
  return table.Text();
}

std::string EvidenceTable(const Evaluation& evaluation) {
  HtmlTable table(
      {"likelihood ratios from", "Cllr [5–95 %]", "Cllr_min [5–95 %]", "Cllr_cal [5–95 %]",
       "LR > 1, different source", "LR < 1, same source", "worst log10 LR: different, same",
       "same: NONE L1 L2 L3 L4", "different source at the same"},
      1);
  const auto levels = [](const std::array<std::int64_t, 5>& n) {
    return absl::StrFormat("%d · %d · %d · %d · %d", n[0], n[1], n[2], n[3], n[4]);
  };
  for (const EvidenceRow& row : evaluation.evidence) {
    if (!row.figures) {
      table.AddRow(
          {row.name, absl::StrFormat("too few firearms: %d pairs without a ratio", row.left_out)});
      continue;
    }
    const forensics::EvidenceFigures& f = *row.figures;
    table.AddRow({row.name, FigureText(f.cllr), FigureText(f.cllr_min), FigureText(f.cllr_cal),
                  ShareText(f.misleading.different_above_one, row.different),
                  ShareText(f.misleading.same_below_one, row.same),
                  absl::StrFormat("%.2f, %.2f", f.misleading.different_log10_max,
                                  f.misleading.same_log10_min),
                  levels(row.same_levels), levels(row.different_levels)});
  }
  return table.Text();
}

std::string Exceptions(const Evaluation& evaluation) {
  std::string text = "<h3>Pairs worth naming</h3>\n";
  if (evaluation.same_below_different.empty()) {
    text += "<p>Every same-source pair scores above every different-source pair.</p>\n";
  } else {
    text += absl::StrFormat(
        "<p>%d same-source pairs do not score above every different-source pair; the lowest:</p>\n",
        evaluation.same_below_different_count);
  }
  HtmlTable table({"pair", "", "truth", "score"}, 3);
  for (const NamedPair& pair : evaluation.same_below_different) {
    table.AddRow({pair.a, pair.b, "same source, low", absl::StrFormat("%.3f", pair.score)});
  }
  for (const NamedPair& pair : evaluation.highest_different) {
    table.AddRow(
        {pair.a, pair.b, "different source, highest", absl::StrFormat("%.3f", pair.score)});
  }
  return text + table.Text();
}

absl::StatusOr<std::string> Charts(const EvaluatedTable& table) {
  const Evaluation& evaluation = table.evaluation;
  if (evaluation.roc.empty()) return std::string("<p>One class has no pairs: nothing to draw.</p>");
  std::string text = "<div class=\"charts\">\n";
  const auto add = [&text](const std::string& svg) { text += "<figure>" + svg + "</figure>\n"; };
  PM_ASSIGN_OR_RETURN(const std::string histogram, DrawHistogram(table.comparisons));
  add(histogram);
  PM_ASSIGN_OR_RETURN(const std::string roc, DrawRoc(table.comparisons, evaluation));
  add(roc);
  for (const EvidenceRow& row : evaluation.evidence) {
    if (!row.figures || row.name == "resubstitution") continue;
    PM_ASSIGN_OR_RETURN(const std::string tippett, DrawTippett(evaluation));
    add(tippett);
    break;
  }
  if (evaluation.retrieval.queries > 0) {
    PM_ASSIGN_OR_RETURN(const std::string ranks, DrawRanks(evaluation.retrieval));
    add(ranks);
  }
  return text + "</div>\n";
}

absl::StatusOr<std::string> Section(const EvaluatedTable& table) {
  const Comparisons& comparisons = table.comparisons;
  const Evaluation& evaluation = table.evaluation;
  std::string text = absl::StrFormat(
      "<section id=\"%s\"><h2>%s</h2>\n<p class=\"note\">%d items; score: %s. Left out of the "
      "figures: %d pairs whose truth is undecided, %d pairs of one item scanned twice.</p>\n",
      comparisons.name, HtmlText(comparisons.title), comparisons.items.size(),
      HtmlText(comparisons.score_name), evaluation.undecided, evaluation.same_item);
  text += Tiles(evaluation);
  PM_ASSIGN_OR_RETURN(const std::string charts, Charts(table));
  text += charts;
  text += "<h3>How well the scores tell same from different</h3>\n" + SubsetTable(evaluation);
  if (!evaluation.evidence.empty()) {
    text += "<h3>What the likelihood ratios are worth</h3>\n" + EvidenceTable(evaluation);
  }
  text += Exceptions(evaluation);
  if (!comparisons.not_compared.empty()) {
    HtmlTable failed({"pair that could not be compared", "reason"}, 2);
    for (const NotProcessed& pair : comparisons.not_compared) {
      failed.AddRow({pair.file, pair.reason});
    }
    text += "<h3>Not compared</h3>\n" + failed.Text();
  }
  return text + "</section>\n";
}

std::string Head(const Results& results) {
  std::string text =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<title>Proofmark validation</title>\n<style>" +
      std::string(kStyle) +
      "</style></head><body>\n<header class=\"top\"><div><h1>Validation</h1>\n";
  text += absl::StrFormat("<p>Proofmark %s · manifest %s%s · %d files, %d not processed</p>\n<p>",
                          HtmlText(results.version), HtmlText(results.manifest),
                          results.gallery.empty() ? "" : " · gallery " + HtmlText(results.gallery),
                          results.files, results.not_processed.size());
  for (const auto& [what, version] : results.methods) {
    text += absl::StrFormat("%s: %s &nbsp; ", HtmlText(what), HtmlText(version));
  }
  text += "</p>\n<nav>";
  for (const EvaluatedTable& table : results.tables) {
    text += absl::StrFormat("<a href=\"#%s\">%s</a>", table.comparisons.name,
                            HtmlText(table.comparisons.title));
  }
  return text + "<a href=\"#files\">Files not processed</a></nav></div></header>\n<main>\n";
}

constexpr std::string_view kReading = R"html(<section><h2>How to read this</h2>
<p class="note">A score says how alike two marks are; it is no probability. AUC: how often a
same-source pair scores above a different-source pair. Equal error rate: where the convex hull of
the ROC has as many false as missed pairs; beside it the counts at the nearest threshold.
Intervals: 5 % and 95 % of 1 000 bootstrap draws over firearms, since pairs of one firearm are not
independent; with few firearms they are wide, and with all scores apart they cannot show how much
is not known. Cllr: cost of the likelihood ratios in bits, 0 perfect, 1 worthless; Cllr_cal is the
part that better calibration would remove. Leave-one-firearm-out: each ratio from a model that
never saw either firearm; resubstitution stands beside it to show the difference, not as a result.
Truth that was itself found by comparing marks is reported apart.</p></section>
)html";

}  // namespace

absl::StatusOr<std::string> ReportHtml(const Results& results) {
  std::string text = Head(results);
  for (const std::string& line : results.calibration_statements) {
    text += absl::StrFormat("<p class=\"warn\">%s</p>\n", HtmlText(line));
  }
  text += kReading;
  for (const EvaluatedTable& table : results.tables) {
    PM_ASSIGN_OR_RETURN(const std::string section, Section(table));
    text += section;
  }
  for (const std::string& line : results.peer_lines) {
    text += absl::StrFormat("<section><h2>Other people's counts</h2><p>%s</p></section>\n",
                            HtmlText(line));
  }
  text += "<section id=\"files\"><h2>Files not processed</h2>\n";
  if (results.not_processed.empty()) {
    text += "<p>None.</p>";
  } else {
    HtmlTable files({"file", "reason"}, 2);
    for (std::size_t i = 0; i < results.not_processed.size() && i < kNotProcessedShown; ++i) {
      files.AddRow({results.not_processed[i].file, results.not_processed[i].reason});
    }
    text += files.Text();
    if (results.not_processed.size() > kNotProcessedShown) {
      text += absl::StrFormat("<p>%d more in metrics.json.</p>",
                              results.not_processed.size() - kNotProcessedShown);
    }
  }
  return text + "</section>\n</main></body></html>\n";
}

}  // namespace proofmark::client::validation
