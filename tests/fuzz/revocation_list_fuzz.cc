// SPDX-License-Identifier: Apache-2.0
// Any bytes are read as a revocation list or refused. A list that OpenSSL can decode is also signed
// again by a CA of ours, so that what lies behind the signature is reached: what is then believed
// keeps its limits, writes itself again to the same bytes, is another CA's for nobody, and is never
// fresh, stale and expired but in this order.
#include <openssl/err.h>
#include <openssl/x509.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "crypto/openssl/handles.h"
#include "crypto/openssl/pem.h"
#include "crypto/x509/asn1.h"
#include "crypto/x509/certificate_authority.h"
#include "crypto/x509/revocation.h"

namespace {

using namespace proofmark::crypto;

const CertificateAuthority& Ca(const char* domain) {
  return *new CertificateAuthority(
      CertificateAuthority::Create({.domain = domain, .common_name = domain}).value());
}

void CheckLaws(const RevocationList& list, const CertificateAuthority& ca,
               const CertificateAuthority& other) {
  PM_CHECK(list.number() >= 0 && list.this_update_unix_s() < list.next_update_unix_s());
  PM_CHECK(list.revoked().size() <= kRevokedCertificatesMax);
  const auto again = RevocationList::Read(list.ToPem(), ca.certificate());
  PM_CHECK(again.ok() && *again == list);
  PM_CHECK(!RevocationList::Read(list.der(), other.certificate()).ok());
  constexpr std::int64_t kGraceS = 60;
  PM_CHECK(StateOf(&list, {}, kGraceS, list.next_update_unix_s() - 1) == ListState::kFresh);
  PM_CHECK(StateOf(&list, {}, kGraceS, list.next_update_unix_s()) == ListState::kStale);
  PM_CHECK(StateOf(&list, {}, kGraceS, list.next_update_unix_s() + kGraceS) == ListState::kExpired);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const CertificateAuthority& ca = Ca("alpha.example");
  static const CertificateAuthority& other = Ca("beta.example");
  static const PkeyHandle key = PrivateKeyFromPem(ca.KeyPem()).value();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  PM_CHECK(!RevocationList::Read(input, ca.certificate()).ok());  // Nobody else can sign for it.

  const std::uint8_t* at = data;
  const CrlHandle draft(d2i_X509_CRL(nullptr, &at, static_cast<long>(size)));
  if (draft == nullptr ||
      X509_CRL_set_issuer_name(draft.get(), X509_get_subject_name(ca.certificate().handle())) !=
          1 ||
      X509_CRL_sign(draft.get(), key.get(), EVP_sha256()) <= 0) {
    ERR_clear_error();
    return 0;
  }
  const auto list = RevocationList::Read(Encoded<i2d_X509_CRL>(draft.get()), ca.certificate());
  if (list.ok()) CheckLaws(*list, ca, other);
  return 0;
}
