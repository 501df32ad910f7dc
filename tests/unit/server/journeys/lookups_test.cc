// SPDX-License-Identifier: Apache-2.0
#include "server/journeys/lookups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "crypto/lookup/exchange.h"
#include "proto/wire/lookup.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::testing {
namespace {

using records::EntryKind;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using wire::PartnerOutcome;

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

lookup::SharedFirearm Firearm(std::string_view serial) {
  return {.record_id = absl::StrFormat("rec-%s", serial),
          .fields = {.make = "CZ", .model = "", .serial = std::string(serial)},
          .group = firearm::StateGroup::kDeactivated,
          .reference = "S/1"};
}

wire::FirearmLookupRequest About(std::string_view serial, std::string_view make = "") {
  wire::FirearmLookupRequest request;
  request.serial = std::string(serial);
  request.make = std::string(make);
  request.purpose = kPurpose;
  request.case_reference = "CASE-4711/26";
  return request;
}

// North looks up at south, which shares some firearms.
struct World {
  explicit World(std::vector<std::string> serials = {"AB12345"},
                 std::int64_t burst = federation::kBudgetMax)
      : lookup_burst(burst) {
    south.shared_firearms = [serials](const lookup::SharedVisitor& visit) -> absl::Status {
      for (const std::string& serial : serials) {
        if (absl::Status visited = visit(Firearm(serial)); !visited.ok()) return visited;
      }
      return absl::OkStatus();
    };
    north.AddPartner(south.AsPartner({kPurpose}, {kPurpose}));
    south.AddPartner(NorthAsPartner());
    north.Start();
    south.Start();
    MakeTables(south);
  }

  federation::Partner NorthAsPartner() const {
    federation::Partner partner = north.AsPartner({kPurpose}, {kPurpose});
    partner.lookup_budget = {.per_day = 100, .per_30_days = 1'000};
    partner.lookup_burst = lookup_burst;
    return partner;
  }

  static void MakeTables(Agency& agency) {
    agency.node().lookup_work().RunNow();
    EXPECT_THAT(agency.node().publishing().PublishNow(), IsOk());
  }

  wire::LookupPartnerResult LookUp(const wire::FirearmLookupRequest& request) {
    absl::StatusOr<wire::FirearmLookup> lookup = north.node().lookups().LookUp(kExaminer, request);
    EXPECT_THAT(lookup, IsOk());
    if (!lookup.ok() || lookup->partners.size() != 1) return {};
    return std::move(lookup->partners[0]);
  }

  // Signs an answer of south's anew after a test changed it.
  void Change(absl::StatusOr<federation::PeerAnswer>& answer, std::string payload) const {
    answer->envelope.payload = std::move(payload);
    answer->envelope.signature.clear();
    auto resigned = crypto::SignEnvelope(south.exchange_key(), answer->envelope);
    ASSERT_THAT(resigned, IsOk());
    answer->envelope = *std::move(resigned);
  }

  std::vector<std::string> AlarmsOfNorth() {
    std::vector<std::string> codes;
    for (const records::LedgerEntry& entry : EntriesOf(north.node().ledger(), EntryKind::kAlarm)) {
      codes.push_back(entry.draft.outcome);
    }
    return codes;
  }

  const std::int64_t lookup_burst;
  FakeClock clock;
  WireInTheMiddle wire;
  Agency north{"north", clock, wire};
  Agency south{"south", clock, wire};
};

TEST(LookupsTest, AHitAMissAndWhatBothLedgersSay) {
  World world;

  const wire::LookupPartnerResult hit = world.LookUp(About("AB-12345"));
  const wire::LookupPartnerResult miss = world.LookUp(About("AB-12346"));

  ASSERT_EQ(hit.outcome, PartnerOutcome::kAnswered) << hit.detail;
  ASSERT_THAT(hit.hits, SizeIs(1));
  EXPECT_EQ(hit.hits[0].state_group, firearm::StateGroup::kDeactivated);
  EXPECT_THAT(miss.hits, IsEmpty());
  const auto evaluated = EntriesOf(world.south.node().ledger(), EntryKind::kLookupEval);
  ASSERT_THAT(evaluated, SizeIs(2));
  EXPECT_EQ(evaluated[0].draft.case_commitment, evaluated[1].draft.case_commitment);
  const auto asked = EntriesOf(world.north.node().ledger(), EntryKind::kQueryOut);
  ASSERT_THAT(asked, SizeIs(3));  // The table, then each.
  EXPECT_EQ(asked[0].draft.object, "");
  EXPECT_NE(asked[1].draft.object, asked[2].draft.object);
  EXPECT_THAT(EntriesOf(world.north.node().ledger(), EntryKind::kAnswerIn), SizeIs(3));
  EXPECT_THAT(world.AlarmsOfNorth(), IsEmpty());
}

TEST(LookupsTest, NeitherDiskHoldsTheSerialAskedFor) {
  World world(std::vector<std::string>{});

  EXPECT_EQ(world.LookUp(About("QX771144Z")).outcome, PartnerOutcome::kAnswered);

  EXPECT_THAT(AllBytes(world.south.disk()), ::testing::Not(HasSubstr("QX771144Z")));
  EXPECT_THAT(AllBytes(world.north.disk()), ::testing::Not(HasSubstr("QX771144Z")));
  EXPECT_THAT(world.wire.CrossedBytes(), ::testing::Not(HasSubstr("QX771144Z")));
}

// What somebody who sees everything that travels, and the responder's ledger, can tell apart.
struct Seen {
  std::vector<std::pair<std::string, std::size_t>> messages;  // Type, bytes of the payload.
  std::vector<std::string> entries;  // Of the responder, without what is random.
};

Seen SeenOf(World& world, const std::vector<std::string>& serials) {
  Seen seen;
  world.wire.on_question = [&](crypto::Envelope& message) {
    seen.messages.emplace_back(message.type, message.payload.size());
  };
  world.wire.on_answer = [&](absl::StatusOr<federation::PeerAnswer>& answer) {
    EXPECT_THAT(answer, IsOk());
    seen.messages.emplace_back(answer->envelope.type, answer->envelope.payload.size());
  };
  for (const std::string& serial : serials) {
    EXPECT_EQ(world.LookUp(About(serial, "CZ")).outcome, PartnerOutcome::kAnswered);
  }
  for (const records::LedgerEntry& entry : EntriesOf(world.south.node().ledger())) {
    seen.entries.push_back(absl::StrFormat("%s %s %s %s %d", records::ToText(entry.draft.kind),
                                           entry.draft.outcome, entry.draft.purpose,
                                           entry.draft.actor, entry.draft.count));
  }
  return seen;
}

// As many questions about other serials, of other lengths, hits in the one world alone.
TEST(LookupsTest, TwoWorldsLookTheSameFromOutside) {
  World hits({"AB12345", "K1"});
  World misses({"AB12345", "K1"});

  const Seen of_hits = SeenOf(hits, {"AB12345", "K1", "AB12345"});
  const Seen of_misses = SeenOf(misses, {"7", "QQQQQQQQQQQQQQQQQQQQQQ99", "LONDON1"});

  EXPECT_THAT(of_hits.messages, SizeIs(8));
  EXPECT_EQ(of_hits.messages, of_misses.messages);
  EXPECT_EQ(of_hits.entries, of_misses.entries);
}

TEST(LookupsTest, AnAnswerWithAnotherKeyThanTheLoggedIsCaughtAndNothingOfItIsUsed) {
  World world;
  SeededRandom random(5);
  const auto rogue = crypto::DeriveLookupKey(
      crypto::SecretBytes::Random(crypto::kVoprfSeedBytes, random), {"a.example", "b.example", 1});
  ASSERT_THAT(rogue, IsOk());
  std::vector<std::string> elements;
  world.wire.on_question = [&](crypto::Envelope& message) {
    const auto question = wire::ParseLookupQuestion(message.payload);
    if (question.ok()) elements = question->elements;
  };
  world.wire.on_answer = [&](absl::StatusOr<federation::PeerAnswer>& answer) {
    if (answer->envelope.type != wire::kLookupAnswerType) return;
    auto said = wire::ParseLookupAnswer(answer->envelope.payload);
    auto evaluated = crypto::AnswerLookup(*rogue, elements, random);
    ASSERT_THAT(evaluated, IsOk());
    said->outcome =
        wire::LookupEvaluation{.elements = evaluated->elements, .proof = evaluated->proof};
    world.Change(answer, *wire::Serialise(*said));
  };

  const wire::LookupPartnerResult result = world.LookUp(About("AB12345"));

  EXPECT_EQ(result.outcome, PartnerOutcome::kInvalid);
  EXPECT_THAT(result.hits, IsEmpty());
  EXPECT_THAT(world.AlarmsOfNorth(), ::testing::ElementsAre(lookup::kAlarmLookupProof));
}

TEST(LookupsTest, AnotherTableThanTheLoggedIsCaught) {
  World world;
  world.wire.on_table_piece = [](std::string& piece) { piece[5'000] ^= 1; };

  const wire::LookupPartnerResult result = world.LookUp(About("AB12345"));

  EXPECT_EQ(result.outcome, PartnerOutcome::kInvalid);
  EXPECT_THAT(world.AlarmsOfNorth(), ::testing::ElementsAre(lookup::kAlarmLookupTable));
  EXPECT_THAT(EntriesOf(world.south.node().ledger(), EntryKind::kLookupEval), IsEmpty());
}

// An offer says a key, a table, an epoch, or proofs that the ledger does not have.
TEST(LookupsTest, AnOfferThatTheLedgerDoesNotSayIsCaught) {
  const std::map<std::string, std::function<void(wire::LookupTable&)>> lies = {
      {"key", [](wire::LookupTable& table) { table.public_key[32] ^= 1; }},
      {"table", [](wire::LookupTable& table) { table.table_hash[0] ^= std::byte{1}; }},
      {"epoch", [](wire::LookupTable& table) { ++table.epoch; }},
      {"swapped", [](wire::LookupTable& table) { std::swap(table.key_entry, table.table_entry); }},
      {"entry", [](wire::LookupTable& table) { table.table_entry.entry[40] ^= 1; }},
      {"proof", [](wire::LookupTable& table) { table.table_entry.proof = table.key_entry.proof; }},
  };
  for (const auto& lie : lies) {
    SCOPED_TRACE(lie.first);
    World world;
    world.wire.on_answer = [&](absl::StatusOr<federation::PeerAnswer>& answer) {
      auto said = wire::ParseLookupTableAnswer(answer->envelope.payload);
      ASSERT_THAT(said, IsOk());
      lie.second(std::get<wire::LookupTable>(*said));
      world.Change(answer, *wire::Serialise(*said));
    };

    const wire::LookupPartnerResult result = world.LookUp(About("AB12345"));

    EXPECT_EQ(result.outcome, PartnerOutcome::kInvalid);
    EXPECT_THAT(world.AlarmsOfNorth(), ::testing::ElementsAre(lookup::kAlarmLookupTable));
  }
}

// South's clock is put back over the end of an epoch: the key of the earlier one is erased, and it
// makes another for it.
TEST(LookupsTest, TwoKeysOfOneEpochAreCaughtThoughBothWereLogged) {
  World world;
  EXPECT_EQ(world.LookUp(About("AB12345")).outcome, PartnerOutcome::kAnswered);
  world.clock.AdvanceMillis(31 * kDayMs);
  World::MakeTables(world.south);
  world.clock.AdvanceMillis(-31 * kDayMs);
  World::MakeTables(world.south);

  const wire::LookupPartnerResult result = world.LookUp(About("AB12345"));

  EXPECT_EQ(result.outcome, PartnerOutcome::kInvalid) << result.detail;
  EXPECT_THAT(result.hits, IsEmpty());
  EXPECT_THAT(world.AlarmsOfNorth(), ::testing::ElementsAre(lookup::kAlarmLookupKey));
}

TEST(LookupsTest, WhenAnEpochEndsItsKeyIsErasedAndTheNextAnswers) {
  World world;
  EXPECT_THAT(world.LookUp(About("AB12345")).hits, SizeIs(1));

  world.clock.AdvanceMillis(31 * kDayMs);
  World::MakeTables(world.south);

  EXPECT_THAT(world.LookUp(About("AB12345")).hits, SizeIs(1));
  const auto keys = EntriesOf(world.south.node().ledger(), EntryKind::kKey);
  std::vector<std::string> outcomes;
  for (const records::LedgerEntry& entry : keys) outcomes.push_back(entry.draft.outcome);
  EXPECT_THAT(outcomes,
              ::testing::ElementsAre(lookup::kKeyMade, lookup::kKeyErased, lookup::kKeyMade));
  EXPECT_EQ(keys[0].draft.count, keys[1].draft.count);
  EXPECT_EQ(keys[0].draft.count + 1, keys[2].draft.count);
}

// The budget is charged in the batch of the answer.
TEST(LookupsTest, ACrashGivesNoEvaluationBackAndADayDoes) {
  World world;
  for (int i = 0; i < 25; ++i) {
    ASSERT_EQ(world.LookUp(About("AB12345")).outcome, PartnerOutcome::kAnswered);
  }
  world.south.Crash();
  world.south.Start();
  World::MakeTables(world.south);

  EXPECT_EQ(world.LookUp(About("AB12345")).refusal_code, "CAPACITY");
  world.clock.AdvanceMillis(kDayMs + 1);
  World::MakeTables(world.south);
  EXPECT_EQ(world.LookUp(About("AB12345")).outcome, PartnerOutcome::kAnswered);
}

// Of 8 evaluations at once two questions of four are answered; a day fills 100 of them.
TEST(LookupsTest, BeyondTheBurstItSaysWhenToAskAgainAndAfterACrashToo) {
  World world({"AB12345"}, 8);
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(world.LookUp(About("AB12345")).outcome, PartnerOutcome::kAnswered);
  }
  world.south.Crash();
  world.south.Start();
  World::MakeTables(world.south);

  const wire::LookupPartnerResult third = world.LookUp(About("AB12345"));

  EXPECT_EQ(third.refusal_code, "CAPACITY");
  EXPECT_THAT(third.detail, ::testing::AllOf(HasSubstr("At most 8 evaluations at once"),
                                             HasSubstr("ask again after")));
  world.clock.AdvanceMillis(4 * kDayMs / 100);
  EXPECT_EQ(world.LookUp(About("AB12345")).outcome, PartnerOutcome::kAnswered);
  EXPECT_EQ(world.LookUp(About("AB12345")).refusal_code, "CAPACITY");
}

TEST(LookupsTest, BeforeThereIsATableItSaysSo) {
  World world;
  world.clock.AdvanceMillis(31 * kDayMs);

  const wire::LookupPartnerResult result = world.LookUp(About("AB12345"));

  EXPECT_EQ(result.outcome, PartnerOutcome::kRefused);
  EXPECT_EQ(result.refusal_code, "NOT_READY");
}

TEST(LookupsTest, APartnerThatSaysNothingIsTooLateAndItsQuestionIsClosed) {
  World world;
  EXPECT_EQ(world.LookUp(About("AB12345")).outcome, PartnerOutcome::kAnswered);
  world.south.Crash();

  EXPECT_EQ(world.LookUp(About("AB12345")).outcome, PartnerOutcome::kUnreachable);

  EXPECT_EQ(EntriesOf(world.north.node().ledger(), EntryKind::kQueryOut).size(),
            EntriesOf(world.north.node().ledger(), EntryKind::kAnswerIn).size());
}

TEST(LookupsTest, APurposeOutsideTheAgreementIsNotAsked) {
  World world;
  wire::FirearmLookupRequest request = About("AB12345");
  request.purpose = "TRAINING";

  EXPECT_EQ(world.LookUp(request).outcome, PartnerOutcome::kNotAsked);
  EXPECT_EQ(world.wire.sent_count(), 0);
}

TEST(PlanLookupTest, TakesEveryFormThatIsFilledAndBothKeys) {
  const auto serial = journeys::PlanLookup(About("AB-12345"));
  ASSERT_THAT(serial, IsOk());
  EXPECT_THAT(serial->inputs, SizeIs(1));
  EXPECT_EQ(serial->inputs[0].serial_key, "AB12345");

  wire::FirearmLookupRequest request = About("AB-12345", "Glock");
  request.model = "17";
  const auto all = journeys::PlanLookup(request);
  ASSERT_THAT(all, IsOk());
  EXPECT_THAT(all->inputs, SizeIs(3));
  EXPECT_EQ(all->inputs.size(), all->bytes.size());
}

TEST(PlanLookupTest, RefusesASerialWithoutLetterOrDigit) {
  EXPECT_THAT(journeys::PlanLookup(About("--")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("serial")));
}

}  // namespace
}  // namespace proofmark::testing
