// SPDX-License-Identifier: Apache-2.0
// `firearm`, `conformity` and `codes` as the agency's people run them, against a real node.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "client/fault.h"
#include "client/file.h"
#include "tests/integration/command_runner.h"
#include "tests/support/loopback_node.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::testing {
namespace {

using client::FaultCode;
using crypto::StaffRole;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class FirearmTest : public ::testing::Test {
 protected:
  FirearmTest()
      : random_(43),
        gb_({.domain = "gb.example", .now_unix_ms = RealUnixMillis()}),
        key_(crypto::SigningKey::Generate(random_)),
        node_(gb_, key_, folder_.path(), {}) {}

  CommandEnded Run(const std::vector<std::string>& words, const CommandValues& values,
                   StaffRole role = StaffRole::kOfficer) {
    return RunCommand(folder_.path(), node_, gb_, role, words, values);
  }

  std::string Save(const std::string& name, const std::string& text) {
    const std::filesystem::path path = folder_.path() / name;
    EXPECT_THAT(
        client::WriteFile(path, text, client::Privacy::kPublic, client::Overwrite::kAllowed),
        IsOk());
    return path.string();
  }
  CommandValues ImportOf(const std::string& path) {
    return {{"FILE", path}, {"--source", "NWR"}, {"--authority", "Register office"}};
  }
  std::int64_t Count() { return *node_.node().firearm_registry().Count(); }

  SeededRandom random_;
  TestAgency gb_;
  crypto::SigningKey key_;
  TemporaryFolder folder_;
  LoopbackNode node_;
};

std::string IdIn(const std::string& json) {
  const std::string name = "\"firearmId\":\"";
  const std::size_t at = json.find(name);
  return at == std::string::npos ? "" : json.substr(at + name.size(), 32);
}

TEST_F(FirearmTest, AFirearmIsAddedShownFoundMovedAndExported) {
  const CommandEnded added = Run({"firearm", "add"},
                                 {{"FIELD", "serial=С-123456Б"},
                                  {"FIELD", "class=PISTOL_SEMI"},
                                  {"FIELD", "make=Glock"},
                                  {"FIELD", "calibre=9 mm Luger"},
                                  {"FIELD", "state=REGISTERED"},
                                  {"FIELD", "holder=A HOLDER"},
                                  {"--authority", "Register office"},
                                  {"--json", "true"}},
                                 StaffRole::kLab);
  ASSERT_THAT(added.code, IsOk());
  const std::string id = IdIn(added.out);
  ASSERT_EQ(id.size(), 32U);

  const CommandEnded shown = Run({"firearm", "show"}, {{"FIREARM", id}}, StaffRole::kExaminer);
  ASSERT_THAT(shown.code, IsOk());
  EXPECT_THAT(shown.out, AllOf(HasSubstr("С-123456Б"), HasSubstr("REGISTERED"), HasSubstr("Glock"),
                               HasSubstr("CREATED")));

  const CommandEnded moved = Run({"firearm", "transition"}, {{"FIREARM", id},
                                                             {"STATE", "STOLEN"},
                                                             {"--authority", "Police North"},
                                                             {"--paper", "24-117"}});
  ASSERT_THAT(moved.code, IsOk());
  EXPECT_THAT(moved.out, HasSubstr("STOLEN"));
  const CommandEnded refused =
      Run({"firearm", "transition"},
          {{"FIREARM", id}, {"STATE", "DESTROYED"}, {"--authority", "Police North"}});
  ASSERT_FALSE(refused.code.ok());
  EXPECT_EQ(client::FaultOf(refused.code.status()), FaultCode::kState);

  const CommandEnded found = Run({"firearm", "list"}, {{"--serial", "c123456b"}});
  ASSERT_THAT(found.code, IsOk());
  EXPECT_EQ(*found.code, 0);
  EXPECT_THAT(found.out, AllOf(HasSubstr("EXACT"), HasSubstr(id)));
  EXPECT_EQ(*Run({"firearm", "list"}, {{"--serial", "ZZ1"}}).code, 1);
  EXPECT_THAT(Run({"firearm", "list"}, {{"--state", "STOLEN"}}).out, HasSubstr(id));
  EXPECT_EQ(*Run({"firearm", "list"}, {{"--state", "LOST"}}).code, 1);
  EXPECT_EQ(*Run({"firearm", "check"}, {{"FIREARM", id}}).code, 0);

  const std::string path = (folder_.path() / "out.jsonl").string();
  const CommandEnded exported = Run({"firearm", "export"}, {{"--output", path}});
  ASSERT_THAT(exported.code, IsOk());
  const auto text = client::ReadFile(path, 1 << 20);
  ASSERT_THAT(text, IsOk());
  EXPECT_THAT(*text, AllOf(HasSubstr(id), HasSubstr("A HOLDER")));
  EXPECT_FALSE(client::IsOpenToOthers(path));
  EXPECT_FALSE(Run({"firearm", "export"}, {{"--output", path}}).code.ok());
  // Whoever may not.
  EXPECT_EQ(client::FaultOf(
                Run({"firearm", "show"}, {{"FIREARM", id}}, StaffRole::kAuditor).code.status()),
            FaultCode::kPermission);
}

TEST_F(FirearmTest, AmendingTakesWhatShowPrints) {
  const CommandEnded added = Run({"firearm", "add"}, {{"FIELD", "serial=AB123"},
                                                      {"FIELD", "class=REVOLVER"},
                                                      {"FIELD", "make=Colt"},
                                                      {"--authority", "Office"},
                                                      {"--json", "true"}});
  const std::string id = IdIn(added.out);
  std::string json = Run({"firearm", "show"}, {{"FIREARM", id}, {"--json", "true"}}).out;
  const std::size_t at = json.find("AB123");
  ASSERT_NE(at, std::string::npos);
  json.replace(at, 5, "AB124");
  const CommandEnded amended =
      Run({"firearm", "amend"},
          {{"FIREARM", id}, {"--file", Save("f.json", json)}, {"--reason", "misread"}});
  ASSERT_THAT(amended.code, IsOk());
  EXPECT_THAT(amended.out, AllOf(HasSubstr("AB124"), HasSubstr("AMENDED")));
  EXPECT_THAT(Run({"firearm", "show"}, {{"FIREARM", id}, {"--version", "1"}}).out,
              HasSubstr("AB123"));
}

TEST_F(FirearmTest, ASpreadsheetComesInOnceAndEachFaultHasRowAndColumn) {
  const std::string path = Save("rows.csv",
                                "\xEF\xBB\xBFWaffen-ID;Seriennummer;Hersteller;class;state\r\n"
                                "1;AA001;Glock;PISTOL_SEMI;REGISTERED\r\n"
                                "2;AA002;Glock;BAZOOKA;REGISTERED\r\n"
                                "3;AA003;Glock;PISTOL_SEMI\r\n"
                                "4;\"AA\r\n004\";Glock;PISTOL_SEMI;LOST\r\n"
                                "5;AA\"005;Glock\";PISTOL_SEMI;LOST\r\n"
                                "6;AA006;Colt;REVOLVER;LOST\r\n");
  CommandValues values = ImportOf(path);
  values.push_back({"--row-key", "Waffen-ID"});
  CommandValues dry = values;
  dry.push_back({"--dry-run", "true"});
  // A column that is no field is told, not dropped in silence.
  EXPECT_THAT(Run({"firearm", "import"},
                  [&] {
                    CommandValues no_key = ImportOf(path);
                    no_key.push_back({"--dry-run", "true"});
                    return no_key;
                  }())
                  .err,
              HasSubstr("Waffen-ID"));
  const CommandEnded tried = Run({"firearm", "import"}, dry);
  ASSERT_THAT(tried.code, IsOk());
  EXPECT_EQ(Count(), 0);
  const CommandEnded imported = Run({"firearm", "import"}, values);
  ASSERT_THAT(imported.code, IsOk());
  EXPECT_EQ(*imported.code, 1);
  EXPECT_THAT(imported.out, HasSubstr("class"));
  EXPECT_THAT(imported.out, HasSubstr("4 values under 5 columns"));
  EXPECT_THAT(imported.err, Not(HasSubstr("Waffen-ID")));
  const std::int64_t taken = Count();
  EXPECT_GE(taken, 2);
  const CommandEnded again = Run({"firearm", "import"}, values);
  EXPECT_EQ(Count(), taken);
  EXPECT_THAT(again.out, HasSubstr(absl::StrFormat("%d held already", taken)));
}

TEST_F(FirearmTest, JsonComesInAsObjectsInAnArrayOrALine) {
  const std::string array =
      Save("rows.json",
           R"([{"serial": "J1", "class": "REVOLVER", "barrel_length_mm": 101.5},
               {"serial": "J{2}\"", "class": "REVOLVER", "model": null},
               {"serial": ["J3"], "class": "REVOLVER"},
               {"serial": 12345678901234567890123, "class": "REVOLVER"}])");
  const CommandEnded imported = Run({"firearm", "import"}, ImportOf(array));
  ASSERT_THAT(imported.code, IsOk());
  EXPECT_EQ(Count(), 2);
  EXPECT_THAT(imported.out, HasSubstr("2 refused"));
  const std::string lines =
      Save("rows.jsonl", "{\"serial\":\"L1\",\"class\":\"REVOLVER\"}\n{\"serial\":\"L2\"}\n");
  ASSERT_THAT(Run({"firearm", "import"}, ImportOf(lines)).code, IsOk());
  EXPECT_EQ(Count(), 4);
}

// Thirty files and rows that are wrong, and what each is told.
TEST_F(FirearmTest, ThirtyMalformedInputsEachHaveTheirMessage) {
  const std::string head = "serial,class,make,calibre,certified_on,frame_mark,standard,state\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "empty"},
      {" \n \n", "empty"},
      {"\xFF\xFEs\0e\0", "UTF-16"},
      {"class,make\nREVOLVER,Colt\n", "serial"},
      {"serial,Seriennummer\nA1,A2\n", "serial"},
      {head + "A1,GUN,,,,,,\n", "class"},
      {head + "A1,REVOLVER,,,,,,GONE\n", "state"},
      {head + "A1,REVOLVER,,,31.02.2019,,,\n", "certified_on"},
      {head + "A1,REVOLVER,,,2019/3/1/7,,,\n", "certified_on"},
      {head + "A1,REVOLVER,,,,GB/LPH/19,,\n", "frame_mark"},
      {head + "A1,REVOLVER,,,,EU/GBRX/LPH/19,,\n", "frame_mark"},
      {head + "A1,REVOLVER,,,,,EU-2020,\n", "standard"},
      {head + std::string(257, 'A') + ",REVOLVER,,,,,,\n", "256"},
      {head + std::string(65, 'A') + ",REVOLVER,,,,,,\n", "64"},
      {head + "A1,REVOLVER," + std::string(257, 'm') + ",,,,,\n", "256"},
      {head + "A1,REVOLVER\n", "2 values under 8 columns"},
      {head + "A1,REVOLVER,,,,,,,\n", "9 values under 8 columns"},
      {head + "A1,REVOLVER,\xC3,,,,,\n", "make"},
      {head + "A1,REVOLVER,a\x01z,,,,,\n", "make"},
      {head + "A1,REVOLVER,\"open,,,,,\n", "never closed"},
      {head + "A1,REVOLVER,a\"b\"c,,,,,\n", "quot"},
      {"serial,barrel_length_mm\nA1,long\n", "barrel_length_mm"},
      {"serial,barrel_length_mm\nA1,6000\n", "5000"},
      {"serial,capacity\nA1,1.5\n", "capacity"},
      {"serial,capacity\nA1,10001\n", "10000"},
      {"serial,year_of_manufacture\nA1,1066\n", "1500"},
      {"serial,country_of_manufacture\nA1,Germany\n", "country_of_manufacture"},
      {"serial,operation 1.1\nA1,PERHAPS\n", "operation 1.1"},
      {"serial,serial_condition\nA1,OBLITERATED\n", "serial"},
      {"serial,in_english\nA1,perhaps\n", "in_english"},
      {"[1]", "no object"},
      {"[{\"serial\":\"A1\"}", ""},
      {"{\"serial\":\"A1\"", "never closed"},
      {"[{\"serial\":{\"a\":1}}]", "must be text"},
      {"[{\"serial\":\"A1\"}] more", "behind the array"},
  };
  int told = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (cases[i].second.empty()) continue;
    SCOPED_TRACE(absl::StrFormat("case %d: %s", i, cases[i].second));
    const CommandEnded ended =
        Run({"firearm", "import"}, ImportOf(Save("bad.csv", cases[i].first)));
    const std::string said =
        ended.out + ended.err + (ended.code.ok() ? "" : std::string(ended.code.status().message()));
    EXPECT_THAT(said, HasSubstr(cases[i].second));
    EXPECT_TRUE(!ended.code.ok() || *ended.code == 1);
    ++told;
  }
  EXPECT_GE(told, 30);
  EXPECT_EQ(Count(), 0);
}

TEST_F(FirearmTest, ConformityIsCountedAndCodesAreLoaded) {
  const CommandEnded loaded = Run(
      {"codes", "load"},
      {{"FILE", Save("makes.csv", "code,listed_text,country_fallback\nQQX,QUIRKY ARMS CO,no\n")},
       {"--version", "T1"}},
      StaffRole::kAdministrator);
  ASSERT_THAT(loaded.code, IsOk());
  EXPECT_THAT(Run({"codes", "list"}, {}).out, AllOf(HasSubstr("makes"), HasSubstr("T1")));

  const std::string path = Save(
      "rows.csv",
      "serial,class,make,category,category_before,certificate_number,verifying_entity,"
      "certified_on,frame_mark,certificate_standard,standard\n"
      "D1,PISTOL_SEMI,Quirky Arms Co,C6,B1,1/2019,LPH,2019-03-01,EU/GB/LPH/19,EU-2018,EU-2018\n"
      "D2,PISTOL_SEMI,Glock,C6,B1,2/2019,LPH,2019-03-01,EU/GB/LPH/19,EU-2018,EU-2018\n");
  const CommandEnded refused = Run({"firearm", "import"}, ImportOf(path));
  ASSERT_THAT(refused.code, IsOk());
  EXPECT_THAT(refused.out, HasSubstr("D0"));  // No checklist: an error with its check.
  EXPECT_EQ(Count(), 0);
  CommandValues values = ImportOf(path);
  values.insert(values.end(), {{"--accept", "D02"}, {"--accept", "D03"}});
  const CommandEnded taken = Run({"firearm", "import"}, values);
  EXPECT_EQ(Count(), 2) << taken.out;
  const CommandEnded report = Run({"conformity", "report"},
                                  {{"--by", "standard"}, {"--by", "entity"}}, StaffRole::kAuditor);
  ASSERT_THAT(report.code, IsOk());
  EXPECT_THAT(report.out, AllOf(HasSubstr("EU-2018"), HasSubstr("LPH"), HasSubstr("total")));
  EXPECT_EQ(*Run({"firearm", "list"}, {{"--check", "D20"}}).code, 0);
}

}  // namespace
}  // namespace proofmark::testing
