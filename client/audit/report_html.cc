// SPDX-License-Identifier: Apache-2.0
#include "client/audit/report_html.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "client/html_text.h"

namespace proofmark::client::audit {
namespace {

constexpr std::string_view kStyle = R"css(
:root{--ink:#1d2430;--soft:#5b6472;--line:#dfe3e8;--paper:#fff;--ground:#f4f5f7}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,"DejaVu Sans",
"Segoe UI",sans-serif}
main{max-width:1240px;margin:0 auto;padding:28px 32px 60px}
header{background:#16324a;color:#fff;padding:30px 0}
header div{max-width:1240px;margin:0 auto;padding:0 32px}
h1{margin:0 0 6px;font-size:28px;font-weight:600}
header p{margin:2px 0;color:#c9d7e3}
h2{font-size:20px;margin:0 0 4px;font-weight:600}
section{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:22px 26px;
margin:0 0 22px}
.note{color:var(--soft);margin:0 0 14px}
.good{border-left:4px solid #2d7a46;background:#eef7f1;padding:10px 14px}
.warn{border-left:4px solid #d0651d;background:#fdf3ec;padding:10px 14px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:14px}
.tile{border:1px solid var(--line);border-radius:8px;padding:12px 16px;background:#fbfcfd}
.tile b{display:block;font-size:26px;font-weight:600;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13px}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th{font-weight:600;color:var(--soft);text-align:left;border-bottom:2px solid var(--line);
padding:6px 10px;vertical-align:bottom}
td{border-bottom:1px solid #edf0f3;padding:5px 10px}
.r{text-align:right}
.zero{color:#a8b0ba}
figure{margin:14px 0 4px}
figure svg{display:block;width:100%;height:auto;font:12px system-ui,"DejaVu Sans",sans-serif}
@media print{body{background:#fff}section{break-inside:avoid;border:0}}
)css";

struct Series {
  std::string name;
  const char* colour;
  std::uint64_t (*value)(const Counts&);
};

// A bar for each group, made of one piece for each series.
std::string StackedBars(std::string_view title, const std::map<std::string, Counts>& groups,
                        const std::vector<Series>& series) {
  constexpr int kBarsMax = 36;
  constexpr int kLabel_px = 150, kWidth_px = 900, kRow_px = 24, kTop_px = 34;
  std::vector<std::pair<std::string, const Counts*>> rows;
  for (const auto& [name, counts] : groups) rows.emplace_back(name, &counts);
  // Of too many, the last: the newest months.
  if (rows.size() > kBarsMax) rows.erase(rows.begin(), rows.end() - kBarsMax);
  std::uint64_t most = 1;
  for (const auto& [name, counts] : rows) {
    std::uint64_t sum = 0;
    for (const Series& of : series) sum += of.value(*counts);
    most = std::max(most, sum);
  }
  const int height = kTop_px + kRow_px * static_cast<int>(rows.size()) + 6;
  std::string svg =
      absl::StrFormat("<figure><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
                      kLabel_px + kWidth_px + 60, height, HtmlText(title));
  int x = kLabel_px;
  for (const Series& of : series) {
    svg += absl::StrFormat(
        "<rect x=\"%d\" y=\"8\" width=\"12\" height=\"12\" fill=\"%s\"/>"
        "<text x=\"%d\" y=\"18\">%s</text>\n",
        x, of.colour, x + 18, HtmlText(of.name));
    x += 40 + 8 * static_cast<int>(of.name.size());
  }
  int y = kTop_px;
  for (const auto& [name, counts] : rows) {
    svg += absl::StrFormat("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>", kLabel_px - 8,
                           y + 15, HtmlText(std::string_view(name).substr(0, 22)));
    double at = kLabel_px;
    std::uint64_t sum = 0;
    for (const Series& of : series) {
      const std::uint64_t value = of.value(*counts);
      sum += value;
      if (value == 0) continue;
      const double width = kWidth_px * static_cast<double>(value) / static_cast<double>(most);
      svg += absl::StrFormat(
          "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"16\" fill=\"%s\">"
          "<title>%s: %s %d</title></rect>",
          at, y + 2, width, of.colour, HtmlText(name), HtmlText(of.name), value);
      at += width;
    }
    svg += absl::StrFormat("<text x=\"%.1f\" y=\"%d\">%d</text>\n", at + 6, y + 15, sum);
    y += kRow_px;
  }
  return svg + "</svg></figure>\n";
}

std::string TableHtml(const ReportTable& table) {
  if (table.rows.empty()) return "<p class=\"note\">None.</p>\n";
  std::string html = "<div class=\"wide\"><table><thead><tr>";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    html += absl::StrFormat("<th%s>%s</th>", i < table.texts ? "" : " class=\"r\"",
                            HtmlText(table.columns[i]));
  }
  html += "</tr></thead><tbody>\n";
  for (const std::vector<std::string>& row : table.rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const char* style = i < table.texts ? ""
                          : row[i] == "0" ? " class=\"r zero\""
                                          : " class=\"r\"";
      html += absl::StrFormat("<td%s>%s</td>", style, HtmlText(row[i]));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string TilesHtml(const Counts& total) {
  const std::array<std::pair<const char*, std::uint64_t>, 8> tiles = {{
      {"questions to partners", total.asked},
      {"questions of partners", total.questions_in()},
      {"own searches", total.own_searches},
      {"refused or denied", total.refused + total.denied},
      {"releases", total.releases},
      {"clocks missed", total.clocks_missed},
      {"erasures", total.erasures},
      {"alarms", total.alarms},
  }};
  std::string html = "<div class=\"tiles\">";
  for (const auto& [name, count] : tiles) {
    html += absl::StrFormat("<div class=\"tile\"><b>%d</b><span>%s</span></div>", count, name);
  }
  return html + "</div>\n";
}

std::string ChartOf(const Report& report, std::string_view table) {
  if (table == "months") {
    return StackedBars(
        "Entries by month", report.months,
        {{"asked partners", "#1f5f8b", [](const Counts& c) { return c.asked; }},
         {"partners asked", "#2d7a46", [](const Counts& c) { return c.questions_in(); }},
         {"own searches", "#8a9bab", [](const Counts& c) { return c.own_searches; }},
         {"denied", "#d0651d", [](const Counts& c) { return c.denied; }}});
  }
  if (table == "partners") {
    return StackedBars("Questions by partner", report.partners,
                       {{"we asked", "#1f5f8b", [](const Counts& c) { return c.asked; }},
                        {"we answered", "#2d7a46", [](const Counts& c) { return c.answered; }},
                        {"we refused", "#c9a227", [](const Counts& c) { return c.refused; }},
                        {"we denied", "#d0651d", [](const Counts& c) { return c.denied; }}});
  }
  if (table == "purposes") {
    return StackedBars(
        "Questions by purpose", report.purposes,
        {{"asked partners", "#1f5f8b", [](const Counts& c) { return c.asked; }},
         {"partners asked", "#2d7a46", [](const Counts& c) { return c.questions_in(); }},
         {"own searches", "#8a9bab", [](const Counts& c) { return c.own_searches; }}});
  }
  return "";
}

}  // namespace

std::string ReportHtml(const Report& report, const ReportStanding& standing) {
  const std::string first = report.months.empty() ? "-" : report.months.begin()->first;
  const std::string last = report.months.empty() ? "-" : report.months.rbegin()->first;
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Ledger report</title>\n"
      "<style>" +
      std::string(kStyle) + "</style></head><body>\n";
  html += absl::StrFormat(
      "<header><div><h1>Ledger report</h1><p>%s</p><p>%s to %s &middot; entries %d to %d, %d of "
      "them in the period</p></div></header><main>\n",
      HtmlText(standing.origin), HtmlText(first), HtmlText(last), report.first_index,
      report.last_index, report.total.entries);
  html += absl::StrFormat("<section><p class=\"%s\">%s</p>", standing.verified ? "good" : "warn",
                          HtmlText(standing.verdict));
  html +=
      "<p class=\"note\">Counts of ledger entries. Entries hold no names, case numbers or serials, "
      "only commitments and pseudonyms.</p>\n" +
      TilesHtml(report.total) + "</section>\n";
  for (const ReportTable& table : ReportTables(report)) {
    html += absl::StrFormat("<section><h2>%s</h2>", HtmlText(table.title));
    if (!table.note.empty()) {
      html += absl::StrFormat("<p class=\"note\">%s</p>", HtmlText(table.note));
    }
    if (!table.rows.empty()) html += ChartOf(report, table.id);
    html += TableHtml(table) + "</section>\n";
  }
  return html + "</main></body></html>\n";
}

}  // namespace proofmark::client::audit
