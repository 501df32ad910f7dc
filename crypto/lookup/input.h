// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/secret/secret_bytes.h"
#include "crypto/voprf/voprf.h"

namespace proofmark::crypto {

// What is looked up privately, and under which key (docs/formats/private-lookup.md). Pure.

inline constexpr std::size_t kLookupFieldBytesMax = 64;
inline constexpr std::size_t kLookupIdBytesMax = 512;

// Which fields a weapon is looked up by. Part of the input: never renumber.
enum class LookupForm : std::uint8_t {
  kSerial = 1,
  kMakeAndSerial = 2,
  kMakeModelAndSerial = 3,
};

// A weapon as it is looked up. Empty where not known; else 1..kLookupFieldBytesMax of A to Z and 0
// to 9. The serial is its look-alike key.
struct LookupFields {
  std::string make;
  std::string model;
  std::string serial;
};

// Those whose fields are not empty.
std::vector<LookupForm> FillableForms(const LookupFields& fields);

// The input of the oblivious function for one form.
//   kInvalidArgument  a field of the form is empty, too long, or holds another character. The
//                     message never holds the field.
absl::StatusOr<std::string> LookupInput(LookupForm form, const LookupFields& fields);

// Who answers whom, and when: each has its own key, so that no two askers can compare what they
// got. Ids are 1..kLookupIdBytesMax of visible ASCII.
struct LookupTerms {
  std::string responder_id;
  std::string querier_id;
  std::uint32_t epoch = 0;

  friend bool operator==(const LookupTerms&, const LookupTerms&) = default;
};

//   kInvalidArgument  an id is empty, too long or not visible ASCII.
absl::Status CheckLookupTerms(const LookupTerms& terms);

// The responder's key for these terms, from its kVoprfSeedBytes of master seed.
//   kInvalidArgument  as CheckLookupTerms(), or a seed of another length.
absl::StatusOr<VoprfKey> DeriveLookupKey(const SecretBytes& master_seed, const LookupTerms& terms);

}  // namespace proofmark::crypto
