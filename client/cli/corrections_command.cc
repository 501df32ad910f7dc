// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "proofmark/v1/correction_service.pb.h"
#include "proto/wire/correction.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int64_t kListDefault = 50;
constexpr std::int64_t kListMax = 100'000;
constexpr std::int64_t kPageMax = 500;

bool IsMade(const wire::CorrectionFile& file) { return file.side == wire::CorrectionSide::kMade; }

std::string AboutText(const wire::CorrectionFile& file) {
  if (!IsMade(file)) return "told by " + file.agency;
  return file.exhibit_id.empty() ? "answer " + base::ToHex(file.answer_exchange_id)
                                 : "exhibit " + file.exhibit_id;
}

// How many have heard it, or what was deleted here.
std::string StandText(const wire::CorrectionFile& file) {
  if (!IsMade(file)) {
    return absl::StrFormat("%d candidates, %d requests deleted", file.candidates_deleted,
                           file.details_deleted);
  }
  if (!file.settled) return "letters are being made";
  if (file.letters.empty()) return "nobody had received it";
  const auto heard = std::count_if(file.letters.begin(), file.letters.end(),
                                   [](const auto& l) { return l.acknowledge_unix_ms.has_value(); });
  return absl::StrFormat("%d of %d acknowledged", heard, file.letters.size());
}

Cell StateOf(const wire::CorrectionLetter& letter) {
  if (!letter.refusal_code.empty()) {
    return {absl::StrFormat("%s: %s", letter.acknowledge_unix_ms ? "refused" : "not sent",
                            letter.refusal_code),
            Style::kBad};
  }
  if (!letter.acknowledge_unix_ms.has_value()) return {"waiting", Style::kBold};
  return {"acknowledged " + TimeText(*letter.acknowledge_unix_ms), Style::kGood};
}

void PrintFile(Console& console, const wire::CorrectionFile& file) {
  Facts facts;
  facts.Add("correction", file.correction_id, Style::kBold);
  facts.Add("about", AboutText(file));
  facts.Add("cause", wire::CorrectionCauseCode(file.cause));
  facts.Add("corrected", TimeText(file.correct_unix_ms) + " by " + file.corrected_by);
  if (!file.reasons.empty()) facts.Add("reasons", file.reasons);
  facts.Add(IsMade(file) ? "told" : "here", StandText(file));
  console.out() << facts.Text(console);
  if (!file.letters.empty()) {
    Table letters({{"agency"}, {"exchanges", Align::kRight}, {"sent"}, {"state"}});
    for (const wire::CorrectionLetter& letter : file.letters) {
      letters.AddRow({letter.agency, CountText(letter.exchange_count),
                      TimeText(letter.send_unix_ms), StateOf(letter)});
    }
    console.out() << '\n' << letters.Text(console, 2);
  }
  if (!file.exchanges.empty()) {
    Table named({{"exchange"}, {"what was corrected"}});
    for (const wire::CorrectedExchange& exchange : file.exchanges) {
      const bool whole = exchange.handles.empty();
      named.AddRow(
          {base::ToHex(exchange.exchange_id),
           exchange.part == wire::CorrectedPart::kQuestion
               ? "its question"
               : (whole ? "its whole answer"
                        : absl::StrFormat("%d of its candidates", exchange.handles.size()))});
    }
    console.out() << '\n' << named.Text(console, 2);
  }
}

absl::StatusOr<int> RunAnswer(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("EXCHANGE", arguments.Text("EXCHANGE")));
  v1::CorrectAnswerRequest request;
  PM_ASSIGN_OR_RETURN(*request.mutable_exchange_id(), base::ParseHex(arguments.Text("EXCHANGE")));
  request.set_reasons(arguments.Text("--reasons"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::CorrectAnswerResponse answer, node->CorrectAnswer(request));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer);
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::CorrectionFile file, Checked(answer.file()));
  PrintFile(session.console, file);
  return 0;
}

absl::StatusOr<int> RunShow(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("CORRECTION", arguments.Text("CORRECTION")));
  v1::GetCorrectionRequest request;
  request.set_correction_id(arguments.Text("CORRECTION"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::GetCorrectionResponse answer, node->GetCorrection(request));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer.file());
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::CorrectionFile file, Checked(answer.file()));
  PrintFile(session.console, file);
  return 0;
}

absl::StatusOr<int> RunList(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  v1::ListCorrectionsRequest request;
  if (arguments.On("--made")) request.set_side(v1::CORRECTION_SIDE_MADE);
  if (arguments.On("--received")) request.set_side(v1::CORRECTION_SIDE_RECEIVED);
  request.set_waiting_only(arguments.On("--waiting"));
  Table table({{"correction"}, {"about"}, {"cause"}, {"corrected"}, {"by"}, {"state"}});
  std::int64_t left = arguments.Integer("--limit");
  std::int64_t listed = 0;
  do {
    request.set_page_size(static_cast<std::int32_t>(std::min(left, kPageMax)));
    PM_ASSIGN_OR_RETURN(const v1::ListCorrectionsResponse page, node->ListCorrections(request));
    for (const v1::CorrectionFile& message : page.files()) {
      ++listed;
      if (arguments.On("--json")) {
        session.console.out() << JsonLine(message);
        continue;
      }
      PM_ASSIGN_OR_RETURN(const wire::CorrectionFile file, Checked(message));
      table.AddRow({file.correction_id, AboutText(file), wire::CorrectionCauseCode(file.cause),
                    TimeText(file.correct_unix_ms), file.corrected_by,
                    Cell(StandText(file), file.IsWaiting() ? Style::kBold : Style::kPlain)});
    }
    left -= page.files_size();
    // A page without files but with a token would make this endless.
    request.set_page_token(page.files().empty() ? "" : page.next_page_token());
  } while (!request.page_token().empty() && left > 0);
  session.console.out() << table.Text(session.console);
  if (!request.page_token().empty()) session.console.Note("There are more; say --limit N.");
  if (listed == 0) session.console.Note("There are no such corrections.");
  return listed == 0 ? 1 : 0;
}

Command AnswerCommand() {
  return {.name = "answer",
          .summary = "Take back an answer that this node gave.",
          .description =
              "Every candidate that it named is taken back; the agency that received it is told, "
              "until it acknowledges. Role: officer.",
          .options = WithNodeOptions({{.name = "--reasons",
                                       .help = "Why. Stays in the agency's own file.",
                                       .value_name = "TEXT",
                                       .required = true}}),
          .places = {{.name = "EXCHANGE",
                      .help = "The exchange in which it was given: 32 hexadecimal digits.",
                      .required = true}},
          .examples = {{"proofmark corrections answer 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --reasons "
                        "'searched with a damaged index'",
                        "The partner asks again."}},
          .children = {},
          .run = RunAnswer};
}

Command ShowCommand() {
  return {.name = "show",
          .summary = "Show one correction: whom it was told, or what was deleted here.",
          .description = "The node logs this as a consultation. Roles: lab, examiner, officer.",
          .options = WithNodeOptions({}),
          .places = {{.name = "CORRECTION",
                      .help = "The correction's id: 32 hexadecimal digits.",
                      .required = true}},
          .examples = {{"proofmark corrections show 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40",
                        "Who has acknowledged it, and when."}},
          .children = {},
          .run = RunShow};
}

Command ListCommand() {
  return {.name = "list",
          .summary = "List corrections, newest first: one's own and the partners'.",
          .description = "The node logs this as a consultation. Roles: lab, examiner, officer.",
          .options = WithNodeOptions(
              {{.name = "--made", .help = "Only one's own.", .kind = ValueKind::kFlag},
               {.name = "--received", .help = "Only the partners'.", .kind = ValueKind::kFlag},
               {.name = "--waiting",
                .help = "Only those that somebody has not acknowledged.",
                .kind = ValueKind::kFlag},
               {.name = "--limit",
                .help = "At most this many.",
                .kind = ValueKind::kInteger,
                .fallback = std::to_string(kListDefault),
                .min = 1,
                .max = kListMax}}),
          .places = {},
          .examples = {{"proofmark corrections list --waiting", "Who still has to hear what."}},
          .children = {},
          .run = RunList};
}

}  // namespace

Command CorrectionsCommand() {
  return {.name = "corrections",
          .summary = "What was passed on and does not stand any more.",
          .description =
              "Exhibits are withdrawn and corrected with `proofmark exhibit`; everybody who "
              "received something that rested on one is told by letter, until it acknowledges.",
          .options = {},
          .places = {},
          .examples = {{"proofmark corrections list", "Where they stand."}},
          .children = {ListCommand(), ShowCommand(), AnswerCommand()}};
}

}  // namespace proofmark::client::cli
