// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/check.h"
#include "records/codes.h"
#include "records/partial_date.h"

// The lists of codes that firearm records are made of. Stored and sent; never renumber, never give
// a code another meaning. Every enumeration runs from 1 without a gap, in the order of its list.
//   Source  docs/formats/firearm.md
namespace proofmark::firearm {

// Where a firearm stands in its life.
enum class State : std::int32_t {
  kRegistered = 1,
  kExported = 2,
  kLost = 3,
  kStolen = 4,
  kTrafficked = 5,
  kSoughtEvidence = 6,
  kSeized = 7,
  kRecovered = 8,
  kInEvidence = 9,
  kReturned = 10,
  kConverted = 11,
  kDeactivated = 12,
  kDeactivatedOldStandard = 13,
  kCertificateWithdrawn = 14,
  kReactivationSuspected = 15,
  kReactivationConfirmed = 16,
  kDestroyed = 17,
  kUnknown = 18,
};

// An essential component: what bears a mark of its own.
enum class Component : std::int32_t {
  kFrame = 1,
  kReceiver = 2,
  kReceiverUpper = 3,
  kReceiverLower = 4,
  kSlide = 5,
  kCylinder = 6,
  kBolt = 7,
  kBreechBlock = 8,
  kBarrel = 9,
};

// What a firearm is, as its action and shape tell.
enum class FirearmClass : std::int32_t {
  kPistolSemi = 1,
  kPistolSingle = 2,
  kPistolAuto = 3,
  kDerringer = 4,
  kRevolver = 5,
  kRifleSingle = 6,
  kRifleBreak = 7,
  kRifleBolt = 8,
  kRifleLever = 9,
  kRiflePump = 10,
  kRifleSemi = 11,
  kRifleAuto = 12,
  kSmg = 13,
  kMachineGun = 14,
  kShotgunSingle = 15,
  kShotgunSxs = 16,
  kShotgunOu = 17,
  kShotgunPump = 18,
  kShotgunBolt = 19,
  kShotgunSemi = 20,
  kCombination = 21,
  kMuzzleLoader = 22,
  kCarbine = 23,
  kDisguised = 24,
  kAlarmSignal = 25,
  kSaluteAcoustic = 26,
  kFlobertConversion = 27,
  kFlare = 28,
  kLauncher = 29,
  kSuppressor = 30,
  kCraft = 31,
  kOther = 32,
  kUnknown = 33,
};

// A category of the Firearms Directive, or one of the two kinds outside them.
enum class Category : std::int32_t {
  kA1 = 1,
  kA2 = 2,
  kA3 = 3,
  kA4 = 4,
  kA5 = 5,
  kA6 = 6,
  kA7 = 7,
  kA8 = 8,
  kA9 = 9,
  kB1 = 10,
  kB2 = 11,
  kB3 = 12,
  kB4 = 13,
  kB5 = 14,
  kB6 = 15,
  kB7 = 16,
  kB8 = 17,
  kB9 = 18,
  kC1 = 19,
  kC2 = 20,
  kC3 = 21,
  kC4 = 22,
  kC5 = 23,
  kC6 = 24,
  kC7 = 25,
  kAntique = 26,
  kAlarm = 27,
};

// A technical specification of deactivation, or why there is none.
enum class Standard : std::int32_t {
  kEu2018 = 1,
  kEu2015 = 2,
  kUk2010 = 3,
  kUk1995 = 4,
  kUk1989 = 5,
  kNatPre2016 = 6,
  kNone = 7,     // Not deactivated under any: treat as live.
  kUnknown = 8,  // Said to be deactivated, under what is not established.
};

// How much of a serial number can be read.
enum class SerialCondition : std::int32_t {
  kLegible = 1,
  kPartial = 2,
  kObliterated = 3,
  kRestoredFull = 4,
  kRestoredPartial = 5,
  kRenumbered = 6,
  kConflicting = 7,
  kNeverMarked = 8,
  kNotRecorded = 9,
};

enum class Numerals : std::int32_t { kArabic = 1, kRoman = 2 };

// What was made of a firearm that is not deactivation: it keeps its category.
enum class Conversion : std::int32_t {
  kBlank = 1,
  kIrritant = 2,
  kPyrotechnic = 3,
  kSalute = 4,
  kAcoustic = 5,
  kCalibre = 6,
  kOther = 7,
};

// How cartridges reach the chamber.
enum class Feed : std::int32_t {
  kNone = 1,
  kDetachableMagazine = 2,
  kFixedMagazine = 3,
  kTubeMagazine = 4,
  kBelt = 5,
  kCylinder = 6,
};

// Which part of a firearm an operation of a checklist treats.
enum class Part : std::int32_t {
  kBarrel = 1,
  kBreechBlock = 2,
  kCylinder = 3,
  kSlide = 4,
  kFrame = 5,
  kTrigger = 6,
  kAutoSystem = 7,
  kAction = 8,
  kMagazine = 9,
  kNipple = 10,
  kCombustionChamber = 11,
  kSuppressor = 12,
};

// When an operation is due.
enum class Applicability : std::int32_t {
  kAlways = 1,
  kIfPresent = 2,
  kIfExchangeBarrel = 3,
  kIfSeparateBreechBlock = 4,
  kIfSlideRails = 5,
  kIfNoGasPiston = 6,
  kIfBoltCarrier = 7,
  kIfMagazineFitted = 8,
  kIfMagazineMissing = 9,
  kIfTubeMagazine = 10,
  kIfAutomaticPistol = 11,
  kIfBreakAction = 12,
  kIfSeparateChambers = 13,
  kIfSpareCylinder = 14,
  kExceptBreakActionBarrel = 15,
  kIfBarrelFixed = 16,
  kIfBarrelNotFixed = 17,
  kIfPolymerFrame = 18,
};

// What became of an operation of a checklist, and how it was done.
enum class Outcome : std::int32_t {
  kDone = 1,
  kNotApplicable = 2,
  kNotDone = 3,
  kNotChecked = 4,
};
enum class Method : std::int32_t {
  kWeld = 1,
  kBond = 2,
  kPin = 3,
  kPlug = 4,
  kMachine = 5,
  kRemove = 6,
  kOther = 7,
};

// Who put a British national mark on.
enum class ProofHouse : std::int32_t { kBirmingham = 1, kLondon = 2 };

enum class AlarmConformity : std::int32_t { kConforms = 1, kNotConforming = 2, kNotTested = 3 };

// One row of a list.
template <typename E>
struct CodeRow {
  E value;
  std::string_view code;     // [A-Z0-9_-]{1,32}.
  std::string_view meaning;  // In our words, for people.
};

// The list of an enumeration of this header.
template <typename E>
std::span<const CodeRow<E>> CodesOf();
template <>
std::span<const CodeRow<State>> CodesOf<State>();
template <>
std::span<const CodeRow<Component>> CodesOf<Component>();
template <>
std::span<const CodeRow<FirearmClass>> CodesOf<FirearmClass>();
template <>
std::span<const CodeRow<Category>> CodesOf<Category>();
template <>
std::span<const CodeRow<Standard>> CodesOf<Standard>();
template <>
std::span<const CodeRow<SerialCondition>> CodesOf<SerialCondition>();
template <>
std::span<const CodeRow<Numerals>> CodesOf<Numerals>();
template <>
std::span<const CodeRow<Conversion>> CodesOf<Conversion>();
template <>
std::span<const CodeRow<Feed>> CodesOf<Feed>();
template <>
std::span<const CodeRow<Part>> CodesOf<Part>();
template <>
std::span<const CodeRow<Applicability>> CodesOf<Applicability>();
template <>
std::span<const CodeRow<Outcome>> CodesOf<Outcome>();
template <>
std::span<const CodeRow<Method>> CodesOf<Method>();
template <>
std::span<const CodeRow<ProofHouse>> CodesOf<ProofHouse>();
template <>
std::span<const CodeRow<AlarmConformity>> CodesOf<AlarmConformity>();

template <typename E>
bool IsOneOf(E value) {
  const auto number = static_cast<std::int32_t>(value);
  return number >= 1 && number <= static_cast<std::int32_t>(CodesOf<E>().size());
}

// The row of `value`, which must be one of its enumeration.
template <typename E>
const CodeRow<E>& RowOf(E value) {
  PM_CHECK(IsOneOf(value));
  return CodesOf<E>()[static_cast<std::size_t>(value) - 1];
}
template <typename E>
std::string_view CodeOf(E value) {
  return RowOf(value).code;
}

// The value that a code names, nullopt for one not in the list. Case matters.
template <typename E>
std::optional<E> FindCode(std::string_view code) {
  const std::span<const CodeRow<E>> list = CodesOf<E>();
  const auto row = std::find_if(list.begin(), list.end(),
                                [code](const CodeRow<E>& entry) { return entry.code == code; });
  if (row == list.end()) return std::nullopt;
  return row->value;
}

// Nothing follows it.
bool IsTerminal(State state);
// The starting policy: whether a firearm in this state may be found by a partner at all.
bool IsSharedByDefault(State state);

struct StandardFacts {
  std::optional<records::PartialDate> applies_from;
  std::optional<records::PartialDate> applies_until;  // Last day; absent while in force.
  bool eu = false;  // Common mark, certificate of Annex III, checklist by numbered operation.
};
const StandardFacts& FactsOf(Standard standard);

enum class Length { kShort, kLong, kEither, kPart };
struct ClassFacts {
  std::int32_t checklist_type = 0;  // 1..8 of the checklists; 0 when the class alone names none.
  std::string_view ncic_code;  // Detailed gun type; may be empty, several classes may share it.
  Length length = Length::kEither;
};
const ClassFacts& FactsOf(FirearmClass firearm_class);
inline constexpr std::int32_t kChecklistTypeMax = 8;

// Kinds of action (NCIC), for Firearm::action: "A".."X".
std::span<const records::Code> ActionCodes();
// The fields of the form of Annex III, in its order, and those that must not be empty.
struct CertificateField {
  std::string_view name;
  bool required = false;
  std::string_view meaning;
};
std::span<const CertificateField> CertificateFields();
// The four positions of the common mark; the first two stand on every component that was changed.
struct MarkField {
  std::string_view name;
  bool on_every_component = false;
  std::string_view meaning;
};
std::span<const MarkField> MarkFields();

// One operation of a checklist.
struct Operation {
  Standard standard;
  std::int32_t checklist_type;  // 1..8.
  Part part;
  std::string_view number;  // "1.10"; "8.1 or 8.2" where one of two satisfies it.
  Applicability applicability;
  std::string_view meaning;  // In our words: what is verified, for people.
};
// All: by standard, type and number.
std::span<const Operation> Operations();
// Those of one checklist, empty for a standard without one or a type that is none.
std::span<const Operation> OperationsOf(Standard standard, std::int32_t checklist_type);
// The operation with this number; each number of "8.1 or 8.2" names it too. Null when there is
// none.
const Operation* FindOperation(Standard standard, std::int32_t checklist_type,
                               std::string_view number);

}  // namespace proofmark::firearm
