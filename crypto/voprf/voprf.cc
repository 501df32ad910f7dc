// SPDX-License-Identifier: Apache-2.0
#include "crypto/voprf/voprf.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "crypto/voprf/hash_to_curve.h"

namespace proofmark::crypto {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kContext = "OPRFV1-\x01-P256-SHA256"sv;
constexpr std::string_view kGroupDomain = "HashToGroup-OPRFV1-\x01-P256-SHA256"sv;
constexpr std::string_view kKeyDomain = "DeriveKeyPairOPRFV1-\x01-P256-SHA256"sv;

absl::Status CheckLength(std::string_view what, std::size_t size) {
  if (size <= kVoprfInputBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("VOPRF %s: %d bytes, more than %d", what, size, kVoprfInputBytesMax));
}

SecretBytes Output(std::string_view input, const Element& unblinded) {
  std::string lengths[2];
  base::AppendU16Be(lengths[0], static_cast<std::uint16_t>(input.size()));
  base::AppendU16Be(lengths[1], static_cast<std::uint16_t>(unblinded.bytes().size()));
  Sha256Hasher hasher;
  hasher.Update(lengths[0]);
  hasher.Update(input);
  hasher.Update(lengths[1]);
  hasher.Update(unblinded.bytes());
  hasher.Update("Finalize"sv);
  Sha256Digest digest = hasher.Finish();
  return SecretBytes::TakeFrom(digest);
}

}  // namespace

absl::StatusOr<BlindedInput> VoprfBlind(std::string_view input, base::Random& random) {
  PM_RETURN_IF_ERROR(CheckLength("input", input.size()));
  Scalar blind = Scalar::Random(random);
  Element element = Multiply(blind, HashToCurve(input, kGroupDomain));
  return BlindedInput{SecretBytes::CopyOf(base::AsBytes(input)), std::move(blind),
                      std::move(element)};
}

absl::StatusOr<std::vector<SecretBytes>> VoprfFinalize(std::span<const BlindedInput> inputs,
                                                       const VoprfEvaluation& evaluation,
                                                       const Element& public_key) {
  std::vector<Element> blinded;
  for (const BlindedInput& input : inputs) blinded.push_back(input.element);
  PM_RETURN_IF_ERROR(
      VerifyDleq(kContext, public_key, blinded, evaluation.elements, evaluation.proof));
  std::vector<SecretBytes> outputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    outputs.push_back(Output(base::AsText(inputs[i].input.ExposeForOpenSsl()),
                             Multiply(Inverse(inputs[i].blind), evaluation.elements[i])));
  }
  return outputs;
}

absl::StatusOr<VoprfKey> VoprfKey::Derive(const SecretBytes& seed, std::string_view info) {
  if (seed.size() != kVoprfSeedBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("VOPRF seed: %d bytes, not %d", seed.size(), kVoprfSeedBytes));
  }
  PM_RETURN_IF_ERROR(CheckLength("key info", info.size()));
  std::string derivation(base::AsText(seed.ExposeForOpenSsl()));
  base::AppendLp2(derivation, info);
  derivation.push_back(0);
  SecretBytes input = SecretBytes::TakeFrom(derivation);
  // A second try has a chance of 2^-256; the RFC allows 256 of them.
  Scalar key = HashToScalar(base::AsText(input.ExposeForOpenSsl()), kKeyDomain);
  while (key.IsZero()) {
    std::byte& counter = input.ExposeForFilling().back();
    counter = static_cast<std::byte>(std::to_integer<unsigned>(counter) + 1);
    PM_CHECK(counter != std::byte{0});
    key = HashToScalar(base::AsText(input.ExposeForOpenSsl()), kKeyDomain);
  }
  Element public_key = MultiplyGenerator(key);
  return VoprfKey(std::move(key), std::move(public_key));
}

absl::StatusOr<VoprfEvaluation> VoprfKey::BlindEvaluate(std::span<const Element> blinded,
                                                        base::Random& random) const {
  if (blinded.empty() || blinded.size() > kDleqBatchMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("VOPRF batch: %d elements, not 1 to %d", blinded.size(), kDleqBatchMax));
  }
  std::vector<Element> evaluated;
  for (const Element& element : blinded) evaluated.push_back(Multiply(key_, element));
  DleqProof proof = ProveDleq(kContext, key_, public_key_, blinded, evaluated, random);
  return VoprfEvaluation{std::move(evaluated), std::move(proof)};
}

absl::StatusOr<SecretBytes> VoprfKey::Evaluate(std::string_view input) const {
  PM_RETURN_IF_ERROR(CheckLength("input", input.size()));
  return Output(input, Multiply(key_, HashToCurve(input, kGroupDomain)));
}

}  // namespace proofmark::crypto
