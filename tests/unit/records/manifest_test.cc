// SPDX-License-Identifier: Apache-2.0
#include "records/manifest.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"

namespace proofmark::records {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::StartsWith;

const char kHeader[] = "file,kind,specimen,land\n";

std::size_t RowCount(const Manifest& manifest) {
  std::size_t count = manifest.unsupported.size() + manifest.cases.size();
  for (const ManifestExhibit& exhibit : manifest.exhibits) count += exhibit.rows.size();
  return count;
}

TEST(ManifestTest, GroupsRowsBySpecimenInOrderOfLands) {
  const auto manifest = ParseManifest(
      "file,kind,specimen,land\n"
      "b2.x3p,bullet_lea,B,2\n"
      "a1.x3p,bullet_lea,A,1\n"
      "b1.x3p,bullet_lea,B,1\n");

  ASSERT_THAT(manifest, IsOk());
  ASSERT_EQ(manifest->exhibits.size(), 2U);
  EXPECT_EQ(manifest->exhibits[0].label, "B");
  EXPECT_EQ(manifest->exhibits[0].format, "x3p");
  EXPECT_EQ(manifest->exhibits[0].kind, ExhibitKind::kBulletEvidence);
  ASSERT_EQ(manifest->exhibits[0].rows.size(), 2U);
  EXPECT_EQ(manifest->exhibits[0].rows[0].file, "b1.x3p");
  EXPECT_EQ(manifest->exhibits[0].rows[0].line, 4);
  EXPECT_EQ(manifest->exhibits[0].rows[1].file, "b2.x3p");
  EXPECT_EQ(manifest->exhibits[1].label, "A");
}

TEST(ManifestTest, ReadsEveryColumnInAnyOrder) {
  const auto manifest = ParseManifest(
      "notes,land_truth,truth_basis,source_firearm,study,unit,date,case,land_width_mean_um,rifling,"
      "twist,land_count,bullet_class,calibre,exhibit_kind,exhibit,land,specimen,kind,file,other\n"
      "n,T/1,by name,Gun 1,Study,um,2024-05,C-9,1850.5,CONVENTIONAL,R,6,9,9mm Para,BU_TEST,"
      "K-1,3,S,profile,p/l3.csv,ignored\n");

  ASSERT_THAT(manifest, IsOk());
  ASSERT_EQ(manifest->exhibits.size(), 1U);
  const ManifestExhibit& exhibit = manifest->exhibits[0];
  EXPECT_EQ(exhibit.label, "K-1");
  EXPECT_EQ(exhibit.specimen, "S");
  EXPECT_EQ(exhibit.format, "profile-csv");
  EXPECT_EQ(exhibit.kind, ExhibitKind::kBulletTest);
  EXPECT_EQ(exhibit.characteristics, (ClassCharacteristics{.calibre_code = "9LUGER",
                                                           .bullet_class = "9",
                                                           .land_count = 6,
                                                           .twist = TwistDirection::kRight,
                                                           .rifling = RiflingType::kConventional,
                                                           .land_width_mean_um = 1850.5}));
  EXPECT_EQ(exhibit.calibre, "9mm Para");
  EXPECT_EQ(exhibit.case_reference, "C-9");
  EXPECT_EQ(exhibit.incident_date, "2024-05");
  EXPECT_EQ(exhibit.study, "Study");
  EXPECT_EQ(exhibit.source_firearm, "Gun 1");
  EXPECT_EQ(exhibit.truth_basis, "by name");
  ASSERT_EQ(exhibit.rows.size(), 1U);
  const ManifestRow& row = exhibit.rows[0];
  EXPECT_EQ(row.line, 2);
  EXPECT_EQ(row.file, "p/l3.csv");
  EXPECT_EQ(row.kind, "profile");
  EXPECT_EQ(row.land, 3);
  EXPECT_EQ(row.unit, "um");
  EXPECT_EQ(row.land_truth, "T/1");
  EXPECT_EQ(row.notes, "n");
}

TEST(ManifestTest, CircumstancesAreCodesWithSemicolonsBetween) {
  const auto manifest = ParseManifest(
      "file,kind,specimen,land,circumstances\n"
      "a1.x3p,bullet_lea,A,1,URGENT;CUSTOMS\n"
      "a2.x3p,bullet_lea,A,2,URGENT;CUSTOMS\n"
      "b1.x3p,bullet_lea,B,1,\n"
      "c.x3p,cartridge_breech_face,C,,TERRORISM\n");
  ASSERT_THAT(manifest, IsOk());
  ASSERT_EQ(manifest->exhibits.size(), 2U);
  EXPECT_THAT(manifest->exhibits[0].circumstances, ::testing::ElementsAre("CUSTOMS", "URGENT"));
  EXPECT_THAT(manifest->exhibits[1].circumstances, ::testing::IsEmpty());
  ASSERT_EQ(manifest->cases.size(), 1U);
  EXPECT_THAT(manifest->cases[0].circumstances, ::testing::ElementsAre("TERRORISM"));

  for (const char* text : {"customs", "CUSTOMS;", ";CUSTOMS", "CUSTOMS;;URGENT", "CUSTOMS, URGENT",
                           "CUSTOMS; URGENT", "CUSTOMS;CUSTOMS", ";", "NONE"}) {
    for (const char* kind : {"bullet_lea,A,1,", "cartridge_breech_face,A,,"}) {
      EXPECT_THAT(ParseManifest(absl::StrFormat(
                      "file,kind,specimen,land,circumstances\na.x3p,%s\"%s\"\n", kind, text)),
                  StatusIs(absl::StatusCode::kInvalidArgument,
                           StartsWith("line 2, column circumstances: ")))
          << text;
    }
  }
  EXPECT_THAT(ParseManifest("file,kind,specimen,land,circumstances\n"
                            "a1.x3p,bullet_lea,A,1,URGENT\n"
                            "a2.x3p,bullet_lea,A,2,CUSTOMS\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       StartsWith("line 3, column circumstances: differs from line 2")));
}

TEST(ManifestTest, ToleratesWhatSpreadsheetsWrite) {
  const auto manifest = ParseManifest(
      "\xEF\xBB\xBF\"file\",kind,specimen,land\r\n"
      "\"a,1.x3p\",bullet_lea,\"The \"\"big\"\" one\",1\r\n"
      "\r\n"
      "a2.x3p,bullet_lea,\"The \"\"big\"\" one\",2");

  ASSERT_THAT(manifest, IsOk());
  ASSERT_EQ(manifest->exhibits.size(), 1U);
  EXPECT_EQ(manifest->exhibits[0].label, "The \"big\" one");
  EXPECT_EQ(manifest->exhibits[0].rows[0].file, "a,1.x3p");
  EXPECT_EQ(manifest->exhibits[0].rows[1].line, 4);
}

TEST(ManifestTest, LinesAreCountedThroughQuotedLineEnds) {
  const auto manifest = ParseManifest(
      "file,kind,specimen,land,remark\n"
      "a.x3p,bullet_lea,A,1,\"two\r\nlines\"\n"
      "b.x3p,bullet_lea,B,x,\n");
  EXPECT_THAT(manifest,
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("line 4, column land: ")));
}

TEST(ManifestTest, OtherKindsAreKeptApartAndNeverDropped) {
  const auto manifest = ParseManifest(
      "file,kind,specimen,land\n"
      "c.x3p,cartridge_breech_face,C,\n"
      "a.x3p,bullet_lea,A,1\n"
      "s.x3p,format_sample,,\n");

  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->exhibits.size(), 1U);
  ASSERT_EQ(manifest->cases.size(), 1U);
  EXPECT_EQ(manifest->cases[0].row.line, 2);
  EXPECT_EQ(manifest->cases[0].region, MarkRegion::kBreechFace);
  ASSERT_EQ(manifest->unsupported.size(), 1U);
  EXPECT_EQ(manifest->unsupported[0].kind, "format_sample");
}

TEST(ManifestTest, MarksOfACaseShareItsLabelAndASecondScanOfOneDoesNot) {
  const auto manifest = ParseManifest(
      "file,kind,specimen,land,exhibit,exhibit_kind,case,date,breech_face_class\n"
      "a.x3p,cartridge_breech_face,C,,K-1,CC_TEST,24-1,2024,GRANULAR\n"
      "b.x3p,cartridge_firing_pin,C,,K-1,,,,UNKNOWN\n"
      "c.x3p,cartridge_breech_face,C,,K-1,,,,\n"
      "d.x3p,cartridge_lea,C,,,,,,\n");

  ASSERT_THAT(manifest, IsOk());
  ASSERT_EQ(manifest->cases.size(), 4U);
  const ManifestCase& first = manifest->cases[0];
  EXPECT_EQ(first.label, "K-1");
  EXPECT_EQ(first.kind, ExhibitKind::kCaseTest);
  EXPECT_EQ(first.case_reference, "24-1");
  EXPECT_EQ(first.incident_date, "2024");
  EXPECT_EQ(first.characteristics.breech_face_class, BreechFaceClass::kGranular);
  EXPECT_EQ(manifest->cases[1].label, "K-1");
  EXPECT_EQ(manifest->cases[1].region, MarkRegion::kFiringPin);
  EXPECT_EQ(manifest->cases[1].kind, ExhibitKind::kCaseEvidence);
  EXPECT_EQ(manifest->cases[1].characteristics.breech_face_class, std::nullopt);
  EXPECT_EQ(manifest->cases[2].label, "K-1#2");
  EXPECT_EQ(manifest->cases[3].region, std::nullopt);  // A land is no mark of a case.
}

TEST(ManifestTest, RefusesCodesOfNoListAndKindsOfTheOtherItem) {
  const auto refusal = [](std::string_view column, std::string_view value) {
    const auto manifest =
        ParseManifest(absl::StrFormat("file,kind,specimen,land,%s\n"
                                      "a.x3p,cartridge_breech_face,C,,%s\n",
                                      column, value));
    return std::string(manifest.status().message());
  };
  EXPECT_THAT(refusal("exhibit_kind", "BU_TEST"), StartsWith("line 2, column exhibit_kind: must"));
  EXPECT_THAT(refusal("firing_pin_shape", "ROUND"), StartsWith("line 2, column firing_pin_shape"));
  EXPECT_THAT(refusal("aperture_shape", "round"), StartsWith("line 2, column aperture_shape: "));
  EXPECT_THAT(refusal("breech_face_class", "x"), StartsWith("line 2, column breech_face_class"));
  EXPECT_THAT(refusal("date", "soon"), StartsWith("line 2: incident_date"));
}

TEST(ManifestTest, ASpecimenScannedTwiceGivesTwoSets) {
  const auto manifest = ParseManifest(
      "file,kind,specimen,land\n"
      "a1.csv,profile,A,1\n"
      "a2.csv,profile,A,2\n"
      "b2.csv,profile,A,2\n"
      "b1.csv,profile,A,1\n");

  ASSERT_THAT(manifest, IsOk());
  ASSERT_EQ(manifest->exhibits.size(), 2U);
  EXPECT_EQ(manifest->exhibits[0].label, "A");
  EXPECT_EQ(manifest->exhibits[0].rows[1].file, "a2.csv");
  EXPECT_EQ(manifest->exhibits[1].label, "A#2");
  EXPECT_EQ(manifest->exhibits[1].specimen, "A");
  EXPECT_EQ(manifest->exhibits[1].rows[0].file, "b1.csv");
}

TEST(ManifestTest, SetsThatCannotBeToldApartAreRefused) {
  EXPECT_THAT(ParseManifest("file,kind,specimen,land\n"
                            "a1.csv,profile,A,1\n"
                            "a2.csv,profile,A,2\n"
                            "b1.csv,profile,A,1\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       StartsWith("line 2, column specimen: land 2 of the specimen comes 1 times, "
                                  "another 2 times")));
}

TEST(ManifestTest, ANamedExhibitHasEachLandOnce) {
  EXPECT_THAT(ParseManifest("file,kind,specimen,land,exhibit\n"
                            "a1.csv,profile,A,1,K\n"
                            "b1.csv,profile,A,1,K\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       StartsWith("line 3, column land: land 1 comes twice")));
}

TEST(ManifestTest, AnUnknownCalibreStaysTextAndFiltersNothing) {
  const auto manifest = ParseManifest(
      "file,kind,specimen,land,calibre\n"
      "a.x3p,bullet_lea,A,1,home made\n");
  ASSERT_THAT(manifest, IsOk());
  EXPECT_EQ(manifest->exhibits[0].calibre, "home made");
  EXPECT_EQ(manifest->exhibits[0].characteristics, ClassCharacteristics());
}

TEST(ManifestTest, RowsOfAnExhibitMustAgree) {
  for (const char* column :
       {"exhibit_kind", "calibre", "bullet_class", "land_count", "twist", "rifling",
        "land_width_mean_um", "case", "date", "study", "source_firearm"}) {
    const std::map<std::string, std::pair<std::string, std::string>> kValues = {
        {"exhibit_kind", {"BU_TEST", "BU_EVIDENCE"}},
        {"land_count", {"5", "6"}},
        {"twist", {"R", "L"}},
        {"rifling", {"POLYGONAL", "CONVENTIONAL"}},
        {"land_width_mean_um", {"2000", "2001"}},
        {"date", {"2024", "2025"}}};
    const auto found = kValues.find(column);
    const auto [a, b] =
        found == kValues.end() ? std::pair<std::string, std::string>("1", "2") : found->second;
    const std::string header = std::string("file,kind,specimen,land,") + column + "\n";
    const std::string first = "a.x3p,bullet_lea,A,1," + a + "\n";

    EXPECT_THAT(ParseManifest(header + first + "b.x3p,bullet_lea,A,2," + a + "\n"), IsOk());
    EXPECT_THAT(ParseManifest(header + first + "b.x3p,bullet_lea,A,2," + b + "\n"),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         StartsWith(std::string("line 3, column ") + column + ": differs")));
  }
  EXPECT_THAT(
      ParseManifest("file,kind,specimen,land\na,bullet_lea,A,1\nb,profile,A,2\n"),
      StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("line 3, column kind: differs")));
}

TEST(ManifestTest, TwoExhibitsNeverShareALabel) {
  EXPECT_THAT(ParseManifest("file,kind,specimen,land,exhibit\n"
                            "a,bullet_lea,A,1,\n"
                            "b,bullet_lea,B,1,A\n"),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("line 3: an exhibit begun")));
}

TEST(ManifestTest, RefusesHostileText) {
  const struct {
    std::string text;
    std::string error_begins;
  } kCases[] = {
      {"", "line 1, column file: required"},
      {"\n", "line 1, column file: required"},
      {"file,kind,specimen\n", "line 1, column land: required"},
      {"File,kind,specimen,land\n", "line 1, column file: required"},
      {"file,kind,specimen,land,kind\n", "line 1, column kind: named twice"},
      {"file,kind,specimen,land\na,bullet_lea,A\n", "line 2: 3 fields under 4 columns"},
      {"file,kind,specimen,land\na,bullet_lea,A,1,\n", "line 2: 5 fields under 4 columns"},
      {"file,kind,specimen,land\n\"a,bullet_lea,A,1\n", "line 2: a quotation mark is never"},
      {"file,kind,specimen,land\n\"a\"b,bullet_lea,A,1\n", "line 2: text after a closing"},
      {"file,kind,specimen,land\na\"b,bullet_lea,A,1\n", "line 2: a quotation mark inside"},
      {"file,kind,specimen,land\ra,bullet_lea,A,1\r", "line 1: a carriage return without"},
      {std::string(kHeader) + "a\xFF,bullet_lea,A,1\n", "line 2, column file: must be UTF-8"},
      {std::string(kHeader) + "a,bullet_lea,A\x1B,1\n", "line 2, column specimen: must be UTF-8"},
      {std::string(kHeader) + std::string("a\0b,bullet_lea,A,1\n", 19), "line 2, column file:"},
      {std::string(kHeader) + "\"a\nb\",bullet_lea,A,1\n", "line 2, column file:"},
      {std::string(kHeader) + ",bullet_lea,A,1\n", "line 2, column file:"},
      {std::string(kHeader) + "/etc/shadow,bullet_lea,A,1\n", "line 2, column file:"},
      {std::string(kHeader) + "../a,bullet_lea,A,1\n", "line 2, column file:"},
      {std::string(kHeader) + "b/../../a,bullet_lea,A,1\n", "line 2, column file:"},
      {std::string(kHeader) + "b/..,bullet_lea,A,1\n", "line 2, column file:"},
      {std::string(kHeader) + "b\\a,bullet_lea,A,1\n", "line 2, column file:"},
      {std::string(kHeader) + "..a,bullet_lea,A,1\n", ""},
      {std::string(kHeader) + "a,,A,1\n", "line 2, column kind: must not be empty"},
      {std::string(kHeader) + "a,bullet_lea,,1\n", "line 2, column specimen: must not be empty"},
      {std::string(kHeader) + "a,bullet_lea,A,\n", "line 2, column land: must be 1..24"},
      {std::string(kHeader) + "a,bullet_lea,A,0\n", "line 2, column land:"},
      {std::string(kHeader) + "a,bullet_lea,A,1\n", ""},
      {std::string(kHeader) + "a,bullet_lea,A,24\n", ""},
      {std::string(kHeader) + "a,bullet_lea,A,25\n", "line 2, column land:"},
      {std::string(kHeader) + "a,bullet_lea,A,-1\n", "line 2, column land:"},
      {std::string(kHeader) + "a,bullet_lea,A,1.0\n", "line 2, column land:"},
      {std::string(kHeader) + "a,bullet_lea,A, 1\n", "line 2, column land:"},
      {std::string(kHeader) + "a,bullet_lea,A,99999999999999999999\n", "line 2, column land:"},
      {std::string(kHeader) + "a,bullet_lea," + std::string(128, 'A') + ",1\n", ""},
      {std::string(kHeader) + "a,bullet_lea," + std::string(129, 'A') + ",1\n",
       "line 2: label: 129 bytes"},
  };
  for (const auto& hostile : kCases) {
    SCOPED_TRACE(hostile.text);
    if (hostile.error_begins.empty()) {
      EXPECT_THAT(ParseManifest(hostile.text), IsOk());
    } else {
      EXPECT_THAT(ParseManifest(hostile.text),
                  StatusIs(absl::StatusCode::kInvalidArgument, StartsWith(hostile.error_begins)));
    }
  }
}

TEST(ManifestTest, RefusesClassColumnsOutOfBounds) {
  const struct {
    std::string column;
    std::string value;
    bool good;
  } kCases[] = {
      {"exhibit_kind", "BU_CAST", true},
      {"exhibit_kind", "CC_TEST", false},
      {"land_count", "24", true},
      {"land_count", "25", false},
      {"land_count", "0", false},
      {"twist", "LEFT", true},
      {"twist", "left", false},
      {"twist", "UNKNOWN", true},
      {"rifling", "MICROGROOVE", true},
      {"rifling", "NONE", false},
      {"land_width_mean_um", "300", true},
      {"land_width_mean_um", "299.9", false},
      {"land_width_mean_um", "12000.0", true},
      {"land_width_mean_um", "12000.1", false},
      {"land_width_mean_um", "nan", false},
      {"land_width_mean_um", "inf", false},
      {"land_width_mean_um", "1e3", false},
      {"land_width_mean_um", "0x400", false},
      {"bullet_class", "9.2", true},
      {"bullet_class", "nine", false},
      {"date", "2024-02-30", false},
      {"date", "2024-02", true},
      {"case", std::string(128, 'c'), true},
      {"case", std::string(129, 'c'), false},
  };
  for (const auto& bound : kCases) {
    SCOPED_TRACE(bound.column + " = " + bound.value);
    const auto manifest = ParseManifest("file,kind,specimen,land," + bound.column +
                                        "\na.x3p,bullet_lea,A,1," + bound.value + "\n");
    if (bound.good) {
      EXPECT_THAT(manifest, IsOk());
    } else {
      EXPECT_THAT(manifest, StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("line 2")));
    }
  }
}

TEST(ManifestTest, RefusesAClassThatIsNotTheCalibres) {
  EXPECT_THAT(ParseManifest("file,kind,specimen,land,calibre,bullet_class\n"
                            "a.x3p,bullet_lea,A,1,9 mm Luger,11\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "line 2, column bullet_class: calibre 9LUGER has class 9"));
}

TEST(ManifestTest, HoldsItsLimits) {
  const auto columns = [](std::size_t count) {
    std::string header = "file,kind,specimen,land";
    for (std::size_t i = 4; i < count; ++i) header += ",c" + std::to_string(i);
    return header + "\n";
  };
  EXPECT_THAT(ParseManifest(columns(64)), IsOk());
  EXPECT_THAT(ParseManifest(columns(65)),
              StatusIs(absl::StatusCode::kResourceExhausted, "line 1: more than 64 columns"));

  const auto noted = [](std::size_t bytes) {
    return "file,kind,specimen,land,x\na.x3p,bullet_lea,A,1," + std::string(bytes, 'n') + "\n";
  };
  EXPECT_THAT(ParseManifest(noted(4'096)), IsOk());
  EXPECT_THAT(ParseManifest(noted(4'097)), StatusIs(absl::StatusCode::kResourceExhausted));

  EXPECT_THAT(ParseManifest(std::string(static_cast<std::size_t>(kManifestBytesMax) + 1, '\n')),
              StatusIs(absl::StatusCode::kResourceExhausted, "16777217 bytes, at most 16777216"));

  std::string rows = kHeader;
  for (std::int64_t i = 0; i < kManifestRowsMax; ++i) rows += "s,k,,\n";
  EXPECT_THAT(ParseManifest(rows), IsOk());
  EXPECT_THAT(ParseManifest(rows + "s,k,,\n"),
              StatusIs(absl::StatusCode::kResourceExhausted, "line 200002: more than 200000 rows"));
}

// The worked example of docs/formats/manifest.md.
TEST(ManifestTest, ReadsTheDocumentedExample) {
  const std::string page = proofmark::testing::ReadFileOrFail(
      std::filesystem::path(PROOFMARK_SOURCE_DIR) / "docs" / "formats" / "manifest.md");
  const std::size_t begin = page.find("```\nfile,kind,");
  ASSERT_NE(begin, std::string::npos);
  const std::size_t end = page.find("```", begin + 4);

  const auto manifest = ParseManifest(page.substr(begin + 4, end - begin - 4));

  ASSERT_THAT(manifest, IsOk());
  ASSERT_EQ(manifest->exhibits.size(), 1U);
  EXPECT_EQ(manifest->exhibits[0].label, "K-17/2");
  EXPECT_EQ(manifest->exhibits[0].rows.size(), 2U);
  EXPECT_EQ(manifest->exhibits[0].characteristics.calibre_code, "9LUGER");
  ASSERT_EQ(manifest->cases.size(), 1U);
  EXPECT_EQ(manifest->cases[0].label, "case 4");
  EXPECT_TRUE(manifest->unsupported.empty());
}

// Counted apart from the parser: the manifest of the shared data has one line a row, and its second
// field is the kind.
TEST(ManifestTest, ReadsTheSharedDataWhole) {
  PM_REQUIRE_SHARED_DATA();
  const auto path = proofmark::testing::SharedDir() / "data" / "manifest.csv";
  const std::string text = proofmark::testing::ReadFileOrFail(path);
  std::map<std::string, std::size_t> rows_of_kind;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  ASSERT_TRUE(line.starts_with("file,kind,"));
  std::size_t rows = 0;
  while (std::getline(lines, line)) {
    const std::size_t comma = line.find(',');
    ++rows_of_kind[line.substr(comma + 1, line.find(',', comma + 1) - comma - 1)];
    ++rows;
  }

  const auto manifest = ParseManifest(text);

  ASSERT_THAT(manifest, IsOk());
  EXPECT_GE(rows, 100U);
  EXPECT_EQ(RowCount(*manifest), rows);
  std::map<std::string, std::size_t> read_of_kind;
  std::set<std::string> files;
  const auto count = [&](const ManifestRow& row) {
    ++read_of_kind[row.kind];
    EXPECT_TRUE(files.insert(row.file).second) << row.file;
    EXPECT_TRUE(std::filesystem::exists(path.parent_path() / row.file)) << row.file;
  };
  for (const ManifestExhibit& exhibit : manifest->exhibits) {
    std::for_each(exhibit.rows.begin(), exhibit.rows.end(), count);
    EXPECT_FALSE(exhibit.source_firearm.empty()) << exhibit.label;
  }
  std::for_each(manifest->unsupported.begin(), manifest->unsupported.end(), count);
  for (const ManifestCase& mark : manifest->cases) {
    count(mark.row);
    EXPECT_TRUE(mark.region.has_value()) << mark.label;
    EXPECT_FALSE(mark.source_firearm.empty()) << mark.label;
  }
  EXPECT_EQ(read_of_kind, rows_of_kind);
  EXPECT_EQ(manifest->unsupported.size(), rows - rows_of_kind["bullet_lea"] -
                                              rows_of_kind["profile"] -
                                              rows_of_kind["cartridge_breech_face"]);
}

}  // namespace
}  // namespace proofmark::records
