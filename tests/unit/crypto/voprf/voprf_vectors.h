// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "crypto/voprf/p256.h"
#include "tests/support/shared_data.h"

namespace proofmark::crypto {

inline nlohmann::json Vectors(const char* file) {
  return nlohmann::json::parse(
      ::proofmark::testing::ReadFileOrFail(::proofmark::testing::SharedDir() / "vectors" / file));
}

// The bytes of a hexadecimal field, with or without 0x.
inline std::string Bytes(const nlohmann::json& value) {
  std::string_view hex = value.get_ref<const std::string&>();
  if (hex.starts_with("0x")) hex.remove_prefix(2);
  return *base::ParseHex(hex);
}
inline std::string Bytes(const nlohmann::json& object, const char* field) {
  return Bytes(object.at(field));
}

inline Scalar ScalarOf(std::string_view bytes) { return *Scalar::Parse(base::AsBytes(bytes)); }
inline std::string BytesOf(const Scalar& scalar) {
  return std::string(base::AsText(scalar.ExposeForOpenSsl()));
}
inline std::string BytesOf(const SecretBytes& secret) {
  return std::string(base::AsText(secret.ExposeForOpenSsl()));
}

inline std::vector<std::string> BytesOf(const std::vector<SecretBytes>& secrets) {
  std::vector<std::string> all;
  for (const SecretBytes& secret : secrets) all.push_back(BytesOf(secret));
  return all;
}

// The compressed form of the point with these coordinates.
inline std::string Compressed(const nlohmann::json& point) {
  const char parity = static_cast<char>(2 + (Bytes(point, "y").back() & 1));
  return parity + Bytes(point, "x");
}

// Gives the bytes of vectors as chance, one after the other.
class FixedRandom final : public base::Random {
 public:
  explicit FixedRandom(std::vector<std::string> values) : values_(std::move(values)) {
    std::ranges::reverse(values_);
  }
  void Fill(std::span<std::byte> out) override {
    ASSERT_FALSE(values_.empty());
    ASSERT_EQ(out.size(), values_.back().size());
    std::ranges::copy(base::AsBytes(values_.back()), out.begin());
    values_.pop_back();
  }
  bool used_up() const { return values_.empty(); }

 private:
  std::vector<std::string> values_;
};

}  // namespace proofmark::crypto
