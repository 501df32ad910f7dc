// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "client/cli/asking.h"
#include "client/cli/commands.h"
#include "client/cli/firearm_commands.h"
#include "client/cli/json.h"
#include "client/cli/node_session.h"
#include "client/cli/table.h"
#include "client/cli/words.h"
#include "crypto/x509/spiffe_name.h"
#include "proofmark/admin/v1/node_service.pb.h"
#include "proofmark/v1/lookup_service.pb.h"
#include "proto/wire/lookup.h"

namespace proofmark::client::cli {
namespace {

// Takes a look-up, or what was said of a hit, through the checks of proto/wire/lookup.h.
template <typename Message>
auto Read(const Message& message) -> decltype(wire::FromProto(message, std::string_view())) {
  auto value = wire::FromProto(message, "");
  if (value.ok()) return value;
  return MakeFault(FaultCode::kDamaged,
                   absl::StrFormat("the node's answer: %s", value.status().message()));
}

absl::Status Usage(std::string_view what) { return MakeFault(FaultCode::kUsage, what); }

std::string ReadingText(const wire::LookupInput& input) {
  if (input.changed_count == 0) return "as marked";
  return absl::StrFormat("%d character(s) read otherwise", input.changed_count);
}

absl::StatusOr<wire::FirearmLookupRequest> RequestOf(const Arguments& arguments) {
  wire::FirearmLookupRequest request;
  request.serial = arguments.Text("SERIAL");
  request.make = arguments.Text("--make");
  request.model = arguments.Text("--model");
  request.reading_count = static_cast<std::int32_t>(arguments.Integer("--readings"));
  request.purpose = arguments.Text("--purpose");
  request.case_reference = arguments.Text("--case");
  request.offence = arguments.Text("--offence");
  request.partners = arguments.All("--partner");
  if (arguments.Has("--deadline")) request.deadline_ms = arguments.Duration("--deadline").count();
  if (request.make.empty() && !request.model.empty()) return Usage("--model needs --make");
  PM_RETURN_IF_ERROR(CheckPartners(request.partners));
  return request;
}

// What is offered beside what was looked for, with what it costs.
void OfferReadings(Console& console, const wire::FirearmLookup& lookup, std::int64_t asked) {
  if (lookup.other_reading_count == 0 || asked >= wire::kLookupReadingsMax) return;
  const std::int64_t more =
      std::min(asked + lookup.other_reading_count, std::int64_t{wire::kLookupReadingsMax});
  const std::int64_t step = wire::kLookupElementsStep;
  const std::int64_t inputs = static_cast<std::int64_t>(lookup.inputs.size()) + more - asked;
  console.Note(absl::StrFormat(
      "%s further reading(s) of the serial are possible, where characters are easily taken for "
      "each other. --readings %d looks for %d of them: %d evaluations at each partner instead of "
      "%d.",
      CountText(lookup.other_reading_count), more, more, (inputs + step - 1) / step * step,
      lookup.evaluation_count));
}

std::string LookupText(const Console& console, const wire::FirearmLookup& lookup) {
  Facts facts;
  facts.Add("asked", absl::StrFormat("%s by %s for %s", TimeText(lookup.ask_unix_ms),
                                     lookup.asked_by, lookup.purpose));
  facts.Add("inputs", absl::StrFormat("%d, charged as %d evaluations at each partner that answers",
                                      lookup.inputs.size(), lookup.evaluation_count));
  std::string text = facts.Text(console) + '\n';
  Table outcomes({{"agency"},
                  {"outcome"},
                  {"hits", Align::kRight},
                  {"table of"},
                  {"our entry", Align::kRight},
                  {"its entry", Align::kRight},
                  {"reason"}});
  Table hits({{"agency"}, {"state"}, {"found by"}, {"serial as"}, {"reading"}, {"handle"}});
  for (const wire::LookupPartnerResult& partner : lookup.partners) {
    const bool answered = partner.outcome == wire::PartnerOutcome::kAnswered;
    outcomes.AddRow(
        {Cell(partner.agency, Style::kBold),
         Cell(wire::PartnerOutcomeName(partner.outcome), answered ? Style::kGood : Style::kWarning),
         answered ? std::to_string(partner.hits.size()) : "-",
         partner.table_unix_ms ? TimeText(*partner.table_unix_ms) : "-", EntryText(partner.receipt),
         EntryText(partner.peer_receipt), Why(partner)});
    for (const wire::LookupHit& hit : partner.hits) {
      const wire::LookupInput& input = lookup.inputs[static_cast<std::size_t>(hit.input_index)];
      hits.AddRow({Cell(partner.agency, Style::kBold), firearm::StateGroupCode(hit.state_group),
                   wire::LookupFieldsName(input.fields), input.serial_key, ReadingText(input),
                   base::ToHex(base::ByteSpan(hit.handle))});
    }
  }
  text += outcomes.Text(console);
  if (hits.empty()) return text + "\nNo partner that answered shares such a firearm.\n";
  return text + '\n' + hits.Text(console) +
         "\nA hit is a lead. `proofmark firearm hit AGENCY HANDLE` asks the owner for the record, "
         "and tells it which.\n";
}

absl::StatusOr<int> LookupExit(const wire::FirearmLookup& lookup) {
  bool answered = lookup.partners.empty();
  for (const wire::LookupPartnerResult& partner : lookup.partners) {
    if (!partner.hits.empty()) return 0;
    answered = answered || partner.outcome == wire::PartnerOutcome::kAnswered;
  }
  if (answered) return 1;
  return NobodyAnswered(lookup.partners);
}

absl::StatusOr<int> RunLookup(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const wire::FirearmLookupRequest request, RequestOf(arguments));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::LookUpFirearmResponse answer,
                      node->LookUpFirearm(wire::ToProto(request)));
  PM_ASSIGN_OR_RETURN(const wire::FirearmLookup lookup, Read(answer.lookup()));
  session.console.out() << (arguments.On("--json") ? JsonLine(answer.lookup())
                                                   : LookupText(session.console, lookup));
  if (lookup.partners.empty()) session.console.Note("There are no partners.");
  OfferReadings(session.console, lookup, request.reading_count);
  return LookupExit(lookup);
}

absl::StatusOr<int> RunHit(const Arguments& arguments, Session& session) {
  wire::HitRequest request;
  request.agency = arguments.Text("AGENCY");
  if (!crypto::CheckAgencyDomain(request.agency).ok()) {
    return Usage(absl::StrFormat("AGENCY: \"%s\" is no agency domain", request.agency));
  }
  const absl::StatusOr<std::string> handle = base::ParseHex(arguments.Text("HANDLE"));
  if (!handle.ok() || handle->size() != request.handle.size()) {
    return Usage("HANDLE: must be 32 hexadecimal digits");
  }
  std::ranges::copy(base::AsBytes(*handle), request.handle.begin());
  request.purpose = arguments.Text("--purpose");
  request.case_reference = arguments.Text("--case");
  request.offence = arguments.Text("--offence");
  if (arguments.Has("--deadline")) request.deadline_ms = arguments.Duration("--deadline").count();
  if (arguments.Has("--firearm")) {
    PM_RETURN_IF_ERROR(CheckId("--firearm", arguments.Text("--firearm")));
    request.firearm_id = arguments.Text("--firearm");
  }
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const v1::AskAboutHitResponse answer,
                      node->AskAboutHit(wire::ToProto(request)));
  PM_ASSIGN_OR_RETURN(const wire::HitAnswer said, Read(answer));
  if (arguments.On("--json")) session.console.out() << JsonLine(answer);
  if (!said.record.has_value()) {
    if (said.result.refusal_code == "NOT_HELD") {
      session.console.Note(Printable(Why(said.result)));
      return 1;
    }
    return NobodyAnswered(std::vector{said.result});
  }
  if (!arguments.On("--json")) {
    Facts facts;
    facts.Add("agency", said.result.agency, Style::kBold);
    facts.Add("state", firearm::StateGroupCode(said.record->state_group));
    facts.Add("its reference", Printable(said.record->reference));
    facts.Add("our entry", EntryText(said.result.receipt));
    facts.Add("its entry", EntryText(said.result.peer_receipt));
    session.console.out() << facts.Text(session.console);
  }
  return 0;
}

}  // namespace

Command FirearmLookupCommand() {
  std::vector<Parameter> options = {
      {.name = "--make", .help = "The make, as marked or known.", .value_name = "TEXT"},
      {.name = "--model", .help = "The model; needs --make.", .value_name = "TEXT"},
      {.name = "--readings",
       .help = "Look for so many other readings of the serial too (O for 0, I for 1, B for 8).",
       .kind = ValueKind::kInteger,
       .fallback = "0",
       .min = 0,
       .max = wire::kLookupReadingsMax},
      PartnerOption()};
  for (Parameter& reason : ReasonOptions()) options.push_back(std::move(reason));
  return {.name = "lookup",
          .summary = "Learn whether partners hold a firearm, without telling them which.",
          .description =
              "Asks every partner at once. A partner learns that something was asked, how often, "
              "when and for what purpose, and nothing of serial, make or model. The serial is "
              "looked for as it is read by its shape and by its sound, alone and with what is "
              "known of make and model. Each input costs an evaluation of the budget agreed with "
              "the partner, in steps of four.\n\n"
              "Ends with 0 when there is a hit, 1 when there is none; when nobody answered: 3 all "
              "refused, 5 one was away, 6 an answer failed verification.",
          .options = WithNodeOptions(std::move(options)),
          .places = {{.name = "SERIAL", .help = "The serial number as marked.", .required = true}},
          .examples = {{"proofmark firearm lookup AB12345 --make Glock --purpose "
                        "CRIMINAL_INVESTIGATION --case 24-117",
                        "Every partner that may be asked."},
                       {"proofmark firearm lookup AB12345 --readings 8 --purpose "
                        "TRAFFICKING_TRACE --case 24-117 --partner fr.example",
                        "One partner, and eight other readings of the serial."}},
          .children = {},
          .run = RunLookup};
}

Command FirearmHitCommand() {
  std::vector<Parameter> options = ReasonOptions();
  options.push_back(
      {.name = "--firearm",
       .help = "The agency's own firearm that was looked up: keep the answer with it.",
       .value_name = "FIREARM"});
  return {
      .name = "hit",
      .summary = "Ask the owner for the record behind a hit.",
      .description =
          "Tells the owner which of its records was found. With --firearm the answer is kept "
          "with the agency's own record and its checks run: a firing of what the owner holds as "
          "deactivated is an alert (D15), and one number in two places too (D17). The owner's "
          "certificate is asked for with `proofmark requests certificate`. Ends with 0 when it "
          "answers, 1 when "
          "the record is no longer shared; otherwise as `lookup`.",
      .options = WithNodeOptions(std::move(options)),
      .places = {{.name = "AGENCY", .help = "Domain of the owner.", .required = true},
                 {.name = "HANDLE",
                  .help = "As `lookup` printed it: 32 hexadecimal digits.",
                  .required = true}},
      .examples = {{"proofmark firearm hit gb.example 84b3c958b5720129fa87aa313d4b1970 "
                    "--purpose CRIMINAL_INVESTIGATION --case 24-117",
                    "What GB says of it, and under which reference to write."},
                   {"proofmark firearm hit gb.example 84b3c958b5720129fa87aa313d4b1970 "
                    "--purpose CRIMINAL_INVESTIGATION --case 24-117 --firearm "
                    "0f3c9a4e6b1d42f58e7a9c0b1d2e3f40",
                    "The same, kept with the pistol that was recovered."}},
      .children = {},
      .run = RunHit};
}

namespace {

absl::StatusOr<int> RunPlant(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  admin::v1::PlantCanaryRequest request;
  request.mutable_canary()->set_serial(arguments.Text("SERIAL"));
  request.mutable_canary()->set_make(arguments.Text("--make"));
  request.mutable_canary()->set_reference(arguments.Text("--reference"));
  PM_ASSIGN_OR_RETURN(const admin::v1::PlantCanaryResponse answer, node->PlantCanary(request));
  session.console.out() << (arguments.On("--json") ? JsonLine(answer)
                                                   : Printable(answer.canary_id()) + '\n');
  return 0;
}

absl::StatusOr<int> RunListCanaries(const Arguments& arguments, Session& session) {
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  PM_ASSIGN_OR_RETURN(const admin::v1::ListCanariesResponse answer, node->ListCanaries());
  Table table({{"canary"}, {"serial"}, {"make"}, {"reference"}});
  for (const admin::v1::Canary& canary : answer.canaries()) {
    if (arguments.On("--json")) session.console.out() << JsonLine(canary);
    table.AddRow({canary.canary_id(), canary.serial(), canary.make(), canary.reference()});
  }
  if (!arguments.On("--json")) session.console.out() << table.Text(session.console);
  if (answer.canaries().empty()) session.console.Note("There are no canaries.");
  return answer.canaries().empty() ? 1 : 0;
}

absl::StatusOr<int> RunRemoveCanary(const Arguments& arguments, Session& session) {
  PM_RETURN_IF_ERROR(CheckId("CANARY", arguments.Text("CANARY")));
  PM_ASSIGN_OR_RETURN(const std::unique_ptr<NodeClient> node, OpenNode(arguments));
  admin::v1::RemoveCanaryRequest request;
  request.set_canary_id(arguments.Text("CANARY"));
  PM_RETURN_IF_ERROR(node->RemoveCanary(request).status());
  session.console.Note("It is in no table made from now on.");
  return 0;
}

}  // namespace

Command FirearmCanaryCommand() {
  Command plant{.name = "plant",
                .summary = "Plant a serial that no firearm has.",
                .description = "It stands in every look-up table made from now on.",
                .options = WithNodeOptions(
                    {{.name = "--make", .help = "The make it is found by.", .value_name = "TEXT"},
                     {.name = "--reference",
                      .help = "What is told to who asks about it: as for any record.",
                      .value_name = "TEXT",
                      .required = true}}),
                .places = {{.name = "SERIAL", .help = "As it would be marked.", .required = true}},
                .examples = {{"proofmark firearm canary plant AB12999 --make Glock --reference "
                              "2026/4711",
                              "One in a range that is worth walking."}},
                .children = {},
                .run = RunPlant};
  Command list{.name = "list",
               .summary = "List the canaries.",
               .description = "The node logs this as a consultation. Ends with 1 without any.",
               .options = WithNodeOptions({}),
               .places = {},
               .examples = {{"proofmark firearm canary list", "All of them."}},
               .children = {},
               .run = RunListCanaries};
  Command remove{
      .name = "remove",
      .summary = "Take a canary out again.",
      .description = "It stays in tables that partners hold until they fetch the next.",
      .options = WithNodeOptions({}),
      .places = {{.name = "CANARY", .help = "Its id: 32 hexadecimal digits.", .required = true}},
      .examples = {{"proofmark firearm canary remove 84b3c958b5720129fa87aa313d4b1970",
                    "From the next table on."}},
      .children = {},
      .run = RunRemoveCanary};
  return {.name = "canary",
          .summary = "Serials that no firearm has, to catch who looks without a case.",
          .description = "Who asks about the record behind one raises the alarm LOOKUP_CANARY.",
          .options = {},
          .places = {},
          .examples = {{"proofmark firearm canary list", "What is planted."}},
          .children = {std::move(plant), std::move(list), std::move(remove)}};
}

}  // namespace proofmark::client::cli
