// SPDX-License-Identifier: Apache-2.0
#include "client/cli/command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"

namespace proofmark::client::cli {
namespace {

// One parameter, what CLI11 found for it, and where it puts that. Never moved once bound.
struct Binding {
  const Parameter* parameter;
  CLI::Option* option = nullptr;
  std::vector<std::string> values = {};
};

absl::Status Usage(std::string_view what) { return MakeFault(FaultCode::kUsage, what); }

// Steps down the tree along the leading words that name commands.
const Command* Descend(const Command& root, const std::vector<std::string>& words,
                       std::vector<std::string>& path) {
  const Command* here = &root;
  for (const std::string& word : words) {
    const auto child = std::ranges::find(here->children, word, &Command::name);
    if (child == here->children.end()) break;
    here = &*child;
    path.push_back(word);
  }
  return here;
}

// The command that the user may have meant: the one with the longest common beginning.
std::string Suggestion(const Command& command, const std::string& word) {
  std::string best;
  std::size_t best_length = 0;
  for (const Command& child : command.children) {
    const auto [a, b] = std::ranges::mismatch(child.name, word);
    const auto length = static_cast<std::size_t>(a - child.name.begin());
    if (length > best_length) {
      best_length = length;
      best = child.name;
    }
  }
  return best.empty() ? "" : absl::StrFormat("; did you mean `%s`?", best);
}

absl::Status CheckInteger(const Parameter& parameter, const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Usage(absl::StrFormat("%s: \"%s\" is no whole number", parameter.name, text));
  }
  if (value < parameter.min || value > parameter.max) {
    return Usage(absl::StrFormat("%s: %d is outside %d..%d", parameter.name, value, parameter.min,
                                 parameter.max));
  }
  return absl::OkStatus();
}

absl::Status CheckNumber(const Parameter& parameter, const std::string& text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value) ||
      value < static_cast<double>(parameter.min) || value > static_cast<double>(parameter.max)) {
    return Usage(absl::StrFormat("%s: \"%s\" is no number in %d..%d", parameter.name, text,
                                 parameter.min, parameter.max));
  }
  return absl::OkStatus();
}

absl::Status CheckDuration(const Parameter& parameter, const std::string& text) {
  const std::optional<std::int64_t> ms = ParseDurationMs(text);
  if (!ms.has_value()) {
    return Usage(absl::StrFormat("%s: \"%s\" is no duration; write 500ms, 30s, 2m, 1h or 7d",
                                 parameter.name, text));
  }
  if (*ms < parameter.min || *ms > parameter.max) {
    return Usage(absl::StrFormat("%s: %s is outside %d..%d ms", parameter.name, text, parameter.min,
                                 parameter.max));
  }
  return absl::OkStatus();
}

absl::Status CheckValue(const Parameter& parameter, const std::string& text) {
  if (!parameter.choices.empty() &&
      std::ranges::find(parameter.choices, text) == parameter.choices.end()) {
    std::string choices;
    for (const std::string& choice : parameter.choices) choices += " " + choice;
    return Usage(absl::StrFormat("%s: \"%s\" is none of:%s", parameter.name, text, choices));
  }
  switch (parameter.kind) {
    case ValueKind::kInteger:
      return CheckInteger(parameter, text);
    case ValueKind::kNumber:
      return CheckNumber(parameter, text);
    case ValueKind::kDuration:
      return CheckDuration(parameter, text);
    case ValueKind::kFlag:
    case ValueKind::kSwitch:
      return absl::OkStatus();
    case ValueKind::kText:
    case ValueKind::kFile:
    case ValueKind::kFolder:
      if (text.empty()) return Usage(absl::StrFormat("%s must not be empty", parameter.name));
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

void Bind(CLI::App& app, Binding& binding) {
  const Parameter& parameter = *binding.parameter;
  if (parameter.kind == ValueKind::kFlag || parameter.kind == ValueKind::kSwitch) {
    const std::string opposite =
        parameter.kind == ValueKind::kSwitch ? ",!--no-" + parameter.name.substr(2) : "";
    binding.option = app.add_flag(parameter.name + opposite);
    binding.option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    return;
  }
  binding.option = app.add_option(parameter.name, binding.values);
  binding.option->expected(1)->allow_extra_args(false);
  binding.option->multi_option_policy(parameter.repeated ? CLI::MultiOptionPolicy::TakeAll
                                                         : CLI::MultiOptionPolicy::Throw);
}

absl::Status Collect(const Parameter& parameter, std::vector<std::string> values,
                     Arguments& arguments) {
  if (values.empty()) {
    if (parameter.required) return Usage(absl::StrFormat("%s is missing", parameter.name));
    if (!parameter.fallback.empty()) arguments.Set(parameter.name, {parameter.fallback});
    return absl::OkStatus();
  }
  for (const std::string& value : values) PM_RETURN_IF_ERROR(CheckValue(parameter, value));
  arguments.Set(parameter.name, std::move(values));
  return absl::OkStatus();
}

// Gives each place its word; a repeated one, always the last, takes all that are left.
absl::Status CollectPlaces(const std::vector<Parameter>& places, std::vector<std::string> words,
                           Arguments& arguments) {
  for (const Parameter& place : places) {
    const std::size_t count =
        place.repeated ? words.size() : std::min<std::size_t>(words.size(), 1);
    const auto end = words.begin() + static_cast<std::ptrdiff_t>(count);
    PM_RETURN_IF_ERROR(Collect(place, {words.begin(), end}, arguments));
    words.erase(words.begin(), end);
  }
  if (!words.empty()) return Usage(absl::StrFormat("\"%s\" is one word too many", words[0]));
  return absl::OkStatus();
}

// Reads the options among `words` and returns the other words.
absl::StatusOr<std::vector<std::string>> CollectOptions(const std::vector<Parameter>& options,
                                                        std::vector<std::string> words,
                                                        Arguments& arguments) {
  CLI::App app;
  app.set_help_flag();  // Ours shows examples.
  app.allow_extras();
  std::deque<Binding> bindings;  // Its elements stay where they are.
  for (const Parameter& option : options) {
    Bind(app, bindings.emplace_back(Binding{.parameter = &option}));
  }
  try {
    std::ranges::reverse(words);  // CLI11 takes the words from the back.
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return Usage(error.what());
  }
  for (const Binding& binding : bindings) {
    PM_RETURN_IF_ERROR(Collect(*binding.parameter, binding.option->results(), arguments));
  }
  std::vector<std::string> others = app.remaining();
  for (const std::string& word : others) {
    if (word.size() > 1 && word[0] == '-') {
      return Usage(absl::StrFormat("there is no option `%s`", word));
    }
  }
  return others;
}

}  // namespace

absl::StatusOr<ParsedLine> ParseLine(const Command& root, const std::vector<std::string>& words) {
  ParsedLine line;
  line.command = Descend(root, words, line.path);
  const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(line.path.size()),
                                      words.end());
  const auto end = std::ranges::find(rest, "--");
  line.help =
      std::find(rest.begin(), end, "--help") != end || std::find(rest.begin(), end, "-h") != end;
  if (line.help) return line;
  if (!line.command->children.empty() && !rest.empty() && rest[0][0] != '-') {
    return Usage(
        absl::StrFormat("there is no command `%s`%s", rest[0], Suggestion(*line.command, rest[0])));
  }
  PM_ASSIGN_OR_RETURN(std::vector<std::string> words_in_place,
                      CollectOptions(line.command->options, {rest.begin(), end}, line.arguments));
  if (end != rest.end()) words_in_place.insert(words_in_place.end(), end + 1, rest.end());
  PM_RETURN_IF_ERROR(
      CollectPlaces(line.command->places, std::move(words_in_place), line.arguments));
  return line;
}

}  // namespace proofmark::client::cli
