// SPDX-License-Identifier: Apache-2.0
#include "server/ledger/witness_book.h"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::ledger {
namespace {

using crypto::AddCheckpointStatus;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kStateFolder;
using ::proofmark::testing::ScratchState;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kCopies[] = "/witnessed";
constexpr char kOrigin[] = "south.test/proofmark/n1/log";

// A log in memory, of which a witness is asked.
class Log {
 public:
  explicit Log(base::Random& random) : key_(crypto::SigningKey::Generate(random)) {}

  void Grow(std::uint64_t size) {
    while (leaves_.size() < size)
      leaves_.push_back(crypto::LeafHash(std::to_string(leaves_.size())));
  }
  // Another entry in the place of one.
  void Rewrite(std::size_t index) { leaves_[index] = crypto::LeafHash("another"); }
  // The body that asks to cosign the first `size` leaves.
  std::string Ask(std::uint64_t old, std::uint64_t size) const {
    const crypto::HashReader read = crypto::ReadLeaves(leaves_);
    std::vector<crypto::Sha256Digest> proof;
    if (old > 0 && old <= size) proof = *crypto::BuildConsistencyProof(old, size, read);
    const auto note = crypto::SignCheckpoint(
        {.origin = kOrigin, .size = size, .root = *crypto::RootFrom(size, read)}, key_);
    EXPECT_THAT(note, IsOk());
    return *crypto::FormatAddCheckpoint(old, proof, *note);
  }
  crypto::NoteVerifierKey verifier_key() const {
    return *crypto::MakeVerifierKey(kOrigin, crypto::NoteKeyType::kNote, key_.verifying_key());
  }

 private:
  crypto::SigningKey key_;
  std::vector<crypto::Sha256Digest> leaves_;
};

class WitnessBookTest : public ::testing::Test {
 protected:
  WitnessBookTest() : key_(crypto::SigningKey::Generate(state_.random())), log_(state_.random()) {
    OpenBook();
  }
  void OpenBook() {
    MakeBook();
    ASSERT_THAT(book_->Recover(), IsOk());
  }
  void MakeBook() {
    auto copies = store::DerivedFiles::Open(state_.disk(), kCopies);
    ASSERT_THAT(copies, IsOk());
    copies_ = *std::move(copies);
    auto book = WitnessBook::Create(
        state_.store(), state_.ledger(), *copies_, state_.clock(), key_,
        {.name = "north.test/proofmark/n1/witness",
         .origins = {{log_.verifier_key(), "spiffe://south.test/proofmark/node/n1"}},
         .told = {"south.test", "west.test", "east.test"}});
    ASSERT_THAT(book, IsOk());
    book_ = *std::move(book);
  }
  WitnessBook::Answer Ask(const std::string& body) {
    auto answer = book_->AddCheckpoint(body);
    EXPECT_THAT(answer, IsOk());
    return *answer;
  }
  std::uint64_t CosignedSize() {
    const auto note = book_->Cosigned(kOrigin);
    EXPECT_THAT(note, IsOk());
    if (!note->has_value()) return 0;
    return crypto::ParseCheckpointBody(crypto::ParseNote(**note)->text)->size;
  }
  void Reopen() {
    book_.reset();
    copies_.reset();
    state_.Reopen();
  }
  // What LevelDB does not notice: everything since it was opened is gone.
  void LoseTheNewestLog() {
    std::string newest;
    for (const std::string& path : state_.disk().FilesUnder(kStateFolder)) {
      if (path.ends_with(".log")) newest = std::max(newest, path);
    }
    ASSERT_FALSE(newest.empty());
    state_.disk().Destroy(newest);
    Reopen();
  }
  std::string CopyPath() {
    const std::vector<std::string> files = state_.disk().FilesUnder(kCopies);
    EXPECT_THAT(files, SizeIs(1));
    return files.empty() ? "" : files.front();
  }

  ScratchState state_;
  crypto::SigningKey key_;
  Log log_;
  std::unique_ptr<store::DerivedFiles> copies_;
  std::unique_ptr<WitnessBook> book_;
};

TEST_F(WitnessBookTest, CosignsWhatExtendsAndKeepsItThroughAPowerCut) {
  log_.Grow(700);
  EXPECT_EQ(Ask(log_.Ask(0, 3)).status, AddCheckpointStatus::kOk);
  EXPECT_EQ(Ask(log_.Ask(3, 600)).status, AddCheckpointStatus::kOk);
  Reopen();
  OpenBook();

  EXPECT_EQ(CosignedSize(), 600U);
  const WitnessBook::Answer stale = Ask(log_.Ask(3, 700));
  EXPECT_EQ(stale.status, AddCheckpointStatus::kConflict);
  EXPECT_EQ(stale.body, "600\n");
  EXPECT_EQ(Ask(log_.Ask(600, 700)).status, AddCheckpointStatus::kOk);
  // What it shows bears both signatures.
  const std::vector<crypto::NoteVerifierKey> known = {log_.verifier_key(), book_->verifier_key()};
  const auto shown =
      crypto::OpenCheckpoint(**book_->Cosigned(kOrigin), known, state_.clock().UnixMillis() / 1000);
  ASSERT_THAT(shown, IsOk());
  EXPECT_THAT(shown->cosigners, SizeIs(1));
  EXPECT_THAT(EntriesOf(state_.ledger(), records::EntryKind::kWitness), SizeIs(1));
}

TEST_F(WitnessBookTest, RemembersWhatTheDatabaseLost) {
  log_.Grow(700);
  EXPECT_EQ(Ask(log_.Ask(0, 3)).status, AddCheckpointStatus::kOk);
  Reopen();
  OpenBook();
  const std::uint64_t entries = state_.ledger().Head().size;
  // No entry tells of it, so no high-water mark guards it.
  EXPECT_EQ(Ask(log_.Ask(3, 600)).status, AddCheckpointStatus::kOk);
  ASSERT_EQ(state_.ledger().Head().size, entries);

  LoseTheNewestLog();
  MakeBook();
  ASSERT_EQ(CosignedSize(), 3U) << "the database lost nothing";
  ASSERT_THAT(book_->Recover(), IsOk());
  EXPECT_EQ(CosignedSize(), 600U);
  EXPECT_EQ(Ask(log_.Ask(3, 5)).status, AddCheckpointStatus::kConflict);
  const auto alarms = EntriesOf(state_.ledger(), records::EntryKind::kAlarm);
  ASSERT_THAT(alarms, SizeIs(1));
  EXPECT_EQ(alarms[0].draft.outcome, "WITNESS_STATE_RESTORED");
  EXPECT_EQ(alarms[0].draft.peer, "spiffe://south.test/proofmark/node/n1");
  EXPECT_EQ(alarms[0].draft.count, 600U);

  // Once: the next start finds both alike.
  Reopen();
  OpenBook();
  EXPECT_EQ(CosignedSize(), 600U);
  EXPECT_THAT(EntriesOf(state_.ledger(), records::EntryKind::kAlarm), SizeIs(1));
}

TEST_F(WitnessBookTest, MakesAMissingCopyAndRefusesADamagedOne) {
  log_.Grow(9);
  EXPECT_EQ(Ask(log_.Ask(0, 9)).status, AddCheckpointStatus::kOk);
  const std::string path = CopyPath();
  const std::string copy = state_.disk().Contents(path);
  state_.disk().Destroy(path);
  Reopen();
  OpenBook();
  EXPECT_EQ(state_.disk().Contents(path), copy);

  for (std::size_t at = 0; at < copy.size(); at += 37) {
    state_.disk().Damage(path, [&](std::string& bytes) { bytes[at] ^= 4; });
    Reopen();
    MakeBook();
    EXPECT_THAT(book_->Recover(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("witnessed/")))
        << at;
    state_.disk().Damage(path, [&](std::string& bytes) { bytes[at] ^= 4; });
  }
}

// Whatever write fails, nothing is cosigned that a later start would not know.
TEST_F(WitnessBookTest, CosignsNothingThatIsNotKeptTwice) {
  std::uint64_t size = 3;
  log_.Grow(400);
  EXPECT_EQ(Ask(log_.Ask(0, size)).status, AddCheckpointStatus::kOk);
  Reopen();
  OpenBook();
  int failures = 0;
  for (const auto fault : {SimDisk::Fault::kError, SimDisk::Fault::kCrash}) {
    for (std::int64_t point = 1;; ++point) {
      const std::uint64_t next = size + 1;
      state_.disk().FailAt(point, fault);
      const auto answer = book_->AddCheckpoint(log_.Ask(size, next));
      const bool faulted = state_.disk().faulted();
      LoseTheNewestLog();
      OpenBook();
      Reopen();  // What was recovered leaves the newest log: the next loss must not take it.
      OpenBook();
      if (answer.ok()) {
        EXPECT_EQ(CosignedSize(), next);
      } else {
        EXPECT_THAT(answer, StatusIs(absl::StatusCode::kUnavailable));
        ++failures;
      }
      size = CosignedSize();
      if (!faulted) break;
    }
  }
  EXPECT_GE(failures, 8);
}

TEST_F(WitnessBookTest, KnowsNoOtherLog) {
  Log other(state_.random());
  other.Grow(2);
  EXPECT_EQ(Ask(other.Ask(0, 2)).status, AddCheckpointStatus::kForbidden);
  EXPECT_EQ(Ask("rubbish").status, AddCheckpointStatus::kBadRequest);
  EXPECT_EQ(CosignedSize(), 0U);
}

TEST_F(WitnessBookTest, AForkIsRefusedKeptAndAlarmed) {
  log_.Grow(10);
  ASSERT_EQ(Ask(log_.Ask(0, 10)).status, AddCheckpointStatus::kOk);
  const std::string cosigned = **book_->Cosigned(kOrigin);
  log_.Rewrite(4);
  const std::string contradiction = log_.Ask(10, 10);

  EXPECT_EQ(Ask(contradiction).status, AddCheckpointStatus::kUnprocessable);
  EXPECT_EQ(Ask(contradiction).status, AddCheckpointStatus::kUnprocessable);

  EXPECT_EQ(CosignedSize(), 10U);
  EXPECT_TRUE(*book_->IsForked("spiffe://south.test/proofmark/node/n1"));
  EXPECT_FALSE(*book_->IsForked("spiffe://south.test/proofmark/node/n2"));
  const auto forks = book_->Forks();
  ASSERT_THAT(forks, IsOk());
  ASSERT_THAT(*forks, SizeIs(1));  // The same evidence once.
  EXPECT_EQ((*forks)[0].cosigned_note, cosigned);
  EXPECT_EQ((*forks)[0].request, contradiction);
  const auto alarms = EntriesOf(state_.ledger(), records::EntryKind::kAlarm);
  ASSERT_THAT(alarms, SizeIs(1));
  EXPECT_EQ(alarms[0].draft.outcome, "FORK_PROVEN");
  EXPECT_EQ(alarms[0].draft.peer, "spiffe://south.test/proofmark/node/n1");
}

TEST_F(WitnessBookTest, AProvenForkWaitsToBeToldToEveryOtherPartner) {
  log_.Grow(10);
  ASSERT_EQ(Ask(log_.Ask(0, 10)).status, AddCheckpointStatus::kOk);
  log_.Grow(12);
  log_.Rewrite(4);
  // A proof that fails shows nothing to anybody else.
  EXPECT_EQ(Ask(log_.Ask(10, 12)).status, AddCheckpointStatus::kUnprocessable);
  EXPECT_THAT(*book_->ReportsWaiting(), SizeIs(0));
  EXPECT_FALSE(*book_->IsForked("spiffe://south.test/proofmark/node/n1"));
  EXPECT_EQ(Ask(log_.Ask(10, 10)).status, AddCheckpointStatus::kUnprocessable);
  state_.Reopen();
  OpenBook();

  const auto waiting = book_->ReportsWaiting();

  ASSERT_THAT(waiting, IsOk());
  ASSERT_THAT(*waiting, SizeIs(2));  // Not to the one it is about.
  EXPECT_EQ((*waiting)[0].partner, "west.test");
  EXPECT_EQ((*waiting)[1].partner, "east.test");
  ASSERT_THAT(book_->ForgetReport((*waiting)[0]), IsOk());
  EXPECT_THAT(*book_->ReportsWaiting(), SizeIs(1));
}

TEST_F(WitnessBookTest, WhatIsReportedCountsOnlyIfItIsProof) {
  log_.Grow(10);
  const auto note = [&](std::uint64_t size) {
    const std::string body = log_.Ask(0, size);
    return body.substr(body.find("\n\n") + 2);
  };
  const std::string ten = note(10);
  const std::string nine = note(9);
  log_.Rewrite(4);
  const std::string other_ten = note(10);
  Log stranger(state_.random());
  stranger.Grow(10);
  const std::string forged_body = stranger.Ask(0, 10);
  const std::string forged = forged_body.substr(forged_body.find("\n\n") + 2);
  const auto report = [&](const std::string& first, const std::string& second) {
    return book_->TakeReport(first, second).code();
  };

  EXPECT_EQ(report(ten, ten), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(report(ten, nine), absl::StatusCode::kInvalidArgument);    // Of other sizes.
  EXPECT_EQ(report(ten, forged), absl::StatusCode::kInvalidArgument);  // Another key.
  EXPECT_EQ(report(forged, ten), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(report("rubbish", ten), absl::StatusCode::kInvalidArgument);
  std::string flipped = other_ten;
  flipped[flipped.size() - 10] ^= 1;
  EXPECT_NE(report(ten, flipped), absl::StatusCode::kOk);
  EXPECT_THAT(*book_->Forks(), SizeIs(0));
  EXPECT_THAT(EntriesOf(state_.ledger(), records::EntryKind::kAlarm), SizeIs(0));

  EXPECT_EQ(report(ten, other_ten), absl::StatusCode::kOk);
  EXPECT_EQ(report(other_ten, ten), absl::StatusCode::kOk);  // The same, from another witness.
  EXPECT_THAT(*book_->Forks(), SizeIs(1));
  const auto alarms = EntriesOf(state_.ledger(), records::EntryKind::kAlarm);
  ASSERT_THAT(alarms, SizeIs(1));
  EXPECT_EQ(alarms[0].draft.outcome, "FORK_PROVEN:REPORTED");
  EXPECT_THAT(*book_->ReportsWaiting(), SizeIs(2));
}

TEST_F(WitnessBookTest, AReportAboutALedgerNotWitnessedHereIsNotKept) {
  const auto body = [&](const char* leaf) {
    crypto::SigningKey key = crypto::SigningKey::Generate(state_.random());
    return crypto::FormatNote(*crypto::SignCheckpoint(
        {.origin = "else.test/proofmark/n1/log", .size = 1, .root = crypto::LeafHash(leaf)}, key));
  };

  EXPECT_EQ(book_->TakeReport(body("a"), body("b")).code(), absl::StatusCode::kNotFound);
}

// Whatever order they come in, what was cosigned only ever grows. Each thread does as a log does:
// told that another size was cosigned last, it goes on from there.
TEST_F(WitnessBookTest, RacingRequestsNeverRollBack) {
  constexpr std::uint64_t kLargest = 400;
  log_.Grow(kLargest);
  ASSERT_EQ(Ask(log_.Ask(0, 1)).status, AddCheckpointStatus::kOk);
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::uint64_t old = 1;
      for (std::uint64_t size = kLargest % 7 + 7 * t; size <= kLargest; size += 7) {
        while (old < size) {
          const auto answer = book_->AddCheckpoint(log_.Ask(old, size));
          ASSERT_THAT(answer, IsOk());
          if (answer->status == AddCheckpointStatus::kOk) {
            old = size;
            continue;
          }
          ASSERT_EQ(answer->status, AddCheckpointStatus::kConflict) << answer->body;
          const std::uint64_t cosigned = std::stoull(answer->body);
          ASSERT_EQ(answer->body, std::to_string(cosigned) + "\n");
          ASSERT_GT(cosigned, old);  // It never rolls back, and every conflict is news.
          old = cosigned;
        }
        EXPECT_GE(CosignedSize(), size);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(CosignedSize(), kLargest);
  EXPECT_THAT(*book_->Forks(), SizeIs(0));
}

}  // namespace
}  // namespace proofmark::ledger
