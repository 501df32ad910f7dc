// SPDX-License-Identifier: Apache-2.0
#include "client/cli/table.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace proofmark::client::cli {
namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
constexpr std::string_view kGap = "  ";

std::string Blanks(std::int64_t count) {
  return std::string(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)), ' ');
}

// `text` cut to `width_max` columns, the last an ellipsis.
std::string Cut(const std::string& text, std::int64_t width_max) {
  if (width_max <= 0 || DisplayWidth(text) <= width_max) return text;
  std::string cut;
  std::int64_t width = 0;
  for (const char c : text) {
    const bool starts = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (starts && ++width == width_max) break;
    cut += c;
  }
  return cut + std::string(kEllipsis);
}

void TrimRight(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace

void Table::AddRow(std::vector<Cell> row) {
  PM_CHECK(row.size() == columns_.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i].text = Cut(row[i].text, columns_[i].width_max);
  }
  rows_.push_back(std::move(row));
}

std::string Table::Text(const Console& console, std::int64_t indent) const {
  if (rows_.empty()) return "";
  std::vector<std::int64_t> widths;
  for (const Column& column : columns_) widths.push_back(DisplayWidth(column.title));
  for (const std::vector<Cell>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i].text));
    }
  }
  const auto line = [&](const auto& text_of, const auto& style_of) {
    std::string result = Blanks(indent);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& text = text_of(i);
      const std::string pad = Blanks(widths[i] - DisplayWidth(text));
      if (i > 0) result += kGap;
      if (columns_[i].align == Align::kRight) result += pad;
      result += text.empty() ? "" : console.ForOut(style_of(i), text);
      if (columns_[i].align == Align::kLeft) result += pad;
    }
    TrimRight(result);
    return result + '\n';
  };
  std::string text = line([this](std::size_t i) -> const std::string& { return columns_[i].title; },
                          [](std::size_t) { return Style::kBold; });
  for (const std::vector<Cell>& row : rows_) {
    text += line([&row](std::size_t i) -> const std::string& { return row[i].text; },
                 [&row](std::size_t i) { return row[i].style; });
  }
  return text;
}

void Facts::Add(std::string_view name, std::string_view value, Style style) {
  facts_.push_back({std::string(name), Printable(value), style});
}

std::string Facts::Text(const Console& console, std::int64_t indent) const {
  std::int64_t widest = 0;
  for (const Fact& fact : facts_) widest = std::max(widest, DisplayWidth(fact.name));
  std::string text;
  for (const Fact& fact : facts_) {
    std::string line = Blanks(indent) + fact.name + ":" +
                       Blanks(widest - DisplayWidth(fact.name) + 1) +
                       (fact.value.empty() ? "" : console.ForOut(fact.style, fact.value));
    TrimRight(line);
    text += line + '\n';
  }
  return text;
}

}  // namespace proofmark::client::cli
