// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/exchange_words.h"
#include "client/cli/json.h"
#include "client/cli/listing.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "crypto/x509/spiffe_name.h"
#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/standing_service.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/standing.h"
#include "records/codes.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

Style StateStyle(wire::StandingState state) {
  switch (state) {
    case wire::StandingState::kActive:
      return Style::kGood;
    case wire::StandingState::kStopped:
      return Style::kDim;
    case wire::StandingState::kExpired:
      return Style::kBad;
  }
  return Style::kPlain;
}

std::string ExpiryText(const wire::StandingQuestion& question) {
  if (question.state != wire::StandingState::kActive) return TimeText(question.expire_unix_ms);
  return absl::StrFormat("%s, %s", TimeText(question.expire_unix_ms),
                         TimeLeftText(question.expire_unix_ms, base::SystemClock().UnixMillis()));
}

// Of all partners together.
std::int64_t NewCount(const wire::StandingQuestion& question) {
  std::int64_t count = 0;
  for (const wire::StandingPartner& partner : question.partners) count += partner.new_count;
  return count;
}

void PrintQuestion(Console& console, const wire::StandingQuestion& question) {
  Facts facts;
  facts.Add("standing question", question.standing_id, Style::kBold);
  facts.Add("state", wire::StandingStateText(question.state), StateStyle(question.state));
  facts.Add("expires", ExpiryText(question),
            question.state == wire::StandingState::kExpired ? Style::kBad : Style::kPlain);
  facts.Add("exhibit", question.exhibit_id);
  facts.Add("case", question.case_reference);
  facts.Add("purpose", question.purpose);
  if (!question.offence.empty()) facts.Add("offence", question.offence);
  if (question.is_automatic()) {
    facts.Add("asked by the node for", JoinText(question.triggers),
              question.urgent ? Style::kWarning : Style::kPlain);
    facts.Add("in the name of", question.asked_by);
  } else {
    facts.Add("asked by", question.asked_by);
  }
  facts.Add("registered", TimeText(question.add_unix_ms));
  if (!question.stop_reasons.empty()) {
    facts.Add("stopped", (question.stopped_by.empty() ? "by the node" : question.stopped_by) +
                             ": " + question.stop_reasons);
  }
  console.out() << facts.Text(console);
  Table partners({{"partner"}, {"last asked"}, {"new then", Align::kRight}, {"search"}, {"fault"}});
  for (const wire::StandingPartner& partner : question.partners) {
    partners.AddRow({partner.agency, partner.ask_unix_ms ? TimeText(*partner.ask_unix_ms) : "never",
                     Cell(std::to_string(partner.new_count),
                          partner.new_count > 0 ? Style::kBold : Style::kPlain),
                     partner.search_id.empty() ? "-" : partner.search_id,
                     Cell(partner.fault, Style::kWarning)});
  }
  console.out() << '\n' << partners.Text(console, 2);
}

template <typename Response>
absl::StatusOr<int> ShowOne(const Arguments& arguments, Session& session, const Response& answer) {
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer.question());
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::StandingQuestion question, Checked(answer.question()));
  PrintQuestion(session.console, question);
  return 0;
}

absl::StatusOr<int> RunAdd(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("EXHIBIT", arguments.Text("EXHIBIT")));
  v1::AddStandingQuestionRequest request;
  request.set_exhibit_id(arguments.Text("EXHIBIT"));
  request.set_purpose(arguments.Text("--purpose"));
  request.set_case_reference(arguments.Text("--case"));
  request.set_offence(arguments.Text("--offence"));
  request.set_subject_role(arguments.Text("--subject-role"));
  for (const std::string& partner : arguments.All("--partner")) {
    if (!crypto::CheckAgencyDomain(partner).ok()) {
      return MakeFault(FaultCode::kUsage,
                       absl::StrFormat("--partner: \"%s\" is no agency domain", partner));
    }
    request.add_partners(partner);
  }
  *request.mutable_expire_time() =
      wire::ToTimestamp(base::SystemClock().UnixMillis() + arguments.Duration("--for").count());
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::AddStandingQuestionResponse answer,
                      node->AddStandingQuestion(request));
  PM_ASSIGN_OR_RETURN(const int code, ShowOne(arguments, session, answer));
  session.console.Note("The node asks it within minutes, and again when something changes.");
  return code;
}

absl::StatusOr<int> RunShow(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("STANDING", arguments.Text("STANDING")));
  v1::GetStandingQuestionRequest request;
  request.set_standing_id(arguments.Text("STANDING"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::GetStandingQuestionResponse answer,
                      node->GetStandingQuestion(request));
  return ShowOne(arguments, session, answer);
}

absl::StatusOr<int> RunStop(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("STANDING", arguments.Text("STANDING")));
  v1::StopStandingQuestionRequest request;
  request.set_standing_id(arguments.Text("STANDING"));
  request.set_reasons(arguments.Text("--reasons"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::StopStandingQuestionResponse answer,
                      node->StopStandingQuestion(request));
  return ShowOne(arguments, session, answer);
}

absl::StatusOr<int> RunList(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  v1::ListStandingQuestionsRequest request;
  request.set_active_only(arguments.On("--active"));
  return PrintList(
      arguments, session, std::move(request),
      Table({{"standing question"},
             {"state"},
             {"expires"},
             {"exhibit"},
             {"by"},
             {"share triggers"},
             {"partners", Align::kRight},
             {"new at last", Align::kRight}}),
      [&](const v1::ListStandingQuestionsRequest& page) {
        return node->ListStandingQuestions(page);
      },
      [](const v1::ListStandingQuestionsResponse& page) -> auto& { return page.questions(); },
      [](const v1::StandingQuestion& message) -> absl::StatusOr<std::vector<Cell>> {
        PM_ASSIGN_OR_RETURN(const wire::StandingQuestion question, Checked(message));
        const std::int64_t fresh = NewCount(question);
        return std::vector<Cell>{
            question.standing_id,
            Cell(wire::StandingStateText(question.state), StateStyle(question.state)),
            ExpiryText(question),
            question.exhibit_id,
            question.asked_by,
            question.is_automatic() ? Cell(JoinText(question.triggers),
                                           question.urgent ? Style::kWarning : Style::kPlain)
                                    : Cell("-"),
            std::to_string(question.partners.size()),
            Cell(std::to_string(fresh), fresh > 0 ? Style::kBold : Style::kPlain)};
      },
      "There are no standing questions.");
}

const Parameter kStanding = {.name = "STANDING",
                             .help = "The standing question's id: 32 hexadecimal digits.",
                             .required = true};

Command AddCommand() {
  return {
      .name = "add",
      .summary = "Register a question that is asked again.",
      .description =
          "The node asks it in your name: soon, and again whenever a partner's collection, or the "
          "method, has changed. Partners keep nothing of it; each time costs one unit of the "
          "budget "
          "there. The searches are listed by `candidates`, with what is new since the one before. "
          "Role: examiner.",
      .options = WithNodeOptions({{.name = "--partner",
                                   .help = "Ask this partner.",
                                   .value_name = "DOMAIN",
                                   .required = true,
                                   .repeated = true},
                                  {.name = "--purpose",
                                   .help = "Why it is asked.",
                                   .value_name = "CODE",
                                   .choices = CodesOf(records::PurposeCodes()),
                                   .required = true},
                                  {.name = "--case",
                                   .help = "Case reference. Committed to, never sent to a partner.",
                                   .value_name = "TEXT",
                                   .required = true},
                                  {.name = "--offence",
                                   .help = "What offence it concerns.",
                                   .value_name = "CODE",
                                   .choices = CodesOf(records::OffenceCodes())},
                                  {.name = "--subject-role",
                                   .help = "Whom it concerns.",
                                   .value_name = "CODE",
                                   .choices = CodesOf(records::SubjectRoleCodes())},
                                  {.name = "--for",
                                   .help = "How long it is asked.",
                                   .kind = ValueKind::kDuration,
                                   .fallback = "90d",
                                   .min = kDayMs,
                                   .max = wire::kStandingMsMax}}),
      .places = {{.name = "EXHIBIT",
                  .help = "The own exhibit that is asked about: 32 hexadecimal digits.",
                  .required = true}},
      .examples = {{"proofmark standing add 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --partner fr.example "
                    "--purpose CRIMINAL_INVESTIGATION --case 24-117 --for 180d",
                    "Ask fr.example for half a year."}},
      .children = {},
      .run = RunAdd};
}

Command ListCommand() {
  return {
      .name = "list",
      .summary = "List standing questions, newest first.",
      .description = "The node logs this as a consultation. Role: examiner.",
      .options = WithNodeOptions(
          {{.name = "--active", .help = "Only those still asked.", .kind = ValueKind::kFlag},
           LimitOption(50)}),
      .places = {},
      .examples = {{"proofmark standing list --active", "What is being watched, and until when."}},
      .children = {},
      .run = RunList};
}

Command ShowCommand() {
  return {.name = "show",
          .summary = "Show one standing question, and how far it is with each partner.",
          .description = "The node logs this as a consultation. Role: examiner.",
          .options = WithNodeOptions({}),
          .places = {kStanding},
          .examples = {{"proofmark standing show 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40",
                        "When it was last asked, and in which search."}},
          .children = {},
          .run = RunShow};
}

Command StopCommand() {
  return {.name = "stop",
          .summary = "Ask a standing question no more.",
          .description = "What was found stays. Role: examiner.",
          .options = WithNodeOptions({ReasonsOption()}),
          .places = {kStanding},
          .examples = {{"proofmark standing stop 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --reasons 'the "
                        "case is closed'",
                        "It is over."}},
          .children = {},
          .run = RunStop};
}

}  // namespace

Command StandingCommand() {
  return {.name = "standing",
          .summary = "Questions that are asked again when something changes.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark standing list", "What is being watched."}},
          .children = {AddCommand(), ListCommand(), ShowCommand(), StopCommand()}};
}

}  // namespace proofmark::client::cli
