// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/certificate_draft.h"

#include <openssl/ec.h>

#include <array>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "crypto/openssl/status.h"
#include "crypto/secret/system_random.h"

namespace proofmark::crypto {
namespace {

using ExtensionHandle = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using GeneralNamesHandle = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>>;
using GeneralNameHandle = std::unique_ptr<GENERAL_NAME, Deleter<GENERAL_NAME_free>>;
using Ia5Handle = std::unique_ptr<ASN1_IA5STRING, Deleter<ASN1_IA5STRING_free>>;
using OctetsHandle = std::unique_ptr<ASN1_OCTET_STRING, Deleter<ASN1_OCTET_STRING_free>>;

absl::Status Refused(std::string_view what) {
  return OpenSslError(absl::StatusCode::kInvalidArgument, what);
}

absl::Status SetSerial(X509* certificate) {
  std::array<std::byte, 16> bytes;
  SystemRandom().Fill(bytes);
  bytes[0] = (bytes[0] & std::byte{0x7F}) | std::byte{0x40};  // Positive, and 16 bytes long.
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                static_cast<int>(bytes.size()), nullptr));
  if (number == nullptr ||
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr) {
    return Refused("serial number");
  }
  return absl::OkStatus();
}

absl::Status SetNamesAndTimes(X509* certificate, const CertificateDraft& draft,
                              const X509* issuer) {
  X509_NAME* const subject = X509_get_subject_name(certificate);
  if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(draft.common_name.data()),
                                 static_cast<int>(draft.common_name.size()), -1, 0) != 1) {
    return Refused("common name");
  }
  if (X509_set_issuer_name(certificate,
                           issuer == nullptr ? subject : X509_get_subject_name(issuer)) != 1) {
    return Refused("issuer");
  }
  if (ASN1_TIME_set(X509_getm_notBefore(certificate), draft.not_before_unix_s) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate), draft.not_after_unix_s) == nullptr) {
    return Refused("time of validity");
  }
  return absl::OkStatus();
}

// One extension from OpenSSL's own notation, which `value` must not be able to escape: it is made
// of fixed text, and for name constraints of a checked domain.
absl::Status AddExtension(X509* certificate, const X509* issuer, int nid,
                          const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, const_cast<X509*>(issuer == nullptr ? certificate : issuer), certificate,
                 nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (extension == nullptr || X509_add_ext(certificate, extension.get(), -1) != 1) {
    return Refused(std::string("extension ") + OBJ_nid2sn(nid));
  }
  return absl::OkStatus();
}

absl::Status AddName(GENERAL_NAMES* names, int type, void* value) {
  GeneralNameHandle name(GENERAL_NAME_new());
  PM_CHECK(name != nullptr);
  GENERAL_NAME_set0_value(name.get(), type, value);
  PM_CHECK(sk_GENERAL_NAME_push(names, name.release()) > 0);
  return absl::OkStatus();
}

absl::Status AddText(GENERAL_NAMES* names, int type, const std::string& text) {
  Ia5Handle value(ASN1_IA5STRING_new());
  PM_CHECK(value != nullptr);
  // With its length, so that a test can write a NUL.
  if (ASN1_STRING_set(value.get(), text.data(), static_cast<int>(text.size())) != 1) {
    return Refused("alternative name");
  }
  return AddName(names, type, value.release());
}

absl::Status AddAlternativeNames(X509* certificate, const CertificateDraft& draft) {
  const GeneralNamesHandle names(GENERAL_NAMES_new());
  PM_CHECK(names != nullptr);
  for (const std::string& uri : draft.uri_sans) {
    PM_RETURN_IF_ERROR(AddText(names.get(), GEN_URI, uri));
  }
  for (const std::string& dns : draft.dns_sans) {
    PM_RETURN_IF_ERROR(AddText(names.get(), GEN_DNS, dns));
  }
  for (const std::string& ip : draft.ip_sans) {
    OctetsHandle address(a2i_IPADDRESS(ip.c_str()));
    if (address == nullptr) return Refused("IP address");
    PM_RETURN_IF_ERROR(AddName(names.get(), GEN_IPADD, address.release()));
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) return absl::OkStatus();
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_APPEND) !=
      1) {
    return Refused("alternative names");
  }
  return absl::OkStatus();
}

std::string Joined(std::string_view head,
                   std::initializer_list<std::pair<bool, const char*>> items) {
  std::string text(head);
  for (const auto& [present, word] : items) {
    if (!present) continue;
    if (!text.empty()) text.append(",");
    text.append(word);
  }
  return text;
}

absl::Status AddExtensions(X509* certificate, const CertificateDraft& draft, const X509* issuer) {
  const auto add = [&](int nid, const std::string& value) {
    return AddExtension(certificate, issuer, nid, value);
  };
  PM_RETURN_IF_ERROR(
      add(NID_basic_constraints, draft.is_ca ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE"));
  if (draft.digital_signature || draft.certificate_signing) {
    PM_RETURN_IF_ERROR(add(
        NID_key_usage, Joined("critical", {{draft.digital_signature, "digitalSignature"},
                                           {draft.certificate_signing, "keyCertSign,cRLSign"}})));
  }
  if (draft.tls_client || draft.tls_server) {
    PM_RETURN_IF_ERROR(add(NID_ext_key_usage, Joined("", {{draft.tls_client, "clientAuth"},
                                                          {draft.tls_server, "serverAuth"}})));
  }
  if (!draft.permitted_uri_domain.empty()) {
    PM_RETURN_IF_ERROR(
        add(NID_name_constraints, "critical,permitted;URI:" + draft.permitted_uri_domain));
  }
  PM_RETURN_IF_ERROR(add(NID_subject_key_identifier, "hash"));
  PM_RETURN_IF_ERROR(add(NID_authority_key_identifier, "keyid"));
  return AddAlternativeNames(certificate, draft);
}

}  // namespace

PkeyHandle NewP256Key() {
  PkeyHandle key(EVP_EC_gen("P-256"));
  PM_CHECK(key != nullptr);
  return key;
}

absl::StatusOr<X509Certificate> SignDraft(const CertificateDraft& draft, EVP_PKEY* subject_key,
                                          const X509Certificate* issuer, EVP_PKEY* issuer_key) {
  const X509* const issuer_handle = issuer == nullptr ? nullptr : issuer->handle();
  const X509Handle certificate(X509_new());
  PM_CHECK(certificate != nullptr);
  if (X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      X509_set_pubkey(certificate.get(), subject_key) != 1) {
    return Refused("public key");
  }
  PM_RETURN_IF_ERROR(SetSerial(certificate.get()));
  PM_RETURN_IF_ERROR(SetNamesAndTimes(certificate.get(), draft, issuer_handle));
  PM_RETURN_IF_ERROR(AddExtensions(certificate.get(), draft, issuer_handle));
  if (X509_sign(certificate.get(), issuer_key, EVP_sha256()) <= 0) {
    return Refused("signing the certificate");
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  if (size <= 0) return Refused("encoding the certificate");
  const std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return X509Certificate::FromDer(bytes);
}

}  // namespace proofmark::crypto
