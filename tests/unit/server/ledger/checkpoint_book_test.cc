// SPDX-License-Identifier: Apache-2.0
#include "server/ledger/checkpoint_book.h"

#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "server/ledger/tables.h"
#include "server/store/high_water_file.h"
#include "server/store/keys.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::ledger {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchState;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class CheckpointBookTest : public ::testing::Test {
 protected:
  CheckpointBookTest() : key_(crypto::SigningKey::Generate(state_.random())) { OpenBook(); }

  void OpenBook() {
    auto book = CheckpointBook::Open(state_.store(), state_.ledger(), state_.clock(), key_);
    ASSERT_THAT(book, IsOk());
    book_ = *std::move(book);
  }
  void Append(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_THAT(state_.ledger().Append({.kind = records::EntryKind::kSubmit, .outcome = "OK"}),
                  IsOk());
    }
  }
  void Overwrite(const std::string& key, std::string value) {
    store::WriteRequest request;
    request.mutations.Put(key, std::move(value));
    ASSERT_THAT(state_.store().Commit(std::move(request)), IsOk());
  }

  ScratchState state_;
  crypto::SigningKey key_;
  std::unique_ptr<CheckpointBook> book_;
};

TEST_F(CheckpointBookTest, AnEmptyLedgerIsNotSigned) {
  const auto published = book_->SignHead();
  ASSERT_THAT(published, IsOk());
  EXPECT_FALSE(published->has_value());
  EXPECT_FALSE(book_->Latest().has_value());
}

TEST_F(CheckpointBookTest, EveryCheckpointIsKeptAndExtendsTheOnesBefore) {
  // Across full tiles, and more than one at once.
  for (const int count : {1, 3, 252, 1, 300, 200}) {
    Append(count);
    ASSERT_THAT(book_->SignHead(), IsOk());
  }
  const auto again = book_->SignHead();
  ASSERT_THAT(again, IsOk());
  EXPECT_FALSE(again->has_value());

  const auto all = book_->List(0, 100);
  ASSERT_THAT(all, IsOk());
  ASSERT_THAT(*all, SizeIs(6));
  const std::vector<crypto::NoteVerifierKey> known = {book_->verifier_key()};
  for (std::size_t i = 0; i < all->size(); ++i) {
    const auto opened = crypto::OpenCheckpoint(crypto::FormatNote((*all)[i].note), known, 0);
    ASSERT_THAT(opened, IsOk());
    EXPECT_EQ(opened->checkpoint, (*all)[i].checkpoint);
    for (std::size_t k = 0; k < i; ++k) {
      const crypto::Checkpoint& a = (*all)[k].checkpoint;
      const crypto::Checkpoint& b = (*all)[i].checkpoint;
      const auto proof =
          crypto::BuildConsistencyProof(a.size, b.size, state_.ledger().SubtreeReader());
      ASSERT_THAT(proof, IsOk());
      EXPECT_THAT(crypto::VerifyConsistency(a.size, b.size, a.root, b.root, *proof), IsOk());
    }
  }
  EXPECT_EQ(book_->Latest()->checkpoint.size, 757U);
  EXPECT_EQ(book_->Latest()->checkpoint.root, state_.ledger().Head().root);
  EXPECT_THAT(*book_->List(256, 2), SizeIs(2));
}

TEST_F(CheckpointBookTest, GoesOnAfterAPowerCut) {
  Append(5);
  ASSERT_THAT(book_->SignHead(), IsOk());
  book_.reset();
  state_.Reopen();
  OpenBook();

  EXPECT_EQ(book_->Latest()->checkpoint.size, 5U);
  Append(2);
  ASSERT_THAT(book_->SignHead(), IsOk());
  EXPECT_EQ(book_->Latest()->checkpoint.size, 7U);
}

TEST_F(CheckpointBookTest, AnotherKeyIsRefused) {
  Append(1);
  ASSERT_THAT(book_->SignHead(), IsOk());
  const crypto::SigningKey other = crypto::SigningKey::Generate(state_.random());

  EXPECT_THAT(CheckpointBook::Open(state_.store(), state_.ledger(), state_.clock(), other).status(),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("keys/log.pem")));
}

TEST_F(CheckpointBookTest, ACheckpointOfMoreThanThereIsIsARollback) {
  Append(3);
  const crypto::Checkpoint more{
      .origin = testing::kTestOrigin, .size = 4, .root = state_.ledger().Head().root};
  const auto note = crypto::SignCheckpoint(more, key_);
  ASSERT_THAT(note, IsOk());
  Overwrite(store::StoreKey(kCheckpointTable).U64(4).Build(), crypto::FormatNote(*note));

  const auto opened = CheckpointBook::Open(state_.store(), state_.ledger(), state_.clock(), key_);
  EXPECT_TRUE(store::IsRollbackDetected(opened.status())) << opened.status();
}

TEST_F(CheckpointBookTest, CosignaturesAreAddedAndRenewed) {
  Append(2);
  ASSERT_THAT(book_->SignHead(), IsOk());
  const crypto::SigningKey witness = crypto::SigningKey::Generate(state_.random());
  for (const std::int64_t at : {100, 200}) {
    const auto line =
        crypto::CosignNoteText(book_->Latest()->note.text, "w.test/witness", witness, at);
    ASSERT_THAT(line, IsOk());
    ASSERT_THAT(book_->AddCosignatures(2, std::vector{*line}), IsOk());
  }
  EXPECT_THAT(book_->AddCosignatures(1, {}), StatusIs(StatusCode::kNotFound));

  const auto key = crypto::MakeVerifierKey("w.test/witness", crypto::NoteKeyType::kCosignature,
                                           witness.verifying_key());
  const std::vector<crypto::NoteVerifierKey> known = {book_->verifier_key(), *key};
  const auto opened =
      crypto::OpenCheckpoint(crypto::FormatNote(book_->Latest()->note), known, 1'000);
  ASSERT_THAT(opened, IsOk());
  ASSERT_THAT(opened->cosigners, SizeIs(1));
  EXPECT_EQ(opened->cosigners[0].unix_s, 200);
  EXPECT_THAT(book_->Latest()->note.signatures, SizeIs(2));
}

// One bit of anything that the new checkpoint rests on: nothing is signed, the store takes no more
// writes, and the last entry is the alarm.
TEST(CheckpointBookFaultTest, AFlippedBitIsNeverSigned) {
  constexpr int kRounds = 80;
  int detected = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::mt19937_64 random(static_cast<std::uint64_t>(round));
    ScratchState state;
    const crypto::SigningKey key = crypto::SigningKey::Generate(state.random());
    auto book = CheckpointBook::Open(state.store(), state.ledger(), state.clock(), key);
    ASSERT_THAT(book, IsOk());
    const auto append = [&](std::uint64_t count) {
      for (std::uint64_t i = 0; i < count; ++i) {
        ASSERT_THAT(state.ledger().Append({.kind = records::EntryKind::kSubmit, .outcome = "OK"}),
                    IsOk());
      }
    };
    append(1 + random() % 300);
    ASSERT_THAT((*book)->SignHead(), IsOk());
    const std::uint64_t signed_size = (*book)->Latest()->checkpoint.size;
    append(1 + random() % 300);
    // Entries and leaves of what is new; hashes over full tiles wherever they are.
    const std::uint64_t size = state.ledger().Head().size;
    std::vector<std::string> keys;
    for (std::uint64_t i = signed_size; i < size; ++i) {
      keys.push_back(store::StoreKey(kEntryTable).U64(i).Build());
      keys.push_back(store::StoreKey(kLeafTable).U64(i).Build());
    }
    for (std::uint64_t tile = 0; tile < size / 256; ++tile) {
      keys.push_back(store::StoreKey(kSubtreeTable).U64(1).U64(tile).Build());
    }
    // A third of the rounds each.
    const std::size_t pick = round % 3 == 2 && size >= 256
                                 ? keys.size() - 1
                                 : (random() % (size - signed_size)) * 2 + (round % 3 == 1 ? 1 : 0);
    auto value = state.store().Get(keys[pick]);
    ASSERT_THAT(value, IsOk());
    std::string damaged = **value;
    damaged[random() % damaged.size()] ^= static_cast<char>(1 << (random() % 8));
    store::WriteRequest request;
    request.mutations.Put(keys[pick], std::move(damaged));
    ASSERT_THAT(state.store().Commit(std::move(request)), IsOk());

    const auto published = (*book)->SignHead();
    if (published.status().code() == StatusCode::kDataLoss) ++detected;
    EXPECT_EQ((*book)->Latest()->checkpoint.size, signed_size) << round;
    EXPECT_THAT(state.store().health(), StatusIs(StatusCode::kUnavailable));
    const auto last = state.ledger().Read(state.ledger().Head().size - 1);
    ASSERT_THAT(last, IsOk());
    EXPECT_EQ(last->entry.draft.outcome, "CHECKPOINT_REFUSED");
  }
  std::printf("bit flips before signing: injected %d, detected %d, undetected %d\n", kRounds,
              detected, kRounds - detected);
  EXPECT_EQ(detected, kRounds);
}

}  // namespace
}  // namespace proofmark::ledger
