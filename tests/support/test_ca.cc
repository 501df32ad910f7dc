// SPDX-License-Identifier: Apache-2.0
#include "tests/support/test_ca.h"

#include <utility>

#include "base/check.h"
#include "crypto/openssl/pem.h"

namespace proofmark::testing {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;

template <class T>
T Must(absl::StatusOr<T> value) {
  PM_CHECK(value.ok());
  return *std::move(value);
}

crypto::CertificateAuthority MakeCa(const TestAgency::Options& options, const char* port) {
  return Must(crypto::CertificateAuthority::Create({
      .domain = options.domain,
      .common_name = options.domain + " " + port + " CA",
      .not_before_unix_s = options.now_unix_ms / 1000 - 365 * kDay,
      .constrain_names = options.constrain_names,
  }));
}

}  // namespace

std::string_view ToText(BadLeaf bad) {
  switch (bad) {
    case BadLeaf::kNoUriSan:
      return "no URI SAN";
    case BadLeaf::kTwoUriSans:
      return "two URI SANs";
    case BadLeaf::kExpired:
      return "expired";
    case BadLeaf::kNotYetValid:
      return "not yet valid";
    case BadLeaf::kTooLongLived:
      return "91 days";
    case BadLeaf::kCa:
      return "CA as leaf";
    case BadLeaf::kKeyCertSign:
      return "keyCertSign";
    case BadLeaf::kNoKeyUsage:
      return "no key usage";
    case BadLeaf::kNoClientAuth:
      return "no clientAuth";
    case BadLeaf::kNoServerAuth:
      return "no serverAuth";
    case BadLeaf::kForeignDomain:
      return "another agency's domain";
    case BadLeaf::kPerson:
      return "a person";
  }
  PM_CHECK(false);
}

TestAgency::TestAgency(const Options& options)
    : options_(options),
      federation_ca_(MakeCa(options, "federation")),
      staff_ca_(MakeCa(options, "staff")) {}

crypto::AgencyTrust TestAgency::FederationTrust() const {
  return {options_.domain, {federation_ca_.certificate()}};
}

crypto::AgencyTrust TestAgency::StaffTrust() const {
  return {options_.domain, {staff_ca_.certificate()}};
}

std::string TestAgency::NodeUri(std::string_view id) const {
  return Must(crypto::SpiffeName::Node(options_.domain, id)).uri();
}

crypto::IssuedCertificate TestAgency::Issue(const crypto::CertificateAuthority& ca,
                                            crypto::LeafOptions options) const {
  options.not_before_unix_s = options_.now_unix_ms / 1000 - kHour;
  options.lifetime_s = 30 * kDay;
  return Must(ca.Issue(options));
}

crypto::IssuedCertificate TestAgency::Node(std::string_view id) const {
  return Issue(federation_ca_, {.spiffe_uri = NodeUri(id),
                                .dns_names = {"localhost"},
                                .ip_addresses = {"127.0.0.1"},
                                .tls_client = true,
                                .tls_server = true});
}

crypto::IssuedCertificate TestAgency::AgencyPort(std::string_view id) const {
  return Issue(staff_ca_, {.spiffe_uri = NodeUri(id),
                           .dns_names = {"localhost"},
                           .ip_addresses = {"127.0.0.1"},
                           .tls_client = false,
                           .tls_server = true});
}

crypto::IssuedCertificate TestAgency::Staff(crypto::StaffRole role,
                                            std::string_view pseudonym) const {
  const std::string uri = Must(crypto::SpiffeName::Staff(options_.domain, role, pseudonym)).uri();
  return Issue(staff_ca_, {.spiffe_uri = uri});
}

crypto::CertificateDraft TestAgency::NodeDraft(std::string_view id) const {
  return {
      .common_name = std::string(id),
      .not_before_unix_s = options_.now_unix_ms / 1000 - kHour,
      .not_after_unix_s = options_.now_unix_ms / 1000 + 30 * kDay,
      .digital_signature = true,
      .tls_client = true,
      .tls_server = true,
      .uri_sans = {NodeUri(id)},
      .dns_sans = {"localhost"},
      .ip_sans = {"127.0.0.1"},
  };
}

crypto::IssuedCertificate TestAgency::Sign(const crypto::CertificateDraft& draft) const {
  const crypto::PkeyHandle ca_key = Must(crypto::PrivateKeyFromPem(federation_ca_.KeyPem()));
  const crypto::PkeyHandle key = crypto::NewP256Key();
  return {Must(crypto::SignDraft(draft, key.get(), &federation_ca_.certificate(), ca_key.get())),
          crypto::PrivateKeyToPem(key.get())};
}

crypto::IssuedCertificate TestAgency::Bad(BadLeaf bad) const {
  const std::int64_t now_unix_s = options_.now_unix_ms / 1000;
  crypto::CertificateDraft draft = NodeDraft();
  switch (bad) {
    case BadLeaf::kNoUriSan:
      draft.uri_sans.clear();
      break;
    case BadLeaf::kTwoUriSans:
      draft.uri_sans.push_back(NodeUri("n2"));
      break;
    case BadLeaf::kExpired:
      draft.not_before_unix_s = now_unix_s - 30 * kDay;
      draft.not_after_unix_s = now_unix_s;
      break;
    case BadLeaf::kNotYetValid:
      draft.not_before_unix_s = now_unix_s + kHour;
      break;
    case BadLeaf::kTooLongLived:
      draft.not_after_unix_s = draft.not_before_unix_s + 91 * kDay;
      break;
    case BadLeaf::kCa:
      draft.is_ca = true;
      draft.certificate_signing = true;
      break;
    case BadLeaf::kKeyCertSign:
      draft.certificate_signing = true;
      break;
    case BadLeaf::kNoKeyUsage:
      draft.digital_signature = false;
      break;
    case BadLeaf::kNoClientAuth:
      draft.tls_client = false;
      break;
    case BadLeaf::kNoServerAuth:
      draft.tls_server = false;
      break;
    case BadLeaf::kForeignDomain:
      draft.uri_sans = {"spiffe://foreign.example/proofmark/node/n1"};
      break;
    case BadLeaf::kPerson:
      draft.uri_sans = {"spiffe://" + options_.domain + "/proofmark/role/examiner/p1"};
      break;
  }
  return Sign(draft);
}

}  // namespace proofmark::testing
