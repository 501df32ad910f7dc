// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/erasures.h"

#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/seal/sealer.h"
#include "proto/wire/stored.h"
#include "server/registry/tables.h"
#include "server/store/keys.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::AllBytes;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kStateFolder;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TwoAgencies;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const federation::Caller kAdministrator{crypto::StaffRole::kAdministrator, "admin-2"};

class ErasuresTest : public ::testing::Test {
 protected:
  ErasuresTest() {
    erased_id_ = two_.north.Submit(0, 0, "LABEL-ALPHA");  // Of case CASE-LABEL-ALPHA.
    kept_id_ = two_.north.Submit(1, 0, "LABEL-BETA");
  }
  node::Node& node() { return two_.north.node(); }
  std::string LabelOf(const std::string& id) {
    const auto stored = node().exhibits().Get(testing::kLab, id, false);
    EXPECT_THAT(stored, IsOk());
    return stored->identity ? stored->identity->label : "";
  }

  // The exhibit's sealed identity as an old disk has it.
  std::string SealedIdentityIn(const SimDisk::Image& image) {
    SimDisk disk;
    disk.Restore(image);
    testing::SeededRandom random(9);
    const auto store = store::Store::Open(kStateFolder, disk, random, two_.north.MasterKey(), {});
    EXPECT_THAT(store, IsOk());
    const auto row = (*store)->Get(
        store::StoreKey(registry::kExhibitTable).Bytes(*base::ParseHex(erased_id_)).Build());
    EXPECT_THAT(row, IsOk());
    const auto stored = wire::ParseStoredExhibit(erased_id_, **row);
    EXPECT_THAT(stored, IsOk());
    return stored->sealed_identity;
  }
  // Whether any key of a key file opens it (docs/formats/key-file.md).
  bool OpensWithAnyKeyOf(const std::string& key_file, const std::string& sealed) {
    constexpr std::size_t kHeader = 84, kRecord = 84, kId = 16;
    const crypto::SecretBytes master = two_.north.MasterKey();
    int keys = 0;
    bool opened = false;
    for (std::size_t at = kHeader; at + kRecord <= key_file.size(); at += kRecord) {
      auto key = crypto::UnwrapKey(master, key_file.substr(at, kId),
                                   key_file.substr(at + kId, crypto::kWrappedKeyBytes));
      EXPECT_THAT(key, IsOk());
      const auto sealer = crypto::Sealer::Create(*std::move(key));
      EXPECT_THAT(sealer, IsOk());
      ++keys;
      opened = opened || sealer->Open({.record = erased_id_, .field = "identity"}, sealed).ok();
    }
    EXPECT_GE(keys, 3);
    return opened;
  }

  TwoAgencies two_;
  std::string erased_id_, kept_id_;
};

TEST_F(ErasuresTest, ACaseIsErasedAndTheLedgerStillVerifies) {
  ASSERT_EQ(LabelOf(erased_id_), "LABEL-ALPHA");
  ASSERT_THAT(node().publishing().PublishNow(), IsOk());
  const crypto::Checkpoint before = node().checkpoints().Latest()->checkpoint;

  const auto erased =
      node().erasures().EraseCase(kAdministrator, "CASE-LABEL-ALPHA", "COURT_ORDER", false);

  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased->exhibits, 1);
  EXPECT_EQ(erased->cases, 1);
  ASSERT_TRUE(erased->receipt.has_value());
  EXPECT_EQ(LabelOf(erased_id_), "");
  EXPECT_EQ(LabelOf(kept_id_), "LABEL-BETA");
  const auto entries = EntriesOf(node().ledger(), records::EntryKind::kErase);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].draft.outcome, "COURT_ORDER");
  EXPECT_EQ(entries[0].draft.actor, "admin-2");
  // The same tree, and more.
  EXPECT_THAT(node().ledger().VerifyAll(), IsOk());
  ASSERT_THAT(node().publishing().PublishNow(), IsOk());
  const crypto::Checkpoint after = node().checkpoints().Latest()->checkpoint;
  const auto proof =
      crypto::BuildConsistencyProof(before.size, after.size, node().ledger().SubtreeReader());
  ASSERT_THAT(proof, IsOk());
  EXPECT_THAT(crypto::VerifyConsistency(before.size, after.size, before.root, after.root, *proof),
              IsOk());
  // Twice is nothing.
  EXPECT_THAT(node().erasures().EraseCase(kAdministrator, "CASE-LABEL-ALPHA", "COURT_ORDER", false),
              StatusIs(StatusCode::kNotFound));
}

TEST_F(ErasuresTest, ADryRunTakesNothing) {
  const auto counted =
      node().erasures().EraseCase(kAdministrator, "CASE-LABEL-ALPHA", "COURT_ORDER", true);
  ASSERT_THAT(counted, IsOk());
  EXPECT_EQ(counted->exhibits, 1);
  EXPECT_FALSE(counted->receipt.has_value());
  EXPECT_EQ(LabelOf(erased_id_), "LABEL-ALPHA");
  EXPECT_THAT(EntriesOf(node().ledger(), records::EntryKind::kErase), SizeIs(0));
}

TEST_F(ErasuresTest, BadRequestsAreRefused) {
  EXPECT_THAT(node().erasures().EraseCase(kAdministrator, "", "COURT_ORDER", false),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("case_reference")));
  EXPECT_THAT(node().erasures().EraseCase(kAdministrator, "CASE-LABEL-ALPHA", "a reason", false),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("outcome")));
  EXPECT_EQ(LabelOf(erased_id_), "LABEL-ALPHA");
}

// The folder with its tables, write-ahead logs and blobs, and a backup from before: neither the
// values nor the key that sealed them are in any byte, and no key that is left opens them.
TEST_F(ErasuresTest, WhatWasErasedCannotBeHadFromDiskOrOldBackup) {
  const std::string key_path = std::string(kStateFolder) + "/keys";
  const SimDisk::Image backup = two_.north.disk().Backup();
  const std::string keys_before = two_.north.disk().Contents(key_path);
  const std::string raw_id = *base::ParseHex(erased_id_);
  ASSERT_THAT(keys_before, HasSubstr(raw_id));

  ASSERT_THAT(node().erasures().EraseCase(kAdministrator, "CASE-LABEL-ALPHA", "RETENTION", false),
              IsOk());
  two_.north.Crash();

  const std::string keys_after = two_.north.disk().Contents(key_path);
  EXPECT_THAT(keys_after, Not(HasSubstr(raw_id)));
  // The wrapped key itself: any 32 bytes of its record.
  const std::size_t at = keys_before.find(raw_id);
  EXPECT_THAT(keys_after, Not(HasSubstr(keys_before.substr(at + raw_id.size(), 32))));
  std::string backup_bytes;
  for (const auto& [path, bytes] : backup) {
    if (bytes && path != key_path) backup_bytes += *bytes;  // Key files are in no ordinary backup.
  }
  for (const std::string& value : {std::string("LABEL-ALPHA"), std::string("CASE-LABEL-ALPHA")}) {
    EXPECT_THAT(AllBytes(two_.north.disk()), Not(HasSubstr(value)));
    EXPECT_THAT(backup_bytes, Not(HasSubstr(value)));
  }

  // What the backup holds sealed, and every key of today tried on it.
  const std::string sealed = SealedIdentityIn(backup);
  EXPECT_TRUE(OpensWithAnyKeyOf(keys_before, sealed));
  EXPECT_FALSE(OpensWithAnyKeyOf(keys_after, sealed));
  EXPECT_THAT(two_.north.TryStart(), IsOk());
  EXPECT_EQ(LabelOf(erased_id_), "");
  EXPECT_THAT(node().ledger().VerifyAll(), IsOk());
}

// Three years after it was asked a search goes, and so does the key of a case of which the ledger
// says nothing newer.
TEST_F(ErasuresTest, RetentionTakesWhatIsOlderThanThreeYears) {
  wire::SearchRequest request = testing::AskAll(erased_id_, /*local=*/true);
  request.all_partners = false;
  const auto asked = node().searches().Run(
      kExaminer, request, [](const SearchEvent&) {}, [] { return false; });
  ASSERT_THAT(asked, IsOk());
  EXPECT_EQ(node().erasures().RunRetention(kAdministrator, true)->searches, 0);
  two_.clock.AdvanceMillis(kQueryLogKeptMs + 1);
  two_.north.Submit(2, 0, "LABEL-GAMMA");  // Of a case of today.

  const auto counted = node().erasures().RunRetention(kAdministrator, true);
  const auto erased = node().erasures().RunRetention(kAdministrator, false);

  ASSERT_THAT(counted, IsOk());
  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(counted->searches, 1);
  EXPECT_EQ(counted->cases, 3);  // Two of submissions, one of the search.
  EXPECT_EQ(erased->searches, counted->searches);
  EXPECT_EQ(erased->cases, counted->cases);
  EXPECT_THAT(node().searches().Get(kExaminer, asked->search_id), StatusIs(StatusCode::kNotFound));
  const auto entries = EntriesOf(node().ledger(), records::EntryKind::kErase);
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].draft.outcome, "RETENTION");
  EXPECT_EQ(node().erasures().RunRetention(kAdministrator, false)->cases, 0);
  EXPECT_THAT(node().ledger().VerifyAll(), IsOk());
}

}  // namespace
}  // namespace proofmark::journeys
