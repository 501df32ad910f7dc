// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/deactivation.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "records/firearm/fields.h"

namespace proofmark::firearm {
namespace {

using records::Compare;
using records::DateOrder;
using records::PartialDate;

absl::Status CheckChecklistType(std::string_view field, std::int32_t type) {
  return CheckNumber(field, type, 0, kChecklistTypeMax);
}

absl::Status CheckCertificate(const DeactivationCertificate& certificate) {
  PM_RETURN_IF_ERROR(CheckText("certificate.number", certificate.number, 1, kReferenceBytesMax));
  PM_RETURN_IF_ERROR(CheckSymbol("certificate.verifying_entity", certificate.verifying_entity, 0,
                                 kEntityCodeCharsMax));
  PM_RETURN_IF_ERROR(CheckCode("certificate.standard", certificate.standard));
  PM_RETURN_IF_ERROR(CheckCountry("certificate.country", certificate.country));
  PM_RETURN_IF_ERROR(CheckDate("certificate.certified_on", certificate.certified_on));
  PM_RETURN_IF_ERROR(CheckChecklistType("certificate.checklist_type", certificate.checklist_type));
  PM_RETURN_IF_ERROR(CheckCalibre("certificate.calibre_code", certificate.calibre_code));
  PM_RETURN_IF_ERROR(CheckCount("certificate.serials", certificate.serials.size(), 0, kSerialsMax));
  for (const Serial& serial : certificate.serials) PM_RETURN_IF_ERROR(CheckSerial(serial));
  const struct {
    std::string_view field;
    const std::string& text;
    std::int64_t bytes_max;
  } kTexts[] = {
      {"certificate.conformity_statement", certificate.conformity_statement, kRemarksBytesMax},
      {"certificate.deactivating_entity", certificate.deactivating_entity, kTextBytesMax},
      {"certificate.manufacturer", certificate.manufacturer, kTextBytesMax},
      {"certificate.type", certificate.type, kTextBytesMax},
      {"certificate.make_model", certificate.make_model, kTextBytesMax},
      {"certificate.calibre_raw", certificate.calibre_raw, kTextBytesMax},
      {"certificate.remarks", certificate.remarks, kRemarksBytesMax},
      {"certificate.mark_image", certificate.mark_image, kReferenceBytesMax},
      {"certificate.signatory", certificate.signatory, kPersonBytesMax},
  };
  for (const auto& [field, text, bytes_max] : kTexts) {
    PM_RETURN_IF_ERROR(CheckText(field, text, 0, bytes_max));
  }
  const std::string& language = certificate.language;
  if (!language.empty() && (language.size() < 2 || language.size() > 3 ||
                            !std::all_of(language.begin(), language.end(),
                                         [](char c) { return c >= 'a' && c <= 'z'; }))) {
    return absl::InvalidArgumentError(
        "certificate.language: must be a tag of two or three letters a-z, or empty");
  }
  return CheckDate("certificate.retain_until", certificate.retain_until);
}

absl::Status CheckOutcome(const DeactivationRecord& record, const OperationOutcome& outcome) {
  if (FindOperation(record.standard, record.checklist_type, outcome.number) == nullptr) {
    return absl::InvalidArgumentError(
        "outcomes.number: no operation of the record's standard and checklist type");
  }
  PM_RETURN_IF_ERROR(CheckCode("outcomes.outcome", outcome.outcome));
  PM_RETURN_IF_ERROR(CheckCode("outcomes.method", outcome.method));
  PM_RETURN_IF_ERROR(CheckCodeText("outcomes.checked_by_role", outcome.checked_by_role));
  PM_RETURN_IF_ERROR(CheckDate("outcomes.checked_on", outcome.checked_on));
  PM_RETURN_IF_ERROR(CheckText("outcomes.image", outcome.image, 0, kReferenceBytesMax));
  if (outcome.insert_hardness_hrc) {
    PM_RETURN_IF_ERROR(CheckNumber("outcomes.insert_hardness_hrc", *outcome.insert_hardness_hrc,
                                   0.0, kHardnessHrcMax));
  }
  if (outcome.mass_reduction_percent) {
    PM_RETURN_IF_ERROR(CheckNumber("outcomes.mass_reduction_percent",
                                   *outcome.mass_reduction_percent, 0.0, 100.0));
  }
  return absl::OkStatus();
}

// Whether `date` is certainly after the last day of a standard that has ended.
bool EndsBefore(Standard standard, const PartialDate& date) {
  return Compare(*FactsOf(standard).applies_until, date) == DateOrder::kBefore;
}

// Those of `older` and `newer`, successive standards, that a year allows: both when the change lies
// in it, unless the day of certification decides.
std::vector<Standard> AllowedBy(std::int32_t year, const std::optional<PartialDate>& certified_on,
                                Standard older, Standard newer) {
  const PartialDate of_year{.year = year, .month = 0, .day = 0};
  const PartialDate date = certified_on && certified_on->year == year ? *certified_on : of_year;
  const PartialDate& change = *FactsOf(newer).applies_from;
  switch (Compare(date, change)) {
    case DateOrder::kBefore:
      return {older};
    case DateOrder::kSameDay:
    case DateOrder::kAfter:
      return {newer};
    case DateOrder::kUncertain:
      return {older, newer};
  }
  PM_CHECK(false);
}

StandardChoice Chosen(std::vector<Standard> possible, StandardBasis basis) {
  const Standard standard = possible.size() == 1 ? possible.front() : Standard::kUnknown;
  return {.standard = standard, .basis = basis, .possible = std::move(possible)};
}

// What a common mark of that year stands for; empty for a year without common marks.
std::vector<Standard> OfMarkYear(const StandardEvidence& evidence) {
  const std::int32_t year = *evidence.mark_year;
  if (year < FactsOf(Standard::kEu2015).applies_from->year) return {};
  return AllowedBy(year, evidence.certified_on, Standard::kEu2015, Standard::kEu2018);
}

// What a proof house's own mark of that year stands for. From 2016 on it is the British
// specification only for what the common one does not cover.
std::vector<Standard> OfProofHouse(const StandardEvidence& evidence) {
  const std::int32_t year = evidence.proof_house_mark->year;
  const PartialDate of_year{.year = year, .month = 0, .day = 0};
  if (year < FactsOf(Standard::kUk1989).applies_from->year) return {};
  if (!EndsBefore(Standard::kUk1989, of_year)) return {Standard::kUk1989};
  if (year <= FactsOf(Standard::kUk1995).applies_until->year) {
    return AllowedBy(year, evidence.certified_on, Standard::kUk1995, Standard::kUk2010);
  }
  const bool outside_the_common_one = evidence.firearm_class == FirearmClass::kLauncher ||
                                      evidence.firearm_class == FirearmClass::kFlare;
  if (year < FactsOf(Standard::kEu2015).applies_from->year || outside_the_common_one) {
    return {Standard::kUk2010};
  }
  std::vector<Standard> common =
      AllowedBy(year, evidence.certified_on, Standard::kEu2015, Standard::kEu2018);
  common.insert(common.begin(), Standard::kUk2010);
  return common;
}

}  // namespace

std::vector<std::string_view> MissingCertificateFields(const DeactivationCertificate& certificate) {
  // In the order of CertificateFields().
  const bool kEmpty[] = {
      certificate.number.empty(),           certificate.verifying_entity.empty(),
      !certificate.standard.has_value(),    certificate.deactivating_entity.empty(),
      certificate.country.empty(),          !certificate.certified_on.has_value(),
      certificate.manufacturer.empty(),     certificate.type.empty(),
      certificate.make_model.empty(),       certificate.calibre_raw.empty(),
      certificate.serials.empty(),          certificate.remarks.empty(),
      certificate.mark_image.empty(),       certificate.signatory.empty(),
      certificate.language.empty(),         !certificate.in_english.has_value(),
      !certificate.retain_until.has_value()};
  const std::span<const CertificateField> fields = CertificateFields();
  PM_CHECK(std::size(kEmpty) == fields.size());
  std::vector<std::string_view> missing;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].required && kEmpty[i]) missing.push_back(fields[i].name);
  }
  return missing;
}

std::string NormalCertificateNumber(std::string_view number) {
  std::string normal;
  for (const char c : number) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) normal += c;
    if (c >= 'a' && c <= 'z') normal += static_cast<char>(c - 'a' + 'A');
  }
  return normal;
}

absl::Status CheckDeactivationRecord(const DeactivationRecord& record) {
  PM_RETURN_IF_ERROR(CheckCode("standard", record.standard));
  PM_RETURN_IF_ERROR(CheckChecklistType("checklist_type", record.checklist_type));
  if (record.certificate) PM_RETURN_IF_ERROR(CheckCertificate(*record.certificate));
  PM_RETURN_IF_ERROR(CheckCount("components", record.components.size(), 0, kComponentsMax));
  for (const ComponentWork& work : record.components) {
    PM_RETURN_IF_ERROR(CheckCode("components.component", work.component));
    if (work.mark) PM_RETURN_IF_ERROR(CheckMark(*work.mark));
    PM_RETURN_IF_ERROR(CheckText("components.mark_image", work.mark_image, 0, kReferenceBytesMax));
  }
  PM_RETURN_IF_ERROR(CheckCount("outcomes", record.outcomes.size(), 0, kOutcomesMax));
  std::set<std::string_view> numbers;
  for (const OperationOutcome& outcome : record.outcomes) {
    PM_RETURN_IF_ERROR(CheckOutcome(record, outcome));
    if (!numbers.insert(outcome.number).second) {
      return absl::InvalidArgumentError("outcomes.number: an operation comes twice");
    }
  }
  if (record.proof_house_mark) {
    PM_RETURN_IF_ERROR(
        CheckNumber("proof_house_mark.year", record.proof_house_mark->year, kYearMin, kYearMax));
    PM_RETURN_IF_ERROR(CheckCode("proof_house_mark.house", record.proof_house_mark->house));
  }
  return CheckCode("category_before", record.category_before);
}

const DeactivationMark* FullMark(const DeactivationRecord& record) {
  for (const ComponentWork& work : record.components) {
    if (work.mark && IsFull(*work.mark)) return &*work.mark;
  }
  return nullptr;
}

absl::Status CheckVerifyingEntity(const VerifyingEntity& entity) {
  PM_RETURN_IF_ERROR(CheckSymbol("code", entity.code, 1, kEntityCodeCharsMax));
  PM_RETURN_IF_ERROR(CheckText("name", entity.name, 1, kTextBytesMax));
  if (entity.country.empty()) return CheckCount("country", 0, 1, 3);
  PM_RETURN_IF_ERROR(CheckCountry("country", entity.country));
  PM_RETURN_IF_ERROR(CheckSymbol("symbol", entity.symbol, 0, kMarkEntityCharsMax));
  PM_RETURN_IF_ERROR(CheckText("symbol_image", entity.symbol_image, 0, kReferenceBytesMax));
  PM_RETURN_IF_ERROR(CheckText("contact", entity.contact, 0, kPersonBytesMax));
  PM_RETURN_IF_ERROR(CheckDate("from", entity.from));
  PM_RETURN_IF_ERROR(CheckDate("until", entity.until));
  if (entity.from && entity.until && Compare(*entity.until, *entity.from) == DateOrder::kBefore) {
    return absl::InvalidArgumentError("until: earlier than from");
  }
  return absl::OkStatus();
}

absl::Status CheckAlarmModelTest(const AlarmModelTest& test) {
  PM_RETURN_IF_ERROR(CheckText("make_raw", test.make_raw, 1, kTextBytesMax));
  PM_RETURN_IF_ERROR(CheckText("make", test.make, 0, kTextBytesMax));
  PM_RETURN_IF_ERROR(CheckText("model", test.model, 1, kTextBytesMax));
  PM_RETURN_IF_ERROR(CheckText("calibre_raw", test.calibre_raw, 0, kTextBytesMax));
  PM_RETURN_IF_ERROR(CheckCalibre("calibre_code", test.calibre_code));
  PM_RETURN_IF_ERROR(CheckCode("result", test.result));
  PM_RETURN_IF_ERROR(CheckText("authority", test.authority, 1, kTextBytesMax));
  return CheckDate("tested_on", test.tested_on);
}

StandardChoice ChooseStandard(const StandardEvidence& evidence) {
  if (evidence.certificate_names) {
    return Chosen({*evidence.certificate_names}, StandardBasis::kCertificate);
  }
  if (evidence.mark_year) {
    if (std::vector<Standard> possible = OfMarkYear(evidence); !possible.empty()) {
      return Chosen(std::move(possible), StandardBasis::kMark);
    }
  }
  if (evidence.proof_house_mark) {
    if (std::vector<Standard> possible = OfProofHouse(evidence); !possible.empty()) {
      return Chosen(std::move(possible), StandardBasis::kProofHouseMark);
    }
  }
  const bool too_late =
      evidence.certified_on && EndsBefore(Standard::kNatPre2016, *evidence.certified_on);
  if (evidence.national_paper && !too_late) {
    return Chosen({Standard::kNatPre2016}, StandardBasis::kNationalPaper);
  }
  return {.standard = Standard::kUnknown, .basis = StandardBasis::kNothing, .possible = {}};
}

StandardEvidence EvidenceOf(const DeactivationRecord& record, FirearmClass firearm_class) {
  StandardEvidence evidence;
  if (record.certificate) {
    evidence.certificate_names = record.certificate->standard;
    evidence.certified_on = record.certificate->certified_on;
  }
  if (const DeactivationMark* const mark = FullMark(record)) evidence.mark_year = mark->year;
  evidence.proof_house_mark = record.proof_house_mark;
  evidence.national_paper = record.national_paper;
  evidence.firearm_class = firearm_class;
  return evidence;
}

}  // namespace proofmark::firearm
