// SPDX-License-Identifier: Apache-2.0
// RFC 9497 Appendix A, P256-SHA256. Mode VOPRF through the functions the node uses; the modes OPRF
// and POPRF, which it has not, through the arithmetic they share with it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/hash/sha256.h"
#include "crypto/voprf/dleq.h"
#include "crypto/voprf/hash_to_curve.h"
#include "crypto/voprf/voprf.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/crypto/voprf/voprf_vectors.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;

// Members of a batch are separated by commas.
std::vector<std::string> List(const nlohmann::json& object, const char* field) {
  std::vector<std::string> members;
  std::string_view rest = object.at(field).get_ref<const std::string&>();
  while (true) {
    const std::size_t comma = rest.find(',');
    members.push_back(*base::ParseHex(rest.substr(0, comma)));
    if (comma == std::string_view::npos) return members;
    rest.remove_prefix(comma + 1);
  }
}

// The group domain is "HashToGroup-" and the context.
std::string Context(const nlohmann::json& suite) { return Bytes(suite, "groupDST").substr(12); }

nlohmann::json Suite(const char* mode) {
  const nlohmann::json file = Vectors("oprf_p256_sha256.json");
  for (const nlohmann::json& suite : file.at("suites")) {
    if (suite.at("modeName") == mode) return suite;
  }
  ADD_FAILURE() << "no suite " << mode;
  return {};
}

std::vector<Element> Elements(const std::vector<std::string>& all) {
  std::vector<Element> elements;
  for (const std::string& bytes : all) elements.push_back(*Element::Parse(bytes));
  return elements;
}

std::string Lp2(std::string_view value) {
  std::string out;
  base::AppendLp2(out, value);
  return out;
}

Scalar DerivedKey(const nlohmann::json& suite) {
  return HashToScalar(Bytes(suite, "seed") + Lp2(Bytes(suite, "keyInfo")) + std::string(1, '\0'),
                      "DeriveKeyPair" + Context(suite));
}

TEST(OprfVectorsTest, TheFileHasTheThreeModesAndNoOther) {
  PM_REQUIRE_SHARED_DATA();
  EXPECT_EQ(Vectors("oprf_p256_sha256.json").at("suites").size(), 3u);
}

TEST(OprfVectorsTest, ModeVoprfWholeExchange) {
  PM_REQUIRE_SHARED_DATA();
  const nlohmann::json suite = Suite("VOPRF");
  const SecretBytes seed = SecretBytes::CopyOf(base::AsBytes(Bytes(suite, "seed")));
  const auto key = VoprfKey::Derive(seed, Bytes(suite, "keyInfo"));
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->public_key().bytes(), Bytes(suite, "pkSm"));
  EXPECT_EQ(BytesOf(DerivedKey(suite)), Bytes(suite, "skSm"));

  int ran = 0;
  for (const nlohmann::json& vector : suite.at("vectors")) {
    SCOPED_TRACE(ran);
    const std::vector<std::string> inputs = List(vector, "Input");
    ASSERT_EQ(inputs.size(), vector.at("Batch").get<std::size_t>());
    FixedRandom blinds(List(vector, "Blind"));
    std::vector<BlindedInput> blinded;
    for (const std::string& input : inputs) blinded.push_back(*VoprfBlind(input, blinds));
    EXPECT_TRUE(blinds.used_up());

    FixedRandom nonce(List(vector.at("Proof"), "r"));
    const auto evaluation = key->BlindEvaluate(Elements(List(vector, "BlindedElement")), nonce);
    ASSERT_THAT(evaluation, IsOk());
    const auto outputs = VoprfFinalize(blinded, *evaluation, key->public_key());
    ASSERT_THAT(outputs, IsOk());

    for (std::size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(blinded[i].element.bytes(), List(vector, "BlindedElement")[i]);
      EXPECT_EQ(evaluation->elements[i].bytes(), List(vector, "EvaluationElement")[i]);
      EXPECT_EQ(BytesOf((*outputs)[i]), List(vector, "Output")[i]);
      EXPECT_EQ(*key->Evaluate(inputs[i]), (*outputs)[i]);
    }
    EXPECT_EQ(evaluation->proof.ToBytes(), Bytes(vector.at("Proof"), "proof"));
    ++ran;
  }
  EXPECT_EQ(ran, 2);
}

TEST(OprfVectorsTest, ModeOprfArithmetic) {
  PM_REQUIRE_SHARED_DATA();
  const nlohmann::json suite = Suite("OPRF");
  const Scalar key = DerivedKey(suite);
  EXPECT_EQ(BytesOf(key), Bytes(suite, "skSm"));
  int ran = 0;
  for (const nlohmann::json& vector : suite.at("vectors")) {
    const std::string input = Bytes(vector, "Input");
    const Scalar blind = ScalarOf(Bytes(vector, "Blind"));

    const Element blinded = Multiply(blind, HashToCurve(input, Bytes(suite, "groupDST")));
    const Element evaluated = Multiply(key, blinded);
    const Element unblinded = Multiply(Inverse(blind), evaluated);

    EXPECT_EQ(blinded.bytes(), Bytes(vector, "BlindedElement"));
    EXPECT_EQ(evaluated.bytes(), Bytes(vector, "EvaluationElement"));
    EXPECT_EQ(AsText(Sha256(Lp2(input) + Lp2(unblinded.bytes()) + "Finalize")),
              Bytes(vector, "Output"));
    ++ran;
  }
  EXPECT_EQ(ran, 1);
}

// Here the element is divided by key + HashToScalar(info), and the proof is about the way back.
TEST(OprfVectorsTest, ModePoprfArithmeticAndProof) {
  PM_REQUIRE_SHARED_DATA();
  const nlohmann::json suite = Suite("POPRF");
  const std::string context = Context(suite);
  const Scalar key = DerivedKey(suite);
  EXPECT_EQ(BytesOf(key), Bytes(suite, "skSm"));
  EXPECT_EQ(MultiplyGenerator(key).bytes(), Bytes(suite, "pkSm"));
  int ran = 0;
  for (const nlohmann::json& vector : suite.at("vectors")) {
    const std::string input = Bytes(vector, "Input");
    const std::string info = Bytes(vector, "Info");
    const Scalar blind = ScalarOf(Bytes(vector, "Blind"));
    const Scalar tweak = HashToScalar("Info" + Lp2(info), "HashToScalar-" + context);
    const Scalar minus_one = MultiplySubtract(Scalar::Reduce({}), Inverse(tweak), tweak);
    const Scalar tweaked = MultiplySubtract(key, minus_one, tweak);

    const Element blinded = Multiply(blind, HashToCurve(input, Bytes(suite, "groupDST")));
    const Element evaluated = Multiply(Inverse(tweaked), blinded);
    FixedRandom nonce(List(vector.at("Proof"), "r"));
    const DleqProof proof = ProveDleq(context, tweaked, MultiplyGenerator(tweaked),
                                      std::vector{evaluated}, std::vector{blinded}, nonce);

    EXPECT_EQ(blinded.bytes(), Bytes(vector, "BlindedElement"));
    EXPECT_EQ(evaluated.bytes(), Bytes(vector, "EvaluationElement"));
    EXPECT_EQ(proof.ToBytes(), Bytes(vector.at("Proof"), "proof"));
    EXPECT_THAT(VerifyDleq(context, MultiplyGenerator(tweaked), std::vector{evaluated},
                           std::vector{blinded}, proof),
                IsOk());
    const Element unblinded = Multiply(Inverse(blind), evaluated);
    EXPECT_EQ(AsText(Sha256(Lp2(input) + Lp2(info) + Lp2(unblinded.bytes()) + "Finalize")),
              Bytes(vector, "Output"));
    ++ran;
  }
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace proofmark::crypto
