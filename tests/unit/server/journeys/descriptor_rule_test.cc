// SPDX-License-Identifier: Apache-2.0
// What a federation descriptor grants and limits, at every type of message that a partner may send.
#include "server/federation/descriptor_rule.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crypto/federation/acceptance.h"
#include "crypto/hash/sha256.h"
#include "forensics/synthetic/generator.h"
#include "proto/wire/correction.h"
#include "proto/wire/details.h"
#include "proto/wire/firearm_check.h"
#include "proto/wire/link.h"
#include "proto/wire/lookup.h"
#include "proto/wire/match.h"
#include "proto/wire/standing.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"
#include "tests/support/test_federation.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using federation::Service;
using ::proofmark::testing::Agency;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kPurpose;
using ::proofmark::testing::TestAgency;
using ::proofmark::testing::TestFederation;
using ::proofmark::testing::WireInTheMiddle;
using ::testing::HasSubstr;

constexpr char kNorth[] = "north.test";
constexpr char kSouth[] = "south.test";
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
const federation::Caller kAdmin{crypto::StaffRole::kAdministrator, "admin-1"};

// What follows from an exchange that was granted: never refused, never limited.
const std::set<std::string_view> kExempt = {wire::kLinkNoticeType, wire::kDetailsDecisionType,
                                            wire::kReleasedScanPartType, wire::kCorrectionType,
                                            wire::kFirearmNoticeType};

std::map<std::string_view, std::string> Questions() {
  wire::MatchQuestion match;
  match.characteristics.bullet_class = "9";
  match.signature = forensics::GenerateBulletSignature(
      {.seed = 11, .barrel = 0, .profile = forensics::SyntheticProfile::kClean}, 5);
  match.purpose = kPurpose;
  match.actor = "their-examiner";
  wire::DetailsRequest details;
  details.firearm_reference = "ref-1";
  details.purpose = kPurpose;
  details.offence = "HOMICIDE";
  details.actor = details.confirmed_by = "their-examiner";
  details.facts = "Two shots.";
  details.wanted = {wire::Material::kCertificate};
  details.sealing_key = std::string(32, 'k');
  const wire::LookupReason reason{.purpose = kPurpose, .offence = "", .actor = "their-examiner"};
  wire::LookupQuestion lookup;
  lookup.reason = reason;
  // The base point of P-256: any point will do.
  lookup.elements.assign(
      wire::kLookupElementsStep,
      *base::ParseHex("036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"));
  wire::LookupHitQuestion hit;
  hit.reason = reason;
  wire::FirearmCheckQuestion check;
  check.purpose = kPurpose;
  check.actor = "their-examiner";
  check.check = wire::AlarmModelCheck{.make = "EKOL", .model = "FIRAT"};
  const auto bytes = [](const auto& question) {
    const auto serialised = wire::Serialise(question);
    EXPECT_THAT(serialised, IsOk());
    return serialised.value_or("");
  };
  return {{wire::kMatchQuestionType, bytes(match)},
          {wire::kCollectionQuestionType,
           bytes(wire::CollectionQuestion{.purpose = kPurpose, .offence = "", .actor = "a"})},
          {wire::kDetailsRequestType, bytes(details)},
          {wire::kLookupTableQuestionType, bytes(wire::LookupTableQuestion{.reason = reason})},
          {wire::kLookupQuestionType, bytes(lookup)},
          {wire::kLookupHitQuestionType, bytes(hit)},
          {wire::kFirearmCheckType, bytes(check)}};
}

class DescriptorRuleTest : public ::testing::Test {
 protected:
  DescriptorRuleTest() {
    south_partner_ = south_.AsPartner({kPurpose}, {kPurpose});
    south_partner_.ca_pem = ca_.federation_ca().certificate().ToPem();
    south_partner_.lookup_budget = federation::BudgetLimits{};
    south_partner_.firearm_check_budget = federation::BudgetLimits{};
    north_.AddPartner(south_partner_);
    south_.AddPartner(north_.AsPartner({kPurpose}, {kPurpose}));
    north_.Start();
    south_.Start();
  }

  void Apply(std::uint64_t version, std::set<std::string, std::less<>> services,
             std::map<std::string, std::uint64_t, std::less<>> limits = {},
             std::set<std::string, std::less<>> purposes = {kPurpose}) {
    crypto::FederationDescriptor descriptor = federation_.Descriptor(version);
    descriptor.not_before_unix_s = clock_.UnixMillis() / 1000 - 10;
    descriptor.not_after_unix_s = descriptor.not_before_unix_s + 100LL * 24 * 3600;
    crypto::FederationAgency& south = descriptor.agencies[1];
    south.endpoint = south_partner_.endpoint;
    south.ca_pins = {ca_.federation_ca().certificate().spki_sha256()};
    south.exchange_keys = {*crypto::MakeVerifierKey(crypto::FederationExchangeKeyName(kSouth),
                                                    crypto::NoteKeyType::kNote,
                                                    south_partner_.exchange_keys.begin()->second)};
    south.log_key = south_partner_.log_key;
    south.witness_key = south_partner_.witness_key;
    south.services = std::move(services);
    south.limits = std::move(limits);
    south.purposes = std::move(purposes);
    const std::string note = federation_.Note(descriptor, {kNorth, kSouth});
    ASSERT_THAT(north_.node().federation().Apply(kAdmin, note,
                                                 crypto::SignedDescriptor::Parse(note)->hash()),
                IsOk());
    ASSERT_THAT(north_.node().federation().MayDeal(kSouth), IsOk());
  }

  // Sends it as south; the outcome in north's ledger.
  std::string Ask(std::string_view type, const std::string& payload) {
    crypto::Envelope envelope;
    envelope.key_id = south_.node().identity().exchange_key_id();
    envelope.exchange_id.fill(static_cast<std::byte>(++asked_));
    envelope.sender = south_.node_id();
    envelope.recipient = north_.node_id();
    envelope.unix_ms = clock_.UnixMillis();
    envelope.type = std::string(type);
    envelope.payload = payload;
    const auto sealed = crypto::SignEnvelope(south_.exchange_key(), std::move(envelope));
    EXPECT_THAT(sealed, IsOk());
    const auto answer = north_.node().reception().Receive(
        {.domain = kSouth, .node_id = south_.node_id()}, *sealed, {});
    if (!answer.ok()) return std::string(answer.status().message());
    return EntriesOf(north_.node().ledger()).back().draft.outcome;
  }

  FakeClock clock_;
  WireInTheMiddle wire_;
  Agency north_{"north", clock_, wire_};
  Agency south_{"south", clock_, wire_};
  TestAgency ca_{{.domain = kSouth}};
  TestFederation federation_{{kNorth, kSouth}};
  federation::Partner south_partner_;
  int asked_ = 0;
};

TEST_F(DescriptorRuleTest, EveryTypeThatIsTakenIsAQuestionOrExempt) {
  std::set<std::string_view> known = kExempt;
  for (const auto& question : Questions()) known.insert(question.first);
  const std::vector<std::string_view> taken = north_.node().reception().MessageTypes();
  EXPECT_EQ(std::set<std::string_view>(taken.begin(), taken.end()), known);
}

TEST_F(DescriptorRuleTest, WithoutTheServiceEveryQuestionIsRefusedAtOnceAndAfterARestart) {
  const std::map<std::string_view, std::string> questions = Questions();
  Apply(1, {});
  for (const auto& [type, payload] : questions) {
    EXPECT_THAT(Ask(type, payload), HasSubstr("REFUSED:POLICY")) << type;
  }
  north_.Crash();
  north_.Start();
  for (const auto& [type, payload] : questions) {
    EXPECT_THAT(Ask(type, payload), HasSubstr("REFUSED:")) << type;
  }
}

TEST_F(DescriptorRuleTest, WithoutThePurposeEveryQuestionIsRefused) {
  const std::map<std::string_view, std::string> questions = Questions();
  Apply(1, {"match", "details", "lookup", "firearm-check"}, {}, {"TRAINING"});
  for (const auto& [type, payload] : questions) {
    EXPECT_THAT(Ask(type, payload), HasSubstr("REFUSED:PURPOSE")) << type;
  }
}

TEST_F(DescriptorRuleTest, EveryTypeOfQuestionIsCountedByItselfAndForADay) {
  const std::map<std::string_view, std::string> questions = Questions();
  Apply(1, {"match", "details", "lookup", "firearm-check"},
        {{"match", 2}, {"details", 2}, {"lookup", 2}, {"firearm-check", 2}});
  for (const auto& [type, payload] : questions) {
    for (int i = 0; i < 2; ++i) {
      EXPECT_THAT(Ask(type, payload), ::testing::Not(HasSubstr("CAPACITY"))) << type;
    }
    EXPECT_THAT(Ask(type, payload), HasSubstr("REFUSED:CAPACITY")) << type;
  }
  // Also after a crash; not after the day.
  north_.Crash();
  north_.Start();
  const std::string collection = questions.at(wire::kCollectionQuestionType);
  EXPECT_THAT(Ask(wire::kCollectionQuestionType, collection), HasSubstr("REFUSED:CAPACITY"));
  clock_.AdvanceMillis(kDayMs);
  EXPECT_THAT(Ask(wire::kCollectionQuestionType, collection),
              ::testing::Not(HasSubstr("REFUSED:")));
}

TEST_F(DescriptorRuleTest, WhatFollowsFromAnExchangeIsNeitherRefusedNorLimited) {
  Apply(1, {}, {}, {});
  for (const std::string_view type : kExempt) {
    // Read before anything is decided: what is no such message is refused for that alone.
    EXPECT_THAT(Ask(type, "no message"), ::testing::Not(HasSubstr("descriptor"))) << type;
  }
  const crypto::FederationDescriptor nothing;
  EXPECT_TRUE(federation::DecideWithin(nothing, kSouth, {.service = Service::kFollowUp}).allowed);
  EXPECT_FALSE(federation::LimitOf(nothing, kSouth, Service::kFollowUp).has_value());
}

}  // namespace
}  // namespace proofmark::journeys
