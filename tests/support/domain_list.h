// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "records/csv.h"
#include "tests/support/shared_data.h"

namespace proofmark::testing {

using DomainRow = std::map<std::string, std::string>;  // By column.

// The rows of a list of ../shared/domain; empty, with a test failure, when it cannot be read.
inline std::vector<DomainRow> ReadDomainList(std::string_view file) {
  const std::string text = ReadFileOrFail(SharedDir() / "domain" / file);
  records::CsvReader csv(text);
  std::vector<std::string> columns;
  std::vector<DomainRow> rows;
  while (!csv.AtEnd()) {
    absl::StatusOr<std::vector<std::string>> record = csv.NextRecord();
    if (!record.ok()) {
      ADD_FAILURE() << file << ": " << record.status();
      return {};
    }
    if (columns.empty()) {
      columns = *std::move(record);
      continue;
    }
    if (record->empty()) continue;
    if (record->size() != columns.size()) {
      ADD_FAILURE() << file << ": " << record->size() << " fields under " << columns.size();
      return {};
    }
    DomainRow row;
    for (std::size_t i = 0; i < columns.size(); ++i) row[columns[i]] = std::move((*record)[i]);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace proofmark::testing
