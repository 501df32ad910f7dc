// SPDX-License-Identifier: Apache-2.0
#include "server/registry/exhibit_registry.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "crypto/hash/sha256.h"
#include "forensics/synthetic/generator.h"
#include "server/registry/handle_book.h"
#include "server/registry/tables.h"
#include "tests/support/sim_disk.h"
#include "tests/support/status_matchers.h"
#include "tests/support/store_on_sim_disk.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::registry {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::AllBytes;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::ScratchState;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::SimDisk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const federation::Caller kLab{crypto::StaffRole::kLab, "lab-1"};
const federation::Caller kExaminer{crypto::StaffRole::kExaminer, "examiner-7"};

constexpr char kScan[] = "scan of MISTER-OPERATOR with an instrument";

// A new exhibit of two marks; `label` makes it another submission.
NewExhibit Exhibit(const std::string& label) {
  NewExhibit exhibit;
  const crypto::Sha256Digest id = crypto::Sha256(label);
  exhibit.submission_id = std::string(crypto::AsText(id).substr(0, 16));
  exhibit.identity.label = label;
  exhibit.identity.case_reference = "CASE-" + label;
  exhibit.identity.incident_date = "2026-03-14";
  exhibit.identity.note = "found under the STAIRCASE";
  exhibit.characteristics.bullet_class = "9";
  const crypto::Sha256Digest scan = crypto::Sha256(kScan);
  for (const std::int32_t land : {1, 2}) {
    exhibit.marks.push_back({.place = {.land_number = land},
                             .format = "x3p",
                             .scan_sha256 = std::string(crypto::AsText(scan)),
                             .scan = kScan,
                             .remarks = {"a remark"},
                             .usable = true});
  }
  exhibit.signature = forensics::GenerateBulletSignature({.barrel = 1, .land_count = 2}, 0);
  return exhibit;
}

class ExhibitRegistryTest : public ::testing::Test {
 protected:
  ExhibitRegistryTest() { Open(); }

  void Open() {
    auto commitments = ledger::CaseCommitments::Open(state_.store());
    ASSERT_THAT(commitments, IsOk());
    commitments_ = *std::move(commitments);
    registry_ = std::make_unique<ExhibitRegistry>(state_.store(), state_.ledger(), *commitments_,
                                                  state_.clock());
  }
  void Reopen() {
    registry_.reset();
    commitments_.reset();
    state_.Reopen();
    Open();
  }
  std::string Keep(const std::string& label) {
    const auto kept = registry_->Keep(kLab, Exhibit(label));
    EXPECT_THAT(kept, IsOk());
    return kept.ok() ? kept->view.exhibit.id : "";
  }
  records::LedgerEntry LastEntry() { return EntriesOf(state_.ledger()).back(); }

  ScratchState state_;
  std::unique_ptr<ledger::CaseCommitments> commitments_;
  std::unique_ptr<ExhibitRegistry> registry_;
};

TEST_F(ExhibitRegistryTest, WhatWasKeptIsThereAfterAReopening) {
  const auto kept = registry_->Keep(kLab, Exhibit("A-1"));
  ASSERT_THAT(kept, IsOk());
  Reopen();

  const auto read = registry_->Get(kExaminer, kept->view.exhibit.id, true);

  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->exhibit, kept->view.exhibit);
  EXPECT_EQ(read->identity->label, "A-1");
  EXPECT_EQ(read->identity->note, "found under the STAIRCASE");
  EXPECT_EQ(read->receipt, kept->view.receipt);
  ASSERT_TRUE(read->signature.has_value());
  EXPECT_EQ(*read->signature, Exhibit("A-1").signature);
}

TEST_F(ExhibitRegistryTest, TheReceiptNamesTheEntryOfTheSubmission) {
  const auto kept = registry_->Keep(kLab, Exhibit("A-1"));
  ASSERT_THAT(kept, IsOk());

  const auto entry = state_.ledger().Read(kept->view.receipt->index);

  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(crypto::AsText(entry->leaf_hash), kept->view.receipt->leaf_hash);
  EXPECT_EQ(kept->view.receipt->origin, proofmark::testing::kTestOrigin);
  const records::EntryDraft& draft = entry->entry.draft;
  EXPECT_EQ(draft.kind, records::EntryKind::kSubmit);
  EXPECT_EQ(draft.actor, "lab-1");
  EXPECT_EQ(draft.count, 2U);
  EXPECT_THAT(draft.object, SizeIs(64));
  EXPECT_EQ(draft.case_commitment, *commitments_->CommitCase("CASE-A-1"));
}

TEST_F(ExhibitRegistryTest, NothingThatIdentifiesIsReadableAtRest) {
  const std::string id = Keep("LABEL-IN-THE-CLEAR");
  ASSERT_THAT(registry_->Withdraw(kLab, id, "REASON-IN-THE-CLEAR"), IsOk());

  const std::string bytes = AllBytes(state_.disk());

  ASSERT_THAT(bytes, HasSubstr("WITHDRAWN"));  // The search does look at what was written.
  EXPECT_THAT(bytes, Not(HasSubstr("LABEL-IN-THE-CLEAR")));
  EXPECT_THAT(bytes, Not(HasSubstr("CASE-LABEL")));
  EXPECT_THAT(bytes, Not(HasSubstr("STAIRCASE")));
  EXPECT_THAT(bytes, Not(HasSubstr("2026-03-14")));
  EXPECT_THAT(bytes, Not(HasSubstr("MISTER-OPERATOR")));
  EXPECT_THAT(bytes, Not(HasSubstr("REASON-IN-THE-CLEAR")));
}

TEST_F(ExhibitRegistryTest, TheBlobUnsealsToTheScan) {
  const auto kept = registry_->Keep(kLab, Exhibit("A-1"));
  ASSERT_THAT(kept, IsOk());
  const records::Exhibit& exhibit = kept->view.exhibit;
  crypto::Sha256Digest name;
  std::copy_n(base::AsBytes(exhibit.marks[1].blob_sha256).begin(), name.size(), name.begin());

  const auto sealed = state_.store().blobs().Get(name);
  const auto key = state_.store().FindKey(*store::KeyId::Parse(*base::ParseHex(exhibit.id)));

  ASSERT_THAT(sealed, IsOk());
  ASSERT_THAT(key, IsOk());
  const auto scan = key->Open({.record = exhibit.id, .field = "scan LEA/2"}, *sealed);
  ASSERT_THAT(scan, IsOk());
  EXPECT_EQ(*scan, kScan);
}

TEST_F(ExhibitRegistryTest, TheSameSubmissionIsOneExhibit) {
  const auto first = registry_->Keep(kLab, Exhibit("A-1"));
  const auto second = registry_->Keep(kLab, Exhibit("A-1"));

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_FALSE(first->already_held);
  EXPECT_TRUE(second->already_held);
  EXPECT_EQ(second->view.exhibit, first->view.exhibit);
  EXPECT_EQ(second->view.receipt, first->view.receipt);
  EXPECT_THAT(EntriesOf(state_.ledger(), records::EntryKind::kSubmit), SizeIs(1));
}

TEST_F(ExhibitRegistryTest, TheSameSubmissionFromManyThreadsIsOneExhibit) {
  std::vector<absl::StatusOr<Kept>> results(8, absl::UnknownError("not run"));
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] { result = registry_->Keep(kLab, Exhibit("A-1")); });
    }
  }

  int stored = 0;
  for (const auto& result : results) {
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->view.exhibit, results[0]->view.exhibit);
    stored += result->already_held ? 0 : 1;
  }
  EXPECT_EQ(stored, 1);
  EXPECT_THAT(EntriesOf(state_.ledger(), records::EntryKind::kSubmit), SizeIs(1));
}

TEST_F(ExhibitRegistryTest, ASubmissionNotKnownIsNoneAndNoEntry) {
  const auto found = registry_->FindSubmission(kLab, std::string(16, 'x'));

  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(*found, std::nullopt);
  EXPECT_EQ(state_.ledger().Head().size, 0U);
}

TEST_F(ExhibitRegistryTest, EveryReadingIsAnEntryWithTheExhibitsCommitment) {
  const std::string id = Keep("A-1");
  const std::string object = LastEntry().draft.object;

  ASSERT_THAT(registry_->Get(kExaminer, id, false), IsOk());
  EXPECT_EQ(LastEntry().draft.outcome, "EXHIBIT_READ");
  EXPECT_EQ(LastEntry().draft.kind, records::EntryKind::kAdminRead);
  EXPECT_EQ(LastEntry().draft.actor, "examiner-7");
  EXPECT_EQ(LastEntry().draft.object, object);

  ASSERT_THAT(registry_->FindSubmission(kLab, Exhibit("A-1").submission_id), IsOk());
  EXPECT_EQ(LastEntry().draft.outcome, "SUBMISSION_FOUND");

  ASSERT_THAT(registry_->List(kLab, 0, "", false), IsOk());
  EXPECT_EQ(LastEntry().draft.outcome, "EXHIBITS_LISTED");
  EXPECT_EQ(LastEntry().draft.count, 1U);
  EXPECT_EQ(state_.ledger().Head().size, 4U);
}

TEST_F(ExhibitRegistryTest, RefusesAnIdThatIsNoneAndOneNotHeld) {
  for (const char* id : {"", "xyz", "0123456789ABCDEF0123456789ABCDEF"}) {
    EXPECT_THAT(registry_->Get(kLab, id, false), StatusIs(StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(registry_->Get(kLab, std::string(32, '0'), false), StatusIs(StatusCode::kNotFound));
}

TEST_F(ExhibitRegistryTest, ListsNewestFirstPageByPage) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(Keep("A-" + std::to_string(i)));

  std::vector<std::string> listed;
  std::string token;
  int pages = 0;
  do {
    const auto page = registry_->List(kLab, 2, token, false);
    ASSERT_THAT(page, IsOk());
    for (const auto& view : page->exhibits) listed.push_back(view.exhibit.id);
    token = page->next_page_token;
    ++pages;
  } while (!token.empty());

  EXPECT_EQ(pages, 3);
  EXPECT_EQ(listed, std::vector<std::string>(ids.rbegin(), ids.rend()));
}

TEST_F(ExhibitRegistryTest, AnExhibitThatComesWhileSomebodyPagesMovesNothing) {
  const std::string oldest = Keep("A-1");
  Keep("A-2");
  const auto first = registry_->List(kLab, 1, "", false);
  ASSERT_THAT(first, IsOk());
  Keep("A-3");

  const auto second = registry_->List(kLab, 1, first->next_page_token, false);

  ASSERT_THAT(second, IsOk());
  ASSERT_THAT(second->exhibits, SizeIs(1));
  EXPECT_EQ(second->exhibits[0].exhibit.id, oldest);
  EXPECT_EQ(second->next_page_token, "");
}

TEST_F(ExhibitRegistryTest, ListRefusesSizesAndTokensOutOfBounds) {
  EXPECT_THAT(registry_->List(kLab, -1, "", false),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("page_size")));
  EXPECT_THAT(registry_->List(kLab, kPageSizeMax + 1, "", false),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(registry_->List(kLab, kPageSizeMax, "", false), IsOk());
  for (const std::string& token :
       {std::string("0"), std::string(16, 'g'), std::string(18, '0'), std::string(100'000, '0')}) {
    EXPECT_THAT(registry_->List(kLab, 1, token, false),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("page_token")));
  }
}

TEST_F(ExhibitRegistryTest, AWithdrawnExhibitIsKeptAndLeavesTheActiveOnes) {
  const std::string withdrawn = Keep("A-1");
  const std::string active = Keep("A-2");
  const std::string object = EntriesOf(state_.ledger())[0].draft.object;

  const auto result = registry_->Withdraw(kLab, withdrawn, "submitted by mistake");

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->view.exhibit.state, records::ExhibitState::kWithdrawn);
  EXPECT_EQ(LastEntry().draft.kind, records::EntryKind::kWithdraw);
  EXPECT_EQ(LastEntry().draft.object, object);
  EXPECT_THAT(LastEntry().draft.detail, SizeIs(64));
  EXPECT_EQ(result->receipt.index, state_.ledger().Head().size - 1);
  std::vector<std::string> visited;
  ASSERT_THAT(registry_->ForEachActive([&](const wire::StoredExhibit& stored) {
    visited.push_back(stored.exhibit.id);
    return absl::OkStatus();
  }),
              IsOk());
  EXPECT_THAT(visited, ::testing::ElementsAre(active));
  EXPECT_THAT(registry_->List(kLab, 0, "", false)->exhibits, SizeIs(1));
  EXPECT_THAT(registry_->List(kLab, 0, "", true)->exhibits, SizeIs(2));
}

std::vector<std::string> NamesIn(const Roster& roster) {
  std::vector<std::string> ids;
  EXPECT_THAT(roster.ForEachLeft([&](const records::ExhibitId& id) {
    ids.push_back(id);
    return absl::OkStatus();
  }),
              IsOk());
  return ids;
}

TEST_F(ExhibitRegistryTest, TheRosterNamesWhatIsActive) {
  const std::string active = Keep("A-1");
  const std::string withdrawn = Keep("A-2");
  ASSERT_THAT(registry_->ReadRoster(), IsOk());  // Before: the table is there from the start.
  ASSERT_THAT(registry_->Withdraw(kLab, withdrawn, "mistaken"), IsOk());
  Reopen();

  auto roster = registry_->ReadRoster();

  ASSERT_THAT(roster, IsOk());
  EXPECT_THAT(NamesIn(*roster), ::testing::ElementsAre(active));
  const auto row = roster->Find(active);
  ASSERT_THAT(row, IsOk());
  ASSERT_TRUE(row->has_value());
  EXPECT_EQ((*row)->characteristics.bullet_class, "9");
  EXPECT_EQ((*row)->extractor_versions, forensics::ExtractorVersions(Exhibit("A-1").signature));
  for (const std::string& other : {withdrawn, std::string(32, '0'), std::string("no id")}) {
    EXPECT_FALSE(roster->Find(other)->has_value());
    roster->Take(other);
  }
  EXPECT_THAT(NamesIn(*roster), SizeIs(1));
  roster->Take(active);
  EXPECT_THAT(NamesIn(*roster), SizeIs(0));
}

// A state from before there was a roster, or one whose making was cut short.
TEST_F(ExhibitRegistryTest, ARosterThatIsNotCompleteIsMadeFromTheExhibits) {
  const std::string first = Keep("A-1");
  const std::string second = Keep("A-2");
  ASSERT_THAT(registry_->Withdraw(kLab, Keep("A-3"), "mistaken"), IsOk());
  store::WriteRequest request;
  request.mutations.Delete(store::StoreKey(kRosterTable).Build());
  request.mutations.Delete(store::StoreKey(kRosterTable).Bytes(*base::ParseHex(first)).Build());
  ASSERT_THAT(state_.store().Commit(std::move(request)), IsOk());
  Reopen();

  const auto roster = registry_->ReadRoster();

  ASSERT_THAT(roster, IsOk());
  EXPECT_THAT(NamesIn(*roster), ::testing::UnorderedElementsAre(first, second));
}

TEST_F(ExhibitRegistryTest, ADamagedRosterRowIsAnAlarm) {
  const std::string id = Keep("A-1");
  ASSERT_THAT(registry_->ReadRoster(), IsOk());
  store::WriteRequest request;
  request.mutations.Put(store::StoreKey(kRosterTable).Bytes(*base::ParseHex(id)).Build(), "\x7");
  ASSERT_THAT(state_.store().Commit(std::move(request)), IsOk());

  EXPECT_THAT(registry_->ReadRoster()->Find(id), StatusIs(StatusCode::kDataLoss, HasSubstr(id)));
  request = {};
  request.mutations.Put(store::StoreKey(kRosterTable).Bytes("short").Build(), "");
  ASSERT_THAT(state_.store().Commit(std::move(request)), IsOk());
  EXPECT_THAT(registry_->ReadRoster(), StatusIs(StatusCode::kDataLoss));
}

TEST_F(ExhibitRegistryTest, WithdrawsOnceAndForAReason) {
  const std::string id = Keep("A-1");
  for (const std::string& reason : {std::string(), std::string(kReasonBytesMax + 1, 'r'),
                                    std::string("two\nlines"), std::string("\xff")}) {
    EXPECT_THAT(registry_->Withdraw(kLab, id, reason),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("reason")));
  }
  ASSERT_THAT(registry_->Withdraw(kLab, id, std::string(kReasonBytesMax, 'r')), IsOk());

  EXPECT_THAT(registry_->Withdraw(kLab, id, "again"), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(registry_->Withdraw(kLab, std::string(32, '0'), "none"),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(EntriesOf(state_.ledger(), records::EntryKind::kWithdraw), SizeIs(1));
}

TEST_F(ExhibitRegistryTest, AHandleLeadsToItsExhibitAndToWhomItWasGiven) {
  const std::string id = Keep("A-1");
  const std::string handle(kHandleBytes, 'h');
  store::WriteRequest request;
  PutHandle(handle,
            {.exhibit_id = id, .exchange_id = std::string(16, 'e'), .asking_agency = "south.test"},
            request.mutations);
  ASSERT_THAT(state_.store().Commit(std::move(request)), IsOk());

  const auto resolved = registry_->ResolveHandle(kExaminer, handle);

  ASSERT_THAT(resolved, IsOk());
  EXPECT_EQ(resolved->view.exhibit.id, id);
  EXPECT_EQ(resolved->asking_agency, "south.test");
  EXPECT_EQ(resolved->exchange_id, std::string(16, 'e'));
  EXPECT_EQ(LastEntry().draft.outcome, "HANDLE_RESOLVED");
  EXPECT_EQ(LastEntry().draft.exchange, base::ToHex(std::string(16, 'e')));
  EXPECT_THAT(registry_->ResolveHandle(kExaminer, std::string(kHandleBytes, 'i')),
              StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(registry_->ResolveHandle(kExaminer, std::string(kHandleBytes - 1, 'h')),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(ExhibitRegistryTest, ADamagedRecordIsAnAlarmAndNotAnAbsence) {
  const std::string id = Keep("A-1");
  store::WriteRequest request;
  request.mutations.Put(store::StoreKey(kExhibitTable).Bytes(*base::ParseHex(id)).Build(),
                        "nonsense");
  ASSERT_THAT(state_.store().Commit(std::move(request)), IsOk());

  EXPECT_THAT(registry_->Get(kLab, id, false), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(registry_->List(kLab, 0, "", false), StatusIs(StatusCode::kDataLoss));
}

// The power fails at every write point of a submission in turn. Whatever the laboratory was told
// stays true, and there is never half an exhibit: record, index and entry come and go together.
TEST(ExhibitRegistryCrashTest, AnAcknowledgedExhibitSurvivesAndHalfOfOneNeverDoes) {
  int acknowledged = 0;
  int crashed = 0;
  for (std::int64_t point = 1;; ++point) {
    SCOPED_TRACE(point);
    SimDisk disk;
    SeededRandom random(static_cast<std::uint64_t>(point));
    FakeClock clock;
    const ledger::Ledger::Options names{.origin = proofmark::testing::kTestOrigin,
                                        .node_name = proofmark::testing::kTestNodeId};
    bool told = false;
    {
      auto store = proofmark::testing::OpenStore(disk, random);
      ASSERT_THAT(store, IsOk());
      auto ledger = ledger::Ledger::Open(**store, clock, names);
      ASSERT_THAT(ledger, IsOk());
      auto commitments = ledger::CaseCommitments::Open(**store);
      ASSERT_THAT(commitments, IsOk());
      ExhibitRegistry registry(**store, **ledger, **commitments, clock);
      disk.FailAt(point, SimDisk::Fault::kCrash);
      told = registry.Keep(kLab, Exhibit("A-1")).ok();
    }
    const bool reached = disk.faulted();
    disk.Reboot();

    auto store = proofmark::testing::OpenStore(disk, random);
    ASSERT_THAT(store, IsOk());
    auto ledger = ledger::Ledger::Open(**store, clock, names);
    ASSERT_THAT(ledger, IsOk());
    auto commitments = ledger::CaseCommitments::Open(**store);
    ASSERT_THAT(commitments, IsOk());
    ExhibitRegistry registry(**store, **ledger, **commitments, clock);
    const std::size_t entries = EntriesOf(**ledger, records::EntryKind::kSubmit).size();
    const auto found = registry.FindSubmission(kLab, Exhibit("A-1").submission_id);
    ASSERT_THAT(found, IsOk());
    EXPECT_EQ(found->has_value(), entries == 1);
    EXPECT_TRUE(found->has_value() || !told);
    if (found->has_value()) {
      EXPECT_EQ((*found)->identity->label, "A-1");
    }
    acknowledged += told ? 1 : 0;
    crashed += reached ? 1 : 0;
    if (!reached) break;
  }
  EXPECT_GE(acknowledged, 1);
  EXPECT_GE(crashed, 5);
}

}  // namespace
}  // namespace proofmark::registry
