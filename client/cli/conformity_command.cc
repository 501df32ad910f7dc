// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "proofmark/v1/firearm_service.pb.h"

namespace proofmark::client::cli {
namespace {

std::string ShareText(const v1::ConformityCount& count) {
  if (count.record_count() <= 0) return "-";
  return absl::StrFormat("%.1f %%", 100.0 * static_cast<double>(count.conforming_count()) /
                                        static_cast<double>(count.record_count()));
}

absl::StatusOr<int> RunReport(const Arguments& arguments, Session& session) {
  v1::ReportConformityRequest request;
  std::vector<Column> columns;
  std::vector<std::string> dimensions = arguments.All("--by");
  if (dimensions.empty()) dimensions = {"standard"};
  for (const std::string& dimension : dimensions) {
    request.add_dimensions(absl::AsciiStrToUpper(dimension));
    columns.push_back({dimension});
  }
  columns.push_back({"firearms", Align::kRight});
  columns.push_back({"conforming", Align::kRight});
  columns.push_back({"share", Align::kRight});
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::ReportConformityResponse answer, node->ReportConformity(request));
  if (arguments.On("--json")) {
    for (const v1::ConformityCount& count : answer.counts()) {
      session.console.out() << JsonLine(count);
    }
    session.console.out() << JsonLine(answer.total());
    return answer.counts().empty() ? 1 : 0;
  }
  Table table(std::move(columns));
  const auto add = [&table](std::vector<Cell> row, const v1::ConformityCount& count) {
    row.emplace_back(CountText(count.record_count()));
    row.emplace_back(CountText(count.conforming_count()));
    row.emplace_back(ShareText(count));
    table.AddRow(std::move(row));
  };
  for (const v1::ConformityCount& count : answer.counts()) {
    std::vector<Cell> row(count.key().begin(), count.key().end());
    row.resize(dimensions.size(), Cell(""));
    add(std::move(row), count);
  }
  std::vector<Cell> total(dimensions.size(), Cell(""));
  total.front() = Cell("total", Style::kBold);
  if (!answer.counts().empty()) add(std::move(total), answer.total());
  session.console.out() << table.Text(session.console);
  if (answer.counts().empty()) session.console.Note("No deactivated firearm is kept here.");
  return answer.counts().empty() ? 1 : 0;
}

Command ReportCommand() {
  return {.name = "report",
          .summary = "Count deactivated firearms by standard, year, entity or defect.",
          .description =
              "A firearm conforms when the checks find no error and no alert and no operation is "
              "recorded as not done. By `defect` a firearm counts once under each it has; the "
              "total has every firearm once. Roles: officer, auditor, administrator.",
          .options = WithNodeOptions(
              {{.name = "--by",
                .help = "What to count by, up to three times.",
                .value_name = "WHAT",
                .choices = {"standard", "year", "entity", "class", "country", "defect"},
                .repeated = true}}),
          .places = {},
          .examples = {{"proofmark conformity report", "How many meet which standard."},
                       {"proofmark conformity report --by entity --by defect",
                        "Whose work has which weakness."}},
          .children = {},
          .run = RunReport};
}

}  // namespace

Command ConformityCommand() {
  return {.name = "conformity",
          .summary = "How deactivated firearms meet the standards.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark conformity report --by year", "By year of certification."}},
          .children = {ReportCommand()}};
}

}  // namespace proofmark::client::cli
