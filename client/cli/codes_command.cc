// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/file.h"
#include "proofmark/v1/firearm_service.pb.h"
#include "records/codes.h"
#include "records/firearm/codes.h"
#include "records/link.h"

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

// A list that the program has built in.
struct BuiltIn {
  std::string name;
  std::vector<records::Code> rows;
};

BuiltIn ListOf(std::string name, std::span<const records::Code> codes) {
  return {.name = std::move(name), .rows = {codes.begin(), codes.end()}};
}

template <typename E>
BuiltIn ListOf(std::string name) {
  BuiltIn list{.name = std::move(name), .rows = {}};
  for (const auto& row : firearm::CodesOf<E>()) list.rows.push_back({row.code, row.meaning});
  return list;
}

// By name.
std::vector<BuiltIn> BuiltInLists() {
  std::vector<BuiltIn> lists = {
      ListOf("conclusions", records::ConclusionCodes()),
      ListOf("offences", records::OffenceCodes()),
      ListOf("purposes", records::PurposeCodes()),
      ListOf("refusals", records::RefusalCodes()),
      ListOf("share-triggers", records::ShareTriggerCodes()),
      ListOf("subject-roles", records::SubjectRoleCodes()),
      ListOf("firearm-actions", firearm::ActionCodes()),
      ListOf<firearm::Category>("firearm-categories"),
      ListOf<firearm::FirearmClass>("firearm-classes"),
      ListOf<firearm::Component>("firearm-components"),
      ListOf<firearm::Standard>("deactivation-standards"),
      ListOf<firearm::State>("firearm-states"),
      ListOf<firearm::SerialCondition>("serial-conditions"),
  };
  BuiltIn calibres{.name = "calibres", .rows = {}};
  for (const records::Calibre& calibre : records::Calibres()) {
    calibres.rows.push_back({calibre.code, calibre.name});
  }
  lists.push_back(std::move(calibres));
  std::ranges::sort(lists, {}, &BuiltIn::name);
  return lists;
}

absl::StatusOr<int> RunShow(const Arguments& arguments, Session& session) {
  const bool json = arguments.On("--json");
  const std::string wanted = arguments.Text("LIST");
  Table names({{"list"}, {"codes", Align::kRight}});
  Table codes({{"code"}, {"meaning"}});
  for (const BuiltIn& list : BuiltInLists()) {
    if (!wanted.empty() && list.name != wanted) continue;
    if (wanted.empty()) {
      const std::int64_t count = std::ssize(list.rows);
      if (json) session.console.out() << JsonLine({{"list", list.name}, {"codeCount", count}});
      names.AddRow({list.name, CountText(count)});
      continue;
    }
    for (const records::Code& row : list.rows) {
      if (json) {
        session.console.out() << JsonLine({{"list", list.name},
                                           {"code", std::string(row.code)},
                                           {"meaning", std::string(row.meaning)}});
      }
      codes.AddRow({std::string(row.code), std::string(row.meaning)});
    }
  }
  if (!json) session.console.out() << (wanted.empty() ? names : codes).Text(session.console);
  return 0;
}

Command ShowCommand() {
  std::vector<std::string> names;
  for (const BuiltIn& list : BuiltInLists()) names.push_back(list.name);
  return {.name = "show",
          .summary = "Show the code lists that are built in, or one of them.",
          .description = "Without LIST their names and how many codes each has. Asks no node.",
          .options = {{.name = "--json",
                       .help = "Print one JSON object a line, for programs.",
                       .kind = ValueKind::kFlag}},
          .places = {{.name = "LIST", .help = "Which list.", .choices = std::move(names)}},
          .examples = {{"proofmark codes show", "Every list's name."},
                       {"proofmark codes show share-triggers",
                        "What --circumstance of `submit` takes, and what each code means."}},
          .children = {},
          .run = RunShow};
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
          .summary = "Code lists: those built in, and those that the administrator loads.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark codes list", "What is loaded."}},
          .children = {ShowCommand(), LoadCommand(), ListCommand()}};
}

}  // namespace proofmark::client::cli
