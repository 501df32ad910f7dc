// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace proofmark::records {

// One row of a built-in code list.
struct Code {
  std::string_view code;     // [A-Z0-9_]{1,32}; what is stored, sent and written to the ledger.
  std::string_view meaning;  // In our words, for people.
};

// The built-in lists. Each is sorted as people expect to read it, not alphabetically.
std::span<const Code> PurposeCodes();      // Why a question may be asked.
std::span<const Code> OffenceCodes();      // Crime types (domain list crime_types).
std::span<const Code> SubjectRoleCodes();  // Whom the question concerns (EU 2024/982 Art 33).
std::span<const Code> RefusalCodes();  // Why an answer is refused (domain list refusal_reasons).
// Circumstances of recovery in which agencies suggest to ask abroad (domain list share_triggers).
std::span<const Code> ShareTriggerCodes();
inline constexpr std::string_view kUrgentTrigger = "URGENT";

bool IsCode(std::span<const Code> list, std::string_view code);

// kInvalidArgument naming `field` and the code: each must be a share trigger, ascending, each once.
absl::Status CheckShareTriggers(std::string_view field, std::span<const std::string> codes);

// A cartridge calibre and the class of bullet it fires.
struct Calibre {
  std::string_view code;          // "9LUGER".
  std::string_view name;          // "9 mm Luger".
  std::string_view bullet_class;  // "9"; "BLANK" for blank ammunition.
  std::string_view aliases;       // Other names it goes by, separated by '|'.
};
std::span<const Calibre> Calibres();

// The calibre meant by a code, name or alias; case, spaces, punctuation and "mm" do not matter.
// nullopt for text that names none: keep it as raw text, it then never excludes anything.
std::optional<Calibre> FindCalibre(std::string_view text);

// Cartridges of which one firearm's chamber takes both, so that cases of either may bear its marks:
// a short cartridge in the chamber of the longer. Codes, each pair once.
struct ChamberNeighbours {
  std::string_view one;
  std::string_view other;
};
std::span<const ChamberNeighbours> ChamberNeighbourList();

// Equal codes, or a pair of the list.
bool ShareChamber(std::string_view calibre_code, std::string_view other_code);

}  // namespace proofmark::records
