// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/revocation_draft.h"

#include <openssl/bn.h>
#include <openssl/x509v3.h>

#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "crypto/openssl/status.h"
#include "crypto/x509/asn1.h"

namespace proofmark::crypto {
namespace {

using TimeHandle = std::unique_ptr<ASN1_TIME, Deleter<ASN1_TIME_free>>;
using IntegerHandle = std::unique_ptr<ASN1_INTEGER, Deleter<ASN1_INTEGER_free>>;
using EnumeratedHandle = std::unique_ptr<ASN1_ENUMERATED, Deleter<ASN1_ENUMERATED_free>>;
using RevokedHandle = std::unique_ptr<X509_REVOKED, Deleter<X509_REVOKED_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

absl::Status Refused(std::string_view what) {
  return OpenSslError(absl::StatusCode::kInvalidArgument, what);
}

absl::StatusOr<IntegerHandle> SerialFrom(const std::string& hex) {
  BIGNUM* raw = nullptr;
  const int digits = BN_hex2bn(&raw, hex.c_str());
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(raw);
  if (digits == 0 || static_cast<std::size_t>(digits) != hex.size()) {
    return Refused("serial number");
  }
  IntegerHandle serial(BN_to_ASN1_INTEGER(number.get(), nullptr));
  PM_CHECK(serial != nullptr);
  return serial;
}

absl::StatusOr<TimeHandle> TimeFrom(std::int64_t unix_s) {
  TimeHandle time(ASN1_TIME_set(nullptr, static_cast<std::time_t>(unix_s)));
  if (time == nullptr) return Refused("time");
  return time;
}

absl::Status AddNumber(X509_CRL* list, int nid, std::int64_t value, bool critical) {
  const IntegerHandle number(ASN1_INTEGER_new());
  PM_CHECK(number != nullptr);
  if (ASN1_INTEGER_set_int64(number.get(), value) != 1 ||
      X509_CRL_add1_ext_i2d(list, nid, number.get(), critical ? 1 : 0, X509V3_ADD_APPEND) != 1) {
    return Refused("number");
  }
  return absl::OkStatus();
}

absl::Status AddExtensions(X509_CRL* list, const RevocationListDraft& draft, X509* ca) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, ca, nullptr, nullptr, list, 0);
  X509V3_set_ctx_nodb(&context);
  const auto add = [&](int nid, const char* value) -> absl::Status {
    const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    if (extension == nullptr || X509_CRL_add_ext(list, extension.get(), -1) != 1) {
      return Refused(OBJ_nid2sn(nid));
    }
    return absl::OkStatus();
  };
  PM_RETURN_IF_ERROR(add(NID_authority_key_identifier, "keyid:always"));
  if (draft.number) PM_RETURN_IF_ERROR(AddNumber(list, NID_crl_number, *draft.number, false));
  if (draft.delta_of) PM_RETURN_IF_ERROR(AddNumber(list, NID_delta_crl, *draft.delta_of, true));
  if (draft.of_a_part) {
    PM_RETURN_IF_ERROR(add(NID_issuing_distribution_point, "critical,onlyuser:TRUE"));
  }
  for (const RevocationListDraft::Extension& extra : draft.extensions) {
    const std::unique_ptr<ASN1_OBJECT, Deleter<ASN1_OBJECT_free>> oid(
        OBJ_txt2obj(extra.oid.c_str(), 1));
    const std::unique_ptr<ASN1_OCTET_STRING, Deleter<ASN1_OCTET_STRING_free>> value(
        ASN1_OCTET_STRING_new());
    constexpr unsigned char kNull[] = {0x05, 0x00};
    if (oid == nullptr || ASN1_OCTET_STRING_set(value.get(), kNull, sizeof(kNull)) != 1) {
      return Refused("extension");
    }
    const ExtensionHandle extension(
        X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), extra.critical ? 1 : 0, value.get()));
    if (extension == nullptr || X509_CRL_add_ext(list, extension.get(), -1) != 1) {
      return Refused("extension");
    }
  }
  return absl::OkStatus();
}

absl::Status AddEntry(X509_CRL* list, const RevocationListDraft::Entry& entry, X509* ca) {
  RevokedHandle revoked(X509_REVOKED_new());
  PM_CHECK(revoked != nullptr);
  PM_ASSIGN_OR_RETURN(const IntegerHandle serial, SerialFrom(entry.serial_hex));
  PM_ASSIGN_OR_RETURN(const TimeHandle time, TimeFrom(entry.revocation.revoked_unix_s));
  PM_CHECK(X509_REVOKED_set_serialNumber(revoked.get(), serial.get()) == 1);
  PM_CHECK(X509_REVOKED_set_revocationDate(revoked.get(), time.get()) == 1);
  // RFC 5280 asks to leave "unspecified" out.
  if (entry.revocation.reason != RevocationReason::kUnspecified) {
    const EnumeratedHandle code(ASN1_ENUMERATED_new());
    PM_CHECK(code != nullptr &&
             ASN1_ENUMERATED_set(code.get(), static_cast<long>(entry.revocation.reason)) == 1);
    PM_CHECK(X509_REVOKED_add1_ext_i2d(revoked.get(), NID_crl_reason, code.get(), 0,
                                       X509V3_ADD_APPEND) == 1);
  }
  if (entry.names_another_issuer) {
    const std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>> names(GENERAL_NAMES_new());
    GENERAL_NAME* const name = GENERAL_NAME_new();
    PM_CHECK(names != nullptr && name != nullptr);
    GENERAL_NAME_set0_value(name, GEN_DIRNAME, X509_NAME_dup(X509_get_subject_name(ca)));
    PM_CHECK(sk_GENERAL_NAME_push(names.get(), name) > 0);
    PM_CHECK(X509_REVOKED_add1_ext_i2d(revoked.get(), NID_certificate_issuer, names.get(), 1,
                                       X509V3_ADD_APPEND) == 1);
  }
  PM_CHECK(X509_CRL_add0_revoked(list, revoked.release()) == 1);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> SignListDraft(const RevocationListDraft& draft,
                                          const X509Certificate& ca, EVP_PKEY* key) {
  const CrlHandle list(X509_CRL_new());
  PM_CHECK(list != nullptr);
  PM_CHECK(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1);
  PM_CHECK(X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(ca.handle())) == 1);
  PM_ASSIGN_OR_RETURN(const TimeHandle now, TimeFrom(draft.this_update_unix_s));
  PM_CHECK(X509_CRL_set1_lastUpdate(list.get(), now.get()) == 1);
  if (draft.next_update_unix_s) {
    PM_ASSIGN_OR_RETURN(const TimeHandle next, TimeFrom(*draft.next_update_unix_s));
    PM_CHECK(X509_CRL_set1_nextUpdate(list.get(), next.get()) == 1);
  }
  PM_RETURN_IF_ERROR(AddExtensions(list.get(), draft, ca.handle()));
  for (const RevocationListDraft::Entry& entry : draft.entries) {
    PM_RETURN_IF_ERROR(AddEntry(list.get(), entry, ca.handle()));
  }
  PM_CHECK(X509_CRL_sort(list.get()) == 1);
  if (X509_CRL_sign(list.get(), key, EVP_sha256()) <= 0) return Refused("signing the list");
  return Encoded<i2d_X509_CRL>(list.get());
}

}  // namespace proofmark::crypto
