// SPDX-License-Identifier: Apache-2.0
// private_lookup.json: a key, four rows, an exchange of two. That fields_raw becomes
// fields_normalised is for the tests of the serial keys; here fields come prepared.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/lookup/exchange.h"
#include "crypto/lookup/input.h"
#include "crypto/lookup/row.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/crypto/voprf/voprf_vectors.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;

nlohmann::json File() { return Vectors("private_lookup.json"); }

template <typename Array>
Array ArrayOf(const std::string& bytes) {
  Array array{};
  EXPECT_EQ(bytes.size(), array.size());
  std::ranges::copy(base::AsBytes(bytes), array.begin());
  return array;
}

VoprfKey KeyOf(const nlohmann::json& key) {
  const LookupTerms terms{key.at("responder_id"), key.at("querier_id"), key.at("epoch")};
  return *DeriveLookupKey(SecretBytes::CopyOf(base::AsBytes(Bytes(key, "seed_hex"))), terms);
}

LookupFields FieldsOf(const nlohmann::json& record) {
  const auto fields = record.at("fields_normalised").get<std::vector<std::string>>();
  LookupFields out{.serial = fields.back()};
  if (fields.size() > 1) out.make = fields.front();
  if (fields.size() > 2) out.model = fields[1];
  return out;
}

TEST(LookupVectorsTest, TheKeyIsDerivedFromTheSeedAndTheTerms) {
  PM_REQUIRE_SHARED_DATA();
  const nlohmann::json key = File().at("key");
  const VoprfKey derived = KeyOf(key);

  EXPECT_EQ(derived.public_key().bytes(), Bytes(key, "pk_hex"));
  EXPECT_EQ(MultiplyGenerator(ScalarOf(Bytes(key, "sk_hex"))), derived.public_key());
  const auto by_info = VoprfKey::Derive(SecretBytes::CopyOf(base::AsBytes(Bytes(key, "seed_hex"))),
                                        Bytes(key, "info_hex"));
  ASSERT_THAT(by_info, IsOk());
  EXPECT_EQ(by_info->public_key(), derived.public_key());
}

TEST(LookupVectorsTest, EveryRowIsFoundAndOpened) {
  PM_REQUIRE_SHARED_DATA();
  const nlohmann::json file = File();
  const VoprfKey key = KeyOf(file.at("key"));
  const auto snapshot_id = ArrayOf<SnapshotId>(Bytes(file, "snapshot_id_hex"));
  int ran = 0;
  for (const nlohmann::json& record : file.at("records")) {
    SCOPED_TRACE(record.at("why").get<std::string>());
    const auto input =
        LookupInput(static_cast<LookupForm>(record.at("form").get<int>()), FieldsOf(record));
    ASSERT_THAT(input, IsOk());
    const auto output = key.Evaluate(*input);
    ASSERT_THAT(output, IsOk());
    const RowPlace place{*output, snapshot_id, record.at("dup_index").get<int>()};
    const auto label = ArrayOf<LookupLabelBytes>(Bytes(record, "label_plain_hex"));
    const std::string row = Bytes(record, "row_hex");

    EXPECT_EQ(*input, Bytes(record, "input_hex"));
    EXPECT_EQ(BytesOf(*output), Bytes(record, "prf_output_hex"));
    EXPECT_EQ(base::AsText(TagOf(place)), Bytes(record, "tag_hex"));
    EXPECT_EQ(base::AsText(SealRow(place, label)), row);
    EXPECT_EQ(*OpenRow(place, row), label);
    // These labels were made before the bytes between state and handle had to be zero.
    EXPECT_THAT(ParseLookupLabel(label), StatusIs(absl::StatusCode::kInvalidArgument));
    ++ran;
  }
  EXPECT_EQ(ran, 4);
}

TEST(LookupVectorsTest, TheTranscriptIsReproducedByteForByte) {
  PM_REQUIRE_SHARED_DATA();
  const nlohmann::json file = File();
  const nlohmann::json& transcript = file.at("transcript");
  const VoprfKey key = KeyOf(file.at("key"));
  std::vector<std::string> blinds, blinded, evaluated, outputs;
  std::vector<BlindedInput> inputs;
  const auto count = transcript.at("record_indexes").size();
  ASSERT_EQ(count, 2u);
  for (std::size_t i = 0; i < count; ++i) {
    const nlohmann::json& record =
        file.at("records").at(transcript.at("record_indexes").at(i).get<std::size_t>());
    blinds.push_back(Bytes(transcript.at("blinds_hex").at(i)));
    blinded.push_back(Bytes(transcript.at("blinded_hex").at(i)));
    evaluated.push_back(Bytes(transcript.at("evaluated_hex").at(i)));
    outputs.push_back(Bytes(record, "prf_output_hex"));
    FixedRandom blind({blinds.back()});
    inputs.push_back(*VoprfBlind(Bytes(record, "input_hex"), blind));
    EXPECT_EQ(inputs.back().element.bytes(), blinded.back());
  }
  FixedRandom nonce({Bytes(transcript, "proof_nonce_hex")});

  const auto answer = AnswerLookup(key, blinded, nonce);

  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->elements, evaluated);
  EXPECT_EQ(answer->proof, Bytes(transcript, "proof_hex"));
  std::vector<Element> elements;
  for (const std::string& bytes : evaluated) elements.push_back(*Element::Parse(bytes));
  const auto finalized =
      VoprfFinalize(inputs, {elements, *DleqProof::Parse(answer->proof)}, key.public_key());
  ASSERT_THAT(finalized, IsOk());
  EXPECT_EQ(BytesOf(*finalized), outputs);
}

}  // namespace
}  // namespace proofmark::crypto
