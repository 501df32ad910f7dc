// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/submission.h"

#include <string>

#include "records/codes.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::Agency;
using ::proofmark::testing::Announce;
using ::proofmark::testing::Brought;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::GeneratedBullet;
using ::proofmark::testing::GeneratedCaseExhibit;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kGeneratedLands;
using ::proofmark::testing::kLab;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::WireInTheMiddle;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SubmissionTest : public ::testing::Test {
 protected:
  absl::StatusOr<SubmissionResult> Submit(const Brought& brought) {
    return agency_.node().submissions().Submit(kLab, brought.header, brought.scans);
  }
  // What there is to see of a refused submission: nothing.
  void ExpectNothingStored() {
    EXPECT_THAT(EntriesOf(agency_.node().ledger(), records::EntryKind::kSubmit), IsEmpty());
    EXPECT_EQ(agency_.node().indexed_count(), 0);
    EXPECT_EQ(*agency_.node().CountActiveExhibits(), 0);
  }

  FakeClock clock_;
  WireInTheMiddle wire_;
  Agency agency_{"north", clock_, wire_};
  node::Node& node_ = agency_.Start();
};

TEST_F(SubmissionTest, AScannedBulletBecomesASearchableExhibit) {
  const auto result = Submit(GeneratedBullet(0, 0, "A-1"));

  ASSERT_THAT(result, IsOk());
  EXPECT_FALSE(result->already_held);
  EXPECT_EQ(node_.indexed_count(), 1);
  const auto read = node_.exhibits().Get(kExaminer, result->exhibit.exhibit.id, true);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->identity->label, "A-1");
  ASSERT_THAT(read->exhibit.marks, SizeIs(kGeneratedLands));
  for (const records::Mark& mark : read->exhibit.marks) EXPECT_TRUE(mark.usable);
  EXPECT_THAT(std::get<forensics::BulletSignature>(*read->signature).lands,
              SizeIs(kGeneratedLands));
  EXPECT_EQ(read->exhibit.submitted_by, "lab-1");
}

TEST_F(SubmissionTest, TheSameContentAgainIsTheSameExhibitAndNoNewOne) {
  const auto first = Submit(GeneratedBullet(0, 0, "A-1"));
  const auto second = Submit(GeneratedBullet(0, 0, "A-1"));

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_TRUE(second->already_held);
  EXPECT_EQ(second->exhibit.exhibit, first->exhibit.exhibit);
  EXPECT_EQ(second->exhibit.receipt, first->exhibit.receipt);
  EXPECT_EQ(node_.indexed_count(), 1);
  EXPECT_THAT(EntriesOf(node_.ledger(), records::EntryKind::kSubmit), SizeIs(1));
}

TEST_F(SubmissionTest, AnEarlierSubmissionIsFoundByItsContentAlone) {
  const Brought brought = GeneratedBullet(0, 0, "A-1");
  const auto before = node_.submissions().Find(kLab, SubmissionIdOf(brought.header));
  ASSERT_THAT(before, IsOk());
  EXPECT_FALSE(before->has_value());
  const auto submitted = Submit(brought);
  ASSERT_THAT(submitted, IsOk());

  const auto after = node_.submissions().Find(kLab, SubmissionIdOf(brought.header));

  ASSERT_THAT(after, IsOk());
  ASSERT_TRUE(after->has_value());
  EXPECT_EQ((*after)->exhibit.id, submitted->exhibit.exhibit.id);
  EXPECT_THAT(node_.submissions().Find(kLab, "short"), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(SubmissionTest, OneBadScanIsARemarkOnTheExhibit) {
  Brought brought = GeneratedBullet(0, 0, "A-1");
  brought.scans[2] = "no scan at all";
  Announce(brought, 2);

  const auto result = Submit(brought);

  ASSERT_THAT(result, IsOk());
  const records::Mark& bad = result->exhibit.exhibit.marks[2];
  EXPECT_FALSE(bad.usable);
  ASSERT_THAT(bad.remarks, SizeIs(1));
  EXPECT_THAT(bad.remarks[0], HasSubstr("not read"));
  const auto read = node_.exhibits().Get(kExaminer, result->exhibit.exhibit.id, true);
  ASSERT_THAT(read, IsOk());
  ASSERT_THAT(std::get<forensics::BulletSignature>(*read->signature).lands,
              SizeIs(kGeneratedLands));
  EXPECT_FALSE(std::get<forensics::BulletSignature>(*read->signature).lands[2].has_value());
  EXPECT_TRUE(std::get<forensics::BulletSignature>(*read->signature).lands[3].has_value());
}

TEST_F(SubmissionTest, NoUsableScanStoresNothingAndSaysWhy) {
  Brought brought = GeneratedBullet(0, 0, "A-1");
  for (std::size_t i = 0; i < brought.scans.size(); ++i) {
    brought.scans[i] = "no scan " + std::to_string(i);
    Announce(brought, i);
  }

  EXPECT_THAT(Submit(brought),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("land 1 not read"), HasSubstr("land 6 not read"))));
  ExpectNothingStored();
}

TEST_F(SubmissionTest, AScanThatIsNotTheAnnouncedOneStoresNothing) {
  Brought other_bytes = GeneratedBullet(0, 0, "A-1");
  other_bytes.scans[1].back() ^= 1;
  Brought shorter = GeneratedBullet(0, 0, "A-1");
  shorter.scans[4].pop_back();
  Brought fewer = GeneratedBullet(0, 0, "A-1");
  fewer.scans.pop_back();

  EXPECT_THAT(Submit(other_bytes), StatusIs(StatusCode::kInvalidArgument,
                                            AllOf(HasSubstr("scans[1]"), HasSubstr("SHA-256"))));
  EXPECT_THAT(Submit(shorter), StatusIs(StatusCode::kInvalidArgument, HasSubstr("scans[4]")));
  EXPECT_THAT(Submit(fewer), StatusIs(StatusCode::kInvalidArgument, HasSubstr("5 scans")));
  ExpectNothingStored();
}

TEST_F(SubmissionTest, WhatTheLaboratorySaidStandsAndOnlyGapsAreMeasured) {
  Brought said = GeneratedBullet(0, 0, "A-1");
  said.header.characteristics.bullet_class = "11";
  said.header.characteristics.land_width_mean_um = 1'234.0;
  Brought silent = GeneratedBullet(0, 0, "A-2");
  silent.header.characteristics = {};
  silent.header.characteristics.calibre_code = "9LUGER";

  const auto kept = Submit(said);
  const auto filled = Submit(silent);

  ASSERT_THAT(kept, IsOk());
  EXPECT_EQ(kept->exhibit.exhibit.characteristics, said.header.characteristics);
  ASSERT_THAT(filled, IsOk());
  const records::ClassCharacteristics& got = filled->exhibit.exhibit.characteristics;
  EXPECT_EQ(got.bullet_class, records::FindCalibre("9LUGER")->bullet_class);
  ASSERT_TRUE(got.land_width_mean_um.has_value());
  EXPECT_NEAR(*got.land_width_mean_um, 1'900.0, 200.0);
  EXPECT_EQ(got.land_count, std::nullopt);  // Nobody said that all lands were scanned.
}

TEST_F(SubmissionTest, ACartridgeCaseBecomesASearchableExhibit) {
  const Brought brought = GeneratedCaseExhibit(1, 0, "C-1");

  const auto result = Submit(brought);

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(node_.indexed_count(), 1);
  const auto read = node_.exhibits().Get(kExaminer, result->exhibit.exhibit.id, true);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->exhibit.kind, records::ExhibitKind::kCaseEvidence);
  EXPECT_EQ(read->exhibit.characteristics, brought.header.characteristics);
  ASSERT_THAT(read->exhibit.marks, SizeIs(1));
  EXPECT_EQ(read->exhibit.marks[0].place, brought.header.scans[0].place);
  EXPECT_TRUE(read->exhibit.marks[0].usable);
  const auto& signature = std::get<forensics::CaseSignature>(*read->signature);
  ASSERT_THAT(signature.impressions, SizeIs(1));
  EXPECT_FALSE(signature.aperture_shear.has_value());
}

TEST_F(SubmissionTest, MarksOfOneCaseAreMarksOfOneExhibit) {
  Brought brought = GeneratedCaseExhibit(1, 0, "C-1");
  const auto add = [&brought](records::MarkRegion region, std::string scan) {
    brought.scans.push_back(std::move(scan));
    brought.header.scans.push_back({.place = {.region = region, .land_number = 0},
                                    .format = std::string(records::kFormatX3p),
                                    .size_bytes = 0,
                                    .sha256 = {}});
    Announce(brought, brought.scans.size() - 1);
  };
  add(records::MarkRegion::kFiringPin, "no scan at all");
  add(records::MarkRegion::kApertureShear, GeneratedBullet(0, 0, "A-1").scans[0]);

  const auto result = Submit(brought);

  ASSERT_THAT(result, IsOk());
  const std::vector<records::Mark>& marks = result->exhibit.exhibit.marks;
  ASSERT_THAT(marks, SizeIs(3));
  EXPECT_TRUE(marks[0].usable);
  EXPECT_FALSE(marks[1].usable);
  EXPECT_THAT(marks[1].remarks[0], HasSubstr("not read"));
  EXPECT_TRUE(marks[2].usable);
  const auto read = node_.exhibits().Get(kExaminer, result->exhibit.exhibit.id, true);
  ASSERT_THAT(read, IsOk());
  const auto& signature = std::get<forensics::CaseSignature>(*read->signature);
  EXPECT_THAT(signature.impressions, SizeIs(1));
  EXPECT_TRUE(signature.aperture_shear.has_value());
}

TEST_F(SubmissionTest, ACaseIsStillSearchedAfterACrash) {
  const std::string id = agency_.SubmitCase(1, 0, "C-1");
  agency_.Submit(0, 0, "A-1");
  agency_.Crash();

  node::Node& node = agency_.Start();

  EXPECT_EQ(node.indexed_count(), 2);
  EXPECT_EQ(*node.CountActiveExhibits(), 2);
  EXPECT_THAT(node.exhibits().Get(kExaminer, id, false), IsOk());
  EXPECT_THAT(node.ledger().VerifyAll(), IsOk());
}

TEST_F(SubmissionTest, EverythingIsThereAfterACrash) {
  const auto result = Submit(GeneratedBullet(0, 0, "A-1"));
  ASSERT_THAT(result, IsOk());
  agency_.Crash();

  node::Node& node = agency_.Start();

  EXPECT_EQ(node.indexed_count(), 1);
  const auto read = node.exhibits().Get(kExaminer, result->exhibit.exhibit.id, false);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->exhibit, result->exhibit.exhibit);
  EXPECT_THAT(node.ledger().VerifyAll(), IsOk());
}

TEST_F(SubmissionTest, AWithdrawnExhibitIsNotSearchedNowNorAfterARestart) {
  const std::string id = agency_.Submit(0, 0, "A-1");
  agency_.Submit(1, 0, "A-2");

  ASSERT_THAT(node_.exhibits().Withdraw(kLab, id, "mistaken"), IsOk());

  EXPECT_EQ(node_.indexed_count(), 1);
  agency_.Crash();
  EXPECT_EQ(agency_.Start().indexed_count(), 1);
}

}  // namespace
}  // namespace proofmark::journeys
