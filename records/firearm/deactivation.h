// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "records/firearm/codes.h"
#include "records/firearm/firearm.h"
#include "records/firearm/mark.h"
#include "records/partial_date.h"

// Papers and facts of a deactivation.
//   Source  docs/references.md#eu-2015-2403, docs/formats/firearm.md
namespace proofmark::firearm {

inline constexpr std::int64_t kComponentsMax = 32;
inline constexpr std::int64_t kOutcomesMax = 64;
inline constexpr std::int64_t kEntityCodeCharsMax = 32;
inline constexpr double kHardnessHrcMax = 100.0;

// The form of Annex III. What a paper does not tell stays empty; MissingCertificateFields names it.
struct DeactivationCertificate {
  std::string number;                // As issued, 1..kReferenceBytesMax.
  std::string verifying_entity;      // VerifyingEntity::code.
  std::string conformity_statement;  // Text that names the regulation.
  std::optional<Standard> standard;  // That regulation.
  std::string deactivating_entity;   // Who did the work.
  std::string country;               // ISO 3166 alpha-2, or EL, UK.
  std::optional<records::PartialDate> certified_on;
  std::string manufacturer;
  std::string type;                 // Text of the form.
  std::int32_t checklist_type = 0;  // 1..8; 0 when not established.
  std::string make_model;
  std::string calibre_raw;
  std::string calibre_code;     // records::Calibre code, or empty.
  std::vector<Serial> serials;  // 0..kSerialsMax.
  std::string remarks;
  std::string mark_image;  // Reference of a picture.
  std::string signatory;   // Name and title: personal data, stays local.
  std::string language;    // Tag of the national language, [a-z]{2,3}.
  std::optional<bool> in_english;
  std::optional<records::PartialDate> retain_until;
  friend bool operator==(const DeactivationCertificate&, const DeactivationCertificate&) = default;
};
// Names, as in CertificateFields(), of the required fields that are empty, in their order.
std::vector<std::string_view> MissingCertificateFields(const DeactivationCertificate& certificate);
// A certificate number as compared: capitals and digits only.
std::string NormalCertificateNumber(std::string_view number);

// What was done to one component, and the mark on it.
struct ComponentWork {
  Component component = Component::kFrame;
  bool modified = false;
  std::optional<DeactivationMark> mark;
  std::string mark_image;  // Reference of a picture.
  friend bool operator==(const ComponentWork&, const ComponentWork&) = default;
};

// The outcome of one operation of the checklist.
struct OperationOutcome {
  std::string number;  // Of FindOperation().
  Outcome outcome = Outcome::kNotChecked;
  std::optional<Method> method;
  std::string checked_by_role;  // [A-Z0-9_]{1,32} or empty.
  std::optional<records::PartialDate> checked_on;
  std::string image;                             // Reference of a picture.
  std::optional<double> insert_hardness_hrc;     // Measured, 0..kHardnessHrcMax.
  std::optional<double> mass_reduction_percent;  // Measured, 0..100.
  friend bool operator==(const OperationOutcome&, const OperationOutcome&) = default;
};

// A national mark of a British proof house.
struct ProofHouseMark {
  std::optional<ProofHouse> house;
  std::int32_t year = 0;  // kYearMin..kYearMax.
  friend bool operator==(const ProofHouseMark&, const ProofHouseMark&) = default;
};

// One deactivation of one firearm.
struct DeactivationRecord {
  Standard standard = Standard::kUnknown;  // Claimed, or chosen by ChooseStandard().
  std::int32_t checklist_type = 0;         // 1..8; 0 when not established.
  std::optional<DeactivationCertificate> certificate;
  bool certificate_withdrawn = false;
  std::vector<ComponentWork> components;   // 0..kComponentsMax.
  std::vector<OperationOutcome> outcomes;  // 0..kOutcomesMax, each operation once.
  std::optional<ProofHouseMark> proof_house_mark;
  bool national_paper = false;  // A national form of before 2016 exists.
  std::optional<Category> category_before;
  bool article4_assistance = false;  // Another State's entity verified on request.
  bool persons_separated = false;    // Art 3(2): deactivating and verifying persons differ.
  friend bool operator==(const DeactivationRecord&, const DeactivationRecord&) = default;
};
// kInvalidArgument naming the field and its bound; never a value.
absl::Status CheckDeactivationRecord(const DeactivationRecord& record);

// The full mark of the record; null when none is recorded. Short marks and others are passed over.
const DeactivationMark* FullMark(const DeactivationRecord& record);

// A public authority that a State named to verify deactivations.
struct VerifyingEntity {
  std::string code;     // [A-Z0-9-]{1,32}, the administrator's; unique.
  std::string name;     // 1..kTextBytesMax.
  std::string country;  // ISO 3166 alpha-2, or EL, UK.
  std::string symbol;   // As stamped, [A-Z0-9-]{0,12}.
  std::string symbol_image;
  std::string contact;
  std::optional<records::PartialDate> from;
  std::optional<records::PartialDate> until;
  friend bool operator==(const VerifyingEntity&, const VerifyingEntity&) = default;
};
absl::Status CheckVerifyingEntity(const VerifyingEntity& entity);

// What a State found of a model of alarm or signal weapon (EU 2019/69).
struct AlarmModelTest {
  std::string make_raw;
  std::string make;   // Canonical, or empty.
  std::string model;  // 1..kTextBytesMax.
  std::string calibre_raw;
  std::string calibre_code;
  AlarmConformity result = AlarmConformity::kNotTested;
  std::string authority;
  std::optional<records::PartialDate> tested_on;
  friend bool operator==(const AlarmModelTest&, const AlarmModelTest&) = default;
};
absl::Status CheckAlarmModelTest(const AlarmModelTest& test);

// What is known of the standard a firearm was deactivated under.
struct StandardEvidence {
  std::optional<Standard> certificate_names;
  std::optional<std::int32_t> mark_year;  // Of the common mark.
  std::optional<ProofHouseMark> proof_house_mark;
  bool national_paper = false;
  std::optional<records::PartialDate> certified_on;
  FirearmClass firearm_class = FirearmClass::kUnknown;
};
enum class StandardBasis { kCertificate, kMark, kProofHouseMark, kNationalPaper, kNothing };
struct StandardChoice {
  Standard standard = Standard::kUnknown;
  StandardBasis basis = StandardBasis::kNothing;
  // More than one when a person must be asked; `standard` is then kUnknown.
  std::vector<Standard> possible;
};
// The certificate decides, else the common mark, else a proof house's, else a national paper.
StandardChoice ChooseStandard(const StandardEvidence& evidence);
StandardEvidence EvidenceOf(const DeactivationRecord& record, FirearmClass firearm_class);

}  // namespace proofmark::firearm
