// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "crypto/secret/secret_bytes.h"
#include "crypto/voprf/dleq.h"
#include "crypto/voprf/p256.h"

namespace proofmark::crypto {

// A function of two: the one has the key, the other the inputs, and only the other gets the outputs
// (RFC 9497, mode VOPRF, suite P256-SHA256).
//   1. The asker blinds each input with a fresh random number and sends the elements.
//   2. The owner of the key multiplies each with it and adds one proof for all of them.
//   3. The asker verifies the proof, removes the blinds and hashes what is left.
// The owner learns how many there were. The asker learns the outputs of these inputs, and that they
// were made with the key it expected.
//   Threads  Pure, and the types may be read by several threads.
//   Source   docs/references.md#rfc-9497

inline constexpr std::size_t kVoprfSeedBytes = 32;
inline constexpr std::size_t kVoprfOutputBytes = 32;
inline constexpr std::size_t kVoprfInputBytesMax = 65535;  // Of inputs, and of the info of a key.

// What the asker keeps of one input until the answer comes.
struct BlindedInput {
  SecretBytes input;
  Scalar blind;
  Element element;  // The only part that is sent.
};

//   kInvalidArgument  `input` is longer than kVoprfInputBytesMax.
absl::StatusOr<BlindedInput> VoprfBlind(std::string_view input, base::Random& random);

// What the owner of the key answers.
struct VoprfEvaluation {
  std::vector<Element> elements;  // One for each that was sent, in their order.
  DleqProof proof;
};

// The outputs of the inputs, kVoprfOutputBytes each, in their order.
//   kInvalidArgument  not as many elements as inputs, or no input, or more than kDleqBatchMax.
//   kUnauthenticated  not made with the key of `public_key`.
absl::StatusOr<std::vector<SecretBytes>> VoprfFinalize(std::span<const BlindedInput> inputs,
                                                       const VoprfEvaluation& evaluation,
                                                       const Element& public_key);

// The owner's key. Moved, never copied.
class VoprfKey {
 public:
  // The same key for the same two (DeriveKeyPair).
  //   kInvalidArgument  `seed` is not kVoprfSeedBytes long, or `info` longer than
  //                     kVoprfInputBytesMax.
  static absl::StatusOr<VoprfKey> Derive(const SecretBytes& seed, std::string_view info);

  const Element& public_key() const { return public_key_; }

  //   kInvalidArgument  no element, or more than kDleqBatchMax.
  absl::StatusOr<VoprfEvaluation> BlindEvaluate(std::span<const Element> blinded,
                                                base::Random& random) const;

  // What an asker would get for `input`: for the owner's own records.
  //   kInvalidArgument  `input` is longer than kVoprfInputBytesMax.
  absl::StatusOr<SecretBytes> Evaluate(std::string_view input) const;

 private:
  VoprfKey(Scalar key, Element public_key)
      : key_(std::move(key)), public_key_(std::move(public_key)) {}

  Scalar key_;  // Not zero.
  Element public_key_;
};

}  // namespace proofmark::crypto
