// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "crypto/secret/secret_bytes.h"
#include "crypto/voprf/voprf.h"

namespace proofmark::crypto {

// The online step of a private look-up, in the bytes that travel. Pure.
//   1. The querier makes a LookupQuestion and sends its elements.
//   2. The responder answers with AnswerLookup().
//   3. The querier opens the answer and finds the outputs in the responder's table.

inline constexpr std::size_t kLookupBatchMax = 64;
// Batches are padded to a multiple of it: how many forms were tried is not told.
inline constexpr std::size_t kLookupBatchStep = 4;

struct LookupAnswer {
  std::vector<std::string> elements;  // kElementBytes each, in the order of the question.
  std::string proof;                  // kDleqProofBytes.
};

// Moved, never copied: who has it can tell what was asked.
class LookupQuestion {
 public:
  // Asks for 1..kLookupBatchMax inputs.
  //   kInvalidArgument  another number of inputs, or one of them is too long.
  static absl::StatusOr<LookupQuestion> Create(std::span<const std::string> inputs,
                                               base::Random& random);

  // What to send: kElementBytes each, always a multiple of kLookupBatchStep of them.
  std::vector<std::string> Elements() const;

  // The outputs of the inputs, in their order.
  //   kInvalidArgument  malformed, or another number of elements than was sent.
  //   kUnauthenticated  not made with the key of `public_key`.
  absl::StatusOr<std::vector<SecretBytes>> Open(const LookupAnswer& answer,
                                                const Element& public_key) const;

 private:
  LookupQuestion(std::vector<BlindedInput> blinded, std::size_t input_count)
      : blinded_(std::move(blinded)), input_count_(input_count) {}

  std::vector<BlindedInput> blinded_;  // The inputs, then padding.
  std::size_t input_count_;
};

//   kInvalidArgument  not 1..kLookupBatchMax elements, or one is malformed: names which.
absl::StatusOr<LookupAnswer> AnswerLookup(const VoprfKey& key,
                                          std::span<const std::string> elements,
                                          base::Random& random);

}  // namespace proofmark::crypto
