// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/tls.h"

#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/log.h"
#include "base/status.h"
#include "grpc/grpc_security_constants.h"
#include "grpcpp/security/tls_certificate_provider.h"
#include "grpcpp/security/tls_certificate_verifier.h"
#include "grpcpp/security/tls_credentials_options.h"

namespace proofmark::rpc {
namespace {

namespace ge = grpc::experimental;

std::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

// Asked by gRPC at the end of each handshake, on resumed sessions too. May run on several threads
// at once; answers before it returns.
class LeafVerifier final : public ge::ExternalCertificateVerifier {
 public:
  LeafVerifier(std::shared_ptr<const PeerTrust> trust, std::string expected_uri)
      : trust_(std::move(trust)), expected_uri_(std::move(expected_uri)) {}

  bool Verify(ge::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    const absl::Status verdict = Check(View(request->peer_cert()));
    if (!verdict.ok()) {
      trust_->CountRefusedConnection();
      base::Log(base::LogSeverity::kWarning,
                absl::StrFormat("connection refused: %s", verdict.message()));
      *sync_status =
          grpc::Status(grpc::StatusCode::UNAUTHENTICATED, std::string(verdict.message()));
    }
    return true;
  }

  void Cancel(ge::TlsCustomVerificationCheckRequest*) override {}

 private:
  absl::Status Check(std::string_view leaf_pem) const {
    PM_ASSIGN_OR_RETURN(const crypto::VerifiedLeaf leaf, trust_->Verify(leaf_pem));
    if (!expected_uri_.empty() && leaf.name().uri() != expected_uri_) {
      return absl::UnauthenticatedError(
          absl::StrFormat("the other end is %s, expected %s", leaf.name().uri(), expected_uri_));
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<const PeerTrust> trust_;
  const std::string expected_uri_;  // Empty: any name that `trust_` believes.
};

std::shared_ptr<ge::StaticDataCertificateProvider> Provider(const TlsIdentity& identity,
                                                            const PeerTrust& trust) {
  return std::make_shared<ge::StaticDataCertificateProvider>(
      trust.RootBundlePem(),
      std::vector<ge::IdentityKeyCertPair>{{identity.key_pem, identity.certificate_pem}});
}

}  // namespace

PeerTrust::PeerTrust(std::map<std::string, crypto::AgencyTrust> by_domain,
                     crypto::LeafRequirement requirement, const base::Clock& clock)
    : by_domain_(std::move(by_domain)), requirement_(requirement), clock_(clock) {
  PM_CHECK(!by_domain_.empty());
}

absl::StatusOr<crypto::VerifiedLeaf> PeerTrust::Verify(std::string_view leaf_pem) const {
  auto leaf = crypto::X509Certificate::FromPem(leaf_pem);
  if (!leaf.ok()) return absl::UnauthenticatedError(std::string(leaf.status().message()));
  PM_ASSIGN_OR_RETURN(const crypto::SpiffeName claimed, crypto::ClaimedName(*leaf));
  const auto agency = by_domain_.find(claimed.domain());
  if (agency == by_domain_.end()) {
    return absl::UnauthenticatedError(
        absl::StrFormat("%s belongs to no agency known here", claimed.uri()));
  }
  return crypto::VerifyLeaf(*leaf, agency->second, clock_.UnixMillis(), requirement_);
}

std::string PeerTrust::RootBundlePem() const {
  std::string bundle;
  for (const auto& [domain, agency] : by_domain_) {
    for (const crypto::X509Certificate& ca : agency.cas) bundle += ca.ToPem();
  }
  return bundle;
}

std::shared_ptr<grpc::ServerCredentials> ListenerCredentials(
    const TlsIdentity& identity, std::shared_ptr<const PeerTrust> trust) {
  ge::TlsServerCredentialsOptions options(Provider(identity, *trust));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.set_certificate_verifier(
      ge::ExternalCertificateVerifier::Create<LeafVerifier>(std::move(trust), std::string()));
  return ge::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> DialerCredentials(const TlsIdentity& identity,
                                                            std::shared_ptr<const PeerTrust> trust,
                                                            std::string expected_uri) {
  ge::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Provider(identity, *trust));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_check_call_host(false);  // The name that counts is the URI, checked below.
  options.set_certificate_verifier(ge::ExternalCertificateVerifier::Create<LeafVerifier>(
      std::move(trust), std::move(expected_uri)));
  return ge::TlsCredentials(options);
}

std::string PeerLeafPem(const grpc::AuthContext* context) {
  if (context == nullptr || !context->IsPeerAuthenticated()) return {};
  const std::vector<grpc::string_ref> leaves =
      context->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  return leaves.size() == 1 ? std::string(View(leaves.front())) : std::string();
}

}  // namespace proofmark::rpc
