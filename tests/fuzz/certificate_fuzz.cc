// SPDX-License-Identifier: Apache-2.0
// Any bytes are read or refused as DER and as PEM. What is read writes itself again to the same
// bytes, keeps its limits, and is never accepted on its own word: as the CA of itself, at a time
// when it is valid, for a name that it claims.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "crypto/x509/certificate.h"
#include "crypto/x509/verify.h"

namespace {

using proofmark::crypto::X509Certificate;

void CheckLaws(const X509Certificate& certificate) {
  using namespace proofmark::crypto;
  PM_CHECK(certificate.uri_sans().size() <= kSubjectAltNamesMax);
  PM_CHECK(!certificate.serial_hex().empty());
  const absl::StatusOr<X509Certificate> again = X509Certificate::FromPem(certificate.ToPem());
  PM_CHECK(again.ok() && *again == certificate);

  const absl::StatusOr<SpiffeName> name = ClaimedName(certificate);
  if (!name.ok()) return;
  for (const bool tls_client : {true, false}) {
    PM_CHECK(!VerifyLeaf(certificate, {name->domain(), {certificate}},
                         certificate.not_before_unix_s() * 1000,
                         {name->kind(), tls_client, !tls_client})
                  .ok());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto from_der = X509Certificate::FromDer(input); from_der.ok()) {
    PM_CHECK(from_der->der() == input);
    CheckLaws(*from_der);
  }
  if (const auto bundle = X509Certificate::BundleFromPem(input); bundle.ok()) {
    PM_CHECK(!bundle->empty() && bundle->size() <= proofmark::crypto::kBundleCertificatesMax);
    for (const X509Certificate& certificate : *bundle) CheckLaws(certificate);
  }
  return 0;
}
