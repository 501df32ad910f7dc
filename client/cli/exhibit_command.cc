// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/cli/class_options.h"
#include "client/cli/commands.h"
#include "client/cli/exchange_words.h"
#include "client/cli/json.h"
#include "client/cli/listing.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "proofmark/v1/exhibit_service.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/exhibit.h"

namespace proofmark::client::cli {
namespace {

constexpr std::string_view kNoCircumstance = "NONE";

std::vector<std::string> CircumstanceChoices() {
  std::vector<std::string> codes = CodesOf(records::ShareTriggerCodes());
  codes.emplace_back(kNoCircumstance);
  return codes;
}

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
    if (!view.identity->circumstances.empty()) {
      facts.Add("circumstances", JoinText(view.identity->circumstances));
    }
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
  v1::ListExhibitsRequest request;
  request.set_include_withdrawn(arguments.On("--withdrawn"));
  return PrintList(
      arguments, session, std::move(request),
      Table({{"exhibit"},
             {"label", Align::kLeft, 32},
             {"kind"},
             {"state"},
             {"marks usable"},
             {"class"},
             {"submitted"}}),
      [&](const v1::ListExhibitsRequest& page) { return node->ListExhibits(page); },
      [](const v1::ListExhibitsResponse& page) -> auto& { return page.exhibits(); },
      [](const v1::Exhibit& message) -> absl::StatusOr<std::vector<Cell>> {
        PM_ASSIGN_OR_RETURN(const wire::ExhibitView view, Checked(message));
        const records::Exhibit& exhibit = view.exhibit;
        const bool active = exhibit.state == records::ExhibitState::kActive;
        return std::vector<Cell>{
            exhibit.id,
            Label(view),
            records::ExhibitKindCode(exhibit.kind),
            Cell(StateText(exhibit.state), active ? Style::kPlain : Style::kDim),
            UsableText(exhibit),
            ClassText(exhibit.characteristics),
            DateText(exhibit.submitted_unix_ms)};
      },
      "There are no exhibits.");
}

// Prints the exhibit as it stands, and how partners hear of it.
template <typename Response>
absl::StatusOr<int> ShowActed(const Arguments& arguments, Session& session,
                              const Response& answer) {
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer);
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::ExhibitView view, Checked(answer.exhibit()));
  PrintExhibit(session.console, view);
  if (answer.correction_id().empty()) {
    session.console.Note("Nothing changed that partners may have been told: none is written to.");
    return 0;
  }
  session.console.Note(absl::StrFormat(
      "Partners that received something of it are told; `proofmark corrections show %s` says who "
      "has acknowledged it.",
      answer.correction_id()));
  return 0;
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
  return ShowActed(arguments, session, answer);
}

absl::StatusOr<int> RunCorrect(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("EXHIBIT", arguments.Text("EXHIBIT")));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  v1::GetExhibitRequest question;
  question.set_exhibit_id(arguments.Text("EXHIBIT"));
  PM_ASSIGN_OR_RETURN(const v1::GetExhibitResponse held, node->GetExhibit(question));
  PM_ASSIGN_OR_RETURN(wire::ExhibitView view, Checked(held.exhibit()));
  if (!view.identity.has_value()) {
    return MakeFault(FaultCode::kUsage, "what identifies the exhibit was erased");
  }
  PM_RETURN_IF_ERROR(ReadClass(arguments, view.exhibit.characteristics));
  if (arguments.Has("--case")) view.identity->case_reference = arguments.Text("--case");
  if (arguments.Has("--date")) view.identity->incident_date = arguments.Text("--date");
  if (arguments.Has("--note")) view.identity->note = arguments.Text("--note");
  if (arguments.Has("--circumstance")) {
    std::vector<std::string> stated = Ascending(arguments.All("--circumstance"));
    const bool none = std::erase(stated, kNoCircumstance) > 0;
    if (none && !stated.empty()) {
      return MakeFault(FaultCode::kUsage, "--circumstance: NONE goes with no other");
    }
    view.identity->circumstances = std::move(stated);
  }
  v1::CorrectExhibitRequest request;
  request.set_exhibit_id(view.exhibit.id);
  request.set_reason(arguments.Text("--reason"));
  *request.mutable_characteristics() = wire::ToProto(view.exhibit.characteristics);
  *request.mutable_identity() = wire::ToProto(*view.identity);
  PM_ASSIGN_OR_RETURN(const v1::CorrectExhibitResponse answer, node->CorrectExhibit(request));
  return ShowActed(arguments, session, answer);
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
          {LimitOption(100),
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
          "The record is kept, and the act and its reason are in the ledger. There is no way back. "
          "Partners that received something of it are told and delete it; links that rest on it "
          "are "
          "taken back. Role: lab.",
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

Command CorrectCommand() {
  std::vector<Parameter> own = {
      {.name = "--reason", .help = "For the record.", .value_name = "TEXT", .required = true},
      {.name = "--case", .help = "Case reference.", .value_name = "TEXT"},
      {.name = "--date",
       .help = "Date of the incident: YYYY-MM-DD, YYYY-MM or YYYY.",
       .value_name = "DATE"},
      {.name = "--note", .help = "A remark; stays in the agency.", .value_name = "TEXT"},
      {.name = "--circumstance",
       .help = "How it was recovered, in place of all that was stated before; NONE: nothing.",
       .value_name = "CODE",
       .choices = CircumstanceChoices(),
       .repeated = true}};
  for (const Parameter& option : ClassOptions()) own.push_back(option);
  return {
      .name = "correct",
      .summary = "Correct what was stated of an exhibit.",
      .description =
          "What is not given stays as it is; label, scans and signature always do. A wrong scan or "
          "signature is withdrawn instead. Partners to which something was released are told, and "
          "delete it: they ask again for what stands now. Role: lab.",
      .options = WithNodeOptions(std::move(own)),
      .places = {kExhibit},
      .examples = {{"proofmark exhibit correct 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --calibre 9MAKAROV "
                    "--reason 'headstamp was misread'",
                    "Another calibre."}},
      .children = {},
      .run = RunCorrect};
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
          .summary = "Show, list, withdraw, correct or resolve the agency's own exhibits.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark exhibit list", "The newest exhibits."}},
          .children = {ShowCommand(), ListCommand(), WithdrawCommand(), CorrectCommand(),
                       ResolveCommand()}};
}

}  // namespace proofmark::client::cli
