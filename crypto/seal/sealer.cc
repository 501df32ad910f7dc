// SPDX-License-Identifier: Apache-2.0
#include "crypto/seal/sealer.h"

#include <span>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/openssl/aes256_gcm.h"

namespace proofmark::crypto {
namespace {

constexpr char kSealedVersion = 1;

// What is authenticated starts with one of these, so that a sealed value never passes for a
// wrapped key or the other way round.
constexpr std::string_view kSealDomain = "proofmark/seal/v1\n";
constexpr std::string_view kWrapDomain = "proofmark/wrap/v1\n";

std::span<std::byte> Part(std::string& buffer, std::size_t offset, std::size_t size) {
  return std::as_writable_bytes(std::span(buffer.data() + offset, size));
}

absl::StatusOr<std::string> AuthenticatedNames(const SealContext& context) {
  for (const auto& [what, name] :
       {std::pair("record", context.record), std::pair("field", context.field)}) {
    if (name.size() > kSealNameBytesMax) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "seal: the %s's name has %d bytes, more than %d", what, name.size(), kSealNameBytesMax));
    }
  }
  std::string names(kSealDomain);
  base::AppendLp2(names, context.record);
  base::AppendLp2(names, context.field);
  return names;
}

std::string WrapNames(std::string_view key_id) {
  PM_CHECK(key_id.size() <= kSealNameBytesMax);
  std::string names(kWrapDomain);
  base::AppendLp2(names, key_id);
  return names;
}

absl::Status CheckKeySize(const SecretBytes& key, const char* what) {
  if (key.size() == kSealKeyBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("seal: the %s has %d bytes, not %d", what, key.size(), kSealKeyBytes));
}

}  // namespace

absl::StatusOr<Sealer> Sealer::Create(SecretBytes key) {
  PM_RETURN_IF_ERROR(CheckKeySize(key, "record key"));
  return Sealer(std::move(key));
}

absl::StatusOr<std::string> Sealer::Seal(const SealContext& context, std::string_view plaintext,
                                         base::Random& random) const {
  if (plaintext.size() > kSealPlaintextBytesMax) {
    return absl::InvalidArgumentError(absl::StrFormat("seal: the value has %d bytes, more than %d",
                                                      plaintext.size(), kSealPlaintextBytesMax));
  }
  PM_ASSIGN_OR_RETURN(const std::string names, AuthenticatedNames(context));
  std::string sealed(plaintext.size() + kSealOverheadBytes, '\0');
  sealed[0] = kSealedVersion;
  const std::span<std::byte> nonce = Part(sealed, 1, kSealNonceBytes);
  random.Fill(nonce);
  Aes256GcmPass pass(GcmDirection::kSeal, key_, nonce, names);
  pass.Transform(base::AsBytes(plaintext), Part(sealed, 1 + kSealNonceBytes, plaintext.size()));
  pass.FinishSealing(Part(sealed, sealed.size() - kSealTagBytes, kSealTagBytes));
  return sealed;
}

absl::StatusOr<std::string> Sealer::Open(const SealContext& context,
                                         std::string_view sealed) const {
  if (sealed.size() < kSealOverheadBytes ||
      sealed.size() > kSealPlaintextBytesMax + kSealOverheadBytes) {
    return absl::DataLossError(
        absl::StrFormat("seal: a sealed value cannot have %d bytes", sealed.size()));
  }
  if (sealed[0] != kSealedVersion) {
    return absl::DataLossError(
        absl::StrFormat("seal: unknown version %d", static_cast<unsigned char>(sealed[0])));
  }
  PM_ASSIGN_OR_RETURN(const std::string names, AuthenticatedNames(context));
  const base::ByteSpan bytes = base::AsBytes(sealed);
  std::string plaintext(sealed.size() - kSealOverheadBytes, '\0');
  Aes256GcmPass pass(GcmDirection::kOpen, key_, bytes.subspan(1, kSealNonceBytes), names);
  pass.Transform(bytes.subspan(1 + kSealNonceBytes, plaintext.size()),
                 Part(plaintext, 0, plaintext.size()));
  if (!pass.FinishOpening(bytes.last(kSealTagBytes))) {
    return absl::DataLossError("seal: the value is damaged, or key, record or field is another");
  }
  return plaintext;
}

absl::StatusOr<std::string> WrapKey(const SecretBytes& master, std::string_view key_id,
                                    const SecretBytes& key, base::Random& random) {
  PM_RETURN_IF_ERROR(CheckKeySize(master, "master key"));
  PM_RETURN_IF_ERROR(CheckKeySize(key, "record key"));
  std::string wrapped(kWrappedKeyBytes, '\0');
  const std::span<std::byte> nonce = Part(wrapped, 0, kSealNonceBytes);
  random.Fill(nonce);
  Aes256GcmPass pass(GcmDirection::kSeal, master, nonce, WrapNames(key_id));
  pass.Transform(key.ExposeForOpenSsl(), Part(wrapped, kSealNonceBytes, kSealKeyBytes));
  pass.FinishSealing(Part(wrapped, wrapped.size() - kSealTagBytes, kSealTagBytes));
  return wrapped;
}

absl::StatusOr<SecretBytes> UnwrapKey(const SecretBytes& master, std::string_view key_id,
                                      std::string_view wrapped) {
  PM_RETURN_IF_ERROR(CheckKeySize(master, "master key"));
  if (wrapped.size() != kWrappedKeyBytes) {
    return absl::DataLossError(absl::StrFormat("seal: a wrapped key has %d bytes, not %d",
                                               wrapped.size(), kWrappedKeyBytes));
  }
  const base::ByteSpan bytes = base::AsBytes(wrapped);
  SecretBytes key = SecretBytes::OfSize(kSealKeyBytes);
  Aes256GcmPass pass(GcmDirection::kOpen, master, bytes.first(kSealNonceBytes), WrapNames(key_id));
  pass.Transform(bytes.subspan(kSealNonceBytes, kSealKeyBytes), key.ExposeForFilling());
  if (!pass.FinishOpening(bytes.last(kSealTagBytes))) {
    return absl::DataLossError("seal: the wrapped key is damaged, or the master key is another");
  }
  return key;
}

}  // namespace proofmark::crypto
