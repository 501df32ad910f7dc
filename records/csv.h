// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace proofmark::records {

struct CsvFormat {
  char separator = ',';
  std::int64_t columns_max = 64;
  std::int64_t field_bytes_max = 4'096;
};

// Takes separated text apart (RFC 4180), one record at a time. Lines end in LF or CRLF. Not
// thread-safe; the text must outlive it.
//   Source  docs/references.md#rfc-4180
class CsvReader {
 public:
  // A byte order mark at the start of `text` is passed over.
  explicit CsvReader(std::string_view text, CsvFormat format = {});

  bool AtEnd() const { return at_ == text_.size(); }
  // Of the record that comes next, from 1.
  std::int64_t line() const { return line_; }

  // Empty for an empty line. Not at the end.
  //   Errors  kInvalidArgument naming the line, not RFC 4180; kResourceExhausted above a limit.
  absl::StatusOr<std::vector<std::string>> NextRecord();

 private:
  bool TakeLineEnd();
  absl::StatusOr<std::string> NextField();
  absl::StatusOr<std::string> PlainField();
  absl::StatusOr<std::string> QuotedField();
  absl::StatusOr<std::string> Finished(std::string field);

  std::string_view text_;
  CsvFormat format_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

}  // namespace proofmark::records
