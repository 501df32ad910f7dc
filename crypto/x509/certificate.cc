// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <optional>
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

using GeneralNamesHandle = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>>;
absl::Status Refused(std::string_view why) {
  return OpenSslError(absl::StatusCode::kInvalidArgument, std::string("certificate: ").append(why));
}

std::string NameText(const X509_NAME* name) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  PM_CHECK(bio != nullptr && X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) >= 0);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string Bytes(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

absl::Status RefuseRepeatedExtensions(const X509* certificate) {
  for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
    const ASN1_OBJECT* const kind = X509_EXTENSION_get_object(X509_get_ext(certificate, i));
    if (X509_get_ext_by_OBJ(certificate, kind, i) >= 0) return Refused("an extension twice");
  }
  return absl::OkStatus();
}

struct AlternativeNames {
  std::vector<std::string> uris;
  std::vector<std::string> hosts;
  std::vector<std::string> addresses;
};

// "" for an address of neither length.
std::string AddressText(const ASN1_OCTET_STRING* address) {
  const unsigned char* const raw = ASN1_STRING_get0_data(address);
  if (ASN1_STRING_length(address) == 4) {
    return absl::StrFormat("%d.%d.%d.%d", raw[0], raw[1], raw[2], raw[3]);
  }
  if (ASN1_STRING_length(address) != 16) return {};
  std::string words;
  for (int i = 0; i < 16; i += 2) {
    words += absl::StrFormat("%s%X", i == 0 ? "" : ":", raw[i] << 8 | raw[i + 1]);
  }
  return words;
}

absl::StatusOr<AlternativeNames> ReadAlternativeNames(const X509* certificate) {
  AlternativeNames read;
  int critical = 0;
  const GeneralNamesHandle names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  if (names == nullptr) {
    if (critical != -1) return Refused("unreadable alternative names");  // -1: none there.
    return read;
  }
  const int count = sk_GENERAL_NAME_num(names.get());
  if (count > static_cast<int>(kSubjectAltNamesMax)) {
    return Refused("more than 64 alternative names");
  }
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) read.uris.push_back(Bytes(name->d.uniformResourceIdentifier));
    if (name->type == GEN_DNS) read.hosts.push_back(Bytes(name->d.dNSName));
    if (name->type == GEN_IPADD) {
      std::string address = AddressText(name->d.iPAddress);
      if (!address.empty()) read.addresses.push_back(std::move(address));
    }
  }
  return read;
}

}  // namespace

absl::StatusOr<X509Certificate::Facts> X509Certificate::ReadFacts(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  X509Handle handle(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (handle == nullptr) return Refused("cannot be decoded");
  X509* const x509 = handle.get();
  // Writing it again is the judge: one certificate, one encoding, one hash.
  if (Encoded<i2d_X509>(x509) != der) return Refused("not in DER, or something follows it");
  PM_RETURN_IF_ERROR(RefuseRepeatedExtensions(x509));
  // Also makes OpenSSL decode the extensions that it judges by, so that nothing is left to be
  // cached later, when several threads read the handle.
  const std::uint32_t flags = X509_get_extension_flags(x509);
  if ((flags & EXFLAG_INVALID) != 0) return Refused("an extension cannot be decoded");

  Facts facts;
  facts.der = der;
  facts.subject = NameText(X509_get_subject_name(x509));
  facts.issuer = NameText(X509_get_issuer_name(x509));
  facts.serial_hex = IntegerHex(X509_get0_serialNumber(x509));
  PM_ASSIGN_OR_RETURN(facts.not_before_unix_s, UnixSeconds(X509_get0_notBefore(x509)));
  PM_ASSIGN_OR_RETURN(facts.not_after_unix_s, UnixSeconds(X509_get0_notAfter(x509)));
  PM_ASSIGN_OR_RETURN(AlternativeNames names, ReadAlternativeNames(x509));
  facts.uri_sans = std::move(names.uris);
  facts.dns_sans = std::move(names.hosts);
  facts.ip_sans = std::move(names.addresses);
  // OpenSSL reports an absent extension as "may do everything"; here it grants nothing.
  const std::uint32_t usage = (flags & EXFLAG_KUSAGE) != 0 ? X509_get_key_usage(x509) : 0;
  const std::uint32_t purposes =
      (flags & EXFLAG_XKUSAGE) != 0 ? X509_get_extended_key_usage(x509) : 0;
  facts.is_ca = (flags & EXFLAG_CA) != 0;
  facts.may_sign_digitally = (usage & KU_DIGITAL_SIGNATURE) != 0;
  facts.may_sign_certificates = (usage & KU_KEY_CERT_SIGN) != 0;
  facts.may_be_tls_client = (purposes & XKU_SSL_CLIENT) != 0;
  facts.may_be_tls_server = (purposes & XKU_SSL_SERVER) != 0;
  facts.spki_sha256 = Sha256(Encoded<i2d_X509_PUBKEY>(X509_get_X509_PUBKEY(x509)));
  facts.sha256 = Sha256(der);
  facts.handle = std::move(handle);
  ERR_clear_error();
  return facts;
}

absl::StatusOr<X509Certificate> X509Certificate::FromDer(std::string_view der) {
  if (der.size() > kCertificateDerBytesMax) {
    return absl::InvalidArgumentError("certificate: more than 16 KiB of DER");
  }
  PM_ASSIGN_OR_RETURN(Facts facts, ReadFacts(der));
  return X509Certificate(std::make_shared<const Facts>(std::move(facts)));
}

absl::StatusOr<X509Certificate> X509Certificate::FromPem(std::string_view pem) {
  if (pem.size() > kCertificatePemBytesMax) {
    return absl::InvalidArgumentError("certificate: more than 32 KiB of PEM");
  }
  PM_ASSIGN_OR_RETURN(std::vector<X509Certificate> bundle, BundleFromPem(pem));
  if (bundle.size() != 1) {
    return absl::InvalidArgumentError("certificate: more than one where one is expected");
  }
  return std::move(bundle.front());
}

absl::StatusOr<std::vector<X509Certificate>> X509Certificate::BundleFromPem(std::string_view pem) {
  if (pem.size() > kBundleCertificatesMax * kCertificatePemBytesMax) {
    return absl::InvalidArgumentError("certificates: more than 512 KiB of PEM");
  }
  const BioHandle bio = ReadingBio(pem);
  std::vector<X509Certificate> bundle;
  while (true) {
    PM_ASSIGN_OR_RETURN(const std::optional<PemBlock> block, NextPemBlock(bio.get()));
    if (!block.has_value()) break;
    if (block->label != "CERTIFICATE") {
      return absl::InvalidArgumentError("certificate: another kind of PEM block in its place");
    }
    if (bundle.size() == kBundleCertificatesMax) {
      return absl::InvalidArgumentError("certificates: more than 16");
    }
    PM_ASSIGN_OR_RETURN(X509Certificate certificate, FromDer(block->bytes));
    bundle.push_back(std::move(certificate));
  }
  if (bundle.empty()) return absl::InvalidArgumentError("certificate: no PEM block");
  return bundle;
}

std::string X509Certificate::ToPem() const {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  PM_CHECK(bio != nullptr && PEM_write_bio_X509(bio.get(), handle()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace proofmark::crypto
