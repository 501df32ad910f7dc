// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "records/firearm/deactivation.h"
#include "records/firearm/firearm.h"

// A pistol and its flawless deactivation, which tests then spoil one field at a time.
namespace proofmark::firearm {

inline Firearm SamplePistol() {
  Firearm firearm;
  firearm.serials = {{.component = Component::kFrame, .raw = "AB 123456"},
                     {.component = Component::kBarrel, .raw = "AB 123456"}};
  firearm.firearm_class = FirearmClass::kPistolSemi;
  firearm.action = "I";
  firearm.make_raw = "Walther";
  firearm.make = "Walther";
  firearm.make_ncic_code = "WAL";
  firearm.model_raw = "PP";
  firearm.model = "PP";
  firearm.calibre_raw = "7,65 Browning";
  firearm.calibre_code = "7.65BROWNING";
  firearm.country_of_manufacture = "DE";
  firearm.year_of_manufacture = 1938;
  firearm.category = Category::kC6;
  firearm.category_before = Category::kB5;
  return firearm;
}

inline DeactivationCertificate SampleCertificate() {
  DeactivationCertificate certificate;
  certificate.number = "LPH-2019/0042";
  certificate.verifying_entity = "GB-LPH";
  certificate.conformity_statement = "Regulation (EU) 2015/2403 as amended by (EU) 2018/337";
  certificate.standard = Standard::kEu2018;
  certificate.deactivating_entity = "Smith & Daughters";
  certificate.country = "GB";
  certificate.certified_on = records::PartialDate{2019, 3, 14};
  certificate.manufacturer = "Walther";
  certificate.type = "Semi-automatic pistol";
  certificate.checklist_type = 1;
  certificate.make_model = "Walther PP";
  certificate.calibre_raw = "7,65 Browning";
  certificate.calibre_code = "7.65BROWNING";
  certificate.serials = {{.component = Component::kFrame, .raw = "AB123456"}};
  certificate.signatory = "A. Example, proof master";
  certificate.language = "en";
  certificate.in_english = true;
  certificate.retain_until = records::PartialDate{2039, 3, 14};
  return certificate;
}

// Every operation done, where one that its magazine is missing is not due.
inline DeactivationRecord SampleDeactivation() {
  DeactivationRecord record;
  record.standard = Standard::kEu2018;
  record.checklist_type = 1;
  record.certificate = SampleCertificate();
  const DeactivationMark full{.country = "GB", .entity = "LPH", .year = 2019};
  const DeactivationMark brief{.country = "GB", .entity = "", .year = 0};
  record.components = {{.component = Component::kFrame, .modified = true, .mark = full},
                       {.component = Component::kSlide, .modified = true, .mark = brief},
                       {.component = Component::kBarrel, .modified = true, .mark = brief}};
  for (const Operation& operation : OperationsOf(record.standard, record.checklist_type)) {
    OperationOutcome outcome;
    outcome.number = std::string(operation.number);
    outcome.outcome = operation.applicability == Applicability::kIfMagazineMissing
                          ? Outcome::kNotApplicable
                          : Outcome::kDone;
    record.outcomes.push_back(outcome);
  }
  record.category_before = Category::kB5;
  return record;
}

}  // namespace proofmark::firearm
