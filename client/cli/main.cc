// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <string>
#include <vector>

#include "base/version.h"
#include "client/cli/command_line.h"
#include "client/cli/console.h"
#include "client/cli/help.h"
#include "client/fault.h"
#include "crypto/tls/tls.h"

namespace proofmark::client::cli {
namespace {

int Fail(Console& console, const absl::Status& status) {
  console.out().flush();
  console.err() << FailureText(console, status);
  return ExitCodeOf(FaultOf(status));
}

int Main(const std::vector<std::string>& words) {
  Console console = Console::Standard();
  const Command& root = CommandTree();
  const absl::StatusOr<ParsedLine> line = ParseLine(root, words);
  if (!line.ok()) return Fail(console, line.status());
  if (line->arguments.On("--version") && line->command == &root) {
    console.out() << "proofmark " << base::kVersion << '\n';
    return 0;
  }
  if (line->help) {
    console.out() << HelpText(console, *line->command, line->path);
    return 0;
  }
  if (line->command->run == nullptr) {
    console.err() << HelpText(console, *line->command, line->path);
    return ExitCodeOf(FaultCode::kUsage);
  }
  Session session{console, root};
  const absl::StatusOr<int> code = line->command->run(line->arguments, session);
  if (!code.ok()) return Fail(console, code.status());
  if (!console.out().flush()) {
    return Fail(console, MakeFault(FaultCode::kCannotWrite, "stdout: not all could be written"));
  }
  return *code;
}

}  // namespace
}  // namespace proofmark::client::cli

int main(int argc, char** argv) {
  proofmark::crypto::KeepOpenSslUntilTheEnd();
  // A reader that closes the pipe early (`| head`) must not look like a crash of ours.
  std::signal(SIGPIPE, SIG_IGN);
  return proofmark::client::cli::Main({argv + 1, argv + argc});
}
