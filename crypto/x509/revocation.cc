// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/revocation.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/openssl/handles.h"
#include "crypto/openssl/pem.h"
#include "crypto/openssl/status.h"
#include "crypto/x509/asn1.h"

namespace proofmark::crypto {
namespace {

using IntegerHandle = std::unique_ptr<ASN1_INTEGER, Deleter<ASN1_INTEGER_free>>;
using EnumeratedHandle = std::unique_ptr<ASN1_ENUMERATED, Deleter<ASN1_ENUMERATED_free>>;

// 112 bits, as for certificates (crypto/x509/verify.cc).
constexpr int kSecurityBitsMin = 112;

constexpr std::array<std::pair<RevocationReason, std::string_view>, 9> kReasons = {{
    {RevocationReason::kUnspecified, "unspecified"},
    {RevocationReason::kKeyCompromise, "key-compromise"},
    {RevocationReason::kCaCompromise, "ca-compromise"},
    {RevocationReason::kAffiliationChanged, "affiliation-changed"},
    {RevocationReason::kSuperseded, "superseded"},
    {RevocationReason::kCessationOfOperation, "cessation-of-operation"},
    {RevocationReason::kCertificateHold, "certificate-hold"},
    {RevocationReason::kPrivilegeWithdrawn, "privilege-withdrawn"},
    {RevocationReason::kAttributeAuthorityCompromise, "aa-compromise"},
}};

absl::Status Refused(std::string_view why) {
  return OpenSslError(absl::StatusCode::kInvalidArgument,
                      std::string("revocation list: ").append(why));
}

absl::Status NotTheCas(std::string_view why) {
  ERR_clear_error();
  return absl::UnauthenticatedError(std::string("revocation list: ").append(why));
}

absl::StatusOr<std::string> DerOf(std::string_view bytes) {
  if (bytes.size() > kRevocationListBytesMax) return Refused("more than 2 MiB");
  // A DER list begins with a SEQUENCE of more than 127 bytes; no text begins so.
  if (!bytes.empty() && bytes.front() == '\x30') return std::string(bytes);
  const BioHandle bio = ReadingBio(bytes);
  PM_ASSIGN_OR_RETURN(std::optional<PemBlock> block, NextPemBlock(bio.get()));
  if (!block.has_value()) return Refused("neither DER nor a PEM block");
  if (block->label != "X509 CRL") return Refused("another kind of PEM block in its place");
  PM_ASSIGN_OR_RETURN(const std::optional<PemBlock> next, NextPemBlock(bio.get()));
  if (next.has_value()) return Refused("more than one PEM block");
  return std::move(block->bytes);
}

// Critical extensions would narrow what the list says; only these are understood.
template <class GetExtension>
absl::Status CheckExtensions(int count, const GetExtension& get,
                             std::initializer_list<int> understood,
                             std::initializer_list<int> refused) {
  for (int i = 0; i < count; ++i) {
    X509_EXTENSION* const extension = get(i);
    const ASN1_OBJECT* const kind = X509_EXTENSION_get_object(extension);
    const int nid = OBJ_obj2nid(kind);
    for (int j = 0; j < i; ++j) {
      if (OBJ_cmp(X509_EXTENSION_get_object(get(j)), kind) == 0) {
        return Refused("an extension twice");
      }
    }
    if (std::ranges::find(refused, nid) != refused.end()) {
      return Refused(std::string("is not a complete list of one CA: ").append(OBJ_nid2sn(nid)));
    }
    if (X509_EXTENSION_get_critical(extension) != 0 &&
        std::ranges::find(understood, nid) == understood.end()) {
      return Refused("a critical extension that is not understood");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSignature(X509_CRL* list, const X509Certificate& ca) {
  X509* const issuer = ca.handle();
  if ((X509_get_extension_flags(issuer) & EXFLAG_KUSAGE) == 0 ||
      (X509_get_key_usage(issuer) & KU_CRL_SIGN) == 0 || !ca.is_ca()) {
    return NotTheCas("its CA may not sign lists");
  }
  if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)) != 0) {
    return NotTheCas("is of another CA");
  }
  EVP_PKEY* const key = X509_get0_pubkey(issuer);
  int digest = NID_undef;
  int algorithm = NID_undef;
  const int signature = X509_CRL_get_signature_nid(list);
  const bool strong = key != nullptr && EVP_PKEY_get_security_bits(key) >= kSecurityBitsMin &&
                      (signature == NID_ED25519 ||
                       (OBJ_find_sigid_algs(signature, &digest, &algorithm) == 1 &&
                        (digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512)));
  if (!strong) return NotTheCas("is signed by a method that is too weak or unknown");
  if (X509_CRL_verify(list, key) != 1) return NotTheCas("its signature is not its CA's");
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> ReadNumber(X509_CRL* list) {
  const IntegerHandle number(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(list, NID_crl_number, nullptr, nullptr)));
  if (number == nullptr) return Refused("has no number");
  std::int64_t value = 0;
  if (ASN1_INTEGER_get_int64(&value, number.get()) != 1 || value < 0) {
    return Refused("its number is not in 0..2^63-1");
  }
  return value;
}

absl::StatusOr<RevocationReason> ReadReason(X509_REVOKED* entry) {
  int critical = 0;
  const EnumeratedHandle code(static_cast<ASN1_ENUMERATED*>(
      X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, nullptr)));
  if (code == nullptr && critical == -1) return RevocationReason::kUnspecified;
  std::int64_t value = -1;
  if (code == nullptr || ASN1_ENUMERATED_get_int64(&value, code.get()) != 1) {
    return Refused("unreadable reason");
  }
  for (const auto& [reason, text] : kReasons) {
    if (static_cast<std::int64_t>(reason) == value) return reason;
  }
  return Refused("a reason that no complete list has");  // removeFromCRL among them.
}

absl::StatusOr<std::map<std::string, Revocation, std::less<>>> ReadRevoked(X509_CRL* list) {
  std::map<std::string, Revocation, std::less<>> revoked;
  STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(list);
  const int count = entries == nullptr ? 0 : sk_X509_REVOKED_num(entries);
  if (count > static_cast<int>(kRevokedCertificatesMax)) {
    return Refused("more than 20000 certificates");
  }
  for (int i = 0; i < count; ++i) {
    X509_REVOKED* const entry = sk_X509_REVOKED_value(entries, i);
    PM_RETURN_IF_ERROR(CheckExtensions(X509_REVOKED_get_ext_count(entry),
                                       [&](int at) { return X509_REVOKED_get_ext(entry, at); },
                                       {NID_crl_reason}, {NID_certificate_issuer}));
    PM_ASSIGN_OR_RETURN(const std::int64_t revoked_unix_s,
                        UnixSeconds(X509_REVOKED_get0_revocationDate(entry)));
    PM_ASSIGN_OR_RETURN(const RevocationReason reason, ReadReason(entry));
    const bool fresh = revoked
                           .emplace(IntegerHex(X509_REVOKED_get0_serialNumber(entry)),
                                    Revocation{revoked_unix_s, reason})
                           .second;
    if (!fresh) return Refused("names a certificate twice");
  }
  return revoked;
}

}  // namespace

std::string_view ToText(RevocationReason reason) {
  for (const auto& [known, text] : kReasons) {
    if (known == reason) return text;
  }
  PM_CHECK(false);
}

std::optional<RevocationReason> FindRevocationReason(std::string_view text) {
  for (const auto& [reason, known] : kReasons) {
    if (known == text) return reason;
  }
  return std::nullopt;
}

absl::StatusOr<RevocationList> RevocationList::Read(std::string_view bytes,
                                                    const X509Certificate& ca) {
  Facts facts;
  PM_ASSIGN_OR_RETURN(facts.der, DerOf(bytes));
  const auto* at = reinterpret_cast<const unsigned char*>(facts.der.data());
  const CrlHandle handle(d2i_X509_CRL(nullptr, &at, static_cast<long>(facts.der.size())));
  if (handle == nullptr) return Refused("cannot be decoded");
  X509_CRL* const list = handle.get();
  // Writing it again is the judge: one list, one encoding, one hash.
  if (Encoded<i2d_X509_CRL>(list) != facts.der) return Refused("not in DER, or something follows");
  // Who signed it comes first: nothing else of a stranger's list is worth reading.
  PM_RETURN_IF_ERROR(CheckSignature(list, ca));
  if (X509_CRL_get_version(list) != X509_CRL_VERSION_2) return Refused("is not of version 2");
  PM_RETURN_IF_ERROR(CheckExtensions(X509_CRL_get_ext_count(list),
                                     [&](int i) { return X509_CRL_get_ext(list, i); },
                                     {NID_crl_number, NID_authority_key_identifier},
                                     {NID_delta_crl, NID_issuing_distribution_point}));
  PM_ASSIGN_OR_RETURN(facts.number, ReadNumber(list));
  if (X509_CRL_get0_nextUpdate(list) == nullptr) return Refused("says no next update");
  PM_ASSIGN_OR_RETURN(facts.this_update_unix_s, UnixSeconds(X509_CRL_get0_lastUpdate(list)));
  PM_ASSIGN_OR_RETURN(facts.next_update_unix_s, UnixSeconds(X509_CRL_get0_nextUpdate(list)));
  if (facts.next_update_unix_s <= facts.this_update_unix_s) {
    return Refused("its next update is not after its own time");
  }
  PM_ASSIGN_OR_RETURN(facts.revoked, ReadRevoked(list));
  facts.sha256 = Sha256(facts.der);
  facts.ca_spki_sha256 = ca.spki_sha256();
  ERR_clear_error();
  return RevocationList(std::make_shared<const Facts>(std::move(facts)));
}

std::string RevocationList::ToPem() const {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  PM_CHECK(bio != nullptr);
  PM_CHECK(PEM_write_bio(bio.get(), "X509 CRL", "",
                         reinterpret_cast<const unsigned char*>(der().data()),
                         static_cast<long>(der().size())) > 0);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

const Revocation* RevocationList::Find(std::string_view serial_hex) const {
  const auto found = facts_->revoked.find(serial_hex);
  return found == facts_->revoked.end() ? nullptr : &found->second;
}

std::string_view ToText(ListState state) {
  switch (state) {
    case ListState::kFresh:
      return "fresh";
    case ListState::kStale:
      return "stale";
    case ListState::kExpired:
      return "expired";
  }
  PM_CHECK(false);
}

ListState StateOf(const RevocationList* list, std::optional<std::int64_t> missing_since_unix_s,
                  std::int64_t grace_s, std::int64_t now_unix_s) {
  std::int64_t stale_from_unix_s = std::numeric_limits<std::int64_t>::max();
  if (list != nullptr) stale_from_unix_s = list->next_update_unix_s();
  if (missing_since_unix_s) stale_from_unix_s = std::min(stale_from_unix_s, *missing_since_unix_s);
  PM_CHECK(list != nullptr || missing_since_unix_s.has_value());
  if (now_unix_s < stale_from_unix_s) return ListState::kFresh;
  return now_unix_s - stale_from_unix_s < grace_s ? ListState::kStale : ListState::kExpired;
}

}  // namespace proofmark::crypto
