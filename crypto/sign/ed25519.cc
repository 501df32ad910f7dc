// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign/ed25519.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "crypto/openssl/handles.h"
#include "crypto/openssl/pem.h"
#include "crypto/openssl/status.h"

namespace proofmark::crypto {
namespace {

const unsigned char* Octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// The y coordinates of the eight points whose order divides 8, in every encoding that fits (little
// end first): 0, 1, the two of order 8, p - 1, p, p + 1. The sign bit of x is masked before the
// comparison.
constexpr std::array<std::array<unsigned char, 32>, 7> kLowOrderY = {{
    {0},
    {1},
    {0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4,
     0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6,
     0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05},
    {0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B,
     0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39,
     0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A},
    {0xEC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F},
    {0xED, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F},
    {0xEE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F},
}};

bool HasLowOrder(std::string_view raw) {
  std::array<unsigned char, 32> y;
  std::copy_n(Octets(raw), y.size(), y.begin());
  y.back() &= 0x7F;
  return std::find(kLowOrderY.begin(), kLowOrderY.end(), y) != kLowOrderY.end();
}

std::string RawPublicKey(EVP_PKEY* key) {
  std::string raw(kEd25519KeyBytes, '\0');
  std::size_t size = raw.size();
  PM_CHECK(EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()), &size) ==
           1);
  PM_CHECK(size == raw.size());
  return raw;
}

}  // namespace

VerifyingKey::VerifyingKey(std::string_view raw, std::shared_ptr<evp_pkey_st> key)
    : key_(std::move(key)) {
  std::copy_n(base::AsBytes(raw).begin(), raw_.size(), raw_.begin());
}

absl::StatusOr<VerifyingKey> VerifyingKey::FromRaw(std::string_view raw) {
  if (raw.size() != kEd25519KeyBytes) {
    return absl::InvalidArgumentError("Ed25519 public key: not 32 bytes");
  }
  if (HasLowOrder(raw)) {
    return absl::InvalidArgumentError("Ed25519 public key: a point of low order");
  }
  PkeyHandle key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Octets(raw), raw.size()));
  if (key == nullptr) {
    return OpenSslError(absl::StatusCode::kInvalidArgument, "Ed25519 public key");
  }
  return VerifyingKey(raw, std::move(key));
}

absl::StatusOr<VerifyingKey> VerifyingKey::FromPem(std::string_view pem) {
  if (pem.size() > kKeyPemBytesMax) {
    return absl::InvalidArgumentError("public key: more than 16 KiB of PEM");
  }
  const BioHandle bio = ReadingBio(pem);
  const PkeyHandle key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  if (key == nullptr) {
    return OpenSslError(absl::StatusCode::kInvalidArgument, "public key: not a PUBLIC KEY block");
  }
  ERR_clear_error();
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) {
    return absl::InvalidArgumentError("public key: not Ed25519");
  }
  return FromRaw(RawPublicKey(key.get()));
}

std::string VerifyingKey::ToPem() const {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  PM_CHECK(bio != nullptr);
  PM_CHECK(PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

absl::Status VerifyingKey::Verify(std::string_view message, std::string_view signature) const {
  if (signature.size() != kDigitalSignatureBytes) {
    return absl::InvalidArgumentError("digital signature: not 64 bytes");
  }
  const DigestContextHandle context(EVP_MD_CTX_new());
  PM_CHECK(context != nullptr);
  PM_CHECK(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
  if (EVP_DigestVerify(context.get(), Octets(signature), signature.size(), Octets(message),
                       message.size()) != 1) {
    ERR_clear_error();
    return absl::UnauthenticatedError("digital signature: does not verify");
  }
  return absl::OkStatus();
}

SigningKey::SigningKey(std::shared_ptr<evp_pkey_st> key, VerifyingKey verifying_key)
    : key_(std::move(key)), verifying_key_(std::move(verifying_key)) {}

absl::StatusOr<SigningKey> SigningKey::FromPem(const SecretBytes& pem) {
  PM_ASSIGN_OR_RETURN(PkeyHandle key, PrivateKeyFromPem(pem));
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) {
    return absl::InvalidArgumentError("private key: not Ed25519");
  }
  PM_ASSIGN_OR_RETURN(VerifyingKey verifying_key, VerifyingKey::FromRaw(RawPublicKey(key.get())));
  return SigningKey(std::shared_ptr<EVP_PKEY>(std::move(key)), std::move(verifying_key));
}

SigningKey SigningKey::Generate(base::Random& random) {
  const SecretBytes seed = SecretBytes::Random(kEd25519KeyBytes, random);
  PkeyHandle key(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, Octets(base::AsText(seed.ExposeForOpenSsl())), seed.size()));
  PM_CHECK(key != nullptr);
  absl::StatusOr<VerifyingKey> verifying_key = VerifyingKey::FromRaw(RawPublicKey(key.get()));
  PM_CHECK(verifying_key.ok());
  return SigningKey(std::shared_ptr<EVP_PKEY>(std::move(key)), *std::move(verifying_key));
}

SecretBytes SigningKey::ToPem() const { return PrivateKeyToPem(key_.get()); }

DigitalSignature SigningKey::Sign(std::string_view message) const {
  const DigestContextHandle context(EVP_MD_CTX_new());
  PM_CHECK(context != nullptr);
  PM_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
  DigitalSignature signature;
  std::size_t size = signature.size();
  PM_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                          Octets(message), message.size()) == 1);
  PM_CHECK(size == signature.size());
  return signature;
}

}  // namespace proofmark::crypto
