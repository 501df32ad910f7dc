// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "proofmark/admin/v1/node_service.pb.h"

namespace proofmark::client::cli {
namespace {

absl::StatusOr<int> Send(const Arguments& arguments, admin::v1::EraseRequest request,
                         Session& session) {
  request.set_dry_run(arguments.On("--dry-run"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const admin::v1::EraseResponse answer, node->Erase(request));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer);
    return 0;
  }
  Facts facts;
  facts.Add("exhibits", absl::StrFormat("%s: label, case reference and scans",
                                        CountText(answer.exhibit_count())));
  facts.Add("links", CountText(answer.link_count()));
  facts.Add("requests", absl::StrFormat("%s: facts, reasons and what was released",
                                        CountText(answer.details_count())));
  facts.Add("standing questions", CountText(answer.standing_count()));
  facts.Add("searches", CountText(answer.search_count()));
  facts.Add("notices", CountText(answer.notice_count()));
  facts.Add("firearms", CountText(answer.firearm_count()));
  facts.Add("cases", absl::StrFormat("%s: what their commitments in the ledger stand for",
                                     CountText(answer.case_count())));
  session.console.out() << facts.Text(session.console);
  if (arguments.On("--dry-run")) {
    session.console.Note("Nothing was erased: this is what would be.");
  } else if (answer.has_receipt()) {
    session.console.Note(
        absl::StrFormat("Erased for good; ledger entry %d", answer.receipt().index()));
  } else {
    session.console.Note("There was nothing to erase.");
  }
  const bool any = answer.exhibit_count() + answer.link_count() + answer.details_count() +
                       answer.standing_count() + answer.search_count() + answer.firearm_count() +
                       answer.notice_count() + answer.case_count() >
                   0;
  return any ? 0 : 1;
}

absl::StatusOr<int> RunCase(const Arguments& arguments, Session& session) {
  admin::v1::EraseRequest request;
  request.set_case_reference(arguments.Text("CASE"));
  request.set_reason(arguments.Text("--reason"));
  return Send(arguments, std::move(request), session);
}

absl::StatusOr<int> RunFirearm(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("FIREARM", arguments.Text("FIREARM")));
  admin::v1::EraseRequest request;
  request.set_firearm_id(arguments.Text("FIREARM"));
  request.set_reason(arguments.Text("--reason"));
  return Send(arguments, std::move(request), session);
}

absl::StatusOr<int> RunExpired(const Arguments& arguments, Session& session) {
  admin::v1::EraseRequest request;
  request.set_expired(true);
  return Send(arguments, std::move(request), session);
}

Parameter DryRun() {
  return {.name = "--dry-run", .help = "Only count what would go.", .kind = ValueKind::kFlag};
}

Command CaseCommand() {
  return {.name = "case",
          .summary = "Erase what identifies one case.",
          .description =
              "Labels, case reference and scans of its exhibits, their links and what firearms "
              "say of them, requests for "
              "details with what was released, and the key behind the case's commitments in the "
              "ledger. Not while a partner waits for a decision about one of its exhibits. "
              "The exhibits' signatures stay, without a name; so does "
              "every ledger entry. What is erased cannot be had back, not from older backups of "
              "the state either, as the record keys are in none of them. Role: administrator.",
          .options = WithNodeOptions({{.name = "--reason",
                                       .help = "Why, as a code: it stands in the ledger.",
                                       .value_name = "CODE",
                                       .required = true},
                                      DryRun()}),
          .places = {{.name = "CASE", .help = "The agency's reference of the case."}},
          .examples = {{"proofmark erase case 24-117 --reason COURT_ORDER --dry-run",
                        "What an erasure would take."},
                       {"proofmark erase case 24-117 --reason COURT_ORDER", "Take it."}},
          .children = {},
          .run = RunCase};
}

Command FirearmErasureCommand() {
  return {.name = "firearm",
          .summary = "Erase one firearm's record, with its earlier versions.",
          .description =
              "For a record that must not be kept. Its ledger entries stay and say "
              "nothing any more. Role: administrator.",
          .options = WithNodeOptions({{.name = "--reason",
                                       .help = "Why, as a code: it stands in the ledger.",
                                       .value_name = "CODE",
                                       .required = true},
                                      DryRun()}),
          .places = {{.name = "FIREARM",
                      .help = "The firearm's id: 32 hexadecimal digits.",
                      .required = true}},
          .examples = {{"proofmark erase firearm 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --reason "
                        "COURT_ORDER",
                        "One record goes for good."}},
          .children = {},
          .run = RunFirearm};
}

Command ExpiredCommand() {
  return {.name = "expired",
          .summary = "Erase what has been kept for as long as it may be.",
          .description =
              "Firearms thirty years after their destruction or past their own date, searches "
              "and notices of partners older than three years, what partners released and said is "
              "to be deleted "
              "by now, and the key behind the commitments of cases of which the ledger says "
              "nothing newer (Regulation (EU) 2024/982, Articles 18, 33, 40, 45 and 50). Not while "
              "an inspection is running. Role: administrator.",
          .options = WithNodeOptions({DryRun()}),
          .places = {},
          .examples = {{"proofmark erase expired --dry-run", "Look first."},
                       {"proofmark erase expired", "For a timer, once a day."}},
          .children = {},
          .run = RunExpired};
}

}  // namespace

Command EraseCommand() {
  return {.name = "erase",
          .summary = "Erase what identifies cases, for good.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark erase expired --dry-run", "What is due."}},
          .children = {CaseCommand(), FirearmErasureCommand(), ExpiredCommand()}};
}

}  // namespace proofmark::client::cli
