// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/firearm_questions.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "records/firearm/deactivation.h"
#include "records/firearm/lookup_words.h"
#include "records/firearm/mark.h"
#include "records/firearm/serial.h"
#include "server/journeys/notice_grounds.h"

namespace proofmark::journeys {
namespace {

absl::Status Nothing(std::string_view field, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("%s: no %s", field, what));
}

absl::StatusOr<wire::SerialForms> FormsOf(std::string_view serial) {
  PM_ASSIGN_OR_RETURN(firearm::SerialKeys keys, firearm::MakeSerialKeys(serial));
  if (keys.lookalike.empty()) {
    return Nothing("serial", "letter or digit that a serial is found by");
  }
  if (keys.transliteration == keys.lookalike) keys.transliteration.clear();
  return wire::SerialForms{.lookalike = std::move(keys.lookalike),
                           .transliteration = std::move(keys.transliteration)};
}

absl::StatusOr<wire::FirearmCheck> Prepare(const wire::CertificateToCheck& check) {
  wire::CertificateCheck prepared{.entity = check.entity,
                                  .number = firearm::NormalCertificateNumber(check.number),
                                  .serial = std::nullopt};
  if (prepared.number.empty()) return Nothing("number", "letter A-Z or digit");
  if (!check.serial.empty()) {
    PM_ASSIGN_OR_RETURN(prepared.serial, FormsOf(check.serial));
  }
  return prepared;
}

absl::StatusOr<wire::FirearmCheck> Prepare(const wire::MarkToCheck& check) {
  wire::MarkCheck prepared;
  PM_ASSIGN_OR_RETURN(prepared.mark, firearm::ParseMark(check.mark));
  prepared.firearm_class = check.firearm_class;
  PM_ASSIGN_OR_RETURN(prepared.serial, FormsOf(check.serial));
  return prepared;
}

absl::StatusOr<wire::FirearmCheck> Prepare(const wire::SerialToCheck& check) {
  wire::SerialCheck prepared;
  PM_ASSIGN_OR_RETURN(prepared.serial, FormsOf(check.serial));
  prepared.make = firearm::LookupMake(check.make);
  prepared.firearm_class = check.firearm_class;
  return prepared;
}

absl::StatusOr<wire::FirearmCheck> Prepare(const wire::StatisticsCheck& check) { return check; }

absl::StatusOr<wire::FirearmCheck> Prepare(const wire::AlarmModelToCheck& check) {
  wire::AlarmModelCheck prepared{.make = firearm::LookupMake(check.make),
                                 .model = firearm::LookupModel(check.model)};
  if (prepared.make.empty()) return Nothing("make", "maker (a design that many made is none)");
  if (prepared.model.empty()) return Nothing("model", "letter or digit");
  return prepared;
}

// Of the kind that was asked for, and statistics by what was asked for.
bool Answers(const wire::FirearmVerdict& verdict, const wire::FirearmCheck& check) {
  if (verdict.index() != check.index()) return false;
  const auto* statistics = std::get_if<wire::FirearmStatistics>(&verdict);
  return statistics == nullptr || statistics->by == std::get<wire::StatisticsCheck>(check).by;
}

// Whether whoever answers it with a record tells later what became of that.
bool MayTellOn(const wire::FirearmCheck& check) {
  return !std::holds_alternative<wire::AlarmModelCheck>(check) &&
         !std::holds_alternative<wire::StatisticsCheck>(check);
}

// The name under which a record was told of, empty where it was given none; nullopt: none was told
// of that notices may follow about.
std::optional<std::string> ToldName(const wire::FirearmVerdict& verdict) {
  if (const auto* certificate = std::get_if<wire::CertificateStanding>(&verdict)) {
    if (*certificate == wire::CertificateStanding::kValid) return "";
    return std::nullopt;
  }
  const std::string* reference = nullptr;
  if (const auto* mark = std::get_if<wire::MarkVerdict>(&verdict)) reference = &mark->reference;
  if (const auto* serial = std::get_if<wire::SerialCheckVerdict>(&verdict)) {
    reference = &serial->reference;
  }
  if (reference == nullptr || reference->empty()) return std::nullopt;
  return *reference;
}

wire::FirearmCheckResult ToResult(wire::PartnerResult result) {
  wire::FirearmCheckResult made;
  made.agency = std::move(result.agency);
  made.outcome = result.outcome;
  made.refusal_code = std::move(result.refusal_code);
  made.detail = std::move(result.detail);
  made.exchange_id = std::move(result.exchange_id);
  made.receipt = std::move(result.receipt);
  made.peer_receipt = std::move(result.peer_receipt);
  return made;
}

}  // namespace

absl::StatusOr<wire::FirearmCheck> PrepareCheck(const wire::FirearmToCheck& check) {
  return std::visit([](const auto& kind) { return Prepare(kind); }, check);
}

// Notices of this partner may rest on the question from now on.
exchange::Asking::Beside FirearmQuestions::Ground(const federation::Partner& partner,
                                                  const wire::FirearmCheck& check) const {
  if (!MayTellOn(check)) return nullptr;
  return [this, &partner](const crypto::ExchangeId& exchange_id, store::Mutations& mutations) {
    NoticeGrounds::AddAsked(partner.domain, base::AsText(base::ByteSpan(exchange_id)),
                            rooms_.clock.UnixMillis(), mutations);
  };
}

// The same once it is known whether a record was told of, and by what name.
void FirearmQuestions::AddGround(const federation::Partner& partner, exchange::Asked& asked,
                                 const std::optional<std::string>& told_name) const {
  const std::string_view exchange_id = base::AsText(base::ByteSpan(asked.asked.exchange_id));
  store::Mutations& beside = asked.outcome.logged.beside;
  if (told_name) {
    NoticeGrounds::AddTold(partner.domain, exchange_id, asked.came_unix_ms, *told_name, beside);
  } else {
    NoticeGrounds::AddNothingTold(partner.domain, exchange_id, beside);
  }
}

absl::StatusOr<wire::FirearmCheckResult> FirearmQuestions::AskOne(
    exchange::Asking& asking, const federation::Partner& partner,
    const wire::FirearmCheck& check) const {
  const exchange::Asking::Time begun = rooms_.clock.Steady();
  PM_ASSIGN_OR_RETURN(std::optional<wire::PartnerResult> left_out, asking.LeaveOut(partner));
  if (left_out.has_value()) return ToResult(*std::move(left_out));
  const exchange::AskingReason& reason = asking.reason();
  wire::FirearmCheckQuestion question{.purpose = reason.purpose,
                                      .offence = reason.offence,
                                      .subject_role = reason.subject_role,
                                      .case_commitment = {},
                                      .actor = reason.actor,
                                      .check = check};
  PM_ASSIGN_OR_RETURN(const std::string commitment, base::ParseHex(asking.case_commitment()));
  std::ranges::copy(base::AsBytes(commitment), question.case_commitment.begin());
  PM_ASSIGN_OR_RETURN(std::string payload, wire::Serialise(question));
  PM_ASSIGN_OR_RETURN(exchange::Asked asked,
                      asking.Ask(partner, wire::kFirearmCheckType, wire::kFirearmCheckAnswerType,
                                 std::move(payload), true, Ground(partner, check)));
  std::optional<wire::FirearmVerdict> verdict;
  if (asked.verified.has_value()) {
    absl::StatusOr<wire::FirearmCheckAnswer> answer =
        wire::ParseFirearmCheckAnswer(asked.verified->payload());
    if (!answer.ok()) {
      asked.outcome = InvalidOutcome(partner, asked.asked, std::string(answer.status().message()));
    } else if (auto* refusal = std::get_if<wire::Refusal>(&answer->outcome)) {
      asked.outcome = RefusedOutcome(partner, asked.asked, std::move(refusal->code),
                                     std::move(refusal->reason));
      AddGround(partner, asked, std::nullopt);
    } else {
      verdict = std::get<wire::FirearmVerdict>(std::move(answer->outcome));
      if (!Answers(*verdict, check)) {
        asked.outcome = InvalidOutcome(partner, asked.asked, "it answers another kind of question");
      } else {
        asked.outcome = AnsweredOutcome(partner, asked.asked);
        asked.outcome.logged.count = wire::RecordCount(*verdict);
        AddGround(partner, asked, ToldName(*verdict));
      }
    }
    if (answer.ok() && answer->budget.has_value()) {
      federation::PutToldBudget(
          exchange::ToldBudgetOf(partner, *answer->budget, asked.came_unix_ms),
          asked.outcome.logged.beside, federation::BudgetOf::kFirearmChecks);
    }
  }
  PM_ASSIGN_OR_RETURN(wire::PartnerResult closed, asking.Close(partner, asked));
  wire::FirearmCheckResult result = ToResult(std::move(closed));
  if (result.outcome == wire::PartnerOutcome::kAnswered) result.verdict = std::move(verdict);
  result.elapsed_ms = std::max<std::int64_t>(
      0,
      std::chrono::duration_cast<std::chrono::milliseconds>(rooms_.clock.Steady() - begun).count());
  return result;
}

absl::StatusOr<wire::FirearmChecked> FirearmQuestions::Ask(
    const federation::Caller& caller, const wire::FirearmCheckRequest& request) {
  PM_ASSIGN_OR_RETURN(const wire::FirearmCheck check, PrepareCheck(request.check));
  PM_ASSIGN_OR_RETURN(const std::vector<const federation::Partner*> chosen,
                      exchange::ChoosePartners(rooms_.partners, request.partners));
  PM_ASSIGN_OR_RETURN(const std::string committed, wire::Serialise(check));
  exchange::Asking asking(rooms_, questions_,
                          {.service = std::holds_alternative<wire::StatisticsCheck>(check)
                                          ? federation::Service::kFirearmStatistics
                                          : federation::Service::kFirearmCheck,
                           .purpose = request.purpose,
                           .offence = request.offence,
                           .subject_role = request.subject_role,
                           .actor = caller.pseudonym},
                          request.deadline_ms);
  PM_RETURN_IF_ERROR(asking.Prepare(request.case_reference, "firearm check", committed));
  wire::FirearmChecked checked{.ask_unix_ms = rooms_.clock.UnixMillis(),
                               .asked_by = caller.pseudonym,
                               .purpose = request.purpose,
                               .partners = {}};
  PM_ASSIGN_OR_RETURN(checked.partners,
                      exchange::AskEach<wire::FirearmCheckResult>(
                          chosen, rooms_.partners_at_once, [&](const federation::Partner& partner) {
                            return AskOne(asking, partner, check);
                          }));
  return checked;
}

}  // namespace proofmark::journeys
