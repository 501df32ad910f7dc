// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/checks.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "records/firearm/script.h"
#include "records/firearm/serial.h"

namespace proofmark::firearm {
namespace {

using records::Compare;
using records::DateOrder;
using records::PartialDate;

constexpr double kInsertHrcMin2018 = 40.0;
constexpr double kInsertHrcMin2015 = 58.0;
constexpr double kInsertHrcMax2015 = 64.0;
constexpr double kMassReductionPercentMin = 50.0;
constexpr std::int32_t kYearsApartMax = 1;

// Collects what one rule finds.
class Report {
 public:
  Report(CheckId check, std::vector<Finding>& findings)
      : check_(check), severity_(RuleOf(check).severity), findings_(findings) {}

  void Add(std::string evidence, std::vector<std::string> fields) {
    Add(severity_, std::move(evidence), std::move(fields));
  }
  // Where the facts leave it open.
  void AddWarning(std::string evidence, std::vector<std::string> fields) {
    Add(Severity::kWarning, std::move(evidence), std::move(fields));
  }

 private:
  void Add(Severity severity, std::string evidence, std::vector<std::string> fields) {
    if (count_ == kFindingsPerCheckMax) return;
    ++count_;
    findings_.push_back({.check = check_,
                         .severity = severity,
                         .evidence = std::move(evidence),
                         .fields = std::move(fields)});
  }

  const CheckId check_;
  const Severity severity_;
  std::vector<Finding>& findings_;
  std::int64_t count_ = 0;
};

// The certificate, null where there is none.
const DeactivationCertificate* CertificateOf(const CheckContext& context) {
  return context.deactivation != nullptr && context.deactivation->certificate
             ? &*context.deactivation->certificate
             : nullptr;
}

// The deactivation, when it claims one of the two common standards; else null.
const DeactivationRecord* CommonDeactivation(const CheckContext& context) {
  return context.deactivation != nullptr && FactsOf(context.deactivation->standard).eu
             ? context.deactivation
             : nullptr;
}

const VerifyingEntity* FindEntity(const CheckContext& context, std::string_view code) {
  const auto found = std::find_if(context.entities.begin(), context.entities.end(),
                                  [code](const VerifyingEntity& e) { return e.code == code; });
  return found == context.entities.end() ? nullptr : &*found;
}

const OperationOutcome* FindOutcome(const DeactivationRecord& record, const Operation& operation) {
  for (const OperationOutcome& outcome : record.outcomes) {
    if (FindOperation(record.standard, record.checklist_type, outcome.number) == &operation) {
      return &outcome;
    }
  }
  return nullptr;
}

bool IsFrame(Component component) {
  return component == Component::kFrame || component == Component::kReceiver ||
         component == Component::kReceiverUpper || component == Component::kReceiverLower;
}

bool IsDeactivatedState(std::optional<State> state) {
  return state == State::kDeactivated || state == State::kDeactivatedOldStandard;
}

bool SameName(std::string_view one, std::string_view other) {
  const std::string words = LookalikeWords(one);
  return !words.empty() && words == LookalikeWords(other);
}

void CheckStandardHadBegun(const CheckContext& context, Report report) {
  const DeactivationRecord* const record = CommonDeactivation(context);
  const DeactivationCertificate* const certificate = CertificateOf(context);
  if (record == nullptr || certificate == nullptr || !certificate->certified_on) return;
  const PartialDate& begun = *FactsOf(record->standard).applies_from;
  if (Compare(*certificate->certified_on, begun) != DateOrder::kBefore) return;
  report.Add(absl::StrFormat("Certified %s, but %s applies from %s",
                             PartialDateText(*certificate->certified_on), CodeOf(record->standard),
                             PartialDateText(begun)),
             {"certificate.certified_on", "standard"});
}

// An operation that is always due must have been done, or have been found not due.
void CheckChecklistIsComplete(const CheckContext& context, Report report) {
  const DeactivationRecord* const record = context.deactivation;
  if (record == nullptr) return;
  for (const Operation& operation : OperationsOf(record->standard, record->checklist_type)) {
    if (operation.applicability != Applicability::kAlways) continue;
    const OperationOutcome* const outcome = FindOutcome(*record, operation);
    const std::string_view state = outcome == nullptr                         ? "has no outcome"
                                   : outcome->outcome == Outcome::kNotChecked ? "was not checked"
                                   : outcome->outcome == Outcome::kNotDone    ? "was not done"
                                                                              : "";
    if (state.empty()) continue;
    report.Add(absl::StrFormat("Operation %s of %s, always due, %s", operation.number,
                               CodeOf(record->standard), state),
               {"outcomes", std::string(operation.number)});
  }
}

void CheckMagazine(const CheckContext& context, Report report) {
  const DeactivationRecord* const record = context.deactivation;
  if (record == nullptr) return;
  const auto done = [record](Applicability applicability) {
    for (const Operation& operation : OperationsOf(record->standard, record->checklist_type)) {
      if (operation.applicability != applicability) continue;
      const OperationOutcome* const outcome = FindOutcome(*record, operation);
      if (outcome != nullptr && outcome->outcome == Outcome::kDone) return true;
    }
    return false;
  };
  const std::span<const Operation> list = OperationsOf(record->standard, record->checklist_type);
  const bool has_both_operations =
      std::any_of(list.begin(), list.end(), [](const Operation& operation) {
        return operation.applicability == Applicability::kIfMagazineFitted;
      });
  if (!has_both_operations) return;
  const bool fitted = done(Applicability::kIfMagazineFitted);
  const bool missing = done(Applicability::kIfMagazineMissing);
  const bool tube = done(Applicability::kIfTubeMagazine);
  if (fitted && missing) {
    report.Add("The magazine is recorded both as fitted and fixed, and as missing", {"outcomes"});
  } else if (!fitted && !missing && !tube && TakesMagazine(*context.firearm) == true) {
    report.Add("The firearm takes a magazine, and neither its fixing nor its absence is recorded",
               {"outcomes", "feed"});
  }
}

// Where there is no frame, the receiver stands for it.
bool HasFullMarkOnFrame(const DeactivationRecord& record) {
  return std::any_of(record.components.begin(), record.components.end(),
                     [](const ComponentWork& work) {
                       return IsFrame(work.component) && work.mark && IsFull(*work.mark);
                     });
}

void CheckFullMark(const CheckContext& context, Report report) {
  const DeactivationRecord* const record = CommonDeactivation(context);
  if (record == nullptr || HasFullMarkOnFrame(*record)) return;
  report.Add("No full mark is recorded on frame or receiver", {"components.mark"});
}

void CheckShortMarks(const CheckContext& context, Report report) {
  const DeactivationRecord* const record = CommonDeactivation(context);
  if (record == nullptr) return;
  const bool frame_is_marked = HasFullMarkOnFrame(*record);  // Else that is what D04 tells.
  for (const ComponentWork& work : record->components) {
    if (!work.modified || work.mark || (IsFrame(work.component) && !frame_is_marked)) continue;
    report.Add(
        absl::StrFormat("Component %s was changed and bears no mark", CodeOf(work.component)),
        {"components.mark", std::string(CodeOf(work.component))});
  }
}

void CheckMarkCountry(const CheckContext& context, Report report) {
  const DeactivationRecord* const record = CommonDeactivation(context);
  const DeactivationCertificate* const certificate = CertificateOf(context);
  if (record == nullptr || certificate == nullptr || record->article4_assistance) return;
  const VerifyingEntity* const entity = FindEntity(context, certificate->verifying_entity);
  const std::string& country = entity != nullptr ? entity->country : certificate->country;
  if (country.empty()) return;
  for (const ComponentWork& work : record->components) {
    if (!work.mark || CountryCode(work.mark->country) == CountryCode(country)) continue;
    report.Add(absl::StrFormat("The mark on %s names %s, the verifying entity belongs to %s",
                               CodeOf(work.component), work.mark->country, country),
               {"components.mark", "certificate.verifying_entity"});
  }
}

void CheckSeparation(const CheckContext& context, Report report) {
  const DeactivationRecord* const record = CommonDeactivation(context);
  const DeactivationCertificate* const certificate = CertificateOf(context);
  if (record == nullptr || certificate == nullptr || record->persons_separated) return;
  const VerifyingEntity* const entity = FindEntity(context, certificate->verifying_entity);
  const std::string& worker = certificate->deactivating_entity;
  if (!SameName(worker, certificate->verifying_entity) &&
      !(entity != nullptr && SameName(worker, entity->name))) {
    return;
  }
  report.Add("The verifying entity did the work itself, and no separation of persons is recorded",
             {"certificate.deactivating_entity", "certificate.verifying_entity"});
}

void CheckNumberIsUnique(const CheckContext& context, Report report) {
  const DeactivationCertificate* const certificate = CertificateOf(context);
  if (certificate == nullptr) return;
  const std::string number = NormalCertificateNumber(certificate->number);
  for (const CertificateUse& use : context.certificate_uses) {
    if (number.empty() || use.verifying_entity != certificate->verifying_entity ||
        NormalCertificateNumber(use.number) != number) {
      continue;
    }
    report.Add(
        absl::StrFormat("The certificate's number was issued for firearm %s, too", use.firearm),
        {"certificate.number", "certificate.verifying_entity"});
  }
}

// Whether a number of a paper may be the one on the item; nullopt when neither can be told.
std::optional<bool> MayBeSame(const Serial& paper, const Serial& item) {
  if (!IsSearchable(paper) || !IsSearchable(item)) return std::nullopt;
  if (IsSearchedByPattern(paper) && IsSearchedByPattern(item)) return std::nullopt;
  const Serial& exact = IsSearchedByPattern(paper) ? item : paper;
  const Serial& other = IsSearchedByPattern(paper) ? paper : item;
  const absl::StatusOr<SerialKeys> keys = MakeSerialKeys(exact.raw, exact.numerals);
  if (!keys.ok()) return std::nullopt;
  if (IsSearchedByPattern(other)) {
    const absl::StatusOr<SerialPattern> pattern = ReadPattern(other.raw);
    if (!pattern.ok()) return std::nullopt;
    return pattern->Matches(keys->lookalike);
  }
  const absl::StatusOr<SerialKeys> other_keys = MakeSerialKeys(other.raw, other.numerals);
  if (!other_keys.ok()) return std::nullopt;
  const std::optional<SerialGrade> grade = CompareSerials(*keys, *other_keys);
  return grade == SerialGrade::kExact || grade == SerialGrade::kScript;
}

// A number of the paper disagrees when some number of that component can be compared, and none of
// those may be the same. A number without a component may stand on any.
void CheckSerials(const CheckContext& context, Report report) {
  const DeactivationCertificate* const certificate = CertificateOf(context);
  if (certificate == nullptr) return;
  for (const Serial& paper : certificate->serials) {
    bool compared = false;
    bool same = false;
    for (const Serial& item : context.firearm->serials) {
      const bool one_place =
          !paper.component || !item.component || *paper.component == *item.component;
      if (!one_place) continue;
      if (const std::optional<bool> may = MayBeSame(paper, item)) {
        compared = true;
        same = same || *may;
      }
    }
    if (!compared || same) continue;
    report.Add(absl::StrFormat("The certificate's serial number of %s is not the one on the item",
                               paper.component ? CodeOf(*paper.component) : "the firearm"),
               {"certificate.serials", "serials"});
  }
}

void CheckYears(const CheckContext& context, Report report) {
  const DeactivationRecord* const record = CommonDeactivation(context);
  const DeactivationCertificate* const certificate = CertificateOf(context);
  if (record == nullptr || certificate == nullptr || !certificate->certified_on) return;
  const DeactivationMark* const mark = FullMark(*record);
  if (mark == nullptr) return;
  if (std::abs(mark->year - certificate->certified_on->year) <= kYearsApartMax) return;
  report.Add(absl::StrFormat("The mark says %d, the certificate %d", mark->year,
                             certificate->certified_on->year),
             {"components.mark", "certificate.certified_on"});
}

void CheckHardness(const CheckContext& context, Report report) {
  const DeactivationRecord* const record = CommonDeactivation(context);
  if (record == nullptr) return;
  const bool of2018 = record->standard == Standard::kEu2018;
  for (const OperationOutcome& outcome : record->outcomes) {
    if (!outcome.insert_hardness_hrc) continue;
    const double hrc = *outcome.insert_hardness_hrc;
    const bool hard_enough =
        of2018 ? hrc >= kInsertHrcMin2018 : hrc >= kInsertHrcMin2015 && hrc <= kInsertHrcMax2015;
    if (hard_enough) continue;
    report.Add(absl::StrFormat("Insert of operation %s measured %g HRC, %s asks %s", outcome.number,
                               hrc, CodeOf(record->standard), of2018 ? "at least 40" : "58 to 64"),
               {"outcomes.insert_hardness_hrc", outcome.number});
  }
}

void CheckMass(const CheckContext& context, Report report) {
  const DeactivationRecord* const record = context.deactivation;
  if (record == nullptr || record->standard != Standard::kEu2018) return;
  if (record->checklist_type != 6 && record->checklist_type != 7) return;
  for (const OperationOutcome& outcome : record->outcomes) {
    if (!outcome.mass_reduction_percent) continue;
    if (*outcome.mass_reduction_percent >= kMassReductionPercentMin) continue;
    report.Add(
        absl::StrFormat("Operation %s took %g %% of the mass, at least %g %% are due",
                        outcome.number, *outcome.mass_reduction_percent, kMassReductionPercentMin),
        {"outcomes.mass_reduction_percent", outcome.number});
  }
}

bool CrossesABorder(const Transfer& transfer) {
  return !transfer.to_country.empty() && !transfer.from_country.empty() &&
         CountryCode(transfer.to_country) != CountryCode(transfer.from_country);
}

void CheckPapersForTransfer(const CheckContext& context, Report report) {
  if (context.deactivation == nullptr && !IsDeactivatedState(StateAfter(context.history))) return;
  const bool marked = context.deactivation != nullptr && FullMark(*context.deactivation) != nullptr;
  const bool certified =
      CertificateOf(context) != nullptr && !context.deactivation->certificate_withdrawn;
  if (marked && certified) return;
  for (const Transfer& transfer : context.transfers) {
    if (transfer.offered_only || !CrossesABorder(transfer)) continue;
    report.Add(absl::StrFormat("Passed from %s to %s without %s", transfer.from_country,
                               transfer.to_country,
                               marked      ? "a valid certificate"
                               : certified ? "the common mark"
                                           : "the common mark and a valid certificate"),
               {"transfers", marked ? "certificate" : "components.mark"});
  }
}

// Whether the standard was followed by another for this firearm. Launchers and flare pistols, which
// the common one leaves out, are still deactivated under the British one of 2010.
bool IsSuperseded(Standard standard, FirearmClass firearm_class) {
  const bool left_out =
      firearm_class == FirearmClass::kLauncher || firearm_class == FirearmClass::kFlare;
  if (standard == Standard::kUk2010 && left_out) return false;
  return FactsOf(standard).applies_until.has_value();
}

void CheckOldStandard(const CheckContext& context, Report report) {
  const DeactivationRecord* const record = context.deactivation;
  if (record == nullptr || !IsSuperseded(record->standard, context.firearm->firearm_class)) return;
  for (const Transfer& transfer : context.transfers) {
    const std::string to =
        transfer.to_country.empty() ? "" : absl::StrFormat(" to %s", transfer.to_country);
    report.Add(absl::StrFormat("%s%s while it meets %s only",
                               transfer.offered_only ? "Offered for sale" : "Transferred", to,
                               CodeOf(record->standard)),
               {"transfers", "standard"});
  }
}

std::vector<std::string> LookalikeKeys(const Firearm& firearm) {
  std::vector<std::string> found;
  for (const Serial& serial : firearm.serials) {
    if (!IsSearchable(serial) || IsSearchedByPattern(serial)) continue;
    const absl::StatusOr<SerialKeys> keys = MakeSerialKeys(serial.raw, serial.numerals);
    if (keys.ok()) found.push_back(keys->lookalike);
  }
  return found;
}

// A node that holds a firearm of this number as deactivated; null when there is none, and for the
// firearm's own record, whose certificate says more.
const Sighting* DeactivatedElsewhere(const CheckContext& context) {
  const std::vector<std::string> keys = LookalikeKeys(*context.firearm);
  for (const Sighting& sighting : context.sightings) {
    if (sighting.deactivated && sighting.make == context.firearm->make &&
        std::find(keys.begin(), keys.end(), sighting.serial_key) != keys.end()) {
      return &sighting;
    }
  }
  return nullptr;
}

std::string FiringText(const Firing& firing) {
  return absl::StrFormat("%s %s", firing.test_fire ? "Test fire" : "Evidence of firing",
                         firing.exhibit);
}

void CheckFirings(const CheckContext& context, Report report) {
  const DeactivationCertificate* const certificate = CertificateOf(context);
  if (certificate == nullptr) {
    const Sighting* const elsewhere = DeactivatedElsewhere(context);
    if (elsewhere == nullptr) return;
    for (const Firing& firing : context.firings) {
      report.AddWarning(
          absl::StrFormat("%s is attributed to a firearm that %s holds as deactivated; the date "
                          "of its certificate is not known here",
                          FiringText(firing), elsewhere->node),
          {"sightings", firing.exhibit});
    }
    return;
  }
  for (const Firing& firing : context.firings) {
    const std::string what = FiringText(firing);
    const std::vector<std::string> fields = {"certificate.certified_on", firing.exhibit};
    if (!certificate->certified_on || !firing.fired_on) {
      report.AddWarning(
          absl::StrFormat("%s is attributed to a firearm with a deactivation certificate; %s date "
                          "is not known",
                          what, firing.fired_on ? "the certificate's" : "its"),
          fields);
      continue;
    }
    const std::string dates =
        absl::StrFormat("fired %s, certified %s", PartialDateText(*firing.fired_on),
                        PartialDateText(*certificate->certified_on));
    switch (Compare(*certificate->certified_on, *firing.fired_on)) {
      case DateOrder::kBefore:
        report.Add(absl::StrFormat("%s is attributed to a deactivated firearm%s: %s", what,
                                   firing.confirmed ? "" : " by an unconfirmed link", dates),
                   fields);
        break;
      case DateOrder::kSameDay:
      case DateOrder::kUncertain:
        report.AddWarning(absl::StrFormat("%s may come after the deactivation: %s", what, dates),
                          fields);
        break;
      case DateOrder::kAfter:
        break;
    }
  }
}

void CheckRecoveredMarks(const CheckContext& context, Report report) {
  if (CertificateOf(context) != nullptr) return;
  for (const RecoveredMark& recovered : context.recovered_marks) {
    const auto count = [&recovered](CertificateAnswer answer) {
      return std::count_if(recovered.searches.begin(), recovered.searches.end(),
                           [answer](const CertificateSearch& s) { return s.answer == answer; });
    };
    if (recovered.searches.empty() || count(CertificateAnswer::kFound) > 0) continue;
    const auto silent = count(CertificateAnswer::kNoAnswer);
    const std::string mark = MarkText(recovered.mark);
    const std::vector<std::string> fields = {"recovered_marks"};
    if (silent == 0) {
      report.Add(absl::StrFormat("The recovered firearm bears %s; none of %d nodes knows its "
                                 "certificate",
                                 mark, recovered.searches.size()),
                 fields);
    } else {
      report.AddWarning(absl::StrFormat("The recovered firearm bears %s; no certificate was found, "
                                        "and %d of %d nodes did not answer",
                                        mark, silent, recovered.searches.size()),
                        fields);
    }
  }
}

// Whether both sightings may have held at one moment.
bool Overlap(const Sighting& one, const Sighting& other) {
  const auto over_before = [](const Sighting& a, const Sighting& b) {
    return a.until && b.from && Compare(*a.until, *b.from) == DateOrder::kBefore;
  };
  return !over_before(one, other) && !over_before(other, one);
}

void CheckSightings(const CheckContext& context, Report report) {
  if (context.deactivation == nullptr && !IsDeactivatedState(StateAfter(context.history)) &&
      DeactivatedElsewhere(context) == nullptr) {
    return;
  }
  const std::vector<std::string> keys = LookalikeKeys(*context.firearm);
  std::vector<const Sighting*> sightings;
  for (const Sighting& sighting : context.sightings) {
    if (sighting.make.empty() || sighting.make != context.firearm->make) continue;
    if (std::find(keys.begin(), keys.end(), sighting.serial_key) == keys.end()) continue;
    sightings.push_back(&sighting);
  }
  for (std::size_t i = 0; i < sightings.size(); ++i) {
    for (std::size_t j = i + 1; j < sightings.size(); ++j) {
      const Sighting& one = *sightings[i];
      const Sighting& other = *sightings[j];
      if (one.node == other.node || one.place == other.place || !Overlap(one, other)) continue;
      report.Add(absl::StrFormat("Its serial number and make are reported by %s in %s and by %s in "
                                 "%s at one time",
                                 one.node, one.place, other.node, other.place),
                 {"sightings", "serials", "make"});
    }
  }
}

void CheckConversion(const CheckContext& context, Report report) {
  const Firearm& firearm = *context.firearm;
  if (!firearm.conversion || *firearm.conversion == Conversion::kCalibre ||
      *firearm.conversion == Conversion::kOther) {
    return;
  }
  const bool recorded_deactivated = IsDeactivatedState(StateAfter(context.history)) ||
                                    firearm.category == Category::kC6 ||
                                    context.deactivation != nullptr;
  if (!recorded_deactivated) return;
  report.Add(absl::StrFormat("Converted (%s), not deactivated: it keeps its category",
                             CodeOf(*firearm.conversion)),
             {"conversion", "category"});
}

void CheckCategory(const CheckContext& context, Report report) {
  const DeactivationRecord* const record = CommonDeactivation(context);
  if (record == nullptr || record->certificate_withdrawn) return;
  const std::optional<State> state = StateAfter(context.history);
  if (state == State::kReactivationSuspected || state == State::kReactivationConfirmed ||
      state == State::kCertificateWithdrawn) {
    return;
  }
  const Firearm& firearm = *context.firearm;
  if (firearm.category != Category::kC6) {
    report.Add(absl::StrFormat("Deactivated, but classed %s",
                               firearm.category ? CodeOf(*firearm.category) : "nowhere"),
               {"category"});
  }
  if (!firearm.category_before && !record->category_before) {
    report.Add("The category before the deactivation is lost", {"category_before"});
  }
}

void CheckEnglish(const CheckContext& context, Report report) {
  const DeactivationCertificate* const certificate = CertificateOf(context);
  if (CommonDeactivation(context) == nullptr || certificate == nullptr) return;
  if (certificate->in_english == true) return;
  report.Add(certificate->in_english ? "The certificate has no English version"
                                     : "No English version of the certificate is recorded",
             {"certificate.in_english"});
}

template <CheckId kId, void (*kCheck)(const CheckContext&, Report)>
void Run(const CheckContext& context, std::vector<Finding>& findings) {
  kCheck(context, Report(kId, findings));
}

constexpr CheckRule kRules[] = {
    {CheckId::kD01, "D01", Severity::kError, "Certified before the claimed standard applied",
     "Application dates of (EU) 2015/2403 and (EU) 2018/337",
     &Run<CheckId::kD01, CheckStandardHadBegun>},
    {CheckId::kD02, "D02", Severity::kError,
     "An operation that is always due has no outcome, was not checked or was not done",
     "(EU) 2015/2403 Annex I", &Run<CheckId::kD02, CheckChecklistIsComplete>},
    {CheckId::kD03, "D03", Severity::kError,
     "Magazine recorded both as fitted and as missing, or as neither",
     "(EU) 2018/337 Annex I Table III", &Run<CheckId::kD03, CheckMagazine>},
    {CheckId::kD04, "D04", Severity::kError, "No full mark recorded on the frame",
     "(EU) 2018/337 Annex II", &Run<CheckId::kD04, CheckFullMark>},
    {CheckId::kD05, "D05", Severity::kWarning, "A changed component bears no mark",
     "(EU) 2018/337 Annex II", &Run<CheckId::kD05, CheckShortMarks>},
    {CheckId::kD06, "D06", Severity::kWarning,
     "The mark names another country than the verifying entity's, without assistance",
     "(EU) 2015/2403 Art 4, Annex II", &Run<CheckId::kD06, CheckMarkCountry>},
    {CheckId::kD07, "D07", Severity::kWarning,
     "One entity deactivated and verified, and no separation of persons is recorded",
     "(EU) 2015/2403 Art 3(2)", &Run<CheckId::kD07, CheckSeparation>},
    {CheckId::kD08, "D08", Severity::kError,
     "The entity used the certificate's number for another firearm", "Rule of this project",
     &Run<CheckId::kD08, CheckNumberIsUnique>},
    {CheckId::kD09, "D09", Severity::kError,
     "A serial number of the certificate is not the one on the item", "(EU) 2015/2403 Art 5(c)",
     &Run<CheckId::kD09, CheckSerials>},
    {CheckId::kD10, "D10", Severity::kWarning, "Mark and certificate are more than a year apart",
     "Rule of this project", &Run<CheckId::kD10, CheckYears>},
    {CheckId::kD11, "D11", Severity::kWarning, "An insert is not as hard as the standard asks",
     "(EU) 2018/337 Annex I Table II; (EU) 2015/2403 Annex I", &Run<CheckId::kD11, CheckHardness>},
    {CheckId::kD12, "D12", Severity::kWarning, "Bolt or carrier lost less than half its mass",
     "(EU) 2018/337 Annex I", &Run<CheckId::kD12, CheckMass>},
    {CheckId::kD13, "D13", Severity::kError,
     "Passed to another State without common mark and certificate", "(EU) 2015/2403 Art 7(1)",
     &Run<CheckId::kD13, CheckPapersForTransfer>},
    {CheckId::kD14, "D14", Severity::kWarning,
     "Offered or transferred while it meets an earlier standard only",
     "(EU) 2015/2403 Art 1(2); Firearms (Amendment) Act 1988 s.8A",
     &Run<CheckId::kD14, CheckOldStandard>},
    {CheckId::kD15, "D15", Severity::kAlert,
     "Fired after its deactivation was certified: suspected reactivation", "Rule of this project",
     &Run<CheckId::kD15, CheckFirings>},
    {CheckId::kD16, "D16", Severity::kAlert,
     "Recovered with a mark of deactivation that no node has a certificate for",
     "Rule of this project", &Run<CheckId::kD16, CheckRecoveredMarks>},
    {CheckId::kD17, "D17", Severity::kAlert,
     "One deactivated serial number and make in two places at one time", "Rule of this project",
     &Run<CheckId::kD17, CheckSightings>},
    {CheckId::kD18, "D18", Severity::kWarning,
     "Converted to blanks, irritants, pyrotechnics, salutes or sound, and recorded as deactivated",
     "(EU) 2021/555 Annex I A9, B8, C5", &Run<CheckId::kD18, CheckConversion>},
    {CheckId::kD19, "D19", Severity::kError,
     "Deactivated, but not of category C6, or its earlier category is lost",
     "(EU) 2021/555 Annex I C6", &Run<CheckId::kD19, CheckCategory>},
    {CheckId::kD20, "D20", Severity::kWarning, "No English version of the certificate",
     "(EU) 2015/2403 Art 3(4)", &Run<CheckId::kD20, CheckEnglish>},
};

}  // namespace

std::string_view SeverityCode(Severity severity) {
  switch (severity) {
    case Severity::kWarning:
      return "WARNING";
    case Severity::kError:
      return "ERROR";
    case Severity::kAlert:
      return "ALERT";
  }
  PM_CHECK(false);
}

std::span<const CheckRule> CheckRules() { return kRules; }

const CheckRule& RuleOf(CheckId id) {
  const auto number = static_cast<std::size_t>(id);
  PM_CHECK(number >= 1 && number <= std::size(kRules));
  return kRules[number - 1];
}

std::optional<CheckId> FindCheck(std::string_view code) {
  for (const CheckRule& rule : kRules) {
    if (rule.code == code) return rule.id;
  }
  return std::nullopt;
}

std::vector<Finding> RunChecks(const CheckContext& context) {
  PM_CHECK(context.firearm != nullptr);
  std::vector<Finding> findings;
  for (const CheckRule& rule : kRules) rule.run(context, findings);
  return findings;
}

}  // namespace proofmark::firearm
