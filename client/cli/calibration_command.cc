// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/fault.h"
#include "client/file.h"
#include "proofmark/admin/v1/node_service.pb.h"

namespace proofmark::client::cli {
namespace {

std::string SourceText(const admin::v1::Calibration& calibration) {
  return calibration.built_in() ? "built in" : "installed";
}

// A table, then what stands behind each and what is not used.
void Print(const std::vector<const admin::v1::Calibration*>& calibrations, Console& console) {
  Table table({{"mark"},
               {"version"},
               {"provisional"},
               {"log10 LR from", Align::kRight},
               {"to", Align::kRight},
               {"firearms", Align::kRight},
               {"source"},
               {"since"},
               {"by"}});
  for (const admin::v1::Calibration* c : calibrations) {
    table.AddRow(
        {Cell(c->mark(), Style::kBold), c->version(),
         Cell(c->provisional() ? "yes" : "no", c->provisional() ? Style::kWarning : Style::kPlain),
         absl::StrFormat("%.2f", c->log10_floor()), absl::StrFormat("%.2f", c->log10_cap()),
         CountText(c->real_firearm_count()), SourceText(*c),
         c->has_install_time() ? TimeText(c->install_time().seconds() * 1000) : "-",
         c->installed_by().empty() ? "-" : c->installed_by()});
  }
  console.out() << table.Text(console);
  for (const admin::v1::Calibration* c : calibrations) {
    console.out() << '\n'
                  << Printable(absl::StrFormat("%s: %s", c->mark(), c->statement())) << '\n';
  }
  for (const admin::v1::Calibration* c : calibrations) {
    if (c->unused_version().empty()) continue;
    console.Warn(Printable(absl::StrFormat(
        "%s is installed and not used: it holds for another method than the node's, %s; make it "
        "again with proofmark calibrate, and install it",
        c->unused_version(), c->method_version())));
  }
}

absl::StatusOr<int> RunList(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const admin::v1::ListCalibrationsResponse answer, node->ListCalibrations());
  std::vector<const admin::v1::Calibration*> calibrations;
  for (const admin::v1::Calibration& calibration : answer.calibrations()) {
    calibrations.push_back(&calibration);
    if (arguments.On("--json")) session.console.out() << JsonLine(calibration);
  }
  if (!arguments.On("--json")) Print(calibrations, session.console);
  return 0;
}

absl::StatusOr<int> RunInstall(const Arguments& arguments, Session& session) {
  const std::string mark = arguments.Text("--built-in");
  if (arguments.Has("FILE") == !mark.empty()) {
    return MakeFault(FaultCode::kUsage, "give either FILE or --built-in MARK");
  }
  admin::v1::InstallCalibrationRequest request;
  if (mark.empty()) {
    // The node judges it: only it knows its method.
    PM_ASSIGN_OR_RETURN(*request.mutable_file(),
                        ReadFile(arguments.Text("FILE"), forensics::kCalibrationBytesMax));
  } else {
    request.set_built_in_mark(mark == "breech-face" ? "breech_face" : mark);
  }
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const admin::v1::InstallCalibrationResponse answer,
                      node->InstallCalibration(request));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer);
    return 0;
  }
  Print({&answer.calibration()}, session.console);
  session.console.Note(absl::StrFormat("In force for searches that begin now; ledger entry %d",
                                       answer.receipt().index()));
  return 0;
}

Command InstallCommand() {
  return {
      .name = "install",
      .summary = "Put a calibration in force on the node.",
      .description =
          "For administrators. The node refuses a file that was edited, that says more than its "
          "counts support, or that holds for another method than the node's. What is put in "
          "force, by whom and when is in the ledger; searches under way are not affected.",
      .options = WithNodeOptions({{.name = "--built-in",
                                   .help = "Go back to the program's own for this mark.",
                                   .value_name = "MARK",
                                   .choices = {"bullet", "breech-face"}}}),
      .places = {{.name = "FILE",
                  .help = "A calibration file (docs/formats/calibration.md).",
                  .kind = ValueKind::kFile}},
      .examples = {{"proofmark calibration install lab.json",
                    "What proofmark calibrate made of the laboratory's own set."},
                   {"proofmark calibration install --built-in bullet",
                    "Back to the built-in one."}},
      .children = {},
      .run = RunInstall};
}

Command ListCommand() {
  return {
      .name = "list",
      .summary = "Show what scores are worth on the node.",
      .description =
          "The calibration in force for each sort of marks, since when and by whom, and what it "
          "was made from.",
      .options = WithNodeOptions({}),
      .places = {},
      .examples = {{"proofmark calibration list", "For people."},
                   {"proofmark calibration list --json | jq -r .version", "For a script."}},
      .children = {},
      .run = RunList};
}

}  // namespace

Command CalibrationCommand() {
  return {.name = "calibration",
          .summary = "Install or list the calibrations of the agency's node.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark calibration list", "What is in force."}},
          .children = {InstallCommand(), ListCommand()}};
}

}  // namespace proofmark::client::cli
