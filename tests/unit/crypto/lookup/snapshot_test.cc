// SPDX-License-Identifier: Apache-2.0
#include "crypto/lookup/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "crypto/hash/sha256.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr absl::StatusCode kDataLoss = absl::StatusCode::kDataLoss;
constexpr absl::StatusCode kExhausted = absl::StatusCode::kResourceExhausted;
constexpr std::int64_t kCreated = 1'790'000'000'000;
const LookupTerms kTerms{"a.example", "b.example", 7};
// docs/formats/private-lookup.md.
constexpr std::size_t kEpochAt = 24, kRowCountAt = 28, kCreatedAt = 32, kPublicKeyAt = 40;
const std::size_t kRowsAt = 109 + kTerms.responder_id.size() + kTerms.querier_id.size();
const std::size_t kRowsHashAt = kRowsAt - 32;

SecretBytes Output(int number) {
  SecretBytes output = SecretBytes::OfSize(kVoprfOutputBytes);
  output.ExposeForFilling()[0] = static_cast<std::byte>(number & 0xFF);
  output.ExposeForFilling()[1] = static_cast<std::byte>(number >> 8);
  return output;
}

LookupLabel Label(std::uint8_t state_group) {
  LookupLabel label{.state_group = state_group};
  label.handle.fill(static_cast<std::byte>(state_group));
  return label;
}

Element PublicKey() {
  return DeriveLookupKey(SecretBytes::OfSize(kVoprfSeedBytes), kTerms)->public_key();
}

LookupSnapshotBuilder Builder(base::Random& random) {
  return *LookupSnapshotBuilder::Create(kTerms, PublicKey(), kCreated, random);
}

// A table with the outputs 1 to `count`.
std::string Table(int count, std::uint64_t seed = 1) {
  SeededRandom random(seed);
  LookupSnapshotBuilder builder = Builder(random);
  for (int i = 1; i <= count; ++i) {
    EXPECT_THAT(builder.Add(Output(i), Label(static_cast<std::uint8_t>(1 + i % 7))), IsOk());
  }
  return builder.Finish(random);
}

// The table again after its rows were changed, its hash made to fit.
std::string WithHash(std::string table) {
  const std::string hash(AsText(Sha256(std::string_view(table).substr(kRowsAt))));
  return table.replace(kRowsHashAt, hash.size(), hash);
}

TEST(LookupSnapshotTest, EveryRowIsFoundAndNothingElse) {
  const std::string bytes = Table(500);
  const auto table = LookupSnapshot::Parse(bytes);
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ(table->row_count(), kSnapshotRowsStep);
  EXPECT_EQ(table->header().terms, kTerms);
  EXPECT_EQ(table->header().created_unix_ms, kCreated);
  EXPECT_EQ(table->header().public_key, PublicKey());

  for (int i = 1; i <= 500; ++i) {
    const auto found = table->Find(Output(i));
    ASSERT_THAT(found, IsOk());
    EXPECT_THAT(*found, ElementsAre(Label(static_cast<std::uint8_t>(1 + i % 7)))) << i;
  }
  for (int i = 501; i <= 1000; ++i) EXPECT_THAT(*table->Find(Output(i)), IsEmpty()) << i;
}

TEST(LookupSnapshotTest, RecordsThatShareAnInputAreAllFound) {
  SeededRandom random(2);
  LookupSnapshotBuilder builder = Builder(random);
  for (std::uint8_t i = 1; i <= kLookupDuplicatesMax; ++i) {
    EXPECT_THAT(builder.Add(Output(1), Label(i)), IsOk());
    EXPECT_THAT(builder.Add(Output(100 + i), Label(9)), IsOk());
  }
  EXPECT_THAT(builder.Add(Output(1), Label(5)), StatusIs(kExhausted, HasSubstr("more than 4")));
  const std::string bytes = builder.Finish(random);

  EXPECT_THAT(*LookupSnapshot::Parse(bytes)->Find(Output(1)),
              ElementsAre(Label(1), Label(2), Label(3), Label(4)));
}

// Neither its length nor its header tells one record from four thousand.
TEST(LookupSnapshotTest, TheNumberOfRecordsIsHiddenToTheStep) {
  const std::string empty = Table(0);
  EXPECT_EQ(Table(1).size(), empty.size());
  EXPECT_EQ(Table(static_cast<int>(kSnapshotRowsStep)).size(), empty.size());
  const std::string more = Table(static_cast<int>(kSnapshotRowsStep) + 1);
  EXPECT_EQ(more.size(), empty.size() + kSnapshotRowsStep * kLookupRowBytes);
  EXPECT_EQ(LookupSnapshot::Parse(more)->row_count(), 2 * kSnapshotRowsStep);
  EXPECT_THAT(*LookupSnapshot::Parse(empty)->Find(Output(1)), IsEmpty());
}

// No row of one table occurs in the next: nobody can follow a weapon through them.
TEST(LookupSnapshotTest, TwoTablesOfTheSameRecordsShareNoRow) {
  const std::string first = Table(50, 3);
  const std::string second = Table(50, 4);
  for (std::size_t at = kRowsAt; at < first.size(); at += kLookupRowBytes) {
    ASSERT_EQ(second.find(first.substr(at, kLookupTagBytes)), std::string::npos);
  }
}

TEST(LookupSnapshotTest, RefusesEveryCutAndEveryByteMore) {
  const std::string bytes = Table(1);
  for (std::size_t size = 0; size <= kRowsAt + 1; ++size) {
    EXPECT_THAT(LookupSnapshot::Parse(std::string_view(bytes).substr(0, size)), StatusIs(kInvalid))
        << size;
  }
  EXPECT_THAT(LookupSnapshot::Parse(std::string_view(bytes).substr(0, bytes.size() - 1)),
              StatusIs(kInvalid, HasSubstr("bytes of rows")));
  EXPECT_THAT(LookupSnapshot::Parse(bytes + "x"), StatusIs(kInvalid, HasSubstr("bytes of rows")));
}

TEST(LookupSnapshotTest, RefusesADamagedHeader) {
  const std::string bytes = Table(1);
  const auto with = [&bytes](std::size_t at, std::string_view value) {
    return std::string(bytes).replace(at, value.size(), value);
  };
  const std::string_view none("\0\0\0\0", 4);

  EXPECT_THAT(LookupSnapshot::Parse(with(0, "X")), StatusIs(kInvalid, HasSubstr("PMLK")));
  EXPECT_THAT(LookupSnapshot::Parse(with(4, "\x02")), StatusIs(kInvalid, HasSubstr("version 1")));
  EXPECT_THAT(LookupSnapshot::Parse(with(7, "\x01")), StatusIs(kInvalid, HasSubstr("version 1")));
  EXPECT_THAT(LookupSnapshot::Parse(with(kRowCountAt, none)),
              StatusIs(kInvalid, HasSubstr("rows")));
  EXPECT_THAT(LookupSnapshot::Parse(with(kRowCountAt, "\xFF\xFF\xF0")),
              StatusIs(kInvalid, HasSubstr("multiple of 4096 up to 4194304")));
  EXPECT_THAT(LookupSnapshot::Parse(with(kRowCountAt + 3, "\x01")),
              StatusIs(kInvalid, HasSubstr("multiple of 4096")));
  EXPECT_THAT(LookupSnapshot::Parse(with(kCreatedAt, "\x80")),
              StatusIs(kInvalid, HasSubstr("time")));
  EXPECT_THAT(LookupSnapshot::Parse(with(kPublicKeyAt, "\x04")),
              StatusIs(kInvalid, HasSubstr("group element")));
  EXPECT_THAT(LookupSnapshot::Parse(with(kPublicKeyAt + kElementBytes + 2, " ")),
              StatusIs(kInvalid, HasSubstr("responder id")));
  EXPECT_THAT(LookupSnapshot::Parse(with(kRowsHashAt - 1, "\n")),
              StatusIs(kInvalid, HasSubstr("querier id")));
  EXPECT_THAT(LookupSnapshot::Parse(with(kRowsHashAt, bytes[kRowsHashAt] == 'x' ? "y" : "x")),
              StatusIs(kInvalid, HasSubstr("hash")));
  EXPECT_EQ(LookupSnapshot::Parse(with(kEpochAt + 3, "\x08"))->header().terms.epoch, 8u);
}

TEST(LookupSnapshotTest, RefusesRowsThatWereChangedMovedOrDoubled) {
  const std::string bytes = Table(10);
  std::string changed = bytes;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  EXPECT_THAT(LookupSnapshot::Parse(changed), StatusIs(kInvalid, HasSubstr("hash")));

  std::string moved = bytes;
  const std::string first = moved.substr(kRowsAt, kLookupRowBytes);
  const std::string second = moved.substr(kRowsAt + kLookupRowBytes, kLookupRowBytes);
  moved.replace(kRowsAt, 2 * kLookupRowBytes, second + first);
  EXPECT_THAT(LookupSnapshot::Parse(WithHash(moved)), StatusIs(kInvalid, HasSubstr("ascend")));
  moved.replace(kRowsAt, 2 * kLookupRowBytes, first + first);
  EXPECT_THAT(LookupSnapshot::Parse(WithHash(moved)), StatusIs(kInvalid, HasSubstr("ascend")));
}

// A responder that puts a wrong label under a right tag is seen, not believed.
TEST(LookupSnapshotTest, ARowThatDoesNotOpenIsAnError) {
  std::string bytes = Table(10);
  const SnapshotId id = LookupSnapshot::Parse(bytes)->header().id;
  const SecretBytes output = Output(3);
  const LookupTag tag = TagOf({output, id, 0});
  const std::size_t row_at = bytes.find(base::AsText(tag), kRowsAt);
  ASSERT_NE(row_at, std::string::npos);
  bytes[row_at + 20] = static_cast<char>(bytes[row_at + 20] ^ 1);
  bytes = WithHash(bytes);

  EXPECT_THAT(LookupSnapshot::Parse(bytes)->Find(output), StatusIs(kDataLoss, HasSubstr("open")));

  LookupLabelBytes label = ToBytes(Label(1));
  label[31] = std::byte{1};
  const LookupRow row = SealRow({output, id, 0}, label);
  bytes = WithHash(bytes.replace(row_at, row.size(), base::AsText(row)));
  EXPECT_THAT(LookupSnapshot::Parse(bytes)->Find(output), StatusIs(kDataLoss, HasSubstr("zero")));
}

// docs/formats/private-lookup.md, the worked example.
TEST(LookupSnapshotTest, HasTheHeaderOfTheFormatPage) {
  const LookupTerms terms{"agency-a.example", "agency-b.example", 7};
  SecretBytes seed = SecretBytes::OfSize(kVoprfSeedBytes);
  std::ranges::fill(seed.ExposeForFilling(), std::byte{0xA3});
  SeededRandom random(6);
  auto builder = LookupSnapshotBuilder::Create(terms, DeriveLookupKey(seed, terms)->public_key(),
                                               kCreated, random);
  ASSERT_THAT(builder, IsOk());
  const std::string bytes = builder->Finish(random);
  const auto hex = [&bytes](std::size_t at, std::size_t size) {
    return base::ToHex(std::string_view(bytes).substr(at, size));
  };

  EXPECT_EQ(hex(0, 8), "504d4c4b01000000");
  EXPECT_EQ(hex(24, 4) + hex(28, 4) + hex(32, 8), "0000000700001000000001a0c4506c00");
  EXPECT_EQ(hex(40, 33), "02fe9e28ef3066b10a476c45fb22cde3fb3c9bf32f4eaf98ba8b88f3e77e865bbe");
  EXPECT_EQ(hex(73, 36),
            "00106167656e63792d612e6578616d706c6500106167656e63792d622e6578616d706c65");
  EXPECT_EQ(bytes.substr(109, 32), AsText(Sha256(std::string_view(bytes).substr(141))));
  EXPECT_EQ(bytes.size(), 141u + 4096u * 64u);
}

TEST(LookupSnapshotTest, RefusesTermsAndTimesBeyondTheirBounds) {
  SeededRandom random(5);
  EXPECT_THAT(LookupSnapshotBuilder::Create({"", "b", 1}, PublicKey(), 0, random),
              StatusIs(kInvalid, HasSubstr("responder id")));
  EXPECT_THAT(LookupSnapshotBuilder::Create(kTerms, PublicKey(), -1, random),
              StatusIs(kInvalid, HasSubstr("time")));
}

}  // namespace
}  // namespace proofmark::crypto
