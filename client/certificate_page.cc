// SPDX-License-Identifier: Apache-2.0
#include "client/certificate_page.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/html_text.h"
#include "records/firearm/checks.h"
#include "records/partial_date.h"

namespace proofmark::client {
namespace {

constexpr std::string_view kStyle = R"css(
@page{size:A4;margin:16mm 15mm 18mm}
:root{--ink:#14202b;--soft:#5a6672;--line:#cfd6dd}
*{box-sizing:border-box}
body{margin:0;background:#eceff2;color:var(--ink);font:11pt/1.4 system-ui,"DejaVu Sans","Segoe UI",sans-serif}
main{max-width:190mm;margin:8mm auto;background:#fff;border:1px solid var(--line);padding:14mm 13mm}
header{border-bottom:2pt solid #16324a;padding-bottom:9pt;margin-bottom:12pt}
h1{font-size:19pt;font-weight:600;margin:0 0 2pt}
h2{font-size:12pt;font-weight:600;margin:15pt 0 4pt;break-after:avoid}
p{margin:2pt 0}
.soft{color:var(--soft);font-size:9.5pt}
.bad{color:#a51d1d;font-weight:600}
.warn{color:#8a4a08}
.good{color:#22653a}
table{border-collapse:collapse;width:100%;font-size:10pt}
tr{break-inside:avoid}
th{font-weight:600;text-align:left;color:var(--soft);border-bottom:1pt solid var(--line);padding:3pt 6pt 3pt 0;vertical-align:top}
td{border-bottom:.5pt solid #e4e8ec;padding:3pt 6pt 3pt 0;vertical-align:top;overflow-wrap:anywhere}
.fields td:first-child{width:58mm;color:var(--soft)}
.none{color:#98a2ac}
pre{font:7.5pt/1.35 ui-monospace,"DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere;
border:.5pt solid var(--line);padding:6pt;margin:4pt 0}
footer{margin-top:14pt;border-top:.5pt solid var(--line);padding-top:5pt}
@media print{body{background:#fff}main{max-width:none;margin:0;border:0;padding:0}}
)css";

std::string TimeText(std::int64_t unix_ms) {
  const std::chrono::sys_seconds at{std::chrono::seconds(unix_ms / 1'000)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  return absl::StrFormat("%04d-%02u-%02u %02d:%02dZ", static_cast<int>(date.year()),
                         static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                         time.hours().count(), time.minutes().count());
}

std::string DateText(const std::optional<records::PartialDate>& date) {
  return date ? records::PartialDateText(*date) : "";
}

std::string SerialText(const firearm::Serial& serial) {
  std::string text =
      serial.raw.empty() ? std::string(firearm::CodeOf(serial.condition)) : serial.raw;
  if (serial.component) text += absl::StrFormat(" (%s)", firearm::CodeOf(*serial.component));
  return text;
}

std::string SerialsText(const std::vector<firearm::Serial>& serials) {
  std::vector<std::string> texts;
  for (const firearm::Serial& serial : serials) texts.push_back(SerialText(serial));
  return absl::StrJoin(texts, "; ");
}

// What a code means, and the code.
template <typename E>
std::string MeaningText(E value) {
  const firearm::CodeRow<E>& row = firearm::RowOf(value);
  return absl::StrFormat("%s (%s)", row.meaning, row.code);
}

// A table with a name and a value a row; what is not known says so.
class FieldTable {
 public:
  void Add(std::string_view name, const std::string& value, bool lacking = false) {
    const std::string_view absent = lacking ? "<span class=\"warn\">lacking</span>"
                                            : "<span class=\"none\">not recorded</span>";
    rows_ += absl::StrFormat("<tr><td>%s</td><td>%s</td></tr>\n", HtmlText(name),
                             value.empty() ? std::string(absent) : HtmlText(value));
  }
  std::string Html() const { return "<table class=\"fields\">\n" + rows_ + "</table>\n"; }

 private:
  std::string rows_;
};

std::string Table(const std::vector<std::string_view>& head,
                  const std::vector<std::vector<std::string>>& rows) {
  std::string html = "<table>\n<tr>";
  for (const std::string_view name : head) html += "<th>" + HtmlText(name) + "</th>";
  html += "</tr>\n";
  for (const std::vector<std::string>& row : rows) {
    html += "<tr>";
    for (const std::string& cell : row) html += "<td>" + HtmlText(cell) + "</td>";
    html += "</tr>\n";
  }
  return html + "</table>\n";
}

// In the order of the form.
std::string CertificateFieldsHtml(const firearm::DeactivationCertificate& c) {
  const std::vector<std::string_view> missing = firearm::MissingCertificateFields(c);
  FieldTable table;
  std::size_t place = 0;
  const auto add = [&](std::string_view name, const std::string& value) {
    const std::string_view field = firearm::CertificateFields()[place++].name;
    table.Add(name, value, std::find(missing.begin(), missing.end(), field) != missing.end());
  };
  add("Certificate number", c.number);
  add("Verifying entity", c.verifying_entity);
  add("Conforms to",
      c.standard ? absl::StrFormat("%s: %s", firearm::CodeOf(*c.standard), c.conformity_statement)
                 : c.conformity_statement);
  add("Deactivated by", c.deactivating_entity);
  add("Country", c.country);
  add("Date of certification", DateText(c.certified_on));
  add("Manufacturer or brand", c.manufacturer);
  add("Type", c.checklist_type > 0 ? absl::StrFormat("%s (Table I, %d)", c.type, c.checklist_type)
                                   : c.type);
  add("Make and model", c.make_model);
  add("Calibre", c.calibre_code.empty() || c.calibre_code == c.calibre_raw
                     ? c.calibre_raw
                     : absl::StrFormat("%s (%s)", c.calibre_raw, c.calibre_code));
  add("Serial numbers", SerialsText(c.serials));
  add("Remarks", c.remarks);
  add("Picture of the mark", c.mark_image);
  add("Responsible person", c.signatory);
  add("National language", c.language);
  add("English version", c.in_english ? (*c.in_english ? "yes" : "no") : "");
  add("Record kept until", DateText(c.retain_until));
  std::string html = table.Html();
  if (!missing.empty()) {
    html += absl::StrFormat("<p class=\"warn\">Lacking: %d of the form's %d fields.</p>\n",
                            missing.size(), firearm::CertificateFields().size());
  }
  return html;
}

std::string DeactivationHtml(const firearm::DeactivationRecord& record) {
  std::string html;
  if (record.certificate_withdrawn) {
    html += "<p class=\"bad\">The certificate was withdrawn.</p>\n";
  }
  html += record.certificate ? CertificateFieldsHtml(*record.certificate)
                             : "<p class=\"warn\">No certificate is recorded.</p>\n";
  std::vector<std::vector<std::string>> marks;
  for (const firearm::ComponentWork& work : record.components) {
    marks.push_back({MeaningText(work.component), work.modified ? "yes" : "no",
                     work.mark ? firearm::MarkText(*work.mark) : "unmarked"});
  }
  html += "<h2>Marks</h2>\n";
  html += marks.empty() ? "<p class=\"none\">None is recorded.</p>\n"
                        : Table({"Component", "Changed", "Mark"}, marks);
  std::vector<std::vector<std::string>> outcomes;
  for (const firearm::OperationOutcome& outcome : record.outcomes) {
    outcomes.push_back({outcome.number, MeaningText(outcome.outcome),
                        outcome.method ? MeaningText(*outcome.method) : "",
                        DateText(outcome.checked_on)});
  }
  html += absl::StrFormat("<h2>Checklist of %s, type %d</h2>\n",
                          HtmlText(firearm::CodeOf(record.standard)), record.checklist_type);
  html += outcomes.empty() ? "<p class=\"none\">No operation is recorded.</p>\n"
                           : Table({"Operation", "Outcome", "Method", "Checked"}, outcomes);
  return html;
}

std::string FindingsHtml(const std::vector<firearm::Finding>& findings) {
  if (findings.empty()) return "<p class=\"good\">The checks D01 to D20 find nothing.</p>\n";
  std::vector<std::vector<std::string>> rows;
  for (const firearm::Finding& finding : findings) {
    const firearm::CheckRule& rule = firearm::RuleOf(finding.check);
    rows.push_back({std::string(rule.code), std::string(firearm::SeverityCode(finding.severity)),
                    finding.evidence, std::string(rule.article)});
  }
  return Table({"Check", "Severity", "What", "Rests on"}, rows);
}

}  // namespace

std::string CertificatePage(const wire::KeptFirearm& kept,
                            const std::optional<PageReceipt>& receipt,
                            std::int64_t printed_unix_ms) {
  const firearm::Firearm& item = kept.firearm;
  FieldTable is;
  is.Add("Reference", kept.reference);
  is.Add("State", MeaningText(kept.state()));
  is.Add("Class", MeaningText(item.firearm_class));
  is.Add("Make", item.make.empty() ? item.make_raw : item.make);
  is.Add("Model", item.model.empty() ? item.model_raw : item.model);
  is.Add("Calibre", item.calibre_code.empty() ? item.calibre_raw : item.calibre_code);
  is.Add("Serial numbers", SerialsText(item.serials));
  is.Add("Category", item.category ? MeaningText(*item.category) : "");
  is.Add("Category before", item.category_before ? MeaningText(*item.category_before) : "");
  std::vector<std::vector<std::string>> states;
  for (const firearm::StateEvent& event : kept.history) {
    states.push_back(
        {TimeText(event.at_unix_ms), MeaningText(event.to), event.authority, event.paper});
  }
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n<title>Deactivation of firearm " +
      HtmlText(kept.reference) + "</title>\n<style>" + std::string(kStyle) +
      "</style></head>\n<body><main>\n<header><h1>Deactivated firearm</h1>\n"
      "<p>Copy of the agency's register. It is not the certificate, which goes with the "
      "firearm.</p>\n</header>\n";
  html += "<h2>The firearm</h2>\n" + is.Html();
  html += "<h2>Certificate (Regulation (EU) 2015/2403, Annex III)</h2>\n";
  html += kept.deactivation ? DeactivationHtml(*kept.deactivation)
                            : "<p class=\"warn\">No deactivation is recorded.</p>\n";
  html += "<h2>States</h2>\n" + Table({"When", "State", "Authority", "Paper"}, states);
  html += "<h2>Checks</h2>\n" + FindingsHtml(kept.findings);
  html += "<h2>Ledger</h2>\n";
  if (receipt) {
    html += absl::StrFormat("<p>Entry %d, and the proof that the ledger holds it:</p>\n",
                            receipt->index);
    html += "<pre>" + HtmlText(receipt->entry) + "</pre>\n<pre>" + HtmlText(receipt->proof) +
            "</pre>\n";
  } else {
    html += "<p class=\"none\">No receipt was asked for.</p>\n";
  }
  return html +
         absl::StrFormat(
             "<footer class=\"soft\">Printed %s; version %d of the record. Serial numbers and "
             "names on this page are personal data.</footer>\n</main></body></html>\n",
             TimeText(printed_unix_ms), kept.changes.size());
}

}  // namespace proofmark::client
