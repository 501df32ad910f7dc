// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/make.h"

#include <sstream>
#include <string>
#include <vector>

#include "crypto/hash/sha256.h"
#include "gtest/gtest.h"
#include "tests/support/domain_list.h"
#include "tests/support/status_matchers.h"

namespace proofmark::firearm {
namespace {

using proofmark::testing::DomainRow;
using proofmark::testing::IsOk;
using proofmark::testing::ReadDomainList;
using proofmark::testing::StatusIs;
using ::testing::HasSubstr;

std::string NameOf(std::string_view text) {
  const std::optional<MakeFound> found = FindMake(text, nullptr);
  return found ? found->name : "";
}

TEST(MakesTest, AreTheDomainListAndEveryAliasFindsItsOwn) {
  PM_REQUIRE_SHARED_DATA();
  const std::vector<DomainRow> rows = ReadDomainList("make_aliases.csv");
  ASSERT_EQ(rows.size(), 48U);
  ASSERT_EQ(Makes().size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string& name = rows[i].at("canonical");
    EXPECT_EQ(Makes()[i].name, name);
    EXPECT_EQ(Makes()[i].ncic_code, rows[i].at("ncic_code"));
    EXPECT_EQ(Makes()[i].country, rows[i].at("country"));
    EXPECT_EQ(NameOf(name), name);
    std::istringstream aliases(rows[i].at("aliases"));
    for (std::string alias; std::getline(aliases, alias, '|');) {
      EXPECT_EQ(NameOf(alias), name) << alias;
    }
  }
}

TEST(FindMakeTest, PassesOverCaseAccentsScriptGapsAndOrder) {
  EXPECT_EQ(NameOf("CESKA ZBROJOVKA"), "Česká zbrojovka");
  EXPECT_EQ(NameOf("zbrojovka česká"), "Česká zbrojovka");
  EXPECT_EQ(NameOf("sig-sauer"), "SIG Sauer");
  EXPECT_EQ(NameOf("SigSauer"), "SIG Sauer");
  EXPECT_EQ(NameOf("ижмаш"), "Izhevsk");
  EXPECT_EQ(NameOf("IZHMASH"), "Izhevsk");
  EXPECT_EQ(NameOf("M.A.B"), "MAB");
}

TEST(FindMakeTest, TakesADesignForNoMaker) {
  const std::optional<MakeFound> found = FindMake("Макаров", nullptr);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->design);
  EXPECT_FALSE(FindMake("Walther", nullptr)->design);
}

TEST(FindMakeTest, ForgivesAFewLettersOfALongNameOnly) {
  EXPECT_EQ(NameOf("Berreta"), "Beretta");
  EXPECT_EQ(FindMake("Berreta", nullptr)->confidence, MakeConfidence::kSpelling);
  EXPECT_EQ(FindMake("Beretta", nullptr)->confidence, MakeConfidence::kName);
  EXPECT_EQ(NameOf("Heckler & Kock"), "Heckler & Koch");
  for (const char* const none : {"", "ZZ", "Gluck & Sons", "KH", "unbekannt", "--", "\xFF"}) {
    EXPECT_EQ(NameOf(none), "") << none;
  }
  EXPECT_EQ(NameOf(std::string(10'000, 'G')), "");
}

constexpr std::string_view kTable =
    "code,listed_text,country_fallback,source\n"
    "GLC,\"GLOCK, INC\",no,x\n"
    "ZQA,ZQARMS WORKS OHIO,no,x\n"
    "ZQB,ZQARMS NORTH,no,x\n"
    "QVX,QUIVEX PRECISION UTAH,no,x\n"
    "AA,ALBANIA,yes,x\n";

TEST(MakeTableTest, KeepsItsVersionAndHash) {
  const absl::StatusOr<MakeTable> table = MakeTable::Parse(kTable, "2024-1");
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ(table->version(), "2024-1");
  EXPECT_EQ(table->sha256(), crypto::Sha256Hex(kTable));
  EXPECT_EQ(table->rows().size(), 5U);
  ASSERT_NE(table->FindCode("GLC"), nullptr);
  EXPECT_EQ(table->FindCode("GLC")->text, "GLOCK, INC");
  EXPECT_EQ(table->FindCode("GL"), nullptr);
}

TEST(MakeTableTest, NamesAMakerOnlyWhenOneRowBeginsSo) {
  const absl::StatusOr<MakeTable> table = MakeTable::Parse(kTable, "1");
  ASSERT_THAT(table, IsOk());
  const std::optional<MakeFound> found = FindMake("Quivex Precision", &*table);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(*found, (MakeFound{"QUIVEX PRECISION", "QVX", false, MakeConfidence::kTable}));
  EXPECT_FALSE(FindMake("ZQArms", &*table).has_value());  // Two.
  EXPECT_EQ(FindMake("ZQArms North", &*table)->ncic_code, "ZQB");
  EXPECT_FALSE(FindMake("Quiv", &*table).has_value());     // Half a word.
  EXPECT_FALSE(FindMake("Albania", &*table).has_value());  // A country is no maker.
  EXPECT_EQ(FindMake("Glock", &*table)->confidence, MakeConfidence::kName);
  EXPECT_FALSE(FindMake("Quivex Precision", nullptr).has_value());
}

TEST(MakeTableTest, ReadsTheLongDomainTable) {
  PM_REQUIRE_SHARED_DATA();
  const std::string csv = proofmark::testing::ReadFileOrFail(proofmark::testing::SharedDir() /
                                                             "domain" / "ncic_gun_make_codes.csv");
  const absl::StatusOr<MakeTable> table = MakeTable::Parse(csv, "NCIC 5.0.1");
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ(table->rows().size(), 3'970U);
  for (const Make& make : Makes()) {
    if (make.ncic_code.empty()) continue;
    EXPECT_NE(table->FindCode(make.ncic_code), nullptr) << make.name;
  }
}

TEST(MakeTableTest, RefusesWithLineAndColumn) {
  const struct {
    const char* csv;
    const char* why;
  } kBad[] = {
      {"", "line 1, column code: required"},
      {"code,listed_text\nA,B\n", "column country_fallback: required"},
      {"code,listed_text,country_fallback\nA,B\n", "line 2: 2 fields under 3 columns"},
      {"code,listed_text,country_fallback\na,B,no\n", "line 2, column code"},
      {"code,listed_text,country_fallback\nA,B,maybe\n", "line 2, column country_fallback"},
      {"code,listed_text,country_fallback\nA,,no\n", "line 2, column listed_text"},
      {"code,listed_text,country_fallback\nA,B,no\n\nA,C,no\n", "line 4, column code: comes twice"},
      {"code,listed_text,country_fallback\nA,\xFF,no\n", "line 2, column listed_text"},
  };
  for (const auto& bad : kBad) {
    EXPECT_THAT(MakeTable::Parse(bad.csv, "1"),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad.why)));
  }
  EXPECT_THAT(MakeTable::Parse(kTable, ""), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(MakeTable::Parse(std::string(kMakeTableBytesMax + 1, ' '), "1"),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace proofmark::firearm
