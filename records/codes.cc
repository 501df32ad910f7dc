// SPDX-License-Identifier: Apache-2.0
#include "records/codes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <unordered_map>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace proofmark::records {
namespace {

constexpr Code kPurposes[] = {
    {"CRIMINAL_INVESTIGATION", "Finding or proving a criminal offence in a named case"},
    {"TRAFFICKING_TRACE", "Tracing firearms that moved illegally between countries"},
    {"THREAT_PREVENTION", "Preventing a serious and immediate danger to life"},
    {"MISSING_OR_REMAINS", "Finding a missing person or naming human remains"},
    {"TRAINING", "Practice with exhibits made for it; never real casework"},
};

constexpr Code kOffences[] = {
    {"HOMICIDE", "Homicide"},
    {"ATT_HOMICIDE", "Attempted homicide"},
    {"TERRORISM", "Terrorist offence"},
    {"SHOOTING_INJURY", "Shooting that injured someone"},
    {"SHOOTING_NO_INJURY", "Shooting that injured nobody"},
    {"ROBBERY", "Armed robbery"},
    {"KIDNAP", "Kidnapping or taking hostages"},
    {"SEXUAL", "Sexual offence with a firearm"},
    {"TRAFFICKING_FIREARMS", "Trafficking or illegal making of firearms"},
    {"DRUGS", "Drug offence with a firearm"},
    {"POSSESSION", "Possession without permission"},
    {"CONVERSION", "Converting or reactivating a firearm"},
    {"BORDER", "Seizure at a border or by customs"},
    {"FOUND", "Item found, no offence known"},
    {"SUICIDE", "Suicide"},
    {"ACCIDENT", "Accident"},
    {"ANIMAL", "Offence against animals"},
    {"OTHER", "Any other"},
    {"UNKNOWN", "Not known"},
};

constexpr Code kSubjectRoles[] = {
    {"SUSPECT", "A person suspected of the offence"},
    {"CONVICTED", "A person convicted of it"},
    {"VICTIM", "A victim"},
    {"MISSING", "A missing person"},
    {"REMAINS", "Human remains without a name"},
    {"OBJECT_ONLY", "No person: only the object is asked about"},
};

constexpr Code kRefusals[] = {
    // Of the law.
    {"NOT_HELD", "This authority does not have the information"},
    {"REQUEST_INCOMPLETE", "The question lacks something it must contain"},
    {"JUDICIAL_REFUSED", "A judicial authority refused its permission"},
    {"JUDICIAL_PENDING", "A judicial authority has not decided yet"},
    {"INACCURATE", "The data were found wrong, incomplete or out of date"},
    {"NATIONAL_SECURITY", "An answer would harm essential interests of national security"},
    {"ONGOING_CASE", "An answer would harm a running investigation or someone's safety"},
    {"MINOR_OFFENCE", "The offence is too slight, or is none in the country asked"},
    {"THIRD_PARTY_DATA", "The data came from another country, which does not agree"},
    {"PERSONAL_DATA_SCOPE", "The personal data lie outside the categories permitted"},
    // Of the agreement.
    {"NOT_A_PARTNER", "The asking node has no agreement with this one"},
    {"PURPOSE", "The agreement does not cover the purpose stated"},
    {"POLICY", "Sharing rules here do not cover this asker or this offence"},
    {"CAPACITY", "The agreed number of searches is used up; ask again later"},
    // Of the question itself.
    {"QUALITY", "The signature cannot be compared automatically"},
    {"METHOD_VERSION", "The signature was made by another method than is used here"},
    {"MALFORMED", "The question is not well-formed"},
    {"CLOCK_SKEW", "The question's time lies too far from the time here"},
    {"TABLE_OUTDATED", "The question rests on an earlier look-up table; fetch the newer one"},
    {"EXCHANGE_REUSED", "The exchange id was used before for another question"},
    // Of the node.
    {"NOT_READY", "What the question needs is still being made; ask again in a few minutes"},
    {"BUSY", "The node has more to do than it can now; ask again later"},
    {"INTERNAL", "The node failed; its operator can find out why"},
};

// Source: docs/references.md#ibin, and two rules of our own that firearm records state.
constexpr Code kShareTriggers[] = {
    {"BORDER_80KM", "Recovered within 80 km of an international border"},
    {"CUSTOMS", "Recovered by customs or border officials"},
    {"CONTRABAND", "Recovered from suspected traffickers of any contraband"},
    {"THREE_OR_MORE", "Recovered in a group of three or more firearms"},
    {"TERRORISM", "Related to terrorist activity"},
    {"FOREIGN_RESIDENT", "Recovered from a person resident in another country"},
    {"DEACTIVATED_LINK", "The firearm has a deactivation mark or certificate"},
    {"CONVERTED", "A converted blank, alarm or small-bore weapon"},
    {kUrgentTrigger, "Urgent: life is at risk"},
};

// Facts of the domain list of calibres: every cartridge with a class of bullet. Names and aliases
// differ in more than case, spaces and punctuation, over the whole list.
constexpr Calibre kCalibres[] = {
    // Pistol and rimfire.
    {"4.6X30", "4.6 x 30", "4.6", "4.6x30mm HK"},
    {"5.7X28", "5.7 x 28", "5.7", "5.7x28mm FN"},
    {"22SHORT", ".22 Short", "22", ".22 kurz"},
    {"22LR", ".22 Long Rifle", "22", ".22 lfB|5.6 mm"},
    {"22WMR", ".22 Winchester Magnum Rimfire", "22", "22 Win. Mag. R.F.|.22 Magnum"},
    {"17HMR", ".17 Hornady Magnum Rimfire", "17", ""},
    {"4MMFLOBERT", "4 mm Flobert", "4", "4 mm Randz. / Flobert family|4 mm M20|4mm Randzunder"},
    {"6MMFLOBERT", "6 mm Flobert", "22", ".22 BB|.22 CB|6 mm ME Flobert|6mm Flobert court"},
    {"9MMFLOBERT", "9 mm Flobert", "9", "9mm Flobert shot"},
    {"6.35BROWNING", "6.35 mm Browning", "6.35", ".25 ACP|.25 Auto|6.35x16SR"},
    {"7.65BROWNING", "7.65 mm Browning", "7.65", ".32 ACP|.32 Auto|7.65x17SR"},
    {"7.62TOK", "7.62 x 25 Tokarev", "7.62", "7.62 Tokarev|7.62 TT|7.62x25"},
    {"7.63MAUSER", "7.63 mm Mauser", "7.62", ".30 Mauser|7.63x25"},
    {"7.65PARA", "7.65 mm Parabellum", "7.65", "7.65 Parabellum|.30 Luger|7.65 Luger|7.65x21"},
    {"7.65LONGUE", "7.65 mm Long", "7.65", "7.65 Long|.32 French Long|7.65x20"},
    {"9KURZ", "9 mm Browning Short", "9",
     "9 mm Browning court|.380 ACP|.380 Auto|9x17|9 mm Kurz|9 mm Corto|9 mm Short"},
    {"9MAKAROV", "9 mm Makarov", "9.2", "9x18|9x18 PM|9x18 Makarov"},
    {"9LUGER", "9 mm Luger", "9", "9x19|9 mm Parabellum|9 mm Para|9 mm NATO|9 mm P08"},
    {"9X21", "9 x 21", "9", "9x21 IMI"},
    {"9ULTRA", "9 mm Ultra", "9", "9x18 Police"},
    {"9STEYR", "9 mm Steyr", "9", "9x23 Steyr"},
    {"9LARGO", "9 mm Bergmann", "9", "9 mm Largo|9x23 Largo|9 mm Bergmann-Bayard"},
    {"9BRLONG", "9 mm Browning Long", "9", "9x20SR"},
    {"38SUPER", ".38 Super Auto", "9", "9x23SR"},
    {"357SIG", ".357 SIG", "9", ""},
    {"40SW", ".40 Smith & Wesson", "10", "10x22"},
    {"10AUTO", "10 mm Auto", "10", "10x25"},
    {"45AUTO", ".45 Auto", "11.4", ".45 ACP|11.43x23|11.43 mm"},
    {"50AE", ".50 Action Express", "12.7", ""},
    // Revolver.
    {"7.62NAGANT", "7.62 mm Nagant", "7.62", "7.62x38R"},
    {"8LEBELREV", "8 mm Lebel Revolver", "8", "8x27R|8 mm 92"},
    {"32SWLONG", ".32 Smith & Wesson Long", "8", ".32 Colt New Police"},
    {"320", ".320 Revolver", "8", ""},
    {"38SW", ".38 Smith & Wesson", "9", "9x20R"},
    {"38SPL", ".38 Special", "9", "9x29R"},
    {"357MAG", ".357 Magnum", "9", "9x33R"},
    {"44SPL", ".44 Smith & Wesson Special", "11", "44 S & W Special|.44 Special"},
    {"44MAG", ".44 Remington Magnum", "11", "44 Rem. Mag.|.44 Magnum"},
    {"45COLT", ".45 Colt", "11.4", ".45 Long Colt"},
    {"455WEBLEY", ".455 Webley", "11.4", ".455"},
    // Rifle.
    {"5.45X39", "5.45 x 39", "5.6", "5.45x39 Soviet"},
    {"223REM", ".223 Remington", "5.6", "5.56x45|5.56 NATO"},
    {"243WIN", ".243 Winchester", "6", ""},
    {"6.5X55", "6.5 x 55 Swedish", "6.5", "6.5 x 55 SE|6.5 Swedish|6.5x55 SKAN"},
    {"270WIN", ".270 Winchester", "7", ""},
    {"7X57", "7 x 57 Mauser", "7", "7 mm Mauser"},
    {"7X64", "7 x 64 Brenneke", "7", ""},
    {"7REMMAG", "7 mm Remington Magnum", "7", "7 mm Rem. Mag."},
    {"30CARBINE", ".30 Carbine", "7.62", ".30 M1 Carbine|7.62x33"},
    {"300BLK", ".300 AAC Blackout", "7.62", "7.62x35"},
    {"7.62X39", "7.62 x 39", "7.62", "7.62x39 Soviet|7.62 mm M43|7.62 Kalashnikov"},
    {"308WIN", ".308 Winchester", "7.62", "7.62x51|7.62 NATO"},
    {"7.62X54R", "7.62 x 54 R", "7.62", "7.62 Mosin|7.62x53R"},
    {"3006", ".30-06 Springfield", "7.62", "30-06 Spring.|7.62x63"},
    {"300WINMAG", ".300 Winchester Magnum", "7.62", ""},
    {"303BRIT", ".303 British", "7.7", ".303|7.7x56R"},
    {"7.92X33", "7.92 x 33 Kurz", "7.92", "8 mm Kurz"},
    {"8X57IS", "8 x 57 IS", "7.92", "7.92x57|8 mm Mauser|8x57 JS"},
    {"338LM", ".338 Lapua Magnum", "8.6", "338 Lapua Mag.|.338 Lapua"},
    {"9X39", "9 x 39", "9.2", "9x39 SP"},
    {"9.3X62", "9.3 x 62", "9.2", "9.3x62 Mauser"},
    {"12.7X99", ".50 Browning", "12.7", ".50 BMG"},
    {"12.7X108", "12.7 x 108", "12.7", "12.7 Soviet"},
    // Shotgun.
    {"12GA", "12 gauge", "12", "12|12 bore|18.5 mm"},
    {"16GA", "16 gauge", "16", "16|16 bore"},
    {"20GA", "20 gauge", "20", "20|20 bore"},
    {"28GA", "28 gauge", "28", "28"},
    {"410", ".410 bore", "410", "36 gauge"},
    // Blank and traumatic.
    {"9PAK", "9 mm P.A.K. blank", "BLANK", "9 mm P.A.K.|9 mm PA|9x22 PAK|9 mm Knall"},
    {"9RK", "9 mm R.K. blank", "BLANK", "9 mm R.K.|380 R|9 mm R Knall"},
    {"8K", "8 mm K blank", "BLANK", "8 mm K|8 mm Knall|8x20 Knall"},
    {"6FLOBKNALL", "6 mm Flobert blank", "BLANK", "6 mm Flobert Knall|.22 blank"},
    {"10X22T", "10 x 22 T traumatic", "BLANK", "10 mm T|rubber ball 10x22T"},
    {"9PA-RUBBER", "9 mm P.A. rubber", "BLANK", "9 mm P.A. caoutchouc"},
};

constexpr ChamberNeighbours kChamberNeighbours[] = {
    {"22SHORT", "22LR"}, {"22SHORT", "6MMFLOBERT"}, {"22LR", "6MMFLOBERT"}, {"38SPL", "357MAG"},
    {"44SPL", "44MAG"},  {"7.62TOK", "7.63MAUSER"}, {"9LARGO", "38SUPER"},
};

// What is left of a name when case, spaces, punctuation and "mm" do not matter. The multiplication
// sign is an x.
std::string Simplified(std::string_view text) {
  constexpr std::string_view kTimes = "\xC3\x97";
  std::string simple;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) {
      simple += c;
    } else if (c >= 'A' && c <= 'Z') {
      simple += static_cast<char>(c - 'A' + 'a');
    } else if (text.substr(i, kTimes.size()) == kTimes) {
      simple += 'x';
    }
  }
  for (std::size_t at = simple.find("mm"); at != std::string::npos; at = simple.find("mm", at)) {
    simple.erase(at, 2);
  }
  return simple;
}

using CalibreIndex = std::unordered_map<std::string, const Calibre*>;

CalibreIndex MakeCalibreIndex() {
  CalibreIndex index;
  const auto add = [&index](std::string_view name, const Calibre& calibre) {
    const auto [place, added] = index.emplace(Simplified(name), &calibre);
    PM_CHECK(added || place->second == &calibre);  // One name, one calibre.
  };
  for (const Calibre& calibre : kCalibres) {
    add(calibre.code, calibre);
    add(calibre.name, calibre);
    std::string_view aliases = calibre.aliases;
    while (!aliases.empty()) {
      const std::size_t end = std::min(aliases.find('|'), aliases.size());
      add(aliases.substr(0, end), calibre);
      aliases.remove_prefix(std::min(end + 1, aliases.size()));
    }
  }
  return index;
}

}  // namespace

std::span<const Code> PurposeCodes() { return kPurposes; }
std::span<const Code> OffenceCodes() { return kOffences; }
std::span<const Code> SubjectRoleCodes() { return kSubjectRoles; }
std::span<const Code> RefusalCodes() { return kRefusals; }

std::span<const Code> ShareTriggerCodes() { return kShareTriggers; }

bool IsCode(std::span<const Code> list, std::string_view code) {
  return std::any_of(list.begin(), list.end(),
                     [code](const Code& entry) { return entry.code == code; });
}

absl::Status CheckShareTriggers(std::string_view field, std::span<const std::string> codes) {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (!IsCode(kShareTriggers, codes[i])) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s[%d]: is no code of the list of share triggers", field, i));
    }
    if (i > 0 && codes[i] <= codes[i - 1]) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s[%d]: %s after %s, must ascend, each once", field, i, codes[i], codes[i - 1]));
    }
  }
  return absl::OkStatus();
}

std::span<const Calibre> Calibres() { return kCalibres; }

std::span<const ChamberNeighbours> ChamberNeighbourList() { return kChamberNeighbours; }

bool ShareChamber(std::string_view calibre_code, std::string_view other_code) {
  return calibre_code == other_code ||
         std::any_of(std::begin(kChamberNeighbours), std::end(kChamberNeighbours),
                     [&](const ChamberNeighbours& pair) {
                       return (pair.one == calibre_code && pair.other == other_code) ||
                              (pair.one == other_code && pair.other == calibre_code);
                     });
}

std::optional<Calibre> FindCalibre(std::string_view text) {
  constexpr std::size_t kCalibreTextBytesMax = 128;
  if (text.size() > kCalibreTextBytesMax) return std::nullopt;
  static const CalibreIndex* const index = new CalibreIndex(MakeCalibreIndex());  // Never freed.
  const auto found = index->find(Simplified(text));
  if (found == index->end()) return std::nullopt;
  return *found->second;
}

}  // namespace proofmark::records
