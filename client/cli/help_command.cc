// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/strings/str_format.h"
#include "base/version.h"
#include "client/cli/commands.h"
#include "client/cli/completion.h"
#include "client/cli/help.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "forensics/evidence/calibration.h"
#include "forensics/striated/land_extraction.h"

namespace proofmark::client::cli {
namespace {

constexpr std::string_view kExitCodes = "exit-codes";

absl::StatusOr<int> RunHelp(const Arguments& arguments, Session& session) {
  Console& console = session.console;
  const std::vector<std::string> words = arguments.All("COMMAND");
  if (arguments.On("--manual")) {
    console.out() << ManualText(session.root);
    return 0;
  }
  if (words.size() == 1 && words[0] == kExitCodes) {
    console.out() << ExitCodesText();
    return 0;
  }
  const Command* command = FindCommand(session.root, words);
  if (command == nullptr) {
    std::string named;
    for (const std::string& word : words) named += (named.empty() ? "" : " ") + word;
    return MakeFault(FaultCode::kUsage, absl::StrFormat("there is no command `%s`", named));
  }
  console.out() << HelpText(console, *command, words);
  return 0;
}

absl::StatusOr<int> RunCompletion(const Arguments& arguments, Session& session) {
  const std::string shell = arguments.Text("SHELL");
  session.console.out() << (shell == "bash"  ? BashCompletion(session.root)
                            : shell == "zsh" ? ZshCompletion(session.root)
                                             : FishCompletion(session.root));
  return 0;
}

absl::StatusOr<int> RunVersion(const Arguments& arguments, Session& session) {
  const forensics::CalibrationInfo& calibration = forensics::BulletCalibration();
  Console& console = session.console;
  if (arguments.On("--json")) {
    console.out() << JsonLine({{"version", std::string(base::kVersion)},
                               {"extractor", std::string(forensics::LandExtractorVersion())},
                               {"calibrationVersion", calibration.version},
                               {"calibrationProvisional", calibration.provisional}});
    return 0;
  }
  Facts facts;
  facts.Add("proofmark", base::kVersion, Style::kBold);
  facts.Add("extractor", forensics::LandExtractorVersion());
  facts.Add("calibration", calibration.version + (calibration.provisional ? " PROVISIONAL" : ""));
  console.out() << facts.Text(console);
  return 0;
}

}  // namespace

Command HelpCommand() {
  return {.name = "help",
          .summary = "Show the help of a command, or the exit codes.",
          .description = "",
          .options = {{.name = "--manual",
                       .help = "Print the manual of all commands in Markdown.",
                       .kind = ValueKind::kFlag}},
          .places = {{.name = "COMMAND",
                      .help = "The words that name a command, or `exit-codes`.",
                      .repeated = true}},
          .examples = {{"proofmark help pki issue-node", "One command's help."},
                       {"proofmark help exit-codes", "How commands end."}},
          .children = {},
          .run = RunHelp};
}

Command CompletionCommand() {
  return {.name = "completion",
          .summary = "Print a completion script for a shell.",
          .description = "",
          .options = {},
          .places = {{.name = "SHELL",
                      .help = "Which shell.",
                      .choices = {"bash", "zsh", "fish"},
                      .required = true}},
          .examples = {{"source <(proofmark completion bash)", "For this shell."},
                       {"proofmark completion bash > ~/.local/share/bash-completion/completions/"
                        "proofmark",
                        "For every new one."}},
          .children = {},
          .run = RunCompletion};
}

Command VersionCommand() {
  return {.name = "version",
          .summary = "Show the versions of the program, its method and its calibration.",
          .description = "",
          .options = {JsonOption()},
          .places = {},
          .examples = {{"proofmark version",
                        "Signatures of different extractors are never "
                        "compared."}},
          .children = {},
          .run = RunVersion};
}

}  // namespace proofmark::client::cli
