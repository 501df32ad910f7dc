// SPDX-License-Identifier: Apache-2.0
#include "server/desks/match_desk.h"

#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "proto/wire/match.h"
#include "server/match/plausibility.h"
#include "server/match/results.h"
#include "server/registry/handle_book.h"

namespace proofmark::desks {
namespace {

// As much of it as is told.
}  // namespace

MatchDesk::MatchDesk(const Rooms& rooms)
    : rooms_(rooms), sketch_key_(rooms.answer_key.SketchSeed()) {}

class MatchDesk::Question final : public exchange::Message {
 public:
  Question(const MatchDesk& desk, const exchange::Believed& believed, wire::MatchQuestion question)
      : desk_(desk), believed_(believed), question_(std::move(question)) {}

  federation::AskedFor asked_for() const override {
    return {.service = federation::Service::kMatch,
            .purpose = question_.purpose,
            .offence = question_.offence,
            .item = records::ItemOf(question_.kind)};
  }

  absl::StatusOr<exchange::Reply> Answer(const exchange::AnswerLimits& limits) override;

  absl::StatusOr<exchange::Reply> Refuse(std::string_view code, std::string_view reason) override {
    return RefuseWith(code, reason, std::nullopt);
  }

 private:
  absl::StatusOr<exchange::Reply> RefuseWith(std::string_view code, std::string_view reason,
                                             std::optional<wire::BudgetStatement> budget) const;
  federation::Charge TakeCharge(const match::SketchedQuery& sketch) const;
  absl::Status RaiseAlarms(const federation::Charge& charge) const;
  absl::StatusOr<exchange::Reply> Search(const std::string& coarse_sketch,
                                         const exchange::AnswerLimits& limits,
                                         const std::shared_ptr<federation::Charge>& charge) const;
  absl::Status LeaveOutReceived(match::FoundExhibits& found) const;
  records::EntryDraft Draft() const;
  std::string ExchangeBytes() const {
    return std::string(base::AsText(base::ByteSpan(believed_.envelope.envelope().exchange_id)));
  }

  const MatchDesk& desk_;
  const exchange::Believed& believed_;
  const wire::MatchQuestion question_;
};

absl::StatusOr<exchange::Reply> MatchDesk::Question::Answer(const exchange::AnswerLimits& limits) {
  const forensics::BallisticSignature& signature = question_.signature;
  if (!forensics::IsOfCurrentMethod(signature)) {
    return Refuse("METHOD_VERSION",
                  absl::StrFormat("Signatures here are of the method %s.",
                                  forensics::CurrentExtractorVersions(signature)));
  }
  if (const absl::Status plausible = match::CheckPlausible(signature); !plausible.ok()) {
    return Refuse("QUALITY", std::string(plausible.message()));
  }
  const match::SketchedQuery sketch(desk_.sketch_key_, signature);
  const auto charge = std::make_shared<federation::Charge>(TakeCharge(sketch));
  PM_RETURN_IF_ERROR(RaiseAlarms(*charge));
  if (!charge->granted()) {
    return RefuseWith("CAPACITY", "The agreed number of searches is used up; ask again later.",
                      exchange::ToTell(charge->statement()));
  }
  return Search(sketch.coarse(), limits, charge);
}

absl::StatusOr<exchange::Reply> MatchDesk::Question::RefuseWith(
    std::string_view code, std::string_view reason,
    std::optional<wire::BudgetStatement> budget) const {
  const wire::Refusal refusal = wire::MakeRefusal(code, reason);
  exchange::Reply reply;
  reply.logged = Draft();
  reply.logged.outcome = exchange::OutcomeOfRefusal(code);
  PM_ASSIGN_OR_RETURN(
      reply.payload,
      wire::Serialise(wire::MatchAnswer(wire::MatchRefusal{
          .code = refusal.code, .reason = refusal.reason, .budget = std::move(budget)})));
  return reply;
}

federation::Charge MatchDesk::Question::TakeCharge(const match::SketchedQuery& sketch) const {
  const std::string exchange = ExchangeBytes();
  return desk_.rooms_.budgets.Take(
      {.agency = believed_.partner.domain,
       .exchange_id = exchange,
       .unix_ms = desk_.rooms_.clock.UnixMillis(),
       .payload_hash = crypto::Sha256(believed_.envelope.payload()),
       .case_commitment = question_.case_commitment,
       .sketch = sketch.bytes(),
       .likeness = [&](std::string_view earlier) { return sketch.Compare(earlier); }},
      believed_.partner.budget);
}

// For a person to look at; the question itself is answered or refused all the same.
absl::Status MatchDesk::Question::RaiseAlarms(const federation::Charge& charge) const {
  for (const std::string_view code : charge.alarms()) {
    records::EntryDraft alarm;
    alarm.kind = records::EntryKind::kAlarm;
    alarm.peer = believed_.partner.node_id;
    alarm.exchange = base::ToHex(ExchangeBytes());
    alarm.outcome = std::string(code);
    PM_RETURN_IF_ERROR(desk_.rooms_.ledger.Append(std::move(alarm)).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<exchange::Reply> MatchDesk::Question::Search(
    const std::string& coarse_sketch, const exchange::AnswerLimits& limits,
    const std::shared_ptr<federation::Charge>& charge) const {
  const auto nobody_waits = [&] {
    return (limits.cancelled && limits.cancelled()) ||
           (limits.deadline.has_value() && desk_.rooms_.clock.Steady() >= *limits.deadline);
  };
  match::ExhibitQuery query{.signature = question_.signature,
                            .characteristics = question_.characteristics,
                            .rules_off = question_.rules_off,
                            .leave_out = std::nullopt,
                            .best_count = match::kBorderCandidatesConsidered,
                            .exhaustive = question_.exhaustive,
                            .reportable_only = true,
                            .full_circle = question_.full_circle,
                            .cancelled = nobody_waits,
                            .progress = nullptr};
  PM_ASSIGN_OR_RETURN(match::FoundExhibits found, desk_.rooms_.collection.Search(query));
  // An answer that nobody waits for is not made durable: the same question may come again whole.
  if (nobody_waits() || !found.counts.complete) {
    return absl::CancelledError("the caller did not wait for the search to end");
  }
  PM_RETURN_IF_ERROR(LeaveOutReceived(found));
  const std::string exchange = ExchangeBytes();
  match::BorderResult border = match::ToBorderResult(
      found, desk_.rooms_.answer_key,
      {.domain = believed_.partner.domain, .exchange_id = exchange, .coarse_sketch = coarse_sketch},
      question_.candidates_max);
  exchange::Reply reply;
  reply.logged = Draft();
  reply.logged.outcome = "ANSWERED";
  reply.logged.count = border.result.candidates.size();
  for (std::size_t i = 0; i < border.result.candidates.size(); ++i) {
    registry::PutHandle(crypto::AsText(border.result.candidates[i].handle),
                        {.exhibit_id = border.exhibit_ids[i],
                         .exchange_id = exchange,
                         .asking_agency = believed_.partner.domain},
                        reply.changes.mutations);
  }
  // Whoever withdraws one of them tells everybody whom it was named to: nobody is named it later.
  PM_RETURN_IF_ERROR(desk_.rooms_.registry.AddStillActive(border.exhibit_ids, reply.changes));
  charge->AddTo(reply.changes);
  reply.afterwards = [charge] { charge->Keep(); };
  border.result.handling = believed_.partner.answered_handling;
  border.result.budget = exchange::ToTell(charge->statement());
  PM_ASSIGN_OR_RETURN(reply.payload, wire::Serialise(wire::MatchAnswer(std::move(border.result))));
  return reply;
}

// What a third agency gave under conditions is not passed on in an answer.
absl::Status MatchDesk::Question::LeaveOutReceived(match::FoundExhibits& found) const {
  PM_ASSIGN_OR_RETURN(const bool any_received, desk_.rooms_.received.HasAny());
  if (!any_received) return absl::OkStatus();
  std::vector<match::FoundExhibit> kept;
  for (match::FoundExhibit& exhibit : found.best) {
    if (exhibit.likelihood_ratio.level == forensics::Level::kNone) continue;  // Never told.
    const absl::StatusOr<wire::StoredExhibit> stored = desk_.rooms_.registry.Load(exhibit.id);
    PM_RETURN_IF_ERROR(stored.status());
    PM_ASSIGN_OR_RETURN(const federation::UseDecision use,
                        desk_.rooms_.received.MayPassOn(*stored, believed_.partner.domain));
    if (use.allowed) kept.push_back(std::move(exhibit));
  }
  found.best = std::move(kept);
  return absl::OkStatus();
}

records::EntryDraft MatchDesk::Question::Draft() const {
  records::EntryDraft draft;
  draft.kind = records::EntryKind::kQueryIn;
  draft.purpose = question_.purpose;
  draft.case_commitment = base::ToHex(base::ByteSpan(question_.case_commitment));
  draft.actor = question_.actor;
  draft.offence = question_.offence;
  draft.subject = question_.subject_role;
  return draft;
}

exchange::MessageType MatchDesk::type() const {
  return {.message = wire::kMatchQuestionType, .answer = wire::kMatchAnswerType};
}

absl::StatusOr<std::unique_ptr<exchange::Message>> MatchDesk::Read(
    const exchange::Believed& message) {
  PM_ASSIGN_OR_RETURN(wire::MatchQuestion question,
                      wire::ParseMatchQuestion(message.envelope.payload()));
  PM_RETURN_IF_ERROR(exchange::CheckPseudonym(message, "actor", question.actor));
  return std::make_unique<Question>(*this, message, std::move(question));
}

}  // namespace proofmark::desks
