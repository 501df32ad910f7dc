// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/console.h"

namespace proofmark::client::cli {

// What may stand behind an option or in a place of its own.
enum class ValueKind {
  kFlag,    // Nothing.
  kSwitch,  // Nothing; "--no-NAME" turns it off again.
  kText,
  kInteger,   // min..max.
  kNumber,    // min..max, with a fraction.
  kDuration,  // "500ms", "30s", "2m", "1h", "7d"; min..max in milliseconds.
  kFile,      // A path; completion offers files.
  kFolder,    // A path; completion offers folders.
};

// One option ("--purpose") or one argument in a place of its own ("EXHIBIT").
struct Parameter {
  std::string name = {};  // "--purpose"; upper case without hyphens for a place.
  std::string help = {};  // One sentence.
  ValueKind kind = ValueKind::kText;
  std::string value_name = {};  // "CODE", for the help.
  std::string fallback = {};    // What holds when it is not given, as text; empty for none.
  std::vector<std::string> choices = {};  // The only values allowed; empty for any.
  std::int64_t min = INT64_MIN;
  std::int64_t max = INT64_MAX;
  bool required = false;
  bool repeated = false;  // May be given several times.
};

struct Example {
  std::string line;  // Begins with "proofmark ".
  std::string meaning;
};

class Arguments;
struct Session;

// One node of the command tree. Help, parsing, completion and the manual are made from it.
struct Command {
  std::string name = {};         // "issue-role".
  std::string summary = {};      // One line.
  std::string description = {};  // Paragraphs for the help.
  std::vector<Parameter> options = {};
  std::vector<Parameter> places = {};  // Of these, only the last may be repeated.
  std::vector<Example> examples = {};
  std::vector<Command> children = {};  // With children there are no places.
  // Does it and returns the exit code; a failed status is reported with its fault's code.
  absl::StatusOr<int> (*run)(const Arguments& arguments, Session& session) = nullptr;
};

// What the user gave, checked against the command's parameters.
class Arguments {
 public:
  bool Has(std::string_view name) const;
  // The value given, else the parameter's fallback, else "".
  std::string Text(std::string_view name) const;
  // All values of a repeated parameter, in the order given.
  std::vector<std::string> All(std::string_view name) const;
  std::int64_t Integer(std::string_view name) const;
  double Number(std::string_view name) const;
  std::chrono::milliseconds Duration(std::string_view name) const;
  // A flag that was given, a switch that is on.
  bool On(std::string_view name) const;

  void Set(std::string name, std::vector<std::string> values);

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// Everything a command may need besides its arguments. Used by one thread.
struct Session {
  Console& console;
  const Command& root;
};

// The whole command tree.
const Command& CommandTree();

// The command named by `words`, or nullptr.
const Command* FindCommand(const Command& root, const std::vector<std::string>& words);

// Milliseconds of "500ms", "30s", "2m", "1h", "7d"; nullopt for anything else.
std::optional<std::int64_t> ParseDurationMs(std::string_view text);

}  // namespace proofmark::client::cli
