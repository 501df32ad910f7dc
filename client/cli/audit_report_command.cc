// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/audit/folder.h"
#include "client/audit/report.h"
#include "client/audit/report_html.h"
#include "client/cli/audit_commands.h"
#include "client/cli/ledger_text.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/file.h"
#include "proofmark/v1/audit_service.pb.h"

namespace proofmark::client::cli {
namespace {

// Fills the report from a verified copy. False if the copy cannot be trusted.
absl::StatusOr<bool> FromFolder(const Arguments& arguments, Console& console,
                                audit::ReportBuilder& builder, audit::ReportStanding& standing,
                                int& exit_code) {
  if (!arguments.Has("--policy")) {
    return MakeFault(FaultCode::kUsage, "--folder needs --policy as well");
  }
  const std::string folder = arguments.Text("--folder");
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<audit::VerifyResult> verified,
                      TrustedFolder(folder, arguments.Text("--policy"), console, exit_code));
  if (verified == nullptr) return false;
  const crypto::Checkpoint& head = verified->head->checkpoint;
  standing.origin = head.origin;
  standing.verified = verified->verdict == audit::Verdict::kValid;
  standing.verdict =
      absl::StrFormat("%s: %s. All %d entries of the copy were verified.",
                      audit::VerdictWord(verified->verdict), verified->standing, head.size);
  PM_RETURN_IF_ERROR(audit::VisitEntries(
      folder, head.size,
      [&](std::uint64_t index, std::string_view bytes) { return builder.Add(index, bytes); }));
  return true;
}

absl::Status FromNode(const Arguments& arguments, const audit::ReportPeriod& period,
                      audit::ReportBuilder& builder, audit::ReportStanding& standing) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::GetLedgerResponse ledger, node->GetLedger());
  standing.origin = ledger.origin();
  standing.verdict =
      "Read from the running node. Each entry's hash was computed again; that none is missing was "
      "not shown. For evidence, export the ledger and report from the copy.";
  v1::ListEntriesRequest request;
  if (period.from_ms > 0) request.mutable_from_time()->set_seconds(period.from_ms / 1000);
  if (period.to_ms != INT64_MAX) request.mutable_to_time()->set_seconds(period.to_ms / 1000);
  return VisitNodeEntries(*node, request, [&](std::uint64_t index, const std::string& bytes) {
    return builder.Add(index, bytes);
  });
}

std::string ReportText(const audit::Report& report, const audit::ReportStanding& standing,
                       const Console& console) {
  Facts facts;
  facts.Add("ledger", standing.origin, Style::kBold);
  facts.Add("rests on", standing.verdict);
  facts.Add("entries", absl::StrFormat("%d, from %d to %d", report.total.entries,
                                       report.first_index, report.last_index));
  std::string text = facts.Text(console);
  for (const audit::ReportTable& table : audit::ReportTables(report)) {
    text += '\n' + console.ForOut(Style::kBold, table.title) + '\n';
    if (!table.note.empty()) text += console.ForOut(Style::kDim, table.note) + '\n';
    std::vector<Column> columns;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      columns.push_back({table.columns[i], i < table.texts ? Align::kLeft : Align::kRight});
    }
    Table lines(std::move(columns));
    for (const std::vector<std::string>& row : table.rows) {
      lines.AddRow({row.begin(), row.end()});
    }
    text += lines.empty() ? "  none\n" : lines.Text(console, 2);
  }
  return text;
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  audit::ReportPeriod period;
  PM_ASSIGN_OR_RETURN(period.from_ms, TimeArgument(arguments, "--from", 0));
  PM_ASSIGN_OR_RETURN(period.to_ms, TimeArgument(arguments, "--to", INT64_MAX));
  audit::ReportBuilder builder(period);
  audit::ReportStanding standing;
  int exit_code = 0;
  if (arguments.Has("--folder")) {
    PM_ASSIGN_OR_RETURN(const bool trusted,
                        FromFolder(arguments, session.console, builder, standing, exit_code));
    if (!trusted) return exit_code;
  } else {
    PM_RETURN_IF_ERROR(FromNode(arguments, period, builder, standing));
  }
  if (arguments.Has("--html")) {
    const std::string path = arguments.Text("--html");
    PM_RETURN_IF_ERROR(
        WriteFile(path, audit::ReportHtml(builder.report(), standing), Privacy::kPublic,
                  arguments.On("--force") ? Overwrite::kAllowed : Overwrite::kNever));
    session.console.Note("Wrote " + path + ".");
  }
  if (arguments.On("--json")) {
    session.console.out() << audit::ReportJson(builder.report());
  } else if (!arguments.Has("--html")) {
    session.console.out() << ReportText(builder.report(), standing, session.console);
  }
  return builder.report().total.entries == 0 ? 1 : 0;
}

}  // namespace

Command AuditReportCommand() {
  return {
      .name = "report",
      .summary = "Count what a ledger says about a period.",
      .description =
          "Per month, partner, purpose, staff pseudonym, outcome and case: questions in both "
          "directions, refusals and denials, releases, clocks missed, erasures, alarms. From a "
          "copy, "
          "verified first, or from the running node. As tables, as JSON, or as one HTML page with "
          "charts that needs nothing from elsewhere. Roles online: auditor, administrator.",
      .options = WithNodeOptions(
          {{.name = "--folder",
            .help = "Copy of the ledger; no node is asked.",
            .kind = ValueKind::kFolder,
            .value_name = "FOLDER"},
           {.name = "--policy",
            .help = "By which the copy is verified.",
            .kind = ValueKind::kFile,
            .value_name = "FILE"},
           {.name = "--from", .help = "Only at or after this time (UTC).", .value_name = "TIME"},
           {.name = "--to", .help = "Only before this time (UTC).", .value_name = "TIME"},
           {.name = "--html",
            .help = "Write the page there.",
            .kind = ValueKind::kFile,
            .value_name = "FILE"},
           {.name = "--force", .help = "Overwrite the page.", .kind = ValueKind::kFlag}}),
      .places = {},
      .examples = {{"proofmark audit report --folder ledger --policy mine.policy --from 2026-01-01 "
                    "--to 2027-01-01 --html 2026.html",
                    "The year 2026, for the supervisor."},
                   {"proofmark audit report --from 2026-03-01", "Since March, from the node."}},
      .children = {},
      .run = Run};
}

}  // namespace proofmark::client::cli
