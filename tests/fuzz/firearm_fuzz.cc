// SPDX-License-Identifier: Apache-2.0
// Any text is a serial number, pattern, mark, maker and file of rows within their bounds, or one
// clear error: keys are their own keys, marks read back as written, imported records hold.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "records/csv.h"
#include "records/firearm/import.h"
#include "records/firearm/make.h"
#include "records/firearm/mark.h"
#include "records/firearm/serial.h"

namespace proofmark::firearm {
namespace {

void TrySerial(std::string_view text) {
  const absl::StatusOr<SerialKeys> keys = MakeSerialKeys(text);
  if (keys.ok()) {
    const std::string& key = keys->lookalike;
    PM_CHECK(key.size() <= static_cast<std::size_t>(kSerialKeyCharsMax));
    PM_CHECK(key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == std::string::npos);
    PM_CHECK(MakeSerialKeys(key)->lookalike == key);
    PM_CHECK(key.empty() || CompareSerials(*keys, *keys) == SerialGrade::kExact);
  }
  const absl::StatusOr<SerialCandidates> readings = ConfusableReadings(text, 16);
  if (readings.ok()) {
    PM_CHECK(!readings->candidates.empty() && readings->candidates.size() <= 16);
    PM_CHECK(readings->candidates.front().lookalike_key == keys->lookalike);
  }
  const absl::StatusOr<SerialPattern> pattern = ReadPattern(text);
  if (pattern.ok() && keys.ok() && !SerialPattern::IsPattern(text)) {
    PM_CHECK(pattern->Matches(keys->lookalike));
  }
}

void TryImport(std::string_view text) {
  records::CsvReader reader(text, ImportCsvFormat(text, {}));
  if (reader.AtEnd()) return;
  absl::StatusOr<std::vector<std::string>> columns = reader.NextRecord();
  if (!columns.ok()) return;
  const absl::StatusOr<RowImporter> importer =
      RowImporter::Create(*std::move(columns), {}, nullptr);
  if (!importer.ok()) return;
  for (int rows = 0; rows < 8 && !reader.AtEnd(); ++rows) {
    const std::int64_t line = reader.line();
    absl::StatusOr<std::vector<std::string>> values = reader.NextRecord();
    if (!values.ok()) return;
    const ImportResult result = importer->Import({.number = line, .values = *std::move(values)});
    PM_CHECK(result.record.has_value() == result.errors.empty());
    for (const ImportError& error : result.errors) {
      PM_CHECK(error.row == line && !error.message.empty());
    }
    if (!result.record) continue;
    PM_CHECK(CheckFirearm(result.record->firearm).ok());
    if (result.record->deactivation) {
      PM_CHECK(CheckDeactivationRecord(*result.record->deactivation).ok());
    }
  }
}

}  // namespace
}  // namespace proofmark::firearm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace proofmark::firearm;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  TrySerial(text);
  if (const absl::StatusOr<DeactivationMark> mark = ParseMark(text); mark.ok()) {
    PM_CHECK(ParseMark(MarkText(*mark)).value() == *mark);
  }
  FindMake(text, nullptr);
  if (const auto table = MakeTable::Parse(text, "1"); table.ok()) FindMake("Walther", &*table);
  if (const auto mapping = ParseImportMapping(text); !mapping.ok()) {
    PM_CHECK(!mapping.status().message().empty());
  }
  TryImport(text);
  return 0;
}
