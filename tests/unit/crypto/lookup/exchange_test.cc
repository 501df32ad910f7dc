// SPDX-License-Identifier: Apache-2.0
#include "crypto/lookup/exchange.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr absl::StatusCode kUnauthenticated = absl::StatusCode::kUnauthenticated;

VoprfKey SomeKey(std::string_view info = "epoch 1") {
  return *VoprfKey::Derive(SecretBytes::OfSize(kVoprfSeedBytes), info);
}

std::vector<std::string> Inputs(std::size_t count) {
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < count; ++i) inputs.push_back("input " + std::to_string(i));
  return inputs;
}

TEST(LookupExchangeTest, OpensToTheOutputsOfItsInputs) {
  SeededRandom random(1);
  const VoprfKey key = SomeKey();
  for (const std::size_t count : {1u, 3u, 4u, 5u, 63u, 64u}) {
    SCOPED_TRACE(count);
    const std::vector<std::string> inputs = Inputs(count);
    const auto question = LookupQuestion::Create(inputs, random);
    ASSERT_THAT(question, IsOk());
    const auto answer = AnswerLookup(key, question->Elements(), random);
    ASSERT_THAT(answer, IsOk());

    const auto outputs = question->Open(*answer, key.public_key());

    ASSERT_THAT(outputs, IsOk());
    ASSERT_EQ(outputs->size(), count);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ((*outputs)[i], *key.Evaluate(inputs[i]));
  }
}

// What travels has the same shape for one form as for four, and no element comes twice.
TEST(LookupExchangeTest, OneInputLooksLikeFour) {
  SeededRandom random(2);
  std::set<std::string> seen;
  for (const std::size_t count : {1u, 2u, 3u, 4u}) {
    const auto question = LookupQuestion::Create(Inputs(count), random);
    const std::vector<std::string> elements = question->Elements();
    EXPECT_EQ(elements.size(), kLookupBatchStep);
    for (const std::string& element : elements) {
      EXPECT_EQ(element.size(), kElementBytes);
      EXPECT_TRUE(seen.insert(element).second);
    }
  }
}

TEST(LookupExchangeTest, RefusesAnAnswerWithAnotherKeyOrChanged) {
  SeededRandom random(3);
  const VoprfKey key = SomeKey();
  const auto question = LookupQuestion::Create(Inputs(4), random);
  const LookupAnswer honest = *AnswerLookup(key, question->Elements(), random);
  EXPECT_THAT(question->Open(honest, SomeKey("epoch 2").public_key()), StatusIs(kUnauthenticated));

  LookupAnswer swapped = honest;
  std::swap(swapped.elements[0], swapped.elements[3]);
  EXPECT_THAT(question->Open(swapped, key.public_key()), StatusIs(kUnauthenticated));

  // The opposite point: the same x.
  LookupAnswer negated = honest;
  negated.elements[1].front() = static_cast<char>(negated.elements[1].front() ^ 1);
  EXPECT_THAT(question->Open(negated, key.public_key()), StatusIs(kUnauthenticated));

  LookupAnswer fewer = honest;
  fewer.elements.pop_back();
  EXPECT_THAT(question->Open(fewer, key.public_key()),
              StatusIs(kInvalid, HasSubstr("3 elements came for 4")));

  LookupAnswer cut = honest;
  cut.proof.pop_back();
  EXPECT_THAT(question->Open(cut, key.public_key()), StatusIs(kInvalid, HasSubstr("batch proof")));

  LookupAnswer malformed = honest;
  malformed.elements[2].front() = 4;
  EXPECT_THAT(question->Open(malformed, key.public_key()),
              StatusIs(kInvalid, HasSubstr("look-up element 3")));
}

TEST(LookupExchangeTest, RefusesMoreThanABatchAndMalformedElements) {
  SeededRandom random(4);
  const VoprfKey key = SomeKey();
  EXPECT_THAT(LookupQuestion::Create({}, random), StatusIs(kInvalid, HasSubstr("0 inputs")));
  EXPECT_THAT(LookupQuestion::Create(Inputs(65), random),
              StatusIs(kInvalid, HasSubstr("65 inputs, not 1 to 64")));
  EXPECT_THAT(AnswerLookup(key, {}, random), StatusIs(kInvalid, HasSubstr("0 elements")));
  std::vector<std::string> elements(65, std::string(key.public_key().bytes()));
  EXPECT_THAT(AnswerLookup(key, elements, random),
              StatusIs(kInvalid, HasSubstr("65 elements, not 1 to 64")));
  elements.resize(3);
  EXPECT_THAT(AnswerLookup(key, elements, random), IsOk());
  elements[1].clear();
  EXPECT_THAT(AnswerLookup(key, elements, random),
              StatusIs(kInvalid, HasSubstr("look-up element 2: group element")));
}

}  // namespace
}  // namespace proofmark::crypto
