// SPDX-License-Identifier: Apache-2.0
#include "client/table_file.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"
#include "nlohmann/json.hpp"
#include "records/text.h"

namespace proofmark::client {
namespace {

constexpr std::size_t kBlockBytes = 256 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr double kWholeMax = 9'007'199'254'740'992.0;  // 2^53: above it digits are lost.

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// What a value of JSON says in a cell; nullopt for what is no cell.
std::optional<std::string> CellOf(const nlohmann::json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float() && std::abs(value.get<double>()) >= kWholeMax) return std::nullopt;
  if (value.is_number()) return value.dump();
  return std::nullopt;
}

nlohmann::json ParseObject(const std::string& text) {
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

absl::Status TableFile::Refuse(std::string_view why) const {
  return MakeFault(FaultCode::kRefusedArgument, absl::StrFormat("%s: %s", path_.string(), why));
}

absl::StatusOr<std::unique_ptr<TableFile>> TableFile::Open(const std::filesystem::path& path,
                                                           const firearm::ImportMapping& mapping) {
  std::error_code error;
  const bool regular = std::filesystem::is_regular_file(path, error);
  std::ifstream file(path, std::ios::binary);
  if (!regular || !file) {
    return MakeFault(FaultCode::kCannotRead,
                     absl::StrFormat("%s: absent, no regular file, or unreadable", path.string()));
  }
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(path, error));
  std::unique_ptr<TableFile> table(new TableFile(path, std::move(file), bytes));
  PM_RETURN_IF_ERROR(table->ReadHead(mapping));
  return table;
}

bool TableFile::Fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t had = buffer_.size();
  buffer_.resize(had + kBlockBytes);
  file_.read(buffer_.data() + had, static_cast<std::streamsize>(kBlockBytes));
  buffer_.resize(had + static_cast<std::size_t>(file_.gcount()));
  return buffer_.size() > had;
}

void TableFile::Rewind() {
  file_.clear();
  file_.seekg(0);
  buffer_.clear();
  at_ = 0;
  bytes_done_ = 0;
  next_line_ = 1;
  objects_ = 0;
  Fill();
  if (buffer_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
}

absl::Status TableFile::ReadHead(const firearm::ImportMapping& mapping) {
  Rewind();
  const std::string_view start = std::string_view(buffer_).substr(at_);
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) {
    return Refuse("it is UTF-16; save it as UTF-8");
  }
  const auto first = std::ranges::find_if_not(start, IsSpace);
  if (first == start.end()) return Refuse("it is empty");
  json_ = *first == '[' || *first == '{';
  if (json_) return CollectNames();
  format_ = firearm::ImportCsvFormat(start, mapping);
  std::int64_t line = 0;
  while (columns_.empty()) {
    PM_ASSIGN_OR_RETURN(const std::string head, NextLine(line));
    if (head.empty()) return Refuse("it is empty");
    records::CsvReader reader(head, format_);
    absl::StatusOr<std::vector<std::string>> names = reader.NextRecord();
    if (!names.ok()) return Refuse(std::string(names.status().message()));
    columns_ = *std::move(names);
  }
  return absl::OkStatus();
}

absl::Status TableFile::CollectNames() {
  std::set<std::string> seen;
  for (;;) {
    PM_ASSIGN_OR_RETURN(const std::string text, NextObject());
    if (text.empty()) break;
    const nlohmann::json object = ParseObject(text);
    if (!object.is_object()) continue;  // Told when its row comes.
    for (const auto& item : object.items()) {
      if (seen.insert(item.key()).second) columns_.push_back(item.key());
    }
    if (std::ssize(columns_) > firearm::kImportColumnsMax) {
      return Refuse(absl::StrFormat("more than %d names", firearm::kImportColumnsMax));
    }
  }
  if (columns_.empty()) return Refuse("it has no object with names");
  Rewind();
  return absl::OkStatus();
}

absl::StatusOr<std::string> TableFile::NextLine(std::int64_t& line) {
  bool quoted = false;
  std::int64_t lines = 0;
  std::size_t end = at_;
  for (;; ++end) {
    if (end == buffer_.size()) {
      const std::size_t taken = end - at_;
      if (taken > kTableRowBytesMax) {
        return Refuse(absl::StrFormat("line %d: the row has more than %d bytes; is a quote open?",
                                      next_line_, kTableRowBytesMax));
      }
      const bool more = Fill();
      end = at_ + taken;
      if (!more) break;
    }
    if (buffer_[end] == '"') quoted = !quoted;
    if (buffer_[end] != '\n') continue;
    ++lines;
    if (!quoted) {
      ++end;
      break;
    }
  }
  std::string text = buffer_.substr(at_, end - at_);
  if (quoted) return Refuse(absl::StrFormat("line %d: a quote is never closed", next_line_));
  line = next_line_;
  next_line_ += lines;
  at_ = end;
  bytes_done_ += std::ssize(text);
  return text;
}

absl::StatusOr<std::string> TableFile::NextObject() {
  const auto peek = [this] { return at_ < buffer_.size() || Fill(); };
  while (peek() &&
         (IsSpace(buffer_[at_]) || buffer_[at_] == ',' || (objects_ == 0 && buffer_[at_] == '['))) {
    ++at_;
    ++bytes_done_;
  }
  if (at_ == buffer_.size()) return std::string();
  if (buffer_[at_] == ']') {
    ++at_;
    while (peek() && IsSpace(buffer_[at_])) ++at_;
    if (at_ != buffer_.size()) return Refuse("something stands behind the array");
    bytes_done_ = bytes_total_;
    return std::string();
  }
  ++objects_;
  if (buffer_[at_] != '{') {
    return Refuse(absl::StrFormat("item %d is no object in braces", objects_));
  }
  std::int64_t depth = 0;
  bool quoted = false;
  bool escaped = false;
  std::size_t end = at_;
  for (;; ++end) {
    if (end == buffer_.size()) {
      const std::size_t taken = end - at_;
      const bool more = Fill();
      end = at_ + taken;
      if (!more) return Refuse(absl::StrFormat("object %d is never closed", objects_));
    }
    if (end - at_ > kTableRowBytesMax) {
      return Refuse(
          absl::StrFormat("object %d has more than %d bytes", objects_, kTableRowBytesMax));
    }
    const char c = buffer_[end];
    if (quoted) {
      if (c == '"' && !escaped) quoted = false;
      escaped = c == '\\' && !escaped;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth == 0) {
      ++end;
      break;
    }
  }
  std::string text = buffer_.substr(at_, end - at_);
  at_ = end;
  bytes_done_ += std::ssize(text);
  return text;
}

absl::StatusOr<std::optional<TableFile::Row>> TableFile::Next() {
  Row next;
  const auto wrong = [&next](std::string column, std::string_view why) {
    next.error = firearm::ImportError{
        .row = next.row.number, .column = std::move(column), .message = std::string(why)};
    return next;
  };
  if (json_) {
    PM_ASSIGN_OR_RETURN(const std::string text, NextObject());
    if (text.empty()) return std::nullopt;
    next.row.number = objects_;
    const nlohmann::json object = ParseObject(text);
    if (!object.is_object()) return wrong("", "is no JSON object");
    for (const std::string& column : columns_) {
      const auto value = object.find(column);
      const std::optional<std::string> cell =
          value == object.end() ? std::string() : CellOf(*value);
      if (!cell) {
        return wrong(column, "must be text, a number below 2^53, true, false or null");
      }
      next.row.values.push_back(*cell);
    }
    return next;
  }
  for (;;) {
    PM_ASSIGN_OR_RETURN(const std::string text, NextLine(next.row.number));
    if (text.empty()) return std::nullopt;
    records::CsvReader reader(text, format_);
    absl::StatusOr<std::vector<std::string>> values = reader.NextRecord();
    if (!values.ok()) {
      // The reader counts lines from the row's own first.
      const std::string message(values.status().message());
      std::string_view why = message;
      if (why.starts_with("line ")) why.remove_prefix(std::min(why.find(' ', 5) + 1, why.size()));
      return wrong("", why);
    }
    if (values->empty()) continue;  // An empty line.
    next.row.values = *std::move(values);
    return next;
  }
}

}  // namespace proofmark::client
