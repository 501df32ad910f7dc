// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/exchange_words.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "proofmark/v1/exhibit_service.pb.h"
#include "proto/wire/exhibit.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int64_t kListDefault = 100;
constexpr std::int64_t kListMax = 1'000'000;
constexpr std::int64_t kPageMax = 500;

std::string Label(const wire::ExhibitView& view) {
  return view.identity.has_value() ? view.identity->label : "(erased)";
}

std::string_view StateText(records::ExhibitState state) {
  return state == records::ExhibitState::kActive ? "active" : "withdrawn";
}

std::string UsableText(const records::Exhibit& exhibit) {
  std::size_t usable = 0;
  for (const records::Mark& mark : exhibit.marks) usable += mark.usable ? 1 : 0;
  return absl::StrFormat("%d of %d", usable, exhibit.marks.size());
}

std::string ClassText(const records::ClassCharacteristics& known) {
  std::string text = known.calibre_code.empty() ? known.bullet_class : known.calibre_code;
  if (known.land_count) text += absl::StrFormat(" %d lands", *known.land_count);
  if (known.twist) text += *known.twist == records::TwistDirection::kRight ? " right" : " left";
  if (known.rifling == records::RiflingType::kConventional) text += " conventional";
  if (known.rifling == records::RiflingType::kPolygonal) text += " polygonal";
  if (known.rifling == records::RiflingType::kMicrogroove) text += " microgroove";
  if (known.land_width_mean_um) {
    text += absl::StrFormat(" %.2f mm wide", *known.land_width_mean_um / 1000.0);
  }
  const auto add = [&text](std::string_view what, std::string_view code) {
    text += absl::StrFormat("%s%s %s", text.empty() ? "" : ", ", what, code);
  };
  if (known.firing_pin_shape) add("firing pin", records::CodeOf(*known.firing_pin_shape));
  if (known.aperture_shape) add("aperture", records::CodeOf(*known.aperture_shape));
  if (known.breech_face_class) add("breech face", records::CodeOf(*known.breech_face_class));
  return text.empty() ? "unknown" : text;
}

void PrintExhibit(Console& console, const wire::ExhibitView& view) {
  const records::Exhibit& exhibit = view.exhibit;
  Facts facts;
  facts.Add("exhibit", exhibit.id, Style::kBold);
  facts.Add("label", Label(view));
  if (view.identity.has_value()) {
    if (!view.identity->case_reference.empty()) facts.Add("case", view.identity->case_reference);
    if (!view.identity->incident_date.empty()) facts.Add("incident", view.identity->incident_date);
    if (!view.identity->note.empty()) facts.Add("note", view.identity->note);
  }
  facts.Add("kind", records::ExhibitKindCode(exhibit.kind));
  facts.Add("state", StateText(exhibit.state));
  facts.Add("class", ClassText(exhibit.characteristics));
  facts.Add("submitted",
            absl::StrFormat("%s by %s", TimeText(exhibit.submitted_unix_ms), exhibit.submitted_by));
  if (view.receipt.has_value()) {
    facts.Add("ledger",
              absl::StrFormat("entry %d of %s", view.receipt->index, view.receipt->origin));
  }
  if (view.signature.has_value()) {
    facts.Add("method", forensics::ExtractorVersions(*view.signature));
  }
  console.out() << facts.Text(console) << '\n';
  Table marks({{"mark"}, {"signature"}, {"format"}, {"scan sha-256"}, {"remarks"}});
  for (const records::Mark& mark : exhibit.marks) {
    std::string remarks;
    for (const std::string& remark : mark.remarks)
      remarks += (remarks.empty() ? "" : "; ") + remark;
    marks.AddRow({records::MarkPlaceText(mark.place),
                  Cell(mark.usable ? "usable" : "none", mark.usable ? Style::kGood : Style::kBad),
                  mark.format, ShortHandle(mark.scan_sha256), remarks});
  }
  console.out() << marks.Text(console, 2);
}

absl::StatusOr<int> RunShow(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("EXHIBIT", arguments.Text("EXHIBIT")));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  v1::GetExhibitRequest request;
  request.set_exhibit_id(arguments.Text("EXHIBIT"));
  request.set_include_signature(arguments.On("--signature"));
  PM_ASSIGN_OR_RETURN(const v1::GetExhibitResponse answer, node->GetExhibit(request));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer.exhibit());
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::ExhibitView view, Checked(answer.exhibit()));
  PrintExhibit(session.console, view);
  return 0;
}

absl::StatusOr<int> RunList(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  std::int64_t left = arguments.Integer("--limit");
  std::int64_t listed = 0;
  Table table({{"exhibit"},
               {"label", Align::kLeft, 32},
               {"kind"},
               {"state"},
               {"marks usable"},
               {"class"},
               {"submitted"}});
  v1::ListExhibitsRequest request;
  request.set_include_withdrawn(arguments.On("--withdrawn"));
  do {
    request.set_page_size(static_cast<std::int32_t>(std::min(left, kPageMax)));
    PM_ASSIGN_OR_RETURN(const v1::ListExhibitsResponse page, node->ListExhibits(request));
    for (const v1::Exhibit& message : page.exhibits()) {
      ++listed;
      if (arguments.On("--json")) {
        session.console.out() << JsonLine(message);
        continue;
      }
      PM_ASSIGN_OR_RETURN(const wire::ExhibitView view, Checked(message));
      const records::Exhibit& exhibit = view.exhibit;
      const bool active = exhibit.state == records::ExhibitState::kActive;
      table.AddRow({exhibit.id, Label(view), records::ExhibitKindCode(exhibit.kind),
                    Cell(StateText(exhibit.state), active ? Style::kPlain : Style::kDim),
                    UsableText(exhibit), ClassText(exhibit.characteristics),
                    DateText(exhibit.submitted_unix_ms)});
    }
    left -= page.exhibits_size();
    // A page without exhibits but with a token would make this endless.
    request.set_page_token(page.exhibits().empty() ? "" : page.next_page_token());
  } while (!request.page_token().empty() && left > 0);
  session.console.out() << table.Text(session.console);
  if (!request.page_token().empty()) session.console.Note("There are more; say --limit N.");
  if (listed == 0) session.console.Note("There are no exhibits.");
  return listed == 0 ? 1 : 0;
}

absl::StatusOr<int> RunWithdraw(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("EXHIBIT", arguments.Text("EXHIBIT")));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  if (arguments.On("--dry-run")) {
    v1::GetExhibitRequest question;
    question.set_exhibit_id(arguments.Text("EXHIBIT"));
    PM_ASSIGN_OR_RETURN(const v1::GetExhibitResponse answer, node->GetExhibit(question));
    PM_ASSIGN_OR_RETURN(const wire::ExhibitView view, Checked(answer.exhibit()));
    session.console.Note(absl::StrFormat("Would withdraw %s, now %s. Nothing was changed.",
                                         Printable(Label(view)), StateText(view.exhibit.state)));
    return 0;
  }
  v1::WithdrawExhibitRequest request;
  request.set_exhibit_id(arguments.Text("EXHIBIT"));
  request.set_reason(arguments.Text("--reason"));
  PM_ASSIGN_OR_RETURN(const v1::WithdrawExhibitResponse answer, node->WithdrawExhibit(request));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer);
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::ExhibitView view, Checked(answer.exhibit()));
  PrintExhibit(session.console, view);
  return 0;
}

absl::StatusOr<int> RunResolve(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::string handle, ParseHandle(arguments.Text("HANDLE")));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  v1::ResolveHandleRequest request;
  request.set_handle(handle);
  PM_ASSIGN_OR_RETURN(const v1::ResolveHandleResponse answer, node->ResolveHandle(request));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer);
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::ExhibitView view, Checked(answer.exhibit()));
  Facts facts;
  facts.Add("given to", answer.asking_agency(), Style::kBold);
  facts.Add("exchange", base::ToHex(answer.exchange_id()));
  session.console.out() << facts.Text(session.console);
  PrintExhibit(session.console, view);
  return 0;
}

const Parameter kExhibit = {
    .name = "EXHIBIT", .help = "The exhibit's id: 32 hexadecimal digits.", .required = true};

Command ShowCommand() {
  return {.name = "show",
          .summary = "Show one exhibit with its marks.",
          .description = "The node logs this as a consultation.",
          .options = WithNodeOptions({{.name = "--signature",
                                       .help = "Also fetch the ballistic signature (in --json).",
                                       .kind = ValueKind::kFlag}}),
          .places = {kExhibit},
          .examples = {{"proofmark exhibit show 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40",
                        "What is held, and what extraction said of every mark."}},
          .children = {},
          .run = RunShow};
}

Command ListCommand() {
  return {
      .name = "list",
      .summary = "List exhibits, newest first.",
      .description = "The node logs this as a consultation.",
      .options = WithNodeOptions(
          {{.name = "--limit",
            .help = "At most this many.",
            .kind = ValueKind::kInteger,
            .fallback = std::to_string(kListDefault),
            .min = 1,
            .max = kListMax},
           {.name = "--withdrawn", .help = "Also those withdrawn.", .kind = ValueKind::kFlag}}),
      .places = {},
      .examples = {{"proofmark exhibit list --limit 20", "The twenty newest."},
                   {"proofmark exhibit list --json | jq -r .exhibitId", "Their ids for a script."}},
      .children = {},
      .run = RunList};
}

Command WithdrawCommand() {
  return {
      .name = "withdraw",
      .summary = "Take an exhibit out of searches.",
      .description =
          "The record is kept, and the act and its reason are in the ledger. There "
          "is no way back but to submit again.",
      .options = WithNodeOptions(
          {{.name = "--reason", .help = "For the record.", .value_name = "TEXT", .required = true},
           {.name = "--dry-run",
            .help = "Show what would be withdrawn.",
            .kind = ValueKind::kFlag}}),
      .places = {kExhibit},
      .examples = {{"proofmark exhibit withdraw 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --reason "
                    "'scan of the wrong item'",
                    "It no longer appears as a candidate, here or at partners."}},
      .children = {},
      .run = RunWithdraw};
}

Command ResolveCommand() {
  return {.name = "resolve",
          .summary = "Find the exhibit behind a handle given to a partner.",
          .description =
              "A partner that calls about a candidate names it by the handle our node "
              "gave for that one exchange.",
          .options = WithNodeOptions({}),
          .places = {{.name = "HANDLE",
                      .help = "64 hexadecimal digits, or base64 as in --json.",
                      .required = true}},
          .examples = {{"proofmark exhibit resolve "
                        "9b1f0c63d2a47e58b0c9d1e2f3a4b5c69b1f0c63d2a47e58b0c9d1e2f3a4b5c6",
                        "Which exhibit it was, in which exchange, and for whom."}},
          .children = {},
          .run = RunResolve};
}

}  // namespace

Command ExhibitCommand() {
  return {.name = "exhibit",
          .summary = "Show, list, withdraw or resolve the agency's own exhibits.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark exhibit list", "The newest exhibits."}},
          .children = {ShowCommand(), ListCommand(), WithdrawCommand(), ResolveCommand()}};
}

}  // namespace proofmark::client::cli
