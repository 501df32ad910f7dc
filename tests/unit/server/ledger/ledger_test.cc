// SPDX-License-Identifier: Apache-2.0
#include "server/ledger/ledger.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/ledger/tables.h"
#include "server/store/keys.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::ledger {
namespace {

using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::OpenStore;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr store::Table kData{0x30};

std::string DataKey(std::uint64_t number) { return store::StoreKey(kData).U64(number).Build(); }

records::EntryDraft DraftOf(records::EntryKind kind, std::string peer = "") {
  records::EntryDraft draft;
  draft.kind = kind;
  draft.peer = std::move(peer);
  draft.outcome = "ok";
  return draft;
}

class LedgerTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(Open(), IsOk()); }

  absl::Status Open() {
    Close();
    absl::StatusOr<std::unique_ptr<store::Store>> opened = OpenStore(disk_, random_);
    if (!opened.ok()) return opened.status();
    store_ = *std::move(opened);
    absl::StatusOr<std::unique_ptr<Ledger>> ledger =
        Ledger::Open(*store_, clock_,
                     {.origin = "kripo.example/proofmark/a1/log",
                      .node_name = "spiffe://kripo.example/proofmark/node/a1"});
    if (!ledger.ok()) return ledger.status();
    ledger_ = *std::move(ledger);
    return absl::OkStatus();
  }
  void Close() {
    ledger_.reset();
    store_.reset();
  }

  Receipt Append(records::EntryKind kind, std::string peer = "") {
    absl::StatusOr<Receipt> receipt = ledger_->Append(DraftOf(kind, std::move(peer)));
    EXPECT_THAT(receipt, IsOk());
    return receipt.ok() ? *receipt : Receipt{};
  }

  std::vector<std::uint64_t> NewestFirst(const EntryFilter& filter, std::int64_t limit,
                                         std::optional<std::uint64_t> before = std::nullopt) {
    const auto entries = ledger_->ReadNewestFirst(filter, limit, before);
    EXPECT_THAT(entries, IsOk());
    std::vector<std::uint64_t> indices;
    for (const StoredEntry& entry : *entries) indices.push_back(entry.entry.seq);
    return indices;
  }

  // Behind the ledger's back, as a damaged database would have it.
  void Overwrite(const std::string& key, std::optional<std::string> value) {
    store::WriteRequest request;
    if (value) {
      request.mutations.Put(key, *value);
    } else {
      request.mutations.Delete(key);
    }
    ASSERT_THAT(store_->Commit(std::move(request)), IsOk());
  }

  SimDisk disk_;
  SeededRandom random_{1};
  FakeClock clock_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(LedgerTest, IsEmptyAtFirst) {
  EXPECT_EQ(ledger_->Head(), (TreeHead{.size = 0, .root = crypto::EmptyRoot()}));
  EXPECT_THAT(ledger_->Read(0), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(ledger_->VerifyAll(), IsOk());
}

TEST_F(LedgerTest, AReceiptNamesTheEntryAsItIsRead) {
  Append(records::EntryKind::kStart);
  clock_.AdvanceMillis(5);

  const Receipt receipt = Append(records::EntryKind::kSubmit);

  EXPECT_EQ(receipt.origin, "kripo.example/proofmark/a1/log");
  EXPECT_EQ(receipt.index, 1u);
  const absl::StatusOr<StoredEntry> read = ledger_->Read(1);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->leaf_hash, receipt.leaf_hash);
  EXPECT_EQ(crypto::LeafHash(read->bytes), receipt.leaf_hash);
  EXPECT_EQ(read->entry.seq, 1u);
  EXPECT_EQ(read->entry.unix_ms, clock_.UnixMillis());
  EXPECT_EQ(read->entry.node, "spiffe://kripo.example/proofmark/node/a1");
  EXPECT_EQ(read->entry.draft, DraftOf(records::EntryKind::kSubmit));
}

TEST_F(LedgerTest, TheHeadIsTheTreeOfTheReceipts) {
  crypto::Frontier tree;
  for (int i = 0; i < 9; ++i) tree.Append(Append(records::EntryKind::kSubmit).leaf_hash);

  EXPECT_EQ(ledger_->Head(), (TreeHead{.size = 9, .root = tree.Root()}));
  EXPECT_EQ(*ledger_->VerifyAll(), ledger_->Head());
  const auto leaves = ledger_->LeafHashes(2, 5);
  ASSERT_THAT(leaves, IsOk());
  EXPECT_EQ(leaves->size(), 5u);
  EXPECT_EQ(leaves->front(), ledger_->Read(2)->leaf_hash);
}

TEST_F(LedgerTest, GoesOnAfterAPowerCut) {
  for (int i = 0; i < 5; ++i) Append(records::EntryKind::kSubmit);
  const TreeHead head = ledger_->Head();
  Close();
  disk_.Reboot();

  ASSERT_THAT(Open(), IsOk());

  EXPECT_EQ(ledger_->Head(), head);
  EXPECT_EQ(Append(records::EntryKind::kStop).index, 5u);
  EXPECT_THAT(ledger_->VerifyAll(), IsOk());
}

TEST_F(LedgerTest, WritesDataAndEntryTogether) {
  store::WriteRequest data;
  data.mutations.Put(DataKey(1), "row");

  const auto receipt = ledger_->Append(DraftOf(records::EntryKind::kSubmit), std::move(data),
                                       [](const Receipt& r, store::Mutations& mutations) {
                                         mutations.Put(DataKey(2), std::to_string(r.index));
                                         return absl::OkStatus();
                                       });

  ASSERT_THAT(receipt, IsOk());
  EXPECT_EQ(**store_->Get(DataKey(1)), "row");
  EXPECT_EQ(**store_->Get(DataKey(2)), "0");
}

TEST_F(LedgerTest, ARefusedAppendTakesNoIndex) {
  store::WriteRequest taken;
  taken.preconditions.push_back({.key = DataKey(1), .value = "something"});

  EXPECT_THAT(ledger_->Append(DraftOf(records::EntryKind::kSubmit), std::move(taken)),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(ledger_->Append(DraftOf(records::EntryKind::kSubmit), {},
                              [](const Receipt&, store::Mutations&) {
                                return absl::ResourceExhaustedError("budget");
                              }),
              StatusIs(absl::StatusCode::kResourceExhausted));
  records::EntryDraft bad = DraftOf(records::EntryKind::kSubmit);
  bad.outcome = "not a code";
  EXPECT_THAT(ledger_->Append(bad),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("outcome")));

  EXPECT_EQ(ledger_->Head().size, 0u);
  EXPECT_EQ(Append(records::EntryKind::kSubmit).index, 0u);
  EXPECT_THAT(ledger_->VerifyAll(), IsOk());
}

TEST_F(LedgerTest, ReadsARange) {
  for (int i = 0; i < 5; ++i) Append(records::EntryKind::kSubmit);

  EXPECT_EQ(ledger_->ReadRange(1, 3)->size(), 3u);
  EXPECT_EQ(ledger_->ReadRange(3, 10)->size(), 2u);
  EXPECT_EQ(ledger_->ReadRange(3, 10)->front().entry.seq, 3u);
  EXPECT_TRUE(ledger_->ReadRange(5, 10)->empty());
  EXPECT_TRUE(ledger_->ReadRange(0, 0)->empty());
  EXPECT_THAT(ledger_->ReadRange(0, -1), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ledger_->ReadRange(0, kReadEntriesMax + 1),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ledger_->LeafHashes(0, 6), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ledger_->LeafHashes(6, 0), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(LedgerTest, ReadsNewestFirstWithFilters) {
  const std::int64_t start = clock_.UnixMillis();
  for (int i = 0; i < 6; ++i) {  // Times start, start + 10, ...
    Append(i % 2 == 0 ? records::EntryKind::kSubmit : records::EntryKind::kQueryIn,
           i % 3 == 0 ? "spiffe://x.example/proofmark/node/x" : "");
    clock_.AdvanceMillis(10);
  }

  EXPECT_THAT(NewestFirst({}, 10), ElementsAre(5, 4, 3, 2, 1, 0));
  EXPECT_THAT(NewestFirst({}, 2), ElementsAre(5, 4));
  EXPECT_THAT(NewestFirst({}, 2, 4), ElementsAre(3, 2));
  EXPECT_THAT(NewestFirst({}, 2, 100), ElementsAre(5, 4));
  EXPECT_THAT(NewestFirst({}, 2, 0), ElementsAre());
  EXPECT_THAT(NewestFirst({.kind = records::EntryKind::kSubmit}, 10), ElementsAre(4, 2, 0));
  EXPECT_THAT(NewestFirst({.peer = "spiffe://x.example/proofmark/node/x"}, 10), ElementsAre(3, 0));
  EXPECT_THAT(NewestFirst({.unix_ms_min = start + 10, .unix_ms_max = start + 30}, 10),
              ElementsAre(3, 2, 1));
  EXPECT_THAT(ledger_->ReadNewestFirst({}, 0), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ledger_->ReadNewestFirst({}, kReadEntriesMax + 1),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(EntryFilterTest, ChoosesByPurposeCaseAndOutcome) {
  const std::string commitment = "0123456789abcdef" + std::string(48, '0');
  const records::LedgerEntry entry{.draft = {.kind = records::EntryKind::kQueryIn,
                                             .purpose = "HOMICIDE",
                                             .case_commitment = commitment,
                                             .outcome = "REFUSED:QUALITY"}};
  EXPECT_TRUE(EntryFilter{.purpose = "HOMICIDE"}.Matches(entry));
  EXPECT_FALSE(EntryFilter{.purpose = "HOMI"}.Matches(entry));
  EXPECT_TRUE(EntryFilter{.case_prefix = "01234567"}.Matches(entry));
  EXPECT_TRUE(EntryFilter{.case_prefix = commitment}.Matches(entry));
  EXPECT_FALSE(EntryFilter{.case_prefix = "11234567"}.Matches(entry));
  EXPECT_TRUE(EntryFilter{.outcome = "REFUSED"}.Matches(entry));
  EXPECT_TRUE(EntryFilter{.outcome = "REFUSED:QUALITY"}.Matches(entry));
  EXPECT_FALSE(EntryFilter{.outcome = "REF"}.Matches(entry));
}

// ---- Damage ----

TEST_F(LedgerTest, AChangedEntryIsDataLoss) {
  for (int i = 0; i < 3; ++i) Append(records::EntryKind::kSubmit);
  std::string bytes = ledger_->Read(1)->bytes;
  bytes.replace(bytes.find("outcome ok"), 10, "outcome no");
  Overwrite(store::StoreKey(kEntryTable).U64(1).Build(), bytes);

  EXPECT_THAT(ledger_->Read(1), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("entry 1")));
  EXPECT_THAT(ledger_->VerifyAll(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("entry 1")));
}

TEST_F(LedgerTest, AMissingEntryIsDataLoss) {
  for (int i = 0; i < 3; ++i) Append(records::EntryKind::kSubmit);
  Overwrite(store::StoreKey(kEntryTable).U64(1).Build(), std::nullopt);

  EXPECT_THAT(ledger_->Read(1), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ledger_->VerifyAll(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("row 1")));
}

// An entry and its leaf changed together still do not make the root.
TEST_F(LedgerTest, AnEntryChangedWithItsLeafIsFoundByTheTree) {
  for (int i = 0; i < 3; ++i) Append(records::EntryKind::kSubmit);
  std::string bytes = ledger_->Read(1)->bytes;
  bytes.replace(bytes.find("outcome ok"), 10, "outcome no");
  Overwrite(store::StoreKey(kEntryTable).U64(1).Build(), bytes);
  Overwrite(store::StoreKey(kLeafTable).U64(1).Build(),
            std::string(crypto::AsText(crypto::LeafHash(bytes))));

  EXPECT_THAT(ledger_->VerifyAll(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("root")));
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("stored tree")));
}

TEST_F(LedgerTest, AMissingLeafIsDataLossAtOpen) {
  for (int i = 0; i < 3; ++i) Append(records::EntryKind::kSubmit);
  Overwrite(store::StoreKey(kLeafTable).U64(0).Build(), std::nullopt);

  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("row 0")));
}

// ---- Rollback ----

class RollbackTest : public LedgerTest {
 protected:
  std::string NewestLog() {
    std::string newest;
    for (const std::string& path : disk_.FilesUnder("/node/db")) {
      if (path.ends_with(".log") && path > newest) newest = path;
    }
    return newest;
  }
};

// LevelDB itself opens cleanly without the end of its newest log.
TEST_F(RollbackTest, ATruncatedLogIsDetected) {
  for (int i = 0; i < 5; ++i) Append(records::EntryKind::kSubmit);
  Close();
  disk_.Damage(NewestLog(), [](std::string& bytes) { bytes.resize(bytes.size() * 3 / 4); });

  const absl::Status status = Open();

  EXPECT_TRUE(store::IsRollbackDetected(status)) << status;
}

TEST_F(RollbackTest, ADeletedLogIsDetected) {
  Append(records::EntryKind::kSubmit);
  ASSERT_THAT(Open(), IsOk());
  for (int i = 0; i < 5; ++i) Append(records::EntryKind::kSubmit);
  Close();
  disk_.Destroy(NewestLog());

  const absl::Status status = Open();

  EXPECT_TRUE(store::IsRollbackDetected(status)) << status;
}

TEST_F(RollbackTest, ADeletedDatabaseIsDetected) {
  Append(records::EntryKind::kSubmit);
  Close();
  for (const std::string& path : disk_.FilesUnder("/node/db")) disk_.Destroy(path);

  const absl::Status status = Open();

  EXPECT_TRUE(store::IsRollbackDetected(status)) << status;
}

TEST_F(RollbackTest, AMissingMarkIsDetected) {
  Append(records::EntryKind::kSubmit);
  Close();
  disk_.Destroy("/node/high-water");

  const absl::Status status = Open();

  EXPECT_TRUE(store::IsRollbackDetected(status)) << status;
}

// The mark of another history of the same length.
TEST_F(RollbackTest, AnInconsistentTreeIsDetected) {
  for (int i = 0; i < 3; ++i) Append(records::EntryKind::kSubmit);
  Close();
  SimDisk other;
  clock_.AdvanceMillis(1000);
  const std::string mark = disk_.Contents("/node/high-water");
  {
    std::unique_ptr<store::Store> opened = *OpenStore(other, random_);
    std::unique_ptr<Ledger> ledger = *Ledger::Open(
        *opened, clock_, {.origin = "o", .node_name = "spiffe://kripo.example/proofmark/node/a1"});
    for (int i = 0; i < 3; ++i)
      ASSERT_THAT(ledger->Append(DraftOf(records::EntryKind::kSubmit)), IsOk());
  }
  other.Damage("/node/high-water", [&](std::string& bytes) { bytes = mark; });

  std::unique_ptr<store::Store> opened = *OpenStore(other, random_);
  const absl::Status status =
      Ledger::Open(*opened, clock_,
                   {.origin = "o", .node_name = "spiffe://kripo.example/proofmark/node/a1"})
          .status();

  EXPECT_TRUE(store::IsRollbackDetected(status)) << status;
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("not those")));
}

// The batch is durable before the mark: a tree ahead of it is a crash, not a rollback.
TEST_F(RollbackTest, ATreeAheadOfTheMarkIsAccepted) {
  Append(records::EntryKind::kSubmit);
  Close();
  const std::string mark = disk_.Contents("/node/high-water");
  ASSERT_THAT(Open(), IsOk());
  Append(records::EntryKind::kSubmit);
  Close();
  disk_.Damage("/node/high-water", [&](std::string& bytes) { bytes = mark; });

  ASSERT_THAT(Open(), IsOk());
  EXPECT_EQ(ledger_->Head().size, 2u);
}

TEST(LedgerOptionsTest, RefusesAnOriginOrNodeNameThatCannotBeWritten) {
  SimDisk disk;
  SeededRandom random(1);
  FakeClock clock;
  std::unique_ptr<store::Store> opened = *OpenStore(disk, random);
  const std::string node = "spiffe://kripo.example/proofmark/node/a1";

  for (const std::string& origin :
       {std::string(), std::string("a b"), std::string("a+b"), std::string(513, 'o')}) {
    EXPECT_THAT(Ledger::Open(*opened, clock, {.origin = origin, .node_name = node}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("origin")));
  }
  EXPECT_THAT(Ledger::Open(*opened, clock, {.origin = "o", .node_name = "two words"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("node")));
}

}  // namespace
}  // namespace proofmark::ledger
