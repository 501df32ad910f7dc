// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/calibrations.h"

#include <string>

#include "crypto/hash/sha256.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "forensics/evidence/calibration_data.h"
#include "proto/wire/stored.h"
#include "server/journeys/tables.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::absl::StatusCode;
using forensics::Calibration;
using forensics::Level;
using forensics::MarkKind;
using ::proofmark::testing::Agency;
using ::proofmark::testing::AskAll;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::ScratchState;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::WireInTheMiddle;
using records::EntryKind;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const federation::Caller kAdministrator{crypto::StaffRole::kAdministrator, "admin-3"};

// The built-in one, changed and finished: a laboratory's own file.
template <typename Change>
std::string FileWith(MarkKind mark, const Change& change) {
  Calibration calibration = forensics::BuiltInCalibration(mark);
  change(calibration);
  forensics::Finish(calibration);
  return forensics::CalibrationText(calibration);
}

// Reports nothing: its cap is below the first level.
std::string CautiousFile(MarkKind mark) {
  return FileWith(mark, [](Calibration& c) { c.info.log10_cap = 0.5; });
}

std::string OtherMethodFile() {
  return FileWith(MarkKind::kBullet, [](Calibration& c) { c.extractor_version = "land-0"; });
}

std::string VersionIn(const std::string& file) {
  return forensics::InfoOf(*forensics::ParseCalibration(file)).version;
}

class CalibrationsTest : public ::testing::Test {
 protected:
  CalibrationsTest() { agency_.Start(); }

  Calibrations& calibrations() { return agency_.node().calibrations(); }
  CalibrationInForce InForce(MarkKind mark) {
    return calibrations().List()[static_cast<std::size_t>(mark)];
  }
  std::vector<records::LedgerEntry> Installations() {
    std::vector<records::LedgerEntry> found;
    for (records::LedgerEntry& entry : EntriesOf(agency_.node().ledger(), EntryKind::kConfig)) {
      if (entry.draft.outcome.starts_with("CALIBRATION:")) found.push_back(std::move(entry));
    }
    return found;
  }
  // The agency's own records, searched for `exhibit`.
  wire::LocalResult Search(const std::string& exhibit) {
    const auto search = agency_.node().searches().Run(
        kExaminer, AskAll(exhibit, true), [](const SearchEvent&) {}, nullptr);
    EXPECT_THAT(search, IsOk());
    return search->local.value();
  }

  FakeClock clock_;
  WireInTheMiddle wire_;
  Agency agency_{"north", clock_, wire_};
};

TEST_F(CalibrationsTest, ANewNodeHasTheBuiltInOnes) {
  const auto all = calibrations().List();

  ASSERT_THAT(all, SizeIs(forensics::kMarkKinds.size()));
  for (const MarkKind mark : forensics::kMarkKinds) {
    const CalibrationInForce& in_force = all[static_cast<std::size_t>(mark)];
    EXPECT_EQ(in_force.info.mark, mark);
    EXPECT_EQ(in_force.info.version,
              forensics::InfoOf(forensics::BuiltInCalibration(mark)).version);
    EXPECT_TRUE(in_force.built_in);
    EXPECT_FALSE(in_force.install.has_value());
    EXPECT_EQ(in_force.unused_version, "");
  }
  EXPECT_THAT(Installations(), SizeIs(0));
}

TEST_F(CalibrationsTest, WhatIsInstalledDecidesTheLevelsOfLaterSearches) {
  const std::string asked = agency_.Submit(0, 0, "A-1");
  agency_.Submit(0, 1, "A-2");
  const std::string file = CautiousFile(MarkKind::kBullet);
  ASSERT_EQ(Search(asked).candidates.at(0).level, Level::kL1);

  ASSERT_THAT(calibrations().Install(kAdministrator, file), IsOk());

  const wire::LocalResult after = Search(asked);
  EXPECT_EQ(after.candidates.at(0).level, Level::kNone);
  EXPECT_EQ(after.candidates.at(0).log10_lr, 0.5);
  EXPECT_EQ(after.searched.calibration_version, VersionIn(file));

  ASSERT_THAT(calibrations().InstallBuiltIn(kAdministrator, MarkKind::kBullet), IsOk());
  const wire::LocalResult back = Search(asked);
  EXPECT_EQ(back.candidates.at(0).level, Level::kL1);
  EXPECT_EQ(back.searched.calibration_version, forensics::BulletCalibration().version);
}

TEST_F(CalibrationsTest, CasesAreEvaluatedByTheOneForBreechFaces) {
  const std::string asked = agency_.SubmitCase(1, 0, "C-1");
  agency_.SubmitCase(1, 1, "C-2");
  const std::string file = CautiousFile(MarkKind::kBreechFace);
  ASSERT_EQ(Search(asked).candidates.at(0).level, Level::kL1);

  ASSERT_THAT(calibrations().Install(kAdministrator, file), IsOk());

  const wire::LocalResult after = Search(asked);
  EXPECT_EQ(after.candidates.at(0).level, Level::kNone);
  EXPECT_EQ(after.searched.calibration_version, VersionIn(file));
  EXPECT_TRUE(InForce(MarkKind::kBullet).built_in);
}

TEST_F(CalibrationsTest, EveryInstallationIsAnEntryWithTheHashOfTheFile) {
  const std::string file = CautiousFile(MarkKind::kBreechFace);

  const auto installed = calibrations().Install(kAdministrator, file);
  ASSERT_THAT(installed, IsOk());
  ASSERT_THAT(calibrations().InstallBuiltIn(kAdministrator, MarkKind::kBreechFace), IsOk());

  const auto entries = Installations();
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].draft.outcome, "CALIBRATION:breech_face");
  EXPECT_EQ(entries[0].draft.object, crypto::Sha256Hex(file));
  EXPECT_EQ(entries[0].draft.actor, "admin-3");
  EXPECT_EQ(entries[0].seq, installed->receipt.index);
  EXPECT_EQ(installed->in_force.install->ledger_index, entries[0].seq);
  EXPECT_EQ(installed->in_force.install->by, "admin-3");
  EXPECT_EQ(installed->in_force.install->unix_ms, clock_.UnixMillis());
  EXPECT_EQ(entries[1].draft.object, crypto::Sha256Hex(forensics::CalibrationText(
                                         forensics::BuiltInCalibration(MarkKind::kBreechFace))));
  EXPECT_TRUE(InForce(MarkKind::kBreechFace).built_in);
  EXPECT_EQ(InForce(MarkKind::kBreechFace).install->ledger_index, entries[1].seq);
}

TEST_F(CalibrationsTest, SurvivesACrash) {
  const std::string asked = agency_.Submit(0, 0, "A-1");
  agency_.Submit(0, 1, "A-2");
  const std::string file = CautiousFile(MarkKind::kBullet);
  ASSERT_THAT(calibrations().Install(kAdministrator, file), IsOk());
  const std::uint64_t index = Installations().at(0).seq;

  agency_.Crash();
  agency_.Start();

  const CalibrationInForce in_force = InForce(MarkKind::kBullet);
  EXPECT_EQ(in_force.info.version, VersionIn(file));
  EXPECT_FALSE(in_force.built_in);
  EXPECT_EQ(in_force.install->by, "admin-3");
  EXPECT_EQ(in_force.install->ledger_index, index);
  EXPECT_EQ(Search(asked).candidates.at(0).level, Level::kNone);

  ASSERT_THAT(calibrations().InstallBuiltIn(kAdministrator, MarkKind::kBullet), IsOk());
  agency_.Crash();
  agency_.Start();
  EXPECT_TRUE(InForce(MarkKind::kBullet).built_in);
  EXPECT_EQ(InForce(MarkKind::kBullet).install->by, "admin-3");
}

TEST_F(CalibrationsTest, RefusesWhatIsNoCalibrationOfThisNodesMethodAndKeepsNothingOfIt) {
  const std::string good = CautiousFile(MarkKind::kBullet);
  std::string edited = good;
  edited.replace(edited.find("PROVISIONAL"), 1, "p");
  std::string other_mark = good;
  other_mark.replace(other_mark.find("\"mark\": \"bullet\""), 16, "\"mark\": \"hammer\"");
  const std::string too_large(forensics::kCalibrationBytesMax + 1, ' ');
  const std::uint64_t size_before = agency_.node().ledger().Head().size;

  EXPECT_THAT(calibrations().Install(kAdministrator, ""), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(calibrations().Install(kAdministrator, good.substr(0, good.size() / 2)),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("calibration: it is not JSON")));
  EXPECT_THAT(calibrations().Install(kAdministrator, edited),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("version")));
  EXPECT_THAT(calibrations().Install(kAdministrator, other_mark),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("mark")));
  EXPECT_THAT(calibrations().Install(kAdministrator, too_large),
              StatusIs(StatusCode::kResourceExhausted, HasSubstr("at most 1048576")));
  EXPECT_THAT(calibrations().Install(kAdministrator, OtherMethodFile()),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("the node's is")));

  EXPECT_TRUE(InForce(MarkKind::kBullet).built_in);
  EXPECT_EQ(agency_.node().ledger().Head().size, size_before);
}

// What an update of the program leaves behind: a file for the method before it.
TEST(StoredCalibrationsTest, OneOfAnotherMethodIsToldAndNotUsed) {
  ScratchState state;
  match::ExhibitCollection collection(1);
  const std::string file = OtherMethodFile();
  const auto row = wire::Serialise(wire::StoredCalibration{
      .file = file, .installed_unix_ms = 1'000, .installed_by = "admin-3", .ledger_index = 7});
  ASSERT_THAT(row, IsOk());
  store::WriteRequest request;
  request.mutations.Put(store::StoreKey(kCalibrationTable).Bytes("bullet").Build(), *row);
  ASSERT_THAT(state.store().Commit(std::move(request)), IsOk());

  const auto opened = Calibrations::Open(state.store(), state.ledger(), collection, state.clock());

  ASSERT_THAT(opened, IsOk());
  const CalibrationInForce bullets = (*opened)->List().at(0);
  EXPECT_TRUE(bullets.built_in);
  EXPECT_EQ(bullets.info.version, forensics::BulletCalibration().version);
  EXPECT_EQ(bullets.unused_version, VersionIn(file));
  EXPECT_EQ(bullets.install->ledger_index, 7U);
  EXPECT_EQ(forensics::InfoOf(*collection.calibration(MarkKind::kBullet)).version,
            forensics::BulletCalibration().version);
}

TEST(StoredCalibrationsTest, ADamagedRowIsDataLoss) {
  const std::string for_breech_faces = CautiousFile(MarkKind::kBreechFace);
  for (const std::string& file : {std::string("{}"), for_breech_faces}) {
    ScratchState state;
    match::ExhibitCollection collection(1);
    const auto row = wire::Serialise(wire::StoredCalibration{.file = file, .installed_by = "a"});
    ASSERT_THAT(row, IsOk());
    store::WriteRequest request;
    request.mutations.Put(store::StoreKey(kCalibrationTable).Bytes("bullet").Build(), *row);
    ASSERT_THAT(state.store().Commit(std::move(request)), IsOk());

    EXPECT_THAT(
        Calibrations::Open(state.store(), state.ledger(), collection, state.clock()).status(),
        StatusIs(StatusCode::kDataLoss, HasSubstr("bullet")));
  }
}

}  // namespace
}  // namespace proofmark::journeys
