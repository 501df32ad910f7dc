// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/standing.h"

#include <string>
#include <vector>

#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/standing.pb.h"
#include "proofmark/v1/standing_service.pb.h"
#include "tests/support/field_cases.h"
#include "tests/support/random_values.h"

namespace proofmark::wire {
namespace {

using ::proofmark::testing::ExpectFieldCases;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::RandomValues;

TEST(StandingWireTest, EveryValueIsTheSameAfterTravelling) {
  RandomValues random(7);
  for (int i = 0; i < 200; ++i) {
    const StandingQuestion question = random.Standing();
    const auto bytes = Serialise(question);
    ASSERT_THAT(bytes, IsOk());
    EXPECT_EQ(*ParseStandingQuestion(*bytes), question);
    const CollectionQuestion asked = random.CollectionQuestion();
    EXPECT_EQ(*ParseCollectionQuestion(*Serialise(asked)), asked);
    const CollectionAnswer answer = random.CollectionAnswer();
    EXPECT_EQ(*ParseCollectionAnswer(*Serialise(answer)), answer);
  }
}

TEST(StandingWireTest, EveryBoundOfAStandingQuestionHolds) {
  using M = v1::StandingQuestion;
  RandomValues random(8);
  StandingQuestion question = random.Standing();
  question.partners[0].version = std::string(16, 'v');
  ExpectFieldCases<M>(
      ToProto(question),
      {{"an id", [](M& m) { m.set_standing_id("x"); }, "standing_id"},
       {"an exhibit", [](M& m) { m.clear_exhibit_id(); }, "exhibit_id"},
       {"a purpose", [](M& m) { m.clear_purpose(); }, "purpose"},
       {"a case", [](M& m) { m.clear_case_reference(); }, "case_reference"},
       {"no longer case", [](M& m) { m.set_case_reference(std::string(129, 'c')); },
        "case_reference"},
       {"somebody to ask", [](M& m) { m.clear_partners(); }, "partners"},
       {"each once", [](M& m) { *m.mutable_partners(1) = m.partners(0); }, "partners"},
       {"a whole version", [](M& m) { m.mutable_partners(0)->set_version("short"); },
        "partners[0].version"},
       {"no version yet", [](M& m) { m.mutable_partners(0)->clear_version(); }, ""},
       {"no more new than candidates", [](M& m) { m.mutable_partners(0)->set_new_count(11); },
        "partners[0].new_count"},
       {"a state", [](M& m) { m.clear_state(); }, "state"},
       {"a state that is known", [](M& m) { m.set_state(static_cast<v1::StandingState>(4)); },
        "state"},
       {"who asks", [](M& m) { m.clear_asked_by(); }, "asked_by"},
       {"triggers of the list", [](M& m) { m.add_triggers("customs"); }, "triggers["},
       {"nothing urgent of an examiner",
        [](M& m) {
          m.clear_triggers();
          m.set_urgent(true);
        },
        "urgent"},
       {"an end", [](M& m) { m.clear_expire_time(); }, "expire_time"}},
      [](const M& m) { return FromProto(m, ""); });
}

TEST(StandingWireTest, EveryBoundOfARegistrationHolds) {
  using M = v1::AddStandingQuestionRequest;
  M valid;
  valid.set_exhibit_id(std::string(32, 'a'));
  valid.set_purpose("CRIMINAL_INVESTIGATION");
  valid.set_case_reference("24-117");
  valid.add_partners("north.test");
  valid.add_partners("east.test");
  valid.mutable_expire_time()->set_seconds(1'790'000'000);
  ExpectFieldCases<M>(valid,
                      {{"a purpose in capitals", [](M& m) { m.set_purpose("why"); }, "purpose"},
                       {"somebody to ask", [](M& m) { m.clear_partners(); }, "partners"},
                       {"at most 64",
                        [](M& m) {
                          for (int i = 0; i < 63; ++i)
                            m.add_partners("p" + std::to_string(i) + ".test");
                        },
                        "partners"},
                       {"each once", [](M& m) { m.add_partners("east.test"); }, "partners"},
                       {"a domain", [](M& m) { m.add_partners("No Domain"); }, "partners[2]"},
                       {"an end", [](M& m) { m.clear_expire_time(); }, "expire_time"}},
                      [](const M& m) { return FromProto(m, ""); });
}

TEST(StandingWireTest, ACollectionAnswerIsAVersionOrARefusal) {
  EXPECT_FALSE(ParseCollectionAnswer("").ok());
  EXPECT_FALSE(Serialise(CollectionAnswer(CollectionVersion{.version = "short"})).ok());
}

}  // namespace
}  // namespace proofmark::wire
