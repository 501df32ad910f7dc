// SPDX-License-Identifier: Apache-2.0
#include "crypto/token/pkcs11_module.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "crypto/secret/secret_bytes.h"

namespace proofmark::crypto {
namespace {

constexpr std::size_t kPinBytesMax = 256;
constexpr CK_ULONG kSlotsMax = 256;
constexpr CK_ULONG kAttributeBytesMax = 1024;
constexpr std::size_t kTokenSignatureBytes = 64;

// DER of the names that EC parameters hold: RFC 5480, 2.1.1.1; of Ed25519, RFC 8410, 3, and the
// text by which PKCS#11 2.40 knew it.
constexpr std::string_view kP256Name("\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07", 10);
constexpr std::string_view kEd25519Name("\x06\x03\x2B\x65\x70", 5);
constexpr std::string_view kEd25519Text(
    "\x13\x0C"
    "edwards25519",
    14);

absl::Status Unavailable(std::string_view what, CK_RV rv) {
  return absl::UnavailableError(absl::StrFormat("token: %s failed, PKCS#11 error 0x%x", what, rv));
}

absl::StatusOr<SecretBytes> ReadPin(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string pin(kPinBytesMax + 1, '\0');
  in.read(pin.data(), static_cast<std::streamsize>(pin.size()));
  const auto size = static_cast<std::size_t>(in.gcount());
  if (size == 0 || size > kPinBytesMax) {
    return absl::NotFoundError(absl::StrFormat(
        "token key: pin-source: %s must be a file of 1 to %d bytes that the node may read",
        file.string(), kPinBytesMax));
  }
  pin.resize(size);
  while (!pin.empty() && (pin.back() == '\n' || pin.back() == '\r')) pin.pop_back();
  return SecretBytes::TakeFrom(pin);
}

// PKCS#11's interface is without const: what is only read is read.
CK_ATTRIBUTE Matching(CK_ATTRIBUTE_TYPE type, std::string_view value) {
  return {type, const_cast<char*>(value.data()), static_cast<CK_ULONG>(value.size())};
}

template <typename T>
CK_ATTRIBUTE MatchingValue(CK_ATTRIBUTE_TYPE type, const T& value) {
  return Matching(type, {reinterpret_cast<const char*>(&value), sizeof(value)});
}

// What a library calls a name is padded with spaces.
std::string_view Unpadded(std::string_view text) {
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

absl::StatusOr<std::string> ReadAttribute(const CK_FUNCTION_LIST& functions,
                                          CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                                          CK_ATTRIBUTE_TYPE type, std::string_view name) {
  std::string value(kAttributeBytesMax, '\0');
  CK_ATTRIBUTE wanted{type, value.data(), kAttributeBytesMax};
  const CK_RV rv = functions.C_GetAttributeValue(session, object, &wanted, 1);
  if (rv != CKR_OK || wanted.ulValueLen > kAttributeBytesMax) {
    return Unavailable(absl::StrFormat("reading the key's %s", name), rv);
  }
  value.resize(wanted.ulValueLen);
  return value;
}

// The handles of all objects that match, at most two: more than one is too many anyway.
absl::StatusOr<std::vector<CK_OBJECT_HANDLE>> FindObjects(const CK_FUNCTION_LIST& functions,
                                                          CK_SESSION_HANDLE session,
                                                          std::vector<CK_ATTRIBUTE> matching) {
  CK_RV rv =
      functions.C_FindObjectsInit(session, matching.data(), static_cast<CK_ULONG>(matching.size()));
  if (rv != CKR_OK) return Unavailable("looking for the key", rv);
  std::vector<CK_OBJECT_HANDLE> found(2);
  CK_ULONG count = 0;
  rv = functions.C_FindObjects(session, found.data(), 2, &count);
  (void)functions.C_FindObjectsFinal(session);
  if (rv != CKR_OK || count > 2) return Unavailable("looking for the key", rv);
  found.resize(count);
  return found;
}

// A public point stands in an octet string; some libraries leave that away.
absl::StatusOr<std::string> PointOf(std::string_view attribute, std::size_t bytes) {
  if (attribute.size() == bytes + 2 && attribute[0] == '\x04' &&
      static_cast<std::size_t>(attribute[1]) == bytes) {
    attribute.remove_prefix(2);
  }
  if (attribute.size() == bytes) return std::string(attribute);
  return absl::FailedPreconditionError(
      absl::StrFormat("token key: a public key of %d bytes, not %d", attribute.size(), bytes));
}

absl::StatusOr<TokenKeyKind> KindOf(std::string_view curve) {
  if (curve == kP256Name) return TokenKeyKind::kP256;
  if (curve == kEd25519Name || curve == kEd25519Text) return TokenKeyKind::kEd25519;
  return absl::FailedPreconditionError("token key: neither Ed25519 nor EC P-256");
}

bool IsRefusedPin(CK_RV rv) {
  return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED || rv == CKR_PIN_EXPIRED ||
         rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE || rv == CKR_USER_PIN_NOT_INITIALIZED;
}

}  // namespace

absl::StatusOr<Pkcs11Module*> Pkcs11Module::Load(const std::filesystem::path& path) {
  static base::Mutex loading;
  static auto* const loaded = new std::map<std::string, Pkcs11Module*, std::less<>>();
  const base::MutexLock lock(loading);
  if (const auto known = loaded->find(path.string()); known != loaded->end()) return known->second;
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return absl::NotFoundError(absl::StrFormat(
        "token key: module-path: %s; install the token's PKCS#11 library or correct the path",
        dlerror()));
  }
  const auto get_functions =
      reinterpret_cast<CK_C_GetFunctionList>(dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* functions = nullptr;
  if (get_functions == nullptr || get_functions(&functions) != CKR_OK || functions == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrFormat("token key: module-path: %s is no PKCS#11 library", path.string()));
  }
  return loaded->emplace(path.string(), new Pkcs11Module(*functions)).first->second;
}

absl::Status Pkcs11Module::StartAnew() {
  if (generation_ > 0) (void)functions_.C_Finalize(nullptr);
  ++generation_;
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const CK_RV rv = functions_.C_Initialize(&arguments);
  if (rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED) return absl::OkStatus();
  return Unavailable("starting the library", rv);
}

absl::StatusOr<CK_SLOT_ID> Pkcs11Module::FindSlot(std::string_view token_label) {
  std::vector<CK_SLOT_ID> slots(kSlotsMax);
  CK_ULONG count = kSlotsMax;
  const CK_RV rv = functions_.C_GetSlotList(CK_TRUE, slots.data(), &count);
  if (rv != CKR_OK || count > kSlotsMax) return Unavailable("listing the tokens", rv);
  slots.resize(count);
  std::string others;
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO info{};
    if (functions_.C_GetTokenInfo(slot, &info) != CKR_OK) continue;
    const std::string_view label =
        Unpadded({reinterpret_cast<const char*>(info.label), sizeof(info.label)});
    if (label == token_label) return slot;
    others.append(others.empty() ? "" : ", ").append(label);
  }
  return absl::UnavailableError(
      absl::StrFormat("token: none is labelled \"%s\"; there: %s", token_label,
                      others.empty() ? "none; does its service run?" : others));
}

absl::Status Pkcs11Module::LogIn(CK_SESSION_HANDLE session, const TokenUri& uri) {
  if (uri.pin_file.empty()) return absl::OkStatus();
  if (refused_pins_.contains(uri.token)) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "token \"%s\": refused its PIN earlier, which is not tried again; correct %s and start "
        "again",
        uri.token, uri.pin_file.string()));
  }
  PM_ASSIGN_OR_RETURN(SecretBytes pin, ReadPin(uri.pin_file));
  const std::span<std::byte> bytes = pin.ExposeForFilling();
  const CK_RV rv =
      functions_.C_Login(session, CKU_USER, reinterpret_cast<unsigned char*>(bytes.data()),
                         static_cast<CK_ULONG>(bytes.size()));
  if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN) return absl::OkStatus();
  if (!IsRefusedPin(rv)) return Unavailable("logging in", rv);
  refused_pins_.insert(uri.token);
  return absl::FailedPreconditionError(absl::StrFormat(
      "token \"%s\": refuses the PIN of %s (PKCS#11 error 0x%x); it is not tried again", uri.token,
      uri.pin_file.string(), rv));
}

absl::Status Pkcs11Module::FindKey(const TokenUri& uri, OpenedKey& key) {
  const auto find = [&](CK_OBJECT_CLASS object_class, std::string_view id) {
    std::vector<CK_ATTRIBUTE> matching = {MatchingValue(CKA_CLASS, object_class)};
    if (!uri.object.empty()) matching.push_back(Matching(CKA_LABEL, uri.object));
    if (!id.empty()) matching.push_back(Matching(CKA_ID, id));
    return FindObjects(functions_, key.session, std::move(matching));
  };
  PM_ASSIGN_OR_RETURN(const auto private_keys, find(CKO_PRIVATE_KEY, uri.id));
  if (private_keys.empty()) {
    return absl::NotFoundError(absl::StrFormat(
        "token \"%s\": no private key \"%s\" that this PIN may see", uri.token, uri.object));
  }
  if (private_keys.size() > 1) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "token \"%s\": several private keys \"%s\"; tell them apart by id", uri.token, uri.object));
  }
  key.object = private_keys.front();
  const auto read = [&](CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, std::string_view name) {
    return ReadAttribute(functions_, key.session, object, type, name);
  };
  PM_ASSIGN_OR_RETURN(const std::string id, read(key.object, CKA_ID, "id"));
  PM_ASSIGN_OR_RETURN(const auto public_keys, find(CKO_PUBLIC_KEY, id));
  if (public_keys.size() != 1) {
    return absl::NotFoundError(
        absl::StrFormat("token \"%s\": no public key beside the private key \"%s\", with the same "
                        "label and id",
                        uri.token, uri.object));
  }
  PM_ASSIGN_OR_RETURN(const std::string curve, read(public_keys.front(), CKA_EC_PARAMS, "curve"));
  PM_ASSIGN_OR_RETURN(key.kind, KindOf(curve));
  PM_ASSIGN_OR_RETURN(const std::string point,
                      read(public_keys.front(), CKA_EC_POINT, "public half"));
  PM_ASSIGN_OR_RETURN(key.public_key, PointOf(point, key.kind == TokenKeyKind::kEd25519 ? 32 : 65));
  return absl::OkStatus();
}

absl::StatusOr<Pkcs11Module::OpenedKey> Pkcs11Module::OpenOnce(const TokenUri& uri) {
  PM_ASSIGN_OR_RETURN(const CK_SLOT_ID slot, FindSlot(uri.token));
  OpenedKey key;
  key.generation = generation_;
  const CK_RV rv =
      functions_.C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &key.session);
  if (rv != CKR_OK) return Unavailable("opening a session", rv);
  absl::Status ready = LogIn(key.session, uri);
  if (ready.ok()) ready = FindKey(uri, key);
  if (ready.ok()) return key;
  (void)functions_.C_CloseSession(key.session);
  return ready;
}

absl::StatusOr<Pkcs11Module::OpenedKey> Pkcs11Module::Open(const TokenUri& uri) {
  const base::MutexLock lock(mutex_);
  if (generation_ > 0) {
    absl::StatusOr<OpenedKey> opened = OpenOnce(uri);
    if (opened.ok() || !absl::IsUnavailable(opened.status())) return opened;
  }
  PM_RETURN_IF_ERROR(StartAnew());
  return OpenOnce(uri);
}

absl::StatusOr<std::string> Pkcs11Module::Sign(const OpenedKey& key, std::string_view input) {
  const base::MutexLock lock(mutex_);
  if (key.generation != generation_) {
    return absl::UnavailableError("token: the session ended with another");
  }
  CK_MECHANISM mechanism{key.kind == TokenKeyKind::kEd25519 ? CKM_EDDSA : CKM_ECDSA, nullptr, 0};
  CK_RV rv = functions_.C_SignInit(key.session, &mechanism, key.object);
  if (rv == CKR_MECHANISM_INVALID) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "token: it, or what passes its calls on, does not know %s",
        key.kind == TokenKeyKind::kEd25519 ? "Ed25519 (CKM_EDDSA)" : "ECDSA (CKM_ECDSA)"));
  }
  if (rv != CKR_OK) return Unavailable("beginning a signature", rv);
  std::string message(input);
  std::array<unsigned char, kTokenSignatureBytes> signature{};
  CK_ULONG size = signature.size();
  rv = functions_.C_Sign(key.session, reinterpret_cast<unsigned char*>(message.data()),
                         static_cast<CK_ULONG>(message.size()), signature.data(), &size);
  if (rv != CKR_OK || size != signature.size()) return Unavailable("signing", rv);
  return std::string(reinterpret_cast<const char*>(signature.data()), size);
}

bool Pkcs11Module::IsCurrent(const OpenedKey& key) {
  const base::MutexLock lock(mutex_);
  return key.generation == generation_;
}

absl::Status Pkcs11Module::Check(const OpenedKey& key) {
  const base::MutexLock lock(mutex_);
  if (key.generation != generation_) {
    return absl::UnavailableError("token: the session ended with another");
  }
  CK_SESSION_INFO info{};
  const CK_RV rv = functions_.C_GetSessionInfo(key.session, &info);
  return rv == CKR_OK ? absl::OkStatus() : Unavailable("asking for the session", rv);
}

void Pkcs11Module::Close(const OpenedKey& key) {
  const base::MutexLock lock(mutex_);
  if (key.generation == generation_) (void)functions_.C_CloseSession(key.session);
}

}  // namespace proofmark::crypto
