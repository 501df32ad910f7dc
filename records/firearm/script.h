// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace proofmark::firearm {

// One letter or digit of a text, upper case and without accents, and what a Latin reader makes of
// it. Everything else, from spaces to Han characters, is a gap.
struct ScriptLetter {
  std::string latin;  // As it looks, else as it sounds: "C" of Cyrillic Es, "ZH" of Zhe.
  std::string
      transliteration;     // As it sounds: "S" of Cyrillic Es. Equal to `latin` for Latin ones.
  char digit = 0;          // The digit it is taken for; 0 when none.
  bool foreign = false;    // Cyrillic or Greek.
  bool after_gap = false;  // Something that is neither letter nor digit stands before it.
  std::string source;      // The characters of the text, unchanged.
};

// Compatibility forms (full width, superscript, Roman numeral signs) are taken for what they stand
// for. `text` is well-formed UTF-8.
//   Source  docs/references.md#unicode
std::vector<ScriptLetter> ReadLetters(std::string_view text);

// For comparing names: Latin letters and digits, words separated by one space; letters of no script
// known here stay as they are.
std::string LookalikeWords(std::string_view text);
std::string TransliteratedWords(std::string_view text);

}  // namespace proofmark::firearm
