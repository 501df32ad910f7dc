// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/firearms.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "records/codes.h"
#include "records/firearm/lookup_words.h"
#include "server/federation/consultation.h"
#include "server/federation/handling.h"
#include "server/registry/handle_book.h"

namespace proofmark::journeys {
namespace {

using firearm::CheckId;
using firearm::Finding;
using firearm::SerialGrade;
using registry::FirearmRegistry;
using wire::FirearmChangeKind;
using wire::KeptFirearm;

constexpr std::size_t kRecheckBatch = 200;
constexpr std::int64_t kDayMs = 24LL * 3'600 * 1'000;
// docs/references.md#eu-2021-555, Article 4(5); docs/references.md#eu-2015-2403, Article 3(6).
constexpr std::int32_t kKeptYearsAfterDestruction = 30;
constexpr std::int32_t kCertificateKeptYears = 20;

records::PartialDate DayOf(std::int64_t unix_ms) {
  const std::chrono::sys_days day{std::chrono::days(unix_ms / kDayMs)};
  const std::chrono::year_month_day date(day);
  return {.year = static_cast<std::int32_t>(static_cast<int>(date.year())),
          .month = static_cast<std::int32_t>(static_cast<unsigned>(date.month())),
          .day = static_cast<std::int32_t>(static_cast<unsigned>(date.day()))};
}

// Whether a date lies certainly that many years before `today`.
bool IsYearsAgo(records::PartialDate date, std::int32_t years, const records::PartialDate& today) {
  date.year += years;
  if (date.month == 2 && date.day == 29) date.day = 28;  // A year later there may be none.
  return firearm::kYearMin <= date.year &&
         records::Compare(date, today) == records::DateOrder::kBefore;
}

bool IsExpired(const KeptFirearm& kept, const records::PartialDate& today) {
  if (kept.state() == firearm::State::kDestroyed) {
    return IsYearsAgo(DayOf(kept.history.back().at_unix_ms), kKeptYearsAfterDestruction, today);
  }
  if (!kept.firearm.retain_until || !IsYearsAgo(*kept.firearm.retain_until, 0, today)) {
    return false;
  }
  if (!kept.deactivation || !kept.deactivation->certificate) return true;
  const std::optional<records::PartialDate>& certified =
      kept.deactivation->certificate->certified_on;
  return certified && IsYearsAgo(*certified, kCertificateKeptYears, today);
}

// Whether the checks found the same, from the same firings.
bool SameFindings(const KeptFirearm& one, const KeptFirearm& other) {
  return one.findings == other.findings && one.linked_firings == other.linked_firings;
}

// What links say that this firearm fired, beside what is attributed to it.
std::vector<wire::LinkedFiring> LinkedTo(
    const std::vector<wire::FirearmExhibit>& exhibits,
    const std::multimap<records::ExhibitId, wire::LinkedFiring>& associations) {
  std::vector<wire::LinkedFiring> linked;
  for (const wire::FirearmExhibit& exhibit : exhibits) {
    const auto [begin, end] = associations.equal_range(exhibit.exhibit_id);
    for (auto one = begin; one != end; ++one) {
      if (std::ranges::find(exhibits, one->second.other, &wire::FirearmExhibit::exhibit_id) ==
          exhibits.end()) {
        linked.push_back(one->second);
      }
    }
  }
  std::ranges::sort(linked, {}, [](const wire::LinkedFiring& firing) {
    return std::pair(firing.link_id, firing.exhibit_id);
  });
  if (std::ssize(linked) > wire::kLinkedFiringsMax) linked.resize(wire::kLinkedFiringsMax);
  return linked;
}

bool Has(const std::vector<CheckId>& checks, CheckId check) {
  return std::ranges::find(checks, check) != checks.end();
}

bool HasError(const std::vector<Finding>& findings, CheckId check) {
  return std::ranges::any_of(findings, [check](const Finding& finding) {
    return finding.check == check && finding.severity == firearm::Severity::kError;
  });
}

// Fills in what the papers and the class decide: the standard and the checklist's type.
void Complete(firearm::FirearmClass firearm_class, firearm::DeactivationRecord& record) {
  if (record.standard == firearm::Standard::kUnknown) {
    record.standard = firearm::ChooseStandard(firearm::EvidenceOf(record, firearm_class)).standard;
  }
  if (record.checklist_type == 0 && record.certificate) {
    record.checklist_type = record.certificate->checklist_type;
  }
  if (record.checklist_type == 0) {
    record.checklist_type = firearm::FactsOf(firearm_class).checklist_type;
  }
}

// A number that is read in full.
bool IsWhole(const firearm::Serial& serial) {
  return firearm::IsSearchable(serial) && !firearm::IsSearchedByPattern(serial);
}

// K1 of the whole numbers.
std::set<std::string> LookalikeKeys(const firearm::Firearm& item) {
  std::set<std::string> found;
  for (const firearm::Serial& serial : item.serials) {
    if (!IsWhole(serial)) continue;
    const absl::StatusOr<firearm::SerialKeys> keys =
        firearm::MakeSerialKeys(serial.raw, serial.numerals);
    if (keys.ok() && !keys->lookalike.empty()) found.insert(keys->lookalike);
  }
  return found;
}

bool Shares(const std::set<std::string>& one, const std::set<std::string>& other) {
  return std::ranges::any_of(one, [&](const std::string& key) { return other.contains(key); });
}

// Where a record has its firearm: where it was passed on to; else in this agency's hands; else
// where it was last lawful or certified.
std::string PlaceOf(const KeptFirearm& kept, const std::string& here) {
  for (auto transfer = kept.transfers.rbegin(); transfer != kept.transfers.rend(); ++transfer) {
    if (!transfer->offered_only && !transfer->to_country.empty()) {
      return firearm::CountryCode(transfer->to_country);
    }
  }
  const bool in_hands = std::ranges::any_of(kept.history, [](const firearm::StateEvent& event) {
    return event.to == firearm::State::kRecovered || event.to == firearm::State::kSeized;
  });
  if (in_hands) return here;
  if (!kept.firearm.last_lawful_country.empty()) {
    return firearm::CountryCode(kept.firearm.last_lawful_country);
  }
  if (kept.deactivation && kept.deactivation->certificate &&
      !kept.deactivation->certificate->country.empty()) {
    return firearm::CountryCode(kept.deactivation->certificate->country);
  }
  return here;
}

// Whether a record has a certificate, not withdrawn, for a firearm with that mark. A short mark
// names the country alone.
bool BearsCertified(const KeptFirearm& kept, const firearm::DeactivationMark& mark) {
  if (!kept.deactivation || !kept.deactivation->certificate ||
      kept.deactivation->certificate_withdrawn) {
    return false;
  }
  return std::ranges::any_of(
      kept.deactivation->components, [&mark](const firearm::ComponentWork& work) {
        if (!work.mark ||
            firearm::CountryCode(work.mark->country) != firearm::CountryCode(mark.country)) {
          return false;
        }
        return !firearm::IsFull(mark) ||
               (work.mark->entity == mark.entity && work.mark->year == mark.year);
      });
}

std::optional<bool> SameMake(const std::string& asked, const std::string& held) {
  if (asked.empty() || held.empty()) return std::nullopt;
  return asked == held;
}

}  // namespace

absl::StatusOr<std::optional<records::PartialDate>> Firearms::IncidentDate(
    const records::ExhibitId& id) const {
  const absl::StatusOr<wire::StoredExhibit> exhibit = rooms_.exhibits.Load(id);
  if (absl::IsNotFound(exhibit.status())) return std::optional<records::PartialDate>();
  PM_RETURN_IF_ERROR(exhibit.status());
  PM_ASSIGN_OR_RETURN(const auto identity, rooms_.exhibits.IdentityOf(*exhibit));
  return identity ? records::ParsePartialDate(identity->incident_date) : std::nullopt;
}

absl::StatusOr<Firearms::Associations> Firearms::CollectAssociations(
    const std::vector<wire::FirearmExhibit>* of, const CaseToErase* without) const {
  const auto wanted = [of](const records::ExhibitId& id) {
    return !id.empty() &&
           (of == nullptr ||
            std::ranges::find(*of, id, &wire::FirearmExhibit::exhibit_id) != of->end());
  };
  Associations found;
  std::optional<Details::ReleasedDates> released;  // Read when a partner's link is the first.
  PM_RETURN_IF_ERROR(rooms_.links.ForEachAssociation([&](const wire::Link& link) -> absl::Status {
    if (without != nullptr && Links::GoesWith(*without, link)) return absl::OkStatus();
    wire::LinkedFiring firing{.exhibit_id = link.exhibit_id,
                              .link_id = link.link_id,
                              .other = link.other_exhibit_id,
                              .confirmed = link.state() == records::LinkState::kHit,
                              .fired_on = std::nullopt};
    if (!link.agency.empty()) {
      if (!wanted(link.exhibit_id)) return absl::OkStatus();
      if (!released) {
        PM_ASSIGN_OR_RETURN(released, rooms_.details.CollectReleasedDates());
      }
      const auto date = released->find({link.question_exchange_id, *link.handle});
      if (date != released->end()) firing.fired_on = date->second;
      firing.other = link.agency + " " + base::ToHex(base::ByteSpan(*link.handle));
      found.emplace(link.exhibit_id, std::move(firing));
      return absl::OkStatus();
    }
    if (wanted(link.exhibit_id)) {
      PM_ASSIGN_OR_RETURN(firing.fired_on, IncidentDate(link.other_exhibit_id));
      found.emplace(link.exhibit_id, firing);
    }
    if (wanted(link.other_exhibit_id)) {
      std::swap(firing.exhibit_id, firing.other);
      PM_ASSIGN_OR_RETURN(firing.fired_on, IncidentDate(firing.other));
      found.emplace(firing.exhibit_id, firing);
    }
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<KeptFirearm>> Firearms::Namesakes(const KeptFirearm& kept) const {
  std::vector<KeptFirearm> namesakes;
  const std::set<std::string> own = LookalikeKeys(kept.firearm);
  std::set<std::string> ids;
  for (const firearm::Serial& serial : kept.firearm.serials) {
    if (!IsWhole(serial)) continue;
    PM_ASSIGN_OR_RETURN(const firearm::SerialKeys keys,
                        firearm::MakeSerialKeys(serial.raw, serial.numerals));
    PM_ASSIGN_OR_RETURN(std::set<std::string> found, rooms_.registry.index().Named(keys.lookalike));
    ids.merge(found);
  }
  for (const std::string& raw_id : ids) {
    const std::string id = base::ToHex(raw_id);
    if (id == kept.id) continue;
    absl::StatusOr<Held> other = rooms_.registry.Load(id);
    if (absl::IsNotFound(other.status())) continue;  // Erased meanwhile.
    PM_RETURN_IF_ERROR(other.status());
    if (Shares(own, LookalikeKeys(other->kept.firearm))) {
      namesakes.push_back(std::move(other->kept));
    }
    if (std::ssize(namesakes) >= firearm::kFindingsPerCheckMax) break;
  }
  return namesakes;
}

std::vector<firearm::RecoveredMark> Firearms::SearchMarks(
    const KeptFirearm& kept, const std::vector<KeptFirearm>& namesakes) const {
  std::vector<firearm::RecoveredMark> marks;
  for (const wire::SeenMark& seen : kept.seen_marks) {
    const bool known = std::ranges::any_of(
        namesakes, [&](const KeptFirearm& other) { return BearsCertified(other, seen.mark); });
    firearm::RecoveredMark recovered{.mark = seen.mark, .searches = {}};
    recovered.searches.push_back({.node = rooms_.identity.domain(),
                                  .answer = known ? firearm::CertificateAnswer::kFound
                                                  : firearm::CertificateAnswer::kNotFound});
    recovered.searches.insert(recovered.searches.end(), seen.searches.begin(), seen.searches.end());
    marks.push_back(std::move(recovered));
  }
  return marks;
}

std::vector<firearm::Sighting> Firearms::SightingsOf(
    const KeptFirearm& kept, const std::vector<KeptFirearm>& namesakes) const {
  std::vector<firearm::Sighting> sightings;
  const auto add_own = [&](const KeptFirearm& one, std::string node) {
    for (const std::string& key : LookalikeKeys(one.firearm)) {
      firearm::Sighting sighting{.node = node,
                                 .place = PlaceOf(one, rooms_.identity.domain()),
                                 .serial_key = key,
                                 .make = one.firearm.make,
                                 .from = std::nullopt,
                                 .until = std::nullopt,
                                 .deactivated = &one != &kept && one.deactivation.has_value()};
      if (one.state() == firearm::State::kDestroyed) {
        sighting.until = DayOf(one.history.back().at_unix_ms);
      }
      if (one.state() == firearm::State::kRecovered) {
        sighting.from = DayOf(one.history.back().at_unix_ms);
      }
      sightings.push_back(std::move(sighting));
    }
  };
  if (namesakes.empty() && kept.sightings.empty()) return sightings;
  add_own(kept, rooms_.identity.domain());
  for (const KeptFirearm& other : namesakes) {
    add_own(other, absl::StrFormat("%s (%s)", rooms_.identity.domain(), other.reference));
  }
  for (const wire::FirearmSighting& told : kept.sightings) {
    const bool destroyed = told.group == firearm::StateGroup::kDestroyed;
    sightings.push_back(
        {.node = told.agency,
         .place = told.agency,
         .serial_key = told.serial_key,
         .make = told.make,
         .from = std::nullopt,
         .until = destroyed ? std::optional(DayOf(told.told_unix_ms)) : std::nullopt,
         .deactivated = told.group == firearm::StateGroup::kDeactivated});
  }
  return sightings;
}

absl::StatusOr<std::vector<Finding>> Firearms::RunChecks(const KeptFirearm& kept,
                                                         const BatchCertificates& batch) const {
  std::vector<firearm::CertificateUse> uses;
  if (kept.deactivation && kept.deactivation->certificate) {
    const firearm::DeactivationCertificate& certificate = *kept.deactivation->certificate;
    const auto add = [&](const std::string& other) {
      uses.push_back({.verifying_entity = certificate.verifying_entity,
                      .number = certificate.number,
                      .firearm = other});
    };
    PM_ASSIGN_OR_RETURN(
        const std::set<std::string> ids,
        rooms_.registry.index().CertificateUses(certificate.verifying_entity, certificate.number));
    for (const std::string& raw_id : ids) {
      if (base::ToHex(raw_id) != kept.id) add(base::ToHex(raw_id));
      if (std::ssize(uses) >= firearm::kFindingsPerCheckMax) break;
    }
    const auto other = batch.find(
        {certificate.verifying_entity, firearm::NormalCertificateNumber(certificate.number)});
    if (other != batch.end()) add(other->second);
  }
  std::vector<firearm::Firing> firings;
  for (const wire::FirearmExhibit& exhibit : kept.exhibits) {
    firings.push_back({.exhibit = exhibit.exhibit_id,
                       .test_fire = exhibit.test_fire,
                       .confirmed = exhibit.confirmed,
                       .fired_on = exhibit.fired_on});
  }
  for (const wire::LinkedFiring& linked : kept.linked_firings) {
    const auto through =
        std::ranges::find(kept.exhibits, linked.exhibit_id, &wire::FirearmExhibit::exhibit_id);
    firings.push_back({.exhibit = linked.other,
                       .test_fire = false,
                       .confirmed = linked.confirmed && through != kept.exhibits.end() &&
                                    (through->confirmed || through->test_fire),
                       .fired_on = linked.fired_on});
  }
  std::vector<KeptFirearm> namesakes;
  const bool deactivated = kept.deactivation ||
                           firearm::GroupOf(kept.state()) == firearm::StateGroup::kDeactivated ||
                           !kept.sightings.empty();
  if (deactivated || !firings.empty() || kept.state() == firearm::State::kRecovered) {
    PM_ASSIGN_OR_RETURN(namesakes, Namesakes(kept));
  }
  const std::vector<firearm::RecoveredMark> marks = SearchMarks(kept, namesakes);
  const std::vector<firearm::Sighting> sightings = SightingsOf(kept, namesakes);
  const auto entities = rooms_.codes.entities();
  firearm::CheckContext context;
  context.firearm = &kept.firearm;
  context.deactivation = kept.deactivation ? &*kept.deactivation : nullptr;
  context.history = kept.history;
  if (entities != nullptr) context.entities = *entities;
  context.certificate_uses = uses;
  context.firings = firings;
  context.recovered_marks = marks;
  context.sightings = sightings;
  context.transfers = kept.transfers;
  return firearm::RunChecks(context);
}

absl::Status Firearms::CheckInto(const std::vector<Finding>& before,
                                 const wire::AcceptedChecks& accepted,
                                 const BatchCertificates& batch, KeptFirearm& kept) const {
  PM_ASSIGN_OR_RETURN(kept.findings, RunChecks(kept, batch));
  // The first of each check's, and how many more there are.
  std::map<CheckId, std::pair<const Finding*, std::int64_t>> refusing;
  for (const Finding& finding : kept.findings) {
    if (finding.severity != firearm::Severity::kError || Has(accepted, finding.check) ||
        HasError(before, finding.check)) {
      continue;
    }
    ++refusing.try_emplace(finding.check, &finding, -1).first->second.second;
  }
  std::vector<std::string> errors;
  for (const auto& [check, first] : refusing) {
    const firearm::CheckRule& rule = firearm::RuleOf(check);
    errors.push_back(
        absl::StrFormat("%s: %s%s (%s; field %s)", rule.code, first.first->evidence,
                        first.second > 0 ? absl::StrFormat(", and %d more", first.second) : "",
                        rule.article, absl::StrJoin(first.first->fields, ", ")));
  }
  if (errors.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrJoin(errors, "; "));
}

wire::FirearmChange Firearms::ChangeBy(const federation::Caller& caller, FirearmChangeKind kind,
                                       std::string reason, wire::AcceptedChecks accepted) const {
  return {.kind = kind,
          .unix_ms = rooms_.registry.NowUnixMs(),
          .by = caller.pseudonym,
          .reason = std::move(reason),
          .accepted = std::move(accepted)};
}

absl::StatusOr<KeptFirearm> Firearms::Draft(firearm::Firearm firearm,
                                            std::optional<firearm::State> state,
                                            std::optional<firearm::DeactivationRecord> deactivation,
                                            firearm::StateEvent first,
                                            wire::FirearmChange change) const {
  KeptFirearm kept;
  const auto makes = rooms_.codes.makes();
  firearm::Canonicalise(firearm, makes.get());
  PM_RETURN_IF_ERROR(firearm::CheckFirearm(firearm));
  if (deactivation) Complete(firearm.firearm_class, *deactivation);
  first.to = state.value_or(deactivation ? firearm::State::kDeactivated : firearm::State::kUnknown);
  first.at_unix_ms = change.unix_ms;
  PM_RETURN_IF_ERROR(firearm::CheckNextEvent({}, first));
  kept.firearm = std::move(firearm);
  kept.history.push_back(std::move(first));
  kept.deactivation = std::move(deactivation);
  kept.changes.push_back(std::move(change));
  return kept;
}

// The act is done: what fails here stays due.
void Firearms::SettleAlerts() const {
  if (const absl::Status settled = rooms_.alerts.SettleDue(); !settled.ok()) {
    base::Log(base::LogSeverity::kError,
              absl::StrFormat("alerts of firearms wait: %s", settled.message()));
  }
}

absl::StatusOr<FirearmActed> Firearms::WriteOne(const federation::Caller& caller,
                                                std::string_view outcome,
                                                std::optional<Held> before, KeptFirearm after) {
  std::vector<FirearmRegistry::Writing> writings(1);
  writings[0].before = std::move(before);
  writings[0].after = std::move(after);
  PM_ASSIGN_OR_RETURN(records::LedgerReceipt receipt,
                      rooms_.registry.Write(caller.pseudonym, outcome, writings));
  SettleAlerts();
  return FirearmActed{.firearm = std::move(writings[0].after), .receipt = std::move(receipt)};
}

absl::StatusOr<FirearmActed> Firearms::Add(const federation::Caller& caller,
                                           wire::NewFirearm asked) {
  firearm::StateEvent first{.from = {},
                            .to = {},
                            .at_unix_ms = 0,
                            .authority = asked.authority,
                            .reason = asked.reason,
                            .paper = asked.paper};
  PM_ASSIGN_OR_RETURN(
      KeptFirearm kept,
      Draft(std::move(asked.firearm), asked.state, std::move(asked.deactivation), std::move(first),
            ChangeBy(caller, FirearmChangeKind::kCreated, asked.reason, asked.accepted)));
  PM_RETURN_IF_ERROR(CheckInto({}, asked.accepted, {}, kept));
  return WriteOne(caller, "CREATED", std::nullopt, std::move(kept));
}

absl::StatusOr<FirearmActed> Firearms::Amend(const federation::Caller& caller,
                                             wire::FirearmAmendment asked) {
  PM_ASSIGN_OR_RETURN(Held held, rooms_.registry.Load(asked.id));
  KeptFirearm after = held.kept;
  after.firearm = std::move(asked.firearm);
  const auto makes = rooms_.codes.makes();
  firearm::Canonicalise(after.firearm, makes.get());
  after.changes.push_back(
      ChangeBy(caller, FirearmChangeKind::kAmended, asked.reason, asked.accepted));
  PM_RETURN_IF_ERROR(CheckInto(held.kept.findings, asked.accepted, {}, after));
  return WriteOne(caller, "AMENDED", std::move(held), std::move(after));
}

absl::StatusOr<FirearmActed> Firearms::Transition(const federation::Caller& caller,
                                                  const wire::FirearmTransition& asked) {
  PM_ASSIGN_OR_RETURN(Held held, rooms_.registry.Load(asked.id));
  KeptFirearm after = held.kept;
  after.changes.push_back(
      ChangeBy(caller, FirearmChangeKind::kState, asked.reason, asked.accepted));
  firearm::StateEvent event{
      .from = held.kept.state(),
      .to = asked.to,
      // The clock may have been set back: an event is never before another.
      .at_unix_ms = std::max(after.changes.back().unix_ms, held.kept.history.back().at_unix_ms),
      .authority = asked.authority,
      .reason = asked.reason,
      .paper = asked.paper};
  PM_RETURN_IF_ERROR(firearm::CheckNextEvent(after.history, event));
  after.history.push_back(std::move(event));
  if (asked.transfer) after.transfers.push_back(*asked.transfer);
  if (!asked.seen_marks.empty()) {
    after.seen_marks.clear();
    for (const firearm::DeactivationMark& mark : asked.seen_marks) {
      after.seen_marks.push_back({.mark = mark, .searches = {}});
    }
  }
  if (asked.to == firearm::State::kCertificateWithdrawn && after.deactivation) {
    after.deactivation->certificate_withdrawn = true;
  }
  PM_RETURN_IF_ERROR(CheckInto(held.kept.findings, asked.accepted, {}, after));
  return WriteOne(caller, absl::StrFormat("STATE:%s", firearm::CodeOf(asked.to)), std::move(held),
                  std::move(after));
}

absl::StatusOr<FirearmActed> Firearms::Attach(const federation::Caller& caller,
                                              wire::FirearmDeactivation asked) {
  PM_ASSIGN_OR_RETURN(Held held, rooms_.registry.Load(asked.id));
  if (!asked.request_id.empty()) {
    PM_ASSIGN_OR_RETURN(TakenCertificate taken,
                        rooms_.details.TakeCertificate(caller, asked.request_id));
    asked.deactivation = std::move(taken.deactivation);
    asked.reason = absl::StrFormat("released by %s on request %s: %s", taken.agency,
                                   asked.request_id, asked.reason);
    if (asked.reason.size() > firearm::kReasonBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrFormat("reason: %d bytes with agency and request, more than %d",
                          asked.reason.size(), firearm::kReasonBytesMax));
    }
  }
  KeptFirearm after = held.kept;
  Complete(after.firearm.firearm_class, asked.deactivation);
  after.deactivation = std::move(asked.deactivation);
  after.changes.push_back(
      ChangeBy(caller, FirearmChangeKind::kDeactivation, asked.reason, asked.accepted));
  PM_RETURN_IF_ERROR(CheckInto(held.kept.findings, asked.accepted, {}, after));
  return WriteOne(caller, "DEACTIVATION", std::move(held), std::move(after));
}

absl::StatusOr<FirearmActed> Firearms::Link(const federation::Caller& caller,
                                            wire::FirearmLink asked) {
  PM_ASSIGN_OR_RETURN(Held held, rooms_.registry.Load(asked.id));
  PM_ASSIGN_OR_RETURN(const wire::StoredExhibit exhibit,
                      rooms_.exhibits.Load(asked.exhibit.exhibit_id));
  if (!asked.exhibit.fired_on) {
    PM_ASSIGN_OR_RETURN(const auto identity, rooms_.exhibits.IdentityOf(exhibit));
    if (identity) asked.exhibit.fired_on = records::ParsePartialDate(identity->incident_date);
  }
  KeptFirearm after = held.kept;
  std::erase_if(after.exhibits, [&](const wire::FirearmExhibit& other) {
    return other.exhibit_id == asked.exhibit.exhibit_id;
  });
  after.exhibits.push_back(asked.exhibit);
  PM_ASSIGN_OR_RETURN(const Associations associations,
                      CollectAssociations(&after.exhibits, nullptr));
  after.linked_firings = LinkedTo(after.exhibits, associations);
  after.changes.push_back(ChangeBy(caller, FirearmChangeKind::kLinked, asked.reason, {}));
  PM_RETURN_IF_ERROR(CheckInto(held.kept.findings, {}, {}, after));
  return WriteOne(caller, "LINKED", std::move(held), std::move(after));
}

absl::StatusOr<ImportedRows> Firearms::TryImport(const federation::Caller& caller,
                                                 const wire::FirearmRows& asked) {
  const registry::SerialIndex& index = rooms_.registry.index();
  ImportedRows imported;
  std::vector<FirearmRegistry::Writing> writings;
  std::vector<std::size_t> written;  // Which rows they are.
  // Of rows of this batch: what each said, and the certificates they name.
  std::map<std::string, std::string> said;
  BatchCertificates certificates;
  for (const wire::FirearmRow& row : asked.rows) {
    ImportedRow& result = imported.rows.emplace_back(ImportedRow{.row = row.row});
    const auto refuse = [&result](std::string_view why) {
      result.outcome = ImportOutcome::kRefused;
      result.message = std::string(why);
    };
    PM_ASSIGN_OR_RETURN(const std::string content,
                        wire::ContentOf(row.firearm, row.deactivation, row.state));
    const std::string import_row = index.ImportRow(
        asked.source, row.key.empty() ? "#" + crypto::Sha256Hex(content) : "=" + row.key);
    const std::string fingerprint = index.Fingerprint(content);
    PM_ASSIGN_OR_RETURN(const std::optional<FirearmRegistry::Imported> earlier,
                        rooms_.registry.FindImported(import_row));
    const auto beside = said.find(import_row);
    if (earlier || beside != said.end()) {
      if (earlier) result.firearm_id = earlier->id;
      if ((earlier ? earlier->fingerprint : beside->second) == fingerprint) {
        result.outcome = ImportOutcome::kHeld;
      } else {
        result.firearm_id.clear();
        refuse(earlier ? absl::StrFormat("this key was taken with another content; amend firearm "
                                         "%s instead",
                                         earlier->id)
                       : "another row of this file has the same key and another content");
      }
      continue;
    }
    absl::StatusOr<KeptFirearm> kept =
        Draft(row.firearm, row.state, row.deactivation,
              {.from = {},
               .to = {},
               .at_unix_ms = 0,
               .authority = asked.authority,
               .reason = "",
               .paper = row.key.size() <= firearm::kPaperBytesMax ? row.key : ""},
              ChangeBy(caller, FirearmChangeKind::kImported, "", asked.accepted));
    if (!kept.ok()) {
      refuse(std::string(kept.status().message()));
      continue;
    }
    kept->source = asked.source;
    const absl::Status checked = CheckInto({}, asked.accepted, certificates, *kept);
    result.findings = kept->findings;
    if (!checked.ok()) {
      if (!absl::IsFailedPrecondition(checked)) return checked;
      refuse(std::string(checked.message()));
      continue;
    }
    if (kept->deactivation && kept->deactivation->certificate) {
      const firearm::DeactivationCertificate& certificate = *kept->deactivation->certificate;
      certificates.try_emplace(
          {certificate.verifying_entity, firearm::NormalCertificateNumber(certificate.number)},
          absl::StrFormat("of row %d", row.row));
    }
    said.emplace(import_row, fingerprint);
    written.push_back(imported.rows.size() - 1);
    FirearmRegistry::Writing writing;
    writing.after = *std::move(kept);
    writing.import_row = import_row;
    writing.fingerprint = fingerprint;
    writings.push_back(std::move(writing));
  }
  if (asked.dry_run || writings.empty()) return imported;
  PM_ASSIGN_OR_RETURN(imported.receipt,
                      rooms_.registry.Write(caller.pseudonym, "IMPORTED", writings));
  SettleAlerts();
  for (std::size_t i = 0; i < written.size(); ++i) {
    imported.rows[written[i]].firearm_id = writings[i].after.id;
  }
  return imported;
}

absl::StatusOr<ImportedRows> Firearms::Import(const federation::Caller& caller,
                                              wire::FirearmRows asked) {
  absl::StatusOr<ImportedRows> imported = TryImport(caller, asked);
  // Somebody else brought one of the rows meanwhile: now it is held.
  if (absl::IsAlreadyExists(imported.status())) imported = TryImport(caller, asked);
  return imported;
}

absl::StatusOr<KeptFirearm> Firearms::Get(const federation::Caller& caller, std::string_view id) {
  std::string named(id);
  if (const absl::StatusOr<std::string> reference = base::ParseHex(id);
      reference.ok() && reference->size() == registry::kHandleBytes) {
    PM_ASSIGN_OR_RETURN(std::optional<std::string> known,
                        rooms_.registry.FindReference(*reference));
    if (!known) return absl::NotFoundError("no partner was given this reference of a firearm");
    named = *std::move(known);
  }
  PM_ASSIGN_OR_RETURN(Held held, rooms_.registry.Load(named));
  PM_ASSIGN_OR_RETURN(std::string object, rooms_.registry.CommitmentTo(held));
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller, {.read = "FIREARM_READ", .object = std::move(object)}));
  return std::move(held.kept);
}

absl::StatusOr<KeptFirearm> Firearms::GetVersion(const federation::Caller& caller,
                                                 std::string_view id, std::int64_t change_count) {
  PM_ASSIGN_OR_RETURN(const Held held, rooms_.registry.Load(id));
  PM_ASSIGN_OR_RETURN(KeptFirearm version, rooms_.registry.LoadVersion(held, change_count));
  PM_ASSIGN_OR_RETURN(std::string object, rooms_.registry.CommitmentTo(held));
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller, {.read = "FIREARM_VERSION_READ", .object = std::move(object)}));
  return version;
}

absl::StatusOr<FirearmRegistry::Page> Firearms::List(const federation::Caller& caller,
                                                     std::int32_t page_size,
                                                     std::string_view page_token,
                                                     std::optional<firearm::State> state,
                                                     std::optional<CheckId> check) {
  std::function<bool(const KeptFirearm&)> match;
  if (state || check) {
    match = [&](const KeptFirearm& kept) {
      if (state && kept.state() != *state) return false;
      return !check || std::ranges::any_of(kept.findings, [&](const Finding& finding) {
        return finding.check == *check;
      });
    };
  }
  PM_ASSIGN_OR_RETURN(FirearmRegistry::Page page,
                      rooms_.registry.List(page_size, kFirearmPageSizeDefault, page_token, match));
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller, {.read = "FIREARMS_LISTED", .count = page.firearms.size()}));
  return page;
}

absl::StatusOr<FirearmExport> Firearms::Export(const federation::Caller& caller,
                                               std::int32_t page_size, std::string_view page_token,
                                               std::optional<firearm::State> state) {
  std::function<bool(const KeptFirearm&)> match;
  if (state) match = [&](const KeptFirearm& kept) { return kept.state() == *state; };
  FirearmExport exported;
  PM_ASSIGN_OR_RETURN(exported.page,
                      rooms_.registry.List(page_size, registry::kPageSizeMax, page_token, match));
  PM_ASSIGN_OR_RETURN(exported.total, rooms_.registry.Count());
  records::EntryDraft draft{.kind = records::EntryKind::kExport};
  draft.actor = caller.pseudonym;
  draft.outcome = "FIREARMS";
  draft.count = exported.page.firearms.size();
  PM_RETURN_IF_ERROR(rooms_.ledger.Append(std::move(draft)).status());
  return exported;
}

absl::Status Firearms::AddFound(const Held& held, const wire::FirearmQuestion& asked,
                                const firearm::SerialKeys& keys,
                                const std::optional<firearm::SerialPattern>& pattern,
                                std::vector<FoundFirearm>& found) const {
  const firearm::Firearm& item = held.kept.firearm;
  std::optional<SerialGrade> best;
  for (const firearm::Serial& serial : item.serials) {
    if (!firearm::IsSearchable(serial)) continue;
    std::optional<SerialGrade> grade;
    if (firearm::IsSearchedByPattern(serial)) {
      // Two patterns say nothing about each other.
      if (pattern) continue;
      PM_ASSIGN_OR_RETURN(const firearm::SerialPattern held_pattern,
                          firearm::ReadPattern(serial.raw));
      if (held_pattern.Matches(keys.lookalike)) grade = SerialGrade::kPattern;
    } else {
      PM_ASSIGN_OR_RETURN(const firearm::SerialKeys held_keys,
                          firearm::MakeSerialKeys(serial.raw, serial.numerals));
      if (pattern) {
        if (pattern->Matches(held_keys.lookalike)) grade = SerialGrade::kPattern;
      } else {
        grade = firearm::CompareSerials(keys, held_keys);
      }
    }
    if (grade && (!best || *grade < *best)) best = grade;
  }
  if (!best) return absl::OkStatus();
  firearm::OtherAgreement other;
  const auto makes = rooms_.codes.makes();
  const std::optional<firearm::MakeFound> make = firearm::FindMake(asked.make, makes.get());
  if (make) other.make = SameMake(make->name, item.make);
  firearm::Firearm calibre;  // Only what makes a code of a calibre as read.
  calibre.calibre_raw = asked.calibre;
  firearm::Canonicalise(calibre, nullptr);
  other.calibre = SameMake(calibre.calibre_code, item.calibre_code);
  if (asked.firearm_class && item.firearm_class != firearm::FirearmClass::kUnknown) {
    other.firearm_class = *asked.firearm_class == item.firearm_class;
  }
  const firearm::SerialVerdict verdict = firearm::JudgeSerials(*best, other);
  // A pattern asks for make or calibre, and one of them must agree.
  const bool narrowed = pattern && (other.make == true || other.calibre == true) &&
                        other.make != false && other.calibre != false;
  if (verdict == firearm::SerialVerdict::kNotReturned && !narrowed) return absl::OkStatus();
  found.push_back({.firearm = held.kept,
                   .grade = *best,
                   .verdict = narrowed && verdict == firearm::SerialVerdict::kNotReturned
                                  ? firearm::SerialVerdict::kSerialOnly
                                  : verdict});
  return absl::OkStatus();
}

absl::StatusOr<FoundFirearms> Firearms::Find(const federation::Caller& caller,
                                             const wire::FirearmQuestion& asked) {
  std::vector<FoundFirearm> found;
  if (firearm::SerialPattern::IsPattern(asked.serial)) {
    PM_ASSIGN_OR_RETURN(
        const firearm::SerialPattern pattern,
        firearm::SerialPattern::Parse(asked.serial, !asked.make.empty() || !asked.calibre.empty()));
    PM_RETURN_IF_ERROR(rooms_.registry.ForEach(
        [&](const Held& held) { return AddFound(held, asked, {}, pattern, found); }));
  } else {
    PM_ASSIGN_OR_RETURN(const firearm::SerialKeys keys,
                        firearm::MakeSerialKeys(asked.serial, asked.numerals));
    PM_ASSIGN_OR_RETURN(std::set<std::string> ids, rooms_.registry.index().Candidates(keys));
    PM_ASSIGN_OR_RETURN(std::set<std::string> patterned, rooms_.registry.index().Patterned());
    ids.merge(patterned);
    for (const std::string& raw_id : ids) {
      const absl::StatusOr<Held> held = rooms_.registry.Load(base::ToHex(raw_id));
      if (absl::IsNotFound(held.status())) continue;  // Erased meanwhile.
      PM_RETURN_IF_ERROR(held.status());
      PM_RETURN_IF_ERROR(AddFound(*held, asked, keys, std::nullopt, found));
    }
  }
  std::ranges::stable_sort(found, {}, [](const FoundFirearm& one) {
    return std::pair(one.verdict == firearm::SerialVerdict::kCheck, one.grade);
  });
  FoundFirearms answer{.found = std::move(found), .more = false};
  if (answer.found.size() > kFoundFirearmsMax) {
    answer.found.resize(kFoundFirearmsMax);
    answer.more = true;
  }
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller, {.read = "FIREARM_SERIAL_SEARCHED", .count = answer.found.size()}));
  return answer;
}

absl::StatusOr<FirearmChecked> Firearms::Check(const federation::Caller& caller,
                                               std::string_view id) {
  PM_ASSIGN_OR_RETURN(Held held, rooms_.registry.Load(id));
  KeptFirearm after = held.kept;
  PM_ASSIGN_OR_RETURN(const Associations associations,
                      CollectAssociations(&after.exhibits, nullptr));
  after.linked_firings = LinkedTo(after.exhibits, associations);
  PM_ASSIGN_OR_RETURN(after.findings, RunChecks(after, {}));
  if (SameFindings(after, held.kept)) {
    PM_ASSIGN_OR_RETURN(std::string object, rooms_.registry.CommitmentTo(held));
    PM_RETURN_IF_ERROR(federation::LogConsultation(
        rooms_.ledger, caller, {.read = "FIREARM_CHECKED", .object = std::move(object)}));
    return FirearmChecked{.firearm = std::move(held.kept), .changed = false};
  }
  after.changes.push_back(ChangeBy(caller, FirearmChangeKind::kRechecked, "", {}));
  PM_ASSIGN_OR_RETURN(FirearmActed acted,
                      WriteOne(caller, "RECHECKED", std::move(held), std::move(after)));
  return FirearmChecked{.firearm = std::move(acted.firearm), .changed = true};
}

absl::StatusOr<bool> Firearms::TryCrossCheck(const std::string& id) {
  absl::StatusOr<Held> held = rooms_.registry.Load(id);
  if (absl::IsNotFound(held.status())) return true;  // Erased meanwhile.
  PM_RETURN_IF_ERROR(held.status());
  KeptFirearm after = held->kept;
  PM_ASSIGN_OR_RETURN(const Associations associations,
                      CollectAssociations(&after.exhibits, nullptr));
  after.linked_firings = LinkedTo(after.exhibits, associations);
  PM_ASSIGN_OR_RETURN(after.findings, RunChecks(after, {}));
  if (SameFindings(after, held->kept)) return true;
  after.changes.push_back(ChangeBy({}, FirearmChangeKind::kCrossChecked, "", {}));
  const absl::Status written =
      WriteOne({}, "CROSS_CHECKED", *std::move(held), std::move(after)).status();
  if (absl::IsFailedPrecondition(written)) return false;  // Somebody else changed it meanwhile.
  PM_RETURN_IF_ERROR(written);
  return true;
}

absl::Status Firearms::CrossCheck(const records::ExhibitId& exhibit_id) {
  constexpr int kTriesMax = 8;
  PM_ASSIGN_OR_RETURN(const std::set<std::string> ids, rooms_.registry.index().Firing(exhibit_id));
  for (const std::string& raw_id : ids) {
    bool done = false;
    for (int i = 0; !done && i < kTriesMax; ++i) {
      PM_ASSIGN_OR_RETURN(done, TryCrossCheck(base::ToHex(raw_id)));
    }
    if (!done) return absl::UnavailableError("a firearm is changed too often to be checked");
  }
  return absl::OkStatus();
}

absl::StatusOr<FirearmActed> Firearms::AddSighting(const federation::Caller& caller,
                                                   std::string_view id, const std::string& agency,
                                                   firearm::StateGroup group,
                                                   const std::string& reference) {
  PM_ASSIGN_OR_RETURN(Held held, rooms_.registry.Load(id));
  const std::set<std::string> keys = LookalikeKeys(held.kept.firearm);
  if (keys.empty()) {
    return absl::FailedPreconditionError("the firearm has no serial number that is read in full");
  }
  KeptFirearm after = held.kept;
  std::erase_if(after.sightings, [&](const wire::FirearmSighting& other) {
    return other.agency == agency && other.reference == reference;
  });
  if (std::ssize(after.sightings) >= wire::kSightingsMax) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "the firearm has %d sightings already, the most it may have", after.sightings.size()));
  }
  after.changes.push_back(
      ChangeBy(caller, FirearmChangeKind::kCrossChecked,
               absl::StrFormat("%s: %s", agency, firearm::StateGroupCode(group)), {}));
  after.sightings.push_back({.agency = agency,
                             .group = group,
                             .reference = reference,
                             .serial_key = *keys.begin(),
                             .make = after.firearm.make,
                             .told_unix_ms = after.changes.back().unix_ms});
  PM_ASSIGN_OR_RETURN(after.findings, RunChecks(after, {}));
  return WriteOne(caller, "CROSS_CHECKED", std::move(held), std::move(after));
}

absl::StatusOr<std::string> Firearms::AskableSerial(const KeptFirearm& kept) {
  for (const firearm::Serial& serial : kept.firearm.serials) {
    if (IsWhole(serial)) return serial.raw;
  }
  return absl::FailedPreconditionError("the firearm has no serial number that is read in full");
}

absl::StatusOr<FirearmAsked> Firearms::AskPartners(const federation::Caller& caller,
                                                   const wire::FirearmInquiry& inquiry) {
  constexpr int kTriesMax = 8;
  PM_ASSIGN_OR_RETURN(const Held asked, rooms_.registry.Load(inquiry.firearm_id));
  PM_ASSIGN_OR_RETURN(const std::string serial, AskableSerial(asked.kept));
  const firearm::FirearmClass firearm_class = asked.kept.firearm.firearm_class;
  const std::string make =
      asked.kept.firearm.make.empty() ? asked.kept.firearm.make_raw : asked.kept.firearm.make;
  const auto ask = [&](wire::FirearmToCheck check) {
    wire::FirearmCheckRequest request;
    request.check = std::move(check);
    request.purpose = inquiry.purpose;
    request.case_reference = inquiry.case_reference;
    request.offence = inquiry.offence;
    request.partners = inquiry.partners;
    return rooms_.questions.Ask(caller, request);
  };
  std::set<std::string> silent;
  const auto is_answered = [&silent](const wire::FirearmCheckResult& result) {
    if (!result.verdict) silent.insert(result.agency);
    return result.verdict.has_value();
  };
  std::vector<wire::SeenMark> marks = asked.kept.seen_marks;
  for (wire::SeenMark& seen : marks) {
    PM_ASSIGN_OR_RETURN(const wire::FirearmChecked checked,
                        ask(wire::MarkToCheck{.mark = firearm::MarkText(seen.mark),
                                              .firearm_class = firearm_class,
                                              .serial = serial}));
    for (const wire::FirearmCheckResult& result : checked.partners) {
      std::erase_if(seen.searches, [&](const firearm::CertificateSearch& search) {
        return search.node == result.agency;
      });
      firearm::CertificateSearch search{.node = result.agency};
      if (is_answered(result)) {
        const bool known =
            std::get<wire::MarkVerdict>(*result.verdict).standing == wire::MarkStanding::kKnown;
        search.answer =
            known ? firearm::CertificateAnswer::kFound : firearm::CertificateAnswer::kNotFound;
      }
      seen.searches.push_back(std::move(search));
    }
  }
  PM_ASSIGN_OR_RETURN(
      const wire::FirearmChecked checked,
      ask(wire::SerialToCheck{.serial = serial, .make = make, .firearm_class = firearm_class}));
  for (int i = 0; i < kTriesMax; ++i) {
    PM_ASSIGN_OR_RETURN(Held held, rooms_.registry.Load(inquiry.firearm_id));
    KeptFirearm after = held.kept;
    after.changes.push_back(
        ChangeBy(caller, FirearmChangeKind::kCrossChecked, "partners were asked", {}));
    for (wire::SeenMark& seen : after.seen_marks) {
      const auto told = std::ranges::find(marks, seen.mark, &wire::SeenMark::mark);
      if (told != marks.end()) seen.searches = told->searches;
    }
    const std::set<std::string> keys = LookalikeKeys(held.kept.firearm);
    for (const wire::FirearmCheckResult& result : checked.partners) {
      if (!is_answered(result)) continue;
      std::erase_if(after.sightings, [&](const wire::FirearmSighting& sighting) {
        return sighting.agency == result.agency;
      });
      const auto& said = std::get<wire::SerialCheckVerdict>(*result.verdict);
      if (!said.state_group || keys.empty()) continue;
      after.sightings.push_back({.agency = result.agency,
                                 .group = *said.state_group,
                                 .reference = base::ToHex(said.reference),
                                 .serial_key = *keys.begin(),
                                 .make = after.firearm.make,
                                 .told_unix_ms = after.changes.back().unix_ms});
    }
    PM_ASSIGN_OR_RETURN(after.findings, RunChecks(after, {}));
    absl::StatusOr<FirearmActed> acted =
        WriteOne(caller, "CROSS_CHECKED", std::move(held), std::move(after));
    if (absl::IsFailedPrecondition(acted.status())) continue;  // Somebody changed it meanwhile.
    PM_RETURN_IF_ERROR(acted.status());
    return FirearmAsked{.acted = *std::move(acted), .silent = {silent.begin(), silent.end()}};
  }
  return absl::UnavailableError("the firearm is changed too often to keep what partners said");
}

absl::StatusOr<std::int64_t> Firearms::RecheckWhenDue() {
  PM_ASSIGN_OR_RETURN(const std::optional<std::int64_t> last, rooms_.registry.LastRecheckUnixMs());
  const std::int64_t now = rooms_.registry.NowUnixMs();
  if (last && now - *last < kRecheckEveryMs) return 0;
  std::int64_t changed = 0;
  if (last) {
    PM_ASSIGN_OR_RETURN(changed, RecheckAll());
  }
  PM_RETURN_IF_ERROR(rooms_.registry.SetLastRecheck(now));
  return changed;
}

absl::StatusOr<std::int64_t> Firearms::RecheckAll() {
  std::int64_t changed = 0;
  std::vector<FirearmRegistry::Writing> writings;
  const auto write = [&]() -> absl::Status {
    if (writings.empty()) return absl::OkStatus();
    const absl::Status written = rooms_.registry.Write("", "RECHECKED", writings).status();
    // Somebody changed one of them meanwhile, and with the change it was checked.
    if (!written.ok() && !absl::IsFailedPrecondition(written)) return written;
    if (written.ok()) changed += std::ssize(writings);
    writings.clear();
    return absl::OkStatus();
  };
  PM_ASSIGN_OR_RETURN(const Associations associations, CollectAssociations(nullptr, nullptr));
  PM_RETURN_IF_ERROR(rooms_.registry.ForEach([&](Held held) -> absl::Status {
    FirearmRegistry::Writing writing;
    writing.after = held.kept;
    writing.after.linked_firings = LinkedTo(held.kept.exhibits, associations);
    PM_ASSIGN_OR_RETURN(writing.after.findings, RunChecks(writing.after, {}));
    if (SameFindings(writing.after, held.kept)) return absl::OkStatus();
    writing.after.changes.push_back(ChangeBy({}, FirearmChangeKind::kRechecked, "", {}));
    writing.before = std::move(held);
    writings.push_back(std::move(writing));
    return writings.size() < kRecheckBatch ? absl::OkStatus() : write();
  }));
  PM_RETURN_IF_ERROR(write());
  SettleAlerts();
  if (changed > 0) {
    base::Log(base::LogSeverity::kWarning,
              absl::StrFormat("the checks find something else than before in %d firearms; see "
                              "`proofmark firearm list --check`",
                              changed));
  }
  return changed;
}

absl::StatusOr<std::set<std::string>> Firearms::LinksToPassOn() const {
  const std::int64_t now = rooms_.registry.NowUnixMs();
  std::set<std::string> ids;
  PM_RETURN_IF_ERROR(rooms_.links.ForEachAssociation([&](const wire::Link& link) {
    if (federation::DecideUse(federation::ConditionsOf(link.handling), {},
                              federation::MaterialUse::kOnward, "", now)
            .allowed) {
      ids.insert(link.link_id);
    }
    return absl::OkStatus();
  }));
  return ids;
}

absl::Status Firearms::ForEachDeactivated(
    CountedFor counted_for,
    const std::function<void(const firearm::ConformityFacts&)>& visit) const {
  std::optional<std::set<std::string>> passed_on;
  if (counted_for == CountedFor::kPartners) {
    PM_ASSIGN_OR_RETURN(passed_on, LinksToPassOn());
  }
  return rooms_.registry.ForEach([&](const Held& held) -> absl::Status {
    if (!held.kept.deactivation) return absl::OkStatus();
    KeptFirearm kept = held.kept;
    if (passed_on) {
      std::erase_if(kept.linked_firings, [&](const wire::LinkedFiring& firing) {
        return !passed_on->contains(firing.link_id);
      });
    }
    PM_ASSIGN_OR_RETURN(const std::vector<Finding> findings, RunChecks(kept, {}));
    visit(firearm::FactsFor(held.kept.firearm, *held.kept.deactivation, findings));
    return absl::OkStatus();
  });
}

absl::StatusOr<firearm::ConformityTally> Firearms::Report(
    const federation::Caller& caller, std::vector<firearm::Dimension> dimensions) {
  PM_ASSIGN_OR_RETURN(firearm::ConformityTally tally,
                      firearm::ConformityTally::Create(std::move(dimensions)));
  PM_RETURN_IF_ERROR(
      ForEachDeactivated(CountedFor::kOwnPeople,
                         [&tally](const firearm::ConformityFacts& facts) { tally.Add(facts); }));
  PM_RETURN_IF_ERROR(federation::LogConsultation(
      rooms_.ledger, caller,
      {.read = "CONFORMITY_REPORTED", .count = static_cast<std::uint64_t>(tally.Total().records)}));
  return tally;
}

absl::StatusOr<std::int64_t> Firearms::AddUnlinking(const CaseToErase& gone,
                                                    store::WriteRequest& request) {
  std::int64_t count = 0;
  PM_ASSIGN_OR_RETURN(const Associations left, CollectAssociations(nullptr, &gone));
  const auto visit = [&](const Held& held) -> absl::Status {
    KeptFirearm after = held.kept;
    const auto erased = std::erase_if(after.exhibits, [&](const wire::FirearmExhibit& exhibit) {
      return gone.Has(exhibit.exhibit_id);
    });
    after.linked_firings = LinkedTo(after.exhibits, left);
    if (erased == 0 && after.linked_firings == held.kept.linked_firings) return absl::OkStatus();
    ++count;
    PM_RETURN_IF_ERROR(rooms_.alerts.AddErasure(held.kept.id, /*again=*/true, request));
    // What checks found may name the exhibit.
    PM_ASSIGN_OR_RETURN(after.findings, RunChecks(after, {}));
    after.changes.push_back(ChangeBy({}, FirearmChangeKind::kUnlinked, "", {}));
    return rooms_.registry.AddReplacement(held, after, request);
  };
  PM_RETURN_IF_ERROR(rooms_.registry.ForEach(visit));
  return count;
}

absl::StatusOr<std::int64_t> Firearms::AddExpired(store::WriteRequest& request) const {
  const records::PartialDate today = DayOf(rooms_.registry.NowUnixMs());
  std::int64_t count = 0;
  const auto visit = [&](const Held& held) -> absl::Status {
    if (!IsExpired(held.kept, today)) return absl::OkStatus();
    ++count;
    PM_RETURN_IF_ERROR(rooms_.alerts.AddErasure(held.kept.id, /*again=*/false, request));
    return rooms_.registry.AddErasure(held, request);
  };
  PM_RETURN_IF_ERROR(rooms_.registry.ForEach(visit));
  return count;
}

absl::Status Firearms::AddErasure(std::string_view id, store::WriteRequest& request) const {
  PM_ASSIGN_OR_RETURN(const Held held, rooms_.registry.Load(id));
  PM_RETURN_IF_ERROR(rooms_.alerts.AddErasure(id, /*again=*/false, request));
  return rooms_.registry.AddErasure(held, request);
}

lookup::RecordSource SharedFirearmsOf(const registry::FirearmRegistry& registry) {
  return [&registry](const lookup::SharedVisitor& visit) {
    return registry.ForEachShared([&](const wire::KeptFirearm& kept) -> absl::Status {
      const std::string make = firearm::LookupMake(kept.firearm.make.empty() ? kept.firearm.make_raw
                                                                             : kept.firearm.make);
      const std::string model = firearm::LookupModel(
          kept.firearm.model.empty() ? kept.firearm.model_raw : kept.firearm.model);
      int number = 0;
      for (const firearm::Serial& serial : kept.firearm.serials) {
        ++number;
        if (!firearm::IsSearchable(serial) || firearm::IsSearchedByPattern(serial)) continue;
        PM_ASSIGN_OR_RETURN(const firearm::SerialKeys keys,
                            firearm::MakeSerialKeys(serial.raw, serial.numerals));
        if (keys.lookalike.empty()) continue;
        PM_RETURN_IF_ERROR(
            visit({.record_id = absl::StrFormat("%s/%d", kept.id, number),
                   .fields = {.make = make, .model = model, .serial = keys.lookalike},
                   .group = firearm::GroupOf(kept.state()),
                   .reference = kept.reference}));
      }
      return absl::OkStatus();
    });
  };
}

}  // namespace proofmark::journeys
