// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/random.h"

namespace proofmark::crypto {

// Bytes that must not outlive their use: cleansed on destruction, moved but never copied, and
// without a way to print them. Every reading is spelled ExposeForOpenSsl(), so that all of them
// can be found. Not thread-safe to change; safe to read from several threads.
class SecretBytes {
 public:
  SecretBytes() = default;  // Empty.

  // `size` zero bytes, to be filled through ExposeForFilling().
  static SecretBytes OfSize(std::size_t size);
  static SecretBytes Random(std::size_t size, base::Random& random);

  // The caller still holds its own copy, and cleanses it.
  static SecretBytes CopyOf(base::ByteSpan bytes);

  // Copies `text`, then cleanses it and leaves it empty: for what a file reader returned.
  static SecretBytes TakeFrom(std::string& text);

  // Copies `bytes`, then cleanses them: for a digest or what else a function returned.
  static SecretBytes TakeFrom(std::span<std::byte> bytes);

  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  ~SecretBytes();

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Valid until this object is moved from or destroyed.
  base::ByteSpan ExposeForOpenSsl() const { return {bytes_.get(), size_}; }
  std::span<std::byte> ExposeForFilling() { return {bytes_.get(), size_}; }

  // Takes the same time whatever the bytes are; the lengths are no secret.
  friend bool operator==(const SecretBytes& a, const SecretBytes& b);

 private:
  explicit SecretBytes(std::size_t size);
  void Cleanse();

  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
};

// True if both hold the same bytes, in a time that depends on the lengths alone. For tags and
// tokens that are compared with something an outsider sent.
bool ConstantTimeEquals(base::ByteSpan a, base::ByteSpan b);

}  // namespace proofmark::crypto
