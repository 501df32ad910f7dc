// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/serial.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "records/firearm/fields.h"
#include "records/firearm/script.h"

namespace proofmark::firearm {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Characters that are taken for each other: the digit first, then the letters.
constexpr std::string_view kConfused[] = {"0OQ", "1IL", "2Z", "5S", "6G", "8B"};

std::string_view ConfusedWith(char c) {
  for (const std::string_view group : kConfused) {
    if (group.find(c) != std::string_view::npos) return group;
  }
  return {};
}
char ConfusionDigit(char c) {
  const std::string_view group = ConfusedWith(c);
  return group.empty() ? c : group.front();
}

// Takes `word`, in any case, from the start of `text`.
bool TakeWord(std::string_view& text, std::string_view word) {
  const auto capital = [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  };
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (capital(text[i]) != word[i]) return false;
  }
  text.remove_prefix(word.size());
  return true;
}

// What may stand between the word for "number" and the number. No hyphen: "NR-1234" is all number.
bool TakeSeparator(std::string_view& text) {
  for (const std::string_view separator : {" ", ".", ":", "#", "\xC2\xA0", "\xE2\x80\xAF"}) {
    if (TakeWord(text, separator)) return true;
  }
  return false;
}

// `text` without what says that a number follows: a sign always, a word only before a separator.
std::string_view WithoutNumberWord(std::string_view text) {
  constexpr std::string_view kSigns[] = {"\xE2\x84\x96", "N\xC2\xBA", "N\xC2\xB0"};  // №, Nº, N°.
  constexpr std::string_view kWords[] = {"SERIAL", "S/N", "NO", "NR"};
  while (true) {
    const std::string_view before = text;
    while (TakeSeparator(text)) {
    }
    for (const std::string_view sign : kSigns) TakeWord(text, sign);
    for (const std::string_view word : kWords) {
      std::string_view rest = text;
      if (TakeWord(rest, word) && TakeSeparator(rest)) {
        text = rest;
        break;
      }
    }
    if (text.size() == before.size()) return text;
  }
}

// K1 without the letters that stand between digits.
std::string WithoutEmbedded(std::string_view key) {
  const auto first = std::find_if(key.begin(), key.end(), IsDigit);
  const auto last = std::find_if(key.rbegin(), key.rend(), IsDigit).base();
  std::string embedded;
  for (auto c = key.begin(); c != key.end(); ++c) {
    if (IsDigit(*c) || c < first || c >= last) embedded += *c;
  }
  return embedded;
}

struct RomanSign {
  std::string_view sign;
  std::int32_t value;
};
constexpr RomanSign kRomanSigns[] = {{"M", 1000}, {"CM", 900}, {"D", 500}, {"CD", 400}, {"C", 100},
                                     {"XC", 90},  {"L", 50},   {"XL", 40}, {"X", 10},   {"IX", 9},
                                     {"V", 5},    {"IV", 4},   {"I", 1}};
constexpr std::int32_t kRomanMax = 3'999;

std::string RomanText(std::int32_t value) {
  std::string text;
  for (const RomanSign& sign : kRomanSigns) {
    for (; value >= sign.value; value -= sign.value) text += sign.sign;
  }
  return text;
}

// The value of a well-formed Roman numeral, 1..kRomanMax; 0 for any other text.
std::int32_t RomanValue(std::string_view text) {
  std::int32_t value = 0;
  std::string_view rest = text;
  for (const RomanSign& sign : kRomanSigns) {
    for (; rest.starts_with(sign.sign); rest.remove_prefix(sign.sign.size())) value += sign.value;
  }
  return rest.empty() && value <= kRomanMax && RomanText(value) == text ? value : 0;
}

// Takes "[AB8]" from the start of `text`: its letters and digits in order, each once.
absl::StatusOr<std::string> TakeSet(std::string_view& text) {
  const absl::Status malformed = absl::InvalidArgumentError(
      "serial pattern: a set must be '[', single letters or digits, and ']'");
  const std::size_t end = text.find(']');
  if (text.front() != '[' || end == std::string_view::npos) return malformed;
  std::set<char> allowed;
  for (const ScriptLetter& letter : ReadLetters(text.substr(1, end - 1))) {
    if (letter.latin.size() != 1) return malformed;
    allowed.insert(letter.latin.front());
  }
  if (allowed.empty()) return malformed;
  text.remove_prefix(end + 1);
  return std::string(allowed.begin(), allowed.end());
}

absl::Status CheckKeyLength(std::size_t chars) {
  if (static_cast<std::int64_t>(chars) <= kSerialKeyCharsMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("serial: more than %d letters and digits as compared", kSerialKeyCharsMax));
}

// The readings of one place of a mark, the likeliest first.
using Readings = std::vector<std::string>;

void AddReading(Readings& readings, std::string reading) {
  if (std::find(readings.begin(), readings.end(), reading) == readings.end()) {
    readings.push_back(std::move(reading));
  }
}

std::vector<Readings> ReadingsOf(std::string_view raw) {
  std::vector<Readings> places;
  for (const ScriptLetter& letter : ReadLetters(WithoutNumberWord(raw))) {
    if (!letter.foreign || letter.latin.size() == 1) {
      for (const char c : letter.latin) {
        Readings readings = {std::string(1, c)};
        for (const char other : ConfusedWith(c)) AddReading(readings, std::string(1, other));
        places.push_back(std::move(readings));
      }
    } else {
      places.push_back({letter.latin});
    }
    if (letter.foreign) {
      if (!letter.transliteration.empty()) AddReading(places.back(), letter.transliteration);
      if (letter.digit != 0) AddReading(places.back(), std::string(1, letter.digit));
    }
  }
  return places;
}

// Enumerates readings, those with fewer changes first.
class ReadingSearch {
 public:
  ReadingSearch(const std::vector<Readings>& places, std::size_t limit)
      : places_(places), limit_(limit), changeable_from_(places.size() + 1, 0) {
    for (std::size_t i = places.size(); i > 0; --i) {
      changeable_from_[i - 1] = changeable_from_[i] + (places[i - 1].size() > 1 ? 1 : 0);
    }
  }

  std::vector<SerialCandidate> Run() {
    for (std::int32_t changes = 0; changes <= changeable_from_.front(); ++changes) {
      changes_ = changes;
      Extend(0, changes, "");
    }
    return std::move(found_);
  }

 private:
  // Ends every key begun with `key` by readings of the places from `place` on, of which exactly
  // `changes_left` differ from what was read.
  void Extend(std::size_t place, std::int32_t changes_left, const std::string& key) {
    if (found_.size() == limit_ || changes_left > changeable_from_[place]) return;
    if (place == places_.size()) {
      if (seen_.insert(key).second) {
        found_.push_back({.lookalike_key = key, .changed_count = changes_});
      }
      return;
    }
    const Readings& readings = places_[place];
    Extend(place + 1, changes_left, key + readings.front());
    for (std::size_t i = 1; changes_left > 0 && i < readings.size(); ++i) {
      Extend(place + 1, changes_left - 1, key + readings[i]);
    }
  }

  const std::vector<Readings>& places_;
  const std::size_t limit_;
  std::vector<std::int32_t> changeable_from_;
  std::int32_t changes_ = 0;
  std::set<std::string> seen_;
  std::vector<SerialCandidate> found_;
};

}  // namespace

absl::StatusOr<SerialKeys> MakeSerialKeys(std::string_view raw, Numerals numerals) {
  PM_RETURN_IF_ERROR(CheckText("serial", raw, 0, kSerialBytesMax));
  SerialKeys keys;
  for (const ScriptLetter& letter : ReadLetters(WithoutNumberWord(raw))) {
    keys.lookalike += letter.latin;
    keys.transliteration += letter.transliteration;
    if (letter.digit != 0) {
      keys.confusion += letter.digit;
    } else {
      for (const char c : letter.latin) keys.confusion += ConfusionDigit(c);
    }
  }
  PM_RETURN_IF_ERROR(CheckKeyLength(keys.lookalike.size()));
  PM_RETURN_IF_ERROR(CheckKeyLength(keys.transliteration.size()));
  keys.embedded = WithoutEmbedded(keys.lookalike);
  if (numerals == Numerals::kRoman) {
    if (const std::int32_t value = RomanValue(keys.lookalike); value > 0) {
      keys.arabic = std::to_string(value);
    }
  }
  return keys;
}

std::optional<SerialGrade> CompareSerials(const SerialKeys& asked, const SerialKeys& held) {
  const auto same = [](const std::string& one, const std::string& other) {
    return !one.empty() && one == other;
  };
  if (same(asked.lookalike, held.lookalike)) return SerialGrade::kExact;
  if (same(asked.lookalike, held.transliteration) || same(asked.transliteration, held.lookalike) ||
      same(asked.transliteration, held.transliteration) || same(asked.arabic, held.arabic) ||
      same(asked.arabic, held.lookalike) || same(asked.lookalike, held.arabic)) {
    return SerialGrade::kScript;
  }
  if (same(asked.embedded, held.embedded)) return SerialGrade::kEmbedded;
  if (same(asked.confusion, held.confusion)) return SerialGrade::kConfusion;
  return std::nullopt;
}

SerialVerdict JudgeSerials(SerialGrade grade, const OtherAgreement& other) {
  if (grade > SerialGrade::kScript && !(other.make == true && other.calibre == true)) {
    return SerialVerdict::kNotReturned;
  }
  if (other.make == false || other.firearm_class == false || other.calibre == false) {
    return SerialVerdict::kCheck;
  }
  const bool all = other.make && other.firearm_class && other.calibre;
  return all ? SerialVerdict::kStrong : SerialVerdict::kSerialOnly;
}

bool SerialPattern::IsPattern(std::string_view text) {
  return text.find_first_of("?*[") != std::string_view::npos;
}

absl::StatusOr<SerialPattern> ReadPattern(std::string_view text) {
  PM_RETURN_IF_ERROR(CheckText("serial pattern", text, 1, kSerialBytesMax));
  SerialPattern pattern;
  std::vector<SerialPattern::Place>& places = pattern.places_;
  text = WithoutNumberWord(text);
  while (!text.empty()) {
    const std::size_t literal = std::min(text.find_first_of("?*[]"), text.size());
    for (const ScriptLetter& letter : ReadLetters(text.substr(0, literal))) {
      for (const char c : letter.latin) places.push_back({false, std::string(1, c)});
    }
    text.remove_prefix(literal);
    if (text.empty()) break;
    if (text.front() == '[' || text.front() == ']') {
      PM_ASSIGN_OR_RETURN(std::string allowed, TakeSet(text));
      places.push_back({false, std::move(allowed)});
      continue;
    }
    const bool run = text.front() == '*';
    const bool more_of_a_run = run && !places.empty() && places.back().run;
    if (!more_of_a_run) places.push_back({run, ""});
    text.remove_prefix(1);
  }
  if (static_cast<std::int64_t>(places.size()) > kSerialKeyCharsMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("serial pattern: more than %d places", kSerialKeyCharsMax));
  }
  return pattern;
}

absl::StatusOr<SerialPattern> SerialPattern::Parse(std::string_view text, bool narrowed) {
  PM_ASSIGN_OR_RETURN(SerialPattern pattern, ReadPattern(text));
  if (pattern.known_count() < kPatternKnownMin || !narrowed) {
    return absl::FailedPreconditionError(
        absl::StrFormat("REQUEST_INCOMPLETE: a serial pattern needs %d known characters, and make "
                        "or calibre",
                        kPatternKnownMin));
  }
  return pattern;
}

std::int64_t SerialPattern::known_count() const {
  return std::count_if(places_.begin(), places_.end(),
                       [](const Place& place) { return place.allowed.size() == 1; });
}

bool SerialPattern::Matches(std::string_view key) const {
  // Places are tried in turn; at a mismatch the last run takes one character more.
  const std::size_t none = places_.size();
  std::size_t place = 0;
  std::size_t at = 0;
  std::size_t run = none;  // The last run met, and the end of what it takes.
  std::size_t run_end = 0;
  while (at < key.size()) {
    if (place < places_.size() && places_[place].run) {
      run = place++;
      run_end = at;
    } else if (place < places_.size() &&
               (places_[place].allowed.empty() ||
                places_[place].allowed.find(key[at]) != std::string::npos)) {
      ++place;
      ++at;
    } else if (run != none) {
      place = run + 1;
      at = ++run_end;
    } else {
      return false;
    }
  }
  while (place < places_.size() && places_[place].run) ++place;
  return place == places_.size();
}

absl::StatusOr<SerialCandidates> ConfusableReadings(std::string_view raw, std::int64_t limit) {
  PM_RETURN_IF_ERROR(CheckNumber("limit", static_cast<double>(limit), 1, kSerialCandidatesMax));
  PM_RETURN_IF_ERROR(MakeSerialKeys(raw).status());
  const std::vector<Readings> places = ReadingsOf(raw);
  SerialCandidates result;
  result.possible_count = 1;
  std::size_t longest = 0;
  for (const Readings& readings : places) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    const auto count = static_cast<std::int64_t>(readings.size());
    result.possible_count =
        result.possible_count > kMost / count ? kMost : result.possible_count * count;
    longest += std::max_element(readings.begin(), readings.end(), [](const auto& a, const auto& b) {
                 return a.size() < b.size();
               })->size();
  }
  PM_RETURN_IF_ERROR(CheckKeyLength(longest));
  result.candidates = ReadingSearch(places, static_cast<std::size_t>(limit)).Run();
  return result;
}

}  // namespace proofmark::firearm
