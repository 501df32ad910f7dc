// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/exchange_words.h"
#include "client/cli/json.h"
#include "client/cli/listing.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "proofmark/v1/link_service.pb.h"
#include "proto/wire/link.h"

namespace proofmark::client::cli {
namespace {

Style StateStyle(records::LinkState state) {
  switch (state) {
    case records::LinkState::kHit:
      return Style::kGood;
    case records::LinkState::kWithdrawn:
    case records::LinkState::kEliminated:
    case records::LinkState::kDismissed:
      return Style::kDim;
    default:
      return Style::kPlain;
  }
}

std::string WhoseText(const wire::Link& link) {
  if (link.agency.empty()) return "own records";
  return link.side == wire::LinkSide::kOurs ? "held by " + link.agency : "asked by " + link.agency;
}

std::string ToldText(const wire::Link& link) {
  if (link.agency.empty() || link.side == wire::LinkSide::kTheirs) return "";
  return absl::StrFormat("%d of %d", link.acknowledged_count, link.steps.size());
}

void PrintLink(Console& console, const wire::Link& link) {
  Facts facts;
  facts.Add("link", link.link_id, Style::kBold);
  facts.Add("state", records::LinkStateCode(link.state()), StateStyle(link.state()));
  facts.Add("candidate", WhoseText(link));
  if (link.handle) facts.Add("handle", base::ToHex(base::ByteSpan(*link.handle)));
  facts.Add("own exhibit", link.exhibit_id);
  if (!link.other_exhibit_id.empty()) facts.Add("candidate exhibit", link.other_exhibit_id);
  if (!link.search_id.empty()) facts.Add("search", link.search_id);
  facts.Add("purpose", link.purpose);
  if (link.handle && link.side == wire::LinkSide::kOurs) {
    AddConditions(link.handling, wire::ResultUse::kIntelligence, facts);
  }
  if (!ToldText(link).empty()) {
    facts.Add("steps told", absl::StrFormat("%s, as %s acknowledged", ToldText(link), link.agency));
  }
  if (link.state() == records::LinkState::kHit) {
    facts.Add("counts", link.counted
                            ? "yes: the first hit between these two cases, credited to who asked"
                            : "no: another hit between these two cases counts");
  }
  console.out() << facts.Text(console) << '\n';
  Table steps({{"when"}, {"state"}, {"conclusion"}, {"by"}, {"report"}, {"reasons"}});
  for (const wire::LinkStep& step : link.steps) {
    steps.AddRow(
        {TimeText(step.unix_ms), Cell(records::LinkStateCode(step.state), StateStyle(step.state)),
         step.conclusion.empty() ? "-" : step.conclusion, step.by, step.report, step.reasons});
  }
  console.out() << steps.Text(console, 2);
}

template <typename Response>
absl::StatusOr<int> ShowActed(const Arguments& arguments, Session& session,
                              const Response& answer) {
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer);
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::Link link, Checked(answer.link()));
  PrintLink(session.console, link);
  const bool waits = !link.steps.empty() && link.steps.back().conclusion == "ID" &&
                     link.state() != records::LinkState::kHit;
  if (waits) session.console.Note("A second examiner's identification makes it a HIT.");
  return 0;
}

absl::StatusOr<int> RunReview(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("SEARCH", arguments.Text("SEARCH")));
  if (arguments.On("--lead") == arguments.On("--dismiss")) {
    return MakeFault(FaultCode::kUsage, "say either --lead or --dismiss");
  }
  v1::ReviewCandidateRequest request;
  request.set_search_id(arguments.Text("SEARCH"));
  request.set_agency(arguments.Text("--agency"));
  if (arguments.Has("--agency")) {
    PM_ASSIGN_OR_RETURN(*request.mutable_handle(), ParseHandle(arguments.Text("CANDIDATE")));
  } else {
    PM_RETURN_IF_ERROR(CheckId("CANDIDATE", arguments.Text("CANDIDATE")));
    request.set_candidate_exhibit_id(arguments.Text("CANDIDATE"));
  }
  request.set_lead(arguments.On("--lead"));
  request.set_case_reference(arguments.Text("--case"));
  request.set_reasons(arguments.Text("--reasons"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::ReviewCandidateResponse answer, node->ReviewCandidate(request));
  return ShowActed(arguments, session, answer);
}

absl::StatusOr<int> RunConclude(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("LINK", arguments.Text("LINK")));
  v1::ConcludeLinkRequest request;
  request.set_link_id(arguments.Text("LINK"));
  request.set_conclusion(arguments.Text("--conclusion"));
  request.set_report(arguments.Text("--report"));
  request.set_reasons(arguments.Text("--reasons"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::ConcludeLinkResponse answer, node->ConcludeLink(request));
  return ShowActed(arguments, session, answer);
}

absl::StatusOr<int> RunWithdraw(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("LINK", arguments.Text("LINK")));
  v1::WithdrawLinkRequest request;
  request.set_link_id(arguments.Text("LINK"));
  request.set_reasons(arguments.Text("--reasons"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::WithdrawLinkResponse answer, node->WithdrawLink(request));
  return ShowActed(arguments, session, answer);
}

absl::StatusOr<int> RunShow(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("LINK", arguments.Text("LINK")));
  v1::GetLinkRequest request;
  request.set_link_id(arguments.Text("LINK"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::GetLinkResponse answer, node->GetLink(request));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer.link());
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::Link link, Checked(answer.link()));
  PrintLink(session.console, link);
  return 0;
}

absl::StatusOr<int> RunList(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  v1::ListLinksRequest request;
  if (arguments.Has("--state")) {
    const auto state = records::FindLinkState(arguments.Text("--state"));
    request.set_state(static_cast<v1::LinkState>(static_cast<int>(*state)));
  }
  return PrintList(
      arguments, session, std::move(request),
      Table({{"link"}, {"state"}, {"candidate"}, {"told"}, {"by"}, {"when"}, {"counts"}}),
      [&](const v1::ListLinksRequest& page) { return node->ListLinks(page); },
      [](const v1::ListLinksResponse& page) -> auto& { return page.links(); },
      [](const v1::Link& message) -> absl::StatusOr<std::vector<Cell>> {
        PM_ASSIGN_OR_RETURN(const wire::Link link, Checked(message));
        return std::vector<Cell>{
            link.link_id,
            Cell(records::LinkStateCode(link.state()), StateStyle(link.state())),
            WhoseText(link),
            ToldText(link),
            link.steps.back().by,
            TimeText(link.steps.back().unix_ms),
            link.counted ? "yes" : ""};
      },
      "There are no links.");
}

const Parameter kLink = {
    .name = "LINK", .help = "The link's id: 32 hexadecimal digits.", .required = true};

Command ReviewCommand() {
  return {
      .name = "review",
      .summary = "Say what a look on screen showed: a lead, or nothing.",
      .description =
          "The first thing a person says of a candidate. A lead is unconfirmed: its details may be "
          "asked for (`proofmark requests ask`), and two examiners can make it a hit. The agency "
          "that holds the candidate is told. Role: examiner.",
      .options = WithNodeOptions(
          {{.name = "--agency",
            .help = "The partner that holds the candidate; without it, an exhibit of one's own.",
            .value_name = "DOMAIN"},
           {.name = "--lead", .help = "A probable association.", .kind = ValueKind::kFlag},
           {.name = "--dismiss", .help = "No association seen.", .kind = ValueKind::kFlag},
           {.name = "--case",
            .help = "Case of the exhibit asked about; it is committed to, never sent.",
            .value_name = "REFERENCE",
            .required = true},
           ReasonsOption()}),
      .places = {{.name = "SEARCH", .help = "The search that found it.", .required = true},
                 {.name = "CANDIDATE",
                  .help = "The partner's handle, or the own exhibit's id.",
                  .required = true}},
      .examples = {{"proofmark link review 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 5d1e...77 --agency "
                    "police.example --lead --case 24-117 --reasons 'striae run through on L2'",
                    "A partner's candidate is a lead."}},
      .children = {},
      .run = RunReview};
}

Command ConcludeCommand() {
  return {.name = "conclude",
          .summary = "Record what an examiner concluded from the items.",
          .description =
              "AFTE conclusions; they are never derived from a level. ELIM ends the link, INC_A, "
              "INC_B, INC_C and UNS leave it inconclusive. ID by one examiner waits for a second, "
              "whose ID makes the HIT. The partner is told. Role: examiner.",
          .options = WithNodeOptions({{.name = "--conclusion",
                                       .help = "What was concluded.",
                                       .value_name = "CODE",
                                       .choices = CodesOf(records::ConclusionCodes()),
                                       .required = true},
                                      {.name = "--report",
                                       .help = "Reference of the written report; it is sent.",
                                       .value_name = "REFERENCE",
                                       .required = true},
                                      ReasonsOption()}),
          .places = {kLink},
          .examples = {{"proofmark link conclude 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --conclusion ID "
                        "--report BK-24-117 --reasons 'comparison microscope'",
                        "Identified; another examiner verifies it in the same way."}},
          .children = {},
          .run = RunConclude};
}

Command WithdrawCommand() {
  return {.name = "withdraw",
          .summary = "Take back a lead or a hit.",
          .description =
              "The partner is told, and keeps being told until it acknowledges. Role: "
              "examiner.",
          .options = WithNodeOptions({ReasonsOption()}),
          .places = {kLink},
          .examples = {{"proofmark link withdraw 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --reasons "
                        "'items were exchanged'",
                        "A hit that was none."}},
          .children = {},
          .run = RunWithdraw};
}

Command ShowCommand() {
  return {.name = "show",
          .summary = "Show one link and every step of it.",
          .description = "The node logs this as a consultation. Roles: examiner, officer.",
          .options = WithNodeOptions({}),
          .places = {kLink},
          .examples = {{"proofmark link show 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40",
                        "Who said what, and what the partner has heard of it."}},
          .children = {},
          .run = RunShow};
}

Command ListCommand() {
  std::vector<std::string> states;
  for (const records::LinkState state : records::kLinkStates) {
    states.emplace_back(records::LinkStateCode(state));
  }
  return {.name = "list",
          .summary = "List links, newest first: one's own and the partners'.",
          .description = "The node logs this as a consultation. Roles: examiner, officer.",
          .options = WithNodeOptions({{.name = "--state",
                                       .help = "Only in this state.",
                                       .value_name = "STATE",
                                       .choices = std::move(states)},
                                      LimitOption(50)}),
          .places = {},
          .examples = {{"proofmark link list --state HIT", "Every hit."}},
          .children = {},
          .run = RunList};
}

}  // namespace

Command LinkCommand() {
  return {.name = "link",
          .summary = "What people make of candidates: leads, conclusions, hits.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark link list", "Where things stand."}},
          .children = {ReviewCommand(), ConcludeCommand(), WithdrawCommand(), ShowCommand(),
                       ListCommand()}};
}

}  // namespace proofmark::client::cli
