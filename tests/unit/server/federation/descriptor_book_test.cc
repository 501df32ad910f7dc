// SPDX-License-Identifier: Apache-2.0
#include "server/federation/descriptor_book.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/federation/tables.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_federation.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::federation {
namespace {

using ::absl::StatusCode;
using crypto::DescriptorStage;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchState;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestFederation;
using records::EntryKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kA[] = "alpha.example";
constexpr char kB[] = "beta.example";
constexpr std::chrono::seconds kGrace{1000};
const DescriptorSource kAdmin{.actor = "admin-1"};
const DescriptorSource kFromBeta{.partner = "spiffe://beta.example/proofmark/node/n1"};

class DescriptorBookTest : public ::testing::Test {
 protected:
  DescriptorBookTest() { OpenBook(); }

  void OpenBook(std::optional<crypto::Sha256Digest> first_hash = std::nullopt) {
    auto book = DescriptorBook::Open(state_.store(), state_.ledger(), state_.clock(),
                                     {.grace = kGrace, .first_hash = first_hash});
    ASSERT_THAT(book, IsOk());
    book_ = *std::move(book);
  }
  void Restart() {
    book_.reset();
    state_.Reopen();
    OpenBook();
  }
  std::string Note(std::uint64_t version) {
    return federation_.Note(federation_.Descriptor(version), {kA, kB});
  }
  static crypto::Sha256Digest HashOf(const std::string& note) {
    return crypto::SignedDescriptor::Parse(note)->hash();
  }
  void AcceptFirst(const std::string& note) {
    ASSERT_THAT(book_->Accept(note, HashOf(note), kAdmin), IsOk());
  }
  void AdvanceTo(std::int64_t unix_s) {
    state_.clock().AdvanceMillis(unix_s * 1000 - state_.clock().UnixMillis());
  }
  std::vector<std::string> Alarms() {
    std::vector<std::string> codes;
    for (const records::LedgerEntry& entry : EntriesOf(state_.ledger(), EntryKind::kAlarm)) {
      codes.push_back(entry.draft.outcome);
    }
    return codes;
  }

  ScratchState state_;
  TestFederation federation_{{kA, kB}};
  std::unique_ptr<DescriptorBook> book_;
};

TEST_F(DescriptorBookTest, HasNothingAtFirst) {
  EXPECT_EQ(book_->in_force(), nullptr);
  EXPECT_EQ(book_->stage(), std::nullopt);
  EXPECT_THAT(*book_->NotesFrom(0), IsEmpty());
  EXPECT_THAT(book_->WatchLife(), IsOk());
  EXPECT_THAT(EntriesOf(state_.ledger()), IsEmpty());
}

TEST_F(DescriptorBookTest, EveryAcceptanceIsInTheLedgerAndSurvivesACrash) {
  const std::string first = Note(1);
  const std::string second = Note(2);
  AcceptFirst(first);
  ASSERT_THAT(book_->Accept(second, std::nullopt, kFromBeta), IsOk());

  const auto entries = EntriesOf(state_.ledger(), EntryKind::kConfig);
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].draft.object, base::ToHex(HashOf(first)));
  EXPECT_EQ(entries[0].draft.detail, crypto::Sha256Hex(first));
  EXPECT_EQ(entries[0].draft.actor, "admin-1");
  EXPECT_EQ(entries[0].draft.count, 1u);
  EXPECT_EQ(entries[1].draft.object, base::ToHex(HashOf(second)));
  EXPECT_EQ(entries[1].draft.peer, kFromBeta.partner);

  Restart();

  ASSERT_NE(book_->in_force(), nullptr);
  EXPECT_EQ(book_->in_force()->accepted.NoteBytes(), second);
  EXPECT_EQ(book_->in_force()->source, kFromBeta.partner);
  EXPECT_EQ(book_->in_force()->ledger_index, 1u);
  EXPECT_THAT(*book_->NotesFrom(0), ElementsAre(second));
  EXPECT_THAT(*book_->NotesFrom(1), ElementsAre(first, second));
  EXPECT_THAT(*book_->NotesFrom(2), ElementsAre(second));
  EXPECT_THAT(*book_->NotesFrom(3), IsEmpty());
}

TEST_F(DescriptorBookTest, WhatIsRefusedLeavesNothing) {
  const std::string note = Note(1);
  const std::string unsigned_second = federation_.Note(federation_.Descriptor(2), {kA});

  EXPECT_THAT(book_->Accept(note, std::nullopt, kFromBeta),
              StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(book_->Accept(note, crypto::Sha256("another"), kAdmin),
              StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(book_->Accept("no note", std::nullopt, kAdmin),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_EQ(book_->in_force(), nullptr);
  EXPECT_THAT(EntriesOf(state_.ledger()), IsEmpty());
  AcceptFirst(note);
  EXPECT_THAT(book_->Accept(note, HashOf(note), kAdmin), StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(book_->Accept(unsigned_second, HashOf(unsigned_second), kAdmin),
              StatusIs(StatusCode::kUnauthenticated));
  EXPECT_EQ(book_->in_force()->accepted.descriptor().version, 1u);
  EXPECT_THAT(EntriesOf(state_.ledger()), SizeIs(1));
}

// The hash in the configuration lets a new node take its first descriptor from a partner.
TEST_F(DescriptorBookTest, TakesTheFirstFromAPartnerIfItsHashIsConfigured) {
  const std::string note = Note(4);
  OpenBook(HashOf(note));

  EXPECT_THAT(book_->Accept(Note(5), std::nullopt, kFromBeta),
              StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(book_->Accept(note, std::nullopt, kFromBeta), IsOk());
}

TEST_F(DescriptorBookTest, RaisesEachAlarmOnceAndSkipsWhatIsPast) {
  AcceptFirst(Note(1));
  const std::int64_t begin = TestFederation::kBegin_s;
  const std::int64_t life = TestFederation::kLife_s;

  for (const std::int64_t percent : {10, 49, 50, 51, 79, 80, 95, 99}) {
    AdvanceTo(begin + life * percent / 100);
    ASSERT_THAT(book_->WatchLife(), IsOk());
    ASSERT_THAT(book_->WatchLife(), IsOk());
  }
  EXPECT_THAT(Alarms(),
              ElementsAre("FEDERATION_LIFE:50", "FEDERATION_LIFE:80", "FEDERATION_LIFE:95"));
  Restart();
  ASSERT_THAT(book_->WatchLife(), IsOk());
  EXPECT_THAT(Alarms(), SizeIs(3));

  AdvanceTo(begin + life);
  EXPECT_EQ(book_->stage(), DescriptorStage::kGrace);
  ASSERT_THAT(book_->WatchLife(), IsOk());
  AdvanceTo(begin + life + kGrace.count());
  EXPECT_EQ(book_->stage(), DescriptorStage::kEnded);
  ASSERT_THAT(book_->WatchLife(), IsOk());
  ASSERT_THAT(book_->WatchLife(), IsOk());
  EXPECT_THAT(Alarms(),
              ElementsAre("FEDERATION_LIFE:50", "FEDERATION_LIFE:80", "FEDERATION_LIFE:95",
                          "FEDERATION_ENDED", "FEDERATION_GRACE_ENDED"));
}

TEST_F(DescriptorBookTest, GrantsWorkInGraceNothingNewDoesAndThenAllStops) {
  SeededRandom random(3);
  const crypto::VerifyingKey key = crypto::SigningKey::Generate(random).verifying_key();
  Partner partner;
  partner.domain = kB;
  partner.node_id = kFromBeta.partner;
  partner.endpoint = "b:1";
  partner.exchange_keys.emplace(crypto::ExchangeKeyId(kB, key), key);
  partner.answered_purposes = {"TRAINING"};
  const Partners before = *Partners::Create(kA, {partner});
  partner.answered_purposes.insert("THREAT_PREVENTION");
  const Partners wider = *Partners::Create(kA, {partner});
  // Without a descriptor the configuration alone counts.
  EXPECT_THAT(book_->WithinLife(kA, wider)->all()[0].answered_purposes, SizeIs(2));
  AcceptFirst(Note(1));
  ASSERT_THAT(book_->WithinLife(kA, before), IsOk());

  AdvanceTo(TestFederation::kBegin_s + TestFederation::kLife_s);
  const auto in_grace = book_->WithinLife(kA, wider);
  AdvanceTo(TestFederation::kBegin_s + TestFederation::kLife_s + kGrace.count());
  const auto after = book_->WithinLife(kA, wider);

  ASSERT_THAT(in_grace, IsOk());
  EXPECT_THAT(in_grace->all()[0].answered_purposes, ElementsAre("TRAINING"));
  ASSERT_THAT(after, IsOk());
  EXPECT_THAT(after->all(), IsEmpty());
}

TEST_F(DescriptorBookTest, RefusesADamagedRowAtTheNextStart) {
  AcceptFirst(Note(1));
  store::WriteRequest request;
  request.mutations.Put(store::StoreKey(kDescriptorTable).U64(1).Build(), "short");
  ASSERT_THAT(state_.store().Commit(std::move(request)), IsOk());

  EXPECT_THAT(DescriptorBook::Open(state_.store(), state_.ledger(), state_.clock(), {}),
              StatusIs(StatusCode::kDataLoss));
}

TEST_F(DescriptorBookTest, RefusesAGraceOutOfBounds) {
  for (const std::chrono::seconds grace :
       {std::chrono::seconds(-1), kDescriptorGraceMax + kGrace}) {
    EXPECT_THAT(DescriptorBook::Open(state_.store(), state_.ledger(), state_.clock(),
                                     {.grace = grace, .first_hash = std::nullopt}),
                StatusIs(StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace proofmark::federation
