// SPDX-License-Identifier: Apache-2.0
#include "client/cli/help.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "absl/strings/str_format.h"

namespace proofmark::client::cli {
namespace {

constexpr std::int64_t kHelpWidth = 90;
constexpr std::int64_t kColumnMax = 30;

struct ExitCode {
  int code;
  std::string_view meaning;
};
constexpr std::array<ExitCode, 15> kExitCodes = {{
    {0, "done, or found"},
    {1, "done; nothing found, or a check that is negative"},
    {2, "usage: the command line, a profile or a manifest is wrong"},
    {3, "refused by policy or by a partner"},
    {4, "not authenticated, or a certificate problem"},
    {5, "network or partner away: trying again makes sense"},
    {6, "damaged or failed verification: trying again never does"},
    {7, "local storage or a missing program"},
    {10, "audit verify: sound, but the latest checkpoint lacks its witnesses"},
    {11, "audit verify: no ledger, or one without entries"},
    {12, "audit verify: something is missing that a signed checkpoint covers"},
    {13, "audit verify: bytes are not those that were logged or signed"},
    {14, "audit verify: the log's key signed two histories"},
    {15, "audit verify: the ledger of another log than the policy names"},
    {130, "interrupted"},
}};

// `text` broken at blanks so that lines end before kHelpWidth, each indented by `indent`.
std::string Wrapped(std::string_view text, std::int64_t indent, std::int64_t column) {
  std::istringstream words{std::string(text)};
  std::string result;
  std::int64_t at = column;
  bool first = true;
  for (std::string word; words >> word;) {
    const std::int64_t width = DisplayWidth(word);
    if (!first && at + 1 + width > kHelpWidth) {
      result += '\n' + std::string(static_cast<std::size_t>(indent), ' ');
      at = indent;
    } else if (!first) {
      result += ' ';
      ++at;
    }
    result += word;
    at += width;
    first = false;
  }
  return result;
}

// Paragraphs are separated by an empty line; lines that begin with a blank stay as they are.
std::string Paragraphs(std::string_view text) {
  std::istringstream lines{std::string(text)};
  std::string result;
  std::string paragraph;
  const auto flush = [&] {
    if (!paragraph.empty()) result += Wrapped(paragraph, 0, 0) + '\n';
    paragraph.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == ' ') {
      flush();
      result += line + '\n';
    } else {
      paragraph += line + ' ';
    }
  }
  flush();
  return result;
}

std::string ValueOf(const Parameter& parameter) {
  if (parameter.kind == ValueKind::kFlag || parameter.kind == ValueKind::kSwitch) return "";
  if (!parameter.value_name.empty()) return parameter.value_name;
  return parameter.kind == ValueKind::kInteger ? "N" : "TEXT";
}

std::string Spelling(const Parameter& option) {
  const std::string name =
      option.kind == ValueKind::kSwitch ? "--[no-]" + option.name.substr(2) : option.name;
  const std::string value = ValueOf(option);
  return value.empty() ? name : name + " " + value;
}

std::string Details(const Parameter& parameter) {
  std::string text = parameter.help;
  if (!parameter.choices.empty()) {
    text += " One of:";
    for (const std::string& choice : parameter.choices) text += " " + choice;
    text += ".";
  }
  if (parameter.kind == ValueKind::kInteger && parameter.min != INT64_MIN) {
    text += absl::StrFormat(" %d..%d.", parameter.min, parameter.max);
  }
  if (parameter.repeated) text += " May be repeated.";
  if (parameter.required && parameter.name[0] == '-') text += " Required.";
  if (!parameter.fallback.empty() && parameter.kind != ValueKind::kFlag &&
      parameter.kind != ValueKind::kSwitch) {
    text += " Default: " + parameter.fallback + ".";
  }
  return text;
}

std::string Row(const std::string& left, std::string_view right, std::int64_t column) {
  std::string row = "  " + left;
  std::int64_t at = DisplayWidth(row);
  if (at + 2 > column) {
    row += '\n';
    at = 0;
  }
  row += std::string(static_cast<std::size_t>(column - at), ' ');
  return row + Wrapped(right, column, column) + '\n';
}

std::int64_t ColumnFor(const std::vector<std::string>& lefts) {
  std::int64_t widest = 0;
  for (const std::string& left : lefts) widest = std::max(widest, DisplayWidth(left));
  return std::min(widest + 4, kColumnMax);
}

std::string Section(const Console& console, std::string_view title,
                    const std::vector<std::pair<std::string, std::string>>& rows) {
  if (rows.empty()) return "";
  std::vector<std::string> lefts;
  for (const auto& [left, right] : rows) lefts.push_back(left);
  const std::int64_t column = ColumnFor(lefts);
  std::string text = '\n' + console.ForOut(Style::kBold, title) + '\n';
  for (const auto& [left, right] : rows) text += Row(left, right, column);
  return text;
}

std::string PlaceSpelling(const Parameter& place) {
  std::string text = place.name;
  if (place.repeated) text += "...";
  return place.required ? text : "[" + text + "]";
}

std::string Usage(const Command& command, const std::vector<std::string>& path) {
  std::string usage = "proofmark";
  for (const std::string& word : path) usage += " " + word;
  if (!command.children.empty()) return usage + " COMMAND";
  for (const Parameter& option : command.options) {
    if (option.required) usage += " " + Spelling(option);
  }
  if (!command.options.empty()) usage += " [OPTIONS]";
  for (const Parameter& place : command.places) usage += " " + PlaceSpelling(place);
  return usage;
}

using Rows = std::vector<std::pair<std::string, std::string>>;

Rows RowsOf(const std::vector<Parameter>& parameters, bool options) {
  Rows rows;
  for (const Parameter& parameter : parameters) {
    rows.emplace_back(options ? Spelling(parameter) : PlaceSpelling(parameter), Details(parameter));
  }
  return rows;
}

void AppendManual(const Console& console, const Command& command, std::vector<std::string>& path,
                  std::string& text) {
  if (!path.empty()) {
    text += "\n## proofmark";
    for (const std::string& word : path) text += " " + word;
    text += "\n\n```\n" + HelpText(console, command, path) + "```\n";
  }
  for (const Command& child : command.children) {
    path.push_back(child.name);
    AppendManual(console, child, path, text);
    path.pop_back();
  }
}

}  // namespace

std::string HelpText(const Console& console, const Command& command,
                     const std::vector<std::string>& path) {
  std::string text = command.summary + "\n\n" + console.ForOut(Style::kBold, "Usage:") + " " +
                     Usage(command, path) + '\n';
  if (!command.description.empty()) text += '\n' + Paragraphs(command.description);
  Rows children;
  for (const Command& child : command.children) children.emplace_back(child.name, child.summary);
  text += Section(console, "Commands:", children);
  text += Section(console, "Arguments:", RowsOf(command.places, false));
  Rows options = RowsOf(command.options, true);
  options.emplace_back("--help", "Show this help.");
  text += Section(console, "Options:", options);
  if (!command.examples.empty()) {
    text += '\n' + console.ForOut(Style::kBold, "Examples:") + '\n';
    for (const Example& example : command.examples) {
      text += "  " + example.line + '\n' + "      " + Wrapped(example.meaning, 6, 6) + '\n';
    }
  }
  return text;
}

std::string ExitCodesText() {
  std::string text = "How proofmark ends:\n\n";
  for (const ExitCode& row : kExitCodes)
    text += absl::StrFormat("%5d  %s\n", row.code, row.meaning);
  text +=
      "\nThe first digit of an error code is the exit code: PM-4002 ends with 4. PM-8001 ends "
      "with 130.\n`proofmark pki due` is made for timers and differs: 0 due, 1 not due, 255 "
      "fault.\n";
  return text;
}

std::string FaultText(const Console& console, const Fault& fault) {
  std::string text = console.ForOut(Style::kBold, FaultName(fault.code)) + "  " +
                     std::string(fault.title) + "\n\n";
  text += Wrapped(fault.meaning, 0, 0) + "\n\n";
  text += console.ForOut(Style::kBold, "What to do:") + " " + Wrapped(fault.remedy, 0, 12) + '\n';
  text += absl::StrFormat("%s %d\n", console.ForOut(Style::kBold, "Exit code:"),
                          ExitCodeOf(fault.code));
  return text;
}

std::string FailureText(const Console& console, const absl::Status& status) {
  const Fault& fault = FindFault(FaultOf(status));
  const std::string name = FaultName(fault.code);
  const std::string message =
      Printable(std::string_view(status.message().data(), status.message().size()));
  return absl::StrFormat("proofmark: %s %s\n  %s\n  next: %s\n  more: proofmark explain %s\n",
                         console.ForErr(Style::kBad, name + ":"), fault.title,
                         message.empty() ? "-" : message, Wrapped(fault.remedy, 8, 8), name);
}

std::string ManualText(const Command& root) {
  std::ostringstream nowhere;
  const Console plain(nowhere, nowhere, {});
  std::string text =
      "# Commands of `proofmark`\n\n"
      "Written by `proofmark help --manual`; a test compares. Manners common to all commands are "
      "in [README.md](README.md).\n\n```\n" +
      HelpText(plain, root, {}) + "```\n";
  std::vector<std::string> path;
  AppendManual(plain, root, path, text);
  text += "\n## Exit codes\n\n```\n" + ExitCodesText() + "```\n\n## Error codes\n";
  for (const Fault& fault : Faults()) {
    text += absl::StrFormat("\n### %s %s\n\n%s\n\n*What to do:* %s\n", FaultName(fault.code),
                            fault.title, fault.meaning, fault.remedy);
  }
  return text;
}

}  // namespace proofmark::client::cli
