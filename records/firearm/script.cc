// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/script.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include "base/utf8.h"

namespace proofmark::firearm {
namespace {

// Capitals without accents for U+00C0..U+024F and U+1E00..U+1EFF; '.' where there is none, or more
// than one letter.
//   Source  docs/references.md#unicode
constexpr std::string_view kLatinC0 =
    "AAAAAA.CEEEEIIIIDNOOOOO.OUUUUY..AAAAAA.CEEEEIIIIDNOOOOO.OUUUUY.YAAAAAACCCCCCCCDD"
    "DDEEEEEEEEEEGGGGGGGGHHHHIIIIIIIIII..JJKKKLLLLLLLLLLNNNNNNNNNOOOOOO..RRRRRRSSSSSS"
    "SSTTTTTTUUUUUUUUUUUUWWYYYZZZZZZSBBBB..OCCDDDD.EEEFFG...IKKL..NNOOO..PP.....TTTTU"
    "U.VYYZZ......................AAIIOOUUUUUUUUUU.AAAA..GGGGKKOOOO..J...GG..NNAA..OO"
    "AAAAEEEEIIIIOOOORRRRUUUUSSTT..HH....ZZAAEEOOOOOOOOYY...J..ACCLTSZ..BU.EEJJQQRRYY";

constexpr std::string_view kLatin1E00 =
    "AABBBBBBCCDDDDDDDDDDEEEEEEEEEEFFGGHHHHHHHHHHIIIIKKKKKKLLLLLLLLMMMMMMNNNNNNNNOOOO"
    "OOOOPPPPRRRRRRRRSSSSSSSSSSTTTTTTTTUUUUUUUUUUVVVVWWWWWWWWWWXXXXYYZZZZZZHTWYAS...."
    "AAAAAAAAAAAAAAAAAAAAAAAAEEEEEEEEEEEEEEEEIIIIOOOOOOOOOOOOOOOOOOOOOOOOUUUUUUUUUUUU"
    "UUYYYYYYYY......";

struct LatinPair {
  std::uint32_t code_point;
  std::string_view letters;
};
constexpr LatinPair kPairs[] = {
    {0x00C6, "AE"}, {0x00DE, "TH"}, {0x00DF, "SS"}, {0x00E6, "AE"}, {0x00FE, "TH"}, {0x0132, "IJ"},
    {0x0133, "IJ"}, {0x0152, "OE"}, {0x0153, "OE"}, {0x01C4, "DZ"}, {0x01C5, "DZ"}, {0x01C6, "DZ"},
    {0x01C7, "LJ"}, {0x01C8, "LJ"}, {0x01C9, "LJ"}, {0x01CA, "NJ"}, {0x01CB, "NJ"}, {0x01CC, "NJ"},
    {0x01E2, "AE"}, {0x01E3, "AE"}, {0x01F1, "DZ"}, {0x01F2, "DZ"}, {0x01F3, "DZ"}, {0x01FC, "AE"},
    {0x01FD, "AE"}, {0x1E9E, "SS"},
};

// Capitals without accents of U+0386..U+03CE; 0 where there is none.
constexpr std::uint32_t kGreekFirst = 0x386;
constexpr char16_t kGreekCapitals[] = {
    0x391, 0x0,   0x395, 0x397, 0x399, 0x0,   0x39F, 0x0,   0x3A5, 0x3A9, 0x399, 0x391, 0x392,
    0x393, 0x394, 0x395, 0x396, 0x397, 0x398, 0x399, 0x39A, 0x39B, 0x39C, 0x39D, 0x39E, 0x39F,
    0x3A0, 0x3A1, 0x3A2, 0x3A3, 0x3A4, 0x3A5, 0x3A6, 0x3A7, 0x3A8, 0x3A9, 0x399, 0x3A5, 0x391,
    0x395, 0x397, 0x399, 0x3A5, 0x391, 0x392, 0x393, 0x394, 0x395, 0x396, 0x397, 0x398, 0x399,
    0x39A, 0x39B, 0x39C, 0x39D, 0x39E, 0x39F, 0x3A0, 0x3A1, 0x3A3, 0x3A3, 0x3A4, 0x3A5, 0x3A6,
    0x3A7, 0x3A8, 0x3A9, 0x399, 0x3A5, 0x39F, 0x3A5, 0x3A9};

// Capitals of Cyrillic and Greek, by code point.
struct ForeignLetter {
  std::uint32_t code_point;
  std::string_view lookalike;  // Empty: none.
  char digit;                  // It is taken for; 0: none.
  std::string_view transliteration;
};
constexpr ForeignLetter kForeign[] = {
    {0x0391, "A", 0, "A"},    // Α
    {0x0392, "B", 0, "V"},    // Β
    {0x0393, "", 0, "G"},     // Γ
    {0x0394, "", 0, "D"},     // Δ
    {0x0395, "E", 0, "E"},    // Ε
    {0x0396, "Z", 0, "Z"},    // Ζ
    {0x0397, "H", 0, "I"},    // Η
    {0x0398, "O", 0, "TH"},   // Θ
    {0x0399, "I", 0, "I"},    // Ι
    {0x039A, "K", 0, "K"},    // Κ
    {0x039B, "", 0, "L"},     // Λ
    {0x039C, "M", 0, "M"},    // Μ
    {0x039D, "N", 0, "N"},    // Ν
    {0x039E, "", 0, "X"},     // Ξ
    {0x039F, "O", 0, "O"},    // Ο
    {0x03A0, "", 0, "P"},     // Π
    {0x03A1, "P", 0, "R"},    // Ρ
    {0x03A3, "", 0, "S"},     // Σ
    {0x03A4, "T", 0, "T"},    // Τ
    {0x03A5, "Y", 0, "Y"},    // Υ
    {0x03A6, "", 0, "F"},     // Φ
    {0x03A7, "X", 0, "CH"},   // Χ
    {0x03A8, "", 0, "PS"},    // Ψ
    {0x03A9, "", 0, "O"},     // Ω
    {0x0401, "E", 0, "E"},    // Ё
    {0x0402, "", 0, "DJ"},    // Ђ
    {0x0403, "", 0, "GJ"},    // Ѓ
    {0x0404, "", 0, "E"},     // Є
    {0x0405, "S", 0, "DZ"},   // Ѕ
    {0x0406, "I", 0, "I"},    // І
    {0x0407, "I", 0, "I"},    // Ї
    {0x0408, "J", 0, "J"},    // Ј
    {0x0409, "", 0, "LJ"},    // Љ
    {0x040A, "", 0, "NJ"},    // Њ
    {0x040B, "", 0, "C"},     // Ћ
    {0x040C, "K", 0, "KJ"},   // Ќ
    {0x040F, "", 0, "DZ"},    // Џ
    {0x0410, "A", 0, "A"},    // А
    {0x0411, "", '6', "B"},   // Б
    {0x0412, "B", 0, "V"},    // В
    {0x0413, "", 0, "G"},     // Г
    {0x0414, "", 0, "D"},     // Д
    {0x0415, "E", 0, "E"},    // Е
    {0x0416, "", 0, "ZH"},    // Ж
    {0x0417, "", '3', "Z"},   // З
    {0x0418, "", 0, "I"},     // И
    {0x0419, "", 0, "J"},     // Й
    {0x041A, "K", 0, "K"},    // К
    {0x041B, "", 0, "L"},     // Л
    {0x041C, "M", 0, "M"},    // М
    {0x041D, "H", 0, "N"},    // Н
    {0x041E, "O", 0, "O"},    // О
    {0x041F, "", 0, "P"},     // П
    {0x0420, "P", 0, "R"},    // Р
    {0x0421, "C", 0, "S"},    // С
    {0x0422, "T", 0, "T"},    // Т
    {0x0423, "Y", 0, "U"},    // У
    {0x0424, "", 0, "F"},     // Ф
    {0x0425, "X", 0, "H"},    // Х
    {0x0426, "", 0, "C"},     // Ц
    {0x0427, "", '4', "CH"},  // Ч
    {0x0428, "", 0, "SH"},    // Ш
    {0x0429, "", 0, "SHT"},   // Щ
    {0x042A, "", 0, "A"},     // Ъ
    {0x042B, "", 0, "Y"},     // Ы
    {0x042C, "", 0, ""},      // Ь
    {0x042D, "", 0, "E"},     // Э
    {0x042E, "", 0, "YU"},    // Ю
    {0x042F, "", 0, "YA"},    // Я
    {0x0490, "", 0, "G"},     // Ґ
};

// Letters that are written as a letter and a mark, too, and that the table tells from the former.
struct Composition {
  std::uint32_t letter;
  std::uint32_t mark;
  std::uint32_t composed;
};
constexpr Composition kCompositions[] = {
    {0x0415, 0x0308, 0x0401}, {0x0418, 0x0306, 0x0419}, {0x0413, 0x0301, 0x0403},
    {0x041A, 0x0301, 0x040C}, {0x0406, 0x0308, 0x0407},
};

bool IsCombiningMark(std::uint32_t c) { return c >= 0x0300 && c <= 0x036F; }

// Capital of a Cyrillic or Greek letter, anything else unchanged.
std::uint32_t ForeignCapital(std::uint32_t c) {
  if (c >= 0x0430 && c <= 0x044F) return c - 0x20;
  if (c >= 0x0450 && c <= 0x045F) c -= 0x50;
  if (c == 0x0491) return 0x0490;
  if (c == 0x0400) return 0x0415;
  if (c == 0x040D) return 0x0418;
  if (c == 0x040E) return 0x0423;
  if (c >= kGreekFirst && c < kGreekFirst + std::size(kGreekCapitals)) {
    const std::uint32_t capital = kGreekCapitals[c - kGreekFirst];
    return capital != 0 ? capital : c;
  }
  return c;
}

const ForeignLetter* FindForeign(std::uint32_t capital) {
  const auto found = std::lower_bound(
      std::begin(kForeign), std::end(kForeign), capital,
      [](const ForeignLetter& letter, std::uint32_t c) { return letter.code_point < c; });
  return found != std::end(kForeign) && found->code_point == capital ? found : nullptr;
}

std::string FromBlock(std::string_view block, std::uint32_t first, std::uint32_t c) {
  const char letter = block[c - first];
  if (letter != '.') return std::string(1, letter);
  for (const LatinPair& pair : kPairs) {
    if (pair.code_point == c) return std::string(pair.letters);
  }
  return "";
}

// A digit or a number sign of another form as plain characters; empty when it is none.
std::string CompatibilityForm(std::uint32_t c) {
  const auto digit = [](std::uint32_t value) {
    return std::string(1, static_cast<char>('0' + static_cast<int>(value)));
  };
  if (c == 0xB9) return "1";
  if (c == 0xB2 || c == 0xB3) return digit(c - 0xB0);
  if (c == 0x2070 || (c >= 0x2074 && c <= 0x2079)) return digit(c - 0x2070);
  if (c >= 0x2080 && c <= 0x2089) return digit(c - 0x2080);
  constexpr std::string_view kRoman[] = {"I",  "II", "III", "IV",  "V", "VI", "VII", "VIII",
                                         "IX", "X",  "XI",  "XII", "L", "C",  "D",   "M"};
  if (c >= 0x2160 && c <= 0x217F) return std::string(kRoman[(c - 0x2160) % std::size(kRoman)]);
  return "";
}

// Latin capitals and digits that `c` stands for, empty when it stands for none.
std::string LatinOf(std::uint32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;  // Full width.
  if (c >= 'a' && c <= 'z') c -= 0x20;
  if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) return std::string(1, static_cast<char>(c));
  if (c >= 0xC0 && c < 0xC0 + kLatinC0.size()) return FromBlock(kLatinC0, 0xC0, c);
  if (c >= 0x1E00 && c < 0x1E00 + kLatin1E00.size()) return FromBlock(kLatin1E00, 0x1E00, c);
  return CompatibilityForm(c);
}

// Letters of scripts that nothing here reads: Armenian to Georgian and beyond, Han, Hangul.
bool IsOtherLetter(std::uint32_t c) {
  return (c >= 0x0531 && c <= 0x1DFF) ||
         (c >= 0x2E80 && c <= 0xD7FF && !(c >= 0x3000 && c <= 0x3004)) || c >= 0x20000;
}

// Absent for a gap.
std::optional<ScriptLetter> ReadLetter(std::uint32_t c) {
  ScriptLetter letter;
  letter.latin = LatinOf(c);
  if (!letter.latin.empty()) {
    letter.transliteration = letter.latin;
    return letter;
  }
  if (const ForeignLetter* const foreign = FindForeign(ForeignCapital(c))) {
    letter.transliteration = foreign->transliteration;
    letter.latin =
        foreign->lookalike.empty() ? letter.transliteration : std::string(foreign->lookalike);
    letter.digit = foreign->digit;
    letter.foreign = true;
    return letter;
  }
  if (IsOtherLetter(c)) return letter;
  return std::nullopt;
}

std::uint32_t Composed(std::uint32_t c, std::uint32_t mark) {
  for (const Composition& composition : kCompositions) {
    if (composition.letter == ForeignCapital(c) && composition.mark == mark) {
      return composition.composed;
    }
  }
  return c;
}

template <typename Spelling>
std::string Words(std::string_view text, Spelling spelling) {
  std::string words;
  for (const ScriptLetter& letter : ReadLetters(text)) {
    if (letter.after_gap && !words.empty()) words += ' ';
    const bool unread = letter.latin.empty() && !letter.foreign;
    words += unread ? letter.source : spelling(letter);
  }
  return words;
}

}  // namespace

std::vector<ScriptLetter> ReadLetters(std::string_view text) {
  std::vector<ScriptLetter> letters;
  bool after_gap = true;
  while (!text.empty()) {
    const std::optional<base::CodePoint> first = base::FirstCodePoint(text);
    if (!first) break;
    std::uint32_t c = first->value;
    std::size_t bytes = first->bytes;
    while (bytes < text.size()) {  // Marks belong to the letter that they follow.
      const std::optional<base::CodePoint> mark = base::FirstCodePoint(text.substr(bytes));
      if (!mark || !IsCombiningMark(mark->value)) break;
      c = Composed(c, mark->value);
      bytes += mark->bytes;
    }
    if (std::optional<ScriptLetter> letter = ReadLetter(c)) {
      letter->after_gap = after_gap;
      letter->source = text.substr(0, bytes);
      letters.push_back(*std::move(letter));
      after_gap = false;
    } else {
      after_gap = true;
    }
    text.remove_prefix(bytes);
  }
  return letters;
}

std::string LookalikeWords(std::string_view text) {
  return Words(text, [](const ScriptLetter& letter) { return letter.latin; });
}

std::string TransliteratedWords(std::string_view text) {
  return Words(text, [](const ScriptLetter& letter) { return letter.transliteration; });
}

}  // namespace proofmark::firearm
