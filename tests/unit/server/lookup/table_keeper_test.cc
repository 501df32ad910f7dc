// SPDX-License-Identifier: Apache-2.0
#include "server/lookup/table_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "crypto/lookup/input.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::lookup {
namespace {

using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kTestNodeId;
using ::proofmark::testing::ScratchState;
using ::proofmark::testing::StatusIs;
using ::testing::SizeIs;

constexpr std::size_t kAll = std::size_t{1} << 30;

std::string NodeOf(const std::string& domain) {
  return "spiffe://" + domain + "/proofmark/node/n1";
}

// A partner that no key is known of; good enough for who is never spoken to.
federation::Partner PartnerAt(const std::string& domain, bool may_look_up) {
  federation::Partner partner;
  partner.domain = domain;
  partner.node_id = NodeOf(domain);
  partner.endpoint = domain + ":7443";
  partner.answered_purposes = {"CRIMINAL_INVESTIGATION"};
  ::proofmark::testing::SeededRandom random(3);
  const crypto::SigningKey key = crypto::SigningKey::Generate(random);
  partner.exchange_keys.emplace(crypto::ExchangeKeyId(domain, key.verifying_key()),
                                key.verifying_key());
  if (may_look_up) partner.lookup_budget = {.per_day = 10, .per_30_days = 10};
  return partner;
}

class TableKeeperTest : public ::testing::Test {
 protected:
  TableKeeperTest() {
    auto partners = federation::Partners::Create(
        "north.test", {PartnerAt("east.test", false), PartnerAt("south.test", true)});
    EXPECT_THAT(partners, IsOk());
    partners_ = *std::move(partners);
    for (int i = 0; i < 3; ++i) Add(absl::StrFormat("AB%d", i));
    Open();
  }

  void Add(std::string serial, std::string make = "CZ") {
    firearms_.push_back({.record_id = absl::StrFormat("rec-%d", firearms_.size()),
                         .fields = {.make = std::move(make), .model = "", .serial = serial},
                         .group = firearm::StateGroup::kDestroyed,
                         .reference = "N/1"});
  }

  void Open() {
    auto keys = KeyBook::Open(state_.store(), state_.ledger(), state_.clock(), kTestNodeId);
    ASSERT_THAT(keys, IsOk());
    keys_ = *std::move(keys);
    canaries_ = std::make_unique<CanaryBook>(state_.store(), state_.ledger());
    auto keeper =
        TableKeeper::Open({.store = state_.store(),
                           .ledger = state_.ledger(),
                           .keys = *keys_,
                           .canaries = *canaries_,
                           .partners = partners_,
                           .disk = state_.disk(),
                           .clock = state_.clock()},
                          std::string(::proofmark::testing::kStateFolder) + "/own", kTestNodeId,
                          [this](const SharedVisitor& visit) -> absl::Status {
                            for (const SharedFirearm& firearm : firearms_) {
                              if (absl::Status visited = visit(firearm); !visited.ok())
                                return visited;
                            }
                            return absl::OkStatus();
                          });
    ASSERT_THAT(keeper, IsOk());
    keeper_ = *std::move(keeper);
  }

  void Reopen() {
    keeper_.reset();
    canaries_.reset();
    keys_.reset();
    state_.Reopen();
    Open();
  }

  PublishedTable Published() {
    const auto table = keeper_->Find(NodeOf("south.test"));
    EXPECT_TRUE(table.has_value());
    return table.value_or(PublishedTable{});
  }

  // The labels that south would find for a serial.
  std::vector<crypto::LookupLabel> Find(const std::string& serial) {
    const std::string bytes = *keeper_->ReadPiece(NodeOf("south.test"), Published().hash, 0, kAll);
    const auto table = crypto::LookupSnapshot::Parse(bytes);
    EXPECT_THAT(table, IsOk());
    const auto input = crypto::LookupInput(crypto::LookupForm::kSerial,
                                           {.make = "", .model = "", .serial = serial});
    const auto key = keys_->Current(NodeOf("south.test"));
    return *table->Find(*(*key)->key.Evaluate(*input));
  }

  ScratchState state_;
  federation::Partners partners_;
  std::vector<SharedFirearm> firearms_;
  std::unique_ptr<KeyBook> keys_;
  std::unique_ptr<CanaryBook> canaries_;
  std::unique_ptr<TableKeeper> keeper_;
};

TEST_F(TableKeeperTest, MakesOneForWhoMayLookUpAndLogsItsHashAndKey) {
  EXPECT_FALSE(keeper_->Find(NodeOf("south.test")).has_value());
  ASSERT_THAT(keeper_->MakeDue(), IsOk());

  EXPECT_FALSE(keeper_->Find(NodeOf("east.test")).has_value());
  const PublishedTable table = Published();
  EXPECT_EQ(table.record_count, 3U);
  const auto bytes = keeper_->ReadPiece(NodeOf("south.test"), table.hash, 0, kAll);
  ASSERT_THAT(bytes, IsOk());
  EXPECT_EQ(crypto::Sha256(*bytes), table.hash);
  const auto entry = state_.ledger().Read(table.table_entry);
  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(entry->entry.draft.object, base::ToHex(base::ByteSpan(table.hash)));
  EXPECT_EQ(entry->entry.draft.detail, crypto::Sha256Hex(table.public_key));
  EXPECT_LT(table.key_entry, table.table_entry);
  ASSERT_THAT(Find("AB1"), SizeIs(1));
  EXPECT_EQ(Find("AB1")[0].handle, keys_->HandleOf(NodeOf("south.test"), "rec-1"));
  EXPECT_THAT(Find("AB9"), SizeIs(0));
}

TEST_F(TableKeeperTest, HandsItOutInPiecesToItsPartnerAlone) {
  ASSERT_THAT(keeper_->MakeDue(), IsOk());
  const PublishedTable table = Published();
  std::string bytes;
  while (bytes.size() < table.size_bytes) {
    const auto piece = keeper_->ReadPiece(NodeOf("south.test"), table.hash, bytes.size(), 10'000);
    ASSERT_THAT(piece, IsOk());
    ASSERT_LE(piece->size(), 10'000U);
    bytes += *piece;
  }
  EXPECT_EQ(crypto::Sha256(bytes), table.hash);
  EXPECT_THAT(keeper_->ReadPiece(NodeOf("south.test"), table.hash, bytes.size(), 1),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(keeper_->ReadPiece(NodeOf("east.test"), table.hash, 0, 1),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(keeper_->ReadPiece(NodeOf("south.test"), {}, 0, 1),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(TableKeeperTest, IsMadeAnewWhenADayOldUnderTheSameKeyAndAnotherId) {
  ASSERT_THAT(keeper_->MakeDue(), IsOk());
  const PublishedTable first = Published();
  ASSERT_THAT(keeper_->MakeDue(), IsOk());
  EXPECT_EQ(Published(), first);

  state_.clock().AdvanceMillis(kTableAgeMsMax + 1);
  Add("NEW1");
  ASSERT_THAT(keeper_->MakeDue(), IsOk());

  const PublishedTable second = Published();
  EXPECT_NE(second.id, first.id);
  EXPECT_EQ(second.public_key, first.public_key);
  EXPECT_THAT(Find("NEW1"), SizeIs(1));
  EXPECT_EQ(EntriesOf(state_.ledger(), records::EntryKind::kLookupSnapshot).size(), 2U);
}

TEST_F(TableKeeperTest, IsThereAfterACrashAndMadeAnewWhenItsFileIsNotTheLoggedOne) {
  ASSERT_THAT(keeper_->MakeDue(), IsOk());
  const PublishedTable first = Published();
  Reopen();
  EXPECT_EQ(Published(), first);

  keeper_.reset();
  auto files = store::DerivedFiles::Open(state_.disk(),
                                         std::string(::proofmark::testing::kStateFolder) + "/own");
  ASSERT_THAT(files, IsOk());
  const std::vector<std::string> names = *(*files)->List();
  ASSERT_THAT(names, SizeIs(1));
  ASSERT_THAT((*files)->Write(names[0], "other bytes"), IsOk());
  Open();
  EXPECT_FALSE(keeper_->Find(NodeOf("south.test")).has_value());
  ASSERT_THAT(keeper_->MakeDue(), IsOk());
  EXPECT_NE(Published().id, first.id);
}

TEST_F(TableKeeperTest, AFifthRecordOfOneInputIsLeftOutAndCounted) {
  for (int i = 0; i < 5; ++i) Add("SAME1", "");
  ASSERT_THAT(keeper_->MakeDue(), IsOk());

  EXPECT_THAT(Find("SAME1"), SizeIs(4));
  EXPECT_EQ(Published().left_out_count, 1U);
}

TEST_F(TableKeeperTest, ResolvesAHandleToTheRecordAsItIsNow) {
  const RecordHandle handle = keys_->HandleOf(NodeOf("south.test"), "rec-1");
  const auto found = keeper_->Resolve(NodeOf("south.test"), handle);
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->fields.serial, "AB1");

  EXPECT_FALSE(keeper_->Resolve(NodeOf("east.test"), handle)->has_value());
  firearms_.clear();
  EXPECT_FALSE(keeper_->Resolve(NodeOf("south.test"), handle)->has_value());
}

}  // namespace
}  // namespace proofmark::lookup
