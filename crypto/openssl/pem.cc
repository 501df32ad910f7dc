// SPDX-License-Identifier: Apache-2.0
#include "crypto/openssl/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cstring>
#include <limits>

#include "base/check.h"
#include "crypto/openssl/status.h"

namespace proofmark::crypto {
namespace {

// Without a callback OpenSSL would ask for a passphrase on the terminal.
int RefusePassphrase(char*, int, int, void*) { return -1; }

}  // namespace

BioHandle ReadingBio(std::string_view bytes) {
  PM_CHECK(bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  BioHandle bio(BIO_new_mem_buf(bytes.empty() ? "" : bytes.data(), static_cast<int>(bytes.size())));
  PM_CHECK(bio != nullptr);
  return bio;
}

absl::StatusOr<std::optional<PemBlock>> NextPemBlock(BIO* bio) {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* bytes = nullptr;
  long size = 0;
  const bool found = PEM_read_bio(bio, &label, &header, &bytes, &size) == 1;
  const OpenSslMemory<char> label_owner(label);
  const OpenSslMemory<char> header_owner(header);
  const OpenSslMemory<unsigned char> bytes_owner(bytes);
  if (!found) {
    const unsigned long why = ERR_peek_last_error();
    if (ERR_GET_LIB(why) != ERR_LIB_PEM || ERR_GET_REASON(why) != PEM_R_NO_START_LINE) {
      return OpenSslError(absl::StatusCode::kInvalidArgument, "damaged PEM block");
    }
    ERR_clear_error();
    return std::nullopt;
  }
  if (std::strlen(header) != 0) {
    return OpenSslError(absl::StatusCode::kInvalidArgument, "a PEM block with headers");
  }
  return PemBlock{label, {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)}};
}

absl::StatusOr<PkeyHandle> PrivateKeyFromPem(const SecretBytes& pem) {
  if (pem.size() > kPrivateKeyPemBytesMax) {
    return absl::InvalidArgumentError("private key: more than 16 KiB of PEM");
  }
  const BioHandle bio = ReadingBio(base::AsText(pem.ExposeForOpenSsl()));
  PkeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, RefusePassphrase, nullptr));
  if (key == nullptr) {
    return OpenSslError(absl::StatusCode::kInvalidArgument,
                        "private key: not an unencrypted PEM block");
  }
  ERR_clear_error();  // Decoders that were tried in vain leave their complaints.
  return key;
}

SecretBytes PrivateKeyToPem(EVP_PKEY* key) {
  // This kind of memory is cleansed when it is freed or grows.
  const BioHandle bio(BIO_new(BIO_s_secmem()));
  PM_CHECK(bio != nullptr);
  PM_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) ==
           1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  PM_CHECK(size > 0);
  return SecretBytes::CopyOf(base::AsBytes({text, static_cast<std::size_t>(size)}));
}

}  // namespace proofmark::crypto
