// SPDX-License-Identifier: Apache-2.0
#include "crypto/lookup/exchange.h"

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/status.h"

namespace proofmark::crypto {
namespace {

constexpr std::size_t kPaddingBytes = 32;

absl::Status CheckCount(const char* what, std::size_t count) {
  if (count >= 1 && count <= kLookupBatchMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("look-up: %d %s, not 1 to %d", count, what, kLookupBatchMax));
}

absl::StatusOr<std::vector<Element>> ParseElements(std::span<const std::string> all) {
  std::vector<Element> elements;
  for (const std::string& bytes : all) {
    absl::StatusOr<Element> element = Element::Parse(bytes);
    if (!element.ok()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "look-up element %d: %s", elements.size() + 1, std::string(element.status().message())));
    }
    elements.push_back(*std::move(element));
  }
  return elements;
}

}  // namespace

absl::StatusOr<LookupQuestion> LookupQuestion::Create(std::span<const std::string> inputs,
                                                      base::Random& random) {
  PM_RETURN_IF_ERROR(CheckCount("inputs", inputs.size()));
  std::vector<BlindedInput> blinded;
  for (const std::string& input : inputs) {
    PM_ASSIGN_OR_RETURN(BlindedInput one, VoprfBlind(input, random));
    blinded.push_back(std::move(one));
  }
  while (blinded.size() % kLookupBatchStep != 0) {
    const SecretBytes nothing = SecretBytes::Random(kPaddingBytes, random);
    PM_ASSIGN_OR_RETURN(BlindedInput one,
                        VoprfBlind(base::AsText(nothing.ExposeForOpenSsl()), random));
    blinded.push_back(std::move(one));
  }
  return LookupQuestion(std::move(blinded), inputs.size());
}

std::vector<std::string> LookupQuestion::Elements() const {
  std::vector<std::string> elements;
  for (const BlindedInput& one : blinded_) elements.emplace_back(one.element.bytes());
  return elements;
}

absl::StatusOr<std::vector<SecretBytes>> LookupQuestion::Open(const LookupAnswer& answer,
                                                              const Element& public_key) const {
  if (answer.elements.size() != blinded_.size()) {
    return absl::InvalidArgumentError(absl::StrFormat("look-up: %d elements came for %d",
                                                      answer.elements.size(), blinded_.size()));
  }
  PM_ASSIGN_OR_RETURN(std::vector<Element> elements, ParseElements(answer.elements));
  PM_ASSIGN_OR_RETURN(DleqProof proof, DleqProof::Parse(answer.proof));
  PM_ASSIGN_OR_RETURN(std::vector<SecretBytes> outputs,
                      VoprfFinalize(blinded_, {std::move(elements), std::move(proof)}, public_key));
  outputs.resize(input_count_);
  return outputs;
}

absl::StatusOr<LookupAnswer> AnswerLookup(const VoprfKey& key,
                                          std::span<const std::string> elements,
                                          base::Random& random) {
  PM_RETURN_IF_ERROR(CheckCount("elements", elements.size()));
  PM_ASSIGN_OR_RETURN(const std::vector<Element> blinded, ParseElements(elements));
  PM_ASSIGN_OR_RETURN(const VoprfEvaluation evaluation, key.BlindEvaluate(blinded, random));
  LookupAnswer answer{.proof = evaluation.proof.ToBytes()};
  for (const Element& element : evaluation.elements) answer.elements.emplace_back(element.bytes());
  return answer;
}

}  // namespace proofmark::crypto
