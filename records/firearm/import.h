// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "records/csv.h"
#include "records/firearm/deactivation.h"
#include "records/firearm/firearm.h"
#include "records/firearm/make.h"

// Rows of national spreadsheets become records. All pure; nothing is stored here.
//   Source  docs/formats/firearm.md#import
namespace proofmark::firearm {

inline constexpr std::int64_t kImportColumnsMax = 256;
inline constexpr std::int64_t kImportFieldBytesMax = 8'192;
inline constexpr std::int64_t kMappingBytesMax = 256 * 1024;
inline constexpr std::int64_t kMappingRowsMax = 4'096;

// Which of day and month comes first where a date has both as numbers, and which sign begins the
// decimals.
enum class DateForm { kDayFirst, kMonthFirst };
enum class DecimalForm { kEither, kComma, kPoint };

// A national date: 2018-06-28, 28.06.2018, 28/6/2018, 06/2018, 2018, 20180628, each also with a
// time of midnight behind it; nullopt when it is none.
std::optional<records::PartialDate> ReadNationalDate(std::string_view text, DateForm form);
// A national decimal number: 101.6, 101,6, 1.016,5, 1 016,5; nullopt when it is none. With kEither
// the last kind of sign begins the decimals, unless it comes more than once.
std::optional<double> ReadNationalDecimal(std::string_view text, DecimalForm form);

// What columns and values of a file mean. Texts are compared as LookalikeWords.
struct ImportMapping {
  std::map<std::string, std::string> field_of;  // By column; an empty field: passed over.
  std::map<std::pair<std::string, std::string>, std::string> value_of;  // By field and value.
  DateForm dates = DateForm::kDayFirst;
  DecimalForm decimals = DecimalForm::kEither;
  char separator = 0;  // Of the CSV; 0: the one of , ; tab that its first line has most of.
};
// A mapping file: CSV with the columns kind, from, to. Kinds: `column` (a name at the head of the
// file, and its field or "-"), `form` (dates: day-first, month-first; decimals: comma, point,
// either; separator: comma, semicolon, tab), or a field, one of whose values is written otherwise.
//   Errors  kInvalidArgument naming line and column; kResourceExhausted above a limit.
absl::StatusOr<ImportMapping> ParseImportMapping(std::string_view csv);

// How to read a CSV of rows.
records::CsvFormat ImportCsvFormat(std::string_view text, const ImportMapping& mapping);

// One row, whatever it was read from.
struct ImportRow {
  std::int64_t number = 0;          // Line of a CSV, place in a JSON array, from 1.
  std::vector<std::string> values;  // As many as there are columns.
};

// What is wrong with a row.
struct ImportError {
  std::int64_t row = 0;
  std::string column;   // As the file names it; empty when the whole row is wrong.
  std::string message;  // Names the bound, never the value.
  friend bool operator==(const ImportError&, const ImportError&) = default;
};

struct ImportedRecord {
  Firearm firearm;
  std::optional<State> state;
  std::optional<DeactivationRecord> deactivation;  // When a column of it has a value.
};

struct ImportResult {
  std::optional<ImportedRecord> record;  // Absent exactly when there are errors.
  std::vector<ImportError> errors;
};

// A field that columns may be mapped to, and the names it goes by without a mapping.
struct ImportField {
  std::string_view name;
  std::string_view aliases;  // Separated by '|'.
};
std::vector<ImportField> ImportFields();

// Turns rows under one header into records, which are canonical and hold (CheckFirearm,
// CheckDeactivationRecord). Immutable after construction; thread-safe.
class RowImporter {
 public:
  // `columns` are the names at the head of the file. `makes` may be null, else must outlive the
  // result.
  //   Errors  kInvalidArgument  a name is not UTF-8, two columns fill one field, the mapping names
  //   a
  //                             column that is not there, or none holds serial numbers.
  static absl::StatusOr<RowImporter> Create(std::vector<std::string> columns,
                                            const ImportMapping& mapping, const MakeTable* makes);

  // Columns that neither the mapping nor an alias knows. Whoever imports must report them.
  const std::vector<std::string>& ignored_columns() const { return ignored_columns_; }

  // All that is wrong with the row at once.
  ImportResult Import(const ImportRow& row) const;

 private:
  // What a column fills: a field of ImportFields(), or an operation of a checklist.
  struct Target {
    std::size_t column = 0;
    std::size_t field = 0;
    std::string operation;  // Empty: a field.
  };

  // Sets what one cell says.
  absl::Status Fill(const Target& target, const std::string& cell, ImportedRecord& record) const;
  // The first column after which a record that is built cell by cell fails as `failure` does.
  std::string ColumnToBlame(const std::vector<std::string>& cells,
                            const absl::Status& failure) const;

  std::vector<std::string> columns_;
  std::vector<Target> targets_;
  std::vector<std::string> ignored_columns_;
  ImportMapping mapping_;
  const MakeTable* makes_ = nullptr;
};

}  // namespace proofmark::firearm
