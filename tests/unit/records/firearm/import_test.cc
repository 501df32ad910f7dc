// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/import.h"

#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace proofmark::firearm {
namespace {

using proofmark::testing::IsOk;
using proofmark::testing::StatusIs;
using records::PartialDate;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Imported {
  std::vector<ImportedRecord> records;
  std::vector<ImportError> errors;
  std::vector<std::string> ignored;
};

// Reads a whole CSV as an importer of files does.
absl::StatusOr<Imported> ImportCsv(std::string_view csv, std::string_view mapping_csv = "") {
  ImportMapping mapping;
  if (!mapping_csv.empty()) {
    PM_ASSIGN_OR_RETURN(mapping, ParseImportMapping(mapping_csv));
  }
  records::CsvReader reader(csv, ImportCsvFormat(csv, mapping));
  PM_ASSIGN_OR_RETURN(std::vector<std::string> columns, reader.NextRecord());
  PM_ASSIGN_OR_RETURN(const RowImporter importer,
                      RowImporter::Create(std::move(columns), mapping, nullptr));
  Imported imported;
  imported.ignored = importer.ignored_columns();
  while (!reader.AtEnd()) {
    const std::int64_t line = reader.line();
    PM_ASSIGN_OR_RETURN(std::vector<std::string> values, reader.NextRecord());
    if (values.empty()) continue;
    ImportResult result = importer.Import({.number = line, .values = std::move(values)});
    EXPECT_EQ(result.record.has_value(), result.errors.empty());
    if (result.record) imported.records.push_back(*std::move(result.record));
    for (ImportError& error : result.errors) imported.errors.push_back(std::move(error));
  }
  return imported;
}

TEST(ImportTest, ReadsAGermanSpreadsheetAsItIs) {
  const absl::StatusOr<Imported> imported = ImportCsv(
      "\xEF\xBB\xBFSeriennummer;Hersteller;Modell;Kaliber;Lauflänge mm;Baujahr;Kategorie;Interne "
      "Nr\r\n"
      " 4711 ;Walther;PP;7,65 Browning;98,5;1938;B5;x\r\n"
      "\"Nr. 12\";\"Heckler & Koch\";P7;9x19;105;1980;b5;y\r\n");
  ASSERT_THAT(imported, IsOk());
  EXPECT_THAT(imported->errors, IsEmpty());
  EXPECT_THAT(imported->ignored, ElementsAre("Interne Nr"));
  ASSERT_EQ(imported->records.size(), 2U);
  const Firearm& first = imported->records[0].firearm;
  EXPECT_EQ(first.serials[0].raw, "4711");
  EXPECT_EQ(first.serials[0].condition, SerialCondition::kLegible);
  EXPECT_EQ(first.serials[0].component, Component::kFrame);
  EXPECT_EQ(first.make, "Walther");
  EXPECT_EQ(first.make_ncic_code, "WAL");
  EXPECT_EQ(first.calibre_code, "7.65BROWNING");
  EXPECT_EQ(first.barrel_length_mm, 98.5);
  EXPECT_EQ(first.year_of_manufacture, 1938);
  EXPECT_EQ(first.category, Category::kB5);
  EXPECT_FALSE(imported->records[0].deactivation.has_value());
}

TEST(ImportTest, ReadsFrenchPolishCyrillicAndTabbedHeaders) {
  const char* const kFiles[] = {
      "Numéro de série,Marque,Modèle,Calibre\n4711,MAS,50,7.65 Long\n",
      "Numer seryjny;Producent;Model;Kaliber\n4711;FB Radom;P-64;9 mm Makarov\n",
      "Серийный номер\tПроизводитель\tМодель\tКалибр\n4711\tИжмаш\tПМ\t9x18\n",
      "SERIAL NUMBER,MAKE,MODEL,CALIBER\r\n4711,Glock,17,9 mm Luger",
  };
  for (const char* const file : kFiles) {
    const absl::StatusOr<Imported> imported = ImportCsv(file);
    ASSERT_THAT(imported, IsOk()) << file;
    EXPECT_THAT(imported->errors, IsEmpty()) << file;
    EXPECT_THAT(imported->ignored, IsEmpty()) << file;
    ASSERT_EQ(imported->records.size(), 1U) << file;
    EXPECT_EQ(imported->records[0].firearm.serials[0].raw, "4711");
    EXPECT_FALSE(imported->records[0].firearm.make.empty()) << file;
    EXPECT_FALSE(imported->records[0].firearm.calibre_code.empty()) << file;
  }
}

TEST(ImportTest, ReadsADeactivationWithItsChecklist) {
  const absl::StatusOr<Imported> imported = ImportCsv(
      "serial,class,certificate number,verified by,certified on,country of deactivation,"
      "mark on frame,mark on slide,english version,certificate_serial,operation 1.1,Operation 1.20,"
      "state\n"
      "AB 12,Semi-automatic pistol,LPH/1,GB-LPH,14.03.2019,uk,EU/GB/LPH/19,EU/GB,yes,AB12,done,"
      "NOT_DONE,deactivated\n");
  ASSERT_THAT(imported, IsOk());
  EXPECT_THAT(imported->errors, IsEmpty());
  ASSERT_EQ(imported->records.size(), 1U);
  const ImportedRecord& record = imported->records[0];
  EXPECT_EQ(record.state, State::kDeactivated);
  ASSERT_TRUE(record.deactivation.has_value());
  const DeactivationRecord& work = *record.deactivation;
  EXPECT_EQ(work.standard, Standard::kEu2018);  // Of the year in the mark.
  EXPECT_EQ(work.checklist_type, 1);            // Of the class.
  EXPECT_EQ(work.certificate->number, "LPH/1");
  EXPECT_EQ(work.certificate->country, "GB");
  EXPECT_EQ(work.certificate->certified_on, (PartialDate{2019, 3, 14}));
  EXPECT_EQ(work.certificate->in_english, true);
  EXPECT_EQ(work.certificate->serials[0].raw, "AB12");
  ASSERT_EQ(work.components.size(), 2U);
  EXPECT_TRUE(IsFull(*work.components[0].mark));
  EXPECT_FALSE(IsFull(*work.components[1].mark));
  ASSERT_EQ(work.outcomes.size(), 2U);
  EXPECT_EQ(work.outcomes[0].outcome, Outcome::kDone);
  EXPECT_EQ(work.outcomes[1].number, "1.20");
  EXPECT_EQ(work.outcomes[1].outcome, Outcome::kNotDone);
}

TEST(ImportTest, FollowsAMappingOfColumnsValuesAndForms) {
  const absl::StatusOr<Imported> imported =
      ImportCsv("Num;Kind;When;Owner;Make\n7;Pistole;06/28/2018;Someone;x\n",
                "kind,from,to\n"
                "column,num,serial\n"
                "column,KIND,class\n"
                "column,When,certified_on\n"
                "column,Owner,-\n"
                "form,dates,month-first\n"
                "form,separator,semicolon\n"
                "class,pistole,PISTOL_SEMI\n"
                "make,x,Glock\n");
  ASSERT_THAT(imported, IsOk());
  ASSERT_EQ(imported->errors.size(), 1U);  // A certificate has a number.
  EXPECT_THAT(imported->errors[0].message, HasSubstr("certificate.number"));
  EXPECT_EQ(imported->errors[0].column, "When");
  EXPECT_THAT(imported->ignored, IsEmpty());
}

TEST(ImportTest, TranslatesValuesAsMapped) {
  const absl::StatusOr<Imported> imported =
      ImportCsv("serial,class,make,holder\n7,Pistole,x,Someone\n",
                "kind,from,to\nclass,PISTOLE,PISTOL_SEMI\nmake,x,Glock\ncolumn,holder,-\n");
  ASSERT_THAT(imported, IsOk());
  ASSERT_EQ(imported->records.size(), 1U);
  EXPECT_EQ(imported->records[0].firearm.firearm_class, FirearmClass::kPistolSemi);
  EXPECT_EQ(imported->records[0].firearm.make, "Glock");
  EXPECT_EQ(imported->records[0].firearm.holder, "");
}

TEST(ImportTest, AnEmptyOrPartlyReadSerialHasItsCondition) {
  const absl::StatusOr<Imported> imported = ImportCsv(
      "serial,serial_condition,barrel_serial\n,,\n12?4,,\n,OBLITERATED,77\n1234,RENUMBERED,\n");
  ASSERT_THAT(imported, IsOk());
  EXPECT_THAT(imported->errors, IsEmpty());
  ASSERT_EQ(imported->records.size(), 4U);
  const auto condition = [&](std::size_t i) {
    return imported->records[i].firearm.serials[0].condition;
  };
  EXPECT_EQ(condition(0), SerialCondition::kNotRecorded);
  EXPECT_EQ(condition(1), SerialCondition::kPartial);
  EXPECT_EQ(condition(2), SerialCondition::kObliterated);
  EXPECT_EQ(condition(3), SerialCondition::kRenumbered);
  ASSERT_EQ(imported->records[2].firearm.serials.size(), 2U);
  EXPECT_EQ(imported->records[2].firearm.serials[1].component, Component::kBarrel);
}

TEST(ImportTest, TellsEachMalformedValueWithItsRowColumnAndBound) {
  const struct {
    const char* columns;
    std::string row;
    const char* column;  // To blame.
    const char* message;
  } kBad[] = {
      {"serial,class", "1,cannon", "class", "must be a code of its list, such as PISTOL_SEMI"},
      {"serial,category", "1,D1", "category", "such as A1"},
      {"serial,category_before", "1,B55", "category_before", "such as A1"},
      {"serial,conversion", "1,yes", "conversion", "such as BLANK"},
      {"serial,feed", "1,by hand", "feed", "such as NONE"},
      {"serial,state", "1,gone", "state", "such as REGISTERED"},
      {"serial,serial_condition", "1,worn", "serial_condition", "such as LEGIBLE"},
      {"serial,serial_component", "1,grip", "serial_component", "such as FRAME"},
      {"serial,serial_numerals", "1,greek", "serial_numerals", "such as ARABIC"},
      {"serial,serial_condition", "1,OBLITERATED", "serial_condition", "serial.raw: must be empty"},
      {"serial,make", std::string("1,") + std::string(257, 'a'), "make", "make_raw: 257 bytes"},
      {"serial,make", "1,\xFF", "make", "must be UTF-8"},
      {"serial,make", "1,M\xFCller", "make", "must be UTF-8"},  // Windows-1252.
      {"make,serial", "x,--", "serial", "holds no letter or digit"},
      {"make,serial", "x," + std::string(65, '1'), "serial", "more than 64"},
      {"make,serial", "x,12[", "serial", "a set must be"},
      {"serial,barrel length", "1,long", "barrel length", "must be a decimal number"},
      {"serial,barrel length", "1,-5", "barrel length", "must be a decimal number"},
      {"serial,barrel length", "1,5000.1", "barrel length", "barrel_length_mm: must be 0..5000"},
      {"serial,capacity", "1,1.5", "capacity", "must be a whole number"},
      {"serial,capacity", "1,10001", "capacity", "capacity: must be 0..10000"},
      {"serial,capacity", "1,99999999999", "capacity", "must be a whole number"},
      {"serial,baujahr", "1,38", "baujahr", "year_of_manufacture: must be 1500..2999"},
      {"serial,made in", "1,Austria", "made in", "must be a country code"},
      {"serial,action", "1,ZZ", "action", "action: must be a code"},
      {"serial,retain_until", "1,31.02.2020", "retain_until", "must be a date such as 28.06.2018"},
      {"serial,certified on,certificate number", "1,2018-13-01,7", "certified on",
       "must be a date"},
      {"serial,certificate number,in_english", "1,7,perhaps", "in_english", "must be yes or no"},
      {"serial,deactivation mark", "1,FR/EU", "deactivation mark", "does not begin with EU"},
      {"serial,standard", "1,EU-2016", "standard", "such as EU-2018"},
      {"serial,class,operation 2.1", "1,PISTOL_SEMI,done", "operation 2.1",
       "outcomes.number: no operation"},
      {"serial,operation 1.1", "1,maybe", "operation 1.1", "such as DONE"},
      {"serial,checklist_type", "1,9", "checklist_type", "checklist_type: must be 0..8"},
      {"serial,proof_house_year", "1,95", "proof_house_year", "proof_house_mark.year: must be"},
      {"serial,language", "1,EN", "language", "certificate.number: 0 bytes"},
      {"serial,make", "1", "", "1 values under 2 columns"},
      {"serial,make", "1,2,3", "", "3 values under 2 columns"},
  };
  EXPECT_GE(std::size(kBad), 30U);
  for (const auto& bad : kBad) {
    SCOPED_TRACE(std::string(bad.columns) + ": " + bad.message);
    const absl::StatusOr<Imported> imported =
        ImportCsv(std::string(bad.columns) + "\n" + bad.row + "\n");
    ASSERT_THAT(imported, IsOk());
    ASSERT_EQ(imported->errors.size(), 1U);
    EXPECT_EQ(imported->errors[0].row, 2);
    EXPECT_EQ(imported->errors[0].column, bad.column);
    EXPECT_THAT(imported->errors[0].message, HasSubstr(bad.message));
    EXPECT_THAT(imported->records, IsEmpty());
  }
}

TEST(ImportTest, TellsAllThatIsWrongWithARowAndGoesOn) {
  const absl::StatusOr<Imported> imported =
      ImportCsv("serial,class,capacity\n1,x,y\n2,REVOLVER,6\n\n3,x,5\n");
  ASSERT_THAT(imported, IsOk());
  EXPECT_EQ(imported->records.size(), 1U);
  ASSERT_EQ(imported->errors.size(), 3U);
  EXPECT_EQ(imported->errors[0].column, "class");
  EXPECT_EQ(imported->errors[1].column, "capacity");
  EXPECT_EQ(imported->errors[2].row, 5);
}

TEST(ImportTest, RefusesAFileWhoseHeadCannotBeUsed) {
  const struct {
    const char* csv;
    const char* mapping;
    const char* why;
  } kBad[] = {
      {"make,model\n", "", "no column fills the field serial"},
      {"serial,seriennummer\n", "", "columns serial and seriennummer both fill the field serial"},
      {"serial,num\n", "kind,from,to\ncolumn,num,serial\n", "both fill"},
      {"serial\n", "kind,from,to\ncolumn,num,make\n", "names a column NUM, which is not there"},
      {"serial,\xFF\n", "", "column 2: its name must be UTF-8"},
      {"serial,\"make\n", "", "line 1: a quotation mark is never closed"},
      {"serial\n1\"\n", "", "line 2: a quotation mark inside a field"},
      {"serial,operation 1.1,OPERATION 1 1\n", "", "both fill the field operation 1.1"},
  };
  for (const auto& bad : kBad) {
    const absl::StatusOr<Imported> imported = ImportCsv(bad.csv, bad.mapping);
    EXPECT_THAT(imported, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad.why)));
  }
}

TEST(ImportMappingTest, RefusesWithLineAndColumn) {
  const struct {
    const char* csv;
    const char* why;
  } kBad[] = {
      {"from,to\n", "line 1: the columns must be kind, from, to"},
      {"kind,from,to\ncolumn,a\n", "line 2: the columns must be"},
      {"kind,from,to\ncolumn,a,nonsense\n", "line 2, column to: no field"},
      {"kind,from,to\ncolumn,,serial\n", "line 2, column from: must not be empty"},
      {"kind,from,to\ncolumn,a,serial\ncolumn,A,make\n",
       "line 3, column from: the column is mapped"},
      {"kind,from,to\nform,dates,american\n", "line 2, column to: must be day-first"},
      {"kind,from,to\nform,decimals,dot\n", "line 2, column to: must be comma"},
      {"kind,from,to\nform,separator,;\n", "line 2, column to: must be comma"},
      {"kind,from,to\nform,colour,red\n", "line 2, column from: must be dates"},
      {"kind,from,to\nnonsense,a,b\n", "line 2, column kind"},
      {"kind,from,to\nclass,a,SMG\nclass,A,SMG\n", "line 3, column from: the value is mapped"},
      {"kind,from,to\ncolumn,\xFF,make\n", "line 2, column from: must be UTF-8"},
  };
  for (const auto& bad : kBad) {
    EXPECT_THAT(ParseImportMapping(bad.csv),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad.why)));
  }
  EXPECT_THAT(ParseImportMapping(std::string(kMappingBytesMax + 1, ' ')),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(ImportFieldsTest, EachIsFoundByItsNameAlone) {
  EXPECT_GE(ImportFields().size(), 50U);
  for (const ImportField& field : ImportFields()) {
    std::vector<std::string> columns = {std::string(field.name)};
    if (field.name != "serial") columns.push_back("serial");
    const absl::StatusOr<RowImporter> importer = RowImporter::Create(columns, {}, nullptr);
    ASSERT_THAT(importer, IsOk()) << field.name;
    EXPECT_THAT(importer->ignored_columns(), IsEmpty()) << field.name;
  }
}

TEST(NationalFormsTest, ReadDates) {
  const struct {
    const char* text;
    const char* day_first;
    const char* month_first;
  } kDates[] = {
      {"2018-06-28", "2018-06-28", "2018-06-28"},
      {"28.06.2018", "2018-06-28", ""},
      {"28/6/2018", "2018-06-28", ""},
      {"06/28/2018", "", "2018-06-28"},
      {"03/04/2018", "2018-04-03", "2018-03-04"},
      {"28-06-2018", "2018-06-28", ""},
      {"2018. 06. 28.", "2018-06-28", "2018-06-28"},
      {"28. 6. 2018", "2018-06-28", ""},
      {"20180628", "2018-06-28", "2018-06-28"},
      {"06/2018", "2018-06", "2018-06"},
      {"2018-06", "2018-06", "2018-06"},
      {"2018", "2018", "2018"},
      {"2018-06-28 00:00:00", "2018-06-28", "2018-06-28"},
      {"2018-06-28T00:00:00Z", "2018-06-28", "2018-06-28"},
      {"28.06.18", "", ""},
      {"31.02.2018", "", ""},
      {"2018-00-01", "", ""},
      {"0/2018", "", ""},
      {"28.06-2018", "", ""},
      {"28..2018", "", ""},
      {"", "", ""},
      {"June 2018", "", ""},
      {"28 06 2018", "", ""},
      {"2018-06-28 12:30", "", ""},
      {"1/2/3/2018", "", ""},
      {".2018", "", ""},
  };
  const auto text = [](std::optional<PartialDate> date) {
    return date ? records::PartialDateText(*date) : "";
  };
  for (const auto& date : kDates) {
    EXPECT_EQ(text(ReadNationalDate(date.text, DateForm::kDayFirst)), date.day_first) << date.text;
    EXPECT_EQ(text(ReadNationalDate(date.text, DateForm::kMonthFirst)), date.month_first)
        << date.text;
  }
}

TEST(NationalFormsTest, ReadDecimals) {
  constexpr double kNone = -1.0;
  const struct {
    const char* text;
    double either;
    double comma;
    double point;
  } kNumbers[] = {
      {"101.6", 101.6, kNone, 101.6},
      {"101,6", 101.6, 101.6, kNone},
      {"1.016,5", 1016.5, 1016.5, kNone},
      {"1,016.5", 1016.5, kNone, 1016.5},
      {"1.016", 1.016, 1016.0, 1.016},
      {"1,016", 1.016, 1.016, 1016.0},
      {"1 016,5", 1016.5, 1016.5, kNone},
      {"1'016.5", 1016.5, kNone, 1016.5},
      {"1.000.000", 1e6, 1e6, kNone},
      {"98", 98.0, 98.0, 98.0},
      {"1\xC2\xA0"
       "016,5",
       1016.5, 1016.5, kNone},
      {"", kNone, kNone, kNone},
      {"-1", kNone, kNone, kNone},
      {"1,", kNone, kNone, kNone},
      {",5", kNone, kNone, kNone},
      {"1e3", kNone, kNone, kNone},
      {"10 6", kNone, kNone, kNone},
      {"1.0165.5", kNone, kNone, kNone},
      {"98 mm", kNone, kNone, kNone},
      {"nan", kNone, kNone, kNone},
      {"1016 555,0", kNone, kNone, kNone},
  };
  for (const auto& number : kNumbers) {
    EXPECT_EQ(ReadNationalDecimal(number.text, DecimalForm::kEither).value_or(kNone), number.either)
        << number.text;
    EXPECT_EQ(ReadNationalDecimal(number.text, DecimalForm::kComma).value_or(kNone), number.comma)
        << number.text;
    EXPECT_EQ(ReadNationalDecimal(number.text, DecimalForm::kPoint).value_or(kNone), number.point)
        << number.text;
  }
}

}  // namespace
}  // namespace proofmark::firearm
