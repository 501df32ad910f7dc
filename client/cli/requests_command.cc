// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <string>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/exchange_words.h"
#include "client/cli/json.h"
#include "client/cli/listing.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/file.h"
#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/details_service.pb.h"
#include "proto/wire/common.h"
#include "proto/wire/details.h"
#include "records/codes.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

std::string SideText(const wire::DetailsFile& file) {
  return (file.side == wire::DetailsSide::kSent ? "to " : "from ") + file.agency;
}

std::string ClockText(const wire::DetailsFile& file) {
  if (!file.due_unix_ms.has_value()) return "not acknowledged yet";
  if (!file.IsWaiting()) return absl::StrFormat("%s, over", file.clock);
  if (file.state == wire::DetailsState::kStopped) {
    return absl::StrFormat("%s, stands still: %s", file.clock, file.stops.back().stop.code);
  }
  return absl::StrFormat("%s, %s", file.clock,
                         TimeLeftText(*file.due_unix_ms, base::SystemClock().UnixMillis()));
}

Style StateStyle(const wire::DetailsFile& file) {
  if (file.state == wire::DetailsState::kReleased) return Style::kGood;
  if (file.state == wire::DetailsState::kRefused) return Style::kBad;
  if (file.state == wire::DetailsState::kTakenBack) return Style::kDim;
  const bool late = file.state == wire::DetailsState::kOpen && file.due_unix_ms.has_value() &&
                    *file.due_unix_ms < base::SystemClock().UnixMillis();
  return late ? Style::kBad : Style::kPlain;
}

std::string MaterialsText(const std::vector<wire::Material>& materials) {
  std::string text;
  for (const wire::Material material : materials) {
    text += (text.empty() ? "" : ", ") + std::string(wire::MaterialText(material));
  }
  return text;
}

void PrintReleased(Console& console, const wire::ReleasedDetails& released) {
  const wire::Handling& handling = released.handling;
  Facts terms;
  std::string codes;
  for (const std::string& code : handling.codes) codes += (codes.empty() ? "" : " ") + code;
  terms.Add("handling", codes, Style::kBold);
  if (handling.Has("H1"))
    terms.Add("condition", "not in judicial proceedings without the owner's leave");
  if (handling.Has("H2")) terms.Add("condition", "not to be passed on without the owner's leave");
  if (handling.Has("H3")) terms.Add("restrictions", handling.restrictions, Style::kBold);
  terms.Add("use", handling.evidence ? "EVIDENCE" : "INTELLIGENCE", Style::kBold);
  terms.Add("evaluation", handling.source_evaluation + handling.information_evaluation);
  terms.Add("delete by", DateText(handling.delete_unix_ms));
  console.out() << "\nReleased\n" << terms.Text(console, 2);
  for (const wire::ReleasedExhibit& exhibit : released.exhibits) {
    Facts facts;
    facts.Add("handle", ShortHandle(crypto::AsText(exhibit.handle)), Style::kBold);
    facts.Add("kind", records::ExhibitKindCode(exhibit.kind));
    if (exhibit.core) {
      facts.Add("case", exhibit.core->case_reference);
      facts.Add("incident", exhibit.core->incident_date);
      facts.Add("place", exhibit.core->place);
      facts.Add("offence", exhibit.core->offence);
      facts.Add("authority", exhibit.core->authority);
    }
    if (exhibit.signature) {
      facts.Add("signature", forensics::ExtractorVersions(*exhibit.signature));
    }
    for (const wire::ReleasedScan& scan : exhibit.scans) {
      facts.Add("scan", absl::StrFormat("%s, %s, sha-256 %s", records::MarkPlaceText(scan.place),
                                        scan.format, ShortHandle(scan.sha256)));
    }
    console.out() << '\n' << facts.Text(console, 2);
  }
}

void PrintFile(Console& console, const wire::DetailsFile& file) {
  Facts facts;
  facts.Add("request", file.request_id, Style::kBold);
  facts.Add("agency", SideText(file));
  facts.Add("state", wire::DetailsStateText(file.state), StateStyle(file));
  facts.Add("clock", ClockText(file));
  facts.Add("asked", TimeText(file.ask_unix_ms) + " by " + file.request.actor);
  facts.Add("confirmed by", file.request.confirmed_by + ", on screen");
  facts.Add("purpose", file.request.purpose);
  facts.Add("offence", file.request.offence);
  facts.Add("facts", file.request.facts);
  facts.Add("wanted", MaterialsText(file.request.wanted));
  if (!file.request.urgency.empty()) facts.Add("urgent", file.request.urgency, Style::kBold);
  for (std::size_t i = 0; i < file.request.handles.size(); ++i) {
    std::string text = base::ToHex(base::ByteSpan(file.request.handles[i]));
    if (i < file.exhibit_ids.size()) text += absl::StrFormat(" = exhibit %s", file.exhibit_ids[i]);
    facts.Add("handle", text);
  }
  for (const wire::StoppedTime& stopped : file.stops) {
    facts.Add("stopped",
              absl::StrFormat("%s from %s until %s: %s", stopped.stop.code,
                              TimeText(stopped.from_unix_ms),
                              stopped.until_unix_ms ? TimeText(*stopped.until_unix_ms) : "now",
                              stopped.stop.reason));
  }
  if (file.decide_unix_ms) {
    facts.Add("last decision",
              absl::StrFormat("%s by %s", TimeText(*file.decide_unix_ms),
                              file.decided_by.empty() ? "the partner's node" : file.decided_by));
  }
  if (!file.reasons.empty()) facts.Add("reasons", file.reasons);
  if (file.refusal) {
    facts.Add("refused", absl::StrFormat("%s: %s", file.refusal->code, file.refusal->reason),
              Style::kBad);
  }
  for (const crypto::Sha256Digest& handle : file.taken_back) {
    facts.Add(
        "deleted",
        ShortHandle(crypto::AsText(handle)) + ", because its owner took it back or corrected it",
        Style::kBad);
  }
  console.out() << facts.Text(console);
  if (file.released) PrintReleased(console, *file.released);
}

template <typename Response>
absl::StatusOr<int> ShowActed(const Arguments& arguments, Session& session,
                              const Response& answer) {
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer);
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::DetailsFile file, Checked(answer.file()));
  PrintFile(session.console, file);
  return 0;
}

absl::Status AddMaterials(const std::vector<std::string>& names,
                          google::protobuf::RepeatedField<int>& materials) {
  for (const std::string& name : names) {
    materials.Add(static_cast<int>(*wire::FindMaterial(name)));
  }
  return absl::OkStatus();
}

absl::StatusOr<int> RunAsk(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("SEARCH", arguments.Text("SEARCH")));
  v1::RequestDetailsRequest request;
  request.set_search_id(arguments.Text("SEARCH"));
  request.set_agency(arguments.Text("--agency"));
  for (const std::string& text : arguments.All("HANDLE")) {
    PM_ASSIGN_OR_RETURN(const std::string handle, ParseHandle(text));
    request.add_handles(handle);
  }
  request.set_case_reference(arguments.Text("--case"));
  request.set_offence(arguments.Text("--offence"));
  request.set_subject_role(arguments.Text("--subject-role"));
  request.set_facts(arguments.Text("--facts"));
  request.set_urgency(arguments.Text("--urgent"));
  PM_RETURN_IF_ERROR(AddMaterials(arguments.All("--want"), *request.mutable_wanted()));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::RequestDetailsResponse answer, node->RequestDetails(request));
  PM_ASSIGN_OR_RETURN(const int code, ShowActed(arguments, session, answer));
  session.console.Note(absl::StrFormat(
      "On its way to %s; `proofmark requests show %s` says when it arrived and what was decided.",
      answer.file().agency(), answer.file().request_id()));
  return code;
}

absl::StatusOr<int> RunList(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  v1::ListDetailsRequest request;
  if (arguments.On("--sent") && arguments.On("--received")) {
    return MakeFault(FaultCode::kUsage, "say --sent or --received, or neither for both");
  }
  if (arguments.On("--sent")) request.set_side(v1::DETAILS_SIDE_SENT);
  if (arguments.On("--received")) request.set_side(v1::DETAILS_SIDE_RECEIVED);
  request.set_open_only(arguments.On("--open"));
  return PrintList(
      arguments, session, std::move(request),
      Table({{"request"}, {"agency"}, {"state"}, {"clock"}, {"offence"}, {"wanted"}, {"asked"}}),
      [&](const v1::ListDetailsRequest& page) { return node->ListDetails(page); },
      [](const v1::ListDetailsResponse& page) -> auto& { return page.files(); },
      [](const v1::DetailsFile& message) -> absl::StatusOr<std::vector<Cell>> {
        PM_ASSIGN_OR_RETURN(const wire::DetailsFile file, Checked(message));
        return std::vector<Cell>{file.request_id,
                                 SideText(file),
                                 Cell(wire::DetailsStateText(file.state), StateStyle(file)),
                                 ClockText(file),
                                 file.request.offence,
                                 MaterialsText(file.request.wanted),
                                 TimeText(file.ask_unix_ms)};
      },
      "There are no such requests.");
}

// Writes the scans that were released; what is already there is not overwritten.
absl::Status SaveScans(const wire::DetailsFile& file, const std::filesystem::path& folder,
                       Console& console) {
  if (!file.released) return MakeFault(FaultCode::kUsage, "nothing was released on this request");
  int saved = 0;
  for (const wire::ReleasedExhibit& exhibit : file.released->exhibits) {
    for (const wire::ReleasedScan& scan : exhibit.scans) {
      if (scan.content.empty()) continue;
      const std::string name =
          absl::StrFormat("%s-%s%s.%s", ShortHandle(crypto::AsText(exhibit.handle)),
                          records::MarkRegionCode(scan.place.region),
                          scan.place.land_number > 0 ? std::to_string(scan.place.land_number) : "",
                          scan.format == "x3p" ? "x3p" : "csv");
      PM_RETURN_IF_ERROR(
          WriteFile(folder / name, scan.content, Privacy::kPrivate, Overwrite::kNever));
      ++saved;
    }
  }
  if (saved == 0) return MakeFault(FaultCode::kUsage, "no scans are among what was released");
  console.Note(absl::StrFormat("%d scans saved in %s", saved, folder.string()));
  return absl::OkStatus();
}

absl::StatusOr<int> RunShow(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("REQUEST", arguments.Text("REQUEST")));
  v1::GetDetailsRequest request;
  request.set_request_id(arguments.Text("REQUEST"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::GetDetailsResponse answer, node->GetDetails(request));
  PM_ASSIGN_OR_RETURN(const wire::DetailsFile file, Checked(answer.file()));
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer.file());
  } else {
    PrintFile(session.console, file);
  }
  if (arguments.Has("--save-scans")) {
    PM_RETURN_IF_ERROR(SaveScans(file, arguments.Text("--save-scans"), session.console));
  }
  return 0;
}

absl::StatusOr<int> Decide(const Arguments& arguments, Session& session,
                           v1::DecideDetailsRequest request) {
  PM_RETURN_IF_ERROR(CheckId("REQUEST", arguments.Text("REQUEST")));
  request.set_request_id(arguments.Text("REQUEST"));
  request.set_reasons(arguments.Text("--reasons"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::DecideDetailsResponse answer, node->DecideDetails(request));
  return ShowActed(arguments, session, answer);
}

absl::StatusOr<int> RunRelease(const Arguments& arguments, Session& session) {
  v1::DecideDetailsRequest request;
  v1::ReleaseTerms& terms = *request.mutable_release();
  PM_RETURN_IF_ERROR(AddMaterials(arguments.All("--material"), *terms.mutable_materials()));
  terms.set_place(arguments.Text("--place"));
  terms.set_offence(arguments.Text("--offence"));
  terms.set_authority(arguments.Text("--authority"));
  v1::Handling& handling = *terms.mutable_handling();
  std::vector<std::string> codes = arguments.All("--handling");
  if (codes.empty()) codes.emplace_back("H0");
  std::sort(codes.begin(), codes.end());
  for (const std::string& code : codes) handling.add_codes(code);
  handling.set_restrictions(arguments.Text("--restrictions"));
  handling.set_evidence(arguments.On("--evidence"));
  const std::string evaluation = arguments.Text("--evaluation");
  handling.set_source_evaluation(evaluation.substr(0, 1));
  handling.set_information_evaluation(evaluation.substr(1));
  *handling.mutable_delete_time() =
      wire::ToTimestamp(base::SystemClock().UnixMillis() + arguments.Duration("--keep").count());
  return Decide(arguments, session, std::move(request));
}

absl::StatusOr<int> RunRefuse(const Arguments& arguments, Session& session) {
  v1::DecideDetailsRequest request;
  request.mutable_refusal()->set_code(arguments.Text("--code"));
  request.mutable_refusal()->set_reason(arguments.Text("--say"));
  return Decide(arguments, session, std::move(request));
}

absl::StatusOr<int> RunStop(const Arguments& arguments, Session& session) {
  v1::DecideDetailsRequest request;
  request.mutable_stop()->set_code(arguments.Text("--code"));
  request.mutable_stop()->set_reason(arguments.Text("--say"));
  return Decide(arguments, session, std::move(request));
}

absl::StatusOr<int> RunStart(const Arguments& arguments, Session& session) {
  v1::DecideDetailsRequest request;
  request.set_start(true);
  return Decide(arguments, session, std::move(request));
}

const Parameter kRequest = {
    .name = "REQUEST", .help = "The request's id: 32 hexadecimal digits.", .required = true};

std::vector<std::string> MaterialNames() {
  std::vector<std::string> names;
  for (const wire::Material material : wire::kMaterials) {
    names.emplace_back(wire::MaterialText(material));
  }
  return names;
}

Parameter Say(std::string_view fallback) {
  return {.name = "--say",
          .help = "One sentence for the partner.",
          .value_name = "TEXT",
          .fallback = std::string(fallback)};
}

Command AskCommand() {
  return {
      .name = "ask",
      .summary = "Ask the owner of leads for what stands behind them.",
      .description =
          "The second step of an exchange: candidates named by their handles, which an examiner "
          "has reviewed as leads, with facts and offence. There a person decides, within 48 hours "
          "or, when it is urgent, 8. What is released arrives by itself. Role: examiner.",
      .options = WithNodeOptions(
          {{.name = "--agency",
            .help = "The partner that holds the candidates.",
            .value_name = "DOMAIN",
            .required = true},
           {.name = "--case",
            .help = "Case of the exhibit asked about; it is committed to, never sent.",
            .value_name = "REFERENCE",
            .required = true},
           {.name = "--offence",
            .help = "Offence code.",
            .value_name = "CODE",
            .choices = CodesOf(records::OffenceCodes()),
            .required = true},
           {.name = "--facts",
            .help = "What happened, in a few sentences. It is sent, sealed in transit.",
            .value_name = "TEXT",
            .required = true},
           {.name = "--subject-role",
            .help = "Whom it concerns.",
            .value_name = "CODE",
            .choices = CodesOf(records::SubjectRoleCodes())},
           {.name = "--want",
            .help = "What is wanted; core-data when nothing is said.",
            .value_name = "WHAT",
            .choices = MaterialNames(),
            .repeated = true},
           {.name = "--urgent", .help = "Why it is urgent.", .value_name = "TEXT"}}),
      .places =
          {{.name = "SEARCH", .help = "The search that found them.", .required = true},
           {.name = "HANDLE", .help = "A candidate's handle.", .required = true, .repeated = true}},
      .examples = {{"proofmark requests ask 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 5d1e...77 --agency "
                    "police.example --case 24-117 --offence HOMICIDE --facts 'Two shots at ...' "
                    "--want core-data --want scans",
                    "Ask for where the item comes from, and for its scans."}},
      .children = {},
      .run = RunAsk};
}

Command ListCommand() {
  return {.name = "list",
          .summary = "List requests sent and received, newest first, with the time left.",
          .description = "The node logs this as a consultation. Roles: examiner, officer.",
          .options = WithNodeOptions(
              {{.name = "--sent", .help = "Only those we sent.", .kind = ValueKind::kFlag},
               {.name = "--received", .help = "Only those we received.", .kind = ValueKind::kFlag},
               {.name = "--open",
                .help = "Only those that wait for a decision.",
                .kind = ValueKind::kFlag},
               LimitOption(50)}),
          .places = {},
          .examples = {{"proofmark requests list --received --open", "What an officer has to do."}},
          .children = {},
          .run = RunList};
}

Command ShowCommand() {
  return {.name = "show",
          .summary = "Show one request, its clock, and what was released.",
          .description = "The node logs this as a consultation. Roles: examiner, officer.",
          .options = WithNodeOptions({{.name = "--save-scans",
                                       .help = "Also write the scans that were released here.",
                                       .kind = ValueKind::kFolder,
                                       .value_name = "FOLDER"}}),
          .places = {kRequest},
          .examples = {{"proofmark requests show 5f0b...2c --save-scans received",
                        "Read what came and keep the scans."}},
          .children = {},
          .run = RunShow};
}

Command ReleaseCommand() {
  return {
      .name = "release",
      .summary = "Release what a partner asked for, once.",
      .description =
          "Date and case come from the exhibit; place, offence and authority are told as "
          "precisely as they are given here. It is sealed to the key of this request and sent by "
          "letter. Role: officer.",
      .options = WithNodeOptions(
          {{.name = "--material",
            .help = "What is released, of what was wanted.",
            .value_name = "WHAT",
            .choices = MaterialNames(),
            .required = true,
            .repeated = true},
           ReasonsOption(),
           {.name = "--place", .help = "Where the item was found.", .value_name = "TEXT"},
           {.name = "--offence",
            .help = "Offence code.",
            .value_name = "CODE",
            .choices = CodesOf(records::OffenceCodes())},
           {.name = "--authority", .help = "Who is competent.", .value_name = "TEXT"},
           {.name = "--handling",
            .help = "H0, or H1 (no use in court), H2 (no passing on), H3 (see --restrictions).",
            .value_name = "CODE",
            .choices = {"H0", "H1", "H2", "H3"},
            .repeated = true},
           {.name = "--restrictions", .help = "What H3 says.", .value_name = "TEXT"},
           {.name = "--evidence",
            .help = "May be used as evidence; otherwise as intelligence alone.",
            .kind = ValueKind::kFlag},
           {.name = "--evaluation",
            .help = "Reliability of source (A, B, C, X) and information (1..4).",
            .value_name = "CODE",
            .fallback = "B2"},
           {.name = "--keep",
            .help = "How long the partner may keep it.",
            .kind = ValueKind::kDuration,
            .fallback = "365d",
            .min = kDayMs,
            .max = 30LL * 365 * kDayMs}}),
      .places = {kRequest},
      .examples = {{"proofmark requests release 5f0b...2c --material core-data --place 'harbour "
                    "district' --offence ROBBERY --authority 'Regional Court' --reasons "
                    "'agreement of 2024'",
                    "Tell where the item comes from."}},
      .children = {},
      .run = RunRelease};
}

Command RefuseCommand() {
  return {.name = "refuse",
          .summary = "Refuse what a partner asked for.",
          .description = "Code and sentence are sent; the reasons stay here. Role: officer.",
          .options = WithNodeOptions({{.name = "--code",
                                       .help = "Why, as a code.",
                                       .value_name = "CODE",
                                       .choices = CodesOf(records::RefusalCodes()),
                                       .required = true},
                                      Say(""),
                                      ReasonsOption()}),
          .places = {kRequest},
          .examples = {{"proofmark requests refuse 5f0b...2c --code ONGOING_CASE --say 'Ask again "
                        "in a month.' --reasons 'covert until March'",
                        "Not now."}},
          .children = {},
          .run = RunRefuse};
}

Command StopCommand() {
  return {.name = "stop",
          .summary = "Stop a request's clock while something is waited for.",
          .description = "The partner sees the reason. Role: officer.",
          .options = WithNodeOptions({{.name = "--code",
                                       .help = "What is waited for.",
                                       .value_name = "CODE",
                                       .choices = {"JUDICIAL_PENDING", "REQUEST_INCOMPLETE"},
                                       .required = true},
                                      Say(""),
                                      ReasonsOption()}),
          .places = {kRequest},
          .examples = {{"proofmark requests stop 5f0b...2c --code JUDICIAL_PENDING --reasons 'sent "
                        "to the judge'",
                        "A judge has to agree."}},
          .children = {},
          .run = RunStop};
}

Command StartCommand() {
  return {.name = "start",
          .summary = "Let a stopped clock run again.",
          .description = "The time it stood is added. Role: officer.",
          .options = WithNodeOptions({ReasonsOption()}),
          .places = {kRequest},
          .examples = {{"proofmark requests start 5f0b...2c --reasons 'the judge agreed'",
                        "The judge has agreed."}},
          .children = {},
          .run = RunStart};
}

}  // namespace

Command RequestsCommand() {
  return {.name = "requests",
          .summary = "The second step: ask for details, decide about requests.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark requests list --open", "What waits, here and there."}},
          .children = {AskCommand(), ListCommand(), ShowCommand(), ReleaseCommand(),
                       RefuseCommand(), StopCommand(), StartCommand()}};
}

}  // namespace proofmark::client::cli
