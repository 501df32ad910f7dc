// SPDX-License-Identifier: Apache-2.0
#include "crypto/voprf/voprf.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/crypto/voprf/voprf_vectors.h"

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

// Both sides of one batch with the inputs "0", "1", ...
struct Batch {
  std::vector<BlindedInput> inputs;
  VoprfEvaluation evaluation;
};

Batch SomeBatch(std::size_t size, SeededRandom& random, const VoprfKey& key) {
  std::vector<BlindedInput> inputs;
  std::vector<Element> elements;
  for (std::size_t i = 0; i < size; ++i) {
    inputs.push_back(*VoprfBlind(std::to_string(i), random));
    elements.push_back(inputs.back().element);
  }
  return {std::move(inputs), *key.BlindEvaluate(elements, random)};
}

TEST(VoprfTest, TheAskerGetsWhatTheOwnerWouldCompute) {
  SeededRandom random(1);
  const VoprfKey key = SomeKey();
  for (const std::size_t size : {1u, 2u, 3u, 64u, 300u}) {
    SCOPED_TRACE(size);
    const Batch batch = SomeBatch(size, random, key);

    const auto outputs = VoprfFinalize(batch.inputs, batch.evaluation, key.public_key());

    ASSERT_THAT(outputs, IsOk());
    ASSERT_EQ(outputs->size(), size);
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_EQ((*outputs)[i], *key.Evaluate(std::to_string(i)));
    }
  }
}

// The owner sees another element each time, the asker gets the same output.
TEST(VoprfTest, TheBlindHidesTheInputAndLeavesTheOutput) {
  SeededRandom random(2);
  const VoprfKey key = SomeKey();
  std::set<std::string> elements, outputs;
  for (int i = 0; i < 20; ++i) {
    std::vector<BlindedInput> inputs;
    inputs.push_back(*VoprfBlind("same", random));
    const auto evaluation = key.BlindEvaluate(std::vector{inputs[0].element}, random);
    elements.emplace(inputs[0].element.bytes());
    outputs.insert(BytesOf((*VoprfFinalize(inputs, *evaluation, key.public_key()))[0]));
  }

  EXPECT_EQ(elements.size(), 20u);
  EXPECT_EQ(outputs.size(), 1u);
}

TEST(VoprfTest, OutputsDifferByInputAndByKey) {
  std::set<std::string> outputs;
  for (const char* info : {"epoch 1", "epoch 2"}) {
    for (const char* input : {"", "a", "b"}) {
      outputs.insert(BytesOf(*SomeKey(info).Evaluate(input)));
    }
  }
  EXPECT_EQ(outputs.size(), 6u);
}

TEST(VoprfTest, RefusesAnotherKey) {
  SeededRandom random(3);
  const Batch batch = SomeBatch(4, random, SomeKey("epoch 1"));

  EXPECT_THAT(VoprfFinalize(batch.inputs, batch.evaluation, SomeKey("epoch 2").public_key()),
              StatusIs(kUnauthenticated, HasSubstr("another key")));
}

// One element of the batch made with another key, the proof honest for the rest.
TEST(VoprfTest, RefusesOneElementOfAnotherKey) {
  SeededRandom random(4);
  const VoprfKey key = SomeKey();
  for (std::size_t i = 0; i < 4; ++i) {
    Batch batch = SomeBatch(4, random, key);
    batch.evaluation.elements[i] =
        SomeKey("other").BlindEvaluate(std::vector{batch.inputs[i].element}, random)->elements[0];
    EXPECT_THAT(VoprfFinalize(batch.inputs, batch.evaluation, key.public_key()),
                StatusIs(kUnauthenticated));
  }
}

TEST(VoprfTest, RefusesElementsInAnotherOrder) {
  SeededRandom random(5);
  const VoprfKey key = SomeKey();
  Batch batch = SomeBatch(4, random, key);
  std::swap(batch.evaluation.elements[1], batch.evaluation.elements[2]);

  EXPECT_THAT(VoprfFinalize(batch.inputs, batch.evaluation, key.public_key()),
              StatusIs(kUnauthenticated));

  std::swap(batch.inputs[1], batch.inputs[2]);  // Both swapped: still not the order proven.
  EXPECT_THAT(VoprfFinalize(batch.inputs, batch.evaluation, key.public_key()),
              StatusIs(kUnauthenticated));
}

TEST(VoprfTest, RefusesTheProofOfAnotherBatch) {
  SeededRandom random(6);
  const VoprfKey key = SomeKey();
  Batch batch = SomeBatch(4, random, key);
  Batch other = SomeBatch(4, random, key);
  std::swap(batch.evaluation.proof, other.evaluation.proof);

  EXPECT_THAT(VoprfFinalize(batch.inputs, batch.evaluation, key.public_key()),
              StatusIs(kUnauthenticated));
  EXPECT_THAT(VoprfFinalize(other.inputs, other.evaluation, key.public_key()),
              StatusIs(kUnauthenticated));
}

TEST(VoprfTest, RefusesEveryFlippedBitOfAProof) {
  SeededRandom random(7);
  const VoprfKey key = SomeKey();
  Batch batch = SomeBatch(2, random, key);
  const std::string proof = batch.evaluation.proof.ToBytes();
  for (std::size_t bit = 0; bit < 8 * proof.size(); ++bit) {
    std::string damaged = proof;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    auto parsed = DleqProof::Parse(damaged);
    if (!parsed.ok()) continue;  // Above the order: refused before.
    batch.evaluation.proof = *std::move(parsed);
    EXPECT_THAT(VoprfFinalize(batch.inputs, batch.evaluation, key.public_key()),
                StatusIs(kUnauthenticated))
        << bit;
  }
}

TEST(VoprfTest, RefusesAProofOfZeros) {
  SeededRandom random(8);
  const VoprfKey key = SomeKey();
  Batch batch = SomeBatch(1, random, key);
  batch.evaluation.proof = *DleqProof::Parse(std::string(kDleqProofBytes, '\0'));

  EXPECT_THAT(VoprfFinalize(batch.inputs, batch.evaluation, key.public_key()),
              StatusIs(kUnauthenticated));
}

TEST(VoprfTest, RefusesAnotherNumberOfElements) {
  SeededRandom random(9);
  const VoprfKey key = SomeKey();
  Batch batch = SomeBatch(3, random, key);
  const std::vector<Element> all = batch.evaluation.elements;
  for (const std::size_t size : {0u, 2u, 4u}) {
    batch.evaluation.elements = all;
    batch.evaluation.elements.resize(size, all[0]);
    EXPECT_THAT(VoprfFinalize(batch.inputs, batch.evaluation, key.public_key()),
                StatusIs(kInvalid, HasSubstr(absl::StrFormat("%d elements came for 3", size))));
  }
  EXPECT_THAT(VoprfFinalize({}, {{}, std::move(batch.evaluation.proof)}, key.public_key()),
              StatusIs(kInvalid));
}

// Cheap to ask: one point, as often as the maximum and once more.
TEST(VoprfTest, TakesTheLargestBatchAndNoLarger) {
  SeededRandom random(10);
  const VoprfKey key = SomeKey();
  std::vector<Element> elements(kDleqBatchMax + 1, key.public_key());

  EXPECT_THAT(key.BlindEvaluate(elements, random), StatusIs(kInvalid, HasSubstr("not 1 to 65535")));
  EXPECT_THAT(key.BlindEvaluate({}, random), StatusIs(kInvalid));
}

TEST(DleqProofTest, ReadsWhatItWroteAndNothingElse) {
  SeededRandom random(11);
  const std::string bytes = SomeBatch(1, random, SomeKey()).evaluation.proof.ToBytes();

  EXPECT_EQ(DleqProof::Parse(bytes)->ToBytes(), bytes);
  for (std::size_t size = 0; size <= 2 * kDleqProofBytes; ++size) {
    if (size == kDleqProofBytes) continue;
    EXPECT_THAT(DleqProof::Parse((bytes + bytes).substr(0, size)),
                StatusIs(kInvalid, HasSubstr("not 64")));
  }
  const std::string above(kScalarBytes, '\xff');
  EXPECT_THAT(DleqProof::Parse(above + bytes.substr(kScalarBytes)),
              StatusIs(kInvalid, HasSubstr("order")));
  EXPECT_THAT(DleqProof::Parse(bytes.substr(0, kScalarBytes) + above),
              StatusIs(kInvalid, HasSubstr("order")));
}

TEST(VoprfTest, RefusesInputsSeedsAndInfosBeyondTheirBounds) {
  SeededRandom random(12);
  const VoprfKey key = SomeKey();
  const std::string longest(kVoprfInputBytesMax, 'x');

  EXPECT_THAT(VoprfBlind(longest, random), IsOk());
  EXPECT_THAT(key.Evaluate(longest), IsOk());
  EXPECT_THAT(VoprfKey::Derive(SecretBytes::OfSize(kVoprfSeedBytes), longest), IsOk());
  EXPECT_THAT(VoprfBlind(longest + "x", random), StatusIs(kInvalid, HasSubstr("65535")));
  EXPECT_THAT(key.Evaluate(longest + "x"), StatusIs(kInvalid, HasSubstr("65535")));
  EXPECT_THAT(VoprfKey::Derive(SecretBytes::OfSize(kVoprfSeedBytes), longest + "x"),
              StatusIs(kInvalid, HasSubstr("65535")));
  for (const std::size_t size : {0u, 31u, 33u}) {
    EXPECT_THAT(VoprfKey::Derive(SecretBytes::OfSize(size), "info"),
                StatusIs(kInvalid, HasSubstr("not 32")));
  }
}

}  // namespace
}  // namespace proofmark::crypto
