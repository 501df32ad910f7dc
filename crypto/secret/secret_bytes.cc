// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret/secret_bytes.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace proofmark::crypto {

SecretBytes::SecretBytes(std::size_t size)
    : bytes_(std::make_unique<std::byte[]>(size)), size_(size) {}

SecretBytes SecretBytes::OfSize(std::size_t size) { return SecretBytes(size); }

SecretBytes SecretBytes::Random(std::size_t size, base::Random& random) {
  SecretBytes secret(size);
  random.Fill(secret.ExposeForFilling());
  return secret;
}

SecretBytes SecretBytes::CopyOf(base::ByteSpan bytes) {
  SecretBytes secret(bytes.size());
  std::copy(bytes.begin(), bytes.end(), secret.bytes_.get());
  return secret;
}

SecretBytes SecretBytes::TakeFrom(std::string& text) {
  SecretBytes secret = CopyOf(base::AsBytes(text));
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
  return secret;
}

SecretBytes SecretBytes::TakeFrom(std::span<std::byte> bytes) {
  SecretBytes secret = CopyOf(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return secret;
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    Cleanse();
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

SecretBytes::~SecretBytes() { Cleanse(); }

void SecretBytes::Cleanse() {
  if (bytes_ != nullptr) OPENSSL_cleanse(bytes_.get(), size_);
}

bool operator==(const SecretBytes& a, const SecretBytes& b) {
  return ConstantTimeEquals(a.ExposeForOpenSsl(), b.ExposeForOpenSsl());
}

bool ConstantTimeEquals(base::ByteSpan a, base::ByteSpan b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace proofmark::crypto
