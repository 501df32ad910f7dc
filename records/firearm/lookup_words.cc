// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/lookup_words.h"

#include <cstddef>
#include <optional>

#include "base/check.h"
#include "records/firearm/make.h"
#include "records/firearm/script.h"

namespace proofmark::firearm {
namespace {

std::string LettersOf(std::string_view text) {
  std::string letters;
  for (const ScriptLetter& letter : ReadLetters(text)) {
    for (const char c : letter.latin) {
      if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) letters += c;
    }
  }
  return letters.substr(0, kLookupWordCharsMax);
}

}  // namespace

StateGroup GroupOf(State state) {
  switch (state) {
    case State::kDeactivated:
    case State::kDeactivatedOldStandard:
    case State::kCertificateWithdrawn:
    case State::kReactivationSuspected:
    case State::kReactivationConfirmed:
      return StateGroup::kDeactivated;
    case State::kLost:
    case State::kStolen:
    case State::kTrafficked:
      return StateGroup::kLostStolen;
    case State::kDestroyed:
      return StateGroup::kDestroyed;
    case State::kRegistered:
    case State::kExported:
    case State::kSoughtEvidence:
    case State::kSeized:
    case State::kRecovered:
    case State::kInEvidence:
    case State::kReturned:
    case State::kConverted:
    case State::kUnknown:
      return StateGroup::kOther;
  }
  PM_CHECK(false);
}

std::string_view StateGroupCode(StateGroup group) {
  switch (group) {
    case StateGroup::kDeactivated:
      return "DEACTIVATED";
    case StateGroup::kLostStolen:
      return "LOST_STOLEN";
    case StateGroup::kDestroyed:
      return "DESTROYED";
    case StateGroup::kOther:
      return "OTHER";
  }
  PM_CHECK(false);
}

std::string LookupMake(std::string_view text) {
  if (text.size() > static_cast<std::size_t>(kMakeBytesMax)) return "";
  const std::optional<MakeFound> found = FindMake(text, nullptr);
  if (!found.has_value()) return LettersOf(text);
  if (found->design) return "";
  return LettersOf(found->ncic_code.empty() ? found->name : found->ncic_code);
}

std::string LookupModel(std::string_view text) { return LettersOf(text); }

}  // namespace proofmark::firearm
