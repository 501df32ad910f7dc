// SPDX-License-Identifier: Apache-2.0
// The golden files of docs/formats, which another implementation wrote.
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/hash/sha256.h"
#include "crypto/seal/sealer.h"
#include "crypto/tlog/merkle.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "records/ledger_entry.h"
#include "server/ledger/case_commitments.h"
#include "server/store/failure_latch.h"
#include "server/store/high_water_file.h"
#include "server/store/key_file.h"
#include "server/store/storage_env.h"
#include "tests/support/shared_data.h"
#include "tests/support/sim_disk.h"
#include "tests/support/status_matchers.h"

namespace proofmark {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::ReadFileOrFail;
using ::proofmark::testing::SimDisk;
using Json = nlohmann::json;

Json Golden(const std::string& name) {
  return Json::parse(
      ReadFileOrFail(std::filesystem::path(PROOFMARK_SOURCE_DIR) / "tests/vectors/store" / name));
}

std::string Bytes(const Json& hex) { return *base::ParseHex(hex.get<std::string>()); }

crypto::SecretBytes Key(const Json& hex) {
  return crypto::SecretBytes::CopyOf(base::AsBytes(Bytes(hex)));
}

// Gives out one prepared value.
class PreparedRandom final : public base::Random {
 public:
  explicit PreparedRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  void Fill(std::span<std::byte> out) override {
    ASSERT_EQ(out.size(), bytes_.size());
    std::ranges::copy(base::AsBytes(bytes_), out.begin());
  }

 private:
  const std::string bytes_;
};

TEST(GoldenTest, ASealedValueIsWrittenAndReadAsDocumented) {
  const Json golden = Golden("store_v1.json")["sealed_value"];
  const std::string record = golden["record"];
  const std::string field = golden["field"];
  const crypto::SealContext context{.record = record, .field = field};
  const crypto::Sealer sealer = *crypto::Sealer::Create(Key(golden["key_hex"]));
  PreparedRandom random(Bytes(golden["nonce_hex"]));

  const absl::StatusOr<std::string> sealed =
      sealer.Seal(context, golden["plaintext"].get<std::string>(), random);

  ASSERT_THAT(sealed, IsOk());
  EXPECT_EQ(base::ToHex(*sealed), golden["sealed_hex"]);
  EXPECT_EQ(*sealer.Open(context, *sealed), golden["plaintext"]);
}

TEST(GoldenTest, AKeyFileIsReadAndWrittenAsDocumented) {
  const Json golden = Golden("store_v1.json")["key_file"];
  SimDisk disk;
  store::FailureLatch failure;
  store::DurableEnv env(disk, failure);
  ASSERT_THAT(store::ReplaceFile(env, "/keys", Bytes(golden["file_hex"])), IsOk());

  const auto file =
      store::KeyFile::Open(env, "/keys", Key(golden["master_key_hex"]),
                           {.generation = golden["generation"], .count = golden["keys"].size()});

  ASSERT_THAT(file, IsOk());
  int found = 0;
  for (const Json& key : golden["keys"]) {
    const auto sealer = (*file)->Find(*store::KeyId::Parse(Bytes(key["id_hex"])));
    ASSERT_THAT(sealer, IsOk());
    ASSERT_TRUE(sealer->has_value());
    EXPECT_TRUE((*sealer)->key() == Key(key["key_hex"]));
    ++found;
  }
  EXPECT_EQ(found, 2);
  // Opening writes the file anew, sorted by id: the same bytes.
  EXPECT_EQ(base::ToHex(disk.Contents("/keys")), golden["file_hex"]);
}

TEST(GoldenTest, AHighWaterFileIsWrittenAndReadAsDocumented) {
  const Json golden = Golden("store_v1.json")["high_water"];
  std::vector<store::HighWaterMark> marks;
  for (const Json& each : golden["marks"]) {
    store::HighWaterMark mark{.size = each["size"]};
    std::ranges::copy(base::AsBytes(Bytes(each["root_hex"])), mark.root.begin());
    marks.push_back(mark);
  }
  ASSERT_EQ(marks.size(), 2u);
  SimDisk disk;
  store::FailureLatch failure;
  store::DurableEnv env(disk, failure);

  const auto file = *store::HighWaterFile::Create(env, "/mark", marks[0]);
  ASSERT_THAT(file->Raise(marks[1]), IsOk());

  EXPECT_EQ(base::ToHex(disk.Contents("/mark")), golden["file_hex"]);
  EXPECT_EQ((*store::HighWaterFile::Open(env, "/mark"))->mark(), marks[1]);
}

TEST(GoldenTest, ALedgerEntryIsReadAndWrittenAsDocumented) {
  const Json golden = Golden("ledger_entry_v1.json");
  const std::string bytes = golden["entry"];

  const absl::StatusOr<records::LedgerEntry> entry = records::ParseEntry(bytes);

  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(*records::FormatEntry(*entry), bytes);
  EXPECT_EQ(bytes.size(), golden["entry_bytes"].get<std::size_t>());
  EXPECT_EQ(base::ToHex(base::ByteSpan(crypto::LeafHash(bytes))), golden["leaf_hash_hex"]);
  EXPECT_EQ(entry->draft.case_commitment, Golden("store_v1.json")["commitment"]["commitment"]);
}

TEST(GoldenTest, ACommitmentIsMadeAsDocumented) {
  const Json golden = Golden("store_v1.json")["commitment"];

  EXPECT_EQ(ledger::CommitmentOf(Key(golden["key_hex"]), golden["label"].get<std::string>(),
                                 golden["value"].get<std::string>()),
            golden["commitment"]);
}

}  // namespace
}  // namespace proofmark
