// SPDX-License-Identifier: Apache-2.0
#include "client/cli/command_line.h"

#include <set>
#include <string>
#include <vector>

#include "client/fault.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client::cli {
namespace {

using ::proofmark::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::StatusOr<int> Nothing(const Arguments&, Session&) { return 0; }

// One command with one option of each kind.
Command Tree() {
  Command leaf{
      .name = "leaf",
      .summary = "A leaf.",
      .options = {{.name = "--flag", .help = "", .kind = ValueKind::kFlag},
                  {.name = "--local", .help = "", .kind = ValueKind::kSwitch, .fallback = "true"},
                  {.name = "--count",
                   .help = "",
                   .kind = ValueKind::kInteger,
                   .fallback = "7",
                   .min = 1,
                   .max = 10},
                  {.name = "--time",
                   .help = "",
                   .kind = ValueKind::kDuration,
                   .min = 1'000,
                   .max = 60'000},
                  {.name = "--share", .help = "", .kind = ValueKind::kNumber, .min = 0, .max = 1},
                  {.name = "--choice", .help = "", .choices = {"a", "b"}},
                  {.name = "--many", .help = "", .repeated = true},
                  {.name = "--must", .help = "", .required = true}},
      .places = {{.name = "FILE", .help = "", .repeated = true}},
      .run = Nothing};
  return {.name = "root",
          .summary = "Root.",
          .children = {{.name = "branch", .summary = "A branch.", .children = {leaf}}}};
}

class CommandLineTest : public ::testing::Test {
 protected:
  absl::StatusOr<ParsedLine> Parse(std::vector<std::string> words) {
    words.insert(words.begin(), {"branch", "leaf", "--must", "x"});
    return ParseLine(tree_, words);
  }
  std::string UsageFault(const std::vector<std::string>& words) {
    const absl::StatusOr<ParsedLine> line = Parse(words);
    EXPECT_FALSE(line.ok());
    if (line.ok()) return "";
    EXPECT_EQ(FaultOf(line.status()), FaultCode::kUsage);
    return std::string(line.status().message());
  }

  const Command tree_ = Tree();
};

TEST_F(CommandLineTest, FindsTheCommandAndItsPath) {
  const absl::StatusOr<ParsedLine> line = Parse({});

  ASSERT_THAT(line, IsOk());
  EXPECT_EQ(line->command->name, "leaf");
  EXPECT_THAT(line->path, ElementsAre("branch", "leaf"));
}

TEST_F(CommandLineTest, AnOptionNotGivenHasItsFallback) {
  const absl::StatusOr<ParsedLine> line = Parse({});

  ASSERT_THAT(line, IsOk());
  EXPECT_EQ(line->arguments.Integer("--count"), 7);
  EXPECT_TRUE(line->arguments.On("--local"));
  EXPECT_FALSE(line->arguments.On("--flag"));
  EXPECT_FALSE(line->arguments.Has("--time"));
  EXPECT_EQ(line->arguments.Text("--choice"), "");
  EXPECT_THAT(line->arguments.All("FILE"), IsEmpty());
}

TEST_F(CommandLineTest, ReadsEveryKind) {
  const absl::StatusOr<ParsedLine> line =
      Parse({"--flag", "--no-local", "--count", "3", "--time=2s", "--share", "0.25", "--choice",
             "b", "--many", "1", "first", "--many", "2", "second"});

  ASSERT_THAT(line, IsOk());
  const Arguments& arguments = line->arguments;
  EXPECT_TRUE(arguments.On("--flag"));
  EXPECT_FALSE(arguments.On("--local"));
  EXPECT_EQ(arguments.Integer("--count"), 3);
  EXPECT_EQ(arguments.Duration("--time"), std::chrono::milliseconds(2'000));
  EXPECT_DOUBLE_EQ(arguments.Number("--share"), 0.25);
  EXPECT_EQ(arguments.Text("--choice"), "b");
  EXPECT_THAT(arguments.All("--many"), ElementsAre("1", "2"));
  EXPECT_THAT(arguments.All("FILE"), ElementsAre("first", "second"));
}

TEST_F(CommandLineTest, BehindTwoHyphensNothingIsAnOption) {
  const absl::StatusOr<ParsedLine> line = Parse({"--", "--help", "-x"});

  ASSERT_THAT(line, IsOk());
  EXPECT_FALSE(line->help);
  EXPECT_THAT(line->arguments.All("FILE"), ElementsAre("--help", "-x"));
}

TEST_F(CommandLineTest, NegativeNumbersReachTheirBounds) {
  EXPECT_THAT(UsageFault({"--count=-1"}), HasSubstr("1..10"));
}

TEST_F(CommandLineTest, ValuesOutsideTheirRangeAreNamed) {
  EXPECT_THAT(UsageFault({"--count", "0"}), HasSubstr("--count"));
  EXPECT_THAT(UsageFault({"--count", "11"}), HasSubstr("1..10"));
  EXPECT_THAT(UsageFault({"--count", "3x"}), HasSubstr("3x"));
  EXPECT_THAT(UsageFault({"--count", "99999999999999999999"}), HasSubstr("--count"));
  EXPECT_THAT(UsageFault({"--time", "999ms"}), HasSubstr("--time"));
  EXPECT_THAT(UsageFault({"--time", "2"}), HasSubstr("duration"));
  EXPECT_THAT(UsageFault({"--share", "1.5"}), HasSubstr("0..1"));
  EXPECT_THAT(UsageFault({"--share", "nan"}), HasSubstr("--share"));
  EXPECT_THAT(UsageFault({"--choice", "c"}), HasSubstr("a b"));
  EXPECT_THAT(UsageFault({"--must="}), HasSubstr("--must"));
}

TEST_F(CommandLineTest, UnknownAndDoubledOptionsAreRefused) {
  UsageFault({"--unknown"});
  UsageFault({"--count", "1", "--count", "2"});
  UsageFault({"--count"});
}

TEST_F(CommandLineTest, WhatIsRequiredIsNamed) {
  const absl::StatusOr<ParsedLine> line = ParseLine(tree_, {"branch", "leaf"});

  ASSERT_FALSE(line.ok());
  EXPECT_THAT(std::string(line.status().message()), HasSubstr("--must"));
}

TEST_F(CommandLineTest, HelpNeedsNothingElse) {
  const absl::StatusOr<ParsedLine> line = ParseLine(tree_, {"branch", "leaf", "--bad", "--help"});

  ASSERT_THAT(line, IsOk());
  EXPECT_TRUE(line->help);
}

TEST_F(CommandLineTest, AnUnknownCommandGetsASuggestion) {
  const absl::StatusOr<ParsedLine> line = ParseLine(tree_, {"brunch"});

  ASSERT_FALSE(line.ok());
  EXPECT_THAT(std::string(line.status().message()), HasSubstr("did you mean `branch`"));
}

TEST(DurationTest, UnitsMeanWhatTheySay) {
  EXPECT_EQ(ParseDurationMs("500ms"), 500);
  EXPECT_EQ(ParseDurationMs("30s"), 30'000);
  EXPECT_EQ(ParseDurationMs("2m"), 120'000);
  EXPECT_EQ(ParseDurationMs("1h"), 3'600'000);
  EXPECT_EQ(ParseDurationMs("7d"), 604'800'000);
}

TEST(DurationTest, AnythingElseIsNone) {
  for (const char* text : {"", "s", "5", "-5s", "5 s", "5sec", "1.5s", "99999999999999999d"}) {
    EXPECT_EQ(ParseDurationMs(text), std::nullopt) << text;
  }
}

// What the rest of the tool relies on, checked for the real tree.
void CheckCommand(const Command& command, const std::string& path) {
  SCOPED_TRACE(path);
  EXPECT_FALSE(command.summary.empty());
  EXPECT_TRUE(command.summary.ends_with('.'));
  EXPECT_FALSE(command.examples.empty());
  for (const Example& example : command.examples) {
    EXPECT_THAT(example.line, HasSubstr("proofmark "));
    EXPECT_FALSE(example.meaning.empty());
  }
  EXPECT_EQ(command.children.empty(), command.run != nullptr);
  std::set<std::string> names;
  for (const Parameter& option : command.options) {
    EXPECT_TRUE(option.name.starts_with("--"));
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_TRUE(option.help.ends_with('.')) << option.name;
  }
  for (std::size_t i = 0; i < command.places.size(); ++i) {
    EXPECT_TRUE(!command.places[i].repeated || i + 1 == command.places.size());
  }
  for (const Command& child : command.children) CheckCommand(child, path + " " + child.name);
}

TEST(CommandTreeTest, EveryCommandIsCompleteAndHasAnExample) {
  CheckCommand(CommandTree(), "proofmark");
}

// An example that does not parse would be worse than none.
TEST(CommandTreeTest, EveryExampleParses) {
  std::vector<const Command*> open = {&CommandTree()};
  int parsed = 0;
  while (!open.empty()) {
    const Command* command = open.back();
    open.pop_back();
    for (const Command& child : command->children) open.push_back(&child);
    for (const Example& example : command->examples) {
      // Only the words up to a shell operator; quotes as in '...'.
      std::vector<std::string> words;
      std::string word;
      bool quoted = false;
      bool ended = false;
      for (const char c : example.line + " ") {
        if (c == '\'') {
          quoted = !quoted;
        } else if (c == ' ' && !quoted) {
          if (word == "|" || word == ">" || word == "&&") ended = true;
          if (!word.empty() && !ended) words.push_back(word);
          word.clear();
        } else {
          word += c;
        }
      }
      if (words.empty() || words[0] != "proofmark") continue;  // "source <(proofmark ...)".
      words.erase(words.begin());
      EXPECT_THAT(ParseLine(CommandTree(), words), IsOk()) << example.line;
      ++parsed;
    }
  }
  EXPECT_GE(parsed, 30);
}

}  // namespace
}  // namespace proofmark::client::cli
