// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/cli/asking.h"
#include "client/cli/commands.h"
#include "client/cli/exchange_words.h"
#include "client/cli/firearm_commands.h"
#include "client/cli/json.h"
#include "client/cli/listing.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "client/fault.h"
#include "proofmark/v1/firearm_question_service.pb.h"
#include "proto/wire/firearm_check.h"
#include "records/codes.h"

namespace proofmark::client::cli {
namespace {

// Takes a message through the checks of proto/wire/firearm_check.h.
template <typename Message>
auto Read(const Message& message) -> decltype(wire::FromProto(message, std::string_view())) {
  auto value = wire::FromProto(message, "");
  if (value.ok()) return value;
  return MakeFault(FaultCode::kDamaged,
                   absl::StrFormat("the node's answer: %s", value.status().message()));
}

constexpr std::string_view kNobody =
    "When nobody answered: 3 all refused, 5 one was away, 6 an answer failed verification.";

// How a verdict reads in a row, and whether it is what the asker hopes for.
struct VerdictText {
  std::string verdict;
  std::string detail;
  Style style = Style::kWarning;
};

VerdictText TextOf(const wire::FirearmVerdict& verdict) {
  if (const auto* certificate = std::get_if<wire::CertificateStanding>(&verdict)) {
    return {.verdict = std::string(wire::CertificateStandingCode(*certificate)),
            .detail = "",
            .style =
                *certificate == wire::CertificateStanding::kValid ? Style::kGood : Style::kWarning};
  }
  if (const auto* mark = std::get_if<wire::MarkVerdict>(&verdict)) {
    return {.verdict = std::string(wire::MarkStandingCode(mark->standing)),
            .detail = base::ToHex(mark->reference),
            .style = mark->standing == wire::MarkStanding::kConflict ? Style::kBad : Style::kGood};
  }
  if (const auto* serial = std::get_if<wire::SerialCheckVerdict>(&verdict)) {
    if (!serial->state_group) return {.verdict = "NO_MATCH", .detail = "", .style = Style::kGood};
    return {.verdict = absl::StrFormat("MATCH, %s", firearm::StateGroupCode(*serial->state_group)),
            .detail = base::ToHex(serial->reference),
            .style = Style::kWarning};
  }
  if (const auto* statistics = std::get_if<wire::FirearmStatistics>(&verdict)) {
    return {.verdict = "of " + TimeText(statistics->as_of_unix_ms),
            .detail = absl::StrFormat("below %d", statistics->smallest),
            .style = Style::kGood};
  }
  const auto& model = std::get<wire::AlarmModelVerdict>(verdict);
  std::string by = Printable(model.authority);
  if (model.tested_on) by += " " + records::PartialDateText(*model.tested_on);
  return {.verdict = std::string(firearm::CodeOf(model.result)),
          .detail = std::move(by),
          .style =
              model.result == firearm::AlarmConformity::kConforms ? Style::kGood : Style::kWarning};
}

std::string CheckedText(const Console& console, const wire::FirearmChecked& checked,
                        std::string_view detail) {
  Table table({{"agency"},
               {"answer"},
               {std::string(detail)},
               {"our entry", Align::kRight},
               {"its entry", Align::kRight},
               {"reason"}});
  for (const wire::FirearmCheckResult& partner : checked.partners) {
    const VerdictText text =
        partner.verdict
            ? TextOf(*partner.verdict)
            : VerdictText{.verdict = std::string(wire::PartnerOutcomeName(partner.outcome)),
                          .detail = ""};
    table.AddRow({Cell(partner.agency, Style::kBold), Cell(text.verdict, text.style),
                  text.detail.empty() ? "-" : text.detail, EntryText(partner.receipt),
                  EntryText(partner.peer_receipt), Why(partner)});
  }
  return table.Text(console);
}

std::vector<Parameter> QuestionOptions(std::vector<Parameter> own) {
  own.push_back(PartnerOption());
  for (Parameter& reason : ReasonOptions()) own.push_back(std::move(reason));
  own.push_back({.name = "--subject",
                 .help = "Whom it concerns.",
                 .value_name = "CODE",
                 .choices = CodesOf(records::SubjectRoleCodes())});
  return WithNodeOptions(std::move(own));
}

Parameter ClassOption() {
  std::vector<std::string> codes;
  for (const auto& row : firearm::CodesOf<firearm::FirearmClass>()) codes.emplace_back(row.code);
  return {.name = "--class",
          .help = "The firearm's class. Leave it out when it is not certain: it must agree.",
          .value_name = "CODE",
          .choices = std::move(codes)};
}

std::optional<firearm::FirearmClass> ClassOf(const Arguments& arguments) {
  return firearm::FindCode<firearm::FirearmClass>(arguments.Text("--class"));
}

// Asks, shows what came of it (what `show` makes of it first, where there is one), and ends with 0
// when `found` says so of one answer, with 1 when somebody answered otherwise.
absl::StatusOr<int> AskAndShow(const Arguments& arguments, Session& session,
                               wire::FirearmToCheck check, std::string_view detail,
                               bool (*found)(const wire::FirearmVerdict&),
                               void (*show)(Session&, const wire::FirearmChecked&) = nullptr) {
  wire::FirearmCheckRequest request;
  request.check = std::move(check);
  request.purpose = arguments.Text("--purpose");
  request.case_reference = arguments.Text("--case");
  request.offence = arguments.Text("--offence");
  request.subject_role = arguments.Text("--subject");
  request.partners = arguments.All("--partner");
  if (arguments.Has("--deadline")) request.deadline_ms = arguments.Duration("--deadline").count();
  PM_RETURN_IF_ERROR(CheckPartners(request.partners));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::AskPartnersResponse answer,
                      node->AskPartners(wire::ToProto(request)));
  PM_ASSIGN_OR_RETURN(const wire::FirearmChecked checked, Read(answer.checked()));
  if (show != nullptr && !arguments.On("--json")) show(session, checked);
  session.console.out() << (arguments.On("--json") ? JsonLine(answer.checked())
                                                   : CheckedText(session.console, checked, detail));
  if (checked.partners.empty()) session.console.Note("There are no partners.");
  bool answered = checked.partners.empty();
  for (const wire::FirearmCheckResult& partner : checked.partners) {
    if (!partner.verdict) continue;
    answered = true;
    if (found(*partner.verdict)) return 0;
  }
  if (answered) return 1;
  return NobodyAnswered(checked.partners);
}

absl::StatusOr<int> RunCertificate(const Arguments& arguments, Session& session) {
  return AskAndShow(arguments, session,
                    wire::CertificateToCheck{.entity = arguments.Text("ENTITY"),
                                             .number = arguments.Text("NUMBER"),
                                             .serial = arguments.Text("--serial")},
                    "detail", [](const wire::FirearmVerdict& verdict) {
                      const auto* standing = std::get_if<wire::CertificateStanding>(&verdict);
                      return standing != nullptr && *standing == wire::CertificateStanding::kValid;
                    });
}

absl::StatusOr<int> RunMark(const Arguments& arguments, Session& session) {
  return AskAndShow(arguments, session,
                    wire::MarkToCheck{.mark = arguments.Text("MARK"),
                                      .firearm_class = ClassOf(arguments),
                                      .serial = arguments.Text("SERIAL")},
                    "its reference", [](const wire::FirearmVerdict& verdict) {
                      const auto* mark = std::get_if<wire::MarkVerdict>(&verdict);
                      return mark != nullptr && mark->standing == wire::MarkStanding::kKnown;
                    });
}

absl::StatusOr<int> RunSerial(const Arguments& arguments, Session& session) {
  return AskAndShow(arguments, session,
                    wire::SerialToCheck{.serial = arguments.Text("SERIAL"),
                                        .make = arguments.Text("--make"),
                                        .firearm_class = ClassOf(arguments)},
                    "its reference", [](const wire::FirearmVerdict& verdict) {
                      const auto* serial = std::get_if<wire::SerialCheckVerdict>(&verdict);
                      return serial != nullptr && serial->state_group.has_value();
                    });
}

absl::StatusOr<int> RunAlarmModel(const Arguments& arguments, Session& session) {
  return AskAndShow(
      arguments, session,
      wire::AlarmModelToCheck{.make = arguments.Text("MAKE"), .model = arguments.Text("MODEL")},
      "tested by", [](const wire::FirearmVerdict& verdict) {
        const auto* model = std::get_if<wire::AlarmModelVerdict>(&verdict);
        return model != nullptr && model->result == firearm::AlarmConformity::kConforms;
      });
}

constexpr std::string_view kHidden = "hidden";

Cell CountCell(const std::optional<std::int64_t>& count) {
  return count ? Cell(CountText(*count)) : Cell(kHidden, Style::kDim);
}

// The counts of all that answered, one below the other: they were asked by the same things.
void ShowStatistics(Session& session, const wire::FirearmChecked& checked) {
  std::optional<Table> table;
  for (const wire::FirearmCheckResult& partner : checked.partners) {
    const auto* statistics =
        partner.verdict ? std::get_if<wire::FirearmStatistics>(&*partner.verdict) : nullptr;
    if (statistics == nullptr) continue;
    if (!table) {
      std::vector<Column> columns = {{"agency"}};
      for (const firearm::Dimension dimension : statistics->by) {
        columns.push_back({absl::AsciiStrToLower(std::string(firearm::DimensionCode(dimension)))});
      }
      columns.push_back({"firearms", Align::kRight});
      columns.push_back({"conforming", Align::kRight});
      table.emplace(std::move(columns));
    }
    const auto add = [&](std::vector<Cell> row, const firearm::SharedCount& count) {
      row.push_back(CountCell(count.records));
      row.push_back(CountCell(count.conforming));
      table->AddRow(std::move(row));
    };
    for (const firearm::SharedCount& count : statistics->shared.counts) {
      std::vector<Cell> row = {Cell(partner.agency, Style::kBold)};
      for (const std::string& key : count.key) row.emplace_back(Printable(key));
      add(std::move(row), count);
    }
    std::vector<Cell> row(statistics->by.size() + 1, Cell(""));
    row[0] = Cell(partner.agency, Style::kBold);
    row[1] = Cell("total", Style::kBold);
    add(std::move(row), statistics->shared.total);
  }
  if (table) session.console.out() << table->Text(session.console) << '\n';
}

absl::StatusOr<int> RunStatistics(const Arguments& arguments, Session& session) {
  std::vector<firearm::Dimension> dimensions;
  for (const std::string& word : arguments.All("--by")) {
    if (const auto dimension = firearm::FindDimension(absl::AsciiStrToUpper(word))) {
      dimensions.push_back(*dimension);
    }
  }
  if (dimensions.empty()) dimensions = {firearm::Dimension::kStandard};
  absl::StatusOr<firearm::Breakdown> by = firearm::MakeBreakdown(std::move(dimensions));
  if (!by.ok()) return MakeFault(FaultCode::kUsage, "--by: give one to three, each once");
  return AskAndShow(
      arguments, session, wire::StatisticsCheck{.by = *std::move(by)}, "hidden",
      [](const wire::FirearmVerdict& verdict) {
        const auto* statistics = std::get_if<wire::FirearmStatistics>(&verdict);
        return statistics != nullptr && !statistics->shared.counts.empty();
      },
      ShowStatistics);
}

absl::StatusOr<int> RunAddAlarm(const Arguments& arguments, Session& session) {
  v1::AddAlarmTestRequest request;
  v1::AlarmModelTest& test = *request.mutable_test();
  test.set_make(arguments.Text("MAKE"));
  test.set_model(arguments.Text("MODEL"));
  test.set_calibre(arguments.Text("--calibre"));
  test.set_result(arguments.Text("--result"));
  test.set_authority(arguments.Text("--authority"));
  test.set_test_date(arguments.Text("--date"));
  if (const auto valid = wire::FromProto(test, ""); !valid.ok()) {
    return MakeFault(FaultCode::kUsage, std::string(valid.status().message()));
  }
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::AddAlarmTestResponse answer, node->AddAlarmTest(request));
  PM_ASSIGN_OR_RETURN(const wire::KeptAlarmTest kept, Read(answer.test()));
  session.console.out() << (arguments.On("--json") ? JsonLine(answer) : kept.id + '\n');
  return 0;
}

absl::StatusOr<int> RunListAlarms(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  return PrintList(
      arguments, session, v1::ListAlarmTestsRequest(),
      Table({{"make"}, {"model"}, {"calibre"}, {"result"}, {"tested by"}, {"tested"}, {"added"}}),
      [&](const v1::ListAlarmTestsRequest& request) { return node->ListAlarmTests(request); },
      [](const v1::ListAlarmTestsResponse& page) -> const auto& { return page.tests(); },
      [](const v1::AlarmModelTest& test) -> absl::StatusOr<std::vector<Cell>> {
        PM_ASSIGN_OR_RETURN(const wire::KeptAlarmTest kept, Read(test));
        const bool conforms = kept.test.result == firearm::AlarmConformity::kConforms;
        return std::vector<Cell>{
            Cell(Printable(kept.test.make_raw), Style::kBold),
            Cell(Printable(kept.test.model)),
            Cell(Printable(kept.test.calibre_raw)),
            Cell(firearm::CodeOf(kept.test.result), conforms ? Style::kGood : Style::kWarning),
            Cell(Printable(kept.test.authority)),
            Cell(test.test_date()),
            Cell(TimeText(kept.add_unix_ms))};
      },
      "Nothing was found of any model yet.");
}

absl::StatusOr<int> RunNotices(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  return PrintList(
      arguments, session, v1::ListFirearmNoticesRequest(),
      Table(
          {{"agency"}, {"what"}, {"since"}, {"state"}, {"exchange"}, {"its reference"}, {"told"}}),
      [&](const v1::ListFirearmNoticesRequest& request) {
        return node->ListFirearmNotices(request);
      },
      [](const v1::ListFirearmNoticesResponse& page) -> const auto& { return page.notices(); },
      [](const v1::ReceivedFirearmNotice& message) -> absl::StatusOr<std::vector<Cell>> {
        PM_ASSIGN_OR_RETURN(const wire::ReceivedFirearmNotice received, Read(message));
        const wire::FirearmNotice& notice = received.notice;
        return std::vector<Cell>{
            Cell(received.agency, Style::kBold),
            Cell(wire::FirearmNoticeCauseCode(notice.cause), Style::kWarning),
            Cell(TimeText(notice.change_unix_ms)),
            Cell(firearm::StateGroupCode(notice.state_group)),
            Cell(base::ToHex(notice.exchange_id)),
            Cell(notice.reference.empty() ? "-" : base::ToHex(notice.reference)),
            Cell(TimeText(received.receive_unix_ms))};
      },
      "No partner told anything of a firearm that it was asked about.");
}

Command CertificateCheckCommand() {
  return {.name = "check",
          .summary = "Ask partners whether a certificate of deactivation stands.",
          .description =
              "Each partner answers VALID, WITHDRAWN, NOT_FOUND, or MISMATCH when the serial given "
              "is another than that of the firearm it was issued for; nothing else. Roles: "
              "examiner, officer.\n\n"
              "Ends with 0 when one says VALID, with 1 when none does. " +
              std::string(kNobody),
          .options = QuestionOptions(
              {{.name = "--serial",
                .help = "The serial number as marked, to be compared with the certificate's.",
                .value_name = "TEXT"}}),
          .places = {{.name = "ENTITY",
                      .help = "Code of the verifying entity: capitals, digits, hyphens.",
                      .required = true},
                     {.name = "NUMBER", .help = "The number as issued.", .required = true}},
          .examples = {{"proofmark certificate check GB-LPH 17/2019 --serial AB12345 --purpose "
                        "CRIMINAL_INVESTIGATION --case 24-117 --partner gb.example",
                        "Was it issued for this pistol, and does it still stand?"}},
          .children = {},
          .run = RunCertificate};
}

Command MarkCheckCommand() {
  return {.name = "check",
          .summary = "Ask partners whether a mark of deactivation was put on a firearm.",
          .description =
              "Each partner answers KNOWN, UNKNOWN when it holds no deactivation of a firearm with "
              "this serial, or CONFLICT when it holds one with another mark or of another class; "
              "with KNOWN and CONFLICT a reference to write to it under. It learns the serial "
              "number. Roles: examiner, officer.\n\n"
              "Ends with 0 when one says KNOWN, with 1 when none does. " +
              std::string(kNobody),
          .options = QuestionOptions({ClassOption()}),
          .places = {{.name = "MARK",
                      .help = "As stamped: \"EU/GB/LPH/19\", on parts \"EU/GB\".",
                      .required = true},
                     {.name = "SERIAL", .help = "The serial number as marked.", .required = true}},
          .examples = {{"proofmark mark check EU/GB/LPH/19 AB12345 --class PISTOL_SEMI --purpose "
                        "CRIMINAL_INVESTIGATION --case 24-117",
                        "Did anybody certify this?"}},
          .children = {},
          .run = RunMark};
}

Command AlarmCheckCommand() {
  return {.name = "check",
          .summary = "Ask partners what was found of a model of alarm weapon.",
          .description =
              "Each partner answers CONFORMS or NOT_CONFORMING with authority and date, or "
              "NOT_TESTED. Roles: examiner, officer.\n\n"
              "Ends with 0 when one says CONFORMS, with 1 when none does. " +
              std::string(kNobody),
          .options = QuestionOptions({}),
          .places = {{.name = "MAKE", .help = "The make.", .required = true},
                     {.name = "MODEL", .help = "The model.", .required = true}},
          .examples = {{"proofmark alarm check Ekol 'Firat 92' --purpose TRAFFICKING_TRACE --case "
                        "24-117",
                        "Was it tested anywhere?"}},
          .children = {},
          .run = RunAlarmModel};
}

Command AddAlarmCommand() {
  return {
      .name = "add",
      .summary = "Keep what an authority found of a model of alarm weapon.",
      .description =
          "Partners may ask for it. A later finding of a model takes the place of an earlier "
          "one, which stays. Prints its id. Roles: lab, officer.",
      .options = WithNodeOptions(
          {{.name = "--result",
            .help = "What was found.",
            .value_name = "CODE",
            .choices = {"CONFORMS", "NOT_CONFORMING"},
            .required = true},
           {.name = "--authority",
            .help = "Who tested it.",
            .value_name = "TEXT",
            .required = true},
           {.name = "--date", .help = "When: YYYY, YYYY-MM or YYYY-MM-DD.", .value_name = "DATE"},
           {.name = "--calibre", .help = "The calibre as marked.", .value_name = "TEXT"}}),
      .places = {{.name = "MAKE", .help = "The make.", .required = true},
                 {.name = "MODEL", .help = "The model.", .required = true}},
      .examples = {{"proofmark alarm add Ekol 'Firat 92' --result NOT_CONFORMING --authority "
                    "'Banc national' --date 2024-03",
                    "Its barrier could be drilled."}},
      .children = {},
      .run = RunAddAlarm};
}

Command ListAlarmsCommand() {
  return {.name = "list",
          .summary = "List what was found of models of alarm weapons.",
          .description =
              "Newest first. The node logs it as a consultation. Ends with 1 without any. Roles: "
              "lab, examiner, officer.",
          .options = WithNodeOptions({LimitOption(50)}),
          .places = {},
          .examples = {{"proofmark alarm list", "All of them."}},
          .children = {},
          .run = RunListAlarms};
}

}  // namespace

Command FirearmNoticesCommand() {
  return {.name = "notices",
          .summary = "List what partners told of firearms since they were asked about them.",
          .description =
              "A partner that answered with a record of its own tells by letter when the "
              "certificate is withdrawn, when the firearm is suspected to fire again, and when it "
              "is destroyed. The exchange names the question: `proofmark audit show` finds its "
              "entries. Newest first. The node logs it as a consultation. Ends with 1 without any. "
              "Roles: lab, examiner, officer.",
          .options = WithNodeOptions({LimitOption(50)}),
          .places = {},
          .examples = {{"proofmark firearm notices", "What has changed."}},
          .children = {},
          .run = RunNotices};
}

Command FirearmAskCommand() {
  return {.name = "ask",
          .summary = "Ask partners for a serial number, telling them which.",
          .description =
              "Names the serial number to every partner asked. `proofmark firearm lookup` asks "
              "without telling it: take that unless the partner may know. Each partner answers "
              "NO_MATCH, or MATCH with DEACTIVATED, LOST_STOLEN, DESTROYED or OTHER and a "
              "reference to write to it under; a firearm in lawful possession is no match. Make "
              "and class, where they are given, must agree. Walking through neighbouring numbers "
              "raises an alarm at the partner. Roles: examiner, officer.\n\n"
              "Ends with 0 when one says MATCH, with 1 when none does. " +
              std::string(kNobody),
          .options = QuestionOptions(
              {{.name = "--make",
                .help = "The make. Leave it out when it is not certain: it must agree.",
                .value_name = "TEXT"},
               ClassOption()}),
          .places = {{.name = "SERIAL", .help = "The serial number as marked.", .required = true}},
          .examples = {{"proofmark firearm ask AB12345 --make Glock --purpose "
                        "CRIMINAL_INVESTIGATION --case 24-117 --partner gb.example",
                        "One partner, which learns the number."}},
          .children = {},
          .run = RunSerial};
}

Command FirearmStatisticsCommand() {
  return {.name = "statistics",
          .summary = "Ask partners how many deactivated firearms they hold, in counts.",
          .description =
              "Each partner answers by what its agreement with this agency names: how many by "
              "standard, year of the certificate, class, country of deactivation or defect, and "
              "how many of them conform (`proofmark conformity report` counts the own ones in the "
              "same way). No answer names a firearm. Counts are of the time that the answer says, "
              "the same to everybody until the partner counts again; those below its bound are "
              "hidden, and others that would tell them. Roles: examiner, officer.\n\n"
              "Ends with 0 when one has a row, with 1 when none does. " +
              std::string(kNobody),
          .options =
              QuestionOptions({{.name = "--by",
                                .help = "What to count by, up to three times. Left out: standard.",
                                .value_name = "WHAT",
                                .choices = {"standard", "year", "class", "country", "defect"},
                                .repeated = true}}),
          .places = {},
          .examples = {{"proofmark firearm statistics --by standard --by year --purpose "
                        "TRAFFICKING_TRACE --case 24-117 --partner gb.example",
                        "What was deactivated when, and under which standard."}},
          .children = {},
          .run = RunStatistics};
}

Command CertificateCommand() {
  return {.name = "certificate",
          .summary = "Certificates of deactivation: at partners, and on paper.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark certificate check GB-LPH 17/2019 --purpose "
                        "CRIMINAL_INVESTIGATION --case 24-117",
                        "Does it stand?"}},
          .children = {CertificateCheckCommand(), CertificatePageCommand()}};
}

Command MarkCommand() {
  return {.name = "mark",
          .summary = "Marks of deactivation at partners.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark mark check EU/GB/LPH/19 AB12345 --purpose "
                        "CRIMINAL_INVESTIGATION --case 24-117",
                        "Did anybody certify this?"}},
          .children = {MarkCheckCommand()}};
}

Command AlarmCommand() {
  return {.name = "alarm",
          .summary = "Models of alarm and signal weapons: what was found here and at partners.",
          .description = "",
          .options = {},
          .places = {},
          .examples = {{"proofmark alarm list", "What this agency keeps."}},
          .children = {AlarmCheckCommand(), AddAlarmCommand(), ListAlarmsCommand()}};
}

}  // namespace proofmark::client::cli
