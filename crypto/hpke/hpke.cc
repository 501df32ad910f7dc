// SPDX-License-Identifier: Apache-2.0
#include "crypto/hpke/hpke.h"

#include <openssl/err.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <initializer_list>
#include <span>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/openssl/aes256_gcm.h"
#include "crypto/openssl/handles.h"

namespace proofmark::crypto {
namespace {

using namespace std::string_view_literals;

// RFC 9180 section 7: the key encapsulation, and the whole suite, as they enter every derivation.
constexpr std::string_view kKemSuite = "KEM\x00\x20"sv;
constexpr std::string_view kSuite = "HPKE\x00\x20\x00\x01\x00\x02"sv;
constexpr std::string_view kVersion = "HPKE-v1";
constexpr char kModeBase = 0;
constexpr std::size_t kHashBytes = 32;

static_assert(kHpkeTagBytes == kGcmTagBytes);

// The parts one after the other, kept as a secret: one of them may be.
SecretBytes Concatenate(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  SecretBytes whole = SecretBytes::OfSize(size);
  std::span<std::byte> rest = whole.ExposeForFilling();
  for (const std::string_view part : parts) {
    std::ranges::copy(base::AsBytes(part), rest.begin());
    rest = rest.subspan(part.size());
  }
  return whole;
}

std::string_view Text(const SecretBytes& secret) { return base::AsText(secret.ExposeForOpenSsl()); }

const unsigned char* Octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

SecretBytes Hmac(std::string_view key, const SecretBytes& message) {
  SecretBytes mac = SecretBytes::OfSize(kHashBytes);
  unsigned int size = 0;
  PM_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Octets(Text(message)),
                message.size(), reinterpret_cast<unsigned char*>(mac.ExposeForFilling().data()),
                &size) != nullptr);
  PM_CHECK(size == kHashBytes);
  return mac;
}

// Section 4, over HKDF-SHA256 (RFC 5869): Extract is HMAC(salt, input).
SecretBytes LabeledExtract(std::string_view suite, std::string_view salt, std::string_view label,
                           std::string_view input) {
  return Hmac(salt, Concatenate({kVersion, suite, label, input}));
}

// Nothing here is longer than one hash, so Expand is the first block of RFC 5869 section 2.3.
SecretBytes LabeledExpand(std::string_view suite, const SecretBytes& key, std::string_view label,
                          std::string_view info, std::size_t size) {
  PM_CHECK(size <= kHashBytes);
  const char length[] = {0, static_cast<char>(size)};
  const SecretBytes block = Hmac(
      Text(key), Concatenate({std::string_view(length, 2), kVersion, suite, label, info, "\x01"}));
  return SecretBytes::CopyOf(block.ExposeForOpenSsl().first(size));
}

// Section 4.1: the secret of both sides from their Diffie-Hellman value and both public keys.
SecretBytes SharedSecret(const SecretBytes& dh, std::string_view encapsulated,
                         std::string_view recipient) {
  const SecretBytes key = LabeledExtract(kKemSuite, "", "eae_prk", Text(dh));
  std::string context(encapsulated);
  context += recipient;
  return LabeledExpand(kKemSuite, key, "shared_secret", context, kHashBytes);
}

struct MessageKey {
  SecretBytes key;
  SecretBytes nonce;  // Of the only message, number 0: the base nonce itself.
};

// Section 5.1, mode base: no pre-shared key, so its id and its value are empty.
MessageKey KeySchedule(const SecretBytes& shared_secret, std::string_view info) {
  std::string context(1, kModeBase);
  context += Text(LabeledExtract(kSuite, "", "psk_id_hash", ""));
  context += Text(LabeledExtract(kSuite, "", "info_hash", info));
  const SecretBytes secret = LabeledExtract(kSuite, Text(shared_secret), "secret", "");
  return {.key = LabeledExpand(kSuite, secret, "key", context, kGcmKeyBytes),
          .nonce = LabeledExpand(kSuite, secret, "base_nonce", context, kGcmNonceBytes)};
}

// Empty if the public key is a point of low order: the value would be zero whatever the private
// key, and OpenSSL refuses it.
SecretBytes DiffieHellman(EVP_PKEY* own, std::string_view public_key) {
  const PkeyHandle peer(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, Octets(public_key), public_key.size()));
  PM_CHECK(peer != nullptr);
  const std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>> context(
      EVP_PKEY_CTX_new(own, nullptr));
  PM_CHECK(context != nullptr);
  PM_CHECK(EVP_PKEY_derive_init(context.get()) == 1);
  PM_CHECK(EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1);
  SecretBytes dh = SecretBytes::OfSize(kHpkePublicKeyBytes);
  std::size_t size = dh.size();
  if (EVP_PKEY_derive(context.get(), reinterpret_cast<unsigned char*>(dh.ExposeForFilling().data()),
                      &size) != 1) {
    ERR_clear_error();
    return {};
  }
  PM_CHECK(size == dh.size());
  return dh;
}

PkeyHandle PrivateKey(const SecretBytes& raw) {
  PkeyHandle key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, Octets(Text(raw)), raw.size()));
  PM_CHECK(key != nullptr);
  return key;
}

std::span<std::byte> Part(std::string& buffer, std::size_t offset, std::size_t size) {
  return std::as_writable_bytes(std::span(buffer.data() + offset, size));
}

absl::Status CheckSizes(std::string_view info, std::string_view aad, std::string_view message,
                        std::size_t message_bytes_max) {
  const auto check = [](const char* what, std::size_t size, std::size_t size_max) -> absl::Status {
    if (size <= size_max) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrFormat("HPKE: the %s has %d bytes, more than %d", what, size, size_max));
  };
  PM_RETURN_IF_ERROR(check("info", info.size(), kHpkeContextBytesMax));
  PM_RETURN_IF_ERROR(check("aad", aad.size(), kHpkeContextBytesMax));
  return check("message", message.size(), message_bytes_max);
}

}  // namespace

HpkePrivateKey::HpkePrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {
  std::size_t size = public_key_.size();
  PM_CHECK(EVP_PKEY_get_raw_public_key(
               key_.get(), reinterpret_cast<unsigned char*>(public_key_.data()), &size) == 1);
  PM_CHECK(size == public_key_.size());
}

HpkePrivateKey HpkePrivateKey::Generate(base::Random& random) {
  return HpkePrivateKey(PrivateKey(SecretBytes::Random(kHpkePrivateKeyBytes, random)));
}

absl::StatusOr<HpkePrivateKey> HpkePrivateKey::FromRaw(const SecretBytes& raw) {
  if (raw.size() != kHpkePrivateKeyBytes) {
    return absl::InvalidArgumentError(absl::StrFormat("HPKE: the private key has %d bytes, not %d",
                                                      raw.size(), kHpkePrivateKeyBytes));
  }
  return HpkePrivateKey(PrivateKey(raw));
}

SecretBytes HpkePrivateKey::ExportRaw() const {
  SecretBytes raw = SecretBytes::OfSize(kHpkePrivateKeyBytes);
  std::size_t size = raw.size();
  PM_CHECK(
      EVP_PKEY_get_raw_private_key(
          key_.get(), reinterpret_cast<unsigned char*>(raw.ExposeForFilling().data()), &size) == 1);
  PM_CHECK(size == raw.size());
  return raw;
}

absl::StatusOr<std::string> HpkePrivateKey::Open(std::string_view info, std::string_view aad,
                                                 std::string_view sealed) const {
  PM_RETURN_IF_ERROR(CheckSizes(info, aad, sealed, kHpkePlaintextBytesMax + kHpkeOverheadBytes));
  if (sealed.size() < kHpkeOverheadBytes) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "HPKE: the sealed message has %d bytes, fewer than %d", sealed.size(), kHpkeOverheadBytes));
  }
  const absl::Status not_ours = absl::UnauthenticatedError(
      "HPKE: the sealed message is damaged, or meant for another key or context");
  const std::string_view encapsulated = sealed.substr(0, kHpkePublicKeyBytes);
  const SecretBytes dh = DiffieHellman(key_.get(), encapsulated);
  if (dh.empty()) return not_ours;
  const MessageKey keys =
      KeySchedule(SharedSecret(dh, encapsulated, base::AsText(public_key_)), info);
  const base::ByteSpan bytes = base::AsBytes(sealed);
  std::string plaintext(sealed.size() - kHpkeOverheadBytes, '\0');
  Aes256GcmPass pass(GcmDirection::kOpen, keys.key, keys.nonce.ExposeForOpenSsl(), aad);
  pass.Transform(bytes.subspan(kHpkePublicKeyBytes, plaintext.size()),
                 Part(plaintext, 0, plaintext.size()));
  if (!pass.FinishOpening(bytes.last(kHpkeTagBytes))) return not_ours;
  return plaintext;
}

absl::StatusOr<std::string> HpkeSeal(std::string_view public_key, std::string_view info,
                                     std::string_view aad, std::string_view plaintext,
                                     base::Random& random) {
  PM_RETURN_IF_ERROR(CheckSizes(info, aad, plaintext, kHpkePlaintextBytesMax));
  if (public_key.size() != kHpkePublicKeyBytes) {
    return absl::InvalidArgumentError(absl::StrFormat("HPKE: the public key has %d bytes, not %d",
                                                      public_key.size(), kHpkePublicKeyBytes));
  }
  const SecretBytes ephemeral_raw = SecretBytes::Random(kHpkePrivateKeyBytes, random);
  PM_ASSIGN_OR_RETURN(const HpkePrivateKey ephemeral, HpkePrivateKey::FromRaw(ephemeral_raw));
  const SecretBytes dh = DiffieHellman(PrivateKey(ephemeral_raw).get(), public_key);
  if (dh.empty()) {
    return absl::InvalidArgumentError("HPKE: the public key is a point of low order");
  }
  const std::string_view encapsulated = base::AsText(ephemeral.public_key());
  const MessageKey keys = KeySchedule(SharedSecret(dh, encapsulated, public_key), info);
  std::string sealed(plaintext.size() + kHpkeOverheadBytes, '\0');
  std::ranges::copy(encapsulated, sealed.begin());
  Aes256GcmPass pass(GcmDirection::kSeal, keys.key, keys.nonce.ExposeForOpenSsl(), aad);
  pass.Transform(base::AsBytes(plaintext), Part(sealed, kHpkePublicKeyBytes, plaintext.size()));
  pass.FinishSealing(Part(sealed, sealed.size() - kHpkeTagBytes, kHpkeTagBytes));
  return sealed;
}

}  // namespace proofmark::crypto
