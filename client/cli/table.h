// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/console.h"

namespace proofmark::client::cli {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
  std::int64_t width_max = 0;  // Longer cells end with an ellipsis; 0 for no limit.
};

struct Cell {
  Cell(std::string_view content, Style cell_style = Style::kPlain)  // NOLINT: rows are literals.
      : text(Printable(content)), style(cell_style) {}
  Cell(const char* content) : Cell(std::string_view(content)) {}         // NOLINT
  Cell(const std::string& content) : Cell(std::string_view(content)) {}  // NOLINT

  std::string text;  // Printable.
  Style style;
};

// Rows under a heading, as wide as their content, blanks at line ends removed.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell for each column.
  void AddRow(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }

  // Every line begins with `indent` blanks. Empty without rows.
  std::string Text(const Console& console, std::int64_t indent = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// "name: value" lines, values aligned.
class Facts {
 public:
  void Add(std::string_view name, std::string_view value, Style style = Style::kPlain);
  std::string Text(const Console& console, std::int64_t indent = 0) const;

 private:
  struct Fact {
    std::string name;
    std::string value;
    Style style;
  };
  std::vector<Fact> facts_;
};

}  // namespace proofmark::client::cli
