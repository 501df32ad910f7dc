// SPDX-License-Identifier: Apache-2.0
#include "server/exchange/federation_keeper.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/node_keys.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_federation.h"
#include "tests/unit/server/support/scratch_state.h"

namespace proofmark::exchange {
namespace {

using ::absl::StatusCode;
using ::proofmark::testing::AddNoteKeys;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kTestNodeId;
using ::proofmark::testing::ScratchState;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestAgency;
using ::proofmark::testing::TestFederation;
using records::EntryKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kNorth[] = "north.test";
constexpr char kSouth[] = "south.test";
constexpr char kPurpose[] = "CRIMINAL_INVESTIGATION";
constexpr std::chrono::milliseconds kWait{1000};
const federation::Caller kAdmin{crypto::StaffRole::kAdministrator, "admin-1"};

// One partner that has descriptors, and nothing else.
class Shelf final : public federation::PeerClient {
 public:
  void Exchange(const federation::Partner&, const crypto::Envelope&,
                std::chrono::steady_clock::time_point, Callback done) override {
    done(absl::UnavailableError("not here"));
  }
  void AddCheckpoint(const federation::Partner&, const std::string&,
                     std::chrono::steady_clock::time_point, WitnessCallback done) override {
    done(absl::UnavailableError("not here"));
  }
  void GetWitnessedCheckpoint(const federation::Partner&, const std::string&,
                              std::chrono::steady_clock::time_point, NoteCallback done) override {
    done(absl::UnavailableError("not here"));
  }
  void ListSharedEntries(const federation::Partner&, std::uint64_t, std::int64_t,
                         std::chrono::steady_clock::time_point, EntriesCallback done) override {
    done(absl::UnavailableError("not here"));
  }
  void ReportFork(const federation::Partner&, const std::string&, const std::string&,
                  std::chrono::steady_clock::time_point, ReportCallback done) override {
    done(absl::UnavailableError("not here"));
  }
  void ReadLookupTable(const federation::Partner&, const crypto::Sha256Digest&, std::uint64_t,
                       std::chrono::steady_clock::time_point, PieceCallback done) override {
    done(absl::UnavailableError("not here"));
  }
  void GetDescriptors(const federation::Partner&, std::uint64_t have,
                      std::chrono::steady_clock::time_point, DescriptorsCallback done) override {
    asked_with = have;
    done(notes);
  }

  absl::StatusOr<std::vector<std::string>> notes = std::vector<std::string>();
  std::uint64_t asked_with = 0;
};

class FederationKeeperTest : public ::testing::Test {
 protected:
  FederationKeeperTest()
      : own_key_(crypto::SigningKey::Generate(state_.random())),
        identity_(*federation::NodeIdentity::Create(
            kTestNodeId, ::proofmark::testing::NodeKeysOf(own_key_, kTestNodeId))),
        south_(AsPartner(kSouth)),
        configured_(*federation::Partners::Create(kNorth, {south_})) {
    Open();
  }

  federation::Partner AsPartner(const std::string& domain) {
    federation::Partner partner;
    partner.domain = domain;
    partner.node_id = "spiffe://" + domain + "/proofmark/node/n1";
    partner.endpoint = "node." + domain + ":27401";
    partner.ca_pem = ca_.federation_ca().certificate().ToPem();
    SeededRandom random(77);
    const crypto::VerifyingKey key = crypto::SigningKey::Generate(random).verifying_key();
    partner.exchange_keys.emplace(crypto::ExchangeKeyId(domain, key), key);
    AddNoteKeys(key, partner);
    partner.answered_purposes = {kPurpose, "THREAT_PREVENTION"};
    partner.asked_purposes = {kPurpose};
    return partner;
  }

  void Open() {
    keeper_.reset();
    auto keeper =
        FederationKeeper::Create({.book = {.grace = std::chrono::seconds(1000)}}, state_.store(),
                                 state_.ledger(), identity_, configured_, shelf_, state_.clock());
    ASSERT_THAT(keeper, IsOk());
    keeper_ = *std::move(keeper);
  }

  // Both agencies as they are.
  crypto::FederationDescriptor Descriptor(std::uint64_t version) {
    crypto::FederationDescriptor d = federation_.Descriptor(version);
    crypto::FederationAgency& own = d.agencies[0];
    own.exchange_keys = {*crypto::MakeVerifierKey(
        "north.test/proofmark/exchange", crypto::NoteKeyType::kNote, own_key_.verifying_key())};
    own.log_key.reset();
    own.witness_key.reset();
    crypto::FederationAgency& south = d.agencies[1];
    south.ca_pins = {ca_.federation_ca().certificate().spki_sha256()};
    south.exchange_keys = {*crypto::MakeVerifierKey("south.test/proofmark/exchange",
                                                    crypto::NoteKeyType::kNote,
                                                    south_.exchange_keys.begin()->second)};
    south.log_key = south_.log_key;
    south.witness_key = south_.witness_key;
    return d;
  }
  std::string Note(const crypto::FederationDescriptor& descriptor) {
    return federation_.Note(descriptor, {kNorth, kSouth});
  }
  void ApplyFirst(const crypto::FederationDescriptor& descriptor) {
    const std::string note = Note(descriptor);
    ASSERT_THAT(keeper_->Apply(kAdmin, note, crypto::SignedDescriptor::Parse(note)->hash()),
                IsOk());
  }
  std::vector<std::string> Alarms() {
    std::vector<std::string> codes;
    for (const records::LedgerEntry& entry : EntriesOf(state_.ledger(), EntryKind::kAlarm)) {
      codes.push_back(entry.draft.outcome);
    }
    return codes;
  }

  ScratchState state_;
  TestAgency ca_{{.domain = kSouth}};
  TestFederation federation_{{kNorth, kSouth}};
  Shelf shelf_;
  crypto::SigningKey own_key_;
  federation::NodeIdentity identity_;
  federation::Partner south_;
  federation::Partners configured_;
  std::unique_ptr<FederationKeeper> keeper_;
};

TEST_F(FederationKeeperTest, WithoutADescriptorTheConfigurationAloneCounts) {
  const auto admitted = keeper_->AdmitAtStart();

  ASSERT_THAT(admitted, IsOk());
  EXPECT_THAT(admitted->all()[0].answered_purposes, SizeIs(2));
  EXPECT_THAT(keeper_->MayDeal(kSouth), IsOk());
  EXPECT_THAT(keeper_->RaiseAlarms(), IsOk());
  EXPECT_THAT(EntriesOf(state_.ledger()), IsEmpty());
}

TEST_F(FederationKeeperTest, AdmitsWhatFitsWithWhatBothGrant) {
  ApplyFirst(Descriptor(1));
  EXPECT_TRUE(keeper_->standing().restart_needed);
  Open();

  const auto admitted = keeper_->AdmitAtStart();

  ASSERT_THAT(admitted, IsOk());
  EXPECT_THAT(admitted->all()[0].answered_purposes, ElementsAre(kPurpose));
  EXPECT_THAT(keeper_->MayDeal(kSouth), IsOk());
  EXPECT_FALSE(keeper_->standing().restart_needed);
  EXPECT_THAT(keeper_->RaiseAlarms(), IsOk());
  EXPECT_THAT(Alarms(), IsEmpty());
}

TEST_F(FederationKeeperTest, WhoDiffersIsCutOffAtOnceAndLoudlyAndMayStillFetch) {
  ApplyFirst(Descriptor(1));
  crypto::FederationDescriptor next = Descriptor(2);
  next.agencies[1].endpoint = "elsewhere.test:1";
  ASSERT_THAT(keeper_->MayDeal(kSouth), IsOk());

  ASSERT_THAT(keeper_->Apply(kAdmin, Note(next), std::nullopt), IsOk());

  EXPECT_THAT(keeper_->MayDeal(kSouth), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(keeper_->MayFetch(kSouth), IsOk());
  EXPECT_THAT(keeper_->MayDeal("west.test"), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(keeper_->MayFetch("west.test"), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Alarms(), ElementsAre("FEDERATION_MISMATCH"));
  Open();
  EXPECT_THAT(keeper_->AdmitAtStart()->all(), IsEmpty());
}

TEST_F(FederationKeeperTest, FetchesNewerOnesByTheSameRule) {
  ApplyFirst(Descriptor(1));
  const std::string half_signed = federation_.Note(Descriptor(3), {kSouth});
  shelf_.notes = std::vector{Note(Descriptor(2)), half_signed};

  ASSERT_THAT(keeper_->FetchNow(kWait), IsOk());

  EXPECT_EQ(shelf_.asked_with, 1u);
  EXPECT_EQ(keeper_->standing().in_force->accepted.descriptor().version, 2u);
  EXPECT_EQ(keeper_->standing().in_force->source, south_.node_id);
  shelf_.notes = absl::UnavailableError("away");
  EXPECT_THAT(keeper_->FetchNow(kWait), IsOk());
  EXPECT_THAT(Alarms(), IsEmpty());
}

TEST_F(FederationKeeperTest, TakesNoFirstDescriptorFromAPartnerWithoutAPin) {
  shelf_.notes = std::vector{Note(Descriptor(1))};

  ASSERT_THAT(keeper_->FetchNow(kWait), IsOk());

  EXPECT_EQ(keeper_->standing().in_force, nullptr);
  EXPECT_THAT(Alarms(), IsEmpty());
}

TEST_F(FederationKeeperTest, TwoTextsOfOneVersionAreAnAlarm) {
  ApplyFirst(Descriptor(1));
  crypto::FederationDescriptor other = Descriptor(1);
  other.agencies[1].purposes.insert("THREAT_PREVENTION");
  shelf_.notes = std::vector{Note(other)};
  ASSERT_THAT(keeper_->FetchNow(kWait), IsOk());
  shelf_.notes = std::vector{federation_.Note(other, {kSouth})};
  ASSERT_THAT(keeper_->FetchNow(kWait), IsOk());

  EXPECT_THAT(Alarms(), ElementsAre("FEDERATION_FORKED", "FEDERATION_OTHER_TEXT"));
}

TEST_F(FederationKeeperTest, AfterTheGraceNothingPasses) {
  ApplyFirst(Descriptor(1));
  const std::int64_t end_ms = 1000 * (TestFederation::kBegin_s + TestFederation::kLife_s);

  state_.clock().AdvanceMillis(end_ms - state_.clock().UnixMillis());
  EXPECT_THAT(keeper_->MayDeal(kSouth), IsOk());
  state_.clock().AdvanceMillis(1'000'000);
  EXPECT_THAT(keeper_->MayDeal(kSouth), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(keeper_->MayFetch(kSouth), IsOk());
}

}  // namespace
}  // namespace proofmark::exchange
