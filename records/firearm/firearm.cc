// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/firearm.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "base/utf8.h"
#include "records/codes.h"
#include "records/firearm/fields.h"

namespace proofmark::firearm {
namespace {

constexpr std::int64_t kNcicCodeCharsMax = 8;

bool IsRestored(const Serial& serial) {
  return serial.condition == SerialCondition::kRestoredFull ||
         serial.condition == SerialCondition::kRestoredPartial;
}

// Characters of a number, a set of a pattern being one.
std::size_t PlacesOf(std::string_view raw) {
  std::size_t places = 0;
  bool in_set = false;
  while (!raw.empty()) {
    const std::optional<base::CodePoint> first = base::FirstCodePoint(raw);
    if (!first) break;
    if (raw.front() == ']') in_set = false;
    places += in_set || raw.front() == ']' ? 0 : 1;
    if (raw.front() == '[') in_set = true;
    raw.remove_prefix(first->bytes);
  }
  return places;
}

absl::Status CheckTexts(
    std::initializer_list<std::pair<std::string_view, const std::string*>> texts,
    std::int64_t bytes_max) {
  for (const auto& [field, text] : texts) {
    PM_RETURN_IF_ERROR(CheckText(field, *text, 0, bytes_max));
  }
  return absl::OkStatus();
}

absl::Status CheckReferences(std::string_view field, const std::vector<std::string>& references) {
  PM_RETURN_IF_ERROR(CheckCount(field, references.size(), 0, kReferencesMax));
  for (const std::string& reference : references) {
    PM_RETURN_IF_ERROR(CheckText(field, reference, 1, kReferenceBytesMax));
  }
  return absl::OkStatus();
}

absl::Status CheckDescription(const Firearm& firearm) {
  PM_RETURN_IF_ERROR(CheckCode("firearm_class", firearm.firearm_class));
  if (!firearm.action.empty() && !records::IsCode(ActionCodes(), firearm.action)) {
    return absl::InvalidArgumentError("action: must be a code of the list of actions, or empty");
  }
  PM_RETURN_IF_ERROR(CheckCode("feed", firearm.feed));
  PM_RETURN_IF_ERROR(CheckSymbol("make_ncic_code", firearm.make_ncic_code, 0, kNcicCodeCharsMax));
  PM_RETURN_IF_ERROR(CheckCalibre("calibre_code", firearm.calibre_code));
  if (firearm.barrel_length_mm) {
    PM_RETURN_IF_ERROR(
        CheckNumber("barrel_length_mm", *firearm.barrel_length_mm, 0.0, kBarrelLengthMmMax));
  }
  if (firearm.capacity) {
    PM_RETURN_IF_ERROR(CheckNumber("capacity", *firearm.capacity, 0, kCapacityMax));
  }
  if (firearm.year_of_manufacture) {
    PM_RETURN_IF_ERROR(
        CheckNumber("year_of_manufacture", *firearm.year_of_manufacture, kYearMin, kYearMax));
  }
  PM_RETURN_IF_ERROR(CheckCountry("country_of_manufacture", firearm.country_of_manufacture));
  return CheckTexts({{"make_raw", &firearm.make_raw},
                     {"make", &firearm.make},
                     {"model_raw", &firearm.model_raw},
                     {"model", &firearm.model},
                     {"calibre_raw", &firearm.calibre_raw},
                     {"importer", &firearm.importer},
                     {"import_mark", &firearm.import_mark},
                     {"proof_marks", &firearm.proof_marks},
                     {"finish", &firearm.finish}},
                    kTextBytesMax);
}

}  // namespace

bool IsSearchedByPattern(const Serial& serial) {
  return serial.condition == SerialCondition::kPartial ||
         serial.condition == SerialCondition::kRestoredPartial;
}

bool IsSearchable(const Serial& serial) {
  switch (serial.condition) {
    case SerialCondition::kLegible:
    case SerialCondition::kPartial:
    case SerialCondition::kRestoredFull:
    case SerialCondition::kRestoredPartial:
    case SerialCondition::kRenumbered:
    case SerialCondition::kConflicting:
      return true;
    case SerialCondition::kObliterated:
    case SerialCondition::kNeverMarked:
    case SerialCondition::kNotRecorded:
      return false;
  }
  PM_CHECK(false);
}

absl::Status CheckSerial(const Serial& serial) {
  PM_RETURN_IF_ERROR(CheckCode("serial.component", serial.component));
  PM_RETURN_IF_ERROR(CheckCode("serial.condition", serial.condition));
  PM_RETURN_IF_ERROR(CheckCode("serial.numerals", serial.numerals));
  const std::string_view condition = CodeOf(serial.condition);
  if (!IsSearchable(serial)) {
    if (serial.raw.empty() && serial.confidence_percent.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrFormat("serial.raw: must be empty when the condition is %s", condition));
  }
  if (serial.raw.empty()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("serial.raw: must not be empty when the condition is %s", condition));
  }
  if (IsSearchedByPattern(serial)) {
    PM_RETURN_IF_ERROR(ReadPattern(serial.raw).status());
  } else {
    PM_ASSIGN_OR_RETURN(const SerialKeys keys, MakeSerialKeys(serial.raw, serial.numerals));
    if (keys.lookalike.empty()) {
      return absl::InvalidArgumentError("serial.raw: holds no letter or digit");
    }
  }
  if (serial.confidence_percent.empty()) return absl::OkStatus();
  if (!IsRestored(serial) || serial.confidence_percent.size() != PlacesOf(serial.raw)) {
    return absl::InvalidArgumentError(
        "serial.confidence_percent: only of a restored number, one for each of its characters");
  }
  for (const std::int32_t percent : serial.confidence_percent) {
    PM_RETURN_IF_ERROR(CheckNumber("serial.confidence_percent", percent, 0, 100));
  }
  return absl::OkStatus();
}

absl::Status CheckFirearm(const Firearm& firearm) {
  PM_RETURN_IF_ERROR(CheckCount("serials", firearm.serials.size(), 1, kSerialsMax));
  for (const Serial& serial : firearm.serials) PM_RETURN_IF_ERROR(CheckSerial(serial));
  PM_RETURN_IF_ERROR(CheckDescription(firearm));
  PM_RETURN_IF_ERROR(CheckCode("category", firearm.category));
  PM_RETURN_IF_ERROR(CheckCode("category_before", firearm.category_before));
  PM_RETURN_IF_ERROR(CheckCode("conversion", firearm.conversion));
  PM_RETURN_IF_ERROR(CheckCountry("last_lawful_country", firearm.last_lawful_country));
  PM_RETURN_IF_ERROR(CheckReferences("export_import_papers", firearm.export_import_papers));
  PM_RETURN_IF_ERROR(CheckReferences("trace_requests", firearm.trace_requests));
  PM_RETURN_IF_ERROR(CheckText("features", firearm.features, 0, kRemarksBytesMax));
  PM_RETURN_IF_ERROR(
      CheckTexts({{"holder", &firearm.holder}, {"supplier", &firearm.supplier}}, kPersonBytesMax));
  PM_RETURN_IF_ERROR(CheckTexts({{"national_category", &firearm.national_category},
                                 {"source_authority", &firearm.source_authority}},
                                kTextBytesMax));
  PM_RETURN_IF_ERROR(CheckCodeText("handling_code", firearm.handling_code));
  PM_RETURN_IF_ERROR(CheckCodeText("evaluation_code", firearm.evaluation_code));
  return CheckDate("retain_until", firearm.retain_until);
}

void Canonicalise(Firearm& firearm, const MakeTable* makes) {
  if (firearm.make.empty()) {
    if (const std::optional<MakeFound> found = FindMake(firearm.make_raw, makes)) {
      // A design tells what was copied, not who made it.
      std::string& name = found->design ? firearm.model : firearm.make;
      if (name.empty()) name = found->design ? firearm.make_raw : found->name;
      if (firearm.make_ncic_code.empty()) firearm.make_ncic_code = found->ncic_code;
    }
  }
  if (firearm.calibre_code.empty()) {
    if (const std::optional<records::Calibre> calibre = records::FindCalibre(firearm.calibre_raw)) {
      firearm.calibre_code = calibre->code;
    }
  }
}

std::optional<bool> TakesMagazine(const Firearm& firearm) {
  if (firearm.feed) {
    return *firearm.feed == Feed::kDetachableMagazine || *firearm.feed == Feed::kFixedMagazine;
  }
  switch (firearm.firearm_class) {
    case FirearmClass::kPistolSemi:
    case FirearmClass::kPistolAuto:
    case FirearmClass::kRifleSemi:
    case FirearmClass::kRifleAuto:
    case FirearmClass::kSmg:
      return true;
    case FirearmClass::kPistolSingle:
    case FirearmClass::kDerringer:
    case FirearmClass::kRevolver:
    case FirearmClass::kRifleSingle:
    case FirearmClass::kRifleBreak:
    case FirearmClass::kShotgunSingle:
    case FirearmClass::kShotgunSxs:
    case FirearmClass::kShotgunOu:
    case FirearmClass::kCombination:
    case FirearmClass::kMuzzleLoader:
    case FirearmClass::kSuppressor:
      return false;
    case FirearmClass::kRifleBolt:
    case FirearmClass::kRifleLever:
    case FirearmClass::kRiflePump:
    case FirearmClass::kMachineGun:
    case FirearmClass::kShotgunPump:
    case FirearmClass::kShotgunBolt:
    case FirearmClass::kShotgunSemi:
    case FirearmClass::kCarbine:
    case FirearmClass::kDisguised:
    case FirearmClass::kAlarmSignal:
    case FirearmClass::kSaluteAcoustic:
    case FirearmClass::kFlobertConversion:
    case FirearmClass::kFlare:
    case FirearmClass::kLauncher:
    case FirearmClass::kCraft:
    case FirearmClass::kOther:
    case FirearmClass::kUnknown:
      return std::nullopt;
  }
  PM_CHECK(false);
}

}  // namespace proofmark::firearm
