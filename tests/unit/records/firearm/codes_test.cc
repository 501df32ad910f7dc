// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/codes.h"

#include <filesystem>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "records/text.h"
#include "tests/support/domain_list.h"

namespace proofmark::firearm {
namespace {

using proofmark::testing::DomainRow;
using proofmark::testing::ReadDomainList;

template <typename E>
class CodeListTest : public ::testing::Test {};
using Lists = ::testing::Types<State, Component, FirearmClass, Category, Standard, SerialCondition,
                               Numerals, Conversion, Feed, Part, Applicability, Outcome, Method,
                               ProofHouse, AlarmConformity>;
TYPED_TEST_SUITE(CodeListTest, Lists);

TYPED_TEST(CodeListTest, RunsFromOneWithoutAGapAndFindsEachCode) {
  std::int32_t number = 0;
  for (const CodeRow<TypeParam>& row : CodesOf<TypeParam>()) {
    EXPECT_EQ(static_cast<std::int32_t>(row.value), ++number) << row.code;
    EXPECT_EQ(FindCode<TypeParam>(row.code), row.value);
    EXPECT_EQ(CodeOf(row.value), row.code);
    EXPECT_LE(row.code.size(), 32U);
    EXPECT_EQ(row.code.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"),
              std::string_view::npos)
        << row.code;
    EXPECT_FALSE(row.meaning.empty()) << row.code;
    EXPECT_TRUE(records::IsPlainText(row.meaning)) << row.code;
  }
  EXPECT_GE(number, 2);
  EXPECT_FALSE(IsOneOf(static_cast<TypeParam>(0)));
  EXPECT_FALSE(IsOneOf(static_cast<TypeParam>(number + 1)));
  EXPECT_FALSE(FindCode<TypeParam>(""));
  EXPECT_FALSE(FindCode<TypeParam>("NO_SUCH_CODE"));
}

TYPED_TEST(CodeListTest, StandsOnThePage) {
  const std::string page = proofmark::testing::ReadFileOrFail(
      std::filesystem::path(PROOFMARK_SOURCE_DIR) / "docs" / "formats" / "firearm.md");
  for (const CodeRow<TypeParam>& row : CodesOf<TypeParam>()) {
    const std::string line =
        "| `" + std::string(row.code) + "` | " + std::string(row.meaning) + " |";
    EXPECT_NE(page.find(line), std::string::npos) << line;
  }
}

// Compares a built-in list with the first column of a domain list, row for row.
template <typename E>
void ExpectDomainCodes(std::string_view file, std::string_view column, std::size_t count) {
  const std::vector<DomainRow> rows = ReadDomainList(file);
  ASSERT_EQ(rows.size(), count) << file;
  ASSERT_EQ(CodesOf<E>().size(), count) << file;
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(CodesOf<E>()[i].code, rows[i].at(std::string(column))) << file;
  }
}

TEST(FirearmCodesTest, AreTheDomainListsRowForRow) {
  PM_REQUIRE_SHARED_DATA();
  ExpectDomainCodes<State>("firearm_status.csv", "code", 18);
  ExpectDomainCodes<Component>("essential_components.csv", "code", 9);
  ExpectDomainCodes<FirearmClass>("firearm_classes.csv", "code", 33);
  ExpectDomainCodes<Category>("eu_categories.csv", "code", 27);
  ExpectDomainCodes<Standard>("deactivation_standards.csv", "standard_id", 8);
  ExpectDomainCodes<SerialCondition>("serial_condition.csv", "code", 9);
}

TEST(FirearmCodesTest, StatesEndAndAreSharedAsTheDomainListSays) {
  PM_REQUIRE_SHARED_DATA();
  for (const DomainRow& row : ReadDomainList("firearm_status.csv")) {
    const std::optional<State> state = FindCode<State>(row.at("code"));
    ASSERT_TRUE(state.has_value());
    EXPECT_EQ(IsTerminal(*state), row.at("terminal") == "yes") << row.at("code");
    EXPECT_EQ(IsSharedByDefault(*state), row.at("shared_by_default") == "yes") << row.at("code");
  }
}

TEST(FirearmCodesTest, StandardsApplyWhenTheDomainListSays) {
  PM_REQUIRE_SHARED_DATA();
  const auto text = [](const std::optional<records::PartialDate>& date) {
    return date ? records::PartialDateText(*date) : "";
  };
  for (const DomainRow& row : ReadDomainList("deactivation_standards.csv")) {
    const StandardFacts& facts = FactsOf(*FindCode<Standard>(row.at("standard_id")));
    EXPECT_EQ(text(facts.applies_from), row.at("applies_from"));
    EXPECT_EQ(text(facts.applies_until), row.at("applies_until"));
    EXPECT_EQ(facts.eu, !row.at("checklist_standard").empty());
  }
}

TEST(FirearmCodesTest, ClassesHaveTheTypeAndLengthOfTheDomainList) {
  PM_REQUIRE_SHARED_DATA();
  const char* const kLengths[] = {"short", "long", "either", "part"};
  for (const DomainRow& row : ReadDomainList("firearm_classes.csv")) {
    const ClassFacts& facts = FactsOf(*FindCode<FirearmClass>(row.at("code")));
    const std::string& type = row.at("eu_table1_type_no");
    EXPECT_EQ(facts.checklist_type, type.empty() ? 0 : std::stoi(type)) << row.at("code");
    const std::string& ncic = row.at("ncic_detailed_code");
    EXPECT_EQ(facts.ncic_code, ncic == "--" ? "" : ncic) << row.at("code");
    EXPECT_EQ(kLengths[static_cast<int>(facts.length)], row.at("short_or_long")) << row.at("code");
  }
}

TEST(FirearmCodesTest, ActionsAreTheDomainList) {
  PM_REQUIRE_SHARED_DATA();
  const std::vector<DomainRow> rows = ReadDomainList("firearm_actions_ncic.csv");
  ASSERT_EQ(rows.size(), 22U);
  ASSERT_EQ(ActionCodes().size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(ActionCodes()[i].code, rows[i].at("code"));
  }
}

TEST(FirearmCodesTest, CertificateAndMarkHaveTheFieldsOfTheDomainLists) {
  PM_REQUIRE_SHARED_DATA();
  const std::vector<DomainRow> fields = ReadDomainList("deactivation_certificate_fields.csv");
  ASSERT_EQ(fields.size(), 17U);
  ASSERT_EQ(CertificateFields().size(), fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    EXPECT_EQ(CertificateFields()[i].name, fields[i].at("field"));
    EXPECT_EQ(CertificateFields()[i].required, fields[i].at("required") == "yes");
  }
  const std::vector<DomainRow> places = ReadDomainList("deactivation_mark_fields.csv");
  ASSERT_EQ(places.size(), 4U);
  ASSERT_EQ(MarkFields().size(), places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(MarkFields()[i].name, places[i].at("field"));
    EXPECT_EQ(MarkFields()[i].on_every_component, places[i].at("where_affixed") != "frame only");
  }
}

TEST(OperationsTest, AreTheDomainListRowForRow) {
  PM_REQUIRE_SHARED_DATA();
  const std::vector<DomainRow> rows = ReadDomainList("deactivation_operations.csv");
  ASSERT_EQ(rows.size(), 128U + 85U);
  ASSERT_EQ(Operations().size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Operation& operation = Operations()[i];
    EXPECT_EQ(CodeOf(operation.standard), rows[i].at("standard_id"));
    EXPECT_EQ(std::to_string(operation.checklist_type), rows[i].at("firearm_type_no"));
    EXPECT_EQ(operation.number, rows[i].at("operation_no"));
    EXPECT_EQ(CodeOf(operation.part), rows[i].at("component")) << operation.number;
    EXPECT_EQ(CodeOf(operation.applicability), rows[i].at("applicability")) << operation.number;
  }
}

TEST(OperationsTest, EachOfThe128And85IsReachedByItsKeyAlone) {
  std::set<std::tuple<Standard, std::int32_t, std::string_view>> keys;
  std::int64_t eu2018 = 0;
  std::int64_t eu2015 = 0;
  for (const Operation& operation : Operations()) {
    EXPECT_TRUE(
        keys.insert({operation.standard, operation.checklist_type, operation.number}).second);
    EXPECT_EQ(FindOperation(operation.standard, operation.checklist_type, operation.number),
              &operation);
    EXPECT_FALSE(operation.meaning.empty());
    (operation.standard == Standard::kEu2018 ? eu2018 : eu2015) += 1;
  }
  EXPECT_EQ(eu2018, 128);
  EXPECT_EQ(eu2015, 85);
}

TEST(OperationsTest, EachChecklistHasTheLengthOfItsAnnex) {
  const std::size_t k2018[] = {23, 13, 12, 11, 15, 19, 26, 9};
  for (std::int32_t type = 1; type <= kChecklistTypeMax; ++type) {
    EXPECT_EQ(OperationsOf(Standard::kEu2018, type).size(), k2018[type - 1]) << type;
    EXPECT_FALSE(OperationsOf(Standard::kEu2015, type).empty()) << type;
  }
  EXPECT_TRUE(OperationsOf(Standard::kEu2018, 0).empty());
  EXPECT_TRUE(OperationsOf(Standard::kEu2018, kChecklistTypeMax + 1).empty());
  EXPECT_TRUE(OperationsOf(Standard::kUk2010, 1).empty());
}

TEST(OperationsTest, EitherNumberOfAUnitedOperationNamesIt) {
  const Operation* const united = FindOperation(Standard::kEu2015, 1, "8.1 or 8.2");
  ASSERT_NE(united, nullptr);
  EXPECT_EQ(FindOperation(Standard::kEu2015, 1, "8.1"), united);
  EXPECT_EQ(FindOperation(Standard::kEu2015, 1, "8.2"), united);
  EXPECT_EQ(FindOperation(Standard::kEu2015, 1, "8"), nullptr);
  EXPECT_EQ(FindOperation(Standard::kEu2015, 1, "8.3"), nullptr);
  EXPECT_EQ(FindOperation(Standard::kEu2015, 1, ""), nullptr);
}

}  // namespace
}  // namespace proofmark::firearm
