// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/status.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/domain_list.h"
#include "tests/support/status_matchers.h"

namespace proofmark::firearm {
namespace {

using proofmark::testing::DomainRow;
using proofmark::testing::IsOk;
using proofmark::testing::ReadDomainList;
using proofmark::testing::StatusIs;
using ::testing::HasSubstr;

StateEvent Event(std::optional<State> from, State to, std::int64_t at_unix_ms = 1'000) {
  return {.from = from,
          .to = to,
          .at_unix_ms = at_unix_ms,
          .authority = "Registry North",
          .reason = "",
          .paper = ""};
}

TEST(StateTest, AllowsTheTransitionsOfTheDomainListAndRefusesEveryOtherOf18By18) {
  PM_REQUIRE_SHARED_DATA();
  std::set<std::pair<std::string, std::string>> allowed;
  for (const DomainRow& row : ReadDomainList("firearm_status_transitions.csv")) {
    EXPECT_TRUE(allowed.emplace(row.at("from"), row.at("to")).second);
  }
  ASSERT_EQ(allowed.size(), 83U);

  std::size_t may = 0;
  std::size_t may_not = 0;
  for (const CodeRow<State>& from : CodesOf<State>()) {
    for (const CodeRow<State>& to : CodesOf<State>()) {
      const std::vector<StateEvent> history = {Event(std::nullopt, from.value)};
      const absl::Status check = CheckNextEvent(history, Event(from.value, to.value));
      if (allowed.count({std::string(from.code), std::string(to.code)}) > 0) {
        ++may;
        EXPECT_TRUE(MayFollow(from.value, to.value)) << from.code << " " << to.code;
        EXPECT_THAT(check, IsOk());
      } else {
        ++may_not;
        EXPECT_FALSE(MayFollow(from.value, to.value)) << from.code << " " << to.code;
        EXPECT_THAT(check, StatusIs(absl::StatusCode::kFailedPrecondition,
                                    HasSubstr(std::string(to.code) + " may not follow")));
      }
    }
  }
  EXPECT_EQ(may, 83U);
  EXPECT_EQ(may_not, 18U * 18U - 83U);
}

// docs/formats/firearm.md: these five were added to the first list.
TEST(StateTest, ARecoveredFirearmMayTurnOutDeactivatedAndBack) {
  EXPECT_TRUE(MayFollow(State::kDeactivated, State::kRecovered));
  EXPECT_TRUE(MayFollow(State::kDeactivatedOldStandard, State::kRecovered));
  EXPECT_TRUE(MayFollow(State::kRecovered, State::kDeactivated));
  EXPECT_TRUE(MayFollow(State::kRecovered, State::kDeactivatedOldStandard));
  EXPECT_TRUE(MayFollow(State::kUnknown, State::kTrafficked));
}

TEST(StateTest, ARecordMayBeginAnywhereAndNothingFollowsDestruction) {
  for (const CodeRow<State>& state : CodesOf<State>()) {
    EXPECT_TRUE(MayFollow(std::nullopt, state.value)) << state.code;
    EXPECT_FALSE(MayFollow(State::kDestroyed, state.value)) << state.code;
  }
  EXPECT_FALSE(MayFollow(std::nullopt, static_cast<State>(0)));
  EXPECT_FALSE(MayFollow(static_cast<State>(19), State::kLost));
}

TEST(StateHistoryTest, TellsTheState) {
  const std::vector<StateEvent> history = {
      Event(std::nullopt, State::kRegistered, 1), Event(State::kRegistered, State::kLost, 2),
      Event(State::kLost, State::kRecovered, 3), Event(State::kRecovered, State::kReturned, 4)};
  EXPECT_THAT(CheckHistory(history), IsOk());
  EXPECT_EQ(StateAfter(history), State::kReturned);
  EXPECT_FALSE(StateAfter({}).has_value());
}

TEST(StateHistoryTest, RefusesAnEventThatDoesNotFitTheOneBefore) {
  const std::vector<StateEvent> history = {Event(std::nullopt, State::kRegistered, 5)};
  EXPECT_THAT(CheckNextEvent(history, Event(State::kLost, State::kRecovered, 6)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("from")));
  EXPECT_THAT(CheckNextEvent(history, Event(std::nullopt, State::kLost, 6)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("from")));
  EXPECT_THAT(CheckNextEvent({}, Event(State::kRegistered, State::kLost, 6)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("from")));
  EXPECT_THAT(CheckNextEvent(history, Event(State::kRegistered, State::kLost, 4)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at_unix_ms")));
}

TEST(StateHistoryTest, RefusesFieldsOutOfTheirBounds) {
  const auto refused = [](auto change, std::string_view field) {
    StateEvent event = Event(std::nullopt, State::kRegistered);
    change(event);
    EXPECT_THAT(CheckNextEvent({}, event),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(std::string(field))));
  };
  refused([](StateEvent& e) { e.authority.clear(); }, "authority: 0 bytes, must be 1..128");
  refused([](StateEvent& e) { e.authority.assign(129, 'a'); }, "authority: 129 bytes");
  refused([](StateEvent& e) { e.reason.assign(513, 'a'); }, "reason: 513 bytes, must be 0..512");
  refused([](StateEvent& e) { e.paper = "a\nb"; }, "paper: must be UTF-8");
  refused([](StateEvent& e) { e.paper = "\xFF"; }, "paper: must be UTF-8");
  refused([](StateEvent& e) { e.to = static_cast<State>(0); }, "to: 0, must be 1..18");
  refused([](StateEvent& e) { e.from = static_cast<State>(19); }, "from: 19, must be 1..18");
}

}  // namespace
}  // namespace proofmark::firearm
