// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/match.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "base/check.h"
#include "proofmark/v1/exchange.pb.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"
#include "proto/wire/padding.h"
#include "proto/wire/rules.h"
#include "proto/wire/signature.h"

namespace proofmark::wire {
namespace {

// Those of the headers, which the ones below would hide.
using wire::FromProto;
using wire::ToProto;

static_assert(static_cast<int>(v1::CountBand_MAX) == static_cast<int>(CountBand::k1000000OrMore));
static_assert(static_cast<int>(v1::FalseLeadBand_MAX) == static_cast<int>(FalseLeadBand::kOverTen));

absl::StatusOr<CountBand> ReadCountBand(v1::CountBand band, std::string_view field) {
  return ReadEnum<CountBand>(field, band, v1::CountBand_IsValid);
}

v1::SearchedBands ToProto(const SearchedBands& searched) {
  v1::SearchedBands message;
  message.set_held(WriteEnum<v1::CountBand>(searched.held));
  message.set_eligible(WriteEnum<v1::CountBand>(searched.eligible));
  for (const RuleRemoval& removal : searched.removals) {
    v1::RuleRemoval& entry = *message.add_removals();
    entry.set_rule(ToProto(removal.rule));
    entry.set_removed(WriteEnum<v1::CountBand>(removal.removed));
  }
  message.set_complete(searched.complete);
  message.set_false_leads(WriteEnum<v1::FalseLeadBand>(searched.false_leads));
  message.set_method_version(searched.method_version);
  message.set_calibration_version(searched.calibration_version);
  message.set_provisional(searched.provisional);
  return message;
}

absl::StatusOr<SearchedBands> FromProto(const v1::SearchedBands& message, std::string_view field) {
  SearchedBands searched;
  PM_ASSIGN_OR_RETURN(searched.held, ReadCountBand(message.held(), At(field, "held")));
  PM_ASSIGN_OR_RETURN(searched.eligible, ReadCountBand(message.eligible(), At(field, "eligible")));
  std::vector<records::ClassRule> rules;
  for (int i = 0; i < message.removals_size(); ++i) {
    const v1::RuleRemoval& entry = message.removals(i);
    const std::string path = At(field, "removals", i);
    PM_RETURN_IF_ERROR(AddRuleOnce(entry.rule(), At(path, "rule"), rules));
    PM_ASSIGN_OR_RETURN(const CountBand removed,
                        ReadCountBand(entry.removed(), At(path, "removed")));
    searched.removals.push_back({.rule = rules.back(), .removed = removed});
  }
  searched.complete = message.complete();
  PM_ASSIGN_OR_RETURN(searched.false_leads,
                      ReadEnum<FalseLeadBand>(At(field, "false_leads"), message.false_leads(),
                                              v1::FalseLeadBand_IsValid));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "method_version", message.method_version(), 1, kVersionBytesMax));
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "calibration_version", message.calibration_version(), 1, kVersionBytesMax));
  searched.method_version = message.method_version();
  searched.calibration_version = message.calibration_version();
  searched.provisional = message.provisional();
  return searched;
}

absl::StatusOr<MatchCandidate> FromProto(const v1::MatchCandidate& message,
                                         std::string_view field) {
  MatchCandidate candidate;
  PM_ASSIGN_OR_RETURN(candidate.handle, ReadDigest(field, "handle", message.handle()));
  PM_ASSIGN_OR_RETURN(candidate.level, FromProto(message.level(), At(field, "level")));
  if (candidate.level == forensics::Level::kNone) {
    return Refuse(field, "level", "no association, must be a reportable level");
  }
  PM_ASSIGN_OR_RETURN(candidate.kind, FromProto(message.kind(), At(field, "kind")));
  return candidate;
}

// Strongest first, and no handle twice.
absl::Status CheckOrder(const std::vector<MatchCandidate>& candidates, std::string_view field) {
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    if (candidates[i].level > candidates[i - 1].level) {
      return Refuse(field, "candidates", "must come by level, strongest first");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (candidates[i].handle == candidates[j].handle) {
        return Refuse(field, "candidates", "a handle comes twice");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

CountBand ToCountBand(std::int64_t count) {
  PM_CHECK(count >= 0);
  if (count < 100) return CountBand::kUnder100;
  if (count < 1'000) return CountBand::k100To999;
  if (count < 10'000) return CountBand::k1000To9999;
  if (count < 100'000) return CountBand::k10000To99999;
  if (count < 1'000'000) return CountBand::k100000To999999;
  return CountBand::k1000000OrMore;
}

std::string_view CountBandText(CountBand band) {
  switch (band) {
    case CountBand::kUnder100:
      return "0 to 99";
    case CountBand::k100To999:
      return "100 to 999";
    case CountBand::k1000To9999:
      return "1 000 to 9 999";
    case CountBand::k10000To99999:
      return "10 000 to 99 999";
    case CountBand::k100000To999999:
      return "100 000 to 999 999";
    case CountBand::k1000000OrMore:
      return "1 000 000 or more";
  }
  PM_CHECK(false);
}

FalseLeadBand ToFalseLeadBand(double expected) {
  PM_CHECK(std::isfinite(expected) && expected >= 0.0);
  if (expected < 0.1) return FalseLeadBand::kUnderTenth;
  if (expected < 1.0) return FalseLeadBand::kTenthToOne;
  if (expected < 10.0) return FalseLeadBand::kOneToTen;
  return FalseLeadBand::kOverTen;
}

std::string_view FalseLeadBandText(FalseLeadBand band) {
  switch (band) {
    case FalseLeadBand::kUnderTenth:
      return "below 0.1";
    case FalseLeadBand::kTenthToOne:
      return "0.1 to below 1";
    case FalseLeadBand::kOneToTen:
      return "1 to below 10";
    case FalseLeadBand::kOverTen:
      return "10 or more";
  }
  PM_CHECK(false);
}

v1::BudgetStatement ToProto(const BudgetStatement& budget) {
  v1::BudgetStatement message;
  message.set_per_day(budget.per_day);
  message.set_per_30_days(budget.per_30_days);
  message.set_used_today(budget.used_today);
  message.set_used_30_days(budget.used_30_days);
  return message;
}

absl::StatusOr<BudgetStatement> FromProto(const v1::BudgetStatement& message,
                                          std::string_view field) {
  PM_RETURN_IF_ERROR(CheckInteger(field, "per_day", message.per_day(), 0, kBudgetUnitsMax));
  PM_RETURN_IF_ERROR(CheckInteger(field, "per_30_days", message.per_30_days(), 0, kBudgetUnitsMax));
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "used_today", message.used_today(), 0, 2 * kBudgetUnitsMax));
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "used_30_days", message.used_30_days(), 0, 2 * kBudgetUnitsMax));
  return BudgetStatement{.per_day = message.per_day(),
                         .per_30_days = message.per_30_days(),
                         .used_today = message.used_today(),
                         .used_30_days = message.used_30_days()};
}

v1::MatchQuestion ToProto(const MatchQuestion& question) {
  v1::MatchQuestion message;
  message.set_kind(ToProto(question.kind));
  *message.mutable_characteristics() = ToProto(question.characteristics);
  *message.mutable_signature() = ToProto(question.signature);
  message.set_purpose(question.purpose);
  message.set_offence(question.offence);
  message.set_subject_role(question.subject_role);
  message.set_case_commitment(std::string(crypto::AsText(question.case_commitment)));
  message.set_actor(question.actor);
  for (const records::ClassRule rule : question.rules_off) message.add_rules_off(ToProto(rule));
  message.set_candidates_max(question.candidates_max);
  message.set_exhaustive(question.exhaustive);
  message.set_full_circle(question.full_circle);
  return message;
}

absl::StatusOr<MatchQuestion> FromProto(const v1::MatchQuestion& message, std::string_view field) {
  MatchQuestion question;
  PM_ASSIGN_OR_RETURN(question.kind, FromProto(message.kind(), At(field, "kind")));
  PM_ASSIGN_OR_RETURN(question.characteristics,
                      FromProto(message.characteristics(), At(field, "characteristics")));
  PM_RETURN_IF_ERROR(CheckPresent(field, "signature", message.has_signature()));
  PM_ASSIGN_OR_RETURN(question.signature,
                      FromProto(message.signature(), question.kind, At(field, "signature")));
  PM_RETURN_IF_ERROR(CheckCode(field, "purpose", message.purpose()));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "offence", message.offence()));
  PM_RETURN_IF_ERROR(CheckOptionalCode(field, "subject_role", message.subject_role()));
  question.purpose = message.purpose();
  question.offence = message.offence();
  question.subject_role = message.subject_role();
  PM_ASSIGN_OR_RETURN(question.case_commitment,
                      ReadDigest(field, "case_commitment", message.case_commitment()));
  PM_RETURN_IF_ERROR(CheckAscii(field, "actor", message.actor(), 1, records::kPseudonymBytesMax));
  question.actor = message.actor();
  PM_ASSIGN_OR_RETURN(question.rules_off, ReadRules(message.rules_off(), At(field, "rules_off")));
  PM_RETURN_IF_ERROR(
      CheckInteger(field, "candidates_max", message.candidates_max(), 1, kMatchCandidatesMax));
  question.candidates_max = message.candidates_max();
  question.exhaustive = message.exhaustive();
  question.full_circle = message.full_circle();
  return question;
}

v1::MatchResult ToProto(const MatchResult& result) {
  v1::MatchResult message;
  for (const MatchCandidate& candidate : result.candidates) {
    v1::MatchCandidate& entry = *message.add_candidates();
    entry.set_handle(std::string(crypto::AsText(candidate.handle)));
    entry.set_level(ToProto(candidate.level));
    entry.set_kind(ToProto(candidate.kind));
  }
  *message.mutable_searched() = ToProto(result.searched);
  message.set_use(MachineResultUse());
  *message.mutable_handling() = ToProto(result.handling);
  return message;
}

absl::StatusOr<MatchResult> FromProto(const v1::MatchResult& message, std::string_view field) {
  MatchResult result;
  PM_RETURN_IF_ERROR(
      CheckCount(field, "candidates", message.candidates_size(), 0, kMatchCandidatesMax));
  for (int i = 0; i < message.candidates_size(); ++i) {
    PM_ASSIGN_OR_RETURN(const MatchCandidate candidate,
                        FromProto(message.candidates(i), At(field, "candidates", i)));
    result.candidates.push_back(candidate);
  }
  PM_RETURN_IF_ERROR(CheckOrder(result.candidates, field));
  PM_RETURN_IF_ERROR(CheckPresent(field, "searched", message.has_searched()));
  PM_ASSIGN_OR_RETURN(result.searched, FromProto(message.searched(), At(field, "searched")));
  PM_RETURN_IF_ERROR(CheckMachineResult(field, message.use()));
  if (message.has_handling()) {
    PM_ASSIGN_OR_RETURN(result.handling, FromProto(message.handling(), At(field, "handling")));
  }
  return result;
}

v1::MatchAnswer ToProto(const MatchAnswer& answer) {
  v1::MatchAnswer message;
  if (const auto* result = std::get_if<MatchResult>(&answer)) {
    *message.mutable_result() = ToProto(*result);
  } else {
    const auto& refusal = std::get<MatchRefusal>(answer);
    *message.mutable_refusal() = ToProto(Refusal{refusal.code, refusal.reason});
  }
  const auto& budget = std::visit(
      [](const auto& outcome) -> const std::optional<BudgetStatement>& { return outcome.budget; },
      answer);
  if (budget.has_value()) *message.mutable_budget() = ToProto(*budget);
  Pad(message);
  return message;
}

absl::StatusOr<MatchAnswer> FromProto(const v1::MatchAnswer& message, std::string_view field) {
  PM_RETURN_IF_ERROR(CheckPadding(field, message.padding()));
  std::optional<BudgetStatement> budget;
  if (message.has_budget()) {
    PM_ASSIGN_OR_RETURN(budget, FromProto(message.budget(), At(field, "budget")));
  }
  switch (message.outcome_case()) {
    case v1::MatchAnswer::kResult: {
      PM_ASSIGN_OR_RETURN(MatchResult result, FromProto(message.result(), At(field, "result")));
      result.budget = budget;
      return result;
    }
    case v1::MatchAnswer::kRefusal: {
      PM_ASSIGN_OR_RETURN(Refusal refusal, FromProto(message.refusal(), At(field, "refusal")));
      return MatchAnswer(MatchRefusal{
          .code = std::move(refusal.code), .reason = std::move(refusal.reason), .budget = budget});
    }
    case v1::MatchAnswer::OUTCOME_NOT_SET:
      break;
  }
  return Refuse(field, "outcome", "not set");
}

absl::StatusOr<std::string> Serialise(const MatchQuestion& question) {
  const v1::MatchQuestion message = ToProto(question);
  PM_RETURN_IF_ERROR(FromProto(message, "question").status());
  return WriteBytes(message, kMatchPayloadBytesMax, "question");
}

absl::StatusOr<MatchQuestion> ParseMatchQuestion(std::string_view bytes) {
  v1::MatchQuestion message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kMatchPayloadBytesMax, "question", message));
  return FromProto(message, "question");
}

absl::StatusOr<std::string> Serialise(const MatchAnswer& answer) {
  const v1::MatchAnswer message = ToProto(answer);
  PM_RETURN_IF_ERROR(FromProto(message, "answer").status());
  return WriteBytes(message, kMatchPayloadBytesMax, "answer");
}

absl::StatusOr<MatchAnswer> ParseMatchAnswer(std::string_view bytes) {
  v1::MatchAnswer message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kMatchPayloadBytesMax, "answer", message));
  PM_RETURN_IF_ERROR(CheckSizeClass(bytes));
  return FromProto(message, "answer");
}

}  // namespace proofmark::wire
