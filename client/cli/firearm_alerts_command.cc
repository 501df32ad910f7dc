// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/firearm_commands.h"
#include "client/cli/json.h"
#include "client/cli/listing.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "proofmark/v1/firearm_service.pb.h"

namespace proofmark::client::cli {
namespace {

const std::vector<wire::AlertState> kStates = {
    wire::AlertState::kNew, wire::AlertState::kAcknowledged, wire::AlertState::kClosed};

Style StateStyle(wire::AlertState state) {
  switch (state) {
    case wire::AlertState::kNew:
      return Style::kBad;
    case wire::AlertState::kAcknowledged:
      return Style::kWarning;
    case wire::AlertState::kClosed:
      return Style::kDim;
  }
  return Style::kPlain;
}

void PrintAlert(Console& console, const wire::FirearmAlert& alert) {
  const firearm::CheckRule& rule = firearm::RuleOf(alert.check);
  Facts facts;
  facts.Add("alert", alert.alert_id, Style::kBold);
  facts.Add("state", wire::AlertStateCode(alert.state), StateStyle(alert.state));
  facts.Add("check", absl::StrFormat("%s: %s", rule.code, rule.rule));
  facts.Add("firearm", alert.firearm_id);
  console.out() << facts.Text(console);
  Table findings({{"severity"}, {"what"}});
  for (const firearm::Finding& finding : alert.findings) {
    findings.AddRow({Cell(firearm::SeverityCode(finding.severity), SeverityStyle(finding.severity)),
                     finding.evidence});
  }
  console.out() << (alert.state == wire::AlertState::kClosed ? "\nFound before it was closed\n"
                                                             : "\nFound\n")
                << findings.Text(console, 2);
  Table steps({{"when"}, {"what"}, {"by"}, {"reasons"}});
  for (const wire::AlertStep& step : alert.steps) {
    steps.AddRow({TimeText(step.unix_ms), wire::AlertStepCode(step.kind),
                  step.by.empty() ? "node" : step.by, step.reasons});
  }
  console.out() << "\nSteps\n" << steps.Text(console, 2);
}

absl::StatusOr<int> RunList(const Arguments& arguments, Session& session) {
  v1::ListFirearmAlertsRequest request;
  request.set_all(arguments.On("--all"));
  if (arguments.Has("--state")) {
    if (arguments.On("--all")) return MakeFault(FaultCode::kUsage, "say --state or --all");
    for (const wire::AlertState state : kStates) {
      if (wire::AlertStateCode(state) != arguments.Text("--state")) continue;
      request.set_state(static_cast<v1::FirearmAlertState>(state));
    }
  }
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  return PrintList(
      arguments, session, std::move(request),
      Table({{"alert"}, {"state"}, {"check"}, {"firearm"}, {"since"}, {"what"}}),
      [&](const v1::ListFirearmAlertsRequest& page) { return node->ListFirearmAlerts(page); },
      [](const v1::ListFirearmAlertsResponse& page) -> auto& { return page.alerts(); },
      [](const v1::FirearmAlert& message) -> absl::StatusOr<std::vector<Cell>> {
        PM_ASSIGN_OR_RETURN(const wire::FirearmAlert alert, Checked(message));
        std::string what = alert.findings.empty() ? "" : alert.findings.front().evidence;
        if (alert.findings.size() > 1) {
          what += absl::StrFormat(", and %d more", alert.findings.size() - 1);
        }
        return std::vector<Cell>{alert.alert_id,
                                 Cell(wire::AlertStateCode(alert.state), StateStyle(alert.state)),
                                 firearm::RuleOf(alert.check).code,
                                 alert.firearm_id,
                                 TimeText(alert.steps.back().unix_ms),
                                 std::move(what)};
      },
      "There are no such alerts.");
}

absl::StatusOr<int> RunShow(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("ALERT", arguments.Text("ALERT")));
  v1::GetFirearmAlertRequest request;
  request.set_alert_id(arguments.Text("ALERT"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::GetFirearmAlertResponse answer, node->GetFirearmAlert(request));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer.alert());
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::FirearmAlert alert, Checked(answer.alert()));
  PrintAlert(session.console, alert);
  return 0;
}

absl::StatusOr<int> RunAcknowledge(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("ALERT", arguments.Text("ALERT")));
  v1::AcknowledgeFirearmAlertRequest request;
  request.set_alert_id(arguments.Text("ALERT"));
  request.set_reasons(arguments.Text("--reasons"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::AcknowledgeFirearmAlertResponse answer,
                      node->AcknowledgeFirearmAlert(request));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer);
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::FirearmAlert alert, Checked(answer.alert()));
  PrintAlert(session.console, alert);
  session.console.Note(absl::StrFormat("Ledger entry %d", answer.receipt().index()));
  return 0;
}

std::vector<std::string> StateCodes() {
  std::vector<std::string> codes;
  for (const wire::AlertState state : kStates) codes.emplace_back(wire::AlertStateCode(state));
  return codes;
}

const Parameter kAlert = {
    .name = "ALERT", .help = "The alert's id: 32 hexadecimal digits.", .required = true};

}  // namespace

Command FirearmAlertsCommand() {
  Command list{
      .name = "list",
      .summary = "List alerts, newest first.",
      .description =
          "Those that are not closed, unless something else is said. Ends with 1 when there "
          "is none. The node logs this as a consultation. Roles: lab, examiner, officer.",
      .options =
          WithNodeOptions({{.name = "--state",
                            .help = "Only in this state.",
                            .value_name = "STATE",
                            .choices = StateCodes()},
                           {.name = "--all", .help = "Closed ones too.", .kind = ValueKind::kFlag},
                           LimitOption(50)}),
      .places = {},
      .examples = {{"proofmark firearm alerts list --state NEW", "What nobody has seen."}},
      .children = {},
      .run = RunList};
  Command show{
      .name = "show",
      .summary = "Show what an alert found, and who did what about it.",
      .description = "The node logs this as a consultation. Roles: lab, examiner, officer.",
      .options = WithNodeOptions({}),
      .places = {kAlert},
      .examples = {{"proofmark firearm alerts show 3f2a9c0b1d2e3f400f3c9a4e6b1d42f5",
                    "All of it."}},
      .children = {},
      .run = RunShow};
  Command acknowledge{
      .name = "acknowledge",
      .summary = "Say that an alert was taken notice of.",
      .description =
          "Once; when the check finds something else later the alert is new again, and when it "
          "finds "
          "nothing any more the node closes it. Entry `registry-change`. Roles: examiner, officer.",
      .options = WithNodeOptions({{.name = "--reasons",
                                   .help = "Why, or what was done; stays in the agency.",
                                   .value_name = "TEXT",
                                   .required = true}}),
      .places = {kAlert},
      .examples = {{"proofmark firearm alerts acknowledge 3f2a9c0b1d2e3f400f3c9a4e6b1d42f5 "
                    "--reasons 'the firearms unit was told, file 26-117'",
                    "Somebody has it in hand."}},
      .children = {},
      .run = RunAcknowledge};
  return {.name = "alerts",
          .summary = "What the checks D15 to D17 find, until somebody has taken notice.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark firearm alerts list", "What is open."}},
          .children = {std::move(list), std::move(show), std::move(acknowledge)}};
}

}  // namespace proofmark::client::cli
