// SPDX-License-Identifier: Apache-2.0
#include "server/desks/firearm_check_desk.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "proto/wire/firearm_check.h"
#include "records/firearm/lookup_words.h"
#include "records/firearm/mark.h"
#include "records/firearm/serial.h"

namespace proofmark::desks {
namespace {

using registry::FirearmRegistry;
using Held = FirearmRegistry::Held;

constexpr std::size_t kSketchPartBytes = 16;
// Numbers that differ in no more than their last characters are neighbours.
constexpr std::size_t kNeighbourChars = 3;

firearm::SerialKeys KeysOf(const wire::SerialForms& forms) {
  firearm::SerialKeys keys;
  keys.lookalike = forms.lookalike;
  keys.transliteration = forms.transliteration.empty() ? forms.lookalike : forms.transliteration;
  return keys;
}

// Whether one of the numbers is the asked, as it looks or as it sounds.
bool HasSerial(const std::vector<firearm::Serial>& serials, const firearm::SerialKeys& asked) {
  return std::ranges::any_of(serials, [&](const firearm::Serial& serial) {
    if (!firearm::IsSearchable(serial) || firearm::IsSearchedByPattern(serial)) return false;
    const absl::StatusOr<firearm::SerialKeys> held =
        firearm::MakeSerialKeys(serial.raw, serial.numerals);
    if (!held.ok()) return false;
    const std::optional<firearm::SerialGrade> grade = firearm::CompareSerials(asked, *held);
    return grade.has_value() && *grade <= firearm::SerialGrade::kScript;
  });
}

// nullopt where one of the two does not say.
std::optional<bool> SameClass(const std::optional<firearm::FirearmClass>& asked,
                              firearm::FirearmClass held) {
  if (!asked || *asked == firearm::FirearmClass::kUnknown ||
      held == firearm::FirearmClass::kUnknown) {
    return std::nullopt;
  }
  return *asked == held;
}
std::optional<bool> SameMake(const std::string& asked, const firearm::Firearm& held) {
  const std::string make = firearm::LookupMake(held.make.empty() ? held.make_raw : held.make);
  if (asked.empty() || make.empty()) return std::nullopt;
  return asked == make;
}

bool Bears(const firearm::DeactivationRecord& record, const firearm::DeactivationMark& asked) {
  return std::ranges::any_of(record.components, [&](const firearm::ComponentWork& work) {
    if (!work.mark) return false;
    if (firearm::CountryCode(work.mark->country) != firearm::CountryCode(asked.country)) {
      return false;
    }
    return !firearm::IsFull(asked) ||
           (work.mark->entity == asked.entity && work.mark->year == asked.year);
  });
}

// What a verdict is and of which record; of none for what is not held.
struct Found {
  wire::FirearmVerdict verdict;
  std::optional<Held> record = std::nullopt;
  bool named = false;    // The partner gets a reference of it.
  bool tell_on = false;  // It is told when the record changes.
};

// What numbers a question could be walked through by: what all neighbours have in common, and all.
struct Walk {
  std::string common;
  std::string whole;
};
std::optional<Walk> WalkOf(const wire::FirearmCheck& check) {
  const auto walk = [](std::string_view kind, std::string_view number) {
    const std::size_t kept = number.size() - std::min(number.size(), kNeighbourChars);
    std::string head(kind);
    return Walk{.common = head + std::string(number.substr(0, kept)),
                .whole = head + std::string(number)};
  };
  if (const auto* certificate = std::get_if<wire::CertificateCheck>(&check)) {
    std::string kind = "certificate";
    base::AppendLp2(kind, certificate->entity);
    return walk(kind, certificate->number);
  }
  if (const auto* mark = std::get_if<wire::MarkCheck>(&check)) {
    return walk("serial", mark->serial.lookalike);
  }
  if (const auto* serial = std::get_if<wire::SerialCheck>(&check)) {
    return walk("serial", serial->serial.lookalike);
  }
  return std::nullopt;
}

}  // namespace

class FirearmCheckDesk::Question final : public exchange::Message {
 public:
  Question(const FirearmCheckDesk& desk, const exchange::Believed& believed,
           wire::FirearmCheckQuestion question)
      : rooms_(desk.rooms_), believed_(believed), question_(std::move(question)) {
    if (const auto* statistics = std::get_if<wire::StatisticsCheck>(&question_.check)) {
      breakdown_ = firearm::BreakdownText(statistics->by);
    }
  }

  federation::AskedFor asked_for() const override {
    return {.service = breakdown_.empty() ? federation::Service::kFirearmCheck
                                          : federation::Service::kFirearmStatistics,
            .purpose = question_.purpose,
            .offence = question_.offence,
            .breakdown = breakdown_};
  }

  absl::StatusOr<exchange::Reply> Answer(const exchange::AnswerLimits& limits) override {
    if (const auto* statistics = std::get_if<wire::StatisticsCheck>(&question_.check)) {
      PM_ASSIGN_OR_RETURN(statistics_, rooms_.statistics.Find(statistics->by));
      // Costs nothing.
      if (!statistics_) return RefuseStatistics();
    }
    PM_ASSIGN_OR_RETURN(federation::Charge taken, TakeCharge());
    const auto charge = std::make_shared<federation::Charge>(std::move(taken));
    PM_RETURN_IF_ERROR(RaiseAlarms(*charge));
    if (!charge->granted()) {
      return RefuseWith("CAPACITY", "The agreed number of questions is used up; ask again later.",
                        exchange::ToTell(charge->statement()));
    }
    limits_ = &limits;
    PM_ASSIGN_OR_RETURN(Found found, std::visit([this](const auto& check) { return Judge(check); },
                                                question_.check));
    exchange::Reply reply;
    reply.logged = Draft();
    reply.logged.outcome = "ANSWERED";
    reply.logged.count = wire::RecordCount(found.verdict);
    if (found.record && found.tell_on) PM_RETURN_IF_ERROR(AddDisclosure(found, reply.changes));
    charge->AddTo(reply.changes);
    reply.afterwards = [charge] { charge->Keep(); };
    PM_ASSIGN_OR_RETURN(reply.payload, wire::Serialise(wire::FirearmCheckAnswer{
                                           .outcome = std::move(found.verdict),
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
                        wire::Serialise(wire::FirearmCheckAnswer{
                            .outcome = wire::MakeRefusal(code, reason), .budget = budget}));
    return reply;
  }

  std::string ExchangeBytes() const {
    return std::string(base::AsText(base::ByteSpan(believed_.envelope.envelope().exchange_id)));
  }

  records::EntryDraft Draft() const {
    records::EntryDraft draft;
    draft.kind = records::EntryKind::kQueryIn;
    draft.purpose = question_.purpose;
    draft.case_commitment = base::ToHex(base::ByteSpan(question_.case_commitment));
    draft.actor = question_.actor;
    draft.offence = question_.offence;
    draft.subject = question_.subject_role;
    return draft;
  }

  // Names what is asked without saying it: numbers come from a small space.
  crypto::Sha256Digest Keyed(std::string_view text) const {
    const crypto::Sha256Digest seed = rooms_.answer_key.SketchSeed();
    return crypto::HmacSha256(base::ByteSpan(seed), absl::StrFormat("firearm check %s", text));
  }

  absl::StatusOr<federation::Charge> TakeCharge() const {
    PM_ASSIGN_OR_RETURN(const std::string bytes, wire::Serialise(question_.check));
    std::string sketch;
    if (const std::optional<Walk> walk = WalkOf(question_.check)) {
      sketch.append(crypto::AsText(Keyed(walk->common)).substr(0, kSketchPartBytes));
      sketch.append(crypto::AsText(Keyed(walk->whole)).substr(0, kSketchPartBytes));
    }
    const std::string exchange = ExchangeBytes();
    return rooms_.budgets.Take(
        {.agency = believed_.partner.domain,
         .exchange_id = exchange,
         .unix_ms = rooms_.clock.UnixMillis(),
         .payload_hash = Keyed(bytes),
         .case_commitment = question_.case_commitment,
         .sketch = sketch,
         // The same number again is no step further.
         .likeness =
             [&sketch](std::string_view earlier) {
               const bool next = !sketch.empty() && earlier != sketch &&
                                 earlier.substr(0, kSketchPartBytes) ==
                                     std::string_view(sketch).substr(0, kSketchPartBytes);
               return next ? federation::Likeness::kKin : federation::Likeness::kApart;
             }},
        *believed_.partner.firearm_check_budget);
  }

  // For a person to look at; the question itself is answered or refused all the same.
  absl::Status RaiseAlarms(const federation::Charge& charge) const {
    for (const std::string_view code : charge.alarms()) {
      records::EntryDraft alarm;
      alarm.kind = records::EntryKind::kAlarm;
      alarm.peer = believed_.partner.node_id;
      alarm.exchange = base::ToHex(ExchangeBytes());
      alarm.outcome = std::string(code);
      PM_RETURN_IF_ERROR(rooms_.ledger.Append(std::move(alarm)).status());
    }
    return absl::OkStatus();
  }

  absl::Status CheckAwaited() const {
    const bool nobody_waits =
        (limits_->cancelled && limits_->cancelled()) ||
        (limits_->deadline.has_value() && rooms_.clock.Steady() >= *limits_->deadline);
    if (!nobody_waits) return absl::OkStatus();
    return absl::CancelledError("the caller did not wait for the answer");
  }

  absl::StatusOr<std::vector<Held>> LoadAll(const std::set<std::string>& raw_ids) const {
    std::vector<Held> all;
    for (const std::string& raw_id : raw_ids) {
      PM_RETURN_IF_ERROR(CheckAwaited());
      absl::StatusOr<Held> held = rooms_.registry.Load(base::ToHex(raw_id));
      if (absl::IsNotFound(held.status())) continue;  // Erased meanwhile.
      PM_RETURN_IF_ERROR(held.status());
      all.push_back(*std::move(held));
    }
    return all;
  }

  // Records with this serial number that partners may find at all.
  absl::StatusOr<std::vector<Held>> SharedWith(const wire::SerialForms& serial) const {
    const firearm::SerialKeys keys = KeysOf(serial);
    PM_ASSIGN_OR_RETURN(const std::set<std::string> ids, rooms_.registry.index().Candidates(keys));
    PM_ASSIGN_OR_RETURN(std::vector<Held> all, LoadAll(ids));
    std::erase_if(all, [&](const Held& held) {
      return !firearm::IsSharedByDefault(held.kept.state()) ||
             !HasSerial(held.kept.firearm.serials, keys);
    });
    return all;
  }

  // The certificate's own matter: it stands or not, whatever became of the firearm.
  absl::StatusOr<Found> Judge(const wire::CertificateCheck& check) const {
    PM_ASSIGN_OR_RETURN(const std::set<std::string> ids,
                        rooms_.registry.index().CertificateUses(check.entity, check.number));
    PM_ASSIGN_OR_RETURN(std::vector<Held> uses, LoadAll(ids));
    if (uses.empty()) return Found{.verdict = wire::CertificateStanding::kNotFound};
    if (check.serial) {
      const firearm::SerialKeys keys = KeysOf(*check.serial);
      std::erase_if(uses, [&](const Held& held) {
        return !HasSerial(held.kept.firearm.serials, keys) &&
               !HasSerial(held.kept.deactivation->certificate->serials, keys);
      });
      if (uses.empty()) return Found{.verdict = wire::CertificateStanding::kMismatch};
    }
    for (const Held& held : uses) {
      if (held.kept.deactivation->certificate_withdrawn) {
        return Found{.verdict = wire::CertificateStanding::kWithdrawn};
      }
    }
    return Found{.verdict = wire::CertificateStanding::kValid,
                 .record = std::move(uses.front()),
                 .named = false,
                 .tell_on = true};
  }

  absl::StatusOr<Found> Judge(const wire::MarkCheck& check) const {
    PM_ASSIGN_OR_RETURN(std::vector<Held> all, SharedWith(check.serial));
    std::erase_if(all, [](const Held& held) { return !held.kept.deactivation.has_value(); });
    if (all.empty()) return Found{.verdict = wire::MarkVerdict{}};
    const auto known = std::ranges::find_if(all, [&](const Held& held) {
      return Bears(*held.kept.deactivation, check.mark) &&
             SameClass(check.firearm_class, held.kept.firearm.firearm_class) != false;
    });
    const bool conflict = known == all.end();
    return Named(conflict ? std::move(all.front()) : std::move(*known),
                 [&](std::string reference) -> wire::FirearmVerdict {
                   return wire::MarkVerdict{.standing = conflict ? wire::MarkStanding::kConflict
                                                                 : wire::MarkStanding::kKnown,
                                            .reference = std::move(reference)};
                 });
  }

  absl::StatusOr<Found> Judge(const wire::SerialCheck& check) const {
    PM_ASSIGN_OR_RETURN(std::vector<Held> all, SharedWith(check.serial));
    // Makers reuse numbers: what is known of both must agree.
    std::erase_if(all, [&](const Held& held) {
      return SameMake(check.make, held.kept.firearm) == false ||
             SameClass(check.firearm_class, held.kept.firearm.firearm_class) == false;
    });
    if (all.empty()) return Found{.verdict = wire::SerialCheckVerdict{}};
    // That of which most is known to agree, then that which was changed last.
    const auto best = std::ranges::max_element(all, {}, [&](const Held& held) {
      return std::tuple(SameMake(check.make, held.kept.firearm) == true,
                        SameClass(check.firearm_class, held.kept.firearm.firearm_class) == true,
                        held.kept.changes.back().unix_ms);
    });
    const firearm::StateGroup group = firearm::GroupOf(best->kept.state());
    return Named(std::move(*best), [&](std::string reference) -> wire::FirearmVerdict {
      return wire::SerialCheckVerdict{.state_group = group, .reference = std::move(reference)};
    });
  }

  absl::StatusOr<Found> Judge(const wire::AlarmModelCheck& check) const {
    PM_ASSIGN_OR_RETURN(const std::optional<firearm::AlarmModelTest> test,
                        rooms_.alarm_tests.Find(check.make, check.model));
    if (!test) return Found{.verdict = wire::AlarmModelVerdict{}};
    return Found{.verdict = wire::AlarmModelVerdict{.result = test->result,
                                                    .authority = test->authority,
                                                    .tested_on = test->tested_on}};
  }

  absl::StatusOr<Found> Judge(const wire::StatisticsCheck& /*check*/) const {
    return Found{.verdict = *statistics_};
  }

  absl::StatusOr<exchange::Reply> RefuseStatistics() const {
    PM_ASSIGN_OR_RETURN(const std::optional<std::int64_t> next, rooms_.statistics.NextUnixMs());
    return RefuseWith(
        "NOT_READY",
        absl::StrFormat("There are no statistics by this%s.",
                        next ? " before the next, due at " + base::UtcText(*next) : " yet"),
        std::nullopt);
  }

  std::string ReferenceTo(const Held& held) const {
    return std::string(crypto::AsText(
        rooms_.answer_key.HandleOf(believed_.partner.domain, ExchangeBytes(), held.kept.id)));
  }

  template <typename MakeVerdict>
  Found Named(Held held, const MakeVerdict& make) const {
    wire::FirearmVerdict verdict = make(ReferenceTo(held));
    return {
        .verdict = std::move(verdict), .record = std::move(held), .named = true, .tell_on = true};
  }

  absl::Status AddDisclosure(const Found& found, store::WriteRequest& changes) const {
    return rooms_.registry.AddDisclosure(
        *found.record,
        {.agency = believed_.partner.domain,
         .exchange_id = ExchangeBytes(),
         .reference = found.named ? ReferenceTo(*found.record) : "",
         .told = wire::NoticeCauseOf(found.record->kept.state())},
        changes);
  }

  const Rooms& rooms_;
  const exchange::Believed& believed_;
  const wire::FirearmCheckQuestion question_;
  std::string breakdown_;  // Of statistics alone. Constant after construction.
  std::optional<wire::FirearmStatistics> statistics_;
  const exchange::AnswerLimits* limits_ = nullptr;  // While it is answered.
};

exchange::MessageType FirearmCheckDesk::type() const {
  return {.message = wire::kFirearmCheckType, .answer = wire::kFirearmCheckAnswerType};
}

absl::StatusOr<std::unique_ptr<exchange::Message>> FirearmCheckDesk::Read(
    const exchange::Believed& message) {
  PM_ASSIGN_OR_RETURN(wire::FirearmCheckQuestion question,
                      wire::ParseFirearmCheckQuestion(message.envelope.payload()));
  PM_RETURN_IF_ERROR(exchange::CheckPseudonym(message, "actor", question.actor));
  return std::make_unique<Question>(*this, message, std::move(question));
}

}  // namespace proofmark::desks
