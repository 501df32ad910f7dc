// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/lookups.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/mutex.h"
#include "base/status.h"
#include "crypto/lookup/exchange.h"
#include "records/codes.h"
#include "records/firearm/serial.h"
#include "server/exchange/awaited.h"
#include "server/exchange/peer_answer.h"
#include "server/exchange/peer_outcome.h"
#include "server/federation/agreement.h"
#include "server/federation/receipt.h"

namespace proofmark::journeys {
namespace {

using Time = exchange::Asking::Time;

constexpr std::string_view kOutdated = "TABLE_OUTDATED";

wire::LookupPartnerResult ToLookup(wire::PartnerResult result) {
  wire::LookupPartnerResult made;
  made.agency = std::move(result.agency);
  made.outcome = result.outcome;
  made.refusal_code = std::move(result.refusal_code);
  made.detail = std::move(result.detail);
  made.exchange_id = std::move(result.exchange_id);
  made.peer_receipt = std::move(result.peer_receipt);
  return made;
}

std::int64_t EvaluationsOf(std::size_t inputs) {
  const auto step = static_cast<std::int64_t>(crypto::kLookupBatchStep);
  return (static_cast<std::int64_t>(inputs) + step - 1) / step * step;
}

}  // namespace

absl::StatusOr<LookupPlan> PlanLookup(const wire::FirearmLookupRequest& request) {
  PM_ASSIGN_OR_RETURN(const firearm::SerialKeys keys, firearm::MakeSerialKeys(request.serial));
  if (keys.lookalike.empty()) {
    return absl::InvalidArgumentError("serial: no letter or digit that a serial is found by");
  }
  crypto::LookupFields fields{.make = firearm::LookupMake(request.make),
                              .model = firearm::LookupModel(request.model),
                              .serial = ""};
  if (fields.make.empty()) fields.model.clear();
  LookupPlan plan;
  const auto add = [&](const std::string& serial, std::int32_t changed,
                       bool serial_alone) -> absl::Status {
    fields.serial = serial;
    for (const crypto::LookupForm form : crypto::FillableForms(fields)) {
      if (serial_alone && form != crypto::LookupForm::kSerial) continue;
      PM_ASSIGN_OR_RETURN(std::string bytes, crypto::LookupInput(form, fields));
      if (std::ranges::find(plan.bytes, bytes) != plan.bytes.end()) continue;
      plan.bytes.push_back(std::move(bytes));
      plan.inputs.push_back({.fields = static_cast<wire::LookupFields>(form),
                             .serial_key = serial,
                             .changed_count = changed});
    }
    return absl::OkStatus();
  };
  PM_RETURN_IF_ERROR(add(keys.lookalike, 0, false));
  if (!keys.transliteration.empty()) PM_RETURN_IF_ERROR(add(keys.transliteration, 0, false));
  // The mark as read is the first of the readings.
  PM_ASSIGN_OR_RETURN(
      const firearm::SerialCandidates readings,
      firearm::ConfusableReadings(request.serial, std::int64_t{1} + request.reading_count));
  for (const firearm::SerialCandidate& reading : readings.candidates) {
    if (reading.changed_count == 0) continue;
    PM_RETURN_IF_ERROR(add(reading.lookalike_key, reading.changed_count, true));
  }
  plan.other_reading_count =
      readings.possible_count - static_cast<std::int64_t>(readings.candidates.size());
  return plan;
}

Lookups::Lookups(const LookupRooms& rooms)
    : rooms_(rooms), questions_(rooms.asking.store, rooms.asking.ledger) {}

// What one request asks, of however many partners. Its methods may run on several threads.
class Lookups::Run {
 public:
  Run(Lookups& lookups, const federation::Caller& caller, std::string purpose, std::string offence,
      std::int64_t deadline_ms)
      : lookups_(lookups),
        rooms_(lookups.rooms_.asking),
        tables_(lookups.rooms_.tables),
        reason_{.purpose = purpose, .offence = offence, .actor = caller.pseudonym},
        asking_(rooms_, lookups.questions_,
                {.service = federation::Service::kLookup,
                 .purpose = std::move(purpose),
                 .offence = std::move(offence),
                 .subject_role = "",
                 .actor = caller.pseudonym},
                deadline_ms) {}

  // Before the first question.
  absl::Status Prepare(std::string_view case_reference, std::string_view label,
                       std::string_view value) {
    return asking_.Prepare(case_reference, label, value);
  }

  // One partner's part, from whether it may be asked to the logged outcome.
  absl::StatusOr<wire::LookupPartnerResult> LookUp(const federation::Partner& partner,
                                                   const LookupPlan& plan);
  absl::StatusOr<wire::HitAnswer> AskAboutHit(const federation::Partner& partner,
                                              const wire::LookupId& handle);

 private:
  struct Table {
    std::shared_ptr<const lookup::HeldTable> held;  // Null: `outcome` says why.
    wire::LookupPartnerResult outcome;
  };

  absl::StatusOr<Table> FindTable(const federation::Partner& partner, bool anew);
  absl::StatusOr<Table> AskForTable(const federation::Partner& partner);
  absl::Status JudgeTable(const federation::Partner& partner, const absl::Status& good,
                          std::string_view alarm, exchange::Asked& asked);
  absl::StatusOr<std::shared_ptr<const lookup::HeldTable>> Fetch(const federation::Partner& partner,
                                                                 const wire::LookupTable& offered);
  absl::StatusOr<wire::LookupPartnerResult> Evaluate(const federation::Partner& partner,
                                                     const LookupPlan& plan,
                                                     const lookup::HeldTable& table);
  absl::Status TakeEvaluation(const crypto::LookupQuestion& question,
                              const wire::LookupEvaluation& evaluation,
                              const lookup::HeldTable& table,
                              std::vector<wire::LookupHit>& hits) const;
  Lookups& lookups_;
  const exchange::AskingRooms& rooms_;
  lookup::HeldTables& tables_;
  const wire::LookupReason reason_;
  exchange::Asking asking_;
};

absl::StatusOr<Lookups::Run::Table> Lookups::Run::FindTable(const federation::Partner& partner,
                                                            bool anew) {
  // Who comes second finds what the first fetched.
  const exchange::KeyedLock::Hold hold(lookups_.fetching_, partner.domain);
  const std::optional<lookup::HeldTables::Held> held = tables_.Find(partner);
  if (!anew && held.has_value() &&
      rooms_.clock.UnixMillis() - held->checked_unix_ms < kTableConfirmedMsMax) {
    return Table{.held = held->table, .outcome = {}};
  }
  return AskForTable(partner);
}

absl::StatusOr<Lookups::Run::Table> Lookups::Run::AskForTable(const federation::Partner& partner) {
  PM_ASSIGN_OR_RETURN(std::string payload,
                      wire::Serialise(wire::LookupTableQuestion{.reason = reason_}));
  PM_ASSIGN_OR_RETURN(exchange::Asked asked,
                      asking_.Ask(partner, wire::kLookupTableQuestionType,
                                  wire::kLookupTableAnswerType, std::move(payload), false));
  Table table;
  std::optional<wire::LookupTable> offered;
  if (asked.verified.has_value()) {
    absl::StatusOr<wire::LookupTableAnswer> answer =
        wire::ParseLookupTableAnswer(asked.verified->payload());
    if (!answer.ok()) {
      asked.outcome = InvalidOutcome(partner, asked.asked, std::string(answer.status().message()));
    } else if (auto* refusal = std::get_if<wire::Refusal>(&*answer)) {
      asked.outcome = RefusedOutcome(partner, asked.asked, std::move(refusal->code),
                                     std::move(refusal->reason));
    } else {
      offered = std::get<wire::LookupTable>(*std::move(answer));
    }
  }
  if (offered.has_value()) {
    asked.outcome = AnsweredOutcome(partner, asked.asked);
    absl::Status good =
        lookup::CheckOffer(partner, rooms_.identity.node_id(), *offered, rooms_.clock.UnixMillis());
    std::string_view alarm = lookup::kAlarmLookupTable;
    if (good.ok()) {
      good = tables_.PinKey(partner, *offered);
      alarm = lookup::kAlarmLookupKey;
    }
    if (good.ok()) {
      alarm = lookup::kAlarmLookupTable;
      absl::StatusOr<std::shared_ptr<const lookup::HeldTable>> held = Fetch(partner, *offered);
      good = held.status();
      if (good.ok()) table.held = *std::move(held);
    }
    PM_RETURN_IF_ERROR(JudgeTable(partner, good, alarm, asked));
  }
  PM_ASSIGN_OR_RETURN(wire::PartnerResult closed, asking_.Close(partner, asked));
  table.outcome = ToLookup(std::move(closed));
  if (table.outcome.outcome == wire::PartnerOutcome::kForked) table.held = nullptr;
  return table;
}

// Its answer was one; whether the table it speaks of is here is another matter.
absl::Status Lookups::Run::JudgeTable(const federation::Partner& partner, const absl::Status& good,
                                      std::string_view alarm, exchange::Asked& asked) {
  if (good.ok()) return absl::OkStatus();
  if (absl::IsUnauthenticated(good) || absl::IsInvalidArgument(good)) {
    asked.outcome = InvalidOutcome(partner, asked.asked, std::string(good.message()));
    return asking_.RaiseAlarm(partner, asked.asked, alarm);
  }
  if (absl::IsFailedPrecondition(good)) {
    asked.outcome = InvalidOutcome(partner, asked.asked, std::string(good.message()));
    return absl::OkStatus();
  }
  asked.outcome =
      absl::IsNotFound(good)
          ? RefusedOutcome(partner, asked.asked, std::string(kOutdated), "It made another table.")
          : UnansweredOutcome(partner, asked.asked, good);
  asked.outcome.logged.code = "ANSWERED";
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const lookup::HeldTable>> Lookups::Run::Fetch(
    const federation::Partner& partner, const wire::LookupTable& offered) {
  if (std::shared_ptr<const lookup::HeldTable> held = tables_.Adopt(partner, offered)) {
    return held;
  }
  std::string bytes;
  const auto size = static_cast<std::size_t>(offered.size_bytes);
  while (bytes.size() < size) {
    const auto awaited = std::make_shared<exchange::Awaited<std::string>>();
    const Time deadline = asking_.DeadlineOf(partner);
    rooms_.peers.ReadLookupTable(
        partner, offered.table_hash, bytes.size(), deadline,
        [awaited](absl::StatusOr<std::string> piece) { awaited->Put(std::move(piece)); });
    PM_ASSIGN_OR_RETURN(const std::string piece, awaited->Take(rooms_.clock, deadline));
    if (piece.empty() || piece.size() > size - bytes.size()) {
      return absl::UnauthenticatedError("look-up table: a piece is empty or too long");
    }
    bytes += piece;
  }
  return tables_.Keep(partner, offered, bytes);
}

absl::StatusOr<wire::LookupPartnerResult> Lookups::Run::LookUp(const federation::Partner& partner,
                                                               const LookupPlan& plan) {
  const Time begun = rooms_.clock.Steady();
  PM_ASSIGN_OR_RETURN(std::optional<wire::PartnerResult> left_out, asking_.LeaveOut(partner));
  if (left_out.has_value()) return ToLookup(*std::move(left_out));
  wire::LookupPartnerResult result;
  // Once more when the partner made another table meanwhile.
  for (const bool anew : {false, true}) {
    PM_ASSIGN_OR_RETURN(Table table, FindTable(partner, anew));
    if (table.held == nullptr) {
      result = std::move(table.outcome);
    } else {
      PM_ASSIGN_OR_RETURN(result, Evaluate(partner, plan, *table.held));
    }
    if (result.refusal_code != kOutdated) break;
  }
  result.elapsed_ms = std::max<std::int64_t>(
      0,
      std::chrono::duration_cast<std::chrono::milliseconds>(rooms_.clock.Steady() - begun).count());
  return result;
}

absl::StatusOr<wire::LookupPartnerResult> Lookups::Run::Evaluate(const federation::Partner& partner,
                                                                 const LookupPlan& plan,
                                                                 const lookup::HeldTable& table) {
  const crypto::SnapshotHeader& header = table.snapshot().header();
  PM_ASSIGN_OR_RETURN(const crypto::LookupQuestion blinded,
                      crypto::LookupQuestion::Create(plan.bytes, rooms_.random));
  wire::LookupQuestion question{.snapshot_id = header.id,
                                .epoch = header.terms.epoch,
                                .reason = reason_,
                                .elements = blinded.Elements()};
  PM_ASSIGN_OR_RETURN(const std::string commitment, base::ParseHex(asking_.case_commitment()));
  std::ranges::copy(base::AsBytes(commitment), question.case_commitment.begin());
  PM_ASSIGN_OR_RETURN(std::string payload, wire::Serialise(question));
  PM_ASSIGN_OR_RETURN(exchange::Asked asked,
                      asking_.Ask(partner, wire::kLookupQuestionType, wire::kLookupAnswerType,
                                  std::move(payload), true));
  std::vector<wire::LookupHit> hits;
  if (asked.verified.has_value()) {
    absl::StatusOr<wire::LookupAnswer> answer = wire::ParseLookupAnswer(asked.verified->payload());
    if (!answer.ok()) {
      asked.outcome = InvalidOutcome(partner, asked.asked, std::string(answer.status().message()));
    } else if (auto* refusal = std::get_if<wire::Refusal>(&answer->outcome)) {
      asked.outcome = RefusedOutcome(partner, asked.asked, std::move(refusal->code),
                                     std::move(refusal->reason));
    } else {
      const absl::Status good =
          TakeEvaluation(blinded, std::get<wire::LookupEvaluation>(answer->outcome), table, hits);
      if (good.ok()) {
        asked.outcome = AnsweredOutcome(partner, asked.asked);
        // Never how many hits: the partner may read the entries that are about it.
        asked.outcome.logged.count = question.elements.size();
      } else {
        PM_RETURN_IF_ERROR(asking_.RaiseAlarm(
            partner, asked.asked,
            absl::IsDataLoss(good) ? lookup::kAlarmLookupTable : lookup::kAlarmLookupProof));
        asked.outcome = InvalidOutcome(partner, asked.asked, std::string(good.message()));
      }
    }
    if (answer.ok() && answer->budget.has_value()) {
      federation::PutToldBudget(
          exchange::ToldBudgetOf(partner, *answer->budget, asked.came_unix_ms),
          asked.outcome.logged.beside, federation::BudgetOf::kLookups);
    }
  }
  PM_ASSIGN_OR_RETURN(wire::PartnerResult closed, asking_.Close(partner, asked));
  wire::LookupPartnerResult result = ToLookup(std::move(closed));
  if (result.outcome == wire::PartnerOutcome::kAnswered) {
    result.hits = std::move(hits);
    result.table_row_count = static_cast<std::int64_t>(table.snapshot().row_count());
    result.table_unix_ms = header.created_unix_ms;
  }
  return result;
}

absl::Status Lookups::Run::TakeEvaluation(const crypto::LookupQuestion& question,
                                          const wire::LookupEvaluation& evaluation,
                                          const lookup::HeldTable& table,
                                          std::vector<wire::LookupHit>& hits) const {
  PM_ASSIGN_OR_RETURN(const std::vector<crypto::SecretBytes> outputs,
                      question.Open({.elements = evaluation.elements, .proof = evaluation.proof},
                                    table.snapshot().header().public_key));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    PM_ASSIGN_OR_RETURN(const std::vector<crypto::LookupLabel> labels,
                        table.snapshot().Find(outputs[i]));
    for (const crypto::LookupLabel& label : labels) {
      if (label.state_group > static_cast<std::uint8_t>(firearm::StateGroup::kOther)) {
        return absl::DataLossError("a row of its table names a state that this version lacks");
      }
      hits.push_back({.input_index = static_cast<std::int32_t>(i),
                      .state_group = static_cast<firearm::StateGroup>(label.state_group),
                      .handle = label.handle});
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<wire::HitAnswer> Lookups::Run::AskAboutHit(const federation::Partner& partner,
                                                          const wire::LookupId& handle) {
  const Time begun = rooms_.clock.Steady();
  wire::HitAnswer answer;
  PM_ASSIGN_OR_RETURN(std::optional<wire::PartnerResult> left_out, asking_.LeaveOut(partner));
  if (left_out.has_value()) {
    answer.result = ToLookup(*std::move(left_out));
    return answer;
  }
  wire::LookupHitQuestion question{.handle = handle, .reason = reason_};
  PM_ASSIGN_OR_RETURN(const std::string commitment, base::ParseHex(asking_.case_commitment()));
  std::ranges::copy(base::AsBytes(commitment), question.case_commitment.begin());
  PM_ASSIGN_OR_RETURN(std::string payload, wire::Serialise(question));
  PM_ASSIGN_OR_RETURN(exchange::Asked asked,
                      asking_.Ask(partner, wire::kLookupHitQuestionType, wire::kLookupHitAnswerType,
                                  std::move(payload), true));
  std::optional<wire::LookupRecord> record;
  if (asked.verified.has_value()) {
    absl::StatusOr<wire::LookupHitAnswer> said =
        wire::ParseLookupHitAnswer(asked.verified->payload());
    if (!said.ok()) {
      asked.outcome = InvalidOutcome(partner, asked.asked, std::string(said.status().message()));
    } else if (auto* refusal = std::get_if<wire::Refusal>(&*said)) {
      asked.outcome = RefusedOutcome(partner, asked.asked, std::move(refusal->code),
                                     std::move(refusal->reason));
    } else {
      asked.outcome = AnsweredOutcome(partner, asked.asked);
      asked.outcome.logged.count = 1;
      record = std::get<wire::LookupRecord>(*std::move(said));
    }
  }
  PM_ASSIGN_OR_RETURN(wire::PartnerResult closed, asking_.Close(partner, asked));
  answer.result = ToLookup(std::move(closed));
  if (answer.result.outcome == wire::PartnerOutcome::kAnswered) answer.record = std::move(record);
  answer.result.elapsed_ms = std::max<std::int64_t>(
      0,
      std::chrono::duration_cast<std::chrono::milliseconds>(rooms_.clock.Steady() - begun).count());
  return answer;
}

absl::StatusOr<wire::FirearmLookup> Lookups::LookUp(const federation::Caller& caller,
                                                    const wire::FirearmLookupRequest& request) {
  PM_ASSIGN_OR_RETURN(const LookupPlan plan, PlanLookup(request));
  const exchange::AskingRooms& rooms = rooms_.asking;
  PM_ASSIGN_OR_RETURN(const std::vector<const federation::Partner*> chosen,
                      exchange::ChoosePartners(rooms.partners, request.partners));
  std::string committed;
  for (const std::string& bytes : plan.bytes) base::AppendLp2(committed, bytes);
  Run run(*this, caller, request.purpose, request.offence, request.deadline_ms);
  PM_RETURN_IF_ERROR(run.Prepare(request.case_reference, "lookup", committed));

  wire::FirearmLookup lookup{
      .ask_unix_ms = rooms.clock.UnixMillis(),
      .asked_by = caller.pseudonym,
      .purpose = request.purpose,
      .inputs = plan.inputs,
      .evaluation_count = static_cast<std::int32_t>(EvaluationsOf(plan.inputs.size())),
      .other_reading_count = plan.other_reading_count,
      .partners = {}};
  PM_ASSIGN_OR_RETURN(lookup.partners,
                      exchange::AskEach<wire::LookupPartnerResult>(
                          chosen, rooms.partners_at_once, [&](const federation::Partner& partner) {
                            return run.LookUp(partner, plan);
                          }));
  return lookup;
}

absl::StatusOr<wire::HitAnswer> Lookups::AskAboutHit(const federation::Caller& caller,
                                                     const wire::HitRequest& request) {
  const federation::Partner* const partner = rooms_.asking.partners.FindByDomain(request.agency);
  if (partner == nullptr) {
    return absl::NotFoundError(absl::StrFormat("no partner is called %s", request.agency));
  }
  Run run(*this, caller, request.purpose, request.offence, request.deadline_ms);
  PM_RETURN_IF_ERROR(run.Prepare(request.case_reference, "lookup hit",
                                 base::AsText(base::ByteSpan(request.handle))));
  return run.AskAboutHit(*partner, request.handle);
}

}  // namespace proofmark::journeys
