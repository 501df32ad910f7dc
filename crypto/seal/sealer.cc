// SPDX-License-Identifier: Apache-2.0
#include "crypto/seal/sealer.h"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"

namespace proofmark::crypto {
namespace {

constexpr char kSealedVersion = 1;
// OpenSSL counts in int; larger inputs are fed in pieces.
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

// What is authenticated starts with one of these, so that a sealed value never passes for a
// wrapped key or the other way round.
constexpr std::string_view kSealDomain = "proofmark/seal/v1\n";
constexpr std::string_view kWrapDomain = "proofmark/wrap/v1\n";

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

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

enum class Direction { kOpen = 0, kSeal = 1 };

// One message under one key and nonce. Failures of OpenSSL itself here can only be exhaustion or a
// misuse of ours; whether a message is authentic is decided by the tag alone.
class GcmPass {
 public:
  GcmPass(Direction direction, const SecretBytes& key, base::ByteSpan nonce,
          std::string_view authenticated)
      : context_(EVP_CIPHER_CTX_new()) {
    PM_CHECK(context_ != nullptr);
    PM_CHECK(key.size() == kSealKeyBytes && nonce.size() == kSealNonceBytes);
    PM_CHECK(EVP_CipherInit_ex2(context_.get(), Aes256Gcm(), Octets(key.ExposeForOpenSsl()),
                                Octets(nonce), static_cast<int>(direction), nullptr) == 1);
    int written = 0;
    PM_CHECK(EVP_CipherUpdate(context_.get(), nullptr, &written,
                              Octets(base::AsBytes(authenticated)),
                              static_cast<int>(authenticated.size())) == 1);
  }

  void Transform(base::ByteSpan in, std::span<std::byte> out) {
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

  void FinishSealing(std::span<std::byte> tag) {
    PM_CHECK(Finish());
    PM_CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG,
                                 static_cast<int>(tag.size()), tag.data()) == 1);
  }

  bool FinishOpening(base::ByteSpan tag) {
    std::array<std::byte, kSealTagBytes> expected;
    PM_CHECK(tag.size() == expected.size());
    std::copy(tag.begin(), tag.end(), expected.begin());
    PM_CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG,
                                 static_cast<int>(expected.size()), expected.data()) == 1);
    return Finish();
  }

 private:
  bool Finish() {
    unsigned char none[EVP_MAX_BLOCK_LENGTH];
    int written = 0;
    return EVP_CipherFinal_ex(context_.get(), none, &written) == 1;
  }

  CipherContext context_;
};

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
  GcmPass pass(Direction::kSeal, key_, nonce, names);
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
  GcmPass pass(Direction::kOpen, key_, bytes.subspan(1, kSealNonceBytes), names);
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
  GcmPass pass(Direction::kSeal, master, nonce, WrapNames(key_id));
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
  GcmPass pass(Direction::kOpen, master, bytes.first(kSealNonceBytes), WrapNames(key_id));
  pass.Transform(bytes.subspan(kSealNonceBytes, kSealKeyBytes), key.ExposeForFilling());
  if (!pass.FinishOpening(bytes.last(kSealTagBytes))) {
    return absl::DataLossError("seal: the wrapped key is damaged, or the master key is another");
  }
  return key;
}

}  // namespace proofmark::crypto
