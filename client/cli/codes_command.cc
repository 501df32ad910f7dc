// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/file.h"
#include "proofmark/v1/firearm_service.pb.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int64_t kListBytesMax = 3 * 1024 * 1024;

absl::StatusOr<int> RunLoad(const Arguments& arguments, Session& session) {
  v1::LoadCodesRequest request;
  request.set_list(arguments.Text("--list"));
  request.set_version(arguments.Text("--version"));
  PM_ASSIGN_OR_RETURN(*request.mutable_csv(), ReadFile(arguments.Text("FILE"), kListBytesMax));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::LoadCodesResponse answer, node->LoadCodes(request));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer);
    return 0;
  }
  Facts facts;
  facts.Add("list", answer.list().list());
  facts.Add("version", answer.list().version());
  facts.Add("rows", CountText(answer.list().row_count()));
  facts.Add("sha-256", answer.list().sha256());
  session.console.out() << facts.Text(session.console);
  session.console.Note(
      absl::StrFormat("In force for new records; ledger entry %d", answer.receipt().index()));
  return 0;
}

absl::StatusOr<int> RunList(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::ListCodesResponse answer, node->ListCodes({}));
  Table table({{"list"}, {"version"}, {"rows", Align::kRight}, {"sha-256"}});
  for (const v1::CodeList& list : answer.lists()) {
    if (arguments.On("--json")) {
      session.console.out() << JsonLine(list);
      continue;
    }
    table.AddRow({list.list(), list.version(), CountText(list.row_count()), list.sha256()});
  }
  session.console.out() << table.Text(session.console);
  if (answer.lists().empty()) session.console.Note("No code list is loaded.");
  return answer.lists().empty() ? 1 : 0;
}

Command LoadCommand() {
  return {
      .name = "load",
      .summary = "Load the long table of makes, or the list of verifying entities.",
      .description =
          "CSV. Makes: code, listed_text, country_fallback. Entities: code, name, country and, "
          "where known, symbol, symbol_image, contact, from, until. It takes the place of what "
          "was loaded before and is an entry of the ledger; records that are there keep their "
          "codes until they are amended. Role: administrator.",
      .options = WithNodeOptions({{.name = "--list",
                                   .help = "Which list it is.",
                                   .value_name = "LIST",
                                   .fallback = "makes",
                                   .choices = {"makes", "entities"}},
                                  {.name = "--version",
                                   .help = "Name of the edition.",
                                   .value_name = "NAME",
                                   .required = true}}),
      .places = {{.name = "FILE", .help = "The list.", .kind = ValueKind::kFile, .required = true}},
      .examples = {{"proofmark codes load --version NCIC-5.0.1 makes.csv",
                    "The table that NCIC codes come from."}},
      .children = {},
      .run = RunLoad};
}

Command ListCommand() {
  return {.name = "list",
          .summary = "Show which code lists are loaded.",
          .description = "Every role.",
          .options = WithNodeOptions({}),
          .places = {},
          .examples = {{"proofmark codes list", "Editions and their SHA-256."}},
          .children = {},
          .run = RunList};
}

}  // namespace

Command CodesCommand() {
  return {.name = "codes",
          .summary = "Code lists that the administrator loads.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark codes list", "What is loaded."}},
          .children = {LoadCommand(), ListCommand()}};
}

}  // namespace proofmark::client::cli
