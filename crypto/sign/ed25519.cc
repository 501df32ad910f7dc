// SPDX-License-Identifier: Apache-2.0
#include "crypto/sign/ed25519.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "crypto/openssl/handles.h"
#include "crypto/openssl/pem.h"
#include "crypto/openssl/status.h"
#include "crypto/token/token_key.h"

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

// What stands before the point in the SubjectPublicKeyInfo of a P-256 key: RFC 5480, 2.
constexpr std::string_view kP256InfoHead(
    "\x30\x59\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07"
    "\x03"
    "\x42\x00",
    26);
constexpr std::size_t kP256PointBytes = 65;
constexpr int kP256HalfBytes = 32;

using NumberHandle = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using EcdsaHandle = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;

NumberHandle NumberOf(std::string_view bytes) {
  NumberHandle number(BN_bin2bn(Octets(bytes), static_cast<int>(bytes.size()), nullptr));
  PM_CHECK(number != nullptr);
  return number;
}

// r || s with the smaller of s and order - s. What is out of range stays: it does not verify.
std::string Lowered(std::string_view signature) {
  static const BIGNUM* const order = [] {
    const std::unique_ptr<EC_GROUP, Deleter<EC_GROUP_free>> group(
        EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    PM_CHECK(group != nullptr);
    return BN_dup(EC_GROUP_get0_order(group.get()));
  }();
  std::string lowered(signature);
  const NumberHandle s = NumberOf(signature.substr(kP256HalfBytes));
  const NumberHandle other(BN_new());
  PM_CHECK(other != nullptr && BN_sub(other.get(), order, s.get()) == 1);
  if (BN_is_negative(other.get()) || BN_cmp(s.get(), other.get()) <= 0) return lowered;
  PM_CHECK(BN_bn2binpad(other.get(),
                        reinterpret_cast<unsigned char*>(lowered.data()) + kP256HalfBytes,
                        kP256HalfBytes) == kP256HalfBytes);
  return lowered;
}

std::string EcdsaDer(std::string_view signature) {
  const EcdsaHandle pair(ECDSA_SIG_new());
  PM_CHECK(pair != nullptr);
  PM_CHECK(ECDSA_SIG_set0(pair.get(), NumberOf(signature.substr(0, kP256HalfBytes)).release(),
                          NumberOf(signature.substr(kP256HalfBytes)).release()) == 1);
  unsigned char* bytes = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &bytes);
  const OpenSslMemory<unsigned char> owner(bytes);
  PM_CHECK(size > 0);
  return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

}  // namespace

VerifyingKey::VerifyingKey(SignatureAlgorithm algorithm, std::string raw,
                           std::shared_ptr<evp_pkey_st> key)
    : algorithm_(algorithm), raw_(std::move(raw)), key_(std::move(key)) {}

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
  return VerifyingKey(SignatureAlgorithm::kEd25519, std::string(raw), std::move(key));
}

absl::StatusOr<VerifyingKey> VerifyingKey::FromP256Point(std::string_view point) {
  if (point.size() != kP256PointBytes || point.front() != '\x04') {
    return absl::InvalidArgumentError("P-256 public key: not an uncompressed point of 65 bytes");
  }
  const std::string info = std::string(kP256InfoHead).append(point);
  const unsigned char* next = Octets(info);
  PkeyHandle key(d2i_PUBKEY(nullptr, &next, static_cast<long>(info.size())));
  if (key == nullptr) {
    return OpenSslError(absl::StatusCode::kInvalidArgument, "P-256 public key: not on the curve");
  }
  return VerifyingKey(SignatureAlgorithm::kEcdsaP256, info, std::move(key));
}

absl::StatusOr<VerifyingKey> VerifyingKey::FromInfo(std::string_view info) {
  if (!info.starts_with(kP256InfoHead)) {
    return absl::InvalidArgumentError("public key: neither Ed25519 nor EC P-256");
  }
  return FromP256Point(info.substr(kP256InfoHead.size()));
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
  if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519) return FromRaw(RawPublicKey(key.get()));
  unsigned char* bytes = nullptr;
  const int size = i2d_PUBKEY(key.get(), &bytes);
  const OpenSslMemory<unsigned char> owner(bytes);
  const std::string_view info(reinterpret_cast<const char*>(bytes),
                              size > 0 ? static_cast<std::size_t>(size) : 0);
  return FromInfo(info);
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
  std::string encoded(signature);
  const EVP_MD* digest = nullptr;  // Ed25519 takes the message itself.
  if (algorithm_ == SignatureAlgorithm::kEcdsaP256) {
    if (Lowered(signature) != signature) {
      return absl::UnauthenticatedError("digital signature: s is above half the group's order");
    }
    encoded = EcdsaDer(signature);
    digest = EVP_sha256();
  }
  const DigestContextHandle context(EVP_MD_CTX_new());
  PM_CHECK(context != nullptr);
  PM_CHECK(EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1);
  if (EVP_DigestVerify(context.get(), Octets(encoded), encoded.size(), Octets(message),
                       message.size()) != 1) {
    ERR_clear_error();
    return absl::UnauthenticatedError("digital signature: does not verify");
  }
  return absl::OkStatus();
}

SigningKey::SigningKey(std::shared_ptr<evp_pkey_st> key, TokenKey* token,
                       VerifyingKey verifying_key)
    : key_(std::move(key)), token_(token), verifying_key_(std::move(verifying_key)) {}

absl::StatusOr<SigningKey> SigningKey::FromText(const SecretBytes& text) {
  const std::string_view view = base::AsText(text.ExposeForOpenSsl());
  if (!IsTokenUri(view)) return FromPem(text);
  PM_ASSIGN_OR_RETURN(TokenKey* const token, TokenKey::Open(view));
  PM_ASSIGN_OR_RETURN(VerifyingKey verifying_key,
                      token->kind() == TokenKeyKind::kEd25519
                          ? VerifyingKey::FromRaw(token->public_key())
                          : VerifyingKey::FromP256Point(token->public_key()));
  SigningKey key(nullptr, token, std::move(verifying_key));
  PM_RETURN_IF_ERROR(key.Sign("proofmark: is this key of use?").status());
  return key;
}

absl::StatusOr<SigningKey> SigningKey::FromPem(const SecretBytes& pem) {
  PM_ASSIGN_OR_RETURN(PkeyHandle key, PrivateKeyFromPem(pem));
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) {
    return absl::InvalidArgumentError("private key: not Ed25519");
  }
  PM_ASSIGN_OR_RETURN(VerifyingKey verifying_key, VerifyingKey::FromRaw(RawPublicKey(key.get())));
  return SigningKey(std::shared_ptr<EVP_PKEY>(std::move(key)), nullptr, std::move(verifying_key));
}

SigningKey SigningKey::Generate(base::Random& random) {
  const SecretBytes seed = SecretBytes::Random(kEd25519KeyBytes, random);
  PkeyHandle key(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, Octets(base::AsText(seed.ExposeForOpenSsl())), seed.size()));
  PM_CHECK(key != nullptr);
  absl::StatusOr<VerifyingKey> verifying_key = VerifyingKey::FromRaw(RawPublicKey(key.get()));
  PM_CHECK(verifying_key.ok());
  return SigningKey(std::shared_ptr<EVP_PKEY>(std::move(key)), nullptr, *std::move(verifying_key));
}

SecretBytes SigningKey::ToPem() const {
  PM_CHECK(key_ != nullptr);
  return PrivateKeyToPem(key_.get());
}

absl::StatusOr<DigitalSignature> SigningKey::SignOnToken(std::string_view message) const {
  const bool ecdsa = verifying_key_.algorithm() == SignatureAlgorithm::kEcdsaP256;
  const Sha256Digest digest = Sha256(message);
  PM_ASSIGN_OR_RETURN(std::string raw, token_->Sign(ecdsa ? AsText(digest) : message));
  if (ecdsa) raw = Lowered(raw);
  // What a fault of the token spoilt can give the key away: it does not leave.
  if (!verifying_key_.Verify(message, raw).ok()) {
    return absl::DataLossError("token: the signature just made does not verify");
  }
  DigitalSignature signature;
  std::ranges::copy(base::AsBytes(raw), signature.begin());
  return signature;
}

absl::StatusOr<DigitalSignature> SigningKey::Sign(std::string_view message) const {
  if (token_ != nullptr) return SignOnToken(message);
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
