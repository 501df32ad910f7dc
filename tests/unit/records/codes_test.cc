// SPDX-License-Identifier: Apache-2.0
#include "records/codes.h"

#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "records/text.h"
#include "tests/support/shared_data.h"

namespace proofmark::records {
namespace {

const std::span<const Code> kLists[] = {PurposeCodes(), OffenceCodes(), SubjectRoleCodes(),
                                        RefusalCodes(), ShareTriggerCodes()};

// The first column of a domain list, whose codes hold no comma or quotation mark.
std::vector<std::string> DomainCodes(const std::string& list) {
  std::istringstream lines(
      proofmark::testing::ReadFileOrFail(proofmark::testing::SharedDir() / "domain" / list));
  std::vector<std::string> codes;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) codes.push_back(line.substr(0, line.find(',')));
  return codes;
}

TEST(CodesTest, EveryCodeHasTheAlphabetAndComesOnce) {
  for (const std::span<const Code> list : kLists) {
    std::set<std::string_view> seen;
    for (const Code& code : list) {
      EXPECT_TRUE(IsCodeText(code.code)) << code.code;
      EXPECT_TRUE(seen.insert(code.code).second) << code.code;
      EXPECT_FALSE(code.meaning.empty()) << code.code;
      EXPECT_TRUE(IsPlainText(code.meaning)) << code.code;
    }
    EXPECT_GE(list.size(), 5U);
  }
}

TEST(CodesTest, FindsItsCodesAndNoNeighbours) {
  EXPECT_TRUE(IsCode(PurposeCodes(), "TRAINING"));
  EXPECT_FALSE(IsCode(PurposeCodes(), "training"));
  EXPECT_FALSE(IsCode(PurposeCodes(), "TRAININ"));
  EXPECT_FALSE(IsCode(PurposeCodes(), "TRAINING "));
  EXPECT_FALSE(IsCode(PurposeCodes(), ""));
  EXPECT_FALSE(IsCode(PurposeCodes(), "HOMICIDE"));
}

TEST(CodesTest, ThePageListsEveryCode) {
  const std::string page = proofmark::testing::ReadFileOrFail(
      std::filesystem::path(PROOFMARK_SOURCE_DIR) / "docs" / "formats" / "codes.md");
  for (const std::span<const Code> list : kLists) {
    for (const Code& code : list) {
      const std::string row = "| `" + std::string(code.code) + "` | " + std::string(code.meaning);
      EXPECT_NE(page.find(row), std::string::npos) << row;
    }
  }
  for (const Calibre& calibre : Calibres()) {
    const std::string row = "| `" + std::string(calibre.code) + "` | " + std::string(calibre.name) +
                            " | " + std::string(calibre.bullet_class) + " |";
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
}

TEST(CodesTest, OffencesAreTheDomainList) {
  PM_REQUIRE_SHARED_DATA();
  const std::vector<std::string> domain = DomainCodes("crime_types.csv");
  ASSERT_GE(domain.size(), 15U);
  EXPECT_EQ(domain.size(), OffenceCodes().size());
  for (const std::string& code : domain) EXPECT_TRUE(IsCode(OffenceCodes(), code)) << code;
}

TEST(CodesTest, RefusalsContainTheDomainList) {
  PM_REQUIRE_SHARED_DATA();
  const std::vector<std::string> domain = DomainCodes("refusal_reasons.csv");
  ASSERT_GE(domain.size(), 10U);
  for (const std::string& code : domain) EXPECT_TRUE(IsCode(RefusalCodes(), code)) << code;
}

TEST(CodesTest, ShareTriggersAreTheDomainListAscendingAndOnce) {
  PM_REQUIRE_SHARED_DATA();
  const std::vector<std::string> domain = DomainCodes("share_triggers.csv");
  ASSERT_GE(domain.size(), 9U);
  EXPECT_EQ(domain.size(), ShareTriggerCodes().size());
  for (const std::string& code : domain) EXPECT_TRUE(IsCode(ShareTriggerCodes(), code)) << code;

  const auto check = [](std::vector<std::string> codes) { return CheckShareTriggers("c", codes); };
  EXPECT_TRUE(check({}).ok());
  EXPECT_TRUE(check({"CUSTOMS", "URGENT"}).ok());
  EXPECT_FALSE(check({"URGENT", "CUSTOMS"}).ok());
  EXPECT_FALSE(check({"CUSTOMS", "CUSTOMS"}).ok());
  EXPECT_FALSE(check({"HOMICIDE"}).ok());
}

TEST(CalibresTest, EveryOneHasACodeANameAndAClass) {
  std::set<std::string_view> codes;
  for (const Calibre& calibre : Calibres()) {
    EXPECT_TRUE(codes.insert(calibre.code).second) << calibre.code;
    EXPECT_LE(calibre.code.size(), 32U);
    EXPECT_EQ(calibre.code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"),
              std::string_view::npos)
        << calibre.code;
    EXPECT_FALSE(calibre.name.empty());
    EXPECT_FALSE(calibre.bullet_class.empty());
    EXPECT_LE(calibre.bullet_class.size(), 16U);
  }
}

TEST(CalibresTest, AreTheDomainListWithItsClasses) {
  PM_REQUIRE_SHARED_DATA();
  // Fields are counted from the right end, where none is quoted: ..., bullet_class, ncic_cal,
  // source; only the name and aliases hold commas.
  std::istringstream lines(proofmark::testing::ReadFileOrFail(proofmark::testing::SharedDir() /
                                                              "domain" / "calibres.csv"));
  std::string line;
  std::getline(lines, line);
  ASSERT_NE(line.find(",bullet_class,ncic_cal,source"), std::string::npos);
  std::size_t with_class = 0;
  while (std::getline(lines, line)) {
    const std::size_t before_source = line.rfind(',');
    const std::size_t before_ncic = line.rfind(',', before_source - 1);
    const std::size_t before_class = line.rfind(',', before_ncic - 1);
    const std::string bullet_class = line.substr(before_class + 1, before_ncic - before_class - 1);
    if (bullet_class.empty()) continue;
    ++with_class;
    const std::string code = line.substr(0, line.find(','));
    const std::optional<Calibre> calibre = FindCalibre(code);
    ASSERT_TRUE(calibre.has_value()) << code;
    EXPECT_EQ(calibre->code, code);
    EXPECT_EQ(calibre->bullet_class, bullet_class) << code;
  }
  EXPECT_EQ(with_class, Calibres().size());
}

TEST(CalibresTest, EveryCodeNameAndAliasFindsItsOwnCalibre) {
  for (const Calibre& calibre : Calibres()) {
    std::vector<std::string> names = {std::string(calibre.code), std::string(calibre.name)};
    std::istringstream aliases{std::string(calibre.aliases)};
    for (std::string alias; std::getline(aliases, alias, '|');) names.push_back(alias);
    for (const std::string& name : names) {
      const std::optional<Calibre> found = FindCalibre(name);
      ASSERT_TRUE(found.has_value()) << name;
      EXPECT_EQ(found->code, calibre.code) << name;
    }
  }
}

TEST(CalibresTest, FindsWhatLaboratoriesWrite) {
  const struct {
    const char* text;
    const char* code;
  } kWritten[] = {
      {"9 mm Luger", "9LUGER"},
      {"9mm Para", "9LUGER"},
      {"9MM PARABELLUM", "9LUGER"},
      {"9x19", "9LUGER"},
      {"9 x 19 mm", "9LUGER"},
      {"9\xC3\x97"
       "19",
       "9LUGER"},
      {"9mm-NATO", "9LUGER"},
      {".38 Special", "38SPL"},
      {"38 special", "38SPL"},
      {".357 Mag", "357MAG"},
      {".357 Magnum", "357MAG"},
      {".380 ACP", "9KURZ"},
      {"9mm Makarov", "9MAKAROV"},
      {"9x18", "9MAKAROV"},
      {"7,65 Browning", "7.65BROWNING"},
      {".32 ACP", "7.65BROWNING"},
      {"7,62 x 39", "7.62X39"},
      {"7.62x39mm", "7.62X39"},
      {"40 S&W", "40SW"},
      {".40 S & W", "40SW"},
      {"45 ACP", "45AUTO"},
      {".22 LR", "22LR"},
      {"30-06", "3006"},
      {"9 mm P.A.K.", "9PAK"},
      {"9 mm", ""},
      {".22", ""},
      {"", ""},
      {"  ", ""},
      {"Kaliber unbekannt", ""},
      {"UNKNOWN", ""},
  };
  for (const auto& written : kWritten) {
    const std::optional<Calibre> found = FindCalibre(written.text);
    EXPECT_EQ(found ? found->code : "", written.code) << written.text;
  }
}

TEST(CalibresTest, EndlessTextIsNoCalibre) {
  EXPECT_FALSE(FindCalibre("9LUGER" + std::string(1'000'000, ' ')).has_value());
}

}  // namespace
}  // namespace proofmark::records
