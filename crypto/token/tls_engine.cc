// SPDX-License-Identifier: Apache-2.0
// Engines and methods of EC keys are deprecated in OpenSSL 3.0 in favour of providers; gRPC 1.51
// knows no other way to a key that is not in a file.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/token/tls_engine.h"

#include <openssl/ec.h>
#include <openssl/engine.h>
#include <openssl/err.h>

#include <string_view>

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "crypto/openssl/status.h"

namespace proofmark::crypto {
namespace {

constexpr char kEngineId[] = "proofmark";
constexpr int kP256HalfBytes = 32;

using EcKeyHandle = std::unique_ptr<EC_KEY, Deleter<EC_KEY_free>>;
using SignatureHandle = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;

// Where an EC_KEY keeps its TokenKey, which outlives it.
int TokenSlot() {
  static const int slot = EC_KEY_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  PM_CHECK(slot >= 0);
  return slot;
}

ECDSA_SIG* SignDigest(const unsigned char* digest, int size, const BIGNUM*, const BIGNUM*,
                      EC_KEY* ec_key) {
  auto* const key = static_cast<TokenKey*>(EC_KEY_get_ex_data(ec_key, TokenSlot()));
  const absl::StatusOr<std::string> raw =
      key->Sign({reinterpret_cast<const char*>(digest), static_cast<std::size_t>(size)});
  if (!raw.ok()) {
    base::Log(base::LogSeverity::kError, "TLS: " + std::string(raw.status().message()));
    ERR_raise_data(ERR_LIB_EC, ERR_R_OPERATION_FAIL, "the token did not sign");
    return nullptr;
  }
  const auto* const bytes = reinterpret_cast<const unsigned char*>(raw->data());
  SignatureHandle signature(ECDSA_SIG_new());
  PM_CHECK(signature != nullptr);
  PM_CHECK(ECDSA_SIG_set0(signature.get(), BN_bin2bn(bytes, kP256HalfBytes, nullptr),
                          BN_bin2bn(bytes + kP256HalfBytes, kP256HalfBytes, nullptr)) == 1);
  return signature.release();
}

const EC_KEY_METHOD* TokenMethod() {
  static EC_KEY_METHOD* const method = [] {
    EC_KEY_METHOD* const made = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    PM_CHECK(made != nullptr);
    int (*sign)(int, const unsigned char*, int, unsigned char*, unsigned int*, const BIGNUM*,
                const BIGNUM*, EC_KEY*) = nullptr;
    int (*prepare)(EC_KEY*, BN_CTX*, BIGNUM**, BIGNUM**) = nullptr;
    EC_KEY_METHOD_get_sign(made, &sign, &prepare, nullptr);
    EC_KEY_METHOD_set_sign(made, sign, prepare, SignDigest);
    return made;
  }();
  return method;
}

EVP_PKEY* LoadForEngine(ENGINE*, const char* key_text, UI_METHOD*, void*) {
  const absl::StatusOr<TokenKey*> key = TokenKey::Open(key_text);
  if (!key.ok()) {
    base::Log(base::LogSeverity::kError, "TLS: " + std::string(key.status().message()));
    return nullptr;
  }
  absl::StatusOr<PkeyHandle> pkey = TlsKeyOf(**key);
  return pkey.ok() ? pkey->release() : nullptr;
}

// Kept for as long as the process lasts: gRPC does not give back every reference it takes.
absl::StatusOr<ENGINE*> AddEngine() {
  ENGINE* const engine = ENGINE_new();
  if (engine == nullptr || ENGINE_set_id(engine, kEngineId) != 1 ||
      ENGINE_set_name(engine, "keys on PKCS#11 tokens") != 1 ||
      ENGINE_set_load_privkey_function(engine, LoadForEngine) != 1 || ENGINE_add(engine) != 1) {
    return OpenSslError(absl::StatusCode::kInternal, "token key: no engine for TLS");
  }
  return engine;
}

}  // namespace

absl::StatusOr<PkeyHandle> TlsKeyOf(TokenKey& key) {
  if (key.kind() != TokenKeyKind::kP256) {
    return absl::InvalidArgumentError("token key: TLS wants EC P-256, this is Ed25519");
  }
  EcKeyHandle ec_key(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  PM_CHECK(ec_key != nullptr);
  if (EC_KEY_oct2key(ec_key.get(), reinterpret_cast<const unsigned char*>(key.public_key().data()),
                     key.public_key().size(), nullptr) != 1) {
    return OpenSslError(absl::StatusCode::kInvalidArgument, "token key: its public half");
  }
  PM_CHECK(EC_KEY_set_method(ec_key.get(), TokenMethod()) == 1);
  PM_CHECK(EC_KEY_set_ex_data(ec_key.get(), TokenSlot(), &key) == 1);
  PkeyHandle pkey(EVP_PKEY_new());
  PM_CHECK(pkey != nullptr && EVP_PKEY_set1_EC_KEY(pkey.get(), ec_key.get()) == 1);
  return pkey;
}

absl::StatusOr<std::string> EngineTextOf(const TokenKey& key) {
  static const absl::StatusOr<ENGINE*> engine = AddEngine();
  PM_RETURN_IF_ERROR(engine.status());
  return std::string("engine:") + kEngineId + ":" + key.uri().text;
}

}  // namespace proofmark::crypto
