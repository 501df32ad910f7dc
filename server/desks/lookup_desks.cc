// SPDX-License-Identifier: Apache-2.0
#include "server/desks/lookup_desks.h"

#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/lookup/exchange.h"
#include "proto/wire/lookup.h"

namespace proofmark::desks {
namespace {

records::EntryDraft DraftOf(records::EntryKind kind, const wire::LookupReason& reason) {
  records::EntryDraft draft;
  draft.kind = kind;
  draft.purpose = reason.purpose;
  draft.offence = reason.offence;
  draft.actor = reason.actor;
  return draft;
}

federation::AskedFor AskedForOf(const wire::LookupReason& reason) {
  return {.service = federation::Service::kLookup,
          .purpose = reason.purpose,
          .offence = reason.offence};
}

std::string ExchangeBytes(const exchange::Believed& believed) {
  return std::string(base::AsText(base::ByteSpan(believed.envelope.envelope().exchange_id)));
}

// For a person to look at; the message itself is answered or refused all the same.
absl::Status RaiseAlarm(ledger::Ledger& ledger, const exchange::Believed& believed,
                        std::string_view code, std::string object = "") {
  records::EntryDraft alarm;
  alarm.kind = records::EntryKind::kAlarm;
  alarm.peer = believed.partner.node_id;
  alarm.exchange = base::ToHex(ExchangeBytes(believed));
  alarm.object = std::move(object);
  alarm.outcome = std::string(code);
  return ledger.Append(std::move(alarm)).status();
}

constexpr std::string_view kNoTable = "NOT_READY";
constexpr std::string_view kNoTableWords =
    "There is no look-up table for this agency yet; ask again in a few minutes.";

}  // namespace

class LookupTableDesk::Question final : public exchange::Message {
 public:
  Question(const LookupTableDesk& desk, const exchange::Believed& believed,
           wire::LookupTableQuestion question)
      : rooms_(desk.rooms_), believed_(believed), question_(std::move(question)) {}

  federation::AskedFor asked_for() const override { return AskedForOf(question_.reason); }

  absl::StatusOr<exchange::Reply> Answer(const exchange::AnswerLimits& /*limits*/) override {
    const std::optional<lookup::PublishedTable> table =
        rooms_.tables.Find(believed_.partner.node_id);
    if (!table.has_value()) return Refuse(kNoTable, kNoTableWords);
    absl::StatusOr<wire::LoggedEntry> key_entry = Logged(table->key_entry);
    absl::StatusOr<wire::LoggedEntry> table_entry = Logged(table->table_entry);
    for (const absl::Status& signed_yet : {key_entry.status(), table_entry.status()}) {
      if (absl::IsFailedPrecondition(signed_yet)) return Refuse(kNoTable, kNoTableWords);
      PM_RETURN_IF_ERROR(signed_yet);
    }
    exchange::Reply reply;
    reply.logged = DraftOf(records::EntryKind::kExport, question_.reason);
    reply.logged.object = base::ToHex(base::ByteSpan(table->hash));
    reply.logged.outcome = "ANSWERED";
    PM_ASSIGN_OR_RETURN(reply.payload,
                        wire::Serialise(wire::LookupTableAnswer(wire::LookupTable{
                            .snapshot_id = table->id,
                            .epoch = table->epoch,
                            .table_hash = table->hash,
                            .size_bytes = static_cast<std::int64_t>(table->size_bytes),
                            .public_key = table->public_key,
                            .key_entry = *std::move(key_entry),
                            .table_entry = *std::move(table_entry)})));
    return reply;
  }

  absl::StatusOr<exchange::Reply> Refuse(std::string_view code, std::string_view reason) override {
    exchange::Reply reply;
    reply.logged = DraftOf(records::EntryKind::kExport, question_.reason);
    reply.logged.outcome = exchange::OutcomeOfRefusal(code);
    PM_ASSIGN_OR_RETURN(reply.payload,
                        wire::Serialise(wire::LookupTableAnswer(wire::MakeRefusal(code, reason))));
    return reply;
  }

 private:
  absl::StatusOr<wire::LoggedEntry> Logged(std::uint64_t index) const {
    PM_ASSIGN_OR_RETURN(ledger::StoredEntry entry, rooms_.ledger.Read(index));
    PM_ASSIGN_OR_RETURN(std::string proof, rooms_.publishing.ProveEntry(index));
    return wire::LoggedEntry{.entry = std::move(entry.bytes), .proof = std::move(proof)};
  }

  const LookupDeskRooms& rooms_;
  const exchange::Believed& believed_;
  const wire::LookupTableQuestion question_;
};

exchange::MessageType LookupTableDesk::type() const {
  return {.message = wire::kLookupTableQuestionType, .answer = wire::kLookupTableAnswerType};
}

absl::StatusOr<std::unique_ptr<exchange::Message>> LookupTableDesk::Read(
    const exchange::Believed& message) {
  PM_ASSIGN_OR_RETURN(wire::LookupTableQuestion question,
                      wire::ParseLookupTableQuestion(message.envelope.payload()));
  PM_RETURN_IF_ERROR(exchange::CheckPseudonym(message, "actor", question.reason.actor));
  return std::make_unique<Question>(*this, message, std::move(question));
}

class LookupDesk::Question final : public exchange::Message {
 public:
  Question(const LookupDesk& desk, const exchange::Believed& believed,
           wire::LookupQuestion question)
      : rooms_(desk.rooms_), believed_(believed), question_(std::move(question)) {}

  federation::AskedFor asked_for() const override { return AskedForOf(question_.reason); }

  absl::StatusOr<exchange::Reply> Answer(const exchange::AnswerLimits& /*limits*/) override {
    PM_ASSIGN_OR_RETURN(const std::shared_ptr<const lookup::EpochKey> key,
                        rooms_.keys.Current(believed_.partner.node_id));
    const std::optional<lookup::PublishedTable> table =
        rooms_.tables.Find(believed_.partner.node_id);
    if (!table.has_value()) return Refuse(kNoTable, kNoTableWords);
    if (table->epoch != question_.epoch || key->epoch != question_.epoch ||
        table->id != question_.snapshot_id) {
      return Refuse("TABLE_OUTDATED", "There is a newer look-up table for this agency.");
    }
    const auto charge = std::make_shared<lookup::EvaluationCharge>(Charge());
    for (const std::string_view code : charge->alarms()) {
      PM_RETURN_IF_ERROR(RaiseAlarm(rooms_.ledger, believed_, code));
    }
    if (!charge->granted()) {
      return RefuseWith("CAPACITY", charge->refusal(), exchange::ToTell(charge->statement()));
    }
    PM_ASSIGN_OR_RETURN(crypto::LookupAnswer evaluated,
                        crypto::AnswerLookup(key->key, question_.elements, rooms_.random));
    exchange::Reply reply;
    reply.logged = Draft();
    reply.logged.outcome = "ANSWERED";
    reply.logged.count = question_.elements.size();
    charge->AddTo(reply.changes);
    reply.afterwards = [charge] { charge->Keep(); };
    PM_ASSIGN_OR_RETURN(
        reply.payload,
        wire::Serialise(wire::LookupAnswer{
            .outcome = wire::LookupEvaluation{.elements = std::move(evaluated.elements),
                                              .proof = std::move(evaluated.proof)},
            .budget = exchange::ToTell(charge->statement())}));
    return reply;
  }

  absl::StatusOr<exchange::Reply> Refuse(std::string_view code, std::string_view reason) override {
    return RefuseWith(code, reason, std::nullopt);
  }

 private:
  absl::StatusOr<exchange::Reply> RefuseWith(std::string_view code, std::string_view reason,
                                             std::optional<wire::BudgetStatement> budget) const {
    exchange::Reply reply;
    reply.logged = Draft();
    reply.logged.outcome = exchange::OutcomeOfRefusal(code);
    PM_ASSIGN_OR_RETURN(reply.payload,
                        wire::Serialise(wire::LookupAnswer{
                            .outcome = wire::MakeRefusal(code, reason), .budget = budget}));
    return reply;
  }

  lookup::EvaluationCharge Charge() const {
    const std::string exchange = ExchangeBytes(believed_);
    return rooms_.budgets.Take({.partner = believed_.partner.node_id,
                                .exchange_id = exchange,
                                .unix_ms = rooms_.clock.UnixMillis(),
                                .epoch = question_.epoch,
                                .case_commitment = question_.case_commitment,
                                .purpose = question_.reason.purpose,
                                .count = static_cast<std::int64_t>(question_.elements.size())},
                               *believed_.partner.lookup_budget, believed_.partner.lookup_burst);
  }

  records::EntryDraft Draft() const {
    records::EntryDraft draft = DraftOf(records::EntryKind::kLookupEval, question_.reason);
    draft.case_commitment = base::ToHex(base::ByteSpan(question_.case_commitment));
    return draft;
  }

  const LookupDeskRooms& rooms_;
  const exchange::Believed& believed_;
  const wire::LookupQuestion question_;
};

exchange::MessageType LookupDesk::type() const {
  return {.message = wire::kLookupQuestionType, .answer = wire::kLookupAnswerType};
}

absl::StatusOr<std::unique_ptr<exchange::Message>> LookupDesk::Read(
    const exchange::Believed& message) {
  PM_ASSIGN_OR_RETURN(wire::LookupQuestion question,
                      wire::ParseLookupQuestion(message.envelope.payload()));
  PM_RETURN_IF_ERROR(exchange::CheckPseudonym(message, "actor", question.reason.actor));
  for (std::size_t i = 0; i < question.elements.size(); ++i) {
    if (!crypto::Element::Parse(question.elements[i]).ok()) {
      return absl::InvalidArgumentError(absl::StrFormat("elements[%d]: no point of the curve", i));
    }
  }
  return std::make_unique<Question>(*this, message, std::move(question));
}

class LookupHitDesk::Question final : public exchange::Message {
 public:
  Question(const LookupHitDesk& desk, const exchange::Believed& believed,
           wire::LookupHitQuestion question)
      : rooms_(desk.rooms_), believed_(believed), question_(std::move(question)) {}

  federation::AskedFor asked_for() const override { return AskedForOf(question_.reason); }

  absl::StatusOr<exchange::Reply> Answer(const exchange::AnswerLimits& /*limits*/) override {
    PM_ASSIGN_OR_RETURN(const std::optional<lookup::SharedFirearm> record,
                        rooms_.tables.Resolve(believed_.partner.node_id, question_.handle));
    if (!record.has_value()) {
      return Refuse("NOT_HELD", "No record is shared under this handle any more.");
    }
    if (lookup::CanaryBook::IsCanary(record->record_id)) {
      PM_RETURN_IF_ERROR(RaiseAlarm(rooms_.ledger, believed_, lookup::CanaryBook::kCanaryAlarm,
                                    crypto::Sha256Hex(record->record_id)));
    }
    exchange::Reply reply;
    reply.logged = Draft();
    reply.logged.outcome = "ANSWERED";
    reply.logged.count = 1;
    PM_ASSIGN_OR_RETURN(reply.payload,
                        wire::Serialise(wire::LookupHitAnswer(wire::LookupRecord{
                            .state_group = record->group, .reference = record->reference})));
    return reply;
  }

  absl::StatusOr<exchange::Reply> Refuse(std::string_view code, std::string_view reason) override {
    exchange::Reply reply;
    reply.logged = Draft();
    reply.logged.outcome = exchange::OutcomeOfRefusal(code);
    PM_ASSIGN_OR_RETURN(reply.payload,
                        wire::Serialise(wire::LookupHitAnswer(wire::MakeRefusal(code, reason))));
    return reply;
  }

 private:
  records::EntryDraft Draft() const {
    records::EntryDraft draft = DraftOf(records::EntryKind::kQueryIn, question_.reason);
    draft.case_commitment = base::ToHex(base::ByteSpan(question_.case_commitment));
    draft.object = crypto::Sha256Hex(base::AsText(base::ByteSpan(question_.handle)));
    return draft;
  }

  const LookupDeskRooms& rooms_;
  const exchange::Believed& believed_;
  const wire::LookupHitQuestion question_;
};

exchange::MessageType LookupHitDesk::type() const {
  return {.message = wire::kLookupHitQuestionType, .answer = wire::kLookupHitAnswerType};
}

absl::StatusOr<std::unique_ptr<exchange::Message>> LookupHitDesk::Read(
    const exchange::Believed& message) {
  PM_ASSIGN_OR_RETURN(wire::LookupHitQuestion question,
                      wire::ParseLookupHitQuestion(message.envelope.payload()));
  PM_RETURN_IF_ERROR(exchange::CheckPseudonym(message, "actor", question.reason.actor));
  return std::make_unique<Question>(*this, message, std::move(question));
}

}  // namespace proofmark::desks
