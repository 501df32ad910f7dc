// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "records/firearm/codes.h"

// Serial numbers as marked in Latin, Cyrillic or Greek letters, and the keys that they are found
// by. All pure.  Source: docs/formats/firearm.md#serial-numbers
namespace proofmark::firearm {

inline constexpr std::int64_t kSerialBytesMax = 256;    // Of the raw mark, UTF-8.
inline constexpr std::int64_t kSerialKeyCharsMax = 64;  // Of every key.
inline constexpr std::int64_t kPatternKnownMin = 4;     // Characters that a pattern must fix.

// What one mark is found by: [A-Z0-9]{0,64} each.
struct SerialKeys {
  std::string lookalike;  // K1: foreign letters by what they look like; the private look-up's.
  std::string transliteration;  // K2: foreign letters by what they sound like.
  std::string confusion;        // K3: letters taken for digits are those digits. Candidates only.
  std::string embedded;         // K4: K1 without letters between digits.
  std::string arabic;           // Value of a Roman numeral; empty unless the mark is one.
  friend bool operator==(const SerialKeys&, const SerialKeys&) = default;
};
// kInvalidArgument: above kSerialBytesMax, not plain UTF-8, or a key above kSerialKeyCharsMax. A
// mark without a letter or digit has empty keys, which match nothing.
absl::StatusOr<SerialKeys> MakeSerialKeys(std::string_view raw,
                                          Numerals numerals = Numerals::kArabic);

// How two numbers agree, best first.
enum class SerialGrade : std::int32_t {
  kExact = 1,
  kScript = 2,
  kEmbedded = 3,
  kConfusion = 4,
  kPattern = 5,
};
// nullopt: not at all.
std::optional<SerialGrade> CompareSerials(const SerialKeys& asked, const SerialKeys& held);

// What else is known of both sides; absent where it is not known of one of them.
struct OtherAgreement {
  std::optional<bool> make;
  std::optional<bool> firearm_class;
  std::optional<bool> calibre;
};
enum class SerialVerdict {
  kStrong,       // Serial, make, class and calibre agree.
  kSerialOnly,   // The serial agrees and nothing contradicts it.
  kCheck,        // The serial agrees, something else differs: makers reuse numbers.
  kNotReturned,  // Too weak to tell anyone.
};
SerialVerdict JudgeSerials(SerialGrade grade, const OtherAgreement& other);

// A number of which only part could be read, over K1: '?' one unknown character, '*' any run of
// them, "[AB8]" one of those.
class SerialPattern {
 public:
  // True when `text` holds '?', '*' or '['.
  static bool IsPattern(std::string_view text);

  // `narrowed` tells that the make or the calibre is known, too.
  //   kInvalidArgument     not a pattern of those signs, or a bound exceeded.
  //   kFailedPrecondition  REQUEST_INCOMPLETE: fewer than kPatternKnownMin characters known, or
  //                        not narrowed.
  static absl::StatusOr<SerialPattern> Parse(std::string_view text, bool narrowed);

  // Whether a key K1 fits.
  bool Matches(std::string_view lookalike_key) const;
  std::int64_t known_count() const;  // Characters fixed to exactly one.

 private:
  friend absl::StatusOr<SerialPattern> ReadPattern(std::string_view text);
  struct Place {
    bool run = false;     // '*'.
    std::string allowed;  // Empty: any.
  };
  std::vector<Place> places_;
};
// A pattern as a record keeps it: any number of characters may be known.
absl::StatusOr<SerialPattern> ReadPattern(std::string_view text);

// Another reading of a mark, because characters are easily taken for each other.
struct SerialCandidate {
  std::string lookalike_key;
  std::int32_t changed_count = 0;  // Characters read otherwise; 0 for the mark as read.
};
struct SerialCandidates {
  std::vector<SerialCandidate> candidates;  // Fewest changes first; each costs one evaluation.
  std::int64_t possible_count = 0;          // All there are, given or not; saturates.
};
inline constexpr std::int64_t kSerialCandidatesMax = 256;
//   limit   1..kSerialCandidatesMax.
//   Errors  as MakeSerialKeys, where every reading must keep within kSerialKeyCharsMax.
absl::StatusOr<SerialCandidates> ConfusableReadings(std::string_view raw, std::int64_t limit);

}  // namespace proofmark::firearm
