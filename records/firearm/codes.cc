// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/codes.h"

namespace proofmark::firearm {
namespace {

using records::Code;

constexpr CodeRow<State> kStates[] = {
    {State::kRegistered, "REGISTERED", "In lawful possession"},
    {State::kExported, "EXPORTED", "Left the territory"},
    {State::kLost, "LOST", "Reported lost"},
    {State::kStolen, "STOLEN", "Reported stolen"},
    {State::kTrafficked, "TRAFFICKED", "Recorded as trafficked or smuggled"},
    {State::kSoughtEvidence, "SOUGHT_EVIDENCE", "Sought for use as evidence or seizure"},
    {State::kSeized, "SEIZED", "Taken by an authority"},
    {State::kRecovered, "RECOVERED", "Found, owner or origin not settled"},
    {State::kInEvidence, "IN_EVIDENCE", "Held for proceedings"},
    {State::kReturned, "RETURNED", "Given back to lawful holder"},
    {State::kConverted, "CONVERTED", "Changed to another function or calibre, category kept"},
    {State::kDeactivated, "DEACTIVATED", "Certified deactivated under a recognised standard"},
    {State::kDeactivatedOldStandard, "DEACTIVATED_OLD_STANDARD",
     "Deactivated, current standard not met"},
    {State::kCertificateWithdrawn, "CERTIFICATE_WITHDRAWN", "Certificate cancelled or found false"},
    {State::kReactivationSuspected, "REACTIVATION_SUSPECTED", "Signs of use after deactivation"},
    {State::kReactivationConfirmed, "REACTIVATION_CONFIRMED",
     "Laboratory confirms it can fire after deactivation"},
    {State::kDestroyed, "DESTROYED", "Destroyed; starts the 30-year retention clock"},
    {State::kUnknown, "UNKNOWN", "Not established"},
};

constexpr CodeRow<Component> kComponents[] = {
    {Component::kFrame, "FRAME", "Frame"},
    {Component::kReceiver, "RECEIVER", "Receiver"},
    {Component::kReceiverUpper, "RECEIVER_UPPER", "Upper receiver"},
    {Component::kReceiverLower, "RECEIVER_LOWER", "Lower receiver"},
    {Component::kSlide, "SLIDE", "Slide"},
    {Component::kCylinder, "CYLINDER", "Cylinder"},
    {Component::kBolt, "BOLT", "Bolt"},
    {Component::kBreechBlock, "BREECH_BLOCK", "Breech block"},
    {Component::kBarrel, "BARREL", "Barrel"},
};

constexpr CodeRow<FirearmClass> kClasses[] = {
    {FirearmClass::kPistolSemi, "PISTOL_SEMI", "Semi-automatic pistol"},
    {FirearmClass::kPistolSingle, "PISTOL_SINGLE", "Single-shot pistol"},
    {FirearmClass::kPistolAuto, "PISTOL_AUTO", "Automatic pistol"},
    {FirearmClass::kDerringer, "DERRINGER", "Derringer (break action)"},
    {FirearmClass::kRevolver, "REVOLVER", "Revolver"},
    {FirearmClass::kRifleSingle, "RIFLE_SINGLE", "Single-shot rifle, not break action"},
    {FirearmClass::kRifleBreak, "RIFLE_BREAK", "Break-action, falling or rolling block rifle"},
    {FirearmClass::kRifleBolt, "RIFLE_BOLT", "Bolt-action rifle"},
    {FirearmClass::kRifleLever, "RIFLE_LEVER", "Lever-action rifle"},
    {FirearmClass::kRiflePump, "RIFLE_PUMP", "Pump-action rifle"},
    {FirearmClass::kRifleSemi, "RIFLE_SEMI", "Semi-automatic rifle"},
    {FirearmClass::kRifleAuto, "RIFLE_AUTO", "Automatic rifle / assault rifle"},
    {FirearmClass::kSmg, "SMG", "Submachine gun or machine pistol"},
    {FirearmClass::kMachineGun, "MACHINE_GUN", "Machine gun"},
    {FirearmClass::kShotgunSingle, "SHOTGUN_SINGLE", "Single-barrel break-action shotgun"},
    {FirearmClass::kShotgunSxs, "SHOTGUN_SXS", "Side-by-side shotgun"},
    {FirearmClass::kShotgunOu, "SHOTGUN_OU", "Over-and-under shotgun"},
    {FirearmClass::kShotgunPump, "SHOTGUN_PUMP", "Pump-action shotgun"},
    {FirearmClass::kShotgunBolt, "SHOTGUN_BOLT", "Bolt-action shotgun"},
    {FirearmClass::kShotgunSemi, "SHOTGUN_SEMI", "Semi-automatic shotgun"},
    {FirearmClass::kCombination, "COMBINATION", "Rifle-shotgun combination"},
    {FirearmClass::kMuzzleLoader, "MUZZLE_LOADER", "Muzzle-loading firearm"},
    {FirearmClass::kCarbine, "CARBINE", "Carbine (use with action)"},
    {FirearmClass::kDisguised, "DISGUISED", "Firearm disguised as another object"},
    {FirearmClass::kAlarmSignal, "ALARM_SIGNAL", "Alarm, signal or gas weapon"},
    {FirearmClass::kSaluteAcoustic, "SALUTE_ACOUSTIC",
     "Salute or acoustic weapon (converted firearm)"},
    {FirearmClass::kFlobertConversion, "FLOBERT_CONVERSION",
     "Firearm re-barrelled or converted to a small rimfire calibre"},
    {FirearmClass::kFlare, "FLARE", "Flare or signal pistol"},
    {FirearmClass::kLauncher, "LAUNCHER", "Mortar, rocket or grenade launcher"},
    {FirearmClass::kSuppressor, "SUPPRESSOR", "Sound moderator"},
    {FirearmClass::kCraft, "CRAFT", "Craft-made or privately made (incl. 3D printed)"},
    {FirearmClass::kOther, "OTHER", "Other"},
    {FirearmClass::kUnknown, "UNKNOWN", "Unknown"},
};

constexpr CodeRow<Category> kCategories[] = {
    {Category::kA1, "A1", "Explosive military missiles and their launchers"},
    {Category::kA2, "A2", "Automatic"},
    {Category::kA3, "A3", "Disguised as another object"},
    {Category::kA4, "A4", "Ammunition that pierces, explodes or sets fire"},
    {Category::kA5, "A5", "Expanding ammunition for pistols and revolvers"},
    {Category::kA6, "A6", "Automatic, converted to semi-automatic"},
    {Category::kA7, "A7",
     "Semi-automatic centre-fire with a large magazine: short above 21 rounds, long above 11"},
    {Category::kA8, "A8", "Semi-automatic long that folds to less than 60 cm"},
    {Category::kA9, "A9",
     "Of category A, converted to blanks, irritants, pyrotechnics, salutes or sound"},
    {Category::kB1, "B1", "Repeating short"},
    {Category::kB2, "B2", "Single-shot short, centre-fire"},
    {Category::kB3, "B3", "Single-shot short, rimfire, under 28 cm"},
    {Category::kB4, "B4", "Semi-automatic long with more than 3 rounds, centre-fire fewer than 12"},
    {Category::kB5, "B5", "Semi-automatic short outside A7"},
    {Category::kB6, "B6",
     "Semi-automatic long with at most 3 rounds that can be made to hold more"},
    {Category::kB7, "B7", "Repeating or semi-automatic long, smooth bore up to 60 cm"},
    {Category::kB8, "B8",
     "Of category B, converted to blanks, irritants, pyrotechnics, salutes or sound"},
    {Category::kB9, "B9", "Semi-automatic civilian that looks automatic, outside A6, A7, A8"},
    {Category::kC1, "C1", "Repeating long outside B7"},
    {Category::kC2, "C2", "Long with single-shot rifled barrel"},
    {Category::kC3, "C3", "Semi-automatic long outside A and B"},
    {Category::kC4, "C4", "Single-shot short, rimfire, 28 cm or more"},
    {Category::kC5, "C5",
     "Of category C, converted to blanks, irritants, pyrotechnics, salutes or sound"},
    {Category::kC6, "C6", "Deactivated according to Regulation (EU) 2015/2403"},
    {Category::kC7, "C7",
     "Single-shot long, smooth bore, placed on the market since 14 September 2018"},
    {Category::kAntique, "ANTIQUE", "Antique under national law: outside the categories"},
    {Category::kAlarm, "ALARM",
     "Alarm or signal weapon that meets Directive (EU) 2019/69: outside them"},
};

constexpr CodeRow<Standard> kStandards[] = {
    {Standard::kEu2018, "EU-2018", "Regulation (EU) 2015/2403 as amended by (EU) 2018/337"},
    {Standard::kEu2015, "EU-2015", "Regulation (EU) 2015/2403 as first adopted"},
    {Standard::kUk2010, "UK-2010", "Home Office specifications of 2010"},
    {Standard::kUk1995, "UK-1995", "Home Office specifications of 1995"},
    {Standard::kUk1989, "UK-1989", "First British specifications, 1989"},
    {Standard::kNatPre2016, "NAT-PRE2016",
     "A national standard of another State before 8 April 2016"},
    {Standard::kNone, "NONE", "No recognised deactivation: treat as live"},
    {Standard::kUnknown, "UNKNOWN", "Said to be deactivated, under what is not established"},
};

constexpr CodeRow<SerialCondition> kConditions[] = {
    {SerialCondition::kLegible, "LEGIBLE", "Fully readable as marked"},
    {SerialCondition::kPartial, "PARTIAL", "Some characters unreadable"},
    {SerialCondition::kObliterated, "OBLITERATED", "Removed, nothing readable"},
    {SerialCondition::kRestoredFull, "RESTORED_FULL", "Removed, fully recovered by the laboratory"},
    {SerialCondition::kRestoredPartial, "RESTORED_PARTIAL", "Removed, partly recovered"},
    {SerialCondition::kRenumbered, "RENUMBERED",
     "A later number replaces or sits over the original"},
    {SerialCondition::kConflicting, "CONFLICTING", "Different numbers on frame, slide or barrel"},
    {SerialCondition::kNeverMarked, "NEVER_MARKED", "No number was ever applied"},
    {SerialCondition::kNotRecorded, "NOT_RECORDED", "Record has no number"},
};

constexpr CodeRow<Numerals> kNumerals[] = {
    {Numerals::kArabic, "ARABIC", "Digits"},
    {Numerals::kRoman, "ROMAN", "Roman numerals"},
};

constexpr CodeRow<Conversion> kConversions[] = {
    {Conversion::kBlank, "BLANK", "Fires blanks"},
    {Conversion::kIrritant, "IRRITANT", "Fires irritants or other active substances"},
    {Conversion::kPyrotechnic, "PYROTECHNIC", "Fires pyrotechnic rounds"},
    {Conversion::kSalute, "SALUTE", "Salute weapon"},
    {Conversion::kAcoustic, "ACOUSTIC", "Acoustic weapon for stage, film and television"},
    {Conversion::kCalibre, "CALIBRE", "Made to fire another calibre"},
    {Conversion::kOther, "OTHER", "Other change of function"},
};

constexpr CodeRow<Feed> kFeeds[] = {
    {Feed::kNone, "NONE", "Loaded by hand, one round at a time"},
    {Feed::kDetachableMagazine, "DETACHABLE_MAGAZINE", "Detachable magazine"},
    {Feed::kFixedMagazine, "FIXED_MAGAZINE", "Fixed magazine"},
    {Feed::kTubeMagazine, "TUBE_MAGAZINE", "Tube magazine"},
    {Feed::kBelt, "BELT", "Belt"},
    {Feed::kCylinder, "CYLINDER", "Cylinder"},
};

constexpr CodeRow<Part> kParts[] = {
    {Part::kBarrel, "BARREL", "Barrel"},
    {Part::kBreechBlock, "BREECH_BLOCK", "Bolt or breech block"},
    {Part::kCylinder, "CYLINDER", "Cylinder"},
    {Part::kSlide, "SLIDE", "Slide"},
    {Part::kFrame, "FRAME", "Frame or receiver"},
    {Part::kTrigger, "TRIGGER", "Trigger mechanism"},
    {Part::kAutoSystem, "AUTO_SYSTEM", "Automatic system"},
    {Part::kAction, "ACTION", "Action"},
    {Part::kMagazine, "MAGAZINE", "Magazine"},
    {Part::kNipple, "NIPPLE", "Nipple"},
    {Part::kCombustionChamber, "COMBUSTION_CHAMBER", "Combustion chamber"},
    {Part::kSuppressor, "SUPPRESSOR", "Suppressor"},
};

constexpr CodeRow<Applicability> kApplicabilities[] = {
    {Applicability::kAlways, "ALWAYS", "Always due"},
    {Applicability::kIfPresent, "IF_PRESENT", "Where the part is there"},
    {Applicability::kIfExchangeBarrel, "IF_EXCHANGE_BARREL", "With exchange barrels"},
    {Applicability::kIfSeparateBreechBlock, "IF_SEPARATE_BREECH_BLOCK",
     "With a breech block that comes off the slide"},
    {Applicability::kIfSlideRails, "IF_SLIDE_RAILS", "With slide rails"},
    {Applicability::kIfNoGasPiston, "IF_NO_GAS_PISTON", "Without a gas piston"},
    {Applicability::kIfBoltCarrier, "IF_BOLT_CARRIER", "With a bolt carrier"},
    {Applicability::kIfMagazineFitted, "IF_MAGAZINE_FITTED", "With its magazine in place"},
    {Applicability::kIfMagazineMissing, "IF_MAGAZINE_MISSING", "With its magazine missing"},
    {Applicability::kIfTubeMagazine, "IF_TUBE_MAGAZINE", "With a tube magazine"},
    {Applicability::kIfAutomaticPistol, "IF_AUTOMATIC_PISTOL", "Automatic pistols"},
    {Applicability::kIfBreakAction, "IF_BREAK_ACTION", "Break actions"},
    {Applicability::kIfSeparateChambers, "IF_SEPARATE_CHAMBERS",
     "With separate combustion chambers"},
    {Applicability::kIfSpareCylinder, "IF_SPARE_CYLINDER", "With spare cylinders"},
    {Applicability::kExceptBreakActionBarrel, "EXCEPT_BREAK_ACTION_BARREL",
     "Except barrels of break actions"},
    {Applicability::kIfBarrelFixed, "IF_BARREL_FIXED", "With a fixed barrel"},
    {Applicability::kIfBarrelNotFixed, "IF_BARREL_NOT_FIXED", "With a removable barrel"},
    {Applicability::kIfPolymerFrame, "IF_POLYMER_FRAME", "With a polymer frame"},
};

constexpr CodeRow<Outcome> kOutcomes[] = {
    {Outcome::kDone, "DONE", "Done"},
    {Outcome::kNotApplicable, "NOT_APPLICABLE", "Not due for this firearm"},
    {Outcome::kNotDone, "NOT_DONE", "Due, and not done"},
    {Outcome::kNotChecked, "NOT_CHECKED", "Nobody looked"},
};

constexpr CodeRow<Method> kMethods[] = {
    {Method::kWeld, "WELD", "Welded"},
    {Method::kBond, "BOND", "Bonded"},
    {Method::kPin, "PIN", "Pinned"},
    {Method::kPlug, "PLUG", "Plugged"},
    {Method::kMachine, "MACHINE", "Cut, milled or drilled"},
    {Method::kRemove, "REMOVE", "Removed"},
    {Method::kOther, "OTHER", "Other"},
};

constexpr CodeRow<ProofHouse> kProofHouses[] = {
    {ProofHouse::kBirmingham, "BIRMINGHAM", "Birmingham: crossed swords with DA and the year"},
    {ProofHouse::kLondon, "LONDON", "London: DA over a sword with the year"},
};

constexpr CodeRow<AlarmConformity> kAlarmConformities[] = {
    {AlarmConformity::kConforms, "CONFORMS", "Meets Directive (EU) 2019/69"},
    {AlarmConformity::kNotConforming, "NOT_CONFORMING", "Does not: a firearm"},
    {AlarmConformity::kNotTested, "NOT_TESTED", "Not tested"},
};

constexpr bool kSharedStates[] = {
    // In the order of the list.
    false, false, true, true, true, true, true, true, false,
    false, true,  true, true, true, true, true, true, false};

using Date = records::PartialDate;
constexpr StandardFacts kStandardFacts[] = {
    // In the order of the list.
    {Date{2018, 6, 28}, std::nullopt, true},       {Date{2016, 4, 8}, Date{2018, 6, 27}, true},
    {Date{2010, 12, 17}, Date{2016, 4, 7}, false}, {Date{1995, 1, 1}, Date{2010, 12, 16}, false},
    {Date{1989, 7, 1}, Date{1994, 12, 31}, false}, {std::nullopt, Date{2016, 4, 7}, false},
    {std::nullopt, std::nullopt, false},           {std::nullopt, std::nullopt, false},
};

constexpr ClassFacts kClassFacts[] = {
    // In the order of the list.
    {1, "PI", Length::kShort},  {1, "PS", Length::kShort},  {7, "", Length::kShort},
    {4, "PD", Length::kShort},  {2, "PR", Length::kShort},  {3, "RS", Length::kLong},
    {4, "RS", Length::kLong},   {5, "RB", Length::kLong},   {5, "RL", Length::kLong},
    {5, "RP", Length::kLong},   {6, "RI", Length::kLong},   {7, "RA", Length::kLong},
    {7, "B", Length::kLong},    {7, "MA", Length::kLong},   {4, "SS", Length::kLong},
    {4, "SE", Length::kLong},   {4, "SO", Length::kLong},   {5, "SP", Length::kLong},
    {5, "SB", Length::kLong},   {6, "SI", Length::kLong},   {4, "C", Length::kLong},
    {8, "RU", Length::kEither}, {0, "RC", Length::kLong},   {0, "", Length::kEither},
    {0, "", Length::kEither},   {0, "", Length::kEither},   {0, "", Length::kEither},
    {0, "", Length::kShort},    {0, "GN", Length::kEither}, {0, "", Length::kPart},
    {0, "", Length::kEither},   {0, "", Length::kEither},   {0, "", Length::kEither},
};

constexpr Code kActions[] = {
    {"A", "Automatic"},
    {"B", "Bolt"},
    {"C", "Carbine"},
    {"D", "Derringer"},
    {"E", "Two barrels side by side"},
    {"F", "Flare"},
    {"G", "Gas or air"},
    {"H", "Flintlock"},
    {"I", "Semi-automatic"},
    {"J", "Jet"},
    {"K", "Blank"},
    {"L", "Lever"},
    {"N", "Launcher"},
    {"O", "Two barrels, one over the other"},
    {"P", "Pump"},
    {"R", "Revolver"},
    {"S", "Single shot"},
    {"T", "Recoilless"},
    {"U", "Percussion"},
    {"V", "Tear gas"},
    {"W", "Three barrels"},
    {"X", "Four or more barrels"},
};

constexpr CertificateField kCertificateFields[] = {
    {"certificate_number", true, "Number as issued, unique for its verifying entity"},
    {"verifying_entity", true, "Who verified and certified"},
    {"conformity_statement_standard", true, "The regulation that the text says it conforms to"},
    {"deactivating_entity", true, "Who did the work"},
    {"country", true, "Country of the certificate"},
    {"certification_date", true, "Day, month or year of certification"},
    {"manufacturer_brand", true, "Manufacturer or brand"},
    {"type", true, "Type of firearm, with its number 1 to 8"},
    {"make_model", true, "Make and model"},
    {"calibre", true, "Calibre"},
    {"serial_numbers", true, "Serial numbers with their components"},
    {"remarks", false, "Remarks"},
    {"official_mark_image", false, "Picture of the official mark"},
    {"signatory_name_title", true, "Name and title of who signed: personal data"},
    {"language_national", true, "Language of the issuing State"},
    {"language_english", true, "Whether it is also in English"},
    {"record_retained_until", true, "Kept until: at least twenty years"},
};

constexpr MarkField kMarkFields[] = {
    {"deactivation_mark", true, "The letters EU"},
    {"country_of_deactivation", true, "Country code"},
    {"certifying_entity_symbol", false, "Symbol of the certifying entity"},
    {"deactivation_year", false, "Year of deactivation"},
};

template <typename Row, typename E>
const Row& FactsAt(std::span<const Row> facts, E value) {
  PM_CHECK(IsOneOf(value));
  return facts[static_cast<std::size_t>(value) - 1];
}

}  // namespace

template <>
std::span<const CodeRow<State>> CodesOf<State>() {
  return kStates;
}
template <>
std::span<const CodeRow<Component>> CodesOf<Component>() {
  return kComponents;
}
template <>
std::span<const CodeRow<FirearmClass>> CodesOf<FirearmClass>() {
  return kClasses;
}
template <>
std::span<const CodeRow<Category>> CodesOf<Category>() {
  return kCategories;
}
template <>
std::span<const CodeRow<Standard>> CodesOf<Standard>() {
  return kStandards;
}
template <>
std::span<const CodeRow<SerialCondition>> CodesOf<SerialCondition>() {
  return kConditions;
}
template <>
std::span<const CodeRow<Numerals>> CodesOf<Numerals>() {
  return kNumerals;
}
template <>
std::span<const CodeRow<Conversion>> CodesOf<Conversion>() {
  return kConversions;
}
template <>
std::span<const CodeRow<Feed>> CodesOf<Feed>() {
  return kFeeds;
}
template <>
std::span<const CodeRow<Part>> CodesOf<Part>() {
  return kParts;
}
template <>
std::span<const CodeRow<Applicability>> CodesOf<Applicability>() {
  return kApplicabilities;
}
template <>
std::span<const CodeRow<Outcome>> CodesOf<Outcome>() {
  return kOutcomes;
}
template <>
std::span<const CodeRow<Method>> CodesOf<Method>() {
  return kMethods;
}
template <>
std::span<const CodeRow<ProofHouse>> CodesOf<ProofHouse>() {
  return kProofHouses;
}
template <>
std::span<const CodeRow<AlarmConformity>> CodesOf<AlarmConformity>() {
  return kAlarmConformities;
}

bool IsTerminal(State state) { return state == State::kDestroyed; }
bool IsSharedByDefault(State state) { return FactsAt(std::span<const bool>(kSharedStates), state); }

const StandardFacts& FactsOf(Standard standard) {
  return FactsAt(std::span<const StandardFacts>(kStandardFacts), standard);
}
const ClassFacts& FactsOf(FirearmClass firearm_class) {
  return FactsAt(std::span<const ClassFacts>(kClassFacts), firearm_class);
}

std::span<const Code> ActionCodes() { return kActions; }
std::span<const CertificateField> CertificateFields() { return kCertificateFields; }
std::span<const MarkField> MarkFields() { return kMarkFields; }

}  // namespace proofmark::firearm
