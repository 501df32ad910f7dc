// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/serial.h"

#include <limits>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "records/firearm/script.h"
#include "tests/support/domain_list.h"
#include "tests/support/status_matchers.h"

namespace proofmark::firearm {
namespace {

using proofmark::testing::DomainRow;
using proofmark::testing::IsOk;
using proofmark::testing::ReadDomainList;
using proofmark::testing::StatusIs;
using ::testing::HasSubstr;

SerialKeys Keys(std::string_view raw, Numerals numerals = Numerals::kArabic) {
  const absl::StatusOr<SerialKeys> keys = MakeSerialKeys(raw, numerals);
  EXPECT_THAT(keys, IsOk()) << raw;
  return keys.value_or(SerialKeys{});
}

TEST(SerialKeysTest, AreThoseOfEveryDomainExample) {
  PM_REQUIRE_SHARED_DATA();
  const std::vector<DomainRow> rows = ReadDomainList("serial_key_examples.csv");
  ASSERT_EQ(rows.size(), 21U);
  for (const DomainRow& row : rows) {
    const SerialKeys keys = Keys(row.at("raw"));
    EXPECT_EQ(keys.lookalike, row.at("k1_lookalike")) << row.at("raw");
    EXPECT_EQ(keys.transliteration, row.at("k2_transliteration")) << row.at("raw");
    EXPECT_EQ(keys.confusion, row.at("k3_confusion")) << row.at("raw");
    EXPECT_EQ(keys.embedded, row.at("k4_embedded_letters_removed")) << row.at("raw");
  }
}

TEST(SerialKeysTest, ReadEveryCyrillicAndGreekLetterOfTheDomainList) {
  PM_REQUIRE_SHARED_DATA();
  const std::vector<DomainRow> rows = ReadDomainList("script_confusables.csv");
  ASSERT_EQ(rows.size(), 70U);
  for (const DomainRow& row : rows) {
    const std::string& sound = row.at("transliteration");
    const std::string& look = row.at("lookalike_latin");
    const SerialKeys keys = Keys(row.at("char"));
    EXPECT_EQ(keys.transliteration, sound) << row.at("char");
    EXPECT_EQ(keys.lookalike, look.empty() ? sound : look) << row.at("char");
    if (!row.at("digit_confusable").empty()) {
      EXPECT_EQ(keys.confusion, row.at("digit_confusable")) << row.at("char");
    }
  }
}

TEST(SerialKeysTest, ReadSmallLettersAccentsAndOtherFormsAlike) {
  EXPECT_EQ(Keys("čž š").lookalike, "CZS");
  EXPECT_EQ(Keys("c\u030C").lookalike, "C");  // Written as letter and mark.
  EXPECT_EQ(Keys("ß").lookalike, "SS");
  EXPECT_EQ(Keys("Øæ").lookalike, "OAE");
  EXPECT_EQ(Keys("\uFF21\uFF11\uFF12").lookalike, "A12");  // Full width.
  EXPECT_EQ(Keys("A\u00B2\u2075").lookalike, "A25");       // Superscript.
  EXPECT_EQ(Keys("жз 12").lookalike, Keys("ЖЗ12").lookalike);
  EXPECT_EQ(Keys("Й").transliteration, "J");
  EXPECT_EQ(Keys("И\u0306").transliteration, "J");
  EXPECT_EQ(Keys("άβ").transliteration, "AV");
  EXPECT_EQ(Keys("北方 12").lookalike, "12");
}

TEST(SerialKeysTest, DropTheWordForNumberOnlyBeforeASeparator) {
  for (const char* const raw :
       {"No. 4711", "no.4711", "Nr 4711", "Nr. 4711", "NR: 4711", "S/N 4711", "s/n: 4711",
        "Serial 4711", "Serial No. 4711", "№4711", "№ 4711", "Nº 4711", "N° 4711", " 4711"}) {
    EXPECT_EQ(Keys(raw).lookalike, "4711") << raw;
  }
  EXPECT_EQ(Keys("NO4711").lookalike, "NO4711");
  EXPECT_EQ(Keys("NR-4711").lookalike, "NR4711");
  EXPECT_EQ(Keys("SERIALX").lookalike, "SERIALX");
  EXPECT_EQ(Keys("4711 No. 5").lookalike, "4711NO5");
}

TEST(SerialKeysTest, GiveTheValueOfARomanNumeralWhenFlagged) {
  EXPECT_EQ(Keys("MCMXLIV", Numerals::kRoman).arabic, "1944");
  EXPECT_EQ(Keys("xiv", Numerals::kRoman).arabic, "14");
  EXPECT_EQ(Keys("\u216B", Numerals::kRoman).arabic, "12");  // One sign for twelve.
  EXPECT_EQ(Keys("MMMCMXCIX", Numerals::kRoman).arabic, "3999");
  EXPECT_EQ(Keys("XIV").arabic, "");
  for (const char* const none : {"IIII", "IC", "CMC", "IXX", "MMMM", "VX", "X1", "", "IVI"}) {
    EXPECT_EQ(Keys(none, Numerals::kRoman).arabic, "") << none;
  }
}

TEST(SerialKeysTest, RefuseWhatIsTooLongOrNoText) {
  EXPECT_THAT(MakeSerialKeys(std::string(64, '7')), IsOk());
  EXPECT_THAT(MakeSerialKeys(std::string(65, '7')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("64")));
  std::string zhe;
  for (int i = 0; i < 33; ++i) zhe += "Ж";  // Two letters each.
  EXPECT_THAT(MakeSerialKeys(zhe), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("64")));
  EXPECT_THAT(MakeSerialKeys(std::string(257, ' ')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("must be 0..256")));
  EXPECT_THAT(MakeSerialKeys("A\xFF"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(MakeSerialKeys("A\n1"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(SerialGradeTest, IsTheBestThatHolds) {
  const auto grade = [](std::string_view asked, std::string_view held) {
    return CompareSerials(Keys(asked), Keys(held));
  };
  EXPECT_EQ(grade("A123456", "a-123 456"), SerialGrade::kExact);
  EXPECT_EQ(grade("С-123456", "C123456"), SerialGrade::kExact);   // Cyrillic Es looks like C,
  EXPECT_EQ(grade("С-123456", "S123456"), SerialGrade::kScript);  // and sounds like S.
  EXPECT_EQ(grade("S123456", "С-123456"), SerialGrade::kScript);
  EXPECT_EQ(grade("369J257", "369257"), SerialGrade::kEmbedded);
  EXPECT_EQ(grade("369J257", "369M257"), SerialGrade::kEmbedded);
  EXPECT_EQ(grade("S123", "5123"), SerialGrade::kConfusion);
  EXPECT_EQ(grade("A123456", "A123457"), std::nullopt);
  EXPECT_EQ(grade("", ""), std::nullopt);
  EXPECT_EQ(grade("-", "/"), std::nullopt);
  EXPECT_EQ(CompareSerials(Keys("XIV", Numerals::kRoman), Keys("14")), SerialGrade::kScript);
  EXPECT_EQ(CompareSerials(Keys("XIV"), Keys("14")), std::nullopt);
}

TEST(SerialVerdictTest, FollowsWhatElseAgrees) {
  const OtherAgreement all{.make = true, .firearm_class = true, .calibre = true};
  const OtherAgreement other_make{.make = false, .firearm_class = true, .calibre = true};
  const OtherAgreement no_class{.make = true, .firearm_class = std::nullopt, .calibre = true};
  EXPECT_EQ(JudgeSerials(SerialGrade::kExact, all), SerialVerdict::kStrong);
  EXPECT_EQ(JudgeSerials(SerialGrade::kExact, other_make), SerialVerdict::kCheck);
  EXPECT_EQ(JudgeSerials(SerialGrade::kExact, {}), SerialVerdict::kSerialOnly);
  EXPECT_EQ(JudgeSerials(SerialGrade::kScript, {}), SerialVerdict::kSerialOnly);
  for (const SerialGrade weak :
       {SerialGrade::kEmbedded, SerialGrade::kConfusion, SerialGrade::kPattern}) {
    EXPECT_EQ(JudgeSerials(weak, all), SerialVerdict::kStrong);
    EXPECT_EQ(JudgeSerials(weak, no_class), SerialVerdict::kSerialOnly);
    EXPECT_EQ(JudgeSerials(weak, other_make), SerialVerdict::kNotReturned);
    EXPECT_EQ(JudgeSerials(weak, {}), SerialVerdict::kNotReturned);
  }
}

// The definition, tried character by character: what the search must agree with.
bool MatchesByDefinition(std::string_view pattern, std::string_view key) {
  if (pattern.empty()) return key.empty();
  if (pattern.front() == '*') {
    return MatchesByDefinition(pattern.substr(1), key) ||
           (!key.empty() && MatchesByDefinition(pattern, key.substr(1)));
  }
  if (key.empty()) return false;
  return (pattern.front() == '?' || pattern.front() == key.front()) &&
         MatchesByDefinition(pattern.substr(1), key.substr(1));
}

std::vector<std::string> TextsOf(std::string_view alphabet, std::size_t chars_max) {
  std::vector<std::string> texts = {""};
  for (std::size_t i = 0, end = 0; end < chars_max; ++end) {
    for (const std::size_t stop = texts.size(); i < stop; ++i) {
      for (const char c : alphabet) texts.push_back(texts[i] + c);
    }
  }
  return texts;
}

TEST(SerialPatternTest, MatchesWhatItsDefinitionDoes) {
  std::size_t matches = 0;
  for (const std::string& text : TextsOf("1?*", 5)) {
    if (text.empty()) continue;
    const absl::StatusOr<SerialPattern> pattern = ReadPattern(text);
    ASSERT_THAT(pattern, IsOk());
    for (const std::string& key : TextsOf("12", 5)) {
      const bool match = MatchesByDefinition(text, key);
      matches += match ? 1 : 0;
      ASSERT_EQ(pattern->Matches(key), match) << text << " " << key;
    }
  }
  EXPECT_GT(matches, 1'000U);
}

TEST(SerialPatternTest, ReadsSetsAndForeignLetters) {
  const absl::StatusOr<SerialPattern> pattern = SerialPattern::Parse("С[AB8]12?4*", true);
  ASSERT_THAT(pattern, IsOk());
  EXPECT_EQ(pattern->known_count(), 4);
  for (const char* const key : {"CA1204", "CB12X4", "C812X4YZ", "CA1204999"}) {
    EXPECT_TRUE(pattern->Matches(key)) << key;
  }
  for (const char* const key : {"CC1204", "SA1204", "CA124", "CA1205", "XCA1204", ""}) {
    EXPECT_FALSE(pattern->Matches(key)) << key;
  }
  EXPECT_TRUE(SerialPattern::IsPattern("12?4"));
  EXPECT_TRUE(SerialPattern::IsPattern("12[34]"));
  EXPECT_TRUE(SerialPattern::IsPattern("12*"));
  EXPECT_FALSE(SerialPattern::IsPattern("1234"));
}

TEST(SerialPatternTest, NeedsFourKnownCharactersAndMakeOrCalibre) {
  EXPECT_THAT(SerialPattern::Parse("12?34", true), IsOk());
  EXPECT_THAT(SerialPattern::Parse("12?34", false),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("REQUEST_INCOMPLETE")));
  EXPECT_THAT(SerialPattern::Parse("12?3", true),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("REQUEST_INCOMPLETE")));
  EXPECT_THAT(SerialPattern::Parse("123[45]", true),
              StatusIs(absl::StatusCode::kFailedPrecondition));  // A set is not known.
}

TEST(SerialPatternTest, RefusesWhatIsMalformed) {
  for (const char* const text : {"12[", "12[]", "12[3", "12]3", "1[?]", "[Ж]1234", "", "12[*]"}) {
    EXPECT_THAT(ReadPattern(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
  EXPECT_THAT(ReadPattern(std::string(64, '?')), IsOk());
  EXPECT_THAT(ReadPattern(std::string(65, '?')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("64 places")));
  EXPECT_THAT(ReadPattern(std::string(200, '*')), IsOk());  // One run.
}

TEST(ConfusableReadingsTest, GivesTheFewestChangesFirst) {
  const absl::StatusOr<SerialCandidates> readings = ConfusableReadings("S-B7", 10);
  ASSERT_THAT(readings, IsOk());
  std::vector<std::pair<std::string, int>> found;
  for (const SerialCandidate& candidate : readings->candidates) {
    found.emplace_back(candidate.lookalike_key, candidate.changed_count);
  }
  EXPECT_EQ(readings->possible_count, 4);
  EXPECT_EQ(found, (std::vector<std::pair<std::string, int>>{
                       {"SB7", 0}, {"S87", 1}, {"5B7", 1}, {"587", 2}}));
}

TEST(ConfusableReadingsTest, OffersWhatAForeignLetterLooksAndSoundsLike) {
  const absl::StatusOr<SerialCandidates> readings = ConfusableReadings("Ч7", 10);
  ASSERT_THAT(readings, IsOk());
  ASSERT_EQ(readings->candidates.size(), 2U);
  EXPECT_EQ(readings->candidates[0].lookalike_key, "CH7");
  EXPECT_EQ(readings->candidates[1].lookalike_key, "47");
  const absl::StatusOr<SerialCandidates> es = ConfusableReadings("С7", 10);
  ASSERT_THAT(es, IsOk());
  ASSERT_EQ(es->candidates.size(), 2U);
  EXPECT_EQ(es->candidates[1].lookalike_key, "S7");
}

TEST(ConfusableReadingsTest, KeepsToItsLimitAndCountsTheRest) {
  const std::string raw(64, 'O');  // Three readings each.
  const absl::StatusOr<SerialCandidates> readings = ConfusableReadings(raw, kSerialCandidatesMax);
  ASSERT_THAT(readings, IsOk());
  EXPECT_EQ(readings->candidates.size(), static_cast<std::size_t>(kSerialCandidatesMax));
  EXPECT_EQ(readings->possible_count, std::numeric_limits<std::int64_t>::max());
  std::set<std::string> distinct;
  std::int32_t changes = 0;
  for (const SerialCandidate& candidate : readings->candidates) {
    EXPECT_TRUE(distinct.insert(candidate.lookalike_key).second);
    EXPECT_GE(candidate.changed_count, changes);
    changes = candidate.changed_count;
  }
  EXPECT_THAT(ConfusableReadings("A1", 0), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ConfusableReadings("A1", kSerialCandidatesMax + 1),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ScriptTest, WordsKeepTheirGapsAndUnknownScripts) {
  EXPECT_EQ(LookalikeWords(" Česká  zbrojovka "), "CESKA ZBROJOVKA");
  EXPECT_EQ(TransliteratedWords("Ижмаш"), "IZHMASH");
  EXPECT_EQ(LookalikeWords("北方工业"), "北方工业");
  EXPECT_EQ(LookalikeWords("--"), "");
}

}  // namespace
}  // namespace proofmark::firearm
