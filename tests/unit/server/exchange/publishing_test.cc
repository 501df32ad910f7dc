// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/publishing.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "crypto/tlog/tlog_proof.h"
#include "server/store/high_water_file.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::exchange {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::Agency;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::WireInTheMiddle;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Three agencies, each a partner of the others and so their witness.
class PublishingTest : public ::testing::Test {
 protected:
  PublishingTest() {
    for (Agency* agency : all_) {
      for (Agency* other : all_) {
        if (agency != other) agency->AddPartner(other->AsPartner({}, {}));
      }
    }
    for (Agency* agency : all_) agency->Start();
  }

  void Append(Agency& agency) {
    ASSERT_THAT(
        agency.node().ledger().Append({.kind = records::EntryKind::kAdminRead, .outcome = "OK"}),
        IsOk());
  }
  static std::uint64_t SignedSize(Agency& agency) {
    const auto latest = agency.node().checkpoints().Latest();
    return latest ? latest->checkpoint.size : 0;
  }

  FakeClock clock_;
  WireInTheMiddle wire_;
  Agency north_{"north", clock_, wire_};
  Agency south_{"south", clock_, wire_};
  Agency west_{"west", clock_, wire_};
  const std::array<Agency*, 3> all_ = {&north_, &south_, &west_};
};

TEST_F(PublishingTest, EveryPartnerCosigns) {
  EXPECT_TRUE(north_.node().publishing().standing().unwitnessed_since_unix_ms.has_value());

  ASSERT_THAT(north_.node().publishing().PublishNow(), IsOk());

  const Standing standing = north_.node().publishing().standing();
  ASSERT_TRUE(standing.latest.has_value());
  EXPECT_EQ(standing.latest->checkpoint.size, north_.node().ledger().Head().size);
  EXPECT_THAT(standing.latest->note.signatures, SizeIs(3));
  EXPECT_EQ(standing.verdict.words, "witnessed by 2 partners");
  EXPECT_FALSE(standing.unwitnessed_since_unix_ms.has_value());
}

TEST_F(PublishingTest, WhatOneDoesNotCosignIsSaidSinceWhen) {
  ASSERT_THAT(north_.node().publishing().PublishNow(), IsOk());
  wire_.Disconnect(south_.node_id());
  clock_.AdvanceMillis(5'000);
  Append(north_);
  const std::int64_t since = clock_.UnixMillis();
  ASSERT_THAT(north_.node().publishing().PublishNow(), IsOk());
  clock_.AdvanceMillis(5'000);
  Append(north_);
  ASSERT_THAT(north_.node().publishing().PublishNow(), IsOk());

  EXPECT_EQ(north_.node().publishing().standing().verdict.words, "not witnessed: 1 of at least 2");
  EXPECT_EQ(north_.node().publishing().standing().unwitnessed_since_unix_ms, since);

  // It signs again what it missed, from where it stood.
  wire_.Connect(south_.node());
  ASSERT_THAT(north_.node().publishing().PublishNow(), IsOk());
  EXPECT_FALSE(north_.node().publishing().standing().unwitnessed_since_unix_ms.has_value());
}

TEST_F(PublishingTest, AReceiptVerifiesWithoutAskingAnybody) {
  for (int i = 0; i < 300; ++i) Append(north_);
  ASSERT_THAT(north_.node().publishing().PublishNow(), IsOk());
  Append(north_);  // Not signed yet.
  const std::uint64_t size = SignedSize(north_);
  const auto policy = crypto::Policy::Parse(north_.node().publishing().policy_text());
  ASSERT_THAT(policy, IsOk());

  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{255}, size - 1}) {
    const auto file = north_.node().publishing().ProveEntry(index);
    ASSERT_THAT(file, IsOk());
    const auto proof = crypto::ParseTlogProof(*file);
    ASSERT_THAT(proof, IsOk());
    std::string entry = north_.node().ledger().Read(index)->bytes;
    EXPECT_THAT(crypto::VerifyTlogProof(*proof, entry, *policy, clock_.UnixMillis() / 1000),
                IsOk());
    entry.back() ^= 1;
    EXPECT_FALSE(crypto::VerifyTlogProof(*proof, entry, *policy, clock_.UnixMillis() / 1000).ok());
  }
  EXPECT_THAT(north_.node().publishing().ProveEntry(size),
              StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(north_.node().publishing().ProveEntry(size + 1), StatusIs(StatusCode::kNotFound));
}

// An older backup is consistent in itself, its high-water file with it: only the witnesses know.
TEST_F(PublishingTest, ABackupPutBackIsFoundByTheWitnesses) {
  ASSERT_THAT(north_.node().publishing().PublishNow(), IsOk());
  const SimDisk::Image backup = north_.disk().Backup();
  Append(north_);
  ASSERT_THAT(north_.node().publishing().PublishNow(), IsOk());
  north_.Crash();
  north_.disk().Restore(backup);

  const absl::Status opened = north_.TryStart();
  EXPECT_TRUE(store::IsRollbackDetected(opened)) << opened;
  EXPECT_THAT(std::string(opened.message()), HasSubstr("test holds a signed checkpoint of"));
}

// Witnesses that were away at the start find it with the next checkpoint.
TEST_F(PublishingTest, ABackupPutBackIsFoundWhenTheWitnessesReturn) {
  ASSERT_THAT(north_.node().publishing().PublishNow(), IsOk());
  const SimDisk::Image backup = north_.disk().Backup();
  for (int i = 0; i < 9; ++i) Append(north_);
  ASSERT_THAT(north_.node().publishing().PublishNow(), IsOk());
  north_.Crash();
  north_.disk().Restore(backup);
  wire_.Disconnect(south_.node_id());
  wire_.Disconnect(west_.node_id());
  ASSERT_THAT(north_.TryStart(), IsOk());
  wire_.Connect(west_.node());

  const absl::Status published = north_.node().publishing().PublishNow();

  EXPECT_TRUE(store::IsRollbackDetected(published)) << published;
  EXPECT_THAT(north_.node().health(), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(EntriesOf(north_.node().ledger(), records::EntryKind::kAlarm), SizeIs(1));
}

// And after it has outgrown what they saw, the other history is what gives it away.
TEST_F(PublishingTest, AnotherHistoryIsFoundByTheWitnesses) {
  ASSERT_THAT(north_.node().publishing().PublishNow(), IsOk());
  const SimDisk::Image backup = north_.disk().Backup();
  Append(north_);
  ASSERT_THAT(north_.node().publishing().PublishNow(), IsOk());
  north_.Crash();
  north_.disk().Restore(backup);
  wire_.Disconnect(south_.node_id());
  wire_.Disconnect(west_.node_id());
  clock_.AdvanceMillis(1'000);
  ASSERT_THAT(north_.TryStart(), IsOk());
  for (int i = 0; i < 20; ++i) Append(north_);
  wire_.Connect(south_.node());

  const absl::Status published = north_.node().publishing().PublishNow();

  EXPECT_TRUE(store::IsRollbackDetected(published)) << published;
  const auto alarms = EntriesOf(south_.node().ledger(), records::EntryKind::kAlarm);
  ASSERT_THAT(alarms, SizeIs(1));
  EXPECT_EQ(alarms[0].draft.outcome, "FORK_SUSPECTED");
  EXPECT_THAT(*south_.node().witness().Forks(), SizeIs(1));
}

TEST_F(PublishingTest, StrictModeWithholdsAnswers) {
  Agency east("east", clock_, wire_);
  east.AddPartner(south_.AsPartner({}, {}));
  east.publishing.strict_after = std::chrono::minutes(10);
  east.Start();
  EXPECT_THAT(east.node().publishing().MayRelease(), IsOk());
  clock_.AdvanceMillis(11 * 60 * 1000);
  EXPECT_THAT(east.node().publishing().MayRelease(),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("strict mode")));
}

TEST_F(PublishingTest, AQuorumThatCannotBeMetIsRefused) {
  Agency east("east", clock_, wire_);
  east.AddPartner(south_.AsPartner({}, {}));
  east.publishing.quorum = 2;
  EXPECT_THAT(east.TryStart(),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("only 1 witnesses")));
}

}  // namespace
}  // namespace proofmark::exchange
