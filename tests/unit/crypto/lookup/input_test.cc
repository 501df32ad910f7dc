// SPDX-License-Identifier: Apache-2.0
#include "crypto/lookup/input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr LookupForm kAllForms[] = {LookupForm::kSerial, LookupForm::kMakeAndSerial,
                                    LookupForm::kMakeModelAndSerial};

const LookupFields kFull{.make = "CZ", .model = "75B", .serial = "AB12345"};

TEST(LookupInputTest, AFormNeedsItsFields) {
  EXPECT_THAT(FillableForms(kFull), ElementsAre(LookupForm::kSerial, LookupForm::kMakeAndSerial,
                                                LookupForm::kMakeModelAndSerial));
  EXPECT_THAT(FillableForms({.make = "CZ", .serial = "1"}),
              ElementsAre(LookupForm::kSerial, LookupForm::kMakeAndSerial));
  EXPECT_THAT(FillableForms({.model = "75B", .serial = "1"}), ElementsAre(LookupForm::kSerial));
  EXPECT_THAT(FillableForms({.make = "CZ", .model = "75B"}), IsEmpty());

  EXPECT_THAT(LookupInput(LookupForm::kMakeAndSerial, {.serial = "1"}),
              StatusIs(kInvalid, HasSubstr("look-up make: 0 characters")));
  EXPECT_THAT(LookupInput(LookupForm::kMakeModelAndSerial, {.make = "CZ", .serial = "1"}),
              StatusIs(kInvalid, HasSubstr("look-up model: 0 characters")));
  EXPECT_THAT(LookupInput(LookupForm::kSerial, {}),
              StatusIs(kInvalid, HasSubstr("look-up serial: 0 characters")));
}

// Every part has its length in front: what is moved from one field to the next is another input.
TEST(LookupInputTest, NoTwoWeaponsShareAnInput) {
  std::set<std::string> inputs;
  int count = 0;
  for (const LookupFields& fields :
       {kFull, LookupFields{"C", "Z75B", "AB12345"}, LookupFields{"CZ", "75", "BAB12345"},
        LookupFields{"CZ7", "5B", "0AB12345"}}) {
    for (const LookupForm form : kAllForms) {
      inputs.insert(*LookupInput(form, fields));
      ++count;
    }
  }
  EXPECT_EQ(inputs.size(), static_cast<std::size_t>(count - 1)) << "one serial occurs twice";
}

TEST(LookupInputTest, RefusesWhatIsNotPrepared) {
  EXPECT_THAT(LookupInput(LookupForm::kSerial, {.serial = std::string(64, 'A')}), IsOk());
  EXPECT_THAT(LookupInput(LookupForm::kSerial, {.serial = std::string(65, 'A')}),
              StatusIs(kInvalid, HasSubstr("65 characters, not 1 to 64")));
  for (const char* serial : {"ab12", "AB 12", "AB-12", "AB\xC3\x84", "AB12?", "@", "[", "/", ":"}) {
    EXPECT_THAT(LookupInput(LookupForm::kSerial, {.serial = serial}),
                StatusIs(kInvalid, HasSubstr("A to Z or 0 to 9")))
        << serial;
  }
}

TEST(LookupInputTest, ARefusalDoesNotTellTheSerial) {
  EXPECT_THAT(LookupInput(LookupForm::kSerial, {.serial = "SECRET-77"}),
              StatusIs(kInvalid, AllOf(Not(HasSubstr("SECRET")), Not(HasSubstr("77")))));
}

// Every part of the terms makes another key.
TEST(LookupKeyTest, EveryTermMakesAnotherKey) {
  const SecretBytes seed = SecretBytes::OfSize(kVoprfSeedBytes);
  std::set<std::string> keys;
  for (const LookupTerms& terms :
       {LookupTerms{"a.example", "b.example", 1}, LookupTerms{"a.example", "b.example", 2},
        LookupTerms{"b.example", "a.example", 1}, LookupTerms{"a.exampleb", ".example", 1},
        LookupTerms{"a.example", "c.example", 1}}) {
    keys.emplace(DeriveLookupKey(seed, terms)->public_key().bytes());
  }
  EXPECT_EQ(keys.size(), 5u);
}

TEST(LookupKeyTest, RefusesIdsBeyondTheirBounds) {
  const SecretBytes seed = SecretBytes::OfSize(kVoprfSeedBytes);
  EXPECT_THAT(DeriveLookupKey(seed, {std::string(512, 'a'), std::string(512, 'b'), 0}), IsOk());
  for (const std::string& id :
       {std::string(), std::string(513, 'a'), std::string("a b"), std::string("a\x7F"),
        std::string("\xC3\xA4"), std::string(1, '\0')}) {
    EXPECT_THAT(DeriveLookupKey(seed, {id, "b", 0}), StatusIs(kInvalid, HasSubstr("responder id")));
    EXPECT_THAT(DeriveLookupKey(seed, {"a", id, 0}), StatusIs(kInvalid, HasSubstr("querier id")));
  }
  EXPECT_THAT(DeriveLookupKey(SecretBytes::OfSize(31), {"a", "b", 0}),
              StatusIs(kInvalid, HasSubstr("seed")));
}

}  // namespace
}  // namespace proofmark::crypto
