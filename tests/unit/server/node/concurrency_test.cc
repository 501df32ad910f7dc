// SPDX-License-Identifier: Apache-2.0
// Many callers at once: run under the thread sanitizer.
#include <string>
#include <thread>
#include <vector>

#include "server/node/node.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::node {
namespace {

using ::proofmark::testing::AskAll;
using ::proofmark::testing::Brought;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::GeneratedBullet;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::TwoAgencies;
using ::testing::SizeIs;

TEST(NodeConcurrencyTest, IdenticalSubmissionsAtOnceAreOneExhibit) {
  TwoAgencies two;
  const Brought brought = GeneratedBullet(0, 0, "A-1");
  std::vector<absl::StatusOr<journeys::SubmissionResult>> results(4, absl::UnknownError("not run"));
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] {
        result = two.north.node().submissions().Submit(kLab, brought.header, brought.scans);
      });
    }
  }

  int stored = 0;
  for (const auto& result : results) {
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->exhibit.exhibit.id, results[0]->exhibit.exhibit.id);
    EXPECT_EQ(result->exhibit.receipt, results[0]->exhibit.receipt);
    stored += result->already_held ? 0 : 1;
  }
  EXPECT_EQ(stored, 1);
  EXPECT_EQ(two.north.node().indexed_count(), 1);
  EXPECT_THAT(EntriesOf(two.north.node().ledger(), records::EntryKind::kSubmit), SizeIs(1));
}

TEST(NodeConcurrencyTest, BothAgenciesAskEachOtherWhileExhibitsComeAndGo) {
  TwoAgencies two;
  const std::string north = two.north.Submit(0, 0, "A-1");
  const std::string south = two.south.Submit(0, 1, "B-1");
  std::vector<absl::StatusOr<wire::Search>> searches(4, absl::UnknownError("not run"));
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < searches.size(); ++i) {
      threads.emplace_back([&, i] {
        testing::Agency& agency = i % 2 == 0 ? two.north : two.south;
        searches[i] = agency.node().searches().Run(
            kExaminer, AskAll(i % 2 == 0 ? north : south, true),
            [](const journeys::SearchEvent&) {}, nullptr);
      });
    }
    threads.emplace_back([&] {
      const std::string id = two.north.Submit(1, 0, "A-2");
      EXPECT_THAT(two.north.node().exhibits().Withdraw(kLab, id, "mistaken"), IsOk());
    });
  }

  for (const auto& search : searches) {
    ASSERT_THAT(search, IsOk());
    ASSERT_THAT(search->partners, SizeIs(1));
    EXPECT_EQ(search->partners[0].outcome, wire::PartnerOutcome::kAnswered);
  }
  for (testing::Agency* agency : {&two.north, &two.south}) {
    const ledger::Ledger& ledger = agency->node().ledger();
    EXPECT_THAT(EntriesOf(ledger, records::EntryKind::kQueryOut), SizeIs(4));
    EXPECT_THAT(EntriesOf(ledger, records::EntryKind::kAnswerIn), SizeIs(4));
    EXPECT_THAT(EntriesOf(ledger, records::EntryKind::kQueryIn), SizeIs(2));
    EXPECT_THAT(ledger.VerifyAll(), IsOk());
  }
}

}  // namespace
}  // namespace proofmark::node
