// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_format.h"
#include "client/cli/commands.h"
#include "client/cli/help.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"

namespace proofmark::client::cli {
namespace {

std::string JsonOf(const Fault& fault) {
  return JsonLine({{"code", FaultName(fault.code)},
                   {"title", std::string(fault.title)},
                   {"meaning", std::string(fault.meaning)},
                   {"remedy", std::string(fault.remedy)},
                   {"exitCode", std::to_string(ExitCodeOf(fault.code))}});
}

absl::StatusOr<int> Run(const Arguments& arguments, Session& session) {
  Console& console = session.console;
  const bool json = arguments.On("--json");
  if (arguments.Has("CODE")) {
    const Fault* fault = ParseFault(arguments.Text("CODE"));
    if (fault == nullptr) {
      return MakeFault(FaultCode::kUsage,
                       absl::StrFormat("there is no error code \"%s\"", arguments.Text("CODE")));
    }
    console.out() << (json ? JsonOf(*fault) : FaultText(console, *fault));
    return 0;
  }
  Table table({{"code"}, {"exit", Align::kRight}, {"what"}});
  for (const Fault& fault : Faults()) {
    if (json) {
      console.out() << JsonOf(fault);
    } else {
      table.AddRow({FaultName(fault.code), std::to_string(ExitCodeOf(fault.code)), fault.title});
    }
  }
  console.out() << table.Text(console);
  return 0;
}

}  // namespace

Command ExplainCommand() {
  return {.name = "explain",
          .summary = "Explain an error code.",
          .description = "Without CODE: all of them.",
          .options = {JsonOption()},
          .places = {{.name = "CODE", .help = "As printed with the error: PM-nnnn."}},
          .examples = {{"proofmark explain PM-4002",
                        "What it means that a node could not prove who it is."}},
          .children = {},
          .run = Run};
}

}  // namespace proofmark::client::cli
