// SPDX-License-Identifier: Apache-2.0
#include "server/node/node.h"

#include <string>

#include "server/store/storage_env.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::node {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::Agency;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::WireInTheMiddle;
using records::EntryKind;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(NodeTest, EveryStartAndStopIsAnEntryAndSoIsTheConfiguration) {
  FakeClock clock;
  WireInTheMiddle wire;
  Agency agency("north", clock, wire);
  agency.Start();
  ASSERT_THAT(agency.node().Stop(), IsOk());
  agency.Crash();
  agency.Start();

  const auto entries = EntriesOf(agency.node().ledger());

  ASSERT_THAT(entries, SizeIs(5));
  EXPECT_EQ(entries[0].draft.kind, EntryKind::kStart);
  EXPECT_EQ(entries[1].draft.kind, EntryKind::kConfig);
  EXPECT_EQ(entries[1].draft.object, std::string(64, 'c'));
  EXPECT_EQ(entries[2].draft.kind, EntryKind::kStop);
  EXPECT_EQ(entries[3].draft.kind, EntryKind::kStart);
  EXPECT_EQ(entries[4].draft.kind, EntryKind::kConfig);
  EXPECT_EQ(entries[0].node, agency.node_id());
}

absl::Status OpenStatus(const std::string& node_id, const testing::ScratchFolder& folder,
                        int search_threads, const std::string& config) {
  FakeClock clock;
  WireInTheMiddle wire;
  SeededRandom random(1);
  auto identity = federation::NodeIdentity::Create(node_id, federation::NodeKeys::Generate(random));
  EXPECT_THAT(identity, IsOk());
  return Node::Open({.state_folder = (folder.path() / "state").string(),
                     .master_key_path = folder.MasterKeyPath(),
                     .config_sha256_hex = config,
                     .search_threads = search_threads,
                     .on_store_failure = nullptr},
                    *std::move(identity), {}, store::PosixStorage(), clock, random, wire)
      .status();
}

TEST(NodeTest, RefusesTheStateOfAnotherNode) {
  const testing::ScratchFolder folder;
  const std::string config(64, 'c');
  ASSERT_THAT(OpenStatus("spiffe://north.test/proofmark/node/n1", folder, 2, config), IsOk());

  EXPECT_THAT(OpenStatus("spiffe://north.test/proofmark/node/n2", folder, 2, config),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("belongs to")));
  EXPECT_THAT(OpenStatus("spiffe://north.test/proofmark/node/n1", folder, 2, config), IsOk());
}

TEST(NodeTest, RefusesOptionsOutOfTheirBounds) {
  const testing::ScratchFolder folder;
  const std::string config(64, 'c');
  for (const int threads : {0, -1, 65}) {
    EXPECT_THAT(OpenStatus("spiffe://north.test/proofmark/node/n1", folder, threads, config),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("search_threads")));
  }
  EXPECT_THAT(OpenStatus("spiffe://north.test/proofmark/node/n1", folder, 2, "no hash"),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST(NodeTest, ActiveExhibitsAtRestAndInTheCollectionAreTheSame) {
  FakeClock clock;
  WireInTheMiddle wire;
  Agency agency("north", clock, wire);
  agency.Start();
  agency.Submit(0, 0, "A-1");
  const std::string withdrawn = agency.Submit(1, 0, "A-2");
  ASSERT_THAT(agency.node().exhibits().Withdraw(testing::kLab, withdrawn, "mistaken"), IsOk());

  EXPECT_EQ(*agency.node().CountActiveExhibits(), 1);
  EXPECT_EQ(agency.node().indexed_count(), 1);
  EXPECT_THAT(agency.node().health(), IsOk());
}

}  // namespace
}  // namespace proofmark::node
