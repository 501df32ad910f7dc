// SPDX-License-Identifier: Apache-2.0
#include "server/store/store.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/store/key_file.h"
#include "server/store/keys.h"
#include "server/store/meta_rows.h"
#include "server/store/storage_env.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"

namespace proofmark::store {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::OpenStore;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestMasterKey;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Table kTable{0x30};

std::string KeyOf(std::uint64_t number) { return StoreKey(kTable).U64(number).Build(); }

WriteRequest Putting(const std::string& key, const std::string& value) {
  WriteRequest request;
  request.mutations.Put(key, value);
  return request;
}

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    store_.reset();
    absl::StatusOr<std::unique_ptr<Store>> store = OpenStore(disk_, random_);
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);
  }
  void PowerCut() {
    store_.reset();
    disk_.Reboot();
  }

  std::string ValueOf(const std::string& key) {
    const auto value = store_->Get(key);
    EXPECT_THAT(value, IsOk());
    return value.ok() ? value->value_or("(none)") : "(error)";
  }

  std::vector<std::string> Scan(const ScanOptions& options) {
    std::vector<std::string> values;
    EXPECT_THAT(store_->Scan(options,
                             [&](std::string_view, std::string_view value) {
                               values.emplace_back(value);
                               return true;
                             }),
                IsOk());
    return values;
  }

  SimDisk disk_;
  SeededRandom random_{1};
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, ACommittedValueSurvivesAPowerCut) {
  ASSERT_THAT(store_->Commit(Putting(KeyOf(1), "one")), IsOk());

  PowerCut();

  Open();
  EXPECT_EQ(ValueOf(KeyOf(1)), "one");
}

TEST_F(StoreTest, AbsenceIsNoError) { EXPECT_EQ(ValueOf(KeyOf(1)), "(none)"); }

TEST_F(StoreTest, AppliesMutationsInOrder) {
  WriteRequest request;
  request.mutations.Put(KeyOf(1), "first");
  request.mutations.Put(KeyOf(1), "second");
  request.mutations.Put(KeyOf(2), "gone");
  request.mutations.Delete(KeyOf(2));

  ASSERT_THAT(store_->Commit(std::move(request)), IsOk());

  EXPECT_EQ(ValueOf(KeyOf(1)), "second");
  EXPECT_EQ(ValueOf(KeyOf(2)), "(none)");
}

TEST_F(StoreTest, ScansAPrefixInNumericOrderEitherWay) {
  for (const std::uint64_t number : {256, 2, 10}) {
    ASSERT_THAT(store_->Commit(Putting(KeyOf(number), std::to_string(number))), IsOk());
  }
  ASSERT_THAT(store_->Commit(Putting(StoreKey(Table{0x31}).Build(), "other table")), IsOk());
  const std::string prefix = StoreKey(kTable).Build();

  EXPECT_THAT(Scan({.prefix = prefix}), ElementsAre("2", "10", "256"));
  EXPECT_THAT(Scan({.prefix = prefix, .reverse = true}), ElementsAre("256", "10", "2"));
  EXPECT_THAT(Scan({.prefix = prefix, .start = KeyOf(3)}), ElementsAre("10", "256"));
  EXPECT_THAT(Scan({.prefix = prefix, .start = KeyOf(10)}), ElementsAre("10", "256"));
  EXPECT_THAT(Scan({.prefix = prefix, .start = KeyOf(10), .reverse = true}),
              ElementsAre("10", "2"));
  EXPECT_THAT(Scan({.prefix = prefix, .start = KeyOf(255), .reverse = true}),
              ElementsAre("10", "2"));
  EXPECT_THAT(Scan({.prefix = prefix, .start = KeyOf(1), .reverse = true}), IsEmpty());
}

TEST_F(StoreTest, ScansTheLastTableBackwards) {
  const std::string last("\xFF\xFFkey", 5);
  ASSERT_THAT(store_->Commit(Putting(last, "last")), IsOk());

  EXPECT_THAT(Scan({.prefix = std::string("\xFF\xFF", 2), .reverse = true}), ElementsAre("last"));
}

TEST_F(StoreTest, ASnapshotDoesNotMove) {
  ASSERT_THAT(store_->Commit(Putting(KeyOf(1), "old")), IsOk());
  const std::unique_ptr<Snapshot> snapshot = store_->TakeSnapshot();
  ASSERT_THAT(store_->Commit(Putting(KeyOf(1), "new")), IsOk());

  EXPECT_EQ(**store_->Get(KeyOf(1), snapshot.get()), "old");
  EXPECT_THAT(Scan({.prefix = StoreKey(kTable).Build(), .snapshot = snapshot.get()}),
              ElementsAre("old"));
  EXPECT_EQ(ValueOf(KeyOf(1)), "new");
}

TEST_F(StoreTest, RefusesARequestWhosePreconditionFailsAndWritesNothingOfIt) {
  ASSERT_THAT(store_->Commit(Putting(KeyOf(1), "one")), IsOk());
  const auto commit = [&](Precondition precondition) {
    WriteRequest request = Putting(KeyOf(2), "two");
    request.preconditions.push_back(std::move(precondition));
    return store_->Commit(std::move(request));
  };

  EXPECT_THAT(commit({.key = KeyOf(1), .value = std::nullopt}),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(commit({.key = KeyOf(1), .value = "other"}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(commit({.key = KeyOf(3), .value = "any"}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(ValueOf(KeyOf(2)), "(none)");
  EXPECT_THAT(commit({.key = KeyOf(1), .value = "one"}), IsOk());
  EXPECT_EQ(ValueOf(KeyOf(2)), "two");
}

TEST_F(StoreTest, ARequestRefusedAtItsTurnLeavesNoTrace) {
  WriteRequest request = Putting(KeyOf(1), "one");
  request.new_keys.push_back(store_->NewRecordKey());
  const KeyId id = request.new_keys.back().id;
  request.at_turn = [](Mutations&) { return absl::ResourceExhaustedError("no budget"); };
  bool admitted = false;
  request.admitted = [&] { admitted = true; };

  EXPECT_THAT(store_->Commit(std::move(request)),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("no budget")));

  EXPECT_FALSE(admitted);
  EXPECT_EQ(ValueOf(KeyOf(1)), "(none)");
  EXPECT_THAT(store_->FindKey(id), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(store_->health(), IsOk());
}

TEST_F(StoreTest, WritesWhatARequestAddsAtItsTurn) {
  WriteRequest request = Putting(KeyOf(1), "one");
  request.at_turn = [](Mutations& mutations) {
    mutations.Put(KeyOf(2), "two");
    return absl::OkStatus();
  };

  ASSERT_THAT(store_->Commit(std::move(request)), IsOk());

  EXPECT_EQ(ValueOf(KeyOf(2)), "two");
}

TEST_F(StoreTest, RefusesKeysAndValuesOutsideTheirBounds) {
  const auto commit = [&](std::size_t key_bytes, std::size_t value_bytes) {
    return store_->Commit(Putting(std::string(key_bytes, 'k'), std::string(value_bytes, 'v')));
  };

  EXPECT_THAT(commit(0, 1), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("key")));
  EXPECT_THAT(commit(kStoreKeyBytesMax, 1), IsOk());
  EXPECT_THAT(commit(kStoreKeyBytesMax + 1, 1), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(commit(1, kStoreValueBytesMax), IsOk());
  EXPECT_THAT(commit(1, kStoreValueBytesMax + 1),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("value")));
  WriteRequest heavy;
  for (int i = 0; i < 5; ++i) heavy.mutations.Put(KeyOf(1), std::string(kStoreValueBytesMax, 'v'));
  EXPECT_THAT(store_->Commit(std::move(heavy)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("request")));
}

// ---- Sealing ----

TEST_F(StoreTest, OpensASealedValueAfterAPowerCut) {
  RecordKey key = store_->NewRecordKey();
  const KeyId id = key.id;
  const crypto::SealContext context{.record = "exhibit/1", .field = "label"};
  WriteRequest request = Putting(KeyOf(1), *key.sealer.Seal(context, "Ortiz", random_));
  request.new_keys.push_back(std::move(key));
  ASSERT_THAT(store_->Commit(std::move(request)), IsOk());

  PowerCut();

  Open();
  const auto found = store_->FindKey(id);
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(*found->Open(context, ValueOf(KeyOf(1))), "Ortiz");
}

TEST_F(StoreTest, AnErasedKeyIsGoneForGoodAndSaidToBe) {
  WriteRequest request;
  request.new_keys.push_back(store_->NewRecordKey());
  request.new_keys.push_back(store_->NewRecordKey());
  const KeyId erased = request.new_keys[0].id;
  const KeyId kept = request.new_keys[1].id;
  ASSERT_THAT(store_->Commit(std::move(request)), IsOk());

  WriteRequest erasure;
  erasure.erased_keys.push_back(erased);
  ASSERT_THAT(store_->Commit(std::move(erasure)), IsOk());

  EXPECT_THAT(store_->FindKey(erased), StatusIs(absl::StatusCode::kNotFound, HasSubstr("erased")));
  PowerCut();
  EXPECT_EQ(disk_.Contents("/node/keys").find(erased.AsText()), std::string::npos);
  Open();
  EXPECT_THAT(store_->FindKey(erased), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store_->FindKey(kept), IsOk());
}

TEST_F(StoreTest, AnUnknownKeyThatWasNeverErasedIsDataLoss) {
  EXPECT_THAT(store_->FindKey(KeyId{}), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(StoreTest, RefusesARecordKeyThatExists) {
  RecordKey key = store_->NewRecordKey();
  const KeyId id = key.id;
  WriteRequest first;
  first.new_keys.push_back(std::move(key));
  ASSERT_THAT(store_->Commit(std::move(first)), IsOk());
  WriteRequest second;
  second.new_keys.push_back(store_->NewRecordKey());
  second.new_keys.back().id = id;

  EXPECT_THAT(store_->Commit(std::move(second)), StatusIs(absl::StatusCode::kInvalidArgument));
}

// ---- Opening ----

TEST_F(StoreTest, ASecondOpenOfTheSameFolderSaysSo) {
  EXPECT_THAT(OpenStore(disk_, random_),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("in use")));
  EXPECT_THAT(store_->Commit(Putting(KeyOf(1), "one")), IsOk());
}

TEST_F(StoreTest, RefusesAnotherMasterKey) {
  store_.reset();

  EXPECT_THAT(OpenStore(disk_, random_, {}, TestMasterKey('x')),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(StoreTest, RefusesASchemaVersionItDoesNotKnow) {
  ASSERT_THAT(store_->Commit(Putting(SchemaRow(), FormatSchema(kSchemaVersion + 1))), IsOk());
  store_.reset();

  EXPECT_THAT(OpenStore(disk_, random_),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("schema version 2")));
}

TEST_F(StoreTest, RefusesOptionsOutOfRange) {
  store_.reset();
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{65535}, (std::size_t{64} << 20) + 1}) {
    Store::Options options;
    options.write_buffer_bytes = bytes;
    EXPECT_THAT(OpenStore(disk_, random_, std::move(options)),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("write_buffer_bytes")));
  }
  Store::Options options;
  options.block_cache_bytes = 1;
  EXPECT_THAT(OpenStore(disk_, random_, std::move(options)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("block_cache_bytes")));
}

TEST_F(StoreTest, KeepsKeysAndMarkWhereItIsTold) {
  store_.reset();
  SimDisk disk;
  ASSERT_TRUE(disk.CreateDir("/elsewhere").ok());
  const auto open = [&] {
    Store::Options options;
    options.key_file_path = "/elsewhere/keys";
    options.high_water_path = "/elsewhere/mark";
    return OpenStore(disk, random_, std::move(options));
  };

  ASSERT_THAT(open(), IsOk());

  EXPECT_TRUE(disk.FileExists("/elsewhere/keys"));
  EXPECT_TRUE(disk.FileExists("/elsewhere/mark"));
  EXPECT_FALSE(disk.FileExists("/node/keys"));
  EXPECT_THAT(open(), IsOk());
}

TEST_F(StoreTest, AMissingKeyFileIsDataLoss) {
  store_.reset();
  disk_.Destroy("/node/keys");

  EXPECT_THAT(OpenStore(disk_, random_),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("missing")));
}

TEST_F(StoreTest, AMissingMarkIsARollback) {
  store_.reset();
  disk_.Destroy("/node/high-water");

  const auto store = OpenStore(disk_, random_);

  EXPECT_TRUE(IsRollbackDetected(store.status())) << store.status();
}

TEST_F(StoreTest, AFlippedByteInTheLogIsRefused) {
  ASSERT_THAT(store_->Commit(Putting(KeyOf(1), std::string(500, 'v'))), IsOk());
  ASSERT_THAT(store_->Commit(Putting(KeyOf(2), std::string(500, 'v'))), IsOk());
  store_.reset();
  std::string log;
  for (const std::string& path : disk_.FilesUnder("/node/db")) {
    if (path.ends_with(".log")) log = path;
  }
  ASSERT_FALSE(log.empty());
  disk_.Damage(log, [](std::string& bytes) { bytes[bytes.size() - 700] ^= 1; });

  EXPECT_THAT(OpenStore(disk_, random_), StatusIs(absl::StatusCode::kDataLoss));
}

// ---- Failure ----

TEST_F(StoreTest, AfterAShortWriteNothingIsAcknowledgedAnyMore) {
  store_.reset();
  int told = 0;
  Store::Options options;
  options.on_failure = [&](const absl::Status&) { ++told; };
  store_ = *OpenStore(disk_, random_, std::move(options));
  ASSERT_THAT(store_->Commit(Putting(KeyOf(1), "one")), IsOk());
  disk_.FailAt(1, SimDisk::Fault::kShortWrite);

  EXPECT_THAT(store_->Commit(Putting(KeyOf(2), "two")), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(store_->Commit(Putting(KeyOf(3), "three")), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(store_->blobs().Put("blob"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(store_->health(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(told, 1);
  EXPECT_EQ(ValueOf(KeyOf(1)), "one");  // Reading goes on.

  PowerCut();
  Open();
  EXPECT_EQ(ValueOf(KeyOf(1)), "one");
  EXPECT_EQ(ValueOf(KeyOf(3)), "(none)");
}

TEST_F(StoreTest, AFailedBlobClosesTheStore) {
  disk_.FailAt(1, SimDisk::Fault::kError);
  ASSERT_FALSE(store_->blobs().Put("blob").ok());

  EXPECT_THAT(store_->Commit(Putting(KeyOf(1), "one")), StatusIs(absl::StatusCode::kUnavailable));
}

// The same on the machine's own file system.
TEST(PosixStoreTest, KeepsWhatWasCommittedAndLocksItsFolder) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / "pm_posix_store_test";
  std::filesystem::remove_all(folder);
  SeededRandom random(1);
  const auto open = [&] {
    return Store::Open(folder.string(), PosixStorage(), random, TestMasterKey(), {});
  };
  crypto::Sha256Digest blob{};
  KeyId key;
  {
    const absl::StatusOr<std::unique_ptr<Store>> store = open();
    ASSERT_THAT(store, IsOk());
    blob = *(*store)->blobs().Put("a scan");
    WriteRequest request = Putting(KeyOf(1), "one");
    request.new_keys.push_back((*store)->NewRecordKey());
    key = request.new_keys[0].id;
    ASSERT_THAT((*store)->Commit(std::move(request)), IsOk());

    EXPECT_THAT(open(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("in use")));
  }
  const absl::StatusOr<std::unique_ptr<Store>> store = open();
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ((*store)->Get(KeyOf(1))->value(), "one");
  EXPECT_EQ(*(*store)->blobs().Get(blob), "a scan");
  EXPECT_THAT((*store)->FindKey(key), IsOk());
  EXPECT_EQ(std::filesystem::status(folder).permissions(), std::filesystem::perms::owner_all);
  std::filesystem::remove_all(folder);
}

TEST(PosixStoreTest, RefusesAFolderWhoseParentIsMissing) {
  SeededRandom random(1);

  EXPECT_THAT(Store::Open(::testing::TempDir() + "/pm_absent/state", PosixStorage(), random,
                          TestMasterKey(), {}),
              ::testing::Not(IsOk()));
}

TEST(StoreKeyTest, KeepsNumericOrderAndPartsApart) {
  EXPECT_LT(StoreKey(kTable).U64(255).Build(), StoreKey(kTable).U64(256).Build());
  EXPECT_LT(StoreKey(kTable).U64(~std::uint64_t{0}).Build(), StoreKey(Table{0x31}).Build());
  EXPECT_NE(StoreKey(kTable).Text("ab").Text("c").Build(),
            StoreKey(kTable).Text("a").Text("bc").Build());
}

TEST(MetaRowsTest, RefuseOtherLengths) {
  EXPECT_THAT(ParseSchema("123"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ParseSchema("12345"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ParseKeyFileState(std::string(15, 'x')), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(ParseErasedKeyRow("\x02short"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(*ParseSchema(FormatSchema(0x01020304)), 0x01020304u);
}

}  // namespace
}  // namespace proofmark::store
