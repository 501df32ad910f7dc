// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/command_runner.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "client/cli/command.h"
#include "client/file.h"
#include "client/profile.h"

namespace proofmark::testing {

CommandEnded RunCommand(const std::filesystem::path& folder, const LoopbackNode& node,
                        const TestAgency& agency, crypto::StaffRole role,
                        const std::vector<std::string>& words, const CommandValues& values) {
  const std::filesystem::path own = folder / std::string(crypto::ToText(role));
  std::filesystem::create_directories(own);
  const crypto::IssuedCertificate issued = agency.Staff(role);
  const auto save = [&](const char* name, std::string_view text, client::Privacy privacy) {
    EXPECT_TRUE(client::WriteFile(own / name, text, privacy, client::Overwrite::kAllowed).ok());
  };
  save("ca.pem", agency.staff_ca().certificate().ToPem(), client::Privacy::kPublic);
  save("own.pem", issued.certificate.ToPem(), client::Privacy::kPublic);
  save("own.key", base::AsText(issued.key_pem.ExposeForOpenSsl()), client::Privacy::kPrivate);
  save("profile.toml",
       client::ProfileToToml({.address = node.agency_endpoint(),
                              .ca_file = "ca.pem",
                              .certificate_file = "own.pem",
                              .key_file = "own.key"}),
       client::Privacy::kPublic);
  std::ostringstream out, err;
  client::cli::Console console(out, err, {});
  client::cli::Session session{console, client::cli::CommandTree()};
  const client::cli::Command* const command =
      client::cli::FindCommand(client::cli::CommandTree(), words);
  if (command == nullptr || command->run == nullptr) {
    ADD_FAILURE() << "no such command";
    return {absl::NotFoundError("no such command"), "", ""};
  }
  client::cli::Arguments arguments;
  arguments.Set("--profile", {(own / "profile.toml").string()});
  for (const client::cli::Parameter& option : command->options) {
    if (!option.fallback.empty()) arguments.Set(option.name, {option.fallback});
  }
  std::map<std::string, std::vector<std::string>> given;
  for (const auto& one : values) given[one.first].push_back(one.second);
  for (auto& one : given) arguments.Set(one.first, std::move(one.second));
  CommandEnded ended{command->run(arguments, session), "", ""};
  ended.out = out.str();
  ended.err = err.str();
  return ended;
}

}  // namespace proofmark::testing
