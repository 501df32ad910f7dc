// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/openssl/handles.h"
#include "crypto/x509/certificate_authority.h"
#include "crypto/x509/certificate_draft.h"
#include "crypto/x509/spiffe_name.h"
#include "crypto/x509/verify.h"

namespace proofmark::testing {

// Ways for a node's certificate to be wrong, one each.
enum class BadLeaf {
  kNoUriSan,
  kTwoUriSans,
  kExpired,
  kNotYetValid,
  kTooLongLived,  // 91 days.
  kCa,            // basicConstraints CA.
  kKeyCertSign,   // No CA, yet may sign certificates.
  kNoKeyUsage,    // Lacks digitalSignature.
  kNoClientAuth,
  kNoServerAuth,
  kForeignDomain,  // Names another agency: "foreign.example".
  kPerson,         // Names a person.
};

inline constexpr BadLeaf kAllBadLeaves[] = {
    BadLeaf::kNoUriSan,     BadLeaf::kTwoUriSans,   BadLeaf::kExpired,       BadLeaf::kNotYetValid,
    BadLeaf::kTooLongLived, BadLeaf::kCa,           BadLeaf::kKeyCertSign,   BadLeaf::kNoKeyUsage,
    BadLeaf::kNoClientAuth, BadLeaf::kNoServerAuth, BadLeaf::kForeignDomain, BadLeaf::kPerson,
};

std::string_view ToText(BadLeaf bad);

// One agency with its two CAs, made at run time. Certificates are valid for an hour before and 30
// days after `now`; with a real TLS stack, `now` must be the real time. Any failure ends the test
// program: nothing here comes from outside.
class TestAgency {
 public:
  struct Options {
    std::string domain = "alpha.example";
    std::int64_t now_unix_ms = 1'790'000'000'000;  // Where FakeClock starts.
    bool constrain_names = true;
  };

  TestAgency() : TestAgency(Options{}) {}
  explicit TestAgency(const Options& options);

  const std::string& domain() const { return options_.domain; }
  const crypto::CertificateAuthority& federation_ca() const { return federation_ca_; }
  const crypto::CertificateAuthority& staff_ca() const { return staff_ca_; }
  crypto::AgencyTrust FederationTrust() const;
  crypto::AgencyTrust StaffTrust() const;

  std::string NodeUri(std::string_view id = "n1") const;

  // The partner port's certificate: client and server, localhost and 127.0.0.1.
  crypto::IssuedCertificate Node(std::string_view id = "n1") const;
  // The agency port's certificate: server, localhost and 127.0.0.1, issued by the staff CA.
  crypto::IssuedCertificate AgencyPort(std::string_view id = "n1") const;
  crypto::IssuedCertificate Staff(crypto::StaffRole role, std::string_view pseudonym = "p1") const;

  // What Node() says, to be spoiled and given to Sign().
  crypto::CertificateDraft NodeDraft(std::string_view id = "n1") const;
  // `draft` as it stands, signed by the federation CA.
  crypto::IssuedCertificate Sign(const crypto::CertificateDraft& draft) const;
  crypto::IssuedCertificate Bad(BadLeaf bad) const;

 private:
  crypto::IssuedCertificate Issue(const crypto::CertificateAuthority& ca,
                                  crypto::LeafOptions options) const;

  Options options_;
  crypto::CertificateAuthority federation_ca_;
  crypto::CertificateAuthority staff_ca_;
};

}  // namespace proofmark::testing
