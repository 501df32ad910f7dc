// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/exchange_words.h"
#include "client/cli/firearm_commands.h"
#include "client/cli/json.h"
#include "client/cli/listing.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/fault.h"
#include "client/file.h"
#include "google/protobuf/util/json_util.h"
#include "proofmark/v1/firearm_service.pb.h"
#include "proto/wire/firearm_check.h"
#include "records/codes.h"
#include "records/firearm/import.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int64_t kRecordFileBytesMax = 1 << 20;

template <typename E>
std::vector<std::string> CodesOfList() {
  std::vector<std::string> codes;
  for (const auto& row : firearm::CodesOf<E>()) codes.emplace_back(row.code);
  return codes;
}

std::vector<std::string> CheckCodes() {
  std::vector<std::string> codes;
  for (const firearm::CheckRule& rule : firearm::CheckRules()) codes.emplace_back(rule.code);
  return codes;
}

Style StateStyle(firearm::State state) {
  switch (state) {
    case firearm::State::kReactivationSuspected:
    case firearm::State::kReactivationConfirmed:
      return Style::kBad;
    case firearm::State::kLost:
    case firearm::State::kStolen:
    case firearm::State::kTrafficked:
    case firearm::State::kSoughtEvidence:
    case firearm::State::kCertificateWithdrawn:
      return Style::kWarning;
    case firearm::State::kDestroyed:
      return Style::kDim;
    default:
      return Style::kPlain;
  }
}

std::string SerialText(const firearm::Serial& serial) {
  std::string text =
      serial.raw.empty() ? std::string(firearm::CodeOf(serial.condition)) : serial.raw;
  if (serial.component) text += absl::StrFormat(" (%s)", firearm::CodeOf(*serial.component));
  if (!serial.raw.empty() && serial.condition != firearm::SerialCondition::kLegible) {
    text += absl::StrFormat(" %s", firearm::CodeOf(serial.condition));
  }
  return text;
}

// What is canonical, and beside it what was read where that differs.
std::string NamedText(const std::string& canonical, const std::string& raw) {
  if (canonical.empty()) return raw;
  return raw.empty() || raw == canonical ? canonical
                                         : absl::StrFormat("%s, read as %s", canonical, raw);
}

std::string DateOr(const std::optional<records::PartialDate>& date, std::string_view none) {
  return date ? records::PartialDateText(*date) : std::string(none);
}

void PrintDeactivation(Console& console, const firearm::DeactivationRecord& record) {
  Facts facts;
  facts.Add("standard", firearm::CodeOf(record.standard));
  if (record.certificate) {
    const firearm::DeactivationCertificate& certificate = *record.certificate;
    facts.Add("certificate",
              absl::StrFormat("%s of %s, %s", certificate.number, certificate.verifying_entity,
                              DateOr(certificate.certified_on, "undated")),
              record.certificate_withdrawn ? Style::kBad : Style::kPlain);
    if (record.certificate_withdrawn) facts.Add("withdrawn", "yes", Style::kBad);
    const std::vector<std::string_view> fields = firearm::MissingCertificateFields(certificate);
    const std::vector<std::string> missing(fields.begin(), fields.end());
    if (!missing.empty()) facts.Add("lacks", absl::StrJoin(missing, ", "), Style::kWarning);
  }
  std::vector<std::string> marks;
  for (const firearm::ComponentWork& work : record.components) {
    marks.push_back(absl::StrFormat("%s %s", firearm::CodeOf(work.component),
                                    work.mark ? firearm::MarkText(*work.mark) : "unmarked"));
  }
  if (!marks.empty()) facts.Add("marks", absl::StrJoin(marks, "; "));
  if (!record.outcomes.empty()) {
    facts.Add("operations", absl::StrFormat("%d recorded", record.outcomes.size()));
  }
  console.out() << "\nDeactivation\n" << facts.Text(console, 2);
}

void PrintFindings(Console& console, const std::vector<firearm::Finding>& findings) {
  if (findings.empty()) return;
  Table table({{"check"}, {"severity"}, {"what"}, {"fields"}});
  for (const firearm::Finding& finding : findings) {
    table.AddRow({firearm::RuleOf(finding.check).code,
                  Cell(firearm::SeverityCode(finding.severity), SeverityStyle(finding.severity)),
                  finding.evidence, absl::StrJoin(finding.fields, ", ")});
  }
  console.out() << "\nChecks\n" << table.Text(console, 2);
}

std::string_view AnswerText(firearm::CertificateAnswer answer) {
  switch (answer) {
    case firearm::CertificateAnswer::kFound:
      return "known";
    case firearm::CertificateAnswer::kNotFound:
      return "not known";
    case firearm::CertificateAnswer::kNoAnswer:
      return "no answer";
  }
  return "";
}

void PrintFirearm(Console& console, const wire::KeptFirearm& kept) {
  const firearm::Firearm& item = kept.firearm;
  Facts facts;
  facts.Add("firearm", kept.id, Style::kBold);
  facts.Add("reference", kept.reference);
  facts.Add("state", firearm::CodeOf(kept.state()), StateStyle(kept.state()));
  for (const firearm::Serial& serial : item.serials) facts.Add("serial", SerialText(serial));
  facts.Add("class", firearm::CodeOf(item.firearm_class));
  const auto add = [&facts](std::string_view name, const std::string& text) {
    if (!text.empty()) facts.Add(name, text);
  };
  add("make", NamedText(item.make, item.make_raw));
  add("model", NamedText(item.model, item.model_raw));
  add("calibre", NamedText(item.calibre_code, item.calibre_raw));
  if (item.category) facts.Add("category", firearm::CodeOf(*item.category));
  if (item.category_before) {
    facts.Add("category before", firearm::CodeOf(*item.category_before));
  }
  if (item.conversion) facts.Add("conversion", firearm::CodeOf(*item.conversion));
  add("holder", item.holder);
  add("source", kept.source);
  if (item.retain_until) facts.Add("retain until", DateOr(item.retain_until, ""));
  console.out() << facts.Text(console);
  if (kept.deactivation) PrintDeactivation(console, *kept.deactivation);
  Table states({{"when"}, {"state"}, {"authority"}, {"paper"}, {"reason"}});
  for (const firearm::StateEvent& event : kept.history) {
    states.AddRow({TimeText(event.at_unix_ms),
                   Cell(firearm::CodeOf(event.to), StateStyle(event.to)), event.authority,
                   event.paper, event.reason});
  }
  console.out() << "\nStates\n" << states.Text(console, 2);
  if (!kept.exhibits.empty()) {
    Table exhibits({{"exhibit"}, {"kind"}, {"confirmed"}, {"fired"}});
    for (const wire::FirearmExhibit& exhibit : kept.exhibits) {
      exhibits.AddRow({exhibit.exhibit_id, exhibit.test_fire ? "test fire" : "attributed",
                       exhibit.confirmed ? "yes" : "no", DateOr(exhibit.fired_on, "-")});
    }
    console.out() << "\nExhibits\n" << exhibits.Text(console, 2);
  }
  if (!kept.linked_firings.empty()) {
    Table linked({{"by exhibit"}, {"linked to"}, {"link"}, {"state"}, {"fired"}});
    for (const wire::LinkedFiring& firing : kept.linked_firings) {
      linked.AddRow({firing.exhibit_id, firing.other, firing.link_id,
                     firing.confirmed ? "hit" : "lead", DateOr(firing.fired_on, "-")});
    }
    console.out() << "\nFired by links\n" << linked.Text(console, 2);
  }
  if (!kept.seen_marks.empty()) {
    Table marks({{"mark seen"}, {"certificate"}});
    for (const wire::SeenMark& seen : kept.seen_marks) {
      std::vector<std::string> answers;
      for (const firearm::CertificateSearch& search : seen.searches) {
        answers.push_back(absl::StrFormat("%s: %s", search.node, AnswerText(search.answer)));
      }
      marks.AddRow({firearm::MarkText(seen.mark),
                    answers.empty() ? "no partner was asked" : absl::StrJoin(answers, ", ")});
    }
    console.out() << "\nMarks seen when it was recovered\n" << marks.Text(console, 2);
  }
  if (!kept.sightings.empty()) {
    Table told({{"agency"}, {"holds it as"}, {"its reference"}, {"told"}});
    for (const wire::FirearmSighting& sighting : kept.sightings) {
      told.AddRow({sighting.agency, firearm::StateGroupCode(sighting.group), sighting.reference,
                   TimeText(sighting.told_unix_ms)});
    }
    console.out() << "\nAt partners\n" << told.Text(console, 2);
  }
  PrintFindings(console, kept.findings);
  Table changes({{"version", Align::kRight}, {"when"}, {"what"}, {"by"}, {"reason"}});
  for (std::size_t i = 0; i < kept.changes.size(); ++i) {
    const wire::FirearmChange& change = kept.changes[i];
    changes.AddRow({std::to_string(i + 1), TimeText(change.unix_ms),
                    wire::FirearmChangeCode(change.kind), change.by.empty() ? "node" : change.by,
                    change.reason});
  }
  console.out() << "\nChanges\n" << changes.Text(console, 2);
}

template <typename Response>
absl::StatusOr<int> ShowActed(const Arguments& arguments, Session& session,
                              const Response& answer) {
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(answer);
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::KeptFirearm kept, Checked(answer.record()));
  PrintFirearm(session.console, kept);
  session.console.Note(absl::StrFormat("Ledger entry %d", answer.receipt().index()));
  return 0;
}

// FIELD=VALUE given one after another, as a row under those columns.
absl::StatusOr<firearm::ImportedRecord> ReadFields(const std::vector<std::string>& given) {
  std::vector<std::string> columns;
  firearm::ImportRow row{.number = 1, .values = {}};
  for (const std::string& field : given) {
    const std::size_t equals = field.find('=');
    if (equals == std::string::npos || equals == 0) {
      return MakeFault(FaultCode::kUsage, absl::StrFormat("\"%s\" is not FIELD=VALUE", field));
    }
    columns.push_back(field.substr(0, equals));
    row.values.push_back(field.substr(equals + 1));
  }
  const absl::StatusOr<firearm::RowImporter> importer =
      firearm::RowImporter::Create(std::move(columns), {}, nullptr);
  if (!importer.ok()) return MakeFault(FaultCode::kUsage, std::string(importer.status().message()));
  if (!importer->ignored_columns().empty()) {
    return MakeFault(FaultCode::kUsage,
                     absl::StrFormat("no such field: %s; docs/operations/firearms.md has them",
                                     absl::StrJoin(importer->ignored_columns(), ", ")));
  }
  firearm::ImportResult read = importer->Import(row);
  if (read.record) return *std::move(read.record);
  std::vector<std::string> errors;
  for (const firearm::ImportError& error : read.errors) {
    errors.push_back(error.column.empty() ? error.message
                                          : absl::StrFormat("%s: %s", error.column, error.message));
  }
  return MakeFault(FaultCode::kUsage, absl::StrJoin(errors, "; "));
}

absl::StatusOr<int> RunAdd(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const firearm::ImportedRecord read, ReadFields(arguments.All("FIELD")));
  v1::AddFirearmRequest request;
  *request.mutable_firearm() = wire::ToProto(read.firearm);
  if (read.state) request.set_state(std::string(firearm::CodeOf(*read.state)));
  if (read.deactivation) *request.mutable_deactivation() = wire::ToProto(*read.deactivation);
  request.set_authority(arguments.Text("--authority"));
  request.set_paper(arguments.Text("--paper"));
  request.set_reason(arguments.Text("--reason"));
  SetAccepted(arguments, request);
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::AddFirearmResponse answer, node->AddFirearm(request));
  return ShowActed(arguments, session, answer);
}

// A message as `firearm show --json` writes it.
absl::Status ReadMessage(const std::string& path, google::protobuf::Message& message) {
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kRecordFileBytesMax));
  const auto read = google::protobuf::util::JsonStringToMessage(text, &message);
  if (read.ok()) return absl::OkStatus();
  return MakeFault(FaultCode::kRefusedArgument,
                   absl::StrFormat("%s: %s", path, std::string(read.message())));
}

absl::StatusOr<int> RunAmend(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("FIREARM", arguments.Text("FIREARM")));
  v1::FirearmRecord record;
  PM_RETURN_IF_ERROR(ReadMessage(arguments.Text("--file"), record));
  v1::AmendFirearmRequest request;
  request.set_firearm_id(arguments.Text("FIREARM"));
  *request.mutable_firearm() = record.firearm();
  request.set_reason(arguments.Text("--reason"));
  SetAccepted(arguments, request);
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::AmendFirearmResponse answer, node->AmendFirearm(request));
  return ShowActed(arguments, session, answer);
}

absl::StatusOr<int> RunAttach(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("FIREARM", arguments.Text("FIREARM")));
  if (arguments.Has("--file") == arguments.Has("--request")) {
    return MakeFault(FaultCode::kUsage, "say --file or --request");
  }
  v1::AttachDeactivationRequest request;
  request.set_firearm_id(arguments.Text("FIREARM"));
  request.set_reason(arguments.Text("--reason"));
  SetAccepted(arguments, request);
  if (arguments.Has("--file")) {
    v1::FirearmRecord record;
    PM_RETURN_IF_ERROR(ReadMessage(arguments.Text("--file"), record));
    if (record.has_deactivation()) *request.mutable_deactivation() = record.deactivation();
  } else {
    PM_RETURN_IF_ERROR(CheckId("--request", arguments.Text("--request")));
    request.set_request_id(arguments.Text("--request"));
  }
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::AttachDeactivationResponse answer,
                      node->AttachDeactivation(request));
  return ShowActed(arguments, session, answer);
}

absl::StatusOr<int> RunLink(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("FIREARM", arguments.Text("FIREARM")));
  PM_RETURN_IF_ERROR(CheckId("EXHIBIT", arguments.Text("EXHIBIT")));
  v1::LinkFirearmRequest request;
  request.set_firearm_id(arguments.Text("FIREARM"));
  request.mutable_exhibit()->set_exhibit_id(arguments.Text("EXHIBIT"));
  request.mutable_exhibit()->set_test_fire(arguments.On("--test-fire"));
  request.mutable_exhibit()->set_confirmed(arguments.On("--confirmed"));
  request.mutable_exhibit()->set_fired_on(arguments.Text("--fired"));
  request.set_reason(arguments.Text("--reason"));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::LinkFirearmResponse answer, node->LinkFirearm(request));
  return ShowActed(arguments, session, answer);
}

absl::StatusOr<int> RunTransition(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("FIREARM", arguments.Text("FIREARM")));
  v1::TransitionFirearmRequest request;
  request.set_firearm_id(arguments.Text("FIREARM"));
  request.set_to(arguments.Text("STATE"));
  request.set_authority(arguments.Text("--authority"));
  request.set_paper(arguments.Text("--paper"));
  request.set_reason(arguments.Text("--reason"));
  if (arguments.Has("--from-country") || arguments.Has("--to-country")) {
    v1::FirearmTransfer& transfer = *request.mutable_transfer();
    transfer.set_from_country(arguments.Text("--from-country"));
    transfer.set_to_country(arguments.Text("--to-country"));
    transfer.set_transfer_date(arguments.Text("--date"));
  } else if (arguments.Has("--date")) {
    return MakeFault(FaultCode::kUsage, "--date is of a transfer: say --to-country, too");
  }
  for (const std::string& text : arguments.All("--mark")) {
    const absl::StatusOr<firearm::DeactivationMark> mark = firearm::ParseMark(text);
    if (!mark.ok()) {
      return MakeFault(FaultCode::kUsage,
                       absl::StrFormat("--mark: %s", std::string(mark.status().message())));
    }
    v1::DeactivationMark& seen = *request.add_seen_marks();
    seen.set_country(mark->country);
    seen.set_entity(mark->entity);
    seen.set_year(mark->year);
  }
  SetAccepted(arguments, request);
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::TransitionFirearmResponse answer, node->TransitionFirearm(request));
  return ShowActed(arguments, session, answer);
}

absl::StatusOr<int> RunInquire(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("FIREARM", arguments.Text("FIREARM")));
  v1::AskAboutFirearmRequest request;
  request.set_firearm_id(arguments.Text("FIREARM"));
  request.set_purpose(arguments.Text("--purpose"));
  request.set_case_reference(arguments.Text("--case"));
  request.set_offence(arguments.Text("--offence"));
  for (const std::string& partner : arguments.All("--partner")) request.add_partners(partner);
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::AskAboutFirearmResponse answer, node->AskAboutFirearm(request));
  PM_ASSIGN_OR_RETURN(const int code, ShowActed(arguments, session, answer));
  if (!answer.silent_agencies().empty()) {
    session.console.Note("No full answer from " + absl::StrJoin(answer.silent_agencies(), ", "));
  }
  return code;
}

absl::StatusOr<int> RunShow(const Arguments& arguments, Session& session) {
  // The node knows ids and the references that partners were given.
  const absl::StatusOr<std::string> reference = base::ParseHex(arguments.Text("FIREARM"));
  const bool by_reference = reference.ok() && reference->size() == wire::kFirearmReferenceBytes;
  if (!by_reference) PM_RETURN_IF_ERROR(CheckId("FIREARM", arguments.Text("FIREARM")));
  if (by_reference && arguments.Has("--version")) {
    return MakeFault(FaultCode::kUsage, "--version goes with the firearm's id");
  }
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  v1::FirearmRecord record;
  if (arguments.Has("--version")) {
    v1::GetFirearmVersionRequest request;
    request.set_firearm_id(arguments.Text("FIREARM"));
    request.set_change_count(static_cast<std::int32_t>(arguments.Integer("--version")));
    PM_ASSIGN_OR_RETURN(v1::GetFirearmVersionResponse answer, node->GetFirearmVersion(request));
    record = std::move(*answer.mutable_record());
  } else {
    v1::GetFirearmRequest request;
    request.set_firearm_id(arguments.Text("FIREARM"));
    PM_ASSIGN_OR_RETURN(v1::GetFirearmResponse answer, node->GetFirearm(request));
    record = std::move(*answer.mutable_record());
  }
  if (arguments.On("--json")) {
    session.console.out() << JsonLine(record);
    return 0;
  }
  PM_ASSIGN_OR_RETURN(const wire::KeptFirearm kept, Checked(record));
  PrintFirearm(session.console, kept);
  return 0;
}

std::vector<Cell> ListRow(const wire::KeptFirearm& kept) {
  const firearm::Firearm& item = kept.firearm;
  std::set<std::string> checks;
  Style worst = Style::kPlain;
  for (const firearm::Finding& finding : kept.findings) {
    checks.emplace(firearm::RuleOf(finding.check).code);
    if (worst != Style::kBad) worst = SeverityStyle(finding.severity);
  }
  return {kept.id,
          Cell(firearm::CodeOf(kept.state()), StateStyle(kept.state())),
          SerialText(item.serials.front()),
          firearm::CodeOf(item.firearm_class),
          item.make.empty() ? item.make_raw : item.make,
          item.model.empty() ? item.model_raw : item.model,
          item.calibre_code.empty() ? item.calibre_raw : item.calibre_code,
          Cell(absl::StrJoin(checks, " "), worst)};
}

const std::vector<Column> kListColumns = {{"firearm"},
                                          {"state"},
                                          {"serial", Align::kLeft, 24},
                                          {"class"},
                                          {"make", Align::kLeft, 24},
                                          {"model", Align::kLeft, 24},
                                          {"calibre", Align::kLeft, 16},
                                          {"checks"}};

// Those whose number agrees with --serial.
absl::StatusOr<int> RunFind(const Arguments& arguments, Session& session) {
  v1::FindFirearmsRequest request;
  request.set_serial(arguments.Text("--serial"));
  request.set_make(arguments.Text("--make"));
  request.set_calibre(arguments.Text("--calibre"));
  request.set_firearm_class(arguments.Text("--class"));
  if (arguments.On("--roman")) request.set_numerals("ROMAN");
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::FindFirearmsResponse answer, node->FindFirearms(request));
  std::vector<Column> columns = {{"grade"}, {"verdict"}};
  columns.insert(columns.end(), kListColumns.begin(), kListColumns.end());
  Table table(std::move(columns));
  for (const v1::FoundFirearm& found : answer.found()) {
    if (arguments.On("--json")) {
      session.console.out() << JsonLine(found);
      continue;
    }
    PM_ASSIGN_OR_RETURN(const wire::KeptFirearm kept, Checked(found.record()));
    std::vector<Cell> row = {found.grade(), found.verdict()};
    for (Cell& cell : ListRow(kept)) row.push_back(std::move(cell));
    table.AddRow(std::move(row));
  }
  session.console.out() << table.Text(session.console);
  if (answer.more()) session.console.Note("There are more; say --make or --calibre.");
  if (answer.found().empty()) session.console.Note("No firearm here has such a number.");
  return answer.found().empty() ? 1 : 0;
}

absl::StatusOr<int> RunList(const Arguments& arguments, Session& session) {
  if (arguments.Has("--serial")) return RunFind(arguments, session);
  for (const char* const option : {"--make", "--calibre", "--class"}) {
    if (arguments.Has(option)) {
      return MakeFault(FaultCode::kUsage, absl::StrFormat("%s goes with --serial", option));
    }
  }
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  v1::ListFirearmsRequest request;
  request.set_state(arguments.Text("--state"));
  request.set_check(arguments.Text("--check"));
  return PrintList(
      arguments, session, std::move(request), Table(kListColumns),
      [&](const v1::ListFirearmsRequest& page) { return node->ListFirearms(page); },
      [](const v1::ListFirearmsResponse& page) -> auto& { return page.records(); },
      [](const v1::FirearmRecord& message) -> absl::StatusOr<std::vector<Cell>> {
        PM_ASSIGN_OR_RETURN(const wire::KeptFirearm kept, Checked(message));
        return ListRow(kept);
      },
      "There are no such firearms.");
}

absl::StatusOr<int> RunCheck(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("FIREARM", arguments.Text("FIREARM")));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  v1::CheckFirearmRequest request;
  request.set_firearm_id(arguments.Text("FIREARM"));
  PM_ASSIGN_OR_RETURN(const v1::CheckFirearmResponse answer, node->CheckFirearm(request));
  PM_ASSIGN_OR_RETURN(const wire::KeptFirearm kept, Checked(answer.record()));
  if (arguments.On("--json")) {
    for (const auto& finding : answer.record().findings()) {
      session.console.out() << JsonLine(finding);
    }
  } else {
    Table table({{"check"}, {"severity"}, {"what"}, {"fields"}, {"rests on"}});
    for (const firearm::Finding& finding : kept.findings) {
      const firearm::CheckRule& rule = firearm::RuleOf(finding.check);
      table.AddRow({rule.code,
                    Cell(firearm::SeverityCode(finding.severity), SeverityStyle(finding.severity)),
                    finding.evidence, absl::StrJoin(finding.fields, ", "), rule.article});
    }
    session.console.out() << table.Text(session.console);
  }
  session.console.Note(
      kept.findings.empty()
          ? "The checks D01 to D20 find nothing."
          : absl::StrFormat("%d findings%s", kept.findings.size(),
                            answer.changed() ? ", not the ones before: they are kept now" : ""));
  const bool clean = std::ranges::all_of(kept.findings, [](const firearm::Finding& finding) {
    return finding.severity == firearm::Severity::kWarning;
  });
  return clean ? 0 : 1;
}

const Parameter kFirearm = {
    .name = "FIREARM", .help = "The firearm's id: 32 hexadecimal digits.", .required = true};

Parameter AuthorityOption() {
  return {.name = "--authority",
          .help = "Who decided the state.",
          .value_name = "NAME",
          .required = true};
}
Parameter PaperOption() {
  return {
      .name = "--paper", .help = "Reference of the paper it rests on.", .value_name = "REFERENCE"};
}
Parameter ReasonOption(bool required) {
  return {.name = "--reason",
          .help = "Why; stays in the agency.",
          .value_name = "TEXT",
          .required = required};
}
Parameter RecordFileOption() {
  return {.name = "--file",
          .help = "A record as `firearm show --json` prints it, changed.",
          .kind = ValueKind::kFile,
          .value_name = "FILE",
          .required = true};
}

Parameter OptionalRecordFileOption() {
  Parameter option = RecordFileOption();
  option.required = false;
  return option;
}

Command AddCommand() {
  return {
      .name = "add",
      .summary = "Add a firearm, with its deactivation when there is one.",
      .description =
          "Fields are those of an import (docs/operations/firearms.md), as FIELD=VALUE: serial, "
          "class, make, model, calibre, state, category, certificate_number, verifying_entity, "
          "certified_on, frame_mark, \"operation 1.16\" and so on; serial is required. The "
          "checks D01 to D20 run first: an error refuses the record with its check, article "
          "and fields, unless --accept names the check; what they find is kept. Roles: lab, "
          "officer.",
      .options =
          WithNodeOptions({AuthorityOption(), PaperOption(), ReasonOption(false), AcceptOption()}),
      .places = {{.name = "FIELD",
                  .help = "FIELD=VALUE, once for each field.",
                  .required = true,
                  .repeated = true}},
      .examples = {{"proofmark firearm add serial=C123456 class=PISTOL_SEMI make=Tokarev "
                    "calibre='7,62 Tokarev' state=SEIZED --authority 'Police North'",
                    "A pistol that was seized."},
                   {"proofmark firearm add serial=AB123 class=REVOLVER category=C6 "
                    "category_before=B1 certificate_number=17/2019 verifying_entity=LPH "
                    "certified_on=2019-03-01 frame_mark=EU/GB/LPH/19 --authority LPH --accept "
                    "D02",
                    "One that was deactivated; its checklist is not at hand."}},
      .children = {},
      .run = RunAdd};
}

Command ShowCommand() {
  return {.name = "show",
          .summary = "Show one firearm: what it is, its states, papers, findings and changes.",
          .description = "The node logs this as a consultation. Roles: lab, examiner, officer.",
          .options = WithNodeOptions({{.name = "--version",
                                       .help = "As it was after so many changes.",
                                       .kind = ValueKind::kInteger,
                                       .value_name = "N",
                                       .min = 1,
                                       .max = wire::kFirearmChangesMax}}),
          .places = {{.name = "FIREARM",
                      .help = "The firearm's id: 32 hexadecimal digits; or a reference that a "
                              "partner was given of it: 64.",
                      .required = true}},
          .examples = {{"proofmark firearm show 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40",
                        "All that is known of it."}},
          .children = {},
          .run = RunShow};
}

Command ListCommand() {
  return {
      .name = "list",
      .summary = "List firearms, newest first, or find those with a serial number.",
      .description =
          "With --serial those whose number agrees, best first: EXACT, SCRIPT (another "
          "alphabet), EMBEDDED (letters between digits left out), CONFUSION (characters easily "
          "taken for each other), PATTERN. Below SCRIPT make and calibre must agree. A number "
          "of which only a part is known is written with ? for one character, * for any and "
          "[AB8] for one of those. The node logs this as a consultation. Roles: lab, examiner, "
          "officer.",
      .options = WithNodeOptions(
          {{.name = "--state",
            .help = "Only in this state.",
            .value_name = "STATE",
            .choices = CodesOfList<firearm::State>()},
           {.name = "--check",
            .help = "Only where this check found something.",
            .value_name = "CHECK",
            .choices = CheckCodes()},
           {.name = "--serial", .help = "The number as marked.", .value_name = "NUMBER"},
           {.name = "--roman", .help = "The number is Roman numerals.", .kind = ValueKind::kFlag},
           {.name = "--make", .help = "Beside --serial.", .value_name = "NAME"},
           {.name = "--calibre", .help = "Beside --serial.", .value_name = "NAME"},
           {.name = "--class",
            .help = "Beside --serial.",
            .value_name = "CODE",
            .choices = CodesOfList<firearm::FirearmClass>()},
           LimitOption(50)}),
      .places = {},
      .examples = {{"proofmark firearm list --state STOLEN", "Every stolen one."},
                   {"proofmark firearm list --check D04", "Those without a mark on the frame."},
                   {"proofmark firearm list --serial 'C-12?456' --make Tokarev",
                    "One character could not be read."}},
      .children = {},
      .run = RunList};
}

Command TransitionCommand() {
  return {
      .name = "transition",
      .summary = "Record the next state of a firearm.",
      .description =
          "States and their order are those of docs/formats/firearm.md; events are added, never "
          "changed. The checks run as for `add`. Roles: lab, officer.",
      .options = WithNodeOptions(
          {AuthorityOption(),
           PaperOption(),
           ReasonOption(false),
           {.name = "--from-country",
            .help = "Of a transfer: where it came from.",
            .value_name = "CC"},
           {.name = "--to-country", .help = "Of a transfer: where it went.", .value_name = "CC"},
           {.name = "--date",
            .help = "Of a transfer: YYYY, YYYY-MM or YYYY-MM-DD.",
            .value_name = "DATE"},
           {.name = "--mark",
            .help = "With RECOVERED: a mark of deactivation on it, EU/CC or EU/CC/ENTITY/YY.",
            .value_name = "MARK",
            .repeated = true},
           AcceptOption()}),
      .places = {kFirearm,
                 {.name = "STATE",
                  .help = "The state it is in from now on.",
                  .choices = CodesOfList<firearm::State>(),
                  .required = true}},
      .examples = {{"proofmark firearm transition 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 STOLEN "
                    "--authority 'Police North' --paper 24-117",
                    "It was reported stolen."},
                   {"proofmark firearm transition 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 RECOVERED "
                    "--authority 'Police North' --mark EU/GB/LPH/19",
                    "It was found, and bears a mark of deactivation."}},
      .children = {},
      .run = RunTransition};
}

Command InquireCommand() {
  return {
      .name = "inquire",
      .summary = "Ask partners about a firearm of one's own, and keep what they say.",
      .description =
          "Whether they certified the marks that were seen on it when it was recovered, and "
          "whether "
          "they hold its serial number. They learn the number: `lookup` asks without telling it. "
          "What they say is kept with the record and its checks run: a mark that nobody certified "
          "(D16), one number in two places (D17), a firing of what a partner holds as deactivated "
          "(D15). Those that did not answer are named. Roles: examiner, officer.",
      .options = WithNodeOptions(
          {{.name = "--purpose",
            .help = "Why it is asked.",
            .value_name = "CODE",
            .choices = CodesOf(records::PurposeCodes()),
            .required = true},
           {.name = "--case",
            .help = "Case reference. Committed to in the ledger, never sent to a partner.",
            .value_name = "TEXT",
            .required = true},
           {.name = "--offence",
            .help = "What offence it concerns.",
            .value_name = "CODE",
            .choices = CodesOf(records::OffenceCodes())},
           {.name = "--partner",
            .help = "Ask this partner; without it all are asked.",
            .value_name = "DOMAIN",
            .repeated = true}}),
      .places = {kFirearm},
      .examples = {{"proofmark firearm inquire 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --purpose "
                    "CRIMINAL_INVESTIGATION --case 26-117",
                    "It was recovered with a mark of deactivation."}},
      .children = {},
      .run = RunInquire};
}

Command AmendCommand() {
  return {.name = "amend",
          .summary = "Say anew what a firearm is.",
          .description =
              "Takes the field `firearm` of the file; the version before stays and can "
              "be shown. The checks run as for `add`. Roles: lab, officer.",
          .options = WithNodeOptions({RecordFileOption(), ReasonOption(true), AcceptOption()}),
          .places = {kFirearm},
          .examples = {{"proofmark firearm amend 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --file f.json "
                        "--reason 'the barrel was replaced'",
                        "After `firearm show --json` into f.json and a change there."}},
          .children = {},
          .run = RunAmend};
}

Command AttachCommand() {
  return {.name = "attach",
          .summary = "Attach a deactivation record to a firearm.",
          .description =
              "Takes the field `deactivation` of the file, or what a partner released on a request "
              "(role officer), in place of the one before, which stays with its version. Whose it "
              "is and on which request stands in the record's changes. The checks run as for "
              "`add`. Roles: lab, officer.",
          .options = WithNodeOptions({OptionalRecordFileOption(),
                                      {.name = "--request",
                                       .help = "The certificate that was released on this request.",
                                       .value_name = "REQUEST"},
                                      ReasonOption(true),
                                      AcceptOption()}),
          .places = {kFirearm},
          .examples = {{"proofmark firearm attach 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --file f.json "
                        "--reason 'certificate 17/2019'",
                        "Its papers have come."},
                       {"proofmark firearm attach 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --request "
                        "7b1d42f58e7a9c0b1d2e3f400f3c9a4e --reason 'case 26-117'",
                        "A partner released its certificate."}},
          .children = {},
          .run = RunAttach};
}

Command LinkFirearmCommand() {
  return {
      .name = "link",
      .summary = "Link an exhibit that a firearm fired.",
      .description =
          "Without --fired the date of the exhibit's incident is taken. The checks "
          "run: a firing after a deactivation is an alert (D15). Roles: lab, "
          "examiner.",
      .options = WithNodeOptions(
          {{.name = "--test-fire", .help = "A laboratory fired it.", .kind = ValueKind::kFlag},
           {.name = "--confirmed",
            .help = "An examiner has confirmed it.",
            .kind = ValueKind::kFlag},
           {.name = "--fired", .help = "When: YYYY, YYYY-MM or YYYY-MM-DD.", .value_name = "DATE"},
           ReasonOption(true)}),
      .places = {kFirearm, {.name = "EXHIBIT", .help = "The exhibit's id.", .required = true}},
      .examples = {{"proofmark firearm link 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 "
                    "3f2a9c0b1d2e3f400f3c9a4e6b1d42f5 --test-fire --confirmed --reason BK-24",
                    "A test fire."}},
      .children = {},
      .run = RunLink};
}

Command CheckCommand() {
  return {.name = "check",
          .summary = "Run the checks D01 to D20 on a firearm.",
          .description =
              "On the record as it is now; the node keeps what they find, and runs them over all "
              "records once a day. Ends with 0 when there is no error and no alert, else with 1. "
              "Roles: lab, examiner, officer.",
          .options = WithNodeOptions({}),
          .places = {kFirearm},
          .examples = {{"proofmark firearm check 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40",
                        "What is wrong with it, and by which article."}},
          .children = {},
          .run = RunCheck};
}

}  // namespace

Parameter AcceptOption() {
  return {.name = "--accept",
          .help = "Keep the record although this check finds an error.",
          .value_name = "CHECK",
          .choices = CheckCodes(),
          .repeated = true};
}

Style SeverityStyle(firearm::Severity severity) {
  return severity == firearm::Severity::kWarning ? Style::kWarning : Style::kBad;
}

Command FirearmCommand() {
  return {
      .name = "firearm",
      .summary = "The agency's firearms, their papers of deactivation, look-ups at partners.",
      .description = "",
      .options = {},
      .places = {},
      .examples = {{"proofmark firearm list", "Where things stand."}},
      .children = {AddCommand(), ShowCommand(), ListCommand(), TransitionCommand(), AmendCommand(),
                   AttachCommand(), LinkFirearmCommand(), CheckCommand(), InquireCommand(),
                   FirearmAlertsCommand(), FirearmImportCommand(), FirearmExportCommand(),
                   FirearmLookupCommand(), FirearmHitCommand(), FirearmAskCommand(),
                   FirearmStatisticsCommand(), FirearmNoticesCommand(), FirearmCanaryCommand()}};
}

}  // namespace proofmark::client::cli
