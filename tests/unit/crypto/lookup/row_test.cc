// SPDX-License-Identifier: Apache-2.0
#include "crypto/lookup/row.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "crypto/voprf/voprf.h"
#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

constexpr absl::StatusCode kDataLoss = absl::StatusCode::kDataLoss;
constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

SecretBytes Output(unsigned char first) {
  SecretBytes output = SecretBytes::OfSize(kVoprfOutputBytes);
  output.ExposeForFilling()[0] = std::byte{first};
  return output;
}

LookupLabel SomeLabel() {
  LookupLabel label{.state_group = 3};
  label.handle.fill(std::byte{0x5A});
  return label;
}

TEST(LookupRowTest, OpensAtItsOwnPlaceAlone) {
  const SecretBytes output = Output(1);
  const SecretBytes other_output = Output(2);
  const SnapshotId id{};
  SnapshotId other_id{};
  other_id[15] = std::byte{1};
  const LookupRow row = SealRow({output, id, 1}, ToBytes(SomeLabel()));
  const std::string_view bytes = base::AsText(row);

  const auto opened = OpenRow({output, id, 1}, bytes);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(*ParseLookupLabel(*opened), SomeLabel());
  EXPECT_THAT(OpenRow({output, id, 0}, bytes), StatusIs(kDataLoss));
  EXPECT_THAT(OpenRow({output, other_id, 1}, bytes), StatusIs(kDataLoss));
  EXPECT_THAT(OpenRow({other_output, id, 1}, bytes), StatusIs(kDataLoss));
}

TEST(LookupRowTest, RefusesEveryFlippedBit) {
  const SecretBytes output = Output(1);
  const SnapshotId id{};
  const LookupRow row = SealRow({output, id, 0}, ToBytes(SomeLabel()));
  for (std::size_t bit = 0; bit < 8 * kLookupRowBytes; ++bit) {
    LookupRow damaged = row;
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_THAT(OpenRow({output, id, 0}, base::AsText(damaged)), StatusIs(kDataLoss)) << bit;
  }
}

TEST(LookupRowTest, EveryPlaceHasItsOwnTag) {
  std::set<LookupTag> tags;
  for (const char first : {'a', 'b'}) {
    const SecretBytes output = Output(static_cast<unsigned char>(first));
    for (const std::byte last : {std::byte{0}, std::byte{1}}) {
      SnapshotId id{};
      id[15] = last;
      for (int duplicate = 0; duplicate < kLookupDuplicatesMax; ++duplicate) {
        tags.insert(TagOf({output, id, duplicate}));
      }
    }
  }
  EXPECT_EQ(tags.size(), 2u * 2u * kLookupDuplicatesMax);
}

TEST(LookupLabelTest, HasOneSpelling) {
  const LookupLabelBytes bytes = ToBytes(SomeLabel());
  EXPECT_EQ(*ParseLookupLabel(bytes), SomeLabel());

  LookupLabelBytes changed = bytes;
  changed[0] = std::byte{2};
  EXPECT_THAT(ParseLookupLabel(changed), StatusIs(kInvalid, HasSubstr("version")));
  changed = bytes;
  changed[1] = std::byte{0};
  EXPECT_THAT(ParseLookupLabel(changed), StatusIs(kInvalid, HasSubstr("state group")));
  for (const int at : {2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31}) {
    changed = bytes;
    changed[static_cast<std::size_t>(at)] = std::byte{1};
    EXPECT_THAT(ParseLookupLabel(changed), StatusIs(kInvalid, HasSubstr("zero"))) << at;
  }
}

}  // namespace
}  // namespace proofmark::crypto
