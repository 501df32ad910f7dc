// SPDX-License-Identifier: Apache-2.0
// The commands about ledgers that need no node, on copies made here.
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "client/audit/export_folder.h"
#include "client/audit/verify.h"
#include "client/cli/command.h"
#include "client/fault.h"
#include "client/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/memory_log.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client::cli {
namespace {

namespace fs = std::filesystem;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::MemoryLog;
using records::EntryKind;
using ::testing::HasSubstr;

class AuditCommandsTest : public ::testing::Test {
 protected:
  struct Ended {
    absl::StatusOr<int> code;
    std::string out;
    std::string err;
  };
  using Values = std::vector<std::pair<std::string, std::string>>;

  void SetUp() override {
    absl::StatusOr<TemporaryFolder> made = TemporaryFolder::Create();
    ASSERT_THAT(made, IsOk());
    temporary_.emplace(*std::move(made));
  }
  std::string In(const std::string& name) const { return (temporary_->path() / name).string(); }

  void Save(const std::string& name, const std::string& text) {
    ASSERT_THAT(WriteFile(In(name), text, Privacy::kPublic, Overwrite::kAllowed), IsOk());
  }
  void Copy(MemoryLog& log, const std::string& name) {
    log.Publish();
    Save(name + ".policy", log.PolicyText());
    audit::DiskWriter writer(In(name));
    ASSERT_THAT(
        audit::Export(log, log.Policy(), In(name), writer, {.now_unix_s = MemoryLog::kNow_s}),
        IsOk());
  }
  static Ended Run(const std::vector<std::string>& words, const Values& values) {
    const Command* command = FindCommand(CommandTree(), words);
    EXPECT_NE(command, nullptr);
    Arguments arguments;
    for (const auto& [name, value] : values) arguments.Set(name, {value});
    std::ostringstream out, err;
    Console console(out, err, {});
    Session session{console, CommandTree()};
    Ended ended{command->run(arguments, session), "", ""};
    ended.out = out.str();
    ended.err = err.str();
    return ended;
  }

  std::optional<TemporaryFolder> temporary_;
};

TEST_F(AuditCommandsTest, VerifyEndsAsItsVerdictSays) {
  MemoryLog log(1);
  log.AppendMany(300, 1);
  Copy(log, "copy");
  const Values values = {{"FOLDER", In("copy")}, {"--policy", In("copy.policy")}};

  const Ended valid = Run({"audit", "verify"}, values);
  ASSERT_THAT(valid.code, IsOk());
  EXPECT_EQ(*valid.code, 0);
  EXPECT_THAT(valid.out, HasSubstr("VALID"));
  EXPECT_THAT(valid.out, HasSubstr("300 hashed"));

  Save("copy/tile/entries/001.p/44", "damaged");
  const Ended corrupt = Run({"audit", "verify"}, values);
  ASSERT_THAT(corrupt.code, IsOk());
  EXPECT_EQ(*corrupt.code, 13);
  EXPECT_THAT(corrupt.out, HasSubstr("CORRUPT"));
  EXPECT_THAT(corrupt.out, HasSubstr("tile/entries/001.p/44"));

  fs::remove(In("copy/tile/0/000"));
  EXPECT_THAT(Run({"audit", "verify"}, values).out, HasSubstr("tile/0/000"));
}

TEST_F(AuditCommandsTest, VerdictsHaveCodesOfTheirOwn) {
  EXPECT_EQ(audit::VerdictExitCode(audit::Verdict::kValid), 0);
  EXPECT_EQ(audit::VerdictExitCode(audit::Verdict::kUnwitnessed), 10);
  EXPECT_EQ(audit::VerdictExitCode(audit::Verdict::kEmpty), 11);
  EXPECT_EQ(audit::VerdictExitCode(audit::Verdict::kTruncated), 12);
  EXPECT_EQ(audit::VerdictExitCode(audit::Verdict::kCorrupt), 13);
  EXPECT_EQ(audit::VerdictExitCode(audit::Verdict::kForked), 14);
  EXPECT_EQ(audit::VerdictExitCode(audit::Verdict::kWrongKey), 15);
}

TEST_F(AuditCommandsTest, AReceiptVerifiesOfflineAndNoOtherEntryDoes) {
  MemoryLog log(1);
  log.AppendMany(300, 1);
  log.Publish();
  Save("r.tlog-proof", log.Receipt(41));
  Save("r.entry", log.entry(41));
  Save("other.entry", log.entry(42));
  Save("p", log.PolicyText());
  Save("wrong", MemoryLog(2).PolicyText());

  const Ended holds =
      Run({"receipt", "verify"},
          {{"FILE", In("r.tlog-proof")}, {"--entry", In("r.entry")}, {"--policy", In("p")}});
  ASSERT_THAT(holds.code, IsOk());
  EXPECT_EQ(*holds.code, 0);
  EXPECT_THAT(holds.out, HasSubstr("41 of 300"));

  for (const auto& [entry, policy] : {std::pair("other.entry", "p"), {"r.entry", "wrong"}}) {
    const Ended fails =
        Run({"receipt", "verify"},
            {{"FILE", In("r.tlog-proof")}, {"--entry", In(entry)}, {"--policy", In(policy)}});
    ASSERT_FALSE(fails.code.ok());
    EXPECT_EQ(ExitCodeOf(FaultOf(fails.code.status())), 6);
  }
}

TEST_F(AuditCommandsTest, ReportOfACopyIsVerifiedFirst) {
  MemoryLog log(1);
  log.AppendMany(300, 1);
  Copy(log, "copy");
  const Values values = {
      {"--folder", In("copy")}, {"--policy", In("copy.policy")}, {"--html", In("report.html")}};

  const Ended written = Run({"audit", "report"}, values);
  ASSERT_THAT(written.code, IsOk());
  EXPECT_EQ(*written.code, 0);
  EXPECT_TRUE(fs::exists(In("report.html")));
  const Ended text = Run({"audit", "report"}, {values[0], values[1]});
  EXPECT_THAT(text.out, HasSubstr("By partner"));
  EXPECT_THAT(text.out, HasSubstr("police.example"));

  Save("copy/tile/entries/000", "damaged");
  const Ended refused = Run({"audit", "report"}, {values[0], values[1]});
  ASSERT_THAT(refused.code, IsOk());
  EXPECT_EQ(*refused.code, 13);
  EXPECT_TRUE(refused.out.empty());
}

TEST_F(AuditCommandsTest, ReconcileFindsAnExchangeDeletedInOneOfTwoCopies) {
  MemoryLog ours(1);
  MemoryLog theirs(2, "police.example");
  MemoryLog shortened(2, "police.example");  // As if the last question had never come.
  const auto ask = [&](const std::string& exchange, bool deleted) {
    records::EntryDraft draft;
    draft.kind = EntryKind::kQueryOut;
    draft.peer = theirs.node();
    draft.exchange = exchange;
    draft.request_hash = std::string(64, 'b');
    draft.outcome = "ASKED";
    ours.Append(draft);
    draft.kind = EntryKind::kQueryIn;
    draft.peer = ours.node();
    draft.response_hash = std::string(64, 'c');
    draft.outcome = "ANSWERED";
    const std::uint64_t index = theirs.Append(draft);
    if (!deleted) shortened.Append(draft);
    draft.kind = EntryKind::kAnswerIn;
    draft.peer = theirs.node();
    draft.peer_entry = records::PeerEntry{index, theirs.leaf(index)};
    ours.Append(draft);
  };
  ask(std::string(32, '1'), false);
  ask(std::string(32, '2'), true);
  for (MemoryLog* log : {&ours, &theirs, &shortened}) {
    log->Append({.kind = EntryKind::kStop, .outcome = "STOPPED"}, 1'780'100'000'000);
  }
  Copy(ours, "ours");
  Copy(theirs, "theirs");
  Copy(shortened, "shortened");
  const auto reconcile = [&](const std::string& copy) {
    return Run({"audit", "reconcile"}, {{"PARTNER", "police.example"},
                                        {"--own", In("ours")},
                                        {"--theirs", In(copy)},
                                        {"--policy", In("ours.policy")},
                                        {"--their-policy", In(copy + ".policy")}});
  };

  const Ended whole = reconcile("theirs");
  ASSERT_THAT(whole.code, IsOk());
  EXPECT_EQ(*whole.code, 0) << whole.out;

  const Ended deleted = reconcile("shortened");
  ASSERT_THAT(deleted.code, IsOk());
  EXPECT_EQ(*deleted.code, 1);
  EXPECT_THAT(deleted.out, HasSubstr("missing there"));
  EXPECT_THAT(deleted.out, HasSubstr(std::string(32, '2')));
}

}  // namespace
}  // namespace proofmark::client::cli
