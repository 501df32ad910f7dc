// SPDX-License-Identifier: Apache-2.0
#include "server/lookup/key_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crypto/lookup/input.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::lookup {
namespace {

using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kTestNodeId;
using ::proofmark::testing::ScratchState;
using ::testing::SizeIs;

constexpr char kSouth[] = "spiffe://south.test/proofmark/node/n1";
constexpr char kEast[] = "spiffe://east.test/proofmark/node/n1";

std::unique_ptr<KeyBook> Open(ScratchState& state) {
  auto book = KeyBook::Open(state.store(), state.ledger(), state.clock(), kTestNodeId);
  EXPECT_THAT(book, IsOk());
  return *std::move(book);
}

std::string PublicKeyOf(KeyBook& book, std::string_view partner) {
  const auto key = book.Current(partner);
  EXPECT_THAT(key, IsOk());
  return std::string((*key)->key.public_key().bytes());
}

TEST(KeyBookTest, OneKeyForEachPartnerAndEpochLoggedOnceAndTheSameAfterACrash) {
  ScratchState state;
  auto book = Open(state);
  const std::string south = PublicKeyOf(*book, kSouth);
  EXPECT_EQ(PublicKeyOf(*book, kSouth), south);
  EXPECT_NE(PublicKeyOf(*book, kEast), south);

  book.reset();
  state.Reopen();
  book = Open(state);

  EXPECT_EQ(PublicKeyOf(*book, kSouth), south);
  const auto logged = EntriesOf(state.ledger(), records::EntryKind::kKey);
  ASSERT_THAT(logged, SizeIs(2));
  EXPECT_EQ(logged[0].draft.peer, kSouth);
  EXPECT_EQ(logged[0].draft.object, crypto::Sha256Hex(south));
  EXPECT_EQ(logged[0].draft.count, EpochAt(state.clock().UnixMillis()));
  EXPECT_EQ((*book->Current(kSouth))->entry_index, logged[0].seq);
}

TEST(KeyBookTest, AnEndedEpochsKeyIsErasedForGood) {
  ScratchState state;
  auto book = Open(state);
  const std::string first = PublicKeyOf(*book, kSouth);
  ASSERT_THAT(book->EraseEnded(), IsOk());
  EXPECT_EQ(PublicKeyOf(*book, kSouth), first);  // Not yet.

  state.clock().AdvanceMillis(kEpochMs);
  ASSERT_THAT(book->EraseEnded(), IsOk());
  EXPECT_NE(PublicKeyOf(*book, kSouth), first);
  // Even with the clock put back, the old key is no more.
  state.clock().AdvanceMillis(-kEpochMs);
  EXPECT_NE(PublicKeyOf(*book, kSouth), first);

  const auto logged = EntriesOf(state.ledger(), records::EntryKind::kKey);
  ASSERT_THAT(logged, SizeIs(4));
  EXPECT_EQ(logged[1].draft.outcome, kKeyErased);
  EXPECT_EQ(logged[1].draft.count, logged[0].draft.count);
}

TEST(KeyBookTest, AHandleIsAPartnersOwnAndLasts) {
  ScratchState state;
  auto book = Open(state);
  const RecordHandle handle = book->HandleOf(kSouth, "rec-1");
  EXPECT_NE(book->HandleOf(kEast, "rec-1"), handle);
  EXPECT_NE(book->HandleOf(kSouth, "rec-2"), handle);

  book.reset();
  state.Reopen();
  EXPECT_EQ(Open(state)->HandleOf(kSouth, "rec-1"), handle);
}

}  // namespace
}  // namespace proofmark::lookup
