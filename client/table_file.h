// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "records/csv.h"
#include "records/firearm/import.h"

namespace proofmark::client {

inline constexpr std::size_t kTableRowBytesMax = std::size_t{1} << 20;

// A table of rows in a file, read row by row: the file may be of any size, and no more than two
// rows of it are in memory. By the file's first sign that is no white space:
//   [ or {  JSON: an array of objects, or objects one after another; each is flat (text, number,
//           true, false, null). Columns are all names that occur; row n is the n-th object.
//   other   CSV (records/csv.h) in UTF-8; the first row names the columns; rows go by their line.
// Not thread-safe.
class TableFile {
 public:
  //   kCannotRead (fault)        absent, no regular file, unreadable.
  //   kRefusedArgument (fault)   another encoding than UTF-8, no head, too many columns, or JSON
  //                              that is none.
  static absl::StatusOr<std::unique_ptr<TableFile>> Open(const std::filesystem::path& path,
                                                         const firearm::ImportMapping& mapping);

  const std::vector<std::string>& columns() const { return columns_; }

  struct Row {
    firearm::ImportRow row;
    std::optional<firearm::ImportError>
        error;  // The row cannot be taken apart; go on with the next.
  };
  // The next row, nullopt after the last.
  //   kRefusedArgument (fault)  the rest of the file cannot be read: a row above
  //                             kTableRowBytesMax, a quote or a bracket that is never closed.
  absl::StatusOr<std::optional<Row>> Next();

  std::int64_t bytes_done() const { return bytes_done_; }
  std::int64_t bytes_total() const { return bytes_total_; }

 private:
  TableFile(std::filesystem::path path, std::ifstream file, std::int64_t bytes_total)
      : path_(std::move(path)), file_(std::move(file)), bytes_total_(bytes_total) {}

  absl::Status ReadHead(const firearm::ImportMapping& mapping);
  absl::Status CollectNames();
  void Rewind();
  // One more block into buffer_; false at the end of the file.
  bool Fill();
  absl::Status Refuse(std::string_view why) const;
  // Text of the next CSV row with its line end, empty at the end; `line` is its first one's.
  absl::StatusOr<std::string> NextLine(std::int64_t& line);
  // Text of the next object, empty at the end.
  absl::StatusOr<std::string> NextObject();

  const std::filesystem::path path_;
  std::ifstream file_;
  const std::int64_t bytes_total_;
  bool json_ = false;
  records::CsvFormat format_;
  std::vector<std::string> columns_;
  std::string buffer_;
  std::size_t at_ = 0;  // In buffer_: what is before it was taken.
  std::int64_t bytes_done_ = 0;
  std::int64_t next_line_ = 1;
  std::int64_t objects_ = 0;
};

}  // namespace proofmark::client
