// SPDX-License-Identifier: Apache-2.0
// `audit list`, `audit show` and `receipt get` as an auditor runs them, against a real node.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "client/audit/verify.h"
#include "client/fault.h"
#include "client/file.h"
#include "crypto/tlog/tlog_proof.h"
#include "tests/integration/command_runner.h"
#include "tests/support/loopback_node.h"
#include "tests/support/node_keys.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::testing {
namespace {

using crypto::StaffRole;
using ::testing::HasSubstr;
using ::testing::Not;

class AuditOnlineTest : public ::testing::Test {
 protected:
  AuditOnlineTest()
      : random_(41),
        gb_({.domain = "gb.example", .now_unix_ms = RealUnixMillis()}),
        key_(crypto::SigningKey::Generate(random_)),
        node_(gb_, key_, folder_.path(), {}) {}

  CommandEnded Run(const std::vector<std::string>& words, const CommandValues& values,
                   StaffRole role = StaffRole::kAuditor) {
    return RunCommand(folder_.path(), node_, gb_, role, words, values);
  }

  std::uint64_t Record(records::EntryKind kind, const std::string& outcome) {
    const auto receipt = node_.node().ledger().Append({.kind = kind, .outcome = outcome});
    EXPECT_THAT(receipt, IsOk());
    return receipt->index;
  }

  SeededRandom random_;
  TestAgency gb_;
  crypto::SigningKey key_;
  TemporaryFolder folder_;
  LoopbackNode node_;
};

TEST_F(AuditOnlineTest, ListShowsWhatIsAskedForAndIsItselfAnEntry) {
  Record(records::EntryKind::kSubmit, "STORED");
  Record(records::EntryKind::kDeny, "NOT_AGREED");
  Record(records::EntryKind::kDeny, "CLOCK_SKEW");
  const std::uint64_t before = node_.node().ledger().Head().size;

  const CommandEnded all = Run({"audit", "list"}, {});
  const CommandEnded denied =
      Run({"audit", "list"}, {{"--kind", "deny"}, {"--outcome", "CLOCK_SKEW"}});
  const CommandEnded none = Run({"audit", "list"}, {{"--kind", "release"}});

  ASSERT_THAT(all.code, IsOk());
  EXPECT_EQ(*all.code, 0);
  EXPECT_THAT(all.out, HasSubstr("STORED"));
  EXPECT_THAT(all.out, HasSubstr("NOT_AGREED"));
  EXPECT_EQ(*denied.code, 0);
  EXPECT_THAT(denied.out, HasSubstr("CLOCK_SKEW"));
  EXPECT_THAT(denied.out, Not(HasSubstr("NOT_AGREED")));
  EXPECT_EQ(*none.code, 1);
  // Three readings, by whom and of how many.
  const auto readings = node_.node().ledger().ReadRange(before, 10);
  ASSERT_THAT(readings, IsOk());
  ASSERT_EQ(readings->size(), 3U);
  EXPECT_EQ((*readings)[1].entry.draft.kind, records::EntryKind::kAdminRead);
  EXPECT_EQ((*readings)[1].entry.draft.actor, "p1");
  EXPECT_EQ((*readings)[1].entry.draft.count, 1U);
}

TEST_F(AuditOnlineTest, ShowExplainsOneEntryLineByLine) {
  const std::uint64_t index = Record(records::EntryKind::kDeny, "NOT_AGREED");

  const CommandEnded shown = Run({"audit", "show"}, {{"INDEX", std::to_string(index)}});
  const CommandEnded absent = Run({"audit", "show"}, {{"INDEX", "100000"}});

  ASSERT_THAT(shown.code, IsOk());
  EXPECT_THAT(shown.out, HasSubstr("NOT_AGREED"));
  EXPECT_THAT(shown.out, HasSubstr("what came of it"));
  EXPECT_THAT(shown.out, HasSubstr("leaf hash " +
                                   crypto::Sha256Hex(std::string(1, '\0') +
                                                     node_.node().ledger().Read(index)->bytes)));
  ASSERT_FALSE(absent.code.ok());
  EXPECT_EQ(client::FaultOf(absent.code.status()), client::FaultCode::kNotFound);
}

TEST_F(AuditOnlineTest, AReceiptIsFetchedOnceAndHoldsWithoutTheNode) {
  const std::uint64_t index = Record(records::EntryKind::kSubmit, "STORED");
  const std::string stem = (folder_.path() / "entry").string();
  const CommandValues get = {{"INDEX", std::to_string(index)}, {"--out", stem}};
  const CommandEnded early = Run({"receipt", "get"}, get);
  EXPECT_FALSE(early.code.ok());  // Not signed yet.
  ASSERT_THAT(node_.node().publishing().PublishNow(), IsOk());

  const CommandEnded got = Run({"receipt", "get"}, get);

  ASSERT_THAT(got.code, IsOk());
  const std::string policy = (folder_.path() / "policy").string();
  std::ofstream(policy) << node_.node().publishing().policy_text();
  const CommandValues check = {
      {"FILE", stem + ".tlog-proof"}, {"--entry", stem + ".entry"}, {"--policy", policy}};
  const CommandEnded holds = Run({"receipt", "verify"}, check);
  ASSERT_THAT(holds.code, IsOk());
  EXPECT_EQ(*holds.code, 0);
  // One byte of the entry, and it holds no more.
  std::fstream entry(stem + ".entry", std::ios::in | std::ios::out | std::ios::binary);
  entry.seekp(30);
  entry.put('9');
  entry.close();
  EXPECT_FALSE(Run({"receipt", "verify"}, check).code.ok());
}

TEST_F(AuditOnlineTest, WhoMayNotReadGetsNothingAndTheRefusalIsAnEntry) {
  const std::uint64_t index = Record(records::EntryKind::kSubmit, "STORED");
  ASSERT_THAT(node_.node().publishing().PublishNow(), IsOk());
  const std::string stem = (folder_.path() / "other").string();

  const CommandEnded list = Run({"audit", "list"}, {}, StaffRole::kLab);
  const CommandEnded receipt =
      Run({"receipt", "get"}, {{"INDEX", std::to_string(index)}, {"--out", stem}}, StaffRole::kLab);

  ASSERT_FALSE(list.code.ok());
  EXPECT_EQ(client::FaultOf(list.code.status()), client::FaultCode::kPermission);
  ASSERT_FALSE(receipt.code.ok());  // Of somebody else's act.
  EXPECT_EQ(client::FaultOf(receipt.code.status()), client::FaultCode::kPermission);
  EXPECT_FALSE(std::filesystem::exists(stem + ".entry"));
  const auto denials =
      node_.node().ledger().ReadNewestFirst({.kind = records::EntryKind::kDeny}, 10);
  ASSERT_THAT(denials, IsOk());
  ASSERT_EQ(denials->size(),
            1U);  // The role; a receipt of another's act is refused by its handler.
  EXPECT_EQ((*denials)[0].entry.draft.outcome, "role");
}

}  // namespace
}  // namespace proofmark::testing
