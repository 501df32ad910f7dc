// SPDX-License-Identifier: Apache-2.0
#include "client/cli/help.h"

#include <sstream>
#include <string>

#include "client/cli/completion.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/shared_data.h"

namespace proofmark::client::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class HelpTest : public ::testing::Test {
 protected:
  std::ostringstream out_;
  std::ostringstream err_;
  Console plain_{out_, err_, {}};
};

TEST_F(HelpTest, ExitCodesAreThoseOfTheContract) {
  EXPECT_EQ(ExitCodesText(),
            "How proofmark ends:\n"
            "\n"
            "    0  done, or found\n"
            "    1  done; nothing found, or a check that is negative\n"
            "    2  usage: the command line, a profile or a manifest is wrong\n"
            "    3  refused by policy or by a partner\n"
            "    4  not authenticated, or a certificate problem\n"
            "    5  network or partner away: trying again makes sense\n"
            "    6  damaged or failed verification: trying again never does\n"
            "    7  local storage or a missing program\n"
            "   10  audit verify: sound, but the latest checkpoint lacks its witnesses\n"
            "   11  audit verify: no ledger, or one without entries\n"
            "   12  audit verify: something is missing that a signed checkpoint covers\n"
            "   13  audit verify: bytes are not those that were logged or signed\n"
            "   14  audit verify: the log's key signed two histories\n"
            "   15  audit verify: the ledger of another log than the policy names\n"
            "  130  interrupted\n"
            "\n"
            "The first digit of an error code is the exit code: PM-4002 ends with 4. PM-8001 ends "
            "with 130.\n"
            "`proofmark pki due` is made for timers and differs: 0 due, 1 not due, 255 fault.\n");
}

TEST_F(HelpTest, OneCommandReadsLikeThis) {
  const Command command = {
      .name = "due",
      .summary = "Say whether something is due.",
      .description = "For timers.",
      .options = {{.name = "--dir",
                   .help = "Where to look.",
                   .kind = ValueKind::kFolder,
                   .value_name = "DIR",
                   .required = true},
                  {.name = "--count",
                   .help = "How many.",
                   .kind = ValueKind::kInteger,
                   .fallback = "2",
                   .min = 1,
                   .max = 8},
                  {.name = "--local", .help = "Here.", .kind = ValueKind::kSwitch}},
      .places = {{.name = "FILE", .help = "A file.", .repeated = true}},
      .examples = {{"proofmark pki due --dir pki", "Look."}},
  };

  EXPECT_EQ(HelpText(plain_, command, {"pki", "due"}),
            "Say whether something is due.\n"
            "\n"
            "Usage: proofmark pki due --dir DIR [OPTIONS] [FILE...]\n"
            "\n"
            "For timers.\n"
            "\n"
            "Arguments:\n"
            "  [FILE...]  A file. May be repeated.\n"
            "\n"
            "Options:\n"
            "  --dir DIR     Where to look. Required.\n"
            "  --count N     How many. 1..8. Default: 2.\n"
            "  --[no-]local  Here.\n"
            "  --help        Show this help.\n"
            "\n"
            "Examples:\n"
            "  proofmark pki due --dir pki\n"
            "      Look.\n");
}

TEST_F(HelpTest, AnExplanationSaysWhatItMeansAndWhatToDo) {
  EXPECT_EQ(FaultText(plain_, FindFault(FaultCode::kKeyMismatch)),
            "PM-4004  The private key does not belong to the certificate\n"
            "\n"
            "The two files were not made together.\n"
            "\n"
            "What to do: Give the pair that was issued together.\n"
            "Exit code: 4\n");
}

TEST_F(HelpTest, AFailureSaysWhatWhereAndTheNextStep) {
  EXPECT_EQ(FailureText(plain_, MakeFault(FaultCode::kKeyMismatch, "a.pem and a.key")),
            "proofmark: PM-4004: The private key does not belong to the certificate\n"
            "  a.pem and a.key\n"
            "  next: Give the pair that was issued together.\n"
            "  more: proofmark explain PM-4004\n");
}

TEST_F(HelpTest, AFailuresTextCannotForgeLines) {
  EXPECT_THAT(FailureText(plain_, absl::NotFoundError("x\nproofmark: PM-0000\x1b[2J")),
              Not(HasSubstr("x\n")));
}

// The manual is written by the program; this keeps it from ageing.
TEST_F(HelpTest, TheManualIsUpToDate) {
  const std::string manual = proofmark::testing::ReadFileOrFail(
      std::filesystem::path(PROOFMARK_SOURCE_DIR) / "docs/manual/commands.md");

  EXPECT_TRUE(manual == ManualText(CommandTree()))
      << "write it again: proofmark help --manual > docs/manual/commands.md";
}

TEST(CompletionTest, EveryShellKnowsEveryCommandOptionAndChoice) {
  for (const std::string& script : {BashCompletion(CommandTree()), ZshCompletion(CommandTree()),
                                    FishCompletion(CommandTree())}) {
    for (const char* word :
         {"submit", "issue-node", "purpose", "CRIMINAL_INVESTIGATION", "land_width", "no-local"}) {
      EXPECT_THAT(script, HasSubstr(word));
    }
  }
}

}  // namespace
}  // namespace proofmark::client::cli
