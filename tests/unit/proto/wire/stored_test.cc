// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/stored.h"

#include "gtest/gtest.h"
#include "proofmark/store/v1/records.pb.h"
#include "tests/support/field_cases.h"
#include "tests/support/random_values.h"
#include "tests/support/status_matchers.h"

namespace proofmark::wire {
namespace {

using ::proofmark::testing::ExpectFieldCases;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::RandomValues;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

const char kId[] = "00112233445566778899aabbccddeeff";

StoredExhibit Example() {
  StoredExhibit stored;
  stored.exhibit.id = kId;
  stored.exhibit.submission_id.assign(16, 's');
  stored.exhibit.submitted_by = "lab-1";
  for (const int land : {1, 3}) {
    stored.exhibit.marks.push_back({.place = {.land_number = land},
                                    .scan_sha256 = std::string(32, 'a'),
                                    .blob_sha256 = std::string(32, 'b'),
                                    .format = "x3p",
                                    .remarks = {},
                                    .usable = false});
  }
  return stored;
}

template <typename Message>
Message MessageOf(const std::string& bytes) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

TEST(StoredExhibitTest, RandomValuesComeBack) {
  RandomValues random(8);
  for (int i = 0; i < 100; ++i) {
    const StoredExhibit value = random.Stored();
    const auto bytes = Serialise(value);
    ASSERT_THAT(bytes, IsOk());
    const auto back = ParseStoredExhibit(value.exhibit.id, *bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
}

TEST(StoredExhibitTest, RefusesAnIdThatIsNone) {
  const std::string bytes = *Serialise(Example());
  EXPECT_THAT(ParseStoredExhibit(std::string(kId).substr(1), bytes),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("exhibit.id:")));
  StoredExhibit unnamed = Example();
  unnamed.exhibit.id.clear();
  EXPECT_THAT(Serialise(unnamed), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(StoredExhibitTest, EveryBoundHolds) {
  using M = store::v1::StoredExhibit;
  const auto mark = [](M& m, int i) { return m.mutable_marks(i)->mutable_mark(); };
  ExpectFieldCases<M>(
      MessageOf<M>(*Serialise(Example())),
      {
          {"submission 15", [](M& m) { m.set_submission_id(std::string(15, 's')); },
           "exhibit.submission_id: 15 bytes, must be 16"},
          {"submission 17", [](M& m) { m.set_submission_id(std::string(17, 's')); },
           "exhibit.submission_id: 17"},
          {"no kind", [](M& m) { m.clear_kind(); }, "exhibit.kind: not set"},
          {"no state", [](M& m) { m.clear_state(); }, "exhibit.state: not set"},
          {"state 3", [](M& m) { m.set_state(v1::ExhibitState(3)); }, "exhibit.state:"},
          {"class", [](M& m) { m.mutable_characteristics()->set_land_count(0); },
           "exhibit.characteristics.land_count:"},
          {"no marks", [](M& m) { m.clear_marks(); }, "exhibit.marks: 0 entries"},
          {"25 marks",
           [](M& m) {
             while (m.marks_size() < 25) m.add_marks();
           },
           "exhibit.marks: 25 entries"},
          {"no mark", [](M& m) { m.mutable_marks(0)->clear_mark(); },
           "exhibit.marks[0].mark: absent"},
          {"blob 31", [](M& m) { m.mutable_marks(1)->set_blob_sha256(std::string(31, 'b')); },
           "exhibit.marks[1].blob_sha256: 31"},
          {"land 0", [=](M& m) { mark(m, 0)->set_land_number(0); },
           "exhibit.marks[0].land_number: 0, must be 1..24"},
          {"land 24", [=](M& m) { mark(m, 1)->set_land_number(24); }, ""},
          {"land 25", [=](M& m) { mark(m, 1)->set_land_number(25); },
           "exhibit.marks[1].land_number: 25"},
          {"land twice", [=](M& m) { mark(m, 1)->set_land_number(1); }, "exhibit.marks[1]: land"},
          {"lands turned", [=](M& m) { mark(m, 0)->set_land_number(4); }, "exhibit.marks[1]: land"},
          {"scan 33", [=](M& m) { mark(m, 0)->set_scan_sha256(std::string(33, 'a')); },
           "exhibit.marks[0].mark.scan_sha256: 33"},
          {"format", [=](M& m) { mark(m, 0)->set_format("X3P"); }, "exhibit.marks[0].mark.format:"},
          {"32 remarks",
           [=](M& m) {
             for (int i = 0; i < 32; ++i) mark(m, 0)->add_remarks("r");
           },
           ""},
          {"33 remarks",
           [=](M& m) {
             for (int i = 0; i < 33; ++i) mark(m, 0)->add_remarks("r");
           },
           "exhibit.marks[0].mark.remarks: 33 entries"},
          {"remark 512", [=](M& m) { mark(m, 0)->add_remarks(std::string(512, 'r')); }, ""},
          {"remark 513", [=](M& m) { mark(m, 0)->add_remarks(std::string(513, 'r')); },
           "exhibit.marks[0].mark.remarks[0]: 513 bytes"},
          {"time -1", [](M& m) { m.set_submitted_unix_ms(-1); }, "exhibit.submitted_unix_ms: -1"},
          {"time over", [](M& m) { m.set_submitted_unix_ms(253'402'300'800'000); },
           "exhibit.submitted_unix_ms:"},
          {"no submitter", [](M& m) { m.clear_submitted_by(); }, "exhibit.submitted_by: 0"},
          {"submitter 65", [](M& m) { m.set_submitted_by(std::string(65, 's')); },
           "exhibit.submitted_by: 65"},
          {"erased", [](M& m) { m.clear_sealed_identity(); }, ""},
          {"seal 8192", [](M& m) { m.set_sealed_identity(std::string(8'192, '\0')); }, ""},
          {"seal 8193", [](M& m) { m.set_sealed_identity(std::string(8'193, '\0')); },
           "exhibit.sealed_identity: 8193"},
          {"signature", [](M& m) { m.mutable_signature(); }, "exhibit.signature.item: not set"},
          {"unknown field",
           [](M& m) { m.GetReflection()->MutableUnknownFields(&m)->AddVarint(99, 1); },
           "exhibit: contains a field this version does not know"},
      },
      [](const M& m) { return ParseStoredExhibit(kId, m.SerializeAsString()); });
}

StoredRosterRow RosterRow(RandomValues& random) {
  const StoredExhibit stored = random.Stored();
  return {.kind = stored.exhibit.kind,
          .characteristics = stored.exhibit.characteristics,
          .extractor_versions = "striated/1; impressed/1"};
}

TEST(StoredRosterRowTest, RandomValuesComeBack) {
  RandomValues random(10);
  for (int i = 0; i < 100; ++i) {
    const StoredRosterRow value = RosterRow(random);
    const auto bytes = Serialise(value);
    ASSERT_THAT(bytes, IsOk());
    const auto back = ParseStoredRosterRow(*bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
}

TEST(StoredRosterRowTest, EveryBoundHolds) {
  using M = store::v1::StoredRosterRow;
  RandomValues random(11);
  const auto versions_max = static_cast<std::size_t>(kExtractorVersionsBytesMax);
  ExpectFieldCases<M>(
      MessageOf<M>(*Serialise(RosterRow(random))),
      {
          {"kind unset", [](M& m) { m.clear_kind(); }, "roster row.kind:"},
          {"no versions", [](M& m) { m.clear_extractor_versions(); },
           "roster row.extractor_versions:"},
          {"versions with a line end", [](M& m) { m.set_extractor_versions("two\nlines"); },
           "roster row.extractor_versions:"},
          {"versions as long as may be",
           [=](M& m) { m.set_extractor_versions(std::string(versions_max, 'v')); }, ""},
          {"versions too long",
           [=](M& m) { m.set_extractor_versions(std::string(versions_max + 1, 'v')); },
           "roster row.extractor_versions:"},
      },
      [](const M& m) { return ParseStoredRosterRow(m.SerializeAsString()); });
}

TEST(StoredExchangeTest, RandomValuesComeBack) {
  RandomValues random(9);
  for (int i = 0; i < 100; ++i) {
    const StoredExchange value = random.Exchange();
    const auto bytes = Serialise(value);
    ASSERT_THAT(bytes, IsOk());
    const auto back = ParseStoredExchange(*bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
}

TEST(StoredExchangeTest, EveryBoundHolds) {
  using M = store::v1::StoredExchange;
  const auto sealed_max = static_cast<std::size_t>(kSealedAnswerBytesMax);
  StoredExchange example;
  example.sealed_answer = "sealed";
  example.asker = "spiffe://b.example/proofmark/node/n1";
  ExpectFieldCases<M>(
      MessageOf<M>(*Serialise(example)),
      {
          {"hash 31", [](M& m) { m.set_request_hash(std::string(31, 'h')); },
           "exchange.request_hash: 31"},
          {"no answer", [](M& m) { m.clear_sealed_answer(); }, "exchange.sealed_answer: 0"},
          {"answer max", [=](M& m) { m.set_sealed_answer(std::string(sealed_max, 'a')); }, ""},
          {"answer over", [=](M& m) { m.set_sealed_answer(std::string(sealed_max + 1, 'a')); },
           "exchange.sealed_answer:"},
          {"no asker", [](M& m) { m.clear_asker(); }, "exchange.asker: 0"},
          {"asker 255", [](M& m) { m.set_asker(std::string(255, 'a')); }, ""},
          {"asker 256", [](M& m) { m.set_asker(std::string(256, 'a')); }, "exchange.asker: 256"},
          {"time -1", [](M& m) { m.set_kept_until_unix_ms(-1); },
           "exchange.kept_until_unix_ms: -1"},
      },
      [](const M& m) { return ParseStoredExchange(m.SerializeAsString()); });
}

TEST(StoredCalibrationTest, ComesBackWithAndWithoutAFile) {
  for (const std::string& file :
       {std::string(), std::string(forensics::kCalibrationBytesMax, 'x')}) {
    const StoredCalibration value{
        .file = file, .installed_unix_ms = 5, .installed_by = "admin-3", .ledger_index = 9};
    const auto bytes = Serialise(value);
    ASSERT_THAT(bytes, IsOk());
    const auto back = ParseStoredCalibration(*bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(*back, value);
  }
}

TEST(StoredCalibrationTest, RefusesValuesOutOfTheirBounds) {
  const StoredCalibration good{.installed_by = "admin-3"};
  StoredCalibration bad = good;
  bad.file.assign(forensics::kCalibrationBytesMax + 1, 'x');
  EXPECT_THAT(Serialise(bad), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("file")));
  bad = good;
  bad.installed_by = "";
  EXPECT_THAT(Serialise(bad),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("installed_by")));
  bad = good;
  bad.installed_unix_ms = -1;
  EXPECT_THAT(Serialise(bad),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("installed_unix_ms")));
}

}  // namespace
}  // namespace proofmark::wire
