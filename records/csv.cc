// SPDX-License-Identifier: Apache-2.0
#include "records/csv.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace proofmark::records {
namespace {

absl::Status Refuse(std::int64_t line, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("line %d: %s", line, why));
}

}  // namespace

CsvReader::CsvReader(std::string_view text, CsvFormat format) : text_(text), format_(format) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
}

absl::StatusOr<std::vector<std::string>> CsvReader::NextRecord() {
  std::vector<std::string> fields;
  if (TakeLineEnd()) return fields;
  while (true) {
    if (static_cast<std::int64_t>(fields.size()) == format_.columns_max) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("line %d: more than %d columns", line_, format_.columns_max));
    }
    PM_ASSIGN_OR_RETURN(std::string field, NextField());
    fields.push_back(std::move(field));
    if (AtEnd() || TakeLineEnd()) return fields;
    ++at_;  // NextField stopped at a separator.
  }
}

bool CsvReader::TakeLineEnd() {
  if (AtEnd()) return false;
  const std::size_t bytes = text_[at_] == '\n' ? 1 : text_.substr(at_, 2) == "\r\n" ? 2 : 0;
  at_ += bytes;
  line_ += bytes > 0 ? 1 : 0;
  return bytes > 0;
}

absl::StatusOr<std::string> CsvReader::NextField() {
  return !AtEnd() && text_[at_] == '"' ? QuotedField() : PlainField();
}

absl::StatusOr<std::string> CsvReader::PlainField() {
  const char ends[] = {format_.separator, '\n', '\r', '"'};
  const std::size_t end =
      std::min(text_.find_first_of(std::string_view(ends, sizeof(ends)), at_), text_.size());
  std::string field(text_.substr(at_, end - at_));
  at_ = end;
  if (!AtEnd() && text_[at_] == '"') {
    return Refuse(line_, "a quotation mark inside a field that does not begin with one");
  }
  return Finished(std::move(field));
}

absl::StatusOr<std::string> CsvReader::QuotedField() {
  std::string field;
  const std::int64_t first_line = line_;
  ++at_;
  while (true) {
    const std::size_t quote = text_.find('"', at_);
    if (quote == std::string_view::npos) {
      return Refuse(first_line, "a quotation mark is never closed");
    }
    const std::string_view part = text_.substr(at_, quote - at_);
    line_ += std::count(part.begin(), part.end(), '\n');
    field += part;
    at_ = quote + 1;
    if (AtEnd() || text_[at_] != '"') return Finished(std::move(field));
    field += '"';  // Doubled: one of them belongs to the field.
    ++at_;
  }
}

// `field`, if a separator, a line end or the end of the text follows it.
absl::StatusOr<std::string> CsvReader::Finished(std::string field) {
  if (static_cast<std::int64_t>(field.size()) > format_.field_bytes_max) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "line %d: a field of %d bytes, at most %d", line_, field.size(), format_.field_bytes_max));
  }
  if (!AtEnd() && text_[at_] != format_.separator && text_[at_] != '\n' &&
      text_.substr(at_, 2) != "\r\n") {
    return Refuse(line_, text_[at_] == '\r' ? "a carriage return without a line feed"
                                            : "text after a closing quotation mark");
  }
  return field;
}

}  // namespace proofmark::records
