// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "crypto/sign/key_id.h"
#include "nlohmann/json.hpp"
#include "tests/support/shared_data.h"

namespace proofmark::testing {

// What the vectors of the transparency log share: their files, their keys, their entries.

inline nlohmann::json Vectors(const std::string& name) {
  return nlohmann::json::parse(ReadFileOrFail(SharedDir() / "vectors" / name));
}

// Gives one seed, once: a key of the vectors from its published seed.
class OneSeed final : public base::Random {
 public:
  explicit OneSeed(std::string seed) : seed_(std::move(seed)) {}
  void Fill(std::span<std::byte> out) override {
    std::ranges::copy(base::AsBytes(seed_).first(out.size()), out.begin());
  }

 private:
  std::string seed_;
};

inline crypto::SigningKey SigningKeyOf(const nlohmann::json& key) {
  OneSeed seed(base::ParseHex(key.at("seed_hex").get<std::string>()).value());
  return crypto::SigningKey::Generate(seed);
}

inline crypto::NoteVerifierKey VerifierKeyOf(const nlohmann::json& key) {
  return crypto::ParseVerifierKey(key.at("vkey").get<std::string>()).value();
}

// The rule by which the vectors name their entries.
inline std::string VectorEntry(std::size_t index) {
  return "proofmark test entry " + std::to_string(index) + "\n";
}

inline std::vector<std::string> VectorEntries(std::size_t first, std::size_t count) {
  std::vector<std::string> entries;
  for (std::size_t i = 0; i < count; ++i) entries.push_back(VectorEntry(first + i));
  return entries;
}

}  // namespace proofmark::testing
