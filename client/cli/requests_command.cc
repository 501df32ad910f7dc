// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/exchange_words.h"
#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/listing.h"
#include "client/cli/node_session.h"
#include "client/cli/progress.h"
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

namespace fs = std::filesystem;

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

// The conditions of a release, in this order wherever they are told.
Facts Terms(const wire::DetailsFile& file) {
  const wire::Handling& handling = file.released->handling;
  Facts terms;
  AddConditions({.codes = handling.codes,
                 .restrictions = handling.restrictions,
                 .source_evaluation = handling.source_evaluation,
                 .information_evaluation = handling.information_evaluation},
                handling.evidence ? wire::ResultUse::kEvidence : wire::ResultUse::kIntelligence,
                terms);
  terms.Add("delete by", DateText(handling.delete_unix_ms));
  for (const wire::HandlingStep& step : file.handling_steps) {
    terms.Add(wire::HandlingActText(step.act),
              absl::StrFormat("%s by %s%s%s", TimeText(step.unix_ms), step.by,
                              step.reference.empty() ? "" : ", " + step.reference,
                              step.reasons.empty() ? "" : ": " + step.reasons));
  }
  return terms;
}

// Nothing of it is shown to whoever has not acknowledged what H3 says.
bool IsWithheld(const wire::ReleasedDetails& released) {
  const bool has_certificate =
      released.firearm && released.firearm->deactivation != firearm::DeactivationRecord{};
  return released.handling.Has("H3") && !has_certificate &&
         std::ranges::none_of(released.exhibits, [](const wire::ReleasedExhibit& exhibit) {
           return exhibit.core || exhibit.signature || !exhibit.scans.empty();
         });
}

// How large it is, and here how much of it has come.
std::string ScanText(wire::DetailsSide side, const wire::ReleasedScan& scan) {
  std::string text = BytesText(scan.size_bytes);
  if (side == wire::DetailsSide::kSent && scan.arrived_bytes < scan.size_bytes) {
    text += absl::StrFormat(" (%s arrived)", BytesText(scan.arrived_bytes));
  }
  return text;
}

void PrintReleased(Console& console, const wire::DetailsFile& file) {
  const wire::ReleasedDetails& released = *file.released;
  console.out() << "\nReleased\n" << Terms(file).Text(console, 2);
  if (IsWithheld(released)) {
    console.Note(absl::StrFormat(
        "Nothing else is shown before you acknowledge the restrictions: `proofmark requests "
        "acknowledge %s`.",
        file.request_id));
  }
  if (released.firearm && !IsWithheld(released)) {
    const firearm::DeactivationRecord& record = released.firearm->deactivation;
    Facts facts;
    facts.Add("firearm", released.firearm->reference, Style::kBold);
    facts.Add("state", firearm::CodeOf(released.firearm->state));
    facts.Add("standard", firearm::CodeOf(record.standard));
    if (record.certificate) {
      facts.Add("certificate", record.certificate->number, Style::kBold);
      facts.Add("verified by", record.certificate->verifying_entity);
      if (record.certificate->certified_on) {
        facts.Add("certified on", records::PartialDateText(*record.certificate->certified_on));
      }
    }
    if (record.certificate_withdrawn) facts.Add("withdrawn", "yes", Style::kBad);
    for (const firearm::ComponentWork& work : record.components) {
      facts.Add("mark", absl::StrFormat("%s %s", firearm::CodeOf(work.component),
                                        work.mark ? firearm::MarkText(*work.mark) : "unmarked"));
    }
    console.out() << '\n' << facts.Text(console, 2);
  }
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
      facts.Add("scan",
                absl::StrFormat("%s, %s, %s, sha-256 %s", records::MarkPlaceText(scan.place),
                                scan.format, ScanText(file.side, scan), ShortHandle(scan.sha256)));
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
  if (!file.request.firearm_reference.empty()) {
    facts.Add("firearm", file.firearm_id.empty()
                             ? file.request.firearm_reference
                             : absl::StrFormat("%s = firearm %s", file.request.firearm_reference,
                                               file.firearm_id));
  }
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
  if (file.released) PrintReleased(console, file);
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

absl::StatusOr<int> SendRequest(const Arguments& arguments, Session& session,
                                const v1::RequestDetailsRequest& request) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::RequestDetailsResponse answer, node->RequestDetails(request));
  PM_ASSIGN_OR_RETURN(const int code, ShowActed(arguments, session, answer));
  session.console.Note(absl::StrFormat(
      "On its way to %s; `proofmark requests show %s` says when it arrived and what was decided.",
      answer.file().agency(), answer.file().request_id()));
  return code;
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
  return SendRequest(arguments, session, request);
}

absl::StatusOr<int> RunCertificate(const Arguments& arguments, Session& session) {
  v1::RequestDetailsRequest request;
  request.set_agency(arguments.Text("AGENCY"));
  request.set_firearm_reference(arguments.Text("REFERENCE"));
  request.set_purpose(arguments.Text("--purpose"));
  request.set_case_reference(arguments.Text("--case"));
  request.set_offence(arguments.Text("--offence"));
  request.set_subject_role(arguments.Text("--subject-role"));
  request.set_facts(arguments.Text("--facts"));
  request.set_urgency(arguments.Text("--urgent"));
  return SendRequest(arguments, session, request);
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

// What an export holds beside its scans: whoever finds the folder reads under what it was given.
std::string HandlingText(const wire::DetailsFile& file, wire::ResultUse use) {
  std::ostringstream nowhere;
  const Console plain(nowhere, nowhere, {});
  Facts facts;
  facts.Add("request", file.request_id);
  facts.Add("released by", file.agency);
  facts.Add("exported as", wire::ResultUseText(use));
  return facts.Text(plain) + Terms(file).Text(plain);
}

// One scan of an export: its file in the folder.
struct ExportedScan {
  std::string file_name;
  const wire::ReleasedScan* scan = nullptr;
};

// Writes what was released, its terms and its scans as they come; what is already there is not
// overwritten.
class ExportFolder {
 public:
  ExportFolder(fs::path folder, wire::ResultUse use) : folder_(std::move(folder)), use_(use) {}

  absl::Status Take(const v1::ExportDetailsResponse& part) {
    if (part.has_details() != !file_.has_value()) {
      return MakeFault(FaultCode::kDamaged, "the node's export is out of order");
    }
    return part.has_details() ? Begin(part.details()) : Add(part.chunk());
  }

  // After the last message.
  absl::Status End() const {
    if (!file_) return MakeFault(FaultCode::kDamaged, "the node exported nothing");
    if (next_ == scans_.size()) return absl::OkStatus();
    return MakeFault(FaultCode::kDamaged,
                     absl::StrFormat("the node's export ends before %s", scans_[next_].file_name));
  }

  const wire::DetailsFile& file() const { return *file_; }
  const std::string& json() const { return json_; }
  std::size_t saved_count() const { return next_; }
  std::int64_t missing_count() const { return missing_count_; }

 private:
  absl::Status Begin(const v1::ExportedDetails& details) {
    PM_ASSIGN_OR_RETURN(file_, Checked(details.file()));
    if (!file_->released) return MakeFault(FaultCode::kDamaged, "the node released nothing");
    json_ = JsonLine(details);
    for (const wire::ReleasedExhibit& exhibit : file_->released->exhibits) {
      for (const wire::ReleasedScan& scan : exhibit.scans) {
        if (scan.arrived_bytes < scan.size_bytes) {
          ++missing_count_;
          continue;
        }
        const std::int32_t land = scan.place.land_number;
        scans_.push_back({absl::StrFormat("%s-%s%s.%s", ShortHandle(crypto::AsText(exhibit.handle)),
                                          records::MarkRegionCode(scan.place.region),
                                          land > 0 ? std::to_string(land) : "",
                                          scan.format == "x3p" ? "x3p" : "csv"),
                          &scan});
      }
    }
    PM_RETURN_IF_ERROR(MakeFolder(folder_, Privacy::kPrivate));
    PM_RETURN_IF_ERROR(Save("handling.txt", HandlingText(*file_, use_)));
    return Save("released.json", json_);
  }

  // A chunk never goes beyond the end of a scan.
  absl::Status Add(const std::string& chunk) {
    if (next_ == scans_.size()) {
      return MakeFault(FaultCode::kDamaged, "the node's export does not end with its last scan");
    }
    const ExportedScan& current = scans_[next_];
    content_ += chunk;
    if (std::ssize(content_) < current.scan->size_bytes) return absl::OkStatus();
    if (crypto::AsText(crypto::Sha256(content_)) != current.scan->sha256) {
      return MakeFault(FaultCode::kDamaged,
                       absl::StrFormat("%s is not the scan that was released", current.file_name));
    }
    PM_RETURN_IF_ERROR(Save(current.file_name, content_));
    content_.clear();
    ++next_;
    return absl::OkStatus();
  }

  absl::Status Save(const std::string& name, std::string_view content) const {
    return WriteFile(folder_ / name, content, Privacy::kPrivate, Overwrite::kNever);
  }

  const fs::path folder_;
  const wire::ResultUse use_;
  std::optional<wire::DetailsFile> file_;
  std::string json_;
  std::vector<ExportedScan> scans_;  // Those that come, in order.
  std::int64_t missing_count_ = 0;
  std::size_t next_ = 0;
  std::string content_;  // Of the next one, as far as it came.
};

absl::StatusOr<int> RunExport(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("REQUEST", arguments.Text("REQUEST")));
  v1::ExportDetailsRequest request;
  request.set_request_id(arguments.Text("REQUEST"));
  const bool evidence = arguments.Text("--use") == "evidence";
  request.set_use(evidence ? v1::RESULT_USE_EVIDENCE : v1::RESULT_USE_INTELLIGENCE);
  const wire::ResultUse use =
      evidence ? wire::ResultUse::kEvidence : wire::ResultUse::kIntelligence;
  const Interrupt interrupt;
  ExportFolder folder(arguments.Text("--to"), use);
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_RETURN_IF_ERROR(node->ExportDetails(
      request, [&](const v1::ExportDetailsResponse& part) { return folder.Take(part); },
      interrupt.token()));
  PM_RETURN_IF_ERROR(folder.End());
  session.console.out() << (arguments.On("--json") ? folder.json()
                                                   : Terms(folder.file()).Text(session.console));
  session.console.Note(
      absl::StrFormat("Exported as %s: %d scans, released.json and handling.txt in %s",
                      wire::ResultUseText(use), folder.saved_count(), arguments.Text("--to")));
  if (folder.missing_count() > 0) {
    session.console.Note(absl::StrFormat(
        "%d scans have not arrived yet; `proofmark requests show %s` says how far they are. Export "
        "again to another folder when they have.",
        folder.missing_count(), request.request_id()));
  }
  return 0;
}

absl::StatusOr<int> RunAcknowledge(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("REQUEST", arguments.Text("REQUEST")));
  v1::AcknowledgeHandlingRequest request;
  request.set_request_id(arguments.Text("REQUEST"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::AcknowledgeHandlingResponse answer,
                      node->AcknowledgeHandling(request));
  return ShowActed(arguments, session, answer);
}

absl::StatusOr<int> RunPermit(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("REQUEST", arguments.Text("REQUEST")));
  v1::RecordPermissionRequest request;
  request.set_request_id(arguments.Text("REQUEST"));
  request.set_permission(arguments.Text("--use") == "evidence" ? v1::HANDLING_ACT_EVIDENCE_PERMITTED
                                                               : v1::HANDLING_ACT_ONWARD_PERMITTED);
  request.set_reference(arguments.Text("--reference"));
  request.set_reasons(arguments.Text("--reasons"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::RecordPermissionResponse answer, node->RecordPermission(request));
  return ShowActed(arguments, session, answer);
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

Command AskCertificateCommand() {
  return {
      .name = "certificate",
      .summary = "Ask the owner of a firearm for its certificate of deactivation.",
      .description =
          "The second step of a look-up: REFERENCE is what `proofmark firearm hit` printed. As "
          "with "
          "`ask` a person decides there, within the same time, and what is released arrives by "
          "itself: the deactivation record, without the name of who signed it. `proofmark firearm "
          "attach --request` puts it to one's own record. Role: examiner.",
      .options = WithNodeOptions(
          {{.name = "--purpose",
            .help = "Why it is asked.",
            .value_name = "CODE",
            .choices = CodesOf(records::PurposeCodes()),
            .required = true},
           {.name = "--case",
            .help = "Case it is asked for; it is committed to, never sent.",
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
           {.name = "--urgent", .help = "Why it is urgent.", .value_name = "TEXT"}}),
      .places = {{.name = "AGENCY", .help = "Domain of the owner.", .required = true},
                 {.name = "REFERENCE", .help = "The owner's reference.", .required = true}},
      .examples = {{"proofmark requests certificate gb.example 3f2a9c0b1d2e3f400f3c9a4e6b1d42f5 "
                    "--purpose CRIMINAL_INVESTIGATION --case 26-117 --offence SHOOTING_NO_INJURY "
                    "--facts 'The pistol was recovered with fresh cartridge cases.'",
                    "A look-up hit it, and its certificate is wanted."}},
      .children = {},
      .run = RunCertificate};
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
          .description =
              "Scans are named and not shown: `requests export` takes them out. What was released "
              "with restrictions (H3) is shown once you have acknowledged them. The node logs this "
              "as a consultation. Roles: examiner, officer.",
          .options = WithNodeOptions({}),
          .places = {kRequest},
          .examples = {{"proofmark requests show 5f0b...2c",
                        "Read what came, and under what "
                        "conditions."}},
          .children = {},
          .run = RunShow};
}

Command AcknowledgeCommand() {
  return {.name = "acknowledge",
          .summary = "Acknowledge the restrictions (H3) of what was released.",
          .description =
              "Read them with `requests show` first. Everybody who uses the material acknowledges "
              "for himself; it is in the ledger. Roles: examiner, officer.",
          .options = WithNodeOptions({}),
          .places = {kRequest},
          .examples = {{"proofmark requests acknowledge 5f0b...2c",
                        "The restrictions were read; now what was released is shown."}},
          .children = {},
          .run = RunAcknowledge};
}

Command PermitCommand() {
  return {.name = "permit",
          .summary = "Record that the owner permits what its handling codes forbid.",
          .description =
              "`evidence` lifts H1, or the restriction to intelligence; `onward` lifts H2. The "
              "owner gives the permission by other ways; reference and reasons say where it lies. "
              "It is in the ledger, where the owner sees it. Role: officer.",
          .options = WithNodeOptions({{.name = "--use",
                                       .help = "What is permitted.",
                                       .value_name = "USE",
                                       .choices = {"evidence", "onward"},
                                       .required = true},
                                      {.name = "--reference",
                                       .help = "Where the owner's own words lie.",
                                       .value_name = "REFERENCE",
                                       .required = true},
                                      ReasonsOption()}),
          .places = {kRequest},
          .examples = {{"proofmark requests permit 5f0b...2c --use evidence --reference 'letter of "
                        "3 March, ref. 117/24' --reasons 'the trial begins in May'",
                        "It may be shown in court."}},
          .children = {},
          .run = RunPermit};
}

Command ExportCommand() {
  return {.name = "export",
          .summary = "Write what was released to files, for one use.",
          .description =
              "Scans, released.json, and handling.txt with the conditions, which must stay with "
              "them. The node refuses what the handling codes forbid: evidence under H1, or of "
              "what was given as intelligence, before the owner's permission is recorded; "
              "everything under H3 before you have acknowledged it. Each export and each refusal "
              "is in the ledger. Roles: examiner, officer.",
          .options = WithNodeOptions({{.name = "--use",
                                       .help = "What it is for.",
                                       .value_name = "USE",
                                       .choices = {"intelligence", "evidence"},
                                       .required = true},
                                      {.name = "--to",
                                       .help = "Where the files go; none is overwritten.",
                                       .kind = ValueKind::kFolder,
                                       .value_name = "FOLDER",
                                       .required = true}}),
          .places = {kRequest},
          .examples = {{"proofmark requests export 5f0b...2c --use intelligence --to received",
                        "The scans, to compare them with one's own."},
                       {"proofmark requests export 5f0b...2c --use evidence --to court",
                        "The same for the court, if the owner allows it."}},
          .children = {},
          .run = RunExport};
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
          .children = {AskCommand(), AskCertificateCommand(), ListCommand(), ShowCommand(),
                       AcknowledgeCommand(), PermitCommand(), ExportCommand(), ReleaseCommand(),
                       RefuseCommand(), StopCommand(), StartCommand()}};
}

}  // namespace proofmark::client::cli
