// SPDX-License-Identifier: Apache-2.0
#include "crypto/openssl/aes256_gcm.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace proofmark::crypto {
namespace {

// OpenSSL counts in int; larger inputs are fed in pieces.
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

const EVP_CIPHER* Aes256Gcm() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  PM_CHECK(cipher != nullptr);
  return cipher;
}

const unsigned char* Octets(base::ByteSpan bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* Octets(std::span<std::byte> bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

Aes256GcmPass::Aes256GcmPass(GcmDirection direction, const SecretBytes& key, base::ByteSpan nonce,
                             std::string_view authenticated)
    : context_(EVP_CIPHER_CTX_new()) {
  PM_CHECK(context_ != nullptr);
  PM_CHECK(key.size() == kGcmKeyBytes && nonce.size() == kGcmNonceBytes);
  PM_CHECK(EVP_CipherInit_ex2(context_.get(), Aes256Gcm(), Octets(key.ExposeForOpenSsl()),
                              Octets(nonce), static_cast<int>(direction), nullptr) == 1);
  int written = 0;
  PM_CHECK(EVP_CipherUpdate(context_.get(), nullptr, &written, Octets(base::AsBytes(authenticated)),
                            static_cast<int>(authenticated.size())) == 1);
}

void Aes256GcmPass::Transform(base::ByteSpan in, std::span<std::byte> out) {
  PM_CHECK(in.size() == out.size());
  while (!in.empty()) {
    const std::size_t piece = std::min(in.size(), kPieceBytes);
    int written = 0;
    PM_CHECK(EVP_CipherUpdate(context_.get(), Octets(out), &written, Octets(in),
                              static_cast<int>(piece)) == 1);
    PM_CHECK(static_cast<std::size_t>(written) == piece);
    in = in.subspan(piece);
    out = out.subspan(piece);
  }
}

void Aes256GcmPass::FinishSealing(std::span<std::byte> tag) {
  PM_CHECK(tag.size() == kGcmTagBytes);
  PM_CHECK(Finish());
  PM_CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()),
                               tag.data()) == 1);
}

bool Aes256GcmPass::FinishOpening(base::ByteSpan tag) {
  std::array<std::byte, kGcmTagBytes> expected;
  PM_CHECK(tag.size() == expected.size());
  std::copy(tag.begin(), tag.end(), expected.begin());
  PM_CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG,
                               static_cast<int>(expected.size()), expected.data()) == 1);
  return Finish();
}

bool Aes256GcmPass::Finish() {
  unsigned char none[EVP_MAX_BLOCK_LENGTH];
  int written = 0;
  return EVP_CipherFinal_ex(context_.get(), none, &written) == 1;
}

}  // namespace proofmark::crypto
